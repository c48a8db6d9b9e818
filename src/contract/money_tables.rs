//! Tables of money questions: credit limits, interest on late payment, factoring, insurance, instalments, hand-over.

use super::schema::ColumnType::{Bool, Decimal, Double, Int32, Int64, Text};
use super::schema::{ColumnSchema, Folder, TableSchema};
use super::tables::{AS_OF, CURRENCY, CUSTOMER_ID, INVOICE_ID, OPEN_AMOUNT, SEGMENT, col, opt};

const BASIS: ColumnSchema =
    col("basis", Text, "", "`assumed`: the rates are the policy's, the probabilities those of the curves.");
const UNPAID_PROB: ColumnSchema =
    col("unpaid_prob", Double, "probability", "Share of it expected to be unpaid at the loss horizon.");

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

pub(super) const CREDIT_INSURANCE: TableSchema = TableSchema {
    name: "credit_insurance",
    folder: Folder::Run,
    written: true,
    meaning: "What insuring a customer's debt would be worth: one row a customer and currency with something not yet due.",
    columns: &[
        AS_OF,
        CUSTOMER_ID,
        CURRENCY,
        col("open_amount", Decimal, "currency", "Open and not past due."),
        col("insured_amount", Decimal, "currency", "What of it is insured: up to the policy's limit."),
        UNPAID_PROB,
        col("premium", Double, "currency", "What the insurance costs."),
        col(
            "expected_recovery",
            Double,
            "currency",
            "Value today of what the insurer is expected to pay: unpaid_prob x its share of the loss above the first loss.",
        ),
        col("gain", Double, "currency", "expected_recovery less premium."),
        col(
            "break_even_rate",
            Double,
            "share",
            "Premium, share of insured_amount, that costs as much as it brings.",
        ),
        col("insure", Bool, "", "Whether insuring is worth it: gain is above zero."),
        BASIS,
    ],
};

pub(super) const INSTALMENT_OFFERS: TableSchema = TableSchema {
    name: "instalment_offers",
    folder: Folder::Run,
    written: true,
    meaning: "What payment in equal parts would be worth: one row a customer and currency whose overdue debt is as large, old and unlikely to come as [instalments] asks.",
    columns: &[
        AS_OF,
        CUSTOMER_ID,
        CURRENCY,
        col("overdue_amount", Decimal, "currency", "Open, past due and not disputed."),
        col("oldest_days_past_due", Int32, "days", "Days past due of the oldest of it."),
        col("open_30_prob", Double, "probability", "Share of it expected to be open 30 days on."),
        col(
            "is_later_than_ever",
            Bool,
            "",
            "Whether the oldest is later than any invoice that the customer has settled: not its habit.",
        ),
        col("has_part_paid", Bool, "", "Whether some of it was paid in part: able to pay something."),
        col("parts", Int32, "parts", "Equal parts of the offer."),
        col("part", Double, "currency", "One of them."),
        col("every_days", Int32, "days", "Days to the first part, and from one to the next."),
        col("kept_prob", Double, "probability", "Assumed: a part is paid, all before it being paid."),
        col("expected_kept", Double, "currency", "Expected until the last part is due, as things stand."),
        col("expected_parts", Double, "currency", "Expected until then in parts."),
        col("keep_value", Double, "currency", "Value today as things stand."),
        col("parts_value", Double, "currency", "Value today in parts, less the cost of the agreement."),
        col("gain", Double, "currency", "parts_value less keep_value."),
        opt(
            "break_even_prob",
            Double,
            "probability",
            "kept_prob from which the offer gains; null if it never does.",
        ),
        col(
            "offer",
            Bool,
            "",
            "Whether to offer it: it gains, and the customer is later than ever or has paid a part.",
        ),
        BASIS,
    ],
};

