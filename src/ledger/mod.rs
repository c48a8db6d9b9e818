//! The truth: every invoice, what settled it and when, and what of that was known on a day.
//!
//! [`Ledger`] holds everything that ingest let through. The only way from it to a feature, a forecast or a
//! number is [`Ledger::known_at`], which gives [`Known`].

mod account;
mod allocation;
mod build;
mod grouping;
mod known;
mod line;
#[cfg(test)]
pub(crate) mod sample;
mod segment;
#[cfg(test)]
mod tests;

pub use allocation::{AccountPayment, Finding, Found, Target, allocate};
pub use build::{InvoiceRows, LedgerError, SettlementRows};
pub use known::Known;
pub use line::{Allocation, RATE_SCALE};
pub use segment::{NO_VALUE, OTHER, Segment};

use crate::core::{Amount, Currency, TextColumn};

/// Stands for "never" in a column of days.
pub const NEVER: i32 = i32::MAX;

/// What kind of thing settled (a part of) an invoice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
#[repr(u8)]
pub enum SettlementKind {
    /// Money that came in.
    Cash,
    /// A credit note.
    Credit,
    /// Given up.
    WriteOff,
    /// A discount taken.
    Discount,
}

impl SettlementKind {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Credit => "credit",
            Self::WriteOff => "write_off",
            Self::Discount => "discount",
        }
    }

    /// The kind of a contract's word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Cash, Self::Credit, Self::WriteOff, Self::Discount].into_iter().find(|k| k.name() == name)
    }
}

/// A credit on a customer's account that no invoice has used: an overpayment or an unlinked credit note; below zero,
/// what was taken off the account again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct AccountCredit {
    /// Index into [`Ledger::customer_id`].
    pub customer: u32,
    /// Index into [`Ledger::currency_code`].
    pub currency: u16,
    /// The day it arose.
    pub day: i32,
    /// The day it was known.
    pub known: i32,
    /// How much, not zero.
    pub amount: Amount,
}

/// All invoices and what settled them, in one canonical order that the order of the input rows does not change.
///
/// Customers are sorted by id; invoices by customer, issue date, then id; settlements by invoice, the day they
/// were known, reversals last, the day they happened, kind, amount, the first day they can have happened, then method. Columns of
/// invoices have one entry an invoice, those of
/// settlements one a settlement; `*_start` columns hold one entry more than what they index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Customer ids, sorted, each once.
    pub customer_id: TextColumn,
    /// Currencies, sorted, each once.
    pub currency_code: Vec<Currency>,
    /// First invoice of each customer, then the number of invoices.
    pub invoice_start: Vec<u32>,
    /// Invoice ids, each once.
    pub invoice_id: TextColumn,
    /// Index into `customer_id`.
    pub customer: Vec<u32>,
    /// Index into `currency_code`.
    pub currency: Vec<u16>,
    /// Day of issue.
    pub issue: Vec<i32>,
    /// Day due.
    pub due: Vec<i32>,
    /// Billed amount.
    pub amount: Vec<Amount>,
    /// Day from which the invoice was known; empty when that is always the day of issue.
    pub known: Vec<i32>,
    /// Day a dispute was opened, [`NEVER`] if none; empty when no invoice has one.
    pub dispute: Vec<i32>,
    /// Day the dispute was closed, [`NEVER`] if open; empty when `dispute` is.
    pub dispute_closed: Vec<i32>,
    /// Discount offered for early payment, in millionths of the amount; empty when no invoice has one.
    pub discount_rate: Vec<i32>,
    /// Days from issue within which the discount may be taken; empty when `discount_rate` is.
    pub discount_days: Vec<i32>,
    /// Columns that group invoices, those of which some invoice has a value.
    pub segments: Vec<Segment>,
    /// Most values that a segment of [`Known`] has, [`OTHER`] not counted; 0 for any number.
    pub segment_values_max: usize,
    /// First settlement of each invoice, then the number of settlements.
    pub settlement_start: Vec<u32>,
    /// Day it happened; where two days or more are possible, the last of them.
    pub settlement_day: Vec<i32>,
    /// First of the days on which it can have happened; empty when that is always `settlement_day`.
    pub settlement_first: Vec<i32>,
    /// Day it was known; empty when that is always the day it happened.
    pub settlement_known: Vec<i32>,
    /// What it took off the invoice, below zero if it undoes what an earlier one took; the rest of a payment is an
    /// [`AccountCredit`].
    pub settlement_amount: Vec<Amount>,
    /// What it was.
    pub settlement_kind: Vec<SettlementKind>,
    /// How it was paid, one code a settlement; without codes when of none is known how.
    pub settlement_method: Segment,
    /// Unapplied credits, sorted.
    pub credits: Vec<AccountCredit>,
}

impl Ledger {
    /// Number of invoices.
    pub fn n_invoices(&self) -> usize {
        self.issue.len()
    }

    /// Number of customers.
    pub fn n_customers(&self) -> usize {
        self.customer_id.len()
    }

    /// The invoices of customer `c`.
    pub fn invoices_of(&self, c: usize) -> std::ops::Range<usize> {
        self.invoice_start[c] as usize..self.invoice_start[c + 1] as usize
    }

    /// The settlements of invoice `i`.
    pub fn settlements_of(&self, i: usize) -> std::ops::Range<usize> {
        self.settlement_start[i] as usize..self.settlement_start[i + 1] as usize
    }

    /// The day from which invoice `i` was known.
    pub fn known_day(&self, i: usize) -> i32 {
        self.known.get(i).copied().unwrap_or(self.issue[i])
    }

    /// The day on which settlement `s` was known.
    pub fn settlement_known_day(&self, s: usize) -> i32 {
        self.settlement_known.get(s).copied().unwrap_or(self.settlement_day[s])
    }

    /// The first day on which settlement `s` can have happened.
    pub fn settlement_first_day(&self, s: usize) -> i32 {
        self.settlement_first.get(s).copied().unwrap_or(self.settlement_day[s])
    }

    /// Whether it is known on which day settlement `s` happened.
    pub fn is_settlement_dated(&self, s: usize) -> bool {
        self.settlement_first_day(s) == self.settlement_day[s]
    }

    /// The code of how settlement `s` was paid, [`NO_VALUE`] if that is not known.
    pub fn settlement_method_code(&self, s: usize) -> u32 {
        self.settlement_method.code.get(s).copied().unwrap_or(NO_VALUE)
    }

    /// Whether invoice `i` is under an open dispute at the end of `day`.
    pub fn is_disputed(&self, i: usize, day: i32) -> bool {
        self.dispute.get(i).is_some_and(|&d| d <= day) && self.dispute_closed.get(i).is_none_or(|&d| d > day)
    }

    /// What is open on invoice `i` at the end of `day`, by what was known on that day.
    pub fn open_amount_at(&self, i: usize, day: i32) -> Amount {
        let settled = self.settlements_of(i).filter(|&s| self.settlement_known_day(s) <= day);
        self.amount[i] - settled.map(|s| self.settlement_amount[s]).sum()
    }
}
