//! Which customers are worth insuring.

use crate::core::{Amount, amount::SCALE};
use crate::ledger::Known;
use crate::policy::ValidPolicy;
use std::collections::BTreeMap;

const DAYS_PER_YEAR: f64 = 365.0;

/// One customer's debt in one currency, insured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InsuranceRow {
    /// Place among the ledger's customers.
    pub customer: u32,
    /// Place among its currencies.
    pub currency: u16,
    /// What is open and not past due: no insurer takes on what is overdue.
    pub open_amount: Amount,
    /// What of it is insured: up to the limit.
    pub insured_amount: Amount,
    /// P(unpaid at the loss horizon), by amount.
    pub unpaid_prob: f64,
    /// What the insurance costs.
    pub premium: f64,
    /// Value today of what the insurer is expected to pay.
    pub expected_recovery: f64,
    /// `expected_recovery - premium`.
    pub gain: f64,
    /// The premium, share of what is insured, at which nothing is gained or lost.
    pub break_even_rate: f64,
}

/// Value today of what an insurer is expected to pay for each customer with something not yet due, and the premium.
///
/// With `X = min(open, limit)`, `p` P(unpaid), `l` the loss given unpaid, `f` the first loss, `s` the insured share, `c` the cost of
/// capital and `H` the horizon: `recovery = p s max(0, X l - f) (1 - c H)`, `premium = rate X`. Assumed: a customer fails as
/// a whole, so that all it owes is lost together and the first loss is borne once; the insurer pays at the horizon, where the
/// loss is taken in [`super::factoring_values`] too.
///
/// By customer, then currency. `open` holds ledger indices, `unpaid_prob` is of each.
///
/// Source: terms of whole-turnover policies (premium on insured sales, insured percentage, excess, limit of each buyer);
/// the value follows from the terms.
pub fn credit_insurance(
    known: &Known,
    open: &[u32],
    unpaid_prob: &[f64],
    policy: &ValidPolicy,
) -> Vec<InsuranceRow> {
    let mut sums: BTreeMap<(u32, u16), (i64, f64)> = BTreeMap::new();
    for (&i, unpaid) in open.iter().zip(unpaid_prob) {
        let i = i as usize;
        if known.due[i] >= known.as_of().0 {
            let sum = sums.entry((known.customer[i], known.currency[i])).or_default();
            sum.0 += known.open_amount[i].0;
            sum.1 += known.open_amount[i].0 as f64 * unpaid;
        }
    }
    let terms = &policy.insurance;
    let horizon = f64::from(policy.score.loss_horizon_days);
    let late_worth = 1.0 - policy.collect.cost_of_capital_rate / DAYS_PER_YEAR * horizon;
    let limit = Amount((terms.limit * SCALE as f64).round_ties_even() as i64);
    let row = |((customer, currency), (open, unpaid)): ((u32, u16), (i64, f64))| {
        let unpaid_prob = unpaid / open as f64;
        let insured_amount = Amount(open).min(limit);
        let insured = insured_amount.to_f64();
        let claim = (insured * policy.collect.loss_given_unpaid_rate - terms.first_loss).max(0.0);
        let expected_recovery = unpaid_prob * terms.insured_rate * claim * late_worth;
        let premium = terms.premium_rate * insured;
        InsuranceRow {
            customer,
            currency,
            open_amount: Amount(open),
            insured_amount,
            unpaid_prob,
            premium,
            expected_recovery,
            gain: expected_recovery - premium,
            break_even_rate: if insured > 0.0 { expected_recovery / insured } else { 0.0 },
        }
    };
    sums.into_iter().map(row).collect()
}
