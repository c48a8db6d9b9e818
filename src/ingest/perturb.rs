//! Other futures of the same books: what `arrears audit` and the property test of no peeking compare.

use super::cell::Cells;
use super::mapping::date::DateStyle;
use super::standing::{Clock, Standing};
use super::table::{Kind, Part, RawTable, Table};
use super::{IngestError, Raw};
use crate::core::amount::SCALE;
use crate::core::{Amount, Day};
use crate::numeric::rng;
use polars::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

/// What is done to everything that happened or was recorded after `as_of`. What was known stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Perturbation {
    /// It never happened: later rows are gone, later days of payment and dispute are empty.
    Remove,
    /// All rows stand in another order, each under its own row number.
    Reorder,
    /// It happens otherwise: other days after `as_of`, other amounts, other customers.
    Change,
    /// More happens: later invoices, payments, contacts and rates, with repeated ids and nonsense among them.
    Append,
}

/// Days in an invoice that may lie after `as_of` though the row was known.
const OPEN_ENDED: [&str; 3] = ["paid_date", "dispute_date", "dispute_closed_date"];
/// Rows that [`Perturbation::Append`] adds to a table.
const APPENDED: usize = 24;
/// Days after `as_of` within which changed and appended things happen.
const LATER_DAYS: i32 = 120;

impl Perturbation {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Remove, Self::Reorder, Self::Change, Self::Append];

    /// One word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Remove => "remove",
            Self::Reorder => "reorder",
            Self::Change => "change",
            Self::Append => "append",
        }
    }
}

impl Raw {
    /// The same books with another future: [`super::check`] at `as_of` must give the same ledger, tables and
    /// quarantine. The same seed gives the same future.
    ///
    /// # Errors
    /// [`IngestError::Internal`] if a frame cannot be rebuilt.
    pub fn perturbed(&self, as_of: Day, how: Perturbation, seed: u64) -> Result<Self, IngestError> {
        let ids = texts(&self.invoices, "invoice_id")?;
        let perturb = |table: &RawTable| -> Result<RawTable, IngestError> {
            let table = &spelt_out(table)?;
            let mut out = table.clone();
            for p in 0..table.parts.len() {
                let index = (table.table as u64) << 32 | p as u64;
                let mut future = Future { table, as_of, ids: &ids, rng: rng(seed, how.name(), index) };
                future.of_part(p, how, &mut out.parts[p])?;
            }
            Ok(out)
        };
        let optional = |table: &Option<RawTable>| table.as_ref().map(perturb).transpose();
        Ok(Self {
            invoices: perturb(&self.invoices)?,
            payments: optional(&self.payments)?,
            customers: optional(&self.customers)?,
            contacts: optional(&self.contacts)?,
            fx: optional(&self.fx)?,
        })
    }
}

struct Future<'a, R> {
    table: &'a RawTable,
    as_of: Day,
    /// Ids of all invoices.
    ids: &'a [String],
    rng: R,
}

