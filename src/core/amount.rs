//! Money as whole ten-thousandths of a currency unit.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Ten-thousandths in one currency unit.
pub const SCALE: i64 = 10_000;
/// Digits before the point that DECIMAL(18,4) holds.
const MAX_UNITS: i64 = 99_999_999_999_999;

/// An amount of money in ten-thousandths of a unit of its currency: exact, and summed without rounding.
///
/// The largest magnitude that [`Amount::parse`] takes is that of DECIMAL(18,4), fourteen digits before the
/// point; a sum of nine thousand such amounts still fits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(pub i64);

/// Why a text or number is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Something other than digits, one point and one leading sign.
    #[error("not a number")]
    NotANumber,
    /// More than four digits after the point that are not zero.
    #[error("more than 4 decimals")]
    TooPrecise,
    /// More than fourteen digits before the point.
    #[error("more than 14 digits before the point")]
    TooLarge,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Reads a plain decimal exactly: `1234.5`, `-0.01`, `+7`. No thousands marks, no exponent, no currency sign.
    ///
    /// # Errors
    /// [`AmountError`] says what is wrong with the text; nothing is rounded.
    ///
    /// ```
    /// use arrears::core::{Amount, AmountError};
    /// assert_eq!(Amount::parse("1234.5").unwrap().to_string(), "1234.50");
    /// assert_eq!(Amount::parse("12,5"), Err(AmountError::NotANumber));
    /// assert_eq!(Amount::parse("0.00001"), Err(AmountError::TooPrecise));
    /// ```
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let t = text.trim();
        let (negative, digits) = match t.as_bytes().first() {
            Some(b'-') => (true, &t[1..]),
            Some(b'+') => (false, &t[1..]),
            _ => (false, t),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.bytes().all(|c| c.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return Err(AmountError::NotANumber);
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > 14 {
            return Err(AmountError::TooLarge);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 4 {
            return Err(AmountError::TooPrecise);
        }
        let number = |s: &str| s.bytes().fold(0_i64, |n, c| n * 10 + i64::from(c - b'0'));
        let minor = number(fraction) * 10_i64.pow(4 - fraction.len() as u32);
        let value = number(whole) * SCALE + minor;
        Ok(Self(if negative { -value } else { value }))
    }

    /// The nearest amount to a binary number, which is how a spreadsheet or Parquet DOUBLE carries decimals.
    ///
    /// # Errors
    /// [`AmountError::NotANumber`] for NaN and infinities, [`AmountError::TooLarge`] past fourteen digits.
    pub fn from_f64(value: f64) -> Result<Self, AmountError> {
        if !value.is_finite() {
            return Err(AmountError::NotANumber);
        }
        if value.abs() > MAX_UNITS as f64 {
            return Err(AmountError::TooLarge);
        }
        Ok(Self((value * SCALE as f64).round() as i64))
    }

    /// In currency units, for models; never for sums that must reconcile.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / SCALE as f64
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
impl Neg for Amount {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}
impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl SubAssign for Amount {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}
impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Amount {
    /// Two decimals, or four where the last two are not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, minor) = (self.0.unsigned_abs() / SCALE as u64, self.0.unsigned_abs() % SCALE as u64);
        if minor % 100 == 0 {
            write!(f, "{sign}{whole}.{:02}", minor / 100)
        } else {
            write!(f, "{sign}{whole}.{minor:04}")
        }
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cent_is_a_hundred_ten_thousandths() {
        assert_eq!(Amount::parse("0.01"), Ok(Amount(100)));
        assert_eq!(Amount::parse("-3"), Ok(Amount(-30_000)));
        assert_eq!(Amount::parse(".5"), Ok(Amount(5_000)));
        assert_eq!(Amount::parse("1.50000"), Ok(Amount(15_000)));
    }

    #[test]
    fn texts_that_are_no_plain_decimal_are_refused() {
        for t in ["", "-", ".", "1e5", "1,000.00", "NaN", "$5", "1.2.3", "--1", "0x10", "١"] {
            assert_eq!(Amount::parse(t), Err(AmountError::NotANumber), "{t}");
        }
        assert_eq!(Amount::parse("123456789012345"), Err(AmountError::TooLarge));
    }

    #[test]
    fn binary_noise_is_rounded_away() {
        assert_eq!(Amount::from_f64(0.1 + 0.2), Ok(Amount(3_000)));
        assert_eq!(Amount::from_f64(f64::NAN), Err(AmountError::NotANumber));
    }

    #[test]
    fn a_shown_amount_reads_back() {
        for v in [0, 1, -1, 100, 12_345_600, -99_999_999] {
            assert_eq!(Amount::parse(&Amount(v).to_string()), Ok(Amount(v)));
        }
    }
}
