//! From TOML to a policy: the user's keys over the defaults.

use super::{Policy, PolicyError, ValidPolicy, shape};
use std::path::Path;
use toml::{Table, Value};

/// The text of `defaults.toml`.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// Reads a policy file over the defaults; `None` gives the defaults.
///
/// # Errors
/// [`PolicyError`] for a file that cannot be read or is no TOML, and for every key that is unknown, of another type or
/// out of its range.
pub fn load(file: Option<&Path>) -> Result<ValidPolicy, PolicyError> {
    let Some(file) = file else { return parse("", "the defaults") };
    let text = std::fs::read_to_string(file)
        .map_err(|source| PolicyError::Read { file: file.to_owned(), source })?;
    parse(&text, &file.display().to_string())
}

/// Writes the documented defaults to a file that is not there yet.
///
/// # Errors
/// [`PolicyError::Write`] if it is there or cannot be written.
pub fn write_defaults(file: &Path) -> Result<(), PolicyError> {
    let refuse = |source| PolicyError::Write { file: file.to_owned(), source };
    let mut new = std::fs::File::create_new(file).map_err(refuse)?;
    std::io::Write::write_all(&mut new, DEFAULTS.as_bytes()).map_err(refuse)
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
/// assert_eq!(refused.to_string(), "mine.toml:2: ledger.grace_days is 500, expected 0 to 60");
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
pub fn parse(text: &str, name: &str) -> Result<ValidPolicy, PolicyError> {
    let not_toml = |e: toml::de::Error| PolicyError::Toml { file: name.to_owned(), source: Box::new(e) };
    let user: Table = text.parse().map_err(not_toml)?;
    let defaults: Table = DEFAULTS.parse().map_err(not_toml)?;
    over(user, &defaults, text, name)
}

/// The user's keys over a whole policy, with every fault of them.
pub(super) fn over(
    mut user: Table,
    base: &Table,
    text: &str,
    name: &str,
) -> Result<ValidPolicy, PolicyError> {
    let mut faults = shape::faults(text, name, &user, base);
    // what is of the right shape may still be out of range: a key that is refused is left out, and the rest tried again
    faults.iter().filter_map(PolicyError::key).for_each(|key| remove(&mut user, key));
    let policy = loop {
        match checked(user.clone(), base, text, name) {
            Ok(policy) => break policy,
            Err(e) => {
                let before = user.clone();
                e.key().into_iter().for_each(|key| remove(&mut user, key));
                if user == before {
                    return Err(e);
                }
                faults.push(e);
            }
        }
    };
    faults.sort_by_key(PolicyError::line);
    match faults.len() {
        0 => Ok(policy),
        1 => Err(faults.remove(0)),
        _ => Err(PolicyError::Several(faults)),
    }
}

/// The columns that are segments where a policy does not say.
pub fn default_segments() -> Vec<String> {
    parse("", "the defaults").map(|policy| policy.ledger.segments.clone()).unwrap_or_default()
}

/// The user's keys, all of the right shape, over a whole policy.
fn checked(user: Table, base: &Table, text: &str, name: &str) -> Result<ValidPolicy, PolicyError> {
    let mut merged = base.clone();
    overlay(&mut merged, user);
    complete_ladder(&mut merged);
    let policy: Policy = merged.try_into().map_err(|e: toml::de::Error| shape::located(e, text, name))?;
    ValidPolicy::try_new(policy, name).map_err(|mut e| {
        if let PolicyError::OutOfRange { line, key, .. } = &mut e {
            *line = key.split(" + ").find_map(|key| shape::line(text, key));
        }
        e
    })
}

fn overlay(base: &mut Table, user: Table) {
    for (key, value) in user {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(b)), Value::Table(u)) => overlay(b, u),
            (Some(Value::Float(b)), Value::Integer(u)) => *b = u as f64,
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Gives each level of the ladder what `[collect.level]` says of those that say nothing.
fn complete_ladder(merged: &mut Table) {
    let Some(Value::Table(collect)) = merged.get_mut("collect") else { return };
    let Some(Value::Table(level)) = collect.get("level").cloned() else { return };
    let Some(Value::Array(ladder)) = collect.get_mut("ladder") else { return };
    for own in ladder {
        if let Value::Table(own) = own {
            let mut whole = level.clone();
            overlay(&mut whole, std::mem::take(own));
            *own = whole;
        }
    }
}

/// Takes a key that is at fault out of the user's table: `a.b`, each of `a.b + a.c`, or the whole of a list for
/// `a.b[2].c`, whose entries mean nothing without each other.
fn remove(user: &mut Table, keys: &str) {
    for key in keys.split(" + ") {
        let path: Vec<&str> = key.split('[').next().unwrap_or(key).split('.').collect();
        let Some((last, folders)) = path.split_last() else { continue };
        let table = folders.iter().try_fold(&mut *user, |table, folder| match table.get_mut(*folder) {
            Some(Value::Table(inner)) => Some(inner),
            _ => None,
        });
        table.and_then(|table| table.remove(*last));
    }
}
