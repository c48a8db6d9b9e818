//! `arrears explain`.

use super::render::{Screen, aligned};
use crate::error::Error;
use crate::pipeline::explain::{Explanation, explain};
use clap::Args;
use std::path::PathBuf;

/// Tell why an invoice or a customer stands where it stands in a run
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ExplainArgs {
    /// Output folder of the run
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// An invoice_id or customer_id
    #[arg(value_name = "ID")]
    pub id: String,
}

const AFTER_HELP: &str = "\
Example:      arrears explain --out out INV-1001
Exit status:  0 found  1 cannot read  2 bad option  3 no such invoice or customer";

/// Tells what a run says of one id.
///
/// # Errors
/// For a folder that is no run, and an id that it does not know.
pub fn run(args: &ExplainArgs, screen: &Screen) -> Result<(), Error> {
    let found = explain(&args.out, &args.id)?;
    screen.data(|| text(&found), &found)
}

fn text(found: &Explanation) -> String {
    let facts: Vec<[String; 2]> = found.facts.iter().map(|(n, v)| [n.clone(), v.clone()]).collect();
    let reasons: Vec<[String; 3]> = found
        .reasons
        .iter()
        .map(|r| {
            [r.name.clone(), r.effect.map(|e| format!("{e:+.2}")).unwrap_or_default(), r.meaning.clone()]
        })
        .collect();
    format!(
        "{} {}\n{}\nreasons, with their effect on the log-odds of late payment against the average invoice\n{}",
        found.kind,
        found.id,
        aligned(["column", "value"], &facts),
        aligned(["reason", "effect", "meaning"], &reasons)
    )
}
