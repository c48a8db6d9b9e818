//! Who pays on the due date itself, by direct debit or standing order, and whose weekends move it to a Monday.

use super::state::State;
use crate::core::Day;
use crate::numeric::{logistic, logit};

/// How often somebody did something and how often not, in fading weights.
type Times = [f64; 2];

/// Share of due dates on a weekend that a customer with weekends off pays on all the same.
const KEPT_SHARE: f64 = 0.02;
/// Share of theirs that others do to start with, and the most that it may be.
const OTHERS_KEPT: (f64, f64) = (0.8, 1.0 - SHARE_LEAST);
/// Share of its invoices that a customer who pays on the due date pays on it.
const ON_DUE_SHARE: f64 = 0.88;
/// Share of theirs that others do to start with, and the most that it may be.
const OTHERS_ON_DUE: (f64, f64) = (0.1, 0.4);
/// Share that is told from none.
const SHARE_LEAST: f64 = 0.01;
/// Share of customers of the first kind to start with, and how many customers that start counts as.
const START: f64 = 0.5;
const START_CUSTOMERS: f64 = 4.0;
/// How many times the share of the others counts as seen to start with.
const START_TIMES: f64 = 10.0;
/// Rounds of the estimate.
const ROUNDS: usize = 10;
/// Customers looked at, at the most.
const CUSTOMERS: usize = 2000;

/// Two kinds of customers by how often they do something: those who do it nearly always, or hardly ever, and the others.
///
/// Source: a mixture of two binomial distributions, one of a given share, by expectation and maximisation over customers.
#[derive(Debug, Clone, Copy, PartialEq)]
struct TwoKinds {
    /// Share of customers of the first kind.
    first: f64,
    /// How often these do it.
    share: f64,
    /// How often the others do.
    of_others: f64,
}

impl TwoKinds {
    /// The first kind does it that often, the others about as often as `start` and never more than `most`.
    fn estimate(customers: &[Times], share: f64, (start, most): (f64, f64)) -> Self {
        let mut out = Self { first: START, share, of_others: start };
        let stride = customers.len().div_ceil(CUSTOMERS).max(1);
        for _ in 0..ROUNDS {
            let (mut first, mut n) = (START * START_CUSTOMERS, START_CUSTOMERS);
            let (mut done, mut all) = (START_TIMES * start, START_TIMES);
            for times in customers.iter().step_by(stride) {
                let p = out.is_first(*times);
                first += p;
                n += 1.0;
                done += (1.0 - p) * times[0];
                all += (1.0 - p) * (times[0] + times[1]);
            }
            out = Self { first: first / n, of_others: (done / all).clamp(SHARE_LEAST, most), ..out };
        }
        out
    }

    /// Probability that a customer is of the first kind.
    fn is_first(&self, [done, not]: Times) -> f64 {
        let ln = |share: f64| done * share.ln() + not * (-share).ln_1p();
        logistic(logit(self.first) + ln(self.share) - ln(self.of_others))
    }
}

/// How common it is to pay on the due date, and to have weekends off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DuePayers {
    on_due: TwoKinds,
    weekends_off: TwoKinds,
}

impl DuePayers {
    /// The kinds behind `states`, the customers on a day on which a settlement of that day weighs `1 / scale`.
    pub fn estimate(states: &[State], scale: f64) -> Self {
        let of = |times: fn(&State, f64) -> Times| -> Vec<Times> {
            states.iter().map(|state| times(state, scale)).collect()
        };
        Self {
            on_due: TwoKinds::estimate(&of(due_times), ON_DUE_SHARE, OTHERS_ON_DUE),
            weekends_off: TwoKinds::estimate(&of(weekend_times), KEPT_SHARE, OTHERS_KEPT),
        }
    }

    /// What the customer behind `state` is believed to be.
    pub fn one(&self, state: &State, scale: f64) -> DuePayer {
        let probability = self.on_due.is_first(due_times(state, scale));
        let is_rolled = probability > 0.5 && self.weekends_off.is_first(weekend_times(state, scale)) > 0.5;
        DuePayer { probability, is_rolled }
    }
}

/// Settlements on the due date, or on the Monday after it, and others.
fn due_times(state: &State, scale: f64) -> Times {
    let (on_due, all) = (state.on_due.iter().sum::<f64>(), state.events.iter().sum::<f64>());
    [on_due * scale, (all - on_due).max(0.0) * scale]
}

