//! The columns of the hazard model: one list, filled by one function for training and for scoring alike.

use super::bins::bin_of;
use super::habits::{BACKLOG_DAYS, Habits, PayDay};
use super::prior::{HAZARD_RANGE, Prior};
use super::state::log_age;
use crate::ledger::Known;
use crate::numeric::normal_tail::ln_tail;
use crate::numeric::rate::log_odds_of_rate;

/// First relative days of the model's own steps in time, coarser than the bins of habits.
const STEPS: [i32; 12] = [-30, -14, -7, -3, 0, 1, 4, 8, 15, 31, 61, 91];
const N_STEPS: usize = STEPS.len() + 1;
/// Covariates before the steps.
const N_BASE: usize = BASE.len();
/// Of these, the first so many are also multiplied by the side of the due date that the day lies on.
const N_SIDED: usize = 4;
/// First column of the steps.
const FIRST_STEP: usize = N_BASE + N_SIDED;
/// Columns of the design.
pub const N_COLUMNS: usize = FIRST_STEP + N_STEPS;
/// Days around the due date over which one side passes into the other.
const SIDE_DAYS: f64 = 10.0;
/// Past so many days `tanh` is 1 to the last bit.
const SIDE_RANGE: i32 = 200;
static SIDE: std::sync::LazyLock<Vec<f64>> = std::sync::LazyLock::new(|| {
    (-SIDE_RANGE..=SIDE_RANGE).map(|d| (f64::from(d) / SIDE_DAYS).tanh()).collect()
});
/// Ages and horizons past so many days count as so many.
const AGE_MAX_DAYS: i32 = 4000;
/// Log age at `k` half days less half a day after issue: an invoice's mornings and evenings.
static LOG_AGE: std::sync::LazyLock<Vec<f64>> = std::sync::LazyLock::new(|| {
    (0..=2 * AGE_MAX_DAYS + 2).map(|k| log_age(f64::from(k) / 2.0 - 0.5)).collect()
});
static LOG_AHEAD: std::sync::LazyLock<Vec<f64>> =
    std::sync::LazyLock::new(|| (0..=AGE_MAX_DAYS).map(|d| f64::from(d).ln_1p()).collect());
/// Days after a part payment during which the rest is likelier to come.
const PART_RECENT_DAYS: i32 = 15;

/// A covariate of the base set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covariate {
    /// Its name in reasons, model card and artifact.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What it means, and as of when.
    pub meaning: &'static str,
}

const fn covariate(name: &'static str, unit: &'static str, meaning: &'static str) -> Covariate {
    Covariate { name, unit, meaning }
}

/// Base covariates in column order.
pub const BASE: [Covariate; 25] = [
    covariate(
        "customer_late_rate",
        "log-odds",
        "share of the customer's invoices settled late or open past due, shrunk to the portfolio's, as known on the landmark",
    ),
    covariate(
        "customer_mean_delay",
        "days",
        "the customer's usual days late, shrunk to the portfolio's level on the landmark",
    ),
    covariate("terms_days", "log of 1 + days", "days from issue to due"),
    covariate("part_paid", "0 or 1", "whether a part has been paid by the landmark"),
    covariate("amount_against_usual", "log ratio", "the invoice's amount against the customer's usual one"),
    covariate(
        "slower_lately",
        "days",
        "days later than its own usual in the last weeks before the landmark, shrunk",
    ),
    covariate(
        "overdue_share",
        "share",
        "share of the customer's other open invoices that are past due on the landmark",
    ),
    covariate(
        "oldest_overdue_days",
        "log of 1 + days",
        "days past due of the customer's oldest open invoice on the landmark",
    ),
    covariate("history_n", "log of 1 + invoices", "the customer's settled invoices known on the landmark"),
    covariate("disputed", "0 or 1", "whether the invoice is under open dispute on the landmark"),
    covariate(
        "part_paid_recently",
        "0 or 1",
        "whether the last part payment is at most 15 days before the day",
    ),
    covariate("portfolio_hazard", "log-odds", "the portfolio's daily hazard at the day relative to due"),
    covariate(
        "customer_hazard",
        "log-odds",
        "the customer's own hazard at the day relative to due against the portfolio's, shrunk",
    ),
    covariate(
        "customer_delay_shape",
        "log-odds",
        "hazard of a normal delay with the customer's mean and spread, given no payment before the day",
    ),
    covariate(
        "customer_delay_below",
        "log-odds",
        "customer_delay_shape against the portfolio's hazard where it is below that",
    ),
    covariate(
        "past_usual",
        "deviations",
        "how far the day lies past the customer's usual delay, from one to three of its standard deviations",
    ),
    covariate(
        "far_past_usual",
        "deviations",
        "how far the day lies beyond three standard deviations past it, eight at the most",
    ),
    covariate("customer_age_shape", "log-odds", "the same for the logarithm of the days since issue"),
    covariate(
        "customer_late_mix",
        "log-odds",
        "hazard of the portfolio's shape with the customer's own share paid on time",
    ),
    covariate(
        "pay_run_backlog",
        "log-odds",
        "what has become ready since the customer's last likely pay run and is let go on the day, against one day's worth",
    ),
    covariate(
        "own_pay_day",
        "log-odds",
        "hazard on a day that the customer pays on more than others do, against its usual one; else 0",
    ),
    covariate(
        "own_off_day",
        "log-odds",
        "hazard on a day that the customer pays on less than others do, against its usual one; else 0",
    ),
    covariate(
        "portfolio_weekday",
        "log ratio",
        "how much likelier customers who pay on any day pay on this weekday than on an average day",
    ),
    covariate("days_ahead", "log of 1 + days", "days from the landmark to the day"),
    covariate(
        "portfolio_month_day",
        "log ratio",
        "how much likelier customers who pay on any day pay at this place in the month than at any",
    ),
];

