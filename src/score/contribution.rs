//! What each covariate adds to the log-odds of an invoice being late: contributions that add up to the score.

use super::predict::{DAILY_DAYS, Prediction};
use crate::features::covariate::{BASE, Backlog, DayRow, Evening, Facts, covariate_of};
use crate::features::habits::{BACKLOG_DAYS, Calendar, Habits, PayDay};
use crate::features::{N_COLUMNS, Survey};
use crate::ledger::Known;
use crate::model::Hazard;
use crate::numeric::logistic;
use crate::policy::ValidPolicy;
use rayon::prelude::*;

/// Reasons given for each invoice.
pub const N_REASONS: usize = 3;
/// An overdue invoice is late whatever happens: what is explained is whether it is still open after so many days.
pub const OVERDUE_DAYS: i32 = 30;
/// Name of the part that no covariate explains: the portfolio's average invoice with the dates of this one.
pub const AVERAGE_INVOICE: &str = "average_invoice";
/// Name of what the days past the daily horizon add, of an invoice due later than they reach.
pub const LATER_DAYS: &str = "later_days";
/// Customers in one go.
const CHUNK: usize = 8;

/// Nodes and weights of Gauss and Legendre on `0..1`: exact for polynomials of degree 15.
const NODES: [(f64, f64); 8] = [
    (0.019_855_071_751_231_9, 0.050_614_268_145_188_1),
    (0.101_666_761_293_186_6, 0.111_190_517_226_687_2),
    (0.237_233_795_041_835_5, 0.156_853_322_938_943_6),
    (0.408_282_678_752_175, 0.181_341_891_689_181),
    (0.591_717_321_247_825, 0.181_341_891_689_181),
    (0.762_766_204_958_164_5, 0.156_853_322_938_943_6),
    (0.898_333_238_706_813_4, 0.111_190_517_226_687_2),
    (0.980_144_928_248_768_1, 0.050_614_268_145_188_1),
];

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
    /// What each covariate adds, in the order of [`BASE`].
    pub effect: [f64; BASE.len()],
    /// What days past the daily horizon add.
    pub later_days: f64,
}

impl Contribution {
    const NONE: Self = Self { average: 0.0, effect: [0.0; BASE.len()], later_days: 0.0 };

    /// Log-odds of the score: the sum of all parts.
    pub fn log_odds(&self) -> f64 {
        self.average + self.effect.iter().sum::<f64>() + self.later_days
    }

    /// Every part that is not zero, by name: the average, the covariates, the later days.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let first = std::iter::once((AVERAGE_INVOICE, self.average));
        let effects = BASE.iter().zip(self.effect).map(|(c, e)| (c.name, e));
        let all = first.chain(effects).chain(std::iter::once((LATER_DAYS, self.later_days)));
        all.filter(|(name, e)| *e != 0.0 || *name == AVERAGE_INVOICE)
    }

    /// The covariates that add or take most.
    pub fn strongest(&self) -> [Reason; N_REASONS] {
        let mut order: Vec<usize> = (0..BASE.len()).collect();
        order.sort_by(|&a, &b| self.effect[b].abs().total_cmp(&self.effect[a].abs()).then(a.cmp(&b)));
        std::array::from_fn(|k| Reason { name: BASE[order[k]].name, effect: self.effect[order[k]] })
    }
}

