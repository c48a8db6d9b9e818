//! The model that ships with arrears, for ledgers too small or too young for one of their own.

use super::artifact::{Artifact, ArtifactError};
use super::hazard::Hazard;
use crate::features::PersonPeriods;
use crate::numeric::logistic;
use std::path::Path;

/// Fitted on the demo's simulated customers.
const REFERENCE: &str = include_str!("../../models/demo.json");

/// Settled invoices that the reference model counts for: a ledger with as many is believed half.
const SETTLED_PRIOR: f64 = 10.0;
/// Newton steps of a shift, which converges in a handful.
const STEPS_MAX: usize = 50;

/// The reference model.
///
/// # Errors
/// As [`Artifact::parse`], which would be a bug: a test loads it.
pub fn reference() -> Result<Artifact, ArtifactError> {
    Artifact::parse(REFERENCE, Path::new("models/demo.json, inside arrears"))
}

/// A hazard moved towards what a small ledger shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Shifted {
    /// The hazard with the shift in its intercept.
    pub hazard: Hazard,
    /// What was added to the log-odds of every day.
    pub shift: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// Shifts a hazard's intercept to the maximum of `sum_i w[i] (y[i] eta[i] - ln(1 + e^eta[i])) - prior d^2 / 2` with
/// `eta[i] = a + d + x[i] . b`: the log-likelihood of the ledger's own rows and a normal prior that counts like ten settled
/// invoices. Without rows the shift is 0.
///
/// Source: an offset model with a ridge, as Steyerberg (2019), *Clinical Prediction Models*, 20.3, recalibrates
/// in the large.
pub fn shifted(hazard: &Hazard, rows: &PersonPeriods) -> Shifted {
    let eta = |r: usize| hazard.log_odds(rows.covariates(r), rows.is_overdue[r]);
    let etas: Vec<f64> = (0..rows.n_rows()).map(eta).collect();
    let (mut shift, mut information) = (0.0, SETTLED_PRIOR);
    for _ in 0..STEPS_MAX {
        let mut slope = -SETTLED_PRIOR * shift;
        information = SETTLED_PRIOR;
        for ((eta, event), w) in etas.iter().zip(&rows.event).zip(&rows.weight) {
            let (w, mu) = (f64::from(*w), logistic(eta + shift));
            slope += w * (f64::from(u8::from(*event)) - mu);
            information += w * mu * (1.0 - mu);
        }
        // a step of one log-odds at the most keeps Newton inside where the curve is near a parabola
        let step = (slope / information).clamp(-1.0, 1.0);
        shift += step;
        if step.abs() < 1e-12 {
            break;
        }
    }
    let hazard = hazard.shifted(shift);
    Shifted { hazard, shift, standard_error: information.sqrt().recip() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::N_COLUMNS;
    use crate::numeric::logit;

    #[test]
    fn the_reference_model_loads() {
        assert!(reference().unwrap().hazard.coefficients.len() > 20);
    }

    /// `n` rows of an average day whose log-odds by the model are `eta`, of weight 1, a share `hazard` of them events.
    fn rows(hazard: &Hazard, eta: f64, n: usize, share: f64) -> PersonPeriods {
        let mut x = vec![0.0; N_COLUMNS];
        x[0] = (eta - hazard.intercept) / hazard.coefficients[0];
        PersonPeriods {
            x: x.repeat(n),
            event: (0..n).map(|i| (i as f64) < share * n as f64).collect(),
            weight: vec![1.0; n],
            is_overdue: vec![false; n],
            ..PersonPeriods::default()
        }
    }

    #[test]
    fn nothing_seen_shifts_nothing_and_much_is_believed() {
        let hazard = reference().unwrap().hazard.of_this_version();
        let none = shifted(&hazard, &PersonPeriods::default());
        assert_eq!((none.shift, &none.hazard), (0.0, &hazard));
        let much = shifted(&hazard, &rows(&hazard, -2.0, 40_000, 0.25));
        assert!((much.shift - (logit(0.25) + 2.0)).abs() < 0.01, "{}", much.shift);
        assert!(much.standard_error < 0.02);
    }

    /// At the optimum the prior's pull is what the rows miss: `sum w (y - mu) = 10 d`.
    #[test]
    fn a_little_is_believed_a_little() {
        let hazard = reference().unwrap().hazard.of_this_version();
        let some = shifted(&hazard, &rows(&hazard, -2.0, 40, 0.25));
        let missed = 40.0 * (0.25 - logistic(-2.0 + some.shift));
        assert!((missed - 10.0 * some.shift).abs() < 1e-9 && some.shift > 0.1, "{}", some.shift);
        assert!(some.shift < logit(0.25) + 2.0);
    }
}