/// Name of a design column: a covariate, `name|side`, or `days_past_due|from..`.
pub fn column_name(column: usize) -> String {
    match column {
        c if c < N_BASE => BASE[c].name.to_owned(),
        c if c < N_BASE + N_SIDED => format!("{}|side", BASE[c - N_BASE].name),
        FIRST_STEP => format!("days_past_due|..{}", STEPS[0] - 1),
        c => format!("days_past_due|{}..", STEPS[c - FIRST_STEP - 1]),
    }
}

/// How strongly a column is penalised after `settled` settled invoices, in units of the policy's penalty.
///
/// A short history wants a strong penalty, a long one speaks for itself: past [`SHORT_HISTORY_INVOICES`] the penalty
/// falls with the history. Columns that say what most others say already, or that only a long history can tell from
/// noise, have to earn their place: they start with many times the penalty, which falls much faster. The mix of
/// on-time and late payers carries the portfolio's own shape of time and is held back least.
pub fn caution(column: usize, settled: f64) -> f64 {
    let start: f64 = match covariate_of(column).map(|c| BASE[c].name) {
        None | Some("portfolio_hazard" | "customer_hazard" | "customer_delay_below") => 1000.0,
        Some("slower_lately" | "overdue_share" | "oldest_overdue_days" | "history_n") => 300.0,
        Some("pay_run_backlog" | "own_pay_day" | "own_off_day") => 300.0,
        Some("portfolio_weekday" | "portfolio_month_day") => 30.0,
        Some("customer_late_mix") => 0.1,
        Some(_) => 1.0,
    };
    let shortness = SHORT_HISTORY_INVOICES / settled.max(SHORT_HISTORY_INVOICES);
    shortness * (start.min(1.0) + (start - 1.0).max(0.0) * shortness.powi(2))
}

/// Settled invoices up to which the penalty is whole.
pub const SHORT_HISTORY_INVOICES: f64 = 2500.0;

/// The covariate a design column belongs to; `None` for the steps of time, which no invoice can help.
pub fn covariate_of(column: usize) -> Option<usize> {
    match column {
        c if c < N_BASE => Some(c),
        c if c < FIRST_STEP => Some(c - N_BASE),
        _ => None,
    }
}

/// An invoice as known on a mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    issue: i32,
    due: i32,
    known: i32,
    log_terms: f64,
    amount_against_usual: f64,
    last_part: Option<i32>,
    disputed: f64,
    overdue_share: f64,
}

impl Facts {
    /// Invoice `i`, open on the prior's mark.
    pub fn new(known: &Known, i: usize, habits: &Habits, prior: &Prior) -> Self {
        let mark = prior.mark.0;
        let (issue, due) = (known.issue[i], known.due[i]);
        let parts = known.settlements_of(i).map(|s| known.settlement_known_day(s));
        let self_overdue = u32::from(due < mark);
        let others = f64::from(habits.n_open.max(1) - 1);
        Self {
            issue,
            due,
            known: known.known_day(i),
            log_terms: f64::from((due - issue).max(0)).ln_1p(),
            amount_against_usual: super::state::log_amount(known, i) - habits.log_amount,
            last_part: parts.filter(|&d| d <= mark).max(),
            disputed: f64::from(u8::from(known.is_disputed(i, mark))),
            overdue_share: f64::from(habits.n_overdue.saturating_sub(self_overdue)) / (others + 1.0),
        }
    }

