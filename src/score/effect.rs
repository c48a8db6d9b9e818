//! The effect of a contact on the odds of payment, from days after one and days after none.

use crate::numeric::logistic;
use std::collections::BTreeMap;

/// How far a class's level may lie from that of all, in log-odds, before its own days have told; where the customers'
/// spread starts from.
const LEVEL_SD: f64 = 0.5;
/// Turns of fitting at the most, and the largest step of a shared number that ends them.
const ROUNDS: usize = 25;
const STEP_MIN: f64 = 1e-6;
/// Level, slope, and effects of the channels. Those past the last place share it.
const SHARED: usize = 6;

/// A day on which an invoice was past due and open when it began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct InvoiceDay {
    /// Rows of a customer stand together.
    pub customer: u32,
    /// Class of like days.
    pub class: u16,
    /// Channel of the contact that was working, if one was.
    pub channel: Option<u16>,
    /// Log-odds of payment by the model, which knows of no contact.
    pub eta: f64,
    /// Whether it was settled that day.
    pub paid: bool,
}

/// One row of a binary outcome.
struct Row {
    class: usize,
    customer: usize,
    /// Log-odds that are given, before anything is fitted.
    offset: f64,
    /// What the shared numbers are multiplied by.
    x: [f64; SHARED],
    is_event: bool,
}

/// Log-odds of an outcome: numbers that all rows share, a level for each class of rows and one for each customer, those
/// drawn to 0.
struct Odds {
    shared: [f64; SHARED],
    class: Vec<f64>,
    customer: Vec<f64>,
    /// Spread of the customers' own levels, as the rows show it.
    customer_sd: f64,
}

impl Odds {
    /// Fits by turns with Newton's steps: the shared numbers, each class, each customer, then the customers' spread, by
    /// the approximation of Laplace.
    fn fit(rows: &[Row], n_classes: usize, n_customers: usize) -> Self {
        let mut out = Self {
            shared: [0.0; SHARED],
            class: vec![0.0; n_classes],
            customer: vec![0.0; n_customers],
            customer_sd: LEVEL_SD,
        };
        let moved = |(g, h): (f64, f64)| (g / h).clamp(-2.0, 2.0);
        for _ in 0..ROUNDS {
            let mut largest = 0.0_f64;
            for j in 0..SHARED {
                let mut sum = (-out.shared[j] * 1e-6, 1e-6);
                for r in rows.iter().filter(|r| r.x[j] != 0.0) {
                    let (miss, w) = out.miss(r);
                    sum = (sum.0 + miss * r.x[j], sum.1 + w * r.x[j] * r.x[j]);
                }
                out.shared[j] += moved(sum);
                largest = largest.max(moved(sum).abs());
            }
            let sums = out.sums(rows, |r| r.class, &out.class, LEVEL_SD);
            out.class.iter_mut().zip(sums).for_each(|(v, sum)| *v += moved(sum));
            let sums = out.sums(rows, |r| r.customer, &out.customer, out.customer_sd);
            let mut spread = 0.0;
            for (v, sum) in out.customer.iter_mut().zip(sums) {
                *v += moved(sum);
                spread += *v * *v + 1.0 / sum.1;
            }
            if largest < STEP_MIN {
                break;
            }
            out.customer_sd = (spread / n_customers.max(1) as f64).sqrt().clamp(0.05, 3.0);
        }
        out
    }

    fn eta(&self, r: &Row) -> f64 {
        let shared: f64 = self.shared.iter().zip(&r.x).map(|(b, x)| b * x).sum();
        r.offset + shared + self.class[r.class] + self.customer[r.customer]
    }

    /// What the row shows beyond its probability, and how much a row of this probability tells.
    fn miss(&self, r: &Row) -> (f64, f64) {
        let p = logistic(self.eta(r));
        (f64::from(u8::from(r.is_event)) - p, p * (1.0 - p))
    }

    /// Slope and curvature of the likelihood in each of some levels, with what draws them to 0.
    fn sums(&self, rows: &[Row], key: fn(&Row) -> usize, levels: &[f64], sd: f64) -> Vec<(f64, f64)> {
        let prior = sd.powi(-2);
        let mut sums: Vec<(f64, f64)> = levels.iter().map(|v| (-v * prior, prior)).collect();
        for r in rows {
            let (miss, w) = self.miss(r);
            let sum = &mut sums[key(r)];
            *sum = (sum.0 + miss, sum.1 + w);
        }
        sums
    }
}

/// Effect of each channel and its standard error; none where there is nothing to compare.
pub(super) fn effects(rows: &[InvoiceDay], n_channels: usize) -> Vec<Option<(f64, f64)>> {
    let n_paid = rows.iter().filter(|r| r.paid).count();
    if n_paid == 0 || n_paid == rows.len() {
        return vec![None; n_channels];
    }
    let mut places: BTreeMap<u32, usize> = BTreeMap::new();
    for r in rows {
        let next = places.len();
        places.entry(r.customer).or_insert(next);
    }
    let n_classes = rows.iter().map(|r| usize::from(r.class) + 1).max().unwrap_or(0);
    let of_channel = |c: u16| (2 + usize::from(c)).min(SHARED - 1);
    let row = |r: &InvoiceDay, offset: f64, channel: Option<u16>, is_event: bool| {
        let mut x = [0.0; SHARED];
        (x[0], x[1]) = (1.0, r.eta);
        channel.into_iter().for_each(|c| x[of_channel(c)] = 1.0);
        Row { class: usize::from(r.class), customer: places[&r.customer], offset, x, is_event }
    };
    let days: Vec<Row> = rows.iter().map(|r| row(r, r.eta, r.channel, r.paid)).collect();
    let payment = Odds::fit(&days, n_classes, places.len());
    // without a contact: what the effect of its channel adds is taken out again
    let effect_of = |r: &InvoiceDay| r.channel.map_or(0.0, |c| payment.shared[of_channel(c)]);
    let without: Vec<f64> =
        rows.iter().zip(&days).map(|(r, day)| logistic(payment.eta(day) - effect_of(r))).collect();
    let effect = |channel: usize| {
        let own: Vec<usize> =
            (0..rows.len()).filter(|&k| rows[k].channel.is_none_or(|c| usize::from(c) == channel)).collect();
        let chased = |k: usize| row(&rows[k], 0.0, None, rows[k].channel.is_some());
        let unpaid: Vec<Row> = own.iter().filter(|&&k| !rows[k].paid).map(|&k| chased(k)).collect();
        let n_chased = unpaid.iter().filter(|r| r.is_event).count();
        if n_chased == 0 || n_chased == unpaid.len() {
            return None;
        }
        let chase = Odds::fit(&unpaid, n_classes, places.len());
        solve(rows, &own, &without, |k| logistic(chase.eta(&chased(k))))
    };
    (0..n_channels).map(effect).collect()
}

