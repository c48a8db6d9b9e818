//! Tests that cross modules: one binary, a module a concern.

#![allow(clippy::expect_used, clippy::unwrap_used)] // a test that cannot go on has failed
#![allow(clippy::type_complexity)] // tables of cases

mod allocation;
mod architecture;
mod artifacts;
mod audit;
mod backtest;
mod check_report;
mod cli;
mod coherence;
mod conformance;
mod contact;
mod contract;
mod doctor;
mod due_day;
mod explain;
mod ingest;
mod known;
mod leak;
mod leave_out;
mod life;
mod mapping;
mod overdue;
mod pay_day;
mod quiet_date;
mod recovery;
mod refusal;
mod remote;
mod report;
mod rules;
mod sample;
mod segment;
mod simulate;
mod surprise;
mod truth;
mod undated;
mod what_if;
mod whole_run;
mod worked;
mod worklist;
