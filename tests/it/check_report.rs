//! What `check` says of a ledger, and what becomes of one that is rejected.

use crate::sample::{AS_OF, Desk, INVOICES, TABLES};
use arrears::contract::{Manifest, read_table};
use arrears::core::Day;
use arrears::features::person_period::landmarks;
use arrears::features::portfolio::{day_table, settled_in_sight};
use arrears::ingest::{Sources, check, read};
use arrears::pipeline::LedgerReport;
use insta::assert_snapshot;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const DATA: &str = "--invoices data/sample/invoices.csv --payments data/sample/payments.csv --customers \
                    data/sample/customers.csv --contacts data/sample/contacts.csv --fx data/sample/fx.csv --config \
                    data/policy.toml";

/// A desk with the sample of the repository under `data/`.
fn with_data() -> Desk {
    let desk = Desk::empty();
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    std::fs::create_dir_all(desk.path("data/sample")).unwrap();
    for name in ["policy.toml", "sample/invoices.csv", "sample/payments.csv", "sample/customers.csv"]
        .into_iter()
        .chain(["sample/contacts.csv", "sample/fx.csv"])
    {
        std::fs::copy(home.join(name), desk.path("data").join(name)).unwrap();
    }
    desk
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_sample_is_reported_as_it_was() {
    let desk = with_data();
    assert_snapshot!("check_sample", desk.done(&format!("check {DATA}")));
    assert_snapshot!("check_sample_as_of", desk.done(&format!("check {DATA} --as-of 2023-03-31")));
}

/// Three invoices, as of 2024-03-10: A1 of 100, due 02-09, gets 60 on 02-12 and owes 40 for 30 days; A2 of 50.05, due
/// 02-20, is paid with 60 on 02-15, 9.95 too much; A3 of 7.50 is due on 03-20. One of two labels that are known is late.
#[test]
fn sums_and_shares_are_those_of_the_rows() {
    let desk = Desk::empty();
    let rows = "A2,ACME,2024-01-11,2024-02-20,50.05\nA3,BETA,2024-02-19,2024-03-20,7.50\n";
    desk.write("i.csv", INVOICES.to_owned() + rows + "A3,BETA,2024-02-19,2024-03-20,7.5\n");
    desk.write(
        "p.csv",
        "invoice_id,payment_date,amount\nA1,2024-02-12,60\nA2,2024-02-15,60\nA2,2024-03-10,x\n",
    );
    let run = |more: &str| {
        json(&desk.done(&format!("check --invoices i.csv --payments p.csv --format json {more}")))
    };
    let r = run("--as-of 2024-03-10");
    assert_eq!((&r["as_of"], &r["as_of_given"]), (&"2024-03-10".into(), &true.into()));
    assert_eq!((&r["invoices"], &r["customers"], &r["settlements"]), (&3.into(), &2.into(), &2.into()));
    let open = &r["currencies"][0];
    let amounts = ["open_amount", "overdue_amount", "unapplied_amount"].map(|k| open[k].as_str().unwrap());
    assert_eq!(amounts, ["47.50", "40.00", "9.95"]);
    let aging = open["aging"].as_array().unwrap().iter();
    let aging: Vec<_> =
        aging.map(|b| (b["bucket"].as_str().unwrap(), b["amount"].as_str().unwrap())).collect();
    let none = "0.00";
    assert_eq!(
        aging,
        [
            ("current", "7.50"),
            ("1-30", "40.00"),
            ("31-60", none),
            ("61-90", none),
            ("91+", none),
            ("unapplied", "-9.95")
        ]
    );
    // at risk on the day of A2's payment, five days before due: A1 and A2, as A3 was last seen ten days before due
    let late = &r["late"];
    assert_eq!((&late["late_share"], &late["settled_only_share"]), (&0.5.into(), &0.0.into()));
    assert_eq!(
        (&late["dropping_bias"], &late["open_late"], &late["censored"]),
        (&(-0.5).into(), &1.into(), &1.into())
    );
    assert_eq!(r["period"]["last_settlement"], "2024-02-15");
    assert_eq!((&r["duplicates"]["repeated"], &r["duplicates"]["contradicting"]), (&1.into(), &0.into()));
    assert_eq!(r["rules"][0]["rule_id"], "AMOUNT_NOT_NUMBER");
    assert_eq!(r["rules"][1]["first"][0]["row"], 4);
    // without a day, the last one that a row in the ledger has
    let whole = run("");
    assert_eq!((&whole["as_of"], &whole["as_of_given"]), (&"2024-02-19".into(), &false.into()));
    assert_eq!(whole["currencies"][0]["overdue_amount"], "40.00");
}

fn ability(report: &Value, name: &str) -> (String, String) {
    let found = report["abilities"].as_array().unwrap().iter().find(|a| a["ability"] == name).unwrap();
    (found["verdict"].as_str().unwrap().to_owned(), format!("{}; {}", found["reason"], found["remedy"]))
}

#[test]
fn what_cannot_be_done_is_said_in_the_words_of_the_stage_that_refuses() {
    let desk = Desk::empty();
    let header = "invoice_id,customer_id,issue_date,due_date,amount,currency\n";
    desk.write(
        "i.csv",
        header.to_owned() + "A1,A,2024-01-10,2024-02-09,10,EUR\nA2,A,2024-01-10,2024-02-09,10,USD\n",
    );
    desk.write("fx.csv", "currency,date,rate\nGBP,2024-01-01,1.1\n");
    desk.write("eur.toml", "[ledger]\nreporting_currency = \"EUR\"\n");
    desk.write("xxx.toml", "[ledger]\nreporting_currency = \"XXX\"\n");
    let report =
        |more: &str| json(&desk.done(&format!("check --invoices i.csv --quiet --format json {more}")));
    let of = |more: &str, name: &str| ability(&report(more), name);

    let said = desk.refused("fit --invoices i.csv --as-of 2024-01-31 --model-out m.json", 4);
    let (verdict, reason) = of("", "fit");
    assert!(said.contains("0 settled invoices are seen by a training landmark, a fit needs 30"), "{said}");
    assert!(
        verdict == "no" && reason.contains("0 settled invoices are seen by a training landmark"),
        "{reason}"
    );
    assert_eq!((of("", "part_payments").0, of("", "late").0), ("no".into(), "limited".into()));

    let (verdict, reason) = of("--config xxx.toml", "rank");
    assert!(verdict == "limited" && reason.contains("EUR, USD at par"), "{reason}");
    let (verdict, reason) = of("", "rank");
    assert!(verdict == "limited" && reason.contains("EUR, USD at par"), "{reason}");
    let (verdict, reason) = of("--fx fx.csv", "rank");
    assert!(verdict == "no" && reason.contains("ledger.reporting_currency"), "{reason}");
    let (verdict, reason) = of("--fx fx.csv --config eur.toml --as-of 2024-02-29", "rank");
    assert!(
        verdict == "no" && reason.contains("no rate from USD to EUR on or before 2024-02-29"),
        "{reason}"
    );

    assert_eq!(of("", "run").0, "yes");
    desk.write("i.csv", desk.text("i.csv") + "A3,A,2024-01-10,2024-02-09,x,USD\n");
    let (verdict, reason) = of("", "run");
    assert!(verdict == "no" && reason.contains("1 of 3 rows are in quarantine"), "{reason}");
}

/// What decides a fit is counted twice, once for the fit and once for the report.
#[test]
fn the_report_counts_what_the_fit_counts() {
    let desk = Desk::new();
    let sources = Sources {
        invoices: desk.path("invoices.csv"),
        payments: Some(desk.path("payments.csv")),
        ..Sources::default()
    };
    let policy = arrears::policy::load(None).unwrap();
    let ledger = check(&read(&sources).unwrap(), None, &policy).unwrap().ledger;
    let mut counts = BTreeSet::new();
    for day in ["2023-02-20", "2023-06-30", AS_OF] {
        let known = ledger.known_at(day.parse().unwrap());
        let marks = landmarks(&known, &policy);
        let first = known.issue.iter().copied().min().unwrap();
        for horizon_days in [7, policy.model.train_horizon_days] {
            let counted = settled_in_sight(&known, &marks, horizon_days);
            assert_eq!(counted, day_table(&known, first, &marks, horizon_days).offered.settled_invoices);
            counts.insert(counted);
        }
    }
    assert!(counts.len() > 3, "{counts:?}");
}

/// Keys of the report as the page writes them: `a[].b`.
fn keys(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            let dot = if path.is_empty() { "" } else { "." };
            map.iter().for_each(|(key, value)| keys(value, &format!("{path}{dot}{key}"), found));
        }
        Value::Array(values) if values.iter().any(Value::is_object) => {
            values.iter().for_each(|value| keys(value, &format!("{path}[]"), found));
        }
        Value::Array(_) => drop(found.insert(format!("{path}[]"))),
        _ => drop(found.insert(path.to_owned())),
    }
}

