//! Rows brought together by group: a counting sort in two steps, neither of which leaves the cache.

use rayon::prelude::*;

/// Rows that are put in their places in one go: they stay in the second-level cache.
const PART_ROWS: usize = 1 << 15;

/// Rows whose groups are sorted in one go.
const RUN_ROWS: usize = 1 << 12;

/// Rows of each group, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Grouped {
    /// `[n_groups + 1]`: where each group begins in `rows`, and the end.
    pub start: Vec<u32>,
    /// `[n_rows]`.
    pub rows: Vec<u32>,
}

/// A run of rows by part: where each part begins, and group and row of its entries.
struct Share {
    start: Vec<u32>,
    entries: Vec<u64>,
}

impl Grouped {
    /// Groups the rows `0..n_rows`; `group` of each is below `n_groups`.
    pub fn of(n_rows: usize, n_groups: usize, group: impl Fn(usize) -> u32 + Sync) -> Self {
        let wanted = n_groups.div_ceil(n_rows.div_ceil(PART_ROWS).max(1)).max(1);
        let shift = wanted.next_power_of_two().ilog2();
        let n_parts = (n_groups >> shift) + 1;
        let share_rows = n_rows.div_ceil(rayon::current_num_threads()).max(1);
        let firsts: Vec<usize> = (0..n_rows).step_by(share_rows).collect();
        let share = |&first: &usize| {
            let last = (first + share_rows).min(n_rows);
            Share::of(first, (first..last).map(&group).collect(), shift, n_parts)
        };
        let shares: Vec<Share> = firsts.par_iter().map(share).collect();

        let mut out = Self { start: vec![0; n_groups + 1], rows: vec![0; n_rows] };
        let (mut rest, mut first) = (out.rows.as_mut_slice(), 0);
        let mut parts = Vec::with_capacity(n_parts);
        for (part, start) in out.start[1..].chunks_mut(1 << shift).enumerate() {
            let n: usize = shares.iter().map(|share| share.entries_of(part).len()).sum();
            let (rows, later) = rest.split_at_mut(n);
            rest = later;
            parts.push((part, first as u32, start, rows));
            first += n;
        }
        parts.into_par_iter().with_max_len(1).for_each(|(part, first, start, rows)| {
            let mask = (1 << shift) - 1;
            let entries = || shares.iter().flat_map(|share| share.entries_of(part));
            let group = |entry: u64| (entry >> 32) as usize & mask;
            let mut next = vec![0_u32; start.len()];
            entries().for_each(|entry| next[group(*entry)] += 1);
            let mut end = 0;
            for (next, start) in next.iter_mut().zip(start) {
                (*next, end) = (end, end + *next);
                *start = first + end;
            }
            for &entry in entries() {
                let slot = &mut next[group(entry)];
                rows[*slot as usize] = entry as u32;
                *slot += 1;
            }
        });
        out
    }

    /// Puts the rows of each group in another order: `sort` is called for groups of more than one row, side by side,
    /// with room of its kind that it may use again.
    pub fn sort_each<R: Default>(&mut self, sort: impl Fn(&mut R, &mut [u32]) + Sync) {
        let run_groups = (self.start.len() * RUN_ROWS / self.rows.len().max(1)).max(1);
        let (mut rest, mut runs) = (self.rows.as_mut_slice(), Vec::new());
        for first in (0..self.start.len() - 1).step_by(run_groups) {
            let start = &self.start[first..(first + run_groups + 1).min(self.start.len())];
            let (run, later) = rest.split_at_mut((start[start.len() - 1] - start[0]) as usize);
            runs.push((start, run));
            rest = later;
        }
        runs.into_par_iter().with_max_len(1).for_each_init(R::default, |room, (start, run)| {
            for ends in start.windows(2).filter(|ends| ends[1] - ends[0] > 1) {
                sort(room, &mut run[(ends[0] - start[0]) as usize..(ends[1] - start[0]) as usize]);
            }
        });
    }
}

impl Share {
    /// `groups` of the rows from `first` on.
    fn of(first: usize, groups: Vec<u32>, shift: u32, n_parts: usize) -> Self {
        let mut start = vec![0_u32; n_parts + 1];
        groups.iter().for_each(|g| start[(g >> shift) as usize + 1] += 1);
        for part in 0..n_parts {
            start[part + 1] += start[part];
        }
        let (mut next, mut entries) = (start.clone(), vec![0; groups.len()]);
        for (row, &group) in (first as u64..).zip(&groups) {
            let slot = &mut next[(group >> shift) as usize];
            entries[*slot as usize] = u64::from(group) << 32 | row;
            *slot += 1;
        }
        Self { start, entries }
    }

    fn entries_of(&self, part: usize) -> &[u64] {
        &self.entries[self.start[part] as usize..self.start[part + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_by_group_in_the_order_in_which_they_came() {
        for (n_rows, n_groups) in [(0, 0), (0, 3), (1, 1), (10, 4), (100_000, 70_000), (200_000, 7)] {
            let group = |row: usize| (row as u64 * 2_654_435_761 % n_groups as u64) as u32;
            let mut found = Grouped::of(n_rows, n_groups, group);
            let mut expected = vec![Vec::new(); n_groups];
            (0..n_rows).for_each(|row| expected[group(row) as usize].push(row as u32));
            let of = |found: &Grouped| -> Vec<Vec<u32>> {
                let ends = found.start.windows(2);
                ends.map(|e| found.rows[e[0] as usize..e[1] as usize].to_vec()).collect()
            };
            assert_eq!(of(&found), expected, "{n_rows} rows, {n_groups} groups");
            found.sort_each(|(): &mut (), rows| rows.reverse());
            expected.iter_mut().for_each(|rows| rows.reverse());
            assert_eq!(of(&found), expected, "{n_rows} rows, {n_groups} groups");
        }
    }
}
