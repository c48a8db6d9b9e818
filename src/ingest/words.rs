//! Columns of few distinct texts: each word is kept once, and its code in every row.

use super::table::{Kind, Table};
use polars::chunked_array::builder::CategoricalChunkedBuilder;
use polars::prelude::*;

/// Fields whose values are their own in each row.
const OWN_IN_EACH_ROW: [&str; 3] = ["invoice_id", "payment_id", "credited_invoice_id"];

/// The distinct texts of a column, shared by all tasks that read it. Their codes have 16 bits and come in the order in
/// which tasks ask for them: nothing may depend on it.
#[derive(Debug, Clone)]
pub(super) struct Words {
    dtype: DataType,
    mapping: Arc<CategoricalMapping>,
}

impl Words {
    /// Those of a column that is likely to say the same in many rows.
    pub fn likely_in(table: Table, field: &str, kind: Kind) -> Option<Self> {
        let is_of_events = matches!(table, Table::Invoices | Table::Payments | Table::Contacts);
        let may_repeat = match kind {
            Kind::Text => !OWN_IN_EACH_ROW.contains(&field),
            Kind::Count | Kind::Rate => true,
            Kind::Day | Kind::Amount => false,
        };
        (is_of_events && may_repeat).then(Self::new)
    }

    pub fn new() -> Self {
        let categories = Categories::random(PlSmallStr::EMPTY, CategoricalPhysical::U16);
        let mapping = categories.mapping();
        Self { dtype: DataType::Categorical(categories, mapping.clone()), mapping }
    }

    /// Of a column of these words.
    pub fn dtype(&self) -> &DataType {
        &self.dtype
    }

    /// Whether another word would still get a code.
    pub fn has_room(&self) -> bool {
        self.mapping.num_cats_upper_bound() < self.mapping.max_categories()
    }
}

/// The cells of one column of a piece as they come, each the code of a word.
pub(super) struct Coded {
    field: &'static str,
    words: Words,
    cells: CategoricalChunkedBuilder<Categorical16Type>,
    last: Option<CatSize>,
    capacity: usize,
}

impl Coded {
    pub fn new(field: &'static str, words: &Words, capacity: usize) -> Self {
        let mut cells = CategoricalChunkedBuilder::new(field.into(), words.dtype.clone());
        cells.reserve(capacity);
        Self { field, words: words.clone(), cells, last: None, capacity }
    }

    /// Takes a cell; false if its word gets no code any more.
    #[inline]
    #[must_use]
    pub fn push(&mut self, text: &str) -> bool {
        if text.is_empty() {
            self.cells.append_null();
            return true;
        }
        let words = &self.words.mapping;
        // mostly the word of the row before
        let is_it = |code: &CatSize| words.cat_to_str(*code) == Some(text);
        let code = self.last.filter(is_it).or_else(|| words.insert_cat(text).ok());
        self.last = code;
        code.is_some_and(|code| self.cells.append_cat(code, words).is_ok())
    }

    /// The cells so far as texts, to go on with.
    pub fn texts(&mut self) -> StringChunkedBuilder {
        let empty = CategoricalChunkedBuilder::new(self.field.into(), self.words.dtype.clone());
        let cells = std::mem::replace(&mut self.cells, empty).finish();
        let mut texts = StringChunkedBuilder::new(self.field.into(), self.capacity);
        cells.iter_str().for_each(|text| texts.append_option(text));
        texts
    }

    pub fn finish(self) -> Column {
        self.cells.finish().into_series().into()
    }
}

type CodeArray = <UInt16Type as PolarsDataType>::Array;

/// The cells of one chunk of a column of words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Codes<'a> {
    codes: &'a CodeArray,
    words: &'a CategoricalMapping,
}

impl<'a> Codes<'a> {
    pub fn of(series: &'a Series, chunk: usize) -> Option<Self> {
        let column = series.cat16().ok()?;
        Some(Self { codes: column.physical().downcast_get(chunk)?, words: column.get_mapping() })
    }

    #[inline]
    pub fn get(&self, i: usize) -> Option<&'a str> {
        self.words.cat_to_str(CatSize::from(self.codes.get(i)?))
    }
}
