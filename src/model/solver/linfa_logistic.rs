//! linfa-logistic as the independent reference.

use super::{FittedLogistic, Newton, Optimum, Rows, Share, SolverError, check, weights_of};
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2};

/// L-BFGS stops on the Euclidean norm and its line search ends near 1e-6 of the gradient's scale.
const LINFA_TOLERANCE: f64 = 1e-5;

/// linfa-logistic's L-BFGS to the same optimum: slow, single-threaded, independent of ours.
#[derive(Debug, Clone, Copy)]
pub struct LinfaLogistic(pub Newton);

impl Fit<Array2<f64>, Array1<bool>, SolverError> for LinfaLogistic {
    type Object = FittedLogistic;

    /// Fits with linfa, turns its answer to P(event), and measures the gradient itself, as linfa-logistic 0.8
    /// returns `Ok` without having converged.
    ///
    /// # Errors
    /// [`SolverError::Weighted`] for rows of different weights; else as [`Newton`].
    fn fit(&self, rows: &Rows) -> Result<FittedLogistic, SolverError> {
        let Self(newton) = *self;
        let w = weights_of(rows);
        let total = check(rows.records().view(), rows.targets().view(), &w)?;
        let (min, max) = w.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), &w| (a.min(w), b.max(w)));
        if max > min * (1.0 + 1e-6) {
            return Err(SolverError::Weighted { min: min as f32, max: max as f32 });
        }
        let plain = DatasetBase::new(rows.records().view(), rows.targets().view());
        let fitted = linfa_logistic::LogisticRegression::default()
            .alpha(newton.penalty / min)
            .max_iterations(newton.iterations_max as u64 * 100)
            .gradient_tolerance(newton.tolerance * plain.records().nrows() as f64)
            .fit(&plain)
            .map_err(|e| SolverError::Linfa(Box::new(e)))?;
        let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
        let mut beta = vec![sign * fitted.intercept()];
        beta.extend(fitted.params().iter().map(|b| sign * b));
        let (x, y) = (rows.records().as_standard_layout(), rows.targets().as_standard_layout());
        let all = Share::all(&x, &y, &w, total);
        let slope = newton.slope(&all, &beta);
        let gradient_norm = slope.norm() / total;
        if gradient_norm > newton.tolerance.max(LINFA_TOLERANCE) {
            let (iterations, tolerance) = (newton.iterations_max * 100, newton.tolerance);
            return Err(SolverError::NotConverged { iterations, gradient_norm, tolerance });
        }
        newton.finish(&Optimum { beta, iterations: 0, gradient_norm }, &all)
    }
}
