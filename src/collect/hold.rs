//! Reasons why nobody should call.

use crate::core::{Amount, Day};
use crate::ledger::Known;
use std::collections::BTreeSet;

/// Why a customer is left alone for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// What a call would be about is under dispute.
    Dispute,
    /// The customer has promised to pay and the day has not passed.
    Promise,
    /// Less is open than the smallest amount worth a contact.
    BelowMinimum,
}

impl Hold {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dispute => "dispute",
            Self::Promise => "promise",
            Self::BelowMinimum => "below_minimum",
        }
    }
}

/// A customer's promise to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise<'a> {
    /// Who promised.
    pub customer_id: &'a str,
    /// The day it was made.
    pub made: Day,
    /// The last day on which payment keeps it.
    pub promise_date: Day,
}

/// Holds of the customers of one ledger.
pub(super) struct Holds<'a> {
    known: &'a Known,
    minimum: Amount,
    /// Ids of customers with a promise that still runs.
    promised: BTreeSet<&'a str>,
}

impl<'a> Holds<'a> {
    /// A promise counts if it was made by as_of for as_of or a later day.
    pub(super) fn new(known: &'a Known, promises: &[Promise<'a>], minimum: Amount) -> Self {
        let as_of = known.as_of();
        let running = promises.iter().filter(|p| p.made <= as_of && p.promise_date >= as_of);
        Self { known, minimum, promised: running.map(|p| p.customer_id).collect() }
    }

    /// The hold of the customer whose open invoices are `invoices` (ledger indices), with `open_amount` in all.
    pub(super) fn of(&self, invoices: &[u32], open_amount: Amount) -> Option<Hold> {
        let customer_id =
            self.known.customer_id.get(self.known.customer[*invoices.first()? as usize] as usize);
        if self.is_disputed(invoices) {
            Some(Hold::Dispute)
        } else if self.promised.contains(customer_id) {
            Some(Hold::Promise)
        } else {
            (open_amount < self.minimum).then_some(Hold::BelowMinimum)
        }
    }

    /// Whether every overdue invoice or, if none is overdue, every open one is under open dispute.
    fn is_disputed(&self, invoices: &[u32]) -> bool {
        let as_of = self.known.as_of().0;
        let disputed = |&i: &u32| self.known.is_disputed(i as usize, as_of);
        let mut overdue = invoices.iter().filter(|&&i| self.known.due[i as usize] < as_of).peekable();
        if overdue.peek().is_some() { overdue.all(disputed) } else { invoices.iter().all(disputed) }
    }
}
