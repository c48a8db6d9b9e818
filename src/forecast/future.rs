//! Cash of invoices that are not issued yet: what customers will be billed, run through their own curves.

use super::billing::{Billing, usual_terms};
use super::simulation::{Draws, Shocks};
use crate::core::Currency;
use crate::core::amount::SCALE;
use crate::ledger::Known;
use crate::numeric::{rng, text_key};
use crate::policy::ValidPolicy;
use crate::score::{NewInvoices, PartPayments};
use rand_distr::{Distribution, Gamma, Poisson, StandardNormal};
use rayon::prelude::*;

/// Customers whose cash is added in one go; fixed, so that threads do not change a byte.
const CHUNK: usize = 64;

/// Cash that future invoices of one currency bring.
#[derive(Debug, Clone, PartialEq)]
pub struct FutureCash {
    /// The currency.
    pub currency: Currency,
    /// Expected cash of each day after as_of, in currency units.
    pub expected: Vec<f64>,
    /// Its variance by the chance of single invoices, in squares of currency units.
    pub variance: Vec<f64>,
    /// Expected number of invoices paid.
    pub n: Vec<f64>,
    /// Deviation of the log of all billing.
    pub deviation: f64,
}

/// Lift of a day from which a customer is taken to wait for its pay days.
const UNEVEN: f64 = 2.0;
/// Lift below which a day sees few payments.
const FEW: f64 = 0.5;
/// Most that a log survival falls on an average day.
const RATE_MOST: f64 = 2.0;
/// Bills that are looked at side by side.
const LANES: usize = 8;
/// Kinds of sums by day.
const SUMS: usize = 3;
/// Least square of the coefficient of variation of invoices.
const SIZES_DIFFER: f64 = 1e-3;
/// Invoices a day above which the chance of none does not matter.
const MANY: f64 = 20.0;

