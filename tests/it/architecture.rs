//! Who may import whom, and what nobody may do: held for the source, and for ARCHITECTURE.md which tells readers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Module and what it may import of the crate. A module that is not listed fails.
const MAY_IMPORT: &[(&str, &str)] = &[
    ("core", ""),
    ("numeric", ""),
    ("policy", "core"),
    ("remote", ""),
    ("machine", ""),
    ("ledger", "core"),
    ("ingest", "core policy ledger numeric remote"),
    ("features", "core policy ledger numeric"),
    ("analytics", "core policy ledger numeric"),
    ("model", "core policy ledger features numeric"),
    ("score", "core policy ledger features model numeric"),
    ("forecast", "core policy ledger score numeric"),
    ("collect", "core policy ledger score numeric"),
    ("evaluate", "core policy ledger features model score forecast numeric"),
    ("simulate", "core policy ledger numeric"),
    ("contract", "core policy remote"),
    ("report", "core policy contract"),
    (
        "error",
        "core policy ledger ingest features model score forecast collect analytics evaluate simulate contract report",
    ),
    (
        "pipeline",
        "core numeric machine policy ledger ingest features model score forecast collect analytics evaluate simulate contract \
         report error",
    ),
    ("cli", "core policy pipeline error"),
];
/// What only some files may say, and which: parts of a path from `src/`.
const ONLY_IN: &[(&str, &[&str], &[&str])] = &[
    (
        "prints",
        &["println!", "print!", "dbg!", "stdout()", "stderr()"],
        &["cli/render.rs", "cli/progress.rs"],
    ),
    ("reads a clock", &["SystemTime", "Instant", "Zoned::now", "Timestamp::now"], &["cli/progress.rs"]),
    (
        "talks to a server",
        &["postgres::", "object_store", "tokio", "TcpStream", "std::net"],
        &["remote/", "ingest/fetch.rs", "contract/sink/"],
    ),
    (
        "touches files",
        &["std::fs", "fs::", "File::", "tempfile"],
        &["ingest/", "contract/", "policy/load.rs", "model/artifact.rs", "report/", "machine.rs"],
    ),
];

/// Every source file by its path from `src/`, without comment lines and without the unit tests at its end.
fn sources() -> BTreeMap<String, String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let rust = files.iter().filter(|f| f.extension().is_some_and(|e| e == "rs"));
    rust.map(|f| {
        let name = f.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let text = fs::read_to_string(f).unwrap();
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned();
        let is_code = |l: &&str| !l.trim_start().starts_with("//");
        (name, code.lines().filter(is_code).collect::<Vec<_>>().join("\n"))
    })
    .collect()
}

/// The modules named after `crate::`, alone or in braces.
fn imports(code: &str) -> BTreeSet<String> {
    let ident =
        |s: &str| s.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let Some(group) = after.strip_prefix('{') else {
            found.insert(ident(after));
            continue;
        };
        let mut depth = 0;
        let mut names = String::new();
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                _ if depth == 0 => names.push(c),
                _ => {}
            }
        }
        found.extend(names.split(',').map(ident).filter(|n| !n.is_empty()));
    }
    found
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let table: BTreeMap<_, _> = MAY_IMPORT.iter().copied().collect();
    for (file, code) in sources() {
        let module = file.split('/').next().unwrap().trim_end_matches(".rs");
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let allowed =
            table.get(module).unwrap_or_else(|| panic!("src/{file}: `{module}` is not in the table"));
        for import in imports(&code).iter().filter(|i| *i != module) {
            assert!(
                allowed.split_whitespace().any(|a| a == import),
                "src/{file} may not import crate::{import}"
            );
        }
    }
}

#[test]
fn every_way_to_import_is_seen() {
    let code = "use crate::a::X;\nuse crate::{b, c::{d, e}, f::g};\nlet x = crate::h::i();";
    assert_eq!(imports(code).into_iter().collect::<Vec<_>>(), ["a", "b", "c", "f", "h"]);
}

#[test]
fn what_few_may_do_nobody_else_does() {
    for (file, code) in sources() {
        for (deed, words, places) in ONLY_IN {
            let found = words.iter().find(|w| code.contains(**w));
            let allowed = places.iter().any(|p| file.starts_with(p));
            assert!(found.is_none() || allowed, "src/{file} {deed}: {}", found.unwrap());
        }
    }
}

#[test]
fn architecture_md_shows_the_same_table() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let words = |cell: &str| -> BTreeSet<String> {
        cell.split([',', ' ']).map(|w| w.trim_matches('`').to_owned()).filter(|w| !w.is_empty()).collect()
    };
    let mut shown = BTreeMap::new();
    let rows = text.lines().skip_while(|l| *l != "| module | may import |").skip(2);
    for row in rows.take_while(|l| l.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        for module in words(cells[0]) {
            shown.insert(module, words(cells[1]));
        }
    }
    let held: BTreeMap<String, _> = MAY_IMPORT.iter().map(|(m, i)| ((*m).to_owned(), words(i))).collect();
    assert_eq!(shown, held);
}

#[test]
fn architecture_md_tells_of_every_folder_and_of_no_other() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let named = text.lines().filter_map(|l| l.strip_prefix("| `")?.split_once("/` |"));
    let named: BTreeSet<String> = named.map(|(folder, _)| folder.to_owned()).collect();
    let found = sources().into_keys().filter_map(|f| Some(f.split_once('/')?.0.to_owned()));
    assert_eq!(named, found.collect());
}

/// `python/` is a workspace of its own: another version there would build Polars a second time.
#[test]
fn the_python_package_is_built_from_the_same_dependencies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let packages = |file: &str| -> BTreeSet<(String, String)> {
        let lock: toml::Table = fs::read_to_string(root.join(file)).unwrap().parse().unwrap();
        let text = |p: &toml::Value, key: &str| p[key].as_str().unwrap().to_owned();
        lock["package"].as_array().unwrap().iter().map(|p| (text(p, "name"), text(p, "version"))).collect()
    };
    let own = |name: &str| name.starts_with("pyo3") || ["arrears-python", "target-lexicon"].contains(&name);
    let library = packages("Cargo.lock");
    let other: Vec<_> = packages("python/Cargo.lock")
        .into_iter()
        .filter(|p| !library.contains(p) && !own(&p.0))
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    assert_eq!(other, [""; 0], "bring python/Cargo.lock to the versions of Cargo.lock");
    let profile = |file: &str| -> toml::Table {
        let toml: toml::Table = fs::read_to_string(root.join(file)).unwrap().parse().unwrap();
        toml["profile"].as_table().unwrap().clone()
    };
    assert_eq!(profile("python/Cargo.toml"), profile("Cargo.toml"));
}
