//! How an export becomes the canonical tables: its columns, what it leaves unsaid, how it writes dates and numbers,
//! which of its rows count.
//!
//! A [`Mapping`] is written as TOML ([`file`]); those of well-known exports are built in. Reading asks it for
//! columns; [`apply`] then makes canonical rows of what was read, [`style`] decides how each column writes dates and
//! numbers, and [`resolve`] decides between two readings of one date by a check that the mapping declares.

pub(super) mod apply;
mod built_in;
mod column;
pub(super) mod date;
mod file;
mod header;
pub(super) mod number;
pub(super) mod resolve;
pub(super) mod style;
mod suggest;

pub use date::{DateFormat, DateFormatError};
pub use file::MappingProblem;
pub use suggest::suggest;

use super::IngestError;
use super::Layout;
use super::table::{Kind, SEGMENT_SLOTS, Table};
use crate::core::Day;
use number::DecimalMark;
use std::path::Path;
use std::sync::Arc;

/// What is known of an export. A table that it does not speak of bears the names of the contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    name: Arc<str>,
    tables: Arc<[TableMapping; 5]>,
}

impl Default for Mapping {
    fn default() -> Self {
        Self { name: "canonical".into(), tables: Arc::default() }
    }
}

impl Mapping {
    /// The mapping of a well-known export.
    ///
    /// # Errors
    /// [`IngestError::UnknownProfile`] lists the names that exist.
    ///
    /// ```
    /// use arrears::ingest::Mapping;
    /// assert_eq!(Mapping::built_in("ibm-ar")?.name(), "ibm-ar");
    /// assert_eq!(Mapping::built_in("canonical")?, Mapping::default());
    /// assert_eq!(Mapping::built_in("ibm").unwrap_err().exit_code(), 2);
    /// # Ok::<(), arrears::ingest::IngestError>(())
    /// ```
    pub fn built_in(name: &str) -> Result<Self, IngestError> {
        match built_in::text(name) {
            Some(text) => Self::parse(text, name),
            None => Err(IngestError::UnknownProfile { found: name.to_owned() }),
        }
    }

    /// The mapping that a user asks for: a file before a well-known export, the canonical names without either.
    ///
    /// # Errors
    /// As [`Mapping::load`] and [`Mapping::built_in`].
    pub fn chosen(file: Option<&Path>, profile: Option<&str>) -> Result<Self, IngestError> {
        match (file, profile) {
            (Some(file), _) => Self::load(file),
            (None, Some(name)) => Self::built_in(name),
            (None, None) => Ok(Self::default()),
        }
    }

    /// The names that [`Mapping::built_in`] knows.
    pub fn built_in_names() -> Vec<&'static str> {
        built_in::ALL.iter().map(|(name, _)| *name).collect()
    }

    /// The TOML of a well-known export.
    pub fn built_in_text(name: &str) -> Option<&'static str> {
        built_in::text(name)
    }

    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`IngestError::Read`], or [`IngestError::Mapping`] with the line that is wrong.
    pub fn load(file: &Path) -> Result<Self, IngestError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| IngestError::Read { file: file.to_owned(), source })?;
        Self::parse(&text, &file.display().to_string())
    }

    /// [`Mapping::load`] for a text; `name` stands for the file in messages.
    ///
    /// # Errors
    /// [`IngestError::Mapping`] with the line that is wrong.
    ///
    /// ```
    /// use arrears::ingest::Mapping;
    /// let text = "[invoices.columns]\ninvoice_id = \"Number\"\ncustomer = \"Client\"\n";
    /// let refused = Mapping::parse(text, "mine.toml").unwrap_err();
    /// assert_eq!(refused.to_string(), "mine.toml: line 3: `customer` is no field of invoices");
    /// assert_eq!(refused.hint().unwrap(), "the nearest is `customer_id`");
    /// ```
    pub fn parse(text: &str, name: &str) -> Result<Self, IngestError> {
        file::parse(text, name)
    }

    /// The name of a built-in mapping, or the path of a file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A mapping of one table alone.
    fn of_table(table: Table, mapping: TableMapping) -> Self {
        let mut tables: [TableMapping; 5] = Default::default();
        tables[table as usize] = mapping;
        Self { name: "".into(), tables: tables.into() }
    }

    /// The same with columns of these names read as segments, where a file has them.
    pub(super) fn with_segments(&self, names: &[String]) -> Self {
        let mut tables = (*self.tables).clone();
        for table in [Table::Invoices, Table::Customers] {
            tables[table as usize].segments = names.to_vec();
        }
        Self { name: self.name.clone(), tables: tables.into() }
    }

    pub(super) fn of(&self, table: Table) -> &TableMapping {
        &self.tables[table as usize]
    }
}

