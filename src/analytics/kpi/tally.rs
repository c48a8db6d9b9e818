//! One pass over the ledger that counts, for every group and mark, what the figures divide.
//!
//! What happened on a day and is looked at in a window of days counts at a run of marks: it is added where the run
//! starts and taken off where it ends, so that thirteen month ends cost little more than one. Only what is open at a
//! mark is visited mark by mark. All sums are whole numbers: their order, and so the number of threads, changes nothing.

use super::mark::Marks;
use crate::analytics::group::Groups;
use crate::ledger::{Known, NEVER, SettlementKind};
use crate::policy::ValidPolicy;
use rayon::prelude::*;

/// Days of a span in which sales are held against what is open of them.
pub(super) const SPAN_DAYS: i32 = 30;
/// Spans before a mark; sales before them count to the oldest.
const N_SPANS: usize = 60;
/// Days before as_of for which sales are kept by the day: the spans of the oldest of the marks.
const SALES_DAYS: i32 = N_SPANS as i32 * SPAN_DAYS + 14 * 31;
/// Customers whose share of the open amount makes `top10_share`.
const TOP: usize = 10;
/// Most tallies that are made side by side: each has memory for every group.
const TALLIES_MAX: usize = 8;

/// What happens on a day and counts at a run of marks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Flow {
    Known,
    Sales,
    Beginning,
    Reopened,
    WrittenOff,
    SalesLong,
    Cash,
    CashDaysLate,
    CashDays,
    Judged,
    Late,
    JudgedAmount,
    LateAmount,
    Issued,
    Disputed,
    Paid,
    PaidShort,
    Offered,
    Taken,
    Promised,
    Kept,
}
const N_FLOWS: usize = Flow::Kept as usize + 1;

/// Sums by group and mark.
#[derive(Debug, Clone)]
pub(super) struct Tally<'a> {
    known: &'a Known,
    pub(super) groups: &'a Groups,
    pub(super) marks: &'a Marks,
    edges: &'a [i32],
    grace: i32,
    pub(super) window: i32,
    pub(super) long_window: i32,
    /// `[group, flow, mark + 1]`, each the change against the mark before.
    flow: Vec<i128>,
    /// `[group, bucket, mark]`: what is open.
    open: Vec<i64>,
    /// `[group, mark, span of issue]`: what is open.
    open_span: Vec<i64>,
    /// `[group, day of issue]`, the first day standing for all before.
    sales: Vec<i64>,
    /// Group, mark, day and amount of sales that were not known yet at a mark after their issue.
    unknown_sales: Vec<(u32, u32, i32, i64)>,
    /// `[group, mark]`: the sum of squares of what each customer owes.
    square: Vec<u128>,
    /// `[group, mark]`: the largest amounts that a customer owes, largest first.
    top: Vec<[i64; TOP]>,
    /// `[group, bucket, bucket or paid]`: what was open at a month's end, by where it was at the next.
    roll: Vec<i128>,
}

/// Memory that is used again for each customer.
struct Desk {
    groups: Vec<usize>,
    /// `[group, mark]`: what the customer owes, and the groups in which it owes something.
    held: Vec<i64>,
    touched: Vec<usize>,
}

impl<'a> Tally<'a> {
    /// Counts everything known.
    pub fn new(known: &'a Known, groups: &'a Groups, marks: &'a Marks, policy: &'a ValidPolicy) -> Self {
        let n_parts = rayon::current_num_threads().clamp(1, TALLIES_MAX);
        let step = known.n_customers().div_ceil(n_parts).max(1);
        let parts: Vec<Self> = (0..known.n_customers().div_ceil(step).max(1))
            .into_par_iter()
            .map(|part| {
                let mut tally = Self::empty(known, groups, marks, policy);
                tally.count(part * step..((part + 1) * step).min(known.n_customers()));
                tally
            })
            .collect();
        let mut parts = parts.into_iter();
        let first = parts.next().unwrap_or_else(|| Self::empty(known, groups, marks, policy));
        let mut whole = parts.fold(first, Self::plus);
        whole.unknown_sales.sort_unstable();
        whole
    }

    fn empty(known: &'a Known, groups: &'a Groups, marks: &'a Marks, policy: &'a ValidPolicy) -> Self {
        let (n, m) = (groups.len(), marks.len());
        let edges = policy.ledger.aging_edges_days.as_slice();
        let n_buckets = edges.len() + 2;
        Self {
            known,
            groups,
            marks,
            edges,
            grace: policy.ledger.grace_days,
            window: policy.kpi.window_days,
            long_window: policy.kpi.long_window_days,
            flow: vec![0; n * N_FLOWS * (m + 1)],
            open: vec![0; n * n_buckets * m],
            open_span: vec![0; n * m * N_SPANS],
            sales: vec![0; n * SALES_DAYS as usize],
            unknown_sales: Vec::new(),
            square: vec![0; n * m],
            top: vec![[0; TOP]; n * m],
            roll: vec![0; n * n_buckets * (n_buckets + 1)],
        }
    }

