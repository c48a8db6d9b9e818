//! Whom to contact first, and why, with the invoices of the first customers.

use super::{absent, in_words, unit};
use crate::contract::{Table, Value};
use crate::report::Report;
use crate::report::folder::{distinct, text};
use crate::report::html::{Esc, Html, Shown, json, number, word};
use crate::report::show::Show;
use std::collections::{BTreeSet, HashMap};

/// Customers that are listed; the rest is in the table.
const SHOWN_CUSTOMERS: usize = 1_000;
/// Of them, those whose invoices are listed too.
const SHOWN_WITH_INVOICES: usize = 200;
/// Invoices of a customer that are listed.
const SHOWN_INVOICES: usize = 12;

const COLUMNS: [Shown; 10] = [
    number("rank", "#", Show::Digits(0)),
    word("customer_id", "Customer"),
    word("action", "Action"),
    number("open_amount", "Open", Show::Money),
    number("overdue_amount", "Overdue", Show::Money),
    number("oldest_days_past_due", "Oldest, days", Show::Digits(0)),
    number("value_at_risk", "At risk", Show::Whole),
    number("expected_gain", "Gain", Show::Whole),
    word("action_date", "From"),
    word("reason_1", "Why"),
];
/// Columns of an invoice in the list below a customer.
const OF_INVOICE: [&str; 10] = [
    "invoice_id",
    "due_date",
    "days_past_due",
    "currency",
    "open_amount",
    "late_prob",
    "paid_30_prob",
    "pay_date_p50",
    "reason_1",
    "reason_2",
];

pub(super) fn write(report: &Report<'_>, out: &mut Html) {
    let Some(table) = report.run.table("priorities") else {
        return absent(out, "Nobody owes anything.");
    };
    let currency = unit(report.reporting_currency());
    let n = table.n_rows();
    let shown = n.min(SHOWN_CUSTOMERS);
    out.put(format_args!(
        "<p>Customers by what a contact now is expected to bring, net of its cost{}{}. A heading sorts; a customer opens to its invoices.</p>\n",
        if currency.is_empty() { "" } else { ", in " },
        Esc(currency)
    ));
    controls(out, table);
    out.put(format_args!(
        "<p class=count role=status aria-live=polite id=shown>{shown} of {n} customers</p>"
    ));
    out.open_table("Customers by priority", table, " class=sortable id=worklist");
    out.raw("<thead><tr>");
    for c in COLUMNS {
        let meaning = table.schema().column(c.column).map_or("", |s| s.meaning);
        let class = if c.show == Show::Plain { "" } else { " class=n" };
        out.put(format_args!(
            "<th scope=col{class} data-c={0} title=\"{1}\">{2}</th>",
            c.column,
            Esc(meaning),
            Esc(c.head)
        ));
    }
    out.raw("</tr></thead><tbody>");
    for r in 0..shown {
        row(out, table, r);
    }
    out.close_table();
    if n > shown {
        out.put(format_args!(
            "<p class=note>The first {shown} of {n} customers are listed; priorities.parquet has all.</p>"
        ));
    }
    reasons(report, out, table, shown);
    invoices(report, out, table, shown);
}

fn controls(out: &mut Html, table: &Table) {
    out.raw("<div class=controls id=filters role=search aria-label=\"Filter customers\"><label>Search <input type=search id=find autocomplete=off placeholder=\"customer or reason\"></label><label>Action <select id=action><option value=\"\">all</option>");
    for action in distinct(table, "action") {
        out.put(format_args!("<option value=\"{}\">{}</option>", Esc(&action), Esc(&in_words(&action))));
    }
    out.raw("</select></label><label>Contact <select id=hold><option value=\"\">all</option><option value=free>may be contacted</option>");
    for hold in distinct(table, "hold") {
        out.put(format_args!("<option value=\"{}\">on hold: {}</option>", Esc(&hold), Esc(&in_words(&hold))));
    }
    out.raw(
        "</select></label><label class=check><input type=checkbox id=overdue> overdue only</label></div>\n",
    );
}

