//! What would be if: cash and worklist of one ledger and model, as they are and under a change.
//!
//! The ledger is read, the model fitted and the past swept once. Both worlds follow from that with the same random
//! numbers, so that what differs between them is what was changed.

use super::life::{self, Ready};
use super::{Artifact, Book, Destination, Job, Observer, OutputFile, SCHEMA_VERSION, Sources, outlook};
use crate::collect::{Contacts, Priorities, Reporting};
use crate::contract::{Column, ContractError, Manifest, RunKey, Stamp, Table, policy_hash, sha256_hex};
use crate::core::{Currency, Day};
use crate::error::Error;
use crate::forecast::{CashForecast, Grain};
use crate::ingest::{ContactTable, InputCount};
use crate::ledger::Known;
use crate::model::Hazard;
use crate::policy::{ValidPolicy, with_keys};
use crate::score::{NewInvoices, Prediction, predict};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Places of the 10 and 90 % quantiles among [`crate::forecast::QUANTILES`].
const OUTER: [(usize, &str); 2] = [(1, "cash_p10"), (5, "cash_p90")];
/// The segment that holds every invoice.
const ALL: &str = "all";

/// What is changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// `KEY=VALUE` of the policy, as [`with_keys`] takes them.
    pub set: Vec<String>,
    /// What the odds of payment of each day of every invoice are multiplied by; above 0.
    pub slower: f64,
    /// Days added to the terms of invoices that are not issued yet.
    pub more_terms_days: i32,
}

impl Default for Change {
    /// No change at all.
    fn default() -> Self {
        Self { set: Vec::new(), slower: 1.0, more_terms_days: 0 }
    }
}

/// One number of both worlds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// `cash`, `cash_p10` and `cash_p90` of a week, `cash_all_weeks`, `expected_unpaid`, or of the worklist
    /// `expected_gain`, `left_out_gain`, `value_at_risk`, `calls`, `contacts`, `left_out`.
    pub measure: &'static str,
    /// Which invoices cash comes from.
    pub source: Option<&'static str>,
    /// Of amounts.
    pub currency: Option<String>,
    /// First day of the week, of what has one.
    pub period_start: Option<Day>,
    /// As things are.
    pub base: f64,
    /// Under the change.
    pub changed: f64,
    /// `changed` - `base`.
    pub difference: f64,
}

/// A customer with whom something else is done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    /// Who.
    pub customer_id: String,
    /// `enters` or `leaves` the list of those to contact, or gets an `other_action`.
    pub change: &'static str,
    /// Rank as things are.
    pub base_rank: u32,
    /// Rank under the change.
    pub changed_rank: u32,
    /// What is done as things are.
    pub base_action: Option<String>,
    /// What is done under the change.
    pub changed_action: Option<String>,
    /// What that is expected to gain as things are.
    pub base_gain: f64,
    /// What that is expected to gain under the change.
    pub changed_gain: f64,
}

/// Both worlds held against each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhatIf {
    /// The day that is asked about.
    pub as_of: Day,
    /// What was changed, in words.
    pub changes: Vec<String>,
    /// Currency of the worklist.
    pub reporting_currency: String,
    /// Numbers of both.
    pub rows: Vec<Compared>,
    /// Customers with whom something else is done: those who enter, get another action, leave; each by rank.
    pub worklist: Vec<Moved>,
    /// Of everything that decides the numbers beside ledger, model and seed.
    #[serde(skip)]
    policy_sha256: String,
}

/// Files of a folder that holds the comparison, but for the manifest.
#[derive(Debug, Clone)]
pub struct WhatIfOutput {
    /// Tables as bytes.
    pub files: Vec<OutputFile>,
    /// The story.
    pub manifest: Manifest,
}

/// Everything that both worlds share.
struct Scene {
    known: Known,
    ready: Ready,
    contacts: ContactTable,
    reporting: Reporting,
    seed: u64,
}

/// What follows in one world.
struct World {
    cash: CashForecast,
    ranked: Priorities,
    /// Expected to be open past the loss horizon.
    unpaid: BTreeMap<Currency, f64>,
}

/// The world as it is, ready to be held against others.
pub struct Base {
    scene: Scene,
    /// With what payments have in common as it was measured.
    policy: ValidPolicy,
    prediction: Prediction,
    world: World,
    /// A model that was given, not fitted.
    given: Option<Artifact>,
    inputs: Vec<InputCount>,
    warnings: Vec<String>,
}

