//! Credit notes that name the invoice that they credit.

use super::invoice::{Taken, at, id_at};
use super::invoice_row::Columns;
use super::key::{Keys, hash};
use super::rule::{self, Refusal};
use super::tally::Aside;
use crate::core::Amount;
use crate::ledger::InvoiceRows;
use std::collections::BTreeMap;

/// A credit note of an invoice, or of a document of several instalments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Credited {
    /// Row of the credit note in the table.
    pub row: u32,
    /// Row in the table of the invoice; for a document, that of any instalment.
    pub invoice: u32,
    /// Whether all instalments of the document are meant.
    pub is_document: bool,
    pub day: i32,
    pub known: i32,
    pub amount: Amount,
}

/// The rows of the table among which credit notes find their invoices; codes and amounts have a slot a row.
pub(super) struct Credits<'c, 'a> {
    pub columns: &'c [Columns<'a>],
    pub keys: &'c Keys,
    pub documents: &'c BTreeMap<String, Vec<u32>>,
    pub rows: &'c InvoiceRows,
}

impl<'a> Credits<'_, 'a> {
    /// The credit notes that name an invoice of the ledger, by row. Those that name another one are refused: to put
    /// them on account would move money on the day on which their invoice becomes known.
    pub fn link(&self, taken: &mut [Taken], aside: &mut Aside) -> Vec<Credited> {
        let rows = 0..taken.len() as u32;
        let named = rows.filter(|row| taken[*row as usize] == Taken::Credit);
        let named: Vec<(u32, &str)> = named.filter_map(|row| Some((row, self.named(row)?))).collect();
        let mut keys = Keys::for_table(taken.len());
        named.iter().zip(0..).for_each(|((_, id), k)| keys.push(hash(id), k));
        let keys = Keys::merged(taken.len(), vec![(keys, 0)]);
        let same = |k: u32, row: u32| {
            taken[row as usize] != Taken::No && id_at(self.columns, row) == Some(named[k as usize].1)
        };
        let found = self.keys.matched(&keys, named.len(), same);
        let mut linked = Vec::with_capacity(named.len());
        for ((row, id), invoice) in named.into_iter().zip(found) {
            let document = self.documents.get(id).and_then(|rows| rows.first());
            match self.checked(row, invoice.or(document.copied()), taken, aside) {
                Ok(invoice_row) => linked.push(self.credited(row, invoice_row, invoice.is_none())),
                Err(refusal) => {
                    taken[row as usize] = Taken::No;
                    refusal.into_iter().for_each(|refusal| aside.refuse(row as usize, refusal));
                }
            }
        }
        linked
    }

    fn named(&self, row: u32) -> Option<&'a str> {
        let (columns, i) = at(self.columns, row);
        columns.credited.text(i).filter(|id| !super::empty::is_null_spelling(id))
    }

    /// The invoice of a credit note, if it may credit it; else why not, unless that is written down already.
    fn checked(
        &self,
        row: u32,
        invoice: Option<u32>,
        taken: &[Taken],
        aside: &mut Aside,
    ) -> Result<u32, Option<Refusal>> {
        let (columns, i) = at(self.columns, row);
        let unknown = || columns.credited.refuse(&rule::CREDIT_UNKNOWN_INVOICE, i);
        let invoice = invoice.ok_or_else(|| Some(unknown()))?;
        if taken[invoice as usize] != Taken::Invoice {
            return Err(Some(unknown().because("a credit note, not an invoice")));
        }
        let (note, billed) = (row as usize, invoice as usize);
        if self.rows.currency[note] != self.rows.currency[billed] {
            return Err(Some(columns.currency.refuse(&rule::CURRENCY_MISMATCH, i)));
        }
        if self.rows.customer[note] != self.rows.customer[billed] {
            let found = columns.customer.refuse(&rule::CUSTOMER_MISMATCH, i);
            if !aside.takes(note, &mut vec![found]) {
                return Err(None);
            }
        }
        Ok(invoice)
    }

    fn credited(&self, row: u32, invoice: u32, is_document: bool) -> Credited {
        let (r, rows) = (row as usize, self.rows);
        let day = rows.issue[r];
        let known = rows.known.get(r).map_or(day, |known| day.max(*known));
        Credited { row, invoice, is_document, day, known, amount: rows.amount[r] }
    }
}
