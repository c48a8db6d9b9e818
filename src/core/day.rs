//! Calendar days as whole numbers, so that a difference is a number of days.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// A calendar day: days since 1970-01-01 in the proleptic Gregorian calendar. It has no time and no zone.
///
/// `as_of` is such a day and means its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i32);

/// Why a text is not a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DayError {
    /// The text is not `YYYY-MM-DD` with a day that the calendar has.
    #[error("`{0}` is not a date: expected YYYY-MM-DD")]
    NotADate(String),
}

impl Day {
    /// The day of a year, month (1-12) and day of month (1-31), if the calendar has it.
    ///
    /// ```
    /// use arrears::core::Day;
    /// assert_eq!(Day::try_new(2000, 2, 29).unwrap().to_string(), "2000-02-29");
    /// assert!(Day::try_new(1900, 2, 29).is_none());
    /// ```
    pub fn try_new(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
            return None;
        }
        Some(Self(days_from_civil(year, month, day)))
    }

    /// Year, month (1-12) and day of month (1-31).
    pub fn civil(self) -> (i32, u32, u32) {
        civil_from_days(self.0)
    }

    /// Day of the week, 0 = Monday to 6 = Sunday.
    pub fn weekday(self) -> usize {
        (self.0 + 3).rem_euclid(7) as usize
    }

    /// Day of the month, 1 to 31.
    pub fn day_of_month(self) -> u32 {
        self.civil().2
    }

    /// Place in the month, 0 to 30: its last day has place 30, others one less than their day of the month. So the 15th, the
    /// 25th and the month's end each keep one place in every month.
    ///
    /// ```
    /// use arrears::core::Day;
    /// let place = |month, day| Day::try_new(2025, month, day).unwrap().place_in_month();
    /// assert_eq!([place(1, 1), place(2, 25), place(1, 25), place(2, 28), place(1, 28), place(1, 31)], [0, 24, 24, 30, 27, 30]);
    /// assert_eq!(Day::try_new(1969, 12, 31).unwrap().place_in_month(), 30);
    /// ```
    pub fn place_in_month(self) -> usize {
        match PLACES.get(self.0 as usize) {
            Some(&place) => usize::from(place),
            None => self.counted_place(),
        }
    }

    fn counted_place(self) -> usize {
        let (year, month, day) = self.civil();
        if day < days_in_month(year, month) { day as usize - 1 } else { 30 }
    }

    /// Whole months since January of year 0: equal for two days of the same calendar month.
    pub fn month_index(self) -> i32 {
        let (y, m, _) = self.civil();
        y * 12 + m as i32 - 1
    }

    /// Month of the year, 0 = January to 11 = December.
    pub fn month_of_year(self) -> usize {
        self.civil().1 as usize - 1
    }

    /// First day of this day's month.
    pub fn month_start(self) -> Self {
        Self(self.0 - self.day_of_month() as i32 + 1)
    }

    /// Last day of this day's month.
    pub fn month_end(self) -> Self {
        let (y, m, _) = self.civil();
        Self(self.month_start().0 + days_in_month(y, m) as i32 - 1)
    }

    /// The day `n` days later (earlier when negative), held inside the range of `i32`.
    pub fn plus(self, n: i32) -> Self {
        Self(self.0.saturating_add(n))
    }
}

/// Places in the month of the days from 1970 to 2106: a sweep asks for one with every payment. A day before is beyond
/// the table, as an unsigned number.
static PLACES: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..50_000).map(|d| Day(d).counted_place() as u8).collect());

/// Number of days in a month (1-12) of a year.
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Source: Howard Hinnant, *chrono-Compatible Low-Level Date Algorithms*.
fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (month as i32 + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day as i32 - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// The inverse of [`days_from_civil`]; same source.
fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let z = i64::from(days) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    let year = (yoe + era * 400) as i32 + i32::from(month <= 2);
    (year, month, day)
}

impl FromStr for Day {
    type Err = DayError;

    /// Reads `YYYY-MM-DD` and nothing else.
    ///
    /// # Errors
    /// [`DayError::NotADate`] for any other shape and for a day the calendar does not have.
    fn from_str(text: &str) -> Result<Self, DayError> {
        let parse = || {
            let b = text.as_bytes();
            if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
                return None;
            }
            let number = |s: &[u8]| {
                s.iter().try_fold(0_u32, |n, &c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
            };
            Self::try_new(number(&b[..4])? as i32, number(&b[5..7])?, number(&b[8..])?)
        };
        parse().ok_or_else(|| DayError::NotADate(text.to_owned()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.civil();
        write!(f, "{y:04}-{m:02}-{d:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_is_a_thursday() {
        assert_eq!(Day(0).to_string(), "1970-01-01");
        assert_eq!(Day(0).weekday(), 3);
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        for d in -80_000..80_000 {
            let (y, m, dom) = Day(d).civil();
            assert_eq!(Day::try_new(y, m, dom), Some(Day(d)));
        }
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let d: Day = "2024-02-10".parse().unwrap();
        assert_eq!(d.month_start().to_string(), "2024-02-01");
        assert_eq!(d.month_end().to_string(), "2024-02-29");
        assert_eq!(d.month_end().plus(1).month_index(), d.month_index() + 1);
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in ["2024-2-1", "2023-02-29", "20240101", "2024-13-01", "", "2024-01-01T00:00"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
