//! Sums that must agree, on ledgers and curves of every shape.

use arrears::analytics::{
    Aging, Groups, aging, credit_insurance, expected_days, factoring_values, handover, kpis, payment_methods,
};
use arrears::collect::{Contacts, Hold, Reporting, Stakes, priorities};
use arrears::core::{Amount, Currency, Day, TextColumn};
use arrears::forecast::{CashForecast, Grain, Portfolio, QUANTILES, Shocks, cash_forecast};
use arrears::ledger::{
    AccountCredit, InvoiceRows, Known, Ledger, NEVER, NO_VALUE, Segment, SettlementKind, SettlementRows,
};
use arrears::policy::{ValidPolicy, parse};
use arrears::score::{Curves, PartPayments};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Sums of a few hundred terms in f64.
const RELATIVE: f64 = 1e-9;
const LOSS_HORIZON: i32 = 365;
const CURRENCIES: [&str; 3] = ["EUR", "GBP", "USD"];

/// The same cases in every run: some laws below hold with a stated probability only.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= RELATIVE * a.abs().max(b.abs()).max(1.0)
}

fn policy() -> ValidPolicy {
    parse("", "defaults").unwrap()
}

/// One invoice: customer, currency, issue, days to due, amount, days to a dispute.
type Bill = (u32, u16, i32, i32, i64, Option<i32>);
/// One settlement: invoice, day, days until recorded, amount.
type Payment = (prop::sample::Index, i32, i32, i64);
/// One credit: customer, currency, day, amount.
type Credit = (u32, u16, i32, i64);

prop_compose! {
    /// Rows of a ledger on days 0 to 120: up to 40 invoices of 5 customers in 3 currencies.
    fn any_rows()(
        bills in prop::collection::vec(
            (0..5_u32, 0..3_u16, 0..100_i32, -5..90_i32, 1..50_000_000_i64, prop::option::weighted(0.2, 0..60_i32)),
            1..40,
        ),
        payments in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..120_i32, 0..10_i32, 1..60_000_000_i64),
            0..40,
        ),
        credits in prop::collection::vec((0..5_u32, 0..3_u16, 0..120_i32, 1..9_000_000_i64), 0..4),
    ) -> (InvoiceRows, SettlementRows) {
        (invoice_rows(&bills, &credits), settlement_rows(&payments, bills.len()))
    }
}

fn invoice_rows(bills: &[Bill], credits: &[Credit]) -> InvoiceRows {
    let names = |prefix: &str, n: usize| (0..n).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>();
    let texts = |names: Vec<String>| names.iter().map(String::as_str).collect::<TextColumn>();
    let credit = |&(customer, currency, day, amount): &Credit| AccountCredit {
        customer,
        currency,
        day,
        known: day,
        amount: Amount(amount),
    };
    InvoiceRows {
        invoice_id: texts(names("i", bills.len())),
        customer_id: texts(names("c", 5)),
        customer: bills.iter().map(|b| b.0).collect(),
        currency_code: CURRENCIES.iter().filter_map(|c| Currency::try_new(c)).collect(),
        currency: bills.iter().map(|b| b.1).collect(),
        issue: bills.iter().map(|b| b.2).collect(),
        due: bills.iter().map(|b| b.2 + b.3).collect(),
        amount: bills.iter().map(|b| Amount(b.4)).collect(),
        known: Vec::new(),
        dispute: bills.iter().map(|b| b.5.map_or(NEVER, |d| b.2 + d)).collect(),
        dispute_closed: vec![NEVER; bills.len()],
        credits: credits.iter().map(credit).collect(),
        ..InvoiceRows::default()
    }
}

fn settlement_rows(payments: &[Payment], n_invoices: usize) -> SettlementRows {
    SettlementRows {
        invoice: payments.iter().map(|p| p.0.index(n_invoices) as u32).collect(),
        day: payments.iter().map(|p| p.1).collect(),
        known: payments.iter().map(|p| p.1 + p.2).collect(),
        amount: payments.iter().map(|p| Amount(p.3)).collect(),
        kind: vec![SettlementKind::Cash; payments.len()],
        method: Segment {
            name: "method".into(),
            label: ["wire", "card"].map(str::to_owned).to_vec(),
            code: payments.iter().map(|p| [NO_VALUE, 0, 1][p.1 as usize % 3]).collect(),
        },
        ..SettlementRows::default()
    }
}

/// Daily to 91 days, weekly to 182, then monthly or so to the loss horizon.
fn grid() -> Vec<i32> {
    let weekly = (1..=13).map(|k| 91 + 7 * k);
    (0..=91).chain(weekly).chain([210, 240, 300, LOSS_HORIZON]).collect()
}

