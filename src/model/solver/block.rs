//! One block of rows: its part of the gradient and of the Hessian.

use super::Share;
use crate::numeric::lanes::{Loop, clean_after, logistic, wide};
use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, Mat, MatRef, Par};
use std::ops::Range;

/// Adds the gradient of some rows to `sum`; `residuals` is room for them.
pub(super) struct BlockSlope<'a> {
    pub share: &'a Share<'a>,
    pub beta: &'a [f64],
    pub rows: Range<usize>,
    pub sum: &'a mut [f64],
    pub residuals: &'a mut [f64],
}

impl Loop for BlockSlope<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { share, beta, rows, sum, residuals } = self;
        let (y, w) = (&share.y[rows.clone()], &share.w[rows.clone()]);
        let residuals = &mut residuals[..rows.len()];
        for (residual, i) in residuals.iter_mut().zip(rows.clone()) {
            *residual = share.eta(i, beta);
        }
        for ((residual, y), w) in residuals.iter_mut().zip(y).zip(w) {
            *residual = w * (logistic(*residual) - f64::from(u8::from(*y)));
        }
        let Some((intercept, slopes)) = sum.split_first_mut() else { return };
        for (residual, i) in residuals.iter().zip(rows) {
            *intercept += residual;
            slopes.iter_mut().zip(share.row(i)).for_each(|(g, v)| *g += residual * v);
        }
    }
}

/// Adds the weighted Gram product of some rows to the lower half of `sum`; `scaled` is room for them.
pub(super) struct BlockGram<'a> {
    pub share: &'a Share<'a>,
    pub beta: &'a [f64],
    pub rows: Range<usize>,
    pub sum: &'a mut Mat<f64>,
    pub scaled: &'a mut [f64],
}

impl BlockGram<'_> {
    pub fn add(self) {
        let (p, m) = (self.beta.len(), self.rows.len());
        let Self { share, beta, rows, sum, scaled } = self;
        let scaled = &mut scaled[..m * p];
        wide(Scaled { share, beta, rows, scaled });
        let block = MatRef::from_row_major_slice(&*scaled, m, p);
        let (sum, lower, full) = (sum.as_mut(), BlockStructure::TriangularLower, BlockStructure::Rectangular);
        clean_after(|| matmul(sum, lower, Accum::Add, block.transpose(), full, block, full, 1.0, Par::Seq));
    }
}

/// Writes each row, an intercept before it, times the root of its weight in the Hessian.
struct Scaled<'a> {
    share: &'a Share<'a>,
    beta: &'a [f64],
    rows: Range<usize>,
    scaled: &'a mut [f64],
}

impl Loop for Scaled<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { share, beta, rows, scaled } = self;
        for (i, scaled) in rows.zip(scaled.chunks_exact_mut(beta.len())) {
            let mu = logistic(share.eta(i, beta));
            let root = (share.w[i] * mu * (1.0 - mu)).sqrt();
            scaled[0] = root;
            scaled[1..].iter_mut().zip(share.row(i)).for_each(|(s, v)| *s = root * v);
        }
    }
}

/// Inner product in eight running sums, which the compiler turns into vector instructions.
#[inline(always)]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (ca, cb) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = ca.remainder().iter().zip(cb.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in ca.zip(cb) {
        for k in 0..8 {
            sums[k] += a[k] * b[k];
        }
    }
    rest + sums.iter().sum::<f64>()
}
