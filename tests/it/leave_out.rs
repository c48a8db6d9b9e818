//! `model.leave_out`: what is named counts nothing, and nothing else is touched.

use arrears::features::{BASE, Purpose, covariate::covariate_of, survey};
use arrears::ledger::Known;
use arrears::model::{Hazard, fit};
use arrears::policy::{Part, ValidPolicy, parse};
use arrears::score::PartPayments;
use arrears::simulate::{Plan, simulate};

fn known() -> Known {
    let plan = Plan::new(80, 18, 3);
    simulate(&plan).ledger().unwrap().known_at(plan.end().plus(-60))
}

fn policy(parts: &[Part]) -> ValidPolicy {
    let names: Vec<&str> = parts.iter().map(|p| p.name()).collect();
    parse(&format!("[model]\ntrain_rows_max = 20000\nleave_out = {names:?}"), "p.toml").unwrap()
}

fn fitted(known: &Known, policy: &ValidPolicy) -> Hazard {
    fit(known, &survey(known, policy, Purpose::Fit), policy, 0).unwrap()
}

#[test]
fn a_family_that_is_left_out_has_no_coefficient_and_all_others_have() {
    let known = known();
    let hazard = fitted(&known, &policy(&[Part::PayRuns, Part::Sides, Part::Time]));
    for (column, name) in hazard.columns.iter().enumerate() {
        let family = covariate_of(column).map_or(Part::Time, |c| BASE[c].family);
        let is_out = [Part::PayRuns, Part::Time].contains(&family) || name.ends_with("|side");
        assert_eq!(hazard.coefficients[column] == 0.0, is_out, "{name}");
        assert_eq!(hazard.standard_errors[column] == 0.0, is_out, "{name}");
    }
}

/// Without any column the hazard is that of an average day: the share of weight that events have.
#[test]
fn without_all_families_what_is_left_is_the_average_day() {
    let known = known();
    let families: Vec<Part> = Part::ALL.into_iter().filter(|p| *p < Part::Shrinkage).collect();
    let hazard = fitted(&known, &policy(&families));
    assert!(hazard.coefficients.iter().all(|b| *b == 0.0));
    let average = arrears::numeric::logistic(hazard.intercept);
    assert!((0.005..0.1).contains(&average), "{average}");
}

#[test]
fn every_family_has_a_feature() {
    for part in Part::ALL.into_iter().filter(|p| *p < Part::Sides) {
        assert!(BASE.iter().any(|c| c.family == part), "{}", part.name());
    }
}

#[test]
fn corrections_that_are_left_out_change_the_fit_or_the_spread() {
    let known = known();
    let whole = fitted(&known, &policy(&[]));
    assert_ne!(fitted(&known, &policy(&[Part::Caution])).coefficients, whole.coefficients);
    assert!(fitted(&known, &policy(&[Part::OverdueApart])).overdue.is_none() && whole.overdue.is_some());
    let bare = policy(&[Part::Shrinkage]);
    let [drawn, own] = [&policy(&[]), &bare].map(|policy| {
        let survey = survey(&known, policy, Purpose::Score);
        let habits: Vec<f64> = survey
            .states
            .iter()
            .map(|s| {
                arrears::features::Habits::new(
                    &known,
                    s,
                    &[],
                    survey.prior(),
                    &survey.memory,
                    &survey.almanac,
                )
                .delay
            })
            .collect();
        let mean = habits.iter().sum::<f64>() / habits.len() as f64;
        habits.iter().map(|d| (d - mean).powi(2)).sum::<f64>()
    });
    assert!(own > 1.05 * drawn, "{own} {drawn}");
    let policy = policy(&[Part::Dependence]);
    let survey = survey(&known, &policy, Purpose::Fit);
    let common = arrears::score::dependence(&known, &survey, &whole, &policy);
    assert_eq!((common.customer, common.portfolio, common.week), (0.0, 0.0, 0.0));
    let policy = self::policy(&[Part::PartPayments]);
    let kept = arrears::score::predict(&known, &survey, &whole, &self::policy(&[])).part_payments;
    let left_out = arrears::score::predict(&known, &survey, &whole, &policy).part_payments;
    assert!(left_out == PartPayments::at_once() && kept != left_out, "{kept:?}");
}
