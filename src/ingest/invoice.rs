//! The invoices of a ledger: good rows in columns, one kept of each id.

use super::cell::{Cells, first_name};
use super::code::forget_unused;
use super::credit::{Credited, Credits};
use super::instalment::DOCUMENT;
use super::invoice_row::{Basis, Columns, CurrencyReader};
use super::key::{Keys, shares};
use super::lane::{Joined, Lane, Slots};
use super::rule::{self, Refusal, Rule};
use super::segment::segments;
use super::table::{Block, RawTable};
use super::tally::Aside;
use super::{CustomerTable, IngestError};
use crate::core::TextColumn;
use crate::core::room::zeros;
use crate::ledger::{AccountCredit, InvoiceRows, NEVER};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Days after the last day of issue past which no payment can have come: nobody exports a ledger a year after its
/// last invoice, or dates a payment so far ahead.
pub const AHEAD_DAYS: i32 = 366;

/// Rows whose ids one task copies.
const TASK_IDS: usize = 1 << 16;

/// What a row of the table became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    No,
    Invoice,
    Credit,
}

/// Invoice rows that go into the ledger, and what payments must know of the table, with nothing of its frames in it.
pub(super) struct Invoices {
    pub rows: InvoiceRows,
    /// Day each was paid in full, [`crate::ledger::NEVER`] while open; empty without a `paid_date` that counts.
    pub paid: Vec<i32>,
    /// First of the days on which that can have been; empty where it is always `paid`.
    pub paid_first: Vec<i32>,
    /// Good rows of the table by `invoice_id`.
    pub keys: Keys,
    /// What each row of the table became.
    pub taken: Vec<Taken>,
    /// Ids of rows in quarantine, and of documents with an instalment there.
    pub refused_ids: BTreeSet<String>,
    /// Rows of the table that are instalments, by the id of their document.
    pub documents: BTreeMap<String, Vec<u32>>,
    /// Credit notes that name what they credit.
    pub credited: Vec<Credited>,
    /// Rows of the table that are credit notes, in order, and their ids.
    credit_rows: Vec<u32>,
    credit_ids: TextColumn,
}

impl Invoices {
    /// The id in a row of the table that was taken; `places` are those of [`Invoices::places`].
    pub fn id(&self, row: u32, places: &[u32]) -> Option<&str> {
        match self.taken[row as usize] {
            Taken::Invoice => Some(self.rows.invoice_id.get(places[row as usize] as usize)),
            Taken::Credit => self.credit_rows.binary_search(&row).ok().map(|k| self.credit_ids.get(k)),
            Taken::No => None,
        }
    }

    /// Takes the ids of the rows that were taken from their column.
    fn take_ids(&mut self, column: &[(&Block, Cells)]) {
        let mut tasks = Vec::new();
        for (block, cells) in column {
            let ranges = (0..block.len).step_by(TASK_IDS).map(|from| from..(from + TASK_IDS).min(block.len));
            tasks.extend(ranges.map(|rows| (block.first, cells, rows)));
        }
        let taken = &self.taken;
        self.rows.invoice_id = TextColumn::of_tasks(&tasks, |(first, cells, rows)| {
            let invoices = rows.clone().filter(move |i| taken[first + i] == Taken::Invoice);
            invoices.map(|i| cells.text(i).unwrap_or_default())
        });
        for (first, cells, rows) in &tasks {
            for i in rows.clone().filter(|i| taken[first + i] == Taken::Credit) {
                self.credit_rows.push((first + i) as u32);
                self.credit_ids.push(cells.text(i).unwrap_or_default());
            }
        }
    }

    /// Rows of the table that were taken, in order.
    pub fn taken_rows(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.taken.len() as u32).filter(|row| self.taken[*row as usize] != Taken::No)
    }

    /// The place in `rows` of each row of the table that became an invoice.
    pub fn places(&self) -> Vec<u32> {
        let mut next = 0;
        let place = |taken: &Taken| {
            next += u32::from(*taken == Taken::Invoice);
            next.wrapping_sub(1)
        };
        self.taken.iter().map(place).collect()
    }
}

/// Judges every invoice row and keeps one of each id; `wanted` are the segments. The columns of the table are gone
/// after it: those of the ledger take their room.
///
/// # Errors
/// [`IngestError::TooManyRows`].
pub(super) fn judge(
    table: &mut RawTable,
    basis: &Basis,
    customers: Option<&CustomerTable>,
    wanted: &[String],
) -> Result<(Invoices, Aside), IngestError> {
    let (mut invoices, aside) = judged(table, basis, customers, wanted)?;
    table.keep_column("invoice_id");
    let blocks = table.blocks()?;
    let ids: Vec<_> = blocks.iter().map(|block| (block, Cells::of(table, block, "invoice_id"))).collect();
    invoices.take_ids(&ids);
    drop(ids);
    table.keep_column("");
    Ok((invoices, aside))
}

