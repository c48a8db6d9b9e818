//! `arrears score`.

use super::input::{AsOfArg, InputArgs, SeedArg};
use super::output::OutputArgs;
use super::render::Screen;
use super::run::{PreviousArg, run_job};
use crate::error::Error;
use clap::Args;
use std::path::PathBuf;

/// Score, forecast and prioritise with a model fitted before
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ScoreArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// The model to score with
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
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
Example:      arrears score --invoices i.csv --model m.json --as-of 2026-04-01 --out out
Exit status:  0 written  1 cannot read/write  2 bad option/policy  3 input rejected  4 gate failed";

/// `run` with a model that exists.
///
/// # Errors
/// As `run`, and for a file that is no model.
pub fn run(args: &ScoreArgs, screen: &Screen) -> Result<(), Error> {
    let job = args.input.job(args.as_of.as_of, args.seed.seed, Some(&args.model))?;
    run_job(&args.input.sources()?, &job, &args.output.destination()?, args.previous.beside()?, screen)
}
