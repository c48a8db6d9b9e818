//! Ridge-penalised logistic regression: our Newton solver, and linfa-logistic as the independent reference.
//!
//! Both minimise, over an intercept `a` and coefficients `b`,
//!
//! `sum_i w_i * (ln(1 + exp(eta_i)) - y_i * eta_i) + penalty / 2 * |b|^2`, with `eta_i = a + x_i . b`;
//!
//! the intercept is free. Columns should be standardised, so that one penalty suits all.

mod block;
mod linfa_logistic;
#[cfg(test)]
mod tests;

pub use linfa_logistic::LinfaLogistic;

use crate::numeric::lanes::{clean_after, wide};
use crate::numeric::{log1p_exp, logistic};
use block::{BlockGram, BlockSlope, dot};
use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, Side};
use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, CowArray, Ix1, Ix2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;

/// Rows whose Gram product is formed in one go: they stay in the second-level cache.
const BLOCK_ROWS: usize = 2048;
/// Parts a pass is cut into, whatever the number of threads, so that sums are always the same.
const PARTS: usize = 64;
/// The start is sought on one block of rows in so many.
const START_STRIDE: usize = 8;
/// Blocks below which a share of them is too few to start from.
const START_BLOCKS_MIN: usize = 64;
/// Gradient per unit of weight that is good enough for a start: the share's optimum is no nearer to that of all rows.
const START_TOLERANCE: f64 = 1e-4;
/// Share of the gradient that a step may leave for its Hessian to serve for the next one too.
const GRADIENT_LEFT: f64 = 0.3;
/// Halvings of a Newton step before giving up on it.
const HALVINGS_MAX: usize = 30;

/// A standardised coefficient beyond this means that a column separates events from the rest.
const COEFFICIENT_MAX: f64 = 50.0;

/// Rows to fit: covariates `[n_rows, n_features]`, events, and a weight per row.
pub type Rows = DatasetBase<Array2<f64>, Array1<bool>>;

/// Why a fit gave no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum SolverError {
    /// No row, or rows of one class only.
    #[error("{n_rows} rows with {n_events} events: a fit needs rows with and without event")]
    OneClass { n_rows: usize, n_events: usize },
    /// A covariate or weight that is no finite number.
    #[error("row {row}, column {column}: {value} is not finite")]
    NotFinite { row: usize, column: usize, value: f64 },
    /// The gradient is still too large.
    #[error(
        "no convergence after {iterations} iterations: gradient {gradient_norm:e} per unit of weight, allowed {tolerance:e}"
    )]
    NotConverged { iterations: usize, gradient_norm: f64, tolerance: f64 },
    /// A column that tells events apart without error.
    #[error(
        "column {column} separates events from the rest: its standardised coefficient reached {coefficient}"
    )]
    Separated { column: usize, coefficient: f64 },
    /// The Hessian cannot be factored.
    #[error("the Hessian is not positive definite: columns are collinear and the penalty is {penalty}")]
    Singular { penalty: f64 },
    /// linfa-logistic ignores weights, so it cannot fit rows that have different ones.
    #[error("linfa-logistic knows no weights, but these rows have weights from {min} to {max}")]
    Weighted { min: f32, max: f32 },
    /// Covariates that are no rectangle.
    #[error("covariates do not fill their rows")]
    Shape(#[from] ndarray::ShapeError),
    /// linfa's own word.
    #[error("linfa-logistic refused")]
    Linfa(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// linfa's base error, which its `Fit` trait asks every solver to carry.
    #[error("linfa refused")]
    Base(#[from] linfa::error::Error),
}

/// How a fit went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitReport {
    /// Rows fitted.
    pub n_rows: usize,
    /// Rows with an event.
    pub n_events: usize,
    /// Newton steps taken.
    pub iterations: usize,
    /// Largest absolute component of the gradient, per unit of weight.
    pub gradient_norm: f64,
    /// Penalised objective per unit of weight.
    pub objective: f64,
    /// Largest over smallest eigenvalue of the Hessian.
    pub condition: f64,
}

/// A fitted logistic regression. [`Predict`] gives P(event), never the more frequent class.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedLogistic {
    /// Log-odds where every column is 0.
    pub intercept: f64,
    /// Log-odds per unit of each column.
    pub coefficients: Array1<f64>,
    /// Covariance of intercept and coefficients, `[n_features + 1, n_features + 1]`, the intercept first: the inverse of
    /// the Hessian of the penalised objective, with each row counting as its weight says.
    ///
    /// Source: Laplace's approximation, the "Bayesian" covariance of Wood (2017), *Generalized Additive Models*, 6.10;
    /// without a penalty the inverse of the information matrix, as every GLM program gives it.
    pub covariance: Array2<f64>,
    /// How the fit went.
    pub report: FitReport,
}

