//! The hazard model: design, solver, fit and the file it is kept in.

pub mod artifact;
pub mod hazard;
pub mod profile;
pub mod reference;
pub mod solver;
pub mod validation;

pub use artifact::{Artifact, ArtifactError, ContactEffect, Dependence, Learnt, RecencyRules, StandIn};
pub use hazard::{Hazard, ModelError, StateNumbers, fit};
pub use profile::Profile;
pub use reference::{Shifted, reference, shifted};
pub use validation::{Tried, Validation};
