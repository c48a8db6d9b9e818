//! arrears
pub mod analytics;
pub mod collect;
pub mod core;
pub mod features;
pub mod forecast;
pub mod ingest;
pub mod ledger;
pub mod model;
pub mod numeric;
pub mod policy;
pub mod score;
