//! The stages as plain function calls: the library's main entry.
//!
//! [`run`] reads, checks, fits, scores, forecasts and ranks, and gives the files of an output folder as bytes;
//! [`write_run`] puts them in place. [`assess`] is the same from a checked book on, for callers that have one.

pub mod ability;
pub mod audit;
pub mod backtest;
pub mod demo;
mod digest;
pub mod doctor;
pub mod explain;
mod figure_table;
mod figures;
pub mod ledger_report;
mod life;
mod model_card;
mod money_table;
pub mod observe;
mod outlook;
pub mod policy;
pub mod rejection;
pub mod report;
pub mod summary;
mod table;
pub mod what_if;
pub mod worklist;

pub use crate::contract::{
    ColumnSchema, Destination, OutputFile, SCHEMA_VERSION, TABLES, TableSchema, write_file,
};
use crate::ingest::ContactTable;
pub use crate::ingest::rule::{RULES, Rule};
pub use crate::ingest::{Book, InputCount, Mapping, Quarantined, Sources, suggest};
pub use crate::model::Artifact;
pub use crate::policy::{ValidPolicy, load as load_policy, parse as parse_policy};
pub use ability::Verdict;
pub use ledger_report::LedgerReport;
pub use model_card::MODEL_CARD_FILE;
pub use observe::{Observer, Silent};
pub use summary::Summary;

use crate::analytics::PaymentPromise;
use crate::collect::{Contact, Contacts, Priorities, Reporting};
use crate::contract::{
    ContractError, Counts, InputSummary, MANIFEST_FILE, Manifest, RunKey, Stamp, Table, TableSummary,
    encode_parquet, policy_hash, sha256_hex,
};
use crate::core::{Amount, Currency, Day};
use crate::error::Error;
use crate::features::{Purpose, survey};
use crate::ledger::Known;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Name of the model in an output folder.
pub const MODEL_FILE: &str = "model.json";
/// Name of the page in an output folder.
pub const REPORT_FILE: &str = "report.html";

/// What a run needs beside its files.
#[derive(Debug, Clone)]
pub struct Job {
    /// Every threshold, cost and switch.
    pub policy: ValidPolicy,
    /// Nothing after the end of this day is used.
    pub as_of: Day,
    /// Of every draw.
    pub seed: u64,
    /// A model to score with; none to fit one.
    pub model: Option<Artifact>,
}

/// What a run gives: the files of its folder but for the manifest, which gets its timings when it is written.
#[derive(Debug, Clone)]
pub struct RunOutput {
    /// Tables and model, as bytes.
    pub files: Vec<OutputFile>,
    /// The story of the run.
    pub manifest: Manifest,
    /// A few numbers for a person.
    pub summary: Summary,
}

/// The main job: check, fit (or take `job.model`), score, forecast, prioritise, age, report.
///
/// # Errors
/// The first stage that cannot go on.
pub fn run(sources: &Sources, job: &Job, observer: &dyn Observer) -> Result<RunOutput, Error> {
    Ok(run_with_tables(sources, job, observer)?.0)
}

/// [`run`], and beside the files the tables in memory, by name: for a caller that goes on with them.
///
/// # Errors
/// As [`run`].
pub fn run_with_tables(
    sources: &Sources,
    job: &Job,
    observer: &dyn Observer,
) -> Result<(RunOutput, Vec<Table>), Error> {
    observer.stage("read");
    let raw = crate::ingest::read(&sources.for_policy(&job.policy))?;
    observer.stage("check");
    let book =
        crate::ingest::check_owned(raw, Some(job.as_of), &job.policy)?.within_quarantine_rate(&job.policy)?;
    let (mut output, tables) = assessed(book, job, observer)?;
    observer.stage("report");
    let (page, tables) = report::of_run(&output, tables)?;
    output.files.push(page);
    Ok((output, tables))
}

/// [`run`] from a checked book on, but for the report: that tells of the input files, which hold what came later too.
///
/// # Errors
/// As [`run`].
pub fn assess(book: Book, job: &Job, observer: &dyn Observer) -> Result<RunOutput, Error> {
    Ok(assessed(book, job, observer)?.0)
}