pub(super) const HANDOVER: TableSchema = TableSchema {
    name: "handover",
    folder: Folder::Run,
    written: true,
    meaning: "What an agency or a court would bring: one row an open invoice that is past due and not disputed.",
    columns: &[
        AS_OF,
        INVOICE_ID,
        CUSTOMER_ID,
        CURRENCY,
        OPEN_AMOUNT,
        col("days_past_due", Int32, "days", "as_of less due_date."),
        col("recovery_rate", Double, "share", "Assumed: share of a debt of that age that is recovered."),
        col("keep_value", Double, "currency", "Value today of keeping the invoice."),
        col(
            "agency_value",
            Double,
            "currency",
            "Value today of giving it to an agency, fee and cost taken off.",
        ),
        col("legal_value", Double, "currency", "Value today of taking it to court, fee and cost taken off."),
        col("route", Text, "", "`agency` or `legal`: which brings more."),
        col("gain", Double, "currency", "What that brings more than keeping it."),
        col("hand_over", Bool, "", "Whether to hand it over today: gain is above zero."),
        opt(
            "from_days_past_due",
            Int32,
            "days",
            "Days past due from which handing over brings more, if it is open by then; by the week from today; null if never before the loss horizon.",
        ),
        BASIS,
    ],
};

pub(super) const PAYMENT_METHODS: TableSchema = TableSchema {
    name: "payment_methods",
    folder: Folder::Run,
    written: true,
    meaning: "How fast and at what cost cash came: one row a currency, segment and method of payment; none if no payment names one.",
    columns: &[
        AS_OF,
        CURRENCY,
        SEGMENT,
        opt("method", Text, "", "As payments name it; null for those that name none."),
        col("window_days", Int32, "days", "Days that are looked back on."),
        col(
            "n_payments",
            Int64,
            "payments",
            "Cash payments of an invoice; one that settles several counts for each.",
        ),
        col("amount", Decimal, "currency", "What they took off invoices, less what was reversed."),
        opt(
            "days_to_pay",
            Double,
            "days",
            "Days from issue to cash, by amount; null if that is not above zero.",
        ),
        opt(
            "days_beyond_terms",
            Double,
            "days",
            "Days from due to cash, by amount; below zero for early ones.",
        ),
        opt(
            "cost",
            Double,
            "currency",
            "Assumed: cost of each payment and share of the amount by [[kpi.method]]; null for a method that it has not.",
        ),
        opt("cost_rate", Double, "share", "cost / amount; null where either is missing."),
    ],
};

pub(super) const SEGMENTS: TableSchema = TableSchema {
    name: "segments",
    folder: Folder::Run,
    written: true,
    meaning: "What is open by segment, in the reporting currency, from the easiest to collect to the hardest: `all`, each currency, each value of each segment.",
    columns: &[
        AS_OF,
        col("reporting_currency", Text, "ISO 4217", "Currency of every amount in the row."),
        col(
            "segment",
            Text,
            "",
            "`all`, `currency=EUR`, or `name=value`; values of one name are in order of rank.",
        ),
        opt("rank", Int32, "", "Among the values of one name: 1 has the largest keep_rate; null for `all`."),
        col("n_invoices", Int64, "invoices", "Open invoices."),
        OPEN_AMOUNT,
        col("overdue_amount", Decimal, "currency", "Of it, past due by a day or more."),
        col("expected_30", Double, "currency", "Expected within 30 days."),
        col("expected_90", Double, "currency", "Expected within 90 days."),
        UNPAID_PROB,
        col("expected_days", Double, "days", "Days until payment, by amount; unpaid counts to the horizon."),
        col(
            "keep_value",
            Double,
            "currency",
            "Value today of what is open: less the cost of waiting and what is lost.",
        ),
        col(
            "keep_rate",
            Double,
            "share",
            "keep_value / open_amount: what is easy to collect is worth nearly 1.",
        ),
        col("expected_gain", Double, "currency", "What the worklist's actions gain, net of their cost."),
        col("cost", Double, "currency", "What they cost."),
    ],
};
