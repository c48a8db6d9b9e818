//! PostgreSQL as a source and as a sink.

use super::proxy::Proxy;
use super::{CUTS, ORIGINS, gone, service, without_manifest, words};
use crate::sample::{AS_OF, Desk, TABLES};
use arrears::contract::{TABLES as CONTRACT, Value, read_table};
use postgres::{Client, NoTls, SimpleQueryMessage};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// A later day than the sample's: a run of it is another run.
const LATER: &str = "2024-05-31";
const RUN: &str =
    "run --invoices invoices.csv --payments payments.csv --fx fx.csv --config policy.toml --out out --as-of";

/// The sample's tables as a ledger system would declare them.
const LEDGER: [(&str, &str); 5] = [
    (
        "invoices",
        "invoice_id text, customer_id varchar(20), issue_date date, due_date timestamp, amount numeric(18,4), \
         currency char(3), kind text, dispute_date date, dispute_closed_date timestamptz, \
         discount_rate double precision, discount_days smallint",
    ),
    (
        "payments",
        "invoice_id text, payment_date timestamp, amount numeric, payment_id text, kind text, recorded_date date",
    ),
    ("customers", "customer_id text, name text, industry text, country text, credit_limit numeric(12,2)"),
    (
        "contacts",
        "customer_id text, contact_date date, channel text, invoice_id text, outcome text, promise_date date, \
         promise_amount numeric(18,4)",
    ),
    ("fx", "currency text, date date, rate double precision"),
];

/// A connection, and the URL of the database in it.
struct Database {
    url: String,
    client: Client,
}

