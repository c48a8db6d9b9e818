//! The law of `survival` over a small corpus, over mutations of it, and for as long as one likes.

use super::survival::survives;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes that mean something to one reader or another.
const TOKENS: &[&[u8]] = &[
    b"\"",
    b"'",
    b",",
    b";",
    b"\t",
    b"|",
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\0",
    b" ",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"\\",
    b"\\u",
    b"\\ud800",
    b"\"\"",
    b"sep=;\n",
    b"1e40",
    b"1e400",
    b"-",
    b"9999999999999999",
    b"0.1",
    b"2024-01-01",
    b"A-1",
    b"invoice_id",
    b"null",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\xFE\xFF",
    b"\xC3\xA9",
    b"\xFC",
    b"\xFF\xFF\xFF\xFF",
    b"\0\0\0\0",
    b"\x1F\x8B\x08",
    b"\x28\xB5\x2F\xFD",
    b"PK\x03\x04",
    b"PAR1",
    b"number-rows-repeated=\"999999999\"",
    b"<",
    b">",
    b"&amp;",
    b"XFD1048576",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ingest/corpus")
}

/// Seeds and what fuzzing found, by name.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e != "py"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    found.sort();
    found
}

/// One change to the bytes; places are shares of the length.
#[derive(Debug, Clone)]
enum Edit {
    Set(u16, u8),
    Insert(u16, usize),
    Remove(u16, u8),
    Repeat(u16, u8, u8),
    Cut(u16),
    Splice(u16, usize, u16),
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>, corpus: &[(String, Vec<u8>)]) {
        let place = |at: u16, n: usize| usize::from(at) * n / (usize::from(u16::MAX) + 1);
        let n = bytes.len();
        match *self {
            Self::Set(at, byte) if n > 0 => bytes[place(at, n)] = byte,
            Self::Set(..) => {}
            Self::Insert(at, token) => {
                let at = place(at, n + 1);
                bytes.splice(at..at, TOKENS[token % TOKENS.len()].iter().copied());
            }
            Self::Remove(at, len) => {
                let at = place(at, n + 1);
                bytes.drain(at..(at + usize::from(len)).min(n));
            }
            Self::Repeat(at, len, times) => {
                let at = place(at, n + 1);
                let piece = bytes[at..(at + usize::from(len)).min(n)].repeat(usize::from(times % 8));
                bytes.splice(at..at, piece);
            }
            Self::Cut(at) => bytes.truncate(place(at, n + 1)),
            Self::Splice(at, other, from) => {
                let other = &corpus[other % corpus.len()].1;
                bytes.truncate(place(at, n + 1));
                bytes.extend_from_slice(&other[place(from, other.len() + 1)..]);
            }
        }
    }
}

fn any_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => any::<(u16, u8)>().prop_map(|(at, byte)| Edit::Set(at, byte)),
        6 => any::<(u16, usize)>().prop_map(|(at, token)| Edit::Insert(at, token)),
        2 => (any::<u16>(), 0..64_u8).prop_map(|(at, len)| Edit::Remove(at, len)),
        2 => any::<(u16, u8, u8)>().prop_map(|(at, len, times)| Edit::Repeat(at, len, times)),
        1 => any::<u16>().prop_map(Edit::Cut),
        1 => any::<(u16, usize, u16)>().prop_map(|(at, other, from)| Edit::Splice(at, other, from)),
    ]
}

#[test]
fn every_input_of_the_corpus_survives() {
    let corpus = corpus();
    assert!(corpus.len() > 20);
    corpus.iter().for_each(|(name, bytes)| survives(name, bytes));
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn changed_inputs_survive(seed in any::<usize>(), edits in prop::collection::vec(any_edit(), 1..6)) {
        let corpus = corpus();
        let (name, mut bytes) = corpus[seed % corpus.len()].clone();
        edits.iter().for_each(|edit| edit.apply(&mut bytes, &corpus));
        survives(&name, &bytes);
    }
}

/// `ARREARS_FUZZ_SECONDS=600 cargo test --release --test it fuzz -- --ignored`: what breaks the law is written to the
/// corpus as `found-*`.
#[test]
#[ignore = "as long as one likes"]
#[allow(clippy::print_stderr)] // it says what it found
fn a_long_walk_breaks_no_law() {
    let seconds = std::env::var("ARREARS_FUZZ_SECONDS").map_or(10, |s| s.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let corpus = corpus();
    let config =
        ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Random, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let (mut n, mut found) = (0, 0);
    let any_input = (any::<usize>(), prop::collection::vec(any_edit(), 1..8));
    while Instant::now() < end {
        let (seed, edits) = any_input.new_tree(&mut runner).unwrap().current();
        let (name, mut bytes) = corpus[seed % corpus.len()].clone();
        edits.iter().for_each(|edit| edit.apply(&mut bytes, &corpus));
        n += 1;
        if std::panic::catch_unwind(|| survives(&name, &bytes)).is_err() {
            found += 1;
            let file = folder().join(format!("found-{found}-{}", name.trim_start_matches("found-")));
            std::fs::write(&file, &bytes).unwrap();
            eprintln!("{} breaks the law", file.display());
        }
    }
    eprintln!("{n} inputs, {found} of them break the law");
    assert_eq!(found, 0);
}
