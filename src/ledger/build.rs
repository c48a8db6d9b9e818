//! From checked rows in any order to a ledger in its canonical order, with payments allocated.

use super::allocation::{AccountPayment, allocate};
use super::grouping::Grouped;
use super::line::Allocation;
use super::{AccountCredit, Ledger, NO_VALUE, Segment, SettlementKind};
use crate::core::{Amount, Currency, TextColumn};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Invoices whose settlements one task allocates.
const RUN_INVOICES: usize = 1 << 14;

/// Invoices as ingest let them through, in any order; columns have one entry a row.
#[derive(Debug, Clone, Default)]
pub struct InvoiceRows {
    /// Each once.
    pub invoice_id: TextColumn,
    /// Distinct customer ids in any order.
    pub customer_id: TextColumn,
    /// Index into `customer_id`.
    pub customer: Vec<u32>,
    /// Distinct currencies in any order.
    pub currency_code: Vec<Currency>,
    /// Index into `currency_code`.
    pub currency: Vec<u16>,
    /// Day of issue.
    pub issue: Vec<i32>,
    /// Day due.
    pub due: Vec<i32>,
    /// Above zero.
    pub amount: Vec<Amount>,
    /// Day recorded, or empty; known from the later of it and the day of issue.
    pub known: Vec<i32>,
    /// Day disputed or [`super::NEVER`], or empty.
    pub dispute: Vec<i32>,
    /// Day the dispute closed or [`super::NEVER`], or empty.
    pub dispute_closed: Vec<i32>,
    /// Discount for early payment in millionths of the amount, 0 to below a million; or empty.
    pub discount_rate: Vec<i32>,
    /// Days from issue within which the discount may be taken; empty where `discount_rate` is.
    pub discount_days: Vec<i32>,
    /// Columns that group invoices, their labels in any order.
    pub segments: Vec<Segment>,
    /// As in [`Ledger::segment_values_max`].
    pub segment_values_max: usize,
    /// Credits on account, by the codes of this struct.
    pub credits: Vec<AccountCredit>,
}

/// Settlements in any order, each naming its invoice by row.
#[derive(Debug, Clone, Default)]
pub struct SettlementRows {
    /// Row in [`InvoiceRows`].
    pub invoice: Vec<u32>,
    /// Day it happened; where several are possible, the last of them.
    pub day: Vec<i32>,
    /// First day on which it can have happened, at or before `day`; or empty.
    pub first: Vec<i32>,
    /// Day recorded, or empty; known from the later of it and `day`.
    pub known: Vec<i32>,
    /// Not zero; may exceed what is open. Below zero, it undoes as much of what was paid.
    pub amount: Vec<Amount>,
    /// What it was.
    pub kind: Vec<SettlementKind>,
    /// How it was paid: labels, also those of `account`, and a code a row or none at all.
    pub method: Segment,
    /// Payments that name no single invoice.
    pub account: Vec<AccountPayment>,
    /// The instalments of each document that `account` names, by row in [`InvoiceRows`].
    pub document: Vec<Vec<u32>>,
    /// Currency of a payment on account that names none, of a customer with several; see [`AccountPayment`].
    pub account_currency: u16,
    /// Whether [`allocate`] has put them to their invoices.
    pub allocated: bool,
}

/// Why rows do not make a ledger. These are our bugs: ingest checks rows before they come here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// More rows than 32-bit indices can name.
    #[error("{n} rows of {table}: a ledger holds at most 4,294,967,295")]
    TooLarge {
        /// `invoices` or `payments`.
        table: &'static str,
        /// Rows found.
        n: usize,
    },
}

