//! arrears
pub mod core;
pub mod features;
pub mod ledger;
pub mod model;
pub mod numeric;
pub mod policy;
pub mod score;
