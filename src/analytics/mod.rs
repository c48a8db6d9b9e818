//! What the ledger says of itself: counts and sums that no model touches.

mod aging;

pub use aging::{Aging, aging};
