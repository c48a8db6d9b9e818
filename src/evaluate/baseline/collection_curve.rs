//! What earlier issues had collected at each age: the chain ladder on what is outstanding.

use super::Stand;
use crate::evaluate::fold::ModelForecast;
use crate::evaluate::outcome::{DAYS_PER_WEEK, WEEKS};
use crate::ledger::SettlementKind;

/// Days from issue after which nothing more is expected.
const AGE_END: usize = 731;

/// Cash and lateness from the share of an issue cohort that is collected at each age.
///
/// Rows of the triangle are cohorts of issue, columns days of age. The development factor of an age is weighted by
/// amount over all cohorts that have reached it: what left them at that age over what was outstanding when it began.
/// A cohort's ultimate, what was billed, is known, so that factors act on the outstanding part and need no tail; past
/// two years nothing more is expected. Each currency has its own.
///
/// An open amount is collected from its age on by these factors; `late_prob` is what of it is left by due + grace.
///
/// Source: Mack (1993), *ASTIN Bulletin* 23(2), for the volume-weighted factors.
pub fn collection_curve(stand: &Stand<'_>) -> ModelForecast {
    let curves: Vec<Curve> = (0..stand.known.currency_code.len()).map(|c| Curve::of(stand, c)).collect();
    let of_invoice = |i: u32| &curves[stand.known.currency[i as usize] as usize];
    let late_prob = stand.not_yet_due.iter().map(|&i| {
        let (known, i) = (stand.known, i as usize);
        let deadline = known.due[i].saturating_add(stand.grace_days) - known.issue[i];
        of_invoice(i as u32).left(stand.origin().0 - known.issue[i], deadline)
    });
    let cash = stand.open_currencies().into_iter().map(|c| stand.open_cash(c, curves[c].weeks(stand, c)));
    ModelForecast { late_prob: Some(late_prob.collect()), cash: cash.collect() }
}

/// Shares of what is outstanding, by day of age.
struct Curve {
    /// What comes in as cash on the day.
    cash: Vec<f64>,
    /// What is left at its end of a unit billed.
    left: Vec<f64>,
}

impl Curve {
    fn of(stand: &Stand<'_>, currency: usize) -> Self {
        let known = stand.known;
        let (mut cash, mut gone) = (vec![0_i128; AGE_END], vec![0_i128; AGE_END]);
        let mut change = vec![0_i128; AGE_END + 1];
        let age = |day: i32, i: usize| ((day - known.issue[i]).max(0) as usize).min(AGE_END);
        for i in stand.learnt().filter(|&i| known.currency[i] as usize == currency) {
            change[0] += i128::from(known.amount[i].0);
            for s in known.settlements_of(i) {
                let (at, amount) =
                    (age(known.settlement_day[s], i), i128::from(known.settlement_amount[s].0));
                if at < AGE_END {
                    gone[at] += amount;
                    change[at + 1] -= amount;
                    if known.settlement_kind[s] == SettlementKind::Cash {
                        cash[at] += amount;
                    }
                }
            }
            let seen = age(stand.origin().0, i);
            if seen < AGE_END {
                change[seen + 1] -= i128::from(known.open_amount[i].0);
            }
        }
        let mut outstanding = 0;
        let (mut cash_share, mut left, mut rest) = (vec![0.0; AGE_END], vec![1.0; AGE_END], 1.0);
        for age in 0..AGE_END {
            outstanding += change[age];
            if outstanding > 0 {
                // a payment taken back on another day than it was made leaves a share below zero
                let share = |amount: i128| (amount as f64 / outstanding as f64).clamp(0.0, 1.0);
                cash_share[age] = share(cash[age]);
                rest *= 1.0 - share(gone[age]);
            }
            left[age] = rest;
        }
        Self { cash: cash_share, left }
    }

    /// What is left at the end of age `to` of a unit that is outstanding at the end of age `from`.
    fn left(&self, from: i32, to: i32) -> f64 {
        let at = |age: i32| self.left[(age.max(0) as usize).min(AGE_END - 1)];
        if at(from) > 0.0 { (at(to) / at(from)).min(1.0) } else { 1.0 }
    }

    /// Weekly cash of the currency's open invoices.
    fn weeks(&self, stand: &Stand<'_>, currency: usize) -> [f64; WEEKS] {
        let known = stand.known;
        let mut open_of_age = vec![0_i128; AGE_END];
        for i in stand.open.iter().map(|&i| i as usize).filter(|&i| known.currency[i] as usize == currency) {
            let age = (stand.origin().0 - known.issue[i]).max(0) as usize;
            open_of_age[age.min(AGE_END - 1)] += i128::from(known.open_amount[i].0);
        }
        let mut weeks = [0.0; WEEKS];
        for (age, open) in open_of_age.into_iter().enumerate().filter(|(_, open)| *open > 0) {
            let open = open as f64 / crate::core::amount::SCALE as f64;
            for (week, cash) in weeks.iter_mut().enumerate() {
                for day in 1..=DAYS_PER_WEEK as usize {
                    let then = age + week * DAYS_PER_WEEK as usize + day;
                    if then < AGE_END {
                        *cash += open * self.left(age as i32, then as i32 - 1) * self.cash[then];
                    }
                }
            }
        }
        weeks
    }
}
