//! The worklist keeps to the calls there are, to holds, caps and the calendar; and the same day gives the same list.

use arrears::collect::{Chance, Contact, Contacts, Hold, Priorities, Reporting, Stakes, allot, priorities};
use arrears::core::{Amount, Currency, Day, TextColumn};
use arrears::ledger::{InvoiceRows, Known, Ledger, NEVER, SettlementRows};
use arrears::policy::{ValidPolicy, parse};
use arrears::score::{ContactEffect, Curves};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const AS_OF: Day = Day(20_000);
const CUSTOMERS: u32 = 12;

/// What one worklist is made from.
#[derive(Debug, Clone)]
struct Desk {
    /// Customer, days past due, amount in cents, whether it is disputed, survival after 1, 14 and 365 days.
    bills: Vec<(u32, i32, i64, bool, [f64; 3])>,
    /// Customer, days ago, days from then to the promised day.
    contacts: Vec<(u32, i32, Option<i32>)>,
    collectors: usize,
    calls_per_day: usize,
    quiet_days: i32,
    per_week: usize,
    minimum: u32,
    weekend: usize,
    holidays: Vec<i32>,
    is_measured: bool,
}

prop_compose! {
    fn any_curve()(a in 0.0..1.0_f64, b in 0.0..1.0_f64, c in 0.0..1.0_f64) -> [f64; 3] {
        [a, a * b, a * b * c]
    }
}

