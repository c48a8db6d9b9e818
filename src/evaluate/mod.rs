//! Judging forecasts against what then happened.
//!
//! [`fold()`] forecasts from one origin with what was known there, by the engine and by each baseline, and joins what
//! the ledger knew at its end; [`judge()`] turns the folds of all origins into metrics and verdicts.

pub mod baseline;
pub mod catalog;
pub mod challenger;
pub mod drift;
mod error;
pub mod fold;
pub mod interval;
pub mod judge;
pub mod metric;
pub mod origin;
pub mod outcome;
pub mod reliability;
pub mod scaled;
pub mod statistic;

pub use challenger::{Challenger, Claim, Coverage};
pub use error::BacktestError;
pub use fold::{Contest, Fold, ModelForecast, fold};
pub use judge::{Judgement, MetricRow, Outlook, Skill, judge};
pub use origin::{Origins, Window};
pub use outcome::{CashOf, Outcome, WEEKS, WeeklyCash};