/// Names under which a frame holds columns that are no fields; none can be the name of a field or of a header.
const AUX: [&str; 64] = [
    "=0", "=1", "=2", "=3", "=4", "=5", "=6", "=7", "=8", "=9", "=10", "=11", "=12", "=13", "=14", "=15",
    "=16", "=17", "=18", "=19", "=20", "=21", "=22", "=23", "=24", "=25", "=26", "=27", "=28", "=29", "=30",
    "=31", "=32", "=33", "=34", "=35", "=36", "=37", "=38", "=39", "=40", "=41", "=42", "=43", "=44", "=45",
    "=46", "=47", "=48", "=49", "=50", "=51", "=52", "=53", "=54", "=55", "=56", "=57", "=58", "=59", "=60",
    "=61", "=62", "=63",
];

/// What a mapping says of one table.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct TableMapping {
    /// The table whose file holds this one too.
    pub from: Option<Table>,
    /// Where fields are; empty when the columns bear the canonical names.
    pub columns: Vec<(&'static str, Source)>,
    /// Fields that have one value in every row.
    pub constants: Vec<(&'static str, String)>,
    pub dates: Dates,
    pub numbers: Numbers,
    /// Rows that count, or do not.
    pub filters: Vec<Filter>,
    pub kinds: Option<Kinds>,
    pub sign: Option<Sign>,
    /// Whether a document has a row for each of its lines, so that rows which say the same are one.
    pub has_lines: bool,
    /// How the file is written; what is not said is found out.
    pub layout: Layout,
    /// Columns that are wanted as segments, by the name of a field or by header; the policy's, not the mapping's.
    pub segments: Vec<String>,
}

/// Where a field is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// In the first of these columns that the file has.
    Header(Vec<String>),
    /// In these columns together, with a text between them; empty if one of them is.
    Join { headers: Vec<String>, with: String },
    /// In the first of these columns whose cell is neither empty nor zero, else in the first.
    First(Vec<String>),
}

/// What a mapping says of dates.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Dates {
    /// Of every date of the table; empty to let the values decide.
    pub formats: Vec<DateFormat>,
    /// Of single fields.
    pub fields: Vec<(&'static str, Vec<DateFormat>)>,
    /// What decides between two readings of a date.
    pub resolve: Vec<Check>,
    /// The day of the export.
    pub exported: Option<Day>,
    /// Whether a payment whose day no check decides is kept, as known on the last day that it can have been.
    pub keep_undecided: bool,
}

/// What a date can be held against to decide between two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// `due_date` is `terms_days` of the row, or else of its customer, after `issue_date`.
    Terms,
    /// Nothing happens to an invoice before its day of issue.
    AfterIssue,
    /// Nothing has happened after the day of the export; due dates are free.
    BeforeExport,
}

/// What a mapping says of numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Numbers {
    /// The decimal mark; nothing to let the values decide.
    pub decimal: Option<DecimalMark>,
    /// Words that may stand around a number.
    pub units: Vec<String>,
    /// Ids that a tool has turned into decimals: the `.0` behind them goes.
    pub whole: Vec<&'static str>,
}

/// Rows that count or do not, by one column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filter {
    /// The first of these columns that the file has.
    pub column: Vec<String>,
    /// Whether rows that match are kept; else they are left out.
    pub keep: bool,
    pub test: Test,
    /// Whether a file may lack the column.
    pub optional: bool,
}

