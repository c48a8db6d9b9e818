//! The third-party ledgers of `ARREARS_DATA`, each through its documented mapping.

use super::book;
use arrears::core::Day;
use arrears::ingest::{Book, Mapping, Perturbation, Sources, check, read, suggest};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A folder of `ARREARS_DATA`, if it is set.
#[allow(clippy::print_stderr)] // a test that skips says so
fn data(folder: &str) -> Option<PathBuf> {
    let Some(home) = std::env::var_os("ARREARS_DATA") else {
        eprintln!("skipped: ARREARS_DATA does not name the folder of {folder}");
        return None;
    };
    Some(Path::new(&home).join(folder))
}

fn mapping(name: &str) -> Mapping {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mappings");
    Mapping::load(&folder.join(name)).unwrap()
}

fn gst() -> Option<(PathBuf, Sources)> {
    let folder = data("ar-dirty-gst")?;
    let sources = Sources {
        invoices: folder.join("FactInvoice_raw.csv"),
        customers: Some(folder.join("DimCustomer_raw.csv")),
        mapping: mapping("ar-dirty-gst.toml"),
        ..Sources::default()
    };
    Some((folder, sources))
}

/// Rows in quarantine of a file, by rule.
fn by_rule(book: &Book, file: &str) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for q in book.quarantine.iter().filter(|q| q.file.ends_with(file)) {
        *counts.entry(q.rule_id).or_insert(0) += 1;
    }
    counts
}

const FACTS: &str = "FactInvoice_raw.csv";

#[test]
fn every_duplicate_and_the_orphan_of_the_dirty_ledger_are_reported_and_no_good_row_is_lost() {
    let Some((folder, sources)) = gst() else { return };
    let book = book(&sources, None).unwrap();
    let found = by_rule(&book, FACTS);
    assert_eq!(
        found,
        BTreeMap::from([
            ("CUSTOMER_UNKNOWN", 1),
            ("DATE_UNDECIDED", 27),
            ("INVOICE_REPEATED", 50),
            ("PAID_BEFORE_ISSUED", 1)
        ])
    );
    let orphan = book.quarantine.iter().find(|q| q.rule_id == "CUSTOMER_UNKNOWN").unwrap();
    assert_eq!((orphan.value.as_str(), orphan.is_rejected()), ("CUST999", false));

    let mut reader = csv::Reader::from_path(folder.join(FACTS)).unwrap();
    let mut seen = BTreeSet::new();
    let repeated: BTreeSet<String> =
        reader.records().map(|r| r.unwrap()[0].to_owned()).filter(|id| !seen.insert(id.clone())).collect();
    let reported: BTreeSet<String> =
        book.quarantine.iter().filter(|q| q.rule_id == "INVOICE_REPEATED").map(|q| q.value.clone()).collect();
    assert_eq!((repeated.len(), reported), (50, repeated));

    let facts = &book.inputs[0];
    assert_eq!((facts.rows, facts.ledger, facts.quarantined, facts.ignored), (2571, 2521, 50, 0));
    // no invoice is lost: each id of the file is in the ledger
    let l = &book.ledger;
    let kept: BTreeSet<String> = (0..l.n_invoices()).map(|i| l.invoice_id.get(i).to_owned()).collect();
    assert_eq!((kept.len(), kept), (2521, seen));
    assert_eq!(by_rule(&book, "DimCustomer_raw.csv"), BTreeMap::from([("DUPLICATE_CUSTOMER_ID", 8)]));
    assert_eq!(book.ledger.currency_code.iter().map(|c| c.as_str()).collect::<Vec<_>>(), ["AUD"]);
}

/// Every day that a date of the dirty ledger can mean, by a reader of the test's own.
fn readings(text: &str) -> BTreeSet<Day> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<&str> = text.split(['/', '-']).collect();
    let number = |at: usize| parts[at].parse::<u32>().unwrap();
    let day = |year: usize, month: u32, day: usize| Day::try_new(number(year) as i32, month, number(day));
    let days = match parts.as_slice() {
        [_] => [None, None],
        [year, ..] if year.len() == 4 => [day(0, number(1), 2), None],
        [_, month, _] if month.len() == 3 => {
            [day(2, MONTHS.iter().position(|m| m == month).unwrap() as u32 + 1, 0), None]
        }
        // without a leading zero the export writes the day first
        [a, b, _] if a.len() == 1 || b.len() == 1 => [day(2, number(1), 0), None],
        _ => [day(2, number(1), 0), day(2, number(0), 1)],
    };
    days.into_iter().flatten().collect()
}

