//! The Newton solver against hand sums and linfa-logistic.

use super::*;
use crate::numeric::{mix, unit};
use ndarray::Axis;

/// `n` rows of `p` standard columns whose events follow a known logistic law.
fn rows(n: usize, p: usize, intercept: f64) -> Rows {
    let x = Array2::from_shape_fn((n, p), |(i, j)| 3.46 * (unit(mix(i as u64, j as u64)) - 0.5));
    let y = Array1::from_shape_fn(n, |i| {
        let eta =
            intercept + x.row(i).iter().enumerate().map(|(j, v)| v * (j as f64 - 1.0) * 0.5).sum::<f64>();
        unit(mix(i as u64, 999)) < logistic(eta)
    });
    DatasetBase::new(x, y)
}

const NEWTON: Newton = Newton { penalty: 2.0, tolerance: 1e-10, iterations_max: 50 };

#[test]
fn newton_and_linfa_find_the_same_optimum_whichever_class_is_rarer() {
    for intercept in [-2.5, 2.5] {
        let data = rows(4_000, 4, intercept);
        let a = NEWTON.fit(&data).unwrap();
        let b = LinfaLogistic(NEWTON).fit(&data).unwrap();
        assert!((a.intercept - b.intercept).abs() < 1e-3, "{} {}", a.intercept, b.intercept);
        for (a, b) in a.coefficients.iter().zip(&b.coefficients) {
            assert!((a - b).abs() < 1e-3, "{a} {b}"); // linfa's line search ends there
        }
    }
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let data = rows(600, 3, -1.0);
    let weights = Array1::from_shape_fn(600, |i| if i < 200 { 2.0_f32 } else { 1.0 });
    let weighted = NEWTON.fit(&data.clone().with_weights(weights)).unwrap();
    let twice: Vec<usize> = (0..600).chain(0..200).collect();
    let doubled =
        DatasetBase::new(data.records().select(Axis(0), &twice), data.targets().select(Axis(0), &twice));
    let doubled = NEWTON.fit(&doubled).unwrap();
    assert!((&weighted.coefficients - &doubled.coefficients).iter().all(|d| d.abs() < 1e-8));
}

#[test]
fn rows_that_lie_column_by_column_are_the_same_rows() {
    let data = rows(300, 3, -1.0);
    let by_column = data.records().t().as_standard_layout().into_owned().reversed_axes();
    assert!(!by_column.is_standard_layout());
    let other = NEWTON.fit(&DatasetBase::new(by_column, data.targets().clone())).unwrap();
    assert_eq!(other, NEWTON.fit(&data).unwrap());
}

#[test]
fn rows_with_different_weights_are_not_given_to_linfa() {
    let data = rows(100, 2, 0.0).with_weights(Array1::from_shape_fn(100, |i| 1.0 + i as f32));
    assert!(matches!(LinfaLogistic(NEWTON).fit(&data), Err(SolverError::Weighted { .. })));
}

/// 300 rows, all in one block of 66, have a strong column that no other row has: the share that is started from knows
/// nothing of its curvature, and the first step along it is hundreds too long.
#[test]
fn a_column_that_the_start_has_not_seen_is_fitted_all_the_same() {
    let (n, rare) = (66 * BLOCK_ROWS, BLOCK_ROWS..BLOCK_ROWS + 300);
    for (scale, log_odds) in [(8.0, 3.0), (20.0, 1.0)] {
        let of = |i: usize, k: u64| unit(mix(i as u64, k));
        let x = Array2::from_shape_fn((n, 2), |(i, j)| match j {
            0 if rare.contains(&i) => scale * (of(i, 0) + 0.2),
            0 => 0.0,
            _ => 3.46 * (of(i, 1) - 0.5),
        });
        let eta = |i: usize| -4.0 + log_odds * x[[i, 0]] + 0.5 * x[[i, 1]];
        let y = Array1::from_shape_fn(n, |i| of(i, 2) < logistic(eta(i)));
        let fitted = NEWTON.fit(&DatasetBase::new(x, y)).unwrap();
        assert!(fitted.coefficients[0] > 0.2 && (fitted.coefficients[1] - 0.5).abs() < 0.1, "{fitted:?}");
    }
}

#[test]
fn separated_rows_give_no_model() {
    let x = Array2::from_shape_fn((200, 1), |(i, _)| (i as f64 - 99.5) / 57.7);
    let y = Array1::from_shape_fn(200, |i| i >= 100);
    let free = Newton { penalty: 0.0, ..NEWTON };
    let refused = free.fit(&DatasetBase::new(x, y));
    assert!(matches!(refused, Err(SolverError::Separated { column: 0, .. })), "{refused:?}");
}

#[test]
fn a_row_that_is_not_finite_is_named() {
    let mut data = rows(50, 3, 0.0);
    data.records[[7, 2]] = f64::NAN;
    assert!(matches!(NEWTON.fit(&data), Err(SolverError::NotFinite { row: 7, column: 2, .. })));
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let data = rows(20_000, 6, -1.0);
    let with = |n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        pool.install(|| NEWTON.fit(&data).unwrap())
    };
    assert_eq!(with(1), with(3));
}
