//! The ways in which others' models are known to look ahead, each run as they run it: `audit` rejects every one.

use crate::audit::{artifact, caught, honest, job, known, moved_by, sources, with_hindsight};
use crate::sample::{AS_OF, Desk};
use arrears::Error;
use arrears::core::Day;
use arrears::features::{Purpose, Spell, Survey, spells, survey};
use arrears::ingest::{Raw, read};
use arrears::ledger::{Known, Ledger, NEVER};
use arrears::pipeline::audit::label::{LabelReport, check_labels};
use arrears::pipeline::audit::{audit, audit_with};
use arrears::pipeline::{Job, OutputFile, RunOutput, Silent};
use arrears::score::{predict, score};
use std::collections::BTreeSet;

/// What honest code gives, and beside it scores from histories that `counts` picks out of the whole file: mean delay and
/// late share of each customer over the invoices that it says yes to, as they were settled in the end.
fn with_histories(raw: &Raw, job: &Job, counts: impl Fn(&Known, usize) -> bool) -> Result<RunOutput, Error> {
    let (known, all) = (known(raw, job)?, with_hindsight(raw, job)?);
    let mut survey = survey(&known, &job.policy, Purpose::Fit);
    for c in 0..known.n_customers() {
        let twin = (0..all.n_customers()).find(|&k| all.customer_id.get(k) == known.customer_id.get(c));
        let picked = twin.into_iter().flat_map(|k| all.invoices_of(k));
        let picked = picked.filter(|&i| all.settled[i] != NEVER && counts(&all, i));
        let delays: Vec<f64> = picked.map(|i| f64::from(all.settled[i] - all.due[i])).collect();
        if !delays.is_empty() {
            let n = delays.len() as f64;
            let tally = &mut survey.states[c].long;
            tally.delay = tally.settled * delays.iter().sum::<f64>() / n;
            tally.late = tally.settled * delays.iter().filter(|d| **d > 0.0).count() as f64 / n;
        }
    }
    let hazard = arrears::model::fit(&known, &survey, &job.policy, job.seed)?;
    let scores = score(&known, &predict(&known, &survey, &hazard, &job.policy), &job.policy);
    let mut output = honest(raw, job)?;
    output.files.push(OutputFile { name: "scores.txt".into(), bytes: format!("{scores:?}").into_bytes() });
    Ok(output)
}

/// The audit blames the leaky file and no other, whatever is done to the future but for its order.
fn assert_only_scores_move(counts: impl Fn(&Known, usize, Day) -> bool) {
    let report = caught(|raw, job| with_histories(raw, job, |all, i| counts(all, i, job.as_of)));
    assert!(moved_by(&report).is_superset(&BTreeSet::from(["remove", "change"])), "{report:?}");
    assert!(!moved_by(&report).contains("reorder"), "{report:?}");
    assert!(report.trials.iter().all(|t| t.moved.is_empty() || t.moved == ["scores.txt"]), "{report:?}");
}

#[test]
fn a_history_picked_by_invoice_date_is_caught() {
    assert_only_scores_move(|all, i, as_of| all.issue[i] <= as_of.0);
}

#[test]
fn the_eventual_delay_of_invoices_still_open_is_caught() {
    assert_only_scores_move(|all, i, as_of| all.issue[i] <= as_of.0 && all.settled[i] > as_of.0);
}

#[test]
fn a_customers_rate_over_the_whole_file_is_caught() {
    assert_only_scores_move(|_, _, _| true);
}

/// The ledger without the invoices that `left_out` names.
fn without(mut ledger: Ledger, as_of: Day, left_out: impl Fn(&str) -> bool) -> Known {
    ledger.known = (0..ledger.n_invoices())
        .map(|i| if left_out(ledger.invoice_id.get(i)) { NEVER - 1 } else { ledger.known_day(i) })
        .collect();
    ledger.into_known(as_of)
}

fn ids(known: &Known, which: impl Fn(usize) -> bool) -> BTreeSet<String> {
    (0..known.n_invoices()).filter(|&i| which(i)).map(|i| known.invoice_id.get(i).to_owned()).collect()
}

/// A fit on `learnt` and a run that scores with it.
fn scored_with(learnt: &Known, raw: &Raw, job: &Job) -> Result<RunOutput, Error> {
    let survey = survey(learnt, &job.policy, Purpose::Fit);
    let hazard = arrears::model::fit(learnt, &survey, &job.policy, job.seed)?;
    honest(raw, &Job { model: Some(artifact(hazard, job)?), ..job.clone() })
}

/// `invoices.dropna(subset="paid_date")`: an invoice is learnt from if the file says in the end that it was paid.
#[test]
fn training_on_what_the_file_says_was_settled_is_caught() {
    let report = caught(|raw, job| {
        let all = with_hindsight(raw, job)?;
        let unpaid = ids(&all, |i| all.settled[i] == NEVER);
        let ledger = arrears::ingest::check(raw, Some(job.as_of), &job.policy)?.ledger;
        scored_with(&without(ledger, job.as_of, |id| unpaid.contains(id)), raw, job)
    });
    assert!(moved_by(&report).is_superset(&BTreeSet::from(["remove", "change"])), "{report:?}");
}

