//! The few numbers that a person wants to see first.

use crate::analytics::Aging;
use crate::collect::Priorities;
use crate::core::{Amount, Currency, Day};
use crate::forecast::{CashForecast, CashSource, Grain};
use crate::ledger::Known;
use crate::score::InvoiceScore;
use serde::Serialize;

/// Customers listed to be contacted first.
const FIRST_CUSTOMERS: usize = 10;

/// A run in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The run's as_of.
    pub as_of: Day,
    /// Invoices known.
    pub n_invoices: usize,
    /// Customers known.
    pub n_customers: usize,
    /// Invoices with something open.
    pub n_open: usize,
    /// Of those, past due.
    pub n_overdue: usize,
    /// Mean late_prob of those not yet due; 0 if there is none.
    pub mean_late_prob: f64,
    /// A line for each currency.
    pub currencies: Vec<CurrencySummary>,
    /// Whom to contact first.
    pub first: Vec<CustomerSummary>,
    /// Currency of the amounts in `first`.
    pub reporting_currency: String,
}

/// What is open in one currency, and when it is expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurrencySummary {
    /// The currency.
    pub currency: String,
    /// Aging buckets in order, amounts as exact decimals.
    pub aging: Vec<(String, String)>,
    /// Start of each week, expected cash, and its 10 % and 90 % quantiles.
    pub weeks: Vec<(Day, f64, f64, f64)>,
}

/// One customer to contact.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CustomerSummary {
    /// Place in the list.
    pub rank: u32,
    /// The customer.
    pub customer_id: String,
    /// What to do.
    pub action: String,
    /// What is open, as an exact decimal.
    pub open_amount: String,
    /// Of that, past due.
    pub overdue_amount: String,
    /// What the action is expected to bring.
    pub expected_gain: f64,
    /// The strongest reason.
    pub reason: String,
}

impl Summary {
    pub(super) fn new(
        known: &Known,
        scores: &[InvoiceScore],
        forecast: &CashForecast,
        ranked: &Priorities,
        aging: &Aging,
    ) -> Self {
        let not_yet_due: Vec<f64> =
            scores.iter().filter(|s| s.days_past_due < 0).map(|s| s.late_prob).collect();
        let mut currencies: Vec<Currency> = aging.currency.clone();
        currencies.dedup();
        Self {
            as_of: known.as_of(),
            n_invoices: known.n_invoices(),
            n_customers: known.n_customers(),
            n_open: scores.len(),
            n_overdue: scores.iter().filter(|s| s.days_past_due > 0).count(),
            mean_late_prob: crate::numeric::sum(&not_yet_due) / not_yet_due.len().max(1) as f64,
            currencies: currencies.into_iter().map(|c| CurrencySummary::new(c, forecast, aging)).collect(),
            first: (0..ranked.rank.len())
                .take_while(|&k| k < FIRST_CUSTOMERS && ranked.expected_gain[k] > 0.0)
                .map(|k| CustomerSummary {
                    rank: ranked.rank[k],
                    customer_id: ranked.customer_id.get(k).to_owned(),
                    action: ranked.action[k].clone().unwrap_or_default(),
                    open_amount: ranked.open_amount[k].to_string(),
                    overdue_amount: ranked.overdue_amount[k].to_string(),
                    expected_gain: ranked.expected_gain[k],
                    reason: ranked.reason[0][k].unwrap_or_default().to_owned(),
                })
                .collect(),
            reporting_currency: ranked.reporting_currency.to_string(),
        }
    }
}

impl CurrencySummary {
    fn new(currency: Currency, forecast: &CashForecast, aging: &Aging) -> Self {
        let amount = |a: Amount| a.to_string();
        let buckets = (0..aging.currency.len())
            .filter(|&k| aging.currency[k] == currency && aging.segment.get(k) == "all");
        let weeks = (0..forecast.period.len()).filter(|&k| {
            forecast.currency[k] == currency
                && forecast.segment.get(k) == "all"
                && forecast.grain[k] == Grain::Week
                && forecast.source[k] == CashSource::Open
        });
        Self {
            currency: currency.to_string(),
            aging: buckets.map(|k| (aging.bucket.get(k).to_owned(), amount(aging.amount[k]))).collect(),
            weeks: weeks
                .map(|k| {
                    let q = &forecast.quantile;
                    (forecast.period_start[k], forecast.expected[k], q[1][k], q[5][k])
                })
                .collect(),
        }
    }
}
