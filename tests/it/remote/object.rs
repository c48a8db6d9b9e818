//! An object store as a source and as a sink.

use super::proxy::Proxy;
use super::{CUTS, ORIGINS, gone, service, without_manifest, words};
use crate::sample::{AS_OF, Desk, Files, Said, TABLES, tables};
use arrears::pipeline::demo::TableFormat;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

const SECRET: &str = "hush-of-the-store";
const LATER: &str = "2024-05-31";
const LATEST: &str = "2024-06-10";
const RUN: &str =
    "run --invoices invoices.csv --payments payments.csv --fx fx.csv --config policy.toml --as-of";

/// A bucket of the test's own.
struct Store {
    /// `HOST:PORT`.
    server: String,
    bucket: &'static str,
}

impl Store {
    fn with_bucket(bucket: &'static str) -> Option<Self> {
        let server = service("ARREARS_TEST_S3")?.strip_prefix("http://").unwrap().to_owned();
        let store = Self { server, bucket };
        store.ask("PUT", "", b"");
        for key in store.keys() {
            store.ask("DELETE", &key, b"");
        }
        Some(store)
    }

    /// One request of HTTP/1.0, which needs no client library and no signature here.
    fn ask(&self, verb: &str, key: &str, body: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.server).unwrap();
        let head = format!(
            "{verb} /{}/{key} HTTP/1.0\r\nHost: {}\r\nContent-Length: {}\r\nAuthorization: AWS test:test\r\n\r\n",
            self.bucket,
            self.server,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let status = String::from_utf8_lossy(&answer[..end]).split(' ').nth(1).unwrap().to_owned();
        assert!(status.starts_with('2') || verb == "PUT" && key.is_empty(), "{verb} {key}: {status}");
        answer.split_off(end + 4)
    }

    fn put(&self, key: &str, bytes: impl AsRef<[u8]>) {
        self.ask("PUT", key, bytes.as_ref());
    }

    fn get(&self, key: &str) -> Vec<u8> {
        self.ask("GET", key, b"")
    }

    fn keys(&self) -> Vec<String> {
        let list = String::from_utf8(self.ask("GET", "?list-type=2&max-keys=1000", b"")).unwrap();
        list.split("<Key>").skip(1).map(|k| k.split("</Key>").next().unwrap().to_owned()).collect()
    }

    /// The run that the manifest below a prefix names, file by file, as a reader takes it.
    fn current(&self, prefix: &str) -> (Value, Files) {
        let manifest: Value = serde_json::from_slice(&self.get(&format!("{prefix}manifest.json"))).unwrap();
        let folder = manifest["folder"].as_str().unwrap();
        let under = format!("{prefix}{folder}");
        let keys = self.keys();
        let files = keys.iter().filter_map(|k| Some((k.strip_prefix(&under)?.into(), self.get(k)))).collect();
        (manifest, files)
    }

    fn arrears(&self, desk: &Desk, arguments: &str) -> Said {
        self.through(&format!("http://{}", self.server), desk, arguments)
    }

    /// The command with the store at another address.
    fn through(&self, endpoint: &str, desk: &Desk, arguments: &str) -> Said {
        let environment = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", "ann"),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_REGION", "eu-central-1"),
        ];
        let said = desk.arrears_with(&words(arguments, &[]), &environment);
        assert!(!said.err.contains(SECRET) && !said.out.contains(SECRET), "{}", said.err);
        said
    }

    fn done(&self, desk: &Desk, arguments: &str) {
        let said = self.arrears(desk, arguments);
        assert_eq!(said.status, 0, "arrears {arguments}\n{}", said.err);
    }
}

