//! `arrears audit`.

use super::input::{AsOfArg, InputArgs, SeedArg};
use clap::Args;

/// Prove on your own data that nothing after a day moves one byte of that day's output
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct AuditArgs {
    #[command(flatten)]
    pub input: InputArgs,
    #[command(flatten)]
    pub as_of: AsOfArg,
    #[command(flatten)]
    pub seed: SeedArg,
}

const AFTER_HELP: &str = "\
Example:      arrears audit --invoices i.csv --payments p.csv --as-of 2026-03-31
Exit status:  0 proven  1 cannot read/write  2 bad option/policy  3 input rejected  4 byte moved";
