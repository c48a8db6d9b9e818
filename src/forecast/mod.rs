//! When cash will come, of open invoices and of those to be issued: exactly in the mean, by simulation in its spread.

mod billing;
mod future;
mod level;
mod period;
mod portfolio;
mod simulation;

pub use billing::{Billing, Line};
pub use future::{FutureCash, future_cash};
pub use level::Level;
pub use period::{Grain, Period, periods};
pub use portfolio::Portfolio;
pub use simulation::{Draws, QUANTILES, Shocks, n_draws};

use crate::core::{Amount, Currency, Day, TextColumn};
use crate::ledger::Known;
use crate::policy::ValidPolicy;
use crate::score::{Curves, PartPayments};
use rayon::prelude::*;

/// The segment that holds every invoice.
const ALL: &str = "all";

/// Which invoices cash comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CashSource {
    /// Invoices open at as_of.
    Open,
    /// Invoices not yet issued.
    Future,
    /// Both.
    Total,
}

impl CashSource {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Future => "future",
            Self::Total => "total",
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
    /// `all`, or `name=value` of open invoices.
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
    /// What falls due in the period: the naive forecast, of open invoices alone.
    pub due: Vec<Option<Amount>>,
}

/// Forecasts cash by day, week and month for each currency that has some. With `future` there are three sources:
/// `open`, `future` and their sum, `total`; without it `open` alone.
///
/// `expected` of open invoices comes straight from the curves ([`Portfolio::expected_by_day`]); weeks and months add up the same
/// daily numbers, so that the days of a week sum to it but for the last bits of `f64`. Quantiles come from one set of
/// simulated futures ([`Portfolio::simulate`]) for all periods. `due` adds the open amounts that fall due in the
/// period, exact to the cent; what is overdue already is in none. A draw of `total` is a draw of `open` and one of
/// `future` together, both with the same good and bad weeks ([`Draws::shaken`]).
///
/// The groups of each segment follow, of open invoices alone: what is not issued yet has no value. Their draws are their
/// own invoices' part of the draws of all, so that they sum to `all` draw by draw but for rounding; their quantiles do
/// not.
///
/// # Shapes and units
/// - `open`: ledger indices of the open invoices, customers together, as [`Known::open_invoices`] gives them.
/// - `curves`: row `k` belongs to `open[k]`; and how what they settle comes in.
///
/// # Panics
/// If `open` and `curves` differ in length.
///
/// # Example
/// ```
/// # use arrears::{core::Day, forecast::cash_forecast, ledger::Ledger, score::{Curves, PartPayments}};
/// let known = Ledger::default().known_at(Day(0));
/// let policy = arrears::policy::parse("", "defaults")?;
/// let curves = (&Curves::new(vec![0, 365], vec![]), &PartPayments::of(&known));
/// let forecast = cash_forecast(&known, &[], curves, &[], &policy, 1);
/// assert!(forecast.expected.is_empty());
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
pub fn cash_forecast(
    known: &Known,
    open: &[u32],
    (curves, part_payments): (&Curves, &PartPayments),
    future: &[FutureCash],
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
    let last = last_day(known.as_of());
    let mut out = CashForecast { n_draws: shocks.n_draws, ..CashForecast::default() };
    let weeks = policy.forecast.week_deviation;
    let mut portfolios = Portfolio::by_currency(known, open, curves, part_payments).into_iter().peekable();
    let of_currency = |&currency: &Currency| {
        let portfolio = portfolios.next_if(|(of, _)| *of == currency).map(|(_, portfolio)| portfolio);
        (currency, portfolio, future.iter().find(|f| f.currency == currency))
    };
    let currencies: Vec<_> = known.currency_code.iter().map(of_currency).collect();
    // small ones fill the threads that large ones leave idle
    let cash: Vec<CurrencyCash> = currencies
        .into_par_iter()
        .with_max_len(1)
        .map(|(currency, portfolio, future)| {
            let groups = portfolio.as_ref().map(Portfolio::by_segment).unwrap_or_default();
            CurrencyCash {
                currency,
                open: portfolio.map(|p| Cash::of(&p, &shocks, weeks, last)),
                future: future.map(|future| Cash::of_future(future, &shocks, weeks)),
                groups: groups
                    .into_par_iter()
                    .map(|(segment, group)| (segment, Cash::of(&group, &shocks, weeks, last)))
                    .collect(),
            }
        })
        .collect();
    for CurrencyCash { currency, open, future, groups } in cash {
        let key = (known.as_of(), currency);
        if let Some(future) = future {
            out.push_sources(key, open, future, &periods);
        } else if let Some(open) = open {
            out.push(key, ALL, CashSource::Open, &periods, &open);
        }
        for (segment, cash) in groups {
            out.push(key, &segment, CashSource::Open, &periods, &cash);
        }
    }
    out
}

