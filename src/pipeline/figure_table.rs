//! Key figures and money questions, as tables of the contract.

use crate::analytics::{DiscountOffer, Groups, KpiRow, ProvisionRow, roll_rates};
use crate::contract::{Column, ContractError, Table};
use crate::core::{AgingBucket, Amount, Day};
use crate::ledger::Known;
use crate::policy::ValidPolicy;

/// Where an invoice is that is in no bucket any more.
const SETTLED: &str = "settled";

fn currency<'a>(groups: &Groups, rows: impl Iterator<Item = &'a usize>) -> Column {
    Column::Text(rows.map(|g| groups.currency(*g)).collect::<Vec<_>>().iter().map(|c| c.as_str()).collect())
}

fn segment<'a>(groups: &'a Groups, rows: impl Iterator<Item = &'a usize>) -> Column {
    Column::Text(rows.map(|g| groups.title(*g)).collect())
}

/// `kpis`, or `kpi_trend` with its day of each row.
pub fn kpis(name: &str, rows: &[KpiRow], groups: &Groups, as_of: Day) -> Result<Table, ContractError> {
    let n = rows.len();
    let text = |f: fn(&KpiRow) -> &'static str| Column::Text(rows.iter().map(f).collect());
    let number = |f: fn(&KpiRow) -> Option<f64>| Column::OptF64(rows.iter().map(f).collect());
    let mut columns = vec![
        ("kpi", text(|r| r.definition.kpi)),
        ("definition_id", text(|r| r.definition.definition_id)),
        ("basis", text(|r| r.definition.basis)),
        ("window_days", Column::OptI32(rows.iter().map(|r| r.window_days).collect())),
        ("as_of", Column::SameDate { day: as_of, n }),
    ];
    if name == "kpi_trend" {
        columns.push(("month_end", Column::Date(rows.iter().map(|r| r.day).collect())));
    }
    columns.extend([
        ("currency", currency(groups, rows.iter().map(|r| &r.group))),
        ("segment", segment(groups, rows.iter().map(|r| &r.group))),
        ("value", number(|r| r.figure.value)),
        ("numerator", number(|r| r.figure.numerator)),
        ("denominator", number(|r| r.figure.denominator)),
    ]);
    Table::try_new(name, columns)
}

/// `roll_rates`: every pair of buckets of a group in which something was open.
pub fn rolls(
    rolls: &[Vec<Vec<i128>>],
    groups: &Groups,
    as_of: Day,
    policy: &ValidPolicy,
) -> Result<Table, ContractError> {
    let buckets = AgingBucket::from_edges(&policy.ledger.aging_edges_days);
    let names: Vec<String> = buckets.iter().map(AgingBucket::name).chain([SETTLED.to_owned()]).collect();
    let (mut group, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new());
    let (mut amount, mut rate) = (Vec::new(), Vec::new());
    for (g, moved) in rolls.iter().enumerate().filter(|(_, m)| m.iter().flatten().any(|a| *a > 0)) {
        let rates = roll_rates(moved);
        for (b, row) in moved.iter().enumerate() {
            for (t, moved) in row.iter().enumerate().skip(b) {
                group.push(g);
                from.push(names[b].as_str());
                to.push(names[t].as_str());
                // a sum of twelve month ends of one ledger fits as each of them does
                amount.push(Amount(i64::try_from(*moved).unwrap_or(i64::MAX)));
                rate.push(rates[b].as_ref().map(|rates| rates[t]));
            }
        }
    }
    Table::try_new(
        "roll_rates",
        vec![
            ("as_of", Column::SameDate { day: as_of, n: group.len() }),
            ("currency", currency(groups, group.iter())),
            ("segment", segment(groups, group.iter())),
            ("from_bucket", Column::Text(from.into_iter().collect())),
            ("to_bucket", Column::Text(to.into_iter().collect())),
            ("amount", Column::Amount(amount)),
            ("rate", Column::OptF64(rate)),
        ],
    )
}

/// `provision`.
pub fn provision(rows: &[ProvisionRow], groups: &Groups, as_of: Day) -> Result<Table, ContractError> {
    let f64s = |f: fn(&ProvisionRow) -> f64| Column::F64(rows.iter().map(f).collect());
    Table::try_new(
        "provision",
        vec![
            ("as_of", Column::SameDate { day: as_of, n: rows.len() }),
            ("currency", currency(groups, rows.iter().map(|r| &r.group))),
            ("segment", segment(groups, rows.iter().map(|r| &r.group))),
            ("bucket", Column::Text(rows.iter().map(|r| r.bucket.as_str()).collect())),
            ("ead", Column::Amount(rows.iter().map(|r| r.ead).collect())),
            ("pd", f64s(|r| r.pd)),
            ("lgd", f64s(|r| r.lgd)),
            ("ecl", f64s(|r| r.ecl)),
            ("pd_roll_rate", Column::OptF64(rows.iter().map(|r| r.pd_roll_rate).collect())),
            ("ecl_roll_rate", Column::OptF64(rows.iter().map(|r| r.ecl_roll_rate).collect())),
        ],
    )
}

/// `discount_offers`, by customer, then currency.
pub fn discount_offers(
    offers: &[DiscountOffer],
    known: &Known,
    policy: &ValidPolicy,
) -> Result<Table, ContractError> {
    let n = offers.len();
    let customers: Vec<u32> = offers.iter().map(|o| o.customer).collect();
    let f64s = |f: fn(&DiscountOffer) -> f64| Column::F64(offers.iter().map(f).collect());
    let code = |o: &DiscountOffer| known.currency_code[usize::from(o.currency)];
    let codes: Vec<_> = offers.iter().map(code).collect();
    Table::try_new(
        "discount_offers",
        vec![
            ("as_of", Column::SameDate { day: known.as_of(), n }),
            ("customer_id", Column::Text(known.customer_id.gather(&customers))),
            ("currency", Column::Text(codes.iter().map(|c| c.as_str()).collect())),
            ("open_amount", Column::Amount(offers.iter().map(|o| o.open_amount).collect())),
            ("discount_rate", Column::F64(vec![policy.kpi.offer_discount_rate; n])),
            ("discount_days", Column::I32(vec![policy.kpi.offer_discount_days; n])),
            ("expected_days", f64s(|o| o.expected_days)),
            ("unpaid_prob", f64s(|o| o.unpaid_prob)),
            ("simple_rate", Column::OptF64(offers.iter().map(|o| o.simple_rate).collect())),
            ("compound_rate", Column::OptF64(offers.iter().map(|o| o.compound_rate).collect())),
            ("gain", f64s(|o| o.gain)),
            ("break_even_rate", f64s(|o| o.break_even_rate)),
            ("offer", Column::Bool(offers.iter().map(|o| o.offer).collect())),
        ],
    )
}
