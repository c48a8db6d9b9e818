//! How well the effect of contacts is found where it is known, and what a list by it collects: over many seeds.
//!
//! `cargo bench --bench contact -- [SEEDS]`

#![allow(clippy::print_stdout, clippy::unwrap_used)] // its figures go there

#[path = "../tests/it/contact.rs"]
#[allow(dead_code)] // its tests run with the others
mod contact;

use std::collections::BTreeMap;

fn main() {
    let seeds: u64 = std::env::args().filter_map(|a| a.parse().ok()).next().unwrap_or(3);
    let mut channels: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    let mut crude = 0.0;
    for seed in 0..seeds {
        let (effects, without_care) = contact::measured(seed, true);
        crude += without_care / seeds as f64;
        for e in effects {
            channels.entry(e.channel).or_default().push((e.log_odds, e.standard_error));
        }
    }
    println!(
        "effect of contacts, log-odds, {seeds} seeds; a call by days after it and days after none: {crude:.3}"
    );
    for (channel, found) in &channels {
        let (truth, n) = (contact::truth_of(channel), found.len() as f64);
        let inside = found.iter().filter(|(b, se)| (b - truth).abs() <= 2.0 * se).count();
        let mean = found.iter().map(|f| f.0).sum::<f64>() / n;
        let sd = (found.iter().map(|f| (f.0 - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        let se = found.iter().map(|f| f.1).sum::<f64>() / n;
        println!(
            "  {channel:<6} true {truth:.2}  mean {mean:.3}  sd {sd:.3}  mean error {se:.3}  within two errors {inside} of {n}"
        );
    }
    let mut sums = [0.0; 3];
    let mut better = [0; 2];
    for seed in 0..seeds {
        let c = contact::collected(seed);
        sums.iter_mut().zip(c).for_each(|(sum, c)| *sum += c);
        better[0] += usize::from(c[0] >= 1.15 * c[1]);
        better[1] += usize::from(c[0] >= 1.3 * c[2]);
    }
    println!(
        "calls to one in ten, what they are truly worth over {} seeds: by gain {:.0}, by late_prob x amount {:.0} \
         ({:+.1} %, 15 % more in {} seeds), oldest first {:.0} ({:+.1} %, 30 % more in {} seeds)",
        seeds,
        sums[0],
        sums[1],
        100.0 * (sums[0] / sums[1] - 1.0),
        better[0],
        sums[2],
        100.0 * (sums[0] / sums[2] - 1.0),
        better[1]
    );
}
