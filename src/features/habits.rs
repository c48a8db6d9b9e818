//! A customer on a mark, shrunk to the portfolio: from running sums to what can be compared between customers.

use super::bins::N_BINS;
use super::prior::{HAZARD_RANGE, Prior};
use super::state::{Memory, State, add_exposure};
use crate::core::Day;
use crate::ledger::Known;
use crate::numeric::logit;

/// Pseudo-days of the portfolio in a customer's hazard of each bin.
const HAZARD_PRIOR_DAYS: f64 = 30.0;
/// Pseudo-invoices of the portfolio in a customer's spread of delays.
const VARIANCE_PRIOR: f64 = 6.0;
/// Pseudo-invoices in what has changed lately.
const SHORT_PRIOR: f64 = 3.0;
/// Pseudo-payments of the portfolio in a customer's weekdays and days of the month.
const WEEKDAY_PRIOR: f64 = 5.0;
const MONTH_DAY_PRIOR: f64 = 10.0;
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
    /// Log-odds of payment by bin of relative day.
    pub log_odds: [f64; N_BINS],
    /// How many times likelier than in the portfolio a payment falls on a weekday.
    pub weekday_lift: [f64; 7],
    /// The same for days of the month.
    pub month_day_lift: [f64; 31],
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
    pub fn new(known: &Known, state: &State, open: &[u32], prior: &Prior, memory: &Memory) -> Self {
        let mark = prior.mark.0;
        let mut out = Self::scaled(state, prior, memory);
        let mut exposure = state.exposure;
        for &i in open {
            let i = i as usize;
            let overdue_days = mark - known.due[i];
            out.n_open += 1;
            if overdue_days > 0 {
                out.n_overdue += 1;
                out.oldest_overdue_days = out.oldest_overdue_days.max(overdue_days);
            }
            add_exposure(&mut exposure, known.known_day(i) + 1, mark, known.due[i], &memory.mid);
        }
        out.log_oldest_overdue = f64::from(out.oldest_overdue_days).ln_1p();
        out.judge(state, &exposure, prior, memory);
        out
    }

    /// A customer of whom nothing is known: the portfolio itself.
    pub fn average(prior: &Prior, memory: &Memory) -> Self {
        let state = State::default();
        let mut out = Self::scaled(&state, prior, memory);
        out.judge(&state, &state.exposure, prior, memory);
        out
    }

    /// Delay, spread and age.
    fn scaled(state: &State, prior: &Prior, memory: &Memory) -> Self {
        let (mark, spread) = (prior.mark.0, &prior.spread);
        let scale = 1.0 / memory.long.at(mark);
        let t = &state.long;
        let (w, d, d2) = (t.settled * scale, t.delay * scale, t.delay2 * scale);
        let shift = d / (w + spread.delay_prior);
        let inside = (d2 - 2.0 * shift * d + w * shift * shift).max(0.0);
        let variance = (inside + VARIANCE_PRIOR * spread.delay_variance) / (w + VARIANCE_PRIOR);
        let unsure = spread.delay_variance / (w + spread.delay_prior);

        let (a, a2) = (t.log_age * scale, t.log_age2 * scale);
        let age_shift = (a - w * prior.mean_log_age) / (w + spread.log_age_prior);
        let age = prior.mean_log_age + age_shift;
        let age_inside = (a2 - 2.0 * age * a + w * age * age).max(0.0);
        let age_variance = (age_inside + VARIANCE_PRIOR * spread.log_age_variance) / (w + VARIANCE_PRIOR);
        let age_unsure = spread.log_age_variance / (w + spread.log_age_prior);

        let short = 1.0 / memory.short.at(mark);
        let (sw, sd) = (state.short_settled * short, state.short_delay * short);
        let n = f64::from(state.n_issued);
        Self {
            late_log_odds: 0.0,
            late_prob: 0.0,
            delay: prior.level + shift,
            delay_sd: (variance + unsure).sqrt(),
            slower_lately: (sd - sw * shift) / (sw + SHORT_PRIOR),
            log_age: age,
            log_age_sd: (age_variance + age_unsure).sqrt(),
            log_odds: [0.0; N_BINS],
            weekday_lift: [1.0; 7],
            month_day_lift: [1.0; 31],
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

    /// Late rate, hazards and pay-run days.
    fn judge(&mut self, state: &State, exposure: &[f64; N_BINS], prior: &Prior, memory: &Memory) {
        let mark = prior.mark.0;
        let scale = 1.0 / memory.long.at(mark);
        let overdue = f64::from(self.n_overdue);
        let (late, n) = (state.long.late * scale + overdue, state.long.settled * scale + overdue);
        let pseudo = prior.spread.late_prior;
        self.late_prob = (late + pseudo * prior.late_prob) / (n + pseudo);
        self.late_log_odds = logit(self.late_prob);

        let scale = 1.0 / memory.mid.at(mark);
        for (b, log_odds) in self.log_odds.iter_mut().enumerate() {
            let events = state.events[b] * scale + HAZARD_PRIOR_DAYS * prior.hazard[b];
            let hazard = events / (exposure[b] * scale + HAZARD_PRIOR_DAYS);
            *log_odds = logit(hazard.clamp(HAZARD_RANGE.0, HAZARD_RANGE.1));
        }
        let paid = state.weekday.iter().sum::<f64>() * scale;
        for (d, lift) in self.weekday_lift.iter_mut().enumerate() {
            *lift = lift_of(state.weekday[d] * scale, paid, prior.weekday[d], WEEKDAY_PRIOR);
        }
        for (d, lift) in self.month_day_lift.iter_mut().enumerate() {
            *lift = lift_of(state.month_day[d] * scale, paid, prior.month_day[d], MONTH_DAY_PRIOR);
        }
    }
}

fn lift_of(count: f64, total: f64, share: f64, pseudo: f64) -> f64 {
    (count + pseudo * share) / (total + pseudo) / share
}

/// How likely a customer's payments are to fall on a day, against an even spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PayDay {
    /// Log lift of the customer's own weekday and day of the month.
    pub own: f64,
    /// Log lift of the weekday in the portfolio.
    pub portfolio_weekday: f64,
    /// Whether it is the month's last day, or the share of such days in a span.
    pub month_end: f64,
}

