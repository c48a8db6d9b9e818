//! An invoice as it is known on a mark.

use super::habits::Habits;
use super::prior::Prior;
use crate::core::Day;
use crate::ledger::Known;

/// Of an invoice of which this share is paid, what is open is a rest: a short payment, and no instalment to come.
const REST_PAID_SHARE: f64 = 0.9;

/// An invoice as known on a mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    pub(super) issue: i32,
    pub(super) due: i32,
    /// The day on which it is due to the customer: a Monday for some, where that is on a weekend.
    pub(super) own_due: i32,
    pub(super) known: i32,
    pub(super) log_terms: f64,
    pub(super) amount_against_usual: f64,
    pub(super) last_part: Option<i32>,
    pub(super) disputed: f64,
    /// 1 if only a rest of it is open.
    pub(super) rest: f64,
    pub(super) overdue_share: f64,
}

impl Facts {
    /// Whether the invoice is due by a day.
    pub(super) fn is_overdue(&self, mark: Day) -> bool {
        self.due <= mark.0
    }

    /// Invoice `i`, open on the prior's mark.
    pub fn new(known: &Known, i: usize, habits: &Habits, prior: &Prior) -> Self {
        let mark = prior.mark.0;
        let (issue, due) = (known.issue[i], known.due[i]);
        let mut last_part = None;
        let mut paid = 0;
        for s in known.settlements_of(i) {
            let day = known.settlement_known_day(s);
            if day <= mark {
                last_part = last_part.max(Some(day).filter(|_| known.is_settlement_dated(s)));
                paid += known.settlement_amount[s].0;
            }
        }
        let self_overdue = u32::from(due < mark);
        let others = f64::from(habits.n_open.max(1) - 1);
        Self {
            issue,
            due,
            own_due: habits.due_payer.due(due),
            known: known.known_day(i),
            log_terms: f64::from((due - issue).max(0)).ln_1p(),
            amount_against_usual: super::state::log_amount(known, i) - habits.log_amount,
            last_part,
            disputed: f64::from(u8::from(known.is_disputed(i, mark))),
            rest: f64::from(u8::from(paid as f64 >= REST_PAID_SHARE * known.amount[i].0 as f64)),
            overdue_share: f64::from(habits.n_overdue.saturating_sub(self_overdue)) / (others + 1.0),
        }
    }

    /// An invoice of the customer's usual amount, issued and known on a day: what the next one will look like.
    pub fn usual(habits: &Habits, issue: i32, terms_days: i32) -> Self {
        let due = issue + terms_days;
        Self {
            issue,
            due,
            own_due: habits.due_payer.due(due),
            known: issue,
            log_terms: f64::from(terms_days.max(0)).ln_1p(),
            amount_against_usual: 0.0,
            last_part: None,
            disputed: 0.0,
            rest: 0.0,
            overdue_share: f64::from(habits.n_overdue) / f64::from(habits.n_open + 1),
        }
    }

    /// The portfolio's average invoice, issued and due on these days.
    pub(super) fn average(issue: i32, due: i32, log_terms: f64) -> Self {
        Self {
            issue,
            due,
            own_due: due,
            known: issue,
            log_terms,
            amount_against_usual: 0.0,
            last_part: None,
            disputed: 0.0,
            rest: 0.0,
            overdue_share: 0.0,
        }
    }

    /// The day of issue.
    pub fn issue(&self) -> i32 {
        self.issue
    }

    /// The due date.
    pub fn due(&self) -> i32 {
        self.due
    }
}
