//! arrears
pub mod cli;
pub mod contract;
pub mod core;
pub mod error;
pub mod ledger;
pub mod numeric;
pub mod pipeline;
pub mod policy;
pub mod score;

pub use error::Error;
