//! Futures of a portfolio, drawn with what invoices have in common.
//!
//! Symbols: `z` a standard normal score of one invoice in one draw, `rho_p` and `rho_c` the shares of its variance
//! that the portfolio and the customer have in common.

use super::Portfolio;
use crate::core::amount::SCALE;
use crate::numeric::normal_probability::normal_probability;
use crate::numeric::{mix, rng, text_key};
use crate::score::PartPayments;
use crate::score::part_payment::Stage;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// Draws made in one pass over the invoices: bounds the memory of a thread at 8 bytes a draw and day.
const BLOCK: usize = 1024;
/// Invoices that a thread takes at a time.
const CHUNK: usize = 512;
/// Invoices times draws above which fewer draws are made: some seconds' work.
const INVOICE_DRAWS_MAX: usize = 12_000_000;
/// Draws that the outer quantiles need however many invoices there are.
const DRAWS_MIN: usize = 100;

/// Days in a week.
const WEEK: usize = 7;

/// The probabilities of the forecast's quantiles.
pub const QUANTILES: [f64; 7] = [0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95];

/// How futures are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shocks {
    /// Futures drawn.
    pub n_draws: usize,
    /// `rho_c`: the share of a payment's timing that a customer's invoices have in common.
    pub customer_correlation: f64,
    /// `rho_p`: the share that all invoices have in common; with `rho_c` below 1.
    pub portfolio_correlation: f64,
    /// With it come the same futures.
    pub seed: u64,
}

/// Draws made for `n_invoices` when the policy asks for `wanted`: fewer past forty million invoice-draws, but never
/// below a hundred.
///
/// ```
/// use arrears::forecast::n_draws;
/// assert_eq!((n_draws(500, 20_000), n_draws(500, 60_000), n_draws(500, 9_000_000)), (500, 200, 100));
/// ```
pub fn n_draws(wanted: usize, n_invoices: usize) -> usize {
    wanted.min((INVOICE_DRAWS_MAX / n_invoices.max(1)).max(DRAWS_MIN))
}

/// Cash of each day in each drawn future, in ten-thousandths of a currency unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draws {
    n_draws: usize,
    /// `[n_days, n_draws]`, day by day.
    cash: Vec<i64>,
}

impl Draws {
    /// `cash` is `[n_days, n_draws]`, day by day.
    pub(super) fn new(n_draws: usize, cash: Vec<i64>) -> Self {
        Self { n_draws, cash }
    }

    /// The same futures with good and bad weeks: in each draw the cash of every week after as_of is multiplied by a
    /// log-normal factor of that deviation, and all of it brought back to the draw's total, so that money only moves
    /// between weeks. The factors are those of the seed, whatever the cash.
    pub fn shaken(mut self, deviation: f64, seed: u64) -> Self {
        if deviation <= 0.0 || self.n_draws == 0 {
            return self;
        }
        let n_days = self.cash.len() / self.n_draws;
        let mut factors = vec![0.0; n_days.div_ceil(WEEK) * self.n_draws];
        for (week, factors) in factors.chunks_mut(self.n_draws).enumerate() {
            let normals = StandardNormal.sample_iter(rng(seed, "forecast: week", week as u64));
            factors.iter_mut().zip(normals).for_each(|(f, z): (_, f64)| *f = (deviation * z).exp());
        }
        let of_day = |day: usize| &factors[day / WEEK * self.n_draws..];
        let (mut before, mut after) = (vec![0.0; self.n_draws], vec![0.0; self.n_draws]);
        for (day, cash) in self.cash.chunks(self.n_draws).enumerate() {
            for (draw, (&c, f)) in cash.iter().zip(of_day(day)).enumerate() {
                before[draw] += c as f64;
                after[draw] += c as f64 * f;
            }
        }
        // what is rounded off a day is carried to the next, so that each draw keeps its total
        let (mut exact, mut given) = (vec![0.0; self.n_draws], vec![0_i64; self.n_draws]);
        for (day, cash) in self.cash.chunks_mut(self.n_draws).enumerate() {
            for (draw, (c, f)) in cash.iter_mut().zip(of_day(day)).enumerate() {
                if *c != 0 {
                    exact[draw] += *c as f64 * f * before[draw] / after[draw];
                    *c = exact[draw].round() as i64 - given[draw];
                    given[draw] += *c;
                }
            }
        }
        self
    }

