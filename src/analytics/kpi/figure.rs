//! From what was counted to figures.

use super::tally::{Flow, SPAN_DAYS, Tally};
use crate::core::amount::SCALE;

/// A value, and what was divided by what if it is a quotient.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figure {
    /// The figure; none where it is not defined.
    pub value: Option<f64>,
    /// What is divided.
    pub numerator: Option<f64>,
    /// By what.
    pub denominator: Option<f64>,
}

impl Figure {
    /// `numerator / denominator`; without a value where the denominator is not above zero.
    pub fn quotient(numerator: f64, denominator: f64) -> Self {
        let value = (denominator > 0.0).then(|| numerator / denominator);
        Self { value, numerator: Some(numerator), denominator: Some(denominator) }
    }

    /// [`Figure::quotient`], without a value outside 0 to 1.
    pub fn share(numerator: f64, denominator: f64) -> Self {
        let quotient = Self::quotient(numerator, denominator);
        Self { value: quotient.value.filter(|v| (0.0..=1.0).contains(v)), ..quotient }
    }

    /// A value that is no quotient.
    pub fn bare(value: Option<f64>) -> Self {
        Self { value, numerator: None, denominator: None }
    }
}

/// What the definitions are made of, of one group at the end of one day. Amounts are in units of the currency.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(missing_docs)] // the catalog's formulas say what each is
pub struct Measures {
    pub window: f64,
    pub open: f64,
    pub current: f64,
    pub last_bucket: f64,
    pub sales: f64,
    /// Sales, and what reversals opened again.
    pub sold: f64,
    pub sales_long: f64,
    pub beginning: f64,
    pub written_off: f64,
    pub cash: f64,
    pub cash_days_late: f64,
    pub cash_days: f64,
    pub judged: f64,
    pub late: f64,
    pub judged_amount: f64,
    pub late_amount: f64,
    pub issued: f64,
    pub disputed: f64,
    pub paid: f64,
    pub paid_short: f64,
    pub offered: f64,
    pub taken: f64,
    pub promised: f64,
    pub kept: f64,
    pub square: f64,
    pub top10: f64,
    /// Sales of each span of 30 days, the latest first, and what is open of them.
    pub spans: Vec<(f64, f64)>,
}

impl Measures {
    /// Of a group at a mark; none if it has no invoice that was known then.
    pub(super) fn new(tally: &Tally<'_>, group: usize, mark: usize) -> Option<Self> {
        if tally.flow(group, Flow::Known, mark) == 0 {
            return None;
        }
        let count = |flow| tally.flow(group, flow, mark) as f64;
        let unit = |sum: i128| sum as f64 / SCALE as f64;
        let amount = |flow| unit(tally.flow(group, flow, mark));
        let buckets = tally.open(group, mark);
        let open = buckets.iter().map(|b| i128::from(*b)).sum();
        let (square, top10) = tally.concentration(group, mark);
        let spans = tally.spans(group, mark);
        Some(Self {
            window: f64::from(tally.window),
            open: unit(open),
            current: unit(i128::from(buckets[0])),
            last_bucket: unit(buckets.last().copied().map_or(0, i128::from)),
            sales: amount(Flow::Sales),
            sold: unit(tally.flow(group, Flow::Sales, mark) + tally.flow(group, Flow::Reopened, mark)),
            sales_long: amount(Flow::SalesLong),
            beginning: amount(Flow::Beginning),
            written_off: amount(Flow::WrittenOff),
            cash: amount(Flow::Cash),
            cash_days_late: amount(Flow::CashDaysLate),
            cash_days: amount(Flow::CashDays),
            judged: count(Flow::Judged),
            late: count(Flow::Late),
            judged_amount: amount(Flow::JudgedAmount),
            late_amount: amount(Flow::LateAmount),
            issued: count(Flow::Issued),
            disputed: count(Flow::Disputed),
            paid: count(Flow::Paid),
            paid_short: count(Flow::PaidShort),
            offered: count(Flow::Offered),
            taken: count(Flow::Taken),
            promised: count(Flow::Promised),
            kept: count(Flow::Kept),
            square: square as f64 / SCALE as f64 / SCALE as f64,
            top10: unit(top10),
            spans: spans.iter().map(|(s, o)| (unit(i128::from(*s)), unit(i128::from(*o)))).collect(),
        })
    }
}

/// A sum of amounts, which are whole ten-thousandths, without what `f64` leaves of their digits below: nothing collected
/// must be 0 and not a share below it.
pub(super) fn exact(sum: f64) -> f64 {
    (sum * SCALE as f64).round() / SCALE as f64
}

/// Days of sales that are in the open amount, counted back from the latest; none where nothing was sold, or where the
/// sales of all spans are less than what is open.
pub(super) fn countback(open: f64, spans: &[(f64, f64)]) -> Option<f64> {
    if spans.iter().all(|(sales, _)| *sales <= 0.0) {
        return None;
    }
    let (mut rest, mut days) = (open, 0.0);
    for (sales, _) in spans {
        if rest <= 0.0 {
            return Some(days);
        }
        let share = if *sales > 0.0 { (rest / sales).min(1.0) } else { 1.0 };
        days += share * f64::from(SPAN_DAYS);
        rest -= sales;
    }
    (rest <= 0.0).then_some(days)
}

/// Days that sales stay open: what is open of each span's sales as a share of them, times its days.
pub(super) fn matched(spans: &[(f64, f64)]) -> Option<f64> {
    let sold: Vec<f64> = spans.iter().filter(|(sales, _)| *sales > 0.0).map(|(s, o)| o / s).collect();
    (!sold.is_empty()).then(|| crate::numeric::sum(&sold) * f64::from(SPAN_DAYS))
}

