//! Who the payers are: kinds, places, habits.

use super::Plan;
use super::draw::{between, happens, normal, pick};
use super::hazard::{StressLaw, Timing};
use super::trade::Trade;
use crate::core::Day;
use crate::numeric::{Rng, rng};
use rand::RngExt;

/// What kind of payer a customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Archetype {
    /// Pays around the due date.
    Prompt,
    /// Pays what is ready on fixed days.
    PayRun,
    /// Pays late, each by a delay of its own.
    ChronicLate,
    /// Gets better or worse over the years.
    Drifting,
    /// Small, irregular, often short of cash.
    Volatile,
    /// The one kind of a plan without archetypes.
    Plain,
}

/// Days on which a payer with pay runs pays; one that falls on no business day is made on the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PayRun {
    /// Every Friday.
    Friday,
    /// The 15th.
    Fifteenth,
    /// The last day of the month.
    MonthEnd,
    /// The 1st and the 15th.
    FirstAndFifteenth,
}

impl PayRun {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Friday, Self::Fifteenth, Self::MonthEnd, Self::FirstAndFifteenth];

    pub(super) fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Whether the run falls on the day, weekends and holidays not looked at.
    pub(super) fn is_nominal(self, day: Day) -> bool {
        let of_month = day.day_of_month();
        match self {
            Self::Friday => day.weekday() == 4,
            Self::Fifteenth => of_month == 15,
            Self::MonthEnd => day == day.month_end(),
            Self::FirstAndFifteenth => of_month == 1 || of_month == 15,
        }
    }

    /// Days from one run to the next.
    fn cycle_days(self) -> f64 {
        match self {
            Self::Friday => 7.0,
            Self::Fifteenth | Self::MonthEnd => 30.0,
            Self::FirstAndFifteenth => 15.0,
        }
    }
}

/// A country or an industry: how common it is, and by how many days its payers pay later than others.
struct Segment {
    name: &'static str,
    currency: &'static str,
    weight: f64,
    delay_days: f64,
}

const fn segment(name: &'static str, currency: &'static str, weight: f64, delay_days: f64) -> Segment {
    Segment { name, currency, weight, delay_days }
}

const COUNTRIES: [Segment; 11] = [
    segment("DE", "EUR", 0.30, -1.0),
    segment("FR", "EUR", 0.14, 2.0),
    segment("IT", "EUR", 0.10, 6.0),
    segment("ES", "EUR", 0.08, 5.0),
    segment("NL", "EUR", 0.08, -1.0),
    segment("AT", "EUR", 0.06, 0.0),
    segment("BE", "EUR", 0.05, 2.0),
    segment("US", "USD", 0.09, 1.0),
    segment("GB", "GBP", 0.06, 2.0),
    segment("JP", "JPY", 0.03, -2.0),
    segment("KW", "KWD", 0.01, 5.0),
];

const INDUSTRIES: [Segment; 8] = [
    segment("manufacturing", "", 0.20, 0.0),
    segment("construction", "", 0.14, 4.0),
    segment("retail", "", 0.15, 1.0),
    segment("wholesale", "", 0.14, 0.0),
    segment("health", "", 0.08, 3.0),
    segment("software", "", 0.10, -2.0),
    segment("logistics", "", 0.10, 1.0),
    segment("hospitality", "", 0.09, 5.0),
];

/// Kind of payer, pay run and share of the customers.
const KINDS: [(Archetype, Option<PayRun>, f64); 8] = [
    (Archetype::Prompt, None, 0.28),
    (Archetype::PayRun, Some(PayRun::Friday), 0.13),
    (Archetype::PayRun, Some(PayRun::Fifteenth), 0.05),
    (Archetype::PayRun, Some(PayRun::MonthEnd), 0.07),
    (Archetype::PayRun, Some(PayRun::FirstAndFifteenth), 0.06),
    (Archetype::ChronicLate, None, 0.16),
    (Archetype::Drifting, None, 0.10),
    (Archetype::Volatile, None, 0.15),
];

/// Share of the customers who first buy some time after the plan's start.
const NEW_SHARE: f64 = 0.25;

/// A customer's true parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Payer {
    /// Kind of payer.
    pub archetype: Archetype,
    /// Months after the plan's start in which it begins to buy.
    pub first_month: u32,
    /// ISO 3166 code.
    pub country: &'static str,
    /// What it does.
    pub industry: &'static str,
    /// When it pays.
    pub timing: Timing,
    /// What it buys.
    pub trade: Trade,
}

