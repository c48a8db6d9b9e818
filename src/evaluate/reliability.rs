//! Whether probabilities come true, bin by bin.

use super::metric::{MetricError, check};
use crate::numeric::sum;

/// Bins of equal width that the tables use.
pub const N_BINS: usize = 10;

/// Forecasts of about the same probability, and what came of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Number of the bin from 0: `late_prob` from `index / n_bins` on, below `(index + 1) / n_bins`; the last one has
    /// 1 in it.
    pub index: usize,
    /// Forecasts in it.
    pub n: usize,
    /// Their mean.
    pub mean_late_prob: f64,
    /// Share that was late.
    pub late_share: f64,
    /// Variance of the forecasts inside the bin.
    variance: f64,
    /// Covariance of forecasts and outcomes inside it.
    covariance: f64,
}

/// The bins of equal width that have forecasts in them, by probability.
///
/// # Errors
/// [`MetricError::Lengths`], [`MetricError::Empty`] and [`MetricError::NotAProbability`].
///
/// # Example
/// ```
/// use arrears::evaluate::reliability::bins;
/// let bins = bins(&[0.1, 0.2, 0.9], &[false, true, true], 2)?;
/// assert_eq!((bins[0].n, bins[0].late_share, bins[1].mean_late_prob), (2, 0.5, 0.9));
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Murphy & Winkler (1977), *Applied Statistics* 26(1).
pub fn bins(late_prob: &[f64], late: &[bool], n_bins: usize) -> Result<Vec<Bin>, MetricError> {
    check(late_prob, late)?;
    let mut rows: Vec<(Vec<f64>, Vec<f64>)> = vec![Default::default(); n_bins.max(1)];
    for (&p, &late) in late_prob.iter().zip(late) {
        let index = ((p * n_bins as f64) as usize).min(rows.len() - 1);
        rows[index].0.push(p);
        rows[index].1.push(f64::from(u8::from(late)));
    }
    let bin = |(index, (p, y)): (usize, (Vec<f64>, Vec<f64>))| {
        let n = p.len() as f64;
        let (mean_late_prob, late_share) = (sum(&p) / n, sum(&y) / n);
        let moment = |f: &dyn Fn(f64, f64) -> f64| {
            sum(&p.iter().zip(&y).map(|(&p, &y)| f(p, y)).collect::<Vec<_>>()) / n
        };
        let variance = moment(&|p, _| (p - mean_late_prob).powi(2));
        let covariance = moment(&|p, y| (p - mean_late_prob) * (y - late_share));
        Bin { index, n: p.len(), mean_late_prob, late_share, variance, covariance }
    };
    Ok(rows.into_iter().enumerate().filter(|(_, r)| !r.0.is_empty()).map(bin).collect())
}

/// Expected calibration error: the mean distance of forecast and share late over the bins, weighted by forecasts.
///
/// Lower is better; 0 is best. It depends on the bins: compare models over the same number of them.
///
/// # Errors
/// As [`bins`].
///
/// # Example
/// ```
/// use arrears::evaluate::reliability::expected_calibration_error;
/// let ece = expected_calibration_error(&[0.25, 0.25, 0.75], &[false, true, true], 2)?;
/// assert!((ece - (2.0 * 0.25 + 0.25) / 3.0).abs() < 1e-15);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Naeini, Cooper & Hauskrecht (2015), *AAAI* 29.
pub fn expected_calibration_error(
    late_prob: &[f64],
    late: &[bool],
    n_bins: usize,
) -> Result<f64, MetricError> {
    let bins = bins(late_prob, late, n_bins)?;
    let gaps: Vec<f64> = bins.iter().map(|b| b.n as f64 * (b.mean_late_prob - b.late_share).abs()).collect();
    Ok(sum(&gaps) / late.len() as f64)
}

/// The Brier score in three parts: `brier = reliability - resolution + uncertainty`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decomposition {
    /// Mean squared distance of forecast and share late over the bins: lower is better, 0 is best.
    pub reliability: f64,
    /// How far the forecasts tell late from on time: higher is better.
    pub resolution: f64,
    /// `s (1 - s)` of the share `s` that was late: no forecast changes it.
    pub uncertainty: f64,
}

/// Splits the [Brier score](super::metric::brier_score) over bins of equal width.
///
/// Forecasts inside a bin differ, so the resolution is the generalised one: what the bins tell apart, less the variance
/// inside them, plus twice the covariance inside them. The three parts add up exactly.
///
/// # Errors
/// As [`bins`].
///
/// # Example
/// ```
/// use arrears::evaluate::reliability::brier_decomposition;
/// let parts = brier_decomposition(&[0.25, 0.25, 0.75, 0.75], &[false, true, true, true], 2)?;
/// assert_eq!((parts.reliability, parts.resolution, parts.uncertainty), (0.0625, 0.0625, 0.1875));
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Murphy (1973), *Journal of Applied Meteorology* 12(4); Stephenson, Coelho & Jolliffe (2008), *Weather and
/// Forecasting* 23(4).
pub fn brier_decomposition(
    late_prob: &[f64],
    late: &[bool],
    n_bins: usize,
) -> Result<Decomposition, MetricError> {
    let bins = bins(late_prob, late, n_bins)?;
    let n = late.len() as f64;
    let share = late.iter().filter(|l| **l).count() as f64 / n;
    let mean =
        |f: fn(&Bin, f64) -> f64| sum(&bins.iter().map(|b| b.n as f64 * f(b, share)).collect::<Vec<_>>()) / n;
    let reliability = mean(|b, _| (b.mean_late_prob - b.late_share).powi(2));
    let between = mean(|b, share| (b.late_share - share).powi(2));
    let resolution = between - mean(|b, _| b.variance) + 2.0 * mean(|b, _| b.covariance);
    let uncertainty = share * (1.0 - share);
    Ok(Decomposition { reliability, resolution, uncertainty })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::metric::brier_score;

    /// Forecasts that differ inside their bins.
    fn rows() -> (Vec<f64>, Vec<bool>) {
        let p = |i: u32| f64::from(i * 7 % 20) / 19.0;
        ((0..60).map(p).collect(), (0..60).map(|i| (i * i * 7 + i * 3) % 11 < i % 13).collect())
    }

    #[test]
    fn the_three_parts_add_up_to_the_brier_score() {
        let (p, y) = rows();
        for n_bins in [1, 3, 10, 50] {
            let d = brier_decomposition(&p, &y, n_bins).unwrap();
            let whole = brier_score(&p, &y).unwrap();
            let parts = d.reliability - d.resolution + d.uncertainty;
            assert!((whole - parts).abs() < 1e-12, "{n_bins} bins: {whole} against {parts}");
        }
    }

    #[test]
    fn one_is_in_the_last_bin_and_an_edge_in_the_upper_one() {
        let found = bins(&[0.0, 0.5, 1.0], &[false, true, true], 2).unwrap();
        assert_eq!(found.iter().map(|b| (b.index, b.n)).collect::<Vec<_>>(), [(0, 1), (1, 2)]);
    }
}
