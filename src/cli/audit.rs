//! `arrears audit`.

use super::input::{AsOfArg, InputArgs, SeedArg};
use super::progress::Progress;
use super::render::{Screen, aligned};
use crate::error::Error;
use crate::pipeline::audit::audit;
use clap::Args;
use std::path::PathBuf;

/// Prove on your own data that nothing after a day moves one byte of that day's output
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct AuditArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Audit scoring with this model instead of fitting one
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub as_of: AsOfArg,
    #[command(flatten)]
    pub seed: SeedArg,
}

const AFTER_HELP: &str = "\
Example:      arrears audit --invoices i.csv --payments p.csv --as-of 2026-03-31
Exit status:  0 proven  1 cannot read/write  2 bad option/policy  3 input rejected  4 leak found";

/// Runs the job on the books as they are and on four other futures, compares every byte, and holds what was learnt from
/// against the ledger.
///
/// # Errors
/// [`Error::AuditFailed`] if a byte moved, [`Error::AuditLabels`] if a label does not hold.
pub fn run(args: &AuditArgs, screen: &Screen) -> Result<(), Error> {
    let job = args.input.job(args.as_of.as_of, args.seed.seed, args.model.as_deref())?;
    let progress = Progress::new(*screen);
    let report = audit(&args.input.sources()?, &job, &progress)?;
    progress.finish();
    let verdict =
        |moved: &[String]| if moved.is_empty() { "same bytes".to_owned() } else { moved.join(", ") };
    let rows: Vec<[String; 2]> =
        report.trials.iter().map(|t| [t.perturbation.to_owned(), verdict(&t.moved)]).collect();
    let bytes: usize = report.files.iter().map(|f| f.1).sum();
    let text = || {
        let head = format!("{} files, {bytes} bytes, as of {}\n", report.files.len(), job.as_of);
        let labels = report.labels.as_ref().map(|l| format!("\ntraining labels: {l}\n"));
        head + &aligned(["after as_of", "output"], &rows) + &labels.unwrap_or_default()
    };
    screen.data(text, &report)?;
    if report.passed() {
        return Ok(());
    }
    if let Some(labels) = report.labels.as_ref().filter(|l| !l.holds()) {
        return Err(Error::AuditLabels { faults: labels.to_string() });
    }
    let failed = report.trials.iter().filter(|t| !t.moved.is_empty());
    let moved: Vec<String> = failed.map(|t| format!("{} ({})", t.moved.join(", "), t.perturbation)).collect();
    Err(Error::AuditFailed { moved: moved.join("; ") })
}
