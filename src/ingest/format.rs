//! What a file is, told by its bytes first and by its name where they leave it open, and the reader for it.

use super::compression::Compression;
use super::encoding::{Decoded, decode};
use super::layout::Layout;
use super::mapping::Mapping;
use super::source::{Source, sha256};
use super::stream::{self, BATCH_BYTES, Streamed};
use super::table::{Frame, Part, Table};
use super::{IngestError, csv, ndjson, parquet, workbook};
use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::path::Path;

/// Bytes that are looked at to tell text from other files.
const HEAD_BYTES: usize = 8 << 10;

/// Kinds of files, as far as a name tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text of records, and the delimiter that is likely for the name.
    Delimited(u8),
    Ndjson,
    Parquet,
    Workbook,
}

impl Kind {
    /// By the extension, before `.gz` or `.zst` if that is the last one.
    pub fn of_name(file: &Path) -> Option<Self> {
        let extension = |path: &Path| path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        match extension(file)?.as_str() {
            "csv" => Some(Self::Delimited(b',')),
            "tsv" | "tab" => Some(Self::Delimited(b'\t')),
            "psv" => Some(Self::Delimited(b'|')),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "parquet" => Some(Self::Parquet),
            "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => Some(Self::Workbook),
            "gz" | "zst" | "zstd" => {
                let inner = file.with_extension("");
                extension(&inner).filter(|e| !["gz", "zst", "zstd"].contains(&e.as_str()))?;
                Self::of_name(&inner)
            }
            _ => None,
        }
    }
}

/// Files that say what they are by their first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Magic {
    Parquet,
    Workbook,
}

impl Magic {
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [b'P', b'A', b'R', b'1', ..] => Some(Self::Parquet),
            [b'P', b'K', 3, 4, ..] | [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => {
                Some(Self::Workbook)
            }
            _ => None,
        }
    }
}

/// Reads the columns of a file that are mapped to fields.
///
/// # Errors
/// For the file as a whole: unreadable, damaged, no table, a required column that is missing.
pub(super) fn read(
    source: &Source,
    table: Table,
    mapping: &Mapping,
    layout: &Layout,
) -> Result<Part, IngestError> {
    let file = &source.file;
    if file.is_file() && has_parquet_magic(file)? {
        return parquet::read(file, table, mapping);
    }
    let kind = Kind::of_name(file);
    let is_long = std::fs::metadata(file).is_ok_and(|m| m.is_file() && m.len() > BATCH_BYTES as u64);
    if is_long && matches!(kind, None | Some(Kind::Delimited(_))) {
        let preferred = likely_delimiter(kind);
        if let Some(read) = stream::read(file, table, mapping, layout, preferred, BATCH_BYTES)? {
            let Streamed { frame: Frame { frame, rows, misfits }, dialect, sha256 } = read;
            let part = Part::new(file.display().to_string(), sha256, frame, rows, misfits);
            return Ok(part.described(format!("CSV{}", dialect.name()), Vec::new()));
        }
    }
    let layout = Layout { sheet: source.sheet.clone().or_else(|| layout.sheet.clone()), ..layout.clone() };
    read_bytes(file, kind, source.bytes()?, table, mapping, &layout)
}

fn has_parquet_magic(file: &Path) -> Result<bool, IngestError> {
    let read = |source| IngestError::Read { file: file.to_owned(), source };
    let mut head = Vec::new();
    std::fs::File::open(file).map_err(read)?.take(4).read_to_end(&mut head).map_err(read)?;
    Ok(Magic::of(&head) == Some(Magic::Parquet))
}

/// [`read`] of bytes that are in memory; `file` is what messages call them, and `kind` tells what the bytes leave open.
///
/// # Errors
/// As [`read`].
pub(super) fn read_bytes(
    file: &Path,
    kind: Option<Kind>,
    bytes: Vec<u8>,
    table: Table,
    mapping: &Mapping,
    layout: &Layout,
) -> Result<Part, IngestError> {
    let (hash, content) =
        rayon::join(|| sha256(&bytes), || content(&bytes, kind, file, table, mapping, layout));
    let Content { frame, format, sheet, warnings } = content?;
    let name = file.display();
    let shown = sheet.map_or_else(|| name.to_string(), |sheet| format!("{name}#{sheet}"));
    let Frame { frame, rows, misfits } = frame;
    Ok(Part::new(shown, hash, frame, rows, misfits).described(format, warnings))
}

