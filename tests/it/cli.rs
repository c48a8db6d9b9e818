//! Every verb as a user calls it: its help and what it does. `refusal` has what it will not do.

use crate::sample::{self, AS_OF, Desk, TABLES};
use arrears::contract::{Manifest, Table, read_table};
use insta::assert_snapshot;
use serde_json::Value;
use std::path::Path;

const VERBS: [&str; 18] = [
    "demo",
    "run",
    "check",
    "fit",
    "score",
    "explain",
    "audit",
    "backtest",
    "simulate",
    "policy",
    "report",
    "worklist",
    "rules",
    "schema",
    "completions",
    "man",
    "doctor",
    "what-if",
];
/// What `run` writes.
const RUN_FILES: [&str; 28] = [
    "aging.parquet",
    "cash_forecast.parquet",
    "contributions.parquet",
    "credit_insurance.parquet",
    "credit_limits.parquet",
    "customer_features.parquet",
    "discount_offers.parquet",
    "drift.parquet",
    "factoring.parquet",
    "handover.parquet",
    "instalment_offers.parquet",
    "invoice_scores.parquet",
    "kpi_trend.parquet",
    "kpis.parquet",
    "late_interest.parquet",
    "manifest.json",
    "model.json",
    "model_card.md",
    "model_features.parquet",
    "payment_methods.parquet",
    "priorities.parquet",
    "provision.parquet",
    "quarantine.parquet",
    "receipts.parquet",
    "report.html",
    "risk.parquet",
    "roll_rates.parquet",
    "segments.parquet",
];

fn table(desk: &Desk, folder: &str, name: &str) -> Table {
    read_table(&desk.path(folder), name).unwrap().0
}

/// All values of a table as text, row by row.
fn rows(table: &Table) -> Vec<Vec<String>> {
    let row = |i| table.columns().map(|(_, c)| c.value(i).to_string()).collect();
    (0..table.n_rows()).map(row).collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The text of a file with line `n`, the header being 0, changed.
fn with_line(text: &str, n: usize, change: impl Fn(&str) -> String) -> String {
    let lines = text.lines().enumerate();
    lines.map(|(i, line)| if i == n { change(line) + "\n" } else { format!("{line}\n") }).collect()
}

/// A CSV line with field `k` replaced.
fn with_field(line: &str, k: usize, value: &str) -> String {
    let mut fields: Vec<&str> = line.split(',').collect();
    fields[k] = value;
    fields.join(",")
}

#[test]
fn help_is_as_it_was() {
    let desk = Desk::empty();
    assert_snapshot!("help", desk.done("--help"));
    for verb in VERBS {
        assert_snapshot!(format!("help_{verb}"), desk.done(&format!("{verb} --help")));
    }
}

#[test]
fn shells_and_the_manual_know_every_verb() {
    let desk = Desk::empty();
    let manual = desk.done("man");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = desk.done(&format!("completions {shell}"));
        for verb in VERBS {
            assert!(script.contains(verb), "{shell}: {verb}");
        }
    }
    for verb in VERBS {
        assert!(manual.contains(&format!(".TH arrears-{verb} 1")), "{verb}");
    }
    assert!(manual.starts_with(".ie") && manual.contains("Exit status:"));
    assert_eq!(json(&desk.done("completions bash --format json"))["shell"], "bash");
    assert!(desk.refused("completions tcsh", 2).contains("bash"));
}

#[test]
fn a_worklist_goes_to_other_tools_and_twice_is_the_same() {
    let desk = Desk::with_run();
    desk.done("worklist --out out --to a.csv");
    desk.done("worklist --out out --to a.jsonl --actions-only");
    let (csv, priorities) = (desk.text("a.csv"), table(&desk, "out", "priorities"));
    assert!(csv.starts_with("task_id,as_of,rank,customer_id,"), "{csv}");
    assert_eq!(csv.lines().count(), priorities.n_rows() + 1);
    desk.done("worklist --out out --to b.csv");
    assert_eq!(desk.text("b.csv"), csv);
    let to_do = (0..priorities.n_rows()).filter(|r| !priorities.value("action", *r).to_string().is_empty());
    let tasks: Vec<Value> = desk.text("a.jsonl").lines().map(json).collect();
    assert_eq!(tasks.len(), to_do.count());
    assert!(tasks.iter().all(|t| t["invoice_ids"].as_array().is_some_and(|i| !i.is_empty())));
    assert!(csv.contains(tasks[0]["task_id"].as_str().unwrap()));
    assert_eq!(desk.arrears("worklist --out out --to a.xml").status, 2);
}

