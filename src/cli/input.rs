//! What the verbs that read a ledger have in common.

use crate::core::Day;
use clap::Args;
use std::path::PathBuf;

/// Where the ledger is and how it is read.
#[derive(Debug, Clone, Args)]
pub struct InputArgs {
    /// Invoices: a file, folder, glob, book.xlsx#Sheet, - for stdin, or a postgres:// or s3:// URL
    #[arg(long, value_name = "FILE")]
    pub invoices: PathBuf,
    /// Payments, several an invoice; without them `paid_date` of the invoices counts
    #[arg(long, value_name = "FILE")]
    pub payments: Option<PathBuf>,
    /// Customers: names, countries, credit limits, segments
    #[arg(long, value_name = "FILE")]
    pub customers: Option<PathBuf>,
    /// Contacts with customers: promises, outcomes
    #[arg(long, value_name = "FILE")]
    pub contacts: Option<PathBuf>,
    /// Exchange rates to the reporting currency
    #[arg(long, value_name = "FILE")]
    pub fx: Option<PathBuf>,
    /// A known layout of columns, as ibm-ar [default: the canonical names]
    #[arg(long, value_name = "NAME", conflicts_with = "mapping")]
    pub profile: Option<String>,
    /// A file that says where an export has each field, and how it writes dates and numbers
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// A policy that replaces some of the defaults
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Reject rows that need a repair or deserve a warning
    #[arg(long)]
    pub strict: bool,
}

/// The day that is asked about.
#[derive(Debug, Clone, Copy, Args)]
pub struct AsOfArg {
    /// Use only what was known at the end of this day. Required: never defaults to today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Day,
}

/// The seed of what is drawn.
#[derive(Debug, Clone, Copy, Args)]
pub struct SeedArg {
    /// Seed of every draw: the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}
