//! From hazards to probabilities, dates and bands.

pub mod contact;
pub mod contribution;
pub mod curve;
pub mod dependence;
mod effect;
pub mod given_up;
pub mod invoice;
pub mod new_invoice;
pub mod part_payment;
pub mod predict;
pub mod risk;
pub mod sighting;

pub use crate::model::ContactEffect;
pub use contact::{PastContacts, contact_effects};
pub use contribution::{Contribution, N_REASONS, Reason, predict_and_explain};
pub use curve::Curves;
pub use dependence::dependence;
pub use given_up::GivenUp;
pub use invoice::{InvoiceScore, RiskBand, score};
pub use new_invoice::NewInvoices;
pub use part_payment::PartPayments;
pub use predict::{Prediction, predict};
pub use risk::{Risk, RiskSums, risk};
