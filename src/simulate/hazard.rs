//! When payers pay: the true hazard of a day, and the spells of stress that move it.

use super::calendar::Calendar;
use super::payer::PayRun;
use crate::numeric::{log1p_exp, logistic};

/// Share of what is ready that a pay run takes at the most.
const RUN_TAKES: f64 = 0.92;
/// The same on the other business days of a payer who has runs: payments made by hand.
const BY_HAND: f64 = 0.01;
/// Log-odds of payment in the last days of a discount, for those who take it.
const DISCOUNT_PULL: f64 = -0.3;
/// Those last days, before the very last one.
const DISCOUNT_WINDOW_DAYS: i32 = 3;
/// After so many days past the payer's usual delay an unpaid invoice begins to be forgotten.
const TAIL_AFTER_DAYS: f64 = 30.0;
/// And after so many more it is as forgotten as it gets.
const TAIL_DAYS: f64 = 90.0;
/// A drifting payer stops drifting here, in log-odds.
const DRIFT_LIMIT: f64 = 2.4;
/// Chance per month that a customer in no trouble fails, and that one under stress does.
const FAILS_UNWARNED: f64 = 0.000_3;
const FAILS_UNDER_STRESS: f64 = 0.007;

/// How a payer is doing, month by month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Regime {
    /// Business as usual.
    Normal,
    /// Short of cash: every hazard is lower.
    Stress,
    /// Insolvent: never pays again and buys no more.
    Failed,
}

impl Regime {
    /// All, by their number.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Stress, Self::Failed];
}

/// Chances of passing from one [`Regime`] to another when a month begins.
#[derive(Debug, Clone, PartialEq)]
pub struct StressLaw {
    /// From normal to stress.
    pub start_prob: f64,
    /// From stress back to normal.
    pub end_prob: f64,
    /// What stress adds to the log-odds of payment, below zero.
    pub effect: f64,
}

impl StressLaw {
    /// No stress, no failure.
    pub(super) const NONE: Self = Self { start_prob: 0.0, end_prob: 0.0, effect: 0.0 };

    /// Probabilities of next month's regimes; `[from, to]` in the order of [`Regime::ALL`].
    pub fn transitions(&self) -> [[f64; 3]; 3] {
        let fails = if self.start_prob > 0.0 { FAILS_UNWARNED } else { 0.0 };
        let stays = 1.0 - self.end_prob - FAILS_UNDER_STRESS;
        [
            [1.0 - self.start_prob - fails, self.start_prob, fails],
            [self.end_prob, stays, FAILS_UNDER_STRESS],
            [0.0, 0.0, 1.0],
        ]
    }

    /// Share of the months that a customer who has not failed spends under stress.
    pub fn stress_share(&self) -> f64 {
        if self.start_prob > 0.0 { self.start_prob / (self.start_prob + self.end_prob) } else { 0.0 }
    }
}

/// What decides on which day a payer pays.
///
/// An invoice (or its next instalment) that is open and not disputed is paid on a day with probability
/// `cap * logistic(eta)`. `cap` is 1, or for payers on pay runs 0.92 on the day of a run, 0.01 on other business days
/// and 0 at weekends. `eta` adds up [`Timing::reach`], the weekday (not for payers on runs), season, the portfolio's
/// and the payer's own drift, stress, the invoice's size and a contact of the last days. Nothing else is remembered,
/// so that the probability of every future is a sum over regimes and days.
#[derive(Debug, Clone, PartialEq)]
pub struct Timing {
    /// The days on which it pays, if it has any.
    pub run: Option<PayRun>,
    /// Log-odds of payment a day once the payer's usual delay is over.
    pub peak: f64,
    /// Its usual delay in days past due: there the hazard has nearly come to its peak.
    pub center_days: f64,
    /// Days in which the odds grow e-fold before that.
    pub spread_days: f64,
    /// Log-odds lost by the end of the tail, above zero.
    pub tail: f64,
    /// Log-odds gained each month since the payer's first, up to 2.4.
    pub drift_per_month: f64,
    /// How strongly seasons move it, 1 = as in the calendar.
    pub season: f64,
    /// Log-odds lost on an invoice e times the payer's median.
    pub size_effect: f64,
    /// Age in days up to which it may take a discount.
    pub discount_days: Option<i32>,
    /// Spells of stress.
    pub stress: StressLaw,
}

/// How the log-odds of payment rise with `days_past_due`: `-ln(1 + exp(-(days_past_due - center) / spread))`, which
/// is 0 long after `center` and falls by one each `spread` days before it.
///
/// ```
/// use arrears::simulate::ramp;
/// assert!((ramp(0, 0.0, 5.0) + 2f64.ln()).abs() < 1e-12);
/// ```
pub fn ramp(days_past_due: i32, center: f64, spread: f64) -> f64 {
    -log1p_exp(-(f64::from(days_past_due) - center) / spread)
}

