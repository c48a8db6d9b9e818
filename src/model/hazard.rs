//! The discrete-time logistic hazard: fitted on person-periods, asked for the hazard of a day.

use super::solver::{FitReport, FittedLogistic, LinfaLogistic, Newton, Rows, SolverError};
use super::validation::{Validation, rolling};
use crate::features::covariate::{N_COLUMNS, caution, column_name, left_in};
use crate::features::day_row::{InvoiceHazard, Still};
use crate::features::{Evidence, PersonPeriods, Surprise, Survey, person_periods};
use crate::ledger::Known;
use crate::numeric::logistic;
use crate::policy::{Part, Solver, ValidPolicy};
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Why no model could be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum ModelError {
    /// Too little history.
    #[error("{n_settled} settled invoices are seen by a training landmark, a fit needs {needed}")]
    TooLittleHistory { n_settled: u64, needed: usize },
    /// The solver gave up.
    #[error("the hazard model was not fitted")]
    Solver(#[from] SolverError),
}

impl ModelError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::TooLittleHistory { .. } => {
                Some("give a longer history, or let `arrears run` score with the reference model".to_owned())
            }
            Self::Solver(SolverError::NotConverged { .. } | SolverError::Separated { .. }) => {
                Some("raise model.penalty in the policy file".to_owned())
            }
            Self::Solver(_) => None,
        }
    }
}

/// A fitted hazard: the log-odds of settlement on a day are `intercept + sum_j coefficient[j] * x[j]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hazard {
    /// Names of the design's columns, in order.
    pub columns: Vec<String>,
    /// Log-odds where every column is 0.
    pub intercept: f64,
    /// Log-odds per unit of each column.
    pub coefficients: Vec<f64>,
    /// Weighted mean of each column in training: what the average invoice looks like.
    pub means: Vec<f64>,
    /// Weighted standard deviation of each column in training.
    pub deviations: Vec<f64>,
    /// Standard error of each coefficient, in its own unit; none in a model of before they were kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standard_errors: Vec<f64>,
    /// That of the intercept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intercept_standard_error: Option<f64>,
    /// How the penalty was chosen; none where it was the policy's, or in a model of before it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
    /// How the fit went.
    pub report: FitReport,
    /// Of invoices that are overdue when they are looked at; those above are then of invoices not yet due. None where one
    /// set of numbers serves both, as in a model of before they were told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue: Option<StateNumbers>,
    /// Settled invoices of the model's own that a customer's [`Surprise`] is shrunk by; none where it is left out, or in a
    /// model of before it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surprise_prior: Option<f64>,
    /// Variance of what the columns do not say of how fast an invoice is: [`Outlived`](crate::features::outlived::Outlived).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frailty: Option<f64>,
}

/// A hazard's numbers for invoices in one state, over its columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StateNumbers {
    /// Log-odds where every column is 0.
    pub intercept: f64,
    /// Log-odds per unit of each column.
    pub coefficients: Vec<f64>,
    /// Standard error of each coefficient.
    pub standard_errors: Vec<f64>,
    /// That of the intercept.
    pub intercept_standard_error: f64,
    /// How the fit went.
    pub report: FitReport,
}