    /// Both together, draw by draw.
    pub(super) fn plus(&self, other: &Self) -> Self {
        let cash = self.cash.iter().zip(&other.cash).map(|(a, b)| a + b).collect();
        Self { n_draws: self.n_draws, cash }
    }

    /// Cash of the days `first..=last` after as_of, one number a draw.
    ///
    /// # Panics
    /// If `first` is below 1 or `last` is past the simulated days.
    pub fn cash(&self, first: i32, last: i32) -> Vec<i64> {
        let mut sum = vec![0; self.n_draws];
        for day in first as usize..=last as usize {
            let cash = &self.cash[(day - 1) * self.n_draws..day * self.n_draws];
            sum.iter_mut().zip(cash).for_each(|(sum, c)| *sum += c);
        }
        sum
    }

    /// [`QUANTILES`] of the cash of the days `first..=last`, in currency units: linear between order statistics.
    ///
    /// # Panics
    /// As [`Draws::cash`].
    ///
    /// Source: Hyndman & Fan (1996), *Sample Quantiles in Statistical Packages*, type 7.
    pub fn quantiles(&self, first: i32, last: i32) -> [f64; 7] {
        let mut cash = self.cash(first, last);
        cash.sort_unstable();
        QUANTILES.map(|p| quantile(&cash, p) / SCALE as f64)
    }
}

/// Type 7 on sorted whole numbers.
fn quantile(sorted: &[i64], p: f64) -> f64 {
    let at = p * (sorted.len() - 1) as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] as f64 + (at - at.floor()) * (sorted[above] - sorted[below]) as f64
}

impl Portfolio<'_> {
    /// Draws futures of the days `1..=n_days` after as_of.
    ///
    /// `z = sqrt(rho_p) Z(draw) + sqrt(rho_c) Z(customer, draw) + sqrt(1 - rho_p - rho_c) e(invoice, draw)`, all
    /// standard normal, and the invoice is settled on the first day `d` with `z >= quantile(S(d))`. So each invoice keeps
    /// its own curve exactly, `P(settled by d) = 1 - S(d)`, while those of a customer, and less so all, are early or
    /// late together. Inside a coarse interval of the grid the days are equally likely, as [`crate::score::Curves`]
    /// says. Then its money comes as [`Portfolio::expected_by_day`] says, at once or, if the draw has it paid in parts, in
    /// those of the portfolio. What does not come by the last day is not in the draw.
    ///
    /// Random numbers are keyed by the ids of customers and invoices, and money is added as whole numbers: neither
    /// other invoices nor the number of threads changes an invoice's draws. Customers are expected to stay together
    /// in `rows`, which only saves time.
    ///
    /// Source: Li (2000), *On Default Correlation: A Copula Function Approach*.
    pub fn simulate(&self, shocks: &Shocks, n_days: i32) -> Draws {
        let n_draws = shocks.n_draws;
        let mut cash = vec![0; n_days as usize * n_draws];
        for (index, start) in (0..n_draws).step_by(BLOCK).enumerate() {
            let block = Block::new(shocks, index, BLOCK.min(n_draws - start), [n_days, self.reach(n_days)]);
            let Some(part) = block.run(self) else { continue };
            for (to, from) in cash.chunks_mut(n_draws).zip(part.chunks(block.n)) {
                to[start..start + block.n].copy_from_slice(from);
            }
        }
        Draws { n_draws, cash }
    }
}

/// What is settled on each day of each draw, in ten-thousandths, `[n_days, n]` each: what is paid at once, then by [`Stage`] what is
/// paid in parts. Empty where there is none.
#[derive(Default)]
struct Settled([Vec<i64>; 3]);

impl Settled {
    /// Room for what is paid at once and for what is paid in parts at a stage.
    fn of(&mut self, stage: Stage, room: [usize; 2]) -> [&mut [i64]; 2] {
        let [at_once, whole, begun] = &mut self.0;
        let parts = if stage == Stage::Whole { whole } else { begun };
        for (column, room) in [&mut *at_once, &mut *parts].into_iter().zip(room) {
            if column.len() < room {
                column.resize(room, 0);
            }
        }
        [at_once, parts]
    }

    fn join(mut self, other: Self) -> Self {
        for (sum, part) in self.0.iter_mut().zip(other.0) {
            if sum.is_empty() {
                *sum = part;
            } else {
                sum.iter_mut().zip(part).for_each(|(sum, c)| *sum += c);
            }
        }
        self
    }
}

