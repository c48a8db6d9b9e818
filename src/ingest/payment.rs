//! Payment rows judged and joined to their invoices.

use super::account::Payers;
use super::cell::first_name;
use super::code::forget_unused;
use super::empty::is_null_spelling;
use super::invoice::{Invoices, Taken};
use super::invoice_row::Basis;
use super::key::{Interner, Keys, hash, hash_pair, shares};
use super::payment_row::{Columns, Lane, Row, at, first_day};
use super::rule::{self, Refusal};
use super::table::RawTable;
use super::tally::Aside;
use super::{FxTable, IngestError};
use crate::core::room::zeros;
use crate::core::{Amount, Currency, Day};
use crate::ledger::{
    Allocation, Finding, Found, NO_VALUE, Segment, SettlementKind, SettlementRows, Target, allocate,
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Ten-thousandths in a hundredth of a unit, to which converted amounts are rounded.
const HUNDREDTH: f64 = 100.0;
/// Payments whose methods one task reads.
const METHOD_BLOCK: usize = 1 << 16;
/// Ten-thousandths of the first amount that DECIMAL(18,4) does not hold.
const AMOUNT_END: f64 = 1e18;

/// What payments are judged by, beside the invoices.
pub(super) struct Till<'a> {
    pub basis: &'a Basis,
    /// Rates, for payments in another currency than that of their invoice.
    pub fx: &'a FxTable,
    pub how: Allocation,
}

/// Judges every payment row and joins the good ones to the invoices. The rows that were taken, counted over all
/// parts, come too. Credit notes of invoices are among the settlements.
///
/// # Errors
/// [`IngestError::TooManyRows`].
pub(super) fn judge(
    table: &RawTable,
    till: &Till,
    invoices: &mut Invoices,
) -> Result<(SettlementRows, Vec<u32>, Aside), IngestError> {
    let n_keys = invoices.taken.len();
    let columns: Vec<Columns> =
        table.blocks()?.into_iter().map(|block| Columns::of(table, block, till.basis)).collect();
    let work: Vec<&[Columns]> = shares(&columns).collect();
    let lanes: Vec<Lane> = work
        .into_par_iter()
        .map(|columns| Lane::of(columns, n_keys, Aside::strictly(table, till.basis.strict)))
        .collect();
    let (mut rows, mut shares, mut on_account) = (Vec::new(), Vec::new(), Vec::new());
    let mut aside = Aside::strictly(table, till.basis.strict);
    for mut lane in lanes {
        let first = rows.len() as u32;
        shares.push((lane.keys, first));
        on_account.extend(lane.on_account.iter().map(|row| row + first));
        rows.append(&mut lane.rows);
        aside.append(lane.aside);
    }
    let keys = Keys::merged(n_keys, shares);
    let payers = Payers::default();
    let mut join = Join { table, columns, rows, invoices, invoice: Vec::new(), payers, aside };
    join.name_invoices(&keys, &on_account);
    join.compare_currencies(till);
    join.compare_customers();
    join.keep_one_of_each();
    join.compare_days();
    if join.payers.is_empty() && !invoices.credited.iter().any(|c| c.is_document) {
        join.compare_amounts();
    }
    let (mut settlements, mut good) = join.settlements();
    let n_linked = good.len();
    good.extend(join.payers.payments());
    let mut method = join.methods(&good);
    let Join { columns, rows, payers, mut aside, .. } = join;
    let on_account = method.code.split_off(n_linked.min(method.code.len()));
    settlements.method = method;
    payers.write(&mut settlements, (&columns, &rows), invoices, till.basis.default_currency);
    settlements.account.iter_mut().zip(on_account).for_each(|(payment, method)| payment.method = method);
    invoices.credit(&mut settlements);
    if !settlements.account.is_empty() {
        let (allocated, found) = allocate(&mut invoices.rows, &settlements, &till.how);
        let n_settlements = settlements.invoice.len();
        forget_unused(&mut invoices.rows);
        settlements = allocated;
        // credit notes stand between the payments that name an invoice and those that do not
        let payment = |row: usize| {
            if row < n_settlements {
                Some(row).filter(|r| *r < n_linked)
            } else {
                Some(row - n_settlements + n_linked)
            }
        };
        for Found { row, what } in found {
            let Some(k) = payment(row as usize).filter(|k| *k < good.len()) else { continue };
            let row = &rows[good[k] as usize];
            let (columns, i) = at(&columns, row.origin);
            if !aside.takes(row.origin as usize, &mut vec![columns.found(i, what)]) {
                good[k] = u32::MAX;
            }
        }
        good.retain(|payment| *payment != u32::MAX);
    }
    let origin = good.par_iter().map(|p| rows[*p as usize].origin).collect();
    Ok((settlements, origin, aside))
}

