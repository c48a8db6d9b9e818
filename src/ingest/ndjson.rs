//! NDJSON: one JSON object a line. Its names are the columns, wherever in the file they first appear.

use super::IngestError;
use super::header::mapped;
use super::json::{Fault, Quoted, Value, object};
use super::mapping::Mapping;
use super::number::plain;
use super::piece::{Closed, Piece, Wanted, together};
use super::table::{Frame, Misfit, Table, is_segment_slot};
use polars::prelude::*;
use rayon::prelude::*;
use std::borrow::Cow;
use std::path::Path;

/// Bytes that one task works through.
const PIECE_BYTES: usize = 1 << 20;

/// Reads the members that are mapped to fields, every one as text: numbers digit for digit, null and what is absent as
/// empty.
///
/// A line is a data row, counted from 1; blank lines are none. A line that is no object, has a mapped name twice or a
/// list or an object under one becomes a [`Misfit`].
///
/// # Errors
/// For the file as a whole: empty, or no line has a required column.
pub(super) fn frame(text: &str, file: &Path, table: Table, mapping: &Mapping) -> Result<Frame, IngestError> {
    let pieces = pieces(text);
    let names: Vec<Vec<String>> = pieces.par_iter().map(|piece| names(piece)).collect();
    let mut header: Vec<String> = Vec::new();
    for name in names.into_iter().flatten() {
        if !header.contains(&name) {
            header.push(name);
        }
    }
    if text.trim().is_empty() {
        return Err(IngestError::Empty { file: file.to_owned() });
    }
    let wanted = Wanted::of(table, mapping, mapped(&header, file, table, mapping)?);
    let read = pieces.into_par_iter().map(|piece| rows(piece, &wanted, &header).close());
    together(read.collect::<PolarsResult<Vec<Closed>>>()?, &wanted)
}

/// The text in pieces of whole lines. No line end can stand inside an object: in a JSON text it is an escape.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > PIECE_BYTES {
        let tail = &rest.as_bytes()[PIECE_BYTES..];
        let Some(end) = tail.iter().position(|b| matches!(b, b'\n' | b'\r')) else { break };
        let (piece, tail) = rest.split_at(PIECE_BYTES + end + 1);
        pieces.push(piece);
        rest = tail;
    }
    pieces.push(rest);
    pieces
}

fn lines(piece: &str) -> impl Iterator<Item = &str> {
    piece.split(['\n', '\r']).filter(|line| line.bytes().any(|b| !matches!(b, b' ' | b'\t')))
}

/// The names of all members, by first appearance.
fn names(piece: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    // members mostly come in the same order
    let mut next = 0;
    for line in lines(piece) {
        let _ = object(line, |name, _| {
            let name = meant(name)?;
            if names.get(next).is_some_and(|n| *n == name) {
                next += 1;
            } else {
                let at = names.iter().position(|n| *n == name).unwrap_or(names.len());
                if at == names.len() {
                    names.push(name.into_owned());
                }
                next = at + 1;
            }
            if next >= names.len() {
                next = 0;
            }
            Ok(())
        });
    }
    names
}

fn meant(name: Quoted) -> Result<Cow<str>, Fault> {
    name.text().ok_or_else(|| Fault::Surrogate("a name".to_owned()))
}

fn rows(text: &str, wanted: &[Wanted], header: &[String]) -> Piece {
    let mut piece = Piece::new(wanted, lines(text).count());
    let mut cells: Vec<Cow<str>> = vec![Cow::Borrowed(""); wanted.len()];
    for (row, line) in lines(text).enumerate() {
        match row_of(line, wanted, header, &mut cells) {
            Ok(()) => {
                piece.rows.push(row as u64);
                piece.columns.iter_mut().zip(&cells).for_each(|(column, cell)| column.push(cell));
            }
            Err(fault) => piece.misfits.push(Misfit::of_json(row as u64, fault, line.trim())),
        }
    }
    piece
}

