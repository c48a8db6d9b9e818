//! Whom to call first: what is at stake with each customer and what a contact would bring.

mod hold;
mod priority;
mod reporting;
mod value;

pub use hold::{Hold, Promise};
pub use priority::{GainBasis, Priorities, Reasons, Stakes, priorities};
pub use reporting::{CollectError, Reporting};
pub use value::Outlook;

#[cfg(test)]
mod tests;
