//! Errors of cash forecasts against those of the naive one.

use super::metric::{MetricError, check_amounts};
use crate::numeric::sum;

/// What the naive forecast, that a week brings what the last one did, erred by in a history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NaiveScale {
    /// Mean absolute error, in units of the history.
    pub absolute: f64,
    /// Mean squared error, in their square.
    pub squared: f64,
}

impl NaiveScale {
    /// Of a history, oldest first.
    ///
    /// # Errors
    /// [`MetricError::NoNaiveError`] for less than two periods, or periods that are all alike.
    ///
    /// ```
    /// use arrears::evaluate::scaled::NaiveScale;
    /// assert_eq!(NaiveScale::of(&[10.0, 14.0, 12.0])?, NaiveScale { absolute: 3.0, squared: 10.0 });
    /// # Ok::<(), arrears::evaluate::metric::MetricError>(())
    /// ```
    pub fn of(history: &[f64]) -> Result<Self, MetricError> {
        let steps: Vec<f64> = history.windows(2).map(|w| w[1] - w[0]).collect();
        let mean = |f: fn(f64) -> f64| {
            sum(&steps.iter().map(|&s| f(s)).collect::<Vec<_>>()) / steps.len().max(1) as f64
        };
        let scale = Self { absolute: mean(f64::abs), squared: mean(|s| s * s) };
        if scale.absolute > 0.0 { Ok(scale) } else { Err(MetricError::NoNaiveError) }
    }
}

/// Mean absolute scaled error of one series: its mean absolute error over the naive one's before the origin.
///
/// Lower is better; below 1 it errs less than the naive forecast did, one week ahead, in the history.
///
/// # Errors
/// [`MetricError::Lengths`], [`MetricError::Empty`] and [`MetricError::NotFinite`].
///
/// # Example
/// ```
/// use arrears::evaluate::scaled::{NaiveScale, mase};
/// let scale = NaiveScale::of(&[10.0, 14.0, 12.0])?;
/// assert_eq!(mase(&[9.0, 12.0], &[12.0, 12.0], scale)?, 0.5);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Hyndman & Koehler (2006), *International Journal of Forecasting* 22(4).
pub fn mase(expected: &[f64], actual: &[f64], scale: NaiveScale) -> Result<f64, MetricError> {
    Ok(mean(expected, actual, |e, a| (e - a).abs())? / scale.absolute)
}

/// Root mean squared scaled error of one series: as [`mase`] on squares, so that it asks for the mean rather than the
/// median.
///
/// Lower is better; below 1 it errs less than the naive forecast did in the history.
///
/// # Errors
/// As [`mase`].
///
/// # Example
/// ```
/// use arrears::evaluate::scaled::{NaiveScale, rmsse};
/// let scale = NaiveScale::of(&[10.0, 14.0, 12.0])?;
/// assert_eq!(rmsse(&[9.0, 13.0], &[10.0, 10.0], scale)?, 0.5f64.sqrt());
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: Makridakis, Spiliotis & Assimakopoulos (2022), *International Journal of Forecasting* 38(4).
pub fn rmsse(expected: &[f64], actual: &[f64], scale: NaiveScale) -> Result<f64, MetricError> {
    Ok((mean(expected, actual, |e, a| (e - a).powi(2))? / scale.squared).sqrt())
}

/// What was forecast over what came, less 1.
///
/// 0 is best; above it, too much cash was forecast.
///
/// # Errors
/// [`MetricError::NothingActual`] where the actuals sum to zero, and those of [`mase`].
///
/// # Example
/// ```
/// use arrears::evaluate::scaled::relative_bias;
/// assert_eq!(relative_bias(&[60.0, 60.0], &[50.0, 50.0])?, 0.19999999999999996);
/// # Ok::<(), arrears::evaluate::metric::MetricError>(())
/// ```
///
/// Source: as the tracking signal of Trigg (1964), *Operational Research Quarterly* 15(3), over the actuals.
pub fn relative_bias(expected: &[f64], actual: &[f64]) -> Result<f64, MetricError> {
    check_amounts(&[("expected", expected), ("actual", actual)])?;
    let total = sum(actual);
    if total == 0.0 { Err(MetricError::NothingActual) } else { Ok(sum(expected) / total - 1.0) }
}

fn mean(expected: &[f64], actual: &[f64], term: impl Fn(f64, f64) -> f64) -> Result<f64, MetricError> {
    check_amounts(&[("expected", expected), ("actual", actual)])?;
    let terms: Vec<f64> = expected.iter().zip(actual).map(|(&e, &a)| term(e, a)).collect();
    Ok(sum(&terms) / terms.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_that_never_moves_scales_nothing() {
        assert_eq!(NaiveScale::of(&[5.0, 5.0, 5.0]), Err(MetricError::NoNaiveError));
        assert_eq!(NaiveScale::of(&[5.0]), Err(MetricError::NoNaiveError));
        assert_eq!(relative_bias(&[1.0], &[0.0]), Err(MetricError::NothingActual));
    }
}
