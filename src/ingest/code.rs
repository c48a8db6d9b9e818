//! Codes of customers and currencies.

use crate::core::Currency;
use crate::ledger::InvoiceRows;

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
