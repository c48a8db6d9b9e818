//! Tests that cross modules: one binary, a module a concern.

mod coherence;
mod ingest;
