//! The statements that make and keep the tables.

use crate::contract::{ColumnType, TABLES, TableSchema};
use ::postgres::{Error, Transaction};

/// Begins the comment of every table of ours: what lacks it is not ours to replace.
const MARK: &str = "arrears: ";
/// The table with one row for each kind of folder.
const MANIFEST_TABLE: &str = "manifest";
const RUN_ID: &str = "run_id";
/// Columns of [`MANIFEST_TABLE`]: name, type, whether a value may be missing, meaning.
const MANIFEST_COLUMNS: [(&str, &str, bool, &str); 4] = [
    ("folder", "text", false, "run or backtest: which tables the row speaks of."),
    (RUN_ID, "text", false, "The run that wrote them."),
    ("manifest", "jsonb", false, "manifest.json of the folder."),
    ("model", "jsonb", true, "model.json of the folder, if it has one."),
];

/// A column as it is to be or as it is: name, type as PostgreSQL spells it, whether a value may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    name: String,
    sql_type: String,
    nullable: bool,
}

/// A table by the name of one of ours that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub name: String,
    /// Whether arrears has made it.
    pub is_ours: bool,
    columns: Vec<Column>,
}

fn sql_type(column: ColumnType) -> &'static str {
    match column {
        ColumnType::Text => "text",
        ColumnType::Date => "date",
        ColumnType::Int32 => "integer",
        ColumnType::Int64 => "bigint",
        ColumnType::Double => "double precision",
        ColumnType::Decimal => "numeric(18,4)",
        ColumnType::Bool => "boolean",
        ColumnType::TextList => "text[]",
    }
}

/// The columns of a table: those of the contract, and the run.
pub(super) fn columns(table: &TableSchema) -> Vec<Column> {
    let of_contract = table.columns.iter().map(|c| Column {
        name: c.name.to_owned(),
        sql_type: sql_type(c.column_type).to_owned(),
        nullable: c.nullable,
    });
    let run = Column { name: RUN_ID.to_owned(), sql_type: "text".to_owned(), nullable: false };
    of_contract.chain([run]).collect()
}

/// Lets one writer at a time into a schema, which is made if it is not there.
pub(super) fn lock(transaction: &mut Transaction<'_>, schema: &str) -> Result<(), Error> {
    transaction.execute("SELECT pg_advisory_xact_lock(hashtext('arrears'), hashtext($1))", &[&schema])?;
    // CREATE SCHEMA IF NOT EXISTS asks for the right to create one even where it is there
    let is_there =
        transaction.query_opt("SELECT 1 FROM pg_namespace WHERE nspname = $1::text", &[&schema])?;
    match is_there {
        Some(_) => Ok(()),
        None => transaction.batch_execute(&format!("CREATE SCHEMA {}", quoted(schema))),
    }
}

