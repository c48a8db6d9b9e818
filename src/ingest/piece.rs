//! Rows that one task has read, and the pieces of a file put together.

use super::IngestError;
use super::mapping::{Mapping, kind_of};
use super::table::{Frame, Kind, Misfit, Table};
use super::words::{Coded, Words};
use crate::core::Day;
use polars::prelude::*;

/// A column that is wanted of a file.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub field: &'static str,
    pub kind: Kind,
    /// Its position in the header, from 0.
    pub at: usize,
    /// Whether ISO days may become days here: nobody declared another format.
    pub is_iso: bool,
    /// The words of the column, where they are likely to come again and again.
    pub words: Option<Words>,
}

impl Wanted {
    /// Of fields and the places of their columns.
    pub fn of(table: Table, mapping: &Mapping, columns: Vec<(&'static str, usize)>) -> Vec<Self> {
        let dates = &mapping.of(table).dates;
        let is_iso = |field| dates.formats.is_empty() && dates.fields.iter().all(|(f, _)| *f != field);
        let wanted = |(field, at)| {
            let kind = kind_of(table, field);
            Self { field, kind, at, is_iso: is_iso(field), words: Words::likely_in(table, field, kind) }
        };
        columns.into_iter().map(wanted).collect()
    }

    /// What the column holds where no cell of it asks for text.
    fn dtype(&self) -> DataType {
        match (self.kind, &self.words) {
            (Kind::Day, _) => DataType::Date,
            (_, Some(words)) => words.dtype().clone(),
            _ => DataType::String,
        }
    }
}

/// The cells of one column as they come: text, or days for as long as every one is an ISO day, which can be read in
/// one way only and takes a quarter of the memory, or codes of words for as long as there are few, which take an eighth.
pub(super) enum Filling {
    Text(StringChunkedBuilder),
    Words(Coded),
    /// [`EMPTY`] where there is none.
    Days(&'static str, Vec<i32>),
}

const EMPTY: i32 = i32::MIN;

impl Filling {
    pub fn new(wanted: &Wanted, capacity: usize) -> Self {
        match wanted.kind {
            Kind::Day if wanted.is_iso => Self::Days(wanted.field, Vec::with_capacity(capacity)),
            _ => match wanted.words.as_ref().filter(|words| words.has_room()) {
                Some(words) => Self::Words(Coded::new(wanted.field, words, capacity)),
                None => Self::Text(StringChunkedBuilder::new(wanted.field.into(), capacity)),
            },
        }
    }

    #[inline]
    pub fn push(&mut self, text: &str) {
        match self {
            Self::Text(texts) if text.is_empty() => texts.append_null(),
            Self::Text(texts) => texts.append_value(text),
            Self::Words(codes) => {
                if !codes.push(text) {
                    let mut texts = codes.texts();
                    texts.append_value(text);
                    *self = Self::Text(texts);
                }
            }
            Self::Days(_, days) if text.is_empty() => days.push(EMPTY),
            Self::Days(field, days) => match text.parse::<Day>() {
                Ok(day) => days.push(day.0),
                Err(_) => {
                    let mut texts = StringChunkedBuilder::new((*field).into(), days.capacity());
                    let written = |day: &i32| (*day != EMPTY).then(|| Day(*day).to_string());
                    days.iter().for_each(|day| texts.append_option(written(day)));
                    texts.append_value(text);
                    *self = Self::Text(texts);
                }
            },
        }
    }

    pub fn finish(self) -> PolarsResult<Column> {
        Ok(match self {
            Self::Text(texts) => texts.finish().into_series().into(),
            Self::Words(codes) => codes.finish(),
            Self::Days(field, days) => {
                let days = days.into_iter().map(|day| Some(day).filter(|day| *day != EMPTY));
                Int32Chunked::from_iter_options(field.into(), days)
                    .into_series()
                    .cast(&DataType::Date)?
                    .into()
            }
        })
    }
}

/// The rows of one piece, counted from 0 within it.
pub(super) struct Piece {
    pub columns: Vec<Filling>,
    pub rows: Vec<u64>,
    pub misfits: Vec<Misfit>,
}

/// [`Piece`] with its columns closed.
pub(super) struct Closed {
    frame: DataFrame,
    rows: Vec<u64>,
    misfits: Vec<Misfit>,
}

impl Piece {
    pub fn new(wanted: &[Wanted], capacity: usize) -> Self {
        let columns = wanted.iter().map(|w| Filling::new(w, capacity)).collect();
        Self { columns, rows: Vec::with_capacity(capacity), misfits: Vec::new() }
    }

