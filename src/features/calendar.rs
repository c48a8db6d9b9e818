//! How likely a customer is to pay on a day of the calendar: by weekday, place in the month, season and quiet date.

use super::habits::Habits;
use super::prior::Prior;
use super::quiet::date_of_year;
use super::recent::{RUN_DAYS_BACK, RUN_LIFT};
use super::state::{FRIDAY, MONDAY};
use crate::core::Day;

/// How likely a customer's payments are to fall on a day, against an even spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PayDay {
    /// How many times likelier payment is on the day than on an average one.
    pub lift: f64,
    /// Whether it is a day between pay runs, if the customer has those; a span of many days is not.
    pub is_between_runs: bool,
    /// Lift of the customer's own day against that of customers who pay on any day.
    pub own: f64,
    /// Log lift of the weekday for customers who pay on any day.
    pub portfolio_weekday: f64,
    /// Log lift of the place in the month for customers who pay on any day; 0 for one with days of its own there.
    pub portfolio_month_day: f64,
    /// Log ratio of what all customers settled in this month of earlier years to what was expected.
    pub portfolio_season: f64,
    /// The same around this date, where that is far less; else 0.
    pub portfolio_quiet_date: f64,
}

impl PayDay {
    /// A day like any other: what a span of many days is on average.
    pub const AVERAGE: Self = Self {
        lift: 1.0,
        is_between_runs: false,
        own: 1.0,
        portfolio_weekday: 0.0,
        portfolio_month_day: 0.0,
        portfolio_season: 0.0,
        portfolio_quiet_date: 0.0,
    };
}

/// Days in an average month.
const MONTH_DAYS: f64 = 30.4;

/// Weekday, place in the month and quiet date of every day that a ledger asks for, worked out once.
#[derive(Debug, Clone, PartialEq)]
pub struct Almanac {
    first: i32,
    days: Vec<DayPlace>,
}

/// Where a day stands.
#[derive(Debug, Clone, Copy, PartialEq)]
struct DayPlace {
    weekday: u8,
    place: u8,
    month: u8,
    /// Places of the Saturday and the Sunday beside a Friday or a Monday.
    weekend: [u8; 2],
    /// Log ratio of [`quiet_dates`](super::quiet::quiet_dates).
    quiet: f64,
}

impl Almanac {
    /// The days from as many before `first` as pay runs are looked back on to `last`, with [`quiet_dates`](super::quiet::quiet_dates).
    pub fn new(first: Day, last: Day, quiet: &[f64]) -> Self {
        let first = first.0 - RUN_DAYS_BACK;
        let place = |day: i32| {
            let day = Day(day);
            DayPlace {
                weekday: day.weekday() as u8,
                place: day.place_in_month() as u8,
                month: day.month_of_year() as u8,
                weekend: match day.weekday() {
                    FRIDAY => [day.plus(1), day.plus(2)],
                    MONDAY => [day.plus(-2), day.plus(-1)],
                    _ => [day; 2],
                }
                .map(|d| d.place_in_month() as u8),
                quiet: quiet[date_of_year(day)],
            }
        };
        Self { first, days: (first..=last.0).map(place).collect() }
    }

    /// Log ratio of what all customers settled around the date of a day in earlier years, if that was far less than expected.
    pub fn quiet(&self, day: Day) -> f64 {
        self.place(day.0).quiet
    }

    fn place(&self, day: i32) -> DayPlace {
        self.days[(day - self.first) as usize]
    }
}

/// A customer's pay days: lookups by weekday and day of the month.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar<'a> {
    almanac: &'a Almanac,
    /// Times as likely as on an average day, of a customer without days of the month of its own.
    weekly: [f64; 7],
    /// The same of customers who pay on any day.
    season: [f64; 12],
    any_day: [f64; 7],
    own: Places,
    month_day: [f64; 31],
}

/// Shares of payments by the place in the month that they are meant for, and what becomes of those of a weekend.
#[derive(Debug, Clone, PartialEq)]
struct Places {
    share: [f64; 31],
    /// By weekday: the share of what is meant for the day that is paid on it.
    kept: [f64; 7],
    /// By weekday: the share of the weekend beside it that is paid on that day.
    rolled: [f64; 7],
}

