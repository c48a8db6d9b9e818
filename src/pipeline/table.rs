//! What the stages computed, as tables of the contract.

use crate::analytics::{Aging, Receipts, Recent};
use crate::collect::Priorities;
use crate::contract::{Column, ContractError, NO_TEXT, Table, TextList};
use crate::core::{Day, TextColumn};
use crate::forecast::CashForecast;
use crate::ingest::Quarantined;
use crate::ledger::Known;
use crate::score::contribution::{AVERAGE_INVOICE, COVARIATES, LATER_DAYS};
use crate::score::{Contribution, InvoiceScore, Prediction, Risk, RiskBand, RiskSums};
use rayon::prelude::*;

/// Lifts below this are within what shrinkage leaves of noise: a customer has no pay day of its own.
const LIFT_MIN: f64 = 1.2;
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// `invoice_scores`, by invoice_id.
pub fn invoice_scores(
    known: &Known,
    scores: &[InvoiceScore],
    parts: &[Contribution],
    model_id: &str,
) -> Result<Table, ContractError> {
    let mut place: Vec<usize> = (0..scores.len()).collect();
    place.par_sort_unstable_by_key(|&k| known.invoice_id.get(scores[k].invoice as usize));
    let order: Vec<&InvoiceScore> = place.iter().map(|&k| &scores[k]).collect();
    let reasons: Vec<_> = place.par_iter().map(|&k| parts[k].strongest()).collect();
    let n = order.len();
    let index: Vec<u32> = order.iter().map(|s| s.invoice).collect();
    let of = |i: &u32| *i as usize;
    let f64s = |f: &dyn Fn(&InvoiceScore) -> f64| Column::F64(order.iter().map(|s| f(s)).collect());
    let days = |column: &[i32]| Column::Date(index.iter().map(|i| column[of(i)]).collect());
    let date = |q: usize| Column::OptDate(order.iter().map(|s| s.pay_date[q].map(|d| d.0)).collect());
    let reason = |k: usize| named(reasons.iter().map(|r| Some(r[k].name)));
    let effect = |k: usize| Column::OptF64(reasons.iter().map(|r| Some(r[k].effect)).collect());
    let bands = [RiskBand::Low, RiskBand::Medium, RiskBand::High];
    Table::try_new(
        "invoice_scores",
        vec![
            ("as_of", Column::SameDate { day: known.as_of(), n }),
            ("invoice_id", Column::Text(known.invoice_id.gather(&index))),
            ("customer_id", coded(&known.customer_id, index.iter().map(|i| known.customer[of(i)]))),
            ("currency", coded(&currencies(known), index.iter().map(|i| u32::from(known.currency[of(i)])))),
            ("issue_date", days(&known.issue)),
            ("due_date", days(&known.due)),
            ("amount", Column::Amount(index.iter().map(|i| known.amount[of(i)]).collect())),
            ("open_amount", Column::Amount(index.iter().map(|i| known.open_amount[of(i)]).collect())),
            ("days_past_due", Column::I32(order.iter().map(|s| s.days_past_due).collect())),
            ("late_prob", f64s(&|s| s.late_prob)),
            ("late_30_prob", f64s(&|s| s.late_days_prob[0])),
            ("late_60_prob", f64s(&|s| s.late_days_prob[1])),
            ("late_90_prob", f64s(&|s| s.late_days_prob[2])),
            ("paid_7_prob", f64s(&|s| s.paid_prob[0])),
            ("paid_14_prob", f64s(&|s| s.paid_prob[1])),
            ("paid_30_prob", f64s(&|s| s.paid_prob[2])),
            ("paid_60_prob", f64s(&|s| s.paid_prob[3])),
            ("paid_90_prob", f64s(&|s| s.paid_prob[4])),
            ("expected_cash_7", f64s(&|s| s.expected_cash[0])),
            ("expected_cash_14", f64s(&|s| s.expected_cash[1])),
            ("expected_cash_30", f64s(&|s| s.expected_cash[2])),
            ("expected_cash_60", f64s(&|s| s.expected_cash[3])),
            ("expected_cash_90", f64s(&|s| s.expected_cash[4])),
            ("pay_date_p10", date(0)),
            ("pay_date_p50", date(1)),
            ("pay_date_p90", date(2)),
            ("unpaid_prob", f64s(&|s| s.unpaid_prob)),
            ("expected_days_late", f64s(&|s| s.expected_days_late)),
            (
                "risk_band",
                Column::Coded {
                    text: bands.iter().map(|b| b.name()).collect(),
                    code: order.iter().map(|s| s.risk_band as u32).collect(),
                },
            ),
            ("history_n", Column::I32(order.iter().map(|s| s.history_n as i32).collect())),
            ("reason_1", reason(0)),
            ("reason_2", reason(1)),
            ("reason_3", reason(2)),
            ("reason_1_effect", effect(0)),
            ("reason_2_effect", effect(1)),
            ("reason_3_effect", effect(2)),
            ("model_id", Column::SameText { text: model_id.to_owned(), n }),
        ],
    )
}

