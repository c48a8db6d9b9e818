//! A column of texts in one block of memory.

use rayon::prelude::*;

/// Texts that one task copies.
const TASK_TEXTS: usize = 1 << 16;

/// Texts stored end to end with their offsets: what a million ids cost is their bytes and eight more each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextColumn {
    bytes: String,
    ends: Vec<usize>,
}

impl TextColumn {
    /// An empty column with room for `n` texts of `bytes` bytes in all.
    pub fn with_capacity(n: usize, bytes: usize) -> Self {
        Self { bytes: String::with_capacity(bytes), ends: Vec::with_capacity(n) }
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
    pub fn get(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.bytes[start..self.ends[i]]
    }

    /// How many texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All texts in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + '_ {
        (0..self.len()).map(|i| self.get(i))
    }

    /// The texts at `index`, in its order, copied on all threads.
    pub fn gather(&self, index: &[u32]) -> Self {
        let parts: Vec<Self> = index.par_chunks(TASK_TEXTS).map(|part| self.gather_part(part)).collect();
        if let [only] = parts.as_slice() {
            return only.clone();
        }
        let mut out = Self::with_capacity(index.len(), parts.iter().map(|p| p.bytes.len()).sum());
        for part in parts {
            let start = out.bytes.len();
            out.bytes.push_str(&part.bytes);
            out.ends.extend(part.ends.iter().map(|end| start + end));
        }
        out
    }

    fn gather_part(&self, index: &[u32]) -> Self {
        let total = index.iter().map(|&i| self.get(i as usize).len()).sum();
        let mut out = Self::with_capacity(index.len(), total);
        for &i in index {
            out.push(self.get(i as usize));
        }
        out
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
}
