//! The native half of the Python package `arrears`: the library's functions, and tables handed over as Arrow streams.
//!
//! `package/arrears/__init__.py` is the half that people see. What a function does is in the library; here are only
//! types on their way in and out.

mod clock;
mod error;
mod frame;
mod input;

use arrears::contract::{Manifest, read_table};
use arrears::pipeline::backtest::{BacktestJob, Origins, Window, backtest_with_tables};
use arrears::pipeline::{
    Artifact, Destination, Job, rejection, run_with_tables, write_backtest_to, write_run_to,
};
use clock::Clock;
use error::{ArrearsError, raise};
use frame::{Frame, Output};
use input::{Input, Place, day, toml_of};
use pyo3::prelude::*;
use rayon::ThreadPoolBuilder;
use std::path::PathBuf;

/// Does `work` without the interpreter's lock, on as many threads; 0 is one a core.
fn on_threads<T: Send>(
    py: Python<'_>,
    n: usize,
    work: impl FnOnce() -> Result<T, arrears::Error> + Send,
) -> PyResult<T> {
    let all = || {
        let pool = ThreadPoolBuilder::new().num_threads(n).build();
        pool.map_err(|source| arrears::Error::Threads { n, source })?.install(work)
    };
    py.detach(all).map_err(|e| raise(py, &e))
}

/// The main job; with a model, the job of `score`.
#[pyfunction]
#[pyo3(signature = (input, as_of, seed, model, place, threads))]
fn run(
    py: Python<'_>,
    input: Input,
    as_of: &str,
    seed: u64,
    model: Option<PathBuf>,
    place: Place,
    threads: usize,
) -> PyResult<Output> {
    let as_of = day(py, as_of)?;
    on_threads(py, threads, || {
        let model = model.as_deref().map(Artifact::load).transpose()?;
        let job = Job { policy: input.policy()?, as_of, seed, model };
        let (sources, to) = (input.sources()?, place.destination()?);
        to.check()?;
        let clock = Clock::default();
        let run = run_with_tables(&sources, &job, &clock);
        let (output, tables) = run.map_err(|e| rejection::in_place_of_run(e, &to, as_of))?;
        let summary = serde_json::to_string(&output.summary);
        let told = Output::new(tables, &output.manifest, summary)?;
        write_run_to(&to, output, clock.timings())?;
        Ok(told)
    })
}

/// Fits a model and writes it to a file.
#[pyfunction]
#[pyo3(signature = (input, as_of, seed, model_out, threads))]
fn fit(
    py: Python<'_>,
    input: Input,
    as_of: &str,
    seed: u64,
    model_out: PathBuf,
    threads: usize,
) -> PyResult<()> {
    let as_of = day(py, as_of)?;
    on_threads(py, threads, || {
        let job = Job { policy: input.policy()?, as_of, seed, model: None };
        let sources = input.sources()?;
        let to = Destination::try_new(None, &[])?;
        let model = arrears::pipeline::fit(&sources, &job, &Clock::default());
        model.map_err(|e| rejection::in_place_of_run(e, &to, as_of))?.save(&model_out)?;
        Ok(())
    })
}

/// Rolling origins.
#[pyfunction]
#[pyo3(signature = (input, first, last, every_days, window_days, until, challengers, seed, place, threads))]
#[allow(clippy::too_many_arguments)] // those of the verb; the caller is ours alone
fn backtest(
    py: Python<'_>,
    input: Input,
    first: &str,
    last: &str,
    every_days: i32,
    window_days: Option<i32>,
    until: Option<&str>,
    challengers: Vec<PathBuf>,
    seed: u64,
    place: Place,
    threads: usize,
) -> PyResult<Output> {
    let (first, last) = (day(py, first)?, day(py, last)?);
    let until = until.map(|text| day(py, text)).transpose()?;
    let window = window_days.map_or(Window::Expanding, |days| Window::Sliding { days });
    on_threads(py, threads, || {
        let origins = Origins::try_new(first, last, every_days, window)?;
        let job = BacktestJob { policy: input.policy()?, origins, until, seed, challengers };
        let (sources, to) = (input.sources()?, place.destination()?);
        to.check()?;
        let clock = Clock::default();
        let judged = backtest_with_tables(&sources, &job, &clock);
        let (output, tables) =
            judged.map_err(|e| rejection::in_place_of_run(e, &to, until.unwrap_or(last)))?;
        let summary = serde_json::to_string(&output.summary);
        let told = Output::new(tables, &output.manifest, summary)?;
        write_backtest_to(&to, output, clock.timings())?;
        Ok(told)
    })
}

/// One table of an output folder.
#[pyfunction]
fn read(py: Python<'_>, folder: PathBuf, table: &str) -> PyResult<Frame> {
    let frame = || -> Result<_, arrears::Error> { Ok(read_table(&folder, table)?.0.into_frame()?) };
    Ok(Frame::new(py.detach(frame).map_err(|e| raise(py, &e))?))
}

/// The manifest of an output folder, as JSON.
#[pyfunction]
fn manifest(py: Python<'_>, folder: PathBuf) -> PyResult<String> {
    let text = || -> Result<_, arrears::Error> { Ok(Manifest::read(&folder)?.to_json()?) };
    let json = text().map_err(|e| raise(py, &e))?;
    Ok(String::from_utf8_lossy(&json).into_owned())
}

/// A policy's keys, given as JSON, as TOML.
#[pyfunction]
fn policy_text(py: Python<'_>, json: &str) -> PyResult<String> {
    toml_of(py, json)
}

/// What `arrears/__init__.py` imports.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{ArrearsError, Frame, Output, backtest, fit, manifest, policy_text, read, run};

    /// The version of the package and of the library in it.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