#[test]
fn every_key_of_the_report_is_documented_and_no_other() {
    let desk = Desk::empty();
    desk.write("i.csv", INVOICES.to_owned() + "A2,ACME,2024-01-11,2024-02-10,x\n");
    let report = json(&desk.done("check --invoices i.csv --quiet --format json"));
    let mut found = BTreeSet::new();
    keys(&report, "", &mut found);
    let (of_rules, mut found): (BTreeSet<_>, BTreeSet<_>) =
        found.into_iter().partition(|k| k.starts_with("rules[].first[]"));
    assert_eq!(of_rules.len(), 7, "{of_rules:?}");
    found.insert("rules[].first[]".to_owned());
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/check.md")).unwrap();
    let rows = page.lines().filter_map(|l| l.strip_prefix("| `")?.split(" | ").next());
    let told: BTreeSet<String> =
        rows.flat_map(|k| k.split("`, `")).map(|k| k.trim_matches('`').to_owned()).collect();
    assert_eq!(found, told);
}

/// One invoice in two is refused: `run` and `score` leave the quarantine alone where an earlier run was, a later good
/// run may take its place.
#[test]
fn past_the_quarantine_rate_a_run_writes_the_quarantine_and_nothing_else() {
    let desk = Desk::with_run();
    let header = INVOICES.lines().next().unwrap();
    desk.write(
        "bad.csv",
        format!("{header}\nA1,ACME,2024-01-10,2024-02-09,100\nA2,ACME,2024-01-10,2024-02-09,x\n"),
    );
    std::fs::copy(desk.path("out/model.json"), desk.path("m.json")).unwrap();
    let rejected = |arguments: &str, out: &str| {
        let said = desk.arrears(arguments);
        assert_eq!((said.status, said.out.as_str()), (3, ""), "{}", said.err);
        let wanted = format!(
            "error: invoices: 1 of 2 rows are in quarantine, expected at most a share of 0.05\n\n\
             hint: {out}/quarantine.parquet names each row and its remedy; ingest.max_quarantine_rate in the policy is \
             the share that may pass\n"
        );
        assert!(said.err.ends_with(&wanted), "{}", said.err);
        assert_eq!(desk.files(out).into_keys().collect::<Vec<_>>(), [Path::new("quarantine.parquet")]);
        let (table, stamp) = read_table(&desk.path(out), "quarantine").unwrap();
        assert_eq!(
            (table.n_rows(), table.value("rule_id", 0).to_string()),
            (1, "AMOUNT_NOT_NUMBER".to_owned())
        );
        assert_eq!(stamp.as_of, AS_OF.parse().ok());
    };
    rejected(&format!("run --invoices bad.csv --as-of {AS_OF} --out out"), "out");
    rejected(&format!("score --invoices bad.csv --model m.json --as-of {AS_OF} --out new/out"), "new/out");
    let said = desk.refused(&format!("fit --invoices bad.csv --as-of {AS_OF} --model-out new.json"), 3);
    assert!(
        said.contains("1 of 2 rows are in quarantine") && said.contains("arrears check --out DIR"),
        "{said}"
    );
    desk.done(&format!("run {TABLES} --as-of {AS_OF} --out out"));
    assert!(Manifest::read(&desk.path("out")).unwrap().counts.quarantined == 0);
}

