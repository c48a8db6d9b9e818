//! The days at whose end figures are taken.

use crate::core::Day;

/// Month ends before as_of that are looked at: twelve to show, and one more so that twelve months have a beginning.
pub(super) const MONTH_ENDS: usize = 13;

/// The last month ends not after as_of, then as_of itself unless it is the last of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marks {
    days: Vec<i32>,
}

impl Marks {
    /// The marks of an as_of.
    pub fn new(as_of: Day) -> Self {
        let mut days = vec![as_of.0];
        let mut end = as_of.month_start().plus(-1);
        let n = if as_of.month_end() == as_of { MONTH_ENDS } else { MONTH_ENDS + 1 };
        while days.len() < n {
            days.push(end.0);
            end = end.month_start().plus(-1);
        }
        days.reverse();
        Self { days }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// The day of mark `m`.
    pub fn day(&self, m: usize) -> i32 {
        self.days[m]
    }

    /// The first mark on or after a day; [`Marks::len`] if there is none.
    pub fn first_at(&self, day: i32) -> usize {
        self.days.partition_point(|mark| *mark < day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(as_of: &str) -> Vec<String> {
        Marks::new(as_of.parse().unwrap()).days.iter().map(|d| Day(*d).to_string()).collect()
    }

    #[test]
    fn thirteen_month_ends_then_as_of_unless_it_is_one() {
        let within = marks("2026-03-15");
        assert_eq!((within.len(), within[0].as_str(), within[12].as_str()), (14, "2025-02-28", "2026-02-28"));
        assert_eq!(within[13], "2026-03-15");
        let at_end = marks("2026-03-31");
        assert_eq!((at_end.len(), at_end[0].as_str(), at_end[12].as_str()), (13, "2025-03-31", "2026-03-31"));
    }

    #[test]
    fn a_day_belongs_to_the_first_mark_that_knows_it() {
        let m = Marks::new("2026-03-15".parse().unwrap());
        assert_eq!([m.first_at(m.day(0) - 500), m.first_at(m.day(3)), m.first_at(m.day(3) + 1)], [0, 3, 4]);
        assert_eq!(m.first_at(m.day(13) + 1), 14);
    }
}