#[cfg(test)]
mod tests {
    use super::super::catalog::KPIS;
    use super::*;

    fn value(definition_id: &str, m: &Measures) -> Option<f64> {
        let definition = KPIS.iter().find(|k| k.definition_id == definition_id).unwrap();
        (definition.figure)(m).value
    }

    #[track_caller]
    fn assert_near(value: Option<f64>, wanted: f64) {
        let value = value.unwrap();
        assert!((value - wanted).abs() < 1e-12 * wanted.abs().max(1.0), "{value}, wanted {wanted}");
    }

    /// Open 212,000 with sales of 100,000, 80,000 and 70,000: 30 + 30 + 32 / 70 x 30 = 73.7 days.
    #[test]
    fn countback_takes_month_by_month_off_what_is_open() {
        let spans = vec![(100e3, 0.0), (80e3, 0.0), (70e3, 0.0)];
        let m = Measures { open: 212e3, spans, ..Measures::default() };
        let days = value("dso_countback.30_days.1", &m);
        assert_near(days, 60.0 + 32.0 / 70.0 * 30.0);
        assert_eq!(format!("{:.1}", days.unwrap()), "73.7");
    }

    #[test]
    fn countback_passes_over_a_span_without_sales_and_ends_where_sales_end() {
        assert_eq!(countback(50.0, &[(0.0, 0.0), (100.0, 0.0)]), Some(45.0));
        assert_eq!(countback(0.0, &[(100.0, 0.0)]), Some(0.0));
        assert_eq!(countback(150.0, &[(100.0, 0.0)]), None);
        assert_eq!(countback(1.0, &[(0.0, 0.0)]), None);
    }

    /// Beginning 6,200, sales 10,890 in three months, ending 6,340 of which 3,590 is current: with all sales
    /// (6,200 + 10,890 - 6,340) / (6,200 + 10,890 - 3,590) = 79.6 %, with sales / 3 it is 3,490 / 6,240 = 55.9 %.
    #[test]
    fn the_two_readings_of_cei_are_two_definitions() {
        let m = Measures {
            window: 90.0,
            beginning: 6_200.0,
            sales: 10_890.0,
            sold: 10_890.0,
            open: 6_340.0,
            current: 3_590.0,
            ..Measures::default()
        };
        assert_near(value("cei.summed_sales.1", &m), 10_750.0 / 13_500.0);
        assert_near(value("cei.mean_month_sales.1", &m), 3_490.0 / 6_240.0);
        let shown = |id| format!("{:.1}", value(id, &m).unwrap() * 100.0);
        assert_eq!([shown("cei.summed_sales.1"), shown("cei.mean_month_sales.1")], ["79.6", "55.9"]);
        let grown = Measures { open: 16_000.0, ..m };
        assert_eq!(value("cei.mean_month_sales.1", &grown), None);
    }

    /// Open 1,000, of which 600 are current, on sales of 1,800 in 90 days: 50 days, at best 30, so 20 delinquent.
    #[test]
    fn delinquent_days_are_what_dso_is_above_its_best() {
        let m =
            Measures { window: 90.0, open: 1_000.0, current: 600.0, sales: 1_800.0, ..Measures::default() };
        let days = ["dso.window.1", "best_possible_dso.window.1", "add.window.1"].map(|id| value(id, &m));
        assert_eq!(days, [Some(50.0), Some(30.0), Some(20.0)]);
        assert_eq!(value("percent_current.open.1", &m), Some(0.6));
    }

    /// 1,800 in 90 days is 7,300 a year; mean of 860 and 600 is 730.
    #[test]
    fn turnover_is_of_a_year() {
        let m =
            Measures { window: 90.0, sales: 1_800.0, beginning: 860.0, open: 600.0, ..Measures::default() };
        assert_near(value("turnover.window.1", &m), 10.0);
    }

    /// Half of the last 30 days' sales is open, a quarter of the 30 before and none of the rest: 15 + 7.5 days.
    #[test]
    fn true_dso_holds_what_is_open_against_the_sales_that_made_it() {
        let m = Measures {
            spans: vec![(200.0, 100.0), (100.0, 25.0), (0.0, 0.0), (50.0, 0.0)],
            ..Measures::default()
        };
        assert_eq!(value("dso_true.30_days.1", &m), Some(22.5));
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        for k in KPIS {
            assert_eq!(
                (k.figure)(&Measures { window: 90.0, ..Measures::default() }).value,
                None,
                "{}",
                k.definition_id
            );
        }
    }

    #[test]
    fn every_figure_of_the_contract_has_a_definition_and_no_two_share_an_id() {
        const CONTRACT: [&str; 19] = [
            "dso",
            "dso_countback",
            "dso_true",
            "best_possible_dso",
            "add",
            "cei",
            "turnover",
            "percent_current",
            "bad_debt_ratio",
            "days_beyond_terms",
            "days_to_pay",
            "at_risk_share",
            "late_share",
            "top10_share",
            "herfindahl",
            "dispute_rate",
            "short_pay_rate",
            "promise_kept_rate",
            "discount_take_up",
        ];
        let mut names: Vec<_> = KPIS.iter().map(|k| k.kpi).collect();
        names.dedup();
        assert_eq!(names, CONTRACT);
        let mut ids: Vec<_> = KPIS.iter().map(|k| k.definition_id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), KPIS.len());
    }
}
