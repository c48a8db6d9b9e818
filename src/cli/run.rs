//! `arrears run`.

use super::input::{AsOfArg, InputArgs, SeedArg};
use super::output::OutputArgs;
use super::progress::Progress;
use super::render::{Screen, summary};
use crate::error::Error;
use crate::pipeline::report::{Folder, earlier, since};
use crate::pipeline::{Destination, Job, OutputFile, Sources, rejection, run_with_tables, write_run_to};
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
    pub previous: PreviousArg,
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
    run_job(&args.input.sources()?, &job, &args.output.destination()?, args.previous.beside()?, screen)
}

/// An earlier run that the report looks back to.
#[derive(Debug, Clone, Args)]
pub struct PreviousArg {
    /// Output folder of an earlier run of the same ledger, which may be the one that --out replaces: the report tells what
    /// changed, and how its forecast did
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,
}

impl PreviousArg {
    /// The run, read before anything is written.
    ///
    /// # Errors
    /// For a folder that is no run of this version.
    pub(super) fn beside(&self) -> Result<Beside, Error> {
        Ok(Beside { earlier: self.previous.as_deref().map(earlier).transpose()?, ..Beside::default() })
    }
}

/// What comes beside the job of a run.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Files that go into the folder too.
    pub files: Vec<OutputFile>,
    /// What the report tells the changes since.
    pub earlier: Option<Folder>,
}

/// The job of `run`, `score` and `demo`: compute, put in place together with what is beside, tell.
pub(super) fn run_job(
    sources: &Sources,
    job: &Job,
    to: &Destination,
    beside: Beside,
    screen: &Screen,
) -> Result<(), Error> {
    to.check()?;
    let progress = Progress::new(*screen);
    let (mut output, tables) =
        run_with_tables(sources, job, &progress).map_err(|e| rejection::in_place_of_run(e, to, job.as_of))?;
    match &beside.earlier {
        Some(earlier) => since(&mut output, tables, earlier)?,
        None => drop(tables),
    }
    output.files.extend(beside.files);
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
