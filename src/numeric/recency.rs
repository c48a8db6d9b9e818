//! Exponential recency without ever touching the past again.
//!
//! A payment `d` days ago counts `2^(-d / half_life)`. Instead of shrinking every sum each day, an event on `day`
//! adds the growing weight `2^((day - base) / half_life)`, and a reader on day `t` divides by the weight of `t`.

/// Weights of the days from a base day to as_of.
#[derive(Debug, Clone)]
pub struct Recency {
    base: i32,
    /// Weight of day `base + k`.
    weight: Vec<f64>,
    /// Sum of weights of days before `base + k`.
    before: Vec<f64>,
}

/// Half-lives behind as_of after which an event weighs nothing that a double could show.
const HALF_LIVES_MAX: i32 = 40;

impl Recency {
    /// Weights with half-life `half_life_days`, anchored at `as_of`, for days back to `first`.
    pub fn new(first: i32, as_of: i32, half_life_days: i32) -> Self {
        let base = first.max(as_of - HALF_LIVES_MAX * half_life_days).min(as_of);
        let weight: Vec<f64> =
            (base..=as_of).map(|d| (f64::from(d - as_of) / f64::from(half_life_days)).exp2()).collect();
        let mut before = vec![0.0];
        for w in &weight {
            before.push(before[before.len() - 1] + w);
        }
        Self { base, weight, before }
    }

    /// First day that has its own weight; earlier ones weigh as much as it.
    pub fn base(&self) -> i32 {
        self.base
    }

    /// The growing weight of an event on `day`, which must not be after as_of.
    pub fn at(&self, day: i32) -> f64 {
        self.weight[(day - self.base).clamp(0, self.weight.len() as i32 - 1) as usize]
    }

    /// Sum of the weights of all days before `day`; those before the base count nothing.
    pub fn before(&self, day: i32) -> f64 {
        self.before[(day - self.base).clamp(0, self.weight.len() as i32) as usize]
    }

    /// Sum of the weights of the days `from..=to`; days before the base count nothing.
    pub fn over(&self, from: i32, to: i32) -> f64 {
        if to < from { 0.0 } else { self.before(to + 1) - self.before(from) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_life_ago_counts_half() {
        let r = Recency::new(0, 100, 20);
        assert!((r.at(80) / r.at(100) - 0.5).abs() < 1e-15);
        assert!((r.over(98, 100) - (r.at(98) + r.at(99) + r.at(100))).abs() < 1e-12);
        assert_eq!(r.over(5, 4), 0.0);
    }
}
