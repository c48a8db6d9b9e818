//! Tables of credit limits, interest on late payment and factoring.

use super::schema::ColumnType::{Bool, Decimal, Double, Int32, Text};
use super::schema::{Folder, TableSchema};
use super::tables::{AS_OF, CURRENCY, CUSTOMER_ID, INVOICE_ID, OPEN_AMOUNT, col};

pub(super) const CREDIT_LIMITS: TableSchema = TableSchema {
    name: "credit_limits",
    folder: Folder::Run,
    written: true,
    meaning: "What credit a customer should have: one row a customer and currency in which it owes or bought.",
    columns: &[
        AS_OF,
        CUSTOMER_ID,
        CURRENCY,
        OPEN_AMOUNT,
        col("sales_per_day", Double, "currency per day", "Billed per day over kpi.long_window_days."),
        col("days_to_pay", Double, "days", "Days from issue to cash, by amount; its terms where none came."),
        col(
            "unpaid_prob",
            Double,
            "probability",
            "Share of what is open expected to be unpaid at the loss horizon.",
        ),
        col("expected_loss", Double, "currency", "Open x unpaid_prob x loss given unpaid."),
        col(
            "recommended_limit",
            Double,
            "currency",
            "sales_per_day x days_to_pay x headroom, less for risk.",
        ),
        col("is_over", Bool, "", "Whether more is open than the recommended limit."),
        col(
            "is_stopped",
            Bool,
            "",
            "Whether it should get no more credit: unpaid_prob has reached the policy's.",
        ),
    ],
};

pub(super) const LATE_INTEREST: TableSchema = TableSchema {
    name: "late_interest",
    folder: Folder::Run,
    written: true,
    meaning: "What the law grants for late payment: one row an open invoice past due in a currency with rules.",
    columns: &[
        AS_OF,
        INVOICE_ID,
        CUSTOMER_ID,
        CURRENCY,
        OPEN_AMOUNT,
        col("days_past_due", Int32, "days", "as_of less due_date."),
        col("rules", Text, "", "`eu` or `uk`: the section of [interest] in the policy."),
        col(
            "interest",
            Double,
            "currency",
            "Simple interest until as_of on what is open and what was paid late.",
        ),
        col("fixed_sum", Double, "currency", "Sum for the costs of recovery."),
        col("interest_per_day", Double, "currency", "What the next day adds."),
    ],
};

pub(super) const FACTORING: TableSchema = TableSchema {
    name: "factoring",
    folder: Folder::Run,
    written: true,
    meaning: "What selling to a factor would be worth: one row an open invoice that is not past due.",
    columns: &[
        AS_OF,
        INVOICE_ID,
        CUSTOMER_ID,
        CURRENCY,
        OPEN_AMOUNT,
        col("expected_days", Double, "days", "Days until it is settled; unpaid counts to the horizon."),
        col("unpaid_prob", Double, "probability", "Not settled within the loss horizon."),
        col("advance", Decimal, "currency", "What the factor pays at once."),
        col("fee", Double, "currency", "What it keeps as its fee."),
        col("keep_value", Double, "currency", "Value today of keeping the invoice."),
        col("sell_value", Double, "currency", "Value today of selling it."),
        col("gain", Double, "currency", "sell_value less keep_value."),
        col("sell", Bool, "", "Whether selling is worth more."),
    ],
};
