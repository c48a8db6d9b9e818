//! The life of a model: lent to a ledger too young for one, told on its card, watched, and no longer believed.

use crate::sample::{AS_OF, Desk, TABLES};
use arrears::contract::{Manifest, Table, Value, read_table};
use arrears::model::Artifact;

/// Three months before the sample's as_of.
const FITTED: &str = "2024-01-31";

fn table(desk: &Desk, name: &str) -> Table {
    read_table(&desk.path("out"), name).unwrap().0
}

fn double(table: &Table, column: &str, row: usize) -> f64 {
    match table.value(column, row) {
        Value::Double(v) => v,
        other => panic!("{column}: {other:?}"),
    }
}

/// Five invoices of three customers: one paid late, four open, one of them overdue.
const FIVE: &str = "invoice_id,customer_id,issue_date,due_date,amount,currency,paid_date\n\
                    1,ACME,2024-01-05,2024-02-04,100.00,EUR,2024-02-20\n\
                    2,ACME,2024-02-10,2024-03-11,250.00,EUR,\n\
                    3,BOLT,2024-02-20,2024-03-21,80.50,EUR,\n\
                    4,CORK,2024-03-01,2024-03-31,900.00,EUR,\n\
                    5,ACME,2024-03-05,2024-04-04,120.00,EUR,\n";

#[test]
fn a_ledger_of_five_invoices_is_scored_with_the_reference_model_and_says_so() {
    let desk = Desk::empty();
    desk.write("five.csv", FIVE);
    let said = desk.arrears("run --invoices five.csv --as-of 2024-03-15 --out out");
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.err.contains("warning: too little history for a model of its own"), "{}", said.err);
    let scores = table(&desk, "invoice_scores");
    assert_eq!(scores.n_rows(), 4);
    for row in 0..4 {
        let late = double(&scores, "late_prob", row);
        assert!(row == 0 && late == 1.0 || late > 0.02 && late < 0.98, "{row}: {late}");
    }
    let manifest = Manifest::read(&desk.path("out")).unwrap();
    assert_eq!(manifest.warnings.iter().filter(|w| w.contains("the reference model")).count(), 1);
    let stand_in = &manifest.model["stand_in"];
    assert_eq!((&manifest.model["fitted"], &stand_in["needed"]), (&false.into(), &30.into()));
    assert_eq!(stand_in["model_id"], arrears::model::reference().unwrap().model_id);
    let card = desk.text("out/model_card.md");
    assert!(card.contains("**A stand-in.**") && card.contains("It was not fitted on this ledger"), "{card}");
    assert!(
        desk.done("explain --out out 5").contains("paid 1 of its last 1 invoice late, 16 days on average")
    );
    // the artifact of such a run scores as the run did
    desk.done("score --invoices five.csv --as-of 2024-03-15 --model out/model.json --out again --quiet");
    let again = read_table(&desk.path("again"), "invoice_scores").unwrap().0;
    assert!(again == scores);
}

/// No settled invoice at all.
#[test]
fn a_ledger_of_one_open_invoice_is_scored_too() {
    let desk = Desk::empty();
    desk.write("one.csv", crate::sample::INVOICES);
    desk.done("run --invoices one.csv --as-of 2024-01-15 --out out --quiet");
    let model = Artifact::load(&desk.path("out/model.json")).unwrap();
    assert_eq!(model.stand_in.unwrap().shift, 0.0);
    let late = double(&table(&desk, "invoice_scores"), "late_prob", 0);
    assert!(late > 0.05 && late < 0.95, "{late}");
}

/// Two dozen invoices settled so many days after due, and an open one of another customer.
fn small(delay_days: i32) -> String {
    let mut text = "invoice_id,customer_id,issue_date,due_date,amount,paid_date\n".to_owned();
    let day = |d: i32| arrears::core::Day(19_700 + d);
    for k in 0..24 {
        let issue = 5 * k;
        let (due, paid) = (day(issue + 30), day(issue + 30 + delay_days));
        text += &format!("I{k},C{},{},{due},100.00,{paid}\n", k % 6, day(issue));
    }
    text + &format!("NEXT,NEW,{},{},100.00,\n", day(190), day(220))
}

#[test]
fn the_reference_model_is_moved_towards_what_a_small_ledger_shows() {
    let late = |delay_days| {
        let desk = Desk::empty();
        desk.write("small.csv", small(delay_days));
        let as_of = arrears::core::Day(19_700 + 200);
        desk.done(&format!("run --invoices small.csv --as-of {as_of} --out out --quiet"));
        let model = Artifact::load(&desk.path("out/model.json")).unwrap();
        let stand_in = model.stand_in.unwrap();
        assert!(stand_in.n_settled < 30 && stand_in.shift != 0.0, "{stand_in:?}");
        double(&table(&desk, "invoice_scores"), "late_prob", 0)
    };
    let (early, late) = (late(-10), late(25));
    assert!(early < 0.5 && late > 0.6 && late - early > 0.3, "{early} {late}");
}

