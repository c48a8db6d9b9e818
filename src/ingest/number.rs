//! Numbers of typed files as the decimal text that a person would have written, digit for digit.

use super::table::Kind;
use std::borrow::Cow;

/// Past this power of ten a number is no amount, id or count; it stays as it is and the rules refuse it.
const MAX_EXPONENT: i32 = 40;
/// Significant digits that a spreadsheet shows and keeps.
const SHEET_DIGITS: usize = 15;
/// Whole numbers below are exact in a double.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// A number such as `12.50`, `1e3` or `2.5E-1` without an exponent: `12.50`, `1000`, `0.25`. Where the field holds no
/// amount, `1001.0` is `1001`: it is an id, a count or a day that some tool has turned into a float.
pub(super) fn plain(number: &str, kind: Kind) -> Cow<'_, str> {
    let decimal = without_exponent(number);
    if matches!(kind, Kind::Amount | Kind::Rate) {
        return decimal;
    }
    let is_whole = |text: &str| {
        let whole = text.split_once('.').filter(|(_, fraction)| fraction.bytes().all(|b| b == b'0'));
        whole.map(|(whole, _)| whole.len())
    };
    match (is_whole(&decimal), decimal) {
        (Some(n), Cow::Borrowed(text)) => Cow::Borrowed(&text[..n]),
        (Some(n), Cow::Owned(mut text)) => {
            text.truncate(n);
            Cow::Owned(text)
        }
        (None, decimal) => decimal,
    }
}

fn without_exponent(number: &str) -> Cow<'_, str> {
    let Some((mantissa, exponent)) = number.split_once(['e', 'E']) else { return Cow::Borrowed(number) };
    let Some(exponent) = exponent.parse::<i32>().ok().filter(|e| e.abs() <= MAX_EXPONENT) else {
        return Cow::Borrowed(number);
    };
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let point = whole.len() as i32 + exponent;
    let text = if point <= 0 {
        format!("{sign}0.{}{all}", "0".repeat(point.unsigned_abs() as usize))
    } else if point as usize >= all.len() {
        format!("{sign}{all}{}", "0".repeat(point as usize - all.len()))
    } else {
        format!("{sign}{}.{}", &all[..point as usize], &all[point as usize..])
    };
    Cow::Owned(trimmed(text))
}

/// Without zeros in front of the first digit and behind the last decimal.
fn trimmed(text: String) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let mut digits = digits.trim_start_matches('0');
    if digits.contains('.') {
        digits = digits.trim_end_matches('0').trim_end_matches('.');
    }
    let lead = if digits.is_empty() || digits.starts_with('.') { "0" } else { "" };
    format!("{sign}{lead}{digits}")
}

/// The number of a spreadsheet's cell: the shortest text that gives the same double, or, where that is longer than the
/// 15 digits that a spreadsheet keeps, those: a sum of 0.1 and 0.2 is `0.3`.
pub(super) fn of_sheet(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < EXACT_BELOW {
        return format!("{value:.0}").replace("-0", if value == 0.0 { "0" } else { "-0" });
    }
    let shortest = format!("{value:e}");
    let n_digits = shortest.bytes().take_while(|b| *b != b'e').filter(u8::is_ascii_digit).count();
    let kept = if n_digits <= SHEET_DIGITS { shortest } else { format!("{value:.0$e}", SHEET_DIGITS - 1) };
    without_exponent(&kept).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponent_moves_the_point_and_no_digit() {
        for (number, expected) in [
            ("12.50", "12.50"),
            ("1e3", "1000"),
            ("-2.5E-1", "-0.25"),
            ("1.2345e2", "123.45"),
            ("123456789012345678.91e-2", "1234567890123456.7891"),
            ("0e5", "0"),
            ("1.50e0", "1.5"),
            ("1e41", "1e41"),
            ("1e99999999999", "1e99999999999"),
        ] {
            assert_eq!(plain(number, Kind::Amount), expected, "{number}");
        }
    }

    #[test]
    fn ids_and_counts_lose_the_point_that_a_float_gave_them() {
        for (number, expected) in
            [("1001.0", "1001"), ("1001", "1001"), ("1.001e3", "1001"), ("1.5", "1.5"), ("-3.00", "-3")]
        {
            assert_eq!(plain(number, Kind::Text), expected);
        }
        assert_eq!(plain("1001.0", Kind::Amount), "1001.0");
    }

    #[test]
    fn a_cell_shows_what_its_sheet_shows() {
        for (value, expected) in [
            (1001.0, "1001"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.3"),
            (1234.56, "1234.56"),
            (-0.05, "-0.05"),
            (-0.0, "0"),
            (-10.0, "-10"),
            (999_999_999_999.99, "999999999999.99"),
            (1e15, "1000000000000000"),
            (1e21, "1000000000000000000000"),
            (123_456_789.123_456_7, "123456789.123457"),
            (1e-7, "0.0000001"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(of_sheet(value), expected);
        }
    }
}
