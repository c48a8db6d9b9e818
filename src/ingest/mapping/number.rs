//! How numbers are written in a text column: which mark is the decimal one, and what may stand around the digits.

use crate::core::{Amount, AmountError};
use std::borrow::Cow;

/// The mark before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::ingest) enum DecimalMark {
    #[default]
    Point,
    Comma,
}

impl DecimalMark {
    fn chars(self) -> (char, char) {
        match self {
            Self::Point => ('.', ','),
            Self::Comma => (',', '.'),
        }
    }
}

/// How the numbers of a column are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::ingest) struct NumberStyle {
    pub mark: DecimalMark,
    /// Words that may stand before or after a number, as `days` or `EUR`.
    pub units: Vec<String>,
}

impl NumberStyle {
    /// The amount that a text names, exactly: currency signs and units around it, groups of thousands, and minus
    /// signs before or after it or parentheses around it are understood.
    ///
    /// # Errors
    /// [`AmountError`]; a mark in a place where it groups no thousands is no number.
    #[inline]
    pub fn read(&self, text: &str) -> Result<Amount, AmountError> {
        if self.mark == DecimalMark::Point {
            match Amount::parse(text) {
                Err(AmountError::NotANumber) => {}
                read => return read,
            }
        }
        Amount::parse(&self.plain(text).ok_or(AmountError::NotANumber)?)
    }

    /// The number as digits with a point, and a minus before it.
    pub fn plain(&self, text: &str) -> Option<String> {
        let (body, is_negative) = bare(text, &self.units);
        let (decimal, thousands) = self.mark.chars();
        let (whole, fraction) = match body.split_once(decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (body, None),
        };
        let whole = ungrouped(whole, thousands)?;
        let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        let has_digits = !whole.is_empty() || fraction.is_some_and(|f| !f.is_empty());
        if !has_digits || !all_digits(&whole) || !fraction.is_none_or(all_digits) {
            return None;
        }
        let sign = if is_negative { "-" } else { "" };
        Some(match fraction {
            Some(fraction) => format!("{sign}{whole}.{fraction}"),
            None => format!("{sign}{whole}"),
        })
    }
}

const SIGNS: [char; 6] = ['$', '€', '£', '¥', '₹', '₺'];
const MINUS: [char; 2] = ['-', '\u{2212}'];
/// Marks that group thousands in every column.
const GROUPS: [char; 5] = ['\'', '\u{2019}', ' ', '\u{a0}', '\u{202f}'];

/// What is left without sign, currency and units, and whether it is below zero.
fn bare<'t>(text: &'t str, units: &[String]) -> (&'t str, bool) {
    let mut body = text.trim();
    let mut minus = false;
    if let Some(inner) = body.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        (body, minus) = (inner.trim(), true);
    }
    loop {
        let mut next = body.trim_start_matches(SIGNS).trim_end_matches(SIGNS).trim();
        for unit in units {
            next = without_unit(next, unit).trim();
        }
        if !minus && let Some(rest) = next.strip_prefix(MINUS).or_else(|| next.strip_suffix(MINUS)) {
            (next, minus) = (rest.trim(), true);
        } else if let Some(rest) = next.strip_prefix('+').filter(|_| !minus) {
            next = rest;
        }
        if next == body {
            return (body, minus);
        }
        body = next;
    }
}

fn without_unit<'t>(text: &'t str, unit: &str) -> &'t str {
    if let Some((head, rest)) = text.split_at_checked(unit.len())
        && head.eq_ignore_ascii_case(unit)
    {
        return rest;
    }
    match text.len().checked_sub(unit.len()).and_then(|at| text.split_at_checked(at)) {
        Some((rest, tail)) if tail.eq_ignore_ascii_case(unit) => rest,
        _ => text,
    }
}

/// The digits before the decimal mark without the marks between groups of three (or two before the last three, as
/// in India); `None` if the groups are no such groups.
fn ungrouped(whole: &str, thousands: char) -> Option<Cow<'_, str>> {
    let Some(mark) = whole.chars().find(|c| *c == thousands || GROUPS.contains(c)) else {
        return Some(Cow::Borrowed(whole));
    };
    let groups: Vec<&str> = whole.split(mark).collect();
    let (first, rest) = groups.split_first()?;
    let (last, inner) = rest.split_last()?;
    let is_grouped = (1..=3).contains(&first.len())
        && last.len() == 3
        && (inner.iter().all(|g| g.len() == 3) || (first.len() <= 2 && inner.iter().all(|g| g.len() == 2)));
    is_grouped.then(|| Cow::Owned(groups.concat()))
}

/// Whether a text is a number below zero, whatever its marks.
pub(super) fn is_negative(text: &str, units: &[String]) -> bool {
    let (body, minus) = bare(text, units);
    minus && body.bytes().any(|b| (b'1'..=b'9').contains(&b))
}

