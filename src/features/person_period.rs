//! Person-period rows: an invoice open at a landmark, a day after it, and whether it was settled that day.

use super::calendar::Calendar;
use super::covariate::N_COLUMNS;
use super::day_row::{Days, Still};
use super::facts::Facts;
use super::habits::Habits;
use super::label::Spell;
use super::portfolio::Offered;
use super::survey::Survey;
use super::sweep::{Room, sweep};
use crate::core::Day;
use crate::ledger::Known;
use crate::numeric::{Rng, rng, text_key, unit};
use crate::policy::{Solver, ValidPolicy};
use rand::Rng as _;
use rayon::prelude::*;
use std::cell::OnceCell;

/// Customers swept in one go.
const CUSTOMERS_PER_PART: usize = 64;
/// Parts that a thread makes before their rows are put together and their memory serves again.
const PARTS_A_THREAD: usize = 8;

/// Rows to learn from, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PersonPeriods {
    /// `[n_rows, N_COLUMNS]`, row by row.
    pub x: Vec<f64>,
    /// Settled on that day.
    pub event: Vec<bool>,
    /// What the row counts in the fit.
    pub weight: Vec<f32>,
    /// The landmark that the row's day was looked at from.
    pub landmark: Vec<Day>,
    /// The row's day.
    pub day: Vec<Day>,
    /// Whether its invoice was due by the landmark.
    pub is_overdue: Vec<bool>,
    /// Its invoice's customer.
    pub customer: Vec<u32>,
    /// Days from its invoice's due date to the row's day.
    pub days_past_due: Vec<i32>,
}

/// The days on which history is looked at as as_of will be: back from as_of in equal steps, increasing, none before
/// the warm-up or `history_days`. Few customers are looked at every `landmark_every_days`; many, less often, so that
/// customers times landmarks stay within `landmark_customers_max`. A history too short for its warm-up gets a
/// shorter one.
pub fn landmarks(known: &Known, policy: &ValidPolicy) -> Vec<Day> {
    let Some(&first) = known.issue.iter().min() else { return Vec::new() };
    let (as_of, m) = (known.as_of().0, &policy.model);
    let span = as_of - first;
    let span = (span - m.warm_up_days.min(span / 3)).min(m.history_days);
    let affordable =
        (m.landmark_customers_max / known.n_customers().max(1)).clamp(LANDMARKS_MIN, i32::MAX as usize);
    let n = (span / m.landmark_every_days).min(affordable as i32);
    // odd steps pass through every weekday
    let step = if n > 0 { (span / n).max(m.landmark_every_days) } else { 1 };
    (1..=n).rev().map(|k| Day(as_of - k * step)).collect()
}

/// Landmarks that even the largest portfolio gets.
const LANDMARKS_MIN: usize = 16;

/// Last day on which invoice `i`, open at landmark `l`, is at risk: the day it is settled, as_of when it is
/// censored, or the end of the training horizon. A payment made before the landmark but known only later counts on
/// the day after the landmark.
pub fn risk_end(known: &Known, i: usize, l: i32, horizon_days: i32) -> i32 {
    known.settled[i].max(l + 1).min(known.as_of().0).min(l + horizon_days)
}

/// Draws person-period rows from the landmarks of `survey`.
///
/// An invoice of which it is not known on which day it was settled gives none: to censor it where that day may have been
/// would count the days before and leave out the payment that ended them.
///
/// Every row of the history has the same chance as others of its kind; days with and without settlement have two
/// rates, chosen so that at most `policy.model.train_rows_max` rows are expected, events first. Where these are few for
/// each customer on each landmark, some of those are looked at, by chance, and give more rows each: looking at a
/// customer costs what many rows do. A row's weight is the
/// inverse of its rate, scaled so that all rows of one settled invoice together weigh about one: neighbouring
/// landmarks see the same settlement again, which is no new evidence. The draw depends on the customer's id and the
/// seed alone.
pub fn person_periods(known: &Known, survey: &Survey, policy: &ValidPolicy, seed: u64) -> PersonPeriods {
    let cells = known.n_customers() * survey.landmarks().len();
    let rates = Rates::new(survey.offered, cells, policy);
    let part = |part: usize| {
        let mut out = PersonPeriods::default();
        let mut room = Room::default();
        let last = ((part + 1) * CUSTOMERS_PER_PART).min(known.n_customers());
        for c in part * CUSTOMERS_PER_PART..last {
            out.draw_customer(known, c, survey, policy, &mut Draw::new(known, c, seed, rates), &mut room);
        }
        out
    };
    let mut all = PersonPeriods::default();
    all.x.reserve_exact(rates.rows_expected as usize * N_COLUMNS);
    // customers come in their order, however many are swept at a time
    let parts: Vec<usize> = (0..known.n_customers().div_ceil(CUSTOMERS_PER_PART)).collect();
    let mut before: Vec<PersonPeriods> = Vec::new();
    for parts in parts.chunks(PARTS_A_THREAD * rayon::current_num_threads()) {
        let draw = || parts.par_iter().with_max_len(1).map(|k| part(*k)).collect();
        let (drawn, ()) = rayon::join(draw, || all.append(before));
        before = drawn;
    }
    all.append(before);
    all
}

