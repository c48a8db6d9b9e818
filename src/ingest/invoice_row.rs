//! One invoice row: what it says, and which rule it breaks.

use super::cell::{Cells, PLAUSIBLE_DAYS};
use super::empty::{
    is_null_spelling, is_spelt_empty, never_or_day, optional_text, real_amount, real_day, required_id,
};
use super::rule::{self, Refusal};
use super::standing::{Clock, Standing};
use super::table::{Block, RawTable};
use crate::core::{Amount, Currency, Day};
use crate::ledger::{NEVER, RATE_SCALE};

/// Days within which a discount may be taken: more is a slip of the pen.
const DISCOUNT_DAYS: std::ops::RangeInclusive<i32> = 0..=3650;

/// What rows are judged by, beside the rules.
#[derive(Debug, Clone, Copy)]
pub(super) struct Basis {
    pub as_of: Option<Day>,
    /// The currency of rows that name none.
    pub default_currency: Currency,
    /// Whether `paid_date` counts: it does when there are no payments.
    pub one_table: bool,
    /// Whether rows that need a repair or deserve a warning are refused.
    pub strict: bool,
    /// The currency to which rates are given, if the policy says.
    pub reporting_currency: Option<Currency>,
}

/// One good row. Compared field by field it says which of two rows with the same id is kept, whatever their order:
/// the one that was known first, so that an earlier `as_of` keeps the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row<'a> {
    pub known: i32,
    pub issue: i32,
    pub due: i32,
    pub amount: Amount,
    pub customer: &'a str,
    pub currency: Currency,
    pub is_credit: bool,
    /// Day it was paid in full; this and what follows is [`NEVER`] for what has not happened.
    pub paid: i32,
    /// First of the days on which that can have been.
    pub paid_first: i32,
    pub dispute: i32,
    pub dispute_closed: i32,
    /// Discount in millionths of the amount, and the days from issue within which it may be taken; 0 for none.
    pub discount: (i32, i32),
    /// The invoice that a credit note credits.
    pub credited: Option<&'a str>,
    pub id: &'a str,
}

/// The columns of a block of invoices.
pub(super) struct Columns<'a> {
    pub block: Block,
    clock: Clock<'a>,
    pub id: Cells<'a>,
    pub customer: Cells<'a>,
    due: Cells<'a>,
    terms: Cells<'a>,
    baseline: Cells<'a>,
    amount: Cells<'a>,
    pub currency: Cells<'a>,
    kind: Cells<'a>,
    dispute: Cells<'a>,
    dispute_closed: Cells<'a>,
    pub paid: Cells<'a>,
    discount_rate: Cells<'a>,
    discount_days: Cells<'a>,
    pub credited: Cells<'a>,
    /// One for each segment that the table has a column of.
    pub segments: Vec<Cells<'a>>,
    /// The document of an instalment, whose own id is made of it.
    pub document: Cells<'a>,
    default_currency: Currency,
    one_table: bool,
}

impl<'a> Columns<'a> {
    pub fn of(table: &'a RawTable, block: Block, basis: &Basis) -> Self {
        let cells = |field| Cells::of(table, &block, field);
        Self {
            block,
            clock: Clock::of(table, &block, "issue_date", basis.as_of),
            id: cells("invoice_id"),
            customer: cells("customer_id"),
            due: cells("due_date"),
            terms: cells("terms_days"),
            baseline: cells("baseline_date"),
            amount: cells("amount"),
            currency: cells("currency"),
            kind: cells("kind"),
            dispute: cells("dispute_date"),
            dispute_closed: cells("dispute_closed_date"),
            paid: cells("paid_date"),
            discount_rate: cells("discount_rate"),
            discount_days: cells("discount_days"),
            credited: cells("credited_invoice_id"),
            segments: table.segments.iter().map(|(_, column)| cells(column)).collect(),
            document: cells(super::instalment::DOCUMENT),
            default_currency: basis.default_currency,
            one_table: basis.one_table,
        }
    }

