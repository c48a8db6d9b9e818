//! The hazard model: design, solver, fit and the file it is kept in.

pub mod artifact;
pub mod hazard;
pub mod solver;

pub use artifact::{Artifact, ArtifactError, ContactEffect, Dependence};
pub use hazard::{Hazard, ModelError, fit};
