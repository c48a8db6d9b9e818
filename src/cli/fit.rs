//! `arrears fit`.

use super::input::{AsOfArg, InputArgs, SeedArg};
use clap::Args;
use std::path::PathBuf;

/// Fit a model on what was known at a day, to score with later
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct FitArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub as_of: AsOfArg,
    /// Where the model goes
    #[arg(long, value_name = "FILE")]
    pub model_out: PathBuf,
    #[command(flatten)]
    pub seed: SeedArg,
}

const AFTER_HELP: &str = "\
Example:      arrears fit --invoices i.csv --payments p.csv --as-of 2026-03-31 --model-out m.json
Exit status:  0 written  1 cannot read/write  2 bad option/policy  3 input rejected  4 gate failed";
