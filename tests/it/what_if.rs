//! What would be if: both worlds share all but the change.

use crate::sample::{AS_OF, Desk, TABLES};
use arrears::contract::{Value, read_table};
use arrears::pipeline::demo::{Plan, TableFormat, simulate_to};
use arrears::pipeline::what_if::{Base, Change, WhatIf};
use arrears::pipeline::{Job, Silent, Sources, parse_policy};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Contacts that cost next to nothing, so that there are many, and few calls.
const POLICY: &str = "[ledger]\nreporting_currency = \"EUR\"\n[model]\ntrain_rows_max = 20000\n[forecast]\ndraws = 100\n\
                      [collect]\ncollectors = 1\ncalls_per_day = 3\ncurrency_per_unit_of_cost = 0.05\n";
/// Sums of some hundred terms in f64.
const RELATIVE: f64 = 1e-9;

/// A simulated ledger as it is, read and fitted once.
fn base() -> &'static Base {
    static BASE: OnceLock<Base> = OnceLock::new();
    BASE.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        let ledger = home.path().join("ledger");
        for file in simulate_to(&ledger, &Plan::new(200, 18, 5), TableFormat::Csv).unwrap().files {
            std::fs::write(home.path().join(&file.name), &file.bytes).unwrap();
        }
        let file = |name: &str| Some(home.path().join(name));
        let sources = Sources {
            invoices: home.path().join("invoices.csv"),
            payments: file("payments.csv"),
            customers: file("customers.csv"),
            contacts: file("contacts.csv"),
            fx: file("fx.csv"),
            ..Sources::default()
        };
        let policy = parse_policy(POLICY, "test").unwrap();
        let job = Job { policy, as_of: AS_OF.parse().unwrap(), seed: 0, model: None };
        Base::read(&sources, &job, &Silent).unwrap()
    })
}

fn set(keys: &[String]) -> Change {
    Change { set: keys.to_vec(), ..Change::default() }
}

/// Base and changed value of a measure that there is one of.
fn one(what: &WhatIf, measure: &str) -> (f64, f64) {
    let row = what.rows.iter().find(|r| r.measure == measure).unwrap();
    (row.base, row.changed)
}

/// Expected cash up to the end of each week, base and changed, by currency and source.
fn cumulated(what: &WhatIf) -> BTreeMap<(String, &'static str), Vec<(f64, f64)>> {
    let mut out: BTreeMap<_, Vec<(f64, f64)>> = BTreeMap::new();
    for r in what.rows.iter().filter(|r| r.measure == "cash") {
        let sums = out.entry((r.currency.clone().unwrap(), r.source.unwrap())).or_default();
        let (base, changed) = sums.last().copied().unwrap_or_default();
        sums.push((base + r.base, changed + r.changed));
    }
    out
}

#[test]
fn without_a_change_nothing_differs() {
    let what = base().with(&Change::default()).unwrap();
    assert!(what.rows.len() > 100 && what.worklist.is_empty() && what.changes.is_empty());
    assert!(what.rows.iter().all(|r| r.difference == 0.0 && r.base == r.changed));
    assert!(what.rows.iter().any(|r| r.measure == "cash_p90" && r.base > 0.0));
    // a key that is set to what it is already changes nothing either
    let same = base().with(&set(&["collect.calls_per_day=3".to_owned()])).unwrap();
    assert_eq!(same, what);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        rng_seed: RngSeed::Fixed(9),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whoever pays later on every day has paid less by the end of every week, and more is lost.
    #[test]
    fn slower_payment_brings_less_by_the_end_of_each_week(slower in 0.3..0.98_f64) {
        let what = base().with(&Change { slower, ..Change::default() }).unwrap();
        for (key, sums) in cumulated(&what) {
            prop_assert_eq!(sums.len(), 13);
            prop_assert!(sums.iter().all(|(base, changed)| changed < base || *base == 0.0), "{:?} {:?}", key, sums);
        }
        let unpaid: Vec<_> = what.rows.iter().filter(|r| r.measure == "expected_unpaid").collect();
        prop_assert!(!unpaid.is_empty() && unpaid.iter().all(|r| r.difference > 0.0 || r.base == 0.0));
        let (base, changed) = one(&what, "value_at_risk");
        prop_assert!(changed > base);
    }

    /// More calls never lower what is gained, and what is gained and what is left out are the same sum.
    #[test]
    fn more_calls_never_gain_less(few in 1..12_usize, more in 1..12_usize) {
        let of = |calls: usize| base().with(&set(&[format!("collect.calls_per_day={calls}")])).unwrap();
        let (few, more) = (of(few), of(few + more));
        let (gain, better) = (one(&few, "expected_gain").1, one(&more, "expected_gain").1);
        prop_assert!(better >= gain * (1.0 - RELATIVE), "{gain} {better}");
        let all = |what: &WhatIf| one(what, "expected_gain").1 + one(what, "left_out_gain").1;
        prop_assert!((all(&few) - all(&more)).abs() <= RELATIVE * all(&few));
        // calls move no cash of what is forecast without them
        prop_assert!(more.rows.iter().filter(|r| r.measure.starts_with("cash")).all(|r| r.difference == 0.0));
    }

    /// Longer terms leave open invoices as they are and delay what is to come.
    #[test]
    fn longer_terms_delay_what_is_not_issued_yet(days in 5..60_i32) {
        let what = base().with(&Change { more_terms_days: days, ..Change::default() }).unwrap();
        for ((currency, source), sums) in cumulated(&what) {
            if source == "open" {
                prop_assert!(sums.iter().all(|(base, changed)| base == changed));
            } else {
                let (base, changed) = sums[12];
                prop_assert!(changed < base || base == 0.0, "{currency} {source} {sums:?}");
            }
        }
        prop_assert!(what.worklist.is_empty());
    }

    /// The list of moves is the difference of the two lists.
    #[test]
    fn who_enters_and_who_leaves_are_what_the_lists_differ_by(calls in 1..30_usize, cost in 0.5..60.0_f64, slower in 0.7..1.3_f64) {
        let keys = [format!("collect.calls_per_day={calls}"), format!("collect.ladder[call].cost={cost}")];
        let what = base().with(&Change { slower, ..set(&keys) }).unwrap();
        let n = |change: &str| what.worklist.iter().filter(|m| m.change == change).count() as f64;
        let (base, changed) = one(&what, "contacts");
        prop_assert_eq!(changed - base, n("enters") - n("leaves"));
        for m in &what.worklist {
            prop_assert_ne!(&m.base_action, &m.changed_action);
            prop_assert_eq!(m.base_action.is_none(), m.base_gain == 0.0);
            prop_assert_eq!(m.changed_action.is_none(), m.changed_gain == 0.0);
        }
    }
}

