//! Open amounts by age, for each currency and segment.

use super::{absent, open_chart, open_currency, unit};
use crate::contract::Table;
use crate::report::Report;
use crate::report::folder::{distinct, rows};
use crate::report::html::{Esc, Html};
use crate::report::show::Show;

/// Segments of a currency that are shown; the rest is in the table.
const SHOWN_SEGMENTS: usize = 60;

pub(super) fn write(report: &Report<'_>, out: &mut Html) {
    let Some(table) = report.run.table("aging") else {
        return absent(out, "Nothing is open.");
    };
    out.raw("<p>Open amounts by how many days they are past due. Credits that no invoice has used stand apart, below zero.</p>\n");
    for currency in report.currencies() {
        open_currency(report, out, &currency);
        open_chart(out, "aging", &format!("Open amount by days past due, {currency}"), false);
        pivot(out, table, &currency, "amount", "Open amount by days past due");
        pivot(out, table, &currency, "n_invoices", "Open invoices by days past due");
        out.raw("</figure></div>\n");
    }
}

/// Segments by buckets.
fn pivot(out: &mut Html, table: &Table, currency: &str, column: &str, caption: &str) {
    let of_currency: Vec<usize> = rows(table, &[("currency", currency)]).collect();
    let bucket = |r: usize| table.value("bucket", r).to_string();
    let all: Vec<usize> = rows(table, &[("currency", currency), ("segment", "all")]).collect();
    let n = all.len().max(1);
    let money = column == "amount";
    let caption = if money { format!("{caption}, {}", unit(currency)) } else { caption.to_owned() };
    if !money {
        out.put(format_args!("<details><summary>{}</summary>", Esc(&caption)));
    }
    out.open_table(caption.trim_end_matches(", "), table, &format!(" data-pivot={column}"));
    out.raw("<thead><tr><th scope=col>Segment</th>");
    for &r in &all {
        out.put(format_args!("<th scope=col class=n>{}</th>", Esc(&bucket(r))));
    }
    out.raw("</tr></thead><tbody>");
    let show = if money { Show::Money } else { Show::Digits(0) };
    for of_segment in of_currency.chunks(n).take(SHOWN_SEGMENTS) {
        let name = table.value("segment", of_segment[0]).to_string();
        out.put(format_args!("<tr><th scope=row>{}</th>", Esc(&name)));
        for &r in of_segment {
            out.cell_of(&table.value(column, r), show, format_args!(" data-r={r} data-c={column}"));
        }
        out.raw("</tr>\n");
    }
    out.close_table();
    let segments = distinct(table, "segment").len();
    if segments > SHOWN_SEGMENTS {
        out.put(format_args!(
            "<p class=note>{SHOWN_SEGMENTS} segments are shown; aging.parquet has all {segments}.</p>"
        ));
    }
    if !money {
        out.raw("</details>");
    }
}
