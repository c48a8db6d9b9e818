//! The customer that every one starts as: the covariates of an average invoice, looked up and not computed.

use super::covariate::{BASE, DayRow, Evening, Facts, late_mix};
use super::habits::{Habits, PayDay};
use super::prior::Prior;
use super::state::Memory;

/// Days before and after due that are looked up.
const RELATIVE: std::ops::RangeInclusive<i32> = -200..=400;
/// Ages in days that are looked up.
const AGE_MAX_DAYS: i32 = 800;
const AGE_SHAPE: usize = place("customer_age_shape");
const LATE_MIX: usize = place("customer_late_mix");
const DAYS_AHEAD: usize = place("days_ahead");
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
        out.by_relative = RELATIVE.map(|relative| out.computed(0, 0, relative)).collect();
        out.by_age = (0..=AGE_MAX_DAYS).map(|age| out.computed(0, 0, age).base[AGE_SHAPE]).collect();
        out
    }

    /// The day that all is known as of.
    pub fn mark(&self) -> i32 {
        self.prior.mark.0
    }

    /// Covariates on `day` of the average invoice with the dates of this one.
    pub fn row(&self, facts: &Facts, day: i32) -> DayRow {
        let (issue, due) = (facts.issue(), facts.due());
        let (relative, age) = (day - due, day - issue);
        if !RELATIVE.contains(&relative) || !(0..=AGE_MAX_DAYS).contains(&age) {
            return self.computed(issue, due, day);
        }
        let mut row = self.by_relative[(relative - RELATIVE.start()) as usize];
        let usual = Facts::average(issue, due, self.log_terms);
        row.base[AGE_SHAPE] = self.by_age[age as usize];
        row.base[LATE_MIX] = late_mix(self.prior, &self.habits, &usual, relative);
        row.base[DAYS_AHEAD] = DayRow::days_ahead(day - self.mark());
        row
    }

    fn computed(&self, issue: i32, due: i32, day: i32) -> DayRow {
        let usual = Facts::average(issue, due, self.log_terms);
        let none = &mut Evening::none();
        DayRow::new(self.prior, &self.habits, &usual, &PayDay::AVERAGE, 0.0, day, none)
    }
}
