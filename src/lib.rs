//! Which invoices will be paid late, when the cash will come, and whom to call first.
//!
//! Data flows one way, and a stage is a plain function from tables to tables:
//!
//! ```text
//! ingest -> ledger -> features -> model -> score -> forecast, collect, analytics -> contract
//! ```
//!
//! [`pipeline::run`] is all of it; each stage can be called by itself.
//!
//! ```
//! use arrears::ingest::Book;
//! use arrears::pipeline::{Job, Silent, assess};
//! use arrears::simulate::{Plan, simulate};
//!
//! // two years of a simulated ledger, scored at the end of its 20th month
//! let ledger = simulate(&Plan::new(60, 24, 1)).ledger()?;
//! let policy = arrears::policy::parse("[ledger]\nreporting_currency = \"XXX\"", "at par, without rates")?;
//! let job = Job { policy, as_of: "2024-08-31".parse()?, seed: 0, model: None };
//! let output = assess(Book::of(ledger), &job, &Silent)?;
//! assert!(output.files.iter().any(|f| f.name == "invoice_scores.parquet"));
//! assert!(output.summary.n_open > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod analytics;
pub mod cli;
pub mod collect;
pub mod contract;
pub mod core;
pub mod error;
pub mod evaluate;
pub mod features;
pub mod forecast;
pub mod ingest;
pub mod ledger;
pub mod machine;
pub mod model;
pub mod numeric;
pub mod pipeline;
pub mod policy;
pub mod remote;
pub mod report;
pub mod score;
pub mod simulate;

pub use error::Error;
