//! One payment row: what it says, and which rule it breaks.

use super::cell::Cells;
use super::empty::{is_null_spelling, optional_text, plain, real_amount, required_id};
use super::invoice_row::{Basis, CurrencyReader};
use super::key::{Keys, hash};
use super::rule::{self, Refusal};
use super::standing::{Clock, Standing};
use super::table::{Block, RawTable};
use super::tally::Aside;
use crate::core::{Amount, Currency};
use crate::ledger::{Finding, SettlementKind};

/// The word for a payment that undoes an earlier one; an amount below zero says the same.
const REVERSAL: &str = "reversal";

/// The columns of a block of payments.
pub(super) struct Columns<'a> {
    block: Block,
    pub clock: Clock<'a>,
    pub invoice: Cells<'a>,
    pub customer: Cells<'a>,
    pub amount: Cells<'a>,
    payment: Cells<'a>,
    pub currency: Cells<'a>,
    kind: Cells<'a>,
    method: Cells<'a>,
}

/// What a payment row says, but for the ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub known: i32,
    pub day: i32,
    pub amount: Amount,
    pub kind: SettlementKind,
    pub currency: Option<Currency>,
    /// Row of the table, counted over all parts.
    pub origin: u32,
}

impl<'a> Columns<'a> {
    pub fn of(table: &'a RawTable, block: Block, basis: &Basis) -> Self {
        let cells = |field| Cells::of(table, &block, field);
        Self {
            block,
            clock: Clock::of(table, &block, "payment_date", basis.as_of),
            invoice: cells("invoice_id"),
            customer: cells("customer_id"),
            amount: cells("amount"),
            payment: cells("payment_id"),
            currency: cells("currency"),
            kind: cells("kind"),
            method: cells("method"),
        }
    }

    /// The row and the hash of its invoice's id if it names one, nothing if it is later than `as_of`, or the first
    /// rule it breaks.
    #[inline]
    fn judge(
        &self,
        i: usize,
        codes: &mut CurrencyReader,
        notes: &mut Vec<Refusal>,
    ) -> Result<Option<(Row, Option<u64>)>, Refusal> {
        notes.clear();
        let (day, known) = match self.clock.standing_noting(i, notes) {
            Standing::Known { event, known } => (event, known),
            Standing::Later => return Ok(None),
            Standing::Refused(refusal) => return Err(refusal),
        };
        let invoice = match required_id(&self.invoice, i) {
            Err(refusal) if refusal.rule.id == rule::MISSING_VALUE.id && self.has_payer(i) => {
                required_id(&self.customer, i)?;
                None
            }
            id => Some(hash(id?)),
        };
        let mut amount = real_amount(&self.amount, i, notes)?;
        if let Some(id) = optional_text(&self.payment, i, notes) {
            plain(&self.payment, i, id)?;
        }
        let kind = match optional_text(&self.kind, i, notes) {
            None => SettlementKind::Cash,
            Some(name) if name.eq_ignore_ascii_case(REVERSAL) => {
                amount = Amount(-amount.0.abs());
                SettlementKind::Cash
            }
            Some(name) => SettlementKind::from_name(&name.to_ascii_lowercase())
                .ok_or_else(|| self.kind.refuse(&rule::KIND_UNKNOWN, i))?,
        };
        let currency = codes.read(&self.currency, i, notes)?;
        if self.clock.first_day(i).is_some() {
            notes.push(self.clock.undecided(i));
        }
        let origin = (self.block.first + i) as u32;
        Ok(Some((Row { known, day, amount, kind, currency, origin }, invoice)))
    }

    /// The id of the payment in a row.
    pub fn payment_id(&self, i: usize) -> Option<&'a str> {
        self.payment.text(i).filter(|id| !is_null_spelling(id))
    }

    /// How the payment in a row was made.
    pub fn method(&self, i: usize) -> Option<&'a str> {
        self.method.text(i).filter(|method| !is_null_spelling(method))
    }

    /// A note of what was found in a row's amount.
    pub fn found(&self, i: usize, what: Finding) -> Refusal {
        match what {
            Finding::OverOpen(open) => {
                let finding = format!("more than the {open} that was open");
                self.amount.refuse(&rule::PAYMENT_OVER_OPEN, i).because(finding)
            }
            Finding::OverPaid(paid) => {
                let finding = format!("more than the {paid} that was paid");
                self.amount.refuse(&rule::REVERSAL_OVER_PAID, i).because(finding)
            }
        }
    }

    /// Whether the row names a customer.
    fn has_payer(&self, i: usize) -> bool {
        self.customer.text(i).is_some_and(|id| !is_null_spelling(id))
    }
}

/// What one thread gathers from the blocks that it works through.
pub(super) struct Lane {
    pub rows: Vec<Row>,
    pub keys: Keys,
    /// Rows without an invoice.
    pub on_account: Vec<u32>,
    pub aside: Aside,
}

impl Lane {
    pub fn of(columns: &[Columns], n_keys: usize, aside: Aside) -> Self {
        let room = columns.iter().map(|c| c.block.len).sum();
        let (rows, keys) = (Vec::with_capacity(room), Keys::for_share(n_keys, room));
        let mut lane = Self { rows, keys, on_account: Vec::new(), aside };
        let (mut codes, mut notes) = (CurrencyReader::default(), Vec::new());
        for columns in columns {
            let block = columns.block;
            for i in 0..block.len {
                match columns.judge(i, &mut codes, &mut notes) {
                    Ok(Some(_)) if !lane.aside.takes(block.first + i, &mut notes) => {}
                    Ok(Some((row, hash))) => {
                        let place = lane.rows.len() as u32;
                        match hash {
                            Some(hash) => lane.keys.push(hash, place),
                            None => lane.on_account.push(place),
                        }
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

/// The first day on which a payment can have been made.
pub(super) fn first_day(columns: &[Columns], row: &Row) -> i32 {
    let (columns, i) = at(columns, row.origin);
    columns.clock.first_day(i).unwrap_or(row.day)
}

/// The columns and the row in them of a row that is counted over all parts.
pub(super) fn at<'c, 'a>(columns: &'c [Columns<'a>], origin: u32) -> (&'c Columns<'a>, usize) {
    let block = columns.partition_point(|c| c.block.first <= origin as usize) - 1;
    (&columns[block], origin as usize - columns[block].block.first)
}
