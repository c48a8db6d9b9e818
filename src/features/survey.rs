//! The first pass over a ledger: the portfolio on every mark and each customer at as_of.

use super::background::Background;
use super::calendar::Almanac;
use super::habits::Habits;
use super::person_period::landmarks;
use super::portfolio::{Offered, day_table};
use super::prior::{NO_PULL, PayDays, Prior, Spread};
use super::quiet::quiet_dates;
use super::reach::{CUSTOMERS, Offers, Reach};
use super::state::{Memory, State};
use super::surprise::Surprise;
use super::sweep::{Room, sweep};
use crate::core::Day;
use crate::ledger::{Known, NEVER};
use crate::numeric::Recency;
use crate::policy::{Part, ValidPolicy};
use rayon::prelude::*;
use std::sync::Arc;

/// What all later stages look things up in.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Recencies and the portfolio's level of delay.
    pub memory: Memory,
    /// The portfolio on each landmark and, last, at as_of.
    pub priors: Vec<Prior>,
    /// Each customer at as_of.
    pub states: Vec<State>,
    /// Weekdays, months and quiet dates from before the first landmark to past as_of.
    pub almanac: Almanac,
    /// What each customer did against what the model expected of it; none until a model has said.
    pub surprises: Vec<Surprise>,
    /// What the landmarks offer for training.
    pub offered: Offered,
    marks: Vec<Day>,
}

/// Days after as_of that may be asked for one by one.
const ALMANAC_DAYS: i32 = 400;

/// Why history is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To fit: landmarks over the history, and as_of.
    Fit,
    /// To score with a model that exists: as_of alone.
    Score,
    /// The same, and to see how the model has done: every four weeks of the past half year, from a day on.
    Watch {
        /// No day before this one.
        since: Day,
    },
}

/// Days between those that a model is watched on, and how many.
const WATCH_EVERY_DAYS: i32 = 28;
const WATCHED: i32 = 6;

/// Looks at the whole ledger: one pass that counts days, one sweep of each customer to as_of.
pub fn survey(known: &Known, policy: &ValidPolicy, purpose: Purpose) -> Survey {
    survey_on(known, policy, purpose, None)
}

/// [`survey`] of a ledger too young to know its own portfolio, shrunk to a background.
pub fn survey_on(
    known: &Known,
    policy: &ValidPolicy,
    purpose: Purpose,
    background: Option<&Background>,
) -> Survey {
    let as_of = known.as_of();
    let m = &policy.model;
    let first = known.issue.iter().copied().min().map_or(as_of, Day);
    let mut marks = match purpose {
        Purpose::Fit => landmarks(known, policy),
        Purpose::Score => Vec::new(),
        Purpose::Watch { since } => {
            let marks = (1..=WATCHED).rev().map(|k| as_of.plus(-WATCH_EVERY_DAYS * k));
            marks.filter(|m| *m >= since.max(first)).collect()
        }
    };
    let mid = Recency::new(first.0, as_of.0, m.half_life_days);
    let days = day_table(known, mid.base(), &marks, m.train_horizon_days);
    marks.push(as_of);
    let mut memory = Memory {
        long: Recency::new(first.0, as_of.0, m.half_life_long_days),
        short: Recency::new(first.0, as_of.0, m.half_life_short_days),
        level: days.level(m.half_life_level_days),
        mid,
    };
    if let Some(background) = background {
        let settled = known.settled.iter().filter(|d| **d != NEVER).count() as f64;
        memory.level.iter_mut().for_each(|level| *level = background.level(*level, settled));
    }
    let states: Vec<State> = (0..known.n_customers())
        .into_par_iter()
        .with_min_len(64)
        .with_max_len(256)
        .map_init(Room::default, |room, c| {
            let mut last = State::default();
            sweep(known, c, &[as_of], &memory, room, |_, state, _| last = state.clone());
            last
        })
        .collect();
    let spread = match background {
        Some(background) => background.spread(),
        None => Spread::estimate(&states, &memory, as_of),
    };
    let mut portfolio = days.states(&marks, &memory.mid, m.half_life_short_days);
    if let Some(background) = background {
        portfolio.iter_mut().for_each(|state| background.add_to(state));
    }
    let pay_days = Arc::new(PayDays::estimate(&states, &memory, as_of));
    let pull = if policy.leaves_out(Part::Shrinkage) { NO_PULL } else { 1.0 };
    let prior = |(s, &mark): (_, &Day)| {
        Prior::new(s, spread, memory.level_at(mark.0), mark, pay_days.clone()).pulling(pull)
    };
    let mut priors: Vec<Prior> = portfolio.iter().zip(&marks).map(prior).collect();
    let last = &priors[priors.len() - 1];
    let almanac = Almanac::new(marks[0], as_of.plus(ALMANAC_DAYS), &quiet_dates(&days, &last.hazard));
    let stride = states.len().div_ceil(CUSTOMERS).max(1);
    let looked_at: Vec<&State> = states.iter().step_by(stride).collect();
    let offers = |state: &&State| Habits::offers(known, state, last, &memory, &almanac);
    let offers: Vec<Offers> = looked_at.par_iter().with_min_len(64).filter_map(offers).collect();
    let reach = Arc::new(Reach::estimate(&offers));
    priors.iter_mut().for_each(|prior| prior.reach = reach.clone());
    Survey { priors, states, almanac, surprises: Vec::new(), offered: days.offered, marks, memory }
}

impl Survey {
    /// The training landmarks, increasing.
    pub fn landmarks(&self) -> &[Day] {
        &self.marks[..self.marks.len() - 1]
    }

    /// The portfolio at as_of.
    pub fn prior(&self) -> &Prior {
        &self.priors[self.priors.len() - 1]
    }
}
