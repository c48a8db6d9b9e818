//! Tables of what is open and came in, of key figures and of money questions.

use super::schema::ColumnType::{Bool, Date, Decimal, Double, Int32, Int64, Text};
use super::schema::{ColumnSchema, Folder, TableSchema};
use super::tables::{AS_OF, CURRENCY, CUSTOMER_ID, OPEN_AMOUNT, SEGMENT, col, opt};

const KPI: ColumnSchema =
    col("kpi", Text, "", "Which figure: `dso`, `cei`, `late_share`, and so on; docs/kpis.md has all.");
const DEFINITION_ID: ColumnSchema = col("definition_id", Text, "", "Names the formula and its version.");
const BASIS: ColumnSchema =
    col("basis", Text, "", "What is counted: amounts, invoices, customers or promises.");
const WINDOW_DAYS: ColumnSchema =
    opt("window_days", Int32, "days", "Days that are looked back on; null for a figure of one day.");
const VALUE: ColumnSchema =
    opt("value", Double, "by kpi", "The figure: numerator / denominator; null if that is not above zero.");
const NUMERATOR: ColumnSchema =
    opt("numerator", Double, "by kpi", "What is divided; null of a figure that is no quotient.");
const DENOMINATOR: ColumnSchema =
    opt("denominator", Double, "by kpi", "What it is divided by; null of a figure that is no quotient.");
const BUCKET: ColumnSchema = col("bucket", Text, "days past due", "Aging bucket of the exposure.");

pub(super) const RISK: TableSchema = TableSchema {
    name: "risk",
    folder: Folder::Run,
    written: true,
    meaning: "Open invoices by risk: one row a currency, segment and risk_band, `all` last.",
    columns: &[
        AS_OF,
        CURRENCY,
        SEGMENT,
        col("risk_band", Text, "", "`low`, `medium`, `high`, or `all` of them."),
        col("n_invoices", Int64, "invoices", "Open invoices in the band."),
        OPEN_AMOUNT,
        col("n_overdue", Int64, "invoices", "Of them, past due_date."),
        col("overdue_amount", Decimal, "currency", "Open amount of those."),
        opt(
            "mean_late_prob",
            Double,
            "probability",
            "Mean late_prob of those not past due; null if none is.",
        ),
        col("expected_30", Double, "currency", "Expected of them within 30 days: sum of expected_cash_30."),
        col(
            "expected_unpaid",
            Double,
            "currency",
            "Expected open past the loss horizon: sum of open_amount x unpaid_prob.",
        ),
    ],
};

pub(super) const RECEIPTS: TableSchema = TableSchema {
    name: "receipts",
    folder: Folder::Run,
    written: true,
    meaning: "Cash that came in before as_of: one row a currency, segment, grain and period, oldest first.",
    columns: &[
        AS_OF,
        CURRENCY,
        SEGMENT,
        col("grain", Text, "", "`day` (91 of them) or `week` (26)."),
        col(
            "period",
            Int32,
            "",
            "Number of the period: -1 is the last day, or the seven that end with as_of.",
        ),
        col("period_start", Date, "", "First day of the period."),
        col("period_end", Date, "", "Last day of the period."),
        col(
            "received",
            Decimal,
            "currency",
            "Cash payments dated in the period, as much as they took off an invoice.",
        ),
    ],
};

pub(super) const KPIS: TableSchema = TableSchema {
    name: "kpis",
    folder: Folder::Run,
    written: true,
    meaning: "One row a key figure, basis, window, currency and segment.",
    columns: &[
        KPI,
        DEFINITION_ID,
        BASIS,
        WINDOW_DAYS,
        AS_OF,
        CURRENCY,
        SEGMENT,
        VALUE,
        NUMERATOR,
        DENOMINATOR,
    ],
};

pub(super) const KPI_TREND: TableSchema = TableSchema {
    name: "kpi_trend",
    folder: Folder::Run,
    written: true,
    meaning: "The key figures as they stood at the end of each of the last twelve months.",
    columns: &[
        KPI,
        DEFINITION_ID,
        BASIS,
        WINDOW_DAYS,
        AS_OF,
        col("month_end", Date, "", "The day at whose end everything in the figure was known."),
        CURRENCY,
        SEGMENT,
        VALUE,
        NUMERATOR,
        DENOMINATOR,
    ],
};

pub(super) const ROLL_RATES: TableSchema = TableSchema {
    name: "roll_rates",
    folder: Folder::Run,
    written: true,
    meaning: "What was open at a month's end, by bucket, and where it was at the next; the last twelve months summed.",
    columns: &[
        AS_OF,
        CURRENCY,
        SEGMENT,
        col("from_bucket", Text, "days past due", "Aging bucket at a month's end."),
        col("to_bucket", Text, "days past due", "Bucket at the next month's end, or `settled`."),
        col("amount", Decimal, "currency", "What moved."),
        opt("rate", Double, "share", "Of what was open in from_bucket; null if nothing was."),
    ],
};

pub(super) const PROVISION: TableSchema = TableSchema {
    name: "provision",
    folder: Folder::Run,
    written: true,
    meaning: "Expected credit loss: one row a currency, segment and bucket.",
    columns: &[
        AS_OF,
        CURRENCY,
        SEGMENT,
        BUCKET,
        col("ead", Decimal, "currency", "Exposure at default: open amount in the bucket."),
        col(
            "pd",
            Double,
            "probability",
            "Probability that it is still unpaid at the loss horizon; 0 of nothing.",
        ),
        col("lgd", Double, "share", "Share lost of what is unpaid by then."),
        col("ecl", Double, "currency", "Expected credit loss: ead x pd x lgd, invoice by invoice."),
        opt(
            "pd_roll_rate",
            Double,
            "probability",
            "The same by the roll rates of the currency; null if some bucket on the way was never filled.",
        ),
        opt("ecl_roll_rate", Double, "currency", "ead x pd_roll_rate x lgd: the provision matrix."),
    ],
};

pub(super) const DISCOUNT_OFFERS: TableSchema = TableSchema {
    name: "discount_offers",
    folder: Folder::Run,
    written: true,
    meaning: "What the policy's discount would be worth to the seller: one row a customer and currency with something not yet due.",
    columns: &[
        AS_OF,
        CUSTOMER_ID,
        CURRENCY,
        OPEN_AMOUNT,
        col("discount_rate", Double, "share", "Discount that is weighed."),
        col("discount_days", Int32, "days", "Days after as_of within which it may be taken."),
        col(
            "expected_days",
            Double,
            "days",
            "Days until payment without an offer; unpaid counts to the horizon.",
        ),
        col("unpaid_prob", Double, "probability", "Share of it expected to be unpaid at the loss horizon."),
        opt(
            "simple_rate",
            Double,
            "per year",
            "Cost of the cash to the seller, simple; null if no day is won.",
        ),
        opt("compound_rate", Double, "per year", "The same with compound interest."),
        col(
            "gain",
            Double,
            "currency",
            "Worth of the offer if taken: time and risk saved, less the discount.",
        ),
        col("break_even_rate", Double, "share", "Largest discount that costs the seller nothing."),
        col("offer", Bool, "", "Whether it pays: gain is above zero."),
    ],
};
