//! Open invoices by risk band: how many, how much, and what is expected of them.

use super::{InvoiceScore, RiskBand};
use crate::core::{Amount, Currency};
use crate::ledger::Known;

/// The row that holds every band.
const ALL: &str = "all";
/// Bands of a table, then all of them.
const BANDS: [&str; 4] = ["low", "medium", "high", ALL];
/// Place in `expected_cash` of the days that the table tells of: 30.
const PAID_30: usize = 2;

/// One entry a row in each column, by currency, then band from low to high, `all` last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Risk {
    /// Currency of the amounts.
    pub currency: Vec<Currency>,
    /// `low`, `medium`, `high`, `all`.
    pub risk_band: Vec<&'static str>,
    /// What the band holds.
    pub sums: Vec<RiskSums>,
}

/// What a band holds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RiskSums {
    /// Open invoices.
    pub n_invoices: u32,
    /// What is open on them.
    pub open_amount: Amount,
    /// Those past due.
    pub n_overdue: u32,
    /// What is open on those.
    pub overdue_amount: Amount,
    /// Sum of `late_prob` of those not past due.
    late_prob_sum: f64,
    /// Expected cash within 30 days: sum of `expected_cash_30`.
    pub expected_30: f64,
    /// Expected to be open past the loss horizon: sum of open amount x `unpaid_prob`.
    pub expected_unpaid: f64,
}

impl RiskSums {
    fn add(&mut self, open: Amount, s: &InvoiceScore) {
        self.n_invoices += 1;
        self.open_amount += open;
        if s.days_past_due > 0 {
            self.n_overdue += 1;
            self.overdue_amount += open;
        } else {
            self.late_prob_sum += s.late_prob;
        }
        self.expected_30 += s.expected_cash[PAID_30];
        self.expected_unpaid += open.to_f64() * s.unpaid_prob;
    }

    /// Mean `late_prob` of the invoices not past due; none if all are.
    pub fn mean_late_prob(&self) -> Option<f64> {
        let n = self.n_invoices - self.n_overdue;
        (n > 0).then(|| self.late_prob_sum / f64::from(n))
    }
}

/// Adds the open invoices up by band, in the scores' order; each currency with an open invoice has every band.
///
/// ```
/// # use arrears::{core::Day, ledger::Ledger, score::risk};
/// assert!(risk(&Ledger::default().known_at(Day(0)), &[]).sums.is_empty());
/// ```
pub fn risk(known: &Known, scores: &[InvoiceScore]) -> Risk {
    let mut sums = vec![[RiskSums::default(); BANDS.len()]; known.currency_code.len()];
    for s in scores {
        let i = s.invoice as usize;
        let of_currency = &mut sums[known.currency[i] as usize];
        let band = match s.risk_band {
            RiskBand::Low => 0,
            RiskBand::Medium => 1,
            RiskBand::High => 2,
        };
        for k in [band, BANDS.len() - 1] {
            of_currency[k].add(known.open_amount[i], s);
        }
    }
    let mut out = Risk::default();
    for (&currency, of_currency) in known.currency_code.iter().zip(sums) {
        if of_currency[BANDS.len() - 1].n_invoices == 0 {
            continue;
        }
        for (band, sums) in BANDS.into_iter().zip(of_currency) {
            out.currency.push(currency);
            out.risk_band.push(band);
            out.sums.push(sums);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Day;
    use crate::ledger::{Ledger, SettlementRows, sample};

    /// A half of `open` is expected within 30 days.
    fn score(
        invoice: u32,
        days_past_due: i32,
        late_prob: f64,
        (risk_band, open): (RiskBand, f64),
    ) -> InvoiceScore {
        InvoiceScore {
            invoice,
            days_past_due,
            late_prob,
            late_days_prob: [0.0; 3],
            paid_prob: [0.0, 0.0, 0.5, 0.0, 0.0],
            expected_cash: [0.0, 0.0, 0.5 * open, 0.0, 0.0],
            pay_date: [None; 3],
            unpaid_prob: 0.1,
            expected_days_late: 0.0,
            risk_band,
            history_n: 0,
        }
    }

    #[test]
    fn bands_share_what_all_holds() {
        let rows = sample::invoices(&[
            ("1", "A", "EUR", 110, "10"),
            ("2", "A", "EUR", 120, "30"),
            ("3", "B", "EUR", 90, "60"),
        ]);
        let known = Ledger::try_new(rows, SettlementRows::default()).unwrap().known_at(Day(100));
        let scores = [
            score(0, -10, 0.2, (RiskBand::Low, 10.0)),
            score(1, -20, 0.4, (RiskBand::Medium, 30.0)),
            score(2, 10, 1.0, (RiskBand::High, 60.0)),
        ];
        let r = risk(&known, &scores);
        assert_eq!(r.risk_band, BANDS);
        let open: Vec<_> = r.sums.iter().map(|s| (s.n_invoices, s.open_amount.to_string())).collect();
        let pair = |n, amount: &str| (n, amount.to_owned());
        assert_eq!(open, [pair(1, "10.00"), pair(1, "30.00"), pair(1, "60.00"), pair(3, "100.00")]);
        let all = &r.sums[3];
        assert_eq!((all.n_overdue, all.overdue_amount.to_string()), (1, "60.00".to_owned()));
        assert!((all.expected_30 - 50.0).abs() < 1e-9 && (all.expected_unpaid - 10.0).abs() < 1e-9);
        assert!((all.mean_late_prob().unwrap() - 0.3).abs() < 1e-12);
        assert_eq!(r.sums[2].mean_late_prob(), None);
    }
}
