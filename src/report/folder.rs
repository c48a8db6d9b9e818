//! The tables of one output folder, as the report reads them.

use crate::contract::{
    ContractError, Folder as Place, MANIFEST_FILE, Manifest, TABLES, Table, Value, read_table,
};
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the model in an output folder.
const MODEL_FILE: &str = "model.json";

/// An output folder of `run` or of `backtest`: its manifest, its model and the tables that are there.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The story of the run.
    pub manifest: Manifest,
    /// The model as JSON; null of a backtest.
    pub model: serde_json::Value,
    tables: BTreeMap<&'static str, Table>,
}

impl Folder {
    /// What a run holds in memory.
    pub fn new(manifest: Manifest, model: serde_json::Value, tables: Vec<Table>) -> Self {
        Self { manifest, model, tables: tables.into_iter().map(|t| (t.name(), t)).collect() }
    }

    /// Reads a folder. A table that is not there is left out: an older version did not write it.
    ///
    /// # Errors
    /// [`ContractError::Read`] without a manifest, and as [`read_table`] for a table that is there and cannot be read.
    pub fn read(folder: &Path) -> Result<Self, ContractError> {
        let manifest = Manifest::read(folder)?;
        let mut tables = BTreeMap::new();
        let of_output = TABLES.iter().filter(|t| t.folder != Place::Input && t.name != "backtest_scores");
        for schema in of_output.filter(|t| folder.join(format!("{}.parquet", t.name)).exists()) {
            tables.insert(schema.name, read_table(folder, schema.name)?.0);
        }
        let model = match std::fs::read(folder.join(MODEL_FILE)) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|source| ContractError::Manifest { file: folder.join(MODEL_FILE), source })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => serde_json::Value::Null,
            Err(source) => return Err(ContractError::Read { file: folder.join(MANIFEST_FILE), source }),
        };
        Ok(Self { manifest, model, tables })
    }

    /// The tables, given back.
    pub fn into_tables(self) -> Vec<Table> {
        self.tables.into_values().collect()
    }

    /// A table, if it is there and has a row.
    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name).filter(|t| t.n_rows() > 0)
    }

    /// A figure of the manifest.
    pub(super) fn metric(&self, name: &str) -> Option<f64> {
        self.manifest.metrics.get(name).copied()
    }
}

/// The rows of a table whose text columns hold these values.
pub(super) fn rows<'a>(
    table: &'a Table,
    wanted: &'a [(&'a str, &'a str)],
) -> impl Iterator<Item = usize> + 'a {
    (0..table.n_rows()).filter(|&r| wanted.iter().all(|(c, text)| table.value(c, r) == Value::Text(text)))
}

/// The different texts of a column, in the order in which they come.
pub(super) fn distinct(table: &Table, column: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for r in 0..table.n_rows() {
        if let Value::Text(text) = table.value(column, r)
            && found.last().is_none_or(|last| last != text)
            && !found.iter().any(|f| f == text)
        {
            found.push(text.to_owned());
        }
    }
    found
}

/// The text of a cell; empty where it is null.
pub(super) fn text<'a>(table: &'a Table, column: &str, row: usize) -> &'a str {
    match table.column(column).map(|c| c.value(row)) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}
