//! A model as tables and as a page that a person can read: data, period, features, calibration, limits.

use crate::contract::{Column, ContractError, Table};
use crate::core::{Day, TextColumn};
use crate::evaluate::drift::{DriftRow, Watched};
use crate::features::{BASE, covariate::covariate_of};
use crate::model::{Artifact, Hazard, StateNumbers};
use std::fmt::Write;

/// Name of the card in an output folder.
pub const MODEL_CARD_FILE: &str = "model_card.md";

/// One column of the design as the card shows it.
struct Feature<'a> {
    name: &'a str,
    unit: String,
    meaning: String,
}

fn features(hazard: &Hazard) -> Vec<Feature<'_>> {
    let one = |(k, name): (usize, &'_ String)| -> (String, String) {
        match covariate_of(k).map(|c| BASE[c]) {
            Some(c) if c.name == name => (c.unit.to_owned(), c.meaning.to_owned()),
            Some(c) => (
                format!("{} x side", c.unit),
                format!("{}, times -1 long before due to 1 long after", c.meaning),
            ),
            None => ("0 or 1".to_owned(), "whether the day lies in this span of days past due".to_owned()),
        }
    };
    hazard
        .columns
        .iter()
        .enumerate()
        .map(|(k, name)| {
            let (unit, meaning) = one((k, name));
            Feature { name, unit, meaning }
        })
        .collect()
}

/// `model_features`, in the order of the design, the intercept first.
pub fn model_features(hazard: &Hazard) -> Result<Table, ContractError> {
    let all = features(hazard);
    let texts = |first: &str, of: fn(&Feature<'_>) -> String| {
        let mut column = TextColumn::default();
        column.push(first);
        all.iter().for_each(|f| column.push(&of(f)));
        Column::Text(column)
    };
    let numbers =
        |first: f64, of: &[f64]| Column::F64(std::iter::once(first).chain(of.iter().copied()).collect());
    let errors = (0..all.len()).map(|k| hazard.standard_errors.get(k).copied());
    let errors = std::iter::once(hazard.intercept_standard_error).chain(errors).collect();
    let of_overdue = |first: fn(&StateNumbers) -> f64, rest: fn(&StateNumbers) -> &[f64]| {
        let overdue = hazard.overdue.as_ref();
        let rest = (0..all.len()).map(|k| overdue.map(|o| rest(o)[k]));
        Column::OptF64(std::iter::once(overdue.map(first)).chain(rest).collect())
    };
    let per_deviation: Vec<f64> =
        hazard.coefficients.iter().zip(&hazard.deviations).map(|(b, s)| b * s).collect();
    Table::try_new(
        "model_features",
        vec![
            ("feature", texts("intercept", |f| f.name.to_owned())),
            ("unit", texts("log-odds", |f| f.unit.clone())),
            ("coefficient", numbers(hazard.intercept, &hazard.coefficients)),
            ("standard_error", Column::OptF64(errors)),
            ("mean", numbers(1.0, &hazard.means)),
            ("deviation", numbers(0.0, &hazard.deviations)),
            ("per_deviation", numbers(0.0, &per_deviation)),
            (
                "meaning",
                texts("log-odds of settlement on a day where every column is 0", |f| f.meaning.clone()),
            ),
            ("coefficient_overdue", of_overdue(|o| o.intercept, |o| &o.coefficients)),
            ("standard_error_overdue", of_overdue(|o| o.intercept_standard_error, |o| &o.standard_errors)),
        ],
    )
}

/// `drift`, in the order that it was measured.
pub fn drift_table(rows: &[DriftRow], as_of: Day, model_id: &str) -> Result<Table, ContractError> {
    let n = rows.len();
    let f64s = |f: fn(&DriftRow) -> f64| Column::F64(rows.iter().map(f).collect());
    Table::try_new(
        "drift",
        vec![
            ("as_of", Column::SameDate { day: as_of, n }),
            ("model_id", Column::SameText { text: model_id.to_owned(), n }),
            ("watched", Column::Text(rows.iter().map(|r| r.watched.name()).collect())),
            ("name", Column::Text(rows.iter().map(|r| r.name.as_str()).collect())),
            ("measure", Column::Text(rows.iter().map(|r| r.watched.measure()).collect())),
            ("value", f64s(|r| r.value)),
            ("limit", f64s(|r| r.limit)),
            ("moved", Column::Bool(rows.iter().map(|r| r.moved).collect())),
            ("reference", f64s(|r| r.reference)),
            ("current", f64s(|r| r.current)),
            ("n", Column::I64(rows.iter().map(|r| r.n as i64).collect())),
        ],
    )
}

