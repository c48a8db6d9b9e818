//! A row a customer, the most rewarding first.

use super::contact::History;
use super::reporting::Conversion;
use super::rules::{Rulebook, Rules};
use super::value::Working;
use super::{
    Chance, CollectError, Contacts, GainBasis, Hold, Outlook, Portion, Priorities, Reporting, Step, allot,
};
use crate::core::{Amount, Currency};
use crate::ledger::Known;
use crate::policy::{Level, ValidPolicy};
use crate::score::{Curves, GivenUp};
use rayon::prelude::*;
use std::ops::Range;

/// Days after as_of at which what is still open is at risk.
const VALUE_AT_RISK_DAYS: i32 = 30;

/// Names of the features that speak most for or against an invoice, strongest first.
pub type Reasons = [Option<&'static str>; 3];

/// The open invoices and what is known of each: columns with one entry an open invoice.
#[derive(Debug, Clone, Copy)]
pub struct Stakes<'a> {
    /// The ledger.
    pub known: &'a Known,
    /// Ledger indices of the open invoices, customers together, as [`Known::open_invoices`] gives them.
    pub open: &'a [u32],
    /// Row `k` belongs to `open[k]`.
    pub curves: &'a Curves,
    /// Reasons for each of `open`.
    pub reasons: &'a [Reasons],
}

/// Ranks the customers with an open balance by what contacting them now would bring.
///
/// A level of the ladder may be taken if the customer's oldest undisputed open invoice is inside its days past due, and
/// as much is open undisputed, and of that at risk, as it asks for. Its gain is `sum_i open_i gain_i - cost`, over
/// undisputed open invoices, with [`Outlook::gain`] per unit. What the policy says of segments holds for customers all of
/// whose open invoices are of them. Without a limit on calls the level with the largest gain
/// above zero is the action, the milder one of equals; with one, [`allot`] gives the calls to those with whom they bring
/// most, and the others get what takes no calls. Customers on [`Hold`], and those whom no level gains anything, have no
/// action and `expected_gain` 0. The order is by `priority_value`, then `value_at_risk`, both falling, then
/// `customer_id`.
///
/// Amounts are in the reporting currency; converted ones are rounded invoice by invoice, half to even to four places,
/// so that they add up whatever the grouping.
///
/// # Errors
/// [`CollectError`] if `reporting` has no usable rate for the currency of an open invoice.
///
/// # Panics
/// If the columns of `stakes` differ in length.
///
/// # Example
/// ```
/// # use arrears::{collect::{priorities, Contacts, Reporting, Stakes}, core::Day, ledger::Ledger, score::Curves};
/// let known = Ledger::default().known_at(Day(0));
/// let curves = Curves::new(vec![0, 365], vec![]);
/// let stakes = Stakes { known: &known, open: &[], curves: &curves, reasons: &[] };
/// let policy = arrears::policy::parse("", "defaults")?;
/// let ranked = priorities(&stakes, &Contacts::default(), &Reporting::AtPar, &policy)?;
/// assert!(ranked.customer_id.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn priorities(
    stakes: &Stakes<'_>,
    contacts: &Contacts<'_>,
    reporting: &Reporting,
    policy: &ValidPolicy,
) -> Result<Priorities, CollectError> {
    assert_eq!(stakes.open.len(), stakes.curves.len(), "one curve an open invoice");
    assert_eq!(stakes.open.len(), stakes.reasons.len(), "reasons for each open invoice");
    let customers = customers_of(stakes);
    let book = Rulebook::new(stakes, &customers, contacts, policy);
    let (conversions, given_up) = (conversions(stakes, reporting)?, GivenUp::of(stakes.known));
    let desk = Desk { stakes, contacts, conversions, book, given_up, policy };
    let mut cases: Vec<Case> = customers
        .into_par_iter()
        .enumerate()
        .with_min_len(16)
        .map_init(Outlook::default, |outlook, (place, rows)| desk.case(place, rows, outlook))
        .collect();
    let gap = desk.decide(&mut cases);
    cases.par_sort_by(|a, b| {
        let by_value = b.priority_value().total_cmp(&a.priority_value());
        by_value.then(b.value_at_risk.total_cmp(&a.value_at_risk)).then(a.rows.start.cmp(&b.rows.start))
    });
    Ok(desk.columns(&cases, reporting.currency(), gap))
}

/// Conversion of each currency of the ledger that an open invoice is in.
fn conversions(stakes: &Stakes<'_>, reporting: &Reporting) -> Result<Vec<Option<Conversion>>, CollectError> {
    let mut out = vec![None; stakes.known.currency_code.len()];
    for &i in stakes.open {
        let code = stakes.known.currency[i as usize] as usize;
        if out[code].is_none() {
            out[code] = Some(reporting.conversion(stakes.known.currency_code[code], stakes.known.as_of())?);
        }
    }
    Ok(out)
}

