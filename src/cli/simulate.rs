//! `arrears simulate`.

use super::input::SeedArg;
use clap::Args;
use std::path::PathBuf;

/// Make a realistic ledger whose truth is known
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct SimulateArgs {
    /// Number of customers
    #[arg(long, value_name = "N")]
    pub customers: usize,
    /// Months of invoices
    #[arg(long, value_name = "M")]
    pub months: usize,
    /// Output folder
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub seed: SeedArg,
}

const AFTER_HELP: &str = "\
Example:      arrears simulate --customers 200 --months 24 --seed 7 --out ledger
Exit status:  0 written  1 cannot write  2 bad option";