/// Good payment rows on their way to the invoices.
struct Join<'a, 'i> {
    table: &'a RawTable,
    columns: Vec<Columns<'a>>,
    rows: Vec<Row>,
    invoices: &'i Invoices,
    /// Place of each payment's invoice in the ledger rows; nothing for a payment that names no single one or is
    /// refused.
    invoice: Vec<Option<u32>>,
    payers: Payers,
    aside: Aside,
}

impl Join<'_, '_> {
    fn cells(&self, payment: u32) -> (&Columns<'_>, usize) {
        at(&self.columns, self.rows[payment as usize].origin)
    }

    fn invoice_id(&self, payment: u32) -> &str {
        let (columns, i) = self.cells(payment);
        columns.invoice.text(i).unwrap_or_default()
    }

    fn payment_id(&self, payment: u32) -> Option<&str> {
        let (columns, i) = self.cells(payment);
        columns.payment_id(i)
    }

    fn forget(&mut self, payment: u32) {
        self.invoice[payment as usize] = None;
        self.payers.forget(payment);
    }

    fn refuse(&mut self, payment: u32, refusal: Refusal) {
        self.forget(payment);
        self.aside.refuse(self.rows[payment as usize].origin as usize, refusal);
    }

    /// Finds each payment's invoice, or document, or customer; those `on_account` name no invoice.
    fn name_invoices(&mut self, keys: &Keys, on_account: &[u32]) {
        let taken = |row: u32| self.invoices.taken[row as usize];
        let places = self.invoices.places();
        let same = |payment, row| self.invoices.id(row, &places) == Some(self.invoice_id(payment));
        let found = self.invoices.keys.matched(keys, self.rows.len(), same);
        let place = |row: &Option<u32>| {
            row.filter(|row| taken(*row) == Taken::Invoice).map(|row| places[row as usize])
        };
        self.invoice = found.par_iter().map(place).collect();
        for &payment in on_account {
            let (columns, i) = at(&self.columns, self.rows[payment as usize].origin);
            let customer = columns.customer.text(i).unwrap_or_default();
            self.payers.on_account(payment, customer, &self.invoices.rows);
        }
        for (payment, row) in (0..).zip(&found) {
            if self.invoice[payment as usize].is_some() || self.payers.has(payment) {
                continue;
            }
            let (columns, i) = at(&self.columns, self.rows[payment as usize].origin);
            let id = columns.invoice.text(i).unwrap_or_default();
            match self.invoices.documents.get(id).filter(|_| row.is_none()) {
                Some(lines) => {
                    let lines = lines.iter().map(|row| places[*row as usize]);
                    self.payers.on_document(payment, id, lines);
                }
                None => {
                    let refusal = self.unknown_invoice(payment, row.is_some());
                    self.refuse(payment, refusal);
                }
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

    /// Payments in another currency than that of the invoice are converted by the rates of their day.
    fn compare_currencies(&mut self, till: &Till) {
        if !self.table.has("currency") {
            return;
        }
        let invoices = &self.invoices.rows;
        for payment in 0..self.rows.len() as u32 {
            let Some(paid) = self.rows[payment as usize].currency else { continue };
            let Some(invoice) = self.invoice[payment as usize].or_else(|| self.payers.line(payment)) else {
                continue;
            };
            let billed = invoices.currency_code[invoices.currency[invoice as usize] as usize];
            if paid != billed {
                match self.converted(payment, billed, till) {
                    Ok(amount) => {
                        let (columns, i) = self.cells(payment);
                        let finding =
                            format!("not {billed}, the currency of the invoice, read as {amount} {billed}");
                        let note = columns.currency.refuse(&rule::CURRENCY_CONVERTED, i).because(finding);
                        if self.note(payment, note) {
                            let row = &mut self.rows[payment as usize];
                            (row.amount, row.currency) = (amount, Some(billed));
                        }
                    }
                    Err(refusal) => self.refuse(payment, refusal),
                }
            }
        }
    }

    /// The amount of a payment in another currency.
    fn converted(&self, payment: u32, to: Currency, till: &Till) -> Result<Amount, Refusal> {
        let Row { amount, day, currency, .. } = self.rows[payment as usize];
        let (columns, i) = self.cells(payment);
        let from = currency.unwrap_or(to);
        let mismatch = |finding| columns.currency.refuse(&rule::CURRENCY_MISMATCH, i).because(finding);
        if till.fx.is_empty() {
            return Err(mismatch(format!("not {to}, the currency of the invoice")));
        }
        let rate = till.fx.between(from, to, Day(day), till.basis.reporting_currency);
        let rate = rate.map_err(|lacking| {
            let day = Day(day);
            mismatch(format!(
                "not {to}, the currency of the invoice, and there is no rate of {lacking} on or before {day}"
            ))
        })?;
        let hundredths = (amount.0 as f64 * rate / HUNDREDTH).round_ties_even() * HUNDREDTH;
        if hundredths == 0.0 {
            return Err(columns.amount.refuse(&rule::AMOUNT_ZERO, i).because(format!("nothing in {to}")));
        }
        if hundredths.abs() >= AMOUNT_END {
            return Err(columns.amount.refuse(&rule::AMOUNT_TOO_LARGE, i));
        }
        Ok(Amount(hundredths as i64))
    }

    /// Notes payments by another customer than that of the invoice: who pays for whom is not ours to refuse.
    fn compare_customers(&mut self) {
        if !self.table.has("customer_id") {
            return;
        }
        let invoices = &self.invoices.rows;
        for payment in 0..self.rows.len() as u32 {
            let Some(invoice) = self.invoice[payment as usize] else { continue };
            let (columns, i) = self.cells(payment);
            let payer = columns.customer.text(i).filter(|id| !is_null_spelling(id));
            let owes = invoices.customer_id.get(invoices.customer[invoice as usize] as usize);
            if payer.is_some_and(|payer| payer != owes) {
                let finding = format!("not {owes}, the customer of the invoice");
                let note = columns.customer.refuse(&rule::CUSTOMER_MISMATCH, i).because(finding);
                self.note(payment, note);
            }
        }
    }

    /// One receipt may pay several invoices, so a payment is the same if id and invoice are; and a reversal may bear
    /// the id of what it reverses.
    fn keep_one_of_each(&mut self) {
        if !self.table.has("payment_id") {
            return;
        }
        let settles = |payment: u32| (self.invoice[payment as usize], self.payers.target(payment));
        let key = |payment: u32| {
            let settles = match settles(payment) {
                (None, None) => return None,
                (Some(invoice), _) => u64::from(invoice),
                (None, Some(Target::Document(d) | Target::Account(d))) => u64::from(d),
            };
            Some(hash_pair(hash(self.payment_id(payment)?), settles))
        };
        let is_reversal = |payment: u32| self.rows[payment as usize].amount < Amount::ZERO;
        let id = |payment: u32| (settles(payment), is_reversal(payment), self.payment_id(payment));
        let says = |payment: u32| {
            let row = self.rows[payment as usize];
            (Row { origin: 0, ..row }, first_day(&self.columns, &row))
        };
        let rank = |payment: &u32| {
            let row = self.rows[*payment as usize];
            (says(*payment), self.table.place(row.origin as usize))
        };
        let mut repeated = BTreeMap::new();
        for mut group in Keys::of_rows(self.rows.len(), key).repeated(|a, b| id(a) == id(b)) {
            group.sort_unstable_by_key(rank);
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
            self.forget(payment);
        }
        is_taken
    }

    /// Payments before the day of issue: paid in advance, or a slip of the pen.
    fn compare_days(&mut self) {
        let issue = &self.invoices.rows.issue;
        let is_early = |payment: &u32| {
            let invoice = self.invoice[*payment as usize];
            invoice.is_some_and(|invoice| self.rows[*payment as usize].day < issue[invoice as usize])
        };
        let early: Vec<u32> = (0..self.rows.len() as u32).into_par_iter().filter(is_early).collect();
        for payment in early {
            let (columns, i) = self.cells(payment);
            let note = columns.clock.refuse_event(&rule::PAID_BEFORE_ISSUED, i);
            self.note(payment, note);
        }
    }

    /// Payments that take more than what is open and reversals of more than was paid, in the order in which the ledger
    /// takes them.
    fn compare_amounts(&mut self) {
        let invoices = self.invoices;
        let billed = |invoice: u32| invoices.rows.amount[invoice as usize];
        let credits = invoices.credits();
        let mut paid: Vec<Amount> = zeros(invoices.rows.amount.len());
        let paid_by = self.rows.iter().zip(&self.invoice).filter_map(|(row, i)| Some(((*i)?, row.amount)));
        for (invoice, amount) in paid_by.chain(credits.iter().map(|(i, c)| (*i, c.amount))) {
            let paid = &mut paid[invoice as usize];
            let more = if amount < Amount::ZERO { i64::MAX } else { amount.0 };
            *paid = Amount(paid.0.saturating_add(more));
        }
        let is_doubtful = |invoice: u32| paid[invoice as usize] > billed(invoice);
        let in_doubt = |payment: u32| {
            let invoice = self.invoice[payment as usize].filter(|invoice| is_doubtful(*invoice))?;
            let Row { known, day, kind, amount, origin, .. } = self.rows[payment as usize];
            let place = self.table.place(origin as usize);
            Some((invoice, (known, amount < Amount::ZERO, day, kind, amount), place, Some(payment)))
        };
        let mut doubtful: Vec<_> = (0..self.rows.len() as u32).into_par_iter().filter_map(in_doubt).collect();
        for (invoice, c) in credits.iter().filter(|(invoice, _)| is_doubtful(*invoice)) {
            doubtful.push((
                *invoice,
                (c.known, false, c.day, SettlementKind::Credit, c.amount),
                (0, 0),
                None,
            ));
        }
        doubtful.sort_unstable();
        for of_invoice in doubtful.chunk_by(|a, b| a.0 == b.0) {
            let (billed, mut net) = (billed(of_invoice[0].0), Amount::ZERO);
            for (_, (.., kind, amount), _, payment) in of_invoice {
                let after = Amount(net.0.saturating_add(amount.0));
                let is_over = *amount > Amount::ZERO && after > billed && *kind != SettlementKind::Credit;
                let what = if is_over {
                    Some(Finding::OverOpen((billed - net).max(Amount::ZERO)))
                } else {
                    let is_over = *amount < Amount::ZERO && after < Amount::ZERO;
                    is_over.then_some(Finding::OverPaid(net.max(Amount::ZERO)))
                };
                if payment.zip(what).is_none_or(|(payment, what)| self.notes(payment, what)) {
                    net = after;
                }
            }
        }
    }

    /// Notes what was found in a payment; whether it is taken all the same.
    fn notes(&mut self, payment: u32, what: Finding) -> bool {
        let (columns, i) = self.cells(payment);
        let note = columns.found(i, what);
        self.note(payment, note)
    }

    /// How each of some payments was made, codes in their order and labels sorted; nothing if of none is known how.
    fn methods(&self, payments: &[u32]) -> Segment {
        if !self.table.has("method") {
            return Segment::default();
        }
        let of_block = |block: &[u32]| {
            let mut labels = Interner::default();
            let code = |payment: &u32| {
                let (columns, i) = self.cells(*payment);
                columns.method(i).map_or(NO_VALUE, |method| labels.code(method))
            };
            let codes: Vec<u32> = block.iter().map(code).collect();
            (labels, codes)
        };
        let blocks: Vec<(Interner, Vec<u32>)> = payments.par_chunks(METHOD_BLOCK).map(of_block).collect();
        let (mut labels, mut all) = (Interner::default(), Vec::with_capacity(payments.len()));
        for (own, codes) in blocks {
            let new: Vec<u32> = own.texts.iter().map(|text| labels.code(text)).collect();
            all.extend(codes.iter().map(|code| new.get(*code as usize).copied().unwrap_or(NO_VALUE)));
        }
        let label: Vec<String> = labels.texts.iter().map(str::to_owned).collect();
        let method = Segment { name: "method".to_owned(), label, code: all }.tidied();
        if method.label.is_empty() { Segment::default() } else { method }
    }

    /// What settles an invoice, and which payments they are.
    fn settlements(&self) -> (SettlementRows, Vec<u32>) {
        let good: Vec<u32> = (0..self.rows.len() as u32)
            .into_par_iter()
            .filter(|p| self.invoice[*p as usize].is_some())
            .collect();
        let row = |payment: &u32| &self.rows[*payment as usize];
        let has_known = self.table.has("recorded_date");
        let has_first = self.table.has(&first_name("payment_date"));
        let first = |p: &u32| first_day(&self.columns, row(p));
        let rows = SettlementRows {
            invoice: good.par_iter().filter_map(|p| self.invoice[*p as usize]).collect(),
            day: good.par_iter().map(|p| row(p).day).collect(),
            first: if has_first { good.par_iter().map(first).collect() } else { Vec::new() },
            known: if has_known { good.par_iter().map(|p| row(p).known).collect() } else { Vec::new() },
            amount: good.par_iter().map(|p| row(p).amount).collect(),
            kind: good.par_iter().map(|p| row(p).kind).collect(),
            ..SettlementRows::default()
        };
        (rows, good)
    }
}
