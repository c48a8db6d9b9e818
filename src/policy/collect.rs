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
    pub segment: Vec<SegmentRules>,
    pub segment_level: Vec<SegmentLevel>,
}

impl CollectPolicy {
    /// Columns and values for which some entry of `segment` or `segment_level` holds, in order, each once.
    pub fn segments(&self) -> Vec<(&str, &str)> {
        let rules = self.segment.iter().map(|s| (s.column.as_str(), s.value.as_str()));
        let levels = self.segment_level.iter().map(|s| (s.column.as_str(), s.value.as_str()));
        let mut all: Vec<_> = rules.chain(levels).filter(|(column, _)| !column.is_empty()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What holds of those who are of some segments: every entry for which `is_of` its column and value is put over the
    /// rest, in order. An action that they are `without` needs more than anybody can owe.
    #[must_use]
    pub fn of_segments(&self, is_of: impl Fn(&str, &str) -> bool) -> Self {
        let mut out = self.clone();
        for s in self.segment_level.iter().filter(|s| is_of(&s.column, &s.value)) {
            out.ladder
                .iter_mut()
                .filter(|level| level.action == s.action)
                .for_each(|level| s.put_over(level));
        }
        for s in self.segment.iter().filter(|s| is_of(&s.column, &s.value)) {
            s.put_over(&mut out);
        }
        let says = |s: &&SegmentRules| is_of(&s.column, &s.value);
        let grace = self.segment.iter().filter(says).filter_map(|s| s.grace_days).next_back().unwrap_or(0);
        let without = self.segment.iter().filter(says).filter_map(|s| s.without.as_ref()).next_back();
        for level in &mut out.ladder {
            if level.from_days_past_due > 0 {
                level.from_days_past_due = level.from_days_past_due.saturating_add(grace);
                level.to_days_past_due = level.to_days_past_due.saturating_add(grace);
            }
            if without.is_some_and(|actions| actions.contains(&level.action)) {
                level.from_amount = f64::INFINITY;
            }
        }
        out
    }

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

/// `[[collect.segment]]`: what holds of the customers of a segment alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct SegmentRules {
    pub column: String,
    pub value: String,
    pub grace_days: Option<i32>,
    pub minimum_amount: Option<f64>,
    pub quiet_days: Option<i32>,
    pub contacts_per_week_max: Option<usize>,
    pub kept_promise_days: Option<i32>,
    pub broken_promise_weight: Option<f64>,
    pub language: Option<String>,
    pub without: Option<Vec<String>>,
}

impl SegmentRules {
    fn put_over(&self, policy: &mut CollectPolicy) {
        put(&mut policy.minimum_amount, self.minimum_amount);
        put(&mut policy.quiet_days, self.quiet_days);
        put(&mut policy.contacts_per_week_max, self.contacts_per_week_max);
        put(&mut policy.kept_promise_days, self.kept_promise_days);
        put(&mut policy.broken_promise_weight, self.broken_promise_weight);
        put(&mut policy.language, self.language.clone());
    }
}

/// `[[collect.segment_level]]`: what a level of the ladder is in a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct SegmentLevel {
    pub column: String,
    pub value: String,
    pub action: String,
    pub channel: Option<String>,
    pub from_days_past_due: Option<i32>,
    pub to_days_past_due: Option<i32>,
    pub from_amount: Option<f64>,
    pub from_risk_prob: Option<f64>,
    pub odds_ratio: Option<f64>,
    pub cost: Option<f64>,
    pub fee_rate: Option<f64>,
    pub lead_days: Option<i32>,
    pub calls: Option<usize>,
    pub tone: Option<String>,
}

impl SegmentLevel {
    /// The level as it is in the segment.
    pub(super) fn put_over(&self, level: &mut Level) {
        put(&mut level.channel, self.channel.clone());
        put(&mut level.from_days_past_due, self.from_days_past_due);
        put(&mut level.to_days_past_due, self.to_days_past_due);
        put(&mut level.from_amount, self.from_amount);
        put(&mut level.from_risk_prob, self.from_risk_prob);
        put(&mut level.odds_ratio, self.odds_ratio);
        put(&mut level.cost, self.cost);
        put(&mut level.fee_rate, self.fee_rate);
        put(&mut level.lead_days, self.lead_days);
        put(&mut level.calls, self.calls);
        put(&mut level.tone, self.tone.clone());
    }
}

fn put<T>(place: &mut T, own: Option<T>) {
    if let Some(own) = own {
        *place = own;
    }
}

/// Words for how a level speaks.
pub const TONES: [&str; 4] = ["friendly", "neutral", "firm", "formal"];

/// The days of the week as the policy names them, Monday first.
pub const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