impl Ledger {
    /// Puts rows into the canonical order and allocates each settlement to the invoice that it names, and those that
    /// name none oldest due first.
    ///
    /// Settlements of an invoice take what is open in the order in which they were known; what exceeds it becomes
    /// an [`AccountCredit`] of the customer on the same day, so that money in = allocated + unapplied, always. A
    /// reversal takes what is too much off the account first; then the invoice is open again.
    ///
    /// # Errors
    /// [`LedgerError::TooLarge`] past 32-bit indices.
    pub fn try_new(rows: InvoiceRows, settlements: SettlementRows) -> Result<Self, LedgerError> {
        Self::try_new_by(rows, settlements, &Allocation::default())
    }

    /// [`Ledger::try_new`] by other rules of allocation: an invoice that lacks no more than its discount in time, or
    /// than the tolerance, is settled; what is missing becomes a settlement of kind `discount` or `write_off` on the
    /// day of the payment, and is taken back when it is paid after all, or when the payment is reversed.
    ///
    /// # Errors
    /// As [`Ledger::try_new`].
    pub fn try_new_by(
        mut rows: InvoiceRows,
        mut settlements: SettlementRows,
        how: &Allocation,
    ) -> Result<Self, LedgerError> {
        let n_payments = settlements.day.len() + settlements.account.len();
        for (table, n) in [("invoices", rows.issue.len()), ("payments", n_payments)] {
            if n >= u32::MAX as usize {
                return Err(LedgerError::TooLarge { table, n });
            }
        }
        if !settlements.account.is_empty() {
            settlements = allocate(&mut rows, &settlements, how).0;
        }
        settlements.method = std::mem::take(&mut settlements.method).tidied();
        let (customer_order, customer_rank) = ranked(rows.customer_id.len(), |a, b| {
            rows.customer_id.get(a as usize).cmp(rows.customer_id.get(b as usize))
        });
        let (currency_order, currency_rank) = ranked(rows.currency_code.len(), |a, b| {
            rows.currency_code[a as usize].cmp(&rows.currency_code[b as usize])
        });
        let order = invoice_order(&rows, &customer_rank);

        // each column of the rows is dropped as soon as it is picked, to make room for the next
        let days = |column| picked(column, &order, |day: i32| day);
        let issue_of_rows = if rows.known.is_empty() { Vec::new() } else { rows.issue.clone() };
        let mut ledger = Ledger {
            customer_id: rows.customer_id.gather(&customer_order),
            currency_code: currency_order.iter().map(|&c| rows.currency_code[c as usize]).collect(),
            invoice_id: std::mem::take(&mut rows.invoice_id).gather(&order),
            customer: picked(rows.customer, &order, |c| customer_rank[c as usize]),
            currency: picked(rows.currency, &order, |c| currency_rank[c as usize] as u16),
            issue: days(rows.issue),
            due: days(rows.due),
            amount: picked(rows.amount, &order, |amount| amount),
            known: later(days(rows.known), &issue_of_rows, &order),
            dispute: days(rows.dispute),
            dispute_closed: days(rows.dispute_closed),
            discount_rate: days(rows.discount_rate),
            discount_days: days(rows.discount_days),
            segments: rows.segments.iter().map(|segment| segment.gather(&order)).collect(),
            segment_values_max: rows.segment_values_max,
            credits: rows
                .credits
                .iter()
                .map(|c| AccountCredit {
                    customer: customer_rank[c.customer as usize],
                    currency: currency_rank[c.currency as usize] as u16,
                    ..*c
                })
                .collect(),
            ..Ledger::default()
        };
        ledger.index_customers();
        let place: Vec<AtomicU32> = order.iter().map(|_| AtomicU32::new(0)).collect();
        order.par_iter().enumerate().for_each(|(new, old)| place[*old as usize].store(new as u32, Relaxed));
        drop(order);
        ledger.take_settlements(&settlements, &place);
        if !settlements.allocated {
            ledger.allocate(how);
        }
        ledger.credits.sort_unstable();
        // what took nothing is gone, and its label may be
        ledger.settlement_method = std::mem::take(&mut ledger.settlement_method).tidied();
        ledger.drop_columns_that_say_nothing();
        Ok(ledger)
    }

