//! Whether a model still fits: what it is fed and what it says against what it saw when it was fitted, and what came
//! of what it said.

use crate::core::Day;
use crate::features::{BASE, Survey};
use crate::ledger::Known;
use crate::model::profile::{Bins, Profile};
use crate::model::{Artifact, Hazard};
use crate::policy::{GatePolicy, ValidPolicy};
use crate::score::sighting::{Sighting, sightings};
use std::collections::{BTreeMap, BTreeSet};

/// Days between the days of the past that are looked at: invoices due between two of them are judged once.
pub const STEP_DAYS: i32 = 28;
/// Days of the past whose open invoices make a profile.
const PROFILE_MARKS: usize = 12;
/// Days of the past that calibration looks at.
const CALIBRATION_MARKS: usize = 3;
/// Covariates that follow the calendar or are the same for all on a day: another day of the week is no drift.
const OF_THE_CALENDAR: [&str; 10] = [
    "pay_run_hazard",
    "own_pay_day",
    "own_off_day",
    "portfolio_weekday",
    "portfolio_month_day",
    "portfolio_season",
    "portfolio_pace",
    "portfolio_quiet_date",
    "days_ahead",
    "due_day_hazard",
];
/// Standard errors that a bias has to be past its limit by.
const STANDARD_ERRORS: f64 = 3.0;
/// Customers below which nothing is known of how far they miss together.
const CUSTOMERS_MIN: usize = 10;

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// A covariate of open invoices, by its stability index.
    Feature,
    /// `late_prob`, by its stability index.
    Score,
    /// `late_prob` against what came of it, by its bias.
    Calibration,
}

impl Watched {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Score => "score",
            Self::Calibration => "calibration",
        }
    }

    /// What is measured of it.
    pub fn measure(self) -> &'static str {
        if self == Self::Calibration { "bias" } else { "psi" }
    }
}

/// One watched quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftRow {
    /// What it is.
    pub watched: Watched,
    /// The covariate, or `late_prob`.
    pub name: String,
    /// Stability index, or mean predicted less actual late share.
    pub value: f64,
    /// Past which it has moved: the policy's, and what so few customers give by chance.
    pub limit: f64,
    /// Whether it is past its limit.
    pub moved: bool,
    /// Mean when the model was fitted; of a calibration, the mean predicted.
    pub reference: f64,
    /// Mean at as_of; of a calibration, the late share.
    pub current: f64,
    /// Invoices looked at.
    pub n: u64,
}

/// Places among the priors of `survey` of days in the past, newest first, at least [`STEP_DAYS`] apart and before as_of,
/// none before `since`.
fn past_marks(survey: &Survey, as_of: Day, since: Day, most: usize) -> Vec<usize> {
    let mut last = as_of.0;
    let mut marks = Vec::new();
    for (k, mark) in survey.landmarks().iter().enumerate().rev() {
        if *mark >= since && mark.0 <= last - STEP_DAYS && marks.len() < most {
            marks.push(k);
            last = mark.0;
        }
    }
    marks.reverse();
    marks
}

/// What the fit on `survey` saw: the open invoices of up to a year of past days, 28 days apart, and what the model says of
/// them. None where history has no such day.
pub fn profile(known: &Known, survey: &Survey, hazard: &Hazard, policy: &ValidPolicy) -> Option<Profile> {
    let marks = past_marks(survey, known.as_of(), Day(i32::MIN), PROFILE_MARKS);
    let seen = sightings(known, survey, hazard, policy, &marks);
    if seen.is_empty() {
        return None;
    }
    let customers: BTreeSet<u32> = seen.iter().map(|s| known.customer[s.invoice as usize]).collect();
    let watched = (0..BASE.len()).filter(|&k| !OF_THE_CALENDAR.contains(&BASE[k].name));
    let features = watched.map(|k| (BASE[k].name.to_owned(), Bins::of(&column(&seen, k)))).collect();
    let late_prob: Vec<f64> = seen.iter().filter_map(|s| s.late_prob).collect();
    Some(Profile {
        n: seen.len() as u64,
        n_customers: customers.len() as u64,
        features,
        late_prob: Bins::of(&late_prob),
    })
}

fn column(seen: &[Sighting], k: usize) -> Vec<f64> {
    seen.iter().map(|s| s.x[k]).collect()
}

