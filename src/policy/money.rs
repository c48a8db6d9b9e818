//! What a business decides about money: terms of factors, insurers and collectors, costs of payment, the law's interest.

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

/// `[[kpi.method]]`: what a payment by one method costs whoever is paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct MethodCost {
    pub name: String,
    pub cost: f64,
    pub fee_rate: f64,
}

/// `[insurance]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct InsurancePolicy {
    pub premium_rate: f64,
    pub insured_rate: f64,
    pub first_loss: f64,
    pub limit: f64,
}

/// `[instalments]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct InstalmentPolicy {
    pub parts: u32,
    pub every_days: i32,
    pub kept_prob: f64,
    pub cost: f64,
    pub from_amount: f64,
    pub from_days_past_due: i32,
    pub from_risk_prob: f64,
}

/// `[handover]`: debt given to somebody else to collect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct HandoverPolicy {
    pub recovery_days: Vec<i32>,
    pub recovery_rate: Vec<f64>,
    pub agency: CollectorTerms,
    pub legal: CollectorTerms,
}

/// `[handover.agency]` and `[handover.legal]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct CollectorTerms {
    pub recovery_factor: f64,
    pub fee_rate: f64,
    pub cost: f64,
    pub days: i32,
}

impl HandoverPolicy {
    /// Share that is recovered of a debt so many days past due: linear between the ages given, the first and last rate
    /// outside of them.
    pub fn recovery_rate_at(&self, days_past_due: f64) -> f64 {
        let (days, rates) = (&self.recovery_days, &self.recovery_rate);
        let after = days.partition_point(|&d| f64::from(d) <= days_past_due);
        match (after.checked_sub(1), rates.get(after)) {
            (None, first) => first.copied().unwrap_or(0.0),
            (Some(before), None) => rates[before],
            (Some(before), Some(next)) => {
                let (from, to) = (f64::from(days[before]), f64::from(days[after]));
                rates[before] + (next - rates[before]) * (days_past_due - from) / (to - from)
            }
        }
    }
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