impl Base {
    /// Reads, checks, fits (or takes `job.model`) and predicts, once.
    ///
    /// # Errors
    /// As [`super::run`].
    pub fn read(sources: &Sources, job: &Job, observer: &dyn Observer) -> Result<Self, Error> {
        observer.stage("read");
        let raw = crate::ingest::read(&sources.for_policy(&job.policy))?;
        observer.stage("check");
        let book = crate::ingest::check_owned(raw, Some(job.as_of), &job.policy)?;
        Self::of(book.within_quarantine_rate(&job.policy)?, job, observer)
    }

    /// [`Base::read`] from a checked book on.
    ///
    /// # Errors
    /// As [`super::run`].
    pub fn of(book: Book, job: &Job, observer: &dyn Observer) -> Result<Self, Error> {
        let Book { ledger, contacts, fx, inputs, mut warnings, .. } = book;
        let known = ledger.into_known(job.as_of);
        let ready = life::ready(&known, &contacts, job, observer, &mut warnings)?;
        life::watched(&known, &ready, job, &mut warnings)?;
        observer.stage("score");
        let policy = outlook::measured(&job.policy, &ready.model);
        let prediction = predict(&known, &ready.survey, &ready.hazard, &policy);
        let reporting = super::reporting(&known, &fx, &policy, &mut warnings)?;
        let scene = Scene { known, ready, contacts, reporting, seed: job.seed };
        observer.stage("forecast");
        let world = scene.world(&prediction, &scene.ready.hazard, &policy, 0)?;
        Ok(Self { scene, policy, prediction, world, given: job.model.clone(), inputs, warnings })
    }

    /// What a person should know of the base.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Holds a change against the base: another policy, odds of payment that are shifted on all days of every invoice
    /// (the intercept of the hazard), other terms for invoices to come.
    ///
    /// # Errors
    /// As [`with_keys`].
    ///
    /// # Panics
    /// If `change.slower` is not a number above 0.
    pub fn with(&self, change: &Change) -> Result<WhatIf, Error> {
        assert!(change.slower > 0.0 && change.slower.is_finite(), "odds times {}", change.slower);
        let policy = with_keys(&self.policy, &change.set)?;
        let (scene, as_is) = (&self.scene, &self.scene.ready.hazard);
        let shifted = as_is.shifted(change.slower.ln());
        let same_curves = change.slower == 1.0 && policy.score == self.policy.score;
        let other = (!same_curves).then(|| predict(&scene.known, &scene.ready.survey, &shifted, &policy));
        let prediction = other.as_ref().unwrap_or(&self.prediction);
        let changed = scene.world(prediction, &shifted, &policy, change.more_terms_days)?;
        let key = (policy_hash(&self.policy)?, policy_hash(&policy)?, change.slower, change.more_terms_days);
        Ok(WhatIf {
            as_of: scene.known.as_of(),
            changes: self.in_words(change, &policy),
            reporting_currency: scene.reporting.currency().to_string(),
            rows: compared(&self.world, &changed),
            worklist: moved(&self.world.ranked, &changed.ranked),
            policy_sha256: sha256_hex(format!("{key:?}").as_bytes()),
        })
    }

    fn in_words(&self, change: &Change, policy: &ValidPolicy) -> Vec<String> {
        let differences = super::policy::differences(policy, &self.policy);
        let mut words: Vec<String> =
            differences.into_iter().map(|d| format!("{}: {}, was {}", d.key, d.value, d.default)).collect();
        if change.slower != 1.0 {
            words.push(format!("odds of payment of each day of every invoice: times {}", change.slower));
        }
        if change.more_terms_days != 0 {
            let days = change.more_terms_days;
            words.push(format!("terms of invoices not issued yet: {days:+} days"));
        }
        words
    }

