//! One hash of everything a run's tables follow from.

use crate::collect::{Contact, Reporting};
use crate::core::TextColumn;
use crate::ledger::{Known, Segment};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

type Part<'a> = Box<dyn Fn(&mut Sha256) + Sync + 'a>;

/// SHA-256 over every column of what was known at as_of, the contacts and the rates in use. The order of input rows,
/// the files they came in and whatever happened later do not change it.
pub fn known_sha256(known: &Known, contacts: &[Contact<'_>], reporting: &Reporting) -> String {
    let parts: Vec<Part<'_>> = vec![
        Box::new(|h| texts(h, &known.customer_id)),
        Box::new(|h| texts(h, &known.invoice_id)),
        Box::new(|h| known.currency_code.iter().for_each(|c| h.update(c.as_str()))),
        Box::new(|h| numbers(h, known.invoice_start.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.currency.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.issue.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.due.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.amount.iter().map(|v| v.0.to_le_bytes()))),
        Box::new(|h| numbers(h, known.known.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.dispute.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.dispute_closed.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.discount_rate.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.discount_days.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.settlement_start.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.settlement_day.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.settlement_known.iter().map(|v| v.to_le_bytes()))),
        Box::new(|h| numbers(h, known.settlement_amount.iter().map(|v| v.0.to_le_bytes()))),
        Box::new(|h| numbers(h, known.settlement_kind.iter().map(|v| [*v as u8]))),
        Box::new(|h| known.credits.iter().for_each(|c| h.update(format!("{c:?}")))),
        Box::new(|h| contacts.iter().for_each(|p| h.update(format!("{p:?}")))),
        Box::new(|h| h.update(format!("{reporting:?}"))),
    ];
    // a column that few ledgers have leaves the hash of the others as it was
    let firsts: Option<Part<'_>> = (!known.settlement_first.is_empty()).then(|| {
        let days = |h: &mut Sha256| numbers(h, known.settlement_first.iter().map(|v| v.to_le_bytes()));
        Box::new(days) as Part<'_>
    });
    let method = Some(&known.settlement_method).filter(|method| !method.code.is_empty());
    let segments = known.segments.iter().chain(method).map(of_segment);
    let parts: Vec<Part<'_>> = parts.into_iter().chain(firsts).chain(segments).collect();
    let hashes: Vec<_> = parts
        .par_iter()
        .with_max_len(1)
        .map(|part| {
            let mut hash = Sha256::new();
            part(&mut hash);
            hash.finalize()
        })
        .collect();
    let all: Vec<u8> = hashes.iter().flatten().copied().collect();
    crate::contract::sha256_hex(&all)
}

fn of_segment(segment: &Segment) -> Part<'_> {
    Box::new(|h| {
        h.update((segment.label.len() as u64).to_le_bytes());
        let names = std::iter::once(&segment.name).chain(&segment.label);
        texts(h, &names.map(String::as_str).collect());
        numbers(h, segment.code.iter().map(|v| v.to_le_bytes()));
    })
}

fn texts(hash: &mut Sha256, column: &TextColumn) {
    let mut block = Block::new(hash);
    for text in column.iter() {
        block.push(&(text.len() as u64).to_le_bytes());
        block.push(text.as_bytes());
    }
    block.close();
}

fn numbers<const N: usize>(hash: &mut Sha256, values: impl Iterator<Item = [u8; N]>) {
    let mut block = Block::new(hash);
    values.for_each(|value| block.push(&value));
    block.close();
}

/// Bytes on their way to a hash: one call a value would cost more than the hash.
struct Block<'a> {
    hash: &'a mut Sha256,
    bytes: Vec<u8>,
}

impl<'a> Block<'a> {
    const LEN: usize = 1 << 16;

    fn new(hash: &'a mut Sha256) -> Self {
        Self { hash, bytes: Vec::with_capacity(Self::LEN) }
    }

    fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        if self.bytes.len() >= Self::LEN {
            self.hash.update(&self.bytes);
            self.bytes.clear();
        }
    }

    fn close(self) {
        self.hash.update(&self.bytes);
    }
}
