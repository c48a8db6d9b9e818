//! Finding equal texts among millions: hashes sorted in partitions that fit a cache, and codes for repeated texts.
//!
//! Hashes only choose whom to compare; texts decide. So no result depends on the hash or on the number of threads.

use crate::core::TextColumn;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

/// Rows of a partition: its 8-byte entries stay inside a second-level cache while they are sorted.
const PARTITION_ROWS: usize = 1 << 15;
/// Rows that one task hashes.
const TASK_ROWS: usize = 1 << 18;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// A hash of a text: multiply-and-fold over 8-byte words. Source: the round of wyhash (Wang Yi, public domain).
#[inline]
pub(super) fn hash(text: &str) -> u64 {
    let mut words = text.as_bytes().chunks_exact(8);
    let mut state = MULTIPLIER ^ text.len() as u64;
    for word in &mut words {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(word);
        state = fold(state ^ u64::from_le_bytes(bytes));
    }
    let rest = words.remainder().iter().fold(0, |w, b| w << 8 | u64::from(*b));
    fold(fold(state ^ rest))
}

/// A hash of two hashes.
pub(super) fn hash_pair(a: u64, b: u64) -> u64 {
    fold(fold(a) ^ b)
}

#[inline]
fn fold(word: u64) -> u64 {
    let wide = u128::from(word ^ 0xA076_1D64_78BD_642F) * u128::from(MULTIPLIER);
    (wide >> 64) as u64 ^ wide as u64
}

/// Cuts blocks into a share for each thread.
pub(super) fn shares<B>(blocks: &[B]) -> impl Iterator<Item = &[B]> {
    blocks.chunks(blocks.len().div_ceil(rayon::current_num_threads()).max(1))
}

/// Rows by the hash of their key.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    /// How many leading bits of a hash name its partition.
    bits: u32,
    /// Entries: 32 further bits of the hash, then the row.
    partitions: Vec<Vec<u64>>,
}

impl Keys {
    /// Room for the keys of about `n` rows of a whole table, of which this takes a share.
    pub fn for_table(n: usize) -> Self {
        let bits = (n / PARTITION_ROWS).next_power_of_two().ilog2().min(12);
        Self { bits, partitions: vec![Vec::new(); 1 << bits] }
    }

    /// [`Keys::for_table`], with room for a share of the rows.
    pub fn for_share(n: usize, share: usize) -> Self {
        let mut keys = Self::for_table(n);
        let even = share >> keys.bits;
        // hashes spread evenly but for chance: an eighth covers it
        keys.partitions.iter_mut().for_each(|entries| entries.reserve(even + even / 8));
        keys
    }

    #[inline]
    pub fn push(&mut self, hash: u64, row: u32) {
        let partition = (hash >> 32) >> (32 - self.bits);
        let tag = (hash << self.bits) >> 32;
        self.partitions[partition as usize].push(tag << 32 | u64::from(row));
    }

    /// Hashes `n` rows on all threads; rows without a key are left out.
    pub fn of_rows(n: usize, hash: impl Fn(u32) -> Option<u64> + Sync) -> Self {
        let starts: Vec<usize> = (0..n).step_by(TASK_ROWS).collect();
        let shares = starts.into_par_iter().map(|start| {
            let mut keys = Self::for_table(n);
            for row in start as u32..(start + TASK_ROWS).min(n) as u32 {
                if let Some(hash) = hash(row) {
                    keys.push(hash, row);
                }
            }
            (keys, 0)
        });
        Self::merged(n, shares.collect())
    }

    /// One sorted set from shares of a table of `n` rows, made with [`Keys::for_table`]`(n)`; each comes with what
    /// is to be added to its rows.
    pub fn merged(n: usize, shares: Vec<(Self, u32)>) -> Self {
        let mut shares = shares.into_iter();
        // behind the first, partition by partition: the memory of a share is given back as it goes
        let Some((mut merged, start)) = shares.next() else { return Self::for_table(n) };
        let mut more: Vec<Vec<(Vec<u64>, u32)>> = merged.partitions.iter().map(|_| Vec::new()).collect();
        for (keys, offset) in shares {
            let partitions = more.iter_mut().zip(keys.partitions);
            partitions.for_each(|(partition, entries)| partition.push((entries, offset)));
        }
        merged.partitions.par_iter_mut().zip(more).with_max_len(1).for_each(|(all, more)| {
            all.iter_mut().for_each(|entry| *entry += u64::from(start));
            all.reserve_exact(more.iter().map(|(entries, _)| entries.len()).sum());
            for (entries, offset) in more {
                all.extend(entries.iter().map(|entry| entry + u64::from(offset)));
            }
            all.sort_unstable();
        });
        merged
    }

