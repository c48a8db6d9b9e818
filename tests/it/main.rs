//! Tests that cross modules: one binary, a module a concern.

mod architecture;
mod artifacts;
mod coherence;
mod contract;
mod ingest;
mod simulate;