/// Measures a model on a ledger: stability of what is open at as_of against its profile, if it has one, and calibration
/// on the invoices that fell due since `since`, in steps of 28 days of which the last three are taken.
///
/// For a model that was given, `since` is its own as_of: it has seen nothing of what came of them.
pub fn drift(
    known: &Known,
    survey: &Survey,
    model: &Artifact,
    hazard: &Hazard,
    since: Day,
    policy: &ValidPolicy,
) -> Vec<DriftRow> {
    let mut rows = Vec::new();
    if let Some(profile) = &model.profile {
        rows.extend(stability(known, survey, hazard, profile, policy));
    }
    rows.extend(calibration(known, survey, hazard, since, policy));
    rows
}

fn stability(
    known: &Known,
    survey: &Survey,
    hazard: &Hazard,
    profile: &Profile,
    policy: &ValidPolicy,
) -> Vec<DriftRow> {
    let gate = &policy.gate;
    let now = sightings(known, survey, hazard, policy, &[survey.priors.len() - 1]);
    let customers: BTreeSet<u32> = now.iter().map(|s| known.customer[s.invoice as usize]).collect();
    let row = |watched, name: &str, bins: &Bins, values: &[f64], limit: f64| {
        let (n, value) = (values.len() as u64, bins.psi(values));
        let limit = limit + by_chance(bins, customers.len() as f64, profile.n_customers as f64);
        let moved = n >= gate.invoices_min && value > limit;
        let current = mean(values);
        DriftRow { watched, name: name.to_owned(), value, limit, moved, reference: bins.mean, current, n }
    };
    let mut rows = Vec::new();
    for (k, covariate) in BASE.iter().enumerate() {
        if let Some(bins) = profile.features.get(covariate.name) {
            let values = column(&now, k);
            rows.push(row(Watched::Feature, covariate.name, bins, &values, gate.feature_psi_max));
        }
    }
    let late_prob: Vec<f64> = now.iter().filter_map(|s| s.late_prob).collect();
    rows.push(row(Watched::Score, "late_prob", &profile.late_prob, &late_prob, gate.score_psi_max));
    rows
}

/// Twice what the index is expected to be when nothing has moved, each customer counting once: `(bins - 1) (1 / now + 1 /
/// then)`, the mean of the chi-squared law that it then follows.
///
/// Source: Yurdakul & Naranjo (2020), *Statistical properties of the population stability index*.
fn by_chance(bins: &Bins, n_now: f64, n_then: f64) -> f64 {
    2.0 * bins.edges.len() as f64 * (1.0 / n_now.max(1.0) + 1.0 / n_then.max(1.0))
}

fn mean(values: &[f64]) -> f64 {
    crate::numeric::sum(values) / values.len().max(1) as f64
}

fn calibration(
    known: &Known,
    survey: &Survey,
    hazard: &Hazard,
    since: Day,
    policy: &ValidPolicy,
) -> Option<DriftRow> {
    let (as_of, grace) = (known.as_of().0, policy.ledger.grace_days);
    let marks = past_marks(survey, known.as_of(), since, CALIBRATION_MARKS);
    let seen = sightings(known, survey, hazard, policy, &marks);
    let judged = seen.iter().filter_map(|s| {
        let i = s.invoice as usize;
        let deadline = known.due[i].saturating_add(grace);
        // each invoice once, from the last mark before its deadline, and none whose fate is open or in doubt
        let is_next =
            deadline <= s.mark.0.saturating_add(STEP_DAYS) && deadline <= as_of && known.is_dated(i);
        let p = s.late_prob.filter(|_| is_next)?;
        Some((known.customer[i], p, f64::from(u8::from(known.settled[i] > deadline))))
    });
    bias(judged, &policy.gate)
}

/// Mean predicted less late share, and its limit: the policy's and three standard errors that take the invoices of one
/// customer for one observation.
fn bias(judged: impl Iterator<Item = (u32, f64, f64)>, gate: &GatePolicy) -> Option<DriftRow> {
    let (mut n, mut predicted, mut late) = (0.0, 0.0, 0.0);
    let mut of_customer: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (customer, p, y) in judged {
        n += 1.0;
        predicted += p;
        late += y;
        let sum = of_customer.entry(customer).or_default();
        *sum = (sum.0 + p - y, sum.1 + 1.0);
    }
    if n == 0.0 {
        return None;
    }
    let value = (predicted - late) / n;
    let squares: f64 = of_customer.values().map(|(miss, k)| (miss - k * value).powi(2)).sum();
    let limit = gate.late_bias_max + STANDARD_ERRORS * squares.sqrt() / n;
    Some(DriftRow {
        watched: Watched::Calibration,
        name: "late_prob".to_owned(),
        value,
        limit,
        moved: n >= gate.invoices_min as f64 && of_customer.len() >= CUSTOMERS_MIN && value.abs() > limit,
        reference: predicted / n,
        current: late / n,
        n: n as u64,
    })
}

