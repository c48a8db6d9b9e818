//! Which days a customer pays on: any day, as most do, or pay runs of its own.
//!
//! A ledger mixes customers who pay on whatever business day comes with customers who pay on Fridays only, or on the
//! 15th. The portfolio's shares have a peak at each common run, so that shrinking everybody to them gives the first
//! kind runs that it does not have. Here each customer is one of a few kinds, told by its own days; the days of those
//! who pay on any day are learnt from them alone.

/// How strongly the shares of a customer of each kind but the first stick to those of any day, in days: loosely, and
/// hardly at all. The first kind has exactly those shares.
pub type Stickiness = [f64; N_KINDS - 1];
/// Of the days that customers pay on.
pub const OF_PAY_DAYS: Stickiness = [6.0, 1.0];
/// Of which way they move their weekends: who moves one on mostly moves the next one on.
pub const OF_WEEKENDS: Stickiness = [1.0, 0.25];
/// Kinds of customers.
const N_KINDS: usize = 3;
/// Share of customers of each kind to start with, and how many customers that start counts as.
const START: [f64; N_KINDS] = [0.5, 0.25, 0.25];
const START_CUSTOMERS: f64 = 4.0;
/// Days that the portfolio's shares count as in those of any day.
const BASE_DAYS: f64 = 20.0;
/// Rounds of the estimate.
const ROUNDS: usize = 5;
/// Customers looked at, at the most.
const CUSTOMERS: usize = 2000;

/// Kinds of customers by how their pay days spread over `N` kinds of days: weekdays, places in the month, or the
/// Fridays and Mondays that weekends are moved to.
///
/// Customer `c` has been seen paying `n[d]` times on days of kind `d`. Its shares are those of any day, `p`, or drawn
/// from a Dirichlet distribution with weight `a` around `p`; the chance of `n` is then
/// `G(a) / G(a + sum n) prod_d G(a p[d] + n[d]) / G(a p[d])` with the gamma function `G`, up to a factor common to all
/// kinds. With the posterior of the kinds, its shares are the average of `p` and of `(n + a p) / (sum n + a)`.
///
/// Source: Minka (2000), *Estimating a Dirichlet Distribution*, for the Dirichlet-multinomial; `p` and the shares of
/// the kinds by expectation and maximisation over customers.
#[derive(Debug, Clone, PartialEq)]
pub struct Kinds<const N: usize> {
    /// Shares of any day.
    pub base: [f64; N],
    stickiness: Stickiness,
    ln_weight: [f64; N_KINDS],
    ln_base: [f64; N],
    /// `ln G(a p[d])` of each sticky kind.
    ln_gamma: [[f64; N]; N_KINDS - 1],
}

impl<const N: usize> Kinds<N> {
    /// `base` for everybody, kinds as they are to start with.
    pub fn new(base: [f64; N], stickiness: Stickiness) -> Self {
        Self::with(base, stickiness, START)
    }

    fn with(base: [f64; N], stickiness: Stickiness, weight: [f64; N_KINDS]) -> Self {
        Self {
            base,
            stickiness,
            ln_weight: weight.map(f64::ln),
            ln_base: base.map(f64::ln),
            ln_gamma: stickiness.map(|a| base.map(|p| ln_gamma(a * p))),
        }
    }

    /// The kinds behind the days of all customers, each in units of one day; `portfolio` has no zero.
    pub fn estimate(customers: &[[f64; N]], portfolio: [f64; N], stickiness: Stickiness) -> Self {
        let mut out = Self::new(portfolio, stickiness);
        let stride = customers.len().div_ceil(CUSTOMERS).max(1);
        for _ in 0..ROUNDS {
            let mut days = portfolio.map(|p| BASE_DAYS * p);
            let mut weight = START.map(|w| START_CUSTOMERS * w);
            for count in customers.iter().step_by(stride) {
                let kinds = out.posterior(count);
                days.iter_mut().zip(count).for_each(|(sum, n)| *sum += kinds[0] * n);
                weight.iter_mut().zip(kinds).for_each(|(sum, k)| *sum += k);
            }
            let (all, customers): (f64, f64) = (days.iter().sum(), weight.iter().sum());
            out = Self::with(days.map(|n| n / all), stickiness, weight.map(|w| w / customers));
        }
        out
    }

    /// Share of the customers who pay on any day.
    pub fn any_day(&self) -> f64 {
        self.ln_weight[0].exp()
    }

