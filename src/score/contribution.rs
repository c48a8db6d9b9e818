//! What each covariate adds to the log-odds of an invoice being late: contributions that add up to the score.

use super::predict::{DAILY_DAYS, Predicted, Prediction, predict_and};
use crate::features::covariate::{N_BASE, N_SIDED, N_STILL};
use crate::features::day_row::{DayRow, InvoiceHazard, N_MOVING};
use crate::features::outlived::Outlived;
use crate::features::{Average, BASE, Covariate, OFFSETS, Survey, TERMS};
use crate::ledger::Known;
use crate::model::Hazard;
use crate::numeric::log1p_exp;
use crate::policy::ValidPolicy;

/// Reasons given for each invoice.
pub const N_REASONS: usize = 3;
/// An overdue invoice is late whatever happens: what is explained is whether it is still open after so many days.
pub const OVERDUE_DAYS: i32 = 30;
/// Name of the part that no covariate explains: the portfolio's average invoice with the dates of this one.
pub const AVERAGE_INVOICE: &str = "average_invoice";
/// Name of what the days past the daily horizon add, of an invoice due later than they reach.
pub const LATER_DAYS: &str = "later_days";
/// Covariates that a score is made of.
pub const N_COVARIATES: usize = BASE.len() + OFFSETS.len();
/// All of them: [`BASE`], then [`OFFSETS`].
pub const COVARIATES: [Covariate; N_COVARIATES] = {
    let mut all = [BASE[0]; N_COVARIATES];
    let mut k = 0;
    while k < N_COVARIATES {
        all[k] = if k < BASE.len() { BASE[k] } else { OFFSETS[k - BASE.len()] };
        k += 1;
    }
    all
};
/// Log-odds of a day past which its hazard is 0 or 1 to the last bit.
const ETA_MAX: f64 = 700.0;
/// Equal steps from the average invoice to this one.
const N_STEPS: usize = 8;
/// Weights of the ends of those steps by Boole's rule, twice: exact for polynomials of degree 5.
const WEIGHTS: [f64; N_STEPS + 1] = {
    let mut weights = [7.0, 32.0, 12.0, 32.0, 14.0, 32.0, 12.0, 32.0, 7.0];
    let mut k = 0;
    while k <= N_STEPS {
        weights[k] /= 180.0;
        k += 1;
    }
    weights
};

/// A covariate's effect on the log-odds of late payment, against the portfolio's average invoice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    /// The covariate.
    pub name: &'static str,
    /// Log-odds; above 0 means later.
    pub effect: f64,
}

/// The score of one invoice, taken apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution {
    /// Log-odds of the portfolio's average invoice with the same dates.
    pub average: f64,
    /// What each covariate adds, in the order of [`COVARIATES`].
    pub effect: [f64; N_COVARIATES],
    /// What days past the daily horizon add.
    pub later_days: f64,
}

impl Contribution {
    const NONE: Self = Self { average: 0.0, effect: [0.0; N_COVARIATES], later_days: 0.0 };

    /// Log-odds of the score: the sum of all parts.
    pub fn log_odds(&self) -> f64 {
        self.average + self.effect.iter().sum::<f64>() + self.later_days
    }

    /// Every part that is not zero, by name: the average, the covariates, the later days.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let first = std::iter::once((AVERAGE_INVOICE, self.average));
        let effects = COVARIATES.iter().zip(self.effect).map(|(c, e)| (c.name, e));
        let all = first.chain(effects).chain(std::iter::once((LATER_DAYS, self.later_days)));
        all.filter(|(name, e)| *e != 0.0 || *name == AVERAGE_INVOICE)
    }

    /// The covariates that add or take most.
    pub fn strongest(&self) -> [Reason; N_REASONS] {
        let mut order: Vec<usize> = (0..N_COVARIATES).collect();
        order.sort_by(|&a, &b| self.effect[b].abs().total_cmp(&self.effect[a].abs()).then(a.cmp(&b)));
        std::array::from_fn(|k| Reason { name: COVARIATES[order[k]].name, effect: self.effect[order[k]] })
    }
}