impl Database {
    /// With a new and empty schema.
    fn with_schema(schema: &str) -> Option<Self> {
        let url = service("ARREARS_TEST_POSTGRES")?;
        let client = Client::connect(&url, NoTls).unwrap();
        let mut database = Self { url, client };
        database.run(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE"));
        Some(database)
    }

    fn run(&mut self, sql: &str) {
        self.client.batch_execute(sql).unwrap();
    }

    /// Rows as text, in order.
    fn rows(&mut self, sql: &str) -> Vec<Vec<Option<String>>> {
        let said = self.client.simple_query(sql).unwrap();
        let row = |m: SimpleQueryMessage| match m {
            SimpleQueryMessage::Row(r) => Some((0..r.len()).map(|i| r.get(i).map(str::to_owned)).collect()),
            _ => None,
        };
        said.into_iter().filter_map(row).collect()
    }

    /// Every row of every table of a schema.
    fn all(&mut self, schema: &str) -> BTreeMap<String, Vec<Vec<Option<String>>>> {
        let names =
            format!("SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'");
        let names: Vec<String> = self.rows(&names).into_iter().map(|r| r[0].clone().unwrap()).collect();
        names
            .into_iter()
            .map(|name| {
                let mut rows = self.rows(&format!("SELECT * FROM {schema}.{name}"));
                rows.sort();
                (name, rows)
            })
            .collect()
    }

    /// The sample's ledger in a schema.
    fn fill(&mut self, schema: &str, desk: &Desk) {
        self.run(&format!("CREATE SCHEMA {schema}"));
        for (table, columns) in LEDGER {
            self.run(&format!("CREATE TABLE {schema}.{table} ({columns})"));
            let copy = format!("COPY {schema}.{table} FROM STDIN (FORMAT csv, HEADER)");
            let mut writer = self.client.copy_in(&copy).unwrap();
            writer.write_all(desk.text(&format!("{table}.csv")).as_bytes()).unwrap();
            writer.finish().unwrap();
        }
    }

    /// `HOST:PORT`.
    fn server(&self) -> String {
        self.url.split(['@', '/']).nth(3).unwrap().to_owned()
    }

    /// The same database behind a proxy, without TLS, which would hide the count of bytes.
    fn behind(&self, proxy: &Proxy) -> String {
        format!("postgres://arrears@127.0.0.1:{}/postgres?sslmode=disable", proxy.port)
    }
}

#[test]
fn a_run_on_tables_of_a_database_gives_the_bytes_of_a_run_on_their_files() {
    let schema = "reads_tables";
    let Some(mut database) = Database::with_schema(schema) else { return };
    let desk = Desk::new();
    database.fill(schema, &desk);
    desk.done(&format!("run {TABLES} --as-of {AS_OF} --out files"));
    let url = &database.url;
    let tables = LEDGER.map(|(table, _)| format!("--{table} {url}#{schema}.{table}")).join(" ");
    desk.done(&format!("run {tables} --config policy.toml --as-of {AS_OF} --out database"));
    let tables = |out: &str| {
        let mut files = without_manifest(desk.files(out));
        ["quarantine.parquet", "report.html"].iter().for_each(|f| drop(files.remove(Path::new(f))));
        files
    };
    assert!(tables("files") == tables("database"));
    // rows that deserve a look are the same, found elsewhere
    let [files, found] =
        ["files", "database"].map(|out| read_table(&desk.path(out), "quarantine").unwrap().0);
    let but_file = |table: &arrears::contract::Table, i: usize| -> Vec<String> {
        table.columns().filter(|(name, _)| *name != "file").map(|(_, c)| c.value(i).to_string()).collect()
    };
    assert!(files.n_rows() > 0 && files.n_rows() == found.n_rows());
    for i in 0..files.n_rows() {
        let (expected, row) = (but_file(&files, i), but_file(&found, i));
        assert!(expected[..5] == row[..5], "{expected:?} {row:?}");
    }
    assert!(desk.text("database/manifest.json").contains(&format!("#{schema}.invoices")));
}

#[test]
fn a_query_gives_every_value_in_full() {
    let Some(mut database) = Database::with_schema("reads_query") else { return };
    let desk = Desk::empty();
    let rows = "select 'A;1' as invoice_id, 'say \"hi\", ACME' as customer_id, date '2024-01-10' as issue_date, \
                30 as terms_days, numeric '99999999999999.1234' as amount \
                union all select 'A2', 'B', timestamp '2024-01-11 23:59:59.9', 30, \
                123456789012345678901234567890.123456789 -- a comment at the end";
    let said = desk.arrears_with(
        &words("check --format json --out out --invoices", &[&format!("{}#{rows}", database.url)]),
        &[],
    );
    assert_eq!(said.status, 0, "{}", said.err);
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let values: Vec<&str> =
        told["quarantine"].as_array().unwrap().iter().filter_map(|q| q["value"].as_str()).collect();
    assert_eq!(values, ["99999999999999.1234", "123456789012345678901234567890.123456789"]);
    assert_eq!((told["inputs"][0]["counts"]["rows"].as_u64(), told["invoices"].as_u64()), (Some(2), Some(1)));

    let said = desk.arrears_with(
        &words("check --invoices", &[&format!("{}#select 1 / 0 as invoice_id", database.url)]),
        &[],
    );
    gone(&said, "hush");
    assert!(said.err.contains("division by zero"), "{}", said.err);
    database.run("SELECT 1");
}

#[test]
fn tables_of_one_database_are_read_as_of_one_moment() {
    let schema = "reads_moment";
    let Some(mut database) = Database::with_schema(schema) else { return };
    let desk = Desk::new();
    database.fill(schema, &desk);
    let url = database.url.clone();
    let count = |rows: Vec<Vec<Option<String>>>| rows[0][0].clone().unwrap().parse::<u64>().unwrap();
    let before = count(database.rows(&format!("SELECT count(*) FROM {schema}.payments")));
    let invoices = format!("{url}#select i.* from {schema}.invoices i, (select pg_sleep(2)) reads_moment");
    let payments = format!("{url}#{schema}.payments");
    let arguments =
        ["check", "--format", "json", "--invoices", &invoices, "--payments", &payments].map(str::to_owned);
    let told = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            desk.arrears_with(&arguments, &[])
        });
        let reading = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() \
                       AND query LIKE '%pg_sleep(2)) reads_moment%' AND wait_event = 'PgSleep'";
        let start = Instant::now();
        while count(database.rows(reading)) == 0 {
            assert!(start.elapsed() < Duration::from_secs(30), "the invoices are never read");
            std::thread::sleep(Duration::from_millis(20));
        }
        database.run(&format!("INSERT INTO {schema}.payments SELECT * FROM {schema}.payments LIMIT 7"));
        reader.join().unwrap()
    });
    assert_eq!(told.status, 0, "{}", told.err);
    let told: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    let payments = told["inputs"].as_array().unwrap().iter().find(|i| i["table"] == "payments").unwrap();
    assert_eq!(payments["counts"]["rows"].as_u64(), Some(before));
    assert_eq!(count(database.rows(&format!("SELECT count(*) FROM {schema}.payments"))), before + 7);
}

