//! What `check` says of a ledger: what is in it, what was wrong with it, and what can be done with it.

use super::Quarantined;
use super::ability::{Ability, Stands};
use crate::analytics::{Lateness, aging, lateness};
use crate::contract::Counts;
use crate::core::{Amount, Currency, Day};
use crate::ingest::rule::Rule;
use crate::ingest::{AHEAD_DAYS, Book};
use crate::ledger::{Known, NEVER};
use crate::policy::ValidPolicy;
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows of each rule that are shown.
const FIRST_ROWS: usize = 3;

/// The report. `docs/check.md` documents each key of its JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LedgerReport {
    /// The day at whose end the ledger is looked at.
    pub as_of: Day,
    /// Whether the user named it; else it is the last day that the files know of.
    pub as_of_given: bool,
    /// What became of the rows of each file.
    pub inputs: Vec<InputReport>,
    /// Invoices in the ledger, those after `as_of` included.
    pub invoices: usize,
    /// Customers in the ledger.
    pub customers: usize,
    /// Settlements in the ledger: payments, credits, write-offs and discounts.
    pub settlements: usize,
    /// From when to when.
    pub period: Period,
    /// What is open, by currency.
    pub currencies: Vec<CurrencyReport>,
    /// How many are late.
    pub late: LateReport,
    /// Rows said more than once.
    pub duplicates: Duplicates,
    /// What was found, by rule.
    pub rules: Vec<RuleReport>,
    /// What arrears can do with this ledger.
    pub abilities: Vec<Ability>,
    /// Every row that a rule found.
    pub quarantine: Vec<Quarantined>,
    /// What the user should know of the choice of tables.
    pub warnings: Vec<String>,
}

/// What became of the rows of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputReport {
    /// `invoices`, `payments`, `customers`, `contacts` or `fx`.
    pub table: &'static str,
    /// The path as it was given, joined with the name of the part.
    pub file: String,
    /// Of the file's bytes.
    pub sha256: String,
    /// How the file was read: its format, and the delimiter, encoding, compression or sheet that were found.
    pub format: String,
    /// Rows in = ledger + quarantined + ignored.
    pub counts: Counts,
    /// Rows that are no rows of the table, of those ignored: blank ones, lines of sums, what the mapping leaves out.
    pub left_out: u64,
}

/// First and last days, by as_of; none where nothing has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // the names say it
pub struct Period {
    pub first_issue: Option<Day>,
    pub last_issue: Option<Day>,
    pub first_settlement: Option<Day>,
    pub last_settlement: Option<Day>,
}

/// What is open in one currency; amounts are exact decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CurrencyReport {
    /// ISO 4217.
    pub currency: String,
    /// Invoices known.
    pub invoices: usize,
    /// Of those, with something open.
    pub open_invoices: usize,
    /// What is open on them.
    pub open_amount: String,
    /// Of that, past due.
    pub overdue_amount: String,
    /// Credits that no invoice has used, at or above zero.
    pub unapplied_amount: String,
    /// Open amounts by days past due, as in `aging.parquet`; together `open_amount` less `unapplied_amount`.
    pub aging: Vec<BucketReport>,
}

/// One bucket of days past due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BucketReport {
    /// `current`, `1-30`, ..., `unapplied`.
    pub bucket: String,
    /// Exact decimal; of `unapplied` at or below zero.
    pub amount: String,
    /// Open invoices in it.
    pub invoices: u32,
}

/// Late invoices, and what dropping those that are not settled would have hidden. Shares are from 0 to 1, none where
/// there is nothing to divide by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LateReport {
    /// `ledger.grace_days` of the policy.
    pub grace_days: i32,
    /// Invoices settled in full, on a day that is known.
    pub settled: usize,
    /// Of those, settled after due and grace.
    pub settled_late: usize,
    /// Open invoices past due and grace.
    pub open_late: usize,
    /// Open invoices that may still be settled on time: censored labels.
    pub censored: usize,
    /// Invoices settled in full on one of two days or more: in no other count here.
    pub undated: usize,
    /// Of all invoices known but those.
    pub censored_share: f64,
    /// Late share by Kaplan and Meier, which counts open invoices for as long as they were watched.
    pub late_share: Option<f64>,
    /// Late share of the settled invoices alone.
    pub settled_only_share: Option<f64>,
    /// `settled_only_share` less `late_share`: what dropping open invoices would have biased.
    pub dropping_bias: Option<f64>,
}

/// Rows in quarantine because another row says the same, or something else of the same key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Duplicates {
    /// Of the same content: rules whose id ends in `_REPEATED`.
    pub repeated: usize,
    /// Of the same key with other content: rules whose id begins with `DUPLICATE_`.
    pub contradicting: usize,
}

/// What one rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// See `arrears rules`.
    pub rule_id: &'static str,
    /// `reject`, `repair` or `warn`.
    pub severity: &'static str,
    /// How many.
    pub rows: usize,
    /// The first of them, by file and row.
    pub first: Vec<Quarantined>,
}

