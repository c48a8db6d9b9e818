//! The input tables: their fields, and their rows as they were read.

use super::IngestError;
use super::mapping::style::Styles;
use super::rule::{self, Rule};
use crate::policy::SEGMENTS_MAX;
use polars::prelude::{DataFrame, DataType, PolarsResult, StringChunked};
use std::path::PathBuf;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Day,
    Amount,
    Count,
    Rate,
}

/// A canonical field of an input table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
}

const fn required(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true }
}

const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false }
}

const INVOICES: &[Field] = &[
    required("invoice_id", Kind::Text),
    required("customer_id", Kind::Text),
    required("issue_date", Kind::Day),
    optional("due_date", Kind::Day),
    optional("terms_days", Kind::Count),
    optional("baseline_date", Kind::Day),
    required("amount", Kind::Amount),
    optional("currency", Kind::Text),
    optional("kind", Kind::Text),
    optional("recorded_date", Kind::Day),
    optional("dispute_date", Kind::Day),
    optional("dispute_closed_date", Kind::Day),
    optional("paid_date", Kind::Day),
    optional("discount_rate", Kind::Rate),
    optional("discount_days", Kind::Count),
    optional("business_unit", Kind::Text),
    optional("instalment", Kind::Text),
    optional("credited_invoice_id", Kind::Text),
];
const PAYMENTS: &[Field] = &[
    optional("invoice_id", Kind::Text),
    optional("customer_id", Kind::Text),
    required("payment_date", Kind::Day),
    required("amount", Kind::Amount),
    optional("payment_id", Kind::Text),
    optional("currency", Kind::Text),
    optional("kind", Kind::Text),
    optional("method", Kind::Text),
    optional("instalment", Kind::Text),
    optional("recorded_date", Kind::Day),
];
const CUSTOMERS: &[Field] = &[
    required("customer_id", Kind::Text),
    optional("name", Kind::Text),
    optional("industry", Kind::Text),
    optional("country", Kind::Text),
    optional("terms_days", Kind::Count),
];
const CONTACTS: &[Field] = &[
    required("customer_id", Kind::Text),
    required("contact_date", Kind::Day),
    required("channel", Kind::Text),
    optional("promise_date", Kind::Day),
    optional("promise_amount", Kind::Amount),
];
const FX: &[Field] =
    &[required("currency", Kind::Text), required("date", Kind::Day), required("rate", Kind::Rate)];

/// Names under which a frame holds the columns of segments that are no fields, by the place of the segment in the list
/// of those that are wanted; none can be the name of a field.
pub(super) const SEGMENT_SLOTS: [&str; SEGMENTS_MAX] = [
    "=s0", "=s1", "=s2", "=s3", "=s4", "=s5", "=s6", "=s7", "=s8", "=s9", "=s10", "=s11", "=s12", "=s13",
    "=s14", "=s15",
];

/// Whether a name in a frame is that of a segment's column.
pub(super) fn is_segment_slot(name: &str) -> bool {
    name.starts_with("=s")
}

/// An input table of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Invoices,
    Payments,
    Customers,
    Contacts,
    Fx,
}

impl Table {
    /// The contract's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invoices => "invoices",
            Self::Payments => "payments",
            Self::Customers => "customers",
            Self::Contacts => "contacts",
            Self::Fx => "fx",
        }
    }

    /// The fields that are read, in the contract's order.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Invoices => INVOICES,
            Self::Payments => PAYMENTS,
            Self::Customers => CUSTOMERS,
            Self::Contacts => CONTACTS,
            Self::Fx => FX,
        }
    }

    /// Whether its columns may be segments.
    pub fn has_segments(self) -> bool {
        matches!(self, Self::Invoices | Self::Customers)
    }

    /// The field of text of a name.
    pub fn text_field(self, name: &str) -> Option<&'static str> {
        self.fields()
            .iter()
            .find(|field| field.name == name && field.kind == Kind::Text)
            .map(|field| field.name)
    }

    /// The field whose date decides whether a row is known, beside `recorded_date`.
    pub fn event_date(self) -> Option<&'static str> {
        match self {
            Self::Invoices => Some("issue_date"),
            Self::Payments => Some("payment_date"),
            Self::Customers => None,
            Self::Contacts => Some("contact_date"),
            Self::Fx => Some("date"),
        }
    }
}

