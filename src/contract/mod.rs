//! What the outside world may rely on: the schema of every table, how a table is written, read and described.
//!
//! [`schema`] is the one list of tables and columns. A stage's output becomes a [`Table`], which
//! [`Table::try_new`] holds against that list; [`encode_parquet`] turns it into the same bytes on every machine and
//! with any number of threads; [`write_folder`] puts a whole run in place at once.

mod arrays;
mod backtest_tables;
mod error;
mod figure_tables;
mod frame;
mod manifest;
mod model_tables;
mod money_tables;
mod read;
pub mod schema;
mod sink;
mod table;
mod tables;
mod what_if_tables;
mod write;

pub use error::{ContractError, TableFault};
pub use manifest::{
    Counts, InputSummary, MANIFEST_FILE, Manifest, RunKey, TableSummary, policy_hash, sha256_hex,
};
pub use read::read_table;
pub use schema::{ColumnSchema, ColumnType, Folder, SCHEMA_VERSION, TableSchema};
pub use sink::Destination;
pub use table::{Column, NO_TEXT, Table, TextList, Value};
pub use tables::TABLES;
pub use write::{OutputFile, Stamp, check_out, encode_csv, encode_parquet, write_file, write_folder};
