//! Ledgers of payers with a known truth, for tests, for the demo and for whoever has no data to show.
//!
//! [`simulate`] draws each customer from the seed and its number alone and walks through its days: invoices are
//! issued, then paid with the day's true hazard ([`Timing`]). The tables are those of CONTRACT.md; [`Truth`] answers
//! what a model can only estimate.

mod calendar;
mod draw;
mod hazard;
mod name;
mod payer;
mod plan;
mod table;
mod trade;
mod truth;
mod walk;

pub use calendar::WEEKDAY_EFFECT;
pub use hazard::{Regime, StressLaw, Timing, ramp};
pub use payer::{Archetype, PayRun, Payer};
pub use plan::{Habit, Plan};
pub use table::{
    Channel, ContactTable, CustomerTable, FxTable, InvoiceKind, InvoiceTable, Outcome, PaymentTable,
};
pub use trade::{Billing, Discount, Trade};
pub use truth::Truth;
pub use walk::{CALL_EFFECT, REMINDER_EFFECT};

use crate::core::TextColumn;
use crate::ledger::{InvoiceRows, Ledger, LedgerError, SettlementRows};
use calendar::Calendar;
use rayon::prelude::*;
use walk::{Part, walk};

/// Customers simulated in one go.
const CUSTOMERS_PER_PART: u32 = 128;

/// A simulated portfolio: what a business would see, and the truth behind it.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// Invoices, then credit notes.
    pub invoices: InvoiceTable,
    /// What settled them.
    pub payments: PaymentTable,
    /// Master data.
    pub customers: CustomerTable,
    /// Reminders and calls.
    pub contacts: ContactTable,
    /// Rates into euros.
    pub fx: FxTable,
    /// What the tables do not tell.
    pub truth: Truth,
}

/// Simulates a portfolio.
///
/// The result depends on the plan alone, never on the number of threads, and customer `k` is the same however many
/// customers come after it. Nothing is dated after [`Plan::end`]; what is open then stays open.
///
/// ```
/// use arrears::simulate::{Plan, simulate};
/// let small = simulate(&Plan::new(10, 12, 7));
/// let large = simulate(&Plan::new(20, 12, 7));
/// assert_eq!(small.truth.payer(9), large.truth.payer(9));
/// ```
pub fn simulate(plan: &Plan) -> Simulated {
    let plan = &Plan { months: plan.months.max(1), ..plan.clone() };
    let calendar = Calendar::new(plan);
    let parts = (0..plan.customers.div_ceil(CUSTOMERS_PER_PART)).into_par_iter().map(|p| {
        let mut part = Part::default();
        let first = p * CUSTOMERS_PER_PART;
        for k in first..(first + CUSTOMERS_PER_PART).min(plan.customers) {
            walk(plan, &calendar, k, &mut part);
        }
        part
    });
    assemble(plan, parts.collect(), calendar)
}

/// Puts the parts end to end, credit notes last.
fn assemble(plan: &Plan, parts: Vec<Part>, calendar: Calendar) -> Simulated {
    let fx = FxTable::new(plan, &calendar);
    let count = |n: fn(&Part) -> usize| parts.iter().map(n).sum::<usize>();
    let mut invoices = InvoiceTable::default();
    let n_invoices = count(|p| p.invoices.len() + p.notes.len());
    invoices.reserve(n_invoices, n_invoices * ID_BYTES);
    let mut payments = PaymentTable::default();
    let n_payments = count(|p| p.payments.len());
    payments.reserve(n_payments, n_payments * ID_BYTES);
    let mut contacts = ContactTable::default();
    let mut notes = Vec::new();
    let mut truth = Truth::new(plan, calendar);
    for part in parts {
        let first = invoices.len() as u32;
        invoices.append(part.invoices);
        payments.append(part.payments, first);
        contacts.append(part.contacts, first);
        notes.push(part.notes);
        truth.fates.append(part.fates, first);
        truth.payers.extend(part.payers);
        truth.regimes.extend(part.regimes);
        truth.contact_effect.extend(part.effects);
    }
    truth.take_tables(&invoices, &contacts);
    notes.into_iter().for_each(|n| invoices.append(n));
    let customers = CustomerTable::of(&truth.payers);
    Simulated { invoices, payments, customers, contacts, fx, truth }
}

/// Bytes of an invoice's or a payment's id.
const ID_BYTES: usize = 14;

impl Simulated {
    /// Invoices and settlements as [`Ledger::try_new`] takes them.
    pub fn into_rows(self) -> (InvoiceRows, SettlementRows) {
        rows(self.invoices, self.payments, self.customers.customer_id)
    }

    /// The ledger of the tables. Its invoices are in the order of the invoices' table.
    ///
    /// # Errors
    /// [`LedgerError`] past what a ledger can hold.
    pub fn ledger(&self) -> Result<Ledger, LedgerError> {
        let (invoices, settlements) =
            rows(self.invoices.clone(), self.payments.clone(), self.customers.customer_id.clone());
        Ledger::try_new(invoices, settlements)
    }
}

fn rows(
    invoices: InvoiceTable,
    payments: PaymentTable,
    customer_id: TextColumn,
) -> (InvoiceRows, SettlementRows) {
    (invoices.into_rows(customer_id), payments.into_rows())
}