/// Of a record that no cell of can be trusted: a quote in the wrong place can make it as long as the file.
const SHOWN_CHARS: usize = 500;

/// A record that cannot be cut into fields: no cell of it can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    pub row: u64,
    pub rule: &'static Rule,
    pub finding: String,
    pub text: String,
}

impl Misfit {
    /// A record that has not as many fields as the header.
    pub fn of_width(row: u64, n_fields: usize, expected: usize, text: &str) -> Self {
        let finding = format!("{n_fields} fields where the header has {expected}");
        Self { row, rule: &rule::ROW_WIDTH, finding, text: shown(text) }
    }

    /// A line that is no object of plain values.
    pub fn of_json(row: u64, fault: impl ToString, text: &str) -> Self {
        Self { row, rule: &rule::RECORD_NOT_JSON, finding: fault.to_string(), text: shown(text) }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

/// What a reader makes of the rows of a file.
#[derive(Debug)]
pub(super) struct Frame {
    /// Columns under canonical names.
    pub frame: DataFrame,
    /// As of [`Part`].
    pub rows: Vec<u64>,
    pub misfits: Vec<Misfit>,
}

/// The rows of one file under canonical column names.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The path as the user gave it, joined with the file's own name.
    pub file: String,
    pub sha256: String,
    /// Columns of the fields that the file has; all of them share their chunk boundaries.
    pub frame: DataFrame,
    /// The data row in the file, from 1, of each row of the frame; empty when they are simply counted.
    rows: Vec<u64>,
    pub misfits: Vec<Misfit>,
    /// What the file was taken to be: `CSV, delimiter `;`, Windows-1252, gzip`.
    pub format: String,
    /// What had to be assumed of the file as a whole.
    pub warnings: Vec<String>,
    /// Rows that are no rows of the table: blank ones, lines of sums, and what the mapping leaves out.
    pub filtered: u64,
}

impl Part {
    pub fn new(file: String, sha256: String, frame: DataFrame, rows: Vec<u64>, misfits: Vec<Misfit>) -> Self {
        let mut part = Self {
            file,
            sha256,
            frame: DataFrame::default(),
            rows: Vec::new(),
            misfits,
            filtered: 0,
            format: String::new(),
            warnings: Vec::new(),
        };
        part.set_frame(frame, rows);
        part
    }

    /// The same with what was decided of the file.
    pub fn described(self, format: String, warnings: Vec<String>) -> Self {
        Self { format, warnings, ..self }
    }

    /// Puts other rows in the place of those that were there.
    pub fn set_frame(&mut self, mut frame: DataFrame, rows: Vec<u64>) {
        frame.align_chunks_par();
        self.frame = frame;
        self.rows = rows;
    }

    /// Puts other columns in the place of those that were there, row for row.
    pub fn set_columns(&mut self, frame: DataFrame) {
        let rows = std::mem::take(&mut self.rows);
        self.set_frame(frame, rows);
    }

    /// The data row in the file, from 1, of row `i` of the frame.
    pub fn row_number(&self, i: usize) -> u64 {
        self.rows.get(i).copied().unwrap_or(i as u64 + 1)
    }

    /// Rows of the file, those that no field can be read of and those that were left out included.
    pub fn n_rows(&self) -> u64 {
        (self.frame.height() + self.misfits.len()) as u64 + self.filtered
    }
}

/// The texts of a column, whatever it holds.
pub(super) fn texts_of(frame: &DataFrame, name: &str) -> PolarsResult<StringChunked> {
    let series = frame.column(name)?.as_materialized_series();
    match series.dtype() {
        DataType::String => Ok(series.str()?.clone()),
        _ => Ok(series.cast(&DataType::String)?.str()?.clone()),
    }
}

/// All files of one input table.
#[derive(Debug, Clone)]
pub(super) struct RawTable {
    pub table: Table,
    /// The file, folder or glob that the user named.
    pub path: PathBuf,
    /// How dates are written in text columns.
    pub styles: Styles,
    pub parts: Vec<Part>,
    /// Segments of which some part has the column: the name, and the column in the frames.
    pub segments: Vec<(String, &'static str)>,
}

/// Rows that are worked through in one go: a range of one chunk of one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub part: usize,
    pub chunk: usize,
    /// First row of the block in the chunk.
    pub start: usize,
    pub len: usize,
    /// The same row counted over all parts: rows of a table are named by this count.
    pub first: usize,
}

/// Large enough that a block costs nothing to set up, small enough to share work evenly.
const BLOCK_ROWS: usize = 65_536;

impl RawTable {
    /// Rows in the frames: those that can be judged field by field.
    pub fn n_framed(&self) -> usize {
        self.parts.iter().map(|p| p.frame.height()).sum()
    }