/// [`predict`](super::predict()), and the score of each open invoice taken apart, in the prediction's order.
///
/// The score is `L = ln(S / (1 - S))` with `S = prod_d (1 - h[d])` the probability of being open at the deadline: due +
/// grace, so that `L` is the log-odds of `late_prob`; for an overdue invoice [`OVERDUE_DAYS`] after as_of, so that it is
/// that of `1 - paid_30_prob`. On the straight line from the average invoice's log-odds of each day to this one's, a
/// covariate's part is the integral of the slope of `L` times its own distance, `-h[d] / (1 - S)` times coefficient times
/// `x - x_average`, summed over days. The parts add up to the difference of the two scores whatever the interactions,
/// which no first-order effect does; what quadrature leaves is spread over them in proportion.
///
/// Source: Aumann & Shapley (1974), *Values of Non-Atomic Games*; Sundararajan et al. (2017), *Axiomatic Attribution*.
pub fn predict_and_explain(
    known: &Known,
    survey: &Survey,
    hazard: &Hazard,
    policy: &ValidPolicy,
) -> (Prediction, Vec<Contribution>) {
    let average = Average::new(survey.prior(), &survey.memory, hazard.means[TERMS]);
    let grace = policy.ledger.grace_days;
    predict_and(known, survey, hazard, policy, |invoice| take_apart(invoice, hazard, &average, grace))
}

/// The log-odds of one invoice being open at its deadline, in parts.
fn take_apart(
    invoice: &Predicted<'_>,
    hazard: &Hazard,
    average: &Average<'_>,
    grace_days: i32,
) -> Contribution {
    let usual = average.like(invoice.facts);
    let usual_still = usual.still();
    let usual_hazard = hazard.of(&usual_still);
    let days_to_due = invoice.facts.due() - average.mark();
    let [mut outlived, mut usual_outlived] = [invoice.hazard, usual_hazard].map(|h| h.outlived(days_to_due));
    let deadline = days_to_due + grace_days;
    let deadline = if deadline > 0 { deadline } else { OVERDUE_DAYS };
    let n_days = deadline.min(DAILY_DAYS) as usize;
    let mut days: Vec<Step> = Vec::with_capacity(n_days);
    // survival and its complement at each point of the line: neither loses its digits near 0
    let (mut open, mut paid) = ([1.0; N_STEPS + 1], [0.0; N_STEPS + 1]);
    for (day, row) in (average.mark() + 1..).zip(&invoice.days[..n_days]) {
        let usual = usual.on(day);
        let (eta, of_usual) = slowed(&usual_hazard, &usual, &mut usual_outlived);
        let (this, of_this) = slowed(&invoice.hazard, row, &mut outlived);
        let gap = this - eta;
        let offsets = [row.surprise - usual.surprise, of_this - of_usual];
        let mut step = Step { side: row.side, distance: row.moving, offsets, hazard: [0.0; N_STEPS + 1] };
        step.distance.iter_mut().zip(usual.moving).for_each(|(x, usual)| *x -= usual);
        let mut odds = (-eta.clamp(-ETA_MAX, ETA_MAX)).exp();
        let ratio = (-gap / N_STEPS as f64).exp();
        for h in &mut step.hazard {
            *h = 1.0 / (1.0 + odds);
            odds *= ratio;
        }
        for ((open, paid), h) in open.iter_mut().zip(&mut paid).zip(step.hazard) {
            let now = *open * h;
            *paid += now;
            *open -= now;
        }
        days.push(step);
    }
    // slope of the log-odds of survival in the log-odds of a day
    let scale: [f64; N_STEPS + 1] = std::array::from_fn(|q| -WEIGHTS[q] / paid[q].max(f64::MIN_POSITIVE));
    let (mut slopes, mut sided, mut moving, mut offsets) = (0.0, 0.0, [0.0; N_MOVING], [0.0; OFFSETS.len()]);
    for step in &days {
        let slope: f64 = step.hazard.iter().zip(scale).map(|(h, s)| h * s).sum();
        slopes += slope;
        sided += slope * step.side;
        moving.iter_mut().zip(step.distance).for_each(|(sum, d)| *sum += slope * d);
        offsets.iter_mut().zip(step.offsets).for_each(|(sum, d)| *sum += slope * d);
    }
    let mut out = Contribution::NONE;
    let (_, of_column) = hazard.in_state(invoice.still.is_overdue);
    for k in 0..N_STILL {
        let distance = invoice.still.covariates[k] - usual_still.covariates[k];
        let of_side = if k < N_SIDED { sided * of_column[N_BASE + k] } else { 0.0 };
        out.effect[k] = distance * (slopes * of_column[k] + of_side);
    }
    for (k, sum) in moving.into_iter().enumerate() {
        out.effect[N_STILL + k] = sum * of_column[N_STILL + k];
    }
    out.effect[BASE.len()..].copy_from_slice(&offsets);
    let log_odds = |q: usize| (open[q].max(f64::MIN_POSITIVE) / paid[q].max(f64::MIN_POSITIVE)).ln();
    out.average = log_odds(0);
    let this = log_odds(N_STEPS);
    let left = this - out.average - out.effect.iter().sum::<f64>();
    let size: f64 = out.effect.iter().map(|e| e.abs()).sum();
    if size > 0.0 {
        out.effect.iter_mut().for_each(|e| *e += left * e.abs() / size);
    }
    let at_deadline = invoice.open_at(deadline);
    if deadline > DAILY_DAYS && at_deadline > 0.0 && at_deadline < 1.0 {
        out.later_days = crate::numeric::logit(at_deadline) - this;
    }
    out
}

