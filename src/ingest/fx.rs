//! Rates to the reporting currency.

use super::IngestError;
use super::cell::Cells;
use super::invoice_row::CurrencyReader;
use super::rule::{self, Refusal};
use super::standing::{Clock, Standing};
use super::table::RawTable;
use super::tally::Aside;
use crate::core::{Currency, Day};
use std::collections::BTreeMap;

/// Units of reporting currency for one unit of a currency, by day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FxTable {
    /// By currency; days ascending.
    rates: BTreeMap<Currency, Vec<(Day, f64)>>,
}

impl FxTable {
    /// The latest rate at or before `day`, in units of reporting currency for one unit of `currency`.
    ///
    /// ```
    /// use arrears::core::{Currency, Day};
    /// assert_eq!(arrears::ingest::FxTable::default().rate(Currency::NONE, Day(0)), None);
    /// ```
    pub fn rate(&self, currency: Currency, day: Day) -> Option<f64> {
        let rates = self.rates.get(&currency)?;
        let after = rates.partition_point(|(d, _)| *d <= day);
        after.checked_sub(1).map(|last| rates[last].1)
    }

    /// Units of `to` for one unit of `from` by the rates of a day, of which that of the reporting currency is 1 where
    /// it is not given.
    ///
    /// # Errors
    /// The currency that has no rate at or before `day`.
    pub fn between(
        &self,
        from: Currency,
        to: Currency,
        day: Day,
        reporting: Option<Currency>,
    ) -> Result<f64, Currency> {
        let rate = |currency| {
            let own = (reporting == Some(currency)).then_some(1.0);
            self.rate(currency, day).or(own).ok_or(currency)
        };
        Ok(rate(from)? / rate(to)?)
    }

    /// Whether there is no rate at all.
    pub fn is_empty(&self) -> bool {
        self.rates.is_empty()
    }
}

/// What a rate is looked up by.
type Key = (Currency, Day);

struct Row {
    key: Key,
    rate: f64,
    place: (usize, u64),
    row: usize,
}

/// Judges every row: one rate a currency and day is taken, the lowest; those after `as_of` are ignored.
pub(super) fn judge(table: &RawTable, as_of: Option<Day>) -> Result<(FxTable, Vec<u32>, Aside), IngestError> {
    let (mut aside, mut rows) = (Aside::of(table), Vec::new());
    for block in table.blocks()? {
        let clock = Clock::of(table, &block, "date", as_of);
        let (currency, rate) = (Cells::of(table, &block, "currency"), Cells::of(table, &block, "rate"));
        let judge = |i: usize| -> Result<Option<(Key, f64)>, Refusal> {
            let day = match clock.standing(i) {
                Standing::Known { event, .. } => Day(event),
                Standing::Later => return Ok(None),
                Standing::Refused(refusal) => return Err(refusal),
            };
            let currency = CurrencyReader::default()
                .read(&currency, i, &mut Vec::new())?
                .ok_or_else(|| currency.missing())?;
            Ok(Some(((currency, day), rate.required_rate(i)?)))
        };
        for i in 0..block.len {
            let row = block.first + i;
            match judge(i) {
                Ok(Some((key, rate))) => rows.push(Row { key, rate, place: table.place(row), row }),
                Ok(None) => aside.ignored[block.part] += 1,
                Err(refusal) => aside.refuse(row, refusal),
            }
        }
    }
    rows.sort_by(|a, b| a.key.cmp(&b.key).then(a.rate.total_cmp(&b.rate)).then(a.place.cmp(&b.place)));
    let (mut fx, mut taken) = (FxTable::default(), Vec::new());
    for group in rows.chunk_by(|a, b| a.key == b.key) {
        let Row { key: (currency, day), rate, row, .. } = group[0];
        fx.rates.entry(currency).or_default().push((day, rate));
        taken.push(row as u32);
        for other in &group[1..] {
            let rule = if other.rate == rate { &rule::RATE_REPEATED } else { &rule::DUPLICATE_RATE };
            aside.refuse(other.row, Refusal::new(rule, "rate", other.rate.to_string()));
        }
    }
    Ok((fx, taken, aside))
}
