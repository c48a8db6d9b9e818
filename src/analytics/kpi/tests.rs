//! The pass over the ledger, against ledgers that can be counted by hand and against itself cut at earlier days.

use super::*;
use crate::core::{Amount, Day};
use crate::ledger::{InvoiceRows, Ledger, NEVER, NO_VALUE, Segment, SettlementKind, SettlementRows, sample};
use crate::policy::parse;
use SettlementKind::{Cash, Discount, WriteOff};
use proptest::prelude::*;

/// 2026-03-31: a month's end.
const AS_OF: i32 = 20_543;

fn settlements(rows: &[(u32, i32, &str, SettlementKind)]) -> SettlementRows {
    SettlementRows {
        invoice: rows.iter().map(|r| r.0).collect(),
        day: rows.iter().map(|r| r.1).collect(),
        amount: rows.iter().map(|r| Amount::parse(r.2).unwrap()).collect(),
        kind: rows.iter().map(|r| r.3).collect(),
        ..SettlementRows::default()
    }
}

fn of(ledger: &Ledger, as_of: i32, promises: &[PaymentPromise<'_>]) -> (Groups, Kpis) {
    let known = ledger.known_at(Day(as_of));
    let groups = Groups::new(&known);
    let kpis = kpis(&known, &groups, promises, &parse("", "defaults").unwrap());
    (groups, kpis)
}

fn figure(kpis: &Kpis, definition_id: &str) -> (Option<f64>, Option<f64>, Option<f64>) {
    let row = kpis.now.iter().find(|r| r.definition.definition_id == definition_id && r.group == 0).unwrap();
    (row.figure.value, row.figure.numerator, row.figure.denominator)
}

/// Days before as_of. Of customer A: 1 of 300 due 40 days ago, 100 paid 35 days ago; 2 of 200 due 20 days ago, paid
/// in full 25 days ago; 3 of 100 due in 20 days. Of B: 4 of 400 due 100 days ago, open.
/// Each was issued 30 days before it was due.
fn book() -> Ledger {
    let mut rows = sample::invoices(&[
        ("1", "A", "EUR", AS_OF - 40, "300"),
        ("2", "A", "EUR", AS_OF - 20, "200"),
        ("3", "A", "EUR", AS_OF + 20, "100"),
        ("4", "B", "EUR", AS_OF - 100, "400"),
    ]);
    rows.dispute = vec![AS_OF - 50, NEVER, NEVER, NEVER];
    rows.dispute_closed = vec![NEVER; 4];
    Ledger::try_new(rows, settlements(&[(0, AS_OF - 35, "100", Cash), (1, AS_OF - 25, "200", Cash)])).unwrap()
}

#[test]
fn every_figure_of_a_small_book_can_be_counted_by_hand() {
    let (_, kpis) = of(&book(), AS_OF, &[]);
    let figure = |id| figure(&kpis, id);
    let some =
        |value: f64, numerator: f64, denominator: f64| (Some(value), Some(numerator), Some(denominator));
    // open: 200 + 100 + 400; sold in 90 days: 300 + 200 + 100
    assert_eq!(figure("dso.window.1"), some(700.0 * 90.0 / 600.0, 63_000.0, 600.0));
    assert_eq!(figure("best_possible_dso.window.1"), some(15.0, 9_000.0, 600.0));
    assert_eq!(figure("add.window.1"), some(90.0, 54_000.0, 600.0));
    // back from as_of: 100 in the last 30 days, 200 in the next (50 days ago), 300 in the third (70), 400 in the fifth
    assert_eq!(figure("dso_countback.30_days.1").0, Some(30.0 * 4.0 + 30.0 * 100.0 / 400.0));
    // all of the first span is open, none of the second, two thirds of the third, all of the fifth
    assert_eq!(figure("dso_true.30_days.1").0, Some(30.0 * (1.0 + 2.0 / 3.0 + 1.0)));
    // 400 were open 90 days ago; 300 of 400 + 600 were collected, of 900 that could have been
    assert_eq!(figure("cei.summed_sales.1"), some(300.0 / 900.0, 300.0, 900.0));
    assert_eq!(figure("turnover.window.1").0, Some(600.0 * 365.0 / 90.0 / 550.0));
    assert_eq!(figure("percent_current.open.1"), some(1.0 / 7.0, 100.0, 700.0));
    assert_eq!(figure("at_risk_share.last_bucket.1"), some(4.0 / 7.0, 400.0, 700.0));
    // 100 came 5 days late, 200 five days early; 35 and 25 days after issue
    assert_eq!(figure("days_beyond_terms.cash.1"), some(-500.0 / 300.0, -500.0, 300.0));
    assert_eq!(figure("days_to_pay.cash.1"), some(8_500.0 / 300.0, 8_500.0, 300.0));
    assert_eq!(figure("late_share.invoices.1"), some(2.0 / 3.0, 2.0, 3.0));
    assert_eq!(figure("late_share.amounts.1"), some(700.0 / 900.0, 700.0, 900.0));
    assert_eq!(figure("top10_share.open.1"), some(1.0, 700.0, 700.0));
    assert_eq!(figure("herfindahl.open.1"), some(250_000.0 / 490_000.0, 250_000.0, 490_000.0));
    assert_eq!(figure("dispute_rate.invoices.1"), some(0.25, 1.0, 4.0));
    assert_eq!(figure("short_pay_rate.first_payment.1"), some(0.5, 1.0, 2.0));
    assert_eq!(figure("bad_debt_ratio.written_off.1"), some(0.0, 0.0, 1_000.0));
    assert_eq!(figure("promise_kept_rate.cash.1"), (None, Some(0.0), Some(0.0)));
    assert_eq!(figure("discount_take_up.invoices.1"), (None, Some(0.0), Some(0.0)));
}

/// Invoice 2 was paid in full 25 days ago or on one of the 40 days before: 5 days early or up to 45.
#[test]
fn a_payment_of_two_possible_days_counts_as_money_and_not_as_days() {
    let sure = book();
    let mut ledger = book();
    ledger.settlement_first = ledger.settlement_day.clone();
    ledger.settlement_first[1] -= 40;
    let ((_, kpis), (_, sure)) = (of(&ledger, AS_OF, &[]), of(&sure, AS_OF, &[]));
    let (found, of_day) = (|id| figure(&kpis, id), |id| figure(&sure, id));
    // of 100 paid on day -35, 5 days late and 35 after issue
    assert_eq!(found("days_beyond_terms.cash.1"), (Some(5.0), Some(500.0), Some(100.0)));
    assert_eq!(found("days_to_pay.cash.1"), (Some(35.0), Some(3_500.0), Some(100.0)));
    // 1 and 4 are late; of 2 nobody can tell
    assert_eq!(found("late_share.invoices.1"), (Some(1.0), Some(2.0), Some(2.0)));
    for id in ["dso.window.1", "dso_true.30_days.1", "cei.summed_sales.1", "short_pay_rate.first_payment.1"] {
        assert_eq!(found(id), of_day(id), "{id}");
    }
    // until the day before it is known, it is open, and late once its due date has passed
    let (_, before) = of(&ledger, AS_OF - 26, &[]);
    assert_eq!(
        figure(&before, "percent_current.open.1"),
        figure(&of(&book(), AS_OF - 26, &[]).1, "percent_current.open.1")
    );
}

/// 100 promised within three days came on a day of those three or before them: neither kept nor broken.
#[test]
fn a_promise_that_hangs_on_an_undecided_day_is_not_judged() {
    let promise = |amount: i64| PaymentPromise {
        customer_id: "A",
        made: AS_OF - 38,
        promise_date: AS_OF - 35,
        amount: Some(Amount(amount * 10_000)),
    };
    let mut ledger = book();
    ledger.settlement_first = ledger.settlement_day.clone();
    ledger.settlement_first[0] -= 10;
    let kept =
        |ledger: &Ledger, as_of| figure(&of(ledger, as_of, &[promise(100)]).1, "promise_kept_rate.cash.1");
    assert_eq!(kept(&ledger, AS_OF), (None, Some(0.0), Some(0.0)));
    // both days are in time
    ledger.settlement_first[0] += 8;
    assert_eq!(kept(&ledger, AS_OF), (Some(1.0), Some(1.0), Some(1.0)));
}

#[test]
fn what_is_written_off_or_taken_as_a_discount_is_counted() {
    let mut rows =
        sample::invoices(&[("1", "A", "EUR", AS_OF - 40, "100"), ("2", "A", "EUR", AS_OF - 40, "400")]);
    (rows.discount_rate, rows.discount_days) = (vec![20_000; 2], vec![10; 2]);
    let paid = [(0, AS_OF - 65, "98", Cash), (1, AS_OF - 9, "100", WriteOff)];
    let (_, kpis) = of(&Ledger::try_new(rows, settlements(&paid)).unwrap(), AS_OF, &[]);
    assert_eq!(figure(&kpis, "bad_debt_ratio.written_off.1").0, Some(0.2));
    assert_eq!(figure(&kpis, "discount_take_up.invoices.1").0, Some(0.5));
}

/// Customer A owed 500 when it promised 100 within three days, which came; when it promised all, 100 came.
#[test]
fn a_promise_is_kept_by_the_cash_that_came_until_its_day() {
    let promise = |made: i32, day: i32, amount: Option<i64>| PaymentPromise {
        customer_id: "A",
        made: AS_OF - made,
        promise_date: AS_OF - day,
        amount: amount.map(|a| Amount(a * 10_000)),
    };
    let kept =
        [promise(38, 35, Some(100)), promise(38, 35, None), promise(38, 36, Some(100)), promise(2, -5, None)];
    let (_, kpis) = of(&book(), AS_OF, &kept);
    assert_eq!(figure(&kpis, "promise_kept_rate.cash.1"), (Some(1.0 / 3.0), Some(1.0), Some(3.0)));
}

/// 100 were current at January's end and a third was paid until February's, when the rest was 1-30 days past due.
#[test]
fn roll_rates_follow_what_is_open_from_one_months_end_to_the_next() {
    let rows = sample::invoices(&[("1", "A", "EUR", AS_OF - 50, "90")]);
    let ledger = Ledger::try_new(rows, settlements(&[(0, AS_OF - 45, "30", Cash)])).unwrap();
    let (_, kpis) = of(&ledger, AS_OF, &[]);
    let whole = |units: i128| units * 10_000;
    assert_eq!(kpis.rolls[0][0], [0, whole(60), 0, 0, 0, whole(30)]);
    assert_eq!(kpis.rolls[0][1], [0, 0, whole(60), 0, 0, 0]);
}

/// Issue, terms, amount, days until recorded, payments (days after issue, tenths, days until recorded), unit.
type Bill = (i32, i32, i64, i32, Vec<(i32, i64, i32)>, u32);

fn any_ledger() -> impl Strategy<Value = Ledger> {
    let payment = (-5..200_i32, prop_oneof![8 => 1..12_i64, 1 => -10..0_i64], 0..40_i32);
    let bill = (
        AS_OF - 900..AS_OF,
        0..60_i32,
        1..1000_i64,
        0..40_i32,
        prop::collection::vec(payment, 0..4),
        0..3_u32,
    );
    prop::collection::vec(bill, 1..40).prop_map(ledger)
}

fn ledger(bills: Vec<Bill>) -> Ledger {
    let ids: Vec<String> = (0..bills.len()).map(|i| format!("{i:03}")).collect();
    let who = ["A", "B", "C"];
    let given: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(i, id)| (id.as_str(), who[i % 3], if i % 5 == 0 { "USD" } else { "EUR" }, 0, "1"))
        .collect();
    let mut rows: InvoiceRows = sample::invoices(&given);
    rows.issue = bills.iter().map(|b| b.0).collect();
    rows.due = bills.iter().map(|b| b.0 + b.1).collect();
    rows.amount = bills.iter().map(|b| Amount(b.2 * 10_000)).collect();
    rows.known = bills.iter().map(|b| b.0 + b.3).collect();
    rows.dispute = bills.iter().map(|b| if b.1 % 7 == 0 { b.0 + b.3 } else { NEVER }).collect();
    rows.dispute_closed = vec![NEVER; bills.len()];
    rows.discount_rate = bills.iter().map(|b| if b.1 % 3 == 0 { 20_000 } else { 0 }).collect();
    rows.discount_days = vec![8; bills.len()];
    let label = ["North", "South"].map(str::to_owned).to_vec();
    let code = bills.iter().map(|b| if b.5 < 2 { b.5 } else { NO_VALUE }).collect();
    rows.segments = vec![Segment { name: "region".to_owned(), label, code }];
    let mut paid = SettlementRows::default();
    for (i, bill) in bills.iter().enumerate() {
        for (k, (after, tenths, late)) in bill.4.iter().enumerate() {
            paid.invoice.push(i as u32);
            paid.day.push(bill.0 + after);
            paid.first.push(bill.0 + after - if (i + 2 * k) % 5 == 0 { 9 } else { 0 });
            paid.known.push(bill.0 + after + late);
            paid.amount.push(Amount(bill.2 * tenths * 1_000));
            paid.kind.push([Cash, Cash, WriteOff, Discount][(i + k) % 4]);
        }
    }
    Ledger::try_new(rows, paid).unwrap()
}

