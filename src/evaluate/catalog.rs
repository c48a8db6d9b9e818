//! Every metric of a backtest: what it is, which way is good, where it comes from.

/// What is forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Whether an invoice not yet due is paid late.
    Late,
    /// Cash by week.
    Cash,
}

impl Task {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Cash => "cash",
        }
    }
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Better {
    /// Less of it.
    Lower,
    /// More of it.
    Higher,
    /// As near as can be to a number.
    Near(f64),
    /// Nothing to be good at.
    Neither,
}

impl Better {
    /// One word for it: `lower`, `higher`, `neither`, or the number to be near.
    pub fn name(self) -> String {
        match self {
            Self::Lower => "lower".to_owned(),
            Self::Higher => "higher".to_owned(),
            Self::Near(at) => format!("{at}"),
            Self::Neither => "neither".to_owned(),
        }
    }
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// As the tables name it.
    pub name: &'static str,
    /// Of which task.
    pub task: Task,
    /// Which way is good.
    pub better: Better,
    /// What it is, in a sentence.
    pub meaning: &'static str,
    /// Where it was first described.
    pub source: &'static str,
}

const fn late(name: &'static str, better: Better, meaning: &'static str, source: &'static str) -> Metric {
    Metric { name, task: Task::Late, better, meaning, source }
}

const fn cash(name: &'static str, better: Better, meaning: &'static str, source: &'static str) -> Metric {
    Metric { name, task: Task::Cash, better, meaning, source }
}

const BRACHER: &str = "Bracher et al. (2021)";
const MURPHY: &str = "Murphy (1973), Stephenson et al. (2008)";

/// All of them, in the order of the table. Cash metrics are of weeks that had ended; `actual` below is the cash that
/// came in during them.
pub const METRICS: &[Metric] = &[
    late(
        "auc",
        Better::Higher,
        "Share of pairs of a late and an on-time invoice that are in the right order.",
        "Hanley & McNeil (1982)",
    ),
    late("log_loss", Better::Lower, "Mean surprise of the outcomes, in nats.", "Good (1952)"),
    late("brier", Better::Lower, "Mean squared distance of forecast and outcome.", "Brier (1950)"),
    late("brier_reliability", Better::Lower, "What miscalibration adds to the Brier score.", MURPHY),
    late("brier_resolution", Better::Higher, "What telling invoices apart takes off it.", MURPHY),
    late("brier_uncertainty", Better::Neither, "What the share of late invoices alone makes it.", MURPHY),
    late(
        "bias",
        Better::Near(0.0),
        "Mean forecast less the share that was late: calibration in the large.",
        "Steyerberg (2019)",
    ),
    late(
        "calibration_slope",
        Better::Near(1.0),
        "Log-odds of the outcomes per log-odds forecast.",
        "Cox (1958)",
    ),
    late(
        "calibration_intercept",
        Better::Near(0.0),
        "Log-odds of late where the forecast is one half.",
        "Cox (1958)",
    ),
    late(
        "ece",
        Better::Lower,
        "Mean distance of forecast and share late over ten bins.",
        "Naeini, Cooper & Hauskrecht (2015)",
    ),
    cash(
        "wape",
        Better::Lower,
        "Sum of absolute errors of weeks over actual cash; with a horizon, of that week alone.",
        "Kolassa & Schuetz (2007)",
    ),
    cash(
        "cumulative_wape",
        Better::Lower,
        "The same of each origin's total over its first `horizon` weeks.",
        "Kolassa & Schuetz (2007)",
    ),
    cash("bias", Better::Near(0.0), "Forecast over actual cash, less 1.", "Trigg (1964)"),
    cash(
        "mase",
        Better::Lower,
        "Mean absolute error over that of the naive forecast before the origin, mean over series.",
        "Hyndman & Koehler (2006)",
    ),
    cash(
        "rmsse",
        Better::Lower,
        "Root of the mean squared error over that of the naive forecast before the origin, mean over series.",
        "Makridakis et al. (2022)",
    ),
    cash(
        "pinball",
        Better::Lower,
        "Mean pinball loss of the seven quantiles over mean actual cash.",
        "Koenker & Bassett (1978)",
    ),
    cash("wis", Better::Lower, "Weighted interval score over mean actual cash.", BRACHER),
    cash(
        "coverage_50",
        Better::Near(0.5),
        "Share of weeks inside p25 to p75; with a horizon, of that week alone.",
        "Christoffersen (1998)",
    ),
    cash("coverage_80", Better::Near(0.8), "The same inside p10 to p90.", "Christoffersen (1998)"),
    cash("coverage_90", Better::Near(0.9), "The same inside p05 to p95.", "Christoffersen (1998)"),
    cash(
        "coverage_80_first_8",
        Better::Near(0.8),
        "Share of the first eight weeks inside p10 to p90.",
        "Christoffersen (1998)",
    ),
    cash("width_50", Better::Lower, "Mean width of p25 to p75 over mean actual cash.", BRACHER),
    cash("width_80", Better::Lower, "The same of p10 to p90.", BRACHER),
    cash("width_90", Better::Lower, "The same of p05 to p95.", BRACHER),
];

/// Metrics of which a model's skill against another is told, with the value of a perfect forecast.
pub const SKILLS: &[(Task, &str, f64)] = &[
    (Task::Late, "auc", 1.0),
    (Task::Late, "log_loss", 0.0),
    (Task::Late, "brier", 0.0),
    (Task::Cash, "wape", 0.0),
    (Task::Cash, "cumulative_wape", 0.0),
    (Task::Cash, "wis", 0.0),
];

/// The metric of that name.
pub fn metric(task: Task, name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|m| m.task == task && m.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_skill_is_of_a_metric_with_a_best_end() {
        for (task, name, _) in SKILLS {
            let found = metric(*task, name).unwrap();
            assert!(matches!(found.better, Better::Lower | Better::Higher), "{name}");
        }
    }

    #[test]
    fn no_metric_is_there_twice_and_each_is_told_in_a_sentence() {
        for (k, m) in METRICS.iter().enumerate() {
            assert!(METRICS[..k].iter().all(|o| (o.task, o.name) != (m.task, m.name)), "{}", m.name);
            assert!(m.meaning.ends_with('.') && !m.source.is_empty(), "{}", m.name);
        }
    }
}
