//! How much invoices have in common: measured on what the model missed in past weeks.

use super::predict::daily_survival;
use crate::core::Day;
use crate::features::calendar::Calendar;
use crate::features::day_row::Days;
use crate::features::facts::Facts;
use crate::features::habits::Habits;
use crate::features::sweep::{Room, sweep};
use crate::features::{Survey, prior::Prior};
use crate::ledger::Known;
use crate::model::{Dependence, Hazard};
use crate::numeric::{mix, normal_density, normal_quantile, text_key};
use crate::policy::{Part, ValidPolicy};
use rayon::prelude::*;
use std::ops::Range;

/// Past days that are looked at, the newest ones.
const MARKS: usize = 12;
/// Weeks after each whose payments are counted.
const WEEKS: usize = 4;
/// Largest deviation of a week that is believed.
const WEEK_MOST: f64 = 0.4;
/// Deviations that a week's miss counts as at the most: one week of chaos says little of the others.
const WEEK_MISS_MOST: f64 = 4.0;
/// Weeks over which what is not expected in the first ones is spread.
const LATER_WEEKS: f64 = 9.0;
/// Rounds in which the portfolio's share and the week's deviation are told apart, and halvings of the latter in each.
const ROUNDS: usize = 8;
const HALVINGS: usize = 40;
/// Days after each by which an invoice is paid or not: payments of a week, a fortnight and four weeks.
const HORIZONS: [i32; 3] = [7, 14, 28];
/// Customers looked at, at the most: chosen by their ids.
const CUSTOMERS: usize = 750;
/// Customers in one go; fixed, so that threads do not change a byte.
const CHUNK: usize = 32;
/// Pseudo-marks at which invoices had in common what the policy says.
const PRIOR_MARKS: f64 = 2.0;
/// Largest shares that are believed.
const PORTFOLIO_MOST: f64 = 0.3;
const CUSTOMER_MOST: f64 = 0.65;

/// Estimates what the payments of a customer, and those of all, have in common.
///
/// Let `y` say whether an invoice open on a past landmark is paid within some days, `p` its probability by the model,
/// and `f` the normal density at the `p`-quantile. Under the copula of [`crate::forecast::Portfolio::simulate`] two
/// invoices whose scores correlate by `rho` have `E[(y - p)(y' - p')] = rho f f'` to first order. So the sum of the
/// products of misses over all pairs, divided by that of `f f'`, is the correlation: over pairs of one customer it is
/// `customer + portfolio`, over pairs of different customers `portfolio`. Both are shrunk to the policy's.
///
/// A week may also bring more or less as such, by its place among holidays and ends of months, and money then only moves
/// between weeks ([`crate::forecast::Draws::shaken`]). With `n` payments in a week and `m` expected, its squared deviation is
/// that with which the squared misses `(n - m)^2`, over the variance that customers by themselves, the portfolio's
/// correlation and it explain, average to 1 over weeks and marks, each counting as 16 at the most. What it adds to the
/// misses within some days is no correlation: both are estimated in turn.
///
/// The model has seen these days; on a short history it therefore looks a little better than it will be.
///
/// Source: the method of moments of Frey & McNeil (2003), *Dependent Defaults in Models of Portfolio Credit Risk*; for the
/// week's deviation proposal 2 of Huber (1964), *Robust Estimation of a Location Parameter*.
pub fn dependence(known: &Known, survey: &Survey, hazard: &Hazard, policy: &ValidPolicy) -> Dependence {
    if policy.leaves_out(Part::Dependence) {
        return Dependence { customer: 0.0, portfolio: 0.0, week: 0.0 };
    }
    let usual = Dependence {
        customer: policy.forecast.customer_correlation,
        portfolio: policy.forecast.portfolio_correlation,
        week: policy.forecast.week_deviation,
    };
    let marks = past_marks(survey, known.as_of());
    if marks.is_empty() {
        return usual;
    }
    let customers = sample(known, CUSTOMERS);
    let days: Vec<Day> = marks.iter().map(|m| m.1).collect();
    let n = marks.len();
    let parts: Vec<Vec<Mark>> = customers
        .par_chunks(CHUNK)
        .with_max_len(1)
        .map_init(Room::default, |room, customers| {
            let mut sums = vec![Mark::default(); n];
            for &c in customers {
                sweep(known, c as usize, &days, &survey.memory, room, |m, state, open| {
                    let prior = &survey.priors[marks[m].0];
                    let habits = Habits::new(known, state, open, prior, &survey.memory, &survey.almanac);
                    let look = Look { known, survey, hazard, prior, habits: &habits };
                    look.add(open, &mut sums[m]);
                });
            }
            sums
        })
        .collect();
    let mut all = vec![Mark::default(); n];
    for part in parts {
        all.iter_mut().zip(part).for_each(|(sum, p)| sum.join(&p));
    }
    estimate(&all, usual)
}

