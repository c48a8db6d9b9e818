//! What stands for nothing: spellings of null, and days that mean `never`.

use super::cell::Cells;
use super::rule::{self, Refusal};
use crate::core::Amount;

/// 1900-01-01: the zero of many systems.
const ZERO_DAY: i32 = -25_567;

/// Ten-thousandths of the first amount with 16 digits before the point and none behind.
const DIGITS_15: i64 = 1_000_000_000_000_000;

/// Whether a text is how some system writes that there is nothing.
#[inline]
pub(super) fn is_null_spelling(text: &str) -> bool {
    const SPELLINGS: [&str; 12] =
        ["na", "n/a", "nan", "null", "none", "-", "--", "#n/a", "inf", "-inf", "nil", "nat"];
    text.len() <= 4 && SPELLINGS.iter().any(|s| text.eq_ignore_ascii_case(s))
}

/// Whether the cell spells nothing out; a note says so.
#[inline]
pub(super) fn is_spelt_empty(cells: &Cells, i: usize, notes: &mut Vec<Refusal>) -> bool {
    let found = cells.text(i).is_some_and(is_null_spelling);
    if found {
        notes.push(cells.refuse(&rule::NULL_SPELLING, i));
    }
    found
}

/// The text of an optional field.
#[inline]
pub(super) fn optional_text<'a>(cells: &Cells<'a>, i: usize, notes: &mut Vec<Refusal>) -> Option<&'a str> {
    if is_spelt_empty(cells, i, notes) { None } else { cells.text(i) }
}

/// The text of an id.
///
/// # Errors
/// `MISSING_VALUE`, for a spelling of nothing too, and `CONTROL_CHARACTER`.
#[inline]
pub(super) fn required_id<'a>(cells: &Cells<'a>, i: usize) -> Result<&'a str, Refusal> {
    let text = cells.required_text(i)?;
    if is_null_spelling(text) {
        return Err(cells.refuse(&rule::MISSING_VALUE, i).because("a spelling of nothing"));
    }
    plain(cells, i, text)
}

/// # Errors
/// `CONTROL_CHARACTER`.
#[inline]
pub(super) fn plain<'a>(cells: &Cells, i: usize, text: &'a str) -> Result<&'a str, Refusal> {
    // no early end: a loop without branches is faster on texts this short
    if !text.bytes().fold(false, |found, b| found | b.is_ascii_control()) {
        return Ok(text);
    }
    let shown = text.escape_default().to_string();
    Err(Refusal { value: shown, ..cells.refuse(&rule::CONTROL_CHARACTER, i) })
}

/// The day of a field in which `never` makes no sense.
///
/// # Errors
/// Those of [`Cells::day`], `DATE_SENTINEL` for a day that stands for `never`, `MISSING_VALUE` for a spelling of
/// nothing.
#[inline]
pub(super) fn real_day(cells: &Cells, i: usize) -> Result<Option<i32>, Refusal> {
    if let Some(day) = cells.typed_day(i).filter(|day| *day != ZERO_DAY) {
        return Ok(Some(day));
    }
    match cells.day(i) {
        Ok(Some(ZERO_DAY)) => Err(cells.refuse(&rule::DATE_SENTINEL, i)),
        Err(refusal) if is_null_spelling(refusal.value.trim()) => {
            Err(cells.refuse(&rule::MISSING_VALUE, i).because("a spelling of nothing"))
        }
        Err(refusal) if is_sentinel(&refusal) => Err(cells.refuse(&rule::DATE_SENTINEL, i)),
        other => other,
    }
}

