//! On portfolios whose true hazard is known, the fit recovers it: predicted probabilities are those of the truth.

use arrears::core::Day;
use arrears::features::{Purpose, survey};
use arrears::ledger::Ledger;
use arrears::model::solver::Newton;
use arrears::policy::ValidPolicy;
use arrears::score::{predict, score};
use arrears::simulate::{Plan, Simulated, simulate};
use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2};

/// Days before the end of the ledger; in the last 45 days, outcomes of most invoices are not in it.
const CUTOFFS: [i32; 5] = [240, 120, 45, 20, 5];

/// Predictions for invoices that are open and not yet due, beside the truth.
#[derive(Default)]
struct Recovered {
    late_prob: Vec<f64>,
    true_prob: Vec<f64>,
    /// Late or not, where the ledger goes on long enough to tell.
    outcome: Vec<Option<bool>>,
}

impl Recovered {
    fn bias(&self) -> f64 {
        let gap = |(p, t): (&f64, &f64)| p - t;
        self.late_prob.iter().zip(&self.true_prob).map(gap).sum::<f64>() / self.late_prob.len() as f64
    }

    /// Slope of the calibration line: each row stands for a late and a punctual invoice, weighted by the truth.
    fn slope(&self) -> f64 {
        let n = self.late_prob.len();
        let log_odds: Vec<f64> = self.late_prob.iter().map(|&p| arrears::numeric::logit(p)).collect();
        let x = Array2::from_shape_fn((2 * n, 1), |(r, _)| log_odds[r / 2]);
        let late = Array1::from_shape_fn(2 * n, |r| r % 2 == 0);
        let weight = Array1::from_shape_fn(2 * n, |r| {
            let p = self.true_prob[r / 2];
            (if r % 2 == 0 { p } else { 1.0 - p }) as f32
        });
        let newton = Newton { penalty: 0.0, tolerance: 1e-9, iterations_max: 50 };
        newton.fit(&DatasetBase::new(x, late).with_weights(weight)).unwrap().coefficients[0]
    }

    fn add(&mut self, s: &Simulated, ledger: &Ledger, as_of: Day, end: Day, policy: &ValidPolicy) {
        let known = ledger.known_at(as_of);
        let survey = survey(&known, policy, Purpose::Fit);
        let hazard = arrears::model::fit(&known, &survey, policy, 0).unwrap();
        let scores = score(&known, &predict(&known, &survey, &hazard, policy), policy);
        let issued: Vec<usize> =
            (0..s.truth.n_invoices()).filter(|&i| s.truth.issue_day(i) <= as_of).collect();
        for score in scores.iter().filter(|s| s.days_past_due < 0) {
            let i = issued[score.invoice as usize];
            let due = s.truth.due_day(i);
            let late = s.truth.settled(i).is_none_or(|d| d > due);
            self.late_prob.push(score.late_prob);
            // what was paid but not yet recorded is open in the books and certain in truth
            self.true_prob.push(s.truth.late_prob(i, as_of).unwrap_or(f64::from(u8::from(late))));
            self.outcome.push((due <= end).then_some(late));
        }
    }
}

#[test]
fn explore() {
    for (name, plan) in [("plain", Plan::plain as fn(u32, u32, u64) -> Plan), ("new", Plan::new)] {
        for rows in [50_000, 400_000] {
            let policy =
                arrears::policy::parse(&format!("[model]\ntrain_rows_max = {rows}"), "recovery").unwrap();
            let mut per: Vec<Recovered> = CUTOFFS.iter().map(|_| Recovered::default()).collect();
            let t = std::time::Instant::now();
            for seed in 1..=3 {
                let plan = plan(300, 24, seed);
                let s = simulate(&plan);
                let ledger = s.ledger().unwrap();
                for (c, days) in CUTOFFS.iter().enumerate() {
                    let mut one = Recovered::default();
                    one.add(&s, &ledger, plan.end().plus(-days), plan.end(), &policy);
                    println!(
                        "  {name} {rows} seed {seed} -{days}: n {} bias {:.4} slope {:.4}",
                        one.late_prob.len(),
                        one.bias(),
                        one.slope()
                    );
                    per[c].late_prob.extend(one.late_prob);
                    per[c].true_prob.extend(one.true_prob);
                    per[c].outcome.extend(one.outcome);
                }
            }
            for (c, r) in per.iter().enumerate() {
                println!(
                    "{name} {rows} -{}: n {} bias {:.4} slope {:.4} mean true {:.3}",
                    CUTOFFS[c],
                    r.late_prob.len(),
                    r.bias(),
                    r.slope(),
                    r.true_prob.iter().sum::<f64>() / r.true_prob.len() as f64
                );
            }
            println!("{:?}", t.elapsed());
        }
    }
}
