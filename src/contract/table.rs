//! A table in memory that keeps the contract.

use super::schema::{ColumnSchema, ColumnType, Folder, TableSchema};
use super::{ContractError, TableFault};
use crate::core::{Amount, Day, TextColumn};
use std::fmt;

/// In [`Column::Coded`], the code of a missing text.
pub const NO_TEXT: u32 = u32::MAX;
/// Largest ten-thousandths that DECIMAL(18,4) holds.
const DECIMAL_MAX: i64 = 999_999_999_999_999_999;

/// Lists of texts, stored end to end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextList {
    text: TextColumn,
    ends: Vec<usize>,
}

impl TextList {
    /// Appends a list.
    pub fn push<'a>(&mut self, list: impl IntoIterator<Item = &'a str>) {
        list.into_iter().for_each(|t| self.text.push(t));
        self.ends.push(self.text.len());
    }

    /// The texts of list `i`.
    ///
    /// # Panics
    /// If `i` is not below [`TextList::len`].
    pub fn get(&self, i: usize) -> impl ExactSizeIterator<Item = &str> {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        (start..self.ends[i]).map(|t| self.text.get(t))
    }

    /// How many lists.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// The values of one column. Days are days since 1970-01-01, as [`Day`] counts them.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // of the plain ones: their type says it
pub enum Column {
    Text(TextColumn),
    OptText(Vec<Option<String>>),
    /// Texts out of a few: row `i` holds text `code[i]`, or none for [`NO_TEXT`].
    Coded {
        text: TextColumn,
        code: Vec<u32>,
    },
    /// The same text in each of `n` rows.
    SameText {
        text: String,
        n: usize,
    },
    Date(Vec<i32>),
    OptDate(Vec<Option<i32>>),
    /// The same day in each of `n` rows.
    SameDate {
        day: Day,
        n: usize,
    },
    I32(Vec<i32>),
    OptI32(Vec<Option<i32>>),
    I64(Vec<i64>),
    F64(Vec<f64>),
    OptF64(Vec<Option<f64>>),
    Amount(Vec<Amount>),
    OptAmount(Vec<Option<Amount>>),
    Bool(Vec<bool>),
    OptBool(Vec<Option<bool>>),
    TextList(TextList),
}

/// One value of a table. Its text is that of our CSV files: nothing for a missing one, ISO days, plain decimals.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // their type says it
pub enum Value<'a> {
    Null,
    Text(&'a str),
    Date(Day),
    Int(i64),
    Double(f64),
    Amount(Amount),
    Bool(bool),
    TextList(Vec<&'a str>),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Text(t) => f.write_str(t),
            Self::Date(d) => d.fmt(f),
            Self::Int(i) => i.fmt(f),
            Self::Double(v) => v.fmt(f),
            Self::Amount(a) => a.fmt(f),
            Self::Bool(b) => b.fmt(f),
            Self::TextList(l) => f.write_str(&l.join(";")),
        }
    }
}

impl Column {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(c) => c.len(),
            Self::OptText(c) => c.len(),
            Self::Coded { code, .. } => code.len(),
            Self::SameText { n, .. } | Self::SameDate { n, .. } => *n,
            Self::Date(c) | Self::I32(c) => c.len(),
            Self::OptDate(c) | Self::OptI32(c) => c.len(),
            Self::I64(c) => c.len(),
            Self::F64(c) => c.len(),
            Self::OptF64(c) => c.len(),
            Self::Amount(c) => c.len(),
            Self::OptAmount(c) => c.len(),
            Self::Bool(c) => c.len(),
            Self::OptBool(c) => c.len(),
            Self::TextList(c) => c.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The contract's type for it.
    pub fn column_type(&self) -> ColumnType {
        match self {
            Self::Text(_) | Self::OptText(_) | Self::Coded { .. } | Self::SameText { .. } => ColumnType::Text,
            Self::Date(_) | Self::OptDate(_) | Self::SameDate { .. } => ColumnType::Date,
            Self::I32(_) | Self::OptI32(_) => ColumnType::Int32,
            Self::I64(_) => ColumnType::Int64,
            Self::F64(_) | Self::OptF64(_) => ColumnType::Double,
            Self::Amount(_) | Self::OptAmount(_) => ColumnType::Decimal,
            Self::Bool(_) | Self::OptBool(_) => ColumnType::Bool,
            Self::TextList(_) => ColumnType::TextList,
        }
    }