/// What of it closes the gate, in words, the worst first; empty while the model may be used.
pub fn what_moved(rows: &[DriftRow]) -> Vec<String> {
    let mut moved: Vec<&DriftRow> = rows.iter().filter(|r| r.moved).collect();
    let past = |r: &DriftRow| r.value.abs() / r.limit;
    moved.sort_by(|a, b| past(b).total_cmp(&past(a)));
    let one = |r: &&DriftRow| match r.watched {
        Watched::Calibration => format!(
            "late_prob predicted {:.1} % of {} newly due invoices late, {:.1} % were (bias {:+.3}, limit {:.3})",
            100.0 * r.reference,
            r.n,
            100.0 * r.current,
            r.value,
            r.limit
        ),
        _ => format!(
            "{} {} moved from mean {:.3} to {:.3} (psi {:.2}, limit {:.2})",
            r.watched.name(),
            r.name,
            r.reference,
            r.current,
            r.value,
            r.limit
        ),
    };
    moved.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> GatePolicy {
        crate::policy::parse("[gate]\nlate_bias_max = 0.05\ninvoices_min = 10", "test").unwrap().gate.clone()
    }

    /// 100 customers, one invoice each, all called late with 0.5; `n_late` of them are.
    fn judged(n_late: u32) -> impl Iterator<Item = (u32, f64, f64)> {
        (0..100).map(move |c| (c, 0.5, f64::from(u8::from(c < n_late))))
    }

    #[test]
    fn a_bias_has_to_be_past_its_limit_by_three_standard_errors() {
        let even = bias(judged(50), &gate()).unwrap();
        assert!(
            (even.value, even.moved) == (0.0, false) && (even.limit - 0.05 - 3.0 * 5.0 / 100.0).abs() < 1e-12
        );
        let some = bias(judged(65), &gate()).unwrap();
        assert!((some.value + 0.15).abs() < 1e-12 && !some.moved);
        let much = bias(judged(75), &gate()).unwrap();
        assert!(much.moved && (much.limit - 0.05 - 3.0 * (100.0_f64 * 0.1875).sqrt() / 100.0).abs() < 1e-12);
        assert_eq!(bias(std::iter::empty(), &gate()), None);
    }

    #[test]
    fn invoices_of_one_customer_are_one_observation() {
        let ten = judged(75).map(|(c, p, y)| (c / 10, p, y));
        let ten = bias(ten, &gate()).unwrap();
        // seven and a half customers all late, the rest on time: 7 of 2.5, 1 of -2.5, 2 of -7.5, squared
        let squares: f64 = 7.0 * 2.5_f64.powi(2) + 2.5_f64.powi(2) + 2.0 * 7.5_f64.powi(2);
        assert!((ten.limit - 0.05 - 3.0 * squares.sqrt() / 100.0).abs() < 1e-12 && !ten.moved);
        let two = judged(100).map(|(c, p, y)| (c / 50, p, y));
        assert!(!bias(two, &gate()).unwrap().moved); // two customers tell nothing of their spread
    }

    #[test]
    fn few_invoices_close_no_gate() {
        let few = judged(100).take(9);
        let row = bias(few, &gate()).unwrap();
        assert!(row.value < -0.4 && !row.moved);
    }

    #[test]
    fn what_moved_is_said_with_its_figures_worst_first() {
        let row = |watched, name: &str, value, limit| DriftRow {
            watched,
            name: name.to_owned(),
            value,
            limit,
            moved: f64::abs(value) > limit,
            reference: 0.2,
            current: 0.5,
            n: 40,
        };
        let rows = [
            row(Watched::Feature, "terms_days", 1.5, 1.0),
            row(Watched::Score, "late_prob", 0.1, 1.0),
            row(Watched::Calibration, "late_prob", -0.3, 0.1),
        ];
        let told = what_moved(&rows);
        assert_eq!(told.len(), 2);
        assert_eq!(
            told[0],
            "late_prob predicted 20.0 % of 40 newly due invoices late, 50.0 % were (bias -0.300, limit 0.100)"
        );
        assert_eq!(told[1], "feature terms_days moved from mean 0.200 to 0.500 (psi 1.50, limit 1.00)");
    }
}
