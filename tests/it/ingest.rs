//! Files in, ledger and quarantine out: every rule, every refusal, and the laws that hold for any dirty file.

mod format;
mod fuzz;
mod law;
mod survival;

use arrears::core::{Amount, Currency, Day};
use arrears::ingest::{Book, IngestError, Mapping, Raw, Sources, check, check_owned, read};
use arrears::ledger::SettlementKind;
use arrears::policy::ValidPolicy;
use polars::prelude::*;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const INVOICES: &str = "invoice_id,customer_id,issue_date,due_date,terms_days,amount,currency,kind,recorded_date,\
                        dispute_date,dispute_closed_date,paid_date\n";
const PAYMENTS: &str = "invoice_id,payment_date,amount,payment_id,currency,kind,recorded_date\n";
const GOOD: &str = "A,C,2024-01-10,2024-02-09,,100.00,EUR,,,,,\n";

/// A folder with the tables of one test.
struct Files {
    dir: TempDir,
    sources: Sources,
}

impl Files {
    fn new(invoices: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("invoices.csv");
        std::fs::write(&path, invoices).unwrap();
        Self { dir, sources: Sources { invoices: path, ..Sources::default() } }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn payments(mut self, text: &str) -> Self {
        self.sources.payments = Some(self.write("payments.csv", text));
        self
    }

    fn others(mut self, customers: &str, contacts: &str, fx: &str) -> Self {
        self.sources.customers = Some(self.write("customers.csv", customers));
        self.sources.contacts = Some(self.write("contacts.csv", contacts));
        self.sources.fx = Some(self.write("fx.csv", fx));
        self
    }

    fn read(&self) -> Raw {
        read(&self.sources).unwrap()
    }

    fn book(&self, as_of: Option<&str>) -> Book {
        check(&self.read(), as_of.map(day), &policy()).unwrap()
    }
}

fn policy() -> ValidPolicy {
    arrears::policy::load(None).unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

/// Rule, field and value of each quarantined row of a table.
fn found(book: &Book, table: &str) -> Vec<(u64, String)> {
    let of_table = book.quarantine.iter().filter(|q| q.file.ends_with(&format!("{table}.csv")));
    of_table.map(|q| (q.row, format!("{} {} [{}]", q.rule_id, q.field, q.value))).collect()
}

/// Rows of each table with the rule, field and value that they must be quarantined for.
const DIRTY: &[(&str, &str, &str)] = &[
    ("invoices", ",C,2024-01-10,2024-02-09,,1,,,,,,", "MISSING_VALUE invoice_id []"),
    ("invoices", "B, ,2024-01-10,2024-02-09,,1,,,,,,", "MISSING_VALUE customer_id []"),
    ("invoices", "B,C,,2024-02-09,,1,,,,,,", "MISSING_VALUE issue_date []"),
    ("invoices", "B,C,2024-01-10,,,1,,,,,,", "MISSING_VALUE due_date []"),
    ("invoices", "B,C,2024-01-10,2024-02-09,,,,,,,,", "MISSING_VALUE amount []"),
    ("invoices", "B,C,10/2024,2024-02-09,,1,,,,,,", "DATE_NOT_READABLE issue_date [10/2024]"),
    ("invoices", "B,C,2024-01-10,2024-02-30,,1,,,,,,", "DATE_NOT_READABLE due_date [2024-02-30]"),
    ("invoices", "B,C,2024-01-10,2024-02-09,,1,,,soon,,,", "DATE_NOT_READABLE recorded_date [soon]"),
    ("invoices", "B,C,2024-01-10,2024-02-09,,1,,,,soon,,", "DATE_NOT_READABLE dispute_date [soon]"),
    (
        "invoices",
        "B,C,2024-01-10,2024-02-09,,1,,,,2024-01-12,x,",
        "DATE_NOT_READABLE dispute_closed_date [x]",
    ),
    ("invoices", "B,C,2024-01-10,9999-12-31,,1,,,,,,", "DATE_SENTINEL due_date [9999-12-31]"),
    ("invoices", "B,C,1900-01-01,2024-02-09,,1,,,,,,", "DATE_SENTINEL issue_date [1900-01-01]"),
    ("invoices", "B,C,2024-01-10,9998-12-31,,1,,,,,,", "DATE_OUT_OF_RANGE due_date [9998-12-31]"),
    ("invoices", "N/A,C,2024-01-10,2024-02-09,,1,,,,,,", "MISSING_VALUE invoice_id [N/A]"),
    ("invoices", "B\u{1}x,C,2024-01-10,2024-02-09,,1,,,,,,", "CONTROL_CHARACTER invoice_id [B\\u{1}x]"),
    ("invoices", "A,C,2024-01-10,2024-02-09,,100.0,EUR,,,,,", "INVOICE_REPEATED invoice_id [A]"),
    ("payments", "A,2024-01-20,30,P,EUR,,", "PAYMENT_REPEATED payment_id [P]"),
    ("invoices", "B,C,1899-12-31,2024-02-09,,1,,,,,,", "DATE_OUT_OF_RANGE issue_date [1899-12-31]"),
    ("invoices", "B,C,2024-01-10,,99999999,1,,,,,,", "DATE_OUT_OF_RANGE terms_days [99999999]"),
    ("invoices", "B,C,2024-01-10,,net 30,1,,,,,,", "TERMS_NOT_NUMBER terms_days [net 30]"),
    ("invoices", "B,C,2024-01-10,2024-01-09,,1,,,,,,", "DUE_BEFORE_ISSUE due_date [2024-01-09]"),
    ("invoices", "B,C,2024-01-10,,-1,1,,,,,,", "DUE_BEFORE_ISSUE terms_days [-1]"),
    ("invoices", "B,C,2024-01-10,2024-02-09,,\"1,5\",,,,,,", "AMOUNT_NOT_NUMBER amount [1,5]"),
    ("invoices", "B,C,2024-01-10,2024-02-09,,0.00001,,,,,,", "AMOUNT_TOO_PRECISE amount [0.00001]"),
    (
        "invoices",
        "B,C,2024-01-10,2024-02-09,,123456789012345,,,,,,",
        "AMOUNT_TOO_LARGE amount [123456789012345]",
    ),
    ("invoices", "B,C,2024-01-10,2024-02-09,,-5,,,,,,", "AMOUNT_NEGATIVE amount [-5]"),
    ("invoices", "B,C,2024-01-10,,,0,,credit_note,,,,", "AMOUNT_ZERO amount [0]"),
    ("invoices", "B,C,2024-01-10,2024-02-09,,1,EURO,,,,,", "CURRENCY_UNKNOWN currency [EURO]"),
    ("invoices", "B,C,2024-01-10,2024-02-09,,1,,memo,,,,", "KIND_UNKNOWN kind [memo]"),
    ("invoices", "B,C,2024-01-10,2024-02-09,,1", "ROW_WIDTH row [B,C,2024-01-10,2024-02-09,,1]"),
    ("invoices", "A,C,2024-01-11,2024-02-09,,1,,,,,,", "DUPLICATE_INVOICE_ID invoice_id [A]"),
    ("payments", ",2024-01-20,1,,,,", "MISSING_VALUE invoice_id []"),
    ("payments", "A,,1,,,,", "MISSING_VALUE payment_date []"),
    ("payments", "A,2024-01-20,,,,,", "MISSING_VALUE amount []"),
    ("payments", "A,20.1.24,1,,,,", "DATE_NOT_READABLE payment_date [20.1.24]"),
    ("payments", "A,2024-01-20,1 EUR,,,,", "AMOUNT_NOT_NUMBER amount [1 EUR]"),
    ("payments", "A,2024-01-20,1,,USD,,", "CURRENCY_MISMATCH currency [USD]"),
    ("payments", "A,2024-01-20,1,,??,,", "CURRENCY_UNKNOWN currency [??]"),
    ("payments", "A,2024-01-20,1,,,barter,", "KIND_UNKNOWN kind [barter]"),
    ("payments", "Z,2024-01-20,1,,,,", "PAYMENT_UNKNOWN_INVOICE invoice_id [Z]"),
    ("payments", "A,2024-01-21,2,P,,,", "DUPLICATE_PAYMENT_ID payment_id [P]"),
    ("customers", ",X,,", "MISSING_VALUE customer_id []"),
    ("customers", "C,X,,", "CUSTOMER_REPEATED customer_id [C]"),
    ("customers", "C,Y,,", "DUPLICATE_CUSTOMER_ID customer_id [C]"),
    ("contacts", "C,2024-01-20,,,", "MISSING_VALUE channel []"),
    ("contacts", "C,2024-01-20,phone,later,", "DATE_NOT_READABLE promise_date [later]"),
    ("contacts", "C,2024-01-20,phone,,much", "AMOUNT_NOT_NUMBER promise_amount [much]"),
    ("fx", "EUR,2024-01-01,x", "RATE_NOT_NUMBER rate [x]"),
    ("fx", "EUR,2024-01-01,0", "RATE_NOT_POSITIVE rate [0]"),
    ("fx", "USD,2024-01-01,1.2", "DUPLICATE_RATE rate [1.2]"),
    ("fx", "USD,2024-01-01,1.10", "RATE_REPEATED rate [1.1]"),
    ("fx", ",2024-01-01,1.2", "MISSING_VALUE currency []"),
];

#[test]
fn every_rule_finds_its_row_and_the_rest_goes_on() {
    for (table, row, expected) in DIRTY {
        let with = |name: &str, text: String| if name == *table { format!("{text}{row}\n") } else { text };
        let files = Files::new(&with("invoices", format!("{INVOICES}{GOOD}")))
            .payments(&with("payments", format!("{PAYMENTS}A,2024-01-20,30.00,P,EUR,,\n")))
            .others(
                &with("customers", "customer_id,name,industry,country\nC,X,,\n".into()),
                &with("contacts", "customer_id,contact_date,channel,promise_date,promise_amount\nC,2024-01-20,phone,2024-02-01,5\n".into()),
                &with("fx", "currency,date,rate\nUSD,2024-01-01,1.1\n".into()),
            );
        let book = files.book(Some("2024-03-01"));
        assert_eq!(found(&book, table), [(2, (*expected).to_owned())], "{row}");
        assert_eq!(book.quarantine.len(), 1, "{row}");
        let message = &book.quarantine[0].message;
        assert!(message.contains(": ") && message.contains("; "), "finding and remedy: {message}");
        assert_eq!(book.ledger.settlement_amount, [amount("30")], "{row}");
        assert_eq!((book.ledger.n_invoices(), book.customers.len(), book.contacts.len()), (1, 1, 1), "{row}");
        assert_eq!(book.fx.rate(Currency::try_new("USD").unwrap(), day("2024-02-01")), Some(1.1));
    }
}

/// Rows that go into the ledger with a note; under `strict` they do not.
const NOTED: &[(&str, &str, &str)] = &[
    (
        "invoices",
        "B,C,2024-01-10,2024-02-09,,12345678901234.56,EUR,,,,,",
        "AMOUNT_DIGITS amount [12345678901234.56]",
    ),
    ("invoices", "B,D,2024-01-10,2024-02-09,,1,EUR,,,,,", "CUSTOMER_UNKNOWN customer_id [D]"),
    ("invoices", "B,C,2024-01-10,2024-02-09,,1,EUR,,,1900-01-01,,", "DATE_NEVER dispute_date [1900-01-01]"),
    ("invoices", "B,C,2024-01-10,2024-02-09,,1,n/a,,,,,", "NULL_SPELLING currency [n/a]"),
    ("payments", "A,2024-01-09,1.00,Q,,,", "PAID_BEFORE_ISSUED payment_date [2024-01-09]"),
    ("payments", "A,2024-01-21,70.01,Q,,,", "PAYMENT_OVER_OPEN amount [70.01]"),
    ("payments", "A,2024-01-21,-30.01,Q,,,", "REVERSAL_OVER_PAID amount [-30.01]"),
    ("payments", "A,2024-01-21,30.01,P,,reversal,", "REVERSAL_OVER_PAID amount [30.01]"),
];

#[test]
fn a_repair_or_a_warning_keeps_the_row_unless_the_policy_is_strict() {
    for (table, row, expected) in NOTED {
        let with = |name: &str, text: String| if name == *table { format!("{text}{row}\n") } else { text };
        let mut files = Files::new(&with("invoices", format!("{INVOICES}{GOOD}")))
            .payments(&with("payments", format!("{PAYMENTS}A,2024-01-20,30.00,P,EUR,,\n")));
        files.sources.customers = Some(files.write("customers.csv", "customer_id\nC\n"));
        let taken = |strict: bool| {
            let policy = if strict { policy().strictly() } else { policy() };
            let book = check(&files.read(), Some(day("2024-03-01")), &policy).unwrap();
            assert_eq!(found(&book, table), [(2, (*expected).to_owned())], "{row}");
            assert_eq!((book.quarantine.len(), book.quarantine[0].is_rejected()), (1, strict), "{row}");
            let counts = book.inputs.iter().find(|c| c.table == *table).unwrap();
            (counts.ledger, counts.quarantined)
        };
        assert_eq!((taken(false), taken(true)), ((2, 0), (1, 1)), "{row}");
    }
}

#[test]
fn more_rows_in_quarantine_than_the_policy_lets_pass_are_refused() {
    let files = Files::new(&format!("{INVOICES}{GOOD}B,C,2024-01-10,2024-02-09,,x,,,,,,\n"));
    let gate = |rate: &str| {
        let policy = arrears::policy::parse(&format!("[ingest]\nmax_quarantine_rate = {rate}"), "p").unwrap();
        files.book(None).within_quarantine_rate(&policy)
    };
    assert!(gate("0.5").is_ok());
    let refused = gate("0.49").unwrap_err();
    let told = "invoices: 1 of 2 rows are in quarantine, expected at most a share of 0.49";
    assert_eq!((refused.to_string().as_str(), refused.exit_code()), (told, 3));
}

#[test]
fn a_payment_of_an_invoice_in_quarantine_says_so() {
    let files = Files::new(&format!("{INVOICES}{GOOD}B,C,2024-01-10,2024-02-09,,x,,,,,,\n"))
        .payments(&format!("{PAYMENTS}B,2024-01-20,1.00,Q,,,\n"));
    let book = files.book(None);
    assert_eq!(found(&book, "payments"), [(1, "PAYMENT_QUARANTINED_INVOICE invoice_id [B]".to_owned())]);
}

/// 2024 has 366 days: the first of the two clearing dates is the last that is believed.
#[test]
fn a_clearing_date_a_year_after_the_last_invoice_is_not_yet() {
    let row = |id: &str, paid: &str| format!("{id},C,2024-01-10,,30,5,EUR,,,,,{paid}\n");
    let text = format!("{INVOICES}{}{}", row("A", "2025-01-10"), row("B", "2025-01-11"));
    let files = Files::new(&text);
    let book = files.book(None);
    assert_eq!(found(&book, "invoices"), [(2, "PAID_IN_FUTURE paid_date [2025-01-11]".to_owned())]);
    assert_eq!((book.ledger.n_invoices(), book.ledger.settlement_day.len()), (2, 1));
    let strict = check(&files.read(), None, &policy().strictly()).unwrap();
    assert_eq!((strict.ledger.n_invoices(), strict.inputs[0].quarantined), (1, 1));
    let asked = files.book(Some("2024-03-01"));
    assert_eq!((asked.quarantine.len(), asked.ledger.settlement_day.len()), (0, 0));
    let later = files.book(Some("2025-01-11"));
    assert_eq!((later.quarantine.len(), later.ledger.settlement_day.len()), (0, 2));
}

#[test]
fn a_payment_says_whether_its_invoice_is_missing_refused_or_a_credit_note() {
    let files = Files::new(&format!(
        "{INVOICES}{GOOD}B,C,2024-01-10,2024-02-09,,x,,,,,,\nN,C,2024-01-10,,,-7,,credit_note,,,,\n"
    ))
    .payments(&format!("{PAYMENTS}Z,2024-01-20,1,,,,\nB,2024-01-20,1,,,,\nN,2024-01-20,1,,,,\n"));
    let book = files.book(None);
    let messages: Vec<&str> =
        book.quarantine[1..].iter().map(|q| q.message.split(';').next().unwrap()).collect();
    assert_eq!(
        messages,
        [
            "invoice_id `Z`: no invoice of this id is in the ledger",
            "invoice_id `B`: its invoice is in quarantine itself",
            "invoice_id `N`: a credit note, not an invoice",
        ]
    );
}

#[test]
fn a_ledger_has_several_partial_late_and_over_payments_and_credit_notes_on_account() {
    let files = Files::new(&format!("{INVOICES}{GOOD}N,C,2024-01-15,,,-7.50,EUR,Credit_Note,2024-01-18,,,\n")).payments(
        &format!("{PAYMENTS}A,2024-01-20,30.00,P,EUR,,\nA,2024-02-20,60.00,Q,,write_off,2024-02-25\nA,2024-03-20,15,R,,,\n"),
    );
    let l = files.book(None).ledger;
    assert_eq!(l.settlement_amount, ["30", "60", "10"].map(amount));
    assert_eq!(l.settlement_kind, [SettlementKind::Cash, SettlementKind::WriteOff, SettlementKind::Cash]);
    assert_eq!(l.settlement_known[1], day("2024-02-25").0);
    let credits: Vec<_> = l.credits.iter().map(|c| (Day(c.day), Day(c.known), c.amount)).collect();
    let note = (day("2024-01-15"), day("2024-01-18"), amount("7.5"));
    assert_eq!(credits, [note, (day("2024-03-20"), day("2024-03-20"), amount("5"))]);
}

#[test]
fn in_the_one_table_form_paid_date_settles_the_whole_amount() {
    let text = format!(
        "{INVOICES}A,C,2024-01-10,,30,100.00,EUR,,2024-01-12,,,2024-01-11\nB,C,2024-01-10,,30,50,EUR,,,,,\n"
    );
    let files = Files::new(&text);
    let book = files.book(None);
    let l = &book.ledger;
    assert_eq!((l.settlement_amount.as_slice(), l.due[0]), ([amount("100")].as_slice(), day("2024-02-09").0));
    assert_eq!(Day(l.settlement_known_day(0)), day("2024-01-12"), "a payment is not known before its row");
    assert!(book.warnings.is_empty());
    let both = files.payments(&format!("{PAYMENTS}B,2024-01-20,1,,,,\n")).book(None);
    assert_eq!(both.ledger.settlement_amount, [amount("1")]);
    assert_eq!(both.warnings, ["invoices: `paid_date` is not used, because payments are given"]);
}

#[test]
fn what_was_not_known_is_ignored_before_it_is_judged() {
    let text = format!(
        "{INVOICES}{GOOD}B,,2024-06-01,,,nonsense,,,,,,\nD,C,2024-01-01,,30,5,,,2024-06-01,,,\n\
         E,C,2024-01-02,,30,5,EUR,,,2024-06-01,,2024-06-02\n"
    );
    let book = Files::new(&text).book(Some("2024-03-01"));
    assert!(book.quarantine.is_empty() && book.ledger.dispute.is_empty());
    assert_eq!((book.ledger.n_invoices(), book.ledger.settlement_day.len()), (2, 0));
    let counts = &book.inputs[0];
    assert_eq!((counts.rows, counts.ledger, counts.quarantined, counts.ignored), (4, 2, 0, 2));
}

#[test]
fn of_rows_with_one_id_the_same_is_kept_in_any_order() {
    let rows = [
        "Z,C,2024-01-10,,9,1,GBP,,,,,\n",
        "A,D,2024-01-11,,9,1,USD,,,,,\n",
        GOOD,
        "A,C,2024-01-09,,9,3,GBP,,2024-02-01,,,\n",
        "A,B,2024-01-10,,,1,,credit_note,,,,\n",
    ];
    let forward = Files::new(&format!("{INVOICES}{}", rows.concat())).book(None);
    let backward =
        Files::new(&format!("{INVOICES}{}", rows.iter().rev().copied().collect::<String>())).book(None);
    assert_eq!(forward.ledger, backward.ledger);
    assert_eq!(forward.inputs[0].quarantined, 3);
    assert_eq!(forward.ledger.credits[0].amount, amount("1"), "known as early as GOOD and due on its day");
    assert_eq!(forward.ledger.customer_id.iter().collect::<Vec<_>>(), ["B", "C"]);
    assert_eq!(forward.ledger.currency_code.iter().map(Currency::as_str).collect::<Vec<_>>(), ["GBP", "XXX"]);
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_a_hint_and_a_status() {
    let files = Files::new(&format!("{INVOICES}{GOOD}"));
    let refused = |name: &str, text: &[u8]| {
        let invoices = files.dir.path().join(name);
        std::fs::write(&invoices, text).unwrap();
        read(&Sources { invoices, ..Sources::default() }).unwrap_err()
    };
    let missing = Sources { invoices: "nowhere.csv".into(), ..Sources::default() };
    let cases = [
        (read(&missing).unwrap_err(), 1, "nowhere.csv: cannot be read"),
        (refused("empty.csv", b""), 3, "empty.csv: empty, expected a header and rows"),
        (refused("header.csv", INVOICES.as_bytes()), 3, "header.csv: has columns but no row"),
        (
            refused("ids.csv", b"id,amt\n1,2\n"),
            3,
            "ids.csv: no column is mapped to `invoice_id` (found: id, amt)",
        ),
        (
            refused("due.csv", b"invoice_id,customer_id,issue_date,amount\n"),
            3,
            "due.csv: no column is mapped to `due_date` (found: invoice_id, customer_id, issue_date, amount)",
        ),
        (
            refused("a.xlsx", b"PK"),
            1,
            "a.xlsx: not a whole workbook: its first bytes are those of no archive",
        ),
        (refused("a.csv.gz", b"\x1F\x8B\x08\0\0\0"), 1, "a.csv.gz: not whole gzip data"),
        (refused("a.pdf", b"%PDF-1.7\n\0\0"), 3, "a.pdf: neither text nor Parquet nor a workbook"),
        (refused("cut.parquet", b"PAR1\x15\x04\x15"), 1, "cut.parquet: not a whole Parquet file"),
    ];
    for (error, status, message) in cases {
        assert!(error.to_string().ends_with(message), "{error}");
        assert_eq!(error.exit_code(), status, "{error}");
        assert!(matches!(error, IngestError::Read { .. }) || error.hint().is_some(), "{error}");
    }
    let none = check(&files.read(), Some(day("2020-01-01")), &policy()).unwrap_err();
    assert!(
        none.to_string()
            .ends_with("no invoice is left of 1 rows: 0 are in quarantine, 1 are later than as_of")
    );
    let bad = Files::new(&format!("{INVOICES}A,C,2024-01-10,,30,many,,,,,,\n"));
    let hint = check(&bad.read(), None, &policy()).unwrap_err().hint().unwrap();
    assert!(
        hint.contains("row 1: amount `many`: not a plain decimal") && hint.contains("AMOUNT_NOT_NUMBER"),
        "{hint}"
    );
    assert_eq!(Mapping::built_in("sap").unwrap_err().exit_code(), 2);
}

fn parquet(frame: &mut DataFrame, path: &Path) {
    ParquetWriter::new(std::fs::File::create(path).unwrap()).finish(frame).unwrap();
}

#[test]
fn parquet_of_any_sensible_types_gives_the_ledger_that_csv_gives() {
    let text = "invoice_id,customer_id,issue_date,due_date,amount,currency,paid_date,junk\n\
                7,3,2024-01-10,2024-02-09,100.25,EUR,,1\n8,3,2024-01-11,2024-02-10,50.5,EUR,2024-01-20,2\n";
    let csv = Files::new(text);
    let millis = |days: [&str; 2]| days.map(|d| i64::from(day(d).0) * 86_400_000 + 3_600_000);
    let times = |name: &str, days| {
        Column::new(name.into(), millis(days))
            .cast(&DataType::Datetime(TimeUnit::Milliseconds, None))
            .unwrap()
    };
    let days = Column::new("due_date".into(), ["2024-02-09", "2024-02-10"].map(|d| day(d).0))
        .cast(&DataType::Date)
        .unwrap();
    let mut frame = DataFrame::new(
        2,
        vec![
            Column::new("invoice_id".into(), [7_i64, 8]),
            Column::new("customer_id".into(), [3.0, 3.0]),
            times("issue_date", ["2024-01-10", "2024-01-11"]),
            days,
            Column::new("amount".into(), [100.25, 50.5]).cast(&DataType::Decimal(18, 6)).unwrap(),
            Column::new("currency".into(), ["EUR"; 2])
                .cast(&DataType::from_categories(Categories::global()))
                .unwrap(),
            Column::new("paid_date".into(), [None, Some("2024-01-20")]),
            Column::new("junk".into(), [1, 2]),
        ],
    )
    .unwrap();
    let path = csv.dir.path().join("invoices.parquet");
    parquet(&mut frame, &path);
    let raw = read(&Sources { invoices: path.clone(), ..Sources::default() }).unwrap();
    let book = check_owned(raw, None, &policy()).unwrap();
    assert_eq!(book.ledger, csv.book(None).ledger);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let cut = read(&Sources { invoices: path, ..Sources::default() }).unwrap_err();
    assert_eq!(cut.exit_code(), 1, "{cut}");
}

#[test]
fn a_quarter_of_a_million_rows_come_through_whatever_the_number_of_threads() {
    let (n, customers) = (250_000, 999);
    let dir = tempfile::tempdir().unwrap();
    for part in 0..3 {
        let rows = (0..n).filter(|i| i % 3 == part);
        let invoices: String = rows
            .clone()
            .map(|i| format!("INV-{i},C{},2024-01-01,30,{}.00\n", i % customers, i % 50 + 1))
            .collect();
        let again =
            if part == 2 { "INV-17,C17,2024-01-02,30,9.00\nINV-18,C18,2023-12-31,30,9.00\n" } else { "" };
        let payments: String =
            rows.map(|i| format!("INV-{},2024-01-{:02},1.00\n", n - i, i % 28 + 1)).collect();
        std::fs::write(
            dir.path().join(format!("i{part}.csv")),
            format!("invoice_id,customer_id,issue_date,terms_days,amount\n{invoices}{again}"),
        )
        .unwrap();
        std::fs::write(
            dir.path().join(format!("p{part}.csv")),
            format!("invoice_id,payment_date,amount\n{payments}"),
        )
        .unwrap();
    }
    let sources = Sources {
        invoices: dir.path().join("i*.csv"),
        payments: Some(dir.path().join("p?.csv")),
        ..Sources::default()
    };
    let book = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| check(&read(&sources).unwrap(), None, &policy()).unwrap())
    };
    let (one, four) = (book(1), book(4));
    assert_eq!(one, four);
    assert_eq!((one.ledger.n_invoices(), one.ledger.n_customers()), (n, customers));
    let quarantined: Vec<(&str, &str)> =
        one.quarantine.iter().map(|q| (q.rule_id, q.value.as_str())).collect();
    // the later INV-17 and the earlier INV-18 lose or win by their day; payment 0 names an invoice past the last
    assert_eq!(
        quarantined,
        [
            ("DUPLICATE_INVOICE_ID", "INV-18"),
            ("DUPLICATE_INVOICE_ID", "INV-17"),
            ("PAYMENT_UNKNOWN_INVOICE", "INV-250000")
        ]
    );
    let paid: Amount = one.ledger.settlement_amount.iter().copied().sum();
    assert_eq!(paid, Amount((n as i64 - 1) * 10_000));
    for i in (0..n).step_by(997) {
        let invoice = one.ledger.invoice_id.iter().position(|id| id == format!("INV-{i}")).unwrap();
        let customer = one.ledger.customer[invoice] as usize;
        assert_eq!(one.ledger.customer_id.get(customer), format!("C{}", i % customers));
    }
}

#[test]
fn the_ibm_sample_is_read_by_its_profile() {
    let Some(data) = std::env::var_os("ARREARS_DATA") else {
        eprintln!("skipped: ARREARS_DATA names no folder with ibm-watson-ar");
        return;
    };
    let invoices = Path::new(&data).join("ibm-watson-ar/WA_Fn-UseC_-Accounts-Receivable.csv");
    let raw =
        read(&Sources { invoices, mapping: Mapping::built_in("ibm-ar").unwrap(), ..Sources::default() })
            .unwrap();
    let book = check(&raw, None, &policy()).unwrap();
    assert_eq!((book.inputs[0].rows, book.inputs[0].ledger, book.quarantine.len()), (2466, 2466, 0));
    assert_eq!((book.ledger.n_customers(), book.ledger.settlement_day.len()), (100, 2466));
    assert_eq!(book.ledger.currency_code[0].as_str(), "USD");
    assert!(book.ledger.dispute.is_empty());
    let cut = check(&raw, Some(day("2013-06-30")), &policy()).unwrap();
    assert!(cut.ledger.issue.iter().all(|d| Day(*d) <= day("2013-06-30")));
    assert_eq!(cut.inputs[0].ledger + cut.inputs[0].ignored, 2466);
}
