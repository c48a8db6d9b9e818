//! What arrears can do with a ledger, and what it lacks for the rest. Nothing here is a threshold of its own: each
//! answer is that of the policy, or of the stage that would refuse.

use super::reporting;
use crate::analytics::Lateness;
use crate::collect::Reporting;
use crate::error::Error;
use crate::features::person_period::landmarks;
use crate::features::portfolio::settled_in_sight;
use crate::ingest::{Book, FxTable, IngestError};
use crate::ledger::Known;
use crate::model::ModelError;
use crate::policy::ValidPolicy;
use serde::Serialize;

/// Whether something can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It can.
    Yes,
    /// It can, with the reservation that the reason tells.
    Limited,
    /// It cannot.
    No,
}

impl Verdict {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Limited => "limited",
            Self::No => "no",
        }
    }
}

/// One thing that arrears does with a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ability {
    /// `run`, `fit`, `late`, `forecast`, `part_payments`, `late_entries`, `rank` or `contacts`.
    pub ability: &'static str,
    /// Whether it can be done.
    pub verdict: Verdict,
    /// Why, with the figures that decide it.
    pub reason: String,
    /// What would help, where something would.
    pub remedy: Option<String>,
    /// Of what cannot be done, the exit status of a verb that tries.
    #[serde(skip)]
    pub exit_status: Option<u8>,
}

impl Ability {
    fn yes(ability: &'static str, reason: impl Into<String>) -> Self {
        Self { ability, verdict: Verdict::Yes, reason: reason.into(), remedy: None, exit_status: None }
    }

    fn limited(ability: &'static str, reason: impl Into<String>, remedy: &str) -> Self {
        let remedy = Some(remedy.to_owned());
        Self { ability, verdict: Verdict::Limited, reason: reason.into(), remedy, exit_status: None }
    }

    fn no(ability: &'static str, error: &Error) -> Self {
        let (reason, remedy, exit_status) = (error.to_string(), error.hint(), Some(error.exit_code()));
        Self { ability, verdict: Verdict::No, reason, remedy, exit_status }
    }
}

/// What a book says before its ledger is cut to a day.
pub(super) struct Stands {
    past_quarantine_rate: Option<IngestError>,
    has_payments: bool,
    n_contacts: usize,
}

impl Stands {
    pub fn of(book: &Book, policy: &ValidPolicy) -> Self {
        let max_rate = policy.ingest.max_quarantine_rate;
        let refused = |(table, rows, quarantined)| IngestError::TooManyQuarantined {
            table,
            rows,
            quarantined,
            max_rate,
            quarantine: Vec::new(),
        };
        Self {
            past_quarantine_rate: book.past_quarantine_rate(policy).map(refused),
            has_payments: book.inputs.iter().any(|i| i.table == "payments"),
            n_contacts: book.contacts.len(),
        }
    }

    /// Every ability, in the order of the work.
    pub fn abilities(
        self,
        known: &Known,
        lateness: &Lateness,
        fx: &FxTable,
        policy: &ValidPolicy,
    ) -> Vec<Ability> {
        let (has_payments, n_contacts) = (self.has_payments, self.n_contacts);
        vec![
            self.run(policy),
            fit(known, policy),
            late(lateness, policy),
            forecast(known),
            part_payments(known, has_payments),
            late_entries(known),
            rank(known, fx, policy),
            contacts(n_contacts),
        ]
    }

    fn run(self, policy: &ValidPolicy) -> Ability {
        match self.past_quarantine_rate {
            Some(refused) => Ability::no("run", &Error::from(refused)),
            None => {
                let rate = policy.ingest.max_quarantine_rate;
                Ability::yes(
                    "run",
                    format!("at most a share of {rate} of invoices and payments is in quarantine"),
                )
            }
        }
    }
}

fn fit(known: &Known, policy: &ValidPolicy) -> Ability {
    let needed = policy.model.min_settled;
    let n_settled = settled_in_sight(known, &landmarks(known, policy), policy.model.train_horizon_days);
    if n_settled < needed as u64 {
        return Ability::no("fit", &Error::from(ModelError::TooLittleHistory { n_settled, needed }));
    }
    Ability::yes(
        "fit",
        format!("{n_settled} settled invoices are seen by a training landmark, a fit needs {needed}"),
    )
}

