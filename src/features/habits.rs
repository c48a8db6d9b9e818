//! A customer on a mark, shrunk to the portfolio: from running sums to what can be compared between customers.

use super::bins::{N_BINS, spread};
use super::calendar::{Almanac, Calendar};
use super::due_day::DuePayer;
use super::prior::{HAZARD_RANGE, Prior};
use super::recent::Runs;
use super::state::{Memory, State, add_exposure};
use super::surprise::Surprise;
use crate::ledger::Known;
use crate::numeric::logit;
use crate::numeric::rate::{log_odds_of_rate, rate_of_hazard};

/// Settlements at which a customer is believed to be slower or faster than the portfolio: in all, near a relative day,
/// and on it.
const PACE_PRIOR: [f64; 3] = [1.0, 0.3, 1.0];
/// Pseudo-invoices of the portfolio in a customer's spread of delays.
const VARIANCE_PRIOR: f64 = 3.0;
/// Pseudo-invoices in what has changed lately.
const SHORT_PRIOR: f64 = 3.0;
/// Pseudo-days of payment meant for a weekend, kept or rolled as by others with days of the month of their own.
const WEEKEND_PRIOR: f64 = 0.25;
/// Pseudo-invoices in its usual amount.
const AMOUNT_PRIOR: f64 = 2.0;

/// How a customer pays, as known on a mark.
#[derive(Debug, Clone, PartialEq)]
pub struct Habits {
    /// Log-odds of paying late.
    pub late_log_odds: f64,
    /// The same as a probability.
    pub late_prob: f64,
    /// Usual days late.
    pub delay: f64,
    /// Standard deviation of the next invoice's delay around it, days.
    pub delay_sd: f64,
    /// Days later than usual lately.
    pub slower_lately: f64,
    /// Mean log age at settlement.
    pub log_age: f64,
    /// Standard deviation of the next invoice's log age around it.
    pub log_age_sd: f64,
    /// Daily hazard of payment by bin of relative day.
    pub hazard: [f64; N_BINS],
    /// Its log-odds.
    pub log_odds: [f64; N_BINS],
    /// The fall of a log survival over a day of that hazard.
    pub rate: [f64; N_BINS],
    /// How it pays on its pay runs and between them, if it has those.
    pub runs: Option<Runs>,
    /// Log of settlements over those expected by its own hazard, in the last [`PACE_DAYS`](super::recent::PACE_DAYS).
    pub pace: [f64; 2],
    /// Share of payments by weekday, 0 = Monday.
    pub weekday: [f64; 7],
    /// How many times that of customers who pay on any day it is.
    pub weekday_lift: [f64; 7],
    /// Probability that it has days of the month of its own.
    pub monthly: f64,
    /// Share of payments meant for each [`Day::place_in_month`](crate::core::Day::place_in_month), if it has.
    pub place: [f64; 31],
    /// How many times that of customers who pay on any day it is, if it has or not.
    pub place_lift: [f64; 31],
    /// Shares of what is meant for a weekend that are paid on it, on the Friday before and on the Monday after.
    pub weekend: [f64; 3],
    /// Whether it pays on the due date.
    pub due_payer: DuePayer,
    /// What it did against what the model expected of it, where the [`Survey`](super::Survey) knows.
    pub surprise: Surprise,
    /// Usual log amount.
    pub log_amount: f64,
    /// `ln(1 + n_settled)`.
    pub log_settled: f64,
    /// `ln(1 + oldest_overdue_days)`.
    pub log_oldest_overdue: f64,
    /// Invoices known.
    pub n_issued: u32,
    /// Invoices settled.
    pub n_settled: u32,
    /// Invoices settled late.
    pub n_late: u32,
    /// Invoices open.
    pub n_open: u32,
    /// Of those, past due.
    pub n_overdue: u32,
    /// Days past due of the oldest open invoice, 0 if none is.
    pub oldest_overdue_days: i32,
    /// Days since the last settlement known, if any.
    pub last_settled_days: Option<i32>,
}