/// Landmarks with a place among the priors, newest first, far enough apart that their invoices' weeks do not overlap.
fn past_marks(survey: &Survey, as_of: Day) -> Vec<(usize, Day)> {
    let reach = HORIZONS[HORIZONS.len() - 1];
    let mut last = as_of.0;
    let mut marks = Vec::new();
    for (k, mark) in survey.landmarks().iter().enumerate().rev() {
        if mark.0 <= last - reach && marks.len() < MARKS {
            marks.push((k, *mark));
            last = mark.0;
        }
    }
    marks.reverse();
    marks
}

/// Customers, all or the `most` whose ids hash lowest, in ledger order.
pub(super) fn sample(known: &Known, most: usize) -> Vec<u32> {
    let mut keyed: Vec<(u64, u32)> = (0..known.n_customers() as u32)
        .map(|c| (mix(text_key(known.customer_id.get(c as usize)), 0), c))
        .collect();
    if keyed.len() > most {
        keyed.select_nth_unstable(most);
        keyed.truncate(most);
    }
    let mut chosen: Vec<u32> = keyed.into_iter().map(|k| k.1).collect();
    chosen.sort_unstable();
    chosen
}

/// One customer on one mark.
struct Look<'a> {
    known: &'a Known,
    survey: &'a Survey,
    hazard: &'a Hazard,
    prior: &'a Prior,
    habits: &'a Habits,
}

impl Look<'_> {
    /// Adds what its open invoices did to the sums of the mark.
    fn add(&self, open: &[u32], sums: &mut Mark) {
        if open.is_empty() {
            return;
        }
        let (known, prior) = (self.known, self.prior);
        let calendar = Calendar::new(self.habits, prior, &self.survey.almanac);
        let mut own = [Misses::default(); HORIZONS.len()];
        let mut weeks = [OwnWeek::default(); WEEKS];
        let mut survival = Vec::new();
        for &i in open.iter().filter(|i| known.is_dated(**i as usize)) {
            sums.open += 1.0;
            let facts = Facts::new(known, i as usize, self.habits, prior);
            let last = HORIZONS[HORIZONS.len() - 1];
            let invoice = Days::new(prior, self.habits, facts);
            daily_survival(invoice, self.hazard, prior.mark, &calendar, last, &mut survival);
            for (own, horizon) in own.iter_mut().zip(HORIZONS) {
                let p = 1.0 - survival[horizon as usize];
                let paid = known.settled[i as usize] <= prior.mark.0 + horizon;
                let f = if p > 0.0 && p < 1.0 { normal_density(normal_quantile(p)) } else { 0.0 };
                own.add(f64::from(u8::from(paid)) - p, f);
            }
            let mut density = 0.0;
            for (k, week) in weeks.iter_mut().enumerate() {
                let (from, to) = (7 * k as i32, 7 * (k as i32 + 1));
                let (before, after) = (survival[from as usize], survival[to as usize]);
                let paid = (from + 1..=to)
                    .contains(&(known.settled[i as usize].max(prior.mark.0 + 1) - prior.mark.0));
                let then =
                    if after > 0.0 && after < 1.0 { normal_density(normal_quantile(after)) } else { 0.0 };
                week.add(f64::from(u8::from(paid)), before - after, then - density);
                density = then;
            }
        }
        sums.horizons.iter_mut().zip(own).for_each(|(sum, own)| sum.add(own));
        sums.weeks.iter_mut().zip(weeks).for_each(|(sum, own)| sum.add(own));
    }
}

