//! The sections of the page, in order.

mod aging;
mod cash;
mod decision;
mod kpi;
mod model;
mod origin;
mod priority;
mod quality;
mod risk;
mod summary;
mod trust;

use super::Report;
use super::html::{Esc, Html};
use super::show::Show;
use crate::contract::{ColumnType, Table, Value};

/// A section: where it is linked to, what it is called, in full and in short, and what writes it.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) short: &'static str,
    pub(super) write: fn(&Report<'_>, &mut Html),
}

const fn section(
    id: &'static str,
    title: &'static str,
    short: &'static str,
    write: fn(&Report<'_>, &mut Html),
) -> Section {
    Section { id, title, short, write }
}

/// All of them.
pub(super) const SECTIONS: [Section; 10] = [
    section("summary", "In short", "In short", summary::write),
    section("aging", "What is open, by age", "Aging", aging::write),
    section("cash", "When the cash will come", "Cash", cash::write),
    section("priorities", "Whom to contact first", "Priorities", priority::write),
    section("risk", "Where the risk is", "Risk", risk::write),
    section("trust", "How far to trust it", "Trust", trust::write),
    section("kpis", "Key figures", "Key figures", kpi::write),
    section("quality", "What was wrong with the data", "Data", quality::write),
    section("model", "The model", "Model", model::write),
    section("run", "This run", "This run", origin::write),
];

/// What stands where a table is not there.
fn absent(out: &mut Html, what: &str) {
    out.put(format_args!("<p class=absent>{}</p>\n", Esc(what)));
}

/// Opens what is shown for one currency alone, under a heading where the page has several.
fn open_currency(report: &Report<'_>, out: &mut Html, currency: &str) {
    let several = report.currencies().len() > 1;
    out.put(format_args!("<div class=panel data-currency=\"{}\">", Esc(currency)));
    if several {
        out.put(format_args!("<h3>{}</h3>", Esc(currency)));
    }
}

/// Opens a chart: its canvas is drawn from the tables below it.
fn open_chart(out: &mut Html, kind: &str, label: &str, tall: bool) {
    let class = if tall { "canvas tall" } else { "canvas" };
    out.put(format_args!(
        "<figure class=chart data-chart={kind}><div class=\"{class}\"><canvas role=img aria-label=\"{}\"></canvas></div>",
        Esc(label)
    ));
}

/// A table of the contract as it stands, all columns but those that say the same in every row.
fn as_it_stands(out: &mut Html, table: &Table, caption: &str, rows: &[usize]) {
    let is_same =
        |c: &str| rows.len() > 1 && rows.iter().all(|&r| table.value(c, r) == table.value(c, rows[0]));
    let columns: Vec<_> = table.schema().columns.iter().filter(|c| !is_same(c.name)).collect();
    out.open_table(caption, table, "");
    out.raw("<thead><tr>");
    for c in &columns {
        let class = if is_number(c.column_type) { " class=n" } else { "" };
        let (name, title) = (c.name, in_words(c.name));
        out.put(format_args!("<th scope=col{class} data-c={name} title=\"{}\">{title}</th>", Esc(c.meaning)));
    }
    out.raw("</tr></thead><tbody>");
    for &r in rows {
        out.put(format_args!("<tr data-r={r}>"));
        for c in &columns {
            let value = table.value(c.name, r);
            let show = match c.column_type {
                ColumnType::Double => Show::Digits(4),
                ColumnType::Decimal => Show::Money,
                ColumnType::Int32 | ColumnType::Int64 => Show::Digits(0),
                _ => Show::Plain,
            };
            if value == Value::Null && !is_number(c.column_type) {
                out.raw("<td></td>");
            } else {
                out.cell(&value, show);
            }
        }
        out.raw("</tr>\n");
    }
    out.close_table();
}

fn is_number(column_type: ColumnType) -> bool {
    matches!(column_type, ColumnType::Double | ColumnType::Decimal | ColumnType::Int32 | ColumnType::Int64)
}

/// A currency as an amount's unit: nothing for the one that stands for none.
fn unit(currency: &str) -> &str {
    if currency == "XXX" { "" } else { currency }
}

/// A name of the code in words.
fn in_words(name: &str) -> String {
    name.replace(['_', '|'], " ")
}
