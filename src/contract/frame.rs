//! Tables as Polars frames.

use super::table::{Column, NO_TEXT, Table, TextList};
use super::{ContractError, arrays::DECIMAL_DIGITS};
use crate::core::Amount;
use polars::prelude::{
    BooleanChunked, ChunkFull, DataFrame, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked,
    IntoColumn, IntoSeries, ListBuilderTrait, ListStringChunkedBuilder, NewChunkedArray, PlSmallStr,
    PolarsResult, Series, StringChunked,
};

impl Table {
    /// The table as a Polars frame of the contract's types; plain numbers are moved, not copied.
    ///
    /// # Errors
    /// [`ContractError::Encode`], which would be a bug.
    ///
    /// ```
    /// use arrears::contract::{Column, Table};
    /// # use arrears::core::Day;
    /// let columns = vec![
    ///     ("currency", Column::SameText { text: "USD".to_owned(), n: 1 }),
    ///     ("date", Column::SameDate { day: Day(0), n: 1 }),
    ///     ("rate", Column::F64(vec![0.9])),
    /// ];
    /// let frame = Table::try_new("fx", columns)?.into_frame()?;
    /// assert_eq!(frame.get_column_names(), ["currency", "date", "rate"]);
    /// # Ok::<(), arrears::contract::ContractError>(())
    /// ```
    pub fn into_frame(self) -> Result<DataFrame, ContractError> {
        let (table, n) = (self.name(), self.n_rows());
        let columns = self.into_columns().map(|(name, c)| Ok(series(name.into(), c)?.into_column()));
        let frame = columns.collect::<PolarsResult<Vec<_>>>().and_then(|c| DataFrame::new(n, c));
        frame.map_err(|source| ContractError::Encode { table, source: Box::new(source) })
    }
}

fn series(name: PlSmallStr, column: Column) -> PolarsResult<Series> {
    Ok(match column {
        Column::Text(c) => StringChunked::from_iter_values(name, c.iter()).into_series(),
        Column::OptText(c) => {
            StringChunked::from_iter_options(name, c.iter().map(Option::as_deref)).into_series()
        }
        Column::Coded { text, code } => {
            let of = |&c: &u32| (c != NO_TEXT).then(|| text.get(c as usize));
            StringChunked::from_iter_options(name, code.iter().map(of)).into_series()
        }
        Column::SameText { text, n } => StringChunked::full(name, &text, n).into_series(),
        Column::Date(c) => Int32Chunked::from_vec(name, c).into_date().into_series(),
        Column::OptDate(c) => Int32Chunked::from_iter_options(name, c.into_iter()).into_date().into_series(),
        Column::SameDate { day, n } => Int32Chunked::full(name, day.0, n).into_date().into_series(),
        Column::I32(c) => Int32Chunked::from_vec(name, c).into_series(),
        Column::OptI32(c) => Int32Chunked::from_iter_options(name, c.into_iter()).into_series(),
        Column::I64(c) => Int64Chunked::from_vec(name, c).into_series(),
        Column::F64(c) => Float64Chunked::from_vec(name, c).into_series(),
        Column::OptF64(c) => Float64Chunked::from_iter_options(name, c.into_iter()).into_series(),
        Column::Amount(c) => decimals(Int128Chunked::from_iter_values(name, c.iter().map(wide)))?,
        Column::OptAmount(c) => {
            decimals(Int128Chunked::from_iter_options(name, c.iter().map(|a| a.as_ref().map(wide))))?
        }
        Column::Bool(c) => BooleanChunked::from_iter_values(name, c.into_iter()).into_series(),
        Column::OptBool(c) => BooleanChunked::from_iter_options(name, c.into_iter()).into_series(),
        Column::TextList(c) => lists(name, &c),
    })
}

fn wide(amount: &Amount) -> i128 {
    i128::from(amount.0)
}

fn decimals(amounts: Int128Chunked) -> PolarsResult<Series> {
    let (digits, after_point) = DECIMAL_DIGITS;
    Ok(amounts.into_decimal(digits.into(), after_point as usize)?.into_series())
}

fn lists(name: PlSmallStr, lists: &TextList) -> Series {
    let mut out = ListStringChunkedBuilder::new(name, lists.len(), lists.len());
    (0..lists.len()).for_each(|i| out.append_values_iter(lists.get(i)));
    out.finish().into_series()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Day;
    use polars::prelude::{AnyValue, DataType};

    #[test]
    fn every_column_comes_through_with_its_type_and_its_nulls() {
        let coded = Column::Coded { text: ["a", "b"].into_iter().collect(), code: vec![1, NO_TEXT] };
        let texts = series("c".into(), coded).unwrap();
        assert_eq!(texts.get(0).unwrap(), AnyValue::String("b"));
        assert_eq!((texts.null_count(), texts.dtype()), (1, &DataType::String));

        let amounts = series("c".into(), Column::OptAmount(vec![Some(Amount(12_345)), None])).unwrap();
        assert_eq!(amounts.get(0).unwrap(), AnyValue::Decimal(12_345, 18, 4));
        assert_eq!(amounts.null_count(), 1);

        let days = series("c".into(), Column::SameDate { day: Day(1), n: 2 }).unwrap();
        assert_eq!(days.get(1).unwrap(), AnyValue::Date(1));

        let mut list = TextList::default();
        list.push(["x", "y"]);
        list.push([]);
        let lists = series("c".into(), Column::TextList(list)).unwrap();
        assert_eq!(lists.dtype(), &DataType::List(Box::new(DataType::String)));
        assert_eq!(lists.len(), 2);
    }
}
