//! One ordered pass over each customer's issues and settlements.

use super::state::{Memory, State};
use crate::core::Day;
use crate::ledger::{Known, NEVER};

/// Room that a sweep uses again for the next customer.
#[derive(Debug, Default)]
pub struct Room {
    issues: Vec<u64>,
    settlements: Vec<u64>,
    open: Vec<u32>,
}

/// Day and invoice in one number, which sorts by day, then by invoice.
fn event(day: i32, i: usize) -> u64 {
    u64::from(day as u32 ^ 1 << 31) << 32 | i as u64
}

/// Sweeps customer `c` in time order and calls `at_mark(m, state, open)` at the end of each of `marks`, which
/// increase and do not exceed as_of. `open` holds the customer's open invoices as known on that day, by the day they
/// became known; nothing in `state` is later than the mark. An invoice of which it is not known on which day it was
/// settled is open until it is known to be settled, and teaches nothing.
///
/// Cost: sorting the customer's n events, then each event once, then the open invoices of each mark:
/// `O(n log n + sum of open invoices over marks)`. History is never read twice.
pub fn sweep(
    known: &Known,
    c: usize,
    marks: &[Day],
    memory: &Memory,
    room: &mut Room,
    mut at_mark: impl FnMut(usize, &State, &[u32]),
) {
    room.issues.clear();
    room.settlements.clear();
    room.open.clear();
    for i in known.invoices_of(c) {
        room.issues.push(event(known.known_day(i), i));
        let settled = known.settled_known_day(i);
        if settled != NEVER {
            room.settlements.push(event(settled, i));
        }
    }
    if !known.known.is_empty() {
        room.issues.sort_unstable();
    }
    room.settlements.sort_unstable();

    let mut state = State::default();
    let (mut issued, mut settled) = (0, 0);
    for (m, mark) in marks.iter().enumerate() {
        let end = event(mark.0 + 1, 0);
        while let Some(&e) = room.issues.get(issued).filter(|e| **e < end) {
            let i = e as u32;
            state.issue(known, i as usize);
            // a deposit may settle an invoice before it is known
            if known.settled_known_day(i as usize) > mark.0 {
                room.open.push(i);
            }
            issued += 1;
        }
        let settled_before = settled;
        while let Some(&e) = room.settlements.get(settled).filter(|e| **e < end) {
            let i = e as u32 as usize;
            if known.is_dated(i) {
                state.settle(known, i, known.settled_known_day(i), memory);
            }
            settled += 1;
        }
        if settled > settled_before {
            room.open.retain(|&i| known.settled_known_day(i as usize) > mark.0);
        }
        at_mark(m, &state, &room.open);
    }
}
