//! From paths to files: a file, a sheet of a workbook, a folder of parts, a glob or standard input.

use super::IngestError;
use super::format::Kind;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The path that stands for standard input.
const STDIN: &str = "-";

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// As the user named it, joined with the file's own name where that was a folder or a glob; `-` is standard input.
    pub file: PathBuf,
    /// The sheet of a workbook that the path names after a `#`.
    pub sheet: Option<String>,
}

impl Source {
    fn of(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), sheet: None }
    }

    /// Standard input.
    pub fn stdin() -> Self {
        Self::of(STDIN)
    }

    /// Whether it is standard input, which can be read once.
    pub fn is_stdin(&self) -> bool {
        is_stdin(&self.file)
    }

    /// # Errors
    /// [`IngestError::Read`].
    pub fn bytes(&self) -> Result<Vec<u8>, IngestError> {
        let mut bytes = Vec::new();
        let read = if self.is_stdin() {
            std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            std::fs::read(&self.file)
        };
        read.map_err(|source| IngestError::Read { file: self.file.clone(), source })
    }
}

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

/// The files that a path names, sorted by name: the file itself, `book.xlsx#Sheet`, the files of a folder whose
/// names say that they are tables, those of them that a glob (`*`, `?`, `[..]`, `**` in any component) matches, or
/// standard input (`-`).
///
/// # Errors
/// [`IngestError::Read`] for what is not there, [`IngestError::NothingThere`] for a folder or glob without such a
/// file, [`IngestError::Glob`] for a glob that is none.
pub(super) fn sources(path: &Path) -> Result<Vec<Source>, IngestError> {
    if is_stdin(path) {
        return Ok(vec![Source::of(path)]);
    }
    if path.is_dir() {
        return of_folder(path);
    }
    if path.exists() {
        return Ok(vec![Source::of(path)]);
    }
    let (file, sheet) = split_sheet(path).map_or((path.to_owned(), None), |(f, s)| (f, Some(s)));
    match file.to_str().filter(|text| text.contains(['*', '?', '['])) {
        Some(pattern) if !file.exists() => {
            let found = matching(path, pattern)?;
            Ok(found.into_iter().map(|file| Source { file, sheet: sheet.clone() }).collect())
        }
        _ => {
            std::fs::metadata(&file).map_err(|source| IngestError::Read { file: file.clone(), source })?;
            Ok(vec![Source { file, sheet }])
        }
    }
}

/// `book.xlsx` and `Sheet` of `book.xlsx#Sheet`.
fn split_sheet(path: &Path) -> Option<(PathBuf, String)> {
    let text = path.to_str()?;
    let mut marks = text.match_indices('#').map(|(at, _)| at);
    let at = marks.find(|at| Kind::of_name(Path::new(&text[..*at])) == Some(Kind::Workbook))?;
    let sheet = &text[at + 1..];
    (!sheet.is_empty()).then(|| (PathBuf::from(&text[..at]), sheet.to_owned()))
}

fn of_folder(folder: &Path) -> Result<Vec<Source>, IngestError> {
    let read = |source| IngestError::Read { file: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        found.push(folder.join(entry.map_err(read)?.file_name()));
    }
    let found = tables(folder, found, |_| false)?;
    Ok(found.into_iter().map(Source::of).collect())
}

fn matching(path: &Path, pattern: &str) -> Result<Vec<PathBuf>, IngestError> {
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let paths = glob::glob_with(pattern, options).map_err(|e| IngestError::Glob {
        path: path.to_owned(),
        at: e.pos,
        why: e.msg,
    })?;
    let found: Result<Vec<PathBuf>, _> = paths.collect();
    let found = found.map_err(|e| IngestError::Read { file: e.path().to_owned(), source: e.into() })?;
    // who writes *.txt means those files
    let named = Path::new(pattern).extension().map(ToOwned::to_owned);
    tables(path, found, |file| named.is_some() && file.extension() == named.as_deref())
}

