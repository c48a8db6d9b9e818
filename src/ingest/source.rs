//! From paths to files: a file, a folder of parts or a glob, and a hash of each.

use super::IngestError;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Formats that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Parquet,
}

impl Format {
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// The files that a path names, each with its format, sorted by name: the file itself, the `.csv` and `.parquet`
/// files of a folder, or those that a glob (`*` and `?` in the last component) matches.
///
/// # Errors
/// [`IngestError::Read`] for what is not there, [`IngestError::NothingThere`] for a folder or glob without such a
/// file, [`IngestError::UnknownExtension`] for a file of another format.
pub(super) fn files(path: &Path) -> Result<Vec<(PathBuf, Format)>, IngestError> {
    if path.is_dir() {
        return matching(path, path, |_| true);
    }
    let pattern = path.file_name().and_then(|n| n.to_str()).filter(|n| n.contains(['*', '?']));
    if let (Some(pattern), false) = (pattern, path.exists()) {
        return matching(path, path.parent().unwrap_or(Path::new("")), |name| glob(pattern, name));
    }
    let read = |source| IngestError::Read { file: path.to_owned(), source };
    std::fs::metadata(path).map_err(read)?;
    match Format::of(path) {
        Some(format) => Ok(vec![(path.to_owned(), format)]),
        None => {
            let found = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            Err(IngestError::UnknownExtension { file: path.to_owned(), found })
        }
    }
}

fn matching(
    path: &Path,
    folder: &Path,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(PathBuf, Format)>, IngestError> {
    let read = |source| IngestError::Read { file: path.to_owned(), source };
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(here).map_err(read)? {
        let entry = entry.map_err(read)?;
        let name = entry.file_name();
        let file = folder.join(&name);
        let Some(format) = Format::of(&file) else { continue };
        if file.is_file() && name.to_str().is_some_and(&wanted) {
            found.push((file, format));
        }
    }
    if found.is_empty() {
        return Err(IngestError::NothingThere { path: path.to_owned() });
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// Whether `*` (any run of characters) and `?` (any one) make `pattern` fit the whole of `name`.
fn glob(pattern: &str, name: &str) -> bool {
    let Some(head) = pattern.chars().next() else { return name.is_empty() };
    let rest = &pattern[head.len_utf8()..];
    if head == '*' {
        return name.char_indices().map(|(i, _)| i).chain([name.len()]).any(|i| glob(rest, &name[i..]));
    }
    match name.chars().next() {
        Some(c) if head == '?' || head == c => glob(rest, &name[c.len_utf8()..]),
        _ => false,
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
        let found = files(path).unwrap();
        found.iter().map(|(f, _)| f.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_folder_gives_its_parts_by_name_and_a_glob_those_that_fit() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.parquet", "c.CSV", "notes.txt"] {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        assert_eq!(names(dir.path()), ["a.parquet", "b.csv", "c.CSV"]);
        assert_eq!(names(&dir.path().join("?.csv")), ["b.csv"]);
        assert_eq!(names(&dir.path().join("a*")), ["a.parquet"]);
        let nothing = files(&dir.path().join("z*.csv")).unwrap_err();
        assert!(matches!(nothing, IngestError::NothingThere { .. }) && nothing.exit_code() == 1);
        let other = files(&dir.path().join("notes.txt")).unwrap_err();
        assert!(
            other.to_string().ends_with("the extension is `txt`, expected `csv` or `parquet`"),
            "{other}"
        );
    }

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        assert!(glob("*", "") && glob("a*c*", "abcd") && glob("part-??.csv", "part-01.csv"));
        assert!(!glob("a*c", "abcd") && !glob("?", "") && !glob("", "a"));
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