    fn plus(mut self, other: Self) -> Self {
        self.flow.iter_mut().zip(other.flow).for_each(|(a, b)| *a += b);
        self.open.iter_mut().zip(other.open).for_each(|(a, b)| *a += b);
        self.open_span.iter_mut().zip(other.open_span).for_each(|(a, b)| *a += b);
        self.sales.iter_mut().zip(other.sales).for_each(|(a, b)| *a += b);
        self.square.iter_mut().zip(other.square).for_each(|(a, b)| *a += b);
        self.roll.iter_mut().zip(other.roll).for_each(|(a, b)| *a += b);
        self.unknown_sales.extend(other.unknown_sales);
        for (a, b) in self.top.iter_mut().zip(other.top) {
            b.iter().take_while(|amount| **amount > 0).for_each(|amount| keep_largest(a, *amount));
        }
        self
    }

    fn count(&mut self, customers: std::ops::Range<usize>) {
        let known = self.known;
        let mut desk = Desk {
            groups: Vec::new(),
            held: vec![0; self.groups.len() * self.marks.len()],
            touched: Vec::new(),
        };
        for c in customers {
            for i in known.invoices_of(c) {
                self.groups.of(known, i, &mut desk.groups);
                self.invoice(i, &mut desk);
            }
            self.customer(&mut desk);
        }
    }

    /// Adds up what a customer owes, and forgets it.
    fn customer(&mut self, desk: &mut Desk) {
        let m = self.marks.len();
        for group in desk.touched.drain(..) {
            for at in group * m..(group + 1) * m {
                let amount = std::mem::take(&mut desk.held[at]);
                if amount > 0 {
                    self.square[at] += amount.unsigned_abs() as u128 * amount.unsigned_abs() as u128;
                    keep_largest(&mut self.top[at], amount);
                }
            }
        }
    }

    /// Adds to a flow at the marks from the first on or after `from` to the last before `until`.
    pub(super) fn add(&mut self, groups: &[usize], flow: Flow, from: i32, until: i32, amount: i128) {
        let (start, end) = (self.marks.first_at(from), self.marks.first_at(until));
        if start >= end || amount == 0 {
            return;
        }
        let width = self.marks.len() + 1;
        for group in groups {
            let first = (group * N_FLOWS + flow as usize) * width;
            self.flow[first + start] += amount;
            self.flow[first + end] -= amount;
        }
    }

    fn invoice(&mut self, i: usize, desk: &mut Desk) {
        let known = self.known;
        let (issue, due) = (known.issue[i], known.due[i]);
        let (amount, from) = (known.amount[i].0, known.known_day(i).max(issue));
        self.sale(i, from, &desk.groups);
        self.add(&desk.groups, Flow::Known, from, NEVER, 1);
        // an invoice that was settled, and whose windows ended, before the first mark changes nothing after it
        let last_event = known.settled_known_day(i).max(issue).max(due.saturating_add(self.grace));
        let last_event = last_event.max(known.discount_days.get(i).map_or(issue, |days| issue + days));
        if last_event.saturating_add(self.window.max(self.long_window)) < self.marks.day(0) {
            return;
        }
        let (window, long) = (self.window, self.long_window);
        let (g, whole) = (&desk.groups, i128::from(amount));
        self.add(g, Flow::Sales, from, issue + window, whole);
        self.add(g, Flow::SalesLong, from, issue + long, whole);
        self.add(g, Flow::Beginning, from.max(issue + window), NEVER, whole);
        self.add(g, Flow::Issued, from, issue + long, 1);
        if let Some(&day) = known.dispute.get(i).filter(|day| **day != NEVER) {
            self.add(g, Flow::Disputed, from.max(day), issue + long, 1);
        }
        self.settlements(i, from, g);
        self.lateness(i, from, g);
        self.habits(i, from, g);
        self.levels(i, from, desk);
    }

    fn sale(&mut self, i: usize, from: i32, groups: &[usize]) {
        let (issue, amount) = (self.known.issue[i], self.known.amount[i].0);
        let slot = self.sales_slot(issue);
        groups.iter().for_each(|group| self.sales[group * SALES_DAYS as usize + slot] += amount);
        for mark in self.marks.first_at(issue)..self.marks.first_at(from) {
            self.unknown_sales.extend(groups.iter().map(|group| (*group as u32, mark as u32, issue, amount)));
        }
    }

    fn sales_slot(&self, issue: i32) -> usize {
        (issue - (self.known.as_of().0 - SALES_DAYS + 1)).max(0) as usize
    }

