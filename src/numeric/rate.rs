//! From a rate, the fall of a log survival over a day, to the log-odds of the day's hazard.

use std::sync::LazyLock;

/// Rates are held inside the hazards of 1e-5 and 0.95.
const LEAST: f64 = 1.000_005e-5;
const MOST: f64 = 2.995_732_273_553_991;
/// Bits of the mantissa that choose a cell: 128 in each octave.
const CELL_BITS: u32 = 7;
const SHIFT: u32 = 52 - CELL_BITS;

/// Where each cell begins, the value there, and the slope to the next.
static TABLE: LazyLock<Vec<[f64; 3]>> = LazyLock::new(|| {
    let (first, last) = (LEAST.to_bits() >> SHIFT, MOST.to_bits() >> SHIFT);
    (first..=last)
        .map(|cell| {
            let (from, to) = (f64::from_bits(cell << SHIFT), f64::from_bits((cell + 1) << SHIFT));
            [from, exact(from), (exact(to) - exact(from)) / (to - from)]
        })
        .collect()
});

/// `ln(exp(rate) - 1)`, which is the log-odds of the hazard `1 - exp(-rate)`, within 1e-5; the hazard is held inside
/// 1e-5 and 0.95.
///
/// ```
/// use arrears::numeric::rate::log_odds_of_rate;
/// assert!((log_odds_of_rate(2f64.ln())).abs() < 1e-5);
/// ```
#[inline]
pub fn log_odds_of_rate(rate: f64) -> f64 {
    let rate = rate.clamp(LEAST, MOST);
    let [from, value, slope] = TABLE[((rate.to_bits() >> SHIFT) - (LEAST.to_bits() >> SHIFT)) as usize];
    value + slope * (rate - from)
}

/// Hazards below which the series is used.
const SMALL: f64 = 0.1;

/// `-ln(1 - hazard)`, the rate of a day's hazard below 1, within 3e-8.
///
/// ```
/// use arrears::numeric::rate::rate_of_hazard;
/// assert!((rate_of_hazard(0.5) - 2f64.ln()).abs() < 1e-12);
/// ```
pub fn rate_of_hazard(hazard: f64) -> f64 {
    if hazard > SMALL {
        return -(-hazard).ln_1p();
    }
    hazard * (1.0 + hazard * (0.5 + hazard * (1.0 / 3.0 + hazard * (0.25 + hazard * (0.2 + hazard / 6.0)))))
}

fn exact(rate: f64) -> f64 {
    rate.exp_m1().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_within_its_bound_of_the_formula() {
        for k in 0..40_000 {
            let rate = LEAST * (MOST / LEAST).powf(f64::from(k) / 40_000.0);
            let (table, formula) = (log_odds_of_rate(rate), exact(rate));
            assert!((table - formula).abs() < 1e-5, "{rate}: {table} {formula}");
        }
    }

    #[test]
    fn the_series_meets_the_logarithm() {
        for k in 1..1000 {
            let hazard = 2e-4 * f64::from(k);
            assert!((rate_of_hazard(hazard) + (1.0 - hazard).ln()).abs() < 3e-8, "{hazard}");
        }
    }

    #[test]
    fn rates_beyond_what_a_hazard_may_be_are_held() {
        assert!((log_odds_of_rate(-1.0) - (1e-5_f64 / (1.0 - 1e-5)).ln()).abs() < 1e-5);
        assert!((log_odds_of_rate(9.0) - 19f64.ln()).abs() < 1e-5);
    }
}