/// What a reader makes of a file.
pub(super) struct Content {
    pub frame: Frame,
    /// What the file was taken to be.
    pub format: String,
    pub sheet: Option<String>,
    pub warnings: Vec<String>,
}

fn content(
    bytes: &[u8],
    kind: Option<Kind>,
    file: &Path,
    table: Table,
    mapping: &Mapping,
    layout: &Layout,
) -> Result<Content, IngestError> {
    let compression = Compression::of(bytes);
    let bytes = match compression {
        Some(compression) => Cow::Owned(compression.expand(bytes, file)?),
        None => Cow::Borrowed(bytes),
    };
    let mut content = match Magic::of(&bytes) {
        Some(Magic::Parquet) => of_parquet(bytes.into_owned(), file, table, mapping)?,
        None if kind == Some(Kind::Parquet) => of_parquet(bytes.into_owned(), file, table, mapping)?,
        None if kind == Some(Kind::Workbook) && !is_xls(file) => {
            let what = "its first bytes are those of no archive".to_owned();
            return Err(IngestError::Workbook { file: file.to_owned(), what });
        }
        Some(Magic::Workbook) => workbook::read(bytes.into_owned(), file, table, mapping, layout)?,
        None => of_text(&bytes, kind, file, table, mapping, layout)?,
    };
    if let Some(compression) = compression {
        content.format.push_str(&format!(", {}", compression.name()));
    }
    Ok(content)
}

fn of_parquet(bytes: Vec<u8>, file: &Path, table: Table, mapping: &Mapping) -> Result<Content, IngestError> {
    let frame = parquet::frame(Cursor::new(bytes), file, table, mapping)?;
    let frame = Frame { frame, rows: Vec::new(), misfits: Vec::new() };
    Ok(Content { frame, format: "Parquet".to_owned(), sheet: None, warnings: Vec::new() })
}

fn of_text(
    bytes: &[u8],
    kind: Option<Kind>,
    file: &Path,
    table: Table,
    mapping: &Mapping,
    layout: &Layout,
) -> Result<Content, IngestError> {
    let Decoded { text, encoding, assumed } = decode(bytes, layout.encoding, file)?;
    let start = text.trim_start();
    if kind == Some(Kind::Workbook) && start.starts_with('<') {
        return Err(IngestError::MarkupWorkbook { file: file.to_owned() });
    }
    let head = &text.as_bytes()[..text.len().min(HEAD_BYTES)];
    if kind.is_none() && head.contains(&0) {
        return Err(IngestError::UnknownFormat { file: file.to_owned() });
    }
    if is_json_array(&text) {
        return Err(IngestError::JsonArray { file: file.to_owned() });
    }
    let (frame, mut format) = if kind == Some(Kind::Ndjson) || is_json(&text) {
        (ndjson::frame(&text, file, table, mapping)?, "NDJSON".to_owned())
    } else {
        let (frame, dialect) = csv::frame(&text, file, table, mapping, layout, likely_delimiter(kind))?;
        (frame, format!("CSV{}", dialect.name()))
    };
    let mut warnings = Vec::new();
    if encoding != encoding_rs::UTF_8 {
        let name = if encoding == encoding_rs::WINDOWS_1252 { "Windows-1252" } else { encoding.name() };
        format.push_str(&format!(", {name}"));
        if assumed {
            warnings.push(format!(
                "{}: nothing says how its text is encoded, and it is no UTF-8: {name} is assumed",
                file.display()
            ));
        }
    }
    Ok(Content { frame, format, sheet: None, warnings })
}

