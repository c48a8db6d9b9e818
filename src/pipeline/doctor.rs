//! Whether a set-up will do: each thing that a run rests on, looked at by the stage that would use it.

use super::ability::Ability;
use super::{Destination, LedgerReport, Silent, Sources, Verdict};
use crate::contract::SCHEMA_VERSION;
use crate::core::Day;
use crate::error::Error;
use crate::machine::{Memory, cores, memory};
use crate::model::Artifact;
use crate::policy::ValidPolicy;
use serde::Serialize;
use std::path::Path;

/// Memory below which a large ledger may not fit: a run of a million invoices was seen to take 0.6 GiB.
const LITTLE_MEMORY: u64 = 1 << 30;
const GIB: f64 = (1u64 << 30) as f64;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Nobody asked.
    NotAsked,
    /// As it should be.
    Ok,
    /// It works, with a reservation.
    Warning,
    /// A run would fail.
    Fault,
}

impl Health {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAsked => "not asked",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `version`, `threads`, `memory`, `policy`, `ledger`, `model` or `out`.
    pub check: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub to_do: Option<String>,
    /// Of a fault, the status that a run would end with.
    pub exit_status: Option<u8>,
}

/// What a user has set up; what is none is not looked at.
#[derive(Debug)]
pub struct Setup<'a> {
    /// The policy, as it was loaded.
    pub policy: Result<ValidPolicy, Error>,
    /// The ledger's files, if their mapping could be read.
    pub sources: Option<Result<Sources, Error>>,
    /// Judge the ledger as of this day.
    pub as_of: Option<Day>,
    /// A model to score with.
    pub model: Option<&'a Path>,
    /// Where a run is to go.
    pub destination: Option<Result<Destination, Error>>,
}

/// Looks at everything, in the order in which a run needs it. Nothing is written but a temporary file, which is gone
/// again, beside the output folder.
///
/// ```
/// use arrears::pipeline::doctor::{Health, Setup, examine};
/// let policy = arrears::pipeline::load_policy(None).map_err(Into::into);
/// let setup = Setup { policy, sources: None, as_of: None, model: None, destination: None };
/// let found = examine(setup);
/// assert_eq!(found[0].check, "version");
/// assert!(found.iter().all(|f| f.health != Health::Fault));
/// ```
pub fn examine(setup: Setup<'_>) -> Vec<Finding> {
    let Setup { policy, sources, as_of, model, destination } = setup;
    let version = format!("arrears {}, tables of schema version {SCHEMA_VERSION}", env!("CARGO_PKG_VERSION"));
    let mut found = vec![Finding::ok("version", version), threads(), of_memory(memory())];
    found.push(match &policy {
        Ok(_) => Finding::ok("policy", "valid"),
        Err(e) => Finding::fault("policy", e),
    });
    let ledger = || "--invoices FILE and the other options of `run` have the ledger looked at";
    match (sources, &policy) {
        (None, _) => found.push(Finding::not_asked("ledger", ledger())),
        (Some(Err(e)), _) => found.push(Finding::fault("ledger", &e)),
        (Some(Ok(_)), Err(_)) => {
            found.push(Finding::not_asked("ledger", "the policy comes first: it says how a ledger is read"));
        }
        (Some(Ok(sources)), Ok(policy)) => found.extend(of_ledger(&sources, as_of, policy)),
    }
    found.push(match model {
        None => Finding::not_asked("model", "--model FILE has one looked at; without it a run fits its own"),
        Some(file) => of_model(file, policy.as_ref().ok()),
    });
    found.push(match destination {
        None => Finding::not_asked("out", "--out DIR has the place of a run's folder looked at"),
        Some(to) => of_destination(to),
    });
    found
}

impl Finding {
    fn new(check: &'static str, health: Health, found: impl Into<String>) -> Self {
        Self { check, health, found: found.into(), to_do: None, exit_status: None }
    }

    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, Health::Ok, found)
    }

    fn not_asked(check: &'static str, found: &str) -> Self {
        Self::new(check, Health::NotAsked, found)
    }

    fn warning(check: &'static str, found: impl Into<String>, to_do: Option<String>) -> Self {
        Self { to_do, ..Self::new(check, Health::Warning, found) }
    }

    /// What a run would stop at, in its words.
    fn fault(check: &'static str, error: &Error) -> Self {
        let (to_do, exit_status) = (error.hint(), Some(error.exit_code()));
        Self { to_do, exit_status, ..Self::new(check, Health::Fault, error.with_causes()) }
    }
}

