//! What a fit says of its own customers: how each did against what was expected of it. That nothing after as_of is seen here
//! either is `audit`'s to prove, on every byte of a run.

use arrears::features::{BASE, OFFSETS, Purpose, Survey, person_periods, survey};
use arrears::ledger::Known;
use arrears::model::hazard::fit_and_look_back;
use arrears::model::{Hazard, fit};
use arrears::policy::{Part, ValidPolicy, parse};
use arrears::score::contribution::N_COVARIATES;
use arrears::score::{Prediction, predict, predict_and_explain, score};
use arrears::simulate::{Plan, simulate};

fn known() -> Known {
    let plan = Plan::new(120, 18, 3);
    simulate(&plan).ledger().unwrap().known_at(plan.end().plus(-60))
}

fn policy(more: &str) -> ValidPolicy {
    parse(&format!("[model]\n{more}"), "p.toml").unwrap()
}

fn looked_back(known: &Known, policy: &ValidPolicy) -> (Survey, Hazard) {
    let mut survey = survey(known, policy, Purpose::Fit);
    let (hazard, surprises) = fit_and_look_back(known, &survey, policy, 0).unwrap();
    survey.surprises = surprises;
    (survey, hazard)
}

/// Sum of late probabilities by customer.
fn late_by_customer(known: &Known, prediction: &Prediction, policy: &ValidPolicy) -> Vec<f64> {
    let mut out = vec![0.0; known.n_customers()];
    for s in score(known, prediction, policy) {
        out[known.customer[s.invoice as usize] as usize] += s.late_prob;
    }
    out
}

#[test]
fn a_given_model_finds_in_the_ledger_what_its_fit_found() {
    let (known, policy) = (known(), policy(""));
    let (survey, hazard) = looked_back(&known, &policy);
    let again = hazard.surprises(&known, &person_periods(&known, &survey, &policy, 0), &policy);
    assert_eq!(again.len(), known.n_customers());
    let gaps = again.iter().flatten().zip(survey.surprises.iter().flatten()).map(|(a, b)| (a - b).abs());
    assert!(gaps.fold(0.0, f64::max) < 1e-6);
    let largest = again.iter().flatten().fold(0.0_f64, |most, s| most.max(s.abs()));
    assert!((0.05..1.5).contains(&largest), "{largest}");
    assert_eq!(fit(&known, &survey, &policy, 0).unwrap(), hazard);
}

/// The rows that are settled are those that the fit expects on average; what is left is each customer's own.
#[test]
fn surprises_of_all_customers_are_none_on_average() {
    let (known, policy) = (known(), policy(""));
    let (survey, _) = looked_back(&known, &policy);
    let around_due: Vec<f64> = survey.surprises.iter().map(|s| s[2]).collect();
    let mean = around_due.iter().sum::<f64>() / around_due.len() as f64;
    let is_of_both_signs = around_due.iter().any(|s| *s > 0.02) && around_due.iter().any(|s| *s < -0.02);
    assert!(mean.abs() < 0.03 && is_of_both_signs, "{mean}");
}

#[test]
fn who_paid_faster_than_expected_is_expected_to_pay_faster() {
    let (known, policy) = (known(), policy(""));
    let (mut survey, hazard) = looked_back(&known, &policy);
    let found = std::mem::take(&mut survey.surprises);
    let without = late_by_customer(&known, &predict(&known, &survey, &hazard, &policy), &policy);
    survey.surprises = vec![[0.0; 5]; known.n_customers()];
    let none = late_by_customer(&known, &predict(&known, &survey, &hazard, &policy), &policy);
    assert_eq!(none, without);
    let (mut faster, mut slower) = (0, 0);
    for (c, surprise) in found.iter().enumerate().filter(|(c, _)| without[*c] > 0.0) {
        survey.surprises = vec![[0.0; 5]; known.n_customers()];
        // a customer that is faster on every day has fewer late invoices whatever their dates
        let all = surprise[2];
        survey.surprises[c] = [all; 5];
        let with = late_by_customer(&known, &predict(&known, &survey, &hazard, &policy), &policy);
        let others = (0..with.len()).filter(|k| *k != c);
        assert!(others.map(|k| (with[k] - without[k]).abs()).fold(0.0, f64::max) == 0.0);
        if all > 0.01 {
            assert!(with[c] <= without[c], "{c}");
            faster += i32::from(with[c] < without[c]);
        } else if all < -0.01 {
            assert!(with[c] >= without[c], "{c}");
            slower += i32::from(with[c] > without[c]);
        }
    }
    assert!(faster > 5 && slower > 5, "{faster} {slower}");
}

/// Against the portfolio's average invoice, what both offsets add is taken apart with all else: the parts add up to the
/// score to the last digits, and each offset is a part.
#[test]
fn both_are_parts_of_the_score() {
    let (known, policy) = (known(), policy(""));
    let (survey, hazard) = looked_back(&known, &policy);
    let (prediction, parts) = predict_and_explain(&known, &survey, &hazard, &policy);
    let scores = score(&known, &prediction, &policy);
    let due_later = |i: u32| known.due[i as usize] > known.as_of().0;
    let mut seen = [0; OFFSETS.len()];
    for (score, part) in scores.iter().zip(&parts).filter(|(s, _)| due_later(s.invoice)) {
        let late = score.late_prob.clamp(1e-12, 1.0 - 1e-12);
        assert!((part.log_odds() - (late / (1.0 - late)).ln()).abs() < 1e-6);
        for k in BASE.len()..N_COVARIATES {
            seen[k - BASE.len()] += i32::from(part.effect[k].abs() > 1e-3);
        }
    }
    assert!(seen.iter().all(|n| *n > 20), "{seen:?}");
}

/// The fit is the same without them, and most curves are not.
#[test]
fn left_out_they_change_nothing() {
    let known = known();
    let bare = policy("leave_out = [\"surprise\", \"outlived\"]");
    assert_eq!([Part::Surprise, Part::Outlived].map(|p| bare.leaves_out(p)), [true; 2]);
    let (survey, hazard) = looked_back(&known, &bare);
    assert!(survey.surprises.is_empty() && hazard.frailty.is_none() && hazard.surprise_prior.is_none());
    let whole = policy("");
    let (with, fitted) = looked_back(&known, &whole);
    assert_eq!((&fitted.coefficients, &fitted.overdue), (&hazard.coefficients, &hazard.overdue));
    let [a, b] = [(&with, &fitted), (&survey, &hazard)].map(|(s, h)| predict(&known, s, h, &whole).curves);
    let (mut same, mut other) = (0, 0);
    for k in 0..a.len() {
        if a.row(k) == b.row(k) { same += 1 } else { other += 1 }
    }
    assert!(other > same, "{other} {same}");
}
