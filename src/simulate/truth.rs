//! What the simulation knows and a ledger does not: each payer's parameters, and the probability of every future.

use super::Plan;
use super::calendar::Calendar;
use super::hazard::{DayHazard, Regime};
use super::payer::Payer;
use super::table::{ContactTable, InvoiceTable, is_set};
use super::walk::{
    CONTACT_DAYS, DISPUTABLE_DAYS, DISPUTE_CLOSES, DISPUTE_CREDITED, REST_CLEARED, instalment_lead_days,
};
use crate::core::Day;
use crate::ledger::NEVER;

/// Per invoice, what the tables do not say.
#[derive(Debug, Clone, Default)]
pub(super) struct Fates {
    pub size_eta: Vec<f32>,
    pub n_instalments: Vec<u8>,
    pub write_off: Vec<i32>,
    pub settled: Vec<i32>,
    /// Invoice and day of each instalment and short payment that left something open, by invoice.
    pub steps: Vec<(u32, i32)>,
}

impl Fates {
    pub fn push(&mut self, size_eta: f32, n_instalments: u8, write_off: i32) {
        self.size_eta.push(size_eta);
        self.n_instalments.push(n_instalments);
        self.write_off.push(write_off);
        self.settled.push(NEVER);
    }

    pub fn step(&mut self, invoice: usize, day: i32) {
        self.steps.push((invoice as u32, day));
    }

    pub fn append(&mut self, mut from: Self, first_invoice: u32) {
        self.size_eta.append(&mut from.size_eta);
        self.n_instalments.append(&mut from.n_instalments);
        self.write_off.append(&mut from.write_off);
        self.settled.append(&mut from.settled);
        from.steps.sort_unstable();
        self.steps.extend(from.steps.into_iter().map(|(i, day)| (i + first_invoice, day)));
    }
}

/// The true probabilities behind a simulated ledger.
///
/// Invoices are named by their row in [`InvoiceTable`]; it is also their row in the [`crate::ledger::Ledger`]. The
/// state at `as_of` is the true one: the regime the payer is in, instalments to come, an open dispute, the last
/// contact. From there every future is added up: regimes by their Markov chain, disputes opened and closed,
/// instalments, short payments and the clearing of their rests, write-offs. The portfolio's drift is a parameter, not
/// a chance. Contacts after `as_of` are left out; they can hasten overdue invoices only, so that [`Truth::late_prob`]
/// is exact with contacts and [`Truth::survival`] past the due date is in a plan without. A payment counts from the
/// day it was made, even if it was recorded later.
#[derive(Debug, Clone)]
pub struct Truth {
    pub(super) calendar: Calendar,
    pub(super) months: usize,
    pub(super) payers: Vec<Payer>,
    pub(super) regimes: Vec<Regime>,
    pub(super) customer: Vec<u32>,
    pub(super) issue: Vec<i32>,
    pub(super) due: Vec<i32>,
    pub(super) dispute: Vec<i32>,
    pub(super) dispute_closed: Vec<i32>,
    pub(super) fates: Fates,
    pub(super) contact_customer: Vec<u32>,
    pub(super) contact_day: Vec<i32>,
    pub(super) contact_effect: Vec<f64>,
}

/// Where a dispute stands.
const UNDISPUTED: usize = 0;
const DISPUTED: usize = 1;
const CLOSED: usize = 2;

/// A contact and the days on which it counts.
#[derive(Debug, Clone, Copy)]
struct Working {
    log_odds: f64,
    first: i32,
    last: i32,
}

/// Probability of each state of one invoice.
#[derive(Default)]
struct Mass {
    /// `[regime, instalments to come - 1, dispute]`
    open: [[[f64; 3]; 3]; 3],
    /// Only the rest of a short payment is open.
    rest: f64,
}

impl Mass {
    fn total(&self) -> f64 {
        self.rest + self.open.iter().flatten().flatten().sum::<f64>()
    }