/// The effect that solves the estimating equation over the rows `own`, and its standard error.
fn solve(
    rows: &[InvoiceDay],
    own: &[usize],
    without: &[f64],
    share: impl Fn(usize) -> f64,
) -> Option<(f64, f64)> {
    // the estimating function of a row is `ratio * paid_after - other`, with `ratio = exp(-b)`
    let parts = |k: usize| {
        let (p, share) = (without[k], share(k));
        match (rows[k].paid, rows[k].channel.is_some()) {
            (true, true) => ((1.0 - p) * (1.0 - share), 0.0),
            (true, false) => (0.0, (1.0 - p) * share),
            (false, is_after) => (0.0, p * (f64::from(u8::from(is_after)) - share)),
        }
    };
    let (mut paid_after, mut other) = (0.0, 0.0);
    let mut of_customer: Vec<(f64, f64)> = Vec::new();
    for group in own.chunk_by(|&a, &b| rows[a].customer == rows[b].customer) {
        let sum = group.iter().map(|&k| parts(k)).fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
        paid_after += sum.0;
        other += sum.1;
        of_customer.push(sum);
    }
    if paid_after <= 0.0 || other <= 0.0 || of_customer.len() < 2 {
        return None;
    }
    let ratio = other / paid_after;
    let n = of_customer.len() as f64;
    let spread: f64 = of_customer.iter().map(|(x, y)| (ratio * x - y).powi(2)).sum();
    Some((-ratio.ln(), (spread * n / (n - 1.0)).sqrt() / (ratio * paid_after)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::logit;

    fn rows(n: usize, class: u16, channel: Option<u16>, eta: f64, paid: usize) -> Vec<InvoiceDay> {
        let row = |k: usize| InvoiceDay { customer: k as u32, class, channel, eta, paid: k < paid };
        (0..n).map(row).collect()
    }

    /// Odds of 1 : 4 double in the one class and of 1 : 9 in the other, where one in four and three in four days are after
    /// a contact. Together 88 of 400 and 70 of 400 days see a payment: they look alike, and are not.
    #[test]
    fn those_chased_are_the_slow_ones_and_the_effect_is_twice_the_odds_all_the_same() {
        let mut all = Vec::new();
        for (class, eta, without, after) in
            [(0, (0.25_f64).ln(), (300, 60), (100, 33)), (1, (1.0 / 9.0_f64).ln(), (100, 10), (300, 55))]
        {
            all.extend(rows(without.0, class, None, eta, without.1));
            all.extend(rows(after.0, class, Some(0), eta, after.1));
        }
        // every day is another customer's: no customer has a level to speak of
        (0..).zip(&mut all).for_each(|(k, r): (u32, _)| r.customer = k);
        let (effect, error) = effects(&all, 1)[0].unwrap();
        // 33 of 100 and 55 of 300 are odds of 0.493 and 0.2245, against 0.25 and 1/9
        assert!((effect - 2_f64.ln()).abs() < 0.1, "{effect}");
        assert!(error > 0.1 && error < 0.35, "{error}");
        let crude = |channel: Option<u16>| {
            let own = || all.iter().filter(|r| r.channel == channel);
            logit(own().filter(|r| r.paid).count() as f64 / own().count() as f64)
        };
        assert!(crude(Some(0)) - crude(None) < 0.4);
    }

    /// With probability and share given it is the ratio of odds of a two by two table.
    #[test]
    fn one_class_gives_the_odds_ratio_of_the_table() {
        let mut all = rows(1000, 0, None, -1.0, 200);
        all.extend(rows(1000, 0, Some(0), -1.0, 300));
        (0..).zip(&mut all).for_each(|(k, r): (u32, _)| r.customer = k);
        let own: Vec<usize> = (0..all.len()).collect();
        let (effect, error) = solve(&all, &own, &vec![0.2; all.len()], |_| 700.0 / 1500.0).unwrap();
        let wanted = ((300.0 / 700.0) / (200.0 / 800.0_f64)).ln();
        assert!((effect - wanted).abs() < 1e-9, "{effect} {wanted}");
        let woolf = (1.0 / 300.0 + 1.0 / 700.0 + 1.0 / 200.0 + 1.0 / 800.0_f64).sqrt();
        assert!((error / woolf - 1.0).abs() < 0.1, "{error} {woolf}");
    }

    #[test]
    fn without_contacts_or_payments_there_is_nothing_to_measure() {
        assert_eq!(effects(&rows(50, 0, None, -1.0, 0), 1), [None]);
        assert_eq!(effects(&rows(50, 0, None, -1.0, 10), 1), [None]);
    }
}
