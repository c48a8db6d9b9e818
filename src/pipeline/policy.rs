//! A written policy: the defaults as a file, and how a file differs from them.

use crate::error::Error;
use crate::policy::{Policy, load};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// A key whose value is not the default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Its name, sections before it.
    pub key: String,
    /// Its value.
    pub value: String,
    /// What it would be without the file.
    pub default: String,
}

/// Writes the documented defaults to a file that is not there yet.
///
/// # Errors
/// If it is there or cannot be written.
pub fn write_defaults(file: &Path) -> Result<(), Error> {
    Ok(crate::policy::write_defaults(file)?)
}

/// Checks a policy and tells where it differs from the defaults; a ladder of another length differs as a whole.
///
/// # Errors
/// With every fault of the file.
pub fn changes(file: &Path) -> Result<Vec<Changed>, Error> {
    Ok(differences(&*load(Some(file))?, &*load(None)?))
}

/// Where a policy differs from another one, whose values are the defaults here.
pub(super) fn differences(mine: &Policy, other: &Policy) -> Vec<Changed> {
    let of = |policy: &Policy| serde_json::to_value(policy).unwrap_or_default();
    let mut out = Vec::new();
    compare("", &of(mine), &of(other), &mut out);
    out
}

fn compare(path: &str, mine: &Value, default: &Value, out: &mut Vec<Changed>) {
    match (mine, default) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, value) in a {
                let key = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&key, value, b.get(name).unwrap_or(&Value::Null), out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() && a.iter().all(Value::is_object) => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.for_each(|(n, (a, b))| compare(&format!("{path}[{}]", n + 1), a, b, out));
        }
        _ if mine == default => {}
        _ => {
            out.push(Changed { key: path.to_owned(), value: mine.to_string(), default: default.to_string() })
        }
    }
}
