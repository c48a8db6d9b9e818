//! Why a table, a file or a folder does not come to be.

use super::schema::ColumnType;
use super::tables::TABLES;
use crate::remote::{Cause, RemoteError};
use std::path::PathBuf;

/// How a table differs from its schema.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum TableFault {
    /// Columns are missing, unknown or in another order.
    #[error("columns are {}; the contract has {}", .found.join(", "), .expected.join(", "))]
    Columns { found: Vec<String>, expected: Vec<&'static str> },
    /// A column of another type.
    #[error("column `{column}` is {found}; the contract has {expected}")]
    Type { column: String, found: String, expected: ColumnType },
    /// Columns of different lengths.
    #[error("column `{column}` has {found} rows; the first one has {expected}")]
    Length { column: String, found: usize, expected: usize },
    /// A missing value where the contract allows none.
    #[error("column `{column}`, row {row}: null; the contract allows none")]
    Null { column: String, row: usize },
    /// NaN or infinity.
    #[error("column `{column}`, row {row}: {value}; expected a finite number")]
    NotFinite { column: String, row: usize, value: f64 },
    /// An amount of more than eighteen digits.
    #[error("column `{column}`, row {row}: an amount past decimal(18,4)")]
    AmountTooLarge { column: String, row: usize },
    /// A code or list end that points past its texts.
    #[error("column `{column}`, row {row}: points past its {n} texts")]
    PastTexts { column: String, row: usize, n: usize },
}

/// Why something of the contract cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum ContractError {
    /// A stage made a table that breaks the contract: our bug.
    #[error("internal: table `{table}` breaks the contract")]
    Internal {
        table: String,
        #[source]
        source: TableFault,
    },
    /// Encoding failed in memory: our bug.
    #[error("internal: table `{table}` cannot be encoded")]
    Encode {
        table: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no such table.
    #[error("there is no table `{name}`")]
    UnknownTable { name: String },
    /// The operating system refused the write.
    #[error("{}: cannot be written", .path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// What stands at `--out` is not an earlier output of arrears and is left alone.
    #[error("{}: holds `{found}`, which no run of arrears has written", .out.display())]
    Foreign { out: PathBuf, found: String },
    /// `--out` names something that is no folder.
    #[error("{}: is not a folder", .out.display())]
    NotAFolder { out: PathBuf },
    /// The operating system refused the read.
    #[error("{}: cannot be read", .file.display())]
    Read {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Not Parquet, or cut short.
    #[error("{file}: not a readable Parquet file")]
    Decode {
        file: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Written under another version of the contract, or not by arrears at all.
    #[error("{file}: schema version is {found}, expected {expected}")]
    OtherVersion { file: String, found: String, expected: u32 },
    /// A file whose table is not the one expected.
    #[error("{file}: not the contract's table `{table}`")]
    OtherTable {
        file: String,
        table: &'static str,
        #[source]
        source: TableFault,
    },
    /// A database or an object store cannot be reached or asked.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// `--sink` names no place that arrears can write to. It is not repeated: it may hold a password.
    #[error("--sink is neither a postgres:// nor an s3:// URL")]
    NotASink,
    /// A database without a schema to write to.
    #[error("a postgres:// URL to write to ends with # and the name of a schema in lower case, as #arrears")]
    NoSchema,
    /// What stands in the place of an output was not written by arrears and is left alone.
    #[error("{place}: holds `{found}`, which no run of arrears has written")]
    Occupied { place: String, found: String },
    /// A place beyond the file system refused the run or went away: nothing of it can be seen there.
    #[error("{place}: this run was not written")]
    NotSunk {
        place: String,
        left: Option<String>,
        #[source]
        source: Cause,
    },
    /// A place beyond the file system went away with its answer to the last word.
    #[error("{place}: went away at the very end; the run before is there or this one, whole either way")]
    HalfTold {
        place: String,
        #[source]
        source: Cause,
    },
    /// Not the JSON of a manifest.
    #[error("{}: not a manifest of arrears", .file.display())]
    Manifest {
        file: PathBuf,
        #[source]
        source: serde_json::Error,
    },
}

impl ContractError {
    /// The contract's exit status: 2 for a bad `--out` or table name, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Foreign { .. }
            | Self::NotAFolder { .. }
            | Self::UnknownTable { .. }
            | Self::NotASink
            | Self::NoSchema
            | Self::Occupied { .. } => 2,
            Self::Remote(e) => e.exit_code(),
            _ => 1,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Internal { .. } | Self::Encode { .. } => Some(
                "this is a bug in arrears: please report it with this message and the command".to_owned(),
            ),
            Self::UnknownTable { .. } => {
                let names: Vec<&str> = TABLES.iter().map(|t| t.name).collect();
                Some(format!("tables are {}", names.join(", ")))
            }
            Self::Foreign { .. } | Self::NotAFolder { .. } => Some(
                "name a new or empty folder, or one that holds an earlier run and nothing else".to_owned(),
            ),
            Self::Remote(e) => e.hint(),
            Self::NotASink => Some(
                "as postgres://USER@HOST/DATABASE#SCHEMA or s3://BUCKET/PREFIX/; a folder goes to --out"
                    .to_owned(),
            ),
            Self::NoSchema => {
                Some("the schema is made if it is not there; a # in a password is written %23".to_owned())
            }
            Self::Occupied { .. } => {
                Some("name another schema or prefix, or move what is there away".to_owned())
            }
            Self::NotSunk { left, .. } => {
                let left = left.as_ref().map_or(String::new(), |l| {
                    format!("; what may be left below {l} is named by no manifest and can be deleted")
                });
                Some(format!(
                    "readers there still see the run before, whole; give the same command again when the cause is mended{left}"
                ))
            }
            Self::HalfTold { .. } => {
                Some("give the same command again: the run is then there, once".to_owned())
            }
            Self::OtherVersion { .. } | Self::OtherTable { .. } => {
                Some("write the folder anew with this version of arrears".to_owned())
            }
            _ => None,
        }
    }
}