impl FittedLogistic {
    /// Log-odds of each row of `x`, `[n_rows, n_features]`.
    pub fn eta(&self, x: ArrayView2<'_, f64>) -> Array1<f64> {
        x.dot(&self.coefficients) + self.intercept
    }
}

impl Predict<ArrayView2<'_, f64>, Array1<f64>> for FittedLogistic {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Array1<f64> {
        self.eta(x).mapv_into(logistic)
    }
}

/// Newton's method with step halving. The Hessian costs many times what the gradient does: one of another point, the
/// first being that of a share of the rows, serves as long as its steps bring the gradient down; where it ends no
/// longer depends on it. Both are summed over blocks of rows in parallel.
///
/// # Source
/// Boyd & Vandenberghe (2004), *Convex Optimization*, 9.5; Kelley (1995), *Iterative Methods for Linear and Nonlinear
/// Equations*, 5.4 (the chord method); the blocked Gram product is faer's triangular one.
#[derive(Debug, Clone, Copy)]
pub struct Newton {
    /// Ridge penalty on every coefficient but the intercept, in units of weight.
    pub penalty: f64,
    /// Largest gradient component per unit of weight at which the fit has converged.
    pub tolerance: f64,
    /// Steps before giving up.
    pub iterations_max: usize,
}

/// Gradient at one point; index 0 is the intercept.
struct Slope(Vec<f64>);

/// A factored Hessian, which may be that of another point or of a share of the rows.
struct Curvature {
    llt: Llt<f64>,
    /// What it is multiplied by.
    scale: f64,
}

impl Fit<Array2<f64>, Array1<bool>, SolverError> for Newton {
    type Object = FittedLogistic;

    /// 1 check the rows; 2 start near the optimum; 3 pass over the rows for the gradient; 4 stop when it is small; 5 take
    /// the Hessian, unless one is at hand that still serves; 6 halve the step until the gradient is far below all before
    /// it, or the objective has come down at all; back to 3.
    ///
    /// # Errors
    /// [`SolverError`]: the fit never returns a model that did not converge.
    fn fit(&self, rows: &Rows) -> Result<FittedLogistic, SolverError> {
        let (x, y, w) =
            (rows.records().as_standard_layout(), rows.targets().as_standard_layout(), weights_of(rows));
        let total = check(x.view(), y.view(), &w)?; // 1
        let all = Share::all(&x, &y, &w, total);
        let (start, curvature) = self.start(&all); // 2
        let (found, _) = self.optimum(&all, start, curvature)?;
        self.finish(&found, &all)
    }
}

/// One block in `stride` of the rows.
#[derive(Clone, Copy)]
struct Share<'a> {
    /// `[n_rows, n_columns]`, row by row.
    x: &'a [f64],
    n_columns: usize,
    y: &'a [bool],
    w: &'a [f64],
    /// Weight of the share.
    total: f64,
    stride: usize,
}

impl<'a> Share<'a> {
    /// Every row of arrays that lie row by row.
    fn all(x: &'a CowArray<'_, f64, Ix2>, y: &'a CowArray<'_, bool, Ix1>, w: &'a [f64], total: f64) -> Self {
        let n_columns = x.ncols();
        let (x, y) = (x.as_slice().unwrap_or_default(), y.as_slice().unwrap_or_default());
        Self { x, n_columns, y, w, total, stride: 1 }
    }

    /// Covariates of a row.
    #[inline(always)]
    fn row(&self, i: usize) -> &[f64] {
        &self.x[i * self.n_columns..(i + 1) * self.n_columns]
    }

    /// Log-odds of a row.
    #[inline(always)]
    fn eta(&self, i: usize, beta: &[f64]) -> f64 {
        beta[0] + dot(self.row(i), &beta[1..])
    }
}

/// Where a search ended.
struct Optimum {
    beta: Vec<f64>,
    iterations: usize,
    gradient_norm: f64,
}

impl Newton {
    /// The optimum of a share of the rows, which costs little and is near that of all, and the Hessian there; for few
    /// rows, the event rate.
    fn start(&self, all: &Share) -> (Vec<f64>, Option<Curvature>) {
        let events = all.y.iter().zip(all.w).filter(|(y, _)| **y).map(|(_, w)| w).sum::<f64>();
        let mut beta = vec![0.0; all.n_columns + 1];
        beta[0] = crate::numeric::logit(events / all.total);
        if all.y.len() < START_BLOCKS_MIN * BLOCK_ROWS {
            return (beta, None);
        }
        let stride = START_STRIDE as f64;
        let share = Share { stride: START_STRIDE, total: all.total / stride, ..*all };
        let coarse = Self { penalty: self.penalty / stride, tolerance: START_TOLERANCE, ..*self };
        match coarse.optimum(&share, beta.clone(), None) {
            Ok((found, curvature)) => {
                let of_all = |c: Curvature| Curvature { scale: c.scale * stride, ..c };
                (found.beta, curvature.map(of_all))
            }
            Err(_) => (beta, None),
        }
    }

