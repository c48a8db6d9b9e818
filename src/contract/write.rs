//! Tables as bytes, and bytes as files that are whole or not there.

use super::schema::ColumnType;
use super::table::{Column, Table};
use super::{ContractError, MANIFEST_FILE, Manifest, SCHEMA_VERSION, TABLES, arrays};
use crate::core::Day;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows in a row group: fixed, because it shows in the bytes.
const ROW_GROUP_ROWS: usize = 1_048_576;
/// All that there is in the folder of a run whose input was rejected.
const QUARANTINE_FILE: &str = "quarantine.parquet";
/// Files of an output folder that are no table.
const OTHER_FILES: [&str; 5] = [MANIFEST_FILE, "model.json", "model_card.md", "report.html", "policy.toml"];

pub(super) const SCHEMA_VERSION_KEY: &str = "arrears.schema_version";
pub(super) const AS_OF_KEY: &str = "arrears.as_of";
pub(super) const RUN_ID_KEY: &str = "arrears.run_id";

/// Which run a file belongs to; empty for the tables of a simulated ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The run's as_of.
    pub as_of: Option<Day>,
    /// The run's id.
    pub run_id: Option<String>,
}

/// A file of an output folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Its name, without a path.
    pub name: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// A table as Parquet: zstd, row groups of 1,048,576 rows, the stamp in the key-value metadata.
///
/// The same table and stamp give the same bytes, whatever the number of threads: columns are encoded in parallel,
/// each by itself, and put together in order.
///
/// # Errors
/// [`ContractError::Encode`], which would be a bug.
///
/// ```
/// use arrears::contract::{Column, Stamp, Table, encode_parquet};
/// # use arrears::core::Day;
/// let columns = vec![
///     ("currency", Column::Text(["EUR"].into_iter().collect())),
///     ("date", Column::SameDate { day: Day(0), n: 1 }),
///     ("rate", Column::F64(vec![1.1])),
/// ];
/// let bytes = encode_parquet(&Table::try_new("fx", columns)?, &Stamp::default())?;
/// assert_eq!(&bytes[..4], b"PAR1");
/// # Ok::<(), arrears::contract::ContractError>(())
/// ```
pub fn encode_parquet(table: &Table, stamp: &Stamp) -> Result<Vec<u8>, ContractError> {
    parquet_bytes(table, stamp)
        .map_err(|source| ContractError::Encode { table: table.name(), source: Box::new(source) })
}

fn parquet_bytes(table: &Table, stamp: &Stamp) -> Result<Vec<u8>, ParquetError> {
    // No Arrow schema is embedded: Parquet's own types say all, and readers then see plain text columns.
    let schema = Arc::new(arrays::arrow_schema(table));
    let parquet_schema = ArrowSchemaConverter::new().schema_root("schema").convert(&schema)?;
    let mut file = SerializedFileWriter::new(
        Vec::new(),
        parquet_schema.root_schema_ptr(),
        Arc::new(properties(table, stamp)),
    )?;
    let factory = ArrowRowGroupWriterFactory::new(&file, Arc::clone(&schema));
    let columns: Vec<&Column> = table.columns().map(|(_, c)| c).collect();
    for (group, start) in (0..table.n_rows()).step_by(ROW_GROUP_ROWS).enumerate() {
        let rows = start..table.n_rows().min(start + ROW_GROUP_ROWS);
        let writers = factory.create_column_writers(group)?;
        let chunks: Vec<ArrowColumnChunk> = writers
            .into_par_iter()
            .zip(schema.fields().par_iter().zip(&columns))
            .map(|(writer, (field, column))| encode_column(writer, field, column, rows.clone()))
            .collect::<Result<_, _>>()?;
        let mut row_group = file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut row_group)?;
        }
        row_group.close()?;
    }
    file.into_inner()
}

/// Each of our columns, lists too, is one Parquet column.
fn encode_column(
    mut writer: ArrowColumnWriter,
    field: &arrow::datatypes::Field,
    column: &Column,
    rows: Range<usize>,
) -> Result<ArrowColumnChunk, ParquetError> {
    for leaf in compute_leaves(field, &arrays::to_array(column, rows)?)? {
        writer.write(&leaf)?;
    }
    writer.close()
}

