//! What customers will be billed: their own cadence, the portfolio's season, and how wrong that has been.

use super::level::{Judged, Level, levels_of};
use crate::core::Day;
use crate::ledger::Known;
use crate::numeric::Recency;
use rayon::prelude::*;

/// Days that every customer is taken to have been silent before its first invoice: what holds back newcomers.
const SILENT_DAYS: f64 = 30.0;
/// Invoices looked at for a customer's usual terms.
const TERMS_INVOICES: usize = 12;
/// Past months for which the forecast is made again and held against what came.
const ORIGINS: i32 = 12;
/// Days of billing that each of them is judged on.
pub const JUDGED_DAYS: i32 = 91;
/// Days of history behind the earliest of them.
const ORIGIN_HISTORY_DAYS: i32 = 120;
/// Full months below which no season is seen.
const SEASON_MONTHS: usize = 24;
/// Pseudo-years without a season.
const SEASON_PRIOR: f64 = 1.0;
/// Pseudo-invoices of the portfolio in a customer's billing days.
const DAY_PRIOR: f64 = 5.0;
/// Days after as_of that may be asked for: six months and the rest of one more.
const AHEAD_DAYS: i32 = 250;
/// Customers judged in one go.
const CUSTOMERS_PER_PART: usize = 512;
/// Places in a month, see [`Day::place_in_month`].
const PLACES: usize = 31;

/// Billing of one customer in one currency, as of the day it was asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Index into the ledger's currencies.
    pub currency: u16,
    /// Expected billing an average day, in currency units, before season and scale.
    pub per_day: f64,
    /// The size of the invoices in it: sum of squares over sum of amounts.
    pub lump: f64,
    /// Their mean.
    pub mean: f64,
}

/// The portfolio's billing.
#[derive(Debug, Clone)]
pub struct Billing {
    fade: Recency,
    /// Of each day from the fade's base: see [`Billing::weight_at`].
    weight: Vec<f64>,
    /// The first day that has a place.
    first: i32,
    /// Weekday and place in the month of each day from there to past as_of.
    places: Vec<(usize, usize)>,
    as_of: i32,
    /// Factor of each calendar month from January; 1 on average.
    pub season: [f64; 12],
    /// One a currency of the ledger.
    pub level: Vec<Level>,
    /// Share of invoices by weekday and by place in the month.
    weekday: [f64; 7],
    place: [f64; PLACES],
}

impl Billing {
    /// Learns the portfolio's billing from what is known.
    pub fn new(known: &Known, half_life_days: i32) -> Self {
        let as_of = known.as_of().0;
        let first = known.issue.par_iter().copied().min().unwrap_or(as_of);
        let days = issued_by_day(known, first);
        // places of days begin with a month, for those of a customer's next bills begin with as_of's
        let from = first.min(Day(as_of + 1).month_start().0);
        let places: Vec<_> =
            (from..=as_of + AHEAD_DAYS).map(|d| (Day(d).weekday(), Day(d).place_in_month())).collect();
        let (mut weekday, mut place) = ([0.1; 7], [0.1; PLACES]);
        for (&(w, p), &n) in places[(first - from) as usize..].iter().zip(&days) {
            weekday[w] += f64::from(n);
            place[p] += f64::from(n);
        }
        let share = |total: f64, n: f64| n / total;
        let (all_weekday, all_place) = (weekday.iter().sum(), place.iter().sum());
        let (fade, season) =
            (Recency::new(first, as_of, half_life_days), season(&days, Day(first), Day(as_of)));
        let of_month = |day: i32| season[Day(day).civil().1 as usize - 1];
        let mut out = Self {
            weight: (fade.base()..=as_of).map(|day| fade.at(day) / of_month(day)).collect(),
            fade,
            first: from,
            places,
            as_of,
            season,
            level: Vec::new(),
            weekday: weekday.map(|n| share(all_weekday, n)),
            place: place.map(|n| share(all_place, n)),
        };
        out.level = out.levels(known, first);
        out
    }

    /// The season's factor on a day.
    pub fn season_at(&self, day: i32) -> f64 {
        self.season[Day(day).civil().1 as usize - 1]
    }