impl LedgerReport {
    /// Looks at a checked ledger as of a day, or of the last one that its files know of.
    ///
    /// ```
    /// use arrears::{ingest::Book, pipeline::LedgerReport, simulate::{Plan, simulate}};
    /// let book = Book::of(simulate(&Plan::new(60, 24, 1)).ledger()?);
    /// let report = LedgerReport::new(book, Some("2024-08-31".parse()?), &arrears::policy::load(None)?);
    /// assert!(report.late.late_share.unwrap() > 0.0 && report.rules.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(book: Book, as_of: Option<Day>, policy: &ValidPolicy) -> Self {
        let day = as_of.unwrap_or_else(|| last_day(&book));
        let ledger = &book.ledger;
        let (invoices, customers) = (ledger.n_invoices(), ledger.n_customers());
        let settlements = ledger.settlement_day.len();
        let stands = Stands::of(&book, policy);
        let Book { ledger, contacts: _, fx, quarantine, inputs, warnings, .. } = book;
        let known = ledger.into_known(day);
        let lateness = lateness(&known, policy);
        let rules = by_rule(&quarantine);
        let inputs = inputs.iter().map(|i| InputReport {
            table: i.table,
            file: i.file.clone(),
            sha256: i.sha256.clone(),
            format: i.format.clone(),
            counts: super::counts(i),
            left_out: i.filtered,
        });
        Self {
            as_of: day,
            as_of_given: as_of.is_some(),
            inputs: inputs.collect(),
            invoices,
            customers,
            settlements,
            period: Period::of(&known),
            currencies: currencies(&known, policy),
            late: LateReport::new(&lateness, policy),
            duplicates: Duplicates::of(&rules),
            rules,
            abilities: stands.abilities(&known, &lateness, &fx, policy),
            quarantine,
            warnings,
        }
    }
}

/// The last day of anything but a due date, a rate, or a payment that cannot have come yet.
fn last_day(book: &Book) -> Day {
    let ledger = &book.ledger;
    let last = |days: &[i32]| days.iter().copied().filter(|d| *d != NEVER).max().unwrap_or(i32::MIN);
    let issued = last(&ledger.issue);
    let paid = ledger.settlement_day.iter().chain(&ledger.settlement_known).copied();
    let paid = paid.filter(|d| *d <= issued.saturating_add(AHEAD_DAYS)).max().unwrap_or(i32::MIN);
    let credited = ledger.credits.iter().map(|c| c.known).max().unwrap_or(i32::MIN);
    let contacted = book.contacts.day.iter().map(|d| d.0).max().unwrap_or(i32::MIN);
    let days = [issued, last(&ledger.known), paid, credited, contacted];
    Day(days.into_iter().max().unwrap_or(issued))
}

impl Period {
    fn of(known: &Known) -> Self {
        let first = |days: &[i32]| days.iter().copied().min().map(Day);
        let last = |days: &[i32]| days.iter().copied().max().map(Day);
        Self {
            first_issue: first(&known.issue),
            last_issue: last(&known.issue),
            first_settlement: first(&known.settlement_day),
            last_settlement: last(&known.settlement_day),
        }
    }
}

fn currencies(known: &Known, policy: &ValidPolicy) -> Vec<CurrencyReport> {
    let open = known.open_invoices();
    let aging = aging(known, &open, policy);
    let mut invoices = vec![0_usize; known.currency_code.len()];
    known.currency.iter().for_each(|c| invoices[*c as usize] += 1);
    let mut sums = vec![(0_usize, Amount::ZERO, Amount::ZERO); known.currency_code.len()];
    for i in open.iter().map(|i| *i as usize) {
        let (n, amount, overdue) = &mut sums[known.currency[i] as usize];
        *n += 1;
        *amount += known.open_amount[i];
        if known.due[i] < known.as_of().0 {
            *overdue += known.open_amount[i];
        }
    }
    let report = |k: usize, currency: Currency| {
        let (open_invoices, open_amount, overdue_amount) = sums[k];
        let of_currency = known.credits.iter().filter(|c| c.currency as usize == k);
        let unapplied: Amount = of_currency.map(|c| c.amount).sum();
        let is_all = |r: &usize| aging.currency[*r] == currency && aging.segment.get(*r) == "all";
        let rows = (0..aging.currency.len()).filter(is_all);
        CurrencyReport {
            currency: currency.to_string(),
            invoices: invoices[k],
            open_invoices,
            open_amount: open_amount.to_string(),
            overdue_amount: overdue_amount.to_string(),
            unapplied_amount: unapplied.to_string(),
            aging: rows
                .map(|r| BucketReport {
                    bucket: aging.bucket.get(r).to_owned(),
                    amount: aging.amount[r].to_string(),
                    invoices: aging.n_invoices[r],
                })
                .collect(),
        }
    };
    known.currency_code.iter().enumerate().map(|(k, c)| report(k, *c)).collect()
}

impl LateReport {
    fn new(lateness: &Lateness, policy: &ValidPolicy) -> Self {
        Self {
            grace_days: policy.ledger.grace_days,
            settled: lateness.n_settled,
            settled_late: lateness.n_settled_late,
            open_late: lateness.n_open_late,
            censored: lateness.n_censored,
            undated: lateness.n_undated,
            censored_share: lateness.censored_share(),
            late_share: lateness.late_prob,
            settled_only_share: lateness.settled_only_share(),
            dropping_bias: lateness.dropping_bias(),
        }
    }
}

impl Duplicates {
    fn of(rules: &[RuleReport]) -> Self {
        let count = |finds: fn(&Rule) -> bool| {
            let found = rules.iter().filter(|r| Rule::from_id(r.rule_id).is_ok_and(finds));
            found.map(|r| r.rows).sum()
        };
        Self { repeated: count(Rule::finds_repeated), contradicting: count(Rule::finds_contradicting) }
    }
}

fn by_rule(quarantine: &[Quarantined]) -> Vec<RuleReport> {
    let mut found: BTreeMap<(&'static str, &'static str), RuleReport> = BTreeMap::new();
    for q in quarantine {
        let (rule_id, severity) = (q.rule_id, q.severity.name());
        let nothing = || RuleReport { rule_id, severity, rows: 0, first: Vec::new() };
        let rule = found.entry((rule_id, severity)).or_insert_with(nothing);
        rule.rows += 1;
        if rule.first.len() < FIRST_ROWS {
            rule.first.push(q.clone());
        }
    }
    found.into_values().collect()
}
