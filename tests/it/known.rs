//! What is known on a day is what a ledger of only that would hold.

use arrears::core::{Amount, Currency, Day, TextColumn};
use arrears::ledger::{AccountCredit, InvoiceRows, Known, Ledger, NEVER, SettlementKind, SettlementRows};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;

const CURRENCIES: [&str; 3] = ["EUR", "GBP", "USD"];
const KINDS: [SettlementKind; 2] = [SettlementKind::Cash, SettlementKind::Credit];

/// One invoice as it stands in the books: days after day 0.
#[derive(Debug, Clone)]
struct Bill {
    id: String,
    customer: u32,
    currency: u16,
    issue: i32,
    recorded: i32,
    terms: i32,
    amount: i64,
    dispute: i32,
    dispute_closed: i32,
}

/// One payment on the invoice of a bill, or one credit on the account of a bill's customer.
#[derive(Debug, Clone)]
struct Event {
    bill: usize,
    day: i32,
    /// Days before `day` on which a payment can have come, too.
    earlier: i32,
    recorded: i32,
    amount: i64,
    kind: usize,
}

/// Everything that was ever written down.
#[derive(Debug, Clone)]
struct Books {
    bills: Vec<Bill>,
    payments: Vec<Event>,
    credits: Vec<Event>,
}

prop_compose! {
    fn any_bill()(
        customer in 0..5_u32,
        currency in 0..3_u16,
        issue in 0..60_i32,
        recorded in prop_oneof![2 => Just(0), 1 => 0..20_i32],
        terms in -5..40_i32,
        amount in 1..9_000_i64,
        dispute in prop_oneof![3 => Just(NEVER), 1 => 0..80_i32],
        dispute_days in prop_oneof![1 => Just(NEVER), 1 => 0..30_i32],
    ) -> Bill {
        let dispute_closed = if dispute == NEVER { NEVER } else { dispute.saturating_add(dispute_days) };
        let recorded = issue + recorded;
        Bill { id: String::new(), customer, currency, issue, recorded, terms, amount, dispute, dispute_closed }
    }
}

prop_compose! {
    fn any_event(n_bills: usize)(
        bill in 0..n_bills,
        day in 0..80_i32,
        earlier in prop_oneof![4 => Just(0), 1 => 1..30_i32],
        recorded in prop_oneof![2 => Just(0), 1 => 0..20_i32],
        amount in 1..9_000_i64,
        kind in 0..KINDS.len(),
    ) -> Event {
        Event { bill, day, earlier, recorded: day + recorded, amount, kind }
    }
}

fn any_books() -> impl Strategy<Value = Books> {
    prop::collection::vec(any_bill(), 1..20).prop_flat_map(|mut bills| {
        bills.iter_mut().enumerate().for_each(|(i, bill)| bill.id = format!("i{:02}", i * 7 % 20));
        let events = |n| prop::collection::vec(any_event(bills.len()), 0..n);
        (events(30), events(4), Just(bills.clone())).prop_map(|(payments, credits, bills)| Books {
            bills,
            payments,
            credits,
        })
    })
}

impl Books {
    /// The pages written by the end of `day`: a row is there once it happened and was recorded, a payment once its
    /// invoice is there too.
    fn written_by(&self, day: i32) -> Self {
        let is_written = |happened: i32, recorded: i32| happened.max(recorded) <= day;
        let so_far = |d: i32| if d <= day { d } else { NEVER };
        let kept: Vec<usize> = (0..self.bills.len())
            .filter(|&i| is_written(self.bills[i].issue, self.bills[i].recorded))
            .collect();
        let bill = |&i: &usize| {
            let b = &self.bills[i];
            Bill { dispute: so_far(b.dispute), dispute_closed: so_far(b.dispute_closed), ..b.clone() }
        };
        let payments = self.payments.iter().filter(|p| is_written(p.day, p.recorded));
        let payments = payments.filter_map(|p| {
            let place = kept.iter().position(|&k| k == p.bill)?;
            Some(Event { bill: place, ..p.clone() })
        });
        // a credit needs its customer only; keep the bill for its name, at the end
        let mut bills: Vec<Bill> = kept.iter().map(bill).collect();
        let payments = payments.collect();
        let mut credits = Vec::new();
        for credit in self.credits.iter().filter(|c| is_written(c.day, c.recorded)) {
            bills.push(self.bills[credit.bill].clone());
            credits.push(Event { bill: bills.len() - 1, ..credit.clone() });
        }
        Self { bills, payments, credits }
    }