    /// Counting sort of the settlements by invoice, then each invoice's few by time.
    fn take_settlements(&mut self, rows: &SettlementRows, place: &[AtomicU32]) {
        let n = self.n_invoices();
        let invoice = |row: usize| place[rows.invoice[row] as usize].load(Relaxed);
        let mut by_invoice = Grouped::of(rows.invoice.len(), n, invoice);
        by_invoice.sort_each(|(): &mut (), several| several.sort_unstable_by_key(|&r| rows.rank(r as usize)));
        let Grouped { start, rows: order } = by_invoice;
        let known = |r: usize| rows.known.get(r).map_or(rows.day[r], |&k| k.max(rows.day[r]));
        self.settlement_start = start;
        self.settlement_day = order.par_iter().map(|&r| rows.day[r as usize]).collect();
        self.settlement_amount = order.par_iter().map(|&r| rows.amount[r as usize]).collect();
        self.settlement_kind = order.par_iter().map(|&r| rows.kind[r as usize]).collect();
        if !rows.method.code.is_empty() {
            self.settlement_method = rows.method.gather(&order);
        }
        if !rows.known.is_empty() {
            self.settlement_known = order.par_iter().map(|&r| known(r as usize)).collect();
        }
        if !rows.first.is_empty() {
            self.settlement_first = order.par_iter().map(|&r| rows.first[r as usize]).collect();
        }
    }

    /// Each settlement takes what is open; the rest goes to the customer's account. Invoices are independent, so
    /// that runs of them are worked through side by side.
    fn allocate(&mut self, how: &Allocation) {
        let mut amounts = std::mem::take(&mut self.settlement_amount);
        let mut rest = amounts.as_mut_slice();
        let mut runs = Vec::new();
        for first in (0..self.n_invoices()).step_by(RUN_INVOICES) {
            let invoices = first..(first + RUN_INVOICES).min(self.n_invoices());
            let n = self.settlement_start[invoices.end] - self.settlement_start[first];
            let (run, tail) = rest.split_at_mut(n as usize);
            runs.push((invoices, run));
            rest = tail;
        }
        let done: Vec<Run> = runs
            .into_par_iter()
            .with_max_len(1)
            .map(|(invoices, amounts)| self.allocate_run(invoices, amounts, how))
            .collect();
        self.settlement_amount = amounts;
        let (mut given, mut has_idle) = (Vec::new(), false);
        for mut run in done {
            self.credits.append(&mut run.credits);
            given.append(&mut run.given);
            has_idle |= run.has_idle;
            run.cut.iter().for_each(|i| self.sort_settlements(*i));
        }
        if has_idle || !given.is_empty() {
            self.take_given(&given);
        }
    }

    /// Puts the settlements of an invoice in order again.
    fn sort_settlements(&mut self, i: usize) {
        let of_invoice = self.settlements_of(i);
        let rank = |s: usize| {
            let amount = self.settlement_amount[s];
            let (known, day) = (self.settlement_known_day(s), self.settlement_day[s]);
            let (first, method) = (self.settlement_first_day(s), self.settlement_method_code(s));
            (known, amount < Amount::ZERO, day, self.settlement_kind[s], amount, first, method)
        };
        let mut ranks: Vec<_> = of_invoice.clone().map(rank).collect();
        ranks.sort_unstable();
        for (s, (known, _, day, kind, amount, first, method)) in of_invoice.zip(ranks) {
            (self.settlement_day[s], self.settlement_kind[s], self.settlement_amount[s]) =
                (day, kind, amount);
            if let Some(place) = self.settlement_known.get_mut(s) {
                *place = known;
            }
            if let Some(place) = self.settlement_first.get_mut(s) {
                *place = first;
            }
            if let Some(place) = self.settlement_method.code.get_mut(s) {
                *place = method;
            }
        }
    }

