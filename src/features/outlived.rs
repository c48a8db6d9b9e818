//! What an invoice has outlived since it was looked at, and what that says of it.

use crate::numeric::log1p_exp;
use std::sync::LazyLock;

/// What invoices settled two weeks or more after the mark had outlived by then, on average: 0.6 to 0.9 on simulated ledgers
/// of 300 and 1,500 customers, with dense pay runs or without, where features have told the fast ones from the slow
/// ones; 1 if all were alike.
const USUAL_RATE: f64 = 0.7;
/// Days after the mark by which it has come within `1 / e` of that, on the same ledgers.
const USUAL_DAYS: f64 = 8.0;
/// Days after which they have, to the last bit.
const USUAL_MOST: usize = 400;
/// By noon of the days after the mark.
static USUAL: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let by_noon = |day: usize| USUAL_RATE * (1.0 - (-(day as f64 + 0.5) / USUAL_DAYS).exp());
    (0..=USUAL_MOST).map(by_noon).collect()
});

/// Rate of a day that an invoice outlives with this probability; a large one if it cannot.
#[inline]
pub fn rate_of(stay: f64) -> f64 {
    -stay.max(f64::MIN_POSITIVE).ln()
}

/// One invoice on its way from the day it is looked at.
///
/// Features do not say all of how fast an invoice is. Let a factor of mean 1 and some variance `v`, gamma distributed over
/// invoices, multiply its rate of settlement, the fall of its log survival over a day: of one that is still open after a
/// cumulative rate of `H` it is `1 / (1 + v H)` on average. Coefficients are learnt from what is still open and so know
/// the usual of that already: over what is settled so many days later `H` rises to about 0.7 within weeks. What remains,
/// `(1 + v usual) / (1 + v H)`, moves settlements between invoices and hardly their sum: one that was sure to be paid by
/// now is slower than it looked, one that was not is no slower. It is frozen on the due date: an overdue invoice shows
/// by itself what it is.
///
/// Source: Vaupel, Manton & Stallard (1979), *The Impact of Heterogeneity in Individual Frailty on the Dynamics of
/// Mortality*.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlived {
    variance: f64,
    days_to_due: i32,
    rate: f64,
    days: i32,
}

impl Outlived {
    /// An invoice that is due in so many days, or was, with the variance of what features do not say.
    pub fn new(variance: f64, days_to_due: i32) -> Self {
        Self { variance, days_to_due, rate: 0.0, days: 0 }
    }

    /// Whether nothing changes whatever is outlived.
    pub fn is_idle(&self) -> bool {
        self.variance == 0.0 || self.days_to_due <= 0
    }

    /// The rate of settlement on the next day, from what it would be of an invoice that has outlived what is usual.
    #[inline]
    pub fn slower(&self, rate: f64) -> f64 {
        if self.is_idle() {
            return rate;
        }
        // an overdue day adds nothing to what has been outlived, and half of any other has been by noon
        let noon = if self.days < self.days_to_due { 0.5 * rate } else { 0.0 };
        let usual = USUAL[(self.days as usize).min(USUAL_MOST)];
        rate * (1.0 + self.variance * usual) / (1.0 + self.variance * (self.rate + noon))
    }

    /// The same of a probability of staying open for a day, that of each of the next days, which then go by.
    #[inline]
    pub fn stays_and_passes(&mut self, days: i32, stay: f64) -> f64 {
        if self.is_idle() {
            return stay;
        }
        let rate = rate_of(stay);
        let slower = self.slower(rate);
        self.pass(days, rate);
        (-slower).exp()
    }

    /// The same as what is added to the day's log-odds of settlement.
    pub fn log_odds(&self, log_odds: f64) -> f64 {
        if self.is_idle() {
            return 0.0;
        }
        let slower = self.slower(log1p_exp(log_odds));
        // the log-odds of the hazard `1 - exp(-slower)`
        slower + (-(-slower).exp_m1()).max(f64::MIN_POSITIVE).ln() - log_odds
    }

