//! Parquet files: only the columns that hold fields are read, each as one of a few types.

use super::IngestError;
use super::mapping::{Mapping, kind_of};
use super::source::sha256_of_file;
use super::table::{Kind, Part, Table, is_segment_slot};
use crate::core::Day;
use polars::io::mmap::MmapBytesReader;
use polars::prelude::*;
use std::fs::File;
use std::path::Path;

/// Reads the columns of a Parquet file that are mapped to fields.
///
/// # Errors
/// For the file as a whole: unreadable, damaged, a required column missing or of a type that cannot hold its field.
pub(super) fn read(file: &Path, table: Table, mapping: &Mapping) -> Result<Part, IngestError> {
    let handle = File::open(file).map_err(|source| IngestError::Read { file: file.to_owned(), source })?;
    let (hash, frame) = rayon::join(|| sha256_of_file(file), || frame(handle, file, table, mapping));
    let part = Part::new(file.display().to_string(), hash?, frame?, Vec::new(), Vec::new());
    Ok(part.described("Parquet".to_owned(), Vec::new()))
}

/// The columns of fields, from a file or from bytes; `file` is what messages call it.
///
/// # Errors
/// As [`read`].
pub(super) fn frame(
    handle: impl MmapBytesReader,
    file: &Path,
    table: Table,
    mapping: &Mapping,
) -> Result<DataFrame, IngestError> {
    let damaged = |source| IngestError::Parquet { file: file.to_owned(), source: Box::new(source) };
    let mut reader = ParquetReader::new(handle);
    let schema = guarded(|| reader.schema()).map_err(damaged)?;
    let found: Vec<String> = schema.iter_names().map(|name| name.to_string()).collect();
    let columns = mapping.of(table).columns_of(table, &found, file)?;
    let wanted = columns.iter().map(|(_, column)| column.clone()).collect();
    let frame = guarded(|| reader.with_columns(Some(wanted)).finish()).map_err(damaged)?;
    let typed = columns.into_iter().map(|(field, column)| {
        let series = frame.column(&column)?.as_materialized_series();
        Ok(typed(series, field, table, file)?.with_name(field.into()).into())
    });
    let typed = typed.collect::<Result<Vec<Column>, IngestError>>()?;
    Ok(DataFrame::new(frame.height(), typed)?)
}

/// Runs a step of the decoder, which panics on some damaged pages instead of refusing them.
fn guarded<T>(step: impl FnOnce() -> PolarsResult<T>) -> PolarsResult<T> {
    let refused = || Err(polars_err!(ComputeError: "a page or the footer is damaged"));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(step)).unwrap_or_else(|_| refused())
}

/// The column as text, date, decimal, 64-bit integer or 64-bit float, whichever keeps its values.
fn typed(series: &Series, field: &'static str, table: Table, file: &Path) -> Result<Series, IngestError> {
    if is_segment_slot(field) {
        return Ok(segment(series, file)?);
    }
    if field.starts_with('=') {
        return Ok(series.cast(&DataType::String)?);
    }
    let kind = kind_of(table, field);
    let dtype = series.dtype();
    let target = match (kind, dtype) {
        (_, DataType::String | DataType::Null | DataType::Binary) => Some(DataType::String),
        (Kind::Text, t) if t.is_integer() || t.is_bool() || t.is_categorical() || t.is_enum() => {
            Some(DataType::String)
        }
        (Kind::Text, t) if t.is_float() => return whole_numbers(series, field, file),
        (Kind::Day, DataType::Date | DataType::Datetime(..)) => Some(DataType::Date),
        (Kind::Day, t) if t.is_integer() => return whole_days(series, field, file),
        (Kind::Amount, t) if t.is_decimal() => None,
        (Kind::Amount | Kind::Count, t) if t.is_integer() => Some(DataType::Int64),
        (Kind::Amount | Kind::Count, t) if t.is_float() => Some(DataType::Float64),
        (Kind::Rate, t) if t.is_primitive_numeric() || t.is_decimal() => Some(DataType::Float64),
        _ => return Err(refused(field, dtype, kind, file)),
    };
    match target {
        Some(target) if target != *dtype => {
            series.strict_cast(&target).map_err(|_| refused(field, dtype, kind, file))
        }
        _ => Ok(series.clone()),
    }
}

/// Values that group invoices, as text; of lists and objects none.
fn segment(series: &Series, file: &Path) -> PolarsResult<Series> {
    match series.dtype() {
        t if t.is_nested() => Ok(Series::full_null("".into(), series.len(), &DataType::String)),
        t if t.is_float() => whole_numbers(series, "", file).or_else(|_| series.cast(&DataType::String)),
        _ => series.cast(&DataType::String),
    }
}

/// Ids that some tool has turned into floats, back as they were.
fn whole_numbers(series: &Series, field: &'static str, file: &Path) -> Result<Series, IngestError> {
    let refuse = || refused(field, series.dtype(), Kind::Text, file);
    let floats = series.cast(&DataType::Float64)?;
    let is_whole = |v: f64| v.fract() == 0.0 && v.abs() < 2_f64.powi(53);
    if !floats.f64()?.iter().flatten().filter(|v| !v.is_nan()).all(is_whole) {
        return Err(refuse());
    }
    // not strict: NaN becomes null
    Ok(floats.cast(&DataType::Int64)?.cast(&DataType::String)?)
}

