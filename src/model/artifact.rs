//! The model as a file: what `--model` takes and `fit` writes.

use super::hazard::Hazard;
use super::profile::Profile;
use crate::core::Day;
use crate::features::Background;
use crate::features::covariate::{N_COLUMNS, column_name};
use crate::policy::ModelPolicy;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Version of the artifact's layout. A reader takes every version up to its own: 1 had numbers alone, 2 says what they
/// were learnt from, 3 has numbers of their own for invoices that are overdue when they are looked at, 4 says how far a
/// customer's surprise and what an invoice has outlived are believed.
pub const FORMAT: u32 = 4;
/// Columns that an earlier version filled and this one does not. A model that has one is read all the same: the column
/// counts as at its training mean. Whoever takes a column out of the design adds its name here.
pub const RETIRED: [&str; 2] = ["month_end", "pay_run_backlog"];

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
    /// A column that this version does not fill and no earlier one did, or columns and numbers that do not match.
    #[error("{}: column {column} is `{found}`, which no version up to this one fills", .file.display())]
    OtherColumns { file: PathBuf, column: usize, found: String },
    /// Lists of numbers of other lengths than the columns.
    #[error("{}: {n} values of `{field}` for {n_columns} columns", .file.display())]
    OtherLength { file: PathBuf, field: &'static str, n: usize, n_columns: usize },
    /// Features would be made by another rule than the model was fitted with.
    #[error("model {model_id} was fitted with model.{key} = {fitted}, the policy says {given}")]
    OtherPolicy { model_id: String, key: &'static str, fitted: i32, given: i32 },
    /// Changed after it was written.
    #[error("{}: model_id is {stated}, but its numbers have {computed}", .file.display())]
    Changed { file: PathBuf, stated: String, computed: String },
}

impl ArtifactError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { .. } => None,
            Self::OtherPolicy { key, fitted, .. } => Some(format!(
                "set model.{key} = {fitted} to score with this model, or fit one under this policy with `arrears fit`"
            )),
            Self::TooNew { .. } => Some("update arrears, or fit again with `arrears fit`".to_owned()),
            _ => Some("write a model with `arrears fit ... --model-out F`".to_owned()),
        }
    }

    /// Exit code of the contract.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Io { .. } => 1,
            Self::OtherPolicy { .. } => 4,
            _ => 3,
        }
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
    /// What it was learnt from; none before format 2, as all below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learnt: Option<Learnt>,
    /// The rules by which features are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recency: Option<RecencyRules>,
    /// What the fit saw, for drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// How its customers pay together, for ledgers too young to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Background>,
    /// Where its numbers come from, if they were not fitted on the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<StandIn>,
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

/// The history behind a fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learnt {
    /// First day of issue in the ledger.
    pub first_issue: Day,
    /// First day that history was looked at from.
    pub first_landmark: Day,
    /// The last one.
    pub last_landmark: Day,
    /// How many of them.
    pub n_landmarks: u64,
    /// Invoices whose settlement one of them sees.
    pub n_settled: u64,
}

/// How fast the past fades in features: another rule makes other features, on which coefficients mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // defaults.toml documents each key
pub struct RecencyRules {
    pub half_life_long_days: i32,
    pub half_life_days: i32,
    pub half_life_short_days: i32,
    pub half_life_level_days: i32,
}

impl RecencyRules {
    /// Those of a policy.
    pub fn of(policy: &ModelPolicy) -> Self {
        Self {
            half_life_long_days: policy.half_life_long_days,
            half_life_days: policy.half_life_days,
            half_life_short_days: policy.half_life_short_days,
            half_life_level_days: policy.half_life_level_days,
        }
    }

    fn keys(&self) -> [(&'static str, i32); 4] {
        [
            ("half_life_long_days", self.half_life_long_days),
            ("half_life_days", self.half_life_days),
            ("half_life_short_days", self.half_life_short_days),
            ("half_life_level_days", self.half_life_level_days),
        ]
    }
}

/// The reference model in the place of a fit, shifted towards what a small ledger shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StandIn {
    /// The reference model.
    pub model_id: String,
    /// Settled invoices that the ledger has.
    pub n_settled: u64,
    /// Settled invoices that a fit needs.
    pub needed: u64,
    /// What was added to the log-odds of settlement on every day.
    pub shift: f64,
    /// Its standard error.
    pub shift_standard_error: f64,
}

/// A model of before weeks were measured has none, and keeps its identity.
fn is_zero(week: &f64) -> bool {
    *week == 0.0
}

/// What payments have in common: shares of their timing, and what moves a whole week.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dependence {
    /// Those of one customer, beyond what all have.
    pub customer: f64,
    /// All of them.
    pub portfolio: f64,
    /// Deviation of the log of a week's cash beyond that: what the model has wrong about a week as such.
    #[serde(default, skip_serializing_if = "is_zero")]
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
        model.check_columns(file)?;
        let computed = model.identity();
        if computed != model.model_id {
            return Err(ArtifactError::Changed { file: file.to_owned(), stated: model.model_id, computed });
        }
        Ok(model)
    }

    /// Every column must be one that some version has filled, once, and every list of numbers as long as the columns.
    fn check_columns(&self, file: &Path) -> Result<(), ArtifactError> {
        let h = &self.hazard;
        let known: Vec<String> = (0..N_COLUMNS).map(column_name).collect();
        let is_known = |name: &String| known.contains(name) || RETIRED.contains(&name.as_str());
        let fault = |k: usize| h.columns[..k].contains(&h.columns[k]) || !is_known(&h.columns[k]);
        if let Some(k) = (0..h.columns.len()).find(|&k| fault(k)) {
            let (file, found) = (file.to_owned(), h.columns[k].clone());
            return Err(ArtifactError::OtherColumns { file, column: k, found });
        }
        let n_columns = h.columns.len();
        let lists = [
            ("coefficients", h.coefficients.len()),
            ("means", h.means.len()),
            ("deviations", h.deviations.len()),
        ];
        let errors = (
            "standard_errors",
            if h.standard_errors.is_empty() { n_columns } else { h.standard_errors.len() },
        );
        let overdue = h.overdue.iter().flat_map(|o| {
            [
                ("overdue.coefficients", o.coefficients.len()),
                ("overdue.standard_errors", o.standard_errors.len()),
            ]
        });
        match lists.into_iter().chain([errors]).chain(overdue).find(|(_, n)| *n != n_columns) {
            Some((field, n)) => {
                Err(ArtifactError::OtherLength { file: file.to_owned(), field, n, n_columns })
            }
            None => Ok(()),
        }
    }

    /// Refuses a policy under which features would be made by another rule than in the fit.
    ///
    /// # Errors
    /// [`ArtifactError::OtherPolicy`] for the first key that differs.
    pub fn check_policy(&self, policy: &ModelPolicy) -> Result<(), ArtifactError> {
        let Some(rules) = &self.recency else { return Ok(()) };
        for ((key, fitted), (_, given)) in rules.keys().into_iter().zip(RecencyRules::of(policy).keys()) {
            if fitted != given {
                return Err(ArtifactError::OtherPolicy {
                    model_id: self.model_id.clone(),
                    key,
                    fitted,
                    given,
                });
            }
        }
        Ok(())
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
