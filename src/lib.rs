//! arrears
pub mod core;
pub mod ingest;
pub mod ledger;
pub mod numeric;
pub mod policy;
pub mod score;
