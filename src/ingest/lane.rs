//! Invoice rows judged side by side: each thread fills its own run of slots, and the threads are put together.

use super::code::code_of;
use super::invoice::Taken;
use super::invoice_row::{Basis, Columns, CurrencyReader, Row};
use super::key::{Interner, Keys, hash};
use super::table::RawTable;
use super::tally::Aside;
use crate::core::{Amount, Currency, TextColumn};
use rayon::prelude::*;

/// The slots of a run of rows; optional columns may be empty.
pub(super) struct Slots<'s> {
    pub taken: &'s mut [Taken],
    pub customer: &'s mut [u32],
    pub currency: &'s mut [u16],
    pub issue: &'s mut [i32],
    pub due: &'s mut [i32],
    pub amount: &'s mut [Amount],
    pub known: &'s mut [i32],
    pub dispute: &'s mut [i32],
    pub dispute_closed: &'s mut [i32],
    pub discount_rate: &'s mut [i32],
    pub discount_days: &'s mut [i32],
    pub paid: &'s mut [i32],
    pub paid_first: &'s mut [i32],
}

impl<'s> Slots<'s> {
    /// Takes the first `n` slots off.
    pub fn cut(&mut self, n: usize) -> Slots<'s> {
        fn cut<'s, T>(slots: &mut &'s mut [T], n: usize) -> &'s mut [T] {
            let n = n.min(slots.len());
            let (head, tail) = std::mem::take(slots).split_at_mut(n);
            *slots = tail;
            head
        }
        Slots {
            taken: cut(&mut self.taken, n),
            customer: cut(&mut self.customer, n),
            currency: cut(&mut self.currency, n),
            issue: cut(&mut self.issue, n),
            due: cut(&mut self.due, n),
            amount: cut(&mut self.amount, n),
            known: cut(&mut self.known, n),
            dispute: cut(&mut self.dispute, n),
            dispute_closed: cut(&mut self.dispute_closed, n),
            discount_rate: cut(&mut self.discount_rate, n),
            discount_days: cut(&mut self.discount_days, n),
            paid: cut(&mut self.paid, n),
            paid_first: cut(&mut self.paid_first, n),
        }
    }
}

/// Rows whose customers are looked up together.
const BATCH_ROWS: usize = 1024;

/// What one thread gathers from the blocks that it works through.
pub(super) struct Lane<'s> {
    slots: Slots<'s>,
    codes: CurrencyReader,
    customers: Interner,
    currencies: Vec<Currency>,
    keys: Keys,
    aside: Aside,
}

impl<'s> Lane<'s> {
    /// With room for the keys of so many rows.
    pub fn new(table: &RawTable, basis: &Basis, slots: Slots<'s>, n_keys: usize) -> Self {
        Self {
            codes: CurrencyReader::default(),
            customers: Interner::default(),
            currencies: Vec::new(),
            keys: Keys::for_share(table.n_framed(), n_keys),
            slots,
            aside: Aside::strictly(table, basis.strict),
        }
    }

    pub fn worked(mut self, columns: &[Columns]) -> Self {
        let mut slot = 0;
        for columns in columns {
            let n = columns.block.len;
            for start in (0..n).step_by(BATCH_ROWS) {
                self.work(columns, start..n.min(start + BATCH_ROWS), slot);
            }
            slot += n;
        }
        self
    }

    /// Fills the slots of some rows of a block, whose first one is `slot`.
    fn work(&mut self, columns: &Columns, rows: std::ops::Range<usize>, slot: usize) {
        let block = columns.block;
        let (mut good, mut customers) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let mut notes = Vec::new();
        for i in rows {
            match columns.judge(i, &mut self.codes, &mut notes) {
                Ok(Some(_)) if !self.aside.takes(block.first + i, &mut notes) => {}
                Ok(Some(row)) => {
                    self.take(&row, slot + i);
                    self.keys.push(hash(row.id), (block.first + i) as u32);
                    good.push(slot + i);
                    customers.push(row.customer);
                }
                Ok(None) => self.aside.ignored[block.part] += 1,
                Err(refusal) => self.aside.refuse(block.first + i, refusal),
            }
        }
        let places = &mut self.slots.customer;
        self.customers.codes(&customers, |i, code| places[good[i]] = code);
    }

    /// Puts other codes in the place of the lane's own.
    fn recode(&mut self, customer: &[u32], currency: &[u16]) {
        let Slots { taken, customer: customers, currency: currencies, .. } = &mut self.slots;
        let slots = taken.par_iter().zip(customers.par_iter_mut()).zip(currencies.par_iter_mut());
        slots.with_min_len(1 << 14).for_each(|((taken, of_customer), of_currency)| {
            if *taken != Taken::No {
                *of_customer = customer[*of_customer as usize];
                *of_currency = currency[*of_currency as usize];
            }
        });
    }

    #[inline]
    fn take(&mut self, row: &Row, slot: usize) {
        let s = &mut self.slots;
        s.taken[slot] = if row.is_credit { Taken::Credit } else { Taken::Invoice };
        s.currency[slot] = code_of(&mut self.currencies, row.currency);
        s.issue[slot] = row.issue;
        s.due[slot] = row.due;
        s.amount[slot] = row.amount;
        let optional = [
            (&mut s.known, row.known),
            (&mut s.dispute, row.dispute),
            (&mut s.dispute_closed, row.dispute_closed),
            (&mut s.discount_rate, row.discount.0),
            (&mut s.discount_days, row.discount.1),
            (&mut s.paid, row.paid),
            (&mut s.paid_first, row.paid_first),
        ];
        for (column, day) in optional {
            if let Some(place) = column.get_mut(slot) {
                *place = day;
            }
        }
    }
}

/// The lanes of all threads put together.
pub(super) struct Joined {
    pub customer_id: TextColumn,
    pub currency_code: Vec<Currency>,
    pub keys: Keys,
    pub aside: Aside,
}

impl Joined {
    /// Gives each customer and currency one code in all lanes: that of the first lane, where it has one.
    pub fn of(table: &RawTable, basis: &Basis, mut lanes: Vec<Lane>) -> Self {
        let (mut customers, mut currencies) = (Interner::default(), Vec::new());
        if let Some((first, others)) = lanes.split_first_mut() {
            customers = std::mem::take(&mut first.customers);
            currencies = std::mem::take(&mut first.currencies);
            let codes = others.iter().map(|lane| {
                let customer = lane.customers.texts.iter().map(|text| customers.code(text));
                let currency = lane.currencies.iter().map(|c| code_of(&mut currencies, *c));
                (customer.collect(), currency.collect())
            });
            let codes: Vec<(Vec<u32>, Vec<u16>)> = codes.collect();
            let recode = |(lane, (customer, currency)): (&mut Lane, (Vec<u32>, Vec<u16>))| {
                lane.recode(&customer, &currency)
            };
            others.iter_mut().zip(codes).for_each(recode);
        }
        let mut aside = Aside::strictly(table, basis.strict);
        let mut shares = Vec::with_capacity(lanes.len());
        for lane in lanes {
            shares.push((lane.keys, 0));
            aside.append(lane.aside);
        }
        let keys = Keys::merged(table.n_framed(), shares);
        Self { customer_id: customers.texts, currency_code: currencies, keys, aside }
    }
}
