//! Money questions, methods of payment and segments, as tables of the contract.

use crate::analytics::{
    CreditLimit, FactoringRow, Groups, HandoverRow, InstalmentRow, InsuranceRow, LateInterest, MethodRow,
};
use crate::collect::SegmentRow;
use crate::contract::{Column, ContractError, Table};
use crate::core::{Currency, Day};
use crate::ledger::Known;
use crate::policy::ValidPolicy;

/// Where the rates of a table are known from.
const ASSUMED: &str = "assumed";

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

/// `credit_insurance`, by customer, then currency.
pub fn credit_insurance(rows: &[InsuranceRow], known: &Known) -> Result<Table, ContractError> {
    let f64s = |f: fn(&InsuranceRow) -> f64| Column::F64(rows.iter().map(f).collect());
    let mut columns = of_customers(known, rows.iter().map(|r| (r.customer, r.currency)));
    columns.extend([
        ("open_amount", Column::Amount(rows.iter().map(|r| r.open_amount).collect())),
        ("insured_amount", Column::Amount(rows.iter().map(|r| r.insured_amount).collect())),
        ("unpaid_prob", f64s(|r| r.unpaid_prob)),
        ("premium", f64s(|r| r.premium)),
        ("expected_recovery", f64s(|r| r.expected_recovery)),
        ("gain", f64s(|r| r.gain)),
        ("break_even_rate", f64s(|r| r.break_even_rate)),
        ("insure", Column::Bool(rows.iter().map(|r| r.gain > 0.0).collect())),
        ("basis", assumed(rows.len())),
    ]);
    Table::try_new("credit_insurance", columns)
}

/// `instalment_offers`, by customer, then currency.
pub fn instalment_offers(
    rows: &[InstalmentRow],
    known: &Known,
    policy: &ValidPolicy,
) -> Result<Table, ContractError> {
    let (n, terms) = (rows.len(), &policy.instalments);
    let f64s = |f: fn(&InstalmentRow) -> f64| Column::F64(rows.iter().map(f).collect());
    let flags = |f: fn(&InstalmentRow) -> bool| Column::Bool(rows.iter().map(f).collect());
    let mut columns = of_customers(known, rows.iter().map(|r| (r.customer, r.currency)));
    columns.extend([
        ("overdue_amount", Column::Amount(rows.iter().map(|r| r.overdue_amount).collect())),
        ("oldest_days_past_due", Column::I32(rows.iter().map(|r| r.oldest_days_past_due).collect())),
        ("open_30_prob", f64s(|r| r.open_30_prob)),
        ("is_later_than_ever", flags(|r| r.is_later_than_ever)),
        ("has_part_paid", flags(|r| r.has_part_paid)),
        ("parts", Column::I32(vec![terms.parts as i32; n])),
        ("part", f64s(|r| r.part)),
        ("every_days", Column::I32(vec![terms.every_days; n])),
        ("kept_prob", Column::F64(vec![terms.kept_prob; n])),
        ("expected_kept", f64s(|r| r.expected_kept)),
        ("expected_parts", f64s(|r| r.expected_parts)),
        ("keep_value", f64s(|r| r.keep_value)),
        ("parts_value", f64s(|r| r.parts_value)),
        ("gain", f64s(|r| r.gain)),
        ("break_even_prob", Column::OptF64(rows.iter().map(|r| r.break_even_prob).collect())),
        ("offer", flags(|r| r.offer)),
        ("basis", assumed(n)),
    ]);
    Table::try_new("instalment_offers", columns)
}

/// `handover`, in the order of the ledger.
pub fn handover(rows: &[HandoverRow], known: &Known) -> Result<Table, ContractError> {
    let index: Vec<u32> = rows.iter().map(|r| r.invoice).collect();
    let f64s = |f: fn(&HandoverRow) -> f64| Column::F64(rows.iter().map(f).collect());
    let mut columns = of_invoices(known, &index);
    columns.extend([
        ("days_past_due", Column::I32(rows.iter().map(|r| r.days_past_due).collect())),
        ("recovery_rate", f64s(|r| r.recovery_rate)),
        ("keep_value", f64s(|r| r.keep_value)),
        ("agency_value", f64s(|r| r.agency_value)),
        ("legal_value", f64s(|r| r.legal_value)),
        ("route", Column::Text(rows.iter().map(|r| r.route.name()).collect())),
        ("gain", f64s(|r| r.gain)),
        ("hand_over", Column::Bool(rows.iter().map(|r| r.gain > 0.0).collect())),
        ("from_days_past_due", Column::OptI32(rows.iter().map(|r| r.from_days_past_due).collect())),
        ("basis", assumed(rows.len())),
    ]);
    Table::try_new("handover", columns)
}

