//! The contract: names, bytes, folders.

use arrears::contract::{
    Column, ColumnType, ContractError, Counts, InputSummary, Manifest, NO_TEXT, OutputFile, RunKey,
    SCHEMA_VERSION, Stamp, TABLES, Table, TableSchema, TextList, encode_csv, encode_parquet, policy_hash,
    read_table, write_file, write_folder,
};
use arrears::core::{Amount, Day};
use parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

/// Names as the contract's text lists them. They are written out here once more so that renaming a column takes
/// two deliberate edits.
const CONTRACT: &[(&str, &str)] = &[
    (
        "invoices",
        "invoice_id customer_id issue_date due_date terms_days baseline_date amount currency kind recorded_date dispute_date
         dispute_closed_date paid_date discount_rate discount_days business_unit instalment credited_invoice_id",
    ),
    ("payments", "invoice_id payment_date amount payment_id currency kind method recorded_date customer_id instalment"),
    ("customers", "customer_id name industry country credit_limit terms_days"),
    ("contacts", "customer_id contact_date channel invoice_id outcome promise_date promise_amount"),
    ("fx", "currency date rate"),
    (
        "invoice_scores",
        "as_of invoice_id customer_id currency issue_date due_date amount open_amount days_past_due late_prob
         late_30_prob late_60_prob late_90_prob paid_7_prob paid_14_prob paid_30_prob paid_60_prob paid_90_prob
         expected_cash_7 expected_cash_14 expected_cash_30 expected_cash_60 expected_cash_90 pay_date_p10 pay_date_p50 pay_date_p90 unpaid_prob expected_days_late risk_band history_n reason_1
         reason_2 reason_3 reason_1_effect reason_2_effect reason_3_effect model_id",
    ),
    ("contributions", "invoice_id feature log_odds"),
    (
        "cash_forecast",
        "as_of currency segment grain period period_start period_end source expected p05 p10 p25 p50 p75 p90 p95
         due",
    ),
    (
        "priorities",
        "rank customer_id reporting_currency open_amount overdue_amount oldest_days_past_due value_at_risk
         expected_gain expected_gain_se gain_basis priority_value action channel tone language action_date calls
         left_out_gain broken_promises last_contact_date reason_1 reason_2 reason_3 hold invoice_ids",
    ),
    ("aging", "currency segment bucket amount n_invoices"),
    (
        "risk",
        "as_of currency segment risk_band n_invoices open_amount n_overdue overdue_amount mean_late_prob expected_30
         expected_unpaid",
    ),
    ("receipts", "as_of currency segment grain period period_start period_end received"),
    ("kpis", "kpi definition_id basis window_days as_of currency segment value numerator denominator"),
    ("kpi_trend", "kpi definition_id basis window_days as_of month_end currency segment value numerator denominator"),
    ("roll_rates", "as_of currency segment from_bucket to_bucket amount rate"),
    ("customer_features", "customer_id as_of n_invoices n_settled n_late n_open n_overdue oldest_days_past_due late_rate delay_days delay_sd_days slower_lately_days usual_amount last_settled_days pay_weekday pay_weekday_lift pay_month_day pay_month_day_lift recent_n recent_late_n recent_delay_days"),
    ("provision", "as_of currency segment bucket ead pd lgd ecl pd_roll_rate ecl_roll_rate"),
    (
        "discount_offers",
        "as_of customer_id currency open_amount discount_rate discount_days expected_days unpaid_prob simple_rate
         compound_rate gain break_even_rate offer",
    ),
    (
        "credit_limits",
        "as_of customer_id currency open_amount sales_per_day days_to_pay unpaid_prob expected_loss recommended_limit
         is_over is_stopped",
    ),
    (
        "late_interest",
        "as_of invoice_id customer_id currency open_amount days_past_due rules interest fixed_sum interest_per_day",
    ),
    (
        "factoring",
        "as_of invoice_id customer_id currency open_amount expected_days unpaid_prob advance fee keep_value sell_value
         gain sell",
    ),
    (
        "credit_insurance",
        "as_of customer_id currency open_amount insured_amount unpaid_prob premium expected_recovery gain break_even_rate
         insure basis",
    ),
    (
        "instalment_offers",
        "as_of customer_id currency overdue_amount oldest_days_past_due open_30_prob is_later_than_ever has_part_paid parts
         part every_days kept_prob expected_kept expected_parts keep_value parts_value gain break_even_prob offer basis",
    ),
    (
        "handover",
        "as_of invoice_id customer_id currency open_amount days_past_due recovery_rate keep_value agency_value legal_value
         route gain hand_over from_days_past_due basis",
    ),
    (
        "payment_methods",
        "as_of currency segment method window_days n_payments amount days_to_pay days_beyond_terms cost cost_rate",
    ),
    (
        "segments",
        "as_of reporting_currency segment rank n_invoices open_amount overdue_amount expected_30 expected_90 unpaid_prob
         expected_days keep_value keep_rate expected_gain cost",
    ),
    ("quarantine", "file row rule_id field value message severity"),
    ("model_features", "feature unit coefficient standard_error mean deviation per_deviation meaning coefficient_overdue standard_error_overdue"),
    ("drift", "as_of model_id watched name measure value limit moved reference current n"),
    ("backtest_scores", "origin model invoice_id late_prob late"),
    ("backtest_cash", "origin model currency period source expected p05 p10 p25 p50 p75 p90 p95 actual"),
    ("metrics", "model task metric horizon value n source currency against low high better"),
    ("reliability", "model bin prob_from prob_to n mean_late_prob late_share"),
    ("what_if", "as_of measure source currency period_start base changed difference"),
    (
        "what_if_worklist",
        "as_of customer_id change base_rank changed_rank base_action changed_action base_gain changed_gain",
    ),
];
const WRITTEN: [&str; 30] = [
    "invoice_scores",
    "contributions",
    "cash_forecast",
    "priorities",
    "aging",
    "risk",
    "receipts",
    "kpis",
    "kpi_trend",
    "roll_rates",
    "customer_features",
    "provision",
    "discount_offers",
    "credit_limits",
    "late_interest",
    "factoring",
    "credit_insurance",
    "instalment_offers",
    "handover",
    "payment_methods",
    "segments",
    "quarantine",
    "model_features",
    "drift",
    "backtest_scores",
    "backtest_cash",
    "metrics",
    "reliability",
    "what_if",
    "what_if_worklist",
];