    /// Cuts the amounts of a run's settlements to what they take; returns what is too much, and what was given.
    fn allocate_run(&self, invoices: Range<usize>, amounts: &mut [Amount], how: &Allocation) -> Run {
        let first = self.settlement_start[invoices.start] as usize;
        let mut run = Run::default();
        for i in invoices {
            let (mut line, settlements) = (self.line(i, how), self.settlements_of(i));
            let (end, mut is_cut) = (settlements.end, false);
            let (mut last_day, mut last_first) = (i32::MIN, i32::MIN);
            for s in settlements {
                let (amount, day, known) =
                    (&mut amounts[s - first], self.settlement_day[s], self.settlement_known_day(s));
                let taken = line.take(*amount, day, self.settlement_kind[s]);
                if taken.on_account != Amount::ZERO {
                    run.credits.push(AccountCredit {
                        customer: self.customer[i],
                        currency: self.currency[i],
                        day,
                        // how much is too much is known with the invoice only
                        known: known.max(self.known_day(i)),
                        amount: taken.on_account,
                    });
                }
                is_cut |= *amount != taken.settled;
                *amount = taken.settled;
                run.has_idle |= taken.settled == Amount::ZERO;
                last_day = last_day.max(day);
                last_first = last_first.max(self.settlement_first_day(s));
                let is_last_of_day = s + 1 == end || self.settlement_known_day(s + 1) > known;
                if is_last_of_day && line.is_lenient() {
                    let (day, first) = (last_day, last_first);
                    let row = |(kind, amount)| Given { invoice: i, known, day, first, kind, amount };
                    run.given.extend(line.give().map(row));
                }
                if is_last_of_day {
                    (last_day, last_first) = (i32::MIN, i32::MIN);
                }
            }
            if is_cut && self.settlements_of(i).len() > 1 {
                run.cut.push(i);
            }
        }
        run
    }

    /// Puts what was given among the settlements, and drops those that took nothing.
    fn take_given(&mut self, given: &[Given]) {
        let n = self.settlement_day.len() + given.len();
        let mut out = Ledger {
            settlement_start: Vec::with_capacity(self.n_invoices() + 1),
            settlement_day: Vec::with_capacity(n),
            settlement_known: Vec::with_capacity(if self.settlement_known.is_empty() { 0 } else { n }),
            settlement_first: Vec::with_capacity(if self.settlement_first.is_empty() { 0 } else { n }),
            settlement_amount: Vec::with_capacity(n),
            settlement_kind: Vec::with_capacity(n),
            ..Ledger::default()
        };
        out.settlement_start.push(0);
        let (has_known, has_first) = (!self.settlement_known.is_empty(), !self.settlement_first.is_empty());
        let has_method = !self.settlement_method.code.is_empty();
        let mut push = |days: (i32, i32, i32), amount, kind, method| {
            let (day, first, known) = days;
            out.settlement_day.push(day);
            out.settlement_amount.push(amount);
            out.settlement_kind.push(kind);
            if has_known {
                out.settlement_known.push(known);
            }
            if has_first {
                out.settlement_first.push(first);
            }
            if has_method {
                out.settlement_method.code.push(method);
            }
            out.settlement_day.len() as u32
        };
        let (mut given, mut more, mut end) = (given.iter().peekable(), Vec::new(), 0);
        for i in 0..self.n_invoices() {
            for s in self.settlements_of(i).filter(|s| self.settlement_amount[*s] != Amount::ZERO) {
                let (first, known) = (self.settlement_first_day(s), self.settlement_known_day(s));
                let (amount, kind) = (self.settlement_amount[s], self.settlement_kind[s]);
                let days = (self.settlement_day[s], first, known);
                end = push(days, amount, kind, self.settlement_method_code(s));
            }
            while let Some(g) = given.next_if(|g| g.invoice == i) {
                end = push((g.day, g.first, g.known), g.amount, g.kind, NO_VALUE);
                more.push(i);
            }
            out.settlement_start.push(end);
        }
        more.dedup();
        more.iter().for_each(|i| out.sort_settlements(*i));
        self.settlement_start = out.settlement_start;
        self.settlement_day = out.settlement_day;
        self.settlement_known = out.settlement_known;
        self.settlement_first = out.settlement_first;
        self.settlement_amount = out.settlement_amount;
        self.settlement_kind = out.settlement_kind;
        self.settlement_method.code = out.settlement_method.code;
    }
}

