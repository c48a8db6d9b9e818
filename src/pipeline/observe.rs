//! How a stage tells that it goes on, without a clock and without printing.

/// Hears what the pipeline is doing. The command line's progress is one; it alone looks at a clock.
///
/// ```
/// use arrears::pipeline::Observer;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// #[derive(Default)]
/// struct Done(AtomicU64);
/// impl Observer for Done {
///     fn stage(&self, _name: &'static str) {}
///     fn tick(&self, n: u64) {
///         self.0.fetch_add(n, Ordering::Relaxed);
///     }
/// }
/// let done = Done::default();
/// done.stage("score");
/// done.tick(3);
/// assert_eq!(done.0.into_inner(), 3);
/// ```
pub trait Observer: Sync {
    /// A stage begins; the one before it has ended. `name` is a verb: `read`, `fit`, `write`.
    fn stage(&self, name: &'static str);

    /// The stage will do `n` of `unit`, as 250,000 invoices.
    fn total(&self, _n: u64, _unit: &'static str) {}

    /// `n` more of them are done. Any thread may call this; call it for a few thousand at a time.
    fn tick(&self, _n: u64) {}
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn stage(&self, _name: &'static str) {}
}