impl PersonPeriods {
    fn append(&mut self, parts: Vec<Self>) {
        for part in parts {
            self.x.extend_from_slice(&part.x);
            self.event.extend_from_slice(&part.event);
            self.weight.extend_from_slice(&part.weight);
            self.landmark.extend_from_slice(&part.landmark);
            self.day.extend_from_slice(&part.day);
            self.is_overdue.extend_from_slice(&part.is_overdue);
            self.customer.extend_from_slice(&part.customer);
            self.days_past_due.extend_from_slice(&part.days_past_due);
        }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.event.len()
    }

    /// The rows at some places, in their order, each weighing `times` as much.
    pub fn taken(&self, rows: &[usize], times: f32) -> Self {
        let mut out = Self { x: Vec::with_capacity(rows.len() * N_COLUMNS), ..Self::default() };
        for &r in rows {
            out.x.extend_from_slice(self.covariates(r));
            out.event.push(self.event[r]);
            out.weight.push(self.weight[r] * times);
            out.landmark.push(self.landmark[r]);
            out.day.push(self.day[r]);
            out.is_overdue.push(self.is_overdue[r]);
            out.customer.push(self.customer[r]);
            out.days_past_due.push(self.days_past_due[r]);
        }
        out
    }

    /// Covariates of a row.
    pub fn covariates(&self, row: usize) -> &[f64] {
        &self.x[row * N_COLUMNS..(row + 1) * N_COLUMNS]
    }

    /// What landmarks more than `model.recent_days` before `as_of` see counts `model.older_weight`: they knew less of
    /// each customer than is known on `as_of`, so that the figures of customers told less.
    pub fn fade(&mut self, as_of: Day, policy: &ValidPolicy) {
        let from = as_of.0 - policy.model.recent_days;
        let older = policy.model.older_weight as f32;
        let faded = self.weight.iter_mut().zip(&self.landmark).filter(|(_, l)| l.0 < from);
        faded.for_each(|(w, _)| *w *= older);
    }

