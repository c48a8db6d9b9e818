//! Survival curves of the open invoices.

use super::PartPayments;
use super::curve::{Curves, interpolate};
use crate::core::Day;
use crate::core::room::zeros;
use crate::features::Survey;
use crate::features::calendar::{Calendar, PayDay};
use crate::features::day_row::{DayRow, Days, InvoiceHazard, Still};
use crate::features::facts::Facts;
use crate::features::habits::Habits;
use crate::features::outlived::{Outlived, rate_of};
use crate::features::prior::Prior;
use crate::ledger::Known;
use crate::model::Hazard;
use crate::numeric::lanes::{Exponentials, Loop, logistic, wide};
use crate::policy::{Part, ValidPolicy};
use rayon::prelude::*;

/// Days after as_of that are looked at one by one: the daily horizon of the cash forecast.
pub const DAILY_DAYS: i32 = 91;
/// Days after as_of up to which curves are kept by the day: six calendar months and a week.
const GRID_DAILY_DAYS: i32 = 189;
/// Days in a span of the grid after those, and of the hazard past the daily horizon near the due date.
const SPAN_DAYS: i32 = 7;
/// Days in a span of the hazard elsewhere: it hardly moves there.
const LONG_SPAN_DAYS: i32 = 21;
/// What is near the due date, on either side of it.
const NEAR_DUE_DAYS: i32 = 35;
/// Curves of the open invoices, in ledger order.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Ledger index of each open invoice.
    pub open: Vec<u32>,
    /// Their curves, one row each.
    pub curves: Curves,
    /// Habits at as_of of each customer of the ledger.
    pub habits: Vec<Habits>,
    /// How what the curves settle comes in as money.
    pub part_payments: PartPayments,
}

/// The grid of days after as_of: by the day to 189, then by the week, the last edge being the loss horizon.
pub fn grid(loss_horizon_days: i32) -> Vec<i32> {
    let daily = GRID_DAILY_DAYS.min(loss_horizon_days);
    let mut edges: Vec<i32> = (0..=daily).collect();
    let mut last = daily;
    while last < loss_horizon_days {
        last = (last + SPAN_DAYS).min(loss_horizon_days);
        edges.push(last);
    }
    edges
}

/// Predicts the curve of every open invoice.
///
/// `S[d] = prod_{j <= d} (1 - h[j])` with the model's daily hazard `h`: day by day to 91 days, then by spans of a
/// week, or three where the due date is far, with the hazard of their middle on an average pay day, cut at the due date
/// so that it is always an edge.
pub fn predict(known: &Known, survey: &Survey, hazard: &Hazard, policy: &ValidPolicy) -> Prediction {
    predict_and(known, survey, hazard, policy, |_| ()).0
}

/// An open invoice as its curve was predicted from.
pub(super) struct Predicted<'a> {
    pub facts: &'a Facts,
    pub still: Still,
    pub hazard: InvoiceHazard<'a>,
    /// The days of the daily horizon.
    pub days: &'a [DayRow],
    edges: &'a [i32],
    curve: &'a [f64],
}

impl Predicted<'_> {
    /// Survival so many days after as_of.
    pub fn open_at(&self, days: i32) -> f64 {
        interpolate(self.edges, self.curve, days)
    }
}

/// [`predict`], and what `of_each` makes of every open invoice, in the prediction's order.
pub(super) fn predict_and<T: Send>(
    known: &Known,
    survey: &Survey,
    hazard: &Hazard,
    policy: &ValidPolicy,
    of_each: impl Fn(&Predicted<'_>) -> T + Sync,
) -> (Prediction, Vec<T>) {
    let edges = grid(policy.score.loss_horizon_days);
    let open = known.open_invoices();
    let mut rows_of: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
    for (k, &i) in open.iter().enumerate() {
        let c = known.customer[i as usize] as usize;
        match rows_of.last_mut() {
            Some((last, rows)) if *last == c => rows.end = k + 1,
            _ => rows_of.push((c, k..k + 1)),
        }
    }
    let habits: Vec<Habits> = (0..known.n_customers())
        .into_par_iter()
        .with_min_len(64)
        .with_max_len(256)
        .map(|c| {
            let open: Vec<u32> =
                known.invoices_of(c).filter(|&i| known.open_amount[i].0 > 0).map(|i| i as u32).collect();
            let (prior, memory, almanac) = (survey.prior(), &survey.memory, &survey.almanac);
            let habits = Habits::new(known, &survey.states[c], &open, prior, memory, almanac);
            Habits { surprise: survey.surprises.get(c).copied().unwrap_or_default(), ..habits }
        })
        .collect();
    let width = edges.len();
    let mut survival = zeros(open.len() * width);
    let mut work = Vec::with_capacity(rows_of.len());
    let mut rest = survival.as_mut_slice();
    for (c, rows) in rows_of {
        let (now, later) = rest.split_at_mut(rows.len() * width);
        work.push((c, rows, now));
        rest = later;
    }
    let of_customer = |(c, rows, survival): (usize, std::ops::Range<usize>, &mut [f64])| -> Vec<T> {
        let view = View::new(survey, &habits[c]);
        let mut days = Vec::with_capacity(DAILY_DAYS as usize);
        let one = |(k, row): (usize, &mut [f64])| {
            let facts = Facts::new(known, open[k] as usize, view.habits, view.prior);
            let mut invoice = Days::new(view.prior, view.habits, facts);
            let still = invoice.still();
            let hazard = hazard.of(&still);
            view.curve(&mut invoice, hazard, &edges, &mut days, row);
            of_each(&Predicted { facts: &facts, still, hazard, days: &days, edges: &edges, curve: row })
        };
        rows.zip(survival.chunks_exact_mut(width)).map(one).collect()
    };
    let made: Vec<T> =
        work.into_par_iter().with_min_len(8).with_max_len(64).flat_map_iter(of_customer).collect();
    let part_payments = match policy.leaves_out(Part::PartPayments) {
        true => PartPayments::at_once(),
        false => PartPayments::of(known),
    };
    (Prediction { open, curves: Curves::new(edges, survival), habits, part_payments }, made)
}

/// One customer at as_of.
struct View<'a> {
    prior: &'a Prior,
    habits: &'a Habits,
    /// The days of the daily horizon: all invoices of the customer look at the same ones.
    pay_days: Vec<PayDay>,
}