    /// A month begins: regimes change.
    fn turn_month(&mut self, transitions: &[[f64; 3]; 3]) {
        let before = self.open;
        for (to, after) in self.open.iter_mut().enumerate() {
            for (left, cell) in after.iter_mut().enumerate() {
                for (dispute, mass) in cell.iter_mut().enumerate() {
                    *mass = (0..3).map(|from| before[from][left][dispute] * transitions[from][to]).sum();
                }
            }
        }
    }
}

impl Truth {
    pub(super) fn new(plan: &Plan, calendar: Calendar) -> Self {
        Self {
            calendar,
            months: plan.months as usize,
            payers: Vec::new(),
            regimes: Vec::new(),
            customer: Vec::new(),
            issue: Vec::new(),
            due: Vec::new(),
            dispute: Vec::new(),
            dispute_closed: Vec::new(),
            fates: Fates::default(),
            contact_customer: Vec::new(),
            contact_day: Vec::new(),
            contact_effect: Vec::new(),
        }
    }

    /// Copies what the recursion needs; `invoices` holds no credit note.
    pub(super) fn take_tables(&mut self, invoices: &InvoiceTable, contacts: &ContactTable) {
        self.customer.clone_from(&invoices.customer);
        self.issue.clone_from(&invoices.issue);
        self.due.clone_from(&invoices.due);
        self.dispute.clone_from(&invoices.dispute);
        self.dispute_closed.clone_from(&invoices.dispute_closed);
        self.contact_customer.clone_from(&contacts.customer);
        self.contact_day.clone_from(&contacts.day);
    }

    /// Number of invoices.
    pub fn n_invoices(&self) -> usize {
        self.issue.len()
    }

    /// A customer's true parameters, by its row in the customers' table.
    pub fn payer(&self, customer: usize) -> &Payer {
        &self.payers[customer]
    }

    /// The payer of an invoice.
    pub fn payer_of(&self, invoice: usize) -> &Payer {
        &self.payers[self.customer[invoice] as usize]
    }

    /// How the payer of an invoice is doing on a day of the plan; before and after it, as at the plan's ends.
    pub fn regime(&self, invoice: usize, day: Day) -> Regime {
        let months = &self.calendar.month;
        let t = (day.0 - self.calendar.start).clamp(0, months.len() as i32 - 1) as usize;
        let month = usize::from(months[t]).min(self.months - 1);
        self.regimes[self.customer[invoice] as usize * self.months + month]
    }

    /// The day on which an invoice was settled in full, if it was.
    pub fn settled(&self, invoice: usize) -> Option<Day> {
        let day = self.fates.settled[invoice];
        is_set(day).then_some(Day(day))
    }

    /// The day on which an invoice that is still open then is given up, if it ever is.
    pub fn write_off_day(&self, invoice: usize) -> Option<Day> {
        let day = self.fates.write_off[invoice];
        is_set(day).then_some(Day(day))
    }

    /// Whether an invoice was issued, and not settled in full, by the end of `as_of`.
    pub fn is_open(&self, invoice: usize, as_of: Day) -> bool {
        self.issue[invoice] <= as_of.0 && as_of.0 < self.fates.settled[invoice]
    }

    /// Probability that an invoice is not fully settled by the end of its due date, given that it is open at `as_of`.
    ///
    /// 1 from the due date on; `None` if the invoice is not open at `as_of`.
    ///
    /// ```
    /// use arrears::simulate::{Plan, simulate};
    /// let truth = simulate(&Plan::plain(3, 6, 1)).truth;
    /// let issued = truth.issue_day(0);
    /// let late = truth.late_prob(0, issued).unwrap();
    /// assert!(0.0 < late && late < 1.0);
    /// assert_eq!(truth.late_prob(0, issued.plus(-1)), None);
    /// ```
    pub fn late_prob(&self, invoice: usize, as_of: Day) -> Option<f64> {
        let days = (self.due[invoice] - as_of.0).max(0);
        self.survival(invoice, as_of, days as usize).and_then(|s| s.last().copied())
    }

    /// Probability that an invoice that is open at `as_of` is still open `0..=days` days later.
    ///
    /// `S[0] = 1`; each day the mass of every state (regime, instalments to come, dispute, short payment) moves on by
    /// that day's probabilities, and what is settled leaves. `None` if the invoice is not open at `as_of`, or `as_of`
    /// lies outside the plan. The curve ends early two years after the plan.
    ///
    /// Source: the forward recursion of a discrete Markov chain.
    pub fn survival(&self, invoice: usize, as_of: Day, days: usize) -> Option<Vec<f64>> {
        self.curve(invoice, as_of, days, &[self.contact_at(invoice, as_of)])
    }