impl Hazard {
    /// The hazard of an invoice with these still covariates.
    pub fn of(&self, still: &Still) -> InvoiceHazard<'_> {
        let (intercept, coefficients) = self.in_state(still.is_overdue);
        InvoiceHazard::new(intercept, coefficients, still).with_frailty(self.frailty.unwrap_or(0.0))
    }

    /// What each customer did against what this hazard expects of the same days, drawn as a fit draws them. Nothing where
    /// [`Hazard::surprise_prior`] is none.
    pub fn surprises(&self, known: &Known, rows: &PersonPeriods, policy: &ValidPolicy) -> Vec<Surprise> {
        let Some(prior) = self.surprise_prior else { return Vec::new() };
        let expected: Vec<f32> = (0..rows.n_rows())
            .into_par_iter()
            .with_min_len(4096)
            .map(|r| {
                let log_odds = self.log_odds(rows.covariates(r), rows.is_overdue[r]);
                logistic(log_odds) as f32
            })
            .collect();
        Evidence::of(rows, known.n_customers(), known.as_of(), &policy.model).against(&expected, prior)
    }

    /// Intercept and coefficients of invoices that are overdue when they are looked at, or of those that are not.
    pub fn in_state(&self, is_overdue: bool) -> (f64, &[f64]) {
        match &self.overdue {
            Some(overdue) if is_overdue => (overdue.intercept, &overdue.coefficients),
            _ => (self.intercept, &self.coefficients),
        }
    }

    /// Log-odds of settlement on a day with these covariates, `[N_COLUMNS]`, of an invoice in that state.
    pub(super) fn log_odds(&self, covariates: &[f64], is_overdue: bool) -> f64 {
        let (intercept, coefficients) = self.in_state(is_overdue);
        intercept + covariates.iter().zip(coefficients).map(|(x, b)| x * b).sum::<f64>()
    }

    /// The same with `log_odds` added on every day of every invoice.
    #[must_use]
    pub fn shifted(&self, log_odds: f64) -> Self {
        let mut out = self.clone();
        out.intercept += log_odds;
        out.overdue.iter_mut().for_each(|o| o.intercept += log_odds);
        out
    }

    /// The same hazard over the columns that this version fills: a column it was fitted without counts nothing, one that
    /// is no longer filled counts as at its training mean.
    pub fn of_this_version(&self) -> Self {
        let names: Vec<String> = (0..N_COLUMNS).map(column_name).collect();
        if self.columns == names {
            return self.clone();
        }
        let place: Vec<Option<usize>> =
            names.iter().map(|n| self.columns.iter().position(|c| c == n)).collect();
        let taken = |values: &[f64], absent: f64| -> Vec<f64> {
            place.iter().map(|p| p.and_then(|p| values.get(p).copied()).unwrap_or(absent)).collect()
        };
        let at_mean = |of: &[f64]| -> f64 {
            let gone = (0..self.columns.len()).filter(|p| !place.contains(&Some(*p)));
            gone.map(|p| of[p] * self.means[p]).sum()
        };
        let overdue = self.overdue.as_ref().map(|o| StateNumbers {
            intercept: o.intercept + at_mean(&o.coefficients),
            coefficients: taken(&o.coefficients, 0.0),
            standard_errors: taken(&o.standard_errors, 0.0),
            ..o.clone()
        });
        Self {
            intercept: self.intercept + at_mean(&self.coefficients),
            coefficients: taken(&self.coefficients, 0.0),
            means: taken(&self.means, 0.0),
            deviations: taken(&self.deviations, 1.0),
            standard_errors: if self.standard_errors.is_empty() {
                Vec::new()
            } else {
                taken(&self.standard_errors, 0.0)
            },
            columns: names,
            overdue,
            ..self.clone()
        }
    }
}

/// Fits the hazard on the landmarks of `survey`: draw rows, choose the penalty, fade what old landmarks saw, standardise,
/// solve, and put the coefficients back into each column's own unit.
///
/// # Errors
/// [`ModelError`]; a fit that has not converged is an error, never a model.
pub fn fit(known: &Known, survey: &Survey, policy: &ValidPolicy, seed: u64) -> Result<Hazard, ModelError> {
    Ok(fit_and_look_back(known, survey, policy, seed)?.0)
}

/// [`fit`], and what each customer did against what the fit expects of it.
///
/// # Errors
/// As [`fit`].
pub fn fit_and_look_back(
    known: &Known,
    survey: &Survey,
    policy: &ValidPolicy,
    seed: u64,
) -> Result<(Hazard, Vec<Surprise>), ModelError> {
    let needed = policy.model.min_settled;
    let n_settled = survey.offered.settled_invoices;
    if n_settled < needed as u64 {
        return Err(ModelError::TooLittleHistory { n_settled, needed });
    }
    let mut rows = person_periods(known, survey, policy, seed);
    let evidence = Evidence::of(&rows, known.n_customers(), known.as_of(), &policy.model);
    let validation = rolling(&rows, known.as_of(), policy);
    // linfa knows no weights
    if policy.model.solver == Solver::Newton {
        rows.fade(known.as_of(), policy);
    }
    let penalty = validation.as_ref().map_or(policy.model.penalty, |v| v.penalty);
    let (hazard, expected) = fit_and_expect(rows, penalty, policy)?;
    let surprises = hazard.surprise_prior.map(|prior| evidence.against(&expected, prior));
    Ok((Hazard { validation, ..hazard }, surprises.unwrap_or_default()))
}

/// What a row of an invoice in the other state counts: whether one is overdue or not changes much, but not all, of what
/// its features mean.
const OTHER_STATE: f32 = 0.1;
/// Settled invoices of the model's own in a customer's surprise.
const SURPRISE_PRIOR: f64 = 16.0;
/// Variance of what the columns do not say of an invoice.
const FRAILTY: f64 = 0.1;

