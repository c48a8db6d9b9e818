//! Statutory interest on late payment, and the fixed sum beside it.

use crate::core::{Amount, amount::SCALE};
use crate::ledger::{Known, SettlementKind};
use crate::policy::InterestPolicy;

const DAYS_PER_YEAR: f64 = 365.0;

/// Yearly rates by the day from which each holds: the reference rate of each half-year and the margin above it.
#[derive(Debug, Clone, PartialEq)]
pub struct RateTable {
    /// First day and yearly rate, days increasing.
    rates: Vec<(i32, f64)>,
}

impl RateTable {
    /// A table of first days, increasing, each with the rate that holds from it until the next.
    pub fn new(rates: Vec<(i32, f64)>) -> Self {
        Self { rates }
    }

    /// Simple interest of one unit from the day after `from` to the end of `to`:
    /// `sum of days in each period x its yearly rate / 365`. 0 unless `to` is after `from`; days before the table have the
    /// rate of its first row.
    ///
    /// ```
    /// use arrears::analytics::interest::RateTable;
    /// let table = RateTable::new(vec![(0, 0.10), (100, 0.20)]);
    /// assert!((table.of(89, 109) - (10.0 * 0.10 + 10.0 * 0.20) / 365.0).abs() < 1e-15);
    /// ```
    pub fn of(&self, from: i32, to: i32) -> f64 {
        let mut sum = 0.0;
        for (k, (first, rate)) in self.rates.iter().enumerate() {
            let start = if k == 0 { from + 1 } else { (from + 1).max(*first) };
            let end = self.rates.get(k + 1).map_or(to, |next| to.min(next.0 - 1));
            sum += f64::from((end - start + 1).max(0)) * rate;
        }
        sum / DAYS_PER_YEAR
    }
}

/// What an overdue invoice may be charged.
#[derive(Debug, Clone, PartialEq)]
pub struct LateInterest {
    /// Index into the ledger.
    pub invoice: u32,
    /// Name of the law's rules in the policy.
    pub rules: &'static str,
    /// Interest accrued until as_of on what is open and on what was paid late.
    pub interest: f64,
    /// Of the fixed sum for costs of recovery.
    pub fixed_sum: f64,
    /// Interest that each further day adds.
    pub per_day: f64,
}

/// Interest of each open invoice past due, under the rules of its currency; invoices of other currencies are left out.
///
/// Interest is simple and runs from the day after `due_date`; every part that is paid stops its own share:
/// `interest = sum_s paid_s x R(due, day_s) + open x R(due, as_of)` with [`RateTable::of`] as `R`, so that splitting a
/// payment changes nothing; a part of which two days are possible bears it until the earlier one, so that nobody is
/// asked for more than is owed. What a credit note, a discount or a write-off settles bears none. The fixed sum is that of the size of the debt, once an invoice.
///
/// `open` holds ledger indices.
///
/// Source: Directive 2011/7/EU, art. 2-6; Late Payment of Commercial Debts (Interest) Act 1998 (UK), s. 4-6.
pub fn late_interest(known: &Known, open: &[u32], policy: &InterestPolicy) -> Vec<LateInterest> {
    let as_of = known.as_of().0;
    let mut out = Vec::new();
    for (rules, law) in [("eu", &policy.eu), ("uk", &policy.uk)] {
        let table = RateTable::new(law.rates());
        for &invoice in open {
            let i = invoice as usize;
            let due = known.due[i];
            if due >= as_of || known.currency_code[usize::from(known.currency[i])].as_str() != law.currency {
                continue;
            }
            let cash = known.settlements_of(i).filter(|s| known.settlement_kind[*s] == SettlementKind::Cash);
            let parts = cash.map(|s| (known.settlement_amount[s], known.settlement_first_day(s)));
            let parts = parts.chain([(known.open_amount[i], as_of)]);
            out.push(LateInterest {
                invoice,
                rules,
                interest: accrued(parts, due, &table),
                fixed_sum: law.fixed_sum_of(known.amount[i].0 as f64 / SCALE as f64),
                per_day: known.open_amount[i].0 as f64 / SCALE as f64 * table.of(as_of, as_of + 1),
            });
        }
    }
    out.sort_by_key(|l| l.invoice);
    out
}

/// Interest on parts, each until the day it was paid.
fn accrued(parts: impl Iterator<Item = (Amount, i32)>, due: i32, table: &RateTable) -> f64 {
    parts.map(|(amount, day)| amount.0 as f64 / SCALE as f64 * table.of(due, day)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 8 % over 3.15 % until 2025-06-30 and over 2.15 % after: 11.15 % and 10.15 %.
    fn eu() -> RateTable {
        let day = |text: &str| text.parse::<crate::core::Day>().unwrap().0;
        RateTable::new(vec![(day("2025-01-01"), 0.1115), (day("2025-07-01"), 0.1015)])
    }

    /// 10,000 due on 2025-06-10, 4,000 paid on 2025-06-20, the rest on 2025-07-10: 10 days of 4,000, and 20 + 10 of 6,000.
    #[test]
    fn each_part_bears_interest_until_its_own_day_at_the_rate_of_each_half_year() {
        let due = "2025-06-10".parse::<crate::core::Day>().unwrap().0;
        let parts = [(Amount(40_000_000), due + 10), (Amount(60_000_000), due + 30)];
        let wanted = (4_000.0 * 10.0 * 0.1115 + 6_000.0 * (20.0 * 0.1115 + 10.0 * 0.1015)) / 365.0;
        assert!((accrued(parts.into_iter(), due, &eu()) - wanted).abs() < 1e-9);
    }

    #[test]
    fn a_payment_on_the_due_date_or_before_bears_nothing() {
        assert_eq!(eu().of(20_000, 20_000), 0.0);
        assert_eq!(eu().of(20_000, 19_000), 0.0);
    }

    proptest! {
        /// Splitting a payment, or a stretch of days, changes nothing.
        #[test]
        fn interest_is_additive(due in 19_900..20_600_i32, a in 0..400_i32, b in 0..400_i32, x in 0..1_000_000_i64, y in 0..1_000_000_i64) {
            let table = eu();
            let one = accrued([(Amount(x + y), due + a)].into_iter(), due, &table);
            let two = accrued([(Amount(x), due + a), (Amount(y), due + a)].into_iter(), due, &table);
            prop_assert!((one - two).abs() < 1e-9);
            prop_assert!((table.of(due, due + a + b) - table.of(due, due + a) - table.of(due + a, due + a + b)).abs() < 1e-12);
        }
    }
}
