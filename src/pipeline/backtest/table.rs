//! What a backtest found, as tables of the contract.

use crate::contract::{Column, ContractError, NO_TEXT, Table};
use crate::core::TextColumn;
use crate::evaluate::catalog::{Better, metric};
use crate::evaluate::reliability::N_BINS;
use crate::evaluate::{CashOf, Fold, Judgement, MetricRow, Skill};
use crate::ledger::Known;

fn texts(names: &[String]) -> TextColumn {
    names.iter().map(String::as_str).collect()
}

fn sources() -> TextColumn {
    CashOf::ALL.iter().map(|s| s.name()).collect()
}

/// Of a source, its code in [`sources`].
fn code(source: Option<CashOf>) -> u32 {
    source.and_then(|s| CashOf::ALL.iter().position(|a| *a == s)).map_or(NO_TEXT, |k| k as u32)
}

/// `backtest_scores`, by origin, model and invoice_id.
pub(super) fn scores(folds: &[Fold], models: &[String], end: &Known) -> Result<Table, ContractError> {
    let mut place = vec![NO_TEXT; end.n_invoices()];
    let mut judged = Vec::new();
    for &i in folds.iter().flat_map(|f| &f.invoices) {
        if place[i as usize] == NO_TEXT {
            place[i as usize] = judged.len() as u32;
            judged.push(i);
        }
    }
    let (mut origin, mut model, mut invoice) = (Vec::new(), Vec::new(), Vec::new());
    let (mut late_prob, mut late) = (Vec::new(), Vec::new());
    for fold in folds {
        let mut order: Vec<usize> = (0..fold.invoices.len()).collect();
        order.sort_unstable_by_key(|&k| end.invoice_id.get(fold.invoices[k] as usize));
        for (m, forecast) in fold.forecasts.iter().enumerate() {
            let Some(p) = &forecast.late_prob else { continue };
            for &k in order.iter().filter(|&&k| !p[k].is_nan()) {
                origin.push(fold.origin.0);
                model.push(m as u32);
                invoice.push(place[fold.invoices[k] as usize]);
                late_prob.push(p[k]);
                late.push(fold.outcome.late[k]);
            }
        }
    }
    Table::try_new(
        "backtest_scores",
        vec![
            ("origin", Column::Date(origin)),
            ("model", Column::Coded { text: texts(models), code: model }),
            ("invoice_id", Column::Coded { text: end.invoice_id.gather(&judged), code: invoice }),
            ("late_prob", Column::F64(late_prob)),
            ("late", Column::OptBool(late)),
        ],
    )
}

/// `backtest_cash`, by origin, model, source, currency and week.
pub(super) fn cash(folds: &[Fold], models: &[String]) -> Result<Table, ContractError> {
    let (mut origin, mut model, mut currency) = (Vec::new(), Vec::new(), TextColumn::default());
    let (mut period, mut source, mut expected, mut actual) = (vec![], vec![], vec![], vec![]);
    let mut quantile: [Vec<Option<f64>>; 7] = Default::default();
    for fold in folds {
        for (m, forecast) in fold.forecasts.iter().enumerate() {
            let mut cash: Vec<_> = forecast.cash.iter().collect();
            cash.sort_by_key(|c| (c.source, c.currency));
            for c in cash {
                let came = fold.outcome.cash(c.source, c.currency);
                for week in (0..c.expected.len()).filter(|&w| !c.expected[w].is_nan()) {
                    origin.push(fold.origin.0);
                    model.push(m as u32);
                    currency.push(c.currency.as_str());
                    period.push(week as i32);
                    source.push(code(Some(c.source)));
                    expected.push(c.expected[week]);
                    quantile
                        .iter_mut()
                        .enumerate()
                        .for_each(|(q, column)| column.push(c.quantile.map(|weeks| weeks[week][q])));
                    actual.push((week < fold.outcome.n_weeks).then(|| came[week]));
                }
            }
        }
    }
    let [p05, p10, p25, p50, p75, p90, p95] = quantile.map(Column::OptF64);
    Table::try_new(
        "backtest_cash",
        vec![
            ("origin", Column::Date(origin)),
            ("model", Column::Coded { text: texts(models), code: model }),
            ("currency", Column::Text(currency)),
            ("period", Column::I32(period)),
            ("source", Column::Coded { text: sources(), code: source }),
            ("expected", Column::F64(expected)),
            ("p05", p05),
            ("p10", p10),
            ("p25", p25),
            ("p50", p50),
            ("p75", p75),
            ("p90", p90),
            ("p95", p95),
            ("actual", Column::OptF64(actual)),
        ],
    )
}

