//! From arguments to what the pipeline takes.

use super::input::InputArgs;
use crate::core::Day;
use crate::error::Error;
use crate::pipeline::{Artifact, Job, Mapping, Sources, ValidPolicy, load_policy};
use std::path::Path;

impl InputArgs {
    /// The files and their layout.
    ///
    /// # Errors
    /// For a profile nobody knows, or a mapping that cannot be read or says something wrong.
    pub(super) fn sources(&self) -> Result<Sources, Error> {
        let mapping = Mapping::chosen(self.mapping.as_deref(), self.profile.as_deref())?;
        Ok(Sources {
            invoices: self.invoices.clone(),
            payments: self.payments.clone(),
            customers: self.customers.clone(),
            contacts: self.contacts.clone(),
            fx: self.fx.clone(),
            mapping,
            ..Sources::default()
        })
    }

    /// The policy of `--config` over the defaults.
    ///
    /// # Errors
    /// For a policy that is not valid.
    pub(super) fn policy(&self) -> Result<ValidPolicy, Error> {
        let policy = load_policy(self.config.as_deref())?;
        Ok(if self.strict { policy.strictly() } else { policy })
    }

    /// The job of these inputs.
    ///
    /// # Errors
    /// For a policy or a model that is not valid.
    pub(super) fn job(&self, as_of: Day, seed: u64, model: Option<&Path>) -> Result<Job, Error> {
        let model = model.map(Artifact::load).transpose()?;
        Ok(Job { policy: self.policy()?, as_of, seed, model })
    }
}
