//! `arrears check`.

use super::input::InputArgs;
use super::progress::Progress;
use super::render::{Screen, aligned};
use crate::core::Day;
use crate::error::Error;
use crate::pipeline::{Book, InputCount, counts, quarantine_file, write_file};
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Read, map and validate a ledger; report what is wrong with which row
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CheckArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Judge what was known at the end of this day [default: everything in the files]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<Day>,
    /// Where quarantine.parquet goes [default: nowhere]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Example:      arrears check --invoices i.csv --payments p.csv --out out
Exit status:  0 checked  1 cannot read/write  2 bad option/policy  3 input rejected";

/// Rows of each rule that are shown.
const SHOWN_PER_RULE: usize = 3;

/// Checks the ledger, reports what became of every row, and writes the quarantine.
///
/// # Errors
/// For files that cannot be read or hold no usable invoice.
pub fn run(args: &CheckArgs, screen: &Screen) -> Result<(), Error> {
    let progress = Progress::new(*screen);
    let book = crate::pipeline::check(&args.input.sources()?, args.as_of, &args.input.policy()?, &progress)?;
    progress.finish();
    if let Some(folder) = &args.out {
        let file = quarantine_file(&book)?;
        write_file(&folder.join(&file.name), &file.bytes)?;
        screen.note(&format!("written to {}", folder.join(&file.name).display()));
    }
    book.warnings.iter().for_each(|w| screen.warning(w));
    let value = serde_json::json!({
        "inputs": book.inputs.iter().map(|i| serde_json::json!({
            "table": i.table, "file": i.file, "sha256": i.sha256, "counts": counts(i),
        })).collect::<Vec<_>>(),
        "invoices": book.ledger.n_invoices(),
        "customers": book.ledger.n_customers(),
        "quarantine": book.quarantine.iter().map(|q| serde_json::json!({
            "file": q.file, "row": q.row, "rule_id": q.rule_id, "severity": q.severity.name(), "field": q.field, "value": q.value, "message": q.message,
        })).collect::<Vec<_>>(),
        "warnings": book.warnings,
    });
    screen.data(|| report(&book), &value)
}

fn report(book: &Book) -> String {
    let row = |i: &InputCount| {
        let c = counts(i);
        [
            i.table.to_owned(),
            i.file.clone(),
            c.rows.to_string(),
            c.ledger.to_string(),
            c.quarantined.to_string(),
            c.ignored.to_string(),
        ]
    };
    let rows: Vec<[String; 6]> = book.inputs.iter().map(row).collect();
    let mut text = aligned(["table", "file", "rows", "ledger", "quarantined", "ignored"], &rows);
    let mut by_rule: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    book.quarantine.iter().for_each(|q| by_rule.entry(q.rule_id).or_default().push(q));
    for (rule, rows) in by_rule {
        let severity = rows.first().map_or("", |q| q.severity.name());
        text.push_str(&format!("\n{rule} ({severity}): {} rows\n", rows.len()));
        for q in rows.iter().take(SHOWN_PER_RULE) {
            text.push_str(&format!("  {} row {}: {}\n", q.file, q.row, q.message));
        }
    }
    text
}
