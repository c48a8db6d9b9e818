//! The days from which a backtest forecasts, and how far back each may look.

use super::BacktestError;
use crate::core::Day;

/// Longest step between origins, in days.
const STEP_MAX: i32 = 3650;
/// Shortest and longest sliding window, in days.
const WINDOW_DAYS: std::ops::RangeInclusive<i32> = 90..=36_500;

/// How much of the past an origin learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// All that was known: later origins know more.
    Expanding,
    /// Invoices issued in the last so many days, and older ones while they are open; training landmarks and cash
    /// history from those days alone. Every origin looks back as far.
    Sliding {
        /// Days before the origin.
        days: i32,
    },
}

/// Rolling origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origins {
    first: Day,
    last: Day,
    every_days: i32,
    window: Window,
}

impl Origins {
    /// Origins from `first` to at most `last`, `every_days` apart.
    ///
    /// # Errors
    /// [`BacktestError::NoOrigin`], [`BacktestError::Step`] and [`BacktestError::Window`].
    ///
    /// ```
    /// use arrears::evaluate::{Origins, Window};
    /// let origins = Origins::try_new("2024-01-01".parse()?, "2024-02-28".parse()?, 28, Window::Expanding)?;
    /// let days: Vec<String> = origins.days().iter().map(ToString::to_string).collect();
    /// assert_eq!(days, ["2024-01-01", "2024-01-29", "2024-02-26"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_new(first: Day, last: Day, every_days: i32, window: Window) -> Result<Self, BacktestError> {
        if first > last {
            return Err(BacktestError::NoOrigin { first, last });
        }
        if !(1..=STEP_MAX).contains(&every_days) {
            return Err(BacktestError::Step { days: every_days });
        }
        match window {
            Window::Sliding { days } if !WINDOW_DAYS.contains(&days) => Err(BacktestError::Window { days }),
            _ => Ok(Self { first, last, every_days, window }),
        }
    }

    /// Every origin, in order.
    pub fn days(&self) -> Vec<Day> {
        let n = (self.last.0 - self.first.0) / self.every_days;
        (0..=n).map(|k| self.first.plus(k * self.every_days)).collect()
    }

    /// Days from one origin to the next.
    pub fn every_days(&self) -> i32 {
        self.every_days
    }

    /// How far back each looks.
    pub fn window(&self) -> Window {
        self.window
    }
}
