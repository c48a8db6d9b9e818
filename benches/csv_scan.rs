//! A CSV of invoices read and checked beside Polars' own scan of it with the same types, each in a process of its own.
//!
//! `cargo bench --bench csv_scan -- [ROWS] [RUNS]`; by default 1,000,000 rows, nine runs of each in turn.

#![allow(clippy::print_stdout)] // its figures go there

use arrears::ingest::{Sources, check_owned, read};
use arrears::pipeline::demo::{Plan, TableFormat, simulate_to};
use polars::prelude::*;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Months of the simulated ledger, and the invoices that one of its customers has in them.
const MONTHS: u32 = 36;
const INVOICES_PER_CUSTOMER: u32 = 70;

/// Columns that arrears reads of the simulated invoices, with the types that it makes of them.
const COLUMNS: [(&str, DataType); 9] = [
    ("invoice_id", DataType::String),
    ("customer_id", DataType::String),
    ("issue_date", DataType::Date),
    ("due_date", DataType::Date),
    ("amount", DataType::Decimal(18, 4)),
    ("currency", DataType::String),
    ("kind", DataType::String),
    ("dispute_date", DataType::Date),
    ("dispute_closed_date", DataType::Date),
];

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    if let [who, file] = args.as_slice()
        && Path::new(file).exists()
    {
        return one(who, Path::new(file));
    }
    let number = |at: usize, default: u32| args.get(at).map_or(Ok(default), |a| a.parse());
    let (rows, runs) = (number(0, 1_000_000)?, number(1, 9)?);
    let home = tempfile::tempdir()?;
    let out = home.path().join("ledger");
    let made = simulate_to(&out, &Plan::new(rows / INVOICES_PER_CUSTOMER, MONTHS, 1), TableFormat::Csv)?;
    let file = out.join("invoices.csv");
    let size = std::fs::metadata(&file)?.len() as f64;
    println!(
        "{} rows, {:.1} MB; seconds and peak memory in sizes of the file",
        made.rows["invoices"],
        size / 1e6
    );
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        ours.push(child("arrears", &file)?);
        theirs.push(child("polars", &file)?);
    }
    let median = |runs: &mut Vec<(f64, f64)>| {
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let peak = runs.iter().map(|r| r.1).fold(0.0, f64::max);
        (runs[runs.len() / 2].0, runs[0].0, peak / size)
    };
    let (a, b) = (median(&mut ours), median(&mut theirs));
    println!("arrears read + check     median {:.3}  best {:.3}  peak {:.2}", a.0, a.1, a.2);
    println!("polars scan_csv, collect median {:.3}  best {:.3}  peak {:.2}", b.0, b.1, b.2);
    println!("speed of arrears to Polars' {:.2}, at best {:.2}", b.0 / a.0, b.1 / a.1);
    Ok(())
}

/// Seconds and peak bytes of one reader in a fresh process.
fn child(who: &str, file: &Path) -> Outcome<(f64, f64)> {
    // as `arrears check` starts itself
    let small_pages = ("MIMALLOC_ALLOW_THP", "0");
    let mut child = Command::new(std::env::current_exe()?);
    let output = child.arg(who).arg(file).env(small_pages.0, small_pages.1).output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut numbers = text.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(seconds), Some(bytes)) => Ok((seconds?, bytes?)),
        _ => Err(format!("{who} said `{text}`: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

fn one(who: &str, file: &Path) -> Outcome<()> {
    let policy = arrears::policy::load(None)?;
    let start = Instant::now();
    let n = match who {
        "polars" => polars_rows(file)?,
        _ => {
            let raw = read(&Sources { invoices: file.to_owned(), ..Sources::default() })?;
            check_owned(raw, None, &policy)?.inputs[0].rows as usize
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds} {} {n}", peak_bytes()?);
    Ok(())
}

fn polars_rows(file: &Path) -> Outcome<usize> {
    let types = COLUMNS.into_iter().map(|(name, dtype)| Field::new(name.into(), dtype)).collect::<Schema>();
    let path = PlRefPath::new(file.to_str().ok_or("the path is no text")?);
    let scan = LazyCsvReader::new(path).with_dtype_overwrite(Some(Arc::new(types))).finish()?;
    let columns = COLUMNS.iter().map(|(name, _)| col(*name)).collect::<Vec<_>>();
    Ok(scan.select(columns).collect()?.height())
}

/// The high-water mark of this process. Source: proc(5), `VmHWM`.
fn peak_bytes() -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024.0)
}
