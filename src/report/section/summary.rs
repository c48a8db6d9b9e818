//! The run in plain words, and what changed since the one before.

use super::{in_words, unit};
use crate::contract::{Table, Value};
use crate::report::Report;
use crate::report::folder::{Folder, rows, text};
use crate::report::html::{Esc, Html};
use crate::report::show::Show;

/// A figure of the manifest's metrics.
struct Metric {
    name: &'static str,
    title: &'static str,
    show: Show,
    change: Show,
    /// Whether it is an amount in the reporting currency.
    money: bool,
}

const fn metric(name: &'static str, title: &'static str, show: Show, change: Show, money: bool) -> Metric {
    Metric { name, title, show, change, money }
}

const METRICS: [Metric; 6] = [
    metric("open_amount", "Open", Show::Whole, Show::Signed(0), true),
    metric("overdue_amount", "Overdue", Show::Whole, Show::Signed(0), true),
    metric("value_at_risk", "Expected to be still open in 30 days", Show::Whole, Show::Signed(0), true),
    metric(
        "mean_late_prob_not_yet_due",
        "Expected to be paid late, of what is not yet due",
        Show::Share,
        Show::Signed(1),
        false,
    ),
    metric("open_invoices", "Open invoices", Show::Digits(0), Show::Signed(0), false),
    metric("overdue_invoices", "Overdue invoices", Show::Digits(0), Show::Signed(0), false),
];
/// Of those, the ones that stand out.
const TILES: usize = 4;

pub(super) fn write(report: &Report<'_>, out: &mut Html) {
    tiles(report, out);
    out.raw("<ul class=words>");
    open(report, out);
    cash(report, out);
    first(report, out);
    out.raw("</ul>\n");
    for warning in &report.run.manifest.warnings {
        out.put(format_args!("<p class=warning><strong>Mind:</strong> {}</p>\n", Esc(warning)));
    }
    if let Some(previous) = report.previous {
        changes(report, previous, out);
    }
}

fn tiles(report: &Report<'_>, out: &mut Html) {
    out.raw("<div class=tiles>");
    for m in &METRICS[..TILES] {
        let Some(value) = report.run.metric(m.name) else { continue };
        out.put(format_args!("<div class=tile><p class=label>{}</p><p class=big>", m.title));
        out.of_manifest(&format!("/metrics/{}", m.name), value, m.show);
        if m.money {
            out.put(format_args!(" <span class=unit>{}</span>", Esc(unit(report.reporting_currency()))));
        }
        out.raw("</p>");
        if let Some(before) = report.previous.and_then(|p| p.metric(m.name)) {
            out.raw("<p class=delta>");
            change(out, m, before, value);
            out.raw(" since the last run</p>");
        }
        out.raw("</div>");
    }
    out.raw("</div>\n");
}

/// How much a figure moved; shares in points.
fn change(out: &mut Html, m: &Metric, before: f64, now: f64) {
    let scale = if m.show == Show::Share { 100.0 } else { 1.0 };
    let moved = scale * (now - before);
    let points = if m.show == Show::Share { " points" } else { "" };
    out.put(format_args!(
        "<data data-calc=change value=\"{moved}\">{}{points}</data>",
        m.change.number(moved)
    ));
}

/// A count of the manifest.
fn count(out: &mut Html, pointer: &str, n: u64) {
    out.of_manifest(pointer, n as f64, Show::Digits(0));
}

fn open(report: &Report<'_>, out: &mut Html) {
    let run = report.run;
    let customers = run.manifest.tables.get("priorities").map_or(0, |t| t.rows);
    out.raw("<li>");
    count(out, "/tables/priorities/rows", customers);
    out.raw(" customers have open invoices");
    if let (Some(n), Some(overdue)) = (run.metric("open_invoices"), run.metric("overdue_invoices")) {
        out.raw(": ");
        out.of_manifest("/metrics/open_invoices", n, Show::Digits(0));
        out.raw(" of them, ");
        out.of_manifest("/metrics/overdue_invoices", overdue, Show::Digits(0));
        out.raw(" past due");
    }
    out.raw(".");
    if let Some(late) = run.metric("mean_late_prob_not_yet_due") {
        out.raw(" Of those that are not yet due, ");
        out.of_manifest("/metrics/mean_late_prob_not_yet_due", late, Show::Share);
        out.raw(" are expected to be paid late.");
    }
    out.raw("</li>");
}

/// The first week of a currency's forecast: of all cash, or of what is open if nothing else is forecast.
pub(super) fn first_week(table: &Table, currency: &str) -> Option<usize> {
    ["total", "open"].iter().find_map(|source| {
        let wanted = [("currency", currency), ("segment", "all"), ("grain", "week"), ("source", source)];
        rows(table, &wanted).next()
    })
}

