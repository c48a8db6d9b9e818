//! `backtest`: what it says is what a run would have said, and is judged as its tables show.

use crate::sample::{Desk, POLICY, TABLES};
use arrears::contract::{Table, Value, read_table};
use arrears::core::Day;
use arrears::evaluate::baseline::Baseline;
use arrears::evaluate::catalog::{METRICS, Metric};
use arrears::evaluate::{Origins, Window};
use arrears::ingest::{Perturbation, Raw, Sources, check, read};
use arrears::pipeline::Silent;
use arrears::pipeline::backtest::{BacktestJob, BacktestOutput, backtest_book};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Nine origins; the last of them has eight whole weeks of outcomes.
const ORIGINS: &str = "--first 2023-11-15 --last 2024-05-01 --every 3w";
/// Two orders of the same sums.
const ROUNDING: f64 = 1e-9;

fn table(desk: &Desk, folder: &str, name: &str) -> Table {
    read_table(&desk.path(folder), name).unwrap().0
}

fn number(table: &Table, name: &str, i: usize) -> Option<f64> {
    match table.value(name, i) {
        Value::Double(v) => Some(v),
        Value::Int(v) => Some(v as f64),
        Value::Null => None,
        other => panic!("{name} is {other}"),
    }
}

/// Rows of a table as text, by some of its columns.
fn rows(table: &Table, columns: &[&str], keep: impl Fn(usize) -> bool) -> Vec<Vec<String>> {
    let row = |i| columns.iter().map(|c| table.value(c, i).to_string()).collect();
    (0..table.n_rows()).filter(|&i| keep(i)).map(row).collect()
}

fn is(table: &Table, column: &str, i: usize, wanted: &str) -> bool {
    table.value(column, i).to_string() == wanted
}

/// A value of metrics.parquet for all currencies together.
fn metric(table: &Table, model: &str, source: &str, name: &str, horizon: &str) -> f64 {
    let wanted =
        [("model", model), ("source", source), ("metric", name), ("horizon", horizon), ("currency", "")];
    let at = (0..table.n_rows()).find(|&i| wanted.iter().all(|(c, v)| is(table, c, i, v)));
    number(table, "value", at.unwrap_or_else(|| panic!("{wanted:?}"))).unwrap()
}

fn sources(folder: &Path) -> Sources {
    let of = |name: &str| folder.join(format!("{name}.csv"));
    Sources {
        invoices: of("invoices"),
        payments: Some(of("payments")),
        fx: Some(of("fx")),
        ..Sources::default()
    }
}

fn run(raw: &Raw, origin: Day, window: Window) -> BacktestOutput {
    // what comes after the origin may be in a currency that no rate is given for
    let policy = arrears::policy::parse(&POLICY.replace("EUR", "XXX"), "at par").unwrap();
    let origins = Origins::try_new(origin, origin, 7, window).unwrap();
    let until = Some("2024-06-30".parse().unwrap());
    let book = check(raw, until, &policy).unwrap();
    let job = BacktestJob { policy, origins, until, seed: 3, challengers: Vec::new() };
    backtest_book(book, Vec::new(), &job, &Silent).unwrap()
}

fn read_output(output: &BacktestOutput, name: &str) -> Table {
    let dir = tempfile::tempdir().unwrap();
    let file = output.files.iter().find(|f| f.name == format!("{name}.parquet")).unwrap();
    std::fs::write(dir.path().join(&file.name), &file.bytes).unwrap();
    read_table(dir.path(), name).unwrap().0
}

const SAID: [&str; 5] = ["origin", "model", "invoice_id", "late_prob", "late"];
const FORECAST: [&str; 13] = [
    "origin", "model", "currency", "period", "source", "expected", "p05", "p10", "p25", "p50", "p75", "p90",
    "p95",
];

/// Everything that was forecast, without what then happened.
fn forecasts(output: &BacktestOutput, keep: impl Fn(&str) -> bool) -> [Vec<Vec<String>>; 2] {
    let said = |name: &str, columns: &[&str]| {
        let t = read_output(output, name);
        rows(&t, columns, |i| keep(&t.value("model", i).to_string()))
    };
    [said("backtest_scores", &SAID[..4]), said("backtest_cash", &FORECAST)]
}

