//! Sums that must agree over a whole run, fit and all, on simulated ledgers; `coherence` has the laws of single stages
//! on curves of every shape.

use crate::sample::Desk;
use arrears::analytics::{Aging, aging};
use arrears::collect::{Contacts, Priorities, Reporting, Stakes, priorities};
use arrears::contract::{Table, Value, read_table};
use arrears::core::{Amount, Currency};
use arrears::features::{Purpose, survey};
use arrears::forecast::{CashForecast, cash_forecast};
use arrears::ledger::Known;
use arrears::policy::{ValidPolicy, parse};
use arrears::score::{Contribution, InvoiceScore, PartPayments, Prediction, predict_and_explain, score};
use arrears::simulate::{Plan, simulate};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;

/// Sums of some thousand terms in f64.
const RELATIVE: f64 = 1e-9;

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= RELATIVE * a.abs().max(b.abs()).max(1.0)
}

/// Every stage of a run.
struct Run {
    policy: ValidPolicy,
    known: Known,
    prediction: Prediction,
    parts: Vec<Contribution>,
    scores: Vec<InvoiceScore>,
    forecast: CashForecast,
    ranked: Priorities,
    aging: Aging,
}

/// Of a simulated portfolio and of when and how it is looked at.
#[derive(Debug, Clone)]
struct Scene {
    plan: Plan,
    days_left: i32,
    grace_days: i32,
}

prop_compose! {
    fn any_scene()(
        customers in 15..40_u32,
        months in 10..16_u32,
        seed in any::<u64>(),
        days_left in 0..60_i32,
        grace_days in prop_oneof![Just(0), 1..10_i32],
    ) -> Scene {
        Scene { plan: Plan::new(customers, months, seed), days_left, grace_days }
    }
}

impl Run {
    fn of(scene: &Scene) -> Self {
        let Scene { plan, days_left, grace_days } = scene;
        let small = "[model]\ntrain_rows_max = 10000\n[forecast]\ndraws = 100";
        let policy = parse(&format!("[ledger]\ngrace_days = {grace_days}\n{small}"), "test").unwrap();
        let known = simulate(plan).ledger().unwrap().into_known(plan.end().plus(-days_left));
        let survey = survey(&known, &policy, Purpose::Fit);
        let hazard = arrears::model::fit(&known, &survey, &policy, plan.seed).unwrap();
        let (prediction, parts) = predict_and_explain(&known, &survey, &hazard, &policy);
        let (open, curves) = (&prediction.open, &prediction.curves);
        let reasons: Vec<_> = parts.iter().map(|p| p.strongest().map(|r| Some(r.name))).collect();
        let stakes = Stakes { known: &known, open, curves, reasons: &reasons };
        Self {
            scores: score(&known, &prediction, &policy),
            forecast: cash_forecast(
                &known,
                open,
                (curves, &prediction.part_payments),
                &[],
                &policy,
                plan.seed,
            ),
            ranked: priorities(&stakes, &Contacts::default(), &Reporting::AtPar, &policy).unwrap(),
            aging: aging(&known, open, &policy),
            policy,
            known,
            prediction,
            parts,
        }
    }
}

impl Run {
    /// Survival of the invoice of score `k` at the end of so many days after its due date.
    fn survival_after_due(&self, k: usize, days: i32) -> f64 {
        self.prediction.curves.at(k, days - self.scores[k].days_past_due)
    }

