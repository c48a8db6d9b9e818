//! How far a customer's pay runs reach: which of the invoices open on the day of a run it takes.
//!
//! Whoever pays on Fridays or on the 15th takes what falls due before the next run, or what has fallen due since the last
//! one, or waits some days longer; it is the same for all its runs. So the hazard of a run rises on one relative day, the
//! run's start, from next to nothing to nearly all. A few invoices tell where that is.

use std::sync::LazyLock;

/// Relative days (`run - due_date`) that are told apart.
const RELATIVE: std::ops::RangeInclusive<i32> = -60..=60;
/// How many these are.
const N_RELATIVE: usize = (*RELATIVE.end() - *RELATIVE.start() + 1) as usize;
/// Relative days on which a customer's runs may begin to take an invoice.
const STARTS: std::ops::RangeInclusive<i32> = -45..=25;
/// How many these are.
const N_STARTS: usize = (*STARTS.end() - *STARTS.start() + 1) as usize;
/// Share of what is open that a run takes long after its start.
const MOST: [f64; 5] = [0.2, 0.4, 0.6, 0.8, 0.93];
/// Days over which the odds grow e-fold before it: some customers have one day, others waver.
const SPREADS: [f64; 3] = [0.8, 3.0, 8.0];
/// A shape is one of each.
const N_SHAPES: usize = MOST.len() * SPREADS.len();
/// A run takes so much of anything.
const TAKEN_LEAST: f64 = 0.003;
/// What is less likely than this adds nothing to a mean.
const SHARE_LEAST: f64 = 1e-9;
/// Nor does a likelihood whose logarithm is so far below the largest.
const LN_LEAST: f64 = -40.0;
/// Customers that every start and shape together count as having been seen.
const EVEN_CUSTOMERS: f64 = 10.0;
/// Customers looked at, at the most.
pub(super) const CUSTOMERS: usize = 2000;
/// Rounds of the estimate.
const ROUNDS: usize = 3;
/// Longest mean days between runs of those who have them weekly, and of those who have them twice a month; starts differ
/// between them.
const CYCLE_DAYS: [f64; 2] = [10.0, 22.0];
const N_CYCLES: usize = CYCLE_DAYS.len() + 1;

/// Invoices open on the days of a customer's pay runs, by relative day, in fading weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Offers {
    /// Which of the cycles the customer's runs have.
    cycle: usize,
    /// Open when the run came.
    offered: [f64; N_RELATIVE],
    /// Of these, settled by it.
    taken: [f64; N_RELATIVE],
}

impl Offers {
    /// None yet, of a customer with runs so many days apart.
    pub fn new(cycle_days: f64) -> Self {
        let cycle = CYCLE_DAYS.iter().filter(|longest| cycle_days > **longest).count();
        Self { cycle, offered: [0.0; N_RELATIVE], taken: [0.0; N_RELATIVE] }
    }

    /// An invoice open on the day of a run, so many days after it was due; far from due it tells nothing.
    pub fn add(&mut self, relative: i32, is_taken: bool, weight: f64) {
        if let Some(at) = place(relative) {
            self.offered[at] += weight;
            self.taken[at] += if is_taken { weight } else { 0.0 };
        }
    }
}

/// Where a relative day is told apart.
fn place(relative: i32) -> Option<usize> {
    RELATIVE.contains(&relative).then(|| (relative - RELATIVE.start()) as usize)
}

/// A shape's hazards by days from the run to the start, `start - relative`, so that those of all starts lie side by side.
struct Shape {
    hazard: Vec<f64>,
    log_odds: Vec<f64>,
    ln_not: Vec<f64>,
}

/// Before this many days to the start there are none.
const TO_START_FROM: i32 = *STARTS.start() - *RELATIVE.end();

