//! One customer, day by day.

use super::Plan;
use super::calendar::Calendar;
use super::draw::{between, days_until, happens, normal};
use super::hazard::{DayHazard, Regime};
use super::payer::Payer;
use super::table::{Channel, ContactTable, InvoiceKind, InvoiceTable, Outcome, PaymentTable};
use super::truth::Fates;
use crate::core::{Amount, Day};
use crate::ledger::{NEVER, SettlementKind};
use crate::numeric::{Rng, rng};
use rand::RngExt;
use std::fmt::Write;

/// Days after issue in which an invoice may be disputed.
pub(super) const DISPUTABLE_DAYS: i32 = 30;
/// Probability a day that an open dispute is closed, and that the whole invoice is then credited.
pub(super) const DISPUTE_CLOSES: f64 = 0.04;
pub(super) const DISPUTE_CREDITED: f64 = 0.25;
/// Probability a business day that what a short payment left is credited or written off.
pub(super) const REST_CLEARED: f64 = 0.05;
/// Share of such rests that are written off.
const REST_WRITTEN_OFF: f64 = 0.3;
/// Days during which a contact works.
pub(super) const CONTACT_DAYS: i32 = 14;
/// Share of unpaid invoices that are written off, at the end of the month 240 days after they fell due.
const WRITTEN_OFF_SHARE: f64 = 0.8;
const WRITE_OFF_DAYS: i32 = 240;
/// Longest time from a payment to its record, and the share that takes any.
const BACKDATED_DAYS: i32 = 5;
const BACKDATED_SHARE: f64 = 0.02;
/// A customer is contacted once a week at most, from this many days past due.
const CONTACT_FROM_DAYS: i32 = 3;
const CONTACT_EVERY_DAYS: i32 = 7;
/// Probability a business day that one who may be contacted is.
const CONTACT_PROB: f64 = 0.12;
/// Log-odds that a reminder adds to each day's payment of what is overdue.
pub const REMINDER_EFFECT: f64 = 0.25;
/// The same of a call that reaches somebody.
pub const CALL_EFFECT: f64 = 0.6;
/// Under selective contacts, by how much likelier one is for each log-odds that a payer's peak lies below the usual.
const SELECTION: f64 = 1.2;
/// The usual peak.
const USUAL_PEAK: f64 = -1.0;
/// Days past due for which a payer's log-odds are tabulated.
const TABLE: std::ops::Range<i32> = -90..330;

/// What a few customers left behind; rows of invoices are counted from the part's first.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub invoices: InvoiceTable,
    pub notes: InvoiceTable,
    pub payments: PaymentTable,
    pub contacts: ContactTable,
    /// Log-odds that each contact added.
    pub effects: Vec<f64>,
    pub fates: Fates,
    pub payers: Vec<Payer>,
    /// `[n_customers, months]`
    pub regimes: Vec<Regime>,
}

/// An invoice that is not settled.
struct Open {
    row: usize,
    issue: i32,
    due: i32,
    open: Amount,
    /// The invoice's own part of the log-odds.
    size_eta: f64,
    n_instalments: u8,
    /// Instalments to come.
    left: u8,
    /// Whether only the rest of a short payment is open.
    short: bool,
    /// Day on which it is disputed if it is open then.
    dispute: i32,
    /// Day on which its dispute is closed.
    blocked_until: i32,
    part_credit: i32,
    write_off: i32,
}

struct Walk<'a> {
    plan: &'a Plan,
    calendar: &'a Calendar,
    payer: &'a Payer,
    customer: u32,
    end: i32,
    rng: Rng,
    usual: Vec<f64>,
    open: Vec<Open>,
    n_invoices: u32,
    n_notes: u32,
    n_payments: u32,
    last_contact: i32,
    effect: f64,
    id: String,
    part: &'a mut Part,
}

/// Target of the next instalment in days before the due date: the last one is due on the due date.
pub(super) fn instalment_lead_days(left: u8, terms_days: i32) -> i32 {
    let gap = if terms_days >= 45 { 14 } else { 7 };
    (i32::from(left) - 1) * gap
}

