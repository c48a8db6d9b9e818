//! Parts of the portfolio: a column of the input whose values group the invoices.

use crate::core::Amount;
use rayon::prelude::*;
use std::ops::Range;

/// Stands in [`Segment::code`] for an invoice without a value.
pub const NO_VALUE: u32 = u32::MAX;

/// The label of all values beyond the policy's `segment_values_max`.
pub const OTHER: &str = "other";

/// A column of the input, of invoices or of their customers, by whose values outputs are cut.
///
/// Its groups are its labels, and after them the invoices without a value if there are any: every invoice is of exactly
/// one group, so that groups sum to the whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Segment {
    /// The column's name in the policy.
    pub name: String,
    /// Its values, sorted as text, each once, each of some invoice.
    pub label: Vec<String>,
    /// One an invoice: index into `label`, or [`NO_VALUE`].
    pub code: Vec<u32>,
}

impl Segment {
    /// How many groups, that of the invoices without a value counted whether there are any or not.
    pub fn n_groups(&self) -> usize {
        self.label.len() + 1
    }

    /// The group of a code: its label's place, or the last one for [`NO_VALUE`].
    ///
    /// ```
    /// use arrears::ledger::{NO_VALUE, Segment};
    /// let s = Segment { name: "country".into(), label: vec!["DE".into()], code: vec![0, NO_VALUE] };
    /// let groups: Vec<String> = s.code.iter().map(|c| s.title(s.group(*c))).collect();
    /// assert_eq!(groups, ["country=DE", "country="]);
    /// ```
    pub fn group(&self, code: u32) -> usize {
        (code as usize).min(self.label.len())
    }

    /// A group as outputs write it: `name=value`, or `name=` for the invoices without a value.
    pub fn title(&self, group: usize) -> String {
        format!("{}={}", self.name, self.label.get(group).map_or("", String::as_str))
    }

    /// All groups as outputs write them, in the order of [`Segment::group`].
    pub fn titles(&self) -> Vec<String> {
        (0..self.n_groups()).map(|group| self.title(group)).collect()
    }

    /// The code that all of some invoices have, else [`NO_VALUE`]: what a credit on account of their customer is of.
    pub fn common(&self, invoices: Range<usize>) -> u32 {
        match &self.code[invoices] {
            [first, others @ ..] if others.iter().all(|code| code == first) => *first,
            _ => NO_VALUE,
        }
    }

    /// The invoices at `index`, in its order; labels that none of them has are gone.
    pub(super) fn gather(&self, index: &[u32]) -> Self {
        let code = index.par_iter().map(|&i| self.code[i as usize]).collect();
        Self { name: self.name.clone(), label: self.label.clone(), code }.tidied()
    }

    /// The same with labels sorted, equal ones made one, and those of no invoice dropped.
    pub(crate) fn tidied(self) -> Self {
        self.tidy(|label| label.to_owned())
    }

    /// The same with every label renamed, then sorted, equal ones made one, and those of no invoice dropped.
    fn tidy(mut self, rename: impl Fn(&str) -> String) -> Self {
        let mut seen = vec![false; self.label.len()];
        for code in &self.code {
            if let Some(seen) = seen.get_mut(*code as usize) {
                *seen = true;
            }
        }
        let renamed: Vec<String> = self.label.iter().map(|label| rename(label)).collect();
        let mut label: Vec<String> =
            renamed.iter().zip(&seen).filter(|(_, seen)| **seen).map(|(label, _)| label.clone()).collect();
        label.sort_unstable();
        label.dedup();
        let place = |renamed: &String| label.binary_search(renamed).map_or(NO_VALUE, |at| at as u32);
        let new: Vec<u32> = renamed.iter().map(place).collect();
        self.code
            .par_iter_mut()
            .for_each(|code| *code = new.get(*code as usize).copied().unwrap_or(NO_VALUE));
        self.label = label;
        self
    }

    /// The `max` labels with the largest amounts, of equal ones the first as text, keep their names; the others are
    /// [`OTHER`]. `amount` has one entry an invoice; several currencies are added at par.
    pub(super) fn capped(self, amount: &[Amount], max: usize) -> Self {
        if self.label.len() <= max {
            return self;
        }
        let mut sums = vec![0_i128; self.label.len()];
        for (code, amount) in self.code.iter().zip(amount) {
            if let Some(sum) = sums.get_mut(*code as usize) {
                *sum += i128::from(amount.0);
            }
        }
        let mut order: Vec<usize> = (0..sums.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(sums[*at]));
        let mut kept: Vec<String> = order[..max].iter().map(|at| self.label[*at].clone()).collect();
        kept.sort_unstable();
        let is_kept = |label: &str| kept.binary_search_by(|kept| kept.as_str().cmp(label)).is_ok();
        self.tidy(|label| if is_kept(label) { label } else { OTHER }.to_owned())
    }

    /// Whether no invoice has a value.
    pub(super) fn says_nothing(&self) -> bool {
        self.label.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(label: &[&str], code: &[u32]) -> Segment {
        let label = label.iter().map(|l| (*l).to_owned()).collect();
        Segment { name: "n".into(), label, code: code.to_vec() }
    }

    #[test]
    fn gathered_invoices_keep_their_labels_and_labels_of_none_go() {
        let s = segment(&["c", "a", "b"], &[0, 1, NO_VALUE, 2, 0]);
        assert_eq!(s.gather(&[4, 2, 1]), segment(&["a", "c"], &[1, NO_VALUE, 0]));
        assert!(s.gather(&[2]).says_nothing());
    }

    #[test]
    fn the_smallest_by_amount_become_other_and_join_one_of_that_name() {
        let s = segment(&["a", "b", "c", "other"], &[0, 0, 1, 2, 3, NO_VALUE]);
        let amount = [3, 4, 7, 9, 1, 100].map(Amount);
        // of a and b, both 7, the first as text is kept
        assert_eq!(s.clone().capped(&amount, 2), segment(&["a", "c", "other"], &[0, 0, 2, 1, 2, NO_VALUE]));
        assert_eq!(s.clone().capped(&amount, 4), s);
    }

    #[test]
    fn invoices_have_a_value_in_common_if_all_of_them_have_it() {
        let s = segment(&["a", "b"], &[0, 0, 1, NO_VALUE]);
        let common: Vec<u32> = [0..2, 1..3, 2..3, 2..4, 3..4, 0..0].map(|r| s.common(r)).to_vec();
        assert_eq!(common, [0, NO_VALUE, 1, NO_VALUE, NO_VALUE, NO_VALUE]);
    }
}
