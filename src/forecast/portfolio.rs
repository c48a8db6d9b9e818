//! Open invoices whose cash is forecast together.

use crate::core::{Amount, Currency};
use crate::ledger::Known;
use crate::score::part_payment::Stage;
use crate::score::{Curves, PartPayments};
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
    /// How what is settled comes in.
    pub part_payments: &'a PartPayments,
    /// Places in `open` of the invoices that take part, increasing.
    pub rows: Vec<u32>,
}

impl<'a> Portfolio<'a> {
    /// The open invoices of each currency that has some, by currency.
    pub fn by_currency(
        known: &'a Known,
        open: &'a [u32],
        curves: &'a Curves,
        part_payments: &'a PartPayments,
    ) -> Vec<(Currency, Self)> {
        let mut rows = vec![Vec::new(); known.currency_code.len()];
        for (k, &i) in open.iter().enumerate() {
            rows[known.currency[i as usize] as usize].push(k as u32);
        }
        let with_rows = known.currency_code.iter().zip(rows).filter(|(_, rows)| !rows.is_empty());
        with_rows
            .map(|(&currency, rows)| (currency, Self { known, open, curves, part_payments, rows }))
            .collect()
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

    /// Days after as_of whose settlements may bring cash by day `last`.
    pub(super) fn reach(&self, last: i32) -> i32 {
        last + self.part_payments.lead_most()
    }

    /// Expected cash of each of the days `1..=last` after as_of, in currency units.
    ///
    /// On day `d` the curves settle `settled[d] = sum_i open_i (S_i(d - 1) - S_i(d))`; what stays open after the last day,
    /// `sum_i open_i S_i(last)`, makes the open amount of them. Of what is settled the share that is money comes in
    /// ([`PartPayments::cash_share`]): on the day, but for the parts of invoices paid in several
    /// ([`PartPayments::bring_forward`]). Where every invoice was paid at once and in full, cash is what is settled.
    pub fn expected_by_day(&self, last: i32) -> Vec<f64> {
        let reach = self.reach(last);
        let n_days = reach as usize;
        let parts: Vec<[Vec<f64>; 3]> = self
            .rows
            .par_chunks(CHUNK)
            .map(|rows| {
                let (mut survival, mut shares) = (Vec::new(), Vec::new());
                let mut settled = [const { Vec::new() }; 3];
                settled.iter_mut().for_each(|s| s.resize(n_days, 0.0));
                let [at_once, in_parts @ ..] = &mut settled;
                for &row in rows {
                    let i = self.invoice(row);
                    let open = self.known.open_amount[i].to_f64();
                    let stage = PartPayments::stage(self.known, i);
                    let share = self.part_payments.in_parts(self.known.customer[i] as usize, stage);
                    let overdue = self.known.as_of().0.saturating_sub(self.known.due[i]);
                    self.curves.daily(row as usize, reach, &mut survival);
                    self.part_payments.cash_shares(overdue.saturating_add(1), n_days, &mut shares);
                    let falls = survival.windows(2).zip(&shares);
                    let cash = falls.map(|(s, money)| open * (s[0] - s[1]) * money);
                    if share == 0.0 {
                        at_once.iter_mut().zip(cash).for_each(|(sum, cash)| *sum += cash);
                        continue;
                    }
                    for ((once, parts), cash) in
                        at_once.iter_mut().zip(&mut in_parts[stage as usize]).zip(cash)
                    {
                        *once += (1.0 - share) * cash;
                        *parts += share * cash;
                    }
                }
                settled
            })
            .collect();
        let mut settled = [const { Vec::new() }; 3];
        settled.iter_mut().for_each(|s| s.resize(n_days, 0.0));
        for part in &parts {
            for (sum, part) in settled.iter_mut().zip(part) {
                sum.iter_mut().zip(part).for_each(|(sum, c)| *sum += c);
            }
        }
        let [mut cash, whole, begun] = settled;
        cash.truncate(last as usize);
        self.part_payments.bring_forward(Stage::Whole, &whole, &mut cash);
        self.part_payments.bring_forward(Stage::Begun, &begun, &mut cash);
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
