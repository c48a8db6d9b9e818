//! Expected credit loss of what is open.

use super::group::Groups;
use crate::core::{AgingBucket, Amount};
use crate::ledger::Known;
use crate::policy::ValidPolicy;

/// Mean days of a month: a month of roll rates takes the place of so many days of a curve.
const DAYS_PER_MONTH: f64 = 365.25 / 12.0;

/// Expected credit loss of one group and bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvisionRow {
    /// Place in [`Groups`].
    pub group: usize,
    /// `current`, `1-30`, ...
    pub bucket: String,
    /// Exposure at default: what is open.
    pub ead: Amount,
    /// P(unpaid at the loss horizon), weighted by open amount; 0 where nothing is open.
    pub pd: f64,
    /// Share lost of what is unpaid then.
    pub lgd: f64,
    /// `sum of open x P(unpaid) x lgd`, invoice by invoice.
    pub ecl: f64,
    /// P(unpaid at the loss horizon) by the roll rates of the last twelve months; none where some were not seen.
    pub pd_roll_rate: Option<f64>,
    /// `ead x pd_roll_rate x lgd`.
    pub ecl_roll_rate: Option<f64>,
}

/// Expected credit loss of every open invoice, twice: from its curve, and from a provision matrix by aging bucket.
///
/// `ecl = sum_i open_i x unpaid_prob_i x lgd`. Lateness does not enter: an invoice that is surely paid, however late, loses
/// nothing. The matrix beside it is the simplified approach of IFRS 9: what is open in a bucket moves by `T[from, to]`, the
/// share that moved in the months seen, and what after the months of the loss horizon is in no bucket was paid.
///
/// # Shapes and units
/// - `open`: ledger indices of the open invoices; `unpaid_prob`: P(not settled within the loss horizon) of each, in `[0, 1]`.
/// - `rolls`: for each group `[bucket, bucket or settled]`, as [`super::Kpis::rolls`]; those of `all` of the currency serve
///   every segment, as the rows of a small segment would be noise.
///
/// Source: IFRS 9, 5.5.15 and B5.5.35 (provision matrix).
pub fn provision(
    known: &Known,
    groups: &Groups,
    open: &[u32],
    unpaid_prob: &[f64],
    rolls: &[Vec<Vec<i128>>],
    policy: &ValidPolicy,
) -> Vec<ProvisionRow> {
    let buckets = AgingBucket::from_edges(&policy.ledger.aging_edges_days);
    let lgd = policy.collect.loss_given_unpaid_rate;
    let n = buckets.len();
    let mut ead = vec![0_i64; groups.len() * n];
    let mut unpaid = vec![0.0; groups.len() * n];
    let mut places = Vec::new();
    for (&i, prob) in open.iter().zip(unpaid_prob) {
        let i = i as usize;
        let past = known.as_of().0.saturating_sub(known.due[i]);
        let bucket = buckets.partition_point(|b| b.to < past);
        groups.of(known, i, &mut places);
        for group in &places {
            ead[group * n + bucket] += known.open_amount[i].0;
            unpaid[group * n + bucket] += known.open_amount[i].0 as f64 * prob;
        }
    }
    let months = (f64::from(policy.score.loss_horizon_days) / DAYS_PER_MONTH).round() as usize;
    let mut rows = Vec::new();
    for group in (0..groups.len()).filter(|g| ead[g * n..(g + 1) * n].iter().any(|a| *a > 0)) {
        let by_rolls = rolls.get(groups.whole_of(group)).map(|counts| still_open(counts, months));
        for (b, bucket) in buckets.iter().enumerate() {
            let at = group * n + b;
            let exposure = ead[at] as f64;
            let pd = if ead[at] > 0 { unpaid[at] / exposure } else { 0.0 };
            let pd_roll_rate = by_rolls.as_ref().and_then(|by| by[b]);
            let unit = exposure / crate::core::amount::SCALE as f64;
            rows.push(ProvisionRow {
                group,
                bucket: bucket.name(),
                ead: Amount(ead[at]),
                pd,
                lgd,
                ecl: unit * pd * lgd,
                pd_roll_rate,
                ecl_roll_rate: pd_roll_rate.map(|pd| unit * pd * lgd),
            });
        }
    }
    rows
}

/// Shares that moved, of what was open in each bucket: rows sum to 1. None of a bucket in which nothing was seen.
///
/// `rates[from, to] = moved[from, to] / sum_to moved[from, to]`, where the last column is what was settled.
pub fn roll_rates(moved: &[Vec<i128>]) -> Vec<Option<Vec<f64>>> {
    let rate = |row: &Vec<i128>| {
        let sum: i128 = row.iter().sum();
        (sum > 0).then(|| row.iter().map(|m| *m as f64 / sum as f64).collect())
    };
    moved.iter().map(rate).collect()
}

