//! What was said to customers, and what they promised.

use super::priority::Stakes;
use crate::core::{Amount, Day};
use crate::ledger::{Known, SettlementKind};
use crate::policy::ValidPolicy;
use crate::score::ContactEffect;
use std::ops::Range;

/// Days in which contacts are counted against the cap.
const WEEK_DAYS: i32 = 7;

/// One contact with a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contact<'a> {
    /// Who was contacted.
    pub customer_id: &'a str,
    /// When.
    pub day: Day,
    /// How.
    pub channel: &'a str,
    /// The last day on which payment keeps the promise that was made, if one was.
    pub promise_date: Option<Day>,
    /// How much was promised; nothing with a date means all that is due by then.
    pub promise_amount: Option<Amount>,
}

/// Contacts with the customers of a ledger, and what they are worth as far as it is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contacts<'a> {
    /// By customer, then by day.
    made: Vec<Contact<'a>>,
    /// By channel.
    effects: &'a [ContactEffect],
}

impl<'a> Contacts<'a> {
    /// Contacts in any order, and the effects measured from such.
    pub fn new(mut made: Vec<Contact<'a>>, effects: &'a [ContactEffect]) -> Self {
        made.sort_unstable();
        Self { made, effects }
    }

    /// The contacts, by customer and day.
    pub fn made(&self) -> &[Contact<'a>] {
        &self.made
    }

    /// What was measured of a channel.
    pub(super) fn effect(&self, channel: &str) -> Option<&'a ContactEffect> {
        self.effects.iter().find(|e| e.channel == channel)
    }

    /// Places of a customer's contacts.
    fn of(&self, customer_id: &str) -> Range<usize> {
        let start = self.made.partition_point(|c| c.customer_id < customer_id);
        start..start + self.made[start..].partition_point(|c| c.customer_id == customer_id)
    }
}

/// What a customer's contacts up to as_of come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct History {
    /// The last one.
    pub last: Option<Day>,
    /// How many in the week that ends at as_of.
    pub in_week: usize,
    /// Whether a promise still runs.
    pub is_promise_open: bool,
    /// The day of the latest promise whose day has passed, if it was kept.
    pub kept: Option<Day>,
    /// Whether that one was broken.
    pub is_last_broken: bool,
    /// Promises that were broken.
    pub broken: usize,
    /// Place in [`Contacts::made`] of the last one.
    pub last_made: Option<usize>,
}

impl History {
    /// The history of customer `c` of the ledger. A contact after as_of does not count, and a promise counts from the day
    /// it was made.
    pub(super) fn of(stakes: &Stakes<'_>, contacts: &Contacts<'_>, c: usize, policy: &ValidPolicy) -> Self {
        let as_of = stakes.known.as_of();
        let mut out = Self::default();
        let mut latest = None;
        for k in contacts.of(stakes.known.customer_id.get(c)) {
            let contact = &contacts.made[k];
            if contact.day > as_of {
                break;
            }
            out.last_made = Some(k);
            out.last = out.last.max(Some(contact.day));
            out.in_week += usize::from(contact.day.0 > as_of.0 - WEEK_DAYS);
            let Some(promised) = contact.promise_date else { continue };
            if promised >= as_of {
                out.is_promise_open = true;
                continue;
            }
            let kept = is_kept(stakes, c, contact, promised, policy);
            out.broken += usize::from(kept == Some(false));
            if latest <= Some(promised) {
                latest = Some(promised);
                out.kept = kept.and_then(|kept| kept.then_some(promised));
                out.is_last_broken = kept == Some(false);
            }
        }
        out
    }
}

/// Whether a promise was kept: from the day it was made to the promised one as much was paid as was promised, within
/// the ledger's tolerance; without an amount, all that was open and due by then was settled. Amounts are added as they
/// stand: a promise names no currency. Nothing where it hangs on a payment of which two days are possible.
fn is_kept(
    stakes: &Stakes<'_>,
    c: usize,
    contact: &Contact<'_>,
    promised: Day,
    policy: &ValidPolicy,
) -> Option<bool> {
    let known = stakes.known;
    let same = |[surely, perhaps]: [bool; 2]| (surely == perhaps).then_some(surely);
    let Some(amount) = contact.promise_amount else {
        let due = |&i: &usize| {
            known.known_day(i) <= contact.day.0
                && known.due[i] <= promised.0
                && known.settled[i] >= contact.day.0
        };
        let by = |day: fn(&Known, usize) -> i32| {
            known.invoices_of(c).filter(due).all(|i| day(known, i) <= promised.0)
        };
        return same([by(|known, i| known.settled[i]), by(Known::settled_first_day)]);
    };
    let in_time = |s: usize| {
        let days = [known.settlement_first_day(s), known.settlement_day[s]];
        days.map(|day| (contact.day.0..=promised.0).contains(&day))
    };
    let paid = |counts: fn([bool; 2]) -> bool| {
        let cash = known.invoices_of(c).flat_map(|i| known.settlements_of(i));
        let cash = cash.filter(|&s| known.settlement_kind[s] == SettlementKind::Cash);
        let paid: Amount = cash.filter(|&s| counts(in_time(s))).map(|s| known.settlement_amount[s]).sum();
        paid.to_f64() >= amount.to_f64() * (1.0 - policy.ledger.tolerance_rate)
    };
    same([paid(|[first, last]| first && last), paid(|[first, last]| first || last)])
}
