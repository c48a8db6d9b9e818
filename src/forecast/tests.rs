use super::*;
use crate::ledger::{Ledger, NO_VALUE, Segment, SettlementRows, sample};
use crate::policy::parse;

/// Three invoices on day 0: 100 and 50 EUR of A, due on day 3 and 40; 10 USD of B, 5 days overdue.
fn known() -> Known {
    let rows = sample::invoices(&[
        ("1", "A", "EUR", 3, "100"),
        ("2", "A", "EUR", 40, "50"),
        ("3", "B", "USD", -5, "10"),
    ]);
    let mut rows = rows;
    rows.issue = vec![-9, -8, -40];
    Ledger::try_new(rows, SettlementRows::default()).unwrap().known_at(Day(0))
}

/// Invoice 1 pays on day 1 or 2, 2 evenly within days 3 to 12, 3 on day 1 with 0.25.
fn curves() -> Curves {
    let survival = [[1.0, 0.5, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0], [1.0, 0.75, 0.75, 0.75]].concat();
    Curves::new(vec![0, 1, 2, 12], survival)
}

fn forecast() -> CashForecast {
    let known = known();
    cash_forecast(
        &known,
        &known.open_invoices(),
        (&curves(), &PartPayments::at_once()),
        &[],
        &parse("", "defaults").unwrap(),
        7,
    )
}

fn column<T: Copy>(f: &CashForecast, currency: &str, grain: Grain, values: &[T]) -> Vec<T> {
    let rows = (0..values.len()).filter(|&r| f.currency[r].as_str() == currency && f.grain[r] == grain);
    rows.map(|r| values[r]).collect()
}

#[test]
fn expected_cash_is_the_amount_times_the_fall_of_the_curve() {
    let f = forecast();
    let days = column(&f, "EUR", Grain::Day, &f.expected);
    assert_eq!(days.len(), 91);
    assert_eq!(days[..2], [50.0, 50.0]);
    assert!(days[2..12].iter().all(|d| (d - 5.0).abs() < 1e-12) && days[12..].iter().all(|d| *d == 0.0));
    let weeks = column(&f, "EUR", Grain::Week, &f.expected);
    assert!((weeks[0] - 125.0).abs() < 1e-9 && (weeks[1] - 25.0).abs() < 1e-9);
    assert_eq!(column(&f, "USD", Grain::Month, &f.expected)[0], 2.5);
}

#[test]
fn the_naive_forecast_counts_each_invoice_in_the_period_it_falls_due() {
    let f = forecast();
    let due: Vec<Amount> = f.due.iter().map(|d| d.unwrap()).collect();
    let weeks = column(&f, "EUR", Grain::Week, &due);
    let amounts = |texts: [&str; 3]| texts.map(|t| Amount::parse(t).unwrap());
    assert_eq!([weeks[0], weeks[5], weeks.iter().copied().sum()], amounts(["100", "50", "150"]));
    let months = column(&f, "EUR", Grain::Month, &due);
    assert_eq!([months[0], months[1], months.iter().copied().sum()], amounts(["100", "50", "150"]));
    assert!(column(&f, "USD", Grain::Day, &due).iter().all(|d| *d == Amount::ZERO));
}

#[test]
fn rows_go_by_currency_grain_and_period() {
    let f = forecast();
    let key = |r: usize| (f.currency[r], f.source[r], f.grain[r], f.period[r]);
    assert!((1..f.expected.len()).all(|r| key(r - 1) < key(r)));
    assert_eq!(f.expected.len(), 2 * (91 + 13 + 6));
    assert_eq!((f.period_start[91], f.period_end[91]), (Day(1), Day(7)));
    assert_eq!((f.period_start[104], f.period_end[104]), (Day(1), Day(30)));
}

