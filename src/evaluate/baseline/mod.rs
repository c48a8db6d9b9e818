//! Forecasts that need no model: what the engine has to beat to be worth its price.
//!
//! Each sees what was known at the origin and nothing else. Rates and delays that shrink are pulled towards the
//! portfolio's with the weight of [`SHRINK_INVOICES`] invoices.

mod collection_curve;
mod delay;
mod late_rate;
mod roll_rate;
mod series;

pub use collection_curve::collection_curve;
pub use delay::{customer_mean_delay, customer_median_delay, due_date};
pub use late_rate::customer_late_rate;
pub use roll_rate::roll_rate;
pub use series::{DailyCash, ets, seasonal_naive, weekday_mean};

use super::fold::ModelForecast;
use super::outcome::{CashOf, DAYS, DAYS_PER_WEEK, WEEKS, WeeklyCash};
use crate::core::{Amount, Currency, Day};
use crate::ledger::Known;

/// Invoices that the portfolio counts as in a customer's own figure.
pub const SHRINK_INVOICES: f64 = 2.0;

/// What a baseline forecasts from: the ledger at an origin.
#[derive(Debug, Clone, Copy)]
pub struct Stand<'a> {
    /// What was known, less what a sliding window forgets.
    pub known: &'a Known,
    /// Its open invoices, in ledger order.
    pub open: &'a [u32],
    /// Those of them not yet due.
    pub not_yet_due: &'a [u32],
    /// First day of issue that is learnt from; `i32::MIN` for an expanding window.
    pub since: Day,
    /// Days after due during which payment is not late.
    pub grace_days: i32,
    /// Last day past due of each aging bucket but the last.
    pub aging_edges_days: &'a [i32],
    /// Cash received by day and currency.
    pub history: &'a [DailyCash],
}

/// A baseline by its name in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// Each invoice is paid on its due date, an overdue one tomorrow.
    DueDate,
    /// Due date + the customer's mean delay.
    CustomerMeanDelay,
    /// Due date + the customer's median delay.
    CustomerMedianDelay,
    /// The customer's share of late invoices.
    CustomerLateRate,
    /// What earlier issues had collected at that age.
    CollectionCurve,
    /// What moves from bucket to bucket in a week.
    RollRate,
    /// The cash of the same week a year ago.
    SeasonalNaive,
    /// The mean cash of each weekday of late.
    WeekdayMean,
    /// Exponential smoothing of weekly cash.
    Ets,
}

impl Baseline {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 9] = [
        Self::DueDate,
        Self::CustomerMeanDelay,
        Self::CustomerMedianDelay,
        Self::CustomerLateRate,
        Self::CollectionCurve,
        Self::RollRate,
        Self::SeasonalNaive,
        Self::WeekdayMean,
        Self::Ets,
    ];

    /// The contract's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::DueDate => "due_date",
            Self::CustomerMeanDelay => "customer_mean_delay",
            Self::CustomerMedianDelay => "customer_median_delay",
            Self::CustomerLateRate => "customer_late_rate",
            Self::CollectionCurve => "collection_curve",
            Self::RollRate => "roll_rate",
            Self::SeasonalNaive => "seasonal_naive",
            Self::WeekdayMean => "weekday_mean",
            Self::Ets => "ets",
        }
    }

    /// What it forecasts at an origin.
    pub fn forecast(self, stand: &Stand<'_>) -> ModelForecast {
        let late = |late_prob| ModelForecast { late_prob: Some(late_prob), cash: Vec::new() };
        let cash = |cash| ModelForecast { late_prob: None, cash };
        match self {
            Self::DueDate => cash(due_date(stand)),
            Self::CustomerMeanDelay => cash(customer_mean_delay(stand)),
            Self::CustomerMedianDelay => cash(customer_median_delay(stand)),
            Self::CustomerLateRate => late(customer_late_rate(stand)),
            Self::CollectionCurve => collection_curve(stand),
            Self::RollRate => roll_rate(stand),
            Self::SeasonalNaive => cash(stand.history.iter().filter_map(seasonal_naive).collect()),
            Self::WeekdayMean => cash(stand.history.iter().filter_map(weekday_mean).collect()),
            Self::Ets => cash(stand.history.iter().filter_map(ets).collect()),
        }
    }
}

impl Stand<'_> {
    fn origin(&self) -> Day {
        self.known.as_of()
    }

    /// Invoices that are learnt from.
    fn learnt(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.known.n_invoices()).filter(|&i| self.learns(i))
    }

    fn learns(&self, i: usize) -> bool {
        self.known.issue[i] >= self.since.0 && self.known.is_dated(i)
    }

    /// Currencies with open invoices, as places in the ledger's list, in order.
    fn open_currencies(&self) -> Vec<usize> {
        let mut seen = vec![false; self.known.currency_code.len()];
        self.open.iter().for_each(|&i| seen[self.known.currency[i as usize] as usize] = true);
        (0..seen.len()).filter(|&c| seen[c]).collect()
    }

    /// Weekly cash of the open invoices if each is paid in full on a day; one paid after [`WEEKS`] is in none.
    fn paid_on(&self, pay_day: impl Fn(usize) -> i32) -> Vec<WeeklyCash> {
        let mut weeks = vec![[Amount::ZERO; WEEKS]; self.known.currency_code.len()];
        for i in self.open.iter().map(|&i| i as usize) {
            let after = pay_day(i).saturating_sub(self.origin().0).max(1);
            if after <= DAYS {
                let week = (after - 1) / DAYS_PER_WEEK;
                weeks[self.known.currency[i] as usize][week as usize] += self.known.open_amount[i];
            }
        }
        let of = |c: usize| self.open_cash(c, weeks[c].map(Amount::to_f64));
        self.open_currencies().into_iter().map(of).collect()
    }

    fn open_cash(&self, currency: usize, expected: [f64; WEEKS]) -> WeeklyCash {
        let currency: Currency = self.known.currency_code[currency];
        WeeklyCash { source: CashOf::Open, currency, expected, quantile: None }
    }
}

#[cfg(test)]
mod tests;