impl Places {
    /// Of a customer as far as it has days of the month of its own.
    fn new(habits: &Habits) -> Self {
        let [kept, before, after] = habits.weekend;
        let mut rolled = [0.0; 7];
        rolled[FRIDAY] = before;
        rolled[MONDAY] = after;
        let kept = std::array::from_fn(|d| if d > FRIDAY { kept } else { 1.0 });
        let share = habits.place.map(|s| s * habits.monthly * MONTH_DAYS);
        Self { share, kept, rolled }
    }

    /// Share of payments made on a day of that kind.
    fn made(&self, day: DayPlace) -> f64 {
        let of = |place: u8| self.share[place as usize];
        let rolled = of(day.weekend[0]) + of(day.weekend[1]);
        self.kept[day.weekday as usize] * of(day.place) + self.rolled[day.weekday as usize] * rolled
    }
}

impl<'a> Calendar<'a> {
    /// The customer's habits over those of customers who pay on any day.
    pub fn new(habits: &Habits, prior: &Prior, almanac: &'a Almanac) -> Self {
        let any_day = prior.pay_days.weekday.base;
        Self {
            almanac,
            weekly: habits.weekday.map(|share| (1.0 - habits.monthly) * share * 7.0),
            any_day: any_day.map(|share| share * 7.0),
            season: prior.season,
            month_day: prior.pay_days.ln_place.map(|lift| (1.0 - habits.monthly) * lift),
            own: Places::new(habits),
        }
    }

    /// How likely payment is to fall on a day.
    pub fn day(&self, day: i32) -> PayDay {
        let place = self.almanac.place(day);
        let any_day = self.any_day[place.weekday as usize];
        let lift = self.lift(day);
        PayDay {
            lift,
            is_between_runs: lift < RUN_LIFT,
            own: lift / any_day,
            portfolio_weekday: any_day.ln(),
            portfolio_month_day: self.month_day[place.place as usize],
            portfolio_season: self.season[place.month as usize],
            portfolio_quiet_date: place.quiet,
        }
    }

    /// How many times likelier payment is to fall on a day than on an average one: by the place in the month if the
    /// customer has days of its own there, else by the weekday.
    pub fn lift(&self, day: i32) -> f64 {
        let place = self.almanac.place(day);
        self.weekly[place.weekday as usize] + self.own.made(place)
    }

    /// The lift of the likeliest weekday.
    pub(super) fn weekly_peak(&self) -> f64 {
        self.weekly.iter().copied().fold(0.0, f64::max)
    }