prop_compose! {
    fn any_desk()(
        bills in prop::collection::vec(
            (0..CUSTOMERS, -40..150_i32, 100..5_000_000_i64, prop::bool::weighted(0.1), any_curve()), 1..40),
        contacts in prop::collection::vec((0..CUSTOMERS, -3..40_i32, prop::option::of(0..20_i32)), 0..15),
        collectors in 0..3_usize,
        calls_per_day in 1..5_usize,
        quiet_days in 0..10_i32,
        per_week in 1..4_usize,
        minimum in 0..500_u32,
        weekend in 0..128_usize,
        holidays in prop::collection::vec(0..20_i32, 0..6),
        is_measured in any::<bool>(),
    ) -> Desk {
        Desk { bills, contacts, collectors, calls_per_day, quiet_days, per_week, minimum, weekend, holidays, is_measured }
    }
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Desk {
    fn is_free(&self, day: Day) -> bool {
        let weekend = if self.weekend == 127 { 0 } else { self.weekend };
        weekend >> day.weekday() & 1 == 1 || self.holidays.iter().any(|h| AS_OF.plus(*h) == day)
    }

    fn policy(&self) -> ValidPolicy {
        let weekend = if self.weekend == 127 { 0 } else { self.weekend };
        let free: Vec<&str> = (0..7).filter(|d| weekend >> d & 1 == 1).map(|d| WEEKDAYS[d]).collect();
        let holidays: Vec<String> = self.holidays.iter().map(|h| AS_OF.plus(*h).to_string()).collect();
        let text = format!(
            "[collect]\nquiet_days = {}\ncontacts_per_week_max = {}\nminimum_amount = {}\ncollectors = {}\n\
             calls_per_day = {}\nweekend = {free:?}\nholidays = {holidays:?}\n",
            self.quiet_days, self.per_week, self.minimum, self.collectors, self.calls_per_day
        );
        parse(&text, "desk").unwrap()
    }

    fn known(&self) -> Known {
        let ids = |n: usize, letter| (0..n).map(|k| format!("{letter}{k:02}")).collect::<Vec<_>>();
        let column = |ids: Vec<String>| ids.iter().map(String::as_str).collect::<TextColumn>();
        let n = self.bills.len();
        let rows = InvoiceRows {
            invoice_id: column(ids(n, 'i')),
            customer_id: column(ids(CUSTOMERS as usize, 'c')),
            customer: self.bills.iter().map(|b| b.0).collect(),
            currency_code: vec![Currency::try_new("EUR").unwrap()],
            currency: vec![0; n],
            issue: self.bills.iter().map(|b| (AS_OF.0 - b.1 - 30).min(AS_OF.0)).collect(),
            due: self.bills.iter().map(|b| AS_OF.0 - b.1).collect(),
            amount: self.bills.iter().map(|b| Amount(b.2 * 100)).collect(),
            dispute: self.bills.iter().map(|b| if b.3 { AS_OF.0 - 1 } else { NEVER }).collect(),
            dispute_closed: vec![NEVER; n],
            ..InvoiceRows::default()
        };
        Ledger::try_new(rows, SettlementRows::default()).unwrap().into_known(AS_OF)
    }

    fn ranked(&self) -> Priorities {
        let known = self.known();
        let open = known.open_invoices();
        let bill = |i: &u32| known.invoice_id.get(*i as usize)[1..].parse::<usize>().unwrap();
        let survival = open.iter().flat_map(|i| {
            let [a, b, c] = self.bills[bill(i)].4;
            [1.0, a, b, c]
        });
        let curves = Curves::new(vec![0, 1, 14, 365], survival.collect());
        let reasons = vec![[None; 3]; open.len()];
        let names: Vec<String> = (0..CUSTOMERS).map(|c| format!("c{c:02}")).collect();
        let contact = |&(c, ago, promised): &(u32, i32, Option<i32>)| Contact {
            customer_id: &names[c as usize],
            day: AS_OF.plus(-ago),
            channel: "phone",
            promise_date: promised.map(|days| AS_OF.plus(days - ago)),
            promise_amount: None,
        };
        let effects = [ContactEffect {
            channel: "phone".to_owned(),
            log_odds: 0.7,
            standard_error: 0.1,
            n_contacts: 500,
            n_days: 5000,
            n_paid: 300,
        }];
        let contacts = Contacts::new(
            self.contacts.iter().map(contact).collect(),
            if self.is_measured { &effects } else { &[] },
        );
        let stakes = Stakes { known: &known, open: &open, curves: &curves, reasons: &reasons };
        priorities(&stakes, &contacts, &Reporting::AtPar, &self.policy()).unwrap()
    }

    fn contacts_of<'a>(&'a self, customer_id: &str) -> impl Iterator<Item = &'a (u32, i32, Option<i32>)> {
        let c: u32 = customer_id[1..].parse().unwrap();
        self.contacts.iter().filter(move |contact| contact.0 == c && contact.1 >= 0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        rng_seed: RngSeed::Fixed(5),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_more_calls_are_given_than_there_are(desk in any_desk()) {
        let p = desk.ranked();
        let calls: usize = p.calls.iter().sum();
        if desk.collectors == 0 {
            prop_assert_eq!(p.capacity, None);
            prop_assert!(p.left_out_gain.iter().all(|gain| *gain == 0.0));
        } else {
            prop_assert!(calls <= desk.collectors * desk.calls_per_day, "{calls}");
        }
        for r in 0..p.rank.len() {
            prop_assert_eq!(p.action[r].is_some(), p.expected_gain[r] > 0.0);
            prop_assert!(p.left_out_gain[r] >= 0.0 && p.priority_value[r] >= p.expected_gain[r]);
        }
        prop_assert!(p.priority_value.windows(2).all(|w| w[0] >= w[1]));
    }

    /// What more the calls there are not would have brought is what the list without a limit has more, and within the gap
    /// nothing else under this limit is better.
    #[test]
    fn what_is_left_out_is_what_a_list_without_a_limit_has_more(desk in any_desk()) {
        let (p, all) = (desk.ranked(), Desk { collectors: 0, ..desk.clone() }.ranked());
        let sum = |p: &Priorities| p.expected_gain.iter().sum::<f64>();
        prop_assert!((sum(&p) + p.left_out().1 - sum(&all)).abs() <= 1e-9 * sum(&all).max(1.0));
    }

    #[test]
    fn who_is_on_hold_is_left_alone_and_the_hold_is_true(desk in any_desk()) {
        let p = desk.ranked();
        for r in 0..p.rank.len() {
            let id = p.customer_id.get(r);
            let last = desk.contacts_of(id).map(|c| c.1).min();
            let in_week = desk.contacts_of(id).filter(|c| c.1 < 7).count();
            let is_quiet = last.is_some_and(|ago| ago < desk.quiet_days) || in_week >= desk.per_week;
            let is_promised = desk.contacts_of(id).any(|c| c.2.is_some_and(|days| days >= c.1));
            let customer: u32 = id[1..].parse().unwrap();
            let is_disputed = desk.bills.iter().any(|b| b.3 && b.0 == customer);
            match p.hold[r] {
                Some(_) => prop_assert!(p.action[r].is_none() && p.calls[r] == 0 && p.left_out_gain[r] == 0.0),
                None => prop_assert!(!is_quiet && !is_promised && p.open_amount[r].to_f64() >= f64::from(desk.minimum)),
            }
            match p.hold[r] {
                Some(Hold::QuietDays) => prop_assert!(is_quiet),
                Some(Hold::BelowMinimum) => prop_assert!(p.open_amount[r].to_f64() < f64::from(desk.minimum)),
                Some(Hold::Dispute) => prop_assert!(is_disputed),
                _ => {}
            }
        }
    }

    #[test]
    fn nothing_is_done_on_a_day_without_work(desk in any_desk()) {
        let p = desk.ranked();
        for day in p.action_date.iter().flatten() {
            prop_assert!(*day >= AS_OF && !desk.is_free(*day), "{day}");
        }
    }

    #[test]
    fn the_same_day_gives_the_same_list_whatever_the_order_and_the_threads(desk in any_desk()) {
        let p = desk.ranked();
        let mut turned = desk.clone();
        turned.contacts.reverse();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        prop_assert_eq!(pool.install(|| turned.ranked()), p);
    }

    /// Of every combination the best is at most the gap better; with calls of one each it is not better at all.
    #[test]
    fn no_choice_is_better_by_more_than_the_gap(
        customers in prop::collection::vec(
            prop::collection::vec((0.1..100.0_f64, 0..4_usize), 0..4), 0..6),
        capacity in 0..9_usize,
        is_simple in any::<bool>(),
    ) {
        let chance = |&(value, calls): &(f64, usize)| {
            Chance { value, calls: if is_simple { calls.min(1) } else { calls } }
        };
        let customers: Vec<Vec<Chance>> =
            customers.iter().map(|c| c.iter().map(chance).collect()).collect();
        let given = allot(&customers, capacity);
        let picked = || given.chosen.iter().zip(&customers).filter_map(|(k, c)| k.map(|k| c[k]));
        let value: f64 = picked().map(|c| c.value).sum();
        prop_assert_eq!(picked().map(|c| c.calls).sum::<usize>(), given.calls);
        prop_assert!(given.calls <= capacity);
        let mut best = vec![0.0_f64; capacity + 1];
        for chances in &customers {
            let before = best.clone();
            for (room, best) in best.iter_mut().enumerate() {
                for c in chances.iter().filter(|c| c.calls <= room) {
                    *best = best.max(before[room - c.calls] + c.value);
                }
            }
        }
        prop_assert!(best[capacity] <= value + given.gap + 1e-9, "{} {value} {}", best[capacity], given.gap);
        prop_assert!(!is_simple || given.gap == 0.0);
    }
}
