//! What is believed of a customer before anything is known of it.

use super::bins::{N_BINS, bin_of};
use super::due_day::DuePayers;
use super::pay_day::{Kinds, OF_PAY_DAYS, OF_WEEKENDS};
use super::portfolio::PortfolioState;
use super::reach::Reach;
use super::state::{Memory, State};
use crate::core::Day;
use crate::numeric::logit;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Relative days between which the portfolio's survival is tabulated.
const SHAPE_FROM: i32 = -200;
const SHAPE_TO: i32 = 400;
/// Settlements and days at risk added to each bin of the portfolio, so that an empty bin has a small hazard.
const BIN_EVENTS: f64 = 0.5;
const BIN_DAYS: f64 = 50.0;
/// Hazards are held inside this range before their log-odds are taken.
pub const HAZARD_RANGE: (f64, f64) = (1e-5, 0.95);

/// How much customers differ from each other, against how much one customer's payments differ: what says how far a
/// customer's few payments are trusted. Estimated by moments over all customers at as_of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Pseudo-invoices of the portfolio in a customer's late rate.
    pub late_prior: f64,
    /// Pseudo-invoices in its mean delay.
    pub delay_prior: f64,
    /// Variance of delays inside a customer, days squared.
    pub delay_variance: f64,
    /// Pseudo-invoices in its mean log age.
    pub log_age_prior: f64,
    /// Variance of log age inside a customer.
    pub log_age_variance: f64,
}

/// Customers with less weight than this tell nothing about differences between customers.
const WEIGHT_MIN: f64 = 1.5;
/// Customers needed for an estimate of how they differ.
const CUSTOMERS_MIN: usize = 6;

impl Spread {
    /// The spread over `states`, the customers at as_of. Too few customers give a cautious guess.
    ///
    /// Source: DerSimonian & Laird's moment estimator, for means with unequal weights.
    pub fn estimate(states: &[State], memory: &Memory, as_of: Day) -> Self {
        let scale = 1.0 / memory.long.at(as_of.0);
        let tallies: Vec<_> =
            states.iter().map(|s| s.long).filter(|t| t.settled * scale > WEIGHT_MIN).collect();
        let weight: Vec<f64> = tallies.iter().map(|t| t.settled * scale).collect();
        let mut out = Self {
            late_prior: 5.0,
            delay_prior: 5.0,
            delay_variance: 200.0,
            log_age_prior: 5.0,
            log_age_variance: 0.25,
        };
        if tallies.len() < CUSTOMERS_MIN {
            return out;
        }
        let rates: Vec<f64> = tallies.iter().map(|t| t.late / t.settled).collect();
        let (mean, variance) = weighted(&rates, &weight);
        let inside = mean * (1.0 - mean);
        let (n, total) = (tallies.len() as f64, crate::numeric::sum(&weight));
        let between = ((variance - inside * n / total) / (1.0 - n / total)).max(1e-4);
        out.late_prior = ((inside - between) / between).clamp(1.0, 40.0);

        let delay = |t: &super::state::Tally| (t.delay, t.delay2);
        let log_age = |t: &super::state::Tally| (t.log_age, t.log_age2);
        (out.delay_variance, out.delay_prior) = components(&tallies, &weight, delay, 1.0, 0.01);
        (out.log_age_variance, out.log_age_prior) = components(&tallies, &weight, log_age, 1e-3, 1e-4);
        out
    }
}

/// Variance inside customers and its ratio to the variance between them.
fn components(
    tallies: &[super::state::Tally],
    weight: &[f64],
    sums: impl Fn(&super::state::Tally) -> (f64, f64),
    inside_min: f64,
    between_min: f64,
) -> (f64, f64) {
    let means: Vec<f64> = tallies.iter().map(|t| sums(t).0 / t.settled).collect();
    let squares = tallies
        .iter()
        .zip(weight)
        .zip(&means)
        .map(|((t, w), m)| (w * (sums(t).1 / t.settled - m * m)).max(0.0));
    let freedom: f64 = weight.iter().map(|w| w - 1.0).sum();
    let inside = (squares.sum::<f64>() / freedom.max(1.0)).max(inside_min);
    let (_, variance) = weighted(&means, weight);
    let between = variance - inside * tallies.len() as f64 / crate::numeric::sum(weight);
    (inside, (inside / between.max(between_min)).clamp(0.3, 40.0))
}

