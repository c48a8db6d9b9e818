//! Every error that a user can run into: its exit status, what it says, and that nothing is left half done.

use crate::sample::{AS_OF, Desk, INVOICES, TABLES, tables};
use arrears::pipeline::demo::TableFormat;
use insta::assert_snapshot;
use serde_json::Value;

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
    error: empty: no file is there whose name says that it is a table

    hint: name a file, a folder or a glob such as parts/*.csv; of a folder those are read that end in .csv, .tsv, .ndjson, .jsonl (each also .gz or .zst), .parquet, .xlsx, .xlsb, .xls or .ods
    ");
    refused!(desk, run_with("invoices", "invoices.xlsx"), 1, @r"
    error: invoices.xlsx: not a whole workbook: its first bytes are those of no archive

    hint: open it and save it again as .xlsx, without a password
    ");
    desk.write("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    refused!(desk, run_with("invoices", "photo.png"), 3, @r"
    error: photo.png: neither text nor Parquet nor a workbook

    hint: export it as CSV, NDJSON, Parquet or an Excel workbook
    ");
}

#[test]
fn a_file_that_is_cut_off_or_in_two_encodings_is_refused() {
    let desk = Desk::with_run();
    let packed = zstd::encode_all(desk.text("invoices.csv").as_bytes(), 3).unwrap();
    desk.write("cut.csv.zst", &packed[..packed.len() / 2]);
    refused!(desk, run_with("invoices", "cut.csv.zst"), 1, @r"
    error: cut.csv.zst: not whole zstd data
      caused by: incomplete frame

    hint: write or copy the file again: it is cut off or damaged
    ");
    desk.write("two.csv", [INVOICES.as_bytes(), "A2,Zoë,".as_bytes(), b"M\xFCller\n"].concat());
    refused!(desk, run_with("invoices", "two.csv"), 3, @r"
    error: two.csv: line 3 is not UTF-8

    hint: mend that line or export the file again; if it is all of one other encoding, convert it: iconv -f WINDOWS-1252 -t UTF-8 two.csv > converted.csv
    ");
}

#[test]
fn standard_input_is_one_table() {
    let desk = Desk::with_run();
    let twice = run_with("payments", "-").replace("invoices.csv", "-");
    refused!(desk, twice, 2, @r"
    error: `-` is given for invoices and for payments: standard input is one table

    hint: give one of the two tables as a file
    ");
    refused!(desk, run_with("payments", "p***.csv"), 2, @r"
    error: p***.csv: no glob: wildcards are either regular `*` or recursive `**` at character 4

    hint: quote the glob for the shell, and put [ ] around a character that is meant as it stands
    ");
}

#[test]
fn an_unmapped_column_is_refused() {
    let desk = Desk::with_run();
    desk.write("id.csv", "id,customer_id,issue_date,due_date,amount\nA,C,2024-01-10,2024-02-09,1\n");
    refused!(desk, run_with("invoices", "id.csv"), 3, @r"
    error: id.csv: no column is mapped to `invoice_id` (found: id, customer_id, issue_date, due_date, amount)

    hint: rename the column that holds it to `invoice_id`, choose the profile of the export (--profile canonical|ibm-ar|sap-fi|sap-fbl5n|highradius|dynamics365|quickbooks|xero|netsuite|erpnext|odoo), or name the column in a mapping (--mapping FILE)
    ");
    desk.write("due.csv", "invoice_id,customer_id,issue_date,amount\nA,C,2024-01-10,1\n");
    refused!(desk, run_with("invoices", "due.csv"), 3, @r"
    error: due.csv: no column is mapped to `due_date` (found: invoice_id, customer_id, issue_date, amount)

    hint: rename the column that holds it to `due_date`, or give `terms_days`, choose the profile of the export (--profile canonical|ibm-ar|sap-fi|sap-fbl5n|highradius|dynamics365|quickbooks|xero|netsuite|erpnext|odoo), or name the column in a mapping (--mapping FILE)
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
    let fit = TABLES.replace("invoices.csv", "text.csv");
    refused!(desk, format!("fit {fit} --as-of {AS_OF} --model-out m.json"), 3, @r"
    error: text.csv: no invoice is left of 1 rows: 1 are in quarantine, 0 are later than as_of

    hint: the first row in quarantine: text.csv row 1: amount `EUR 100`: not a plain decimal such as 1234.50; remove text from it, or declare its decimal mark and units in a mapping (AMOUNT_NOT_NUMBER)
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
    error: no profile is named `sap` (known: canonical, ibm-ar, sap-fi, sap-fbl5n, highradius, dynamics365, quickbooks, xero, netsuite, erpnext, odoo)

    hint: leave --profile out for canonical column names
    ");
    refused!(desk, "rules AMOUNT_NOT_NICE", 2, @r"
    error: no rule is named `AMOUNT_NOT_NICE`

    hint: `arrears rules` prints them all
    ");
    refused!(desk, "simulate --customers 0 --months 6 --out out", 2, @r"
    error: invalid value '0' for '--customers <N>': 0 is not in 1..=10000000

    For more information, try '--help'.
    ");
    refused!(desk, "schema invoice_score", 2, @r"
    error: there is no table `invoice_score`

    hint: tables are invoices, payments, customers, contacts, fx, invoice_scores, contributions, cash_forecast, priorities, aging, risk, receipts, kpis, kpi_trend, roll_rates, customer_features, provision, discount_offers, credit_limits, late_interest, factoring, credit_insurance, instalment_offers, handover, payment_methods, segments, quarantine, model_features, drift, backtest_scores, backtest_cash, metrics, reliability, what_if, what_if_worklist
    ");
}

#[test]
fn a_bad_policy_is_refused() {
    let desk = Desk::with_run();
    let run = format!("run --invoices invoices.csv --config bad.toml --as-of {AS_OF} --out out");
    desk.write("bad.toml", "[forecast]\ndraw = 100\n");
    refused!(desk, run, 2, @r"
    error: bad.toml:2: unknown key forecast.draw; the nearest known one is forecast.draws

    hint: `arrears policy init` prints every key with its default, its unit and its range
    ");
    desk.write("bad.toml", "[model]\npenalty = -1\n");
    refused!(desk, run, 2, @r"
    error: bad.toml:2: model.penalty is -1, expected 0 to 1000000

    hint: `arrears policy init` prints every key with its default, its unit and its range
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
    let mut model: Value = serde_json::from_str(&desk.text("out/model.json")).unwrap();
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
    error: bad.json: model format 99, this version reads up to 4

    hint: update arrears, or fit again with `arrears fit`
    ");
}

#[test]
fn a_history_too_short_to_fit_is_refused_by_fit() {
    let desk = Desk::with_run();
    refused!(desk, format!("fit {TABLES} --as-of 2023-01-20 --model-out m.json"), 4, @r"
    error: 1 settled invoices are seen by a training landmark, a fit needs 30

    hint: give a longer history, or let `arrears run` score with the reference model
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