#[test]
fn every_name_is_the_contracts() {
    let names = |t: &TableSchema| t.columns.iter().map(|c| c.name).collect::<Vec<_>>();
    let listed: Vec<_> = TABLES.iter().map(|t| (t.name, names(t))).collect();
    let contract: Vec<_> =
        CONTRACT.iter().map(|(t, c)| (*t, c.split_whitespace().collect::<Vec<_>>())).collect();
    assert_eq!(listed, contract);
    let written: Vec<_> = TABLES.iter().filter(|t| t.written).map(|t| t.name).collect();
    assert_eq!(written, WRITTEN);
}

#[test]
fn ledger_amounts_are_decimal_and_expectations_are_double() {
    for c in TABLES.iter().flat_map(|t| t.columns) {
        // what a customer's invoices usually come to is a mean, not money that somebody owes
        let is_mean = c.name == "usual_amount";
        if (c.name.ends_with("_amount") || c.name == "amount") && !is_mean {
            assert_eq!(c.column_type, ColumnType::Decimal, "{}", c.name);
        }
        if c.name.ends_with("_prob") || c.name == "expected" || is_mean {
            assert_eq!(c.column_type, ColumnType::Double, "{}", c.name);
        }
    }
}

#[test]
fn every_meaning_is_a_sentence() {
    for t in TABLES {
        assert!(t.meaning.ends_with('.'), "{}", t.name);
        for c in t.columns {
            assert!(c.meaning.ends_with('.'), "{}.{}", t.name, c.name);
        }
    }
}

