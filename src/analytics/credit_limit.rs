//! How much credit each customer should have.

use crate::core::{Amount, amount::SCALE};
use crate::ledger::{Known, SettlementKind};
use crate::policy::ValidPolicy;
use rayon::prelude::*;

/// One customer's credit in one currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CreditLimit {
    /// Place among the ledger's customers.
    pub customer: u32,
    /// Place among its currencies.
    pub currency: u16,
    /// What is open.
    pub open_amount: Amount,
    /// Billed per day over the long window.
    pub sales_per_day: f64,
    /// Days from issue to cash over the long window, weighted by amount; the mean terms of its sales where no cash came.
    pub days_to_pay: f64,
    /// P(unpaid at the loss horizon) of what is open, weighted by amount; 0 of nothing.
    pub unpaid_prob: f64,
    /// `open x unpaid_prob x loss given unpaid`.
    pub expected_loss: f64,
    /// The limit that follows.
    pub limit: f64,
    /// Whether more is open than the limit.
    pub is_over: bool,
    /// Whether it should get no more credit: `unpaid_prob` at `kpi.limit_unpaid_prob` or above.
    pub is_stopped: bool,
}

/// `limit = sales_per_day x days_to_pay x kpi.limit_headroom x max(0, 1 - unpaid_prob / kpi.limit_unpaid_prob)`: what a
/// customer owes when it buys and pays as it does, with room above, less as the risk of loss grows.
///
/// By customer, then currency; of those with something open or billed in the long window. `open` holds ledger indices in ledger order, `unpaid_prob`
/// is of each.
///
/// Source: the days-sales method of setting limits, Credit Research Foundation; the cut by risk is ours.
pub fn credit_limits(
    known: &Known,
    open: &[u32],
    unpaid_prob: &[f64],
    policy: &ValidPolicy,
) -> Vec<CreditLimit> {
    let of = |c: usize| {
        (0..known.currency_code.len() as u16)
            .filter_map(|currency| limit(known, c, currency, open, unpaid_prob, policy))
            .collect::<Vec<_>>()
    };
    (0..known.n_customers()).into_par_iter().with_min_len(256).flat_map_iter(of).collect()
}

fn limit(
    known: &Known,
    c: usize,
    currency: u16,
    open: &[u32],
    unpaid_prob: &[f64],
    policy: &ValidPolicy,
) -> Option<CreditLimit> {
    let window = policy.kpi.long_window_days;
    let after = known.as_of().0 - window;
    let invoices = known.invoices_of(c);
    let (mut owed, mut sold, mut terms, mut cash, mut cash_days) = (0_i64, 0_i64, 0_i128, 0_i128, 0_i128);
    for i in invoices.clone().filter(|&i| known.currency[i] == currency) {
        owed += known.open_amount[i].0.max(0);
        if known.issue[i] > after {
            sold += known.amount[i].0;
            terms += i128::from(known.amount[i].0) * i128::from(known.due[i] - known.issue[i]);
        }
        for s in known.settlements_of(i) {
            let is_cash = known.settlement_kind[s] == SettlementKind::Cash && known.is_settlement_dated(s);
            if known.settlement_day[s] > after && is_cash {
                let amount = i128::from(known.settlement_amount[s].0);
                cash += amount;
                cash_days += amount * i128::from(known.settlement_day[s] - known.issue[i]);
            }
        }
    }
    if owed == 0 && sold == 0 {
        return None;
    }
    let mean = |sum: i128, weight: i128| if weight > 0 { sum as f64 / weight as f64 } else { 0.0 };
    let days_to_pay = if cash > 0 { mean(cash_days, cash) } else { mean(terms, i128::from(sold)) }.max(0.0);
    let first = open.partition_point(|&i| (i as usize) < invoices.start);
    let rows = (first..open.len()).take_while(|&k| (open[k] as usize) < invoices.end);
    let unpaid: Vec<f64> = rows
        .filter(|&k| known.currency[open[k] as usize] == currency)
        .map(|k| known.open_amount[open[k] as usize].0 as f64 * unpaid_prob[k])
        .collect();
    let unpaid_prob = if owed > 0 { crate::numeric::sum(&unpaid) / owed as f64 } else { 0.0 };
    let sales_per_day = sold as f64 / SCALE as f64 / f64::from(window);
    let trust = (1.0 - unpaid_prob / policy.kpi.limit_unpaid_prob).max(0.0);
    let limit = sales_per_day * days_to_pay * policy.kpi.limit_headroom * trust;
    let units = owed as f64 / SCALE as f64;
    Some(CreditLimit {
        customer: c as u32,
        currency,
        open_amount: Amount(owed),
        sales_per_day,
        days_to_pay,
        unpaid_prob,
        expected_loss: units * unpaid_prob * policy.collect.loss_given_unpaid_rate,
        limit,
        is_over: units > limit,
        is_stopped: trust == 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Day;
    use crate::ledger::{Ledger, SettlementRows, sample};
    use crate::policy::parse;

    fn limits(unpaid_prob: f64) -> Vec<CreditLimit> {
        let bills =
            [("1", "A", "EUR", 700, "300"), ("2", "A", "EUR", 760, "65"), ("3", "B", "EUR", 100, "50")];
        let paid = SettlementRows {
            invoice: vec![0, 2],
            day: vec![720, 110],
            amount: vec![Amount(3_000_000), Amount(500_000)],
            kind: vec![SettlementKind::Cash; 2],
            ..SettlementRows::default()
        };
        let known = Ledger::try_new(sample::invoices(&bills), paid).unwrap().known_at(Day(750));
        let policy = parse("[kpi]\nlimit_headroom = 1.5\nlimit_unpaid_prob = 0.2", "test").unwrap();
        credit_limits(&known, &known.open_invoices(), &[unpaid_prob], &policy)
    }

    /// 365 in a year is 1 a day; 300 came 50 days after issue: 75 with headroom. B bought nothing in the year.
    #[test]
    fn a_limit_is_what_a_customer_owes_when_it_buys_and_pays_as_it_does() {
        let all = limits(0.0);
        assert_eq!(all.len(), 1);
        let a = all[0];
        assert_eq!((a.sales_per_day, a.days_to_pay, a.limit), (1.0, 50.0, 75.0));
        assert_eq!((a.open_amount.to_string(), a.is_over, a.is_stopped), ("65.00".into(), false, false));
    }

    /// A quarter of the risk at which credit stops takes a quarter of the limit: 56.25, less than 65.
    #[test]
    fn risk_lowers_the_limit_until_credit_stops() {
        let a = limits(0.05)[0];
        assert!((a.limit - 56.25).abs() < 1e-12 && a.is_over && !a.is_stopped);
        assert!((a.expected_loss - 65.0 * 0.05 * 0.6).abs() < 1e-12);
        let stopped = limits(0.2)[0];
        assert!(stopped.limit == 0.0 && stopped.is_over && stopped.is_stopped);
    }
}
