//! From checked rows in any order to a ledger in its canonical order, with payments allocated.

use super::{AccountCredit, Ledger, SettlementKind};
use crate::core::{Amount, Currency, TextColumn};
use rayon::prelude::*;
use std::ops::Range;

/// Invoices whose settlements one task allocates.
const RUN_INVOICES: usize = 1 << 16;

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
    /// Credits on account, by the codes of this struct.
    pub credits: Vec<AccountCredit>,
}

/// Settlements in any order, each naming its invoice by row.
#[derive(Debug, Clone, Default)]
pub struct SettlementRows {
    /// Row in [`InvoiceRows`].
    pub invoice: Vec<u32>,
    /// Day it happened.
    pub day: Vec<i32>,
    /// Day recorded, or empty; known from the later of it and `day`.
    pub known: Vec<i32>,
    /// Above zero; may exceed what is open.
    pub amount: Vec<Amount>,
    /// What it was.
    pub kind: Vec<SettlementKind>,
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
    /// Puts rows into the canonical order and allocates each settlement to the invoice that it names.
    ///
    /// Settlements of an invoice take what is open in the order in which they were known; what exceeds it becomes
    /// an [`AccountCredit`] of the customer on the same day, so that money in = allocated + unapplied, always.
    ///
    /// # Errors
    /// [`LedgerError::TooLarge`] past 32-bit indices.
    pub fn try_new(rows: InvoiceRows, settlements: SettlementRows) -> Result<Self, LedgerError> {
        for (table, n) in [("invoices", rows.issue.len()), ("payments", settlements.day.len())] {
            if n >= u32::MAX as usize {
                return Err(LedgerError::TooLarge { table, n });
            }
        }
        let (customer_order, customer_rank) = ranked(rows.customer_id.len(), |a, b| {
            rows.customer_id.get(a as usize).cmp(rows.customer_id.get(b as usize))
        });
        let (currency_order, currency_rank) = ranked(rows.currency_code.len(), |a, b| {
            rows.currency_code[a as usize].cmp(&rows.currency_code[b as usize])
        });
        let order = invoice_order(&rows, &customer_rank);

        let pick = |column: &[i32]| -> Vec<i32> {
            if column.is_empty() {
                Vec::new()
            } else {
                order.par_iter().map(|&i| column[i as usize]).collect()
            }
        };
        let mut ledger = Ledger {
            customer_id: rows.customer_id.gather(&customer_order),
            currency_code: currency_order.iter().map(|&c| rows.currency_code[c as usize]).collect(),
            customer: order.par_iter().map(|&i| customer_rank[rows.customer[i as usize] as usize]).collect(),
            currency: order
                .par_iter()
                .map(|&i| currency_rank[rows.currency[i as usize] as usize] as u16)
                .collect(),
            issue: pick(&rows.issue),
            due: pick(&rows.due),
            amount: order.par_iter().map(|&i| rows.amount[i as usize]).collect(),
            known: later(pick(&rows.known), &rows.issue, &order),
            dispute: pick(&rows.dispute),
            dispute_closed: pick(&rows.dispute_closed),
            invoice_id: rows.invoice_id.gather(&order),
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
        let mut place = vec![0_u32; order.len()];
        order.iter().enumerate().for_each(|(new, &old)| place[old as usize] = new as u32);
        drop(order);
        ledger.take_settlements(&settlements, &place);
        ledger.allocate();
        ledger.credits.sort_unstable();
        ledger.drop_columns_that_say_nothing();
        Ok(ledger)
    }

    /// Counting sort of the settlements by invoice, then each invoice's few by time.
    fn take_settlements(&mut self, rows: &SettlementRows, place: &[u32]) {
        let n = self.n_invoices();
        let mut start = vec![0_u32; n + 1];
        rows.invoice.iter().for_each(|&i| start[place[i as usize] as usize + 1] += 1);
        for i in 0..n {
            start[i + 1] += start[i];
        }
        let mut next = start.clone();
        let mut order = vec![0_u32; rows.invoice.len()];
        for (row, &i) in rows.invoice.iter().enumerate() {
            let slot = &mut next[place[i as usize] as usize];
            order[*slot as usize] = row as u32;
            *slot += 1;
        }
        let known = |r: usize| rows.known.get(r).map_or(rows.day[r], |&k| k.max(rows.day[r]));
        for i in 0..n {
            let slots = &mut order[start[i] as usize..start[i + 1] as usize];
            if slots.len() > 1 {
                slots.sort_unstable_by_key(|&r| {
                    let r = r as usize;
                    (known(r), rows.day[r], rows.kind[r], rows.amount[r])
                });
            }
        }
        self.settlement_start = start;
        self.settlement_day = order.par_iter().map(|&r| rows.day[r as usize]).collect();
        self.settlement_amount = order.par_iter().map(|&r| rows.amount[r as usize]).collect();
        self.settlement_kind = order.par_iter().map(|&r| rows.kind[r as usize]).collect();
        if !rows.known.is_empty() {
            self.settlement_known = order.par_iter().map(|&r| known(r as usize)).collect();
        }
    }

    /// Each settlement takes what is open; the rest goes to the customer's account. Invoices are independent, so
    /// that runs of them are worked through side by side.
    fn allocate(&mut self) {
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
        let credits: Vec<Vec<AccountCredit>> =
            runs.into_par_iter().map(|(invoices, amounts)| self.allocate_run(invoices, amounts)).collect();
        self.settlement_amount = amounts;
        self.credits.extend(credits.into_iter().flatten());
    }

    /// Cuts the amounts of a run's settlements to what they take; returns what is too much.
    fn allocate_run(&self, invoices: Range<usize>, amounts: &mut [Amount]) -> Vec<AccountCredit> {
        let first = self.settlement_start[invoices.start] as usize;
        let mut credits = Vec::new();
        for i in invoices {
            let mut open = self.amount[i];
            for s in self.settlements_of(i) {
                let amount = &mut amounts[s - first];
                let taken = (*amount).min(open);
                let rest = *amount - taken;
                if rest > Amount::ZERO {
                    credits.push(AccountCredit {
                        customer: self.customer[i],
                        currency: self.currency[i],
                        day: self.settlement_day[s],
                        // how much is too much is known with the invoice only
                        known: self.settlement_known_day(s).max(self.known_day(i)),
                        amount: rest,
                    });
                }
                *amount = taken;
                open -= taken;
            }
        }
        credits
    }
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

/// Rows by customer (counting sort), then by issue date and id inside each customer.
fn invoice_order(rows: &InvoiceRows, customer_rank: &[u32]) -> Vec<u32> {
    let n_customers = customer_rank.len();
    let mut start = vec![0_usize; n_customers + 1];
    rows.customer.iter().for_each(|&c| start[customer_rank[c as usize] as usize + 1] += 1);
    for c in 0..n_customers {
        start[c + 1] += start[c];
    }
    let mut next = start.clone();
    let mut order = vec![0_u32; rows.customer.len()];
    for (row, &c) in rows.customer.iter().enumerate() {
        let slot = &mut next[customer_rank[c as usize] as usize];
        order[*slot] = row as u32;
        *slot += 1;
    }
    let mut rest = order.as_mut_slice();
    let mut parts = Vec::with_capacity(n_customers);
    for c in 0..n_customers {
        let (part, tail) = rest.split_at_mut(start[c + 1] - start[c]);
        parts.push(part);
        rest = tail;
    }
    parts.into_par_iter().with_min_len(64).for_each(|part| {
        part.sort_unstable_by(|&a, &b| {
            let (a, b) = (a as usize, b as usize);
            rows.issue[a].cmp(&rows.issue[b]).then_with(|| rows.invoice_id.get(a).cmp(rows.invoice_id.get(b)))
        });
    });
    order
}

#[cfg(test)]
mod tests {
    use super::super::NEVER;
    use super::*;
    use crate::core::Day;

    fn eur() -> Vec<Currency> {
        Currency::try_new("EUR").into_iter().collect()
    }

    /// Two invoices of 100.00 of one customer, issued on days 0 and 10, due on 30 and 40.
    fn rows() -> InvoiceRows {
        InvoiceRows {
            invoice_id: ["B", "A"].into_iter().collect(),
            customer_id: ["C"].into_iter().collect(),
            customer: vec![0, 0],
            currency_code: eur(),
            currency: vec![0, 0],
            issue: vec![10, 0],
            due: vec![40, 30],
            amount: vec![Amount(1_000_000); 2],
            ..InvoiceRows::default()
        }
    }

    fn paid(invoice: Vec<u32>, day: Vec<i32>, amount: Vec<i64>) -> SettlementRows {
        let n = day.len();
        SettlementRows {
            invoice,
            day,
            amount: amount.into_iter().map(Amount).collect(),
            kind: vec![SettlementKind::Cash; n],
            ..SettlementRows::default()
        }
    }

    #[test]
    fn a_payment_over_the_open_amount_leaves_the_rest_on_account() {
        let l = Ledger::try_new(rows(), paid(vec![1, 1], vec![20, 25], vec![600_000, 700_000])).unwrap();
        assert_eq!(l.invoice_id.get(0), "A");
        assert_eq!(l.settlement_amount, [Amount(600_000), Amount(400_000)]);
        assert_eq!(l.credits[0].amount, Amount(300_000));
        assert_eq!(l.credits[0].day, 25);
    }

    #[test]
    fn an_invoice_is_settled_on_the_day_of_the_payment_that_closes_it() {
        let l = Ledger::try_new(rows(), paid(vec![1, 1], vec![25, 20], vec![500_000, 500_000])).unwrap();
        let at = |d| l.known_at(Day(d));
        assert_eq!(at(24).open_amount[0], Amount(500_000));
        assert_eq!(at(24).settled[0], NEVER);
        assert_eq!((at(25).open_amount[0], at(25).settled[0]), (Amount::ZERO, 25));
    }

    #[test]
    fn what_is_recorded_later_is_known_later() {
        let mut s = paid(vec![1], vec![20], vec![1_000_000]);
        s.known = vec![28];
        let l = Ledger::try_new(rows(), s).unwrap();
        assert_eq!(l.known_at(Day(27)).settled[0], NEVER);
        let k = l.known_at(Day(28));
        assert_eq!((k.settled[0], k.settled_known_day(0)), (20, 28));
    }

    #[test]
    fn a_cut_ledger_equals_one_that_never_knew_more() {
        let mut early = rows();
        early.invoice_id = ["A"].into_iter().collect();
        for c in [&mut early.issue, &mut early.due] {
            c.remove(0);
        }
        early.customer.pop();
        early.currency.pop();
        early.amount.pop();
        let alone = Ledger::try_new(early, paid(vec![0], vec![5], vec![1])).unwrap();
        let whole = Ledger::try_new(rows(), paid(vec![1, 0], vec![5, 12], vec![1, 2])).unwrap();
        assert_eq!(whole.known_at(Day(9)), alone.known_at(Day(9)));
    }
}
