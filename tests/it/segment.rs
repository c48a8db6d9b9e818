//! Columns of invoices and customers that group the invoices: how they are read, and what is cut by them.

use crate::sample::{AS_OF, Desk};
use arrears::core::{Amount, Day};
use arrears::ingest::{Book, Mapping, Sources, check, read};
use arrears::ledger::{Known, NO_VALUE};
use arrears::pipeline::audit::audit;
use arrears::pipeline::{Job, RunOutput, Silent, ValidPolicy, run};
use polars::prelude::*;
use std::collections::BTreeMap;

const INVOICES: &str = "\
invoice_id,customer_id,issue_date,due_date,amount,Region,business_unit
1,A,2024-01-01,2024-01-31,10,North,U1
2,A,2024-01-02,2024-02-01,20,,U2
3,B,2024-01-03,2024-02-02,30,South,n/a
4,C,2024-01-04,2024-02-03,40,,
5,D,2024-01-05,2024-02-04,50,North,U1
";
const CUSTOMERS: &str = "\
customer_id,region,industry,credit class
A,West,retail,1
B,West,,2
C,East,retail,1
";
const POLICY: &str = "segments = [\"region\", \"industry\", \"business_unit\", \"credit class\"]";

fn policy(ledger: &str) -> ValidPolicy {
    arrears::policy::parse(&format!("[ledger]\n{ledger}"), "test").unwrap()
}

fn book(desk: &Desk, invoices: &str, policy: &ValidPolicy) -> Book {
    let sources = Sources {
        invoices: desk.path(invoices),
        customers: Some(desk.path("customers.csv")),
        ..Sources::default()
    };
    check(&read(&sources.for_policy(policy)).unwrap(), None, policy).unwrap()
}

