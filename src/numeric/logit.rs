//! Log-odds and their inverse.

/// Probabilities closer than this to 0 or 1 are held here before taking log-odds, so that these stay within ±30.
const PROB_FLOOR: f64 = 1e-13;

/// `ln(p / (1 - p))`, with `p` held inside `[1e-13, 1 - 1e-13]`.
///
/// ```
/// assert_eq!(arrears::numeric::logit(0.5), 0.0);
/// ```
pub fn logit(p: f64) -> f64 {
    let p = p.clamp(PROB_FLOOR, 1.0 - PROB_FLOOR);
    (p / (1.0 - p)).ln()
}

/// `1 / (1 + exp(-eta))`, without overflow at either end.
///
/// ```
/// assert_eq!(arrears::numeric::logistic(0.0), 0.5);
/// ```
pub fn logistic(eta: f64) -> f64 {
    if eta >= 0.0 {
        1.0 / (1.0 + (-eta).exp())
    } else {
        let e = eta.exp();
        e / (1.0 + e)
    }
}

/// `ln(1 + exp(eta))`, without overflow: the negative log of `1 - logistic(eta)`.
///
/// ```
/// assert!((arrears::numeric::log1p_exp(0.0) - 2f64.ln()).abs() < 1e-15);
/// ```
pub fn log1p_exp(eta: f64) -> f64 {
    if eta > 0.0 { eta + (-eta).exp().ln_1p() } else { eta.exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logistic_undoes_logit() {
        for p in [1e-9, 0.01, 0.3, 0.5, 0.99] {
            assert!((logistic(logit(p)) - p).abs() < 1e-12);
        }
        assert!(logit(0.0).is_finite() && logit(1.0).is_finite());
    }

    #[test]
    fn the_far_ends_do_not_overflow() {
        assert_eq!((logistic(-800.0), logistic(800.0)), (0.0, 1.0));
        assert_eq!(log1p_exp(800.0), 800.0);
        assert!(log1p_exp(-800.0) >= 0.0);
    }
}
