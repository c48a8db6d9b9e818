//! Each stage of a run at several sizes: `cargo bench --bench stages`, sizes by `ARREARS_BENCH_INVOICES=10000,1000000`.

#![allow(missing_docs)] // of what criterion's macros make

use arrears::contract::{Column, Stamp, Table, encode_parquet};
use arrears::core::Day;
use arrears::features::{Purpose, survey};
use arrears::ingest::{Book, Sources, check_owned, read};
use arrears::ledger::Known;
use arrears::model::hazard;
use arrears::pipeline::demo::{Plan, TableFormat, simulate_to};
use arrears::policy::ValidPolicy;
use arrears::score::PartPayments;
use arrears::{forecast, score};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use polars::prelude::{LazyFrame, PlRefPath, ScanArgsParquet, col, lit};
use std::hint::black_box;
use std::time::Duration;

/// Months of the simulated ledgers, and the invoices that one of their customers has in them.
const MONTHS: u32 = 36;
const INVOICES_PER_CUSTOMER: u32 = 70;

struct Bench {
    n: u32,
    sources: Sources,
    known: Known,
    policy: ValidPolicy,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new(n: u32) -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let out = folder.path().join("ledger");
        let made = simulate_to(&out, &Plan::new(n / INVOICES_PER_CUSTOMER, MONTHS, 1), TableFormat::Parquet)?;
        let sources = Sources {
            invoices: out.join("invoices.parquet"),
            payments: Some(out.join("payments.parquet")),
            ..Sources::default()
        };
        let policy = arrears::policy::load(None)?;
        let known = book(&sources, made.end, &policy)?.ledger.into_known(made.end);
        Ok(Self { n, sources, known, policy, _folder: folder })
    }
}

fn book(sources: &Sources, as_of: Day, policy: &ValidPolicy) -> Result<Book, arrears::Error> {
    Ok(check_owned(read(sources)?, Some(as_of), policy)?)
}

/// What any reader of the file must at least do: scan every column and sum it.
fn floor(sources: &Sources) -> Option<polars::prelude::DataFrame> {
    let path = PlRefPath::new(sources.invoices.to_str()?);
    let scan = LazyFrame::scan_parquet(path, ScanArgsParquet::default()).ok()?;
    let texts = ["invoice_id", "customer_id"].map(|c| col(c).str().len_bytes().sum());
    let sums = [col("issue_date").max(), col("due_date").max(), col("amount").sum(), lit(1).alias("one")];
    scan.select(texts.into_iter().chain(sums).collect::<Vec<_>>()).collect().ok()
}

fn stages(criterion: &mut Criterion) {
    let sizes = std::env::var("ARREARS_BENCH_INVOICES").unwrap_or_else(|_| "10000,100000,1000000".to_owned());
    for n in sizes.split(',').filter_map(|n| n.trim().parse().ok()) {
        let bench = match Bench::new(n) {
            Ok(bench) => bench,
            Err(e) => panic!("no ledger of {n} invoices: {e}"),
        };
        one_size(criterion, &bench);
    }
}

fn one_size(criterion: &mut Criterion, bench: &Bench) {
    let Bench { n, sources, known, policy, .. } = bench;
    let as_of = known.as_of();
    let mut group = criterion.benchmark_group("stages");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .throughput(Throughput::Elements(u64::from(*n)));
    let id = |name: &str| BenchmarkId::new(name, n);

    group.bench_function(id("floor_polars_scan_and_sum"), |b| b.iter(|| black_box(floor(sources))));
    group.bench_function(id("ingest"), |b| b.iter(|| black_box(book(sources, as_of, policy).is_ok())));
    group.bench_function(id("sweep"), |b| b.iter(|| black_box(survey(known, policy, Purpose::Score))));
    let seen = survey(known, policy, Purpose::Fit);
    group.bench_function(id("fit"), |b| b.iter(|| black_box(hazard::fit(known, &seen, policy, 0).is_ok())));
    if let Ok(model) = hazard::fit(known, &seen, policy, 0) {
        group.bench_function(id("score"), |b| {
            b.iter(|| black_box(score::predict(known, &seen, &model, policy)))
        });
        let p = score::predict(known, &seen, &model, policy);
        group.bench_function(id("forecast"), |b| {
            let curves = (&p.curves, &PartPayments::of(known));
            b.iter(|| black_box(forecast::cash_forecast(known, &p.open, curves, &[], policy, 0)));
        });
    }
    let table = || {
        let n = known.n_invoices();
        Table::try_new(
            "invoices",
            vec![
                ("invoice_id", Column::Text(known.invoice_id.clone())),
                (
                    "customer_id",
                    Column::Coded { text: known.customer_id.clone(), code: known.customer.clone() },
                ),
                ("issue_date", Column::Date(known.issue.clone())),
                ("due_date", Column::OptDate(known.due.iter().map(|d| Some(*d)).collect())),
                ("amount", Column::Amount(known.amount.clone())),
                ("currency", Column::OptText(vec![Some("EUR".to_owned()); n])),
            ],
        )
    };
    if let Ok(table) = table() {
        group.bench_function(id("write"), |b| {
            b.iter(|| black_box(encode_parquet(&table, &Stamp::default()).is_ok()))
        });
    }
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
