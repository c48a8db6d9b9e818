//! Gzip and Zstandard, known by their first bytes whatever a file is called.

use super::IngestError;
use std::io::Read;
use std::path::Path;

/// Any file may expand to this many bytes.
const FREE_BYTES: u64 = 256 << 20;
/// A larger one to so many bytes for each byte of its own. Tables of text pack 5 to 30 to 1, and a bomb of either
/// kind packs a thousand to one or more.
const MAX_RATIO: u64 = 100;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// Told by the first bytes.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1F, 0x8B, 0x08, ..] => Some(Self::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Self::Zstd),
            // a skippable frame, as parallel compressors put in front
            [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// As `check` says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The bytes that were compressed.
    ///
    /// # Errors
    /// [`IngestError::Compressed`] for data that are cut off or damaged, [`IngestError::TooLarge`] past what
    /// [`limit`] allows.
    pub fn expand(self, bytes: &[u8], file: &Path) -> Result<Vec<u8>, IngestError> {
        let damaged =
            |source| IngestError::Compressed { file: file.to_owned(), compression: self.name(), source };
        let limit = limit(bytes.len());
        let mut out = Vec::with_capacity(self.announced(bytes).min(limit) as usize);
        match self {
            Self::Gzip => flate2::read::MultiGzDecoder::new(bytes).take(limit + 1).read_to_end(&mut out),
            Self::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(damaged)?;
                decoder.take(limit + 1).read_to_end(&mut out)
            }
        }
        .map_err(damaged)?;
        if out.len() as u64 > limit {
            return Err(IngestError::TooLarge { file: file.to_owned(), limit });
        }
        Ok(out)
    }

    /// The size that the file speaks of, which only saves growing: it may be wrong.
    fn announced(self, bytes: &[u8]) -> u64 {
        let told = match (self, bytes.last_chunk::<4>()) {
            (Self::Gzip, Some(tail)) => u64::from(u32::from_le_bytes(*tail)),
            _ => 0,
        };
        told.min(bytes.len() as u64 * 30)
    }
}

/// Bytes that a file of so many bytes may expand to.
pub(super) fn limit(n_bytes: usize) -> u64 {
    FREE_BYTES.max(n_bytes as u64 * MAX_RATIO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn expand(bytes: &[u8]) -> Result<Vec<u8>, IngestError> {
        Compression::of(bytes).unwrap().expand(bytes, Path::new("a.csv.gz"))
    }

    #[test]
    fn both_kinds_are_known_by_their_bytes_and_come_back_whole() {
        let text = b"a,b\n1,2\n".repeat(1000);
        let zstd = zstd::encode_all(text.as_slice(), 3).unwrap();
        assert_eq!(Compression::of(&gzip(&text)), Some(Compression::Gzip));
        assert_eq!(Compression::of(&zstd), Some(Compression::Zstd));
        assert_eq!((expand(&gzip(&text)).unwrap(), expand(&zstd).unwrap()), (text.clone(), text.clone()));
        assert_eq!(Compression::of(b"a,b\n"), None);
        let twice = [gzip(b"a,b\n"), gzip(b"1,2\n")].concat();
        assert_eq!(expand(&twice).unwrap(), b"a,b\n1,2\n", "gzip files put end to end are one");
    }

    #[test]
    fn what_is_cut_off_or_changed_is_damaged() {
        let text = (0..9999).map(|i| format!("{i},{}\n", i * 7919 % 1000)).collect::<String>();
        for whole in [gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 3).unwrap()] {
            let half = expand(&whole[..whole.len() / 2]).unwrap_err();
            assert!(matches!(half, IngestError::Compressed { .. }) && half.exit_code() == 1, "{half}");
            assert!(half.hint().is_some_and(|h| h.contains("copy the file again")));
        }
        let mut changed = gzip(text.as_bytes());
        let middle = changed.len() / 2;
        changed[middle] ^= 0xFF;
        assert!(expand(&changed).is_err());
    }

    #[test]
    fn a_bomb_is_refused() {
        let zeros = std::io::repeat(0).take(FREE_BYTES + 1);
        let bomb = zstd::encode_all(zeros, 1).unwrap();
        let refused = expand(&bomb).unwrap_err();
        assert!(matches!(refused, IngestError::TooLarge { .. }), "{refused}");
        assert_eq!(limit(10 << 20), 1000 << 20);
    }
}