impl PayDay {
    /// A day like any other: what a span of many days is on average.
    pub const AVERAGE: Self = Self { own: 0.0, portfolio_weekday: 0.0, month_end: 1.0 / MONTH_DAYS };
}

/// Days before a mark on which invoices may have become ready that wait for the next pay run.
pub const BACKLOG_DAYS: i32 = 35;

/// Days in an average month.
const MONTH_DAYS: f64 = 30.4;

/// Weekday and place in the month of every day that a ledger asks for, worked out once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Almanac {
    first: i32,
    days: Vec<DayPlace>,
}

/// Where a day stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct DayPlace {
    weekday: u8,
    month_day: u8,
    month_end: bool,
}

impl Almanac {
    /// The days from `BACKLOG_DAYS` before `first` to `last`.
    pub fn new(first: Day, last: Day) -> Self {
        let first = first.0 - BACKLOG_DAYS;
        let place = |day: i32| {
            let day = Day(day);
            DayPlace {
                weekday: day.weekday() as u8,
                month_day: day.day_of_month() as u8 - 1,
                month_end: day == day.month_end(),
            }
        };
        Self { first, days: (first..=last.0).map(place).collect() }
    }

    fn place(&self, day: i32) -> DayPlace {
        self.days[(day - self.first) as usize]
    }
}

/// A customer's pay days: lookups by weekday and day of the month.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar<'a> {
    almanac: &'a Almanac,
    weekday: [f64; 7],
    month_day: [f64; 31],
    portfolio_weekday: [f64; 7],
    release_weekday: [f64; 7],
    release_month_day: [f64; 31],
}

impl<'a> Calendar<'a> {
    /// The customer's habits over the portfolio's.
    pub fn new(habits: &Habits, prior: &Prior, almanac: &'a Almanac) -> Self {
        Self {
            almanac,
            weekday: habits.weekday_lift,
            month_day: habits.month_day_lift,
            portfolio_weekday: prior.weekday_lift,
            release_weekday: std::array::from_fn(|d| habits.weekday_lift[d] * prior.weekday[d] * 7.0),
            release_month_day: std::array::from_fn(|d| {
                habits.month_day_lift[d] * prior.month_day[d] * MONTH_DAYS
            }),
        }
    }

    /// How likely payment is to fall on a day.
    pub fn day(&self, day: i32) -> PayDay {
        let place = self.almanac.place(day);
        PayDay {
            own: (self.weekday[place.weekday as usize] * self.month_day[place.month_day as usize]).ln(),
            portfolio_weekday: self.portfolio_weekday[place.weekday as usize],
            month_end: f64::from(u8::from(place.month_end)),
        }
    }

    /// How many times likelier payment is to fall on a day than on an average one.
    pub fn lift(&self, day: i32) -> f64 {
        let place = self.almanac.place(day);
        self.release_weekday[place.weekday as usize] * self.release_month_day[place.month_day as usize]
    }

    /// Share of what is ready that is released on a day.
    pub fn release(&self, day: i32) -> f64 {
        self.lift(day).min(1.0)
    }
}
