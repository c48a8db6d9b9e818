//! What a table is: its columns, their types, units and meanings. [`TABLES`] lists them all.

use super::{ContractError, TABLES};
use serde::{Serialize, Serializer};
use std::fmt;

/// Version of this list, in every file's metadata. Adding a column keeps it; renaming or retyping one does not.
pub const SCHEMA_VERSION: u32 = 1;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// A calendar day.
    Date,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A binary floating-point number, always finite.
    Double,
    /// DECIMAL(18,4): an exact amount.
    Decimal,
    /// True or false.
    Bool,
    /// A list of texts, none of them null.
    TextList,
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Text => "text",
            Self::Date => "date",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Double => "double",
            Self::Decimal => "decimal(18,4)",
            Self::Bool => "bool",
            Self::TextList => "list of text",
        })
    }
}

impl Serialize for ColumnType {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ColumnSchema {
    /// Its name, fixed for good.
    pub name: &'static str,
    /// What it holds.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Unit of its values; empty where a unit makes no sense.
    pub unit: &'static str,
    /// Whether a value may be missing; of an input table, whether the whole column may be.
    pub nullable: bool,
    /// Its meaning.
    pub meaning: &'static str,
}

/// Where a table is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Folder {
    /// Among the files the user gives.
    Input,
    /// In the output folder of `run`.
    Run,
    /// In the output folder of `backtest`.
    Backtest,
    /// In the output folder of `what-if`.
    WhatIf,
}

impl Folder {
    /// `input`, `run`, `backtest` or `what_if`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Run => "run",
            Self::Backtest => "backtest",
            Self::WhatIf => "what_if",
        }
    }
}

/// One table: the order of its columns is the order in its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TableSchema {
    /// Its name, which is also the name of its file.
    pub name: &'static str,
    /// Where it is found.
    pub folder: Folder,
    /// Whether this version writes it; input tables are read and never are.
    pub written: bool,
    /// What a row is and how rows are ordered.
    pub meaning: &'static str,
    /// Its columns in order.
    pub columns: &'static [ColumnSchema],
}

impl TableSchema {
    /// The table of that name.
    ///
    /// # Errors
    /// [`ContractError::UnknownTable`], which names all there are.
    ///
    /// ```
    /// use arrears::contract::TableSchema;
    /// let aging = TableSchema::of("aging")?;
    /// assert_eq!(aging.column("amount").map(|c| c.column_type.to_string()).as_deref(), Some("decimal(18,4)"));
    /// # Ok::<(), arrears::contract::ContractError>(())
    /// ```
    pub fn of(name: &str) -> Result<&'static Self, ContractError> {
        TABLES
            .iter()
            .find(|t| t.name == name)
            .ok_or_else(|| ContractError::UnknownTable { name: name.to_owned() })
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&'static ColumnSchema> {
        self.columns.iter().find(|c| c.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_table_is_answered_with_the_names_there_are() {
        let e = TableSchema::of("invoice").unwrap_err();
        assert_eq!(e.to_string(), "there is no table `invoice`");
        assert!(e.hint().unwrap().contains("invoices, payments"));
    }
}
