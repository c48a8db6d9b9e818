//! The segments of invoices: what their own column says, else that of their customer.

use super::CustomerTable;
use super::empty::is_null_spelling;
use super::invoice::Taken;
use super::invoice_row::Columns;
use super::key::Interner;
use super::table::RawTable;
use crate::core::TextColumn;
use crate::ledger::{InvoiceRows, NO_VALUE, Segment};
use rayon::prelude::*;

/// The wanted segments that some table has a column of; labels come in any order.
pub(super) fn segments(
    table: &RawTable,
    columns: &[Columns],
    taken: &[Taken],
    rows: &InvoiceRows,
    customers: Option<&CustomerTable>,
    wanted: &[String],
) -> Vec<Segment> {
    let mut places: Option<Vec<Option<usize>>> = None;
    let mut out = Vec::new();
    for name in wanted {
        let own = table.segments.iter().position(|(own, _)| own == name);
        let facts = customers.and_then(|customers| Some((customers, customers.segment(name)?)));
        if own.is_none() && facts.is_none() {
            continue;
        }
        let (mut labels, mut code) = match own {
            Some(at) => of_invoices(columns, taken, at),
            None => (Interner::default(), vec![NO_VALUE; rows.customer.len()]),
        };
        if let Some((customers, texts)) = facts {
            let find = |id: &str| customers.place(id);
            let places = places.get_or_insert_with(|| rows.customer_id.iter().map(find).collect());
            let label = |place: &Option<usize>| {
                let text = place.map(|at| texts.get(at)).filter(|text| !text.is_empty());
                text.map_or(NO_VALUE, |text| labels.code(text))
            };
            let of_customer: Vec<u32> = places.iter().map(label).collect();
            code.par_iter_mut()
                .zip(&rows.customer)
                .filter(|(code, _)| **code == NO_VALUE)
                .for_each(|(code, customer)| *code = of_customer[*customer as usize]);
        }
        out.push(Segment { name: name.clone(), label: owned(&labels.texts), code });
    }
    out
}

fn owned(texts: &TextColumn) -> Vec<String> {
    texts.iter().map(str::to_owned).collect()
}

/// What the invoices' own column says, block by block on all threads.
fn of_invoices(columns: &[Columns], taken: &[Taken], at: usize) -> (Interner, Vec<u32>) {
    let of_block = |c: &Columns| {
        let mut labels = Interner::default();
        let rows = (0..c.block.len).filter(|i| taken[c.block.first + i] == Taken::Invoice);
        let text = |i: usize| c.segments[at].text(i).filter(|text| !is_null_spelling(text));
        let codes: Vec<u32> = rows.map(|i| text(i).map_or(NO_VALUE, |text| labels.code(text))).collect();
        (labels, codes)
    };
    let blocks: Vec<(Interner, Vec<u32>)> = columns.par_iter().map(of_block).collect();
    let mut labels = Interner::default();
    let mut all = Vec::with_capacity(blocks.iter().map(|(_, codes)| codes.len()).sum());
    for (own, codes) in blocks {
        let new: Vec<u32> = own.texts.iter().map(|text| labels.code(text)).collect();
        all.extend(codes.iter().map(|code| new.get(*code as usize).copied().unwrap_or(NO_VALUE)));
    }
    (labels, all)
}

/// Segments that a policy names beside the default ones and no table has a column of.
pub(super) fn absent<'n>(wanted: &'n [String], tables: &[Option<&RawTable>]) -> Vec<&'n String> {
    let has = |name: &String| {
        tables.iter().flatten().any(|table| {
            let is_fact = table.table.text_field(name).is_some_and(|field| table.has(field));
            is_fact || table.segments.iter().any(|(own, _)| own == name)
        })
    };
    let default = crate::policy::default_segments();
    wanted.iter().filter(|name| !default.contains(name) && !has(name)).collect()
}
