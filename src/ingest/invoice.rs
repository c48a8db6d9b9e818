//! The invoices of a ledger: good rows gathered, one kept of each id.

use super::IngestError;
use super::invoice_row::{Columns, CurrencyReader, Row, Terms};
use super::key::{Interner, Keys, hash, lanes};
use super::rule::{self, Refusal};
use super::table::RawTable;
use super::tally::Aside;
use crate::core::{Currency, TextColumn};
use crate::ledger::{AccountCredit, InvoiceRows};
use std::collections::BTreeSet;

/// Invoice rows that go into the ledger, and what payments must know of them.
pub(super) struct Invoices {
    pub rows: InvoiceRows,
    /// Day each was paid in full, [`crate::ledger::NEVER`] while open; empty without a `paid_date` that counts.
    pub paid: Vec<i32>,
    /// By `invoice_id`.
    pub keys: Keys,
    /// Ids of credit notes.
    pub credit_ids: BTreeSet<String>,
    /// Ids of rows in quarantine.
    pub refused_ids: BTreeSet<String>,
}

/// A credit note, with customer and currency as codes of its lane.
struct CreditNote {
    id: String,
    origin: u32,
    credit: AccountCredit,
}

/// What one thread gathers from the blocks that it works through.
struct Lane {
    codes: CurrencyReader,
    customers: Interner,
    rows: InvoiceRows,
    paid: Vec<i32>,
    keys: Keys,
    credits: Vec<CreditNote>,
    origin: Vec<u32>,
    aside: Aside,
}

/// Which optional columns the ledger needs.
#[derive(Clone, Copy)]
struct Optional {
    recorded: bool,
    disputed: bool,
    paid: bool,
}

impl Lane {
    fn new(table: &RawTable) -> Self {
        Self {
            codes: CurrencyReader::default(),
            customers: Interner::default(),
            rows: InvoiceRows::default(),
            paid: Vec::new(),
            keys: Keys::for_table(table.n_framed()),
            credits: Vec::new(),
            origin: Vec::new(),
            aside: Aside::of(table),
        }
    }

    fn work(&mut self, columns: &Columns, optional: Optional) {
        let block = columns.block;
        for i in 0..block.len {
            match columns.judge(i, &mut self.codes) {
                Ok(Some(row)) => self.take(&row, (block.first + i) as u32, optional),
                Ok(None) => self.aside.ignored[block.part] += 1,
                Err(refusal) => self.aside.refuse(block.first + i, refusal),
            }
        }
    }

    #[inline]
    fn take(&mut self, row: &Row, origin: u32, optional: Optional) {
        let customer = self.customers.code(row.customer);
        let currency = code_of(&mut self.rows.currency_code, row.currency);
        if row.is_credit {
            let (day, known, amount) = (row.issue, row.known, row.amount);
            let credit = AccountCredit { customer, currency, day, known, amount };
            self.credits.push(CreditNote { id: row.id.to_owned(), origin, credit });
            return;
        }
        self.keys.push(hash(row.id), self.origin.len() as u32);
        self.origin.push(origin);
        self.rows.invoice_id.push(row.id);
        self.rows.customer.push(customer);
        self.rows.currency.push(currency);
        self.rows.issue.push(row.issue);
        self.rows.due.push(row.due);
        self.rows.amount.push(row.amount);
        if optional.recorded {
            self.rows.known.push(row.known);
        }
        if optional.disputed {
            self.rows.dispute.push(row.dispute);
            self.rows.dispute_closed.push(row.dispute_closed);
        }
        if optional.paid {
            self.paid.push(row.paid);
        }
    }
}

/// The code of a currency in a list so short that looking through it is fastest.
fn code_of(codes: &mut Vec<Currency>, currency: Currency) -> u16 {
    let code = codes.iter().position(|c| *c == currency).unwrap_or_else(|| {
        codes.push(currency);
        codes.len() - 1
    });
    code as u16
}

/// The lanes of all threads as one, in the order of rows.
struct Gathered {
    rows: InvoiceRows,
    paid: Vec<i32>,
    /// Of invoices by their row here, and of credit notes by theirs after the last invoice.
    keys: Keys,
    credits: Vec<CreditNote>,
    origin: Vec<u32>,
    aside: Aside,
}

