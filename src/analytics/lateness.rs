//! How many invoices are paid late, with those counted whose end is not known yet.

use crate::ledger::{Known, NEVER};
use crate::policy::ValidPolicy;

/// Labels `late` (not fully settled by the end of due date + grace) of all invoices at as_of, and their share by two
/// ways to count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lateness {
    /// Invoices settled in full, on time or late.
    pub n_settled: usize,
    /// Of those, settled late.
    pub n_settled_late: usize,
    /// Open invoices past due and grace: late already, though not settled.
    pub n_open_late: usize,
    /// Open invoices that may still be paid on time: their label is censored.
    pub n_censored: usize,
    /// Invoices settled in full of which it is not known on which day: in no other count here.
    pub n_undated: usize,
    /// P(late) by [`lateness`]; none if no invoice was watched for as long as due date and grace.
    pub late_prob: Option<f64>,
}

/// Counts labels, and estimates P(late) by Kaplan and Meier's product over days from the due date:
/// `P(late) = prod_{t <= grace} (1 - d[t] / n[t])`.
///
/// `d[t]` invoices are settled `t` days after due (before it: `t < 0`), of `n[t]` that are neither settled before `t`
/// nor open at an as_of that is before `t`. An open invoice so counts for as long as it was watched, which the share of
/// late ones among the settled leaves out: of the invoices issued lately, only those paid early are settled.
///
/// ```
/// # use arrears::{analytics::lateness, core::Day, ledger::Ledger};
/// let nothing = lateness(&Ledger::default().known_at(Day(0)), &arrears::policy::parse("", "defaults")?);
/// assert_eq!((nothing.n_invoices(), nothing.late_prob), (0, None));
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
///
/// Source: Kaplan & Meier (1958), *Nonparametric Estimation from Incomplete Observations*, JASA 53.
pub fn lateness(known: &Known, policy: &ValidPolicy) -> Lateness {
    let (as_of, grace) = (known.as_of().0, policy.ledger.grace_days);
    let dated = || (0..known.n_invoices()).filter(|i| known.is_dated(*i));
    let n = dated().count();
    // days from due to the end of watching; later ones than grace decide nothing
    let watched = |i: usize| known.settled[i].min(as_of).saturating_sub(known.due[i]).min(grace + 1);
    let first = dated().map(watched).min().unwrap_or(grace).min(grace);
    let mut settled = vec![0_u64; (grace - first + 2) as usize];
    let mut censored = settled.clone();
    let (mut n_settled, mut n_settled_late, mut n_open_late) = (0, 0, 0);
    for i in dated() {
        let t = watched(i);
        let slot = (t - first) as usize;
        if known.settled[i] != NEVER {
            settled[slot] += 1;
            n_settled += 1;
            n_settled_late += usize::from(t > grace);
        } else {
            censored[slot] += 1;
            n_open_late += usize::from(t >= grace);
        }
    }
    let (mut at_risk, mut late_prob) = (n as u64, 1.0);
    for (d, c) in settled.iter().zip(&censored).take((grace - first) as usize) {
        late_prob *= unsettled(*d, at_risk);
        at_risk -= d + c;
    }
    let is_watched = at_risk > 0 || (late_prob == 0.0 && n > 0);
    late_prob *= unsettled(settled[(grace - first) as usize], at_risk);
    Lateness {
        n_settled,
        n_settled_late,
        n_open_late,
        n_censored: n - n_settled - n_open_late,
        n_undated: known.n_invoices() - n,
        late_prob: is_watched.then_some(late_prob),
    }
}

/// Share of those at risk on a day that are not settled on it.
fn unsettled(settled: u64, at_risk: u64) -> f64 {
    if at_risk == 0 { 1.0 } else { (at_risk - settled) as f64 / at_risk as f64 }
}

impl Lateness {
    /// All invoices with a label, censored ones included.
    pub fn n_invoices(&self) -> usize {
        self.n_settled + self.n_open_late + self.n_censored
    }

    /// Invoices of which it is known that they are late.
    pub fn n_late(&self) -> usize {
        self.n_settled_late + self.n_open_late
    }

