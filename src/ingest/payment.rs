//! Payment rows judged and joined to their invoices.

use super::IngestError;
use super::cell::Cells;
use super::empty::{is_null_spelling, optional_text, plain, real_amount, required_id};
use super::invoice::{Invoices, Taken};
use super::invoice_row::{Basis, CurrencyReader};
use super::key::{Keys, hash, hash_pair, shares};
use super::rule::{self, Refusal};
use super::standing::{Clock, Standing};
use super::table::{Block, RawTable};
use super::tally::Aside;
use crate::core::{Amount, Currency};
use crate::ledger::{SettlementKind, SettlementRows};
use rayon::prelude::*;
use std::collections::BTreeMap;

struct Columns<'a> {
    block: Block,
    clock: Clock<'a>,
    invoice: Cells<'a>,
    amount: Cells<'a>,
    payment: Cells<'a>,
    currency: Cells<'a>,
    kind: Cells<'a>,
}

/// What a payment row says, but for the ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    known: i32,
    day: i32,
    amount: Amount,
    kind: SettlementKind,
    currency: Option<Currency>,
    /// Row of the table, counted over all parts.
    origin: u32,
}

impl<'a> Columns<'a> {
    fn of(table: &'a RawTable, block: Block, basis: &Basis) -> Self {
        let cells = |field| Cells::of(table, &block, field);
        Self {
            block,
            clock: Clock::of(table, &block, "payment_date", basis.as_of),
            invoice: cells("invoice_id"),
            amount: cells("amount"),
            payment: cells("payment_id"),
            currency: cells("currency"),
            kind: cells("kind"),
        }
    }

    /// The row and the hash of its invoice's id, nothing if it is later than `as_of`, or the first rule it breaks.
    #[inline]
    fn judge(
        &self,
        i: usize,
        codes: &mut CurrencyReader,
        notes: &mut Vec<Refusal>,
    ) -> Result<Option<(Row, u64)>, Refusal> {
        notes.clear();
        let (day, known) = match self.clock.standing_noting(i, notes) {
            Standing::Known { event, known } => (event, known),
            Standing::Later => return Ok(None),
            Standing::Refused(refusal) => return Err(refusal),
        };
        let invoice = required_id(&self.invoice, i)?;
        let amount = real_amount(&self.amount, i, notes)?;
        if amount < Amount::ZERO {
            return Err(self.amount.refuse(&rule::AMOUNT_NEGATIVE, i));
        }
        if let Some(id) = optional_text(&self.payment, i, notes) {
            plain(&self.payment, i, id)?;
        }
        let kind = match optional_text(&self.kind, i, notes) {
            None => SettlementKind::Cash,
            Some(name) => SettlementKind::from_name(&name.to_ascii_lowercase())
                .ok_or_else(|| self.kind.refuse(&rule::KIND_UNKNOWN, i))?,
        };
        let currency = codes.read(&self.currency, i, notes)?;
        let origin = (self.block.first + i) as u32;
        Ok(Some((Row { known, day, amount, kind, currency, origin }, hash(invoice))))
    }
}

/// What one thread gathers from the blocks that it works through.
struct Lane {
    rows: Vec<Row>,
    keys: Keys,
    aside: Aside,
}

impl Lane {
    fn of(columns: &[Columns], n_keys: usize, aside: Aside) -> Self {
        let room = columns.iter().map(|c| c.block.len).sum();
        let mut lane = Self { rows: Vec::with_capacity(room), keys: Keys::for_share(n_keys, room), aside };
        let (mut codes, mut notes) = (CurrencyReader::default(), Vec::new());
        for columns in columns {
            let block = columns.block;
            for i in 0..block.len {
                match columns.judge(i, &mut codes, &mut notes) {
                    Ok(Some(_)) if !lane.aside.takes(block.first + i, &mut notes) => {}
                    Ok(Some((row, hash))) => {
                        lane.keys.push(hash, lane.rows.len() as u32);
                        lane.rows.push(row);
                    }
                    Ok(None) => lane.aside.ignored[block.part] += 1,
                    Err(refusal) => lane.aside.refuse(block.first + i, refusal),
                }
            }
        }
        lane
    }
}

