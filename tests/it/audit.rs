//! `audit` passes on our ledgers and on third parties', and catches runs that look ahead.

use crate::sample::{self, AS_OF, Desk, POLICY};
use arrears::Error;
use arrears::core::Day;
use arrears::features::{Purpose, survey};
use arrears::ingest::{Mapping, Raw, Sources, check, read};
use arrears::ledger::{Known, NEVER};
use arrears::model::{Artifact, Hazard};
use arrears::pipeline::audit::{AuditReport, audit, audit_with};
use arrears::pipeline::demo::{TableFormat, simulate_to};
use arrears::pipeline::{Job, MODEL_FILE, OutputFile, RunOutput, Silent, assess};
use arrears::score::{predict, score};
use arrears::simulate::{Plan, simulate};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub fn job(as_of: &str, seed: u64) -> Job {
    let policy = arrears::policy::parse(POLICY, "the sample's policy").unwrap();
    Job { policy, as_of: as_of.parse().unwrap(), seed, model: None }
}

/// All tables of a folder.
pub fn sources(folder: &Path, ending: &str) -> Sources {
    let table = |name: &str| folder.join(format!("{name}.{ending}"));
    Sources {
        invoices: table("invoices"),
        payments: Some(table("payments")),
        customers: Some(table("customers")),
        contacts: Some(table("contacts")),
        fx: Some(table("fx")),
        ..Sources::default()
    }
}

fn assert_passes(sources: &Sources, job: &Job) {
    let report = audit(sources, job, &Silent).unwrap();
    assert!(report.passed(), "{report:#?}");
    assert!(report.files.iter().any(|f| f.0 == "invoice_scores.parquet" && f.1 > 2_000), "{report:#?}");
}

/// Payments recorded late, disputes, contacts with promises, credit notes and five currencies, as text and typed.
#[test]
fn a_run_on_the_sample_does_not_look_ahead() {
    let desk = Desk::new();
    assert_passes(&sources(&desk.path(""), "csv"), &job(AS_OF, 0));
    sample::tables(TableFormat::Parquet).iter().for_each(|t| desk.write(&t.name, &t.bytes));
    assert_passes(&sources(&desk.path(""), "parquet"), &job("2024-02-29", 1));
}

/// Invoices recorded up to three days after issue; `paid_date` and the dates of disputes may lie after as_of.
#[test]
fn a_run_on_one_table_does_not_look_ahead() {
    let s = simulate(&Plan::new(60, 15, 8));
    let mut text = "invoice_id,customer_id,issue_date,due_date,amount,currency,recorded_date,dispute_date,\
                    dispute_closed_date,paid_date\n"
        .to_owned();
    let day = |d: i32| if d == NEVER { String::new() } else { Day(d).to_string() };
    let t = &s.invoices;
    for i in 0..s.truth.n_invoices() {
        let (issue, customer) = (Day(t.issue[i]), s.customers.customer_id.get(t.customer[i] as usize));
        let (id, due, amount, currency) = (t.invoice_id.get(i), Day(t.due[i]), t.amount[i], t.currency[i]);
        let recorded = issue.plus(i as i32 % 4);
        let (dispute, closed) = (day(t.dispute[i]), day(t.dispute_closed[i]));
        let paid = s.truth.settled(i).map(|d| d.to_string()).unwrap_or_default();
        writeln!(
            text,
            "{id},{customer},{issue},{due},{amount},{currency},{recorded},{dispute},{closed},{paid}"
        )
        .unwrap();
    }
    let desk = Desk::empty();
    desk.write("invoices.csv", text);
    let sources = Sources { invoices: desk.path("invoices.csv"), ..Sources::default() };
    let at_par = arrears::policy::parse(
        "[ledger]\nreporting_currency = \"XXX\"\n[model]\ntrain_rows_max = 20000",
        "no rates",
    )
    .unwrap();
    assert_passes(&sources, &Job { policy: at_par, ..job("2024-02-10", 2) });
}

