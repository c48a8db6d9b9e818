//! The days, weeks and months of a forecast.

use crate::core::Day;

/// Days forecast one by one.
const DAYS: i32 = 91;
const DAYS_PER_WEEK: i32 = 7;
/// Weeks forecast: the same 91 days.
const WEEKS: i32 = DAYS / DAYS_PER_WEEK;
/// Calendar months forecast, the one that holds the day after as_of included.
const MONTHS: i32 = 6;

/// The length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// One day.
    Day,
    /// Seven days, counted from as_of.
    Week,
    /// A calendar month.
    Month,
}

impl Grain {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// A run of days after as_of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// How long it is.
    pub grain: Grain,
    /// Its place among the periods of its grain, from 0.
    pub period: i32,
    /// Its first day, in days after as_of: 1 or more.
    pub first: i32,
    /// Its last day, in days after as_of.
    pub last: i32,
}

/// All periods of a forecast: 91 days, then 13 weeks, then 6 months, each in order of time.
///
/// Week 0 is days 1 to 7 after as_of. Month 0 is what is left of the calendar month that holds the day after as_of;
/// the other months are whole.
///
/// ```
/// use arrears::core::Day;
/// use arrears::forecast::{Grain, periods};
/// let all = periods("2026-01-30".parse()?);
/// let months: Vec<_> = all.iter().filter(|p| p.grain == Grain::Month).map(|p| (p.first, p.last)).collect();
/// assert_eq!(months[..3], [(1, 1), (2, 29), (30, 60)]);
/// # Ok::<(), arrears::core::DayError>(())
/// ```
pub fn periods(as_of: Day) -> Vec<Period> {
    let mut all = Vec::with_capacity((DAYS + WEEKS + MONTHS) as usize);
    all.extend((0..DAYS).map(|k| Period { grain: Grain::Day, period: k, first: k + 1, last: k + 1 }));
    all.extend((0..WEEKS).map(|k| {
        let first = k * DAYS_PER_WEEK + 1;
        Period { grain: Grain::Week, period: k, first, last: first + DAYS_PER_WEEK - 1 }
    }));
    let mut start = as_of.plus(1);
    for period in 0..MONTHS {
        let end = start.month_end();
        all.push(Period { grain: Grain::Month, period, first: start.0 - as_of.0, last: end.0 - as_of.0 });
        start = end.plus(1);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_cover_the_days_and_months_reach_past_them() {
        for as_of in 0..800 {
            let all = periods(Day(as_of));
            let of = |grain| all.iter().filter(move |p| p.grain == grain).copied().collect::<Vec<_>>();
            assert_eq!(of(Grain::Day).last().map(|p| p.last), of(Grain::Week).last().map(|p| p.last));
            assert!(of(Grain::Month)[5].last > 91);
            for grain in [Grain::Day, Grain::Week, Grain::Month] {
                assert_eq!(of(grain)[0].first, 1);
                assert!(of(grain).windows(2).all(|w| w[0].last + 1 == w[1].first));
            }
        }
    }

    #[test]
    fn at_the_end_of_a_month_the_first_one_is_whole() {
        let all = periods(Day::try_new(2026, 1, 31).unwrap());
        let first = all.iter().find(|p| p.grain == Grain::Month).unwrap();
        assert_eq!((first.first, first.last), (1, 28));
    }
}
