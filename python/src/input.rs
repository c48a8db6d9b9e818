//! Options of the Python functions as the library takes them.

use crate::error::bad_option;
use arrears::Error;
use arrears::core::Day;
use arrears::pipeline::{Destination, Mapping, Sources, ValidPolicy, load_policy, parse_policy};
use pyo3::prelude::*;
use std::path::PathBuf;

/// What a policy that was given as a dictionary is called in messages.
const POLICY: &str = "config";

/// Where the ledger is and how it is read.
#[derive(Debug, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Input {
    invoices: PathBuf,
    payments: Option<PathBuf>,
    customers: Option<PathBuf>,
    contacts: Option<PathBuf>,
    fx: Option<PathBuf>,
    profile: Option<String>,
    mapping: Option<PathBuf>,
    config: Option<PathBuf>,
    /// Keys of a policy as TOML, in place of a file.
    policy: Option<String>,
    strict: bool,
}

impl Input {
    /// The files and their layout.
    pub(crate) fn sources(&self) -> Result<Sources, Error> {
        Ok(Sources {
            invoices: self.invoices.clone(),
            payments: self.payments.clone(),
            customers: self.customers.clone(),
            contacts: self.contacts.clone(),
            fx: self.fx.clone(),
            mapping: Mapping::chosen(self.mapping.as_deref(), self.profile.as_deref())?,
            ..Sources::default()
        })
    }

    /// The policy over the defaults.
    pub(crate) fn policy(&self) -> Result<ValidPolicy, Error> {
        let policy = match &self.policy {
            Some(text) => parse_policy(text, POLICY)?,
            None => load_policy(self.config.as_deref())?,
        };
        Ok(if self.strict { policy.strictly() } else { policy })
    }
}

/// Where the results are written, if anywhere.
#[derive(Debug, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Place {
    out: Option<PathBuf>,
    sinks: Vec<String>,
}

impl Place {
    /// The places that are named; none of them writes nothing.
    pub(crate) fn destination(&self) -> Result<Destination, Error> {
        Ok(Destination::try_new(self.out.as_deref(), &self.sinks)?)
    }
}

/// A day out of `YYYY-MM-DD`.
pub(crate) fn day(py: Python<'_>, text: &str) -> PyResult<Day> {
    text.parse().map_err(|e: arrears::core::DayError| bad_option(py, e.to_string()))
}

/// A policy's keys, given as JSON, as TOML.
pub(crate) fn toml_of(py: Python<'_>, json: &str) -> PyResult<String> {
    let refuse = |why: String| bad_option(py, format!("{POLICY}: {why}"));
    let keys: toml::Table = serde_json::from_str(json).map_err(|e| refuse(e.to_string()))?;
    toml::to_string(&keys).map_err(|e| refuse(e.to_string()))
}