/// The card, as Markdown. `given` says whether the model was fitted in an earlier run.
pub fn model_card(model: &Artifact, hazard: &Hazard, rows: &[DriftRow], as_of: Day, given: bool) -> String {
    let mut card = format!(
        "# Model {}\n\nThe probability that an open invoice is settled in full on a day, given that it is open when the day \
         starts: a logistic regression on days (a discrete-time hazard). Every probability, date and cash figure of the run \
         of {as_of} is read off the curve that these daily probabilities make.\n\n",
        model.model_id
    );
    card += &data(model);
    card += &calibration(rows, model, given);
    card += &coefficients(hazard);
    card += &drift(rows);
    card += &limits(model);
    card
}

fn data(model: &Artifact) -> String {
    let mut out = "## Data\n\n| what | value |\n|---|---|\n".to_owned();
    let mut row = |name: &str, value: String| out.push_str(&format!("| {name} | {value} |\n"));
    row("made by", format!("arrears {}, model format {}", model.arrears_version, model.format));
    row("nothing later is used than", model.as_of.to_string());
    row("invoices known then", model.n_invoices.to_string());
    row("customers", model.n_customers.to_string());
    if let Some(l) = &model.learnt {
        row("invoices issued from", l.first_issue.to_string());
        row(
            "history looked at from",
            format!("{} landmarks, {} to {}", l.n_landmarks, l.first_landmark, l.last_landmark),
        );
        row("settled invoices learnt from", l.n_settled.to_string());
    }
    let r = &model.hazard.report;
    if model.stand_in.is_none() {
        row("days learnt from", format!("{}, of them {} with a settlement", r.n_rows, r.n_events));
        row(
            "fit",
            format!(
                "{} Newton steps, gradient {:.1e}, condition {:.1e}",
                r.iterations, r.gradient_norm, r.condition
            ),
        );
    }
    if let Some(v) = &model.hazard.validation {
        let tried = v.tried.iter().map(|t| format!("{} ({:.4})", t.penalty, t.loss)).collect::<Vec<_>>();
        let tried = tried.join(", ");
        row(
            "penalty",
            format!("{}, of those tried (log-loss of later days a settled invoice): {tried}", v.penalty),
        );
    }
    if let Some(d) = &model.dependence {
        row("correlation of a customer's payments", format!("{:.3}", d.customer));
        row("correlation of all payments", format!("{:.3}", d.portfolio));
    }
    row("seed", model.seed.to_string());
    row("policy, SHA-256", model.policy_sha256.clone());
    if let Some(s) = &model.stand_in {
        let _never_fails = write!(
            out,
            "\n**A stand-in.** {} settled invoices are seen by a training landmark, a fit needs {}. This is the reference model \
             {}, fitted on simulated customers, with {:+.3} (standard error {:.3}) added to the log-odds of each day towards what \
             the ledger shows. Its probabilities are a starting point, not a measurement.\n",
            s.n_settled, s.needed, s.model_id, s.shift, s.shift_standard_error
        );
    }
    out.push('\n');
    out
}

fn calibration(rows: &[DriftRow], model: &Artifact, given: bool) -> String {
    let mut out = "## Calibration\n\n".to_owned();
    match rows.iter().find(|r| r.watched == Watched::Calibration) {
        None => {
            let since = if given { format!(" since its fit of {}", model.as_of) } else { String::new() };
            out +=
                &format!("No invoice that was looked at has fallen due{since}: nothing to judge by yet.\n\n");
        }
        Some(r) => {
            let seen = if given {
                "after the fit, so that it has not seen them"
            } else {
                "before the fit, which has seen them: `arrears backtest` judges without"
            };
            out += &format!(
                "Of {} invoices that fell due in the last windows of 28 days {seen}, {:.1} % were predicted late and {:.1} % were \
                 (bias {:+.3}, limit {:.3}).\n\n",
                r.n,
                100.0 * r.reference,
                100.0 * r.current,
                r.value,
                r.limit
            );
        }
    }
    out
}

