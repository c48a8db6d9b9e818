//! Every key figure with its definition: the one list that the table, the documentation and the tests follow.

use super::figure::{Figure, Measures, exact};

/// Days that a figure looks back on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// None: what is open at the end of the day.
    Day,
    /// `kpi.window_days`.
    Short,
    /// `kpi.long_window_days`.
    Long,
}

impl Window {
    /// How the documentation names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "none",
            Self::Short => "`kpi.window_days`",
            Self::Long => "`kpi.long_window_days`",
        }
    }
}

/// One way to compute one key figure.
#[derive(Debug, Clone, Copy)]
pub struct KpiDefinition {
    /// The contract's name of the figure.
    pub kpi: &'static str,
    /// Names this formula and its version; a formula that changes gets another one.
    pub definition_id: &'static str,
    /// `amounts`, `invoices`, `customers` or `promises`: what is counted.
    pub basis: &'static str,
    /// What it looks back on.
    pub window: Window,
    /// Of the value.
    pub unit: &'static str,
    /// In the words of the contract; `W` is the window in days.
    pub formula: &'static str,
    /// Where the formula is from.
    pub source: &'static str,
    /// The figure of what was counted.
    pub figure: fn(&Measures) -> Figure,
}

const CRF: &str = "Credit Research Foundation, *Ratios and Formulas in Customer Financial Analysis*";
const PATTERN: &str =
    "Lewellen & Johnson (1972), *Better Way to Monitor Accounts Receivable*, Harvard Business Review 50(3)";
const OURS: &str = "the contract";