#[test]
fn a_model_card_has_data_features_calibration_and_limits() {
    let desk = Desk::with_run();
    let card = desk.text("out/model_card.md");
    let model = Artifact::load(&desk.path("out/model.json")).unwrap();
    for part in
        ["## Data", "## Calibration", "## Features", "## Drift", "## Limits", "settled invoices learnt from"]
    {
        assert!(card.contains(part), "{part}\n{card}");
    }
    assert!(card.starts_with(&format!("# Model {}\n", model.model_id)));
    assert!(card.contains("were predicted late and"), "{card}");
    let features = table(&desk, "model_features");
    assert_eq!(features.n_rows(), model.hazard.columns.len() + 1);
    for (k, (b, error)) in model.hazard.coefficients.iter().zip(&model.hazard.standard_errors).enumerate() {
        assert_eq!(double(&features, "coefficient", k + 1), *b);
        assert!(*error > 0.0 && double(&features, "standard_error", k + 1) == *error);
        assert!(card.contains(&format!("| {b:.4} | {error:.4} |")), "{k}");
    }
    let overdue = model.hazard.overdue.as_ref().unwrap();
    for (k, (b, error)) in overdue.coefficients.iter().zip(&overdue.standard_errors).enumerate() {
        assert_eq!(double(&features, "coefficient_overdue", k + 1), *b);
        assert!(*error > 0.0 && double(&features, "standard_error_overdue", k + 1) == *error);
        assert!(card.contains(&format!("| {b:.4} | {error:.4} |\n")), "{k}");
    }
    let drift = table(&desk, "drift");
    let watched: Vec<String> = (0..drift.n_rows()).map(|k| drift.value("watched", k).to_string()).collect();
    assert!(
        watched.contains(&"score".to_owned()) && watched.contains(&"calibration".to_owned()),
        "{watched:?}"
    );
}

fn fitted() -> Desk {
    let desk = Desk::new();
    desk.done(&format!("fit {TABLES} --as-of {FITTED} --model-out m.json --quiet"));
    desk
}

#[test]
fn an_ordinary_quarter_closes_no_gate() {
    let desk = fitted();
    let said = desk.arrears(&format!("score {TABLES} --as-of {AS_OF} --model m.json --out out"));
    assert_eq!(said.status, 0, "{}", said.err);
    let drift = table(&desk, "drift");
    let row = (0..drift.n_rows()).find(|&k| drift.value("watched", k).to_string() == "calibration").unwrap();
    assert!(double(&drift, "value", row).abs() < 0.15);
    assert!(matches!(drift.value("n", row), Value::Int(n) if n > 100));
}

/// Everything paid after the fit comes 45 days later than it did.
fn slow(desk: &Desk) {
    let text = desk.text("payments.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let columns = ["payment_date", "recorded_date"].map(|n| header.iter().position(|h| h == n).unwrap());
    let since: arrears::core::Day = FITTED.parse().unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for record in reader.records().map(Result::unwrap) {
        let late = |day: arrears::core::Day| if day > since { day.plus(45) } else { day };
        writer
            .write_record(record.iter().enumerate().map(|(k, field)| match field.parse() {
                Ok(day) if columns.contains(&k) => late(day).to_string(),
                _ => field.to_owned(),
            }))
            .unwrap();
    }
    desk.write("payments.csv", writer.into_inner().unwrap());
}

#[test]
fn customers_that_pay_a_month_and_a_half_later_close_the_gate() {
    let desk = fitted();
    slow(&desk);
    let said = desk.refused(&format!("score {TABLES} --as-of {AS_OF} --model m.json --out out --quiet"), 4);
    assert!(said.contains("90 days old, no longer fits: "), "{said}");
    assert!(said.contains("newly due invoices late, ") && said.contains("limit 0."), "{said}");
    assert!(said.contains("hint: fit a new model with `arrears fit"), "{said}");
    desk.write("lenient.toml", format!("{}[gate]\nfail = false\n", crate::sample::POLICY));
    let tables = TABLES.replace("policy.toml", "lenient.toml");
    let said = desk.arrears(&format!("score {tables} --as-of {AS_OF} --model m.json --out out"));
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.err.contains("warning: model ") && said.err.contains("no longer fits"), "{}", said.err);
}

#[test]
fn a_model_is_not_used_on_features_of_another_rule() {
    let desk = fitted();
    desk.write("other.toml", format!("{}half_life_days = 90\n", crate::sample::POLICY));
    let tables = TABLES.replace("policy.toml", "other.toml");
    let said = desk.refused(&format!("score {tables} --as-of {AS_OF} --model m.json --out out --quiet"), 4);
    assert!(said.contains("was fitted with model.half_life_days = 365, the policy says 90"), "{said}");
}
