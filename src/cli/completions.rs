//! `arrears completions`.

use super::Cli;
use super::render::Screen;
use crate::error::Error;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print what makes a shell complete verbs, options and files
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CompletionsArgs {
    /// The shell that is to read it
    #[arg(value_enum)]
    pub shell: Shell,
}

const AFTER_HELP: &str = "\
Example:      arrears completions bash
Exit status:  0 printed  1 cannot write  2 no such shell";

/// Prints the script.
///
/// # Errors
/// If standard output cannot be written.
pub fn run(args: &CompletionsArgs, screen: &Screen) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "arrears", &mut script);
    let script = String::from_utf8_lossy(&script);
    screen.data(
        || script.to_string(),
        &serde_json::json!({ "shell": args.shell.to_string(), "script": &script }),
    )
}