#[test]
fn the_documented_defaults_are_a_policy_and_are_not_written_over() {
    let desk = Desk::empty();
    desk.done("policy init --to mine.toml");
    assert_eq!(desk.done("policy check mine.toml").trim(), "valid; every key has its default");
    assert_eq!(desk.arrears("policy init --to mine.toml").status, 1);
    desk.write("mine.toml", "[collect]\nquiet_days = 3\n");
    assert!(desk.done("policy check mine.toml").contains("collect.quiet_days"));
    desk.write("mine.toml", "[collect]\nquiet_days = 300\nquiet_day = 1\n");
    let said = desk.arrears("policy check mine.toml");
    assert_eq!(said.status, 2);
    assert!(said.err.contains("mine.toml:2: ") && said.err.contains("mine.toml:3: "), "{}", said.err);
}

#[test]
fn demo_leaves_a_ledger_and_a_run_of_it() {
    let desk = Desk::empty();
    let told = desk.done("demo --out demo --quiet");
    let files = desk.files("demo");
    let tables = ["contacts", "customers", "fx", "invoices", "payments"].map(|t| format!("{t}.parquet"));
    let wanted = RUN_FILES.iter().copied().chain(tables.iter().map(String::as_str));
    assert!(wanted.clone().all(|f| files.contains_key(Path::new(f))) && files.len() == wanted.count());
    assert!(told.contains("open by days past due") && told.contains("to contact first, EUR"), "{told}");
    let manifest = Manifest::read(&desk.path("demo")).unwrap();
    let c = manifest.counts;
    assert_eq!((c.quarantined, c.ignored), (0, 0));
    assert!(c.rows == c.ledger && c.rows > 50_000);
    assert_eq!(desk.arrears("demo --out demo --seed 1").status, 0);
    assert_ne!(desk.files("demo"), files);
}

#[test]
fn simulate_writes_tables_that_check_takes_whole() {
    let desk = Desk::empty();
    let made = json(&desk.done("simulate --customers 5 --months 6 --out a --format json --quiet"));
    desk.done("simulate --customers 5 --months 6 --csv --out b");
    assert_eq!(made["end"], "2023-06-30");
    for (folder, ending) in [("a", "parquet"), ("b", "csv")] {
        let input = |t: &str| format!("--{t} {folder}/{t}.{ending}");
        let all = ["invoices", "payments", "customers", "contacts", "fx"].map(input).join(" ");
        let checked = json(&desk.done(&format!("check {all} --format json")));
        assert_eq!(checked["quarantine"], json("[]"));
        for input in checked["inputs"].as_array().unwrap() {
            let name = input["table"].as_str().unwrap();
            assert_eq!(made["rows"][name], input["counts"]["rows"]);
            assert_eq!(input["counts"]["rows"], input["counts"]["ledger"]);
        }
    }
}

#[test]
fn run_writes_every_table_and_its_counts_add_up() {
    let desk = Desk::new();
    let said = desk.arrears(&format!("run {TABLES} --as-of {AS_OF} --out new/out"));
    assert_eq!(said.status, 0, "{}", said.err);
    let files = desk.files("new");
    assert!(files.keys().map(|f| f.to_str().unwrap()).eq(RUN_FILES.map(|f| format!("out/{f}"))));
    let manifest = Manifest::read(&desk.path("new/out")).unwrap();
    let c = manifest.counts;
    assert!(c.rows == c.ledger + c.quarantined + c.ignored && c.ignored > 0);
    let told = format!("rows in {} = ledger {} + quarantined 0 + ignored {}", c.rows, c.ledger, c.ignored);
    assert!(said.err.contains(&told), "{}", said.err);
    assert!(said.out.starts_with(&format!("as of {AS_OF}: ")), "{}", said.out);
    assert!(manifest.warnings.is_empty());
    for (name, summary) in &manifest.tables {
        assert_eq!(summary.rows, table(&desk, "new/out", name).n_rows() as u64, "{name}");
    }
}

