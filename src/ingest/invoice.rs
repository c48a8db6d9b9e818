//! The invoices of a ledger: good rows in columns, one kept of each id.

use super::code::{code_of, forget_unused};
use super::credit::{Credited, Credits};
use super::instalment::DOCUMENT;
use super::invoice_row::{Basis, Columns, CurrencyReader, Row};
use super::key::{Interner, Keys, hash, shares};
use super::rule::{self, Refusal, Rule};
use super::segment::segments;
use super::table::RawTable;
use super::tally::Aside;
use super::{CustomerTable, IngestError};
use crate::core::{Amount, Currency, TextColumn};
use crate::ledger::{AccountCredit, InvoiceRows, NEVER};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What a row of the table became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    No,
    Invoice,
    Credit,
}

/// Invoice rows that go into the ledger, and what payments must know of the table.
pub(super) struct Invoices<'a> {
    pub rows: InvoiceRows,
    /// Day each was paid in full, [`crate::ledger::NEVER`] while open; empty without a `paid_date` that counts.
    pub paid: Vec<i32>,
    /// Good rows of the table by `invoice_id`.
    pub keys: Keys,
    /// What each row of the table became.
    pub taken: Vec<Taken>,
    /// Ids of rows in quarantine, and of documents with an instalment there.
    pub refused_ids: BTreeSet<&'a str>,
    /// Rows of the table that are instalments, by the id of their document.
    pub documents: BTreeMap<&'a str, Vec<u32>>,
    /// Credit notes that name what they credit.
    pub credited: Vec<Credited>,
    columns: Vec<Columns<'a>>,
}

impl<'a> Invoices<'a> {
    /// The id in a row of the table.
    pub fn id(&self, row: u32) -> Option<&'a str> {
        id_at(&self.columns, row)
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

/// Judges every invoice row and keeps one of each id; `wanted` are the segments.
///
/// # Errors
/// [`IngestError::TooManyRows`].
pub(super) fn judge<'a>(
    table: &'a RawTable,
    basis: &Basis,
    customers: Option<&CustomerTable>,
    wanted: &[String],
) -> Result<(Invoices<'a>, Aside), IngestError> {
    let columns: Vec<Columns> =
        table.blocks()?.into_iter().map(|block| Columns::of(table, block, basis)).collect();
    let mut all = Documents::with_room(table, basis);
    let mut slots = all.slots();
    let lanes: Vec<_> = shares(&columns)
        .map(|columns| {
            (Lane::new(table, basis, slots.cut(columns.iter().map(|c| c.block.len).sum())), columns)
        })
        .collect();
    let lanes = lanes.into_par_iter().map(|(lane, columns)| lane.worked(columns)).collect();
    let Joined { customer_id, currency_code, keys, id_bytes, mut aside } = Joined::of(table, basis, lanes);
    (all.rows.customer_id, all.rows.currency_code) = (customer_id, currency_code);

    if let Some(customers) = customers {
        all.look_up_customers(customers, &columns, &mut aside);
    }
    let is_document = table.has(DOCUMENT);
    let document = |row: u32| document_at(&columns, row).filter(|_| is_document);
    let refused = aside.refused.iter().flat_map(|(row, _)| [id_at(&columns, *row), document(*row)]);
    let refused_ids = refused.flatten().collect();
    for (row, rule) in repeated(table, &keys, &columns, &all.taken) {
        all.taken[row as usize] = Taken::No;
        let id = id_at(&columns, row).unwrap_or_default();
        aside.refuse(row as usize, Refusal::new(rule, "invoice_id", id));
    }
    if basis.as_of.is_none() {
        all.forget_future_payments(&columns, &mut aside);
    }
    let mut documents: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    if is_document {
        let lines = (0..all.taken.len() as u32).filter(|row| all.taken[*row as usize] == Taken::Invoice);
        for (row, id) in lines.filter_map(|row| Some((row, document(row)?))) {
            documents.entry(id).or_default().push(row);
        }
    }
    let mut credited = Vec::new();
    if table.has("credited_invoice_id") {
        let credits = Credits { columns: &columns, keys: &keys, documents: &documents, rows: &all.rows };
        credited = credits.link(&mut all.taken, &mut aside);
    }
    let Documents { taken, mut rows, paid } = all.settled(&columns, id_bytes, &credited);
    rows.segments = segments(table, &columns, &taken, &rows, customers, wanted);
    Ok((Invoices { rows, paid, keys, taken, refused_ids, documents, credited, columns }, aside))
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
}

