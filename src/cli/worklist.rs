//! `arrears worklist`.

use super::render::Screen;
use crate::error::Error;
use crate::pipeline::worklist::write_worklist;
use clap::Args;
use std::path::PathBuf;

/// Write a run's worklist for other tools: CSV or JSON lines, a row a customer with its invoices
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct WorklistArgs {
    /// Output folder of the run
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// File to write: .csv, or .jsonl
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Leave out customers whom nobody should contact now
    #[arg(long)]
    pub actions_only: bool,
}

const AFTER_HELP: &str = "\
Example:      arrears worklist --out out --to worklist.csv --actions-only
Exit status:  0 written  1 cannot read/write  2 bad option";

/// Writes the worklist.
///
/// # Errors
/// For a folder that is no run, a file of another ending, and one that cannot be written.
pub fn run(args: &WorklistArgs, screen: &Screen) -> Result<(), Error> {
    write_worklist(&args.out, &args.to, args.actions_only)?;
    screen.note(&format!("written to {}", args.to.display()));
    Ok(())
}
