//! Excel and OpenDocument workbooks: one sheet is a table, cell by cell.

use super::IngestError;
use super::biff;
use super::compression::limit;
use super::format::Content;
use super::header::mapped;
use super::layout::Layout;
use super::mapping::Mapping;
use super::number::of_sheet;
use super::table::{Frame, Kind, Table};
use calamine::{
    Data, DataType as _, ExcelDateTime, Ods, Reader, SheetType, Xls, Xlsb, Xlsx, open_workbook_from_rs,
};
use polars::prelude::*;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Each field with the column of the sheet that holds it.
type Places = Vec<(&'static str, u32)>;

/// Rows that are not empty among which the header is looked for: an export may have a title above it.
const HEADER_ROWS: usize = 20;

/// A cell that is not empty: row, column, value.
type Cell = (u32, u32, Data);

/// Reads the mapped columns of one sheet: the one that is named, or the first that has the wanted columns.
///
/// The header is the first row that has the wanted columns. A data row is a row below it with anything in it, counted
/// from 1. Every value comes as text: days as `YYYY-MM-DD`, numbers as the sheet keeps them, in 15 digits; a column
/// of dates that holds nothing but days keeps its type.
///
/// # Errors
/// [`IngestError::Workbook`] for a file that is damaged or protected by a password, [`IngestError::NoSuchSheet`],
/// [`IngestError::NoSheetFits`]; with one sheet only, what is wrong with its header.
pub(super) fn read(
    bytes: Vec<u8>,
    file: &Path,
    table: Table,
    mapping: &Mapping,
    layout: &Layout,
) -> Result<Content, IngestError> {
    let damaged = |what: String| IngestError::Workbook { file: file.to_owned(), what };
    if expanded_size(&bytes) > limit(bytes.len()) {
        return Err(IngestError::TooLarge { file: file.to_owned(), limit: limit(bytes.len()) });
    }
    if !bytes.starts_with(b"PK") {
        biff::look_over(&bytes, limit(bytes.len())).map_err(damaged)?;
    }
    let mut book = guarded(|| Book::open(bytes)).map_err(damaged)?;
    let sheets = book.sheets();
    let mut warnings = Vec::new();
    let chosen = match &layout.sheet {
        Some(wanted) => named(&sheets, wanted, file)?,
        None => {
            let mut fitting = Vec::new();
            let mut first_error = None;
            for sheet in &sheets {
                let head = guarded(|| book.cells(sheet, Some(HEADER_ROWS))).map_err(damaged)?;
                match header(&head, file, table, mapping) {
                    Ok(_) => fitting.push(sheet.clone()),
                    Err(e) => first_error = first_error.or(Some(e)),
                }
            }
            if let [chosen, others @ ..] = fitting.as_slice() {
                if !others.is_empty() {
                    warnings.push(several(file, table, chosen, others));
                }
                chosen.clone()
            } else if sheets.len() > 1 {
                return Err(IngestError::NoSheetFits {
                    file: file.to_owned(),
                    table: table.name(),
                    found: sheets,
                });
            } else {
                return Err(first_error.unwrap_or_else(|| IngestError::Empty { file: file.to_owned() }));
            }
        }
    };
    let cells = guarded(|| book.cells(&chosen, None)).map_err(damaged)?;
    let frame = frame(&cells, file, table, mapping)?;
    Ok(Content { frame, format: "workbook".to_owned(), sheet: Some(chosen), warnings })
}

fn several(file: &Path, table: Table, chosen: &str, others: &[String]) -> String {
    format!(
        "{}: sheet `{chosen}` is read as {}, and `{}` would fit too: name the sheet as in {}#{chosen}",
        file.display(),
        table.name(),
        others.join("`, `"),
        file.display()
    )
}

/// The sheet of a name; of two that differ in case only, the one that is written so.
fn named(sheets: &[String], wanted: &str, file: &Path) -> Result<String, IngestError> {
    let exact = sheets.iter().find(|s| *s == wanted);
    let similar = || sheets.iter().find(|s| s.trim().to_lowercase() == wanted.trim().to_lowercase());
    exact.or_else(similar).cloned().ok_or_else(|| IngestError::NoSuchSheet {
        file: file.to_owned(),
        sheet: wanted.to_owned(),
        found: sheets.to_vec(),
    })
}

/// Runs a step of the decoder, which may panic on a damaged workbook instead of refusing it.
fn guarded<T>(step: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|_| Err("a part of it is damaged".to_owned()))
}

