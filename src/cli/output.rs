//! What the verbs that write a run have in common.

use crate::error::Error;
use crate::pipeline::Destination;
use clap::Args;
use std::path::PathBuf;

/// Where the results go.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// Output folder or s3://BUCKET/PREFIX/; replaced as a whole if it holds an earlier run
    #[arg(long, value_name = "DIR", required_unless_present = "sink")]
    pub out: Option<PathBuf>,
    /// Also to postgres://USER@HOST/DATABASE#SCHEMA or s3://BUCKET/PREFIX/; can be repeated
    #[arg(long, value_name = "URL")]
    pub sink: Vec<String>,
}

impl OutputArgs {
    /// The places that are named.
    ///
    /// # Errors
    /// For a URL that names none.
    pub(super) fn destination(&self) -> Result<Destination, Error> {
        Ok(Destination::try_new(self.out.as_deref(), &self.sink)?)
    }
}