/// Segments by name, each with what its invoices say, by id.
fn said(known: &Known) -> Vec<(String, String)> {
    let label = |s: &arrears::ledger::Segment, code: u32| {
        if code == NO_VALUE { "-".to_owned() } else { s.label[code as usize].clone() }
    };
    let of = |s: &arrears::ledger::Segment| {
        let rows: BTreeMap<&str, String> =
            (0..known.n_invoices()).map(|i| (known.invoice_id.get(i), label(s, s.code[i]))).collect();
        (s.name.clone(), rows.into_values().collect::<Vec<_>>().join(" "))
    };
    known.segments.iter().map(of).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn an_invoice_is_of_its_own_value_else_of_its_customers() {
    let desk = Desk::empty();
    desk.write("i.csv", INVOICES);
    desk.write("customers.csv", CUSTOMERS);
    let book = book(&desk, "i.csv", &policy(POLICY));
    let expected = [
        ("region", "North West South East North"),
        ("industry", "retail retail - retail -"),
        ("business_unit", "U1 U2 - - U1"),
        ("credit class", "1 1 2 1 -"),
    ];
    assert_eq!(said(&book.ledger.known_at(Day(i32::MAX - 1))), pairs(&expected));
    assert!(book.warnings.iter().all(|w| !w.contains("segments")), "{:?}", book.warnings);
    // what was issued by the third of January knows of no East
    let early = book.ledger.known_at("2024-01-03".parse().unwrap());
    assert_eq!(early.segments[0].label, ["North", "South", "West"]);
    assert_eq!(said(&early)[1], ("industry".to_owned(), "retail retail -".to_owned()));
}

#[test]
fn only_named_columns_are_segments_and_a_named_one_that_is_nowhere_is_told() {
    let desk = Desk::empty();
    desk.write("i.csv", INVOICES);
    desk.write("customers.csv", CUSTOMERS);
    let defaults = book(&desk, "i.csv", &policy(""));
    assert_eq!(
        said(&defaults.ledger.known_at(Day(i32::MAX - 1))),
        pairs(&[("industry", "retail retail - retail -"), ("business_unit", "U1 U2 - - U1")])
    );
    assert!(defaults.warnings.iter().all(|w| !w.contains("segments")));
    let named = book(&desk, "i.csv", &policy("segments = [\"colour\", \"country\", \"industry\"]"));
    let told: Vec<_> = named.warnings.iter().filter(|w| w.contains("segments")).collect();
    assert_eq!(told, ["ledger.segments: neither invoices nor customers have a column `colour`"]);
    let none = book(&desk, "i.csv", &policy("segments = []"));
    assert!(none.ledger.segments.is_empty());
}

#[test]
fn the_largest_values_by_amount_known_on_the_day_keep_their_names() {
    let desk = Desk::empty();
    desk.write("i.csv", INVOICES);
    desk.write("customers.csv", CUSTOMERS);
    let max = policy(&format!("{POLICY}\nsegment_values_max = 1"));
    let book = book(&desk, "i.csv", &max);
    // North 60, East 40, South 30, West 20; by the third of January South 30, West 20, North 10
    let region = |day: &str| said(&book.ledger.known_at(day.parse().unwrap()))[0].1.clone();
    assert_eq!(region("2024-01-31"), "North other other other North");
    assert_eq!(region("2024-01-03"), "other other South");
}

#[test]
fn a_column_of_any_type_in_parquet_is_a_segment() {
    let desk = Desk::empty();
    desk.write("customers.csv", "customer_id\nA\n");
    let text = |v: [&str; 3]| Series::new("".into(), v);
    let columns = [
        ("invoice_id", text(["1", "2", "3"])),
        ("customer_id", text(["A", "A", "B"])),
        ("issue_date", text(["2024-01-01"; 3])),
        ("due_date", text(["2024-01-31"; 3])),
        ("amount", text(["1", "2", "3"])),
        ("plant", Series::new("".into(), [Some(10.0), None, Some(20.0)])),
        ("share", Series::new("".into(), [0.5, 1.0, 0.5])),
        ("group", Series::new("".into(), [1_i32, 2, 2])),
        ("open", Series::new("".into(), [true, false, true])),
        (
            "lines",
            Series::new("".into(), [text(["a", "b", "c"]), text(["a", "b", "c"]), text(["a", "b", "c"])]),
        ),
    ];
    let columns = columns.map(|(name, series)| series.with_name(name.into()).into());
    let mut frame = DataFrame::new(3, columns.to_vec()).unwrap();
    ParquetWriter::new(std::fs::File::create(desk.path("i.parquet")).unwrap()).finish(&mut frame).unwrap();
    let names = "segments = [\"plant\", \"share\", \"group\", \"open\", \"lines\"]";
    let book = book(&desk, "i.parquet", &policy(names));
    let expected =
        [("plant", "10 - 20"), ("share", "0.5 1.0 0.5"), ("group", "1 2 2"), ("open", "true false true")];
    assert_eq!(said(&book.ledger.known_at(Day(i32::MAX - 1))), pairs(&expected));
}

#[test]
fn what_is_no_plain_value_in_a_line_of_json_is_no_value_and_costs_no_row() {
    let desk = Desk::empty();
    desk.write("customers.csv", "customer_id\nA\n");
    let line = |id: u32, more: &str| {
        format!(
            "{{\"invoice_id\":{id},\"customer_id\":\"A\",\"issue_date\":\"2024-01-01\",\"terms_days\":30,\"amount\":1{more}}}\n"
        )
    };
    let text = [
        line(1, ",\"country\":{\"code\":\"DE\"}"),
        line(2, ",\"country\":\"FR\",\"country\":\"IT\""),
        line(3, ""),
    ];
    desk.write("i.ndjson", text.concat());
    let book = book(&desk, "i.ndjson", &policy(""));
    assert_eq!(said(&book.ledger.known_at(Day(i32::MAX - 1))), pairs(&[("country", "- FR -")]));
    assert!(book.quarantine.is_empty());
}

#[test]
fn of_rows_that_differ_in_a_segment_alone_the_same_is_kept_in_any_order() {
    let rows = ["1,A,2024-01-01,2024-01-31,10,South", "1,A,2024-01-01,2024-01-31,10,North"];
    let policy = policy("segments = [\"region\"]");
    for rows in [rows, [rows[1], rows[0]]] {
        let desk = Desk::empty();
        desk.write("customers.csv", "customer_id\nA\n");
        let header = "invoice_id,customer_id,issue_date,due_date,amount,region";
        desk.write("i.csv", format!("{header}\n{}\n", rows.join("\n")));
        let book = book(&desk, "i.csv", &policy);
        assert_eq!(book.quarantine[0].rule_id, "DUPLICATE_INVOICE_ID");
        assert_eq!(said(&book.ledger.known_at(Day(i32::MAX - 1)))[0].1, "North");
    }
}

#[test]
fn a_mapping_shares_its_columns_with_segments_and_joins_lines_of_several() {
    let desk = Desk::empty();
    desk.write("customers.csv", "customer_id\nA\n");
    let rows = [
        "1,A,2024-01-01,2024-01-31,10,EU,x",
        "1,A,2024-01-01,2024-01-31,10,EU,c",
        "2,A,2024-01-01,2024-01-31,10,US,b",
    ];
    let text = "[invoices]\nhas_lines = true\n[invoices.columns]\ninvoice_id = \"No\"\ncustomer_id = \"Who\"\n\
                issue_date = \"Made\"\ndue_date = \"Due\"\namount = \"Sum\"\nbusiness_unit = \"Area\"\n\
                [[invoices.drop]]\ncolumn = \"Product\"\nvalues = \"none\"\n";
    let mapping = Mapping::parse(text, "m.toml").unwrap();
    let policy = policy("segments = [\"Area\", \"Product\", \"business_unit\"]");
    for order in [[0, 1, 2], [2, 1, 0]] {
        let rows: Vec<&str> = order.iter().map(|i| rows[*i]).collect();
        desk.write("i.csv", format!("No,Who,Made,Due,Sum,Area,Product\n{}\n", rows.join("\n")));
        let sources =
            Sources { invoices: desk.path("i.csv"), mapping: mapping.clone(), ..Sources::default() };
        let book = check(&read(&sources.for_policy(&policy)).unwrap(), None, &policy).unwrap();
        let expected = [("Area", "EU US"), ("Product", "c b"), ("business_unit", "EU US")];
        assert_eq!(said(&book.ledger.known_at(Day(i32::MAX - 1))), pairs(&expected));
        assert_eq!(book.inputs[0].filtered, 1);
    }
}

/// The sample with regions, more of them in what comes later.
fn sample() -> (Desk, Sources, ValidPolicy) {
    let desk = Desk::new();
    let mut lines = desk.text("invoices.csv").lines().map(str::to_owned).collect::<Vec<_>>();
    let regions = ["north", "south", "", "east"];
    for (i, line) in lines.iter_mut().enumerate().skip(1) {
        let region = if i % 50 == 0 { format!("r{i}") } else { regions[i * i % 7 % 4].to_owned() };
        line.push_str(&format!(",{region}"));
    }
    lines[0].push_str(",region");
    desk.write("invoices.csv", lines.join("\n"));
    let sources = Sources {
        invoices: desk.path("invoices.csv"),
        payments: Some(desk.path("payments.csv")),
        customers: Some(desk.path("customers.csv")),
        contacts: Some(desk.path("contacts.csv")),
        fx: Some(desk.path("fx.csv")),
        ..Sources::default()
    };
    let policy = "[ledger]\nreporting_currency = \"EUR\"\nsegment_values_max = 4\n\
                  segments = [\"region\", \"country\", \"industry\"]\n[model]\ntrain_rows_max = 20000";
    (desk, sources, arrears::policy::parse(policy, "test").unwrap())
}

fn job(policy: ValidPolicy) -> Job {
    Job { policy, as_of: AS_OF.parse().unwrap(), seed: 0, model: None }
}

/// Amounts and counts of `aging.parquet` by currency, segment and bucket.
fn aging(output: &RunOutput) -> BTreeMap<(String, String, String), (Amount, i64)> {
    let file = output.files.iter().find(|f| f.name == "aging.parquet").unwrap();
    let frame = ParquetReader::new(std::io::Cursor::new(file.bytes.clone())).finish().unwrap();
    let text = |name: &str| frame.column(name).unwrap().str().unwrap().clone();
    let (currency, segment, bucket) = (text("currency"), text("segment"), text("bucket"));
    let amount = frame.column("amount").unwrap().cast(&DataType::String).unwrap().str().unwrap().clone();
    let n = frame.column("n_invoices").unwrap().i64().unwrap().clone();
    let own = |c: &StringChunked, i| c.get(i).unwrap().to_owned();
    (0..frame.height())
        .map(|i| {
            let value = (Amount::parse(amount.get(i).unwrap()).unwrap(), n.get(i).unwrap());
            ((own(&currency, i), own(&segment, i), own(&bucket, i)), value)
        })
        .collect()
}

#[test]
fn the_groups_of_each_segment_sum_to_all_to_the_cent() {
    let (_desk, sources, policy) = sample();
    let output = run(&sources, &job(policy), &Silent).unwrap();
    let aging = aging(&output);
    let mut sums: BTreeMap<(String, String, String), (Amount, i64)> = BTreeMap::new();
    for ((currency, segment, bucket), (amount, n)) in &aging {
        let name = segment.split('=').next().unwrap().to_owned();
        let sum = sums.entry((name, currency.clone(), bucket.clone())).or_default();
        *sum = (sum.0 + *amount, sum.1 + n);
    }
    let names: std::collections::BTreeSet<&str> = sums.keys().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["all", "country", "industry", "region"]);
    for ((name, currency, bucket), sum) in &sums {
        assert_eq!(
            sum,
            &sums[&("all".to_owned(), currency.clone(), bucket.clone())],
            "{name} {currency} {bucket}"
        );
    }
    let regions: std::collections::BTreeSet<&str> =
        aging.keys().filter(|(_, s, _)| s.starts_with("region=")).map(|(_, s, _)| s.as_str()).collect();
    assert!(
        regions.contains("region=") && regions.contains("region=other") && regions.len() <= 6,
        "{regions:?}"
    );
}

#[test]
fn segments_do_not_look_ahead_and_are_a_part_of_the_run_id() {
    let (_desk, sources, policy) = sample();
    let report = audit(&sources, &job(policy.clone()), &Silent).unwrap();
    assert!(report.passed(), "{:?}", report.trials);
    let id = |sources: &Sources| run(sources, &job(policy.clone()), &Silent).unwrap().manifest.run_id;
    let before = id(&sources);
    let text = std::fs::read_to_string(&sources.invoices).unwrap();
    std::fs::write(&sources.invoices, text.replacen(",north\n", ",south\n", 1)).unwrap();
    assert_ne!(id(&sources), before);
}
