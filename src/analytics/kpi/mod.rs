//! Key figures of receivables: what they are, how they are counted, and how they moved over the months.

mod catalog;
mod figure;
mod mark;
mod promise;
mod tally;
#[cfg(test)]
mod tests;

pub use catalog::{KPIS, KpiDefinition, Window, kpi_page};
pub use figure::{Figure, Measures};
pub use promise::PaymentPromise;

use mark::Marks;
use tally::Tally;

use crate::analytics::group::Groups;
use crate::ledger::Known;
use crate::policy::ValidPolicy;

/// Month ends that the trend shows.
const TREND_MONTHS: usize = 12;

/// One figure of one group at the end of one day.
#[derive(Debug, Clone, Copy)]
pub struct KpiRow {
    /// Which figure, and how it is computed.
    pub definition: &'static KpiDefinition,
    /// Days that it looks back on.
    pub window_days: Option<i32>,
    /// The day.
    pub day: i32,
    /// Place in [`Groups`].
    pub group: usize,
    /// The figure.
    pub figure: Figure,
}

/// Figures at as_of and at the ends of the last twelve months.
#[derive(Debug, Clone, Default)]
pub struct Kpis {
    /// At as_of: by group, then as the catalog has them.
    pub now: Vec<KpiRow>,
    /// By month end, group and catalog, with what was known then.
    pub trend: Vec<KpiRow>,
    /// By group: what moved between buckets and, last, was settled, in ten-thousandths.
    pub rolls: Vec<Vec<Vec<i128>>>,
}

/// Computes every definition of [`KPIS`] for each currency and segment.
///
/// At a month's end it is computed from what was known at that day: an invoice or payment that was recorded later is
/// not in it. A group has rows from the first day on which an invoice of it is known; `all` of a currency always has.
///
/// # Example
/// ```
/// # use arrears::{analytics::{Groups, kpis}, core::Day, ledger::Ledger};
/// let known = Ledger::default().known_at(Day(0));
/// let table = kpis(&known, &Groups::new(&known), &[], &arrears::policy::parse("", "defaults")?);
/// assert!(table.now.is_empty() && table.trend.is_empty());
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
pub fn kpis(known: &Known, groups: &Groups, promises: &[PaymentPromise<'_>], policy: &ValidPolicy) -> Kpis {
    let marks = Marks::new(known.as_of());
    let mut tally = Tally::new(known, groups, &marks, policy);
    promise::count(&mut tally, known, promises);
    let now = marks.len() - 1;
    let first = mark::MONTH_ENDS - TREND_MONTHS;
    let at = |mark: usize| {
        let tally = &tally;
        (0..groups.len()).flat_map(move |group| rows(tally, group, mark, mark == now))
    };
    Kpis {
        now: at(now).collect(),
        trend: (first..mark::MONTH_ENDS).flat_map(at).collect(),
        rolls: (0..groups.len()).map(|group| tally.rolls(group)).collect(),
    }
}

/// The rows of a group at a mark; `always` those of `all` even if nothing is known.
fn rows(tally: &Tally<'_>, group: usize, mark: usize, always: bool) -> Vec<KpiRow> {
    let is_all = tally.groups.whole_of(group) == group;
    let measures = match Measures::new(tally, group, mark) {
        Some(measures) => measures,
        None if always && is_all => Measures { window: f64::from(tally.window), ..Measures::default() },
        None => return Vec::new(),
    };
    let window_days = |window| match window {
        Window::Day => None,
        Window::Short => Some(tally.window),
        Window::Long => Some(tally.long_window),
    };
    let row = |definition: &'static KpiDefinition| KpiRow {
        definition,
        window_days: window_days(definition.window),
        day: tally.marks.day(mark),
        group,
        figure: (definition.figure)(&measures),
    };
    KPIS.iter().filter(|k| is_all || k.basis != "promises").map(row).collect()
}
