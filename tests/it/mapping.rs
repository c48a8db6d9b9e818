//! Exports as they are: mapping files, built-in profiles, dates and numbers decided per column, rows that do not count.

mod ledger;
mod profile;
mod suggest;

use arrears::core::{Amount, Day};
use arrears::ingest::{Book, IngestError, Mapping, Perturbation, Sources, check, read};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with files of one test.
struct Export {
    dir: TempDir,
    sources: Sources,
}

impl Export {
    fn new(mapping: &str, invoices: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("invoices.csv");
        std::fs::write(&path, invoices).unwrap();
        let mapping = Mapping::parse(mapping, "mine.toml").unwrap();
        Self { dir, sources: Sources { invoices: path, mapping, ..Sources::default() } }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn customers(mut self, text: &str) -> Self {
        self.sources.customers = Some(self.write("customers.csv", text));
        self
    }

    fn book(&self) -> Book {
        book(&self.sources, None).unwrap()
    }

    fn refused(&self) -> IngestError {
        book(&self.sources, None).unwrap_err()
    }
}

fn book(sources: &Sources, as_of: Option<&str>) -> Result<Book, IngestError> {
    check(&read(sources)?, as_of.map(|day| day.parse().unwrap()), &arrears::policy::load(None).unwrap())
}

/// Id, day of issue, due date and amount of each invoice, by id.
fn invoices(book: &Book) -> Vec<String> {
    let l = &book.ledger;
    let told =
        |i: usize| format!("{} {} {} {}", l.invoice_id.get(i), Day(l.issue[i]), Day(l.due[i]), l.amount[i]);
    let mut all: Vec<String> = (0..l.n_invoices()).map(told).collect();
    all.sort();
    all
}

/// File, row and rule of each row in quarantine.
fn quarantine(book: &Book) -> Vec<String> {
    let file = |q: &str| Path::new(q).file_name().unwrap().to_string_lossy().into_owned();
    book.quarantine.iter().map(|q| format!("{} {} {} {}", file(&q.file), q.row, q.rule_id, q.field)).collect()
}

const CANONICAL: &str = "invoice_id,customer_id,issue_date,due_date,amount,paid_date\n";

fn canonical(rows: &str) -> Export {
    Export::new("", &format!("{CANONICAL}{rows}"))
}

/// The message without the folder of the test.
fn told(export: &Export, error: &IngestError) -> String {
    error.to_string().replace(&format!("{}/", export.dir.path().display()), "")
}

#[test]
fn one_proven_order_decides_the_whole_column() {
    let day_first = canonical("A,C,03/04/2024,20.04.2024,1,\nB,C,25/04/2024,2024-05-25,2,\n").book();
    assert_eq!(invoices(&day_first), ["A 2024-04-03 2024-04-20 1.00", "B 2024-04-25 2024-05-25 2.00"]);
    let month_first =
        canonical("A,C,03/04/2024,2024-04-20,1,\nB,C,4/25/2024,2024-05-25,2,4/26/2024\n").book();
    assert_eq!(invoices(&month_first), ["A 2024-03-04 2024-04-20 1.00", "B 2024-04-25 2024-05-25 2.00"]);
    assert!(month_first.quarantine.is_empty());
}

#[test]
fn a_column_that_proves_no_order_is_refused_with_both_readings_and_a_row() {
    let export = canonical("A,C,2024-03-01,2024-04-01,1,\nB,C,03/04/2024,2024-05-25,2,\n");
    let error = export.refused();
    assert_eq!(
        told(&export, &error),
        "invoices: `issue_date` can be day-first or month-first: invoices.csv row 2 `03/04/2024` is 2024-04-03 or 2024-03-04"
    );
    assert_eq!(error.exit_code(), 3);
    assert!(error.hint().unwrap().contains("[invoices.dates.fields] issue_date = \"D/M/YYYY\""));
}

#[test]
fn a_column_that_proves_both_orders_is_refused_with_a_row_of_each() {
    let export = canonical(
        "A,C,25/04/2024,2024-05-01,1,\nB,C,04/05/2024,2024-05-25,2,\nD,C,04/25/2024,2024-05-25,2,\n",
    );
    assert_eq!(
        told(&export, &export.refused()),
        "invoices: `issue_date` is day-first in some rows and month-first in others: \
         invoices.csv row 1 `25/04/2024` is 2024-04-25; invoices.csv row 3 `04/25/2024` is 2024-04-25; \
         invoices.csv row 2 `04/05/2024` is 2024-05-04 or 2024-04-05"
    );
}

#[test]
fn a_declared_format_reads_what_values_alone_cannot_and_refuses_other_rows_one_by_one() {
    let mapping = "[invoices.dates]\nformats = [\"D/M/YYYY\", \"YYYYMMDD\"]\n";
    let rows = "A,C,03/04/2024,20240504,1,\nB,C,04/25/2024,25/4/2024,2,\n";
    let book = Export::new(mapping, &format!("{CANONICAL}{rows}")).book();
    assert_eq!(invoices(&book), ["A 2024-04-03 2024-05-04 1.00"]);
    assert_eq!(quarantine(&book), ["invoices.csv 2 DATE_NOT_READABLE issue_date"]);
    assert!(book.quarantine[0].message.contains("D/M/YYYY or YYYYMMDD"), "{}", book.quarantine[0].message);
}

/// Amounts of invoices of a column of amounts, or why it is refused.
fn amounts(mapping: &str, texts: &[&str]) -> Result<Vec<String>, String> {
    let rows: String = texts
        .iter()
        .enumerate()
        .map(|(i, text)| format!("I{i},C,2024-01-01,2024-02-01,\"{text}\",\n"))
        .collect();
    let export = Export::new(mapping, &format!("{CANONICAL}{rows}"));
    match book(&export.sources, None) {
        Ok(book) => {
            Ok(invoices(&book).iter().map(|i| i.split(' ').next_back().unwrap().to_owned()).collect())
        }
        Err(error) => Err(told(&export, &error)),
    }
}

#[test]
fn the_point_is_decimal_unless_a_value_proves_the_comma() {
    let read = |texts: &[&str]| amounts("", texts).unwrap();
    assert_eq!(read(&["1,234.50", "$4,235", "1430.0"]), ["1234.50", "4235.00", "1430.00"]);
    assert_eq!(read(&["1.234,50", "1.430", "7,5 €"]), ["1234.50", "1430.00", "7.50"]);
    assert_eq!(read(&["1.234"]), ["1.2340"]);
    assert_eq!(read(&["1'234.50", "1 234"]), ["1234.50", "1234.00"]);
}

#[test]
fn a_thousand_that_may_be_one_and_some_is_asked_about() {
    assert_eq!(
        amounts("", &["10", "1,234"]).unwrap_err(),
        "invoices: `amount` can be written with a decimal point or a decimal comma: invoices.csv row 2 `1,234` is 1234.00 or 1.2340"
    );
    let both = amounts("", &["100.50", "7,5", "1,234"]).unwrap_err();
    assert!(
        both.contains("row 1 `100.50` has a decimal point; invoices.csv row 2 `7,5` has a decimal comma"),
        "{both}"
    );
    let declared =
        |mark: &str| amounts(&format!("[invoices.numbers]\ndecimal = \"{mark}\"\n"), &["10", "1,234"]);
    assert_eq!(declared("."), Ok(vec!["10.00".to_owned(), "1234.00".to_owned()]));
    assert_eq!(declared(","), Ok(vec!["10.00".to_owned(), "1.2340".to_owned()]));
}

#[test]
fn a_value_with_the_other_mark_is_refused_and_never_misread() {
    let book = canonical("A,C,2024-01-01,2024-02-01,100.50,\nB,C,2024-01-01,2024-02-01,\"7,5\",\n").book();
    assert_eq!(quarantine(&book), ["invoices.csv 2 AMOUNT_NOT_NUMBER amount"]);
}

const LINES: &str = "\
description = \"a made-up export\"

[invoices.columns]
invoice_id = { join = [\"Co\", \"No\"], with = \"-\" }
customer_id = \"Customer\"
issue_date = [\"Posted\", \"Document date\"]
terms_days = { first = [\"Net 2\", \"Net 1\"] }
baseline_date = \"Baseline\"
amount = \"Amount\"

[invoices.constants]
currency = \"CHF\"

[[invoices.drop]]
column = \"Void\"
values = \"Yes\"
optional = true

[invoices.kinds]
column = \"Type\"
invoice = [\"RV\", \"DR\"]
credit_note = \"DG\"
ignored = \"DZ\"

[invoices.sign]
column = \"D/C\"
turned = \"H\"

[payments]
from = \"invoices\"

[payments.columns]
invoice_id = { join = [\"Co\", \"Ref\"], with = \"-\" }
payment_date = \"Document date\"
amount = \"Amount\"

[payments.kinds]
column = \"Type\"
cash = \"DZ\"
other = \"ignored\"
";

const LINE_ROWS: &str = "\
Co,No,Customer,document_date,Baseline,Net 1,Net 2,Amount,Type,D/C,Ref,Void
1,10,C,2024-01-01,2024-01-05,14,30,\"1,000.00\",RV,S,,
1,11,C,2024-01-02,,14,0,50.00,DR,S,,No
1,12,C,2024-01-03,,,,20.00,DG,H,,
1,13,C,2024-01-20,,,,400.00,DZ,S,10,
1,14,C,2024-01-04,,10,,70.00,RV,S,,Yes
1,15,C,2024-01-04,,10,,70.00,XX,S,,
,,,,,,,,,,,
Total,,,,,,,\"1,540.00\",,,,
";

#[test]
fn one_file_feeds_invoices_and_payments_by_the_kinds_of_its_documents() {
    let book = Export::new(LINES, LINE_ROWS).book();
    assert_eq!(invoices(&book), ["1-10 2024-01-01 2024-02-04 1000.00", "1-11 2024-01-02 2024-01-16 50.00"]);
    assert_eq!(book.ledger.credits.iter().map(|c| c.amount.to_string()).collect::<Vec<_>>(), ["20.00"]);
    assert_eq!(book.ledger.settlement_amount, [Amount::parse("400").unwrap()]);
    assert_eq!(book.ledger.currency_code[0].as_str(), "CHF");
    assert_eq!(quarantine(&book), ["invoices.csv 6 KIND_UNKNOWN kind"]);
    let counts: Vec<_> = book
        .inputs
        .iter()
        .map(|i| (i.table, i.rows, i.ledger, i.quarantined, i.ignored, i.filtered))
        .collect();
    assert_eq!(counts, [("invoices", 8, 3, 1, 4, 4), ("payments", 8, 1, 0, 7, 7)]);
}

#[test]
fn amounts_below_zero_are_credit_notes_where_the_mapping_says_so() {
    let mapping = "[invoices.kinds]\nnegative = \"credit_note\"\n";
    let book =
        Export::new(mapping, &format!("{CANONICAL}A,C,2024-01-01,2024-02-01,5,\nB,C,2024-01-01,,(3.00),\n"))
            .book();
    assert_eq!((book.ledger.n_invoices(), book.ledger.credits.len()), (1, 1));
    assert!(book.quarantine.is_empty());
}

#[test]
fn rows_are_kept_or_dropped_by_values_emptiness_and_sign() {
    let count = |filter: &str| {
        let rows = "A,C,2024-01-01,2024-02-01,5,2024-01-09\nB,C,2024-01-01,2024-02-01,6,\nD,C,2024-01-01,2024-02-01,-7,\n";
        let book = Export::new(filter, &format!("{CANONICAL}{rows}")).book();
        (book.ledger.n_invoices(), book.quarantine.len(), book.inputs[0].filtered)
    };
    assert_eq!(count("[[invoices.keep]]\ncolumn = \"invoice_id\"\nvalues = [\"a\", \"B\"]\n"), (2, 0, 1));
    assert_eq!(count("[[invoices.drop]]\ncolumn = \"paid_date\"\nempty = true\n"), (1, 0, 2));
    assert_eq!(count("[[invoices.drop]]\ncolumn = \"amount\"\nsign = \"negative\"\n"), (2, 0, 1));
    assert_eq!(count("[[invoices.keep]]\ncolumn = \"amount\"\nsign = \"positive\"\n"), (2, 0, 1));
}

#[test]
fn a_mapping_may_say_how_the_file_is_written() {
    let export = Export::new(
        "[invoices.file]\ndelimiter = \"^\"\nquote = \"~\"\n",
        "invoice_id^customer_id^issue_date^due_date^amount\nA1^~A^B~^2024-01-10^2024-02-09^1.50\n",
    );
    let book = export.book();
    assert_eq!(invoices(&book), ["A1 2024-01-10 2024-02-09 1.50"]);
    assert_eq!(book.ledger.customer_id.get(0), "A^B");
    for (key, expected) in [
        ("delimiter = \"ab\"", "`delimiter` is string, expected one ASCII character"),
        ("encoding = \"latin-99\"", "`encoding` is string, expected an encoding"),
    ] {
        let refused = Mapping::parse(&format!("[invoices.file]\n{key}\n"), "mine.toml").unwrap_err();
        assert!(refused.to_string().contains(&format!("line 2: {expected}")), "{refused}");
    }
}

#[test]
fn a_mapping_is_refused_with_its_line_and_the_nearest_word() {
    for (text, message, hint) in [
        ("[invoices.colums]\n", "line 1: `colums` is no key of invoices", "the nearest is `columns`"),
        ("\n[invoice.columns]\n", "line 2: `invoice` is no key of a mapping", "the nearest is `invoices`"),
        (
            "[invoices.columns]\nissue = \"D\"\n",
            "line 2: `issue` is no field of invoices",
            "the nearest is `issue_date`",
        ),
        (
            "[invoices.columns]\nissue_date = \"D\"\ndue_date = [\"E\", \"D\"]\n",
            "line 3: column `D` is mapped to `issue_date` and to `due_date`",
            "a column holds one field; leave one of them out",
        ),
        ("[invoices.dates]\nformats = \"dd.mm.yyyy\"\n", "line 2: `dd.mm.yyyy` is no date format", ""),
        (
            "[invoices.dates]\nformats = [\"D/M/YYYY\", \"M/D/YYYY\"]\n",
            "line 2: a text can fit both `D/M/YYYY` and `M/D/YYYY`, with different days",
            "keep the one",
        ),
        ("[invoices.numbers]\ndecimal = \"dot\"\n", "line 2: `dot` is not one of ., ,", "known are ., ,"),
        ("[invoices.constants]\ncurrency = [1]\n", "line 2: `currency` is array, expected a text", ""),
        ("[[invoices.keep]]\ncolumn = \"X\"\n", "line 1: `filter` needs `column` and one of", ""),
        (
            "[invoices.kinds]\ninvoices = \"RV\"\n",
            "line 2: `invoices` is no key of kinds",
            "the nearest is `invoice`",
        ),
        (
            "[invoices.dates]\nresolve = \"before_export\"\n",
            "line 1: `resolve` needs `before_export` together",
            "",
        ),
        ("[invoices\n", "line 1: ", ""),
    ] {
        let error = Mapping::parse(text, "mine.toml").unwrap_err();
        assert!(error.to_string().starts_with(&format!("mine.toml: {message}")), "{error}");
        assert!(error.hint().unwrap_or_default().starts_with(hint), "{:?}", error.hint());
        assert_eq!(error.exit_code(), 2);
    }
}

#[test]
fn a_column_that_a_rule_needs_must_be_there() {
    let export = Export::new(
        "[[invoices.drop]]\ncolumn = \"Void\"\nvalues = \"Yes\"\n",
        &format!("{CANONICAL}A,C,2024-01-01,2024-02-01,5,\n"),
    );
    let error = export.refused();
    assert!(told(&export, &error).contains("no column `Void`, which a rule of the mapping needs"), "{error}");
    assert!(error.hint().unwrap().contains("optional = true"));
}

const MIXED: &str = "\
[invoices.dates]
formats = [\"D/M/YYYY\", \"M/D/YYYY\", \"DD-Mon-YYYY\"]
resolve = [\"terms\", \"after_issue\", \"before_export\"]
exported = 2024-06-30
";

#[test]
fn the_terms_of_the_customer_decide_between_two_readings_and_what_they_cannot_is_quarantined() {
    let rows = "A,C,03/04/2024,17/04/2024,1,\n\
                B,C,03/04/2024,03/18/2024,2,\n\
                D,C,05/02/2024,19/02/2024,3,07/03/2024\n\
                E,Q,03/04/2024,17/04/2024,4,\n\
                F,C,20-Jan-2024,02/03/2024,5,04/06/2024\n\
                G,C,20-Jan-2024,02/03/2024,6,05/07/2024\n\
                H,X,04/03/2024,30/06/2024,7,\n";
    let export = Export::new(MIXED, &format!("{CANONICAL}{rows}"))
        .customers("customer_id,terms_days\nC,14\nX,10\nX,12\nQ,30\n");
    let book = export.book();
    // F and G: 20 January and 14 days are 3 February; G was paid on 7 May, as 5 July is after the export
    assert_eq!(
        invoices(&book),
        [
            "A 2024-04-03 2024-04-17 1.00",
            "B 2024-03-04 2024-03-18 2.00",
            "D 2024-02-05 2024-02-19 3.00",
            "G 2024-01-20 2024-02-03 6.00",
        ]
    );
    let ambiguous: Vec<String> =
        quarantine(&book).into_iter().filter(|q| q.contains("DATE_AMBIGUOUS")).collect();
    // E: its terms are 30 days, which no reading gives; F: paid in April or in June; H: two terms are no terms
    assert_eq!(
        ambiguous,
        [
            "invoices.csv 4 DATE_AMBIGUOUS issue_date",
            "invoices.csv 5 DATE_AMBIGUOUS paid_date",
            "invoices.csv 7 DATE_AMBIGUOUS issue_date",
        ]
    );
    let told = &book.quarantine.iter().find(|q| q.row == 5).unwrap().message;
    assert!(
        told.starts_with("paid_date `04/06/2024`: 2024-06-04 (D/M/YYYY) or 2024-04-06 (M/D/YYYY): no check leaves exactly one"),
        "{told}"
    );
}

#[test]
fn an_undecided_date_that_lies_after_as_of_either_way_is_not_yet_known() {
    let rows = "A,C,03-Jan-2024,17-Jan-2024,1,04/06/2024\nB,Q,03/04/2024,17/04/2024,2,\n";
    let export =
        Export::new(MIXED, &format!("{CANONICAL}{rows}")).customers("customer_id,terms_days\nC,14\n");
    let book = book(&export.sources, Some("2024-02-29")).unwrap();
    assert_eq!(invoices(&book), ["A 2024-01-03 2024-01-17 1.00"]);
    assert!(book.ledger.settlement_day.is_empty());
    assert_eq!((book.inputs[0].ignored, book.inputs[0].quarantined), (1, 0));
}

/// [`MIXED`], and a day of payment that no check decides is kept.
fn kept() -> String {
    format!("{MIXED}undecided = \"later\"\n")
}

/// Invoice, first and last possible day of each settlement.
fn settlements(book: &Book) -> Vec<String> {
    let l = &book.ledger;
    let days = |s: usize| {
        format!("{} {} {}", Day(l.settlement_first_day(s)), Day(l.settlement_day[s]), l.settlement_amount[s])
    };
    let of = |i: usize| l.settlements_of(i).map(move |s| format!("{} {}", l.invoice_id.get(i), days(s)));
    (0..l.n_invoices()).flat_map(of).collect()
}

#[test]
fn a_payment_day_that_nothing_decides_is_kept_between_its_bounds_and_no_other_date_is() {
    let rows = "A,C,20-Jan-2024,03-Feb-2024,1.00,04/06/2024\n\
                B,C,20-Jan-2024,03-Feb-2024,2.00,05/07/2024\n\
                D,C,20-Jan-2024,03-Feb-2024,3.00,03/01/2024\n\
                E,C,20-Jan-2024,03-Feb-2024,4.00,01/02/2024\n\
                F,Q,03/04/2024,17/04/2024,5.00,04/06/2024\n\
                G,C,20-Jan-2024,03-Feb-2024,6.00,20/03/2024\n\
                H,C,20-Jan-2024,03-Feb-2024,7.00,01/01/2024\n\
                I,C,20-May-2024,03-Jun-2024,8.00,02/01/2024\n\
                J,C,20-Jan-2024,03-Feb-2024,9.00,07/08/2024\n";
    let export =
        Export::new(&kept(), &format!("{CANONICAL}{rows}")).customers("customer_id,terms_days\nC,14\nQ,30\n");
    let book = export.book();
    // B: 5 July is after the export; D and E: the other day is before the invoice; I: both are before it, J: both after
    // the export, so that no check says which
    assert_eq!(
        settlements(&book),
        [
            "A 2024-04-06 2024-06-04 1.00",
            "B 2024-05-07 2024-05-07 2.00",
            "D 2024-03-01 2024-03-01 3.00",
            "E 2024-02-01 2024-02-01 4.00",
            "G 2024-03-20 2024-03-20 6.00",
            "H 2024-01-01 2024-01-01 7.00",
            "J 2024-07-08 2024-08-07 9.00",
            "I 2024-01-02 2024-02-01 8.00",
        ]
    );
    assert_eq!(
        quarantine(&book),
        [
            "invoices.csv 1 DATE_UNDECIDED paid_date",
            "invoices.csv 5 DATE_AMBIGUOUS issue_date",
            "invoices.csv 7 PAID_BEFORE_ISSUED paid_date",
            "invoices.csv 8 DATE_UNDECIDED paid_date",
            "invoices.csv 8 PAID_BEFORE_ISSUED paid_date",
            "invoices.csv 9 DATE_UNDECIDED paid_date",
        ]
    );
    assert!(
        book.quarantine[0].message.starts_with(
            "paid_date `04/06/2024`: 2024-06-04 (D/M/YYYY) or 2024-04-06 (M/D/YYYY): it counts from"
        ),
        "{}",
        book.quarantine[0].message
    );
    let counts = &book.inputs[0];
    assert_eq!((counts.rows, counts.ledger, counts.quarantined), (9, 8, 1));

    // between the two days nothing is known of the payment, nor that there is anything to tell
    let between = self::book(&export.sources, Some("2024-05-20")).unwrap();
    assert!(settlements(&between).iter().all(|s| !s.starts_with('A')));
    assert!(!quarantine(&between).iter().any(|q| q.starts_with("invoices.csv 1 ")));
    assert_eq!(
        settlements(&self::book(&export.sources, Some("2024-06-04")).unwrap())[0],
        "A 2024-04-06 2024-06-04 1.00"
    );

    let strict = arrears::policy::load(None).unwrap().strictly();
    let strict = check(&read(&export.sources).unwrap(), None, &strict).unwrap();
    assert!(strict.quarantine.iter().filter(|q| q.rule_id == "DATE_UNDECIDED").all(|q| q.is_rejected()));
    assert_eq!(strict.inputs[0].ledger, 4);
}

#[test]
fn payments_of_a_table_of_their_own_are_kept_too() {
    let mapping = "[payments.dates]\nformats = [\"D/M/YYYY\", \"M/D/YYYY\", \"YYYY-MM-DD\"]\nresolve = \"before_export\"\n\
                   exported = 2024-06-30\nundecided = \"later\"\n";
    let invoices = "A,C,2024-01-20,2024-02-03,10.00,\nB,C,2024-01-21,2024-02-03,20.00,\nD,E,2024-01-20,2024-02-03,30.00,\n";
    let payments = "payment_id,invoice_id,customer_id,payment_date,amount\n\
                    1,A,C,04/06/2024,4.00\n\
                    2,A,C,05/07/2024,6.00\n\
                    3,B,C,20/03/2024,25.00\n\
                    4,,E,03/02/2024,12.00\n\
                    5,D,E,04/06/2024,8.00\n\
                    5,D,E,2024-06-04,8.00\n\
                    6,D,E,02/06/2024,8.00\n\
                    6,D,E,02/06/2024,8.00\n";
    let mut export = Export::new(mapping, &format!("{CANONICAL}{invoices}"));
    export.sources.payments = Some(export.write("payments.csv", payments));
    let book = export.book();
    assert_eq!(
        settlements(&book),
        [
            "A 2024-05-07 2024-05-07 6.00",
            "A 2024-04-06 2024-06-04 4.00",
            "B 2024-03-20 2024-03-20 20.00",
            "D 2024-02-03 2024-03-02 12.00",
            "D 2024-02-06 2024-06-02 8.00",
            "D 2024-04-06 2024-06-04 8.00",
        ]
    );
    assert_eq!(quarantine(&book).iter().filter(|q| q.contains("DATE_UNDECIDED")).count(), 4);
    // whichever row stands first
    let turned: Vec<&str> = payments.lines().skip(1).collect();
    let turned = turned
        .into_iter()
        .rev()
        .fold("payment_id,invoice_id,customer_id,payment_date,amount\n".to_owned(), |t, l| t + l + "\n");
    export.sources.payments = Some(export.write("turned.csv", &turned));
    assert_eq!(export.book().ledger, book.ledger);
}

#[test]
fn only_days_of_payment_may_be_kept_undecided() {
    let refused = |mapping: &str| Mapping::parse(mapping, "mine.toml").unwrap_err().to_string();
    assert_eq!(
        refused("[invoices.dates]\nundecided = \"earlier\"\n"),
        "mine.toml: line 2: `earlier` is not one of later"
    );
    assert!(refused("[contacts.dates]\nundecided = \"later\"\n").contains("`undecided`"));
    assert!(refused("[payments.dates]\nresolve = \"terms\"\n").contains("`terms`"));
}

/// A row in two orders; its last date is that of a payment.
fn any_row() -> impl Strategy<Value = String> {
    let date = || (1..20_u32, 1..20_u32).prop_map(|(a, b)| format!("{a:02}/{b:02}/2024"));
    let paid = prop_oneof![1 => Just(String::new()), 4 => date()];
    ("[A-F]", "[CDX]", date(), prop_oneof![Just("14"), Just("30"), Just("")], 1..400_u32, paid).prop_map(
        |(id, customer, issue, terms, amount, paid)| {
            format!("{id},{customer},{issue},{terms},{amount},{paid}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// No row is lost, no later day moves what was known, and the order of rows decides nothing, in either form.
    #[test]
    fn kept_payments_hold_the_laws(
        invoices in prop::collection::vec(any_row(), 1..12),
        payments in prop::option::of(prop::collection::vec(any_row(), 1..12)),
        as_of in 0..500_i32,
        seed in any::<u64>(),
    ) {
        let mapping = "[invoices.dates]\nformats = [\"D/M/YYYY\", \"M/D/YYYY\"]\nresolve = [\"terms\", \"after_issue\"]\n\
                       undecided = \"later\"\n[payments.columns]\ninvoice_id = \"i\"\ncustomer_id = \"c\"\n\
                       payment_date = \"p\"\namount = \"a\"\n[payments.dates]\n\
                       formats = [\"D/M/YYYY\", \"M/D/YYYY\"]\nundecided = \"later\"\n";
        let header = "invoice_id,customer_id,issue_date,terms_days,amount,paid_date\n";
        let lines = |rows: &[String]| rows.iter().map(|r| format!("{r}\n")).collect::<String>();
        let first: Day = "2024-01-01".parse().unwrap();
        let as_of = Some(first.plus(as_of)).filter(|day| day.0 % 5 != 0);
        let policy = arrears::policy::parse("[ingest]\nmax_quarantine_rate = 1.0\n", "any").unwrap();
        let raw = |invoices: &[String], payments: Option<&[String]>| {
            let mut export = Export::new(mapping, &format!("{header}{}", lines(invoices)));
            let payments = payments.map(|rows| format!("i,c,p,t,a,q\n{}", lines(rows)));
            export.sources.payments = payments.map(|text| export.write("payments.csv", &text));
            (read(&export.sources).unwrap(), export)
        };
        let known = |raw: &arrears::ingest::Raw| match check(raw, as_of, &policy) {
            Ok(book) => {
                for count in &book.inputs {
                    assert_eq!(count.rows, count.ledger + count.quarantined + count.ignored);
                }
                let l = &book.ledger;
                assert!((0..l.settlement_day.len()).all(|s| l.settlement_first_day(s) <= l.settlement_day[s]));
                Some(Book { inputs: Vec::new(), ..book })
            }
            Err(IngestError::NoInvoiceLeft { .. }) => None,
            Err(e) => panic!("{e}"),
        };
        let (whole, _home) = raw(&invoices, payments.as_deref());
        let expected = known(&whole);
        if let Some(day) = as_of {
            for how in Perturbation::ALL {
                let other = whole.perturbed(day, how, seed).unwrap();
                prop_assert_eq!(&known(&other), &expected, "{}", how.name());
            }
        }
        let turned = |rows: &[String]| rows.iter().rev().cloned().collect::<Vec<_>>();
        let (other, _home) = raw(&turned(&invoices), payments.as_deref().map(turned).as_deref());
        prop_assert_eq!(known(&other).map(|b| b.ledger), expected.map(|b| b.ledger));
    }
}
