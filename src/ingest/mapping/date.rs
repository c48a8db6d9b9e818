//! How dates are written: one format, and the formats of one column.

use crate::core::Day;
use std::sync::Arc;

/// Canonical dates.
pub(in crate::ingest) const ISO: &str = "YYYY-MM-DD";
/// Days since 1899-12-30, as spreadsheets count them.
const SERIAL: &str = "excel";
/// 1899-12-30 as a day.
const SERIAL_ZERO: i32 = -25_569;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Two digits of a year from here on mean the last century.
const FIRST_OF_LAST_CENTURY: u32 = 70;

/// One way to write a day, as `DD.MM.YYYY`: `YYYY` or `YY`, `MM`, `M` (with or without a leading zero), `Mon`
/// (Jan) or `Month`, `DD` or `D`, and what stands between them. `excel` is the number of a spreadsheet.
///
/// A time of day after it is dropped, and so is the `.0` that a tool leaves behind a date of digits alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateFormat {
    pattern: Arc<str>,
    parts: Arc<[Part]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    ShortYear,
    Month { padded: bool },
    MonthName { short: bool },
    Day { padded: bool },
    Serial,
    Text(char),
}

/// Why a text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no date format: expected one of each of YYYY or YY, MM, M or Mon, DD or D, as in DD.MM.YYYY"
)]
pub struct DateFormatError(pub String);