/// A run's output, and its tables beside their bytes.
fn assessed(book: Book, job: &Job, observer: &dyn Observer) -> Result<(RunOutput, Vec<Table>), Error> {
    let Book { ledger, contacts, fx, quarantine, inputs, mut warnings, .. } = book;
    let policy = &job.policy;
    let known = ledger.into_known(job.as_of);

    let ready = life::ready(&known, &contacts, job, observer, &mut warnings)?;
    let life::Ready { survey, model, hazard } = &ready;
    observer.stage("score");
    let (prediction, parts) = crate::score::predict_and_explain(&known, survey, hazard, policy);
    let scores = crate::score::score(&known, &prediction, policy);
    let drift = life::watched(&known, &ready, job, &mut warnings)?;
    observer.stage("forecast");
    let new = crate::score::NewInvoices::new(survey, hazard, &prediction);
    let forecast = outlook::cash(&known, &prediction, &new, &outlook::measured(policy, model), job.seed);
    observer.stage("prioritise");
    let promises = promises(&contacts);
    let contacts = Contacts::new(contacts_made(&contacts), &model.contact_effects);
    let reporting = reporting(&known, &fx, policy, &mut warnings)?;
    let strongest = |p: &crate::score::Contribution| p.strongest().map(|r| Some(r.name));
    let reasons: Vec<_> = parts.par_iter().with_min_len(256).map(strongest).collect();
    let ranked = outlook::ranked(&known, &prediction, &reasons, &contacts, &reporting, policy)?;
    warnings.extend(outlook::idle_segments(&known, &prediction, policy));
    let aging = crate::analytics::aging(&known, &prediction.open, policy);

    observer.stage("analyse");
    let seen = figures::Seen { known: &known, prediction: &prediction, scores: &scores, reasons: &reasons };
    let figures = figures::figures(&seen, &ranked, &promises, policy)?;

    observer.stage("encode");
    let model_json = model.to_json();
    // the hash of the ids takes as long as all of these
    let (known_sha256, (risk, receipts, recent)) = rayon::join(
        || digest::known_sha256(&known, contacts.made(), &reporting),
        || {
            let risk = crate::score::risk(&known, &scores);
            (risk, crate::analytics::receipts(&known), crate::analytics::recent(&known))
        },
    );
    let key = RunKey {
        known_sha256: &known_sha256,
        policy_hash: &policy_hash(policy)?,
        model_sha256: job.model.as_ref().map(|m| m.model_id.as_str()),
        seed: job.seed,
        as_of: job.as_of,
    };
    let run_id = key.run_id();
    let summary = Summary::new(&known, &scores, &forecast, &ranked, &aging);
    let metrics = metrics(&summary, &ranked, forecast.n_draws);
    let (invoices, contributions) = rayon::join(
        || table::invoice_scores(&known, &scores, &parts, &model.model_id),
        || table::contributions(&known, &prediction.open, &parts),
    );
    let mut tables = vec![
        invoices?,
        contributions?,
        table::cash_forecast(forecast, job.as_of)?,
        table::priorities(ranked)?,
        table::aging(aging)?,
        table::risk(risk, job.as_of)?,
        table::receipts(receipts, job.as_of)?,
        table::customer_features(&known, &prediction, &recent)?,
        table::quarantine(&quarantine)?,
        model_card::model_features(hazard)?,
        model_card::drift_table(&drift, job.as_of, &model.model_id)?,
    ];
    let card = model_card::model_card(model, hazard, &drift, job.as_of, job.model.is_some());
    tables.extend(figures);
    let mut files = encode(&tables, &Stamp { as_of: Some(job.as_of), run_id: Some(run_id.clone()) })?;
    let manifest = Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version: SCHEMA_VERSION,
        as_of: job.as_of,
        run_id,
        policy_hash: key.policy_hash.to_owned(),
        seed: job.seed,
        counts: inputs.iter().map(counts).sum(),
        inputs: inputs.iter().map(input_summary).collect(),
        model: serde_json::json!({
            "model_id": &model.model_id,
            "fitted": job.model.is_none() && model.stand_in.is_none(),
            "stand_in": &model.stand_in,
            "as_of": &model.as_of,
            "converged": true,
            "report": &model.hazard.report,
        }),
        metrics,
        warnings,
        tables: summaries(&tables, &files),
        timings: Vec::new(),
    };
    files.push(OutputFile { name: MODEL_FILE.to_owned(), bytes: model_json.into_bytes() });
    files.push(OutputFile { name: MODEL_CARD_FILE.to_owned(), bytes: card.into_bytes() });
    Ok((RunOutput { files, manifest, summary }, tables))
}

