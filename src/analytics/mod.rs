//! What the ledger says of itself: counts and sums that no model touches.

mod aging;
mod lateness;
mod receipt;
mod recent;

pub use aging::{Aging, aging};
pub use lateness::{Lateness, lateness};
pub use receipt::{Receipts, receipts};
pub use recent::{RECENT_INVOICES, Recent, recent};
