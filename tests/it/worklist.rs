//! The worklist keeps to the calls there are, to holds, caps and the calendar; and the same day gives the same list.

use arrears::collect::{
    Chance, Contact, Contacts, Hold, Priorities, Reporting, SegmentRow, Stakes, allot, priorities, segments,
};
use arrears::core::{Amount, Currency, Day, TextColumn};
use arrears::ledger::{InvoiceRows, Known, Ledger, NEVER, Segment, SettlementKind, SettlementRows};
use arrears::policy::{Level, ValidPolicy, parse};
use arrears::score::{ContactEffect, Curves};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;

const AS_OF: Day = Day(20_000);
const CUSTOMERS: u32 = 12;
/// In order; every third customer is of the second.
const COUNTRIES: [&str; 2] = ["AT", "DE"];
/// `kept_promise_days` of the defaults.
const KEPT_DAYS: i32 = 7;

/// What one worklist is made from.
#[derive(Debug, Clone)]
struct Desk {
    /// Customer, days past due, amount in cents, whether it is disputed, survival after 1, 14 and 365 days.
    bills: Vec<(u32, i32, i64, bool, [f64; 3])>,
    /// Bill, days ago, whether all of it was paid or half; the first one of a bill counts.
    payments: Vec<(prop::sample::Index, i32, bool)>,
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
        payments in prop::collection::vec((any::<prop::sample::Index>(), 0..50_i32, any::<bool>()), 0..20),
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
        Desk { bills, payments, contacts, collectors, calls_per_day, quiet_days, per_week, minimum, weekend, holidays, is_measured }
    }
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Desk {
    fn is_free(&self, day: Day) -> bool {
        let weekend = if self.weekend == 127 { 0 } else { self.weekend };
        weekend >> day.weekday() & 1 == 1 || self.holidays.iter().any(|h| AS_OF.plus(*h) == day)
    }

    fn policy(&self) -> ValidPolicy {
        parse(&self.policy_text(), "desk").unwrap()
    }

    fn policy_text(&self) -> String {
        let weekend = if self.weekend == 127 { 0 } else { self.weekend };
        let free: Vec<&str> = (0..7).filter(|d| weekend >> d & 1 == 1).map(|d| WEEKDAYS[d]).collect();
        let holidays: Vec<String> = self.holidays.iter().map(|h| AS_OF.plus(*h).to_string()).collect();
        format!(
            "[collect]\nquiet_days = {}\ncontacts_per_week_max = {}\nminimum_amount = {}\ncollectors = {}\n\
             calls_per_day = {}\nweekend = {free:?}\nholidays = {holidays:?}\n",
            self.quiet_days, self.per_week, self.minimum, self.collectors, self.calls_per_day
        )
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
            segments: vec![Segment {
                name: "country".into(),
                label: COUNTRIES.map(str::to_owned).to_vec(),
                code: self.bills.iter().map(|b| country_of(b.0) as u32).collect(),
            }],
            ..InvoiceRows::default()
        };
        let paid: Vec<(usize, i32, i64)> =
            (0..n).filter_map(|b| self.payment(b).map(|(day, amount)| (b, day, amount))).collect();
        let settlements = SettlementRows {
            invoice: paid.iter().map(|p| p.0 as u32).collect(),
            day: paid.iter().map(|p| p.1).collect(),
            amount: paid.iter().map(|p| Amount(p.2)).collect(),
            kind: vec![SettlementKind::Cash; paid.len()],
            ..SettlementRows::default()
        };
        Ledger::try_new(rows, settlements).unwrap().into_known(AS_OF)
    }

    /// Day and ten-thousandths of the payment of a bill.
    fn payment(&self, bill: usize) -> Option<(i32, i64)> {
        let of_bill = self.payments.iter().find(|p| p.0.index(self.bills.len()) == bill)?;
        Some((AS_OF.0 - of_bill.1, self.bills[bill].2 * if of_bill.2 { 100 } else { 50 }))
    }

    /// What is open of a bill, ten-thousandths.
    fn open(&self, bill: usize) -> i64 {
        self.bills[bill].2 * 100 - self.payment(bill).map_or(0, |p| p.1)
    }

    /// Whether a promise of all that was due by a day was kept: by what was billed and open when it was made.
    fn is_kept(&self, customer: u32, made: i32, promised: i32) -> bool {
        (0..self.bills.len()).filter(|b| self.bills[*b].0 == customer).all(|b| {
            let (due, issue) = (AS_OF.0 - self.bills[b].1, (AS_OF.0 - self.bills[b].1 - 30).min(AS_OF.0));
            let settled = self.payment(b).filter(|_| self.open(b) == 0).map_or(i32::MAX, |p| p.0);
            issue > made || due > promised || settled < made || settled <= promised
        })
    }

    /// The hold by the words of docs/collections.md, counted anew.
    fn wanted_hold(&self, customer: u32) -> Option<Hold> {
        let open: Vec<usize> =
            (0..self.bills.len()).filter(|&b| self.bills[b].0 == customer && self.open(b) > 0).collect();
        let overdue: Vec<usize> = open.iter().copied().filter(|&b| self.bills[b].1 > 0).collect();
        let asked = if overdue.is_empty() { &open } else { &overdue };
        let contacts: Vec<_> = self.contacts.iter().filter(|c| c.0 == customer && c.1 >= 0).collect();
        let promises = || contacts.iter().filter_map(|c| Some((c.2? - c.1, -c.1)));
        let past = promises().filter(|p| p.0 < 0).max();
        let just_kept = past.is_some_and(|(promised, made)| {
            -promised <= KEPT_DAYS && self.is_kept(customer, AS_OF.0 + made, AS_OF.0 + promised)
        });
        let in_week = contacts.iter().filter(|c| c.1 < 7).count();
        if asked.iter().all(|&b| self.bills[b].3) {
            Some(Hold::Dispute)
        } else if promises().any(|p| p.0 >= 0) || just_kept {
            Some(Hold::Promise)
        } else if contacts.iter().any(|c| c.1 < self.quiet_days) || in_week >= self.per_week {
            Some(Hold::QuietDays)
        } else {
            let sum: i64 = open.iter().map(|&b| self.open(b)).sum();
            (sum < i64::from(self.minimum) * 10_000).then_some(Hold::BelowMinimum)
        }
    }

    /// The same desk a day later, when everybody on the list was contacted.
    fn a_day_later(&self, list: &Priorities) -> Self {
        let mut next = self.clone();
        next.bills.iter_mut().for_each(|b| b.1 += 1);
        next.payments.iter_mut().for_each(|p| p.1 += 1);
        next.contacts.iter_mut().for_each(|c| c.1 += 1);
        next.contacts.extend(contacted(list).into_iter().map(|c| (c, 0, None)));
        next
    }

    fn ranked(&self) -> Priorities {
        self.ranked_by(&self.policy())
    }

    fn ranked_by(&self, policy: &ValidPolicy) -> Priorities {
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
        priorities(&stakes, &contacts, &Reporting::AtPar, policy).unwrap()
    }
}