    /// The value in row `i`.
    ///
    /// # Panics
    /// If `i` is not below [`Column::len`].
    pub fn value(&self, i: usize) -> Value<'_> {
        let date = |d| Value::Date(Day(d));
        let or_null = |v: Option<Value<'static>>| v.unwrap_or(Value::Null);
        match self {
            Self::Text(c) => Value::Text(c.get(i)),
            Self::OptText(c) => c[i].as_deref().map_or(Value::Null, Value::Text),
            Self::Coded { code, .. } if code[i] == NO_TEXT => Value::Null,
            Self::Coded { text, code } => Value::Text(text.get(code[i] as usize)),
            Self::SameText { text, .. } => Value::Text(text),
            Self::Date(c) => date(c[i]),
            Self::OptDate(c) => or_null(c[i].map(date)),
            Self::SameDate { day, .. } => Value::Date(*day),
            Self::I32(c) => Value::Int(i64::from(c[i])),
            Self::OptI32(c) => or_null(c[i].map(|v| Value::Int(i64::from(v)))),
            Self::I64(c) => Value::Int(c[i]),
            Self::F64(c) => Value::Double(c[i]),
            Self::OptF64(c) => or_null(c[i].map(Value::Double)),
            Self::Amount(c) => Value::Amount(c[i]),
            Self::OptAmount(c) => or_null(c[i].map(Value::Amount)),
            Self::Bool(c) => Value::Bool(c[i]),
            Self::OptBool(c) => or_null(c[i].map(Value::Bool)),
            Self::TextList(c) => Value::TextList(c.get(i).collect()),
        }
    }

    fn first_null(&self) -> Option<usize> {
        match self {
            Self::OptText(c) => c.iter().position(Option::is_none),
            Self::Coded { code, .. } => code.iter().position(|&c| c == NO_TEXT),
            Self::OptDate(c) | Self::OptI32(c) => c.iter().position(Option::is_none),
            Self::OptF64(c) => c.iter().position(Option::is_none),
            Self::OptAmount(c) => c.iter().position(Option::is_none),
            Self::OptBool(c) => c.iter().position(Option::is_none),
            _ => None,
        }
    }

    /// What no column may hold, whatever its schema.
    fn check_values(&self, column: &str) -> Result<(), TableFault> {
        let column = || column.to_owned();
        let not_finite = |row: usize, value: f64| Err(TableFault::NotFinite { column: column(), row, value });
        let too_large = |a: &Amount| a.0.unsigned_abs() > DECIMAL_MAX as u64;
        let too_large_at = |row: usize| Err(TableFault::AmountTooLarge { column: column(), row });
        match self {
            Self::F64(c) => {
                c.iter().position(|v| !v.is_finite()).map_or(Ok(()), |row| not_finite(row, c[row]))
            }
            Self::OptF64(c) => {
                let found =
                    c.iter().enumerate().find_map(|(row, v)| v.filter(|v| !v.is_finite()).map(|v| (row, v)));
                found.map_or(Ok(()), |(row, v)| not_finite(row, v))
            }
            Self::Amount(c) => c.iter().position(too_large).map_or(Ok(()), too_large_at),
            Self::OptAmount(c) => {
                c.iter().position(|a| a.as_ref().is_some_and(too_large)).map_or(Ok(()), too_large_at)
            }
            Self::Coded { text, code } => {
                let past = |&c: &u32| c != NO_TEXT && c as usize >= text.len();
                let fault = |row| Err(TableFault::PastTexts { column: column(), row, n: text.len() });
                code.iter().position(past).map_or(Ok(()), fault)
            }
            _ => Ok(()),
        }
    }
}

