//! To whom payment in parts should be offered: to those who cannot pay rather than will not.

use crate::core::{Amount, amount::SCALE};
use crate::ledger::{Known, NEVER, SettlementKind};
use crate::policy::{InstalmentPolicy, ValidPolicy};
use std::collections::BTreeMap;

const DAYS_PER_YEAR: f64 = 365.0;
/// Halvings of the range 0 to 1 in which the break-even is looked for: as many as an f64 has digits to spare.
const HALVINGS: usize = 40;

/// What is open of one invoice, as its curve sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chances {
    /// P(open after 30 days).
    pub open_30_prob: f64,
    /// P(open when the last part would be due).
    pub open_end_prob: f64,
    /// Value today of one unit kept as it is, [`super::factoring_values`].
    pub keep_rate: f64,
}

/// One customer's overdue debt in one currency, in parts or as it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InstalmentRow {
    /// Place among the ledger's customers.
    pub customer: u32,
    /// Place among its currencies.
    pub currency: u16,
    /// What is past due and not disputed.
    pub overdue_amount: Amount,
    /// Days past due of the oldest of it.
    pub oldest_days_past_due: i32,
    /// Share of it that is expected to be open 30 days on.
    pub open_30_prob: f64,
    /// Whether the oldest is later than any invoice that the customer has settled: not its habit.
    pub is_later_than_ever: bool,
    /// Whether some of it was paid in part: able to pay something.
    pub has_part_paid: bool,
    /// One part.
    pub part: f64,
    /// Expected until the last part is due, as things stand.
    pub expected_kept: f64,
    /// Expected until then in parts.
    pub expected_parts: f64,
    /// Value today as things stand.
    pub keep_value: f64,
    /// Value today in parts, net of the cost.
    pub parts_value: f64,
    /// `parts_value - keep_value`.
    pub gain: f64,
    /// The probability of each part from which the offer gains; none if it never does.
    pub break_even_prob: Option<f64>,
    /// Whether to offer it.
    pub offer: bool,
}

/// Share that comes, and value today, of one unit in equal parts.
///
/// Part `k` of `n` comes with `q^k`, all before it being paid, `k m` days after the agreement:
/// `share = sum_k q^k / n`, `value = sum_k q^k / n (1 - c k m / 365) + (1 - share) (1 - l) (1 - c H / 365)`: what does not come is
/// as good as what is unpaid at the horizon `H`.
///
/// ```
/// use arrears::analytics::instalment_values;
/// let policy = arrears::policy::parse("", "the defaults")?;
/// assert!((instalment_values(1.0, &policy).0 - 1.0).abs() < 1e-12);
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
///
/// Source: the present value of an annuity with a constant hazard of default and simple interest.
pub fn instalment_values(kept_prob: f64, policy: &ValidPolicy) -> (f64, f64) {
    let InstalmentPolicy { parts, every_days, .. } = policy.instalments;
    let capital = policy.collect.cost_of_capital_rate / DAYS_PER_YEAR;
    let (mut kept, mut share, mut value) = (1.0, 0.0, 0.0);
    for k in 1..=parts {
        kept *= kept_prob;
        let part = kept / f64::from(parts);
        share += part;
        value += part * (1.0 - capital * f64::from(k) * f64::from(every_days));
    }
    let at_horizon = 1.0 - capital * f64::from(policy.score.loss_horizon_days);
    (share, value + (1.0 - share) * (1.0 - policy.collect.loss_given_unpaid_rate) * at_horizon)
}

