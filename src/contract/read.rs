//! Written tables, back in memory.

use super::write::{AS_OF_KEY, RUN_ID_KEY, SCHEMA_VERSION_KEY};
use super::{ContractError, SCHEMA_VERSION, Stamp, Table, TableFault, TableSchema, arrays};
use arrow::array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::FileMetaData;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Rows that [`each_batch`] passes on at once.
const BATCH_ROWS: usize = 8192;

/// Reads `NAME.parquet` in an output folder: the table and the run that wrote it.
///
/// # Errors
/// [`ContractError::Read`] if the file cannot be opened, [`ContractError::Decode`] if it is not Parquet,
/// [`ContractError::OtherVersion`] for a file of another schema version or another writer, and
/// [`ContractError::OtherTable`] for other columns than the contract's.
pub fn read_table(folder: &Path, name: &str) -> Result<(Table, Stamp), ContractError> {
    let path = folder.join(format!("{name}.parquet"));
    let file = File::open(&path).map_err(|source| ContractError::Read { file: path.clone(), source })?;
    decode_parquet(file, name, &path.display().to_string())
}

fn decode_parquet(bytes: File, name: &str, file: &str) -> Result<(Table, Stamp), ContractError> {
    let schema = TableSchema::of(name)?;
    let decode = |e: Box<dyn std::error::Error + Send + Sync>| ContractError::Decode {
        file: file.to_owned(),
        source: e,
    };
    let other = |source| ContractError::OtherTable { file: file.to_owned(), table: schema.name, source };

    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|e| decode(e.into()))?;
    let stamp = stamp(reader.metadata().file_metadata(), file)?;
    let mut columns = columns(reader.schema(), schema).map_err(other)?;
    for batch in reader.build().map_err(|e| decode(e.into()))? {
        let batch: RecordBatch = batch.map_err(|e| decode(e.into()))?;
        for ((name, column), array) in columns.iter_mut().zip(batch.columns()) {
            let of = schema.columns.iter().find(|c| c.name == *name);
            of.map_or(Ok(()), |c| arrays::append(column, array, c)).map_err(other)?;
        }
    }
    match Table::try_new(name, columns) {
        Err(ContractError::Internal { source, .. }) => Err(other(source)),
        table => Ok((table?, stamp)),
    }
}

/// Passes the rows of a table's Parquet file on, some thousand at a time and so without holding all of them.
///
/// # Errors
/// As [`read_table`], and what `each` refuses.
pub(super) fn each_batch(
    parquet: File,
    schema: &'static TableSchema,
    file: &str,
    mut each: impl FnMut(&[(&'static str, super::Column)]) -> Result<(), ContractError>,
) -> Result<(), ContractError> {
    let decode = |e: Box<dyn std::error::Error + Send + Sync>| ContractError::Decode {
        file: file.to_owned(),
        source: e,
    };
    let other = |source| ContractError::OtherTable { file: file.to_owned(), table: schema.name, source };
    let reader = ParquetRecordBatchReaderBuilder::try_new(parquet).map_err(|e| decode(e.into()))?;
    let reader = reader.with_batch_size(BATCH_ROWS);
    let found = Arc::clone(reader.schema());
    for batch in reader.build().map_err(|e| decode(e.into()))? {
        let batch: RecordBatch = batch.map_err(|e| decode(e.into()))?;
        let mut columns = columns(&found, schema).map_err(other)?;
        for ((name, column), array) in columns.iter_mut().zip(batch.columns()) {
            let of = schema.columns.iter().find(|c| c.name == *name);
            of.map_or(Ok(()), |c| arrays::append(column, array, c)).map_err(other)?;
        }
        each(&columns)?;
    }
    Ok(())
}

/// An empty column for each one of the file, which all must be the contract's.
fn columns(
    found: &arrow::datatypes::Schema,
    schema: &'static TableSchema,
) -> Result<Vec<(&'static str, super::Column)>, TableFault> {
    let of =
        |field: &arrow::datatypes::FieldRef| schema.column(field.name()).map(|c| (c.name, arrays::empty(c)));
    found.fields().iter().map(of).collect::<Option<Vec<_>>>().ok_or_else(|| TableFault::Columns {
        found: found.fields().iter().map(|f| f.name().clone()).collect(),
        expected: schema.columns.iter().map(|c| c.name).collect(),
    })
}

fn stamp(metadata: &FileMetaData, file: &str) -> Result<Stamp, ContractError> {
    let value = |key: &str| {
        let pairs = metadata.key_value_metadata().into_iter().flatten();
        pairs.filter(|p| p.key == key).find_map(|p| p.value.clone())
    };
    let version = value(SCHEMA_VERSION_KEY);
    if version.as_deref() != Some(SCHEMA_VERSION.to_string().as_str()) {
        let found = version.unwrap_or_else(|| "missing".to_owned());
        return Err(ContractError::OtherVersion { file: file.to_owned(), found, expected: SCHEMA_VERSION });
    }
    Ok(Stamp { as_of: value(AS_OF_KEY).and_then(|d| d.parse().ok()), run_id: value(RUN_ID_KEY) })
}