/// A table of the contract: the columns of its schema, in that order, all of one length, every double finite and
/// nothing missing where the contract allows no null.
#[derive(Debug, Clone)]
pub struct Table {
    schema: &'static TableSchema,
    n_rows: usize,
    columns: Vec<(&'static str, Column)>,
}

impl Table {
    /// Holds columns against the schema of the table `name`.
    ///
    /// A run or backtest table has all of its columns. An input table may lack nullable ones, and may end with
    /// text columns of other names: segments.
    ///
    /// # Errors
    /// [`ContractError::Internal`] names the column, the row and the value that break the contract, and
    /// [`ContractError::UnknownTable`] a name that it does not have.
    ///
    /// ```
    /// use arrears::contract::{Column, Table};
    /// let columns = vec![
    ///     ("currency", Column::SameText { text: "EUR".to_owned(), n: 1 }),
    ///     ("date", Column::Date(vec![0])),
    ///     ("rate", Column::F64(vec![f64::NAN])),
    /// ];
    /// let refused = Table::try_new("fx", columns).unwrap_err();
    /// let why = std::error::Error::source(&refused).unwrap().to_string();
    /// assert_eq!(why, "column `rate`, row 0: NaN; expected a finite number");
    /// ```
    pub fn try_new(name: &str, columns: Vec<(&'static str, Column)>) -> Result<Self, ContractError> {
        let schema = TableSchema::of(name)?;
        let table = Self { schema, n_rows: columns.first().map_or(0, |(_, c)| c.len()), columns };
        table.check().map_err(|source| ContractError::Internal { table: name.to_owned(), source })?;
        Ok(table)
    }

    fn check(&self) -> Result<(), TableFault> {
        self.check_names()?;
        for (name, column) in &self.columns {
            let of = || (*name).to_owned();
            if let Some(c) = self.schema.column(name) {
                if column.column_type() != c.column_type {
                    let (found, expected) = (column.column_type().to_string(), c.column_type);
                    return Err(TableFault::Type { column: of(), found, expected });
                }
                if let Some(row) = column.first_null().filter(|_| !c.nullable) {
                    return Err(TableFault::Null { column: of(), row });
                }
            }
            if column.len() != self.n_rows {
                return Err(TableFault::Length { column: of(), found: column.len(), expected: self.n_rows });
            }
            column.check_values(name)?;
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), TableFault> {
        let input = self.schema.folder == Folder::Input;
        let mut found = self.columns.iter().peekable();
        for c in self.schema.columns {
            let here = found.next_if(|(name, _)| *name == c.name).is_some();
            let may_lack = input && c.nullable;
            if !here && !may_lack {
                return Err(self.wrong_names());
            }
        }
        let is_segment = |(name, column): &(&str, Column)| {
            input && self.schema.column(name).is_none() && column.column_type() == ColumnType::Text
        };
        if found.all(is_segment) { Ok(()) } else { Err(self.wrong_names()) }
    }

    fn wrong_names(&self) -> TableFault {
        TableFault::Columns {
            found: self.columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            expected: self.schema.columns.iter().map(|c| c.name).collect(),
        }
    }

    /// The table's name.
    pub fn name(&self) -> &'static str {
        self.schema.name
    }

    /// The contract it keeps.
    pub fn schema(&self) -> &'static TableSchema {
        self.schema
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Its columns in order, with their names.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&'static str, &Column)> {
        self.columns.iter().map(|(name, column)| (*name, column))
    }

    /// Its columns in order, given away.
    pub(super) fn into_columns(self) -> impl ExactSizeIterator<Item = (&'static str, Column)> {
        self.columns.into_iter()
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(n, _)| *n == name).map(|(_, c)| c)
    }

    /// The value of a column in row `i`; null for a column that an input table lacks.
    ///
    /// # Panics
    /// If `i` is not below [`Table::n_rows`].
    pub fn value(&self, name: &str, i: usize) -> Value<'_> {
        self.column(name).map_or(Value::Null, |c| c.value(i))
    }

    /// The first row where a column holds a text.
    pub fn find(&self, name: &str, text: &str) -> Option<usize> {
        let column = self.column(name)?;
        (0..self.n_rows).find(|&i| column.value(i) == Value::Text(text))
    }

    /// Whether a column may hold nulls: as the contract says, and yes for a segment.
    pub(super) fn is_nullable(&self, name: &str) -> bool {
        self.schema.column(name).is_none_or(|c: &ColumnSchema| c.nullable)
    }
}

