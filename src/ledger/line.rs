//! One invoice, payment by payment: what each takes, what is too much, and which short payment settles in full.

use super::{Ledger, SettlementKind};
use crate::core::Amount;

/// Millionths in one: the unit of a discount's rate.
pub const RATE_SCALE: i32 = 1_000_000;
/// Ten-thousandths in a hundredth of a unit: a discount is rounded up to it, as payers round it.
const HUNDREDTH: i64 = 100;

/// How payments are allocated, and which short ones settle an invoice all the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allocation {
    /// Whether a payment without an invoice goes to the customer's open invoices, oldest due first; else it stays on
    /// the account.
    pub oldest_due_first: bool,
    /// Most that may be missing for an invoice to count as settled, in its currency; zero = nothing may be missing.
    pub tolerance: Amount,
    /// The same as a share of the invoice's amount, 0 to 1; the smaller of both holds.
    pub tolerance_rate: f64,
    /// Whether a payment over the open amount and a reversal of more than was paid are left out.
    pub refuse: bool,
}

impl Default for Allocation {
    fn default() -> Self {
        Self { oldest_due_first: true, tolerance: Amount::ZERO, tolerance_rate: 0.0, refuse: false }
    }
}

/// By how little a payment may be short.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Leniency {
    discount: Amount,
    /// Last day on which the discount may be taken.
    discount_until: i32,
    tolerance: Amount,
}

/// An invoice while its payments come in, in the order in which they were known.
///
/// All follows from `net`, what was paid less what was reversed: the invoice is settled by as much of it as it can
/// take, and what is above its amount, or below nothing, is on the customer's account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub amount: Amount,
    net: Amount,
    given: Amount,
    given_kind: SettlementKind,
    leniency: Leniency,
    /// Latest day of a payment in cash.
    last_cash: Option<i32>,
    /// Whether the discount was taken in time.
    earned: bool,
}

/// What a payment did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    /// Settles the invoice, or opens it again where below zero.
    pub settled: Amount,
    /// Goes to the customer's account, or comes off it where below zero.
    pub on_account: Amount,
}

impl Line {
    /// An invoice of which nothing is paid. `discount` is its rate in millionths and its last day.
    pub fn new(amount: Amount, discount: Option<(i32, i32)>, how: &Allocation) -> Self {
        let mut leniency = Leniency::default();
        if how.tolerance > Amount::ZERO {
            let share = Amount((amount.0 as f64 * how.tolerance_rate) as i64);
            leniency.tolerance = how.tolerance.min(share);
        }
        if let Some((rate, until)) = discount.filter(|(rate, _)| *rate > 0) {
            leniency.discount = discount_of(amount, rate);
            leniency.discount_until = until;
        }
        Self {
            amount,
            net: Amount::ZERO,
            given: Amount::ZERO,
            given_kind: SettlementKind::Discount,
            leniency,
            last_cash: None,
            earned: false,
        }
    }

    /// Whether a short payment may settle it.
    pub fn is_lenient(&self) -> bool {
        self.leniency.discount > Amount::ZERO || self.leniency.tolerance > Amount::ZERO
    }

    /// What was paid, less what was reversed.
    pub fn net(&self) -> Amount {
        self.net
    }

    /// What is neither paid nor given.
    pub fn open(&self) -> Amount {
        self.unpaid() - self.given
    }

    fn unpaid(&self) -> Amount {
        self.amount - self.applied()
    }

    fn applied(&self) -> Amount {
        self.net.max(Amount::ZERO).min(self.amount)
    }

    /// Takes a payment, or a reversal as an amount below zero.
    pub fn take(&mut self, amount: Amount, day: i32, kind: SettlementKind) -> Taken {
        let before = self.applied();
        self.net = Amount(self.net.0.saturating_add(amount.0));
        if kind == SettlementKind::Cash && amount > Amount::ZERO {
            self.last_cash = Some(self.last_cash.map_or(day, |last| last.max(day)));
        }
        let settled = self.applied() - before;
        Taken { settled, on_account: amount - settled }
    }

    /// Gives what is missing after the payments that became known on one day, or takes back what was given: the
    /// settlements that follow from it, at most two. A discount in time comes first, then the tolerance.
    pub fn give(&mut self) -> impl Iterator<Item = (SettlementKind, Amount)> + use<> {
        let (short, l) = (self.unpaid(), &self.leniency);
        let is_in_time = self.last_cash.is_some_and(|day| day <= l.discount_until);
        let is_paid = self.net > Amount::ZERO && self.last_cash.is_some();
        self.earned = is_paid && short <= l.discount && (self.earned || is_in_time);
        let (kind, given) = if self.earned {
            (SettlementKind::Discount, short)
        } else if is_paid && short <= l.tolerance {
            (SettlementKind::WriteOff, short)
        } else {
            (self.given_kind, Amount::ZERO)
        };
        let changes = if kind == self.given_kind {
            [(kind, given - self.given), (kind, Amount::ZERO)]
        } else {
            [(self.given_kind, -self.given), (kind, given)]
        };
        (self.given_kind, self.given) = (kind, given);
        changes.into_iter().filter(|(_, amount)| *amount != Amount::ZERO)
    }
}

/// `rate` millionths of an amount, rounded up to a hundredth of a unit; always less than the amount or nothing.
fn discount_of(amount: Amount, rate: i32) -> Amount {
    let unit = i128::from(RATE_SCALE) * i128::from(HUNDREDTH);
    let exact = i128::from(amount.0) * i128::from(rate);
    let rounded = (exact + unit - 1) / unit * i128::from(HUNDREDTH);
    Amount(rounded.min(i128::from(amount.0)) as i64)
}