/// One of the ways in which a column of that type may be held, filled with anything.
fn any_column(column_type: ColumnType, nullable: bool, n: usize) -> BoxedStrategy<Column> {
    use prop::collection::vec;
    use prop::option::of;
    let text = "[a-zé,\"\n]{0,6}";
    let days = -100_000..100_000_i32;
    let finite = prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL;
    let amount = (-999_999_999_999_999_999..=999_999_999_999_999_999_i64).prop_map(Amount);
    match (column_type, nullable) {
        (ColumnType::Text, true) => prop_oneof![
            vec(of(text), n).prop_map(Column::OptText),
            (vec(text, 3), vec(prop_oneof![0..3_u32, Just(NO_TEXT)], n)).prop_map(|(text, code)| {
                Column::Coded { text: text.iter().map(String::as_str).collect(), code }
            }),
        ]
        .boxed(),
        (ColumnType::Text, false) => prop_oneof![
            vec(text, n).prop_map(|t| Column::Text(t.iter().map(String::as_str).collect())),
            text.prop_map(move |text| Column::SameText { text, n }),
        ]
        .boxed(),
        (ColumnType::Date, true) => vec(of(days), n).prop_map(Column::OptDate).boxed(),
        (ColumnType::Date, false) => prop_oneof![
            vec(days.clone(), n).prop_map(Column::Date),
            days.prop_map(move |d| Column::SameDate { day: Day(d), n }),
        ]
        .boxed(),
        (ColumnType::Int32, true) => vec(of(any::<i32>()), n).prop_map(Column::OptI32).boxed(),
        (ColumnType::Int32, false) => vec(any::<i32>(), n).prop_map(Column::I32).boxed(),
        (ColumnType::Int64, _) => vec(any::<i64>(), n).prop_map(Column::I64).boxed(),
        (ColumnType::Double, true) => vec(of(finite), n).prop_map(Column::OptF64).boxed(),
        (ColumnType::Double, false) => vec(finite, n).prop_map(Column::F64).boxed(),
        (ColumnType::Decimal, true) => vec(of(amount), n).prop_map(Column::OptAmount).boxed(),
        (ColumnType::Decimal, false) => vec(amount, n).prop_map(Column::Amount).boxed(),
        (ColumnType::Bool, true) => vec(of(any::<bool>()), n).prop_map(Column::OptBool).boxed(),
        (ColumnType::Bool, false) => vec(any::<bool>(), n).prop_map(Column::Bool).boxed(),
        (ColumnType::TextList, _) => vec(vec(text, 0..4), n)
            .prop_map(|lists| {
                let mut out = TextList::default();
                lists.iter().for_each(|l| out.push(l.iter().map(String::as_str)));
                Column::TextList(out)
            })
            .boxed(),
    }
}

/// Any table of the contract with any values.
fn any_table() -> impl Strategy<Value = Table> {
    (prop::sample::select(TABLES), 0..40_usize).prop_flat_map(|(schema, n)| {
        let columns: Vec<_> =
            schema.columns.iter().map(|c| any_column(c.column_type, c.nullable, n)).collect();
        columns.prop_map(|columns| {
            let names = schema.columns.iter().map(|c| c.name);
            Table::try_new(schema.name, names.zip(columns).collect()).unwrap()
        })
    })
}

fn stamp() -> Stamp {
    Stamp { as_of: Some(Day(20_000)), run_id: Some("0123456789abcdef".to_owned()) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_reads_back(table in any_table()) {
        let (back, by) = read_back(&bytes_of(&table), table.name()).unwrap();
        prop_assert_eq!(back, table);
        prop_assert_eq!(by, stamp());
    }

    #[test]
    fn threads_do_not_change_a_byte(table in any_table()) {
        let with = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(|| bytes_of(&table));
        prop_assert_eq!(with(1), with(2));
    }

    /// A column held as codes and the same column held as plain texts make the same file.
    #[test]
    fn how_a_column_is_held_does_not_change_a_byte(code in prop::collection::vec(0..3_u32, 0..50)) {
        let texts = ["EUR", "USD", "GBP"];
        let n = code.len();
        let plain = Column::Text(code.iter().map(|&c| texts[c as usize]).collect());
        let coded = Column::Coded { text: texts.into_iter().collect(), code };
        let fx = |currency| {
            let rest = [("date", Column::Date(vec![0; n])), ("rate", Column::F64(vec![1.0; n]))];
            bytes_of(&Table::try_new("fx", [("currency", currency)].into_iter().chain(rest).collect()).unwrap())
        };
        prop_assert_eq!(fx(plain), fx(coded));
    }

    #[test]
    fn a_csv_has_the_values_of_its_table(table in any_table()) {
        let csv = encode_csv(&table).unwrap();
        let mut reader = csv::Reader::from_reader(&csv[..]);
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        prop_assert_eq!(header, table.columns().map(|(name, _)| name.to_owned()).collect::<Vec<_>>());
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(rows.len(), table.n_rows());
        for (i, row) in rows.iter().enumerate() {
            prop_assert!(row.iter().eq(table.columns().map(|(_, c)| c.value(i).to_string())));
        }
    }
}

fn read_back(bytes: &[u8], name: &str) -> Result<(Table, Stamp), ContractError> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(format!("{name}.parquet")), bytes).unwrap();
    read_table(folder.path(), name)
}

fn open_parquet(bytes: &[u8]) -> SerializedFileReader<fs::File> {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, bytes).unwrap();
    SerializedFileReader::new(file).unwrap()
}

fn bytes_of(table: &Table) -> Vec<u8> {
    encode_parquet(table, &stamp()).unwrap()
}