/// Judges every payment row and joins the good ones to the invoices. The rows that were taken, counted over all
/// parts, come too.
///
/// # Errors
/// [`IngestError::TooManyRows`].
pub(super) fn judge(
    table: &RawTable,
    basis: &Basis,
    invoices: &Invoices,
) -> Result<(SettlementRows, Vec<u32>, Aside), IngestError> {
    let n_keys = invoices.taken.len();
    let columns: Vec<Columns> =
        table.blocks()?.into_iter().map(|block| Columns::of(table, block, basis)).collect();
    let work: Vec<&[Columns]> = shares(&columns).collect();
    let lanes: Vec<Lane> = work
        .into_par_iter()
        .map(|columns| Lane::of(columns, n_keys, Aside::strictly(table, basis.strict)))
        .collect();
    let (mut rows, mut aside, mut shares) = (Vec::new(), Aside::strictly(table, basis.strict), Vec::new());
    for mut lane in lanes {
        shares.push((lane.keys, rows.len() as u32));
        rows.append(&mut lane.rows);
        aside.append(lane.aside);
    }
    let keys = Keys::merged(n_keys, shares);
    let mut join = Join { table, columns, rows, invoices, invoice: Vec::new(), aside };
    join.name_invoices(&keys);
    join.compare_currencies();
    join.keep_one_of_each();
    join.compare_days();
    join.compare_amounts();
    Ok(join.settlements())
}

/// Good payment rows on their way to the invoices.
struct Join<'a> {
    table: &'a RawTable,
    columns: Vec<Columns<'a>>,
    rows: Vec<Row>,
    invoices: &'a Invoices<'a>,
    /// Place of each payment's invoice in the ledger rows; nothing for a payment that is refused.
    invoice: Vec<Option<u32>>,
    aside: Aside,
}

