//! The covariates of an invoice day by day, as columns of the design.

use super::bins::bin_of;
use super::calendar::PayDay;
use super::covariate::{FIRST_STEP, N_BASE, N_COLUMNS, N_SIDED, N_STILL, STEPS};
use super::facts::Facts;
use super::habits::Habits;
use super::outlived::Outlived;
use super::prior::{HAZARD_RANGE, Prior};
use super::state::log_age;
use super::surprise::span_of;
use crate::numeric::logistic;
use crate::numeric::normal_tail::ln_tail;
use crate::numeric::rate::log_odds_of_rate;
use std::sync::LazyLock;

/// Covariates that change from day to day.
pub const N_MOVING: usize = N_BASE - N_STILL;
/// Days around the due date over which one side passes into the other.
const SIDE_DAYS: f64 = 10.0;
/// Past so many days `tanh` is 1 to the last bit.
const SIDE_RANGE: i32 = 200;
static SIDE: LazyLock<Vec<f64>> =
    LazyLock::new(|| (-SIDE_RANGE..=SIDE_RANGE).map(|d| (f64::from(d) / SIDE_DAYS).tanh()).collect());
/// Ages and horizons past so many days count as so many.
const AGE_MAX_DAYS: i32 = 4000;
/// Log age at `k` half days less half a day after issue: an invoice's mornings and evenings.
static LOG_AGE: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..=2 * AGE_MAX_DAYS + 2).map(|k| log_age(f64::from(k) / 2.0 - 0.5)).collect());
static LOG_AHEAD: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..=AGE_MAX_DAYS).map(|d| f64::from(d).ln_1p()).collect());
/// Log-odds by which a day lies below a customer's usual one at the most. Whoever is seen to pay a little less on a day has
/// pay runs and hardly pays on others at all; how little that is, one coefficient says for all.
const OFF_DAY_MOST: f64 = 0.8;
/// Log-odds of settlement on the due date of a customer that pays on it, and by which its days before that lie below others.
const ON_DUE: f64 = 2.0;
const BEFORE_DUE: f64 = 4.0;
/// Days after a part payment during which the rest is likelier to come.
const PART_RECENT_DAYS: i32 = 15;

/// What is the same of an invoice on every day it is looked at from one mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Still {
    /// The first of [`BASE`](super::BASE).
    pub covariates: [f64; N_STILL],
    /// Whether it is due by the mark: all days after that are late ones.
    pub is_overdue: bool,
}

/// The covariates of one day, before they are laid out as columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayRow {
    /// The rest of [`BASE`](super::BASE), in its order.
    pub moving: [f64; N_MOVING],
    /// What the first still ones are also multiplied by: -1 long before due to 1 long after.
    pub side: f64,
    /// Which step of time the day lies in.
    pub step: usize,
    /// The customer's [`Surprise`](super::Surprise) on the day.
    pub surprise: f64,
}

/// An invoice looked at from a mark, day after day.
#[derive(Debug, Clone)]
pub struct Days<'a> {
    prior: &'a Prior,
    habits: &'a Habits,
    facts: Facts,
    per_delay_sd: f64,
    per_age_sd: f64,
    mix: Mix,
    evening: Evening,
}

/// The portfolio's share of an invoice's terms that is paid by due.
#[derive(Debug, Clone, Copy)]
struct Mix {
    at_due: f64,
    per_on_time: f64,
}

/// What the last day filled leaves for the next one of the same invoice: its evening is that one's morning.
#[derive(Debug, Clone, Copy)]
struct Evening {
    day: i32,
    delay: f64,
    age: f64,
}

impl<'a> Days<'a> {
    /// The invoice with `facts` as known on the prior's mark.
    pub fn new(prior: &'a Prior, habits: &'a Habits, facts: Facts) -> Self {
        let at_due = prior.survival_at(0).max(1e-6);
        let at_issue = prior.survival_at((facts.issue - facts.due).min(0));
        Self {
            prior,
            habits,
            facts,
            per_delay_sd: 1.0 / habits.delay_sd,
            per_age_sd: 1.0 / habits.log_age_sd,
            mix: Mix { at_due, per_on_time: 1.0 / (at_issue - at_due).max(1e-6) },
            evening: Evening { day: i32::MIN, delay: 0.0, age: 0.0 },
        }
    }

