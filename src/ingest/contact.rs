//! When customers were contacted, how, and what they promised.

use super::IngestError;
use super::cell::Cells;
use super::empty::{is_spelt_empty, never_or_day, required_id};
use super::rule::Refusal;
use super::standing::{Clock, Standing};
use super::table::{Block, RawTable};
use super::tally::Aside;
use crate::core::{Amount, Day, TextColumn};

/// Contacts known at `as_of`, sorted by customer, then by day; columns have one entry a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactTable {
    /// Who was contacted.
    pub customer_id: TextColumn,
    /// When.
    pub day: Vec<Day>,
    /// How, in the words of the source.
    pub channel: TextColumn,
    /// The day by which payment was promised.
    pub promise_date: Vec<Option<Day>>,
    /// How much was promised; nothing with a date means all.
    pub promise_amount: Vec<Option<Amount>>,
}

impl ContactTable {
    /// How many contacts.
    pub fn len(&self) -> usize {
        self.day.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.day.is_empty()
    }

    /// The contacts with a customer, first to last.
    ///
    /// ```
    /// assert!(arrears::ingest::ContactTable::default().of("ACME").is_empty());
    /// ```
    pub fn of(&self, customer_id: &str) -> std::ops::Range<usize> {
        let end = |before: &dyn Fn(&str) -> bool| {
            let (mut low, mut high) = (0, self.len());
            while low < high {
                let middle = low.midpoint(high);
                if before(self.customer_id.get(middle)) { low = middle + 1 } else { high = middle }
            }
            low
        };
        end(&|id| id < customer_id)..end(&|id| id <= customer_id)
    }
}

type Row<'a> = (&'a str, Day, &'a str, Option<Day>, Option<Amount>, u32);

struct Columns<'a> {
    clock: Clock<'a>,
    customer: Cells<'a>,
    channel: Cells<'a>,
    promise_date: Cells<'a>,
    promise_amount: Cells<'a>,
}

impl<'a> Columns<'a> {
    fn of(table: &'a RawTable, block: &Block, as_of: Option<Day>) -> Self {
        let cells = |field| Cells::of(table, block, field);
        Self {
            clock: Clock::of(table, block, "contact_date", as_of),
            customer: cells("customer_id"),
            channel: cells("channel"),
            promise_date: cells("promise_date"),
            promise_amount: cells("promise_amount"),
        }
    }

    fn judge(&self, i: usize, row: usize, notes: &mut Vec<Refusal>) -> Result<Option<Row<'a>>, Refusal> {
        let day = match self.clock.standing_noting(i, notes) {
            Standing::Known { event, .. } => Day(event),
            Standing::Later => return Ok(None),
            Standing::Refused(refusal) => return Err(refusal),
        };
        let customer = required_id(&self.customer, i)?;
        let channel = self.channel.required_text(i)?;
        let promise_date = never_or_day(&self.promise_date, i, i32::MAX, notes)?.map(Day);
        let no_amount = is_spelt_empty(&self.promise_amount, i, notes);
        let promise_amount = if no_amount { None } else { self.promise_amount.amount(i)? };
        Ok(Some((customer, day, channel, promise_date, promise_amount, row as u32)))
    }
}

/// Judges every row; those after `as_of` are ignored.
pub(super) fn judge(
    table: &RawTable,
    as_of: Option<Day>,
    strict: bool,
) -> Result<(ContactTable, Vec<u32>, Aside), IngestError> {
    let (mut aside, mut rows) = (Aside::strictly(table, strict), Vec::new());
    for block in table.blocks()? {
        let columns = Columns::of(table, &block, as_of);
        for i in 0..block.len {
            let mut notes = Vec::new();
            match columns.judge(i, block.first + i, &mut notes) {
                Ok(Some(_)) if !aside.takes(block.first + i, &mut notes) => {}
                Ok(Some(row)) => rows.push(row),
                Ok(None) => aside.ignored[block.part] += 1,
                Err(refusal) => aside.refuse(block.first + i, refusal),
            }
        }
    }
    rows.sort_unstable();
    let contacts = ContactTable {
        customer_id: rows.iter().map(|r| r.0).collect(),
        day: rows.iter().map(|r| r.1).collect(),
        channel: rows.iter().map(|r| r.2).collect(),
        promise_date: rows.iter().map(|r| r.3).collect(),
        promise_amount: rows.iter().map(|r| r.4).collect(),
    };
    Ok((contacts, rows.iter().map(|r| r.5).collect(), aside))
}