/// [`fit`] on rows that are there, under a penalty: once for invoices not yet due when they were looked at and once for
/// overdue ones, the rows of the others counting a tenth each time.
///
/// # Errors
/// As [`fit`].
pub fn fit_rows(rows: PersonPeriods, penalty: f64, policy: &ValidPolicy) -> Result<Hazard, ModelError> {
    Ok(fit_and_expect(rows, penalty, policy)?.0)
}

/// [`fit_rows`], and the probability of settlement that the fit gives each row.
fn fit_and_expect(
    mut rows: PersonPeriods,
    penalty: f64,
    policy: &ValidPolicy,
) -> Result<(Hazard, Vec<f32>), ModelError> {
    let is_overdue = std::mem::take(&mut rows.is_overdue);
    let mut design = Design::new(rows, policy)?;
    // linfa knows no weights
    let is_apart = policy.model.solver == Solver::Newton && !policy.leaves_out(Part::OverdueApart);
    let whole = design.rows.weights.clone();
    let mut fitted = |state: bool| {
        if is_apart {
            let counts = is_overdue.iter().map(|o| if *o == state { 1.0 } else { OTHER_STATE });
            design.rows.weights = whole.iter().zip(counts).map(|(w, share)| w * share).collect();
        }
        design.fit(penalty, policy)
    };
    let not_yet_due = fitted(false)?;
    let overdue = if is_apart { Some(fitted(true)?) } else { None };
    let expected = design.expected([&not_yet_due, overdue.as_ref().unwrap_or(&not_yet_due)], &is_overdue);
    let hazard = Hazard {
        columns: (0..N_COLUMNS).map(column_name).collect(),
        intercept: not_yet_due.intercept,
        coefficients: not_yet_due.coefficients,
        standard_errors: not_yet_due.standard_errors,
        intercept_standard_error: Some(not_yet_due.intercept_standard_error),
        means: design.means,
        deviations: design.deviations,
        validation: None,
        report: not_yet_due.report,
        overdue,
        surprise_prior: (!policy.leaves_out(Part::Surprise)).then_some(SURPRISE_PRIOR),
        frailty: (!policy.leaves_out(Part::Outlived)).then_some(FRAILTY),
    };
    Ok((hazard, expected))
}

/// The solver as the policy sets it, under a penalty.
pub(super) fn newton(penalty: f64, policy: &ValidPolicy) -> Newton {
    let m = &policy.model;
    Newton { penalty, tolerance: m.tolerance, iterations_max: m.iterations_max }
}

/// Person-periods as the solver takes them: columns centred, and scaled so that one penalty suits all.
#[derive(Debug, Clone)]
pub struct Design {
    /// Covariates `[n_rows, n_columns]`, events and weights.
    pub rows: Rows,
    /// Which of the `N_COLUMNS` they are, increasing: all that the policy does not leave out.
    columns: Vec<usize>,
    means: Vec<f64>,
    deviations: Vec<f64>,
    /// What each column was divided by: its deviation times the root of its caution.
    scale: Vec<f64>,
}

impl Design {
    /// Centres and scales each column of `rows`, and takes out what the policy leaves out.
    ///
    /// # Errors
    /// [`SolverError::Shape`] if the rows are not `N_COLUMNS` wide, which would be a bug.
    pub fn new(mut rows: PersonPeriods, policy: &ValidPolicy) -> Result<Self, SolverError> {
        let (means, deviations) = moments(&rows.x, N_COLUMNS, &rows.weight);
        // a column divided by the root of its caution is penalised that much more
        let settled: f64 =
            rows.event.iter().zip(&rows.weight).filter(|(e, _)| **e).map(|(_, w)| f64::from(*w)).sum();
        let is_cautious = !policy.leaves_out(Part::Caution);
        let care = |j: usize| if is_cautious { caution(j, settled).sqrt() } else { 1.0 };
        let scale: Vec<f64> = deviations.iter().enumerate().map(|(j, s)| s * care(j)).collect();
        rows.x.par_chunks_mut(N_COLUMNS).for_each(|row| {
            for ((v, m), s) in row.iter_mut().zip(&means).zip(&scale) {
                *v = (*v - m) / s;
            }
        });
        let mut x = Array2::from_shape_vec((rows.event.len(), N_COLUMNS), rows.x)?;
        let columns = left_in(policy);
        if let Some(columns) = &columns {
            x = x.select(Axis(1), columns).as_standard_layout().into_owned();
        }
        let columns = columns.unwrap_or_else(|| (0..N_COLUMNS).collect());
        let rows = DatasetBase::new(x, Array1::from(rows.event)).with_weights(Array1::from(rows.weight));
        Ok(Self { rows, columns, means, deviations, scale })
    }

