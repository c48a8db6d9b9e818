//! What an action on one invoice is worth, per unit of its open amount.
//!
//! Symbols: `s` survival, `h` a day's hazard, `r` odds ratio.

use super::Step;
use crate::policy::CollectPolicy;
use crate::score::{Curves, GivenUp};

const DAYS_PER_YEAR: f64 = 365.0;

/// One invoice's curve, prepared for asking what actions would change. Read again for each invoice, so that the
/// memory is used again.
#[derive(Debug, Clone, Default)]
pub struct Outlook {
    /// Survival at days `0..=last` after as_of.
    survival: Vec<f64>,
    /// Value of the cash that comes after each of those days, and what is given up after it, per unit of open amount.
    later: Vec<(f64, f64)>,
    /// Survival at the loss horizon.
    unpaid: f64,
    /// Share of what is settled on each of those days that is given up.
    given_up: Vec<f64>,
    /// Days past due at as_of.
    days_past_due: i32,
    /// The contact that works already.
    working: Option<Working>,
}

/// A past contact that still works: it multiplies the odds of payment of what is past due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Working {
    /// By so much.
    pub odds_ratio: f64,
    /// To this day after as_of.
    pub last_day: i32,
}

impl Outlook {
    /// Reads curve `row`, of an invoice that is so many days past due, in daily detail to day `last`: the largest
    /// [`Step::last_day`] that will be asked about. A contact that still works counts from the start: what is paid by it
    /// is not paid by the next one.
    pub fn read(
        &mut self,
        curves: &Curves,
        row: usize,
        days_past_due: i32,
        last: i32,
        (working, given_up): (Option<Working>, &GivenUp),
        policy: &CollectPolicy,
    ) {
        curves.daily(row, last, &mut self.survival);
        self.unpaid = curves.row(row).last().copied().unwrap_or(1.0);
        self.days_past_due = days_past_due;
        self.working = working;
        let share = working.map_or(1.0, |w| self.hasten(w));
        self.unpaid *= share;

        let (mut from, mut s) = (last, self.survival[last as usize]);
        let mut later = (0.0, 0.0);
        for (&edge, &s_edge) in curves.edges().iter().zip(curves.row(row)).filter(|(edge, _)| **edge > last) {
            // cash is spread evenly over the days from + 1 ..= edge, of which this is the mean
            let mean_day = f64::from(from + 1 + edge) / 2.0;
            let s_edge = s_edge * share;
            add(&mut later, s - s_edge, mean_day, given_up.at(days_past_due + mean_day as i32), policy);
            (from, s) = (edge, s_edge);
        }
        self.later.clear();
        self.later.resize(last as usize + 1, later);
        self.given_up.clear();
        self.given_up.extend((0..=last).map(|day| given_up.at(days_past_due + day)));
        for day in (0..last as usize).rev() {
            let fall = self.survival[day] - self.survival[day + 1];
            add(&mut later, fall, day as f64 + 1.0, self.given_up[day + 1], policy);
            self.later[day] = later;
        }
    }

    /// Takes the contact that works into the daily survival; by what that of all later days is multiplied.
    fn hasten(&mut self, working: Working) -> f64 {
        let (mut before, mut changed) = (1.0, 1.0);
        for (day, s) in self.survival.iter_mut().enumerate().skip(1) {
            let stays = if before > 0.0 { *s / before } else { 0.0 };
            before = *s;
            let ratio = if self.days_past_due + day as i32 >= 1 && day as i32 <= working.last_day {
                working.odds_ratio
            } else {
                1.0
            };
            changed *= stays / (stays + ratio * (1.0 - stays));
            *s = changed;
        }
        if before > 0.0 { changed / before } else { 1.0 }
    }

    /// By what an action's odds ratio raises the odds of a day beyond a contact that works then: of two, the stronger works.
    fn more(&self, odds_ratio: f64, day: i32) -> f64 {
        match self.working {
            Some(w) if day <= w.last_day && self.days_past_due + day >= 1 => {
                (odds_ratio / w.odds_ratio).max(1.0)
            }
            _ => odds_ratio,
        }
    }