#[test]
fn a_stronger_effect_is_worth_more_and_the_same_question_has_the_same_answer() {
    let change = set(&[
        "collect.ladder[call].odds_ratio=4".to_owned(),
        "collect.effect_contacts_min=1000000".to_owned(),
    ]);
    let what = base().with(&change).unwrap();
    let (assumed, stronger) = one(&what, "expected_gain");
    assert!(stronger > assumed, "{assumed} {stronger}");
    assert_eq!(what, base().with(&change).unwrap());
    assert!(
        what.changes.contains(&"collect.ladder[4].odds_ratio: 4.0, was 1.5".to_owned()),
        "{:?}",
        what.changes
    );
}

#[test]
fn the_command_tells_what_differs_and_leaves_it_in_a_folder() {
    let desk = Desk::with_run();
    let asked = format!(
        "what-if {TABLES} --as-of {AS_OF} --model out/model.json --set collect.collectors=1 \
                         --set collect.quiet_days=0 --set collect.currency_per_unit_of_cost=0.05 --slower 0.8 --terms 10"
    );
    let told = desk.done(&format!("{asked} --out changed"));
    for part in [
        "collect.collectors: 1, was 0",
        "times 0.8",
        "+10 days",
        "EUR cash, total",
        "expected_gain",
        "enters",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&desk.done(&format!("{asked} --format json"))).unwrap();
    let (table, stamp) = read_table(&desk.path("changed"), "what_if").unwrap();
    assert_eq!(stamp.as_of, AS_OF.parse().ok());
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), table.n_rows());
    for (k, row) in rows.iter().enumerate() {
        assert_eq!(table.value("measure", k).to_string(), row["measure"].as_str().unwrap());
        assert_eq!(table.value("difference", k), Value::Double(row["difference"].as_f64().unwrap()));
    }
    let moved = read_table(&desk.path("changed"), "what_if_worklist").unwrap().0;
    assert_eq!(moved.n_rows(), json["worklist"].as_array().unwrap().len());
    assert!(moved.n_rows() > 0);
    // the base is the run itself
    let run = read_table(&desk.path("out"), "priorities").unwrap().0;
    let gain = |r: usize| match run.value("expected_gain", r) {
        Value::Double(g) => g,
        _ => 0.0,
    };
    let sum: f64 = (0..run.n_rows()).map(gain).sum();
    let base = rows.iter().find(|r| r["measure"] == "expected_gain").unwrap()["base"].as_f64().unwrap();
    assert!((sum - base).abs() <= RELATIVE * sum);
    let forecast = read_table(&desk.path("out"), "cash_forecast").unwrap().0;
    let week = (0..forecast.n_rows())
        .find(|&r| {
            let is = |name, text: &str| forecast.value(name, r).to_string() == text;
            is("grain", "week") && is("segment", "all") && is("source", "open")
        })
        .unwrap();
    assert_eq!(table.value("base", 0), forecast.value("expected", week));
    assert_eq!(table.value("base", 1), forecast.value("p10", week));
}

#[test]
fn a_change_that_is_none_or_not_allowed_is_refused_before_anything_is_read() {
    let desk = Desk::new();
    let refused = |change: &str| desk.refused(&format!("what-if {TABLES} --as-of {AS_OF} {change}"), 2);
    let said = refused("--set collect.colectors=2 --set collect.quiet_days=300");
    assert!(said.contains("the nearest known one is collect.collectors"), "{said}");
    assert!(said.contains("collect.quiet_days is 300, expected 0 to 90"), "{said}");
    assert!(refused("--set ledger.grace_days=3").contains("cannot be changed here"));
    assert!(refused("--set nonsense").contains("expected KEY=VALUE"));
    for wrong in ["--slower 0", "--slower -1", "--slower fast", "--terms 1000"] {
        refused(wrong);
    }
}
