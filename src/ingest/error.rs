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
    #[error("{}: no file is there whose name says that it is a table", .path.display())]
    NothingThere { path: PathBuf },
    /// A glob that is none.
    #[error("{}: no glob: {why} at character {}", .path.display(), .at + 1)]
    Glob { path: PathBuf, at: usize, why: &'static str },
    /// Standard input cannot be read twice.
    #[error("`-` is given for {} and for {}: standard input is one table", .tables[0], .tables[1])]
    StdinTwice { tables: [&'static str; 2] },
    /// Compressed data that are cut off or damaged.
    #[error("{}: not whole {compression} data", .file.display())]
    Compressed {
        file: PathBuf,
        compression: &'static str,
        #[source]
        source: std::io::Error,
    },
    /// A small file that expands to what memory would not hold.
    #[error("{}: expands to more than {} MiB, which no table of its size does", .file.display(), .limit >> 20)]
    TooLarge { file: PathBuf, limit: u64 },
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
    /// A file that neither its name nor its bytes tell the format of.
    #[error("{}: neither text nor Parquet nor a workbook", .file.display())]
    UnknownFormat { file: PathBuf },
    /// One JSON value instead of a line each.
    #[error("{}: a JSON array, expected one object a line", .file.display())]
    JsonArray { file: PathBuf },
    /// A workbook that cannot be opened.
    #[error("{}: not a whole workbook: {what}", .file.display())]
    Workbook { file: PathBuf, what: String },
    /// What some systems call an Excel export.
    #[error("{}: HTML or XML under the name of a workbook", .file.display())]
    MarkupWorkbook { file: PathBuf },
    /// A workbook without a sheet of the name that is asked for.
    #[error("{}: no sheet is named `{sheet}` (sheets: {})", .file.display(), .found.join(", "))]
    NoSuchSheet { file: PathBuf, sheet: String, found: Vec<String> },
    /// A workbook of several sheets, none of which has the columns.
    #[error("{}: no sheet has the columns of {table} (sheets: {})", .file.display(), .found.join(", "))]
    NoSheetFits { file: PathBuf, table: &'static str, found: Vec<String> },
    /// A rule that does not exist.
    #[error("no rule is named `{found}`")]
    UnknownRule { found: String },
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
    /// A text file in another encoding, or in two.
    #[error("{}: line {line} is not {encoding}", .file.display())]
    NotText { file: PathBuf, line: usize, encoding: &'static str },
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
                "name a file, a folder or a glob such as parts/*.csv; of a folder those are read that end in .csv, .tsv, .ndjson, .jsonl (each also .gz or .zst), .parquet, .xlsx, .xlsb, .xls or .ods".into()
            }
            Self::Glob { .. } => "quote the glob for the shell, and put [ ] around a character that is meant as it stands".into(),
            Self::StdinTwice { .. } => "give one of the two tables as a file".into(),
            Self::Compressed { .. } => "write or copy the file again: it is cut off or damaged".into(),
            Self::TooLarge { .. } => "if the size is right, decompress the file and name the result".into(),
            Self::JsonArray { file } => {
                let file = file.display();
                format!("turn it into lines, for example: jq -c '.[]' {file} > lines.ndjson")
            }
            Self::Workbook { .. } => "open it and save it again as .xlsx, without a password".into(),
            Self::MarkupWorkbook { .. } => "open it in a spreadsheet and save it as .xlsx or CSV".into(),
            Self::NoSuchSheet { file, found, .. } => {
                let first = found.first().map_or("Sheet1", String::as_str);
                format!("name one that is there: {}#{first}", file.display())
            }
            Self::NoSheetFits { file, found, .. } => {
                let first = found.first().map_or("Sheet1", String::as_str);
                format!("name the sheet, as in {}#{first}, to be told which column is missing", file.display())
            }
            Self::Parquet { .. } => "write or copy the file again: its end or a page of it is damaged".into(),
            Self::UnknownProfile { .. } => "leave --profile out for canonical column names".into(),
            Self::UnknownFormat { .. } => "export it as CSV, NDJSON, Parquet or an Excel workbook".into(),
            Self::UnknownRule { .. } => "`arrears rules` prints them all".into(),
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
            Self::NotText { file, encoding, .. } => {
                let file = file.display();
                let from = if *encoding == "UTF-8" { "WINDOWS-1252" } else { encoding };
                format!("mend that line or export the file again; if it is all of one other encoding, convert it: iconv -f {from} -t UTF-8 {file} > converted.csv")
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
            Self::Read { .. }
            | Self::NothingThere { .. }
            | Self::Parquet { .. }
            | Self::Compressed { .. }
            | Self::TooLarge { .. }
            | Self::Workbook { .. }
            | Self::Internal { .. } => 1,
            Self::UnknownProfile { .. }
            | Self::Mapping { .. }
            | Self::UnknownRule { .. }
            | Self::NoSelection { .. }
            | Self::NotATable
            | Self::Glob { .. }
            | Self::StdinTwice { .. } => 2,
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
