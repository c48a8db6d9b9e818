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
    let all: Vec<_> = (0..seeds).map(contact::collected).collect();
    println!("calls to one in ten of those who owe, what they are truly worth over {seeds} seeds");
    for (reading, name) in ["a write-off is a loss", "a write-off counts as cash"].into_iter().enumerate() {
        let sum = |of: fn(&contact::Collected) -> f64| all.iter().map(|c| of(&c[reading])).sum::<f64>();
        let (gain, risk, age, best) = (sum(|c| c.gain), sum(|c| c.risk), sum(|c| c.age), sum(|c| c.best));
        let n = |is: fn(&contact::Collected) -> bool| all.iter().filter(|c| is(&c[reading])).count();
        println!(
            "  {name}: by gain {gain:.0}, by late_prob x amount {risk:.0} ({:+.1} %, 15 % more in {} seeds), oldest first \
             {age:.0} ({:+.1} %, 30 % more in {} seeds), by what it is truly worth {best:.0} ({:+.1} % above late_prob x amount)",
            100.0 * (gain / risk - 1.0),
            n(|c| c.gain >= 1.15 * c.risk),
            100.0 * (gain / age - 1.0),
            n(|c| c.gain >= 1.3 * c.age),
            100.0 * (best / risk - 1.0)
        );
    }
}