    /// The invoice that is looked at.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What is the same on all its days.
    pub fn still(&self) -> Still {
        let (habits, facts) = (self.habits, &self.facts);
        let covariates = [
            habits.late_log_odds,
            habits.delay,
            facts.log_terms,
            f64::from(u8::from(facts.last_part.is_some())),
            facts.amount_against_usual,
            habits.slower_lately,
            facts.overdue_share,
            habits.log_oldest_overdue,
            habits.log_settled,
            facts.disputed,
            facts.rest,
            habits.pace[0],
            habits.pace[1],
        ];
        Still { covariates, is_overdue: facts.is_overdue(self.prior.mark) }
    }

    /// The covariates of `day`, which must not be before the last one asked for.
    pub fn on(&mut self, day: i32, pay_day: &PayDay) -> DayRow {
        // at either end of what ages are told apart by, a day has a morning of its own
        let follows = self.evening.day == day - 1 && (1..AGE_MAX_DAYS).contains(&(day - self.facts.issue));
        let morning = if follows { self.evening } else { self.half_day(day, Half::Morning) };
        self.evening = self.half_day(day, Half::Evening);
        self.row(day, pay_day, morning, self.evening)
    }

    /// The covariates of the middle of a span of days: an average pay day of a season.
    pub fn around(&self, day: i32, portfolio_season: f64) -> DayRow {
        let (morning, evening) = (self.half_day(day, Half::Morning), self.half_day(day, Half::Evening));
        self.row(day, &PayDay { portfolio_season, ..PayDay::AVERAGE }, morning, evening)
    }

    /// Log tails of the customer's delay and log age at an end of a day.
    #[inline]
    fn half_day(&self, day: i32, half: Half) -> Evening {
        let habits = self.habits;
        let age = (day - self.facts.issue).clamp(0, AGE_MAX_DAYS);
        let (delay, age) = match half {
            Half::Morning => (f64::from(day - self.facts.due) - 0.5, LOG_AGE[2 * age as usize]),
            Half::Evening => (f64::from(day - self.facts.due) + 0.5, LOG_AGE[2 * age as usize + 2]),
        };
        Evening {
            day,
            delay: ln_tail((delay - habits.delay) * self.per_delay_sd),
            age: ln_tail((age - habits.log_age) * self.per_age_sd),
        }
    }

    #[inline]
    fn row(&self, day: i32, pay_day: &PayDay, morning: Evening, evening: Evening) -> DayRow {
        let Self { prior, habits, facts, .. } = self;
        let relative = day - facts.due;
        let bin = bin_of(relative);
        let own_relative = day - facts.own_due;
        let own = bin_of(own_relative);
        // log-odds of a normal delay falling on the day, given that it has not come before; and of a log-normal age
        let delay_shape = log_odds_of_rate(morning.delay - evening.delay);
        let age_shape = log_odds_of_rate(morning.age - evening.age);
        let past = (f64::from(relative) - habits.delay) * self.per_delay_sd;
        // what only a rest of is open is cleared on any day, whatever the customer's pay runs are
        let against_usual = |rate: f64| (1.0 - facts.rest) * (log_odds_of_rate(rate) - habits.log_odds[own]);
        let own_day = against_usual(pay_day.own * habits.rate[own]);
        let run_rate = match &habits.runs {
            Some(runs) if pay_day.is_between_runs => runs.off_lift * habits.rate[own],
            Some(runs) => pay_day.lift * runs.rate(relative),
            None => pay_day.lift * habits.rate[own],
        };
        let due_day = match own_relative {
            ..0 => -BEFORE_DUE,
            0 => ON_DUE - prior.log_odds[bin],
            _ => 0.0,
        };
        let part_recent = facts.last_part.is_some_and(|d| day - d <= PART_RECENT_DAYS);
        DayRow {
            moving: [
                f64::from(u8::from(part_recent)),
                prior.log_odds[bin],
                habits.log_odds[own] - prior.log_odds[bin],
                delay_shape,
                (delay_shape - prior.log_odds[bin]).min(0.0),
                past.clamp(1.0, 3.0) - 1.0,
                past.clamp(3.0, 8.0) - 3.0,
                age_shape,
                self.late_mix(relative),
                own_day.max(0.0),
                own_day.clamp(-OFF_DAY_MOST, 0.0),
                pay_day.portfolio_weekday,
                days_ahead(day - prior.mark.0),
                pay_day.portfolio_month_day,
                against_usual(run_rate),
                facts.disputed.max(facts.rest) * habits.log_odds[own],
                pay_day.portfolio_season,
                prior.pace,
                pay_day.portfolio_quiet_date,
                (1.0 - facts.rest) * habits.due_payer.probability * due_day,
            ],
            side: SIDE[(relative.clamp(-SIDE_RANGE, SIDE_RANGE) + SIDE_RANGE) as usize],
            step: STEPS.partition_point(|&s| s <= relative),
            surprise: habits.surprise[span_of(relative)],
        }
    }

