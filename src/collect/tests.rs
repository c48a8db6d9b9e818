use super::*;
use crate::core::{Amount, Currency, Day};
use crate::ledger::{InvoiceRows, Known, Ledger, NEVER, Segment, SettlementKind, SettlementRows, sample};
use crate::policy::{ValidPolicy, parse};
use crate::score::{ContactEffect, Curves};
use std::collections::BTreeMap;

/// No cost of capital, loss 0.5, one effective day (day 1); a reminder of odds 2 and a call of odds 4.
const POLICY: &str = "
[collect]
cost_of_capital_rate = 0
loss_given_unpaid_rate = 0.5
effect_days = 1
minimum_amount = 5
weekend = []
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
    contacts: &[Contact<'_>],
    reporting: &Reporting,
) -> Result<Priorities, CollectError> {
    ranked_by(POLICY, known, contacts, reporting)
}

fn ranked_by(
    policy: &str,
    known: &Known,
    contacts: &[Contact<'_>],
    reporting: &Reporting,
) -> Result<Priorities, CollectError> {
    let open = known.open_invoices();
    let reasons = vec![[Some("terms_days"), None, None]; open.len()];
    let stakes = Stakes { known, open: &open, curves: &half(known), reasons: &reasons };
    priorities(&stakes, &Contacts::new(contacts.to_vec(), &[]), reporting, &overlaid(policy))
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
    let p = priorities(&stakes, &Contacts::default(), &eur(), &overlaid(POLICY)).unwrap();
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

/// A call to customer A.
fn call(day: i32, promise_date: Option<i32>, promised: Option<&str>) -> Contact<'static> {
    Contact {
        customer_id: "A",
        day: Day(day),
        channel: "phone",
        promise_date: promise_date.map(Day),
        promise_amount: promised.map(|a| Amount::parse(a).unwrap()),
    }
}

/// With no quiet days: a contact as such holds nobody.
const LOUD: &str = "minimum_amount = 5\nquiet_days = 0\n";

fn loud() -> String {
    POLICY.replace("minimum_amount = 5\n", LOUD)
}

#[test]
fn a_running_promise_holds_and_a_broken_or_later_one_does_not() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "100")]));
    let hold = |made, promise_date| {
        let p = ranked_by(&loud(), &k, &[call(made, Some(promise_date), None)], &eur()).unwrap();
        (p.hold[0], p.expected_gain[0] == 0.0, p.action[0].is_none(), p.broken_promises[0])
    };
    assert_eq!(hold(95, 100), (Some(Hold::Promise), true, true, 0));
    assert_eq!(hold(95, 99), (None, false, false, 1));
    assert_eq!(hold(101, 110), (None, false, false, 0));
}

#[test]
fn who_was_contacted_is_left_alone_for_the_quiet_days() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "100"), ("2", "B", "EUR", 90, "100")]));
    let quiet = POLICY.replace("minimum_amount = 5\n", "minimum_amount = 5\nquiet_days = 4\n");
    let hold = |day| {
        let p = ranked_by(&quiet, &k, &[call(day, None, None)], &eur()).unwrap();
        let a = (0..2).find(|r| p.customer_id.get(*r) == "A").unwrap();
        assert_eq!(p.hold[1 - a], None);
        (p.hold[a], p.last_contact[a])
    };
    assert_eq!(hold(97), (Some(Hold::QuietDays), Some(Day(97))));
    assert_eq!(hold(96), (None, Some(Day(96))));
    // tomorrow's contact is not known today
    assert_eq!(hold(101), (None, None));
}

#[test]
fn a_week_has_room_for_so_many_contacts() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "100")]));
    let hold =
        |days: [i32; 2]| ranked_by(&loud(), &k, &days.map(|d| call(d, None, None)), &eur()).unwrap().hold[0];
    assert_eq!(hold([94, 96]), Some(Hold::QuietDays));
    assert_eq!(hold([93, 96]), None);
}

/// 60 of 100 were promised for day 95; the payments are what was paid on which day.
fn after_promise(payments: &[(i32, &str)], promised: Option<&str>) -> Priorities {
    let settlements = SettlementRows {
        invoice: vec![0; payments.len()],
        day: payments.iter().map(|p| p.0).collect(),
        known: payments.iter().map(|p| p.0).collect(),
        amount: payments.iter().map(|p| Amount::parse(p.1).unwrap()).collect(),
        kind: vec![SettlementKind::Cash; payments.len()],
        ..SettlementRows::default()
    };
    let rows = sample::invoices(&[("1", "A", "EUR", 80, "100"), ("2", "A", "EUR", 99, "50")]);
    let k = Ledger::try_new(rows, settlements).unwrap().known_at(Day(100));
    ranked_by(&loud(), &k, &[call(90, Some(95), promised)], &eur()).unwrap()
}

