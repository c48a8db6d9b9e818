//! A small simulated ledger that several tests run on, made once, and folders to run in.

use arrears::pipeline::OutputFile;
use arrears::pipeline::demo::{Plan, TableFormat, simulate_to};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Two months before the sample's end: something is open, something is yet to come.
pub const AS_OF: &str = "2024-04-30";
/// Options that name every table of the sample, and a policy: it is in several currencies, and needs few rows to fit.
pub const TABLES: &str = "--invoices invoices.csv --payments payments.csv --customers customers.csv \
                          --contacts contacts.csv --fx fx.csv --config policy.toml";
pub const POLICY: &str = "[ledger]\nreporting_currency = \"EUR\"\n[model]\ntrain_rows_max = 20000\n";

/// One good invoice as CSV, under its header.
pub const INVOICES: &str =
    "invoice_id,customer_id,issue_date,due_date,amount\nA1,ACME,2024-01-10,2024-02-09,100.00\n";

const CUSTOMERS: u32 = 60;
const MONTHS: u32 = 18;
const SEED: u64 = 5;

/// The sample's tables as files of one format: invoices, payments, customers, contacts, rates.
pub fn tables(format: TableFormat) -> Vec<OutputFile> {
    let home = tempfile::tempdir().unwrap();
    simulate_to(&home.path().join("ledger"), &Plan::new(CUSTOMERS, MONTHS, SEED), format).unwrap().files
}

fn csv() -> &'static [OutputFile] {
    static CSV: OnceLock<Vec<OutputFile>> = OnceLock::new();
    CSV.get_or_init(|| tables(TableFormat::Csv))
}

/// Every file under a folder, by its path from there.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What the command left behind.
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

/// The folder that one test runs in.
pub struct Desk {
    dir: TempDir,
}

impl Desk {
    /// Nothing in it.
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// The sample's tables in it, as CSV.
    pub fn new() -> Self {
        let desk = Self::empty();
        desk.write("policy.toml", POLICY);
        csv().iter().for_each(|f| desk.write(&f.name, &f.bytes));
        desk
    }

    /// An earlier run of the sample in `out`, too.
    pub fn with_run() -> Self {
        static RUN: OnceLock<Files> = OnceLock::new();
        let run = RUN.get_or_init(|| {
            let desk = Self::new();
            desk.done(&format!("run {TABLES} --as-of {AS_OF} --out out"));
            desk.files("out")
        });
        let desk = Self::new();
        fs::create_dir(desk.path("out")).unwrap();
        run.iter().for_each(|(name, bytes)| fs::write(desk.path("out").join(name), bytes).unwrap());
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Text of a file.
    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// All files under a folder.
    pub fn files(&self, folder: &str) -> Files {
        fn walk(root: &Path, folder: &Path, found: &mut Files) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(root, &path, found);
                } else {
                    let name = path.strip_prefix(root).unwrap().to_owned();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        let root = self.path(folder);
        let mut found = Files::new();
        walk(&root, &root, &mut found);
        found
    }

    /// Runs the command in this folder.
    pub fn arrears(&self, arguments: &str) -> Said {
        self.piped(arguments, &[])
    }

    /// Runs the command in this folder with something on its standard input.
    pub fn piped(&self, arguments: &str, input: &[u8]) -> Said {
        self.called(&arguments.split_whitespace().collect::<Vec<_>>(), &[], input)
    }

    /// Runs the command in this folder with arguments that may hold spaces, in an environment of its own.
    pub fn arrears_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Said {
        self.called(arguments, environment, &[])
    }

    fn called(&self, arguments: &[&str], environment: &[(&str, &str)], input: &[u8]) -> Said {
        let mut child = Command::new(env!("CARGO_BIN_EXE_arrears"))
            .args(arguments)
            .envs(environment.iter().copied())
            .current_dir(self.dir.path())
            .env_remove("COLUMNS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = std::thread::scope(|s| {
            // a command that reads nothing closes the pipe
            s.spawn(move || drop(std::io::Write::write_all(&mut stdin, input)));
            child.wait_with_output().unwrap()
        });
        Said {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs the command, which must succeed, and gives its standard output.
    pub fn done(&self, arguments: &str) -> String {
        let said = self.arrears(arguments);
        assert_eq!(said.status, 0, "arrears {arguments}\n{}", said.err);
        said.out
    }

    /// Runs the command, which must be refused with `status`, print nothing on standard output and leave the folder
    /// as it was. Gives what it said of it.
    pub fn refused(&self, arguments: &str, status: i32) -> String {
        let before = self.files("");
        let said = self.arrears(arguments);
        assert_eq!(said.status, status, "arrears {arguments}\n{}", said.err);
        assert_eq!(said.out, "");
        let after = self.files("");
        let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&before), names(&after));
        assert!(before == after, "arrears {arguments} changed a file");
        said.err
    }
}
