//! A row a customer, the most rewarding first.

use super::hold::Holds;
use super::reporting::Conversion;
use super::{CollectError, Hold, Outlook, Promise, Reporting};
use crate::core::{Amount, Currency, Day, TextColumn};
use crate::ledger::Known;
use crate::policy::{CollectPolicy, ValidPolicy};
use crate::score::Curves;
use rayon::prelude::*;
use std::ops::Range;

/// Days after as_of at which what is still open is at risk.
const VALUE_AT_RISK_DAYS: i32 = 30;

/// Names of the features that speak most for or against an invoice, strongest first.
pub type Reasons = [Option<&'static str>; 3];

/// Where the effect of an action is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GainBasis {
    /// The policy states it.
    Assumed,
}

impl GainBasis {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assumed => "assumed",
        }
    }
}

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

/// Customers with an open balance, by rank: one entry a customer in each column, but for `invoice_id`.
#[derive(Debug, Clone, PartialEq)]
pub struct Priorities {
    /// 1 for the first to contact.
    pub rank: Vec<u32>,
    /// Who.
    pub customer_id: TextColumn,
    /// Currency of every amount here.
    pub reporting_currency: Currency,
    /// All that is open.
    pub open_amount: Vec<Amount>,
    /// What of it is past due by a day or more, whatever the days of grace.
    pub overdue_amount: Vec<Amount>,
    /// Largest `days_past_due` of the open invoices; negative when nothing is due yet.
    pub oldest_days_past_due: Vec<i32>,
    /// Expected amount still open 30 days after as_of.
    pub value_at_risk: Vec<f64>,
    /// Value of the action, net of its cost; 0 without one.
    pub expected_gain: Vec<f64>,
    /// Where the effect is known from.
    pub gain_basis: GainBasis,
    /// Level of the ladder; none when held or when no action gains.
    pub action: Vec<Option<String>>,
    /// How to do it.
    pub channel: Vec<Option<String>>,
    /// The day it can be done.
    pub action_date: Vec<Option<Day>>,
    /// Those of the customer's invoice with the most at risk: first, second and third reason.
    pub reason: [Vec<Option<&'static str>>; 3],
    /// Why nobody should call.
    pub hold: Vec<Option<Hold>>,
    /// Open invoices of all customers in order of rank, the earliest due first for each.
    pub invoice_id: TextColumn,
    /// First entry of `invoice_id` of each customer, then the number of entries.
    pub invoice_start: Vec<u32>,
}

/// Ranks the customers with an open balance by what contacting them now would bring.
///
/// For each level of the ladder that the customer's oldest undisputed open invoice has reached, the gain is
/// `sum_i open_i gain_i - cost`, over undisputed open invoices, with [`Outlook::gain`] per unit; the level with the
/// largest gain above zero is the action, the milder one of equals. Customers on [`Hold`], and those whom no level
/// gains anything, have no action and `expected_gain` 0. The order is by `expected_gain`, then `value_at_risk`, both
/// falling, then `customer_id`.
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
/// # use arrears::{collect::{priorities, Reporting, Stakes}, core::Day, ledger::Ledger, score::Curves};
/// let known = Ledger::default().known_at(Day(0));
/// let curves = Curves::new(vec![0, 365], vec![]);
/// let stakes = Stakes { known: &known, open: &[], curves: &curves, reasons: &[] };
/// let ranked = priorities(&stakes, &[], &Reporting::AtPar, &arrears::policy::parse("", "defaults")?)?;
/// assert!(ranked.customer_id.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn priorities(
    stakes: &Stakes<'_>,
    promises: &[Promise<'_>],
    reporting: &Reporting,
    policy: &ValidPolicy,
) -> Result<Priorities, CollectError> {
    assert_eq!(stakes.open.len(), stakes.curves.len(), "one curve an open invoice");
    assert_eq!(stakes.open.len(), stakes.reasons.len(), "reasons for each open invoice");
    let policy = &policy.collect;
    let minimum = Amount((policy.minimum_amount * crate::core::amount::SCALE as f64).round() as i64);
    let desk = Desk {
        stakes,
        conversions: conversions(stakes, reporting)?,
        holds: Holds::new(stakes.known, promises, minimum),
        policy,
    };
    let customers = customers_of(stakes);
    let mut cases: Vec<Case> = customers
        .into_par_iter()
        .with_min_len(16)
        .map_init(Outlook::default, |outlook, rows| desk.case(rows, outlook))
        .collect();
    cases.sort_by(|a, b| {
        let by_gain = b.expected_gain.total_cmp(&a.expected_gain);
        by_gain.then(b.value_at_risk.total_cmp(&a.value_at_risk)).then(a.rows.start.cmp(&b.rows.start))
    });
    Ok(desk.columns(&cases, reporting.currency()))
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

/// What is decided of one customer.
struct Case {
    /// Places in `open`.
    rows: Range<usize>,
    open_amount: Amount,
    overdue_amount: Amount,
    oldest_days_past_due: i32,
    value_at_risk: f64,
    /// Place in `open` of the invoice with the most at risk.
    riskiest: usize,
    hold: Option<Hold>,
    expected_gain: f64,
    /// Place in the ladder.
    level: Option<usize>,
}

/// Everything needed to decide.
struct Desk<'a> {
    stakes: &'a Stakes<'a>,
    conversions: Vec<Option<Conversion>>,
    holds: Holds<'a>,
    policy: &'a CollectPolicy,
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

    fn case(&self, rows: Range<usize>, outlook: &mut Outlook) -> Case {
        let mut case = Case {
            riskiest: rows.start,
            rows: rows.clone(),
            open_amount: Amount::ZERO,
            overdue_amount: Amount::ZERO,
            oldest_days_past_due: i32::MIN,
            value_at_risk: 0.0,
            hold: None,
            expected_gain: 0.0,
            level: None,
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
        case.hold = self.holds.of(&self.stakes.open[rows.clone()], case.open_amount);
        if case.hold.is_none() {
            self.choose(rows, outlook, &mut case);
        }
        case
    }

    /// The best level of the ladder, if one gains.
    fn choose(&self, rows: Range<usize>, outlook: &mut Outlook, case: &mut Case) {
        let as_of = self.stakes.known.as_of().0;
        let mut gain = vec![0.0; self.policy.ladder.len()];
        let mut oldest = i32::MIN;
        for row in rows {
            let i = self.stakes.open[row] as usize;
            if self.stakes.known.is_disputed(i, as_of) {
                continue;
            }
            oldest = oldest.max(self.days_past_due(i));
            let open = self.open_amount(i).to_f64();
            outlook.read(self.stakes.curves, row, self.policy);
            for (gain, level) in gain.iter_mut().zip(&self.policy.ladder) {
                *gain += open * outlook.gain(level, self.policy);
            }
        }
        for (k, (level, gain)) in self.policy.ladder.iter().zip(gain).enumerate() {
            let net = gain - level.cost * self.policy.currency_per_unit_of_cost;
            if level.from_days_past_due <= oldest && net > case.expected_gain {
                (case.expected_gain, case.level) = (net, Some(k));
            }
        }
    }

    fn columns(&self, cases: &[Case], reporting_currency: Currency) -> Priorities {
        let known = self.stakes.known;
        let level = |c: &Case| c.level.map(|k| &self.policy.ladder[k]);
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
        Priorities {
            rank: (1..=cases.len() as u32).collect(),
            customer_id: known.customer_id.gather(&customers),
            reporting_currency,
            open_amount: cases.iter().map(|c| c.open_amount).collect(),
            overdue_amount: cases.iter().map(|c| c.overdue_amount).collect(),
            oldest_days_past_due: cases.iter().map(|c| c.oldest_days_past_due).collect(),
            value_at_risk: cases.iter().map(|c| c.value_at_risk).collect(),
            expected_gain: cases.iter().map(|c| c.expected_gain).collect(),
            gain_basis: GainBasis::Assumed,
            action: cases.iter().map(|c| level(c).map(|l| l.action.clone())).collect(),
            channel: cases.iter().map(|c| level(c).map(|l| l.channel.clone())).collect(),
            action_date: cases.iter().map(|c| level(c).map(|l| known.as_of().plus(l.lead_days))).collect(),
            reason: [0, 1, 2].map(|k| cases.iter().map(|c| self.stakes.reasons[c.riskiest][k]).collect()),
            hold: cases.iter().map(|c| c.hold).collect(),
            invoice_id: known.invoice_id.gather(&invoices),
            invoice_start,
        }
    }
}