    fn draw_customer(
        &mut self,
        known: &Known,
        c: usize,
        survey: &Survey,
        policy: &ValidPolicy,
        draw: &mut Draw,
        room: &mut Room,
    ) {
        let horizon_days = policy.model.train_horizon_days;
        sweep(known, c, survey.landmarks(), &survey.memory, room, |m, state, open| {
            let prior = &survey.priors[m];
            let landmark = prior.mark.0;
            if !draw.looks() {
                return;
            }
            let view: OnceCell<(Habits, Calendar<'_>)> = OnceCell::new();
            for i in open.iter().map(|i| *i as usize).filter(|i| known.is_dated(*i)) {
                let Spell { end, paid, .. } = Spell::new(known, i, prior.mark, horizon_days);
                let mut sight: Option<(Days<'_>, Still)> = None;
                draw.days(landmark, end.0, paid, |day, event, weight| {
                    let (habits, calendar) = view.get_or_init(|| {
                        let habits = Habits::new(known, state, open, prior, &survey.memory, &survey.almanac);
                        let calendar = Calendar::new(&habits, prior, &survey.almanac);
                        (habits, calendar)
                    });
                    let (days, still) = sight.get_or_insert_with(|| {
                        let days = Days::new(prior, habits, Facts::new(known, i, habits, prior));
                        let still = days.still();
                        (days, still)
                    });
                    let row = days.on(day, &calendar.day(day));
                    let at = self.x.len();
                    self.x.resize(at + N_COLUMNS, 0.0);
                    row.write(still, &mut self.x[at..]);
                    self.event.push(event);
                    self.weight.push(weight);
                    self.landmark.push(prior.mark);
                    self.day.push(Day(day));
                    self.is_overdue.push(still.is_overdue);
                    self.customer.push(c as u32);
                    self.days_past_due.push(day - known.due[i]);
                });
            }
        });
    }
}

/// Rows wanted of a customer on a landmark if it is looked at.
const ROWS_A_LOOK: f64 = 8.0;

/// Room for rows, in rows expected: so many standard deviations above that it never grows.
const ROOM: f64 = 1.03;

/// Sampling rates of days with and without settlement.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rates {
    /// Share of the customers that are looked at on a landmark; the other rates are among those.
    look: f64,
    event: f64,
    other: f64,
    /// What a row drawn for certain weighs.
    unit: f64,
    /// Rows drawn on average, and some more.
    rows_expected: f64,
}

impl Rates {
    /// `cells` are customers times landmarks.
    fn new(offered: Offered, cells: usize, policy: &ValidPolicy) -> Self {
        let unit = (offered.settled_invoices as f64 / offered.events.max(1) as f64).min(1.0);
        let cap = policy.model.train_rows_max as f64;
        let (events, others) = (offered.events as f64, (offered.person_days - offered.events) as f64);
        if policy.model.solver == Solver::Linfa {
            // linfa knows no weights: one rate for all
            let rate = (cap / (events + others).max(1.0)).min(1.0);
            let rows_expected = ROOM * rate * (events + others);
            return Self { look: 1.0, event: rate, other: rate, unit, rows_expected };
        }
        let event = (0.5 * cap / events.max(1.0)).min(1.0);
        let other = ((cap - event * events) / others.max(1.0)).min(1.0);
        let rows = event * events + other * others;
        let look = (rows / (ROWS_A_LOOK * cells.max(1) as f64)).max(event).max(other).min(1.0);
        Self { look, event: event / look, other: other / look, unit, rows_expected: ROOM * rows }
    }

    /// Weight of a row drawn at a rate.
    fn weight(&self, rate: f64) -> f32 {
        (self.unit / (self.look * rate)) as f32
    }
}

/// Which days of one customer are drawn: gaps between drawn days are geometric, so that days not drawn cost nothing.
struct Draw {
    rng: Rng,
    rates: Rates,
    skip: u64,
}

impl Draw {
    fn new(known: &Known, c: usize, seed: u64, rates: Rates) -> Self {
        let mut draw =
            Self { rng: rng(seed, "person_period", text_key(known.customer_id.get(c))), rates, skip: 0 };
        draw.skip = draw.gap();
        draw
    }

    /// Whether the customer is looked at on this landmark.
    fn looks(&mut self) -> bool {
        self.rates.look >= 1.0 || unit(self.rng.next_u64()) < self.rates.look
    }

    fn gap(&mut self) -> u64 {
        if self.rates.other >= 1.0 {
            return 0;
        }
        let u = 1.0 - unit(self.rng.next_u64());
        (u.ln() / (-self.rates.other).ln_1p()).min(1e15) as u64
    }

    /// Calls `take(day, event, weight)` for the drawn days of `(landmark, end]`; the last is an event if `paid`.
    fn days(&mut self, landmark: i32, end: i32, paid: bool, mut take: impl FnMut(i32, bool, f32)) {
        let others = (end - landmark - i32::from(paid)).max(0) as u64;
        let mut at = self.skip;
        while at < others {
            take(landmark + 1 + at as i32, false, self.rates.weight(self.rates.other));
            at += 1 + self.gap();
        }
        self.skip = at - others;
        if paid && (self.rates.event >= 1.0 || unit(self.rng.next_u64()) < self.rates.event) {
            take(end, true, self.rates.weight(self.rates.event));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_landmarks_of_more_than_a_year_ago_saw_counts_a_tenth() {
        let landmark: Vec<Day> = [-366, -365, -1].map(|d| Day(1000 + d)).to_vec();
        let mut rows = PersonPeriods { weight: vec![2.0; 3], landmark, ..PersonPeriods::default() };
        rows.fade(Day(1000), &crate::policy::parse("", "p.toml").unwrap());
        assert_eq!(rows.weight, [0.2, 2.0, 2.0]);
    }
}
