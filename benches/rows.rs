//! The fit alone, on rows that another library can read: times our solver on a ledger's training rows and leaves the
//! rows as `x.npy`, `y.npy` and `w.npy`.
//!
//! `cargo bench --bench rows -- LEDGER_FOLDER AS_OF OUT_FOLDER`, then `python benches/newton_cholesky.py OUT_FOLDER`.

#![allow(clippy::print_stdout)] // its figures go there

use arrears::features::{Purpose, person_periods, survey};
use arrears::ingest::{Sources, check_owned, read};
use arrears::model::hazard::Design;
use arrears::model::solver::Newton;
use linfa::traits::Fit;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

/// Fits timed; the median is told.
const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let [folder, as_of, out] = args.as_slice() else {
        println!("usage: cargo bench --bench rows -- LEDGER_FOLDER AS_OF OUT_FOLDER");
        return Ok(());
    };
    let folder = Path::new(folder);
    let sources = Sources {
        invoices: folder.join("invoices.parquet"),
        payments: Some(folder.join("payments.parquet")),
        ..Sources::default()
    };
    let policy = arrears::policy::load(None)?;
    let as_of = as_of.parse()?;
    let known = check_owned(read(&sources)?, Some(as_of), &policy)?.ledger.into_known(as_of);
    let seen = survey(&known, &policy, Purpose::Fit);
    let design = Design::new(person_periods(&known, &seen, &policy, 0), &policy)?;
    let (x, y) = (design.rows.records(), design.rows.targets());
    let w = design.rows.weights().unwrap_or_default();

    let m = &policy.model;
    let newton = Newton { penalty: m.penalty, tolerance: m.tolerance, iterations_max: m.iterations_max };
    let mut seconds = Vec::new();
    let mut fitted = newton.fit(&design.rows)?;
    for _ in 0..RUNS {
        let start = Instant::now();
        fitted = newton.fit(&design.rows)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    println!(
        "arrears newton: {} rows x {} columns, median of {RUNS}: {:.3} s",
        x.nrows(),
        x.ncols(),
        seconds[RUNS / 2]
    );

    let out = Path::new(out);
    std::fs::create_dir_all(out)?;
    let (n, p) = x.dim();
    npy(&out.join("x.npy"), "<f8", &format!("({n}, {p})"), x.iter().flat_map(|v| v.to_le_bytes()))?;
    npy(&out.join("y.npy"), "|b1", &format!("({n},)"), y.iter().map(|v| u8::from(*v)))?;
    npy(&out.join("w.npy"), "<f4", &format!("({n},)"), w.iter().flat_map(|v| v.to_le_bytes()))?;
    let mut beta = vec![fitted.intercept];
    beta.extend(&fitted.coefficients);
    let n = beta.len();
    npy(&out.join("beta.npy"), "<f8", &format!("({n},)"), beta.iter().flat_map(|v| v.to_le_bytes()))?;
    std::fs::write(out.join("penalty.txt"), m.penalty.to_string())?;
    Ok(())
}

/// An array as NumPy reads it. Source: NEP 1, version 1.0 of the format.
fn npy(file: &Path, kind: &str, shape: &str, bytes: impl Iterator<Item = u8>) -> std::io::Result<()> {
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut out = BufWriter::new(File::create(file)?);
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&(header.len() as u16).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    for byte in bytes {
        out.write_all(&[byte])?;
    }
    out.flush()
}
