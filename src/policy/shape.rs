//! Which keys there are and of what type: `defaults.toml` itself says it.

use super::{DEFAULTS, PolicyError};
use crate::core::spelling::nearest;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// Every key of a policy as messages name it, in the order of `defaults.toml`; those of a level of the ladder once.
///
/// ```
/// assert!(arrears::policy::keys().contains(&"collect.ladder[1].odds_ratio".to_owned()));
/// ```
pub fn keys() -> Vec<String> {
    documented().map(|(key, _)| key).collect()
}

/// What `defaults.toml` says of a key: meaning, unit, range.
pub fn doc(key: &str) -> Option<&'static str> {
    let wanted = match key.split_once('[').and_then(|(list, rest)| Some((list, rest.split_once("].")?.1))) {
        Some((list, name)) => format!("{list}[1].{name}"),
        None => key.to_owned(),
    };
    let of_level = wanted.replace("collect.ladder[1].", "collect.level.");
    let find = |wanted: &str| documented().find(|(key, _)| key == wanted).map(|(_, doc)| doc);
    find(&wanted).or_else(|| find(&of_level))
}

/// Keys of `defaults.toml` with the comment on their line.
fn documented() -> impl Iterator<Item = (String, &'static str)> {
    let mut section = String::new();
    DEFAULTS.lines().filter_map(move |line| {
        if let Some(name) = line.strip_prefix("[[").and_then(|l| l.strip_suffix("]]")) {
            section = format!("{name}[1]");
        } else if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            name.clone_into(&mut section);
        }
        let (key, rest) = line.split_once(" = ").filter(|_| !line.starts_with('#'))?;
        let (_, comment) = rest.rsplit_once("# ")?;
        Some((format!("{section}.{key}"), comment))
    })
}

/// Faults of the user's keys: those nobody knows, and values of another type than the default.
pub(super) fn faults(text: &str, file: &str, user: &Table, defaults: &Table) -> Vec<PolicyError> {
    let mut look = Look { text, file, faults: Vec::new() };
    look.table("", user, defaults);
    look.faults
}

/// The error that serde found in a value, with its key and line where it names them.
pub(super) fn located(e: toml::de::Error, text: &str, file: &str) -> PolicyError {
    let told = e.to_string();
    let key = told.lines().find_map(|l| l.strip_prefix("in `")?.strip_suffix('`'));
    match (key, told.lines().next().and_then(|l| l.split_once(", expected "))) {
        (Some(key), Some((found, expected))) => PolicyError::OutOfRange {
            file: file.to_owned(),
            line: line(text, key),
            key: key.to_owned(),
            value: found.strip_prefix("unknown variant ").unwrap_or(found).to_owned(),
            expected: expected.to_owned(),
        },
        _ => PolicyError::Toml { file: file.to_owned(), source: Box::new(e) },
    }
}

/// The line on which a text gives a key, the first being 1.
pub(super) fn line(text: &str, key: &str) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let mut at: Option<&Spanned<DeValue<'_>>> = None;
    for part in key.split('.') {
        let (name, place) = match part.split_once('[') {
            Some((name, place)) => (name, place.strip_suffix(']')?.parse::<usize>().ok()),
            None => (part, None),
        };
        let table = match at {
            None => root.get_ref(),
            Some(value) => value.get_ref().as_table()?,
        };
        let mut found = table.get(name)?;
        if let Some(place) = place {
            found = found.get_ref().get(place.checked_sub(1)?)?;
        }
        at = Some(found);
    }
    let start = at?.span().start;
    Some(text.get(..start)?.matches('\n').count() + 1)
}

struct Look<'a> {
    text: &'a str,
    file: &'a str,
    faults: Vec<PolicyError>,
}