    /// Days of `from..=to` with at least that lift, in order, and their lift.
    pub(super) fn days_above(&self, least: f64, from: i32, to: i32) -> Vec<(i32, f64)> {
        (from..=to).map(|day| (day, self.lift(day))).filter(|(_, lift)| *lift >= least).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Amount;
    use crate::features::{Purpose, survey};
    use crate::ledger::{Ledger, SettlementKind, SettlementRows, sample};

    const MONTHS: u32 = 24;

    fn fifteenth(month: u32) -> Day {
        Day::try_new(2022 + month as i32 / 12, month % 12 + 1, 15).unwrap()
    }

    /// The day itself, or the Friday before a weekend.
    fn business_day(day: Day) -> Day {
        day.plus(-((day.weekday() as i32 - FRIDAY as i32).max(0)))
    }

    /// Paid each month: by ON on the 15th, by BACK on the 15th or the Friday before, by twenty others on any business day.
    fn ledger() -> Ledger {
        let mut paid: Vec<(String, String, Day)> = Vec::new();
        for month in 0..MONTHS {
            let day = fifteenth(month);
            paid.push((format!("ON{month:02}"), "ON".into(), day));
            paid.push((format!("BA{month:02}"), "BACK".into(), business_day(day)));
            for c in 0..20 {
                let any = day.plus((month as i32 * 11 + c * 7) % 29 - 14);
                paid.push((format!("C{c:02}{month:02}"), format!("C{c:02}"), business_day(any)));
            }
        }
        paid_on(&paid)
    }

    /// Invoices by id, customer and the day on which they are due and paid.
    fn paid_on(paid: &[(String, String, Day)]) -> Ledger {
        let bills: Vec<_> = paid
            .iter()
            .map(|(id, customer, day)| (id.as_str(), customer.as_str(), "EUR", day.0, "10"))
            .collect();
        let mut rows = SettlementRows::default();
        for (k, (_, _, day)) in paid.iter().enumerate() {
            rows.invoice.push(k as u32);
            rows.day.push(day.0);
            rows.amount.push(Amount::parse("10").unwrap());
            rows.kind.push(SettlementKind::Cash);
        }
        Ledger::try_new(sample::invoices(&bills), rows).unwrap()
    }

    /// Lifts of days of a month of 2024 of a customer, as known on its first day.
    fn lifts<const N: usize>(ledger: Ledger, id: &str, month: u32, days: [u32; N]) -> [f64; N] {
        let known = ledger.into_known(Day::try_new(2024, 1, 1).unwrap());
        let survey = survey(&known, &crate::policy::parse("", "habits").unwrap(), Purpose::Score);
        let c = (0..known.n_customers()).find(|c| known.customer_id.get(*c) == id).unwrap();
        let (prior, state) = (survey.prior(), &survey.states[c]);
        let habits = Habits::new(&known, state, &[], prior, &survey.memory, &survey.almanac);
        let calendar = Calendar::new(&habits, prior, &survey.almanac);
        days.map(|day| calendar.lift(Day::try_new(2024, month, day).unwrap().0))
    }

    // the 15th of June 2024 is a Saturday
    #[test]
    fn a_run_that_falls_on_a_weekend_is_expected_where_the_customer_makes_it() {
        let [friday, saturday, monday] = lifts(ledger(), "ON", 6, [14, 15, 17]);
        assert!(saturday > 10.0 && friday < 2.0 && monday < 2.0, "{friday} {saturday} {monday}");
        let [friday, saturday, monday] = lifts(ledger(), "BACK", 6, [14, 15, 17]);
        assert!(friday > 10.0 && saturday < 2.0 && monday < 5.0, "{friday} {saturday} {monday}");
    }

    /// NEW has not had a 15th on a weekend yet.
    #[test]
    fn a_weekend_that_a_customer_has_not_had_is_moved_as_others_move_theirs() {
        let mut paid = Vec::new();
        for day in (0..MONTHS).map(fifteenth) {
            let monday = day.plus((7 - day.weekday() as i32) % 7);
            let moved = if day.weekday() > FRIDAY { monday } else { day };
            paid.extend((0..12).map(|c| (format!("M{c:02}{}", day.0), format!("M{c:02}"), moved)));
            if moved == day {
                paid.push((format!("NEW{}", day.0), "NEW".into(), day));
            }
            let any = |c: i32| day.plus((day.0 + c * 7) % 29 - 14);
            paid.extend(
                (0..20).map(|c| (format!("C{c:02}{}", day.0), format!("C{c:02}"), business_day(any(c)))),
            );
        }
        let [friday, saturday, monday] = lifts(paid_on(&paid), "NEW", 6, [14, 15, 17]);
        assert!(monday > 10.0 && friday < 2.0 && saturday < 2.0, "{friday} {saturday} {monday}");
    }

    #[test]
    fn the_twenty_fifth_is_the_same_day_in_months_of_any_length() {
        let on = |month: u32| fifteenth(month).plus(10);
        let one = |month: u32| (format!("A{month:02}"), "A".to_owned(), on(month));
        let others = (0..MONTHS).flat_map(|month| {
            let any = move |c: u32| fifteenth(month).plus((month * 11 + c * 7) as i32 % 29 - 14);
            (0..20).map(move |c| (format!("C{c:02}{month:02}"), format!("C{c:02}"), any(c)))
        });
        let paid: Vec<_> = (0..MONTHS).map(one).chain(others).collect();
        for (month, days) in [(1, 31), (4, 30)] {
            let [before, on, after] = lifts(paid_on(&paid), "A", month, [24, 25, 26]);
            assert!(on > 10.0 && before < 2.0 && after < 2.0, "{days} days: {before} {on} {after}");
        }
    }

    #[test]
    fn a_weekday_is_learnt_from_those_who_pay_by_it() {
        let known = ledger().into_known(Day::try_new(2024, 1, 1).unwrap());
        let survey = survey(&known, &crate::policy::parse("", "habits").unwrap(), Purpose::Score);
        let pay_days = &survey.prior().pay_days;
        let [.., saturday, sunday] = pay_days.weekday.base;
        // of 24 months' 15ths seven fall on a weekend, none of the others' days does
        assert!(saturday + sunday < 0.01, "{saturday} {sunday}");
        // one of two customers with days of the month keeps its weekends; two days are as of the others
        assert!((0.3..0.5).contains(&pay_days.kept), "{}", pay_days.kept);
        let [before, after] = pay_days.rolled.shares(&[0.0; 2]);
        assert!(before > 0.8, "{before} {after}");
    }
}
