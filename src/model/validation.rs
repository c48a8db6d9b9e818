//! The penalty, chosen inside the training window: each of a few is fitted on what was known some months ago and judged
//! on what was looked at after that.

use super::hazard::{Design, newton};
use super::solver::SolverError;
use crate::core::Day;
use crate::features::PersonPeriods;
use crate::numeric::log1p_exp;
use crate::policy::ValidPolicy;
use linfa::traits::Fit;
use serde::{Deserialize, Serialize};

/// Times that the past is cut in two.
const CUTS: i32 = 2;
/// Days from one cut to the next, the last one so many before as_of.
const CUT_EVERY_DAYS: i32 = 90;
/// Rows looked at, at the most.
const ROWS_MAX: usize = 60_000;
/// Share of all settlements that must have come before a cut for it to judge by.
const LEARNT_LEAST: f64 = 1.0 / 3.0;
/// Settled invoices seen by recent landmarks from which no penalty within reach moves a coefficient: none is judged.
const SETTLED_ENOUGH: f64 = 20_000.0;

/// A penalty that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Of `model.penalty`'s unit.
    pub penalty: f64,
    /// Log-loss of days after the cuts, per settled invoice; the less the better.
    pub loss: f64,
}

/// The penalty that judged best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// What the model was fitted under.
    pub penalty: f64,
    /// All that were tried, the strongest first.
    pub tried: Vec<Tried>,
}

/// Judges `model.penalty_shares` of the penalty by rolling validation.
///
/// For each of two cuts, 90 and 180 days before `as_of`, a fit on the days up to the cut, what landmarks long before it saw
/// fading as it will in the model, meets the rows of the 90 days of landmarks from the cut on. The penalty with the
/// least log-loss of both is taken, of equals the strongest. None where there is one share alone, where history is long,
/// or where nearly all of it lies after the cuts.
///
/// Source: evaluation on a rolling forecasting origin, Hyndman & Athanasopoulos (2021), *Forecasting: Principles and
/// Practice*, 5.10.
pub(super) fn rolling(rows: &PersonPeriods, as_of: Day, policy: &ValidPolicy) -> Option<Validation> {
    let shares = &policy.model.penalty_shares;
    let recent = as_of.plus(-policy.model.recent_days);
    if shares.len() < 2 || settlements(rows, |r| rows.landmark[r] >= recent) >= SETTLED_ENOUGH {
        return None;
    }
    let stride = rows.n_rows().div_ceil(ROWS_MAX).max(1);
    let places: Vec<usize> = (0..rows.n_rows()).step_by(stride).collect();
    let sample = rows.taken(&places, stride as f32);
    let mut penalties: Vec<f64> = shares.iter().map(|s| s * policy.model.penalty).collect();
    penalties.sort_by(|a, b| b.total_cmp(a));
    let mut loss = vec![0.0; penalties.len()];
    let mut judged = 0.0;
    for cut in (1..=CUTS).map(|k| as_of.plus(-k * CUT_EVERY_DAYS)) {
        let Some(fold) = Fold::new(&sample, cut, policy) else { continue };
        judged += settlements(&fold.held_out, |_| true);
        for (loss, penalty) in loss.iter_mut().zip(&penalties) {
            // a penalty under which no fit converges is no candidate
            *loss += fold.loss(*penalty, policy).unwrap_or(f64::INFINITY);
        }
    }
    let tried = penalties.iter().zip(loss).map(|(penalty, l)| Tried { penalty: *penalty, loss: l / judged });
    let tried: Vec<Tried> = tried.collect();
    let best = tried.iter().filter(|t| t.loss.is_finite()).min_by(|a, b| a.loss.total_cmp(&b.loss))?;
    Some(Validation { penalty: best.penalty, tried: tried.clone() })
}

/// Weight of the settlements among rows.
fn settlements(rows: &PersonPeriods, is_in: impl Fn(usize) -> bool) -> f64 {
    (0..rows.n_rows()).filter(|r| rows.event[*r] && is_in(*r)).map(|r| f64::from(rows.weight[r])).sum()
}

/// The past cut in two.
struct Fold {
    learnt: Result<Design, SolverError>,
    held_out: PersonPeriods,
}

impl Fold {
    /// None if too little came before the cut, or nothing after it.
    fn new(rows: &PersonPeriods, cut: Day, policy: &ValidPolicy) -> Option<Self> {
        let all = 0..rows.n_rows();
        let before: Vec<usize> = all.clone().filter(|r| rows.day[*r] <= cut).collect();
        let until = cut.plus(CUT_EVERY_DAYS);
        let after: Vec<usize> = all.filter(|r| (cut..until).contains(&rows.landmark[*r])).collect();
        let (mut learnt, held_out) = (rows.taken(&before, 1.0), rows.taken(&after, 1.0));
        let enough = settlements(&learnt, |_| true) >= LEARNT_LEAST * settlements(rows, |_| true);
        if !enough || !held_out.event.contains(&true) {
            return None;
        }
        learnt.fade(cut, policy);
        Some(Self { learnt: Design::new(learnt, policy), held_out })
    }

    /// Log-loss of the held-out rows by a fit under a penalty; none if there is no such fit.
    fn loss(&self, penalty: f64, policy: &ValidPolicy) -> Option<f64> {
        let design = self.learnt.as_ref().ok()?;
        let fitted = newton(penalty, policy).fit(&design.rows).ok()?;
        let (intercept, coefficients) = design.in_own_units(&fitted);
        let rows = &self.held_out;
        let loss = |r: usize| {
            let eta = intercept
                + rows.covariates(r).iter().zip(&coefficients).map(|(x, b)| x * b).sum::<f64>();
            f64::from(rows.weight[r]) * (log1p_exp(eta) - if rows.event[r] { eta } else { 0.0 })
        };
        Some((0..rows.n_rows()).map(loss).sum())
    }
}
