//! The customer's own share of late invoices.

use super::{SHRINK_INVOICES, Stand};
use crate::ledger::NEVER;
use rayon::prelude::*;

/// Share of the customer's invoices that were late, of those whose outcome is known: settled, or open past
/// due + grace, which is late whatever happens. One whose deadline is still to come is censored and left out.
///
/// `(late + m P) / (n + m)` with the portfolio's rate `P = (late + 1) / (n + 2)` and `m` = [`SHRINK_INVOICES`].
///
/// # Shapes and units
/// Returns a probability for each of `stand.not_yet_due`.
pub fn customer_late_rate(stand: &Stand<'_>) -> Vec<f64> {
    let known = stand.known;
    let counts: Vec<[u64; 2]> = (0..known.n_customers())
        .into_par_iter()
        .with_min_len(64)
        .map(|c| {
            let learnt = known.invoices_of(c).filter(|&i| stand.learns(i));
            learnt.filter_map(|i| is_late(stand, i)).fold([0, 0], |[n, late], l| [n + 1, late + u64::from(l)])
        })
        .collect();
    let [n, late] = counts.iter().fold([0, 0], |[n, late], c| [n + c[0], late + c[1]]);
    let portfolio = (late as f64 + 1.0) / (n as f64 + 2.0);
    let rate = |i: &u32| {
        let [n, late] = counts[known.customer[*i as usize] as usize];
        (late as f64 + SHRINK_INVOICES * portfolio) / (n as f64 + SHRINK_INVOICES)
    };
    stand.not_yet_due.iter().map(rate).collect()
}

fn is_late(stand: &Stand<'_>, i: usize) -> Option<bool> {
    let deadline = stand.known.due[i].saturating_add(stand.grace_days);
    match stand.known.settled[i] {
        NEVER if deadline <= stand.origin().0 => Some(true),
        NEVER => None,
        day => Some(day > deadline),
    }
}
