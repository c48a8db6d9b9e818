//! What became of the rows that were read, and what rules found in them.

use super::absent;
use crate::contract::Value;
use crate::report::Report;
use crate::report::html::{Esc, Html, number, word};
use crate::report::show::Show;
use std::collections::BTreeMap;

/// Findings that are shown one by one; the rest is in the table.
const SHOWN_FINDINGS: usize = 50;

pub(super) fn write(report: &Report<'_>, out: &mut Html) {
    let manifest = &report.run.manifest;
    out.raw("<p>Every row that was read is in the ledger, in quarantine, or ignored on purpose; the three add up.</p>\n");
    out.open_table_of("Rows of each input", "manifest", " class=quiet");
    out.raw("<thead><tr><th scope=col>Table</th><th scope=col>File</th><th scope=col class=n>Rows</th><th scope=col class=n>In the ledger</th><th scope=col class=n>Quarantined</th><th scope=col class=n>Ignored</th></tr></thead><tbody>");
    for (k, input) in manifest.inputs.iter().enumerate() {
        let file = input.file.rsplit(['/', '\\']).next().unwrap_or_default();
        out.put(format_args!("<tr><th scope=row>{}</th><td>{}</td>", Esc(&input.table), Esc(file)));
        let c = &input.counts;
        for (name, n) in
            [("rows", c.rows), ("ledger", c.ledger), ("quarantined", c.quarantined), ("ignored", c.ignored)]
        {
            out.cell_of(
                &Value::Int(n as i64),
                Show::Digits(0),
                format_args!(" data-c=\"/inputs/{k}/{name}\""),
            );
        }
        out.raw("</tr>\n");
    }
    out.close_table();
    findings(report, out);
}

fn findings(report: &Report<'_>, out: &mut Html) {
    let Some(table) = report.run.table("quarantine") else {
        return absent(out, "No rule found anything in them.");
    };
    let mut found: BTreeMap<(String, String), (u64, usize)> = BTreeMap::new();
    for r in 0..table.n_rows() {
        let key = (table.value("severity", r).to_string(), table.value("rule_id", r).to_string());
        found.entry(key).or_insert((0, r)).0 += 1;
    }
    out.raw("<h3>What rules found</h3>\n");
    out.open_table("Findings by rule, with the first of each", table, "");
    out.raw("<thead><tr><th scope=col>Rule</th><th scope=col>What became of the row</th><th scope=col class=n>Rows</th><th scope=col data-c=message>For example</th></tr></thead><tbody>");
    for ((severity, rule), (n, first)) in &found {
        let fate = match severity.as_str() {
            "reject" => "in quarantine",
            "repair" => "repaired, in the ledger",
            "warn" => "in the ledger, worth a look",
            other => other,
        };
        out.put(format_args!(
            "<tr data-r={first}><th scope=row><code>{}</code></th><td data-calc=word>{}</td><td class=n data-calc=count data-v={n}>{}</td>",
            Esc(rule),
            Esc(fate),
            Show::Digits(0).number(*n as f64)
        ));
        out.cell(&table.value("message", *first), Show::Plain);
        out.raw("</tr>\n");
    }
    out.close_table();
    let columns = [
        word("file", "File"),
        number("row", "Row", Show::Digits(0)),
        word("rule_id", "Rule"),
        word("field", "Field"),
        word("value", "Value"),
        word("message", "What is wrong"),
    ];
    let shown: Vec<usize> = (0..table.n_rows().min(SHOWN_FINDINGS)).collect();
    out.put(format_args!(
        "<details><summary>The first {} of {} findings; quarantine.parquet has all</summary>",
        shown.len(),
        Show::Digits(0).number(table.n_rows() as f64)
    ));
    out.table("Findings, one by one", table, &shown, &columns);
    out.raw("</details>\n");
}