/// The share of each bucket that is still open after so many months of its roll rates; none of one that leads to a
/// bucket in which nothing was seen.
fn still_open(moved: &[Vec<i128>], months: usize) -> Vec<Option<f64>> {
    let rates = roll_rates(moved);
    let n = rates.len();
    let start = |from: usize| {
        let mut share = vec![0.0; n];
        share[from] = 1.0;
        for _ in 0..months {
            let mut next = vec![0.0; n];
            for (b, s) in share.iter().enumerate().filter(|(_, s)| **s > 0.0) {
                let row = rates[b].as_ref()?;
                next.iter_mut().zip(row).for_each(|(to, rate)| *to += s * rate);
            }
            share = next;
        }
        Some(share.iter().sum())
    };
    (0..n).map(start).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Day;
    use crate::ledger::{Ledger, SettlementRows, sample};
    use crate::policy::parse;
    use proptest::prelude::*;

    fn known() -> Known {
        let bills = [("1", "A", "EUR", 110, "100"), ("2", "A", "EUR", 95, "40"), ("3", "B", "EUR", 90, "60")];
        Ledger::try_new(sample::invoices(&bills), SettlementRows::default()).unwrap().known_at(Day(100))
    }

    fn ecl(unpaid_prob: &[f64], rolls: &[Vec<Vec<i128>>]) -> Vec<ProvisionRow> {
        let known = known();
        let policy = parse("[collect]\nloss_given_unpaid_rate = 0.5", "test").unwrap();
        provision(&known, &Groups::new(&known), &known.open_invoices(), unpaid_prob, rolls, &policy)
    }

    /// 100 x 0.01 x 0.5 = 0.50 current; (40 x 0.1 + 60 x 0.2) x 0.5 = 8 of 100 past due up to 30 days: pd 0.16.
    #[test]
    fn the_loss_is_open_times_unpaid_times_what_is_lost() {
        let rows = ecl(&[0.01, 0.1, 0.2], &[]);
        let shown: Vec<_> =
            rows.iter().map(|r| (r.bucket.as_str(), r.ead.to_string(), r.ecl, r.pd)).collect();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        // the ledger's order is by customer, then issue: invoice 2 comes before 1
        let known = known();
        let order: Vec<&str> = (0..3).map(|i| known.invoice_id.get(i)).collect();
        assert_eq!(order, ["2", "1", "3"]);
        assert_eq!((shown[0].0, shown[0].1.as_str()), ("current", "100.00"));
        assert!(near(shown[0].2, 100.0 * 0.1 * 0.5) && near(shown[0].3, 0.1));
        assert_eq!((shown[1].0, shown[1].1.as_str()), ("1-30", "100.00"));
        assert!(near(shown[1].2, (40.0 * 0.01 + 60.0 * 0.2) * 0.5) && near(shown[1].3, 0.124));
        assert_eq!((rows.len(), rows[4].pd, rows[4].pd_roll_rate), (5, 0.0, None));
    }

    /// Of what is current a tenth rolls on, of that half, and so on to the last bucket, where 0.9 stays each month.
    #[test]
    fn a_provision_matrix_is_the_product_of_roll_rates() {
        let moved = vec![
            vec![0, 10, 0, 0, 0, 90],
            vec![0, 0, 50, 0, 0, 50],
            vec![0, 0, 0, 80, 0, 20],
            vec![0, 0, 0, 0, 90, 10],
            vec![0, 0, 0, 0, 9, 1],
        ];
        let rows = ecl(&[0.0; 3], std::slice::from_ref(&moved));
        let wanted = 0.1 * 0.5 * 0.8 * 0.9 * 0.9_f64.powi(8);
        assert!((rows[0].pd_roll_rate.unwrap() - wanted).abs() < 1e-15);
        assert!((rows[0].ecl_roll_rate.unwrap() - 100.0 * wanted * 0.5).abs() < 1e-12);
        assert!((rows[4].pd_roll_rate.unwrap() - 0.9_f64.powi(12)).abs() < 1e-15);
        let mut unseen = moved;
        unseen[3] = vec![0; 6];
        let rows = ecl(&[0.0; 3], &[unseen]);
        assert_eq!((rows[0].pd_roll_rate, rows[4].pd_roll_rate.is_some()), (None, true));
    }

    proptest! {
        /// A curve that nowhere lies lower never has a lower loss, in any bucket.
        #[test]
        fn a_higher_curve_never_has_a_lower_loss(low in prop::array::uniform3(0.0..1.0_f64), up in prop::array::uniform3(0.0..1.0_f64)) {
            let high: Vec<f64> = low.iter().zip(up).map(|(l, u)| l + u * (1.0 - l)).collect();
            for (a, b) in ecl(&low, &[]).iter().zip(ecl(&high, &[])) {
                prop_assert!(a.ecl <= b.ecl + 1e-12 && b.pd <= 1.0 + 1e-12);
            }
        }
    }
}