#[test]
fn quiet_says_nothing_and_json_is_json() {
    let desk = Desk::new();
    let said = desk.arrears(&format!("run {TABLES} --as-of {AS_OF} --out out --quiet --format json"));
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert_eq!(json(&said.out)["as_of"], AS_OF);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let desk = Desk::new();
    let run = |n: u32| {
        desk.done(&format!("run {TABLES} --as-of {AS_OF} --out out{n} --threads {n}"));
        let mut files = desk.files(&format!("out{n}"));
        let mut manifest =
            json(&String::from_utf8(files.remove(Path::new("manifest.json")).unwrap()).unwrap());
        let timings = manifest["timings"].take();
        assert!(!timings.as_array().unwrap().is_empty());
        (files, manifest)
    };
    let (one, two) = (run(1), run(2));
    assert_eq!(one.0.keys().collect::<Vec<_>>(), two.0.keys().collect::<Vec<_>>());
    for (name, bytes) in &one.0 {
        assert!(two.0[name] == *bytes, "{}", name.display());
    }
    assert_eq!(one.1, two.1);
}

/// Only the run's id differs: it says whether the model was given.
#[test]
fn fit_and_score_give_what_run_gives() {
    let desk = Desk::with_run();
    let fitted =
        json(&desk.done(&format!("fit {TABLES} --as-of {AS_OF} --model-out models/m.json --format json")));
    assert_eq!(desk.text("models/m.json"), desk.text("out/model.json"));
    desk.done(&format!("score {TABLES} --as-of {AS_OF} --model models/m.json --out scored"));
    let stamp = |folder: &str| read_table(&desk.path(folder), "invoice_scores").unwrap().1;
    assert_eq!(stamp("scored").as_of, stamp("out").as_of);
    assert_ne!(stamp("scored").run_id, stamp("out").run_id);
    for name in [
        "invoice_scores",
        "contributions",
        "cash_forecast",
        "priorities",
        "aging",
        "customer_features",
        "quarantine",
    ] {
        assert!(table(&desk, "scored", name) == table(&desk, "out", name), "{name}");
    }
    let scores = table(&desk, "scored", "invoice_scores");
    assert_eq!(scores.value("model_id", 0).to_string(), fitted["model_id"].as_str().unwrap());
    desk.done(&format!("run {TABLES} --as-of {AS_OF} --model models/m.json --out again"));
    assert_eq!(stamp("scored").run_id, stamp("again").run_id);
}

#[test]
fn explain_knows_invoices_and_customers() {
    let desk = Desk::with_run();
    let scores = table(&desk, "out", "invoice_scores");
    let ranked = table(&desk, "out", "priorities");
    let (invoice, customer) =
        (scores.value("invoice_id", 0).to_string(), ranked.value("customer_id", 0).to_string());
    let told = json(&desk.done(&format!("explain --out out {invoice} --format json")));
    assert_eq!((&told["kind"], &told["id"]), (&json("\"invoice\""), &Value::from(invoice.as_str())));
    assert_eq!(told["reasons"].as_array().unwrap().len(), 3);
    assert_eq!(told["reasons"][0]["name"], scores.value("reason_1", 0).to_string());
    let meaning = told["reasons"][0]["meaning"].as_str().unwrap();
    let parts = told["score"]["parts"].as_array().unwrap();
    assert_eq!(parts[0]["name"], "average_invoice");
    assert_eq!(parts[1]["name"], told["reasons"][0]["name"]);
    let sum: f64 = parts.iter().map(|p| p["effect"].as_f64().unwrap()).sum();
    let prob = told["score"]["prob"].as_f64().unwrap();
    assert!((sum - (prob / (1.0 - prob)).ln()).abs() < 1e-9, "{sum} {prob}");
    assert!(desk.done(&format!("explain --out out {invoice}")).contains(meaning));
    let said = desk.done(&format!("explain --out out {customer}"));
    assert!(said.starts_with(&format!("customer {customer}\n")), "{said}");
    let features = table(&desk, "out", "customer_features");
    let of = |name| features.value(name, features.find("customer_id", &customer).unwrap()).to_string();
    let own = format!("paid {} of its last {} invoices late, ", of("recent_late_n"), of("recent_n"));
    assert!(said.contains(&own) && said.contains(&format!("; {} overdue now", of("n_overdue"))), "{said}");
}

