//! The few distributions that payers are drawn from.

use crate::numeric::Rng;
use rand::RngExt;
use rand_distr::StandardNormal;

/// Whether something of probability `prob` happens. Nothing is drawn for the impossible.
pub(super) fn happens(rng: &mut Rng, prob: f64) -> bool {
    prob > 0.0 && rng.random::<f64>() < prob
}

/// A normal number.
pub(super) fn normal(rng: &mut Rng, mean: f64, deviation: f64) -> f64 {
    let z: f64 = rng.sample(StandardNormal);
    mean + deviation * z
}

/// A number between two others, evenly.
pub(super) fn between(rng: &mut Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// A count with the given mean, by multiplying uniforms: for means up to some tens.
/// Source: Knuth, *The Art of Computer Programming*, vol. 2, 3.4.1.
pub(super) fn poisson(rng: &mut Rng, mean: f64) -> usize {
    let floor = (-mean).exp();
    let mut product = rng.random::<f64>();
    let mut n = 0;
    while product > floor {
        product *= rng.random::<f64>();
        n += 1;
    }
    n
}

/// Days until something of daily probability `prob` happens, 1 at the least; `None` if that is never.
pub(super) fn days_until(rng: &mut Rng, prob: f64) -> Option<i32> {
    if prob <= 0.0 {
        return None;
    }
    let days = (-rng.random::<f64>()).ln_1p() / (-prob).ln_1p();
    Some(days.min(1e6) as i32 + 1)
}

/// One of `choices` by weight.
pub(super) fn pick<'a, T>(rng: &mut Rng, choices: &'a [T], weight: impl Fn(&T) -> f64) -> &'a T {
    let mut rest = rng.random::<f64>() * choices.iter().map(&weight).sum::<f64>();
    let last = choices.len() - 1;
    let chosen = choices[..last].iter().find(|c| {
        rest -= weight(c);
        rest < 0.0
    });
    chosen.unwrap_or(&choices[last])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng;

    const N: usize = 40_000;
    // four standard errors of the widest mean below
    const TOLERANCE: f64 = 0.07;

    fn mean(mut draw: impl FnMut(&mut Rng) -> f64) -> f64 {
        let mut rng = rng(1, "draw", 0);
        (0..N).map(|_| draw(&mut rng)).sum::<f64>() / N as f64
    }

    #[test]
    fn means_are_those_asked_for() {
        assert!((mean(|r| poisson(r, 3.0) as f64) - 3.0).abs() < TOLERANCE);
        assert!((mean(|r| f64::from(days_until(r, 0.25).unwrap())) - 4.0).abs() < TOLERANCE);
        assert!((mean(|r| f64::from(*pick(r, &[1, 2], |&w| f64::from(w)))) - 5.0 / 3.0).abs() < TOLERANCE);
        assert_eq!(days_until(&mut rng(1, "draw", 0), 0.0), None);
    }
}