/// `contributions`, by invoice_id, the average invoice first. `open` and `parts` are in ledger order.
pub fn contributions(known: &Known, open: &[u32], parts: &[Contribution]) -> Result<Table, ContractError> {
    let mut place: Vec<u32> = (0..open.len() as u32).collect();
    place.par_sort_unstable_by_key(|&k| known.invoice_id.get(open[k as usize] as usize));
    let names = std::iter::once(AVERAGE_INVOICE).chain(COVARIATES.iter().map(|c| c.name)).chain([LATER_DAYS]);
    let names: TextColumn = names.collect();
    let ids = place.iter().map(|&k| open[k as usize]).collect::<Vec<_>>();
    let (mut invoice, mut feature, mut log_odds) = (Vec::new(), Vec::new(), Vec::new());
    for (row, &k) in place.iter().enumerate() {
        let part = &parts[k as usize];
        let all = std::iter::once(part.average).chain(part.effect).chain([part.later_days]);
        for (code, value) in all.enumerate().filter(|(code, value)| *code == 0 || *value != 0.0) {
            invoice.push(row as u32);
            feature.push(code as u32);
            log_odds.push(value);
        }
    }
    Table::try_new(
        "contributions",
        vec![
            ("invoice_id", Column::Coded { text: known.invoice_id.gather(&ids), code: invoice }),
            ("feature", Column::Coded { text: names, code: feature }),
            ("log_odds", Column::F64(log_odds)),
        ],
    )
}

/// `cash_forecast`.
pub fn cash_forecast(forecast: CashForecast, as_of: Day) -> Result<Table, ContractError> {
    let f = forecast;
    let n = f.period.len();
    let dates = |days: &[Day]| Column::Date(days.iter().map(|d| d.0).collect());
    let [p05, p10, p25, p50, p75, p90, p95] = f.quantile;
    Table::try_new(
        "cash_forecast",
        vec![
            ("as_of", Column::SameDate { day: as_of, n }),
            ("currency", Column::Text(f.currency.iter().map(|c| c.as_str()).collect())),
            ("segment", Column::Text(f.segment)),
            ("grain", Column::Text(f.grain.iter().map(|g| g.name()).collect())),
            ("period", Column::I32(f.period)),
            ("period_start", dates(&f.period_start)),
            ("period_end", dates(&f.period_end)),
            ("source", Column::Text(f.source.iter().map(|s| s.name()).collect())),
            ("expected", Column::F64(f.expected)),
            ("p05", Column::F64(p05)),
            ("p10", Column::F64(p10)),
            ("p25", Column::F64(p25)),
            ("p50", Column::F64(p50)),
            ("p75", Column::F64(p75)),
            ("p90", Column::F64(p90)),
            ("p95", Column::F64(p95)),
            ("due", Column::OptAmount(f.due)),
        ],
    )
}

/// `priorities`, by rank.
pub fn priorities(ranked: Priorities) -> Result<Table, ContractError> {
    let p = ranked;
    let n = p.rank.len();
    let mut invoices = TextList::default();
    for rows in p.invoice_start.windows(2) {
        invoices.push((rows[0]..rows[1]).map(|i| p.invoice_id.get(i as usize)));
    }
    let [reason_1, reason_2, reason_3] = p.reason;
    Table::try_new(
        "priorities",
        vec![
            ("rank", Column::I32(p.rank.iter().map(|r| *r as i32).collect())),
            ("customer_id", Column::Text(p.customer_id)),
            ("reporting_currency", Column::SameText { text: p.reporting_currency.to_string(), n }),
            ("open_amount", Column::Amount(p.open_amount)),
            ("overdue_amount", Column::Amount(p.overdue_amount)),
            ("oldest_days_past_due", Column::I32(p.oldest_days_past_due)),
            ("value_at_risk", Column::F64(p.value_at_risk)),
            ("expected_gain", Column::F64(p.expected_gain)),
            ("expected_gain_se", Column::OptF64(p.expected_gain_se)),
            ("gain_basis", Column::Text(p.gain_basis.iter().map(|b| b.name()).collect())),
            ("priority_value", Column::F64(p.priority_value)),
            ("action", Column::OptText(p.action)),
            ("channel", Column::OptText(p.channel)),
            ("tone", Column::OptText(p.tone)),
            ("language", Column::Text(p.language.iter().map(String::as_str).collect())),
            ("action_date", Column::OptDate(p.action_date.into_iter().map(|d| d.map(|d| d.0)).collect())),
            ("calls", Column::I32(p.calls.iter().map(|n| *n as i32).collect())),
            ("left_out_gain", Column::F64(p.left_out_gain)),
            ("broken_promises", Column::I32(p.broken_promises.iter().map(|n| *n as i32).collect())),
            ("last_contact_date", Column::OptDate(p.last_contact.iter().map(|d| d.map(|d| d.0)).collect())),
            ("reason_1", named(reason_1.into_iter())),
            ("reason_2", named(reason_2.into_iter())),
            ("reason_3", named(reason_3.into_iter())),
            ("hold", Column::OptText(p.hold.iter().map(|h| h.map(|h| h.name().to_owned())).collect())),
            ("invoice_ids", Column::TextList(invoices)),
        ],
    )
}

