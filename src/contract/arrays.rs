//! Columns as Arrow arrays and back.

use super::TableFault;
use super::schema::{ColumnSchema, ColumnType};
use super::table::{Column, NO_TEXT, Table, TextList};
use crate::core::{Amount, TextColumn};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
    Int32Array, Int64Array, LargeStringArray, LargeStringBuilder, ListBuilder, UInt32Array,
};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float64Type, Int32Type, Int64Type, Schema,
};
use arrow::error::ArrowError;
use std::ops::Range;
use std::sync::Arc;

/// Digits of DECIMAL(18,4), in all and after the point.
pub(super) const DECIMAL_DIGITS: (u8, i8) = (18, 4);

/// The Arrow schema of a table as its columns hold it.
pub(super) fn arrow_schema(table: &Table) -> Schema {
    let field = |(name, column): (&'static str, &Column)| {
        Field::new(name, data_type(column), table.is_nullable(name))
    };
    Schema::new(table.columns().map(field).collect::<Vec<_>>())
}

fn data_type(column: &Column) -> DataType {
    match column {
        Column::Coded { .. } | Column::SameText { .. } => {
            DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::LargeUtf8))
        }
        _ => match column.column_type() {
            ColumnType::Text => DataType::LargeUtf8,
            ColumnType::Date => DataType::Date32,
            ColumnType::Int32 => DataType::Int32,
            ColumnType::Int64 => DataType::Int64,
            ColumnType::Double => DataType::Float64,
            ColumnType::Decimal => DataType::Decimal128(DECIMAL_DIGITS.0, DECIMAL_DIGITS.1),
            ColumnType::Bool => DataType::Boolean,
            ColumnType::TextList => DataType::List(Arc::new(element())),
        },
    }
}

/// What a list holds, by the name that the Parquet format gives it.
fn element() -> Field {
    Field::new("element", DataType::LargeUtf8, false)
}

/// Rows `range` of a column.
pub(super) fn to_array(column: &Column, range: Range<usize>) -> Result<ArrayRef, ArrowError> {
    Ok(match column {
        Column::Text(c) => Arc::new(LargeStringArray::from_iter_values(range.map(|i| c.get(i)))),
        Column::OptText(c) => Arc::new(LargeStringArray::from_iter(c[range].iter().map(Option::as_deref))),
        Column::Coded { text, code } => {
            let codes = code[range].iter().map(|&c| (c != NO_TEXT).then_some(c));
            dictionary(UInt32Array::from_iter(codes), LargeStringArray::from_iter_values(text.iter()))?
        }
        Column::SameText { text, .. } => {
            dictionary(UInt32Array::from_value(0, range.len()), LargeStringArray::from_iter_values([text]))?
        }
        Column::Date(c) => Arc::new(Date32Array::from_iter_values(c[range].iter().copied())),
        Column::OptDate(c) => Arc::new(Date32Array::from_iter(c[range].iter().copied())),
        Column::SameDate { day, .. } => Arc::new(Date32Array::from_value(day.0, range.len())),
        Column::I32(c) => Arc::new(Int32Array::from_iter_values(c[range].iter().copied())),
        Column::OptI32(c) => Arc::new(Int32Array::from_iter(c[range].iter().copied())),
        Column::I64(c) => Arc::new(Int64Array::from_iter_values(c[range].iter().copied())),
        Column::F64(c) => Arc::new(Float64Array::from_iter_values(c[range].iter().copied())),
        Column::OptF64(c) => Arc::new(Float64Array::from_iter(c[range].iter().copied())),
        Column::Amount(c) => {
            decimal(Decimal128Array::from_iter_values(c[range].iter().map(|a| i128::from(a.0))))?
        }
        Column::OptAmount(c) => {
            decimal(Decimal128Array::from_iter(c[range].iter().map(|a| a.map(|a| i128::from(a.0)))))?
        }
        Column::Bool(c) => Arc::new(BooleanArray::from(c[range].to_vec())),
        Column::OptBool(c) => Arc::new(BooleanArray::from(c[range].to_vec())),
        Column::TextList(c) => lists(c, range),
    })
}

fn dictionary(code: UInt32Array, text: LargeStringArray) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(DictionaryArray::try_new(code, Arc::new(text))?))
}

fn decimal(array: Decimal128Array) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(array.with_precision_and_scale(DECIMAL_DIGITS.0, DECIMAL_DIGITS.1)?))
}

