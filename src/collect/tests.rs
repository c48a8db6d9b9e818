use super::*;
use crate::core::{Amount, Currency, Day};
use crate::ledger::{InvoiceRows, Known, Ledger, NEVER, SettlementRows, sample};
use crate::policy::{ValidPolicy, parse};
use crate::score::Curves;
use std::collections::BTreeMap;

/// No cost of capital, loss 0.5, one effective day (day 1); a reminder of odds 2 and a call of odds 4.
const POLICY: &str = "
[collect]
cost_of_capital_rate = 0
loss_given_unpaid_rate = 0.5
effect_days = 1
minimum_amount = 5
[[collect.ladder]]
action = 'reminder'
channel = 'email'
from_days_past_due = -3
odds_ratio = 2
cost = 1
lead_days = 0
[[collect.ladder]]
action = 'call'
channel = 'phone'
from_days_past_due = 1
odds_ratio = 4
cost = 10
lead_days = 0
";

fn eur() -> Reporting {
    Reporting::Single(Currency::try_new("EUR").unwrap())
}

fn known(rows: InvoiceRows) -> Known {
    Ledger::try_new(rows, SettlementRows::default()).unwrap().known_at(Day(100))
}

fn overlaid(text: &str) -> ValidPolicy {
    parse(text, "test").unwrap()
}

/// Every invoice pays on day 1 with 0.5 and else never. A reminder makes that 2/3: per unit of open amount it gains
/// 1/6 of cash and 0.5 x 1/6 of loss avoided, 0.25 in all. A call makes it 4/5: 0.3 and 0.15, 0.45 in all.
fn half(known: &Known) -> Curves {
    Curves::new(vec![0, 1, 365], [1.0, 0.5, 0.5].repeat(known.open_invoices().len()))
}

fn ranked(
    known: &Known,
    promises: &[Promise<'_>],
    reporting: &Reporting,
) -> Result<Priorities, CollectError> {
    ranked_by(POLICY, known, promises, reporting)
}

fn ranked_by(
    policy: &str,
    known: &Known,
    promises: &[Promise<'_>],
    reporting: &Reporting,
) -> Result<Priorities, CollectError> {
    let open = known.open_invoices();
    let reasons = vec![[Some("terms_days"), None, None]; open.len()];
    let stakes = Stakes { known, open: &open, curves: &half(known), reasons: &reasons };
    priorities(&stakes, promises, reporting, &overlaid(policy))
}

#[test]
fn the_action_is_the_triggered_level_that_gains_most() {
    let k = known(sample::invoices(&[
        ("1", "overdue", "EUR", 90, "100"),
        ("2", "due soon", "EUR", 102, "100"),
        ("3", "small", "EUR", 90, "40"),
        ("4", "tiny", "EUR", 102, "6"),
        ("5", "far off", "EUR", 120, "80"),
    ]));
    let p = ranked(&k, &[], &eur()).unwrap();
    let rows: Vec<_> = (0..5)
        .map(|r| (p.customer_id.get(r), p.action[r].as_deref(), (p.expected_gain[r] * 1e6).round() / 1e6))
        .collect();
    let wanted = [
        ("overdue", Some("call"), 35.0),
        ("due soon", Some("reminder"), 24.0),
        ("small", Some("reminder"), 9.0),
        ("tiny", Some("reminder"), 0.5),
        ("far off", None, 0.0),
    ];
    assert_eq!(rows, wanted);
    assert_eq!(p.rank, [1, 2, 3, 4, 5]);
    assert_eq!((p.action_date[0], p.action_date[4]), (Some(Day(100)), None));
    assert_eq!(p.channel[0].as_deref(), Some("phone"));
    assert!(p.hold.iter().all(Option::is_none));
}

#[test]
fn of_levels_that_gain_the_same_the_milder_is_taken() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "100")]));
    let equal = POLICY.replace("odds_ratio = 4", "odds_ratio = 2").replace("cost = 10", "cost = 1");
    let p = ranked_by(&equal, &k, &[], &eur()).unwrap();
    assert_eq!(p.action[0].as_deref(), Some("reminder"));
}

#[test]
fn a_row_adds_up_the_customers_open_invoices() {
    let mut rows = sample::invoices(&[
        ("late", "A", "EUR", 60, "10.10"),
        ("due today", "A", "EUR", 100, "20.20"),
        ("not due", "A", "EUR", 110, "30.30"),
    ]);
    rows.issue = vec![50, 40, 30];
    let k = known(rows);
    let p = ranked(&k, &[], &eur()).unwrap();
    assert_eq!((p.open_amount[0], p.overdue_amount[0]), (Amount(606_000), Amount(101_000)));
    assert_eq!(p.oldest_days_past_due, [40]);
    assert!((p.value_at_risk[0] - 30.3).abs() < 1e-12);
    assert_eq!(p.invoice_id.iter().collect::<Vec<_>>(), ["late", "due today", "not due"]);
    assert_eq!(p.invoice_start, [0, 3]);
}

