//! What a discount for early payment costs whom.

use crate::core::Amount;
use crate::core::amount::SCALE;
use crate::ledger::Known;
use crate::policy::ValidPolicy;

const DAYS_PER_YEAR: f64 = 365.0;

/// Yearly cost, as simple interest, of not taking a discount of `rate` that buys `days` earlier payment:
/// `rate / (1 - rate) x 365 / days`.
///
/// `rate` is in `[0, 1)`; `days` above 0, else the result is infinite or NaN.
///
/// ```
/// // 2/10 net 30
/// let cost = arrears::analytics::simple_discount_rate(0.02, 20.0);
/// assert_eq!(format!("{:.2}", cost * 100.0), "37.24");
/// ```
///
/// Source: Brealey, Myers & Allen, *Principles of Corporate Finance*, credit management.
pub fn simple_discount_rate(rate: f64, days: f64) -> f64 {
    rate / (1.0 - rate) * DAYS_PER_YEAR / days
}

/// The same as compound interest: `(1 + rate / (1 - rate))^(365 / days) - 1`.
///
/// ```
/// let cost = arrears::analytics::compound_discount_rate(0.02, 20.0);
/// assert_eq!(format!("{:.2}", cost * 100.0), "44.59");
/// ```
///
/// Source: as [`simple_discount_rate`].
pub fn compound_discount_rate(rate: f64, days: f64) -> f64 {
    (1.0 + rate / (1.0 - rate)).powf(DAYS_PER_YEAR / days) - 1.0
}

/// Mean days from as_of to settlement by a curve, what is unpaid at its end counting to the end:
/// `sum_k (S[k] - S[k + 1]) (e[k] + 1 + e[k + 1]) / 2 + S[last] e[last]`.
///
/// `edges` are days after as_of, `survival` the probability to be open at the end of each; payment is spread evenly over
/// the days between two edges.
///
/// ```
/// assert_eq!(arrears::analytics::expected_days(&[0, 1, 3], &[1.0, 0.5, 0.25]), 0.5 + 0.25 * 2.5 + 0.25 * 3.0);
/// ```
pub fn expected_days(edges: &[i32], survival: &[f64]) -> f64 {
    let between = edges.windows(2).zip(survival.windows(2));
    let paid: f64 = between.map(|(e, s)| (s[0] - s[1]) * f64::from(e[0] + 1 + e[1]) / 2.0).sum();
    let unpaid = edges.last().zip(survival.last()).map_or(0.0, |(e, s)| f64::from(*e) * s);
    paid + unpaid
}

/// What the offer of a discount to one customer in one currency would be worth to the seller.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscountOffer {
    /// Place among the ledger's customers.
    pub customer: u32,
    /// Place among its currencies.
    pub currency: u16,
    /// What is open and could be paid within the days of the offer, before it is due.
    pub open_amount: Amount,
    /// Mean days from as_of to payment without an offer, weighted by amount; unpaid counts to the loss horizon.
    pub expected_days: f64,
    /// Part of it that is expected never to be paid, weighted by amount.
    pub unpaid_prob: f64,
    /// Yearly interest that the seller would pay for the cash, simple, against the expected day of payment; none where
    /// the customer is expected to pay within the days of the offer anyway.
    pub simple_rate: Option<f64>,
    /// The same, compound.
    pub compound_rate: Option<f64>,
    /// What the seller gains if the offer is taken: cost of capital over the days won and the loss avoided, less the
    /// discount given.
    pub gain: f64,
    /// The largest discount at which the seller loses nothing.
    pub break_even_rate: f64,
    /// Whether to offer it: `gain` above zero.
    pub offer: bool,
}

