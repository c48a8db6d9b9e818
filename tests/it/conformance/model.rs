//! The fit's standard errors, and survival quantities of censored spells.

use super::rows;
use crate::sample::{Desk, INVOICES};
use arrears::features::{Purpose, survey};
use arrears::ingest::{Sources, check, read};
use arrears::model::Artifact;
use arrears::model::solver::{Newton, Rows};
use arrears::numeric::logistic;
use arrears::score::{Curves, predict, score};
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2};
use std::path::Path;

/// What the issue asks of coefficients and standard errors.
const COEFFICIENT_TOLERANCE: f64 = 1e-6;
const ERROR_TOLERANCE: f64 = 1e-5;
/// lifelines' own digits as printed.
const SURVIVAL_TOLERANCE: f64 = 1e-9;

/// Penalty, whether rows are weighted, intercept and coefficients, their standard errors: what
/// `conformance/logistic_errors.py` prints with statsmodels 0.15.0 and glum 3.4.1, which agree to nine digits where both
/// give standard errors.
const STATSMODELS_AND_GLUM: [(f64, bool, [f64; 6], [f64; 6]); 6] = [
    (
        0.0,
        true,
        [
            -1.798_052_838_824,
            1.336_691_837_365,
            -1.240_565_505_009,
            -0.004_711_639_251,
            0.036_042_133_920,
            0.135_307_948_143,
        ],
        [
            0.164_071_485_832,
            0.171_787_795_505,
            0.174_386_017_197,
            0.135_582_155_235,
            0.139_234_239_605,
            0.154_303_485_804,
        ],
    ),
    (
        0.0,
        false,
        [
            -1.767_754_346_003,
            1.423_909_369_824,
            -1.195_441_197_388,
            -0.047_036_520_037,
            0.111_901_648_892,
            -0.031_602_432_712,
        ],
        [
            0.180_668_247_712,
            0.195_115_152_907,
            0.191_714_838_533,
            0.156_921_094_309,
            0.157_917_255_116,
            0.171_778_608_254,
        ],
    ),
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
        [
            0.161_592_275_958,
            0.168_773_606_817,
            0.171_304_998_696,
            0.134_399_194_105,
            0.137_915_285_714,
            0.152_460_767_412,
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
        [
            0.177_391_385_880,
            0.190_642_275_896,
            0.187_705_834_026,
            0.155_041_623_033,
            0.155_959_608_113,
            0.169_343_996_292,
        ],
    ),
    (
        20.0,
        true,
        [
            -1.480_437_289_973,
            0.843_217_059_584,
            -0.764_777_755_287,
            0.043_982_976_588,
            -0.004_361_874_177,
            0.058_399_160_510,
        ],
        [
            0.127_031_108_469,
            0.120_453_820_607,
            0.121_523_379_309,
            0.109_396_035_972,
            0.111_046_962_785,
            0.117_521_180_178,
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
        [
            0.137_637_720_497,
            0.128_186_351_237,
            0.128_961_885_745,
            0.120_147_387_296,
            0.120_133_561_216,
            0.126_037_980_261,
        ],
    ),
];

#[test]
fn coefficients_and_standard_errors_are_those_of_statsmodels_and_glum() {
    for (penalty, weighted, wanted, errors) in STATSMODELS_AND_GLUM {
        let newton = Newton { penalty, tolerance: 1e-12, iterations_max: 50 };
        let fitted = newton.fit(&rows(weighted)).unwrap();
        let found = std::iter::once(&fitted.intercept).chain(&fitted.coefficients);
        for (k, (found, wanted)) in found.zip(wanted).enumerate() {
            assert!((found - wanted).abs() < COEFFICIENT_TOLERANCE, "{k}: {found} against {wanted}");
            let error = fitted.covariance[[k, k]].sqrt();
            assert!((error - errors[k]).abs() < ERROR_TOLERANCE, "{k}: {error} against {}", errors[k]);
        }
    }
}

/// Day and whether it was settled then, of the invoices of `conformance/survival.py`.
fn spells() -> Vec<(usize, bool)> {
    (0..300_usize).map(|i| (1 + (i * i * 37 / 7) % 30, (i * 13 + i / 3) % 5 > 0)).collect()
}

/// The product of the hazards that our solver fits with a column for each day but the first: of a saturated model, the
/// Kaplan-Meier curve, censored invoices leaving the risk set after their last day.
fn fitted_survival() -> Vec<f64> {
    let spells = spells();
    let days: Vec<usize> = (1..=30).filter(|d| spells.contains(&(*d, true))).collect();
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for (end, settled) in &spells {
        for (column, day) in days.iter().enumerate().filter(|(_, d)| *d <= end) {
            x.extend((1..days.len()).map(|c| f64::from(u8::from(c == column))));
            y.push(*settled && day == end);
        }
    }
    let x = Array2::from_shape_vec((y.len(), days.len() - 1), x).unwrap();
    let rows: Rows = DatasetBase::new(x, Array1::from(y));
    let newton = Newton { penalty: 0.0, tolerance: 1e-12, iterations_max: 50 };
    let fitted = newton.fit(&rows).unwrap();
    let effect = |column: usize| if column == 0 { 0.0 } else { fitted.coefficients[column - 1] };
    let mut survival = vec![1.0];
    for day in 1..=30 {
        let hazard =
            days.iter().position(|d| *d == day).map_or(0.0, |c| logistic(fitted.intercept + effect(c)));
        survival.push(survival[day - 1] * (1.0 - hazard));
    }
    survival
}

/// What `conformance/survival.py` prints with lifelines 0.30.3.
#[test]
fn survival_of_censored_invoices_is_that_of_lifelines() {
    let survival = fitted_survival();
    for (day, wanted) in [
        (1, 1.000_000_000_000),
        (2, 0.983_221_476_510),
        (7, 0.827_367_951_881),
        (14, 0.665_788_099_839),
        (21, 0.453_179_987_823),
        (29, 0.135_908_312_880),
        (30, 0.067_954_156_440),
    ] {
        assert!((survival[day] - wanted).abs() < SURVIVAL_TOLERANCE, "day {day}: {} {wanted}", survival[day]);
    }
}

/// Probabilities, pay dates and mean days late of an invoice due on as_of whose curve is lifelines'.
#[test]
fn what_is_read_off_a_curve_is_what_lifelines_reads_off_it() {
    let desk = Desk::empty();
    desk.write("invoices.csv", INVOICES);
    let sources = Sources { invoices: desk.path("invoices.csv"), ..Sources::default() };
    let policy = arrears::policy::parse("", "defaults").unwrap();
    let due = "2024-02-09".parse().unwrap();
    let known = check(&read(&sources).unwrap(), Some(due), &policy).unwrap().ledger.into_known(due);
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/demo.json");
    let survey = survey(&known, &policy, Purpose::Score);
    let mut prediction =
        predict(&known, &survey, &Artifact::load(&model).unwrap().hazard.of_this_version(), &policy);

    let mut curve = fitted_survival();
    curve.resize(366, curve[30]);
    prediction.curves = Curves::new((0..=365).collect(), curve);
    let scored = &score(&known, &prediction, &policy)[0];
    let dates = scored.pay_date.map(|d| d.unwrap().0 - due.0);
    assert_eq!(dates, [6, 21, 30]);
    for (name, ours, theirs) in [
        ("paid within 7 days", scored.paid_prob[0], 1.0 - 0.827_367_951_881),
        ("paid within 14 days", scored.paid_prob[1], 1.0 - 0.665_788_099_839),
        ("unpaid", scored.unpaid_prob, 0.067_954_156_440),
        ("mean days late", scored.expected_days_late, 41.6478859833),
    ] {
        assert!((ours - theirs).abs() < SURVIVAL_TOLERANCE, "{name}: {ours} against {theirs}");
    }
}
