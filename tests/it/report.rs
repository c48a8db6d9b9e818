//! The page: every figure is its table's, nothing in a text is markup, nothing is fetched, and it stays small.

mod page;

use crate::sample::{AS_OF, Desk, INVOICES, TABLES};
use arrears::contract::{Table, TableSchema, Value, read_table};
use page::{Cell, Page};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Half a unit of the last digit, and the rounding of the arithmetic here.
const HALF: f64 = 0.500_001;

/// Names that a page must not take for markup, as a ledger may hold them.
const HOSTILE: [&str; 4] = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "\u{2028}line & 'para'\u{2029}",
    "--><!-- {{7*7}} ${x}",
];

/// A folder whose page is read, with those that were given beside it.
struct Shown {
    page: Page,
    tables: BTreeMap<String, Table>,
    jsons: BTreeMap<&'static str, Json>,
}

impl Shown {
    /// The page of `out`, with an earlier run in `before` and a backtest in `bt` if they are there.
    fn of(desk: &Desk) -> Self {
        let page = Page::parse(&desk.text("out/report.html"));
        let mut tables = BTreeMap::new();
        for (prefix, folder) in [("", "out"), ("previous:", "before"), ("backtest:", "bt")] {
            for schema in arrears::contract::TABLES {
                let path: PathBuf = desk.path(folder);
                if path.join(format!("{}.parquet", schema.name)).exists() {
                    tables.insert(
                        format!("{prefix}{}", schema.name),
                        read_table(&path, schema.name).unwrap().0,
                    );
                }
            }
        }
        let json = |file: &str| serde_json::from_slice(&std::fs::read(desk.path(file)).unwrap_or_default());
        let files = [
            ("manifest", "out/manifest.json"),
            ("model", "out/model.json"),
            ("previous:manifest", "before/manifest.json"),
        ];
        let jsons = files.into_iter().filter_map(|(name, file)| Some((name, json(file).ok()?))).collect();
        Self { page, tables, jsons }
    }

    /// What the cell's table, model or manifest says.
    fn truth(&self, cell: &Cell) -> String {
        let (table, column) = (cell.table.as_str(), cell.column.as_str());
        if let Some(json) = self.jsons.get(table) {
            return match json.pointer(column) {
                Some(Json::String(text)) => text.clone(),
                Some(Json::Number(n)) => {
                    n.as_i64().map_or_else(|| n.as_f64().unwrap().to_string(), |i| i.to_string())
                }
                other => panic!("{table} has no {column}: {other:?}"),
            };
        }
        let table = self.tables.get(table).unwrap_or_else(|| panic!("there is no table {table}: {cell:?}"));
        assert!(table.column(column).is_some(), "{cell:?}");
        table.value(column, cell.row.unwrap()).to_string()
    }
}

/// A run, one of 45 days before, and a backtest, all of the sample.
fn shown() -> Shown {
    let desk = Desk::with_run();
    desk.done(&format!("run {TABLES} --as-of 2024-03-16 --out before"));
    desk.done(&format!("backtest {TABLES} --first 2023-12-01 --last 2024-02-23 --every 4w --out bt"));
    desk.done("report out --previous before --backtest bt");
    Shown::of(&desk)
}

/// A shown number and half of its last digit.
fn read_number(text: &str) -> Option<(f64, f64)> {
    let plain: String = text.chars().filter(|c| !matches!(c, ',' | '+' | '\u{a0}' | '%')).collect();
    let plain = plain.replace('\u{2212}', "-");
    let scale = if text.contains('%') { 0.01 } else { 1.0 };
    let (mantissa, power) = plain.split_once('e').unwrap_or((&plain, "0"));
    let digits = mantissa.split_once('.').map_or(0, |(_, d)| d.len());
    let value: f64 = plain.parse().ok()?;
    Some((value * scale, HALF * scale * 10_f64.powi(power.parse::<i32>().ok()? - digits as i32)))
}

/// As a run of every night does it, and by `report` afterwards.
#[test]
fn a_run_tells_what_changed_since_the_one_that_it_replaces() {
    let desk = Desk::new();
    desk.done(&format!("run {TABLES} --as-of 2024-03-16 --out before"));
    desk.done(&format!("run {TABLES} --as-of {AS_OF} --out plain"));
    let without = desk.text("plain/report.html");
    desk.done("report plain --previous before");
    let wanted = desk.text("plain/report.html");
    assert!(wanted != without);
    desk.done(&format!("run {TABLES} --as-of {AS_OF} --out before --previous before"));
    assert!(desk.text("before/report.html") == wanted);
    let refused = desk.refused(&format!("run {TABLES} --as-of {AS_OF} --out new --previous nowhere"), 1);
    assert!(refused.contains("nowhere") && !desk.path("new").exists(), "{refused}");
}