    /// Days with this rate of settlement each, as [`Outlived::slower`] takes it, went by without it.
    #[inline]
    pub fn pass(&mut self, days: i32, rate: f64) {
        let counted = days.min(self.days_to_due - self.days);
        if self.variance > 0.0 && counted > 0 {
            self.rate += f64::from(counted) * rate;
            self.days += counted;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::logit;

    /// A rate of a day's hazard.
    fn rate(log_odds: f64) -> f64 {
        log1p_exp(log_odds)
    }

    /// Half a chance a day is a rate of ln 2 a day.
    #[test]
    fn who_outlives_more_than_is_usual_is_slower_and_who_outlives_less_is_faster() {
        let mut sure = Outlived::new(0.1, 30);
        let mut slow = sure;
        sure.pass(4, rate(0.0));
        slow.pass(4, rate(-9.0));
        let usual = 1.0 + 0.07 * (1.0 - (-4.5_f64 / 8.0).exp());
        let of_sure = usual / (1.0 + 0.45 * 2f64.ln());
        assert!((rate(sure.log_odds(0.0)) / 2f64.ln() - of_sure).abs() < 1e-12 && of_sure < 0.9);
        assert!((rate(-9.0 + slow.log_odds(-9.0)) / rate(-9.0) - usual).abs() < 1e-4);
    }

    #[test]
    fn from_the_due_date_on_nothing_more_is_outlived() {
        let mut invoice = Outlived::new(0.1, 3);
        invoice.pass(2, 0.7);
        invoice.pass(5, 0.7);
        let at_due = invoice.log_odds(0.0);
        let mut by_day = Outlived::new(0.1, 3);
        (0..3).for_each(|_| by_day.pass(1, 0.7));
        assert!((by_day.log_odds(0.0) - at_due).abs() < 1e-15);
        invoice.pass(40, 3.0);
        assert_eq!(invoice.log_odds(0.0), at_due);
    }

    #[test]
    fn nothing_is_added_to_overdue_invoices_or_without_variance() {
        for mut none in [Outlived::new(0.0, 30), Outlived::new(0.1, 0), Outlived::new(0.1, -4)] {
            none.pass(9, 2.0);
            assert_eq!(
                (none.log_odds(2.0), none.slower(2.0), none.stays_and_passes(1, 0.2)),
                (0.0, 2.0, 0.2)
            );
        }
    }

    #[test]
    fn however_sure_or_hopeless_a_day_is_what_is_added_is_a_number() {
        for log_odds in [-800.0, -700.0, -40.0, 0.0, 40.0, 700.0, 800.0] {
            let mut invoice = Outlived::new(0.1, 30);
            assert!(invoice.log_odds(log_odds).is_finite());
            invoice.pass(3, rate(log_odds));
            let moved = log_odds + invoice.log_odds(log_odds);
            assert!(moved.is_finite(), "{log_odds}");
            assert!(rate_of(1.0 / (1.0 + log_odds.exp())).is_finite());
            // one probability, either way; nearly so where there is no number for what it starts from
            let stay = 1.0 / (1.0 + log_odds.exp());
            let slower = invoice.stays_and_passes(1, stay);
            let apart = if stay >= f64::MIN_POSITIVE { 1e-12 } else { 0.02 };
            assert!((slower - 1.0 / (1.0 + moved.exp())).abs() < apart, "{log_odds}");
        }
    }

    /// Invoices whose factor is drawn from the gamma distribution, all alike to the features: what is left of the rate is
    /// the average factor of those still open, but for what the usual one takes back.
    #[test]
    fn the_rate_is_that_of_the_mean_factor_of_those_still_open() {
        use rand::Rng as _;
        let (mut rng, shape) = (crate::numeric::rng(5, "outlived", 0), 10);
        let uniform = |rng: &mut crate::numeric::Rng| 1.0 - crate::numeric::unit(rng.next_u64());
        // a gamma variable of whole shape is a sum of exponentials; variance 1 / shape
        let factors: Vec<f64> = (0..100_000)
            .map(|_| (0..shape).map(|_| -uniform(&mut rng).ln()).sum::<f64>() / f64::from(shape))
            .collect();
        let log_odds = logit(0.02);
        let mut invoice = Outlived::new(1.0 / f64::from(shape), 101);
        invoice.pass(100, rate(log_odds));
        let open = |factor: &f64| (-100.5 * factor * rate(log_odds)).exp();
        let left: f64 = factors.iter().map(open).sum();
        let mean = factors.iter().map(|f| f * open(f)).sum::<f64>() / left;
        let found = rate(log_odds + invoice.log_odds(log_odds)) / rate(log_odds) / (1.0 + 0.1 * USUAL[100]);
        assert!((found - mean).abs() < 0.01, "{found} {mean}");
    }
}
