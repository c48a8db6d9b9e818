//! How what is settled comes in as money: at once or in parts, and how much of it is no money at all.
//!
//! Curves say when an invoice is settled in full. Of one that is paid in parts some money comes before that day, so that
//! a forecast by the curves alone is late.

use super::{Curves, GivenUp};
use crate::ledger::{Known, NEVER, SettlementKind};
use rayon::prelude::*;

/// Most days that a part is taken to come before the rest.
const LEAD_DAYS: i32 = 63;
/// Invoices paid as those of all customers are, that each customer counts as having had.
const PRIOR: f64 = 10.0;
/// Points that stand for the days by which parts come early, each with as much of the money.
const POINTS: usize = 16;
/// Least share of a bill that is said to be left.
const LEFT_LEAST: f64 = 1e-12;
/// Customers in one go; fixed, so that threads do not change a byte.
const CHUNK: usize = 256;

/// What was paid on an invoice before: what comes next differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing in cash.
    Whole = 0,
    /// Some of it.
    Begun = 1,
}

/// The model of parts: whether an invoice is paid in several, how long before the rest they come, and the share of
/// what is settled that is no money.
#[derive(Debug, Clone, PartialEq)]
pub struct PartPayments {
    /// Of each customer: the probability that the first payment of an invoice leaves a rest.
    in_parts: Vec<f64>,
    /// The probability that a further payment does.
    again: f64,
    /// By [`Stage`]: days before settlement by which money comes, and the share of it that does; the day itself last.
    lead: [Vec<(i32, f64)>; 2],
    not_cash: GivenUp,
}

/// Counts of some customers.
#[derive(Clone)]
struct Count {
    /// By [`Stage`]: invoices with a payment, and those of which it left a rest.
    n: [f64; 2],
    parts: [f64; 2],
    /// By [`Stage`] and days before settlement: the share of an invoice's money, summed over invoices.
    lead: [[f64; LEAD_DAYS as usize + 1]; 2],
}

impl Count {
    const NONE: Self = Self { n: [0.0; 2], parts: [0.0; 2], lead: [[0.0; LEAD_DAYS as usize + 1]; 2] };

    fn join(&mut self, other: &Self) {
        let add = |a: &mut [f64], b: &[f64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        add(&mut self.n, &other.n);
        add(&mut self.parts, &other.parts);
        add(&mut self.lead[0], &other.lead[0]);
        add(&mut self.lead[1], &other.lead[1]);
    }

    /// Adds invoice `i`; `paid` is room for its payments.
    fn add(&mut self, known: &Known, i: usize, paid: &mut Vec<(i32, f64)>) {
        if !known.is_dated(i) {
            return;
        }
        paid.clear();
        let is_cash = |s: &usize| known.settlement_kind[*s] == SettlementKind::Cash;
        for s in known.settlements_of(i).filter(is_cash) {
            paid.push((known.settlement_day[s], known.settlement_amount[s].to_f64()));
        }
        paid.sort_unstable_by_key(|p| p.0);
        let settled = known.settled[i];
        for stage in 0..2 {
            // payments of a day are one
            let Some(&(day, _)) = paid.first() else { return };
            self.n[stage] += 1.0;
            if day == settled {
                return;
            }
            self.parts[stage] += 1.0;
            let money: f64 = paid.iter().map(|p| p.1).sum();
            if settled != NEVER && money > 0.0 {
                for (day, amount) in paid.iter() {
                    self.lead[stage][(settled - day).clamp(0, LEAD_DAYS) as usize] += amount / money;
                }
            }
            paid.retain(|p| p.0 != day);
        }
    }
}

impl PartPayments {
    /// As the ledger shows it: for each invoice with a payment, whether the first one left a rest (and of those, whether
    /// the second did), of those settled since how many days earlier each part came. A customer's share is shrunk to that of all as
    /// if it had had ten more invoices.
    pub fn of(known: &Known) -> Self {
        let customers: Vec<usize> = (0..known.n_customers()).collect();
        let parts: Vec<(Count, Vec<[f64; 2]>)> = customers
            .par_chunks(CHUNK)
            .map(|customers| {
                let (mut sum, mut own, mut paid) = (Count::NONE, Vec::new(), Vec::new());
                for &c in customers {
                    let before = [sum.n[0], sum.parts[0]];
                    known.invoices_of(c).for_each(|i| sum.add(known, i, &mut paid));
                    own.push([sum.n[0] - before[0], sum.parts[0] - before[1]]);
                }
                (sum, own)
            })
            .collect();
        let mut all = Count::NONE;
        parts.iter().for_each(|(part, _)| all.join(part));
        // one invoice more, paid at once, where there is none
        let share = |stage: usize| all.parts[stage] / (all.n[stage] + 1.0);
        let usual = share(0);
        let of = |[n, parts]: &[f64; 2]| (parts + PRIOR * usual) / (n + PRIOR);
        Self {
            in_parts: parts.iter().flat_map(|(_, own)| own).map(of).collect(),
            again: share(1),
            lead: [points(&all.lead[0]), points(&all.lead[1])],
            not_cash: GivenUp::all_but_cash(known),
        }
    }

