//! Running sums of one customer: what a sweep carries from event to event.

use super::bins::{EDGES, N_BINS, bin_of};
use super::due_day::business_day;
use super::recent::Ring;
use crate::core::Day;
use crate::ledger::Known;
use crate::numeric::Recency;
use std::sync::LazyLock;

/// Days late are held inside this range: beyond it a payment says no more about the next one.
const DELAY_RANGE: (i32, i32) = (-60, 120);
/// Days added to an invoice's age before its logarithm, so that the first days do not rule it.
const AGE_OFFSET_DAYS: f64 = 5.0;
/// Weekdays at the edges of a weekend: Monday.
pub const MONDAY: usize = 0;
/// Friday.
pub const FRIDAY: usize = 4;
/// Age past which a settlement's logarithm grows no more.
const AGE_MAX_DAYS: i32 = 200;

/// Days from due to settlement, held inside -60 to 120.
pub fn clipped_delay(days: i32) -> f64 {
    f64::from(days.clamp(DELAY_RANGE.0, DELAY_RANGE.1))
}

/// `ln(age + 5)` of an invoice `age` days after issue.
pub fn log_age(age_days: f64) -> f64 {
    (age_days.max(0.0) + AGE_OFFSET_DAYS).ln()
}

/// [`log_age`] at settlement, with ages past 200 days held there.
pub fn settled_log_age(issue: i32, settled: i32) -> f64 {
    /// A sweep asks for each settlement; the ages are few.
    static LOG_AGES: LazyLock<Vec<f64>> =
        LazyLock::new(|| (0..=AGE_MAX_DAYS).map(|age| log_age(f64::from(age))).collect());
    LOG_AGES[(settled - issue).clamp(0, AGE_MAX_DAYS) as usize]
}

/// The three speeds at which the past fades, and the portfolio's level of delay on each day.
#[derive(Debug, Clone)]
pub struct Memory {
    /// For a customer's usual delay.
    pub long: Recency,
    /// For habits.
    pub mid: Recency,
    /// For what has changed lately.
    pub short: Recency,
    /// Mean delay of the portfolio as known on each day from the base of `mid`, fading fast.
    pub level: Vec<f64>,
}

impl Memory {
    /// The portfolio's level of delay as known at the end of `day`.
    pub fn level_at(&self, day: i32) -> f64 {
        let at = (day - self.mid.base()).clamp(0, self.level.len() as i32 - 1);
        self.level.get(at as usize).copied().unwrap_or(0.0)
    }
}

/// Sums over settled invoices, in growing weights of [`Recency`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// Weight of settled invoices.
    pub settled: f64,
    /// Weight of those settled after due.
    pub late: f64,
    /// Days late above the portfolio's level on that day.
    pub delay: f64,
    /// Their squares.
    pub delay2: f64,
    /// Logarithm of the age at settlement.
    pub log_age: f64,
    /// Its squares.
    pub log_age2: f64,
}

/// One customer at a moment of the sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Invoices known.
    pub n_issued: u32,
    /// Invoices settled.
    pub n_settled: u32,
    /// Invoices settled after due.
    pub n_late: u32,
    /// Sum of the logarithm of amounts, in currency units.
    pub log_amount: f64,
    /// Fading slowly.
    pub long: Tally,
    /// Fading fast: weight of settled invoices.
    pub short_settled: f64,
    /// Fading fast: days late above the portfolio's level.
    pub short_delay: f64,
    /// Settlements by bin of relative day.
    pub events: [f64; N_BINS],
    /// Days at risk of settled invoices by bin of relative day.
    pub exposure: [f64; N_BINS],
    /// What is to be added to `events` where invoices due on a weekend are due on the Monday after.
    pub events_rolled: [f64; N_BINS],
    /// And to `exposure`.
    pub exposure_rolled: [f64; N_BINS],
    /// Settlements on a due date on a weekday, on one on a weekend, and on the Monday after such a one.
    pub on_due: [f64; 3],
    /// Days with a settlement: many invoices of one run are one day.
    pub pay_days: f64,
    /// Settlements by weekday, 0 = Monday.
    pub weekday: [f64; 7],
    /// Settlements by [`Day::place_in_month`] of the day they were meant for: one made on a Friday or a Monday may have
    /// been meant for the weekend, the likelier the more is paid at those places otherwise.
    pub place: [f64; 31],
    /// Of those, meant for a weekend and made on the Friday before.
    pub rolled_back: f64,
    /// Of those, meant for a weekend and made on the Monday after.
    pub rolled_on: f64,
    /// Day of the last settlement known, if any.
    pub last_settled: Option<i32>,
    /// The last invoices settled.
    recent: Ring,
}

