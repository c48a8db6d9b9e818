//! Sums that do not depend on how many threads made them.

/// Terms added in one go before the partial sums are added.
const CHUNK: usize = 1024;

/// Sum over fixed chunks in index order: the same bits whoever calls it, with less rounding than one long run.
///
/// ```
/// assert_eq!(arrears::numeric::sum(&[0.5, 0.25]), 0.75);
/// ```
pub fn sum(values: &[f64]) -> f64 {
    values.chunks(CHUNK).map(|c| c.iter().sum::<f64>()).sum()
}
