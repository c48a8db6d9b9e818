//! `arrears run`.

use super::input::{AsOfArg, InputArgs, SeedArg};
use clap::Args;
use std::path::PathBuf;

/// Score, forecast and prioritise: fit a model on the ledger's past and apply it to what is open
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct RunArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Score with this model instead of fitting one
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub as_of: AsOfArg,
    /// Output folder; replaced as a whole if it holds an earlier run
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub seed: SeedArg,
}

const AFTER_HELP: &str = "\
Example:      arrears run --invoices i.csv --payments p.csv --as-of 2026-03-31 --out out
Exit status:  0 written  1 cannot read/write  2 bad option/policy  3 input rejected  4 gate failed";