fn cash(report: &Report<'_>, out: &mut Html) {
    let Some(table) = report.run.table("cash_forecast") else { return };
    for currency in report.currencies() {
        let Some(r) = first_week(table, &currency) else { continue };
        out.put(format_args!("<li data-currency=\"{}\">In the next seven days ", Esc(&currency)));
        out.figure(table, r, "expected", Show::Whole);
        out.put(format_args!(
            " {} are expected to come in; eight times in ten it will be between ",
            Esc(unit(&currency))
        ));
        out.figure(table, r, "p10", Show::Whole);
        out.raw(" and ");
        out.figure(table, r, "p90", Show::Whole);
        let wanted =
            [("currency", currency.as_str()), ("segment", "all"), ("grain", "week"), ("source", "open")];
        if let Some(open) = rows(table, &wanted).next() {
            out.raw(". In the same days ");
            out.figure(table, open, "due", Show::Whole);
            out.raw(" fall due");
        }
        out.raw(".</li>");
    }
}

fn first(report: &Report<'_>, out: &mut Html) {
    let Some(table) = report.run.table("priorities") else { return };
    let action = text(table, "action", 0);
    if action.is_empty() || !text(table, "hold", 0).is_empty() {
        out.raw("<li>Nobody needs to be contacted now.</li>");
        return;
    }
    out.raw("<li>First to contact is <strong>");
    out.text(text(table, "customer_id", 0));
    out.put(format_args!(
        "</strong>: {} by {}. ",
        Esc(&in_words(action)),
        Esc(&in_words(text(table, "channel", 0)))
    ));
    out.figure(table, 0, "open_amount", Show::Whole);
    out.put(format_args!(" {} are open, ", Esc(unit(report.reporting_currency()))));
    out.figure(table, 0, "overdue_amount", Show::Whole);
    out.raw(" of it overdue; the contact is worth about ");
    out.figure(table, 0, "expected_gain", Show::Whole);
    out.raw(". The list is below.</li>");
}

/// What changed since the last run, by currency and over all.
fn changes(report: &Report<'_>, previous: &Folder, out: &mut Html) {
    let days = report.run.manifest.as_of.0 - previous.manifest.as_of.0;
    out.put(format_args!(
        "<h3>What changed in {days} days, since {}</h3>",
        crate::report::show::long_day(previous.manifest.as_of)
    ));
    out.open_table_of("Figures of this run and of the last one", "manifest", " class=\"quiet narrow\"");
    out.raw("<thead><tr><th scope=col>Figure</th><th scope=col class=n>Last run</th><th scope=col class=n>Now</th><th scope=col class=n>Change</th></tr></thead><tbody>");
    for m in &METRICS {
        let (Some(before), Some(now)) = (previous.metric(m.name), report.run.metric(m.name)) else {
            continue;
        };
        let currency = if m.money { unit(report.reporting_currency()) } else { "" };
        out.put(format_args!("<tr><th scope=row>{} <span class=unit>{}</span></th>", m.title, Esc(currency)));
        let pointer = format!("/metrics/{}", m.name);
        out.cell_of(
            &Value::Double(before),
            m.show,
            format_args!(" data-t=\"previous:manifest\" data-c=\"{pointer}\""),
        );
        out.cell_of(&Value::Double(now), m.show, format_args!(" data-c=\"{pointer}\""));
        out.raw("<td class=n>");
        change(out, m, before, now);
        out.raw("</td></tr>\n");
    }
    of_currencies(report, previous, out);
    out.close_table();
}

const OF_RISK: [(&str, &str); 4] = [
    ("open_amount", "open"),
    ("overdue_amount", "overdue"),
    ("expected_30", "expected within 30 days"),
    ("expected_unpaid", "expected never to be paid"),
];

fn of_currencies(report: &Report<'_>, previous: &Folder, out: &mut Html) {
    let (Some(now), Some(before)) = (report.run.table("risk"), previous.table("risk")) else { return };
    for currency in report.currencies() {
        let wanted = [("currency", currency.as_str()), ("segment", "all"), ("risk_band", "all")];
        let (Some(r), Some(b)) = (rows(now, &wanted).next(), rows(before, &wanted).next()) else { continue };
        for (column, title) in OF_RISK {
            let (was, is) = (before.value(column, b), now.value(column, r));
            out.put(format_args!(
                "<tr data-currency=\"{0}\"><th scope=row>{1} {title}</th>",
                Esc(&currency),
                Esc(unit(&currency))
            ));
            out.cell_of(
                &was,
                Show::Whole,
                format_args!(" data-t=\"previous:risk\" data-r={b} data-c={column}"),
            );
            out.cell_of(&is, Show::Whole, format_args!(" data-t=risk data-r={r} data-c={column}"));
            let moved = as_f64(&is) - as_f64(&was);
            out.put(format_args!(
                "<td class=n><data data-calc=change value=\"{moved}\">{}</data></td></tr>\n",
                Show::Signed(0).number(moved)
            ));
        }
    }
}

/// A number of whatever type; 0 for what is none.
pub(super) fn as_f64(value: &Value<'_>) -> f64 {
    match value {
        Value::Int(i) => *i as f64,
        Value::Double(v) => *v,
        Value::Amount(a) => a.to_f64(),
        _ => 0.0,
    }
}
