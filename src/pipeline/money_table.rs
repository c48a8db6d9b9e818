//! Credit limits, interest and factoring, as tables of the contract.

use crate::analytics::{CreditLimit, FactoringRow, LateInterest};
use crate::contract::{Column, ContractError, Table};
use crate::ledger::Known;

/// `credit_limits`, by customer, then currency.
pub fn credit_limits(limits: &[CreditLimit], known: &Known) -> Result<Table, ContractError> {
    let customers: Vec<u32> = limits.iter().map(|l| l.customer).collect();
    let f64s = |f: fn(&CreditLimit) -> f64| Column::F64(limits.iter().map(f).collect());
    let flags = |f: fn(&CreditLimit) -> bool| Column::Bool(limits.iter().map(f).collect());
    Table::try_new(
        "credit_limits",
        vec![
            ("as_of", Column::SameDate { day: known.as_of(), n: limits.len() }),
            ("customer_id", Column::Text(known.customer_id.gather(&customers))),
            ("currency", currency(known, limits.iter().map(|l| l.currency))),
            ("open_amount", Column::Amount(limits.iter().map(|l| l.open_amount).collect())),
            ("sales_per_day", f64s(|l| l.sales_per_day)),
            ("days_to_pay", f64s(|l| l.days_to_pay)),
            ("unpaid_prob", f64s(|l| l.unpaid_prob)),
            ("expected_loss", f64s(|l| l.expected_loss)),
            ("recommended_limit", f64s(|l| l.limit)),
            ("is_over", flags(|l| l.is_over)),
            ("is_stopped", flags(|l| l.is_stopped)),
        ],
    )
}

/// `late_interest`, in the order of the ledger.
pub fn late_interest(rows: &[LateInterest], known: &Known) -> Result<Table, ContractError> {
    let index: Vec<u32> = rows.iter().map(|r| r.invoice).collect();
    let f64s = |f: fn(&LateInterest) -> f64| Column::F64(rows.iter().map(f).collect());
    let past = index.iter().map(|&i| known.as_of().0 - known.due[i as usize]).collect();
    let mut columns = of_invoices(known, &index);
    columns.extend([
        ("days_past_due", Column::I32(past)),
        ("rules", Column::Text(rows.iter().map(|r| r.rules).collect())),
        ("interest", f64s(|r| r.interest)),
        ("fixed_sum", f64s(|r| r.fixed_sum)),
        ("interest_per_day", f64s(|r| r.per_day)),
    ]);
    Table::try_new("late_interest", columns)
}

/// `factoring`, in the order of the ledger.
pub fn factoring(rows: &[FactoringRow], known: &Known) -> Result<Table, ContractError> {
    let index: Vec<u32> = rows.iter().map(|r| r.invoice).collect();
    let f64s = |f: fn(&FactoringRow) -> f64| Column::F64(rows.iter().map(f).collect());
    let mut columns = of_invoices(known, &index);
    columns.extend([
        ("expected_days", f64s(|r| r.expected_days)),
        ("unpaid_prob", f64s(|r| r.unpaid_prob)),
        ("advance", Column::Amount(rows.iter().map(|r| r.advance).collect())),
        ("fee", f64s(|r| r.fee)),
        ("keep_value", f64s(|r| r.keep_value)),
        ("sell_value", f64s(|r| r.sell_value)),
        ("gain", f64s(|r| r.gain)),
        ("sell", Column::Bool(rows.iter().map(|r| r.gain > 0.0).collect())),
    ]);
    Table::try_new("factoring", columns)
}

/// The columns that say which invoice a row is of.
fn of_invoices(known: &Known, index: &[u32]) -> Vec<(&'static str, Column)> {
    let customers: Vec<u32> = index.iter().map(|&i| known.customer[i as usize]).collect();
    vec![
        ("as_of", Column::SameDate { day: known.as_of(), n: index.len() }),
        ("invoice_id", Column::Text(known.invoice_id.gather(index))),
        ("customer_id", Column::Text(known.customer_id.gather(&customers))),
        ("currency", currency(known, index.iter().map(|&i| known.currency[i as usize]))),
        ("open_amount", Column::Amount(index.iter().map(|&i| known.open_amount[i as usize]).collect())),
    ]
}

fn currency(known: &Known, codes: impl Iterator<Item = u16>) -> Column {
    Column::Coded {
        text: known.currency_code.iter().map(|c| c.as_str()).collect(),
        code: codes.map(u32::from).collect(),
    }
}
