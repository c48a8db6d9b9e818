//! Payment rows judged and joined to their invoices.

use super::IngestError;
use super::cell::Cells;
use super::invoice::{Invoices, Taken};
use super::invoice_row::{CurrencyReader, Terms};
use super::key::{Keys, hash, hash_pair, shares};
use super::rule::{self, Refusal};
use super::standing::{Clock, Standing};
use super::table::{Block, RawTable};
use super::tally::Aside;
use crate::core::{Amount, Currency};
use crate::ledger::{SettlementKind, SettlementRows};
use rayon::prelude::*;
use std::collections::BTreeSet;

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
    fn of(table: &'a RawTable, block: Block, terms: &Terms) -> Self {
        let cells = |field| Cells::of(table, &block, field);
        Self {
            block,
            clock: Clock::of(table, &block, "payment_date", terms.as_of),
            invoice: cells("invoice_id"),
            amount: cells("amount"),
            payment: cells("payment_id"),
            currency: cells("currency"),
            kind: cells("kind"),
        }
    }

    /// The row and the hash of its invoice's id, nothing if it is later than `as_of`, or the first rule it breaks.
    #[inline]
    fn judge(&self, i: usize, codes: &mut CurrencyReader) -> Result<Option<(Row, u64)>, Refusal> {
        let (day, known) = match self.clock.standing(i) {
            Standing::Known { event, known } => (event, known),
            Standing::Later => return Ok(None),
            Standing::Refused(refusal) => return Err(refusal),
        };
        let invoice = self.invoice.required_text(i)?;
        let amount = self.amount.required_amount(i)?;
        if amount <= Amount::ZERO {
            return Err(self.amount.refuse(&rule::AMOUNT_NOT_POSITIVE, i));
        }
        let kind = match self.kind.text(i) {
            None => SettlementKind::Cash,
            Some(name) => SettlementKind::from_name(&name.to_ascii_lowercase())
                .ok_or_else(|| self.kind.refuse(&rule::KIND_UNKNOWN, i))?,
        };
        let currency = codes.read(&self.currency, i)?;
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
        let mut lane = Self { rows: Vec::with_capacity(room), keys: Keys::for_table(n_keys), aside };
        let mut codes = CurrencyReader::default();
        for columns in columns {
            let block = columns.block;
            for i in 0..block.len {
                match columns.judge(i, &mut codes) {
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
    terms: &Terms,
    invoices: &Invoices,
) -> Result<(SettlementRows, Vec<u32>, Aside), IngestError> {
    let n_keys = invoices.taken.len();
    let columns: Vec<Columns> =
        table.blocks()?.into_iter().map(|block| Columns::of(table, block, terms)).collect();
    let work: Vec<&[Columns]> = shares(&columns).collect();
    let lanes: Vec<Lane> =
        work.into_par_iter().map(|columns| Lane::of(columns, n_keys, Aside::of(table))).collect();
    let (mut rows, mut aside, mut shares) = (Vec::new(), Aside::of(table), Vec::new());
    for mut lane in lanes {
        shares.push((lane.keys, rows.len() as u32));
        rows.append(&mut lane.rows);
        aside.append(lane.aside);
    }
    let keys = Keys::merged(n_keys, shares);
    let mut join = Join { table, columns, rows, invoices, aside };
    let pairs = join.pairs(&keys);
    let pairs = join.in_the_invoices_currency(pairs);
    let pairs = join.keep_one_of_each(pairs);
    Ok(join.settlements(&pairs, table.has("recorded_date")))
}

/// Good payment rows on their way to the invoices.
struct Join<'a> {
    table: &'a RawTable,
    columns: Vec<Columns<'a>>,
    rows: Vec<Row>,
    invoices: &'a Invoices<'a>,
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
        columns.payment.text(i)
    }

    fn refuse(&mut self, payment: u32, refusal: Refusal) {
        self.aside.refuse(self.rows[payment as usize].origin as usize, refusal);
    }

    /// Each payment with its invoice.
    fn pairs(&mut self, keys: &Keys) -> Vec<(u32, u32)> {
        let taken = |row: u32| self.invoices.taken[row as usize];
        let same =
            |payment, row| taken(row) != Taken::No && self.invoices.id(row) == Some(self.invoice_id(payment));
        let found = self.invoices.keys.matched(keys, same);
        let places = self.invoices.places();
        let mut pairs = Vec::with_capacity(found.len());
        for (payment, row) in found {
            match row {
                Some(row) if taken(row) == Taken::Invoice => pairs.push((payment, places[row as usize])),
                _ => {
                    let refusal = self.unknown_invoice(payment, row.is_some());
                    self.aside.refuse(self.rows[payment as usize].origin as usize, refusal);
                }
            }
        }
        pairs
    }

    fn unknown_invoice(&self, payment: u32, is_credit: bool) -> Refusal {
        let id = self.invoice_id(payment);
        let refusal = Refusal::new(&rule::PAYMENT_UNKNOWN_INVOICE, "invoice_id", id);
        if is_credit {
            return refusal.because("a credit note, not an invoice");
        }
        if self.invoices.refused_ids.contains(id) {
            return refusal.because("its invoice is in quarantine itself");
        }
        refusal
    }

    fn in_the_invoices_currency(&mut self, pairs: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
        let invoices = &self.invoices.rows;
        let billed = |invoice: u32| invoices.currency_code[invoices.currency[invoice as usize] as usize];
        let is_same = |(payment, invoice): &(u32, u32)| {
            self.rows[*payment as usize].currency.is_none_or(|paid| paid == billed(*invoice))
        };
        let (good, bad): (Vec<_>, Vec<_>) = pairs.into_iter().partition(is_same);
        for (payment, invoice) in bad {
            let (columns, i) = self.cells(payment);
            let finding = format!("not {}, the currency of the invoice", billed(invoice));
            let refusal = columns.currency.refuse(&rule::CURRENCY_MISMATCH, i).because(finding);
            self.refuse(payment, refusal);
        }
        good
    }

    /// One receipt may pay several invoices, so a payment is the same if id and invoice are.
    fn keep_one_of_each(&mut self, pairs: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
        if !self.table.has("payment_id") {
            return pairs;
        }
        let key = |pair: u32| {
            let (payment, invoice) = pairs[pair as usize];
            Some(hash_pair(hash(self.payment_id(payment)?), u64::from(invoice)))
        };
        let same = |a: u32, b: u32| {
            let (a, b) = (pairs[a as usize], pairs[b as usize]);
            a.1 == b.1 && self.payment_id(a.0) == self.payment_id(b.0)
        };
        let rank = |pair: &u32| {
            let row = self.rows[pairs[*pair as usize].0 as usize];
            (Row { origin: 0, ..row }, self.table.place(row.origin as usize))
        };
        let mut repeated = BTreeSet::new();
        for group in Keys::of_rows(pairs.len(), key).repeated(same) {
            let kept = group.iter().copied().min_by_key(rank);
            repeated.extend(group.into_iter().filter(|pair| Some(*pair) != kept));
        }
        for pair in &repeated {
            let payment = pairs[*pair as usize].0;
            let id = self.payment_id(payment).unwrap_or_default();
            let refusal = Refusal::new(&rule::DUPLICATE_PAYMENT_ID, "payment_id", id);
            self.refuse(payment, refusal);
        }
        if repeated.is_empty() {
            return pairs;
        }
        let kept = pairs.into_iter().zip(0..).filter(|(_, at)| !repeated.contains(at));
        kept.map(|(pair, _)| pair).collect()
    }

    fn settlements(self, pairs: &[(u32, u32)], recorded: bool) -> (SettlementRows, Vec<u32>, Aside) {
        let row = |pair: &(u32, u32)| &self.rows[pair.0 as usize];
        let known = if recorded { pairs.par_iter().map(|p| row(p).known).collect() } else { Vec::new() };
        let rows = SettlementRows {
            invoice: pairs.par_iter().map(|pair| pair.1).collect(),
            day: pairs.par_iter().map(|p| row(p).day).collect(),
            known,
            amount: pairs.par_iter().map(|p| row(p).amount).collect(),
            kind: pairs.par_iter().map(|p| row(p).kind).collect(),
        };
        let origin = pairs.par_iter().map(|p| row(p).origin).collect();
        (rows, origin, self.aside)
    }
}
