//! The ladder on one day: when each level can be done, what it costs, and what is known of its effect.

use super::Contacts;
use crate::core::Day;
use crate::policy::collect::WEEKDAYS;
use crate::policy::{CollectPolicy, Level};

/// Where the effect of an action is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GainBasis {
    /// The policy states it.
    Assumed,
    /// Contacts in the ledger have shown it.
    Measured,
}

impl GainBasis {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assumed => "assumed",
            Self::Measured => "measured",
        }
    }
}

/// A level of the ladder as it can be taken on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Days from as_of to the day it is done; it works from the next day on.
    pub start_days: i32,
    /// Days during which it works.
    pub effect_days: i32,
    /// It works on an invoice from so many days past due.
    pub works_from_days_past_due: i32,
    /// What it multiplies each day's odds of payment by.
    pub odds_ratio: f64,
    /// Standard error of its logarithm, if it was measured.
    pub standard_error: Option<f64>,
    /// What it costs, reporting currency.
    pub cost: f64,
    /// Share of what is paid afterwards that is lost to whoever collects it.
    pub fee_rate: f64,
}

impl Step {
    /// A level of the ladder decided at the end of `as_of`: done on the first working day from `lead_days` on. One that
    /// may be taken only after due works on invoices that are past due; one that may be taken before works from the day
    /// on which it may.
    ///
    /// Where contacts by the level's channel have shown an effect, the odds ratio is what they and the policy say
    /// together: their logarithms, weighted by the inverse of their squared errors, that of the policy being
    /// `effect_prior_sd`.
    ///
    /// Source: the posterior mean of a normal mean under a normal prior; Gelman et al. (2013), *Bayesian Data Analysis*,
    /// sec. 2.5.
    pub fn new(level: &Level, as_of: Day, contacts: &Contacts<'_>, policy: &CollectPolicy) -> Self {
        let measured = contacts.effect(&level.channel).filter(|e| {
            e.standard_error.is_finite()
                && e.standard_error > 0.0
                && e.n_contacts >= policy.effect_contacts_min as u64
        });
        let (mut log_odds, mut standard_error) = (level.odds_ratio.ln(), None);
        if let Some(e) = measured {
            let (own, prior) = (e.standard_error.powi(-2), policy.effect_prior_sd.powi(-2));
            log_odds = (own * e.log_odds + prior * log_odds) / (own + prior);
            standard_error = Some((own + prior).sqrt().recip());
        }
        Self {
            start_days: working_day(as_of.plus(level.lead_days), policy).0 - as_of.0,
            effect_days: policy.effect_days,
            works_from_days_past_due: level.from_days_past_due.min(1),
            odds_ratio: log_odds.exp(),
            standard_error,
            cost: level.cost * policy.currency_per_unit_of_cost,
            fee_rate: level.fee_rate,
        }
    }

    /// Last day after as_of on which it works.
    pub fn last_day(&self) -> i32 {
        self.start_days + self.effect_days
    }

    /// Where its effect is known from.
    pub fn basis(&self) -> GainBasis {
        if self.standard_error.is_some() { GainBasis::Measured } else { GainBasis::Assumed }
    }

    /// The same with an effect that is one standard error larger; none if it is assumed.
    pub(super) fn one_error_up(&self) -> Option<Self> {
        self.standard_error.map(|se| Self { odds_ratio: self.odds_ratio * se.exp(), ..self.clone() })
    }
}

/// The first day from `day` on that is a working day. A calendar without any in the next year gives `day` itself.
pub(super) fn working_day(day: Day, policy: &CollectPolicy) -> Day {
    const YEAR_DAYS: i32 = 366;
    let is_free = |d: &Day| {
        let name = WEEKDAYS[d.weekday()];
        policy.weekend.iter().any(|w| w == name)
            || policy.holidays.iter().any(|h| h.parse::<Day>().is_ok_and(|h| h == *d))
    };
    (0..=YEAR_DAYS).map(|n| day.plus(n)).find(|d| !is_free(d)).unwrap_or(day)
}
