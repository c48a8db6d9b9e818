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
    /// The last weeks, with short recency.
    pub lately: Seen,
    /// Each month of the year, over all that are past, without recency.
    pub months: [Seen; 12],
}

/// Settlements of some days, and what the portfolio's hazard expects of them once it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Settlements.
    pub events: f64,
    /// Days at risk by bin of relative day.
    pub exposure: [f64; N_BINS],
}

impl Seen {
    const NONE: Self = Self { events: 0.0, exposure: [0.0; N_BINS] };

    /// Adds a day's settlements and days at risk, after what was there has faded.
    fn add(&mut self, fade: f64, row: &[i64], running: &[i64]) {
        let events: i64 = row[EVENTS..ENTERING].iter().sum();
        self.events = self.events * fade + events as f64;
        for (days, n) in self.exposure.iter_mut().zip(&running[ENTERING..SETTLED]) {
            *days = *days * fade + *n as f64;
        }
    }

    fn join(&mut self, other: &Self) {
        self.events += other.events;
        self.exposure.iter_mut().zip(other.exposure).for_each(|(days, more)| *days += more);
    }

    /// `ln((events + prior) / (expected + prior))`, where `hazard` says what was expected.
    pub fn log_ratio(&self, hazard: &[f64; N_BINS], prior: f64) -> f64 {
        let expected: f64 = self.exposure.iter().zip(hazard).map(|(days, hazard)| days * hazard).sum();
        ((self.events + prior) / (expected + prior)).ln()
    }
}

/// What a calendar day brought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DaySeen {
    /// The day.
    pub day: Day,
    /// Settlements known on it.
    pub events: f64,
    /// Those expected.
    pub expected: f64,
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

    /// Each day from the first to as_of, and what a `hazard` by bin of relative day expected of it.
    pub fn by_day(&self, hazard: &[f64; N_BINS]) -> Vec<DaySeen> {
        let mut running = [0_i64; N_BINS];
        (self.first..=self.as_of)
            .map(|day| {
                let row = self.row(day);
                running.iter_mut().zip(&row[ENTERING..SETTLED]).for_each(|(n, more)| *n += more);
                DaySeen {
                    day: Day(day),
                    events: row[EVENTS..ENTERING].iter().sum::<i64>() as f64,
                    expected: running.iter().zip(hazard).map(|(n, hazard)| *n as f64 * hazard).sum(),
                }
            })
            .collect()
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

    /// The portfolio on each of `marks`, which increase and do not exceed as_of; `lately` fades with `short_days`.
    pub fn states(&self, marks: &[Day], recency: &Recency, short_days: i32) -> Vec<PortfolioState> {
        let fade = (-1.0 / f64::from(short_days)).exp2();
        let (mut lately, mut month, mut months) = (Seen::NONE, Seen::NONE, [Seen::NONE; 12]);
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
                lately.add(fade, row, &running);
                month.add(1.0, row, &running);
                if Day(day) == Day(day).month_end() {
                    months[Day(day).month_of_year()].join(&std::mem::replace(&mut month, Seen::NONE));
                }
                day += 1;
            }
            let mut at_mark = sums;
            self.add_undated(&mut at_mark, *mark, recency);
            out.push(PortfolioState {
                lately,
                months,
                ..PortfolioState::new(&at_mark, &running, recency.at(mark.0))
            });
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
            lately: Seen::NONE,
            months: [Seen::NONE; 12],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Amount;
    use crate::ledger::{Ledger, SettlementKind, SettlementRows, sample};

    /// Two invoices are issued on 1 January 1970, day 0; one is paid on the 11th, the other on 10 February, day 40.
    fn known() -> Known {
        let bills = [("1", "A", "EUR", 30, "100"), ("2", "A", "EUR", 30, "70")];
        let mut rows = sample::invoices(&bills);
        rows.issue = vec![0; 2];
        let paid = SettlementRows {
            invoice: vec![0, 1],
            day: vec![10, 40],
            known: vec![10, 40],
            amount: ["100", "70"].map(|a| Amount::parse(a).unwrap()).to_vec(),
            kind: vec![SettlementKind::Cash; 2],
            ..SettlementRows::default()
        };
        Ledger::try_new(rows, paid).unwrap().known_at(Day(70))
    }

    #[test]
    fn a_month_counts_once_it_is_over_and_the_last_weeks_fade() {
        let marks = [Day(40), Day(58), Day(70)];
        let days = day_table(&known(), 0, &marks[..2], 120);
        let states = days.states(&marks, &Recency::new(0, 70, 3650), 10);
        let of = |seen: &Seen| (seen.events, seen.exposure.iter().sum::<f64>());
        // at risk from the day after issue to that of payment: 10 and 30 days of January, 9 and the tenth of February
        let (january, february) = ((1.0, 40.0), (1.0, 10.0));
        assert_eq!(of(&states[0].months[0]), january);
        assert_eq!(of(&states[0].months[1]), (0.0, 0.0));
        assert_eq!([of(&states[1].months[0]), of(&states[1].months[1])], [january, february]);
        assert_eq!(of(&states[2].months[2]), (0.0, 0.0));
        // ten days count half: the payment of day 10 an eighth, that of day 40 itself whole
        assert!((states[0].lately.events - 1.125).abs() < 1e-12);
        assert!((states[2].lately.events - 1.125 / 8.0).abs() < 1e-12);
    }

    #[test]
    fn a_ratio_is_of_what_happened_to_what_was_expected_drawn_to_one() {
        let mut exposure = [0.0; N_BINS];
        (exposure[2], exposure[5]) = (100.0, 50.0);
        let mut hazard = [0.0; N_BINS];
        (hazard[2], hazard[5]) = (0.1, 0.2);
        let seen = Seen { events: 30.0, exposure };
        // 20 were expected
        assert!((seen.log_ratio(&hazard, 10.0) - (40.0_f64 / 30.0).ln()).abs() < 1e-12);
        assert!(Seen::NONE.log_ratio(&hazard, 10.0).abs() < 1e-12);
    }
}
