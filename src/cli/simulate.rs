//! `arrears simulate`.

use super::input::SeedArg;
use super::progress::Progress;
use super::render::Screen;
use crate::core::spelling::nearest;
use crate::error::Error;
use crate::pipeline::Observer;
use crate::pipeline::demo::{Habit, Plan, TableFormat, simulate_to};
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
    /// Habits that its payers lack: pay_runs, stress, drift, disputes, contacts, partials, backdated
    #[arg(long, value_name = "HABIT,...", value_delimiter = ',', value_parser = habit)]
    pub without: Vec<Habit>,
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

fn habit(text: &str) -> Result<Habit, String> {
    let known = Habit::ALL.map(|(name, _)| name);
    let found = Habit::ALL.iter().find(|(name, _)| *name == text).map(|(_, habit)| *habit);
    found.ok_or_else(|| match nearest(text, &known) {
        Some(near) => format!("the nearest known one is {near}"),
        None => format!("expected one of {}", known.join(", ")),
    })
}

/// Simulates a ledger and writes its tables.
///
/// # Errors
/// If the folder cannot be written or holds something else.
pub fn run(args: &SimulateArgs, screen: &Screen) -> Result<(), Error> {
    let format = if args.csv { TableFormat::Csv } else { TableFormat::Parquet };
    let progress = Progress::new(*screen);
    progress.stage("simulate");
    let plan = Plan::new(args.customers, args.months, args.seed.seed);
    let plan = args.without.iter().fold(plan, |plan, habit| plan.without(*habit));
    let made = simulate_to(&args.out, &plan, format)?;
    progress.finish();
    let text = || {
        let lines: Vec<String> = made.rows.iter().map(|(table, n)| format!("{table} {n}")).collect();
        format!("{}\nfrom {} to {}", lines.join("\n"), made.start, made.end)
    };
    screen.note(&format!("written to {}", args.out.display()));
    screen.data(text, &made)
}
