//! The command line: one file a verb, [`render`] which alone prints, [`progress`] which alone looks at a clock.
#![allow(missing_docs)] // a doc on a group of arguments would become the text of its verb

pub mod audit;
pub mod backtest;
pub mod check;
pub mod completions;
pub mod demo;
pub mod doctor;
pub mod explain;
pub mod fit;
pub mod input;
mod job;
pub mod man;
pub mod output;
pub mod policy;
pub mod progress;
pub mod render;
pub mod report;
pub mod rules;
pub mod run;
pub mod schema;
pub mod score;
pub mod simulate;
pub mod what_if;
pub mod worklist;

pub use render::print_error;

use crate::error::Error;
use clap::{Args, Parser, Subcommand};
use render::{Format, Screen};

/// Which invoices will be paid late, when the cash will come, and whom to call first
#[derive(Debug, Parser)]
#[command(name = "arrears", version, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    common: Common,
}

const AFTER_HELP: &str = "\
Example:      arrears demo --out demo
Exit status:  0 done  1 cannot read/write  2 bad option/policy  3 input rejected  4 gate failed";

#[derive(Debug, Subcommand)]
enum Verb {
    Demo(demo::DemoArgs),
    Run(run::RunArgs),
    Check(check::CheckArgs),
    Fit(fit::FitArgs),
    Score(score::ScoreArgs),
    Explain(explain::ExplainArgs),
    Report(report::ReportArgs),
    Audit(audit::AuditArgs),
    Backtest(backtest::BacktestArgs),
    Simulate(simulate::SimulateArgs),
    Policy(policy::PolicyArgs),
    Worklist(worklist::WorklistArgs),
    Rules(rules::RulesArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    Doctor(doctor::DoctorArgs),
    WhatIf(what_if::WhatIfArgs),
}

const COMMON: &str = "Common options";

/// More threads than any machine has would only exhaust it.
fn threads() -> clap::builder::RangedU64ValueParser<usize> {
    clap::builder::RangedU64ValueParser::new().range(0..=1024)
}

/// What every verb takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Worker threads; 0 = one per core. Does not change results
    #[arg(long, global = true, value_name = "N", default_value_t = 0, value_parser = threads(), help_heading = COMMON)]
    pub threads: usize,
    /// Say nothing on stderr but errors
    #[arg(long, global = true, help_heading = COMMON)]
    pub quiet: bool,
    /// How stdout is written: for people or for machines
    #[arg(long, global = true, value_enum, default_value_t, help_heading = COMMON)]
    pub format: Format,
}

impl Cli {
    /// Whether the verb looks at a ledger without working on it.
    pub fn only_looks(&self) -> bool {
        matches!(self.verb, Verb::Check(_))
    }
}

/// Does what the command line says.
///
/// # Errors
/// What the verb ran into; [`Error::exit_code`] is the exit status.
pub fn run(cli: Cli) -> Result<(), Error> {
    let n = cli.common.threads;
    let started = rayon::ThreadPoolBuilder::new().num_threads(n).build_global();
    started.map_err(|source| Error::Threads { n, source })?;
    let screen = Screen::new(cli.common.format, cli.common.quiet);
    match cli.verb {
        Verb::Demo(args) => demo::run(&args, &screen),
        Verb::Run(args) => run::run(&args, &screen),
        Verb::Check(args) => check::run(&args, &screen),
        Verb::Fit(args) => fit::run(&args, &screen),
        Verb::Score(args) => score::run(&args, &screen),
        Verb::Explain(args) => explain::run(&args, &screen),
        Verb::Report(args) => report::run(&args, &screen),
        Verb::Audit(args) => audit::run(&args, &screen),
        Verb::Backtest(args) => backtest::run(&args, &screen),
        Verb::Simulate(args) => simulate::run(&args, &screen),
        Verb::Worklist(args) => worklist::run(&args, &screen),
        Verb::Policy(args) => policy::run(&args, &screen),
        Verb::Rules(args) => rules::run(&args, &screen),
        Verb::Schema(args) => schema::run(&args, &screen),
        Verb::Completions(args) => completions::run(&args, &screen),
        Verb::Man(args) => man::run(&args, &screen),
        Verb::Doctor(args) => doctor::run(&args, &screen),
        Verb::WhatIf(args) => what_if::run(&args, &screen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, CommandFactory};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// Every verb's arguments, registered or not yet.
    fn verbs() -> Vec<Command> {
        fn of<T: Args>(name: &'static str) -> Command {
            T::augment_args(Command::new(name))
        }
        vec![
            of::<audit::AuditArgs>("audit"),
            of::<backtest::BacktestArgs>("backtest"),
            of::<check::CheckArgs>("check"),
            of::<completions::CompletionsArgs>("completions"),
            of::<demo::DemoArgs>("demo"),
            of::<doctor::DoctorArgs>("doctor"),
            of::<explain::ExplainArgs>("explain"),
            of::<fit::FitArgs>("fit"),
            of::<man::ManArgs>("man"),
            of::<policy::PolicyArgs>("policy"),
            of::<report::ReportArgs>("report"),
            of::<rules::RulesArgs>("rules"),
            of::<run::RunArgs>("run"),
            of::<schema::SchemaArgs>("schema"),
            of::<score::ScoreArgs>("score"),
            of::<simulate::SimulateArgs>("simulate"),
            of::<what_if::WhatIfArgs>("what-if"),
            of::<worklist::WorklistArgs>("worklist"),
        ]
    }

    #[test]
    fn every_help_ends_with_an_example_and_the_exit_statuses() {
        for mut verb in verbs() {
            verb.clone().debug_assert();
            let help = verb.render_help().to_string();
            let last: Vec<&str> = help.trim_end().lines().rev().take(2).collect();
            let example = format!("Example:      arrears {}", verb.get_name());
            assert!(last[0].starts_with("Exit status:  0 "), "{help}");
            assert!(last[1].starts_with(&example), "{help}");
        }
    }

    /// `check` and `doctor` do without one: they then judge everything in the files.
    #[test]
    fn as_of_never_has_a_default() {
        for verb in verbs() {
            if let Some(as_of) = verb.get_arguments().find(|a| a.get_id() == "as_of") {
                let name = verb.get_name();
                assert!(as_of.get_default_values().is_empty(), "{name}");
                assert_eq!(as_of.is_required_set(), !["check", "doctor"].contains(&name), "{name}");
            }
        }
    }

    /// What an example in a help text says must parse.
    #[test]
    fn every_example_parses() {
        for verb in verbs() {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            let line = help.lines().find_map(|l| l.strip_prefix("Example:      arrears ")).unwrap();
            let shown = Common::augment_args(verb.clone());
            assert!(shown.try_get_matches_from(line.split_whitespace()).is_ok(), "{line}");
        }
    }
}
