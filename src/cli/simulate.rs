//! `arrears simulate`.

use super::input::SeedArg;
use super::progress::Progress;
use super::render::Screen;
use crate::error::Error;
use crate::pipeline::Observer;
use crate::pipeline::demo::{TableFormat, simulate_to};
use clap::Args;
use std::path::PathBuf;

/// Make a realistic ledger whose truth is known
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct SimulateArgs {
    /// Number of customers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub customers: u32,
    /// Months of invoices
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u32).range(1..=600))]
    pub months: u32,
    /// Write CSV instead of Parquet
    #[arg(long)]
    pub csv: bool,
    /// Output folder; replaced as a whole if it holds an earlier ledger
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub seed: SeedArg,
}

const AFTER_HELP: &str = "\
Example:      arrears simulate --customers 200 --months 24 --seed 7 --out ledger
Exit status:  0 written  1 cannot write  2 bad option";

/// Simulates a ledger and writes its tables.
///
/// # Errors
/// If the folder cannot be written or holds something else.
pub fn run(args: &SimulateArgs, screen: &Screen) -> Result<(), Error> {
    let format = if args.csv { TableFormat::Csv } else { TableFormat::Parquet };
    let progress = Progress::new(*screen);
    progress.stage("simulate");
    let made = simulate_to(&args.out, args.customers, args.months, args.seed.seed, format)?;
    progress.finish();
    let text = || {
        let lines: Vec<String> = made.rows.iter().map(|(table, n)| format!("{table} {n}")).collect();
        format!("{}\nfrom {} to {}", lines.join("\n"), made.start, made.end)
    };
    screen.note(&format!("written to {}", args.out.display()));
    screen.data(text, &made)
}