    /// How much more an open amount of 1 is worth if an action is decided at as_of, before its cost.
    ///
    /// `V = sum_d (S(d-1) - S(d)) ((1 - g(d)) (1 - c d / 365) - l g(d)) - l S(horizon)` with `c` the cost of capital, `l`
    /// the loss given unpaid and `g` the share of what is settled that late that is given up, not paid ([`GivenUp`]). The
    /// action multiplies the odds of payment of each day on which it works (see [`Step`]) by `odds_ratio`, and of one on
    /// which the last contact works as well by what it is stronger: `h' = r h / (1 - h + r h)`; other hazards stay. The gain is `V'` - `V`: what comes earlier, and what
    /// would not have come at all; less the fee on what is paid from the first such day on.
    ///
    /// Source: the ratio of odds is the effect in a discrete-time logistic hazard model; Singer & Willett (2003),
    /// *Applied Longitudinal Data Analysis*, ch. 11.
    pub fn gain(&self, step: &Step, policy: &CollectPolicy) -> f64 {
        let first =
            (step.start_days + 1).max(step.works_from_days_past_due.saturating_sub(self.days_past_due));
        if first > step.last_day() {
            return 0.0;
        }
        let (before_first, end) = (first as usize - 1, step.last_day() as usize);
        let mut changed = self.survival[before_first];
        let (mut gain, mut cash) = (0.0, (0.0, 0.0));
        let loss = policy.loss_given_unpaid_rate;
        for day in before_first + 1..=end {
            let (before, s) = (self.survival[day - 1], self.survival[day]);
            if before <= 0.0 {
                break;
            }
            let h = (before - s) / before;
            let ratio = self.more(step.odds_ratio, day as i32);
            let paid = changed * (ratio * h / (1.0 - h + ratio * h));
            let mut more = (0.0, 0.0);
            add(&mut more, paid - (before - s), day as f64, self.given_up[day], policy);
            gain += more.0 - loss * more.1;
            add(&mut cash, paid, day as f64, self.given_up[day], policy);
            changed -= paid;
        }
        if self.survival[end] > 0.0 {
            let share = changed / self.survival[end];
            let (later, given_up) = self.later[end];
            gain += (share - 1.0) * (later - loss * (self.unpaid + given_up));
            cash.0 += share * later;
        }
        gain - step.fee_rate * cash.0
    }
}

/// Adds what a fall of the curve so many days after as_of brings and what of it is given up.
fn add(sum: &mut (f64, f64), fall: f64, day: f64, given_up: f64, policy: &CollectPolicy) {
    sum.0 += fall * (1.0 - given_up) * worth_of_day(day, policy);
    sum.1 += fall * given_up;
}

