//! `check --suggest`: a first mapping from headers and values.

use super::{Export, book, invoices};
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
