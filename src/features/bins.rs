//! Days relative to due, cut into bins: fine around the due date, coarse far from it.

/// First relative day (`day - due_date`) of each bin but the first, which reaches back for ever; the last bin has
/// no end. An edge lies right after the due date, so that no bin holds both an on-time and a late day.
pub const EDGES: [i32; 36] = [
    -60, -45, -30, -25, -20, -16, -12, -9, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17,
    20, 25, 30, 40, 50, 60, 90, 120, 180,
];
/// Number of bins.
pub const N_BINS: usize = EDGES.len() + 1;

/// Relative days from [`TABLE_FROM`] on, looked up instead of searched.
const TABLE_FROM: i32 = -61;
const TABLE: [u8; 242] = {
    let mut table = [0_u8; 242];
    let (mut i, mut bin) = (0, 0);
    while i < table.len() {
        while bin < EDGES.len() && TABLE_FROM + i as i32 >= EDGES[bin] {
            bin += 1;
        }
        table[i] = bin as u8;
        i += 1;
    }
    table
};

/// The bin of a relative day.
///
/// ```
/// use arrears::features::bins::{EDGES, bin_of};
/// assert_eq!(bin_of(-1000), 0);
/// assert_eq!(bin_of(0) + 1, bin_of(1)); // on time, then late
/// assert_eq!(bin_of(5000), EDGES.len());
/// ```
pub fn bin_of(relative_day: i32) -> usize {
    let at = (relative_day - TABLE_FROM).clamp(0, TABLE.len() as i32 - 1);
    TABLE[at as usize] as usize
}

/// What an event in one bin counts for the next, and so on.
const NEAR: f64 = 0.5;

/// Each bin with what its neighbours count for it.
pub(super) fn spread(x: &[f64; N_BINS]) -> [f64; N_BINS] {
    let (mut out, mut left, mut right) = (*x, 0.0, 0.0);
    for b in 0..N_BINS {
        out[b] += left;
        left = NEAR * (left + x[b]);
        let c = N_BINS - 1 - b;
        out[c] += right;
        right = NEAR * (right + x[c]);
    }
    out
}

/// First and last relative day of a bin, as far as `i32` halves go.
pub fn span(bin: usize) -> (i32, i32) {
    let from = if bin == 0 { i32::MIN / 4 } else { EDGES[bin - 1] };
    let to = if bin == EDGES.len() { i32::MAX / 4 } else { EDGES[bin] - 1 };
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_agrees_with_the_edges() {
        for day in -300..400 {
            assert_eq!(bin_of(day), EDGES.partition_point(|&e| e <= day), "{day}");
            let (from, to) = span(bin_of(day));
            assert!(from <= day && day <= to);
        }
    }
}
