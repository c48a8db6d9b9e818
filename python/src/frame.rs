//! Tables on their way to Python: Arrow streams, whose memory both sides share.

use arrears::contract::{ContractError, Manifest, Table};
use polars::prelude::{ArrowField, CompatLevel, DataFrame, PolarsResult};
use polars_arrow::array::{Array, StructArray};
use polars_arrow::datatypes::ArrowDataType;
use polars_arrow::ffi::export_iterator;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::collections::BTreeMap;
use std::ffi::CStr;

/// The name that the Arrow PyCapsule interface gives a stream.
const STREAM: &CStr = c"arrow_array_stream";

/// A table that gives itself to whatever reads Arrow streams.
#[pyclass(frozen, module = "arrears._native")]
pub(crate) struct Frame {
    frame: DataFrame,
}

impl Frame {
    pub(crate) fn new(frame: DataFrame) -> Self {
        Self { frame }
    }
}

#[pymethods]
impl Frame {
    /// The Arrow PyCapsule interface. Another schema than the table's own is never given.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let newest = CompatLevel::newest();
        let fields: Vec<ArrowField> =
            self.frame.columns().iter().map(|c| c.field().to_arrow(newest)).collect();
        let row = ArrowDataType::Struct(fields);
        let of = row.clone();
        let chunks: Vec<_> = self.frame.iter_chunks(newest, false).collect();
        let batches = chunks.into_iter().map(move |batch| -> PolarsResult<Box<dyn Array>> {
            let n = batch.len();
            Ok(StructArray::try_new(of.clone(), n, batch.into_arrays(), None)?.boxed())
        });
        let stream = export_iterator(Box::new(batches), ArrowField::new("".into(), row, false));
        PyCapsule::new_with_value(py, stream, STREAM)
    }
}

/// What a job gives: its tables, and its manifest and summary as JSON.
#[pyclass(frozen, module = "arrears._native")]
pub(crate) struct Output {
    #[pyo3(get)]
    manifest: String,
    #[pyo3(get)]
    summary: String,
    frames: BTreeMap<&'static str, DataFrame>,
}

impl Output {
    /// Takes the tables over; `summary` is JSON.
    pub(crate) fn new(
        tables: Vec<Table>,
        manifest: &Manifest,
        summary: serde_json::Result<String>,
    ) -> Result<Self, ContractError> {
        let encode =
            |source: serde_json::Error| ContractError::Encode { table: "summary", source: source.into() };
        let manifest = String::from_utf8_lossy(&manifest.to_json()?).into_owned();
        let frames = tables.into_iter().map(|t| Ok((t.name(), t.into_frame()?)));
        Ok(Self {
            manifest,
            summary: summary.map_err(encode)?,
            frames: frames.collect::<Result<_, ContractError>>()?,
        })
    }
}

#[pymethods]
impl Output {
    /// Names of the tables.
    fn names(&self) -> Vec<&'static str> {
        self.frames.keys().copied().collect()
    }

    /// One table; its memory is shared, not copied.
    fn frame(&self, name: &str) -> PyResult<Frame> {
        let frame = self.frames.get(name).cloned().ok_or_else(|| PyKeyError::new_err(name.to_owned()))?;
        Ok(Frame::new(frame))
    }
}