    /// Probability of each kind.
    fn posterior(&self, count: &[f64; N]) -> [f64; N_KINDS] {
        let n: f64 = count.iter().sum();
        let mut ln = self.ln_weight;
        // one logarithm for all factors that bring Stirling's series back
        let mut factors = [1.0; N_KINDS - 1];
        for (d, &seen) in count.iter().enumerate().filter(|(_, seen)| **seen > 0.0) {
            ln[0] += seen * self.ln_base[d];
            for (k, a) in self.stickiness.iter().enumerate() {
                let (series, factor) = stirling(a * self.base[d] + seen);
                ln[k + 1] += series - self.ln_gamma[k][d];
                factors[k] *= factor;
            }
        }
        for (k, &a) in self.stickiness.iter().enumerate() {
            ln[k + 1] += ln_gamma(a) - ln_gamma(a + n) - factors[k].ln();
        }
        let most = ln.iter().copied().fold(f64::MIN, f64::max);
        let odds = ln.map(|l| (l - most).exp());
        let sum: f64 = odds.iter().sum();
        odds.map(|o| o / sum)
    }

    /// Shares of a customer's next days.
    pub fn shares(&self, count: &[f64; N]) -> [f64; N] {
        let (own, shares) = self.split(count);
        std::array::from_fn(|d| own * shares[d] + (1.0 - own) * self.base[d])
    }

    /// Probability that a customer has days of its own, and their shares if so.
    pub fn split(&self, count: &[f64; N]) -> (f64, [f64; N]) {
        let n: f64 = count.iter().sum();
        let kinds = self.posterior(count);
        let own = kinds[1..].iter().sum::<f64>().max(f64::MIN_POSITIVE);
        // (n + a p) / (sum n + a) of each sticky kind has a part that is the customer's own and one that is p
        let (mut of_count, mut of_base) = (0.0, 0.0);
        for (a, kind) in self.stickiness.iter().zip(&kinds[1..]) {
            of_count += kind / (n + a) / own;
            of_base += kind * a / (n + a) / own;
        }
        (own.min(1.0), std::array::from_fn(|d| of_count * count[d] + of_base * self.base[d]))
    }
}

/// Natural logarithm of the gamma function at `x` above 0, within 1e-7.
fn ln_gamma(x: f64) -> f64 {
    let (series, factor) = stirling(x);
    series - factor.ln()
}

/// Stirling's series for the logarithm of the gamma function at `x + 3`, and the factor by which that function is
/// larger there than at `x`.
fn stirling(x: f64) -> (f64, f64) {
    const HALF_LN_2_PI: f64 = 0.918_938_533_204_672_7;
    let y = x + 3.0;
    let y2 = y * y;
    let series = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * y2)) / y2) / y;
    ((y - 0.5) * y.ln() - y + HALF_LN_2_PI + series, x * (x + 1.0) * (x + 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVEN: [f64; 4] = [0.25; 4];

    #[test]
    fn ln_gamma_knows_factorials_and_the_half() {
        assert!((ln_gamma(5.0) - 24f64.ln()).abs() < 1e-7);
        assert!(
            (ln_gamma(1.0)).abs() < 1e-6 && (ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-6
        );
    }

    #[test]
    fn nobody_known_pays_as_any_day() {
        let shares = Kinds::new([0.4, 0.3, 0.2, 0.1], OF_PAY_DAYS).shares(&[0.0; 4]);
        assert!(shares.iter().zip([0.4, 0.3, 0.2, 0.1]).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn one_who_always_pays_on_one_kind_of_day_is_believed_soon() {
        let shares = Kinds::new(EVEN, OF_PAY_DAYS).shares(&[8.0, 0.0, 0.0, 0.0]);
        assert!(shares[0] > 0.9, "{shares:?}");
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_who_pays_on_any_day_is_not_given_the_runs_of_others() {
        // half pay on any day, half on the first kind only
        let mut customers = vec![[5.0, 5.0, 5.0, 5.0]; 50];
        customers.extend(vec![[20.0, 0.0, 0.0, 0.0]; 50]);
        let kinds = Kinds::estimate(&customers, [0.625, 0.125, 0.125, 0.125], OF_PAY_DAYS);
        assert!((kinds.base[0] - 0.25).abs() < 0.02, "{:?}", kinds.base);
        assert!((kinds.shares(&[6.0, 5.0, 4.0, 5.0])[0] - 0.25).abs() < 0.03);
        assert!(kinds.shares(&[20.0, 0.0, 0.0, 0.0])[0] > 0.95);
    }
}