impl DateFormat {
    /// # Errors
    /// [`DateFormatError`] unless year, month and day are each there once.
    ///
    /// ```
    /// use arrears::ingest::DateFormat;
    /// let format = DateFormat::try_new("D/M/YYYY")?;
    /// assert_eq!(format.read("3/4/2024").unwrap().to_string(), "2024-04-03");
    /// assert!(DateFormat::try_new("MM/YYYY").is_err());
    /// # Ok::<(), arrears::ingest::DateFormatError>(())
    /// ```
    pub fn try_new(pattern: &str) -> Result<Self, DateFormatError> {
        const TOKENS: [(&str, Part); 9] = [
            ("YYYY", Part::Year),
            ("YY", Part::ShortYear),
            ("Month", Part::MonthName { short: false }),
            ("Mon", Part::MonthName { short: true }),
            ("MM", Part::Month { padded: true }),
            ("M", Part::Month { padded: false }),
            ("DD", Part::Day { padded: true }),
            ("D", Part::Day { padded: false }),
            (SERIAL, Part::Serial),
        ];
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            let token = TOKENS.iter().find(|(token, _)| rest.starts_with(token));
            match token {
                Some((token, part)) => {
                    parts.push(*part);
                    rest = &rest[token.len()..];
                }
                None if first.is_alphanumeric() => return Err(DateFormatError(pattern.to_owned())),
                None => {
                    parts.push(Part::Text(first));
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        let count = |is: fn(&Part) -> bool| parts.iter().filter(|part| is(part)).count();
        let is_date = count(|p| matches!(p, Part::Year | Part::ShortYear)) == 1
            && count(|p| matches!(p, Part::Month { .. } | Part::MonthName { .. })) == 1
            && count(|p| matches!(p, Part::Day { .. })) == 1
            && count(|p| matches!(p, Part::Serial)) == 0;
        if is_date || parts == [Part::Serial] {
            return Ok(Self { pattern: pattern.into(), parts: parts.into() });
        }
        Err(DateFormatError(pattern.to_owned()))
    }

    /// A format of the program itself.
    pub(super) fn known(pattern: &str) -> Self {
        Self::try_new(pattern).unwrap_or(Self { pattern: pattern.into(), parts: Arc::new([]) })
    }

    /// The format as a message names it.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The day that a text of this format names, if it is one that the calendar has.
    pub fn read(&self, text: &str) -> Option<Day> {
        if &*self.pattern == ISO {
            let (date, time) = text.split_at_checked(10)?;
            return if is_time_of_day(time) { date.parse().ok() } else { None };
        }
        let (mut year, mut month, mut day) = (0, 0, 0);
        let mut rest = text;
        for part in self.parts.iter() {
            match part {
                Part::Year => {
                    (year, rest) = digits(rest, 4, 4)?;
                    if year < 1000 {
                        return None;
                    }
                }
                Part::ShortYear => {
                    (year, rest) = digits(rest, 2, 2)?;
                    year += if year < FIRST_OF_LAST_CENTURY { 2000 } else { 1900 };
                }
                Part::Month { padded } => (month, rest) = digits(rest, 1 + usize::from(*padded), 2)?,
                Part::Day { padded } => (day, rest) = digits(rest, 1 + usize::from(*padded), 2)?,
                Part::MonthName { short } => (month, rest) = month_name(rest, *short)?,
                Part::Serial => return serial(rest),
                Part::Text(c) => rest = rest.strip_prefix(*c)?,
            }
        }
        let is_whole = is_time_of_day(rest) || (self.is_compact() && rest == ".0");
        if is_whole { Day::try_new(year as i32, month, day) } else { None }
    }

    /// A day in this format.
    pub(in crate::ingest) fn write(&self, day: Day) -> String {
        let (y, m, d) = day.civil();
        let write = |part: &Part| match part {
            Part::Year => format!("{y:04}"),
            Part::ShortYear => format!("{:02}", y.rem_euclid(100)),
            Part::Month { padded: true } => format!("{m:02}"),
            Part::Month { .. } => m.to_string(),
            Part::Day { padded: true } => format!("{d:02}"),
            Part::Day { .. } => d.to_string(),
            Part::MonthName { short } => {
                let name = MONTHS[m as usize - 1];
                if *short { name[..3].to_owned() } else { name.to_owned() }
            }
            Part::Serial => (day.0 - SERIAL_ZERO).to_string(),
            Part::Text(c) => c.to_string(),
        };
        self.parts.iter().map(write).collect()
    }

    fn is_compact(&self) -> bool {
        self.parts.iter().all(|part| !matches!(part, Part::Text(_) | Part::MonthName { .. }))
    }
}

/// Between `least` and `most` ASCII digits at the start, as a number, and what follows them.
fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let n = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if n < least {
        return None;
    }
    let (number, rest) = text.split_at(n);
    Some((number.parse().ok()?, rest))
}

fn month_name(text: &str, short: bool) -> Option<(u32, &str)> {
    (1..).zip(MONTHS).find_map(|(month, name)| {
        let name = if short { &name[..3] } else { name };
        let (head, rest) = text.split_at_checked(name.len())?;
        head.eq_ignore_ascii_case(name).then_some((month, rest))
    })
}

/// A whole number of days, and a part of one, which is dropped.
fn serial(text: &str) -> Option<Day> {
    let (days, time) = text.split_once('.').unwrap_or((text, ""));
    let (days, rest) = digits(days, 1, 6)?;
    let is_number = rest.is_empty() && time.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(Day(days as i32 + SERIAL_ZERO))
}

/// Nothing, or `T` or a space and a time such as `09:23:44.65+02:00` or `1:05 PM`, whose value does not matter.
fn is_time_of_day(text: &str) -> bool {
    let of_time = |c: &u8| c.is_ascii_digit() || b":.,+-Z APMapm".contains(c);
    match text.as_bytes() {
        [] => true,
        [b'T' | b' ', h1, b':', rest @ ..] if h1.is_ascii_digit() => {
            !rest.is_empty() && rest.iter().all(of_time)
        }
        [b'T' | b' ', h1, h2, b':', rest @ ..] => {
            h1.is_ascii_digit() && h2.is_ascii_digit() && !rest.is_empty() && rest.iter().all(of_time)
        }
        _ => false,
    }
}

/// What a text is under the formats of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) enum Reading {
    Nothing,
    One(Day),
    /// Two formats fit and name different days.
    Several,
}

/// The formats of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ingest) struct DateStyle {
    formats: Vec<DateFormat>,
    /// Two formats that one text can fit with different days.
    clash: Option<(usize, usize)>,
}

