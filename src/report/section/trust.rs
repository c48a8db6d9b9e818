//! Calibration and the backtest's tables, where there is one.

use super::{absent, in_words, open_chart};
use crate::contract::{Table, Value};
use crate::report::Report;
use crate::report::folder::{distinct, rows, text};
use crate::report::html::{Esc, Html, number, word};
use crate::report::show::{NONE, Show};

/// A metric of the backtest that the page shows, and the cash it is of.
struct Judged {
    metric: &'static str,
    source: Option<&'static str>,
    /// Weeks, where the metric is of some.
    horizon: Option<i64>,
    title: &'static str,
    show: Show,
}

const fn judged(
    metric: &'static str,
    source: Option<&'static str>,
    horizon: Option<i64>,
    title: &'static str,
    show: Show,
) -> Judged {
    Judged { metric, source, horizon, title, show }
}

const LATE: [Judged; 5] = [
    judged("auc", None, None, "AUC", Show::Digits(3)),
    judged("log_loss", None, None, "Log loss", Show::Digits(3)),
    judged("brier", None, None, "Brier score", Show::Digits(3)),
    judged("bias", None, None, "Bias", Show::Digits(3)),
    judged("calibration_slope", None, None, "Calibration slope", Show::Digits(2)),
];
const OPEN: [Judged; 3] = [
    judged("wape", Some("open"), None, "Error of a week", Show::Share),
    judged("cumulative_wape", Some("open"), Some(4), "Error of four weeks", Show::Share),
    judged("coverage_80", Some("open"), None, "Held by the 80 % band", Show::Share),
];
const TOTAL: [Judged; 3] = [
    judged("wape", Some("total"), None, "Error of a week", Show::Share),
    judged("cumulative_wape", Some("total"), Some(4), "Error of four weeks", Show::Share),
    judged("coverage_80", Some("total"), None, "Held by the 80 % band", Show::Share),
];

pub(super) fn write(report: &Report<'_>, out: &mut Html) {
    let Some(backtest) = report.backtest else {
        return absent(
            out,
            "No backtest was given: arrears backtest forecasts from days in the past and judges what came, and arrears report DIR --backtest DIR shows it here.",
        );
    };
    out.put(format_args!(
        "<p>From days in the past, everything was refitted on what was known that day and held against what then happened, beside named baselines (run <code>{}</code>). Best figures are marked.</p>\n",
        Esc(&backtest.manifest.run_id)
    ));
    if let Some(metrics) = backtest.table("metrics") {
        score_board(out, metrics, "Late payment of invoices not yet due", &LATE);
        score_board(out, metrics, "Weekly cash of open invoices", &OPEN);
        score_board(out, metrics, "Weekly cash in all", &TOTAL);
    }
    if let Some(reliability) = backtest.table("reliability") {
        calibration(out, reliability);
    }
}

/// Models by metrics: those of all currencies together.
fn score_board(out: &mut Html, metrics: &Table, title: &str, board: &[Judged]) {
    let find = |model: &str, j: &Judged| {
        rows(metrics, &[("model", model), ("metric", j.metric)]).find(|&r| {
            let of = metrics.value("source", r);
            metrics.value("currency", r) == Value::Null
                && metrics.value("against", r) == Value::Null
                && metrics.value("horizon", r) == j.horizon.map_or(Value::Null, Value::Int)
                && of == j.source.map_or(Value::Null, Value::Text)
        })
    };
    let models: Vec<String> = distinct(metrics, "model")
        .into_iter()
        .filter(|m| board.iter().any(|j| find(m, j).is_some()))
        .collect();
    if models.is_empty() {
        return;
    }
    out.put(format_args!("<h3>{}</h3>\n", Esc(title)));
    out.open_table_of(title, "backtest:metrics", " class=\"quiet narrow\"");
    out.raw("<thead><tr><th scope=col>Forecaster</th>");
    for j in board {
        out.put(format_args!("<th scope=col class=n>{}</th>", Esc(j.title)));
    }
    out.raw("</tr></thead><tbody>");
    let best: Vec<Option<usize>> = board
        .iter()
        .map(|j| best(metrics, &models.iter().filter_map(|m| find(m, j)).collect::<Vec<_>>()))
        .collect();
    for model in &models {
        let class = if model == "arrears" { " class=ours" } else { "" };
        out.put(format_args!("<tr{class}><th scope=row>{}</th>", Esc(&in_words(model))));
        for (j, best) in board.iter().zip(&best) {
            match find(model, j) {
                Some(r) => {
                    let mark = if *best == Some(r) { " data-best" } else { "" };
                    out.cell_of(
                        &metrics.value("value", r),
                        j.show,
                        format_args!(" data-r={r} data-c=value{mark}"),
                    );
                }
                None => out.put(format_args!("<td class=n data-calc=none>{NONE}</td>")),
            }
        }
        out.raw("</tr>\n");
    }
    out.close_table();
}

/// The row whose value is nearest to what `better` calls best.
fn best(metrics: &Table, found: &[usize]) -> Option<usize> {
    let value = |r: usize| match metrics.value("value", r) {
        Value::Double(v) => v,
        _ => f64::NAN,
    };
    let badness = |r: usize| match text(metrics, "better", r) {
        "lower" => value(r),
        "higher" => -value(r),
        target => target.parse().map_or(0.0, |t: f64| (value(r) - t).abs()),
    };
    let judged = found.iter().copied().filter(|&r| text(metrics, "better", r) != "neither");
    let judged: Vec<usize> = judged.collect();
    // the only one is not the best
    if judged.len() < 2 {
        return None;
    }
    judged.into_iter().min_by(|&a, &b| badness(a).total_cmp(&badness(b)))
}

/// Predicted shares against what happened, a table for each forecaster.
fn calibration(out: &mut Html, table: &Table) {
    out.raw("<h3>Calibration</h3><p>Of the invoices that were given a probability, the share that was then paid late. On the diagonal, the two agree.</p>\n");
    open_chart(out, "calibration", "Share paid late against the probability given", true);
    let columns = [
        word("model", "Forecaster"),
        number("prob_from", "From", Show::Share),
        number("prob_to", "To", Show::Share),
        number("n", "Invoices", Show::Digits(0)),
        number("mean_late_prob", "Given", Show::Share),
        number("late_share", "Paid late", Show::Share),
    ];
    for (k, model) in distinct(table, "model").iter().enumerate() {
        if k == 1 {
            out.raw("<details><summary>The baselines</summary>");
        }
        let found: Vec<usize> = rows(table, &[("model", model)]).collect();
        out.open_table_of(
            &format!("Calibration of {}", in_words(model)),
            "backtest:reliability",
            " class=narrow",
        );
        out.head(table, &columns);
        out.raw("<tbody>");
        for r in found {
            out.put(format_args!("<tr data-r={r}>"));
            for c in columns {
                out.cell(&table.value(c.column, r), c.show);
            }
            out.raw("</tr>\n");
        }
        out.close_table();
    }
    if distinct(table, "model").len() > 1 {
        out.raw("</details>");
    }
    out.raw("</figure>\n");
}
