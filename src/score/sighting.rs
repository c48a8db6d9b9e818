//! What open invoices looked like on days of the past, and what a model says of them: what drift and calibration are
//! measured on.

use super::dependence::sample;
use super::predict::{DAILY_DAYS, daily_survival};
use crate::core::Day;
use crate::features::Survey;
use crate::features::calendar::Calendar;
use crate::features::covariate::{BASE, N_STILL};
use crate::features::day_row::Days;
use crate::features::facts::Facts;
use crate::features::habits::Habits;
use crate::features::sweep::{Room, sweep};
use crate::ledger::Known;
use crate::model::Hazard;
use crate::policy::ValidPolicy;
use rayon::prelude::*;

/// Customers looked at, at the most: a share of them is known to two percent.
const CUSTOMERS: usize = 600;
/// Customers in one go; fixed, so that threads do not change a byte.
const CHUNK: usize = 32;

/// One open invoice on one mark.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// Index into the ledger.
    pub invoice: u32,
    /// The day it is seen from.
    pub mark: Day,
    /// Its covariates on the day after, in the order of [`BASE`].
    pub x: [f64; BASE.len()],
    /// P(not fully settled by due + grace) as seen from the mark; none once past it, or if it is past the daily horizon.
    pub late_prob: Option<f64>,
}

/// Every open invoice of a sample of customers on each of `marks`, which index the priors of `survey` and increase; by
/// customer, mark and invoice. Nothing after a mark is seen from it, but the model may have been fitted on it.
pub fn sightings(
    known: &Known,
    survey: &Survey,
    hazard: &Hazard,
    policy: &ValidPolicy,
    marks: &[usize],
) -> Vec<Sighting> {
    let days: Vec<Day> = marks.iter().map(|&k| survey.priors[k].mark).collect();
    let one = |room: &mut Room, customers: &[u32]| {
        let mut out = Vec::new();
        let mut survival = Vec::new();
        for &c in customers {
            sweep(known, c as usize, &days, &survey.memory, room, |m, state, open| {
                if open.is_empty() {
                    return;
                }
                let prior = &survey.priors[marks[m]];
                let mark = prior.mark.0;
                let habits = Habits::new(known, state, open, prior, &survey.memory, &survey.almanac);
                let calendar = Calendar::new(&habits, prior, &survey.almanac);
                for &i in open {
                    let facts = Facts::new(known, i as usize, &habits, prior);
                    let invoice = Days::new(prior, &habits, facts);
                    let left = facts.due().saturating_add(policy.ledger.grace_days).saturating_sub(mark);
                    let mut x = [0.0; BASE.len()];
                    x[..N_STILL].copy_from_slice(&invoice.still().covariates);
                    let next = invoice.clone().on(mark + 1, &calendar.day(mark + 1));
                    x[N_STILL..].copy_from_slice(&next.moving);
                    let late_prob = (1..=DAILY_DAYS).contains(&left).then(|| {
                        daily_survival(invoice, hazard, prior.mark, &calendar, left, &mut survival);
                        survival[left as usize]
                    });
                    out.push(Sighting { invoice: i, mark: prior.mark, x, late_prob });
                }
            });
        }
        out
    };
    let customers = sample(known, CUSTOMERS);
    customers.par_chunks(CHUNK).with_max_len(1).map_init(Room::default, one).flatten_iter().collect()
}