    /// Rows of all files.
    pub fn n_rows(&self) -> u64 {
        self.parts.iter().map(Part::n_rows).sum()
    }

    /// Gives back the memory of every column but one. How many rows there are stays known.
    pub fn keep_column(&mut self, name: &str) {
        for part in &mut self.parts {
            let kept = part.frame.column(name).ok().cloned();
            // no column is left or one of the same height: neither is refused
            if let Ok(frame) = DataFrame::new(part.frame.height(), kept.into_iter().collect()) {
                part.frame = frame;
            }
        }
    }

    /// Whether any part has the column.
    pub fn has(&self, field: &str) -> bool {
        self.parts.iter().any(|p| p.frame.column(field).is_ok())
    }

    /// The columns of the frames that are wanted as segments: a field of the name, where it is read, else the column that
    /// was read for it.
    pub fn find_segments(&mut self, wanted: &[String]) {
        if !self.table.has_segments() {
            return;
        }
        let column = |(name, slot): (&String, &&'static str)| {
            let field = self.table.text_field(name).filter(|field| self.has(field));
            let column = field.or_else(|| Some(*slot).filter(|slot| self.has(slot)))?;
            Some((name.clone(), column))
        };
        self.segments = wanted.iter().zip(&SEGMENT_SLOTS).filter_map(column).collect();
    }

    /// Whether any part holds the column as text, or as codes of words.
    pub fn has_text(&self, field: &str) -> bool {
        let is_text = |p: &Part| {
            let column = p.frame.column(field);
            column.is_ok_and(|c| matches!(c.dtype(), DataType::String | DataType::Categorical(..)))
        };
        self.parts.iter().any(is_text)
    }

    /// The framed rows in order, cut into blocks.
    ///
    /// # Errors
    /// [`IngestError::TooManyRows`] past what 32 bits can name.
    pub fn blocks(&self) -> Result<Vec<Block>, IngestError> {
        if self.n_rows() >= u64::from(u32::MAX) {
            return Err(IngestError::TooManyRows { table: self.table.name(), rows: self.n_rows() });
        }
        let mut blocks = Vec::new();
        let mut first = 0;
        for (part, p) in self.parts.iter().enumerate() {
            let Some(column) = p.frame.columns().first() else { continue };
            for (chunk, array) in column.as_materialized_series().chunks().iter().enumerate() {
                for start in (0..array.len()).step_by(BLOCK_ROWS) {
                    let len = BLOCK_ROWS.min(array.len() - start);
                    blocks.push(Block { part, chunk, start, len, first });
                    first += len;
                }
            }
        }
        Ok(blocks)
    }

    /// The file and its data row of a row that is counted over all parts.
    pub fn place(&self, row: usize) -> (usize, u64) {
        let mut first = 0;
        for (part, p) in self.parts.iter().enumerate() {
            if row < first + p.frame.height() {
                return (part, p.row_number(row - first));
            }
            first += p.frame.height();
        }
        (self.parts.len().saturating_sub(1), 0)
    }
}

/// Every row of every file, its columns under canonical names; nothing is judged yet.
#[derive(Debug, Clone)]
pub struct Raw {
    pub(super) invoices: RawTable,
    pub(super) payments: Option<RawTable>,
    pub(super) customers: Option<RawTable>,
    pub(super) contacts: Option<RawTable>,
    pub(super) fx: Option<RawTable>,
}
