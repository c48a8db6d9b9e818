//! `arrears rules`.

use super::render::Screen;
use crate::error::Error;
use crate::pipeline::{RULES, Rule};
use clap::Args;

/// Print every rule that a row must pass: id, severity, what it finds, why, how to mend it
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct RulesArgs {
    /// Print only this rule
    #[arg(value_name = "RULE_ID")]
    pub rule: Option<String>,
}

const AFTER_HELP: &str = "\
Example:      arrears rules AMOUNT_NOT_NUMBER --format json
Exit status:  0 printed  1 cannot write  2 no such rule";

/// Prints one rule or all.
///
/// # Errors
/// For an id that is no rule's, and if standard output cannot be written.
pub fn run(args: &RulesArgs, screen: &Screen) -> Result<(), Error> {
    let rules = match &args.rule {
        Some(id) => vec![Rule::from_id(id)?],
        None => RULES.to_vec(),
    };
    let value = serde_json::json!({ "rules": rules.iter().map(|r| serde_json::json!({
        "rule_id": r.id,
        "severity": r.severity.name(),
        "finding": r.finding,
        "meaning": r.meaning,
        "remedy": r.remedy,
    })).collect::<Vec<_>>() });
    screen.data(|| rules.iter().map(|r| as_text(r)).collect::<Vec<_>>().join("\n"), &value)
}

fn as_text(rule: &Rule) -> String {
    let Rule { id, severity, finding, remedy, meaning } = rule;
    format!("{id} ({}): {finding}\n  {meaning}\n  To mend it: {remedy}.\n", severity.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_told_in_three_lines() {
        let expected = "\
AMOUNT_ZERO (reject): zero
  An invoice or a payment of nothing teaches nothing, and would count as paid on the day of its issue.
  To mend it: leave the row out: nothing is owed or paid by it.
";
        assert_eq!(as_text(Rule::from_id("AMOUNT_ZERO").unwrap()), expected);
    }
}
