//! Each built-in profile on its made-up sample: `data/profiles/NAME/expected.txt` says what every row becomes.

use super::book;
use arrears::core::Day;
use arrears::ingest::{Book, Mapping, Sources};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/profiles")
}

/// Everything that a book says, a line a thing.
fn told(book: &Book) -> String {
    let mut text = String::new();
    let l = &book.ledger;
    let currency = |code: u16| l.currency_code[code as usize];
    let customer = |code: u32| l.customer_id.get(code as usize);
    for i in 0..l.n_invoices() {
        let (id, who, unit) = (l.invoice_id.get(i), customer(l.customer[i]), currency(l.currency[i]));
        let (issue, due, amount) = (Day(l.issue[i]), Day(l.due[i]), l.amount[i]);
        let known = if l.known.is_empty() { issue } else { Day(l.known[i]) };
        writeln!(text, "invoice {id} of {who}: {amount} {unit}, issued {issue}, known {known}, due {due}")
            .unwrap();
        for s in l.settlements_of(i) {
            let (kind, day, amount) =
                (l.settlement_kind[s], Day(l.settlement_day[s]), l.settlement_amount[s]);
            writeln!(text, "  {kind:?} {amount} on {day}").unwrap();
        }
    }
    for c in &l.credits {
        writeln!(
            text,
            "credit of {}: {} {} on {}",
            customer(c.customer),
            c.amount,
            currency(c.currency),
            Day(c.day)
        )
        .unwrap();
    }
    let name = |file: &str| Path::new(file).file_name().unwrap().to_string_lossy().into_owned();
    for q in &book.quarantine {
        writeln!(text, "{} row {}: {} {} `{}`", name(&q.file), q.row, q.rule_id, q.field, q.value).unwrap();
    }
    for i in &book.inputs {
        let (file, n) = (name(&i.file), i.rows);
        let (kept, refused, left_out) = (i.ledger, i.quarantined, i.filtered);
        writeln!(
            text,
            "{} {file}: {n} rows = ledger {kept} + quarantined {refused} + left out {left_out}",
            i.table
        )
        .unwrap();
    }
    text
}

fn sample(name: &str) -> Sources {
    let folder = samples().join(name);
    let file = |table: &str| Some(folder.join(table)).filter(|path| path.exists());
    Sources {
        invoices: file("invoices.csv").unwrap_or_else(|| folder.clone()),
        payments: file("payments.csv"),
        mapping: Mapping::built_in(name).unwrap(),
        ..Sources::default()
    }
}

#[test]
fn every_built_in_profile_reads_its_sample() {
    let mut missed = String::new();
    for name in Mapping::built_in_names().into_iter().filter(|name| *name != "canonical") {
        let found = match book(&sample(name), None) {
            Ok(book) => told(&book),
            Err(e) => format!("{e}\n"),
        };
        let file = samples().join(name).join("expected.txt");
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        if found != expected {
            writeln!(missed, "{name}: expected\n{expected}found\n{found}").unwrap();
        }
    }
    assert!(missed.is_empty(), "{missed}");
}

#[test]
fn every_built_in_profile_says_which_export_it_fits() {
    for name in Mapping::built_in_names().into_iter().filter(|name| *name != "canonical") {
        let text = Mapping::built_in_text(name).unwrap();
        assert!(text.starts_with("description = \"\"\"\n"), "{name}");
    }
}