static TABLE: LazyLock<[Shape; N_SHAPES]> = LazyLock::new(|| {
    std::array::from_fn(|shape| {
        let (most, spread) = (MOST[shape / SPREADS.len()], SPREADS[shape % SPREADS.len()]);
        let to_start = TO_START_FROM..=STARTS.end() - RELATIVE.start();
        let ramp = |days: i32| -crate::numeric::log1p_exp(f64::from(days) / spread);
        let at = |days| crate::numeric::logistic(crate::numeric::logit(most) + ramp(days)).max(TAKEN_LEAST);
        let hazard: Vec<f64> = to_start.map(at).collect();
        Shape {
            log_odds: hazard.iter().map(|h| crate::numeric::logit(*h)).collect(),
            ln_not: hazard.iter().map(|h| (-h).ln_1p()).collect(),
            hazard,
        }
    })
});

/// Place in a [`Shape`] of the first start for a run on that place of the relative days.
fn first_start(at: usize) -> usize {
    (STARTS.start() - RELATIVE.start() - TO_START_FROM) as usize - at
}

/// How common each start and shape is among customers with pay runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// By cycle: the share of each start, shape by shape.
    share: [Vec<f64>; N_CYCLES],
}

impl Reach {
    /// Nothing known of anybody.
    pub fn even() -> Self {
        let n = N_SHAPES * N_STARTS;
        Self { share: std::array::from_fn(|_| vec![1.0 / n as f64; n]) }
    }

    /// The shares behind customers: by expectation and maximisation, from even ones that count as some customers.
    ///
    /// Source: Laird (1978), *Nonparametric Maximum Likelihood Estimation of a Mixing Distribution*, on a grid.
    pub fn estimate(customers: &[Offers]) -> Self {
        let mut out = Self::even();
        for (cycle, share) in out.share.iter_mut().enumerate() {
            let seen: Vec<Vec<f64>> = customers.iter().filter(|c| c.cycle == cycle).map(likelihood).collect();
            let even = EVEN_CUSTOMERS / share.len() as f64;
            let all = EVEN_CUSTOMERS + seen.len() as f64;
            for _ in 0..ROUNDS {
                let mut next = vec![even; share.len()];
                for likelihood in &seen {
                    let kinds = posterior(likelihood, share);
                    next.iter_mut().zip(kinds).for_each(|(sum, p)| *sum += p);
                }
                share.iter_mut().zip(next).for_each(|(share, sum)| *share = sum / all);
            }
        }
        out
    }

    /// Share of the invoices open on the day of a run that it takes, by relative day: the mean over starts and shapes, each
    /// as likely as the customer's invoices make it.
    pub fn hazard(&self, offers: &Offers) -> RunHazard {
        let kinds = posterior(&likelihood(offers), &self.share[offers.cycle]);
        let mut out = [0.0; N_RELATIVE];
        for (shape, kinds) in TABLE.iter().zip(kinds.chunks_exact(N_STARTS)) {
            for (start, p) in kinds.iter().enumerate().filter(|(_, p)| **p > SHARE_LEAST) {
                let hazard = shape.hazard[..=first_start(0) + start].iter().rev();
                out.iter_mut().zip(hazard).for_each(|(sum, h)| *sum += p * h);
            }
        }
        RunHazard(out)
    }
}

/// The hazard of a customer's pay runs near the due date.
#[derive(Debug, Clone, PartialEq)]
pub struct RunHazard([f64; N_RELATIVE]);

impl RunHazard {
    /// On a run so many days after due; none far from it.
    pub fn on(&self, relative: i32) -> Option<f64> {
        place(relative).map(|at| self.0[at])
    }
}

/// Likelihood of each start, shape by shape, against the likeliest.
fn likelihood(offers: &Offers) -> Vec<f64> {
    let mut ln = Vec::with_capacity(N_SHAPES * N_STARTS);
    for shape in TABLE.iter() {
        let mut sums = [0.0; N_STARTS];
        for (at, (&offered, &taken)) in offers.offered.iter().zip(&offers.taken).enumerate() {
            if offered > 0.0 {
                let starts = first_start(at)..first_start(at) + N_STARTS;
                let (log_odds, ln_not) = (&shape.log_odds[starts.clone()], &shape.ln_not[starts]);
                for k in 0..N_STARTS {
                    sums[k] += taken * log_odds[k] + offered * ln_not[k];
                }
            }
        }
        ln.extend(sums);
    }
    let most = ln.iter().copied().fold(f64::MIN, f64::max);
    let odds = |ln: f64| if ln > most + LN_LEAST { (ln - most).exp() } else { 0.0 };
    ln.iter_mut().for_each(|ln| *ln = odds(*ln));
    ln
}

