//! `arrears fit`.

use super::input::{AsOfArg, InputArgs, SeedArg};
use super::progress::Progress;
use super::render::Screen;
use crate::error::Error;
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

/// Fits, writes the model and tells how the fit went.
///
/// # Errors
/// What the pipeline ran into; no model is written then.
pub fn run(args: &FitArgs, screen: &Screen) -> Result<(), Error> {
    let job = args.input.job(args.as_of.as_of, args.seed.seed, None)?;
    let progress = Progress::new(*screen);
    let model = crate::pipeline::fit(&args.input.sources()?, &job, &progress)?;
    progress.finish();
    model.save(&args.model_out)?;
    let r = model.hazard.report.clone();
    let text = format!(
        "model {} of {} invoices as of {}\n  rows {}  events {}  iterations {}  gradient {:.1e}  condition {:.1e}",
        model.model_id,
        model.n_invoices,
        model.as_of,
        r.n_rows,
        r.n_events,
        r.iterations,
        r.gradient_norm,
        r.condition
    );
    screen
        .data(|| text, &serde_json::json!({ "model_id": model.model_id, "as_of": model.as_of, "report": r }))
}
