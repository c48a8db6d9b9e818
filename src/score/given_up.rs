//! How much of what is settled, by how late, was given up instead of paid.

use crate::ledger::{Known, NEVER, SettlementKind};

/// First days past due of each class of ages but the first.
const FROM: [i32; 6] = [31, 61, 91, 181, 271, 366];
/// Invoices that were paid, in each class, before the ledger has told.
const PAID_PRIOR: f64 = 1.0;

/// Days past due that are told apart: those of the last class are one.
const N_DAYS: usize = FROM[FROM.len() - 1] as usize + 1;

/// Shares by days past due at settlement.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenUp {
    share: [f64; N_DAYS],
}

impl GivenUp {
    /// Nothing ever is.
    pub const NOTHING: Self = Self { share: [0.0; N_DAYS] };

    /// As the settled invoices of a ledger show it: the share of an invoice's amount that was written off, its mean over
    /// invoices by days past due at settlement. Credit notes and discounts are not given up.
    pub fn of(known: &Known) -> Self {
        Self::by(known, |_, s| known.settlement_kind[s] == SettlementKind::WriteOff)
    }

    /// The same of all that brought no money on the day that settled the invoice: the rest of a short payment, a discount,
    /// a credit note over all of it. What was credited before was no longer open.
    pub fn all_but_cash(known: &Known) -> Self {
        Self::by(known, |i, s| {
            known.settlement_kind[s] != SettlementKind::Cash && known.settlement_day[s] == known.settled[i]
        })
    }

    /// The share of the settlements that `counts` names, by invoice and settlement.
    fn by(known: &Known, counts: impl Fn(usize, usize) -> bool) -> Self {
        let mut settled = [PAID_PRIOR; FROM.len() + 1];
        let mut given_up = [0.0; FROM.len() + 1];
        for i in (0..known.n_invoices()).filter(|&i| known.settled[i] != NEVER) {
            let class = class(known.settled[i].saturating_sub(known.due[i]));
            settled[class] += 1.0;
            for s in known.settlements_of(i).filter(|&s| counts(i, s)) {
                given_up[class] += known.settlement_amount[s].to_f64() / known.amount[i].to_f64();
            }
        }
        let share = |day: usize| {
            let class = class(day as i32);
            (given_up[class] / settled[class]).clamp(0.0, 1.0)
        };
        Self { share: std::array::from_fn(share) }
    }

    /// Of what is settled so many days past due.
    pub fn at(&self, days_past_due: i32) -> f64 {
        self.share[(days_past_due.max(0) as usize).min(N_DAYS - 1)]
    }
}

fn class(days_past_due: i32) -> usize {
    FROM.iter().filter(|&&from| from <= days_past_due).count()
}

#[cfg(test)]
impl GivenUp {
    /// All that is settled from 271 days past due on.
    pub fn from_271() -> Self {
        Self { share: std::array::from_fn(|day| f64::from(u8::from(day >= 271))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Amount, Day};
    use crate::ledger::{Ledger, SettlementRows, sample};

    /// Due on day 0: one is paid on day 250, a second is paid by a half and written off on day 260, a third is open.
    #[test]
    fn what_was_written_off_is_a_share_of_what_was_settled_as_late() {
        let bills = [("1", "A", "EUR", 0, "100"), ("2", "A", "EUR", 0, "100"), ("3", "A", "EUR", 0, "100")];
        let mut rows = sample::invoices(&bills);
        rows.issue = vec![-30; 3];
        let day = vec![250, 260, 260];
        let settlements = SettlementRows {
            invoice: vec![0, 1, 1],
            known: day.clone(),
            day,
            amount: ["100", "50", "50"].map(|a| Amount::parse(a).unwrap()).to_vec(),
            kind: vec![SettlementKind::Cash, SettlementKind::Cash, SettlementKind::WriteOff],
            ..SettlementRows::default()
        };
        let known = Ledger::try_new(rows, settlements).unwrap().known_at(Day(300));
        let found = GivenUp::of(&known);
        assert!((found.at(200) - 0.5 / 3.0).abs() < 1e-12, "{found:?}");
        assert_eq!([found.at(-5), found.at(180), found.at(400)], [0.0; 3]);
    }
}
