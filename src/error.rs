//! The one error of the library: a stage's error, and what it means for the exit status.

use crate::contract::ContractError;
use crate::ledger::LedgerError;
use crate::policy::PolicyError;

/// What stopped a verb.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The policy is not valid.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The rows make no ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A table or folder cannot be written or read.
    #[error(transparent)]
    Contract(#[from] ContractError),
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
            Self::Policy(PolicyError::Read { .. }) | Self::Print(_) => 1,
            Self::Policy(_) | Self::Threads { .. } => 2,
            Self::Ledger(_) => 3,
            Self::Contract(e) => e.exit_code(),
        }
    }

    /// What the user should do next; the command prints it as `hint: ...`.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Policy(e) => e.hint(),
            Self::Contract(e) => e.hint(),
            Self::Ledger(_) => Some("split the ledger, by business unit or by year of issue".to_owned()),
            Self::Threads { .. } => Some("give fewer threads, or 0 for one a core".to_owned()),
            Self::Print(_) => None,
        }
    }
}
