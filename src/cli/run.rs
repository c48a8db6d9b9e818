//! `arrears run`.

use super::input::{AsOfArg, InputArgs, SeedArg};
use super::output::OutputArgs;
use super::progress::Progress;
use super::render::{Screen, summary};
use crate::error::Error;
use crate::pipeline::{Destination, Job, OutputFile, Sources, rejection, write_run_to};
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
    #[command(flatten)]
    pub output: OutputArgs,
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
    run_job(&args.input.sources()?, &job, &args.output.destination()?, Vec::new(), screen)
}

/// The job of `run`, `score` and `demo`: compute, put in place together with `beside`, tell.
pub(super) fn run_job(
    sources: &Sources,
    job: &Job,
    to: &Destination,
    beside: Vec<OutputFile>,
    screen: &Screen,
) -> Result<(), Error> {
    to.check()?;
    let progress = Progress::new(*screen);
    let mut output = crate::pipeline::run(sources, job, &progress)
        .map_err(|e| rejection::in_place_of_run(e, to, job.as_of))?;
    output.files.extend(beside);
    let timings = progress.finish();
    let (told, warnings) = (output.summary.clone(), output.manifest.warnings.clone());
    let (counts, places) = (output.manifest.counts, to.names());
    write_run_to(to, output, timings)?;
    screen.note(&format!(
        "rows in {} = ledger {} + quarantined {} + ignored {}",
        counts.rows, counts.ledger, counts.quarantined, counts.ignored
    ));
    if counts.quarantined > 0 {
        let n = counts.quarantined;
        let table = match places.first() {
            Some(folder) if !folder.contains("://") => format!("{folder}/quarantine.parquet"),
            _ => "the table quarantine".to_owned(),
        };
        screen.warning(&format!("rows in quarantine: {n}; {table} names each and its remedy"));
    }
    warnings.iter().for_each(|w| screen.warning(w));
    places.iter().for_each(|place| screen.note(&format!("written to {place}")));
    screen.data(|| summary(&told), &told)
}