fn coefficients(hazard: &Hazard) -> String {
    let mut out = "## Features\n\nA coefficient is what one unit adds to the log-odds of settlement on a day; `per deviation` is that \
                   of one standard deviation. Standard errors are the roots of the diagonal of the inverse Hessian of the \
                   penalised objective, in which all days of one settled invoice count as one; the penalty pulls towards 0 and \
                   makes them smaller than those of a free fit. "
        .to_owned();
    out += match hazard.overdue {
        Some(_) => {
            "An invoice that is overdue when it is looked at has the numbers of the last two columns, any other those before.\n\n"
        }
        None => "The same numbers serve invoices overdue when they are looked at and those that are not.\n\n",
    };
    out += "| feature | unit | coefficient | standard error | per deviation | overdue | standard error |\n|---|---|---:|---:|---:|---:|---:|\n";
    let error = |e: Option<f64>| e.map_or(String::new(), |e| format!("{e:.4}"));
    let overdue = hazard.overdue.as_ref();
    out += &format!(
        "| intercept | log-odds | {:.4} | {} | | {} | {} |\n",
        hazard.intercept,
        error(hazard.intercept_standard_error),
        error(overdue.map(|o| o.intercept)),
        error(overdue.map(|o| o.intercept_standard_error))
    );
    for (k, f) in features(hazard).iter().enumerate() {
        let b = hazard.coefficients[k];
        out += &format!(
            "| {} | {} | {b:.4} | {} | {:.4} | {} | {} |\n",
            f.name.replace('|', "\\|"),
            f.unit,
            error(hazard.standard_errors.get(k).copied()),
            b * hazard.deviations[k],
            error(overdue.map(|o| o.coefficients[k])),
            error(overdue.map(|o| o.standard_errors[k]))
        );
    }
    out += "\n`model_features.parquet` has the same with meanings.\n\n";
    if let Some(prior) = hazard.surprise_prior {
        out += &format!(
            "`customer_surprise` is added to them as it is: the logarithm of what each customer has settled over what these numbers \
             expected of it, near a day past due, {prior} settlements as expected being added to both.\n\n"
        );
    }
    if let Some(variance) = hazard.frailty {
        out += &format!(
            "`outlived` is added too, until an invoice is due: features do not say all of how fast it is, a variance of {variance} \
             of its odds being left, so that one that outlives much turns out slower than it looked.\n\n"
        );
    }
    out
}

fn drift(rows: &[DriftRow]) -> String {
    let stability: Vec<&DriftRow> = rows.iter().filter(|r| r.watched != Watched::Calibration).collect();
    let mut out = "## Drift\n\n".to_owned();
    if stability.is_empty() {
        return out
            + "The model does not say what its features looked like in the fit: nothing to compare with.\n\n";
    }
    out += "Population stability index of what is open now against the year before the fit.\n\n| watched | mean in the fit | mean now \
            | psi | limit | moved |\n|---|---:|---:|---:|---:|---|\n";
    for r in stability {
        let moved = if r.moved { "yes" } else { "" };
        out += &format!(
            "| {} | {:.3} | {:.3} | {:.3} | {:.3} | {moved} |\n",
            r.name, r.reference, r.current, r.value, r.limit
        );
    }
    out.push('\n');
    out
}

fn limits(model: &Artifact) -> String {
    let mut out = "## Limits\n\n".to_owned();
    if model.stand_in.is_some() {
        out += "- It was not fitted on this ledger, but on simulated customers.\n";
    } else if model.learnt.is_some_and(|l| l.n_settled < 300) {
        out += "- Fewer than 300 settled invoices: it says little more than each customer's late rate.\n";
    }
    out += "- It learns from what was paid and when, and from nothing outside the ledger: no news, no credit bureau, no bank holidays.\n\
            - Contributions say what moves its answer, not what would change a customer's behaviour.\n\
            - A customer without history is taken for the portfolio's average until it pays.\n\
            - Past 91 days it looks at weeks on average pay days, not at days.\n";
    out
}