enum Book {
    Xls(Xls<Cursor<Vec<u8>>>),
    Xlsx(Xlsx<Cursor<Vec<u8>>>),
    Xlsb(Xlsb<Cursor<Vec<u8>>>),
    Ods(Ods<Cursor<Vec<u8>>>),
}

impl Book {
    /// Told by the parts inside: an archive is searched for names that are stored in the clear.
    fn open(bytes: Vec<u8>) -> Result<Self, String> {
        let has = |name: &str| bytes.windows(name.len()).any(|w| w == name.as_bytes());
        let is_zip = bytes.starts_with(b"PK");
        if !is_zip {
            return open_workbook_from_rs(Cursor::new(bytes)).map(Self::Xls).map_err(|e| e.to_string());
        }
        if has("workbook.bin") {
            return open_workbook_from_rs(Cursor::new(bytes)).map(Self::Xlsb).map_err(|e| e.to_string());
        }
        if has("opendocument.spreadsheet") {
            return open_workbook_from_rs(Cursor::new(bytes)).map(Self::Ods).map_err(|e| e.to_string());
        }
        open_workbook_from_rs(Cursor::new(bytes)).map(Self::Xlsx).map_err(|e| e.to_string())
    }

    /// The sheets that hold cells: no charts, no dialogs.
    fn sheets(&self) -> Vec<String> {
        let sheets = match self {
            Self::Xls(book) => book.sheets_metadata(),
            Self::Xlsx(book) => book.sheets_metadata(),
            Self::Xlsb(book) => book.sheets_metadata(),
            Self::Ods(book) => book.sheets_metadata(),
        };
        let of_cells = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        of_cells.map(|sheet| sheet.name.clone()).collect()
    }

    /// The cells of a sheet that hold anything, row by row; with `n_rows` only those of the first rows.
    fn cells(&mut self, sheet: &str, n_rows: Option<usize>) -> Result<Vec<Cell>, String> {
        let mut cells = Cells { found: Vec::new(), rows: 0, n_rows: n_rows.unwrap_or(usize::MAX) };
        // two of the formats are read as a stream: a single cell far out would make a range of billions
        match self {
            Self::Xlsx(book) => {
                let mut reader = book.worksheet_cells_reader(sheet).map_err(|e| e.to_string())?;
                while let Some(cell) = reader.next_cell().map_err(|e| e.to_string())? {
                    let (row, column) = cell.get_position();
                    if !cells.takes(row, column, cell.get_value().clone().into()) {
                        break;
                    }
                }
            }
            Self::Xlsb(book) => {
                let mut reader = book.worksheet_cells_reader(sheet).map_err(|e| e.to_string())?;
                while let Some(cell) = reader.next_cell().map_err(|e| e.to_string())? {
                    let (row, column) = cell.get_position();
                    if !cells.takes(row, column, cell.get_value().clone().into()) {
                        break;
                    }
                }
            }
            Self::Xls(book) => cells.of_range(book.worksheet_range(sheet).map_err(|e| e.to_string())?),
            Self::Ods(book) => cells.of_range(book.worksheet_range(sheet).map_err(|e| e.to_string())?),
        }
        let mut found = cells.found;
        if !found.is_sorted_by_key(|(row, column, _)| (*row, *column)) {
            found.sort_by_key(|(row, column, _)| (*row, *column));
        }
        Ok(found)
    }
}

struct Cells {
    found: Vec<Cell>,
    rows: usize,
    n_rows: usize,
}

impl Cells {
    /// Whether more are wanted.
    fn takes(&mut self, row: u32, column: u32, value: Data) -> bool {
        let is_blank = match &value {
            Data::String(text) => text.trim().is_empty(),
            other => other.is_empty(),
        };
        if is_blank {
            return true;
        }
        if self.found.last().is_none_or(|(last, ..)| *last != row) {
            self.rows += 1;
        }
        if self.rows > self.n_rows {
            return false;
        }
        self.found.push((row, column, value));
        true
    }

    fn of_range(&mut self, range: calamine::Range<Data>) {
        for (row, column, value) in range.used_cells() {
            if !self.takes(row as u32, column as u32, value.clone()) {
                break;
            }
        }
    }
}

