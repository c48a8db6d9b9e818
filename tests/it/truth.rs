//! `data/ledger-truth`, worked by hand: credit notes, discounts, tolerance, overpayments, reversals, instalments,
//! payments on account, currencies, late records.

use arrears::core::{Currency, Day};
use arrears::ingest::{Book, Perturbation, Raw, Sources, check, read};
use arrears::ledger::{Known, NEVER, SettlementKind};
use std::collections::BTreeMap;
use std::path::Path;

const DAYS: [&str; 2] = ["2024-03-17", "2024-04-30"];

fn file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/ledger-truth").join(name)
}

fn book(as_of: Option<&str>) -> Book {
    let sources = Sources {
        invoices: file("invoices.csv"),
        payments: Some(file("payments.csv")),
        fx: Some(file("fx.csv")),
        ..Sources::default()
    };
    let policy = arrears::policy::load(Some(&file("policy.toml"))).unwrap();
    check(&read(&sources).unwrap(), as_of.map(|d| d.parse().unwrap()), &policy).unwrap()
}

fn rows(name: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(file(name)).unwrap();
    reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn day(d: i32) -> String {
    if d == NEVER { String::new() } else { Day(d).to_string() }
}

fn open(known: &Known, as_of: &str) -> Vec<Vec<String>> {
    let code = |i: usize| known.currency_code[known.currency[i] as usize].to_string();
    let row = |i: usize| {
        let (id, open) = (known.invoice_id.get(i).to_owned(), known.open_amount[i].to_string());
        vec![as_of.to_owned(), id, code(i), open, day(known.settled[i])]
    };
    let mut rows: Vec<_> = (0..known.n_invoices()).map(row).collect();
    rows.sort();
    rows
}

fn unapplied(known: &Known, as_of: &str) -> Vec<Vec<String>> {
    let mut sums = BTreeMap::new();
    for c in &known.credits {
        let key = (known.customer_id.get(c.customer as usize), known.currency_code[c.currency as usize]);
        *sums.entry(key).or_insert(arrears::core::Amount::ZERO) += c.amount;
    }
    let row = |((customer, currency), amount): ((&str, Currency), arrears::core::Amount)| {
        vec![as_of.to_owned(), customer.to_owned(), currency.to_string(), amount.to_string()]
    };
    sums.into_iter().filter(|(_, amount)| amount.0 != 0).map(row).collect()
}

/// Read with that as_of, and read whole and cut to it: the same, and what the hand found.
#[test]
fn every_invoice_and_account_stands_where_the_hand_put_it() {
    let of_day = |name: &str, as_of: &str| -> Vec<_> {
        let mut rows: Vec<_> = rows(name).into_iter().filter(|r| r[0] == as_of).collect();
        rows.sort();
        rows
    };
    for as_of in DAYS {
        let day: Day = as_of.parse().unwrap();
        let then = book(Some(as_of)).ledger.into_known(day);
        assert_eq!(then, book(None).ledger.into_known(day), "{as_of}");
        assert_eq!(open(&then, as_of), of_day("open.csv", as_of));
        assert_eq!(unapplied(&then, as_of), of_day("unapplied.csv", as_of));
    }
}

#[test]
fn the_sums_of_the_readme_are_the_ledgers() {
    let known = book(Some(DAYS[1])).ledger.into_known(DAYS[1].parse().unwrap());
    let euro = |i: &usize| known.currency_code[known.currency[*i] as usize].as_str() == "EUR";
    let invoices: Vec<usize> = (0..known.n_invoices()).filter(euro).collect();
    let of_kind = |kind: SettlementKind| -> arrears::core::Amount {
        let settlements = invoices.iter().flat_map(|i| known.settlements_of(*i));
        settlements.filter(|s| known.settlement_kind[*s] == kind).map(|s| known.settlement_amount[s]).sum()
    };
    let billed: arrears::core::Amount = invoices.iter().map(|i| known.amount[*i]).sum();
    let open: arrears::core::Amount = invoices.iter().map(|i| known.open_amount[*i]).sum();
    assert_eq!((billed.to_string(), open.to_string()), ("5380.00".into(), "710.00".into()));
    let kinds =
        [SettlementKind::Cash, SettlementKind::Credit, SettlementKind::WriteOff, SettlementKind::Discount];
    // of 390.00 credited 40.00 and of 4,368.50 in cash 150.00 are on account
    assert_eq!(kinds.map(|k| of_kind(k).to_string()), ["4218.50", "350.00", "81.50", "20.00"]);
}

#[test]
fn nothing_is_refused_and_what_deserves_a_look_is_listed() {
    let book = book(Some(DAYS[1]));
    let listed: Vec<_> = book.quarantine.iter().map(|q| (q.rule_id, q.row, q.value.as_str())).collect();
    assert_eq!(listed, [("PAYMENT_OVER_OPEN", 4, "450.00"), ("CURRENCY_CONVERTED", 15, "EUR")]);
    assert!(book.quarantine.iter().all(|q| !q.is_rejected()));
    // the payment that was recorded later
    assert_eq!(book.inputs.iter().map(|c| c.ignored).collect::<Vec<_>>(), [0, 1, 0]);
}

#[test]
fn no_future_moves_a_row_of_ledger_or_quarantine() {
    let sources = Sources {
        invoices: file("invoices.csv"),
        payments: Some(file("payments.csv")),
        fx: Some(file("fx.csv")),
        ..Sources::default()
    };
    let policy = arrears::policy::load(Some(&file("policy.toml"))).unwrap();
    let raw = read(&sources).unwrap();
    for as_of in DAYS.map(|d| d.parse::<Day>().unwrap()) {
        let at = |raw: &Raw| {
            let book = check(raw, Some(as_of), &policy).unwrap();
            (book.ledger, book.quarantine)
        };
        let truth = at(&raw);
        for how in Perturbation::ALL {
            for seed in 0..20 {
                assert_eq!(at(&raw.perturbed(as_of, how, seed).unwrap()), truth, "{} {seed}", how.name());
            }
        }
    }
}

/// Rows under the headers of the folder: invoices, payments, what became of the last row, rule, field and value.
const DIRTY: &[(&str, &str, bool, &str, &str)] = &[
    ("X,ALMA,2024-01-10,2024-02-09,9,EUR,,2,10,,,,", "", true, "DISCOUNT_NOT_SHARE", "discount_rate [2]"),
    ("X,ALMA,2024-01-10,2024-02-09,9,EUR,,two,10,,,,", "", true, "DISCOUNT_NOT_SHARE", "discount_rate [two]"),
    ("X,ALMA,2024-01-10,2024-02-09,9,EUR,,0.02,,,,,", "", true, "MISSING_VALUE", "discount_days []"),
    ("X,ALMA,2024-01-10,2024-02-09,9,EUR,,0.02,-1,,,,", "", true, "TERMS_NOT_NUMBER", "discount_days [-1]"),
    (
        "X,ALMA,2024-01-10,,9,EUR,credit_note,,,,Z,,",
        "",
        true,
        "CREDIT_UNKNOWN_INVOICE",
        "credited_invoice_id [Z]",
    ),
    ("X,BRIO,2024-01-10,,9,EUR,credit_note,,,,A1,,", "", false, "CUSTOMER_MISMATCH", "customer_id [BRIO]"),
    ("X,ALMA,2024-01-10,,9,USD,credit_note,,,,A1,,", "", true, "CURRENCY_MISMATCH", "currency [USD]"),
    ("", "X,A1,BRIO,2024-01-19,9,,,,", false, "CUSTOMER_MISMATCH", "customer_id [BRIO]"),
    ("", "X,A1,,2024-02-27,9,USD,,,", false, "CURRENCY_CONVERTED", "currency [USD]"),
    ("", "X,A1,,2024-01-19,9,USD,,,", true, "CURRENCY_MISMATCH", "currency [USD]"),
    ("", "X,A1,,2024-01-19,-9,,,,", false, "REVERSAL_OVER_PAID", "amount [-9]"),
    ("", "X,,ALMA,2024-01-19,-9,,,,", false, "REVERSAL_OVER_PAID", "amount [-9]"),
    ("", "X,,,2024-01-19,9,,,,", true, "MISSING_VALUE", "invoice_id []"),
    ("", "X,C1,,2024-01-19,900.01,,,,", false, "PAYMENT_OVER_OPEN", "amount [900.01]"),
    ("", "X,C1,,2024-01-19,9,USD,,,", true, "CURRENCY_MISMATCH", "currency [USD]"),
    ("", "X,C1,,2024-01-19,9,,,4,", true, "PAYMENT_UNKNOWN_INVOICE", "invoice_id [C1/4]"),
];

/// The header and the rows of a file whose first field is one of some ids.
fn some_rows(name: &str, place: usize, ids: &[&str]) -> String {
    let text = std::fs::read_to_string(file(name)).unwrap();
    let is_kept = |line: &str| ids.contains(&line.split(',').nth(place).unwrap());
    text.lines()
        .enumerate()
        .filter(|(i, line)| *i == 0 || is_kept(line))
        .map(|(_, line)| format!("{line}\n"))
        .collect()
}

/// Refused, or taken with a note; under `strict` refused all the same.
#[test]
fn rows_that_cannot_be_or_deserve_a_look_are_found() {
    let policy = arrears::policy::load(Some(&file("policy.toml"))).unwrap();
    for (invoice, payment, is_refused, rule, expected) in DIRTY {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| {
            std::fs::write(dir.path().join(name), text).unwrap();
            dir.path().join(name)
        };
        let line = |row: &str| if row.is_empty() { String::new() } else { format!("{row}\n") };
        let invoices = some_rows("invoices.csv", 0, &["A1", "C1"]) + &line(invoice);
        let sources = Sources {
            invoices: write("invoices.csv", invoices),
            payments: Some(write("payments.csv", some_rows("payments.csv", 0, &[]) + &line(payment))),
            fx: Some(file("fx.csv")),
            ..Sources::default()
        };
        for (policy, is_refused) in [(&policy, *is_refused), (&policy.clone().strictly(), true)] {
            let book = check(&read(&sources).unwrap(), None, policy).unwrap();
            let found: Vec<_> =
                book.quarantine.iter().map(|q| (q.rule_id, format!("{} [{}]", q.field, q.value))).collect();
            assert_eq!(found, [(*rule, (*expected).to_owned())], "{invoice}{payment}");
            assert_eq!(book.quarantine[0].is_rejected(), is_refused, "{invoice}{payment}");
            let in_ledger = book.ledger.settlement_day.len() + book.ledger.credits.len();
            assert_eq!(in_ledger == 0, is_refused, "{invoice}{payment}");
        }
    }
}

#[test]
fn a_missing_rate_is_told_with_its_currency_and_day() {
    let dir = tempfile::tempdir().unwrap();
    let payments = dir.path().join("payments.csv");
    std::fs::write(&payments, "invoice_id,payment_date,amount,currency\nA1,2024-01-19,9,USD\n").unwrap();
    let sources = Sources {
        invoices: file("invoices.csv"),
        payments: Some(payments),
        fx: Some(file("fx.csv")),
        ..Sources::default()
    };
    let policy = arrears::policy::load(Some(&file("policy.toml"))).unwrap();
    let book = check(&read(&sources).unwrap(), None, &policy).unwrap();
    let told = "there is no rate of USD on or before 2024-01-19";
    assert!(book.quarantine[0].message.contains(told), "{}", book.quarantine[0].message);
}