    /// Every invoice is paid at once and in full.
    pub fn at_once() -> Self {
        let lead = || vec![(0, 1.0)];
        Self { in_parts: Vec::new(), again: 0.0, lead: [lead(), lead()], not_cash: GivenUp::NOTHING }
    }

    /// The stage of an invoice.
    pub fn stage(known: &Known, i: usize) -> Stage {
        let is_cash = |s: usize| known.settlement_kind[s] == SettlementKind::Cash;
        if known.settlements_of(i).any(is_cash) { Stage::Begun } else { Stage::Whole }
    }

    /// The probability that an invoice of customer `c` at this stage is paid in more than one payment from now on; 0 where
    /// the ledger does not show when parts come.
    pub fn in_parts(&self, c: usize, stage: Stage) -> f64 {
        match stage {
            _ if self.is_at_once(stage) => 0.0,
            Stage::Whole => self.in_parts[c],
            Stage::Begun => self.again,
        }
    }

    /// Whether nothing is known to come before an invoice at this stage is settled.
    pub fn is_at_once(&self, stage: Stage) -> bool {
        self.lead[stage as usize].iter().all(|l| l.0 == 0)
    }

    /// Days after a settlement's own within which money of it does not come later: the longest lead of any stage.
    pub fn lead_most(&self) -> i32 {
        self.lead.iter().flatten().map(|l| l.0).max().unwrap_or(0)
    }

    /// [`PartPayments::cash_share`] on each of `n` days, the first of which is so many days past due, written to `out`.
    pub fn cash_shares(&self, days_past_due: i32, n: usize, out: &mut Vec<f64>) {
        out.clear();
        // before due all days are alike
        let n_before = usize::try_from(-i64::from(days_past_due)).map_or(0, |before| before.min(n));
        out.resize(n_before, self.cash_share(0));
        out.extend(
            (days_past_due.saturating_add(n_before as i32)..).take(n - n_before).map(|d| self.cash_share(d)),
        );
    }

    /// The share of what is settled so many days past due that is money.
    pub fn cash_share(&self, days_past_due: i32) -> f64 {
        1.0 - self.not_cash.at(days_past_due)
    }

    /// Days before settlement by which the money of an invoice paid in parts comes, and the share of it; sums to 1.
    pub fn lead(&self, stage: Stage) -> &[(i32, f64)] {
        &self.lead[stage as usize]
    }

    /// Adds to `cash[d - 1]` for day `d`, from 1, what invoices paid in parts bring, of which `settled[d - 1]` is settled on day
    /// `d`: each part so many days before, and on the day itself where that would be in the past.
    pub fn bring_forward(&self, stage: Stage, settled: &[f64], cash: &mut [f64]) {
        for (k, &amount) in settled.iter().enumerate().filter(|s| *s.1 != 0.0) {
            for &(lead, share) in self.lead(stage) {
                let day = k.checked_sub(lead as usize).unwrap_or(k);
                if let Some(cash) = cash.get_mut(day) {
                    *cash += amount * share;
                }
            }
        }
    }

