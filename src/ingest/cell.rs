//! Values of one column of one block, read as what their field holds.

use super::mapping::date::{DateStyle, Reading};
use super::mapping::number::{DecimalMark, NumberStyle};
use super::rule::{self, Refusal};
use super::table::{Block, RawTable};
use super::words::Codes;
use crate::core::{Amount, AmountError};
use polars::prelude::*;

type TextArray = <StringType as PolarsDataType>::Array;
type NumberArray<T> = <T as PolarsDataType>::Array;

/// 1900-01-01 and 2200-12-31: days outside are slips of the pen or stand for "never".
pub(super) const PLAUSIBLE_DAYS: std::ops::RangeInclusive<i32> = -25_567..=84_370;
/// Ten-thousandths of the first amount that DECIMAL(18,4) does not hold.
const AMOUNT_END: i128 = 1_000_000_000_000_000_000;

enum Values<'a> {
    Absent,
    Text(&'a TextArray),
    Words(Codes<'a>),
    Day(&'a NumberArray<Int32Type>),
    Int(&'a NumberArray<Int64Type>),
    Float(&'a NumberArray<Float64Type>),
    /// Whole numbers and how many decimals they have.
    Decimal(&'a NumberArray<Int128Type>, u32),
}

/// A column of a block. A cell is empty if it is null, NaN, or text of nothing but spaces.
pub(super) struct Cells<'a> {
    field: &'static str,
    values: Values<'a>,
    /// Days chosen between two readings of a text.
    chosen: Option<&'a NumberArray<Int32Type>>,
    /// Where the chosen one is the last of several possible days, the first of them.
    first: Option<&'a NumberArray<Int32Type>>,
    start: usize,
    dates: &'a DateStyle,
    numbers: &'a NumberStyle,
}

/// The name in a frame of the days that were chosen between two readings of a field.
pub(super) fn chosen_name(field: &str) -> String {
    format!("{field}=")
}

/// The name in a frame of the first possible days of a field where the chosen one is the last of several.
pub(super) fn first_name(field: &str) -> String {
    format!("{field}<")
}

impl<'a> Cells<'a> {
    /// The cells of a field; every one is empty where the file has no such column.
    pub fn of(table: &'a RawTable, block: &Block, field: &'static str) -> Self {
        let frame = &table.parts[block.part].frame;
        let of = |name: &str| values(frame.column(name).ok()?.as_materialized_series(), block.chunk);
        let (dates, numbers) = (table.styles.date(field), table.styles.number(field));
        let days = |name: fn(&str) -> String| match dates.clash().and_then(|_| of(&name(field))) {
            Some(Values::Day(days)) => Some(days),
            _ => None,
        };
        let (chosen, first) = (days(chosen_name), days(first_name));
        let values = of(field).unwrap_or(Values::Absent);
        Self { field, values, chosen, first, start: block.start, dates, numbers }
    }

    /// How its dates are written.
    pub fn dates(&self) -> &'a DateStyle {
        self.dates
    }

    /// The text, without spaces around it.
    #[inline]
    pub fn text(&self, i: usize) -> Option<&'a str> {
        match &self.values {
            Values::Text(a) => trimmed(a.get(self.start + i)?),
            Values::Words(codes) => trimmed(codes.get(self.start + i)?),
            _ => None,
        }
    }

    /// # Errors
    /// `MISSING_VALUE` for an empty cell.
    #[inline]
    pub fn required_text(&self, i: usize) -> Result<&'a str, Refusal> {
        self.text(i).ok_or_else(|| self.missing())
    }

    /// The day, if any.
    ///
    /// # Errors
    /// `DATE_NOT_READABLE`, `DATE_AMBIGUOUS` or `DATE_OUT_OF_RANGE`.
    #[inline]
    pub fn day(&self, i: usize) -> Result<Option<i32>, Refusal> {
        let day = match &self.values {
            Values::Day(a) => a.get(self.start + i),
            _ => match self.text(i) {
                None => None,
                Some(text) => match self.dates.read(text) {
                    Reading::One(day) => Some(day.0),
                    Reading::Several => Some(self.chosen_day(i).ok_or_else(|| self.ambiguous_date(text))?),
                    Reading::Nothing if is_zero_date(text) => None,
                    Reading::Nothing => return Err(self.unreadable_date(text)),
                },
            },
        };
        match day {
            Some(d) if !PLAUSIBLE_DAYS.contains(&d) => Err(self.refuse(&rule::DATE_OUT_OF_RANGE, i)),
            _ => Ok(day),
        }
    }

    /// The day that a check of the mapping has chosen between the readings of a cell.
    fn chosen_day(&self, i: usize) -> Option<i32> {
        self.chosen.and_then(|days| days.get(self.start + i))
    }

    /// Where the day is the last of several that the cell can mean, which nothing decides between: the first of them.
    #[inline]
    pub fn first_day(&self, i: usize) -> Option<i32> {
        let first = self.first?.get(self.start + i)?;
        // what stands in the cell now may be another date than that which was looked at
        self.text(i).filter(|text| self.dates.read(text) == Reading::Several).map(|_| first)
    }

    /// A note of a cell with a [`Cells::first_day`].
    #[cold]
    pub fn undecided(&self, i: usize) -> Refusal {
        let text = self.text(i).unwrap_or_default();
        let finding = format!("{}: it counts from the last of them on", self.told(text));
        self.refuse(&rule::DATE_UNDECIDED, i).because(finding)
    }

    /// Whether the cell can mean several days and all of them come after `day`.
    pub fn is_wholly_after(&self, i: usize, day: i32) -> bool {
        if self.dates.clash().is_none() {
            return false;
        }
        let readings = self.text(i).map(|text| self.dates.readings(text)).unwrap_or_default();
        readings.len() > 1 && readings.iter().all(|(_, reading)| reading.0 > day)
    }

    /// The day of a column of dates, if it is there and plausible: what nearly every cell of a Parquet file is.
    #[inline]
    pub fn typed_day(&self, i: usize) -> Option<i32> {
        match &self.values {
            Values::Day(a) => a.get(self.start + i).filter(|day| PLAUSIBLE_DAYS.contains(day)),
            _ => None,
        }
    }

    /// The amount, if any, exactly.
    ///
    /// # Errors
    /// `AMOUNT_NOT_NUMBER`, `AMOUNT_TOO_PRECISE` or `AMOUNT_TOO_LARGE`.
    #[inline]
    pub fn amount(&self, i: usize) -> Result<Option<Amount>, Refusal> {
        let at = self.start + i;
        let read = match &self.values {
            Values::Decimal(a, scale) => a.get(at).map(|v| of_decimal(v, *scale)),
            Values::Text(_) | Values::Words(_) => self.text(i).map(|text| self.numbers.read(text)),
            Values::Int(a) => a.get(at).map(|v| of_decimal(i128::from(v), 0)),
            Values::Float(a) => a.get(at).filter(|v| !v.is_nan()).map(Amount::from_f64),
            Values::Day(_) | Values::Absent => None,
        };
        read.transpose().map_err(|e| {
            let rule = match e {
                AmountError::NotANumber => &rule::AMOUNT_NOT_NUMBER,
                AmountError::TooPrecise => &rule::AMOUNT_TOO_PRECISE,
                AmountError::TooLarge => &rule::AMOUNT_TOO_LARGE,
            };
            self.refuse(rule, i)
        })
    }

    /// # Errors
    /// Those of [`Cells::amount`], and `MISSING_VALUE`.
    #[inline]
    pub fn required_amount(&self, i: usize) -> Result<Amount, Refusal> {
        self.amount(i)?.ok_or_else(|| self.missing())
    }

    /// A whole number of days, if any.
    ///
    /// # Errors
    /// `TERMS_NOT_NUMBER`.
    pub fn count(&self, i: usize) -> Result<Option<i32>, Refusal> {
        let at = self.start + i;
        let count = match &self.values {
            Values::Int(a) => a.get(at).map(|v| i32::try_from(v).ok()),
            // pandas turns a column of integers into floats as soon as one is missing
            Values::Float(a) => a.get(at).filter(|v| !v.is_nan()).map(whole),
            Values::Text(_) | Values::Words(_) => {
                self.text(i).map(|t| t.parse().ok().or_else(|| self.whole_number(t)))
            }
            _ => None,
        };
        match count {
            Some(None) => Err(self.refuse(&rule::TERMS_NOT_NUMBER, i)),
            Some(count) => Ok(count),
            None => Ok(None),
        }
    }

    /// A whole number with units around it, or with decimals that are nothing.
    #[cold]
    fn whole_number(&self, text: &str) -> Option<i32> {
        whole(self.numbers.plain(text)?.parse().ok()?)
    }

    /// A rate above zero.
    ///
    /// # Errors
    /// `MISSING_VALUE`, `RATE_NOT_NUMBER` or `RATE_NOT_POSITIVE`.
    pub fn required_rate(&self, i: usize) -> Result<f64, Refusal> {
        let rate = match &self.values {
            Values::Float(a) => a.get(self.start + i).filter(|v| !v.is_nan()),
            _ => match self.text(i) {
                None => None,
                Some(text) => Some(self.rate(text).ok_or_else(|| self.refuse(&rule::RATE_NOT_NUMBER, i))?),
            },
        };
        match rate {
            None => Err(self.missing()),
            Some(r) if !r.is_finite() => Err(self.refuse(&rule::RATE_NOT_NUMBER, i)),
            Some(r) if r <= 0.0 => Err(self.refuse(&rule::RATE_NOT_POSITIVE, i)),
            Some(r) => Ok(r),
        }
    }

    /// A share from 0 to below 1, if any.
    ///
    /// # Errors
    /// `DISCOUNT_NOT_SHARE`.
    #[inline]
    pub fn share(&self, i: usize) -> Result<Option<f64>, Refusal> {
        let share = match &self.values {
            Values::Absent => return Ok(None),
            Values::Float(a) => a.get(self.start + i).filter(|v| !v.is_nan()),
            _ => self.text(i).map(|text| self.rate(text).unwrap_or(f64::NAN)),
        };
        match share {
            Some(v) if !(0.0..1.0).contains(&v) => Err(self.refuse(&rule::DISCOUNT_NOT_SHARE, i)),
            share => Ok(share),
        }
    }

    fn rate(&self, text: &str) -> Option<f64> {
        let plain = || self.numbers.plain(text)?.parse().ok();
        if self.numbers.mark == DecimalMark::Point { text.parse().ok().or_else(plain) } else { plain() }
    }

    /// The value as a message shows it.
    pub fn shown(&self, i: usize) -> String {
        let at = self.start + i;
        match &self.values {
            Values::Absent => None,
            Values::Text(a) => a.get(at).map(str::to_owned),
            Values::Words(codes) => codes.get(at).map(str::to_owned),
            Values::Day(a) => a.get(at).map(|d| crate::core::Day(d).to_string()),
            Values::Int(a) => a.get(at).map(|v| v.to_string()),
            Values::Float(a) => a.get(at).map(|v| v.to_string()),
            Values::Decimal(a, scale) => a.get(at).map(|v| decimal_text(v, *scale as usize)),
        }
        .unwrap_or_default()
    }

    /// A refusal of row `i` that shows this column's value.
    #[cold]
    pub fn refuse(&self, rule: &'static rule::Rule, i: usize) -> Refusal {
        Refusal::new(rule, self.field, self.shown(i))
    }

    /// The refusal of a row whose cell is empty.
    #[cold]
    pub fn missing(&self) -> Refusal {
        Refusal::new(&rule::MISSING_VALUE, self.field, "")
    }

    #[cold]
    fn ambiguous_date(&self, text: &str) -> Refusal {
        let finding = format!("{}: no check leaves exactly one", self.told(text));
        Refusal::new(&rule::DATE_AMBIGUOUS, self.field, text).because(finding)
    }

    /// Every day that a text can mean.
    fn told(&self, text: &str) -> String {
        let readings = self.dates.readings(text);
        let told = readings.iter().map(|(format, day)| format!("{day} ({})", format.pattern()));
        told.collect::<Vec<_>>().join(" or ")
    }

    #[cold]
    fn unreadable_date(&self, text: &str) -> Refusal {
        let finding = format!("not a date of the shape {}", self.dates.pattern());
        Refusal::new(&rule::DATE_NOT_READABLE, self.field, text).because(finding)
    }
}

fn values(series: &Series, chunk: usize) -> Option<Values<'_>> {
    match series.dtype() {
        DataType::String => series.str().ok()?.downcast_get(chunk).map(Values::Text),
        DataType::Categorical(..) => Codes::of(series, chunk).map(Values::Words),
        DataType::Date => series.date().ok()?.physical().downcast_get(chunk).map(Values::Day),
        DataType::Int64 => series.i64().ok()?.downcast_get(chunk).map(Values::Int),
        DataType::Float64 => series.f64().ok()?.downcast_get(chunk).map(Values::Float),
        DataType::Decimal(_, scale) => {
            let array = series.decimal().ok()?.physical().downcast_get(chunk);
            array.map(|a| Values::Decimal(a, *scale as u32))
        }
        _ => None,
    }
}