/// Places in `open` of each customer's invoices, customer by customer.
fn customers_of(stakes: &Stakes<'_>) -> Vec<Range<usize>> {
    let customer = |i: &u32| stakes.known.customer[*i as usize];
    let mut start = 0;
    let mut out = Vec::new();
    for group in stakes.open.chunk_by(|a, b| customer(a) == customer(b)) {
        out.push(start..start + group.len());
        start += group.len();
    }
    out
}

/// A level that would bring something.
struct Possible {
    level: usize,
    gain: f64,
    /// Its place among the levels that may be taken, as [`Case::gains`] has them.
    place: usize,
}

/// What is decided of one customer.
struct Case {
    /// Places in `open`.
    rows: Range<usize>,
    /// Place among the desk's rules of those that hold for it.
    rules: usize,
    /// What each level that may be taken gains on each of `rows`, all levels of an invoice together; nothing if none may.
    gains: Vec<f64>,
    open_amount: Amount,
    overdue_amount: Amount,
    oldest_days_past_due: i32,
    value_at_risk: f64,
    /// Place in `open` of the invoice with the most at risk.
    riskiest: usize,
    history: History,
    hold: Option<Hold>,
    /// What could be done, mildest first.
    chances: Vec<Possible>,
    /// Place in `chances` of what is done.
    chosen: Option<usize>,
    /// What more would have been gained if calls had been left.
    left_out_gain: f64,
    /// What a unit of gain counts in the ranking.
    weight: f64,
}

impl Case {
    fn expected_gain(&self) -> f64 {
        self.chosen.map_or(0.0, |k| self.chances[k].gain)
    }

    fn priority_value(&self) -> f64 {
        self.weight * self.expected_gain()
    }

    fn level(&self) -> Option<usize> {
        self.chosen.map(|k| self.chances[k].level)
    }

    /// The chance that gains most, the milder one of equals.
    fn best(&self) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (k, chance) in self.chances.iter().enumerate() {
            if best.is_none_or(|b| chance.gain > self.chances[b].gain) {
                best = Some(k);
            }
        }
        best
    }
}

/// Everything needed to decide.
struct Desk<'a> {
    stakes: &'a Stakes<'a>,
    contacts: &'a Contacts<'a>,
    conversions: Vec<Option<Conversion>>,
    book: Rulebook,
    given_up: GivenUp,
    policy: &'a ValidPolicy,
}