#[test]
fn nothing_after_an_origin_moves_a_forecast_from_it() {
    let desk = Desk::new();
    let raw = read(&sources(&desk.path(""))).unwrap();
    let origin: Day = "2024-03-31".parse().unwrap();
    let wanted = run(&raw, origin, Window::Expanding);
    let all = forecasts(&wanted, |_| true);
    assert!(all[0].len() > 100 && all[1].len() > 100);
    let sliding = forecasts(&run(&raw, origin, Window::Sliding { days: 200 }), |_| true);
    assert_ne!(all, sliding);
    for how in Perturbation::ALL {
        let other = raw.perturbed(origin, how, 11).unwrap();
        let found = run(&other, origin, Window::Expanding);
        assert!(forecasts(&found, |_| true) == all, "{how:?}");
        assert!(
            forecasts(&run(&other, origin, Window::Sliding { days: 200 }), |_| true) == sliding,
            "{how:?}"
        );
        if how == Perturbation::Change {
            let outcome = |o| rows(&read_output(o, "backtest_cash"), &["actual"], |_| true);
            assert_ne!(outcome(&found), outcome(&wanted));
        }
    }
}

/// Cash history is not of invoices, so that the series still know what old ones paid in the window.
#[test]
fn a_sliding_window_forgets_what_was_issued_and_settled_before_it() {
    let desk = Desk::new();
    let origin: Day = "2024-03-31".parse().unwrap();
    let window = Window::Sliding { days: 200 };
    let whole = run(&read(&sources(&desk.path(""))).unwrap(), origin, window);
    let since = origin.plus(1 - 200);
    let (text, paid) = (desk.text("invoices.csv"), desk.text("payments.csv"));
    let field = |line: &str, k: usize| line.split(',').nth(k).unwrap().to_owned();
    let column =
        |text: &str, name: &str| text.lines().next().unwrap().split(',').position(|c| c == name).unwrap();
    let (id, day, of) =
        (column(&text, "invoice_id"), column(&text, "issue_date"), column(&paid, "invoice_id"));
    // every other one of the invoices that are old, with all its payments, if these are old too
    let last_paid = paid.lines().skip(1).fold(BTreeMap::new(), |mut last, line| {
        let day: Day = field(line, column(&paid, "payment_date")).parse().unwrap();
        last.entry(field(line, of)).and_modify(|d: &mut Day| *d = day.max(*d)).or_insert(day);
        last
    });
    let policy = arrears::policy::parse(POLICY, "p").unwrap();
    let raw = read(&sources(&desk.path(""))).unwrap();
    let known = check(&raw, Some(origin), &policy).unwrap().ledger.into_known(origin);
    let settled: std::collections::BTreeSet<&str> = (0..known.n_invoices())
        .filter(|&i| known.open_amount[i].0 == 0)
        .map(|i| known.invoice_id.get(i))
        .collect();
    let gone = |line: &str| {
        let (id, day) = (field(line, id), field(line, day).parse::<Day>().unwrap());
        day < since && settled.contains(id.as_str()) && last_paid.get(&id).is_some_and(|d| *d < since)
    };
    let kept: Vec<&str> =
        text.lines().enumerate().filter(|(n, l)| *n == 0 || n % 2 == 0 || !gone(l)).map(|(_, l)| l).collect();
    assert!(kept.len() + 20 < text.lines().count());
    let ids: std::collections::BTreeSet<String> = kept.iter().map(|l| field(l, id)).collect();
    let payments: Vec<&str> = paid
        .lines()
        .enumerate()
        .filter(|(n, l)| *n == 0 || ids.contains(&field(l, of)))
        .map(|(_, l)| l)
        .collect();
    desk.write("invoices.csv", kept.join("\n") + "\n");
    desk.write("payments.csv", payments.join("\n") + "\n");
    let cut = run(&read(&sources(&desk.path(""))).unwrap(), origin, window);
    assert!(forecasts(&cut, |_| true) == forecasts(&whole, |_| true));
}

