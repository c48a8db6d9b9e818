//! A large file of plain delimited text, read batch by batch: at no time is the whole of it in memory.

use super::IngestError;
use super::compression::Compression;
use super::csv::Opened;
use super::dialect::Dialect;
use super::format::{Magic, is_json};
use super::layout::Layout;
use super::mapping::Mapping;
use super::piece::together;
use super::record::BLOCK_BYTES;
use super::source::Hash;
use super::table::{Frame, Table};
use encoding_rs::{Encoding, UTF_8};
use polars::prelude::PolarsResult;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes that are read before their records are.
pub(super) const BATCH_BYTES: usize = 16 << 20;
/// A header or a record longer than this many batches is left to whoever reads the whole file.
const MAX_BATCHES: usize = 4;

/// A file that was read by batches.
#[derive(Debug)]
pub(super) struct Streamed {
    pub frame: Frame,
    pub dialect: Dialect,
    pub sha256: String,
}

/// What [`super::csv::frame`] would give for the file; `None` where a batch does not do: another encoding than UTF-8,
/// compressed or no delimited text at all, a quote left open.
///
/// # Errors
/// As [`super::csv::frame`], and [`IngestError::Read`].
pub(super) fn read(
    file: &Path,
    table: Table,
    mapping: &Mapping,
    layout: &Layout,
    preferred: u8,
    batch_bytes: usize,
) -> Result<Option<Streamed>, IngestError> {
    let read = |source| IngestError::Read { file: file.to_owned(), source };
    if layout.encoding.is_some_and(|e| e != UTF_8) {
        return Ok(None);
    }
    let mut handle = File::open(file).map_err(read)?;
    let mut hash = Hash::default();
    let mut held: Vec<u8> = Vec::with_capacity(batch_bytes + BLOCK_BYTES);
    let mut opened: Option<Opened> = None;
    let mut pieces = Vec::new();
    loop {
        let before = held.len();
        let n = (&mut handle).take(batch_bytes as u64).read_to_end(&mut held).map_err(read)?;
        let last = n < batch_bytes;
        let text = match std::str::from_utf8(&held) {
            Ok(text) => text,
            Err(e) if !last && e.error_len().is_none() => {
                std::str::from_utf8(&held[..e.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return Ok(None),
        };
        let mut start = 0;
        if opened.is_none() {
            start = match Encoding::for_bom(&held) {
                Some((encoding, n)) if encoding == UTF_8 => n,
                Some(_) => return Ok(None),
                None => 0,
            };
            let is_plain = Compression::of(&held).is_none() && Magic::of(&held).is_none();
            if !is_plain || is_json(text) || held.iter().take(BLOCK_BYTES).any(|b| *b == 0) {
                return Ok(None);
            }
            let found = Opened::of(&text[start..], file, table, mapping, layout, preferred)?;
            start += found.body_at;
            if start >= text.len() && !last {
                return Ok(None);
            }
            opened = Some(found);
        }
        let Some(opened) = &opened else { return Ok(None) };
        let records = || opened.records().read(&text[start..], last, BLOCK_BYTES);
        let ((), found) = rayon::join(|| hash.update(&held[before..]), records);
        let Ok((closed, taken)) = found else { return Ok(None) };
        pieces.extend(closed.into_iter().collect::<PolarsResult<Vec<_>>>()?);
        if last {
            break;
        }
        held.drain(..start + taken);
        if held.len() > MAX_BATCHES * batch_bytes {
            return Ok(None);
        }
    }
    let Some(opened) = opened else { return Ok(None) };
    let frame = together(pieces, &opened.wanted)?;
    Ok(Some(Streamed { frame, dialect: opened.dialect, sha256: hash.hex() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::source::sha256;
    use proptest::prelude::*;

    fn both(bytes: &[u8], batch_bytes: usize) -> (Option<Streamed>, Option<Frame>) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("c.csv");
        std::fs::write(&file, bytes).unwrap();
        let (table, mapping, layout) = (Table::Customers, Mapping::default(), Layout::default());
        let streamed = read(&file, table, &mapping, &layout, b',', batch_bytes);
        let text = std::str::from_utf8(bytes).map(|t| t.strip_prefix('\u{feff}').unwrap_or(t));
        let whole =
            text.ok().and_then(|t| super::super::csv::frame(t, &file, table, &mapping, &layout, b',').ok());
        (streamed.unwrap_or_default(), whole.map(|(frame, _)| frame))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// In batches of any size, what is read is what the whole file gives.
        #[test]
        fn batches_give_what_the_whole_gives(
            bom in any::<bool>(),
            body in "([ab1é]|,|,|\n|\n|\r\n|\"|\"é,\n\"|2024-01-01){0,40}",
            batch_bytes in 24..80_usize,
        ) {
            let mark = if bom { "\u{feff}" } else { "" };
            let text = format!("{mark}customer_id,name\n1,x\n{body}");
            let (streamed, whole) = both(text.as_bytes(), batch_bytes);
            if let Some(streamed) = streamed {
                let whole = whole.unwrap();
                prop_assert_eq!(streamed.sha256, sha256(text.as_bytes()));
                prop_assert_eq!(streamed.frame.rows, whole.rows);
                prop_assert_eq!(streamed.frame.misfits, whole.misfits);
                prop_assert!(streamed.frame.frame.equals_missing(&whole.frame));
            } else {
                prop_assert!(whole.is_none() || batch_bytes * MAX_BATCHES < text.len());
            }
        }
    }

    #[test]
    fn what_takes_the_whole_file_to_tell_is_left_alone() {
        let is_left = |bytes: &[u8]| both(bytes, 64).0.is_none();
        assert!(!is_left("customer_id\nMüller\n".as_bytes()));
        assert!(is_left(b"customer_id\nM\xFCller\n"));
        assert!(is_left(b"\xFF\xFEc\0u\0"));
        assert!(is_left(b"\x1F\x8B\x08"));
        assert!(is_left(b"{\"customer_id\":1}\n"));
        assert!(is_left(b"customer_id\n\"1\n"));
    }
}
