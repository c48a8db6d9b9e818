//! `arrears demo`.

use super::input::SeedArg;
use clap::Args;
use std::path::PathBuf;

/// Simulate a ledger, run everything on it and show what comes out
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DemoArgs {
    /// Output folder; replaced as a whole if it holds an earlier run
    #[arg(long, value_name = "DIR", default_value = "arrears-demo")]
    pub out: PathBuf,
    #[command(flatten)]
    pub seed: SeedArg,
}

const AFTER_HELP: &str = "\
Example:      arrears demo --out demo
Exit status:  0 written  1 cannot write  2 bad option  4 gate failed";
