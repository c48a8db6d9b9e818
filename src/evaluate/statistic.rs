//! Metrics as sums over origins, so that any sample of origins has its own in no time, and what that is good for:
//! intervals by the moving-block bootstrap.

use crate::numeric::rng;
use rand::RngExt;
use rayon::prelude::*;

/// Samples drawn for an interval.
const SAMPLES: u64 = 1000;
/// Origins below which an interval would say nothing.
pub const ORIGINS_MIN: usize = 4;
/// Probability inside the interval; half of the rest lies on each side.
pub const LEVEL: f64 = 0.95;

/// A metric that any sample of origins has, by the index of each, repeated or not.
#[derive(Debug, Clone, PartialEq)]
pub enum Statistic {
    /// Sums over an origin: what is summed up, and what it is divided by.
    Ratio {
        /// One a origin.
        above: Vec<f64>,
        /// One a origin.
        below: Vec<f64>,
    },
    /// Area under the ROC curve of all rows of the sample together.
    Auc {
        /// `[n_origins, n_origins]`: pairs of a late invoice of the row's origin and an on-time one of the column's
        /// that are in the right order, ties counting half.
        right: Vec<f64>,
        /// Late invoices of each origin.
        late: Vec<f64>,
        /// On-time ones.
        on_time: Vec<f64>,
    },
}

impl Statistic {
    /// The area under the ROC curve, from the scores of the late and of the on-time invoices of each origin.
    pub fn auc(mut origins: Vec<(Vec<f64>, Vec<f64>)>) -> Self {
        origins.par_iter_mut().for_each(|(late, on_time)| {
            late.sort_unstable_by(f64::total_cmp);
            on_time.sort_unstable_by(f64::total_cmp);
        });
        let n = origins.len();
        let right = |cell: usize| pairs_in_order(&origins[cell / n].0, &origins[cell % n].1);
        Self::Auc {
            right: (0..n * n).into_par_iter().map(right).collect(),
            late: origins.iter().map(|o| o.0.len() as f64).collect(),
            on_time: origins.iter().map(|o| o.1.len() as f64).collect(),
        }
    }

    /// Its value over some origins; none where it has none, as of nothing.
    pub fn over(&self, sample: &[usize]) -> Option<f64> {
        let pick = |column: &[f64]| sample.iter().map(|&k| column[k]).sum::<f64>();
        let (above, below) = match self {
            Self::Ratio { above, below } => (pick(above), pick(below)),
            Self::Auc { right, late, on_time } => {
                let n = late.len();
                let row = |&k: &usize| pick(&right[k * n..(k + 1) * n]);
                (sample.iter().map(row).sum(), pick(late) * pick(on_time))
            }
        };
        (below > 0.0).then(|| above / below)
    }

    /// Its value over all origins.
    pub fn value(&self) -> Option<f64> {
        self.over(&(0..self.n_origins()).collect::<Vec<_>>())
    }

    /// Whether an origin has a part in it.
    pub fn is_of(&self, origin: usize) -> bool {
        match self {
            Self::Ratio { below, .. } => below[origin] > 0.0,
            Self::Auc { late, on_time, .. } => late[origin] + on_time[origin] > 0.0,
        }
    }

    fn n_origins(&self) -> usize {
        match self {
            Self::Ratio { above, .. } => above.len(),
            Self::Auc { late, .. } => late.len(),
        }
    }
}

/// Pairs `(late, on time)` with the late one above, ties counting half; both sorted.
fn pairs_in_order(late: &[f64], on_time: &[f64]) -> f64 {
    let (mut below, mut up_to, mut twice) = (0, 0, 0_u64);
    for p in late {
        while below < on_time.len() && on_time[below] < *p {
            below += 1;
        }
        up_to = up_to.max(below);
        while up_to < on_time.len() && on_time[up_to] <= *p {
            up_to += 1;
        }
        twice += (below + up_to) as u64;
    }
    twice as f64 / 2.0
}

/// Samples of whole blocks of neighbouring origins: those near each other look at the same weeks, and a sample that
/// broke them up would make an interval too narrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrap {
    block: usize,
    /// The origins of each sample; none with fewer than [`ORIGINS_MIN`].
    samples: Vec<Vec<usize>>,
}

