//! Every verb as a user calls it: its help, its success, its refusals.

use crate::sample::{AS_OF, Desk, TABLES, tables};
use arrears::contract::{Manifest, Table, read_table};
use arrears::pipeline::demo::TableFormat;
use insta::assert_snapshot;
use serde_json::Value;
use std::path::Path;

const VERBS: [&str; 9] = ["demo", "run", "check", "fit", "score", "explain", "audit", "simulate", "schema"];
/// What `run` writes.
const RUN_FILES: [&str; 8] = [
    "aging.parquet",
    "cash_forecast.parquet",
    "customer_features.parquet",
    "invoice_scores.parquet",
    "manifest.json",
    "model.json",
    "priorities.parquet",
    "quarantine.parquet",
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
    for name in ["invoice_scores", "cash_forecast", "priorities", "aging", "customer_features", "quarantine"]
    {
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
    assert!(desk.done(&format!("explain --out out {invoice}")).contains(meaning));
    let told = desk.done(&format!("explain --out out {customer}"));
    assert!(told.starts_with(&format!("customer {customer}\n")), "{told}");
}

#[test]
fn audit_proves_the_sample() {
    let desk = Desk::new();
    let told = json(&desk.done(&format!("audit {TABLES} --as-of {AS_OF} --format json --quiet")));
    let trials: Vec<&str> =
        told["trials"].as_array().unwrap().iter().map(|t| t["perturbation"].as_str().unwrap()).collect();
    assert_eq!(trials, ["remove", "reorder", "change", "append"]);
    assert!(told["trials"].as_array().unwrap().iter().all(|t| t["moved"] == json("[]")));
    assert_eq!(told["files"].as_array().unwrap().len(), RUN_FILES.len());
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
    assert_eq!(quarantined.len(), 3 + orphans);
}

#[test]
fn check_reports_rows_at_fault_with_value_and_remedy() {
    let desk = Desk::empty();
    desk.write(
        "i.csv",
        INVOICES.to_owned() + "A2,ACME,2024-01-11,2024-02-10,12 euros\nA3,ACME,11.1.24,2024-02-10,5\n",
    );
    desk.write("p.csv", "invoice_id,payment_date,amount\nA1,2024-02-01,60\nA9,2024-02-01,60\n");
    assert_snapshot!(desk.done("check --invoices i.csv --payments p.csv --out q"), @r"
      table     file   rows  ledger  quarantined  ignored
      invoices  i.csv  3     1       2            0
      payments  p.csv  2     1       1            0

    AMOUNT_NOT_NUMBER: 1 rows
      i.csv row 2: amount `12 euros`: not a plain decimal such as 1234.50; remove currency signs, thousands marks and text from it

    DATE_NOT_READABLE: 1 rows
      i.csv row 3: issue_date `11.1.24`: not a date of the shape YYYY-MM-DD; write it in that shape, or choose the profile of the export

    PAYMENT_UNKNOWN_INVOICE: 1 rows
      p.csv row 2: invoice_id `A9`: no invoice of this id is in the ledger; add the invoice, or correct the id
    ");
    assert_eq!(desk.files("q").len(), 1);
}

const INVOICES: &str =
    "invoice_id,customer_id,issue_date,due_date,amount\nA1,ACME,2024-01-10,2024-02-09,100.00\n";

/// The command, refused with the exit status, leaves an old run and every other file as they were and says what is
/// given.
macro_rules! refused {
    ($desk:expr, $arguments:expr, $status:literal, @$said:literal) => {
        let said = $desk.refused(&$arguments, $status);
        insta::with_settings!({filters => vec![
            (r"(?m)caused by: .*\(os error \d+\)$", "caused by: [the system's words]"),
            (r"(?m)caused by: (parquet|File out of).*$", "caused by: [polars' words]"),
        ]}, { assert_snapshot!(said, @$said); });
    };
}

/// `run` on the sample with one table replaced, into the folder of an old run.
fn run_with(table: &str, file: &str) -> String {
    format!("run {} --as-of {AS_OF} --out out", TABLES.replace(&format!("{table}.csv"), file))
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let desk = Desk::with_run();
    refused!(desk, run_with("payments", "none.csv"), 1, @r"
    error: none.csv: cannot be read
      caused by: [the system's words]

    hint: check the path: a relative one starts at the folder in which arrears is called
    ");
    refused!(desk, format!("run {TABLES} --as-of {AS_OF} --out out --model none.json"), 1, @r"
    error: none.json: cannot be read
      caused by: [the system's words]

    hint: check the path: a relative one starts at the folder in which arrears is called
    ");
    refused!(desk, format!("run --invoices invoices.csv --config none.toml --as-of {AS_OF} --out out"), 1, @r"
    error: none.toml: cannot be read
      caused by: [the system's words]

    hint: check the path: a relative one starts at the folder in which arrears is called
    ");
    refused!(desk, "explain --out none C0000001", 1, @r"
    error: none/invoice_scores.parquet: cannot be read
      caused by: [the system's words]

    hint: check the path: a relative one starts at the folder in which arrears is called
    ");
}

#[test]
fn a_folder_without_a_table_and_a_file_of_another_kind_are_refused() {
    let desk = Desk::with_run();
    std::fs::create_dir(desk.path("empty")).unwrap();
    desk.write("invoices.xlsx", "PK");
    refused!(desk, run_with("invoices", "empty"), 1, @r"
    error: empty: no .csv or .parquet file is there

    hint: name a file, a folder of .csv or .parquet files, or a glob such as parts/*.csv
    ");
    refused!(desk, run_with("invoices", "invoices.xlsx"), 3, @r"
    error: invoices.xlsx: the extension is `xlsx`, expected `csv` or `parquet`

    hint: export it as CSV or Parquet
    ");
}

#[test]
fn an_unmapped_column_is_refused() {
    let desk = Desk::with_run();
    desk.write("id.csv", "id,customer_id,issue_date,due_date,amount\nA,C,2024-01-10,2024-02-09,1\n");
    refused!(desk, run_with("invoices", "id.csv"), 3, @r"
    error: id.csv: no column is mapped to `invoice_id` (found: id, customer_id, issue_date, due_date, amount)

    hint: rename the column that holds it to `invoice_id`, or choose the profile of the export (--profile canonical|ibm-ar)
    ");
    desk.write("due.csv", "invoice_id,customer_id,issue_date,amount\nA,C,2024-01-10,1\n");
    refused!(desk, run_with("invoices", "due.csv"), 3, @r"
    error: due.csv: no column is mapped to `due_date` (found: invoice_id, customer_id, issue_date, amount)

    hint: rename the column that holds it to `due_date`, or give `terms_days`, or choose the profile of the export (--profile canonical|ibm-ar)
    ");
}

#[test]
fn a_file_without_rows_is_refused() {
    let desk = Desk::with_run();
    desk.write("empty.csv", "");
    desk.write("header.csv", INVOICES.lines().next().unwrap());
    refused!(desk, run_with("invoices", "empty.csv"), 3, @r"
    error: empty.csv: empty, expected a header and rows

    hint: check that the export ran to its end
    ");
    refused!(desk, run_with("payments", "empty.csv"), 3, @r"
    error: empty.csv: empty, expected a header and rows

    hint: check that the export ran to its end
    ");
    refused!(desk, run_with("invoices", "header.csv"), 3, @r"
    error: header.csv: has columns but no row

    hint: check that the export ran to its end
    ");
}

#[test]
fn invoices_of_which_none_is_left_are_refused() {
    let desk = Desk::with_run();
    desk.write("text.csv", INVOICES.replace("100.00", "EUR 100"));
    refused!(desk, run_with("invoices", "text.csv"), 3, @r"
    error: text.csv: no invoice is left of 1 rows: 1 are in quarantine, 0 are later than as_of

    hint: the first row in quarantine: text.csv row 1: amount `EUR 100`: not a plain decimal such as 1234.50; remove currency signs, thousands marks and text from it (AMOUNT_NOT_NUMBER)
    ");
    desk.write("later.csv", INVOICES.replace("2024-01-10", "2024-05-01"));
    refused!(desk, run_with("invoices", "later.csv"), 3, @r"
    error: later.csv: no invoice is left of 1 rows: 0 are in quarantine, 1 are later than as_of

    hint: choose a later --as-of, or check the issue dates
    ");
}

#[test]
fn a_truncated_parquet_file_is_refused() {
    let desk = Desk::with_run();
    let tables = tables(TableFormat::Parquet);
    let whole = &tables.iter().find(|t| t.name == "payments.parquet").unwrap().bytes;
    desk.write("payments.parquet", &whole[..whole.len() / 2]);
    refused!(desk, run_with("payments", "payments.parquet"), 1, @r"
    error: payments.parquet: not a whole Parquet file
      caused by: [polars' words]

    hint: write or copy the file again: its end or a page of it is damaged
    ");
    desk.write("payments.parquet", "invoice_id,payment_date,amount\n");
    refused!(desk, run_with("payments", "payments.parquet"), 1, @r"
    error: payments.parquet: not a whole Parquet file
      caused by: [polars' words]

    hint: write or copy the file again: its end or a page of it is damaged
    ");
}

#[test]
fn bad_options_are_refused() {
    let desk = Desk::with_run();
    refused!(desk, "run --invoices invoices.csv --as-of 2024-02-30 --out out", 2, @r"
    error: invalid value '2024-02-30' for '--as-of <YYYY-MM-DD>': `2024-02-30` is not a date: expected YYYY-MM-DD

    For more information, try '--help'.
    ");
    refused!(desk, "run --invoices invoices.csv --out out", 2, @r"
    error: the following required arguments were not provided:
      --as-of <YYYY-MM-DD>

    Usage: arrears run --invoices <FILE> --as-of <YYYY-MM-DD> --out <DIR>

    For more information, try '--help'.
    ");
    refused!(desk, format!("run {TABLES} --profile sap --as-of {AS_OF} --out out"), 2, @r"
    error: no profile is named `sap` (known: canonical, ibm-ar)

    hint: leave --profile out for canonical column names
    ");
    refused!(desk, "simulate --customers 0 --months 6 --out out", 2, @r"
    error: invalid value '0' for '--customers <N>': 0 is not in 1..=10000000

    For more information, try '--help'.
    ");
    refused!(desk, "schema invoice_score", 2, @r"
    error: there is no table `invoice_score`

    hint: tables are invoices, payments, customers, contacts, fx, invoice_scores, cash_forecast, priorities, aging, kpis, customer_features, provision, quarantine, backtest_scores, backtest_cash, metrics
    ");
}

#[test]
fn a_bad_policy_is_refused() {
    let desk = Desk::with_run();
    let run = format!("run --invoices invoices.csv --config bad.toml --as-of {AS_OF} --out out");
    desk.write("bad.toml", "[forecast]\ndraw = 100\n");
    refused!(desk, run, 2, @r"
    error: bad.toml: not a valid policy
      caused by: unknown field `draw`, expected one of `draws`, `customer_correlation`, `portfolio_correlation`
        in `forecast`

    hint: src/policy/defaults.toml documents every key with its unit and range
    ");
    desk.write("bad.toml", "[model]\npenalty = -1\n");
    refused!(desk, run, 2, @r"
    error: bad.toml: model.penalty is -1, expected 0 to 1000000

    hint: src/policy/defaults.toml documents every key with its unit and range
    ");
}

#[test]
fn what_is_no_model_of_ours_is_refused() {
    let desk = Desk::with_run();
    let run = format!("score {TABLES} --model bad.json --as-of {AS_OF} --out out");
    desk.write("bad.json", "{\"weights\": []}");
    refused!(desk, run, 3, @r"
    error: bad.json: not an arrears model
      caused by: missing field `format` at line 1 column 15

    hint: write a model with `arrears fit ... --model-out F`
    ");
    let mut model = json(&desk.text("out/model.json"));
    model["hazard"]["intercept"] = Value::from(-1.5);
    model["model_id"] = Value::from("00000000deadbeef");
    desk.write("bad.json", model.to_string());
    let said = desk.refused(&run, 3);
    assert!(
        said.starts_with("error: bad.json: model_id is 00000000deadbeef, but its numbers have "),
        "{said}"
    );
    model["format"] = Value::from(99);
    desk.write("bad.json", model.to_string());
    refused!(desk, run, 3, @r"
    error: bad.json: model format 99, this version reads up to 1

    hint: update arrears, or fit again with `arrears fit`
    ");
}

#[test]
fn a_history_too_short_to_fit_is_refused_by_the_gate() {
    let desk = Desk::with_run();
    refused!(desk, format!("run {TABLES} --as-of 2023-01-20 --out out"), 4, @r"
    error: 1 settled invoices are seen by a training landmark, a fit needs 30

    hint: give a longer history, or score with an existing model: --model models/demo.json
    ");
}

#[test]
fn an_out_that_holds_something_else_is_left_alone() {
    let desk = Desk::with_run();
    std::fs::create_dir(desk.path("photos")).unwrap();
    desk.write("photos/cat.jpg", "cat");
    refused!(desk, format!("run {TABLES} --as-of {AS_OF} --out photos"), 2, @r"
    error: photos: holds `cat.jpg`, which no run of arrears has written

    hint: name a new or empty folder, or one that holds an earlier run and nothing else
    ");
    refused!(desk, "demo --out photos", 2, @r"
    error: photos: holds `cat.jpg`, which no run of arrears has written

    hint: name a new or empty folder, or one that holds an earlier run and nothing else
    ");
    refused!(desk, "simulate --customers 5 --months 6 --out photos", 2, @r"
    error: photos: holds `cat.jpg`, which no run of arrears has written

    hint: name a new or empty folder, or one that holds an earlier run and nothing else
    ");
    refused!(desk, format!("run {TABLES} --as-of {AS_OF} --out invoices.csv"), 2, @r"
    error: invoices.csv: is not a folder

    hint: name a new or empty folder, or one that holds an earlier run and nothing else
    ");
    desk.write("out/notes.txt", "mine");
    refused!(desk, format!("run {TABLES} --as-of {AS_OF} --out out"), 2, @r"
    error: out: holds `notes.txt`, which no run of arrears has written

    hint: name a new or empty folder, or one that holds an earlier run and nothing else
    ");
}

#[test]
fn an_id_that_a_run_does_not_know_is_refused() {
    let desk = Desk::with_run();
    refused!(desk, "explain --out out C9999999", 3, @r"
    error: out: no open invoice and no customer with an open balance is named `C9999999`

    hint: invoice_scores.parquet lists the invoices, priorities.parquet the customers
    ");
}
