//! Who beats whom, and by how much.

use super::cash::Cell;
use super::{Judge, SKILL_WEEKS};
use crate::evaluate::catalog::{SKILLS, Task};
use crate::evaluate::outcome::{CashOf, WEEKS};
use crate::evaluate::statistic::Statistic;

/// Ends of an interval, if there are origins enough for one.
type Interval = Option<(f64, f64)>;

/// How much nearer to a perfect forecast a model is than another, over what both forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Skill {
    /// Place among the models.
    pub model: usize,
    /// Place of the one it is held against.
    pub against: usize,
    /// What was forecast.
    pub task: Task,
    /// The metric that is compared.
    pub metric: &'static str,
    /// Weeks of a cumulative error.
    pub horizon: Option<i32>,
    /// Where the cash came from; none for lateness.
    pub source: Option<CashOf>,
    /// `(value - against) / (perfect - against)`: 1 is perfect, 0 no better, below 0 worse.
    pub value: f64,
    /// Ends of its 95 % interval by moving blocks of origins; none where origins are too few.
    pub interval: Option<(f64, f64)>,
    /// Origins it was taken over.
    pub n: u64,
}

/// What a skill says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// The whole interval is above 0.
    Beats,
    /// 0 is inside it.
    Ties,
    /// The whole interval is below 0.
    Loses,
    /// Better, by too few origins to have an interval.
    Ahead,
    /// Worse, by too few origins.
    Behind,
}

impl Outlook {
    /// As a person is told: losses are loud.
    pub fn name(self) -> &'static str {
        match self {
            Self::Beats => "beats",
            Self::Ties => "ties with",
            Self::Loses => "LOSES to",
            Self::Ahead => "is ahead of",
            Self::Behind => "IS BEHIND",
        }
    }
}

impl Skill {
    /// Who is better, as far as the origins can tell.
    pub fn outlook(&self) -> Outlook {
        match self.interval {
            Some((low, _)) if low > 0.0 => Outlook::Beats,
            Some((_, high)) if high < 0.0 => Outlook::Loses,
            Some(_) => Outlook::Ties,
            None if self.value > 0.0 => Outlook::Ahead,
            None if self.value < 0.0 => Outlook::Behind,
            None => Outlook::Ties,
        }
    }
}

impl Judge<'_> {
    /// Of one model against every other that forecast the same.
    pub(super) fn skills(&self, model: usize, out: &mut Vec<Skill>) {
        for &(task, metric, perfect) in SKILLS {
            for source in CashOf::ALL {
                if task == Task::Late && source != CashOf::Open {
                    continue;
                }
                let source = (task == Task::Cash).then_some(source);
                for against in (0..self.models.len()).filter(|&a| a != model) {
                    let horizon = (metric == "cumulative_wape").then_some(SKILL_WEEKS);
                    let of = |model, other| match source {
                        None => self.late_statistic(metric, model, Some(other)),
                        Some(source) => {
                            let cell = Cell { source, currency: None };
                            self.cash_statistic(metric, horizon.unwrap_or(WEEKS), model, Some(other), cell)
                        }
                    };
                    let (Some(a), Some(b)) = (of(model, against), of(against, model)) else { continue };
                    let Some((value, interval, n)) = self.compared(&a, &b, perfect) else { continue };
                    let horizon = horizon.map(|h| h as i32);
                    out.push(Skill { model, against, task, metric, horizon, source, value, interval, n });
                }
            }
        }
    }

    /// Skill of `a` over `b`, its interval, and the origins that it is judged on.
    fn compared(&self, a: &Statistic, b: &Statistic, perfect: f64) -> Option<(f64, Interval, u64)> {
        let skill = |sample: &[usize]| {
            let (a, b) = (a.over(sample)?, b.over(sample)?);
            (b != perfect).then(|| (a - b) / (perfect - b))
        };
        let judged: Vec<usize> = (0..self.folds.len()).filter(|&k| a.is_of(k)).collect();
        let value = skill(&judged)?;
        Some((value, self.bootstrap.interval(skill), judged.len() as u64))
    }
}