#[test]
fn an_origin_forecasts_what_a_run_on_that_day_does() {
    let desk = Desk::new();
    desk.done(&format!("backtest {TABLES} --first 2024-03-31 --last 2024-03-31 --every 4w --out bt --quiet"));
    desk.done(&format!("run {TABLES} --as-of 2024-03-31 --out out --quiet"));
    let (scores, cash) = (table(&desk, "out", "invoice_scores"), table(&desk, "out", "cash_forecast"));
    let not_yet_due = |i: usize| number(&scores, "days_past_due", i).unwrap() < 0.0;
    let wanted = rows(&scores, &["invoice_id", "late_prob"], not_yet_due);
    let found = table(&desk, "bt", "backtest_scores");
    assert!(wanted.len() > 20);
    assert_eq!(rows(&found, &["invoice_id", "late_prob"], |i| is(&found, "model", i, "arrears")), wanted);
    let columns = ["source", "currency", "period", "expected", "p05", "p50", "p90"];
    // a run shows nothing for the open invoices of a currency without one; there is nothing to judge in that
    let owes = |i: usize| scores.find("currency", &cash.value("currency", i).to_string()).is_some();
    let weekly = |i: usize| {
        let judged = !is(&cash, "source", i, "open") || owes(i);
        judged && is(&cash, "grain", i, "week") && is(&cash, "segment", i, "all")
    };
    let found = table(&desk, "bt", "backtest_cash");
    let mut found = rows(&found, &columns, |i| is(&found, "model", i, "arrears"));
    let mut wanted = rows(&cash, &columns, weekly);
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    assert!(["open", "future", "total"].iter().all(|s| found.iter().any(|row| row[0] == *s)));
    // what falls due is the clerk's rule but for what is overdue, which that pays in the first week
    let bt = table(&desk, "bt", "backtest_cash");
    let due = rows(&bt, &["currency", "period", "expected"], |i| {
        is(&bt, "model", i, "due_date") && !is(&bt, "period", i, "0")
    });
    let shown = rows(&cash, &["currency", "period", "due"], |i| {
        weekly(i) && is(&cash, "source", i, "open") && !is(&cash, "period", i, "0")
    });
    assert_eq!(due.len(), shown.len());
    for (due, shown) in due.iter().zip(&shown) {
        assert_eq!(due[..2], shown[..2]);
        assert!((due[2].parse::<f64>().unwrap() - shown[2].parse::<f64>().unwrap()).abs() < 0.005);
    }
}