impl Documents {
    fn with_room(table: &RawTable, basis: &Basis) -> Self {
        let n = table.n_framed();
        let days = |is_there: bool| if is_there { vec![0; n] } else { Vec::new() };
        let rows = InvoiceRows {
            customer: vec![0; n],
            currency: vec![0; n],
            issue: days(true),
            due: days(true),
            amount: vec![Amount::ZERO; n],
            known: days(table.has("recorded_date")),
            dispute: days(table.has("dispute_date")),
            dispute_closed: days(table.has("dispute_date")),
            discount_rate: days(table.has("discount_rate")),
            discount_days: days(table.has("discount_rate")),
            ..InvoiceRows::default()
        };
        Self { taken: vec![Taken::No; n], rows, paid: days(basis.one_table && table.has("paid_date")) }
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
    fn settled(mut self, columns: &[Columns], id_bytes: usize, credited: &[Credited]) -> Self {
        let Self { taken, rows, paid } = &mut self;
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
        rayon::scope(|s| {
            let taken = &*taken;
            let InvoiceRows {
                invoice_id,
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
            s.spawn(|_| *invoice_id = ids(taken, columns, id_bytes));
            if has_gaps {
                let days = [issue, due, known, dispute, dispute_closed, discount_rate, discount_days, paid];
                for days in days {
                    s.spawn(|_| keep_invoices(days, taken));
                }
                s.spawn(|_| keep_invoices(amount, taken));
                s.spawn(|_| keep_invoices(customer, taken));
                s.spawn(|_| keep_invoices(currency, taken));
            }
        });
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

/// The ids of all invoices, which have at most `n_bytes` bytes.
fn ids(taken: &[Taken], columns: &[Columns], n_bytes: usize) -> TextColumn {
    let n = taken.iter().filter(|t| **t == Taken::Invoice).count();
    let mut ids = TextColumn::with_capacity(n, n_bytes);
    for c in columns {
        let rows = (0..c.block.len).filter(|i| taken[c.block.first + i] == Taken::Invoice);
        rows.filter_map(|i| c.id.text(i)).for_each(|id| ids.push(id));
    }
    ids
}

/// The slots of a run of rows; optional columns may be empty.
struct Slots<'s> {
    taken: &'s mut [Taken],
    customer: &'s mut [u32],
    currency: &'s mut [u16],
    issue: &'s mut [i32],
    due: &'s mut [i32],
    amount: &'s mut [Amount],
    known: &'s mut [i32],
    dispute: &'s mut [i32],
    dispute_closed: &'s mut [i32],
    discount_rate: &'s mut [i32],
    discount_days: &'s mut [i32],
    paid: &'s mut [i32],
}

impl<'s> Slots<'s> {
    /// Takes the first `n` slots off.
    fn cut(&mut self, n: usize) -> Slots<'s> {
        fn cut<'s, T>(slots: &mut &'s mut [T], n: usize) -> &'s mut [T] {
            let n = n.min(slots.len());
            let (head, tail) = std::mem::take(slots).split_at_mut(n);
            *slots = tail;
            head
        }
        Slots {
            taken: cut(&mut self.taken, n),
            customer: cut(&mut self.customer, n),
            currency: cut(&mut self.currency, n),
            issue: cut(&mut self.issue, n),
            due: cut(&mut self.due, n),
            amount: cut(&mut self.amount, n),
            known: cut(&mut self.known, n),
            dispute: cut(&mut self.dispute, n),
            dispute_closed: cut(&mut self.dispute_closed, n),
            discount_rate: cut(&mut self.discount_rate, n),
            discount_days: cut(&mut self.discount_days, n),
            paid: cut(&mut self.paid, n),
        }
    }
}

/// Days after the last day of issue past which no payment can have come: nobody exports a ledger a year after its
/// last invoice, or dates a payment so far ahead.
pub const AHEAD_DAYS: i32 = 366;

/// Rows whose customers are looked up together.
const BATCH_ROWS: usize = 1024;

/// What one thread gathers from the blocks that it works through.
struct Lane<'s> {
    slots: Slots<'s>,
    codes: CurrencyReader,
    customers: Interner,
    currencies: Vec<Currency>,
    keys: Keys,
    /// Bytes of all ids.
    id_bytes: usize,
    aside: Aside,
}

