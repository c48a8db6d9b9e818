//! A backtest in short: a table for each task, who beats whom, and what is not judged.

use super::{BacktestJob, Window};
use crate::core::Day;
use crate::evaluate::catalog::Task;
use crate::evaluate::{CashOf, Coverage, Fold, Judgement, Outlook, Skill};
use crate::ledger::Known;
use serde::Serialize;

/// Metrics of lateness that a person sees.
pub const LATE_METRICS: [&str; 6] = ["auc", "log_loss", "brier", "bias", "calibration_slope", "ece"];
/// Metrics of cash that a person sees; the cumulative error is that of four weeks.
pub const CASH_METRICS: [&str; 7] =
    ["wape", "cumulative_wape", "bias", "mase", "rmsse", "wis", "coverage_80_first_8"];
/// Weeks of the cumulative error shown.
const SHOWN_WEEKS: i32 = 4;

/// One model in one table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The model.
    pub model: String,
    /// Its metrics, in the order of the table; none where it has none.
    pub values: Vec<Option<f64>>,
    /// Forecasts judged.
    pub n: u64,
}

/// A backtest in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BacktestSummary {
    /// The first origin.
    pub first: Day,
    /// The last one.
    pub last: Day,
    /// How many.
    pub n_origins: usize,
    /// Days from one to the next.
    pub every_days: i32,
    /// Days that each looks back; none for all.
    pub window_days: Option<i32>,
    /// The day at whose end outcomes were known.
    pub end: Day,
    /// Invoices of the ledger.
    pub n_invoices: usize,
    /// Lateness of invoices not yet due, by [`LATE_METRICS`].
    pub late: Vec<Line>,
    /// Cash of open invoices, by [`CASH_METRICS`].
    pub cash_open: Vec<Line>,
    /// All cash.
    pub cash_total: Vec<Line>,
    /// Who beats whom: sentences, losses loud.
    pub verdicts: Vec<String>,
    /// What each challenger spoke of.
    pub coverage: Vec<(String, Coverage)>,
    /// What a person should know.
    pub notes: Vec<String>,
}

impl BacktestSummary {
    pub(super) fn new(
        folds: &[Fold],
        models: &[String],
        judged: &Judgement,
        end: &Known,
        job: &BacktestJob,
        mut notes: Vec<String>,
    ) -> Self {
        let line = |task: Task, source: Option<CashOf>, names: &[&str]| -> Vec<Line> {
            let of = |model: usize| {
                let rows = judged.metrics.iter().filter(move |m| {
                    m.model == model && m.task == task && m.source == source && m.currency.is_none()
                });
                let shown = |name: &&str| {
                    let horizon = (*name == "cumulative_wape").then_some(SHOWN_WEEKS);
                    rows.clone().find(|m| m.metric == *name && m.horizon == horizon).map(|m| m.value)
                };
                let n = rows.clone().map(|m| m.n).max()?;
                Some(Line { model: models[model].clone(), values: names.iter().map(shown).collect(), n })
            };
            (0..models.len()).filter_map(of).collect()
        };
        let cash_total = line(Task::Cash, Some(CashOf::Total), &CASH_METRICS);
        if !cash_total.iter().any(|l| l.model == models[0]) {
            notes.push(format!(
                "total cash is not forecast by {} yet: the models of it are shown and not compared with it",
                models[0]
            ));
        }
        let days = job.origins.days();
        let (first, last) = (days.first().copied(), days.last().copied());
        Self {
            first: first.unwrap_or_default(),
            last: last.unwrap_or_default(),
            n_origins: folds.len(),
            every_days: job.origins.every_days(),
            window_days: match job.origins.window() {
                Window::Expanding => None,
                Window::Sliding { days } => Some(days),
            },
            end: end.as_of(),
            n_invoices: end.n_invoices(),
            late: line(Task::Late, None, &LATE_METRICS),
            cash_open: line(Task::Cash, Some(CashOf::Open), &CASH_METRICS),
            cash_total,
            verdicts: verdicts(&judged.skills, models),
            coverage: judged.coverage.iter().map(|(m, c)| (models[*m].clone(), *c)).collect(),
            notes,
        }
    }
}

/// What there is to admit comes first.
fn verdicts(skills: &[Skill], models: &[String]) -> Vec<String> {
    let mut skills: Vec<&Skill> = skills.iter().collect();
    skills.sort_by_key(|s| match s.outlook() {
        Outlook::Loses | Outlook::Behind => 0,
        Outlook::Ties => 1,
        Outlook::Ahead | Outlook::Beats => 2,
    });
    skills.into_iter().map(|s| verdict(s, models)).collect()
}

/// `arrears beats due_date on wape of open cash: 43.1 % nearer to perfect (95 % interval 38.0 to 47.9)`.
fn verdict(skill: &Skill, models: &[String]) -> String {
    let what = match (skill.source, skill.horizon) {
        (Some(source), None) => format!("{} of {} cash", skill.metric, source.name()),
        (Some(source), Some(weeks)) => format!("{} of {weeks} weeks of {} cash", skill.metric, source.name()),
        (None, _) => format!("{} of late payment", skill.metric),
    };
    let way = if skill.value < 0.0 { "further from perfect" } else { "nearer to perfect" };
    let interval = match skill.interval {
        Some((low, high)) => format!("95 % interval {:.1} to {:.1}", 100.0 * low, 100.0 * high),
        None => format!("{} origins are too few for an interval", skill.n),
    };
    let outlook = match skill.outlook() {
        Outlook::Ties if skill.value == 0.0 => "equals",
        other => other.name(),
    };
    format!(
        "{} {outlook} {} on {what}: {:.1} % {way} ({interval})",
        models[skill.model],
        models[skill.against],
        100.0 * skill.value.abs()
    )
}