fn country_of(customer: u32) -> usize {
    usize::from(customer.is_multiple_of(3))
}

/// What a list says of a customer, but for its rank.
fn said_of(p: &Priorities, r: usize) -> String {
    let done = (&p.action[r], &p.channel[r], &p.tone[r], p.action_date[r], p.calls[r], p.hold[r]);
    format!("{done:?} {:?} {:?} {}", p.expected_gain[r], p.priority_value[r], p.language[r])
}

fn customer(p: &Priorities, r: usize) -> u32 {
    p.customer_id.get(r)[1..].parse().unwrap()
}

/// A level as a policy file has it.
fn toml_of(l: &Level) -> String {
    format!(
        "action = '{}'\nchannel = '{}'\nfrom_days_past_due = {}\nto_days_past_due = {}\nfrom_amount = {:?}\n\
         from_risk_prob = {:?}\nodds_ratio = {:?}\ncost = {:?}\nfee_rate = {:?}\nlead_days = {}\ncalls = {}\ntone = '{}'\n",
        l.action,
        l.channel,
        l.from_days_past_due,
        l.to_days_past_due.min(100_000),
        l.from_amount,
        l.from_risk_prob,
        l.odds_ratio,
        l.cost,
        l.fee_rate,
        l.lead_days,
        l.calls,
        l.tone
    )
}