    /// An invoice of the customer's usual amount, issued and known on a day: what the next one will look like.
    pub fn usual(habits: &Habits, issue: i32, terms_days: i32) -> Self {
        Self {
            issue,
            due: issue + terms_days,
            known: issue,
            log_terms: f64::from(terms_days.max(0)).ln_1p(),
            amount_against_usual: 0.0,
            last_part: None,
            disputed: 0.0,
            overdue_share: f64::from(habits.n_overdue) / f64::from(habits.n_open + 1),
        }
    }

    /// The portfolio's average invoice, issued and due on these days.
    pub(super) fn average(issue: i32, due: i32, log_terms: f64) -> Self {
        Self {
            issue,
            due,
            known: issue,
            log_terms,
            amount_against_usual: 0.0,
            last_part: None,
            disputed: 0.0,
            overdue_share: 0.0,
        }
    }

    /// The day of issue.
    pub fn issue(&self) -> i32 {
        self.issue
    }

    /// The due date.
    pub fn due(&self) -> i32 {
        self.due
    }
}

/// What has become ready since the last likely pay run, day after day.
///
/// `ready[d] = 1 - (1 - waiting[d]) (1 - hazard[d])` with `waiting[d] = ready[d - 1] (1 - release[d - 1])`: what a pay
/// run does not release stays ready, with the customer's own hazard. The covariate is the log-odds of
/// `ready[d] release[d]` against those of `hazard[d]`: about 0 for a customer who pays any day, large on the run day
/// of one who pays on Fridays only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backlog {
    day: i32,
    waiting: f64,
}

impl Backlog {
    /// Nothing waits before `BACKLOG_DAYS` before the mark or the invoice's first day.
    pub fn new(facts: &Facts, prior: &Prior) -> Self {
        Self {
            day: (facts.known + 1).max(prior.mark.0 - BACKLOG_DAYS + 1).min(prior.mark.0 + 1),
            waiting: 0.0,
        }
    }

    /// Goes on to `day`, which must not be before the last one asked for, and gives the covariate there.
    /// `release` is the share let go on a day, [`super::habits::Calendar::release`].
    pub fn at(&mut self, day: i32, facts: &Facts, habits: &Habits, release: impl Fn(i32) -> f64) -> f64 {
        while self.day < day {
            self.waiting = self.ready(self.day, facts, habits) * (1.0 - release(self.day));
            self.day += 1;
        }
        let released = self.ready(day, facts, habits) * release(day);
        held(released) - habits.log_odds[bin_of(day - facts.due)]
    }

    fn ready(&self, day: i32, facts: &Facts, habits: &Habits) -> f64 {
        1.0 - (1.0 - self.waiting) * (1.0 - habits.hazard[bin_of(day - facts.due)])
    }
}

/// What the last day filled leaves for the next one of the same invoice: its evening is that one's morning.
#[derive(Debug, Clone, Copy)]
pub struct Evening {
    day: i32,
    delay: f64,
    age: f64,
}

impl Evening {
    /// Before the first day.
    pub fn none() -> Self {
        Self { day: i32::MIN, delay: 0.0, age: 0.0 }
    }
}

/// The covariates of one day, before they are laid out as columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayRow {
    /// In the order of [`BASE`].
    pub base: [f64; N_BASE],
    /// What the first of them are also multiplied by: -1 long before due to 1 long after.
    pub side: f64,
    /// Which step of time the day lies in.
    pub step: usize,
}

impl DayRow {
    /// The covariates of one day (or of the middle of a span, with the span's average `pay_day`). `evening` belongs
    /// to the invoice: it saves work on consecutive days and changes nothing.
    pub fn new(
        prior: &Prior,
        habits: &Habits,
        facts: &Facts,
        pay_day: &PayDay,
        backlog: f64,
        day: i32,
        evening: &mut Evening,
    ) -> Self {
        let (delay_shape, age_shape) = shapes(habits, facts, day, evening);
        let relative = day - facts.due;
        let bin = bin_of(relative);
        let past = (f64::from(relative) - habits.delay) / habits.delay_sd;
        let own = log_odds_of_rate(pay_day.own * habits.rate[bin]) - habits.log_odds[bin];
        let part_recent = facts.last_part.is_some_and(|d| day - d <= PART_RECENT_DAYS);
        Self {
            base: [
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
                f64::from(u8::from(part_recent)),
                prior.log_odds[bin],
                habits.log_odds[bin] - prior.log_odds[bin],
                delay_shape,
                (delay_shape - prior.log_odds[bin]).min(0.0),
                past.clamp(1.0, 3.0) - 1.0,
                past.clamp(3.0, 8.0) - 3.0,
                age_shape,
                late_mix(prior, habits, facts, relative),
                backlog,
                own.max(0.0),
                own.min(0.0),
                pay_day.portfolio_weekday,
                Self::days_ahead(day - prior.mark.0),
                pay_day.portfolio_month_day,
            ],
            side: SIDE[(relative.clamp(-SIDE_RANGE, SIDE_RANGE) + SIDE_RANGE) as usize],
            step: STEPS.partition_point(|&s| s <= relative),
        }
    }

