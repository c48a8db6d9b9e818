//! A user's own forecasts for a backtest: one file of CSV or Parquet, read whole or refused.

use super::source::sha256_of_file;
use crate::core::Day;
use polars::prelude::*;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Columns of a forecast of cash that must be there; `currency` and `source` may be.
const CASH: [&str; 3] = ["origin", "period", "expected"];
/// Columns of a forecast of lateness.
const LATE: [&str; 3] = ["origin", "invoice_id", "late_prob"];
/// All that are read.
const COLUMNS: [&str; 7] = ["origin", "period", "expected", "currency", "source", "invoice_id", "late_prob"];

/// Why a file of forecasts is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum ChallengerError {
    /// The operating system refused the read.
    #[error("{}: cannot be read", .file.display())]
    Read {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Neither CSV nor Parquet by its name.
    #[error("{}: the extension is `{found}`, expected `csv` or `parquet`", .file.display())]
    Extension { file: PathBuf, found: String },
    /// Not what its name says.
    #[error("{}: not a readable {format} file", .file.display())]
    Decode {
        file: PathBuf,
        format: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Neither of the two sets of columns.
    #[error("{}: columns are {}; expected origin, period, expected or origin, invoice_id, late_prob", .file.display(), .found.join(", "))]
    Columns { file: PathBuf, found: Vec<String> },
    /// A value that is not what its column holds.
    #[error("{}: row {row}: `{field}` is {value}, expected {expected}", .file.display())]
    Value { file: PathBuf, row: u64, field: &'static str, value: String, expected: &'static str },
}

impl ChallengerError {
    /// The contract's exit status: 1 cannot read, 3 input rejected.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Read { .. } | Self::Decode { .. } => 1,
            _ => 3,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Extension { .. } => Some("write it as CSV or Parquet".to_owned()),
            Self::Decode { .. } => Some("write or copy the file again".to_owned()),
            Self::Columns { .. } => Some(
                "name the columns origin, period (week from 0), expected (and currency, source) for cash, or origin, \
                 invoice_id, late_prob for lateness"
                    .to_owned(),
            ),
            Self::Value { .. } => Some("correct the row, or leave it out of the file".to_owned()),
        }
    }
}

/// One forecast of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastRow {
    /// The data row in the file, from 1.
    pub row: u64,
    /// The day whose end it was made at.
    pub origin: Day,
    /// What it says.
    pub says: Says,
}

/// What a row forecasts: a row with an invoice speaks of lateness, one without of cash.
#[derive(Debug, Clone, PartialEq)]
pub enum Says {
    /// Cash of a week.
    Cash {
        /// Week after the origin, from 0.
        period: i32,
        /// As it is written.
        currency: Option<String>,
        /// As it is written.
        source: Option<String>,
        /// In currency units.
        expected: f64,
    },
    /// Lateness of an invoice.
    Late {
        /// As the ledger names it.
        invoice_id: String,
        /// Any number: who judges it knows its range.
        late_prob: f64,
    },
}

/// A file of forecasts.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastFile {
    /// Of the file, without its ending: the name of who made them.
    pub name: String,
    /// As the user named it.
    pub file: String,
    /// Of its bytes.
    pub sha256: String,
    /// In the order of the file.
    pub rows: Vec<ForecastRow>,
}

/// Reads a file of forecasts.
///
/// # Errors
/// [`ChallengerError`]; the first row that is wrong refuses the file.
///
/// # Example
/// ```
/// use arrears::ingest::{Says, read_forecasts};
/// let dir = tempfile::tempdir()?;
/// let file = dir.path().join("mine.csv");
/// std::fs::write(&file, "origin,period,expected\n2024-01-29,0,1200.5\n")?;
/// let mine = read_forecasts(&file)?;
/// assert_eq!(mine.name, "mine");
/// assert!(matches!(mine.rows[0].says, Says::Cash { period: 0, expected: 1200.5, .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_forecasts(file: &Path) -> Result<ForecastFile, ChallengerError> {
    let extension = file.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let (frame, format) = match extension.as_str() {
        "csv" => (csv_frame(file)?, "CSV"),
        "parquet" => (parquet_frame(file)?, "Parquet"),
        _ => return Err(ChallengerError::Extension { file: file.to_owned(), found: extension }),
    };
    let found: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    let has = |columns: [&str; 3]| columns.iter().all(|c| found.iter().any(|f| f == c));
    if !has(CASH) && !has(LATE) {
        return Err(ChallengerError::Columns { file: file.to_owned(), found });
    }
    let decode = |source: PolarsError| ChallengerError::Decode {
        file: file.to_owned(),
        format,
        source: Box::new(source),
    };
    let cells = Cells::of(&frame, file).map_err(decode)?;
    let rows = (0..frame.height()).map(|i| cells.row(i)).collect::<Result<Vec<_>, _>>()?;
    let read = |_| ChallengerError::Read {
        file: file.to_owned(),
        source: std::io::Error::other("it changed while it was read"),
    };
    Ok(ForecastFile {
        name: file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        file: file.display().to_string(),
        sha256: sha256_of_file(file).map_err(read)?,
        rows,
    })
}