/// The metrics once more, straight from the two tables that they are taken from.
#[test]
fn metrics_are_what_the_tables_give_by_plain_sums() {
    let desk = Desk::new();
    let told = desk.done(&format!("backtest {TABLES} {ORIGINS} --out bt"));
    let metrics = table(&desk, "bt", "metrics");
    let scores = table(&desk, "bt", "backtest_scores");
    for model in ["arrears", "customer_late_rate", "collection_curve"] {
        let judged: Vec<(f64, bool)> = (0..scores.n_rows())
            .filter(|&i| is(&scores, "model", i, model))
            .filter_map(|i| match scores.value("late", i) {
                Value::Bool(late) => Some((number(&scores, "late_prob", i).unwrap(), late)),
                _ => None,
            })
            .collect();
        let n = judged.len() as f64;
        let brier = judged.iter().map(|(p, y)| (p - f64::from(u8::from(*y))).powi(2)).sum::<f64>() / n;
        let bias = judged.iter().map(|(p, y)| p - f64::from(u8::from(*y))).sum::<f64>() / n;
        let (mut right, mut pairs) = (0.0, 0.0);
        for (p, _) in judged.iter().filter(|j| j.1) {
            for (q, _) in judged.iter().filter(|j| !j.1) {
                pairs += 1.0;
                right += if p > q {
                    1.0
                } else if p == q {
                    0.5
                } else {
                    0.0
                };
            }
        }
        for (name, wanted) in [("brier", brier), ("bias", bias), ("auc", right / pairs)] {
            let found = metric(&metrics, model, "", name, "");
            assert!((found - wanted).abs() < ROUNDING, "{model} {name}: {found} against {wanted}");
        }
        let part = |name| metric(&metrics, model, "", name, "");
        let sum = part("brier_reliability") - part("brier_resolution") + part("brier_uncertainty");
        assert!((sum - brier).abs() < ROUNDING);
    }

    // rates of the last day with one, into euros
    let fx = desk.text("fx.csv");
    let mut rate = BTreeMap::from([("EUR".to_owned(), 1.0)]);
    for line in fx.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        rate.insert(cells[0].to_owned(), cells[2].parse().unwrap());
    }
    let cash = table(&desk, "bt", "backtest_cash");
    for (model, source) in
        [("arrears", "open"), ("due_date", "open"), ("collection_curve", "open"), ("ets", "total")]
    {
        let mut weeks: BTreeMap<(String, i64), (f64, f64)> = BTreeMap::new();
        let (mut inside, mut n) = (0, 0);
        for i in
            (0..cash.n_rows()).filter(|&i| is(&cash, "model", i, model) && is(&cash, "source", i, source))
        {
            let Some(actual) = number(&cash, "actual", i) else { continue };
            let rate = rate[&cash.value("currency", i).to_string()];
            let key = (cash.value("origin", i).to_string(), number(&cash, "period", i).unwrap() as i64);
            let week = weeks.entry(key).or_default();
            week.0 += rate * number(&cash, "expected", i).unwrap();
            week.1 += rate * actual;
            n += 1;
            let (low, high) = (number(&cash, "p10", i), number(&cash, "p90", i));
            inside += usize::from(low.is_some_and(|l| l <= actual) && high.is_some_and(|h| actual <= h));
        }
        let total = |f: &dyn Fn(&(f64, f64)) -> f64| weeks.values().map(f).sum::<f64>();
        let wape = total(&|w| (w.0 - w.1).abs()) / total(&|w| w.1);
        let bias = total(&|w| w.0) / total(&|w| w.1) - 1.0;
        let mut first: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for ((origin, week), cash) in &weeks {
            if *week < 4 {
                let sum = first.entry(origin).or_default();
                *sum = (sum.0 + cash.0, sum.1 + cash.1);
            }
        }
        let four =
            first.values().map(|w| (w.0 - w.1).abs()).sum::<f64>() / first.values().map(|w| w.1).sum::<f64>();
        let mut wanted = vec![("wape", "", wape), ("bias", "", bias), ("cumulative_wape", "4", four)];
        if ["arrears", "ets"].contains(&model) {
            wanted.push(("coverage_80", "", inside as f64 / n as f64));
        }
        for (name, horizon, wanted) in wanted {
            let found = metric(&metrics, model, source, name, horizon);
            assert!((found - wanted).abs() < ROUNDING, "{model} {name}: {found} against {wanted}");
        }
    }
    // skill is how much of the way to a perfect forecast is gone
    let at = (0..metrics.n_rows()).find(|&i| {
        [("model", "arrears"), ("against", "due_date"), ("metric", "wape_skill")]
            .iter()
            .all(|(c, v)| is(&metrics, c, i, v))
    });
    let skill = number(&metrics, "value", at.unwrap()).unwrap();
    let ratio =
        metric(&metrics, "arrears", "open", "wape", "") / metric(&metrics, "due_date", "open", "wape", "");
    assert!((skill - (1.0 - ratio)).abs() < ROUNDING);
    let (low, high) =
        (number(&metrics, "low", at.unwrap()).unwrap(), number(&metrics, "high", at.unwrap()).unwrap());
    assert!(low < skill && skill < high);
    // what is not judged is said
    assert!(told.contains("2 of 9 origins have fewer than 13 whole weeks"), "{told}");
    assert!(told.contains("due_date on wape of open cash"), "{told}");
    assert!(told.contains("seasonal_naive on wape of total cash"), "{told}");
}

/// arrears' own forecasts as a file of somebody else's.
fn twin(desk: &Desk, keep: impl Fn(usize) -> bool) -> String {
    let (scores, cash) = (table(desk, "bt", "backtest_scores"), table(desk, "bt", "backtest_cash"));
    let mut text = "origin,period,expected,currency,source,invoice_id,late_prob\n".to_owned();
    for i in (0..scores.n_rows()).filter(|&i| is(&scores, "model", i, "arrears") && keep(i)) {
        let row = rows(&scores, &["origin", "invoice_id", "late_prob"], |k| k == i).remove(0);
        writeln!(text, "{},,,,,{},{}", row[0], row[1], row[2]).unwrap();
    }
    let columns = ["origin", "period", "expected", "currency", "source"];
    for row in rows(&cash, &columns, |i| is(&cash, "model", i, "arrears")) {
        writeln!(text, "{},,", row.join(",")).unwrap();
    }
    text
}

