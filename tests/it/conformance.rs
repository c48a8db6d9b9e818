//! Numbers of other people's programs: each with the script that made them.

mod model;

use arrears::evaluate::interval::{mean_pinball, pinball_loss};
use arrears::evaluate::metric::{MetricError, interval_coverage};
use arrears::evaluate::reliability::{brier_decomposition, expected_calibration_error};
use arrears::evaluate::scaled::{NaiveScale, mase, rmsse};
use arrears::model::solver::{FittedLogistic, LinfaLogistic, Newton, Rows, SolverError};
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2};

/// Both programs stop far below the last digit compared here.
const NEWTON_TOLERANCE: f64 = 1e-9;
/// linfa's line search ends at about 1e-6 of the gradient's scale.
const LINFA_TOLERANCE: f64 = 1e-3;

const N_ROWS: i64 = 400;
const N_EVENTS: usize = 91;

/// Penalty, whether rows are weighted, then intercept and coefficients: what `conformance/logistic.py` prints with
/// scikit-learn 1.9.1.
const SCIKIT_LEARN: [(f64, bool, [f64; 6]); 4] = [
    (
        0.5,
        true,
        [
            -1.780_060_344_098,
            1.311_992_272_258,
            -1.216_299_146_985,
            -0.001_729_760_695,
            0.033_410_537_537,
            0.130_824_800_859,
        ],
    ),
    (
        0.5,
        false,
        [
            -1.745_974_688_834,
            1.391_419_818_951,
            -1.166_772_734_944,
            -0.041_017_712_506,
            0.107_898_666_600,
            -0.032_432_408_012,
        ],
    ),
    (
        20.0,
        true,
        [
            -1.480_437_289_971,
            0.843_217_059_583,
            -0.764_777_755_286,
            0.043_982_976_588,
            -0.004_361_874_177,
            0.058_399_160_510,
        ],
    ),
    (
        20.0,
        false,
        [
            -1.425_490_696_614,
            0.838_976_239_327,
            -0.686_588_892_250,
            0.038_093_168_819,
            0.048_119_682_900,
            -0.036_429_852_492,
        ],
    ),
];

/// The rows of `conformance/logistic.py`.
fn rows(weighted: bool) -> Rows {
    let n = N_ROWS as usize;
    let x = Array2::from_shape_fn((n, 5), |(i, j)| {
        let (i, j) = (i as i64, j as i64);
        ((i * (37 + 22 * j) + 13 * j * j + i * i / 7) % 97 - 48) as f64 / 32.0
    });
    let event = Array1::from_shape_fn(n, |i| {
        let x = x.row(i);
        let score = 16.0 * x[0] - 12.0 * x[1] + 4.0 * x[2] * x[3] - 20.0;
        (((i as i64 * 29 + 7) % 64 - 32) as f64) < score
    });
    let rows = DatasetBase::new(x, event);
    let weight = |i: usize| 0.5 + 0.5 * (i % 4) as f32;
    if weighted { rows.with_weights(Array1::from_shape_fn(n, weight)) } else { rows }
}

fn assert_is(fitted: Result<FittedLogistic, SolverError>, wanted: [f64; 6], tolerance: f64) {
    let fitted = fitted.unwrap();
    assert_eq!((fitted.report.n_rows, fitted.report.n_events), (N_ROWS as usize, N_EVENTS));
    let found = std::iter::once(&fitted.intercept).chain(&fitted.coefficients);
    for (found, wanted) in found.zip(wanted) {
        assert!((found - wanted).abs() < tolerance, "{found} against {wanted}");
    }
}

/// `C=1/penalty`: the same objective, the intercept free of penalty in both.
#[test]
fn the_newton_solver_finds_scikit_learns_coefficients() {
    for (penalty, weighted, wanted) in SCIKIT_LEARN {
        let newton = Newton { penalty, tolerance: 1e-12, iterations_max: 50 };
        assert_is(newton.fit(&rows(weighted)), wanted, NEWTON_TOLERANCE);
    }
}

#[test]
fn linfa_finds_scikit_learns_coefficients_of_rows_without_weights() {
    for (penalty, _, wanted) in SCIKIT_LEARN.into_iter().filter(|case| !case.1) {
        let linfa = LinfaLogistic(Newton { penalty, tolerance: 1e-6, iterations_max: 50 });
        assert_is(linfa.fit(&rows(false)), wanted, LINFA_TOLERANCE);
    }
}

/// What `conformance/backtest.py` prints with scikit-learn 1.9.1 and utilsforecast 0.2.17.
#[test]
fn backtest_metrics_are_those_of_scikit_learn_and_utilsforecast() {
    let p = |i: u32| ((0.02 + 0.96 * f64::from(i * 7 % 20) / 19.0) * 100.0).round() / 100.0;
    let late = |i: u32| f64::from((i * i * 7 + i * 3) % 11) < 10.0 * p(i);
    let (p, y): (Vec<f64>, Vec<bool>) = (0..60).map(|i| (p(i), late(i))).unzip();
    let parts = brier_decomposition(&p, &y, 10).unwrap();

    let spread = [-9.0, -7.0, -3.0, 0.0, 3.0, 8.0, 11.0];
    let (mut actual, mut forecast) = (Vec::new(), Vec::new());
    let mut scales = Vec::new();
    for s in 0..3_u32 {
        let history: Vec<f64> = (0..8).map(|t| 40.0 + f64::from((s * 5 + t * t * 7) % 13)).collect();
        scales.push(NaiveScale::of(&history).unwrap());
        actual.extend((0..5).map(|t| 40.0 + f64::from((s * 11 + t * 9) % 17)));
        forecast.extend((0..5).map(|t| 42.0 + f64::from((s * 3 + t * 5) % 11)));
    }
    let by_series = |of: fn(&[f64], &[f64], NaiveScale) -> Result<f64, MetricError>| {
        let series = forecast.chunks(5).zip(actual.chunks(5)).zip(&scales);
        series.map(|((e, a), scale)| of(e, a, *scale).unwrap()).sum::<f64>() / 3.0
    };
    let quantile = |q: usize| forecast.iter().map(|f| f + spread[q]).collect::<Vec<_>>();
    let rows = forecast.iter().zip(&actual);
    let pinball = rows.map(|(f, a)| mean_pinball(&spread.map(|d| f + d), *a)).sum::<f64>() / 15.0;
    for (name, ours, theirs) in [
        ("ece", expected_calibration_error(&p, &y, 10).unwrap(), 0.147_666_666_666_666_67),
        ("reliability", parts.reliability, 0.040_191_666_666_666_67),
        ("uncertainty", parts.uncertainty, 0.236_388_888_888_888_9),
        ("mase", by_series(mase), 1.414_774_990_043_807_4),
        ("rmsse", by_series(rmsse), 1.338_241_426_414_958_2),
        ("pinball_90", pinball_loss(&quantile(5), &actual, 0.9).unwrap(), 1.146_666_666_666_666_5),
        ("mqloss", pinball, 1.542_857_142_857_143),
        ("coverage_80", interval_coverage(&quantile(1), &quantile(5), &actual).unwrap(), 11.0 / 15.0),
    ] {
        assert!((ours - theirs).abs() < NEWTON_TOLERANCE, "{name}: {ours} against {theirs}");
    }
}