    /// [`Truth::survival`] if the customer is contacted on `day`, at or after `as_of`: from the next day on the log-odds of
    /// that contact count for as long as a contact works, and those of one before do no more.
    pub fn survival_after_contact(
        &self,
        invoice: usize,
        as_of: Day,
        days: usize,
        day: Day,
        log_odds: f64,
    ) -> Option<Vec<f64>> {
        let before = self.contact_at(invoice, as_of);
        let until = Working { last: before.last.min(day.0), ..before };
        let then = Working { log_odds, first: day.0 + 1, last: day.0 + CONTACT_DAYS };
        self.curve(invoice, as_of, days, &[until, then])
    }

    fn curve(&self, invoice: usize, as_of: Day, days: usize, contacts: &[Working]) -> Option<Vec<f64>> {
        let t = usize::try_from(as_of.0 - self.calendar.start).ok()?;
        if !self.is_open(invoice, as_of) || usize::from(*self.calendar.month.get(t)?) >= self.months {
            return None;
        }
        let transitions = self.payer_of(invoice).timing.stress.transitions();
        let mut mass = self.state(invoice, as_of);
        let mut curve = vec![1.0];
        for t in t + 1..(t + 1 + days).min(self.calendar.len()) {
            if self.calendar.begins_month(t) {
                mass.turn_month(&transitions);
            }
            self.pass_day(invoice, t, contacts, &mut mass);
            curve.push(mass.total().clamp(0.0, 1.0));
        }
        Some(curve)
    }

    /// First day of an invoice.
    pub fn issue_day(&self, invoice: usize) -> Day {
        Day(self.issue[invoice])
    }

    /// Due date of an invoice.
    pub fn due_day(&self, invoice: usize) -> Day {
        Day(self.due[invoice])
    }

    /// All in the one state of `as_of`.
    fn state(&self, invoice: usize, as_of: Day) -> Mass {
        let steps = &self.fates.steps;
        let first = steps.partition_point(|s| s.0 < invoice as u32);
        let mine = steps[first..].iter().take_while(|s| s.0 == invoice as u32);
        let paid = mine.filter(|s| s.1 <= as_of.0).count();
        let left = usize::from(self.fates.n_instalments[invoice]) - paid;
        let mut mass = Mass::default();
        if left == 0 {
            mass.rest = 1.0;
        } else {
            let dispute = match (self.dispute[invoice] <= as_of.0, self.dispute_closed[invoice] <= as_of.0) {
                (false, _) => UNDISPUTED,
                (true, false) => DISPUTED,
                (true, true) => CLOSED,
            };
            mass.open[self.regime(invoice, as_of) as usize][left - 1][dispute] = 1.0;
        }
        mass
    }

    /// The customer's last contact up to `as_of`.
    fn contact_at(&self, invoice: usize, as_of: Day) -> Working {
        let customer = self.customer[invoice];
        let first = self.contact_customer.partition_point(|&c| c < customer);
        let mine = self.contact_customer[first..].iter().take_while(|&&c| c == customer).count();
        match self.contact_day[first..first + mine].partition_point(|&d| d <= as_of.0) {
            0 => Working { log_odds: 0.0, first: i32::MAX, last: i32::MIN },
            n => {
                let made = self.contact_day[first + n - 1];
                let log_odds = self.contact_effect[first + n - 1];
                Working { log_odds, first: made + 1, last: made + CONTACT_DAYS }
            }
        }
    }

