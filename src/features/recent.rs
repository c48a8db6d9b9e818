//! What a customer's last invoices and its open ones say: how it pays on its pay runs, and whether it keeps its pace.

use super::bins::{EDGES, N_BINS, bin_of, span};
use super::calendar::{Almanac, Calendar};
use super::habits::{Habits, shrunk_hazard};
use super::prior::Prior;
use super::reach::{Offers, RunHazard};
use super::state::{Memory, State};
use crate::ledger::Known;
use crate::numeric::rate::rate_of_hazard;

/// Days back over which a customer's pace is taken, and what is added to settlements and to those expected.
pub const PACE_DAYS: [i32; 2] = [30, 120];
const PACE_PRIOR: f64 = 1.0;
/// How many times likelier than an average day a day of a pay run is, at least.
pub(super) const RUN_LIFT: f64 = 2.0;
/// A customer has pay runs if one weekday is so many times likelier than an average day, or if it is likelier than not to
/// have days of the month of its own.
const RUNNER_LIFT: f64 = 2.5;
const RUNNER_MONTHLY: f64 = 0.5;
/// Days before a mark whose pay runs are looked at.
pub const RUN_DAYS_BACK: i32 = 730;
/// Pseudo-invoices in the share that is paid between pay runs, and what share of them is.
const OFF_PRIOR: f64 = 2.0;
const OFF_SHARE: f64 = 0.05;

/// An invoice of the customer, at risk on the days `after + 1 ..= end`.
#[derive(Clone, Copy)]
struct Spell {
    after: i32,
    end: i32,
    due: i32,
    is_paid: bool,
}

impl Spell {
    /// Of a settled invoice.
    fn settled(known: &Known, i: u32) -> Self {
        let i = i as usize;
        Self { after: known.known_day(i), end: known.settled[i], due: known.due[i], is_paid: true }
    }
}

/// How a customer with pay runs pays on them and between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Runs {
    /// Near the due date: the share of what is open that a run takes.
    near: RunHazard,
    /// Of days as likely as those of its runs are on average, the fall of a log survival by bin of relative day.
    rate: [f64; N_BINS],
    /// How many times likelier than an average day the days of its runs are.
    lift: f64,
    /// How many times likelier than on an average day payment is on one between them.
    pub off_lift: f64,
}

impl Runs {
    /// The fall of a log survival over a day so many days after due, for each time that the day is likelier than an average
    /// one.
    pub fn rate(&self, relative: i32) -> f64 {
        self.near.on(relative).map_or(self.rate[bin_of(relative)], rate_of_hazard) / self.lift
    }
}

impl Habits {
    /// Fills in the hazard of pay runs and the pace of the last weeks.
    ///
    /// Of a customer with pay runs the hazard on the day of one is what [`Reach`](super::reach::Reach) makes of its invoices
    /// open on such days; far from due, `paid / open` by bin of relative day, shrunk to what the portfolio's hazard gives on
    /// a day so many times likelier than others. That on a day between them is as much lower than usual as few of its
    /// invoices are paid on one. The
    /// pace is the logarithm of settlements over those that the customer's own hazard by bin expected of the same invoices on
    /// the same days: below 0 when it has become slower than it was, with what it still owes counting.
    ///
    /// Source: the latter is a standardised mortality ratio (Breslow & Day 1987) of the customer against its own past.
    pub(super) fn look_back(
        &mut self,
        known: &Known,
        state: &State,
        open: &[u32],
        prior: &Prior,
        memory: &Memory,
        calendar: &Calendar<'_>,
    ) {
        let mark = prior.mark.0;
        let settled = state.recent().iter().map(|&i| Spell::settled(known, i));
        let still_open = open.iter().map(|&i| {
            let i = i as usize;
            Spell { after: known.known_day(i), end: mark, due: known.due[i], is_paid: false }
        });
        let spells: Vec<Spell> = settled.chain(still_open).filter(|s| s.end <= mark).collect();
        // what is older than the last ones that are kept is not seen whole
        let whole_from = state.recent_from().unwrap_or(i32::MIN);
        let days = self.run_days(calendar, mark);
        let expected: [f64; 2] = if days.is_empty() {
            let total = Total::new(&self.rate);
            PACE_DAYS.map(|back| {
                let from = (mark - back).max(whole_from);
                let of = |s: &Spell| {
                    let due = self.due_payer.due(s.due);
                    total.over(s.after.max(from) - due, s.end - due)
                };
                spells.iter().map(of).sum()
            })
        } else {
            let runs = self.runs.insert(Runs::new(&spells, &days, prior, memory));
            PACE_DAYS.map(|back| {
                let from = (mark - back).max(whole_from);
                let of = |s: &Spell| -> f64 {
                    let on = among(&days, s.after.max(from), s.end);
                    on.iter().map(|(day, lift)| lift * runs.rate[bin_of(day - s.due)] / runs.lift).sum()
                };
                spells.iter().map(of).sum()
            })
        };
        self.pace = std::array::from_fn(|k| {
            let from = (mark - PACE_DAYS[k]).max(whole_from);
            let paid = spells.iter().filter(|s| s.is_paid && s.end > from).count() as f64;
            ((paid + PACE_PRIOR) / (expected[k] + PACE_PRIOR)).ln()
        });
    }