/// What a cell must be to match.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// One of these, whatever the case.
    Values(Vec<String>),
    Empty(bool),
    Negative,
    Positive,
}

/// What the kinds of documents of an export mean.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Kinds {
    /// The first of these columns that the file has; without any, only the sign speaks.
    pub column: Vec<String>,
    /// Whether a file may lack the column; its rows then keep the kind that they have.
    pub optional: bool,
    /// Values and what they mean.
    pub meanings: Vec<(String, Meaning)>,
    /// What every other value means; nothing to let the row be refused.
    pub other: Option<Meaning>,
    /// The kind of rows whose amount is below zero.
    pub negative: Option<&'static str>,
}

/// What a value of a column of kinds means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A kind of the table.
    Kind(&'static str),
    /// The row belongs to no table, or to another one.
    Ignored,
}

/// Where the sign of an amount is, if it is not in the amount.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sign {
    /// The column, the first of these that the file has, and its values that turn the sign.
    pub turned_by: Option<(Vec<String>, Vec<String>)>,
    /// Whether every sign is turned first.
    pub turn_all: bool,
}

/// Columns of which one is wanted beside those of the fields.
struct Aux<'m> {
    headers: &'m [String],
    need: Need,
}

/// How much a column is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// As a part of a field; whether the field can do without it is asked of the field.
    Part,
    Optional,
    /// A rule cannot be followed without it.
    Rule,
}