/// Whether a value of ours is what the server shows as `text`.
fn is_shown(value: &Value<'_>, text: Option<&str>) -> bool {
    match (value, text) {
        (Value::Null, None) => true,
        (Value::Double(v), Some(t)) => t.parse::<f64>().is_ok_and(|t| t.to_bits() == v.to_bits()),
        (Value::Amount(a), Some(t)) => {
            t.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 4)
                && t.parse::<f64>().is_ok_and(|t| t == a.0 as f64 / 1e4)
        }
        (Value::Bool(b), Some(t)) => t == if *b { "t" } else { "f" },
        (Value::TextList(list), Some(t)) => t == format!("{{{}}}", list.join(",")),
        (value, Some(t)) => value.to_string() == t,
        (_, None) => false,
    }
}

/// Holds every table of a folder against the one in the schema, row by row; gives how many values there were.
fn same_values(database: &mut Database, schema: &str, folder: &Path) -> usize {
    let mut n_values = 0;
    let is_written = |name: &str| folder.join(format!("{name}.parquet")).exists();
    for table in CONTRACT.iter().filter(|table| is_written(table.name)) {
        let (written, stamp) = read_table(folder, table.name).unwrap();
        let mut rows = database.rows(&format!("SELECT * FROM {schema}.{} ORDER BY ctid", table.name));
        assert_eq!(rows.len(), written.n_rows(), "{}", table.name);
        for i in 0..written.n_rows() {
            // a server may put a short row into what room an earlier page has left: mostly the first is the one
            let values: Vec<_> = written.columns().map(|(_, column)| column.value(i)).collect();
            let is_same = |row: &&Vec<Option<String>>| {
                values.iter().zip(*row).all(|(value, text)| is_shown(value, text.as_deref()))
            };
            let place = rows.iter().position(|row| is_same(&row));
            let place = place.unwrap_or_else(|| panic!("{}, row {i}: {values:?}", table.name));
            assert_eq!(rows.remove(place).last().unwrap(), &stamp.run_id);
            n_values += values.len();
        }
    }
    n_values
}

#[test]
fn a_run_is_written_to_a_schema_value_by_value_and_replaces_the_one_before() {
    let schema = "writes_run";
    let Some(mut database) = Database::with_schema(schema) else { return };
    let desk = Desk::new();
    let sink = format!("--sink {}#{schema}", database.url);
    desk.done(&format!("{RUN} {AS_OF} {sink}"));
    let reader = format!(
        "CREATE VIEW {schema}.late AS SELECT invoice_id FROM {schema}.invoice_scores WHERE days_past_due > 0; \
         CREATE INDEX first ON {schema}.invoice_scores (invoice_id)"
    );
    database.run(&reader);
    let late = database.rows(&format!("SELECT count(*) FROM {schema}.late"));
    desk.done(&format!("{RUN} {LATER} {sink}"));
    assert_ne!(
        late,
        database.rows(&format!("SELECT count(*) FROM {schema}.late")),
        "the view shows the new rows"
    );

    let n_values = same_values(&mut database, schema, &desk.path("out"));
    assert!(n_values > 10_000, "{n_values}");

    let types = "SELECT string_agg(DISTINCT format_type(atttypid, atttypmod), ', ') FROM pg_attribute \
                 WHERE attnum > 0 AND attrelid IN ('writes_run.invoice_scores'::regclass, 'writes_run.priorities'::regclass)";
    assert_eq!(
        database.rows(types)[0][0].as_deref(),
        Some("date, double precision, integer, numeric(18,4), text, text[]")
    );
    let told = database
        .rows(&format!("SELECT folder, manifest ->> 'as_of', model ->> 'as_of' FROM {schema}.manifest"));
    let row = ["run", LATER, LATER].map(|t| Some(t.to_owned()));
    assert_eq!(told, [row]);
}

#[test]
fn a_backtest_is_written_to_a_schema_value_by_value() {
    let schema = "writes_backtest";
    let Some(mut database) = Database::with_schema(schema) else { return };
    let desk = Desk::new();
    desk.done(&format!("backtest {TABLES} {ORIGINS} --out bt --sink {}#{schema}", database.url));
    let n_values = same_values(&mut database, schema, &desk.path("bt"));
    assert!(n_values > 1_000, "{n_values}");
    let told = database.rows(&format!("SELECT folder, manifest ->> 'run_id' FROM {schema}.manifest"));
    let manifest: serde_json::Value = serde_json::from_str(&desk.text("bt/manifest.json")).unwrap();
    let run_id = manifest["run_id"].as_str().map(str::to_owned);
    assert!(run_id.is_some());
    assert_eq!(told, [[Some("backtest".to_owned()), run_id]]);
}

