//! How well probabilities and cash forecasts held against what then happened: pure functions of columns.
//!
//! `late_prob` is what was forecast, in `[0, 1]`; `late` is what happened. `expected` and `actual` are amounts of one
//! currency. A row of one column belongs to the same row of the other.

use crate::numeric::{log1p_exp, logistic, logit, sum};

/// Newton steps after which a calibration is given up.
const ITERATIONS_MAX: usize = 100;
/// Largest change of the last step: far below any digit that is shown.
const STEP: f64 = 1e-10;
/// Near the optimum a step changes the likelihood by less than its own rounding.
const LOSS_ROUNDING: f64 = 1e-12;
/// Past this the outcomes are separated and the slope grows for ever.
const SLOPE_MAX: f64 = 1e4;
/// Where the two columns of the calibration are this near to parallel, there is no slope to find.
const PARALLEL: f64 = 1e-12;

/// Why a metric has no value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum MetricError {
    /// No rows.
    #[error("no rows to judge")]
    Empty,
    /// The columns do not belong together.
    #[error("{left} rows of `{left_name}` against {right} of `{right_name}`")]
    Lengths { left_name: &'static str, left: usize, right_name: &'static str, right: usize },
    /// A forecast that is no probability.
    #[error("row {row}: late_prob is {value}, expected a number from 0 to 1")]
    NotAProbability { row: usize, value: f64 },
    /// An amount that is no number.
    #[error("row {row}: `{name}` is {value}, expected a finite number")]
    NotFinite { name: &'static str, row: usize, value: f64 },
    /// An interval whose ends are crossed.
    #[error("row {row}: the interval from {lower} to {upper} is empty")]
    Crossed { row: usize, lower: f64, upper: f64 },
    /// All outcomes are alike.
    #[error("all {n} invoices were {}", if *.late { "late" } else { "on time" })]
    OneOutcome { n: usize, late: bool },
    /// All forecasts are alike, or they separate the outcomes.
    #[error("no calibration slope: {why}")]
    NoSlope { why: &'static str },
    /// A relative error of nothing.
    #[error("the actual amounts sum to zero")]
    NothingActual,
    /// A quantile's level that is none.
    #[error("the level is {level}, expected a number between 0 and 1")]
    NotALevel { level: f64 },
    /// A history whose naive forecast makes no error, or no history.
    #[error("the history has no period that differs from the one before it")]
    NoNaiveError,
    /// Rows do not fill whole origins, or the horizon is longer than they are.
    #[error("{n} rows are no whole origins of {n_periods} periods with a horizon of {horizon}")]
    Periods { n: usize, n_periods: usize, horizon: usize },
}

impl MetricError {
    /// What the user should do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Empty | Self::OneOutcome { .. } | Self::NothingActual => {
                Some("judge more origins or a longer history".to_owned())
            }
            Self::NoSlope { .. } => Some("judge more origins, or probabilities that differ".to_owned()),
            _ => None,
        }
    }
}

/// Probability that a late invoice was given a higher `late_prob` than one paid on time; ties count half.
///
/// Higher is better; 0.5 is a coin, 1 is perfect order. It looks at the order only, not at the level.
/// `(#{late above on time} + #{tied} / 2) / (#late * #on_time)`, counted in one sort.
///
/// # Errors
/// [`MetricError::OneOutcome`] where there is no pair to compare; [`MetricError::Lengths`], [`MetricError::Empty`] and
/// [`MetricError::NotAProbability`] for columns that are no forecasts and outcomes.
///
/// # Example
/// ```
/// use arrears::evaluate::metric::auc;
/// assert_eq!(auc(&[0.1, 0.4, 0.4, 0.8], &[false, false, true, true])?, 0.875);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Hanley & McNeil (1982), *Radiology* 143(1), the Mann-Whitney form.
pub fn auc(late_prob: &[f64], late: &[bool]) -> Result<f64, MetricError> {
    check(late_prob, late)?;
    let n_late = both_outcomes(late)?;
    let mut order: Vec<usize> = (0..late.len()).collect();
    order.sort_unstable_by(|&a, &b| late_prob[a].total_cmp(&late_prob[b]));
    // twice the count, so that halves stay whole
    let (mut twice, mut on_time_below) = (0_u128, 0_u128);
    for tied in order.chunk_by(|&a, &b| late_prob[a] == late_prob[b]) {
        let n = tied.iter().filter(|&&i| late[i]).count() as u128;
        let on_time = tied.len() as u128 - n;
        twice += n * (2 * on_time_below + on_time);
        on_time_below += on_time;
    }
    Ok(twice as f64 / 2.0 / n_late as f64 / (late.len() - n_late) as f64)
}