fn weighted(values: &[f64], weight: &[f64]) -> (f64, f64) {
    let total = crate::numeric::sum(weight);
    let mean = values.iter().zip(weight).map(|(v, w)| v * w).sum::<f64>() / total;
    let variance = values.iter().zip(weight).map(|(v, w)| w * (v - mean).powi(2)).sum::<f64>() / total;
    (mean, variance)
}

/// Kinds of customers by the days they pay on, estimated over all customers at as_of.
#[derive(Debug, Clone, PartialEq)]
pub struct PayDays {
    /// By weekday, 0 = Monday, of customers without days of the month of their own.
    pub weekday: Kinds<7>,
    /// By [`Day::place_in_month`].
    pub place: Kinds<31>,
    /// Log lift of each place for customers who pay on any day, shrunk to an even month.
    pub ln_place: [f64; 31],
    /// Share of what customers with days of the month of their own mean for a weekend that is paid on it.
    pub kept: f64,
    /// By where the rest is paid: on the Friday before, or on the Monday after.
    pub rolled: Kinds<2>,
    /// Who pays on the due date.
    pub due_payers: DuePayers,
}

/// Days meant for a weekend that are kept or rolled as by customers who pay on any day.
const WEEKEND_DAYS: f64 = 2.0;
/// Days of each kind that are seen to start with.
const START_DAYS: f64 = 0.1;

/// Days spread evenly over the month that those of customers who pay on any day are mixed with.
const EVEN_DAYS: f64 = 300.0;

impl PayDays {
    /// The kinds behind `states`, the customers at as_of.
    pub fn estimate(states: &[State], memory: &Memory, as_of: Day) -> Self {
        let scale = 1.0 / memory.mid.at(as_of.0);
        let customers = || states.par_iter().with_min_len(256);
        let weekday: Vec<[f64; 7]> = customers().map(|s| s.days_by(&s.weekday, scale)).collect();
        let place: Vec<[f64; 31]> = customers().map(|s| s.days_by(&s.place, scale)).collect();
        let days: f64 = place.iter().flatten().sum();
        let kinds = Kinds::estimate(&place, shares(&place, [START_DAYS; 31]), OF_PAY_DAYS);
        let monthly: Vec<f64> =
            place.par_iter().with_min_len(256).map(|count| kinds.split(count).0).collect();
        // who pays on places in the month says nothing of weekdays: its 15th falls on each of them
        let weekday: Vec<[f64; 7]> =
            weekday.iter().zip(&monthly).map(|(count, m)| count.map(|n| (1.0 - m) * n)).collect();
        let weekday = Kinds::estimate(&weekday, shares(&weekday, [START_DAYS; 7]), OF_PAY_DAYS);
        let (mut kept, mut meant) = (WEEKEND_DAYS * weekend_share(&weekday.base), WEEKEND_DAYS);
        let mut rolled = Vec::with_capacity(states.len());
        for (state, m) in states.iter().zip(&monthly) {
            let [on_it, before, after] = state.weekend_days(scale).map(|n| m * n);
            kept += on_it;
            meant += on_it + before + after;
            rolled.push([before, after]);
        }
        let days = days * kinds.any_day();
        Self {
            weekday,
            kept: kept / meant,
            rolled: Kinds::estimate(&rolled, shares(&rolled, [START_DAYS; 2]), OF_WEEKENDS),
            due_payers: DuePayers::estimate(states, scale),
            ln_place: std::array::from_fn(|p| {
                let seen = days * kinds.base[p] / even_place(p);
                ((seen + EVEN_DAYS) / (days + EVEN_DAYS)).ln()
            }),
            place: kinds,
        }
    }
}

/// How much of an even day a day of the weekend is; where it is one, weekends are paid on as any day.
fn weekend_share([.., saturday, sunday]: &[f64; 7]) -> f64 {
    ((saturday + sunday) * 3.5).min(1.0)
}

/// Share of the days of an average year that have a place in the month.
fn even_place(place: usize) -> f64 {
    static SHARE: std::sync::LazyLock<[f64; 31]> = std::sync::LazyLock::new(|| {
        let mut share = [0.0; 31];
        (0..YEARS_DAYS).for_each(|d| share[Day(d).place_in_month()] += 1.0 / f64::from(YEARS_DAYS));
        share
    });
    SHARE[place]
}