    /// What customer `c` is billed, a line a currency, by what was known at `origin`.
    pub fn lines(&self, known: &Known, c: usize, origin: i32) -> Vec<Line> {
        let mut sums: Vec<(u16, f64, f64, f64)> = Vec::new();
        let mut first = i32::MAX;
        for i in known.invoices_of(c).filter(|&i| known.known_day(i) <= origin) {
            let (day, amount) = (known.issue[i], known.amount[i].to_f64());
            first = first.min(day);
            let w = self.weight_at(day);
            let at = sums.iter().position(|s| s.0 == known.currency[i]).unwrap_or_else(|| {
                sums.push((known.currency[i], 0.0, 0.0, 0.0));
                sums.len() - 1
            });
            sums[at].1 += w * amount;
            sums[at].2 += w * amount * amount;
            sums[at].3 += w;
        }
        if first == i32::MAX {
            return Vec::new();
        }
        let exposure = self.exposure(first, origin);
        let line = |(currency, sum, squares, n): (u16, f64, f64, f64)| Line {
            currency,
            per_day: sum / exposure,
            lump: squares / sum,
            mean: sum / n,
        };
        sums.into_iter().filter(|s| s.1 > 0.0).map(line).collect()
    }

    /// Share of an average day's billing that customer `c` is billed on each of the days `1..=last` after as_of, by
    /// its own weekdays and places in the month, shrunk to the portfolio's; 1 on average over each month.
    pub fn day_shares(&self, known: &Known, c: usize, last: i32, out: &mut Vec<f64>) {
        let (mut weekday, mut place) =
            (self.weekday.map(|s| DAY_PRIOR * s), self.place.map(|s| DAY_PRIOR * s));
        for i in known.invoices_of(c) {
            let at = self.place_at(known.issue[i]);
            weekday[at.0] += 1.0;
            place[at.1] += 1.0;
        }
        let weight = |&(w, p): &(usize, usize)| weekday[w] * place[p];
        out.clear();
        let mut start = Day(self.as_of + 1).month_start();
        while (out.len() as i32) < last {
            let end = start.month_end();
            let days = &self.places[(start.0 - self.first) as usize..=(end.0 - self.first) as usize];
            let mean = days.iter().map(weight).sum::<f64>() / days.len() as f64;
            let known_already = (self.as_of + 1 - start.0).max(0) as usize;
            let room = last as usize - out.len();
            out.extend(days[known_already..].iter().take(room).map(|d| weight(d) / mean));
            start = end.plus(1);
        }
    }

    /// Weekday and place in the month of a day from the first invoice on.
    fn place_at(&self, day: i32) -> (usize, usize) {
        self.places[(day - self.first) as usize]
    }

    /// Holds what the cadences would have said in past months against what was billed in the three months after.
    ///
    /// Origins lie whole months before as_of, so that a month half billed is as wrong there as it is now.
    fn levels(&self, known: &Known, first: i32) -> Vec<Level> {
        let origins: Vec<i32> = (3..3 + ORIGINS)
            .rev()
            .map(|k| months_before(Day(self.as_of), k).0)
            .filter(|o| o - first >= ORIGIN_HISTORY_DAYS && o + JUDGED_DAYS <= self.as_of)
            .collect();
        if origins.is_empty() {
            return vec![Level::UNKNOWN; known.currency_code.len()];
        }
        levels_of(&self.judged(known, &origins))
    }

    /// Predicted and actual billing in the `JUDGED_DAYS` after each of `origins`, which increase; `[currency][origin]`.
    fn judged(&self, known: &Known, origins: &[i32]) -> Vec<Vec<Judged>> {
        let (n_currencies, n) = (known.currency_code.len(), origins.len());
        let season = |o: &i32| (o + 1..=o + JUDGED_DAYS).map(|d| self.season_at(d)).sum();
        let season: Vec<f64> = origins.iter().map(season).collect();
        // whole customers in fixed parts: sums of f64 in one order whatever the threads
        let parts: Vec<Vec<Judged>> = (0..known.n_customers().div_ceil(CUSTOMERS_PER_PART))
            .into_par_iter()
            .map(|part| {
                let mut sums = vec![Judged::default(); n_currencies * n];
                let mut seen = vec![Seen::default(); n_currencies * n];
                let last = ((part + 1) * CUSTOMERS_PER_PART).min(known.n_customers());
                for c in part * CUSTOMERS_PER_PART..last {
                    self.judge_customer(known, c, origins, &season, &mut seen, &mut sums);
                }
                sums
            })
            .collect();
        let mut sums = vec![Judged::default(); n_currencies * n];
        for part in parts {
            for (sum, p) in sums.iter_mut().zip(part) {
                sum.predicted += p.predicted;
                sum.variance += p.variance;
                sum.actual += p.actual;
                sum.customers += p.customers;
                sum.actual2 += p.actual2;
                sum.product += p.product;
                sum.predicted2 += p.predicted2;
            }
        }
        sums.chunks(n.max(1)).map(<[Judged]>::to_vec).collect()
    }