    pub fn close(self) -> PolarsResult<Closed> {
        let Self { columns, mut rows, misfits } = self;
        let columns = columns.into_iter().map(Filling::finish).collect::<PolarsResult<Vec<Column>>>()?;
        let frame = DataFrame::new(rows.len(), columns)?;
        if misfits.is_empty() {
            rows = Vec::new();
        }
        Ok(Closed { frame, rows, misfits })
    }
}

/// The rows of all pieces, numbered through the file from 1.
pub(super) fn together(pieces: Vec<Closed>, wanted: &[Wanted]) -> Result<Frame, IngestError> {
    let is_text = |at: usize| pieces.iter().any(|p| *p.frame.columns()[at].dtype() == DataType::String);
    let types: Vec<DataType> =
        (0..wanted.len()).map(|at| if is_text(at) { DataType::String } else { wanted[at].dtype() }).collect();
    let empty = wanted.iter().zip(&types).map(|(w, dtype)| Column::new_empty(w.field.into(), dtype));
    let mut frame = DataFrame::new(0, empty.collect())?;
    let has_misfits = pieces.iter().any(|p| !p.misfits.is_empty());
    let (mut rows, mut misfits) = (Vec::new(), Vec::new());
    let mut first = 1_u64;
    for piece in pieces {
        let (n, start) = (piece.frame.height() as u64, first);
        first += n + piece.misfits.len() as u64;
        if has_misfits && piece.misfits.is_empty() {
            rows.extend(start..first);
        }
        rows.extend(piece.rows.iter().map(|row| start + row));
        misfits.extend(piece.misfits.into_iter().map(|m| Misfit { row: start + m.row, ..m }));
        let columns = piece.frame.columns().iter().zip(&types);
        let columns =
            columns.map(
                |(column, dtype)| {
                    if column.dtype() == dtype { Ok(column.clone()) } else { column.cast(dtype) }
                },
            );
        let columns = columns.collect::<PolarsResult<Vec<Column>>>()?;
        frame.vstack_mut_owned(DataFrame::new(n as usize, columns)?)?;
    }
    Ok(Frame { frame, rows, misfits })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: [Wanted; 2] = [
        Wanted { field: "customer_id", kind: Kind::Text, at: 0, is_iso: true, words: None },
        Wanted { field: "contact_date", kind: Kind::Day, at: 1, is_iso: true, words: None },
    ];

    fn piece(cells: &[[&str; 2]]) -> Piece {
        let mut piece = Piece::new(&WANTED, cells.len());
        for (row, cells) in cells.iter().enumerate() {
            piece.rows.push(row as u64);
            piece.columns.iter_mut().zip(cells).for_each(|(column, text)| column.push(text));
        }
        piece
    }

    fn column(frame: &Frame, at: usize) -> (DataType, Vec<String>) {
        let column = &frame.frame.columns()[at];
        let texts = column.cast(&DataType::String).unwrap();
        let texts = texts.str().unwrap().iter().map(|t| t.unwrap_or("null").to_owned()).collect();
        (column.dtype().clone(), texts)
    }

    #[test]
    fn a_column_of_iso_days_is_typed_and_any_other_text_in_it_leaves_every_cell_as_it_was() {
        let days = || piece(&[["a", "2024-02-29"], ["b", ""], ["c", "0001-01-01"]]).close().unwrap();
        let typed = together(vec![days(), days()], &WANTED).unwrap();
        let (dtype, texts) = column(&typed, 1);
        assert_eq!((dtype, texts[..3].join(" ")), (DataType::Date, "2024-02-29 null 0001-01-01".into()));
        let other = piece(&[["d", "2024-01-01"], ["e", "2024-02-30"]]).close().unwrap();
        let (dtype, texts) = column(&together(vec![days(), other], &WANTED).unwrap(), 1);
        let expected = ["2024-02-29", "null", "0001-01-01", "2024-01-01", "2024-02-30"];
        assert_eq!((dtype, texts), (DataType::String, expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_column_of_few_words_is_coded_and_one_of_too_many_stays_text() {
        let read = |cells: &[String]| {
            let words = Some(Words::new());
            let wanted = [Wanted { field: "channel", kind: Kind::Text, at: 0, is_iso: true, words }];
            let close = |cells: &[String]| {
                let mut piece = Piece::new(&wanted, cells.len());
                piece.rows.extend(0..cells.len() as u64);
                cells.iter().for_each(|cell| piece.columns[0].push(cell));
                piece.close().unwrap()
            };
            let pieces = cells.chunks(cells.len().div_ceil(3)).map(close).collect();
            column(&together(pieces, &wanted).unwrap(), 0)
        };
        let few = ["mail", "mail", "", "phone", "Mail", "", "mail"].map(str::to_owned);
        let (dtype, texts) = read(&few);
        assert!(matches!(dtype, DataType::Categorical(..)));
        assert_eq!(texts.join(" "), "mail mail null phone Mail null mail");
        let many: Vec<String> = (0..70_000).map(|word| (word % 69_999).to_string()).collect();
        assert_eq!(read(&many), (DataType::String, many));
    }

    #[test]
    fn rows_are_numbered_through_all_pieces_and_simply_counted_where_none_is_missing() {
        let mut second = piece(&[["b", ""], ["c", ""]]);
        second.rows = vec![0, 2];
        second.misfits.push(Misfit::of_width(1, 3, 2, "x"));
        let pieces = vec![piece(&[["a", ""]]), second, piece(&[["d", ""]])];
        let pieces = pieces.into_iter().map(|p| p.close().unwrap()).collect();
        let frame = together(pieces, &WANTED).unwrap();
        assert_eq!((frame.rows, frame.misfits[0].row), (vec![1, 2, 4, 5], 3));
        let frame = together(vec![piece(&[["a", ""]]).close().unwrap()], &WANTED).unwrap();
        assert!(frame.rows.is_empty());
    }
}
