//! The page of a run: from what it holds in memory, or from the folder that it wrote.

pub use crate::report::Folder;

use super::{REPORT_FILE, RunOutput};
use crate::analytics::KPIS;
use crate::contract::{ContractError, OutputFile, Table, write_file};
use crate::error::Error;
use crate::report::Report;
use crate::score::contribution::COVARIATES;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Where a report is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// The file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: usize,
}

/// Reads a run's folder and writes its report anew, with what changed since an earlier run and with a backtest.
///
/// # Errors
/// [`ContractError`] for a folder that is no run of this version, and if the page cannot be written.
pub fn report(folder: &Path, previous: Option<&Path>, backtest: Option<&Path>) -> Result<Reported, Error> {
    let read = |folder: Option<&Path>| folder.map(Folder::read).transpose();
    let (run, previous, backtest) = (Folder::read(folder)?, read(previous)?, read(backtest)?);
    let page = page(&run, previous.as_ref(), backtest.as_ref());
    let file = folder.join(REPORT_FILE);
    write_file(&file, page.as_bytes())?;
    Ok(Reported { file, bytes: page.len() })
}

/// An earlier run of the same ledger, read before a new one may take its place.
///
/// # Errors
/// [`ContractError`] for a folder that is no run of this version.
pub fn earlier(folder: &Path) -> Result<Folder, Error> {
    Ok(Folder::read(folder)?)
}

/// Writes the page of a run that is not in place yet anew, with what changed since an earlier one.
///
/// # Errors
/// [`ContractError::Encode`], which would be a bug.
pub fn since(output: &mut RunOutput, tables: Vec<Table>, earlier: &Folder) -> Result<(), Error> {
    let (page, _) = of_run_since(output, tables, Some(earlier))?;
    output.files.retain(|f| f.name != page.name);
    output.files.push(page);
    Ok(())
}

/// The page of a run that is not written yet, and its tables again.
pub(super) fn of_run(
    output: &RunOutput,
    tables: Vec<Table>,
) -> Result<(OutputFile, Vec<Table>), ContractError> {
    of_run_since(output, tables, None)
}

fn of_run_since(
    output: &RunOutput,
    tables: Vec<Table>,
    earlier: Option<&Folder>,
) -> Result<(OutputFile, Vec<Table>), ContractError> {
    let model = output.files.iter().find(|f| f.name == super::MODEL_FILE);
    let model = model.map_or(Ok(serde_json::Value::Null), |f| serde_json::from_slice(&f.bytes));
    let model = model.map_err(|e| ContractError::Encode { table: "report", source: e.into() })?;
    let run = Folder::new(output.manifest.clone(), model, tables);
    let page = OutputFile { name: REPORT_FILE.to_owned(), bytes: page(&run, earlier, None).into_bytes() };
    Ok((page, run.into_tables()))
}

fn page(run: &Folder, previous: Option<&Folder>, backtest: Option<&Folder>) -> String {
    let covariates = COVARIATES.iter().map(|c| (c.name, c.meaning));
    let words: Vec<_> = covariates.chain(KPIS.iter().map(|k| (k.definition_id, k.formula))).collect();
    Report { run, previous, backtest, words: &words }.html()
}