impl Default for State {
    fn default() -> Self {
        Self {
            n_issued: 0,
            n_settled: 0,
            n_late: 0,
            log_amount: 0.0,
            long: Tally::default(),
            short_settled: 0.0,
            short_delay: 0.0,
            events: [0.0; N_BINS],
            exposure: [0.0; N_BINS],
            events_rolled: [0.0; N_BINS],
            exposure_rolled: [0.0; N_BINS],
            on_due: [0.0; 3],
            pay_days: 0.0,
            weekday: [0.0; 7],
            place: [0.0; 31],
            rolled_back: 0.0,
            rolled_on: 0.0,
            last_settled: None,
            recent: Ring::default(),
        }
    }
}

impl State {
    /// An invoice becomes known.
    pub fn issue(&mut self, known: &Known, i: usize) {
        self.n_issued += 1;
        self.log_amount += log_amount(known, i);
    }

    /// It becomes known on `seen` that invoice `i` is settled in full.
    pub fn settle(&mut self, known: &Known, i: usize, seen: i32, memory: &Memory) {
        let (issue, due, settled) = (known.known_day(i), known.due[i], known.settled[i]);
        let late = f64::from(u8::from(settled > due));
        let t = &self.long;
        let delay = clipped_delay(settled - due) - memory.level_at(seen);
        let age = settled_log_age(known.issue[i], settled);
        self.n_settled += 1;
        self.n_late += u32::from(settled > due);
        let is_new_day = self.last_settled != Some(settled);
        self.last_settled = self.last_settled.max(Some(settled));
        let (w, m, s) = (memory.long.at(seen), memory.mid.at(seen), memory.short.at(seen));
        let n = t.settled / w;
        let delay = usual(delay, n, t.delay / t.settled, t.delay2 / t.settled, DELAY_SD_MIN);
        let age = usual(age, n, t.log_age / t.settled, t.log_age2 / t.settled, LOG_AGE_SD_MIN);
        self.long.settled += w;
        self.long.late += w * late;
        self.long.delay += w * delay;
        self.long.delay2 += w * delay * delay;
        self.long.log_age += w * age;
        self.long.log_age2 += w * age * age;
        self.short_settled += s;
        self.short_delay += s * delay;
        self.events[bin_of(seen - due)] += m;
        if is_new_day {
            self.pay_days += m;
        }
        self.pay_day(Day(settled), m);
        let from = (issue + 1).min(seen);
        add_exposure(&mut self.exposure, from, seen, due, &memory.mid);
        let own_due = business_day(due);
        match settled {
            s if s == due => self.on_due[usize::from(own_due != due)] += m,
            s if s == own_due => self.on_due[2] += m,
            _ => {}
        }
        if own_due != due {
            self.events_rolled[bin_of(seen - due)] -= m;
            self.events_rolled[bin_of(seen - own_due)] += m;
            let mut sums = [[0.0; N_BINS]; 2];
            for (sums, due) in sums.iter_mut().zip([due, own_due]) {
                add_exposure(sums, from, seen, due, &memory.mid);
            }
            let [as_due, rolled] = sums;
            for ((sum, rolled), as_due) in self.exposure_rolled.iter_mut().zip(rolled).zip(as_due) {
                *sum += rolled - as_due;
            }
        }
        self.recent.push(known, i);
    }

    /// The last invoices settled, in no order.
    pub(super) fn recent(&self) -> &[u32] {
        self.recent.invoices()
    }

    /// The day from which on all settled ones are among them; none if all are.
    pub(super) fn recent_from(&self) -> Option<i32> {
        self.recent.whole_from()
    }
}

/// Settlements that must be known before one can be called unusual.
const USUAL_FROM: f64 = 4.0;
/// Standard deviations from the mean at which a settlement counts as no further away.
const USUAL_SPREAD: f64 = 4.0;
/// Smallest standard deviation of delays, days, and of log ages that this is measured in.
const DELAY_SD_MIN: f64 = 2.0;
const LOG_AGE_SD_MIN: f64 = 0.05;

