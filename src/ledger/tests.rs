//! Arithmetic that a reader can redo by hand.

use super::*;
use crate::core::{Amount, Currency, Day};

fn eur() -> Vec<Currency> {
    Currency::try_new("EUR").into_iter().collect()
}

/// Two invoices of 100.00 of one customer, issued on days 0 and 10, due on 30 and 40.
fn rows() -> InvoiceRows {
    InvoiceRows {
        invoice_id: ["B", "A"].into_iter().collect(),
        customer_id: ["C"].into_iter().collect(),
        customer: vec![0, 0],
        currency_code: eur(),
        currency: vec![0, 0],
        issue: vec![10, 0],
        due: vec![40, 30],
        amount: vec![Amount(1_000_000); 2],
        ..InvoiceRows::default()
    }
}

fn paid(invoice: Vec<u32>, day: Vec<i32>, amount: Vec<i64>) -> SettlementRows {
    let n = day.len();
    SettlementRows {
        invoice,
        day,
        amount: amount.into_iter().map(Amount).collect(),
        kind: vec![SettlementKind::Cash; n],
        ..SettlementRows::default()
    }
}

#[test]
fn a_payment_over_the_open_amount_leaves_the_rest_on_account() {
    let l = Ledger::try_new(rows(), paid(vec![1, 1], vec![20, 25], vec![600_000, 700_000])).unwrap();
    assert_eq!(l.invoice_id.get(0), "A");
    assert_eq!(l.settlement_amount, [Amount(600_000), Amount(400_000)]);
    assert_eq!(l.credits[0].amount, Amount(300_000));
    assert_eq!(l.credits[0].day, 25);
}

#[test]
fn an_invoice_is_settled_on_the_day_of_the_payment_that_closes_it() {
    let l = Ledger::try_new(rows(), paid(vec![1, 1], vec![25, 20], vec![500_000, 500_000])).unwrap();
    let at = |d| l.known_at(Day(d));
    assert_eq!(at(24).open_amount[0], Amount(500_000));
    assert_eq!(at(24).settled[0], NEVER);
    assert_eq!((at(25).open_amount[0], at(25).settled[0]), (Amount::ZERO, 25));
}

#[test]
fn what_is_recorded_later_is_known_later() {
    let mut s = paid(vec![1], vec![20], vec![1_000_000]);
    s.known = vec![28];
    let l = Ledger::try_new(rows(), s).unwrap();
    assert_eq!(l.known_at(Day(27)).settled[0], NEVER);
    let k = l.known_at(Day(28));
    assert_eq!((k.settled[0], k.settled_known_day(0)), (20, 28));
}

#[test]
fn a_cut_ledger_equals_one_that_never_knew_more() {
    let mut early = rows();
    early.invoice_id = ["A"].into_iter().collect();
    for c in [&mut early.issue, &mut early.due] {
        c.remove(0);
    }
    early.customer.pop();
    early.currency.pop();
    early.amount.pop();
    let alone = Ledger::try_new(early, paid(vec![0], vec![5], vec![1])).unwrap();
    let whole = Ledger::try_new(rows(), paid(vec![1, 0], vec![5, 12], vec![1, 2])).unwrap();
    assert_eq!(whole.known_at(Day(9)), alone.known_at(Day(9)));
}