#[test]
fn audit_proves_the_sample() {
    let desk = Desk::new();
    let told = json(&desk.done(&format!("audit {TABLES} --as-of {AS_OF} --format json --quiet")));
    let trials: Vec<&str> =
        told["trials"].as_array().unwrap().iter().map(|t| t["perturbation"].as_str().unwrap()).collect();
    assert_eq!(trials, ["remove", "reorder", "change", "append"]);
    assert!(told["trials"].as_array().unwrap().iter().all(|t| t["moved"] == json("[]")));
    assert_eq!(
        told["files"].as_array().unwrap().len(),
        RUN_FILES.iter().filter(|f| **f != "report.html").count()
    );
}

#[test]
fn schema_tells_one_table_or_all() {
    let desk = Desk::empty();
    let one = json(&desk.done("schema aging --format json"));
    assert_eq!(one["tables"].as_array().unwrap().len(), 1);
    assert_eq!(one["tables"][0]["columns"][2]["name"], "bucket");
    let all = json(&desk.done("schema --format json"));
    assert_eq!(all["tables"].as_array().unwrap().len(), arrears::contract::TABLES.len());
    assert!(desk.done("schema aging").starts_with("aging (run): "));
}

/// Invoices of the first lines get a text amount and a day that is none, a payment names no invoice; the ledger has
/// all but those, and payments of the two.
#[test]
fn rows_at_fault_are_named_and_the_run_goes_on() {
    let desk = Desk::with_run();
    let invoices = with_line(&desk.text("invoices.csv"), 2, |l| with_field(l, 4, "12 euros"));
    let invoices = with_line(&invoices, 3, |l| with_field(l, 2, "31/02/2023"));
    let lines: Vec<&str> = invoices.lines().collect();
    let ids = [lines[2], lines[3]].map(|l| l.split(',').next().unwrap().to_owned());
    desk.write("invoices.csv", &invoices);
    let payments = desk.text("payments.csv") + "NOBODY,2023-05-05,10.00,P-1,cash,2023-05-05\n";
    let n_payments = payments.lines().count() - 1;
    let orphans = payments.lines().filter(|l| ids.iter().any(|id| l.starts_with(&format!("{id},")))).count();
    desk.write("payments.csv", payments);
    let before = Manifest::read(&desk.path("out")).unwrap().counts;

    let said = desk.arrears(&format!("run {TABLES} --as-of {AS_OF} --out out"));
    assert_eq!(said.status, 0, "{}", said.err);
    let told = format!("warning: rows in quarantine: {}; out/quarantine.parquet", 3 + orphans);
    assert!(orphans > 0 && said.err.contains(&told), "{}", said.err);
    let counts = Manifest::read(&desk.path("out")).unwrap().counts;
    assert_eq!((counts.rows, counts.quarantined), (before.rows + 1, 3 + orphans as u64));
    assert_eq!(counts.ledger, before.ledger - 2 - orphans as u64);

    let quarantined = rows(&table(&desk, "out", "quarantine"));
    let unknown_row = n_payments.to_string();
    let expected = [
        ["invoices.csv", "2", "AMOUNT_NOT_NUMBER", "amount", "12 euros"],
        ["invoices.csv", "3", "DATE_NOT_READABLE", "issue_date", "31/02/2023"],
        ["payments.csv", &unknown_row, "PAYMENT_UNKNOWN_INVOICE", "invoice_id", "NOBODY"],
    ];
    for expected in expected {
        let row = quarantined.iter().find(|q| q[..2] == expected[..2]).unwrap();
        assert_eq!(row[..5], expected);
        let start = format!("{} `{}`: ", expected[3], expected[4]);
        assert!(row[5].starts_with(&start) && row[5].contains("; "), "finding and remedy: {}", row[5]);
    }
    assert_eq!(quarantined.iter().filter(|q| q[6] == "reject").count(), 3 + orphans);
}

