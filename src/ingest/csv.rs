//! Delimited text: its header, and from there its records.

use super::IngestError;
use super::dialect::Dialect;
use super::header::mapped;
use super::layout::Layout;
use super::mapping::Mapping;
use super::piece::{Wanted, together};
use super::record::{BLOCK_BYTES, OpenQuote, Records, open_quote};
use super::table::{Frame, Table};
use polars::prelude::PolarsResult;
use std::path::Path;

/// What the beginning of a file says of the rest.
pub(super) struct Opened {
    pub dialect: Dialect,
    /// Fields of the header.
    pub width: usize,
    pub wanted: Vec<Wanted>,
    /// Bytes before the first record.
    pub body_at: usize,
}

impl Opened {
    /// `text` is the file or begins as it does; `preferred` is the delimiter that is taken where nothing else decides.
    ///
    /// # Errors
    /// Empty, a quote left open in the header, a required column that is missing.
    pub fn of(
        text: &str,
        file: &Path,
        table: Table,
        mapping: &Mapping,
        layout: &Layout,
        preferred: u8,
    ) -> Result<Self, IngestError> {
        let fits = |header: &[String]| mapped(header, file, table, mapping).is_ok();
        let dialect = Dialect::detect(text, layout, preferred, fits);
        let (header, end) = header(&text.as_bytes()[dialect.header_at..], dialect, file)?;
        let body_at = dialect.header_at + end;
        open_quote(&text.as_bytes()[dialect.header_at..body_at], dialect)
            .map_err(|OpenQuote(at)| unclosed(text, dialect.header_at + at, file))?;
        let wanted = Wanted::of(table, mapping, mapped(&header, file, table, mapping)?);
        Ok(Self { dialect, width: header.len(), wanted, body_at })
    }

    pub fn records(&self) -> Records<'_> {
        Records { dialect: self.dialect, width: self.width, wanted: &self.wanted }
    }
}

/// Reads the columns of a delimited text that are mapped to fields, as text or days, and says how it is written.
///
/// A record is a data row, counted from 1; blank lines are no records. A record of another width than the header
/// becomes a [`super::table::Misfit`].
///
/// # Errors
/// For the file as a whole: those of [`Opened::of`], and a quote left open.
pub(super) fn frame(
    text: &str,
    file: &Path,
    table: Table,
    mapping: &Mapping,
    layout: &Layout,
    preferred: u8,
) -> Result<(Frame, Dialect), IngestError> {
    let opened = Opened::of(text, file, table, mapping, layout, preferred)?;
    let at = opened.body_at;
    let read = opened.records().read(&text[at..], true, BLOCK_BYTES);
    let (pieces, _) = read.map_err(|OpenQuote(quote)| unclosed(text, at + quote, file))?;
    let pieces = pieces.into_iter().collect::<PolarsResult<Vec<_>>>()?;
    Ok((together(pieces, &opened.wanted)?, opened.dialect))
}

fn unclosed(text: &str, at: usize, file: &Path) -> IngestError {
    let line = 1 + text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count();
    IngestError::UnclosedQuote { file: file.to_owned(), line }
}

/// The names in the header, without spaces around them, and where the first record begins.
fn header(text: &[u8], dialect: Dialect, file: &Path) -> Result<(Vec<String>, usize), IngestError> {
    let mut reader = dialect.reader(text);
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => {
            let at = reader.position().byte() as usize;
            // the crate stops between the two bytes of a CRLF
            let at = at + usize::from(text.get(at) == Some(&b'\n') && at > 0 && text[at - 1] == b'\r');
            Ok((record.iter().map(|name| name.trim().to_owned()).collect(), at))
        }
        Ok(false) => Err(IngestError::Empty { file: file.to_owned() }),
        Err(e) => Err(IngestError::Read { file: file.to_owned(), source: std::io::Error::other(e) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "customer_id,name,country\n";

    fn read(text: &str) -> Result<Frame, IngestError> {
        let layout = Layout::default();
        frame(text, Path::new("c.csv"), Table::Customers, &Mapping::default(), &layout, b',').map(|(f, _)| f)
    }

    fn ids(frame: &Frame) -> Vec<String> {
        let ids = frame.frame.column("customer_id").unwrap().str().unwrap();
        ids.iter().map(|id| id.unwrap_or("null").to_owned()).collect()
    }

    #[test]
    fn quoted_commas_quotes_and_line_breaks_stay_in_their_field() {
        let f = read(&format!("{HEADER}1,\"A, \"\"B\"\"\nC\",DE\n2,,\n")).unwrap();
        assert_eq!(ids(&f), ["1", "2"]);
        let names = f.frame.column("name").unwrap().str().unwrap().clone();
        assert_eq!((names.get(0), names.get(1)), (Some("A, \"B\"\nC"), None));
        assert!(f.rows.is_empty() && f.misfits.is_empty());
    }

    #[test]
    fn rows_of_another_width_are_set_aside_and_the_rest_keep_their_numbers() {
        let f = read(&format!("{HEADER}1,A,DE\n2,\"B\nB\"\n\n3,C,DE,x\n4,D,DE\n")).unwrap();
        assert_eq!((ids(&f), f.rows), (vec!["1".to_owned(), "4".to_owned()], vec![1, 4]));
        let found: Vec<_> = f.misfits.iter().map(|m| (m.row, m.finding.as_str())).collect();
        assert_eq!(found, [(2, "2 fields where the header has 3"), (3, "4 fields where the header has 3")]);
    }

    #[test]
    fn any_line_end_is_read() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "customer_id, name ,country\n1,A,DE\n2,B,FR\n".replace('\n', end);
            let f = read(&text).unwrap();
            assert_eq!(ids(&f), ["1", "2"], "{end:?}");
            assert_eq!(f.frame.column("country").unwrap().str().unwrap().get(1), Some("FR"));
        }
    }

    #[test]
    fn a_file_that_is_no_table_is_refused_as_a_whole() {
        let refused = |text: &str| read(text).err().unwrap().to_string();
        assert_eq!(refused(""), "c.csv: empty, expected a header and rows");
        assert_eq!(
            refused("id,name\n1,A\n"),
            "c.csv: no column is mapped to `customer_id` (found: id, name)"
        );
        assert_eq!(
            refused("customer_id,name,name\n"),
            "c.csv: two columns are named `name`, which is mapped to `name`"
        );
        assert_eq!(
            refused(&format!("{HEADER}1,A,DE\n2,\"B,DE\n3")),
            "c.csv: the quote opened on line 3 is never closed"
        );
        assert_eq!(refused("\"customer_id,name\n1,2\n"), "c.csv: the quote opened on line 1 is never closed");
    }
}
