//! A portfolio that a ledger too young to have one of its own is shrunk to.

use super::bins::N_BINS;
use super::portfolio::PortfolioState;
use super::prior::{Prior, Spread};
use serde::{Deserialize, Serialize};

/// Days at risk that the background counts in each bin of relative day.
const BIN_DAYS: f64 = 200.0;
/// Settlements that it counts in late share, level and age.
const SETTLED: f64 = 10.0;

/// How the customers that a model was fitted on pay, all together: rates, not counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Background {
    /// Daily hazard by bin of relative day.
    hazard: Vec<f64>,
    late_prob: f64,
    level: f64,
    mean_log_age: f64,
    mean_log_amount: f64,
    spread: Spread,
}

impl Background {
    /// The portfolio as a prior knows it.
    pub fn of(prior: &Prior) -> Self {
        Self {
            hazard: prior.hazard.to_vec(),
            late_prob: prior.late_prob,
            level: prior.level,
            mean_log_age: prior.mean_log_age,
            mean_log_amount: prior.mean_log_amount,
            spread: prior.spread,
        }
    }

    /// Whether this version has the bins that it was made with.
    pub fn fits(&self) -> bool {
        self.hazard.len() == N_BINS
    }

    /// How customers differ.
    pub fn spread(&self) -> Spread {
        self.spread
    }

    /// A level of delay known from so many settlements, shrunk.
    pub fn level(&self, own: f64, settled: f64) -> f64 {
        shrunk(own, settled, self.level)
    }

    /// Adds the background's pseudo-observations to what a ledger has shown. The amounts stay its own where it has
    /// any: they are in its own currency.
    pub fn add_to(&self, state: &mut PortfolioState) {
        for (bin, hazard) in self.hazard.iter().enumerate().take(N_BINS) {
            state.exposure[bin] += BIN_DAYS;
            state.events[bin] += BIN_DAYS * hazard;
        }
        state.mean_log_age = shrunk(state.mean_log_age, state.settled, self.mean_log_age);
        if state.mean_log_amount == 0.0 {
            state.mean_log_amount = self.mean_log_amount;
        }
        state.settled += SETTLED;
        state.late += SETTLED * self.late_prob;
    }
}

fn shrunk(own: f64, n: f64, background: f64) -> f64 {
    (own * n + background * SETTLED) / (n + SETTLED)
}