    /// Log-odds of the portfolio's shape when a share `1 - late_prob` of this customer's invoices is paid by due: up to
    /// due, the portfolio's on-time survival since issue mixed with a late part that cannot pay yet; after it, the
    /// portfolio's own hazard.
    pub(super) fn late_mix(&self, relative: i32) -> f64 {
        let (prior, Mix { at_due, per_on_time }) = (self.prior, self.mix);
        let bin = bin_of(relative);
        if relative > 0 {
            return prior.log_odds[bin];
        }
        let before = prior.survival_at(relative - 1);
        let unpaid = ((before - at_due) * per_on_time).clamp(0.0, 1.0);
        let late = self.habits.late_prob;
        let paid_today = (1.0 - late) * before * prior.hazard[bin] * per_on_time;
        let waiting = ((1.0 - late) * unpaid + late).max(1e-6);
        held(paid_today, waiting - paid_today)
    }
}

/// An end of a day.
#[derive(Clone, Copy)]
enum Half {
    Morning,
    Evening,
}

/// The covariate of that name, so many days after the mark.
pub(super) fn days_ahead(days: i32) -> f64 {
    LOG_AHEAD[days.clamp(0, AGE_MAX_DAYS) as usize]
}

/// Log-odds of a hazard held inside its range, from the odds' two sides.
fn held(paid: f64, not_paid: f64) -> f64 {
    const LEAST: f64 = HAZARD_RANGE.0 / (1.0 - HAZARD_RANGE.0);
    const MOST: f64 = HAZARD_RANGE.1 / (1.0 - HAZARD_RANGE.1);
    let odds = if not_paid > 0.0 { paid / not_paid } else { MOST };
    odds.clamp(LEAST, MOST).ln()
}

impl DayRow {
    /// Lays the row out as the `N_COLUMNS` columns of the design, together with what is still. What a fit says of its own
    /// customers and invoices is no column.
    pub fn write(&self, still: &Still, out: &mut [f64]) {
        out[..N_STILL].copy_from_slice(&still.covariates);
        out[N_STILL..N_BASE].copy_from_slice(&self.moving);
        for k in 0..N_SIDED {
            out[N_BASE + k] = still.covariates[k] * self.side;
        }
        let steps = &mut out[FIRST_STEP..N_COLUMNS];
        steps.fill(0.0);
        steps[self.step] = 1.0;
    }
}

/// A hazard of one invoice: `logistic(intercept + columns . coefficients)`, the still columns summed once.
#[derive(Debug, Clone, Copy)]
pub struct InvoiceHazard<'a> {
    still: f64,
    sided: f64,
    moving: &'a [f64],
    steps: &'a [f64],
    frailty: f64,
}

impl<'a> InvoiceHazard<'a> {
    /// `coefficients` has one a column of the design.
    pub fn new(intercept: f64, coefficients: &'a [f64], still: &Still) -> Self {
        let sum = |of: &[f64]| still.covariates.iter().zip(of).map(|(x, b)| x * b).sum::<f64>();
        Self {
            still: intercept + sum(&coefficients[..N_STILL]),
            sided: sum(&coefficients[N_BASE..FIRST_STEP]),
            moving: &coefficients[N_STILL..N_BASE],
            steps: &coefficients[FIRST_STEP..N_COLUMNS],
            frailty: 0.0,
        }
    }

    /// The same with the variance of what features do not say of an invoice.
    #[must_use]
    pub fn with_frailty(self, variance: f64) -> Self {
        Self { frailty: variance, ..self }
    }

    /// The invoice, due in so many days, on its way from the day it is looked at.
    pub fn outlived(&self, days_to_due: i32) -> Outlived {
        Outlived::new(self.frailty, days_to_due)
    }

    /// Log-odds of settlement on a day.
    #[inline]
    pub fn log_odds(&self, row: &DayRow) -> f64 {
        let mut sums = [0.0; 4];
        let (x, b) = (row.moving.as_chunks::<4>(), self.moving.as_chunks::<4>());
        for (x, b) in x.0.iter().zip(b.0) {
            for k in 0..4 {
                sums[k] += x[k] * b[k];
            }
        }
        let rest: f64 = x.1.iter().zip(b.1).map(|(x, b)| x * b).sum();
        let of_columns =
            self.still + row.side * self.sided + self.steps[row.step] + sums.iter().sum::<f64>() + rest;
        of_columns + row.surprise
    }

    /// Probability of settlement on a day, given that the invoice is open when it starts.
    #[inline]
    pub fn on(&self, row: &DayRow) -> f64 {
        logistic(self.log_odds(row))
    }
}
