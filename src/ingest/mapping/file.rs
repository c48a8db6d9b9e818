//! From TOML to a mapping. `data/mappings/README.md` documents every key.

use super::date::{DateFormat, DateFormatError, DateStyle};
use super::number::DecimalMark;
use super::{AUX, Check, Dates, Filter, Kinds, Mapping, Meaning, Numbers, Sign, Source, TableMapping, Test};
use super::{IngestError, kind_of};
use crate::core::Day;
use crate::core::spelling::nearest;
use crate::ingest::Layout;
use crate::ingest::table::{Kind, Table};
use encoding_rs::Encoding;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const TABLES: [Table; 5] = [Table::Invoices, Table::Payments, Table::Customers, Table::Contacts, Table::Fx];

/// What is wrong in a line of a mapping file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // of fields: the message names each one
pub enum MappingProblem {
    /// No TOML.
    #[error("{0}")]
    Toml(String),
    /// A key that nobody reads.
    #[error("`{found}` is no key of {place}")]
    UnknownKey { found: String, place: String, known: Vec<&'static str> },
    /// A field that the table does not have.
    #[error("`{found}` is no field of {table}")]
    UnknownField { found: String, table: &'static str, known: Vec<&'static str> },
    /// A word that is not one of a few.
    #[error("`{found}` is not one of {}", .known.join(", "))]
    UnknownWord { found: String, known: Vec<&'static str> },
    /// A value of another type.
    #[error("`{key}` is {found}, expected {expected}")]
    Type { key: String, found: &'static str, expected: &'static str },
    /// A text that names no format.
    #[error(transparent)]
    DateFormat(#[from] DateFormatError),
    /// Two fields that want the same column.
    #[error("column `{column}` is mapped to `{first}` and to `{second}`")]
    ClaimedTwice { column: String, first: &'static str, second: &'static str },
    /// A field with a column and a constant.
    #[error("`{field}` has a column and a constant")]
    ColumnAndConstant { field: &'static str },
    /// Two formats that one text can fit, and nothing that decides between them.
    #[error("a text can fit both `{a}` and `{b}`, with different days")]
    Clash { a: String, b: String },
    /// A rule that says nothing.
    #[error("`{key}` needs {needs}")]
    Incomplete { key: String, needs: &'static str },
    /// More columns than a mapping may read beside the fields.
    #[error("{found} columns beside the fields, expected at most {}", AUX.len())]
    TooManyColumns { found: usize },
}

impl MappingProblem {
    /// What the user should do next.
    pub fn hint(&self) -> Option<String> {
        let near = |found: &str, known: &[&'static str]| match nearest(found, known) {
            Some(near) => format!("the nearest is `{near}`"),
            None => format!("known are {}", known.join(", ")),
        };
        match self {
            Self::UnknownKey { found, known, .. }
            | Self::UnknownField { found, known, .. }
            | Self::UnknownWord { found, known } => Some(near(found, known)),
            Self::ClaimedTwice { .. } => Some("a column holds one field; leave one of them out".into()),
            Self::ColumnAndConstant { .. } => Some("leave one of them out".into()),
            Self::Clash { .. } => Some(
                "keep the one that the column is written in; if it truly mixes them, say with `resolve` what decides"
                    .into(),
            ),
            _ => None,
        }
    }
}

type Entry<'t> = Spanned<DeValue<'t>>;
type Wrong = (usize, MappingProblem);

/// Reads a mapping; `name` stands for the file in messages.
pub(super) fn parse(text: &str, name: &str) -> Result<Mapping, IngestError> {
    let line_of = |at: usize| 1 + text.bytes().take(at).filter(|b| *b == b'\n').count();
    let refused =
        |(at, problem): Wrong| IngestError::Mapping { file: name.to_owned(), line: line_of(at), problem };
    let toml = DeTable::parse(text).map_err(|e| {
        refused((e.span().map_or(0, |s| s.start), MappingProblem::Toml(e.message().to_owned())))
    })?;
    let mut tables: [TableMapping; 5] = Default::default();
    let known = ["description", "invoices", "payments", "customers", "contacts", "fx"];
    for (key, value) in toml.get_ref() {
        let name: &str = key.get_ref();
        match TABLES.into_iter().find(|t| t.name() == name) {
            Some(table) => tables[table as usize] = table_mapping(table, value).map_err(refused)?,
            None if name == "description" => {
                self::text("description", value).map_err(refused)?;
            }
            None => return Err(refused(unknown_key(key, "a mapping", &known))),
        }
    }
    Ok(Mapping { name: name.into(), tables: tables.into() })
}

fn unknown_key(key: &Spanned<std::borrow::Cow<'_, str>>, place: &str, known: &[&'static str]) -> Wrong {
    let found = key.get_ref().to_string();
    (key.span().start, MappingProblem::UnknownKey { found, place: place.to_owned(), known: known.to_vec() })
}

fn wrong_type(key: &str, value: &Entry, expected: &'static str) -> Wrong {
    let found = value.get_ref().type_str();
    (value.span().start, MappingProblem::Type { key: key.to_owned(), found, expected })
}

fn incomplete(key: &str, at: &Entry, needs: &'static str) -> Wrong {
    (at.span().start, MappingProblem::Incomplete { key: key.to_owned(), needs })
}

fn table<'v, 't>(key: &str, value: &'v Entry<'t>) -> Result<&'v DeTable<'t>, Wrong> {
    value.get_ref().as_table().ok_or_else(|| wrong_type(key, value, "a table"))
}

fn text(key: &str, value: &Entry) -> Result<String, Wrong> {
    value.get_ref().as_str().map(str::to_owned).ok_or_else(|| wrong_type(key, value, "a text"))
}

fn flag(key: &str, value: &Entry) -> Result<bool, Wrong> {
    value.get_ref().as_bool().ok_or_else(|| wrong_type(key, value, "true or false"))
}

/// One text, or a list of them.
fn texts(key: &str, value: &Entry) -> Result<Vec<String>, Wrong> {
    match value.get_ref() {
        DeValue::Array(entries) if !entries.is_empty() => {
            entries.iter().map(|entry| text(key, entry)).collect()
        }
        DeValue::String(one) => Ok(vec![one.to_string()]),
        _ => Err(wrong_type(key, value, "a text or a list of texts")),
    }
}

fn word(key: &str, value: &Entry, known: &[&'static str]) -> Result<&'static str, Wrong> {
    let found = text(key, value)?;
    let word = known.iter().find(|word| **word == found).copied();
    word.ok_or_else(|| (value.span().start, MappingProblem::UnknownWord { found, known: known.to_vec() }))
}

fn field(table: Table, key: &Spanned<std::borrow::Cow<'_, str>>) -> Result<&'static str, Wrong> {
    let known: Vec<&'static str> = table.fields().iter().map(|f| f.name).collect();
    let found: &str = key.get_ref();
    known.iter().find(|name| **name == found).copied().ok_or_else(|| {
        let (found, table) = (found.to_owned(), table.name());
        (key.span().start, MappingProblem::UnknownField { found, table, known })
    })
}

fn table_mapping(of: Table, value: &Entry) -> Result<TableMapping, Wrong> {
    let known = [
        "from",
        "file",
        "columns",
        "constants",
        "dates",
        "numbers",
        "keep",
        "drop",
        "kinds",
        "sign",
        "has_lines",
    ];
    let mut mapping = TableMapping::default();
    let place = of.name();
    for (key, value) in table(place, value)? {
        match &**key.get_ref() {
            "from" => {
                word("from", value, &["invoices"])?;
                if of != Table::Payments {
                    return Err(unknown_key(key, place, &known[1..]));
                }
                mapping.from = Some(Table::Invoices);
            }
            "file" => mapping.layout = layout(value)?,
            "columns" => columns(of, value, &mut mapping)?,
            "constants" => {
                for (key, value) in table("constants", value)? {
                    let constant = match value.get_ref() {
                        DeValue::Integer(number) => number.as_str().to_owned(),
                        _ => text(key.get_ref(), value)?,
                    };
                    mapping.constants.push((field(of, key)?, constant));
                }
            }
            "dates" => mapping.dates = dates(of, value)?,
            "numbers" => mapping.numbers = numbers(of, value)?,
            "has_lines" => mapping.has_lines = flag("has_lines", value)?,
            "keep" | "drop" => {
                let keep = key.get_ref() == "keep";
                let rules = match value.get_ref() {
                    DeValue::Array(rules) => rules.iter().collect(),
                    _ => vec![value],
                };
                for rule in rules {
                    mapping.filters.push(filter(rule, keep)?);
                }
            }
            "kinds" => mapping.kinds = Some(kinds(of, value)?),
            "sign" => mapping.sign = Some(sign(value)?),
            _ => return Err(unknown_key(key, place, &known)),
        }
    }
    let claimed_again =
        |(field, _): &&(&'static str, String)| mapping.columns.iter().any(|(f, _)| f == field);
    if let Some((field, _)) = mapping.constants.iter().find(claimed_again) {
        return Err((value.span().start, MappingProblem::ColumnAndConstant { field }));
    }
    let n_aux = mapping.aux().len();
    if n_aux > AUX.len() {
        return Err((value.span().start, MappingProblem::TooManyColumns { found: n_aux }));
    }
    Ok(mapping)
}

/// How a file is written.
fn layout(value: &Entry) -> Result<Layout, Wrong> {
    let mut layout = Layout::default();
    for (key, value) in table("file", value)? {
        let name: &str = key.get_ref();
        match name {
            "delimiter" => layout.delimiter = Some(one_byte(name, value)?),
            "quote" => layout.quote = Some(one_byte(name, value)?),
            "encoding" => {
                let label = text(name, value)?;
                let known = Encoding::for_label(label.as_bytes());
                layout.encoding = Some(
                    known.ok_or_else(|| wrong_type(name, value, "an encoding such as \"windows-1252\""))?,
                );
            }
            "sheet" => layout.sheet = Some(text(name, value)?),
            _ => return Err(unknown_key(key, "file", &["delimiter", "quote", "encoding", "sheet"])),
        }
    }
    Ok(layout)
}

/// A mark of one ASCII character.
fn one_byte(key: &str, value: &Entry) -> Result<u8, Wrong> {
    let text = text(key, value)?;
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => Ok(*byte),
        _ => Err(wrong_type(key, value, "one ASCII character that is no letter and no digit")),
    }
}

fn columns(of: Table, value: &Entry, mapping: &mut TableMapping) -> Result<(), Wrong> {
    let mut claimed: Vec<(String, &'static str, usize)> = Vec::new();
    for (key, value) in table("columns", value)? {
        let name = field(of, key)?;
        let source = source(key.get_ref(), value)?;
        if let Source::Header(headers) = &source {
            let at = key.span().start;
            claimed.extend(headers.iter().map(|column| (column.clone(), name, at)));
        }
        mapping.columns.push((name, source));
    }
    claimed.sort_by_key(|(.., at)| *at);
    for (i, (column, second, at)) in claimed.iter().enumerate() {
        if let Some((_, first, _)) = claimed[..i].iter().find(|(other, ..)| other == column) {
            let (first, second, column) = (*first, *second, column.clone());
            return Err((*at, MappingProblem::ClaimedTwice { column, first, second }));
        }
    }
    Ok(())
}

fn source(key: &str, value: &Entry) -> Result<Source, Wrong> {
    let DeValue::Table(entries) = value.get_ref() else { return Ok(Source::Header(texts(key, value)?)) };
    let (mut join, mut first, mut with) = (None, None, String::new());
    for (key, value) in entries {
        match &**key.get_ref() {
            "join" => join = Some(texts("join", value)?),
            "first" => first = Some(texts("first", value)?),
            "with" => with = text("with", value)?,
            _ => return Err(unknown_key(key, "a column", &["join", "with", "first"])),
        }
    }
    match (join, first) {
        (Some(headers), None) => Ok(Source::Join { headers, with }),
        (None, Some(headers)) => Ok(Source::First(headers)),
        _ => Err(incomplete(key, value, "`join` or `first`, and not both")),
    }
}

fn formats(key: &str, value: &Entry) -> Result<Vec<DateFormat>, Wrong> {
    let patterns = texts(key, value)?;
    let formats: Result<Vec<_>, _> = patterns.iter().map(|p| DateFormat::try_new(p)).collect();
    formats.map_err(|e| (value.span().start, e.into()))
}

fn dates(of: Table, value: &Entry) -> Result<Dates, Wrong> {
    let known = ["formats", "fields", "resolve", "exported", "undecided"];
    let checks =
        [("terms", Check::Terms), ("after_issue", Check::AfterIssue), ("before_export", Check::BeforeExport)];
    let mut dates = Dates::default();
    let mut formats_at = value.span().start;
    for (key, value) in table("dates", value)? {
        match &**key.get_ref() {
            "formats" => {
                dates.formats = formats("formats", value)?;
                formats_at = value.span().start;
            }
            "fields" => {
                for (key, value) in table("fields", value)? {
                    let name = field(of, key)?;
                    if kind_of(of, name) != Kind::Day {
                        let known = of.fields().iter().filter(|f| f.kind == Kind::Day).map(|f| f.name);
                        let (found, known) = (name.to_owned(), known.collect());
                        return Err((key.span().start, MappingProblem::UnknownWord { found, known }));
                    }
                    dates.fields.push((name, formats(name, value)?));
                }
            }
            "resolve" if has_payments(of) => {
                // a payment has no terms, and its row does not say when its invoice was issued
                let words = checks.map(|(word, _)| word);
                let words = if of == Table::Invoices { &words[..] } else { &words[2..] };
                let entries = match value.get_ref() {
                    DeValue::Array(entries) => entries.iter().collect(),
                    _ => vec![value],
                };
                for entry in entries {
                    let found = word("resolve", entry, words)?;
                    dates
                        .resolve
                        .extend(checks.iter().find(|(word, _)| *word == found).map(|(_, check)| *check));
                }
            }
            "exported" => dates.exported = Some(day(value)?),
            "undecided" if has_payments(of) => {
                word("undecided", value, &["later"])?;
                dates.keep_undecided = true;
            }
            _ => return Err(unknown_key(key, "dates", &known)),
        }
    }
    if dates.resolve.contains(&Check::BeforeExport) != dates.exported.is_some() {
        return Err(incomplete(
            "resolve",
            value,
            "`before_export` together with `exported`, the day of the export",
        ));
    }
    let all = std::iter::once(&dates.formats).chain(dates.fields.iter().map(|(_, formats)| formats));
    for formats in all.filter(|_| dates.resolve.is_empty() && !dates.keep_undecided) {
        if let Some((a, b)) = DateStyle::new(formats.clone()).clash() {
            let (a, b) = (a.pattern().to_owned(), b.pattern().to_owned());
            return Err((formats_at, MappingProblem::Clash { a, b }));
        }
    }
    Ok(dates)
}

/// Whether rows of a table may have a day of payment.
fn has_payments(of: Table) -> bool {
    matches!(of, Table::Invoices | Table::Payments)
}

/// A date of TOML, or a text.
fn day(value: &Entry) -> Result<Day, Wrong> {
    let text = match value.get_ref() {
        DeValue::Datetime(date) => date.to_string(),
        DeValue::String(text) => text.to_string(),
        _ => return Err(wrong_type("exported", value, "a date")),
    };
    text.parse().map_err(|_| wrong_type("exported", value, "a date as 2026-03-31"))
}

fn numbers(of: Table, value: &Entry) -> Result<Numbers, Wrong> {
    let mut numbers = Numbers::default();
    for (key, value) in table("numbers", value)? {
        match &**key.get_ref() {
            "decimal" => {
                let mark = word("decimal", value, &[".", ","])?;
                numbers.decimal = Some(if mark == "," { DecimalMark::Comma } else { DecimalMark::Point });
            }
            "units" => numbers.units = texts("units", value)?,
            "whole" => {
                let fields: Vec<&'static str> = of.fields().iter().map(|f| f.name).collect();
                let entries = match value.get_ref() {
                    DeValue::Array(entries) => entries.iter().collect(),
                    _ => vec![value],
                };
                for entry in entries {
                    numbers.whole.push(word("whole", entry, &fields)?);
                }
            }
            _ => return Err(unknown_key(key, "numbers", &["decimal", "units", "whole"])),
        }
    }
    Ok(numbers)
}

fn filter(value: &Entry, keep: bool) -> Result<Filter, Wrong> {
    let known = ["column", "values", "empty", "sign", "optional"];
    let (mut column, mut tests, mut optional) = (None, Vec::new(), false);
    for (key, value) in table(if keep { "keep" } else { "drop" }, value)? {
        match &**key.get_ref() {
            "column" => column = Some(texts("column", value)?),
            "values" => tests.push(Test::Values(texts("values", value)?)),
            "empty" => tests.push(Test::Empty(flag("empty", value)?)),
            "sign" => tests.push(match word("sign", value, &["negative", "positive"])? {
                "negative" => Test::Negative,
                _ => Test::Positive,
            }),
            "optional" => optional = flag("optional", value)?,
            _ => return Err(unknown_key(key, "a filter", &known)),
        }
    }
    match (column, tests.pop(), tests.pop()) {
        (Some(column), Some(test), None) => Ok(Filter { column, keep, test, optional }),
        _ => Err(incomplete("filter", value, "`column` and one of `values`, `empty` and `sign`")),
    }
}

/// The kinds that a table knows.
fn kind_names(of: Table) -> &'static [&'static str] {
    match of {
        Table::Invoices => &["invoice", "credit_note"],
        Table::Payments => &["cash", "credit", "write_off", "discount", "reversal"],
        _ => &[],
    }
}

fn kinds(of: Table, value: &Entry) -> Result<Kinds, Wrong> {
    let names = kind_names(of);
    let mut known: Vec<&'static str> = names.to_vec();
    known.extend(["ignored", "column", "other", "negative", "optional"]);
    let mut kinds = Kinds::default();
    let meaning_of = |word: &str| match names.iter().find(|name| **name == word) {
        Some(name) => Some(Meaning::Kind(name)),
        None if word == "ignored" => Some(Meaning::Ignored),
        None => None,
    };
    for (key, value) in table("kinds", value)? {
        let name: &str = key.get_ref();
        match (name, meaning_of(name)) {
            (_, Some(meaning)) => {
                kinds.meanings.extend(texts(name, value)?.into_iter().map(|value| (value, meaning)));
            }
            ("column", _) => kinds.column = texts(name, value)?,
            ("optional", _) => kinds.optional = flag(name, value)?,
            ("other", _) => {
                let words: Vec<&'static str> = names.iter().copied().chain(["ignored"]).collect();
                kinds.other = meaning_of(word(name, value, &words)?);
            }
            ("negative", _) => kinds.negative = Some(word(name, value, names)?),
            _ => return Err(unknown_key(key, "kinds", &known)),
        }
    }
    if kinds.column.is_empty() && (kinds.negative.is_none() || !kinds.meanings.is_empty()) {
        return Err(incomplete("kinds", value, "`column`"));
    }
    Ok(kinds)
}

fn sign(value: &Entry) -> Result<Sign, Wrong> {
    let (mut column, mut turned, mut turn_all) = (None, None, false);
    for (key, value) in table("sign", value)? {
        match &**key.get_ref() {
            "column" => column = Some(texts("column", value)?),
            "turned" => turned = Some(texts("turned", value)?),
            "turn_all" => turn_all = flag("turn_all", value)?,
            _ => return Err(unknown_key(key, "sign", &["column", "turned", "turn_all"])),
        }
    }
    match (column, turned) {
        (None, None) if turn_all => Ok(Sign { turned_by: None, turn_all }),
        (Some(column), Some(values)) => Ok(Sign { turned_by: Some((column, values)), turn_all }),
        _ => Err(incomplete("sign", value, "`column` and `turned`, or `turn_all`")),
    }
}
