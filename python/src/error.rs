//! The library's errors as one Python exception.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;

pyo3::create_exception!(
    arrears,
    ArrearsError,
    PyException,
    "What stopped a job: the message, cause and hint of the command line, and its exit status as `exit_code`."
);

/// The exception for an error of the library.
pub(crate) fn raise(py: Python<'_>, error: &arrears::Error) -> PyErr {
    with_details(py, error.in_full(), error.exit_code(), error.hint())
}

/// The exception for an option that the library never sees.
pub(crate) fn bad_option(py: Python<'_>, message: String) -> PyErr {
    with_details(py, message, 2, None)
}

fn with_details(py: Python<'_>, message: String, exit_code: u8, hint: Option<String>) -> PyErr {
    let error = ArrearsError::new_err(message);
    let value = error.value(py);
    match value.setattr("exit_code", exit_code).and_then(|()| value.setattr("hint", hint)) {
        Ok(()) => error,
        Err(other) => other,
    }
}
