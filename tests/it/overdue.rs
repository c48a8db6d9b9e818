//! Invoices that are overdue when they are looked at have coefficients of their own.

use arrears::core::Day;
use arrears::features::{N_COLUMNS, PersonPeriods, Purpose, survey};
use arrears::model::hazard::fit_rows;
use arrears::model::{StateNumbers, fit};
use arrears::numeric::logit;
use arrears::policy::parse;
use arrears::score::predict;
use arrears::simulate::{Plan, simulate};

/// Days of each state and sign of the first column, and how many of them see a payment where that column moves the
/// odds up and where it moves them down.
const DAYS: usize = 1000;
const PAID: [usize; 2] = [700, 300];

/// The first column is -1 or 1. It brings payment nearer before the due date and puts it off after.
fn rows() -> PersonPeriods {
    let mut out = PersonPeriods::default();
    for is_overdue in [false, true] {
        for sign in [-1.0, 1.0] {
            let paid = PAID[usize::from((sign > 0.0) == is_overdue)];
            for k in 0..DAYS {
                let mut x = [0.0; N_COLUMNS];
                x[0] = sign;
                out.x.extend(x);
                out.event.push(k < paid);
                out.weight.push(1.0);
                out.landmark.push(Day(0));
                out.day.push(Day(1));
                out.is_overdue.push(is_overdue);
                out.customer.push(0);
                out.days_past_due.push(0);
            }
        }
    }
    out
}

/// Where the column is 1, 700 of 1000 days not yet due see a payment and 300 of 1000 overdue ones, which count a tenth:
/// 730 of 1100. Where it is -1 it is the other way round. The coefficient is the log-odds of that share.
#[test]
fn each_state_is_learnt_from_its_own_days_and_a_tenth_of_the_others() {
    let policy = parse("[model]\npenalty = 0.0001", "p.toml").unwrap();
    let hazard = fit_rows(rows(), policy.model.penalty, &policy).unwrap();
    let wanted = logit(730.0 / 1100.0);
    let overdue = hazard.overdue.as_ref().unwrap();
    assert!((hazard.coefficients[0] - wanted).abs() < 1e-5, "{} {wanted}", hazard.coefficients[0]);
    assert!((overdue.coefficients[0] + wanted).abs() < 1e-5, "{} {wanted}", overdue.coefficients[0]);
    assert!(hazard.intercept.abs() < 1e-5 && overdue.intercept.abs() < 1e-5);
    // 1100 days of either sign tell both, each w p (1 - p)
    let error = (2200.0 * 730.0 * 370.0 / 1100.0 / 1100.0_f64).sqrt().recip();
    assert!(
        (hazard.standard_errors[0] - error).abs() < 1e-5 && (overdue.standard_errors[0] - error).abs() < 1e-5
    );
}

#[test]
fn one_set_of_numbers_serves_both_where_they_are_not_to_be_told_apart() {
    let policy = parse("[model]\npenalty = 0.0001\nleave_out = [\"overdue_apart\"]", "p.toml").unwrap();
    let hazard = fit_rows(rows(), policy.model.penalty, &policy).unwrap();
    assert!(hazard.overdue.is_none() && hazard.coefficients[0].abs() < 1e-5);
    assert_eq!(hazard.in_state(true), hazard.in_state(false));
}

/// With odds of payment of next to nothing for overdue ones, their curves stay up, and no other curve moves.
#[test]
fn an_overdue_invoice_is_scored_by_its_own_numbers_and_no_other_is() {
    let as_of = Day::try_new(2024, 3, 1).unwrap();
    let known = simulate(&Plan::new(60, 15, 5)).ledger().unwrap().into_known(as_of);
    let policy = parse("", "p.toml").unwrap();
    let survey = survey(&known, &policy, Purpose::Fit);
    let hazard = fit(&known, &survey, &policy, 0).unwrap();
    let overdue = hazard.overdue.clone().unwrap();
    let mut never = hazard.clone();
    never.overdue = Some(StateNumbers { intercept: overdue.intercept - 60.0, ..overdue.clone() });
    let [as_it_is, changed] = [&hazard, &never].map(|h| predict(&known, &survey, h, &policy));
    let (mut n_overdue, mut n_others) = (0, 0);
    for (k, &i) in as_it_is.open.iter().enumerate() {
        let [open, open_changed] = [&as_it_is, &changed].map(|p| p.curves.at(k, 60));
        if known.due[i as usize] <= as_of.0 {
            n_overdue += 1;
            assert!(open < 0.999_999 && open_changed > 0.999_999, "{open} {open_changed}");
        } else {
            n_others += 1;
            assert_eq!(open, open_changed);
        }
    }
    assert!(n_overdue > 20 && n_others > 20, "{n_overdue} {n_others}");
    // what is added to every day is added to both
    let shifted = hazard.shifted(0.5);
    for state in [false, true] {
        assert_eq!(shifted.in_state(state).0, hazard.in_state(state).0 + 0.5);
        assert_eq!(shifted.in_state(state).1, hazard.in_state(state).1);
    }
}