    /// Adds one customer to `sums`: what was known at an origin is what was known at the one before and since.
    fn judge_customer(
        &self,
        known: &Known,
        c: usize,
        origins: &[i32],
        season: &[f64],
        seen: &mut [Seen],
        sums: &mut [Judged],
    ) {
        let n = origins.len();
        seen.fill(Seen::default());
        let mut first = [i32::MAX; ORIGINS as usize];
        for i in known.invoices_of(c) {
            let (issue, amount, at) =
                (known.issue[i], known.amount[i].to_f64(), known.currency[i] as usize * n);
            let after = origins.partition_point(|&o| o < known.known_day(i));
            if after < n {
                let w = self.weight_at(issue);
                seen[at + after].sum += w * amount;
                seen[at + after].squares += w * amount * amount;
                first[after] = first[after].min(issue);
            }
            let told = origins.partition_point(|&o| o < issue);
            for k in (0..told).rev().take_while(|&k| origins[k] + JUDGED_DAYS >= issue) {
                seen[at + k].billed_after += amount;
            }
        }
        for (seen, sums) in seen.chunks(n).zip(sums.chunks_mut(n)) {
            let mut so_far = Seen::default();
            let mut since = i32::MAX;
            for k in 0..n {
                so_far.sum += seen[k].sum;
                so_far.squares += seen[k].squares;
                since = since.min(first[k]);
                let actual = seen[k].billed_after;
                sums[k].actual += actual;
                if so_far.sum > 0.0 {
                    let exposure = self.exposure(since, origins[k]);
                    let predicted = so_far.sum / exposure * season[k];
                    sums[k].predicted += predicted;
                    sums[k].variance += so_far.squares / exposure * season[k];
                    sums[k].customers += 1.0;
                    sums[k].actual2 += actual * actual;
                    sums[k].product += actual * predicted;
                    sums[k].predicted2 += predicted * predicted;
                }
            }
        }
    }

    /// Days of `first..=origin` by their weight, and those of silence before.
    fn exposure(&self, first: i32, origin: i32) -> f64 {
        self.fade.over(first, origin) + SILENT_DAYS * self.fade.at(origin)
    }

    /// What a unit billed on a day counts: it fades, and a busy season makes it less.
    fn weight_at(&self, day: i32) -> f64 {
        self.weight[(day - self.fade.base()).clamp(0, self.weight.len() as i32 - 1) as usize]
    }
}

/// Weighted amounts and their squares.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    sum: f64,
    squares: f64,
    /// Amounts as they are, of the days that an origin is judged on.
    billed_after: f64,
}

/// Invoices issued on each day from `first` to as_of.
fn issued_by_day(known: &Known, first: i32) -> Vec<u32> {
    let mut days = vec![0; (known.as_of().0 - first + 1).max(1) as usize];
    for &day in &known.issue {
        days[(day - first) as usize] += 1;
    }
    days
}

/// The commonest days from issue to due of the customer's last invoices; of several, the fewest.
pub fn usual_terms(known: &Known, c: usize) -> i32 {
    let last = known.invoices_of(c).rev().take(TERMS_INVOICES);
    let mut terms: Vec<i32> = last.map(|i| (known.due[i] - known.issue[i]).max(0)).collect();
    terms.sort_unstable();
    let runs = terms.chunk_by(|a, b| a == b);
    runs.fold(&[0][..0], |best, run| if run.len() > best.len() { run } else { best })
        .first()
        .copied()
        .unwrap_or(0)
}

/// Invoices of each calendar month against the twelve months around it, averaged over years and shrunk to 1.
fn season(days: &[u32], first: Day, as_of: Day) -> [f64; 12] {
    let mut months: Vec<(usize, f64)> = Vec::new();
    let mut start = if first == first.month_start() { first } else { first.month_end().plus(1) };
    while start.month_end() <= as_of {
        let end = start.month_end();
        let n: u32 = days[(start.0 - first.0) as usize..=(end.0 - first.0) as usize].iter().sum();
        months.push((start.civil().1 as usize - 1, f64::from(n) / f64::from(end.0 - start.0 + 1)));
        start = end.plus(1);
    }
    let mut factor = [1.0; 12];
    if months.len() < SEASON_MONTHS {
        return factor;
    }
    let mut sums = [(0.0, 0.0); 12];
    for (k, &(month, rate)) in months.iter().enumerate() {
        // the year in whose middle it lies, moved inside the history
        let from = k.saturating_sub(6).min(months.len() - 12);
        let mean = months[from..from + 12].iter().map(|m| m.1).sum::<f64>() / 12.0;
        if mean > 0.0 {
            sums[month].0 += rate / mean;
            sums[month].1 += 1.0;
        }
    }
    for (f, (sum, n)) in factor.iter_mut().zip(sums) {
        *f = ((sum + SEASON_PRIOR) / (n + SEASON_PRIOR)).max(0.1);
    }
    let mean = factor.iter().sum::<f64>() / 12.0;
    factor.map(|f| f / mean)
}

