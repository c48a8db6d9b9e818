//! Loops over many numbers, run with the widest vector instructions of the machine.
//!
//! [`wide`] compiles a loop once for each set of instructions and takes the one that the machine has. The arithmetic
//! stays what is written, in the order in which it is written: every machine gives the same bits. What a loop calls
//! must be inlined to become a part of it, so [`exp`] and [`logistic`] here are plain arithmetic without a branch.

pub use pulp::NullaryFnOnce as Loop;

/// Runs a loop. Its `call` must be `#[inline(always)]`.
pub fn wide<L: Loop>(work: L) -> L::Output {
    pulp::Arch::new().dispatch(work)
}

/// Calls a kernel of another crate, and leaves the vector registers as it should have.
///
/// The AVX-512 kernels that faer multiplies matrices with (private-gemm-x86 0.1.22) return without `vzeroupper`. On
/// Intel's processors all scalar code of that thread is then several times slower until something else clears the upper
/// halves of the registers; any function that is compiled for AVX does when it returns.
pub fn clean_after<T>(kernel: impl FnOnce() -> T) -> T {
    struct Doubled<'a>(&'a mut [f64; 8]);

    impl Loop for Doubled<'_> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            self.0.iter_mut().for_each(|x| *x += *x);
        }
    }

    let out = kernel();
    let mut some = std::hint::black_box([1.0; 8]);
    wide(Doubled(&mut some));
    std::hint::black_box(some);
    out
}

/// Log-odds and exponents are held inside this range: beyond it a probability is 0 or 1 to the last bit.
const RANGE: f64 = 700.0;
/// Added to a number, rounds it to a whole one, which then stands in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
/// `ln 2` in two parts: a whole multiple of the first is exact.
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Coefficients of the Taylor series of `e^r` up to degree 12, which is exact to the last bit or two for `|r| < ln 2 / 2`.
const SERIES: [f64; 13] = {
    let (mut series, mut k) = ([1.0; 13], 1);
    while k < 13 {
        series[k] = series[k - 1] / k as f64;
        k += 1;
    }
    series
};

/// `e^x` within two units of the last place, `x` held inside ±700; NaN stays NaN.
///
/// Source: Cody & Waite (1980), *Software Manual for the Elementary Functions*: `x = k ln 2 + r`.
///
/// ```
/// assert_eq!(arrears::numeric::lanes::exp(0.0), 1.0);
/// ```
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let x = if x > RANGE { RANGE } else { x };
    let x = if x < -RANGE { -RANGE } else { x };
    let rounded = x * std::f64::consts::LOG2_E + ROUND;
    let k = rounded - ROUND;
    let r = (x - k * LN2_HIGH) - k * LN2_LOW;
    // pairs, then pairs of pairs: shorter to wait for than Horner's chain
    let r2 = r * r;
    let r4 = r2 * r2;
    let pair = |k: usize| SERIES[k] + r * SERIES[k + 1];
    let four = |k: usize| pair(k) + r2 * pair(k + 2);
    let value = four(0) + r4 * (four(4) + r4 * (four(8) + r4 * SERIES[12]));
    f64::from_bits(value.to_bits().wrapping_add(rounded.to_bits() << 52))
}

/// Numbers turn into their exponentials.
pub struct Exponentials<'a>(pub &'a mut [f64]);

impl Loop for Exponentials<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.0.iter_mut().for_each(|x| *x = exp(*x));
    }
}

/// `1 / (1 + exp(-eta))`, `eta` held inside ±700.
///
/// ```
/// assert_eq!(arrears::numeric::lanes::logistic(0.0), 0.5);
/// ```
#[inline(always)]
pub fn logistic(eta: f64) -> f64 {
    1.0 / (1.0 + exp(-eta))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_is_that_of_the_standard_library_to_the_last_places() {
        for k in -70_000..=70_000 {
            let x = f64::from(k) / 100.003;
            let (found, expected) = (exp(x), x.exp());
            assert!((found - expected).abs() <= 3.0 * f64::EPSILON * expected, "{x}: {found} {expected}");
        }
        assert_eq!((exp(-1e9), exp(1e9)), (exp(-RANGE), exp(RANGE)));
    }

    #[test]
    fn all_machines_give_the_same_bits() {
        let mut wide_ones: Vec<f64> = (-900..900).map(|k| f64::from(k) * 0.777).collect();
        let one_by_one: Vec<f64> = wide_ones.iter().map(|x| exp(*x)).collect();
        wide(Exponentials(&mut wide_ones));
        assert_eq!(wide_ones, one_by_one);
    }

    #[test]
    fn far_out_a_probability_is_none_or_certain() {
        assert_eq!((logistic(1e6), logistic(40.0)), (1.0, 1.0));
        assert!(logistic(-1e6) > 0.0 && logistic(-1e6) < 1e-300);
        assert!((logistic(2.0) - crate::numeric::logistic(2.0)).abs() < 1e-16);
    }
}