/// Paid on one of some days before it was billed, and half of it taken back a month after: a month's end between the two did
/// not know the day and left it out, which a later run says of it too.
#[test]
fn what_was_left_out_for_its_day_stays_left_out_when_it_is_taken_back() {
    let rows = sample::invoices(&[("1", "A", "EUR", AS_OF - 45, "10")]);
    let billed = rows.issue[0];
    let mut paid = settlements(&[(0, billed - 2, "10", Cash), (0, AS_OF - 10, "-5", Cash)]);
    paid.first = vec![billed - 8, AS_OF - 10];
    let ledger = Ledger::try_new(rows, paid).unwrap();
    let month_end = AS_OF - 31;
    let judged = |kpis: Vec<KpiRow>| {
        let id = "late_share.invoices.1";
        let row = kpis.into_iter().find(|r| r.day == month_end && r.definition.definition_id == id);
        row.unwrap().figure.denominator
    };
    assert_eq!(judged(of(&ledger, month_end, &[]).1.now), Some(0.0));
    assert_eq!(judged(of(&ledger, AS_OF, &[]).1.trend), Some(0.0));
}

/// A row by what it says.
fn told(groups: &Groups, row: &KpiRow) -> ((String, String, &'static str), Figure) {
    let group = (groups.currency(row.group).to_string(), groups.title(row.group).to_owned());
    ((group.0, group.1, row.definition.definition_id), row.figure)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A month's end of the trend says what a run on that day would have said, to the bit.
    #[test]
    fn the_trend_is_what_earlier_runs_have_said(ledger in any_ledger()) {
        let (groups, whole) = of(&ledger, AS_OF, &[]);
        let mut months: Vec<i32> = whole.trend.iter().map(|r| r.day).collect();
        months.dedup();
        for month in months {
            let (then_groups, then) = of(&ledger, month, &[]);
            let then: std::collections::BTreeMap<_, _> = then.now.iter().map(|r| told(&then_groups, r)).collect();
            for row in whole.trend.iter().filter(|r| r.day == month) {
                let (key, figure) = told(&groups, row);
                // a column of which no invoice had a value yet was no segment then
                let was_segment = |t: &str| (0..then_groups.len()).any(|g| then_groups.title(g) == t);
                if key.1 == "region=" && !was_segment("region=") {
                    prop_assert!(!then.keys().any(|k| k.1.starts_with("region")), "{:?}", key);
                    continue;
                }
                prop_assert_eq!(then.get(&key), Some(&figure), "{:?} at {}", key, Day(month));
            }
        }
    }

    /// CEI by all sales is in 0 to 1; values of a segment sum to all; the open amount is that of the ledger.
    #[test]
    fn figures_keep_their_laws(ledger in any_ledger()) {
        let known = ledger.known_at(Day(AS_OF));
        let (groups, kpis) = of(&ledger, AS_OF, &[]);
        for row in &kpis.now {
            if row.definition.kpi == "cei" {
                prop_assert!(row.figure.value.is_none_or(|v| (0.0..=1.0).contains(&v)), "{:?}", row.figure);
            }
            if let (Some(v), Some(n), Some(d)) = (row.figure.value, row.figure.numerator, row.figure.denominator) {
                prop_assert_eq!(v, n / d);
            }
        }
        for all in (0..groups.len()).filter(|g| groups.whole_of(*g) == *g) {
            let open: i64 = (0..known.n_invoices())
                .filter(|&i| known.currency_code[usize::from(known.currency[i])] == groups.currency(all))
                .map(|i| known.open_amount[i].0.max(0)).sum();
            for id in ["percent_current.open.1", "days_to_pay.cash.1", "late_share.invoices.1", "cei.summed_sales.1"] {
                let sums = |is_part: bool| -> (f64, f64) {
                    let rows = kpis.now.iter().filter(|r| {
                        r.definition.definition_id == id && groups.whole_of(r.group) == all && (r.group != all) == is_part
                    });
                    rows.fold((0.0, 0.0), |s, r| {
                        (s.0 + r.figure.numerator.unwrap(), s.1 + r.figure.denominator.unwrap())
                    })
                };
                let (all, parts) = (sums(false), sums(true));
// a column of which no invoice has a value is no segment
                let has_parts = !known.segments.is_empty();
                prop_assert!(!has_parts || (all.0 - parts.0).abs() < 1e-6 && (all.1 - parts.1).abs() < 1e-6, "{}", id);
                if id == "percent_current.open.1" {
                    prop_assert_eq!(all.1, open as f64 / 10_000.0);
                }
            }
        }
    }

    #[test]
    fn threads_do_not_change_a_figure(ledger in any_ledger()) {
        let with = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| format!("{:?}", of(&ledger, AS_OF - 7, &[]).1.now))
        };
        prop_assert_eq!(with(1), with(3));
    }
}
