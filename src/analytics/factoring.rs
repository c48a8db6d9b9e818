//! Which invoices are worth selling to a factor.

use crate::core::{Amount, amount::SCALE};
use crate::ledger::Known;
use crate::policy::ValidPolicy;

const DAYS_PER_YEAR: f64 = 365.0;

/// One invoice, kept or sold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FactoringRow {
    /// Index into the ledger.
    pub invoice: u32,
    /// Mean days until it is settled; unpaid counts to the horizon.
    pub expected_days: f64,
    /// P(unpaid at the loss horizon).
    pub unpaid_prob: f64,
    /// What the factor pays at once.
    pub advance: Amount,
    /// Its fee.
    pub fee: f64,
    /// Value today of keeping the invoice.
    pub keep_value: f64,
    /// Value today of selling it.
    pub sell_value: f64,
    /// What selling gains: `sell_value - keep_value`.
    pub gain: f64,
}

/// Values of one unit of an invoice, kept and sold.
///
/// With `E` the expected days, `u` P(unpaid), `H` the horizon, `c` the cost of capital, `l` the loss given unpaid, `a` the advance,
/// `f` the fee and `i` the factor's interest:
///
/// - `keep = 1 - c E - u l (1 - c H)`
/// - `sell = a (1 - i E) - f + (1 - a) (1 - u - c (E - u H))`: the advance less its interest and the fee now, the
///   reserve when the customer pays. Without recourse, what is unpaid is the factor's loss.
/// - With recourse, at the horizon the advance goes back and the debt is ours again: `+ u (1 - c H) (1 - l - a)`.
///
/// ```
/// use arrears::analytics::factoring_values;
/// let policy = arrears::policy::parse("", "the defaults")?;
/// // paid at once for certain: selling costs the fee and nothing else
/// let (keep, sell) = factoring_values(0.0, 0.0, &policy);
/// assert!((keep - sell - policy.factoring.fee_rate).abs() < 1e-12);
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
///
/// Source: Klapper (2006), *The Role of Factoring for Financing Small and Medium Enterprises*, Journal of Banking &
/// Finance 30(11), for advance, reserve, fee and recourse; the values follow from the terms.
pub fn factoring_values(expected_days: f64, unpaid_prob: f64, policy: &ValidPolicy) -> (f64, f64) {
    let (capital, lost) =
        (policy.collect.cost_of_capital_rate / DAYS_PER_YEAR, policy.collect.loss_given_unpaid_rate);
    let f = &policy.factoring;
    let horizon = f64::from(policy.score.loss_horizon_days);
    let late_worth = 1.0 - capital * horizon;
    let keep = 1.0 - capital * expected_days - unpaid_prob * lost * late_worth;
    let reserve = 1.0 - unpaid_prob - capital * (expected_days - unpaid_prob * horizon);
    let advance = f.advance_rate * (1.0 - f.interest_rate / DAYS_PER_YEAR * expected_days);
    let back = if f.recourse { unpaid_prob * late_worth * (1.0 - lost - f.advance_rate) } else { 0.0 };
    (keep, advance - f.fee_rate + (1.0 - f.advance_rate) * reserve + back)
}

/// Each open invoice that is not past due, kept or sold by the policy's terms: a factor buys no overdue debt.
///
/// `open` holds ledger indices; `expected_days` and `unpaid_prob` are of each.
pub fn factoring(
    known: &Known,
    open: &[u32],
    expected_days: &[f64],
    unpaid_prob: &[f64],
    policy: &ValidPolicy,
) -> Vec<FactoringRow> {
    let row = |((&invoice, &expected_days), &unpaid_prob): ((&u32, &f64), &f64)| {
        let i = invoice as usize;
        if known.due[i] < known.as_of().0 {
            return None;
        }
        let amount = known.open_amount[i];
        let units = amount.0 as f64 / SCALE as f64;
        let (keep, sell) = factoring_values(expected_days, unpaid_prob, policy);
        Some(FactoringRow {
            invoice,
            expected_days,
            unpaid_prob,
            // half to even, as every amount that comes back from a rate
            advance: Amount((amount.0 as f64 * policy.factoring.advance_rate).round_ties_even() as i64),
            fee: units * policy.factoring.fee_rate,
            keep_value: units * keep,
            sell_value: units * sell,
            gain: units * (sell - keep),
        })
    };
    open.iter().zip(expected_days).zip(unpaid_prob).filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;

    /// Capital and factor's interest 0.1 % a day, horizon 365 days, half of what is unpaid is lost.
    fn policy(recourse: bool) -> ValidPolicy {
        let text = format!(
            "[collect]\ncost_of_capital_rate = 0.365\nloss_given_unpaid_rate = 0.5\n\
             [factoring]\nadvance_rate = 0.8\nfee_rate = 0.02\ninterest_rate = 0.365\nrecourse = {recourse}"
        );
        parse(&text, "test").unwrap()
    }

    #[track_caller]
    fn assert_near((keep, sell): (f64, f64), wanted: (f64, f64)) {
        assert!((keep - wanted.0).abs() < 1e-12 && (sell - wanted.1).abs() < 1e-12, "{keep} {sell}");
    }

    /// Paid for certain after 50 days: kept 0.95; sold 0.8 x 0.95 - 0.02 + 0.2 x 0.95, the fee less.
    #[test]
    fn at_equal_rates_and_no_risk_selling_costs_the_fee() {
        for recourse in [true, false] {
            assert_near(factoring_values(50.0, 0.0, &policy(recourse)), (0.95, 0.93));
        }
    }

    /// A tenth is never paid, the rest at once: E = 36.5. Kept 1 - 0.0365 - 0.05 x 0.635. Sold 0.8 x 0.9635 - 0.02 + 0.2 x 0.9,
    /// and with recourse 0.1 x 0.635 x (0.5 - 0.8) less.
    #[test]
    fn recourse_brings_the_loss_back() {
        let kept = 1.0 - 0.0365 - 0.05 * 0.635;
        let sold = 0.8 * 0.9635 - 0.02 + 0.18;
        assert_near(factoring_values(36.5, 0.1, &policy(false)), (kept, sold));
        assert_near(factoring_values(36.5, 0.1, &policy(true)), (kept, sold - 0.1 * 0.635 * 0.3));
        assert!(sold > kept - 0.02, "the factor bears part of the loss");
    }
}
