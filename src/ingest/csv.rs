//! Delimited text: Polars reads what is regular, record by record goes what is not.

use super::IngestError;
use super::dialect::Dialect;
use super::header::mapped;
use super::layout::Layout;
use super::profile::Profile;
use super::table::{Frame, Misfit, Table};
use polars::prelude::*;
use rayon::prelude::*;
use std::io::Cursor;
use std::path::Path;

/// Bytes of a file without quotes that one task looks through.
const SCAN_BYTES: usize = 1 << 20;

/// Reads the columns of a delimited text that are mapped to fields, every one as text, and says how it is written.
///
/// A record is a data row, counted from 1; blank lines are no records. A record of another width than the header
/// becomes a [`Misfit`]. `preferred` is the delimiter that is taken where nothing else decides.
///
/// # Errors
/// For the file as a whole: empty, a quote left open, a required column that is missing.
pub(super) fn frame(
    text: &str,
    file: &Path,
    table: Table,
    profile: &Profile,
    layout: &Layout,
    preferred: u8,
) -> Result<(Frame, Dialect), IngestError> {
    let fits = |header: &[String]| mapped(header, file, table, profile).is_ok();
    let dialect = Dialect::detect(text, layout, preferred, fits);
    let bytes = &text.as_bytes()[dialect.header_at..];
    let (header, body_at) = header(bytes, dialect, file)?;
    let open_quote = |at: usize| {
        let before = &text.as_bytes()[..dialect.header_at + at];
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        IngestError::UnclosedQuote { file: file.to_owned(), line }
    };
    if let Shape::OpenQuote { at } = quoted_shape(&bytes[..body_at], header.len(), dialect) {
        return Err(open_quote(at));
    }
    let columns = mapped(&header, file, table, profile)?;
    let body = &bytes[body_at..];
    let frame = match shape(body, header.len(), dialect) {
        Shape::Regular { records } => match by_polars(body, header.len(), &columns, dialect) {
            Ok(frame) if frame.height() == records => {
                Frame { frame, rows: Vec::new(), misfits: Vec::new() }
            }
            _ => by_record(body, header.len(), &columns, dialect)?,
        },
        Shape::Irregular => by_record(body, header.len(), &columns, dialect)?,
        Shape::OpenQuote { at } => return Err(open_quote(body_at + at)),
    };
    Ok((frame, dialect))
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

#[derive(Debug, PartialEq, Eq)]
enum Shape {
    /// Every record has the width of the header and is quoted by the book: readers agree on such a file.
    Regular { records: usize },
    /// Another width, a blank line, a lone carriage return or a stray quote.
    Irregular,
    /// The quote at this byte is never closed.
    OpenQuote { at: usize },
}

/// What records look like, before anybody reads them: Polars fills short records with nulls and would not tell.
fn shape(body: &[u8], width: usize, dialect: Dialect) -> Shape {
    if body.contains(&dialect.quote) {
        return quoted_shape(body, width, dialect);
    }
    let mut pieces = Vec::new();
    let mut rest = body;
    while rest.len() > SCAN_BYTES {
        let Some(end) = rest[SCAN_BYTES..].iter().position(|b| *b == b'\n') else { break };
        let (piece, tail) = rest.split_at(SCAN_BYTES + end + 1);
        pieces.push(piece);
        rest = tail;
    }
    pieces.push(rest);
    let counted: Option<Vec<usize>> =
        pieces.into_par_iter().map(|piece| plain_records(piece, width, dialect.delimiter)).collect();
    counted.map_or(Shape::Irregular, |n| Shape::Regular { records: n.iter().sum() })
}

/// Records of a piece without quotes, if each line is one of the right width.
fn plain_records(piece: &[u8], width: usize, delimiter: u8) -> Option<usize> {
    let is_regular = |line: &[u8]| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (mut delimiters, mut returns) = (0_usize, 0_usize);
        for b in line {
            delimiters += usize::from(*b == delimiter);
            returns += usize::from(*b == b'\r');
        }
        !line.is_empty() && delimiters + 1 == width && returns == 0
    };
    let whole = piece.strip_suffix(b"\n").unwrap_or(piece);
    if piece.is_empty() {
        return Some(0);
    }
    let mut records = 0;
    for line in whole.split(|b| *b == b'\n') {
        if !is_regular(line) {
            return None;
        }
        records += 1;
    }
    Some(records)
}