fn row(out: &mut Html, table: &Table, r: usize) {
    let hold = text(table, "hold", r);
    let held = if hold.is_empty() { String::new() } else { format!(" data-hold=\"{}\"", Esc(hold)) };
    out.put(format_args!("<tr data-r={r}{held}>"));
    for c in COLUMNS {
        let value = table.value(c.column, r);
        match c.column {
            "customer_id" => {
                out.put(format_args!("<th scope=row data-c=customer_id>{}</th>", Esc(&value.to_string())));
            }
            "action" if !hold.is_empty() => out.put(format_args!(
                "<td data-v=\"{}\"><span class=\"tag hold\">hold: {}</span></td>",
                Esc(&value.to_string()),
                Esc(&in_words(hold))
            )),
            "action" => out.put(format_args!(
                "<td data-v=\"{}\"><span class=tag>{}</span></td>",
                Esc(&value.to_string()),
                Esc(&in_words(&value.to_string()))
            )),
            "reason_1" => why(out, table, r),
            _ => out.cell(&value, c.show),
        }
    }
    out.raw("</tr>\n");
}

/// The reasons of a customer in words, the names they have in the table beside them.
fn why(out: &mut Html, table: &Table, r: usize) {
    let names = ["reason_1", "reason_2", "reason_3"].map(|c| text(table, c, r));
    let words: Vec<String> = names.iter().filter(|n| !n.is_empty()).map(|n| in_words(n)).collect();
    out.put(format_args!("<td class=why data-v=\"{}\">{}</td>", Esc(names[0]), Esc(&words.join(", "))));
}

/// What the reasons that occur mean.
fn reasons(report: &Report<'_>, out: &mut Html, table: &Table, shown: usize) {
    let mut found = BTreeSet::new();
    for r in 0..shown {
        found.extend(["reason_1", "reason_2", "reason_3"].map(|c| text(table, c, r)));
    }
    out.raw("<details><summary>What the reasons mean</summary><dl class=facts>");
    for name in found.into_iter().filter(|n| !n.is_empty()) {
        out.put(format_args!("<dt>{}</dt><dd>{}</dd>", Esc(&in_words(name)), Esc(report.meaning(name))));
    }
    out.raw("</dl></details>\n");
}

/// The invoices of the first customers, as JSON that the page's script opens below a customer.
fn invoices(report: &Report<'_>, out: &mut Html, table: &Table, shown: usize) {
    let Some(scores) = report.run.table("invoice_scores") else { return };
    let lists: Vec<Vec<&str>> = (0..shown.min(SHOWN_WITH_INVOICES))
        .map(|r| match table.column("invoice_ids").map(|c| c.value(r)) {
            Some(Value::TextList(ids)) => ids,
            _ => Vec::new(),
        })
        .collect();
    let wanted: HashMap<&str, ()> =
        lists.iter().flat_map(|ids| ids.iter().take(SHOWN_INVOICES)).map(|id| (*id, ())).collect();
    let place: HashMap<&str, usize> = (0..scores.n_rows())
        .filter_map(|r| {
            let id = text(scores, "invoice_id", r);
            wanted.contains_key(id).then_some((id, r))
        })
        .collect();
    out.raw("<script type=application/json id=invoices>{\"columns\":[");
    out.raw(&OF_INVOICE.map(json).join(","));
    out.raw("],\"customers\":[\n");
    for (k, ids) in lists.iter().enumerate() {
        out.raw(if k == 0 { "" } else { ",\n" });
        out.put(format_args!("{{\"n\":{},\"rows\":[", ids.len()));
        let found: Vec<String> = ids
            .iter()
            .take(SHOWN_INVOICES)
            .filter_map(|id| place.get(id))
            .map(|&r| {
                let cells = OF_INVOICE.map(|c| json_value(&scores.value(c, r)));
                format!("[{r},{}]", cells.join(","))
            })
            .collect();
        out.raw(&found.join(","));
        out.raw("]}");
    }
    out.raw("\n]}</script>\n");
}

fn json_value(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Int(_) | Value::Double(_) | Value::Amount(_) => value.to_string(),
        other => json(&other.to_string()),
    }
}
