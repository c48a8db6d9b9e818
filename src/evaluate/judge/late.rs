//! Metrics of lateness.

use super::{Judge, Judgement, Sheet};
use crate::evaluate::catalog::Task;
use crate::evaluate::fold::Fold;
use crate::evaluate::metric::{auc, brier_score, calibration, calibration_in_the_large, log_loss};
use crate::evaluate::reliability::{N_BINS, bins, brier_decomposition, expected_calibration_error};
use crate::evaluate::statistic::Statistic;

/// Forecasts and outcomes of one origin.
type Rows = (Vec<f64>, Vec<bool>);

impl Judge<'_> {
    pub(super) fn late(&self, model: usize, out: &mut Judgement) {
        if self.folds.iter().all(|f| f.forecasts[model].late_prob.is_none()) {
            return;
        }
        let (mut p, mut y) = (Vec::new(), Vec::new());
        for fold in self.folds {
            let rows = rows(fold, model, None);
            p.extend(rows.0);
            y.extend(rows.1);
        }
        let n = y.len();
        let statistic = |metric| self.late_statistic(metric, model, None);
        let interval = |metric| statistic(metric).and_then(|s| self.interval(&s));
        out.reliability.extend(bins(&p, &y, N_BINS).into_iter().flatten().map(|bin| (model, bin)));
        let (name, task) = (&self.models[model], Task::Late);
        let mut sheet = Sheet { out, name, model, task, source: None, currency: None };
        sheet.try_push("auc", n, auc(&p, &y), interval("auc"));
        sheet.try_push("log_loss", n, log_loss(&p, &y), interval("log_loss"));
        sheet.try_push("brier", n, brier_score(&p, &y), interval("brier"));
        if let Ok(parts) = brier_decomposition(&p, &y, N_BINS) {
            sheet.push("brier_reliability", None, n, parts.reliability, None);
            sheet.push("brier_resolution", None, n, parts.resolution, None);
            sheet.push("brier_uncertainty", None, n, parts.uncertainty, None);
        }
        sheet.try_push("bias", n, calibration_in_the_large(&p, &y), None);
        let line = calibration(&p, &y);
        sheet.try_push("calibration_slope", n, line.clone().map(|l| l.slope), None);
        if let Ok(line) = line {
            sheet.push("calibration_intercept", None, n, line.intercept, None);
        }
        sheet.try_push("ece", n, expected_calibration_error(&p, &y, N_BINS), None);
    }

    /// The parts of a metric by origin, over invoices of which `other` says something too.
    pub(super) fn late_statistic(
        &self,
        metric: &str,
        model: usize,
        other: Option<usize>,
    ) -> Option<Statistic> {
        let rows = self.folds.iter().map(|f| rows(f, model, other));
        let loss = match metric {
            "auc" => return Some(Statistic::auc(rows.map(split).collect())),
            "log_loss" => log_loss,
            "brier" => brier_score,
            _ => return None,
        };
        let sums = rows.map(|(p, y)| {
            let n = y.len() as f64;
            (loss(&p, &y).map_or(0.0, |mean| mean * n), n)
        });
        let (above, below) = sums.unzip();
        Some(Statistic::Ratio { above, below })
    }
}

/// Invoices whose outcome is known and of which the model, and `other`, says something.
fn rows(fold: &Fold, model: usize, other: Option<usize>) -> Rows {
    let of = |m: usize| fold.forecasts[m].late_prob.as_deref();
    let Some(p) = of(model) else { return Rows::default() };
    let said = |k: usize| other.is_none_or(|o| of(o).is_some_and(|p| !p[k].is_nan()));
    let judged = fold.outcome.late.iter().enumerate().filter(|(k, _)| !p[*k].is_nan() && said(*k));
    judged.filter_map(|(k, late)| late.map(|late| (p[k], late))).unzip()
}

fn split((p, y): Rows) -> (Vec<f64>, Vec<f64>) {
    let (mut late, mut on_time) = (Vec::new(), Vec::new());
    p.into_iter().zip(y).for_each(|(p, y)| if y { late.push(p) } else { on_time.push(p) });
    (late, on_time)
}
