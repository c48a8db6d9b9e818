//! The simulated portfolio keeps its promises: reproducible, plausible, and true to its own probabilities.

use arrears::core::{Amount, Day};
use arrears::ledger::{NEVER, SettlementKind};
use arrears::simulate::{Archetype, PayRun, Plan, Regime, Simulated, simulate};
use std::collections::BTreeSet;

/// A mean of calibrated probabilities misses by more than this many standard errors once in 370 times.
const STANDARD_ERRORS: f64 = 3.0;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// Outcomes less probabilities, added up by customer: invoices of one customer share its regime.
struct Residuals {
    by_customer: Vec<f64>,
    n: usize,
}

impl Residuals {
    fn new(s: &Simulated) -> Self {
        Self { by_customer: vec![0.0; s.customers.customer_id.len()], n: 0 }
    }

    fn add(&mut self, customer: u32, happened: bool, prob: f64) {
        assert!((0.0..=1.0).contains(&prob));
        self.by_customer[customer as usize] += f64::from(u8::from(happened)) - prob;
        self.n += 1;
    }

    /// The sum in standard errors that allow for customers' invoices going together.
    fn z(&self) -> f64 {
        let variance: f64 = self.by_customer.iter().map(|r| r * r).sum();
        self.by_customer.iter().sum::<f64>() / variance.sqrt()
    }

    fn check(&self, least: usize, what: &str) {
        assert!(self.n >= least, "{what}: {} cases", self.n);
        assert!(self.z().abs() < STANDARD_ERRORS, "{what}: {} standard errors, {} cases", self.z(), self.n);
    }
}

/// Whether invoice `i` was still open at the end of `by`.
fn open_after(s: &Simulated, i: usize, by: Day) -> bool {
    s.truth.settled(i).is_none_or(|d| d > by)
}

fn share<'a, T: 'a>(of: impl Iterator<Item = T>, is: impl Fn(T) -> bool) -> f64 {
    let (mut n, mut yes) = (0, 0);
    of.for_each(|x| {
        n += 1;
        yes += usize::from(is(x));
    });
    yes as f64 / n as f64
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let plan = Plan::new(300, 18, 5);
    let on = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(|| simulate(&plan));
    let (one, four) = (on(1), on(4));
    assert_eq!(one.invoices, four.invoices);
    assert_eq!(one.payments, four.payments);
    assert_eq!(one.customers, four.customers);
    assert_eq!(one.contacts, four.contacts);
    assert_ne!(one.invoices, simulate(&Plan { seed: 6, ..plan }).invoices);
}

#[test]
fn a_customer_is_the_same_in_a_larger_portfolio() {
    let (small, large) = (simulate(&Plan::new(40, 12, 9)), simulate(&Plan::new(400, 12, 9)));
    let (n, p, c) = (small.truth.n_invoices(), small.payments.len(), small.contacts.len());
    assert!(large.truth.n_invoices() > 5 * n && p > 0 && c > 0);
    assert_eq!(small.invoices.amount[..n], large.invoices.amount[..n]);
    assert_eq!(small.invoices.due[..n], large.invoices.due[..n]);
    assert_eq!(small.invoices.dispute[..n], large.invoices.dispute[..n]);
    assert!((0..n).all(|i| small.invoices.invoice_id.get(i) == large.invoices.invoice_id.get(i)));
    assert_eq!(small.payments.day[..], large.payments.day[..p]);
    assert_eq!(small.payments.amount[..], large.payments.amount[..p]);
    assert_eq!(small.contacts.day[..], large.contacts.day[..c]);
    assert_eq!(small.customers.credit_limit[..], large.customers.credit_limit[..40]);
}

