//! Small ledgers for tests of other modules.

use super::InvoiceRows;
use crate::core::{Amount, Currency, TextColumn};

/// Rows of `(invoice_id, customer_id, currency, due, amount)`, issued 30 days before they are due.
pub(crate) fn invoices(bills: &[(&str, &str, &str, i32, &str)]) -> InvoiceRows {
    let mut customers: Vec<&str> = bills.iter().map(|b| b.1).collect();
    let mut currencies: Vec<Currency> = bills.iter().map(|b| Currency::try_new(b.2).unwrap()).collect();
    let currency_of_row = currencies.clone();
    customers.sort_unstable();
    customers.dedup();
    currencies.sort_unstable();
    currencies.dedup();
    InvoiceRows {
        invoice_id: bills.iter().map(|b| b.0).collect(),
        customer: bills.iter().map(|b| customers.binary_search(&b.1).unwrap() as u32).collect(),
        customer_id: customers.into_iter().collect::<TextColumn>(),
        currency: currency_of_row.iter().map(|c| currencies.binary_search(c).unwrap() as u16).collect(),
        currency_code: currencies,
        issue: bills.iter().map(|b| b.3 - 30).collect(),
        due: bills.iter().map(|b| b.3).collect(),
        amount: bills.iter().map(|b| Amount::parse(b.4).unwrap()).collect(),
        ..InvoiceRows::default()
    }
}
