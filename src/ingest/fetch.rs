//! Input tables from a PostgreSQL database or an object store, as the bytes of files.

use super::format::{self, Kind};
use super::layout::Layout;
use super::mapping::Mapping;
use super::source::Source;
use super::table::{Part, Table};
use super::{IngestError, Sources};
use crate::remote::{Bucket, Cause, ObjectUrl, PostgresUrl, RemoteError, cause, is_url};
use postgres::{Client, IsolationLevel};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A part of an input table that came from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fetched {
    /// Its URL, without a password: what messages, the manifest and the quarantine call it.
    pub name: String,
    /// Its name as a file, whose ending tells the format.
    pub file: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

impl Fetched {
    /// All of standard input.
    ///
    /// # Errors
    /// [`IngestError::Read`].
    pub fn from_stdin() -> Result<Self, IngestError> {
        let stdin = Source::stdin();
        let name = stdin.file.display().to_string();
        Ok(Self { file: name.clone(), name, bytes: stdin.bytes()? })
    }

    /// Reads the part as its bytes and the ending of its name say; what a database copies out is CSV by the book.
    ///
    /// # Errors
    /// As the reader of its format.
    pub fn read(self, table: Table, mapping: &Mapping, layout: &Layout) -> Result<Part, IngestError> {
        let copied = Layout {
            delimiter: Some(b','),
            quote: Some(b'"'),
            encoding: Some(encoding_rs::UTF_8),
            ..Layout::default()
        };
        let is_database = is_url(&self.name) && !ObjectUrl::is(&self.name);
        let layout = if is_database { &copied } else { layout };
        let kind = Kind::of_name(Path::new(&self.file));
        format::read_bytes(Path::new(&self.name), kind, self.bytes, table, mapping, layout)
    }
}

/// Whether a reader takes a file of that name.
fn is_table(name: &str) -> bool {
    Kind::of_name(Path::new(name)).is_some()
}

impl Sources {
    /// The tables that are given, each with its path or URL.
    pub(super) fn tables(&self) -> Vec<(Table, &Path)> {
        let optional = [
            (Table::Payments, &self.payments),
            (Table::Customers, &self.customers),
            (Table::Contacts, &self.contacts),
            (Table::Fx, &self.fx),
        ];
        let given = optional.into_iter().filter_map(|(table, path)| Some((table, path.as_deref()?)));
        [(Table::Invoices, self.invoices.as_path())].into_iter().chain(given).collect()
    }
}

/// The URL that a path is meant as, if it is one.
pub(super) fn url(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| is_url(text))
}

/// A path as it may be shown: a URL without its password.
pub(super) fn shown(path: &Path) -> PathBuf {
    let Some(text) = url(path) else { return path.to_owned() };
    if ObjectUrl::is(text) {
        return path.to_owned();
    }
    PostgresUrl::parse(text).map_or_else(|_| "postgres://".into(), |url| url.to_string().into())
}

/// Everything that the URLs among the tables' paths name, by table.
///
/// From PostgreSQL comes `COPY .. TO STDOUT` as CSV, every value in the server's own text: numerics with all their
/// digits, dates as ISO 8601. Tables of one database, named by one URL up to its `#`, are read in one transaction
/// and so belong together, whatever others write meanwhile. From an object store come one object, the objects
/// directly below a prefix that ends with `/`, or those of a glob in the last part of the key, by name.
///
/// # Errors
/// [`IngestError::Remote`] for what cannot be reached or read, [`IngestError::NothingThere`] for a prefix or a glob
/// without an object that a reader takes by its name.
pub(super) fn fetch(sources: &Sources) -> Result<BTreeMap<&'static str, Vec<Fetched>>, IngestError> {
    let mut found = BTreeMap::new();
    let mut databases: Vec<Vec<(Table, PostgresUrl)>> = Vec::new();
    for (table, path) in sources.tables() {
        let Some(text) = url(path) else { continue };
        if ObjectUrl::is(text) {
            found.insert(table.name(), objects(&ObjectUrl::parse(text)?)?);
            continue;
        }
        let url = PostgresUrl::parse(text)?;
        match databases.iter_mut().find(|tables| tables.iter().any(|(_, u)| u.same_database(&url))) {
            Some(tables) => tables.push((table, url)),
            None => databases.push(vec![(table, url)]),
        }
    }
    for tables in databases {
        found.extend(snapshot(&tables)?);
    }
    Ok(found)
}

/// Tables of one database as they were at one moment.
fn snapshot(tables: &[(Table, PostgresUrl)]) -> Result<Vec<(&'static str, Vec<Fetched>)>, IngestError> {
    let Some((_, first)) = tables.first() else { return Ok(Vec::new()) };
    let statements = tables.iter().map(|(_, url)| statement(url)).collect::<Result<Vec<_>, _>>()?;
    let mut client: Client = first.connect()?;
    let failed = |url: &PostgresUrl, source: Cause| RemoteError::Read { url: url.to_string(), source };
    let begun =
        client.build_transaction().read_only(true).isolation_level(IsolationLevel::RepeatableRead).start();
    let mut transaction = begun.map_err(|e| failed(first, cause(e)))?;
    let mut found = Vec::new();
    for ((table, url), statement) in tables.iter().zip(statements) {
        let mut bytes = Vec::new();
        let mut rows = transaction.copy_out(&statement).map_err(|e| failed(url, cause(e)))?;
        rows.read_to_end(&mut bytes).map_err(|e| failed(url, broken(e)))?;
        drop(rows);
        let file = format!("{}.csv", table.name());
        found.push((table.name(), vec![Fetched { name: url.to_string(), file, bytes }]));
    }
    Ok(found)
}