    /// The ledger of the first `n` bills; those after them only name the customers of credits.
    fn ledger(&self, n: usize) -> Ledger {
        let b = &self.bills[..n];
        let customers: BTreeSet<u32> = self.bills.iter().map(|b| b.customer).collect();
        let currencies: BTreeSet<u16> = self.bills.iter().map(|b| b.currency).collect();
        let customer = |b: &Bill| customers.range(..b.customer).count() as u32;
        let currency = |b: &Bill| currencies.range(..b.currency).count() as u16;
        let names: Vec<String> = customers.iter().map(|c| format!("c{c}")).collect();
        let credit = |c: &Event| AccountCredit {
            customer: customer(&self.bills[c.bill]),
            currency: currency(&self.bills[c.bill]),
            day: c.day,
            known: c.recorded,
            amount: Amount(c.amount),
        };
        let invoices = InvoiceRows {
            invoice_id: b.iter().map(|b| b.id.as_str()).collect::<TextColumn>(),
            customer_id: names.iter().map(String::as_str).collect(),
            customer: b.iter().map(customer).collect(),
            currency_code: currencies
                .iter()
                .filter_map(|&c| Currency::try_new(CURRENCIES[c as usize]))
                .collect(),
            currency: b.iter().map(currency).collect(),
            issue: b.iter().map(|b| b.issue).collect(),
            due: b.iter().map(|b| b.issue + b.terms).collect(),
            amount: b.iter().map(|b| Amount(b.amount)).collect(),
            known: b.iter().map(|b| b.recorded).collect(),
            dispute: b.iter().map(|b| b.dispute).collect(),
            dispute_closed: b.iter().map(|b| b.dispute_closed).collect(),
            credits: self.credits.iter().map(credit).collect(),
            ..InvoiceRows::default()
        };
        let p = &self.payments;
        let settlements = SettlementRows {
            invoice: p.iter().map(|p| p.bill as u32).collect(),
            day: p.iter().map(|p| p.day).collect(),
            first: p.iter().map(|p| p.day - p.earlier).collect(),
            known: p.iter().map(|p| p.recorded).collect(),
            amount: p.iter().map(|p| Amount(p.amount)).collect(),
            kind: p.iter().map(|p| KINDS[p.kind]).collect(),
            ..SettlementRows::default()
        };
        Ledger::try_new(invoices, settlements).unwrap()
    }

    fn known_at(&self, day: i32) -> Known {
        self.ledger(self.bills.len()).into_known(Day(day))
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        rng_seed: RngSeed::Fixed(4),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Later rows, later records, later disputes and payments of invoices not yet known leave no trace.
    #[test]
    fn a_cut_at_a_day_is_the_ledger_of_what_was_written_by_then(books in any_books(), day in -1..110_i32) {
        let written = books.written_by(day);
        let n = written.bills.len() - written.credits.len();
        prop_assert_eq!(books.known_at(day), written.ledger(n).into_known(Day(day)));
    }

    #[test]
    fn the_order_of_rows_does_not_matter(books in any_books(), day in 0..110_i32, turn in any::<prop::sample::Index>()) {
        let n = books.bills.len();
        let k = turn.index(n);
        let mut turned = books.clone();
        turned.bills.rotate_left(k);
        turned.payments.reverse();
        turned.credits.reverse();
        let moved = |e: &mut Event| e.bill = (e.bill + n - k) % n;
        turned.payments.iter_mut().chain(&mut turned.credits).for_each(moved);
        prop_assert_eq!(books.known_at(day), turned.known_at(day));
    }

    /// A day's cut of a later day's cut is the day's own, and nothing in it is later than the day but due dates.
    #[test]
    fn nothing_known_is_later_than_the_day(books in any_books(), day in 0..110_i32) {
        let known = books.known_at(day);
        let by = |days: &[i32]| days.iter().all(|&d| d <= day || d == NEVER);
        prop_assert!(by(&known.issue) && by(&known.known) && by(&known.dispute) && by(&known.dispute_closed));
        prop_assert!(by(&known.settlement_day) && by(&known.settlement_known) && by(&known.settled));
        prop_assert!(known.credits.iter().all(|c| c.known.max(c.day) <= day));
        prop_assert_eq!(books.ledger(books.bills.len()).known_at(Day(day)).open_amount, known.open_amount.clone());
        for i in 0..known.n_invoices() {
            prop_assert_eq!(known.open_amount[i], known.open_amount_at(i, day));
            prop_assert_eq!(known.settled[i] == NEVER, known.open_amount[i] > Amount::ZERO);
            let days = known.settlements_of(i).map(|s| (known.settlement_first_day(s), known.settlement_day[s]));
            let (first, last) = days.fold((i32::MIN, i32::MIN), |(f, l), (first, last)| (f.max(first), l.max(last)));
            if known.settled[i] != NEVER {
                prop_assert_eq!((known.settled_first_day(i), known.settled[i]), (first, last));
            }
            prop_assert_eq!(known.is_dated(i), known.settled[i] == NEVER || first == last);
        }
    }
}
