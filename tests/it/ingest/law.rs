//! Laws that hold for any dirty files.

use super::{Files, INVOICES, PAYMENTS, day, policy};
use arrears::core::Amount;
use arrears::ingest::{Book, IngestError, Perturbation, Raw, check, read};
use proptest::prelude::*;
use std::collections::BTreeSet;

const AS_OF: &str = "2024-03-15";

fn any_day(earliest: i32, latest: i32) -> impl Strategy<Value = String> {
    prop_oneof![
        12 => (earliest..latest).prop_map(|d| day(AS_OF).plus(d).to_string()),
        1 => Just(String::new()),
        1 => prop::sample::select(vec!["2024-02-30", "soon", "9999-12-31"]).prop_map(String::from),
    ]
}

fn rarely(strategy: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(String::new()), 1 => strategy]
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(texts).prop_map(String::from)
}

fn any_amount() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (1..2_000_i64).prop_map(|cents| Amount(cents * 100).to_string()),
        1 => one_of(&["", "0", "-5.00", "\"1,5\"", "1e3", "0.00001", "999999999999999"]),
    ]
}

pub fn any_invoice() -> impl Strategy<Value = String> {
    let head = (one_of(&["A", "B", "C", "D", " E ", "F", "G", ""]), one_of(&["X", "Y", "Z", "X", "Y", ""]));
    let dates = (any_day(-90, 40), rarely(any_day(-60, 90)), one_of(&["30", "30", "30", "0", "-1", "x", ""]));
    let what = (
        any_amount(),
        one_of(&["EUR", "EUR", "USD", "", "EURO"]),
        one_of(&["", "", "invoice", "credit_note", "memo"]),
    );
    let later = (
        rarely(any_day(-60, 40)),
        rarely(any_day(-60, 40)),
        rarely(any_day(-60, 40)),
        rarely(any_day(-60, 40)),
    );
    (head, dates, what, later).prop_map(
        |((id, customer), (issue, due, terms), (amount, currency, kind), (r, d, e, p))| {
            format!("{id},{customer},{issue},{due},{terms},{amount},{currency},{kind},{r},{d},{e},{p}")
        },
    )
}

fn any_payment() -> impl Strategy<Value = String> {
    let ids = (one_of(&["A", "B", "C", "D", "E", "F", "Q", ""]), one_of(&["", "1", "2", "3", "4"]));
    let what = (any_amount(), one_of(&["", "", "EUR", "USD"]), one_of(&["", "", "credit", "barter"]));
    (ids, any_day(-90, 40), what, rarely(any_day(-60, 40))).prop_map(
        |((invoice, id), day, (amount, currency, kind), r)| {
            format!("{invoice},{day},{amount},{id},{currency},{kind},{r}")
        },
    )
}

fn any_contact() -> impl Strategy<Value = String> {
    (
        one_of(&["X", "Y", ""]),
        any_day(-60, 40),
        one_of(&["phone", "email", ""]),
        rarely(any_day(-30, 60)),
        any_amount(),
    )
        .prop_map(|(customer, day, channel, promise, amount)| {
            format!("{customer},{day},{channel},{promise},{amount}")
        })
}

fn any_rate() -> impl Strategy<Value = String> {
    (one_of(&["EUR", "USD", "?"]), any_day(-60, 40), one_of(&["1.1", "0.9", "0", "x"]))
        .prop_map(|(c, d, r)| format!("{c},{d},{r}"))
}

/// Rows with some that are blank, too short or too long.
fn rows(row: impl Strategy<Value = String>, most: usize) -> impl Strategy<Value = Vec<String>> {
    let odd = one_of(&["", "A,X", "A,X,,,,,,,,,,,,,,,"]);
    prop::collection::vec(prop_oneof![20 => row, 1 => odd], 1..most)
}

#[derive(Debug, Clone)]
struct Dirty {
    invoices: Vec<String>,
    payments: Option<Vec<String>>,
    customers: Vec<String>,
    contacts: Vec<String>,
    rates: Vec<String>,
}

fn any_dirty() -> impl Strategy<Value = Dirty> {
    let customers = one_of(&["X,Xavier,,DE", "Y,,,", "X,,Steel,", "Z,Zoe,,FR", ",Nobody,,"]);
    let payments = prop::option::weighted(0.7, rows(any_payment(), 16));
    (rows(any_invoice(), 16), payments, rows(customers, 5), rows(any_contact(), 8), rows(any_rate(), 8))
        .prop_map(|(invoices, payments, customers, contacts, rates)| Dirty {
            invoices,
            payments,
            customers,
            contacts,
            rates,
        })
}

impl Dirty {
    fn files(&self) -> Files {
        let text = |header: &str, rows: &[String]| format!("{}\n{}\n", header.trim_end(), rows.join("\n"));
        let files = Files::new(&text(INVOICES, &self.invoices)).others(
            &text("customer_id,name,industry,country", &self.customers),
            &text("customer_id,contact_date,channel,promise_date,promise_amount", &self.contacts),
            &text("currency,date,rate", &self.rates),
        );
        match &self.payments {
            Some(payments) => files.payments(&text(PAYMENTS, payments)),
            None => files,
        }
    }

