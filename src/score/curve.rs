//! Survival curves of open invoices on one shared grid of days.

/// Survival of each open invoice: the probability that it is still open so many days after as_of.
///
/// One row an invoice, in the order of the invoices it was made for. Row `i` starts at 1 on day 0, never rises and
/// stays in `[0, 1]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Days after as_of, from 0, increasing; the last is the loss horizon.
    edges: Vec<i32>,
    /// Edges before the first that is not a day after the last one.
    n_daily: usize,
    /// `[n_invoices, edges.len()]`, row by row.
    survival: Vec<f64>,
}

impl Curves {
    /// Curves on a grid. `survival` holds `edges.len()` values an invoice.
    ///
    /// # Panics
    /// If the lengths do not fit or the grid does not start at 0 and increase.
    pub fn new(edges: Vec<i32>, survival: Vec<f64>) -> Self {
        assert!(edges.first() == Some(&0) && edges.windows(2).all(|w| w[0] < w[1]), "grid {edges:?}");
        assert_eq!(survival.len() % edges.len(), 0);
        let n_daily = edges.iter().zip(0..).take_while(|(edge, day)| *edge == day).count();
        Self { edges, n_daily, survival }
    }

    /// The grid: days after as_of.
    pub fn edges(&self) -> &[i32] {
        &self.edges
    }

    /// Number of invoices.
    pub fn len(&self) -> usize {
        self.survival.len() / self.edges.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.survival.is_empty()
    }

    /// Survival of invoice `i` at each edge.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.survival[i * self.edges.len()..(i + 1) * self.edges.len()]
    }

    /// Survival of invoice `i` at `days` after as_of: linear between edges, that is, payment spread evenly inside
    /// a coarse interval; 1 before as_of and the last value past the grid.
    pub fn at(&self, i: usize, days: i32) -> f64 {
        interpolate(&self.edges, self.row(i), days)
    }

    /// Survival of invoice `i` at each day `0..=last`, written to `out`.
    pub fn daily(&self, i: usize, last: i32, out: &mut Vec<f64>) {
        out.clear();
        let row = self.row(i);
        let n_daily = self.n_daily.min(last as usize + 1);
        out.extend_from_slice(&row[..n_daily]);
        let mut k = n_daily - 1;
        for day in n_daily as i32..=last {
            while k + 1 < self.edges.len() && self.edges[k + 1] <= day {
                k += 1;
            }
            out.push(between(&self.edges, row, k, day));
        }
    }
}

pub(super) fn interpolate(edges: &[i32], row: &[f64], days: i32) -> f64 {
    if days <= 0 {
        return row[0];
    }
    between(edges, row, edges.partition_point(|&e| e <= days) - 1, days)
}

/// Value at `day`, where `edges[k] <= day` and `day < edges[k + 1]` if there is such an edge.
fn between(edges: &[i32], row: &[f64], k: usize, day: i32) -> f64 {
    if k + 1 == edges.len() {
        return row[k];
    }
    let share = f64::from(day - edges[k]) / f64::from(edges[k + 1] - edges[k]);
    row[k] + share * (row[k + 1] - row[k])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payment_is_spread_evenly_inside_an_interval() {
        let c = Curves::new(vec![0, 1, 5], vec![1.0, 0.8, 0.4]);
        assert_eq!(c.at(0, -3), 1.0);
        assert_eq!(c.at(0, 1), 0.8);
        assert!((c.at(0, 3) - 0.6).abs() < 1e-15);
        assert_eq!(c.at(0, 99), 0.4);
        let mut daily = Vec::new();
        c.daily(0, 7, &mut daily);
        for (d, s) in daily.iter().enumerate() {
            assert_eq!(*s, c.at(0, d as i32), "day {d}");
        }
    }
}
