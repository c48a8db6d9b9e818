//! Why a backtest cannot be made.

use crate::core::Day;
use crate::model::ModelError;

/// What stopped a backtest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum BacktestError {
    /// No origin between the two.
    #[error("the first origin {first} is after the last one {last}")]
    NoOrigin { first: Day, last: Day },
    /// A step that goes nowhere.
    #[error("origins every {days} days, expected 1 to 3650")]
    Step { days: i32 },
    /// A window that holds nothing.
    #[error("a sliding window of {days} days, expected 90 to 36500")]
    Window { days: i32 },
    /// Nothing has happened after it yet.
    #[error("origin {origin}: the ledger ends on {end}, before the first week after the origin does")]
    NoOutcome { origin: Day, end: Day },
    /// Nothing to forecast.
    #[error("origin {origin}: no invoice is open")]
    NothingOpen { origin: Day },
    /// No model of the engine at an origin.
    #[error("origin {origin}: no model can be fitted on what was known")]
    Model {
        origin: Day,
        #[source]
        source: ModelError,
    },
    /// A row of a challenger that belongs to nothing in the backtest.
    #[error("{file}: row {row}: `{field}` is {value}, {expected}")]
    Challenger { file: String, row: u64, field: &'static str, value: String, expected: String },
    /// A challenger under a name that is taken.
    #[error("{file}: the name `{name}` is taken by another model")]
    NameTaken { file: String, name: String },
}

impl BacktestError {
    /// The contract's exit status: 2 for origins that cannot be, 3 for a challenger refused, 4 for a fit that failed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoOrigin { .. } | Self::Step { .. } | Self::Window { .. } | Self::NoOutcome { .. } => 2,
            Self::NameTaken { .. } => 2,
            Self::NothingOpen { .. } | Self::Challenger { .. } => 3,
            Self::Model { .. } => 4,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoOrigin { .. } => Some("give --last on or after --first".to_owned()),
            Self::Step { .. } => Some("give --every in days or weeks, as 28d or 4w".to_owned()),
            Self::Window { .. } => Some("give --window in days or weeks, as 104w, or leave it out".to_owned()),
            Self::NoOutcome { end, .. } => Some(format!("give --last on or before {}", end.plus(-7))),
            Self::NothingOpen { .. } => Some("move --first or --last to days with open invoices".to_owned()),
            Self::Model { source: ModelError::TooLittleHistory { .. }, .. } => {
                Some("give a later --first: a model needs history before its origin".to_owned())
            }
            Self::Model { source, .. } => source.hint(),
            Self::Challenger { .. } => Some(
                "a challenger may leave rows out, but each row it has must belong to an origin of the backtest; \
                 backtest_scores.parquet and backtest_cash.parquet of a run without --challenger list them"
                    .to_owned(),
            ),
            Self::NameTaken { .. } => Some("rename the file: its name is the model's".to_owned()),
        }
    }
}
