//! A first mapping of an export that nobody knows, from its headers and values.

mod origin;
mod survey;
mod word;

use super::super::table::{Field, Kind, Table};
use super::Mapping;
use super::number::DecimalMark;
use crate::ingest::{IngestError, Sources, fetched};
use origin::{Origin, Sheet};
use std::fmt::Write;
use std::path::Path;
use survey::{Survey, Written};

/// The TOML of a mapping for the invoices, payments and customers of some files, with comments that say why, and
/// what should be looked at: a line with UNSURE is a guess. Only the first file of each table is looked at, and of a
/// workbook without a chosen sheet the one that looks most like the table; the mapping then names it and the others.
///
/// # Errors
/// As [`crate::ingest::read`], but for what a mapping would have to say.
///
/// # Example
/// ```
/// use arrears::ingest::{Mapping, Sources, suggest};
/// let dir = tempfile::tempdir()?;
/// let invoices = dir.path().join("export.csv");
/// std::fs::write(&invoices, "Number,Client,Invoice Date,Due,Grand Total\n\
///     R1,ACME,31.01.2024,01.03.2024,\"1.234,50\"\n")?;
/// let toml = suggest(&Sources { invoices, ..Sources::default() })?;
/// assert!(toml.contains("issue_date = \"Invoice Date\"") && toml.contains("decimal = \",\""));
/// Mapping::parse(&toml, "suggested.toml")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn suggest(sources: &Sources) -> Result<String, IngestError> {
    let tables = [
        (Table::Invoices, Some(&sources.invoices)),
        (Table::Payments, sources.payments.as_ref()),
        (Table::Customers, sources.customers.as_ref()),
    ];
    let mut text = String::from(
        "# A first mapping, suggested from headers and values. Look at every line with UNSURE, then read the files with\n\
         # `arrears check --mapping FILE`. data/mappings/README.md says what else a mapping can.\n",
    );
    let mut suggestions = Vec::new();
    let mut fetched = fetched(sources)?;
    for (table, path) in tables {
        let Some(path) = path else { continue };
        let origin = Origin::first(path, fetched.remove(table.name()))?;
        suggestions.push(suggestion(&origin, table, sources.payments.is_some())?);
    }
    let of_payments = suggestions.iter().find(|s| s.table == Table::Payments);
    let ids = of_payments.and_then(Suggestion::invoice_column);
    suggestions[0].named = ids.and_then(|ids| suggestions[0].holding(&ids));
    for suggestion in suggestions {
        let _ = write!(text, "\n{}", suggestion.text());
    }
    Ok(text)
}

/// The sheet that looks most like the table, with what stands in it.
fn suggestion(origin: &Origin, table: Table, has_payments: bool) -> Result<Suggestion, IngestError> {
    let sheets = origin.sheets(table)?;
    let names: Vec<String> = sheets.iter().filter_map(|sheet| sheet.name.clone()).collect();
    let of_sheet = |Sheet { name, columns }| Suggestion {
        table,
        columns,
        has_payments,
        named: None,
        sheet: name.map(|name| (name, names.clone())),
    };
    // of sheets that look alike the first
    let likely = sheets.into_iter().map(of_sheet).rev().max_by_key(Suggestion::likeness);
    likely.ok_or_else(|| IngestError::internal("a file without a sheet was read"))
}

/// How sure a choice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// By the values: the only column that could hold it.
    Values,
    /// The payments name its values.
    Named,
    /// The header holds a known name.
    Like(&'static str),
    /// The header is a known name.
    Name,
}

struct Suggestion {
    table: Table,
    columns: Vec<Survey>,
    has_payments: bool,
    /// The column of invoices that the payments name.
    named: Option<usize>,
    /// The sheet of a workbook, and all that it has, where nobody has chosen one.
    sheet: Option<(String, Vec<String>)>,
}

/// Share of the ids in the payments that a column must hold to be what they name.
const MOST_NAMED: f64 = 0.5;

