//! Curves of invoices that are not issued yet: what the model says of the next invoice of each customer.

use super::predict::Prediction;
use crate::features::Survey;
use crate::features::calendar::Calendar;
use crate::features::day_row::Days;
use crate::features::facts::Facts;
use crate::features::habits::Habits;
use crate::model::Hazard;

/// Days after issue up to which hazards are taken day by day around the due date.
const FINE_DAYS: i32 = 5;
/// Days of a span elsewhere.
const SPAN_DAYS: i32 = 7;
/// Days over which a customer's pay days are 1 on average: a year and its leap day.
const YEAR_DAYS: i32 = 366;

/// What the model says of invoices that customers have not got yet.
pub struct NewInvoices<'a> {
    survey: &'a Survey,
    hazard: &'a Hazard,
    habits: &'a [Habits],
    more_terms_days: i32,
}

impl<'a> NewInvoices<'a> {
    /// From what open invoices were predicted with.
    pub fn new(survey: &'a Survey, hazard: &'a Hazard, prediction: &'a Prediction) -> Self {
        Self { survey, hazard, habits: &prediction.habits, more_terms_days: 0 }
    }

    /// The same on terms that are so many days longer, or shorter below zero; no invoice is due before it is issued.
    #[must_use]
    pub fn with_more_terms(self, more_terms_days: i32) -> Self {
        Self { more_terms_days, ..self }
    }

    /// Survival of customer `c`'s next invoice of its usual amount on `terms_days`, or on as many as [`NewInvoices::with_more_terms`] makes of them, at each age `0..=last` in days
    /// since issue, written to `out`.
    ///
    /// Like the tail of an open invoice's curve it is taken on average pay days ([`Days::around`]), and of no season: invoices
    /// will be issued on many days. Which days money then moves on is [`NewInvoices::day_lifts`]' to say.
    pub fn survival(&self, c: usize, terms_days: i32, last: i32, out: &mut Vec<f64>) {
        let (prior, habits) = (self.survey.prior(), &self.habits[c]);
        let issue = prior.mark.0;
        let terms_days = terms_days.saturating_add(self.more_terms_days).max(0);
        let invoice = Days::new(prior, habits, Facts::usual(habits, issue, terms_days));
        let still = invoice.still();
        let hazard = self.hazard.of(&still);
        let mut outlived = hazard.outlived(terms_days);
        out.clear();
        out.push(1.0);
        let (mut survival, mut from) = (1.0, 0);
        while from < last {
            let mut to = from + 1;
            if (from - terms_days).abs() > FINE_DAYS {
                let next = if from < terms_days { terms_days - FINE_DAYS } else { last };
                to = (from + SPAN_DAYS).min(next).min(last).max(to);
            }
            let middle = issue + from + (to - from + 1) / 2;
            let usual = 1.0 - hazard.on(&invoice.around(middle, 0.0));
            let stay = outlived.stays_and_passes(to - from, usual);
            for _ in from..to {
                survival *= stay;
                out.push(survival);
            }
            from = to;
        }
    }

    /// How many times likelier than on an average day customer `c` pays on each of the days `1..=last` after as_of,
    /// written to `out`; 1 on average over a year.
    pub fn day_lifts(&self, c: usize, last: i32, out: &mut Vec<f64>) {
        let (prior, almanac) = (self.survey.prior(), &self.survey.almanac);
        let calendar = Calendar::new(&self.habits[c], prior, almanac);
        let lift = |day: i32| calendar.lift(prior.mark.0 + day);
        let mean = (1..=YEAR_DAYS).map(lift).sum::<f64>() / f64::from(YEAR_DAYS);
        out.clear();
        out.extend((1..=last).map(|day| lift(day) / mean));
    }
}