/// `metrics`: the metrics of each model, then the skills.
pub(super) fn metrics(judged: &Judgement, models: &[String]) -> Result<Table, ContractError> {
    let (rows, skills) = (&judged.metrics, &judged.skills);
    fn both<T>(
        judged: (&[MetricRow], &[Skill]),
        of_row: impl Fn(&MetricRow) -> T,
        of_skill: impl Fn(&Skill) -> T,
    ) -> Vec<T> {
        judged.0.iter().map(of_row).chain(judged.1.iter().map(of_skill)).collect()
    }
    let of = (rows.as_slice(), skills.as_slice());
    let names = both(of, |r| r.metric.to_owned(), |s| format!("{}_skill", s.metric));
    let tasks = both(of, |r| r.task.name(), |s| s.task.name());
    let better = both(
        of,
        |r| metric(r.task, r.metric).map_or(Better::Neither, |m| m.better).name(),
        |_| Better::Higher.name(),
    );
    Table::try_new(
        "metrics",
        vec![
            (
                "model",
                Column::Coded { text: texts(models), code: both(of, |r| r.model as u32, |s| s.model as u32) },
            ),
            ("task", Column::Text(tasks.into_iter().collect())),
            ("metric", Column::Text(texts(&names))),
            ("horizon", Column::OptI32(both(of, |r| r.horizon, |s| s.horizon))),
            ("value", Column::F64(both(of, |r| r.value, |s| s.value))),
            ("n", Column::I64(both(of, |r| r.n as i64, |s| s.n as i64))),
            (
                "source",
                Column::Coded { text: sources(), code: both(of, |r| code(r.source), |s| code(s.source)) },
            ),
            ("currency", Column::OptText(both(of, |r| r.currency.map(|c| c.to_string()), |_| None))),
            (
                "against",
                Column::Coded { text: texts(models), code: both(of, |_| NO_TEXT, |s| s.against as u32) },
            ),
            ("low", Column::OptF64(both(of, |r| r.interval.map(|i| i.0), |s| s.interval.map(|i| i.0)))),
            ("high", Column::OptF64(both(of, |r| r.interval.map(|i| i.1), |s| s.interval.map(|i| i.1)))),
            ("better", Column::Text(texts(&better))),
        ],
    )
}

/// `reliability`, by model and bin.
pub(super) fn reliability(judged: &Judgement, models: &[String]) -> Result<Table, ContractError> {
    let rows = &judged.reliability;
    let f64s = |f: &dyn Fn(&crate::evaluate::reliability::Bin) -> f64| {
        Column::F64(rows.iter().map(|(_, bin)| f(bin)).collect())
    };
    Table::try_new(
        "reliability",
        vec![
            (
                "model",
                Column::Coded { text: texts(models), code: rows.iter().map(|(m, _)| *m as u32).collect() },
            ),
            ("bin", Column::I32(rows.iter().map(|(_, b)| b.index as i32).collect())),
            ("prob_from", f64s(&|b| b.index as f64 / N_BINS as f64)),
            ("prob_to", f64s(&|b| (b.index + 1) as f64 / N_BINS as f64)),
            ("n", Column::I64(rows.iter().map(|(_, b)| b.n as i64).collect())),
            ("mean_late_prob", f64s(&|b| b.mean_late_prob)),
            ("late_share", f64s(&|b| b.late_share)),
        ],
    )
}