impl<'s> Lane<'s> {
    fn new(table: &RawTable, basis: &Basis, slots: Slots<'s>) -> Self {
        Self {
            codes: CurrencyReader::default(),
            customers: Interner::default(),
            currencies: Vec::new(),
            keys: Keys::for_share(table.n_framed(), slots.taken.len()),
            slots,
            id_bytes: 0,
            aside: Aside::strictly(table, basis.strict),
        }
    }

    fn worked(mut self, columns: &[Columns]) -> Self {
        let mut slot = 0;
        for columns in columns {
            let n = columns.block.len;
            for start in (0..n).step_by(BATCH_ROWS) {
                self.work(columns, start..n.min(start + BATCH_ROWS), slot);
            }
            slot += n;
        }
        self
    }

    /// Fills the slots of some rows of a block, whose first one is `slot`.
    fn work(&mut self, columns: &Columns, rows: std::ops::Range<usize>, slot: usize) {
        let block = columns.block;
        let (mut good, mut customers) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let mut notes = Vec::new();
        for i in rows {
            match columns.judge(i, &mut self.codes, &mut notes) {
                Ok(Some(_)) if !self.aside.takes(block.first + i, &mut notes) => {}
                Ok(Some(row)) => {
                    self.take(&row, slot + i);
                    self.keys.push(hash(row.id), (block.first + i) as u32);
                    self.id_bytes += row.id.len();
                    good.push(slot + i);
                    customers.push(row.customer);
                }
                Ok(None) => self.aside.ignored[block.part] += 1,
                Err(refusal) => self.aside.refuse(block.first + i, refusal),
            }
        }
        let places = &mut self.slots.customer;
        self.customers.codes(&customers, |i, code| places[good[i]] = code);
    }

    /// Puts other codes in the place of the lane's own.
    fn recode(&mut self, customer: &[u32], currency: &[u16]) {
        let Slots { taken, customer: customers, currency: currencies, .. } = &mut self.slots;
        for (slot, _) in taken.iter().enumerate().filter(|(_, taken)| **taken != Taken::No) {
            customers[slot] = customer[customers[slot] as usize];
            currencies[slot] = currency[currencies[slot] as usize];
        }
    }

    #[inline]
    fn take(&mut self, row: &Row, slot: usize) {
        let s = &mut self.slots;
        s.taken[slot] = if row.is_credit { Taken::Credit } else { Taken::Invoice };
        s.currency[slot] = code_of(&mut self.currencies, row.currency);
        s.issue[slot] = row.issue;
        s.due[slot] = row.due;
        s.amount[slot] = row.amount;
        let optional = [
            (&mut s.known, row.known),
            (&mut s.dispute, row.dispute),
            (&mut s.dispute_closed, row.dispute_closed),
            (&mut s.discount_rate, row.discount.0),
            (&mut s.discount_days, row.discount.1),
            (&mut s.paid, row.paid),
        ];
        for (column, day) in optional {
            if let Some(place) = column.get_mut(slot) {
                *place = day;
            }
        }
    }
}

/// The lanes of all threads put together.
struct Joined {
    customer_id: TextColumn,
    currency_code: Vec<Currency>,
    keys: Keys,
    /// Bytes of all ids.
    id_bytes: usize,
    aside: Aside,
}

impl Joined {
    /// Gives each customer and currency one code in all lanes: that of the first lane, where it has one.
    fn of(table: &RawTable, basis: &Basis, mut lanes: Vec<Lane>) -> Self {
        let (mut customers, mut currencies) = (Interner::default(), Vec::new());
        if let Some((first, others)) = lanes.split_first_mut() {
            customers = std::mem::take(&mut first.customers);
            currencies = std::mem::take(&mut first.currencies);
            let codes = others.iter().map(|lane| {
                let customer = lane.customers.texts.iter().map(|text| customers.code(text));
                let currency = lane.currencies.iter().map(|c| code_of(&mut currencies, *c));
                (customer.collect(), currency.collect())
            });
            let codes: Vec<(Vec<u32>, Vec<u16>)> = codes.collect();
            others
                .par_iter_mut()
                .zip(codes)
                .for_each(|(lane, (customer, currency))| lane.recode(&customer, &currency));
        }
        let mut aside = Aside::strictly(table, basis.strict);
        let (mut shares, mut id_bytes) = (Vec::with_capacity(lanes.len()), 0);
        for lane in lanes {
            shares.push((lane.keys, 0));
            id_bytes += lane.id_bytes;
            aside.append(lane.aside);
        }
        let keys = Keys::merged(table.n_framed(), shares);
        Self { customer_id: customers.texts, currency_code: currencies, keys, id_bytes, aside }
    }
}
