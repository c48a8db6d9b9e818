//! One origin: what each model forecast there, and what then happened.

use super::BacktestError;
use super::baseline::{Baseline, DailyCash, Stand};
use super::challenger::{Challenger, Ground};
use super::origin::Window;
use super::outcome::{CashOf, Outcome, WEEKS, WeeklyCash, places};
use super::scaled::NaiveScale;
use crate::core::{Currency, Day};
use crate::features::{Purpose, survey};
use crate::forecast::{CashForecast, Grain, cash_forecast, future_cash, last_day};
use crate::ledger::Known;
use crate::model::hazard;
use crate::model::solver::FitReport;
use crate::policy::ValidPolicy;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The engine's own name among the models.
pub const ARREARS: &str = "arrears";

/// What is held against each other at every origin.
#[derive(Debug, Clone, Copy)]
pub struct Contest<'a> {
    /// The ledger at its end.
    pub end: &'a Known,
    /// How far back an origin looks.
    pub window: Window,
    /// Of the fits and forecasts.
    pub policy: &'a ValidPolicy,
    /// Of every draw.
    pub seed: u64,
    /// Forecasts of the user's own.
    pub challengers: &'a [Challenger],
}

impl Contest<'_> {
    /// Names of all models, in the order of the tables: the engine, the baselines, the challengers.
    pub fn models(&self) -> Vec<String> {
        let baselines = Baseline::ALL.iter().map(|b| b.name());
        let names =
            std::iter::once(ARREARS).chain(baselines).chain(self.challengers.iter().map(Challenger::name));
        names.map(str::to_owned).collect()
    }
}

/// What one model forecast at an origin.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelForecast {
    /// Of each invoice not yet due; NaN for one of which a challenger says nothing. None if the model says nothing of
    /// lateness.
    pub late_prob: Option<Vec<f64>>,
    /// Cash by week, one entry for each source and currency that the model forecasts.
    pub cash: Vec<WeeklyCash>,
}

/// One origin, with forecasts in the order of [`Contest::models`].
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// The as_of of every forecast in it.
    pub origin: Day,
    /// Invoices open and not yet due, as indices into the ledger at its end.
    pub invoices: Vec<u32>,
    /// Forecasts, one a model.
    pub forecasts: Vec<ModelForecast>,
    /// What then happened.
    pub outcome: Outcome,
    /// Error of the naive forecast of weekly cash before the origin, by currency; none where it made none.
    pub scale: BTreeMap<Currency, NaiveScale>,
    /// How the engine's fit went.
    pub fit: FitReport,
}

/// Refits every model on what was known at `origin`, forecasts, and looks up what then happened.
///
/// Nothing after the origin reaches a forecast: models and baselines see the ledger's
/// [`known_at`](crate::ledger::Ledger::known_at) and challengers speak for themselves.
///
/// # Errors
/// [`BacktestError`] for an origin without a finished week after it, without an open invoice or without enough history
/// for a model, and for a challenger's row that belongs to no invoice or currency here.
pub fn fold(contest: &Contest<'_>, origin: Day) -> Result<Fold, BacktestError> {
    let Contest { end, policy, .. } = *contest;
    let all = end.known_at(origin);
    let (known, forgotten, since) = match contest.window {
        Window::Expanding => (all, None, Day(i32::MIN)),
        Window::Sliding { days } => {
            let since = origin.plus(1 - days);
            (end.known_since(origin, since), Some(all), since)
        }
    };
    let open = known.open_invoices();
    if open.is_empty() {
        return Err(BacktestError::NothingOpen { origin });
    }
    let not_yet_due: Vec<u32> = open.iter().copied().filter(|&i| known.due[i as usize] > origin.0).collect();
    let place = places(&known, end);
    let outcome = Outcome::of(&known, end, &not_yet_due, &place, policy.ledger.grace_days);
    if outcome.n_weeks == 0 {
        return Err(BacktestError::NoOutcome { origin, end: end.as_of() });
    }
    let history = DailyCash::of(forgotten.as_ref().unwrap_or(&known), since);
    drop(forgotten);
    let stand = Stand {
        known: &known,
        open: &open,
        not_yet_due: &not_yet_due,
        since,
        grace_days: policy.ledger.grace_days,
        aging_edges_days: &policy.ledger.aging_edges_days,
        history: &history,
    };
    let (engine, baselines) = rayon::join(
        || engine(&known, &not_yet_due, contest),
        || Baseline::ALL.par_iter().map(|b| b.forecast(&stand)).collect::<Vec<_>>(),
    );
    let (engine, fit) = engine.map_err(|source| BacktestError::Model { origin, source })?;
    let invoices: Vec<u32> = not_yet_due.iter().map(|&i| place[i as usize]).collect();
    let ground = Ground { origin, end, invoices: &invoices };
    let claims = contest.challengers.iter().map(|c| c.at(&ground)).collect::<Result<Vec<_>, _>>()?;
    let scale = history.iter().filter_map(|h| Some((h.currency, NaiveScale::of(&h.weeks()).ok()?))).collect();
    let forecasts = std::iter::once(engine).chain(baselines).chain(claims).collect();
    Ok(Fold { origin, invoices, forecasts, outcome, scale, fit })
}

