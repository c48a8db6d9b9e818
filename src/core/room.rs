//! Room for long columns.

use rayon::prelude::*;

/// `n` zeros. All threads write them: what a page of memory costs when it is first touched, and that is much of what a
/// long column costs, falls to all of them.
///
/// ```
/// assert_eq!(arrears::core::room::zeros::<u16>(3), [0, 0, 0]);
/// ```
pub fn zeros<T: Default + Clone + Send + Sync>(n: usize) -> Vec<T> {
    rayon::iter::repeat_n(T::default(), n).with_min_len(1 << 16).collect()
}
