//! All cash of a currency as a series of weeks, forecast without a look at any invoice.

use crate::core::{Amount, Currency, Day};
use crate::evaluate::outcome::{CashOf, DAYS_PER_WEEK, WEEKS, WeeklyCash};
use crate::ledger::{Known, SettlementKind};
use augurs::ets::AutoETS;
use augurs::{Fit, Predict};

/// Weeks in a year, the season of weekly cash.
const YEAR_WEEKS: usize = 52;
/// Weeks in a month or nearly: the season of a history shorter than a year.
const MONTH_WEEKS: usize = 4;
/// Weeks of which weekdays are averaged.
const MEAN_WEEKS: usize = 13;
/// Latest weeks that are smoothed: what lies further back hardly counts, and costs time.
const ETS_WEEKS: usize = 156;
/// Fewest weeks that are smoothed.
const ETS_WEEKS_MIN: usize = 12;
/// Probability inside each pair of the forecast's quantiles, outermost first.
const LEVELS: [f64; 3] = [0.90, 0.80, 0.50];

/// Cash received in one currency on each day up to an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyCash {
    /// Of the amounts.
    pub currency: Currency,
    /// The origin: the last day.
    pub origin: Day,
    /// Oldest first, from the day of the first cash on.
    pub days: Vec<Amount>,
}

impl DailyCash {
    /// The history of each currency that has received cash by `known`'s as_of, and of it what is not before `since`.
    pub fn of(known: &Known, since: Day) -> Vec<Self> {
        let origin = known.as_of();
        let cash = |i: usize| {
            let settlements = known.settlements_of(i).filter(|&s| {
                known.settlement_kind[s] == SettlementKind::Cash && known.settlement_day[s] >= since.0
            });
            settlements.map(|s| (known.settlement_day[s], known.settlement_amount[s]))
        };
        let mut first = vec![i32::MAX; known.currency_code.len()];
        for i in 0..known.n_invoices() {
            let first = &mut first[known.currency[i] as usize];
            cash(i).for_each(|(day, _)| *first = day.min(*first));
        }
        let n_days = |first: i32| (origin.0 - first + 1).max(0) as usize;
        let mut days: Vec<Vec<Amount>> =
            first.iter().map(|&f| vec![Amount::ZERO; if f == i32::MAX { 0 } else { n_days(f) }]).collect();
        for i in 0..known.n_invoices() {
            let c = known.currency[i] as usize;
            cash(i).for_each(|(day, amount)| days[c][(day - first[c]) as usize] += amount);
        }
        let histories = known.currency_code.iter().zip(days).filter(|(_, days)| !days.is_empty());
        histories.map(|(&currency, days)| Self { currency, origin, days }).collect()
    }

    /// Cash of each whole week, oldest first, the last one ending on the origin; in currency units.
    pub fn weeks(&self) -> Vec<f64> {
        let whole = self.days.rchunks_exact(DAYS_PER_WEEK as usize);
        let mut weeks: Vec<f64> = whole.map(|w| w.iter().copied().sum::<Amount>().to_f64()).collect();
        weeks.reverse();
        weeks
    }

    fn total(&self, expected: [f64; WEEKS], quantile: Option<[[f64; 7]; WEEKS]>) -> WeeklyCash {
        WeeklyCash { source: CashOf::Total, currency: self.currency, expected, quantile }
    }
}

/// Each week brings what the same week brought 52 weeks before; with less than a year of history what it brought four
/// weeks before, the month of most pay runs, and with less than that what the last week did.
///
/// None without one whole week.
pub fn seasonal_naive(history: &DailyCash) -> Option<WeeklyCash> {
    let weeks = history.weeks();
    let season = [YEAR_WEEKS, MONTH_WEEKS, 1].into_iter().find(|s| *s <= weeks.len())?;
    let last = &weeks[weeks.len() - season..];
    Some(history.total(std::array::from_fn(|week| last[week % season]), None))
}

/// Each day brings the mean cash of its weekday over the last 13 weeks, or as many whole weeks as there are.
///
/// None without one whole week.
pub fn weekday_mean(history: &DailyCash) -> Option<WeeklyCash> {
    let n_weeks = (history.days.len() / DAYS_PER_WEEK as usize).min(MEAN_WEEKS);
    let days = &history.days[history.days.len() - n_weeks * DAYS_PER_WEEK as usize..];
    let mut by_weekday = [Amount::ZERO; DAYS_PER_WEEK as usize];
    days.iter().enumerate().for_each(|(k, &amount)| by_weekday[k % DAYS_PER_WEEK as usize] += amount);
    let week = by_weekday.iter().map(|total| total.to_f64() / n_weeks as f64).sum();
    (n_weeks > 0).then(|| history.total([week; WEEKS], None))
}

/// Exponential smoothing of weekly cash, error and trend chosen by AICc, without a season: that of the augurs crate,
/// after R's forecast. Amounts below zero become zero; quantiles come from its prediction intervals.
///
/// None with fewer than 12 whole weeks, and where no model can be fitted, as to a constant.
///
/// Source: Hyndman, Koehler, Snyder & Grose (2002), *International Journal of Forecasting* 18(3).
pub fn ets(history: &DailyCash) -> Option<WeeklyCash> {
    let weeks = history.weeks();
    let weeks = &weeks[weeks.len().saturating_sub(ETS_WEEKS)..];
    if weeks.len() < ETS_WEEKS_MIN {
        return None;
    }
    let fitted = AutoETS::new(1, "ZZN").ok()?.fit(weeks).ok()?;
    let mut quantile = [[0.0; 7]; WEEKS];
    let mut expected = [0.0; WEEKS];
    for (pair, level) in LEVELS.into_iter().enumerate() {
        let forecast = fitted.predict(WEEKS, level).ok()?;
        let intervals = forecast.intervals?;
        for week in 0..WEEKS {
            expected[week] = forecast.point[week].max(0.0);
            quantile[week][pair] = intervals.lower[week].max(0.0);
            quantile[week][3] = expected[week];
            quantile[week][6 - pair] = intervals.upper[week].max(0.0);
        }
    }
    let finite = expected.iter().chain(quantile.as_flattened()).all(|v| v.is_finite());
    let ordered = quantile.iter().all(|q| q.windows(2).all(|w| w[0] <= w[1]));
    (finite && ordered).then(|| history.total(expected, Some(quantile)))
}
