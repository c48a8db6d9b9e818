//! `arrears what-if`.

use super::input::{AsOfArg, InputArgs, SeedArg};
use super::progress::Progress;
use super::render::{Screen, aligned};
use crate::error::Error;
use crate::pipeline::Destination;
use crate::pipeline::what_if::{Base, Change, Compared, Moved, WhatIf, write};
use clap::Args;
use std::path::PathBuf;

/// Customers shown of those with whom something else is done; the table and JSON have all.
const SHOWN: usize = 20;

/// Hold cash and worklist against those under other calls, effects, costs, terms, or slower payment
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct WhatIfArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Score with this model instead of fitting one
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub as_of: AsOfArg,
    // not as a doc: rustdoc would take the brackets for links
    #[arg(long, value_name = "KEY=VALUE", help = SET_HELP)]
    pub set: Vec<String>,
    /// Multiply the odds of payment of each day of every invoice by this: below 1 all pay later
    #[arg(long, value_name = "ODDS", default_value_t = 1.0, value_parser = odds)]
    pub slower: f64,
    /// Add so many days to the terms of invoices that are not issued yet
    #[arg(long, value_name = "DAYS", default_value_t = 0, allow_negative_numbers = true,
          value_parser = clap::value_parser!(i32).range(-365..=365))]
    pub terms: i32,
    /// Output folder for the tables what_if and what_if_worklist [default: they are printed alone]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub seed: SeedArg,
}

const SET_HELP: &str = "Change a key of [collect], [forecast] or [score]; a level by its action, as collect.ladder[call].odds_ratio=2; \
    can be repeated";

const AFTER_HELP: &str = "\
Example:      arrears what-if --invoices i.csv --as-of 2026-03-31 --set collect.collectors=2
Exit status:  0 done  1 cannot read/write  2 bad option/policy  3 input rejected  4 gate failed";

fn odds(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|odds: &f64| *odds > 0.0 && odds.is_finite());
    number.ok_or_else(|| "expected a number above 0, as 0.8".to_owned())
}

/// Computes the base once, holds the change against it, tells what differs.
///
/// # Errors
/// What the pipeline ran into; nothing is written then.
pub fn run(args: &WhatIfArgs, screen: &Screen) -> Result<(), Error> {
    let job = args.input.job(args.as_of.as_of, args.seed.seed, args.model.as_deref())?;
    let change = Change { set: args.set.clone(), slower: args.slower, more_terms_days: args.terms };
    // a key that is refused should not cost a fit
    crate::policy::with_keys(&job.policy, &change.set)?;
    if let Some(out) = &args.out {
        Destination::folder(out).check()?;
    }
    let progress = Progress::new(*screen);
    let base = Base::read(&args.input.sources()?, &job, &progress)?;
    let what = base.with(&change)?;
    let timings = progress.finish();
    base.warnings().iter().for_each(|w| screen.warning(w));
    if what.changes.is_empty() {
        screen.warning("nothing is changed: give --set, --slower or --terms");
    }
    if let Some(out) = &args.out {
        write(out, base.output(&what)?, timings)?;
        screen.note(&format!("written to {}", out.display()));
    }
    screen.data(|| text(&what), &what)
}

fn text(what: &WhatIf) -> String {
    let mut text = format!("as of {}, if\n", what.as_of);
    what.changes.iter().for_each(|c| text.push_str(&format!("  {c}\n")));
    let is_total = |r: &Compared| r.measure == "cash_all_weeks";
    for total in what.rows.iter().filter(|r| is_total(r)) {
        let of = |r: &&Compared| (&r.currency, r.source) == (&total.currency, total.source);
        let rows: Vec<&Compared> = what.rows.iter().filter(of).collect();
        let cash: Vec<&Compared> =
            rows.iter().copied().filter(|r| r.measure == "cash" || is_total(r)).collect();
        let at = |measure: &str, r: &Compared| {
            rows.iter().find(|q| q.measure == measure && q.period_start == r.period_start).copied()
        };
        let range = |r: &Compared, value: fn(&Compared) -> f64| match (at("cash_p10", r), at("cash_p90", r)) {
            (Some(low), Some(high)) => format!("{:>12.0} to {:.0}", value(low), value(high)),
            _ => String::new(),
        };
        let line = |r: &Compared| {
            let week = r.period_start.map_or("all".to_owned(), |d| d.to_string());
            let [base, changed, difference] = three(r);
            [week, base, changed, difference, range(r, |r| r.base), range(r, |r| r.changed)]
        };
        let lines: Vec<[String; 6]> = cash.into_iter().map(line).collect();
        let head = ["week from", "base", "changed", "difference", "8 in 10 futures, base", "changed"];
        let (currency, source) =
            (total.currency.as_deref().unwrap_or_default(), total.source.unwrap_or_default());
        text.push_str(&format!("\n{currency} cash, {source}\n{}", aligned(head, &lines)));
    }
    let rest = what.rows.iter().filter(|r| !r.measure.starts_with("cash"));
    let line = |r: &Compared| {
        let [base, changed, difference] = three(r);
        [r.measure.to_owned(), r.currency.clone().unwrap_or_default(), base, changed, difference]
    };
    let lines: Vec<[String; 5]> = rest.map(line).collect();
    text.push_str(&format!("\n{}", aligned(["measure", "", "base", "changed", "difference"], &lines)));
    text.push_str(&moved(&what.worklist));
    text
}

fn three(r: &Compared) -> [String; 3] {
    // gains are small beside the cash they are made on
    let places = if r.measure.ends_with("_gain") { 2 } else { 0 };
    let number = |v: f64| format!("{v:>12.places$}");
    // a difference that rounds to nothing has no sign
    let is_shown = r.difference.abs() >= 0.5 * 0.1_f64.powi(places as i32);
    let difference = if is_shown { format!("{:>+12.places$}", r.difference) } else { number(0.0) };
    [number(r.base), number(r.changed), difference]
}

fn moved(worklist: &[Moved]) -> String {
    if worklist.is_empty() {
        return "\nthe same is done with every customer\n".to_owned();
    }
    let action = |a: &Option<String>| a.clone().unwrap_or("-".to_owned());
    let line = |m: &Moved| {
        [
            m.change.replace('_', " "),
            m.customer_id.clone(),
            format!("{} -> {}", m.base_rank, m.changed_rank),
            format!("{} -> {}", action(&m.base_action), action(&m.changed_action)),
            format!("{:.2} -> {:.2}", m.base_gain, m.changed_gain),
        ]
    };
    let lines: Vec<[String; 5]> = worklist.iter().take(SHOWN).map(line).collect();
    let first = if worklist.len() > SHOWN { format!(", the first {SHOWN}") } else { String::new() };
    let customers = if worklist.len() == 1 { "customer" } else { "customers" };
    let head = format!("\nsomething else is done with {} {customers}{first}\n", worklist.len());
    head + &aligned(["", "customer", "rank", "action", "gain"], &lines)
}