#[test]
fn a_ledger_of_which_no_invoice_is_left_leaves_its_quarantine_too() {
    let desk = Desk::empty();
    desk.write("bad.csv", INVOICES.replace("100.00", "EUR 100"));
    for verb in ["check", "run --as-of 2024-03-01"] {
        let said = desk.arrears(&format!("{verb} --invoices bad.csv --out q"));
        assert_eq!(said.status, 3, "{}", said.err);
        let told = "hint: q/quarantine.parquet names each row and its remedy; the first is bad.csv row 1: amount `EUR 100`";
        assert!(said.err.contains(told), "{}", said.err);
        assert_eq!(read_table(&desk.path("q"), "quarantine").unwrap().0.n_rows(), 1);
    }
}

#[test]
fn strict_is_another_policy_to_the_manifest() {
    let desk = Desk::with_run();
    desk.done(&format!("run {TABLES} --as-of {AS_OF} --out strict --strict"));
    let of = |folder: &str| Manifest::read(&desk.path(folder)).unwrap();
    let (plain, strict) = (of("out"), of("strict"));
    assert_ne!(plain.policy_hash, strict.policy_hash);
    assert_ne!(plain.run_id, strict.run_id);
    desk.write("policy.toml", desk.text("policy.toml") + "[ingest]\nstrict = true\n");
    desk.done(&format!("run {TABLES} --as-of {AS_OF} --out said"));
    assert_eq!(of("said").policy_hash, strict.policy_hash);
}

/// A payment dated years ahead does not make everything overdue: the last day is that of the invoice.
#[test]
fn a_payment_years_ahead_does_not_move_the_last_day() {
    let desk = Desk::empty();
    desk.write("i.csv", INVOICES);
    desk.write("p.csv", "invoice_id,payment_date,amount\nA1,2039-12-31,5\n");
    let sources =
        Sources { invoices: desk.path("i.csv"), payments: Some(desk.path("p.csv")), ..Sources::default() };
    let policy = arrears::policy::load(None).unwrap();
    let report = LedgerReport::new(check(&read(&sources).unwrap(), None, &policy).unwrap(), None, &policy);
    assert_eq!(report.as_of, "2024-01-10".parse::<Day>().unwrap());
    assert_eq!(report.currencies[0].open_amount, "100.00");
}