#[test]
fn check_reports_rows_at_fault_with_value_and_remedy() {
    let desk = Desk::empty();
    desk.write(
        "i.csv",
        sample::INVOICES.to_owned()
            + "A2,ACME,2024-01-11,2024-02-10,12 euros\nA3,ACME,11.1.24,2024-02-10,5\n",
    );
    desk.write("p.csv", "invoice_id,payment_date,amount\nA1,2024-02-01,60\nA9,2024-02-01,60\n");
    assert_snapshot!(desk.done("check --invoices i.csv --payments p.csv --out q"), @r"
    as of 2024-02-01, the last day in the files (--as-of names another)

      table     file   rows  ledger  quarantined  ignored
      invoices  i.csv  3     1       2            0
      payments  p.csv  2     1       1            0

      issued       1 invoice of 1 customer, 2024-01-10 to 2024-01-10
      settlements  1, 2024-02-01 to 2024-02-01
      currencies   XXX (1 invoice)
      duplicates   none

    XXX 40.00 open on 1 invoice, 0.00 of it overdue
      past due              amount  invoices
      current                40.00         1

    late: not settled in full by the end of due_date
      of all invoices             -  by Kaplan and Meier: an open invoice counts for as long as it was watched
      of the settled alone        -  0 of 0 invoices
      not known yet         100.0 %  1 of 1 invoice open and not late so far

    AMOUNT_NOT_NUMBER (reject): 1 row
      i.csv row 2: amount `12 euros`: not a plain decimal such as 1234.50; remove text from it, or declare its decimal mark and units in a mapping

    DATE_NOT_READABLE (reject): 1 row
      i.csv row 3: issue_date `11.1.24`: not a date of the shape YYYY-MM-DD; write it in that shape, or declare the format in a mapping

    PAYMENT_UNKNOWN_INVOICE (reject): 1 row
      p.csv row 2: invoice_id `A9`: no invoice of this id is in the ledger; add the invoice, or correct the id

    what arrears can do with this ledger
      run            no       invoices: 2 of 3 rows are in quarantine, expected at most a share of 0.05
                              to do: `arrears check --out DIR` with the same options writes each row and its remedy; ingest.max_quarantine_rate in the policy is the share that may pass
      fit            no       0 settled invoices are seen by a training landmark, a fit needs 30
                              to do: give a longer history, or let `arrears run` score with the reference model
      late           limited  invoices known to be late: 0, on time: 0; late_prob rests on fewer than 30 (model.min_settled) of a kind
                              to do: give a longer history
      forecast       yes      open invoices: 1
      part payments  yes      settlements known: 1, each with its own amount
      late entries   limited  no row was recorded after its own day: each counts as known on that day
                              to do: give recorded_date, if rows are entered late
      rank           yes      all that is open is in one currency
      contacts       limited  no contacts are given: no promise holds anybody back, and what one brings is assumed (collect.ladder in the policy)
                              to do: give --contacts
    ");
    assert_eq!(desk.files("q").len(), 1);
}

#[test]
fn standard_input_gives_the_bytes_that_the_file_gives() {
    let desk = Desk::with_run();
    let packed = zstd::encode_all(desk.text("invoices.csv").as_bytes(), 3).unwrap();
    let said = desk
        .piped(&format!("run {} --as-of {AS_OF} --out piped", TABLES.replace("invoices.csv", "-")), &packed);
    assert_eq!(said.status, 0, "{}", said.err);
    let (mut piped, mut named) = (desk.files("piped"), desk.files("out"));
    for files in [&mut piped, &mut named] {
        // they name the file, and one of them tells the time
        assert!(["manifest.json", "report.html"].iter().all(|f| files.remove(Path::new(f)).is_some()));
    }
    assert_eq!(piped, named);
}
