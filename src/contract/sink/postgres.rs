//! A run in a schema of a PostgreSQL database.
//!
//! Everything happens in one transaction. A table that is there with the contract's columns is emptied and filled, so
//! that grants, views and indexes stay and every reader sees the rows of before or those of now; one of another
//! version of the contract is dropped and made anew. Beside the tables of the folder there is `manifest`.

mod copy;
mod ddl;

use crate::contract::{ContractError, MANIFEST_FILE, OutputFile, TableSchema, read::each_batch};
use crate::remote::{Cause, PostgresUrl, RemoteError, cause};
use ::postgres::{Client, Transaction};
use copy::CopyText;
use ddl::Found;
use std::fmt;
use std::io::{self, Write};

/// Bytes of COPY that are sent at once.
const SENT_BYTES: usize = 1 << 16;

/// A schema of a database.
#[derive(Debug, Clone)]
pub(super) struct PostgresSink {
    url: PostgresUrl,
}

/// A table of a run with the bytes of its Parquet file.
struct Source<'a> {
    schema: &'static TableSchema,
    file: &'a OutputFile,
}

impl PostgresSink {
    /// # Errors
    /// [`ContractError::NoSchema`] for a URL that does not end with the plain name of a schema.
    pub(super) fn try_new(url: PostgresUrl) -> Result<Self, ContractError> {
        let name = url.what();
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_name) {
            return Err(ContractError::NoSchema);
        }
        Ok(Self { url })
    }

    fn schema(&self) -> &str {
        self.url.what()
    }

    /// # Errors
    /// If the server lets nobody in or the schema holds a table of ours by name that is not ours.
    pub(super) fn check(&self) -> Result<(), ContractError> {
        let mut client = self.url.connect()?;
        let mut transaction = self.begin(&mut client)?;
        let found = ddl::tables(&mut transaction, self.schema()).map_err(|e| self.broken(cause(e)))?;
        self.refuse_strangers(&found)
    }

    /// # Errors
    /// [`ContractError::NotSunk`] if nothing was changed, [`ContractError::HalfTold`] if the server went away as it was
    /// told to commit.
    pub(super) fn write(&self, files: &[OutputFile]) -> Result<(), ContractError> {
        let sources = sources(files)?;
        let manifest = files.iter().find(|f| f.name == MANIFEST_FILE);
        let manifest: serde_json::Value =
            manifest.map(|f| serde_json::from_slice(&f.bytes).unwrap_or_default()).unwrap_or_default();
        let run_id = manifest["run_id"].as_str().unwrap_or_default();
        let mut client = self.url.connect()?;
        let mut transaction = self.begin(&mut client)?;
        let fails = |e: ::postgres::Error| self.broken(cause(e));
        ddl::lock(&mut transaction, self.schema()).map_err(fails)?;
        let found = ddl::tables(&mut transaction, self.schema()).map_err(fails)?;
        self.refuse_strangers(&found)?;
        for source in &sources {
            let columns = ddl::columns(source.schema);
            ddl::make_ready(&mut transaction, self.schema(), source.schema, &columns, &found)
                .map_err(fails)?;
            self.copy(&mut transaction, source, run_id)?;
        }
        let folder = sources.first().map_or("run", |s| s.schema.folder.name());
        let text = |name: &str| {
            let file = files.iter().find(|f| f.name == name);
            file.map(|f| String::from_utf8_lossy(&f.bytes).into_owned())
        };
        let told = [("manifest", text(MANIFEST_FILE)), ("model", text("model.json"))];
        ddl::tell(&mut transaction, self.schema(), folder, run_id, &told, &found).map_err(fails)?;
        transaction
            .commit()
            .map_err(|e| ContractError::HalfTold { place: self.to_string(), source: cause(e) })
    }

    fn begin<'a>(&self, client: &'a mut Client) -> Result<Transaction<'a>, ContractError> {
        client.transaction().map_err(|e| self.broken(cause(e)))
    }

    fn broken(&self, source: Cause) -> ContractError {
        ContractError::NotSunk { place: self.to_string(), left: None, source }
    }

    fn refuse_strangers(&self, found: &[Found]) -> Result<(), ContractError> {
        match found.iter().find(|t| !t.is_ours) {
            Some(t) => Err(ContractError::Occupied { place: self.to_string(), found: t.name.clone() }),
            None => Ok(()),
        }
    }

    /// Fills one table from its Parquet file, some thousand rows at a time.
    fn copy(&self, to: &mut Transaction<'_>, source: &Source<'_>, run_id: &str) -> Result<(), ContractError> {
        let read = |source| RemoteError::Write { url: self.to_string(), source };
        let mut spool = tempfile::tempfile().map_err(|e| read(e.into()))?;
        spool.write_all(&source.file.bytes).map_err(|e| read(e.into()))?;
        let statement = ddl::copy_in(self.schema(), source.schema);
        let mut writer = to.copy_in(&statement).map_err(|e| self.broken(cause(e)))?;
        let mut text = CopyText::new(run_id);
        // a server that refuses a row says so only at the end: until then the stream merely breaks
        let mut broke: Option<io::Error> = None;
        each_batch(spool, source.schema, &source.file.name, |columns| {
            let n_rows = columns.first().map_or(0, |(_, c)| c.len());
            for row in 0..n_rows {
                text.push_row(columns.iter().map(|(_, column)| column.value(row)));
                if text.bytes().len() >= SENT_BYTES && broke.is_none() {
                    broke = writer.write_all(text.bytes()).err();
                    text.clear();
                }
            }
            Ok(())
        })?;
        if broke.is_none() {
            broke = writer.write_all(text.bytes()).err();
        }
        match (writer.finish(), broke) {
            (Err(e), _) => Err(self.broken(cause(e))),
            (Ok(_), Some(e)) => Err(self.broken(e.into())),
            (Ok(_), None) => Ok(()),
        }
    }
}

impl fmt::Display for PostgresSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

/// The tables among the files of a run, in the order of the contract.
fn sources(files: &[OutputFile]) -> Result<Vec<Source<'_>>, ContractError> {
    let tables = files.iter().filter_map(|f| Some((f.name.strip_suffix(".parquet")?, f)));
    tables.map(|(name, file)| Ok(Source { schema: TableSchema::of(name)?, file })).collect()
}
