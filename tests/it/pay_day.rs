//! What a customer's pay days say of an invoice.

use arrears::features::day_row::{Days, N_MOVING};
use arrears::features::facts::Facts;
use arrears::features::habits::{Calendar, Habits};
use arrears::features::{BASE, Purpose, survey};
use arrears::simulate::{Plan, simulate};

/// Covariate and value of every open invoice on each of the next sixty days, and whether only a rest of it is open.
fn seen(name: &str) -> Vec<(f64, bool)> {
    let plan = Plan::new(300, 24, 1);
    let known = simulate(&plan).ledger().unwrap().known_at(plan.end());
    let survey = survey(&known, &arrears::policy::parse("", "pay_day").unwrap(), Purpose::Score);
    let column = BASE.iter().position(|c| c.name == name).unwrap() - (BASE.len() - N_MOVING);
    let mut out = Vec::new();
    for i in known.open_invoices() {
        let c = known.customer[i as usize] as usize;
        let open: Vec<u32> =
            known.open_invoices().into_iter().filter(|o| known.customer[*o as usize] as usize == c).collect();
        let (prior, almanac) = (survey.prior(), &survey.almanac);
        let habits = Habits::new(&known, &survey.states[c], &open, prior, &survey.memory, almanac);
        let calendar = Calendar::new(&habits, prior, almanac);
        let facts = Facts::new(&known, i as usize, &habits, prior);
        let mut days = Days::new(prior, &habits, facts);
        let paid = known.amount[i as usize] - known.open_amount[i as usize];
        let is_rest = paid.to_f64() >= 0.9 * known.amount[i as usize].to_f64();
        let as_of = known.as_of().0;
        out.extend(
            (as_of + 1..=as_of + 60).map(|day| (days.on(day, &calendar.day(day)).moving[column], is_rest)),
        );
    }
    out
}

#[test]
fn a_rest_knows_no_pay_days() {
    for name in ["own_pay_day", "own_off_day", "pay_run_hazard"] {
        let seen = seen(name);
        let of = |rest: bool| seen.iter().filter(move |s| s.1 == rest).map(|s| s.0);
        assert!(of(true).count() > 60 && of(true).all(|x| x == 0.0), "{name}");
        assert!(of(false).any(|x| x != 0.0), "{name}");
    }
}

#[test]
fn a_day_off_is_a_day_off_however_far_below_the_usual_it_lies() {
    let seen = seen("own_off_day");
    let least = seen.iter().map(|s| s.0).fold(0.0, f64::min);
    let n = seen.iter().filter(|s| s.0 == least).count();
    assert!(least == -0.8 && n > 1000, "{least} {n}");
}