impl Bootstrap {
    /// For `n_origins` whose outcomes reach over `overlap` origins: blocks of that many, but no fewer than the cube
    /// root of the origins and no more than half of them.
    pub fn new(n_origins: usize, overlap: usize, seed: u64) -> Self {
        let root = (n_origins as f64).cbrt().ceil() as usize;
        let block = overlap.max(root).min((n_origins / 2).max(1));
        let sample = |index| {
            let mut rng = rng(seed, "backtest: bootstrap", index);
            let mut sample = Vec::with_capacity(n_origins + block);
            while sample.len() < n_origins {
                let start = rng.random_range(0..=n_origins - block);
                sample.extend(start..start + block);
            }
            sample.truncate(n_origins);
            sample
        };
        let enough = n_origins >= ORIGINS_MIN;
        Self { block, samples: if enough { (0..SAMPLES).map(sample).collect() } else { Vec::new() } }
    }

    /// Origins in a block.
    pub fn block(&self) -> usize {
        self.block
    }

    /// Ends of the 95 % interval of a value that samples have; none with fewer than [`ORIGINS_MIN`] origins or where
    /// a tenth of the samples has no value.
    ///
    /// Source: Künsch (1989), *Annals of Statistics* 17(3); percentiles after Efron (1979).
    pub fn interval(&self, value: impl Fn(&[usize]) -> Option<f64> + Sync) -> Option<(f64, f64)> {
        let one = |sample: &Vec<usize>| value(sample).filter(|v: &f64| v.is_finite());
        let mut values: Vec<f64> = self.samples.par_iter().with_min_len(64).filter_map(one).collect();
        if values.is_empty() || values.len() < SAMPLES as usize * 9 / 10 {
            return None;
        }
        values.sort_unstable_by(f64::total_cmp);
        let at = |p: f64| values[((values.len() - 1) as f64 * p).round() as usize];
        Some((at((1.0 - LEVEL) / 2.0), at((1.0 + LEVEL) / 2.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::metric::auc;

    #[test]
    fn pairs_are_counted_with_ties_as_halves() {
        assert_eq!(pairs_in_order(&[0.3, 0.5, 0.5], &[0.1, 0.3, 0.5, 0.9]), 1.5 + 2.5 + 2.5);
        assert_eq!(pairs_in_order(&[], &[0.1]), 0.0);
    }

    #[test]
    fn the_area_of_all_origins_is_that_of_all_their_rows() {
        let origins =
            vec![(vec![0.9, 0.4], vec![0.4, 0.2, 0.6]), (vec![0.5], vec![0.1]), (vec![], vec![0.95, 0.4])];
        let p = [0.9, 0.4, 0.4, 0.2, 0.6, 0.5, 0.1, 0.95, 0.4];
        let y = [true, true, false, false, false, true, false, false, false];
        let found = Statistic::auc(origins);
        assert_eq!(found.value(), Some(auc(&p, &y).unwrap()));
        // the first origin twice has the area of its own rows
        assert_eq!(found.over(&[0, 0]), Some(auc(&p[..5], &y[..5]).unwrap()));
        assert_eq!(found.over(&[2]), None);
    }

    #[test]
    fn a_sample_is_made_of_blocks_and_the_same_for_the_same_seed() {
        let bootstrap = Bootstrap::new(12, 4, 7);
        assert_eq!(bootstrap.block(), 4);
        let sample = bootstrap.samples[3].clone();
        assert_eq!(sample.len(), 12);
        assert!(sample.chunks(4).all(|b| b.windows(2).all(|w| w[0] + 1 == w[1])), "{sample:?}");
        assert_eq!(bootstrap, Bootstrap::new(12, 4, 7));
        assert_ne!(bootstrap.samples[..9], vec![sample; 9]);
        assert_eq!((Bootstrap::new(3, 9, 0).block(), Bootstrap::new(30, 1, 0).block()), (1, 4));
    }

    #[test]
    fn an_interval_of_a_mean_holds_it_and_a_constant_has_none_to_speak_of() {
        let above: Vec<f64> = (0..40).map(|k| f64::from(k * 7 % 10)).collect();
        let ratio = Statistic::Ratio { above, below: vec![1.0; 40] };
        let (low, high) = Bootstrap::new(40, 1, 1).interval(|s| ratio.over(s)).unwrap();
        let mean = ratio.value().unwrap();
        // standard deviation 2.9 over the root of 40, twice
        assert!(low < mean && mean < high && high - low < 2.5, "{low} {mean} {high}");
        assert_eq!(Bootstrap::new(40, 1, 1).interval(|_| Some(2.0)), Some((2.0, 2.0)));
        assert_eq!(Bootstrap::new(3, 1, 1).interval(|_| Some(2.0)), None);
    }
}
