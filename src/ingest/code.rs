//! Codes of business units, customers and currencies.

use super::empty::is_null_spelling;
use super::invoice::Taken;
use super::invoice_row::Columns;
use super::key::Interner;
use crate::core::{Currency, TextColumn};
use crate::ledger::InvoiceRows;

/// The business units of all invoices; the empty text where there is none.
pub(super) fn units(columns: &[Columns], taken: &[Taken]) -> (TextColumn, Vec<u32>) {
    let mut units = Interner::default();
    let mut codes = Vec::new();
    for c in columns {
        let rows = (0..c.block.len).filter(|i| taken[c.block.first + i] == Taken::Invoice);
        let unit = |i: usize| c.unit.text(i).filter(|unit| !is_null_spelling(unit)).unwrap_or_default();
        codes.extend(rows.map(|i| units.code(unit(i))));
    }
    (units.texts, codes)
}

/// Drops customers and currencies of rows that are gone.
pub(super) fn forget_unused(rows: &mut InvoiceRows) {
    let mut seen = vec![false; rows.customer_id.len()];
    rows.customer.iter().for_each(|c| seen[*c as usize] = true);
    rows.credits.iter().for_each(|c| seen[c.customer as usize] = true);
    if seen.contains(&false) {
        let kept: Vec<u32> = (0..seen.len() as u32).filter(|c| seen[*c as usize]).collect();
        let mut code = vec![0; seen.len()];
        kept.iter().zip(0..).for_each(|(old, new)| code[*old as usize] = new);
        rows.customer.iter_mut().for_each(|c| *c = code[*c as usize]);
        rows.credits.iter_mut().for_each(|c| c.customer = code[c.customer as usize]);
        rows.customer_id = rows.customer_id.gather(&kept);
    }
    let old = std::mem::take(&mut rows.currency_code);
    let codes = &mut rows.currency_code;
    let mut recode = |code: &mut u16| *code = code_of(codes, old[*code as usize]);
    rows.currency.iter_mut().for_each(&mut recode);
    rows.credits.iter_mut().for_each(|c| recode(&mut c.currency));
}

/// The code of a currency in a list so short that looking through it is fastest.
pub(super) fn code_of(codes: &mut Vec<Currency>, currency: Currency) -> u16 {
    let code = codes.iter().position(|c| *c == currency).unwrap_or_else(|| {
        codes.push(currency);
        codes.len() - 1
    });
    code as u16
}
