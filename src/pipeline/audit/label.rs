//! What training learns from, held against the ledger invoice by invoice: leaks and biases that no other future shows.

use crate::core::Day;
use crate::features::Spell;
use crate::ledger::{Known, NEVER};
use serde::Serialize;
use std::fmt;

/// Spells that training learns from, and those that do not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LabelReport {
    /// Landmarks that history is looked at from.
    pub n_landmarks: usize,
    /// Spells that are learnt from.
    pub n_spells: usize,
    /// Invoices open on a landmark that are not learnt from there: training on settled invoices only, for one.
    pub n_missing: usize,
    /// Spells of an invoice that was not open on the landmark, or a second time.
    pub n_foreign: usize,
    /// Spells that say what happened after as_of: an invoice not yet due that counts as paid on time, for one.
    pub n_not_known_yet: usize,
    /// Spells with another outcome than the ledger's.
    pub n_wrong: usize,
}

impl LabelReport {
    /// Whether every open invoice is learnt from once a landmark, with what is known of it and no more.
    pub fn holds(&self) -> bool {
        self.n_missing + self.n_foreign + self.n_not_known_yet + self.n_wrong == 0
    }
}

impl fmt::Display for LabelReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} spells from {} landmarks", self.n_spells, self.n_landmarks)?;
        if self.holds() {
            return write!(f, ", every invoice open there once, none of them past as_of");
        }
        let faults = [
            (self.n_missing, "open invoices are missing"),
            (self.n_foreign, "are of no open invoice, or twice"),
            (self.n_not_known_yet, "say what happened after as_of"),
            (self.n_wrong, "have another outcome than the ledger"),
        ];
        faults.iter().filter(|(n, _)| *n > 0).try_for_each(|(n, what)| write!(f, "; {n} {what}"))
    }
}

/// Holds what training learns from against the ledger.
///
/// On each landmark the risk set is every invoice that was known and not known to be settled; each is followed until it
/// is settled, as_of, or `horizon_days` after the landmark, whatever comes first. One of which as_of does not know on
/// which day it was settled is in none. Nothing of the sweep that makes the
/// spells is used here.
pub fn check_labels(known: &Known, landmarks: &[Day], horizon_days: i32, learnt: Vec<Spell>) -> LabelReport {
    let mut report =
        LabelReport { n_landmarks: landmarks.len(), n_spells: learnt.len(), ..LabelReport::default() };
    let mut learnt = learnt;
    learnt.sort_unstable();
    let mut held = 0;
    let mut last = None;
    for spell in &learnt {
        let (i, l) = (spell.invoice as usize, spell.landmark.0);
        let was_open = known.is_dated(i) && known.known_day(i) <= l && l < known.settled_known_day(i);
        let again = last.replace((spell.invoice, l)) == Some((spell.invoice, l));
        if again || !was_open || landmarks.binary_search(&spell.landmark).is_err() {
            report.n_foreign += 1;
            continue;
        }
        held += 1;
        if spell.end > known.as_of() {
            report.n_not_known_yet += 1;
        } else if (spell.end.0, spell.paid) != outcome(known, i, l, horizon_days) {
            report.n_wrong += 1;
        }
    }
    let open_on = |i: usize| {
        let before = |day: i32| landmarks.partition_point(|l| l.0 < day);
        before(known.settled_known_day(i)).saturating_sub(before(known.known_day(i)))
    };
    let offered: usize = (0..known.n_invoices()).filter(|i| known.is_dated(*i)).map(open_on).sum();
    report.n_missing = offered - held;
    report
}

/// Last day at risk and whether it ends in a settlement; one made before the landmark and known later counts on the day
/// after it.
fn outcome(known: &Known, i: usize, landmark: i32, horizon_days: i32) -> (i32, bool) {
    let last = known.as_of().0.min(landmark + horizon_days);
    match known.settled[i] {
        NEVER => (last, false),
        settled if settled <= landmark => (landmark + 1, true),
        settled if settled <= last => (settled, true),
        _ => (last, false),
    }
}