/// Holds the policy's offer, `kpi.offer_discount_rate` for payment within `kpi.offer_discount_days`, against the day on
/// which each customer is *expected* to pay, not the day on which it should.
///
/// With `r` the discount, `t` the days of the offer, `c` the cost of capital per year, `l` the loss given unpaid and `S` the
/// curve: `value now = sum_d (S(d-1) - S(d)) (1 - c d / 365) + S(H) (1 - l) (1 - c H / 365)`,
/// `gain = open x ((1 - r) (1 - c t / 365) - value now)`, and the break-even rate solves `gain = 0`. An invoice that was due is left
/// out: a discount for being late rewards it.
///
/// # Shapes and units
/// - `open`: ledger indices; `expected_days` mean days to settlement (unpaid counts to the horizon `H`) and `unpaid_prob` of each,
///   so that `sum_d (S(d-1) - S(d)) d + S(H) H = expected_days`.
/// - By customer, then currency.
pub fn discount_offers(
    known: &Known,
    open: &[u32],
    expected_days: &[f64],
    unpaid_prob: &[f64],
    policy: &ValidPolicy,
) -> Vec<DiscountOffer> {
    let days = f64::from(policy.kpi.offer_discount_days);
    let mut sums: std::collections::BTreeMap<(u32, u16), (i64, f64, f64)> = std::collections::BTreeMap::new();
    for ((&i, mean), unpaid) in open.iter().zip(expected_days).zip(unpaid_prob) {
        let i = i as usize;
        if known.due[i] < known.as_of().0 {
            continue;
        }
        let amount = known.open_amount[i].0;
        let sum = sums.entry((known.customer[i], known.currency[i])).or_default();
        sum.0 += amount;
        sum.1 += amount as f64 * mean;
        sum.2 += amount as f64 * unpaid;
    }
    let rate = policy.kpi.offer_discount_rate;
    let capital = policy.collect.cost_of_capital_rate / DAYS_PER_YEAR;
    let lost = policy.collect.loss_given_unpaid_rate;
    let horizon = f64::from(policy.score.loss_horizon_days);
    let offer = |((customer, currency), (amount, mean, unpaid)): ((u32, u16), (i64, f64, f64))| {
        let expected_days = mean / amount as f64;
        let unpaid_prob = unpaid / amount as f64;
        let value_now = 1.0 - capital * expected_days - unpaid_prob * lost * (1.0 - capital * horizon);
        let value_then = 1.0 - capital * days;
        let gain = amount as f64 / SCALE as f64 * ((1.0 - rate) * value_then - value_now);
        let won = expected_days - days;
        DiscountOffer {
            customer,
            currency,
            open_amount: Amount(amount),
            expected_days,
            unpaid_prob,
            simple_rate: (won > 0.0).then(|| simple_discount_rate(rate, won)),
            // a day won for two hundredths is more than any number holds
            compound_rate: (won > 0.0).then(|| compound_discount_rate(rate, won)).filter(|r| r.is_finite()),
            gain,
            break_even_rate: (1.0 - value_now / value_then).max(0.0),
            offer: gain > 0.0,
        }
    };
    sums.into_iter().map(offer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Day;
    use crate::ledger::{Ledger, SettlementRows, sample};
    use crate::policy::parse;

    fn offers(expected_days: &[f64], unpaid_prob: &[f64]) -> Vec<DiscountOffer> {
        let bills =
            [("1", "A", "EUR", 110, "100"), ("2", "A", "EUR", 120, "300"), ("3", "B", "EUR", 90, "60")];
        let known =
            Ledger::try_new(sample::invoices(&bills), SettlementRows::default()).unwrap().known_at(Day(100));
        let text = "[kpi]\noffer_discount_rate = 0.02\noffer_discount_days = 10\n\
                    [collect]\ncost_of_capital_rate = 0.365\nloss_given_unpaid_rate = 0.5";
        discount_offers(
            &known,
            &known.open_invoices(),
            expected_days,
            unpaid_prob,
            &parse(text, "test").unwrap(),
        )
    }

    /// At 0.1 % a day, mean of 20 and 40 weighted 1 : 3 is 35 days: worth 0.965 a unit; in ten days with 2 % off
    /// 0.98 x 0.99 = 0.9702. So 400 gain 2.08, and the break-even is 1 - 0.965 / 0.99. The one past due has no offer.
    #[test]
    fn a_slow_payer_is_worth_a_discount() {
        let all = offers(&[20.0, 40.0, 50.0], &[0.0; 3]);
        assert_eq!(all.len(), 1);
        let a = &all[0];
        assert_eq!((a.open_amount.to_string(), a.expected_days, a.offer), ("400.00".into(), 35.0, true));
        assert!((a.gain - 400.0 * (0.9702 - 0.965)).abs() < 1e-9);
        assert!((a.break_even_rate - (1.0 - 0.965 / 0.99)).abs() < 1e-12);
        assert!((a.simple_rate.unwrap() - 0.02 / 0.98 * 365.0 / 25.0).abs() < 1e-12);
    }

    #[test]
    fn one_who_pays_within_the_days_anyway_gets_no_offer() {
        let a = &offers(&[8.0, 8.0, 0.0], &[0.0; 3])[0];
        assert_eq!((a.offer, a.simple_rate, a.break_even_rate), (false, None, 0.0));
        assert!(a.gain < 0.0);
    }

    /// What is never paid is worth 0.5 less at the horizon: 0.1 x 0.5 x (1 - 0.365) = 0.03175 less a unit.
    #[test]
    fn a_risk_of_loss_raises_what_a_discount_may_cost() {
        let (safe, risky) = (offers(&[20.0; 3], &[0.0; 3]), offers(&[20.0; 3], &[0.1; 3]));
        assert!((risky[0].gain - safe[0].gain - 400.0 * 0.1 * 0.5 * 0.635).abs() < 1e-9);
    }
}
