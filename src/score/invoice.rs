//! Probabilities, dates and bands of each open invoice, read off its curve.

use super::predict::Prediction;
use crate::core::Day;
use crate::ledger::Known;
use crate::policy::{ScorePolicy, ValidPolicy};
use rayon::prelude::*;

/// Days after due at which lateness is asked for, beside the due date itself.
pub const LATE_DAYS: [i32; 3] = [30, 60, 90];
/// Days after as_of at which payment is asked for.
pub const PAID_DAYS: [i32; 5] = [7, 14, 30, 60, 90];
/// Quantiles of the day of payment.
pub const DATE_QUANTILES: [f64; 3] = [0.1, 0.5, 0.9];

/// How likely an invoice is to be paid late, by the policy's thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RiskBand {
    /// Below `risk_medium_prob`.
    Low,
    /// From it on.
    Medium,
    /// From `risk_high_prob` on.
    High,
}

impl RiskBand {
    fn of(late_prob: f64, policy: &ScorePolicy) -> Self {
        match late_prob {
            p if p >= policy.risk_high_prob => Self::High,
            p if p >= policy.risk_medium_prob => Self::Medium,
            _ => Self::Low,
        }
    }

    /// The contract's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The score of one open invoice.
#[derive(Debug, Clone, PartialEq)]
pub struct InvoiceScore {
    /// Index into the ledger.
    pub invoice: u32,
    /// as_of less due date.
    pub days_past_due: i32,
    /// P(not fully settled by the end of due date + grace); 1 once past it.
    pub late_prob: f64,
    /// P(not fully settled by so many days after due), for [`LATE_DAYS`].
    pub late_days_prob: [f64; 3],
    /// P(fully settled within so many days after as_of), for [`PAID_DAYS`].
    pub paid_prob: [f64; 5],
    /// Expected money within so many days after as_of, for [`PAID_DAYS`], in currency units: parts count as they come.
    pub expected_cash: [f64; 5],
    /// First day by which payment has at least that probability, for [`DATE_QUANTILES`]; none past the curve's end.
    pub pay_date: [Option<Day>; 3],
    /// P(not settled within the loss horizon).
    pub unpaid_prob: f64,
    /// Expected days from due to settlement, early days counting 0, with settlement after the loss horizon counted
    /// as on its last day.
    pub expected_days_late: f64,
    /// Band of `late_prob`.
    pub risk_band: RiskBand,
    /// Settled invoices of the customer known at as_of.
    pub history_n: u32,
}

/// Reads the score of each open invoice off its curve, in the prediction's order.
pub fn score(known: &Known, prediction: &Prediction, policy: &ValidPolicy) -> Vec<InvoiceScore> {
    (0..prediction.open.len())
        .into_par_iter()
        .with_min_len(256)
        .map_init(Vec::new, |room, k| one(known, prediction, (k, room), policy))
        .collect()
}

fn one(
    known: &Known,
    prediction: &Prediction,
    (k, room): (usize, &mut Vec<f64>),
    policy: &ValidPolicy,
) -> InvoiceScore {
    let i = prediction.open[k] as usize;
    let curves = &prediction.curves;
    let as_of = known.as_of();
    let days_past_due = as_of.0 - known.due[i];
    // a deadline that has passed with the invoice still open is missed for certain
    let open_after = |days_after_due: i32| curves.at(k, (days_after_due - days_past_due).max(0));
    let late_prob = open_after(policy.ledger.grace_days);
    InvoiceScore {
        invoice: i as u32,
        days_past_due,
        late_prob,
        late_days_prob: LATE_DAYS.map(open_after),
        paid_prob: PAID_DAYS.map(|days| 1.0 - curves.at(k, days)),
        expected_cash: prediction.part_payments.cash_by((known, i), (curves, k), PAID_DAYS, room),
        pay_date: DATE_QUANTILES.map(|q| pay_day(curves.edges(), curves.row(k), q).map(|d| as_of.plus(d))),
        unpaid_prob: curves.row(k)[curves.edges().len() - 1],
        expected_days_late: expected_days_late(curves.edges(), curves.row(k), days_past_due),
        risk_band: RiskBand::of(late_prob, &policy.score),
        history_n: prediction.habits[known.customer[i] as usize].n_settled,
    }
}

/// First day after as_of by whose end payment has probability `q` at least.
fn pay_day(edges: &[i32], row: &[f64], q: f64) -> Option<i32> {
    let k = row.iter().position(|s| *s <= 1.0 - q)?;
    let (Some(&before), Some(j)) = (row.get(k.wrapping_sub(1)), k.checked_sub(1)) else { return Some(0) };
    let share = (before - (1.0 - q)) / (before - row[k]);
    Some(edges[j] + (share * f64::from(edges[k] - edges[j])).ceil().max(1.0) as i32)
}

/// `sum over days d from max(due, as_of) to the horizon of P(open at the end of d)`, plus the days that are past.
fn expected_days_late(edges: &[i32], row: &[f64], days_past_due: i32) -> f64 {
    let from = (-days_past_due).max(0);
    let mut total = f64::from(days_past_due.max(0));
    for (e, s) in edges.windows(2).zip(row.windows(2)) {
        let (mut a, mut sa) = (e[0], s[0]);
        if e[1] <= from {
            continue;
        }
        if a < from {
            sa += (s[1] - s[0]) * f64::from(from - a) / f64::from(e[1] - e[0]);
            a = from;
        }
        // days a .. e[1] - 1, on a straight line from sa to s[1]
        let n = f64::from(e[1] - a);
        total += n * sa + (s[1] - sa) * (n - 1.0) / 2.0;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGES: [i32; 5] = [0, 1, 2, 3, 7];
    const ROW: [f64; 5] = [1.0, 0.9, 0.5, 0.5, 0.1];

    #[test]
    fn a_quantile_is_the_first_day_that_reaches_it() {
        assert_eq!(pay_day(&EDGES, &ROW, 0.1), Some(1));
        assert_eq!(pay_day(&EDGES, &ROW, 0.5), Some(2));
        assert_eq!(pay_day(&EDGES, &ROW, 0.6), Some(4)); // a quarter of the way from day 3 to day 7
        assert_eq!(pay_day(&EDGES, &ROW, 0.95), None);
    }

    #[test]
    fn expected_days_late_adds_up_the_days_still_open_after_due() {
        // due on day 2: open at the end of day 2 0.5, 3 0.5, 4 0.4, 5 0.3, 6 0.2
        assert!((expected_days_late(&EDGES, &ROW, -2) - 1.9).abs() < 1e-12);
        // due ten days ago: ten days for certain, then every day from 0 on
        assert!((expected_days_late(&EDGES, &ROW, 10) - (10.0 + 1.0 + 0.9 + 1.9)).abs() < 1e-12);
    }

    #[test]
    fn bands_begin_at_their_thresholds() {
        let policy = crate::policy::parse("", "defaults").unwrap();
        let band = |p| RiskBand::of(p, &policy.score);
        assert_eq!((band(0.29), band(0.3), band(0.6)), (RiskBand::Low, RiskBand::Medium, RiskBand::High));
    }
}