/// Those that are files and bear the name of a table or are wanted all the same, sorted.
fn tables(
    path: &Path,
    mut found: Vec<PathBuf>,
    wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, IngestError> {
    found.retain(|file| (Kind::of_name(file).is_some() || wanted(file)) && !is_lock(file) && file.is_file());
    found.sort();
    if found.is_empty() { Err(IngestError::NothingThere { path: path.to_owned() }) } else { Ok(found) }
}

/// What Excel and LibreOffice leave beside a workbook that is open, and hidden files.
fn is_lock(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("~$") || name.starts_with('.')
}

/// SHA-256 of bytes that come one after the other.
#[derive(Default)]
pub(super) struct Hash(Sha256);

impl Hash {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In hexadecimal.
    pub fn hex(self) -> String {
        hex(self.0.finalize().as_slice())
    }
}

/// SHA-256 of bytes, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes).as_slice())
}

/// SHA-256 of a file, in hexadecimal, without holding the file in memory.
pub(super) fn sha256_of_file(file: &Path) -> Result<String, IngestError> {
    let read = |source| IngestError::Read { file: file.to_owned(), source };
    let mut reader = std::fs::File::open(file).map_err(read)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match reader.read(&mut buffer).map_err(read)? {
            0 => return Ok(hex(hasher.finalize().as_slice())),
            n => hasher.update(&buffer[..n]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &Path) -> Vec<String> {
        let found = sources(path).unwrap();
        found.iter().map(|s| s.file.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in files {
            let file = dir.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "x").unwrap();
        }
        dir
    }

    #[test]
    fn a_folder_gives_its_parts_by_name_and_a_glob_those_that_fit() {
        let dir = folder(&["b.csv", "a.parquet", "c.CSV", "d.ndjson.gz", "e.xlsx", "~$e.xlsx", "notes.txt"]);
        assert_eq!(names(dir.path()), ["a.parquet", "b.csv", "c.CSV", "d.ndjson.gz", "e.xlsx"]);
        assert_eq!(names(&dir.path().join("?.csv")), ["b.csv"]);
        assert_eq!(names(&dir.path().join("a*")), ["a.parquet"]);
        assert_eq!(names(&dir.path().join("[b-d].*")), ["b.csv", "c.CSV", "d.ndjson.gz"]);
        assert_eq!(names(&dir.path().join("n*.txt")), ["notes.txt"]);
        let nothing = sources(&dir.path().join("z*.csv")).unwrap_err();
        assert!(matches!(nothing, IngestError::NothingThere { .. }) && nothing.exit_code() == 1);
        let none = sources(&dir.path().join("***.csv")).unwrap_err();
        assert!(matches!(none, IngestError::Glob { .. }) && none.exit_code() == 2, "{none}");
    }

    #[test]
    fn a_star_may_stand_in_any_component() {
        let dir = folder(&["2024/01/i.csv", "2024/02/i.csv", "2025/01/i.csv", "2025/01/.i.csv"]);
        let found = sources(&dir.path().join("2024/*/i.csv")).unwrap();
        let tails: Vec<_> = found.iter().map(|s| s.file.strip_prefix(dir.path()).unwrap()).collect();
        assert_eq!(tails, [Path::new("2024/01/i.csv"), Path::new("2024/02/i.csv")]);
        assert_eq!(sources(&dir.path().join("**/*.csv")).unwrap().len(), 3);
    }

    #[test]
    fn a_name_that_is_there_is_no_glob_and_has_no_sheet() {
        let dir = folder(&["a[1].csv", "b.xlsx#c", "b.xlsx"]);
        assert_eq!(names(&dir.path().join("a[1].csv")), ["a[1].csv"]);
        let sheet = |name: &str| sources(&dir.path().join(name)).map(|s| s[0].sheet.clone());
        assert_eq!(sheet("b.xlsx#c").unwrap(), None);
        assert_eq!(sheet("b.xlsx#Open #1").unwrap().as_deref(), Some("Open #1"));
        assert_eq!(sheet("*.xlsx#Open").unwrap().as_deref(), Some("Open"));
        assert!(matches!(sheet("z.xlsx#Open"), Err(IngestError::Read { .. })));
    }

    #[test]
    fn a_dash_is_standard_input_and_a_file_of_that_name_needs_its_folder() {
        assert!(sources(Path::new("-")).unwrap()[0].is_stdin());
        assert!(!is_stdin(Path::new("./-")));
    }

    #[test]
    fn the_hash_of_nothing_is_the_known_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f.csv");
        std::fs::write(&file, "").unwrap();
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), nothing);
        assert_eq!(sha256_of_file(&file).unwrap(), nothing);
    }
}
