//! `arrears backtest`.

use super::input::{InputArgs, SeedArg};
use super::output::OutputArgs;
use super::progress::Progress;
use super::render::{Screen, aligned_rows};
use crate::core::Day;
use crate::error::Error;
use crate::pipeline::backtest::{
    BacktestJob, BacktestSummary, CASH_METRICS, LATE_METRICS, Line, Origins, Window, backtest,
};
use crate::pipeline::{rejection, write_backtest_to};
use clap::Args;
use std::path::PathBuf;

/// Forecast from rolling origins in the past and judge what came against named baselines
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct BacktestArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// First origin: everything is refitted on what was known at the end of this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub first: Day,
    /// No origin is later than this
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub last: Day,
    /// From one origin to the next, in days or weeks
    #[arg(long, value_name = "4w|28d", default_value = "4w", value_parser = span)]
    pub every: i32,
    /// Learn from the last so many days or weeks alone [default: from all that was known]
    #[arg(long, value_name = "104w|730d", value_parser = span)]
    pub window: Option<i32>,
    /// Last day that the files tell of [default: the last day on which something happens in them]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub until: Option<Day>,
    /// Forecasts of your own to be judged beside ours; CSV or Parquet with origin, period, expected (and currency,
    /// source) or origin, invoice_id, late_prob; may be given several times
    #[arg(long, value_name = "FILE")]
    pub challenger: Vec<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub seed: SeedArg,
}

const AFTER_HELP: &str = "\
Example:      arrears backtest --invoices i.csv --first 2025-04-01 --last 2026-03-01 --out bt
Exit status:  0 written  1 cannot read/write  2 bad option/policy  3 input rejected  4 not fitted";

/// Days of `28d` or `4w`.
fn span(text: &str) -> Result<i32, String> {
    let (number, days) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
        (Some(number), _) => (number, 1),
        (_, Some(number)) => (number, 7),
        _ => (text, 0),
    };
    let n: Option<i32> = number.parse().ok().filter(|n| (1..=36_500).contains(n) && days > 0);
    n.map(|n| n * days).ok_or_else(|| "expected days or weeks, as 28d or 4w".to_owned())
}

/// Runs the backtest and tells its summary.
///
/// # Errors
/// What the pipeline ran into; nothing is written then.
pub fn run(args: &BacktestArgs, screen: &Screen) -> Result<(), Error> {
    let window = args.window.map_or(Window::Expanding, |days| Window::Sliding { days });
    let job = BacktestJob {
        policy: args.input.policy()?,
        origins: Origins::try_new(args.first, args.last, args.every, window)?,
        until: args.until,
        seed: args.seed.seed,
        challengers: args.challenger.clone(),
    };
    let to = args.output.destination()?;
    to.check()?;
    let progress = Progress::new(*screen);
    let output = backtest(&args.input.sources()?, &job, &progress)
        .map_err(|e| rejection::in_place_of_run(e, &to, args.until.unwrap_or(args.last)))?;
    let timings = progress.finish();
    let (told, counts) = (output.summary.clone(), output.manifest.counts);
    write_backtest_to(&to, output, timings)?;
    screen.note(&format!(
        "rows in {} = ledger {} + quarantined {} + ignored {}",
        counts.rows, counts.ledger, counts.quarantined, counts.ignored
    ));
    if counts.quarantined > 0 {
        screen.warning(
            "`arrears check --out DIR` with the same files names each row in quarantine and its remedy",
        );
    }
    to.names().iter().for_each(|place| screen.note(&format!("written to {place}")));
    screen.data(|| text(&told), &told)
}

fn text(s: &BacktestSummary) -> String {
    let window = s.window_days.map_or("all that was known".to_owned(), |d| format!("the last {d} days"));
    let mut text = format!(
        "{} origins from {} to {}, every {} days, each fitted on {window}; outcomes as known on {}\n",
        s.n_origins, s.first, s.last, s.every_days, s.end
    );
    let mut table = |head: &str, names: &[&str], lines: &[Line]| {
        if lines.is_empty() {
            return;
        }
        let mut header = vec!["model"];
        header.extend(names.iter().map(|n| match *n {
            "cumulative_wape" => "wape 4 weeks",
            "coverage_80_first_8" => "in 80 % interval",
            "calibration_slope" => "slope",
            other => other,
        }));
        header.push("n");
        let value = |v: &Option<f64>| v.map_or("-".to_owned(), |v| format!("{v:.4}"));
        let row = |l: &Line| {
            let mut row = vec![l.model.clone()];
            row.extend(l.values.iter().map(value));
            row.push(l.n.to_string());
            row
        };
        let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
        text.push_str(&format!("\n{head}\n{}", aligned_rows(&header, &rows)));
    };
    table("late payment of invoices not yet due", &LATE_METRICS, &s.late);
    table("weekly cash of open invoices", &CASH_METRICS, &s.cash_open);
    table("weekly cash in total", &CASH_METRICS, &s.cash_total);
    text.push('\n');
    for (name, c) in &s.coverage {
        let part =
            |what: &str, (said, there): (u64, u64)| (said > 0).then(|| format!("{said} of {there} {what}"));
        let parts = [
            part("scores", c.invoices),
            part("weeks of open cash", c.open_weeks),
            part("weeks of total cash", c.total_weeks),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        text.push_str(&format!("{name} forecast {}\n", parts.join(", ")));
    }
    s.verdicts.iter().for_each(|v| text.push_str(&format!("{v}\n")));
    s.notes.iter().for_each(|n| text.push_str(&format!("note: {n}\n")));
    text
}
