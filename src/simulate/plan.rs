//! What to simulate.

use crate::core::Day;

/// 2023-01-02, a Monday.
const DEFAULT_START: Day = Day(19_359);
const MONTHS_PER_YEAR: i32 = 12;

/// How large a portfolio to simulate and which habits its payers have.
///
/// Two plans that differ only in `customers` agree on every customer that both have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Customers, of whom about three in four buy from the first day on.
    pub customers: u32,
    /// Calendar months, the one of `start` counted as the first.
    pub months: u32,
    /// Of every draw.
    pub seed: u64,
    /// First day on which an invoice may be issued.
    pub start: Day,
    /// Payers differ in kind: prompt, on pay runs, chronically late, drifting, volatile; with countries, industries,
    /// currencies, terms and early-payment discounts of their own. Else all pay in one way and differ in level only.
    pub archetypes: bool,
    /// Some payers pay what is ready on fixed days; else those pay promptly, as others do.
    pub pay_runs: bool,
    /// Spells of stress in which a customer pays slowly, failures after which it pays nothing, and write-offs.
    pub stress: bool,
    /// Seasons, a slow drift of the whole portfolio, and customers who get better or worse over the years.
    pub drift: bool,
    /// Disputes, during which payment stops.
    pub disputes: bool,
    /// Reminders and calls, after which overdue invoices are paid a little sooner.
    pub contacts: bool,
    /// Contacts go to slow payers first, and every call reaches somebody: each channel has one true effect, and who is
    /// chased differs from who is not.
    pub selective: bool,
    /// Instalments, short payments, overpayments and credit notes.
    pub partials: bool,
    /// A few payments are recorded some days after they were made.
    pub backdated: bool,
}

/// A habit that a portfolio may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the plan's fields of these names document them
pub enum Habit {
    PayRuns,
    Stress,
    Drift,
    Disputes,
    Contacts,
    Partials,
    Backdated,
}

impl Habit {
    /// All, with the name of each.
    pub const ALL: [(&'static str, Self); 7] = [
        ("pay_runs", Self::PayRuns),
        ("stress", Self::Stress),
        ("drift", Self::Drift),
        ("disputes", Self::Disputes),
        ("contacts", Self::Contacts),
        ("partials", Self::Partials),
        ("backdated", Self::Backdated),
    ];
}

impl Plan {
    /// A realistic portfolio, with every habit there is.
    ///
    /// ```
    /// use arrears::simulate::{Plan, simulate};
    /// let ledger = simulate(&Plan::new(20, 12, 7)).ledger()?;
    /// assert_eq!(ledger.n_customers(), 20);
    /// # Ok::<(), arrears::ledger::LedgerError>(())
    /// ```
    pub fn new(customers: u32, months: u32, seed: u64) -> Self {
        Self {
            customers,
            months: months.max(1),
            seed,
            start: DEFAULT_START,
            archetypes: true,
            pay_runs: true,
            stress: true,
            drift: true,
            disputes: true,
            contacts: true,
            selective: false,
            partials: true,
            backdated: true,
        }
    }

    /// A portfolio whose hazard a logistic regression can match exactly: its log-odds are the payer's level, plus
    /// [`super::ramp`] of the days past due, plus the weekday's effect, and nothing else.
    pub fn plain(customers: u32, months: u32, seed: u64) -> Self {
        Self {
            archetypes: false,
            pay_runs: false,
            stress: false,
            drift: false,
            disputes: false,
            contacts: false,
            selective: false,
            partials: false,
            backdated: false,
            ..Self::new(customers, months, seed)
        }
    }

    /// The same plan without a habit.
    pub fn without(mut self, habit: Habit) -> Self {
        let flag = match habit {
            Habit::PayRuns => &mut self.pay_runs,
            Habit::Stress => &mut self.stress,
            Habit::Drift => &mut self.drift,
            Habit::Disputes => &mut self.disputes,
            Habit::Contacts => &mut self.contacts,
            Habit::Partials => &mut self.partials,
            Habit::Backdated => &mut self.backdated,
        };
        *flag = false;
        self
    }

    /// Last simulated day: the end of the last month. Nothing happens after it.
    pub fn end(&self) -> Day {
        let last = self.start.month_index() + self.months.max(1) as i32 - 1;
        let (year, month) = (last.div_euclid(MONTHS_PER_YEAR), last.rem_euclid(MONTHS_PER_YEAR) as u32 + 1);
        Day::try_new(year, month, 1).unwrap_or(self.start).month_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_without_any_habit_has_payers_of_some_kinds_all_the_same() {
        let bare = Habit::ALL.iter().fold(Plan::new(5, 6, 1), |plan, (_, habit)| plan.without(*habit));
        assert_eq!(bare, Plan { archetypes: true, ..Plan::plain(5, 6, 1) });
    }

    #[test]
    fn three_years_end_on_the_last_day_of_the_third() {
        let plan = Plan::new(1, 36, 0);
        assert_eq!(plan.start.to_string(), "2023-01-02");
        assert_eq!(plan.start.weekday(), 0);
        assert_eq!(plan.end().to_string(), "2025-12-31");
    }
}