impl Default for DateStyle {
    fn default() -> Self {
        Self { formats: vec![DateFormat::known(ISO)], clash: None }
    }
}

impl DateStyle {
    pub fn new(formats: Vec<DateFormat>) -> Self {
        let clash = clash(&formats);
        Self { formats, clash }
    }

    /// Two formats of which one text can fit both, with different days.
    pub fn clash(&self) -> Option<(&DateFormat, &DateFormat)> {
        self.clash.map(|(a, b)| (&self.formats[a], &self.formats[b]))
    }

    #[inline]
    pub fn read(&self, text: &str) -> Reading {
        let mut first = None;
        for day in self.formats.iter().filter_map(|format| format.read(text)) {
            match first {
                None if self.clash.is_none() => return Reading::One(day),
                None => first = Some(day),
                Some(found) if found != day => return Reading::Several,
                Some(_) => {}
            }
        }
        first.map_or(Reading::Nothing, Reading::One)
    }

    /// Every format that a text fits, with its day; each day once.
    pub fn readings(&self, text: &str) -> Vec<(&DateFormat, Day)> {
        let mut found: Vec<(&DateFormat, Day)> = Vec::new();
        for format in &self.formats {
            if let Some(day) = format.read(text).filter(|day| found.iter().all(|(_, d)| d != day)) {
                found.push((format, day));
            }
        }
        found
    }

    /// A text with one reading: that of the day, or of the first later one that such a text can name.
    pub fn write(&self, day: Day) -> String {
        // a day of the month past the 12th has one reading in any order
        let days = (0..31).map(|n| day.plus(n));
        let texts = days.flat_map(|day| self.formats.iter().map(move |f| (f.write(day), day)));
        let mut texts = texts.filter(|(text, day)| self.read(text) == Reading::One(*day));
        texts.next().map_or_else(|| day.to_string(), |(text, _)| text)
    }

    /// The formats as a message names them.
    pub fn pattern(&self) -> String {
        self.formats.iter().map(DateFormat::pattern).collect::<Vec<_>>().join(" or ")
    }
}

