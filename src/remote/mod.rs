//! Places beyond the file system, named by URL: a PostgreSQL database, or objects in an S3-style store.
//!
//! [`PostgresUrl`] and [`ObjectUrl`] read a URL, connect, and show themselves without a password. What is read from
//! there is `ingest`'s affair, what is written there `contract`'s.

mod error;
mod object;
mod postgres;

pub use error::{Cause, RemoteError};
pub use object::{Bucket, ObjectUrl};
pub use postgres::{PostgresUrl, cause};

/// Whether a text names a place beyond the file system.
///
/// ```
/// use arrears::remote::is_url;
/// assert!(is_url("postgres://ann@db/erp#invoices") && is_url("s3://ledger/invoices/"));
/// assert!(!is_url("invoices.csv"));
/// ```
pub fn is_url(text: &str) -> bool {
    PostgresUrl::is(text) || ObjectUrl::is(text)
}