/// All of [`judge`] but the ids.
fn judged(
    table: &RawTable,
    basis: &Basis,
    customers: Option<&CustomerTable>,
    wanted: &[String],
) -> Result<(Invoices, Aside), IngestError> {
    let columns: Vec<Columns> =
        table.blocks()?.into_iter().map(|block| Columns::of(table, block, basis)).collect();
    let mut all = Documents::with_room(table, basis);
    let mut slots = all.slots();
    // the keys of the others are put behind those of the first
    let mut n_keys = Some(table.n_framed());
    let lanes: Vec<_> = shares(&columns)
        .map(|columns| {
            let n = columns.iter().map(|c| c.block.len).sum();
            (Lane::new(table, basis, slots.cut(n), n_keys.take().unwrap_or(n)), columns)
        })
        .collect();
    let lanes = lanes.into_par_iter().map(|(lane, columns)| lane.worked(columns)).collect();
    let Joined { customer_id, currency_code, keys, mut aside } = Joined::of(table, basis, lanes);
    (all.rows.customer_id, all.rows.currency_code) = (customer_id, currency_code);

    if let Some(customers) = customers {
        all.look_up_customers(customers, &columns, &mut aside);
    }
    let is_document = table.has(DOCUMENT);
    let document = |row: u32| document_at(&columns, row).filter(|_| is_document);
    let refused = aside.refused.iter().flat_map(|(row, _)| [id_at(&columns, *row), document(*row)]);
    let refused_ids = refused.flatten().map(str::to_owned).collect();
    for (row, rule) in repeated(table, &keys, &columns, &all.taken) {
        all.taken[row as usize] = Taken::No;
        let id = id_at(&columns, row).unwrap_or_default();
        aside.refuse(row as usize, Refusal::new(rule, "invoice_id", id));
    }
    if basis.as_of.is_none() {
        all.forget_future_payments(&columns, &mut aside);
    }
    let mut documents: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    if is_document {
        let lines = (0..all.taken.len() as u32).filter(|row| all.taken[*row as usize] == Taken::Invoice);
        for (row, id) in lines.filter_map(|row| Some((row, document(row)?))) {
            match documents.get_mut(id) {
                Some(rows) => rows.push(row),
                None => drop(documents.insert(id.to_owned(), vec![row])),
            }
        }
    }
    let mut credited = Vec::new();
    if table.has("credited_invoice_id") {
        let credits = Credits { columns: &columns, keys: &keys, documents: &documents, rows: &all.rows };
        credited = credits.link(&mut all.taken, &mut aside);
    }
    let Documents { taken, mut rows, paid, paid_first } = all.settled(&credited);
    rows.segments = segments(table, &columns, &taken, &rows, customers, wanted);
    let (credit_rows, credit_ids) = (Vec::new(), TextColumn::default());
    let invoices = Invoices {
        rows,
        paid,
        paid_first,
        keys,
        taken,
        refused_ids,
        documents,
        credited,
        credit_rows,
        credit_ids,
    };
    Ok((invoices, aside))
}

/// The columns and the row in them of a row that is counted over all parts.
pub(super) fn at<'c, 'a>(columns: &'c [Columns<'a>], row: u32) -> (&'c Columns<'a>, usize) {
    let block = columns.partition_point(|c| c.block.first <= row as usize) - 1;
    (&columns[block], row as usize - columns[block].block.first)
}

pub(super) fn id_at<'a>(columns: &[Columns<'a>], row: u32) -> Option<&'a str> {
    let (columns, i) = at(columns, row);
    columns.id.text(i)
}

fn document_at<'a>(columns: &[Columns<'a>], row: u32) -> Option<&'a str> {
    let (columns, i) = at(columns, row);
    columns.document.text(i)
}

/// Rows whose id another row keeps, and the rule of it: of each group all but the smallest by what it says.
fn repeated(
    table: &RawTable,
    keys: &Keys,
    columns: &[Columns],
    taken: &[Taken],
) -> BTreeMap<u32, &'static Rule> {
    let rank = |row: u32| {
        let (columns, i) = at(columns, row);
        let said = columns.judge(i, &mut CurrencyReader::default(), &mut Vec::new()).ok().flatten();
        ((said, columns.said(i)), table.place(row as usize), row)
    };
    let others = |group: Vec<u32>| {
        let good = group.into_iter().filter(|row| taken[*row as usize] != Taken::No);
        let mut ranked: Vec<_> = good.map(rank).collect();
        ranked.sort_unstable();
        let mut ranked = ranked.into_iter();
        let kept = ranked.next().map(|(said, ..)| said);
        let rule = move |said| {
            if Some(said) == kept { &rule::INVOICE_REPEATED } else { &rule::DUPLICATE_INVOICE_ID }
        };
        ranked.map(move |(said, _, row)| (row, rule(said)))
    };
    let groups = keys.repeated(|a, b| id_at(columns, a) == id_at(columns, b));
    groups.into_iter().flat_map(others).collect()
}

/// A slot for each row of the table, filled by the threads side by side.
struct Documents {
    taken: Vec<Taken>,
    rows: InvoiceRows,
    paid: Vec<i32>,
    paid_first: Vec<i32>,
}

