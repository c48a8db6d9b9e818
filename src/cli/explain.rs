//! `arrears explain`.

use super::render::{Screen, aligned};
use crate::error::Error;
use crate::pipeline::explain::{Explanation, Movement, ReasonText, explain, explain_since};
use clap::Args;
use std::path::PathBuf;

/// Tell why an invoice or a customer stands where it stands in a run
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ExplainArgs {
    /// Output folder of the run
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Output folder of an earlier run: tell what moved the customer on the worklist since
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,
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
    let found = match &args.previous {
        Some(previous) => explain_since(&args.out, previous, &args.id)?,
        None => explain(&args.out, &args.id)?,
    };
    screen.data(|| text(&found), &found)
}

fn text(found: &Explanation) -> String {
    let facts: Vec<[String; 2]> = found.facts.iter().map(|(n, v)| [n.clone(), v.clone()]).collect();
    let words: String = found.words.iter().map(|w| format!("  {w}\n")).collect();
    let of = |reasons: &[ReasonText]| -> Vec<[String; 3]> {
        let effect = |r: &ReasonText| r.effect.map(|e| format!("{e:+.2}")).unwrap_or_default();
        reasons.iter().map(|r| [r.name.clone(), effect(r), r.meaning.clone()]).collect()
    };
    let head = ["part", "log-odds", "meaning"];
    let why = match &found.score {
        Some(s) => {
            let mut rows = of(&s.parts);
            rows.push([s.name.to_owned(), format!("{:+.2}", s.log_odds), format!("{:.1} %", 100.0 * s.prob)]);
            format!(
                "what {} is made of, later above zero; the parts add up to it\n{}",
                s.name,
                aligned(head, &rows)
            )
        }
        None => {
            let head = ["reason", "effect", "meaning"];
            format!(
                "reasons, of the open invoice with the most at risk\n{}",
                aligned(head, &of(&found.reasons))
            )
        }
    };
    let moved = found.moved.as_ref().map(moved).unwrap_or_default();
    let head = format!("{} {}\n{words}{moved}", found.kind, found.id);
    if facts.is_empty() { head } else { format!("{head}\n{why}\n{}", aligned(["column", "value"], &facts)) }
}

fn moved(m: &Movement) -> String {
    let rank = |rank: Option<i64>| rank.map_or("not listed".to_owned(), |r| r.to_string());
    let action = |action: &Option<String>| action.clone().unwrap_or("no action".to_owned());
    let rows: Vec<[String; 2]> =
        m.causes.iter().map(|c| [c.kind.replace('_', " "), c.text.clone()]).collect();
    format!(
        "\nsince {}: rank {} -> {}, {} -> {}\n{}",
        m.previous,
        rank(m.previous_rank),
        rank(m.rank),
        action(&m.previous_action),
        action(&m.action),
        aligned(["what moved it", ""], &rows)
    )
}