/// [`shape`] by the grammar of RFC 4180: a field is free of quotes or wholly inside two.
fn quoted_shape(body: &[u8], width: usize, dialect: Dialect) -> Shape {
    #[derive(PartialEq, Clone, Copy)]
    enum At {
        FieldStart,
        Plain,
        Quoted(usize),
        /// After a quote inside a quoted field: it closed the field, unless another one follows.
        Closed(usize),
        Return,
    }
    let Dialect { delimiter, quote, .. } = dialect;
    let (mut at, mut records, mut fields, mut regular) = (At::FieldStart, 0, 1, true);
    let mut record_start = 0;
    for (i, &b) in body.iter().enumerate() {
        at = match (at, b) {
            (At::Quoted(from), b) if b == quote => At::Closed(from),
            (At::Quoted(from), _) => At::Quoted(from),
            (At::Closed(from), b) if b == quote => At::Quoted(from),
            (At::FieldStart, b) if b == quote => At::Quoted(i),
            (_, b'\n') => {
                let is_blank = matches!(&body[record_start..i], [] | [b'\r']);
                regular &= fields == width && !is_blank;
                (records, fields, record_start) = (records + 1, 1, i + 1);
                At::FieldStart
            }
            // a lone carriage return ends a record too
            (At::Return, _) => {
                regular = false;
                if b == quote { At::Quoted(i) } else { At::Plain }
            }
            (_, b) if b == delimiter => {
                fields += 1;
                At::FieldStart
            }
            (_, b'\r') => At::Return,
            (from, _) => {
                regular &= b != quote && !matches!(from, At::Closed(_));
                At::Plain
            }
        };
    }
    if let At::Quoted(at) = at {
        return Shape::OpenQuote { at };
    }
    if record_start < body.len() {
        regular &= fields == width && at != At::Return;
        records += 1;
    }
    if regular { Shape::Regular { records } } else { Shape::Irregular }
}

