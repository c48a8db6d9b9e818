//! What the values of a text column prove of how it writes dates and numbers.

use super::date::{DateFormat, ISO};
use super::number::Marks;
use crate::ingest::cell::Cells;
use crate::ingest::table::RawTable;
use rayon::prelude::*;

/// A value that proves something, and its row over all parts.
pub(super) type Witness = Option<(usize, String)>;

/// The earlier one of two.
fn first(a: Witness, b: Witness) -> Witness {
    match (&a, &b) {
        (Some((i, _)), Some((j, _))) if i <= j => a,
        (Some(_), None) => a,
        _ => b,
    }
}

fn note(witness: &mut Witness, row: usize, text: &str) {
    if witness.is_none() {
        *witness = Some((row, text.to_owned()));
    }
}

/// What the dates of a column prove: the first witness of each.
#[derive(Debug, Default, PartialEq)]
pub(super) struct DateProof {
    pub day_first: Witness,
    pub month_first: Witness,
    /// Dates that fit both orders with different days.
    pub either: Witness,
    /// Dates that begin with the year and are no ISO dates.
    pub year_first: Witness,
}

impl DateProof {
    /// Of every value of a column.
    pub fn of(table: &RawTable, field: &'static str) -> Self {
        let orders = Orders::default();
        let blocks = table.blocks().unwrap_or_default();
        let proofs = blocks.par_iter().map(|block| {
            let cells = Cells::of(table, block, field);
            let mut proof = Self::default();
            for i in 0..block.len {
                if let Some(text) = cells.text(i) {
                    proof.look(&orders, block.first + i, text);
                }
            }
            proof
        });
        proofs.reduce(Self::default, |a, b| Self {
            day_first: first(a.day_first, b.day_first),
            month_first: first(a.month_first, b.month_first),
            either: first(a.either, b.either),
            year_first: first(a.year_first, b.year_first),
        })
    }

    #[inline]
    fn look(&mut self, orders: &Orders, row: usize, text: &str) {
        let bytes = text.as_bytes();
        if bytes.len() < 8 || bytes.get(4) == Some(&b'-') || !bytes[0].is_ascii_digit() {
            return;
        }
        let read = |formats: &[DateFormat]| formats.iter().find_map(|format| format.read(text));
        match (read(&orders.day_first), read(&orders.month_first)) {
            (Some(a), Some(b)) if a != b => note(&mut self.either, row, text),
            (Some(_), None) => note(&mut self.day_first, row, text),
            (None, Some(_)) => note(&mut self.month_first, row, text),
            (None, None) if read(&orders.year_first).is_some() => note(&mut self.year_first, row, text),
            _ => {}
        }
    }
}

/// The formats between which the values of an undeclared column may decide.
pub(super) struct Orders {
    pub day_first: Vec<DateFormat>,
    pub month_first: Vec<DateFormat>,
    pub year_first: Vec<DateFormat>,
}

impl Default for Orders {
    fn default() -> Self {
        let known = |patterns: &[&str]| patterns.iter().map(|p| DateFormat::known(p)).collect();
        Self {
            day_first: known(&["D/M/YYYY", "D.M.YYYY", "D-M-YYYY"]),
            month_first: known(&["M/D/YYYY", "M.D.YYYY", "M-D-YYYY"]),
            year_first: known(&["YYYY/M/D", "YYYY.M.D"]),
        }
    }
}

impl Orders {
    /// Formats of a column that is written in one order, beside ISO.
    pub fn with_iso(order: Vec<DateFormat>, year_first: Vec<DateFormat>) -> Vec<DateFormat> {
        std::iter::once(DateFormat::known(ISO)).chain(order).chain(year_first).collect()
    }
}

/// What the numbers of a column prove of their decimal mark: the first witness of each.
#[derive(Debug, Default, PartialEq)]
pub(super) struct MarkProof {
    pub point: Witness,
    pub comma: Witness,
    /// `1,234`.
    pub comma_or_thousands: Witness,
    /// `1.234`.
    pub point_or_thousands: Witness,
}

impl MarkProof {
    /// Of every value of a column.
    pub fn of(table: &RawTable, field: &'static str, units: &[String]) -> Self {
        let blocks = table.blocks().unwrap_or_default();
        let proofs = blocks.par_iter().map(|block| {
            let cells = Cells::of(table, block, field);
            let mut proof = Self::default();
            for i in 0..block.len {
                let Some(text) = cells.text(i) else { continue };
                let place = match marks(text, units) {
                    Marks::Nothing => continue,
                    Marks::Point => &mut proof.point,
                    Marks::Comma => &mut proof.comma,
                    Marks::CommaOrThousands => &mut proof.comma_or_thousands,
                    Marks::PointOrThousands => &mut proof.point_or_thousands,
                };
                note(place, block.first + i, text);
            }
            proof
        });
        proofs.reduce(Self::default, |a, b| Self {
            point: first(a.point, b.point),
            comma: first(a.comma, b.comma),
            comma_or_thousands: first(a.comma_or_thousands, b.comma_or_thousands),
            point_or_thousands: first(a.point_or_thousands, b.point_or_thousands),
        })
    }
}

/// [`Marks::of`], with a short way for digits around one point, which is what nearly every value is.
#[inline]
fn marks(text: &str, units: &[String]) -> Marks {
    let digits = text.strip_prefix('-').unwrap_or(text);
    match digits.split_once('.') {
        None if digits.bytes().all(|b| b.is_ascii_digit()) => Marks::Nothing,
        Some((whole, fraction))
            if digits.len() > 1
                && fraction.len() != 3
                && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) =>
        {
            Marks::Point
        }
        _ => Marks::of(text, units),
    }
}
