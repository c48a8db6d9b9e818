//! `arrears report`.

use super::render::Screen;
use crate::error::Error;
use crate::pipeline::report::report;
use clap::Args;
use std::path::PathBuf;

/// Write a run's report.html anew: with what changed since an earlier run, with a backtest
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ReportArgs {
    /// Output folder of the run
    #[arg(value_name = "DIR")]
    pub out: PathBuf,
    /// Output folder of an earlier run of the same ledger: what changed, and how its forecast did
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,
    /// Output folder of a backtest of the same ledger: calibration and accuracy
    #[arg(long, value_name = "DIR")]
    pub backtest: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Example:      arrears report out --previous last-week --backtest backtest
Exit status:  0 written  1 cannot read/write  2 bad option";

/// Writes the page and tells where it is.
///
/// # Errors
/// For a folder that is no run of this version, and if the page cannot be written.
pub fn run(args: &ReportArgs, screen: &Screen) -> Result<(), Error> {
    let written = report(&args.out, args.previous.as_deref(), args.backtest.as_deref())?;
    screen.data(|| written.file.display().to_string(), &written)
}