/// What the client library says of a stream that broke off.
fn broken(error: std::io::Error) -> Cause {
    match error.into_inner().map(|e| e.downcast::<postgres::Error>()) {
        Some(Ok(e)) => cause(*e),
        Some(Err(e)) => e,
        None => "the stream broke off".into(),
    }
}

/// The statement that copies out the table or query after `#`. Where it begins like a query, it is one.
fn statement(url: &PostgresUrl) -> Result<String, IngestError> {
    let what = url.what().trim().trim_end_matches(';').trim_end();
    let head: String =
        what.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let is_query = what.len() > head.len() && ["select", "with", "values", "table"].contains(&head.as_str());
    match what {
        "" => Err(IngestError::NoSelection { url: url.to_string() }),
        // the line ends keep a comment at the query's end from swallowing the bracket
        query if is_query => Ok(format!("COPY (\n{query}\n) TO STDOUT (FORMAT csv, HEADER)")),
        table if is_table_name(table) => {
            Ok(format!("COPY (SELECT * FROM {table}) TO STDOUT (FORMAT csv, HEADER)"))
        }
        _ => Err(IngestError::NotATable),
    }
}

/// `table`, `schema.table` or either in double quotes. What is none of them may be the rest of a password with a `#`.
fn is_table_name(text: &str) -> bool {
    let mut quoted = false;
    let plain = |c: char| c.is_alphanumeric() || "_$.".contains(c);
    text.chars().all(|c| {
        quoted ^= c == '"';
        quoted || c == '"' || plain(c)
    }) && !quoted
}

/// The objects that a URL names.
fn objects(url: &ObjectUrl) -> Result<Vec<Fetched>, IngestError> {
    let bucket = Bucket::open(url.bucket())?;
    let (folder, last) =
        url.key().rsplit_once('/').map_or(("", url.key()), |(f, l)| (&url.key()[..=f.len()], l));
    let is_many = last.is_empty() || last.contains(['*', '?', '[']);
    let keys = if is_many { matching(&bucket, folder, last)? } else { vec![url.key().to_owned()] };
    if keys.is_empty() {
        return Err(IngestError::NothingThere { path: url.to_string().into() });
    }
    keys.into_iter()
        .map(|key| {
            let bytes = bucket.get(&key)?;
            let file = key.rsplit('/').next().unwrap_or_default().to_owned();
            Ok(Fetched { name: bucket.url(&key), file, bytes })
        })
        .collect()
}

fn matching(bucket: &Bucket, folder: &str, pattern: &str) -> Result<Vec<String>, IngestError> {
    let pattern = if pattern.is_empty() { "*" } else { pattern };
    let pattern = glob::Pattern::new(pattern).map_err(|e| RemoteError::Read {
        url: bucket.url(&format!("{folder}{pattern}")),
        source: Box::new(e),
    })?;
    let name = |key: &str| key[folder.len()..].to_owned();
    let keys = bucket.list(folder)?;
    Ok(keys.into_iter().filter(|k| is_table(&name(k)) && pattern.matches(&name(k))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(what: &str) -> String {
        let url = PostgresUrl::parse(&format!("postgres://ann@db/erp#{what}")).unwrap();
        statement(&url).map_or_else(|e| e.to_string(), |s| s.replace('\n', " "))
    }

    #[test]
    fn a_table_is_copied_whole_and_a_query_as_it_stands() {
        let csv = "TO STDOUT (FORMAT csv, HEADER)";
        assert_eq!(copied("invoices"), format!("COPY (SELECT * FROM invoices) {csv}"));
        assert_eq!(copied("erp.\"Open Items\""), format!("COPY (SELECT * FROM erp.\"Open Items\") {csv}"));
        assert_eq!(copied("selected_items"), format!("COPY (SELECT * FROM selected_items) {csv}"));
        assert_eq!(copied("Select 1 AS a; "), format!("COPY ( Select 1 AS a ) {csv}"));
        assert_eq!(
            copied("with x as (select 1) table x"),
            format!("COPY ( with x as (select 1) table x ) {csv}")
        );
    }

    #[test]
    fn what_is_neither_table_nor_query_is_refused_and_not_repeated() {
        assert_eq!(copied(" "), "postgres://ann@db/erp#: names no table or query");
        for what in ["word@db/erp", "drop table x", "a;b", "\"open"] {
            assert!(!copied(what).contains(what), "{what}");
        }
    }

    #[test]
    fn a_path_is_shown_without_the_password_of_a_url() {
        let show = |text: &str| shown(Path::new(text)).display().to_string();
        assert_eq!(show("postgres://ann:hush@db/erp#t"), "postgres://ann@db/erp#t");
        assert_eq!(show("postgres://ann:hush"), "postgres://");
        assert_eq!(show("data/i.csv"), "data/i.csv");
    }
}
