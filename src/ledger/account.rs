//! One customer's payments, one after another: where each goes that names no single invoice.

use super::allocation::{AccountPayment, Book, Event, Finding, Found, To};
use super::line::Line;
use super::{AccountCredit, NO_VALUE, SettlementKind};
use crate::core::Amount;
use std::collections::{BTreeMap, BTreeSet};

/// A settlement of an invoice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub day: i32,
    pub first: i32,
    pub known: i32,
    pub amount: Amount,
    pub kind: SettlementKind,
    /// As in [`Event`].
    pub method: u32,
}

/// Where a payment without an invoice went.
#[derive(Debug, Clone, Copy)]
struct Placement {
    /// The place of an invoice, or none for what stayed on the account.
    line: Option<u32>,
    amount: Amount,
    payment: u32,
}

/// What became of the payments of one customer.
#[derive(Default)]
pub(super) struct Part {
    pub pieces: Vec<(u32, Piece)>,
    pub credits: Vec<AccountCredit>,
    pub found: Vec<Found>,
}

/// One customer's payments, one after another.
pub(super) struct Sweep<'a> {
    book: &'a Book<'a>,
    customer: usize,
    lines: Vec<Line>,
    /// Places of invoices by the day they become known, and how many have.
    arrivals: Vec<(i32, u32)>,
    arrived: usize,
    is_known: Vec<bool>,
    /// Places of known invoices that have something open, by currency.
    open: BTreeMap<u16, BTreeSet<u32>>,
    /// What is on account, by currency: below zero if it is owed.
    free: BTreeMap<u16, Amount>,
    credits_seen: usize,
    placements: BTreeMap<(To, u16), Vec<Placement>>,
    part: Part,
}

impl<'a> Sweep<'a> {
    pub fn of(book: &'a Book<'a>, customer: usize) -> Self {
        let lines = &book.lines[customer];
        let mut arrivals: Vec<(i32, u32)> = lines.iter().map(|i| book.known(*i)).zip(0..).collect();
        arrivals.sort_unstable();
        Self {
            book,
            customer,
            lines: lines.iter().map(|i| book.line(*i)).collect(),
            arrivals,
            arrived: 0,
            is_known: vec![false; lines.len()],
            open: BTreeMap::new(),
            free: BTreeMap::new(),
            credits_seen: 0,
            placements: BTreeMap::new(),
            part: Part::default(),
        }
    }

    pub fn swept(mut self) -> Part {
        let mut events: Vec<Event> =
            self.book.payments[self.customer].iter().map(|row| self.book.event(*row)).collect();
        events.sort_unstable();
        let is_one_step = |a: &Event, b: &Event| match (a.to, b.to) {
            (To::Line(_), To::Line(_)) => (a.at, a.to, a.known) == (b.at, b.to, b.known),
            _ => false,
        };
        for step in events.chunk_by(is_one_step) {
            self.advance(step[0].at);
            match step[0].to {
                To::Line(place) => self.settle(place, step),
                _ if step[0].is_reversal => self.undo(&step[0]),
                _ => self.spread(&step[0]),
            }
        }
        self.part
    }

    /// Lets in what became known by the end of a day.
    fn advance(&mut self, day: i32) {
        while let Some((_, place)) = self.arrivals.get(self.arrived).filter(|a| a.0 <= day) {
            let place = *place;
            self.is_known[place as usize] = true;
            self.arrived += 1;
            self.keep_open(place);
        }
        let credits = &self.book.credits[self.customer];
        while let Some(credit) = credits.get(self.credits_seen).filter(|c| c.known.max(c.day) <= day) {
            *self.free.entry(credit.currency).or_default() += credit.amount;
            self.credits_seen += 1;
        }
    }

    fn invoice(&self, place: u32) -> u32 {
        self.book.lines[self.customer][place as usize]
    }

    fn currency(&self, place: u32) -> u16 {
        self.book.invoices.currency[self.invoice(place) as usize]
    }

    fn keep_open(&mut self, place: u32) {
        let open = self.open.entry(self.currency(place)).or_default();
        if self.is_known[place as usize] && self.lines[place as usize].open() > Amount::ZERO {
            open.insert(place);
        } else {
            open.remove(&place);
        }
    }

    /// Takes the payments of an invoice that became known on one day.
    fn settle(&mut self, place: u32, events: &[Event]) {
        for event in events {
            let line = &self.lines[place as usize];
            let (net, after) = (line.net(), line.net().0.saturating_add(event.amount.0));
            let finding = if event.is_reversal && after < 0 {
                Some(Finding::OverPaid(net.max(Amount::ZERO)))
            } else if !event.is_reversal && event.kind != SettlementKind::Credit && after > line.amount.0 {
                Some(Finding::OverOpen((line.amount - net).max(Amount::ZERO)))
            } else {
                None
            };
            if finding.is_none_or(|what| self.is_let_through(event.row, what)) {
                self.take(place, event, event.amount);
            }
        }
        let day = events.iter().map(|e| e.day).max().unwrap_or_default();
        let first = events.iter().map(|e| e.first).max().unwrap_or_default();
        self.give(place, (day, first), events[0].known);
    }

    /// Notes what was found; whether the payment is taken all the same.
    fn is_let_through(&mut self, row: u32, what: Finding) -> bool {
        self.part.found.push(Found { row, what });
        !self.book.how.refuse
    }

    /// An amount of an event to or from an invoice.
    fn take(&mut self, place: u32, event: &Event, amount: Amount) {
        let taken = self.lines[place as usize].take(amount, event.day, event.kind);
        let known = if matches!(event.to, To::Line(_)) { event.known } else { event.at };
        let Event { day, first, kind, method, .. } = *event;
        let piece = Piece { day, first, known, amount: taken.settled, kind, method };
        self.write(place, piece);
        self.credit(self.currency(place), event, taken.on_account);
    }

