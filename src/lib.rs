//! arrears
pub mod core;
pub mod ledger;
pub mod numeric;
pub mod policy;
pub mod score;
pub mod simulate;
