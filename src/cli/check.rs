//! `arrears check`.

use super::input::InputArgs;
use super::progress::Progress;
use super::render::{Screen, aligned};
use crate::core::Day;
use crate::error::Error;
use crate::pipeline::ledger_report::{CurrencyReport, InputReport, LateReport, RuleReport};
use crate::pipeline::{self, LedgerReport, quarantine_file, rejection, write_file};
use clap::Args;
use std::path::{Path, PathBuf};

/// Read, map and validate a ledger; report what is in it, and what is wrong with which row
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
    /// Propose a mapping from headers and values instead, on stdout or to FILE
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub suggest: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Example:      arrears check --invoices i.csv --payments p.csv --out out
Exit status:  0 checked  1 cannot read/write  2 bad option/policy  3 input rejected";

/// Checks the ledger, reports what is in it and what became of every row, and writes the quarantine.
///
/// # Errors
/// For files that cannot be read or hold no usable invoice; the quarantine is written then too.
pub fn run(args: &CheckArgs, screen: &Screen) -> Result<(), Error> {
    if let Some(file) = &args.suggest {
        return suggest(args, file, screen);
    }
    let progress = Progress::new(*screen);
    let policy = args.input.policy()?;
    let book = pipeline::check(&args.input.sources()?, args.as_of, &policy, &progress);
    let book = book.map_err(|e| match &args.out {
        Some(folder) => rejection::into_folder(e, folder, args.as_of),
        None => e,
    })?;
    let report = LedgerReport::new(book, args.as_of, &policy);
    progress.finish();
    if let Some(folder) = &args.out {
        let file = quarantine_file(&report.quarantine, args.as_of)?;
        write_file(&folder.join(&file.name), &file.bytes)?;
        screen.note(&format!("written to {}", folder.join(&file.name).display()));
    }
    report.warnings.iter().for_each(|w| screen.warning(w));
    screen.data(|| text(&report), &report)
}

/// Writes the mapping that the files suggest; `-` is stdout.
fn suggest(args: &CheckArgs, file: &Path, screen: &Screen) -> Result<(), Error> {
    let toml = crate::pipeline::suggest(&args.input.sources()?)?;
    if file == Path::new("-") {
        return screen.data(|| toml.clone(), &serde_json::json!({ "mapping": toml }));
    }
    write_file(file, toml.as_bytes())?;
    screen.note(&format!("written to {}", file.display()));
    Ok(())
}

/// The report for people; `docs/check.md` has the keys of the one for machines.
fn text(r: &LedgerReport) -> String {
    let given = if r.as_of_given { "" } else { ", the last day in the files (--as-of names another)" };
    let mut text = format!("as of {}{given}\n\n{}\n{}", r.as_of, inputs(r), contents(r));
    r.currencies.iter().filter(|c| !c.aging.is_empty()).for_each(|c| text.push_str(&aging(c)));
    text.push_str(&late(&r.late));
    r.rules.iter().for_each(|rule| text.push_str(&found(rule)));
    text + &abilities(r)
}

fn inputs(r: &LedgerReport) -> String {
    let row = |i: &InputReport| {
        let c = i.counts;
        let counts = [c.rows, c.ledger, c.quarantined, c.ignored].map(|n| n.to_string());
        let [rows, ledger, quarantined, ignored] = counts;
        [i.table.to_owned(), i.file.clone(), rows, ledger, quarantined, ignored]
    };
    let rows: Vec<[String; 6]> = r.inputs.iter().map(row).collect();
    let left_out = r.inputs.iter().filter(|i| i.left_out > 0).map(|i| {
        format!(
            "left out of {}: {}, blank, sums or not of this table\n",
            i.file,
            n(i.left_out as usize, "row")
        )
    });
    let unusual = r.inputs.iter().filter(|i| !["CSV", "Parquet"].contains(&i.format.as_str()));
    let unusual = unusual.map(|i| format!("{} read as {}\n", i.file, i.format));
    aligned(["table", "file", "rows", "ledger", "quarantined", "ignored"], &rows)
        + &unusual.collect::<String>()
        + &left_out.collect::<String>()
}

