//! What became of each row: rows in = ledger + quarantined + ignored.

use super::IngestError;
use super::rule::{self, Refusal};
use super::table::RawTable;

/// A row that broke a rule: a line of `quarantine.parquet`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarantined {
    /// The path as it was given, joined with the name of the part.
    pub file: String,
    /// Data row in the file, from 1: the header is not counted, nor are blank lines.
    pub row: u64,
    /// Name of the rule, see [`rule::RULES`].
    pub rule_id: &'static str,
    /// The field that the rule found.
    pub field: String,
    /// Its value as it stands in the file; empty if there is none.
    pub value: String,
    /// What is wrong and how to mend it.
    pub message: String,
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
    /// Data rows in the file.
    pub rows: u64,
    /// Rows that were taken.
    pub ledger: u64,
    /// Rows that broke a rule.
    pub quarantined: u64,
    /// Rows that were not known at `as_of`.
    pub ignored: u64,
}

/// Rows of a table that were set aside while the others were taken.
pub(super) struct Aside {
    /// Rows, counted over all parts, each with why.
    pub refused: Vec<(u32, Refusal)>,
    /// Rows of each part that were not known at `as_of`.
    pub ignored: Vec<u64>,
}

impl Aside {
    pub fn of(table: &RawTable) -> Self {
        Self { refused: Vec::new(), ignored: vec![0; table.parts.len()] }
    }

    pub fn refuse(&mut self, row: usize, refusal: Refusal) {
        self.refused.push((row as u32, refusal));
    }

    pub fn append(&mut self, mut other: Self) {
        self.refused.append(&mut other.refused);
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
        quarantine.extend(part.misfits.iter().map(|m| {
            let finding = format!("{} fields where the header has {}", m.n_fields, m.expected);
            written(&part.file, m.row, &Refusal::new(&rule::ROW_WIDTH, "row", &m.text).because(finding))
        }));
    }
    for (row, refusal) in &aside.refused {
        let part = part_of(*row);
        let first = if part == 0 { 0 } else { ends[part - 1] };
        let number = table.parts[part].row_number(*row as usize - first);
        quarantine.push(written(&table.parts[part].file, number, refusal));
        quarantined[part] += 1;
    }
    let counts = table.parts.iter().enumerate().map(|(p, part)| InputCount {
        table: table.table.name(),
        file: part.file.clone(),
        sha256: part.sha256.clone(),
        rows: part.n_rows(),
        ledger: ledger[p],
        quarantined: quarantined[p],
        ignored: aside.ignored[p],
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
            rows: 3,
            ledger: 1,
            quarantined: 1,
            ignored: 1,
        };
        assert!(balanced(count.clone()).is_ok());
        let e = balanced(InputCount { ledger: 0, ..count }).unwrap_err();
        assert!(e.to_string().contains("3 rows are not 0 in the ledger"), "{e}");
        assert_eq!(e.exit_code(), 1);
    }
}