impl Desk<'_> {
    fn days_past_due(&self, i: usize) -> i32 {
        self.stakes.known.as_of().0.saturating_sub(self.stakes.known.due[i])
    }

    /// Open amount of invoice `i` in the reporting currency.
    fn open_amount(&self, i: usize) -> Amount {
        let conversion = self.conversions[self.stakes.known.currency[i] as usize].unwrap_or(Conversion::Par);
        conversion.apply(self.stakes.known.open_amount[i])
    }

    fn rules(&self, case: &Case) -> &Rules {
        self.book.at(case.rules)
    }

    /// The customer that is so many places from the first.
    fn case(&self, place: usize, rows: Range<usize>, outlook: &mut Outlook) -> Case {
        let (known, rules) = (self.stakes.known, self.book.place(place));
        let collect = &self.book.at(rules).collect;
        let customer = known.customer[self.stakes.open[rows.start] as usize] as usize;
        let history = History::of(self.stakes, self.contacts, customer, self.policy);
        let mut case = Case {
            riskiest: rows.start,
            rows: rows.clone(),
            rules,
            gains: Vec::new(),
            open_amount: Amount::ZERO,
            overdue_amount: Amount::ZERO,
            oldest_days_past_due: i32::MIN,
            value_at_risk: 0.0,
            history,
            hold: None,
            chances: Vec::new(),
            chosen: None,
            left_out_gain: 0.0,
            weight: if history.is_last_broken { collect.broken_promise_weight } else { 1.0 },
        };
        let mut most = 0.0;
        for row in rows.clone() {
            let i = self.stakes.open[row] as usize;
            let open = self.open_amount(i);
            let days_past_due = self.days_past_due(i);
            let at_risk = open.to_f64() * self.stakes.curves.at(row, VALUE_AT_RISK_DAYS);
            case.open_amount += open;
            if days_past_due > 0 {
                case.overdue_amount += open;
            }
            case.oldest_days_past_due = case.oldest_days_past_due.max(days_past_due);
            case.value_at_risk += at_risk;
            if at_risk > most {
                (most, case.riskiest) = (at_risk, row);
            }
        }
        case.hold = Hold::of(known, &self.stakes.open[rows.clone()], case.open_amount, &history, collect);
        if case.hold.is_none() {
            (case.chances, case.gains) = self.chances(self.book.at(rules), rows, &history, outlook);
        }
        case
    }

    /// Levels that may be taken and gain something, and what each of those that may be taken gains on each invoice.
    fn chances(
        &self,
        rules: &Rules,
        rows: Range<usize>,
        history: &History,
        outlook: &mut Outlook,
    ) -> (Vec<Possible>, Vec<f64>) {
        let as_of = self.stakes.known.as_of().0;
        let undisputed = |row: &usize| !self.stakes.known.is_disputed(self.stakes.open[*row] as usize, as_of);
        let (mut oldest, mut open, mut at_risk) = (i32::MIN, 0.0, 0.0);
        for row in rows.clone().filter(undisputed) {
            let i = self.stakes.open[row] as usize;
            let amount = self.open_amount(i).to_f64();
            oldest = oldest.max(self.days_past_due(i));
            open += amount;
            at_risk += amount * self.stakes.curves.at(row, VALUE_AT_RISK_DAYS);
        }
        let may_be_taken = |level: &Level| {
            (level.from_days_past_due..=level.to_days_past_due).contains(&oldest)
                && open >= level.from_amount
                && at_risk >= level.from_risk_prob * open
        };
        let levels = rules.collect.ladder.iter().enumerate().filter(|(_, level)| may_be_taken(level));
        let mut chances: Vec<Possible> = levels
            .enumerate()
            .map(|(place, (level, _))| Possible { level, gain: -rules.steps[level].cost, place })
            .collect();
        let mut gains = vec![0.0; chances.len() * rows.len()];
        if !chances.is_empty() {
            let n = chances.len();
            let working = self.working(rules, history);
            for (row, gains) in rows.zip(gains.chunks_exact_mut(n)).filter(|(row, _)| undisputed(row)) {
                self.read(row, working, outlook);
                let open = self.open_amount(self.stakes.open[row] as usize).to_f64();
                for (chance, gain) in chances.iter_mut().zip(gains) {
                    *gain = open * outlook.gain(&rules.steps[chance.level], &rules.collect);
                    chance.gain += *gain;
                }
            }
        }
        chances.retain(|chance| chance.gain > 0.0);
        (chances, gains)
    }

    /// The customer's last contact, if it still works: with the odds ratio of the mildest level of its channel, for none
    /// says which level it was.
    fn working(&self, rules: &Rules, history: &History) -> Option<Working> {
        let last = &self.contacts.made()[history.last_made?];
        let collect = &rules.collect;
        let last_day = last.day.0 + collect.effect_days - self.stakes.known.as_of().0;
        let of_channel = collect.ladder.iter().zip(&rules.steps).filter(|(l, _)| l.channel == last.channel);
        let odds_ratio = of_channel.map(|(_, step)| step.odds_ratio).min_by(f64::total_cmp)?;
        (last_day > 0).then_some(Working { odds_ratio, last_day })
    }

    fn read(&self, row: usize, working: Option<Working>, outlook: &mut Outlook) {
        let days_past_due = self.days_past_due(self.stakes.open[row] as usize);
        let (besides, last) = ((working, &self.given_up), self.book.last_day);
        outlook.read(self.stakes.curves, row, days_past_due, last, besides, &self.policy.collect);
    }

    /// Gives everybody the best there is, or what the day's calls allow; by how much another choice could be better.
    fn decide(&self, cases: &mut [Case]) -> f64 {
        let Some(capacity) = self.policy.collect.capacity() else {
            cases.iter_mut().for_each(|case| case.chosen = case.best());
            return 0.0;
        };
        let wishes: Vec<Vec<Chance>> = cases
            .iter()
            .map(|case| {
                let ladder = &self.rules(case).collect.ladder;
                let chance =
                    |p: &Possible| Chance { value: case.weight * p.gain, calls: ladder[p.level].calls };
                case.chances.iter().map(chance).collect()
            })
            .collect();
        let given = allot(&wishes, capacity);
        for (case, chosen) in cases.iter_mut().zip(given.chosen) {
            case.chosen = chosen;
            let best = case.best().map_or(0.0, |k| case.chances[k].gain);
            case.left_out_gain = (best - case.expected_gain()).max(0.0);
        }
        given.gap
    }

    /// Standard error of a customer's gain: what one more standard error of the effect would add.
    fn gain_error(&self, case: &Case, outlook: &mut Outlook) -> Option<f64> {
        let level = case.level()?;
        let step = &self.rules(case).steps[level];
        let up = step.one_error_up()?;
        let as_of = self.stakes.known.as_of().0;
        let mut more = 0.0;
        let working = self.working(self.rules(case), &case.history);
        for row in case.rows.clone() {
            let i = self.stakes.open[row] as usize;
            if !self.stakes.known.is_disputed(i, as_of) {
                self.read(row, working, outlook);
                let of = |step: &Step| outlook.gain(step, &self.policy.collect);
                more += self.open_amount(i).to_f64() * (of(&up) - of(step));
            }
        }
        Some(more)
    }

    /// What each open invoice stands for.
    fn portions(&self, cases: &[Case]) -> Vec<Portion> {
        let mut out = vec![Portion::default(); self.stakes.open.len()];
        let as_of = self.stakes.known.as_of().0;
        for case in cases {
            let chosen = case.chosen.map(|k| &case.chances[k]);
            let mut undisputed = 0.0;
            for row in case.rows.clone() {
                let i = self.stakes.open[row] as usize;
                out[row].open_amount = self.open_amount(i);
                if chosen.is_some() && !self.stakes.known.is_disputed(i, as_of) {
                    undisputed += out[row].open_amount.to_f64();
                }
            }
            let Some(chosen) = chosen else { continue };
            let (cost, n) = (self.rules(case).steps[chosen.level].cost, case.gains.len() / case.rows.len());
            for (k, row) in case.rows.clone().enumerate() {
                let portion = &mut out[row];
                portion.gain = case.gains[k * n + chosen.place];
                if !self.stakes.known.is_disputed(self.stakes.open[row] as usize, as_of) && undisputed > 0.0 {
                    portion.cost = cost * portion.open_amount.to_f64() / undisputed;
                }
            }
        }
        out
    }

    fn columns(&self, cases: &[Case], reporting_currency: Currency, capacity_gap: f64) -> Priorities {
        let known = self.stakes.known;
        let level = |c: &Case| c.level().map(|k| &self.rules(c).collect.ladder[k]);
        let step = |c: &Case| c.level().map(|k| &self.rules(c).steps[k]);
        let mut invoices = Vec::with_capacity(self.stakes.open.len());
        let mut invoice_start = vec![0];
        for case in cases {
            let start = invoices.len();
            invoices.extend_from_slice(&self.stakes.open[case.rows.clone()]);
            invoices[start..].sort_by_key(|&i| (known.due[i as usize], known.invoice_id.get(i as usize)));
            invoice_start.push(invoices.len() as u32);
        }
        let customers: Vec<u32> =
            cases.iter().map(|c| known.customer[self.stakes.open[c.rows.start] as usize]).collect();
        let basis = |c: &Case| step(c).map_or(GainBasis::Assumed, Step::basis);
        let date = |c: &Case| step(c).map(|step| known.as_of().plus(step.start_days));
        Priorities {
            rank: (1..=cases.len() as u32).collect(),
            customer_id: known.customer_id.gather(&customers),
            reporting_currency,
            open_amount: cases.iter().map(|c| c.open_amount).collect(),
            overdue_amount: cases.iter().map(|c| c.overdue_amount).collect(),
            oldest_days_past_due: cases.iter().map(|c| c.oldest_days_past_due).collect(),
            value_at_risk: cases.iter().map(|c| c.value_at_risk).collect(),
            expected_gain: cases.iter().map(Case::expected_gain).collect(),
            expected_gain_se: cases
                .par_iter()
                .map_init(Outlook::default, |outlook, case| self.gain_error(case, outlook))
                .collect(),
            gain_basis: cases.iter().map(basis).collect(),
            priority_value: cases.iter().map(Case::priority_value).collect(),
            action: cases.iter().map(|c| level(c).map(|l| l.action.clone())).collect(),
            channel: cases.iter().map(|c| level(c).map(|l| l.channel.clone())).collect(),
            tone: cases.iter().map(|c| level(c).map(|l| l.tone.clone())).collect(),
            language: cases.iter().map(|c| self.rules(c).collect.language.clone()).collect(),
            action_date: cases.iter().map(date).collect(),
            calls: cases.iter().map(|c| level(c).map_or(0, |l| l.calls)).collect(),
            left_out_gain: cases.iter().map(|c| c.left_out_gain).collect(),
            broken_promises: cases.iter().map(|c| c.history.broken).collect(),
            last_contact: cases.iter().map(|c| c.history.last).collect(),
            reason: [0, 1, 2].map(|k| cases.iter().map(|c| self.stakes.reasons[c.riskiest][k]).collect()),
            hold: cases.iter().map(|c| c.hold).collect(),
            invoice_id: known.invoice_id.gather(&invoices),
            invoice_start,
            portion: self.portions(cases),
            capacity: self.policy.collect.capacity(),
            capacity_gap,
        }
    }
}