/// Simulates customer `k` from its first month to the end of the plan.
pub(super) fn walk(plan: &Plan, calendar: &Calendar, k: u32, part: &mut Part) {
    let payer = Payer::draw(plan, k);
    let mut walk = Walk {
        plan,
        calendar,
        payer: &payer,
        customer: k,
        end: plan.end().0,
        rng: rng(plan.seed, "walk", u64::from(k)),
        usual: TABLE.map(|d| payer.timing.usual(d)).collect(),
        open: Vec::new(),
        n_invoices: 0,
        n_notes: 0,
        n_payments: 0,
        last_contact: i32::MIN / 2,
        effect: 0.0,
        id: String::new(),
        part,
    };
    walk.months();
    part.payers.push(payer);
}

impl Walk<'_> {
    fn months(&mut self) {
        let law = &self.payer.timing.stress;
        let transitions = law.transitions();
        let stressed = happens(&mut self.rng, law.stress_share());
        let mut regime = if stressed { Regime::Stress } else { Regime::Normal };
        let mut orders = Vec::new();
        for m in 0..self.plan.months {
            if m > self.payer.first_month {
                regime = self.next(regime, &transitions);
            }
            self.part.regimes.push(regime);
            if m >= self.payer.first_month {
                orders.clear();
                if regime != Regime::Failed {
                    self.payer.trade.issue_days(&mut self.rng, self.calendar, m as usize, &mut orders);
                }
                self.month(m as usize, regime, &orders);
            }
        }
    }

    fn next(&mut self, regime: Regime, transitions: &[[f64; 3]; 3]) -> Regime {
        let [normal, stress, _] = transitions[regime as usize];
        if normal >= 1.0 {
            return regime;
        }
        let u = self.rng.random::<f64>();
        if u < normal {
            Regime::Normal
        } else if u < normal + stress {
            Regime::Stress
        } else {
            Regime::Failed
        }
    }

    fn month(&mut self, m: usize, regime: Regime, orders: &[usize]) {
        let mut orders = orders.iter().peekable();
        for t in self.calendar.month_start[m]..self.calendar.month_start[m + 1] {
            if !self.open.is_empty() {
                let hazard = self.payer.timing.on(self.calendar, t, self.payer.first_month, regime);
                let day = self.calendar.day(t).0;
                let mut open = std::mem::take(&mut self.open);
                open.retain_mut(|o| !self.settles(o, t, day, hazard));
                self.open = open;
            }
            while orders.next_if(|&&order| order == t).is_some() {
                self.issue(self.calendar.day(t).0);
            }
            if self.plan.contacts && self.calendar.business[t] && !self.open.is_empty() {
                self.contact(self.calendar.day(t).0, regime);
            }
        }
    }

    /// What happens to an open invoice on a day, in the order in which [`super::Truth`] adds it up; whether that
    /// settles it.
    fn settles(&mut self, o: &mut Open, t: usize, day: i32, hazard: DayHazard) -> bool {
        if day == o.write_off {
            return self.clear(o, day, SettlementKind::WriteOff);
        }
        if day == o.dispute && !o.short {
            self.dispute(o, day);
        }
        if day < o.blocked_until {
            return false;
        }
        if day == o.blocked_until && happens(&mut self.rng, DISPUTE_CREDITED) {
            return self.clear(o, day, SettlementKind::Credit);
        }
        if o.short {
            return self.calendar.business[t]
                && happens(&mut self.rng, REST_CLEARED)
                && self.clears_rest(o, day);
        }
        if day == o.part_credit {
            self.part_credit(o, day);
        }
        let days_past_due = day - o.due + instalment_lead_days(o.left, o.due - o.issue);
        let contacted = day > o.due && day <= self.last_contact + CONTACT_DAYS;
        let own =
            self.reach(days_past_due, day - o.issue) + o.size_eta + if contacted { self.effect } else { 0.0 };
        happens(&mut self.rng, hazard.prob(own)) && self.pays(o, day)
    }

    fn reach(&self, days_past_due: i32, age_days: i32) -> f64 {
        match self.usual.get((days_past_due - TABLE.start) as usize) {
            Some(&usual) => self.payer.timing.with_discount(usual, age_days),
            None => self.payer.timing.reach(days_past_due, age_days),
        }
    }

    fn dispute(&mut self, o: &mut Open, day: i32) {
        o.blocked_until = day + days_until(&mut self.rng, DISPUTE_CLOSES).unwrap_or(1);
        self.part.invoices.dispute[o.row] = day;
        if o.blocked_until <= self.end {
            self.part.invoices.dispute_closed[o.row] = o.blocked_until;
        }
    }

    /// The next instalment is paid, or all that is left; whether nothing stays open.
    fn pays(&mut self, o: &mut Open, day: i32) -> bool {
        let trade = &self.payer.trade;
        let coin = trade.tender.coin;
        if o.left > 1 {
            let share = Amount(self.part.invoices.amount[o.row].0 / i64::from(o.n_instalments) / coin * coin);
            if share > Amount::ZERO && share < o.open {
                self.settle(o, day, share, SettlementKind::Cash);
            }
            o.left -= 1;
            self.part.fates.step(o.row, day);
            return false;
        }
        if happens(&mut self.rng, trade.short_prob) {
            let rest = trade.rounded(o.open.to_f64() * between(&mut self.rng, 0.01, 0.06));
            if rest < o.open {
                self.settle(o, day, o.open - rest, SettlementKind::Cash);
            }
            o.short = true;
            self.part.fates.step(o.row, day);
            return false;
        }
        if let Some(days) = self.payer.timing.discount_days
            && day - o.issue <= days
        {
            let rate = trade.discount.map_or(0.0, |d| d.rate);
            let taken = trade.rounded(o.open.to_f64() * rate);
            if taken < o.open {
                self.settle(o, day, taken, SettlementKind::Discount);
            }
        } else if happens(&mut self.rng, trade.over_prob) {
            return self.overpays(o, day);
        }
        self.clear(o, day, SettlementKind::Cash)
    }

    /// One half pays twice, the other rounds up to whole units: never more than twice what is open.
    fn overpays(&mut self, o: &Open, day: i32) -> bool {
        let twice = happens(&mut self.rng, 0.5);
        let whole = Amount::from_f64(o.open.to_f64().ceil()).unwrap_or(o.open).min(o.open + o.open);
        let amount = if twice { o.open + o.open } else { whole.max(o.open) };
        self.payment(o.row, day, amount, SettlementKind::Cash);
        self.part.fates.settled[o.row] = day;
        true
    }

    fn clears_rest(&mut self, o: &mut Open, day: i32) -> bool {
        let written_off = happens(&mut self.rng, REST_WRITTEN_OFF);
        self.clear(o, day, if written_off { SettlementKind::WriteOff } else { SettlementKind::Credit })
    }

    fn part_credit(&mut self, o: &mut Open, day: i32) {
        let part = self.payer.trade.rounded(o.open.to_f64() * between(&mut self.rng, 0.05, 0.3));
        if part < o.open {
            self.settle(o, day, part, SettlementKind::Credit);
        }
    }

    /// Settles all that is open.
    fn clear(&mut self, o: &mut Open, day: i32, kind: SettlementKind) -> bool {
        self.settle(o, day, o.open, kind);
        self.part.fates.settled[o.row] = day;
        true
    }

    fn settle(&mut self, o: &mut Open, day: i32, amount: Amount, kind: SettlementKind) {
        self.payment(o.row, day, amount, kind);
        o.open -= amount;
    }

    fn payment(&mut self, row: usize, day: i32, amount: Amount, kind: SettlementKind) {
        let backdated = self.plan.backdated && happens(&mut self.rng, BACKDATED_SHARE);
        let recorded = if backdated { day + self.rng.random_range(1..=BACKDATED_DAYS) } else { day };
        self.id.clear();
        let _ = write!(self.id, "P{:07}-{:05}", self.customer, self.n_payments);
        self.n_payments += 1;
        let payments = &mut self.part.payments;
        payments.payment_id.push(&self.id);
        payments.invoice.push(row as u32);
        payments.day.push(day);
        payments.recorded.push(if recorded > self.end { day } else { recorded });
        payments.amount.push(amount);
        payments.kind.push(kind);
    }

    fn issue(&mut self, day: i32) {
        let trade = &self.payer.trade;
        let rng = &mut self.rng;
        let z = normal(rng, 0.0, 1.0);
        let amount = trade.amount_at(z);
        let terms = trade.terms_days[usize::from(happens(rng, trade.second_terms_prob))];
        let due = day + terms;
        let instalments = z > 0.0 && happens(rng, trade.instalment_prob);
        let n_instalments = if instalments { rng.random_range(2..=3) } else { 1 };
        let dispute =
            days_until(rng, trade.dispute_prob).filter(|&d| d <= DISPUTABLE_DAYS).map_or(NEVER, |d| day + d);
        let credited = happens(rng, trade.part_credit_prob);
        let part_credit = if credited { day + rng.random_range(2..=10) } else { NEVER };
        let written_off = self.plan.stress && happens(rng, WRITTEN_OFF_SHARE);
        let write_off = if written_off { Day(due + WRITE_OFF_DAYS).month_end().0 } else { NEVER };
        let size_eta = (-self.payer.timing.size_effect * trade.amount_spread * z) as f32;
        let noted = happens(rng, trade.credit_note_prob);

        let row = self.part.invoices.len();
        self.part.fates.push(size_eta, n_instalments, write_off);
        self.open.push(Open {
            row,
            issue: day,
            due,
            open: amount,
            size_eta: f64::from(size_eta),
            n_instalments,
            left: n_instalments,
            short: false,
            dispute,
            blocked_until: i32::MIN,
            part_credit,
            write_off,
        });
        self.n_invoices += 1;
        self.row('I', self.n_invoices, InvoiceKind::Invoice, (day, due), amount);
        if noted {
            let share = between(&mut self.rng, 0.05, 0.4);
            let amount = self.payer.trade.rounded(self.payer.trade.amount * share);
            self.n_notes += 1;
            self.row('N', self.n_notes, InvoiceKind::CreditNote, (day, day), amount);
        }
    }

    fn row(
        &mut self,
        letter: char,
        number: u32,
        kind: InvoiceKind,
        (issue, due): (i32, i32),
        amount: Amount,
    ) {
        self.id.clear();
        let _ = write!(self.id, "{letter}{:07}-{number:05}", self.customer);
        let note = kind == InvoiceKind::CreditNote;
        let discount = self.payer.trade.discount.filter(|_| !note);
        let table = if note { &mut self.part.notes } else { &mut self.part.invoices };
        table.invoice_id.push(&self.id);
        table.customer.push(self.customer);
        table.currency.push(self.payer.trade.currency);
        table.issue.push(issue);
        table.due.push(due);
        table.amount.push(amount);
        table.kind.push(kind);
        table.dispute.push(NEVER);
        table.dispute_closed.push(NEVER);
        table.discount_rate.push(discount.map_or(0.0, |d| d.rate));
        table.discount_days.push(discount.map_or(0, |d| d.days));
    }

    /// Who has been overdue for some days may get a reminder, later a call; it works from the next day on.
    fn contact(&mut self, day: i32, regime: Regime) {
        if day < self.last_contact + CONTACT_EVERY_DAYS {
            return;
        }
        let overdue = |o: &&Open| o.due + CONTACT_FROM_DAYS <= day && o.blocked_until <= day;
        let Some(oldest) = self.open.iter().filter(overdue).min_by_key(|o| (o.due, o.row)) else { return };
        let rng = &mut self.rng;
        let is_selective = self.plan.selective;
        let slowness = if is_selective { USUAL_PEAK - self.payer.timing.peak } else { 0.0 };
        if !happens(rng, (CONTACT_PROB * (SELECTION * slowness).exp()).min(0.6)) {
            return;
        }
        let by_phone = happens(rng, if day - oldest.due > 14 { 0.6 } else { 0.15 });
        let answers = match regime {
            _ if is_selective => 1.0,
            Regime::Failed => 0.05,
            _ => 0.7,
        };
        let outcome = match by_phone {
            false => Outcome::Sent,
            true if !happens(rng, answers) => Outcome::NoAnswer,
            true if happens(rng, 0.4) => Outcome::Promise,
            true => Outcome::Reached,
        };
        let promised = outcome == Outcome::Promise;
        let promise_day = if promised { day + rng.random_range(3..=12) } else { NEVER };
        let contacts = &mut self.part.contacts;
        contacts.customer.push(self.customer);
        contacts.day.push(day);
        contacts.channel.push(if by_phone { Channel::Phone } else { Channel::Email });
        contacts.invoice.push(oldest.row as u32);
        contacts.outcome.push(outcome);
        contacts.promise_day.push(promise_day);
        contacts.promise_amount.push(if promised { oldest.open } else { Amount::ZERO });
        self.last_contact = day;
        self.effect = match outcome {
            Outcome::Sent => REMINDER_EFFECT,
            Outcome::NoAnswer => 0.0,
            Outcome::Reached | Outcome::Promise => CALL_EFFECT,
        };
        self.part.effects.push(self.effect);
    }
}