    fn settlements(&mut self, i: usize, from: i32, g: &[usize]) {
        let known = self.known;
        for s in known.settlements_of(i) {
            let (day, amount) = (known.settlement_day[s], i128::from(known.settlement_amount[s].0));
            // a payment before the invoice counts from the invoice on
            let event = day.max(known.issue[i]);
            let seen = known.settlement_known_day(s).max(from).max(event);
            self.add(g, Flow::Beginning, seen.max(event + self.window), NEVER, -amount);
            if amount < 0 {
                self.add(g, Flow::Reopened, seen, event + self.window, -amount);
            }
            match known.settlement_kind[s] {
                // days cannot be averaged over money of which two days are possible
                SettlementKind::Cash if !known.is_settlement_dated(s) => {}
                SettlementKind::Cash => {
                    let until = day + self.window;
                    self.add(g, Flow::Cash, seen, until, amount);
                    self.add(g, Flow::CashDaysLate, seen, until, amount * i128::from(day - known.due[i]));
                    self.add(g, Flow::CashDays, seen, until, amount * i128::from(day - known.issue[i]));
                }
                SettlementKind::WriteOff => {
                    self.add(g, Flow::WrittenOff, seen, day + self.long_window, amount);
                }
                SettlementKind::Credit | SettlementKind::Discount => {}
            }
        }
    }

    /// Late or not, of what was to be settled by a day inside the long window.
    fn lateness(&mut self, i: usize, from: i32, g: &[usize]) {
        let known = self.known;
        let deadline = known.due[i].saturating_add(self.grace);
        let (start, until) = (from.max(deadline), deadline.saturating_add(self.long_window));
        let (amount, marks) = (i128::from(known.amount[i].0), self.marks);
        let mut judge = |from, until, late_until| {
            self.add(g, Flow::Judged, from, until, 1);
            self.add(g, Flow::JudgedAmount, from, until, amount);
            self.add(g, Flow::Late, from, late_until, 1);
            self.add(g, Flow::LateAmount, from, late_until, amount);
        };
        let range = known.settlements_of(i);
        if known.settlement_amount[range].iter().any(|a| a.0 < 0) {
            // what a reversal opens again was settled at the marks before it
            for mark in marks.first_at(start)..marks.first_at(until) {
                let day = marks.day(mark);
                let (first, last) = settled_at(known, i, day);
                if first == last {
                    judge(day, day + 1, if last > deadline { day + 1 } else { day });
                }
            }
            return;
        }
        let known_until = until.min(known.settled_known_day(i));
        if !known.is_dated(i) {
            judge(start, known_until, known_until);
        } else if known.settled[i] <= deadline {
            judge(start, until, known_until);
        } else {
            judge(start, until, until);
        }
    }

    fn open_at(&self, i: usize, day: i32) -> i64 {
        let known = self.known;
        let seen = |s: &usize| known.settlement_known_day(*s).max(known.settlement_day[*s]) <= day;
        known.amount[i].0
            - known.settlements_of(i).filter(seen).map(|s| known.settlement_amount[s].0).sum::<i64>()
    }

    /// Whether the first payment was short, and whether an offered discount was taken.
    fn habits(&mut self, i: usize, from: i32, g: &[usize]) {
        let known = self.known;
        let seen = |s: usize| known.settlement_known_day(s).max(known.settlement_day[s]).max(from);
        let first = |kind| {
            let is = |s: &usize| known.settlement_kind[*s] == kind && known.settlement_amount[*s].0 > 0;
            known.settlements_of(i).filter(is).map(seen).min()
        };
        if let Some(day) = first(SettlementKind::Cash) {
            self.add(g, Flow::Paid, day, day + self.long_window, 1);
            if self.open_at(i, day) > 0 {
                self.add(g, Flow::PaidShort, day, day + self.long_window, 1);
            }
        }
        if known.discount_rate.get(i).is_some_and(|rate| *rate > 0) {
            let last = known.issue[i] + known.discount_days[i];
            let until = last + self.long_window;
            self.add(g, Flow::Offered, from.max(last), until, 1);
            if let Some(day) = first(SettlementKind::Discount) {
                self.add(g, Flow::Taken, from.max(last).max(day), until, 1);
            }
        }
    }

