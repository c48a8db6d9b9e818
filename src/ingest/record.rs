//! Records of delimited text, cut and read in pieces on all threads.

use super::dialect::Dialect;
use super::piece::{Closed, Piece, Wanted};
use super::table::Misfit;
use polars::prelude::PolarsResult;
use rayon::prelude::*;

/// Bytes that one task reads.
pub(super) const BLOCK_BYTES: usize = 1 << 20;

/// What records there are to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Records<'a> {
    pub dialect: Dialect,
    /// Fields of the header.
    pub width: usize,
    pub wanted: &'a [Wanted],
}

/// A quote that no other one closes, at this byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpenQuote(pub usize);

/// What is left of bytes when the whole records at their start are taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    /// Bytes up to the end of the last record that has one.
    whole: usize,
    open_quote: Option<usize>,
}

/// Where the records of a text end that begins with one, by the grammar of RFC 4180 as the `csv` crate reads it: a
/// quote opens a field at its start only, and a lone carriage return ends a record too.
fn ends(bytes: &[u8], dialect: Dialect) -> Ends {
    let Dialect { delimiter, quote, .. } = dialect;
    if !bytes.contains(&quote) {
        let last = bytes.iter().rposition(|b| matches!(b, b'\n' | b'\r'));
        return Ends { whole: last.map_or(0, |at| at + 1), open_quote: None };
    }
    #[derive(Clone, Copy, PartialEq)]
    enum At {
        FieldStart,
        Plain,
        Quoted,
        /// After a quote inside a quoted field: it closed the field, unless another one follows.
        Closed,
    }
    let (mut at, mut whole, mut opened) = (At::FieldStart, 0, 0);
    for (i, &b) in bytes.iter().enumerate() {
        at = match at {
            At::Quoted if b != quote => continue,
            At::Quoted => At::Closed,
            At::Closed if b == quote => At::Quoted,
            At::FieldStart if b == quote => {
                opened = i;
                At::Quoted
            }
            _ if b == b'\n' || b == b'\r' => {
                whole = i + 1;
                At::FieldStart
            }
            _ if b == delimiter => At::FieldStart,
            _ => At::Plain,
        };
    }
    Ends { whole, open_quote: (at == At::Quoted).then_some(opened) }
}

/// The quote that is still open at the end of a text.
pub(super) fn open_quote(bytes: &[u8], dialect: Dialect) -> Result<(), OpenQuote> {
    ends(bytes, dialect).open_quote.map_or(Ok(()), |at| Err(OpenQuote(at)))
}

impl Records<'_> {
    /// Reads the whole records at the start of `text`, all of them if they are the `last`, in blocks of about
    /// `block_bytes`; also gives how many bytes were taken.
    ///
    /// # Errors
    /// [`OpenQuote`] in the last bytes.
    pub fn read(
        &self,
        text: &str,
        last: bool,
        block_bytes: usize,
    ) -> Result<(Vec<PolarsResult<Closed>>, usize), OpenQuote> {
        let bytes = text.as_bytes();
        let (mut blocks, mut start) = (Vec::new(), 0);
        let mut size = block_bytes;
        while start < bytes.len() {
            let end = (start + size).min(bytes.len());
            let is_end = end == bytes.len();
            let found = ends(&bytes[start..end], self.dialect);
            let whole = match found.open_quote {
                Some(at) if is_end && last => return Err(OpenQuote(start + at)),
                _ if is_end && last => bytes.len() - start,
                _ => found.whole,
            };
            if whole == 0 {
                if is_end {
                    break;
                }
                // a record longer than the block
                size *= 2;
                continue;
            }
            blocks.push(&text[start..start + whole]);
            start += whole;
            size = block_bytes;
        }
        Ok((blocks.into_par_iter().map(|block| self.block(block).close()).collect(), start))
    }

    fn block(&self, block: &str) -> Piece {
        if block.as_bytes().contains(&self.dialect.quote) { self.quoted(block) } else { self.plain(block) }
    }

    fn quoted(&self, block: &str) -> Piece {
        let mut piece = Piece::new(self.wanted, n_lines(block));
        let mut record = csv::StringRecord::new();
        let mut reader = self.dialect.reader(block.as_bytes());
        let mut row = 0;
        // reading text from memory does not fail
        while let Ok(true) = reader.read_record(&mut record) {
            self.take(&mut piece, row, record.len(), |at| record.get(at).unwrap_or_default());
            row += 1;
        }
        piece
    }

    /// Without quotes a record is a line, and a field what stands between delimiters.
    fn plain(&self, block: &str) -> Piece {
        let mut piece = Piece::new(self.wanted, n_lines(block));
        let delimiter = self.dialect.delimiter;
        // behind each field of the line and its delimiter
        let mut ends: Vec<usize> = Vec::with_capacity(self.width + 1);
        let (mut row, mut line) = (0, 0);
        for (i, b) in block.bytes().chain(std::iter::once(b'\n')).enumerate() {
            if b == delimiter {
                ends.push(i + 1);
            } else if b == b'\n' || b == b'\r' {
                if i > line {
                    ends.push(i + 1);
                    let start = |at: usize| if at == 0 { line } else { ends[at - 1] };
                    self.take(&mut piece, row, ends.len(), |at| &block[start(at)..ends[at] - 1]);
                    row += 1;
                }
                ends.clear();
                line = i + 1;
            }
        }
        piece
    }

    /// Takes the wanted fields of a record of `n` fields, or sets it aside.
    #[inline]
    fn take<'b>(&self, piece: &mut Piece, row: u64, n: usize, field: impl Fn(usize) -> &'b str) {
        if n != self.width {
            let between = char::from(self.dialect.delimiter).to_string();
            let record = (0..n).map(field).collect::<Vec<_>>().join(&between);
            piece.misfits.push(Misfit::of_width(row, n, self.width, &record));
            return;
        }
        piece.rows.push(row);
        let columns = piece.columns.iter_mut().zip(self.wanted);
        columns.for_each(|(column, wanted)| column.push(field(wanted.at)));
    }
}

