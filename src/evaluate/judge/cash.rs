//! Metrics of weekly cash.

use super::{Judge, Judgement, Sheet};
use crate::core::Currency;
use crate::evaluate::catalog::Task;
use crate::evaluate::fold::Fold;
use crate::evaluate::interval::{INTERVALS, mean_pinball, weighted_interval_score};
use crate::evaluate::metric::wape;
use crate::evaluate::outcome::{CashOf, WEEKS, WeeklyCash};
use crate::evaluate::scaled::{mase, relative_bias, rmsse};
use crate::evaluate::statistic::Statistic;
use crate::numeric::sum;

/// Weeks whose coverage is told together.
const FIRST_WEEKS: usize = 8;

/// What is judged together: one source, one currency or all of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub source: CashOf,
    pub currency: Option<Currency>,
}

/// One finished week of one origin.
#[derive(Debug, Clone, Copy)]
struct Week {
    week: usize,
    expected: f64,
    actual: f64,
}

/// One finished week of one origin and currency, with the forecast's quantiles.
struct Spread {
    week: usize,
    quantile: [f64; 7],
    actual: f64,
}

impl Spread {
    fn holds(&self, low: usize, high: usize) -> bool {
        (self.quantile[low]..=self.quantile[high]).contains(&self.actual)
    }
}

