//! How a customer paid its last invoices: what a person would say of it.

use crate::ledger::{Known, NEVER};

/// Invoices looked at, the last settled ones.
pub const RECENT_INVOICES: usize = 10;

/// The last invoices that a customer settled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recent {
    /// How many there are, [`RECENT_INVOICES`] at most.
    pub n: u32,
    /// Of those, settled after due.
    pub n_late: u32,
    /// Mean days from due to settlement, below 0 for early ones; none without a settled invoice.
    pub mean_delay_days: Option<f64>,
}

/// The last settled invoices of each customer of the ledger, by the day of settlement, then of issue. Those of which it
/// is not known on which day they were settled are left out.
///
/// ```
/// # use arrears::{analytics::recent, core::Day, ledger::Ledger};
/// assert!(recent(&Ledger::default().known_at(Day(0))).is_empty());
/// ```
pub fn recent(known: &Known) -> Vec<Recent> {
    let mut settled: Vec<(i32, i32, usize)> = Vec::new();
    let mut of_customer = |c: usize| {
        settled.clear();
        let paid = known.invoices_of(c).filter(|&i| known.settled[i] != NEVER && known.is_dated(i));
        settled.extend(paid.map(|i| (known.settled[i], known.issue[i], i)));
        if settled.len() > RECENT_INVOICES {
            let rest = settled.len() - RECENT_INVOICES;
            settled.select_nth_unstable(rest - 1);
            settled.drain(..rest);
        }
        let delay = |&(day, _, i): &(i32, i32, usize)| day - known.due[i];
        let n = settled.len() as u32;
        Recent {
            n,
            n_late: settled.iter().filter(|s| delay(s) > 0).count() as u32,
            mean_delay_days: (n > 0)
                .then(|| f64::from(settled.iter().map(delay).sum::<i32>()) / f64::from(n)),
        }
    };
    (0..known.n_customers()).map(&mut of_customer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Amount, Day};
    use crate::ledger::{Ledger, SettlementKind, SettlementRows, sample};

    #[test]
    fn only_the_last_ten_count() {
        // due on day 100, 200, ..., paid 1, 2, ... 12 days after it
        let ids: Vec<String> = (1..=12).map(|k| format!("I{k}")).collect();
        let bills: Vec<_> =
            ids.iter().zip(1..).map(|(id, k)| (id.as_str(), "A", "EUR", 100 * k, "5.00")).collect();
        let paid = SettlementRows {
            invoice: (0..12).collect(),
            day: (1..=12).map(|k| 101 * k).collect(),
            amount: vec![Amount::parse("5.00").unwrap(); 12],
            kind: vec![SettlementKind::Cash; 12],
            ..SettlementRows::default()
        };
        let ledger = Ledger::try_new(sample::invoices(&bills), paid).unwrap();
        let all = recent(&ledger.known_at(Day(10_000)))[0];
        assert_eq!((all.n, all.n_late, all.mean_delay_days), (10, 10, Some(7.5))); // of 3 to 12
        let early = recent(&ledger.known_at(Day(150)))[0];
        assert_eq!((early.n, early.n_late, early.mean_delay_days), (1, 1, Some(1.0)));
        let none = recent(&ledger.known_at(Day(80)))[0];
        assert_eq!((none.n, none.mean_delay_days), (0, None));
    }
}