/// The engine's own forecasts, by the same calls as a run makes.
fn engine(
    known: &Known,
    not_yet_due: &[u32],
    contest: &Contest<'_>,
) -> Result<(ModelForecast, FitReport), hazard::ModelError> {
    let narrowed = match contest.window {
        Window::Expanding => contest.policy.clone(),
        Window::Sliding { days } => contest.policy.clone().looking_back(days),
    };
    let mut survey = survey(known, &narrowed, Purpose::Fit);
    let (model, surprises) = hazard::fit_and_look_back(known, &survey, &narrowed, contest.seed)?;
    let common = crate::score::dependence(known, &survey, &model, &narrowed);
    let narrowed = narrowed.with_dependence(common.customer, common.portfolio, common.week);
    survey.surprises = surprises;
    let prediction = crate::score::predict(known, &survey, &model, &narrowed);
    let scores = crate::score::score(known, &prediction, &narrowed);
    let mut late_prob = Vec::with_capacity(not_yet_due.len());
    let mut due = not_yet_due.iter().peekable();
    for score in &scores {
        if due.next_if(|&&i| i == score.invoice).is_some() {
            late_prob.push(score.late_prob);
        }
    }
    let new = crate::score::NewInvoices::new(&survey, &model, &prediction);
    let part_payments = &prediction.part_payments;
    let future = future_cash(known, (&new, part_payments), &narrowed, last_day(known.as_of()));
    drop(survey);
    let (open, curves) = (&prediction.open, &prediction.curves);
    let forecast = cash_forecast(known, open, (curves, part_payments), &future, &narrowed, contest.seed);
    let mut cash = weekly(&forecast);
    // nothing is easy to forecast where nothing is open
    let owes =
        |c: Currency| open.iter().any(|&i| known.currency_code[known.currency[i as usize] as usize] == c);
    cash.retain(|c| c.source != CashOf::Open || owes(c.currency));
    Ok((ModelForecast { late_prob: Some(late_prob), cash }, model.report))
}

/// The weeks of the whole portfolio, whatever sources the forecast has.
fn weekly(forecast: &CashForecast) -> Vec<WeeklyCash> {
    let mut found: BTreeMap<(CashOf, Currency), WeeklyCash> = BTreeMap::new();
    for k in 0..forecast.period.len() {
        let Some(source) = CashOf::from_name(forecast.source[k].name()) else { continue };
        let week = forecast.period[k] as usize;
        if forecast.grain[k] != Grain::Week || forecast.segment.get(k) != "all" || week >= WEEKS {
            continue;
        }
        let currency = forecast.currency[k];
        let none = WeeklyCash { source, currency, expected: [0.0; WEEKS], quantile: Some([[0.0; 7]; WEEKS]) };
        let cash = found.entry((source, currency)).or_insert(none);
        cash.expected[week] = forecast.expected[k];
        if let Some(quantile) = &mut cash.quantile {
            quantile[week] = std::array::from_fn(|q| forecast.quantile[q][k]);
        }
    }
    found.into_values().collect()
}
