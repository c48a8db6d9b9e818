//! Codes of customers and currencies.

use crate::core::Currency;
use crate::ledger::InvoiceRows;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Drops customers and currencies of rows that are gone.
pub(super) fn forget_unused(rows: &mut InvoiceRows) {
    let seen: Vec<AtomicBool> = (0..rows.customer_id.len()).map(|_| AtomicBool::new(false)).collect();
    // most are seen already: a look is cheaper than a write that another thread waits for
    let see = |c: u32| {
        if !seen[c as usize].load(Relaxed) {
            seen[c as usize].store(true, Relaxed);
        }
    };
    rows.customer.par_iter().with_min_len(1 << 14).for_each(|c| see(*c));
    rows.credits.iter().for_each(|c| see(c.customer));
    let seen: Vec<bool> = seen.into_iter().map(AtomicBool::into_inner).collect();
    if seen.contains(&false) {
        let kept: Vec<u32> = (0..seen.len() as u32).filter(|c| seen[*c as usize]).collect();
        let mut code = vec![0; seen.len()];
        kept.iter().zip(0..).for_each(|(old, new)| code[*old as usize] = new);
        rows.customer.par_iter_mut().for_each(|c| *c = code[*c as usize]);
        rows.credits.iter_mut().for_each(|c| c.customer = code[c.customer as usize]);
        rows.customer_id = rows.customer_id.gather(&kept);
    }
    // currencies are coded anew, in the order in which rows that are left name them
    let first = |code: u16| rows.currency.par_iter().position_first(|c| *c == code);
    let mut named: Vec<(usize, u16)> =
        (0..rows.currency_code.len() as u16).filter_map(|code| Some((first(code)?, code))).collect();
    named.sort_unstable();
    let of_credits = rows.credits.iter().map(|c| c.currency);
    let mut new = vec![None; rows.currency_code.len()];
    let mut codes = Vec::new();
    for code in named.into_iter().map(|(_, code)| code).chain(of_credits) {
        new[code as usize].get_or_insert_with(|| {
            codes.push(rows.currency_code[code as usize]);
            codes.len() as u16 - 1
        });
    }
    if codes != rows.currency_code {
        let recode = |code: &mut u16| *code = new[*code as usize].unwrap_or_default();
        rows.currency.par_iter_mut().for_each(recode);
        rows.credits.iter_mut().for_each(|c| recode(&mut c.currency));
        rows.currency_code = codes;
    }
}

/// The code of a currency in a list so short that looking through it is fastest.
pub(super) fn code_of(codes: &mut Vec<Currency>, currency: Currency) -> u16 {
    let code = codes.iter().position(|c| *c == currency).unwrap_or_else(|| {
        codes.push(currency);
        codes.len() - 1
    });
    code as u16
}