/// `aging`.
pub fn aging(aging: Aging) -> Result<Table, ContractError> {
    Table::try_new(
        "aging",
        vec![
            ("currency", Column::Text(aging.currency.iter().map(|c| c.as_str()).collect())),
            ("segment", Column::Text(aging.segment)),
            ("bucket", Column::Text(aging.bucket)),
            ("amount", Column::Amount(aging.amount)),
            ("n_invoices", Column::I64(aging.n_invoices.into_iter().map(i64::from).collect())),
        ],
    )
}

/// `risk`.
pub fn risk(risk: Risk, as_of: Day) -> Result<Table, ContractError> {
    let Risk { currency, risk_band, sums } = risk;
    let n = sums.len();
    let counts = |f: fn(&RiskSums) -> u32| Column::I64(sums.iter().map(|s| i64::from(f(s))).collect());
    Table::try_new(
        "risk",
        vec![
            ("as_of", Column::SameDate { day: as_of, n }),
            ("currency", Column::Text(currency.iter().map(|c| c.as_str()).collect())),
            ("segment", Column::SameText { text: "all".to_owned(), n }),
            ("risk_band", Column::Text(risk_band.into_iter().collect())),
            ("n_invoices", counts(|s| s.n_invoices)),
            ("open_amount", Column::Amount(sums.iter().map(|s| s.open_amount).collect())),
            ("n_overdue", counts(|s| s.n_overdue)),
            ("overdue_amount", Column::Amount(sums.iter().map(|s| s.overdue_amount).collect())),
            ("mean_late_prob", Column::OptF64(sums.iter().map(RiskSums::mean_late_prob).collect())),
            ("expected_30", Column::F64(sums.iter().map(|s| s.expected_30).collect())),
            ("expected_unpaid", Column::F64(sums.iter().map(|s| s.expected_unpaid).collect())),
        ],
    )
}

/// `receipts`.
pub fn receipts(receipts: Receipts, as_of: Day) -> Result<Table, ContractError> {
    let r = receipts;
    let n = r.period.len();
    let dates = |days: &[Day]| Column::Date(days.iter().map(|d| d.0).collect());
    Table::try_new(
        "receipts",
        vec![
            ("as_of", Column::SameDate { day: as_of, n }),
            ("currency", Column::Text(r.currency.iter().map(|c| c.as_str()).collect())),
            ("segment", Column::SameText { text: "all".to_owned(), n }),
            ("grain", Column::Text(r.grain.into_iter().collect())),
            ("period", Column::I32(r.period)),
            ("period_start", dates(&r.period_start)),
            ("period_end", dates(&r.period_end)),
            ("received", Column::Amount(r.received)),
        ],
    )
}

