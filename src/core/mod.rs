//! Nouns of receivables: days, amounts, currencies, names. No input or output.

pub mod aging_bucket;
pub mod amount;
pub mod currency;
pub mod day;
pub mod room;
pub mod spelling;
pub mod text;

pub use aging_bucket::AgingBucket;
pub use amount::{Amount, AmountError};
pub use currency::Currency;
pub use day::{Day, DayError};
pub use text::TextColumn;
