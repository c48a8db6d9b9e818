//! From TOML to a policy: the user's keys over the defaults.

use super::{Policy, PolicyError, ValidPolicy};
use std::path::Path;

/// The text of `defaults.toml`.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// Reads a policy file over the defaults; `None` gives the defaults.
///
/// # Errors
/// [`PolicyError`] for a file that cannot be read, is no TOML, has an unknown key, or a value out of its range.
pub fn load(file: Option<&Path>) -> Result<ValidPolicy, PolicyError> {
    let Some(file) = file else { return parse("", "the defaults") };
    let text = std::fs::read_to_string(file)
        .map_err(|source| PolicyError::Read { file: file.to_owned(), source })?;
    parse(&text, &file.display().to_string())
}

/// [`load`] for a text; `name` stands for the file in messages.
///
/// # Errors
/// As [`load`].
///
/// ```
/// let p = arrears::policy::parse("[ledger]\ngrace_days = 5", "mine.toml")?;
/// assert_eq!(p.ledger.grace_days, 5);
/// let refused = arrears::policy::parse("[ledger]\ngrace_days = 500", "mine.toml").unwrap_err();
/// assert_eq!(refused.to_string(), "mine.toml: ledger.grace_days is 500, expected 0 to 60");
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
pub fn parse(text: &str, name: &str) -> Result<ValidPolicy, PolicyError> {
    let refuse = |e: toml::de::Error| PolicyError::Toml { file: name.to_owned(), source: Box::new(e) };
    let mut merged: toml::Table = DEFAULTS.parse().map_err(refuse)?;
    let user: toml::Table = text.parse().map_err(refuse)?;
    overlay(&mut merged, user);
    let policy: Policy = merged.try_into().map_err(refuse)?;
    ValidPolicy::try_new(policy, name)
}

fn overlay(base: &mut toml::Table, user: toml::Table) {
    for (key, value) in user {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(b)), toml::Value::Table(u)) => overlay(b, u),
            (Some(toml::Value::Float(b)), toml::Value::Integer(u)) => *b = u as f64,
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}
