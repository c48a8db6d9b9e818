//! What a run was made of: inputs, counts, policy, model, hashes.

use super::{ContractError, SCHEMA_VERSION};
use crate::core::Day;
use crate::policy::Policy;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the manifest in an output folder.
pub const MANIFEST_FILE: &str = "manifest.json";
/// Hexadecimal digits of a run id.
const RUN_ID_DIGITS: usize = 16;

/// The story of one output folder, as `manifest.json` tells it. All but `inputs` and `timings` depends only on what
/// was known at as_of, the policy, the seed and the version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of arrears.
    pub version: String,
    /// Version of the contract's tables.
    pub schema_version: u32,
    /// The run's as_of.
    pub as_of: Day,
    /// [`RunKey::run_id`].
    pub run_id: String,
    /// [`policy_hash`].
    pub policy_hash: String,
    /// Seed of every draw.
    pub seed: u64,
    /// What was read.
    pub inputs: Vec<InputSummary>,
    /// Rows of all inputs together.
    pub counts: Counts,
    /// The model: id, convergence, iterations, gradient norm, condition, training rows.
    pub model: serde_json::Value,
    /// Figures on the run's own quality, by name; finite.
    pub metrics: BTreeMap<String, f64>,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// The tables written, by name.
    pub tables: BTreeMap<String, TableSummary>,
    /// Seconds spent in each stage, in order.
    pub timings: Vec<(String, f64)>,
}

/// One input file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputSummary {
    /// The contract's table that it holds.
    pub table: String,
    /// As the user named it.
    pub file: String,
    /// Of its bytes.
    pub sha256: String,
    /// What became of its rows.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What became of input rows: `rows = ledger + quarantined + ignored`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows read.
    pub rows: u64,
    /// Rows in the ledger.
    pub ledger: u64,
    /// Rows refused, each with its rule.
    pub quarantined: u64,
    /// Rows left out on purpose.
    pub ignored: u64,
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), |a, b| Self {
            rows: a.rows + b.rows,
            ledger: a.ledger + b.ledger,
            quarantined: a.quarantined + b.quarantined,
            ignored: a.ignored + b.ignored,
        })
    }
}

/// One table written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSummary {
    /// Number of rows.
    pub rows: u64,
    /// Of the file's bytes.
    pub sha256: String,
}

impl Manifest {
    /// Indented JSON with keys in a fixed order and a final newline.
    ///
    /// # Errors
    /// [`ContractError::Encode`] for a metric that is not finite, which would be a bug.
    pub fn to_json(&self) -> Result<Vec<u8>, ContractError> {
        let encode = |e: Box<dyn std::error::Error + Send + Sync>| ContractError::Encode {
            table: "manifest",
            source: e,
        };
        if let Some((name, value)) = self.metrics.iter().find(|(_, v)| !v.is_finite()) {
            return Err(encode(format!("metric `{name}` is {value}, expected a finite number").into()));
        }
        let mut json = serde_json::to_vec_pretty(self).map_err(|e| encode(e.into()))?;
        json.push(b'\n');
        Ok(json)
    }

    /// The manifest of an output folder.
    ///
    /// # Errors
    /// [`ContractError::Read`] if there is none to read, [`ContractError::Manifest`] if it is not ours.
    pub fn read(folder: &Path) -> Result<Self, ContractError> {
        let file = folder.join(MANIFEST_FILE);
        let text =
            std::fs::read(&file).map_err(|source| ContractError::Read { file: file.clone(), source })?;
        serde_json::from_slice(&text).map_err(|source| ContractError::Manifest { file, source })
    }

    /// Whether a folder holds a manifest of arrears, of this version or another.
    pub(super) fn is_in(folder: &Path) -> bool {
        #[derive(Deserialize)]
        struct Mark {
            #[serde(rename = "schema_version")]
            _schema_version: u32,
            #[serde(rename = "run_id")]
            _run_id: String,
        }
        let text = std::fs::read(folder.join(MANIFEST_FILE)).unwrap_or_default();
        serde_json::from_slice::<Mark>(&text).is_ok()
    }
}

/// Everything that decides the content of a run's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunKey<'a> {
    /// Hash of what the ledger knew at as_of: not of files, which may hold later rows or another order.
    pub known_sha256: &'a str,
    /// [`policy_hash`].
    pub policy_hash: &'a str,
    /// Hash of the model that was given, if one was.
    pub model_sha256: Option<&'a str>,
    /// Seed of every draw.
    pub seed: u64,
    /// The run's as_of.
    pub as_of: Day,
}

impl RunKey<'_> {
    /// Sixteen hexadecimal digits of the SHA-256 of the key and of the version of arrears: equal for two runs whose
    /// tables must be equal.
    ///
    /// ```
    /// use arrears::contract::RunKey;
    /// # use arrears::core::Day;
    /// let key = RunKey { known_sha256: "a", policy_hash: "b", model_sha256: None, seed: 0, as_of: Day(0) };
    /// assert_eq!(key.run_id(), key.run_id());
    /// assert_ne!(key.run_id(), RunKey { seed: 1, ..key }.run_id());
    /// ```
    pub fn run_id(&self) -> String {
        let Self { known_sha256, policy_hash, model_sha256, seed, as_of } = self;
        let version = env!("CARGO_PKG_VERSION");
        let model = model_sha256.unwrap_or("fitted");
        let key = format!(
            "arrears {version} schema {SCHEMA_VERSION}\nas_of {as_of}\nseed {seed}\nknown {known_sha256}\n\
             policy {policy_hash}\nmodel {model}\n"
        );
        let mut id = sha256_hex(key.as_bytes());
        id.truncate(RUN_ID_DIGITS);
        id
    }
}

/// SHA-256 of the policy as JSON with sorted keys: equal for two policies whose every value is.
///
/// # Errors
/// [`ContractError::Encode`], which would be a bug.
pub fn policy_hash(policy: &Policy) -> Result<String, ContractError> {
    let json = serde_json::to_value(policy).and_then(|v| serde_json::to_vec(&v));
    let json = json.map_err(|e| ContractError::Encode { table: "policy", source: e.into() })?;
    Ok(sha256_hex(&json))
}

/// SHA-256 in lower-case hexadecimal.
///
/// ```
/// let hash = arrears::contract::sha256_hex(b"");
/// assert!(hash.starts_with("e3b0c44298fc1c14") && hash.len() == 64);
/// ```
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}
