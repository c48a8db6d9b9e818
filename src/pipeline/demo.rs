//! Simulated ledgers as tables of the contract: what `simulate` writes and `demo` runs on.

use crate::contract::{
    Column, ContractError, MANIFEST_FILE, Manifest, NO_TEXT, OutputFile, RunKey, SCHEMA_VERSION, Stamp,
    Table, TableSummary, encode_csv, encode_parquet, policy_hash, sha256_hex, write_folder,
};
use crate::core::{Day, TextColumn};
use crate::error::Error;
use crate::ledger::NEVER;
pub use crate::simulate::{Habit, Plan};
use crate::simulate::{Simulated, simulate};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Customers and months of the demo: enough for habits to show, over in seconds.
const DEMO: (u32, u32) = (600, 30);

/// How input tables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Parquet, as a run writes it.
    Parquet,
    /// CSV with ISO dates and plain decimals.
    Csv,
}

/// What was simulated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Made {
    /// Rows of each table.
    pub rows: BTreeMap<String, usize>,
    /// First day that can have an invoice.
    pub start: Day,
    /// Last simulated day.
    pub end: Day,
    /// The tables as files.
    #[serde(skip)]
    pub files: Vec<OutputFile>,
}

/// The plan of the demo.
pub fn demo_plan(seed: u64) -> Plan {
    Plan::new(DEMO.0, DEMO.1, seed)
}

/// Simulates a ledger and puts its tables into a folder, with a manifest.
///
/// # Errors
/// [`ContractError`] if the folder cannot be written or holds something else.
pub fn simulate_to(out: &Path, plan: &Plan, format: TableFormat) -> Result<Made, Error> {
    let tables = tables(simulate(plan))?;
    let mut made = Made { rows: BTreeMap::new(), start: plan.start, end: plan.end(), files: Vec::new() };
    let mut summaries = BTreeMap::new();
    for table in tables {
        let (bytes, ending) = match format {
            TableFormat::Parquet => (encode_parquet(&table, &Stamp::default())?, "parquet"),
            TableFormat::Csv => (encode_csv(&table)?, "csv"),
        };
        let summary = TableSummary { rows: table.n_rows() as u64, sha256: sha256_hex(&bytes) };
        summaries.insert(table.name().to_owned(), summary);
        made.rows.insert(table.name().to_owned(), table.n_rows());
        made.files.push(OutputFile { name: format!("{}.{ending}", table.name()), bytes });
    }
    let mut files = made.files.clone();
    let manifest = manifest(plan, summaries)?;
    files.push(OutputFile { name: MANIFEST_FILE.to_owned(), bytes: manifest.to_json()? });
    write_folder(out, &files)?;
    Ok(made)
}

/// The manifest of a simulated ledger: a run that read nothing.
fn manifest(plan: &Plan, tables: BTreeMap<String, TableSummary>) -> Result<Manifest, Error> {
    let policy = crate::policy::load(None)?;
    let policy_hash = policy_hash(&policy)?;
    let key = RunKey {
        known_sha256: &format!("{plan:?}"),
        policy_hash: &policy_hash,
        model_sha256: None,
        seed: plan.seed,
        as_of: plan.end(),
    };
    Ok(Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version: SCHEMA_VERSION,
        as_of: plan.end(),
        run_id: key.run_id(),
        policy_hash: policy_hash.clone(),
        seed: plan.seed,
        inputs: Vec::new(),
        counts: Default::default(),
        model: serde_json::Value::Null,
        metrics: BTreeMap::new(),
        warnings: vec!["simulated: no business has these invoices".to_owned()],
        tables,
        timings: Vec::new(),
    })
}

