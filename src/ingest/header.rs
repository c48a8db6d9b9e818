//! From the names in a file's header to the places of the columns that are wanted.

use super::IngestError;
use super::mapping::Mapping;
use super::table::Table;
use std::path::Path;

/// The fields that a file has, each with the position of its column from 0, in the order of the contract.
///
/// # Errors
/// [`IngestError::MissingColumn`] for a field that cannot be done without, [`IngestError::AmbiguousColumn`] for two
/// columns of the same name.
pub(super) fn mapped(
    header: &[String],
    file: &Path,
    table: Table,
    mapping: &Mapping,
) -> Result<Vec<(&'static str, usize)>, IngestError> {
    mapping
        .of(table)
        .columns_of(table, header, file)?
        .into_iter()
        .map(|(field, column)| {
            let mut places = header.iter().enumerate().filter(|(_, name)| **name == *column);
            match (places.next(), places.next()) {
                (Some((at, _)), None) => Ok((field, at)),
                _ => Err(IngestError::AmbiguousColumn { file: file.to_owned(), field, column }),
            }
        })
        .collect()
}