/// Mean surprise of the outcomes, in nats.
///
/// Lower is better; 0 is perfect, `ln 2` is what 0.5 for all earns. `-mean(ln p)` of the outcomes that came, where a
/// forecast is held one rounding unit of `f64` from 0 and 1: a certain forecast that fails costs about 36.
///
/// # Errors
/// [`MetricError::Lengths`], [`MetricError::Empty`] and [`MetricError::NotAProbability`].
///
/// # Example
/// ```
/// use arrears::evaluate::metric::log_loss;
/// assert!((log_loss(&[0.5, 0.25], &[true, false])? - (2f64.ln() + (4.0f64 / 3.0).ln()) / 2.0).abs() < 1e-15);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Good (1952), *Journal of the Royal Statistical Society B* 14(1).
pub fn log_loss(late_prob: &[f64], late: &[bool]) -> Result<f64, MetricError> {
    check(late_prob, late)?;
    Ok(mean(late_prob, late, |p, y| {
        let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        if y { -p.ln() } else { -(-p).ln_1p() }
    }))
}

/// Mean squared distance of the forecasts from the outcomes (late = 1).
///
/// Lower is better; 0 is perfect, 0.25 is what 0.5 for all earns.
///
/// # Errors
/// [`MetricError::Lengths`], [`MetricError::Empty`] and [`MetricError::NotAProbability`].
///
/// # Example
/// ```
/// use arrears::evaluate::metric::brier_score;
/// assert_eq!(brier_score(&[0.5, 0.0], &[true, false])?, 0.125);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Brier (1950), *Monthly Weather Review* 78(1).
pub fn brier_score(late_prob: &[f64], late: &[bool]) -> Result<f64, MetricError> {
    check(late_prob, late)?;
    Ok(mean(late_prob, late, |p, y| (p - f64::from(u8::from(y))).powi(2)))
}

/// Mean forecast less the share that was late: calibration in the large, or bias.
///
/// 0 is best; above zero, too many late payments were forecast.
///
/// # Errors
/// [`MetricError::Lengths`], [`MetricError::Empty`] and [`MetricError::NotAProbability`].
///
/// # Example
/// ```
/// use arrears::evaluate::metric::calibration_in_the_large;
/// assert_eq!(calibration_in_the_large(&[0.75, 0.75], &[true, false])?, 0.25);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Steyerberg (2019), *Clinical Prediction Models*, ch. 15.
pub fn calibration_in_the_large(late_prob: &[f64], late: &[bool]) -> Result<f64, MetricError> {
    check(late_prob, late)?;
    Ok(mean(late_prob, late, |p, y| p - f64::from(u8::from(y))))
}

/// The line that turns forecast log-odds into those of the outcomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// 1 is best; below 1 the forecasts are too extreme, above 1 too timid.
    pub slope: f64,
    /// Log-odds of late where the forecast is 0.5; 0 is best.
    pub intercept: f64,
}

/// Calibration slope and intercept: `logit P(late) = intercept + slope * logit(late_prob)` at maximum likelihood.
///
/// Newton's method from 0, with steps halved while they make the likelihood worse. Log-odds are
/// those of [`logit()`], within about 30 of zero.
///
/// # Errors
/// [`MetricError::OneOutcome`], and [`MetricError::NoSlope`] where all forecasts are alike or separate late from on
/// time; [`MetricError::Lengths`], [`MetricError::Empty`] and [`MetricError::NotAProbability`].
///
/// # Example
/// Of four forecasts of 0.2 one was late, of four of 0.8 three: log-odds of 3 where 4 were forecast.
/// ```
/// use arrears::evaluate::metric::calibration;
/// let late_prob = [0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8];
/// let late = [true, false, false, false, true, true, true, false];
/// let line = calibration(&late_prob, &late)?;
/// assert!((line.slope - 3f64.ln() / 4f64.ln()).abs() < 1e-9 && line.intercept.abs() < 1e-9);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Cox (1958), *Biometrika* 45(3/4).
pub fn calibration(late_prob: &[f64], late: &[bool]) -> Result<Calibration, MetricError> {
    check(late_prob, late)?;
    both_outcomes(late)?;
    let mut x: Vec<f64> = late_prob.iter().map(|&p| logit(p)).collect();
    // far from zero, log-odds that hardly differ would leave the two equations nearly one
    let middle = sum(&x) / x.len() as f64;
    x.iter_mut().for_each(|x| *x -= middle);
    // from slope 1, forecasts near 0 and 1 would leave no curvature to start with
    let mut line = Calibration { slope: 0.0, intercept: 0.0 };
    let mut loss = line_loss(line, &x, late);
    for _ in 0..ITERATIONS_MAX {
        let (d_intercept, d_slope) = newton_step(line, &x, late)?;
        let mut share = 1.0;
        let (next, next_loss) = loop {
            let next = Calibration {
                slope: line.slope + share * d_slope,
                intercept: line.intercept + share * d_intercept,
            };
            let next_loss = line_loss(next, &x, late);
            if next_loss <= loss * (1.0 + LOSS_ROUNDING) || share < STEP {
                break (next, next_loss);
            }
            share /= 2.0;
        };
        (line, loss) = (next, next_loss);
        if line.slope.abs() > SLOPE_MAX {
            break;
        }
        if d_slope.abs().max(d_intercept.abs()) < STEP * (1.0 + line.slope.abs() + line.intercept.abs()) {
            return Ok(Calibration { intercept: line.intercept - line.slope * middle, ..line });
        }
    }
    Err(MetricError::NoSlope { why: "the forecasts separate late from on time" })
}