/// Bayes: `likelihood * share`, adding up to 1.
fn posterior(likelihood: &[f64], share: &[f64]) -> Vec<f64> {
    let odds: Vec<f64> = likelihood.iter().zip(share).map(|(l, p)| l * p).collect();
    let all: f64 = odds.iter().sum();
    odds.into_iter().map(|o| o / all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs every 30 days, each offered invoices due 1 to 60 days later; those of the next `reach` days are taken.
    fn takes_up_to(reach: i32) -> Offers {
        let mut offers = Offers::new(30.0);
        for due_after in (1..=60).step_by(3) {
            offers.add(-due_after, due_after <= reach, 1.0);
        }
        offers
    }

    #[test]
    fn a_run_takes_what_falls_due_before_the_next_one() {
        let hazard = Reach::even().hazard(&takes_up_to(30));
        let on = |relative| hazard.on(relative).unwrap();
        assert!(on(-35) < 0.1 && on(-27) > 0.6 && on(0) > 0.8, "{} {} {}", on(-35), on(-27), on(0));
        let hazard = Reach::even().hazard(&takes_up_to(0));
        let on = |relative| hazard.on(relative).unwrap();
        assert!(on(-27) < 0.05 && on(-5) < 0.1, "{} {}", on(-27), on(-5));
    }

    #[test]
    fn who_is_not_known_yet_is_expected_to_be_as_others_with_runs_as_often() {
        let reach = Reach::estimate(&vec![takes_up_to(30); 40]);
        let on = |cycle_days, relative| reach.hazard(&Offers::new(cycle_days)).on(relative).unwrap();
        assert!(on(30.0, -27) > 0.6 && on(30.0, -40) < 0.2, "{} {}", on(30.0, -27), on(30.0, -40));
        let even = Reach::even().hazard(&Offers::new(7.0)).on(-27).unwrap();
        assert!((on(7.0, -27) - even).abs() < 1e-12, "nobody with weekly runs was seen");
    }

    /// The mean over all kinds of the hazard, weighed by the product of the chances of what was seen.
    #[test]
    fn the_hazard_is_bayes_formula_written_out() {
        let mut offers = Offers::new(7.0);
        let seen = [(-9, false, 1.0), (-2, true, 1.0), (5, true, 0.5)];
        seen.iter().for_each(|&(relative, is_taken, weight)| offers.add(relative, is_taken, weight));
        let (mut sum, mut all) = (0.0, 0.0);
        for (most, spread) in MOST.iter().flat_map(|most| SPREADS.map(|spread| (most, spread))) {
            for start in STARTS {
                let h = |relative: i32| {
                    let odds = most / (1.0 - most) / (1.0 + (f64::from(start - relative) / spread).exp());
                    (odds / (1.0 + odds)).max(TAKEN_LEAST)
                };
                let chance = |&(relative, is_taken, weight): &(i32, bool, f64)| {
                    let h: f64 = if is_taken { h(relative) } else { 1.0 - h(relative) };
                    h.powf(weight)
                };
                let chance: f64 = seen.iter().map(chance).product();
                sum += chance * h(-4);
                all += chance;
            }
        }
        let hazard = Reach::even().hazard(&offers).on(-4).unwrap();
        assert!((hazard - sum / all).abs() < 1e-6, "{hazard} {}", sum / all);
    }

    #[test]
    fn far_from_due_nothing_is_told() {
        let mut offers = Offers::new(7.0);
        offers.add(61, true, 1.0);
        assert_eq!(offers, Offers::new(7.0));
        assert_eq!(Reach::even().hazard(&offers).on(61), None);
    }
}
