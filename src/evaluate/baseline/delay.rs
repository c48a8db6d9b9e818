//! Paid on the due date, or as many days after it as the customer is used to.
//!
//! Delays are those of invoices that are settled. The ones still open, slow payers' above all, are censored and left
//! out: such a delay is too short, which is a known fault of these rules and not corrected here.

use super::{SHRINK_INVOICES, Stand};
use crate::evaluate::outcome::WeeklyCash;
use crate::ledger::NEVER;
use rayon::prelude::*;

/// Each invoice is paid in full on its due date, an overdue one tomorrow: the clerk's rule.
pub fn due_date(stand: &Stand<'_>) -> Vec<WeeklyCash> {
    stand.paid_on(|i| stand.known.due[i])
}

/// Due date + the customer's mean delay, early payment counting below zero, to the nearest day.
///
/// `(sum of delays + m D) / (n + m)` with the portfolio's mean delay `D` and `m` = [`SHRINK_INVOICES`].
pub fn customer_mean_delay(stand: &Stand<'_>) -> Vec<WeeklyCash> {
    let total = |delays: &[i32]| delays.iter().map(|&d| i64::from(d)).sum::<i64>() as f64;
    let all: Vec<i32> = stand.learnt().filter_map(|i| delay(stand, i)).collect();
    let portfolio = total(&all) / all.len().max(1) as f64;
    after_due(stand, |delays| {
        (total(&delays) + SHRINK_INVOICES * portfolio) / (delays.len() as f64 + SHRINK_INVOICES)
    })
}

/// Due date + the customer's median delay, to the nearest day, where the portfolio's median counts as
/// [`SHRINK_INVOICES`] more invoices of the customer.
pub fn customer_median_delay(stand: &Stand<'_>) -> Vec<WeeklyCash> {
    let mut all: Vec<f64> = stand.learnt().filter_map(|i| delay(stand, i)).map(f64::from).collect();
    let portfolio = if all.is_empty() { 0.0 } else { median(&mut all) };
    after_due(stand, |delays| {
        let mut delays: Vec<f64> = delays.into_iter().map(f64::from).collect();
        delays.extend([portfolio; SHRINK_INVOICES as usize]);
        median(&mut delays)
    })
}

/// Pays each open invoice as long after due as `usual` says of its customer's delays.
fn after_due(stand: &Stand<'_>, usual: impl Fn(Vec<i32>) -> f64 + Sync) -> Vec<WeeklyCash> {
    let known = stand.known;
    let mut owes = vec![false; known.n_customers()];
    stand.open.iter().for_each(|&i| owes[known.customer[i as usize] as usize] = true);
    let days: Vec<i32> = (0..known.n_customers())
        .into_par_iter()
        .with_min_len(64)
        .map(|c| {
            if !owes[c] {
                return 0;
            }
            let learnt = known.invoices_of(c).filter(|&i| stand.learns(i));
            usual(learnt.filter_map(|i| delay(stand, i)).collect()).round() as i32
        })
        .collect();
    stand.paid_on(|i| known.due[i].saturating_add(days[known.customer[i] as usize]))
}

/// Days from due to settlement in full, of a settled invoice.
fn delay(stand: &Stand<'_>, i: usize) -> Option<i32> {
    let settled = stand.known.settled[i];
    (settled != NEVER).then(|| settled - stand.known.due[i])
}

/// The middle one, or the mean of the two.
fn median(values: &mut [f64]) -> f64 {
    let (n, half) = (values.len(), values.len() / 2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if n % 2 == 1 { upper } else { (lower + upper) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_or_half_way_between_the_two() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&mut [7.0]), 7.0);
    }
}
