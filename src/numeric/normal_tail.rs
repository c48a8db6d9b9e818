//! The upper tail of the normal distribution, from a table.

use std::sync::LazyLock;

/// The table reaches from -9 to 40 standard deviations; below, the tail is 1 to the last bit.
const FROM: f64 = -9.0;
const TO: f64 = 40.0;
/// Points per unit: linear interpolation is then within 8e-6 of the logarithm.
const STEPS: f64 = 128.0;

/// Value at each point, and the rise to the next.
static TABLE: LazyLock<Vec<[f64; 2]>> = LazyLock::new(|| {
    let n = ((TO - FROM) * STEPS) as usize + 1;
    let at = |k: usize| exact(FROM + k as f64 / STEPS);
    (0..n).map(|k| [at(k), at(k + 1) - at(k)]).collect()
});

/// `ln P(Z > z)` of a standard normal, within 8e-6; held at its value at 40 beyond it.
///
/// ```
/// use arrears::numeric::normal_tail::ln_tail;
/// assert!((ln_tail(0.0) - 0.5f64.ln()).abs() < 1e-5);
/// ```
#[inline]
pub fn ln_tail(z: f64) -> f64 {
    let at = (z.clamp(FROM, TO) - FROM) * STEPS;
    // 32 bits turn into a float in one instruction, 64 do not
    let k = at as u32;
    let [value, rise] = TABLE[k as usize];
    value + (at - f64::from(k)) * rise
}

/// `ln P(Z > z)`: Laplace's continued fraction above 3, a power series below. Source: Abramowitz & Stegun (1964),
/// 26.2.10 and 26.2.14.
fn exact(z: f64) -> f64 {
    let ln_density = -0.5 * z * z - 0.5 * (2.0 * std::f64::consts::PI).ln();
    if z > 3.0 {
        let fraction = (1..=200).rev().fold(z, |f, k| z + f64::from(k) / f);
        return ln_density - fraction.ln();
    }
    if z < -3.0 {
        return (-exact(-z).exp()).ln_1p();
    }
    let (mut term, mut series) = (z, z);
    for k in 1..100 {
        term *= z * z / f64::from(2 * k + 1);
        series += term;
    }
    (0.5 - ln_density.exp() * series).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17.1: `scipy.stats.norm.logsf(z)`.
    const SCIPY: [(f64, f64); 6] = [
        (-5.0, -2.866_516_129_637_629_4e-7),
        (-1.5, -0.069_143_455_612_233_99),
        (0.3, -0.962_102_818_168_850_5),
        (2.9, -6.284_058_234_947_419),
        (3.1, -6.940_688_458_421_228),
        (12.0, -75.410_673_001_568_81),
    ];

    #[test]
    fn the_tail_agrees_with_scipy() {
        for (z, expected) in SCIPY {
            assert!(
                (ln_tail(z) - expected).abs() < 1e-5 * (1.0 + expected.abs()),
                "{z}: {} {expected}",
                ln_tail(z)
            );
        }
    }
}
