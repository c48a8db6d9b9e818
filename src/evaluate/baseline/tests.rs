use super::*;
use crate::evaluate::outcome::{Outcome, places};
use crate::ledger::{Ledger, SettlementKind, SettlementRows, sample};

/// Two orders of the same sums.
const ROUNDING: f64 = 1e-9;
const ORIGIN: Day = Day(100);

/// A1 paid 10 days late, A2 on its due date, B1 35 days late; A3 of 200 is not yet due, B2 is five days overdue with 40
/// of 100 paid on day 98. Each was issued 30 days before it was due.
fn ledger() -> Ledger {
    let rows = sample::invoices(&[
        ("A1", "A", "EUR", 40, "100"),
        ("A2", "A", "EUR", 60, "100"),
        ("A3", "A", "EUR", 111, "200"),
        ("B1", "B", "EUR", 55, "100"),
        ("B2", "B", "EUR", 95, "100"),
    ]);
    let paid: [(u32, i32, &str); 6] =
        [(0, 50, "100"), (1, 60, "100"), (3, 90, "100"), (4, 98, "40"), (2, 112, "200"), (4, 108, "60")];
    let settlements = SettlementRows {
        invoice: paid.iter().map(|p| p.0).collect(),
        day: paid.iter().map(|p| p.1).collect(),
        amount: paid.iter().map(|p| Amount::parse(p.2).unwrap()).collect(),
        kind: vec![SettlementKind::Cash; paid.len()],
        ..SettlementRows::default()
    };
    Ledger::try_new(rows, settlements).unwrap()
}

fn forecast(baseline: Baseline) -> ModelForecast {
    let known = ledger().known_at(ORIGIN);
    let open = known.open_invoices();
    let not_yet_due: Vec<u32> = open.iter().copied().filter(|&i| known.due[i as usize] > ORIGIN.0).collect();
    let history = DailyCash::of(&known, Day(i32::MIN));
    let stand = Stand {
        known: &known,
        open: &open,
        not_yet_due: &not_yet_due,
        since: Day(i32::MIN),
        grace_days: 0,
        aging_edges_days: &[30],
        history: &history,
    };
    baseline.forecast(&stand)
}

/// The first weeks of the forecast, the others being nothing.
fn assert_weeks(baseline: Baseline, wanted: &[f64]) {
    let cash = forecast(baseline).cash;
    assert_eq!(cash.len(), 1);
    for (week, found) in cash[0].expected.iter().enumerate() {
        let wanted = wanted.get(week).copied().unwrap_or_default();
        assert!((found - wanted).abs() < ROUNDING, "{} week {week}: {found}", baseline.name());
    }
}

#[test]
fn the_clerks_rule_pays_on_the_due_date_and_overdue_ones_tomorrow() {
    assert_weeks(Baseline::DueDate, &[60.0, 200.0]);
}

/// Delays 10, 0 and 35: mean 15, median 10. A: (10 + 0 + 2 * 15) / 4 = 10, B: (35 + 2 * 15) / 3 = 22 days.
#[test]
fn the_usual_delay_is_drawn_to_the_portfolios() {
    assert_weeks(Baseline::CustomerMeanDelay, &[0.0, 0.0, 260.0]);
    assert_weeks(Baseline::CustomerMedianDelay, &[60.0, 0.0, 200.0]);
}

/// Of four invoices whose outcome is known three were late: (3 + 1) / (4 + 2). A has one late of two.
#[test]
fn an_overdue_invoice_counts_as_late_in_the_rate() {
    let rate = forecast(Baseline::CustomerLateRate).late_prob.unwrap();
    assert_eq!(rate.len(), 1);
    assert!((rate[0] - (1.0 + 2.0 * (2.0 / 3.0)) / 4.0).abs() < ROUNDING, "{}", rate[0]);
}

