//! How well quantiles and intervals of cash held.

use super::metric::{MetricError, check_amounts};
use crate::forecast::QUANTILES;
use crate::numeric::sum;

/// Intervals between the forecast's quantiles: name of the level in percent, its lower and its upper quantile.
pub const INTERVALS: [(u8, usize, usize); 3] = [(50, 2, 4), (80, 1, 5), (90, 0, 6)];
/// Place of the median among the quantiles.
pub const MEDIAN: usize = 3;

/// Mean pinball loss of forecasts of one quantile: `level (y - q)` where the actual `y` is above the forecast `q`,
/// `(1 - level) (q - y)` where it is below.
///
/// Lower is better, in currency units; the quantile itself has the lowest mean. At 0.5 it is half the mean absolute
/// error.
///
/// # Errors
/// [`MetricError::NotALevel`], [`MetricError::Lengths`], [`MetricError::Empty`] and [`MetricError::NotFinite`].
///
/// # Example
/// ```
/// use arrears::evaluate::interval::pinball_loss;
/// assert_eq!(pinball_loss(&[10.0, 10.0], &[18.0, 6.0], 0.75)?, (6.0 + 1.0) / 2.0);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Koenker & Bassett (1978), *Econometrica* 46(1).
pub fn pinball_loss(forecast: &[f64], actual: &[f64], level: f64) -> Result<f64, MetricError> {
    check_amounts(&[("forecast", forecast), ("actual", actual)])?;
    if level.is_nan() || level <= 0.0 || level >= 1.0 {
        return Err(MetricError::NotALevel { level });
    }
    let losses: Vec<f64> = forecast.iter().zip(actual).map(|(&q, &y)| pinball(q, y, level)).collect();
    Ok(sum(&losses) / losses.len() as f64)
}

fn pinball(q: f64, y: f64, level: f64) -> f64 {
    if y >= q { level * (y - q) } else { (1.0 - level) * (q - y) }
}

/// Mean pinball loss of one row over the seven quantiles of a cash forecast.
pub fn mean_pinball(quantile: &[f64; 7], actual: f64) -> f64 {
    let losses = QUANTILES.iter().zip(quantile).map(|(&level, &q)| pinball(q, actual, level));
    losses.sum::<f64>() / QUANTILES.len() as f64
}

/// Weighted interval score of one row: the error of the median and the scores of the 50, 80 and 90 % intervals.
///
/// Lower is better, in currency units. `(|y - m| / 2 + sum_k alpha_k / 2 IS_k) / 3.5` with the interval score
/// `IS = (u - l) + 2 / alpha ((l - y)+ + (y - u)+)`: narrow intervals are good, missing them is bad. It is twice
/// [`mean_pinball`] of the same quantiles, and nears the CRPS as there are more of them.
///
/// # Example
/// The median is 2 off; the 50 % interval from 9 to 11 is missed by 1, the other two hold.
/// ```
/// use arrears::evaluate::interval::weighted_interval_score;
/// let quantile = [4.0, 6.0, 9.0, 10.0, 11.0, 14.0, 16.0];
/// let by_hand = (1.0 + 0.25 * (2.0 + 4.0 * 1.0) + 0.1 * 8.0 + 0.05 * 12.0) / 3.5;
/// assert!((weighted_interval_score(&quantile, 12.0) - by_hand).abs() < 1e-12);
/// ```
///
/// Source: Bracher, Ray, Gneiting & Reich (2021), *PLoS Computational Biology* 17(2).
pub fn weighted_interval_score(quantile: &[f64; 7], actual: f64) -> f64 {
    let interval = |(percent, low, high): (u8, usize, usize)| {
        let alpha = 1.0 - f64::from(percent) / 100.0;
        let (low, high) = (quantile[low], quantile[high]);
        let missed = (low - actual).max(0.0) + (actual - high).max(0.0);
        alpha / 2.0 * (high - low) + missed
    };
    let median = (actual - quantile[MEDIAN]).abs() / 2.0;
    (median + INTERVALS.into_iter().map(interval).sum::<f64>()) / (INTERVALS.len() as f64 + 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_score_is_twice_the_mean_pinball_loss() {
        let quantile = [1.0, 2.0, 4.0, 5.0, 9.0, 10.0, 14.0];
        for y in [0.0, 1.5, 4.5, 5.0, 9.5, 20.0] {
            let (wis, pinball) = (weighted_interval_score(&quantile, y), mean_pinball(&quantile, y));
            assert!((wis - 2.0 * pinball).abs() < 1e-12, "{y}: {wis} against twice {pinball}");
        }
    }

    #[test]
    fn the_intervals_are_those_of_the_quantiles() {
        for (percent, low, high) in INTERVALS {
            let held = QUANTILES[high] - QUANTILES[low];
            assert!((held - f64::from(percent) / 100.0).abs() < 1e-12, "{percent}");
        }
        assert_eq!(QUANTILES[MEDIAN], 0.5);
    }

    #[test]
    fn a_level_that_is_none_is_refused() {
        assert_eq!(pinball_loss(&[1.0], &[1.0], 1.0), Err(MetricError::NotALevel { level: 1.0 }));
        assert!(pinball_loss(&[1.0], &[1.0], f64::NAN).is_err());
    }
}
