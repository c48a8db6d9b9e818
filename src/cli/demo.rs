//! `arrears demo`.

use super::input::SeedArg;
use super::render::Screen;
use super::run::{Beside, run_job};
use crate::error::Error;
use crate::pipeline::demo::{TableFormat, demo_plan, simulate_to};
use crate::pipeline::{Destination, Job, Sources, parse_policy};
use clap::Args;
use std::path::PathBuf;

/// Simulate a ledger, run everything on it and show what comes out
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DemoArgs {
    /// Output folder; replaced as a whole if it holds an earlier run
    #[arg(long, value_name = "DIR", default_value = "arrears-demo")]
    pub out: PathBuf,
    #[command(flatten)]
    pub seed: SeedArg,
}

const AFTER_HELP: &str = "\
Example:      arrears demo --out demo
Exit status:  0 written  1 cannot write  2 bad option  4 gate failed";

/// Simulates a ledger into the folder, runs the main job on its files, puts both into the folder, and tells the
/// summary.
///
/// # Errors
/// As `simulate` and `run`.
pub fn run(args: &DemoArgs, screen: &Screen) -> Result<(), Error> {
    let plan = demo_plan(args.seed.seed);
    let made = simulate_to(&args.out, &plan, TableFormat::Parquet)?;
    let table = |name: &str| args.out.join(format!("{name}.parquet"));
    let sources = Sources {
        invoices: table("invoices"),
        payments: Some(table("payments")),
        customers: Some(table("customers")),
        contacts: Some(table("contacts")),
        fx: Some(table("fx")),
        ..Sources::default()
    };
    let policy = parse_policy(DEMO_POLICY, "the demo's policy")?;
    let job = Job { policy, as_of: plan.end(), seed: args.seed.seed, model: None };
    let beside = Beside { files: made.files, ..Beside::default() };
    run_job(&sources, &job, &Destination::folder(&args.out), beside, screen)
}

/// The demo's customers owe in several currencies; its rates are into euros.
const DEMO_POLICY: &str = "[ledger]\nreporting_currency = \"EUR\"";
