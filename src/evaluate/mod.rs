//! Judging forecasts against what then happened.

pub mod metric;
