//! How a value looks in the page: thousands apart, money with its cents, shares as percentages.

use crate::contract::Value;
use crate::core::{Amount, Day};

/// What is shown where there is no value.
pub(super) const NONE: &str = "–";
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

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    /// As it is.
    Plain,
    /// Two digits after the point, thousands apart.
    Money,
    /// Without digits after the point, thousands apart.
    Whole,
    /// A share of one as a percentage with one digit.
    Share,
    /// So many digits after the point, thousands apart.
    Digits(usize),
    /// Two digits and a power of ten, for what is next to nothing.
    Power,
    /// So many digits with the sign, as a change is written.
    Signed(usize),
}

impl Show {
    /// The text of a value.
    pub(super) fn text(self, value: &Value<'_>) -> String {
        match value {
            Value::Null => NONE.to_owned(),
            Value::Int(i) if self != Self::Plain => grouped(&i.to_string()),
            Value::Double(v) => self.number(*v),
            Value::Amount(a) => self.amount(*a),
            other => other.to_string(),
        }
    }

    /// The text of a number.
    pub(super) fn number(self, v: f64) -> String {
        match self {
            Self::Plain => v.to_string(),
            Self::Power => format!("{v:.1e}"),
            Self::Money => grouped(&fixed(v, 2)),
            Self::Whole => grouped(&fixed(v, 0)),
            Self::Share => format!("{}\u{a0}%", grouped(&fixed(100.0 * v, 1))),
            Self::Digits(n) => grouped(&fixed(v, n)),
            Self::Signed(n) => signed(&grouped(&fixed(v, n))),
        }
    }

    /// The text of an amount, rounded half away from zero as a whole number, without a detour over a float.
    fn amount(self, a: Amount) -> String {
        let cents = |unit: i64| {
            let half = if a.0 < 0 { -unit / 2 } else { unit / 2 };
            (a.0 + half) / unit
        };
        match self {
            Self::Money => {
                let c = cents(100);
                let sign = if c < 0 { "-" } else { "" };
                format!("{sign}{}.{:02}", grouped(&(c / 100).unsigned_abs().to_string()), (c % 100).abs())
            }
            Self::Whole => grouped(&cents(10_000).to_string()),
            _ => self.number(a.to_f64()),
        }
    }
}

/// A day as a person says it: 30 June 2025.
pub(super) fn long_day(day: Day) -> String {
    let (year, month, day) = day.civil();
    format!("{day} {} {year}", MONTHS[month as usize - 1])
}

/// Never `-0`, which a sum of roundings gives.
fn fixed(v: f64, digits: usize) -> String {
    let text = format!("{v:.digits$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| b == b'0' || b == b'.') => rest.to_owned(),
        _ => text,
    }
}

fn signed(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) => format!("\u{2212}{rest}"),
        None if text.bytes().all(|b| b == b'0' || b == b'.') => text.to_owned(),
        None => format!("+{text}"),
    }
}

/// Commas between thousands.
fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |d| ("-", d));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = sign.to_owned();
    for (k, c) in whole.chars().enumerate() {
        if k > 0 && (whole.len() - k) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart_and_cents_are_exact() {
        let money = |text: &str| Show::Money.text(&Value::Amount(Amount::parse(text).unwrap()));
        assert_eq!(money("1234567.895"), "1,234,567.90");
        assert_eq!(money("-1234.5"), "-1,234.50");
        assert_eq!(money("-0.004"), "0.00");
        assert_eq!(money("99999999999999.99"), "99,999,999,999,999.99");
        assert_eq!(Show::Whole.text(&Value::Amount(Amount::parse("-999.5").unwrap())), "-1,000");
    }

    #[test]
    fn numbers_are_rounded_and_never_minus_zero() {
        assert_eq!(Show::Whole.number(-0.4), "0");
        assert_eq!(Show::Share.number(0.50349), "50.3\u{a0}%");
        assert_eq!(Show::Signed(0).number(-12_345.6), "\u{2212}12,346");
        assert_eq!(Show::Signed(1).number(0.01), "0.0");
        assert_eq!(Show::Signed(2).number(3.0), "+3.00");
        assert_eq!(Show::Digits(3).text(&Value::Null), NONE);
        assert_eq!(Show::Digits(0).text(&Value::Int(123_456)), "123,456");
    }

    #[test]
    fn a_day_is_written_out() {
        assert_eq!(long_day("2025-06-30".parse().unwrap()), "30 June 2025");
    }
}
