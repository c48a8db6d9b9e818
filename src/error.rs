//! The one error of the library: a stage's error, and what it means for the exit status.

use crate::collect::CollectError;
use crate::contract::ContractError;
use crate::core::Day;
use crate::evaluate::BacktestError;
use crate::ingest::{ChallengerError, IngestError};
use crate::ledger::LedgerError;
use crate::model::{ArtifactError, ModelError};
use crate::policy::PolicyError;
use std::path::PathBuf;

/// Of every file that is not there.
const MISSING_FILE: &str = "check the path: a relative one starts at the folder in which arrears is called";

/// What stopped a verb.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The policy is not valid.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The input is not read or not taken.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The input is not taken, and a file tells for which rows.
    #[error("{refused}")]
    #[allow(missing_docs)] // of fields: the message names each one
    Rejected { refused: Box<IngestError>, file: PathBuf },
    /// The rows make no ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No model was fitted.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A file is no model that can be used.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// Customers cannot be compared.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// Several currencies, and nobody said in which one customers are compared.
    #[error("open invoices are in {currencies}, but ledger.reporting_currency is not set")]
    #[allow(missing_docs)] // of fields: the message names each one
    NoReportingCurrency { currencies: String },
    /// An id that a run does not know.
    #[error("{}: no open invoice and no customer with an open balance is named `{id}`", .folder.display())]
    #[allow(missing_docs)] // of fields: the message names each one
    NotInRun { folder: PathBuf, id: String },
    /// What is to be the earlier one of two runs is the later one.
    #[error("{}: a run as of {previous}, after {as_of}, the day of the run to explain", .folder.display())]
    #[allow(missing_docs)] // of fields: the message names each one
    NotBefore { folder: PathBuf, previous: Day, as_of: Day },
    /// A worklist is asked for in a format nobody knows.
    #[error("{}: a worklist is a file that ends in .csv or .jsonl", .file.display())]
    #[allow(missing_docs)] // of fields: the message names each one
    WorklistFormat { file: PathBuf },
    /// An output byte depends on what happened after as_of.
    #[error("audit failed: {moved} of the output moved with what happened after as_of")]
    #[allow(missing_docs)] // of fields: the message names each one
    AuditFailed { moved: String },
    /// Training does not learn from what was open and known.
    #[error("audit failed: training labels: {faults}")]
    #[allow(missing_docs)] // of fields: the message names each one
    AuditLabels { faults: String },
    /// A model that was given no longer fits.
    #[error(
        "model {model_id}, fitted as of {fitted} and {age_days} days old, no longer fits: {}",
        .moved.join("; ")
    )]
    #[allow(missing_docs)] // of fields: the message names each one
    Gate { model_id: String, fitted: Day, age_days: i32, moved: Vec<String> },
    /// A backtest cannot be made.
    #[error(transparent)]
    Backtest(#[from] BacktestError),
    /// A file of forecasts is refused.
    #[error(transparent)]
    Challenger(#[from] ChallengerError),
    /// A table or folder cannot be written or read.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// What a doctor found, which was told before.
    #[error("{faults} of what was looked at would stop a run")]
    #[allow(missing_docs)] // of fields: the message names each one
    Unwell { faults: usize, exit_status: u8 },
    /// Standard output was closed to us.
    #[error("standard output: cannot be written")]
    Print(#[source] std::io::Error),
    /// The operating system gave no worker threads.
    #[error("--threads {n}: cannot be started")]
    #[allow(missing_docs)] // of fields: the message names each one
    Threads {
        n: usize,
        #[source]
        source: rayon::ThreadPoolBuildError,
    },
}

impl Error {
    /// The contract's exit status: 1 cannot read or write, 2 bad option or policy, 3 input rejected, 4 a gate
    /// failed.
    ///
    /// ```
    /// let refused = arrears::policy::parse("[ledger]\ngrace_days = -1", "mine.toml").unwrap_err();
    /// assert_eq!(arrears::Error::from(refused).exit_code(), 2);
    /// ```
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Policy(PolicyError::Read { .. } | PolicyError::Write { .. }) | Self::Print(_) => 1,
            Self::Policy(_) | Self::Threads { .. } => 2,
            Self::Ledger(_) | Self::Collect(_) | Self::NotInRun { .. } => 3,
            Self::NoReportingCurrency { .. } | Self::WorklistFormat { .. } | Self::NotBefore { .. } => 2,
            Self::Model(_) | Self::AuditFailed { .. } | Self::AuditLabels { .. } | Self::Gate { .. } => 4,
            Self::Unwell { exit_status, .. } => *exit_status,
            Self::Ingest(e) => e.exit_code(),
            Self::Rejected { refused, .. } => refused.exit_code(),
            Self::Artifact(e) => e.exit_code(),
            Self::Contract(e) => e.exit_code(),
            Self::Backtest(e) => e.exit_code(),
            Self::Challenger(e) => e.exit_code(),
        }
    }

    /// The message, a line `caused by: ...` for each source, and `hint: ...` after an empty line.
    ///
    /// ```
    /// let refused = arrears::policy::parse("[ledger", "mine.toml").unwrap_err();
    /// let text = arrears::Error::from(refused).in_full();
    /// assert!(text.starts_with("mine.toml: not a valid policy\n  caused by: TOML parse error"));
    /// assert!(text.contains("\n\nhint: `arrears policy init` prints every key"));
    /// ```
    pub fn in_full(&self) -> String {
        let mut text = self.with_causes();
        if let Some(hint) = self.hint() {
            text.push_str(&format!("\n\nhint: {hint}"));
        }
        text
    }

    /// The message, and a line `caused by: ...` for each source.
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(e) = source {
            text.push_str(&format!("\n  caused by: {}", e.to_string().trim_end().replace('\n', "\n    ")));
            source = e.source();
        }
        text
    }

    /// What the user should do next; the command prints it as `hint: ...`.
    pub fn hint(&self) -> Option<String> {
        self.hint_of_stage().or_else(|| self.is_of_missing_file().then(|| MISSING_FILE.to_owned()))
    }

    fn is_of_missing_file(&self) -> bool {
        let mut source = std::error::Error::source(self);
        while let Some(e) = source {
            if let Some(e) = e.downcast_ref::<std::io::Error>() {
                return e.kind() == std::io::ErrorKind::NotFound;
            }
            source = e.source();
        }
        false
    }

    fn hint_of_stage(&self) -> Option<String> {
        match self {
            Self::Policy(e) => e.hint(),
            Self::Ingest(e) => e.hint(),
            Self::Rejected { refused, file } => Some(refused.hint_with(file)),
            Self::Contract(e) => e.hint(),
            Self::Model(e) => e.hint(),
            Self::Artifact(e) => e.hint(),
            Self::Collect(e) => e.hint(),
            Self::Backtest(e) => e.hint(),
            Self::Challenger(e) => e.hint(),
            Self::NoReportingCurrency { .. } => Some(
                "name one in the policy, [ledger] reporting_currency = \"EUR\", and give rates to it with --fx; \
                 \"XXX\" adds amounts as they stand"
                    .to_owned(),
            ),
            Self::NotInRun { .. } => {
                Some("invoice_scores.parquet lists the invoices, priorities.parquet the customers".to_owned())
            }
            Self::AuditFailed { .. } => Some(
                "this is a leak and a bug of arrears: please report which perturbation moved which file"
                    .to_owned(),
            ),
            Self::Gate { .. } => Some(
                "fit a new model with `arrears fit ... --as-of` of today, or leave --model out; [gate] in the policy holds the \
                 limits, and `fail = false` scores all the same"
                    .to_owned(),
            ),
            Self::AuditLabels { .. } => {
                Some("this is a leak and a bug of arrears: please report these counts".to_owned())
            }
            Self::NotBefore { .. } => Some("name the earlier run with --previous and the later one with --out".to_owned()),
            Self::Ledger(_) => Some("split the ledger, by business unit or by year of issue".to_owned()),
            Self::Threads { .. } => Some("give fewer threads, or 0 for one a core".to_owned()),
            Self::Print(_) | Self::WorklistFormat { .. } | Self::Unwell { .. } => None,
        }
    }
}