/// `payment_methods`, by currency, segment and method.
pub fn payment_methods(
    rows: &[MethodRow],
    groups: &Groups,
    known: &Known,
    policy: &ValidPolicy,
) -> Result<Table, ContractError> {
    let n = rows.len();
    let optional = |f: fn(&MethodRow) -> Option<f64>| Column::OptF64(rows.iter().map(f).collect());
    let currencies: Vec<Currency> = rows.iter().map(|r| groups.currency(r.group)).collect();
    let label = |r: &MethodRow| r.method.map(|m| known.settlement_method.label[m].clone());
    let rate = |r: &MethodRow| r.cost.filter(|_| r.amount.0 > 0).map(|cost| cost / r.amount.to_f64());
    Table::try_new(
        "payment_methods",
        vec![
            ("as_of", Column::SameDate { day: known.as_of(), n }),
            ("currency", Column::Text(currencies.iter().map(|c| c.as_str()).collect())),
            ("segment", Column::Text(rows.iter().map(|r| groups.title(r.group)).collect())),
            ("method", Column::OptText(rows.iter().map(label).collect())),
            ("window_days", Column::I32(vec![policy.kpi.window_days; n])),
            ("n_payments", Column::I64(rows.iter().map(|r| r.n_payments as i64).collect())),
            ("amount", Column::Amount(rows.iter().map(|r| r.amount).collect())),
            ("days_to_pay", optional(|r| r.days_to_pay)),
            ("days_beyond_terms", optional(|r| r.days_beyond_terms)),
            ("cost", optional(|r| r.cost)),
            ("cost_rate", Column::OptF64(rows.iter().map(rate).collect())),
        ],
    )
}

/// `segments`: `all`, then each name's values from the easiest on.
pub fn segments(
    rows: &[SegmentRow],
    reporting_currency: Currency,
    as_of: Day,
) -> Result<Table, ContractError> {
    let n = rows.len();
    let f64s = |f: fn(&SegmentRow) -> f64| Column::F64(rows.iter().map(f).collect());
    Table::try_new(
        "segments",
        vec![
            ("as_of", Column::SameDate { day: as_of, n }),
            ("reporting_currency", Column::SameText { text: reporting_currency.to_string(), n }),
            ("segment", Column::Text(rows.iter().map(|r| r.segment.as_str()).collect())),
            ("rank", Column::OptI32(rows.iter().map(|r| r.rank.map(|rank| rank as i32)).collect())),
            ("n_invoices", Column::I64(rows.iter().map(|r| r.n_invoices as i64).collect())),
            ("open_amount", Column::Amount(rows.iter().map(|r| r.open_amount).collect())),
            ("overdue_amount", Column::Amount(rows.iter().map(|r| r.overdue_amount).collect())),
            ("expected_30", f64s(|r| r.expected_30)),
            ("expected_90", f64s(|r| r.expected_90)),
            ("unpaid_prob", f64s(SegmentRow::unpaid_prob)),
            ("expected_days", f64s(|r| r.expected_days)),
            ("keep_value", f64s(|r| r.keep_value)),
            ("keep_rate", f64s(SegmentRow::keep_rate)),
            ("expected_gain", f64s(|r| r.expected_gain)),
            ("cost", f64s(|r| r.cost)),
        ],
    )
}

fn assumed(n: usize) -> Column {
    Column::SameText { text: ASSUMED.to_owned(), n }
}

/// The columns that say which customer and currency a row is of.
fn of_customers(
    known: &Known,
    rows: impl ExactSizeIterator<Item = (u32, u16)> + Clone,
) -> Vec<(&'static str, Column)> {
    let customers: Vec<u32> = rows.clone().map(|r| r.0).collect();
    vec![
        ("as_of", Column::SameDate { day: known.as_of(), n: customers.len() }),
        ("customer_id", Column::Text(known.customer_id.gather(&customers))),
        ("currency", currency(known, rows.map(|r| r.1))),
    ]
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