/// Falling curves from raw material: on some days nothing is paid, on some nearly all.
fn curves_of(n: usize, hazards: &[f64]) -> Curves {
    let edges = grid();
    let mut survival = Vec::with_capacity(n * edges.len());
    for i in 0..n {
        let mut s = 1.0;
        for k in 0..edges.len() {
            survival.push(s);
            s *= 1.0 - hazards[(i * 7 + k) % hazards.len()];
        }
    }
    Curves::new(edges, survival)
}

prop_compose! {
    /// A ledger as known on a day and a curve for each open invoice.
    fn any_books()(
        rows in any_rows(),
        as_of in 40..140_i32,
        hazards in prop::collection::vec(prop_oneof![4 => 0.0..0.05_f64, 1 => 0.2..1.0_f64, 2 => Just(0.0)], 20..60),
    ) -> (Known, Vec<u32>, Curves) {
        let known = Ledger::try_new(rows.0, rows.1).unwrap().into_known(Day(as_of));
        let open = known.open_invoices();
        let curves = curves_of(open.len(), &hazards);
        (known, open, curves)
    }
}

/// Values of one currency and grain, in order of time.
fn column<T: Copy>(f: &CashForecast, currency: Currency, grain: Grain, values: &[T]) -> Vec<T> {
    let rows = (0..values.len()).filter(|&r| f.currency[r] == currency && f.grain[r] == grain);
    rows.map(|r| values[r]).collect()
}

fn open_amount(known: &Known, open: &[u32], currency: Currency) -> Amount {
    let in_currency = |i: &&u32| known.currency_code[known.currency[**i as usize] as usize] == currency;
    open.iter().filter(in_currency).map(|&i| known.open_amount[i as usize]).sum()
}

fn unapplied(known: &Known, currency: Currency) -> Amount {
    let credits = known.credits.iter().filter(|c| known.currency_code[c.currency as usize] == currency);
    credits.map(|c| c.amount).sum()
}

fn bucket_sum(table: &Aging, currency: Currency) -> Amount {
    let rows = (0..table.amount.len()).filter(|&r| table.currency[r] == currency);
    rows.map(|r| table.amount[r]).sum()
}

