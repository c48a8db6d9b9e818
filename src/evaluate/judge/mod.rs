//! All folds together: metrics of each model, and who beats whom.

mod cash;
mod late;
mod skill;

pub use skill::{Outlook, Skill};

use super::challenger::Coverage;
use super::fold::Fold;
use super::metric::MetricError;
use super::outcome::{CashOf, DAYS, WEEKS};
use super::reliability::Bin;
use super::statistic::{Bootstrap, Statistic};
use super::{catalog, catalog::Task};
use crate::core::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// Weeks of the cumulative error of which the skill is told: the month that a treasurer plans.
const SKILL_WEEKS: usize = 4;

/// One value of a metric, over all origins.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricRow {
    /// Place among the models.
    pub model: usize,
    /// What was forecast.
    pub task: Task,
    /// Which metric, as [`catalog::METRICS`] names it.
    pub metric: &'static str,
    /// Weeks after the origin, if the metric is of some of them.
    pub horizon: Option<i32>,
    /// Where the cash came from; none for lateness.
    pub source: Option<CashOf>,
    /// None for all of them together, at the rates of the reporting currency.
    pub currency: Option<Currency>,
    /// The metric.
    pub value: f64,
    /// Ends of its 95 % interval, where origins are enough for one and the metric is a sum over them.
    pub interval: Option<(f64, f64)>,
    /// Forecasts it was taken over.
    pub n: u64,
}

/// What a backtest found.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// By model, in the order of [`catalog::METRICS`].
    pub metrics: Vec<MetricRow>,
    /// Of the engine and of each challenger against every other model that forecast the same.
    pub skills: Vec<Skill>,
    /// Bins of each model that scores invoices.
    pub reliability: Vec<(usize, Bin)>,
    /// Of each challenger, by its place among the models.
    pub coverage: Vec<(usize, Coverage)>,
    /// Metrics that have no value, and why.
    pub warnings: Vec<String>,
}

/// Judges the folds.
///
/// # Shapes and units
/// - `models`: names, in the order of the forecasts of each fold; those from `n_own` on are challengers.
/// - `rates`: units of the reporting currency for one of each currency; 1 where missing. They weigh currencies that are
///   added up, for all origins alike, so that a rate's moves are no error of a forecast.
/// - `every_days`: days from one origin to the next.
pub fn judge(
    folds: &[Fold],
    models: &[String],
    n_own: usize,
    rates: &BTreeMap<Currency, f64>,
    every_days: i32,
    seed: u64,
) -> Judgement {
    let overlap = (DAYS as usize).div_ceil(every_days.max(1) as usize);
    let judge = Judge { folds, models, rates, bootstrap: Bootstrap::new(folds.len(), overlap, seed) };
    let mut out = Judgement {
        metrics: Vec::new(),
        skills: Vec::new(),
        reliability: Vec::new(),
        coverage: Vec::new(),
        warnings: Vec::new(),
    };
    for model in 0..models.len() {
        judge.late(model, &mut out);
        judge.cash(model, &mut out);
    }
    for model in std::iter::once(0).chain(n_own..models.len()) {
        judge.skills(model, &mut out.skills);
    }
    out.coverage = (n_own..models.len()).map(|m| (m, judge.coverage(m, n_own))).collect();
    out
}

/// Everything that is judged.
struct Judge<'a> {
    folds: &'a [Fold],
    models: &'a [String],
    rates: &'a BTreeMap<Currency, f64>,
    bootstrap: Bootstrap,
}

impl Judge<'_> {
    fn rate(&self, currency: Currency) -> f64 {
        self.rates.get(&currency).copied().unwrap_or(1.0)
    }

    fn interval(&self, statistic: &Statistic) -> Option<(f64, f64)> {
        self.bootstrap.interval(|sample| statistic.over(sample))
    }

    /// Sources and currencies that a model forecasts; none stands for all currencies together.
    fn cells(&self, model: usize) -> BTreeSet<(CashOf, Option<Currency>)> {
        let cash = self.folds.iter().flat_map(|f| &f.forecasts[model].cash);
        let pairs: BTreeSet<(CashOf, Currency)> = cash.map(|c| (c.source, c.currency)).collect();
        let mut cells: BTreeSet<_> = pairs.iter().map(|p| (p.0, None)).collect();
        let currencies: BTreeSet<Currency> = pairs.iter().map(|p| p.1).collect();
        if currencies.len() > 1 {
            cells.extend(pairs.into_iter().map(|(source, currency)| (source, Some(currency))));
        }
        cells
    }

    fn coverage(&self, model: usize, n_own: usize) -> Coverage {
        let mut out = Coverage::default();
        for fold in self.folds {
            let scored = fold.forecasts[model].late_prob.iter().flatten().filter(|p| !p.is_nan()).count();
            out.invoices.0 += scored as u64;
            out.invoices.1 += fold.invoices.len() as u64;
            for (source, weeks) in
                [(CashOf::Open, &mut out.open_weeks), (CashOf::Total, &mut out.total_weeks)]
            {
                let of = |m: usize| fold.forecasts[m].cash.iter().filter(move |c| c.source == source);
                let said = of(model).flat_map(|c| c.expected).filter(|e| !e.is_nan()).count();
                let there = (0..n_own).map(|m| of(m).count()).max().unwrap_or(0);
                weeks.0 += said as u64;
                weeks.1 += (there * WEEKS) as u64;
            }
        }
        out
    }
}

/// Puts rows of one model, source and currency into a judgement.
struct Sheet<'a> {
    out: &'a mut Judgement,
    name: &'a str,
    model: usize,
    task: Task,
    source: Option<CashOf>,
    currency: Option<Currency>,
}

impl Sheet<'_> {
    fn push(
        &mut self,
        metric: &'static str,
        horizon: Option<usize>,
        n: usize,
        value: f64,
        interval: Option<(f64, f64)>,
    ) {
        let horizon = horizon.map(|h| h as i32);
        let (model, task, source, currency) = (self.model, self.task, self.source, self.currency);
        debug_assert!(catalog::metric(task, metric).is_some(), "{metric} is in the catalog");
        if value.is_finite() {
            let n = n as u64;
            let row = MetricRow { model, task, metric, horizon, source, currency, value, interval, n };
            self.out.metrics.push(row);
        }
    }

    /// A value that may be none, with a warning that says why.
    fn try_push(
        &mut self,
        metric: &'static str,
        n: usize,
        value: Result<f64, MetricError>,
        interval: Option<(f64, f64)>,
    ) {
        match value {
            Ok(value) => self.push(metric, None, n, value, interval),
            Err(why) => {
                let place = match (self.source, self.currency) {
                    (None, _) => String::new(),
                    (Some(s), None) => format!(" of {}", s.name()),
                    (Some(s), Some(c)) => format!(" of {} in {c}", s.name()),
                };
                self.out.warnings.push(format!("{}, {metric}{place}: {why}", self.name));
            }
        }
    }
}
