//! When the cash of open invoices will come: exactly in the mean, by simulation in its spread.

mod period;
mod portfolio;
mod simulation;

pub use period::{Grain, Period, periods};
pub use portfolio::Portfolio;
pub use simulation::{Draws, QUANTILES, Shocks, n_draws};

use crate::core::{Amount, Currency, Day, TextColumn};
use crate::ledger::Known;
use crate::policy::ValidPolicy;
use crate::score::Curves;
use rayon::prelude::*;

/// The segment that holds every invoice.
const ALL: &str = "all";

/// Which invoices cash comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CashSource {
    /// Invoices open at as_of.
    Open,
}

impl CashSource {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
        }
    }
}

/// The cash forecast: one entry a row in each column, by currency, segment, source, grain, then period.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CashForecast {
    /// Futures drawn for the quantiles.
    pub n_draws: usize,
    /// Currency of the row's amounts.
    pub currency: Vec<Currency>,
    /// `all`.
    pub segment: TextColumn,
    /// Where the cash comes from.
    pub source: Vec<CashSource>,
    /// Day, week or month.
    pub grain: Vec<Grain>,
    /// Place among the periods of the grain, from 0.
    pub period: Vec<i32>,
    /// First day of the period.
    pub period_start: Vec<Day>,
    /// Last day of the period.
    pub period_end: Vec<Day>,
    /// Expected cash, in currency units.
    pub expected: Vec<f64>,
    /// One column for each of [`QUANTILES`], in currency units.
    pub quantile: [Vec<f64>; 7],
    /// What falls due in the period: the naive forecast.
    pub due: Vec<Amount>,
}

/// Forecasts the cash of open invoices by day, week and month for each currency that has some.
///
/// `expected` comes straight from the curves ([`Portfolio::expected_by_day`]); weeks and months add up the same
/// daily numbers, so that the days of a week sum to it but for the last bits of `f64`. Quantiles come from one set of
/// simulated futures ([`Portfolio::simulate`]) for all periods. `due` adds the open amounts that fall due in the
/// period, exact to the cent; what is overdue already is in none.
///
/// # Shapes and units
/// - `open`: ledger indices of the open invoices, customers together, as [`Known::open_invoices`] gives them.
/// - `curves`: row `k` belongs to `open[k]`.
///
/// # Panics
/// If `open` and `curves` differ in length.
///
/// # Example
/// ```
/// # use arrears::{core::Day, forecast::cash_forecast, ledger::Ledger, score::Curves};
/// let known = Ledger::default().known_at(Day(0));
/// let policy = arrears::policy::parse("", "defaults")?;
/// let forecast = cash_forecast(&known, &[], &Curves::new(vec![0, 365], vec![]), &policy, 1);
/// assert!(forecast.expected.is_empty());
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
pub fn cash_forecast(
    known: &Known,
    open: &[u32],
    curves: &Curves,
    policy: &ValidPolicy,
    seed: u64,
) -> CashForecast {
    assert_eq!(open.len(), curves.len(), "one curve an open invoice");
    let shocks = Shocks {
        n_draws: n_draws(policy.forecast.draws, open.len()),
        customer_correlation: policy.forecast.customer_correlation,
        portfolio_correlation: policy.forecast.portfolio_correlation,
        seed,
    };
    let periods = periods(known.as_of());
    let mut out = CashForecast { n_draws: shocks.n_draws, ..CashForecast::default() };
    for (currency, portfolio) in Portfolio::by_currency(known, open, curves) {
        out.push(currency, ALL, &portfolio, &periods, &shocks);
    }
    out
}

impl CashForecast {
    fn push(
        &mut self,
        currency: Currency,
        segment: &str,
        portfolio: &Portfolio<'_>,
        periods: &[Period],
        shocks: &Shocks,
    ) {
        let last = periods.iter().map(|p| p.last).max().unwrap_or(0);
        let expected = portfolio.expected_by_day(last);
        let due = portfolio.due_by_day(last);
        let draws = portfolio.simulate(shocks, last);
        let quantiles: Vec<_> = periods.par_iter().map(|p| draws.quantiles(p.first, p.last)).collect();
        let as_of = portfolio.known.as_of();
        for (p, quantiles) in periods.iter().zip(quantiles) {
            let days = p.first as usize - 1..p.last as usize;
            self.currency.push(currency);
            self.segment.push(segment);
            self.source.push(CashSource::Open);
            self.grain.push(p.grain);
            self.period.push(p.period);
            self.period_start.push(as_of.plus(p.first));
            self.period_end.push(as_of.plus(p.last));
            self.expected.push(expected[days.clone()].iter().sum());
            self.quantile.iter_mut().zip(quantiles).for_each(|(column, q)| column.push(q));
            self.due.push(due[days].iter().copied().sum());
        }
    }
}

#[cfg(test)]
mod tests;