proptest! {
    #![proptest_config(config(96))]

    /// Whether invoices are paid at once or in parts, and with what is settled by no money.
    #[test]
    fn expected_cash_over_time_and_what_stays_unpaid_are_the_open_amount((known, open, curves) in any_books()) {
        for part_payments in [PartPayments::at_once(), PartPayments::of(&known)] {
            for (currency, portfolio) in Portfolio::by_currency(&known, &open, &curves, &part_payments) {
                let cash: f64 = portfolio.expected_by_day(LOSS_HORIZON).iter().sum();
                let amount = |row: u32| known.open_amount[open[row as usize] as usize].to_f64();
                let unpaid: f64 =
                    portfolio.rows.iter().map(|&r| amount(r) * curves.at(r as usize, LOSS_HORIZON)).sum();
                let not_cash = |row: u32, day: i32| {
                    let fall = curves.at(row as usize, day - 1) - curves.at(row as usize, day);
                    let days_past_due = known.as_of().0 + day - known.due[open[row as usize] as usize];
                    amount(row) * fall * (1.0 - part_payments.cash_share(days_past_due))
                };
                let given_up: f64 =
                    portfolio.rows.iter().flat_map(|&r| (1..=LOSS_HORIZON).map(move |day| not_cash(r, day))).sum();
                prop_assert!(close(cash + unpaid + given_up, open_amount(&known, &open, currency).to_f64()));
            }
        }
    }

    #[test]
    fn invoices_sum_to_the_forecast_at_every_grain((known, open, curves) in any_books()) {
        let f = cash_forecast(&known, &open, (&curves, &PartPayments::at_once()), &[], &policy(), 1);
        for r in 0..f.expected.len() {
            let days = |d: Day| d.0 - known.as_of().0;
            let (before, last) = (days(f.period_start[r]) - 1, days(f.period_end[r]));
            let cash = |(k, &i): (usize, &u32)| {
                let counts = known.currency_code[known.currency[i as usize] as usize] == f.currency[r];
                let open = if counts { known.open_amount[i as usize].to_f64() } else { 0.0 };
                open * (curves.at(k, before) - curves.at(k, last))
            };
            prop_assert!(close(f.expected[r], open.iter().enumerate().map(cash).sum()), "row {r}");
        }
    }

    #[test]
    fn the_days_of_a_forecast_add_up_to_its_weeks((known, open, curves) in any_books()) {
        let f = cash_forecast(&known, &open, (&curves, &PartPayments::of(&known)), &[], &policy(), 1);
        let due: Vec<Amount> = f.due.iter().map(|d| d.unwrap()).collect();
        for (currency, _) in Portfolio::by_currency(&known, &open, &curves, &PartPayments::at_once()) {
            let days = column(&f, currency, Grain::Day, &f.expected);
            let weeks = column(&f, currency, Grain::Week, &f.expected);
            prop_assert_eq!((days.len(), weeks.len()), (91, 13));
            prop_assert!(days.chunks(7).zip(&weeks).all(|(d, w)| close(d.iter().sum(), *w)));
            let days = column(&f, currency, Grain::Day, &due);
            let weeks = column(&f, currency, Grain::Week, &due);
            prop_assert!(days.chunks(7).zip(&weeks).all(|(d, w)| d.iter().copied().sum::<Amount>() == *w));
        }
    }

    #[test]
    fn quantiles_rise_from_nothing_to_at_most_what_is_open((known, open, curves) in any_books()) {
        let f = cash_forecast(&known, &open, (&curves, &PartPayments::of(&known)), &[], &policy(), 1);
        for r in 0..f.expected.len() {
            let q: Vec<f64> = f.quantile.iter().map(|column| column[r]).collect();
            prop_assert!(q.windows(2).all(|w| w[0] <= w[1]), "{q:?}");
            let open = open_amount(&known, &open, f.currency[r]).to_f64();
            prop_assert!(q[0] >= 0.0 && q[QUANTILES.len() - 1] <= open);
        }
    }

    /// Four standard errors, which are at least those of independent invoices.
    #[test]
    fn draws_are_expected_cash_on_average((known, open, curves) in any_books(), seed in any::<u64>()) {
        let shocks = Shocks { n_draws: 4000, customer_correlation: 0.3, portfolio_correlation: 0.02, seed };
        let part_payments = PartPayments::of(&known);
        for (_, portfolio) in Portfolio::by_currency(&known, &open, &curves, &part_payments) {
            let expected = portfolio.expected_by_day(182);
            let draws = portfolio.simulate(&shocks, 182);
            for last in [7, 30, 182] {
                let x: Vec<f64> = draws.cash(1, last).iter().map(|&c| Amount(c).to_f64()).collect();
                let n = x.len() as f64;
                let mean = x.iter().sum::<f64>() / n;
                let sample = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
                let independent: f64 = portfolio.rows.iter().map(|&r| {
                    let (s, open) = (curves.at(r as usize, last), known.open_amount[open[r as usize] as usize]);
                    open.to_f64().powi(2) * s * (1.0 - s)
                }).sum();
                let standard_error = (sample.max(independent) / n).sqrt();
                let wanted: f64 = expected[..last as usize].iter().sum();
                prop_assert!((mean - wanted).abs() <= 4.0 * standard_error + RELATIVE * wanted, "{mean} {wanted}");
            }
        }
    }

    #[test]
    fn threads_change_no_bit_of_the_forecast((known, open, curves) in any_books(), seed in any::<u64>()) {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| cash_forecast(&known, &open, (&curves, &PartPayments::of(&known)), &[], &policy(), seed))
        };
        prop_assert_eq!(run(1), run(4));
    }

    #[test]
    fn aging_is_the_ledger_to_the_cent((known, open, _) in any_books()) {
        let table = aging(&known, &open, &policy());
        for &currency in &known.currency_code {
            let wanted = open_amount(&known, &open, currency) - unapplied(&known, currency);
            prop_assert_eq!(bucket_sum(&table, currency), wanted);
        }
        prop_assert_eq!(table.n_invoices.iter().sum::<u32>() as usize, open.len());
    }

    /// By currency, what came by each method is what the key figures say came, and so are the days.
    #[test]
    fn methods_of_payment_sum_to_the_key_figures((known, _, _) in any_books()) {
        let groups = Groups::new(&known);
        let methods = payment_methods(&known, &groups, &policy());
        let figures = kpis(&known, &groups, &[], &policy());
        for (id, late) in [("days_to_pay.cash.1", false), ("days_beyond_terms.cash.1", true)] {
            for row in figures.now.iter().filter(|r| r.definition.definition_id == id) {
                let of: Vec<_> = methods.iter().filter(|m| m.group == row.group).collect();
                let amount: Amount = of.iter().map(|m| m.amount).sum();
                if known.settlement_method.label.is_empty() {
                    prop_assert!(of.is_empty());
                    continue;
                }
                prop_assert_eq!(amount.to_f64(), row.figure.denominator.unwrap());
                let days = of.iter().map(|m| {
                    let days = if late { m.days_beyond_terms } else { m.days_to_pay };
                    days.unwrap_or(0.0) * m.amount.to_f64()
                });
                prop_assert!(close(days.sum(), row.figure.numerator.unwrap()));
            }
        }
    }

    /// Kept today is the same whoever asks, at every later age a share of it at the most; an insurer never pays more than
    /// its share of what can be lost, and more risk is worth no less.
    #[test]
    fn other_ways_than_a_contact_start_from_one_value((known, open, curves) in any_books()) {
        let p = policy();
        let unpaid: Vec<f64> = (0..open.len()).map(|k| curves.at(k, LOSS_HORIZON)).collect();
        let mut last = 0;
        for row in handover(&known, &open, curves.edges(), |k| curves.row(k), &p) {
            let k = last + open[last..].iter().position(|i| *i == row.invoice).unwrap();
            last = k;
            let days = expected_days(curves.edges(), curves.row(k));
            let units = known.open_amount[row.invoice as usize].to_f64();
            prop_assert!(close(row.keep_value, units * factoring_values(days, unpaid[k], &p).0));
            prop_assert!(row.agency_value <= units && row.legal_value <= units);
            prop_assert_eq!(row.gain > 0.0, row.from_days_past_due == Some(row.days_past_due));
        }
        let insured = credit_insurance(&known, &open, &unpaid, &p);
        let worse: Vec<f64> = unpaid.iter().map(|u| u.midpoint(1.0)).collect();
        for (a, b) in insured.iter().zip(credit_insurance(&known, &open, &worse, &p)) {
            let most = a.insured_amount.to_f64() * p.collect.loss_given_unpaid_rate * p.insurance.insured_rate;
            prop_assert!(a.expected_recovery >= 0.0 && a.expected_recovery <= most);
            prop_assert!(b.expected_recovery >= a.expected_recovery && b.premium == a.premium);
        }
    }

    #[test]
    fn priorities_hold_every_open_invoice_once((known, open, curves) in any_books()) {
        let reasons = vec![[None; 3]; open.len()];
        let stakes = Stakes { known: &known, open: &open, curves: &curves, reasons: &reasons };
        let p = priorities(&stakes, &Contacts::default(), &Reporting::AtPar, &policy()).unwrap();
        let open_in_all: Amount = open.iter().map(|&i| known.open_amount[i as usize]).sum();
        prop_assert_eq!(p.open_amount.iter().copied().sum::<Amount>(), open_in_all);
        let mut listed: Vec<&str> = p.invoice_id.iter().collect();
        let mut wanted: Vec<&str> = open.iter().map(|&i| known.invoice_id.get(i as usize)).collect();
        listed.sort_unstable();
        wanted.sort_unstable();
        prop_assert_eq!(listed, wanted);
        prop_assert!(p.expected_gain.windows(2).all(|w| w[0] >= w[1]));
        for r in 0..p.rank.len() {
            prop_assert!(p.overdue_amount[r] <= p.open_amount[r]);
            prop_assert!(p.value_at_risk[r] <= p.open_amount[r].to_f64() * (1.0 + RELATIVE));
            prop_assert_eq!(p.action[r].is_some(), p.expected_gain[r] > 0.0);
            prop_assert!(p.hold[r].is_none() || p.action[r].is_none());
            prop_assert_ne!(p.hold[r], Some(Hold::Promise));
        }
    }

    #[test]
    fn money_in_is_money_out_of_allocation(rows in any_rows()) {
        let given: Amount = rows.0.credits.iter().map(|c| c.amount).sum();
        let paid: Amount = rows.1.amount.iter().copied().sum();
        let ledger = Ledger::try_new(rows.0, rows.1).unwrap();
        let allocated: Amount = ledger.settlement_amount.iter().copied().sum();
        let on_account: Amount = ledger.credits.iter().map(|c| c.amount).sum();
        prop_assert_eq!(given + paid, allocated + on_account);
        let known = ledger.clone().into_known(Day(NEVER - 1));
        prop_assert!((0..ledger.n_invoices()).all(|i| known.open_amount[i] >= Amount::ZERO));
        let billed: Amount = ledger.amount.iter().copied().sum();
        prop_assert_eq!(billed - allocated, known.open_amount.iter().copied().sum());
    }
}
