//! A column of texts in one block of memory.

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
        let size = |index: &[u32]| -> usize { index.iter().map(|&i| self.get(i as usize).len()).sum() };
        let sizes: Vec<usize> = index.par_chunks(TASK_TEXTS).map(size).collect();
        let n_bytes = sizes.iter().sum();
        if u32::try_from(n_bytes).is_err() {
            let mut out = Self::with_capacity(index.len(), n_bytes);
            index.iter().for_each(|&i| out.push(self.get(i as usize)));
            return out;
        }
        let (mut bytes, mut ends) = (vec![0; n_bytes], vec![0; index.len()]);
        let (mut rest, mut start, mut tasks) = (bytes.as_mut_slice(), 0, Vec::new());
        let chunks = ends.chunks_mut(TASK_TEXTS).zip(index.chunks(TASK_TEXTS));
        for ((ends, index), size) in chunks.zip(sizes) {
            let (own, tail) = rest.split_at_mut(size);
            tasks.push((start, ends, index, own));
            (rest, start) = (tail, start + size);
        }
        tasks.into_par_iter().for_each(|(start, ends, index, own)| {
            let mut at = 0;
            for (end, &i) in ends.iter_mut().zip(index) {
                let text = self.get(i as usize).as_bytes();
                own[at..at + text.len()].copy_from_slice(text);
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
