//! Payments of which two days are possible: the money is known from the later day on, and nothing is learnt of the day.

use arrears::analytics::{Groups, aging, kpis, lateness, receipts, recent};
use arrears::core::{Amount, Currency, Day};
use arrears::evaluate::outcome::places;
use arrears::evaluate::{CashOf, Outcome};
use arrears::features::sweep::{Room, sweep};
use arrears::features::{Purpose, Spell, Survey, person_periods, spells, survey};
use arrears::ledger::{InvoiceRows, Known, Ledger, NEVER, SettlementKind, SettlementRows};
use arrears::pipeline::audit::label::check_labels;
use arrears::policy::ValidPolicy;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;

const AS_OF: Day = Day(420);
const CUSTOMERS: u32 = 4;
/// Exposure is summed day by day or as a difference of sums.
const ROUNDING: f64 = 1e-9;

fn policy() -> ValidPolicy {
    arrears::policy::parse("[model]\ntrain_rows_max = 100000\n", "of the test").unwrap()
}

/// An invoice, paid in full on a day or open.
#[derive(Debug, Clone)]
struct Bill {
    customer: u32,
    issue: i32,
    terms: i32,
    amount: i64,
    paid: Option<i32>,
}

/// What is known of the payment of one invoice.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It came on the day of the bill or so many days before.
    Undecided(i32),
    /// It came so many days before the day of the bill.
    Earlier(i32),
    /// It has not come.
    Open,
    /// There is no such invoice.
    Gone,
}

/// Bills of which one, `which`, has a payment of two possible days.
#[derive(Debug, Clone)]
struct Books {
    bills: Vec<Bill>,
    which: usize,
}

prop_compose! {
    fn any_bill()(
        customer in 0..CUSTOMERS,
        issue in 5..300_i32,
        terms in prop_oneof![Just(14), Just(30), 0..60_i32],
        amount in 1..9_000_i64,
        after in -3..90_i32,
        is_open in prop::bool::weighted(0.2),
    ) -> Bill {
        let paid = (!is_open && issue + after <= AS_OF.0).then_some(issue + after);
        Bill { customer, issue, terms, amount: amount * 10_000, paid }
    }
}

prop_compose! {
    /// Each customer has a bill of its own beside that in question.
    fn any_books()(
        bills in prop::collection::vec(any_bill(), 12..40),
        issue in 10..280_i32,
        after in 1..100_i32,
        customer in 0..CUSTOMERS,
        which in any::<prop::sample::Index>(),
    ) -> Books {
        let anchor = |c| Bill { customer: c, issue: c as i32, terms: 30, amount: 70_000, paid: Some(c as i32 + 35) };
        let mut all: Vec<Bill> = (0..CUSTOMERS).map(anchor).collect();
        all.extend(bills);
        let which = CUSTOMERS as usize + which.index(all.len() - CUSTOMERS as usize);
        all[which] = Bill { customer, issue, terms: 20, amount: 50_000, paid: Some(issue + after) };
        Books { bills: all, which }
    }
}

impl Books {
    /// The last day on which the payment in question can have come.
    fn last(&self) -> i32 {
        self.bills[self.which].paid.unwrap()
    }

    fn id(&self) -> String {
        format!("I{}", self.which)
    }

    fn ledger(&self, fate: Fate) -> Ledger {
        let kept: Vec<usize> =
            (0..self.bills.len()).filter(|i| *i != self.which || !matches!(fate, Fate::Gone)).collect();
        let bills: Vec<&Bill> = kept.iter().map(|i| &self.bills[*i]).collect();
        let customers: Vec<String> = (0..CUSTOMERS).map(|c| format!("c{c}")).collect();
        let rows = InvoiceRows {
            invoice_id: kept
                .iter()
                .map(|i| format!("I{i}"))
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str)
                .collect(),
            customer_id: customers.iter().map(String::as_str).collect(),
            customer: bills.iter().map(|b| b.customer).collect(),
            currency_code: vec![Currency::try_new("EUR").unwrap()],
            currency: vec![0; bills.len()],
            issue: bills.iter().map(|b| b.issue).collect(),
            due: bills.iter().map(|b| b.issue + b.terms).collect(),
            amount: bills.iter().map(|b| Amount(b.amount)).collect(),
            ..InvoiceRows::default()
        };
        let days = |place: usize, bill: &Bill| {
            let day = bill.paid?;
            match fate {
                _ if kept[place] != self.which => Some((day, day)),
                Fate::Undecided(gap) => Some((day - gap, day)),
                Fate::Earlier(gap) => Some((day - gap, day - gap)),
                Fate::Open | Fate::Gone => None,
            }
        };
        let paid =
            bills.iter().enumerate().filter_map(|(place, b)| Some((place as u32, days(place, b)?, b.amount)));
        let paid: Vec<_> = paid.collect();
        let settlements = SettlementRows {
            invoice: paid.iter().map(|p| p.0).collect(),
            first: paid.iter().map(|p| p.1.0).collect(),
            day: paid.iter().map(|p| p.1.1).collect(),
            amount: paid.iter().map(|p| Amount(p.2)).collect(),
            kind: vec![SettlementKind::Cash; paid.len()],
            ..SettlementRows::default()
        };
        Ledger::try_new(rows, settlements).unwrap()
    }

    fn known(&self, fate: Fate, day: i32) -> Known {
        self.ledger(fate).into_known(Day(day))
    }
}

