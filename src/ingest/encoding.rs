//! From the bytes of a text file to UTF-8, by one encoding for the whole file.

use super::IngestError;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;
use std::path::Path;

/// Bytes at the start by which UTF-16 without a byte order mark is known.
const LOOKED_AT: usize = 256;

/// A file's text, and what its encoding was taken to be.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub encoding: &'static Encoding,
    /// Whether nobody said so: neither a declaration nor a byte order mark, nor that the bytes are UTF-8.
    pub assumed: bool,
}

/// The text of a file, without a byte order mark; plain UTF-8 is borrowed.
///
/// A byte order mark decides; then what was declared; then whether the bytes are UTF-8. Every second byte zero at the
/// start is UTF-16. What is left is assumed to be Windows-1252, unless it is mostly UTF-8: a file that is partly one
/// and partly the other is refused, for no single reading of it is right.
///
/// # Errors
/// [`IngestError::NotText`] with the first line that the encoding does not allow.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    declared: Option<&'static Encoding>,
    file: &Path,
) -> Result<Decoded<'a>, IngestError> {
    let (encoding, body, assumed) = match Encoding::for_bom(bytes) {
        Some((encoding, n)) => (encoding, &bytes[n..], false),
        None => match declared {
            Some(encoding) => (encoding, bytes, false),
            None => match of_bytes(bytes) {
                Ok(text) => {
                    return Ok(Decoded { text: Cow::Borrowed(text), encoding: UTF_8, assumed: false });
                }
                Err(encoding) => (encoding, bytes, true),
            },
        },
    };
    match encoding.decode_without_bom_handling_and_without_replacement(body) {
        Some(text) => Ok(Decoded { text, encoding, assumed }),
        None => {
            let line = first_bad_line(body, encoding);
            Err(IngestError::NotText { file: file.to_owned(), line, encoding: encoding.name() })
        }
    }
}

/// The text if it is UTF-8, otherwise the encoding that is assumed.
fn of_bytes(bytes: &[u8]) -> Result<&str, &'static Encoding> {
    let head = &bytes[..bytes.len().min(LOOKED_AT) & !1];
    let zeros = |at: usize| head.iter().skip(at).step_by(2).all(|b| *b == 0);
    let any = |at: usize| head.iter().skip(at).step_by(2).any(|b| *b != 0);
    if head.len() >= 4 && bytes.len().is_multiple_of(2) {
        if zeros(1) && any(0) {
            return Err(UTF_16LE);
        }
        if zeros(0) && any(1) {
            return Err(UTF_16BE);
        }
    }
    std::str::from_utf8(bytes).map_err(|_| {
        let (mut broken, mut whole) = (0_usize, 0_usize);
        for chunk in bytes.utf8_chunks() {
            broken += usize::from(!chunk.invalid().is_empty());
            whole += chunk.valid().bytes().filter(|b| *b >= 0xC0).count();
        }
        if whole >= broken { UTF_8 } else { WINDOWS_1252 }
    })
}

/// The line, from 1, of the first bytes that are none of the encoding.
fn first_bad_line(bytes: &[u8], encoding: &'static Encoding) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut good = String::with_capacity(bytes.len() * 3 + 16);
    let _ = decoder.decode_to_string_without_replacement(bytes, &mut good, true);
    1 + good.bytes().filter(|b| *b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, &'static str, bool) {
        let d = decode(bytes, None, Path::new("c.csv")).unwrap();
        (d.text.into_owned(), d.encoding.name(), d.assumed)
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn each_encoding_gives_the_same_text() {
        let text = "name\nMüller €\n";
        let (le, be) = (utf16(text, u16::to_le_bytes), utf16(text, u16::to_be_bytes));
        let read = |bytes: &[u8]| decoded(bytes).0;
        assert_eq!(read(text.as_bytes()), text);
        assert_eq!(read(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()), text);
        assert_eq!(decoded(&[b"\xFF\xFE", le.as_slice()].concat()), (text.into(), "UTF-16LE", false));
        assert_eq!(decoded(&[b"\xFE\xFF", be.as_slice()].concat()), (text.into(), "UTF-16BE", false));
        assert_eq!(decoded(b"name\nM\xFCller \x80\n"), (text.into(), "windows-1252", true));
        assert_eq!(decoded(&utf16("a,b\n1,2\n", u16::to_le_bytes)), ("a,b\n1,2\n".into(), "UTF-16LE", true));
        assert_eq!(decoded(&utf16("a,b\n1,2\n", u16::to_be_bytes)), ("a,b\n1,2\n".into(), "UTF-16BE", true));
    }

    #[test]
    fn plain_utf8_is_not_copied() {
        let plain = decode(b"a,b\n", None, Path::new("c.csv")).unwrap();
        assert!(matches!(plain.text, Cow::Borrowed(_)));
    }

    #[test]
    fn a_declared_encoding_is_taken_and_a_mark_goes_before_it() {
        let latin2 = Encoding::for_label(b"windows-1250");
        let read = |bytes: &[u8]| decode(bytes, latin2, Path::new("c.csv")).unwrap().text.into_owned();
        assert_eq!(read(b"\xA3\xF3d\x9F"), "Łódź");
        assert_eq!(read(b"\xEF\xBB\xBFa"), "a");
    }

    #[test]
    fn a_file_of_two_encodings_is_refused_and_so_is_half_a_character() {
        let line = |bytes: &[u8], declared| match decode(bytes, declared, Path::new("c.csv")).unwrap_err() {
            IngestError::NotText { line, encoding, .. } => (line, encoding),
            other => panic!("{other}"),
        };
        assert_eq!(
            line("é\nüö\n".as_bytes().iter().copied().chain(*b"\xFC\n").collect::<Vec<_>>().as_slice(), None),
            (3, "UTF-8")
        );
        assert_eq!(line(b"a\nM\xFCller", Some(UTF_8)), (2, "UTF-8"));
        assert_eq!(line(b"\xFF\xFEa\0\n\0\x00\xD8", None), (2, "UTF-16LE"));
        assert_eq!(line(b"\xFF\xFEa\0b", None), (1, "UTF-16LE"));
    }
}
