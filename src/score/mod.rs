//! From hazards to probabilities, dates and bands.

pub mod curve;

pub use curve::Curves;
