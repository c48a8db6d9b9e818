//! A customer on a mark, shrunk to the portfolio: from running sums to what can be compared between customers.

use super::bins::N_BINS;
use super::prior::{HAZARD_RANGE, Prior};
use super::state::{FRIDAY, MONDAY, Memory, State, add_exposure};
use crate::core::Day;
use crate::ledger::Known;
use crate::numeric::logit;

/// Pseudo-days of the portfolio in a customer's hazard of each bin.
const HAZARD_PRIOR_DAYS: f64 = 30.0;
/// Pseudo-invoices of the portfolio in a customer's spread of delays.
const VARIANCE_PRIOR: f64 = 6.0;
/// Pseudo-invoices in what has changed lately.
const SHORT_PRIOR: f64 = 3.0;
/// Usual pseudo-pay-days of the portfolio in a customer's weekdays and places in the month.
const WEEKDAY_PRIOR: f64 = 5.0;
const PLACE_PRIOR: f64 = 10.0;
/// Pseudo-payments that roll to Friday, and as many to Monday.
const ROLL_PRIOR: f64 = 1.0;
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
    /// How many times likelier than in the portfolio a payment falls on a weekday.
    pub weekday_lift: [f64; 7],
    /// Share of payments meant for each [`Day::place_in_month`].
    pub place: [f64; 31],
    /// How many times the portfolio's that share is.
    pub place_lift: [f64; 31],
    /// Share of what is meant for a weekend that is paid on the Friday before; the rest comes on Monday.
    pub rolled_back: f64,
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
            hazard: prior.hazard,
            log_odds: [0.0; N_BINS],
            weekday_lift: [1.0; 7],
            place: prior.place,
            place_lift: [1.0; 31],
            rolled_back: 0.5,
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
        self.hazard = std::array::from_fn(|b| {
            let events = state.events[b] * scale + HAZARD_PRIOR_DAYS * prior.hazard[b];
            let hazard = events / (exposure[b] * scale + HAZARD_PRIOR_DAYS);
            hazard.clamp(HAZARD_RANGE.0, HAZARD_RANGE.1)
        });
        self.log_odds = self.hazard.map(logit);
        let weekday = shares(&state.weekday, scale, &prior.weekday, WEEKDAY_PRIOR);
        self.weekday_lift = std::array::from_fn(|d| weekday[d] / prior.weekday[d]);
        self.place = shares(&state.place, scale, &prior.place, PLACE_PRIOR);
        self.place_lift = std::array::from_fn(|d| self.place[d] / prior.place[d]);
        let (back, on) = (state.rolled_back * scale + ROLL_PRIOR, state.rolled_on * scale + ROLL_PRIOR);
        self.rolled_back = back / (back + on);
    }
}

/// Pairs of pay days that believe in a customer as concentrated as its prior says.
const PAIRS_PRIOR: f64 = 10.0;
/// Range of the pseudo-pay-days of the portfolio in a customer's shares.
const CONCENTRATION_RANGE: (f64, f64) = (0.3, 100.0);

/// Shares of kinds of days, from weighted counts shrunk to the portfolio's shares by as many pseudo-days as the
/// customer's own concentration says: one whose pay days are all of one kind is believed soon, one that pays on any
/// day is taken for the portfolio.
///
/// The chance that two pay days are of one kind is `s = (1 + a sum p^2) / (1 + a)` when shares are Dirichlet with
/// mean `p` and weight `a`; solved for `a` at the observed `s`, itself shrunk to what `a = usual` says.
///
/// Source: Simpson (1949), *Measurement of Diversity*; Minka (2000), *Estimating a Dirichlet Distribution*.
fn shares<const N: usize>(count: &[f64; N], scale: f64, portfolio: &[f64; N], usual: f64) -> [f64; N] {
    let count = count.map(|c| c * scale);
    let n: f64 = count.iter().sum();
    let even: f64 = portfolio.iter().map(|p| p * p).sum();
    let pairs = (n * (n - 1.0)).max(0.0);
    let same = (count.iter().map(|c| c * c).sum::<f64>() - n).clamp(0.0, pairs);
    let expected = (1.0 + usual * even) / (1.0 + usual);
    let s = (same + 2.0 * PAIRS_PRIOR * expected) / (pairs + 2.0 * PAIRS_PRIOR);
    let (least, most) = CONCENTRATION_RANGE;
    let pseudo = if s > even { ((1.0 - s) / (s - even)).clamp(least, most) } else { most };
    std::array::from_fn(|d| (count[d] + pseudo * portfolio[d]) / (n + pseudo))
}