/// Days that are kept as the number `20240131`: 0 is none, and any other number stays as it is and is refused row by row;
/// a column without a single day is one of something else.
fn whole_days(series: &Series, field: &'static str, file: &Path) -> Result<Series, IngestError> {
    let refuse = || refused(field, series.dtype(), Kind::Day, file);
    let numbers = series.strict_cast(&DataType::Int64).map_err(|_| refuse())?;
    let numbers = numbers.i64()?;
    let day = |n: i64| {
        let year = i32::try_from(n / 10_000).ok().filter(|year| (1000..10_000).contains(year))?;
        Day::try_new(year, (n / 100 % 100) as u32, (n % 100) as u32)
    };
    let days: Vec<Option<Day>> = numbers.iter().map(|n| n.and_then(day)).collect();
    let is_other = |(n, day): (Option<i64>, &Option<Day>)| day.is_none() && n.is_some_and(|n| n != 0);
    let has_others = numbers.iter().zip(&days).any(is_other);
    if has_others && days.iter().all(Option::is_none) {
        return Err(refuse());
    }
    if has_others {
        let text = |(n, day): (Option<i64>, &Option<Day>)| {
            let n = n.filter(|n| *n != 0)?;
            Some(day.map_or_else(|| n.to_string(), |day| day.to_string()))
        };
        return Ok(numbers.iter().zip(&days).map(text).collect::<StringChunked>().into_series());
    }
    let days: Int32Chunked = days.iter().map(|day| day.map(|day| day.0)).collect();
    Ok(days.into_series().cast(&DataType::Date)?)
}

fn refused(field: &'static str, found: &DataType, kind: Kind, file: &Path) -> IngestError {
    let expected = match kind {
        Kind::Text => "text or whole numbers",
        Kind::Day => "dates, timestamps, text or numbers such as 20240131",
        Kind::Amount => "decimals, numbers or text",
        Kind::Count => "whole numbers or text",
        Kind::Rate => "numbers or text",
    };
    IngestError::ColumnType { file: file.to_owned(), field, found: found.to_string(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast(series: Series, field: &'static str) -> Result<Series, IngestError> {
        typed(&series, field, Table::Invoices, Path::new("i.parquet"))
    }

    fn texts(series: &Series) -> Vec<&str> {
        series.str().unwrap().iter().map(|t| t.unwrap_or("null")).collect()
    }

    #[test]
    fn ids_come_as_text_from_integers_categories_and_whole_floats() {
        let ints = cast(Series::new("x".into(), [7_i32, 8]), "invoice_id").unwrap();
        assert_eq!(texts(&ints), ["7", "8"]);
        let floats = cast(Series::new("x".into(), [Some(7.0), None, Some(f64::NAN)]), "customer_id").unwrap();
        assert_eq!(texts(&floats), ["7", "null", "null"]);
        let categories = Series::new("x".into(), ["a", "b", "a"]);
        let categories = categories.cast(&DataType::from_categories(Categories::global())).unwrap();
        assert_eq!(texts(&cast(categories, "customer_id").unwrap()), ["a", "b", "a"]);
    }

    #[test]
    fn a_column_that_cannot_hold_its_field_is_refused() {
        let e = cast(Series::new("x".into(), [1.5]), "invoice_id").unwrap_err();
        assert_eq!(e.to_string(), "i.parquet: column `invoice_id` holds f64, expected text or whole numbers");
        let e = cast(Series::new("x".into(), [19_723_i32]), "issue_date").unwrap_err();
        assert_eq!(
            e.to_string(),
            "i.parquet: column `issue_date` holds i32, expected dates, timestamps, text or numbers such as 20240131"
        );
        assert_eq!(e.exit_code(), 3);
    }

    #[test]
    fn days_that_are_kept_as_numbers_are_days_and_a_number_that_is_none_stays_for_its_row() {
        let days = cast(Series::new("x".into(), [Some(20_240_131_i64), Some(0), None]), "due_date").unwrap();
        let found: Vec<_> = days.date().unwrap().physical().iter().collect();
        assert_eq!(
            found,
            ["2024-01-31"]
                .map(|d| Some(d.parse::<Day>().unwrap().0))
                .into_iter()
                .chain([None; 2])
                .collect::<Vec<_>>()
        );
        let mixed = cast(Series::new("x".into(), [20_240_131_u32, 20_240_231, 0]), "due_date").unwrap();
        assert_eq!(texts(&mixed), ["2024-01-31", "20240231", "null"]);
    }

    #[test]
    fn a_timestamp_gives_its_date_before_and_after_1970() {
        let half_past = Series::new("x".into(), [-1_i64, 86_400_000_000, 86_399_999_999]);
        let times = half_past.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
        let days = cast(times, "issue_date").unwrap();
        let days: Vec<_> = days.date().unwrap().physical().iter().flatten().collect();
        assert_eq!(days, [-1, 1, 0]);
    }
}
