//! Dates on which little is paid each year, in the forecast.

use arrears::core::Day;
use arrears::features::{Purpose, survey};
use arrears::ledger::Known;
use arrears::model::fit;
use arrears::policy::parse;
use arrears::score::predict;
use arrears::simulate::{Plan, simulate};

/// Days after 29 November from 24 to 30 December.
const CHRISTMAS: std::ops::RangeInclusive<i32> = 25..=31;

/// Invoices of that day that are expected to be paid in the week of Christmas.
fn expected(known: &Known, policy: &str) -> f64 {
    let policy = parse(policy, "p.toml").unwrap();
    let survey = survey(known, &policy, Purpose::Fit);
    let curves = predict(known, &survey, &fit(known, &survey, &policy, 0).unwrap(), &policy).curves;
    (0..curves.len()).map(|i| curves.at(i, CHRISTMAS.start() - 1) - curves.at(i, *CHRISTMAS.end())).sum()
}

/// Banks are closed on 25 and 26 December, which the one Christmas known has shown; nothing tells a model without
/// the calendar.
#[test]
fn a_week_with_holidays_is_forecast_by_those_of_last_year() {
    let plan = Plan::new(1000, 24, 1);
    let simulated = simulate(&plan);
    let as_of = Day::try_new(2024, 11, 29).unwrap();
    let known = simulated.ledger().unwrap().into_known(as_of);
    let truth = &simulated.truth;
    let is_paid = |i: &usize| truth.settled(*i).is_some_and(|d| CHRISTMAS.contains(&(d.0 - as_of.0)));
    let paid = (0..truth.n_invoices()).filter(|i| truth.is_open(*i, as_of)).filter(is_paid).count() as f64;
    let [seen, blind] = ["", "[model]\nleave_out = [\"calendar\"]"].map(|policy| expected(&known, policy));
    assert!(paid < seen && seen < 0.8 * blind, "paid {paid}, expected {seen}, without the calendar {blind}");
}
