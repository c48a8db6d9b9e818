//! The law of `tests/it/ingest/survival.rs` under libFuzzer. The first byte chooses the name of the file, which is all
//! that the rest of the bytes does not say for itself.

#![no_main]

#[path = "../../tests/it/ingest/survival.rs"]
mod survival;

const NAMES: [&str; 7] = ["i.csv", "i.tsv", "i.ndjson", "i.parquet", "i.xlsx", "i.xls", "i"];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((name, bytes)) = data.split_first() {
        survival::survives(NAMES[usize::from(*name) % NAMES.len()], bytes);
    }
});