impl Ledger {
    /// Invoice `i` before its first payment.
    pub(super) fn line(&self, i: usize, how: &Allocation) -> Line {
        let discount = self.discount_rate.get(i).map(|rate| (*rate, self.issue[i] + self.discount_days[i]));
        Line::new(self.amount[i], discount, how)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SettlementKind::{Cash, Credit, Discount, WriteOff};

    const DUE_IN_TIME: i32 = 10;

    fn amount(text: &str) -> Amount {
        Amount::parse(text).unwrap()
    }

    /// 100.00 with 2 % until day 10 and a tolerance of 0.50.
    fn lenient() -> Line {
        let how = Allocation { tolerance: amount("0.50"), tolerance_rate: 0.01, ..Allocation::default() };
        Line::new(amount("100"), Some((20_000, DUE_IN_TIME)), &how)
    }

    /// Takes one payment and gives what follows.
    fn paid(line: &mut Line, text: &str, day: i32) -> (Taken, Vec<(SettlementKind, Amount)>) {
        let taken = line.take(amount(text), day, Cash);
        (taken, line.give().collect())
    }

    #[test]
    fn a_payment_short_by_the_discount_settles_within_its_days_and_not_a_day_later() {
        let mut line = lenient();
        let (taken, given) = paid(&mut line, "98", DUE_IN_TIME);
        assert_eq!((taken.settled, given), (amount("98"), vec![(Discount, amount("2"))]));
        assert_eq!(line.open(), Amount::ZERO);
        let mut late = lenient();
        assert_eq!(paid(&mut late, "98", DUE_IN_TIME + 1).1, []);
        assert_eq!(late.open(), amount("2"));
        let mut shorter = lenient();
        assert_eq!(paid(&mut shorter, "97.99", 3).1, []);
    }

    #[test]
    fn the_last_of_several_payments_decides_whether_the_discount_was_in_time() {
        let mut line = lenient();
        assert_eq!(paid(&mut line, "50", 3).1, []);
        assert_eq!(paid(&mut line, "48.01", 9).1, [(Discount, amount("1.99"))]);
        let mut line = lenient();
        paid(&mut line, "50", 3);
        assert_eq!(paid(&mut line, "48.01", 12).1, []);
    }

    #[test]
    fn a_payment_within_the_tolerance_settles_whenever_it_comes() {
        let mut line = lenient();
        assert_eq!(paid(&mut line, "99.49", 50).1, []);
        assert_eq!(paid(&mut line, "0.01", 51).1, [(WriteOff, amount("0.50"))]);
        let how = Allocation { tolerance: amount("5"), tolerance_rate: 0.01, ..Allocation::default() };
        let mut share = Line::new(amount("100"), None, &how);
        assert_eq!(paid(&mut share, "98.99", 1).1, []);
        assert_eq!(paid(&mut share, "0.01", 1).1, [(WriteOff, amount("1"))]);
    }

    #[test]
    fn what_was_given_goes_back_when_it_is_paid_after_all() {
        let mut line = lenient();
        paid(&mut line, "98", 5);
        let (taken, given) = paid(&mut line, "1.50", 20);
        assert_eq!((taken.settled, given), (amount("1.50"), vec![(Discount, amount("-1.50"))]));
        let (taken, given) = paid(&mut line, "2", 21);
        assert_eq!((taken.settled, taken.on_account), (amount("0.50"), amount("1.50")));
        assert_eq!((given, line.open()), (vec![(Discount, amount("-0.50"))], Amount::ZERO));
    }

    #[test]
    fn a_reversal_takes_first_what_was_too_much_then_opens_the_invoice_and_the_discount_is_gone() {
        let mut line = lenient();
        paid(&mut line, "98", 5);
        let (twice, _) = paid(&mut line, "98", 6);
        assert_eq!((twice.settled, twice.on_account), (amount("2"), amount("96")));
        let (back, given) = paid(&mut line, "-98", 8);
        assert_eq!((back.settled, back.on_account), (amount("-2"), amount("-96")));
        assert_eq!((given, line.open()), (vec![(Discount, amount("2"))], Amount::ZERO));
        let (back, given) = paid(&mut line, "-98", 9);
        assert_eq!((back.settled, back.on_account), (amount("-98"), Amount::ZERO));
        assert_eq!((given, line.open()), (vec![(Discount, amount("-2"))], amount("100")));
    }

    #[test]
    fn a_reversal_before_its_payment_is_owed_on_the_account_until_the_payment_comes() {
        let mut line = lenient();
        let (back, _) = paid(&mut line, "-30", 1);
        assert_eq!((back.settled, back.on_account), (Amount::ZERO, amount("-30")));
        let (taken, _) = paid(&mut line, "130", 2);
        assert_eq!((taken.settled, taken.on_account), (amount("100"), amount("30")));
    }

    #[test]
    fn a_credit_note_alone_is_no_payment_that_could_be_short() {
        let mut line = lenient();
        line.take(amount("99.80"), 1, Credit);
        assert_eq!((line.give().count(), line.open()), (0, amount("0.20")));
    }

    #[test]
    fn a_discount_is_rounded_up_to_a_hundredth_and_never_more_than_the_amount() {
        assert_eq!(discount_of(amount("100.01"), 20_000), amount("2.01"));
        assert_eq!(discount_of(amount("100"), 20_000), amount("2"));
        assert_eq!(discount_of(amount("0.001"), 999_999), amount("0.001"));
        assert_eq!(discount_of(Amount(999_999_999_999_999_999), 500_000), Amount(500_000_000_000_000_000));
    }
}
