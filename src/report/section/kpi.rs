//! Key figures by currency, with what they are made of.

use super::{absent, decision, in_words, open_currency};
use crate::contract::{Table, Value};
use crate::core::Day;
use crate::report::Report;
use crate::report::folder::{rows, text};
use crate::report::html::{Esc, Html};
use crate::report::show::Show;
use std::collections::{BTreeMap, BTreeSet};

/// Endings of the names of figures that are days.
const DAYS: [&str; 7] =
    ["dso", "dso_countback", "dso_true", "best_possible_dso", "add", "days_beyond_terms", "days_to_pay"];
/// Words of names that are written in capitals.
const ABBREVIATIONS: [&str; 3] = ["dso", "add", "cei"];
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
            out.put(format_args!("<tr data-r={r}>"));
            heading(report, out, table, r);
            out.cell(&table.value("value", r), shown(kpi));
            out.cell(&table.value("basis", r), Show::Plain);
            out.cell(&table.value("window_days", r), Show::Digits(0));
            for column in ["numerator", "denominator"] {
                out.cell(&table.value(column, r), digits(&table.value(column, r)));
            }
            out.raw("</tr>\n");
        }
        out.close_table();
        decision::methods(report, out, &currency);
        trend(report, out, &currency);
        out.raw("</div>\n");
    }
}

/// Heads a row with the figure's name and its definition.
fn heading(report: &Report<'_>, out: &mut Html, table: &Table, row: usize) {
    let id = text(table, "definition_id", row);
    let (meaning, name) = (report.meaning(id), title(report, text(table, "kpi", row), id));
    out.put(format_args!("<th scope=row title=\"{} ({})\">{}</th>", Esc(meaning), Esc(id), Esc(&name)));
}

/// What people call a figure, with its variant where there are several.
fn title(report: &Report<'_>, kpi: &str, definition_id: &str) -> String {
    let mut words: Vec<String> = in_words(kpi).split(' ').map(str::to_owned).collect();
    for word in words.iter_mut().filter(|w| ABBREVIATIONS.contains(&w.as_str())) {
        *word = word.to_uppercase();
    }
    let mut name = words.join(" ");
    if let Some(first) = name.get(..1).map(str::to_uppercase) {
        name.replace_range(..1, &first);
    }
    let is_variant = |word: &&(&str, &str)| word.0.split('.').next() == Some(kpi);
    let variant =
        definition_id.split('.').nth(1).filter(|_| report.words.iter().filter(is_variant).count() > 1);
    variant.map_or(name.clone(), |variant| format!("{name}, {}", in_words(variant)))
}

/// The same figures at the ends of earlier months, a column each, where the run has them.
fn trend(report: &Report<'_>, out: &mut Html, currency: &str) {
    let Some(table) = report.run.table("kpi_trend") else { return };
    let mut of_definition: Vec<(&str, BTreeMap<Day, usize>)> = Vec::new();
    for r in rows(table, &[("currency", currency), ("segment", "all")]) {
        let (id, Value::Date(month)) = (text(table, "definition_id", r), table.value("month_end", r)) else {
            continue;
        };
        match of_definition.iter_mut().find(|(known, _)| *known == id) {
            Some((_, months)) => drop(months.insert(month, r)),
            None => of_definition.push((id, BTreeMap::from([(month, r)]))),
        }
    }
    let months: BTreeSet<Day> = of_definition.iter().flat_map(|(_, months)| months.keys().copied()).collect();
    if months.is_empty() {
        return;
    }
    out.raw(
        "<h4>How they came about</h4><p class=note>At the end of each month, by what was known then.</p>",
    );
    out.open_table("Key figures at the ends of months", table, "");
    out.raw("<thead><tr><th scope=col>Figure</th>");
    months.iter().for_each(|month| out.put(format_args!("<th scope=col class=n data-c=value>{month}</th>")));
    out.raw("</tr></thead><tbody>");
    for (_, of_month) in &of_definition {
        let Some(first) = of_month.values().next() else { continue };
        out.raw("<tr>");
        heading(report, out, table, *first);
        for month in &months {
            match of_month.get(month) {
                Some(r) => {
                    let show = shown(text(table, "kpi", *r));
                    out.cell_of(&table.value("value", *r), show, format_args!(" data-r={r}"));
                }
                None => out.raw("<td data-c=\"\"></td>"),
            }
        }
        out.raw("</tr>\n");
    }
    out.close_table();
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