/// What is in the schema by the name of one of our tables.
pub(super) fn tables(transaction: &mut Transaction<'_>, schema: &str) -> Result<Vec<Found>, Error> {
    let names: Vec<&str> = TABLES.iter().map(|t| t.name).chain([MANIFEST_TABLE]).collect();
    let rows = transaction.query(
        "SELECT c.relname::text, c.relkind = 'r' AND coalesce(obj_description(c.oid, 'pg_class'), '') LIKE $3, \
                a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         WHERE n.nspname = $1::text AND c.relname::text = ANY($2) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
         ORDER BY c.relname, a.attnum",
        &[&schema, &names, &format!("{MARK}%")],
    )?;
    let mut found: Vec<Found> = Vec::new();
    for row in rows {
        let name: String = row.try_get(0)?;
        if found.last().is_none_or(|t| t.name != name) {
            found.push(Found { name, is_ours: row.try_get(1)?, columns: Vec::new() });
        }
        let (attribute, sql_type, not_null): (Option<String>, Option<String>, Option<bool>) =
            (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
        if let (Some(table), Some(name), Some(sql_type)) = (found.last_mut(), attribute, sql_type) {
            table.columns.push(Column { name, sql_type, nullable: not_null != Some(true) });
        }
    }
    Ok(found)
}

/// Leaves a table of the run empty and with the contract's columns.
pub(super) fn make_ready(
    transaction: &mut Transaction<'_>,
    schema: &str,
    table: &TableSchema,
    columns: &[Column],
    found: &[Found],
) -> Result<(), Error> {
    let meanings = table.columns.iter().map(|c| (c.name, said(c.meaning, c.unit)));
    let meanings = meanings.chain([(RUN_ID, "The run that wrote the row.".to_owned())]).collect::<Vec<_>>();
    ready(transaction, schema, table.name, table.meaning, columns, &meanings, found, "")
}

/// Writes the row of `folder` in the manifest's table: the run, and `told` by column.
pub(super) fn tell(
    transaction: &mut Transaction<'_>,
    schema: &str,
    folder: &str,
    run_id: &str,
    told: &[(&str, Option<String>); 2],
    found: &[Found],
) -> Result<(), Error> {
    let columns = MANIFEST_COLUMNS.map(|(name, sql_type, nullable, _)| Column {
        name: name.to_owned(),
        sql_type: sql_type.to_owned(),
        nullable,
    });
    let meanings = MANIFEST_COLUMNS.map(|(name, _, _, meaning)| (name, meaning.to_owned()));
    let only = format!(" WHERE folder = {}", literal(folder));
    let meaning = "What the tables of this schema were made of, one row for each kind of folder.";
    ready(transaction, schema, MANIFEST_TABLE, meaning, &columns, &meanings, found, &only)?;
    let insert = format!(
        "INSERT INTO {} (folder, run_id, {}, {}) VALUES ($1, $2, $3::text::jsonb, $4::text::jsonb)",
        name(schema, MANIFEST_TABLE),
        told[0].0,
        told[1].0
    );
    transaction.execute(&insert, &[&folder, &run_id, &told[0].1, &told[1].1]).map(|_| ())
}

/// Empties the rows of `only` if the table is as it should be, else makes it anew.
#[allow(clippy::too_many_arguments)] // a table is all of these
fn ready(
    transaction: &mut Transaction<'_>,
    schema: &str,
    table: &str,
    meaning: &str,
    columns: &[Column],
    meanings: &[(&str, String)],
    found: &[Found],
    only: &str,
) -> Result<(), Error> {
    let place = name(schema, table);
    let there = found.iter().find(|t| t.name == table);
    if there.is_some_and(|t| t.columns == columns) {
        return transaction.batch_execute(&format!("DELETE FROM {place}{only}"));
    }
    if there.is_some() {
        transaction.batch_execute(&format!("DROP TABLE {place}"))?;
    }
    let column = |c: &Column| {
        format!("{} {}{}", quoted(&c.name), c.sql_type, if c.nullable { "" } else { " NOT NULL" })
    };
    let mut sql = format!(
        "CREATE TABLE {place} ({}); COMMENT ON TABLE {place} IS {};",
        columns.iter().map(column).collect::<Vec<_>>().join(", "),
        literal(&format!("{MARK}{meaning}"))
    );
    for (column, meaning) in meanings {
        sql.push_str(&format!("COMMENT ON COLUMN {place}.{} IS {};", quoted(column), literal(meaning)));
    }
    transaction.batch_execute(&sql)
}

/// The statement that fills a table.
pub(super) fn copy_in(schema: &str, table: &TableSchema) -> String {
    let columns: Vec<String> = columns(table).iter().map(|c| quoted(&c.name)).collect();
    format!("COPY {} ({}) FROM STDIN", name(schema, table.name), columns.join(", "))
}

fn said(meaning: &str, unit: &str) -> String {
    if unit.is_empty() { meaning.to_owned() } else { format!("{meaning} Unit: {unit}.") }
}

fn name(schema: &str, table: &str) -> String {
    format!("{}.{}", quoted(schema), quoted(table))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_ends_with_its_run() {
        let aging = TableSchema::of("aging").unwrap();
        assert_eq!(
            copy_in("arrears", aging),
            "COPY \"arrears\".\"aging\" (\"currency\", \"segment\", \"bucket\", \"amount\", \"n_invoices\", \"run_id\") \
             FROM STDIN"
        );
        assert_eq!(columns(aging)[3].sql_type, "numeric(18,4)");
    }

    /// Else the table and the list of all would be at odds in one schema.
    #[test]
    fn no_table_of_the_contract_has_a_name_that_is_taken() {
        assert!(TABLES.iter().all(|t| t.name != MANIFEST_TABLE && t.column(RUN_ID).is_none()));
    }

    #[test]
    fn names_and_literals_are_quoted() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("customer's"), "'customer''s'");
    }
}
