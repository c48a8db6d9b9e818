//! The one list of every table of the contract.

use super::backtest_tables as backtest;
use super::figure_tables as figure;
use super::model_tables as model;
use super::money_tables as money;
use super::schema::ColumnType::{Date, Decimal, Double, Int32, Int64, Text, TextList};
use super::schema::{ColumnSchema, ColumnType, Folder, TableSchema};
use super::what_if_tables as what_if;

pub(super) const fn col(
    name: &'static str,
    column_type: ColumnType,
    unit: &'static str,
    meaning: &'static str,
) -> ColumnSchema {
    ColumnSchema { name, column_type, unit, nullable: false, meaning }
}

pub(super) const fn opt(
    name: &'static str,
    column_type: ColumnType,
    unit: &'static str,
    meaning: &'static str,
) -> ColumnSchema {
    ColumnSchema { name, column_type, unit, nullable: true, meaning }
}

const fn expected(name: &'static str, meaning: &'static str) -> ColumnSchema {
    col(name, Double, "currency", meaning)
}

pub(super) const AS_OF: ColumnSchema =
    col("as_of", Date, "", "The day at whose end everything in the row was known.");
pub(super) const CURRENCY: ColumnSchema =
    col("currency", Text, "ISO 4217", "Currency of the row's amounts; XXX where the ledger names none.");
pub(super) const SEGMENT: ColumnSchema = col(
    "segment",
    Text,
    "",
    "Part of the portfolio: `all`, or `name=value`; the value is empty for invoices that have none.",
);
pub(super) const CUSTOMER_ID: ColumnSchema =
    col("customer_id", Text, "", "The customer, as the ledger names it.");
pub(super) const INVOICE_ID: ColumnSchema =
    col("invoice_id", Text, "", "The invoice, as the ledger names it.");
pub(super) const OPEN_AMOUNT: ColumnSchema =
    col("open_amount", Decimal, "currency", "Amount less everything known at as_of to have settled it.");
const REASON_1: ColumnSchema =
    opt("reason_1", Text, "", "Feature with the largest effect on the log-odds of being late.");
const REASON_2: ColumnSchema = opt("reason_2", Text, "", "Feature with the second largest effect.");
const REASON_3: ColumnSchema = opt("reason_3", Text, "", "Feature with the third largest effect.");
const P05: ColumnSchema =
    col("p05", Double, "currency", "Cash that 5 in 100 simulated futures stay at or below.");
const P10: ColumnSchema =
    col("p10", Double, "currency", "Cash that 10 in 100 simulated futures stay at or below.");
const P25: ColumnSchema =
    col("p25", Double, "currency", "Cash that 25 in 100 simulated futures stay at or below.");
const P50: ColumnSchema =
    col("p50", Double, "currency", "Cash that half of the simulated futures stay at or below.");
const P75: ColumnSchema =
    col("p75", Double, "currency", "Cash that 75 in 100 simulated futures stay at or below.");
const P90: ColumnSchema =
    col("p90", Double, "currency", "Cash that 90 in 100 simulated futures stay at or below.");
const P95: ColumnSchema =
    col("p95", Double, "currency", "Cash that 95 in 100 simulated futures stay at or below.");