impl Suggestion {
    /// How much of the table seems to be there: fields that it cannot do without, then others.
    fn likeness(&self) -> (usize, usize) {
        let chosen = self.chosen();
        (chosen.iter().filter(|(field, ..)| field.required).count(), chosen.len())
    }

    /// The column of payments that names their invoices.
    fn invoice_column(&self) -> Option<Survey> {
        let at = self.chosen().iter().find(|(f, ..)| f.name == "invoice_id").map(|(_, at, _)| *at)?;
        Some(self.columns[at].clone())
    }

    /// The column that holds most of some ids.
    fn holding(&self, ids: &Survey) -> Option<usize> {
        let shares = self.columns.iter().map(|column| column.overlap(ids)).enumerate();
        shares.filter(|(_, share)| *share >= MOST_NAMED).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
    }

    fn text(&self) -> String {
        let name = self.table.name();
        let mut text = self.profiles();
        let chosen = self.chosen();
        let _ = writeln!(text, "[{name}.columns]");
        for field in self.table.fields() {
            match chosen.iter().find(|(f, ..)| f.name == field.name) {
                Some((_, at, why)) => text.push_str(&self.line(field, &self.columns[*at], *why)),
                None if field.required => {
                    let _ = writeln!(text, "# UNSURE: no column looks like it\n# {} = \"\"", field.name);
                }
                None => {}
            }
        }
        let of =
            |field: &str| chosen.iter().find(|(f, ..)| f.name == field).map(|(_, at, _)| &self.columns[*at]);
        if self.table == Table::Invoices && of("due_date").is_none() && of("terms_days").is_none() {
            text.push_str("# UNSURE: no due date and no terms; one of them is needed\n# due_date = \"\"\n");
        }
        if self.table == Table::Invoices && of("currency").is_none() {
            text.push_str(
                "\n# UNSURE: no column of currencies; name the one of all amounts\n# [invoices.constants]\n# currency = \"EUR\"\n",
            );
        }
        text.push_str(&self.dates(&chosen));
        if let Some(amount) = of("amount") {
            text.push_str(&self.numbers(amount));
            text.push_str(&self.signs(amount));
        }
        text.push_str(&self.file());
        text.push_str(&self.left(&chosen));
        text
    }

    /// The sheet, and those that were not taken.
    fn file(&self) -> String {
        let Some((chosen, names)) = &self.sheet else { return String::new() };
        let name = self.table.name();
        let told = plain(&format!("sheets of the workbook: `{}`", names.join("`, `")));
        format!(
            "\n[{name}.file]\n# {told}\n# UNSURE: this one looks most like {name}\nsheet = {}\n",
            quoted(chosen)
        )
    }

    /// The built-in profiles that read the file as it is.
    fn profiles(&self) -> String {
        let headers: Vec<String> = self.columns.iter().map(|c| c.header.clone()).collect();
        let reads = |name: &&&str| {
            let mapping = Mapping::built_in(name).ok();
            let columns = mapping.map(|m| m.of(self.table).columns_of(self.table, &headers, Path::new("")));
            columns.is_some_and(|columns| columns.is_ok())
        };
        let names = Mapping::built_in_names();
        let fitting: Vec<&str> = names.iter().filter(reads).copied().collect();
        match fitting.as_slice() {
            [] => String::new(),
            ["canonical", ..] => {
                format!(
                    "# {}: the columns bear the names of the contract; no mapping is needed for them\n",
                    self.table.name()
                )
            }
            _ => format!(
                "# {}: --profile {} finds every column that it needs; see whether its description fits\n",
                self.table.name(),
                fitting.join(" or ")
            ),
        }
    }