/// Judges every invoice row and keeps one of each id. The rows that were taken, counted over all parts, come too.
///
/// # Errors
/// [`IngestError::TooManyRows`].
pub(super) fn judge(table: &RawTable, terms: &Terms) -> Result<(Invoices, Vec<u32>, Aside), IngestError> {
    let columns: Vec<Columns> =
        table.blocks()?.into_iter().map(|block| Columns::of(table, block, terms)).collect();
    let optional = Optional {
        recorded: table.has("recorded_date"),
        disputed: table.has("dispute_date"),
        paid: terms.one_table && table.has("paid_date"),
    };
    let lanes = lanes(&columns, || Lane::new(table), |lane, block| lane.work(block, optional));
    let mut all = Gathered::of(table, lanes);
    let refused_ids =
        all.aside.refused.iter().filter_map(|(row, _)| id_at(&columns, *row)).map(str::to_owned).collect();
    let repeated = all.repeated(table, &columns);
    all.keep_one_of_each(repeated);
    all.origin.extend(all.credits.iter().map(|c| c.origin));
    all.rows.credits = all.credits.iter().map(|c| c.credit).collect();
    let credit_ids = all.credits.into_iter().map(|c| c.id).collect();
    let Gathered { rows, paid, keys, origin, aside, .. } = all;
    Ok((Invoices { rows, paid, keys, credit_ids, refused_ids }, origin, aside))
}

/// The columns and the row in them of a row that is counted over all parts.
fn at<'c, 'a>(columns: &'c [Columns<'a>], row: u32) -> (&'c Columns<'a>, usize) {
    let block = columns.partition_point(|c| c.block.first <= row as usize) - 1;
    (&columns[block], row as usize - columns[block].block.first)
}

fn id_at<'a>(columns: &[Columns<'a>], row: u32) -> Option<&'a str> {
    let (columns, i) = at(columns, row);
    columns.id.text(i)
}

impl Gathered {
    fn of(table: &RawTable, lanes: Vec<Lane>) -> Self {
        let n = lanes.iter().map(|lane| lane.origin.len()).sum();
        let mut all = Self {
            rows: with_room(n, &lanes),
            paid: Vec::new(),
            keys: Keys::default(),
            credits: Vec::new(),
            origin: Vec::with_capacity(n),
            aside: Aside::of(table),
        };
        let mut customers = Interner::default();
        let mut shares = Vec::with_capacity(lanes.len() + 1);
        for mut lane in lanes {
            shares.push((std::mem::take(&mut lane.keys), all.origin.len() as u32));
            all.append(lane, &mut customers);
        }
        let mut credit_keys = Keys::for_table(table.n_framed());
        all.credits.iter().zip(n as u32..).for_each(|(credit, row)| credit_keys.push(hash(&credit.id), row));
        shares.push((credit_keys, 0));
        all.keys = Keys::merged(table.n_framed(), shares);
        all.rows.customer_id = customers.texts;
        all
    }

    fn append(&mut self, mut lane: Lane, customers: &mut Interner) {
        let customer: Vec<u32> = lane.customers.texts.iter().map(|text| customers.code(text)).collect();
        let codes = &mut self.rows.currency_code;
        let currency: Vec<u16> = lane.rows.currency_code.iter().map(|c| code_of(codes, *c)).collect();
        self.rows.customer.extend(lane.rows.customer.iter().map(|c| customer[*c as usize]));
        self.rows.currency.extend(lane.rows.currency.iter().map(|c| currency[*c as usize]));
        self.rows.invoice_id.append(&lane.rows.invoice_id);
        self.rows.issue.append(&mut lane.rows.issue);
        self.rows.due.append(&mut lane.rows.due);
        self.rows.amount.append(&mut lane.rows.amount);
        self.rows.known.append(&mut lane.rows.known);
        self.rows.dispute.append(&mut lane.rows.dispute);
        self.rows.dispute_closed.append(&mut lane.rows.dispute_closed);
        self.paid.append(&mut lane.paid);
        self.origin.append(&mut lane.origin);
        self.aside.append(lane.aside);
        self.credits.extend(lane.credits.into_iter().map(|mut note| {
            note.credit.customer = customer[note.credit.customer as usize];
            note.credit.currency = currency[note.credit.currency as usize];
            note
        }));
    }