impl Habits {
    /// The customer behind `state` with its `open` invoices on the prior's mark.
    pub fn new(
        known: &Known,
        state: &State,
        open: &[u32],
        prior: &Prior,
        memory: &Memory,
        almanac: &Almanac,
    ) -> Self {
        let mark = prior.mark.0;
        let mut out = Self::scaled(state, prior, memory);
        let mut exposure = out.exposure(state);
        for i in open.iter().map(|i| *i as usize) {
            let overdue_days = mark - known.due[i];
            out.n_open += 1;
            if overdue_days > 0 {
                out.n_overdue += 1;
                out.oldest_overdue_days = out.oldest_overdue_days.max(overdue_days);
            }
            let (from, due) = (known.known_day(i) + 1, out.due_payer.due(known.due[i]));
            add_exposure(&mut exposure, from, mark, due, &memory.mid);
        }
        out.log_oldest_overdue = f64::from(out.oldest_overdue_days).ln_1p();
        out.judge(state, &exposure, prior, memory);
        let calendar = Calendar::new(&out, prior, almanac);
        out.look_back(known, state, open, prior, memory, &calendar);
        out
    }

    /// A customer of whom nothing is known: the portfolio itself.
    pub fn average(prior: &Prior, memory: &Memory) -> Self {
        let state = State::default();
        let mut out = Self::scaled(&state, prior, memory);
        out.judge(&state, &out.exposure(&state), prior, memory);
        out
    }

    /// Delay, spread and age.
    pub(super) fn scaled(state: &State, prior: &Prior, memory: &Memory) -> Self {
        let (mark, spread) = (prior.mark.0, &prior.spread);
        let scale = 1.0 / memory.long.at(mark);
        let t = &state.long;
        let (w, d, d2) = (t.settled * scale, t.delay * scale, t.delay2 * scale);
        let shift = d / (w + spread.delay_prior);
        let inside = (d2 - 2.0 * shift * d + w * shift * shift).max(0.0);
        let variance_prior = VARIANCE_PRIOR * prior.pull;
        let variance = (inside + variance_prior * spread.delay_variance) / (w + variance_prior);
        let unsure = spread.delay_variance / (w + spread.delay_prior);

        let (a, a2) = (t.log_age * scale, t.log_age2 * scale);
        let age_shift = (a - w * prior.mean_log_age) / (w + spread.log_age_prior);
        let age = prior.mean_log_age + age_shift;
        let age_inside = (a2 - 2.0 * age * a + w * age * age).max(0.0);
        let age_variance = (age_inside + variance_prior * spread.log_age_variance) / (w + variance_prior);
        let age_unsure = spread.log_age_variance / (w + spread.log_age_prior);

        let short = 1.0 / memory.short.at(mark);
        let (sw, sd) = (state.short_settled * short, state.short_delay * short);
        let n = f64::from(state.n_issued);
        Self {
            late_log_odds: 0.0,
            late_prob: 0.0,
            delay: prior.level + shift,
            delay_sd: (variance + unsure).sqrt(),
            slower_lately: (sd - sw * shift) / (sw + SHORT_PRIOR * prior.pull),
            log_age: age,
            log_age_sd: (age_variance + age_unsure).sqrt(),
            hazard: prior.hazard,
            log_odds: [0.0; N_BINS],
            rate: [0.0; N_BINS],
            runs: None,
            pace: [0.0; 2],
            weekday: prior.pay_days.weekday.base,
            weekday_lift: [1.0; 7],
            monthly: 0.0,
            place: prior.pay_days.place.base,
            place_lift: [1.0; 31],
            weekend: [1.0, 0.0, 0.0],
            due_payer: prior.pay_days.due_payers.one(state, 1.0 / memory.mid.at(mark)),
            surprise: Surprise::default(),
            log_amount: (state.log_amount + AMOUNT_PRIOR * prior.mean_log_amount) / (n + AMOUNT_PRIOR),
            log_settled: f64::from(state.n_settled).ln_1p(),
            log_oldest_overdue: 0.0,
            n_issued: state.n_issued,
            n_settled: state.n_settled,
            n_late: state.n_late,
            n_open: 0,
            n_overdue: 0,
            oldest_overdue_days: 0,
            last_settled_days: state.last_settled.map(|d| mark - d),
        }
    }