    /// Groups of two or more rows whose keys are the `same`.
    pub fn repeated(&self, same: impl Fn(u32, u32) -> bool + Sync) -> Vec<Vec<u32>> {
        let groups = self.partitions.par_iter().with_max_len(1).flat_map_iter(|entries| {
            let mut groups = Vec::new();
            for run in entries.chunk_by(|a, b| a >> 32 == b >> 32).filter(|run| run.len() > 1) {
                let mut rows: Vec<u32> = run.iter().map(|entry| *entry as u32).collect();
                while let Some(&first) = rows.first() {
                    let (group, others) = rows.into_iter().partition::<Vec<_>, _>(|row| same(first, *row));
                    if group.len() > 1 {
                        groups.push(group);
                    }
                    rows = others;
                }
            }
            groups
        });
        groups.collect()
    }

    /// For each of the `n` rows of `others`, a row of `self` with the same key, if any. Both must be made for a
    /// table of the same number of rows. `same` takes a row of `others` and one of `self`.
    pub fn matched(
        &self,
        others: &Self,
        n: usize,
        same: impl Fn(u32, u32) -> bool + Sync,
    ) -> Vec<Option<u32>> {
        let found: Vec<AtomicU32> = (0..n).map(|_| AtomicU32::new(u32::MAX)).collect();
        self.partitions.par_iter().zip(&others.partitions).with_max_len(1).for_each(|(mine, theirs)| {
            let mut at = 0;
            for &entry in theirs {
                let (tag, other) = (entry >> 32, entry as u32);
                while at < mine.len() && mine[at] >> 32 < tag {
                    at += 1;
                }
                let run = mine[at..].iter().take_while(|m| **m >> 32 == tag).count();
                let row = match &mine[at..at + run] {
                    [only] => Some(only),
                    several => several.iter().find(|m| same(other, **m as u32)),
                };
                if let Some(row) = row {
                    found[other as usize].store(*row as u32, Ordering::Relaxed);
                }
            }
        });
        // texts are compared in the order of rows: in that of hashes each would be a cache miss
        let row = |(other, row): (usize, AtomicU32)| {
            Some(row.into_inner()).filter(|row| *row != u32::MAX && same(other as u32, *row))
        };
        found.into_par_iter().enumerate().map(row).collect()
    }
}

/// A code for each distinct text, from 0 in the order of first sight.
///
/// The table is open addressing with linear probing. It is written out here because a ledger's customers do not fit
/// a cache: [`Interner::codes`] asks for many texts at once and so waits for many cache misses together.
#[derive(Debug)]
pub(super) struct Interner {
    /// 32 bits of the hash, then the code and one; 0 is a free slot. At most half are taken.
    slots: Vec<u64>,
    pub texts: TextColumn,
}

/// Texts whose slots are fetched together.
const BATCH: usize = 16;

impl Default for Interner {
    fn default() -> Self {
        Self { slots: vec![0; 1 << 10], texts: TextColumn::default() }
    }
}

impl Interner {
    /// The code of a text.
    pub fn code(&mut self, text: &str) -> u32 {
        let hash = hash(text);
        let mut at = self.slot(hash);
        while self.slots[at] != 0 {
            if self.is(self.slots[at], hash, text) {
                return self.slots[at] as u32 - 1;
            }
            at = (at + 1) % self.slots.len();
        }
        self.texts.push(text);
        self.slots[at] = hash >> 32 << 32 | self.texts.len() as u64;
        if self.texts.len() * 2 > self.slots.len() {
            self.grow();
        }
        self.texts.len() as u32 - 1
    }

