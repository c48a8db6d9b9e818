//! Whom to call first: what is at stake with each customer and what a contact would bring.

mod capacity;
mod contact;
mod hold;
mod priority;
mod reporting;
mod rules;
mod segment;
mod step;
mod value;
mod worklist;

pub use capacity::{Allotment, Chance, allot};
pub use contact::{Contact, Contacts};
pub use hold::Hold;
pub use priority::{Reasons, Stakes, priorities};
pub use reporting::{CollectError, Reporting};
pub use rules::idle_segments;
pub use segment::{SegmentRow, segments};
pub use step::{GainBasis, Step};
pub use value::{Outlook, Working};
pub use worklist::{Portion, Priorities};

#[cfg(test)]
mod tests;