fn late(lateness: &Lateness, policy: &ValidPolicy) -> Ability {
    let (n_late, n) = (lateness.n_late(), lateness.n_late() + lateness.n_settled - lateness.n_settled_late);
    let (n_on_time, needed) = (n - n_late, policy.model.min_settled);
    let reason = format!("invoices known to be late: {n_late}, on time: {n_on_time}");
    if n_late.min(n_on_time) < needed {
        let reason =
            format!("{reason}; late_prob rests on fewer than {needed} (model.min_settled) of a kind");
        return Ability::limited("late", reason, "give a longer history");
    }
    Ability::yes("late", reason)
}

fn forecast(known: &Known) -> Ability {
    match known.open_invoices().len() {
        0 => Ability {
            ability: "forecast",
            verdict: Verdict::No,
            reason: format!("no invoice is open at the end of {}", known.as_of()),
            remedy: Some(
                "choose an as_of inside the history, or check that open invoices are exported".to_owned(),
            ),
            exit_status: None,
        },
        n => Ability::yes("forecast", format!("open invoices: {n}")),
    }
}

fn part_payments(known: &Known, has_payments: bool) -> Ability {
    let remedy = "give --payments";
    match (has_payments, known.settlement_day.len()) {
        (true, n) => {
            Ability::yes("part_payments", format!("settlements known: {n}, each with its own amount"))
        }
        (false, 0) => Ability {
            ability: "part_payments",
            verdict: Verdict::No,
            reason: "no table of payments and no paid_date: every invoice counts as open".to_owned(),
            remedy: Some(remedy.to_owned()),
            exit_status: None,
        },
        (false, _) => {
            let reason = "no table of payments: paid_date settles the whole invoice, so that short, part and over payments are not seen";
            Ability::limited("part_payments", reason, remedy)
        }
    }
}

fn late_entries(known: &Known) -> Ability {
    let n_invoices = (0..known.n_invoices()).filter(|i| known.known_day(*i) > known.issue[*i]).count();
    let days = 0..known.settlement_day.len();
    let n_settlements = days.filter(|s| known.settlement_known_day(*s) > known.settlement_day[*s]).count();
    if n_invoices + n_settlements == 0 {
        let reason = "no row was recorded after its own day: each counts as known on that day";
        return Ability::limited("late_entries", reason, "give recorded_date, if rows are entered late");
    }
    let reason = format!("recorded after their own day: invoices {n_invoices}, settlements {n_settlements}");
    Ability::yes("late_entries", reason)
}

fn rank(known: &Known, fx: &FxTable, policy: &ValidPolicy) -> Ability {
    let mut warnings = Vec::new();
    let reporting = match reporting(known, fx, policy, &mut warnings) {
        Ok(reporting) => reporting,
        Err(e) => return Ability::no("rank", &e),
    };
    let open = super::open_currencies(known);
    if let Some(e) = open.iter().find_map(|c| reporting.check(*c, known.as_of()).err()) {
        return Ability::no("rank", &Error::from(e));
    }
    match (&reporting, warnings.first()) {
        (_, Some(warning)) => {
            let (reason, remedy) = warning.split_once(": ").unwrap_or((warning, ""));
            Ability::limited("rank", reason, remedy)
        }
        (Reporting::Converted { currency, .. }, None) => {
            Ability::yes("rank", format!("{} currencies are compared in {currency}", open.len()))
        }
        (_, None) => Ability::yes("rank", "all that is open is in one currency"),
    }
}

fn contacts(n_contacts: usize) -> Ability {
    let basis = "what one brings is assumed (collect.ladder in the policy)";
    if n_contacts == 0 {
        let reason = format!("no contacts are given: no promise holds anybody back, and {basis}");
        return Ability::limited("contacts", reason, "give --contacts");
    }
    let basis = "a fit measures what enough of them bring, else it is assumed (collect.ladder in the policy)";
    let reason = format!("contacts known: {n_contacts}; their promises hold; {basis}");
    Ability::limited("contacts", reason, "set odds_ratio and cost of each level of the ladder to your own")
}