    /// The covariate of that name, so many days after the mark.
    pub(super) fn days_ahead(days: i32) -> f64 {
        LOG_AHEAD[days.clamp(0, AGE_MAX_DAYS) as usize]
    }

    /// Lays the row out as the `N_COLUMNS` columns of the design.
    pub fn write(&self, out: &mut [f64]) {
        out[..N_BASE].copy_from_slice(&self.base);
        for k in 0..N_SIDED {
            out[N_BASE + k] = self.base[k] * self.side;
        }
        let steps = &mut out[FIRST_STEP..N_COLUMNS];
        steps.fill(0.0);
        steps[self.step] = 1.0;
    }

    /// What each covariate's distance from `other` on the same day adds to the sum of columns times `coefficients`: the
    /// day's step and side are the same for both.
    pub fn distance(&self, other: &Self, coefficients: &[f64]) -> [f64; N_BASE] {
        let (of_base, of_sided) = coefficients[..FIRST_STEP].split_at(N_BASE);
        let mut out = [0.0; N_BASE];
        for (k, d) in out.iter_mut().enumerate() {
            *d = of_base[k] * (self.base[k] - other.base[k]);
        }
        for (k, b) in of_sided.iter().enumerate() {
            out[k] += b * self.side * (self.base[k] - other.base[k]);
        }
        out
    }

    /// The sum of its columns times `coefficients`, which has one a column.
    pub fn dot(&self, coefficients: &[f64]) -> f64 {
        let (of_base, rest) = coefficients.split_at(N_BASE);
        let (of_sided, of_steps) = rest.split_at(N_SIDED);
        let mut sums = [0.0; 4];
        let (fours, last) = (self.base.as_chunks::<4>(), of_base.as_chunks::<4>());
        for (x, b) in fours.0.iter().zip(last.0) {
            for k in 0..4 {
                sums[k] += x[k] * b[k];
            }
        }
        let rest: f64 = fours.1.iter().zip(last.1).map(|(x, b)| x * b).sum();
        let sided: f64 = self.base.iter().zip(of_sided).map(|(x, b)| x * b).sum();
        sums.iter().sum::<f64>() + rest + self.side * sided + of_steps[self.step]
    }
}

/// Log-odds of a hazard held inside its range.
fn held(hazard: f64) -> f64 {
    let hazard = hazard.clamp(HAZARD_RANGE.0, HAZARD_RANGE.1);
    (hazard / (1.0 - hazard)).ln()
}

/// Log-odds of a normal delay falling on a day, given that it has not come before; and the same for a log-normal age.
fn shapes(habits: &Habits, facts: &Facts, day: i32, evening: &mut Evening) -> (f64, f64) {
    let (relative, age) = (f64::from(day - facts.due), (day - facts.issue).clamp(0, AGE_MAX_DAYS));
    let delay_at = |days: f64| ln_tail((days - habits.delay) / habits.delay_sd);
    let age_at = |half_days: i32| ln_tail((LOG_AGE[half_days as usize] - habits.log_age) / habits.log_age_sd);
    let morning = if evening.day == day - 1 && (1..AGE_MAX_DAYS).contains(&age) {
        *evening
    } else {
        Evening { day, delay: delay_at(relative - 0.5), age: age_at(2 * age) }
    };
    *evening = Evening { day, delay: delay_at(relative + 0.5), age: age_at(2 * age + 2) };
    (log_odds_of_rate(morning.delay - evening.delay), log_odds_of_rate(morning.age - evening.age))
}

/// Log-odds of the portfolio's shape when a share `1 - late_prob` of this customer's invoices is paid by due: up to
/// due, the portfolio's on-time survival since issue mixed with a late part that cannot pay yet; after it, the
/// portfolio's own hazard.
pub(super) fn late_mix(prior: &Prior, habits: &Habits, facts: &Facts, relative: i32) -> f64 {
    let bin = bin_of(relative);
    if relative > 0 {
        return prior.log_odds[bin];
    }
    let hazard = prior.hazard[bin];
    let at_due = prior.survival_at(0).max(1e-6);
    let at_issue = prior.survival_at((facts.issue - facts.due).min(0));
    let before = prior.survival_at(relative - 1);
    let on_time = (at_issue - at_due).max(1e-6);
    let unpaid = ((before - at_due) / on_time).clamp(0.0, 1.0);
    let paid_today = before * hazard / on_time;
    let punctual = 1.0 - habits.late_prob;
    held(punctual * paid_today / (punctual * unpaid + habits.late_prob).max(1e-6))
}