/// The number with the other sign.
pub(super) fn negated(text: &str, units: &[String]) -> String {
    let (body, minus) = bare(text, units);
    if minus { body.to_owned() } else { format!("-{body}") }
}

/// What a text tells of the decimal mark of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    /// No mark, or no number.
    Nothing,
    /// Only a decimal point explains it.
    Point,
    /// Only a decimal comma explains it.
    Comma,
    /// `1,234`: a thousand and some, or one and some.
    CommaOrThousands,
    /// `1.234`: the same of a point.
    PointOrThousands,
}

impl Marks {
    pub fn of(text: &str, units: &[String]) -> Self {
        let mut marks = text.bytes().filter(|b| matches!(b, b'.' | b','));
        let (Some(first), second) = (marks.next(), marks.next()) else { return Self::Nothing };
        let read = |mark| NumberStyle { mark, units: units.to_vec() }.plain(text).is_some();
        if second.is_some() {
            return match (read(DecimalMark::Point), read(DecimalMark::Comma)) {
                (true, false) => Self::Point,
                (false, true) => Self::Comma,
                _ => Self::Nothing,
            };
        }
        let (body, _) = bare(text, units);
        let Some((whole, fraction)) = body.split_once(first as char) else { return Self::Nothing };
        let whole: String = whole.chars().filter(|c| !GROUPS.contains(c)).collect();
        if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) || body.len() == 1 {
            return Self::Nothing;
        }
        let groups_thousands =
            fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
        match (first, groups_thousands) {
            (b'.', false) => Self::Point,
            (b'.', true) => Self::PointOrThousands,
            (_, false) => Self::Comma,
            (_, true) => Self::CommaOrThousands,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mark: DecimalMark, text: &str) -> Option<String> {
        let style = NumberStyle { mark, units: vec!["EUR".into(), "days".into()] };
        style.read(text).ok().map(|a| a.to_string())
    }

    #[test]
    fn thousands_signs_and_units_are_understood_under_a_decimal_point() {
        for (text, expected) in [
            ("1234.5", "1234.50"),
            ("$4,235.00", "4235.00"),
            ("(1,234.50)", "-1234.50"),
            ("1 234 567.89", "1234567.89"),
            ("1'234.50", "1234.50"),
            ("12.50-", "-12.50"),
            ("-$1,000", "-1000.00"),
            ("$-1,000", "-1000.00"),
            ("EUR 12.5", "12.50"),
            ("1,234,567 EUR", "1234567.00"),
            ("12,34,567.00", "1234567.00"),
            ("30 days", "30.00"),
            ("\u{2212}5", "-5.00"),
        ] {
            assert_eq!(read(DecimalMark::Point, text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn under_a_decimal_comma_the_point_groups_thousands() {
        for (text, expected) in
            [("1.234,50", "1234.50"), ("1234,5", "1234.50"), ("1.234", "1234.00"), ("12,50- €", "-12.50")]
        {
            assert_eq!(read(DecimalMark::Comma, text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(read(DecimalMark::Comma, "100.00"), None);
    }

    #[test]
    fn marks_that_group_no_thousands_make_no_number() {
        for text in [
            "1,5",
            "12,34.00",
            "1,2345",
            ",5",
            "1.2.3",
            "--5",
            "(5",
            "1 2",
            "1'234,567.0",
            "",
            "-",
            "12 euros",
            "1e3",
        ] {
            assert_eq!(read(DecimalMark::Point, text), None, "{text}");
        }
    }

    #[test]
    fn a_text_proves_a_mark_only_where_the_other_one_makes_no_sense() {
        let of = |text| Marks::of(text, &[]);
        assert_eq!(
            [of("1,234.50"), of("100.00"), of("0.125"), of("1,234,567"), of("1234.567")],
            [Marks::Point; 5]
        );
        assert_eq!([of("1.234,50"), of("1,5"), of("1.234.567"), of("1234,567")], [Marks::Comma; 4]);
        assert_eq!([of("1,234"), of("$1,234"), of("-12,345")], [Marks::CommaOrThousands; 3]);
        assert_eq!(of("1.234"), Marks::PointOrThousands);
        assert_eq!([of("1234"), of(""), of("1,2,3"), of("n,a"), of("."), of("3.4.5")], [Marks::Nothing; 6]);
    }

    #[test]
    fn a_sign_is_found_and_turned_whatever_its_place() {
        let none = &[];
        assert!(is_negative("-5", none) && is_negative("(5.00)", none) && is_negative("5,00-", none));
        assert!(!is_negative("5", none) && !is_negative("-0.00", none) && !is_negative("", none));
        assert_eq!((negated("5,00-", none), negated("$5", none)), ("5,00".to_owned(), "-5".to_owned()));
    }
}