impl<R: Rng> Future<'_, R> {
    fn of_part(&mut self, p: usize, how: Perturbation, out: &mut Part) -> Result<(), IngestError> {
        let part = &self.table.parts[p];
        match how {
            Perturbation::Reorder => {
                let mut order: Vec<IdxSize> = (0..part.frame.height() as IdxSize).collect();
                order.shuffle(&mut self.rng);
                let rows = order.iter().map(|i| part.row_number(*i as usize)).collect();
                out.set_frame(part.frame.take(&IdxCa::from_vec("order".into(), order))?, rows);
            }
            Perturbation::Remove => {
                let later = self.is_later(p)?;
                let mut frame = part.frame.clone();
                self.move_open_ends(p, &mut frame, |_| None)?;
                let kept: Vec<IdxSize> =
                    (0..later.len()).filter(|i| !later[*i]).map(|i| i as IdxSize).collect();
                let rows = kept.iter().map(|i| part.row_number(*i as usize)).collect();
                out.set_frame(frame.take(&IdxCa::from_vec("kept".into(), kept))?, rows);
            }
            Perturbation::Change => {
                let later = self.is_later(p)?;
                let mut frame = part.frame.clone();
                self.move_open_ends(p, &mut frame, |future| {
                    let day = future.later_day();
                    Some(day).filter(|d| d.0 % 4 != 0)
                })?;
                self.rewrite(&mut frame, |i| later[i])?;
                out.set_columns(frame);
            }
            Perturbation::Append if p == 0 && self.table.table.event_date().is_some() => {
                let mut more = DataFrame::full_null(part.frame.schema(), APPENDED);
                self.rewrite(&mut more, |_| true)?;
                let due = (0..APPENDED).map(|_| Some(Some(self.later_day().plus(LATER_DAYS))));
                let due: Vec<_> = due.collect();
                set_days(&mut more, "due_date", self.table.styles.date("due_date"), &due)?;
                self.spoil(&mut more)?;
                let rows = (0..part.frame.height()).map(|i| part.row_number(i));
                let rows = rows.chain((1..=APPENDED as u64).map(|i| part.n_rows() + i)).collect();
                out.set_frame(part.frame.vstack(&more)?, rows);
            }
            Perturbation::Append => {}
        }
        Ok(())
    }

    /// Which rows of a part were not known at `as_of`.
    fn is_later(&self, p: usize) -> Result<Vec<bool>, IngestError> {
        let Some(event) = self.table.table.event_date() else {
            return Ok(vec![false; self.table.parts[p].frame.height()]);
        };
        let mut later = Vec::new();
        for block in self.table.blocks()?.iter().filter(|block| block.part == p) {
            let clock = Clock::of(self.table, block, event, Some(self.as_of));
            later.extend((0..block.len).map(|i| matches!(clock.standing(i), Standing::Later)));
        }
        Ok(later)
    }

    fn later_day(&mut self) -> Day {
        self.as_of.plus(self.rng.random_range(1..=LATER_DAYS))
    }

    /// Gives days of payment and dispute after `as_of` another value.
    fn move_open_ends(
        &mut self,
        p: usize,
        frame: &mut DataFrame,
        mut to: impl FnMut(&mut Self) -> Option<Day>,
    ) -> Result<(), IngestError> {
        if self.table.table != Table::Invoices {
            return Ok(());
        }
        for field in OPEN_ENDED {
            let mut days = Vec::new();
            for block in self.table.blocks()?.iter().filter(|block| block.part == p) {
                let cells = Cells::of(self.table, block, field);
                let is_later = |i| matches!(cells.day(i), Ok(Some(day)) if day > self.as_of.0);
                let later: Vec<bool> = (0..block.len).map(is_later).collect();
                days.extend(later.into_iter().map(|later| later.then(|| to(self))));
            }
            set_days(frame, field, self.table.styles.date(field), &days)?;
        }
        Ok(())
    }

    /// Gives the chosen rows a day after `as_of` and other values in every field that a later row may differ in.
    fn rewrite(&mut self, frame: &mut DataFrame, chosen: impl Fn(usize) -> bool) -> Result<(), IngestError> {
        let n = frame.height();
        let chosen: Vec<bool> = (0..n).map(chosen).collect();
        let customers =
            if self.table.has("customer_id") { texts(self.table, "customer_id")? } else { Vec::new() };
        for field in self.table.table.fields() {
            match field.kind {
                Kind::Day if Some(field.name) == self.table.table.event_date() => {
                    let days: Vec<_> = chosen.iter().map(|c| c.then(|| Some(self.later_day()))).collect();
                    set_days(frame, field.name, self.table.styles.date(field.name), &days)?;
                }
                // a discount without its days, or of more than the amount, would keep the row out
                Kind::Rate if field.name == "discount_rate" => {}
                Kind::Amount | Kind::Rate => {
                    let amounts: Vec<_> = chosen
                        .iter()
                        .map(|c| c.then(|| Amount(self.rng.random_range(1..=500_000) * 100)))
                        .collect();
                    set_amounts(frame, field.name, &amounts)?;
                }
                Kind::Text if field.name == "customer_id" => {
                    let names: Vec<_> = chosen.iter().map(|c| c.then(|| self.one_of(&customers))).collect();
                    set_texts(frame, field.name, &names)?;
                }
                _ => {}
            }
        }
        for (_, column) in &self.table.segments {
            if self.table.table.event_date().is_some() {
                let values = texts(self.table, column)?;
                let values: Vec<_> = chosen.iter().map(|c| c.then(|| self.one_of(&values))).collect();
                set_texts(frame, column, &values)?;
            }
        }
        Ok(())
    }

    /// One of the texts or a new one.
    fn one_of(&mut self, texts: &[String]) -> String {
        let at = self.rng.random_range(0..texts.len() + texts.len() / 2 + 1);
        texts.get(at).cloned().unwrap_or_else(|| format!("later-{at}"))
    }

    /// Ids, old and new, in appended rows, and nonsense in some of their other fields.
    fn spoil(&mut self, frame: &mut DataFrame) -> Result<(), IngestError> {
        let n = frame.height();
        let ids = (0..n).map(|_| Some(self.one_of(self.ids)));
        let mut ids: Vec<_> = ids.collect();
        if self.table.table == Table::Payments && self.table.has("customer_id") {
            // on account
            ids.iter_mut().step_by(4).for_each(|id| *id = None);
        }
        set_texts(frame, "invoice_id", &ids)?;
        let payments =
            if self.table.has("payment_id") { texts(self.table, "payment_id")? } else { Vec::new() };
        let payments: Vec<_> = (0..n).map(|_| Some(self.one_of(&payments))).collect();
        set_texts(frame, "payment_id", &payments)?;
        let channels = vec![Some("phone".to_owned()); n];
        set_texts(frame, "channel", &channels)?;
        for (field, nonsense) in
            [("kind", "later"), ("currency", "???"), ("amount", "n/a"), ("due_date", "soon")]
        {
            let some: Vec<_> =
                (0..n).map(|_| self.rng.random_bool(0.25).then(|| nonsense.to_owned())).collect();
            set_texts(frame, field, &some)?;
        }
        // backdated rows: they happened by as_of and were recorded later
        if frame.column("recorded_date").is_ok() {
            let backdated: Vec<bool> = (0..n).map(|_| self.rng.random_bool(0.3)).collect();
            let recorded: Vec<_> = backdated.iter().map(|b| b.then(|| Some(self.later_day()))).collect();
            set_days(frame, "recorded_date", self.table.styles.date("recorded_date"), &recorded)?;
            let event = self.table.table.event_date().unwrap_or_default();
            let days: Vec<_> = backdated.iter().map(|b| b.then_some(Some(self.as_of))).collect();
            set_days(frame, event, self.table.styles.date(event), &days)?;
        }
        Ok(())
    }
}