/// Negative log-likelihood of the outcomes.
fn line_loss(line: Calibration, x: &[f64], late: &[bool]) -> f64 {
    let terms = x.iter().zip(late).map(|(&x, &late)| {
        let eta = line.intercept + line.slope * x;
        log1p_exp(if late { -eta } else { eta })
    });
    sum(&terms.collect::<Vec<_>>())
}

/// Solves the two normal equations; steps of intercept and slope.
fn newton_step(line: Calibration, x: &[f64], late: &[bool]) -> Result<(f64, f64), MetricError> {
    let mut columns: [Vec<f64>; 5] = Default::default();
    for (&x, &late) in x.iter().zip(late) {
        let mu = logistic(line.intercept + line.slope * x);
        let (rest, w) = (f64::from(u8::from(late)) - mu, mu * (1.0 - mu));
        for (column, term) in columns.iter_mut().zip([rest, rest * x, w, w * x, w * x * x]) {
            column.push(term);
        }
    }
    let [g0, g1, h00, h01, h11] = columns.map(|c| sum(&c));
    let det = h00 * h11 - h01 * h01;
    if det.is_nan() || det <= PARALLEL * h00 * h11 {
        return Err(MetricError::NoSlope {
            why: "the forecasts are all alike, or separate late from on time",
        });
    }
    Ok(((h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det))
}

/// Weighted absolute percentage error: the sum of absolute errors over the sum of absolute actuals.
///
/// Lower is better; 0 is perfect, 1 is what a forecast of nothing earns. Large periods weigh as much as they are worth.
///
/// # Errors
/// [`MetricError::NothingActual`] where the actuals are all zero; [`MetricError::Lengths`], [`MetricError::Empty`] and
/// [`MetricError::NotFinite`].
///
/// # Example
/// ```
/// use arrears::evaluate::metric::wape;
/// assert_eq!(wape(&[90.0, 20.0], &[100.0, 0.0])?, 0.3);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Kolassa & Schuetz (2007), *Foresight* 6 (as MAD/mean ratio).
pub fn wape(expected: &[f64], actual: &[f64]) -> Result<f64, MetricError> {
    check_amounts(&[("expected", expected), ("actual", actual)])?;
    let of = |f: fn(f64, f64) -> f64| {
        sum(&expected.iter().zip(actual).map(|(&e, &a)| f(e, a)).collect::<Vec<_>>())
    };
    let total = of(|_, a| a.abs());
    if total > 0.0 { Ok(of(|e, a| (e - a).abs()) / total) } else { Err(MetricError::NothingActual) }
}

/// [`wape`] of each origin's total over its first `horizon` periods: errors inside the horizon may cancel.
///
/// Lower is better. It asks how much comes in by then, not in which period.
///
/// # Shapes and units
/// `expected` and `actual`: `[n_origins, n_periods]`, row by row.
///
/// # Errors
/// [`MetricError::Periods`] if rows do not fill whole origins or `horizon` is 0 or above `n_periods`; those of [`wape`].
///
/// # Example
/// The first origin's two periods are 5 off in all, the second's not at all.
/// ```
/// use arrears::evaluate::metric::cumulative_wape;
/// let (expected, actual) = ([40.0, 65.0, 9.0, 60.0, 40.0, 9.0], [50.0, 50.0, 0.0, 50.0, 50.0, 0.0]);
/// assert_eq!(cumulative_wape(&expected, &actual, 3, 2)?, 0.025);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: as [`wape`], on sums.
pub fn cumulative_wape(
    expected: &[f64],
    actual: &[f64],
    n_periods: usize,
    horizon: usize,
) -> Result<f64, MetricError> {
    check_amounts(&[("expected", expected), ("actual", actual)])?;
    let n = expected.len();
    if !(1..=n_periods).contains(&horizon) || !n.is_multiple_of(n_periods) {
        return Err(MetricError::Periods { n, n_periods, horizon });
    }
    let totals = |c: &[f64]| c.chunks(n_periods).map(|origin| sum(&origin[..horizon])).collect::<Vec<_>>();
    wape(&totals(expected), &totals(actual))
}

/// Share of the actuals that lie inside their interval, ends included.
///
/// Best at the interval's own level: 0.8 for one from p10 to p90. Higher means too wide, lower too narrow.
///
/// # Errors
/// [`MetricError::Crossed`] for an upper end below the lower one; [`MetricError::Lengths`], [`MetricError::Empty`] and
/// [`MetricError::NotFinite`].
///
/// # Example
/// ```
/// use arrears::evaluate::metric::interval_coverage;
/// assert_eq!(interval_coverage(&[0.0, 0.0], &[10.0, 10.0], &[10.0, 11.0])?, 0.5);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Christoffersen (1998), *International Economic Review* 39(4).
pub fn interval_coverage(lower: &[f64], upper: &[f64], actual: &[f64]) -> Result<f64, MetricError> {
    check_amounts(&[("lower", lower), ("upper", upper), ("actual", actual)])?;
    if let Some(row) = (0..lower.len()).find(|&i| upper[i] < lower[i]) {
        return Err(MetricError::Crossed { row, lower: lower[row], upper: upper[row] });
    }
    let inside = (0..actual.len()).filter(|&i| (lower[i]..=upper[i]).contains(&actual[i])).count();
    Ok(inside as f64 / actual.len() as f64)
}

fn mean(late_prob: &[f64], late: &[bool], term: impl Fn(f64, bool) -> f64) -> f64 {
    let terms: Vec<f64> = late_prob.iter().zip(late).map(|(&p, &y)| term(p, y)).collect();
    sum(&terms) / terms.len() as f64
}

pub(super) fn check(late_prob: &[f64], late: &[bool]) -> Result<(), MetricError> {
    lengths(("late_prob", late_prob.len()), ("late", late.len()))?;
    match late_prob.iter().position(|p| !(0.0..=1.0).contains(p)) {
        Some(row) => Err(MetricError::NotAProbability { row, value: late_prob[row] }),
        None => Ok(()),
    }
}

pub(super) fn check_amounts(columns: &[(&'static str, &[f64])]) -> Result<(), MetricError> {
    for &(name, column) in columns {
        lengths((columns[0].0, columns[0].1.len()), (name, column.len()))?;
        if let Some(row) = column.iter().position(|v| !v.is_finite()) {
            return Err(MetricError::NotFinite { name, row, value: column[row] });
        }
    }
    Ok(())
}

fn lengths(left: (&'static str, usize), right: (&'static str, usize)) -> Result<(), MetricError> {
    if left.1 != right.1 {
        return Err(MetricError::Lengths {
            left_name: left.0,
            left: left.1,
            right_name: right.0,
            right: right.1,
        });
    }
    if left.1 == 0 { Err(MetricError::Empty) } else { Ok(()) }
}

/// How many were late, if some were and some were not.
fn both_outcomes(late: &[bool]) -> Result<usize, MetricError> {
    let n = late.iter().filter(|&&y| y).count();
    if n == 0 || n == late.len() {
        return Err(MetricError::OneOutcome { n: late.len(), late: n > 0 });
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{mix, unit};

    // two orders of the same sums
    const ROUNDING: f64 = 1e-12;
    // scikit-learn's solver stops at a gradient of 1e-12
    const SOLVER: f64 = 1e-8;
    // 1 - 1e-13 has three digits left, so that logit(1) is not quite -logit(0)
    const COARSE: f64 = 1e-4;

    /// The rows of tests/it/conformance/metrics.py.
    fn reference() -> (Vec<f64>, Vec<bool>) {
        let p = |i: u32| ((0.02 + 0.96 * f64::from(i * 7 % 20) / 19.0) * 100.0).round() / 100.0;
        let late = |i: u32| f64::from((i * i * 7 + i * 3) % 11) < 10.0 * p(i);
        ((0..60).map(p).collect(), (0..60).map(late).collect())
    }

    /// scikit-learn 1.9.1: roc_auc_score, log_loss, brier_score_loss, LogisticRegression(C=inf) on the log-odds.
    #[test]
    fn values_are_those_of_scikit_learn() {
        let (p, y) = reference();
        let line = calibration(&p, &y).unwrap();
        for (name, ours, theirs, tolerance) in [
            ("auc", auc(&p, &y).unwrap(), 0.716_803_760_282_021_2, ROUNDING),
            ("log_loss", log_loss(&p, &y).unwrap(), 0.710_024_235_309_208_6, ROUNDING),
            ("brier_score", brier_score(&p, &y).unwrap(), 0.231_65, ROUNDING),
            ("bias", calibration_in_the_large(&p, &y).unwrap(), -0.116_666_666_666_666_7, ROUNDING),
            ("slope", line.slope, 0.438_541_069_511_259_1, SOLVER),
            ("intercept", line.intercept, 0.538_805_509_657_295_3, SOLVER),
        ] {
            assert!((ours - theirs).abs() < tolerance, "{name}: {ours} against {theirs}");
        }
    }

    #[test]
    fn a_perfect_forecast_scores_perfectly() {
        let (p, y) = ([0.0, 1.0], [false, true]);
        assert_eq!(auc(&p, &y), Ok(1.0));
        assert_eq!(brier_score(&p, &y), Ok(0.0));
        assert!(log_loss(&p, &y).unwrap() < 1e-15);
        assert!(log_loss(&p, &[true, false]).unwrap() > 36.0);
    }

    #[test]
    fn a_slope_that_does_not_exist_is_refused() {
        let no_slope = |p: &[f64], y: &[bool]| matches!(calibration(p, y), Err(MetricError::NoSlope { .. }));
        assert!(no_slope(&[0.3, 0.3, 0.3], &[true, false, false]));
        assert!(no_slope(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true]));
        assert!(no_slope(&[0.0, 0.2, 0.8, 1.0], &[true, true, false, false]));
    }

    /// Forecasts that are right: a slope of 1 give or take its standard error, 0.06.
    #[test]
    fn every_sample_of_a_calibrated_forecast_has_a_slope_near_one() {
        for seed in 0..60 {
            let rows = (0..1500).map(|i| {
                let p = unit(mix(seed, 2 * i));
                (p, unit(mix(seed, 2 * i + 1)) < p)
            });
            let (p, y): (Vec<f64>, Vec<bool>) = rows.unzip();
            let line = calibration(&p, &y).unwrap();
            assert!((line.slope - 1.0).abs() < 0.3 && line.intercept.abs() < 0.4, "seed {seed}: {line:?}");
        }
    }

    #[test]
    fn extreme_forecasts_still_have_a_slope() {
        let p = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
        let line = calibration(&p, &[true, true, false, false, false, true]).unwrap();
        // log-odds of 2 where those of 1e13 were forecast
        assert!((line.slope - 2f64.ln() / logit(1.0)).abs() < COARSE && line.intercept.abs() < COARSE);
    }

    #[test]
    fn rows_that_cannot_be_judged_are_named() {
        assert_eq!(auc(&[], &[]), Err(MetricError::Empty));
        assert_eq!(auc(&[0.5], &[true]), Err(MetricError::OneOutcome { n: 1, late: true }));
        assert_eq!(
            log_loss(&[0.5, 1.5], &[true, false]).unwrap_err().to_string(),
            "row 1: late_prob is 1.5, expected a number from 0 to 1"
        );
        assert!(brier_score(&[f64::NAN], &[true]).is_err());
        assert_eq!(
            wape(&[1.0], &[1.0, 2.0]).unwrap_err().to_string(),
            "1 rows of `expected` against 2 of `actual`"
        );
        assert_eq!(wape(&[1.0], &[0.0]), Err(MetricError::NothingActual));
        assert!(matches!(cumulative_wape(&[1.0; 5], &[1.0; 5], 2, 1), Err(MetricError::Periods { .. })));
        assert!(matches!(interval_coverage(&[2.0], &[1.0], &[1.0]), Err(MetricError::Crossed { .. })));
    }
}