/// What future invoices bring on each of the days `1..=last` after as_of, for every currency that was billed.
///
/// `cash[d] = scale sum_c lift_c[d] sum_{b < d} billed_c[b] (S_c(d - b - 1) - S_c(d - b))`: customer `c` is billed
/// `billed_c[b]` on day `b` by its own cadence ([`Billing`]), of its next invoice `S_c` is still to come, by the model's
/// curve ([`NewInvoices::survival`], [`PartPayments::still_to_come`]), and money moves on its pay days. `scale` is what the same sum has missed in past
/// months: customers that nobody knows yet, and those that have left.
///
/// Single invoices arrive by chance: their number is Poisson, so that `variance[d]` is the expected cash times the
/// size of an invoice, and days are independent given all billing.
pub fn future_cash(
    known: &Known,
    (new, part_payments): (&NewInvoices<'_>, &PartPayments),
    policy: &ValidPolicy,
    last: i32,
) -> Vec<FutureCash> {
    let billing = Billing::new(known, policy.forecast.billing_half_life_days);
    let season: Vec<f64> = (1..=last).map(|d| billing.season_at(known.as_of().0 + d)).collect();
    let (n, n_days) = (known.currency_code.len(), last as usize);
    let customers: Vec<usize> = (0..known.n_customers()).collect();
    let parts: Vec<Vec<f64>> = customers
        .par_chunks(CHUNK)
        .map(|customers| {
            let mut sums = vec![0.0; SUMS * n * n_days];
            let mut room = Room::default();
            for &c in customers {
                room.add(known, c, (new, part_payments), &billing, &season, &mut sums);
            }
            sums
        })
        .collect();
    let mut sums = vec![0.0; SUMS * n * n_days];
    for part in &parts {
        sums.iter_mut().zip(part).for_each(|(sum, s)| *sum += s);
    }
    let of = |k: usize| {
        let level = billing.level[k];
        let column =
            |at: usize| sums[at * n_days..(at + 1) * n_days].iter().map(|s| s * level.scale).collect();
        FutureCash {
            currency: known.currency_code[k],
            expected: column(SUMS * k),
            variance: column(SUMS * k + 1),
            n: column(SUMS * k + 2),
            deviation: level.deviation,
        }
    };
    (0..n).map(of).collect()
}

/// Room for one customer at a time.
#[derive(Default)]
struct Room {
    survival: Vec<f64>,
    falls: Vec<f64>,
    shares: Vec<f64>,
    lifts: Vec<f64>,
    rates: Vec<f64>,
    left: Vec<f64>,
    cash: Vec<f64>,
}

impl Room {
    /// Cash where payments wait for certain days: a day's hazard is the average day's to the power of its lift, so that what
    /// was not let go before a run leaves with it, and every bill is paid once.
    fn on_pay_days(&mut self) {
        let n_days = self.lifts.len();
        // newest age last, as bills stand oldest first
        self.rates.clear();
        let rate = |s: &[f64]| (s[0].ln() - s[1].ln()).min(RATE_MOST);
        self.rates.extend(self.survival.windows(2).map(rate).rev());
        self.left.clear();
        for (day, &lift) in self.lifts.iter().enumerate() {
            let rates = &self.rates[n_days - day..];
            let half = 0.5 * lift;
            self.cash[day] = if lift < FEW {
                let_go(&mut self.left, rates, |rate| (lift * rate) * (1.0 - half * rate))
            } else {
                let_go(&mut self.left, rates, |rate| 1.0 - fading(lift * rate))
            };
            self.left.push(self.shares[day]);
        }
    }

    /// Adds the customer's cash, its variance and the number of invoices to `[currency, 3, day]`.
    fn add(
        &mut self,
        known: &Known,
        c: usize,
        (new, part_payments): (&NewInvoices<'_>, &PartPayments),
        billing: &Billing,
        season: &[f64],
        sums: &mut [f64],
    ) {
        let (last, n_days) = (season.len() as i32, season.len());
        for (k, line) in billing.lines(known, c, known.as_of().0).into_iter().enumerate() {
            if k == 0 {
                let terms_days = usual_terms(known, c);
                new.survival(c, terms_days, last + part_payments.lead_most(), &mut self.survival);
                part_payments.still_to_come(c, terms_days, &mut self.survival, &mut self.falls);
                self.falls.clear();
                self.falls.extend(self.survival.windows(2).map(|s| s[0] - s[1]));
                billing.day_shares(known, c, last, &mut self.shares);
                new.day_lifts(c, last, &mut self.lifts);
                self.cash.clear();
                self.cash.resize(n_days, 0.0);
                self.shares.iter_mut().zip(season).for_each(|(share, season)| *share *= season);
                if self.lifts.iter().any(|&lift| lift > UNEVEN) {
                    self.on_pay_days();
                } else {
                    convolve(&self.shares, &self.falls, &mut self.cash);
                    self.cash.iter_mut().zip(&self.lifts).for_each(|(cash, lift)| *cash *= lift);
                }
            }
            let at = SUMS * line.currency as usize * n_days;
            let (expected, rest) = sums[at..at + SUMS * n_days].split_at_mut(n_days);
            let (variance, n) = rest.split_at_mut(n_days);
            let per_mean = line.mean.recip();
            for (((e, v), n), cash) in expected.iter_mut().zip(variance).zip(n).zip(&self.cash) {
                let cash = line.per_day * cash;
                *e += cash;
                *v += cash * line.lump;
                *n += cash * per_mean;
            }
        }
    }
}

/// Takes from what is left of each bill the share that is paid; all that is paid. Eight sums at a time, in a fixed order.
#[inline]
fn let_go(left: &mut [f64], rates: &[f64], share: impl Fn(f64) -> f64) -> f64 {
    let (left, left_over) = left.as_chunks_mut::<LANES>();
    let (rates, rates_over) = rates.as_chunks::<LANES>();
    let mut paid = [0.0; LANES];
    for (left, rates) in left.iter_mut().zip(rates) {
        for ((left, rate), paid) in left.iter_mut().zip(rates).zip(&mut paid) {
            let pays = *left * share(*rate);
            *paid += pays;
            *left -= pays;
        }
    }
    let mut sum = 0.0;
    for (left, rate) in left_over.iter_mut().zip(rates_over) {
        let pays = *left * share(*rate);
        sum += pays;
        *left -= pays;
    }
    sum + paid.iter().sum::<f64>()
}

/// `exp(-x)` for `x` from 0, with an error below 0.013: cheap, and never below 0.
fn fading(x: f64) -> f64 {
    1.0 / (1.0 + x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0 + x * (1.0 / 24.0)))))
}

