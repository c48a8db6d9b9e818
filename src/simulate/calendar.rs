//! Days as payers see them: business days, pay runs, seasons and the state of the economy.

use super::Plan;
use super::draw::normal;
use super::payer::PayRun;
use crate::core::Day;
use crate::numeric::rng;

/// Log-odds of payment by weekday from Monday; banks sleep at the weekend.
pub const WEEKDAY_EFFECT: [f64; 7] = [0.0, 0.1, 0.05, 0.15, 0.2, -3.0, -3.5];
/// Log-odds of payment by month of the year from January, for a payer of season sensitivity 1.
const SEASON: [f64; 12] = [-0.1, 0.0, 0.05, 0.0, 0.0, 0.05, -0.1, -0.45, 0.05, 0.0, 0.0, -0.3];
/// From 24 December offices are empty; log-odds added to the season's.
const CLOSING_DAYS: f64 = -1.0;
/// The portfolio's drift: how much of it stays from month to month, and what each month adds (a deviation).
const ECONOMY_KEPT: f64 = 0.92;
const ECONOMY_SHOCK: f64 = 0.1;
/// Months past the end for which the truth may still be asked.
const MONTHS_AFTER: u32 = 24;

/// Precomputed facts of each day from `start` on; `t` counts days from there.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    pub start: i32,
    /// Months since the first, of each day.
    pub month: Vec<u16>,
    /// First day of each month, then the number of days.
    pub month_start: Vec<usize>,
    pub business: Vec<bool>,
    business_days: Vec<usize>,
    /// First entry of each month in `business_days`, then their number.
    business_start: Vec<usize>,
    /// Log-odds of the weekday (a holiday counts as a Sunday).
    pub weekday: Vec<f64>,
    /// Log-odds of the season, before the payer's own sensitivity.
    pub season: Vec<f64>,
    /// Log-odds of the whole portfolio's drift.
    pub economy: Vec<f64>,
    /// One bit for each [`PayRun`] that runs on the day.
    runs: Vec<u8>,
}

impl Calendar {
    pub fn new(plan: &Plan) -> Self {
        let months = plan.months + MONTHS_AFTER;
        let last = Plan { months, ..plan.clone() }.end();
        let n = (last.0 - plan.start.0 + 1) as usize;
        let days = || (0..n).map(|t| plan.start.plus(t as i32));
        let first_month = plan.start.month_index();
        let month: Vec<u16> = days().map(|d| (d.month_index() - first_month) as u16).collect();
        let mut month_start: Vec<usize> = (0..n).filter(|&t| t == 0 || month[t] != month[t - 1]).collect();
        month_start.push(n);
        let business: Vec<bool> = days().map(is_business_day).collect();
        let business_days: Vec<usize> = (0..n).filter(|&t| business[t]).collect();
        let mut calendar = Self {
            start: plan.start.0,
            business_start: month_start.iter().map(|&s| business_days.partition_point(|&t| t < s)).collect(),
            business_days,
            business,
            weekday: days()
                .map(|d| WEEKDAY_EFFECT[if plan.archetypes && is_holiday(d) { 6 } else { d.weekday() }])
                .collect(),
            season: days().map(|d| if plan.drift { season(d) } else { 0.0 }).collect(),
            economy: vec![0.0; n],
            runs: vec![0; n],
            month,
            month_start,
        };
        if plan.drift {
            calendar.economy = economy(plan.seed, &calendar.month_start);
        }
        calendar.mark_runs();
        calendar
    }

    /// Days covered.
    pub fn len(&self) -> usize {
        self.month.len()
    }

    /// Day `t`.
    pub fn day(&self, t: usize) -> Day {
        Day(self.start + t as i32)
    }

    /// Business days of month `m`, in order.
    pub fn business_days(&self, m: usize) -> &[usize] {
        &self.business_days[self.business_start[m]..self.business_start[m + 1]]
    }

    /// Whether a month begins on day `t`.
    pub fn begins_month(&self, t: usize) -> bool {
        t > 0 && self.month[t] != self.month[t - 1]
    }

    /// Whether payers of that habit pay on day `t`.
    pub fn is_run(&self, run: PayRun, t: usize) -> bool {
        self.runs[t] & run.bit() != 0
    }

    /// A run that falls on a weekend or a holiday is made on the business day before.
    fn mark_runs(&mut self) {
        for t in 0..self.len() {
            let day = self.day(t);
            let Some(made) = (0..=t).rev().find(|&b| self.business[b]) else { continue };
            for run in PayRun::ALL {
                if run.is_nominal(day) {
                    self.runs[made] |= run.bit();
                }
            }
        }
    }
}

fn is_holiday(day: Day) -> bool {
    let (_, month, day) = day.civil();
    [(1, 1), (5, 1), (12, 25), (12, 26)].contains(&(month, day))
}

fn is_business_day(day: Day) -> bool {
    day.weekday() < 5 && !is_holiday(day)
}

fn season(day: Day) -> f64 {
    let (_, month, of_month) = day.civil();
    let closed = month == 12 && of_month >= 24;
    SEASON[month as usize - 1] + if closed { CLOSING_DAYS } else { 0.0 }
}

/// A first-order autoregression from month to month, joined by straight lines.
fn economy(seed: u64, month_start: &[usize]) -> Vec<f64> {
    let mut level = 0.0;
    let mut path = Vec::with_capacity(month_start.last().copied().unwrap_or(0));
    for (m, span) in month_start.windows(2).enumerate() {
        let next = ECONOMY_KEPT * level + normal(&mut rng(seed, "economy", m as u64), 0.0, ECONOMY_SHOCK);
        let n = span[1] - span[0];
        path.extend((0..n).map(|d| level + (next - level) * d as f64 / n as f64));
        level = next;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(calendar: &Calendar, text: &str) -> usize {
        (text.parse::<Day>().unwrap().0 - calendar.start) as usize
    }

    #[test]
    fn a_pay_run_on_a_weekend_is_made_on_the_friday_before() {
        let c = Calendar::new(&Plan::new(1, 12, 0));
        // 15 January 2023 was a Sunday, 30 April too; 1 May is a holiday
        assert!(c.is_run(PayRun::Fifteenth, t(&c, "2023-01-13")));
        assert!(!c.is_run(PayRun::Fifteenth, t(&c, "2023-01-15")));
        assert!(c.is_run(PayRun::MonthEnd, t(&c, "2023-04-28")));
        assert!(c.is_run(PayRun::FirstAndFifteenth, t(&c, "2023-04-28")));
        assert!(c.is_run(PayRun::Friday, t(&c, "2023-01-06")));
    }

    #[test]
    fn months_begin_on_their_first_day() {
        let c = Calendar::new(&Plan::new(1, 3, 0));
        assert_eq!(c.month_start[..3], [0, 30, 58]);
        assert!(c.begins_month(30) && !c.begins_month(31) && !c.begins_month(0));
        assert_eq!((c.month[29], c.month[30]), (0, 1));
    }

    #[test]
    fn a_longer_plan_has_the_same_economy() {
        let (short, long) = (Calendar::new(&Plan::new(1, 12, 5)), Calendar::new(&Plan::new(1, 24, 5)));
        assert_eq!(short.economy[..300], long.economy[..300]);
        assert!(short.economy.iter().any(|e| e.abs() > 0.05));
    }
}
