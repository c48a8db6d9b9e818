//! Where the files of a run go: a folder, and beside or instead of it a PostgreSQL schema or an object store.
//!
//! Each place is written at once: who reads there sees the earlier run or this one, never some tables of each.

mod object;
mod postgres;

use super::write::try_out;
use super::{ContractError, OutputFile, check_out, write_folder};
use crate::remote::{ObjectUrl, PostgresUrl};
use object::ObjectSink;
use postgres::PostgresSink;
use std::fmt;
use std::path::{Path, PathBuf};

/// A place beyond the file system.
#[derive(Debug, Clone)]
enum Sink {
    Postgres(Box<PostgresSink>),
    Object(ObjectSink),
}

impl Sink {
    fn parse(text: &str) -> Result<Self, ContractError> {
        if PostgresUrl::is(text) {
            return Ok(Self::Postgres(Box::new(PostgresSink::try_new(PostgresUrl::parse(text)?)?)));
        }
        if ObjectUrl::is(text) {
            return Ok(Self::Object(ObjectSink::try_new(&ObjectUrl::parse(text)?)?));
        }
        Err(ContractError::NotASink)
    }
}

impl fmt::Display for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(s) => s.fmt(f),
            Self::Object(s) => s.fmt(f),
        }
    }
}

/// All the places that the files of one run go to.
///
/// ```
/// use arrears::contract::Destination;
/// let to = Destination::try_new(Some("out".as_ref()), &["postgres://ann:secret@db/erp#arrears".to_owned()])?;
/// assert_eq!(to.names(), ["out", "postgres://ann@db/erp#arrears"]);
/// # Ok::<(), arrears::contract::ContractError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Destination {
    folder: Option<PathBuf>,
    sinks: Vec<Sink>,
}

impl Destination {
    /// A folder and nothing else.
    pub fn folder(out: &Path) -> Self {
        Self { folder: Some(out.to_owned()), sinks: Vec::new() }
    }

    /// What `--out`, a folder or an `s3://` URL, and each `--sink` name.
    ///
    /// # Errors
    /// [`ContractError::Remote`], [`ContractError::NotASink`] and [`ContractError::NoSchema`] for a URL that names no
    /// place to write to.
    pub fn try_new(out: Option<&Path>, sinks: &[String]) -> Result<Self, ContractError> {
        let url = out.and_then(Path::to_str).filter(|text| crate::remote::is_url(text)).map(str::to_owned);
        let folder = if url.is_some() { None } else { out.map(Path::to_owned) };
        let sinks = url.iter().chain(sinks).map(|text| Sink::parse(text)).collect::<Result<_, _>>()?;
        Ok(Self { folder, sinks })
    }

    /// The folder, if one is named.
    pub fn as_folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The places as they may be shown, in the order in which they are written.
    pub fn names(&self) -> Vec<String> {
        let folder = self.folder.iter().map(|f| f.display().to_string());
        folder.chain(self.sinks.iter().map(ToString::to_string)).collect()
    }

    /// Whether every place can be reached and nothing would be lost there that arrears has not written. Ask before
    /// a long job; it is asked again when the files are written.
    ///
    /// # Errors
    /// As [`Destination::write`].
    pub fn check(&self) -> Result<(), ContractError> {
        self.folder.as_deref().map_or(Ok(()), check_out)?;
        self.sinks.iter().try_for_each(|sink| match sink {
            Sink::Postgres(s) => s.check(),
            Sink::Object(s) => s.check(),
        })
    }

    /// [`Destination::check`], and that a file can be written beside the folder; none stays.
    ///
    /// # Errors
    /// As [`Destination::check`], and [`ContractError::Write`].
    pub fn try_out(&self) -> Result<(), ContractError> {
        self.check()?;
        self.folder.as_deref().map_or(Ok(()), try_out)
    }

    /// Writes the files of a run, its manifest among them, to each place in turn; each is written at once. A place
    /// that fails leaves those before it written and those after it as they were.
    ///
    /// # Errors
    /// Those of [`write_folder`]; [`ContractError::Remote`] if a place cannot be reached, [`ContractError::NotSunk`]
    /// if it broke off, [`ContractError::Occupied`] if something is there that arrears has not written.
    pub fn write(&self, files: &[OutputFile]) -> Result<(), ContractError> {
        if let Some(folder) = &self.folder {
            write_folder(folder, files)?;
        }
        self.sinks.iter().try_for_each(|sink| match sink {
            Sink::Postgres(s) => s.write(files),
            Sink::Object(s) => s.write(files),
        })
    }
}
