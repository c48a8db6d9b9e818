//! Aging roll rates: what moves from bucket to bucket in a week, and what is paid on the way.

use super::Stand;
use crate::core::AgingBucket;
use crate::evaluate::fold::ModelForecast;
use crate::evaluate::outcome::{DAYS_PER_WEEK, WEEKS};
use crate::ledger::SettlementKind;
use rayon::prelude::*;

/// Weeks before the origin whose moves are counted.
const LOOK_BACK_WEEKS: i32 = 26;
/// A `late_prob` where nothing was ever seen to leave `current`.
const NOTHING_SEEN: f64 = 0.5;

/// Cash and lateness from a Markov chain over the policy's aging buckets.
///
/// For each of the last 26 weeks: of what was open in a bucket when the week began, the share that came in as cash and
/// the shares open in each bucket when it ended, weighted by amount and by currency. The open amounts at the origin
/// move by these shares from week to week. `late_prob` is the share of what leaves `current` that does so by falling
/// overdue: one number a currency, grace not counted.
///
/// Source: Cyert, Davidson & Thompson (1962), *Management Science* 8(3).
pub fn roll_rate(stand: &Stand<'_>) -> ModelForecast {
    let known = stand.known;
    let buckets = AgingBucket::from_edges(stand.aging_edges_days);
    let rolls = Rolls::seen(stand, &buckets);
    let late_prob =
        stand.not_yet_due.iter().map(|&i| rolls.of(known.currency[i as usize] as usize).falls_overdue());
    let cash = stand.open_currencies().into_iter().map(|c| {
        let mut open = vec![0_i128; buckets.len()];
        for i in stand.open.iter().map(|&i| i as usize).filter(|&i| known.currency[i] as usize == c) {
            open[bucket(&buckets, stand.origin().0 - known.due[i])] += i128::from(known.open_amount[i].0);
        }
        let open = open.iter().map(|&o| o as f64 / crate::core::amount::SCALE as f64).collect();
        stand.open_cash(c, rolls.of(c).weeks(open))
    });
    ModelForecast { late_prob: Some(late_prob.collect()), cash: cash.collect() }
}

fn bucket(buckets: &[AgingBucket], days_past_due: i32) -> usize {
    buckets.iter().position(|b| b.contains(days_past_due)).unwrap_or(0)
}

/// Amounts seen to move in a week, in ten-thousandths: for each currency and bucket what was open, what of it came in
/// as cash, and what was open in each bucket a week later.
struct Rolls {
    n_buckets: usize,
    moved: Vec<i128>,
}

impl Rolls {
    fn seen(stand: &Stand<'_>, buckets: &[AgingBucket]) -> Self {
        let (n_buckets, known) = (buckets.len(), stand.known);
        let width = n_buckets * (n_buckets + 2);
        let zeros = || vec![0_i128; known.currency_code.len() * width];
        let first = stand.origin().0 - LOOK_BACK_WEEKS * DAYS_PER_WEEK;
        let add = |mut moved: Vec<i128>, i: usize| {
            if !stand.learns(i) || known.settled_known_day(i) <= first {
                return moved;
            }
            let rows = &mut moved[known.currency[i] as usize * width..][..width];
            for week in 1..=LOOK_BACK_WEEKS {
                let start = stand.origin().0 - week * DAYS_PER_WEEK;
                if known.known_day(i) > start {
                    break;
                }
                let before = known.open_amount_at(i, start).0;
                if before <= 0 {
                    continue;
                }
                let end = start + DAYS_PER_WEEK;
                let from = bucket(buckets, start - known.due[i]);
                let to = bucket(buckets, end - known.due[i]);
                let paid = known.settlements_of(i).filter(|&s| {
                    let day = known.settlement_known_day(s);
                    known.settlement_kind[s] == SettlementKind::Cash && day > start && day <= end
                });
                let row = &mut rows[from * (n_buckets + 2)..][..n_buckets + 2];
                row[n_buckets] += i128::from(before);
                row[n_buckets + 1] += paid.map(|s| i128::from(known.settlement_amount[s].0)).sum::<i128>();
                row[to] += i128::from(known.open_amount_at(i, end).0);
            }
            moved
        };
        let sum = |mut a: Vec<i128>, b: Vec<i128>| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        };
        let moved = (0..known.n_invoices()).into_par_iter().fold(zeros, add).reduce(zeros, sum);
        Self { n_buckets, moved }
    }

    fn of(&self, currency: usize) -> Chain<'_> {
        let width = self.n_buckets * (self.n_buckets + 2);
        Chain { n: self.n_buckets, moved: &self.moved[currency * width..][..width] }
    }
}

/// The moves of one currency.
struct Chain<'a> {
    n: usize,
    moved: &'a [i128],
}

impl Chain<'_> {
    /// Share of what was open in a bucket that did something: column `to`, or `n + 1` for cash.
    fn share(&self, from: usize, column: usize) -> f64 {
        let row = &self.moved[from * (self.n + 2)..][..self.n + 2];
        if row[self.n] > 0 { (row[column] as f64 / row[self.n] as f64).max(0.0) } else { 0.0 }
    }

    fn falls_overdue(&self) -> f64 {
        let overdue: f64 = (1..self.n).map(|to| self.share(0, to)).sum();
        let leaves = 1.0 - self.share(0, 0);
        let seen = self.moved[self.n] > 0 && leaves > 0.0;
        if seen { (overdue / leaves).clamp(0.0, 1.0) } else { NOTHING_SEEN }
    }

    fn weeks(&self, mut open: Vec<f64>) -> [f64; WEEKS] {
        std::array::from_fn(|_| {
            let cash = (0..self.n).map(|b| open[b] * self.share(b, self.n + 1)).sum();
            open = (0..self.n).map(|to| (0..self.n).map(|b| open[b] * self.share(b, to)).sum()).collect();
            cash
        })
    }
}
