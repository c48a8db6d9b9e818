//! What is known of customers and invoices on a day, as numbers a model can learn from.
//!
//! [`survey`](survey::survey) passes over the ledger once and sweeps each customer to as_of;
//! [`person_periods()`] sweeps again and draws rows to learn from at landmarks.

pub mod average;
pub mod background;
pub mod bins;
pub mod calendar;
pub mod covariate;
pub mod day_row;
pub mod due_day;
pub mod facts;
pub mod habits;
pub mod label;
pub mod outlived;
pub mod pay_day;
pub mod person_period;
pub mod portfolio;
pub mod prior;
pub mod quiet;
pub mod reach;
pub mod recent;
pub mod state;
pub mod surprise;
pub mod survey;
pub mod sweep;

pub use average::{Average, TERMS};
pub use background::Background;
pub use covariate::{BASE, Covariate, N_COLUMNS, OFFSETS};
pub use habits::Habits;
pub use label::{Spell, spells};
pub use person_period::{PersonPeriods, person_periods};
pub use surprise::{Evidence, Surprise};
pub use survey::{Purpose, Survey, survey, survey_on};