/// A number from 0 to 1 of the low bits of a normal one, which say nothing of its size.
fn low_bits(z: f64) -> f64 {
    const BITS: u32 = 20;
    (z.to_bits() & ((1 << BITS) - 1)) as f64 / f64::from(1_u32 << BITS)
}

/// Some of the draws.
struct Block<'a> {
    shocks: &'a Shocks,
    index: u64,
    /// Draws in it.
    n: usize,
    n_days: i32,
    /// Days whose settlements are drawn.
    reach: i32,
    /// `sqrt(rho_p) Z(draw)`.
    portfolio: Vec<f64>,
}

impl<'a> Block<'a> {
    fn new(shocks: &'a Shocks, index: usize, n: usize, [n_days, reach]: [i32; 2]) -> Self {
        let mut block = Self { shocks, index: index as u64, n, n_days, reach, portfolio: vec![0.0; n] };
        let scale = shocks.portfolio_correlation.sqrt();
        let normals = block.normals("forecast: portfolio", 0);
        block.portfolio.iter_mut().zip(normals).for_each(|(p, z)| *p = scale * z);
        block
    }

    /// Standard normal numbers of this block for one key: the same ones whatever else is drawn.
    fn normals(&self, label: &str, key: u64) -> impl Iterator<Item = f64> + use<> {
        StandardNormal.sample_iter(rng(self.shocks.seed, label, mix(key, self.index)))
    }

    /// Cash `[n_days, n]` of the whole portfolio; `None` if it has no invoice.
    fn run(&self, portfolio: &Portfolio<'_>) -> Option<Vec<i64>> {
        let parts = portfolio.rows.par_chunks(CHUNK).fold(Settled::default, |mut settled, rows| {
            self.add(portfolio, rows, &mut settled);
            settled
        });
        let settled = parts.reduce_with(Settled::join)?;
        let room = self.n_days as usize * self.n;
        let [mut cash, in_parts @ ..] = settled.0;
        cash.resize(room, 0);
        for (stage, settled) in [Stage::Whole, Stage::Begun].into_iter().zip(in_parts) {
            self.bring_forward(portfolio.part_payments.lead(stage), &settled, &mut cash);
        }
        Some(cash)
    }

    /// [`PartPayments::bring_forward`] in each draw, in whole ten-thousandths: what is rounded off comes on the day itself.
    fn bring_forward(&self, lead: &[(i32, f64)], settled: &[i64], cash: &mut [i64]) {
        for (day, settled) in settled.chunks_exact(self.n).enumerate() {
            for (draw, &amount) in settled.iter().enumerate().filter(|s| *s.1 != 0) {
                let mut rest = amount;
                for &(lead, share) in lead.iter().filter(|l| l.0 > 0) {
                    let Some(before) = day.checked_sub(lead as usize) else { continue };
                    let part = (amount as f64 * share).round() as i64;
                    rest -= part;
                    if let Some(cash) = cash.get_mut(before * self.n + draw) {
                        *cash += part;
                    }
                }
                if let Some(cash) = cash.get_mut(day * self.n + draw) {
                    *cash += rest;
                }
            }
        }
    }

    fn add(&self, portfolio: &Portfolio<'_>, rows: &[u32], settled: &mut Settled) {
        let (known, part_payments) = (portfolio.known, portfolio.part_payments);
        let own = (1.0 - self.shocks.portfolio_correlation - self.shocks.customer_correlation).sqrt();
        let (mut customer, mut common) = (None, Vec::new());
        let (mut survival, mut limits) = (Vec::new(), Limits::default());
        for &row in rows {
            let i = portfolio.invoice(row);
            if customer != Some(known.customer[i]) {
                customer = Some(known.customer[i]);
                self.common(known.customer_id.get(known.customer[i] as usize), &mut common);
            }
            let stage = PartPayments::stage(known, i);
            let in_parts = part_payments.in_parts(known.customer[i] as usize, stage);
            let (days, parts_days) = if in_parts > 0.0 { (self.reach, self.reach) } else { (self.n_days, 0) };
            let [at_once, parts] = settled.of(stage, [self.n_days, parts_days].map(|d| d as usize * self.n));
            portfolio.curves.daily(row as usize, days, &mut survival);
            limits.read(&survival);
            let open = known.open_amount[i].to_f64() * SCALE as f64;
            let overdue = known.as_of().0.saturating_sub(known.due[i]);
            let scores = self.normals("forecast: invoice", text_key(known.invoice_id.get(i)));
            for (draw, (e, c)) in scores.zip(&common).enumerate() {
                let level = normal_probability(c + own * e);
                if let Some(day) = limits.first_reached(level) {
                    let cash = open * part_payments.cash_share(overdue.saturating_add(day as i32 + 1));
                    let to =
                        if in_parts > 0.0 && low_bits(e) < in_parts { &mut *parts } else { &mut *at_once };
                    if let Some(to) = to.get_mut(day * self.n + draw) {
                        *to += cash.round() as i64;
                    }
                }
            }
        }
    }