/// Days in four years.
const YEARS_DAYS: i32 = 1461;

/// Share of each kind of day over all customers, with some to start with.
fn shares<const N: usize>(customers: &[[f64; N]], mut days: [f64; N]) -> [f64; N] {
    customers.iter().for_each(|count| days.iter_mut().zip(count).for_each(|(sum, n)| *sum += n));
    let all: f64 = days.iter().sum();
    days.map(|n| n / all)
}

/// The portfolio on one mark, ready for lookups.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    /// The mark.
    pub mark: Day,
    /// How customers differ.
    pub spread: Spread,
    /// Share of invoices settled late or open past due.
    pub late_prob: f64,
    /// Level of delay, days.
    pub level: f64,
    /// Mean log age at settlement.
    pub mean_log_age: f64,
    /// Mean log amount.
    pub mean_log_amount: f64,
    /// Daily hazard by bin of relative day.
    pub hazard: [f64; N_BINS],
    /// Its log-odds.
    pub log_odds: [f64; N_BINS],
    /// Which weekdays, and which [`Day::place_in_month`], customers pay on.
    pub pay_days: Arc<PayDays>,
    /// How far pay runs reach, estimated over customers at as_of as pay days are.
    pub reach: Arc<Reach>,
    /// What pseudo-observations of the portfolio in a customer's figures are multiplied by: 1, or next to nothing where
    /// shrinkage is left out.
    pub pull: f64,
    /// Log ratio of what was settled in each month of the year to what was expected, from January; near 0 where little is known.
    pub season: [f64; 12],
    /// The same in the last weeks.
    pub pace: f64,
    /// Survival to the end of each relative day from -200 on, of an invoice open before.
    survival: Vec<f64>,
}

/// Settlements as expected that a month of the year, and the last weeks, count as having had.
const SEASON_EVENTS: f64 = 100.0;
const PACE_EVENTS: f64 = 30.0;

/// What shrinkage is multiplied by where it is left out: a customer without history is still the portfolio's.
pub const NO_PULL: f64 = 0.01;

impl Prior {
    /// The prior on `mark`.
    pub fn new(
        state: &PortfolioState,
        spread: Spread,
        level: f64,
        mark: Day,
        pay_days: Arc<PayDays>,
    ) -> Self {
        let hazard: [f64; N_BINS] = std::array::from_fn(|b| {
            ((state.events[b] + BIN_EVENTS) / (state.exposure[b] + BIN_DAYS)).min(HAZARD_RANGE.1)
        });
        let mut alive = 1.0;
        let survival = (SHAPE_FROM..=SHAPE_TO)
            .map(|day| {
                alive *= 1.0 - hazard[bin_of(day)];
                alive
            })
            .collect();
        Self {
            mark,
            spread,
            late_prob: (state.late + state.overdue + 1.0) / (state.settled + state.overdue + 2.0),
            level,
            mean_log_age: state.mean_log_age,
            mean_log_amount: state.mean_log_amount,
            hazard,
            log_odds: hazard.map(|h| logit(h.clamp(HAZARD_RANGE.0, HAZARD_RANGE.1))),
            pay_days,
            reach: Arc::new(Reach::even()),
            pull: 1.0,
            season: std::array::from_fn(|m| state.months[m].log_ratio(&hazard, SEASON_EVENTS)),
            pace: state.lately.log_ratio(&hazard, PACE_EVENTS),
            survival,
        }
    }

    /// The same, drawing customers to it by so many times what it did.
    pub fn pulling(self, pull: f64) -> Self {
        let Spread { late_prior, delay_prior, log_age_prior, .. } = self.spread;
        let spread = Spread {
            late_prior: pull * late_prior,
            delay_prior: pull * delay_prior,
            log_age_prior: pull * log_age_prior,
            ..self.spread
        };
        Self { spread, pull, ..self }
    }

    /// [`Prior::season`] of the month that a day lies in.
    pub fn season_on(&self, day: i32) -> f64 {
        self.season[Day(day).month_of_year()]
    }

    /// Survival to the end of a relative day.
    pub fn survival_at(&self, relative_day: i32) -> f64 {
        self.survival[(relative_day.clamp(SHAPE_FROM, SHAPE_TO) - SHAPE_FROM) as usize]
    }
}