/// Log-odds of a day, and what of them is said by what has been outlived before it.
fn slowed(hazard: &InvoiceHazard<'_>, row: &DayRow, outlived: &mut Outlived) -> (f64, f64) {
    let bare = hazard.log_odds(row);
    let added = outlived.log_odds(bare);
    if !outlived.is_idle() {
        outlived.pass(1, log1p_exp(bare));
    }
    (bare + added, added)
}

/// One day on the way from the average invoice to this one.
#[derive(Clone, Copy)]
struct Step {
    /// What the first still covariates are multiplied by.
    side: f64,
    /// Distance of each moving covariate from the average.
    distance: [f64; N_MOVING],
    /// The same of each of [`OFFSETS`].
    offsets: [f64; OFFSETS.len()],
    /// Hazard of the day at each point.
    hazard: [f64; N_STEPS + 1],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_integrate_what_they_promise() {
        let power = |n: i32| {
            let ends = WEIGHTS.iter().enumerate();
            ends.map(|(k, w)| w * (k as f64 / N_STEPS as f64).powi(n)).sum::<f64>()
        };
        for n in 0..=5 {
            assert!((power(n) - 1.0 / f64::from(n + 1)).abs() < 1e-12, "{n}");
        }
    }

    #[test]
    fn the_strongest_reasons_come_first_and_all_parts_add_up() {
        let mut c = Contribution { average: -1.0, later_days: 0.25, ..Contribution::NONE };
        (c.effect[2], c.effect[5], c.effect[7]) = (0.5, -2.0, 1.0);
        assert_eq!(c.strongest().map(|r| r.name), [BASE[5].name, BASE[7].name, BASE[2].name]);
        assert!((c.log_odds() + 1.25).abs() < 1e-15);
        assert!((c.parts().map(|p| p.1).sum::<f64>() + 1.25).abs() < 1e-15);
        assert_eq!(c.parts().map(|p| p.0).last(), Some(LATER_DAYS));
    }
}
