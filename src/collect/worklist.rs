//! The list as it is handed on.

use super::{GainBasis, Hold};
use crate::core::{Amount, Currency, Day, TextColumn};

/// Customers with an open balance, by rank: one entry a customer in each column, but for `invoice_id`.
#[derive(Debug, Clone, PartialEq)]
pub struct Priorities {
    /// 1 for the first to contact.
    pub rank: Vec<u32>,
    /// Who.
    pub customer_id: TextColumn,
    /// Currency of every amount here.
    pub reporting_currency: Currency,
    /// All that is open.
    pub open_amount: Vec<Amount>,
    /// What of it is past due by a day or more, whatever the days of grace.
    pub overdue_amount: Vec<Amount>,
    /// Largest `days_past_due` of the open invoices; negative when nothing is due yet.
    pub oldest_days_past_due: Vec<i32>,
    /// Expected amount still open 30 days after as_of.
    pub value_at_risk: Vec<f64>,
    /// Value of the action, net of its cost; 0 without one.
    pub expected_gain: Vec<f64>,
    /// Its standard error by that of the effect; none if the effect is assumed.
    pub expected_gain_se: Vec<Option<f64>>,
    /// Where the effect is known from; assumed without an action.
    pub gain_basis: Vec<GainBasis>,
    /// What the rank goes by: `expected_gain`, times a weight after a broken promise.
    pub priority_value: Vec<f64>,
    /// Level of the ladder; none when held or when no action gains.
    pub action: Vec<Option<String>>,
    /// How to do it.
    pub channel: Vec<Option<String>>,
    /// How to say it.
    pub tone: Vec<Option<String>>,
    /// In which language.
    pub language: Vec<String>,
    /// The day it can be done.
    pub action_date: Vec<Option<Day>>,
    /// Calls of the day's capacity that it takes.
    pub calls: Vec<usize>,
    /// What more a better action would have brought for which no calls were left.
    pub left_out_gain: Vec<f64>,
    /// Promises that were broken.
    pub broken_promises: Vec<usize>,
    /// The last contact known.
    pub last_contact: Vec<Option<Day>>,
    /// Those of the customer's invoice with the most at risk: first, second and third reason.
    pub reason: [Vec<Option<&'static str>>; 3],
    /// Why nobody should call.
    pub hold: Vec<Option<Hold>>,
    /// Open invoices of all customers in order of rank, the earliest due first for each.
    pub invoice_id: TextColumn,
    /// First entry of `invoice_id` of each customer, then the number of entries.
    pub invoice_start: Vec<u32>,
    /// What each open invoice stands for, in the order of [`super::Stakes::open`].
    pub portion: Vec<Portion>,
    /// Calls that the policy has for a day; none if there is no limit.
    pub capacity: Option<usize>,
    /// By how much another choice under this capacity could be worth more, at the most.
    pub capacity_gap: f64,
}

/// What one open invoice stands for in its customer's row, in the reporting currency.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Portion {
    /// What is open of it.
    pub open_amount: Amount,
    /// What the action gains on it, before its cost: of all invoices of the customer, `expected_gain` + cost.
    pub gain: f64,
    /// Its part of what the action costs, by open amount among those that nobody disputes.
    pub cost: f64,
}

impl Priorities {
    /// Customers for whom no calls were left, and what that costs in all.
    pub fn left_out(&self) -> (usize, f64) {
        let lost = || self.left_out_gain.iter().filter(|gain| **gain > 0.0);
        (lost().count(), lost().sum())
    }
}