/// The sample as known, its landmarks and what our own training learns from.
fn learnt() -> (Known, Survey, Vec<Spell>, Job) {
    let desk = Desk::new();
    let raw = read(&sources(&desk.path(""), "csv")).unwrap();
    let job = job(AS_OF, 3);
    let known = known(&raw, &job).unwrap();
    let survey = survey(&known, &job.policy, Purpose::Fit);
    let learnt = spells(&known, &survey, job.policy.model.train_horizon_days);
    (known, survey, learnt, job)
}

fn held(known: &Known, survey: &Survey, learnt: Vec<Spell>, job: &Job) -> LabelReport {
    check_labels(known, survey.landmarks(), job.policy.model.train_horizon_days, learnt)
}

#[test]
fn our_own_training_learns_from_every_open_invoice_and_no_further_than_as_of() {
    let (known, survey, learnt, job) = learnt();
    let report = held(&known, &survey, learnt, &job);
    assert!(report.holds() && report.n_spells > 5_000 && report.n_landmarks > 30, "{report}");
}

/// Settled by as_of: no byte of the future is used, so only the labels tell.
#[test]
fn training_on_settled_invoices_alone_is_caught() {
    let (known, survey, learnt, job) = learnt();
    let open = learnt.iter().filter(|s| known.settled[s.invoice as usize] == NEVER).count();
    let settled = learnt.into_iter().filter(|s| known.settled[s.invoice as usize] != NEVER).collect();
    let report = held(&known, &survey, settled, &job);
    assert!(!report.holds() && report.n_missing == open && open > 300, "{report}");
    assert_eq!((report.n_foreign, report.n_not_known_yet, report.n_wrong), (0, 0, 0), "{report}");
    assert!(report.to_string().contains(&format!("{open} open invoices are missing")), "{report}");
}

#[test]
fn what_is_not_yet_due_labelled_on_time_is_caught() {
    let (known, survey, learnt, job) = learnt();
    let not_yet_due = |s: &Spell| {
        let i = s.invoice as usize;
        known.settled[i] == NEVER && known.due[i] > job.as_of.0
    };
    let n = learnt.iter().filter(|s| not_yet_due(s)).count();
    let on_time = |s: Spell| match not_yet_due(&s) {
        true => Spell { end: Day(known.due[s.invoice as usize]), paid: true, ..s },
        false => s,
    };
    let report = held(&known, &survey, learnt.iter().copied().map(on_time).collect(), &job);
    assert!(!report.holds() && report.n_not_known_yet == n && n > 100, "{report}");
    // as a table says it whose `late` is 0 until it is 1: paid by as_of
    let paid_today = |s: Spell| Spell { end: job.as_of, paid: true, ..s };
    let paid_today = learnt.iter().map(|&s| if not_yet_due(&s) { paid_today(s) } else { s });
    let report = held(&known, &survey, paid_today.collect(), &job);
    assert!(!report.holds() && report.n_wrong == n, "{report}");
}

/// Why bytes alone do not do: such labels use nothing of the future, they only pretend to know it.
#[test]
fn no_other_future_shows_that_what_is_not_yet_due_was_labelled_on_time() {
    let desk = Desk::new();
    let raw = read(&sources(&desk.path(""), "csv")).unwrap();
    let job = job(AS_OF, 3);
    let report = audit_with(&raw, &job, |raw| {
        let mut optimist = known(raw, &job)?;
        for i in 0..optimist.n_invoices() {
            if optimist.settled[i] == NEVER && optimist.due[i] > job.as_of.0 {
                optimist.settled[i] = job.as_of.0;
            }
        }
        scored_with(&optimist, raw, &job)
    });
    assert!(report.unwrap().passed());
}

#[test]
fn an_invoice_learnt_from_twice_or_before_it_was_known_is_caught() {
    let (known, survey, learnt, job) = learnt();
    let twice: Vec<Spell> = learnt.iter().chain(&learnt[..7]).copied().collect();
    assert_eq!(held(&known, &survey, twice, &job).n_foreign, 7);
    let early = learnt.iter().find(|s| s.landmark > survey.landmarks()[0]).copied().unwrap();
    let first = known.known_day(early.invoice as usize);
    let before = survey.landmarks().iter().copied().rfind(|l| l.0 < first);
    if let Some(landmark) = before {
        let with = learnt.iter().copied().chain([Spell { landmark, ..early }]).collect();
        assert_eq!(held(&known, &survey, with, &job).n_foreign, 1);
    }
}

#[test]
fn audit_tells_what_training_learns_from_unless_a_model_is_given() {
    let desk = Desk::new();
    let job = job(AS_OF, 3);
    let report = audit(&sources(&desk.path(""), "csv"), &job, &Silent).unwrap();
    let labels = report.labels.unwrap();
    assert!(labels.holds() && labels.to_string().ends_with("none of them past as_of"), "{labels}");
}
