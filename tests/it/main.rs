//! Tests that cross modules: one binary, a module a concern.

mod architecture;
mod audit;
mod cli;
mod coherence;
mod conformance;
mod contract;
mod ingest;
mod known;
mod recovery;
mod sample;
mod simulate;
mod whole_run;