/// `x` held near the mean of `n` settlements before it, so that a dispute or a hard month does not pass for a habit.
/// A habit that changes widens the spread and is followed within a few settlements.
///
/// Source: Huber (1981), *Robust Statistics*: winsorized moments.
fn usual(x: f64, n: f64, mean: f64, mean_square: f64, sd_min: f64) -> f64 {
    if n < USUAL_FROM {
        return x;
    }
    let sd = ((mean_square - mean * mean) * n / (n - 1.0)).max(sd_min * sd_min).sqrt();
    x.clamp(mean - USUAL_SPREAD * sd, mean + USUAL_SPREAD * sd)
}

/// Settlements that each place of the month is given in advance when a payment at the weekend's edge is assigned.
const PLACE_START: f64 = 0.5;

impl State {
    /// Days with a settlement by kind, as settlements divide them: what `settlements` counts, each in units of one
    /// `1 / scale`, brought to the number of days.
    pub fn days_by<const N: usize>(&self, settlements: &[f64; N], scale: f64) -> [f64; N] {
        let all: f64 = settlements.iter().sum();
        let share = if all > 0.0 { self.pay_days * scale / all } else { 0.0 };
        settlements.map(|n| n * share)
    }

    /// Days with a settlement meant for a weekend: kept, rolled back to Friday, rolled on to Monday.
    pub fn weekend_days(&self, scale: f64) -> [f64; 3] {
        let [weekdays @ .., saturday, sunday] = self.weekday;
        let (kept, rolled) = (saturday + sunday, self.rolled_back + self.rolled_on);
        let others = weekdays.iter().sum::<f64>() - rolled;
        let [kept, back, on, _] = self.days_by(&[kept, self.rolled_back, self.rolled_on, others], scale);
        [kept, back, on]
    }

    /// A settlement of weight `m` on a day.
    fn pay_day(&mut self, day: Day, m: f64) {
        self.weekday[day.weekday()] += m;
        let weekend = match day.weekday() {
            FRIDAY => [day.plus(1), day.plus(2)],
            MONDAY => [day.plus(-2), day.plus(-1)],
            _ => {
                self.place[day.place_in_month()] += m;
                return;
            }
        };
        let places = [day, weekend[0], weekend[1]].map(Day::place_in_month);
        let held = places.map(|p| (self.place[p] + PLACE_START * m).powi(2));
        let share = m / held.iter().sum::<f64>();
        for (p, held) in places.into_iter().zip(held) {
            self.place[p] += share * held;
        }
        let rolled = share * (held[1] + held[2]);
        if day.weekday() == FRIDAY { self.rolled_back += rolled } else { self.rolled_on += rolled }
    }
}

/// Natural logarithm of one plus an invoice's amount.
pub fn log_amount(known: &Known, i: usize) -> f64 {
    // cents and more: nothing is lost to the one, and it takes half the time of ln_1p
    (1.0 + known.amount[i].to_f64()).ln()
}

/// Adds the weight of each day of `start..=end` to the bin of that day relative to due.
pub fn add_exposure(bins: &mut [f64; N_BINS], start: i32, end: i32, due: i32, recency: &Recency) {
    if end < start {
        return;
    }
    let (first, last) = (bin_of(start - due), bin_of(end - due));
    let mut from = recency.before(start);
    for (sum, edge) in bins[first..last].iter_mut().zip(&EDGES[first..last]) {
        let to = recency.before(due + edge);
        *sum += to - from;
        from = to;
    }
    bins[last] += recency.before(end + 1) - from;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposure_counts_each_day_once() {
        let recency = Recency::new(0, 1000, 100_000);
        let mut bins = [0.0; N_BINS];
        add_exposure(&mut bins, 10, 59, 40, &recency);
        assert!((bins.iter().sum::<f64>() - 50.0).abs() < 0.5); // nearly unit weights
        assert_eq!((bins[bin_of(-35)], bins[bin_of(25)]), (0.0, 0.0));
        assert!(bins[bin_of(0)] > 0.99 && bins[bin_of(19)] > 0.0);
    }
}
