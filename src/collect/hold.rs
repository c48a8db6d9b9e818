//! Reasons why nobody should call.

use super::contact::History;
use crate::core::Amount;
use crate::ledger::Known;
use crate::policy::CollectPolicy;

/// Why a customer is left alone for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// What a call would be about is under dispute.
    Dispute,
    /// The customer has promised to pay and the day has not passed, or has just kept its word.
    Promise,
    /// It was contacted a few days ago, or as often in a week as anybody should be.
    QuietDays,
    /// Less is open than the smallest amount worth a contact.
    BelowMinimum,
}

impl Hold {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dispute => "dispute",
            Self::Promise => "promise",
            Self::QuietDays => "quiet_days",
            Self::BelowMinimum => "below_minimum",
        }
    }

    /// The hold of the customer whose open invoices are `invoices` (ledger indices), with `open_amount` in all.
    pub(super) fn of(
        known: &Known,
        invoices: &[u32],
        open_amount: Amount,
        history: &History,
        policy: &CollectPolicy,
    ) -> Option<Self> {
        let as_of = known.as_of().0;
        let since = |day: crate::core::Day| as_of - day.0;
        let minimum = Amount((policy.minimum_amount * crate::core::amount::SCALE as f64).round() as i64);
        if is_disputed(known, invoices) {
            Some(Self::Dispute)
        } else if history.is_promise_open
            || history.kept.is_some_and(|day| since(day) <= policy.kept_promise_days)
        {
            Some(Self::Promise)
        } else if history.last.is_some_and(|day| since(day) < policy.quiet_days)
            || history.in_week >= policy.contacts_per_week_max
        {
            Some(Self::QuietDays)
        } else {
            (open_amount < minimum).then_some(Self::BelowMinimum)
        }
    }
}

/// Whether every overdue invoice or, if none is overdue, every open one is under open dispute.
fn is_disputed(known: &Known, invoices: &[u32]) -> bool {
    let as_of = known.as_of().0;
    let disputed = |&i: &u32| known.is_disputed(i as usize, as_of);
    let mut overdue = invoices.iter().filter(|&&i| known.due[i as usize] < as_of).peekable();
    if overdue.peek().is_some() { overdue.all(disputed) } else { invoices.iter().all(disputed) }
}
