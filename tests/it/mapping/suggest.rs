//! `check --suggest`: a first mapping from headers and values.

use super::{Export, book, invoices};
use crate::sample::Desk;
use arrears::ingest::{Mapping, Sources, suggest};
use insta::assert_snapshot;

const GERMAN: &str = "\
Belegnummer,Kundennummer,Kunde,Rechnungsdatum,Fälligkeit,Betrag,Belegart,Status
R-1,K1,Muster GmbH,31.01.2024,01.03.2024,\"1.234,50\",Rechnung,offen
R-2,K2,Beispiel AG,05.02.2024,06.03.2024,\"99,00\",Rechnung,bezahlt
G-3,K2,Beispiel AG,07.02.2024,08.03.2024,\"-10,00\",Gutschrift,offen
";

#[test]
fn a_suggestion_says_why_and_what_it_is_unsure_of() {
    let export = Export::new("", GERMAN);
    let toml = suggest(&export.sources).unwrap();
    assert_snapshot!(toml);
    let mapping = Mapping::parse(&toml, "suggested").unwrap();
    let book = book(&Sources { mapping, ..export.sources.clone() }, None).unwrap();
    assert_eq!(invoices(&book), ["R-1 2024-01-31 2024-03-01 1234.50", "R-2 2024-02-05 2024-03-06 99.00"]);
}

#[test]
fn a_suggestion_leaves_open_what_no_value_decides() {
    let export = Export::new("", "No,Client,Date,Due,Total\n1,A,03/04/2024,05/06/2024,\"1,234\"\n");
    let toml = suggest(&export.sources).unwrap();
    assert!(
        toml.contains("# UNSURE: every value fits DD/MM/YYYY and MM/DD/YYYY, as `03/04/2024`; choose one"),
        "{toml}"
    );
    assert!(toml.contains("# UNSURE: `1,234` may have a decimal comma or thousands"), "{toml}");
    assert!(toml.contains("# UNSURE: no column of currencies"), "{toml}");
    Mapping::parse(&toml, "suggested").unwrap();
}

#[test]
fn a_known_export_is_recognised() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/profiles");
    for name in ["ibm-ar", "sap-fi", "highradius", "dynamics365", "erpnext"] {
        let invoices = folder.join(name);
        let file = invoices.join("invoices.csv");
        let invoices = if file.exists() { file } else { invoices };
        let toml = suggest(&Sources { invoices, ..Sources::default() }).unwrap();
        assert!(toml.contains(&format!("# invoices: --profile {name} finds")), "{name}: {toml}");
        Mapping::parse(&toml, "suggested").unwrap();
    }
}

#[test]
fn of_a_workbook_with_several_sheets_the_likeliest_is_named_beside_the_others() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ingest/corpus/book.xlsx");
    let sources = |invoices: std::path::PathBuf| Sources { invoices, ..Sources::default() };
    let toml = suggest(&sources(file.clone())).unwrap();
    let told = "[invoices.file]\n# sheets of the workbook: `Cover`, `Open items`\n\
        # UNSURE: this one looks most like invoices\nsheet = \"Open items\"\n";
    assert!(toml.contains(told), "{toml}");
    assert!(toml.contains("issue_date = \"issue_date\""), "{toml}");
    let mapping = Mapping::parse(&toml, "suggested").unwrap();
    let read = book(&Sources { mapping, ..sources(file.clone()) }, None).unwrap();
    assert_eq!(read.ledger.n_invoices(), 4);
    // a sheet that is named is the only one that is looked at
    let named = suggest(&sources(format!("{}#Open items", file.display()).into())).unwrap();
    assert_eq!(named, toml.replace(&format!("\n{told}"), ""));
}

#[test]
fn a_suggestion_of_standard_input_is_that_of_the_same_bytes_in_a_file() {
    let desk = Desk::empty();
    desk.write("export.csv", GERMAN);
    let file = desk.done("check --suggest --invoices export.csv");
    let piped = desk.piped("check --suggest --invoices -", GERMAN.as_bytes());
    assert_eq!((piped.status, piped.out), (0, file), "{}", piped.err);
    let packed = zstd::encode_all(GERMAN.as_bytes(), 1).unwrap();
    assert_eq!(desk.piped("check --suggest --invoices -", &packed).status, 0);
    let twice = desk.piped("check --suggest --invoices - --customers -", GERMAN.as_bytes());
    assert!(twice.status == 2 && twice.err.contains("hint: "), "{}", twice.err);
}