/// Days of payment in both orders, four in ten of which can be two days; as_of parts the two of many of them.
#[test]
fn a_run_on_payments_of_two_possible_days_does_not_look_ahead() {
    let s = simulate(&Plan::new(60, 15, 8));
    let mut text = "invoice_id,customer_id,issue_date,due_date,amount,paid_date\n".to_owned();
    let t = &s.invoices;
    for i in 0..s.truth.n_invoices() {
        let (issue, customer) = (Day(t.issue[i]), s.customers.customer_id.get(t.customer[i] as usize));
        let (id, due, amount) = (t.invoice_id.get(i), Day(t.due[i]), t.amount[i]);
        let written = |day: Day| {
            let (year, month, day) = day.civil();
            if i % 2 == 0 {
                format!("{day:02}/{month:02}/{year}")
            } else {
                format!("{month:02}/{day:02}/{year}")
            }
        };
        let paid = s.truth.settled(i).map(written).unwrap_or_default();
        writeln!(text, "{id},{customer},{issue},{due},{amount},{paid}").unwrap();
    }
    let desk = Desk::empty();
    desk.write("invoices.csv", text);
    let mapping = "[invoices.dates]\nfields = { paid_date = [\"DD/MM/YYYY\", \"MM/DD/YYYY\"] }\n\
                   resolve = \"after_issue\"\nundecided = \"later\"\n";
    let mapping = Mapping::parse(mapping, "both orders").unwrap();
    let sources = Sources { invoices: desk.path("invoices.csv"), mapping, ..Sources::default() };
    let job = Job { policy: arrears::policy::load(None).unwrap(), ..job("2024-02-10", 2) };
    let whole = check(&read(&sources).unwrap(), None, &job.policy).unwrap().ledger;
    let days = whole.settlement_first.iter().zip(&whole.settlement_day);
    let parted = days.filter(|(first, last)| (**first..**last).contains(&job.as_of.0)).count();
    assert!(parted > 100, "{parted}");
    assert_passes(&sources, &job);
}

/// The folder with third parties' ledgers, if `ARREARS_DATA` names it.
#[allow(clippy::print_stderr)] // a test that skips says so
fn data(folder: &str) -> Option<PathBuf> {
    let Some(home) = std::env::var_os("ARREARS_DATA") else {
        eprintln!("skipped: ARREARS_DATA does not name the folder of {folder}");
        return None;
    };
    Some(Path::new(&home).join(folder))
}

#[test]
fn a_run_on_the_ibm_ledger_does_not_look_ahead() {
    let Some(folder) = data("ibm-watson-ar") else { return };
    let sources = Sources {
        invoices: folder.join("WA_Fn-UseC_-Accounts-Receivable.csv"),
        mapping: Mapping::built_in("ibm-ar").unwrap(),
        ..Sources::default()
    };
    let policy = arrears::policy::load(None).unwrap();
    assert_passes(&sources, &Job { policy, ..job("2013-03-15", 0) });
}

/// as_of parts the two possible days of 23 payments of the 27 that nothing decides.
#[test]
fn a_run_on_the_dirty_ledger_does_not_look_ahead() {
    let Some(folder) = data("ar-dirty-gst") else { return };
    let mappings = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mappings");
    let sources = Sources {
        invoices: folder.join("FactInvoice_raw.csv"),
        customers: Some(folder.join("DimCustomer_raw.csv")),
        mapping: Mapping::load(&mappings.join("ar-dirty-gst.toml")).unwrap(),
        ..Sources::default()
    };
    let job = Job { policy: arrears::policy::load(None).unwrap(), ..job("2026-02-15", 0) };
    let whole = check(&read(&sources).unwrap(), None, &job.policy).unwrap().ledger;
    let days = whole.settlement_first.iter().zip(&whole.settlement_day);
    let parted = days.filter(|(first, last)| (**first..**last).contains(&job.as_of.0)).count();
    assert_eq!(parted, 23);
    assert_passes(&sources, &job);
}

/// A CSV of some columns of another one, under other names: rows whose `row` is true.
fn rewrite(from: &Path, to: &Path, columns: &[(&str, &str)], keep: impl Fn(&dyn Fn(&str) -> String) -> bool) {
    let mut reader = csv::Reader::from_path(from).unwrap();
    let header = reader.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|h| h == name).unwrap();
    let mut writer = csv::Writer::from_path(to).unwrap();
    writer.write_record(columns.iter().map(|c| c.0)).unwrap();
    for record in reader.records().map(Result::unwrap) {
        if keep(&|name| record[place(name)].to_owned()) {
            writer.write_record(columns.iter().map(|c| &record[place(c.1)])).unwrap();
        }
    }
    writer.flush().unwrap();
}

