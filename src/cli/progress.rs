//! Progress on standard error, and the only clock.

use super::render::Screen;
use crate::pipeline::Observer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is over sooner shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);
const REDRAW: Duration = Duration::from_millis(100);

/// Times the stages of a run and, once it has lasted a second, shows where it is: a bar on a terminal, a line for
/// each long stage elsewhere, nothing with `--quiet`.
#[derive(Debug)]
pub struct Progress {
    screen: Screen,
    bar: ProgressBar,
    stages: Mutex<Stages>,
    curtain: Option<(Sender<()>, JoinHandle<()>)>,
}

#[derive(Debug, Default)]
struct Stages {
    current: Option<(&'static str, Instant)>,
    done: Vec<(&'static str, Duration)>,
}

impl Progress {
    /// Starts hidden.
    pub fn new(screen: Screen) -> Self {
        let bar = ProgressBar::hidden();
        let shown = !screen.is_quiet() && screen.is_terminal();
        let curtain = shown.then(|| raise_later(bar.clone()));
        Self { screen, bar, stages: Mutex::default(), curtain }
    }

    /// Ends the last stage, clears the bar and gives the seconds of each stage in order, for the manifest.
    pub fn finish(mut self) -> Vec<(String, f64)> {
        self.enter(None);
        if let Some((done, curtain)) = self.curtain.take() {
            drop(done);
            let _ended = curtain.join();
        }
        self.bar.finish_and_clear();
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        stages.done.iter().map(|(name, d)| ((*name).to_owned(), d.as_millis() as f64 / 1000.0)).collect()
    }

    /// Closes the timing of the former stage and opens that of the next.
    fn enter(&self, next: Option<&'static str>) {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, since)) = stages.current.take() {
            let took = since.elapsed();
            stages.done.push((name, took));
            if took >= PATIENCE && !self.screen.is_terminal() {
                self.screen.note(&format!("{name}: {:.1} s", took.as_secs_f64()));
            }
        }
        stages.current = next.map(|name| (name, Instant::now()));
    }
}

/// Shows the bar after a while, unless the sender is dropped before.
fn raise_later(bar: ProgressBar) -> (Sender<()>, JoinHandle<()>) {
    let (done, wait) = channel::<()>();
    let curtain = std::thread::spawn(move || {
        if wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(REDRAW);
        }
    });
    (done, curtain)
}

impl Observer for Progress {
    fn stage(&self, name: &'static str) {
        self.enter(Some(name));
        self.bar.reset();
        self.bar.unset_length();
        self.bar.set_style(style("{spinner} {msg}  {elapsed}"));
        self.bar.set_message(name);
    }

    fn total(&self, n: u64, unit: &'static str) {
        self.bar.set_length(n);
        self.bar
            .set_style(style("{spinner} {msg}  {bar:30} {human_pos} of {human_len} {prefix}  {eta} left"));
        self.bar.set_prefix(unit);
    }

    fn tick(&self, n: u64) {
        self.bar.inc(n);
    }
}

/// A template without an error in it is the template; the tests below try each.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use super::super::render::Format;
    use super::*;

    #[test]
    fn each_stage_is_timed_once_in_order() {
        let progress = Progress::new(Screen::new(Format::Text, true));
        progress.stage("read");
        progress.total(10, "invoices");
        progress.tick(10);
        std::thread::sleep(Duration::from_millis(20));
        progress.stage("fit");
        let timings = progress.finish();
        assert_eq!(timings.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["read", "fit"]);
        assert!(timings[0].1 >= 0.02 && timings[1].1 < timings[0].1, "{timings:?}");
    }
}