fn threads() -> Finding {
    let (used, there) = (rayon::current_num_threads(), cores());
    let found = format!("{used} on {there} cores");
    if used > there {
        let to_do = "give --threads 0 for one a core; results are the same".to_owned();
        return Finding::warning("threads", found, Some(to_do));
    }
    Finding::ok("threads", found)
}

fn of_memory(memory: Option<Memory>) -> Finding {
    let Some(Memory { total, available }) = memory else {
        return Finding::not_asked("memory", "this system does not say how much there is");
    };
    let gib = |bytes: u64| bytes as f64 / GIB;
    let found = format!("{:.1} of {:.1} GiB available", gib(available), gib(total));
    if available < LITTLE_MEMORY {
        let to_do = "leave it to arrears alone: a run of a million invoices takes 0.6 GiB".to_owned();
        return Finding::warning("memory", found, Some(to_do));
    }
    Finding::ok("memory", found)
}

/// What `check` finds, in short.
fn of_ledger(sources: &Sources, as_of: Option<Day>, policy: &ValidPolicy) -> Vec<Finding> {
    let book = super::check(sources, as_of, policy, &Silent);
    // past its share of refused rows a run ends, and `check` does not
    let book = match book.and_then(|book| Ok(book.within_quarantine_rate(policy)?)) {
        Ok(book) => book,
        Err(e) => return vec![Finding::fault("ledger", &e)],
    };
    let report = LedgerReport::new(book, as_of, policy);
    let known =
        format!("{} invoices of {} customers as of {}", report.invoices, report.customers, report.as_of);
    let mut found = vec![Finding::ok("ledger", known)];
    let quarantined: u64 = report.inputs.iter().map(|i| i.counts.quarantined).sum();
    if quarantined > 0 {
        let to_do = "`arrears check --out DIR` with the same files names each row and its remedy".to_owned();
        found.push(Finding::warning("ledger", format!("rows in quarantine: {quarantined}"), Some(to_do)));
    }
    found.extend(report.warnings.into_iter().map(|w| Finding::warning("ledger", w, None)));
    found.extend(report.abilities.into_iter().filter_map(of_ability));
    found
}

fn of_ability(ability: Ability) -> Option<Finding> {
    let Ability { ability, verdict, reason, remedy, exit_status } = ability;
    let found = format!("{}: {reason}", ability.replace('_', " "));
    match verdict {
        Verdict::Yes => None,
        // without a fit a run scores with the reference model; without a ranking it writes nothing
        Verdict::No if ["run", "rank"].contains(&ability) => {
            Some(Finding { health: Health::Fault, exit_status, ..Finding::warning("ledger", found, remedy) })
        }
        Verdict::No | Verdict::Limited => Some(Finding::warning("ledger", found, remedy)),
    }
}

fn of_model(file: &Path, policy: Option<&ValidPolicy>) -> Finding {
    let model = Artifact::load(file).and_then(|model| {
        policy.map_or(Ok(()), |p| model.check_policy(&p.model))?;
        Ok(model)
    });
    match model {
        Ok(m) => Finding::ok(
            "model",
            format!(
                "{} as of {}, fitted on {} invoices by arrears {}",
                m.model_id, m.as_of, m.n_invoices, m.arrears_version
            ),
        ),
        Err(e) => Finding::fault("model", &e.into()),
    }
}

fn of_destination(destination: Result<Destination, Error>) -> Finding {
    let tried = destination.and_then(|to| {
        to.try_out()?;
        Ok(to)
    });
    match tried {
        Ok(to) => Finding::ok("out", format!("{} can be written", to.names().join(", "))),
        Err(e) => Finding::fault("out", &e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_memory_is_a_warning_and_unknown_memory_none() {
        let gib = 1 << 30;
        let found = of_memory(Some(Memory { total: 4 * gib, available: gib / 2 }));
        assert_eq!((found.health, found.found.as_str()), (Health::Warning, "0.5 of 4.0 GiB available"));
        assert_eq!(of_memory(Some(Memory { total: 4 * gib, available: 3 * gib })).health, Health::Ok);
        assert_eq!(of_memory(None).health, Health::NotAsked);
    }

    #[test]
    fn a_ledger_that_makes_no_run_is_a_fault_and_a_limit_a_warning() {
        let of = |ability, verdict| {
            let (reason, remedy, exit_status) = ("why".to_owned(), None, Some(3));
            of_ability(Ability { ability, verdict, reason, remedy, exit_status }).map(|f| f.health)
        };
        assert_eq!(of("rank", Verdict::No), Some(Health::Fault));
        assert_eq!(of("fit", Verdict::No), Some(Health::Warning));
        assert_eq!(of("run", Verdict::Limited), Some(Health::Warning));
        assert_eq!(of("run", Verdict::Yes), None);
    }
}