#[test]
fn no_date_of_the_dirty_ledger_is_read_wrong() {
    let Some((folder, sources)) = gst() else { return };
    let book = book(&sources, None).unwrap();
    let mut terms = BTreeMap::new();
    for record in csv::Reader::from_path(folder.join("DimCustomer_raw.csv")).unwrap().records() {
        let record = record.unwrap();
        let days: i32 = record[4].split(' ').next().unwrap().parse().unwrap();
        terms.insert(record[0].to_owned(), days);
    }
    let export: Day = "2026-03-31".parse().unwrap();
    let l = &book.ledger;
    let places: BTreeMap<&str, usize> = (0..l.n_invoices()).map(|i| (l.invoice_id.get(i), i)).collect();
    let mut seen = BTreeSet::new();
    let (mut certain, mut settled, mut undecided) = (0, 0, 0);
    for record in csv::Reader::from_path(folder.join(FACTS)).unwrap().records() {
        let record = record.unwrap();
        if !seen.insert(record[0].to_owned()) {
            continue;
        }
        let i = places[&record[0]];
        let (issue, due) = (Day(l.issue[i]), Day(l.due[i]));
        if let Some(terms) = terms.get(&record[1]) {
            assert_eq!(due.0 - issue.0, *terms, "{}", &record[0]);
        }
        for (text, day) in [(&record[5], issue), (&record[6], due)] {
            let days = readings(text);
            assert!(days.contains(&day), "{} {text} {day}", &record[0]);
            certain += usize::from(days.len() == 1);
        }
        let all = readings(&record[7]);
        assert_eq!(l.settlements_of(i).len(), usize::from(!all.is_empty()), "{}", &record[0]);
        for s in l.settlements_of(i) {
            let found = [l.settlement_first[s], l.settlement_day[s]].map(Day);
            let possible: BTreeSet<Day> =
                all.iter().copied().filter(|day| *day >= issue && *day <= export).collect();
            let possible = if possible.is_empty() { &all } else { &possible };
            let bounds = [*possible.first().unwrap(), *possible.last().unwrap()];
            assert_eq!(found, bounds, "{} {}", &record[0], &record[7]);
            settled += 1;
            undecided += usize::from(!l.is_settlement_dated(s));
        }
    }
    assert_eq!((seen.len(), settled, undecided), (2_521, SETTLED, 27));
    assert!(certain > 3_000, "{certain}");
}

/// Invoices of the dirty ledger with a day of payment.
const SETTLED: usize = 1_579;

#[test]
fn an_earlier_day_of_the_dirty_ledger_knows_no_later_payment() {
    let Some((_, sources)) = gst() else { return };
    let book = book(&sources, Some("2026-02-28")).unwrap();
    let last: Day = "2026-02-28".parse().unwrap();
    assert!(book.ledger.issue.iter().chain(&book.ledger.settlement_day).all(|day| *day <= last.0));
    assert!(book.inputs[0].ignored > 500);
}

#[test]
fn the_delay_ledger_is_read_by_its_mapping_and_keeps_what_was_cancelled_later() {
    let Some(folder) = data("invoice-delay-synth") else { return };
    let sources = Sources {
        invoices: folder.join("invoices.csv"),
        payments: Some(folder.join("payment_history.csv")),
        customers: Some(folder.join("customers.csv")),
        mapping: mapping("invoice-delay-synth.toml"),
        ..Sources::default()
    };
    let book = book(&sources, None).unwrap();
    let counts: Vec<_> = book.inputs.iter().map(|i| (i.rows, i.ledger, i.quarantined)).collect();
    assert_eq!(counts, [(10_000, 10_000, 0), (10_571, 10_571, 0), (500, 500, 0)]);
}

#[test]
fn no_later_row_of_the_dirty_ledger_moves_what_was_known() {
    let Some((_, sources)) = gst() else { return };
    let (raw, policy) = (read(&sources).unwrap(), arrears::policy::load(None).unwrap());
    let as_of: Day = "2026-02-28".parse().unwrap();
    let known =
        |raw: &arrears::ingest::Raw| Book { inputs: Vec::new(), ..check(raw, Some(as_of), &policy).unwrap() };
    let expected = known(&raw);
    for how in Perturbation::ALL {
        let other = raw.perturbed(as_of, how, 7).unwrap();
        assert_eq!(known(&other), expected, "{}", how.name());
    }
}

#[test]
fn what_is_suggested_for_the_third_party_ledgers_reads_them() {
    let Some(ibm) = data("ibm-watson-ar") else { return };
    let ibm = Sources { invoices: ibm.join("WA_Fn-UseC_-Accounts-Receivable.csv"), ..Sources::default() };
    let Some(delay) = data("invoice-delay-synth") else { return };
    let delay = Sources {
        invoices: delay.join("invoices.csv"),
        payments: Some(delay.join("payment_history.csv")),
        ..Sources::default()
    };
    for (sources, n, settled) in [(ibm, 2_466, 2_466), (delay, 10_000, 10_571)] {
        let toml = suggest(&sources).unwrap();
        let mapping = Mapping::parse(&toml, "suggested").unwrap();
        let book = book(&Sources { mapping, ..sources }, None).unwrap_or_else(|e| panic!("{e}\n{toml}"));
        assert_eq!((book.ledger.n_invoices(), book.ledger.settlement_day.len()), (n, settled), "{toml}");
    }
}

#[test]
fn what_is_suggested_for_the_dirty_ledger_leaves_its_dates_open() {
    let Some((_, sources)) = gst() else { return };
    let toml = suggest(&sources).unwrap();
    assert!(
        toml.contains("are written in two orders; with both declared, `resolve` must say what"),
        "{toml}"
    );
    assert!(toml.contains("amount = \"amount_incl_gst\""), "{toml}");
    let mapping = Mapping::parse(&toml, "suggested").unwrap();
    assert_eq!(book(&Sources { mapping, ..sources }, None).unwrap_err().exit_code(), 3);
}
