//! Dates around which all customers pay little each year: the days from Christmas to New Year, a summer's closing.

use super::bins::N_BINS;
use super::portfolio::{DaySeen, DayTable};
use crate::core::Day;

/// Dates of a leap year.
pub const N_DATES: usize = 366;
/// Days before each month in a leap year.
const DAYS_BEFORE: [u32; 12] = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335];
/// Days on either side of a date that are looked at together with it.
const AROUND_DAYS: usize = 2;
/// Settlements as expected that are added to those around a date.
const USUAL_EVENTS: f64 = 10.0;
/// Share of what is expected below which a date is quiet.
const QUIET_SHARE: f64 = 0.75;
/// Deviations by which settlements must lie below it: chance alone makes no date quiet.
const QUIET_DEVIATIONS: f64 = 3.5;
/// How far, as a share, a few days lie from what is expected of them as such, with any number of invoices.
const DAYS_DEVIATION: f64 = 0.1;

/// Place of a day's date among those of a leap year, 0 to 365.
///
/// ```
/// use arrears::core::Day;
/// use arrears::features::quiet::date_of_year;
/// let date = |y, m, d| date_of_year(Day::try_new(y, m, d).unwrap());
/// assert_eq!([date(2025, 1, 1), date(2024, 2, 29), date(2025, 3, 1), date(2025, 12, 31)], [0, 59, 60, 365]);
/// ```
pub fn date_of_year(day: Day) -> usize {
    let (_, month, of_month) = day.civil();
    (DAYS_BEFORE[month as usize - 1] + of_month - 1) as usize
}

/// Log ratio of what was settled around each date of the years that are past to what was expected, where that is far
/// less; 0 on every other date.
///
/// What the portfolio's `hazard` by relative day expects of a day is brought to the level of its weekday, its
/// [`Day::place_in_month`] and its month first, each by what all days of that kind brought. So a date is not quiet
/// because it is a Sunday, lies between pay runs, or in a slow month.
pub fn quiet_dates(days: &DayTable, hazard: &[f64; N_BINS]) -> Vec<f64> {
    let mut seen = days.by_day(hazard);
    level(&mut seen, Day::weekday);
    level(&mut seen, Day::place_in_month);
    level(&mut seen, Day::month_of_year);
    let mut dates = vec![(0.0, 0.0); N_DATES];
    for s in &seen {
        let (events, expected) = &mut dates[date_of_year(s.day)];
        *events += s.events;
        *expected += s.expected;
    }
    (0..N_DATES)
        .map(|date| {
            let around = (0..=2 * AROUND_DAYS).map(|k| dates[(date + N_DATES + k - AROUND_DAYS) % N_DATES]);
            let (events, expected) = around.fold((0.0, 0.0), |sum, d| (sum.0 + d.0, sum.1 + d.1));
            log_quiet(events, expected)
        })
        .collect()
}

/// Brings what is expected to what days of each kind brought.
fn level(seen: &mut [DaySeen], kind: impl Fn(Day) -> usize) {
    let mut kinds = [(0.0, 0.0); 31];
    for s in seen.iter() {
        let (events, expected) = &mut kinds[kind(s.day)];
        *events += s.events;
        *expected += s.expected;
    }
    for s in seen {
        let (events, expected) = kinds[kind(s.day)];
        s.expected *= (events + 0.5) / (expected + 0.5);
    }
}

fn log_quiet(events: f64, expected: f64) -> f64 {
    let deviation = (expected + (DAYS_DEVIATION * expected).powi(2)).sqrt();
    let share = (events + USUAL_EVENTS) / (expected + USUAL_EVENTS);
    let is_quiet = share < QUIET_SHARE && expected - events > QUIET_DEVIATIONS * deviation;
    if is_quiet { share.ln() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Amount;
    use crate::features::{Purpose, survey};
    use crate::ledger::{Ledger, SettlementKind, SettlementRows, sample};

    /// From 2022 on, `a_day` invoices fall due each day and are paid on it, but for those of 24 to 31 December, of which
    /// one in five is and the rest ten days later.
    fn ledger(a_day: u32) -> Ledger {
        let (first, last) = (Day::try_new(2022, 1, 1).unwrap(), Day::try_new(2023, 12, 1).unwrap());
        let mut bills = Vec::new();
        let mut rows = SettlementRows::default();
        for day in first.0..=last.0 {
            let (_, month, of_month) = Day(day).civil();
            let closed = month == 12 && (24..=31).contains(&of_month);
            for k in 0..a_day {
                rows.invoice.push(bills.len() as u32);
                rows.day.push(if closed && k % 5 != 0 { day + 10 } else { day });
                rows.amount.push(Amount::parse("10").unwrap());
                rows.kind.push(SettlementKind::Cash);
                bills.push((format!("I{day}-{k}"), format!("C{k}"), day));
            }
        }
        let bills: Vec<_> = bills
            .iter()
            .map(|(id, customer, due)| (id.as_str(), customer.as_str(), "EUR", *due, "10"))
            .collect();
        Ledger::try_new(sample::invoices(&bills), rows).unwrap()
    }

    /// Log ratio of the date a year later, as known on 1 December.
    fn quiet(a_day: u32, month: u32, of_month: u32) -> f64 {
        let known = ledger(a_day).into_known(Day::try_new(2023, 12, 1).unwrap());
        let survey = survey(&known, &crate::policy::parse("", "quiet").unwrap(), Purpose::Score);
        survey.almanac.quiet(Day::try_new(2023 + i32::from(month < 12), month, of_month).unwrap())
    }

    #[test]
    fn the_days_after_christmas_are_quiet_because_last_years_were() {
        let log_ratio = quiet(20, 12, 27);
        assert!((-1.7..-1.0).contains(&log_ratio), "{log_ratio}");
        for (month, of_month) in [(12, 10), (1, 20), (6, 15), (10, 31)] {
            assert_eq!(quiet(20, month, of_month), 0.0, "{month}-{of_month}");
        }
    }

    #[test]
    fn a_few_invoices_make_no_date_quiet() {
        // one of four comes each day, 5 of 20 around a date: 15 below, 3.1 deviations
        assert_eq!(quiet(4, 12, 27), 0.0);
    }

    #[test]
    fn a_day_without_payments_each_week_is_expected_to_have_none() {
        let monday = Day::try_new(2024, 1, 1).unwrap();
        let day = |k: i32| DaySeen {
            day: monday.plus(k),
            events: if k % 7 == 6 { 0.0 } else { 70.0 },
            expected: 60.0,
        };
        let mut seen: Vec<DaySeen> = (0..364).map(day).collect();
        level(&mut seen, Day::weekday);
        assert!(seen.iter().all(|s| (s.expected - s.events).abs() < 0.1), "{:?}", &seen[..7]);
    }

    /// Of 100 expected 60 lie 40 below, less than 3.5 deviations of 14.1; 50 lie 50 below: 60 / 110.
    #[test]
    fn what_chance_may_bring_is_not_quiet() {
        assert_eq!(log_quiet(60.0, 100.0), 0.0);
        assert!((log_quiet(50.0, 100.0) - (60.0_f64 / 110.0).ln()).abs() < 1e-12);
        // 3,000 of 3,500: far beyond chance, and not far less
        assert_eq!(log_quiet(3000.0, 3500.0), 0.0);
    }
}