/// Every table of the contract.
pub const TABLES: &[TableSchema] = &[
    TableSchema {
        name: "invoices",
        folder: Folder::Input,
        written: false,
        meaning: "One row an invoice or credit note; any other column is a segment if `ledger.segments` names it.",
        columns: &[
            col("invoice_id", Text, "", "Names the invoice; each once."),
            col("customer_id", Text, "", "Names the customer who owes it."),
            col("issue_date", Date, "", "Day of issue."),
            opt("due_date", Date, "", "Last day on which payment is not late; required without terms_days."),
            opt("terms_days", Int32, "days", "Days from issue to due, where no due_date is given."),
            opt("baseline_date", Date, "", "Day from which terms_days count; that of issue where missing."),
            col("amount", Decimal, "currency", "What is billed, taxes included, above zero."),
            opt("currency", Text, "ISO 4217", "Currency of the amount; the policy's default where missing."),
            opt("kind", Text, "", "`invoice` (the default) or `credit_note`."),
            opt(
                "recorded_date",
                Date,
                "",
                "Day it was entered; known from the later of this and issue_date.",
            ),
            opt("dispute_date", Date, "", "Day the customer disputed it."),
            opt("dispute_closed_date", Date, "", "Day the dispute ended; missing while it lasts."),
            opt("paid_date", Date, "", "One-table form: the day on which it was settled in full."),
            opt("discount_rate", Double, "share of amount", "Discount offered for early payment, 0 to 1."),
            opt("discount_days", Int32, "days", "Days from issue within which the discount may be taken."),
            opt("business_unit", Text, "", "The part of the business that issued it."),
            opt(
                "instalment",
                Text,
                "",
                "Of an invoice due in parts, a row each: names the part, which becomes invoice `<invoice_id>/<instalment>`.",
            ),
            opt(
                "credited_invoice_id",
                Text,
                "",
                "Of a credit note: the invoice that it credits; on account where missing.",
            ),
        ],
    },
    TableSchema {
        name: "payments",
        folder: Folder::Input,
        written: false,
        meaning: "One row a settlement of an invoice, or of what a customer owes; an invoice may have several.",
        columns: &[
            opt("invoice_id", Text, "", "The invoice it settles; may be missing where customer_id is given."),
            col("payment_date", Date, "", "Day on which it happened."),
            col("amount", Decimal, "currency", "What it settles; below zero, it undoes an earlier payment."),
            opt("payment_id", Text, "", "Names the payment."),
            opt("currency", Text, "ISO 4217", "Currency of the amount; the invoice's where missing."),
            opt("kind", Text, "", "`cash` (the default), `credit`, `write_off`, `discount` or `reversal`."),
            opt("method", Text, "", "How it was paid: transfer, card, cheque."),
            opt(
                "recorded_date",
                Date,
                "",
                "Day it was entered; known from the later of this and payment_date.",
            ),
            opt(
                "customer_id",
                Text,
                "",
                "Who paid, where no invoice is named: settles the oldest due first.",
            ),
            opt(
                "instalment",
                Text,
                "",
                "The instalment of the invoice that it settles; oldest due first where missing.",
            ),
        ],
    },
    TableSchema {
        name: "customers",
        folder: Folder::Input,
        written: false,
        meaning: "One row a customer; any other column is a segment if `ledger.segments` names it.",
        columns: &[
            col("customer_id", Text, "", "Names the customer; each once."),
            opt("name", Text, "", "Name to show to people."),
            opt("industry", Text, "", "Line of business."),
            opt("country", Text, "ISO 3166", "Country of the customer."),
            opt("credit_limit", Decimal, "reporting currency", "Largest open amount that was agreed."),
            opt("terms_days", Int32, "days", "Days from issue to due that were agreed."),
        ],
    },
    TableSchema {
        name: "contacts",
        folder: Folder::Input,
        written: false,
        meaning: "One row a contact with a customer about what it owes.",
        columns: &[
            col("customer_id", Text, "", "The customer contacted."),
            col("contact_date", Date, "", "Day of the contact."),
            col("channel", Text, "", "How: email, phone, letter, visit."),
            opt("invoice_id", Text, "", "The invoice it was about, if about one."),
            opt("outcome", Text, "", "What came of it: reached, promise, dispute, no_answer."),
            opt("promise_date", Date, "", "Day by which the customer promised to pay."),
            opt("promise_amount", Decimal, "currency", "What it promised to pay."),
        ],
    },
    TableSchema {
        name: "fx",
        folder: Folder::Input,
        written: false,
        meaning: "One row a currency and day.",
        columns: &[
            col("currency", Text, "ISO 4217", "The currency converted."),
            col("date", Date, "", "Day from which the rate holds, until the next one."),
            col("rate", Double, "currency per unit", "Units of the reporting currency for one."),
        ],
    },
    TableSchema {
        name: "invoice_scores",
        folder: Folder::Run,
        written: true,
        meaning: "One row for each invoice with open_amount > 0, by invoice_id.",
        columns: &[
            AS_OF,
            INVOICE_ID,
            CUSTOMER_ID,
            CURRENCY,
            col("issue_date", Date, "", "Day of issue."),
            col("due_date", Date, "", "Last day on which payment is not late, before the policy's grace."),
            col("amount", Decimal, "currency", "What was billed."),
            OPEN_AMOUNT,
            col("days_past_due", Int32, "days", "as_of less due_date; negative while not yet due."),
            col("late_prob", Double, "probability", "Not fully settled by due_date + grace; 1 once past it."),
            col("late_30_prob", Double, "probability", "Not fully settled by 30 days after due_date."),
            col("late_60_prob", Double, "probability", "Not fully settled by 60 days after due_date."),
            col("late_90_prob", Double, "probability", "Not fully settled by 90 days after due_date."),
            col("paid_7_prob", Double, "probability", "Fully settled within 7 days after as_of."),
            col("paid_14_prob", Double, "probability", "Fully settled within 14 days after as_of."),
            col("paid_30_prob", Double, "probability", "Fully settled within 30 days after as_of."),
            col("paid_60_prob", Double, "probability", "Fully settled within 60 days after as_of."),
            col("paid_90_prob", Double, "probability", "Fully settled within 90 days after as_of."),
            expected(
                "expected_cash_7",
                "Expected money within 7 days, parts as they come; sums to cash_forecast.",
            ),
            expected(
                "expected_cash_14",
                "Expected money within 14 days, parts as they come; sums to cash_forecast.",
            ),
            expected(
                "expected_cash_30",
                "Expected money within 30 days, parts as they come; sums to cash_forecast.",
            ),
            expected(
                "expected_cash_60",
                "Expected money within 60 days, parts as they come; sums to cash_forecast.",
            ),
            expected(
                "expected_cash_90",
                "Expected money within 90 days, parts as they come; sums to cash_forecast.",
            ),
            opt(
                "pay_date_p10",
                Date,
                "",
                "Day by which it is settled with probability 0.1; null past the curve.",
            ),
            opt(
                "pay_date_p50",
                Date,
                "",
                "Day by which it is settled with probability 0.5; null past the curve.",
            ),
            opt(
                "pay_date_p90",
                Date,
                "",
                "Day by which it is settled with probability 0.9; null past the curve.",
            ),
            col("unpaid_prob", Double, "probability", "Not settled within the loss horizon after as_of."),
            col(
                "expected_days_late",
                Double,
                "days",
                "Mean days from due_date to settlement; unpaid counts to the horizon.",
            ),
            col("risk_band", Text, "", "`low`, `medium` or `high`, by the policy's thresholds on late_prob."),
            col("history_n", Int32, "invoices", "The customer's invoices known to be settled at as_of."),
            REASON_1,
            REASON_2,
            REASON_3,
            opt(
                "reason_1_effect",
                Double,
                "log-odds of late",
                "Effect of reason_1 against the average invoice.",
            ),
            opt(
                "reason_2_effect",
                Double,
                "log-odds of late",
                "Effect of reason_2 against the average invoice.",
            ),
            opt(
                "reason_3_effect",
                Double,
                "log-odds of late",
                "Effect of reason_3 against the average invoice.",
            ),
            col("model_id", Text, "", "The model that scored it: the hash of its content."),
        ],
    },
    model::CONTRIBUTIONS,
    TableSchema {
        name: "cash_forecast",
        folder: Folder::Run,
        written: true,
        meaning: "One row a currency, segment, grain, source and period; segments have the source `open` alone.",
        columns: &[
            AS_OF,
            CURRENCY,
            SEGMENT,
            col("grain", Text, "", "`day` (91 of them), `week` (13) or `month` (6)."),
            col("period", Int32, "", "Number of the period from 0; week 0 is days 1 to 7 after as_of."),
            col("period_start", Date, "", "First day of the period."),
            col("period_end", Date, "", "Last day of the period."),
            col(
                "source",
                Text,
                "",
                "`open` = invoices open at as_of, `future` = not yet issued, or `total`.",
            ),
            col("expected", Double, "currency", "Mean of the cash that comes in during the period."),
            P05,
            P10,
            P25,
            P50,
            P75,
            P90,
            P95,
            opt(
                "due",
                Decimal,
                "currency",
                "What falls due of open invoices in the period: the naive forecast; null for `future` and `total`.",
            ),
        ],
    },
    TableSchema {
        name: "priorities",
        folder: Folder::Run,
        written: true,
        meaning: "One row a customer with an open balance, by rank.",
        columns: &[
            col("rank", Int32, "", "1 is the customer to contact first."),
            CUSTOMER_ID,
            col(
                "reporting_currency",
                Text,
                "ISO 4217",
                "Of the row's amounts; XXX if currencies are added at par.",
            ),
            OPEN_AMOUNT,
            col("overdue_amount", Decimal, "currency", "Open amount of invoices past their due_date."),
            col("oldest_days_past_due", Int32, "days", "Largest days_past_due of its open invoices."),
            col("value_at_risk", Double, "currency", "Expected amount still open 30 days after as_of."),
            col(
                "expected_gain",
                Double,
                "currency",
                "Value of contacting the customer now, net of its cost.",
            ),
            opt(
                "expected_gain_se",
                Double,
                "currency",
                "Standard error of expected_gain by that of the measured effect; null where it is assumed.",
            ),
            col("gain_basis", Text, "", "`measured` from contact history, or `assumed` from the policy."),
            col(
                "priority_value",
                Double,
                "currency",
                "What rank goes by: expected_gain, times the policy's broken_promise_weight after a broken promise.",
            ),
            opt("action", Text, "", "Level of the policy's ladder to take; null if there is none."),
            opt("channel", Text, "", "How to contact, by the ladder."),
            opt("tone", Text, "", "How to speak, by the ladder: `friendly`, `neutral`, `firm`, `formal`."),
            col("language", Text, "ISO 639-1", "In which language, by the policy."),
            opt("action_date", Date, "", "First working day on which the action can be done."),
            col("calls", Int32, "calls", "What the action takes of the day's capacity."),
            col(
                "left_out_gain",
                Double,
                "currency",
                "What more a better action would gain for which no calls are left; 0 for who gets the best one.",
            ),
            col(
                "broken_promises",
                Int32,
                "promises",
                "Promises whose day passed without the payment promised.",
            ),
            opt("last_contact_date", Date, "", "Day of the last contact known."),
            opt("reason_1", Text, "", "Feature with the largest effect over the customer's open amount."),
            opt("reason_2", Text, "", "Feature with the second largest effect."),
            opt("reason_3", Text, "", "Feature with the third largest effect."),
            opt("hold", Text, "", "Why not to call: `dispute`, `promise`, `quiet_days`, `below_minimum`."),
            col("invoice_ids", TextList, "", "The customer's open invoices, in the order they fall due."),
        ],
    },
    TableSchema {
        name: "aging",
        folder: Folder::Run,
        written: true,
        meaning: "One row a currency, segment and bucket; the buckets of a segment sum to its open balance.",
        columns: &[
            CURRENCY,
            SEGMENT,
            col(
                "bucket",
                Text,
                "days past due",
                "`current`, `1-30` and so on by policy, or `unapplied` credit.",
            ),
            col("amount", Decimal, "currency", "Open amount in the bucket; `unapplied` is zero or negative."),
            col("n_invoices", Int64, "invoices", "Open invoices in the bucket."),
        ],
    },
    figure::RISK,
    figure::RECEIPTS,
    figure::KPIS,
    figure::KPI_TREND,
    figure::ROLL_RATES,
    TableSchema {
        name: "customer_features",
        folder: Folder::Run,
        written: true,
        meaning: "One row a customer known at as_of, by customer_id: how it pays, shrunk to the portfolio.",
        columns: &[
            CUSTOMER_ID,
            AS_OF,
            col("n_invoices", Int32, "invoices", "Invoices known at as_of."),
            col("n_settled", Int32, "invoices", "Invoices known to be settled in full."),
            col("n_late", Int32, "invoices", "Of those, settled after due_date."),
            col("n_open", Int32, "invoices", "Invoices with something open."),
            col("n_overdue", Int32, "invoices", "Of those, past due_date."),
            col(
                "oldest_days_past_due",
                Int32,
                "days",
                "Days past due of its oldest open invoice; 0 if none is.",
            ),
            col(
                "late_rate",
                Double,
                "share",
                "Share settled late or open past due, recent ones counting more, shrunk.",
            ),
            col("delay_days", Double, "days", "Usual days from due_date to settlement, shrunk."),
            col("delay_sd_days", Double, "days", "Standard deviation of the next invoice's delay around it."),
            col(
                "slower_lately_days",
                Double,
                "days",
                "Days later than its own usual in the last weeks, shrunk.",
            ),
            col("usual_amount", Double, "currency", "Geometric mean of its invoices' amounts, shrunk."),
            opt("last_settled_days", Int32, "days", "Days from the last settlement known to as_of."),
            opt(
                "pay_weekday",
                Text,
                "",
                "Weekday on which it pays more than customers who pay on any day, the most; null if none.",
            ),
            opt("pay_weekday_lift", Double, "ratio", "How many times their share it pays on that weekday."),
            opt(
                "pay_month_day",
                Int32,
                "",
                "Day of the month on which it pays more than customers who pay on any day, the most; -1 = the last day.",
            ),
            opt(
                "pay_month_day_lift",
                Double,
                "ratio",
                "How much more than the portfolio it pays on that day.",
            ),
            col("recent_n", Int32, "invoices", "The last invoices that it settled, 10 at most."),
            col("recent_late_n", Int32, "invoices", "Of those, settled after due_date."),
            opt("recent_delay_days", Double, "days", "Of those, mean days from due_date to settlement."),
        ],
    },
    figure::PROVISION,
    figure::DISCOUNT_OFFERS,
    money::CREDIT_LIMITS,
    money::LATE_INTEREST,
    money::FACTORING,
    money::CREDIT_INSURANCE,
    money::INSTALMENT_OFFERS,
    money::HANDOVER,
    money::PAYMENT_METHODS,
    money::SEGMENTS,
    TableSchema {
        name: "quarantine",
        folder: Folder::Run,
        written: true,
        meaning: "One row for each finding in an input row, by file and row: refused, repaired or warned of.",
        columns: &[
            col("file", Text, "", "The file it came from."),
            col("row", Int64, "", "Number of the data row in that file, from 1, the header not counted."),
            col("rule_id", Text, "", "The rule it broke, as AMOUNT_NOT_NUMBER."),
            opt("field", Text, "", "The field at fault, if it is one field's fault."),
            opt("value", Text, "", "What was found there."),
            col("message", Text, "", "What is wrong and what was expected."),
            col(
                "severity",
                Text,
                "",
                "`reject`, or `repair` or `warn` of a row that is in the ledger all the same.",
            ),
        ],
    },
    model::FEATURES,
    model::DRIFT,
    backtest::SCORES,
    backtest::CASH,
    backtest::METRICS,
    backtest::RELIABILITY,
    what_if::WHAT_IF,
    what_if::WORKLIST,
];
