//! A column of texts in one block of memory.

use super::room::zeros;
use rayon::prelude::*;

/// Texts that one task copies.
const TASK_TEXTS: usize = 1 << 16;

/// Texts stored end to end with their offsets: what a million ids cost is their bytes and four more each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextColumn {
    bytes: String,
    ends: Ends,
}

/// Where texts end.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ends {
    Short(Vec<u32>),
    /// As soon as there are more bytes than 32 bits count.
    Long(Vec<usize>),
}

impl Default for Ends {
    fn default() -> Self {
        Self::Short(Vec::new())
    }
}

impl Ends {
    fn push(&mut self, end: usize) {
        match self {
            Self::Long(ends) => ends.push(end),
            Self::Short(ends) => match u32::try_from(end) {
                Ok(end) => ends.push(end),
                Err(_) => {
                    *self = Self::Long(ends.iter().map(|end| *end as usize).chain([end]).collect());
                }
            },
        }
    }

    #[inline]
    fn get(&self, i: usize) -> usize {
        match self {
            Self::Short(ends) => ends[i] as usize,
            Self::Long(ends) => ends[i],
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Short(ends) => ends.len(),
            Self::Long(ends) => ends.len(),
        }
    }
}

impl TextColumn {
    /// An empty column with room for `n` texts of `bytes` bytes in all.
    pub fn with_capacity(n: usize, bytes: usize) -> Self {
        Self { bytes: String::with_capacity(bytes), ends: Ends::Short(Vec::with_capacity(n)) }
    }

    /// Appends a text.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }

    /// The `i`-th text.
    ///
    /// # Panics
    /// If `i` is not below [`TextColumn::len`].
    #[inline]
    pub fn get(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends.get(i - 1) };
        &self.bytes[start..self.ends.get(i)]
    }

    /// How many texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All texts in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + '_ {
        (0..self.len()).map(|i| self.get(i))
    }

    /// The texts at `index`, in its order, copied on all threads.
    pub fn gather(&self, index: &[u32]) -> Self {
        let tasks: Vec<&[u32]> = index.chunks(TASK_TEXTS).collect();
        Self::of_tasks(&tasks, |index| index.iter().map(|&i| self.get(i as usize)))
    }

    /// The texts of one task after the other, copied on all threads. They are looked at twice: first for their lengths.
    pub fn of_tasks<'t, T: Sync, I: Iterator<Item = &'t str>>(
        tasks: &'t [T],
        texts: impl Fn(&'t T) -> I + Sync,
    ) -> Self {
        let size = |task| texts(task).fold((0, 0), |(n, bytes), text| (n + 1, bytes + text.len()));
        let sizes: Vec<(usize, usize)> = tasks.par_iter().with_max_len(1).map(size).collect();
        let (n, n_bytes) = sizes.iter().fold((0, 0), |(n, bytes), size| (n + size.0, bytes + size.1));
        if u32::try_from(n_bytes).is_err() {
            let mut out = Self::with_capacity(n, n_bytes);
            tasks.iter().flat_map(texts).for_each(|text| out.push(text));
            return out;
        }
        let (mut bytes, mut ends) = (zeros(n_bytes), zeros(n));
        let (mut bytes_left, mut ends_left, mut start) = (bytes.as_mut_slice(), ends.as_mut_slice(), 0);
        let mut rooms = Vec::with_capacity(tasks.len());
        for (task, (n, n_bytes)) in tasks.iter().zip(sizes) {
            let (own_ends, later_ends) = ends_left.split_at_mut(n);
            let (own_bytes, later_bytes) = bytes_left.split_at_mut(n_bytes);
            rooms.push((task, start, own_ends, own_bytes));
            (ends_left, bytes_left, start) = (later_ends, later_bytes, start + n_bytes);
        }
        rooms.into_par_iter().with_max_len(1).for_each(|(task, start, ends, bytes)| {
            let mut at = 0;
            for (end, text) in ends.iter_mut().zip(texts(task)) {
                bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
                at += text.len();
                *end = (start + at) as u32;
            }
        });
        // whole texts end to end are text
        Self { bytes: String::from_utf8(bytes).unwrap_or_default(), ends: Ends::Short(ends) }
    }
}

impl<'a> FromIterator<&'a str> for TextColumn {
    fn from_iter<I: IntoIterator<Item = &'a str>>(iter: I) -> Self {
        let mut out = Self::default();
        iter.into_iter().for_each(|t| out.push(t));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_in_order_even_empty_ones() {
        let c: TextColumn = ["a", "", "bcd"].into_iter().collect();
        assert_eq!(c.iter().collect::<Vec<_>>(), ["a", "", "bcd"]);
        assert_eq!(c.gather(&[2, 0]).iter().collect::<Vec<_>>(), ["bcd", "a"]);
    }

    #[test]
    fn ends_past_32_bits_are_kept_in_full() {
        let mut ends = Ends::default();
        let pushed = [3, u32::MAX as usize, u32::MAX as usize + 1, u32::MAX as usize + 5];
        pushed.iter().for_each(|end| ends.push(*end));
        assert!((0..4).map(|i| ends.get(i)).eq(pushed));
        assert_eq!((ends.len(), matches!(ends, Ends::Long(_))), (4, true));
    }

    #[test]
    fn texts_are_gathered_across_tasks() {
        let n = TASK_TEXTS as u32 * 2 + 3;
        let texts: Vec<String> = (0..n).map(|i| "ä".repeat(i as usize % 4) + &i.to_string()).collect();
        let c: TextColumn = texts.iter().map(String::as_str).collect();
        let index: Vec<u32> = (0..n).rev().collect();
        assert!(c.gather(&index).iter().eq(texts.iter().rev().map(String::as_str)));
    }
}