/// How likely a customer's payments are to fall on a day, against an even spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PayDay {
    /// Log lift of the customer's own weekday against the portfolio's and of its place in the month against any.
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
    place: u8,
    /// Places of the Saturday and the Sunday beside a Friday or a Monday.
    weekend: [u8; 2],
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
                place: day.place_in_month() as u8,
                weekend: match day.weekday() {
                    FRIDAY => [day.plus(1), day.plus(2)],
                    MONDAY => [day.plus(-2), day.plus(-1)],
                    _ => [day; 2],
                }
                .map(|d| d.place_in_month() as u8),
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
    portfolio_weekday: [f64; 7],
    release_weekday: [f64; 7],
    own: Places,
}

/// Shares of payments by the place in the month that they are meant for, and what becomes of those of a weekend.
#[derive(Debug, Clone, PartialEq)]
struct Places {
    share: [f64; 31],
    /// By weekday: the share of the weekend beside it that is paid on that day.
    rolled: [f64; 7],
}

impl Places {
    fn new(share: [f64; 31], rolled_back: f64, weekend: f64) -> Self {
        let mut rolled = [0.0; 7];
        rolled[FRIDAY] = rolled_back * (1.0 - weekend);
        rolled[MONDAY] = (1.0 - rolled_back) * (1.0 - weekend);
        Self { share, rolled }
    }

    /// Share of payments made on a day of that kind.
    fn made(&self, day: DayPlace) -> f64 {
        let of = |place: u8| self.share[place as usize];
        of(day.place) + self.rolled[day.weekday as usize] * (of(day.weekend[0]) + of(day.weekend[1]))
    }
}

impl<'a> Calendar<'a> {
    /// The customer's habits over the portfolio's.
    pub fn new(habits: &Habits, prior: &Prior, almanac: &'a Almanac) -> Self {
        // a portfolio that pays on weekends as on any day rolls nothing
        let weekend = ((prior.weekday[5] + prior.weekday[6]) * 3.5).min(1.0);
        Self {
            almanac,
            weekday: habits.weekday_lift,
            portfolio_weekday: prior.weekday_lift,
            release_weekday: std::array::from_fn(|d| habits.weekday_lift[d] * prior.weekday[d] * 7.0),
            own: Places::new(habits.place, habits.rolled_back, weekend),
        }
    }

    /// How likely payment is to fall on a day.
    pub fn day(&self, day: i32) -> PayDay {
        let place = self.almanac.place(day);
        PayDay {
            own: (self.weekday[place.weekday as usize] * self.own.made(place) * MONTH_DAYS).ln(),
            portfolio_weekday: self.portfolio_weekday[place.weekday as usize],
            month_end: f64::from(u8::from(place.month_end)),
        }
    }

    /// How many times likelier payment is to fall on a day than on an average one.
    pub fn lift(&self, day: i32) -> f64 {
        let place = self.almanac.place(day);
        self.release_weekday[place.weekday as usize] * self.own.made(place) * MONTH_DAYS
    }

    /// Share of what is ready that is released on a day: one half on an average one, nearly all on a day that is
    /// many times likelier.
    pub fn release(&self, day: i32) -> f64 {
        let lift = self.lift(day);
        lift / (1.0 + lift)
    }
}
