//! The law of the readers: whatever the bytes, no panic, no hang and no lost row.

use arrears::ingest::{Book, IngestError, Mapping, Sources, check, read, suggest};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// What no input of a few kilobytes may take.
const TOO_LONG: Duration = Duration::from_secs(20);

/// Reads and checks bytes under a name as invoices.
///
/// # Errors
/// Whatever arrears refuses the file for.
pub fn book(name: &str, bytes: &[u8]) -> Result<Book, IngestError> {
    let dir = tempfile::tempdir().unwrap();
    let invoices = dir.path().join(name);
    std::fs::write(&invoices, bytes).unwrap();
    let policy = arrears::policy::load(None).unwrap();
    check(&read(&Sources { invoices, ..Sources::default() })?, None, &policy)
}

/// Invoices that nothing is wrong with.
const INVOICES: &str = "invoice_id,customer_id,issue_date,due_date,amount,currency\n\
                        A-1,7,2024-01-10,2024-02-09,100.00,EUR\nA-2,7,2024-01-11,2024-02-10,0.10,USD\n";

/// Panics if the law is broken: if a reader panics, takes too long, refuses without a remedy, calls a fault of the
/// file one of ours, or says of fewer or more rows than the bytes have what became of them; whichever table the bytes
/// are said to be, and when a mapping is suggested for them.
pub fn survives(name: &str, bytes: &[u8]) {
    survives_as_invoices(name, bytes);
    let dir = tempfile::tempdir().unwrap();
    let (file, invoices) = (dir.path().join(name), dir.path().join("good.csv"));
    std::fs::write(&file, bytes).unwrap();
    std::fs::write(&invoices, INVOICES).unwrap();
    let policy = arrears::policy::load(None).unwrap();
    let good = || Sources { invoices: invoices.clone(), ..Sources::default() };
    for sources in [
        Sources { payments: Some(file.clone()), ..good() },
        Sources { customers: Some(file.clone()), ..good() },
        Sources { contacts: Some(file.clone()), ..good() },
        Sources { fx: Some(file.clone()), ..good() },
    ] {
        let start = Instant::now();
        match read(&sources).and_then(|raw| check(&raw, None, &policy)) {
            Ok(book) => {
                let is_whole =
                    |i: &arrears::ingest::InputCount| i.rows == i.ledger + i.quarantined + i.ignored;
                assert!(book.inputs.len() == 2 && book.inputs.iter().all(is_whole), "{name}: {sources:?}");
                assert_eq!(book.ledger.n_invoices(), 2, "{name}: {sources:?}");
            }
            Err(e) => refused(name, &e),
        }
        assert!(start.elapsed() < TOO_LONG, "{name}: {:?}", start.elapsed());
    }
    match suggest(&Sources { invoices: file, ..Sources::default() }) {
        Ok(toml) => {
            drop(Mapping::parse(&toml, "suggested").unwrap_or_else(|e| panic!("{name}: {e}\n{toml}")))
        }
        Err(e) => refused(name, &e),
    }
}

/// A refusal is no fault of ours, names the file and says what to do.
fn refused(name: &str, e: &IngestError) {
    let source = std::error::Error::source(e);
    assert!(!matches!(e, IngestError::Internal { .. }), "{name}: {e}: {source:?}");
    assert!(e.hint().is_some() && e.to_string().contains(name), "{name}: {e}");
}

fn survives_as_invoices(name: &str, bytes: &[u8]) {
    let start = Instant::now();
    let read = book(name, bytes);
    assert!(start.elapsed() < TOO_LONG, "{name}: {:?}", start.elapsed());
    match read {
        Ok(book) => {
            let [input] = book.inputs.as_slice() else { panic!("{name}: not one input") };
            assert_eq!(input.rows, input.ledger + input.quarantined + input.ignored, "{name}");
            let rejected = book.quarantine.iter().filter(|q| q.is_rejected());
            let rows: std::collections::BTreeSet<u64> = rejected.map(|q| q.row).collect();
            assert_eq!(rows.len() as u64, input.quarantined, "{name}: a row is refused once");
            assert!(book.quarantine.iter().all(|q| (1..=input.rows).contains(&q.row)), "{name}");
            if let Some(n) = records(bytes, &input.format) {
                assert_eq!(input.rows, n, "{name}: {}", input.format);
            }
        }
        Err(e) => refused(name, &e),
    }
    if let Ok(plain) = book(name, bytes) {
        same_when_packed(name, bytes, &plain);
    }
}

/// Data rows of text, counted by other means than the reader's; `None` for other files.
fn records(bytes: &[u8], format: &str) -> Option<u64> {
    if format.contains("gzip") || format.contains("zstd") {
        return None;
    }
    let (text, ..) = match format {
        f if f.contains("Windows-1252") => encoding_rs::WINDOWS_1252.decode(bytes),
        f if f.contains("UTF-16LE") => encoding_rs::UTF_16LE.decode(bytes),
        f if f.contains("UTF-16BE") => encoding_rs::UTF_16BE.decode(bytes),
        _ => encoding_rs::UTF_8.decode(bytes),
    };
    if format.starts_with("NDJSON") {
        return Some(
            text.split(['\n', '\r']).filter(|line| !line.trim_matches([' ', '\t']).is_empty()).count() as u64,
        );
    }
    if !format.starts_with("CSV") {
        return None;
    }
    let between = |start: &str| format.split(start).nth(1).and_then(|rest| rest.bytes().next());
    let delimiter = if format.contains(", tabs") { b'\t' } else { between("delimiter `").unwrap_or(b',') };
    let text = if text.trim_start_matches('"').to_ascii_lowercase().starts_with("sep=") {
        text.split_once(['\n', '\r']).map_or("", |(_, rest)| rest)
    } else {
        &text
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quote(between("quote `").unwrap_or(b'"'))
        .from_reader(text.as_bytes());
    Some(reader.records().filter(Result::is_ok).count() as u64 - 1)
}

/// The same bytes, compressed either way, are the same books.
fn same_when_packed(name: &str, bytes: &[u8], plain: &Book) {
    if name.ends_with(".gz") || name.ends_with(".zst") {
        return;
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    let zstd = zstd::encode_all(bytes, 1).unwrap();
    for (ending, packed) in [("gz", gzip.finish().unwrap()), ("zst", zstd)] {
        let stem = Path::new(name).display();
        let packed = book(&format!("{stem}.{ending}"), &packed).unwrap();
        assert_eq!(packed.ledger, plain.ledger, "{name}.{ending}");
        assert_eq!(packed.inputs[0].rows, plain.inputs[0].rows);
        let rows = |book: &Book| book.quarantine.iter().map(|q| (q.row, q.rule_id)).collect::<Vec<_>>();
        assert_eq!(rows(&packed), rows(plain), "{name}.{ending}");
    }
}
