//! The cash forecast by week with its spread, the due dates beside it, what came before, and how the last one did.

use super::summary::as_f64;
use super::{absent, open_chart, open_currency, unit};
use crate::contract::{Table, Value};
use crate::core::Amount;
use crate::report::Report;
use crate::report::folder::{Folder, rows, text};
use crate::report::html::{Esc, Html, Shown, number, word};
use crate::report::show::{Show, long_day};
use std::collections::BTreeMap;

/// Segments of all currencies that are shown; the rest is in the table.
const SHOWN_SEGMENTS: usize = 40;
/// Weeks of what came in that a chart shows before the forecast: as many as it looks ahead.
const PAST_WEEKS: i64 = 13;
/// From so many days between two runs on, weeks are compared, else days.
const DAYS_PER_WEEK: i32 = 7;

/// Rows of a currency and segment by grain and source, in order of period.
#[derive(Default)]
struct Part {
    rows: BTreeMap<(String, String), Vec<usize>>,
}

impl Part {
    fn get(&self, grain: &str, source: &str) -> &[usize] {
        self.rows.get(&(grain.to_owned(), source.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// All cash if it is forecast, else that of open invoices.
    fn whole(&self, grain: &str) -> &[usize] {
        match self.get(grain, "total") {
            [] => self.get(grain, "open"),
            total => total,
        }
    }
}

pub(super) fn write(report: &Report<'_>, out: &mut Html) {
    let Some(table) = report.run.table("cash_forecast") else {
        return absent(out, "This run forecasts no cash.");
    };
    out.raw("<p>Cash by week: what came in, what is expected, and the band that holds it eight times in ten (the dark one five in ten). Beside it what falls due, which is what a forecast by due dates would say.</p>\n");
    let parts = parts(table);
    let mut shown = 0;
    for currency in report.currencies() {
        let of_currency: Vec<_> = parts.iter().filter(|((c, _), _)| *c == currency).collect();
        if of_currency.is_empty() {
            continue;
        }
        open_currency(report, out, &currency);
        let names: Vec<&str> = of_currency.iter().map(|((_, s), _)| s.as_str()).collect();
        choice(out, &names, SHOWN_SEGMENTS.saturating_sub(shown));
        for ((_, segment), part) in of_currency.into_iter().take(SHOWN_SEGMENTS.saturating_sub(shown).max(1))
        {
            shown += 1;
            one(report, out, table, (&currency, segment), part);
        }
        outcome(report, out, &currency);
        out.raw("</div>\n");
    }
    if parts.len() > shown {
        out.put(format_args!(
            "<p class=note>{shown} of {} parts of the portfolio are shown; cash_forecast.parquet has all.</p>",
            parts.len()
        ));
    }
}

/// Each currency and segment, `all` before the others.
fn parts(table: &Table) -> Vec<((String, String), Part)> {
    let mut found: BTreeMap<(String, bool, String), Part> = BTreeMap::new();
    for r in 0..table.n_rows() {
        let of = |column: &str| text(table, column, r).to_owned();
        if of("grain") == "day" {
            continue;
        }
        let segment = of("segment");
        let part = found.entry((of("currency"), segment != "all", segment)).or_default();
        part.rows.entry((of("grain"), of("source"))).or_default().push(r);
    }
    found.into_iter().map(|((currency, _, segment), part)| ((currency, segment), part)).collect()
}

fn choice(out: &mut Html, segments: &[&str], room: usize) {
    if segments.len() < 2 {
        return;
    }
    out.raw("<p><label class=pick>Part of the portfolio <select class=segment>");
    for s in segments.iter().take(room.max(1)) {
        out.put(format_args!("<option>{}</option>", Esc(s)));
    }
    out.raw("</select></label></p>");
}

const QUANTILES: [Shown; 7] = [
    number("p05", "5 %", Show::Whole),
    number("p10", "10 %", Show::Whole),
    number("p25", "25 %", Show::Whole),
    number("p50", "Median", Show::Whole),
    number("p75", "75 %", Show::Whole),
    number("p90", "90 %", Show::Whole),
    number("p95", "95 %", Show::Whole),
];

fn one(report: &Report<'_>, out: &mut Html, table: &Table, (currency, segment): (&str, &str), part: &Part) {
    out.put(format_args!("<div data-segment=\"{}\">", Esc(segment)));
    let label = format!("Expected cash by week with its spread, and what falls due, {currency}, {segment}");
    open_chart(out, "cash", &label, true);
    out.put(format_args!(
        "<figcaption>Cash by week{}{}</figcaption>",
        if unit(currency).is_empty() { "" } else { ", " },
        Esc(unit(currency))
    ));
    out.raw("<details><summary>The figures of the chart</summary>");
    weeks(out, table, part, "week", "Forecast by week");
    if segment == "all" {
        received(report, out, currency);
    }
    out.raw("</details>");
    if !part.whole("month").is_empty() {
        out.raw("<details><summary>By month</summary>");
        weeks(out, table, part, "month", "Forecast by calendar month");
        out.raw("</details>");
    }
    out.raw("</figure></div>\n");
}

fn weeks(out: &mut Html, table: &Table, part: &Part, grain: &str, caption: &str) {
    out.open_table(caption, table, &format!(" data-role={grain}"));
    let from = word("period_start", "From");
    let to = word("period_end", "To");
    out.raw("<thead><tr>");
    for (c, head, class) in [(from.column, from.head, ""), (to.column, to.head, "")] {
        out.put(format_args!("<th scope=col{class} data-c={c}>{head}</th>"));
    }
    out.raw("<th scope=col class=n data-k=due>Falls due</th><th scope=col class=n data-k=open>Expected of open invoices</th><th scope=col class=n data-c=expected data-k=expected>Expected in all</th>");
    for q in QUANTILES {
        out.put(format_args!("<th scope=col class=n data-c={0} data-k={0}>{1}</th>", q.column, q.head));
    }
    out.raw("</tr></thead><tbody>");
    let open = part.get(grain, "open");
    for (k, &r) in part.whole(grain).iter().enumerate() {
        out.put(format_args!("<tr data-r={r}>"));
        out.cell(&table.value(from.column, r), Show::Plain);
        out.cell(&table.value(to.column, r), Show::Plain);
        for column in ["due", "expected"] {
            let value = open.get(k).map_or(Value::Null, |&o| table.value(column, o));
            let of = open.get(k).copied().unwrap_or(r);
            out.cell_of(&value, Show::Whole, format_args!(" data-r={of} data-c={column}"));
        }
        out.cell(&table.value("expected", r), Show::Whole);
        for q in QUANTILES {
            out.cell(&table.value(q.column, r), q.show);
        }
        out.raw("</tr>\n");
    }
    out.close_table();
}

/// What came in before, by week.
fn received(report: &Report<'_>, out: &mut Html, currency: &str) {
    let Some(table) = report.run.table("receipts") else { return };
    let wanted = [("currency", currency), ("segment", "all"), ("grain", "week")];
    let is_recent = |r: &usize| matches!(table.value("period", *r), Value::Int(p) if p >= -PAST_WEEKS);
    let found: Vec<usize> = rows(table, &wanted).filter(is_recent).collect();
    let columns =
        [word("period_start", "From"), word("period_end", "To"), number("received", "Came in", Show::Whole)];
    out.table("What came in by week", table, &found, &columns);
}

/// How the last run's forecast did: its weeks that have ended since, or its days if the runs are less than a week apart.
fn outcome(report: &Report<'_>, out: &mut Html, currency: &str) {
    let Some(previous) = report.previous else { return };
    let (Some(forecast), Some(receipts)) = (previous.table("cash_forecast"), report.run.table("receipts"))
    else {
        return;
    };
    let gap = report.run.manifest.as_of.0 - previous.manifest.as_of.0;
    let grain = if gap >= DAYS_PER_WEEK { "week" } else { "day" };
    let days: Vec<(i32, usize)> =
        rows(receipts, &[("currency", currency), ("segment", "all"), ("grain", "day")])
            .filter_map(|r| Some((day(receipts, "period_start", r)?, r)))
            .collect();
    let Some(ended) = ended(forecast, currency, grain, &days, report.run) else { return };
    out.put(format_args!("<h4>The forecast of {} against what came</h4>", long_day(previous.manifest.as_of)));
    open_chart(out, "outcome", &format!("Last forecast against what came in, {currency}"), false);
    out.open_table_of(
        "Forecast of the last run and what came in since",
        "previous:cash_forecast",
        " class=narrow",
    );
    out.raw("<thead><tr><th scope=col data-c=period_start>From</th><th scope=col data-c=period_end>To</th><th scope=col class=n data-k=due>Fell due</th><th scope=col class=n data-c=expected data-k=expected>Expected</th><th scope=col class=n data-c=p10 data-k=p10>10 %</th><th scope=col class=n data-c=p90 data-k=p90>90 %</th><th scope=col class=n data-k=came>Came in</th></tr></thead><tbody>");
    for (r, open, came) in ended {
        out.put(format_args!("<tr data-r={r}>"));
        for column in ["period_start", "period_end"] {
            out.cell(&forecast.value(column, r), Show::Plain);
        }
        out.cell_of(&forecast.value("due", open), Show::Whole, format_args!(" data-r={open} data-c=due"));
        for column in ["expected", "p10", "p90"] {
            out.cell(&forecast.value(column, r), Show::Whole);
        }
        out.cell_of(&Value::Amount(came), Show::Whole, format_args!(" data-calc=came"));
        out.raw("</tr>\n");
    }
    out.close_table();
    out.raw("</figure>\n");
}

/// Rows of a forecast whose period is over and known in full: all cash, the same period of open invoices, and what came in.
fn ended(
    forecast: &Table,
    currency: &str,
    grain: &str,
    days: &[(i32, usize)],
    run: &Folder,
) -> Option<Vec<(usize, usize, Amount)>> {
    let receipts = run.table("receipts")?;
    let wanted = |source| [("currency", currency), ("segment", "all"), ("grain", grain), ("source", source)];
    let open: Vec<usize> = rows(forecast, &wanted("open")).collect();
    let total: Vec<usize> = rows(forecast, &wanted("total")).collect();
    let whole = if total.is_empty() { &open } else { &total };
    let first_told = days.first()?.0;
    let mut found = Vec::new();
    for (&r, &o) in whole.iter().zip(&open) {
        let (start, end) = (day(forecast, "period_start", r)?, day(forecast, "period_end", r)?);
        if start < first_told || end > run.manifest.as_of.0 {
            continue;
        }
        let within = days.iter().filter(|(d, _)| (start..=end).contains(d));
        let came = within
            .map(|(_, row)| match receipts.value("received", *row) {
                Value::Amount(a) => a,
                other => Amount::from_f64(as_f64(&other)).unwrap_or_default(),
            })
            .sum();
        found.push((r, o, came));
    }
    (!found.is_empty()).then_some(found)
}

fn day(table: &Table, column: &str, row: usize) -> Option<i32> {
    match table.value(column, row) {
        Value::Date(d) => Some(d.0),
        _ => None,
    }
}