    /// Numbers of its rows, in each column's own unit.
    fn fit(&self, penalty: f64, policy: &ValidPolicy) -> Result<StateNumbers, SolverError> {
        let newton = newton(penalty, policy);
        let fitted = match policy.model.solver {
            Solver::Newton => newton.fit(&self.rows)?,
            Solver::Linfa => LinfaLogistic(newton).fit(&self.rows)?,
        };
        let mut standard_errors = vec![0.0; N_COLUMNS];
        for (k, &j) in self.columns.iter().enumerate() {
            standard_errors[j] = fitted.covariance[[k + 1, k + 1]].sqrt() / self.scale[j];
        }
        let (intercept, coefficients) = self.in_own_units(&fitted);
        let intercept_standard_error = self.intercept_variance(&fitted.covariance).sqrt();
        Ok(StateNumbers {
            intercept,
            coefficients,
            standard_errors,
            intercept_standard_error,
            report: fitted.report,
        })
    }

    /// Intercept and `[N_COLUMNS]` coefficients in each column's own unit, 0 for those left out.
    pub(super) fn in_own_units(&self, fitted: &FittedLogistic) -> (f64, Vec<f64>) {
        let mut coefficients = vec![0.0; N_COLUMNS];
        for (&j, b) in self.columns.iter().zip(&fitted.coefficients) {
            coefficients[j] = b / self.scale[j];
        }
        let shift: f64 = coefficients.iter().zip(&self.means).map(|(b, m)| b * m).sum();
        (fitted.intercept - shift, coefficients)
    }

    /// Probability of settlement of each row by the numbers of its state: of invoices not yet due, and of overdue ones.
    fn expected(&self, numbers: [&StateNumbers; 2], is_overdue: &[bool]) -> Vec<f32> {
        let scaled = numbers.map(|n| {
            let shift: f64 = n.coefficients.iter().zip(&self.means).map(|(b, m)| b * m).sum();
            let of_column = |&j: &usize| n.coefficients[j] * self.scale[j];
            (n.intercept + shift, Array1::from_iter(self.columns.iter().map(of_column)))
        });
        (0..is_overdue.len())
            .into_par_iter()
            .with_min_len(4096)
            .map(|r| {
                let (intercept, coefficients) = &scaled[usize::from(is_overdue[r])];
                logistic(intercept + self.rows.records.row(r).dot(coefficients)) as f32
            })
            .collect()
    }

    /// Variance of the intercept where every column is 0 in its own unit: of `a - sum_j b[j] means[j] / scale[j]`.
    fn intercept_variance(&self, covariance: &Array2<f64>) -> f64 {
        let columns = self.columns.iter().map(|&j| -self.means[j] / self.scale[j]);
        let weight: Array1<f64> = std::iter::once(1.0).chain(columns).collect();
        weight.dot(&covariance.dot(&weight))
    }
}

/// Parts that moments are summed in, whatever the number of threads, so that sums are always the same.
const PARTS: usize = 64;

/// Mean and standard deviation of each column under weights; a constant column gets deviation 1.
///
/// Shapes: `x` is `[n_rows, n_features]` row by row, `w` `[n_rows]`; returns two `[n_features]`.
fn moments(x: &[f64], n_features: usize, w: &[f32]) -> (Vec<f64>, Vec<f64>) {
    let part_rows = w.len().div_ceil(PARTS).max(1);
    let parts: Vec<(f64, Vec<f64>, Vec<f64>)> = x
        .par_chunks(part_rows * n_features)
        .zip(w.par_chunks(part_rows))
        .map(|(x, w)| {
            let (mut total, mut s1, mut s2) = (0.0, vec![0.0; n_features], vec![0.0; n_features]);
            for (row, &w) in x.chunks_exact(n_features).zip(w) {
                let w = f64::from(w);
                total += w;
                for (j, &v) in row.iter().enumerate() {
                    s1[j] += w * v;
                    s2[j] += w * v * v;
                }
            }
            (total, s1, s2)
        })
        .collect();
    let total: f64 = parts.iter().map(|q| q.0).sum();
    let mean: Vec<f64> = (0..n_features).map(|j| parts.iter().map(|q| q.1[j]).sum::<f64>() / total).collect();
    let sd = (0..n_features).map(|j| {
        let variance = parts.iter().map(|q| q.2[j]).sum::<f64>() / total - mean[j] * mean[j];
        // below this share of the mean square, a variance is rounding
        if variance > 1e-12 * (1.0 + mean[j] * mean[j]) { variance.sqrt() } else { 1.0 }
    });
    (mean.clone(), sd.collect())
}
