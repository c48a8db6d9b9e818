//! The proof that nothing after as_of moves one byte of the output, on the user's own data, and that training learns
//! from every invoice that was open, as far as its fate is known.

pub mod label;

use self::label::{LabelReport, check_labels};
use super::{Job, Observer, RunOutput, assess};
use crate::contract::{Counts, Manifest};
use crate::error::Error;
use crate::features::{Purpose, spells, survey};
use crate::ingest::{Perturbation, Raw, Sources, check};
use serde::Serialize;

/// How one changed future fared against the books as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// What was done to everything after as_of: `remove`, `reorder`, `change`, `append`.
    pub perturbation: &'static str,
    /// Files of the output whose bytes differ. None means that the trial passed.
    pub moved: Vec<String>,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Files that were compared, and their size in bytes.
    pub files: Vec<(String, usize)>,
    /// One a perturbation.
    pub trials: Vec<Trial>,
    /// What training learns from; none where a model was given.
    pub labels: Option<LabelReport>,
}

impl AuditReport {
    /// Whether no byte moved and every label holds.
    pub fn passed(&self) -> bool {
        self.trials.iter().all(|t| t.moved.is_empty()) && self.labels.as_ref().is_none_or(LabelReport::holds)
    }
}

/// Runs the whole job on the books as they are, and again with everything after as_of removed, reordered, changed
/// and added to, and compares every byte of every output file. Of the manifest, what it says of the input files
/// themselves and the timings are left out: those files do differ. Where a model is fitted, holds what it learns from
/// against the ledger too ([`check_labels`]): a run may be blind to the future and yet learn from settled invoices
/// alone, or call on time what is not yet due.
///
/// # Errors
/// If a run cannot be made; a byte that moves is no error but a [`Trial`] that did not pass.
pub fn audit(sources: &Sources, job: &Job, observer: &dyn Observer) -> Result<AuditReport, Error> {
    observer.stage("read");
    let raw = crate::ingest::read(&sources.for_policy(&job.policy))?;
    let mut report =
        audit_with(&raw, job, |raw| assess(check(raw, Some(job.as_of), &job.policy)?, job, observer))?;
    if job.model.is_none() {
        let known = check(&raw, Some(job.as_of), &job.policy)?.ledger.into_known(job.as_of);
        let survey = survey(&known, &job.policy, Purpose::Fit);
        let horizon_days = job.policy.model.train_horizon_days;
        let learnt = spells(&known, &survey, horizon_days);
        report.labels = Some(check_labels(&known, survey.landmarks(), horizon_days, learnt));
    }
    Ok(report)
}

/// The bytes' part of [`audit`], of any way to run the job on raw books.
///
/// # Errors
/// As [`audit`].
pub fn audit_with(
    raw: &Raw,
    job: &Job,
    run: impl Fn(&Raw) -> Result<RunOutput, Error>,
) -> Result<AuditReport, Error> {
    let expected = compared(run(raw)?)?;
    let mut trials = Vec::new();
    for how in Perturbation::ALL {
        let found = compared(run(&raw.perturbed(job.as_of, how, job.seed)?)?)?;
        let names: std::collections::BTreeSet<&String> =
            expected.iter().chain(&found).map(|f| &f.0).collect();
        let bytes = |files: &[(String, Vec<u8>)], name: &String| {
            files.iter().find(|f| f.0 == *name).map(|f| f.1.clone())
        };
        let moved = names.into_iter().filter(|n| bytes(&expected, n) != bytes(&found, n)).cloned().collect();
        trials.push(Trial { perturbation: how.name(), moved });
    }
    let files = expected.into_iter().map(|(name, bytes)| (name, bytes.len())).collect();
    Ok(AuditReport { files, trials, labels: None })
}

/// Every file of a run, the manifest without what it says of input files.
fn compared(output: RunOutput) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let manifest = Manifest { inputs: Vec::new(), counts: Counts::default(), ..output.manifest };
    let mut files: Vec<_> = output.files.into_iter().map(|f| (f.name, f.bytes)).collect();
    files.push((crate::contract::MANIFEST_FILE.to_owned(), manifest.to_json()?));
    Ok(files)
}