/// Cash of one currency, and of the groups of its open invoices.
struct CurrencyCash {
    currency: Currency,
    open: Option<Cash>,
    future: Option<Cash>,
    groups: Vec<(String, Cash)>,
}

/// Days after as_of that a forecast reaches.
pub fn last_day(as_of: Day) -> i32 {
    periods(as_of).iter().map(|p| p.last).max().unwrap_or(0)
}

/// Cash by day of one currency and source.
struct Cash {
    expected: Vec<f64>,
    draws: Draws,
    due: Option<Vec<Amount>>,
}

impl Cash {
    fn of(portfolio: &Portfolio<'_>, shocks: &Shocks, week_deviation: f64, last: i32) -> Self {
        Self {
            expected: portfolio.expected_by_day(last),
            draws: portfolio.simulate(shocks, last).shaken(week_deviation, shocks.seed),
            due: Some(portfolio.due_by_day(last)),
        }
    }

    fn of_future(future: &FutureCash, shocks: &Shocks, week_deviation: f64) -> Self {
        let draws = future.simulate(shocks).shaken(week_deviation, shocks.seed);
        Self { expected: future.expected.clone(), draws, due: None }
    }

    fn none(n_draws: usize, n_days: usize) -> Self {
        let draws = Draws::new(n_draws, vec![0; n_days * n_draws]);
        Self { expected: vec![0.0; n_days], draws, due: Some(vec![Amount::ZERO; n_days]) }
    }
}

impl CashForecast {
    /// Open invoices, future ones and both together.
    fn push_sources(&mut self, key: (Day, Currency), open: Option<Cash>, future: Cash, periods: &[Period]) {
        let open = open.unwrap_or_else(|| Cash::none(self.n_draws, future.expected.len()));
        let total = Cash {
            expected: open.expected.iter().zip(&future.expected).map(|(a, b)| a + b).collect(),
            draws: open.draws.plus(&future.draws),
            due: None,
        };
        for (source, cash) in
            [(CashSource::Open, open), (CashSource::Future, future), (CashSource::Total, total)]
        {
            self.push(key, ALL, source, periods, &cash);
        }
    }

    fn push(
        &mut self,
        (as_of, currency): (Day, Currency),
        segment: &str,
        source: CashSource,
        periods: &[Period],
        cash: &Cash,
    ) {
        let quantiles: Vec<_> = periods.par_iter().map(|p| cash.draws.quantiles(p.first, p.last)).collect();
        for (p, quantiles) in periods.iter().zip(quantiles) {
            let days = p.first as usize - 1..p.last as usize;
            self.currency.push(currency);
            self.segment.push(segment);
            self.source.push(source);
            self.grain.push(p.grain);
            self.period.push(p.period);
            self.period_start.push(as_of.plus(p.first));
            self.period_end.push(as_of.plus(p.last));
            self.expected.push(cash.expected[days.clone()].iter().sum());
            self.quantile.iter_mut().zip(quantiles).for_each(|(column, q)| column.push(q));
            self.due.push(cash.due.as_ref().map(|due| due[days].iter().copied().sum()));
        }
    }
}

#[cfg(test)]
mod tests;
