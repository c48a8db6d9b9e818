//! A policy of which single keys are changed, as somebody asks what would be if.

use super::load::over;
use super::{PolicyError, ValidPolicy};
use toml::{Table, Value};

/// What messages call the place that the keys were given in.
const PLACE: &str = "--set";
/// Sections whose keys change what follows from a ledger and its model, but neither of the two.
const SECTIONS: [&str; 3] = ["score", "forecast", "collect"];
const LADDER: &str = "collect.ladder[";

/// A policy with each `KEY=VALUE` of `sets` in the place of its own value, the last one of a key counting.
///
/// A value is written as in a policy file; a text needs no quotes. A level of the ladder is named by its place or its
/// action: `collect.ladder[4].odds_ratio`, `collect.ladder[call].odds_ratio`. Keys of other sections than `score`,
/// `forecast` and `collect` are what the ledger was read and the model was fitted by, or move no cash and no worklist.
///
/// # Errors
/// As [`super::parse`] for a key that is unknown, of another type or out of its range, with all faults at once;
/// [`PolicyError::NoPair`] and [`PolicyError::Fixed`] for what is no change.
///
/// ```
/// use arrears::policy::{parse, with_keys};
/// let base = parse("", "defaults")?;
/// let more = with_keys(&base, &["collect.collectors=2".to_owned(), "collect.ladder[call].cost=5".to_owned()])?;
/// assert_eq!((more.collect.capacity(), more.collect.ladder[3].cost), (Some(80), 5.0));
/// let refused = with_keys(&base, &["collect.colectors=2".to_owned()]).unwrap_err();
/// assert_eq!(refused.to_string(), "--set: unknown key collect.colectors; the nearest known one is collect.collectors");
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
pub fn with_keys(policy: &ValidPolicy, sets: &[String]) -> Result<ValidPolicy, PolicyError> {
    let base = Table::try_from(&**policy).map_err(|e| PolicyError::Toml {
        file: PLACE.to_owned(),
        source: Box::new(serde::de::Error::custom(e)),
    })?;
    let mut user = Table::new();
    for set in sets {
        let Some((key, value)) = set.split_once('=').filter(|(key, _)| !key.trim().is_empty()) else {
            return Err(PolicyError::NoPair { file: PLACE.to_owned(), text: set.clone() });
        };
        let key = key.trim();
        may_change(key, &base)?;
        put(&mut user, &base, key, value_of(value.trim()))?;
    }
    over(user, &base, "", PLACE)
}

fn may_change(key: &str, base: &Table) -> Result<(), PolicyError> {
    let section = key.split('.').next().unwrap_or(key);
    let expected = if base.contains_key(section) && !SECTIONS.contains(&section) {
        format!("a key of [{}]", SECTIONS.join("], ["))
    } else if key.starts_with("collect.segment") {
        "a key of [collect] or of its ladder: what segments have of their own stands in the policy file"
            .to_owned()
    } else if key == "collect.level" || key.starts_with("collect.level.") {
        "the key of a level, as collect.ladder[call].calls: here each level says all of itself".to_owned()
    } else {
        return Ok(());
    };
    Err(PolicyError::Fixed { file: PLACE.to_owned(), key: key.to_owned(), expected })
}

/// A value as TOML has it, or else a text.
fn value_of(text: &str) -> Value {
    let parsed = format!("v = {text}").parse::<Table>().ok().filter(|table| table.len() == 1);
    parsed.and_then(|mut table| table.remove("v")).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Puts a value where its key says; a key of a level goes into a copy of the whole ladder, as lists are replaced whole.
fn put(user: &mut Table, base: &Table, key: &str, value: Value) -> Result<(), PolicyError> {
    let level = key.strip_prefix(LADDER).and_then(|rest| rest.split_once("]."));
    let Some((name, of_level)) = level else {
        let mut path = key.split('.').collect::<Vec<_>>();
        let last = path.pop().unwrap_or(key);
        if let Some(table) = path.into_iter().try_fold(user, folder) {
            table.insert(last.to_owned(), value);
        }
        return Ok(());
    };
    let whole =
        base.get("collect").and_then(|c| c.get("ladder")).cloned().unwrap_or(Value::Array(Vec::new()));
    let Some(collect) = folder(user, "collect") else { return Ok(()) };
    let Value::Array(ladder) = collect.entry("ladder").or_insert(whole) else { return Ok(()) };
    let actions: Vec<&str> = ladder.iter().filter_map(|l| l.get("action")?.as_str()).collect();
    let place = name.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < ladder.len());
    let Some(place) = place.or_else(|| actions.iter().position(|a| *a == name)) else {
        return Err(PolicyError::OutOfRange {
            file: PLACE.to_owned(),
            line: None,
            key: "the level of collect.ladder".to_owned(),
            value: format!("`{name}`"),
            expected: format!("1 to {}, or one of {}", ladder.len(), actions.join(", ")),
        });
    };
    if let Value::Table(level) = &mut ladder[place] {
        level.insert(of_level.to_owned(), value);
    }
    Ok(())
}