#[test]
fn a_run_on_the_delay_ledger_does_not_look_ahead() {
    let Some(folder) = data("invoice-delay-synth") else { return };
    let desk = Desk::empty();
    let invoices = [
        ("invoice_id", "id"),
        ("customer_id", "customer_id"),
        ("issue_date", "issue_date"),
        ("due_date", "due_date"),
        ("amount", "amount"),
        ("currency", "currency"),
    ];
    let issued = |of: &dyn Fn(&str) -> String| !["draft", "cancelled"].contains(&of("status").as_str());
    rewrite(&folder.join("invoices.csv"), &desk.path("invoices.csv"), &invoices, issued);
    let mut kept = csv::Reader::from_path(desk.path("invoices.csv")).unwrap();
    let ids: BTreeSet<String> = kept.records().map(|r| r.unwrap()[0].to_owned()).collect();
    let payments = [
        ("payment_id", "id"),
        ("invoice_id", "invoice_id"),
        ("payment_date", "payment_date"),
        ("amount", "amount_paid"),
    ];
    let of_kept = |of: &dyn Fn(&str) -> String| ids.contains(&of("invoice_id"));
    rewrite(&folder.join("payment_history.csv"), &desk.path("payments.csv"), &payments, of_kept);
    let sources = Sources {
        invoices: desk.path("invoices.csv"),
        payments: Some(desk.path("payments.csv")),
        ..Sources::default()
    };
    let policy = arrears::policy::parse("[ledger]\nreporting_currency = \"XXX\"", "no rates").unwrap();
    assert_passes(&sources, &Job { policy, ..job("2025-06-30", 0) });
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 6,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_future_moves_a_byte_of_the_past(
        customers in 20..50_u32,
        months in 12..18_u32,
        ledger in any::<u64>(),
        days_left in 1..90_i32,
        future in any::<u64>(),
    ) {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("ledger");
        let made = simulate_to(&folder, &Plan::new(customers, months, ledger), TableFormat::Parquet).unwrap();
        let job = Job { as_of: made.end.plus(-days_left), ..job(AS_OF, future) };
        let report = audit(&sources(&folder, "parquet"), &job, &Silent).unwrap();
        prop_assert!(report.passed(), "{:?}", report.trials);
    }
}

/// The audit of a way to run that leaks.
pub fn caught(leaky: impl Fn(&Raw, &Job) -> Result<RunOutput, Error>) -> AuditReport {
    let desk = Desk::new();
    let raw = read(&sources(&desk.path(""), "csv")).unwrap();
    // one that sees the future meets currencies there that no rate is given for
    let at_par = "[ledger]\nreporting_currency = \"XXX\"";
    let job = Job { policy: arrears::policy::parse(at_par, "at par").unwrap(), ..job(AS_OF, 3) };
    let report = audit_with(&raw, &job, |raw| leaky(raw, &job)).unwrap();
    assert!(!report.passed());
    report
}

/// Names of the perturbations that moved something.
pub fn moved_by(report: &AuditReport) -> BTreeSet<&'static str> {
    report.trials.iter().filter(|t| !t.moved.is_empty()).map(|t| t.perturbation).collect()
}

pub fn honest(raw: &Raw, job: &Job) -> Result<RunOutput, Error> {
    assess(check(raw, Some(job.as_of), &job.policy)?, job, &Silent)
}

pub fn known(raw: &Raw, job: &Job) -> Result<Known, Error> {
    Ok(check(raw, Some(job.as_of), &job.policy)?.ledger.into_known(job.as_of))
}

/// The ledger with everything that the files hold, as a leak would look at it.
pub fn with_hindsight(raw: &Raw, job: &Job) -> Result<Known, Error> {
    Ok(check(raw, None, &job.policy)?.ledger.into_known(Day(NEVER - 1)))
}

