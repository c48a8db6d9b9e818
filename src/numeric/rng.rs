//! Random numbers that depend only on a seed, a label and an index: never on threads or on order.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// The generator behind every draw of the engine.
pub type Rng = Xoshiro256PlusPlus;

/// A generator for one place (`label`) and one `index` there.
///
/// ```
/// use arrears::numeric::rng;
/// use rand::Rng;
/// assert_eq!(rng(7, "draw", 3).next_u64(), rng(7, "draw", 3).next_u64());
/// assert_ne!(rng(7, "draw", 3).next_u64(), rng(7, "draw", 4).next_u64());
/// ```
pub fn rng(seed: u64, label: &str, index: u64) -> Rng {
    Rng::seed_from_u64(mix(mix(seed, text_key(label)), index))
}

/// Two numbers mixed into one whose bits look random. Source: the finaliser of SplitMix64 (Steele et al. 2014).
pub fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.rotate_left(32) ^ b.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number for a text, the same on every machine and in every version. Source: FNV-1a, 64 bits, then [`mix`].
pub fn text_key(text: &str) -> u64 {
    let fnv = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01B3);
    mix(text.bytes().fold(0xCBF2_9CE4_8422_2325, fnv), 0)
}

/// A mixed number as a fraction in `[0, 1)`.
pub fn unit(key: u64) -> f64 {
    (key >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_of_neighbouring_keys_are_spread_evenly() {
        let n = 10_000;
        let mean = (0..n).map(|i| unit(mix(1, i))).sum::<f64>() / n as f64;
        // standard error 0.0029
        assert!((mean - 0.5).abs() < 0.012, "{mean}");
    }
}