/// The same with every text written out: other words may come to a column.
fn spelt_out(table: &RawTable) -> PolarsResult<RawTable> {
    let mut table = table.clone();
    for part in &mut table.parts {
        let mut frame = part.frame.clone();
        let is_coded = |column: &&Column| matches!(column.dtype(), DataType::Categorical(..));
        for column in part.frame.columns().iter().filter(is_coded) {
            frame.with_column(column.cast(&DataType::String)?)?;
        }
        part.set_columns(frame);
    }
    Ok(table)
}

/// The distinct texts of a column, sorted.
fn texts(table: &RawTable, field: &'static str) -> Result<Vec<String>, IngestError> {
    let mut texts = std::collections::BTreeSet::new();
    for block in table.blocks()? {
        let cells = Cells::of(table, &block, field);
        texts.extend((0..block.len).filter_map(|i| cells.text(i)));
    }
    Ok(texts.into_iter().map(str::to_owned).collect())
}

/// Replaces the texts that are given; a column that is absent or of another type stays.
fn set_texts(frame: &mut DataFrame, field: &str, texts: &[Option<String>]) -> PolarsResult<()> {
    let Ok(column) = frame.column(field) else { return Ok(()) };
    let Ok(old) = column.as_materialized_series().str() else { return Ok(()) };
    let new = old.iter().zip(texts).map(|(old, new)| new.as_deref().or(old));
    let new: StringChunked = new.collect();
    frame.with_column(new.with_name(field.into()).into_series().into())?;
    Ok(())
}

/// Replaces the days that are given, by a day or by nothing.
fn set_days(
    frame: &mut DataFrame,
    field: &str,
    dates: &DateStyle,
    days: &[Option<Option<Day>>],
) -> PolarsResult<()> {
    let Ok(column) = frame.column(field) else { return Ok(()) };
    let series = column.as_materialized_series();
    let new: Series = match series.dtype() {
        DataType::Date => {
            let old = series.date()?.physical().iter();
            let new = old.zip(days).map(|(old, new)| new.map_or(old, |day| day.map(|d| d.0)));
            new.collect::<Int32Chunked>().into_series().cast(&DataType::Date)?
        }
        DataType::String => {
            let text = |old: Option<&str>, new: &Option<Option<Day>>| match new {
                Some(day) => day.map(|d| dates.write(d)),
                None => old.map(str::to_owned),
            };
            let new = series.str()?.iter().zip(days).map(|(old, new)| text(old, new));
            new.collect::<StringChunked>().into_series()
        }
        _ => return Ok(()),
    };
    frame.with_column(new.with_name(field.into()).into())?;
    Ok(())
}

/// Replaces the amounts that are given.
fn set_amounts(frame: &mut DataFrame, field: &str, amounts: &[Option<Amount>]) -> PolarsResult<()> {
    let Ok(column) = frame.column(field) else { return Ok(()) };
    let series = column.as_materialized_series();
    let new: Series = match series.dtype() {
        DataType::String => {
            let texts: Vec<_> = amounts.iter().map(|a| a.map(|a| a.to_string())).collect();
            return set_texts(frame, field, &texts);
        }
        DataType::Float64 => {
            let new = series.f64()?.iter().zip(amounts).map(|(old, new)| new.map(Amount::to_f64).or(old));
            new.collect::<Float64Chunked>().into_series()
        }
        DataType::Int64 => {
            let new = series.i64()?.iter().zip(amounts).map(|(old, new)| new.map(|a| a.0 / SCALE).or(old));
            new.collect::<Int64Chunked>().into_series()
        }
        DataType::Decimal(precision, scale) => {
            let scaled = |a: Amount| i128::from(a.0) * 10_i128.pow(*scale as u32) / i128::from(SCALE);
            let old = series.decimal()?.physical().iter();
            let new: Int128Chunked = old.zip(amounts).map(|(old, new)| new.map(scaled).or(old)).collect();
            new.into_decimal(*precision, *scale)?.into_series()
        }
        _ => return Ok(()),
    };
    frame.with_column(new.with_name(field.into()).into())?;
    Ok(())
}