    /// A comparison as the tables `what_if` and `what_if_worklist`, with their manifest.
    ///
    /// # Errors
    /// [`ContractError::Encode`], which would be a bug.
    pub fn output(&self, what: &WhatIf) -> Result<WhatIfOutput, Error> {
        let scene = &self.scene;
        let contacts = super::contacts_made(&scene.contacts);
        let contacts = Contacts::new(contacts, &[]);
        let key = RunKey {
            known_sha256: &super::digest::known_sha256(&scene.known, contacts.made(), &scene.reporting),
            policy_hash: &what.policy_sha256,
            model_sha256: self.given.as_ref().map(|m| m.model_id.as_str()),
            seed: scene.seed,
            as_of: what.as_of,
        };
        let run_id = key.run_id();
        let tables = [numbers(what)?, worklist(what)?];
        let stamp = Stamp { as_of: Some(what.as_of), run_id: Some(run_id.clone()) };
        let files = super::encode(&tables, &stamp)?;
        let manifest = Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schema_version: SCHEMA_VERSION,
            as_of: what.as_of,
            run_id,
            policy_hash: what.policy_sha256.clone(),
            seed: scene.seed,
            counts: self.inputs.iter().map(super::counts).sum(),
            inputs: self.inputs.iter().map(super::input_summary).collect(),
            model: serde_json::json!({
                "model_id": &scene.ready.model.model_id,
                "fitted": self.given.is_none() && scene.ready.model.stand_in.is_none(),
                "changes": &what.changes,
            }),
            metrics: BTreeMap::new(),
            warnings: self.warnings.clone(),
            tables: super::summaries(&tables, &files),
            timings: Vec::new(),
        };
        Ok(WhatIfOutput { files, manifest })
    }
}

/// Puts a comparison in place with its manifest.
///
/// # Errors
/// As [`super::write_run`].
pub fn write(out: &Path, output: WhatIfOutput, timings: Vec<(String, f64)>) -> Result<(), Error> {
    super::put(&Destination::folder(out), output.files, Manifest { timings, ..output.manifest })
}

impl Scene {
    fn world(
        &self,
        prediction: &Prediction,
        hazard: &Hazard,
        policy: &ValidPolicy,
        more_terms_days: i32,
    ) -> Result<World, Error> {
        let new = NewInvoices::new(&self.ready.survey, hazard, prediction).with_more_terms(more_terms_days);
        let contacts = Contacts::new(super::contacts_made(&self.contacts), &self.ready.model.contact_effects);
        let reasons = vec![[None; 3]; prediction.open.len()];
        let mut unpaid = BTreeMap::new();
        for (k, &i) in prediction.open.iter().enumerate() {
            let currency = self.known.currency_code[self.known.currency[i as usize] as usize];
            let left = prediction.curves.row(k).last().copied().unwrap_or(1.0);
            *unpaid.entry(currency).or_default() += self.known.open_amount[i as usize].to_f64() * left;
        }
        Ok(World {
            cash: outlook::cash(&self.known, prediction, &new, policy, self.seed),
            ranked: outlook::ranked(&self.known, prediction, &reasons, &contacts, &self.reporting, policy)?,
            unpaid,
        })
    }
}

/// Every number of both worlds: cash by currency, source and week, then what is lost, then the worklist.
fn compared(base: &World, changed: &World) -> Vec<Compared> {
    let mut rows = Vec::new();
    let mut push = |measure, source, currency: Option<Currency>, period_start, base: f64, changed: f64| {
        let currency = currency.map(|c| c.to_string());
        // the sum of nothing is a negative zero
        let (base, changed) = (base + 0.0, changed + 0.0);
        let difference = changed - base;
        rows.push(Compared { measure, source, currency, period_start, base, changed, difference });
    };
    let (a, b) = (&base.cash, &changed.cash);
    let weeks: Vec<usize> =
        (0..a.expected.len()).filter(|&k| a.grain[k] == Grain::Week && a.segment.get(k) == ALL).collect();
    for weeks in weeks.chunk_by(|&j, &k| (a.currency[j], a.source[j]) == (a.currency[k], a.source[k])) {
        let (currency, source) = (Some(a.currency[weeks[0]]), Some(a.source[weeks[0]].name()));
        for &k in weeks {
            let start = Some(a.period_start[k]);
            push("cash", source, currency, start, a.expected[k], b.expected[k]);
            for (q, measure) in OUTER {
                push(measure, source, currency, start, a.quantile[q][k], b.quantile[q][k]);
            }
        }
        let all = |cash: &CashForecast| weeks.iter().map(|&k| cash.expected[k]).sum();
        push("cash_all_weeks", source, currency, None, all(a), all(b));
    }
    for (currency, unpaid) in &base.unpaid {
        let then = changed.unpaid.get(currency).copied().unwrap_or_default();
        push("expected_unpaid", None, Some(*currency), None, *unpaid, then);
    }
    let (a, b) = (&base.ranked, &changed.ranked);
    let currency = Some(a.reporting_currency);
    let (left_a, left_b) = (a.left_out(), b.left_out());
    let sum = |values: &[f64]| crate::numeric::sum(values);
    push("expected_gain", None, currency, None, sum(&a.expected_gain), sum(&b.expected_gain));
    push("left_out_gain", None, currency, None, left_a.1, left_b.1);
    push("value_at_risk", None, currency, None, sum(&a.value_at_risk), sum(&b.value_at_risk));
    let calls = |p: &Priorities| p.calls.iter().sum::<usize>() as f64;
    let contacts = |p: &Priorities| p.action.iter().flatten().count() as f64;
    push("calls", None, None, None, calls(a), calls(b));
    push("contacts", None, None, None, contacts(a), contacts(b));
    push("left_out", None, None, None, left_a.0 as f64, left_b.0 as f64);
    rows
}