    /// The optimum of a share of the rows, and the last Hessian that was used on the way.
    fn optimum(
        &self,
        share: &Share,
        mut beta: Vec<f64>,
        mut curvature: Option<Curvature>,
    ) -> Result<(Optimum, Option<Curvature>), SolverError> {
        let mut slope = self.slope(share, &beta); // 3
        let mut least = slope.norm();
        for iterations in 0..=self.iterations_max {
            let gradient_norm = slope.norm() / share.total;
            if gradient_norm <= self.tolerance {
                return Ok((Optimum { beta, iterations, gradient_norm }, curvature)); // 4
            }
            if iterations == self.iterations_max {
                let tolerance = self.tolerance;
                return Err(SolverError::NotConverged { iterations, gradient_norm, tolerance });
            }
            let (at, is_here) = match curvature.take() {
                Some(c) => (c, false),
                None => (self.curvature(share, &beta)?, true), // 5
            };
            let step = at.step(&slope.0);
            match self.descend(share, &beta, &step, least) {
                Some((next_beta, next)) => {
                    least = least.min(next.norm());
                    if next.norm() <= GRADIENT_LEFT * slope.norm() {
                        curvature = Some(at);
                    }
                    (beta, slope) = (next_beta, next);
                }
                None if is_here => {
                    let tolerance = self.tolerance;
                    return Err(SolverError::NotConverged { iterations, gradient_norm, tolerance });
                }
                None => {} // the Hessian of here may do better
            } // 6
        }
        Err(SolverError::NotConverged {
            iterations: self.iterations_max,
            gradient_norm: f64::NAN,
            tolerance: self.tolerance,
        })
    }

    /// Sums over blocks of a share of the rows in parts, in one order whatever the threads.
    fn sums<T: Send>(
        share: &Share,
        zero: impl Fn() -> T + Sync,
        add: impl Fn(&mut T, std::ops::Range<usize>) + Sync,
    ) -> Vec<T> {
        let n_rows = share.y.len();
        let n_blocks = n_rows.div_ceil(BLOCK_ROWS).div_ceil(share.stride);
        let per_part = n_blocks.div_ceil(PARTS).max(1);
        let part = |part: usize| {
            let mut sum = zero();
            for block in part * per_part..((part + 1) * per_part).min(n_blocks) {
                let first = block * share.stride * BLOCK_ROWS;
                add(&mut sum, first..(first + BLOCK_ROWS).min(n_rows));
            }
            sum
        };
        (0..n_blocks.div_ceil(per_part)).into_par_iter().with_max_len(1).map(part).collect()
    }

    /// Gradient of a share of the rows at `beta`.
    fn slope(&self, share: &Share, beta: &[f64]) -> Slope {
        let zero = || (Slope(vec![0.0; beta.len()]), vec![0.0; BLOCK_ROWS]);
        let parts = Self::sums(share, zero, |(sum, residuals), rows| {
            wide(BlockSlope { share, beta, rows, sum: &mut sum.0, residuals });
        });
        let mut total = zero().0;
        for (part, _) in &parts {
            total.0.iter_mut().zip(&part.0).for_each(|(t, g)| *t += g);
        }
        total.0.iter_mut().zip(beta).skip(1).for_each(|(g, b)| *g += self.penalty * b);
        total
    }

    /// Penalised objective of a share of the rows at `beta`.
    fn objective(&self, share: &Share, beta: &[f64]) -> f64 {
        let of_row = |i: usize| {
            let eta = share.eta(i, beta);
            share.w[i] * (log1p_exp(eta) - f64::from(u8::from(share.y[i])) * eta)
        };
        let parts = Self::sums(share, || 0.0, |sum, rows| *sum += rows.map(of_row).sum::<f64>());
        parts.iter().sum::<f64>() + 0.5 * self.penalty * beta[1..].iter().map(|b| b * b).sum::<f64>()
    }

    /// Hessian of a share of the rows at `beta`, its lower half.
    fn hessian(&self, share: &Share, beta: &[f64]) -> Mat<f64> {
        let p = beta.len();
        let zero = || (Mat::<f64>::zeros(p, p), vec![0.0; BLOCK_ROWS * p]);
        let parts = Self::sums(share, zero, |(sum, scaled), rows| {
            BlockGram { share, beta, rows, sum, scaled }.add();
        });
        let mut total = Mat::zeros(p, p);
        for (part, _) in &parts {
            total += part;
        }
        for j in 1..p {
            total[(j, j)] += self.penalty;
        }
        total
    }

