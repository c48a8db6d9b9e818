//! Why an invoice or a customer stands where it stands, out of a run's own tables.

mod moved;
mod words;

pub use moved::{Cause, Movement, TwoRuns};

use crate::contract::{Table, Value, read_table};
use crate::error::Error;
use crate::score::contribution::{AVERAGE_INVOICE, COVARIATES};
use serde::Serialize;
use std::path::Path;
use words::Row;

/// An answer: what the tables say of one id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// `invoice` or `customer`.
    pub kind: &'static str,
    /// The id asked for.
    pub id: String,
    /// What a person would say of it, with the customer's own figures.
    pub words: Vec<String>,
    /// Columns of its row and their values, in the table's order.
    pub facts: Vec<(String, String)>,
    /// Its strongest reasons: name, effect on the log-odds of late payment if the table has it, and meaning.
    pub reasons: Vec<ReasonText>,
    /// What the score is made of; none for a customer.
    pub score: Option<Score>,
    /// What moved the customer since an earlier run; none if none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Movement>,
}

/// One reason in words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReasonText {
    /// The covariate.
    pub name: String,
    /// Effect on the log-odds of late payment; none for a customer.
    pub effect: Option<f64>,
    /// The customer's own figure where there is one, else what the covariate means.
    pub meaning: String,
}

/// The score of an invoice and the parts that add up to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// What is explained: `late_prob`, or `open_30_prob` of an invoice that is late already.
    pub name: &'static str,
    /// Its probability.
    pub prob: f64,
    /// Log-odds of it: the sum of the parts.
    pub log_odds: f64,
    /// The average invoice first, then the strongest first.
    pub parts: Vec<ReasonText>,
}

/// Looks `id` up among the invoices of a run folder, then among its customers.
///
/// # Errors
/// [`Error::NotInRun`] if neither has it, and if the folder is no run.
pub fn explain(folder: &Path, id: &str) -> Result<Explanation, Error> {
    let (scores, _) = read_table(folder, "invoice_scores")?;
    let (customers, _) = read_table(folder, "customer_features")?;
    let of =
        |customer_id: &str| customers.find("customer_id", customer_id).map(|row| Row::new(&customers, row));
    if let Some(row) = scores.find("invoice_id", id) {
        let invoice = Row::new(&scores, row);
        let customer = of(&invoice.text("customer_id"));
        let (parts, _) = read_table(folder, "contributions")?;
        let say = |name: &str| words::figure(name, customer.as_ref(), Some(&invoice));
        let (facts, reasons) = facts_and_reasons(&scores, row, say);
        let score = Some(taken_apart(&parts, id, &invoice, say));
        let words = words::of_invoice(&invoice, customer.as_ref());
        return Ok(Explanation {
            kind: "invoice",
            id: id.to_owned(),
            words,
            facts,
            reasons,
            score,
            moved: None,
        });
    }
    let (ranked, _) = read_table(folder, "priorities")?;
    let Some(row) = ranked.find("customer_id", id) else {
        return Err(Error::NotInRun { folder: folder.to_owned(), id: id.to_owned() });
    };
    let customer = of(id);
    let (facts, reasons) =
        facts_and_reasons(&ranked, row, |name| words::figure(name, customer.as_ref(), None));
    let words = customer.as_ref().map(words::of_customer).unwrap_or_default();
    Ok(Explanation { kind: "customer", id: id.to_owned(), words, facts, reasons, score: None, moved: None })
}

/// [`explain`], and what moved the customer on the worklist since an earlier run of the same ledger. A customer that has
/// nothing open any more is explained by that.
///
/// # Errors
/// As [`explain`], if neither run knows the id, and [`Error::NotBefore`] if the other run is the later one.
pub fn explain_since(folder: &Path, previous: &Path, id: &str) -> Result<Explanation, Error> {
    let runs = TwoRuns::read(folder, previous)?;
    let mut found = match explain(folder, id) {
        Err(Error::NotInRun { .. }) if runs.moved(id).is_some() => Explanation {
            kind: "customer",
            id: id.to_owned(),
            words: vec!["has nothing open any more".to_owned()],
            facts: Vec::new(),
            reasons: Vec::new(),
            score: None,
            moved: None,
        },
        other => other?,
    };
    let customer = found.facts.iter().find(|(name, _)| name == "customer_id").map(|(_, id)| id.as_str());
    found.moved = runs.moved(customer.unwrap_or(id));
    Ok(found)
}

/// A row's columns, and its reasons with the customer's own figures.
fn facts_and_reasons(
    table: &Table,
    row: usize,
    say: impl Fn(&str) -> Option<String>,
) -> (Vec<(String, String)>, Vec<ReasonText>) {
    let text = |name: &str| table.value(name, row).to_string();
    let names: Vec<String> = table.columns().map(|(name, _)| name.to_owned()).collect();
    let is_reason = |name: &str| name.starts_with("reason_");
    let facts = names.iter().filter(|n| !is_reason(n)).map(|n| (n.clone(), text(n))).collect();
    let reasons = (1..=3)
        .map(|k| format!("reason_{k}"))
        .filter(|column| !text(column).is_empty())
        .map(|column| {
            let name = text(&column);
            let effect = match table.value(&format!("{column}_effect"), row) {
                Value::Double(effect) => Some(effect),
                _ => None,
            };
            let meaning = say(&name).unwrap_or_else(|| meaning(&name));
            ReasonText { name, effect, meaning }
        })
        .collect();
    (facts, reasons)
}

/// What a name among the contributions means.
fn meaning(name: &str) -> String {
    let known = COVARIATES.iter().find(|c| c.name == name).map(|c| c.meaning);
    known.unwrap_or(if name == AVERAGE_INVOICE { AVERAGE_MEANS } else { LATER_MEANS }).to_owned()
}

const AVERAGE_MEANS: &str = "the portfolio's average invoice with the same dates";
const LATER_MEANS: &str = "days past the 91st, which are not taken apart";

/// The parts of an invoice's score.
fn taken_apart(parts: &Table, id: &str, invoice: &Row, say: impl Fn(&str) -> Option<String>) -> Score {
    let of_id = |row: &usize| matches!(parts.value("invoice_id", *row), Value::Text(found) if found == id);
    let part = |row: usize| {
        let name = parts.value("feature", row).to_string();
        let effect = match parts.value("log_odds", row) {
            Value::Double(effect) => Some(effect),
            _ => None,
        };
        let meaning = say(&name).unwrap_or_else(|| meaning(&name));
        ReasonText { name, effect, meaning }
    };
    let mut parts: Vec<ReasonText> = (0..parts.n_rows()).filter(of_id).map(part).collect();
    let log_odds = parts.iter().filter_map(|p| p.effect).sum();
    let size = |p: &ReasonText| p.effect.unwrap_or_default().abs();
    let rank = |p: &ReasonText| p.name != AVERAGE_INVOICE;
    parts.sort_by(|a, b| rank(a).cmp(&rank(b)).then(size(b).total_cmp(&size(a))));
    let late_prob = invoice.double("late_prob");
    match late_prob {
        Some(prob) if prob < 1.0 => Score { name: "late_prob", prob, log_odds, parts },
        _ => {
            let prob = 1.0 - invoice.double("paid_30_prob").unwrap_or_default();
            Score { name: "open_30_prob", prob, log_odds, parts }
        }
    }
}
