//! Rolling origins from files to an output folder: read and check once, forecast from each origin, judge all.

mod summary;
mod table;

pub use crate::evaluate::{Origins, Window};
pub use summary::{BacktestSummary, CASH_METRICS, LATE_METRICS, Line};

use super::{Observer, Sources, counts, encode, input_summary, summaries};
use crate::collect::{CollectError, Reporting};
use crate::contract::{Manifest, OutputFile, RunKey, SCHEMA_VERSION, Stamp, Table, policy_hash, sha256_hex};
use crate::core::{Currency, Day};
use crate::error::Error;
use crate::evaluate::{
    BacktestError, CashOf, Challenger, Claim, Contest, Fold, Judgement, WEEKS, fold, judge,
};
use crate::ingest::{Book, ForecastFile, FxTable, Says};
use crate::ledger::{Known, Ledger, NEVER};
use crate::policy::ValidPolicy;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Origins worked through side by side: what bounds the memory, and fills the threads where a stage of one has work
/// for a single one.
const ORIGINS_AT_ONCE: usize = 2;

/// What a backtest needs beside its files.
#[derive(Debug, Clone)]
pub struct BacktestJob {
    /// Every threshold, cost and switch.
    pub policy: ValidPolicy,
    /// From which days to forecast.
    pub origins: Origins,
    /// Last day that the files tell of; none for the last day on which they have something happen.
    pub until: Option<Day>,
    /// Of every draw.
    pub seed: u64,
    /// Files of forecasts to be judged beside ours.
    pub challengers: Vec<PathBuf>,
}

/// What a backtest gives: the files of its folder but for the manifest.
#[derive(Debug, Clone)]
pub struct BacktestOutput {
    /// Tables, as bytes.
    pub files: Vec<OutputFile>,
    /// The story of the backtest.
    pub manifest: Manifest,
    /// What a person wants to know.
    pub summary: BacktestSummary,
}

/// Reads and checks once, refits and forecasts from every origin, judges.
///
/// # Errors
/// As [`super::run`], and [`BacktestError`] for origins and challengers that cannot be judged.
pub fn backtest(
    sources: &Sources,
    job: &BacktestJob,
    observer: &dyn Observer,
) -> Result<BacktestOutput, Error> {
    Ok(backtest_with_tables(sources, job, observer)?.0)
}

/// [`backtest`], and beside the files the tables in memory.
///
/// # Errors
/// As [`backtest`].
pub fn backtest_with_tables(
    sources: &Sources,
    job: &BacktestJob,
    observer: &dyn Observer,
) -> Result<(BacktestOutput, Vec<Table>), Error> {
    observer.stage("read");
    let files = job.challengers.iter().map(|f| crate::ingest::read_forecasts(f));
    let challengers = files.collect::<Result<Vec<_>, _>>()?;
    let raw = crate::ingest::read(&sources.for_policy(&job.policy))?;
    observer.stage("check");
    let book =
        crate::ingest::check_owned(raw, job.until, &job.policy)?.within_quarantine_rate(&job.policy)?;
    judged(book, challengers, job, observer)
}

/// [`backtest`] from a checked book on.
///
/// # Errors
/// As [`backtest`].
pub fn backtest_book(
    book: Book,
    challengers: Vec<ForecastFile>,
    job: &BacktestJob,
    observer: &dyn Observer,
) -> Result<BacktestOutput, Error> {
    Ok(judged(book, challengers, job, observer)?.0)
}

