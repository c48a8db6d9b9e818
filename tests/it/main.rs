//! The one integration binary.

mod simulate;