    /// The id of an invoice, or of a credit note counted after the last invoice.
    fn id(&self, document: u32) -> &str {
        match (document as usize).checked_sub(self.origin.len()) {
            None => self.rows.invoice_id.get(document as usize),
            Some(credit) => &self.credits[credit].id,
        }
    }

    fn origin_of(&self, document: u32) -> u32 {
        match (document as usize).checked_sub(self.origin.len()) {
            None => self.origin[document as usize],
            Some(credit) => self.credits[credit].origin,
        }
    }

    /// Documents whose id another one keeps: of each group all but the smallest row.
    fn repeated(&self, table: &RawTable, columns: &[Columns]) -> BTreeSet<u32> {
        let groups = self.keys.repeated(|a, b| self.id(a) == self.id(b));
        let rank = |document: &u32| -> (Option<Row>, (usize, u64)) {
            let origin = self.origin_of(*document);
            let (columns, i) = at(columns, origin);
            let row = columns.judge(i, &mut CurrencyReader::default());
            (row.ok().flatten(), table.place(origin as usize))
        };
        let others = |group: Vec<u32>| {
            let kept = group.iter().copied().min_by_key(rank);
            group.into_iter().filter(move |document| Some(*document) != kept)
        };
        groups.into_iter().flat_map(others).collect()
    }

    /// Drops what [`Gathered::repeated`] found; after that, keys are those of invoices alone.
    fn keep_one_of_each(&mut self, repeated: BTreeSet<u32>) {
        let n = self.origin.len() as u32;
        if repeated.is_empty() && self.credits.is_empty() {
            return;
        }
        for document in &repeated {
            let refusal = Refusal::new(&rule::DUPLICATE_INVOICE_ID, "invoice_id", self.id(*document));
            self.aside.refused.push((self.origin_of(*document), refusal));
        }
        let kept: Vec<u32> = (0..n).filter(|row| !repeated.contains(row)).collect();
        self.keys.renumber(|row| kept.binary_search(&row).ok().map(|place| place as u32));
        if repeated.is_empty() {
            return;
        }
        let mut document = n;
        self.credits.retain(|_| {
            document += 1;
            !repeated.contains(&(document - 1))
        });
        let rows = &mut self.rows;
        rows.invoice_id = rows.invoice_id.gather(&kept);
        gather(&mut rows.customer, &kept);
        gather(&mut rows.currency, &kept);
        gather(&mut rows.amount, &kept);
        for days in
            [&mut rows.issue, &mut rows.due, &mut rows.known, &mut rows.dispute, &mut rows.dispute_closed]
        {
            gather(days, &kept);
        }
        gather(&mut self.paid, &kept);
        gather(&mut self.origin, &kept);
        self.forget_unused();
    }

    /// Drops customers and currencies that were only on rows that are gone.
    fn forget_unused(&mut self) {
        let mut customers = Interner::default();
        let old = std::mem::take(&mut self.rows.customer_id);
        let mut recode = |code: &mut u32| *code = customers.code(old.get(*code as usize));
        self.rows.customer.iter_mut().for_each(&mut recode);
        self.credits.iter_mut().for_each(|note| recode(&mut note.credit.customer));
        self.rows.customer_id = customers.texts;
        let old = std::mem::take(&mut self.rows.currency_code);
        let codes = &mut self.rows.currency_code;
        let mut recode = |code: &mut u16| *code = code_of(codes, old[*code as usize]);
        self.rows.currency.iter_mut().for_each(&mut recode);
        self.credits.iter_mut().for_each(|note| recode(&mut note.credit.currency));
    }
}

fn with_room(n: usize, lanes: &[Lane]) -> InvoiceRows {
    let bytes = lanes.iter().map(|lane| lane.rows.invoice_id.n_bytes()).sum();
    InvoiceRows {
        invoice_id: TextColumn::with_capacity(n, bytes),
        customer: Vec::with_capacity(n),
        currency: Vec::with_capacity(n),
        issue: Vec::with_capacity(n),
        due: Vec::with_capacity(n),
        amount: Vec::with_capacity(n),
        ..InvoiceRows::default()
    }
}

/// The entries at `index`, if the column is there at all.
fn gather<T: Copy>(column: &mut Vec<T>, index: &[u32]) {
    if !column.is_empty() {
        *column = index.iter().map(|i| column[*i as usize]).collect();
    }
}
