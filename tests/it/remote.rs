//! Ledgers read from PostgreSQL and an object store, runs written there, and servers that go away in the middle.
//!
//! `.ci/services` starts the servers and names them in the environment; without them these tests say that they skip.

mod object;
mod postgres;
mod proxy;

use crate::sample::{Desk, Files, Said};
use std::path::Path;

/// Of the whole stream, where a server goes away: from the first bytes to the last ones.
const CUTS: [f64; 6] = [0.02, 0.2, 0.45, 0.7, 0.9, 0.99];

/// Two origins of a backtest.
const ORIGINS: &str = "--first 2023-12-01 --last 2024-01-05 --every 4w";

/// A service that `.ci/services` has started, if it has.
#[allow(clippy::print_stderr)] // of a test that is skipped
fn service(variable: &str) -> Option<String> {
    let found = std::env::var(variable).ok();
    if found.is_none() {
        eprintln!("skipped: {variable} names no server; .ci/services starts one");
    }
    found
}

/// The command must fail as one that cannot read or write, with a remedy and without a secret.
fn gone(said: &Said, secret: &str) {
    assert_eq!(said.status, 1, "{}", said.err);
    assert!(said.err.contains("\nhint: "), "{}", said.err);
    assert!(!said.err.contains(secret), "{}", said.err);
    assert_eq!(said.out, "");
}

/// All that a run wrote but what may differ between two runs of the same rows: its manifest.
fn without_manifest(mut files: Files) -> Files {
    files.remove(Path::new("manifest.json")).expect("a run has a manifest");
    files
}

/// Words for [`Desk::arrears_with`].
fn words<'a>(line: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    line.split_whitespace().chain(more.iter().copied()).collect()
}

#[test]
fn a_url_that_cannot_be_used_is_refused_and_its_password_not_repeated() {
    let desk = Desk::with_run();
    let refused = |arguments: &[&str], said: &str| {
        let before = desk.files("");
        let answer =
            desk.arrears_with(arguments, &[("PGPASSWORD", "hush"), ("AWS_ENDPOINT_URL", "http://192.0.2.1")]);
        assert_eq!(answer.status, 2, "{}", answer.err);
        assert!(answer.err.contains(said) && answer.err.contains("\nhint: "), "{}", answer.err);
        assert!(!answer.err.contains("hush"), "{}", answer.err);
        assert!(before == desk.files(""));
    };
    let run = "run --invoices invoices.csv --as-of 2024-04-30";
    let from = "run --as-of 2024-04-30 --out out --invoices";
    refused(
        &words(from, &["postgres://ann:hush#x@db/erp"]),
        "a URL that begins with postgres:// cannot be read",
    );
    refused(&words(from, &["postgres://ann:hush@db/erp"]), "postgres://ann@db/erp: names no table or query");
    refused(&words(from, &["postgres://ann:hush@db/erp#drop table x"]), "is neither a table nor a query");
    refused(&words(from, &["s3://key:hush@bucket/i.csv"]), "a URL that begins with s3:// cannot be read");
    refused(&words(from, &["s3://bucket/i.csv"]), "AWS_ENDPOINT_URL is plain http on another machine");
    refused(&words(run, &["--sink", "postgres://ann:hush@db/erp"]), "ends with # and the name of a schema");
    refused(
        &words(run, &["--sink", "postgres://ann:hush@db/erp#Hush me"]),
        "ends with # and the name of a schema",
    );
    refused(
        &words(run, &["--sink", "mysql://ann:hush@db/erp"]),
        "--sink is neither a postgres:// nor an s3:// URL",
    );
    refused(
        &words(run, &["--out", "s3://bucket/runs/"]),
        "AWS_ENDPOINT_URL is plain http on another machine",
    );
}

#[test]
fn a_server_that_is_not_there_is_told_of_before_anything_is_computed() {
    let desk = Desk::with_run();
    // a port that was free a moment ago
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://ann:hush@127.0.0.1:{port}/erp");
    let before = desk.files("");
    let read = desk.arrears_with(
        &words("run --as-of 2024-04-30 --out out --invoices", &[&format!("{url}#invoices")]),
        &[],
    );
    let shown = format!("error: postgres://ann@127.0.0.1:{port}/erp#invoices: cannot be reached");
    assert!(read.err.contains(&shown), "{}", read.err);
    gone(&read, "hush");
    let run = "run --invoices invoices.csv --as-of 2024-04-30 --out out --sink";
    let write = desk.arrears_with(&words(run, &[&format!("{url}#arrears")]), &[]);
    gone(&write, "hush");
    assert!(before == desk.files(""), "a run was written before its sink was asked");
}
