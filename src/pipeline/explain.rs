//! Why an invoice or a customer stands where it stands, out of a run's own tables.

use crate::contract::{Table, Value, read_table};
use crate::error::Error;
use crate::features::BASE;
use serde::Serialize;
use std::path::Path;

/// An answer: what the tables say of one id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// `invoice` or `customer`.
    pub kind: &'static str,
    /// The id asked for.
    pub id: String,
    /// Columns of its row and their values, in the table's order.
    pub facts: Vec<(String, String)>,
    /// Its reasons: name, effect on the log-odds of late payment if the table has it, and meaning.
    pub reasons: Vec<ReasonText>,
}

/// One reason in words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReasonText {
    /// The covariate.
    pub name: String,
    /// Effect on the log-odds of late payment; none for a customer.
    pub effect: Option<f64>,
    /// What the covariate means.
    pub meaning: String,
}

/// Looks `id` up among the invoices of a run folder, then among its customers.
///
/// # Errors
/// [`Error::NotInRun`] if neither has it, and if the folder is no run.
pub fn explain(folder: &Path, id: &str) -> Result<Explanation, Error> {
    for (kind, table) in [("invoice", "invoice_scores"), ("customer", "priorities")] {
        let (table, _) = read_table(folder, table)?;
        let key = if kind == "invoice" { "invoice_id" } else { "customer_id" };
        if let Some(row) = table.find(key, id) {
            return Ok(explanation(kind, id, &table, row));
        }
    }
    Err(Error::NotInRun { folder: folder.to_owned(), id: id.to_owned() })
}

fn explanation(kind: &'static str, id: &str, table: &Table, row: usize) -> Explanation {
    let text = |name: &str| table.value(name, row).to_string();
    let names: Vec<String> = table.columns().map(|(name, _)| name.to_owned()).collect();
    let is_reason = |name: &str| name.starts_with("reason_");
    let facts = names.iter().filter(|n| !is_reason(n)).map(|n| (n.clone(), text(n))).collect();
    let reasons = (1..=3)
        .map(|k| format!("reason_{k}"))
        .filter(|column| !text(column).is_empty())
        .map(|column| {
            let name = text(&column);
            let effect = match table.value(&format!("{column}_effect"), row) {
                Value::Double(effect) => Some(effect),
                _ => None,
            };
            let meaning = BASE.iter().find(|c| c.name == name).map_or("", |c| c.meaning).to_owned();
            ReasonText { name, effect, meaning }
        })
        .collect();
    Explanation { kind, id: id.to_owned(), facts, reasons }
}