    /// The fields that have a column: surest first, each column once.
    fn chosen(&self) -> Vec<(&'static Field, usize, Why)> {
        let mut scored: Vec<(Why, i32, &'static Field, usize)> = Vec::new();
        for field in self.table.fields() {
            if field.name == "paid_date" && self.has_payments {
                continue;
            }
            let names = word::names(self.table, field.name);
            for (at, column) in self.columns.iter().enumerate().filter(|(_, c)| self.can_hold(field, c)) {
                let rank = |is: &dyn Fn(&str) -> bool| names.iter().position(|name| is(name));
                let part = |name: &str| name.len() > 3 && column.name.contains(name);
                if self.named == Some(at) && field.name == "invoice_id" {
                    scored.push((Why::Named, 0, field, at));
                } else if let Some(rank) = rank(&|name| name == column.name) {
                    scored.push((Why::Name, -(rank as i32), field, at));
                } else if let Some(rank) = rank(&part).filter(|_| !word::is_hindsight(&column.name)) {
                    scored.push((Why::Like(names[rank]), -(rank as i32), field, at));
                }
            }
        }
        let sure = |(why, rank, field, _): &(Why, i32, &'static Field, usize)| {
            let word = match why {
                Why::Name => 2,
                Why::Like(_) => 1,
                Why::Named => 3,
                Why::Values => 0,
            };
            std::cmp::Reverse((word, field.required, *rank))
        };
        scored.sort_by_key(sure);
        let mut chosen: Vec<(&'static Field, usize, Why)> = Vec::new();
        for (why, _, field, at) in scored {
            if chosen.iter().all(|(f, other, _)| f.name != field.name && *other != at) {
                chosen.push((field, at, why));
            }
        }
        for field in self.table.fields().iter().filter(|f| f.required) {
            let is_free = |at: usize| chosen.iter().all(|(_, other, _)| *other != at);
            let fits = |at: &usize| is_free(*at) && self.can_hold(field, &self.columns[*at]);
            let mut free = (0..self.columns.len()).filter(fits);
            if chosen.iter().any(|(f, ..)| f.name == field.name) {
                continue;
            }
            if let (Some(at), None) = (free.next(), free.next()) {
                chosen.push((field, at, Why::Values));
            }
        }
        chosen
    }

    /// Whether the values of a column can be those of a field.
    fn can_hold(&self, field: &Field, column: &Survey) -> bool {
        let is_id = field.name == "invoice_id" && self.table == Table::Invoices
            || field.name == "customer_id" && self.table == Table::Customers;
        match field.kind {
            _ if column.n == 0 => false,
            Kind::Day => column.is_date() && (!field.required || column.filled() > 0.5),
            Kind::Amount | Kind::Rate => column.is_number() && !word::is_hindsight(&column.name),
            Kind::Count => column.is_count(),
            Kind::Text if field.name == "currency" => column.is_currency(),
            Kind::Text if field.name == "kind" => false,
            Kind::Text if is_id => column.distinct() > 0.5 && column.filled() > 0.5 && !column.is_date(),
            Kind::Text => !field.required || (column.filled() > 0.5 && !column.is_date()),
        }
    }

    fn line(&self, field: &Field, column: &Survey, why: Why) -> String {
        let example = column.values.keys().next().map(String::as_str).unwrap_or_default();
        let told = match why {
            Why::Name => format!("by its name; such as `{example}`"),
            Why::Like(name) => format!("UNSURE: its name holds `{name}`; such as `{example}`"),
            Why::Named => format!("because the payments name it; such as `{example}`"),
            Why::Values => format!("UNSURE: the only column with such values; such as `{example}`"),
        };
        let is_id = field.name == "invoice_id" && self.table == Table::Invoices;
        let repeated = column.n.saturating_sub(column.values.len());
        let repeated = if is_id && column.distinct() < 1.0 && repeated > 0 {
            format!(
                "; {repeated} of {} are repeated: if these are lines of one document, set `has_lines`",
                column.n
            )
        } else {
            String::new()
        };
        format!("# {}\n{} = {}\n", plain(&(told + &repeated)), field.name, quoted(&column.header))
    }

    fn dates(&self, chosen: &[(&'static Field, usize, Why)]) -> String {
        let mut text = String::new();
        for (field, at, _) in chosen.iter().filter(|(f, ..)| f.kind == Kind::Day) {
            let list = |formats: &[&str]| {
                let formats: Vec<String> = formats.iter().map(|f| format!("\"{f}\"")).collect();
                if formats.len() == 1 { formats.concat() } else { format!("[{}]", formats.join(", ")) }
            };
            let name = field.name;
            let line = match self.columns[*at].written() {
                Written::As(formats) => format!("{name} = {}\n", list(&formats)),
                Written::Either(a, b, value) => format!(
                    "# UNSURE: every value fits {a} and {b}, as `{}`; choose one\n# {name} = \"{a}\"\n",
                    plain(&value)
                ),
                Written::Mixed(formats, a, b) => {
                    let is_payment = ["paid_date", "payment_date"].contains(&name);
                    let kept = ", and `undecided = \"later\"` keeps payments of which nothing does";
                    format!(
                        "# UNSURE: `{}` and `{}` are written in two orders; with both declared, `resolve` must say what\n# decides{}\n# {name} = {}\n",
                        plain(&a),
                        plain(&b),
                        if is_payment { kept } else { "" },
                        list(&formats)
                    )
                }
            };
            text.push_str(&line);
        }
        if text.is_empty() { text } else { format!("\n[{}.dates.fields]\n{text}", self.table.name()) }
    }

    fn numbers(&self, amount: &Survey) -> String {
        let name = self.table.name();
        match amount.mark() {
            Ok(Some(DecimalMark::Comma)) => format!("\n[{name}.numbers]\ndecimal = \",\"\n"),
            Ok(_) => format!("\n[{name}.numbers]\ndecimal = \".\"\n"),
            Err(text) => format!(
                "\n# UNSURE: `{}` may have a decimal comma or thousands\n# [{name}.numbers]\n# decimal = \",\"\n",
                plain(text)
            ),
        }
    }

    fn signs(&self, amount: &Survey) -> String {
        let n = amount.n_negative();
        let name = self.table.name();
        match (n, self.table) {
            (0, _) => String::new(),
            (_, Table::Invoices) => format!(
                "\n# UNSURE: {n} amounts are below zero: credit notes, or payments that `keep` or `kinds` should leave out?\n\
                 # [invoices.kinds]\n# negative = \"credit_note\"\n"
            ),
            _ if n * 2 > amount.n => {
                format!("\n# {n} of {} amounts are below zero\n[{name}.sign]\nturn_all = true\n", amount.n)
            }
            _ => format!("\n# UNSURE: {n} amounts are below zero: payments that were taken back?\n"),
        }
    }

    /// What is said of columns that hold no field.
    fn left(&self, chosen: &[(&'static Field, usize, Why)]) -> String {
        let mut text = String::new();
        let free = (0..self.columns.len()).filter(|at| chosen.iter().all(|(_, other, _)| other != at));
        for column in free.map(|at| &self.columns[at]).filter(|c| (2..=12).contains(&c.values.len())) {
            let values: Vec<String> = column.values.iter().map(|(v, n)| format!("{v} ({n})")).collect();
            let told = plain(&format!("`{}`: {}", column.header, values.join(", ")));
            if word::is_hindsight(&column.name) {
                let _ = writeln!(text, "# not used, because it is as of the export: {told}");
            } else if word::is_kind(&column.name) && self.table != Table::Customers {
                let _ = writeln!(
                    text,
                    "# UNSURE: if these are kinds of documents, say in `kinds` what they mean: {told}"
                );
            }
        }
        if text.is_empty() { text } else { format!("\n{text}") }
    }
}

/// A text that may stand in a comment.
fn plain(text: &str) -> String {
    const SHOWN: usize = 200;
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect()
}

/// A text as TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