impl Judge<'_> {
    pub(super) fn cash(&self, model: usize, out: &mut Judgement) {
        for (source, currency) in self.cells(model) {
            let cell = Cell { source, currency };
            let (name, task) = (&self.models[model], Task::Cash);
            let mut sheet = Sheet { out, name, model, task, source: Some(source), currency };
            self.errors(model, cell, &mut sheet);
            self.scaled(model, cell, &mut sheet);
            self.intervals(model, cell, &mut sheet);
        }
    }

    fn errors(&self, model: usize, cell: Cell, sheet: &mut Sheet<'_>) {
        let weeks: Vec<Week> = self.folds.iter().flat_map(|f| self.weeks(f, model, None, cell)).collect();
        let columns =
            |of: &[Week]| -> (Vec<f64>, Vec<f64>) { of.iter().map(|w| (w.expected, w.actual)).unzip() };
        let (expected, actual) = columns(&weeks);
        let statistic = |metric, h| self.cash_statistic(metric, h, model, None, cell);
        let interval = |metric, h| statistic(metric, h).and_then(|s| self.interval(&s));
        sheet.try_push("wape", weeks.len(), wape(&expected, &actual), interval("wape", WEEKS));
        for week in 0..WEEKS {
            let of: Vec<Week> = weeks.iter().copied().filter(|w| w.week == week).collect();
            let (expected, actual) = columns(&of);
            if let Ok(value) = wape(&expected, &actual) {
                sheet.push("wape", Some(week + 1), of.len(), value, None);
            }
        }
        for horizon in 1..=WEEKS {
            let Some(Statistic::Ratio { above, below }) = statistic("cumulative_wape", horizon) else {
                continue;
            };
            let n = self.folds.iter().filter(|f| self.total(f, model, None, cell, horizon).is_some()).count();
            let found = Statistic::Ratio { above, below };
            if let Some(value) = found.value() {
                sheet.push("cumulative_wape", Some(horizon), n, value, self.interval(&found));
            }
        }
        sheet.try_push("bias", weeks.len(), relative_bias(&expected, &actual), None);
    }

    /// Scaled errors are of one series, an origin in a currency, each; all series weigh alike.
    fn scaled(&self, model: usize, cell: Cell, sheet: &mut Sheet<'_>) {
        let (mut absolute, mut squared, mut n) = (Vec::new(), Vec::new(), 0);
        for fold in self.folds {
            for cash in cash_in(fold, model, cell) {
                let Some(&scale) = fold.scale.get(&cash.currency) else { continue };
                let one = Cell { currency: Some(cash.currency), ..cell };
                let weeks = self.weeks(fold, model, None, one);
                let rate = self.rate(cash.currency);
                let (expected, actual): (Vec<f64>, Vec<f64>) =
                    weeks.iter().map(|w| (w.expected / rate, w.actual / rate)).unzip();
                if let (Ok(a), Ok(s)) = (mase(&expected, &actual, scale), rmsse(&expected, &actual, scale)) {
                    absolute.push(a);
                    squared.push(s);
                    n += weeks.len();
                }
            }
        }
        sheet.push("mase", None, n, sum(&absolute) / absolute.len() as f64, None);
        sheet.push("rmsse", None, n, sum(&squared) / squared.len() as f64, None);
    }

    fn intervals(&self, model: usize, cell: Cell, sheet: &mut Sheet<'_>) {
        let spreads: Vec<Spread> =
            self.folds.iter().flat_map(|f| self.spreads(f, model, None, cell)).collect();
        let n = spreads.len();
        if n == 0 {
            return;
        }
        let total = |f: &dyn Fn(&Spread) -> f64| sum(&spreads.iter().map(f).collect::<Vec<_>>());
        let actual = total(&|s| s.actual);
        let statistic = |metric: &str| self.cash_statistic(metric, WEEKS, model, None, cell);
        let interval = |metric: &str| statistic(metric).and_then(|s| self.interval(&s));
        sheet.push("pinball", None, n, total(&|s| mean_pinball(&s.quantile, s.actual)) / actual, None);
        let wis = total(&|s| weighted_interval_score(&s.quantile, s.actual)) / actual;
        sheet.push("wis", None, n, wis, interval("wis"));
        let names = [("coverage_50", "width_50"), ("coverage_80", "width_80"), ("coverage_90", "width_90")];
        for ((coverage, width), (_, low, high)) in names.into_iter().zip(INTERVALS) {
            let held = |of: &[&Spread]| {
                let inside = of.iter().filter(|s| s.holds(low, high)).count();
                (of.len(), inside as f64 / of.len() as f64)
            };
            let (n, value) = held(&spreads.iter().collect::<Vec<_>>());
            sheet.push(coverage, None, n, value, interval(coverage));
            for week in 0..WEEKS {
                let (n, value) = held(&spreads.iter().filter(|s| s.week == week).collect::<Vec<_>>());
                sheet.push(coverage, Some(week + 1), n, value, None);
            }
            if coverage == "coverage_80" {
                let (n, value) = held(&spreads.iter().filter(|s| s.week < FIRST_WEEKS).collect::<Vec<_>>());
                sheet.push("coverage_80_first_8", None, n, value, None);
            }
            let widths = total(&|s| s.quantile[high] - s.quantile[low]);
            sheet.push(width, None, n, widths / actual, None);
        }
    }

    /// The parts of a metric by origin, over weeks and currencies of which `other` says something too.
    pub(super) fn cash_statistic(
        &self,
        metric: &str,
        horizon: usize,
        model: usize,
        other: Option<usize>,
        cell: Cell,
    ) -> Option<Statistic> {
        let of_spreads = |above: &dyn Fn(&Spread) -> f64, below: &dyn Fn(&Spread) -> f64| {
            let parts = self.folds.iter().map(|f| {
                let spreads = self.spreads(f, model, other, cell);
                let total = |of: &dyn Fn(&Spread) -> f64| sum(&spreads.iter().map(of).collect::<Vec<_>>());
                (total(above), total(below))
            });
            parts.unzip()
        };
        let held =
            |low, high| of_spreads(&move |s: &Spread| f64::from(u8::from(s.holds(low, high))), &|_| 1.0);
        let (above, below) = match metric {
            "wape" => {
                let parts = self.folds.iter().map(|f| {
                    let weeks = self.weeks(f, model, other, cell);
                    let total = |of: &dyn Fn(&Week) -> f64| sum(&weeks.iter().map(of).collect::<Vec<_>>());
                    (total(&|w| (w.expected - w.actual).abs()), total(&|w| w.actual.abs()))
                });
                parts.unzip()
            }
            "cumulative_wape" => {
                let totals = self.folds.iter().map(|f| self.total(f, model, other, cell, horizon));
                totals.map(|t| t.map_or((0.0, 0.0), |(e, a)| ((e - a).abs(), a.abs()))).unzip()
            }
            "wis" => of_spreads(&|s| weighted_interval_score(&s.quantile, s.actual), &|s| s.actual),
            "coverage_50" => held(2, 4),
            "coverage_80" => held(1, 5),
            "coverage_90" => held(0, 6),
            _ => return None,
        };
        Some(Statistic::Ratio { above, below })
    }

    /// Forecast and actual cash of the first `horizon` weeks of an origin; none unless they have ended and the
    /// forecast has them all.
    fn total(
        &self,
        fold: &Fold,
        model: usize,
        other: Option<usize>,
        cell: Cell,
        horizon: usize,
    ) -> Option<(f64, f64)> {
        let weeks = self.weeks(fold, model, other, cell);
        let first: Vec<&Week> = weeks.iter().filter(|w| w.week < horizon).collect();
        let total = |of: fn(&Week) -> f64| sum(&first.iter().map(|w| of(w)).collect::<Vec<_>>());
        (first.len() == horizon).then(|| (total(|w| w.expected), total(|w| w.actual)))
    }

    /// The finished weeks of an origin, currencies of a week added up at their rates.
    fn weeks(&self, fold: &Fold, model: usize, other: Option<usize>, cell: Cell) -> Vec<Week> {
        let currencies = both(fold, model, other, cell);
        let week = |week: usize| {
            let said = currencies
                .iter()
                .filter(|(c, o)| !c.expected[week].is_nan() && o.is_none_or(|o| !o.expected[week].is_nan()));
            let (mut n, mut expected, mut actual) = (0, 0.0, 0.0);
            for (c, _) in said {
                let rate = self.rate(c.currency);
                n += 1;
                expected += rate * c.expected[week];
                actual += rate * fold.outcome.cash(cell.source, c.currency)[week];
            }
            (n > 0).then_some(Week { week, expected, actual })
        };
        (0..fold.outcome.n_weeks).filter_map(week).collect()
    }

    /// The finished weeks of an origin with quantiles, each currency by itself, in the reporting currency.
    fn spreads(&self, fold: &Fold, model: usize, other: Option<usize>, cell: Cell) -> Vec<Spread> {
        let mut out = Vec::new();
        for (c, o) in both(fold, model, other, cell) {
            let (Some(quantile), true) = (c.quantile, o.is_none_or(|o| o.quantile.is_some())) else {
                continue;
            };
            let rate = self.rate(c.currency);
            let actual = fold.outcome.cash(cell.source, c.currency);
            for week in 0..fold.outcome.n_weeks {
                let quantile = quantile[week].map(|q| rate * q);
                out.push(Spread { week, quantile, actual: rate * actual[week] });
            }
        }
        out
    }
}

fn cash_in(fold: &Fold, model: usize, cell: Cell) -> impl Iterator<Item = &WeeklyCash> {
    let cash = fold.forecasts[model].cash.iter();
    cash.filter(move |c| c.source == cell.source && cell.currency.is_none_or(|only| c.currency == only))
}

/// A model's cash by currency, beside that of `other` if there is one.
fn both<'a>(
    fold: &'a Fold,
    model: usize,
    other: Option<usize>,
    cell: Cell,
) -> Vec<(&'a WeeklyCash, Option<&'a WeeklyCash>)> {
    let pair = |c: &'a WeeklyCash| match other {
        None => Some((c, None)),
        Some(other) => cash_in(fold, other, cell).find(|o| o.currency == c.currency).map(|o| (c, Some(o))),
    };
    cash_in(fold, model, cell).filter_map(pair).collect()
}
