//! The simulated tables, column by column, as CONTRACT.md names them.
//!
//! Days are days since 1970-01-01, [`NEVER`] standing for a null. A customer or an invoice is named by its row in the
//! customers' or invoices' table; the text columns hold the ids.

use super::draw::normal;
use super::payer::Payer;
use super::trade::TENDERS;
use super::{Plan, calendar::Calendar, name};
use crate::core::{Amount, Currency, TextColumn};
use crate::ledger::{AccountCredit, InvoiceRows, NEVER, RATE_SCALE, SettlementKind, SettlementRows};
use crate::numeric::rng;

/// What a row of the invoices' table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceKind {
    /// A bill.
    Invoice,
    /// A credit on the customer's account, linked to no invoice; its amount is above zero.
    CreditNote,
}

impl InvoiceKind {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
        }
    }
}

/// Invoices by customer and issue date; after them all credit notes, ordered alike.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InvoiceTable {
    /// Each once.
    pub invoice_id: TextColumn,
    /// Row in [`CustomerTable`].
    pub customer: Vec<u32>,
    /// Of the amount.
    pub currency: Vec<Currency>,
    /// `issue_date`.
    pub issue: Vec<i32>,
    /// `due_date`.
    pub due: Vec<i32>,
    /// Above zero.
    pub amount: Vec<Amount>,
    /// Invoice or credit note.
    pub kind: Vec<InvoiceKind>,
    /// `dispute_date`, or [`NEVER`].
    pub dispute: Vec<i32>,
    /// `dispute_closed_date`, or [`NEVER`].
    pub dispute_closed: Vec<i32>,
    /// Part of the amount taken off for early payment; 0 where nothing is offered.
    pub discount_rate: Vec<f64>,
    /// Days after issue for which it is offered.
    pub discount_days: Vec<i32>,
}

/// Payments by invoice's customer, then day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PaymentTable {
    /// Each once.
    pub payment_id: TextColumn,
    /// Row in [`InvoiceTable`].
    pub invoice: Vec<u32>,
    /// `payment_date`.
    pub day: Vec<i32>,
    /// `recorded_date`.
    pub recorded: Vec<i32>,
    /// Above zero, at most twice what was open.
    pub amount: Vec<Amount>,
    /// Cash, credit, write-off or discount.
    pub kind: Vec<SettlementKind>,
}

/// Customers by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CustomerTable {
    /// `C` and seven digits.
    pub customer_id: TextColumn,
    /// An invented company name.
    pub name: TextColumn,
    /// What it does.
    pub industry: TextColumn,
    /// ISO 3166 code.
    pub country: TextColumn,
    /// In the customer's currency.
    pub credit_limit: Vec<Amount>,
}

/// How a customer was contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// A reminder.
    Email,
    /// A call.
    Phone,
}

impl Channel {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// What a contact led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A reminder went out.
    Sent,
    /// Nobody answered.
    NoAnswer,
    /// Somebody answered.
    Reached,
    /// Somebody answered and named a day.
    Promise,
}

impl Outcome {
    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::NoAnswer => "no_answer",
            Self::Reached => "reached",
            Self::Promise => "promise",
        }
    }
}

/// Contacts by customer, then day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContactTable {
    /// Row in [`CustomerTable`].
    pub customer: Vec<u32>,
    /// `contact_date`.
    pub day: Vec<i32>,
    /// How.
    pub channel: Vec<Channel>,
    /// Row in [`InvoiceTable`] of the invoice that was talked about: the longest overdue one.
    pub invoice: Vec<u32>,
    /// What came of it.
    pub outcome: Vec<Outcome>,
    /// `promise_date`, or [`NEVER`].
    pub promise_day: Vec<i32>,
    /// `promise_amount`; zero without a promise.
    pub promise_amount: Vec<Amount>,
}

/// Monthly rates of the other currencies into the first one of the portfolio, euros.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FxTable {
    /// The currency.
    pub currency: Vec<Currency>,
    /// The day from which the rate holds.
    pub day: Vec<i32>,
    /// Euros for one unit.
    pub rate: Vec<f64>,
}

fn append_text(to: &mut TextColumn, from: &TextColumn) {
    from.iter().for_each(|t| to.push(t));
}

impl InvoiceTable {
    /// Number of rows, credit notes included.
    pub fn len(&self) -> usize {
        self.issue.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.issue.is_empty()
    }

    /// Number of rows that are invoices: they come first.
    pub fn n_invoices(&self) -> usize {
        self.kind.partition_point(|&k| k == InvoiceKind::Invoice)
    }

    pub(super) fn reserve(&mut self, n: usize, id_bytes: usize) {
        *self = Self {
            invoice_id: TextColumn::with_capacity(n, id_bytes),
            customer: Vec::with_capacity(n),
            currency: Vec::with_capacity(n),
            issue: Vec::with_capacity(n),
            due: Vec::with_capacity(n),
            amount: Vec::with_capacity(n),
            kind: Vec::with_capacity(n),
            dispute: Vec::with_capacity(n),
            dispute_closed: Vec::with_capacity(n),
            discount_rate: Vec::with_capacity(n),
            discount_days: Vec::with_capacity(n),
        };
    }

