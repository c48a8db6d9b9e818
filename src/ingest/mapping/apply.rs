//! Canonical rows of one file: fields that are made of several columns, rows that do not count, kinds, signs and
//! constants.

use super::header::fits;
use super::number::{is_negative, negated};
use super::{AUX, Kinds, Meaning, Sign, Source, TableMapping, Test};
use crate::ingest::table::{Kind, Part, SEGMENT_SLOTS, Table, is_segment_slot, texts_of};
use polars::prelude::*;
use std::collections::BTreeMap;

/// Words that begin the label of a line of sums.
const TOTALS: [&str; 10] = [
    "total",
    "totals",
    "subtotal",
    "sub-total",
    "grand total",
    "sum",
    "gesamt",
    "summe",
    "gesamtsumme",
    "zwischensumme",
];

/// Makes canonical rows of what was read of a file. Rows that do not count are left out and counted: those of
/// nothing but empty cells, lines of sums, and what the mapping leaves out. All others keep their row numbers.
pub(in crate::ingest) fn apply(mapping: &TableMapping, table: Table, part: &mut Part) -> PolarsResult<()> {
    let mut work = Work { mapping, table, frame: part.frame.clone() };
    work.compose()?;
    work.share_segments()?;
    let mut counts = work.counting_lines()?;
    work.filter(&mut counts)?;
    work.make_whole()?;
    if mapping.has_lines {
        work.join_lines(&mut counts)?;
    }
    if let Some(sign) = &mapping.sign {
        work.turn(sign)?;
    }
    if let Some(kinds) = &mapping.kinds {
        work.name_kinds(kinds, &mut counts)?;
    }
    for (field, constant) in &mapping.constants {
        let column = Series::new((*field).into(), [constant.as_str()]);
        work.frame.with_column(column.new_from_index(0, work.frame.height()).into())?;
    }
    let fields: Vec<PlSmallStr> =
        work.frame.get_column_names_owned().into_iter().filter(|n| !AUX.contains(&n.as_str())).collect();
    let is_changed = fields.len() < work.frame.width() || work.frame.width() != part.frame.width();
    let left_out = counts.iter().filter(|counts| !**counts).count();
    if left_out > 0 {
        let kept: Vec<IdxSize> = (0..counts.len()).filter(|i| counts[*i]).map(|i| i as IdxSize).collect();
        let rows = kept.iter().map(|i| part.row_number(*i as usize)).collect();
        let frame = work.frame.select(fields)?.take(&IdxCa::from_vec("kept".into(), kept))?;
        part.set_frame(frame, rows);
        part.filtered += left_out as u64;
    } else if is_changed || mapping.changes_values() {
        part.set_columns(work.frame.select(fields)?);
    }
    Ok(())
}

impl TableMapping {
    fn changes_values(&self) -> bool {
        self.sign.is_some()
            || self.kinds.is_some()
            || !self.constants.is_empty()
            || !self.numbers.whole.is_empty()
    }
}

struct Work<'m> {
    mapping: &'m TableMapping,
    table: Table,
    frame: DataFrame,
}

