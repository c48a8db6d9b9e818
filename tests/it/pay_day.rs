//! What a customer's pay days say of an invoice.

use arrears::features::calendar::Calendar;
use arrears::features::day_row::{Days, N_MOVING};
use arrears::features::facts::Facts;
use arrears::features::habits::Habits;
use arrears::features::{BASE, Purpose, survey};
use arrears::simulate::{Plan, simulate};

/// Looks at every open invoice of a simulated ledger: its days, its customer's habits and calendar, whether only a rest of it
/// is open, and as_of.
fn look(mut at: impl FnMut(Days<'_>, &Habits, &Calendar<'_>, bool, i32)) {
    let plan = Plan::new(300, 24, 1);
    let known = simulate(&plan).ledger().unwrap().known_at(plan.end());
    let survey = survey(&known, &arrears::policy::parse("", "pay_day").unwrap(), Purpose::Score);
    for i in known.open_invoices() {
        let c = known.customer[i as usize] as usize;
        let open: Vec<u32> =
            known.open_invoices().into_iter().filter(|o| known.customer[*o as usize] as usize == c).collect();
        let (prior, almanac) = (survey.prior(), &survey.almanac);
        let habits = Habits::new(&known, &survey.states[c], &open, prior, &survey.memory, almanac);
        let calendar = Calendar::new(&habits, prior, almanac);
        let facts = Facts::new(&known, i as usize, &habits, prior);
        let paid = known.amount[i as usize] - known.open_amount[i as usize];
        let is_rest = paid.to_f64() >= 0.9 * known.amount[i as usize].to_f64();
        at(Days::new(prior, &habits, facts), &habits, &calendar, is_rest, known.as_of().0);
    }
}

fn column(name: &str) -> usize {
    BASE.iter().position(|c| c.name == name).unwrap() - (BASE.len() - N_MOVING)
}

/// A covariate of every open invoice on each of the next sixty days, and whether only a rest of it is open.
fn seen(name: &str) -> Vec<(f64, bool)> {
    let mut out = Vec::new();
    look(|mut days, _, calendar, is_rest, as_of| {
        let value = |day| days.on(day, &calendar.day(day)).moving[column(name)];
        out.extend((as_of + 1..=as_of + 60).map(value).map(|x| (x, is_rest)));
    });
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

/// What a span of many days is on average has runs in it, also where few payments come between those.
#[test]
fn a_span_of_days_is_no_day_between_runs() {
    let (mut n, mut lower) = (0, 0);
    let column = column("pay_run_hazard");
    look(|mut days, habits, calendar, is_rest, as_of| {
        for day in (as_of + 1..=as_of + 30).filter(|_| habits.runs.is_some() && !is_rest) {
            let pay_day = calendar.day(day);
            if pay_day.is_between_runs {
                n += 1;
                let on_the_day = days.on(day, &pay_day).moving[column];
                lower += u32::from(on_the_day < days.around(day, 0.0).moving[column]);
            }
        }
    });
    assert!(n > 1000 && lower > n * 9 / 10, "{lower} of {n}");
}
