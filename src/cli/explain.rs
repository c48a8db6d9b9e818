//! `arrears explain`.

use clap::Args;
use std::path::PathBuf;

/// Tell why an invoice or a customer stands where it stands in a run
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ExplainArgs {
    /// Output folder of the run
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// An invoice_id or customer_id
    #[arg(value_name = "ID")]
    pub id: String,
}

const AFTER_HELP: &str = "\
Example:      arrears explain --out out INV-1001
Exit status:  0 found  1 cannot read  2 bad option  3 no such invoice or customer";
