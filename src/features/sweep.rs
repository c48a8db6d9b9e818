//! One ordered pass over each customer's issues and settlements.

use super::state::{Memory, State};
use crate::core::Day;
use crate::ledger::{Known, NEVER};

/// Room that a sweep uses again for the next customer.
#[derive(Debug, Default)]
pub struct Room {
    issues: Vec<(i32, u32)>,
    settlements: Vec<(i32, u32)>,
    open: Vec<u32>,
}

/// Sweeps customer `c` in time order and calls `at_mark(m, state, open)` at the end of each of `marks`, which
/// increase and do not exceed as_of. `open` holds the customer's open invoices as known on that day, by the day they
/// became known; nothing in `state` is later than the mark.
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
        room.issues.push((known.known_day(i), i as u32));
        let settled = known.settled_known_day(i);
        if settled != NEVER {
            room.settlements.push((settled, i as u32));
        }
    }
    if !known.known.is_empty() {
        room.issues.sort_unstable();
    }
    room.settlements.sort_unstable();

    let mut state = State::default();
    let (mut issued, mut settled) = (0, 0);
    for (m, mark) in marks.iter().enumerate() {
        while let Some(&(_, i)) = room.issues.get(issued).filter(|e| e.0 <= mark.0) {
            state.issue(known, i as usize);
            // a deposit may settle an invoice before it is known
            if known.settled_known_day(i as usize) > mark.0 {
                room.open.push(i);
            }
            issued += 1;
        }
        let settled_before = settled;
        while let Some(&(day, i)) = room.settlements.get(settled).filter(|e| e.0 <= mark.0) {
            state.settle(known, i as usize, day, memory);
            settled += 1;
        }
        if settled > settled_before {
            room.open.retain(|&i| known.settled_known_day(i as usize) > mark.0);
        }
        at_mark(m, &state, &room.open);
    }
}