    /// Days of pay runs before `mark` and their lift; none of a customer who has none.
    fn run_days(&self, calendar: &Calendar<'_>, mark: i32) -> Vec<(i32, f64)> {
        let has_runs = self.monthly > RUNNER_MONTHLY || calendar.weekly_peak() > RUNNER_LIFT;
        if has_runs { calendar.days_above(RUN_LIFT, mark - RUN_DAYS_BACK, mark) } else { Vec::new() }
    }

    /// What the customer behind `state` was offered on its pay runs of the invoices settled since, if it has those.
    pub(super) fn offers(
        known: &Known,
        state: &State,
        prior: &Prior,
        memory: &Memory,
        almanac: &Almanac,
    ) -> Option<Offers> {
        let mut habits = Self::scaled(state, prior, memory);
        habits.judge(state, &habits.exposure(state), prior, memory);
        let days = habits.run_days(&Calendar::new(&habits, prior, almanac), prior.mark.0);
        let spells: Vec<Spell> = state.recent().iter().map(|&i| Spell::settled(known, i)).collect();
        (!days.is_empty()).then(|| offers(&spells, &days, prior, memory))
    }
}

/// What was open on the `days` of runs.
fn offers(spells: &[Spell], days: &[(i32, f64)], prior: &Prior, memory: &Memory) -> Offers {
    let mut out = Offers::new(f64::from(RUN_DAYS_BACK) / days.len() as f64);
    let scale = 1.0 / memory.mid.at(prior.mark.0);
    for s in spells {
        for (day, _) in among(days, s.after, s.end) {
            out.add(day - s.due, s.is_paid && *day == s.end, memory.mid.at(*day) * scale);
        }
    }
    out
}

impl Runs {
    /// Of a customer with these invoices and days of pay runs, as known on the prior's mark.
    fn new(spells: &[Spell], days: &[(i32, f64)], prior: &Prior, memory: &Memory) -> Self {
        let (mut events, mut exposure) = ([0.0; N_BINS], [0.0; N_BINS]);
        let scale = 1.0 / memory.mid.at(prior.mark.0);
        for s in spells {
            for (day, _) in among(days, s.after, s.end) {
                let weight = memory.mid.at(*day) * scale;
                exposure[bin_of(day - s.due)] += weight;
                if s.is_paid && *day == s.end {
                    events[bin_of(day - s.due)] += weight;
                }
            }
        }
        let lift = days.iter().map(|d| d.1).sum::<f64>() / days.len() as f64;
        let usual = prior.hazard.map(|h| (1.0 - (-lift * rate_of_hazard(h)).exp()).min(RUN_MOST));
        Self {
            near: prior.reach.hazard(&offers(spells, days, prior, memory)),
            rate: shrunk_hazard(&events, &exposure, &usual, prior.pull).map(rate_of_hazard),
            lift,
            off_lift: off_lift(spells, days, prior.mark.0),
        }
    }
}

/// Share of the invoices that was paid between `runs`, against that of the days before `mark` that are no run.
fn off_lift(spells: &[Spell], runs: &[(i32, f64)], mark: i32) -> f64 {
    let paid = spells.iter().filter(|s| s.is_paid && s.end >= mark - RUN_DAYS_BACK);
    let (mut n, mut off) = (OFF_PRIOR, OFF_PRIOR * OFF_SHARE);
    for s in paid {
        n += 1.0;
        off += f64::from(u8::from(runs.binary_search_by_key(&s.end, |r| r.0).is_err()));
    }
    let days_off = (RUN_DAYS_BACK + 1 - runs.len() as i32).max(1);
    off / n * f64::from(RUN_DAYS_BACK + 1) / f64::from(days_off)
}

/// No pay run takes more of what is open.
const RUN_MOST: f64 = 0.95;

/// Those of `days`, which are in order, on the days `after + 1 ..= end`.
fn among(days: &[(i32, f64)], after: i32, end: i32) -> &[(i32, f64)] {
    let first = days.partition_point(|d| d.0 <= after);
    let last = first + days[first..].partition_point(|d| d.0 <= end);
    &days[first..last]
}

/// Sums of a rate over relative days.
struct Total<'a> {
    rate: &'a [f64; N_BINS],
    /// Up to the last day before each bin, from the first edge on.
    before: [f64; N_BINS],
}

impl<'a> Total<'a> {
    fn new(rate: &'a [f64; N_BINS]) -> Self {
        let mut before = [0.0; N_BINS];
        for bin in 2..N_BINS {
            let (from, to) = span(bin - 1);
            before[bin] = before[bin - 1] + rate[bin - 1] * f64::from(to - from + 1);
        }
        Self { rate, before }
    }