#[test]
fn reasons_are_those_of_the_invoice_with_the_most_at_risk() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 101, "10"), ("2", "A", "EUR", 102, "90")]));
    let open = k.open_invoices();
    let reasons = [[Some("a"), None, None], [Some("b"), Some("c"), None]];
    let curves = Curves::new(vec![0, 1, 365], vec![1.0, 0.9, 0.9, 1.0, 0.2, 0.2]);
    let stakes = Stakes { known: &k, open: &open, curves: &curves, reasons: &reasons };
    let p = priorities(&stakes, &[], &eur(), &overlaid(POLICY)).unwrap();
    assert_eq!([p.reason[0][0], p.reason[1][0], p.reason[2][0]], [Some("b"), Some("c"), None]);
}

/// A ledger of one customer whose invoices are disputed as told.
fn disputed(due: &[i32], disputed: &[bool]) -> Known {
    let ids: Vec<String> = (0..due.len()).map(|i| i.to_string()).collect();
    let bills: Vec<_> = ids.iter().zip(due).map(|(id, &d)| (id.as_str(), "A", "EUR", d, "100")).collect();
    let mut rows = sample::invoices(&bills);
    rows.dispute = disputed.iter().map(|&d| if d { 99 } else { NEVER }).collect();
    rows.dispute_closed = vec![NEVER; due.len()];
    known(rows)
}

#[test]
fn a_dispute_holds_when_it_covers_all_that_is_overdue() {
    let hold = |due: &[i32], d: &[bool]| ranked(&disputed(due, d), &[], &eur()).unwrap().hold[0];
    assert_eq!(hold(&[90, 110], &[true, false]), Some(Hold::Dispute));
    assert_eq!(hold(&[90, 95], &[true, false]), None);
    assert_eq!(hold(&[101, 102], &[true, true]), Some(Hold::Dispute));
    assert_eq!(hold(&[101, 102], &[true, false]), None);
    // due today is not overdue
    assert_eq!(hold(&[100, 110], &[true, false]), None);
}

#[test]
fn a_disputed_invoice_neither_triggers_a_level_nor_gains() {
    let p = ranked(&disputed(&[50, 99], &[true, false]), &[], &eur()).unwrap();
    assert_eq!((p.oldest_days_past_due[0], p.action[0].as_deref()), (50, Some("call")));
    assert!((p.expected_gain[0] - 35.0).abs() < 1e-9);
}

#[test]
fn a_running_promise_holds_and_a_broken_or_later_one_does_not() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "100")]));
    let hold = |made, promise_date| {
        let promise = Promise { customer_id: "A", made: Day(made), promise_date: Day(promise_date) };
        let p = ranked(&k, &[promise], &eur()).unwrap();
        (p.hold[0], p.expected_gain[0] == 0.0, p.action[0].is_none())
    };
    assert_eq!(hold(95, 100), (Some(Hold::Promise), true, true));
    assert_eq!(hold(95, 99), (None, false, false));
    assert_eq!(hold(101, 110), (None, false, false));
}

#[test]
fn a_balance_below_the_minimum_holds() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "4.9999"), ("2", "B", "EUR", 90, "5")]));
    let p = ranked(&k, &[], &eur()).unwrap();
    assert_eq!(p.customer_id.iter().collect::<Vec<_>>(), ["B", "A"]);
    assert_eq!(p.hold, [None, Some(Hold::BelowMinimum)]);
}

#[test]
fn currencies_are_converted_invoice_by_invoice() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "1.0001"), ("2", "A", "USD", 90, "3.0001")]));
    let currency = Currency::try_new("EUR").unwrap();
    let rates = BTreeMap::from([(Currency::try_new("USD").unwrap(), 0.5)]);
    let p = ranked(&k, &[], &Reporting::Converted { currency, rates }).unwrap();
    // 1.50005 goes to the even 1.5000
    assert_eq!((p.open_amount[0], p.reporting_currency), (Amount(25_001), currency));
    let par = ranked(&k, &[], &Reporting::AtPar).unwrap();
    assert_eq!((par.open_amount[0], par.reporting_currency), (Amount(40_002), Currency::NONE));
    assert!(ranked(&k, &[], &eur()).is_err());
}

#[test]
fn equal_gains_go_by_value_at_risk_then_by_name() {
    let bills = [
        ("1", "C", "EUR", 120, "10"),
        ("2", "B", "EUR", 120, "10"),
        ("3", "A", "EUR", 120, "9"),
        ("4", "D", "EUR", 120, "30"),
    ];
    let p = ranked(&known(sample::invoices(&bills)), &[], &eur()).unwrap();
    assert_eq!(p.customer_id.iter().collect::<Vec<_>>(), ["D", "B", "C", "A"]);
    assert!(p.expected_gain.iter().all(|g| *g == 0.0));
}
