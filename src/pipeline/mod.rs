//! The stages as plain function calls: the library's main entry.

pub mod observe;

pub use crate::contract::{ColumnSchema, SCHEMA_VERSION, TABLES, TableSchema};
pub use observe::{Observer, Silent};