/// A model as the pipeline would write it, around these numbers.
pub fn artifact(hazard: Hazard, job: &Job) -> Result<Artifact, Error> {
    let bare = Artifact {
        format: arrears::model::artifact::FORMAT,
        model_id: String::new(),
        arrears_version: String::new(),
        as_of: job.as_of,
        seed: job.seed,
        policy_sha256: String::new(),
        n_invoices: 0,
        n_customers: 0,
        hazard,
        contact_effects: Vec::new(),
        dependence: None,
        learnt: None,
        recency: None,
        profile: None,
        background: None,
        stand_in: None,
    };
    Ok(bare.identified())
}

#[test]
fn a_run_that_sees_the_books_of_a_month_later_is_caught() {
    let report = caught(|raw, job| honest(raw, &Job { as_of: job.as_of.plus(30), ..job.clone() }));
    assert!(moved_by(&report).is_superset(&BTreeSet::from(["remove", "change", "append"])), "{report:?}");
}

#[test]
fn a_model_fitted_a_month_later_is_caught() {
    let report = caught(|raw, job| {
        let later = honest(raw, &Job { as_of: job.as_of.plus(30), ..job.clone() })?;
        let model = later.files.iter().find(|f| f.name == MODEL_FILE).unwrap();
        let model = Artifact::parse(std::str::from_utf8(&model.bytes).unwrap(), Path::new(MODEL_FILE))?;
        honest(raw, &Job { model: Some(model), ..job.clone() })
    });
    assert_eq!(moved_by(&report), BTreeSet::from(["remove", "change", "append"]));
    let scores = |t: &arrears::pipeline::audit::Trial| t.moved.iter().any(|f| f == "invoice_scores.parquet");
    assert!(report.trials.iter().all(|t| scores(t) == (t.perturbation != "reorder")));
}

/// Mean days late of a customer's settled invoices.
fn mean_delay(known: &Known, c: usize) -> Option<f64> {
    let settled = known.invoices_of(c).filter(|&i| known.settled[i] != NEVER);
    let delays: Vec<f64> = settled.map(|i| f64::from(known.settled[i] - known.due[i])).collect();
    (!delays.is_empty()).then(|| delays.iter().sum::<f64>() / delays.len() as f64)
}

#[test]
fn a_customers_mean_delay_over_the_whole_file_is_caught() {
    let report = caught(|raw, job| {
        let (known, all) = (known(raw, job)?, with_hindsight(raw, job)?);
        let mut survey = survey(&known, &job.policy, Purpose::Fit);
        for c in 0..known.n_customers() {
            let twin = (0..all.n_customers()).find(|&k| all.customer_id.get(k) == known.customer_id.get(c));
            if let Some(delay) = twin.and_then(|k| mean_delay(&all, k)) {
                survey.states[c].long.delay = delay * survey.states[c].long.settled;
            }
        }
        let hazard = arrears::model::fit(&known, &survey, &job.policy, job.seed)?;
        let scores = score(&known, &predict(&known, &survey, &hazard, &job.policy), &job.policy);
        let mut output = honest(raw, job)?;
        output
            .files
            .push(OutputFile { name: "scores.txt".into(), bytes: format!("{scores:?}").into_bytes() });
        Ok(output)
    });
    assert_eq!(moved_by(&report), BTreeSet::from(["remove", "change", "append"]));
    assert!(report.trials.iter().all(|t| t.moved.is_empty() || t.moved == ["scores.txt"]), "{report:?}");
}

#[test]
fn labels_that_know_what_becomes_of_open_invoices_are_caught() {
    let report = caught(|raw, job| {
        let (mut known, all) = (known(raw, job)?, with_hindsight(raw, job)?);
        for i in known.open_invoices() {
            let i = i as usize;
            let twin = (0..all.n_invoices()).find(|&k| all.invoice_id.get(k) == known.invoice_id.get(i));
            if twin.is_some_and(|k| all.settled[k] != NEVER) {
                known.settled[i] = job.as_of.0;
            }
        }
        let survey = survey(&known, &job.policy, Purpose::Fit);
        let hazard = arrears::model::fit(&known, &survey, &job.policy, job.seed)?;
        honest(raw, &Job { model: Some(artifact(hazard, job)?), ..job.clone() })
    });
    assert!(moved_by(&report).is_superset(&BTreeSet::from(["remove", "change"])), "{report:?}");
    assert!(!moved_by(&report).contains("reorder"), "{report:?}");
}
