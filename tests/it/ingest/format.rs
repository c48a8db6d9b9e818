//! One ledger in every format that is read: what is written comes back, and how it was written decides nothing.

use super::law::{any_invoice, past};
use super::{Files, INVOICES, policy};
use crate::sample::{AS_OF, Desk, POLICY};
use arrears::contract::Manifest;
use arrears::core::Day;
use arrears::ingest::{Book, IngestError, Mapping, Sources, check, read};
use arrears::pipeline::{Job, Silent, run};
use polars::prelude::{Column, DataFrame};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Records, the header first.
type Records = Vec<Vec<String>>;

fn records(text: &str) -> Records {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn delimited(records: &Records, delimiter: char, end: &str) -> String {
    let field = |text: &String| {
        let special = text.contains([delimiter, '"', '\n', '\r']);
        if special { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.clone() }
    };
    let line = |r: &Vec<String>| r.iter().map(field).collect::<Vec<_>>().join(&delimiter.to_string()) + end;
    records.iter().map(line).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// One object a line; what is empty is left out or null.
fn ndjson(records: &Records) -> String {
    let object = |(i, record): (usize, &Vec<String>)| {
        let members = records[0].iter().zip(record).filter(|(_, v)| i % 2 == 0 || !v.is_empty());
        let value = |v: &String| if v.is_empty() { serde_json::Value::Null } else { v.as_str().into() };
        let object: serde_json::Map<_, _> = members.map(|(name, v)| (name.clone(), value(v))).collect();
        serde_json::Value::Object(object).to_string() + "\n"
    };
    records[1..].iter().enumerate().map(object).collect()
}

fn parquet(records: &Records) -> Vec<u8> {
    let columns = records[0].iter().enumerate().map(|(i, name)| {
        Column::new(name.as_str().into(), records[1..].iter().map(|r| r[i].as_str()).collect::<Vec<_>>())
    });
    let mut frame = DataFrame::new(records.len() - 1, columns.collect()).unwrap();
    let mut bytes = Vec::new();
    polars::prelude::ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

/// A workbook of one sheet that holds nothing but text.
fn xlsx(records: &Records) -> Vec<u8> {
    let escaped = |t: &str| t.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut sheet = "<worksheet><sheetData>".to_owned();
    for (r, record) in records.iter().enumerate() {
        write!(sheet, "<row r=\"{}\">", r + 1).unwrap();
        for (c, text) in record.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            let place = format!("{}{}", char::from(b'A' + c as u8), r + 1);
            let text = escaped(text);
            write!(
                sheet,
                "<c r=\"{place}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>"
            )
            .unwrap();
        }
        sheet.push_str("</row>");
    }
    sheet.push_str("</sheetData></worksheet>");
    let rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    zip(&[
        (
            "_rels/.rels",
            &format!(
                "<Relationships><Relationship Id=\"r\" Type=\"{rel}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            &format!(
                "<workbook xmlns:r=\"{rel}\"><sheets><sheet name=\"Items\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            &format!(
                "<Relationships><Relationship Id=\"r1\" Type=\"{rel}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        ("xl/worksheets/sheet1.xml", &sheet),
    ])
}

/// An archive whose parts are stored as they are. Source: PKWARE's APPNOTE 6.3.10, section 4.3.
fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let mut crc = flate2::Crc::new();
        crc.update(content.as_bytes());
        let n = (content.len() as u32).to_le_bytes();
        let mut head = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        head.extend([crc.sum().to_le_bytes(), n, n].concat());
        head.extend([name.len() as u8, 0, 0, 0]);
        directory.extend([b"PK\x01\x02\x14\0".as_slice(), &head, &[0; 10]].concat());
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend([b"PK\x03\x04", head.as_slice(), name.as_bytes(), content.as_bytes()].concat());
    }
    let (n, at, len) = (parts.len() as u8, out.len() as u32, directory.len() as u32);
    out.extend(directory);
    out.extend(
        [b"PK\x05\x06\0\0\0\0".as_slice(), &[n, 0, n, 0], &len.to_le_bytes(), &at.to_le_bytes(), &[0, 0]]
            .concat(),
    );
    out
}

/// The same records as files of every kind.
fn files(records: &Records) -> Vec<(&'static str, Vec<u8>)> {
    let comma = delimited(records, ',', "\n");
    vec![
        ("i.csv", comma.clone().into_bytes()),
        ("bom.csv", format!("\u{feff}{comma}").into_bytes()),
        ("crlf.csv", delimited(records, ',', "\r\n").into_bytes()),
        ("cr.csv", delimited(records, ',', "\r").into_bytes()),
        ("blank.csv", delimited(records, ',', "\n\n").into_bytes()),
        ("semicolon.csv", delimited(records, ';', "\n").into_bytes()),
        ("i.tsv", delimited(records, '\t', "\n").into_bytes()),
        ("bar.txt", delimited(records, '|', "\r\n").into_bytes()),
        ("utf16.csv", utf16(&delimited(records, ';', "\r\n"))),
        ("i.csv.gz", gzip(comma.as_bytes())),
        ("named-like-plain.csv", zstd(comma.as_bytes())),
        ("i.csv.zst", zstd(&utf16(&comma))),
        ("i.ndjson", ndjson(records).into_bytes()),
        ("i.jsonl.gz", gzip(ndjson(records).replace('\n', "\r\n").as_bytes())),
        ("i.parquet", parquet(records)),
        ("i.xlsx", xlsx(records)),
    ]
}

/// A column that is no field, and a segment all the same.
fn add_segment(records: &mut Records) {
    let values = ["DE", "", "N/A", "Côte d'Ivoire", " 7 "];
    records.iter_mut().enumerate().for_each(|(i, record)| record.push(values[i % values.len()].to_owned()));
    records[0].pop();
    records[0].push("Country".to_owned());
}

fn book(invoices: &Path) -> Result<Book, IngestError> {
    let sources = Sources { invoices: invoices.to_owned(), ..Sources::default() };
    check(&read(&sources)?, None, &policy())
}

/// What a book says of rows, whatever their file is called.
fn findings(book: &Book) -> Vec<String> {
    book.quarantine.iter().map(|q| format!("{} {} {} {}", q.row, q.rule_id, q.field, q.message)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Clean rows and dirty ones come back from every format, into the ledger or into quarantine with the same words.
    #[test]
    fn what_is_written_in_any_format_is_read(rows in prop::collection::vec(any_invoice(), 1..12)) {
        let rows: String = rows.iter().map(|row| format!("{row}\n")).collect();
        let mut records = records(&format!("{INVOICES}{rows}"));
        records.retain(|r| r.iter().any(|field| !field.trim().is_empty()));
        if records.len() < 2 { return Ok(()) }
        add_segment(&mut records);
        let dir = tempfile::tempdir().unwrap();
        let mut first = None;
        for (name, bytes) in files(&records) {
            let file = dir.path().join(name);
            std::fs::write(&file, bytes).unwrap();
            let found = past(book(&file)).map(|book| (findings(&book), book.ledger));
            prop_assert_eq!(&found, first.get_or_insert(found.clone()), "{}", name);
        }
    }
}

/// What a mapping keeps of days that nothing decides is kept whatever the format.
#[test]
fn an_undecided_payment_day_is_kept_in_every_format() {
    let mapping = "[invoices.dates]\nformats = [\"D/M/YYYY\", \"M/D/YYYY\"]\nresolve = \"terms\"\nundecided = \"later\"\n";
    let mapping = Mapping::parse(mapping, "both orders").unwrap();
    let rows = "invoice_id,customer_id,issue_date,due_date,terms_days,amount,paid_date\n\
                A,C,20/1/2024,3/2/2024,14,100.00,4/6/2024\n\
                B,C,1/20/2024,2/3/2024,14,50.00,4/26/2024\n";
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files(&records(rows)) {
        let file = dir.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let sources = Sources { invoices: file, mapping: mapping.clone(), ..Sources::default() };
        let book = check(&read(&sources).unwrap(), None, &policy()).unwrap();
        let l = &book.ledger;
        let paid: Vec<_> = l
            .settlement_first
            .iter()
            .zip(&l.settlement_day)
            .map(|(f, d)| [Day(*f), Day(*d)].map(|d| d.to_string()))
            .collect();
        assert_eq!(paid, [["2024-04-06", "2024-06-04"], ["2024-04-26", "2024-04-26"]], "{name}");
        assert_eq!(
            book.quarantine.iter().map(|q| (q.row, q.rule_id)).collect::<Vec<_>>(),
            [(1, "DATE_UNDECIDED")],
            "{name}"
        );
    }
}

/// Every byte of a run but for where in which file a row stood.
fn output(sources: &Sources) -> BTreeMap<String, Vec<u8>> {
    let policy = arrears::policy::parse(POLICY, "the sample's policy").unwrap();
    let job = Job { policy, as_of: AS_OF.parse().unwrap(), seed: 0, model: None };
    let output = run(sources, &job, &Silent).unwrap();
    let mut files: BTreeMap<_, _> = output.files.into_iter().map(|f| (f.name, f.bytes)).collect();
    assert!(files.remove("quarantine.parquet").is_some() && files.len() > 5);
    // it names the files
    assert!(files.remove("report.html").is_some());
    let manifest = Manifest { inputs: Vec::new(), warnings: Vec::new(), ..output.manifest };
    let tables = manifest.tables.clone().into_iter().filter(|(name, _)| !name.starts_with("quarantine"));
    let manifest = Manifest { tables: tables.collect(), ..manifest };
    files.insert("manifest.json".to_owned(), manifest.to_json().unwrap());
    files
}

#[test]
fn order_splitting_and_format_change_no_byte_of_a_run() {
    let desk = Desk::new();
    let mut invoices = records(&desk.text("invoices.csv"));
    let n = invoices.len();
    add_segment(&mut invoices);
    // rows that go to quarantine wherever they stand
    invoices.push(invoices[5].clone());
    invoices.push(invoices[6].iter().map(|field| format!("{field}x")).collect());
    let sources = |invoices: PathBuf| Sources {
        invoices,
        payments: Some(desk.path("payments.csv")),
        fx: Some(desk.path("fx.csv")),
        ..Sources::default()
    };
    desk.write("i.csv", delimited(&invoices, ',', "\n"));
    let expected = output(&sources(desk.path("i.csv")));
    for (name, bytes) in files(&invoices) {
        desk.write(name, bytes);
        assert_eq!(output(&sources(desk.path(name))), expected, "{name}");
    }
    let part = |keep: fn(usize) -> bool, reverse: bool| {
        let mut rows: Vec<_> =
            (1..invoices.len()).filter(|i| keep(*i)).map(|i| invoices[i].clone()).collect();
        if reverse {
            rows.reverse();
        }
        [vec![invoices[0].clone()], rows].concat()
    };
    assert!(n > 500);
    desk.write("reversed.csv", delimited(&part(|_| true, true), ',', "\n"));
    assert_eq!(output(&sources(desk.path("reversed.csv"))), expected);
    for folder in ["parts", "parts/a", "parts/b"] {
        std::fs::create_dir(desk.path(folder)).unwrap();
    }
    desk.write("parts/a/1.csv", delimited(&part(|i| i % 4 == 0, true), ';', "\r\n"));
    desk.write("parts/a/2.ndjson.zst", zstd(ndjson(&part(|i| i % 4 == 1, false)).as_bytes()));
    desk.write("parts/b/1.parquet", parquet(&part(|i| i % 4 == 2, true)));
    desk.write("parts/b/2.xlsx", xlsx(&part(|i| i % 4 == 3, false)));
    assert_eq!(output(&sources(desk.path("parts/*/*"))), expected);
}

/// Where the seeds of the corpus are.
fn seed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ingest/corpus").join(name)
}

/// Warnings that name the file.
fn of_file(book: &Book) -> Vec<&String> {
    book.warnings.iter().filter(|w| w.contains("corpus/")).collect()
}

#[test]
fn a_workbook_of_any_kind_gives_its_days_numbers_and_ids() {
    let expected = Files::new(
        "invoice_id,customer_id,issue_date,due_date,amount,currency\n\
         A-1,Müller,2024-01-10,2024-02-09,100,EUR\nA-2,Müller,2024-01-11,2024-02-10,0.1,EUR\n\
         1003,7,2024-01-12,2024-02-11,12345.67,USD\n",
    );
    let expected = expected.book(None);
    for name in ["book.xls", "book.xlsb", "book.ods"] {
        let book = book(&seed(name)).unwrap();
        assert_eq!(book.ledger, expected.ledger, "{name}");
        assert!(book.quarantine.is_empty() && of_file(&book).is_empty(), "{name}: {:?}", book.quarantine);
        let (file, format) = (&book.inputs[0].file, book.inputs[0].format.as_str());
        assert!(file.ends_with(&format!("{name}#Open items")) && format == "workbook", "{file} {format}");
    }
    // a cover sheet, a title above the header, a blank row, a formula nobody has calculated and a sum of doubles
    let xlsx = book(&seed("book.xlsx")).unwrap();
    let found: Vec<_> = xlsx.quarantine.iter().map(|q| (q.row, q.rule_id, q.field.as_str())).collect();
    assert_eq!(found, [(4, "MISSING_VALUE", "amount"), (5, "NULL_SPELLING", "currency")]);
    assert_eq!((xlsx.inputs[0].rows, xlsx.ledger.n_invoices()), (5, 4));
    assert_eq!(xlsx.ledger.amount.iter().map(ToString::to_string).filter(|a| a == "0.30").count(), 1);
}

#[test]
fn a_sheet_that_is_not_there_or_has_no_such_columns_is_named() {
    let refused = |path: &str| {
        let sources = Sources { invoices: seed(path), ..Sources::default() };
        let e = read(&sources).unwrap_err();
        assert_eq!(e.exit_code(), 3);
        let text = e.to_string();
        (text.split("corpus/").nth(1).unwrap().to_owned(), e.hint().unwrap())
    };
    let (text, hint) = refused("book.xlsx#Closed items");
    assert_eq!(text, "book.xlsx: no sheet is named `Closed items` (sheets: Cover, Open items)");
    assert!(hint.ends_with("book.xlsx#Cover"), "{hint}");
    let (text, _) = refused("book.xlsx#cover");
    assert_eq!(text, "book.xlsx: no column is mapped to `invoice_id` (found: A made-up ledger)");
    let payments =
        Sources { invoices: seed("book.xlsx"), payments: Some(seed("book.xlsx")), ..Sources::default() };
    let e = read(&payments).unwrap_err().to_string();
    assert!(
        e.ends_with("book.xlsx: no sheet has the columns of payments (sheets: Cover, Open items)"),
        "{e}"
    );
}

#[test]
fn lines_that_are_no_objects_go_to_quarantine_with_their_rule() {
    let book = book(&seed("lines.ndjson")).unwrap();
    let found: Vec<_> = book.quarantine.iter().map(|q| (q.row, q.rule_id)).collect();
    let json = "RECORD_NOT_JSON";
    assert_eq!(found, [(3, "MISSING_VALUE"), (4, json), (5, json), (6, json), (7, json)]);
    assert!(book.quarantine[1].message.contains("a list or an object in `amount`; write one object a line"));
    assert_eq!(book.ledger.amount.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0.10", "100.00"]);
}

#[test]
fn what_was_decided_of_a_file_is_told() {
    let told = |name: &str| {
        let book = book(&seed(name)).unwrap();
        (book.inputs[0].format.clone(), of_file(&book).len())
    };
    assert_eq!(told("comma.csv"), ("CSV".to_owned(), 0));
    assert_eq!(told("semicolon-1252.csv"), ("CSV, delimiter `;`, Windows-1252".to_owned(), 1));
    assert_eq!(told("tab-utf16.tsv"), ("CSV, tabs, UTF-16LE".to_owned(), 0));
    assert_eq!(told("single.csv"), ("CSV, delimiter `;`, quote `'`".to_owned(), 0));
    assert_eq!(told("semicolon.csv.zst"), ("CSV, delimiter `;`, zstd".to_owned(), 0));
    assert_eq!(told("table.parquet"), ("Parquet".to_owned(), 0));
    assert_eq!(told("lines.jsonl.gz"), ("NDJSON, gzip".to_owned(), 0));
}