impl Documents {
    fn with_room(table: &RawTable, basis: &Basis) -> Self {
        let n = table.n_framed();
        let days = |is_there: bool| if is_there { zeros(n) } else { Vec::new() };
        let rows = InvoiceRows {
            customer: zeros(n),
            currency: zeros(n),
            issue: days(true),
            due: days(true),
            amount: zeros(n),
            known: days(table.has("recorded_date")),
            dispute: days(table.has("dispute_date")),
            dispute_closed: days(table.has("dispute_date")),
            discount_rate: days(table.has("discount_rate")),
            discount_days: days(table.has("discount_rate")),
            ..InvoiceRows::default()
        };
        let has_paid = |column: &str| basis.one_table && table.has(column);
        let (paid, paid_first) = (days(has_paid("paid_date")), days(has_paid(&first_name("paid_date"))));
        Self { taken: vec![Taken::No; n], rows, paid, paid_first }
    }

    fn slots(&mut self) -> Slots<'_> {
        Slots {
            taken: &mut self.taken,
            customer: &mut self.rows.customer,
            currency: &mut self.rows.currency,
            issue: &mut self.rows.issue,
            due: &mut self.rows.due,
            amount: &mut self.rows.amount,
            known: &mut self.rows.known,
            dispute: &mut self.rows.dispute,
            dispute_closed: &mut self.rows.dispute_closed,
            discount_rate: &mut self.rows.discount_rate,
            discount_days: &mut self.rows.discount_days,
            paid: &mut self.paid,
            paid_first: &mut self.paid_first,
        }
    }

    /// Notes the rows whose customer is not in the table of customers, or refuses them.
    fn look_up_customers(&mut self, customers: &CustomerTable, columns: &[Columns], aside: &mut Aside) {
        let ids = &self.rows.customer_id;
        let is_unknown: Vec<bool> = ids.iter().map(|id| customers.get(id).is_none()).collect();
        if !is_unknown.contains(&true) {
            return;
        }
        for row in 0..self.taken.len() {
            let customer = self.rows.customer[row] as usize;
            if self.taken[row] == Taken::No || !is_unknown[customer] {
                continue;
            }
            let (columns, i) = at(columns, row as u32);
            let note = columns.customer.refuse(&rule::CUSTOMER_UNKNOWN, i);
            if !aside.takes(row, &mut vec![note]) {
                self.taken[row] = Taken::No;
            }
        }
    }

    /// Reads days of payment that cannot have come yet as not paid. With an as_of nobody asks: a day after it is
    /// not yet, and a word about it would let what happens later move the quarantine.
    fn forget_future_payments(&mut self, columns: &[Columns], aside: &mut Aside) {
        let issued = self.taken.iter().zip(&self.rows.issue).filter(|(taken, _)| **taken != Taken::No);
        let Some(last) = issued.map(|(_, day)| *day).max() else { return };
        for row in 0..self.paid.len() {
            let is_ahead = self.paid[row] != NEVER && self.paid[row] > last.saturating_add(AHEAD_DAYS);
            if self.taken[row] != Taken::Invoice || !is_ahead {
                continue;
            }
            let (columns, i) = at(columns, row as u32);
            self.paid[row] = NEVER;
            if !aside.takes(row, &mut vec![columns.paid.refuse(&rule::PAID_IN_FUTURE, i)]) {
                self.taken[row] = Taken::No;
            }
        }
    }

    /// Drops the slots of rows that are no invoices, and what only they named.
    fn settled(mut self, credited: &[Credited]) -> Self {
        let Self { taken, rows, paid, paid_first } = &mut self;
        let is_linked = |row: &usize| credited.binary_search_by_key(&(*row as u32), |c| c.row).is_ok();
        let credit = |row: usize| AccountCredit {
            customer: rows.customer[row],
            currency: rows.currency[row],
            day: rows.issue[row],
            known: rows.known.get(row).copied().unwrap_or(rows.issue[row]),
            amount: rows.amount[row],
        };
        let credits = (0..taken.len()).filter(|row| taken[*row] == Taken::Credit && !is_linked(row));
        rows.credits = credits.map(credit).collect();
        let has_gaps = taken.iter().any(|t| *t != Taken::Invoice);
        if has_gaps {
            let taken = &*taken;
            let InvoiceRows {
                issue,
                due,
                known,
                dispute,
                dispute_closed,
                discount_rate,
                discount_days,
                amount,
                customer,
                currency,
                ..
            } = &mut *rows;
            rayon::scope(|s| {
                let days = [issue, due, known, dispute, dispute_closed, discount_rate, discount_days];
                for days in days.into_iter().chain([paid, paid_first]) {
                    s.spawn(|_| keep_invoices(days, taken));
                }
                s.spawn(|_| keep_invoices(amount, taken));
                s.spawn(|_| keep_invoices(customer, taken));
                s.spawn(|_| keep_invoices(currency, taken));
            });
        }
        forget_unused(rows);
        self
    }
}

fn keep_invoices<T: Copy>(column: &mut Vec<T>, taken: &[Taken]) {
    if column.is_empty() {
        return;
    }
    let mut kept = 0;
    for (row, taken) in taken.iter().enumerate() {
        column[kept] = column[row];
        kept += usize::from(*taken == Taken::Invoice);
    }
    column.truncate(kept);
}
