//! Payments that name no single invoice: who pays on account or on a document of several instalments.
//!
//! Such payments go to what is open when they become known, so that the customer's payments must be taken one after
//! another, whatever they name. Ledgers without them do without all this: there, invoices are independent.

use super::account::{Part, Sweep};
use super::line::{Allocation, Line};
use super::{AccountCredit, InvoiceRows, NO_VALUE, SettlementKind, SettlementRows};
use crate::core::Amount;
use rayon::prelude::*;

/// What a payment that names no single invoice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The instalments of a document, by its place in [`SettlementRows::document`].
    Document(u32),
    /// All that a customer owes, by the codes of [`InvoiceRows`].
    Account(u32),
}

/// A payment that names no single invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountPayment {
    /// What it is for.
    pub target: Target,
    /// Index into [`InvoiceRows::currency_code`]; none for that of the document, or of all invoices of the customer
    /// that are known by then, and [`SettlementRows::account_currency`] if they have several.
    pub currency: Option<u16>,
    /// Day it happened; where several are possible, the last of them.
    pub day: i32,
    /// First day on which it can have happened.
    pub first: i32,
    /// Day recorded; known from the later of it and `day`.
    pub known: i32,
    /// Not zero; below it, an earlier payment is undone.
    pub amount: Amount,
    /// What it was.
    pub kind: SettlementKind,
    /// How it was paid, a code of [`SettlementRows::method`]; [`NO_VALUE`] if that is not known.
    pub method: u32,
    /// A code of the payment's id in the order of ids, from 1; 0 if it has none. A reversal undoes the payment of the
    /// same code first.
    pub payment: u32,
}

/// Something to tell of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Row of the settlements; those on account are counted after the others.
    pub row: u32,
    /// What it is.
    pub what: Finding,
}

/// What can be found in a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// It is more than this, which was open. A credit never is: the rest is what it is meant for.
    OverOpen(Amount),
    /// It reverses more than this, which was paid.
    OverPaid(Amount),
}

/// Puts every payment to the invoices that it settles, in the order in which payments became known; what is on
/// account goes to the invoices' credits. What was found comes too, by row.
///
/// Those of one day that name an invoice come first; then those of a document, then those on account, each to the
/// open invoices of its currency that were known on that day, oldest due first. Nothing that became known later moves
/// what was done on an earlier day. A reversal that names no invoice undoes the payment of the same id, then takes
/// from what is free on the account, then undoes the last that was allocated; what is still missing is owed there,
/// and made good by what is paid on account next.
pub fn allocate(
    invoices: &mut InvoiceRows,
    rows: &SettlementRows,
    how: &Allocation,
) -> (SettlementRows, Vec<Found>) {
    let book = Book::of(invoices, rows, how);
    let mut parts: Vec<Part> =
        (0..invoices.customer_id.len()).into_par_iter().map(|c| Sweep::of(&book, c).swept()).collect();
    let mut all = SettlementRows { allocated: true, ..SettlementRows::default() };
    let mut found = Vec::new();
    let has_method = !rows.method.label.is_empty();
    for part in &mut parts {
        for (invoice, piece) in &part.pieces {
            all.invoice.push(*invoice);
            all.day.push(piece.day);
            all.first.push(piece.first);
            all.known.push(piece.known);
            all.amount.push(piece.amount);
            all.kind.push(piece.kind);
            if has_method {
                all.method.code.push(piece.method);
            }
        }
        invoices.credits.append(&mut part.credits);
        found.append(&mut part.found);
    }
    if all.first == all.day {
        all.first = Vec::new();
    }
    if has_method {
        all.method.name.clone_from(&rows.method.name);
        all.method.label.clone_from(&rows.method.label);
    }
    found.sort_unstable();
    (all, found)
}

/// All rows by customer.
pub(super) struct Book<'a> {
    pub invoices: &'a InvoiceRows,
    pub rows: &'a SettlementRows,
    pub how: &'a Allocation,
    /// Invoices of each customer, oldest due first.
    pub lines: Vec<Vec<u32>>,
    /// Place of each invoice among its customer's.
    pub place: Vec<u32>,
    /// Payments of each customer.
    pub payments: Vec<Vec<u32>>,
    /// Credits on account of each customer.
    pub credits: Vec<Vec<AccountCredit>>,
    /// Instalments of each document: those of the customer and currency of the one known first.
    pub documents: Vec<Vec<u32>>,
}