/// Customers with whom something else is done.
fn moved(base: &Priorities, changed: &Priorities) -> Vec<Moved> {
    let then: BTreeMap<&str, usize> = changed.customer_id.iter().zip(0..).collect();
    let mut moved = Vec::new();
    for (k, id) in base.customer_id.iter().enumerate() {
        let Some(&c) = then.get(id) else { continue };
        let change = match (&base.action[k], &changed.action[c]) {
            (a, b) if a == b => continue,
            (None, _) => "enters",
            (_, None) => "leaves",
            _ => "other_action",
        };
        moved.push(Moved {
            customer_id: id.to_owned(),
            change,
            base_rank: base.rank[k],
            changed_rank: changed.rank[c],
            base_action: base.action[k].clone(),
            changed_action: changed.action[c].clone(),
            base_gain: base.expected_gain[k],
            changed_gain: changed.expected_gain[c],
        });
    }
    let place = |m: &Moved| match m.change {
        "enters" => (0, m.changed_rank),
        "leaves" => (2, m.base_rank),
        _ => (1, m.changed_rank),
    };
    moved.sort_by_key(place);
    moved
}

/// `what_if`.
fn numbers(what: &WhatIf) -> Result<Table, ContractError> {
    let (rows, n) = (&what.rows, what.rows.len());
    let f64s = |f: fn(&Compared) -> f64| Column::F64(rows.iter().map(f).collect());
    Table::try_new(
        "what_if",
        vec![
            ("as_of", Column::SameDate { day: what.as_of, n }),
            ("measure", Column::Text(rows.iter().map(|r| r.measure).collect())),
            ("source", Column::OptText(rows.iter().map(|r| r.source.map(str::to_owned)).collect())),
            ("currency", Column::OptText(rows.iter().map(|r| r.currency.clone()).collect())),
            ("period_start", Column::OptDate(rows.iter().map(|r| r.period_start.map(|d| d.0)).collect())),
            ("base", f64s(|r| r.base)),
            ("changed", f64s(|r| r.changed)),
            ("difference", f64s(|r| r.difference)),
        ],
    )
}

/// `what_if_worklist`.
fn worklist(what: &WhatIf) -> Result<Table, ContractError> {
    let (rows, n) = (&what.worklist, what.worklist.len());
    let ranks = |f: fn(&Moved) -> u32| Column::I32(rows.iter().map(|m| f(m) as i32).collect());
    let actions =
        |f: fn(&Moved) -> &Option<String>| Column::OptText(rows.iter().map(|m| f(m).clone()).collect());
    Table::try_new(
        "what_if_worklist",
        vec![
            ("as_of", Column::SameDate { day: what.as_of, n }),
            ("customer_id", Column::Text(rows.iter().map(|m| m.customer_id.as_str()).collect())),
            ("change", Column::Text(rows.iter().map(|m| m.change).collect())),
            ("base_rank", ranks(|m| m.base_rank)),
            ("changed_rank", ranks(|m| m.changed_rank)),
            ("base_action", actions(|m| &m.base_action)),
            ("changed_action", actions(|m| &m.changed_action)),
            ("base_gain", Column::F64(rows.iter().map(|m| m.base_gain).collect())),
            ("changed_gain", Column::F64(rows.iter().map(|m| m.changed_gain).collect())),
        ],
    )
}