/// Adds `sum_b billed[b] falls[d - b - 1]` to `cash[d]`: what is billed on a day is paid from the next one on. Four days'
/// bills go together, so that each sum is loaded and stored a quarter as often.
fn convolve(billed: &[f64], falls: &[f64], cash: &mut [f64]) {
    let (fours, rest) = billed.as_chunks::<4>();
    for (k, four) in fours.iter().enumerate() {
        let first = 4 * k + 1;
        for late in 0..4.min(cash.len().saturating_sub(first)) {
            cash[first + late] += (0..=late).map(|b| four[b] * falls[late - b]).sum::<f64>();
        }
        let Some(cash) = cash.get_mut(first + 4..) else { continue };
        let of = |b: usize| &falls[4 - b..];
        for ((((cash, f0), f1), f2), f3) in cash.iter_mut().zip(of(0)).zip(of(1)).zip(of(2)).zip(of(3)) {
            *cash += (four[0] * f0 + four[1] * f1) + (four[2] * f2 + four[3] * f3);
        }
    }
    for (b, billed) in (4 * fours.len()..).zip(rest) {
        let Some(cash) = cash.get_mut(b + 1..) else { continue };
        cash.iter_mut().zip(falls).for_each(|(cash, fall)| *cash += billed * fall);
    }
}

