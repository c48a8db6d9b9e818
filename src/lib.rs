//! arrears
pub mod analytics;
pub mod collect;
pub mod core;
pub mod forecast;
pub mod ledger;
pub mod numeric;
pub mod policy;
pub mod score;
