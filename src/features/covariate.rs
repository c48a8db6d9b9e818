//! The columns of the hazard model: one list, filled by [`Days`](super::day_row::Days) for training and scoring alike.

use crate::policy::{Part, ValidPolicy};

/// First relative days of the model's own steps in time, coarser than the bins of habits.
pub(super) const STEPS: [i32; 12] = [-30, -14, -7, -3, 0, 1, 4, 8, 15, 31, 61, 91];
const N_STEPS: usize = STEPS.len() + 1;
/// Covariates before the steps.
pub const N_BASE: usize = BASE.len();
/// Of these, the first so many are the same on every day that an invoice is looked at from one mark.
pub const N_STILL: usize = 13;
/// And the first so many of those are also multiplied by the side of the due date that the day lies on.
pub const N_SIDED: usize = 4;
/// First column of the steps.
pub(super) const FIRST_STEP: usize = N_BASE + N_SIDED;
/// Columns of the design.
pub const N_COLUMNS: usize = FIRST_STEP + N_STEPS;
/// A covariate of the base set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covariate {
    /// Its name in reasons, model card and artifact.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What it means, and as of when.
    pub meaning: &'static str,
    /// The family that it is left out with.
    pub family: Part,
}

const fn covariate(family: Part, name: &'static str, unit: &'static str, meaning: &'static str) -> Covariate {
    Covariate { name, unit, meaning, family }
}

/// Base covariates in column order.
pub const BASE: [Covariate; 33] = [
    covariate(
        Part::LateShare,
        "customer_late_rate",
        "log-odds",
        "share of the customer's invoices settled late or open past due, shrunk to the portfolio's, as known on the landmark",
    ),
    covariate(
        Part::UsualDelay,
        "customer_mean_delay",
        "days",
        "the customer's usual days late, shrunk to the portfolio's level on the landmark",
    ),
    covariate(Part::Invoice, "terms_days", "log of 1 + days", "days from issue to due"),
    covariate(Part::PartPaid, "part_paid", "0 or 1", "whether a part has been paid by the landmark"),
    covariate(
        Part::Invoice,
        "amount_against_usual",
        "log ratio",
        "the invoice's amount against the customer's usual one",
    ),
    covariate(
        Part::Lately,
        "slower_lately",
        "days",
        "days later than its own usual in the last weeks before the landmark, shrunk",
    ),
    covariate(
        Part::OpenItems,
        "overdue_share",
        "share",
        "share of the customer's other open invoices that are past due on the landmark",
    ),
    covariate(
        Part::OpenItems,
        "oldest_overdue_days",
        "log of 1 + days",
        "days past due of the customer's oldest open invoice on the landmark",
    ),
    covariate(
        Part::History,
        "history_n",
        "log of 1 + invoices",
        "the customer's settled invoices known on the landmark",
    ),
    covariate(
        Part::Dispute,
        "disputed",
        "0 or 1",
        "whether the invoice is under open dispute on the landmark",
    ),
    covariate(
        Part::PartPaid,
        "rest_open",
        "0 or 1",
        "whether nine tenths have been paid by the landmark, so that only a rest is open",
    ),
    covariate(
        Part::Lately,
        "pace_month",
        "log ratio",
        "invoices that the customer settled in the 30 days before the landmark against those that its own hazard expected",
    ),
    covariate(Part::Lately, "pace_quarter", "log ratio", "the same in the 120 days before it"),
    covariate(
        Part::PartPaid,
        "part_paid_recently",
        "0 or 1",
        "whether the last part payment is at most 15 days before the day",
    ),
    covariate(
        Part::Time,
        "portfolio_hazard",
        "log-odds",
        "the portfolio's daily hazard at the day relative to due",
    ),
    covariate(
        Part::OwnHazard,
        "customer_hazard",
        "log-odds",
        "the customer's own hazard at the day relative to due against the portfolio's, shrunk",
    ),
    covariate(
        Part::UsualDelay,
        "customer_delay_shape",
        "log-odds",
        "hazard of a normal delay with the customer's mean and spread, given no payment before the day",
    ),
    covariate(
        Part::UsualDelay,
        "customer_delay_below",
        "log-odds",
        "customer_delay_shape against the portfolio's hazard where it is below that",
    ),
    covariate(
        Part::UsualDelay,
        "past_usual",
        "deviations",
        "how far the day lies past the customer's usual delay, from one to three of its standard deviations",
    ),
    covariate(
        Part::UsualDelay,
        "far_past_usual",
        "deviations",
        "how far the day lies beyond three standard deviations past it, eight at the most",
    ),
    covariate(
        Part::UsualDelay,
        "customer_age_shape",
        "log-odds",
        "the same for the logarithm of the days since issue",
    ),
    covariate(
        Part::LateShare,
        "customer_late_mix",
        "log-odds",
        "hazard of the portfolio's shape with the customer's own share paid on time",
    ),
    covariate(
        Part::PayRuns,
        "own_pay_day",
        "log-odds",
        "hazard on a day that the customer pays on more than others do, against its usual one; else 0",
    ),
    covariate(
        Part::PayRuns,
        "own_off_day",
        "log-odds",
        "hazard on a day that the customer pays on less than others do, against its usual one, -0.8 at the least; else 0",
    ),
    covariate(
        Part::Calendar,
        "portfolio_weekday",
        "log ratio",
        "how much likelier customers who pay on any day pay on this weekday than on an average day",
    ),
    covariate(Part::Time, "days_ahead", "log of 1 + days", "days from the landmark to the day"),
    covariate(
        Part::Calendar,
        "portfolio_month_day",
        "log ratio",
        "how much likelier customers who pay on any day pay at this place in the month than at any",
    ),
    covariate(
        Part::PayRuns,
        "pay_run_hazard",
        "log-odds",
        "hazard of the day by how the customer has paid on its pay runs and between them, against its hazard at the day relative to due",
    ),
    covariate(
        Part::Dispute,
        "set_aside_hazard",
        "log-odds",
        "the customer's hazard at the day relative to due if the invoice is disputed or only a rest is open; else 0",
    ),
    covariate(
        Part::Calendar,
        "portfolio_season",
        "log ratio",
        "invoices that all customers settled in this month of earlier years against those that the portfolio's hazard expected",
    ),
    covariate(Part::Lately, "portfolio_pace", "log ratio", "the same in the weeks before the landmark"),
    covariate(
        Part::Calendar,
        "portfolio_quiet_date",
        "log ratio",
        "invoices that all customers settled around this date of the years past, against those that the portfolio's hazard expected at its weekday, place in the month and month, where they are far fewer; else 0",
    ),
    covariate(
        Part::PayRuns,
        "due_day_hazard",
        "log-odds",
        "as far as the customer may be one that pays on the due date, by direct debit say: on that date, or the Monday after its weekend, the hazard of such a one against the portfolio's, and -4 before it; else 0",
    ),
];