/// The mapped columns, each with its place in the sheet, and the index of the first cell below the header.
fn header(
    cells: &[Cell],
    file: &Path,
    table: Table,
    mapping: &Mapping,
) -> Result<(Places, usize), IngestError> {
    // of a sheet without the wanted columns: below a title the header is the first of the longest rows
    let (mut error, mut longest) = (None, 0);
    let mut start = 0;
    for row in cells.chunk_by(|a, b| a.0 == b.0).take(HEADER_ROWS) {
        let names: Vec<String> = row.iter().map(|(_, _, value)| text_of(value, Kind::Text)).collect();
        let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
        start += row.len();
        match mapped(&names, file, table, mapping) {
            Ok(columns) => {
                let columns = columns.into_iter().map(|(field, at)| (field, row[at].1)).collect();
                return Ok((columns, start));
            }
            // a header with a name twice is one all the same
            Err(e @ IngestError::AmbiguousColumn { .. }) => return Err(e),
            Err(e) if row.len() > longest => (error, longest) = (Some(e), row.len()),
            Err(_) => {}
        }
    }
    Err(error.unwrap_or_else(|| IngestError::Empty { file: file.to_owned() }))
}

fn frame(cells: &[Cell], file: &Path, table: Table, mapping: &Mapping) -> Result<Frame, IngestError> {
    let (columns, start) = header(cells, file, table, mapping)?;
    let rows: Vec<&[Cell]> = cells[start..].chunk_by(|a, b| a.0 == b.0).collect();
    let series = columns.into_iter().map(|(field, at)| {
        let kind = table.fields().iter().find(|f| f.name == field).map_or(Kind::Text, |f| f.kind);
        let values = rows.iter().map(|row| row.iter().find(|(_, column, _)| *column == at).map(|c| &c.2));
        column(field, kind, values.collect())
    });
    let columns = series.collect::<PolarsResult<Vec<Column>>>()?;
    Ok(Frame { frame: DataFrame::new(rows.len(), columns)?, rows: Vec::new(), misfits: Vec::new() })
}

fn column(field: &'static str, kind: Kind, values: Vec<Option<&Data>>) -> PolarsResult<Column> {
    if kind == Kind::Day && values.iter().flatten().all(|v| days(v).is_some()) {
        let days: Int32Chunked = values.iter().map(|v| v.and_then(days)).collect();
        let days = days.with_name(field.into()).into_series().cast(&DataType::Date)?;
        return Ok(days.into());
    }
    let mut texts = StringChunkedBuilder::new(field.into(), values.len());
    values.into_iter().for_each(|value| texts.append_option(value.map(|v| text_of(v, kind))));
    Ok(texts.finish().into_series().into())
}

/// Days since 1970-01-01 of a cell that is a date, whatever its time of day.
fn days(value: &Data) -> Option<i32> {
    match value {
        Data::DateTime(time) if time.is_datetime() => {
            let (year, month, day, ..) = time.to_ymd_hms_milli();
            crate::core::Day::try_new(i32::from(year), u32::from(month), u32::from(day)).map(|d| d.0)
        }
        _ => None,
    }
}

fn text_of(value: &Data, kind: Kind) -> String {
    match value {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => of_sheet(*number),
        Data::Bool(value) => value.to_string(),
        Data::Error(error) => error.to_string(),
        // an amount or an id that somebody has formatted as a date is still its number
        Data::DateTime(time) if kind == Kind::Day || kind == Kind::Text => time_text(*time),
        Data::DateTime(time) => of_sheet(time.as_f64()),
    }
}

/// `2024-01-31`, or `2024-01-31T09:30:00` where there is a time of day.
fn time_text(time: ExcelDateTime) -> String {
    if time.is_duration() {
        return of_sheet(time.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second, milli) == (0, 0, 0, 0) {
        return date;
    }
    format!("{date}T{hour:02}:{minute:02}:{second:02}")
}

/// Bytes that the parts of a zip archive say they expand to; nothing for other files.
///
/// Source: PKWARE's APPNOTE 6.3.10, sections 4.3.12 and 4.3.16.
fn expanded_size(bytes: &[u8]) -> u64 {
    const END: &[u8] = b"PK\x05\x06";
    const ENTRY: &[u8] = b"PK\x01\x02";
    let u16_at = |at: usize| bytes.get(at..at + 2).map_or(0, |b| usize::from(b[0]) | usize::from(b[1]) << 8);
    let u32_at = |at: usize| u16_at(at) as u64 | (u16_at(at + 2) as u64) << 16;
    let tail = bytes.len().saturating_sub(0xFFFF + 22);
    let Some(end) = bytes[tail..].windows(4).rposition(|w| w == END) else { return 0 };
    let mut at = u32_at(tail + end + 16) as usize;
    let mut size = 0;
    while bytes.get(at..at + 4) == Some(ENTRY) {
        size += u32_at(at + 24);
        at += 46 + u16_at(at + 28) + u16_at(at + 30) + u16_at(at + 32);
    }
    size
}
