//! Which of two readings of a date is the right one, by a check that the mapping declares.

use super::date::Reading;
use super::{Check, TableMapping};
use crate::core::Day;
use crate::ingest::IngestError;
use crate::ingest::cell::{Cells, chosen_name, first_name};
use crate::ingest::table::{Block, RawTable};
use polars::prelude::*;
use std::collections::BTreeMap;

/// Dates that may be held against each other.
const FIELDS: [&str; 7] = [
    "issue_date",
    "due_date",
    "paid_date",
    "payment_date",
    "recorded_date",
    "dispute_date",
    "dispute_closed_date",
];
/// Dates that are kept if the mapping says so though no check decides them: money that has come, has come by the last
/// day that they can mean. A day of issue or a due date can be taken for no other.
const KEPT: [&str; 2] = ["paid_date", "payment_date"];

/// Days that payment is due after the day of issue, by customer; nothing where two rows disagree.
type Terms<'a> = BTreeMap<&'a str, Option<i32>>;

/// Decides between two readings of the dates of invoices or payments, and puts the chosen days beside the texts. A date of
/// which no check leaves exactly one reading stays undecided; its row is then refused. Of a day of payment that the
/// mapping wants kept, the last possible one is chosen, and the first is put beside it: of those that the checks leave, or
/// of all where they leave none.
///
/// Every check looks at the row and at its customer alone, and at nothing that happened after the invoice was
/// recorded but the date in question itself.
pub(in crate::ingest) fn resolve(
    table: &mut RawTable,
    customers: Option<&RawTable>,
    mapping: &TableMapping,
) -> Result<(), IngestError> {
    let clashes = |field: &&&'static str| table.styles.date(field).clash().is_some();
    let fields: Vec<&'static str> = FIELDS.iter().filter(clashes).copied().collect();
    if (mapping.dates.resolve.is_empty() && !mapping.dates.keep_undecided) || fields.is_empty() {
        return Ok(());
    }
    let terms = terms_by_customer(customers)?;
    let mut columns: Vec<Vec<Decided>> =
        table.parts.iter().map(|_| vec![Decided::default(); fields.len()]).collect();
    for block in table.blocks()? {
        let row = Rows::of(table, &block, mapping, &terms);
        for i in 0..block.len {
            let issue = row.issue(i);
            for (field, decided) in fields.iter().zip(&mut columns[block.part]) {
                let days = if *field == "issue_date" { issue.clone() } else { row.later(field, i, &issue) };
                let is_kept = mapping.dates.keep_undecided && KEPT.contains(field);
                decided.push(&days, is_kept.then(|| row.every(field, i)));
            }
        }
    }
    for (part, columns) in table.parts.iter_mut().zip(columns) {
        let mut frame = part.frame.clone();
        for (field, decided) in fields.iter().zip(columns) {
            decided.write(field, &mut frame)?;
        }
        part.set_columns(frame);
    }
    Ok(())
}

/// What became of the dates of a column, row by row.
#[derive(Debug, Clone, Default)]
struct Decided {
    chosen: Vec<Option<i32>>,
    /// The first possible day where the chosen one is the last of several.
    first: Vec<Option<i32>>,
    has_first: bool,
}

impl Decided {
    /// A date of which the checks leave `days`, of `every` day that it can mean if it is kept undecided.
    fn push(&mut self, days: &[Day], every: Option<Vec<Day>>) {
        let every = every.filter(|every| days.len() != 1 && every.len() > 1);
        let possible = every.as_deref().map(|every| if days.is_empty() { every } else { days });
        self.has_first |= possible.is_some();
        self.first.push(possible.and_then(|days| days.iter().min()).map(|day| day.0));
        let last = possible.and_then(|days| days.iter().max()).copied();
        self.chosen.push(single(days).or(last).map(|day| day.0));
    }

    fn write(self, field: &str, frame: &mut DataFrame) -> PolarsResult<()> {
        let mut write = |name: String, days: Vec<Option<i32>>| -> PolarsResult<()> {
            let days = Int32Chunked::from_iter_options(name.into(), days.into_iter());
            frame.with_column(days.into_series().cast(&DataType::Date)?.into())?;
            Ok(())
        };
        write(chosen_name(field), self.chosen)?;
        if self.has_first { write(first_name(field), self.first) } else { Ok(()) }
    }
}

