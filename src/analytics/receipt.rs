//! Cash that came in, by day and by week before as_of: what a forecast is held against.

use crate::core::{Amount, Currency, Day};
use crate::ledger::{Known, SettlementKind};

/// Days before as_of that are told one by one: as many as a forecast looks ahead.
pub const DAYS: i32 = 91;
/// Weeks before as_of that are told.
pub const WEEKS: i32 = 26;
const DAYS_PER_WEEK: i32 = 7;

/// Cash by currency, then grain, then period from the oldest: one entry a row in each column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipts {
    /// Currency of the amount.
    pub currency: Vec<Currency>,
    /// `day` or `week`.
    pub grain: Vec<&'static str>,
    /// Number of the period: -1 is the last one before as_of ends.
    pub period: Vec<i32>,
    /// First day.
    pub period_start: Vec<Day>,
    /// Last day.
    pub period_end: Vec<Day>,
    /// Cash that came in.
    pub received: Vec<Amount>,
}

/// Adds up the cash of the last `DAYS` days and `WEEKS` weeks; week -1 ends with as_of.
///
/// As in a backtest, cash counts on its own date, or the later of two possible ones, cash payments only, and as much as
/// it took off an invoice. Each currency of the ledger has every period.
///
/// ```
/// # use arrears::{analytics::receipts, core::Day, ledger::Ledger};
/// assert!(receipts(&Ledger::default().known_at(Day(0))).received.is_empty());
/// ```
pub fn receipts(known: &Known) -> Receipts {
    let n_days = (WEEKS * DAYS_PER_WEEK).max(DAYS);
    let mut by_day = vec![vec![Amount::ZERO; n_days as usize]; known.currency_code.len()];
    let as_of = known.as_of().0;
    for i in 0..known.n_invoices() {
        let of_currency = &mut by_day[known.currency[i] as usize];
        for s in known.settlements_of(i).filter(|&s| known.settlement_kind[s] == SettlementKind::Cash) {
            let days_ago = as_of - known.settlement_day[s];
            if (0..n_days).contains(&days_ago) {
                of_currency[days_ago as usize] += known.settlement_amount[s];
            }
        }
    }
    let mut out = Receipts::default();
    for (&currency, days) in known.currency_code.iter().zip(&by_day) {
        for (grain, n, length) in [("day", DAYS, 1), ("week", WEEKS, DAYS_PER_WEEK)] {
            for ago in (0..n).rev() {
                let first = (ago * length) as usize;
                let end = known.as_of().plus(-ago * length);
                out.currency.push(currency);
                out.grain.push(grain);
                out.period.push(-1 - ago);
                out.period_start.push(end.plus(1 - length));
                out.period_end.push(end);
                out.received.push(days[first..first + length as usize].iter().copied().sum());
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, SettlementRows, sample};

    /// Two invoices, paid in parts on days 100, 94, 93 and 9, and one part written off on day 100.
    #[test]
    fn week_minus_one_ends_with_as_of_and_takes_cash_alone() {
        let rows = sample::invoices(&[("1", "A", "EUR", 95, "100"), ("2", "B", "EUR", 120, "50")]);
        let part = |invoice, day, amount, kind| (invoice, day, amount, kind);
        let parts = [
            part(0, 100, "40", SettlementKind::Cash),
            part(0, 100, "7", SettlementKind::WriteOff),
            part(0, 94, "20", SettlementKind::Cash),
            part(0, 93, "3", SettlementKind::Cash),
            part(1, 91, "5", SettlementKind::Cash),
        ];
        let settlements = SettlementRows {
            invoice: parts.iter().map(|p| p.0).collect(),
            day: parts.iter().map(|p| p.1).collect(),
            amount: parts.iter().map(|p| Amount::parse(p.2).unwrap()).collect(),
            kind: parts.iter().map(|p| p.3).collect(),
            ..SettlementRows::default()
        };
        let r = receipts(&Ledger::try_new(rows, settlements).unwrap().known_at(Day(100)));
        assert_eq!(r.received.len(), (DAYS + WEEKS) as usize);
        let of = |grain: &str, period: i32| {
            let k = (0..r.period.len()).find(|&k| r.grain[k] == grain && r.period[k] == period).unwrap();
            (r.period_start[k].0, r.period_end[k].0, r.received[k].to_string())
        };
        assert_eq!(of("day", -1), (100, 100, "40.00".to_owned()));
        assert_eq!(of("day", -8), (93, 93, "3.00".to_owned()));
        assert_eq!(of("week", -1), (94, 100, "60.00".to_owned()));
        assert_eq!(of("week", -2), (87, 93, "8.00".to_owned()));
        assert_eq!(of("week", -26), (-81, -75, "0.00".to_owned()));
    }
}