    /// What is open at each mark, how old it is, and where it goes until the next month's end.
    fn levels(&mut self, i: usize, from: i32, desk: &mut Desk) {
        let known = self.known;
        let (n_buckets, n_marks) = (self.edges.len() + 2, self.marks.len());
        let n_months = super::mark::MONTH_ENDS;
        let last = self.marks.first_at(known.settled_known_day(i)).min(n_marks);
        let bucket = |day: i32| match day - known.due[i] {
            past if past <= 0 => 0,
            past => 1 + self.edges.partition_point(|edge| *edge < past),
        };
        let mut next = None;
        for mark in self.marks.first_at(from)..last {
            let day = self.marks.day(mark);
            let open = next.take().unwrap_or_else(|| self.open_at(i, day));
            let after = if mark + 1 < n_marks { self.open_at(i, self.marks.day(mark + 1)) } else { 0 };
            next = Some(after);
            if open <= 0 {
                continue;
            }
            let b = bucket(day);
            let span = (((day - known.issue[i]) / SPAN_DAYS) as usize).min(N_SPANS - 1);
            let stays = after.clamp(0, open);
            let to = (mark + 1 < n_months).then(|| bucket(self.marks.day(mark + 1)));
            for &group in &desk.groups {
                self.open[(group * n_buckets + b) * n_marks + mark] += open;
                self.open_span[(group * n_marks + mark) * N_SPANS + span] += open;
                if let Some(to) = to {
                    let row = (group * n_buckets + b) * (n_buckets + 1);
                    self.roll[row + to] += i128::from(stays);
                    self.roll[row + n_buckets] += i128::from(open - stays);
                }
                let held = &mut desk.held[group * n_marks..(group + 1) * n_marks];
                if held.iter().all(|amount| *amount == 0) {
                    desk.touched.push(group);
                }
                held[mark] += open;
            }
        }
    }

    /// A flow at a mark.
    pub(super) fn flow(&self, group: usize, flow: Flow, mark: usize) -> i128 {
        let first = (group * N_FLOWS + flow as usize) * (self.marks.len() + 1);
        self.flow[first..=first + mark].iter().sum()
    }

    /// What is open at a mark in each bucket.
    pub(super) fn open(&self, group: usize, mark: usize) -> Vec<i64> {
        let n = self.edges.len() + 2;
        (0..n).map(|b| self.open[(group * n + b) * self.marks.len() + mark]).collect()
    }

    /// Sales of each span before a mark, the latest first, and what is open of them.
    pub(super) fn spans(&self, group: usize, mark: usize) -> Vec<(i64, i64)> {
        let day = self.marks.day(mark);
        let mut spans = vec![(0, 0); N_SPANS];
        let place = |issue: i32| (((day - issue) / SPAN_DAYS) as usize).min(N_SPANS - 1);
        let first_day = self.known.as_of().0 - SALES_DAYS + 1;
        let sales = &self.sales[group * SALES_DAYS as usize..][..(day - first_day + 1) as usize];
        for (issue, amount) in (first_day..).zip(sales) {
            // the first day stands for all before it
            let at = if issue == first_day { N_SPANS - 1 } else { place(issue) };
            spans[at].0 += amount;
        }
        let here = (group as u32, mark as u32);
        let start = self.unknown_sales.partition_point(|u| (u.0, u.1) < here);
        for (_, _, issue, amount) in self.unknown_sales[start..].iter().take_while(|u| (u.0, u.1) == here) {
            let at = if *issue <= first_day { N_SPANS - 1 } else { place(*issue) };
            spans[at].0 -= amount;
        }
        let open = &self.open_span[(group * self.marks.len() + mark) * N_SPANS..][..N_SPANS];
        spans.iter_mut().zip(open).for_each(|(span, open)| span.1 = *open);
        spans
    }

    /// The sum of squares of what customers owe, and what the ten largest owe.
    pub(super) fn concentration(&self, group: usize, mark: usize) -> (u128, i128) {
        let at = group * self.marks.len() + mark;
        (self.square[at], self.top[at].iter().map(|amount| i128::from(*amount)).sum())
    }

    /// Ten-thousandths that moved from each bucket (rows) to each bucket and, last, to settled, month by month.
    pub fn rolls(&self, group: usize) -> Vec<Vec<i128>> {
        let n = self.edges.len() + 2;
        (0..n).map(|from| self.roll[(group * n + from) * (n + 1)..][..=n].to_vec()).collect()
    }
}

/// The first and the last day on which invoice `i` can have been settled by what was known at the end of `day`;
/// [`NEVER`] while open.
fn settled_at(known: &Known, i: usize, day: i32) -> (i32, i32) {
    let seen = |s: &usize| known.settlement_known_day(*s).max(known.settlement_day[*s]) <= day;
    // what was paid before it was billed is no better known for that
    let (mut open, mut first, mut last) = (known.amount[i].0, i32::MIN, i32::MIN);
    for s in known.settlements_of(i).filter(seen) {
        open -= known.settlement_amount[s].0;
        first = first.max(known.settlement_first_day(s));
        last = last.max(known.settlement_day[s]);
    }
    if open > 0 { (NEVER, NEVER) } else { (first, last) }
}

/// Puts an amount among the largest, which stay sorted.
fn keep_largest(top: &mut [i64; TOP], amount: i64) {
    let at = top.partition_point(|larger| *larger >= amount);
    if at < TOP {
        top[at..].rotate_right(1);
        top[at] = amount;
    }
}