impl Payer {
    /// Customer `k` of the plan: drawn from the seed and `k` alone.
    pub(super) fn draw(plan: &Plan, k: u32) -> Self {
        let rng = &mut rng(plan.seed, "payer", u64::from(k));
        if !plan.archetypes {
            let trade = Trade::plain(rng);
            let timing = Timing { stress: stress(plan, Archetype::Plain), ..plain_timing(rng) };
            let (country, industry) = (COUNTRIES[0].name, INDUSTRIES[0].name);
            return Self { archetype: Archetype::Plain, first_month: 0, country, industry, timing, trade };
        }
        let (archetype, run) = match *pick(rng, &KINDS, |k| k.2) {
            (_, Some(_), _) if !plan.pay_runs => (Archetype::Prompt, None),
            (archetype, run, _) => (archetype, run),
        };
        let country = pick(rng, &COUNTRIES, |s| s.weight);
        let industry = pick(rng, &INDUSTRIES, |s| s.weight);
        let first_month =
            if happens(rng, NEW_SHARE) && plan.months > 1 { rng.random_range(1..plan.months) } else { 0 };
        let trade = Trade::draw(rng, archetype, country.currency, plan);
        let mut timing = timing(rng, archetype, run);
        let delay = country.delay_days + industry.delay_days;
        timing.center_days += if run.is_some() { delay / 3.0 } else { delay };
        timing.discount_days = trade.discount.filter(|d| d.taken && run.is_none()).map(|d| d.days);
        timing.stress = stress(plan, archetype);
        if !plan.drift {
            timing.drift_per_month = 0.0;
        }
        Self { archetype, first_month, country: country.name, industry: industry.name, timing, trade }
    }
}

fn plain_timing(rng: &mut Rng) -> Timing {
    Timing {
        run: None,
        peak: normal(rng, -1.3, 0.7),
        center_days: 0.0,
        spread_days: 5.0,
        tail: 0.0,
        drift_per_month: 0.0,
        season: 1.0,
        size_effect: 0.0,
        discount_days: None,
        stress: StressLaw::NONE,
    }
}

fn timing(rng: &mut Rng, archetype: Archetype, run: Option<PayRun>) -> Timing {
    let (peak, center_days, spread_days) = match (archetype, run) {
        (_, Some(run)) => {
            // one half pays on the last run before the due date, the other on the first one after it
            let early = if happens(rng, 0.5) { run.cycle_days() } else { 0.0 };
            (normal(rng, 2.6, 0.4), normal(rng, -early, 1.5), between(rng, 0.6, 1.6))
        }
        (Archetype::ChronicLate, _) => {
            (normal(rng, -1.0, 0.4), 2.0 + normal(rng, 2.2, 0.7).exp(), between(rng, 2.5, 7.0))
        }
        (Archetype::Drifting, _) => (normal(rng, -1.1, 0.3), normal(rng, -5.0, 3.0), between(rng, 2.5, 5.0)),
        (Archetype::Volatile, _) => (normal(rng, -1.9, 0.5), normal(rng, -2.0, 6.0), between(rng, 4.0, 9.0)),
        _ => (normal(rng, -0.2, 0.4), normal(rng, -10.0, 3.5), between(rng, 1.5, 3.5)),
    };
    let drift = if archetype == Archetype::Drifting { between(rng, 0.03, 0.09) } else { 0.0 };
    Timing {
        run,
        peak,
        center_days,
        spread_days,
        tail: between(rng, 0.8, 2.2),
        drift_per_month: if happens(rng, 0.6) { -drift } else { drift },
        season: between(rng, 0.5, 1.5),
        size_effect: between(rng, 0.0, 0.3),
        discount_days: None,
        stress: StressLaw::NONE,
    }
}

/// Volatile customers fall into stress more often and harder.
fn stress(plan: &Plan, archetype: Archetype) -> StressLaw {
    match archetype {
        _ if !plan.stress => StressLaw::NONE,
        Archetype::Volatile => StressLaw { start_prob: 0.10, end_prob: 0.35, effect: -1.8 },
        Archetype::ChronicLate => StressLaw { start_prob: 0.04, end_prob: 0.25, effect: -1.3 },
        _ => StressLaw { start_prob: 0.02, end_prob: 0.25, effect: -1.3 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_to_one() {
        for shares in [
            KINDS.iter().map(|k| k.2).sum::<f64>(),
            COUNTRIES.iter().map(|s| s.weight).sum(),
            INDUSTRIES.iter().map(|s| s.weight).sum(),
        ] {
            assert!((shares - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn payers_of_a_plain_plan_differ_in_level_only() {
        let plan = Plan::plain(2, 6, 3);
        let (a, b) = (Payer::draw(&plan, 0), Payer::draw(&plan, 1));
        assert_ne!(a.timing.peak, b.timing.peak);
        assert_eq!(a.timing, Timing { peak: a.timing.peak, ..b.timing });
    }
}