/// What a fit says of its own customers and invoices: added to the log-odds as it is, with a coefficient of 1.
pub const OFFSETS: [Covariate; 2] = [
    covariate(
        Part::Surprise,
        "customer_surprise",
        "log ratio",
        "invoices that the customer settled around this day past due against those that the model expected of it, shrunk",
    ),
    covariate(
        Part::Outlived,
        "outlived",
        "log ratio",
        "the chance of settlement that the invoice has outlived since as_of against the usual one: what outlives much is slower than it looks",
    ),
];

/// Name of a design column: a covariate, `name|side`, or `days_past_due|from..`.
pub fn column_name(column: usize) -> String {
    match column {
        c if c < N_BASE => BASE[c].name.to_owned(),
        c if c < N_BASE + N_SIDED => format!("{}|side", BASE[c - N_BASE].name),
        FIRST_STEP => format!("days_past_due|..{}", STEPS[0] - 1),
        c => format!("days_past_due|{}..", STEPS[c - FIRST_STEP - 1]),
    }
}

/// How strongly a column is penalised after `settled` settled invoices, in units of the policy's penalty.
///
/// A short history wants a strong penalty, a long one speaks for itself: past [`SHORT_HISTORY_INVOICES`] the penalty
/// falls with the history. Columns that say what most others say already, or that only a long history can tell from
/// noise, have to earn their place: they start with many times the penalty, which falls much faster. The mix of
/// on-time and late payers carries the portfolio's own shape of time and is held back least.
pub fn caution(column: usize, settled: f64) -> f64 {
    let start: f64 = match covariate_of(column).map(|c| BASE[c].name) {
        None => 1000.0,
        Some("portfolio_hazard" | "customer_hazard" | "customer_delay_below") => 100.0,
        Some("slower_lately" | "overdue_share" | "oldest_overdue_days" | "history_n") => 300.0,
        Some("own_pay_day" | "own_off_day" | "pay_run_hazard") => 300.0,
        Some("set_aside_hazard") => 300.0,
        // what no other says: whether the customer keeps its pace
        Some("pace_month" | "pace_quarter") => 3.0,
        // there are few months of a year, and few spells of good and bad times, in any history
        Some("portfolio_season") => 3000.0,
        Some("portfolio_pace") => 30_000.0,
        Some("portfolio_weekday" | "portfolio_month_day" | "due_day_hazard") => 30.0,
        Some("customer_late_mix") => 0.1,
        Some(_) => 0.3,
    };
    let shortness = SHORT_HISTORY_INVOICES / settled.max(SHORT_HISTORY_INVOICES);
    shortness * (start.min(1.0) + (start - 1.0).max(0.0) * shortness.powi(2))
}

/// The columns that a policy leaves in, increasing; none if that is all of them.
pub fn left_in(policy: &ValidPolicy) -> Option<Vec<usize>> {
    let is_in = |column: &usize| {
        let family = covariate_of(*column).map_or(Part::Time, |c| BASE[c].family);
        let is_sided = (N_BASE..FIRST_STEP).contains(column);
        !(policy.leaves_out(family) || is_sided && policy.leaves_out(Part::Sides))
    };
    let columns: Vec<usize> = (0..N_COLUMNS).filter(is_in).collect();
    (columns.len() < N_COLUMNS).then_some(columns)
}

/// Settled invoices up to which the penalty is whole.
pub const SHORT_HISTORY_INVOICES: f64 = 2500.0;

/// The covariate a design column belongs to; `None` for the steps of time, which no invoice can help.
pub fn covariate_of(column: usize) -> Option<usize> {
    match column {
        c if c < N_BASE => Some(c),
        c if c < FIRST_STEP => Some(c - N_BASE),
        _ => None,
    }
}