/// Whether a text is a date of nothing but zeros, which is how databases write that there is none.
#[cold]
fn is_zero_date(text: &str) -> bool {
    text.len() >= 8 && text.bytes().all(|b| b"0-./ :T".contains(&b))
}

/// Without white space at the ends; `None` if nothing is left.
#[inline]
fn trimmed(text: &str) -> Option<&str> {
    let plain = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_graphic());
    let bytes = text.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) {
        return Some(text);
    }
    Some(text.trim()).filter(|t| !t.is_empty())
}

/// `value` / 10^`scale` as an amount, if it is one to the last digit.
#[inline]
fn of_decimal(value: i128, scale: u32) -> Result<Amount, AmountError> {
    let minor = if scale <= 4 {
        value.checked_mul(10_i128.pow(4 - scale)).ok_or(AmountError::TooLarge)?
    } else {
        let unit = 10_i128.checked_pow(scale - 4).ok_or(AmountError::TooPrecise)?;
        if value % unit != 0 {
            return Err(AmountError::TooPrecise);
        }
        value / unit
    };
    if minor.abs() >= AMOUNT_END { Err(AmountError::TooLarge) } else { Ok(Amount(minor as i64)) }
}

fn decimal_text(value: i128, scale: usize) -> String {
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn whole(value: f64) -> Option<i32> {
    let fits = value.fract() == 0.0 && value.abs() <= f64::from(i32::MAX);
    fits.then_some(value as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Day;

    #[test]
    fn plausible_days_run_from_1900_to_2200() {
        assert_eq!(Day(*PLAUSIBLE_DAYS.start()).to_string(), "1900-01-01");
        assert_eq!(Day(*PLAUSIBLE_DAYS.end()).to_string(), "2200-12-31");
    }

    #[test]
    fn decimals_of_any_scale_are_read_exactly_or_not_at_all() {
        assert_eq!(of_decimal(12_345, 2), Ok(Amount(1_234_500)));
        assert_eq!(of_decimal(-1, 0), Ok(Amount(-10_000)));
        assert_eq!(of_decimal(1_234_500, 6), Ok(Amount(12_345)));
        assert_eq!(of_decimal(1_234_501, 6), Err(AmountError::TooPrecise));
        assert_eq!(of_decimal(0, 38), Ok(Amount(0)));
        assert_eq!(of_decimal(99_999_999_999_999, 0), Ok(Amount(999_999_999_999_990_000)));
        assert_eq!(of_decimal(100_000_000_000_000, 0), Err(AmountError::TooLarge));
        assert_eq!(of_decimal(i128::MAX, 0), Err(AmountError::TooLarge));
    }

    #[test]
    fn a_decimal_is_shown_with_its_own_places() {
        assert_eq!(decimal_text(-5, 2), "-0.05");
        assert_eq!(decimal_text(123_456, 4), "12.3456");
        assert_eq!(decimal_text(7, 0), "7");
    }

    #[test]
    fn text_is_trimmed_and_blank_text_is_empty() {
        assert_eq!(trimmed("a b"), Some("a b"));
        assert_eq!(trimmed(" a\u{a0}"), Some("a"));
        assert_eq!(trimmed("é"), Some("é"));
        assert_eq!((trimmed(""), trimmed(" \t")), (None, None));
    }
}