#[test]
fn a_promise_is_kept_by_as_much_as_was_promised_in_its_time() {
    let kept = |payments: &[(i32, &str)], promised| {
        let p = after_promise(payments, promised);
        (p.hold[0] == Some(Hold::Promise), p.broken_promises[0])
    };
    assert_eq!(kept(&[(92, "60")], Some("60")), (true, 0));
    assert_eq!(kept(&[(92, "30"), (95, "30")], Some("60")), (true, 0));
    assert_eq!(kept(&[(92, "30"), (96, "30")], Some("60")), (false, 1));
    assert_eq!(kept(&[(89, "60")], Some("60")), (false, 1));
    // without an amount it is all that is due by then: not the second invoice
    assert_eq!(kept(&[(95, "100")], None), (true, 0));
    assert_eq!(kept(&[(95, "99")], None), (false, 1));
}

#[test]
fn a_broken_promise_raises_the_rank_and_not_the_gain() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "100"), ("2", "B", "EUR", 90, "120")]));
    let p = ranked_by(&loud(), &k, &[call(80, Some(90), None)], &eur()).unwrap();
    assert_eq!(p.customer_id.iter().collect::<Vec<_>>(), ["A", "B"]);
    assert!((p.expected_gain[0] - 35.0).abs() < 1e-9 && (p.expected_gain[1] - 44.0).abs() < 1e-9);
    assert!((p.priority_value[0] - 52.5).abs() < 1e-9);
}

/// One call a day, which takes the larger gain; the other gets the reminder, and the list says what that costs.
#[test]
fn calls_go_to_those_with_whom_they_bring_most() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "100"), ("2", "B", "EUR", 90, "120")]));
    let one =
        POLICY.replace("minimum_amount = 5\n", "minimum_amount = 5\ncollectors = 1\ncalls_per_day = 1\n");
    let p = ranked_by(&one.replace("odds_ratio = 4", "odds_ratio = 4\ncalls = 1"), &k, &[], &eur()).unwrap();
    let rows: Vec<_> = (0..2).map(|r| (p.customer_id.get(r), p.action[r].as_deref(), p.calls[r])).collect();
    assert_eq!(rows, [("B", Some("call"), 1), ("A", Some("reminder"), 0)]);
    // 35 by a call, 24 by a reminder
    assert!((p.left_out_gain[1] - 11.0).abs() < 1e-9 && p.left_out_gain[0] == 0.0);
    assert_eq!((p.capacity, p.capacity_gap, p.left_out().0), (Some(1), 0.0, 1));
}

/// Day 100 is a Saturday.
#[test]
fn nothing_is_done_on_days_without_work() {
    assert_eq!(Day(100).weekday(), 5);
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "100")]));
    let date = |days: &str| {
        let p = ranked_by(&POLICY.replace("weekend = []", days), &k, &[], &eur()).unwrap();
        (p.action_date[0].map(|d| d.0), (p.expected_gain[0] * 1e6).round() / 1e6)
    };
    assert_eq!(date("weekend = []"), (Some(100), 35.0));
    // the curve has no hazard after the first day: who waits gains nothing
    assert_eq!(date("weekend = ['saturday']"), (None, 0.0));
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "100")]));
    let open = k.open_invoices();
    let curves = Curves::new(vec![0, 1, 2, 3, 4, 5, 365], vec![1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.5]);
    let stakes = Stakes { known: &k, open: &open, curves: &curves, reasons: &[[None; 3]] };
    let policy =
        POLICY.replace("weekend = []", "weekend = ['saturday', 'sunday']\nholidays = ['1970-04-13']");
    let p = priorities(&stakes, &Contacts::default(), &eur(), &overlaid(&policy)).unwrap();
    assert_eq!(p.action_date[0], Some(Day(103)));
}

