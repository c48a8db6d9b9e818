//! Key figures by currency, with what they are made of.

use super::{absent, as_it_stands, in_words, open_currency};
use crate::contract::Value;
use crate::report::Report;
use crate::report::folder::{rows, text};
use crate::report::html::{Esc, Html};
use crate::report::show::Show;

/// Endings of the names of figures that are days.
const DAYS: [&str; 7] =
    ["dso", "dso_countback", "dso_true", "best_possible_dso", "add", "days_beyond_terms", "days_to_pay"];
/// Figures that are no share of anything.
const RATIOS: [&str; 2] = ["turnover", "herfindahl"];

pub(super) fn write(report: &Report<'_>, out: &mut Html) {
    let Some(table) = report.run.table("kpis") else {
        return absent(out, "This run has no table of key figures.");
    };
    for currency in report.currencies() {
        let found: Vec<usize> = rows(table, &[("currency", currency.as_str()), ("segment", "all")]).collect();
        if found.is_empty() {
            continue;
        }
        open_currency(report, out, &currency);
        out.open_table("Key figures", table, "");
        out.raw("<thead><tr><th scope=col>Figure</th><th scope=col class=n data-c=value>Value</th><th scope=col data-c=basis>Of</th><th scope=col class=n data-c=window_days>Window, days</th><th scope=col class=n data-c=numerator>Numerator</th><th scope=col class=n data-c=denominator>Denominator</th></tr></thead><tbody>");
        for r in found {
            let kpi = text(table, "kpi", r);
            out.put(format_args!(
                "<tr data-r={r}><th scope=row title=\"{}\">{}</th>",
                Esc(text(table, "definition_id", r)),
                Esc(&in_words(kpi))
            ));
            out.cell(&table.value("value", r), shown(kpi));
            out.cell(&table.value("basis", r), Show::Plain);
            out.cell(&table.value("window_days", r), Show::Digits(0));
            for column in ["numerator", "denominator"] {
                out.cell(&table.value(column, r), digits(&table.value(column, r)));
            }
            out.raw("</tr>\n");
        }
        out.close_table();
        trend(report, out, &currency);
        out.raw("</div>\n");
    }
}

/// The same figures at earlier days, where the run has them.
fn trend(report: &Report<'_>, out: &mut Html, currency: &str) {
    let Some(table) = report.run.table("kpi_trend") else { return };
    let found: Vec<usize> = rows(table, &[("currency", currency), ("segment", "all")]).collect();
    if !found.is_empty() {
        out.raw("<details><summary>How they came about</summary>");
        as_it_stands(out, table, "Key figures at earlier days", &found);
        out.raw("</details>");
    }
}

fn shown(kpi: &str) -> Show {
    match kpi {
        kpi if DAYS.contains(&kpi) => Show::Digits(1),
        kpi if RATIOS.contains(&kpi) => Show::Digits(3),
        _ => Show::Share,
    }
}

/// Whole numbers and large ones without digits after the point.
fn digits(value: &Value<'_>) -> Show {
    match value {
        Value::Double(v) if v.abs() < 100.0 && v.fract() != 0.0 => Show::Digits(3),
        _ => Show::Whole,
    }
}
