//! Why a policy is refused.

use std::path::PathBuf;

/// Why a policy is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum PolicyError {
    /// The file cannot be read.
    #[error("{}: cannot be read", .file.display())]
    Read {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The defaults cannot be written there.
    #[error("{}: cannot be written", .file.display())]
    Write {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("{file}: not a valid policy")]
    Toml {
        file: String,
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A value of another type or outside its range.
    #[error("{}: {key} is {value}, expected {expected}", place(file, *line))]
    OutOfRange { file: String, line: Option<usize>, key: String, value: String, expected: String },
    /// A key that no policy has.
    #[error("{}: unknown key {key}{}", place(file, *line), meant(nearest.as_deref()))]
    UnknownKey { file: String, line: Option<usize>, key: String, nearest: Option<String> },
    /// A level of the ladder without something that every level must say.
    #[error("{}: {key} is missing, expected {expected}", place(file, *line))]
    MissingKey { file: String, line: Option<usize>, key: String, expected: String },
    /// Something that is to change a key and names none, or gives it no value.
    #[error("{file} {text}: expected KEY=VALUE")]
    NoPair { file: String, text: String },
    /// A key that is there and cannot be changed here.
    #[error("{file}: {key} cannot be changed here, expected {expected}")]
    Fixed { file: String, key: String, expected: String },
    /// More than one of these.
    #[error("{}", lines(.0))]
    Several(Vec<PolicyError>),
}

impl PolicyError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Write { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists => Some(
                "name a file that is not there yet: what you have decided is never overwritten".to_owned(),
            ),
            Self::Write { .. } => None,
            _ => Some(
                "`arrears policy init` prints every key with its default, its unit and its range".to_owned(),
            ),
        }
    }

    /// The faults one by one.
    pub fn each(&self) -> &[Self] {
        match self {
            Self::Several(all) => all,
            one => std::slice::from_ref(one),
        }
    }

    /// The key that is at fault, if it is one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::OutOfRange { key, .. } | Self::UnknownKey { key, .. } | Self::MissingKey { key, .. } => {
                Some(key)
            }
            _ => None,
        }
    }

    /// The line that is at fault, the first being 1; none for what no line says.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::OutOfRange { line, .. } | Self::UnknownKey { line, .. } | Self::MissingKey { line, .. } => {
                *line
            }
            _ => None,
        }
    }
}

fn place(file: &str, line: Option<usize>) -> String {
    line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"))
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |known| format!("; the nearest known one is {known}"))
}

fn lines(all: &[PolicyError]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n       ")
}
