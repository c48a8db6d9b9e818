//! The model in models/ loads and scores the sample in data/ the same for ever; a file that is not quite a model is
//! refused.

use arrears::contract::read_table;
use arrears::ingest::Sources;
use arrears::model::{Artifact, ArtifactError, StateNumbers};
use arrears::pipeline::{Job, Silent, run, write_run};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Open invoices between two that the golden numbers show.
const EVERY: usize = 10;

fn of_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The model's JSON with one value changed.
fn changed(pointer: &str, to: Value) -> Result<Artifact, ArtifactError> {
    let text = std::fs::read_to_string(of_package("models/demo.json")).unwrap();
    let mut model: Value = serde_json::from_str(&text).unwrap();
    *model.pointer_mut(pointer).unwrap() = to;
    Artifact::parse(&model.to_string(), Path::new("changed.json"))
}

/// Six digits of the probabilities of every tenth open invoice: machines differ in the last bits of `exp`.
#[test]
fn the_demo_model_scores_the_sample_as_it_always_did() {
    let table = |name: &str| of_package(&format!("data/sample/{name}.csv"));
    let sources = Sources {
        invoices: table("invoices"),
        payments: Some(table("payments")),
        customers: Some(table("customers")),
        contacts: Some(table("contacts")),
        fx: Some(table("fx")),
        ..Sources::default()
    };
    let job = Job {
        policy: arrears::policy::load(Some(&of_package("data/policy.toml"))).unwrap(),
        as_of: "2024-06-30".parse().unwrap(),
        seed: 0,
        model: Some(Artifact::load(&of_package("models/demo.json")).unwrap()),
    };
    let output = run(&sources, &job, &Silent).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    write_run(&out, output, Vec::new()).unwrap();
    let (scores, _) = read_table(&out, "invoice_scores").unwrap();
    let digits = |column: &str, row| match scores.value(column, row) {
        arrears::contract::Value::Double(p) => format!("{p:.6}"),
        other => panic!("{column}: {other:?}"),
    };
    let mut shown = String::from("invoice_id,late_prob,paid_30_prob,unpaid_prob,reason_1\n");
    for row in (0..scores.n_rows()).step_by(EVERY) {
        let [late, paid, unpaid] = ["late_prob", "paid_30_prob", "unpaid_prob"].map(|c| digits(c, row));
        let (id, reason) = (scores.value("invoice_id", row), scores.value("reason_1", row));
        shown.push_str(&format!("{id},{late},{paid},{unpaid},{reason}\n"));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_model_survives_being_written_and_read() {
    let model = Artifact::load(&of_package("models/demo.json")).unwrap();
    assert_eq!(Artifact::parse(&model.to_json(), Path::new("again.json")).unwrap(), model);
}

#[test]
fn a_model_whose_coefficient_was_changed_is_refused() {
    let refused = changed("/hazard/coefficients/0", json!(0.25)).unwrap_err();
    assert!(matches!(refused, ArtifactError::Changed { .. }), "{refused}");
    assert_eq!(refused.exit_code(), 3);
}

#[test]
fn a_model_of_a_later_format_is_refused() {
    let refused = changed("/format", json!(1000)).unwrap_err();
    assert!(refused.to_string().starts_with("changed.json: model format 1000, this version reads up to"));
    assert!(refused.hint().unwrap().contains("update arrears"));
}

#[test]
fn a_model_with_another_column_is_refused_by_its_name() {
    let refused = changed("/hazard/columns/2", json!("shoe_size")).unwrap_err();
    assert!(refused.to_string().contains("column 2 is `shoe_size`, which no version"), "{refused}");
    let twice = changed("/hazard/columns/2", json!("customer_late_rate")).unwrap_err();
    assert!(matches!(twice, ArtifactError::OtherColumns { column: 2, .. }), "{twice}");
}

#[test]
fn a_model_with_a_number_too_many_is_refused() {
    let refused = changed("/hazard/means", json!([1.0, 2.0])).unwrap_err();
    assert!(matches!(refused, ArtifactError::OtherLength { field: "means", n: 2, .. }), "{refused}");
    let refused = changed("/hazard/overdue/coefficients", json!([1.0])).unwrap_err();
    assert!(refused.to_string().contains("1 values of `overdue.coefficients` for"), "{refused}");
}

/// Whatever columns this version has added or taken out since: each model that was ever shipped is read as it is, and
/// its numbers lie over the columns of today.
#[test]
fn models_of_earlier_formats_load_for_ever() {
    let mut n = 0;
    for file in std::fs::read_dir(of_package("models/old")).unwrap().map(|f| f.unwrap().path()) {
        let model = Artifact::load(&file).unwrap();
        let now = model.hazard.of_this_version();
        assert_eq!(now.columns.len(), arrears::features::N_COLUMNS);
        for (name, coefficient) in model.hazard.columns.iter().zip(&model.hazard.coefficients) {
            let place = now.columns.iter().position(|c| c == name);
            assert!(place.is_none_or(|k| now.coefficients[k] == *coefficient), "{name}");
        }
        let policy = arrears::policy::parse("", "defaults").unwrap();
        assert!(model.check_policy(&policy.model).is_ok());
        n += 1;
    }
    assert!(n >= 1);
}

#[test]
fn a_column_that_is_not_filled_counts_as_at_its_mean_and_a_new_one_nothing() {
    let mut hazard =
        Artifact::load(&of_package("models/old/format-1.json")).unwrap().hazard.of_this_version();
    let (name, b, mean) = (hazard.columns[3].clone(), hazard.coefficients[3], hazard.means[3]);
    hazard.columns[3] = "once_filled".to_owned();
    hazard.overdue = Some(StateNumbers {
        intercept: 0.5,
        coefficients: hazard.coefficients.clone(),
        standard_errors: vec![0.1; hazard.columns.len()],
        intercept_standard_error: 0.1,
        report: hazard.report.clone(),
    });
    let now = hazard.of_this_version();
    let overdue = now.overdue.as_ref().unwrap();
    assert_eq!((overdue.intercept, &overdue.coefficients), (0.5 + b * mean, &now.coefficients));
    assert_eq!((overdue.standard_errors[3], overdue.standard_errors[4]), (0.0, 0.1));
    assert_eq!((&now.columns[3], now.coefficients[3]), (&name, 0.0));
    assert_eq!(now.intercept, hazard.intercept + b * mean);
    assert_eq!(now.coefficients[4..], hazard.coefficients[4..]);
    assert_eq!(now.of_this_version(), now);
}