/// A little more than the records of a block: room for them.
fn n_lines(block: &str) -> usize {
    let n = |end: u8| block.bytes().filter(|b| *b == end).count();
    n(b'\n').max(n(b'\r')) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::piece::together;
    use crate::ingest::table::{Frame, Kind};
    use polars::prelude::DataType;

    /// What the reader gives, in blocks of a few bytes.
    fn read(text: &str, width: usize, block_bytes: usize) -> Result<Frame, OpenQuote> {
        let fields = ["customer_id", "name", "country"];
        let wanted: Vec<Wanted> = (0..width.min(3))
            .map(|at| Wanted { field: fields[at], kind: Kind::Text, at, is_iso: true, words: None })
            .collect();
        let records = Records { dialect: Dialect::COMMAS, width, wanted: &wanted };
        let (pieces, taken) = records.read(text, true, block_bytes)?;
        assert_eq!(taken, text.len());
        let pieces = pieces.into_iter().map(Result::unwrap).collect();
        Ok(together(pieces, &wanted).unwrap())
    }

    /// The same by the `csv` crate alone: rows with their fields, rows of another width with theirs.
    fn by_the_crate(text: &str) -> Vec<Vec<String>> {
        let reader = Dialect::COMMAS.reader(text.as_bytes());
        reader.into_records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn rows(frame: &Frame) -> Vec<Vec<String>> {
        let columns: Vec<Vec<String>> = frame
            .frame
            .columns()
            .iter()
            .map(|c| c.cast(&DataType::String).unwrap())
            .map(|c| c.str().unwrap().iter().map(|t| t.unwrap_or("").to_owned()).collect())
            .collect();
        (0..frame.frame.height()).map(|i| columns.iter().map(|c| c[i].clone()).collect()).collect()
    }

    #[test]
    fn records_end_where_no_quote_is_open() {
        for (text, whole, open_quote) in [
            ("a,b\nc", 4, None),
            ("a,b\rc", 4, None),
            ("ab", 0, None),
            ("\"a\nb\",c\nd", 8, None),
            ("a,\"b\n", 0, Some(2)),
            ("a\n5\" pipe\n\"x\"\"\ny", 10, Some(10)),
            ("\"a\"x\"\nb\n", 8, None),
        ] {
            assert_eq!(ends(text.as_bytes(), Dialect::COMMAS), Ends { whole, open_quote }, "{text:?}");
        }
    }

    #[test]
    fn what_is_left_of_bytes_that_are_not_the_last_is_a_record_that_has_no_end_yet() {
        let wanted = [Wanted { field: "name", kind: Kind::Text, at: 0, is_iso: true, words: None }];
        let records = Records { dialect: Dialect::COMMAS, width: 1, wanted: &wanted };
        let taken = |text: &str| records.read(text, false, 4).unwrap().1;
        assert_eq!((taken("a\nbc\nd"), taken("a\n\"b\nc"), taken("abcdefgh")), (5, 2, 0));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2048))]

        /// In blocks of any size, with quotes and without, the records are those of the csv crate.
        #[test]
        fn blocks_give_the_records_of_the_csv_crate(
            text in "([ab,é]|[ab,]|,|\n|\r\n|\r|\"|\"a,\n\"|\"\"\"b\"){0,32}",
            width in 1..4_usize,
            block_bytes in 1..20_usize,
        ) {
            let expected = by_the_crate(&text);
            match read(&text, width, block_bytes) {
                Ok(frame) => {
                    let (fits, misfits): (Vec<_>, Vec<_>) = (1..).zip(expected).partition(|(_, r)| r.len() == width);
                    let found: Vec<_> = frame.misfits.iter().map(|m| (m.row, m.text.clone())).collect();
                    let misfits: Vec<_> = misfits.into_iter().map(|(row, r)| (row, r.join(","))).collect();
                    proptest::prop_assert_eq!(found, misfits);
                    let numbers: Vec<u64> = fits.iter().map(|(row, _)| *row).collect();
                    proptest::prop_assert!(frame.rows == numbers || frame.rows.is_empty());
                    let fits: Vec<_> = fits.into_iter().map(|(_, r)| r).collect();
                    proptest::prop_assert_eq!(rows(&frame), fits);
                }
                Err(OpenQuote(at)) => {
                    proptest::prop_assert_eq!(&text[at..=at], "\"");
                    let closed = by_the_crate(&format!("{text}\"\n,"));
                    proptest::prop_assert_eq!(closed.len(), expected.len() + 1, "a closing quote ends the record");
                }
            }
        }
    }
}