    /// Records of each table: blank lines are none.
    fn n_records(&self) -> Vec<u64> {
        let n = |rows: &Vec<String>| rows.iter().filter(|row| !row.is_empty()).count() as u64;
        let payments = self.payments.iter();
        std::iter::once(&self.invoices)
            .chain(payments)
            .chain([&self.customers, &self.contacts, &self.rates])
            .map(n)
            .collect()
    }
}

/// What must not move when the future does.
pub fn past(book: Result<Book, IngestError>) -> Option<Book> {
    match book {
        Ok(book) => Some(Book { inputs: Vec::new(), ..book }),
        Err(IngestError::NoInvoiceLeft { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Every record of every file ends in the ledger, in quarantine or ignored, once.
    #[test]
    fn no_row_is_lost(dirty in any_dirty(), as_of in prop::option::of(-60..60_i32)) {
        let files = dirty.files();
        let Ok(raw) = read(&files.sources) else { return Ok(()) };
        let as_of = as_of.map(|d| day(AS_OF).plus(d));
        let Ok(book) = check(&raw, as_of, &policy()) else { return Ok(()) };
        prop_assert_eq!(book.inputs.iter().map(|c| c.rows).collect::<Vec<_>>(), dirty.n_records());
        prop_assert!(book.inputs.iter().all(|c| c.rows == c.ledger + c.quarantined + c.ignored));
        let quarantined: u64 = book.inputs.iter().map(|c| c.quarantined).sum();
        let rejected: Vec<_> = book.quarantine.iter().filter(|q| q.is_rejected()).collect();
        prop_assert_eq!(quarantined, rejected.len() as u64);
        let places: BTreeSet<_> = rejected.iter().map(|q| (&q.file, q.row)).collect();
        prop_assert_eq!(places.len(), rejected.len());
        let noted = book.quarantine.iter().filter(|q| !q.is_rejected());
        prop_assert!(noted.clone().all(|q| !places.contains(&(&q.file, q.row))));
        prop_assert!(book.quarantine.is_sorted());
        prop_assert!(as_of.is_some() || book.inputs.iter().all(|c| c.ignored == c.filtered));
        let invoices = book.inputs[0].ledger as usize;
        let on_account = book.ledger.credits.len();
        prop_assert!(book.ledger.n_invoices() <= invoices && invoices <= book.ledger.n_invoices() + on_account);
    }

    /// Whatever is dated or recorded after `as_of` may vanish, change or multiply, and rows may stand in any order.
    #[test]
    fn nothing_after_as_of_moves_the_books(dirty in any_dirty(), seed in any::<u64>()) {
        let files = dirty.files();
        let Ok(raw) = read(&files.sources) else { return Ok(()) };
        let as_of = day(AS_OF);
        let truth = past(check(&raw, Some(as_of), &policy()));
        for how in Perturbation::ALL {
            let other = raw.perturbed(as_of, how, seed).unwrap();
            prop_assert_eq!(&past(check(&other, Some(as_of), &policy())), &truth, "{}", how.name());
        }
    }

    /// The order of rows and their split over files decide nothing.
    #[test]
    fn order_and_parts_do_not_matter(dirty in any_dirty(), parts in 1..4_usize) {
        let whole = dirty.files();
        let mut split = dirty.clone().files();
        let folder = split.dir.path().join("parts");
        std::fs::create_dir(&folder).unwrap();
        for part in 0..parts {
            let rows = dirty.invoices.iter().rev().skip(part).step_by(parts).cloned().collect::<Vec<_>>().join("\n");
            std::fs::write(folder.join(format!("{part}.csv")), format!("{INVOICES}{rows}\n")).unwrap();
        }
        split.sources.invoices = folder;
        let Ok(raw) = read(&whole.sources) else { return Ok(()) };
        let ledger = |raw: &Raw| past(check(raw, None, &policy())).map(|book| book.ledger);
        prop_assert_eq!(ledger(&split.read()), ledger(&raw));
    }

    /// Whatever bytes stand under the header: no panic, and every record is accounted for or the file is refused.
    #[test]
    fn any_text_is_read_or_refused(body in "([A-C,]|,|2024-01-01|5|\r|\n|\r\n|\"|é){0,60}") {
        let files = Files::new(&format!("invoice_id,customer_id,issue_date,terms_days,amount\nA,C,2024-01-01,9,1\n{body}"));
        match read(&files.sources) {
            Ok(raw) => {
                let counts = &check(&raw, None, &policy()).unwrap().inputs[0];
                prop_assert_eq!(counts.rows, counts.ledger + counts.quarantined + counts.filtered);
            }
            Err(e) => prop_assert!(matches!(e, IngestError::UnclosedQuote { .. } | IngestError::DecimalMark { .. }), "{e}"),
        }
    }
}
