//! All tables judged together: the ledger, what stands beside it and what became of each row.

use super::invoice::Invoices;
use super::invoice_row::Basis;
use super::payment::Till;
use super::segment::absent;
use super::table::RawTable;
use super::tally::{Aside, InputCount, Quarantined, tally};
use super::{
    ContactTable, CustomerTable, FxTable, IngestError, Raw, contact, customer, fx, invoice, payment,
};
use crate::core::{Amount, Currency, Day};
use crate::ledger::{Allocation, InvoiceRows, Ledger, NEVER, SettlementKind, SettlementRows};
use crate::policy::{AllocationStep, ValidPolicy};
use rayon::prelude::*;
use std::borrow::Cow;

/// A checked ledger, what stands beside it, and what became of each row.
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    /// Invoices, settlements and credits.
    pub ledger: Ledger,
    /// Master data of customers.
    pub customers: CustomerTable,
    /// Contacts known at `as_of`.
    pub contacts: ContactTable,
    /// Rates known at `as_of`.
    pub fx: FxTable,
    /// Rows that a rule found, by file, row, rule and field: those that were refused, and those that went into the
    /// ledger repaired or with a warning.
    pub quarantine: Vec<Quarantined>,
    /// What became of the rows of each file.
    pub inputs: Vec<InputCount>,
    /// What the user should know of the choice of tables.
    pub warnings: Vec<String>,
}