/// A discount, or a tolerated rest, that settles invoice `invoice`; below zero, taken back.
#[derive(Debug, Clone, Copy)]
struct Given {
    invoice: usize,
    known: i32,
    day: i32,
    /// The first day on which what it follows from can have happened.
    first: i32,
    kind: SettlementKind,
    amount: Amount,
}

/// What came of the settlements of a run of invoices.
#[derive(Debug, Default)]
struct Run {
    credits: Vec<AccountCredit>,
    given: Vec<Given>,
    /// Invoices with settlements that took less than they could.
    cut: Vec<usize>,
    /// Whether a settlement took nothing.
    has_idle: bool,
}

impl SettlementRows {
    /// What the settlements of an invoice are sorted by.
    fn rank(&self, row: usize) -> (i32, bool, i32, SettlementKind, Amount, i32, u32) {
        let (day, amount) = (self.day[row], self.amount[row]);
        let known = self.known.get(row).map_or(day, |known| day.max(*known));
        let first = self.first.get(row).copied().unwrap_or(day);
        let method = self.method.code.get(row).copied().unwrap_or(NO_VALUE);
        (known, amount < Amount::ZERO, day, self.kind[row], amount, first, method)
    }
}

/// A column in the order of the ledger.
fn picked<T: Copy + Sync + Send, U: Send>(
    column: Vec<T>,
    order: &[u32],
    turn: impl Fn(T) -> U + Sync + Send,
) -> Vec<U> {
    if column.is_empty() {
        return Vec::new();
    }
    order.par_iter().map(|&i| turn(column[i as usize])).collect()
}

/// The later of two days of each row; nothing if there is no first one.
fn later(mut days: Vec<i32>, others: &[i32], order: &[u32]) -> Vec<i32> {
    days.par_iter_mut().zip(order).for_each(|(day, &row)| *day = (*day).max(others[row as usize]));
    days
}

/// Indices `0..n` sorted by `cmp`, and the rank of each index.
fn ranked(n: usize, cmp: impl Fn(u32, u32) -> std::cmp::Ordering + Sync) -> (Vec<u32>, Vec<u32>) {
    let mut order: Vec<u32> = (0..n as u32).collect();
    order.par_sort_unstable_by(|&a, &b| cmp(a, b));
    let mut rank = vec![0; n];
    order.iter().enumerate().for_each(|(r, &i)| rank[i as usize] = r as u32);
    (order, rank)
}

/// Rows by customer, then by issue date and id inside each customer.
fn invoice_order(rows: &InvoiceRows, customer_rank: &[u32]) -> Vec<u32> {
    let customer = |row: usize| customer_rank[rows.customer[row] as usize];
    let mut by_customer = Grouped::of(rows.customer.len(), customer_rank.len(), customer);
    by_customer.sort_each(|keys: &mut Vec<(i32, u32)>, invoices| {
        keys.clear();
        keys.extend(invoices.iter().map(|&row| (rows.issue[row as usize], row)));
        keys.sort_unstable_by(|a, b| {
            let id = |row: u32| rows.invoice_id.get(row as usize);
            a.0.cmp(&b.0).then_with(|| id(a.1).cmp(id(b.1)))
        });
        invoices.iter_mut().zip(keys).for_each(|(row, key)| *row = key.1);
    });
    by_customer.rows
}