/// Settlements on due dates on weekends, and on the Mondays after such ones.
fn weekend_times(state: &State, scale: f64) -> Times {
    let [_, kept, rolled] = state.on_due;
    [kept * scale, rolled * scale]
}

/// Whether a customer pays on the due date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DuePayer {
    /// Probability that it does.
    pub probability: f64,
    /// Whether it does, and on the Monday after where that is on a weekend.
    is_rolled: bool,
}

impl DuePayer {
    /// The day on which an invoice due on a day is due to the customer.
    pub fn due(&self, due: i32) -> i32 {
        if self.is_rolled { business_day(due) } else { due }
    }

    /// A customer's sums by bin of relative day as of those days: as they are, or with what a Monday adds to them.
    pub fn sums<const N: usize>(&self, as_due: &[f64; N], rolled: &[f64; N]) -> [f64; N] {
        if !self.is_rolled {
            return *as_due;
        }
        // what is taken out again may leave rounding behind
        std::array::from_fn(|b| (as_due[b] + rolled[b]).max(0.0))
    }
}

/// The day itself, or the Monday after a weekend.
///
/// ```
/// use arrears::core::Day;
/// use arrears::features::due_day::business_day;
/// let saturday = Day::try_new(2024, 6, 15).unwrap().0;
/// assert_eq!([-1, 0, 1, 2].map(|d| business_day(saturday + d) - saturday), [-1, 2, 2, 2]);
/// ```
pub fn business_day(day: i32) -> i32 {
    day + [0, 0, 0, 0, 0, 2, 1][Day(day).weekday()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON_DUE: TwoKinds = TwoKinds { first: 0.5, share: 0.75, of_others: 0.25 };

    /// `0.5 0.75^3 0.25` against `0.5 0.25^3 0.75`: nine times as likely.
    #[test]
    fn three_of_four_invoices_on_the_due_date_are_nine_to_one_for_it() {
        assert!((ON_DUE.is_first([3.0, 1.0]) - 0.9).abs() < 1e-12);
        assert!((ON_DUE.is_first([0.0, 0.0]) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn kinds_are_as_common_as_they_are_and_nobody_known_is_as_all() {
        let customers = [[[9.0, 1.0]; 30], [[2.0, 18.0]; 30], [[1.0, 19.0]; 30]].concat();
        let kinds = TwoKinds::estimate(&customers, ON_DUE_SHARE, OTHERS_ON_DUE);
        assert!((kinds.first - 1.0 / 3.0).abs() < 0.02, "{kinds:?}");
        assert!((kinds.of_others - 0.075).abs() < 0.005, "{kinds:?}");
        assert!((kinds.is_first([0.0, 0.0]) - kinds.first).abs() < 1e-12);
        assert!(kinds.is_first([4.0, 0.0]) > 0.99 && kinds.is_first([1.0, 3.0]) < 0.05, "{kinds:?}");
    }

    /// Of 40 customers 30 pay on the Monday after.
    #[test]
    fn one_due_date_on_a_weekend_tells_who_pays_on_it() {
        let customers = [vec![[0.0, 4.0]; 30], vec![[4.0, 0.0]; 10]].concat();
        let kinds = TwoKinds::estimate(&customers, KEPT_SHARE, OTHERS_KEPT);
        assert!((kinds.is_first([0.0, 0.0]) - 0.75).abs() < 0.05, "{kinds:?}");
        assert!(kinds.is_first([0.0, 1.0]) > 0.9 && kinds.is_first([1.0, 0.0]) < 0.1, "{kinds:?}");
    }

    /// Sums of a customer that pays on the due date: an invoice due on a Saturday and paid on the Monday was paid on time.
    #[test]
    fn sums_are_those_of_its_own_due_dates_for_one_that_pays_on_them_alone() {
        let payer = DuePayer { probability: 0.9, is_rolled: true };
        let other = DuePayer { is_rolled: false, ..payer };
        let (as_due, rolled) = ([3.0, 0.0, 1.0], [1.0, 0.0, -1.0]);
        assert_eq!(payer.sums(&as_due, &rolled), [4.0, 0.0, 0.0]);
        assert_eq!(other.sums(&as_due, &rolled), as_due);
        let saturday = Day::try_new(2024, 6, 15).unwrap().0;
        assert_eq!([payer.due(saturday), other.due(saturday)], [saturday + 2, saturday]);
    }
}