    /// What a customer's invoices have in common in each draw: the portfolio's shock and the customer's own.
    fn common(&self, customer_id: &str, out: &mut Vec<f64>) {
        let scale = self.shocks.customer_correlation.sqrt();
        let normals = self.normals("forecast: customer", text_key(customer_id));
        out.clear();
        out.extend(self.portfolio.iter().zip(normals).map(|(p, z)| p + scale * z));
    }
}

/// Levels from which an invoice is paid by day 1, 2, ..., with a guide to where to look: faster than bisection.
#[derive(Default)]
struct Limits {
    /// Survival of each day, never rising.
    survival: Vec<f64>,
    /// For each cell of levels, how many days' survivals lie in higher cells.
    guide: Vec<u16>,
}

impl Limits {
    /// Several a day, so that the first look mostly is the last.
    const CELLS: usize = 1024;

    fn cell(level: f64) -> usize {
        ((level * Self::CELLS as f64) as u32).min(Self::CELLS as u32 - 1) as usize
    }

    /// Takes over a curve given at days `0..=n`.
    fn read(&mut self, survival: &[f64]) {
        self.survival.clear();
        self.survival.extend_from_slice(&survival[1..]);
        self.guide.clear();
        self.guide.resize(Self::CELLS, self.survival.len() as u16);
        let mut top = Self::CELLS;
        for (day, &s) in self.survival.iter().enumerate() {
            let cell = Self::cell(s);
            if cell < top {
                self.guide[cell..top].fill(day as u16);
                top = cell;
            }
        }
    }

    /// The first day, from 0, whose survival a level reaches.
    fn first_reached(&self, level: f64) -> Option<usize> {
        let start = self.guide[Self::cell(level)] as usize;
        (start..self.survival.len()).find(|&day| self.survival[day] <= level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_between_the_order_statistics_beside_it() {
        let cash = [0, 10, 20, 30, 40];
        assert_eq!([0.05, 0.25, 0.9, 1.0].map(|p| quantile(&cash, p)), [2.0, 10.0, 36.0, 40.0]);
        assert_eq!(quantile(&[7], 0.95), 7.0);
    }

    #[test]
    fn good_and_bad_weeks_move_money_between_weeks_only() {
        let cash: Vec<i64> = (0..14 * 200).map(|k| if k < 7 * 200 { 30_000 } else { 10_000 }).collect();
        let draws = Draws::new(200, cash);
        let shaken = draws.clone().shaken(0.2, 5);
        let (first, all) = (shaken.cash(1, 7), shaken.cash(1, 14));
        assert!(all.iter().all(|&c| c == 280_000), "{all:?}");
        // ln(first / second) is ln 3 with the deviation of a difference of two
        let ln: Vec<f64> =
            first.iter().zip(&all).map(|(&f, &a)| (f as f64 / (a - f) as f64 / 3.0).ln()).collect();
        let deviation = (ln.iter().map(|l| l * l).sum::<f64>() / 200.0).sqrt();
        assert!((deviation / (0.2 * 2f64.sqrt()) - 1.0).abs() < 0.2, "{deviation}");
        assert_eq!(draws.clone().shaken(0.0, 5), draws);
    }

    #[test]
    fn a_level_reaches_the_first_day_whose_survival_is_no_higher() {
        let mut limits = Limits::default();
        limits.read(&[1.0, 1.0, 0.5, 0.5, 0.0]);
        assert_eq!(
            [0.999, 0.5, 0.499, 0.0].map(|level| limits.first_reached(level)),
            [Some(1), Some(1), Some(3), Some(3)]
        );
    }

    #[test]
    fn the_guide_leads_to_the_same_day_as_looking_at_each() {
        let survival: Vec<f64> = (0..=180).map(|d| 0.98_f64.powi(d)).collect();
        let mut limits = Limits::default();
        limits.read(&survival);
        for level in (0..=10_000).map(|k| f64::from(k) / 10_000.0) {
            let day = limits.survival.iter().position(|&s| s <= level);
            assert_eq!(limits.first_reached(level), day, "{level}");
        }
    }
}
