//! What a customer did against what a model expected of it: where a fit is wrong about one customer and not about all.

use super::person_period::PersonPeriods;
use crate::core::Day;
use crate::policy::ModelPolicy;

/// First days past due of the spans but the first: long before due, before it, around it, after it, long after it.
const FROM: [i32; 4] = [-14, -3, 4, 15];
/// Number of spans.
pub const N_SPANS: usize = FROM.len() + 1;

/// What is added to the log-odds of settlement on a day of each span.
pub type Surprise = [f64; N_SPANS];

/// The span of a day so many days past due.
///
/// ```
/// use arrears::features::surprise::span_of;
/// assert_eq!([-90, -14, 0, 4, 15].map(span_of), [0, 1, 2, 3, 4]);
/// ```
#[inline]
pub fn span_of(days_past_due: i32) -> usize {
    FROM.iter().map(|from| usize::from(*from <= days_past_due)).sum()
}

/// Settlements of each customer by span, with what each row of a fit counts among them.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    cell: Vec<u32>,
    weight: Vec<f32>,
    event: Vec<bool>,
    n_customers: usize,
}

impl Evidence {
    /// Of rows before what old landmarks saw has faded: they tell less of how a model reads a customer, but as much as
    /// ever of what it did. A row counts half a half-life of habits later, and a settled invoice one at the most: where
    /// few of them are drawn each weighs more in a fit, and tells no more.
    pub fn of(rows: &PersonPeriods, n_customers: usize, as_of: Day, policy: &ModelPolicy) -> Self {
        let most =
            rows.weight.iter().zip(&rows.event).filter(|(_, e)| **e).map(|(w, _)| *w).fold(1.0, f32::max);
        let a_day = std::f64::consts::LN_2 / f64::from(policy.half_life_days);
        let recency = |landmark: Day| (f64::from(landmark.0 - as_of.0) * a_day).exp() as f32;
        let weights = rows.weight.iter().zip(&rows.landmark).map(|(w, l)| w / most * recency(*l));
        let cells = rows.customer.iter().zip(&rows.days_past_due);
        Self {
            cell: cells.map(|(c, days)| c * N_SPANS as u32 + span_of(*days) as u32).collect(),
            weight: weights.collect(),
            event: rows.event.clone(),
            n_customers,
        }
    }

    /// Each customer's `ln((settled + prior) / (expected + prior))` by span, with the probability of settlement that a
    /// model gave each row, `[n_rows]`: the mean of a gamma distribution of mean 1 and shape `prior` after Poisson
    /// counts. A customer without rows has 0.
    ///
    /// Source: Clayton & Kaldor (1987), *Empirical Bayes Estimates of Age-Standardized Relative Risks*.
    ///
    /// # Panics
    /// If there is not one probability a row.
    pub fn against(&self, expected: &[f32], prior: f64) -> Vec<Surprise> {
        assert_eq!(expected.len(), self.cell.len(), "one probability a row");
        let mut counts = vec![[prior; 2]; self.n_customers * N_SPANS];
        for (((cell, weight), event), p) in self.cell.iter().zip(&self.weight).zip(&self.event).zip(expected)
        {
            let [settled, expected] = &mut counts[*cell as usize];
            *settled += f64::from(u8::from(*event)) * f64::from(*weight);
            *expected += f64::from(*weight) * f64::from(*p);
        }
        let log_ratio = |[settled, expected]: [f64; 2]| (settled / expected).ln();
        counts.as_chunks::<N_SPANS>().0.iter().map(|spans| spans.map(log_ratio)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Customer 1 has four rows of a half each in the span around due on the landmark of as_of, one of them settled;
    /// one of a half-life ago counts half.
    #[test]
    fn a_customer_is_held_against_what_was_expected_of_it_and_believed_the_more_the_more_is_known() {
        let as_of = Day(1000);
        let policy = crate::policy::parse("", "p.toml").unwrap();
        let old = Day(1000 - policy.model.half_life_days);
        let rows = PersonPeriods {
            customer: vec![1; 5],
            days_past_due: vec![0, 1, 2, 3, 3],
            event: vec![true, false, false, false, true],
            weight: vec![0.5; 5],
            landmark: vec![as_of, as_of, as_of, as_of, old],
            ..PersonPeriods::default()
        };
        let evidence = Evidence::of(&rows, 3, as_of, &policy.model);
        let found = evidence.against(&[0.5; 5], 2.0);
        // settled 0.5 + 0.25, expected 4 x 0.25 + 0.125
        let expected = (2.75_f64 / 3.125).ln();
        assert!((found[1][2] - expected).abs() < 1e-7, "{found:?}");
        assert_eq!((found[0], found[2]), ([0.0; N_SPANS], [0.0; N_SPANS]));
        assert_eq!([found[1][0], found[1][1], found[1][3], found[1][4]], [0.0; 4]);
        let believed = evidence.against(&[0.5; 5], 0.01)[1][2];
        assert!(believed < 2.0 * expected, "{believed}");
    }

    /// Where one settled invoice of four is drawn, each row weighs four in the fit and one here.
    #[test]
    fn a_drawn_row_counts_as_one_invoice_however_much_it_weighs_in_the_fit() {
        let policy = crate::policy::parse("", "p.toml").unwrap();
        let rows = |weight: f32| PersonPeriods {
            customer: vec![0; 2],
            days_past_due: vec![0; 2],
            event: vec![true, false],
            weight: vec![weight; 2],
            landmark: vec![Day(0); 2],
            ..PersonPeriods::default()
        };
        let found = |weight: f32| {
            Evidence::of(&rows(weight), 1, Day(0), &policy.model).against(&[0.25, 0.25], 16.0)[0][2]
        };
        assert_eq!(found(4.0), found(1.0));
        assert!((found(1.0) - (17.0_f64 / 16.5).ln()).abs() < 1e-7);
        assert!(found(0.5) < found(1.0));
    }
}