#[test]
fn a_challenger_with_our_own_forecasts_has_our_own_metrics() {
    let desk = Desk::new();
    desk.done(&format!("backtest {TABLES} {ORIGINS} --out bt"));
    desk.write("twin.csv", twin(&desk, |_| true));
    desk.write("half.csv", twin(&desk, |i| i % 2 == 0));
    let told = desk
        .done(&format!("backtest {TABLES} {ORIGINS} --challenger twin.csv --challenger half.csv --out bt"));
    let metrics = table(&desk, "bt", "metrics");
    let columns = ["task", "metric", "horizon", "value", "n", "source", "currency", "low", "high"];
    let of = |model: &str| {
        rows(&metrics, &columns, |i| is(&metrics, "model", i, model) && is(&metrics, "against", i, ""))
    };
    let twin = of("twin");
    let quantiles = ["pinball", "wis", "coverage", "width"];
    let ours: Vec<_> =
        of("arrears").into_iter().filter(|r| quantiles.iter().all(|q| !r[1].starts_with(q))).collect();
    assert!(twin.len() > 50);
    assert_eq!(twin, ours);
    let skills = rows(&metrics, &["value"], |i| {
        is(&metrics, "model", i, "twin") && is(&metrics, "against", i, "arrears")
    });
    assert!(!skills.is_empty() && skills.iter().all(|s| s[0].parse::<f64>().unwrap() == 0.0), "{skills:?}");
    assert!(told.contains("twin equals arrears on log_loss of late payment"), "{told}");
    // a challenger that leaves rows out is judged on those that it has, and so is who is held against it
    let skills = rows(&metrics, &["value"], |i| {
        is(&metrics, "model", i, "half")
            && is(&metrics, "against", i, "twin")
            && is(&metrics, "task", i, "late")
    });
    assert!(!skills.is_empty() && skills.iter().all(|s| s[0].parse::<f64>().unwrap() == 0.0), "{skills:?}");
    let n = |model: &str| of(model).iter().find(|r| r[1] == "auc").unwrap()[4].parse::<usize>().unwrap();
    assert!(n("half") * 3 < n("twin") * 2);
    let half = desk.text("half.csv").lines().filter(|l| l.contains(",,,,,")).count();
    let all = desk.text("twin.csv").lines().filter(|l| l.contains(",,,,,")).count();
    assert!(half > 100 && told.contains(&format!("half forecast {half} of {all} scores, ")), "{told}");
}

#[test]
fn threads_do_not_change_a_byte_of_a_backtest() {
    let desk = Desk::new();
    let bytes = |threads: u32| {
        desk.done(&format!("backtest {TABLES} {ORIGINS} --out bt --threads {threads}"));
        let mut files = desk.files("bt");
        let manifest = files.remove(Path::new("manifest.json")).unwrap();
        let mut manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        manifest["timings"] = serde_json::Value::Null;
        (files, manifest)
    };
    let (one, three) = (bytes(1), bytes(3));
    assert_eq!(
        one.0.keys().map(|k| k.to_str().unwrap()).collect::<Vec<_>>(),
        ["backtest_cash.parquet", "backtest_scores.parquet", "metrics.parquet", "reliability.parquet"]
    );
    assert!(one == three);
}

#[test]
fn origins_that_cannot_be_judged_are_refused() {
    let desk = Desk::new();
    let refused = |origins: &str, status: i32| {
        desk.refused(&format!("backtest {TABLES} {origins} --every 4w --out bt"), status)
    };
    let said = refused("--first 2024-02-01 --last 2024-01-01", 2);
    assert!(said.contains("the first origin 2024-02-01 is after the last one 2024-01-01"), "{said}");
    let said = refused("--first 2024-06-25 --last 2024-06-25 --until 2024-06-30", 2);
    assert!(
        said.contains("origin 2024-06-25: the ledger ends on 2024-06-30, before the first week"),
        "{said}"
    );
    assert!(said.contains("hint: give --last on or before 2024-06-23"), "{said}");
    let said = refused("--first 2023-02-01 --last 2024-02-01", 4);
    assert!(said.contains("origin 2023-02-01: no model can be fitted on what was known"), "{said}");
    assert!(said.contains("give a later --first"), "{said}");
    let said = refused("--first 2020-02-01 --last 2020-02-01", 3);
    assert!(said.contains("origin 2020-02-01: no invoice is open"), "{said}");
    let said = refused("--first 2024-02-01 --last 2024-03-01 --window 4w", 2);
    assert!(said.contains("a sliding window of 28 days, expected 90 to 36500"), "{said}");
    let said = desk.refused(&format!("backtest {TABLES} {ORIGINS} --every 4m --out bt"), 2);
    assert!(
        said.contains("cannot be used multiple times") || said.contains("expected days or weeks"),
        "{said}"
    );
}