/// The first two formats of which one reads what the other writes as another day: found by writing the days of
/// years with small and with large last digits.
fn clash(formats: &[DateFormat]) -> Option<(usize, usize)> {
    let years = [2001, 2002, 2004, 2007, 2010, 2012, 2020, 2031];
    let firsts = years.iter().filter_map(|y| Day::try_new(*y, 1, 1));
    let days: Vec<Day> = firsts.flat_map(|first| (0..366).map(move |n| first.plus(n))).collect();
    let misread = |a: usize, b: usize| {
        days.iter().any(|day| formats[b].read(&formats[a].write(*day)).is_some_and(|read| read != *day))
    };
    let pairs = (0..formats.len()).flat_map(|a| (a + 1..formats.len()).map(move |b| (a, b)));
    pairs.into_iter().find(|(a, b)| misread(*a, *b) || misread(*b, *a))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, text: &str) -> Option<String> {
        DateFormat::try_new(pattern).unwrap().read(text).map(|d| d.to_string())
    }

    #[test]
    fn a_time_of_day_after_a_date_is_dropped() {
        for text in ["2024-02-29", "2024-02-29T23:59:59.651581", "2024-02-29 00:00:00", "2024-02-29T10:00Z"] {
            assert_eq!(read(ISO, text).as_deref(), Some("2024-02-29"), "{text}");
        }
        assert_eq!(read("M/D/YYYY", "2/29/2024 1:05 PM").as_deref(), Some("2024-02-29"));
        assert_eq!(read("YYYYMMDD", "20240229.0").as_deref(), Some("2024-02-29"));
    }

    #[test]
    fn other_texts_are_no_iso_date() {
        for text in [
            "",
            "2024-2-1",
            "2024-02-30",
            "01/02/2024",
            "2024-02-01x",
            "2024-02-01 soon",
            "2024-02-01T",
            "é2024-02-01",
        ] {
            assert_eq!(read(ISO, text), None, "{text}");
        }
    }

    #[test]
    fn american_dates_do_without_leading_zeros() {
        let read = |t| read("M/D/YYYY", t);
        assert_eq!(read("1/15/2013").as_deref(), Some("2013-01-15"));
        assert_eq!(read("01/05/2013").as_deref(), Some("2013-01-05"));
        for text in ["15/1/2013", "1/1/13", "1/1/", "2013-01-15", "1/1/2013/4", "+1/1/2013", "/1/2013"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn names_short_years_and_spreadsheet_days_are_read() {
        assert_eq!(read("DD-Mon-YYYY", "09-feb-2024").as_deref(), Some("2024-02-09"));
        assert_eq!(read("Month D, YYYY", "May 3, 2024").as_deref(), Some("2024-05-03"));
        assert_eq!(read("DD.MM.YY", "09.02.24").as_deref(), Some("2024-02-09"));
        assert_eq!(read("DD.MM.YY", "09.02.71").as_deref(), Some("1971-02-09"));
        assert_eq!(read("excel", "45292").as_deref(), Some("2024-01-01"));
        assert_eq!(read("excel", "45292.75").as_deref(), Some("2024-01-01"));
        assert_eq!(read("excel", "2024-01-01"), None);
    }

    #[test]
    fn a_pattern_without_year_month_and_day_once_each_is_refused() {
        for pattern in ["", "MM/YYYY", "DD.MM.MM.YYYY", "YYYY-MM-DDx", "excel YYYY", "dd/mm/yyyy"] {
            assert!(DateFormat::try_new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_written_day_reads_back_in_every_format() {
        for pattern in [ISO, "M/D/YYYY", "DD.MM.YYYY", "YYYYMMDD", "DD-Mon-YYYY", "Month D, YYYY", "excel"] {
            let format = DateFormat::try_new(pattern).unwrap();
            for d in (-20_000..60_000).step_by(97) {
                assert_eq!(format.read(&format.write(Day(d))), Some(Day(d)), "{pattern}");
            }
        }
    }

    fn style(patterns: &[&str]) -> DateStyle {
        DateStyle::new(patterns.iter().map(|p| DateFormat::try_new(p).unwrap()).collect())
    }

    #[test]
    fn formats_clash_if_one_text_fits_both_with_different_days() {
        assert!(style(&["D/M/YYYY", "M/D/YYYY"]).clash().is_some());
        assert!(style(&["YY/M/D", ISO, "D/M/YY"]).clash().is_some());
        // 20011020 is a day of 2001 or of 1020
        assert!(style(&["YYYYMMDD", "DDMMYYYY"]).clash().is_some());
        for apart in [
            ["D/M/YYYY", "DD/MM/YYYY"],
            ["D/M/YYYY", "M-D-YYYY"],
            ["DD-Mon-YYYY", "DD-MM-YYYY"],
            [ISO, "excel"],
        ] {
            assert_eq!(style(&apart).clash(), None, "{apart:?}");
        }
    }

    #[test]
    fn a_text_that_fits_two_formats_is_read_only_if_both_say_the_same() {
        let both = style(&["D/M/YYYY", "M/D/YYYY"]);
        let day = |text: &str| Reading::One(text.parse().unwrap());
        assert_eq!(both.read("3/4/2024"), Reading::Several);
        assert_eq!(both.read("13/4/2024"), day("2024-04-13"));
        assert_eq!(both.read("4/13/2024"), day("2024-04-13"));
        assert_eq!(both.read("4/4/2024"), day("2024-04-04"));
        assert_eq!(both.read("13/13/2024"), Reading::Nothing);
        assert_eq!(both.readings("3/4/2024").len(), 2);
    }

    #[test]
    fn what_a_style_writes_has_one_reading() {
        let both = style(&["D/M/YYYY", "M/D/YYYY"]);
        let day: Day = "2024-04-03".parse().unwrap();
        assert_eq!(both.write(day), "4/4/2024");
        assert_eq!(style(&["D/M/YYYY", "M/D/YYYY", "DD-Mon-YYYY"]).write(day), "03-Apr-2024");
    }
}