/// Misses of some invoices and their densities, with their squares.
#[derive(Debug, Clone, Copy, Default)]
struct Misses {
    miss: f64,
    miss2: f64,
    density: f64,
    density2: f64,
}

impl Misses {
    fn add(&mut self, miss: f64, density: f64) {
        self.miss += miss;
        self.miss2 += miss * miss;
        self.density += density;
        self.density2 += density * density;
    }
}

/// One customer's payments in a week, those expected, and how the latter move with what all have in common.
#[derive(Debug, Clone, Copy, Default)]
struct OwnWeek {
    miss: f64,
    expected: f64,
    slope: f64,
}

impl OwnWeek {
    fn add(&mut self, paid: f64, expected: f64, slope: f64) {
        self.miss += paid - expected;
        self.expected += expected;
        self.slope += slope;
    }
}

/// One week over all customers.
#[derive(Debug, Clone, Copy, Default)]
struct WeekSums {
    miss: f64,
    expected: f64,
    slope: f64,
    /// Sums over customers of their squares.
    miss_of_customers: f64,
}

impl WeekSums {
    fn add(&mut self, own: OwnWeek) {
        self.miss += own.miss;
        self.expected += own.expected;
        self.slope += own.slope;
        self.miss_of_customers += own.miss.powi(2);
    }

    fn join(&mut self, other: &Self) {
        self.miss += other.miss;
        self.expected += other.expected;
        self.slope += other.slope;
        self.miss_of_customers += other.miss_of_customers;
    }
}

/// One mark over all customers.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    horizons: [Sums; HORIZONS.len()],
    weeks: [WeekSums; WEEKS],
    /// Invoices open.
    open: f64,
}

impl Mark {
    /// By how much the squared miss of some weeks together grows for each of the squared deviation of a single one:
    /// what more comes in one week is taken from all, in proportion, so that the total stays.
    fn moved(&self, weeks: Range<usize>) -> f64 {
        let sum = |of: &[WeekSums]| of.iter().map(|w| w.expected).sum::<f64>();
        let squares = |of: &[WeekSums]| of.iter().map(|w| w.expected.powi(2)).sum::<f64>();
        if self.open <= 0.0 {
            return 0.0;
        }
        let later = (self.open - sum(&self.weeks)).max(0.0);
        let outside =
            squares(&self.weeks) + later.powi(2) / LATER_WEEKS - squares(&self.weeks[weeks.clone()]);
        let share = (sum(&self.weeks[weeks.clone()]) / self.open).min(1.0);
        squares(&self.weeks[weeks]) * (1.0 - share).powi(2) + outside * share.powi(2)
    }

    fn join(&mut self, other: &Self) {
        self.horizons.iter_mut().zip(&other.horizons).for_each(|(sum, o)| sum.join(o));
        self.weeks.iter_mut().zip(&other.weeks).for_each(|(sum, o)| sum.join(o));
        self.open += other.open;
    }
}

/// One mark and horizon over all customers.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    miss: f64,
    density: f64,
    /// Sums over customers of their squared sums.
    miss_of_customers: f64,
    density_of_customers: f64,
    /// Products over pairs of invoices of one customer.
    miss_pairs: f64,
    density_pairs: f64,
}

impl Sums {
    fn add(&mut self, own: Misses) {
        self.miss += own.miss;
        self.density += own.density;
        self.miss_of_customers += own.miss.powi(2);
        self.density_of_customers += own.density.powi(2);
        self.miss_pairs += own.miss.powi(2) - own.miss2;
        self.density_pairs += own.density.powi(2) - own.density2;
    }

    fn join(&mut self, other: &Self) {
        self.miss += other.miss;
        self.density += other.density;
        self.miss_of_customers += other.miss_of_customers;
        self.density_of_customers += other.density_of_customers;
        self.miss_pairs += other.miss_pairs;
        self.density_pairs += other.density_pairs;
    }
}

