//! The catalogue of rules: each has an entry in the code, an example in `data/rules/` and its place in the README there.

use arrears::ingest::rule::{RULES, Rule, Severity};
use arrears::ingest::{Book, Mapping, Quarantined, Sources, check, read};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Rules that only find what another rule found first: the rule, and that other one.
const AFTER_ANOTHER: &[(&str, &str)] = &[("PAYMENT_QUARANTINED_INVOICE", "MISSING_VALUE")];
/// Set to write `data/rules/README.md` instead of comparing it.
const WRITE: &str = "ARREARS_WRITE_RULES";

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/rules")
}

/// The files of a rule's example: each is named after the table that it holds, whatever its ending.
fn example(rule: &Rule) -> Sources {
    let folder = home().join(rule.id);
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|_| panic!("{} has no example: data/rules/{0}/ is not there", rule.id));
    let files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    let file = |table: &str| files.iter().find(|f| f.file_stem().is_some_and(|stem| stem == table)).cloned();
    Sources {
        invoices: file("invoices").unwrap_or_else(|| panic!("{}: no invoices are in the example", rule.id)),
        payments: file("payments"),
        customers: file("customers"),
        contacts: file("contacts"),
        fx: file("fx"),
        mapping: file("mapping").map_or_else(Mapping::default, |file| Mapping::load(&file).unwrap()),
        ..Sources::default()
    }
}

fn checked(rule: &Rule, strict: bool) -> Book {
    let policy = arrears::policy::load(None).unwrap();
    let policy = if strict { policy.strictly() } else { policy };
    check(&read(&example(rule)).unwrap(), None, &policy).unwrap_or_else(|e| panic!("{}: {e}", rule.id))
}

/// The one row that the rule finds in its example.
fn found(rule: &Rule, book: &Book) -> Quarantined {
    let of_rule: Vec<_> = book.quarantine.iter().filter(|q| q.rule_id == rule.id).collect();
    assert_eq!(of_rule.len(), 1, "{}: {:?}", rule.id, book.quarantine);
    of_rule[0].clone()
}

/// The last row of a file, from 1: where an example has its fault. Lines of JSON have no header.
fn last_row(file: &str) -> u64 {
    let n_lines = fs::read_to_string(file).unwrap().lines().count() as u64;
    n_lines - u64::from(!file.ends_with("json"))
}

#[test]
fn each_rule_finds_the_last_row_of_its_example_and_nothing_else_is_found() {
    for rule in RULES {
        let book = checked(rule, false);
        let row = found(rule, &book);
        assert_eq!((row.row, row.severity), (last_row(&row.file), rule.severity), "{}", rule.id);
        let others = book.quarantine.iter().map(|q| q.rule_id).filter(|id| *id != rule.id);
        let wanted = AFTER_ANOTHER.iter().filter(|(id, _)| *id == rule.id).map(|(_, other)| *other);
        assert!(others.clone().eq(wanted), "{}: {:?}", rule.id, others.collect::<Vec<_>>());
    }
}

#[test]
fn under_strict_each_example_loses_its_row() {
    for rule in RULES {
        let row = found(rule, &checked(rule, true));
        assert_eq!((row.row, row.severity), (last_row(&row.file), Severity::Reject), "{}", rule.id);
    }
}

#[test]
fn each_rule_says_what_it_means_in_whole_sentences() {
    for rule in RULES {
        let Rule { id, finding, remedy, meaning, .. } = rule;
        assert!(meaning.len() > 20 && meaning.ends_with('.'), "{id}: {meaning}");
        assert!(meaning.starts_with(|c: char| c.is_uppercase() || c == '`'), "{id}: {meaning}");
        assert!(!finding.is_empty() && !finding.ends_with('.') && !remedy.ends_with('.'), "{id}");
    }
}

#[test]
fn no_example_is_without_its_rule() {
    let folders = fs::read_dir(home()).unwrap().map(|e| e.unwrap()).filter(|e| e.path().is_dir());
    let folders: BTreeSet<String> = folders.map(|e| e.file_name().into_string().unwrap()).collect();
    let ids: BTreeSet<String> = RULES.iter().map(|r| r.id.to_owned()).collect();
    assert_eq!(folders, ids);
}

fn readme() -> String {
    let mut text = format!(
        "# Rules\n\n\
         What can be wrong with a row, what becomes of it, and how to mend it. Each rule has a folder here with the\n\
         smallest ledger that shows it: the last row of one of its files. `arrears rules` prints the same catalogue.\n\n\
         - **reject**: the row goes to quarantine; the rest of the ledger goes on without it.\n\
         - **repair**: a value is read as what it stands for, and the row goes into the ledger.\n\
         - **warn**: the row goes into the ledger as it is, and somebody should look at it.\n\n\
         `--strict` turns repairs and warnings into rejections. This page is written by a test:\n\
         `{WRITE}=1 cargo test --release rules`.\n"
    );
    for rule in RULES {
        let row = found(rule, &checked(rule, false));
        let file = Path::new(&row.file).file_name().unwrap().to_str().unwrap();
        write!(
            text,
            "\n## {id}\n\n**{severity}**: {finding}. {meaning}\n\n\
             To mend it: {remedy}. Example: [`{id}/{file}`]({id}/{file}), row {row}:\n\n> {message}\n",
            id = rule.id,
            severity = rule.severity.name(),
            finding = rule.finding,
            meaning = rule.meaning,
            remedy = rule.remedy,
            row = row.row,
            message = row.message,
        )
        .unwrap();
    }
    text
}

#[test]
fn the_page_of_rules_is_what_the_code_says() {
    let path = home().join("README.md");
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, readme()).unwrap();
    }
    let shown = fs::read_to_string(&path).unwrap_or_default();
    assert!(shown == readme(), "data/rules/README.md is out of date: {WRITE}=1 cargo test --release rules");
}
