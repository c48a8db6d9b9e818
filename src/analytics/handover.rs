//! Which debt is worth giving to an agency or taking to court, and at which age.

use crate::ledger::Known;
use crate::policy::{CollectorTerms, ValidPolicy};
use rayon::prelude::*;

const DAYS_PER_YEAR: f64 = 365.0;
/// Days from one age that is asked about to the next.
const STEP_DAYS: i32 = 7;
/// A chance to be still open below which nothing is asked: no debt is left to hand over.
const OPEN_PROB_MIN: f64 = 1e-6;

/// Who collects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// An agency, for a share of what it brings in.
    Agency,
    /// A court, for a sum.
    Legal,
}

impl Route {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agency => "agency",
            Self::Legal => "legal",
        }
    }
}

/// One overdue invoice, kept or handed over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HandoverRow {
    /// Index into the ledger.
    pub invoice: u32,
    /// Days past due at as_of.
    pub days_past_due: i32,
    /// Share of such a debt that is recovered, by its age.
    pub recovery_rate: f64,
    /// Value today of keeping the invoice.
    pub keep_value: f64,
    /// Value today of giving it to an agency.
    pub agency_value: f64,
    /// Value today of taking it to court.
    pub legal_value: f64,
    /// Who would bring more.
    pub route: Route,
    /// What that gains over keeping it.
    pub gain: f64,
    /// Days past due from which that is worth more than keeping it, if it is open by then: as of today's, or looked for
    /// every seven days to the horizon; none if on none of them.
    pub from_days_past_due: Option<i32>,
}

/// Value today of a debt of `open` at an age, given to a collector: `open r (1 - fee) (1 - c t / 365) - cost`, with `r` the
/// share recovered of a debt of that age times the collector's factor, 1 at the most, and `t` its days.
///
/// ```
/// use arrears::analytics::handover_value;
/// let policy = arrears::policy::parse("[collect]\ncost_of_capital_rate = 0", "mine.toml")?;
/// let agency = handover_value(1000.0, 90.0, &policy.handover.agency, &policy);
/// assert!((agency - 1000.0 * 0.689 * 0.75).abs() < 1e-9);
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
///
/// Source: recovery by age, survey of Commercial Collection Agencies of America; contingency fees are how agencies charge.
pub fn handover_value(open: f64, days_past_due: f64, terms: &CollectorTerms, policy: &ValidPolicy) -> f64 {
    let recovered = (policy.handover.recovery_rate_at(days_past_due) * terms.recovery_factor).min(1.0);
    let time = 1.0 - policy.collect.cost_of_capital_rate / DAYS_PER_YEAR * f64::from(terms.days);
    open * recovered * (1.0 - terms.fee_rate) * time - terms.cost
}

/// Each open invoice that is past due and not disputed, kept or handed over by the policy's terms.
///
/// Kept `d` days more and still open then, a unit is worth, with `S` its curve, `c` the cost of capital, `l` the loss given unpaid
/// and `H` the horizon: `[sum_{t > d} (S(t-1) - S(t)) (1 - c (t - d) / 365) + S(H) (1 - l) (1 - c (H - d) / 365)] / S(d)`; for
/// `d = 0` that is the `keep_value` of [`super::factoring_values`].
///
/// # Shapes and units
/// - `open`: ledger indices; `edges` days after as_of, from 0, increasing; `curve` gives survival at each edge of `open[k]`.
/// - In the order of `open`, those that are past due.
pub fn handover<'a>(
    known: &Known,
    open: &[u32],
    edges: &[i32],
    curve: impl Fn(usize) -> &'a [f64] + Sync,
    policy: &ValidPolicy,
) -> Vec<HandoverRow> {
    let as_of = known.as_of().0;
    let row = |(k, &invoice): (usize, &u32)| {
        let i = invoice as usize;
        let days_past_due = as_of - known.due[i];
        if days_past_due <= 0 || known.is_disputed(i, as_of) {
            return None;
        }
        let units = known.open_amount[i].to_f64();
        let past = |days: i32| f64::from(days_past_due) + f64::from(days);
        let of_agency = |days| handover_value(units, past(days), &policy.handover.agency, policy);
        let of_court = |days| handover_value(units, past(days), &policy.handover.legal, policy);
        let kept = Kept::of(edges, curve(k), policy);
        let from = kept
            .ages(edges)
            .into_iter()
            .find(|(days, keep)| of_agency(*days).max(of_court(*days)) > units * keep);
        let keep_value = units * kept.at(0, 0);
        let (agency_value, legal_value) = (of_agency(0), of_court(0));
        let (route, best) = if legal_value > agency_value {
            (Route::Legal, legal_value)
        } else {
            (Route::Agency, agency_value)
        };
        Some(HandoverRow {
            invoice,
            days_past_due,
            recovery_rate: policy.handover.recovery_rate_at(past(0)),
            keep_value,
            agency_value,
            legal_value,
            route,
            gain: best - keep_value,
            from_days_past_due: from.map(|(days, _)| days_past_due.saturating_add(days)),
        })
    };
    let rows = open.par_iter().enumerate().with_min_len(256).filter_map(|pair| row((pair.0, pair.1)));
    rows.collect()
}

/// What one unit of an invoice is worth on later days, if it is open then.
struct Kept<'a> {
    survival: &'a [f64],
    /// Sum over later days of the probability of payment times the day, from each edge on.
    later: Vec<f64>,
    capital: f64,
    recovered: f64,
    horizon: f64,
}

impl<'a> Kept<'a> {
    fn of(edges: &[i32], survival: &'a [f64], policy: &ValidPolicy) -> Self {
        let mut later = vec![0.0; edges.len()];
        for k in (0..edges.len().saturating_sub(1)).rev() {
            // cash is spread evenly over the days between two edges, of which this is the mean
            let day = f64::from(edges[k] + 1 + edges[k + 1]) / 2.0;
            later[k] = later[k + 1] + (survival[k] - survival[k + 1]) * day;
        }
        Self {
            survival,
            later,
            capital: policy.collect.cost_of_capital_rate / DAYS_PER_YEAR,
            recovered: 1.0 - policy.collect.loss_given_unpaid_rate,
            horizon: edges.last().copied().map_or(0.0, f64::from),
        }
    }

    /// Value at edge `k`, which is so many days after as_of.
    fn at(&self, k: usize, days: i32) -> f64 {
        let (day, open) = (f64::from(days), self.survival[k]);
        let unpaid = self.survival.last().copied().unwrap_or(1.0);
        let paid = open - unpaid;
        let cash = paid - self.capital * (self.later[k] - day * paid);
        let rest = unpaid * self.recovered * (1.0 - self.capital * (self.horizon - day));
        (cash + rest) / open
    }

    /// Values at the edges that are whole weeks after as_of, while the invoice may still be open.
    fn ages(&self, edges: &[i32]) -> Vec<(i32, f64)> {
        let weeks = edges.iter().enumerate().filter(|(_, days)| **days % STEP_DAYS == 0);
        let open = weeks.take_while(|(k, _)| self.survival[*k] > OPEN_PROB_MIN);
        open.map(|(k, days)| (*days, self.at(k, *days))).collect()
    }
}