#[test]
fn money_and_dates_obey_the_books() {
    let plan = Plan::new(1_500, 24, 2);
    let s = simulate(&plan);
    let end = plan.end().0;
    let mut settled = vec![Amount::ZERO; s.invoices.len()];
    for p in 0..s.payments.len() {
        let i = s.payments.invoice[p] as usize;
        assert!(s.payments.day[p] > s.invoices.issue[i] && s.payments.day[p] <= s.payments.recorded[p]);
        assert!(s.payments.recorded[p] <= end && s.payments.amount[p] > Amount::ZERO);
        settled[i] += s.payments.amount[p];
    }
    for (i, &settled) in settled.iter().enumerate() {
        let amount = s.invoices.amount[i];
        assert!(amount > Amount::ZERO && settled <= amount + amount, "{settled} on {amount}");
        assert!(s.invoices.issue[i] >= plan.start.0 && s.invoices.issue[i] <= end);
        if i < s.truth.n_invoices() {
            assert_eq!(s.truth.settled(i).is_some(), settled >= amount, "invoice {i}");
        }
    }
    let ids = |c: &arrears::core::TextColumn| c.iter().collect::<BTreeSet<_>>().len();
    assert_eq!(ids(&s.invoices.invoice_id), s.invoices.len());
    assert_eq!(ids(&s.payments.payment_id), s.payments.len());
}

#[test]
fn the_ledger_has_the_truths_rows_and_days() {
    let s = simulate(&Plan { backdated: false, ..Plan::new(400, 18, 4) });
    let ledger = s.ledger().unwrap();
    let n = s.truth.n_invoices();
    assert_eq!(ledger.n_invoices(), n);
    assert!((0..n).all(|i| ledger.invoice_id.get(i) == s.invoices.invoice_id.get(i)));
    let as_of = day("2023-12-10");
    let known = ledger.known_at(as_of);
    let issued: Vec<usize> = (0..n).filter(|&i| s.truth.issue_day(i) <= as_of).collect();
    assert_eq!(known.n_invoices(), issued.len());
    for (row, &i) in issued.iter().enumerate() {
        assert_eq!(known.open_amount[row] > Amount::ZERO, s.truth.is_open(i, as_of), "invoice {i}");
    }
    let money = |rows: &[Amount]| rows.iter().copied().sum::<Amount>();
    let on_account: Amount = ledger.credits.iter().map(|c| c.amount).sum();
    let notes = money(&s.invoices.amount[n..]);
    assert_eq!(money(&s.payments.amount) + notes, money(&ledger.settlement_amount) + on_account);
}

#[test]
fn a_portfolio_looks_like_one() {
    let plan = Plan::new(4_000, 36, 1);
    let s = simulate(&plan);
    let n = s.truth.n_invoices();
    let band = |what: &str, value: f64, low: f64, high: f64| {
        assert!((low..high).contains(&value), "{what}: {value}");
    };
    band("invoices a customer and month", n as f64 / 4_000.0 / 36.0, 1.7, 2.2);
    let seasoned: Vec<usize> = (0..n).filter(|&i| s.truth.due_day(i).plus(120) <= plan.end()).collect();
    let late = |after: i32| share(seasoned.iter(), |&i| open_after(&s, i, s.truth.due_day(i).plus(after)));
    band("late", late(0), 0.38, 0.52);
    band("open after 90 days", late(90), 0.004, 0.02);
    let (written_off, cash) = (SettlementKind::WriteOff, SettlementKind::Cash);
    band("written off", share(s.payments.kind.iter(), |&k| k == written_off), 0.003, 0.012);
    band("cash", share(s.payments.kind.iter(), |&k| k == cash), 0.9, 0.97);
    band("disputed", share(s.invoices.dispute.iter(), |&d| d != NEVER), 0.02, 0.05);
    let late_record = share(s.payments.day.iter().zip(&s.payments.recorded), |(d, r)| d != r);
    band("backdated", late_record, 0.015, 0.025);
    band("in euros", share(s.invoices.currency.iter(), |c| c.as_str() == "EUR"), 0.7, 0.9);
    let failed = (0..n).filter(|&i| s.truth.regime(i, plan.end()) == Regime::Failed);
    band("invoices of failed customers", failed.count() as f64 / n as f64, 0.01, 0.06);
    assert!(s.invoices.len() > n && !s.contacts.is_empty() && s.fx.rate.len() == 4 * 36);
}

#[test]
fn payers_on_friday_runs_pay_on_fridays() {
    let s = simulate(&Plan::new(2_000, 12, 8));
    let cash_days = |is: &dyn Fn(usize) -> bool| {
        let mine = (0..s.payments.len())
            .filter(|&p| s.payments.kind[p] == SettlementKind::Cash && is(s.payments.invoice[p] as usize));
        share(mine, |p| Day(s.payments.day[p]).weekday() == 4)
    };
    let friday = cash_days(&|i| s.truth.payer_of(i).timing.run == Some(PayRun::Friday));
    let prompt = cash_days(&|i| s.truth.payer_of(i).archetype == Archetype::Prompt);
    assert!(friday > 0.93, "{friday}");
    assert!((0.18..0.28).contains(&prompt), "{prompt}");
}