impl PartialEq for Table {
    /// Equal names and values; how a column holds them does not matter.
    fn eq(&self, other: &Self) -> bool {
        let same = |((a_name, a), (b_name, b)): ((&str, &Column), (&str, &Column))| {
            a_name == b_name && (0..self.n_rows).all(|i| a.value(i) == b.value(i))
        };
        self.name() == other.name()
            && self.n_rows == other.n_rows
            && self.columns.len() == other.columns.len()
            && self.columns().zip(other.columns()).all(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    /// A day of rates for two currencies.
    fn fx(rate: Column) -> Result<Table, ContractError> {
        let currency = Column::Text(["EUR", "USD"].into_iter().collect());
        Table::try_new(
            "fx",
            vec![("currency", currency), ("date", Column::SameDate { day: Day(0), n: 2 }), ("rate", rate)],
        )
    }

    fn why(e: ContractError) -> String {
        e.source().map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn a_table_that_keeps_the_contract_is_let_through() {
        let t = fx(Column::F64(vec![1.0, 0.9])).unwrap();
        assert_eq!(
            (t.n_rows(), t.value("rate", 1), t.find("currency", "USD")),
            (2, Value::Double(0.9), Some(1))
        );
    }

    #[test]
    fn each_fault_is_named_with_its_column_and_row() {
        let refused = |rate| why(fx(rate).unwrap_err());
        assert_eq!(refused(Column::I64(vec![1, 1])), "column `rate` is int64; the contract has double");
        assert_eq!(refused(Column::F64(vec![1.0])), "column `rate` has 1 rows; the first one has 2");
        assert_eq!(
            refused(Column::OptF64(vec![Some(1.0), None])),
            "column `rate`, row 1: null; the contract allows none"
        );
        let infinite = Column::OptF64(vec![Some(1.0), Some(f64::INFINITY)]);
        assert_eq!(refused(infinite), "column `rate`, row 1: inf; expected a finite number");
    }

    #[test]
    fn an_amount_of_nineteen_digits_is_refused() {
        let table = |amount: i64| {
            let text = |t: &str| Column::SameText { text: t.to_owned(), n: 1 };
            let amount = Column::Amount(vec![Amount(amount)]);
            let columns = [text("EUR"), text("all"), text("current"), amount, Column::I64(vec![1])];
            Table::try_new(
                "aging",
                ["currency", "segment", "bucket", "amount", "n_invoices"].into_iter().zip(columns).collect(),
            )
        };
        assert!(table(-DECIMAL_MAX).is_ok());
        assert_eq!(
            why(table(DECIMAL_MAX + 1).unwrap_err()),
            "column `amount`, row 0: an amount past decimal(18,4)"
        );
    }

    #[test]
    fn a_code_past_its_texts_is_refused() {
        let coded = Column::Coded { text: ["a"].into_iter().collect(), code: vec![0, NO_TEXT, 1] };
        assert!(coded.check_values("c").is_err());
        assert_eq!(coded.value(1), Value::Null);
        assert_eq!(coded.first_null(), Some(1));
    }

    #[test]
    fn an_input_table_may_lack_what_is_optional_and_end_with_segments() {
        let text = |t: &str| Column::SameText { text: t.to_owned(), n: 1 };
        let customers = |columns: Vec<(&'static str, Column)>| Table::try_new("customers", columns);
        assert!(
            customers(vec![("customer_id", text("C")), ("country", text("AT")), ("region", text("east"))])
                .is_ok()
        );
        assert!(customers(vec![("country", text("AT"))]).is_err());
        assert!(customers(vec![("customer_id", text("C")), ("region", Column::I64(vec![1]))]).is_err());
        assert!(
            customers(vec![("customer_id", text("C")), ("region", text("east")), ("country", text("AT"))])
                .is_err()
        );
    }

    #[test]
    fn a_run_table_has_every_column_in_order() {
        let rows = |columns: &[&'static str]| {
            let c = columns.iter().map(|&c| (c, Column::SameText { text: String::new(), n: 1 })).collect();
            why(Table::try_new("quarantine", c).unwrap_err())
        };
        assert!(
            rows(&["file", "rule_id"]).starts_with("columns are file, rule_id; the contract has file, row,")
        );
        assert!(
            rows(&["file", "row", "rule_id", "field", "value", "message", "more"]).starts_with("columns are")
        );
    }
}