/// Puts a run in place with its manifest: a reader sees the old folder or the new one.
///
/// # Errors
/// [`ContractError`] if the folder cannot be written, or holds something that is not a run of arrears.
pub fn write_run(out: &Path, output: RunOutput, timings: Vec<(String, f64)>) -> Result<(), Error> {
    write_run_to(&Destination::folder(out), output, timings)
}

/// [`write_run`] to every place of a destination, each of them at once.
///
/// # Errors
/// As [`Destination::write`].
pub fn write_run_to(
    destination: &Destination,
    output: RunOutput,
    timings: Vec<(String, f64)>,
) -> Result<(), Error> {
    put(destination, output.files, Manifest { timings, ..output.manifest })
}

/// [`write_run_to`] of a backtest.
///
/// # Errors
/// As [`write_run_to`].
pub fn write_backtest_to(
    destination: &Destination,
    output: backtest::BacktestOutput,
    timings: Vec<(String, f64)>,
) -> Result<(), Error> {
    put(destination, output.files, Manifest { timings, ..output.manifest })
}

fn put(destination: &Destination, mut files: Vec<OutputFile>, manifest: Manifest) -> Result<(), Error> {
    files.push(OutputFile { name: MANIFEST_FILE.to_owned(), bytes: manifest.to_json()? });
    Ok(destination.write(&files)?)
}

/// Fits a model and nothing else.
///
/// # Errors
/// As [`run`].
pub fn fit(sources: &Sources, job: &Job, observer: &dyn Observer) -> Result<Artifact, Error> {
    observer.stage("read");
    let raw = crate::ingest::read(&sources.for_policy(&job.policy))?;
    observer.stage("check");
    let book =
        crate::ingest::check_owned(raw, Some(job.as_of), &job.policy)?.within_quarantine_rate(&job.policy)?;
    let (known, contacts) = (book.ledger.into_known(job.as_of), book.contacts);
    observer.stage("sweep");
    let survey = survey(&known, &job.policy, Purpose::Fit);
    observer.stage("fit");
    Ok(life::fitted(&known, &survey, &contacts, job)?.0)
}

/// Reads and checks a ledger; without `as_of` nothing counts as not known yet.
///
/// # Errors
/// For files that cannot be read or hold no usable invoice.
pub fn check(
    sources: &Sources,
    as_of: Option<Day>,
    policy: &ValidPolicy,
    observer: &dyn Observer,
) -> Result<Book, Error> {
    observer.stage("read");
    let raw = crate::ingest::read(&sources.for_policy(policy))?;
    observer.stage("check");
    Ok(crate::ingest::check_owned(raw, as_of, policy)?)
}

/// Rows that rules found, as a Parquet file.
///
/// # Errors
/// [`ContractError::Encode`], which would be a bug.
pub fn quarantine_file(rows: &[Quarantined], as_of: Option<Day>) -> Result<OutputFile, ContractError> {
    let table = table::quarantine(rows)?;
    let bytes = encode_parquet(&table, &Stamp { as_of, run_id: None })?;
    Ok(OutputFile { name: format!("{}.parquet", table.name()), bytes })
}

/// What became of the rows of one input, with the identity asserted: rows = ledger + quarantined + ignored.
pub fn counts(input: &InputCount) -> Counts {
    let InputCount { rows, ledger, quarantined, ignored, .. } = *input;
    assert_eq!(rows, ledger + quarantined + ignored, "{}: rows were lost", input.file);
    Counts { rows, ledger, quarantined, ignored }
}

fn input_summary(input: &InputCount) -> InputSummary {
    InputSummary {
        table: input.table.to_owned(),
        file: input.file.clone(),
        sha256: input.sha256.clone(),
        counts: counts(input),
    }
}

fn encode(tables: &[Table], stamp: &Stamp) -> Result<Vec<OutputFile>, ContractError> {
    let file = |t: &Table| {
        encode_parquet(t, stamp).map(|bytes| OutputFile { name: format!("{}.parquet", t.name()), bytes })
    };
    // a thread takes one at a time: some are a hundred times as long as others
    tables.par_iter().with_max_len(1).map(file).collect()
}

