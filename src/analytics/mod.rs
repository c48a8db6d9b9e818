//! What the ledger says of itself: counts and sums that no model touches.

mod aging;
mod lateness;
mod receipt;

pub use aging::{Aging, aging};
pub use lateness::{Lateness, lateness};
pub use receipt::{Receipts, receipts};