/// The table of that name in another one, made if it is not there; none where something else has its name.
fn folder<'a>(table: &'a mut Table, name: &str) -> Option<&'a mut Table> {
    match table.entry(name).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(inner) => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;

    fn with(sets: &[&str]) -> Result<ValidPolicy, PolicyError> {
        let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
        with_keys(&parse("[collect]\nquiet_days = 3", "mine.toml").unwrap(), &sets)
    }

    fn refused(sets: &[&str]) -> String {
        with(sets).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_changed_stays() {
        let base = parse("[collect]\nquiet_days = 3", "mine.toml").unwrap();
        assert_eq!(with(&[]).unwrap(), base);
        let changed =
            with(&["collect.language=de", "forecast.draws = 100", "collect.weekend=[\"friday\"]"]).unwrap();
        assert_eq!((changed.collect.language.as_str(), changed.collect.quiet_days), ("de", 3));
        assert_eq!(
            (changed.forecast.draws, changed.collect.weekend.as_slice()),
            (100, &["friday".to_owned()][..])
        );
    }

    #[test]
    fn a_level_is_named_by_its_place_or_its_action() {
        let by_name = with(&["collect.ladder[call].odds_ratio=2", "collect.ladder[call].calls=3"]).unwrap();
        assert_eq!(
            by_name,
            with(&["collect.ladder[4].calls=3", "collect.ladder[4].odds_ratio=2.0"]).unwrap()
        );
        assert_eq!((by_name.collect.ladder[3].odds_ratio, by_name.collect.ladder[3].calls), (2.0, 3));
        assert_eq!(by_name.collect.ladder[4], with(&[]).unwrap().collect.ladder[4]);
        assert!(refused(&["collect.ladder[cal].calls=3"]).starts_with(
            "--set: the level of collect.ladder is `cal`, expected 1 to 8, or one of courtesy, reminder, "
        ));
    }

    #[test]
    fn a_change_is_refused_as_a_line_of_a_file_is() {
        assert_eq!(refused(&["collect.quiet_days=91"]), "--set: collect.quiet_days is 91, expected 0 to 90");
        assert_eq!(
            refused(&["quiet_days=9"]),
            "--set: unknown key quiet_days; the nearest known one is collect.quiet_days"
        );
        assert_eq!(
            refused(&["collect.ladder[call].odd_ratio=2"]),
            "--set: unknown key collect.ladder[4].odd_ratio; the nearest known one is collect.ladder[4].odds_ratio"
        );
        assert!(refused(&["collect.quiet_days=soon"]).contains("is \"soon\", expected a whole number"));
        let two = refused(&["collect.quiet_days=91", "forecast.draws=1"]);
        assert!(two.contains("collect.quiet_days is 91") && two.contains("forecast.draws is 1"), "{two}");
        assert_eq!(refused(&["collect.quiet_days"]), "--set collect.quiet_days: expected KEY=VALUE");
        assert!(
            refused(&["ledger.grace_days=3"]).ends_with("expected a key of [score], [forecast], [collect]")
        );
        assert!(refused(&["collect.level.calls=3"]).contains("collect.ladder[call].calls"));
        assert!(refused(&["collect.segment[1].quiet_days=3"]).ends_with("stands in the policy file"));
    }
}