fn lists(lists: &TextList, range: Range<usize>) -> ArrayRef {
    let mut out = ListBuilder::new(LargeStringBuilder::new()).with_field(element());
    for i in range {
        lists.get(i).for_each(|t| out.values().append_value(t));
        out.append(true);
    }
    Arc::new(out.finish())
}

/// A column without rows, to [`append`] to.
pub(super) fn empty(schema: &ColumnSchema) -> Column {
    match (schema.column_type, schema.nullable) {
        (ColumnType::Text, false) => Column::Text(TextColumn::default()),
        (ColumnType::Text, true) => Column::OptText(Vec::new()),
        (ColumnType::Date, false) => Column::Date(Vec::new()),
        (ColumnType::Date, true) => Column::OptDate(Vec::new()),
        (ColumnType::Int32, false) => Column::I32(Vec::new()),
        (ColumnType::Int32, true) => Column::OptI32(Vec::new()),
        (ColumnType::Int64, _) => Column::I64(Vec::new()),
        (ColumnType::Double, false) => Column::F64(Vec::new()),
        (ColumnType::Double, true) => Column::OptF64(Vec::new()),
        (ColumnType::Decimal, false) => Column::Amount(Vec::new()),
        (ColumnType::Decimal, true) => Column::OptAmount(Vec::new()),
        (ColumnType::Bool, false) => Column::Bool(Vec::new()),
        (ColumnType::Bool, true) => Column::OptBool(Vec::new()),
        (ColumnType::TextList, _) => Column::TextList(TextList::default()),
    }
}

/// Appends what was read for the column that `schema` describes.
pub(super) fn append(column: &mut Column, array: &ArrayRef, schema: &ColumnSchema) -> Result<(), TableFault> {
    let holds_null = matches!(
        column,
        Column::OptText(_)
            | Column::OptDate(_)
            | Column::OptI32(_)
            | Column::OptF64(_)
            | Column::OptAmount(_)
            | Column::OptBool(_)
    );
    let name = || schema.name.to_owned();
    if let Some(row) = (0..array.len()).find(|&i| !holds_null && array.is_null(i)) {
        return Err(TableFault::Null { column: name(), row: column.len() + row });
    }
    extend(column, array).ok_or_else(|| TableFault::Type {
        column: name(),
        found: array.data_type().to_string(),
        expected: schema.column_type,
    })
}

/// `None` for an array of another type.
fn extend(column: &mut Column, a: &ArrayRef) -> Option<()> {
    match column {
        Column::Text(c) => a.as_string_opt::<i32>()?.iter().flatten().for_each(|t| c.push(t)),
        Column::OptText(c) => c.extend(a.as_string_opt::<i32>()?.iter().map(|t| t.map(str::to_owned))),
        Column::Date(c) => c.extend_from_slice(a.as_primitive_opt::<Date32Type>()?.values()),
        Column::OptDate(c) => c.extend(a.as_primitive_opt::<Date32Type>()?.iter()),
        Column::I32(c) => c.extend_from_slice(a.as_primitive_opt::<Int32Type>()?.values()),
        Column::OptI32(c) => c.extend(a.as_primitive_opt::<Int32Type>()?.iter()),
        Column::I64(c) => c.extend_from_slice(a.as_primitive_opt::<Int64Type>()?.values()),
        Column::F64(c) => c.extend_from_slice(a.as_primitive_opt::<Float64Type>()?.values()),
        Column::OptF64(c) => c.extend(a.as_primitive_opt::<Float64Type>()?.iter()),
        Column::Amount(c) => c.extend(decimals(a)?.values().iter().map(|&v| amount(v))),
        Column::OptAmount(c) => c.extend(decimals(a)?.iter().map(|v| v.map(amount))),
        Column::Bool(c) => c.extend(a.as_boolean_opt()?.values().iter()),
        Column::OptBool(c) => c.extend(a.as_boolean_opt()?.iter()),
        Column::TextList(c) => {
            for list in a.as_list_opt::<i32>()?.iter().flatten() {
                c.push(list.as_string_opt::<i32>()?.iter().flatten());
            }
        }
        Column::Coded { .. } | Column::SameText { .. } | Column::SameDate { .. } => return None,
    }
    Some(())
}

fn decimals(array: &ArrayRef) -> Option<&Decimal128Array> {
    let wanted = DataType::Decimal128(DECIMAL_DIGITS.0, DECIMAL_DIGITS.1);
    if array.data_type() == &wanted { array.as_primitive_opt::<Decimal128Type>() } else { None }
}

/// Eighteen digits always fit.
fn amount(value: i128) -> Amount {
    Amount(value as i64)
}
