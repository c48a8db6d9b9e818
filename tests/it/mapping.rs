//! Exports as they are: mapping files, built-in profiles, dates and numbers decided per column, rows that do not count.

mod ledger;
mod profile;
mod suggest;

use arrears::core::{Amount, Day};
use arrears::ingest::{Book, IngestError, Mapping, Sources, check, read};
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