    /// Open amount and place of each open invoice of a currency.
    fn open_in(&self, currency: Currency) -> impl Iterator<Item = (usize, Amount)> {
        let invoices = self.prediction.open.iter().map(|&i| i as usize).enumerate();
        let in_currency = move |(_, i): &(usize, usize)| {
            self.known.currency_code[self.known.currency[*i] as usize] == currency
        };
        invoices.filter(in_currency).map(|(k, i)| (k, self.known.open_amount[i]))
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 8,
        rng_seed: RngSeed::Fixed(31),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn curves_fall_from_one_and_scores_are_read_off_them(scene in any_scene()) {
        let run = Run::of(&scene);
        let grace = run.policy.ledger.grace_days;
        prop_assert_eq!(run.scores.len(), run.prediction.open.len());
        for (k, s) in run.scores.iter().enumerate() {
            let row = run.prediction.curves.row(k);
            prop_assert!(row[0] == 1.0 && row.windows(2).all(|w| w[1] <= w[0]) && row.iter().all(|s| *s >= 0.0));
            prop_assert_eq!(s.late_prob, run.survival_after_due(k, grace));
            prop_assert_eq!(s.late_prob == 1.0, s.days_past_due >= grace);
            prop_assert_eq!(s.late_days_prob, [30, 60, 90].map(|d| run.survival_after_due(k, d)));
            prop_assert_eq!(s.paid_prob, [7, 14, 30, 60, 90].map(|d| 1.0 - run.prediction.curves.at(k, d)));
            prop_assert!(s.late_prob >= s.late_days_prob[0]);
            prop_assert!(s.late_days_prob.windows(2).all(|w| w[0] >= w[1]));
            prop_assert!(s.paid_prob.windows(2).all(|w| w[0] <= w[1]));
            prop_assert!(1.0 - s.unpaid_prob >= s.paid_prob[4]);
            let dates: Vec<_> = s.pay_date.iter().flatten().collect();
            prop_assert!(dates.windows(2).all(|w| w[0] <= w[1]));
            prop_assert!(dates.iter().all(|d| **d > run.known.as_of()));
        }
    }

    #[test]
    fn contributions_add_up_to_the_score(scene in any_scene()) {
        let run = Run::of(&scene);
        prop_assert_eq!(run.parts.len(), run.scores.len());
        for (part, s) in run.parts.iter().zip(&run.scores) {
            let open = if s.late_prob < 1.0 { s.late_prob } else { 1.0 - s.paid_prob[2] };
            let log_odds = (open / (1.0 - open)).ln();
            prop_assert!((part.log_odds() - log_odds).abs() < 1e-7 * (1.0 + log_odds.abs()), "{part:?} {log_odds}");
            prop_assert_eq!(part.later_days != 0.0, -s.days_past_due + run.policy.ledger.grace_days > 91);
        }
    }

    /// Their money by day, and what their curves settle: what is settled by no money, and parts that come earlier, apart.
    #[test]
    fn invoices_sum_to_the_forecast_and_the_rest_stays_unpaid(scene in any_scene()) {
        let run = Run::of(&scene);
        let (f, curves, part_payments) = (&run.forecast, &run.prediction.curves, &run.prediction.part_payments);
        let mut room = Vec::new();
        for r in 0..f.expected.len() {
            let days = |d: arrears::core::Day| d.0 - run.known.as_of().0;
            let period = [days(f.period_start[r]) - 1, days(f.period_end[r])];
            let (mut before, mut by) = (0.0, 0.0);
            for (k, _) in run.open_in(f.currency[r]) {
                let i = run.prediction.open[k] as usize;
                let cash = part_payments.cash_by((&run.known, i), (curves, k), period, &mut room);
                (before, by) = (before + cash[0], by + cash[1]);
            }
            prop_assert!(close(before + f.expected[r], by), "row {r}: {} of {before} to {by}", f.expected[r]);
        }
        for (k, s) in run.scores.iter().enumerate() {
            let open = run.known.open_amount[s.invoice as usize].to_f64();
            prop_assert!(s.expected_cash.windows(2).all(|w| w[0] <= w[1]) && s.expected_cash[4] <= open * (1.0 + 1e-9));
            let on_account = part_payments.in_parts(run.known.customer[s.invoice as usize] as usize, PartPayments::stage(&run.known, s.invoice as usize));
            let settled = open * s.paid_prob[4];
            prop_assert!(on_account > 0.0 || s.expected_cash[4] <= settled * (1.0 + 1e-9), "{k}: {} of {settled}", s.expected_cash[4]);
        }
        for &currency in &run.known.currency_code {
            let horizon = run.policy.score.loss_horizon_days;
            let open: f64 = run.open_in(currency).map(|(_, a)| a.to_f64()).sum();
            let cash: f64 = (1..=horizon)
                .map(|d| run.open_in(currency).map(|(k, a)| a.to_f64() * (curves.at(k, d - 1) - curves.at(k, d))).sum::<f64>())
                .sum();
            let unpaid: f64 = run.open_in(currency).map(|(k, a)| a.to_f64() * run.scores[k].unpaid_prob).sum();
            prop_assert!(close(cash + unpaid, open), "{currency}: {cash} + {unpaid} against {open}");
        }
    }

    #[test]
    fn aging_and_priorities_are_the_ledger_to_the_cent(scene in any_scene()) {
        let run = Run::of(&scene);
        for &currency in &run.known.currency_code {
            let open: Amount = run.open_in(currency).map(|(_, a)| a).sum();
            let credits = run.known.credits.iter().filter(|c| run.known.currency_code[c.currency as usize] == currency);
            let unapplied: Amount = credits.map(|c| c.amount).sum();
            let rows = (0..run.aging.amount.len()).filter(|&r| run.aging.currency[r] == currency);
            prop_assert_eq!(rows.map(|r| run.aging.amount[r]).sum::<Amount>(), open - unapplied);
        }
        let open: Amount = run.prediction.open.iter().map(|&i| run.known.open_amount[i as usize]).sum();
        prop_assert_eq!(run.ranked.open_amount.iter().copied().sum::<Amount>(), open);
        let overdue = run.scores.iter().filter(|s| s.days_past_due > 0);
        let overdue: Amount = overdue.map(|s| run.known.open_amount[s.invoice as usize]).sum();
        prop_assert_eq!(run.ranked.overdue_amount.iter().copied().sum::<Amount>(), overdue);
        prop_assert_eq!(run.ranked.invoice_id.len(), run.scores.len());
    }
}

/// Sum of a column of exact amounts over the rows that are chosen.
fn total(table: &Table, column: &str, chosen: impl Fn(usize) -> bool) -> Amount {
    let amount = |r| match table.value(column, r) {
        Value::Amount(a) => a,
        other => panic!("{column}: {other}"),
    };
    (0..table.n_rows()).filter(|&r| chosen(r)).map(amount).sum()
}

/// What the files of an output folder say of each other, as a reader would add them up.
#[test]
fn the_tables_of_a_run_agree() {
    let desk = Desk::with_run();
    let table = |name: &str| read_table(&desk.path("out"), name).unwrap().0;
    let (scores, forecast, aging) = (table("invoice_scores"), table("cash_forecast"), table("aging"));
    let double = |t: &Table, column: &str, r: usize| match t.value(column, r) {
        Value::Double(v) => v,
        other => panic!("{column}: {other}"),
    };
    let is = |t: &Table, column: &str, r: usize, text: &str| t.value(column, r) == Value::Text(text);
    let currencies: BTreeSet<String> =
        (0..scores.n_rows()).map(|r| scores.value("currency", r).to_string()).collect();
    assert!(currencies.len() > 1);
    for currency in currencies.iter().map(String::as_str) {
        let open = total(&scores, "open_amount", |r| is(&scores, "currency", r, currency));
        assert!(open > Amount::ZERO, "{currency}");
        let in_buckets = total(&aging, "amount", |r| {
            is(&aging, "currency", r, currency)
                && is(&aging, "segment", r, "all")
                && !is(&aging, "bucket", r, "unapplied")
        });
        assert_eq!(in_buckets, open, "{currency}");
        let from = |source: &'static str| {
            let forecast = &forecast;
            move |grain: &str, r: usize| {
                is(forecast, "currency", r, currency)
                    && is(forecast, "segment", r, "all")
                    && is(forecast, "grain", r, grain)
                    && is(forecast, "source", r, source)
            }
        };
        let of = from("open");
        let due = |grain: &str| total(&forecast, "due", |r| of(grain, r));
        assert_eq!(due("day"), due("week"), "{currency}");
        let expected = |grain: &str| -> f64 {
            (0..forecast.n_rows()).filter(|&r| of(grain, r)).map(|r| double(&forecast, "expected", r)).sum()
        };
        assert!(close(expected("day"), expected("week")), "{currency}");
        let weeks = |source| -> f64 {
            let of = from(source);
            (0..forecast.n_rows()).filter(|&r| of("week", r)).map(|r| double(&forecast, "expected", r)).sum()
        };
        assert!(
            weeks("future") > 0.0 && close(weeks("open") + weeks("future"), weeks("total")),
            "{currency}"
        );
        let cash_of_90_days = (0..scores.n_rows())
            .filter(|&r| is(&scores, "currency", r, currency))
            .map(|r| double(&scores, "expected_cash_90", r));
        let day_91 =
            (0..forecast.n_rows()).find(|&r| of("day", r) && forecast.value("period", r) == Value::Int(90));
        let of_90_days = expected("day") - double(&forecast, "expected", day_91.unwrap());
        assert!(close(cash_of_90_days.sum(), of_90_days), "{currency}");
    }
    let ranked = table("priorities");
    let listed: usize = (0..ranked.n_rows())
        .map(|r| match ranked.value("invoice_ids", r) {
            Value::TextList(ids) => ids.len(),
            other => panic!("{other}"),
        })
        .sum();
    assert_eq!(listed, scores.n_rows());
}
