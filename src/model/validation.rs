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
            let eta =
                intercept + rows.covariates(r).iter().zip(&coefficients).map(|(x, b)| x * b).sum::<f64>();
            f64::from(rows.weight[r]) * (log1p_exp(eta) - if rows.event[r] { eta } else { 0.0 })
        };
        Some((0..rows.n_rows()).map(loss).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::N_COLUMNS;
    use crate::numeric::{logistic, rng, unit};
    use crate::policy::parse;
    use rand::Rng as _;

    const AS_OF: Day = Day(20_000);

    /// Rows of a landmark each day for 400 days, so many a day: the first column is drawn evenly from -2 to 2 and moves
    /// the log-odds of an event by `effect`; twenty more mean nothing.
    fn rows(a_day: usize, effect: f64) -> PersonPeriods {
        let mut rng = rng(3, "validation", 0);
        let mut out = PersonPeriods::default();
        for landmark in (AS_OF.0 - 400..AS_OF.0).map(Day) {
            for _ in 0..a_day {
                let mut x = [0.0; N_COLUMNS];
                x[..21].fill_with(|| 4.0 * unit(rng.next_u64()) - 2.0);
                out.x.extend(x);
                out.event.push(unit(rng.next_u64()) < logistic(effect * x[0] - 1.0));
                out.weight.push(1.0);
                out.landmark.push(landmark);
                out.day.push(landmark.plus(1));
                out.is_overdue.push(false);
                out.customer.push(0);
                out.days_past_due.push(1);
            }
        }
        out
    }

    fn chosen(rows: &PersonPeriods, more: &str) -> Option<Validation> {
        let policy =
            parse(&format!("[model]\npenalty = 1000\npenalty_shares = [0.01, 1, 0.1]\n{more}"), "p.toml");
        rolling(rows, AS_OF, &policy.unwrap())
    }

    #[test]
    fn where_features_tell_much_the_weakest_penalty_is_taken() {
        let found = chosen(&rows(3, 3.0), "").unwrap();
        assert_eq!(found.penalty, 10.0, "{:?}", found.tried);
        assert!(found.tried.is_sorted_by(|a, b| a.penalty > b.penalty && a.loss > b.loss));
    }

    #[test]
    fn where_features_tell_nothing_the_strongest_is() {
        let found = chosen(&rows(1, 0.0), "").unwrap();
        assert_eq!(found.penalty, 1000.0, "{:?}", found.tried);
        assert!(found.tried.is_sorted_by(|a, b| a.loss < b.loss));
    }

    #[test]
    fn a_long_history_a_short_one_and_a_penalty_without_others_are_not_judged() {
        let few = rows(1, 1.0);
        assert!(chosen(&few, "").is_some());
        let mut many = few.clone();
        many.weight.fill(200.0);
        assert_eq!(chosen(&many, ""), None);
        let late: Vec<usize> = (0..few.n_rows()).filter(|r| few.landmark[*r] >= AS_OF.plus(-90)).collect();
        assert_eq!(chosen(&few.taken(&late, 1.0), ""), None);
        let policy = parse("[model]\npenalty_shares = [0.5]", "p.toml").unwrap();
        assert_eq!(rolling(&few, AS_OF, &policy), None);
    }

    /// The landmark of `cut - 1` has its day at the cut: it is learnt from. That of the cut is held out, and the last one
    /// that is lies 89 days after it.
    #[test]
    fn nothing_after_a_cut_is_learnt_and_nothing_before_it_judges() {
        let (rows, cut) = (rows(1, 1.0), AS_OF.plus(-180));
        let policy = parse("", "p.toml").unwrap();
        let fold = Fold::new(&rows, cut, &policy).unwrap();
        assert_eq!(fold.learnt.unwrap().rows.targets().len(), 220);
        let held_out = &fold.held_out.landmark;
        assert_eq!((held_out[0], held_out[held_out.len() - 1]), (cut, cut.plus(89)));
    }
}
