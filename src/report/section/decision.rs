//! What decisions about segments, customers and invoices would be worth, and how money comes in.

use super::unit;
use crate::contract::{Table, Value};
use crate::report::Report;
use crate::report::folder::{rows, text};
use crate::report::html::{Esc, Html, Shown, number, word};
use crate::report::show::Show;

/// Values of one name that are shown; the rest is in the table.
const SHOWN_OF_NAME: u64 = 12;
/// Customers or invoices of one decision that are shown.
const SHOWN_ROWS: usize = 8;

/// Segments from the easiest to collect to the hardest.
pub(super) fn segments(report: &Report<'_>, out: &mut Html) {
    let Some(table) = report.run.table("segments").filter(|t| t.n_rows() > 0) else { return };
    let is_shown = |&r: &usize| match table.value("rank", r) {
        Value::Int(rank) => rank.unsigned_abs() <= SHOWN_OF_NAME,
        _ => true,
    };
    let found: Vec<usize> = (0..table.n_rows()).filter(is_shown).collect();
    let currency = unit(text(table, "reporting_currency", 0));
    out.put(format_args!(
        "<h4>From easiest to hardest to collect{}{}</h4><p class=note>What is open by segment, the one worth most of what was billed first.</p>",
        if currency.is_empty() { "" } else { ", in " },
        Esc(currency)
    ));
    let columns = [
        word("segment", "Segment"),
        number("rank", "#", Show::Digits(0)),
        number("open_amount", "Open", Show::Money),
        number("overdue_amount", "Overdue", Show::Money),
        number("expected_30", "Expected in 30 days", Show::Whole),
        number("expected_90", "In 90 days", Show::Whole),
        number("unpaid_prob", "Never paid", Show::Share),
        number("expected_days", "Days to cash", Show::Digits(0)),
        number("keep_rate", "Worth today", Show::Share),
        number("expected_gain", "Gain of contacts", Show::Whole),
        number("cost", "Their cost", Show::Whole),
    ];
    out.table("Segments from easiest to hardest to collect", table, &found, &columns);
    left(out, table, found.len());
}

/// Whom to insure, to whom to offer parts, what to hand over: the first few of each, most gained first.
pub(super) fn money(report: &Report<'_>, out: &mut Html) {
    decided(
        report,
        out,
        ("handover", "hand_over", "Worth handing over today"),
        &[
            word("invoice_id", "Invoice"),
            word("customer_id", "Customer"),
            word("currency", "Currency"),
            number("open_amount", "Open", Show::Money),
            number("days_past_due", "Days past due", Show::Digits(0)),
            word("route", "To"),
            number("keep_value", "Worth kept", Show::Whole),
            number("gain", "Gain", Show::Whole),
        ],
    );
    decided(
        report,
        out,
        ("instalment_offers", "offer", "Worth an offer to pay in parts"),
        &[
            word("customer_id", "Customer"),
            word("currency", "Currency"),
            number("overdue_amount", "Overdue", Show::Money),
            number("oldest_days_past_due", "Oldest, days", Show::Digits(0)),
            number("part", "Part", Show::Money),
            number("parts", "Parts", Show::Digits(0)),
            number("gain", "Gain", Show::Whole),
            number("break_even_prob", "If kept by", Show::Share),
        ],
    );
    decided(
        report,
        out,
        ("credit_insurance", "insure", "Worth insuring"),
        &[
            word("customer_id", "Customer"),
            word("currency", "Currency"),
            number("insured_amount", "Insured", Show::Money),
            number("unpaid_prob", "Never paid", Show::Share),
            number("premium", "Premium", Show::Whole),
            number("gain", "Gain", Show::Whole),
        ],
    );
}

/// Rows of a table whose flag is set, by gain; nothing where none is.
fn decided(report: &Report<'_>, out: &mut Html, (name, flag, title): (&str, &str, &str), columns: &[Shown]) {
    let Some(table) = report.run.table(name) else { return };
    let gain = |r: usize| match table.value("gain", r) {
        Value::Double(gain) => gain,
        _ => 0.0,
    };
    let mut found: Vec<usize> =
        (0..table.n_rows()).filter(|&r| table.value(flag, r) == Value::Bool(true)).collect();
    if found.is_empty() {
        return;
    }
    let n = found.len();
    found.sort_by(|&a, &b| gain(b).total_cmp(&gain(a)).then(a.cmp(&b)));
    found.truncate(SHOWN_ROWS);
    out.put(format_args!(
        "<h4>{}</h4><p class=note>By the policy's terms, which are assumptions.</p>",
        Esc(title)
    ));
    out.table(title, table, &found, columns);
    if n > found.len() {
        out.put(format_args!(
            "<p class=note>The first {} of {n} are shown; {name}.parquet has all.</p>",
            found.len()
        ));
    }
}

/// How fast and at what cost cash came, by method, where payments name one.
pub(super) fn methods(report: &Report<'_>, out: &mut Html, currency: &str) {
    let Some(table) = report.run.table("payment_methods") else { return };
    let found: Vec<usize> = rows(table, &[("currency", currency), ("segment", "all")]).collect();
    let columns = [
        word("method", "Method"),
        number("n_payments", "Payments", Show::Digits(0)),
        number("amount", "Received", Show::Money),
        number("days_to_pay", "Days to pay", Show::Digits(1)),
        number("days_beyond_terms", "Days beyond terms", Show::Digits(1)),
        number("cost", "Cost", Show::Money),
    ];
    if !found.is_empty() {
        out.raw("<h4>How it was paid</h4>");
        out.table("Cash by method of payment", table, &found, &columns);
    }
}

/// How many rows are shown if not all are.
fn left(out: &mut Html, table: &Table, n_shown: usize) {
    if n_shown < table.n_rows() {
        out.put(format_args!(
            "<p class=note>{n_shown} of {} rows are shown; {}.parquet has all.</p>",
            table.n_rows(),
            table.name()
        ));
    }
}
