//! Every key of every policy, wrong in every way.

use super::*;
use toml::{Table, Value};

/// A policy that gives one key a value, and the line on which it does. A level of the ladder gives all its keys.
fn policy_with(key: &str, value: &str) -> (String, usize) {
    let (section, name) = key.rsplit_once('.').unwrap();
    let Some(list) = section.strip_suffix("[1]") else {
        return (format!("# mine\n[{section}]\n{name} = {value}\n"), 3);
    };
    let Value::Array(levels) = default_of(list) else { panic!("{list} is no list") };
    let level: Vec<(String, String)> =
        levels[0].as_table().unwrap().iter().map(|(k, v)| (k.clone(), v.to_string())).collect();
    let others = level.iter().filter(|(k, _)| k != name).map(|(k, v)| format!("{k} = {v}\n"));
    let text = format!("[[{list}]]\n{}{name} = {value}\n", others.collect::<String>());
    let line = text.lines().count();
    (text, line)
}

fn default_of(key: &str) -> Value {
    let root: Table = DEFAULTS.parse().unwrap();
    let mut at = Value::Table(root);
    for part in key.split('.') {
        let (name, first) = part.strip_suffix("[1]").map_or((part, false), |name| (name, true));
        at = at.get(name).unwrap_or_else(|| panic!("{key}")).clone();
        if first {
            at = at.get(0).unwrap().clone();
        }
    }
    at
}

/// The one fault of a policy.
fn fault(text: &str) -> PolicyError {
    match parse(text, "mine.toml") {
        Ok(_) => panic!("taken: {text}"),
        Err(e) => {
            assert_eq!(e.each().len(), 1, "{e}\n{text}");
            e
        }
    }
}

/// Least and most of a number, as its line of `defaults.toml` says.
fn documented_range(key: &str) -> Option<(f64, f64)> {
    let (low, high) = doc(key)?.rsplit_once("; ")?.1.split_once(" to ")?;
    Some((low.parse().ok()?, high.split(',').next()?.parse().ok()?))
}

fn is_number(key: &str) -> bool {
    matches!(default_of(key), Value::Integer(_) | Value::Float(_))
}

#[test]
fn every_key_is_documented() {
    fn leaves(path: &str, value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Table(table) => {
                for (name, value) in table {
                    leaves(
                        &if path.is_empty() { name.clone() } else { format!("{path}.{name}") },
                        value,
                        out,
                    );
                }
            }
            Value::Array(list) if list.first().is_some_and(Value::is_table) => {
                list.iter().for_each(|entry| leaves(&format!("{path}[1]"), entry, out));
            }
            _ => out.push(path.to_owned()),
        }
    }
    let mut all = Vec::new();
    leaves("", &Value::Table(DEFAULTS.parse().unwrap()), &mut all);
    assert!(all.len() > 60);
    for key in all {
        assert!(doc(&key).is_some(), "{key} has no comment");
    }
}

#[test]
fn every_key_of_another_type_is_refused_with_its_line_its_value_and_what_is_allowed() {
    for key in keys() {
        let wrong = if matches!(default_of(&key), Value::String(_)) { "7" } else { "\"seven\"" };
        let (text, line) = policy_with(&key, wrong);
        let e = fault(&text);
        let told = e.to_string();
        assert_eq!((e.key(), e.line()), (Some(key.as_str()), Some(line)), "{told}");
        assert!(told.starts_with(&format!("mine.toml:{line}: {key} is {wrong}, expected ")), "{told}");
        assert!(told.contains(doc(&key).unwrap()), "{told}");
    }
}

#[test]
fn every_number_out_of_its_range_is_refused_and_its_limits_are_taken() {
    /// Their limits move with another key.
    const TOGETHER: [&str; 4] = [
        "score.risk_high_prob",
        "score.risk_medium_prob",
        "forecast.customer_correlation",
        "collect.ladder[1].from_days_past_due",
    ];
    let mut n_documented = 0;
    for key in keys().into_iter().filter(|key| is_number(key)) {
        for wrong in ["-1000000000", "9000000000000000000"] {
            let (text, line) = policy_with(&key, wrong);
            let e = fault(&text);
            assert!(e.key().unwrap().contains(&key) && e.line() == Some(line), "{e}");
            assert!(e.to_string().contains(", expected ") && e.to_string().contains(wrong), "{e}");
        }
        let Some((low, high)) = documented_range(&key) else { continue };
        n_documented += 1;
        let is_whole = matches!(default_of(&key), Value::Integer(_));
        let above = if is_whole { format!("{}", high as i64 + 1) } else { format!("{:?}", 1.5 * high + 1.0) };
        let (text, _) = policy_with(&key, &above);
        let told = fault(&text).to_string();
        let (_, allowed) = told.rsplit_once("expected ").unwrap();
        let limits: Vec<f64> = allowed.split(" to ").map(|l| l.parse().unwrap()).collect();
        assert_eq!(limits, [low, high], "{key}: {told}");
        for limit in [low, high].into_iter().filter(|_| !TOGETHER.contains(&key.as_str())) {
            let value = if is_whole { (limit as i64).to_string() } else { format!("{limit:?}") };
            let (text, _) = policy_with(&key, &value);
            assert!(parse(&text, "p").is_ok(), "{text}{}", parse(&text, "p").unwrap_err());
        }
    }
    assert!(n_documented > 40, "{n_documented}");
}