#[test]
fn a_challenger_that_belongs_to_nothing_is_refused_with_its_row() {
    let desk = Desk::new();
    let refused = |name: &str, text: &str, status: i32| {
        desk.write(name, text);
        let origins = "--first 2024-03-01 --last 2024-03-31 --every 4w";
        desk.refused(&format!("backtest {TABLES} {origins} --challenger {name} --out bt"), status)
    };
    for (text, wanted) in [
        (
            "origin,period,expected,currency\n2024-03-01,0,5,EUR\n2024-03-02,0,5,EUR\n",
            "mine.csv: row 2: `origin` is 2024-03-02, expected an origin of the backtest: 2024-03-01, 2024-03-29",
        ),
        (
            "origin,period,expected,currency\n2024-03-01,13,5,EUR\n",
            "mine.csv: row 1: `period` is 13, expected a week from 0 to 12",
        ),
        (
            "origin,period,expected,currency\n2024-03-01,0,5,EUR\n2024-03-01,0,6,EUR\n",
            "mine.csv: row 2: `period` is 0 again, expected each week once",
        ),
        (
            "origin,period,expected\n2024-03-01,0,5\n",
            "mine.csv: row 1: `currency` is missing, expected one of the ledger's: ",
        ),
        (
            "origin,period,expected,source\n2024-03-01,0,5,all\n",
            "mine.csv: row 1: `source` is `all`, expected open, future or total",
        ),
        (
            "origin,period,expected\n2024-03-01,0,five\n",
            "mine.csv: row 1: `expected` is `five`, expected an amount in currency units",
        ),
        (
            "origin,invoice_id,late_prob\n01.03.2024,X,0.5\n",
            "mine.csv: row 1: `origin` is `01.03.2024`, expected a day as YYYY-MM-DD",
        ),
        (
            "origin,invoice_id,late_prob\n2024-03-01,X,0.5\n",
            "mine.csv: row 1: `invoice_id` is `X`, expected an invoice open and not yet due at 2024-03-01",
        ),
        (
            "origin,invoice_id,late_prob\n2024-03-01,X,1.5\n",
            "mine.csv: row 1: `late_prob` is 1.5, expected a probability from 0 to 1",
        ),
        (
            "origin,invoice,late_prob\n2024-03-01,X,0.5\n",
            "mine.csv: columns are origin, invoice, late_prob; expected origin, period, expected or origin, invoice_id",
        ),
    ] {
        let said = refused("mine.csv", text, 3);
        assert!(said.contains(wanted) && said.contains("\nhint: "), "{said}");
    }
    let said = refused("due_date.csv", "origin,period,expected,currency\n2024-03-01,0,5,EUR\n", 2);
    assert!(said.contains("the name `due_date` is taken by another model"), "{said}");
    let said = refused("mine.txt", "x", 3);
    assert!(said.contains("the extension is `txt`, expected `csv` or `parquet`"), "{said}");
    let said = refused("mine.parquet", "PAR1", 1);
    assert!(said.contains("mine.parquet: not a readable Parquet file"), "{said}");
}

#[test]
fn the_document_lists_every_metric_and_baseline_as_the_source_does() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/backtest.md")).unwrap();
    let rows: Vec<&str> =
        text.lines().filter(|l| l.starts_with("| late | `") || l.starts_with("| cash | `")).collect();
    let row = |m: &Metric| {
        let (task, better) = (m.task.name(), m.better.name());
        format!("| {task} | `{}` | {better} | {} | {} |", m.name, m.meaning, m.source)
    };
    assert_eq!(rows, METRICS.iter().map(row).collect::<Vec<_>>());
    for baseline in Baseline::ALL {
        assert!(text.contains(&format!("\n| `{}` |", baseline.name())), "{}", baseline.name());
    }
}
