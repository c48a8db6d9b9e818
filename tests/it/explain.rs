//! From one day's list to the next nothing moves without a reason that `explain` tells.

use crate::sample::{Desk, TABLES};
use arrears::contract::{Table, Value, read_table};
use arrears::pipeline::demo::{Plan, TableFormat, simulate_to};
use arrears::pipeline::explain::{Cause, Movement, TwoRuns};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// A Thursday to a Thursday.
const DAYS: [&str; 6] = ["2024-04-25", "2024-04-26", "2024-04-29", "2024-04-30", "2024-05-01", "2024-05-02"];
/// Contacts that cost next to nothing, so that there are many, and few calls.
const POLICY: &str = "[ledger]\nreporting_currency = \"EUR\"\n[model]\ntrain_rows_max = 20000\n[forecast]\ndraws = 100\n\
                      [collect]\ncollectors = 1\ncalls_per_day = 3\ncurrency_per_unit_of_cost = 0.05\n";

/// A run of a simulated ledger for each of the days, in a folder of that name.
fn desk() -> &'static Desk {
    static DESK: OnceLock<Desk> = OnceLock::new();
    DESK.get_or_init(|| {
        let desk = Desk::empty();
        for file in simulate_to(&desk.path("ledger"), &Plan::new(200, 18, 5), TableFormat::Csv).unwrap().files
        {
            desk.write(&file.name, &file.bytes);
        }
        desk.write("policy.toml", POLICY);
        DAYS.iter().for_each(|day| {
            desk.done(&format!("run {TABLES} --as-of {day} --out {day} --quiet"));
        });
        desk
    })
}

fn kinds(m: &Movement) -> BTreeSet<&'static str> {
    m.causes.iter().map(|c| c.kind).collect()
}

