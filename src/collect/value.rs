//! What an action on one invoice is worth, per unit of its open amount.
//!
//! Symbols: `s` survival, `h` a day's hazard, `r` odds ratio.

use crate::policy::{CollectPolicy, Level};
use crate::score::Curves;

const DAYS_PER_YEAR: f64 = 365.0;

/// One invoice's curve, prepared for asking what actions would change. Read again for each invoice, so that the
/// memory is used again.
#[derive(Debug, Clone, Default)]
pub struct Outlook {
    /// Survival at days `0..=last` after as_of.
    survival: Vec<f64>,
    /// Value of the cash that comes after each of those days, per unit of open amount.
    later: Vec<f64>,
    /// Survival at the loss horizon.
    unpaid: f64,
}

impl Outlook {
    /// Reads curve `row`, in daily detail as far as the policy's ladder works.
    pub fn read(&mut self, curves: &Curves, row: usize, policy: &CollectPolicy) {
        let last = policy.ladder.iter().map(|level| level.lead_days + policy.effect_days).max().unwrap_or(0);
        curves.daily(row, last, &mut self.survival);
        self.unpaid = curves.row(row).last().copied().unwrap_or(1.0);

        let (mut from, mut s) = (last, self.survival[last as usize]);
        let mut value = 0.0;
        for (&edge, &s_edge) in curves.edges().iter().zip(curves.row(row)).filter(|(edge, _)| **edge > last) {
            // cash is spread evenly over the days from + 1 ..= edge, of which this is the mean
            let mean_day = f64::from(from + 1 + edge) / 2.0;
            value += (s - s_edge) * worth_of_day(mean_day, policy);
            (from, s) = (edge, s_edge);
        }
        self.later.clear();
        self.later.resize(last as usize + 1, value);
        for day in (0..last as usize).rev() {
            value += (self.survival[day] - self.survival[day + 1]) * worth_of_day(day as f64 + 1.0, policy);
            self.later[day] = value;
        }
    }

    /// How much more an open amount of 1 is worth if the action of `level` is decided at as_of, before its cost.
    ///
    /// `V = sum_d (S(d-1) - S(d)) (1 - c d / 365) - l S(horizon)` with `c` the cost of capital and `l` the loss
    /// given unpaid. The action multiplies the odds of payment of each day in
    /// `lead_days + 1 ..= lead_days + effect_days` by `odds_ratio`: `h' = r h / (1 - h + r h)`; later hazards stay. The
    /// gain is `V'` - `V`: what comes earlier, and what would not have come at all.
    ///
    /// `level` is one of the ladder with which [`Outlook::read`] was called.
    ///
    /// Source: the ratio of odds is the effect in a discrete-time logistic hazard model; Singer & Willett (2003),
    /// *Applied Longitudinal Data Analysis*, ch. 11.
    pub fn gain(&self, level: &Level, policy: &CollectPolicy) -> f64 {
        let start = level.lead_days as usize;
        let end = start + policy.effect_days as usize;
        let mut changed = self.survival[start];
        let mut gain = 0.0;
        for day in start + 1..=end {
            let (before, s) = (self.survival[day - 1], self.survival[day]);
            if before <= 0.0 {
                break;
            }
            let h = (before - s) / before;
            let paid = changed * (level.odds_ratio * h / (1.0 - h + level.odds_ratio * h));
            gain += (paid - (before - s)) * worth_of_day(day as f64, policy);
            changed -= paid;
        }
        if self.survival[end] <= 0.0 {
            return gain;
        }
        let share = changed / self.survival[end] - 1.0;
        gain + share * (self.later[end] - policy.loss_given_unpaid_rate * self.unpaid)
    }
}

/// Value today of one unit paid so many days after as_of: simple interest.
fn worth_of_day(day: f64, policy: &CollectPolicy) -> f64 {
    1.0 - policy.cost_of_capital_rate * day / DAYS_PER_YEAR
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;

    /// `c` = 0.365, that is 0.001 a day; `l` = 0.6; effect of 2 days; odds ratio 3. A second level comes on day 20.
    fn policy(lead_days: i32) -> CollectPolicy {
        let level = |lead| {
            format!(
                "[[collect.ladder]]\naction = 'call'\nchannel = 'phone'\nfrom_days_past_due = 0\n\
                 odds_ratio = 3.0\ncost = 0.0\nlead_days = {lead}\n"
            )
        };
        let rates = "cost_of_capital_rate = 0.365\nloss_given_unpaid_rate = 0.6\neffect_days = 2";
        let text = format!("[collect]\n{rates}\n{}{}", level(lead_days), level(20));
        parse(&text, "test").unwrap().collect.clone()
    }

    fn gain(curves: &Curves, policy: &CollectPolicy) -> f64 {
        let mut outlook = Outlook::default();
        outlook.read(curves, 0, policy);
        outlook.gain(&policy.ladder[0], policy)
    }

    /// Day 1 pays 0.2. Hazards of days 2 and 3 are 1/2, so 3/4 with the action; that of day 4 is 0; 0.2 stays unpaid.
    /// Without: .4 on day 2, .2 on day 3, .2 unpaid. With: .6, .15 and .05.
    #[test]
    fn an_action_brings_cash_earlier_and_saves_what_would_be_lost() {
        let curves = Curves::new(vec![0, 1, 2, 3, 4], vec![1.0, 0.8, 0.4, 0.2, 0.2]);
        let wanted = 0.2 * 0.998 - 0.05 * 0.997 + 0.6 * 0.15;
        assert!((gain(&curves, &policy(1)) - wanted).abs() < 1e-12);
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
        for lead in [0, 1, 5, 8, 25] {
            let p = policy(lead);
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
            assert!((gain(&curves, &p) - wanted).abs() < 1e-12, "lead {lead}");
        }
    }

    #[test]
    fn an_invoice_that_is_surely_paid_before_the_action_gains_nothing() {
        assert_eq!(gain(&Curves::new(vec![0, 1, 30], vec![1.0, 0.0, 0.0]), &policy(1)), 0.0);
    }

    #[test]
    fn an_action_that_works_past_the_grid_changes_nothing_there() {
        let curves = Curves::new(vec![0, 1], vec![1.0, 0.5]);
        assert_eq!(gain(&curves, &policy(3)), 0.0);
    }
}