#[test]
fn a_run_goes_to_a_schema_alone_if_no_folder_is_named() {
    let schema = "writes_alone";
    let Some(mut database) = Database::with_schema(schema) else { return };
    let desk = Desk::new();
    let run = RUN.replace("--out out", "");
    desk.done(&format!("{run} {AS_OF} --sink {}#{schema}", database.url));
    assert!(!desk.path("out").exists());
    assert!(!database.rows(&format!("SELECT 1 FROM {schema}.aging")).is_empty());
}

#[test]
fn tables_of_another_version_are_made_anew_and_those_of_others_left_alone() {
    let schema = "writes_foreign";
    let Some(mut database) = Database::with_schema(schema) else { return };
    let desk = Desk::new();
    let run = format!("{RUN} {AS_OF} --sink {}#{schema}", database.url);
    database.run(&format!(
        "CREATE SCHEMA {schema}; CREATE TABLE {schema}.aging (bucket int); \
         COMMENT ON TABLE {schema}.aging IS 'arrears: of an older version'"
    ));
    desk.done(&run);
    assert!(database.rows(&format!("SELECT currency, amount FROM {schema}.aging")).len() > 1);

    database.run(&format!(
        "DROP TABLE {schema}.aging; CREATE TABLE {schema}.aging (wine text); INSERT INTO {schema}.aging VALUES ('port')"
    ));
    let (tables, files) = (database.all(schema), desk.files(""));
    let said = desk.arrears(&run.replace(AS_OF, LATER));
    assert_eq!(said.status, 2, "{}", said.err);
    assert!(
        said.err.contains(&format!("#{schema}: holds `aging`, which no run of arrears has written")),
        "{}",
        said.err
    );
    assert!(tables == database.all(schema) && files == desk.files(""));
}

#[test]
fn a_server_that_goes_away_in_mid_write_leaves_the_run_before() {
    let schema = "writes_cut";
    let Some(mut database) = Database::with_schema(schema) else { return };
    let desk = Desk::new();
    desk.done(&format!("{RUN} {AS_OF} --sink {}#{schema}", database.url));
    let before = database.all(schema);

    // how much a run sends that replaces another, in a schema of its own
    desk.done(&format!("{RUN} {AS_OF} --sink {}#writes_cut_all", database.url));
    let all = Proxy::new(&database.server(), u64::MAX);
    desk.done(&format!("{RUN} {LATER} --sink {}#writes_cut_all", database.behind(&all)));
    let whole = database.all("writes_cut_all");
    assert!(all.seen() > 100_000, "{}", all.seen());

    for cut in CUTS {
        let limit = (all.seen() as f64 * cut) as u64;
        let proxy = Proxy::new(&database.server(), limit);
        let said = desk.arrears(&format!("{RUN} {LATER} --sink {}#{schema}", database.behind(&proxy)));
        assert!(proxy.seen() >= limit, "the server went away at {limit}, the run sent {}", proxy.seen());
        gone(&said, "hush");
        assert!(said.err.contains("this run was not written"), "{}", said.err);
        assert!(said.err.contains("give the same command again"), "{}", said.err);
        assert!(before == database.all(schema), "cut at {cut}: the tables moved");
    }
    desk.done(&format!("{RUN} {LATER} --sink {}#{schema}", database.url));
    let columns = |tables: &BTreeMap<String, _>| tables.keys().cloned().collect::<Vec<_>>();
    let after = database.all(schema);
    assert_eq!(columns(&whole), columns(&after));
    assert!(whole["invoice_scores"] == after["invoice_scores"]);
}

#[test]
fn a_server_that_goes_away_in_mid_read_ends_the_run() {
    let schema = "reads_cut";
    let Some(mut database) = Database::with_schema(schema) else { return };
    let desk = Desk::with_run();
    database.fill(schema, &desk);
    // the client sends little: the query is the last thing that is passed on
    let proxy = Proxy::new(&database.server(), 200);
    let url = database.behind(&proxy);
    let before = desk.files("");
    let arguments = format!("run --invoices {url}#{schema}.invoices --as-of {AS_OF} --out out");
    gone(&desk.arrears(&arguments), "hush");
    assert!(proxy.seen() >= 200, "{}", proxy.seen());
    assert!(before == desk.files(""));
}