#[test]
fn cash_that_is_certain_has_no_spread() {
    let f = forecast();
    for q in &f.quantile {
        let months = column(&f, "EUR", Grain::Month, q);
        assert_eq!(months, [150.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}

/// 500 draws of a 0.25 chance: none of the 5 % to 70 % quantiles sees it, those above 80 % do.
#[test]
fn quantiles_of_one_invoice_are_nothing_or_all_of_it() {
    let f = forecast();
    let first = |q: usize| column(&f, "USD", Grain::Day, &f.quantile[q])[0];
    assert_eq!([first(0), first(3), first(5), first(6)], [0.0, 0.0, 10.0, 10.0]);
}

/// `n` customers with three invoices of 1 each, all paid on day 1 or 2 with the same chance.
fn many(n: usize) -> (Known, Curves) {
    let ids: Vec<(String, String)> = (0..3 * n).map(|i| (format!("i{i}"), format!("c{}", i / 3))).collect();
    let bills: Vec<_> = ids.iter().map(|(i, c)| (i.as_str(), c.as_str(), "EUR", 10, "1")).collect();
    let known =
        Ledger::try_new(sample::invoices(&bills), SettlementRows::default()).unwrap().known_at(Day(0));
    (known, Curves::new(vec![0, 1, 2], [1.0, 0.6, 0.0].repeat(3 * n)))
}

fn simulated(known: &Known, curves: &Curves, customer: f64, portfolio: f64, seed: u64) -> Draws {
    let open = known.open_invoices();
    let part_payments = PartPayments::at_once();
    let (_, all) = Portfolio::by_currency(known, &open, curves, &part_payments).pop().unwrap();
    let shocks =
        Shocks { n_draws: 2000, customer_correlation: customer, portfolio_correlation: portfolio, seed };
    all.simulate(&shocks, 2)
}

fn mean_and_variance(x: &[i64]) -> (f64, f64) {
    let x: Vec<f64> = x.iter().map(|&v| v as f64 / 1e4).collect();
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    (mean, x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (x.len() - 1) as f64)
}

/// 300 independent payments with probability 0.4: mean 120, variance 72. Standard errors of 2000 draws: 0.19 and 2.3.
#[test]
fn without_correlation_invoices_pay_independently() {
    let (known, curves) = many(100);
    let (mean, variance) = mean_and_variance(&simulated(&known, &curves, 0.0, 0.0, 1).cash(1, 1));
    assert!((mean - 120.0).abs() < 0.76 && (variance - 72.0).abs() < 9.2, "{mean} {variance}");
}

/// `P(X > h, Y > h) - 0.4^2` of normals with correlation 0.5 and `h = quantile(0.6)`: the integral over `r` from 0 to
/// 0.5 of `exp(-h^2 / (1 + r)) / (2 pi sqrt(1 - r^2))` (Plackett's identity), by Simpson's rule.
const PAIR_COVARIANCE: f64 = 0.079_127_247;

/// Each of 300 invoices has two siblings. Variance 72 + 300 x 2 x 0.0791 = 119.5, its standard error 3.2 %.
#[test]
fn invoices_of_a_customer_are_early_and_late_together() {
    let (known, curves) = many(100);
    let (mean, variance) = mean_and_variance(&simulated(&known, &curves, 0.5, 0.0, 2).cash(1, 1));
    let wanted = 72.0 + 300.0 * 2.0 * PAIR_COVARIANCE;
    assert!((mean - 120.0).abs() < 1.0 && (variance - wanted).abs() < 0.13 * wanted, "{mean} {variance}");
}

#[test]
fn a_shock_to_all_widens_the_total_and_keeps_its_mean() {
    let (known, curves) = many(100);
    let (mean, variance) = mean_and_variance(&simulated(&known, &curves, 0.0, 0.2, 3).cash(1, 1));
    assert!(
        (mean - 120.0).abs() < 4.0 * (variance / 2000.0).sqrt() && variance > 1000.0,
        "{mean} {variance}"
    );
}

#[test]
fn threads_do_not_change_a_bit() {
    let (known, curves) = many(700);
    let policy = parse("", "defaults").unwrap();
    let part_payments = PartPayments::at_once();
    let run = |n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        pool.install(|| {
            cash_forecast(&known, &known.open_invoices(), (&curves, &part_payments), &[], &policy, 5)
        })
    };
    assert_eq!(run(1), run(3));
}

/// One payment in a hundred is expected, however much is shared: 3 of 300.
#[test]
fn what_is_shared_does_not_make_a_rare_payment_likelier() {
    let (known, _) = many(100);
    let curves = Curves::new(vec![0, 1], [1.0, 0.99].repeat(300));
    let (mean, variance) = mean_and_variance(&simulated(&known, &curves, 0.3, 0.3, 6).cash(1, 1));
    assert!((mean - 3.0).abs() < 4.0 * (variance / 2000.0).sqrt() && variance < 100.0, "{mean} {variance}");
}

/// A customer who sorts before the other moves all the rows of the latter.
#[test]
fn another_customer_does_not_change_the_draws_of_the_first() {
    let bills = [("2", "B", "EUR", 10, "1"), ("3", "B", "EUR", 10, "2"), ("1", "A", "EUR", 10, "4")];
    let of = |bills: &[_]| {
        Ledger::try_new(sample::invoices(bills), SettlementRows::default()).unwrap().known_at(Day(0))
    };
    let shocks = Shocks { n_draws: 2000, customer_correlation: 0.3, portfolio_correlation: 0.02, seed: 9 };
    let draw = |known: &Known, rows: Vec<u32>| {
        let open = known.open_invoices();
        let curves = Curves::new(vec![0, 1, 2], [1.0, 0.6, 0.0].repeat(open.len()));
        Portfolio { known, open: &open, curves: &curves, part_payments: &PartPayments::at_once(), rows }
            .simulate(&shocks, 2)
    };
    assert_eq!(draw(&of(&bills), vec![1, 2]), draw(&of(&bills[..2]), vec![0, 1]));
}

#[test]
fn more_draws_begin_with_the_same_ones() {
    let (known, curves) = many(2);
    let open = known.open_invoices();
    let part_payments = PartPayments::at_once();
    let (_, all) = Portfolio::by_currency(&known, &open, &curves, &part_payments).pop().unwrap();
    let draw = |n_draws| {
        let shocks = Shocks { n_draws, customer_correlation: 0.3, portfolio_correlation: 0.1, seed: 4 };
        all.simulate(&shocks, 2).cash(1, 1)
    };
    assert_eq!(draw(1500)[..300], draw(300));
}

/// Invoices 1 and 3 are of DE, 2 of nowhere.
#[test]
fn groups_of_a_segment_sum_to_all_in_every_draw() {
    let mut rows = sample::invoices(&[
        ("1", "A", "EUR", 3, "100"),
        ("2", "A", "EUR", 40, "50"),
        ("3", "B", "USD", -5, "10"),
    ]);
    rows.issue = vec![-9, -8, -40];
    rows.segments =
        vec![Segment { name: "country".into(), label: vec!["DE".into()], code: vec![0, NO_VALUE, 0] }];
    let known = Ledger::try_new(rows, SettlementRows::default()).unwrap().known_at(Day(0));
    let (open, curves, part_payments) = (known.open_invoices(), curves(), PartPayments::at_once());
    let f = cash_forecast(&known, &open, (&curves, &part_payments), &[], &parse("", "defaults").unwrap(), 7);
    let week = |currency: &str, segment: &str| {
        let is_it = |r: &usize| {
            let key = (f.currency[*r].as_str(), f.segment.get(*r), f.grain[*r], f.period[*r]);
            key == (currency, segment, Grain::Week, 0)
        };
        (0..f.expected.len()).find(is_it).map(|r| (f.expected[r] * 1e6).round() / 1e6)
    };
    let weeks =
        [week("EUR", "all"), week("EUR", "country=DE"), week("EUR", "country="), week("USD", "country=")];
    assert_eq!(weeks, [Some(125.0), Some(100.0), Some(25.0), None]);
    assert_eq!((week("USD", "country=DE"), week("USD", "all")), (Some(2.5), Some(2.5)));

    let shocks = Shocks { n_draws: 300, customer_correlation: 0.3, portfolio_correlation: 0.02, seed: 3 };
    let (_, whole) = Portfolio::by_currency(&known, &open, &curves, &part_payments).remove(0);
    let parts: Vec<Draws> = whole.by_segment().iter().map(|(_, part)| part.simulate(&shocks, 60)).collect();
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].plus(&parts[1]), whole.simulate(&shocks, 60));
}
