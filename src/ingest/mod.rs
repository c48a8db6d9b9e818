//! From the files of a user to a checked ledger.
//!
//! [`read`] turns files into frames under canonical names ([`Raw`]) and judges nothing. [`check`] judges every row
//! once: it goes into the ledger, to quarantine with the rule that it breaks, or is ignored because it was not known
//! at `as_of`. Nothing is repaired silently and no row is lost: rows in = ledger + quarantined + ignored.

mod account;
mod biff;
mod book;
mod cell;
mod challenger;
mod code;
mod compression;
mod contact;
mod credit;
mod csv;
mod customer;
mod dialect;
mod empty;
mod encoding;
mod error;
mod fetch;
mod format;
mod fx;
mod header;
mod instalment;
mod invoice;
mod invoice_row;
mod json;
mod key;
mod lane;
mod layout;
mod mapping;
mod ndjson;
mod number;
mod parquet;
mod payment;
mod payment_row;
mod perturb;
mod piece;
mod record;
pub mod rule;
mod segment;
mod source;
mod standing;
mod stream;
mod table;
mod tally;
mod words;
mod workbook;

pub use book::{Book, check, check_owned};
pub use challenger::{ChallengerError, ForecastFile, ForecastRow, Says, read_forecasts};
pub use contact::ContactTable;
pub use customer::{Customer, CustomerTable};
pub use error::IngestError;
pub use fx::FxTable;
pub use invoice::AHEAD_DAYS;
pub use layout::Layout;
pub use mapping::{DateFormat, DateFormatError, Mapping, MappingProblem, suggest};
pub use perturb::Perturbation;
pub use table::Raw;
pub use tally::{InputCount, Quarantined};

use crate::policy::{ValidPolicy, default_segments};
use fetch::Fetched;
use mapping::apply::apply;
use mapping::resolve::resolve;
use mapping::style::Styles;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use table::{Part, RawTable, Table};

/// Where the tables are: each a file, a sheet of a workbook (`book.xlsx#Sheet`), a folder of parts, a glob, `-` for
/// standard input, or a URL `postgres://USER@HOST/DATABASE#TABLE` or `s3://BUCKET/KEY`.
///
/// A file is CSV under any delimiter, NDJSON, Parquet or an Excel workbook; what it is, how it is compressed (gzip,
/// zstd) and how its text is encoded (UTF-8, UTF-16, Windows-1252) is told by its bytes.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Invoices and credit notes.
    pub invoices: PathBuf,
    /// What settled them; without it `paid_date` of the invoices says when each was paid in full.
    pub payments: Option<PathBuf>,
    /// What is known of customers.
    pub customers: Option<PathBuf>,
    /// When customers were contacted, and what they promised.
    pub contacts: Option<PathBuf>,
    /// Rates to the reporting currency.
    pub fx: Option<PathBuf>,
    /// How the export names its columns, writes its dates and numbers, and which of its rows count.
    pub mapping: Mapping,
    /// Columns of invoices and customers, by field or header, that are read as segments; see [`Sources::for_policy`].
    pub segments: Vec<String>,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            invoices: PathBuf::new(),
            payments: None,
            customers: None,
            contacts: None,
            fx: None,
            mapping: Mapping::default(),
            segments: default_segments(),
        }
    }
}

impl Sources {
    /// The same files, with the segments of a policy: what [`check`] wants must have been read.
    #[must_use]
    pub fn for_policy(&self, policy: &ValidPolicy) -> Self {
        Self { segments: policy.ledger.segments.clone(), ..self.clone() }
    }
}