    /// The codes of many texts.
    pub fn codes(&mut self, texts: &[&str], mut take: impl FnMut(usize, u32)) {
        for (batch, first) in texts.chunks(BATCH).zip((0..).step_by(BATCH)) {
            let mut hashes = [0; BATCH];
            let mut slots = [0; BATCH];
            for (i, text) in batch.iter().enumerate() {
                hashes[i] = hash(text);
            }
            for (slot, hash) in slots.iter_mut().zip(&hashes) {
                *slot = self.slots[self.slot(*hash)];
            }
            for (i, text) in batch.iter().enumerate() {
                let found = slots[i] != 0 && self.is(slots[i], hashes[i], text);
                take(first + i, if found { slots[i] as u32 - 1 } else { self.code(text) });
            }
        }
    }

    #[inline]
    fn slot(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    #[inline]
    fn is(&self, slot: u64, hash: u64, text: &str) -> bool {
        slot >> 32 == hash >> 32 && self.texts.get(slot as u32 as usize - 1) == text
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 4];
        for (code, text) in self.texts.iter().enumerate() {
            let hash = hash(text);
            let mut at = hash as usize & (self.slots.len() - 1);
            while self.slots[at] != 0 {
                at = (at + 1) % self.slots.len();
            }
            self.slots[at] = hash >> 32 << 32 | (code as u64 + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn texts_that_differ_in_length_or_order_hash_apart() {
        let texts =
            ["", "a", "b", "ab", "ba", "12345678", "123456780", "1234567800", "\0", "\0\0", "abcdefgh\0"];
        let hashes: BTreeSet<u64> = texts.iter().map(|t| hash(t)).collect();
        assert_eq!(hashes.len(), texts.len());
    }

    #[test]
    fn ids_in_sequence_spread_over_partitions() {
        let mut counts = [0; 64];
        (0..64_000).for_each(|i| counts[(hash(&format!("INV-{i:08}")) >> 58) as usize] += 1);
        // 1000 expected, standard deviation 31
        assert!(counts.iter().all(|n| (840..1160).contains(n)), "{counts:?}");
    }

    #[test]
    fn equal_keys_are_found_even_when_all_hashes_collide() {
        let texts = ["a", "b", "a", "c", "b", "a"];
        let same = |i: u32, j: u32| texts[i as usize] == texts[j as usize];
        for hash in [|_: u32| Some(7), |_| Some(u64::MAX), |_| Some(0)] {
            let keys = Keys::of_rows(6, hash);
            assert_eq!(keys.repeated(same), [vec![0, 2, 5], vec![1, 4]]);
        }
    }

    #[test]
    fn each_row_finds_its_match_or_none() {
        let n = 100_000;
        let mine = Keys::of_rows(n, |i| Some(hash(&i.to_string())));
        let theirs = Keys::of_rows(n, |i| Some(hash(&(2 * i).to_string())));
        let found = mine.matched(&theirs, n, |i, j| j == 2 * i);
        assert!(found.iter().zip(0..).all(|(j, i)| *j == Some(2 * i).filter(|k| *k < n as u32)));
    }

    #[test]
    fn an_equal_hash_is_no_match_unless_the_keys_are_the_same() {
        let (mine, theirs) =
            (Keys::of_rows(3, |i| Some(u64::from(i / 2) << 40)), Keys::of_rows(3, |_| Some(0)));
        assert_eq!(mine.matched(&theirs, 3, |i, j| i == j), [Some(0), Some(1), None]);
        let alone = Keys::of_rows(1, |_| Some(0));
        assert_eq!(alone.matched(&theirs, 3, |i, j| i == j), [Some(0), None, None]);
    }

    #[test]
    fn a_text_keeps_the_code_it_first_got() {
        let mut interner = Interner::default();
        let codes: Vec<u32> = ["x", "y", "x", "", "y"].map(|t| interner.code(t)).to_vec();
        assert_eq!(codes, [0, 1, 0, 2, 1]);
        assert_eq!(interner.texts.len(), 3);
    }

    #[test]
    fn many_texts_get_the_codes_that_one_after_the_other_gets() {
        let texts: Vec<String> =
            (0..20_000_u32).map(|i| format!("C{}", i.wrapping_mul(2_654_435_761) % 7_000)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (mut one, mut many) = (Interner::default(), Interner::default());
        let expected: Vec<u32> = texts.iter().map(|t| one.code(t)).collect();
        let mut codes = vec![0; texts.len()];
        many.codes(&texts, |i, code| codes[i] = code);
        assert_eq!((codes, &many.texts), (expected, &one.texts));
        let distinct: BTreeSet<&str> = texts.into_iter().collect();
        assert_eq!(many.texts.len(), distinct.len());
    }
}