fn estimate(marks: &[Mark], usual: Dependence) -> Dependence {
    let n_marks = marks.len() as f64;
    let sums: Vec<&Sums> = marks.iter().flat_map(|m| &m.horizons).collect();
    let shrunk = |top: f64, bottom: f64, usual: f64| {
        let prior = PRIOR_MARKS * bottom / n_marks;
        if bottom > 0.0 { (top + prior * usual) / (bottom + prior) } else { usual }
    };
    let sum = |of: fn(&Sums) -> f64| sums.iter().map(|s| of(s)).sum::<f64>();
    let common = sum(|s| s.miss.powi(2) - s.miss_of_customers);
    let densities = sum(|s| s.density.powi(2) - s.density_of_customers);
    let moved: f64 = marks.iter().flat_map(|m| HORIZONS.map(|days| m.moved(0..days as usize / 7))).sum();
    let (mut portfolio, mut week) = (usual.portfolio, usual.week.powi(2));
    for _ in 0..ROUNDS {
        portfolio = shrunk(common - week * moved, densities, usual.portfolio).clamp(0.0, PORTFOLIO_MOST);
        if let Some(own) = week_variance(marks, portfolio) {
            week = shrunk(n_marks * own, n_marks, usual.week.powi(2));
        }
    }
    let both = shrunk(sum(|s| s.miss_pairs), sum(|s| s.density_pairs), usual.customer + usual.portfolio);
    Dependence { customer: (both - portfolio).clamp(0.0, CUSTOMER_MOST), portfolio, week: week.sqrt() }
}