/// Takes the score of each open invoice apart, in the prediction's order.
///
/// The score is `L = ln(S / (1 - S))` with `S = prod_d (1 - h[d])` the probability of being open at the deadline: due +
/// grace, so that `L` is the log-odds of `late_prob`; for an overdue invoice [`OVERDUE_DAYS`] after as_of, so that it is
/// that of `1 - paid_30_prob`. On the straight line from the average invoice's log-odds of each day to this one's, a
/// covariate's part is the integral of the slope of `L` times its own distance, `-h[d] / (1 - S)` times coefficient times
/// `x - x_average`, summed over days. The parts add up to the difference of the two scores whatever the interactions,
/// which no first-order effect does; what quadrature leaves is spread over them in proportion.
///
/// Source: Aumann & Shapley (1974), *Values of Non-Atomic Games*; Sundararajan et al. (2017), *Axiomatic Attribution*.
pub fn contributions(
    known: &Known,
    survey: &Survey,
    hazard: &Hazard,
    prediction: &Prediction,
    policy: &ValidPolicy,
) -> Vec<Contribution> {
    let of_customer = |k: &u32| known.customer[*k as usize];
    let groups: Vec<&[u32]> = prediction.open.chunk_by(|a, b| of_customer(a) == of_customer(b)).collect();
    let mut start = 0;
    let placed = |group: &'_ &'_ [u32]| {
        start += group.len();
        start - group.len()
    };
    let starts: Vec<usize> = groups.iter().map(placed).collect();
    let work: Vec<(usize, &[u32])> = starts.into_iter().zip(groups).collect();
    let average = Habits::average(survey.prior(), &survey.memory);
    let one = |(start, group): &(usize, &[u32])| -> Vec<Contribution> {
        let habits = &prediction.habits[known.customer[group[0] as usize] as usize];
        let mut look = Look::new(survey, hazard, habits, &average);
        let each = group.iter().enumerate().map(|(k, &i)| {
            let facts = Facts::new(known, i as usize, habits, survey.prior());
            let due = known.due[i as usize] - known.as_of().0;
            let deadline = if due + policy.ledger.grace_days > 0 {
                due + policy.ledger.grace_days
            } else {
                OVERDUE_DAYS
            };
            let open = prediction.curves.at(start + k, deadline);
            look.take_apart(&facts, deadline, open)
        });
        each.collect()
    };
    work.par_iter().with_min_len(CHUNK).flat_map_iter(one).collect()
}

/// One customer at as_of, with room for the days of an invoice.
struct Look<'a> {
    survey: &'a Survey,
    hazard: &'a Hazard,
    habits: &'a Habits,
    average: &'a Habits,
    /// From `BACKLOG_DAYS` before as_of.
    release: Vec<f64>,
    pay_days: Vec<PayDay>,
    /// What each covariate's distance from the average adds to the log-odds of each day.
    distance: Vec<[f64; BASE.len()]>,
    /// Hazard of each day at each node.
    hazards: Vec<[f64; NODES.len()]>,
}

impl<'a> Look<'a> {
    fn new(survey: &'a Survey, hazard: &'a Hazard, habits: &'a Habits, average: &'a Habits) -> Self {
        let as_of = survey.prior().mark.0;
        let calendar = Calendar::new(habits, survey.prior(), &survey.almanac);
        let release = (-BACKLOG_DAYS..=DAILY_DAYS).map(|day| calendar.release(as_of + day)).collect();
        let pay_days = (1..=DAILY_DAYS).map(|day| calendar.day(as_of + day)).collect();
        let (distance, hazards) = (Vec::new(), Vec::new());
        Self { survey, hazard, habits, average, release, pay_days, distance, hazards }
    }