#[test]
fn every_figure_of_the_page_is_its_tables() {
    let shown = shown();
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in &shown.page.cells {
        if cell.calc.is_some() || (cell.column.is_empty() && !cell.is_number) {
            continue;
        }
        assert!(!cell.column.is_empty() && !cell.table.is_empty(), "a number from nowhere: {cell:?}");
        let truth = shown.truth(cell);
        match (truth.parse::<f64>(), cell.is_number) {
            (Ok(v), true) => {
                let said: f64 = cell.raw.parse().unwrap_or_else(|_| panic!("{cell:?}"));
                assert!(said.to_bits() == v.to_bits() || said == v, "{cell:?}: the table has {truth}");
                let (read, half) = read_number(&cell.text).unwrap_or_else(|| panic!("{cell:?}"));
                assert!((read - v).abs() <= half, "{cell:?}: the table has {truth}");
            }
            (Err(_), true) => assert_eq!((truth.as_str(), cell.text.as_str()), ("", "–"), "{cell:?}"),
            (_, false) => assert_eq!(cell.raw, truth, "{cell:?}"),
        }
        *held.entry(cell.table.as_str()).or_default() += 1;
    }
    let at_least = [
        ("aging", 40),
        ("cash_forecast", 500),
        ("priorities", 300),
        ("risk", 50),
        ("receipts", 50),
        ("manifest", 40),
        ("model", 5),
        ("model_features", 100),
        ("drift", 50),
        ("kpis", 80),
        ("kpi_trend", 200),
        ("provision", 16),
        ("previous:manifest", 6),
        ("previous:risk", 8),
        ("previous:cash_forecast", 40),
        ("backtest:metrics", 40),
        ("backtest:reliability", 50),
    ];
    for (table, n) in at_least {
        assert!(held.get(table).is_some_and(|found| *found >= n), "{table}: {held:?}");
    }
}

#[test]
fn what_the_page_works_out_itself_is_right() {
    let shown = shown();
    let receipts = &shown.tables["receipts"];
    let (mut came, mut changes, mut counts) = (0, 0, 0);
    for row in &shown.page.rows {
        let cells: Vec<&Cell> = row.iter().map(|&k| &shown.page.cells[k]).collect();
        let number = |c: &Cell| c.raw.parse::<f64>().unwrap();
        for (k, cell) in cells.iter().enumerate() {
            match cell.calc.as_deref() {
                // a forecast's row: from, to, due, expected, p10, p90, came in
                Some("came") => {
                    let currency = cell.currency.as_deref().unwrap();
                    let sum: f64 = (0..receipts.n_rows())
                        .filter(|&r| receipts.value("currency", r) == Value::Text(currency))
                        .filter(|&r| receipts.value("grain", r) == Value::Text("day"))
                        .filter(|&r| {
                            (cells[0].raw.clone()..=cells[1].raw.clone())
                                .contains(&receipts.value("period_end", r).to_string())
                        })
                        .map(|r| receipts.value("received", r).to_string().parse::<f64>().unwrap())
                        .sum();
                    assert!((sum - number(cell)).abs() < 1e-6, "{cell:?}: {sum}");
                    came += 1;
                }
                Some("change") => {
                    let moved = number(cells[k - 1]) - number(cells[k - 2]);
                    let scale = if cells[k - 1].text.contains('%') { 100.0 } else { 1.0 };
                    assert!((scale * moved - number(cell)).abs() < 1e-6, "{cell:?}: {moved}");
                    changes += 1;
                }
                Some("count") => {
                    let quarantine = &shown.tables["quarantine"];
                    let rule = Value::Text(&cells[0].text);
                    let n =
                        (0..quarantine.n_rows()).filter(|&r| quarantine.value("rule_id", r) == rule).count();
                    assert_eq!(n as f64, number(cell), "{cell:?}");
                    counts += 1;
                }
                _ => {}
            }
        }
    }
    assert!(came >= 6 && changes >= 10 && counts >= 1, "{came} weeks, {changes} changes, {counts} rules");
}