/// `customer_features`, by customer_id.
pub fn customer_features(
    known: &Known,
    prediction: &Prediction,
    recent: &[Recent],
) -> Result<Table, ContractError> {
    let habits = &prediction.habits;
    let n = habits.len();
    let counts =
        |f: fn(&crate::features::Habits) -> u32| Column::I32(habits.iter().map(|h| f(h) as i32).collect());
    let f64s = |f: fn(&crate::features::Habits) -> f64| Column::F64(habits.iter().map(f).collect());
    let weekday: Vec<_> = habits.iter().map(|h| top(&h.weekday_lift)).collect();
    let month_day: Vec<_> = habits.iter().map(|h| top(&h.place_lift)).collect();
    let lift = |tops: &[Option<(usize, f64)>]| Column::OptF64(tops.iter().map(|t| t.map(|t| t.1)).collect());
    let name = |t: &Option<(usize, f64)>| t.map_or(NO_TEXT, |t| t.0 as u32);
    Table::try_new(
        "customer_features",
        vec![
            ("customer_id", Column::Text(known.customer_id.clone())),
            ("as_of", Column::SameDate { day: known.as_of(), n }),
            ("n_invoices", counts(|h| h.n_issued)),
            ("n_settled", counts(|h| h.n_settled)),
            ("n_late", counts(|h| h.n_late)),
            ("n_open", counts(|h| h.n_open)),
            ("n_overdue", counts(|h| h.n_overdue)),
            ("oldest_days_past_due", Column::I32(habits.iter().map(|h| h.oldest_overdue_days).collect())),
            ("late_rate", f64s(|h| h.late_prob)),
            ("delay_days", f64s(|h| h.delay)),
            ("delay_sd_days", f64s(|h| h.delay_sd)),
            ("slower_lately_days", f64s(|h| h.slower_lately)),
            ("usual_amount", f64s(|h| h.log_amount.exp_m1())),
            ("last_settled_days", Column::OptI32(habits.iter().map(|h| h.last_settled_days).collect())),
            (
                "pay_weekday",
                Column::Coded {
                    text: WEEKDAYS.into_iter().collect(),
                    code: weekday.iter().map(name).collect(),
                },
            ),
            ("pay_weekday_lift", lift(&weekday)),
            (
                "pay_month_day",
                Column::OptI32(month_day.iter().map(|t| t.map(|t| day_at_place(t.0))).collect()),
            ),
            ("pay_month_day_lift", lift(&month_day)),
            ("recent_n", Column::I32(recent.iter().map(|r| r.n as i32).collect())),
            ("recent_late_n", Column::I32(recent.iter().map(|r| r.n_late as i32).collect())),
            ("recent_delay_days", Column::OptF64(recent.iter().map(|r| r.mean_delay_days).collect())),
        ],
    )
}

/// A [place in the month](crate::core::Day::place_in_month) as a person says it: its day, or -1 for the last one.
fn day_at_place(place: usize) -> i32 {
    if place < 30 { place as i32 + 1 } else { -1 }
}

/// `quarantine`.
pub fn quarantine(rows: &[Quarantined]) -> Result<Table, ContractError> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Table::try_new(
        "quarantine",
        vec![
            ("file", Column::Text(rows.iter().map(|q| q.file.as_str()).collect())),
            ("row", Column::I64(rows.iter().map(|q| q.row as i64).collect())),
            ("rule_id", Column::Text(rows.iter().map(|q| q.rule_id).collect())),
            ("field", Column::OptText(rows.iter().map(|q| some(&q.field)).collect())),
            ("value", Column::OptText(rows.iter().map(|q| some(&q.value)).collect())),
            ("message", Column::Text(rows.iter().map(|q| q.message.as_str()).collect())),
            ("severity", Column::Text(rows.iter().map(|q| q.severity.name()).collect())),
        ],
    )
}

/// The place with the largest log lift, and that lift as a ratio, if it stands out.
fn top(lift: &[f64]) -> Option<(usize, f64)> {
    let best = (0..lift.len()).max_by(|&a, &b| lift[a].total_cmp(&lift[b]).then(b.cmp(&a)))?;
    (lift[best] >= LIFT_MIN).then_some((best, lift[best]))
}

fn currencies(known: &Known) -> TextColumn {
    known.currency_code.iter().map(|c| c.as_str()).collect()
}

/// A column of few texts: only those that occur are stored.
fn coded(text: &TextColumn, code: impl Iterator<Item = u32>) -> Column {
    let mut place = vec![NO_TEXT; text.len()];
    let mut used = TextColumn::default();
    let code = code
        .map(|c| {
            let slot = &mut place[c as usize];
            if *slot == NO_TEXT {
                *slot = used.len() as u32;
                used.push(text.get(c as usize));
            }
            *slot
        })
        .collect();
    Column::Coded { text: used, code }
}

/// A column of names of covariates.
fn named(names: impl Iterator<Item = Option<&'static str>>) -> Column {
    let place = |name: &str| COVARIATES.iter().position(|c| c.name == name).map_or(NO_TEXT, |k| k as u32);
    Column::Coded {
        text: COVARIATES.iter().map(|c| c.name).collect(),
        code: names.map(|name| name.map_or(NO_TEXT, place)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Day;

    #[test]
    fn a_place_in_the_month_is_said_as_its_day() {
        for day in (0..366).map(|d| Day::try_new(2024, 1, 1).unwrap().plus(d)) {
            let said = if day == day.month_end() { -1 } else { day.day_of_month() as i32 };
            assert_eq!(day_at_place(day.place_in_month()), said, "{day}");
        }
    }
}