    /// One day of the recursion, in the order in which the simulation takes its steps.
    fn pass_day(&self, invoice: usize, t: usize, contacts: &[Working], mass: &mut Mass) {
        let (day, due) = (self.calendar.day(t).0, self.due[invoice]);
        if day == self.fates.write_off[invoice] {
            *mass = Mass::default();
            return;
        }
        let payer = self.payer_of(invoice);
        let age = day - self.issue[invoice];
        let opens = if age <= DISPUTABLE_DAYS { payer.trade.dispute_prob } else { 0.0 };
        let working = contacts.iter().filter(|c| day > due && (c.first..=c.last).contains(&day));
        let contact: f64 = working.map(|c| c.log_odds).sum();
        let own = f64::from(self.fates.size_eta[invoice]) + contact;
        if self.calendar.business[t] {
            mass.rest *= 1.0 - REST_CLEARED;
        }
        for regime in Regime::ALL {
            let hazard = payer.timing.on(&self.calendar, t, payer.first_month, regime);
            let states = &mut mass.open[regime as usize];
            for left in 1..=states.len() {
                if states[left - 1].iter().all(|&m| m == 0.0) {
                    continue;
                }
                let past_due = day - due + instalment_lead_days(left as u8, due - self.issue[invoice]);
                let paid = pay(&mut states[left - 1], opens, hazard, own + payer.timing.reach(past_due, age));
                if left > 1 {
                    (0..3).for_each(|dispute| states[left - 2][dispute] += paid[dispute]);
                } else {
                    mass.rest += payer.trade.short_prob * paid.iter().sum::<f64>();
                }
            }
        }
    }
}

/// Disputes are opened and closed, then what is not disputed may be paid; what was, by dispute.
fn pay(state: &mut [f64; 3], opens: f64, hazard: DayHazard, own: f64) -> [f64; 3] {
    let (opened, closed) = (state[UNDISPUTED] * opens, state[DISPUTED] * DISPUTE_CLOSES);
    state[UNDISPUTED] -= opened;
    state[DISPUTED] += opened - closed;
    state[CLOSED] += closed * (1.0 - DISPUTE_CREDITED);
    let prob = hazard.prob(own);
    let paid = [state[UNDISPUTED] * prob, 0.0, state[CLOSED] * prob];
    state[UNDISPUTED] -= paid[UNDISPUTED];
    state[CLOSED] -= paid[CLOSED];
    paid
}

#[cfg(test)]
mod tests {
    use super::super::{Plan, simulate};
    use super::*;

    #[test]
    fn a_plain_survival_is_the_product_of_the_days() {
        let truth = simulate(&Plan::plain(2, 6, 11)).truth;
        let (issue, payer) = (truth.issue_day(0), truth.payer_of(0));
        let curve = truth.survival(0, issue, 40).unwrap();
        let mut s = 1.0;
        for (k, &open) in curve.iter().enumerate().skip(1) {
            let day = issue.plus(k as i32);
            let weekday = truth.calendar.weekday[(day.0 - truth.calendar.start) as usize];
            let eta = payer.timing.peak + super::super::ramp(day.0 - truth.due_day(0).0, 0.0, 5.0) + weekday;
            s *= 1.0 - crate::numeric::logistic(eta);
            assert!((open - s).abs() < 1e-12, "day {k}");
        }
    }

    #[test]
    fn disputed_mass_waits_and_a_quarter_of_what_is_closed_is_credited() {
        let mut state = [0.5, 0.5, 0.0];
        let paid = pay(&mut state, 0.1, DayHazard { cap: 1.0, eta: 0.0 }, 0.0);
        assert!((paid[UNDISPUTED] - 0.225).abs() < 1e-12);
        assert!((paid[CLOSED] - 0.5 * 0.04 * 0.75 / 2.0).abs() < 1e-12);
        assert!((state[DISPUTED] - (0.5 + 0.05 - 0.02)).abs() < 1e-12);
    }

    #[test]
    fn a_month_keeps_the_mass() {
        let mut mass = Mass::default();
        mass.open[0][1][2] = 0.6;
        mass.open[1][0][0] = 0.3;
        mass.turn_month(&[[0.8, 0.15, 0.05], [0.4, 0.5, 0.1], [0.0, 0.0, 1.0]]);
        assert!((mass.total() - 0.9).abs() < 1e-12);
        assert!((mass.open[1][1][2] - 0.09).abs() < 1e-12);
        assert!((mass.open[2][0][0] - 0.03).abs() < 1e-12);
    }
}
