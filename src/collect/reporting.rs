//! One currency for customers who owe in several.

use crate::core::{Amount, Currency, Day};
use std::collections::BTreeMap;

/// The currency in which customers are compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Reporting {
    /// All open invoices are in this one.
    Single(Currency),
    /// Amounts are converted.
    Converted {
        /// To this currency, whose own rate is 1.
        currency: Currency,
        /// Units of it for one unit of each other currency.
        rates: BTreeMap<Currency, f64>,
    },
    /// Several currencies that are added as they stand, in currency `XXX`.
    AtPar,
}

/// Why customers cannot be compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum CollectError {
    /// An open invoice is in a currency that has no rate.
    #[error("no rate from {currency} to {reporting} on or before {day}")]
    NoRate { currency: Currency, reporting: Currency, day: Day },
    /// A rate is not a number above zero.
    #[error("rate from {currency} to {reporting} is {rate}, expected a number above 0")]
    RateOutOfRange { currency: Currency, reporting: Currency, rate: f64 },
}

impl CollectError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoRate { currency, day, .. } => {
                Some(format!("add a row for {currency} on or before {day} to the file given with --fx"))
            }
            Self::RateOutOfRange { currency, .. } => {
                Some(format!("correct the rate of {currency} in the --fx file"))
            }
        }
    }
}

/// How one currency turns into the reporting currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Conversion {
    /// As it stands, exactly.
    Par,
    /// Times a rate, rounded half to even to four places.
    Rate(f64),
}

impl Conversion {
    pub(super) fn apply(self, amount: Amount) -> Amount {
        match self {
            Self::Par => amount,
            Self::Rate(rate) => Amount((amount.0 as f64 * rate).round_ties_even() as i64),
        }
    }
}

impl Reporting {
    /// The reporting currency.
    pub fn currency(&self) -> Currency {
        match self {
            Self::Single(currency) | Self::Converted { currency, .. } => *currency,
            Self::AtPar => Currency::NONE,
        }
    }

    /// Whether amounts of a currency can be compared.
    ///
    /// # Errors
    /// [`CollectError`] for a currency that has no rate, or none that is a number above zero.
    pub fn check(&self, from: Currency, day: Day) -> Result<(), CollectError> {
        self.conversion(from, day).map(|_| ())
    }

    pub(super) fn conversion(&self, from: Currency, day: Day) -> Result<Conversion, CollectError> {
        let reporting = self.currency();
        match self {
            Self::AtPar => Ok(Conversion::Par),
            _ if from == reporting => Ok(Conversion::Par),
            Self::Single(_) => Err(CollectError::NoRate { currency: from, reporting, day }),
            Self::Converted { rates, .. } => match rates.get(&from) {
                None => Err(CollectError::NoRate { currency: from, reporting, day }),
                Some(&rate) if rate.is_finite() && rate > 0.0 => Ok(Conversion::Rate(rate)),
                Some(&rate) => Err(CollectError::RateOutOfRange { currency: from, reporting, rate }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Currency {
        Currency::try_new(text).unwrap()
    }

    #[test]
    fn half_a_ten_thousandth_goes_to_the_even_side() {
        let half = Conversion::Rate(0.5);
        assert_eq!([1, 3, 4].map(|a| half.apply(Amount(a)).0), [0, 2, 2]);
    }

    #[test]
    fn a_currency_without_a_rate_is_named() {
        let rates = BTreeMap::from([(code("USD"), 0.9), (code("GBP"), 0.0)]);
        let r = Reporting::Converted { currency: code("EUR"), rates };
        let on = |text| r.conversion(code(text), Day(19_782));
        assert_eq!(on("EUR"), Ok(Conversion::Par));
        assert_eq!(on("USD"), Ok(Conversion::Rate(0.9)));
        assert_eq!(on("JPY").unwrap_err().to_string(), "no rate from JPY to EUR on or before 2024-02-29");
        let zero = on("GBP").unwrap_err();
        assert_eq!(zero.to_string(), "rate from GBP to EUR is 0, expected a number above 0");
        assert!(Reporting::Single(code("EUR")).conversion(code("USD"), Day(0)).is_err());
    }
}