    /// Up to a relative day, from the first edge on.
    fn to(&self, relative: i32) -> f64 {
        let bin = bin_of(relative);
        let from = if bin == 0 { EDGES[0] } else { EDGES[bin - 1] };
        self.before[bin] + self.rate[bin] * f64::from(relative - from + 1)
    }

    /// Over the days `after + 1 ..= end`.
    fn over(&self, after: i32, end: i32) -> f64 {
        if end <= after { 0.0 } else { self.to(end) - self.to(after) }
    }
}

/// Settled invoices that are kept of a customer, the last ones.
pub const RECENT: usize = 96;

/// The last settled invoices of a customer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ring {
    invoices: Vec<u32>,
    next: usize,
    /// Last day on which one was settled that is no longer kept.
    gone: Option<i32>,
}

impl Ring {
    /// One more, in the place of the oldest if there are enough.
    pub fn push(&mut self, known: &Known, i: usize) {
        if self.invoices.len() < RECENT {
            self.invoices.push(i as u32);
            return;
        }
        let oldest = std::mem::replace(&mut self.invoices[self.next], i as u32);
        self.gone = self.gone.max(Some(known.settled[oldest as usize]));
        self.next = (self.next + 1) % RECENT;
    }

    /// Those that are kept, in no order.
    pub fn invoices(&self) -> &[u32] {
        &self.invoices
    }

    /// From when on all are kept: none if none is gone.
    pub fn whole_from(&self) -> Option<i32> {
        self.gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_summed_over_the_days_of_each_bin() {
        let mut rate = [0.0; N_BINS];
        (0..N_BINS).for_each(|b| rate[b] = 0.01 * (b + 1) as f64);
        let total = Total::new(&rate);
        for (after, end) in [(-100, -61), (-70, 3), (-5, -5), (0, 200), (250, 260)] {
            let by_day: f64 = (after + 1..=end).map(|d| rate[bin_of(d)]).sum();
            assert!((total.over(after, end) - by_day).abs() < 1e-9, "{after} {end}");
        }
        assert_eq!(total.over(3, 1), 0.0);
    }

    /// Two more than are kept: the two oldest are gone, and what is kept is whole from the day after the later of them.
    #[test]
    fn the_last_ones_are_kept() {
        let id = |k: usize| format!("{k:03}");
        let ids: Vec<String> = (0..RECENT + 2).map(id).collect();
        let bills: Vec<_> = ids.iter().map(|id| (id.as_str(), "A", "EUR", 40, "10")).collect();
        let mut paid = crate::ledger::SettlementRows::default();
        for k in 0..bills.len() {
            paid.invoice.push(k as u32);
            paid.day.push(50 + k as i32);
            paid.amount.push(crate::core::Amount::parse("10").unwrap());
            paid.kind.push(crate::ledger::SettlementKind::Cash);
        }
        let ledger = crate::ledger::Ledger::try_new(crate::ledger::sample::invoices(&bills), paid).unwrap();
        let known = ledger.into_known(crate::core::Day(200));
        let mut ring = Ring::default();
        (0..RECENT).for_each(|i| ring.push(&known, i));
        assert_eq!((ring.invoices().len(), ring.whole_from()), (RECENT, None));
        (RECENT..RECENT + 2).for_each(|i| ring.push(&known, i));
        let mut kept = ring.invoices().to_vec();
        kept.sort_unstable();
        assert_eq!(kept, (2..RECENT as u32 + 2).collect::<Vec<_>>());
        assert_eq!(ring.whole_from(), Some(51));
    }

    /// Forty runs, one every ten days; eleven invoices were paid on runs, one two days after one, one is open, and one was
    /// paid before all that.
    #[test]
    fn a_day_between_runs_is_as_likely_as_few_invoices_were_paid_on_one() {
        let mark = 1000;
        let runs: Vec<(i32, f64)> = (0..40).map(|k| (605 + 10 * k, 10.0)).collect();
        let paid = |end| Spell { after: end - 30, end, due: end, is_paid: true };
        let mut spells: Vec<Spell> = (0..11).map(|k| paid(605 + 10 * k)).collect();
        spells.extend([paid(907), paid(260), Spell { is_paid: false, ..paid(mark) }]);
        let wanted = (1.0 + 2.0 * 0.05) / (12.0 + 2.0) * 731.0 / 691.0;
        assert!((off_lift(&spells, &runs, mark) - wanted).abs() < 1e-12);
    }

    #[test]
    fn runs_between_two_days() {
        let runs = [(3, 1.0), (10, 2.0), (17, 3.0)];
        assert_eq!(among(&runs, 3, 17), &runs[1..]);
        assert_eq!(among(&runs, 17, 30), &[]);
        assert_eq!(among(&runs, 0, 2), &[]);
    }
}