impl Join<'_> {
    fn cells(&self, payment: u32) -> (&Columns<'_>, usize) {
        let origin = self.rows[payment as usize].origin as usize;
        let block = self.columns.partition_point(|c| c.block.first <= origin) - 1;
        (&self.columns[block], origin - self.columns[block].block.first)
    }

    fn invoice_id(&self, payment: u32) -> &str {
        let (columns, i) = self.cells(payment);
        columns.invoice.text(i).unwrap_or_default()
    }

    fn payment_id(&self, payment: u32) -> Option<&str> {
        let (columns, i) = self.cells(payment);
        columns.payment.text(i).filter(|id| !is_null_spelling(id))
    }

    fn refuse(&mut self, payment: u32, refusal: Refusal) {
        self.invoice[payment as usize] = None;
        self.aside.refuse(self.rows[payment as usize].origin as usize, refusal);
    }

    /// Finds each payment's invoice.
    fn name_invoices(&mut self, keys: &Keys) {
        let taken = |row: u32| self.invoices.taken[row as usize];
        let same =
            |payment, row| taken(row) != Taken::No && self.invoices.id(row) == Some(self.invoice_id(payment));
        let found = self.invoices.keys.matched(keys, self.rows.len(), same);
        let places = self.invoices.places();
        let place = |row: &Option<u32>| {
            row.filter(|row| taken(*row) == Taken::Invoice).map(|row| places[row as usize])
        };
        self.invoice = found.par_iter().map(place).collect();
        for (payment, row) in found.iter().enumerate() {
            if self.invoice[payment].is_none() {
                let refusal = self.unknown_invoice(payment as u32, row.is_some());
                self.refuse(payment as u32, refusal);
            }
        }
    }

    fn unknown_invoice(&self, payment: u32, is_credit: bool) -> Refusal {
        let id = self.invoice_id(payment);
        let refusal = Refusal::new(&rule::PAYMENT_UNKNOWN_INVOICE, "invoice_id", id);
        if is_credit {
            return refusal.because("a credit note, not an invoice");
        }
        if self.invoices.refused_ids.contains(id) {
            return Refusal::new(&rule::PAYMENT_QUARANTINED_INVOICE, "invoice_id", id);
        }
        refusal
    }

    fn compare_currencies(&mut self) {
        if !self.table.has("currency") {
            return;
        }
        let invoices = &self.invoices.rows;
        for payment in 0..self.rows.len() as u32 {
            let (Some(paid), Some(invoice)) =
                (self.rows[payment as usize].currency, self.invoice[payment as usize])
            else {
                continue;
            };
            let billed = invoices.currency_code[invoices.currency[invoice as usize] as usize];
            if paid != billed {
                let (columns, i) = self.cells(payment);
                let finding = format!("not {billed}, the currency of the invoice");
                let refusal = columns.currency.refuse(&rule::CURRENCY_MISMATCH, i).because(finding);
                self.refuse(payment, refusal);
            }
        }
    }

    /// One receipt may pay several invoices, so a payment is the same if id and invoice are.
    fn keep_one_of_each(&mut self) {
        if !self.table.has("payment_id") {
            return;
        }
        let key = |payment: u32| {
            let invoice = self.invoice[payment as usize]?;
            Some(hash_pair(hash(self.payment_id(payment)?), u64::from(invoice)))
        };
        let id = |payment: u32| (self.invoice[payment as usize], self.payment_id(payment));
        let rank = |payment: &u32| {
            let row = self.rows[*payment as usize];
            (Row { origin: 0, ..row }, self.table.place(row.origin as usize))
        };
        let mut repeated = BTreeMap::new();
        for mut group in Keys::of_rows(self.rows.len(), key).repeated(|a, b| id(a) == id(b)) {
            group.sort_unstable_by_key(rank);
            let says = |payment: u32| Row { origin: 0, ..self.rows[payment as usize] };
            for payment in &group[1..] {
                let is_same = says(*payment) == says(group[0]);
                let rule = if is_same { &rule::PAYMENT_REPEATED } else { &rule::DUPLICATE_PAYMENT_ID };
                repeated.insert(*payment, rule);
            }
        }
        for (payment, rule) in repeated {
            let id = self.payment_id(payment).unwrap_or_default();
            let refusal = Refusal::new(rule, "payment_id", id);
            self.refuse(payment, refusal);
        }
    }

    /// Notes what was found in a payment that is taken, or refuses it.
    fn note(&mut self, payment: u32, note: Refusal) -> bool {
        let row = self.rows[payment as usize].origin as usize;
        let is_taken = self.aside.takes(row, &mut vec![note]);
        if !is_taken {
            self.invoice[payment as usize] = None;
        }
        is_taken
    }

    /// Payments before the day of issue: paid in advance, or a slip of the pen.
    fn compare_days(&mut self) {
        for payment in 0..self.rows.len() as u32 {
            let day = self.rows[payment as usize].day;
            let Some(invoice) = self.invoice[payment as usize] else { continue };
            if day < self.invoices.rows.issue[invoice as usize] {
                let (columns, i) = self.cells(payment);
                let note = columns.clock.refuse_event(&rule::PAID_BEFORE_ISSUED, i);
                self.note(payment, note);
            }
        }
    }

    /// Payments that take more than what is open, in the order in which the ledger lets them take it.
    fn compare_amounts(&mut self) {
        let invoices = self.invoices;
        let billed = |invoice: u32| invoices.rows.amount[invoice as usize];
        let mut paid = vec![Amount::ZERO; invoices.rows.amount.len()];
        for (row, invoice) in self.rows.iter().zip(&self.invoice) {
            if let Some(invoice) = invoice {
                let paid = &mut paid[*invoice as usize];
                *paid = Amount(paid.0.saturating_add(row.amount.0));
            }
        }
        let mut over: Vec<(u32, u32)> = Vec::new();
        for (payment, invoice) in (0..).zip(&self.invoice) {
            if let Some(invoice) = invoice.filter(|invoice| paid[*invoice as usize] > billed(*invoice)) {
                over.push((invoice, payment));
            }
        }
        over.sort_unstable_by_key(|(invoice, payment)| {
            let row = self.rows[*payment as usize];
            (*invoice, row.known, row.day, row.kind, row.amount, self.table.place(row.origin as usize))
        });
        for of_invoice in over.chunk_by(|a, b| a.0 == b.0) {
            let mut open = billed(of_invoice[0].0);
            for (_, payment) in of_invoice {
                let amount = self.rows[*payment as usize].amount;
                if amount <= open || self.is_over(*payment, open) {
                    open -= amount.min(open);
                }
            }
        }
    }

    /// Notes a payment of more than what is open; whether it is taken all the same.
    fn is_over(&mut self, payment: u32, open: Amount) -> bool {
        let (columns, i) = self.cells(payment);
        let finding = format!("more than the {open} that was open");
        let note = columns.amount.refuse(&rule::PAYMENT_OVER_OPEN, i).because(finding);
        self.note(payment, note)
    }

    fn settlements(self) -> (SettlementRows, Vec<u32>, Aside) {
        let good: Vec<u32> =
            (0..self.rows.len() as u32).filter(|payment| self.invoice[*payment as usize].is_some()).collect();
        let row = |payment: &u32| &self.rows[*payment as usize];
        let has_known = self.table.has("recorded_date");
        let rows = SettlementRows {
            invoice: self.invoice.iter().filter_map(|invoice| *invoice).collect(),
            day: good.par_iter().map(|p| row(p).day).collect(),
            known: if has_known { good.par_iter().map(|p| row(p).known).collect() } else { Vec::new() },
            amount: good.par_iter().map(|p| row(p).amount).collect(),
            kind: good.par_iter().map(|p| row(p).kind).collect(),
        };
        let origin = good.par_iter().map(|p| row(p).origin).collect();
        (rows, origin, self.aside)
    }
}
