//! A ledger cut to what was known on a day.

use super::{Ledger, NEVER, NO_VALUE};
use crate::core::{Amount, Day};
use rayon::prelude::*;
use std::ops::Deref;

/// What was known at the end of `as_of`, and nothing else: every date in it is at or before `as_of`, but for due
/// dates, which an invoice states in advance.
///
/// Only [`Ledger::known_at`] and [`Ledger::into_known`] make one; stages take nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    as_of: Day,
    ledger: Ledger,
    /// What is open on each invoice.
    pub open_amount: Vec<Amount>,
    /// The day each invoice was settled in full, [`NEVER`] while open; where several days are possible, the last of
    /// them. Who learns from the day asks [`Known::is_dated`] first.
    pub settled: Vec<i32>,
    /// The day that was known, if the ledger has recorded dates; else empty and equal to `settled`.
    settled_known: Vec<i32>,
}

impl Deref for Known {
    type Target = Ledger;
    fn deref(&self) -> &Ledger {
        &self.ledger
    }
}

impl Ledger {
    /// The ledger as the books showed it at the end of `as_of`: invoices, settlements, credits and disputes whose
    /// own date and recorded date are both on or before it. Customers of whom nothing is known are gone.
    ///
    /// ```
    /// # use arrears::ledger::Ledger;
    /// # use arrears::core::Day;
    /// let known = Ledger::default().known_at(Day(0));
    /// assert_eq!(known.n_invoices(), 0);
    /// ```
    pub fn known_at(&self, as_of: Day) -> Known {
        if self.is_known_whole(as_of) {
            Known::of(self.clone(), as_of)
        } else {
            Known::of(self.cut(as_of, None), as_of)
        }
    }

    /// [`Ledger::known_at`] without a copy where there is nothing to cut.
    pub fn into_known(self, as_of: Day) -> Known {
        if self.is_known_whole(as_of) {
            Known::of(self, as_of)
        } else {
            Known::of(self.cut(as_of, None), as_of)
        }
    }

    /// [`Ledger::known_at`] of a book that forgets: invoices issued before `since` are left out once they are settled in
    /// full. What is open stays, however old.
    pub fn known_since(&self, as_of: Day, since: Day) -> Known {
        Known::of(self.cut(as_of, Some(since)), as_of)
    }

    fn is_known_whole(&self, as_of: Day) -> bool {
        let by = |days: &[i32]| days.par_iter().all(|&d| d <= as_of.0 || d == NEVER);
        by(&self.issue)
            && by(&self.known)
            && by(&self.settlement_day)
            && by(&self.settlement_known)
            && by(&self.dispute)
            && by(&self.dispute_closed)
            && self.credits.iter().all(|c| c.known <= as_of.0)
    }

