//! What follows from a prediction: cash by period, and whom to contact.

use crate::collect::{Contacts, Priorities, Reasons, Reporting, Stakes};
use crate::error::Error;
use crate::forecast::CashForecast;
use crate::ledger::Known;
use crate::model::Artifact;
use crate::policy::ValidPolicy;
use crate::score::{NewInvoices, Prediction};

/// The policy with what payments have in common as the model has measured it.
pub(super) fn measured(policy: &ValidPolicy, model: &Artifact) -> ValidPolicy {
    let policy = policy.clone();
    match model.dependence {
        Some(d) => policy.with_dependence(d.customer, d.portfolio, d.week),
        None => policy,
    }
}

/// Cash of open invoices and of those to come, under a [`measured`] policy.
pub(super) fn cash(
    known: &Known,
    prediction: &Prediction,
    new: &NewInvoices<'_>,
    measured: &ValidPolicy,
    seed: u64,
) -> CashForecast {
    let last = crate::forecast::last_day(known.as_of());
    let future = crate::forecast::future_cash(known, (new, &prediction.part_payments), measured, last);
    let curves = (&prediction.curves, &prediction.part_payments);
    crate::forecast::cash_forecast(known, &prediction.open, curves, &future, measured, seed)
}

/// What to tell of segments that the policy has rules of its own for and nobody is of.
pub(super) fn idle_segments(known: &Known, prediction: &Prediction, policy: &ValidPolicy) -> Option<String> {
    let idle = crate::collect::idle_segments(known, &prediction.open, policy);
    (!idle.is_empty())
        .then(|| format!("collect.segment, collect.segment_level: no open invoice is of {}", idle.join(", ")))
}

/// The customers with something open, the most rewarding first.
///
/// # Errors
/// [`crate::collect::CollectError`] where a currency has no rate.
pub(super) fn ranked(
    known: &Known,
    prediction: &Prediction,
    reasons: &[Reasons],
    contacts: &Contacts<'_>,
    reporting: &Reporting,
    policy: &ValidPolicy,
) -> Result<Priorities, Error> {
    let stakes = Stakes { known, open: &prediction.open, curves: &prediction.curves, reasons };
    Ok(crate::collect::priorities(&stakes, contacts, reporting, policy)?)
}
