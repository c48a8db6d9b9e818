//! What is left of a job whose input was rejected: the rows that it was rejected for, in a file.

use super::{OutputFile, quarantine_file};
use crate::contract::{ContractError, Destination, write_file, write_folder};
use crate::core::Day;
use crate::error::Error;
use std::path::Path;

/// Puts the quarantine of a rejected input in the place of the output folder, and nothing else: a folder with an
/// earlier run would pass for today's. The error that comes back names the file. An error of another kind comes back
/// as it is and writes nothing; that of a write that failed comes back instead. Databases and object stores keep the
/// run that they have.
pub fn in_place_of_run(error: Error, to: &Destination, as_of: Day) -> Error {
    let Some(out) = to.as_folder() else { return error };
    written(error, out, Some(as_of), |file| write_folder(out, std::slice::from_ref(file)))
}

/// Puts the quarantine of a rejected input into a folder, beside what is there. The error that comes back is as that
/// of [`in_place_of_run`].
pub fn into_folder(error: Error, out: &Path, as_of: Option<Day>) -> Error {
    written(error, out, as_of, |file| write_file(&out.join(&file.name), &file.bytes))
}

fn written(
    error: Error,
    out: &Path,
    as_of: Option<Day>,
    write: impl FnOnce(&OutputFile) -> Result<(), ContractError>,
) -> Error {
    let Error::Ingest(refused) = error else { return error };
    if refused.quarantine().is_empty() {
        return Error::Ingest(refused);
    }
    let file = quarantine_file(refused.quarantine(), as_of);
    match file.and_then(|file| write(&file).map(|()| out.join(file.name))) {
        Ok(file) => Error::Rejected { refused: Box::new(refused), file },
        Err(e) => e.into(),
    }
}