/// The tables of a simulated ledger under the contract's names.
fn tables(s: Simulated) -> Result<Vec<Table>, ContractError> {
    let customer_ids = s.customers.customer_id.clone();
    let invoice_ids = s.invoices.invoice_id.clone();
    let texts = |names: &[&'static str]| names.iter().copied().collect::<TextColumn>();
    let coded = |names: Vec<&'static str>| {
        let mut distinct = names.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let code = names.iter().map(|n| distinct.binary_search(n).map_or(NO_TEXT, |k| k as u32)).collect();
        Column::Coded { text: texts(&distinct), code }
    };
    let currencies = |column: &[crate::core::Currency]| {
        let mut distinct = column.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        Column::Coded {
            text: distinct.iter().map(|c| c.as_str()).collect(),
            code: column.iter().map(|c| distinct.binary_search(c).map_or(NO_TEXT, |k| k as u32)).collect(),
        }
    };
    let day = |d: &i32| (*d != NEVER).then_some(*d);
    let dates = |days: &[i32]| Column::OptDate(days.iter().map(day).collect());
    let i = s.invoices;
    let has_discount: Vec<bool> = i.discount_rate.iter().map(|r| *r > 0.0).collect();
    let invoices = Table::try_new(
        "invoices",
        vec![
            ("invoice_id", Column::Text(i.invoice_id)),
            ("customer_id", Column::Coded { text: customer_ids.clone(), code: i.customer }),
            ("issue_date", Column::Date(i.issue)),
            ("due_date", Column::OptDate(i.due.into_iter().map(Some).collect())),
            ("amount", Column::Amount(i.amount)),
            ("currency", currencies(&i.currency)),
            ("kind", coded(i.kind.iter().map(|k| k.name()).collect())),
            ("dispute_date", dates(&i.dispute)),
            ("dispute_closed_date", dates(&i.dispute_closed)),
            (
                "discount_rate",
                Column::OptF64(
                    i.discount_rate.iter().zip(&has_discount).map(|(r, has)| has.then_some(*r)).collect(),
                ),
            ),
            (
                "discount_days",
                Column::OptI32(
                    i.discount_days.iter().zip(&has_discount).map(|(d, has)| has.then_some(*d)).collect(),
                ),
            ),
        ],
    )?;
    let p = s.payments;
    let payments = Table::try_new(
        "payments",
        vec![
            ("invoice_id", Column::Text(invoice_ids.gather(&p.invoice))),
            ("payment_date", Column::Date(p.day)),
            ("amount", Column::Amount(p.amount)),
            ("payment_id", Column::OptText(p.payment_id.iter().map(|t| Some(t.to_owned())).collect())),
            ("kind", coded(p.kind.iter().map(|k| k.name()).collect())),
            ("recorded_date", dates(&p.recorded)),
        ],
    )?;
    let c = s.customers;
    let opt = |column: &TextColumn| Column::OptText(column.iter().map(|t| Some(t.to_owned())).collect());
    let customers = Table::try_new(
        "customers",
        vec![
            ("customer_id", Column::Text(c.customer_id.clone())),
            ("name", opt(&c.name)),
            ("industry", opt(&c.industry)),
            ("country", opt(&c.country)),
            ("credit_limit", Column::OptAmount(c.credit_limit.into_iter().map(Some).collect())),
        ],
    )?;
    let k = s.contacts;
    let promised: Vec<bool> = k.promise_day.iter().map(|d| *d != NEVER).collect();
    let contacts = Table::try_new(
        "contacts",
        vec![
            ("customer_id", Column::Coded { text: customer_ids, code: k.customer }),
            ("contact_date", Column::Date(k.day)),
            ("channel", coded(k.channel.iter().map(|c| c.name()).collect())),
            ("invoice_id", Column::Text(invoice_ids.gather(&k.invoice))),
            ("outcome", coded(k.outcome.iter().map(|o| o.name()).collect())),
            ("promise_date", dates(&k.promise_day)),
            (
                "promise_amount",
                Column::OptAmount(
                    k.promise_amount.iter().zip(&promised).map(|(a, has)| has.then_some(*a)).collect(),
                ),
            ),
        ],
    )?;
    let fx = Table::try_new(
        "fx",
        vec![
            ("currency", currencies(&s.fx.currency)),
            ("date", Column::Date(s.fx.day)),
            ("rate", Column::F64(s.fx.rate)),
        ],
    )?;
    Ok(vec![invoices, payments, customers, contacts, fx])
}
