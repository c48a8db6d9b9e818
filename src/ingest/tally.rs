//! What became of each row: rows in = ledger + quarantined + ignored.

use super::IngestError;
use super::rule::{Refusal, Severity};
use super::table::RawTable;
use serde::Serialize;
use std::collections::BTreeSet;

/// A row that a rule found: a line of `quarantine.parquet`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Quarantined {
    /// The path as it was given, joined with the name of the part.
    pub file: String,
    /// Data row in the file, from 1: the header is not counted, nor are blank lines.
    pub row: u64,
    /// Name of the rule, see [`super::rule::RULES`].
    pub rule_id: &'static str,
    /// The field that the rule found.
    pub field: String,
    /// Its value as it stands in the file; empty if there is none.
    pub value: String,
    /// What is wrong and how to mend it.
    pub message: String,
    /// Whether the row was refused, or went into the ledger repaired or with a warning.
    pub severity: Severity,
}

impl Quarantined {
    /// Whether the row is not in the ledger.
    pub fn is_rejected(&self) -> bool {
        self.severity == Severity::Reject
    }
}

/// What became of the rows of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputCount {
    /// `invoices`, `payments`, `customers`, `contacts` or `fx`.
    pub table: &'static str,
    /// The path as it was given, joined with the name of the part.
    pub file: String,
    /// Of the file's bytes, in hexadecimal.
    pub sha256: String,
    /// What the file was taken to be, where its name alone does not say: `CSV, delimiter `;`, Windows-1252, gzip`.
    pub format: String,
    /// Data rows in the file.
    pub rows: u64,
    /// Rows that were taken.
    pub ledger: u64,
    /// Rows that broke a rule.
    pub quarantined: u64,
    /// Rows that were not known at `as_of`, and those of [`InputCount::filtered`].
    pub ignored: u64,
    /// Rows that are no rows of the table, of those ignored: blank ones, lines of sums, what the mapping leaves out.
    pub filtered: u64,
}

/// Rows of a table that were set aside while the others were taken.
pub(super) struct Aside {
    /// Rows, counted over all parts, each with why.
    pub refused: Vec<(u32, Refusal)>,
    /// What was repaired in rows that were taken, and what somebody should look at.
    noted: Vec<(u32, Refusal)>,
    /// Whether what would be noted is refused.
    strict: bool,
    /// Rows of each part that were not known at `as_of`.
    pub ignored: Vec<u64>,
}

impl Aside {
    pub fn of(table: &RawTable) -> Self {
        Self::strictly(table, false)
    }

    pub fn strictly(table: &RawTable, strict: bool) -> Self {
        let ignored = vec![0; table.parts.len()];
        Self { refused: Vec::new(), noted: Vec::new(), strict, ignored }
    }

    /// Writes down what was found in a row that is taken. With `strict` the row is refused for the first of it
    /// instead; then false comes back.
    #[must_use]
    pub fn takes(&mut self, row: usize, notes: &mut Vec<Refusal>) -> bool {
        if notes.is_empty() {
            return true;
        }
        if self.strict {
            let first = notes.swap_remove(0);
            self.refuse(row, first.refused());
            notes.clear();
            return false;
        }
        self.noted.extend(notes.drain(..).map(|note| (row as u32, note)));
        true
    }

    pub fn refuse(&mut self, row: usize, refusal: Refusal) {
        self.refused.push((row as u32, refusal));
    }

    pub fn append(&mut self, mut other: Self) {
        self.refused.append(&mut other.refused);
        self.noted.append(&mut other.noted);
        self.ignored.iter_mut().zip(other.ignored).for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// Counts what became of each row of a table and writes the refused ones down; `taken` are the rows that were
/// taken, counted over all parts.
///
/// # Errors
/// [`IngestError::Internal`] if a row got lost or was taken twice.
pub(super) fn tally(
    table: &RawTable,
    taken: impl Iterator<Item = u32>,
    aside: Aside,
    quarantine: &mut Vec<Quarantined>,
) -> Result<Vec<InputCount>, IngestError> {
    let mut ends: Vec<usize> = table.parts.iter().map(|p| p.frame.height()).collect();
    for p in 1..ends.len() {
        ends[p] += ends[p - 1];
    }
    let part_of = |row: u32| ends.partition_point(|end| *end <= row as usize);
    let mut ledger = vec![0; ends.len()];
    taken.for_each(|row| ledger[part_of(row)] += 1);

    let mut quarantined: Vec<u64> = table.parts.iter().map(|p| p.misfits.len() as u64).collect();
    for part in &table.parts {
        quarantine.extend(
            part.misfits.iter().map(|m| {
                written(&part.file, m.row, &Refusal::new(m.rule, "row", &m.text).because(&m.finding))
            }),
        );
    }
    let write = |row: u32, refusal: &Refusal| {
        let part = part_of(row);
        let first = if part == 0 { 0 } else { ends[part - 1] };
        let number = table.parts[part].row_number(row as usize - first);
        written(&table.parts[part].file, number, refusal)
    };
    for (row, refusal) in &aside.refused {
        quarantine.push(write(*row, refusal));
        quarantined[part_of(*row)] += 1;
    }
    if !aside.noted.is_empty() {
        // a row may be noted first and then lose to another one of its id
        let refused: BTreeSet<u32> = aside.refused.iter().map(|(row, _)| *row).collect();
        let noted = aside.noted.iter().filter(|(row, _)| !refused.contains(row));
        quarantine.extend(noted.map(|(row, note)| write(*row, note)));
    }
    let counts = table.parts.iter().enumerate().map(|(p, part)| InputCount {
        table: table.table.name(),
        file: part.file.clone(),
        sha256: part.sha256.clone(),
        format: part.format.clone(),
        rows: part.n_rows(),
        ledger: ledger[p],
        quarantined: quarantined[p],
        ignored: aside.ignored[p] + part.filtered,
        filtered: part.filtered,
    });
    counts.map(balanced).collect()
}

fn balanced(count: InputCount) -> Result<InputCount, IngestError> {
    if count.rows == count.ledger + count.quarantined + count.ignored {
        return Ok(count);
    }
    let InputCount { file, rows, ledger, quarantined, ignored, .. } = count;
    Err(IngestError::internal(format!(
        "{file}: {rows} rows are not {ledger} in the ledger + {quarantined} in quarantine + {ignored} ignored"
    )))
}

fn written(file: &str, row: u64, refusal: &Refusal) -> Quarantined {
    Quarantined {
        file: file.to_owned(),
        row,
        rule_id: refusal.rule.id,
        field: refusal.field.to_owned(),
        value: refusal.value.clone(),
        message: refusal.message(),
        severity: refusal.severity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_row_is_an_error_of_ours() {
        let count = InputCount {
            table: "invoices",
            file: "i.csv".into(),
            sha256: String::new(),
            format: "CSV".into(),
            rows: 3,
            ledger: 1,
            quarantined: 1,
            ignored: 1,
            filtered: 0,
        };
        assert!(balanced(count.clone()).is_ok());
        let e = balanced(InputCount { ledger: 0, ..count }).unwrap_err();
        assert!(e.to_string().contains("3 rows are not 0 in the ledger"), "{e}");
        assert_eq!(e.exit_code(), 1);
    }
}