    /// Share of late ones among the settled: what comes out when open invoices are dropped.
    pub fn settled_only_share(&self) -> Option<f64> {
        (self.n_settled > 0).then(|| self.n_settled_late as f64 / self.n_settled as f64)
    }

    /// Share of invoices whose label is not known yet; 0 of none.
    pub fn censored_share(&self) -> f64 {
        self.n_censored as f64 / self.n_invoices().max(1) as f64
    }

    /// What dropping open invoices adds to the share of late ones: below 0, it makes payers look better than they are.
    pub fn dropping_bias(&self) -> Option<f64> {
        Some(self.settled_only_share()? - self.late_prob?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Amount, Day};
    use crate::ledger::{Ledger, SettlementKind, SettlementRows, sample};
    use crate::policy::parse;

    /// Invoices of 10, by the day each is due and the day it is settled; as of day 100.
    fn of(invoices: &[(i32, Option<i32>)], grace_days: i32) -> Lateness {
        let ids: Vec<String> = (0..invoices.len()).map(|i| format!("{i:03}")).collect();
        let bills: Vec<_> =
            ids.iter().zip(invoices).map(|(id, (due, _))| (id.as_str(), "A", "EUR", *due, "10")).collect();
        let paid: Vec<(u32, i32)> =
            (0..).zip(invoices).filter_map(|(i, (_, day))| Some((i, (*day)?))).collect();
        let settlements = SettlementRows {
            invoice: paid.iter().map(|p| p.0).collect(),
            day: paid.iter().map(|p| p.1).collect(),
            known: Vec::new(),
            amount: vec![Amount(100_000); paid.len()],
            kind: vec![SettlementKind::Cash; paid.len()],
            ..SettlementRows::default()
        };
        let ledger = Ledger::try_new(sample::invoices(&bills), settlements).unwrap();
        let policy = parse(&format!("[ledger]\ngrace_days = {grace_days}"), "test").unwrap();
        lateness(&ledger.known_at(Day(100)), &policy)
    }

    /// At risk 5, 4, 3, 2 at the days -5, -3 (one leaves censored at -4), 0: (4/5) (2/3) (1/2).
    #[test]
    fn an_open_invoice_counts_for_as_long_as_it_was_watched() {
        let l = of(&[(80, Some(75)), (104, None), (80, Some(77)), (80, Some(80)), (80, Some(90))], 0);
        assert_eq!((l.n_settled, l.n_settled_late, l.n_open_late, l.n_censored), (4, 1, 0, 1));
        assert!((l.late_prob.unwrap() - 4.0 / 5.0 * (2.0 / 3.0) * (1.0 / 2.0)).abs() < 1e-15);
        assert_eq!((l.settled_only_share(), l.censored_share()), (Some(0.25), 0.2));
        assert!((l.dropping_bias().unwrap() - (0.25 - 4.0 / 15.0)).abs() < 1e-15);
    }

    /// Two of three settled on time, one open for ten days past due: it is late, though dropping it says otherwise.
    #[test]
    fn an_overdue_invoice_is_late_before_it_is_settled() {
        let l = of(&[(80, Some(70)), (80, Some(80)), (90, None)], 0);
        assert_eq!((l.n_late(), l.n_censored, l.settled_only_share()), (1, 0, Some(0.0)));
        assert!((l.late_prob.unwrap() - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn grace_moves_the_day_that_decides_and_its_end_still_counts() {
        let at = |due, paid| of(&[(due, paid)], 3);
        assert_eq!((at(80, Some(83)).late_prob, at(80, Some(84)).late_prob), (Some(0.0), Some(1.0)));
        assert_eq!((at(97, None).n_open_late, at(98, None).n_censored), (1, 1));
        assert_eq!(at(97, None).late_prob, Some(1.0));
    }

    #[test]
    fn nobody_watched_until_due_says_nothing() {
        assert_eq!(of(&[(130, None), (120, None), (120, Some(95))], 0).late_prob, None);
        assert_eq!(of(&[(130, Some(90)), (120, Some(95))], 0).late_prob, Some(0.0));
    }
}