/// A level waits for its days past due, its amount and its risk. All is at risk by a half.
#[test]
fn a_level_is_taken_only_where_its_triggers_are_met() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "100")]));
    let action = |trigger: &str| {
        let policy = POLICY.replace("odds_ratio = 4", &format!("odds_ratio = 4\n{trigger}"));
        ranked_by(&policy, &k, &[], &eur()).unwrap().action[0].clone().unwrap()
    };
    for (trigger, is_met) in [
        ("to_days_past_due = 10", true),
        ("to_days_past_due = 9", false),
        ("from_amount = 100", true),
        ("from_amount = 100.01", false),
        ("from_risk_prob = 0.5", true),
        ("from_risk_prob = 0.51", false),
    ] {
        assert_eq!(action(trigger), if is_met { "call" } else { "reminder" }, "{trigger}");
    }
}

/// Measured ln 9 with the error of the policy's own ln 4: ln 6 together, that is 6/7 for 4/5 on day 1.
#[test]
fn a_measured_effect_and_the_assumed_one_are_weighed_by_their_errors() {
    let k = known(sample::invoices(&[("1", "A", "EUR", 90, "100")]));
    let open = k.open_invoices();
    let reasons = [[None; 3]];
    let curves = half(&k);
    let stakes = Stakes { known: &k, open: &open, curves: &curves, reasons: &reasons };
    let effect = |n_contacts| ContactEffect {
        channel: "phone".to_owned(),
        log_odds: 9_f64.ln(),
        standard_error: 0.2,
        n_contacts,
        n_days: 1000,
        n_paid: 100,
    };
    let ranked = |effects: &[ContactEffect]| {
        priorities(&stakes, &Contacts::new(Vec::new(), effects), &eur(), &overlaid(POLICY)).unwrap()
    };
    let p = ranked(&[effect(50)]);
    assert_eq!((p.gain_basis[0], p.action[0].as_deref()), (GainBasis::Measured, Some("call")));
    assert!((p.expected_gain[0] - (100.0 * 1.5 * (6.0 / 7.0 - 0.5) - 10.0)).abs() < 1e-9);
    let up = 6.0 * (0.2 / 2_f64.sqrt()).exp();
    let se = 100.0 * 1.5 * (up / (1.0 + up) - 6.0 / 7.0);
    assert!((p.expected_gain_se[0].unwrap() - se).abs() < 1e-9);
    let few = ranked(&[effect(49)]);
    assert_eq!((few.gain_basis[0], few.expected_gain_se[0]), (GainBasis::Assumed, None));
    assert!((few.expected_gain[0] - 35.0).abs() < 1e-9);
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

/// B owes an invoice of each country, C none of the second: what DE has of its own holds for A alone.
#[test]
fn a_customer_is_of_a_segment_if_all_its_open_invoices_are() {
    let bills = [
        ("1", "A", "EUR", 90, "100"),
        ("2", "B", "EUR", 90, "100"),
        ("3", "B", "EUR", 95, "100"),
        ("4", "C", "EUR", 90, "100"),
    ];
    let label = ["DE", "FR"].map(str::to_owned).to_vec();
    let country = Segment { name: "country".into(), label, code: vec![0, 0, 1, 1] };
    let k = known(InvoiceRows { segments: vec![country], ..sample::invoices(&bills) });
    let own = format!(
        "{POLICY}[[collect.segment]]\ncolumn = 'country'\nvalue = 'DE'\nlanguage = 'de'\nwithout = ['call']\n\
         [[collect.segment]]\ncolumn = 'country'\nvalue = 'AT'\nquiet_days = 1\n"
    );
    let p = ranked_by(&own, &k, &[], &eur()).unwrap();
    let of = |id: &str| (0..3).find(|&r| p.customer_id.get(r) == id).unwrap();
    let said = |id: &str| (p.action[of(id)].as_deref(), p.language[of(id)].as_str());
    assert_eq!(said("A"), (Some("reminder"), "de"));
    assert_eq!((said("B"), said("C")), ((Some("call"), "en"), (Some("call"), "en")));
    assert_eq!(idle_segments(&k, &k.open_invoices(), &overlaid(&own)), ["country=AT"]);
    // 100 with 0.25 a unit for a reminder that costs 1; the parts of B's call add up to it
    assert!((p.expected_gain[of("A")] - 24.0).abs() < 1e-9);
    let sum = |rows: std::ops::Range<usize>| p.portion[rows].iter().map(|s| s.gain - s.cost).sum::<f64>();
    assert!((sum(1..3) - p.expected_gain[of("B")]).abs() < 1e-9 && (sum(0..1) - 24.0).abs() < 1e-9);
    assert!((p.portion[1].cost - 5.0).abs() < 1e-12 && (p.portion[2].cost - 5.0).abs() < 1e-12);
}