    fn curvature(&self, share: &Share, beta: &[f64]) -> Result<Curvature, SolverError> {
        Ok(Curvature { llt: self.factored(&self.hessian(share, beta))?, scale: 1.0 })
    }

    fn factored(&self, hessian: &Mat<f64>) -> Result<Llt<f64>, SolverError> {
        clean_after(|| hessian.llt(Side::Lower)).map_err(|_| SolverError::Singular { penalty: self.penalty })
    }

    /// The longest of the halved steps that brings the gradient far below its `least` norm so far, or does not raise the
    /// objective; none if there is no such step. The former, which costs nothing, can happen a few times only before the
    /// search ends; between them the objective falls. Below the norm of here would not do: such a step may raise the
    /// objective, and the next ones lead back.
    fn descend(&self, share: &Share, beta: &[f64], step: &[f64], least: f64) -> Option<(Vec<f64>, Slope)> {
        let mut length = 1.0;
        let objective = OnceCell::new();
        for _ in 0..HALVINGS_MAX {
            let next: Vec<f64> = beta.iter().zip(step).map(|(b, s)| b - length * s).collect();
            let slope = self.slope(share, &next);
            // a full step near the optimum may differ by rounding only
            let is_no_higher = || {
                let here = *objective.get_or_init(|| self.objective(share, beta));
                next != beta && self.objective(share, &next) <= here * (1.0 + 1e-14)
            };
            if slope.norm() <= GRADIENT_LEFT * least || is_no_higher() {
                return Some((next, slope));
            }
            length *= 0.5;
        }
        None
    }

    fn finish(&self, found: &Optimum, all: &Share) -> Result<FittedLogistic, SolverError> {
        let Optimum { beta, iterations, gradient_norm } = found;
        let column = (1..beta.len()).max_by(|&a, &b| beta[a].abs().total_cmp(&beta[b].abs())).unwrap_or(0);
        if column > 0 && beta[column].abs() > COEFFICIENT_MAX {
            return Err(SolverError::Separated { column: column - 1, coefficient: beta[column] });
        }
        let hessian = self.hessian(all, beta);
        let llt = self.factored(&hessian)?;
        let inverse = clean_after(|| llt.solve(Mat::<f64>::identity(beta.len(), beta.len())));
        let eigenvalues = clean_after(|| hessian.self_adjoint_eigenvalues(Side::Lower))
            .map_err(|_| SolverError::Singular { penalty: self.penalty })?;
        let largest = eigenvalues.iter().copied().fold(0.0, f64::max);
        let smallest = eigenvalues.iter().copied().fold(f64::INFINITY, f64::min);
        Ok(FittedLogistic {
            intercept: beta[0],
            coefficients: Array1::from(beta[1..].to_vec()),
            covariance: Array2::from_shape_fn((beta.len(), beta.len()), |(j, k)| inverse[(j, k)]),
            report: FitReport {
                n_rows: all.y.len(),
                n_events: all.y.iter().filter(|e| **e).count(),
                iterations: *iterations,
                gradient_norm: *gradient_norm,
                objective: self.objective(all, beta) / all.total,
                condition: largest / smallest,
            },
        })
    }
}

impl Curvature {
    /// The step against a gradient: the Hessian's inverse times it.
    fn step(&self, gradient: &[f64]) -> Vec<f64> {
        let mut step = Mat::from_fn(gradient.len(), 1, |i, _| gradient[i] / self.scale);
        clean_after(|| self.llt.solve_in_place(&mut step));
        step.col(0).iter().copied().collect()
    }
}

impl Slope {
    /// Largest absolute component of the gradient.
    fn norm(&self) -> f64 {
        self.0.iter().fold(0.0_f64, |m, g| m.max(g.abs()))
    }
}

fn weights_of(rows: &Rows) -> Vec<f64> {
    match rows.weights() {
        Some(w) => w.iter().map(|&w| f64::from(w)).collect(),
        None => vec![1.0; rows.records().nrows()],
    }
}

/// Total weight of rows that can be fitted.
fn check(x: ArrayView2<'_, f64>, y: ArrayView1<'_, bool>, w: &[f64]) -> Result<f64, SolverError> {
    let n_events = y.iter().filter(|e| **e).count();
    if n_events == 0 || n_events == y.len() {
        return Err(SolverError::OneClass { n_rows: y.len(), n_events });
    }
    let bad = (0..x.nrows()).into_par_iter().find_map_first(|i| {
        let column = x.row(i).iter().position(|v| !v.is_finite());
        column.map(|column| SolverError::NotFinite { row: i, column, value: x[[i, column]] })
    });
    if let Some(bad) = bad {
        return Err(bad);
    }
    if let Some(row) = w.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
        return Err(SolverError::NotFinite { row, column: x.ncols(), value: w[row] });
    }
    Ok(crate::numeric::sum(w))
}
