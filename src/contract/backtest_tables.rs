//! The tables of a backtest.

use super::schema::ColumnType::{Bool, Date, Double, Int32, Int64, Text};
use super::schema::{ColumnSchema, Folder, TableSchema};
use super::tables::{CURRENCY, INVOICE_ID, col, opt};

const ORIGIN: ColumnSchema = col("origin", Date, "", "The as_of of the fold: nothing after it was used.");
const MODEL: ColumnSchema =
    col("model", Text, "", "`arrears`, a named baseline, or the challenger's own name.");

pub(super) const SCORES: TableSchema = TableSchema {
    name: "backtest_scores",
    folder: Folder::Backtest,
    written: true,
    meaning: "One row an origin, model and invoice open and not yet due at the origin.",
    columns: &[
        ORIGIN,
        MODEL,
        INVOICE_ID,
        col("late_prob", Double, "probability", "Predicted: not settled by due_date + grace."),
        opt("late", Bool, "", "What happened; null where due_date + grace is past the ledger's end."),
    ],
};

pub(super) const CASH: TableSchema = TableSchema {
    name: "backtest_cash",
    folder: Folder::Backtest,
    written: true,
    meaning: "One row an origin, model, source, currency and week.",
    columns: &[
        ORIGIN,
        MODEL,
        CURRENCY,
        col("period", Int32, "weeks", "Number of the week after the origin, from 0."),
        col(
            "source",
            Text,
            "",
            "`open` = invoices open at the origin, `future` = not yet issued, or `total`.",
        ),
        col("expected", Double, "currency", "Predicted cash of the week."),
        opt("p05", Double, "currency", "Predicted 5 % quantile; null for a model without quantiles."),
        opt("p10", Double, "currency", "Predicted 10 % quantile."),
        opt("p25", Double, "currency", "Predicted 25 % quantile."),
        opt("p50", Double, "currency", "Predicted median."),
        opt("p75", Double, "currency", "Predicted 75 % quantile."),
        opt("p90", Double, "currency", "Predicted 90 % quantile."),
        opt("p95", Double, "currency", "Predicted 95 % quantile."),
        opt("actual", Double, "currency", "Cash that came in; null while the week had not ended."),
    ],
};

pub(super) const METRICS: TableSchema = TableSchema {
    name: "metrics",
    folder: Folder::Backtest,
    written: true,
    meaning: "One row a model, task, source, currency, metric and horizon, over all origins; then the skills.",
    columns: &[
        MODEL,
        col("task", Text, "", "`late` or `cash`."),
        col("metric", Text, "", "Which metric: `auc`, `wape`; `wape_skill` = how much nearer to perfect."),
        opt("horizon", Int32, "weeks", "Weeks after the origin; null where the metric has no horizon."),
        col("value", Double, "by metric", "The metric."),
        col("n", Int64, "", "Predictions it was taken over; of a skill, origins."),
        opt("source", Text, "", "Of the cash: `open`, `future` or `total`; null of task `late`."),
        opt("currency", Text, "ISO 4217", "Null for all currencies together, in the reporting currency."),
        opt("against", Text, "", "Of a skill, the model that it is held against."),
        opt("low", Double, "by metric", "Lower end of the 95 % interval by moving blocks of origins."),
        opt("high", Double, "by metric", "Its upper end."),
        col("better", Text, "", "`lower`, `higher`, `neither`, or the number that is best."),
    ],
};

pub(super) const RELIABILITY: TableSchema = TableSchema {
    name: "reliability",
    folder: Folder::Backtest,
    written: true,
    meaning: "One row a model and bin of late_prob that has forecasts in it, over all origins.",
    columns: &[
        MODEL,
        col("bin", Int32, "", "Number of the bin from 0; bins are of equal width."),
        col("prob_from", Double, "probability", "Lowest late_prob that belongs to the bin."),
        col(
            "prob_to",
            Double,
            "probability",
            "First late_prob that no longer does, but for 1 in the last bin.",
        ),
        col("n", Int64, "invoices", "Predictions in the bin."),
        col("mean_late_prob", Double, "probability", "Mean of their late_prob."),
        col("late_share", Double, "share", "Share of them that was late."),
    ],
};