#[test]
fn a_run_on_objects_gives_the_bytes_of_a_run_on_their_files() {
    let Some(store) = Store::with_bucket("reads") else { return };
    let desk = Desk::new();
    desk.done(&format!("{RUN} {AS_OF} --out files"));
    // invoices in two parts below a prefix, beside something that is none; payments as Parquet by a glob
    let invoices = desk.text("invoices.csv");
    let (header, rows) = invoices.split_once('\n').unwrap();
    let half = rows.len() / 2 + rows[rows.len() / 2..].find('\n').unwrap() + 1;
    store.put("erp/invoices/1.csv", format!("{header}\n{}", &rows[..half]));
    store.put("erp/invoices/2.csv", format!("{header}\n{}", &rows[half..]));
    store.put("erp/invoices/readme.txt", "not a table");
    store.put("erp/invoices/old/3.csv", "not directly below");
    let parquet = tables(TableFormat::Parquet);
    let payments = parquet.iter().find(|t| t.name == "payments.parquet").unwrap();
    store.put("erp/payments-2024.parquet", &payments.bytes);
    store.put("erp/invoices.csv", &invoices);

    // the quarantine and the report name other files
    let tables_of = |out: &str| {
        let mut files = without_manifest(desk.files(out));
        ["quarantine.parquet", "report.html"].iter().for_each(|f| drop(files.remove(Path::new(f))));
        files
    };
    let run = |invoices: &str, payments: &str, out: &str| {
        store.done(
            &desk,
            &format!("run --invoices {invoices} --payments {payments} --fx fx.csv --config policy.toml --as-of {AS_OF} --out {out}"),
        );
        tables_of(out)
    };
    let expected = tables_of("files");
    assert!(run("s3://reads/erp/invoices.csv", "payments.csv", "one") == expected);
    assert!(run("s3://reads/erp/invoices/", "s3://reads/erp/payments-*.parquet", "parts") == expected);
    assert!(desk.text("parts/manifest.json").contains("s3://reads/erp/invoices/2.csv"));

    for (url, why) in [
        ("s3://reads/erp/none.csv", "s3://reads/erp/none.csv: no such object or bucket"),
        ("s3://no-such-bucket/i.csv", "s3://no-such-bucket/i.csv: no such object or bucket"),
        ("s3://reads/nothing/", "s3://reads/nothing/: no file is there whose name says that it is a table"),
    ] {
        let said = store.arrears(&desk, &format!("check --invoices {url}"));
        gone(&said, SECRET);
        assert!(said.err.contains(why), "{}", said.err);
    }
}

#[test]
fn a_run_is_written_below_a_prefix_and_its_manifest_names_the_current_one() {
    let Some(store) = Store::with_bucket("writes") else { return };
    let desk = Desk::new();
    store.done(&desk, &format!("{RUN} {AS_OF} --out out --sink s3://writes/runs/"));
    let (first, files) = store.current("runs/");
    assert!(files == desk.files("out"), "the folder of the store holds the bytes of the folder");
    assert_eq!((first["as_of"].as_str(), &first["previous"]), (Some(AS_OF), &Value::Null));

    // --out alone does the same, and the run before stays for those who are reading it
    store.done(&desk, &format!("{RUN} {LATER} --out s3://writes/runs"));
    let (second, files) = store.current("runs/");
    desk.done(&format!("{RUN} {LATER} --out later"));
    assert!(without_manifest(files) == without_manifest(desk.files("later")));
    assert_eq!(second["previous"], first["folder"]);
    let is_there = |run: &Value| store.keys().iter().any(|k| k.contains(run["folder"].as_str().unwrap()));
    assert!(is_there(&first));

    store.done(&desk, &format!("{RUN} {LATEST} --out s3://writes/runs/"));
    let (third, _) = store.current("runs/");
    assert!(is_there(&third) && is_there(&second) && !is_there(&first), "{:?}", store.keys());
}

#[test]
fn a_backtest_is_written_below_a_prefix_as_into_a_folder() {
    let Some(store) = Store::with_bucket("backtests") else { return };
    let desk = Desk::new();
    store.done(&desk, &format!("backtest {TABLES} {ORIGINS} --out bt --sink s3://backtests/bt/"));
    let (manifest, files) = store.current("bt/");
    assert!(files == desk.files("bt"), "the folder of the store holds the bytes of the folder");
    assert!(files.contains_key(Path::new("metrics.parquet")));
    assert_eq!(manifest["previous"], Value::Null);
}