impl Look<'_> {
    fn table(&mut self, path: &str, user: &Table, known: &Table) {
        for (name, value) in user {
            let key = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match known.get(name) {
                Some(default) => self.value(&key, value, default),
                None => self.unknown(path, name, known, key),
            }
        }
    }

    fn unknown(&mut self, path: &str, name: &str, known: &Table, key: String) {
        let here: Vec<&str> = known.keys().map(String::as_str).collect();
        let whole = keys();
        let called = |name: &str| whole.iter().find(|k| k.rsplit('.').next() == Some(name)).cloned();
        let anywhere = || {
            let last: Vec<&str> = whole.iter().filter_map(|k| k.rsplit('.').next()).collect();
            called(nearest(name, &last)?)
        };
        let sibling =
            nearest(name, &here).map(|n| if path.is_empty() { n.to_owned() } else { format!("{path}.{n}") });
        self.faults.push(PolicyError::UnknownKey {
            file: self.file.to_owned(),
            line: line(self.text, &key),
            // a key of that very name elsewhere is likelier meant than one that is spelt nearly so here
            nearest: called(name).or(sibling).or_else(anywhere),
            key,
        });
    }

    fn value(&mut self, key: &str, value: &Value, default: &Value) {
        match (value, default) {
            (Value::Table(user), Value::Table(known)) => self.table(key, user, known),
            (Value::Array(user), Value::Array(known)) => self.list(key, user, known),
            (Value::Integer(user), Value::Integer(_)) => self.whole(key, *user, value),
            _ if is_same(value, default) => {}
            _ => self.refuse(key, value, kind(default)),
        }
    }

    fn list(&mut self, key: &str, user: &[Value], known: &[Value]) {
        if let Some(Value::Table(first)) = known.first() {
            let (whole, needed) = entry_of(key, first);
            for (n, entry) in user.iter().enumerate() {
                let entry_key = format!("{key}[{}]", n + 1);
                let Value::Table(entry) = entry else {
                    self.refuse(key, entry, "a list of tables");
                    continue;
                };
                self.table(&entry_key, entry, &whole);
                for name in needed.iter().filter(|name| !entry.contains_key(**name)) {
                    let key = format!("{entry_key}.{name}");
                    self.faults.push(PolicyError::MissingKey {
                        file: self.file.to_owned(),
                        line: line(self.text, &entry_key),
                        expected: doc(&key).unwrap_or_default().to_owned(),
                        key,
                    });
                }
            }
            return;
        }
        // an empty default list is one of texts
        let text = Value::String(String::new());
        let default = known.first().unwrap_or(&text);
        if let Some(other) = user.iter().find(|v| !is_same(v, default)) {
            self.refuse(key, other, &format!("in a list {}", kind(default)));
        }
    }

    /// A whole number that no type of a policy would hold is refused here, by what its line of the defaults says.
    fn whole(&mut self, key: &str, user: i64, value: &Value) {
        let Some(range) = doc(key).and_then(|doc| doc.rsplit_once("; ")).map(|(_, range)| range) else {
            return;
        };
        let is_never_negative = range.chars().next().is_some_and(|c| c.is_ascii_digit());
        if user > i64::from(i32::MAX) || user < i64::from(i32::MIN) || (user < 0 && is_never_negative) {
            self.faults.push(PolicyError::OutOfRange {
                file: self.file.to_owned(),
                line: line(self.text, key),
                key: key.to_owned(),
                value: value.to_string(),
                expected: range.to_owned(),
            });
        }
    }

    fn refuse(&mut self, key: &str, value: &Value, kind: &str) {
        let doc = doc(key).map_or_else(String::new, |doc| format!(": {doc}"));
        self.faults.push(PolicyError::OutOfRange {
            file: self.file.to_owned(),
            line: line(self.text, key),
            key: key.to_owned(),
            value: value.to_string(),
            expected: format!("{kind}{doc}"),
        });
    }
}

/// The keys that an entry of a list of tables may have, and those that it must.
fn entry_of<'a>(list: &str, first: &'a Table) -> (Table, Vec<&'a str>) {
    let mut whole = first.clone();
    let names = first.keys().map(String::as_str);
    let needed = match list {
        "collect.ladder" => {
            let optional = level();
            let needed = names.filter(|name| !optional.contains_key(*name)).collect();
            whole.extend(optional.into_iter().filter(|(name, _)| !first.contains_key(name)));
            needed
        }
        "collect.segment" | "collect.segment_level" => {
            names.filter(|name| ["column", "value", "action"].contains(name)).collect()
        }
        _ => names.collect(),
    };
    (whole, needed)
}

/// `[collect.level]` of the defaults: what a level of the ladder may leave out.
fn level() -> Table {
    let defaults: Table = DEFAULTS.parse().unwrap_or_default();
    let level = defaults.get("collect").and_then(|c| c.get("level")).and_then(Value::as_table);
    level.cloned().unwrap_or_default()
}

fn is_same(value: &Value, default: &Value) -> bool {
    value.same_type(default) || matches!((value, default), (Value::Integer(_), Value::Float(_)))
}

fn kind(default: &Value) -> &'static str {
    match default {
        Value::Boolean(_) => "true or false",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::String(_) => "a text in quotes",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
