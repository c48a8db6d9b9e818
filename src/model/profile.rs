//! What a model saw when it was fitted, in a few numbers: what later days are held against.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bins of a watched quantity: tenths of what the fit saw.
const N_BINS: usize = 10;
/// Observations added to each bin, so that an empty one has a share.
const BIN_START: f64 = 0.5;

/// The distribution of one quantity as the fit saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bins {
    /// Upper ends of all bins but the last, increasing, each inside its bin.
    pub edges: Vec<f64>,
    /// Share of each bin.
    pub shares: Vec<f64>,
    /// Mean of all values.
    pub mean: f64,
}

impl Bins {
    /// Tenths of `values`, fewer where many values are the same; one bin for none.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let tenth = |k: usize| sorted.get((sorted.len() * k / N_BINS).saturating_sub(1)).copied();
        let mut edges: Vec<f64> = (1..N_BINS).filter_map(tenth).collect();
        edges.dedup();
        // an edge at the largest value would leave the last bin empty
        while edges.last().is_some_and(|e| sorted.last().is_some_and(|last| e >= last)) {
            edges.pop();
        }
        let mut bins = Self {
            edges,
            shares: Vec::new(),
            mean: crate::numeric::sum(values) / values.len().max(1) as f64,
        };
        bins.shares = bins.shares_of(values);
        bins
    }

    /// Share of each bin among `values`, `BIN_START` added to each.
    pub fn shares_of(&self, values: &[f64]) -> Vec<f64> {
        let n_bins = self.edges.len() + 1;
        let mut count = vec![BIN_START; n_bins];
        for v in values {
            count[self.edges.partition_point(|e| e < v)] += 1.0;
        }
        let total = values.len() as f64 + BIN_START * n_bins as f64;
        count.into_iter().map(|n| n / total).collect()
    }

    /// Population stability index of `values` against what the fit saw: `sum_b (c[b] - r[b]) ln(c[b] / r[b])` over
    /// shares `c` now and `r` then. 0 is no change; 0.1 is commonly called some and 0.25 much.
    ///
    /// ```
    /// use arrears::model::profile::Bins;
    /// let then: Vec<f64> = (0..1000).map(f64::from).collect();
    /// assert!(Bins::of(&then).psi(&then) < 1e-12);
    /// let now: Vec<f64> = then.iter().map(|v| v + 500.0).collect();
    /// assert!(Bins::of(&then).psi(&now) > 1.0);
    /// ```
    ///
    /// Source: Siddiqi (2006), *Credit Risk Scorecards*, ch. 9.
    pub fn psi(&self, values: &[f64]) -> f64 {
        let now = self.shares_of(values);
        now.iter().zip(&self.shares).map(|(c, r)| (c - r) * (c / r).ln()).sum()
    }
}

/// What open invoices and their scores looked like over the year before the fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Open invoices seen, once for each day on which they were looked at.
    pub n: u64,
    /// Customers among them.
    pub n_customers: u64,
    /// Each watched covariate.
    pub features: BTreeMap<String, Bins>,
    /// `late_prob` of invoices not yet due.
    pub late_prob: Bins,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_hold_a_tenth_each() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        let bins = Bins::of(&values);
        assert_eq!(bins.edges, [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]);
        assert!(bins.shares.iter().all(|s| (s - 0.1).abs() < 1e-12) && bins.mean == 50.5);
    }

    #[test]
    fn a_flag_has_two_bins_and_a_constant_one() {
        let flag: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i % 4 == 0))).collect();
        let bins = Bins::of(&flag);
        assert_eq!(bins.edges, [0.0]);
        assert!((bins.shares[1] - 25.5 / 101.0).abs() < 1e-12);
        assert_eq!((Bins::of(&[3.0; 9]).shares, Bins::of(&[]).shares), (vec![1.0], vec![1.0]));
    }

    /// Half and half becomes one in four: (1/4 - 1/2) ln(1/2) + (3/4 - 1/2) ln(3/2).
    #[test]
    fn psi_is_the_sum_over_bins() {
        let then: Vec<f64> = (0..40_000).map(|i| f64::from(i % 2)).collect();
        let now: Vec<f64> = (0..40_000).map(|i| f64::from(u8::from(i % 4 == 0))).collect();
        let wanted = -0.25 * 0.5_f64.ln() + 0.25 * 1.5_f64.ln();
        assert!((Bins::of(&then).psi(&now) - wanted).abs() < 1e-4);
    }
}