/// Every column as text, without spaces around it.
fn csv_frame(file: &Path) -> Result<DataFrame, ChallengerError> {
    let decode = |source: csv::Error| ChallengerError::Decode {
        file: file.to_owned(),
        format: "CSV",
        source: Box::new(source),
    };
    let handle = open(file)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(handle);
    let header = reader.headers().map_err(decode)?.clone();
    let mut columns: Vec<Vec<String>> = vec![Vec::new(); header.len()];
    for record in reader.records() {
        let record = record.map_err(decode)?;
        columns.iter_mut().zip(&record).for_each(|(column, cell)| column.push(cell.to_owned()));
    }
    let names = header.iter().map(|name| name.trim_start_matches('\u{feff}'));
    let n = columns.first().map_or(0, Vec::len);
    let series = names.zip(columns).map(|(name, values)| Column::new(name.into(), values)).collect();
    DataFrame::new(n, series).map_err(|source| ChallengerError::Decode {
        file: file.to_owned(),
        format: "CSV",
        source: Box::new(source),
    })
}

fn parquet_frame(file: &Path) -> Result<DataFrame, ChallengerError> {
    let handle = open(file)?;
    let read = || {
        let mut reader = ParquetReader::new(handle);
        let found: Vec<String> = reader.schema()?.iter_names().map(|n| n.to_string()).collect();
        let wanted = found.into_iter().filter(|f| COLUMNS.contains(&f.as_str())).collect();
        reader.with_columns(Some(wanted)).finish()
    };
    // the decoder panics on some damaged pages instead of refusing them
    let refused = || Err(polars_err!(ComputeError: "a page or the footer is damaged"));
    let frame = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or_else(|_| refused());
    frame.map_err(|source| ChallengerError::Decode {
        file: file.to_owned(),
        format: "Parquet",
        source: Box::new(source),
    })
}

fn open(file: &Path) -> Result<File, ChallengerError> {
    File::open(file).map_err(|source| ChallengerError::Read { file: file.to_owned(), source })
}

/// Columns of a file, typed or as text.
struct Cells<'a> {
    file: &'a Path,
    text: Vec<Option<StringChunked>>,
    number: Vec<Option<Float64Chunked>>,
    day: Option<Int32Chunked>,
}

impl<'a> Cells<'a> {
    fn of(frame: &DataFrame, file: &'a Path) -> PolarsResult<Self> {
        let column = |name: &str| frame.column(name).ok();
        let is_number = |t: &DataType| t.is_primitive_numeric() || t.is_decimal();
        let (mut text, mut number) = (Vec::new(), Vec::new());
        for name in COLUMNS {
            let found = column(name);
            let numeric = found.filter(|c| is_number(c.dtype()));
            number.push(
                numeric
                    .map(|c| Ok::<_, PolarsError>(c.cast(&DataType::Float64)?.f64()?.clone()))
                    .transpose()?,
            );
            text.push(
                found.map(|c| Ok::<_, PolarsError>(c.cast(&DataType::String)?.str()?.clone())).transpose()?,
            );
        }
        let dated = |t: &DataType| matches!(t, DataType::Date | DataType::Datetime(..));
        let day = column("origin").filter(|c| dated(c.dtype()));
        let day = day
            .map(|c| Ok::<_, PolarsError>(c.cast(&DataType::Date)?.cast(&DataType::Int32)?.i32()?.clone()));
        Ok(Self { file, text, number, day: day.transpose()? })
    }

    fn text(&self, column: usize, i: usize) -> Option<&str> {
        self.text[column].as_ref()?.get(i).map(str::trim).filter(|t| !t.is_empty())
    }

    fn number(&self, column: usize, i: usize, expected: &'static str) -> Result<f64, ChallengerError> {
        let text = self.text(column, i);
        let value = match &self.number[column] {
            Some(numbers) => numbers.get(i),
            None => text.and_then(|t| t.parse().ok()),
        };
        value.ok_or_else(|| self.refuse(column, i, text, expected))
    }

