//! `arrears policy`.

use super::render::{Screen, aligned};
use crate::error::Error;
use crate::pipeline::policy::{Changed, changes, write_defaults};
use crate::policy::DEFAULTS;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Write the policy with every default, or check one: what is late, whom to contact, what it costs
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct PolicyArgs {
    #[command(subcommand)]
    pub verb: PolicyVerb,
}

const AFTER_HELP: &str = "\
Example:      arrears policy init --to policy.toml
Exit status:  0 written, or valid  1 cannot read/write  2 not a valid policy";

#[derive(Debug, Clone, Subcommand)]
pub enum PolicyVerb {
    /// Print every key with its default, its meaning, its unit and its range
    #[command(after_help = "\
Example:      arrears policy init --to policy.toml
Exit status:  0 written  1 cannot write, or the file is there already")]
    Init {
        /// Write to this file, which must not be there yet, instead of standard output
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Check a policy: every key that is unknown, of another type or out of range, with its line
    #[command(after_help = "\
Example:      arrears policy check policy.toml
Exit status:  0 valid  1 cannot read  2 not a valid policy")]
    Check {
        /// The policy, as --config takes it
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Writes or checks a policy.
///
/// # Errors
/// For a file that cannot be written or read, and a policy that is not valid.
pub fn run(args: &PolicyArgs, screen: &Screen) -> Result<(), Error> {
    match &args.verb {
        PolicyVerb::Init { to: None } => {
            screen.data(|| DEFAULTS.to_owned(), &serde_json::json!({ "policy": DEFAULTS }))
        }
        PolicyVerb::Init { to: Some(file) } => {
            write_defaults(file)?;
            screen.note(&format!("written to {}", file.display()));
            Ok(())
        }
        PolicyVerb::Check { file } => {
            let changed = changes(file)?;
            let value = serde_json::json!({ "valid": true, "changed": &changed });
            screen.data(|| text(&changed), &value)
        }
    }
}

fn text(changed: &[Changed]) -> String {
    if changed.is_empty() {
        return "valid; every key has its default".to_owned();
    }
    let rows: Vec<[String; 3]> =
        changed.iter().map(|c| [c.key.clone(), c.value.clone(), c.default.clone()]).collect();
    format!("valid; other than the defaults:\n{}", aligned(["key", "value", "default"], &rows))
}