impl TableMapping {
    /// Columns beside the fields' own that are wanted, in the order of [`AUX`].
    fn aux(&self) -> Vec<Aux<'_>> {
        let mut wanted: Vec<Aux> = Vec::new();
        let mut want = |headers, need| match wanted.iter_mut().find(|aux| aux.headers == headers) {
            Some(aux) => aux.need = aux.need.max(need),
            None => wanted.push(Aux { headers, need }),
        };
        for (_, source) in &self.columns {
            if let Source::Join { headers, .. } | Source::First(headers) = source {
                headers.iter().for_each(|header| want(std::slice::from_ref(header), Need::Part));
            }
        }
        let need = |optional: bool| if optional { Need::Optional } else { Need::Rule };
        self.filters.iter().for_each(|f| want(&f.column, need(f.optional)));
        if let Some(kinds) = self.kinds.as_ref().filter(|kinds| !kinds.column.is_empty()) {
            want(&kinds.column, need(kinds.optional));
        }
        if let Some((column, _)) = self.sign.as_ref().and_then(|sign| sign.turned_by.as_ref()) {
            want(column, Need::Rule);
        }
        wanted
    }

    /// The header of each segment that is no mapped field and has a column of its own: exactly one of that name.
    fn segment_columns(&self, table: Table, found: &[String]) -> Vec<(&'static str, String)> {
        let own = |name: &str| {
            let field = table.text_field(name);
            field.is_some_and(|field| self.source_of(field).is_some() || self.has_constant(field))
        };
        let header = |name: &str| {
            let is_there = found.iter().any(|header| header == name);
            let mut fitting =
                found.iter().filter(|h| if is_there { *h == name } else { header::fits(h, name) });
            fitting.next().filter(|_| fitting.next().is_none())
        };
        let wanted = self.segments.iter().zip(SEGMENT_SLOTS).filter(|(name, _)| !own(name));
        wanted.filter_map(|(name, slot)| Some((slot, header(name)?.clone()))).collect()
    }

    /// Where a field is: in the column of its own name, if the mapping names none.
    fn source_of(&self, field: &'static str) -> Option<Source> {
        if self.columns.is_empty() {
            return Some(Source::Header(vec![field.to_owned()]));
        }
        self.columns.iter().find(|(f, _)| *f == field).map(|(_, source)| source.clone())
    }

    /// Whether the mapping gives a field a value without a column.
    fn has_constant(&self, field: &str) -> bool {
        self.constants.iter().any(|(f, _)| *f == field)
    }

    /// The columns to read of a file: each under the name of its field, or under one of [`AUX`].
    ///
    /// A header is looked for as it is written; else by its letters and digits alone, in any case.
    ///
    /// # Errors
    /// [`IngestError::MissingColumn`] for the first field that cannot be done without, or a column that a rule of
    /// the mapping needs; [`IngestError::AmbiguousColumn`] where only letters and digits fit, twice.
    pub fn columns_of(
        &self,
        table: Table,
        found: &[String],
        file: &Path,
    ) -> Result<Vec<(&'static str, String)>, IngestError> {
        let missing = |field, column: &str| IngestError::MissingColumn {
            file: file.to_owned(),
            field,
            column: column.to_owned(),
            found: found.to_vec(),
        };
        let find = |wanted: &str, field| header::find(wanted, found, field, file);
        let mut columns: Vec<(&'static str, String)> = Vec::new();
        let mut has_owed = self.has_constant("invoice_id") || self.has_constant("customer_id");
        let mut has_due = self.has_constant("due_date") || self.has_constant("terms_days");
        for field in table.fields() {
            let source = self.source_of(field.name);
            let mut is_there = false;
            match &source {
                Some(Source::Header(headers)) => {
                    for wanted in headers {
                        if let Some(header) = find(wanted, field.name)? {
                            columns.push((field.name, header.to_owned()));
                            is_there = true;
                            break;
                        }
                    }
                }
                Some(Source::Join { headers, .. }) => {
                    is_there = true;
                    for wanted in headers {
                        is_there &= find(wanted, field.name)?.is_some();
                    }
                }
                Some(Source::First(headers)) => {
                    for wanted in headers {
                        is_there |= find(wanted, field.name)?.is_some();
                    }
                }
                None => {}
            }
            has_owed |= is_there && matches!(field.name, "invoice_id" | "customer_id");
            has_due |= is_there && matches!(field.name, "due_date" | "terms_days");
            if !is_there && field.required && !self.has_constant(field.name) {
                return Err(missing(field.name, &first_header(source.as_ref(), field.name, find)?));
            }
        }
        if table == Table::Invoices && !has_due {
            let source = self.source_of("due_date");
            return Err(missing("due_date", &first_header(source.as_ref(), "due_date", find)?));
        }
        if table == Table::Payments && !has_owed {
            let source = self.source_of("invoice_id");
            return Err(missing("invoice_id", &first_header(source.as_ref(), "invoice_id", find)?));
        }
        for (aux, slot) in self.aux().into_iter().zip(AUX) {
            let mut header = None;
            for wanted in aux.headers {
                header = header.or(find(wanted, "a rule of the mapping")?);
            }
            match header {
                Some(header) if columns.iter().any(|(_, other)| other == header) => {}
                Some(header) => columns.push((slot, header.to_owned())),
                None if aux.need < Need::Rule => {}
                None => {
                    let (file, column) = (file.to_owned(), aux.headers.join("` or `"));
                    return Err(IngestError::MissingRuleColumn { file, column, found: found.to_vec() });
                }
            }
        }
        for (slot, header) in self.segment_columns(table, found) {
            if columns.iter().all(|(_, other)| *other != header) {
                columns.push((slot, header));
            }
        }
        Ok(columns)
    }

    /// The formats that the mapping declares for a date.
    pub fn formats_of(&self, field: &str) -> &[DateFormat] {
        let own = self.dates.fields.iter().find(|(f, _)| *f == field);
        own.map_or(&self.dates.formats, |(_, formats)| formats)
    }
}

/// The first column of a field that a file lacks.
fn first_header<'f>(
    source: Option<&Source>,
    field: &'static str,
    find: impl Fn(&str, &'static str) -> Result<Option<&'f str>, IngestError>,
) -> Result<String, IngestError> {
    let headers = match source {
        None => return Ok(field.to_owned()),
        Some(Source::Header(headers) | Source::Join { headers, .. } | Source::First(headers)) => headers,
    };
    for header in headers {
        if find(header, field)?.is_none() {
            return Ok(header.clone());
        }
    }
    Ok(field.to_owned())
}

/// The kind of a field of a table; text for anything that is no field.
pub(super) fn kind_of(table: Table, field: &str) -> Kind {
    table.fields().iter().find(|f| f.name == field).map_or(Kind::Text, |f| f.kind)
}
