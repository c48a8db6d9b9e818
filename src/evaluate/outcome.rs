//! What happened after an origin, as the ledger knew it at its end.

use crate::core::{Amount, Currency, Day};
use crate::ledger::{Known, Ledger, NEVER, SettlementKind};
use std::collections::BTreeMap;

/// Weeks that a backtest looks ahead: those of the cash forecast.
pub const WEEKS: usize = 13;
pub(super) const DAYS_PER_WEEK: i32 = 7;
/// Days in those weeks.
pub(super) const DAYS: i32 = WEEKS as i32 * DAYS_PER_WEEK;

/// Which invoices cash comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CashOf {
    /// Invoices open at the origin.
    Open,
    /// Invoices not yet issued there.
    Future,
    /// Both.
    Total,
}

impl CashOf {
    /// All three, in the order of the tables.
    pub const ALL: [Self; 3] = [Self::Open, Self::Future, Self::Total];

    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Future => "future",
            Self::Total => "total",
        }
    }

    /// The source of a contract's word, if it is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// The cash of one source and currency by week after an origin, in currency units.
#[derive(Debug, Clone, PartialEq)]
pub struct WeeklyCash {
    /// Where it comes from.
    pub source: CashOf,
    /// Of the amounts.
    pub currency: Currency,
    /// Expected cash of each week; NaN in a week of which a challenger says nothing.
    pub expected: [f64; WEEKS],
    /// The forecast's quantiles by week, for [`crate::forecast::QUANTILES`]; none for a model without.
    pub quantile: Option<[[f64; 7]; WEEKS]>,
}

/// What came of what was open at an origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Weeks after the origin that had ended by the end of the ledger, at most [`WEEKS`].
    pub n_weeks: usize,
    /// Of each invoice not yet due: paid late or not; none while its deadline had not passed, and where it is not known
    /// on which day it was settled.
    pub late: Vec<Option<bool>>,
    /// Cash that came in by week, in currency units; unfinished weeks hold what had come in so far and are not judged.
    pub cash: BTreeMap<(CashOf, Currency), [f64; WEEKS]>,
}

impl Outcome {
    /// Looks up at the end of the ledger what became of the origin's open invoices.
    ///
    /// An invoice is late unless it is settled in full, by whatever kind of settlement, by the end of due date +
    /// grace. Cash counts in the week of its own date, cash payments only, and as much as it took off an invoice; cash
    /// dated at or before the origin counts in no week, even if it was recorded later. Cash of which two days are
    /// possible counts on the later one.
    ///
    /// # Shapes and units
    /// - `not_yet_due`: indices into `known`.
    /// - `place`: for each invoice of `known` its index in `end`, as [`places`] gives it.
    pub fn of(known: &Known, end: &Known, not_yet_due: &[u32], place: &[u32], grace_days: i32) -> Self {
        let (origin, last) = (known.as_of(), end.as_of());
        let late =
            not_yet_due.iter().map(|&i| is_late(end, place[i as usize] as usize, grace_days)).collect();
        let mut open = vec![false; end.n_invoices()];
        known.open_invoices().iter().for_each(|&i| open[place[i as usize] as usize] = true);

        let mut cash: BTreeMap<(CashOf, Currency), [Amount; WEEKS]> = BTreeMap::new();
        for (j, &was_open) in open.iter().enumerate() {
            let currency = end.currency_code[end.currency[j] as usize];
            for s in end.settlements_of(j) {
                let Some(week) = week_of(end, s, origin) else { continue };
                let part = if was_open { CashOf::Open } else { CashOf::Future };
                for source in [part, CashOf::Total] {
                    cash.entry((source, currency)).or_default()[week] += end.settlement_amount[s];
                }
            }
        }
        let in_units = |(key, weeks): (_, [Amount; WEEKS])| (key, weeks.map(Amount::to_f64));
        Self {
            n_weeks: ((last.0 - origin.0) / DAYS_PER_WEEK).clamp(0, WEEKS as i32) as usize,
            late,
            cash: cash.into_iter().map(in_units).collect(),
        }
    }

    /// The cash of a source and currency by week: nothing if none came in.
    pub fn cash(&self, source: CashOf, currency: Currency) -> [f64; WEEKS] {
        self.cash.get(&(source, currency)).copied().unwrap_or_default()
    }
}

/// The week after `origin`, from 0, in which a settlement brought cash, if it did in one of [`WEEKS`].
pub(super) fn week_of(ledger: &Ledger, settlement: usize, origin: Day) -> Option<usize> {
    let day = ledger.settlement_day[settlement] - origin.0;
    let counts = ledger.settlement_kind[settlement] == SettlementKind::Cash && (1..=DAYS).contains(&day);
    counts.then(|| (day as usize - 1) / DAYS_PER_WEEK as usize)
}

fn is_late(end: &Known, i: usize, grace_days: i32) -> Option<bool> {
    let deadline = end.due[i].saturating_add(grace_days);
    (deadline <= end.as_of().0 && end.is_dated(i))
        .then(|| end.settled[i] == NEVER || end.settled[i] > deadline)
}

/// For each invoice of `known` its index in `end`, which knows all of them in the same order.
pub fn places(known: &Known, end: &Known) -> Vec<u32> {
    let mut at = 0;
    (0..known.n_invoices())
        .map(|i| {
            let id = known.invoice_id.get(i);
            while end.invoice_id.get(at) != id {
                at += 1;
            }
            at as u32
        })
        .collect()
}
