//! arrears
pub mod analytics;
pub mod collect;
pub mod core;
pub mod features;
pub mod forecast;
pub mod ingest;
pub mod cli;
pub mod contract;
pub mod core;
pub mod error;
pub mod ledger;
pub mod model;
pub mod numeric;
pub mod pipeline;
pub mod policy;
pub mod score;

pub use error::Error;
