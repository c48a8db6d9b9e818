//! The worklist of a run for other tools: CSV for spreadsheets, JSON lines for machines.

use crate::contract::{Table, Value, read_table, sha256_hex, write_file};
use crate::core::Day;
use crate::error::Error;
use serde_json::Map;
use std::path::Path;

/// Hex digits of a task's id: as many as nobody will see twice.
const ID_DIGITS: usize = 16;

/// How a worklist is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorklistFormat {
    /// A header and a row a customer; lists are joined by `;`.
    Csv,
    /// An object a customer and line; lists are lists.
    JsonLines,
}

impl WorklistFormat {
    /// By the ending of a file: `.csv`, or `.jsonl` and `.ndjson`.
    pub fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// The worklist of a run folder as text: the columns of `priorities` after `task_id` and `as_of`.
///
/// `task_id` names a customer's task of one day. It follows from `as_of` and `customer_id` alone, so that to import the
/// same list twice, or that of a second run of the day, makes no task twice. With `actions_only` customers whom nobody
/// should contact are left out.
///
/// # Errors
/// If the folder is no run.
pub fn worklist(folder: &Path, format: WorklistFormat, actions_only: bool) -> Result<String, Error> {
    let (table, stamp) = read_table(folder, "priorities")?;
    Ok(text(&table, stamp.as_of, format, actions_only))
}

/// [`worklist`], to a file whose ending says the format.
///
/// # Errors
/// If the folder is no run, the ending is another one, or the file cannot be written.
pub fn write_worklist(folder: &Path, file: &Path, actions_only: bool) -> Result<(), Error> {
    let format = WorklistFormat::of(file).ok_or_else(|| Error::WorklistFormat { file: file.to_owned() })?;
    Ok(write_file(file, worklist(folder, format, actions_only)?.as_bytes())?)
}

fn text(table: &Table, as_of: Option<Day>, format: WorklistFormat, actions_only: bool) -> String {
    let as_of = as_of.map(|day| day.to_string()).unwrap_or_default();
    let rows = (0..table.n_rows())
        .filter(|&row| !actions_only || !matches!(table.value("action", row), Value::Null));
    let mut out = String::new();
    if format == WorklistFormat::Csv {
        let names = ["task_id", "as_of"].into_iter().chain(table.columns().map(|(name, _)| name));
        out.push_str(&(names.collect::<Vec<_>>().join(",") + "\n"));
    }
    for row in rows {
        let id = task_id(&as_of, &table.value("customer_id", row).to_string());
        let values = table.columns().map(|(name, column)| (name, column.value(row)));
        match format {
            WorklistFormat::Csv => {
                let cells = [id, as_of.clone()].into_iter().chain(values.map(|(_, v)| cell(&v)));
                out.push_str(&cells.collect::<Vec<_>>().join(","));
            }
            WorklistFormat::JsonLines => {
                let mut object = Map::new();
                object.insert("task_id".to_owned(), id.into());
                object.insert("as_of".to_owned(), as_of.clone().into());
                object.extend(values.map(|(name, v)| (name.to_owned(), json(&v))));
                out.push_str(&serde_json::Value::Object(object).to_string());
            }
        }
        out.push('\n');
    }
    out
}

fn task_id(as_of: &str, customer_id: &str) -> String {
    sha256_hex(format!("{as_of}\n{customer_id}").as_bytes())[..ID_DIGITS].to_owned()
}

/// A value as a cell of a CSV file that a spreadsheet may open: a text that it would take for a formula gets an
/// apostrophe before it.
///
/// Source: OWASP, *CSV Injection*.
fn cell(value: &Value<'_>) -> String {
    let text = match value {
        Value::Text(t) => guarded(t),
        Value::TextList(list) => guarded(&list.join(";")),
        other => other.to_string(),
    };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn guarded(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

/// Amounts stay texts, digit for digit.
fn json(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Int(i) => (*i).into(),
        Value::Double(v) => (*v).into(),
        Value::Bool(b) => (*b).into(),
        Value::TextList(list) => list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>().into(),
        Value::Text(_) | Value::Date(_) | Value::Amount(_) => value.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_made_a_text_and_numbers_stay_numbers() {
        for evil in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"] {
            let shown = cell(&Value::Text(evil));
            assert!(shown.trim_start_matches('"').starts_with('\''), "{shown}");
        }
        assert_eq!(cell(&Value::Text("A=1")), "A=1");
        assert_eq!(cell(&Value::TextList(vec!["=cmd()", "b"])), "'=cmd();b");
        assert_eq!((cell(&Value::Int(-5)), cell(&Value::Double(-0.5))), ("-5".into(), "-0.5".into()));
        assert_eq!(cell(&Value::Text("a,\"b\"")), "\"a,\"\"b\"\"\"");
    }

    #[test]
    fn a_task_is_named_by_day_and_customer() {
        let id = task_id("2024-02-29", "ACME");
        assert_eq!((id.len(), id == task_id("2024-02-29", "ACME")), (16, true));
        assert!(id != task_id("2024-03-01", "ACME") && id != task_id("2024-02-29", "ACME2"));
    }
}