    pub(super) fn append(&mut self, mut from: Self) {
        append_text(&mut self.invoice_id, &from.invoice_id);
        self.customer.append(&mut from.customer);
        self.currency.append(&mut from.currency);
        self.issue.append(&mut from.issue);
        self.due.append(&mut from.due);
        self.amount.append(&mut from.amount);
        self.kind.append(&mut from.kind);
        self.dispute.append(&mut from.dispute);
        self.dispute_closed.append(&mut from.dispute_closed);
        self.discount_rate.append(&mut from.discount_rate);
        self.discount_days.append(&mut from.discount_days);
    }

    /// Invoices and credits on account as the ledger takes them.
    pub(super) fn into_rows(self, customer_id: TextColumn) -> InvoiceRows {
        let n = self.n_invoices();
        let mut codes = self.currency.clone();
        codes.sort_unstable();
        codes.dedup();
        let code = |c: &Currency| codes.partition_point(|k| k < c) as u16;
        let credit = |i: usize| AccountCredit {
            customer: self.customer[i],
            currency: code(&self.currency[i]),
            day: self.issue[i],
            known: self.issue[i],
            amount: self.amount[i],
        };
        let cut = |mut column: Vec<i32>| {
            column.truncate(n);
            column
        };
        InvoiceRows {
            credits: (n..self.len()).map(credit).collect(),
            currency: self.currency[..n].iter().map(code).collect(),
            currency_code: codes,
            invoice_id: self.invoice_id.iter().take(n).collect(),
            customer_id,
            customer: self.customer[..n].to_vec(),
            issue: cut(self.issue),
            due: cut(self.due),
            amount: self.amount[..n].to_vec(),
            known: Vec::new(),
            dispute: cut(self.dispute),
            dispute_closed: cut(self.dispute_closed),
            discount_rate: self.discount_rate[..n].iter().map(millionths).collect(),
            discount_days: cut(self.discount_days),
            ..InvoiceRows::default()
        }
    }
}

fn millionths(rate: &f64) -> i32 {
    (rate * f64::from(RATE_SCALE)).round() as i32
}

impl PaymentTable {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.day.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.day.is_empty()
    }

    pub(super) fn reserve(&mut self, n: usize, id_bytes: usize) {
        *self = Self {
            payment_id: TextColumn::with_capacity(n, id_bytes),
            invoice: Vec::with_capacity(n),
            day: Vec::with_capacity(n),
            recorded: Vec::with_capacity(n),
            amount: Vec::with_capacity(n),
            kind: Vec::with_capacity(n),
        };
    }

    /// Appends payments whose invoices were counted from `first_invoice`.
    pub(super) fn append(&mut self, mut from: Self, first_invoice: u32) {
        append_text(&mut self.payment_id, &from.payment_id);
        self.invoice.extend(from.invoice.iter().map(|i| i + first_invoice));
        self.day.append(&mut from.day);
        self.recorded.append(&mut from.recorded);
        self.amount.append(&mut from.amount);
        self.kind.append(&mut from.kind);
    }

    pub(super) fn into_rows(self) -> SettlementRows {
        SettlementRows {
            invoice: self.invoice,
            day: self.day,
            known: self.recorded,
            amount: self.amount,
            kind: self.kind,
            ..SettlementRows::default()
        }
    }
}

impl ContactTable {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.day.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.day.is_empty()
    }

    pub(super) fn append(&mut self, mut from: Self, first_invoice: u32) {
        self.invoice.extend(from.invoice.iter().map(|i| i + first_invoice));
        self.customer.append(&mut from.customer);
        self.day.append(&mut from.day);
        self.channel.append(&mut from.channel);
        self.outcome.append(&mut from.outcome);
        self.promise_day.append(&mut from.promise_day);
        self.promise_amount.append(&mut from.promise_amount);
    }
}

impl CustomerTable {
    pub(super) fn of(payers: &[Payer]) -> Self {
        let mut table = Self::default();
        for (k, payer) in payers.iter().enumerate() {
            table.customer_id.push(&name::customer_id(k as u32));
            table.name.push(&name::company(k as u32, payer.industry, payer.country));
            table.industry.push(payer.industry);
            table.country.push(payer.country);
            table.credit_limit.push(payer.trade.credit_limit());
        }
        table
    }
}

impl FxTable {
    /// Rates that wander by about one per cent a month; none where all is in euros.
    pub(super) fn new(plan: &Plan, calendar: &Calendar) -> Self {
        const MONTHLY: f64 = 0.012;
        let mut table = Self::default();
        if !plan.archetypes {
            return table;
        }
        for (c, tender) in TENDERS.iter().enumerate().skip(1) {
            let rng = &mut rng(plan.seed, "fx", c as u64);
            let mut rate = 1.0 / tender.per_euro;
            for &t in &calendar.month_start[..plan.months as usize] {
                table.currency.push(tender.currency());
                table.day.push(calendar.start + t as i32);
                table.rate.push((rate * 1e6).round() / 1e6);
                rate *= normal(rng, 0.0, MONTHLY).exp();
            }
        }
        table
    }
}

/// Whether a column of days holds a day there.
pub(super) fn is_set(day: i32) -> bool {
    day != NEVER
}