fn terms_by_customer(customers: Option<&RawTable>) -> Result<Terms<'_>, IngestError> {
    let mut terms = Terms::new();
    let Some(table) = customers else { return Ok(terms) };
    for block in table.blocks()? {
        let (id, days) = (Cells::of(table, &block, "customer_id"), Cells::of(table, &block, "terms_days"));
        for i in 0..block.len {
            if let (Some(id), Ok(Some(days))) = (id.text(i), days.count(i)) {
                let known = terms.entry(id).or_insert(Some(days));
                *known = known.filter(|other| *other == days);
            }
        }
    }
    Ok(terms)
}

/// The only one of some days.
fn single(days: &[Day]) -> Option<Day> {
    match days {
        [day] => Some(*day),
        _ => None,
    }
}

/// The dates of a block's rows, each with every reading.
struct Rows<'a> {
    cells: Vec<(&'static str, Cells<'a>)>,
    terms: Cells<'a>,
    customer: Cells<'a>,
    terms_of: &'a Terms<'a>,
    checks: &'a [Check],
    exported: Option<Day>,
}

impl<'a> Rows<'a> {
    fn of(table: &'a RawTable, block: &Block, mapping: &'a TableMapping, terms_of: &'a Terms<'a>) -> Self {
        let cells = |field| Cells::of(table, block, field);
        Self {
            cells: FIELDS.iter().map(|field| (*field, cells(field))).collect(),
            terms: cells("terms_days"),
            customer: cells("customer_id"),
            terms_of,
            checks: &mapping.dates.resolve,
            exported: mapping.dates.exported,
        }
    }

    /// Every day that a cell can mean.
    fn every(&self, field: &str, i: usize) -> Vec<Day> {
        let cells = self.cells.iter().find(|(f, _)| *f == field);
        cells.map(|(_, cells)| cells.readings(i)).unwrap_or_default()
    }

    /// Every day that a cell can mean; of several only those that are not after the export.
    fn readings(&self, field: &str, i: usize) -> Vec<Day> {
        let mut days = self.every(field, i);
        if let Some(last) = self.exported.filter(|_| field != "due_date" && days.len() > 1) {
            days.retain(|day| *day <= last);
        }
        days
    }

    /// Days from issue to due, of the row or of its customer.
    fn terms(&self, i: usize) -> Option<i32> {
        if !self.checks.contains(&Check::Terms) {
            return None;
        }
        let own = self.terms.count(i).ok().flatten();
        own.or_else(|| self.customer.text(i).and_then(|id| self.terms_of.get(id).copied().flatten()))
    }

    /// What the day of issue can be.
    fn issue(&self, i: usize) -> Vec<Day> {
        let issue = self.readings("issue_date", i);
        let Some(terms) = self.terms(i).filter(|_| issue.len() > 1) else { return issue };
        let due = self.readings("due_date", i);
        issue.into_iter().filter(|day| due.contains(&day.plus(terms))).collect()
    }

    /// What a date other than the day of issue can be, given what that one can be.
    fn later(&self, field: &str, i: usize, issue: &[Day]) -> Vec<Day> {
        let days = self.readings(field, i);
        let Some(issue) = single(issue) else { return days };
        match self.terms(i) {
            Some(terms) if field == "due_date" => {
                days.into_iter().filter(|d| *d == issue.plus(terms)).collect()
            }
            _ if self.checks.contains(&Check::AfterIssue) => {
                days.into_iter().filter(|d| *d >= issue).collect()
            }
            _ => days,
        }
    }
}

impl Cells<'_> {
    /// Every day that a cell of text can mean.
    fn readings(&self, i: usize) -> Vec<Day> {
        let Some(text) = self.text(i) else { return Vec::new() };
        match self.dates().read(text) {
            Reading::Nothing => Vec::new(),
            Reading::One(day) => vec![day],
            Reading::Several => self.dates().readings(text).into_iter().map(|(_, day)| day).collect(),
        }
    }
}