    /// Expected money of open invoice `i`, whose curve is `curves`' row `k`, by each of `days` after as_of, in currency units;
    /// `room` is for its settlements. Over all invoices it sums to the cash forecast of those days.
    ///
    /// Of an invoice paid in parts, what is settled by day `h` has come by then, and of what is settled on a later day `t` the
    /// parts that come `t - h` days before it at the least, and less than `t`.
    pub fn cash_by<const N: usize>(
        &self,
        (known, i): (&Known, usize),
        (curves, k): (&Curves, usize),
        days: [i32; N],
        room: &mut Vec<f64>,
    ) -> [f64; N] {
        let stage = Self::stage(known, i);
        let in_parts = self.in_parts(known.customer[i] as usize, stage);
        let last = days.into_iter().max().unwrap_or(0) + if in_parts > 0.0 { self.lead_most() } else { 0 };
        curves.daily(k, last, room);
        let overdue = known.as_of().0.saturating_sub(known.due[i]);
        // what is settled in money by the end of each day, in the curve's place
        let (mut before, mut sum) = (room[0], 0.0);
        for (at, days_past_due) in room.iter_mut().zip(overdue..) {
            sum += (before - *at) * self.cash_share(days_past_due);
            before = *at;
            *at = sum;
        }
        let settled = |day: i32| room[day as usize];
        let early = |by: i32| -> f64 {
            let of = |&(lead, share): &(i32, f64)| share * (settled(by + lead) - settled(by.max(lead)));
            self.lead(stage).iter().map(of).sum()
        };
        let open = known.open_amount[i].to_f64();
        days.map(|by| open * (settled(by) + if in_parts > 0.0 { in_parts * early(by) } else { 0.0 }))
    }

