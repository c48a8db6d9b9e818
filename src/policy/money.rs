//! What a business decides about money: factoring terms and the law's interest.

use crate::core::Day;
use serde::{Deserialize, Serialize};

/// `[factoring]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct FactoringPolicy {
    pub advance_rate: f64,
    pub fee_rate: f64,
    pub interest_rate: f64,
    pub recourse: bool,
}

/// `[interest]`: statutory interest on late payment, by the law of a currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct InterestPolicy {
    pub eu: InterestRules,
    pub uk: InterestRules,
}

/// `[interest.eu]` and `[interest.uk]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct InterestRules {
    pub currency: String,
    pub margin_rate: f64,
    pub from: Vec<String>,
    pub reference_rate: Vec<f64>,
    pub fixed_sum_from: Vec<f64>,
    pub fixed_sum: Vec<f64>,
}

impl InterestRules {
    /// Yearly rates, each with the first day on which it holds.
    pub fn rates(&self) -> Vec<(i32, f64)> {
        let day = |text: &String| text.parse::<Day>().ok().map(|day| day.0);
        let rows = self.from.iter().zip(&self.reference_rate);
        rows.filter_map(|(from, rate)| Some((day(from)?, rate + self.margin_rate))).collect()
    }

    /// The fixed sum of a debt of that size.
    pub fn fixed_sum_of(&self, amount: f64) -> f64 {
        let row = self.fixed_sum_from.partition_point(|from| *from <= amount);
        row.checked_sub(1).and_then(|row| self.fixed_sum.get(row)).copied().unwrap_or(0.0)
    }
}