#[test]
fn what_is_no_manifest_of_ours_is_left_alone() {
    let Some(store) = Store::with_bucket("foreign") else { return };
    let desk = Desk::new();
    store.put("app/manifest.json", "{\"icons\": []}");
    let said = store.arrears(&desk, &format!("{RUN} {AS_OF} --out out --sink s3://foreign/app/"));
    assert_eq!(said.status, 2, "{}", said.err);
    assert!(said.err.contains("s3://foreign/app/: holds `manifest.json`, which no run"), "{}", said.err);
    assert_eq!(store.keys(), ["app/manifest.json"]);
    assert!(!desk.path("out").exists());
}

#[test]
fn a_store_that_goes_away_in_mid_write_leaves_the_run_before() {
    let Some(store) = Store::with_bucket("cut") else { return };
    let desk = Desk::new();
    store.done(&desk, &format!("{RUN} {AS_OF} --out out --sink s3://cut/runs/"));
    let before = store.current("runs/");

    // how much a run sends, below a prefix of its own
    let all = Proxy::new(&store.server, u64::MAX);
    let sink = |proxy: &Proxy, prefix: &str| {
        let run = format!("{RUN} {LATER} --out out --sink s3://cut/{prefix}/");
        store.through(&format!("http://127.0.0.1:{}", proxy.port), &desk, &run)
    };
    assert_eq!(sink(&all, "all").status, 0);
    assert!(all.seen() > 50_000, "{}", all.seen());

    for cut in CUTS {
        let limit = (all.seen() as f64 * cut) as u64;
        let proxy = Proxy::new(&store.server, limit);
        let said = sink(&proxy, "runs");
        assert!(proxy.seen() >= limit, "the store went away at {limit}, the run sent {}", proxy.seen());
        gone(&said, SECRET);
        assert!(said.err.contains("s3://cut/runs/"), "{}", said.err);
        assert!(said.err.contains("give the same command again") || cut < 0.1, "{}", said.err);
        let now = store.current("runs/");
        assert!(before == now, "cut at {cut}: the current run moved");
    }
    assert_eq!(sink(&all, "runs").status, 0);
    let (after, files) = store.current("runs/");
    assert_eq!(after["previous"], before.0["folder"]);
    assert!(files == desk.files("out"));
}

#[test]
fn a_write_that_is_refused_in_the_middle_leaves_nothing_behind() {
    let Some(store) = Store::with_bucket("refused") else { return };
    let desk = Desk::new();
    store.done(&desk, &format!("{RUN} {AS_OF} --out out --sink s3://refused/runs/"));
    let (before, keys) = (store.current("runs/"), store.keys());
    let proxy = Proxy::refusing(&store.server, "priorities.parquet");
    let run = format!("{RUN} {LATER} --out out --sink s3://refused/runs/");
    let said = store.through(&format!("http://127.0.0.1:{}", proxy.port), &desk, &run);
    gone(&said, SECRET);
    assert!(said.err.contains("priorities.parquet: access is refused"), "{}", said.err);
    assert_eq!(keys, store.keys());
    assert!(before == store.current("runs/"));
}

#[test]
fn a_bucket_that_is_not_there_is_told_of_before_anything_is_computed() {
    let Some(store) = Store::with_bucket("here") else { return };
    let desk = Desk::new();
    let said = store.arrears(&desk, &format!("{RUN} {AS_OF} --out out --sink s3://no-such-bucket/runs/"));
    gone(&said, SECRET);
    assert!(said.err.contains("s3://no-such-bucket/runs/: no such object or bucket"), "{}", said.err);
    assert!(!desk.path("out").exists());
}
