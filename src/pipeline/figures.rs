//! Key figures and money questions: what is made of the ledger, the curves and the worklist once they are there.

use super::{figure_table, money_table};
use crate::analytics::{self, Chances, Groups, PaymentPromise};
use crate::collect::{Priorities, Reasons, Stakes};
use crate::contract::{ContractError, Table};
use crate::ledger::Known;
use crate::policy::ValidPolicy;
use crate::score::{InvoiceScore, Prediction};
use rayon::prelude::*;

/// Open invoices that one task works through.
const INVOICES_MIN: usize = 256;
/// Days after as_of at which what is still open is at risk.
const AT_RISK_DAYS: i32 = 30;

/// The open invoices, and what was made of each.
pub(super) struct Seen<'a> {
    pub known: &'a Known,
    pub prediction: &'a Prediction,
    pub scores: &'a [InvoiceScore],
    pub reasons: &'a [Reasons],
}

/// The tables, in the order of the contract.
pub(super) fn figures(
    seen: &Seen<'_>,
    ranked: &Priorities,
    promises: &[PaymentPromise<'_>],
    policy: &ValidPolicy,
) -> Result<Vec<Table>, ContractError> {
    let (known, scores) = (seen.known, seen.scores);
    let (open, curves, as_of) = (seen.prediction.open.as_slice(), &seen.prediction.curves, known.as_of());
    let groups = Groups::new(known);
    let kpis = analytics::kpis(known, &groups, promises, policy);
    let unpaid_prob: Vec<f64> = scores.iter().map(|s| s.unpaid_prob).collect();
    let provision = analytics::provision(known, &groups, open, &unpaid_prob, &kpis.rolls, policy);
    let days = |row: usize| analytics::expected_days(curves.edges(), curves.row(row));
    let expected_days: Vec<f64> =
        (0..open.len()).into_par_iter().with_min_len(INVOICES_MIN).map(days).collect();
    let keep = |(days, unpaid): (&f64, &f64)| analytics::factoring_values(*days, *unpaid, policy).0;
    let keep_rate: Vec<f64> = expected_days.iter().zip(&unpaid_prob).map(keep).collect();
    let offers = analytics::discount_offers(known, open, &expected_days, &unpaid_prob, policy);
    let limits = analytics::credit_limits(known, open, &unpaid_prob, policy);
    let interest = analytics::late_interest(known, open, &policy.interest);
    let sold = analytics::factoring(known, open, &expected_days, &unpaid_prob, policy);
    let insured = analytics::credit_insurance(known, open, &unpaid_prob, policy);
    let end = (policy.instalments.parts as i32).saturating_mul(policy.instalments.every_days);
    let chances = |k: usize| Chances {
        open_30_prob: curves.at(k, AT_RISK_DAYS),
        open_end_prob: curves.at(k, end),
        keep_rate: keep_rate[k],
    };
    let parts = analytics::instalments(known, open, chances, policy);
    let handed = analytics::handover(known, open, curves.edges(), |k| curves.row(k), policy);
    let methods = analytics::payment_methods(known, &groups, policy);
    let stakes = Stakes { known, open, curves, reasons: seen.reasons };
    let segments = crate::collect::segments(&stakes, &ranked.portion, scores, &expected_days, &keep_rate);
    Ok(vec![
        figure_table::kpis("kpis", &kpis.now, &groups, as_of)?,
        figure_table::kpis("kpi_trend", &kpis.trend, &groups, as_of)?,
        figure_table::rolls(&kpis.rolls, &groups, as_of, policy)?,
        figure_table::provision(&provision, &groups, as_of)?,
        figure_table::discount_offers(&offers, known, policy)?,
        money_table::credit_limits(&limits, known)?,
        money_table::late_interest(&interest, known)?,
        money_table::factoring(&sold, known)?,
        money_table::credit_insurance(&insured, known)?,
        money_table::instalment_offers(&parts, known, policy)?,
        money_table::handover(&handed, known)?,
        money_table::payment_methods(&methods, &groups, known, policy)?,
        money_table::segments(&segments, ranked.reporting_currency, as_of)?,
    ])
}