/// Rows of the sample's contacts: customer and day.
fn contacts() -> BTreeSet<(String, String)> {
    let text = desk().text("contacts.csv");
    let mut lines = text.lines().map(|l| l.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let place = |name: &str| head.iter().position(|h| *h == name).unwrap();
    let (customer, day) = (place("customer_id"), place("contact_date"));
    lines.map(|l| (l[customer].to_owned(), l[day].to_owned())).collect()
}

/// Whole numbers in a text, in order.
fn numbers(cause: &Cause) -> Vec<i64> {
    cause.text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}

fn value(table: &Table, id: &str) -> Option<f64> {
    match table.value("priority_value", table.find("customer_id", id)?) {
        Value::Double(v) => Some(v),
        _ => None,
    }
}

#[test]
fn whatever_moves_from_one_days_list_to_the_next_has_a_reason() {
    let contacts = contacts();
    let (mut seen, mut n_moved): (BTreeMap<&str, usize>, usize) = Default::default();
    for days in DAYS.windows(2) {
        let [previous, day] = [days[0], days[1]].map(|d| desk().path(d));
        let runs = TwoRuns::read(&day, &previous).unwrap();
        let list = |folder| read_table(folder, "priorities").unwrap().0;
        let (was, now) = (list(&previous), list(&day));
        for id in runs.customers() {
            let m = runs.moved(id).unwrap();
            kinds(&m).into_iter().for_each(|kind| *seen.entry(kind).or_default() += 1);
            let band = |rank: Option<i64>| rank.map(|r| (r - 1) / 5);
            let has_own = m.causes.iter().any(|c| c.kind != "others_moved");
            if m.action != m.previous_action || band(m.rank) != band(m.previous_rank) {
                n_moved += 1;
                assert!(!m.causes.is_empty(), "{days:?} {id} {m:?}");
            }
            // whose own value or action is another one has a reason of its own
            if m.action != m.previous_action || value(&was, id) != value(&now, id) {
                assert!(has_own, "{days:?} {id} {m:?}");
            }
            // what is told of others adds up
            if let (Some(before), Some(after)) = (m.previous_rank, m.rank) {
                let others = m.causes.iter().find(|c| c.kind == "others_moved").map(numbers);
                let [past, new, behind, gone] =
                    others.as_deref().map_or([0; 4], |n| [n[0], n[1], n[2], n[3]]);
                assert_eq!(after - before, past + new - behind - gone, "{days:?} {id} {m:?}");
            }
            // and a contact is told of if there was one
            let was_contacted =
                contacts.iter().any(|(c, d)| c == id && d.as_str() > days[0] && d.as_str() <= days[1]);
            let is_listed = m.rank.is_some() && m.previous_rank.is_some();
            assert_eq!(kinds(&m).contains("contact_made"), was_contacted && is_listed, "{days:?} {id} {m:?}");
            if m.rank.is_none() {
                assert!(kinds(&m).contains("paid"), "{m:?}");
            }
            if m.previous_rank.is_none() {
                assert!(kinds(&m).contains("new_invoice"), "{m:?}");
            }
        }
    }
    assert!(n_moved > 300, "{n_moved}");
    for kind in [
        "paid",
        "new_invoice",
        "new_overdue",
        "contact_made",
        "hold_began",
        "hold_ended",
        "calls_taken",
        "calls_free",
        "ladder",
        "calendar",
        "score_moved",
        "others_moved",
    ] {
        assert!(seen.contains_key(kind), "{kind} {seen:?}");
    }
}

#[test]
fn an_invoice_falls_overdue_on_the_day_after_it_is_due() {
    for days in DAYS.windows(2) {
        let [previous, day] = [days[0], days[1]].map(|d| desk().path(d));
        let runs = TwoRuns::read(&day, &previous).unwrap();
        let (was, now) = (
            read_table(&previous, "invoice_scores").unwrap().0,
            read_table(&day, "invoice_scores").unwrap().0,
        );
        let mut due: BTreeSet<String> = BTreeSet::new();
        for r in 0..now.n_rows() {
            let due_date = now.value("due_date", r).to_string();
            let was_open = was.find("invoice_id", &now.value("invoice_id", r).to_string()).is_some();
            if was_open && due_date.as_str() >= days[0] && due_date.as_str() < days[1] {
                due.insert(now.value("customer_id", r).to_string());
            }
        }
        let told: BTreeSet<String> = runs
            .customers()
            .into_iter()
            .filter(|id| kinds(&runs.moved(id).unwrap()).contains("new_overdue"))
            .map(str::to_owned)
            .collect();
        assert_eq!(told, due, "{days:?}");
    }
}

#[test]
fn the_same_run_twice_moves_nobody() {
    let day = desk().path(DAYS[0]);
    let runs = TwoRuns::read(&day, &day).unwrap();
    assert!(runs.customers().iter().all(|id| runs.moved(id).unwrap().causes.is_empty()));
}

#[test]
fn the_command_tells_what_moved_and_wants_the_earlier_run_first() {
    let [previous, day] = [DAYS[2], DAYS[3]];
    let runs = TwoRuns::read(&desk().path(day), &desk().path(previous)).unwrap();
    let ids = runs.customers();
    let moved = ids.iter().map(|id| (id, runs.moved(id).unwrap()));
    let (id, m) = moved.max_by_key(|(_, m)| m.causes.len()).unwrap();
    let told = desk().done(&format!("explain --out {day} --previous {previous} {id}"));
    assert!(told.contains(&format!("since {previous}: rank ")), "{told}");
    assert!(m.causes.iter().all(|c| told.contains(&c.text)), "{told}");
    let json = desk().done(&format!("explain --out {day} --previous {previous} {id} --format json"));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["moved"]["causes"].as_array().unwrap().len(), m.causes.len());
    // one that owes nothing any more is still explained
    if let Some(gone) = ids.iter().find(|id| runs.moved(id).unwrap().rank.is_none()) {
        let told = desk().done(&format!("explain --out {day} --previous {previous} {gone}"));
        assert!(told.contains("has nothing open any more") && told.contains("paid"), "{told}");
    }
    let said = desk().arrears(&format!("explain --out {previous} --previous {day} {id}"));
    assert_eq!(said.status, 2);
    assert!(said.err.contains(&format!("a run as of {day}, after {previous}")), "{}", said.err);
    assert_eq!(desk().arrears(&format!("explain --out {day} --previous {previous} NOBODY")).status, 3);
}
