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
            let Some([surely, perhaps]) = kept_days(known, customer, currency, promise) else { continue };
            let group = [tally.groups.whole(currency)];
            let from = promise.promise_date.max(promise.made);
            let until = promise.promise_date.saturating_add(tally.long_window);
            // from the day on which it may have been kept to that on which it surely was, nobody can say
            tally.add(&group, Flow::Promised, from, until.min(perhaps), 1);
            tally.add(&group, Flow::Promised, from.max(surely), until, 1);
            tally.add(&group, Flow::Kept, from.max(surely), until, 1);
        }
    }
}

/// The days from which it was known that as much cash as promised came from the day of the promise to its date, surely,
/// and perhaps: with cash of which one of two possible days is in that time. [`NEVER`] if it did not. None where nothing
/// was open in the currency when the promise was made.
fn kept_days(
    known: &Known,
    customer: usize,
    currency: u16,
    promise: &PaymentPromise<'_>,
) -> Option<[i32; 2]> {
    let (mut open, mut cash) = (Amount::ZERO, Vec::new());
    for i in known.invoices_of(customer).filter(|&i| known.currency[i] == currency) {
        if known.known_day(i).max(known.issue[i]) <= promise.made {
            let before = known
                .settlements_of(i)
                .filter(|&s| known.settlement_known_day(s).max(known.settlement_day[s]) < promise.made);
            open += known.amount[i] - before.map(|s| known.settlement_amount[s]).sum();
        }
        for s in known.settlements_of(i) {
            let (first, day) = (known.settlement_first_day(s), known.settlement_day[s]);
            let in_time = [first, day].map(|day| (promise.made..=promise.promise_date).contains(&day));
            if in_time != [false, false] && known.settlement_kind[s] == SettlementKind::Cash {
                let is_sure = in_time == [true, true];
                cash.push((known.settlement_known_day(s).max(day), known.settlement_amount[s], is_sure));
            }
        }
    }
    if open <= Amount::ZERO {
        return None;
    }
    let wanted = promise.amount.map_or(open, |amount| amount.min(open));
    cash.sort_unstable();
    let enough = |with_doubtful: bool| {
        let mut paid = Amount::ZERO;
        let mut counted = cash.iter().filter(|(.., is_sure)| *is_sure || with_doubtful);
        let day = |(day, amount, _): &(i32, Amount, bool)| {
            paid += *amount;
            (paid >= wanted).then_some(*day)
        };
        counted.find_map(day).unwrap_or(NEVER)
    };
    let surely = enough(false);
    Some([surely, enough(true).min(surely)])
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