#[test]
fn a_password_is_used_and_never_shown() {
    let schema = "reads_guarded";
    let Some(mut database) = Database::with_schema(schema) else { return };
    let desk = Desk::new();
    database.fill(schema, &desk);
    database.run(
        "DROP SCHEMA IF EXISTS writes_guarded CASCADE; DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'hush:@/#word'",
    );
    // a row for the quarantine, which names where it came from
    database.run(&format!("INSERT INTO {schema}.invoices (invoice_id) VALUES ('no customer')"));
    let at = database.server();
    let with = |user: &str| {
        format!(
            "run --invoices postgres://{user}@{at}/postgres#{schema}.invoices \
             --payments payments.csv --fx fx.csv --config policy.toml --as-of {AS_OF} --out out --sink postgres://{user}@{at}/postgres#writes_guarded"
        )
    };
    let never = "hush";
    let said = desk.arrears(&with("guarded:hush%3A%40%2F%23word"));
    assert_eq!(said.status, 0, "{}", said.err);
    let shown = format!("{}{}", said.out, said.err);
    for (name, bytes) in desk.files("out") {
        assert!(!String::from_utf8_lossy(&bytes).contains(never), "{}", name.display());
    }
    let (quarantine, _) = read_table(&desk.path("out"), "quarantine").unwrap();
    let file = format!("postgres://guarded@{at}/postgres#{schema}.invoices");
    assert!(quarantine.find("file", &file).is_some());
    assert!(!shown.contains(never), "{shown}");
    assert!(!format!("{:?}", database.all("writes_guarded")).contains(never));

    let by_environment = desk.arrears_with(&words(&with("guarded"), &[]), &[("PGPASSWORD", "hush:@/#word")]);
    assert_eq!(by_environment.status, 0, "{}", by_environment.err);
    for user in ["guarded:hush-not", "guarded"] {
        let said = desk.arrears(&with(user));
        gone(&said, never);
        assert!(said.err.contains("access is refused"), "{}", said.err);
        assert!(said.err.contains("hint: check user, database and password"), "{}", said.err);
    }
}

#[test]
fn certificates_are_checked_and_sslmode_is_obeyed() {
    let schema = "reads_tls";
    let Some(mut database) = Database::with_schema(schema) else { return };
    let authority = std::env::var("ARREARS_TEST_POSTGRES_CA").unwrap();
    let desk = Desk::new();
    database.fill(schema, &desk);
    let rows = |sslmode: &str, authority: &str| {
        let url = format!(
            "{}?sslmode={sslmode}#select * from {schema}.invoices \
             where (select ssl from pg_stat_ssl where pid = pg_backend_pid())",
            database.url
        );
        desk.arrears_with(&words("check --format json --invoices", &[&url]), &[("SSL_CERT_FILE", authority)])
    };
    for sslmode in ["require", "verify-full", "prefer"] {
        let said = rows(sslmode, &authority);
        assert_eq!(said.status, 0, "{sslmode}: {}", said.err);
    }
    let said = rows("disable", &authority);
    assert!(said.err.contains("has columns but no row"), "{}", said.err);
    // an authority that has not signed it
    let strange = desk.path("strange.crt");
    std::fs::write(&strange, include_str!("strange.crt")).unwrap();
    let said = rows("require", strange.to_str().unwrap());
    gone(&said, "hush");
    assert!(said.err.contains("cannot be reached") && said.err.contains("SSL_CERT_FILE"), "{}", said.err);
    let said = rows("prefer", strange.to_str().unwrap());
    assert!(said.err.contains("has columns but no row"), "{}", said.err);
}

#[test]
fn a_server_that_goes_away_with_its_last_word_is_told_of_as_it_is() {
    let schema = "writes_commit";
    let Some(mut database) = Database::with_schema(schema) else { return };
    let desk = Desk::new();
    let proxy = Proxy::silent_after(&database.server(), "COMMIT");
    // the check before the run ends with a transaction of its own, which commits nothing
    let said = desk.arrears(&format!("{RUN} {AS_OF} --sink {}#{schema}", database.behind(&proxy)));
    gone(&said, "hush");
    assert!(said.err.contains("the run before is there or this one, whole either way"), "{}", said.err);
    let run = database.rows(&format!("SELECT run_id FROM {schema}.manifest"));
    let of_scores = database.rows(&format!("SELECT DISTINCT run_id FROM {schema}.invoice_scores"));
    assert_eq!((run.len(), &run), (1, &of_scores));
}