/// A backtest's output, and its tables beside their bytes.
fn judged(
    book: Book,
    challengers: Vec<ForecastFile>,
    job: &BacktestJob,
    observer: &dyn Observer,
) -> Result<(BacktestOutput, Vec<Table>), Error> {
    let Book { mut ledger, fx, inputs, mut warnings, .. } = book;
    // what is judged is the whole
    ledger.segments.clear();
    let policy = &job.policy;
    let days = job.origins.days();
    let until = job.until.unwrap_or_else(|| last_day(&ledger));
    let end = ledger.into_known(until);
    if let Some(&origin) = days.iter().find(|d| d.plus(7) > until) {
        return Err(BacktestError::NoOutcome { origin, end: until }.into());
    }
    let rates = rates(&end, job.origins.days().last().copied(), &fx, policy, &mut warnings)?;
    let key = known_key(&end, job, &challengers);
    let challengers = claims(challengers, &days)?;
    let window = job.origins.window();
    let contest = Contest { end: &end, window, policy, seed: job.seed, challengers: &challengers };
    let models = contest.models();

    observer.stage("forecast");
    let folds = folds(&contest, &days, observer)?;
    observer.stage("judge");
    let n_own = models.len() - challengers.len();
    let every = job.origins.every_days();
    let judged = judge(&folds, &models, n_own, &rates, every, job.seed);
    warnings.extend(censored(&folds, until));
    warnings.extend(judged.warnings.iter().cloned());
    let summary = BacktestSummary::new(&folds, &models, &judged, &end, job, warnings.clone());

    observer.stage("encode");
    let key = RunKey {
        known_sha256: &key,
        policy_hash: &policy_hash(policy)?,
        model_sha256: None,
        seed: job.seed,
        as_of: until,
    };
    let run_id = key.run_id();
    let tables = vec![
        table::scores(&folds, &models, &end)?,
        table::cash(&folds, &models)?,
        table::metrics(&judged, &models)?,
        table::reliability(&judged, &models)?,
    ];
    let files = encode(&tables, &Stamp { as_of: Some(until), run_id: Some(run_id.clone()) })?;
    let fits: Vec<_> = folds
        .iter()
        .map(|f| serde_json::json!({ "origin": f.origin, "weeks": f.outcome.n_weeks, "report": f.fit }))
        .collect();
    let manifest = Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version: SCHEMA_VERSION,
        as_of: until,
        run_id,
        policy_hash: key.policy_hash.to_owned(),
        seed: job.seed,
        counts: inputs.iter().map(counts).sum(),
        inputs: inputs.iter().map(input_summary).collect(),
        model: serde_json::json!({
            "models": models,
            "every_days": every,
            "window_days": match window { Window::Expanding => None, Window::Sliding { days } => Some(days) },
            "fits": fits,
        }),
        metrics: figures(&judged),
        warnings,
        tables: summaries(&tables, &files),
        timings: Vec::new(),
    };
    Ok((BacktestOutput { files, manifest, summary }, tables))
}

/// A few origins at a time, in order: the first that fails, fails the backtest.
fn folds(contest: &Contest<'_>, days: &[Day], observer: &dyn Observer) -> Result<Vec<Fold>, BacktestError> {
    observer.total(days.len() as u64, "origins");
    let mut folds = Vec::with_capacity(days.len());
    for some in days.chunks(ORIGINS_AT_ONCE) {
        let one = |&day: &Day| {
            let fold = fold(contest, day);
            observer.tick(1);
            fold
        };
        let done: Vec<Result<Fold, BacktestError>> = some.par_iter().map(one).collect();
        for fold in done {
            folds.push(fold?);
        }
    }
    Ok(folds)
}

/// The last day on which something was issued, settled or recorded.
fn last_day(ledger: &Ledger) -> Day {
    let columns = [&ledger.issue, &ledger.known, &ledger.settlement_day, &ledger.settlement_known];
    let last = columns.into_iter().flatten().copied().filter(|&d| d != NEVER).max();
    Day(last.unwrap_or_default())
}