/// Whom a list says to contact.
fn contacted(p: &Priorities) -> Vec<u32> {
    (0..p.rank.len()).filter(|&r| p.action[r].is_some()).map(|r| customer(p, r)).collect()
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

    /// Disputes, promises, quiet days, the cap of a week and the minimum, each counted anew; whoever owes is listed once.
    #[test]
    fn who_is_on_hold_is_left_alone_and_the_hold_is_true(desk in any_desk()) {
        let p = desk.ranked();
        for r in 0..p.rank.len() {
            prop_assert_eq!(p.hold[r], desk.wanted_hold(customer(&p, r)), "{}", p.customer_id.get(r));
            if p.hold[r].is_some() {
                prop_assert!(p.action[r].is_none() && p.calls[r] == 0 && p.left_out_gain[r] == 0.0);
            }
        }
        let listed: BTreeSet<u32> = (0..p.rank.len()).map(|r| customer(&p, r)).collect();
        let owing = (0..desk.bills.len()).filter(|&b| desk.open(b) > 0).map(|b| desk.bills[b].0).collect();
        prop_assert!(listed.len() == p.rank.len() && listed == owing);
    }

    /// Two weeks of lists, each followed on the next day: nobody is contacted more often in any seven days than allowed, or
    /// before his quiet days are over.
    #[test]
    fn lists_followed_day_by_day_keep_to_the_cap_of_a_week(desk in any_desk()) {
        let mut desk = Desk { weekend: 0, holidays: Vec::new(), ..desk };
        // a contact that somebody makes beside the list is no fault of the list
        desk.contacts.retain(|c| c.1 >= 0);
        for _ in 0..14 {
            let list = desk.ranked();
            desk = desk.a_day_later(&list);
            for c in contacted(&list) {
                let of = |c: u32| desk.contacts.iter().filter(move |k| k.0 == c && k.1 >= 0);
                prop_assert!(of(c).filter(|k| k.1 < 7).count() <= desk.per_week);
                prop_assert!(of(c).filter(|k| k.1 > 0).all(|k| k.1 > desk.quiet_days), "quiet days");
            }
        }
    }

    /// With an own rule of every kind for DE, its customers have what they had if the rules were those of all, and the
    /// others what they had without.
    #[test]
    fn what_a_segment_has_of_its_own_holds_for_it_alone(desk in any_desk(), quiet_days in 0..10_i32, grace in 0..30_i32) {
        let desk = Desk { collectors: 0, ..desk };
        let base = desk.policy_text();
        let own = format!(
            "[[collect.segment]]\ncolumn = 'country'\nvalue = 'DE'\nquiet_days = {quiet_days}\nminimum_amount = 90\n\
             grace_days = {grace}\nlanguage = 'de'\nbroken_promise_weight = 3\nwithout = ['courtesy']\n\
             [[collect.segment_level]]\ncolumn = 'country'\nvalue = 'DE'\naction = 'call'\ncost = 2\nodds_ratio = 3.0\n\
             from_days_past_due = 4\n"
        );
        let policy = parse(&format!("{base}{own}"), "own").unwrap();
        let whole = Desk { quiet_days, minimum: 90, ..desk.clone() };
        let ladder: String = policy.collect.of_segments(|_, value| value == "DE").ladder.iter().filter(|l| l.action != "courtesy").map(|l| {
            format!("[[collect.ladder]]\n{}", toml_of(l))
        }).collect();
        let all = format!("{}language = 'de'\nbroken_promise_weight = 3\n{ladder}", whole.policy_text());
        let (mixed, without, all) =
            (desk.ranked_by(&policy), desk.ranked(), whole.ranked_by(&parse(&all, "all").unwrap()));
        for r in 0..mixed.rank.len() {
            let c = customer(&mixed, r);
            let wanted = if country_of(c) == 1 { &all } else { &without };
            let place = (0..wanted.rank.len()).find(|&w| customer(wanted, w) == c).unwrap();
            prop_assert_eq!(said_of(&mixed, r), said_of(wanted, place));
        }
    }

    /// What invoices stand for adds up to their customers, and by segment to all.
    #[test]
    fn segments_sum_to_the_worklist(desk in any_desk()) {
        let known = desk.known();
        let open = known.open_invoices();
        let p = desk.ranked();
        let n = open.len();
        let score = |k: usize| arrears::score::InvoiceScore {
            invoice: open[k],
            days_past_due: 0,
            late_prob: 0.0,
            late_days_prob: [0.0; 3],
            paid_prob: [0.1, 0.2, 0.3, 0.4, 0.5 + k as f64 / 100.0],
            expected_cash: [10.0, 20.0, 30.0, 40.0, 50.0 + k as f64],
            pay_date: [None; 3],
            unpaid_prob: 0.1,
            expected_days_late: 0.0,
            risk_band: arrears::score::RiskBand::Low,
            history_n: 0,
        };
        let scores: Vec<_> = (0..n).map(score).collect();
        let curves = Curves::new(vec![0, 365], [1.0, 0.1].repeat(n));
        let reasons = vec![[None; 3]; n];
        let stakes = Stakes { known: &known, open: &open, curves: &curves, reasons: &reasons };
        let days: Vec<f64> = (0..n).map(|k| 10.0 + k as f64).collect();
        let rate: Vec<f64> = (0..n).map(|k| 0.9 - k as f64 / 200.0).collect();
        let rows = segments(&stakes, &p.portion, &scores, &days, &rate);
        if n == 0 {
            prop_assert!(rows.is_empty());
            return Ok(());
        }
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
        let all = &rows[0];
        prop_assert_eq!(all.segment.as_str(), "all");
        prop_assert_eq!(all.open_amount, p.open_amount.iter().copied().sum::<Amount>());
        prop_assert_eq!(all.overdue_amount, p.overdue_amount.iter().copied().sum::<Amount>());
        prop_assert!(close(all.expected_gain, p.expected_gain.iter().sum()), "{}", all.expected_gain);
        for name in ["currency", "country"] {
            let of: Vec<_> = rows.iter().filter(|r| r.segment.starts_with(&format!("{name}="))).collect();
            prop_assert_eq!(of.iter().map(|r| r.open_amount).sum::<Amount>(), all.open_amount);
            prop_assert_eq!(of.iter().map(|r| r.overdue_amount).sum::<Amount>(), all.overdue_amount);
            prop_assert_eq!(of.iter().map(|r| r.n_invoices).sum::<u64>(), n as u64);
            let sums: [fn(&SegmentRow) -> f64; 7] = [
                |r| r.expected_30,
                |r| r.expected_90,
                |r| r.expected_unpaid,
                |r| r.keep_value,
                |r| r.expected_gain,
                |r| r.cost,
                |r| r.expected_days * r.open_amount.to_f64(),
            ];
            for sum in sums {
                prop_assert!(close(of.iter().map(|r| sum(r)).sum(), sum(all)));
            }
            prop_assert!(of.windows(2).all(|w| w[0].keep_rate() >= w[1].keep_rate()));
            prop_assert!(of.iter().zip(1..).all(|(r, rank)| r.rank == Some(rank)));
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
        prop_assert_eq!(desk.ranked(), p.clone());
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