/// The squared deviation of single weeks that explains their misses beside what customers and the portfolio do; none
/// where nothing was expected.
fn week_variance(marks: &[Mark], portfolio: f64) -> Option<f64> {
    let of_mark = |mark: &Mark| {
        std::array::from_fn::<_, WEEKS, _>(|k| {
            let w = &mark.weeks[k];
            let explained = w.miss_of_customers + portfolio * w.slope.powi(2);
            (w.miss.powi(2), explained, mark.moved(k..k + 1))
        })
    };
    let weeks: Vec<_> = marks.iter().flat_map(of_mark).filter(|(.., moved)| *moved > 0.0).collect();
    let is_too_small = |variance: f64| {
        let counted = weeks.iter().map(|(miss2, explained, moved)| {
            (miss2 / (explained + variance * moved).max(1e-9)).min(WEEK_MISS_MOST.powi(2))
        });
        counted.sum::<f64>() > weeks.len() as f64
    };
    let (mut low, mut high) = (0.0, WEEK_MOST.powi(2));
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        *(if is_too_small(middle) { &mut low } else { &mut high }) = middle;
    }
    (!weeks.is_empty()).then_some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Dependence = Dependence { customer: 0.3, portfolio: 0.02, week: 0.0 };

    /// One mark, two customers with two invoices each, all of p = 1/2: f^2 = 1 / (2 pi).
    fn of(misses: [[f64; 2]; 2]) -> Sums {
        let mut sums = Sums::default();
        for customer in misses {
            let mut own = Misses::default();
            customer.into_iter().for_each(|m| own.add(m, normal_density(0.0)));
            sums.add(own);
        }
        sums
    }

    #[test]
    fn misses_are_multiplied_pair_by_pair() {
        let sums = of([[0.5, 0.5], [-0.5, 0.5]]);
        assert!((sums.miss_pairs - (2.0 * 0.25 - 2.0 * 0.25)).abs() < 1e-12);
        // pairs of different customers: (0.5 + 0.5) * (-0.5 + 0.5), each way
        assert!((sums.miss.powi(2) - sums.miss_of_customers).abs() < 1e-12);
        let f2 = 1.0 / (2.0 * std::f64::consts::PI);
        assert!((sums.density_pairs - 4.0 * f2).abs() < 1e-12);
    }

    fn marks(horizons: Sums, n: usize) -> Vec<Mark> {
        let mut mark = Mark::default();
        mark.horizons[0] = horizons;
        vec![mark; n]
    }

    #[test]
    fn many_marks_without_anything_in_common_overrule_the_policy() {
        let found = estimate(&marks(of([[0.5, -0.5], [0.5, -0.5]]), 200), USUAL);
        assert!((found.portfolio - 0.02 * 2.0 / 202.0).abs() < 1e-9, "{found:?}");
        assert_eq!(found.customer, 0.0);
        let nothing = estimate(&marks(Sums::default(), 1), USUAL);
        assert!((nothing.customer - 0.3).abs() < 1e-12 && nothing.portfolio == 0.02, "{nothing:?}");
    }

    #[test]
    fn customers_who_miss_together_have_it_in_common() {
        let found = estimate(&marks(of([[0.5, 0.5], [-0.5, -0.5]]), 50), USUAL);
        assert_eq!(found.customer, CUSTOMER_MOST);
    }

    /// A mark with 400 invoices, of which 100 customers are expected to pay one each in every week, misses by a share of
    /// that in all of them.
    fn mark(miss: f64) -> Mark {
        let mut week = WeekSums::default();
        for _ in 0..100 {
            let mut own = OwnWeek::default();
            own.add(1.0 + miss, 1.0, 0.0);
            week.add(own);
        }
        Mark { weeks: [week; WEEKS], open: 400.0, ..Mark::default() }
    }

    /// 20 more or fewer came, though each customer by itself explains 0.2 only. Had this week alone 20 % more, a quarter of
    /// all, its share would rise by 3/4 of that, and that of each of the others fall by 1/4 of it.
    #[test]
    fn a_week_that_brings_more_than_chance_explains_has_a_deviation_of_its_own() {
        let moved = 100f64.powi(2) * (0.75f64.powi(2) + 3.0 * 0.25f64.powi(2));
        assert!((mark(0.2).moved(0..1) - moved).abs() < 1e-9);
        assert!(mark(0.2).moved(0..WEEKS) < 1e-9, "what moves between weeks leaves their total");
        let found = estimate(&[[mark(0.2), mark(-0.2)]; 50].concat(), USUAL);
        let wanted = (20f64.powi(2) - 100.0 * 0.2f64.powi(2)) / moved * 100.0 / 102.0;
        assert!((found.week - wanted.sqrt()).abs() < 1e-9, "{found:?}");
        // independent customers who miss by one each way
        let week = WeekSums { miss: 10.0, expected: 100.0, slope: 0.0, miss_of_customers: 100.0 };
        let chance = Mark { weeks: [week; WEEKS], open: 400.0, ..Mark::default() };
        assert_eq!(estimate(&[chance; 50], USUAL).week, 0.0);
        // without an invoice nothing has been told
        assert_eq!(estimate(&[Mark::default(); 50], USUAL).week, USUAL.week);
    }

    #[test]
    fn one_week_of_chaos_says_little_of_the_others() {
        let with = |miss: f64| {
            let mut marks = [mark(0.05); 12];
            marks[0].weeks[0] = mark(miss).weeks[0];
            estimate(&marks, USUAL).week
        };
        let [usual, bad, worse] = [0.05, -0.4, -0.8].map(with);
        assert!(usual < bad && bad < 1.25 * usual, "{usual} {bad}");
        assert!((worse / bad - 1.0).abs() < 0.01, "{bad} {worse}");
    }

    /// All invoices of the mark come a week later or not, so that in its first week far fewer or more are paid, and within
    /// four as many as were expected.
    #[test]
    fn what_moves_between_weeks_is_nothing_that_invoices_have_in_common() {
        let shaken = |sign: f64| {
            let mut shaken = mark(0.0);
            for (k, week) in shaken.weeks.iter_mut().enumerate() {
                week.miss = if k % 2 == 0 { 20.0 * sign } else { -20.0 * sign };
            }
            for (sums, weeks) in shaken.horizons.iter_mut().zip([1, 2, 4]) {
                sums.miss = shaken.weeks[..weeks].iter().map(|w| w.miss).sum();
                sums.density = 100.0 * weeks as f64 * normal_density(0.0);
            }
            shaken
        };
        let found = estimate(&[[shaken(1.0), shaken(-1.0)]; 50].concat(), USUAL);
        assert!(found.week > 0.2 && found.portfolio < 0.001, "{found:?}");
    }
}