fn contents(r: &LedgerReport) -> String {
    let p = r.period;
    let span = |first: Option<Day>, last: Option<Day>| match (first, last) {
        (Some(first), Some(last)) => format!(", {first} to {last}"),
        _ => String::new(),
    };
    let currencies: Vec<String> =
        r.currencies.iter().map(|c| format!("{} ({})", c.currency, n(c.invoices, "invoice"))).collect();
    let duplicates = match (r.duplicates.repeated, r.duplicates.contradicting) {
        (0, 0) => "none".to_owned(),
        (same, other) => {
            format!("{} said again, {} at odds with another of the same id", n(same, "row"), n(other, "row"))
        }
    };
    let invoices = format!(
        "{} of {}{}",
        n(r.invoices, "invoice"),
        n(r.customers, "customer"),
        span(p.first_issue, p.last_issue)
    );
    let settlements = format!("{}{}", r.settlements, span(p.first_settlement, p.last_settlement));
    let rows = [
        ["issued", &invoices],
        ["settlements", &settlements],
        ["currencies", &currencies.join(", ")],
        ["duplicates", &duplicates],
    ];
    block(&rows.map(|row| row.map(str::to_owned)))
}

/// Buckets of this amount are left out.
const NOTHING: &str = "0.00";

fn aging(c: &CurrencyReport) -> String {
    let buckets = c.aging.iter().filter(|b| b.amount != NOTHING);
    let rows: Vec<[String; 3]> = buckets
        .map(|b| [b.bucket.clone(), format!("{:>18}", b.amount), format!("{:>8}", b.invoices)])
        .collect();
    format!(
        "\n{} {} open on {}, {} of it overdue\n{}",
        c.currency,
        c.open_amount,
        n(c.open_invoices, "invoice"),
        c.overdue_amount,
        aligned(["past due", "            amount", "invoices"], &rows)
    )
}

fn late(l: &LateReport) -> String {
    let percent =
        |share: Option<f64>| share.map_or("      -".to_owned(), |s| format!("{:>5.1} %", 100.0 * s));
    let all = l.settled + l.open_late + l.censored;
    let mut rows = vec![
        [
            "of all invoices".to_owned(),
            percent(l.late_share),
            "by Kaplan and Meier: an open invoice counts for as long as it was watched".to_owned(),
        ],
        [
            "of the settled alone".to_owned(),
            percent(l.settled_only_share),
            format!("{} of {}", l.settled_late, n(l.settled, "invoice")),
        ],
        [
            "not known yet".to_owned(),
            percent(Some(l.censored_share)),
            format!("{} of {} open and not late so far", l.censored, n(all, "invoice")),
        ],
    ];
    if l.undated > 0 {
        let what =
            format!("{} settled on one of two days, left out of all the others", n(l.undated, "invoice"));
        rows.push(["nobody can tell".to_owned(), percent(None), what]);
    }
    let grace =
        if l.grace_days == 0 { String::new() } else { format!(" + {}", n(l.grace_days as usize, "day")) };
    let bias = l.dropping_bias.map_or(String::new(), |bias| {
        let points = 100.0 * bias;
        format!("  Dropping what is open would move the share by {points:+.1} points.\n")
    });
    format!("\nlate: not settled in full by the end of due_date{grace}\n{}{bias}", block(&rows))
}

fn found(rule: &RuleReport) -> String {
    let mut text = format!("\n{} ({}): {}\n", rule.rule_id, rule.severity, n(rule.rows, "row"));
    for q in &rule.first {
        text.push_str(&format!("  {} row {}: {}\n", q.file, q.row, q.message));
    }
    match rule.rows - rule.first.len() {
        0 => text,
        more => text + &format!("  and {more} more, which --out DIR writes down\n"),
    }
}

fn abilities(r: &LedgerReport) -> String {
    let mut rows = Vec::new();
    for a in &r.abilities {
        let name = a.ability.replace('_', " ");
        rows.push([name, a.verdict.name().to_owned(), a.reason.clone()]);
        rows.extend(a.remedy.iter().map(|remedy| [String::new(), String::new(), format!("to do: {remedy}")]));
    }
    format!("\nwhat arrears can do with this ledger\n{}", block(&rows))
}

/// Aligned rows without a header.
fn block<const N: usize>(rows: &[[String; N]]) -> String {
    aligned([""; N], rows).split_off(1)
}

/// A count and its noun.
fn n(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
