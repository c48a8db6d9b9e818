//! Whether a row was known at `as_of`: the one question that is asked before any rule.

use super::cell::Cells;
use super::empty::{never_or_day, real_day};
use super::rule::{Refusal, Rule};
use super::table::{Block, RawTable};
use crate::core::Day;

/// Where a row stands in time.
pub(super) enum Standing {
    /// It happened and was recorded by the end of `as_of`.
    Known { event: i32, known: i32 },
    /// It happened or was recorded later: whatever else it says must not be looked at.
    Later,
    /// When it happened or was recorded cannot be read.
    Refused(Refusal),
}

/// The deciding dates of a block's rows: that of the event and `recorded_date`.
pub(super) struct Clock<'a> {
    event: Cells<'a>,
    recorded: Cells<'a>,
    as_of: i32,
}

impl<'a> Clock<'a> {
    /// A clock that stops at the end of `as_of`; with `None` it never stops.
    pub fn of(table: &'a RawTable, block: &Block, event: &'static str, as_of: Option<Day>) -> Self {
        Self {
            event: Cells::of(table, block, event),
            recorded: Cells::of(table, block, "recorded_date"),
            as_of: as_of.map_or(i32::MAX, |d| d.0),
        }
    }

    /// Where row `i` stands. One readable date after `as_of` is enough for [`Standing::Later`].
    #[inline]
    pub fn standing(&self, i: usize) -> Standing {
        self.standing_noting(i, &mut Vec::new())
    }

    /// [`Clock::standing`], with what was repaired to tell it.
    #[inline]
    pub fn standing_noting(&self, i: usize, notes: &mut Vec<Refusal>) -> Standing {
        let (event, recorded) = (real_day(&self.event, i), never_or_day(&self.recorded, i, i32::MAX, notes));
        let is_later = |day: &Result<Option<i32>, Refusal>| matches!(day, Ok(Some(d)) if *d > self.as_of);
        let is_after = |cells: &Cells, day: &Result<Option<i32>, Refusal>| {
            is_later(day) || (day.is_err() && cells.is_wholly_after(i, self.as_of))
        };
        if is_after(&self.event, &event) || is_after(&self.recorded, &recorded) {
            return Standing::Later;
        }
        match (event, recorded) {
            (Ok(Some(event)), Ok(recorded)) => {
                Standing::Known { event, known: recorded.map_or(event, |r| r.max(event)) }
            }
            (Ok(None), Ok(_)) => Standing::Refused(self.event.missing()),
            (Err(refusal), _) | (_, Err(refusal)) => Standing::Refused(refusal),
        }
    }

    /// A refusal that shows the day of the event.
    pub fn refuse_event(&self, rule: &'static Rule, i: usize) -> Refusal {
        self.event.refuse(rule, i)
    }

    /// The day of the event, the first one where several are possible and the last counts.
    pub fn first_day(&self, i: usize) -> Option<i32> {
        self.event.first_day(i)
    }

    /// A note of an event that has several possible days.
    pub fn undecided(&self, i: usize) -> Refusal {
        self.event.undecided(i)
    }

    /// The day at whose end the clock stops; the last there is if it never stops.
    pub fn as_of(&self) -> i32 {
        self.as_of
    }

    /// A day of something that may not have happened yet: nothing if it lies after `as_of`.
    #[inline]
    pub fn so_far(&self, day: Option<i32>) -> Option<i32> {
        day.filter(|d| *d <= self.as_of)
    }
}