    fn cut(&self, as_of: Day, since: Option<Day>) -> Ledger {
        let day = as_of.0;
        let kept: Vec<u32> = (0..self.n_invoices())
            .filter(|&i| self.known_day(i).max(self.issue[i]) <= day)
            .filter(|&i| since.is_none_or(|s| self.issue[i] >= s.0 || !self.is_settled_at(i, day)))
            .map(|i| i as u32)
            .collect();
        let credits: Vec<_> = self.credits.iter().filter(|c| c.known.max(c.day) <= day).copied().collect();
        let n_settlements = kept.iter().map(|&i| self.settlements_of(i as usize).len()).sum();
        let (customers, new_customer) = self.customers_of(&kept, &credits);
        let (currencies, new_currency) = self.currencies_of(&kept, &credits);

        let mut out = Ledger {
            customer_id: self.customer_id.gather(&customers),
            currency_code: currencies.iter().map(|&c| self.currency_code[c as usize]).collect(),
            invoice_id: self.invoice_id.gather(&kept),
            customer: kept.iter().map(|&i| new_customer[self.customer[i as usize] as usize]).collect(),
            currency: kept.iter().map(|&i| new_currency[self.currency[i as usize] as usize]).collect(),
            issue: gather(&self.issue, &kept),
            due: gather(&self.due, &kept),
            amount: gather(&self.amount, &kept),
            known: gather(&self.known, &kept),
            dispute: not_after(gather(&self.dispute, &kept), day),
            dispute_closed: not_after(gather(&self.dispute_closed, &kept), day),
            discount_rate: gather(&self.discount_rate, &kept),
            discount_days: gather(&self.discount_days, &kept),
            segments: self.segments.iter().map(|segment| segment.gather(&kept)).collect(),
            segment_values_max: self.segment_values_max,
            credits,
            settlement_start: Vec::with_capacity(kept.len() + 1),
            settlement_day: Vec::with_capacity(n_settlements),
            settlement_amount: Vec::with_capacity(n_settlements),
            settlement_kind: Vec::with_capacity(n_settlements),
            ..Ledger::default()
        };
        out.settlement_start.push(0);
        let has_method = !self.settlement_method.code.is_empty();
        for c in &mut out.credits {
            c.customer = new_customer[c.customer as usize];
            c.currency = new_currency[c.currency as usize];
        }
        for &i in &kept {
            let settled = self.settlements_of(i as usize);
            for s in settled.filter(|&s| self.settlement_known_day(s).max(self.settlement_day[s]) <= day) {
                out.settlement_day.push(self.settlement_day[s]);
                out.settlement_amount.push(self.settlement_amount[s]);
                out.settlement_kind.push(self.settlement_kind[s]);
                if !self.settlement_known.is_empty() {
                    out.settlement_known.push(self.settlement_known[s]);
                }
                if !self.settlement_first.is_empty() {
                    out.settlement_first.push(self.settlement_first[s]);
                }
                if has_method {
                    out.settlement_method.code.push(self.settlement_method.code[s]);
                }
            }
            out.settlement_start.push(out.settlement_day.len() as u32);
        }
        out.settlement_method.name.clone_from(&self.settlement_method.name);
        out.settlement_method.label.clone_from(&self.settlement_method.label);
        out.settlement_method = std::mem::take(&mut out.settlement_method).tidied();
        out.drop_columns_that_say_nothing();
        out.index_customers();
        out
    }

    fn is_settled_at(&self, i: usize, day: i32) -> bool {
        let known = |s: &usize| self.settlement_known_day(*s).max(self.settlement_day[*s]);
        let settled = self.settlements_of(i).filter(|s| known(s) <= day);
        settled.map(|s| self.settlement_amount[s]).sum::<Amount>() >= self.amount[i]
    }

    /// Customers that still have something, old codes in order, and the new code of each old one.
    fn customers_of(&self, kept: &[u32], credits: &[super::AccountCredit]) -> (Vec<u32>, Vec<u32>) {
        let mut seen = vec![false; self.n_customers()];
        kept.iter().for_each(|&i| seen[self.customer[i as usize] as usize] = true);
        credits.iter().for_each(|c| seen[c.customer as usize] = true);
        recode(&seen)
    }

    fn currencies_of(&self, kept: &[u32], credits: &[super::AccountCredit]) -> (Vec<u32>, Vec<u16>) {
        let mut seen = vec![false; self.currency_code.len()];
        kept.iter().for_each(|&i| seen[self.currency[i as usize] as usize] = true);
        credits.iter().for_each(|c| seen[c.currency as usize] = true);
        let (kept, new) = recode(&seen);
        (kept, new.into_iter().map(|c| c as u16).collect())
    }

    /// Optional columns are empty when they carry nothing, so that a cut ledger equals one that never had more.
    pub(super) fn drop_columns_that_say_nothing(&mut self) {
        if self.known == self.issue {
            self.known = Vec::new();
        }
        if self.settlement_known == self.settlement_day {
            self.settlement_known = Vec::new();
        }
        if self.settlement_first == self.settlement_day {
            self.settlement_first = Vec::new();
        }
        if self.dispute.iter().all(|&d| d == NEVER) {
            self.dispute = Vec::new();
            self.dispute_closed = Vec::new();
        }
        if self.discount_rate.iter().all(|&rate| rate == 0) {
            self.discount_rate = Vec::new();
            self.discount_days = Vec::new();
        }
        if self.settlement_method.code.iter().all(|&code| code == NO_VALUE) {
            self.settlement_method = super::Segment::default();
        }
        self.segments.retain(|segment| !segment.says_nothing());
    }