/// The cells of one line.
fn row_of<'a>(
    line: &'a str,
    wanted: &[Wanted],
    header: &[String],
    cells: &mut [Cow<'a, str>],
) -> Result<(), Fault> {
    cells.fill(Cow::Borrowed(""));
    let mut seen = 0_u128;
    let mut next = 0;
    object(line, |name, value| {
        let name = meant(name)?;
        let is_it = |w: &Wanted| header[w.at] == name;
        let at = match wanted.get(next).filter(|w| is_it(w)) {
            Some(_) => next,
            None => match wanted.iter().position(is_it) {
                Some(at) => at,
                None => return Ok(()),
            },
        };
        next = at + 1;
        // whatever stands there, a row is not refused for a segment
        let is_segment = is_segment_slot(wanted[at].field);
        if is_segment && (seen & (1 << at) != 0 || matches!(value, Value::Nested)) {
            return Ok(());
        }
        if seen & (1 << at) != 0 {
            return Err(Fault::Twice(name.into_owned()));
        }
        seen |= 1 << at;
        cells[at] = match value {
            Value::Null => Cow::Borrowed(""),
            Value::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
            Value::Number(digits) => plain(digits, wanted[at].kind),
            Value::Text(quoted) => {
                quoted.text().ok_or_else(|| Fault::Surrogate(name.clone().into_owned()))?
            }
            Value::Nested => return Err(Fault::Nested(name.into_owned())),
        };
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Frame {
        frame(text, Path::new("i.ndjson"), Table::Invoices, &Mapping::default()).unwrap()
    }

    fn column(frame: &Frame, field: &str) -> Vec<String> {
        let column = frame.frame.column(field).unwrap().cast(&DataType::String).unwrap();
        column.str().unwrap().iter().map(|t| t.unwrap_or("null").to_owned()).collect()
    }

    const A: &str =
        r#"{"invoice_id":"A","customer_id":7.0,"issue_date":"2024-01-02","terms_days":30.0,"amount":0.10}"#;
    const B: &str = r#"{"amount":1e3,"paid_date":null,"customer_id":"C","invoice_id":true,"issue_date":"2024-01-03","x":[1,{}]}"#;

    #[test]
    fn members_come_in_any_order_and_what_is_absent_is_empty() {
        for end in ["\n", "\r\n", "\r", "\n\n \n"] {
            let f = read(&[A, B, ""].join(end));
            assert_eq!(column(&f, "invoice_id"), ["A", "true"]);
            assert_eq!(column(&f, "customer_id"), ["7", "C"]);
            assert_eq!(column(&f, "amount"), ["0.10", "1000"]);
            assert_eq!(column(&f, "terms_days"), ["30", "null"]);
            assert_eq!(column(&f, "paid_date"), ["null", "null"]);
            assert!(f.rows.is_empty() && f.misfits.is_empty());
        }
    }

    #[test]
    fn a_line_that_is_no_plain_object_is_set_aside_and_the_rest_keep_their_numbers() {
        let twice = A.replace("}", r#","amount":2}"#);
        let nested = A.replace("0.10", "[1]");
        let text = [A, "oops", &twice, "", &nested, &A[..20], B].join("\n");
        let f = read(&text);
        assert_eq!(f.rows, [1, 6]);
        let found: Vec<_> = f.misfits.iter().map(|m| (m.row, m.finding.as_str())).collect();
        let expected = [
            (2, "no JSON object"),
            (3, "`amount` is there twice"),
            (4, "a list or an object in `amount`"),
            (5, "no JSON at character 21"),
        ];
        assert_eq!(found, expected);
        assert!(f.misfits.iter().all(|m| m.rule.id == "RECORD_NOT_JSON"));
    }

    #[test]
    fn a_long_file_keeps_its_order_and_numbers() {
        let line = |i: usize| A.replace("\"A\"", &format!("\"A{i}\""));
        let mut lines: Vec<String> = (0..40_000).map(line).collect();
        lines[30_000] = "{".to_owned();
        let f = read(&lines.join("\n"));
        assert_eq!((f.frame.height(), f.misfits[0].row), (39_999, 30_001));
        assert_eq!((f.rows[29_999], f.rows[30_000]), (30_000, 30_002));
        let ids = column(&f, "invoice_id");
        assert_eq!((ids[0].as_str(), ids[39_998].as_str()), ("A0", "A39999"));
    }

    #[test]
    fn a_file_that_is_no_table_is_refused_as_a_whole() {
        let refused = |text: &str| {
            let e = frame(text, Path::new("i.ndjson"), Table::Customers, &Mapping::default()).unwrap_err();
            e.to_string()
        };
        assert_eq!(refused(" \n"), "i.ndjson: empty, expected a header and rows");
        assert_eq!(
            refused("{\"id\":1}\n{\"name\":2,\"id\":1}"),
            "i.ndjson: no column is mapped to `customer_id` (found: id, name)"
        );
    }
}
