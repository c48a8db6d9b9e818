//! A set-up that will do, and one that will not; and what a terminal shows that a pipe does not.

use crate::sample::{AS_OF, Desk, TABLES};
use serde_json::Value;

/// The check's name and how it is, in order.
fn found(text: &str) -> Vec<(String, String)> {
    let told: Value = serde_json::from_str(text).unwrap();
    let word = |c: &Value, key: &str| c[key].as_str().unwrap().to_owned();
    told["checks"].as_array().unwrap().iter().map(|c| (word(c, "check"), word(c, "health"))).collect()
}

#[test]
fn a_set_up_that_will_do_is_told_so_and_stays_as_it_was() {
    let desk = Desk::with_run();
    let before = desk.files(".");
    let told = desk.done(&format!("doctor {TABLES} --model out/model.json --out out --format json"));
    let checks = found(&told);
    for check in ["version", "threads", "policy", "model", "out"] {
        assert!(checks.contains(&(check.to_owned(), "ok".to_owned())), "{check}: {checks:?}");
    }
    assert_eq!(checks.iter().find(|c| c.0 == "ledger").unwrap().1, "ok");
    assert!(checks.iter().all(|c| c.1 != "fault"), "{checks:?}");
    assert_eq!(desk.files("."), before);

    let asked_nothing = desk.done("doctor --format json");
    let not_asked = |name: &str| (name.to_owned(), "not_asked".to_owned());
    assert!(
        [not_asked("ledger"), not_asked("model"), not_asked("out")]
            .iter()
            .all(|c| found(&asked_nothing).contains(c))
    );
}

#[test]
fn each_fault_is_told_with_its_remedy_and_the_first_gives_the_exit_status() {
    let desk = Desk::new();
    desk.write("wrong.toml", "[ledger]\ngrace_days = 500\n");
    let said = desk
        .arrears("doctor --invoices invoices.csv --config wrong.toml --model none.json --out policy.toml");
    assert_eq!(said.status, 2);
    assert!(
        said.out.contains("fault      wrong.toml:2: ledger.grace_days is 500, expected 0 to 60"),
        "{}",
        said.out
    );
    assert!(said.out.contains("the policy comes first"), "{}", said.out);
    assert!(said.out.contains("none.json: cannot be read"), "{}", said.out);
    assert!(said.out.contains("to do: check the path"), "{}", said.out);
    assert_eq!(said.err, "error: 3 of what was looked at would stop a run\n");

    let said = desk.arrears(&format!("doctor --invoices fx.csv --as-of {AS_OF}"));
    assert_eq!(said.status, 3, "{}", said.out);
    assert_eq!(desk.arrears("doctor --payments payments.csv").status, 2);

    // a run would end with the same status: several currencies are open, and there are no rates
    let files = "--invoices invoices.csv --payments payments.csv --config policy.toml";
    let said = desk.arrears(&format!("doctor {files} --as-of {AS_OF}"));
    let run = desk.arrears(&format!("run {files} --as-of {AS_OF} --out new"));
    assert_eq!((said.status, run.status), (3, 3), "{}{}", said.out, run.err);
}

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    let desk = Desk::empty();
    let shown = |environment: &[(&str, &str)]| {
        let said = desk.arrears_with(&["doctor"], environment);
        assert_eq!(said.status, 0, "{}", said.err);
        said.out
    };
    let (plain, forced) = (shown(&[]), shown(&[("CLICOLOR_FORCE", "1")]));
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    assert!(forced.contains("\u{1b}[32mok\u{1b}[0m"), "{forced:?}");
    assert!(!shown(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains('\u{1b}'));

    let refused = |environment: &[(&str, &str)]| {
        desk.arrears_with(&["explain", "--out", "none", "C1"], environment).err
    };
    assert!(refused(&[]).starts_with("error: "));
    assert!(refused(&[("CLICOLOR_FORCE", "1")]).starts_with("\u{1b}[1;31merror:\u{1b}[0m "));
}