fn by_polars(
    body: &[u8],
    width: usize,
    columns: &[(&'static str, usize)],
    dialect: Dialect,
) -> PolarsResult<DataFrame> {
    let mut names: Vec<PlSmallStr> = (0..width).map(|i| PlSmallStr::from_string(i.to_string())).collect();
    for (field, at) in columns {
        names[*at] = PlSmallStr::from_static(field);
    }
    let schema: Schema = names.into_iter().map(|name| Field::new(name, DataType::String)).collect();
    if body.is_empty() {
        let empty = columns.iter().map(|(field, _)| Column::new_empty((*field).into(), &DataType::String));
        return DataFrame::new(0, empty.collect());
    }
    CsvReadOptions::default()
        .with_has_header(false)
        .with_schema(Some(Arc::new(schema)))
        .map_parse_options(|o| o.with_separator(dialect.delimiter).with_quote_char(Some(dialect.quote)))
        .with_projection(Some(Arc::new(columns.iter().map(|(_, at)| *at).collect())))
        .into_reader_with_file_handle(Cursor::new(body))
        .finish()
}

fn by_record(
    body: &[u8],
    width: usize,
    columns: &[(&'static str, usize)],
    dialect: Dialect,
) -> Result<Frame, IngestError> {
    let mut builders: Vec<_> =
        columns.iter().map(|(field, _)| StringChunkedBuilder::new((*field).into(), 0)).collect();
    let (mut rows, mut misfits) = (Vec::new(), Vec::new());
    let mut record = csv::StringRecord::new();
    let mut reader = dialect.reader(body);
    let mut row = 0;
    let refused =
        |e| IngestError::Internal { what: "a CSV record cannot be read".into(), source: Some(Box::new(e)) };
    while reader.read_record(&mut record).map_err(refused)? {
        row += 1;
        if record.len() != width {
            let between = char::from(dialect.delimiter).to_string();
            let text = record.iter().collect::<Vec<_>>().join(&between);
            misfits.push(Misfit::of_width(row, record.len(), width, &text));
            continue;
        }
        rows.push(row);
        for (builder, (_, at)) in builders.iter_mut().zip(columns) {
            builder.append_value(&record[*at]);
        }
    }
    let columns = builders.into_iter().map(|b| b.finish().into_series().into()).collect();
    Ok(Frame { frame: DataFrame::new(rows.len(), columns)?, rows, misfits })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "customer_id,name,country\n";

    fn read(text: &str) -> Result<Frame, IngestError> {
        let layout = Layout::default();
        frame(text, Path::new("c.csv"), Table::Customers, &Profile::CANONICAL, &layout, b',').map(|(f, _)| f)
    }

    fn ids(frame: &Frame) -> Vec<String> {
        let ids = frame.frame.column("customer_id").unwrap().str().unwrap();
        ids.iter().map(|id| id.unwrap_or("null").to_owned()).collect()
    }

    #[test]
    fn regular_files_are_told_from_others() {
        let regular = |records| Shape::Regular { records };
        for (body, width, expected) in [
            ("a,b\nc,d\n", 2, regular(2)),
            ("a,b\r\nc,d", 2, regular(2)),
            ("", 2, regular(0)),
            ("a\n", 2, Shape::Irregular),
            ("a,b,c\n", 2, Shape::Irregular),
            ("a,b\n\nc,d\n", 2, Shape::Irregular),
            ("a,b\rc,d\r", 2, Shape::Irregular),
            ("a\n\n", 1, Shape::Irregular),
            ("\"a,\n\",b\n", 2, regular(1)),
            ("\"a\"\"\",\"\"\r\nb,c", 2, regular(2)),
            ("5\" pipe,b\n", 2, Shape::Irregular),
            ("\"a\"x,b\n", 2, Shape::Irregular),
            ("\"a\",b\n\nc,d\n", 2, Shape::Irregular),
            ("\"a\",b\rc,d\n", 2, Shape::Irregular),
            ("a,b\n\"c,d\n", 2, Shape::OpenQuote { at: 4 }),
        ] {
            assert_eq!(shape(body.as_bytes(), width, Dialect::COMMAS), expected, "{body:?}");
        }
    }

    #[test]
    fn a_long_file_is_counted_in_pieces() {
        let body = "abc,def\n".repeat(400_000);
        assert_eq!(shape(body.as_bytes(), 2, Dialect::COMMAS), Shape::Regular { records: 400_000 });
        assert_eq!(shape((body + "x\n").as_bytes(), 2, Dialect::COMMAS), Shape::Irregular);
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
        assert_eq!(f.misfits.iter().map(|m| (m.row, m.n_fields)).collect::<Vec<_>>(), [(2, 2), (3, 4)]);
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
    fn both_readers_see_the_same_table() {
        let body = "1,\"a,b\",x\r\n2,,\r\n\"3\",\"\"\"q\"\"\",\"\"\r\n";
        let columns = [("customer_id", 0), ("country", 2)];
        let fast = by_polars(body.as_bytes(), 3, &columns, Dialect::COMMAS).unwrap();
        let slow = by_record(body.as_bytes(), 3, &columns, Dialect::COMMAS).unwrap().frame;
        for (field, _) in columns {
            let texts = |f: &DataFrame| -> Vec<String> {
                f.column(field).unwrap().str().unwrap().iter().map(|t| t.unwrap_or("").to_owned()).collect()
            };
            assert_eq!(texts(&fast), texts(&slow), "{field}");
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

    proptest::proptest! {
        /// What is regular to us must be the same table to Polars and to the csv crate, and have as many records.
        #[test]
        fn readers_agree_on_regular_files(body in "([ab,]|[ab,]|\n|\r\n|\"|\"a,\n\"|\"\"\"b\"){0,24}", width in 1..4_usize) {
            let columns = [("customer_id", 0), ("name", width - 1)];
            let columns = &columns[..width.min(2)];
            if let Shape::Regular { records } = shape(body.as_bytes(), width, Dialect::COMMAS) {
                let fast = by_polars(body.as_bytes(), width, columns, Dialect::COMMAS).unwrap();
                let slow = by_record(body.as_bytes(), width, columns, Dialect::COMMAS).unwrap();
                proptest::prop_assert_eq!((fast.height(), slow.rows.len(), slow.misfits.len()), (records, records, 0));
                for (field, _) in columns {
                    let texts = |f: &DataFrame| -> Vec<String> {
                        f.column(field).unwrap().str().unwrap().iter().map(|t| t.unwrap_or("").to_owned()).collect()
                    };
                    proptest::prop_assert_eq!(texts(&fast), texts(&slow.frame));
                }
            }
        }
    }
}
