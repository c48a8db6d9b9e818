//! `arrears run`.

use super::input::{AsOfArg, InputArgs, SeedArg};
use super::progress::Progress;
use super::render::{Screen, summary};
use crate::error::Error;
use crate::pipeline::{Job, OutputFile, Sources, check_out, rejection, write_run};
use clap::Args;
use std::path::{Path, PathBuf};

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

/// Runs the main job and tells its summary.
///
/// # Errors
/// What the pipeline ran into. Nothing is written then, but for the quarantine of an input that is rejected for it.
pub fn run(args: &RunArgs, screen: &Screen) -> Result<(), Error> {
    let job = args.input.job(args.as_of.as_of, args.seed.seed, args.model.as_deref())?;
    run_job(&args.input.sources()?, &job, &args.out, Vec::new(), screen)
}

/// The job of `run`, `score` and `demo`: compute, put in place together with `beside`, tell.
pub(super) fn run_job(
    sources: &Sources,
    job: &Job,
    out: &Path,
    beside: Vec<OutputFile>,
    screen: &Screen,
) -> Result<(), Error> {
    check_out(out)?;
    let progress = Progress::new(*screen);
    let mut output = crate::pipeline::run(sources, job, &progress)
        .map_err(|e| rejection::in_place_of_run(e, out, job.as_of))?;
    output.files.extend(beside);
    let timings = progress.finish();
    let (told, warnings) = (output.summary.clone(), output.manifest.warnings.clone());
    let counts = output.manifest.counts;
    write_run(out, output, timings)?;
    screen.note(&format!(
        "rows in {} = ledger {} + quarantined {} + ignored {}",
        counts.rows, counts.ledger, counts.quarantined, counts.ignored
    ));
    if counts.quarantined > 0 {
        let (n, folder) = (counts.quarantined, out.display());
        screen.warning(&format!(
            "rows in quarantine: {n}; {folder}/quarantine.parquet names each and its remedy"
        ));
    }
    warnings.iter().for_each(|w| screen.warning(w));
    screen.note(&format!("written to {}", out.display()));
    screen.data(|| summary(&told), &told)
}