/// The same day so many months earlier; the end of a month stays one.
fn months_before(day: Day, months: i32) -> Day {
    let (mut start, was_end) = (day.month_start(), day == day.month_end());
    for _ in 0..months {
        start = start.plus(-1).month_start();
    }
    if was_end { start.month_end() } else { start.plus(day.day_of_month() as i32 - 1).min(start.month_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, SettlementRows, sample};

    const HALF_LIFE: i32 = 120;

    /// Invoices of 70 to one customer, one on each of `days`, known at the end of `as_of`.
    fn known(days: impl Iterator<Item = i32>, as_of: i32) -> Known {
        let days: Vec<i32> = days.collect();
        let ids: Vec<String> = (0..days.len()).map(|k| format!("I{k:05}")).collect();
        let bills: Vec<_> = ids.iter().map(|id| (id.as_str(), "A", "EUR", 0, "70")).collect();
        let mut rows = sample::invoices(&bills);
        rows.due = days.iter().map(|d| d + 30).collect();
        rows.issue = days;
        Ledger::try_new(rows, SettlementRows::default()).unwrap().known_at(Day(as_of))
    }

    #[test]
    fn seventy_a_week_is_ten_a_day_once_the_level_has_undone_the_first_silence() {
        let known = known((0..120).map(|k| 7 * k), 839);
        let billing = Billing::new(&known, HALF_LIFE);
        let [line] = billing.lines(&known, 0, 839)[..] else { panic!("one currency") };
        let per_day = line.per_day * billing.level[0].scale;
        assert!((per_day - 10.0).abs() < 0.8, "{per_day}");
        assert!((line.lump - 70.0).abs() < 1e-9);
        assert_eq!(usual_terms(&known, 0), 30);
        assert!(billing.level[0].deviation < 0.1, "{:?}", billing.level[0]);
    }

    #[test]
    fn nothing_after_the_origin_counts() {
        let all = known((0..120).map(|k| 7 * k), 839);
        let billing = Billing::new(&all, HALF_LIFE);
        let early = known((0..60).map(|k| 7 * k), 839);
        assert_eq!(billing.lines(&all, 0, 413), billing.lines(&early, 0, 413));
        assert!(billing.lines(&all, 0, -1).is_empty());
    }

    #[test]
    fn a_young_ledger_has_no_season_and_does_not_know_how_wrong_it_is() {
        let known = known((0..8).map(|k| 7 * k), 55);
        let billing = Billing::new(&known, HALF_LIFE);
        assert_eq!(billing.season, [1.0; 12]);
        assert_eq!(billing.level, [Level::UNKNOWN]);
    }

    /// Three years of a business that bills twice as much each December.
    #[test]
    fn a_month_with_twice_the_invoices_each_year_has_a_season() {
        let first = Day::try_new(2021, 1, 1).unwrap();
        let days = (0..1095).flat_map(|k| {
            let day = first.plus(k);
            let n = if day.civil().1 == 12 { 2 } else { 1 };
            std::iter::repeat_n(day.0, n)
        });
        let known = known(days, first.0 + 1094);
        let season = Billing::new(&known, HALF_LIFE).season;
        assert!(season[11] > 1.5 * season[10], "{season:?}");
        assert!((season.iter().sum::<f64>() - 12.0).abs() < 1e-9);
    }

    #[test]
    fn one_who_is_billed_at_the_end_of_the_month_will_be_so_again() {
        let ends = (0..24).map(|k| months_before(Day::try_new(2024, 12, 31).unwrap(), k).0);
        let as_of = Day::try_new(2025, 1, 10).unwrap();
        let known = known(ends, as_of.0);
        let mut shares = Vec::new();
        Billing::new(&known, HALF_LIFE).day_shares(&known, 0, 60, &mut shares);
        let largest = (0..21).max_by(|a, b| shares[*a].total_cmp(&shares[*b])).unwrap();
        assert_eq!(as_of.plus(largest as i32 + 1), Day::try_new(2025, 1, 31).unwrap());
        let february: f64 = shares[21..49].iter().sum();
        assert!((february - 28.0).abs() < 1e-9, "{february}");
    }

    #[test]
    fn the_end_of_a_month_stays_one() {
        let day = |m, d| Day::try_new(2024, m, d).unwrap();
        assert_eq!(months_before(day(4, 30), 2), day(2, 29));
        assert_eq!(months_before(day(3, 30), 1), day(2, 29));
        assert_eq!(months_before(day(3, 15), 1), day(2, 15));
    }
}