#[test]
fn every_text_that_means_nothing_is_refused() {
    let texts = keys().into_iter().filter(|key| matches!(default_of(key), Value::String(_)));
    let mut n = 0;
    for key in texts {
        let (text, line) = policy_with(&key, "\" \"");
        let e = fault(&text);
        assert_eq!((e.key(), e.line()), (Some(key.as_str()), Some(line)), "{e}");
        n += 1;
    }
    assert!(n >= 7, "{n}");
}

#[test]
fn every_misspelt_key_is_refused_with_the_nearest_known_one() {
    for key in keys() {
        let value = default_of(&key).to_string();
        let (text, line) = policy_with(&key, &value);
        let (_, name) = key.rsplit_once('.').unwrap();
        let misspelt = format!("{}q{}", &name[..1], &name[1..]);
        let e = match parse(&text.replace(&format!("\n{name} = "), &format!("\n{misspelt} = ")), "p") {
            Ok(_) => panic!("{misspelt} is taken"),
            Err(e) => e,
        };
        // a level without one of its keys lacks it, too
        let unknown = e.each().iter().find(|e| matches!(e, PolicyError::UnknownKey { .. })).unwrap();
        assert_eq!(unknown.line(), Some(line), "{unknown}");
        assert!(unknown.to_string().ends_with(&format!("the nearest known one is {key}")), "{unknown}");
    }
}

