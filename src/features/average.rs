//! The customer that every one starts as: the covariates of an average invoice, looked up and not computed.

use super::covariate::{BASE, N_STILL};
use super::day_row::{DayRow, Days, Still, days_ahead};
use super::facts::Facts;
use super::habits::Habits;
use super::prior::Prior;
use super::state::Memory;

/// Days before and after due that are looked up.
const RELATIVE: std::ops::RangeInclusive<i32> = -200..=400;
/// Ages in days that are looked up.
const AGE_MAX_DAYS: i32 = 800;
const AGE_SHAPE: usize = place("customer_age_shape") - N_STILL;
const LATE_MIX: usize = place("customer_late_mix") - N_STILL;
const SEASON: usize = place("portfolio_season") - N_STILL;
const DAYS_AHEAD: usize = place("days_ahead") - N_STILL;
/// Place of the covariate that the invoice's terms are.
pub const TERMS: usize = place("terms_days");

/// Place of a covariate in [`BASE`].
const fn place(name: &str) -> usize {
    let mut k = 0;
    while k < BASE.len() {
        if same(BASE[k].name.as_bytes(), name.as_bytes()) {
            return k;
        }
        k += 1;
    }
    panic!("no such covariate");
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut k = 0;
    while k < a.len() && k < b.len() && a[k] == b[k] {
        k += 1;
    }
    k == a.len() && k == b.len()
}

/// Average invoices of a customer without history, on average pay days.
#[derive(Debug, Clone)]
pub struct Average<'a> {
    prior: &'a Prior,
    habits: Habits,
    log_terms: f64,
    /// From the first day of [`RELATIVE`].
    by_relative: Vec<DayRow>,
    /// From the day of issue.
    by_age: Vec<f64>,
}

impl<'a> Average<'a> {
    /// As of the prior's mark; `log_terms` is the training mean of the logarithm of 1 + terms in days.
    pub fn new(prior: &'a Prior, memory: &Memory, log_terms: f64) -> Self {
        let habits = Habits::average(prior, memory);
        let mut out = Self { prior, habits, log_terms, by_relative: Vec::new(), by_age: Vec::new() };
        out.by_relative = RELATIVE.map(|relative| out.days(0, 0).around(relative, 0.0)).collect();
        out.by_age =
            (0..=AGE_MAX_DAYS).map(|age| out.days(0, 0).around(age, 0.0).moving[AGE_SHAPE]).collect();
        out
    }

    /// The day that all is known as of.
    pub fn mark(&self) -> i32 {
        self.prior.mark.0
    }

    /// The average invoice with the dates of this one.
    pub fn like(&self, facts: &Facts) -> AverageInvoice<'_> {
        AverageInvoice { of: self, days: self.days(facts.issue, facts.due) }
    }

    fn days(&self, issue: i32, due: i32) -> Days<'_> {
        Days::new(self.prior, &self.habits, Facts::average(issue, due, self.log_terms))
    }
}

/// The average invoice with certain dates.
#[derive(Debug, Clone)]
pub struct AverageInvoice<'a> {
    of: &'a Average<'a>,
    days: Days<'a>,
}

impl AverageInvoice<'_> {
    /// What is the same on all its days.
    pub fn still(&self) -> Still {
        self.days.still()
    }

    /// Its covariates on a day.
    pub fn on(&self, day: i32) -> DayRow {
        let facts = self.days.facts();
        let (relative, age, season) = (day - facts.due, day - facts.issue, self.of.prior.season_on(day));
        if !RELATIVE.contains(&relative) || !(0..=AGE_MAX_DAYS).contains(&age) {
            return self.days.around(day, season);
        }
        let mut row = self.of.by_relative[(relative - RELATIVE.start()) as usize];
        row.moving[AGE_SHAPE] = self.of.by_age[age as usize];
        row.moving[LATE_MIX] = self.days.late_mix(relative);
        row.moving[SEASON] = season;
        row.moving[DAYS_AHEAD] = days_ahead(day - self.of.mark());
        row
    }
}
