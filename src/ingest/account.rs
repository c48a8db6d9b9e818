//! Payments that name no single invoice: on account of a customer, or on a document of several instalments.

use super::code::code_of;
use super::invoice::Invoices;
use super::payment_row::{Columns, Row, at, first_day};
use crate::core::Currency;
use crate::ledger::{AccountPayment, InvoiceRows, NO_VALUE, SettlementKind, SettlementRows, Target};
use std::collections::{BTreeMap, BTreeSet};

/// Who paid without naming an invoice. Most ledgers have none of it.
#[derive(Debug, Default)]
pub(super) struct Payers {
    targets: BTreeMap<u32, Target>,
    /// Code of each customer, as soon as one is asked for.
    customers: BTreeMap<String, u32>,
    /// Customers that no invoice names, by code from that of the last one on.
    strangers: Vec<String>,
    documents: BTreeMap<String, u32>,
    /// Instalments of each document, by place in the ledger rows.
    lines: Vec<Vec<u32>>,
}

impl Payers {
    /// Whether every payment names an invoice.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Whether a payment is among them.
    pub fn has(&self, payment: u32) -> bool {
        self.targets.contains_key(&payment)
    }

    /// What a payment among them is for.
    pub fn target(&self, payment: u32) -> Option<Target> {
        self.targets.get(&payment).copied()
    }

    /// Any instalment of the document that a payment is for.
    pub fn line(&self, payment: u32) -> Option<u32> {
        match self.target(payment)? {
            Target::Document(d) => self.lines[d as usize].first().copied(),
            Target::Account(_) => None,
        }
    }

    /// The payments, in order.
    pub fn payments(&self) -> impl Iterator<Item = u32> + '_ {
        self.targets.keys().copied()
    }

    /// Takes a payment out again.
    pub fn forget(&mut self, payment: u32) {
        self.targets.remove(&payment);
    }

    /// Takes a payment of a customer, who need not have an invoice.
    pub fn on_account(&mut self, payment: u32, customer: &str, rows: &InvoiceRows) {
        if self.customers.is_empty() {
            self.customers = rows.customer_id.iter().map(str::to_owned).zip(0..).collect();
        }
        let code = self.customers.get(customer).copied().unwrap_or_else(|| {
            let code = self.customers.len() as u32;
            self.customers.insert(customer.to_owned(), code);
            self.strangers.push(customer.to_owned());
            code
        });
        self.targets.insert(payment, Target::Account(code));
    }

    /// Takes a payment of a document.
    pub fn on_document(&mut self, payment: u32, id: &str, lines: impl Iterator<Item = u32>) {
        let code = self.documents.get(id).copied().unwrap_or_else(|| {
            self.documents.insert(id.to_owned(), self.lines.len() as u32);
            self.lines.push(lines.collect());
            self.lines.len() as u32 - 1
        });
        self.targets.insert(payment, Target::Document(code));
    }

    /// Writes the payments as the ledger takes them; customers without an invoice go to the invoices' customers. Those
    /// that name no currency have that of the customer's invoices, or `currency` if it has several.
    pub fn write(
        self,
        to: &mut SettlementRows,
        (columns, rows): (&[Columns], &[Row]),
        invoices: &mut Invoices,
        currency: Currency,
    ) {
        if self.is_empty() {
            return;
        }
        to.account_currency = code_of(&mut invoices.rows.currency_code, currency);
        let id = |payment: u32| {
            let (columns, i) = at(columns, rows[payment as usize].origin);
            columns.payment_id(i)
        };
        let ids: BTreeSet<&str> = self.targets.keys().filter_map(|payment| id(*payment)).collect();
        let ids: BTreeMap<&str, u32> = ids.into_iter().zip(1..).collect();
        self.strangers.iter().for_each(|id| invoices.rows.customer_id.push(id));
        for (payment, target) in self.targets {
            let row = rows[payment as usize];
            let Row { known, day, amount, kind, currency, .. } = row;
            let currency = currency.map(|c| code_of(&mut invoices.rows.currency_code, c));
            let payment = id(payment).map_or(0, |id| ids[id]);
            let (first, method) = (first_day(columns, &row), NO_VALUE);
            to.account.push(AccountPayment {
                target,
                currency,
                day,
                first,
                known,
                amount,
                kind,
                method,
                payment,
            });
        }
        to.document = self.lines;
    }
}

impl Invoices {
    /// Credit notes of a single invoice, each with the place of the invoice.
    pub fn credits(&self) -> Vec<(u32, super::credit::Credited)> {
        if self.credited.is_empty() {
            return Vec::new();
        }
        let places = self.places();
        let single = self.credited.iter().filter(|c| !c.is_document);
        single.map(|c| (places[c.invoice as usize], *c)).collect()
    }

    /// Puts the credit notes of invoices and of documents behind the other settlements.
    pub fn credit(&self, to: &mut SettlementRows) {
        let credits = self.credits();
        let has_known = !to.known.is_empty() || credits.iter().any(|(_, c)| c.known != c.day);
        if has_known && to.known.is_empty() {
            to.known = to.day.clone();
        }
        for (invoice, c) in credits {
            to.invoice.push(invoice);
            to.day.push(c.day);
            if !to.first.is_empty() {
                to.first.push(c.day);
            }
            if has_known {
                to.known.push(c.known);
            }
            to.amount.push(c.amount);
            to.kind.push(SettlementKind::Credit);
            if !to.method.label.is_empty() {
                to.method.code.push(NO_VALUE);
            }
        }
        let of_documents = self.credited.iter().filter(|c| c.is_document);
        let mut places = None;
        for c in of_documents {
            let places = places.get_or_insert_with(|| self.places());
            let lines = self.documents.values().find(|rows| rows.contains(&c.invoice));
            let lines = lines.into_iter().flatten().map(|row| places[*row as usize]).collect();
            to.document.push(lines);
            let (day, known, amount) = (c.day, c.known, c.amount);
            let (target, kind) = (Target::Document(to.document.len() as u32 - 1), SettlementKind::Credit);
            let (first, currency, method, payment) = (day, None, NO_VALUE, 0);
            to.account.push(AccountPayment {
                target,
                currency,
                day,
                first,
                known,
                amount,
                kind,
                method,
                payment,
            });
        }
    }
}