/// The day of a field that is empty where nothing has happened. A sentinel later than `as_of` is simply not yet:
/// to tell of it would let a payment that comes later take the note away.
///
/// # Errors
/// Those of [`Cells::day`].
#[inline]
pub(super) fn never_or_day(
    cells: &Cells,
    i: usize,
    as_of: i32,
    notes: &mut Vec<Refusal>,
) -> Result<Option<i32>, Refusal> {
    if let Some(day) = cells.typed_day(i).filter(|day| *day != ZERO_DAY) {
        return Ok(Some(day));
    }
    let refusal = match cells.day(i) {
        Err(_) if cells.is_wholly_after(i, as_of) => return Ok(None),
        Ok(Some(ZERO_DAY)) => cells.refuse(&rule::DATE_NEVER, i),
        Err(refusal) if is_null_spelling(refusal.value.trim()) => cells.refuse(&rule::NULL_SPELLING, i),
        Err(refusal) if is_sentinel(&refusal) => {
            let is_far = !refusal.value.contains("1899");
            if is_far && as_of < i32::MAX {
                return Ok(None);
            }
            cells.refuse(&rule::DATE_NEVER, i)
        }
        other => return other,
    };
    notes.push(refusal);
    Ok(None)
}

/// Whether a day out of range is one of those that stand for `never`, whatever the shape of dates.
#[cold]
fn is_sentinel(refusal: &Refusal) -> bool {
    if refusal.rule.id != rule::DATE_OUT_OF_RANGE.id {
        return false;
    }
    let groups = refusal.value.split(|c: char| !c.is_ascii_digit()).filter(|g| !g.is_empty());
    let mut groups: Vec<&str> = groups.take(3).collect();
    groups.sort_unstable();
    matches!(
        groups.as_slice(),
        ["12", "31", "9999"]
            | ["12", "2999", "31"]
            | ["12", "1899", "30"]
            | ["99991231" | "29991231" | "18991230", ..]
    )
}

/// Whether more digits are said than a double or a spreadsheet holds.
#[inline]
pub(super) fn has_many_digits(amount: Amount) -> bool {
    let mut digits = amount.0.abs();
    if digits < DIGITS_15 {
        return false;
    }
    while digits % 10 == 0 {
        digits /= 10;
    }
    digits >= DIGITS_15
}

/// The amount of an invoice or a payment, of either sign.
///
/// # Errors
/// Those of [`Cells::amount`], `MISSING_VALUE`, `AMOUNT_ZERO`.
#[inline]
pub(super) fn real_amount(cells: &Cells, i: usize, notes: &mut Vec<Refusal>) -> Result<Amount, Refusal> {
    let amount = match cells.required_amount(i) {
        Err(refusal) if is_null_spelling(refusal.value.trim()) => {
            return Err(cells.refuse(&rule::MISSING_VALUE, i).because("a spelling of nothing"));
        }
        other => other?,
    };
    if amount == Amount::ZERO {
        return Err(cells.refuse(&rule::AMOUNT_ZERO, i));
    }
    if has_many_digits(amount) {
        notes.push(cells.refuse(&rule::AMOUNT_DIGITS, i));
    }
    Ok(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_spell_nothing_in_many_ways_but_names_are_no_such_spelling() {
        assert!(["NA", "n/a", "NaN", "NULL", "None", "-", "#N/A", "inf"].into_iter().all(is_null_spelling));
        assert!(!["", "N", "Nancy", "INFO", "0", "NAB"].into_iter().any(is_null_spelling));
    }

    #[test]
    fn a_sentinel_is_known_in_any_shape_of_dates() {
        let of = |value: &str| is_sentinel(&Refusal::new(&rule::DATE_OUT_OF_RANGE, "paid_date", value));
        let all = ["9999-12-31", "12/31/9999", "31.12.2999", "1899-12-30 00:00:00", "99991231"];
        assert!(all.into_iter().all(of));
        assert!(!["9999-12-30", "1899-12-31", "2201-01-01"].into_iter().any(of));
        assert!(!is_sentinel(&Refusal::new(&rule::DATE_NOT_READABLE, "paid_date", "9999-12-31")));
    }

    #[test]
    fn fifteen_digits_are_held_and_sixteen_are_not() {
        assert!(
            !has_many_digits(Amount(999_999_999_999_999))
                && !has_many_digits(Amount(100_000_000_000_000_000))
        );
        assert!(
            has_many_digits(Amount(1_000_000_000_000_001))
                && has_many_digits(Amount(-12_345_678_901_234_567))
        );
    }
}
