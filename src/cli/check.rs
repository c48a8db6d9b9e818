//! `arrears check`.

use super::input::InputArgs;
use clap::Args;
use std::path::PathBuf;

/// Read, map and validate a ledger; report what is wrong with which row
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CheckArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Where quarantine.parquet goes [default: nowhere]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Example:      arrears check --invoices i.csv --payments p.csv --out out
Exit status:  0 checked  1 cannot read/write  2 bad option/policy  3 input rejected";