    /// Days at risk of its settled invoices by bin of days past the dates on which they are due to it.
    pub(super) fn exposure(&self, state: &State) -> [f64; N_BINS] {
        self.due_payer.sums(&state.exposure, &state.exposure_rolled)
    }

    /// Late rate, hazards and pay-run days.
    pub(super) fn judge(&mut self, state: &State, exposure: &[f64; N_BINS], prior: &Prior, memory: &Memory) {
        let mark = prior.mark.0;
        let scale = 1.0 / memory.long.at(mark);
        let overdue = f64::from(self.n_overdue);
        let (late, n) = (state.long.late * scale + overdue, state.long.settled * scale + overdue);
        let pseudo = prior.spread.late_prior;
        self.late_prob = (late + pseudo * prior.late_prob) / (n + pseudo);
        self.late_log_odds = logit(self.late_prob);

        let scale = 1.0 / memory.mid.at(mark);
        let events = self.due_payer.sums(&state.events, &state.events_rolled);
        let (events, exposure) = (events.map(|n| n * scale), exposure.map(|n| n * scale));
        self.hazard = shrunk_hazard(&events, &exposure, &prior.hazard, prior.pull);
        self.rate = self.hazard.map(rate_of_hazard);
        self.log_odds = self.rate.map(log_odds_of_rate);
        let any_day = &prior.pay_days;
        self.weekday = any_day.weekday.shares(&state.days_by(&state.weekday, scale));
        (self.monthly, self.place) = any_day.place.split(&state.days_by(&state.place, scale));
        self.weekday_lift = std::array::from_fn(|d| self.weekday[d] / any_day.weekday.base[d]);
        self.place_lift = std::array::from_fn(|d| {
            1.0 - self.monthly + self.monthly * self.place[d] / any_day.place.base[d]
        });
        let [kept, before, after] = state.weekend_days(scale);
        let kept = (kept + WEEKEND_PRIOR * any_day.kept) / (kept + before + after + WEEKEND_PRIOR);
        let [before, after] = any_day.rolled.shares(&[before, after]).map(|s| (1.0 - kept) * s);
        self.weekend = [kept, before, after];
    }
}

/// A customer's hazard in each bin: the portfolio's times the customer's pace, settlements over those that the
/// portfolio's hazard expected. The pace of a bin is shrunk to that of the bins near it, that one to the pace in all,
/// and that to 1: `(settled + a) / (expected + a / pace)` each time, the mean of a gamma distribution of shape `a`
/// around the coarser pace after Poisson counts.
///
/// Source: Clayton & Kaldor (1987), *Empirical Bayes Estimates of Age-Standardized Relative Risks*.
pub(super) fn shrunk_hazard(
    events: &[f64; N_BINS],
    exposure: &[f64; N_BINS],
    portfolio: &[f64; N_BINS],
    pull: f64,
) -> [f64; N_BINS] {
    let expected: [f64; N_BINS] = std::array::from_fn(|b| exposure[b] * portfolio[b]);
    let [in_all, near, on] = PACE_PRIOR.map(|a| a * pull);
    let sum = |x: &[f64; N_BINS]| x.iter().sum::<f64>();
    let pace = (sum(events) + in_all) / (sum(&expected) + in_all);
    let (events_near, expected_near) = (spread(events), spread(&expected));
    std::array::from_fn(|b| {
        let pace = (events_near[b] + near) / (expected_near[b] + near / pace);
        let pace = (events[b] + on) / (expected[b] + on / pace);
        (portfolio[b] * pace).clamp(HAZARD_RANGE.0, HAZARD_RANGE.1)
    })
}