    fn refuse(
        &self,
        column: usize,
        i: usize,
        found: Option<&str>,
        expected: &'static str,
    ) -> ChallengerError {
        ChallengerError::Value {
            file: self.file.to_owned(),
            row: i as u64 + 1,
            field: COLUMNS[column],
            value: found.map_or("missing".to_owned(), |t| format!("`{t}`")),
            expected,
        }
    }

    fn row(&self, i: usize) -> Result<ForecastRow, ChallengerError> {
        let origin = match &self.day {
            Some(days) => days.get(i).map(Day),
            None => self.text(0, i).and_then(|t| t.parse().ok()),
        };
        let origin = origin.ok_or_else(|| self.refuse(0, i, self.text(0, i), "a day as YYYY-MM-DD"))?;
        let says = if let Some(invoice_id) = self.text(5, i) {
            let late_prob = self.number(6, i, "a probability from 0 to 1")?;
            Says::Late { invoice_id: invoice_id.to_owned(), late_prob }
        } else if self.text[2].is_none() {
            return Err(self.refuse(5, i, None, "an invoice of the ledger"));
        } else {
            let week = "a week after the origin, from 0";
            let period = self.number(1, i, week)?;
            if period.fract() != 0.0 || period.abs() > f64::from(i32::MAX) {
                return Err(self.refuse(1, i, self.text(1, i), week));
            }
            let expected = self.number(2, i, "an amount in currency units")?;
            let owned = |column| self.text(column, i).map(str::to_owned);
            Says::Cash { period: period as i32, currency: owned(3), source: owned(4), expected }
        };
        Ok(ForecastRow { row: i as u64 + 1, origin, says })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_columns_of_parquet_say_what_text_of_csv_does() {
        let dir = tempfile::tempdir().unwrap();
        let (typed, text) = (dir.path().join("a.parquet"), dir.path().join("a.csv"));
        let days = Series::new("origin".into(), [19_751, 19_751, 19_779]).cast(&DataType::Date).unwrap();
        let columns = vec![
            days.into(),
            Column::new("invoice_id".into(), [Some("A1"), None, None]),
            Column::new("late_prob".into(), [Some(0.1 + 0.2), None, None]),
            Column::new("period".into(), [None, Some(0_i64), Some(12)]),
            Column::new("expected".into(), [None, Some(1_200.5), Some(-3.0)]),
            Column::new("note".into(), ["x", "y", "z"]),
        ];
        let mut frame = DataFrame::new(3, columns).unwrap();
        ParquetWriter::new(File::create(&typed).unwrap()).finish(&mut frame).unwrap();
        std::fs::write(
            &text,
            "\u{feff}origin, invoice_id,late_prob,period,expected\n2024-01-29,A1,0.30000000000000004,,\n\
             2024-01-29,,,0,1200.5\n2024-02-26,,,12,-3\n",
        )
        .unwrap();
        let (typed, text) = (read_forecasts(&typed).unwrap(), read_forecasts(&text).unwrap());
        assert_eq!(typed.rows, text.rows);
        assert_eq!(typed.rows[0].says, Says::Late { invoice_id: "A1".to_owned(), late_prob: 0.1 + 0.2 });
        assert_eq!((typed.name, typed.rows[2].row, typed.rows[2].origin), ("a".to_owned(), 3, Day(19_779)));
    }

    #[test]
    fn a_row_without_a_value_is_refused_by_its_number() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.csv");
        let refused = |rows: &str| {
            std::fs::write(&file, format!("origin,period,expected,invoice_id,late_prob\n{rows}")).unwrap();
            let e = read_forecasts(&file).unwrap_err();
            assert_eq!(e.exit_code(), 3);
            e.to_string().split("a.csv: ").nth(1).unwrap().to_owned()
        };
        assert_eq!(
            refused("2024-01-29,0,1,,\n2024-01-29,1,,,\n"),
            "row 2: `expected` is missing, expected an amount in currency units"
        );
        assert_eq!(
            refused("2024-01-29,0.5,1,,\n"),
            "row 1: `period` is `0.5`, expected a week after the origin, from 0"
        );
        assert_eq!(
            refused("2024-01-29,,,A1,\n"),
            "row 1: `late_prob` is missing, expected a probability from 0 to 1"
        );
        assert_eq!(refused(",0,1,,\n"), "row 1: `origin` is missing, expected a day as YYYY-MM-DD");
    }
}
