//! Open invoices whose cash is forecast together.

use crate::core::{Amount, Currency};
use crate::ledger::Known;
use crate::score::Curves;
use rayon::prelude::*;

/// Invoices whose expected cash is added in one go; fixed, so that threads do not change a byte.
const CHUNK: usize = 256;

/// Open invoices of one currency, with their curves.
#[derive(Debug, Clone)]
pub struct Portfolio<'a> {
    /// The ledger.
    pub known: &'a Known,
    /// Ledger index of each open invoice.
    pub open: &'a [u32],
    /// Curve `k` belongs to `open[k]`.
    pub curves: &'a Curves,
    /// Places in `open` of the invoices that take part, increasing.
    pub rows: Vec<u32>,
}

impl<'a> Portfolio<'a> {
    /// The open invoices of each currency that has some, by currency.
    pub fn by_currency(known: &'a Known, open: &'a [u32], curves: &'a Curves) -> Vec<(Currency, Self)> {
        let mut rows = vec![Vec::new(); known.currency_code.len()];
        for (k, &i) in open.iter().enumerate() {
            rows[known.currency[i as usize] as usize].push(k as u32);
        }
        let with_rows = known.currency_code.iter().zip(rows).filter(|(_, rows)| !rows.is_empty());
        with_rows.map(|(&currency, rows)| (currency, Self { known, open, curves, rows })).collect()
    }

    /// The same invoices by the groups of each segment that have some, in the order of the ledger's segments: what the
    /// group is called in outputs, and its invoices. They draw the same futures as here, each its own part of them.
    pub fn by_segment(&self) -> Vec<(String, Self)> {
        let mut out = Vec::new();
        for segment in &self.known.segments {
            let mut rows = vec![Vec::new(); segment.n_groups()];
            self.rows.iter().for_each(|row| rows[segment.group(segment.code[self.invoice(*row)])].push(*row));
            let groups = rows.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty());
            out.extend(groups.map(|(group, rows)| (segment.title(group), Self { rows, ..self.clone() })));
        }
        out
    }

    /// Ledger index of the invoice at place `row` of `open`.
    pub(super) fn invoice(&self, row: u32) -> usize {
        self.open[row as usize] as usize
    }

    /// Expected cash of each of the days `1..=last` after as_of, in currency units.
    ///
    /// `cash[d] = sum_i open_i (S_i(d - 1) - S_i(d))`, so that the cash of all days and what is expected to stay
    /// open after the last one, `sum_i open_i S_i(last)`, add up to the open amount.
    pub fn expected_by_day(&self, last: i32) -> Vec<f64> {
        let n_days = last as usize;
        let parts: Vec<Vec<f64>> = self
            .rows
            .par_chunks(CHUNK)
            .map(|rows| {
                let (mut survival, mut cash) = (Vec::new(), vec![0.0; n_days]);
                for &row in rows {
                    let open = self.known.open_amount[self.invoice(row)].to_f64();
                    self.curves.daily(row as usize, last, &mut survival);
                    for (cash, s) in cash.iter_mut().zip(survival.windows(2)) {
                        *cash += open * (s[0] - s[1]);
                    }
                }
                cash
            })
            .collect();
        let mut cash = vec![0.0; n_days];
        for part in &parts {
            cash.iter_mut().zip(part).for_each(|(sum, c)| *sum += c);
        }
        cash
    }

    /// What falls due on each of the days `1..=last` after as_of.
    pub fn due_by_day(&self, last: i32) -> Vec<Amount> {
        let mut due = vec![Amount::ZERO; last as usize];
        for &row in &self.rows {
            let i = self.invoice(row);
            let day = i64::from(self.known.due[i]) - i64::from(self.known.as_of().0);
            if (1..=i64::from(last)).contains(&day) {
                due[day as usize - 1] += self.known.open_amount[i];
            }
        }
        due
    }
}
