//! What all customers together look like on each mark: the anchor that small customers are shrunk to.
//!
//! Counts are whole numbers per calendar day, so that threads may add them in any order; recency is laid over them
//! afterwards, day by day.

use super::bins::{EDGES, N_BINS, bin_of};
use super::person_period::risk_end;
use super::state::{add_exposure, clipped_delay, log_amount, settled_log_age};
use crate::core::Day;
use crate::ledger::{Known, NEVER};
use crate::numeric::Recency;
use rayon::prelude::*;

// columns of the day table
const EVENTS: usize = 0;
const ENTERING: usize = N_BINS;
const SETTLED: usize = 2 * N_BINS;
const LATE: usize = SETTLED + 1;
const DELAY: usize = LATE + 1;
const LOG_AGE: usize = DELAY + 1;
const OVERDUE: usize = LOG_AGE + 1;
const ISSUED: usize = OVERDUE + 1;
const LOG_AMOUNT: usize = ISSUED + 1;
const WIDTH: usize = LOG_AMOUNT + 1;

/// Logarithms are kept as whole multiples of this share, so that their sums are exact.
const FIXED_POINT: f64 = 1_048_576.0;

/// The portfolio on one mark: sums over what was known then, with mid recency unless said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioState {
    /// Settlements by bin of relative day.
    pub events: [f64; N_BINS],
    /// Days at risk by bin of relative day, open invoices included.
    pub exposure: [f64; N_BINS],
    /// Settlements.
    pub settled: f64,
    /// Settlements after due.
    pub late: f64,
    /// Open invoices past due, each counting one.
    pub overdue: f64,
    /// Mean log age at settlement.
    pub mean_log_age: f64,
    /// Mean of the logarithm of amounts over all invoices, without recency.
    pub mean_log_amount: f64,
}

/// Person-days and events that the landmarks offer for training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offered {
    /// Days at risk, events included.
    pub person_days: u64,
    /// Settlements, counted once for each landmark that sees the invoice open.
    pub events: u64,
    /// Invoices whose settlement some landmark sees.
    pub settled_invoices: u64,
}

impl std::ops::AddAssign for Offered {
    fn add_assign(&mut self, other: Self) {
        self.person_days += other.person_days;
        self.events += other.events;
        self.settled_invoices += other.settled_invoices;
    }
}

/// Whole numbers of every calendar day, before any mark or recency is laid over them.
pub struct DayTable {
    first: i32,
    as_of: i32,
    table: Vec<i64>,
    /// By due date from [`DayTable::first_due`] on: invoices whose days at risk begin in a bin, less those whose end
    /// in it. Their running sum over a due date's bins is how many pass from each bin to the next.
    passing: Vec<i32>,
    /// Invoices of which it is not known on which day they were settled.
    undated: Vec<Undated>,
    /// What the landmarks offer for training.
    pub offered: Offered,
}

/// An invoice that is at risk as far as anybody knows until it is known to be settled; then it never was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Undated {
    known: i32,
    due: i32,
    seen: i32,
}

/// Counts every invoice once. `first` is the first day that gets its own row; `landmarks` increase.
pub fn day_table(known: &Known, first: i32, landmarks: &[Day], horizon_days: i32) -> DayTable {
    let as_of = known.as_of().0;
    let n_days = (as_of - first + 1).max(1) as usize;
    let n_dues = n_days + (EDGES[N_BINS - 2] - EDGES[0]) as usize + 1;
    let empty = || DayTable {
        first,
        as_of,
        table: vec![0; (n_days + 1) * WIDTH],
        passing: vec![0; n_dues * N_BINS],
        undated: Vec::new(),
        offered: Offered::default(),
    };
    let per_part = known.n_invoices().div_ceil(rayon::current_num_threads().max(1) * 2).max(4096);
    let mut days = (0..known.n_invoices().div_ceil(per_part))
        .into_par_iter()
        .map(|part| {
            let mut days = empty();
            for i in part * per_part..((part + 1) * per_part).min(known.n_invoices()) {
                days.add(known, i);
                days.offer(known, i, landmarks, horizon_days);
            }
            days
        })
        .reduce(empty, |mut a, b| {
            a.table.iter_mut().zip(&b.table).for_each(|(a, b)| *a += b);
            a.passing.iter_mut().zip(&b.passing).for_each(|(a, b)| *a += b);
            a.offered += b.offered;
            a.undated.extend(b.undated);
            a
        });
    days.pass();
    days
}

