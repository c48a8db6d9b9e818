//! What a business decides: every threshold, cost and switch, checked once and then never again.

mod change;
mod check;
mod check_collect;
pub mod collect;
mod error;
pub mod leave_out;
mod load;
pub mod money;
mod shape;

pub use change::with_keys;
pub use check::{SEGMENTS_MAX, ValidPolicy};
pub use collect::{CollectPolicy, Level, SegmentLevel, SegmentRules};
pub use error::PolicyError;
pub use leave_out::Part;
pub use load::{DEFAULTS, default_segments, load, parse, write_defaults};
pub use money::{
    CollectorTerms, FactoringPolicy, HandoverPolicy, InstalmentPolicy, InsurancePolicy, InterestPolicy,
    InterestRules, MethodCost,
};
pub use shape::{doc, keys};

use serde::{Deserialize, Serialize};

/// Everything `policy.toml` may say; `src/policy/defaults.toml` documents each key with unit and range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What becomes of rows that rules find.
    pub ingest: IngestPolicy,
    /// Late or not, buckets, currencies.
    pub ledger: LedgerPolicy,
    /// How the model is fitted.
    pub model: ModelPolicy,
    /// Horizons and bands.
    pub score: ScorePolicy,
    /// When a model that was given is no longer believed.
    pub gate: GatePolicy,
    /// The cash forecast's simulation.
    pub forecast: ForecastPolicy,
    /// Windows of key figures, and the discount that may be offered.
    pub kpi: KpiPolicy,
    /// A factor's terms.
    pub factoring: FactoringPolicy,
    /// An insurer's terms.
    pub insurance: InsurancePolicy,
    /// Payment in parts, and to whom it is offered.
    pub instalments: InstalmentPolicy,
    /// What collectors and courts recover and cost.
    pub handover: HandoverPolicy,
    /// The law's interest on late payment.
    pub interest: InterestPolicy,
    /// Value and cost of contact.
    pub collect: CollectPolicy,
}

/// `[ingest]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct IngestPolicy {
    pub strict: bool,
    pub max_quarantine_rate: f64,
}

/// `[ledger]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct LedgerPolicy {
    pub grace_days: i32,
    pub aging_edges_days: Vec<i32>,
    pub default_currency: String,
    pub reporting_currency: String,
    pub allocation: Vec<AllocationStep>,
    pub tolerance_amount: f64,
    pub tolerance_rate: f64,
    pub segments: Vec<String>,
    pub segment_values_max: usize,
}

/// How a payment finds the invoices that it settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllocationStep {
    /// It settles the invoice that it names.
    Reference,
    /// One that names none settles the customer's open invoices, oldest due first.
    OldestDueFirst,
}

/// Which solver fits the hazard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Solver {
    /// Our Newton steps over blocked Gram products.
    Newton,
    /// linfa-logistic's L-BFGS: the independent reference.
    Linfa,
}

/// `[model]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct ModelPolicy {
    pub solver: Solver,
    pub half_life_long_days: i32,
    pub half_life_days: i32,
    pub half_life_short_days: i32,
    pub half_life_level_days: i32,
    pub landmark_every_days: i32,
    pub landmark_customers_max: usize,
    pub history_days: i32,
    pub recent_days: i32,
    pub older_weight: f64,
    pub warm_up_days: i32,
    pub train_horizon_days: i32,
    pub train_rows_max: usize,
    pub penalty: f64,
    pub penalty_shares: Vec<f64>,
    pub min_settled: usize,
    pub tolerance: f64,
    pub iterations_max: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leave_out: Vec<String>,
}

/// `[score]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct ScorePolicy {
    pub loss_horizon_days: i32,
    pub risk_medium_prob: f64,
    pub risk_high_prob: f64,
}

/// `[gate]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct GatePolicy {
    pub fail: bool,
    pub late_bias_max: f64,
    pub score_psi_max: f64,
    pub feature_psi_max: f64,
    pub invoices_min: u64,
}

/// `[kpi]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct KpiPolicy {
    pub window_days: i32,
    pub long_window_days: i32,
    pub offer_discount_rate: f64,
    pub offer_discount_days: i32,
    pub limit_headroom: f64,
    pub limit_unpaid_prob: f64,
    pub method: Vec<MethodCost>,
}

/// `[forecast]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct ForecastPolicy {
    pub draws: usize,
    pub billing_half_life_days: i32,
    pub customer_correlation: f64,
    pub portfolio_correlation: f64,
    pub week_deviation: f64,
}

#[cfg(test)]
mod tests;
