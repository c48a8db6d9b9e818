//! From the files of a user to a checked ledger.
//!
//! [`read`] turns files into frames under canonical names ([`Raw`]) and judges nothing. [`check`] judges every row
//! once: it goes into the ledger, to quarantine with the rule that it breaks, or is ignored because it was not known
//! at `as_of`. Nothing is repaired silently and no row is lost: rows in = ledger + quarantined + ignored.

mod account;
mod biff;
mod book;
mod cell;
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
mod layout;
mod ndjson;
mod number;
mod parquet;
mod payment;
mod payment_row;
mod perturb;
mod piece;
mod profile;
mod record;
pub mod rule;
mod source;
mod standing;
mod stream;
mod table;
mod tally;
mod workbook;

pub use book::{Book, check, check_owned};
pub use contact::ContactTable;
pub use customer::{Customer, CustomerTable};
pub use error::IngestError;
pub use fx::FxTable;
pub use invoice::AHEAD_DAYS;
pub use layout::Layout;
pub use perturb::Perturbation;
pub use profile::{DateShape, Profile};
pub use table::Raw;
pub use tally::{InputCount, Quarantined};

use ::polars::prelude::{DataType, NamedFrom, Series};
use fetch::Fetched;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use table::{Part, RawTable, Table};

/// Where the tables are: each a file, a sheet of a workbook (`book.xlsx#Sheet`), a folder of parts, a glob, `-` for
/// standard input, or a URL `postgres://USER@HOST/DATABASE#TABLE` or `s3://BUCKET/KEY`.
///
/// A file is CSV under any delimiter, NDJSON, Parquet or an Excel workbook; what it is, how it is compressed (gzip,
/// zstd) and how its text is encoded (UTF-8, UTF-16, Windows-1252) is told by its bytes.
#[derive(Debug, Clone, Default)]
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
    /// How columns and dates of the invoices are named and written.
    pub profile: Profile,
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
    one_stdin(sources)?;
    let mut fetched = fetch::fetch(sources)?;
    let invoices = fetched.remove(Table::Invoices.name());
    let invoices = read_table(&sources.invoices, invoices, Table::Invoices, &sources.profile)?;
    let mut table = |path: &Option<PathBuf>, table: Table| {
        let fetched = fetched.remove(table.name());
        path.as_ref().map(|path| read_table(path, fetched, table, &sources.profile)).transpose()
    };
    let raw = Raw {
        invoices,
        payments: table(&sources.payments, Table::Payments)?,
        customers: table(&sources.customers, Table::Customers)?,
        contacts: table(&sources.contacts, Table::Contacts)?,
        fx: table(&sources.fx, Table::Fx)?,
    };
    if raw.invoices.n_rows() == 0 {
        return Err(IngestError::NoRows { path: raw.invoices.path });
    }
    Ok(raw)
}

/// Standard input ends with the first table that is read from it.
fn one_stdin(sources: &Sources) -> Result<(), IngestError> {
    let Sources { invoices, payments, customers, contacts, fx, .. } = sources;
    let tables = [
        (Table::Invoices, Some(invoices)),
        (Table::Payments, payments.as_ref()),
        (Table::Customers, customers.as_ref()),
        (Table::Contacts, contacts.as_ref()),
        (Table::Fx, fx.as_ref()),
    ];
    let mut of_stdin = tables.into_iter().filter(|(_, path)| path.is_some_and(|p| source::is_stdin(p)));
    match (of_stdin.next(), of_stdin.next()) {
        (Some((a, _)), Some((b, _))) => Err(IngestError::StdinTwice { tables: [a.name(), b.name()] }),
        _ => Ok(()),
    }
}

fn read_table(
    path: &Path,
    fetched: Option<Vec<Fetched>>,
    table: Table,
    profile: &Profile,
) -> Result<RawTable, IngestError> {
    let layout = Layout::default();
    let parts = match fetched {
        Some(parts) => parts.into_par_iter().map(|part| part.read(table, profile, &layout)).collect(),
        None => source::sources(path)?
            .into_par_iter()
            .map(|source| format::read(&source, table, profile, &layout))
            .collect::<Result<Vec<Part>, _>>(),
    }?;
    let mut raw = RawTable { table, path: fetch::shown(path), dates: profile.dates_of(table), parts };
    if matches!(table, Table::Invoices | Table::Payments) {
        raw.parts.iter_mut().try_for_each(|part| instalment::name(part, table))?;
    }
    if let (Table::Invoices, Some(currency)) = (table, profile.currency) {
        raw.parts.iter_mut().try_for_each(|part| set_currency(part, currency))?;
    }
    Ok(raw)
}

/// The profile's currency on every row: such an export has no column of it.
fn set_currency(part: &mut Part, currency: &str) -> Result<(), IngestError> {
    let mut frame = part.frame.clone();
    let column = Series::new("currency".into(), [currency]).cast(&DataType::String)?;
    frame.with_column(column.new_from_index(0, frame.height()).into())?;
    part.set_columns(frame);
    Ok(())
}