/// All definitions, figures in the order of the contract.
pub const KPIS: &[KpiDefinition] = &[
    KpiDefinition {
        kpi: "dso",
        definition_id: "dso.window.1",
        basis: "amounts",
        window: Window::Short,
        unit: "days",
        formula: "open_amount x W / sales issued in the window",
        source: CRF,
        figure: |m| Figure::quotient(m.open * m.window, m.sales),
    },
    KpiDefinition {
        kpi: "dso_countback",
        definition_id: "dso_countback.30_days.1",
        basis: "amounts",
        window: Window::Day,
        unit: "days",
        formula: "sales of the last 30 days, of the 30 before and so on are taken off open_amount; 30 days for each span that it covers whole, and the same share of 30 as of the last one's sales",
        source: CRF,
        figure: |m| Figure::bare(super::figure::countback(m.open, &m.spans)),
    },
    KpiDefinition {
        kpi: "dso_true",
        definition_id: "dso_true.30_days.1",
        basis: "amounts",
        window: Window::Day,
        unit: "days",
        formula: "for each span of 30 days back from as_of, 30 x what is open of its sales / its sales; summed over 60 spans, the oldest of which holds all before",
        source: PATTERN,
        figure: |m| Figure::bare(super::figure::matched(&m.spans)),
    },
    KpiDefinition {
        kpi: "best_possible_dso",
        definition_id: "best_possible_dso.window.1",
        basis: "amounts",
        window: Window::Short,
        unit: "days",
        formula: "open_amount not past due x W / sales issued in the window",
        source: CRF,
        figure: |m| Figure::quotient(m.current * m.window, m.sales),
    },
    KpiDefinition {
        kpi: "add",
        definition_id: "add.window.1",
        basis: "amounts",
        window: Window::Short,
        unit: "days",
        formula: "average days delinquent: open_amount past due x W / sales issued in the window = dso - best_possible_dso",
        source: CRF,
        figure: |m| Figure::quotient((m.open - m.current) * m.window, m.sales),
    },
    KpiDefinition {
        kpi: "cei",
        definition_id: "cei.summed_sales.1",
        basis: "amounts",
        window: Window::Short,
        unit: "share",
        formula: "(beginning + sales - ending) / (beginning + sales - ending not past due), with all sales of the window; what a reversal opens again counts as sales; in 0 to 1",
        source: CRF,
        figure: |m| {
            Figure::quotient(exact(m.beginning + m.sold - m.open), exact(m.beginning + m.sold - m.current))
        },
    },
    KpiDefinition {
        kpi: "cei",
        definition_id: "cei.mean_month_sales.1",
        basis: "amounts",
        window: Window::Short,
        unit: "share",
        formula: "the same with sales / N, where N = W / 30 is the number of months in the window: the form that is often printed; null where it is not in 0 to 1, as sales of one month need not explain the end of three",
        source: CRF,
        figure: |m| {
            let sold = m.sold / (m.window / 30.0);
            Figure::share(m.beginning + sold - m.open, m.beginning + sold - m.current)
        },
    },
    KpiDefinition {
        kpi: "turnover",
        definition_id: "turnover.window.1",
        basis: "amounts",
        window: Window::Short,
        unit: "per year",
        formula: "sales issued in the window x 365 / W / mean of the open amount at its beginning and its end",
        source: CRF,
        figure: |m| Figure::quotient(m.sales * 365.0 / m.window, f64::midpoint(m.beginning, m.open)),
    },
    KpiDefinition {
        kpi: "percent_current",
        definition_id: "percent_current.open.1",
        basis: "amounts",
        window: Window::Day,
        unit: "share",
        formula: "open_amount not past due / open_amount",
        source: CRF,
        figure: |m| Figure::quotient(m.current, m.open),
    },
    KpiDefinition {
        kpi: "bad_debt_ratio",
        definition_id: "bad_debt_ratio.written_off.1",
        basis: "amounts",
        window: Window::Long,
        unit: "share",
        formula: "written off in the window / sales issued in it; small differences within ledger.tolerance_amount are among what is written off",
        source: CRF,
        figure: |m| Figure::quotient(m.written_off, m.sales_long),
    },
    KpiDefinition {
        kpi: "days_beyond_terms",
        definition_id: "days_beyond_terms.cash.1",
        basis: "amounts",
        window: Window::Short,
        unit: "days",
        formula: "sum of cash received in the window x (payment_date - due_date) / that cash; early payment counts below zero",
        source: CRF,
        figure: |m| Figure::quotient(m.cash_days_late, m.cash),
    },
    KpiDefinition {
        kpi: "days_to_pay",
        definition_id: "days_to_pay.cash.1",
        basis: "amounts",
        window: Window::Short,
        unit: "days",
        formula: "sum of cash received in the window x (payment_date - issue_date) / that cash",
        source: CRF,
        figure: |m| Figure::quotient(m.cash_days, m.cash),
    },
    KpiDefinition {
        kpi: "at_risk_share",
        definition_id: "at_risk_share.last_bucket.1",
        basis: "amounts",
        window: Window::Day,
        unit: "share",
        formula: "open_amount in the last aging bucket (91+ by default) / open_amount",
        source: OURS,
        figure: |m| Figure::quotient(m.last_bucket, m.open),
    },
    KpiDefinition {
        kpi: "late_share",
        definition_id: "late_share.invoices.1",
        basis: "invoices",
        window: Window::Long,
        unit: "share",
        formula: "invoices not fully settled by the end of due_date + grace / invoices of which that day is in the window",
        source: OURS,
        figure: |m| Figure::quotient(m.late, m.judged),
    },
    KpiDefinition {
        kpi: "late_share",
        definition_id: "late_share.amounts.1",
        basis: "amounts",
        window: Window::Long,
        unit: "share",
        formula: "the same, each invoice counting with its amount",
        source: OURS,
        figure: |m| Figure::quotient(m.late_amount, m.judged_amount),
    },
    KpiDefinition {
        kpi: "top10_share",
        definition_id: "top10_share.open.1",
        basis: "customers",
        window: Window::Day,
        unit: "share",
        formula: "open_amount of the ten customers who owe most / open_amount",
        source: OURS,
        figure: |m| Figure::quotient(m.top10, m.open),
    },
    KpiDefinition {
        kpi: "herfindahl",
        definition_id: "herfindahl.open.1",
        basis: "customers",
        window: Window::Day,
        unit: "index",
        formula: "sum over customers of (open_amount / open_amount of all)^2: 1 = one customer owes everything, 1 / n = n owe the same",
        source: "Hirschman (1964), *The Paternity of an Index*, American Economic Review 54(5)",
        figure: |m| Figure::quotient(m.square, m.open * m.open),
    },
    KpiDefinition {
        kpi: "dispute_rate",
        definition_id: "dispute_rate.invoices.1",
        basis: "invoices",
        window: Window::Long,
        unit: "share",
        formula: "invoices disputed / invoices issued in the window",
        source: OURS,
        figure: |m| Figure::quotient(m.disputed, m.issued),
    },
    KpiDefinition {
        kpi: "short_pay_rate",
        definition_id: "short_pay_rate.first_payment.1",
        basis: "invoices",
        window: Window::Long,
        unit: "share",
        formula: "invoices of which something was open after the day of the first payment in cash / invoices of which that day is in the window",
        source: OURS,
        figure: |m| Figure::quotient(m.paid_short, m.paid),
    },
    KpiDefinition {
        kpi: "promise_kept_rate",
        definition_id: "promise_kept_rate.cash.1",
        basis: "promises",
        window: Window::Long,
        unit: "share",
        formula: "promises for a day in the window until which as much cash came as was promised, or as was open where no amount was named / such promises; of segment `all` only, as a customer promises, not an invoice",
        source: OURS,
        figure: |m| Figure::quotient(m.kept, m.promised),
    },
    KpiDefinition {
        kpi: "discount_take_up",
        definition_id: "discount_take_up.invoices.1",
        basis: "invoices",
        window: Window::Long,
        unit: "share",
        formula: "invoices of which a discount was taken / invoices that offered one whose last day is in the window",
        source: OURS,
        figure: |m| Figure::quotient(m.taken, m.offered),
    },
];