/// Collected at age 30: 100 of 400 outstanding; at 33: 40 of 300; at 40: 100 of 200, as B2 has been seen to 35 only;
/// at 65: 100 of 100. A3 is 19 days old, B2 35.
#[test]
fn the_curve_collects_what_earlier_issues_did_at_that_age() {
    assert_weeks(Baseline::CollectionCurve, &[30.0, 50.0 + 150.0 * 40.0 / 300.0, 65.0, 0.0, 30.0, 0.0, 65.0]);
    let late = forecast(Baseline::CollectionCurve).late_prob.unwrap();
    assert!((late[0] - 0.75).abs() < ROUNDING, "{}", late[0]);
}

/// Week by week: of 2200 open in `current` 1800 stayed, 260 fell overdue and 140 were paid; of 500 in `1-30` 300
/// stayed, 100 rolled on and 100 were paid; of 100 in `31+` all was paid.
#[test]
fn amounts_roll_from_bucket_to_bucket_as_they_did_before() {
    let first = 200.0 * 140.0 / 2200.0 + 60.0 * 0.2;
    let (current, overdue, old) = (200.0 * 1800.0 / 2200.0, 200.0 * 260.0 / 2200.0 + 60.0 * 0.6, 60.0 * 0.2);
    let found = forecast(Baseline::RollRate);
    let weeks = found.cash[0].expected;
    assert!((weeks[0] - first).abs() < ROUNDING, "{}", weeks[0]);
    assert!((weeks[1] - (current * 140.0 / 2200.0 + overdue * 0.2 + old)).abs() < ROUNDING, "{}", weeks[1]);
    assert!((found.late_prob.unwrap()[0] - 260.0 / 400.0).abs() < ROUNDING);
}

/// Whole weeks to the origin, oldest first: 0, 100, 0, 0, 0, 100, 40.
#[test]
fn a_short_history_repeats_its_last_four_weeks() {
    let last = [0.0, 0.0, 100.0, 40.0];
    let wanted: Vec<f64> = (0..WEEKS).map(|week| last[week % 4]).collect();
    assert_weeks(Baseline::SeasonalNaive, &wanted);
    assert_weeks(Baseline::WeekdayMean, &[240.0 / 7.0; WEEKS]);
    assert!(forecast(Baseline::Ets).cash.is_empty());
    assert_eq!(forecast(Baseline::SeasonalNaive).cash[0].source, CashOf::Total);
}

#[test]
fn smoothing_follows_a_line_and_gives_quantiles_in_order() {
    let cash = |week: i32, k: i32| Amount(i64::from((100 + 10 * week + 3 * (k % 2)) * 10_000 / 7));
    let days = (0..20 * 7).map(|day| cash(day / 7, day / 7)).collect();
    let history = DailyCash { currency: Currency::NONE, origin: ORIGIN, days };
    let found = ets(&history).unwrap();
    let (last, quantile) = (history.weeks()[19], found.quantile.unwrap());
    for (week, quantile) in quantile.iter().enumerate() {
        let line = last + 10.0 * (week as f64 + 1.0);
        assert!((found.expected[week] - line).abs() < 6.0, "{week}: {} for {line}", found.expected[week]);
        assert!(quantile.windows(2).all(|q| q[0] <= q[1]));
        assert!(quantile[0] < found.expected[week] && found.expected[week] < quantile[6]);
    }
}

/// At the end of day 109 A3 is not due yet, though it is late or not; B2's rest came in on day 108.
#[test]
fn an_outcome_is_what_the_ledger_knew_at_its_end() {
    let ledger = ledger();
    let known = ledger.known_at(ORIGIN);
    let of = |end: i32| {
        let end = ledger.known_at(Day(end));
        Outcome::of(&known, &end, &[2], &places(&known, &end), 0)
    };
    let eur = known.currency_code[0];
    let early = of(109);
    assert_eq!((early.n_weeks, early.late.as_slice()), (1, &[None][..]));
    assert_eq!(early.cash(CashOf::Open, eur)[..3], [0.0, 60.0, 0.0]);
    assert_eq!(of(111).late, [Some(true)]);
    let late = of(200);
    assert_eq!((late.n_weeks, late.late.as_slice()), (WEEKS, &[Some(true)][..]));
    assert_eq!(late.cash(CashOf::Open, eur)[..3], [0.0, 260.0, 0.0]);
    assert_eq!(late.cash(CashOf::Total, eur), late.cash(CashOf::Open, eur));
}
