//! Promises to pay: kept or not.

use super::tally::{Flow, Tally};
use crate::core::Amount;
use crate::ledger::{Known, NEVER, SettlementKind};

/// What a customer said it would pay, and by when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentPromise<'a> {
    /// Who promised.
    pub customer_id: &'a str,
    /// The day on which it did.
    pub made: i32,
    /// The last day on which it is kept.
    pub promise_date: i32,
    /// How much; all that was open where missing.
    pub amount: Option<Amount>,
}

/// Counts a promise in each currency in which something was open when it was made.
pub(super) fn count(tally: &mut Tally<'_>, known: &Known, promises: &[PaymentPromise<'_>]) {
    for promise in promises {
        let Some(customer) = place(known, promise.customer_id) else { continue };
        for currency in 0..known.currency_code.len() as u16 {
            let Some(kept) = kept_day(known, customer, currency, promise) else { continue };
            let group = [tally.groups.whole(currency)];
            let from = promise.promise_date.max(promise.made);
            let until = promise.promise_date.saturating_add(tally.long_window);
            tally.add(&group, Flow::Promised, from, until, 1);
            tally.add(&group, Flow::Kept, from.max(kept), until, 1);
        }
    }
}

/// The day from which it was known that as much cash as promised came from the day of the promise to its date;
/// [`NEVER`] if it did not. None where nothing was open in the currency when it was made.
fn kept_day(known: &Known, customer: usize, currency: u16, promise: &PaymentPromise<'_>) -> Option<i32> {
    let (mut open, mut cash) = (Amount::ZERO, Vec::new());
    for i in known.invoices_of(customer).filter(|&i| known.currency[i] == currency) {
        if known.known_day(i).max(known.issue[i]) <= promise.made {
            let before = known
                .settlements_of(i)
                .filter(|&s| known.settlement_known_day(s).max(known.settlement_day[s]) < promise.made);
            open += known.amount[i] - before.map(|s| known.settlement_amount[s]).sum();
        }
        for s in known.settlements_of(i) {
            let day = known.settlement_day[s];
            let in_time = (promise.made..=promise.promise_date).contains(&day);
            if in_time && known.settlement_kind[s] == SettlementKind::Cash {
                cash.push((known.settlement_known_day(s).max(day), known.settlement_amount[s]));
            }
        }
    }
    if open <= Amount::ZERO {
        return None;
    }
    let wanted = promise.amount.map_or(open, |amount| amount.min(open));
    cash.sort_unstable();
    let mut paid = Amount::ZERO;
    for (day, amount) in cash {
        paid += amount;
        if paid >= wanted {
            return Some(day);
        }
    }
    Some(NEVER)
}

fn place(known: &Known, customer_id: &str) -> Option<usize> {
    let (mut low, mut high) = (0, known.customer_id.len());
    while low < high {
        let middle = low.midpoint(high);
        match known.customer_id.get(middle).cmp(customer_id) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(middle),
        }
    }
    None
}
