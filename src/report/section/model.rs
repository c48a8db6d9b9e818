//! What the model is, and how its fit went.

use super::{absent, as_it_stands, in_words};
use crate::contract::Value;
use crate::report::Report;
use crate::report::html::{Esc, Html};
use crate::report::show::Show;
use serde_json::Value as Json;

/// Figures of the model, by JSON pointer.
const FACTS: [(&str, &str, Show); 9] = [
    ("/n_invoices", "Invoices in its history", Show::Digits(0)),
    ("/n_customers", "Customers in its history", Show::Digits(0)),
    ("/hazard/report/n_rows", "Rows it was fitted on: an invoice and a day each", Show::Digits(0)),
    ("/hazard/report/n_events", "Of them, days of payment", Show::Digits(0)),
    ("/hazard/report/iterations", "Iterations of the solver", Show::Digits(0)),
    ("/hazard/report/gradient_norm", "Largest gradient at the end", Show::Power),
    ("/hazard/report/condition", "Condition of the problem", Show::Digits(0)),
    ("/dependence/customer", "What payments of one customer have in common", Show::Digits(3)),
    ("/dependence/portfolio", "What all payments have in common", Show::Digits(3)),
];

pub(super) fn write(report: &Report<'_>, out: &mut Html) {
    let model = &report.run.model;
    let Some(columns) = model.pointer("/hazard/columns").and_then(Json::as_array) else {
        return absent(out, "The folder has no model.");
    };
    let text = |pointer: &str| model.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
    let fitted = report.run.manifest.model.get("fitted").and_then(Json::as_bool).unwrap_or(true);
    out.put(format_args!(
        "<p>A discrete-time logistic hazard: for each open invoice and each coming day, the odds that it is paid on that day. Model <code>{}</code>, fitted on what was known on {}{}.</p>\n",
        Esc(text("/model_id")),
        Esc(text("/as_of")),
        if fitted { "" } else { " and loaded for this run" }
    ));
    out.open_table_of("The model and its fit", "model", " class=\"quiet narrow\"");
    out.raw("<tbody>");
    for (pointer, title, show) in FACTS {
        if let Some(v) = model.pointer(pointer).and_then(Json::as_f64) {
            out.put(format_args!("<tr><th scope=row>{title}</th>"));
            out.cell_of(&Value::Double(v), show, format_args!(" data-c=\"{pointer}\""));
            out.raw("</tr>");
        }
    }
    out.close_table();
    match report.run.table("model_features") {
        Some(table) => {
            let all: Vec<usize> = (0..table.n_rows()).collect();
            out.put(format_args!(
                "<details><summary>Its {} features and what they mean</summary>",
                all.len()
            ));
            as_it_stands(out, table, "Features of the model: log-odds of payment on a day", &all);
            out.raw("</details>\n");
        }
        None => coefficients(report, columns, out),
    }
    drift(report, out);
}

/// Whether the model still fits, where the run tells.
fn drift(report: &Report<'_>, out: &mut Html) {
    let Some(table) = report.run.table("drift") else { return };
    let all: Vec<usize> = (0..table.n_rows()).collect();
    out.raw("<h3>Whether it still fits</h3>\n");
    as_it_stands(out, table, "Watched quantities against their limits", &all);
}

fn coefficients(report: &Report<'_>, columns: &[Json], out: &mut Html) {
    let model = &report.run.model;
    out.put(format_args!(
        "<details><summary>Its {} coefficients and what each column means</summary>",
        columns.len()
    ));
    out.open_table_of("Coefficients: log-odds of payment on a day, per unit of the column", "model", "");
    out.raw("<thead><tr><th scope=col>Column</th><th scope=col class=n>Coefficient</th><th scope=col class=n>Mean</th><th scope=col class=n>Deviation</th><th scope=col>Meaning</th></tr></thead><tbody>");
    for (k, name) in columns.iter().enumerate() {
        let name = name.as_str().unwrap_or_default();
        let (base, part) = name.split_once('|').unwrap_or((name, ""));
        out.put(format_args!("<tr><th scope=row>{}</th>", Esc(&in_words(name))));
        for list in ["coefficients", "means", "deviations"] {
            let pointer = format!("/hazard/{list}/{k}");
            let value = model.pointer(&pointer).and_then(Json::as_f64);
            let value = value.map_or(Value::Null, Value::Double);
            out.cell_of(&value, Show::Digits(4), format_args!(" data-c=\"{pointer}\""));
        }
        let meaning = match (report.meaning(base), part) {
            ("", _) if base == "days_past_due" => {
                "a step of the baseline: whether the day is this many days past due"
            }
            (meaning, _) => meaning,
        };
        let past = if part == "side" { ", added once the invoice is past due" } else { "" };
        out.put(format_args!("<td data-calc=word>{}{past}</td></tr>\n", Esc(meaning)));
    }
    out.close_table();
    out.raw("</details>\n");
}