/// The catalog as the page that `docs/kpis.md` holds; a test keeps the two the same.
pub fn kpi_page() -> String {
    let mut page = String::from(
        "# Key figures\n\n\
         `kpis.parquet` has one row for each definition below, currency and segment, at as_of; `kpi_trend.parquet` the same at \
         the end of each of the last twelve months, with what was known on that day: a payment recorded later is not in it.\n\n\
         - `value` = `numerator` / `denominator`, and null where the denominator is not above zero. Figures that are no \
         quotient have neither. Amounts are in units of the currency.\n\
         - A window is the last `W` days, as_of included. Sales are invoices by `issue_date`, taxes included; credit notes \
         settle invoices, they do not lower sales. Credits on account are not taken off `open_amount`; `aging.parquet` shows them as `unapplied`.\n\
         - A payment of which two days are possible (`DATE_UNDECIDED`) counts as money from the later one on; figures that need \
         its day leave it out: `days_beyond_terms`, `days_to_pay`, `late_share`, and `promise_kept_rate` where one of the days is in time.\n\
         - The sums behind quotients of amounts and of invoices add up over the values of a segment to those of `all`; the figures of concentration \
         and promises do not.\n\
         - `payment_methods.parquet` has `days_to_pay.cash.1` and `days_beyond_terms.cash.1` by method of payment, and what the payments cost \
         by `[[kpi.method]]` of the policy; the sums over methods are those of the figures. `segments.parquet` ranks segments from the easiest to \
         the hardest to collect (`docs/collections.md`).\n\n\
         | kpi | definition_id | basis | unit | window | formula | source |\n|---|---|---|---|---|---|---|\n",
    );
    for k in KPIS {
        let cells = [
            format!("`{}`", k.kpi),
            format!("`{}`", k.definition_id),
            k.basis.to_owned(),
            k.unit.to_owned(),
            k.window.name().to_owned(),
            k.formula.to_owned(),
            k.source.to_owned(),
        ];
        page.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    page
}
