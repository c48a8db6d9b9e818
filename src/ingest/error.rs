//! Why input is refused as a whole.

use super::mapping::MappingProblem;
use super::{Mapping, Quarantined};
use crate::remote::RemoteError;
use polars::error::PolarsError;
use std::path::{Path, PathBuf};

/// Why there is no ledger. What is wrong with single rows goes to quarantine instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum IngestError {
    /// The operating system refused the read.
    #[error("{}: cannot be read", .file.display())]
    Read {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A folder or a glob without a file to read.
    #[error("{}: no .csv or .parquet file is there", .path.display())]
    NothingThere { path: PathBuf },
    /// A Parquet file that is none, is truncated or is damaged.
    #[error("{}: not a whole Parquet file", .file.display())]
    Parquet {
        file: PathBuf,
        #[source]
        source: Box<PolarsError>,
    },
    /// A profile that does not exist.
    #[error("no profile is named `{found}` (known: {})", Mapping::built_in_names().join(", "))]
    UnknownProfile { found: String },
    /// A rule that does not exist.
    #[error("no rule is named `{found}`")]
    UnknownRule { found: String },
    /// A file whose extension names no format.
    #[error("{}: the extension is `{found}`, expected `csv` or `parquet`", .file.display())]
    UnknownExtension { file: PathBuf, found: String },
    /// A required field has no column mapped to it.
    #[error("{}: no column is mapped to `{field}` (found: {})", .file.display(), .found.join(", "))]
    MissingColumn { file: PathBuf, field: &'static str, column: String, found: Vec<String> },
    /// A column that a rule of the mapping looks at is not there.
    #[error("{}: no column `{column}`, which a rule of the mapping needs (found: {})", .file.display(), .found.join(", "))]
    MissingRuleColumn { file: PathBuf, column: String, found: Vec<String> },
    /// A mapping that says something wrong.
    #[error("{file}: line {line}: {problem}")]
    Mapping { file: String, line: usize, problem: MappingProblem },
    /// Dates of a column can be day-first and month-first.
    #[error(
        "{table}: `{field}` {}: {}",
        if *.is_mixed { "is day-first in some rows and month-first in others" } else { "can be day-first or month-first" },
        .witnesses.join("; ")
    )]
    DateOrder { table: &'static str, field: &'static str, is_mixed: bool, witnesses: Vec<String> },
    /// Numbers of a column can have a decimal point and a decimal comma.
    #[error("{table}: `{field}` can be written with a decimal point or a decimal comma: {}", .witnesses.join("; "))]
    DecimalMark { table: &'static str, field: &'static str, witnesses: Vec<String> },
    /// Two columns of the same name are mapped to one field.
    #[error("{}: two columns are named `{column}`, which is mapped to `{field}`", .file.display())]
    AmbiguousColumn { file: PathBuf, field: &'static str, column: String },
    /// A Parquet column of a type that cannot hold the field.
    #[error("{}: column `{field}` holds {found}, expected {expected}", .file.display())]
    ColumnType { file: PathBuf, field: &'static str, found: String, expected: &'static str },
    /// A file without even a header.
    #[error("{}: empty, expected a header and rows", .file.display())]
    Empty { file: PathBuf },
    /// Invoices with a header and nothing else.
    #[error("{}: has columns but no row", .path.display())]
    NoRows { path: PathBuf },
    /// Every row was quarantined or is later than `as_of`.
    #[error("{}: no invoice is left of {rows} rows: {quarantined} are in quarantine, {ignored} are later than as_of", .path.display())]
    NoInvoiceLeft {
        path: PathBuf,
        rows: u64,
        quarantined: u64,
        ignored: u64,
        first: Option<String>,
        quarantine: Vec<Quarantined>,
    },
    /// More rows are in quarantine than the policy lets pass.
    #[error(
        "{table}: {quarantined} of {rows} rows are in quarantine, expected at most a share of {max_rate}"
    )]
    TooManyQuarantined {
        table: &'static str,
        rows: u64,
        quarantined: u64,
        max_rate: f64,
        quarantine: Vec<Quarantined>,
    },
    /// A text file in another encoding.
    #[error("{}: line {line} is not UTF-8", .file.display())]
    NotUtf8 { file: PathBuf, line: usize },
    /// A quote that no other one closes: where a record ends cannot be told.
    #[error("{}: the quote opened on line {line} is never closed", .file.display())]
    UnclosedQuote { file: PathBuf, line: usize },
    /// A database or an object store cannot be reached or read.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// A database without a word on what to read in it.
    #[error("{url}: names no table or query")]
    NoSelection { url: String },
    /// Something after `#` that is no table's name and no query; it may be a part of a password.
    #[error("what stands after # in a postgres:// URL is neither a table nor a query")]
    NotATable,
    /// More rows than a ledger can name.
    #[error("{table} have {rows} rows, expected at most 4294967294")]
    TooManyRows { table: &'static str, rows: u64 },
    /// A bug of ours.
    #[error("internal: {what}")]
    Internal {
        what: String,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl IngestError {
    /// What the user should do next; the CLI prints it as `hint: ...`.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => return None,
            Self::Remote(e) => return e.hint(),
            Self::NoSelection { .. } | Self::NotATable => {
                "append #schema.table or #select ... in quotes of the shell; a # in a password is written %23".into()
            }
            Self::NothingThere { .. } => {
                "name a file, a folder of .csv or .parquet files, or a glob such as parts/*.csv".into()
            }
            Self::Parquet { .. } => "write or copy the file again: its end or a page of it is damaged".into(),
            Self::UnknownProfile { .. } => "leave --profile out for canonical column names".into(),
            Self::UnknownRule { .. } => "`arrears rules` prints them all".into(),
            Self::UnknownExtension { .. } => "export it as CSV or Parquet".into(),
            Self::MissingColumn { field, column, .. } => {
                let or = if *field == "due_date" { ", or give `terms_days`" } else { "" };
                let profiles = Mapping::built_in_names().join("|");
                format!(
                    "rename the column that holds it to `{column}`{or}, choose the profile of the export (--profile {profiles}), or name the column in a mapping (--mapping FILE)"
                )
            }
            Self::MissingRuleColumn { column, .. } => {
                format!("name the column that the export has in place of `{column}`, or mark a filter `optional = true`")
            }
            Self::Mapping { problem, .. } => return problem.hint(),
            Self::DateOrder { table, field, is_mixed: false, .. } => format!(
                "say which in a mapping (--mapping FILE): [{table}.dates.fields] {field} = \"D/M/YYYY\", or \"M/D/YYYY\""
            ),
            Self::DateOrder { table, field, .. } => format!(
                "declare the right one in a mapping (--mapping FILE), and rows that do not fit it go to quarantine: [{table}.dates.fields] {field} = \"D/M/YYYY\", or \"M/D/YYYY\""
            ),
            Self::DecimalMark { table, .. } => {
                format!("say which in a mapping (--mapping FILE): [{table}.numbers] decimal = \".\", or \",\"")
            }
            Self::AmbiguousColumn { column, .. } => format!("rename or drop one column `{column}`"),
            Self::ColumnType { expected, .. } => format!("write the column as {expected}"),
            Self::Empty { .. } | Self::NoRows { .. } => "check that the export ran to its end".into(),
            Self::NoInvoiceLeft { first, .. } => match first {
                Some(message) => format!("the first row in quarantine: {message}"),
                None => "choose a later --as-of, or check the issue dates".into(),
            },
            Self::TooManyQuarantined { .. } => {
                "`arrears check --out DIR` with the same options writes each row and its remedy; ingest.max_quarantine_rate in the policy is the share that may pass".into()
            }
            Self::NotUtf8 { file, .. } => {
                let file = file.display();
                format!("convert it, for example: iconv -f WINDOWS-1252 -t UTF-8 {file} > converted.csv")
            }
            Self::UnclosedQuote { .. } => {
                "close the quote, or double it where it is a part of the text".into()
            }
            Self::TooManyRows { .. } => "split the ledger by business unit".into(),
            Self::Internal { .. } => {
                "this is a bug of arrears: please report it with the message above".into()
            }
        })
    }

    /// [`IngestError::hint`] where [`IngestError::quarantine`] was written to a file.
    pub fn hint_with(&self, file: &Path) -> String {
        let next = match self {
            Self::NoInvoiceLeft { first: Some(message), .. } => format!("the first is {message}"),
            _ => "ingest.max_quarantine_rate in the policy is the share that may pass".to_owned(),
        };
        format!("{} names each row and its remedy; {next}", file.display())
    }

    /// The exit status of the process: 1 cannot read, 2 bad option, 3 input rejected.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Read { .. } | Self::NothingThere { .. } | Self::Parquet { .. } | Self::Internal { .. } => 1,
            Self::UnknownProfile { .. }
            | Self::Mapping { .. }
            | Self::UnknownRule { .. }
            | Self::NoSelection { .. }
            | Self::NotATable => 2,
            Self::Remote(e) => e.exit_code(),
            _ => 3,
        }
    }

    /// The rows that rules found, where they are why there is no ledger.
    pub fn quarantine(&self) -> &[Quarantined] {
        match self {
            Self::NoInvoiceLeft { quarantine, .. } | Self::TooManyQuarantined { quarantine, .. } => {
                quarantine
            }
            _ => &[],
        }
    }

    pub(super) fn internal(what: impl Into<String>) -> Self {
        Self::Internal { what: what.into(), source: None }
    }
}

impl From<PolarsError> for IngestError {
    /// Polars refusing an operation on frames that are already read is our mistake.
    fn from(source: PolarsError) -> Self {
        Self::Internal { what: "a frame operation failed".into(), source: Some(Box::new(source)) }
    }
}