impl Book {
    /// A book that came from no file, as of a simulated ledger.
    pub fn of(ledger: Ledger) -> Self {
        Self {
            ledger,
            customers: CustomerTable::default(),
            contacts: ContactTable::default(),
            fx: FxTable::default(),
            quarantine: Vec::new(),
            inputs: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

impl Book {
    /// Refuses a book with too many rows of invoices or payments in quarantine, of those known at `as_of`.
    ///
    /// # Errors
    /// [`IngestError::TooManyQuarantined`].
    pub fn within_quarantine_rate(self, policy: &ValidPolicy) -> Result<Self, IngestError> {
        match self.past_quarantine_rate(policy) {
            None => Ok(self),
            Some((table, rows, quarantined)) => Err(IngestError::TooManyQuarantined {
                table,
                rows,
                quarantined,
                max_rate: policy.ingest.max_quarantine_rate,
                quarantine: self.quarantine,
            }),
        }
    }

    /// The first table with more rows in quarantine than the policy lets pass: its rows known at `as_of`, and those
    /// of them in quarantine.
    pub fn past_quarantine_rate(&self, policy: &ValidPolicy) -> Option<(&'static str, u64, u64)> {
        let max_rate = policy.ingest.max_quarantine_rate;
        for table in ["invoices", "payments"] {
            let of_table = self.inputs.iter().filter(|c| c.table == table);
            let (rows, quarantined) =
                of_table.fold((0, 0), |(n, q), c| (n + c.ledger + c.quarantined, q + c.quarantined));
            if quarantined as f64 > max_rate * rows as f64 {
                return Some((table, rows, quarantined));
            }
        }
        None
    }
}

/// Judges every row. With an `as_of`, rows that were not known at its end are ignored before anything else is asked
/// of them, and days of payment or dispute after it count as not yet; so nothing that happened later moves the
/// ledger or the quarantine. Without one, as for a backtest, nothing is cut.
///
/// Of several rows with the same id the one known first is kept, then the smallest by due date, amount and customer:
/// the order of rows does not matter.
///
/// # Errors
/// [`IngestError::NoInvoiceLeft`], [`IngestError::TooManyRows`], or [`IngestError::Internal`] if a row got lost.
pub fn check(raw: &Raw, as_of: Option<Day>, policy: &ValidPolicy) -> Result<Book, IngestError> {
    check_owned(raw.clone(), as_of, policy)
}

/// [`check`] that gives the memory of the columns back as soon as they are judged.
///
/// # Errors
/// As [`check`].
pub fn check_owned(raw: Raw, as_of: Option<Day>, policy: &ValidPolicy) -> Result<Book, IngestError> {
    Judged::of(raw, as_of, policy)?.book()
}

/// Everything that a book needs, with nothing of the frames in it.
struct Judged {
    invoices: InvoiceRows,
    settlements: SettlementRows,
    how: Allocation,
    customers: CustomerTable,
    contacts: ContactTable,
    fx: FxTable,
    quarantine: Vec<Quarantined>,
    inputs: Vec<InputCount>,
    warnings: Vec<String>,
}

/// Writes down what became of the rows of each table.
#[derive(Default)]
struct Accounts {
    quarantine: Vec<Quarantined>,
    inputs: Vec<InputCount>,
}

impl Accounts {
    fn close(
        &mut self,
        table: &RawTable,
        taken: impl IntoIterator<Item = u32>,
        aside: Aside,
    ) -> Result<(), IngestError> {
        self.inputs.extend(tally(table, taken.into_iter(), aside, &mut self.quarantine)?);
        Ok(())
    }
}

impl Judged {
    fn of(mut raw: Raw, as_of: Option<Day>, policy: &ValidPolicy) -> Result<Self, IngestError> {
        // while the columns are there
        let warnings = warnings(&raw, &policy.ledger.segments);
        let default_currency = Currency::try_new(&policy.ledger.default_currency).unwrap_or(Currency::NONE);
        let strict = policy.ingest.strict;
        let reporting_currency = Currency::try_new(&policy.ledger.reporting_currency);
        let one_table = raw.payments.is_none();
        let basis = Basis { as_of, default_currency, one_table, strict, reporting_currency };
        let how = allocation(policy);
        let mut accounts = Accounts::default();

        let customers = raw.customers.as_ref().map(|table| customer::judge(table, strict)).transpose()?;
        let known_customers = customers.as_ref().map(|(known, ..)| known);
        let (mut invoices, aside) =
            invoice::judge(&mut raw.invoices, &basis, known_customers, &policy.ledger.segments)?;
        invoices.rows.segment_values_max = policy.ledger.segment_values_max;
        accounts.close(&raw.invoices, invoices.taken_rows(), aside)?;
        let rates = raw.fx.as_ref().map(|table| fx::judge(table, as_of)).transpose()?;
        let settlements = if let Some(table) = &raw.payments {
            let no_rates = FxTable::default();
            let fx = rates.as_ref().map_or(&no_rates, |(all, ..)| all);
            let till = Till { basis: &basis, fx, how };
            let (all, taken, aside) = payment::judge(table, &till, &mut invoices)?;
            accounts.close(table, taken, aside)?;
            all
        } else {
            let paid = std::mem::take(&mut invoices.paid);
            let mut all = paid_in_full(&invoices, paid);
            invoices.credit(&mut all);
            all
        };
        if invoices.rows.issue.is_empty() {
            return Err(none_left(&raw, &mut accounts));
        }

        let mut all_customers = CustomerTable::default();
        if let (Some(table), Some((all, taken, aside))) = (&raw.customers, customers) {
            all_customers = all;
            accounts.close(table, taken, aside)?;
        }
        let customers = all_customers;
        let mut contacts = ContactTable::default();
        if let Some(table) = &raw.contacts {
            let (all, taken, aside) = contact::judge(table, as_of, strict)?;
            contacts = all;
            accounts.close(table, taken, aside)?;
        }
        let mut fx = FxTable::default();
        if let (Some(table), Some((all, taken, aside))) = (&raw.fx, rates) {
            fx = all;
            accounts.close(table, taken, aside)?;
        }
        let Accounts { mut quarantine, inputs } = accounts;
        quarantine.sort_unstable();
        let invoices = invoices.rows;
        Ok(Self { invoices, settlements, how, customers, contacts, fx, quarantine, inputs, warnings })
    }

    fn book(self) -> Result<Book, IngestError> {
        let Self { invoices, settlements, how, customers, contacts, fx, quarantine, inputs, warnings } = self;
        let ledger = Ledger::try_new_by(invoices, settlements, &how).map_err(|e| IngestError::Internal {
            what: "good rows make no ledger".into(),
            source: Some(Box::new(e)),
        })?;
        Ok(Book { ledger, customers, contacts, fx, quarantine, inputs, warnings })
    }
}

/// The policy's rules of allocation.
fn allocation(policy: &ValidPolicy) -> Allocation {
    let ledger = &policy.ledger;
    Allocation {
        oldest_due_first: ledger.allocation.contains(&AllocationStep::OldestDueFirst),
        tolerance: Amount::from_f64(ledger.tolerance_amount).unwrap_or(Amount::ZERO),
        tolerance_rate: ledger.tolerance_rate,
        refuse: policy.ingest.strict,
    }
}

/// The one-table form: a day of payment settles what credit notes have left of the amount. It was known when the row
/// was.
fn paid_in_full(invoices: &Invoices, paid: Vec<i32>) -> SettlementRows {
    let rows = &invoices.rows;
    let known = |i: u32| rows.known.get(i as usize).map_or(paid[i as usize], |k| paid[i as usize].max(*k));
    let mut owed = Cow::Borrowed(&rows.amount);
    for (i, credit) in invoices.credits() {
        if credit.known <= paid.get(i as usize).map_or(NEVER, |_| known(i)) {
            owed.to_mut()[i as usize] -= credit.amount;
        }
    }
    let is_paid = |i: &u32| paid[*i as usize] != NEVER && owed[*i as usize] > Amount::ZERO;
    let settled: Vec<u32> = (0..paid.len() as u32).into_par_iter().filter(is_paid).collect();
    let (has_known, first) = (!rows.known.is_empty(), &invoices.paid_first);
    SettlementRows {
        day: settled.par_iter().map(|i| paid[*i as usize]).collect(),
        first: if first.is_empty() {
            Vec::new()
        } else {
            settled.par_iter().map(|i| first[*i as usize]).collect()
        },
        known: if has_known { settled.par_iter().map(|i| known(*i)).collect() } else { Vec::new() },
        amount: settled.par_iter().map(|i| owed[*i as usize]).collect(),
        kind: rayon::iter::repeat_n(SettlementKind::Cash, settled.len()).collect(),
        invoice: settled,
        ..SettlementRows::default()
    }
}

fn none_left(raw: &Raw, accounts: &mut Accounts) -> IngestError {
    let n = raw.invoices.parts.len();
    let sum = |count: fn(&InputCount) -> u64| accounts.inputs[..n].iter().map(count).sum();
    let (rows, quarantined, ignored) = (sum(|c| c.rows), sum(|c| c.quarantined), sum(|c| c.ignored));
    accounts.quarantine.sort_unstable();
    let is_invoice = |q: &&Quarantined| accounts.inputs[..n].iter().any(|c| c.file == q.file);
    let first = accounts.quarantine.iter().find(|q| q.is_rejected() && is_invoice(q));
    let first = first.map(|q| format!("{} row {}: {} ({})", q.file, q.row, q.message, q.rule_id));
    let path = raw.invoices.path.clone();
    // where all invoices are merely later, what payments lack says nothing
    let quarantine = if quarantined > 0 { std::mem::take(&mut accounts.quarantine) } else { Vec::new() };
    IngestError::NoInvoiceLeft { path, rows, quarantined, ignored, first, quarantine }
}

/// Only files as a whole and the presence of tables and columns may speak here: what rows say may not be known yet.
fn warnings(raw: &Raw, segments: &[String]) -> Vec<String> {
    let tables = [Some(&raw.invoices), raw.payments.as_ref(), raw.customers.as_ref()];
    let tables = tables.into_iter().chain([raw.contacts.as_ref(), raw.fx.as_ref()]).flatten();
    let of_files = tables.flat_map(|table| &table.parts).flat_map(|part| &part.warnings).cloned();
    let absent = absent(segments, &[Some(&raw.invoices), raw.customers.as_ref()]);
    let absent = absent
        .iter()
        .map(|name| format!("ledger.segments: neither invoices nor customers have a column `{name}`"));
    of_choice(raw).into_iter().chain(of_files).chain(absent).collect()
}

/// What is not used of the tables, or would be of use.
fn of_choice(raw: &Raw) -> Option<String> {
    let paid = raw.invoices.has("paid_date");
    let text = match (&raw.payments, paid) {
        (Some(_), true) => "invoices: `paid_date` is not used, because payments are given",
        (None, false) => {
            "invoices: there is no `paid_date` and no payments are given, so every invoice counts as open"
        }
        _ => return None,
    };
    Some(text.to_owned())
}