/// Customers with overdue and undisputed debt as large, as old and as unlikely to come soon as the policy asks, and what
/// payment in equal parts would be worth against their curves.
///
/// Offered where it gains and something speaks for a customer who cannot rather than will not: it is later than it has
/// ever been, or has paid a part. What is disputed is left out: who disputes is unwilling. How often parts are kept is the
/// policy's assumption; `break_even_prob` is what it must be at least.
///
/// By customer, then currency. `open` holds ledger indices; `chances` gives those of its `k`th.
pub fn instalments(
    known: &Known,
    open: &[u32],
    chances: impl Fn(usize) -> Chances,
    policy: &ValidPolicy,
) -> Vec<InstalmentRow> {
    let (terms, as_of) = (&policy.instalments, known.as_of().0);
    let mut sums: BTreeMap<(u32, u16), Sum> = BTreeMap::new();
    for (k, &i) in open.iter().enumerate() {
        let i = i as usize;
        if known.due[i] < as_of && !known.is_disputed(i, as_of) {
            let chance = chances(k);
            let sum = sums.entry((known.customer[i], known.currency[i])).or_default();
            let amount = known.open_amount[i].0;
            sum.amount += amount;
            sum.oldest = sum.oldest.max(as_of - known.due[i]);
            sum.open_30 += amount as f64 * chance.open_30_prob;
            sum.open_end += amount as f64 * chance.open_end_prob;
            sum.keep += amount as f64 * chance.keep_rate;
            sum.has_part_paid |= has_cash(known, i);
        }
    }
    let (share, value) = instalment_values(terms.kept_prob, policy);
    let row = |((customer, currency), sum): ((u32, u16), Sum)| {
        let (open, owed) = (sum.amount as f64 / SCALE as f64, sum.amount as f64);
        let open_30_prob = sum.open_30 / owed;
        let is_wanted = open >= terms.from_amount
            && sum.oldest >= terms.from_days_past_due
            && open_30_prob >= terms.from_risk_prob;
        is_wanted.then(|| {
            let is_later_than_ever = sum.oldest > longest_delay(known, customer as usize);
            let keep_value = sum.keep / SCALE as f64;
            let gain_of = |value: f64| open * value - terms.cost - keep_value;
            let gain = gain_of(value);
            InstalmentRow {
                customer,
                currency,
                overdue_amount: Amount(sum.amount),
                oldest_days_past_due: sum.oldest,
                open_30_prob,
                is_later_than_ever,
                has_part_paid: sum.has_part_paid,
                part: open / f64::from(terms.parts),
                expected_kept: open * (1.0 - sum.open_end / owed),
                expected_parts: open * share,
                keep_value,
                parts_value: open * value - terms.cost,
                gain,
                break_even_prob: break_even(|q| gain_of(instalment_values(q, policy).1)),
                offer: gain > 0.0 && (is_later_than_ever || sum.has_part_paid),
            }
        })
    };
    sums.into_iter().filter_map(row).collect()
}

/// What one customer owes, in ten-thousandths, and the same times what its curves say.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    amount: i64,
    oldest: i32,
    open_30: f64,
    open_end: f64,
    keep: f64,
    has_part_paid: bool,
}

/// Whether something came of an invoice in cash.
fn has_cash(known: &Known, i: usize) -> bool {
    let is_cash = |s: usize| known.settlement_kind[s] == SettlementKind::Cash;
    let cash: Amount =
        known.settlements_of(i).filter(|&s| is_cash(s)).map(|s| known.settlement_amount[s]).sum();
    cash > Amount::ZERO
}

/// Longest delay of the invoices that a customer has settled; without any, nothing is later than ever.
fn longest_delay(known: &Known, customer: usize) -> i32 {
    let settled = known.invoices_of(customer).filter(|&i| known.settled[i] != NEVER);
    settled.map(|i| known.settled[i] - known.due[i]).max().unwrap_or(i32::MAX)
}

/// The least probability at which a gain that rises with it is not below zero; none if it is so even at 1.
fn break_even(gain: impl Fn(f64) -> f64) -> Option<f64> {
    if gain(1.0) < 0.0 {
        return None;
    }
    if gain(0.0) >= 0.0 {
        return Some(0.0);
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if gain(middle) < 0.0 { low = middle } else { high = middle }
    }
    Some(high)
}
