//! Tests that cross modules: one binary, a module a concern.

mod architecture;
mod audit;
mod cli;
mod coherence;
mod contract;
mod ingest;
mod recovery;
mod sample;
mod simulate;
