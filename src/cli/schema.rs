//! `arrears schema`.

use super::render::{Screen, aligned};
use crate::error::Error;
use crate::pipeline::{SCHEMA_VERSION, TABLES, TableSchema};
use clap::Args;
use serde::Serialize;

/// Print every table of the contract: column, type, unit, nullable, meaning
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct SchemaArgs {
    /// Print only this table
    #[arg(value_name = "TABLE")]
    pub table: Option<String>,
}

const AFTER_HELP: &str = "\
Example:      arrears schema invoice_scores --format json
Exit status:  0 printed  1 cannot write  2 no such table";

#[derive(Serialize)]
struct Schema<'a> {
    schema_version: u32,
    tables: &'a [TableSchema],
}

/// Prints one table or all.
///
/// # Errors
/// For a name that is no table's, and if standard output cannot be written.
pub fn run(args: &SchemaArgs, screen: &Screen) -> Result<(), Error> {
    let tables = match &args.table {
        Some(name) => std::slice::from_ref(TableSchema::of(name)?),
        None => TABLES,
    };
    let text = || tables.iter().map(as_text).collect::<Vec<_>>().join("\n");
    screen.data(text, &Schema { schema_version: SCHEMA_VERSION, tables })
}

fn as_text(table: &TableSchema) -> String {
    let place = match (table.folder.name(), table.written) {
        ("input", _) => "input",
        (folder, true) => folder,
        (_, false) => "not written yet",
    };
    let row = |c: &crate::pipeline::ColumnSchema| {
        let null = if c.nullable { "yes" } else { "no" };
        [c.name, &c.column_type.to_string(), c.unit, null, c.meaning].map(str::to_owned)
    };
    let rows: Vec<[String; 5]> = table.columns.iter().map(row).collect();
    let columns = aligned(["column", "type", "unit", "null", "meaning"], &rows);
    format!("{} ({place}): {}\n{columns}", table.name, table.meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_shown_as_one_aligned_block() {
        let fx = as_text(TableSchema::of("fx").unwrap());
        let expected = "\
fx (input): One row a currency and day.
  column    type    unit               null  meaning
  currency  text    ISO 4217           no    The currency converted.
  date      date                       no    Day from which the rate holds, until the next one.
  rate      double  currency per unit  no    Units of the reporting currency for one.
";
        assert_eq!(anstream::adapter::strip_str(&fx).to_string(), expected);
    }
}