/// Units of the reporting currency for one of each currency known at the last origin, at the ledger's end; none for a ledger of one currency, and
/// for one of several without rates or under currency `XXX`, which are added at par.
fn rates(
    end: &Known,
    last_origin: Option<Day>,
    fx: &FxTable,
    policy: &ValidPolicy,
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<Currency, f64>, Error> {
    // nothing is forecast in a currency that no origin knows
    let known = |i: &usize| last_origin.is_some_and(|last| end.known_day(*i).max(end.issue[*i]) <= last.0);
    let of = |i: usize| end.currency_code[end.currency[i] as usize];
    let currencies: BTreeSet<Currency> = (0..end.n_invoices()).filter(known).map(of).collect();
    if currencies.len() <= 1 {
        return Ok(BTreeMap::new());
    }
    let names = || currencies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match Currency::try_new(&policy.ledger.reporting_currency) {
        None if fx.is_empty() => {
            warnings.push(format!(
                "all currencies together are {} at par, as no rates were given: set ledger.reporting_currency and give --fx",
                names()
            ));
            Ok(BTreeMap::new())
        }
        None => Err(Error::NoReportingCurrency { currencies: names() }),
        Some(Currency::NONE) => {
            warnings.push(format!(
                "all currencies together are {} at par, as ledger.reporting_currency is XXX: name a currency and give --fx",
                names()
            ));
            Ok(BTreeMap::new())
        }
        Some(reporting) => {
            let rate = |&currency: &Currency| {
                let rate = if currency == reporting { Some(1.0) } else { fx.rate(currency, end.as_of()) };
                let rate = rate.ok_or(CollectError::NoRate { currency, reporting, day: end.as_of() })?;
                Ok((currency, rate))
            };
            currencies.iter().map(rate).collect()
        }
    }
}

/// One hash of everything that the tables follow from but policy and seed.
fn known_key(end: &Known, job: &BacktestJob, challengers: &[ForecastFile]) -> String {
    let known = super::digest::known_sha256(end, &[], &Reporting::AtPar);
    let files: Vec<(&str, &str)> = challengers.iter().map(|c| (c.name.as_str(), c.sha256.as_str())).collect();
    sha256_hex(format!("{known} {:?} {files:?}", job.origins).as_bytes())
}

/// Files of forecasts as challengers.
fn claims(files: Vec<ForecastFile>, origins: &[Day]) -> Result<Vec<Challenger>, BacktestError> {
    let contest = crate::evaluate::baseline::Baseline::ALL.iter().map(|b| b.name().to_owned());
    let mut taken: Vec<String> =
        std::iter::once(crate::evaluate::fold::ARREARS.to_owned()).chain(contest).collect();
    let mut out = Vec::new();
    for ForecastFile { name, file, rows, .. } in files {
        let claims = rows.into_iter().map(|r| {
            let claim = match r.says {
                Says::Late { invoice_id, late_prob } => Claim::Late { invoice_id, late_prob },
                Says::Cash { period, currency, source, expected } => {
                    let refuse = |field, value: String, expected: &str| BacktestError::Challenger {
                        file: file.clone(),
                        row: r.row,
                        field,
                        value: format!("`{value}`"),
                        expected: expected.to_owned(),
                    };
                    let currency = currency.map(|c| {
                        Currency::try_new(&c)
                            .ok_or_else(|| refuse("currency", c, "expected an ISO 4217 code"))
                    });
                    let source = source.map(|s| {
                        CashOf::from_name(&s)
                            .ok_or_else(|| refuse("source", s, "expected open, future or total"))
                    });
                    let (currency, source) = (currency.transpose()?, source.transpose()?);
                    Claim::Cash { period, currency, source: source.unwrap_or(CashOf::Open), expected }
                }
            };
            Ok((r.row, r.origin, claim))
        });
        let claims = claims.collect::<Result<Vec<_>, BacktestError>>()?;
        out.push(Challenger::try_new(&name, &file, claims, origins, &taken)?);
        taken.push(name);
    }
    Ok(out)
}

/// What the ledger's end hides.
fn censored(folds: &[Fold], end: Day) -> Vec<String> {
    let mut told = Vec::new();
    let unfinished = folds.iter().filter(|f| f.outcome.n_weeks < WEEKS).count();
    if unfinished > 0 {
        told.push(format!(
            "{unfinished} of {} origins have fewer than {WEEKS} whole weeks to {end}, the ledger's end: their later weeks are not judged",
            folds.len()
        ));
    }
    let unknown = folds.iter().flat_map(|f| &f.outcome.late).filter(|l| l.is_none()).count();
    if unknown > 0 {
        let n: usize = folds.iter().map(|f| f.invoices.len()).sum();
        told.push(format!(
            "{unknown} of {n} invoices not yet due at an origin have their deadline after {end}, the ledger's end: they are not judged"
        ));
    }
    told
}

/// The engine's own main figures, for the manifest.
fn figures(judged: &Judgement) -> BTreeMap<String, f64> {
    let main = judged.metrics.iter().filter(|m| m.model == 0 && m.horizon.is_none() && m.currency.is_none());
    let name = |m: &crate::evaluate::MetricRow| {
        let source = m.source.map_or(String::new(), |s| format!("{}_", s.name()));
        format!("{}_{source}{}", m.task.name(), m.metric)
    };
    main.map(|m| (name(m), m.value)).collect()
}