impl<'a> View<'a> {
    fn new(survey: &'a Survey, habits: &'a Habits) -> Self {
        let (prior, almanac) = (survey.prior(), &survey.almanac);
        let calendar = Calendar::new(habits, prior, almanac);
        let pay_days = (1..=DAILY_DAYS).map(|day| calendar.day(prior.mark.0 + day)).collect();
        Self { prior, habits, pay_days }
    }

    /// Writes the curve of an invoice to `row`, and the covariates of the daily horizon to `days`.
    fn curve(
        &self,
        invoice: &mut Days<'_>,
        hazard: InvoiceHazard<'_>,
        edges: &[i32],
        days: &mut Vec<DayRow>,
        row: &mut [f64],
    ) {
        days.clear();
        let as_of = self.prior.mark.0;
        let mut outlived = hazard.outlived(invoice.facts().due() - as_of);
        let mut stay = [0.0; DAILY_DAYS as usize];
        for ((day, pay_day), log_odds) in (1..=DAILY_DAYS).zip(&self.pay_days).zip(&mut stay) {
            let x = invoice.on(as_of + day, pay_day);
            *log_odds = hazard.log_odds(&x);
            days.push(x);
        }
        wide(Stays(&mut stay));
        if !outlived.is_idle() {
            for stay in &mut stay {
                let rate = rate_of(*stay);
                *stay = -outlived.slower(rate);
                outlived.pass(1, rate);
            }
            wide(Exponentials(&mut stay));
        }
        let mut survival = 1.0;
        row[0] = survival;
        for (at, stay) in row[1..].iter_mut().zip(stay) {
            survival *= stay;
            *at = survival;
        }
        self.tail(invoice, hazard, outlived, edges, row, survival);
    }

    /// The curve past the daily horizon.
    fn tail(
        &self,
        invoice: &Days<'_>,
        hazard: InvoiceHazard<'_>,
        mut outlived: Outlived,
        edges: &[i32],
        row: &mut [f64],
        mut survival: f64,
    ) {
        let as_of = self.prior.mark.0;
        let due = invoice.facts().due() - as_of;
        let last = edges[edges.len() - 1];
        let (mut from, mut k) = (DAILY_DAYS, DAILY_DAYS as usize + 1);
        while from < last {
            let is_near = from > due - NEAR_DUE_DAYS - LONG_SPAN_DAYS && from < due + NEAR_DUE_DAYS;
            let mut to = (from + if is_near { SPAN_DAYS } else { LONG_SPAN_DAYS }).min(last);
            if from < due && due < to {
                to = due;
            }
            let middle = as_of + from + (to - from + 1) / 2;
            let usual = 1.0 - hazard.on(&invoice.around(middle, self.prior.season_on(middle)));
            let stay = outlived.stays_and_passes(to - from, usual);
            for day in from + 1..=to {
                survival *= stay;
                if edges[k] == day {
                    row[k] = survival;
                    k += 1;
                }
            }
            from = to;
        }
    }
}

/// Log-odds of settlement on each day turn into the probability of staying open.
struct Stays<'a>(&'a mut [f64]);

impl Loop for Stays<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.0.iter_mut().for_each(|x| *x = 1.0 - logistic(*x));
    }
}

/// Survival of an invoice at each day `0..=last` after the prior's mark, written to `out`: the daily part of a curve.
pub(super) fn daily_survival(
    mut invoice: Days<'_>,
    hazard: &Hazard,
    mark: Day,
    calendar: &Calendar<'_>,
    last: i32,
    out: &mut Vec<f64>,
) {
    let still = invoice.still();
    let hazard = hazard.of(&still);
    let mut outlived = hazard.outlived(invoice.facts().due() - mark.0);
    let mut survival = 1.0;
    out.clear();
    out.push(survival);
    for day in mark.0 + 1..=mark.0 + last {
        let stay = 1.0 - hazard.on(&invoice.on(day, &calendar.day(day)));
        survival *= outlived.stays_and_passes(1, stay);
        out.push(survival);
    }
}
