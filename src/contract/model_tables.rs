//! Tables of the model itself: what it makes of each invoice, what it is made of, and whether it still fits.

use super::schema::ColumnType::{Bool, Double, Int64, Text};
use super::schema::{Folder, TableSchema};
use super::tables::{AS_OF, INVOICE_ID, col, opt};

pub(super) const CONTRIBUTIONS: TableSchema = TableSchema {
    name: "contributions",
    folder: Folder::Run,
    written: true,
    meaning: "One row for each part of an open invoice's score, by invoice_id; the parts of an invoice add up to the \
              log-odds of its late_prob, or, once past due + grace, of still being open in 30 days.",
    columns: &[
        INVOICE_ID,
        col(
            "feature",
            Text,
            "",
            "`average_invoice` with the same dates, a feature, or `later_days` past the 91st.",
        ),
        col("log_odds", Double, "log-odds of late", "What it adds; above zero means later."),
    ],
};

pub(super) const FEATURES: TableSchema = TableSchema {
    name: "model_features",
    folder: Folder::Run,
    written: true,
    meaning: "One row a column of the model's design, the intercept first: what the model card shows.",
    columns: &[
        col(
            "feature",
            Text,
            "",
            "A feature, `feature|side` of the due date, `days_past_due|from..`, or `intercept`.",
        ),
        col("unit", Text, "", "Unit of the column."),
        col(
            "coefficient",
            Double,
            "log-odds per unit",
            "What one unit adds to the log-odds of settlement on a day.",
        ),
        opt(
            "standard_error",
            Double,
            "log-odds per unit",
            "Root of the diagonal of the inverse penalised Hessian; null in a model of format 1.",
        ),
        col("mean", Double, "by unit", "Mean over the days that were learnt from."),
        col("deviation", Double, "by unit", "Standard deviation over them."),
        col("per_deviation", Double, "log-odds", "What one standard deviation adds."),
        col("meaning", Text, "", "What the column means, and as of when."),
        opt(
            "coefficient_overdue",
            Double,
            "log-odds per unit",
            "The coefficient for invoices that are overdue when they are looked at; null where `coefficient` serves them too.",
        ),
        opt("standard_error_overdue", Double, "log-odds per unit", "Its standard error."),
    ],
};

pub(super) const DRIFT: TableSchema = TableSchema {
    name: "drift",
    folder: Folder::Run,
    written: true,
    meaning: "One row a watched quantity: whether the model still fits what is open and what has fallen due.",
    columns: &[
        AS_OF,
        col("model_id", Text, "", "The model that is watched."),
        col("watched", Text, "", "`feature`, `score` or `calibration`."),
        col("name", Text, "", "The feature, or `late_prob`."),
        col(
            "measure",
            Text,
            "",
            "`psi` against the fit, or `bias`: mean late_prob less the share that was late.",
        ),
        col("value", Double, "by measure", "The measure."),
        col("limit", Double, "by measure", "The policy's limit and what so few customers give by chance."),
        col(
            "moved",
            Bool,
            "",
            "Whether it is past its limit; of a model given with --model that closes the gate.",
        ),
        col("reference", Double, "by name", "Mean in the fit; of a calibration, mean late_prob."),
        col("current", Double, "by name", "Mean at as_of; of a calibration, the share that was late."),
        col("n", Int64, "invoices", "Invoices looked at, of a sample of customers."),
    ],
};
