//! What a business decides about collections: the ladder, and whom to leave alone.

use serde::{Deserialize, Serialize};

/// `[collect]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct CollectPolicy {
    pub cost_of_capital_rate: f64,
    pub loss_given_unpaid_rate: f64,
    pub effect_days: i32,
    pub effect_prior_sd: f64,
    pub effect_contacts_min: usize,
    pub minimum_amount: f64,
    pub currency_per_unit_of_cost: f64,
    pub language: String,
    pub collectors: usize,
    pub calls_per_day: usize,
    pub quiet_days: i32,
    pub contacts_per_week_max: usize,
    pub kept_promise_days: i32,
    pub broken_promise_weight: f64,
    pub weekend: Vec<String>,
    pub holidays: Vec<String>,
    pub level: LevelDefaults,
    pub ladder: Vec<Level>,
}

impl CollectPolicy {
    /// Calls that can be made in a day; none if nobody set a limit.
    pub fn capacity(&self) -> Option<usize> {
        (self.collectors > 0).then_some(self.collectors * self.calls_per_day)
    }
}

/// `[collect.level]`: what a level of the ladder says of itself if it says nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct LevelDefaults {
    pub to_days_past_due: i32,
    pub from_amount: f64,
    pub from_risk_prob: f64,
    pub tone: String,
    pub calls: usize,
    pub fee_rate: f64,
}

/// One level of the ladder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct Level {
    pub action: String,
    pub channel: String,
    pub from_days_past_due: i32,
    pub to_days_past_due: i32,
    pub from_amount: f64,
    pub from_risk_prob: f64,
    pub odds_ratio: f64,
    pub cost: f64,
    pub fee_rate: f64,
    pub lead_days: i32,
    pub calls: usize,
    pub tone: String,
}

/// Words for how a level speaks.
pub const TONES: [&str; 4] = ["friendly", "neutral", "firm", "formal"];

/// The days of the week as the policy names them, Monday first.
pub const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