fn place(known: &Known, id: &str) -> Option<usize> {
    (0..known.n_invoices()).find(|i| known.invoice_id.get(*i) == id)
}

/// A day, the customer in words, and the ids of its open invoices.
type Seen = (i32, String, BTreeSet<String>);

/// The customer and its open invoices on each landmark and at as_of, without what amounts and issues say, and with the
/// number of its last invoices for their places in the ledger.
fn seen(known: &Known, survey: &Survey, c: usize) -> Vec<Seen> {
    let marks: Vec<Day> = survey.landmarks().iter().copied().chain([known.as_of()]).collect();
    let mut out = Vec::new();
    sweep(known, c, &marks, &survey.memory, &mut Room::default(), |m, state, open| {
        let open = open.iter().map(|i| known.invoice_id.get(*i as usize).to_owned()).collect();
        let mut state = state.clone();
        (state.n_issued, state.log_amount) = (0, 0.0);
        let words = format!("{state:?}");
        let (before, rest) = words.split_once("invoices: [").unwrap();
        let (places, after) = rest.split_once(']').unwrap();
        out.push((marks[m].0, format!("{before}{}{after}", places.split(", ").count()), open));
    });
    out
}

fn learnt(known: &Known, survey: &Survey) -> Vec<(String, Spell)> {
    let of = spells(known, survey, policy().model.train_horizon_days);
    let named = |s: Spell| (known.invoice_id.get(s.invoice as usize).to_owned(), Spell { invoice: 0, ..s });
    let mut named: Vec<_> = of.into_iter().map(named).collect();
    named.sort_unstable();
    named
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(12),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Until the later day the customer is the one whose invoice is open, from then on the one who never had it; no row of
    /// training is of that invoice, and no other row is there or gone for it.
    #[test]
    fn an_undecided_payment_teaches_nothing(books in any_books(), gap in 1..40_i32) {
        let policy = policy();
        let known = |fate| books.known(fate, AS_OF.0);
        let (undecided, open, gone) = (known(Fate::Undecided(gap)), known(Fate::Open), known(Fate::Gone));
        let of = |known: &Known| survey(known, &policy, Purpose::Fit);
        let (a, b, c) = (of(&undecided), of(&open), of(&gone));
        prop_assert_eq!(a.landmarks(), b.landmarks());
        prop_assert_eq!(a.landmarks(), c.landmarks());
        prop_assert!(a.landmarks().len() > 10);
        prop_assert_eq!(&a.memory.level, &b.memory.level);
        prop_assert_eq!(&a.memory.level, &c.memory.level);
        for customer in 0..CUSTOMERS as usize {
            let [a, b, c] = [(&undecided, &a), (&open, &b), (&gone, &c)].map(|(k, s)| seen(k, s, customer));
            for ((a, b), c) in a.into_iter().zip(b).zip(c) {
                let is_open = a.0 < books.last();
                prop_assert_eq!(&a, if is_open { &b } else { &c });
            }
        }
        for ((a, b), c) in a.priors.iter().zip(&b.priors).zip(&c.priors) {
            prop_assert_eq!(a.spread, c.spread);
            prop_assert_eq!(&a.pay_days, &c.pay_days);
            if a.mark.0 >= books.last() {
                prop_assert_eq!((a.hazard, a.late_prob, a.level), (c.hazard, c.late_prob, c.level));
                prop_assert_eq!(a.mean_log_age, c.mean_log_age);
            } else {
                prop_assert_eq!((a.late_prob, a.level), (b.late_prob, b.level));
                let apart = a.hazard.iter().zip(b.hazard).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                prop_assert!(apart < ROUNDING, "{apart}");
            }
        }

        let spells_of = |known: &Known, survey: &Survey| learnt(known, survey);
        let others: Vec<_> = spells_of(&open, &b).into_iter().filter(|(id, _)| *id != books.id()).collect();
        prop_assert_eq!(&spells_of(&undecided, &a), &others);
        prop_assert_eq!(&spells_of(&gone, &c), &others);
        let offered = spells(&undecided, &a, policy.model.train_horizon_days);
        let report = check_labels(&undecided, a.landmarks(), policy.model.train_horizon_days, offered);
        prop_assert!(report.holds(), "{report}");
        prop_assert_eq!(a.offered, c.offered);
        let rows = |known: &Known, survey: &Survey| person_periods(known, survey, &policy, 3);
        let (with, without) = (rows(&undecided, &a), rows(&gone, &c));
        prop_assert_eq!((with.event, with.weight), (without.event, without.weight));
    }

    /// What the other possible day is moves nothing that is learnt, not in the last bit.
    #[test]
    fn the_earlier_day_moves_nothing_that_is_learnt(books in any_books(), gaps in (1..20_i32, 20..60_i32)) {
        let policy = policy();
        let of = |gap| {
            let known = books.known(Fate::Undecided(gap), AS_OF.0);
            let survey = survey(&known, &policy, Purpose::Fit);
            let rows = person_periods(&known, &survey, &policy, 3);
            (learnt(&known, &survey), survey.states, survey.priors, rows, lateness(&known, &policy), recent(&known))
        };
        prop_assert_eq!(of(gaps.0), of(gaps.1));
    }

    /// From the later day on it is open by either reading what is open, to the cent, in every bucket; before, what would be
    /// if the money came on the later one.
    #[test]
    fn from_the_later_day_on_what_is_open_is_so_by_either_reading(books in any_books(), gap in 1..40_i32) {
        let last = books.last();
        for day in [last - gap - 1, last - gap, last - 1, last, last + 1, AS_OF.0] {
            let known = |fate| books.known(fate, day);
            let of = |fate| {
                let known = known(fate);
                let aging = aging(&known, &known.open_invoices(), &policy());
                (known.open_amount.clone(), format!("{aging:?}"))
            };
            let (undecided, later) = (of(Fate::Undecided(gap)), of(Fate::Earlier(0)));
            prop_assert_eq!(&undecided, &later);
            if !(last - gap..last).contains(&day) {
                prop_assert_eq!(&undecided, &of(Fate::Earlier(gap)));
            }
            let known = known(Fate::Undecided(gap));
            let Some(i) = place(&known, &books.id()) else { continue };
            let is_settled = day >= last;
            prop_assert_eq!(known.settled[i], if is_settled { last } else { NEVER });
            prop_assert_eq!(known.settled_first_day(i), if is_settled { last - gap } else { NEVER });
            prop_assert_eq!(known.is_dated(i), !is_settled);
        }
    }

    /// Figures of money are those of the later day; figures that need the day are those without the invoice.
    #[test]
    fn figures_that_need_the_day_leave_it_out(books in any_books(), gap in 1..40_i32, ahead in 0..90_i32) {
        let as_of = books.last() + ahead;
        let known = |fate| books.known(fate, as_of);
        let now = |fate| {
            let known = known(fate);
            let of = kpis(&known, &Groups::new(&known), &[], &policy()).now;
            of.into_iter().map(|r| (r.definition.definition_id, r.figure)).collect::<Vec<_>>()
        };
        let all = now(Fate::Undecided(gap)).into_iter().zip(now(Fate::Earlier(0))).zip(now(Fate::Gone));
        for (((id, found), (_, later)), (_, gone)) in all {
            let needs_the_day = ["days_beyond_terms", "days_to_pay", "late_share"].iter().any(|k| id.starts_with(k));
            prop_assert_eq!(found, if needs_the_day { gone } else { later }, "{}", id);
        }
        let (found, gone) = (lateness(&known(Fate::Undecided(gap)), &policy()), lateness(&known(Fate::Gone), &policy()));
        prop_assert_eq!(found.n_undated, 1);
        prop_assert_eq!(arrears::analytics::Lateness { n_undated: 0, ..found }, gone);
        prop_assert_eq!(recent(&known(Fate::Undecided(gap))), recent(&known(Fate::Gone)));
        prop_assert_eq!(receipts(&known(Fate::Undecided(gap))), receipts(&known(Fate::Earlier(0))));
    }

    /// As an outcome it is neither late nor on time; its cash counts on the later day.
    #[test]
    fn a_backtest_does_not_judge_by_it(books in any_books(), gap in 1..40_i32, before in 1..60_i32) {
        let origin = Day(books.last() - before);
        let outcome = |fate| {
            let ledger = books.ledger(fate);
            let (known, end) = (ledger.known_at(origin), ledger.known_at(AS_OF));
            let not_yet_due: Vec<u32> =
                known.open_invoices().into_iter().filter(|i| known.due[*i as usize] > origin.0).collect();
            let of = Outcome::of(&known, &end, &not_yet_due, &places(&known, &end), 0);
            let ids: Vec<String> = not_yet_due.iter().map(|i| known.invoice_id.get(*i as usize).to_owned()).collect();
            (ids, of)
        };
        let ((ids, found), (_, later)) = (outcome(Fate::Undecided(gap)), outcome(Fate::Earlier(0)));
        for ((id, found), later) in ids.iter().zip(&found.late).zip(&later.late) {
            prop_assert_eq!(*found, if *id == books.id() { None } else { *later });
        }
        let eur = Currency::try_new("EUR").unwrap();
        prop_assert_eq!(found.cash(CashOf::Total, eur), later.cash(CashOf::Total, eur));
    }
}