/// Whether a text begins as JSON does, be it a line each or an array.
pub(super) fn is_json(text: &str) -> bool {
    let start = text.trim_start();
    is_json_array(text) || start.starts_with('{') && start[1..].trim_start().starts_with(['"', '}'])
}

fn is_json_array(text: &str) -> bool {
    let start = text.trim_start();
    start.starts_with('[') && start[1..].trim_start().starts_with(['{', ']'])
}

/// Many systems call text with tabs, or HTML, a workbook by this name.
fn is_xls(file: &Path) -> bool {
    file.extension().is_some_and(|e| e.eq_ignore_ascii_case("xls"))
}

fn likely_delimiter(kind: Option<Kind>) -> u8 {
    if let Some(Kind::Delimited(delimiter)) = kind { delimiter } else { b',' }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, bytes: &[u8]) -> Result<Part, IngestError> {
        let layout = Layout::default();
        let (file, kind) = (Path::new(name), Kind::of_name(Path::new(name)));
        read_bytes(file, kind, bytes.to_vec(), Table::Customers, &Mapping::default(), &layout)
    }

    fn format(name: &str, bytes: &[u8]) -> String {
        read(name, bytes).unwrap().format
    }

    #[test]
    fn a_name_tells_the_kind_of_a_file_whatever_it_is_packed_in() {
        let of = |name: &str| Kind::of_name(Path::new(name));
        assert_eq!(of("a.CSV"), Some(Kind::Delimited(b',')));
        assert_eq!((of("a.csv.gz"), of("a.tsv.zst")), (of("a.csv"), Some(Kind::Delimited(b'\t'))));
        assert_eq!((of("a.jsonl"), of("a.xlsb")), (Some(Kind::Ndjson), Some(Kind::Workbook)));
        assert_eq!(
            (of("a"), of("a.txt"), of("a.gz"), of("a.csv.gz.gz"), of(".csv")),
            (None, None, None, None, None)
        );
    }

    #[test]
    fn what_was_decided_is_told() {
        assert_eq!(format("c.csv", b"customer_id,name\n1,A\n"), "CSV");
        assert_eq!(format("c.txt", b"customer_id\tname\n1,5\tA\n"), "CSV, tabs");
        assert_eq!(format("c.csv", b"customer_id;name\n1;M\xFCller\n"), "CSV, delimiter `;`, Windows-1252");
        assert_eq!(format("c", b" {\"customer_id\":\"1\"}\n"), "NDJSON");
        let packed = zstd::encode_all(b"customer_id|name\n1|A\n".as_slice(), 1).unwrap();
        assert_eq!(format("-", &packed), "CSV, delimiter `|`, zstd");
    }

    #[test]
    fn an_assumed_encoding_is_a_warning() {
        let part = read("c.csv", b"customer_id\nM\xFCller\n").unwrap();
        assert_eq!(
            part.warnings,
            ["c.csv: nothing says how its text is encoded, and it is no UTF-8: Windows-1252 is assumed"]
        );
        assert!(read("c.csv", "customer_id\nMüller\n".as_bytes()).unwrap().warnings.is_empty());
    }

    #[test]
    fn files_that_are_no_table_say_what_they_are() {
        let refused = |name: &str, bytes: &[u8]| {
            let e = read(name, bytes).unwrap_err();
            (e.to_string(), e.exit_code(), e.hint().is_some())
        };
        let (text, code, _) = refused("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
        assert_eq!((text.as_str(), code), ("photo.png: neither text nor Parquet nor a workbook", 3));
        let (text, code, _) = refused("c.json", b"[\n{\"customer_id\":1}]");
        assert_eq!((text.as_str(), code), ("c.json: a JSON array, expected one object a line", 3));
        let (text, code, _) = refused("c.xls", b"<html><table>");
        assert_eq!((text.as_str(), code), ("c.xls: HTML or XML under the name of a workbook", 3));
        let (text, code, hint) = refused("c.parquet", b"customer_id\n1\n");
        assert_eq!((text.as_str(), code, hint), ("c.parquet: not a whole Parquet file", 1, true));
    }
}