#[test]
fn a_key_in_the_wrong_section_is_told_its_own() {
    let told = fault("[model]\nquiet_days = 3\n").to_string();
    let nearest = "the nearest known one is collect.quiet_days";
    assert_eq!(told, format!("mine.toml:2: unknown key model.quiet_days; {nearest}"));
    let told = fault("[colect]\nquiet_days = 3\n").to_string();
    assert_eq!(told, "mine.toml:1: unknown key colect; the nearest known one is collect");
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_their_lines() {
    let text = "[collect]\nquiet_days = 99\nholidays = [\"2026-02-30\"]\nweekend = [\"funday\"]\n\
                [model]\npenality = 3.0\nsolver = \"magic\"\n[score]\nrisk_medium_prob = true\n";
    let e = parse(text, "p").unwrap_err();
    let lines: Vec<_> = e.each().iter().map(|e| e.line().unwrap()).collect();
    assert_eq!(lines, [2, 3, 4, 6, 7, 9], "{e}");
}

#[test]
fn a_level_says_what_every_level_must_and_takes_the_rest_from_collect_level() {
    let level = "[collect.level]\ntone = \"firm\"\n[[collect.ladder]]\naction = \"visit\"\nchannel = \"car\"\n\
                 from_days_past_due = 3\nodds_ratio = 2\ncost = 30\nlead_days = 2\n";
    let ladder = parse(level, "p").unwrap().collect.ladder.clone();
    assert_eq!((ladder.len(), ladder[0].tone.as_str(), ladder[0].calls), (1, "firm", 0));
    assert_eq!((ladder[0].odds_ratio, ladder[0].to_days_past_due), (2.0, 100_000));
    let e = fault(&level.replace("cost = 30\n", ""));
    assert!(e.to_string().starts_with("mine.toml:3: collect.ladder[1].cost is missing, expected"), "{e}");
}

#[test]
fn two_levels_of_one_name_are_refused() {
    let level = "[[collect.ladder]]\naction = \"call\"\nchannel = \"phone\"\nfrom_days_past_due = 3\n\
                 odds_ratio = 2\ncost = 30\nlead_days = 2\n";
    let e = fault(&format!("{level}{level}"));
    assert_eq!((e.key(), e.line()), (Some("collect.ladder[2].action"), Some(9)));
}

#[test]
fn rates_of_interest_come_with_their_days_and_fixed_sums_with_their_sizes() {
    let told = |text: &str| fault(text).to_string();
    let short = told("[interest.eu]\nreference_rate = [0.02]\n");
    assert_eq!(short, "mine.toml:2: interest.eu.reference_rate is a list of 1, expected one for each of 7");
    assert!(
        told("[interest.uk]\nfrom = [\"soon\"]\n")
            .contains("interest.uk.from is [\"soon\"], expected increasing dates")
    );
    assert!(
        told("[interest.uk]\nfixed_sum_from = [2.0, 1.0, 3.0]\n").contains("expected increasing amounts")
    );
    let policy = parse("", "defaults").unwrap();
    let sums = [999.99, 1_000.0, 10_000.0].map(|debt| policy.interest.uk.fixed_sum_of(debt));
    assert_eq!(sums, [40.0, 70.0, 100.0]);
}

#[test]
fn what_a_segment_has_of_its_own_must_be_of_a_segment_and_of_the_ladder() {
    let own = |text: &str| {
        format!(
            "[[collect.segment_level]]\ncolumn = \"country\"\nvalue = \"DE\"\naction = \"call\"\n{text}\n"
        )
    };
    let told = |text: &str| fault(text).to_string();
    assert_eq!(
        told(&own("").replace("country", "region")),
        "mine.toml:2: collect.segment_level[1].column is `region`, expected one of ledger.segments: industry, country, business_unit"
    );
    assert!(
        told(&own("").replace("call", "cal")).starts_with(
            "mine.toml:4: collect.segment_level[1].action is `cal`, expected courtesy, reminder, "
        )
    );
    assert!(told(&own("odds_ratio = 0.5")).ends_with("odds_ratio is 0.5, expected 1 to 10"));
    // the courtesy ends on the due date, and begins before it in a segment, too
    let courtesy = own("from_days_past_due = 2").replace("call", "courtesy");
    assert!(told(&courtesy).ends_with("from_days_past_due is 2, expected -1000 to 0"), "{}", told(&courtesy));
    let e = fault("[[collect.segment]]\ncolumn = \"country\"\nquiet_days = 1\n");
    assert_eq!((e.key(), e.line()), (Some("collect.segment[1].value"), Some(1)));
    let e = fault("[[collect.segment]]\ncolumn = \"country\"\nvalue = \"DE\"\nwithout = [\"visit\"]\n");
    assert_eq!((e.key(), e.line()), (Some("collect.segment[1].without"), Some(4)));
    let e = fault("[[collect.segment]]\ncolumn = \"country\"\nvalue = \"DE\"\nquiet_day = 1\n");
    assert!(e.to_string().ends_with("the nearest known one is collect.segment[1].quiet_days"), "{e}");
}

#[test]
fn of_two_entries_that_hold_the_later_counts_key_by_key() {
    let text = "[[collect.segment]]\ncolumn = \"country\"\nvalue = \"DE\"\nquiet_days = 1\nlanguage = \"de\"\n\
                [[collect.segment]]\ncolumn = \"industry\"\nvalue = \"retail\"\nquiet_days = 9\ngrace_days = 4\n\
                [[collect.segment_level]]\ncolumn = \"country\"\nvalue = \"DE\"\naction = \"call\"\ncost = 3\n";
    let collect = parse(text, "p").unwrap().collect.clone();
    assert_eq!(collect.segments(), [("country", "DE"), ("industry", "retail")]);
    let both = collect.of_segments(|_, _| true);
    assert_eq!((both.quiet_days, both.language.as_str(), both.ladder[3].cost), (9, "de", 3.0));
    assert_eq!((both.ladder[0].from_days_past_due, both.ladder[3].from_days_past_due), (-5, 5));
    let none = collect.of_segments(|_, _| false);
    assert_eq!(none, collect);
    let german = collect.of_segments(|column, _| column == "country");
    assert_eq!((german.quiet_days, german.minimum_amount), (1, collect.minimum_amount));
}

#[test]
fn recovery_is_linear_between_ages_and_level_beyond() {
    let told = |text: &str| fault(text).to_string();
    assert!(told("[handover]\nrecovery_days = [90, 30]\n").contains("expected increasing days past due"));
    let short = told("[handover]\nrecovery_rate = [0.5]\n");
    assert!(short.ends_with("handover.recovery_rate is a list of 1, expected one for each of 5"), "{short}");
    let h = parse("[handover]\nrecovery_days = [10, 20]\nrecovery_rate = [0.8, 0.4]", "p")
        .unwrap()
        .handover
        .clone();
    let at = [0.0, 10.0, 15.0, 20.0, 999.0].map(|days| h.recovery_rate_at(days));
    assert!(at.iter().zip([0.8, 0.8, 0.6, 0.4, 0.4]).all(|(a, b)| (a - b).abs() < 1e-12), "{at:?}");
}

#[test]
fn two_methods_of_one_name_are_refused_whatever_their_case() {
    let method = |name: &str| format!("[[kpi.method]]\nname = \"{name}\"\ncost = 1\nfee_rate = 0\n");
    let e = fault(&format!("{}{}", method("card"), method("Card")));
    assert_eq!((e.key(), e.line()), (Some("kpi.method[2].name"), Some(6)));
}
