//! `arrears doctor`.

use super::input::InputArgs;
use super::output::OutputArgs;
use super::render::{Screen, Style, aligned};
use crate::core::Day;
use crate::error::Error;
use crate::pipeline::doctor::{Finding, Health, Setup, examine};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// Check a set-up before it is relied on: version, threads, memory, policy, ledger, model, output folder
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DoctorArgs {
    /// Invoices of the ledger, as `run` takes them [default: no ledger is looked at]
    #[arg(long, value_name = "FILE")]
    pub invoices: Option<PathBuf>,
    /// Payments, several an invoice
    #[arg(long, value_name = "FILE", requires = "invoices")]
    pub payments: Option<PathBuf>,
    /// Customers
    #[arg(long, value_name = "FILE", requires = "invoices")]
    pub customers: Option<PathBuf>,
    /// Contacts with customers
    #[arg(long, value_name = "FILE", requires = "invoices")]
    pub contacts: Option<PathBuf>,
    /// Exchange rates to the reporting currency
    #[arg(long, value_name = "FILE", requires = "invoices")]
    pub fx: Option<PathBuf>,
    /// A known layout of columns
    #[arg(long, value_name = "NAME", conflicts_with = "mapping")]
    pub profile: Option<String>,
    /// A file that says where an export has each field
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// A policy that replaces some of the defaults
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Reject rows that need a repair or deserve a warning
    #[arg(long)]
    pub strict: bool,
    /// Judge the ledger as it was known at the end of this day [default: everything in the files]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<Day>,
    /// A model to score with
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Where a run's folder is to go; nothing stays there
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Also a postgres:// or s3:// URL; can be repeated
    #[arg(long, value_name = "URL")]
    pub sink: Vec<String>,
}

const AFTER_HELP: &str = "\
Example:      arrears doctor --invoices i.csv --payments p.csv --config policy.toml --out out
Exit status:  0 a run would start  1 cannot read/write  2 bad option/policy  3 input rejected";

#[derive(Serialize)]
struct Told {
    health: Health,
    checks: Vec<Finding>,
}

/// Looks at everything and tells what was found.
///
/// # Errors
/// [`Error::Unwell`] with the status that a run would end with, after everything was told.
pub fn run(args: &DoctorArgs, screen: &Screen) -> Result<(), Error> {
    let input = args.input();
    let named = args.out.is_some() || !args.sink.is_empty();
    let output = OutputArgs { out: args.out.clone(), sink: args.sink.clone() };
    let checks = examine(Setup {
        policy: input.policy(),
        sources: args.invoices.is_some().then(|| input.sources()),
        as_of: args.as_of,
        model: args.model.as_deref(),
        destination: named.then(|| output.destination()),
    });
    let health = checks.iter().map(|c| c.health).max().unwrap_or(Health::Ok);
    let faults = checks.iter().filter(|c| c.health == Health::Fault);
    let statuses: Vec<u8> = faults.filter_map(|c| c.exit_status).collect();
    let told = Told { health, checks };
    screen.data(|| text(&told.checks), &told)?;
    match statuses.first() {
        Some(&exit_status) => Err(Error::Unwell { faults: statuses.len(), exit_status }),
        None => Ok(()),
    }
}

impl DoctorArgs {
    /// As the other verbs have them; of files that are not named, only the policy is asked for.
    fn input(&self) -> InputArgs {
        InputArgs {
            invoices: self.invoices.clone().unwrap_or_default(),
            payments: self.payments.clone(),
            customers: self.customers.clone(),
            contacts: self.contacts.clone(),
            fx: self.fx.clone(),
            profile: self.profile.clone(),
            mapping: self.mapping.clone(),
            config: self.config.clone(),
            strict: self.strict,
        }
    }
}

fn text(checks: &[Finding]) -> String {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for c in checks {
        let style = match c.health {
            Health::NotAsked => Style::Quiet,
            Health::Ok => Style::Good,
            Health::Warning => Style::Doubtful,
            Health::Fault => Style::Bad,
        };
        let mut lines = c.found.lines();
        let first = lines.next().unwrap_or_default();
        rows.push([c.check.to_owned(), style.on(c.health.name()), first.to_owned()]);
        let more = lines.map(str::to_owned).chain(c.to_do.iter().map(|to_do| format!("to do: {to_do}")));
        rows.extend(more.map(|line| [String::new(), String::new(), line]));
    }
    aligned(["check", "", "found"], &rows)
}