impl<'a> Book<'a> {
    fn of(invoices: &'a InvoiceRows, rows: &'a SettlementRows, how: &'a Allocation) -> Self {
        let n = invoices.customer_id.len();
        let mut book = Self {
            invoices,
            rows,
            how,
            lines: vec![Vec::new(); n],
            place: vec![0; invoices.issue.len()],
            payments: vec![Vec::new(); n],
            credits: vec![Vec::new(); n],
            documents: Vec::new(),
        };
        for (i, c) in invoices.customer.iter().enumerate() {
            book.lines[*c as usize].push(i as u32);
        }
        let age = |i: &u32| {
            let i = *i as usize;
            (invoices.due[i], invoices.issue[i], invoices.invoice_id.get(i))
        };
        book.lines.par_iter_mut().for_each(|lines| lines.sort_unstable_by_key(age));
        for lines in &book.lines {
            lines.iter().zip(0..).for_each(|(i, place)| book.place[*i as usize] = place);
        }
        let owner = |i: u32| (invoices.customer[i as usize], invoices.currency[i as usize]);
        let of_owner = |document: &Vec<u32>| {
            let first = document.iter().min_by_key(|i| (book.known(**i), age(i))).map(|i| owner(*i));
            let mut lines: Vec<u32> = document.iter().copied().filter(|i| Some(owner(*i)) == first).collect();
            lines.sort_unstable_by_key(age);
            lines
        };
        book.documents = rows.document.iter().map(of_owner).collect();
        for (row, i) in (0..).zip(&rows.invoice) {
            book.payments[invoices.customer[*i as usize] as usize].push(row);
        }
        for (row, payment) in (rows.invoice.len() as u32..).zip(&rows.account) {
            let customer = match payment.target {
                Target::Account(customer) => Some(customer),
                Target::Document(d) => book.documents[d as usize].first().map(|i| owner(*i).0),
            };
            book.payments[customer.unwrap_or_default() as usize].push(row);
        }
        for credit in &invoices.credits {
            book.credits[credit.customer as usize].push(*credit);
        }
        book.credits.iter_mut().for_each(|credits| credits.sort_unstable_by_key(|c| c.known));
        book
    }

    /// The day from which an invoice is known.
    pub fn known(&self, i: u32) -> i32 {
        let issue = self.invoices.issue[i as usize];
        self.invoices.known.get(i as usize).map_or(issue, |known| issue.max(*known))
    }

    pub fn line(&self, i: u32) -> Line {
        let (i, rows) = (i as usize, self.invoices);
        let discount = rows.discount_rate.get(i).map(|rate| (*rate, rows.issue[i] + rows.discount_days[i]));
        Line::new(rows.amount[i], discount, self.how)
    }

    pub fn event(&self, row: u32) -> Event {
        let n = self.rows.invoice.len();
        let Some(payment) = (row as usize).checked_sub(n).map(|k| &self.rows.account[k]) else {
            let (r, rows) = (row as usize, self.rows);
            let known = rows.known.get(r).map_or(rows.day[r], |known| rows.day[r].max(*known));
            let to = To::Line(self.place[rows.invoice[r] as usize]);
            let at = known.max(self.known(rows.invoice[r]));
            let (day, amount, kind) = (rows.day[r], rows.amount[r], rows.kind[r]);
            let first = rows.first.get(r).copied().unwrap_or(day);
            let method = rows.method.code.get(r).copied().unwrap_or(NO_VALUE);
            return Event {
                at,
                to,
                known,
                is_reversal: amount < Amount::ZERO,
                day,
                kind,
                amount,
                payment: 0,
                first,
                method,
                row,
            };
        };
        let AccountPayment { target, day, first, amount, kind, method, payment: code, .. } = *payment;
        let known = payment.known.max(day);
        let (to, at) = match target {
            Target::Account(_) => (To::Account, known),
            Target::Document(d) => {
                let first = self.documents[d as usize].iter().map(|i| self.known(*i)).min();
                (To::Document(d), known.max(first.unwrap_or(known)))
            }
        };
        let is_reversal = amount < Amount::ZERO;
        Event { at, to, known, is_reversal, day, kind, amount, payment: code, first, method, row }
    }
}

/// What an event is for; those of a day are taken in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum To {
    /// The place of an invoice among its customer's.
    Line(u32),
    Document(u32),
    Account,
}

/// A payment in the order in which it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    /// The day from which payment and invoice are known.
    pub at: i32,
    pub to: To,
    pub known: i32,
    pub is_reversal: bool,
    pub day: i32,
    pub kind: SettlementKind,
    pub amount: Amount,
    payment: u32,
    pub first: i32,
    /// How it was paid, as in [`AccountPayment`].
    pub method: u32,
    pub row: u32,
}
