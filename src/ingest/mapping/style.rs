//! How each column of a table writes its dates and numbers: as the mapping declares, else as its values prove.
//!
//! A column has one style for all its rows and all its files, and values never decide for themselves. The style is a
//! property of the export, not of what was known on a day, so it is decided once, when files are read, over all
//! rows: those after `as_of` too. What happens later can thereby only turn a reading into an error or an error into
//! a reading (a column of `03/04/2024` alone is an error; a later `25/04/2024` decides it); two exports of the same
//! ledger never read one date as two days. The single exception is an amount such as `1.234`, which is one and some
//! until a later amount proves that the comma is the decimal mark; a mapping that declares `decimal` ends it.
//! Other futures ([`crate::ingest::Perturbation`]) are written in the style that was decided.

use super::column::{DateProof, MarkProof, Orders, Witness};
use super::date::{DateFormat, DateStyle};
use super::number::{DecimalMark, NumberStyle};
use super::{IngestError, TableMapping};
use crate::ingest::table::{Kind, RawTable};

/// The styles of a table's columns.
#[derive(Debug, Clone, Default)]
pub(in crate::ingest) struct Styles {
    dates: Vec<(&'static str, DateStyle)>,
    numbers: Vec<(&'static str, NumberStyle)>,
    canonical_date: DateStyle,
    canonical_number: NumberStyle,
}

impl Styles {
    /// How a column of dates is written.
    pub fn date(&self, field: &str) -> &DateStyle {
        self.dates.iter().find(|(f, _)| *f == field).map_or(&self.canonical_date, |(_, style)| style)
    }

    /// How a column of numbers is written.
    pub fn number(&self, field: &str) -> &NumberStyle {
        self.numbers.iter().find(|(f, _)| *f == field).map_or(&self.canonical_number, |(_, style)| style)
    }

    /// Decides the style of every text column with dates or numbers.
    ///
    /// # Errors
    /// [`IngestError::DateOrder`] or [`IngestError::DecimalMark`] where the values allow two and nothing is declared.
    pub fn decide(table: &RawTable, mapping: &TableMapping) -> Result<Self, IngestError> {
        let mut styles = Self::default();
        for field in table.table.fields().iter().filter(|field| table.has_text(field.name)) {
            match field.kind {
                Kind::Day => styles.dates.push((field.name, date_style(table, mapping, field.name)?)),
                Kind::Amount | Kind::Rate | Kind::Count => {
                    styles.numbers.push((field.name, number_style(table, mapping, field.name, field.kind)?));
                }
                Kind::Text => {}
            }
        }
        Ok(styles)
    }
}

fn date_style(
    table: &RawTable,
    mapping: &TableMapping,
    field: &'static str,
) -> Result<DateStyle, IngestError> {
    let declared = mapping.formats_of(field);
    if !declared.is_empty() {
        return Ok(DateStyle::new(declared.to_vec()));
    }
    let proof = DateProof::of(table, field);
    if proof == DateProof::default() {
        return Ok(DateStyle::default());
    }
    let Orders { day_first, month_first, year_first } = Orders::default();
    let order = match (&proof.day_first, &proof.month_first, &proof.either) {
        (Some(_), None, _) => day_first,
        (None, Some(_), _) => month_first,
        (None, None, None) => Vec::new(),
        _ => return Err(ask_order(table, field, &proof)),
    };
    Ok(DateStyle::new(Orders::with_iso(order, year_first)))
}

fn ask_order(table: &RawTable, field: &'static str, proof: &DateProof) -> IngestError {
    let orders = Orders::default();
    let told = |witness: &Witness, formats: &[&[DateFormat]]| {
        let (row, text) = witness.as_ref()?;
        let read = |formats: &&[DateFormat]| formats.iter().find_map(|format| format.read(text));
        let days: Vec<String> = formats.iter().filter_map(read).map(|day| day.to_string()).collect();
        Some(format!("{} `{text}` is {}", place(table, *row), days.join(" or ")))
    };
    let (day_first, month_first) = (orders.day_first.as_slice(), orders.month_first.as_slice());
    let witnesses = [
        told(&proof.day_first, &[day_first]),
        told(&proof.month_first, &[month_first]),
        told(&proof.either, &[day_first, month_first]),
    ];
    IngestError::DateOrder {
        table: table.table.name(),
        field,
        is_mixed: proof.day_first.is_some(),
        witnesses: witnesses.into_iter().flatten().collect(),
    }
}

/// The file and row of a value, as a message names it.
fn place(table: &RawTable, row: usize) -> String {
    let (part, number) = table.place(row);
    let file = table.parts.get(part).map_or("", |part| part.file.as_str());
    format!("{file} row {number}")
}

fn number_style(
    table: &RawTable,
    mapping: &TableMapping,
    field: &'static str,
    kind: Kind,
) -> Result<NumberStyle, IngestError> {
    let units = mapping.numbers.units.clone();
    let declared = mapping.numbers.decimal.or((kind != Kind::Amount).then_some(DecimalMark::Point));
    if let Some(mark) = declared {
        return Ok(NumberStyle { mark, units });
    }
    let proof = MarkProof::of(table, field, &units);
    let is_open = proof.comma_or_thousands.is_some() || proof.point_or_thousands.is_some();
    let mark = match (&proof.point, &proof.comma) {
        (Some(_), Some(_)) if is_open => return Err(ask_mark(table, field, &proof)),
        // values with the other mark are then refused row by row
        (Some(_), _) => DecimalMark::Point,
        (None, Some(_)) => DecimalMark::Comma,
        (None, None) if proof.comma_or_thousands.is_some() => return Err(ask_mark(table, field, &proof)),
        (None, None) => DecimalMark::Point,
    };
    Ok(NumberStyle { mark, units })
}

fn ask_mark(table: &RawTable, field: &'static str, proof: &MarkProof) -> IngestError {
    let told = |witness: &Witness, what: &str| {
        witness.as_ref().map(|(row, text)| format!("{} `{text}` {what}", place(table, *row)))
    };
    let both = |witness: &Witness| {
        let (row, text) = witness.as_ref()?;
        let read = |mark| NumberStyle { mark, units: Vec::new() }.read(text).ok().map(|a| a.to_string());
        let (point, comma) = (read(DecimalMark::Point)?, read(DecimalMark::Comma)?);
        Some(format!("{} `{text}` is {point} or {comma}", place(table, *row)))
    };
    let witnesses = [
        told(&proof.point, "has a decimal point"),
        told(&proof.comma, "has a decimal comma"),
        both(&proof.comma_or_thousands),
        both(&proof.point_or_thousands),
    ];
    IngestError::DecimalMark {
        table: table.table.name(),
        field,
        witnesses: witnesses.into_iter().flatten().collect(),
    }
}