/// Invoices whose settlement some landmark sees: [`Offered::settled_invoices`] of [`day_table`] without the table, for
/// those who only want to know whether a fit will be refused.
pub fn settled_in_sight(known: &Known, landmarks: &[Day], horizon_days: i32) -> u64 {
    // the last landmark before a settlement sees it if any does
    let is_seen = |i: &usize| {
        let (seen, settled) = (known.settled_known_day(*i), known.settled[*i]);
        let before = landmarks.partition_point(|l| l.0 < seen);
        let last = landmarks[..before].last().filter(|l| l.0 >= known.known_day(*i));
        last.is_some_and(|l| {
            settled != NEVER && risk_end(known, *i, l.0, horizon_days) == settled.max(l.0 + 1)
        })
    };
    let dated = (0..known.n_invoices()).into_par_iter().filter(|i| known.is_dated(*i));
    dated.filter(is_seen).count() as u64
}

impl DayTable {
    fn slot(&mut self, day: i32, column: usize) -> &mut i64 {
        let row = (day - self.first).clamp(0, self.as_of - self.first + 1) as usize;
        &mut self.table[row * WIDTH + column]
    }

    fn row(&self, day: i32) -> &[i64] {
        &self.table[(day - self.first) as usize * WIDTH..][..WIDTH]
    }

    /// The due date after which the last edge of a bin falls before the first day.
    fn first_due(&self) -> i32 {
        self.first - EDGES[N_BINS - 2]
    }

    /// Where a due date's bins stand in `passing`. Earlier ones than the first pass every edge before the first day,
    /// later ones than the last pass none by as_of.
    fn due_row(&self, due: i32) -> usize {
        (due.clamp(self.first_due(), self.as_of - EDGES[0] + 1) - self.first_due()) as usize * N_BINS
    }

    /// Lays what passes from bin to bin over the days on which it does.
    fn pass(&mut self) {
        let passing = std::mem::take(&mut self.passing);
        for (due, bins) in (self.first_due()..).zip(passing.chunks_exact(N_BINS)) {
            let mut n = 0;
            for (bin, edge) in EDGES.iter().enumerate() {
                n += bins[bin];
                if n != 0 {
                    *self.slot(due + edge, ENTERING + bin) -= i64::from(n);
                    *self.slot(due + edge, ENTERING + bin + 1) += i64::from(n);
                }
            }
        }
    }

    fn add(&mut self, known: &Known, i: usize) {
        let (issue, due, settled) = (known.known_day(i), known.due[i], known.settled[i]);
        let seen = known.settled_known_day(i);
        let end = if seen == NEVER { self.as_of } else { seen };
        let start = (issue + 1).min(end);
        *self.slot(issue, ISSUED) += 1;
        *self.slot(issue, LOG_AMOUNT) += (log_amount(known, i) * FIXED_POINT) as i64;
        let is_dated = known.is_dated(i);
        if !is_dated {
            self.undated.push(Undated { known: issue, due, seen });
        }
        if start <= end && is_dated {
            let (first, last) = (bin_of(start - due), bin_of(end - due));
            *self.slot(start, ENTERING + first) += 1;
            *self.slot(end + 1, ENTERING + last) -= 1;
            let at = self.due_row(due);
            self.passing[at + first] += 1;
            self.passing[at + last] -= 1;
        }
        if end > due {
            *self.slot((due + 1).max(issue), OVERDUE) += 1;
            if seen != NEVER {
                *self.slot(seen.max(issue), OVERDUE) -= 1;
            }
        }
        if seen == NEVER || !is_dated {
            return;
        }
        *self.slot(seen, EVENTS + bin_of(seen - due)) += 1;
        *self.slot(seen, SETTLED) += 1;
        *self.slot(seen, LATE) += i64::from(settled > due);
        *self.slot(seen, DELAY) += clipped_delay(settled - due) as i64;
        *self.slot(seen, LOG_AGE) += (settled_log_age(known.issue[i], settled) * FIXED_POINT) as i64;
    }

