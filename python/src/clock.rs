//! How long each stage takes: the library looks at no clock.

use arrears::pipeline::Observer;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Notes when each stage begins.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    begun: Mutex<Vec<(&'static str, Instant)>>,
}

impl Clock {
    /// The seconds of each stage in order, for the manifest; the last one ends now.
    pub(crate) fn timings(self) -> Vec<(String, f64)> {
        let begun = self.begun.into_inner().unwrap_or_else(PoisonError::into_inner);
        let ends = begun.iter().skip(1).map(|(_, at)| *at).chain([Instant::now()]);
        let seconds = |from: Instant, to: Instant| to.duration_since(from).as_millis() as f64 / 1000.0;
        begun.iter().zip(ends).map(|((name, at), end)| ((*name).to_owned(), seconds(*at, end))).collect()
    }
}

impl Observer for Clock {
    fn stage(&self, name: &'static str) {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).push((name, Instant::now()));
    }
}