    fn write(&mut self, place: u32, piece: Piece) {
        if piece.amount != Amount::ZERO {
            self.part.pieces.push((self.invoice(place), piece));
        }
    }

    /// What follows from payments on `day`, or on a day from `first` on.
    fn give(&mut self, place: u32, (day, first): (i32, i32), known: i32) {
        if self.lines[place as usize].is_lenient() {
            for (kind, amount) in self.lines[place as usize].give() {
                self.write(place, Piece { day, first, known, amount, kind, method: NO_VALUE });
            }
        }
        self.keep_open(place);
    }

    fn credit(&mut self, currency: u16, event: &Event, amount: Amount) {
        if amount != Amount::ZERO {
            *self.free.entry(currency).or_default() += amount;
            let customer = self.customer as u32;
            let credit = AccountCredit { customer, currency, day: event.day, known: event.at, amount };
            self.part.credits.push(credit);
        }
    }

    /// The currency of a payment that names no single invoice, and the code of its id.
    fn account(&self, event: &Event) -> (u16, u32) {
        let rows = self.book.rows;
        let AccountPayment { currency, payment, .. } = rows.account[event.row as usize - rows.invoice.len()];
        let of_invoices = || match event.to {
            To::Document(d) => {
                let first = self.book.documents[d as usize].first();
                first.map(|i| self.book.invoices.currency[*i as usize])
            }
            // every known invoice has left its currency here
            _ if self.open.len() == 1 => self.open.keys().next().copied(),
            _ => None,
        };
        (currency.or_else(of_invoices).unwrap_or(rows.account_currency), payment)
    }

    /// The first invoice, oldest due first, that a payment may settle.
    fn oldest(&self, event: &Event, currency: u16) -> Option<u32> {
        match event.to {
            To::Document(d) => {
                let mut places = self.book.documents[d as usize].iter().map(|i| self.book.place[*i as usize]);
                let open = self.open.get(&currency)?;
                places.find(|place| open.contains(place))
            }
            _ if self.book.how.oldest_due_first => self.open.get(&currency)?.first().copied(),
            _ => None,
        }
    }

    /// A payment to the open invoices; the rest stays on the account.
    fn spread(&mut self, event: &Event) {
        let (currency, payment) = self.account(event);
        if let To::Document(d) = event.to {
            let places = self.book.documents[d as usize].iter().map(|i| self.book.place[*i as usize]);
            let known = places.filter(|place| self.is_known[*place as usize]);
            let open: Amount = known.map(|place| self.lines[place as usize].open()).sum();
            let is_over = event.amount > open && event.kind != SettlementKind::Credit;
            if is_over && !self.is_let_through(event.row, Finding::OverOpen(open)) {
                return;
            }
        }
        let mut rest = event.amount;
        let placed = |line, amount| Placement { line, amount, payment };
        if event.to == To::Account {
            let owed = -self.free.get(&currency).copied().unwrap_or_default().min(Amount::ZERO);
            rest -= owed.min(rest);
            self.stay(event, currency, placed(None, event.amount - rest));
        }
        while rest > Amount::ZERO
            && let Some(place) = self.oldest(event, currency)
        {
            let amount = rest.min(self.lines[place as usize].open());
            self.take(place, event, amount);
            self.give(place, (event.day, event.first), event.at);
            self.placements.entry((event.to, currency)).or_default().push(placed(Some(place), amount));
            rest -= amount;
        }
        self.stay(event, currency, placed(None, rest));
    }

    /// What stays on the account.
    fn stay(&mut self, event: &Event, currency: u16, placement: Placement) {
        if placement.amount > Amount::ZERO {
            self.credit(currency, event, placement.amount);
            self.placements.entry((event.to, currency)).or_default().push(placement);
        }
    }

    /// A reversal that names no invoice.
    fn undo(&mut self, event: &Event) {
        let (currency, payment) = self.account(event);
        let mut placements = self.placements.remove(&(event.to, currency)).unwrap_or_default();
        let free = self.free.get(&currency).copied().unwrap_or_default().max(Amount::ZERO);
        let placed = |p: &Placement| if p.line.is_some() { p.amount } else { Amount::ZERO };
        let paid = free + placements.iter().map(placed).sum();
        let wanted = -event.amount;
        if wanted <= paid || self.is_let_through(event.row, Finding::OverPaid(paid)) {
            let mut rest = wanted;
            let is_same = |p: &Placement| payment != 0 && p.payment == payment;
            for p in placements.iter_mut().rev().filter(|p| is_same(p)) {
                self.undo_placement(p, event, currency, &mut rest);
            }
            let free = self.free.get(&currency).copied().unwrap_or_default();
            let from_account = rest.min(free.max(Amount::ZERO));
            self.credit(currency, event, -from_account);
            rest -= from_account;
            for p in placements.iter_mut().rev().filter(|p| p.line.is_some()) {
                self.undo_placement(p, event, currency, &mut rest);
            }
            self.credit(currency, event, -rest);
        }
        placements.retain(|p| p.amount > Amount::ZERO);
        self.placements.insert((event.to, currency), placements);
    }

    fn undo_placement(&mut self, p: &mut Placement, event: &Event, currency: u16, rest: &mut Amount) {
        let amount = p.amount.min(*rest);
        if amount == Amount::ZERO {
            return;
        }
        match p.line {
            Some(place) => {
                self.take(place, event, -amount);
                self.give(place, (event.day, event.first), event.at);
            }
            None => self.credit(currency, event, -amount),
        }
        p.amount -= amount;
        *rest -= amount;
    }
}
