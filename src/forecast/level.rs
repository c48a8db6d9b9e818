//! How a currency's billing has stood to what its customers' cadences said, and how far from it it may lie.

/// How far a currency's scale may lie from the portfolio's before its own past has told.
const SCALE_SD: f64 = 0.1;
/// Pseudo-origins at which the forecast was right.
const ORIGIN_PRIOR: f64 = 1.0;
/// Deviation of log billing where no history tells it, and the least one.
const UNKNOWN_DEVIATION: f64 = 0.25;
const LEAST_DEVIATION: f64 = 0.03;

/// How a currency's billing stands to what its customers' cadences say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Factor on the sum of the lines: customers come and go.
    pub scale: f64,
    /// Deviation of the log of three months' billing about the forecast, beside the chance of single invoices.
    pub deviation: f64,
}

/// One currency's three months after an origin.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Judged {
    pub predicted: f64,
    /// Of what comes, by the chance of single invoices.
    pub variance: f64,
    pub actual: f64,
    /// Customers with something predicted, and of those the sums of squares and products.
    pub customers: f64,
    pub actual2: f64,
    pub product: f64,
    pub predicted2: f64,
}

/// One currency's past three months, the newest origin counting most and each month back a tenth less.
#[derive(Debug, Clone, Copy, Default)]
struct Record {
    weight: f64,
    /// What came over what was forecast.
    ratio: f64,
    /// Customers with a forecast, over all origins.
    customers: f64,
    /// Variance of the ratio by the chance of single invoices.
    chance: f64,
    /// Squared misses of single customers beside that chance, over their squared forecasts.
    miss: f64,
    /// Sum of the customers' squared shares of the forecast.
    concentration: f64,
}

impl Record {
    fn of(judged: &[Judged]) -> Self {
        let mut out = Self::default();
        let (mut actual, mut predicted, mut n) = (0.0, 0.0, 0.0);
        for (w, j) in weighted(judged) {
            out.weight += w;
            out.customers += j.customers;
            actual += w * j.actual;
            predicted += w * j.predicted;
            out.chance += j.variance / j.predicted.powi(2);
            out.concentration += j.predicted2 / j.predicted.powi(2);
            n += 1.0;
        }
        if n == 0.0 {
            return out;
        }
        out.ratio = actual / predicted;
        (out.chance, out.concentration) = (out.chance / n, out.concentration / n);
        let (s, mut miss2, mut predicted2) = (out.ratio, 0.0, 0.0);
        for (_, j) in weighted(judged) {
            miss2 += j.actual2 - 2.0 * s * j.product + s * s * j.predicted2 - s * j.variance;
            predicted2 += s * s * j.predicted2;
        }
        out.miss = miss2 / predicted2;
        out
    }
}

/// Levels of all currencies.
///
/// A currency's scale is what came over what was forecast, drawn to that of the portfolio, and more so the less the ratio
/// of one origin tells: by its variance over `SCALE_SD` squared pseudo-origins. The portfolio's is drawn to 1.
///
/// The deviation is what the origins' ratios show beside the chance of single invoices. A currency of a few customers
/// shows little: it starts from what customers who grow, shrink and leave by themselves make of it, and is never below
/// that. How much they do is taken from all currencies, and weighs by the customers' squared shares.
pub(super) fn levels_of(judged: &[Vec<Judged>]) -> Vec<Level> {
    let records: Vec<Record> = judged.iter().map(|j| Record::of(j)).collect();
    let customers: f64 = records.iter().map(|r| r.customers).sum();
    if customers == 0.0 {
        return vec![Level::UNKNOWN; judged.len()];
    }
    let mean = |of: fn(&Record) -> f64| records.iter().map(|r| r.customers * of(r)).sum::<f64>() / customers;
    let customer_variance = mean(|r| r.miss).max(0.0);
    let weight = records.iter().map(|r| r.weight).fold(0.0, f64::max);
    let portfolio = (weight * mean(|r| r.ratio) + ORIGIN_PRIOR) / (weight + ORIGIN_PRIOR);
    let level = |(record, judged): (&Record, &Vec<Judged>)| {
        if record.weight == 0.0 {
            return Level::UNKNOWN;
        }
        let own = customer_variance * record.concentration;
        let pseudo = (record.chance + own) / SCALE_SD.powi(2);
        let scale = (record.weight * record.ratio + pseudo * portfolio) / (record.weight + pseudo);
        let spread: f64 =
            weighted(judged).map(|(w, j)| w * (j.actual / (scale * j.predicted) - 1.0).powi(2)).sum();
        let prior = record.chance + own + LEAST_DEVIATION.powi(2);
        let variance = (spread + ORIGIN_PRIOR * prior) / (record.weight + ORIGIN_PRIOR) - record.chance;
        let variance = variance.max(own).max(LEAST_DEVIATION.powi(2));
        // that of a log-normal factor of this variance
        Level { scale, deviation: variance.ln_1p().sqrt() }
    };
    records.iter().zip(judged).map(level).collect()
}

impl Level {
    pub(super) const UNKNOWN: Self = Self { scale: 1.0, deviation: UNKNOWN_DEVIATION };
}

/// Origins with something to compare, and what each counts.
fn weighted(judged: &[Judged]) -> impl Iterator<Item = (f64, &Judged)> {
    let usable = judged.iter().rev().filter(|j| j.predicted > 0.0);
    usable.enumerate().map(|(k, j)| (0.9_f64.powi(k as i32), j))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n` customers of 1 each, of whom every other brought 1.5 and the rest 0.5, which is what all together were to bring.
    fn judged(n: f64) -> Judged {
        Judged {
            predicted: n,
            variance: 0.01 * n,
            actual: n,
            customers: n,
            actual2: 1.25 * n,
            product: n,
            predicted2: n,
        }
    }

    /// Customers miss by 0.25 squared, 0.01 of it chance: 0.24. A hundred of them make 0.0024 of it, two make 0.12, though
    /// neither currency has ever missed.
    #[test]
    fn a_currency_of_two_customers_is_no_surer_than_two_customers_are() {
        let levels = levels_of(&[vec![judged(100.0); 12], vec![judged(2.0); 12]]);
        for (level, variance) in levels.iter().zip([0.0024_f64, 0.12]) {
            assert!((level.scale - 1.0).abs() < 1e-12);
            assert!((level.deviation - variance.ln_1p().sqrt()).abs() < 1e-12, "{level:?}");
        }
    }

    /// A thousand customers brought 1 or 3 for 1 each, two brought what was forecast, which says little: 7.2 of origins
    /// against 12.7 pseudo-origins of the portfolio's 1.88.
    #[test]
    fn a_small_currency_follows_the_portfolio() {
        let twice = |n: f64| Judged { actual: 2.0 * n, actual2: 5.0 * n, product: 2.0 * n, ..judged(n) };
        let [large, alone] = levels_of(&[vec![twice(1000.0); 12], vec![judged(2.0); 12]])[..] else {
            panic!("two currencies")
        };
        assert!(large.scale > 1.85, "{large:?}");
        assert!((alone.scale - 1.56).abs() < 0.01, "{alone:?}");
    }

    #[test]
    fn without_a_past_nothing_is_known() {
        assert_eq!(levels_of(&[Vec::new(), vec![Judged::default(); 3]]), [Level::UNKNOWN; 2]);
    }
}