/// The part of a day's hazard that all invoices of a payer share.
#[derive(Debug, Clone, Copy)]
pub(super) struct DayHazard {
    pub cap: f64,
    pub eta: f64,
}

impl DayHazard {
    /// Probability of payment, `own` being the invoice's part of the log-odds.
    pub fn prob(self, own: f64) -> f64 {
        if self.cap > 0.0 { self.cap * logistic(self.eta + own) } else { 0.0 }
    }
}

impl Timing {
    /// Log-odds that the age of the invoice gives: the ramp to the peak, the tail, and the pull of a discount.
    pub fn reach(&self, days_past_due: i32, age_days: i32) -> f64 {
        self.with_discount(self.usual(days_past_due), age_days)
    }

    /// [`Timing::reach`] but for discounts.
    pub(super) fn usual(&self, days_past_due: i32) -> f64 {
        let late = f64::from(days_past_due) - self.center_days - TAIL_AFTER_DAYS;
        let tail = self.tail * (late / TAIL_DAYS).clamp(0.0, 1.0);
        self.peak + ramp(days_past_due, self.center_days, self.spread_days) - tail
    }

    pub(super) fn with_discount(&self, usual: f64, age_days: i32) -> f64 {
        match self.discount_days {
            Some(d) if (d - DISCOUNT_WINDOW_DAYS..=d).contains(&age_days) => usual.max(DISCOUNT_PULL),
            _ => usual,
        }
    }

    /// What day `t` is like for a payer whose first month was `first_month`.
    pub(super) fn on(&self, calendar: &Calendar, t: usize, first_month: u32, regime: Regime) -> DayHazard {
        let cap = match self.run {
            _ if regime == Regime::Failed => 0.0,
            None => 1.0,
            Some(run) if calendar.is_run(run, t) => RUN_TAKES,
            Some(_) if calendar.business[t] => BY_HAND,
            Some(_) => 0.0,
        };
        let months = f64::from(calendar.month[t]) - f64::from(first_month);
        let drift = (self.drift_per_month * months).clamp(-DRIFT_LIMIT, DRIFT_LIMIT);
        let weekday = if self.run.is_none() { calendar.weekday[t] } else { 0.0 };
        let stress = if regime == Regime::Stress { self.stress.effect } else { 0.0 };
        let eta = weekday + self.season * calendar.season[t] + calendar.economy[t] + drift + stress;
        DayHazard { cap, eta }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Plan;
    use super::*;

    fn timing(run: Option<PayRun>) -> Timing {
        Timing {
            run,
            peak: 0.0,
            center_days: 0.0,
            spread_days: 2.0,
            tail: 1.0,
            drift_per_month: 0.0,
            season: 1.0,
            size_effect: 0.0,
            discount_days: Some(10),
            stress: StressLaw { start_prob: 0.1, end_prob: 0.3, effect: -1.0 },
        }
    }

    #[test]
    fn log_odds_rise_to_the_peak_and_fall_by_the_tail() {
        let t = timing(None);
        assert!((t.reach(0, 30) + 2f64.ln()).abs() < 1e-12);
        assert!((t.reach(75, 105) + 0.5).abs() < 1e-6);
        assert!((t.reach(400, 430) + 1.0).abs() < 1e-9);
        assert_eq!(t.reach(-20, 10), DISCOUNT_PULL);
        assert!(t.reach(-19, 11) < -9.0);
    }

    #[test]
    fn a_payer_on_runs_pays_on_them() {
        let c = Calendar::new(&Plan::plain(1, 2, 0));
        let on = |t, regime| timing(Some(PayRun::Friday)).on(&c, t, 0, regime).prob(0.0);
        // 2 January 2023 is a Monday
        assert_eq!(on(4, Regime::Normal), RUN_TAKES / 2.0);
        assert_eq!(on(3, Regime::Normal), BY_HAND / 2.0);
        assert_eq!(on(5, Regime::Normal), 0.0);
        assert_eq!(on(4, Regime::Failed), 0.0);
        assert!(on(4, Regime::Stress) < on(4, Regime::Normal));
    }

    #[test]
    fn the_rows_of_the_transitions_are_distributions() {
        for law in [StressLaw::NONE, timing(None).stress] {
            for row in law.transitions() {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12 && row.iter().all(|&p| p >= 0.0));
            }
        }
        assert!((timing(None).stress.stress_share() - 0.25).abs() < 1e-12);
        assert_eq!(StressLaw::NONE.transitions()[0], [1.0, 0.0, 0.0]);
    }
}
