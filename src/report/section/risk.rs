//! Open invoices by risk band, and the expected loss.

use super::{absent, decision, open_chart, open_currency};
use crate::report::Report;
use crate::report::folder::rows;
use crate::report::html::{Html, number, word};
use crate::report::show::Show;

/// Rows of a currency that are shown; the rest is in the table.
const SHOWN_ROWS: usize = 160;

pub(super) fn write(report: &Report<'_>, out: &mut Html) {
    let Some(table) = report.run.table("risk") else {
        return absent(out, "This run has no table risk.");
    };
    out.raw("<p>How likely open invoices are to be paid late, by the policy's thresholds. What is past due already counts as high.</p>\n");
    let columns = [
        word("segment", "Segment"),
        word("risk_band", "Risk"),
        number("n_invoices", "Invoices", Show::Digits(0)),
        number("open_amount", "Open", Show::Money),
        number("n_overdue", "Overdue invoices", Show::Digits(0)),
        number("overdue_amount", "Overdue", Show::Money),
        number("mean_late_prob", "Late, if not due yet", Show::Share),
        number("expected_30", "Expected in 30 days", Show::Whole),
        number("expected_unpaid", "Expected never paid", Show::Whole),
    ];
    for currency in report.currencies() {
        let wanted = [("currency", currency.as_str())];
        let found: Vec<usize> = rows(table, &wanted).collect();
        if found.is_empty() {
            continue;
        }
        open_currency(report, out, &currency);
        open_chart(out, "risk", &format!("Open amount by risk band, {currency}"), false);
        out.table("Open invoices by risk band", table, &found[..found.len().min(SHOWN_ROWS)], &columns);
        if found.len() > SHOWN_ROWS {
            out.put(format_args!(
                "<p class=note>{SHOWN_ROWS} of {} rows are shown; risk.parquet has all.</p>",
                found.len()
            ));
        }
        out.raw("</figure>");
        provision(report, out, &currency);
        out.raw("</div>\n");
    }
    decision::segments(report, out);
    decision::money(report, out);
}

/// Expected credit loss, where the run has it.
fn provision(report: &Report<'_>, out: &mut Html, currency: &str) {
    let Some(table) = report.run.table("provision") else { return };
    let wanted = [("currency", currency), ("segment", "all")];
    let found: Vec<usize> = rows(table, &wanted).collect();
    let columns = [
        word("bucket", "Days past due"),
        number("ead", "Exposure", Show::Money),
        number("pd", "Probability of default", Show::Share),
        number("lgd", "Loss given default", Show::Share),
        number("ecl", "Expected loss", Show::Money),
    ];
    if !found.is_empty() {
        out.raw("<h4>Expected credit loss</h4>");
        out.table("Expected credit loss by days past due", table, &found, &columns);
    }
}
