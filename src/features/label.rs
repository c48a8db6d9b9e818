//! What training learns from: which invoices were open on a landmark, until when each is looked at, and whether it
//! was settled then.

use super::person_period::risk_end;
use super::survey::Survey;
use super::sweep::{Room, sweep};
use crate::core::Day;
use crate::ledger::{Known, NEVER};
use rayon::prelude::*;

/// One invoice seen from one landmark: open on the days `landmark + 1 ..= end`, settled on the last of them if `paid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spell {
    /// Index into the ledger.
    pub invoice: u32,
    /// The day it is seen from.
    pub landmark: Day,
    /// Last day that is learnt from.
    pub end: Day,
    /// Whether it was settled on that day; if not, what becomes of it later is not said.
    pub paid: bool,
}

impl Spell {
    /// Invoice `i`, open at the end of `landmark`.
    pub fn new(known: &Known, i: usize, landmark: Day, horizon_days: i32) -> Self {
        let end = risk_end(known, i, landmark.0, horizon_days);
        let paid = known.settled[i] != NEVER && known.settled[i].max(landmark.0 + 1) == end;
        Self { invoice: i as u32, landmark, end: Day(end), paid }
    }
}

/// Every spell that the landmarks of `survey` offer, before any is drawn, by customer, landmark and invoice: of every
/// invoice open there but those of which it is not known on which day they were settled.
pub fn spells(known: &Known, survey: &Survey, horizon_days: i32) -> Vec<Spell> {
    (0..known.n_customers())
        .into_par_iter()
        .with_min_len(64)
        .map_init(Room::default, |room, c| {
            let mut out = Vec::new();
            sweep(known, c, survey.landmarks(), &survey.memory, room, |m, _, open| {
                let landmark = survey.landmarks()[m];
                let dated = open.iter().map(|i| *i as usize).filter(|i| known.is_dated(*i));
                out.extend(dated.map(|i| Spell::new(known, i, landmark, horizon_days)));
            });
            out
        })
        .flatten_iter()
        .collect()
}
