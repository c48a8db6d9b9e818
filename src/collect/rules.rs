//! What holds for whom: the policy of collections, and over it what segments have of their own.

use super::priority::Stakes;
use super::{Contacts, Step};
use crate::ledger::{Known, NO_VALUE};
use crate::policy::{CollectPolicy, ValidPolicy};
use std::collections::BTreeMap;
use std::ops::Range;

/// What holds for some customers.
pub(super) struct Rules {
    /// The policy, what their segments have of their own put over it.
    pub collect: CollectPolicy,
    /// Its ladder, level by level.
    pub steps: Vec<Step>,
}

/// What holds for each customer with something open.
pub(super) struct Rulebook {
    rules: Vec<Rules>,
    /// Place in `rules` of each customer; empty if the same holds for all.
    of: Vec<u32>,
    /// Last day after as_of on which any level works.
    pub last_day: i32,
}

impl Rulebook {
    /// `customers` are places in `open`, customer by customer. A customer is of a segment if all of its open invoices
    /// are.
    pub fn new(
        stakes: &Stakes<'_>,
        customers: &[Range<usize>],
        contacts: &Contacts<'_>,
        policy: &ValidPolicy,
    ) -> Self {
        let (known, collect) = (stakes.known, &policy.collect);
        let rules = |collect: CollectPolicy| {
            let step = |level| Step::new(level, known.as_of(), contacts, &collect);
            Rules { steps: collect.ladder.iter().map(step).collect(), collect }
        };
        let wanted = wanted(known, collect);
        let mut book = Self { rules: vec![rules(collect.clone())], of: Vec::new(), last_day: 0 };
        if !wanted.is_empty() {
            let mut seen = BTreeMap::from([(Vec::new(), 0)]);
            for rows in customers {
                let open = &stakes.open[rows.clone()];
                let mine: Vec<usize> =
                    (0..wanted.len()).filter(|k| wanted[*k].holds_for(known, open)).collect();
                let place = *seen.entry(mine).or_insert_with_key(|mine| {
                    let is_of = |column: &str, value: &str| {
                        mine.iter().any(|k| (wanted[*k].column, wanted[*k].value) == (column, value))
                    };
                    book.rules.push(rules(collect.of_segments(is_of)));
                    book.rules.len() as u32 - 1
                });
                book.of.push(place);
            }
        }
        book.last_day = book.rules.iter().flat_map(|r| &r.steps).map(Step::last_day).max().unwrap_or(0);
        book
    }

    /// Place of the rules for the customer that is so many places from the first.
    pub fn place(&self, customer: usize) -> usize {
        self.of.get(customer).map_or(0, |place| *place as usize)
    }

    /// The rules at a place.
    pub fn at(&self, place: usize) -> &Rules {
        &self.rules[place]
    }
}

/// A value of a segment that the policy has something to say of.
struct Wanted<'a> {
    column: &'a str,
    value: &'a str,
    /// Place among the ledger's segments.
    segment: usize,
    code: u32,
}

impl Wanted<'_> {
    fn holds_for(&self, known: &Known, open: &[u32]) -> bool {
        let codes = &known.segments[self.segment].code;
        open.iter().all(|&i| codes[i as usize] == self.code)
    }
}

/// Those of the policy's segments that the ledger has.
fn wanted<'a>(known: &Known, collect: &'a CollectPolicy) -> Vec<Wanted<'a>> {
    let find = |(column, value): (&'a str, &'a str)| {
        let segment = known.segments.iter().position(|s| s.name == column)?;
        let labels = &known.segments[segment].label;
        let code = match value {
            "" => NO_VALUE,
            value => labels.iter().position(|label| label == value)? as u32,
        };
        Some(Wanted { column, value, segment, code })
    };
    collect.segments().into_iter().filter_map(find).collect()
}

/// Segments that the policy has rules of its own for and no open invoice is of, as `column=value`: a slip of the pen, or
/// a value beyond `ledger.segment_values_max`.
///
/// ```
/// # use arrears::{collect::idle_segments, core::Day, ledger::Ledger};
/// let text = "[[collect.segment]]\ncolumn = \"country\"\nvalue = \"DE\"\nquiet_days = 9";
/// let policy = arrears::policy::parse(text, "mine.toml")?;
/// assert_eq!(idle_segments(&Ledger::default().known_at(Day(0)), &[], &policy), ["country=DE"]);
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
pub fn idle_segments(known: &Known, open: &[u32], policy: &ValidPolicy) -> Vec<String> {
    let wanted = wanted(known, &policy.collect);
    let is_met = |w: &&Wanted<'_>| {
        let codes = &known.segments[w.segment].code;
        open.iter().any(|&i| codes[i as usize] == w.code)
    };
    let met: Vec<(&str, &str)> = wanted.iter().filter(is_met).map(|w| (w.column, w.value)).collect();
    let all = policy.collect.segments().into_iter();
    all.filter(|pair| !met.contains(pair)).map(|(column, value)| format!("{column}={value}")).collect()
}