    pub(super) fn index_customers(&mut self) {
        // invoices lie by customer
        let first = |c: usize| self.customer.partition_point(|of| (*of as usize) < c) as u32;
        let start = (0..self.n_customers() + 1).into_par_iter().with_min_len(256).map(first).collect();
        self.invoice_start = start;
    }
}

fn recode(seen: &[bool]) -> (Vec<u32>, Vec<u32>) {
    let mut kept = Vec::new();
    let mut new = vec![0; seen.len()];
    for (old, _) in seen.iter().enumerate().filter(|(_, s)| **s) {
        new[old] = kept.len() as u32;
        kept.push(old as u32);
    }
    (kept, new)
}

fn gather<T: Copy>(column: &[T], index: &[u32]) -> Vec<T> {
    if column.is_empty() { Vec::new() } else { index.iter().map(|&i| column[i as usize]).collect() }
}

fn not_after(mut days: Vec<i32>, day: i32) -> Vec<i32> {
    days.iter_mut().filter(|d| **d > day).for_each(|d| *d = NEVER);
    days
}

impl Known {
    fn of(mut ledger: Ledger, as_of: Day) -> Self {
        // here and not before: which values are large may depend on nothing later than as_of
        if ledger.segment_values_max > 0 {
            let (amount, max) = (&ledger.amount, ledger.segment_values_max);
            ledger.segments = ledger.segments.into_iter().map(|s| s.capped(amount, max)).collect();
            ledger.settlement_method = ledger.settlement_method.capped(&ledger.settlement_amount, max);
        }
        let ledger = ledger;
        let state = |i: usize| {
            let range = ledger.settlements_of(i);
            let open = ledger.amount[i] - ledger.settlement_amount[range.clone()].iter().copied().sum();
            let last = |days: &[i32]| days[range.clone()].iter().copied().max().unwrap_or(NEVER);
            (open, if open > Amount::ZERO { NEVER } else { last(&ledger.settlement_day) })
        };
        let (open_amount, settled): (Vec<Amount>, Vec<i32>) =
            (0..ledger.n_invoices()).into_par_iter().map(state).unzip();
        let known = |i: usize| match settled[i] {
            NEVER => NEVER,
            _ => ledger.settlement_known[ledger.settlements_of(i)].iter().copied().max().unwrap_or(NEVER),
        };
        let bitemporal = !ledger.settlement_known.is_empty();
        let settled_known =
            if bitemporal { (0..settled.len()).into_par_iter().map(known).collect() } else { Vec::new() };
        Self { as_of, ledger, open_amount, settled, settled_known }
    }

    /// The day at whose end this was known.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// The day on which it was known that invoice `i` is settled in full; [`NEVER`] while open.
    pub fn settled_known_day(&self, i: usize) -> i32 {
        self.settled_known.get(i).copied().unwrap_or(self.settled[i])
    }

    /// The first day on which invoice `i` can have been settled in full; [`NEVER`] while open.
    pub fn settled_first_day(&self, i: usize) -> i32 {
        if self.settlement_first.is_empty() || self.settled[i] == NEVER {
            return self.settled[i];
        }
        // as with the last day: a settlement of the past does not undo that another came later
        self.settlement_first[self.settlements_of(i)].iter().copied().max().unwrap_or(NEVER)
    }

    /// Whether invoice `i` is open, or it is known on which day it was settled in full. Of one that is not dated the
    /// money is known and nothing is learnt: no delay, no lateness, no pay day.
    pub fn is_dated(&self, i: usize) -> bool {
        self.settled_first_day(i) == self.settled[i]
    }

    /// Invoices with something open, in ledger order: customers stay together.
    pub fn open_invoices(&self) -> Vec<u32> {
        (0..self.n_invoices() as u32).filter(|&i| self.open_amount[i as usize] > Amount::ZERO).collect()
    }
}