/// Rates of `n` days.
fn fx(n: usize) -> Table {
    let currency = Column::SameText { text: "EUR".to_owned(), n };
    let columns = vec![
        ("currency", currency),
        ("date", Column::Date((0..n as i32).collect())),
        ("rate", Column::F64(vec![1.1; n])),
    ];
    Table::try_new("fx", columns).unwrap()
}

#[test]
fn the_metadata_names_the_run_and_nothing_of_the_machine() {
    let file = open_parquet(&bytes_of(&fx(3)));
    let metadata = file.metadata().file_metadata();
    let pairs = metadata.key_value_metadata().unwrap();
    let shown: Vec<_> = pairs.iter().map(|p| format!("{}={}", p.key, p.value.as_deref().unwrap())).collect();
    let expected =
        ["arrears.schema_version=1", "arrears.as_of=2024-10-04", "arrears.run_id=0123456789abcdef"];
    assert_eq!(shown, expected);
    assert_eq!(
        metadata.created_by(),
        Some(format!("arrears version {}", env!("CARGO_PKG_VERSION")).as_str())
    );
}

#[test]
fn a_table_of_more_than_one_row_group_reads_back() {
    let n = 1_048_576 + 3;
    let bytes = bytes_of(&fx(n));
    assert_eq!(open_parquet(&bytes).metadata().num_row_groups(), 2);
    assert!(read_back(&bytes, "fx").unwrap().0 == fx(n));
}

#[test]
fn files_that_are_not_the_contracts_are_refused_by_name() {
    let end_of = |e: ContractError| e.to_string().split_once(".parquet: ").unwrap().1.to_owned();
    let whole = bytes_of(&fx(10));
    assert!(matches!(read_back(&whole[..whole.len() / 2], "fx"), Err(ContractError::Decode { .. })));
    assert_eq!(end_of(read_back(&whole, "aging").unwrap_err()), "not the contract's table `aging`");

    let schema = arrow::datatypes::Schema::empty();
    let foreign =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), schema.into(), None).unwrap().into_inner().unwrap();
    let e = read_back(&foreign, "fx").unwrap_err();
    assert_eq!(end_of(e), format!("schema version is missing, expected {SCHEMA_VERSION}"));
}

fn manifest() -> Manifest {
    let counts = Counts { rows: 3, ledger: 1, quarantined: 1, ignored: 1 };
    let file = "invoices.csv".to_owned();
    let inputs = vec![InputSummary { table: "invoices".to_owned(), file, sha256: String::new(), counts }];
    Manifest {
        version: "0.1.0".to_owned(),
        schema_version: SCHEMA_VERSION,
        as_of: Day(0),
        run_id: "0123456789abcdef".to_owned(),
        policy_hash: String::new(),
        seed: 7,
        counts: inputs.iter().map(|i| i.counts).sum(),
        inputs,
        model: serde_json::json!({ "model_id": "m", "converged": true }),
        metrics: [("auc".to_owned(), 0.75)].into(),
        warnings: Vec::new(),
        tables: Default::default(),
        timings: vec![("fit".to_owned(), 0.5)],
    }
}

