//! How fast and at what cost customers pay, by the method of payment.

use super::group::Groups;
use crate::core::{Amount, amount::SCALE};
use crate::ledger::{Known, SettlementKind};
use crate::policy::ValidPolicy;

/// Cash of one method in one group.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodRow {
    /// Place in [`Groups`].
    pub group: usize,
    /// Place among the labels of the ledger's methods; none for payments of which no method is known.
    pub method: Option<usize>,
    /// Payments of an invoice each: one that settles several counts once for each.
    pub n_payments: u64,
    /// What they took off invoices, less what was reversed.
    pub amount: Amount,
    /// Days from issue to cash, by amount; none where the amount is not above zero.
    pub days_to_pay: Option<f64>,
    /// Days from due to cash, by amount, below 0 for early ones; none as before.
    pub days_beyond_terms: Option<f64>,
    /// What being paid that way has cost; none for a method that the policy has no costs of.
    pub cost: Option<f64>,
}

/// Cash received in the last `kpi.window_days`, by currency and segment and by method, with its days and its cost.
///
/// `days = sum(amount x days) / sum(amount)` over cash settlements dated in the window, as `days_to_pay.cash.1` and
/// `days_beyond_terms.cash.1` of the key figures count: the sums over a group's methods are theirs. By
/// [`crate::policy::MethodCost`], `cost = n_payments x cost + fee_rate x amount` of the payments that brought something.
/// Nothing if no payment of the ledger names a method.
///
/// ```
/// # use arrears::{analytics::{Groups, payment_methods}, core::Day, ledger::Ledger};
/// let known = Ledger::default().known_at(Day(0));
/// let policy = arrears::policy::parse("", "the defaults")?;
/// assert!(payment_methods(&known, &Groups::new(&known), &policy).is_empty());
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
///
/// Source: the days as in [`super::KPIS`]; the cost follows from the terms.
pub fn payment_methods(known: &Known, groups: &Groups, policy: &ValidPolicy) -> Vec<MethodRow> {
    let labels = &known.settlement_method.label;
    if labels.is_empty() {
        return Vec::new();
    }
    let n = labels.len() + 1;
    let after = known.as_of().0 - policy.kpi.window_days;
    let mut sums = vec![Sum::default(); groups.len() * n];
    let mut places = Vec::new();
    for i in 0..known.n_invoices() {
        let of_window =
            |&s: &usize| known.settlement_kind[s] == SettlementKind::Cash && known.settlement_day[s] > after;
        let mut cash = known.settlements_of(i).filter(of_window).peekable();
        if cash.peek().is_some() {
            groups.of(known, i, &mut places);
        }
        for s in cash {
            let method = known.settlement_method.group(known.settlement_method_code(s));
            let (amount, day) = (i128::from(known.settlement_amount[s].0), known.settlement_day[s]);
            for group in &places {
                let sum = &mut sums[group * n + method];
                sum.n += u64::from(amount > 0);
                sum.paid += amount.max(0);
                sum.amount += amount;
                sum.days += amount * i128::from(day - known.issue[i]);
                sum.days_late += amount * i128::from(day - known.due[i]);
            }
        }
    }
    let costs = |method: usize| {
        let label = labels.get(method)?;
        policy.kpi.method.iter().find(|m| m.name.eq_ignore_ascii_case(label))
    };
    let row = |(place, sum): (usize, &Sum)| {
        let method = place % n;
        let mean = |days: i128| (sum.amount > 0).then(|| days as f64 / sum.amount as f64);
        MethodRow {
            group: place / n,
            method: (method < labels.len()).then_some(method),
            n_payments: sum.n,
            // no ledger holds more than an amount does
            amount: Amount(i64::try_from(sum.amount).unwrap_or(i64::MAX)),
            days_to_pay: mean(sum.days),
            days_beyond_terms: mean(sum.days_late),
            cost: costs(method).map(|m| sum.n as f64 * m.cost + m.fee_rate * sum.paid as f64 / SCALE as f64),
        }
    };
    sums.iter().enumerate().filter(|(_, sum)| sum.n > 0 || sum.amount != 0).map(row).collect()
}

/// Ten-thousandths, and the same times days.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    n: u64,
    /// Without what was reversed.
    paid: i128,
    amount: i128,
    days: i128,
    days_late: i128,
}
