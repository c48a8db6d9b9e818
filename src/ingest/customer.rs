//! What is known of customers.

use super::IngestError;
use super::cell::Cells;
use super::empty::{is_null_spelling, is_spelt_empty, required_id};
use super::rule::{self, Refusal};
use super::table::RawTable;
use super::tally::Aside;
use crate::core::TextColumn;
use std::collections::BTreeMap;

/// Master data of customers, sorted by id, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerTable {
    customer_id: TextColumn,
    /// Name, industry and country; empty text where there is none.
    facts: [TextColumn; 3],
    /// Columns that are segments and none of the facts, by name; empty text where there is nothing.
    segments: Vec<(String, TextColumn)>,
}

/// The fields of [`CustomerTable::facts`].
const FACTS: [&str; 3] = ["name", "industry", "country"];

/// Master data of one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Customer<'a> {
    /// What people call it.
    pub name: Option<&'a str>,
    /// Its trade.
    pub industry: Option<&'a str>,
    /// Where it is.
    pub country: Option<&'a str>,
}

impl CustomerTable {
    /// What is known of a customer.
    ///
    /// ```
    /// assert!(arrears::ingest::CustomerTable::default().get("ACME").is_none());
    /// ```
    pub fn get(&self, customer_id: &str) -> Option<Customer<'_>> {
        let at = self.place(customer_id)?;
        let [name, industry, country] =
            self.facts.each_ref().map(|texts| Some(texts.get(at)).filter(|t| !t.is_empty()));
        Some(Customer { name, industry, country })
    }

    /// What each customer says in the column of a segment, in the order of [`CustomerTable::place`].
    pub(super) fn segment(&self, name: &str) -> Option<&TextColumn> {
        let fact = || Some(&self.facts[FACTS.iter().position(|fact| *fact == name)?]);
        self.segments.iter().find(|(own, _)| own == name).map(|(_, texts)| texts).or_else(fact)
    }

    /// The place of a customer.
    pub(super) fn place(&self, customer_id: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.customer_id.get(middle).cmp(customer_id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// How many customers.
    pub fn len(&self) -> usize {
        self.customer_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.customer_id.is_empty()
    }
}

/// What a row says of its customer, its place in the files and its number.
type Candidate<'a> = (([&'a str; 3], Vec<&'a str>), (usize, u64), u32);

/// Judges every row: one a customer is taken, the smallest by what it says, whatever the order of rows.
pub(super) fn judge<'a>(
    table: &'a RawTable,
    strict: bool,
) -> Result<(CustomerTable, Vec<u32>, Aside), IngestError> {
    let mut aside = Aside::strictly(table, strict);
    let others: Vec<_> = table.segments.iter().filter(|(_, column)| !FACTS.contains(column)).collect();
    let mut by_id: BTreeMap<&str, Vec<Candidate<'_>>> = BTreeMap::new();
    for block in table.blocks()? {
        let id = Cells::of(table, &block, "customer_id");
        let facts = FACTS.map(|field| Cells::of(table, &block, field));
        let segments: Vec<Cells> =
            others.iter().map(|(_, column)| Cells::of(table, &block, column)).collect();
        for i in 0..block.len {
            let row = block.first + i;
            match required_id(&id, i) {
                Ok(id) => {
                    let mut notes = Vec::new();
                    facts.iter().for_each(|cells| {
                        is_spelt_empty(cells, i, &mut notes);
                    });
                    if !aside.takes(row, &mut notes) {
                        continue;
                    }
                    let said = |cells: &Cells<'a>| cells.text(i).filter(|t| !is_null_spelling(t));
                    let facts = facts.each_ref().map(|cells| said(cells).unwrap_or_default());
                    let segments = segments.iter().map(|cells| said(cells).unwrap_or_default()).collect();
                    by_id.entry(id).or_default().push(((facts, segments), table.place(row), row as u32));
                }
                Err(refusal) => aside.refuse(row, refusal),
            }
        }
    }
    let (mut customers, mut taken) = (CustomerTable::default(), Vec::with_capacity(by_id.len()));
    customers.segments = others.iter().map(|(name, _)| (name.clone(), TextColumn::default())).collect();
    for (id, mut rows) in by_id {
        rows.sort_unstable();
        let (kept, _, row) = &rows[0];
        customers.customer_id.push(id);
        customers.facts.iter_mut().zip(kept.0).for_each(|(texts, text)| texts.push(text));
        customers.segments.iter_mut().zip(&kept.1).for_each(|((_, texts), text)| texts.push(text));
        taken.push(*row);
        for (said, _, row) in &rows[1..] {
            let is_same = said == kept;
            let rule = if is_same { &rule::CUSTOMER_REPEATED } else { &rule::DUPLICATE_CUSTOMER_ID };
            aside.refuse(*row as usize, Refusal::new(rule, "customer_id", id));
        }
    }
    Ok((customers, taken, aside))
}
