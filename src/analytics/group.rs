//! The groups that figures are cut into: each currency as a whole, and within it each value of a segment.

use crate::core::Currency;
use crate::ledger::{Known, Segment};

/// The segment that holds every invoice.
pub(super) const ALL: &str = "all";

/// A place for each currency and segment: by currency, `all` first, then the values of each segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    currency: Vec<Currency>,
    title: Vec<String>,
}

impl Groups {
    /// The groups of a ledger.
    ///
    /// ```
    /// # use arrears::{analytics::Groups, core::Day, ledger::Ledger};
    /// assert!(Groups::new(&Ledger::default().known_at(Day(0))).is_empty());
    /// ```
    pub fn new(known: &Known) -> Self {
        let titles = known.segments.iter().flat_map(Segment::titles);
        let title = std::iter::once(ALL.to_owned()).chain(titles).collect();
        Self { currency: known.currency_code.clone(), title }
    }

    /// How many, those without an invoice counted.
    pub fn len(&self) -> usize {
        self.currency.len() * self.title.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The group of everything in the currency of this code.
    pub fn whole(&self, currency: u16) -> usize {
        usize::from(currency) * self.title.len()
    }

    /// Writes the groups of invoice `i` to `out`, `all` first.
    pub fn of(&self, known: &Known, i: usize, out: &mut Vec<usize>) {
        out.clear();
        let all = self.whole(known.currency[i]);
        out.push(all);
        let mut first = all + 1;
        for segment in &known.segments {
            out.push(first + segment.group(segment.code[i]));
            first += segment.n_groups();
        }
    }

    /// The currency of a group.
    pub fn currency(&self, group: usize) -> Currency {
        self.currency[group / self.title.len()]
    }

    /// `all`, or `name=value`.
    pub fn title(&self, group: usize) -> &str {
        &self.title[group % self.title.len()]
    }

    /// The group of everything in the currency of `group`.
    pub fn whole_of(&self, group: usize) -> usize {
        group - group % self.title.len()
    }
}