impl FutureCash {
    /// Draws futures: all billing too high or too low by one log-normal factor a draw, and days around it that bring the
    /// sum of a Poisson number of gamma invoices; where that number is large, a gamma sum.
    ///
    /// Source: Jørgensen & de Souza (1994), *Fitting Tweedie's Compound Poisson Model to Insurance Claims Data*.
    pub fn simulate(&self, shocks: &Shocks) -> Draws {
        let (n_draws, n_days) = (shocks.n_draws, self.expected.len());
        let key = text_key(self.currency.as_str());
        let normals = StandardNormal.sample_iter(rng(shocks.seed, "forecast: billing", key));
        let factors: Vec<f64> = normals
            .take(n_draws)
            .map(|z: f64| (self.deviation * z - 0.5 * self.deviation.powi(2)).exp())
            .collect();
        let mut rng = rng(shocks.seed, "forecast: future day", key);
        let mut cash = vec![0; n_days * n_draws];
        for (day, draws) in cash.chunks_mut(n_draws.max(1)).enumerate() {
            let (mean, variance) = (self.expected[day], self.variance[day]);
            let n = self.n[day];
            // of one invoice: one over the square of its coefficient of variation, and its scale
            let shape = 1.0 / (variance * n / (mean * mean) - 1.0).max(SIZES_DIFFER);
            let scale = mean / n / shape;
            let (Ok(sum), Ok(count)) = (Gamma::new(mean * mean / variance, variance / mean), Poisson::new(n))
            else {
                continue;
            };
            for (draw, factor) in draws.iter_mut().zip(&factors) {
                let cash = if n > MANY {
                    sum.sample(&mut rng)
                } else {
                    let invoices: f64 = count.sample(&mut rng);
                    Gamma::new(invoices * shape, scale).map_or(0.0, |sum| sum.sample(&mut rng))
                };
                *draw = (factor * cash * SCALE as f64).round() as i64;
            }
        }
        Draws::new(n_draws, cash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Amount;

    fn shocks(n_draws: usize) -> Shocks {
        Shocks { n_draws, customer_correlation: 0.3, portfolio_correlation: 0.02, seed: 3 }
    }

    #[test]
    fn bills_are_paid_as_their_curve_falls() {
        for n in [1, 3, 4, 5, 8, 23] {
            let billed: Vec<f64> = (0..n).map(|k| f64::from(k + 1)).collect();
            let falls: Vec<f64> = (0..n).map(|k| 0.5_f64.powi(k)).collect();
            let mut cash = vec![1.0; n as usize];
            convolve(&billed, &falls, &mut cash);
            for (d, cash) in cash.iter().enumerate() {
                let wanted: f64 = 1.0 + (0..d).map(|b| billed[b] * falls[d - b - 1]).sum::<f64>();
                assert!((cash - wanted).abs() < 1e-9, "{n} {d}");
            }
        }
    }

    /// Four standard errors.
    #[test]
    fn draws_have_the_expected_cash_and_its_spread() {
        let currency = Currency::try_new("EUR").unwrap();
        let future = FutureCash {
            currency,
            expected: vec![0.0, 100.0],
            variance: vec![0.0, 400.0],
            n: vec![0.0, 30.0],
            deviation: 0.1,
        };
        let n = 20_000;
        let draws = future.simulate(&shocks(n));
        assert!(draws.cash(1, 1).iter().all(|&c| c == 0));
        let x: Vec<f64> = draws.cash(2, 2).into_iter().map(|c| Amount(c).to_f64()).collect();
        let mean = x.iter().sum::<f64>() / n as f64;
        let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
        // variance of a product: 400 E[f^2] + 100^2 Var[f], f log-normal with mean 1
        let wanted = 400.0 * 0.01_f64.exp() + 10_000.0 * (0.01_f64.exp() - 1.0);
        assert!((mean - 100.0).abs() < 4.0 * (wanted / n as f64).sqrt(), "{mean}");
        assert!((variance / wanted - 1.0).abs() < 0.08, "{variance} {wanted}");
    }

    /// One invoice in two days, of 200 and a coefficient of variation of a half: four standard errors.
    #[test]
    fn a_day_on_which_few_invoices_are_paid_may_bring_nothing() {
        let currency = Currency::try_new("KWD").unwrap();
        let (expected, variance, n) = (vec![100.0], vec![0.5 * 200.0 * 200.0 * 1.25], vec![0.5]);
        let future = FutureCash { currency, expected, variance, n, deviation: 0.0 };
        let draws = 20_000;
        let x: Vec<f64> =
            future.simulate(&shocks(draws)).cash(1, 1).into_iter().map(|c| Amount(c).to_f64()).collect();
        let none = x.iter().filter(|c| **c == 0.0).count() as f64 / draws as f64;
        assert!((none - (-0.5_f64).exp()).abs() < 4.0 * (0.24 / draws as f64).sqrt(), "{none}");
        let mean = x.iter().sum::<f64>() / draws as f64;
        let spread = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / draws as f64;
        assert!((mean - 100.0).abs() < 4.0 * (25_000.0 / draws as f64).sqrt(), "{mean}");
        assert!((spread / 25_000.0 - 1.0).abs() < 0.08, "{spread}");
    }

    /// A tenth of what is open is paid on an average day.
    fn room(lifts: Vec<f64>, shares: Vec<f64>) -> Room {
        let n = lifts.len();
        let survival: Vec<f64> = (0..=n as i32).map(|age| 0.9_f64.powi(age)).collect();
        Room { survival, lifts, shares, cash: vec![0.0; n], ..Room::default() }
    }

    #[test]
    fn on_days_like_any_other_waiting_for_pay_days_changes_nothing() {
        let shares: Vec<f64> = (0..40).map(|d| f64::from(d % 7)).collect();
        let mut room = room(vec![1.0; 40], shares.clone());
        room.on_pay_days();
        let falls: Vec<f64> = room.survival.windows(2).map(|s| s[0] - s[1]).collect();
        let mut wanted = vec![0.0; 40];
        convolve(&shares, &falls, &mut wanted);
        for (cash, wanted) in room.cash.iter().zip(&wanted) {
            assert!((cash - wanted).abs() < 1e-4 * (1.0 + wanted), "{cash} {wanted}");
        }
    }

    /// One bill on the first day, and a run on every seventh: each lets 1 - 0.9^7 of what is left go.
    #[test]
    fn every_bill_is_paid_once_and_on_a_run() {
        let lifts = (0..210).map(|d| if d % 7 == 6 { 7.0 } else { 0.0 }).collect();
        let shares = (0..210).map(|d| if d == 0 { 100.0 } else { 0.0 }).collect();
        let mut room = room(lifts, shares);
        room.on_pay_days();
        let mut left = 100.0;
        for (day, cash) in room.cash.iter().enumerate() {
            let wanted = if day % 7 == 6 { left * (1.0 - 0.9_f64.powi(7)) } else { 0.0 };
            assert!((cash - wanted).abs() < 0.013 * 100.0, "{day} {cash} {wanted}");
            left -= cash;
        }
        assert!((room.cash.iter().sum::<f64>() - 100.0).abs() < 0.01);
    }
}
