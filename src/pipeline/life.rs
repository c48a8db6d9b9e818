//! The life of a model inside a run: fitted, given, or lent to a ledger too young for one; watched, and no longer
//! believed when it has drifted.

use super::{Job, Observer};
use crate::contract::policy_hash;
use crate::core::Day;
use crate::error::Error;
use crate::evaluate::drift::{DriftRow, drift, profile, what_moved};
use crate::features::{Background, Purpose, Surprise, Survey, person_periods, survey, survey_on};
use crate::ingest::ContactTable;
use crate::ledger::Known;
use crate::model::{
    Artifact, Hazard, Learnt, ModelError, RecencyRules, StandIn, artifact, hazard, reference, shifted,
};

/// A model, and the ledger as it looks at it.
pub(super) struct Ready {
    pub survey: Survey,
    pub model: Artifact,
    /// The model's hazard over the columns of this version.
    pub hazard: Hazard,
}

/// Takes the job's model, or fits one, or lends the reference model where there is too little to fit.
///
/// # Errors
/// For a policy under which the model means nothing, and as [`hazard::fit`].
pub(super) fn ready(
    known: &Known,
    contacts: &ContactTable,
    job: &Job,
    observer: &dyn Observer,
    warnings: &mut Vec<String>,
) -> Result<Ready, Error> {
    observer.stage("sweep");
    if let Some(model) = &job.model {
        model.check_policy(&job.policy.model)?;
        let background = model.stand_in.as_ref().and(model.background.as_ref()).filter(|b| b.fits());
        let hazard = model.hazard.of_this_version();
        let looks_back = hazard.surprise_prior.is_some();
        let purpose = if looks_back { Purpose::Fit } else { Purpose::Watch { since: model.as_of } };
        let mut survey = survey_on(known, &job.policy, purpose, background);
        if looks_back {
            let rows = person_periods(known, &survey, &job.policy, job.seed);
            survey.surprises = hazard.surprises(known, &rows, &job.policy);
        }
        if model.profile.is_none() {
            warnings.push(format!(
                "model {} (format {}) does not say what its features looked like in the fit: only its calibration is watched; \
                 fit again for the rest",
                model.model_id, model.format
            ));
        }
        return Ok(Ready { survey, hazard, model: model.clone() });
    }
    let mut seen = survey(known, &job.policy, Purpose::Fit);
    observer.stage("fit");
    match fitted(known, &seen, contacts, job) {
        Ok((model, surprises)) => {
            seen.surprises = surprises;
            Ok(Ready { survey: seen, hazard: model.hazard.clone(), model })
        }
        Err(Error::Model(ModelError::TooLittleHistory { n_settled, needed })) => {
            lent(known, job, n_settled, needed as u64, warnings)
        }
        Err(e) => Err(e),
    }
}

/// Fits the hazard, then measures on past weeks what invoices have in common and what contacts did, and keeps what it saw;
/// beside it what each customer did against what the fit expects of it.
pub(super) fn fitted(
    known: &Known,
    survey: &Survey,
    contacts: &ContactTable,
    job: &Job,
) -> Result<(Artifact, Vec<Surprise>), Error> {
    let (hazard, surprises) = hazard::fit_and_look_back(known, survey, &job.policy, job.seed)?;
    let dependence = Some(crate::score::dependence(known, survey, &hazard, &job.policy));
    let made =
        (0..contacts.len()).map(|k| (contacts.customer_id.get(k), contacts.day[k], contacts.channel.get(k)));
    let contacts = crate::score::PastContacts::new(known, made);
    let contact_effects = crate::score::contact_effects(known, survey, &hazard, &contacts, &job.policy);
    let marks = survey.landmarks();
    let learnt = marks.first().zip(marks.last()).map(|(first, last)| Learnt {
        first_issue: known.issue.iter().copied().min().map_or(job.as_of, Day),
        first_landmark: *first,
        last_landmark: *last,
        n_landmarks: marks.len() as u64,
        n_settled: survey.offered.settled_invoices,
    });
    let bare = Artifact {
        dependence,
        contact_effects,
        learnt,
        profile: profile(known, survey, &hazard, &job.policy),
        background: Some(Background::of(survey.prior())),
        ..bare(known, job, hazard)?
    };
    Ok((bare.identified(), surprises))
}

/// An artifact of numbers alone, without its identity.
fn bare(known: &Known, job: &Job, hazard: Hazard) -> Result<Artifact, Error> {
    Ok(Artifact {
        format: artifact::FORMAT,
        model_id: String::new(),
        arrears_version: env!("CARGO_PKG_VERSION").to_owned(),
        as_of: job.as_of,
        seed: job.seed,
        policy_sha256: policy_hash(&job.policy)?,
        n_invoices: known.n_invoices() as u64,
        n_customers: known.n_customers() as u64,
        hazard,
        dependence: None,
        contact_effects: Vec::new(),
        learnt: None,
        recency: Some(RecencyRules::of(&job.policy.model)),
        profile: None,
        background: None,
        stand_in: None,
    })
}

/// The reference model, shifted towards what the ledger shows, on features shrunk to its customers.
fn lent(
    known: &Known,
    job: &Job,
    n_settled: u64,
    needed: u64,
    warnings: &mut Vec<String>,
) -> Result<Ready, Error> {
    let lender = reference()?;
    let background = lender.background.clone().filter(Background::fits);
    let mut survey = survey_on(known, &job.policy, Purpose::Fit, background.as_ref());
    let rows = person_periods(known, &survey, &job.policy, job.seed);
    let moved = shifted(&lender.hazard.of_this_version(), &rows);
    survey.surprises = moved.hazard.surprises(known, &rows, &job.policy);
    warnings.push(format!(
        "too little history for a model of its own: {n_settled} settled invoices are seen by a training landmark, a fit needs \
         {needed}; scored with the reference model {}, fitted on simulated customers and moved by {:+.2} in log-odds of payment \
         towards what this ledger shows",
        lender.model_id, moved.shift
    ));
    let stand_in = StandIn {
        model_id: lender.model_id,
        n_settled,
        needed,
        shift: moved.shift,
        shift_standard_error: moved.standard_error,
    };
    let bare = Artifact {
        dependence: lender.dependence,
        background,
        stand_in: Some(stand_in),
        ..bare(known, job, moved.hazard.clone())?
    };
    Ok(Ready { survey, hazard: moved.hazard, model: bare.identified() })
}

/// Watches a model, and closes the gate of one that was given and has drifted.
///
/// # Errors
/// [`Error::Gate`] says what moved; with `gate.fail = false` that is a warning.
pub(super) fn watched(
    known: &Known,
    ready: &Ready,
    job: &Job,
    warnings: &mut Vec<String>,
) -> Result<Vec<DriftRow>, Error> {
    let given = job.model.is_some();
    // what it was fitted on just now it has seen; what came after the fit of a given one it has not
    let since = if given { ready.model.as_of } else { Day(i32::MIN) };
    let rows = drift(known, &ready.survey, &ready.model, &ready.hazard, since, &job.policy);
    let moved = what_moved(&rows);
    if !given || moved.is_empty() {
        return Ok(rows);
    }
    let (model_id, fitted) = (ready.model.model_id.clone(), ready.model.as_of);
    let gate = Error::Gate { model_id, fitted, age_days: job.as_of.0 - fitted.0, moved };
    if job.policy.gate.fail {
        return Err(gate);
    }
    warnings.push(gate.to_string());
    Ok(rows)
}