    /// What the row says of each segment.
    pub fn said(&self, i: usize) -> Vec<Option<&'a str>> {
        self.segments.iter().map(|cells| cells.text(i).filter(|text| !is_null_spelling(text))).collect()
    }

    /// The row, nothing if it is later than `as_of`, or the first rule that it breaks. Notes are what was repaired
    /// in it, and what somebody should look at.
    #[inline]
    pub fn judge(
        &self,
        i: usize,
        codes: &mut CurrencyReader,
        notes: &mut Vec<Refusal>,
    ) -> Result<Option<Row<'a>>, Refusal> {
        notes.clear();
        let (issue, known) = match self.clock.standing_noting(i, notes) {
            Standing::Known { event, known } => (event, known),
            Standing::Later => return Ok(None),
            Standing::Refused(refusal) => return Err(refusal),
        };
        let id = required_id(&self.id, i)?;
        let customer = required_id(&self.customer, i)?;
        let is_credit = self.is_credit(i, notes)?;
        let billed = real_amount(&self.amount, i, notes)?;
        let amount = if is_credit { Amount(billed.0.abs()) } else { billed };
        if amount < Amount::ZERO {
            return Err(self.amount.refuse(&rule::AMOUNT_NEGATIVE, i));
        }
        let due = if is_credit { issue } else { self.due(i, issue, notes)? };
        let currency = codes.read(&self.currency, i, notes)?.unwrap_or(self.default_currency);
        let mut so_far = |cells: &Cells| {
            let day = never_or_day(cells, i, self.clock.as_of(), notes)?;
            Ok(self.clock.so_far(day).unwrap_or(NEVER))
        };
        let dispute = so_far(&self.dispute)?;
        let dispute_closed = if dispute == NEVER { NEVER } else { so_far(&self.dispute_closed)? };
        let paid = if self.one_table && !is_credit { so_far(&self.paid)? } else { NEVER };
        let paid_first = if paid == NEVER { None } else { self.paid.first_day(i) };
        if paid_first.is_some() {
            notes.push(self.paid.undecided(i));
        }
        let discount = if is_credit { (0, 0) } else { self.discount(i, notes)? };
        let credited = if is_credit { optional_text(&self.credited, i, notes) } else { None };
        if paid < issue {
            notes.push(self.paid.refuse(&rule::PAID_BEFORE_ISSUED, i));
        }
        Ok(Some(Row {
            known,
            issue,
            due,
            amount,
            customer,
            currency,
            is_credit,
            paid,
            paid_first: paid_first.unwrap_or(paid),
            dispute,
            dispute_closed,
            discount,
            credited,
            id,
        }))
    }

    fn is_credit(&self, i: usize, notes: &mut Vec<Refusal>) -> Result<bool, Refusal> {
        match optional_text(&self.kind, i, notes) {
            None => Ok(false),
            Some(kind) if kind.eq_ignore_ascii_case("invoice") => Ok(false),
            Some(kind) if kind.eq_ignore_ascii_case("credit_note") => Ok(true),
            Some(_) => Err(self.kind.refuse(&rule::KIND_UNKNOWN, i)),
        }
    }

    /// The discount for early payment in millionths, and its days.
    #[inline]
    fn discount(&self, i: usize, notes: &mut Vec<Refusal>) -> Result<(i32, i32), Refusal> {
        if is_spelt_empty(&self.discount_rate, i, notes) {
            return Ok((0, 0));
        }
        let rate =
            self.discount_rate.share(i)?.map_or(0, |rate| (rate * f64::from(RATE_SCALE)).round() as i32);
        if rate == 0 {
            return Ok((0, 0));
        }
        let days =
            if is_spelt_empty(&self.discount_days, i, notes) { None } else { self.discount_days.count(i)? };
        match days {
            Some(days) if DISCOUNT_DAYS.contains(&days) => Ok((rate.min(RATE_SCALE - 1), days)),
            Some(_) => {
                let refusal = self.discount_days.refuse(&rule::TERMS_NOT_NUMBER, i);
                Err(refusal.because(format!("not from 0 to {} days", DISCOUNT_DAYS.end())))
            }
            None => Err(self.discount_days.missing()),
        }
    }

    /// `due_date` if it is there, else `terms_days` after `baseline_date`, or after the day of issue without one.
    #[inline]
    fn due(&self, i: usize, issue: i32, notes: &mut Vec<Refusal>) -> Result<i32, Refusal> {
        let due = if is_spelt_empty(&self.due, i, notes) { None } else { real_day(&self.due, i)? };
        let terms =
            || if self.terms.text(i).is_some_and(is_null_spelling) { Ok(None) } else { self.terms.count(i) };
        let (due, by) = match due {
            Some(due) => (due, &self.due),
            None => match terms()? {
                Some(days) => {
                    let from = never_or_day(&self.baseline, i, i32::MAX, notes)?.unwrap_or(issue);
                    (from.saturating_add(days), &self.terms)
                }
                None => return Err(self.due.missing()),
            },
        };
        if due < issue {
            return Err(by.refuse(&rule::DUE_BEFORE_ISSUE, i));
        }
        if !PLAUSIBLE_DAYS.contains(&due) {
            return Err(by.refuse(&rule::DATE_OUT_OF_RANGE, i));
        }
        Ok(due)
    }
}

/// Reads currency codes, the one of the row before without looking it up again.
#[derive(Default)]
pub(super) struct CurrencyReader {
    last: Option<Currency>,
}

impl CurrencyReader {
    /// The row's currency, if it names one.
    ///
    /// # Errors
    /// `CURRENCY_UNKNOWN`.
    #[inline]
    pub fn read(
        &mut self,
        cells: &Cells,
        i: usize,
        notes: &mut Vec<Refusal>,
    ) -> Result<Option<Currency>, Refusal> {
        let Some(text) = cells.text(i) else { return Ok(None) };
        if self.last.is_none_or(|last| last.as_str() != text) {
            if is_spelt_empty(cells, i, notes) {
                return Ok(None);
            }
            let read = Currency::try_new(text);
            self.last = Some(read.ok_or_else(|| cells.refuse(&rule::CURRENCY_UNKNOWN, i))?);
        }
        Ok(self.last)
    }
}
