//! Tables of `what-if`.

use super::schema::ColumnType::{Date, Double, Int32, Text};
use super::schema::{Folder, TableSchema};
use super::tables::{AS_OF, CUSTOMER_ID, col, opt};

pub(super) const WHAT_IF: TableSchema = TableSchema {
    name: "what_if",
    folder: Folder::WhatIf,
    written: true,
    meaning: "One row a number, as things are and under a change: cash by currency, source and week, then the rest.",
    columns: &[
        AS_OF,
        col(
            "measure",
            Text,
            "",
            "Of cash_forecast `cash`, `cash_p10`, `cash_p90`, `cash_all_weeks`; of open invoices `expected_unpaid`; of priorities `expected_gain`, `left_out_gain`, `value_at_risk`, `calls`, `contacts`, `left_out` (customers).",
        ),
        opt("source", Text, "", "Of cash: `open`, `future`, `total`; null of the rest."),
        opt("currency", Text, "ISO 4217", "Currency of an amount; null of a count."),
        opt("period_start", Date, "", "First day of the week; null of what is not by week."),
        col("base", Double, "by measure", "As things are."),
        col("changed", Double, "by measure", "Under the change."),
        col("difference", Double, "by measure", "changed less base."),
    ],
};

pub(super) const WORKLIST: TableSchema = TableSchema {
    name: "what_if_worklist",
    folder: Folder::WhatIf,
    written: true,
    meaning: "One row a customer with whom something else is done under the change: who enters, who gets another action, who leaves.",
    columns: &[
        AS_OF,
        CUSTOMER_ID,
        col("change", Text, "", "`enters` or `leaves` those to contact, or gets an `other_action`."),
        col("base_rank", Int32, "", "Rank as things are."),
        col("changed_rank", Int32, "", "Rank under the change."),
        opt("base_action", Text, "", "Action as things are; null if there is none."),
        opt("changed_action", Text, "", "Action under the change; null if there is none."),
        col("base_gain", Double, "reporting currency", "expected_gain as things are."),
        col("changed_gain", Double, "reporting currency", "expected_gain under the change."),
    ],
};
