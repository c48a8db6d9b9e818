//! ISO 4217 currency codes.

use std::fmt;

/// A currency by its ISO 4217 alphabetic code. [`Currency::NONE`] (`XXX`) stands where amounts of several
/// currencies are added at par, or where the ledger names none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Active ISO 4217 codes (list one, 2026), in order.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN \
BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS \
GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK \
LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB \
PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS \
TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XCD XCG XOF XPD XPF \
XPT XXX YER ZAR ZMW ZWG";

impl Currency {
    /// `XXX`: no currency.
    pub const NONE: Self = Self(*b"XXX");

    /// The currency of a three-letter ISO 4217 code, in any case, if ISO lists it.
    ///
    /// ```
    /// use arrears::core::Currency;
    /// assert_eq!(Currency::try_new("eur").unwrap().to_string(), "EUR");
    /// assert!(Currency::try_new("EURO").is_none());
    /// ```
    pub fn try_new(text: &str) -> Option<Self> {
        let bytes: [u8; 3] = text.trim().as_bytes().try_into().ok()?;
        let upper = bytes.map(|b| b.to_ascii_uppercase());
        let known = CODES.as_bytes().chunks(4).any(|c| c[..3] == upper);
        known.then_some(Self(upper))
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_each_code_is_found() {
        let codes: Vec<&str> = CODES.split_whitespace().collect();
        assert!(codes.windows(2).all(|w| w[0] < w[1]));
        assert!(codes.iter().all(|c| Currency::try_new(c).is_some()));
        assert!(Currency::try_new("ZZZ").is_none());
        assert!(Currency::try_new("A A").is_none());
    }
}