#[test]
fn the_invoices_below_a_customer_are_those_of_the_table() {
    let shown = shown();
    let json: Json = serde_json::from_str(&shown.page.scripts["invoices"]).unwrap();
    let columns: Vec<&str> =
        json["columns"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    let (scores, priorities) = (&shown.tables["invoice_scores"], &shown.tables["priorities"]);
    let mut n = 0;
    for (k, customer) in json["customers"].as_array().unwrap().iter().enumerate() {
        for row in customer["rows"].as_array().unwrap() {
            let r = row[0].as_u64().unwrap() as usize;
            assert_eq!(scores.value("customer_id", r), priorities.value("customer_id", k));
            for (c, column) in columns.iter().enumerate() {
                let truth = scores.value(column, r);
                match (&row[c + 1], &truth) {
                    (Json::Null, Value::Null) => {}
                    (Json::Number(v), _) => {
                        assert_eq!(v.as_f64().unwrap(), truth.to_string().parse::<f64>().unwrap())
                    }
                    (said, _) => assert_eq!(said.as_str().unwrap(), truth.to_string()),
                }
                n += 1;
            }
        }
        let Value::TextList(ids) = priorities.value("invoice_ids", k) else { panic!("no list") };
        assert_eq!(customer["n"].as_u64().unwrap() as usize, ids.len());
    }
    assert!(n > 300, "{n}");
}

#[test]
fn a_name_with_markup_stays_text() {
    let desk = Desk::empty();
    let mut text = INVOICES.lines().next().unwrap().replace("amount", "amount,paid_date") + "\n";
    for k in 0..120 {
        let name = HOSTILE[k % HOSTILE.len()].replace('"', "\"\"");
        let month = 1 + k / 20;
        let paid = if k < 100 { format!("2024-{:02}-{:02}", month + 1, 5 + k % 20) } else { String::new() };
        text += &format!(
            "\"{name} {k}\",\"{name}\",2024-{month:02}-{:02},2024-{:02}-10,100.00,{paid}\n",
            1 + k % 20,
            month + 1
        );
    }
    desk.write("hostile.csv", text);
    desk.done("run --invoices hostile.csv --as-of 2024-07-05 --out out");
    let html = desk.text("out/report.html");
    for bad in ["<script>alert", "<img", "onerror=alert(2)>", "\u{2028}", "<!--", "--><"] {
        assert!(!html.contains(bad), "{bad}");
    }
    let shown = Shown::of(&desk);
    let names: BTreeSet<&str> =
        shown.page.cells.iter().filter(|c| c.column == "customer_id").map(|c| c.text.as_str()).collect();
    let ledger: BTreeSet<String> = {
        let t = &shown.tables["priorities"];
        (0..t.n_rows()).map(|r| t.value("customer_id", r).to_string()).collect()
    };
    assert_eq!(names, ledger.iter().map(String::as_str).collect());
    assert_eq!(ledger.len(), HOSTILE.len());
    let invoices: Json = serde_json::from_str(&shown.page.scripts["invoices"]).unwrap();
    let first = invoices["customers"][0]["rows"][0][1].as_str().unwrap();
    assert!(HOSTILE.iter().any(|h| first.starts_with(h.trim())), "{first}");
}

#[test]
fn the_page_asks_for_nothing() {
    let html = Desk::with_run().text("out/report.html");
    for fetches in [
        "src=",
        "<link",
        "@import",
        "url(",
        "href=http",
        "href=\"http",
        "sourceMappingURL",
        "fetch(",
        "XMLHttpRequest",
    ] {
        assert!(!html.contains(fetches), "{fetches}");
    }
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn the_verb_writes_what_the_run_wrote() {
    let desk = Desk::with_run();
    let before = desk.text("out/report.html");
    assert_eq!(desk.done("report out --threads 1").trim(), "out/report.html");
    assert!(desk.text("out/report.html") == before, "report.html moved");
    assert!(!before.contains(&desk.path("").display().to_string()), "a path of this machine");
}

/// Folders of older versions, and tables that others still have to write.
#[test]
fn a_table_that_is_not_there_is_told() {
    let desk = Desk::with_run();
    for table in ["risk", "receipts", "kpis", "provision", "quarantine", "invoice_scores"] {
        drop(std::fs::remove_file(desk.path("out").join(format!("{table}.parquet"))));
    }
    desk.done("report out");
    let html = desk.text("out/report.html");
    assert!(html.contains("This run has no table risk.") && html.contains("id=priorities"));
}

#[test]
fn a_folder_that_is_no_run_is_refused() {
    let desk = Desk::with_run();
    let said = desk.refused("report nowhere", 1);
    assert!(said.contains("nowhere/manifest.json") && said.contains("hint:"), "{said}");
    desk.refused("report out --previous nowhere", 1);
    desk.write("out/aging.parquet", "no table");
    assert!(desk.refused("report out", 1).contains("aging.parquet"));
}

/// More customers and open invoices than the page lists.
#[test]
fn a_hundred_thousand_invoices_make_less_than_three_megabytes() {
    let desk = Desk::empty();
    desk.done("simulate --customers 4000 --months 14 --seed 3 --out ledger");
    let rows = read_table(&desk.path("ledger"), "invoices").unwrap().0.n_rows();
    assert!(rows > 100_000, "{rows}");
    desk.write("policy.toml", crate::sample::POLICY);
    desk.done(
        "run --invoices ledger/invoices.parquet --payments ledger/payments.parquet --fx ledger/fx.parquet \
         --config policy.toml --as-of 2024-02-10 --out out",
    );
    let bytes = desk.text("out/report.html").len();
    assert!(bytes < 3_000_000, "{bytes}");
    assert!(desk.text("out/report.html").contains("customers are listed; priorities.parquet has all"));
}

/// The sample is of [`AS_OF`], and the page says so.
#[test]
fn the_page_says_of_which_day_it_is() {
    let html = Desk::with_run().text("out/report.html");
    assert_eq!(AS_OF, "2024-04-30");
    assert!(html.contains("<h1>Receivables on 30 April 2024</h1>"));
    assert!(TableSchema::of("aging").is_ok_and(|t| html.contains(&format!("data-t=\"{}\"", t.name))));
}