    fn offer(&mut self, known: &Known, i: usize, landmarks: &[Day], horizon_days: i32) {
        if !known.is_dated(i) {
            return;
        }
        let (issue, seen, settled) = (known.known_day(i), known.settled_known_day(i), known.settled[i]);
        let from = landmarks.partition_point(|l| l.0 < issue);
        let before = self.offered.events;
        for l in landmarks[from..].iter().take_while(|l| l.0 < seen) {
            let last = risk_end(known, i, l.0, horizon_days);
            self.offered.person_days += (last - l.0).max(0) as u64;
            self.offered.events += u64::from(settled != NEVER && last == settled.max(l.0 + 1));
        }
        self.offered.settled_invoices += u64::from(self.offered.events > before);
    }

    /// The portfolio's mean delay as known on each day from the first to as_of, fading with `half_life_days`; 0
    /// before the first settlement.
    pub fn level(&self, half_life_days: i32) -> Vec<f64> {
        let fade = (-1.0 / f64::from(half_life_days)).exp2();
        let (mut delay, mut settled) = (0.0, 0.0);
        (self.first..=self.as_of)
            .map(|day| {
                let row = self.row(day);
                delay = delay * fade + row[DELAY] as f64;
                settled = settled * fade + row[SETTLED] as f64;
                if settled > 0.0 { delay / settled } else { 0.0 }
            })
            .collect()
    }

    /// The portfolio on each of `marks`, which increase and do not exceed as_of.
    pub fn states(&self, marks: &[Day], recency: &Recency) -> Vec<PortfolioState> {
        let mut sums = [0.0; WIDTH];
        let mut running = [0_i64; WIDTH];
        let mut out = Vec::with_capacity(marks.len());
        let mut day = self.first;
        for mark in marks {
            while day <= mark.0 {
                let (row, w) = (self.row(day), recency.at(day));
                for column in 0..WIDTH {
                    running[column] += row[column];
                    let counted = (ENTERING..SETTLED).contains(&column);
                    sums[column] += w * if counted { running[column] } else { row[column] } as f64;
                }
                day += 1;
            }
            let mut at_mark = sums;
            self.add_undated(&mut at_mark, *mark, recency);
            out.push(PortfolioState::new(&at_mark, &running, recency.at(mark.0)));
        }
        out
    }
}

impl DayTable {
    /// Adds the days at risk of undated invoices that are open at a mark as far as was known.
    fn add_undated(&self, sums: &mut [f64; WIDTH], mark: Day, recency: &Recency) {
        let mut exposure = [0.0; N_BINS];
        for u in self.undated.iter().filter(|u| u.known <= mark.0 && mark.0 < u.seen) {
            add_exposure(&mut exposure, u.known + 1, mark.0, u.due, recency);
        }
        sums[ENTERING..SETTLED].iter_mut().zip(exposure).for_each(|(sum, days)| *sum += days);
    }
}

impl PortfolioState {
    fn new(sums: &[f64; WIDTH], running: &[i64; WIDTH], weight: f64) -> Self {
        let s = |column: usize| sums[column] / weight;
        let mean = |total: f64, n: f64| if n > 0.0 { total / n / FIXED_POINT } else { 0.0 };
        Self {
            events: std::array::from_fn(|b| s(EVENTS + b)),
            exposure: std::array::from_fn(|b| s(ENTERING + b)),
            settled: s(SETTLED),
            late: s(LATE),
            overdue: running[OVERDUE] as f64,
            mean_log_age: mean(s(LOG_AGE), s(SETTLED)),
            mean_log_amount: mean(running[LOG_AMOUNT] as f64, running[ISSUED] as f64),
        }
    }
}