    /// Turns the survival of customer `c`'s next invoice at ages `0..=last + lead_most` into the share of its amount that has
    /// not come in, at ages `0..=last`. It is due at age `terms_days`.
    pub fn still_to_come(&self, c: usize, terms_days: i32, survival: &mut Vec<f64>, room: &mut Vec<f64>) {
        let last = survival.len() - 1 - self.lead_most() as usize;
        let in_parts = self.in_parts(c, Stage::Whole);
        let falls = survival.windows(2).zip(1 - terms_days..);
        room.clear();
        room.extend(falls.map(|(s, days_past_due)| (s[0] - s[1]) * self.cash_share(days_past_due)));
        survival.truncate(last + 1);
        let (mut left, cash) = (survival[0], &mut survival[1..]);
        cash.iter_mut().zip(room.iter()).for_each(|(cash, fall)| *cash = (1.0 - in_parts) * fall);
        room.iter_mut().for_each(|fall| *fall *= in_parts);
        self.bring_forward(Stage::Whole, room, cash);
        for at in cash {
            left -= *at;
            // above 0 as survival is, whatever was rounded
            *at = left.max(LEFT_LEAST);
        }
    }
}

/// Points of equal money that stand for a histogram by days; those of one day are one, the day itself comes last.
fn points(lead: &[f64]) -> Vec<(i32, f64)> {
    let all: f64 = lead.iter().sum();
    let mut out: Vec<(i32, f64)> = Vec::new();
    if all == 0.0 {
        return vec![(0, 1.0)];
    }
    let (mut day, mut below) = (0, lead[0]);
    for k in 0..POINTS {
        let at = (k as f64 + 0.5) / POINTS as f64 * all;
        while below < at && day + 1 < lead.len() {
            day += 1;
            below += lead[day];
        }
        match out.first_mut() {
            Some(last) if last.0 == day as i32 => last.1 += 1.0 / POINTS as f64,
            _ => out.insert(0, (day as i32, 1.0 / POINTS as f64)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Amount, Day};
    use crate::ledger::{Ledger, SettlementRows, sample};

    /// Settlements of cash, in order: invoice, day, amount.
    fn cash(rows: &[(u32, i32, &str)]) -> SettlementRows {
        let day: Vec<i32> = rows.iter().map(|r| r.1).collect();
        SettlementRows {
            invoice: rows.iter().map(|r| r.0).collect(),
            known: day.clone(),
            day,
            amount: rows.iter().map(|r| Amount::parse(r.2).unwrap()).collect(),
            kind: vec![SettlementKind::Cash; rows.len()],
            ..SettlementRows::default()
        }
    }

    /// A's invoice 1 is paid by a half on day 10 and the rest on day 20, its 2 at once; of B's 3 a tenth is paid, its 4 is
    /// untouched.
    fn known() -> Known {
        let bills = [("1", "A", "EUR", 0, "100"), ("2", "A", "EUR", 0, "70"), ("3", "B", "EUR", 0, "50")];
        let mut rows = sample::invoices(&[&bills[..], &[("4", "B", "EUR", 0, "30")]].concat());
        rows.issue = vec![-30; 4];
        let paid = cash(&[(0, 10, "50"), (0, 20, "50"), (1, 15, "70"), (2, 12, "5")]);
        Ledger::try_new(rows, paid).unwrap().known_at(Day(30))
    }

    #[test]
    fn a_customer_pays_in_parts_as_often_as_it_did_and_all_do() {
        let (known, part_payments) = (known(), PartPayments::of(&known()));
        // first payments left a rest of two of three invoices, and of one more that there is not
        let usual = 2.0 / 4.0;
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(
            close(part_payments.in_parts(0, Stage::Whole), (1.0 + 10.0 * usual) / 12.0),
            "{part_payments:?}"
        );
        assert!(close(part_payments.in_parts(1, Stage::Whole), (1.0 + 10.0 * usual) / 11.0));
        // the second payment of invoice 1 left none, so nothing says when a third comes
        assert_eq!(part_payments.in_parts(1, Stage::Begun), 0.0);
        assert_eq!([2, 3].map(|i| PartPayments::stage(&known, i)), [Stage::Begun, Stage::Whole]);
        assert_eq!(part_payments.lead(Stage::Whole), [(10, 0.5), (0, 0.5)]);
    }

    #[test]
    fn a_part_comes_before_the_rest_but_not_in_the_past() {
        let part_payments = PartPayments::of(&known());
        let mut cash = [0.0; 4];
        let mut settled = [0.0; 14];
        (settled[2], settled[12]) = (8.0, 6.0);
        part_payments.bring_forward(Stage::Whole, &settled, &mut cash);
        // day 3 would have its first half on day -7; of day 13 only the half on day 3 is within four days
        assert_eq!(cash, [0.0, 0.0, 8.0 + 3.0, 0.0]);
    }

    #[test]
    fn what_is_still_to_come_of_a_bill_falls_by_its_parts() {
        let part_payments = PartPayments { in_parts: vec![0.4], ..PartPayments::of(&known()) };
        let mut survival = vec![1.0; 13];
        survival.resize(15 + 10, 0.25);
        part_payments.still_to_come(0, 30, &mut survival, &mut Vec::new());
        // three quarters are settled at age 13: of 40 % of them the half came ten days before
        let left: Vec<f64> = survival.iter().map(|s| (s * 1e9).round() / 1e9).collect();
        assert_eq!(left, [&[1.0; 3][..], &[0.85; 10], &[0.25; 2]].concat());
    }

    #[test]
    fn the_money_of_an_invoice_is_what_is_settled_and_the_parts_before_it() {
        let (known, mut room) = (known(), Vec::new());
        let part_payments = PartPayments { in_parts: vec![0.0, 0.4], ..PartPayments::of(&known) };
        // settled on day 3, 13 or 14 with a quarter each; a part would come ten days before
        let survival = [[1.0; 3].to_vec(), vec![0.75; 10], vec![0.5, 0.25]].concat();
        let curves = Curves::new((0..15).collect(), survival);
        let cash = part_payments.cash_by((&known, 3), (&curves, 0), [2, 3, 4, 13], &mut room);
        // by day 4 what is settled on day 3, and of days 13 and 14 a half of what is in parts, on days 3 and 4
        let wanted = [0.0, 7.5 + 0.4 * 0.5 * 7.5, 7.5 + 0.4 * 0.5 * 15.0, 15.0 + 0.4 * 0.5 * 7.5];
        assert!(cash.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12), "{cash:?} {wanted:?}");
    }

    #[test]
    fn where_invoices_are_paid_at_once_nothing_is_brought_forward() {
        let bills = [("1", "A", "EUR", 0, "100"), ("2", "A", "EUR", 0, "70")];
        let mut rows = sample::invoices(&bills);
        rows.issue = vec![-30; 2];
        let known = Ledger::try_new(rows, cash(&[(0, 10, "100")])).unwrap().known_at(Day(30));
        let part_payments = PartPayments::of(&known);
        assert!(part_payments.is_at_once(Stage::Whole) && part_payments.in_parts(0, Stage::Whole) == 0.0);
        assert_eq!(part_payments.cash_share(40), 1.0);
    }

    #[test]
    fn few_points_stand_for_many_days() {
        assert_eq!(points(&[0.0, 3.0, 0.0, 1.0]), [(3, 0.25), (1, 0.75)]);
        assert_eq!(points(&[0.0; 5]), [(0, 1.0)]);
        let even = points(&[1.0; 64]);
        let mean: f64 = even.iter().map(|(day, share)| f64::from(*day) * share).sum();
        assert!(even.len() == POINTS && (mean - 31.5).abs() <= 0.5, "{even:?}");
    }
}