impl Work<'_> {
    /// The name in the frame of the column that a rule of the mapping names.
    fn name_of(&self, headers: &[String]) -> Option<&'static str> {
        let slot = self.mapping.aux().iter().position(|aux| aux.headers == headers);
        let slot = slot.and_then(|at| AUX.get(at).copied());
        let is_read = |name: &&'static str| self.frame.column(name).is_ok();
        let holds = |field: &&'static str, header: &String| match self.mapping.source_of(field) {
            Some(Source::Header(own)) => own.iter().any(|own| fits(own, header)),
            _ => false,
        };
        slot.filter(is_read).or_else(|| {
            let fields = || self.table.fields().iter().map(|f| f.name).filter(is_read);
            headers.iter().find_map(|header| fields().find(|field| holds(field, header)))
        })
    }

    /// The texts of the column that a rule of the mapping names; nothing if the file has no such column.
    fn texts(&self, headers: &[String]) -> PolarsResult<Option<StringChunked>> {
        self.name_of(headers).map(|name| texts_of(&self.frame, name)).transpose()
    }

    /// [`Work::texts`] of a column without which a rule cannot be followed.
    fn needed(&self, headers: &[String]) -> PolarsResult<StringChunked> {
        self.texts(headers)?.ok_or_else(|| polars_err!(ColumnNotFound: "{}", headers.join(", ")))
    }

    /// Fields that are made of several columns.
    fn compose(&mut self) -> PolarsResult<()> {
        for (field, source) in &self.mapping.columns {
            let (headers, with) = match source {
                Source::Header(_) => continue,
                Source::Join { headers, with } => (headers, Some(with.as_str())),
                Source::First(headers) => (headers, None),
            };
            let columns = headers.iter().map(|header| self.texts(std::slice::from_ref(header)));
            let columns = columns.collect::<PolarsResult<Vec<_>>>()?;
            let is_whole = with.is_none() || columns.iter().all(Option::is_some);
            let columns: Vec<StringChunked> = columns.into_iter().flatten().collect();
            if columns.is_empty() || !is_whole {
                continue;
            }
            let cell = |i: usize| -> Option<String> {
                let cells = columns.iter().map(|c| c.get(i).map(str::trim).filter(|t| !t.is_empty()));
                match with {
                    Some(with) => cells.collect::<Option<Vec<&str>>>().map(|cells| cells.join(with)),
                    None => {
                        let first = columns[0].get(i);
                        cells.flatten().find(|t| !is_zero(t)).or(first).map(str::to_owned)
                    }
                }
            };
            let composed: StringChunked = (0..self.frame.height()).map(cell).collect();
            self.frame.with_column(composed.with_name((*field).into()).into_series().into())?;
        }
        Ok(())
    }

    /// Segments whose column is also that of a field or of a rule.
    fn share_segments(&mut self) -> PolarsResult<()> {
        for (name, slot) in self.mapping.segments.iter().zip(SEGMENT_SLOTS) {
            if self.table.text_field(name).is_some_and(|field| self.frame.column(field).is_ok())
                || self.frame.column(slot).is_ok()
            {
                continue;
            }
            if let Some(texts) = self.texts(std::slice::from_ref(name))? {
                self.frame.with_column(texts.with_name(slot.into()).into_series().into())?;
            }
        }
        Ok(())
    }

    /// Which rows are neither blank nor lines of sums. Only a row without a date can be one, or with the label in the
    /// date's place.
    fn counting_lines(&self) -> PolarsResult<Vec<bool>> {
        let n = self.frame.height();
        let mut counts = vec![true; n];
        let event = self.table.event_date().and_then(|field| self.frame.column(field).ok());
        if let Some(event) = event.map(Column::as_materialized_series) {
            let is_text = event.dtype() == &DataType::String;
            if !is_text && event.null_count() == 0 {
                return Ok(counts);
            }
        }
        let empty_in = |name: &str| -> PolarsResult<Vec<usize>> {
            let column = self.frame.column(name)?.as_materialized_series();
            Ok(match column.str() {
                Ok(texts) => {
                    let mut rows = Vec::new();
                    let mut first = 0;
                    for chunk in texts.downcast_iter() {
                        let is_empty = |t: Option<&str>| {
                            t.is_none_or(|t| t.trim_ascii().is_empty() || is_total(t.trim_ascii_start()))
                        };
                        rows.extend((0..chunk.len()).filter(|i| is_empty(chunk.get(*i))).map(|i| first + i));
                        first += chunk.len();
                    }
                    rows
                }
                Err(_) => (0..n).filter(|i| column.get(*i).is_ok_and(|v| v.is_null())).collect(),
            })
        };
        let candidates: Vec<usize> = match self.table.event_date().filter(|f| self.frame.column(f).is_ok()) {
            Some(field) => empty_in(field)?,
            None => (0..n).collect(),
        };
        if candidates.is_empty() {
            return Ok(counts);
        }
        let mut columns = Vec::new();
        for name in self.frame.get_column_names() {
            let field = self.table.fields().iter().find(|f| f.name == name.as_str());
            columns.push((field, texts_of(&self.frame, name)?));
        }
        for row in candidates {
            let cells = columns
                .iter()
                .map(|(field, texts)| (*field, texts.get(row).map(str::trim).filter(|t| !t.is_empty())));
            let (mut is_blank, mut is_sum, mut is_free) = (true, false, true);
            for (field, text) in cells.filter_map(|(field, text)| Some((field, text?))) {
                is_blank = false;
                let is_label = is_total(text);
                is_sum |= is_label;
                let names_row = field.is_some_and(|f| f.kind == Kind::Day || f.name == self.id_field());
                is_free &= is_label || !names_row;
            }
            counts[row] = !(is_blank || is_sum && is_free);
        }
        Ok(counts)
    }

    /// The field without which a row is nothing.
    fn id_field(&self) -> &'static str {
        match self.table {
            Table::Invoices | Table::Payments => "invoice_id",
            Table::Customers | Table::Contacts => "customer_id",
            Table::Fx => "currency",
        }
    }

    fn filter(&self, counts: &mut [bool]) -> PolarsResult<()> {
        let units = &self.mapping.numbers.units;
        for filter in &self.mapping.filters {
            let texts = match self.texts(&filter.column)? {
                None if filter.optional => continue,
                Some(texts) => texts,
                None => self.needed(&filter.column)?,
            };
            for (i, counts) in counts.iter_mut().enumerate().filter(|(_, counts)| **counts) {
                let text = texts.get(i).map(str::trim).unwrap_or_default();
                let matches = match &filter.test {
                    Test::Values(values) => values.iter().any(|v| same(v, text)),
                    Test::Empty(empty) => *empty == text.is_empty(),
                    Test::Negative => is_negative(text, units),
                    Test::Positive => !text.is_empty() && !is_negative(text, units) && !is_zero(text),
                };
                *counts = matches == filter.keep;
            }
        }
        Ok(())
    }

    /// Takes the `.0` off ids that a tool has turned into decimals.
    fn make_whole(&mut self) -> PolarsResult<()> {
        for field in &self.mapping.numbers.whole {
            let Ok(texts) = texts_of(&self.frame, field) else { continue };
            let is_number = |t: &&str| t.bytes().all(|b| b.is_ascii_digit());
            let whole = |text: Option<&str>| {
                let text = text?.trim();
                Some(text.strip_suffix(".0").filter(is_number).unwrap_or(text).to_owned())
            };
            let texts: StringChunked = texts.iter().map(whole).collect();
            self.frame.with_column(texts.with_name((*field).into()).into_series().into())?;
        }
        Ok(())
    }

    /// Keeps one of rows that say the same: the lines of one document. Lines may be of several segments; the first as
    /// text is kept, whatever the order of rows.
    fn join_lines(&self, counts: &mut [bool]) -> PolarsResult<()> {
        let is_read = |name: &&PlSmallStr| !AUX.contains(&name.as_str());
        let (segments, fields): (Vec<_>, Vec<_>) = self
            .frame
            .get_column_names()
            .into_iter()
            .filter(is_read)
            .partition(|name| is_segment_slot(name.as_str()));
        let columns = |names: Vec<&PlSmallStr>| -> PolarsResult<Vec<StringChunked>> {
            names.into_iter().map(|name| texts_of(&self.frame, name)).collect()
        };
        let (segments, fields) = (columns(segments)?, columns(fields)?);
        fn said(columns: &[StringChunked], i: usize) -> Vec<&str> {
            columns.iter().map(|texts| texts.get(i).unwrap_or_default().trim()).collect()
        }
        let mut kept: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
        for i in 0..counts.len() {
            if !counts[i] {
                continue;
            }
            let first = kept.entry(said(&fields, i)).or_insert(i);
            let better = if said(&segments, i) < said(&segments, *first) { i } else { *first };
            counts[i] = false;
            counts[*first] = false;
            counts[better] = true;
            *first = better;
        }
        Ok(())
    }

    /// Turns the sign of amounts.
    fn turn(&mut self, sign: &Sign) -> PolarsResult<()> {
        let turning: Vec<bool> = match &sign.turned_by {
            None => vec![sign.turn_all; self.frame.height()],
            Some((column, values)) => {
                let texts = self.needed(column)?;
                let is_listed =
                    |t: Option<&str>| values.iter().any(|v| same(v, t.unwrap_or_default().trim()));
                (0..texts.len()).map(|i| is_listed(texts.get(i)) != sign.turn_all).collect()
            }
        };
        let Ok(column) = self.frame.column("amount") else { return Ok(()) };
        let series = column.as_materialized_series();
        let turned: Series = match series.dtype() {
            DataType::String => {
                let units = &self.mapping.numbers.units;
                let texts = series.str()?.iter().zip(&turning);
                let turn = |(text, turn): (Option<&str>, &bool)| match text {
                    Some(text) if *turn && !text.trim().is_empty() => Some(negated(text, units)),
                    text => text.map(str::to_owned),
                };
                texts.map(turn).collect::<StringChunked>().into_series()
            }
            DataType::Decimal(precision, scale) => {
                let old = series.decimal()?.physical().iter();
                let new: Int128Chunked =
                    old.zip(&turning).map(|(v, turn)| v.map(|v| if *turn { -v } else { v })).collect();
                new.into_decimal(*precision, *scale)?.into_series()
            }
            DataType::Int64 => {
                let old = series.i64()?.iter().zip(&turning);
                let new: Int64Chunked = old.map(|(v, turn)| v.map(|v| if *turn { -v } else { v })).collect();
                new.into_series()
            }
            _ => {
                let old = series.f64()?.iter().zip(&turning);
                let new: Float64Chunked =
                    old.map(|(v, turn)| v.map(|v| if *turn { -v } else { v })).collect();
                new.into_series()
            }
        };
        self.frame.with_column(turned.with_name("amount".into()).into())?;
        Ok(())
    }

    /// Gives each row the kind that its document has here; a value of which the mapping says nothing stays, and is
    /// refused as a kind that nobody knows.
    fn name_kinds(&mut self, kinds: &Kinds, counts: &mut [bool]) -> PolarsResult<()> {
        let documents = match (kinds.column.is_empty(), kinds.optional) {
            (true, _) => None,
            (false, true) => self.texts(&kinds.column)?,
            (false, false) => Some(self.needed(&kinds.column)?),
        };
        if documents.is_none() && kinds.negative.is_none() {
            return Ok(());
        }
        let old = texts_of(&self.frame, "kind").ok();
        let amounts = texts_of(&self.frame, "amount").ok();
        let units = &self.mapping.numbers.units;
        let mut names: Vec<Option<String>> = Vec::with_capacity(counts.len());
        for (i, counts) in counts.iter_mut().enumerate() {
            let document = documents.as_ref().map(|texts| texts.get(i).unwrap_or_default().trim());
            let listed = document.and_then(|d| kinds.meanings.iter().find(|(value, _)| same(value, d)));
            let other = kinds.other.filter(|_| document.is_some());
            let meaning = listed.map(|(_, meaning)| *meaning).or(other);
            *counts &= meaning != Some(Meaning::Ignored);
            let amount = amounts.as_ref().and_then(|amounts| amounts.get(i)).unwrap_or_default();
            let negative = kinds.negative.filter(|_| is_negative(amount, units));
            let name = match (negative, meaning) {
                (Some(kind), _) | (None, Some(Meaning::Kind(kind))) => Some(kind.to_owned()),
                _ => {
                    let own = || old.as_ref().and_then(|old| old.get(i));
                    document.or_else(own).filter(|d| !d.is_empty()).map(str::to_owned)
                }
            };
            names.push(name);
        }
        let names: StringChunked = names.into_iter().collect();
        self.frame.with_column(names.with_name("kind".into()).into_series().into())?;
        Ok(())
    }
}

fn same(a: &str, b: &str) -> bool {
    a.trim().eq_ignore_ascii_case(b)
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|b| b"0.,- ".contains(&b)) && text.contains('0')
}

/// Whether a text is the label of a line of sums.
fn is_total(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return false;
    }
    TOTALS.iter().any(|word| match text.split_at_checked(word.len()) {
        Some((head, rest)) => {
            head.eq_ignore_ascii_case(word) && !rest.starts_with(|c: char| c.is_alphanumeric())
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_told_from_names_that_begin_alike() {
        assert!(["Total", "TOTAL:", "Total for ACME", "Summe EUR", "Grand Total"].into_iter().all(is_total));
        assert!(!["TotalEnergies", "Summit Ltd", "", "Sums & Co"].into_iter().any(is_total));
    }

    #[test]
    fn zeros_are_zero_in_any_dress() {
        assert!(is_zero("0") && is_zero("0.00") && is_zero("00000000") && is_zero("-0,0"));
        assert!(!is_zero("") && !is_zero("10") && !is_zero("-"));
    }
}
