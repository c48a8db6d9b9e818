//! A customer on a mark, shrunk to the portfolio: from running sums to what can be compared between customers.

use super::bins::{N_BINS, spread};
use super::due_day::DuePayer;
use super::prior::{HAZARD_RANGE, Prior};
use super::quiet::date_of_year;
use super::recent::{RUN_DAYS_BACK, RUN_LIFT, Runs};
use super::state::{FRIDAY, MONDAY, Memory, State, add_exposure};
use super::surprise::Surprise;
use crate::core::Day;
use crate::ledger::Known;
use crate::numeric::logit;
use crate::numeric::rate::{log_odds_of_rate, rate_of_hazard};

/// Settlements at which a customer is believed to be slower or faster than the portfolio: in all, near a relative day,
/// and on it.
const PACE_PRIOR: [f64; 3] = [1.0, 0.3, 1.0];
/// Pseudo-invoices of the portfolio in a customer's spread of delays.
const VARIANCE_PRIOR: f64 = 3.0;
/// Pseudo-invoices in what has changed lately.
const SHORT_PRIOR: f64 = 3.0;
/// Pseudo-days of payment meant for a weekend, kept or rolled as by others with days of the month of their own.
const WEEKEND_PRIOR: f64 = 0.25;
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
    /// The fall of a log survival over a day of that hazard.
    pub rate: [f64; N_BINS],
    /// How it pays on its pay runs and between them, if it has those.
    pub runs: Option<Runs>,
    /// Log of settlements over those expected by its own hazard, in the last [`PACE_DAYS`](super::recent::PACE_DAYS).
    pub pace: [f64; 2],
    /// Share of payments by weekday, 0 = Monday.
    pub weekday: [f64; 7],
    /// How many times that of customers who pay on any day it is.
    pub weekday_lift: [f64; 7],
    /// Probability that it has days of the month of its own.
    pub monthly: f64,
    /// Share of payments meant for each [`Day::place_in_month`], if it has.
    pub place: [f64; 31],
    /// How many times that of customers who pay on any day it is, if it has or not.
    pub place_lift: [f64; 31],
    /// Shares of what is meant for a weekend that are paid on it, on the Friday before and on the Monday after.
    pub weekend: [f64; 3],
    /// Whether it pays on the due date.
    pub due_payer: DuePayer,
    /// What it did against what the model expected of it, where the [`Survey`](super::Survey) knows.
    pub surprise: Surprise,
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
    pub fn new(
        known: &Known,
        state: &State,
        open: &[u32],
        prior: &Prior,
        memory: &Memory,
        almanac: &Almanac,
    ) -> Self {
        let mark = prior.mark.0;
        let mut out = Self::scaled(state, prior, memory);
        let mut exposure = out.exposure(state);
        for i in open.iter().map(|i| *i as usize) {
            let overdue_days = mark - known.due[i];
            out.n_open += 1;
            if overdue_days > 0 {
                out.n_overdue += 1;
                out.oldest_overdue_days = out.oldest_overdue_days.max(overdue_days);
            }
            let (from, due) = (known.known_day(i) + 1, out.due_payer.due(known.due[i]));
            add_exposure(&mut exposure, from, mark, due, &memory.mid);
        }
        out.log_oldest_overdue = f64::from(out.oldest_overdue_days).ln_1p();
        out.judge(state, &exposure, prior, memory);
        let calendar = Calendar::new(&out, prior, almanac);
        out.look_back(known, state, open, prior, memory, &calendar);
        out
    }

    /// A customer of whom nothing is known: the portfolio itself.
    pub fn average(prior: &Prior, memory: &Memory) -> Self {
        let state = State::default();
        let mut out = Self::scaled(&state, prior, memory);
        out.judge(&state, &out.exposure(&state), prior, memory);
        out
    }

    /// Delay, spread and age.
    pub(super) fn scaled(state: &State, prior: &Prior, memory: &Memory) -> Self {
        let (mark, spread) = (prior.mark.0, &prior.spread);
        let scale = 1.0 / memory.long.at(mark);
        let t = &state.long;
        let (w, d, d2) = (t.settled * scale, t.delay * scale, t.delay2 * scale);
        let shift = d / (w + spread.delay_prior);
        let inside = (d2 - 2.0 * shift * d + w * shift * shift).max(0.0);
        let variance_prior = VARIANCE_PRIOR * prior.pull;
        let variance = (inside + variance_prior * spread.delay_variance) / (w + variance_prior);
        let unsure = spread.delay_variance / (w + spread.delay_prior);

        let (a, a2) = (t.log_age * scale, t.log_age2 * scale);
        let age_shift = (a - w * prior.mean_log_age) / (w + spread.log_age_prior);
        let age = prior.mean_log_age + age_shift;
        let age_inside = (a2 - 2.0 * age * a + w * age * age).max(0.0);
        let age_variance = (age_inside + variance_prior * spread.log_age_variance) / (w + variance_prior);
        let age_unsure = spread.log_age_variance / (w + spread.log_age_prior);

        let short = 1.0 / memory.short.at(mark);
        let (sw, sd) = (state.short_settled * short, state.short_delay * short);
        let n = f64::from(state.n_issued);
        Self {
            late_log_odds: 0.0,
            late_prob: 0.0,
            delay: prior.level + shift,
            delay_sd: (variance + unsure).sqrt(),
            slower_lately: (sd - sw * shift) / (sw + SHORT_PRIOR * prior.pull),
            log_age: age,
            log_age_sd: (age_variance + age_unsure).sqrt(),
            hazard: prior.hazard,
            log_odds: [0.0; N_BINS],
            rate: [0.0; N_BINS],
            runs: None,
            pace: [0.0; 2],
            weekday: prior.pay_days.weekday.base,
            weekday_lift: [1.0; 7],
            monthly: 0.0,
            place: prior.pay_days.place.base,
            place_lift: [1.0; 31],
            weekend: [1.0, 0.0, 0.0],
            due_payer: prior.pay_days.due_payers.one(state, 1.0 / memory.mid.at(mark)),
            surprise: Surprise::default(),
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

    /// Days at risk of its settled invoices by bin of days past the dates on which they are due to it.
    pub(super) fn exposure(&self, state: &State) -> [f64; N_BINS] {
        self.due_payer.sums(&state.exposure, &state.exposure_rolled)
    }

    /// Late rate, hazards and pay-run days.
    pub(super) fn judge(&mut self, state: &State, exposure: &[f64; N_BINS], prior: &Prior, memory: &Memory) {
        let mark = prior.mark.0;
        let scale = 1.0 / memory.long.at(mark);
        let overdue = f64::from(self.n_overdue);
        let (late, n) = (state.long.late * scale + overdue, state.long.settled * scale + overdue);
        let pseudo = prior.spread.late_prior;
        self.late_prob = (late + pseudo * prior.late_prob) / (n + pseudo);
        self.late_log_odds = logit(self.late_prob);

        let scale = 1.0 / memory.mid.at(mark);
        let events = self.due_payer.sums(&state.events, &state.events_rolled);
        let (events, exposure) = (events.map(|n| n * scale), exposure.map(|n| n * scale));
        self.hazard = shrunk_hazard(&events, &exposure, &prior.hazard, prior.pull);
        self.rate = self.hazard.map(rate_of_hazard);
        self.log_odds = self.rate.map(log_odds_of_rate);
        let any_day = &prior.pay_days;
        self.weekday = any_day.weekday.shares(&state.days_by(&state.weekday, scale));
        (self.monthly, self.place) = any_day.place.split(&state.days_by(&state.place, scale));
        self.weekday_lift = std::array::from_fn(|d| self.weekday[d] / any_day.weekday.base[d]);
        self.place_lift = std::array::from_fn(|d| {
            1.0 - self.monthly + self.monthly * self.place[d] / any_day.place.base[d]
        });
        let [kept, before, after] = state.weekend_days(scale);
        let kept = (kept + WEEKEND_PRIOR * any_day.kept) / (kept + before + after + WEEKEND_PRIOR);
        let [before, after] = any_day.rolled.shares(&[before, after]).map(|s| (1.0 - kept) * s);
        self.weekend = [kept, before, after];
    }
}

/// A customer's hazard in each bin: the portfolio's times the customer's pace, settlements over those that the
/// portfolio's hazard expected. The pace of a bin is shrunk to that of the bins near it, that one to the pace in all,
/// and that to 1: `(settled + a) / (expected + a / pace)` each time, the mean of a gamma distribution of shape `a`
/// around the coarser pace after Poisson counts.
///
/// Source: Clayton & Kaldor (1987), *Empirical Bayes Estimates of Age-Standardized Relative Risks*.
pub(super) fn shrunk_hazard(
    events: &[f64; N_BINS],
    exposure: &[f64; N_BINS],
    portfolio: &[f64; N_BINS],
    pull: f64,
) -> [f64; N_BINS] {
    let expected: [f64; N_BINS] = std::array::from_fn(|b| exposure[b] * portfolio[b]);
    let [in_all, near, on] = PACE_PRIOR.map(|a| a * pull);
    let sum = |x: &[f64; N_BINS]| x.iter().sum::<f64>();
    let pace = (sum(events) + in_all) / (sum(&expected) + in_all);
    let (events_near, expected_near) = (spread(events), spread(&expected));
    std::array::from_fn(|b| {
        let pace = (events_near[b] + near) / (expected_near[b] + near / pace);
        let pace = (events[b] + on) / (expected[b] + on / pace);
        (portfolio[b] * pace).clamp(HAZARD_RANGE.0, HAZARD_RANGE.1)
    })
}

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