    /// Parts of the log-odds of an invoice being open at the end of `deadline`, days after as_of, with probability
    /// `open`.
    fn take_apart(&mut self, facts: &Facts, deadline: i32, open: f64) -> Contribution {
        let n_days = deadline.min(DAILY_DAYS);
        let mut out = Contribution::NONE;
        // log of survival: of the average invoice, at each node, and of this one
        let (mut of_average, mut of_node, mut of_this) = (0.0, [0.0; NODES.len()], 0.0);
        self.walk(facts, n_days, |eta_average, distance, hazards| {
            let gap: f64 = distance.iter().sum();
            of_average += (-logistic(eta_average)).ln_1p();
            of_this += (-logistic(eta_average + gap)).ln_1p();
            for ((h, sum), (node, _)) in hazards.iter_mut().zip(&mut of_node).zip(NODES) {
                *h = logistic(eta_average + node * gap);
                *sum += (-*h).ln_1p();
            }
        });
        // slope of the log-odds of survival in the log-odds of a day
        let scale: [f64; NODES.len()] = std::array::from_fn(|q| -NODES[q].1 / -of_node[q].exp_m1());
        for (distance, hazards) in self.distance.iter().zip(&self.hazards) {
            let slope: f64 = hazards.iter().zip(scale).map(|(h, s)| h * s).sum();
            out.effect.iter_mut().zip(distance).for_each(|(sum, d)| *sum += slope * d);
        }
        out.average = log_odds_of_log(of_average);
        let this = log_odds_of_log(of_this);
        let left = this - out.average - out.effect.iter().sum::<f64>();
        let size: f64 = out.effect.iter().map(|e| e.abs()).sum();
        if size > 0.0 {
            out.effect.iter_mut().for_each(|e| *e += left * e.abs() / size);
        }
        if deadline > DAILY_DAYS && open > 0.0 && open < 1.0 {
            out.later_days = crate::numeric::logit(open) - this;
        }
        out
    }

    /// Calls `each` with the average's log-odds, the covariates' distances and a place for hazards on each of the first
    /// `n_days` days, which it keeps.
    fn walk(
        &mut self,
        facts: &Facts,
        n_days: i32,
        mut each: impl FnMut(f64, &[f64; BASE.len()], &mut [f64; NODES.len()]),
    ) {
        let (prior, as_of) = (self.survey.prior(), self.survey.prior().mark.0);
        let usual = facts.average(self.hazard.means[2]);
        let mut backlog = Backlog::new(facts, prior);
        let (mut evening, mut evening_of_average) = (Evening::none(), Evening::none());
        let [mut of_x, mut of_average] = [[0.0; N_COLUMNS]; 2];
        self.distance.clear();
        self.hazards.clear();
        for day in 1..=n_days {
            let date = as_of + day;
            let release = |date: i32| self.release[(date - as_of + BACKLOG_DAYS) as usize];
            let waiting = backlog.at(date, facts, self.habits, release);
            let pay_day = &self.pay_days[day as usize - 1];
            DayRow::new(prior, self.habits, facts, pay_day, waiting, date, &mut evening).write(&mut of_x);
            let average = DayRow::new(
                prior,
                self.average,
                &usual,
                &PayDay::AVERAGE,
                0.0,
                date,
                &mut evening_of_average,
            );
            average.write(&mut of_average);
            let mut distance = [0.0; BASE.len()];
            for (column, coefficient) in self.hazard.coefficients.iter().enumerate() {
                if let Some(covariate) = covariate_of(column) {
                    distance[covariate] += coefficient * (of_x[column] - of_average[column]);
                }
            }
            let mut hazards = [0.0; NODES.len()];
            let eta = self.hazard.intercept + average.dot(&self.hazard.coefficients);
            each(eta, &distance, &mut hazards);
            self.distance.push(distance);
            self.hazards.push(hazards);
        }
    }
}

/// Log-odds of the number whose logarithm is `ln`, below 0.
fn log_odds_of_log(ln: f64) -> f64 {
    ln - (-ln.exp_m1()).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_integrate_what_they_promise() {
        let power = |n: i32| NODES.iter().map(|(t, w)| w * t.powi(n)).sum::<f64>();
        for n in [0, 1, 7, 15] {
            assert!((power(n) - 1.0 / f64::from(n + 1)).abs() < 1e-12, "{n}");
        }
    }

    #[test]
    fn log_odds_of_a_half_are_zero_and_small_numbers_keep_their_digits() {
        assert!(log_odds_of_log(0.5_f64.ln()).abs() < 1e-15);
        assert!((log_odds_of_log(-800.0) + 800.0).abs() < 1e-12);
        assert!((log_odds_of_log(-1e-18) - (1e18_f64).ln()).abs() < 1e-12);
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