/// What the manifest says of each table and its file.
fn summaries(tables: &[Table], files: &[OutputFile]) -> BTreeMap<String, TableSummary> {
    let summary = |(t, f): (&Table, &OutputFile)| {
        let sha256 = sha256_hex(&f.bytes);
        (t.name().to_owned(), TableSummary { rows: t.n_rows() as u64, sha256 })
    };
    tables.par_iter().zip(files).with_max_len(1).map(summary).collect()
}

/// Promises as the key figures ask for them.
fn promises(contacts: &crate::ingest::ContactTable) -> Vec<PaymentPromise<'_>> {
    let promise = |k: usize| {
        Some(PaymentPromise {
            customer_id: contacts.customer_id.get(k),
            made: contacts.day[k].0,
            promise_date: contacts.promise_date[k]?.0,
            amount: contacts.promise_amount[k],
        })
    };
    (0..contacts.len()).filter_map(promise).collect()
}

/// Contacts as the worklist asks for them.
fn contacts_made(contacts: &ContactTable) -> Vec<Contact<'_>> {
    let contact = |k: usize| Contact {
        customer_id: contacts.customer_id.get(k),
        day: contacts.day[k],
        channel: contacts.channel.get(k),
        promise_date: contacts.promise_date[k],
        promise_amount: contacts.promise_amount[k],
    };
    (0..contacts.len()).map(contact).collect()
}

/// Currencies in which something is open.
fn open_currencies(known: &Known) -> BTreeSet<Currency> {
    let mut is_open = vec![false; known.currency_code.len()];
    let open = known.currency.iter().zip(&known.open_amount).filter(|(_, amount)| amount.0 > 0);
    open.for_each(|(c, _)| is_open[*c as usize] = true);
    known.currency_code.iter().zip(is_open).filter(|(_, open)| *open).map(|(c, _)| *c).collect()
}

/// The currency customers are compared in: the policy's, or the ledger's only one. Amounts are converted by the rates
/// of as_of; a missing rate is an error of the stage. Without any rates, or under currency `XXX`, they are added at par,
/// with a warning.
fn reporting(
    known: &Known,
    fx: &crate::ingest::FxTable,
    policy: &ValidPolicy,
    warnings: &mut Vec<String>,
) -> Result<Reporting, Error> {
    let open = open_currencies(known);
    let wanted = Currency::try_new(&policy.ledger.reporting_currency);
    let names = || open.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let only = if open.len() == 1 { open.first().copied() } else { None };
    match (wanted, only) {
        (None | Some(Currency::NONE), Some(only)) => Ok(Reporting::Single(only)),
        (Some(wanted), only) if only == Some(wanted) || open.is_empty() => Ok(Reporting::Single(wanted)),
        (None, None) if open.is_empty() => Ok(Reporting::AtPar),
        (Some(Currency::NONE), None) => {
            warnings.push(format!(
                "priorities add {} at par, as ledger.reporting_currency is XXX: name a currency and give --fx",
                names()
            ));
            Ok(Reporting::AtPar)
        }
        (None, None) if fx.is_empty() => {
            warnings.push(format!(
                "priorities add {} at par, as no rates were given: set ledger.reporting_currency and give --fx",
                names()
            ));
            Ok(Reporting::AtPar)
        }
        (Some(currency), _) => {
            let rate = |c: &Currency| fx.rate(*c, known.as_of()).map(|r| (*c, r));
            Ok(Reporting::Converted { currency, rates: open.iter().filter_map(rate).collect() })
        }
        (None, None) => Err(Error::NoReportingCurrency { currencies: names() }),
    }
}

/// Figures of the whole; amounts in the currency of the priorities.
fn metrics(summary: &Summary, ranked: &Priorities, n_draws: usize) -> BTreeMap<String, f64> {
    let total = |amounts: &[Amount]| amounts.iter().copied().sum::<Amount>().to_f64();
    let pairs = [
        ("open_amount", total(&ranked.open_amount)),
        ("overdue_amount", total(&ranked.overdue_amount)),
        ("value_at_risk", crate::numeric::sum(&ranked.value_at_risk)),
        ("open_invoices", summary.n_open as f64),
        ("overdue_invoices", summary.n_overdue as f64),
        ("mean_late_prob_not_yet_due", summary.mean_late_prob),
        ("forecast_draws", n_draws as f64),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