/// Reads every row of every file, under canonical column names; nothing is judged yet.
///
/// # Errors
/// [`IngestError`] for a file that cannot be read, is no table, or lacks a required column, and for two tables that
/// are both standard input.
///
/// # Example
/// ```
/// use arrears::ingest::{Sources, check, read};
/// let dir = tempfile::tempdir()?;
/// let invoices = dir.path().join("invoices.csv");
/// std::fs::write(&invoices, "invoice_id,customer_id,issue_date,due_date,amount\n\
///     A1,ACME,2024-01-10,2024-02-09,100.00\n\
///     A2,ACME,2024-01-11,2024-02-10,12 euros\n\
///     A3,ACME,2024-03-01,2024-03-31,50.00\n")?;
/// let raw = read(&Sources { invoices, ..Sources::default() })?;
/// let policy = arrears::policy::load(None)?;
/// let book = check(&raw, Some("2024-01-31".parse()?), &policy)?;
/// assert_eq!(book.ledger.n_invoices(), 1);
/// assert_eq!(book.quarantine[0].row, 2);
/// assert_eq!(book.quarantine[0].rule_id, "AMOUNT_NOT_NUMBER");
/// assert_eq!(book.inputs[0].ignored, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(sources: &Sources) -> Result<Raw, IngestError> {
    let mapping = &sources.mapping.with_segments(&sources.segments);
    let mut fetched = fetched(sources)?;
    let invoices = fetched.remove(Table::Invoices.name());
    let mut payments = sources.payments.clone();
    if mapping.of(Table::Payments).from.is_some() && payments.is_none() {
        payments = Some(sources.invoices.clone());
        invoices.iter().for_each(|parts| drop(fetched.insert(Table::Payments.name(), parts.clone())));
    }
    let of_payments = fetched.remove(Table::Payments.name());
    let read = |path: &Path, fetched, table| read_table(path, fetched, table, mapping);
    // side by side: the end of one file keeps few threads busy
    let (invoices, payments) = rayon::join(
        || read(&sources.invoices, invoices, Table::Invoices),
        || payments.as_ref().map(|path| read(path, of_payments, Table::Payments)).transpose(),
    );
    let mut table = |path: &Option<PathBuf>, table: Table| {
        let fetched = fetched.remove(table.name());
        path.as_ref().map(|path| read(path, fetched, table)).transpose()
    };
    let mut raw = Raw {
        invoices: invoices?,
        payments: payments?,
        customers: table(&sources.customers, Table::Customers)?,
        contacts: table(&sources.contacts, Table::Contacts)?,
        fx: table(&sources.fx, Table::Fx)?,
    };
    if raw.invoices.n_rows() == 0 {
        return Err(IngestError::NoRows { path: raw.invoices.path });
    }
    resolve(&mut raw.invoices, raw.customers.as_ref(), mapping.of(Table::Invoices))?;
    if let Some(payments) = &mut raw.payments {
        resolve(payments, None, mapping.of(Table::Payments))?;
    }
    Ok(raw)
}

/// What is no file, by table: all that URLs name, and standard input.
fn fetched(sources: &Sources) -> Result<BTreeMap<&'static str, Vec<Fetched>>, IngestError> {
    let mut fetched = fetch::fetch(sources)?;
    if let Some(table) = of_stdin(sources)? {
        fetched.insert(table.name(), vec![Fetched::from_stdin()?]);
    }
    Ok(fetched)
}

/// The table that is standard input: it ends with the first one that is read from it.
fn of_stdin(sources: &Sources) -> Result<Option<Table>, IngestError> {
    let mut found = sources.tables().into_iter().filter(|(_, path)| source::is_stdin(path));
    match (found.next(), found.next()) {
        (Some((a, _)), Some((b, _))) => Err(IngestError::StdinTwice { tables: [a.name(), b.name()] }),
        (found, _) => Ok(found.map(|(table, _)| table)),
    }
}

fn read_table(
    path: &Path,
    fetched: Option<Vec<Fetched>>,
    table: Table,
    mapping: &Mapping,
) -> Result<RawTable, IngestError> {
    let whole = |part: Result<Part, IngestError>| {
        let mut part = part?;
        apply(mapping.of(table), table, &mut part)?;
        if matches!(table, Table::Invoices | Table::Payments) {
            instalment::name(&mut part, table)?;
        }
        Ok(part)
    };
    let layout = &mapping.of(table).layout;
    let parts: Result<Vec<Part>, IngestError> = match fetched {
        Some(parts) => parts.into_par_iter().map(|part| whole(part.read(table, mapping, layout))).collect(),
        None => source::sources(path)?
            .into_par_iter()
            .map(|source| whole(format::read(&source, table, mapping, layout)))
            .collect(),
    };
    let path = fetch::shown(path);
    let mut raw = RawTable { table, path, styles: Styles::default(), parts: parts?, segments: Vec::new() };
    raw.find_segments(&mapping.of(table).segments);
    raw.styles = Styles::decide(&raw, mapping.of(table))?;
    Ok(raw)
}