fn properties(table: &Table, stamp: &Stamp) -> WriterProperties {
    let pair = |key: &str, value: Option<String>| value.map(|v| KeyValue::new(key.to_owned(), v));
    let metadata = [
        pair(SCHEMA_VERSION_KEY, Some(SCHEMA_VERSION.to_string())),
        pair(AS_OF_KEY, stamp.as_of.map(|d| d.to_string())),
        pair(RUN_ID_KEY, stamp.run_id.clone()),
    ];
    // numbers of a model hardly ever repeat: a dictionary of them costs time and saves nothing
    let numbers = table.columns().filter(|(_, c)| c.column_type() == ColumnType::Double);
    let plain = numbers.fold(WriterProperties::builder(), |b, (name, _)| {
        b.set_column_dictionary_enabled(ColumnPath::from(name), false)
    });
    plain
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_created_by(format!("arrears version {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(metadata.into_iter().flatten().collect()))
        .build()
}

/// A table as CSV with a header: ISO days, plain decimals, nothing for a missing value.
///
/// # Errors
/// [`ContractError::Encode`], which would be a bug.
pub fn encode_csv(table: &Table) -> Result<Vec<u8>, ContractError> {
    let encode = |source: csv::Error| ContractError::Encode { table: table.name(), source: Box::new(source) };
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(table.columns().map(|(name, _)| name)).map_err(encode)?;
    for i in 0..table.n_rows() {
        out.write_record(table.columns().map(|(_, c)| c.value(i).to_string())).map_err(encode)?;
    }
    out.into_inner().map_err(|e| encode(e.into_error().into()))
}

/// Writes one file whole or not at all: beside `path` first, then renamed over it.
///
/// # Errors
/// [`ContractError::Write`] if the operating system refuses.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ContractError> {
    let write = || -> io::Result<()> {
        let mut file = builder(0o666).tempfile_in(parent(path)?)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    };
    write().map_err(|source| ContractError::Write { path: path.to_owned(), source })
}

/// Puts a folder in place at once: a reader sees the old one or the new one, never half of one.
///
/// The files are written and synced in a temporary folder beside `out`, which is then renamed. An `out` that exists
/// is replaced only if it is empty, holds a quarantine alone, or is an earlier output of arrears: a folder with a
/// manifest and nothing else than what arrears writes there. On any error the temporary folder is removed and `out` is what it was.
///
/// # Errors
/// [`ContractError::Foreign`] for an `out` that holds something else, and [`ContractError::Write`] if the
/// operating system refuses.
pub fn write_folder(out: &Path, files: &[OutputFile]) -> Result<(), ContractError> {
    let refuse = |source: io::Error| ContractError::Write { path: out.to_owned(), source };
    check_out(out)?;
    // A link to a folder stays a link: what it points to is replaced.
    let place = fs::canonicalize(out).unwrap_or_else(|_| out.to_owned());
    let beside = parent(&place).map_err(refuse)?;
    let temporary = builder(0o777).tempdir_in(&beside).map_err(refuse)?;
    files.par_iter().with_max_len(1).try_for_each(|file| {
        let path = temporary.path().join(&file.name);
        write_synced(&path, &file.bytes).map_err(|source| ContractError::Write { path, source })
    })?;
    sync_folder(temporary.path()).map_err(refuse)?;
    swap(temporary, &place, &beside).map_err(refuse)?;
    sync_folder(&beside).map_err(refuse)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Renames `temporary` to `place`; what was there is moved aside first, and back if that fails.
fn swap(temporary: tempfile::TempDir, place: &Path, beside: &Path) -> io::Result<()> {
    let old = builder(0o777).tempdir_in(beside)?;
    let aside = old.path().join("old");
    let had_one = place.exists();
    if had_one {
        fs::rename(place, &aside)?;
    }
    if let Err(e) = fs::rename(temporary.path(), place) {
        if had_one {
            fs::rename(&aside, place)?;
        }
        return Err(e);
    }
    let _gone = temporary.keep();
    old.close()
}

/// Whether [`write_folder`] may replace `out`: nothing that arrears did not write would be lost. Ask before a long
/// job; it is asked again when the folder is written.
///
/// # Errors
/// [`ContractError::Foreign`] and [`ContractError::NotAFolder`] for what must stay, [`ContractError::Read`] if the
/// operating system does not tell.
pub fn check_out(out: &Path) -> Result<(), ContractError> {
    let foreign = |found: String| ContractError::Foreign { out: out.to_owned(), found };
    let read = |source| ContractError::Read { file: out.to_owned(), source };
    let entries = match fs::read_dir(out) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => {
            return Err(ContractError::NotAFolder { out: out.to_owned() });
        }
        Err(e) => return Err(read(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(read)?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    if let Some(stranger) = names.iter().find(|n| !is_ours(n)) {
        return Err(foreign(stranger.clone()));
    }
    match names.first() {
        Some(first) if names != [QUARANTINE_FILE] && !Manifest::is_in(out) => Err(foreign(first.clone())),
        _ => Ok(()),
    }
}

/// Whether a folder could be made and renamed where `out` is to be: in its parent, or in the nearest folder above
/// that is there. Nothing stays.
///
/// # Errors
/// [`ContractError::Write`] with the words of the operating system.
pub(super) fn try_out(out: &Path) -> Result<(), ContractError> {
    let refuse = |source: io::Error| ContractError::Write { path: out.to_owned(), source };
    let place = fs::canonicalize(out).unwrap_or_else(|_| out.to_owned());
    let mut above =
        place.ancestors().skip(1).map(|a| if a.as_os_str().is_empty() { Path::new(".") } else { a });
    let nearest = above.find(|a| a.is_dir()).unwrap_or(Path::new("."));
    builder(0o777).tempdir_in(nearest).and_then(tempfile::TempDir::close).map_err(refuse)
}

fn is_ours(name: &str) -> bool {
    let table = name.strip_suffix(".parquet").or_else(|| name.strip_suffix(".csv"));
    OTHER_FILES.contains(&name) || table.is_some_and(|t| TABLES.iter().any(|schema| schema.name == t))
}

/// The folder that holds `path`, made if it is missing.
fn parent(path: &Path) -> io::Result<PathBuf> {
    let parent = match path.parent() {
        Some(p) if p.as_os_str().is_empty() => Path::new("."),
        Some(p) => p,
        None => return Err(io::Error::new(io::ErrorKind::InvalidInput, "has no parent folder")),
    };
    fs::create_dir_all(parent)?;
    Ok(parent.to_owned())
}

/// Temporary names with the permissions that ordinary files have; tempfile's own are for secrets.
fn builder(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".arrears-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _unused = mode;
    builder
}

/// Makes the names in a folder last; only Unix can, and needs it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