/// Value today of one unit paid so many days after as_of: simple interest.
fn worth_of_day(day: f64, policy: &CollectPolicy) -> f64 {
    1.0 - policy.cost_of_capital_rate * day / DAYS_PER_YEAR
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;

    /// `c` = 0.365, that is 0.001 a day; `l` = 0.6.
    fn policy() -> CollectPolicy {
        let text = "[collect]\ncost_of_capital_rate = 0.365\nloss_given_unpaid_rate = 0.6";
        parse(text, "test").unwrap().collect.clone()
    }

    /// Effect of 2 days; odds ratio 3.
    fn step(start_days: i32) -> Step {
        Step {
            start_days,
            effect_days: 2,
            works_from_days_past_due: 1,
            odds_ratio: 3.0,
            standard_error: None,
            cost: 0.0,
            fee_rate: 0.0,
        }
    }

    /// No contact works and nothing is given up.
    const NOTHING_ELSE: (Option<Working>, &GivenUp) = (None, &GivenUp::NOTHING);

    /// Of an invoice that has been due for long; asked about in daily detail for longer than needed.
    fn gain(curves: &Curves, step: &Step) -> f64 {
        gain_of(curves, step, 100)
    }

    fn gain_of(curves: &Curves, step: &Step, days_past_due: i32) -> f64 {
        let mut outlook = Outlook::default();
        outlook.read(curves, 0, days_past_due, step.last_day().max(22), NOTHING_ELSE, &policy());
        outlook.gain(step, &policy())
    }

    /// Day 1 pays 0.2. Hazards of days 2 and 3 are 1/2, so 3/4 with the action; that of day 4 is 0; 0.2 stays unpaid.
    /// Without: .4 on day 2, .2 on day 3, .2 unpaid. With: .6, .15 and .05.
    #[test]
    fn an_action_brings_cash_earlier_and_saves_what_would_be_lost() {
        let curves = Curves::new(vec![0, 1, 2, 3, 4], vec![1.0, 0.8, 0.4, 0.2, 0.2]);
        let wanted = 0.2 * 0.998 - 0.05 * 0.997 + 0.6 * 0.15;
        assert!((gain(&curves, &step(1)) - wanted).abs() < 1e-12);
    }

    /// Value of a curve given day by day.
    fn value(survival: &[f64], p: &CollectPolicy) -> f64 {
        let day_by_day =
            survival.windows(2).enumerate().map(|(k, s)| (s[0] - s[1]) * worth_of_day(k as f64 + 1.0, p));
        day_by_day.sum::<f64>() - p.loss_given_unpaid_rate * survival.last().unwrap()
    }

    #[test]
    fn coarse_intervals_give_the_same_as_counting_every_day() {
        let curves = Curves::new(vec![0, 2, 9, 30], vec![1.0, 0.7, 0.35, 0.2]);
        let p = policy();
        for lead in [0, 1, 5, 8, 25] {
            let mut without = Vec::new();
            curves.daily(0, 30, &mut without);
            let mut with = vec![1.0];
            for day in 1..=30 {
                let h = 1.0 - without[day] / without[day - 1];
                let works = (lead + 1..=lead + 2).contains(&(day as i32));
                let h = if works { 3.0 * h / (1.0 + 2.0 * h) } else { h };
                with.push(with[day - 1] * (1.0 - h));
            }
            let wanted = value(&with, &p) - value(&without, &p);
            assert!((gain(&curves, &step(lead)) - wanted).abs() < 1e-12, "lead {lead}");
        }
    }

    /// Days 2 and 3 are days 0 and 1 past due: only the second counts, with hazard 3/4 for 1/2. Without: .2 on day 3, .2
    /// unpaid. With: .3 and .1.
    #[test]
    fn an_action_about_what_is_past_due_does_not_hasten_what_is_not() {
        let curves = Curves::new(vec![0, 1, 2, 3, 4], vec![1.0, 0.8, 0.4, 0.2, 0.2]);
        let wanted = 0.1 * 0.997 + 0.6 * 0.1;
        assert!((gain_of(&curves, &step(1), -2) - wanted).abs() < 1e-12);
        assert_eq!(gain_of(&curves, &step(1), -3), 0.0);
        let reminder = Step { works_from_days_past_due: -2, ..step(1) };
        assert_eq!(gain_of(&curves, &reminder, -2), gain(&curves, &step(1)));
    }

    /// As above with the action, .6 on day 2 and .15 on day 3: a tenth of their value goes to the agency.
    #[test]
    fn a_fee_is_taken_from_all_that_is_paid_once_the_action_works() {
        let curves = Curves::new(vec![0, 1, 2, 3, 4], vec![1.0, 0.8, 0.4, 0.2, 0.2]);
        let agency = Step { fee_rate: 0.1, ..step(1) };
        let fee = 0.1 * (0.6 * 0.998 + 0.15 * 0.997);
        assert!((gain(&curves, &step(1)) - gain(&curves, &agency) - fee).abs() < 1e-12);
    }

    /// Hazards of days 1 to 3 are 1/2. A contact of ratio 3 works to day 2, so that days 1 and 2 have 3/4 already: a like one
    /// on day 1, which would work on days 2 and 3, adds to day 3 only: 1/16 is open then, 3/4 of it paid for 1/2.
    #[test]
    fn a_contact_adds_nothing_while_the_last_one_works() {
        let curves = Curves::new(vec![0, 1, 2, 3], vec![1.0, 0.5, 0.25, 0.125]);
        let after = |odds_ratio| {
            let mut outlook = Outlook::default();
            let working = Some(Working { odds_ratio, last_day: 2 });
            outlook.read(&curves, 0, 100, 3, (working, &GivenUp::NOTHING), &policy());
            outlook.gain(&step(1), &policy())
        };
        let wanted = 1.0 / 16.0 * 0.25 * (0.997 + 0.6);
        assert!((after(3.0) - wanted).abs() < 1e-12, "{} {wanted}", after(3.0));
        // a milder one still works beside the new one's 3/4 of day 2, and a stronger one is not weakened
        assert!(after(1.5) > after(3.0) && after(30.0) > 0.0 && after(30.0) < after(3.0));
        assert!((after(1.0) - gain_of(&curves, &step(1), 100)).abs() < 1e-12);
    }

    /// Of what is settled from 271 days past due all is given up: the half of the open amount that leaves on day 5 is lost
    /// as the quarter that stays is. A call on day 0 pays 3/4 instead of 1/2 on day 1, none on day 2.
    #[test]
    fn what_is_given_up_late_is_a_loss_that_an_earlier_payment_avoids() {
        let curves = Curves::new(vec![0, 1, 2, 3, 4, 5], vec![1.0, 0.5, 0.5, 0.5, 0.5, 0.25]);
        let mut outlook = Outlook::default();
        outlook.read(&curves, 0, 266, 5, (None, &GivenUp::from_271()), &policy());
        let wanted = 0.25 * 0.999 + 0.6 * 0.25;
        assert!((outlook.gain(&step(0), &policy()) - wanted).abs() < 1e-12);
    }

    #[test]
    fn an_invoice_that_is_surely_paid_before_the_action_gains_nothing() {
        assert_eq!(gain(&Curves::new(vec![0, 1, 30], vec![1.0, 0.0, 0.0]), &step(1)), 0.0);
    }

    #[test]
    fn an_action_that_works_past_the_grid_changes_nothing_there() {
        let curves = Curves::new(vec![0, 1], vec![1.0, 0.5]);
        assert_eq!(gain(&curves, &step(3)), 0.0);
    }
}
