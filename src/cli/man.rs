//! `arrears man`.

use super::Cli;
use super::render::Screen;
use crate::error::Error;
use clap::{Args, CommandFactory};
use clap_mangen::Man;

/// Print the manual: a page for arrears, then one for each verb, in roff
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ManArgs {}

const AFTER_HELP: &str = "\
Example:      arrears man
Exit status:  0 printed  1 cannot write  2 bad option";

/// Prints the pages.
///
/// # Errors
/// If standard output cannot be written.
pub fn run(_: &ManArgs, screen: &Screen) -> Result<(), Error> {
    let mut all = Cli::command();
    all.build();
    let verbs = all.get_subcommands().filter(|verb| verb.get_name() != "help").cloned();
    let commands: Vec<_> = std::iter::once(all.clone()).chain(verbs).collect();
    let mut pages = Vec::new();
    for command in &commands {
        Man::new(command.clone()).render(&mut pages).map_err(Error::Print)?;
    }
    let pages = String::from_utf8_lossy(&pages);
    screen.data(|| pages.to_string(), &serde_json::json!({ "roff": &pages }))
}
