//! The model as a file: what `--model` takes and `fit` writes.

use super::hazard::Hazard;
use crate::core::Day;
use crate::features::covariate::{N_COLUMNS, column_name};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Version of the artifact's layout. A reader takes every version up to its own.
pub const FORMAT: u32 = 1;

/// Why a file is no model that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum ArtifactError {
    /// The file cannot be read or written.
    #[error("{}: cannot be {did}", .file.display())]
    Io {
        file: PathBuf,
        did: &'static str,
        #[source]
        source: std::io::Error,
    },
    /// Not the JSON of a model.
    #[error("{}: not an arrears model", .file.display())]
    NotAModel {
        file: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    /// Written by a later version.
    #[error("{}: model format {found}, this version reads up to {FORMAT}", .file.display())]
    TooNew { file: PathBuf, found: u32 },
    /// Other columns than this version fills.
    #[error("{}: column {column} is `{found}`, this version fills `{expected}`", .file.display())]
    OtherColumns { file: PathBuf, column: usize, found: String, expected: String },
    /// Changed after it was written.
    #[error("{}: model_id is {stated}, but its numbers have {computed}", .file.display())]
    Changed { file: PathBuf, stated: String, computed: String },
}

impl ArtifactError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } => None,
            Self::TooNew { .. } => Some("update arrears, or fit again with `arrears fit`".to_owned()),
            _ => Some("write a model with `arrears fit ... --model-out F`".to_owned()),
        }
    }

    /// Exit code of the contract.
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Io { .. }) { 1 } else { 3 }
    }
}

/// A fitted model with where it came from. Nothing in it depends on anything after `as_of`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    /// Layout version.
    pub format: u32,
    /// Identity: the first 16 hex digits of the SHA-256 of everything below.
    pub model_id: String,
    /// Version of arrears that wrote it.
    pub arrears_version: String,
    /// The end of the history it was fitted on.
    pub as_of: Day,
    /// Seed of the row sample.
    pub seed: u64,
    /// SHA-256 of the policy it was fitted under.
    pub policy_sha256: String,
    /// Invoices and customers in that history.
    pub n_invoices: u64,
    /// Customers in it.
    pub n_customers: u64,
    /// The numbers.
    pub hazard: Hazard,
    /// What invoices have in common; a model of before it was measured leaves it to the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependence: Option<Dependence>,
    /// What contacts were seen to do, by channel; nothing where the ledger knew of none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contact_effects: Vec<ContactEffect>,
}

/// What contacts of one channel do to the odds that an invoice is paid on a day, as the ledger shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactEffect {
    /// In the words of the contacts.
    pub channel: String,
    /// Logarithm of the factor on a day's odds of payment.
    pub log_odds: f64,
    /// Its standard error, customers being independent of each other.
    pub standard_error: f64,
    /// Contacts that were followed.
    pub n_contacts: u64,
    /// Days on which an invoice was open after one.
    pub n_days: u64,
    /// Invoices paid on one of them.
    pub n_paid: u64,
}

/// What payments have in common: shares of their timing, and what moves a whole week.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dependence {
    /// Those of one customer, beyond what all have.
    pub customer: f64,
    /// All of them.
    pub portfolio: f64,
    /// Deviation of the log of a week's cash beyond that: what the model has wrong about a week as such.
    #[serde(default)]
    pub week: f64,
}

impl Artifact {
    /// Puts the model's identity on it.
    pub fn identified(mut self) -> Self {
        self.model_id = self.identity();
        self
    }

    fn identity(&self) -> String {
        let bare = Self { model_id: String::new(), ..self.clone() };
        let text = serde_json::to_vec(&bare).unwrap_or_default();
        Sha256::digest(&text).iter().take(8).map(|b| format!("{b:02x}")).collect()
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads and checks a model file: layout, columns and identity.
    ///
    /// # Errors
    /// [`ArtifactError`] says which of them does not hold.
    pub fn load(file: &Path) -> Result<Self, ArtifactError> {
        let text = std::fs::read_to_string(file).map_err(|source| ArtifactError::Io {
            file: file.to_owned(),
            did: "read",
            source,
        })?;
        Self::parse(&text, file)
    }

    /// [`Artifact::load`] for a text; `file` stands in messages.
    ///
    /// # Errors
    /// As [`Artifact::load`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, ArtifactError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let not_a_model = |source| ArtifactError::NotAModel { file: file.to_owned(), source };
        let head: Head = serde_json::from_str(text).map_err(not_a_model)?;
        if head.format > FORMAT {
            return Err(ArtifactError::TooNew { file: file.to_owned(), found: head.format });
        }
        let model: Self = serde_json::from_str(text).map_err(not_a_model)?;
        let columns = &model.hazard.columns;
        let expected = |k: usize| if k < N_COLUMNS { column_name(k) } else { "nothing".to_owned() };
        let longest = columns.len().max(N_COLUMNS);
        if let Some(k) = (0..longest).find(|&k| columns.get(k) != Some(&expected(k))) {
            return Err(ArtifactError::OtherColumns {
                file: file.to_owned(),
                column: k,
                found: columns.get(k).cloned().unwrap_or_else(|| "nothing".to_owned()),
                expected: expected(k),
            });
        }
        let computed = model.identity();
        if computed != model.model_id {
            return Err(ArtifactError::Changed { file: file.to_owned(), stated: model.model_id, computed });
        }
        Ok(model)
    }

    /// Writes the model beside its place and renames it there.
    ///
    /// # Errors
    /// [`ArtifactError::Io`].
    pub fn save(&self, file: &Path) -> Result<(), ArtifactError> {
        let io = |source| ArtifactError::Io { file: file.to_owned(), did: "written", source };
        let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(io)?;
        let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
        std::io::Write::write_all(&mut temporary, self.to_json().as_bytes()).map_err(io)?;
        temporary.persist(file).map_err(|e| io(e.error))?;
        Ok(())
    }
}
