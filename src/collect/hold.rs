//! Reasons why nobody should call.

use crate::core::{Amount, Day};
use crate::ledger::Known;
use std::collections::BTreeMap;

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
    /// Whether a promise of each customer still runs.
    promised: Vec<bool>,
}

impl<'a> Holds<'a> {
    /// A promise counts if it was made by as_of for as_of or a later day.
    pub(super) fn new(known: &'a Known, promises: &[Promise<'_>], minimum: Amount) -> Self {
        let as_of = known.as_of();
        let code: BTreeMap<&str, usize> = known.customer_id.iter().zip(0..).collect();
        let mut promised = vec![false; known.n_customers()];
        for promise in promises.iter().filter(|p| p.made <= as_of && p.promise_date >= as_of) {
            if let Some(&customer) = code.get(promise.customer_id) {
                promised[customer] = true;
            }
        }
        Self { known, minimum, promised }
    }

    /// The hold of the customer whose open invoices are `invoices` (ledger indices), with `open_amount` in all.
    pub(super) fn of(&self, invoices: &[u32], open_amount: Amount) -> Option<Hold> {
        let customer = self.known.customer[*invoices.first()? as usize] as usize;
        if self.is_disputed(invoices) {
            Some(Hold::Dispute)
        } else if self.promised[customer] {
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