fn output(files: &[(&str, &[u8])]) -> Vec<OutputFile> {
    files.iter().map(|(name, bytes)| OutputFile { name: (*name).to_owned(), bytes: bytes.to_vec() }).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_manifest_reads_back_and_keeps_its_order_of_keys() {
    let folder = tempfile::tempdir().unwrap();
    let json = manifest().to_json().unwrap();
    write_file(&folder.path().join("manifest.json"), &json).unwrap();
    assert_eq!(Manifest::read(folder.path()).unwrap(), manifest());
    let text = String::from_utf8(json).unwrap();
    let keys: Vec<_> =
        text.lines().filter(|l| l.starts_with("  \"")).filter_map(|l| l.split('"').nth(1)).collect();
    let expected = [
        "version",
        "schema_version",
        "as_of",
        "run_id",
        "policy_hash",
        "seed",
        "inputs",
        "counts",
        "model",
        "metrics",
        "warnings",
        "tables",
        "timings",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn a_metric_that_is_not_finite_is_refused() {
    let mut m = manifest();
    m.metrics.insert("auc".to_owned(), f64::NAN);
    assert!(m.to_json().is_err());
}

#[test]
fn everything_that_decides_a_run_changes_its_id() {
    let key = RunKey { known_sha256: "k", policy_hash: "p", model_sha256: None, seed: 0, as_of: Day(0) };
    let others = [
        RunKey { known_sha256: "l", ..key },
        RunKey { policy_hash: "q", ..key },
        RunKey { model_sha256: Some("m"), ..key },
        RunKey { seed: 1, ..key },
        RunKey { as_of: Day(1), ..key },
    ];
    assert!(others.iter().all(|o| o.run_id() != key.run_id()));
    assert_eq!(key.run_id().len(), 16);
}

#[test]
fn a_policy_with_another_value_has_another_hash() {
    let hash = |text: &str| policy_hash(&arrears::policy::parse(text, "p.toml").unwrap()).unwrap();
    assert_eq!(hash(""), hash("[ledger]\ngrace_days = 0"));
    assert_ne!(hash(""), hash("[ledger]\ngrace_days = 1"));
}

#[test]
fn a_run_replaces_an_earlier_run_as_a_whole() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("new/out");
    let json = manifest().to_json().unwrap();
    let aging = bytes_of(&fx(1));
    write_folder(&out, &output(&[("manifest.json", &json), ("aging.parquet", b"old")])).unwrap();
    write_folder(&out, &output(&[("manifest.json", &json), ("fx.parquet", &aging)])).unwrap();
    assert_eq!(names(&out), ["fx.parquet", "manifest.json"]);
    assert_eq!(names(&home.path().join("new")), ["out"]);
    assert!(read_table(&out, "fx").unwrap().0 == fx(1));
}

#[test]
fn an_empty_folder_is_filled() {
    let home = tempfile::tempdir().unwrap();
    write_folder(home.path(), &output(&[("manifest.json", b"{}")])).unwrap();
    assert_eq!(names(home.path()), ["manifest.json"]);
}

/// Neither a folder without a manifest, nor a run beside which somebody keeps a file, nor a file is replaced.
#[test]
fn what_arrears_did_not_write_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let json = manifest().to_json().unwrap();
    let cases: [(&str, &[(&str, &[u8])], &str); 4] = [
        ("photos", &[("cat.jpg", b"cat")], "cat.jpg"),
        ("foreign", &[("manifest.json", b"{\"name\": \"web app\"}")], "manifest.json"),
        ("notes", &[("manifest.json", &json), ("notes.txt", b"mine")], "notes.txt"),
        ("ledger", &[("invoices.csv", b"mine")], "invoices.csv"),
    ];
    for (folder, files, found) in cases {
        let out = home.path().join(folder);
        fs::create_dir(&out).unwrap();
        files.iter().for_each(|(name, bytes)| fs::write(out.join(name), bytes).unwrap());
        let before = names(&out);
        let e = write_folder(&out, &output(&[("aging.parquet", b"new")])).unwrap_err();
        let end = format!("{folder}: holds `{found}`, which no run of arrears has written");
        assert!(e.to_string().ends_with(&end), "{e}");
        assert_eq!((e.exit_code(), names(&out)), (2, before));
        assert!(e.hint().unwrap().starts_with("name a new or empty folder"));
    }
    let file = home.path().join("file");
    fs::write(&file, "mine").unwrap();
    assert_eq!(write_folder(&file, &[]).unwrap_err().exit_code(), 2);
    assert_eq!(names(home.path()), ["file", "foreign", "ledger", "notes", "photos"]);
}

#[test]
fn a_write_that_fails_half_way_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let json = manifest().to_json().unwrap();
    write_folder(&out, &output(&[("manifest.json", &json)])).unwrap();
    let e = write_folder(&out, &output(&[("aging.parquet", b"new"), ("no/such/folder", b"")])).unwrap_err();
    assert_eq!(e.exit_code(), 1);
    assert_eq!(names(home.path()), ["out"]);
    assert_eq!(names(&out), ["manifest.json"]);
}

#[cfg(unix)]
#[test]
fn others_may_read_an_output_as_far_as_the_umask_lets_them() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let plain = home.path().join("plain");
    fs::create_dir(&plain).unwrap();
    let out = home.path().join("out");
    write_folder(&out, &[]).unwrap();
    write_file(&home.path().join("file"), b"").unwrap();
    fs::write(home.path().join("plain_file"), b"").unwrap();
    let mode = |name: &str| fs::metadata(home.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("out"), mode("plain"));
    assert_eq!(mode("file"), mode("plain_file"));
}

/// `ARREARS_UPDATE_DOCS=1 cargo test --release --test it kpis` writes the page anew.
#[test]
fn the_page_of_kpis_is_their_catalog() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/kpis.md");
    let page = arrears::analytics::kpi_page();
    if std::env::var_os("ARREARS_UPDATE_DOCS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    assert!(fs::read_to_string(&file).unwrap() == page, "docs/kpis.md is not what the catalog says");
}