#[test]
fn true_late_probs_match_what_happens() {
    let s = simulate(&Plan::new(6_000, 30, 3));
    for as_of in ["2023-06-30", "2024-02-14", "2024-08-01", "2024-12-20", "2025-04-25"].map(day) {
        let mut residuals = Residuals::new(&s);
        for i in
            (0..s.truth.n_invoices()).filter(|&i| s.truth.is_open(i, as_of) && s.truth.due_day(i) > as_of)
        {
            let prob = s.truth.late_prob(i, as_of).unwrap();
            residuals.add(s.invoices.customer[i], open_after(&s, i, s.truth.due_day(i)), prob);
        }
        residuals.check(8_000, &as_of.to_string());
    }
}

/// Each kind of invoice alone, where an error would drown in the portfolio.
#[test]
fn true_probs_hold_for_disputed_stressed_and_part_paid_invoices() {
    let s = simulate(&Plan { contacts: false, ..Plan::new(5_000, 30, 12) });
    let mut first_payment = vec![NEVER; s.invoices.len()];
    for p in (0..s.payments.len()).rev() {
        first_payment[s.payments.invoice[p] as usize] = s.payments.day[p];
    }
    let names = ["disputed", "stressed", "paid in parts", "past due", "often short"];
    let mut kinds = names.map(|k| (k, Residuals::new(&s)));
    for as_of in ["2023-07-10", "2024-01-31", "2024-07-15", "2025-01-07"].map(day) {
        for i in (0..s.truth.n_invoices()).filter(|&i| s.truth.is_open(i, as_of)) {
            let curve = s.truth.survival(i, as_of, 60).unwrap();
            assert!(curve[0] == 1.0 && curve.windows(2).all(|w| w[1] <= w[0] + 1e-15));
            let disputed = s.invoices.dispute[i] <= as_of.0 && s.invoices.dispute_closed[i] > as_of.0;
            let is = [
                disputed,
                s.truth.regime(i, as_of) == Regime::Stress,
                first_payment[i] <= as_of.0,
                s.truth.due_day(i) < as_of,
                s.truth.payer_of(i).trade.short_prob > 0.06,
            ];
            let open = open_after(&s, i, as_of.plus(60));
            for (_, residuals) in kinds.iter_mut().zip(is).filter(|(_, is)| *is).map(|(k, _)| k) {
                residuals.add(s.invoices.customer[i], open, curve[60]);
            }
        }
    }
    kinds.iter().for_each(|(kind, residuals)| residuals.check(200, kind));
}

#[test]
fn disputes_to_come_are_in_the_truth() {
    let s = simulate(&Plan { contacts: false, ..Plan::new(5_000, 30, 17) });
    let mut residuals = Residuals::new(&s);
    let last = day("2025-03-31");
    let quarrelsome =
        |i: &usize| s.truth.payer_of(*i).trade.dispute_prob > 0.002 && s.truth.issue_day(*i) <= last;
    for i in (0..s.truth.n_invoices()).filter(quarrelsome) {
        let issue = s.truth.issue_day(i);
        let curve = s.truth.survival(i, issue, 60).unwrap();
        residuals.add(s.invoices.customer[i], open_after(&s, i, issue.plus(60)), curve[60]);
    }
    residuals.check(20_000, "invoices of payers who often dispute");
}

/// No second contact can come in the week after one, so that the truth is whole.
#[test]
fn what_a_contact_does_is_in_the_truth() {
    let plan = Plan::new(6_000, 24, 21);
    let s = simulate(&plan);
    let mut residuals = Residuals::new(&s);
    for c in (0..s.contacts.len()).filter(|&c| s.contacts.outcome[c] == arrears::simulate::Outcome::Reached) {
        let (i, as_of) = (s.contacts.invoice[c] as usize, Day(s.contacts.day[c]));
        if let Some(curve) = s.truth.survival(i, as_of, 7).filter(|_| as_of.plus(7) <= plan.end()) {
            residuals.add(s.contacts.customer[c], open_after(&s, i, as_of.plus(7)), curve[7]);
        }
    }
    residuals.check(2_000, "after a call");
}
