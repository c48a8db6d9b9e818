//! What the machine has: cores and memory.

use serde::Serialize;
use std::path::Path;

/// Bytes of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// All that there is, or that the process may ever have.
    pub total: u64,
    /// What it can have now.
    pub available: u64,
}

/// Processors that the process may use; 1 where the system does not say.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The machine's memory, or that of the control group which the process is in where that is less; none where the
/// system does not say (other than Linux).
pub fn memory() -> Option<Memory> {
    let read = |file: &str| std::fs::read_to_string(Path::new(file)).ok();
    let machine = of_machine(&read("/proc/meminfo")?)?;
    let group = read("/sys/fs/cgroup/memory.max").zip(read("/sys/fs/cgroup/memory.current"));
    Some(match group.and_then(|(most, now)| Some((bytes(&most)?, bytes(&now)?))) {
        Some((most, now)) if most < machine.total => {
            Memory { total: most, available: machine.available.min(most.saturating_sub(now)) }
        }
        _ => machine,
    })
}

/// A control group's figure; none for `max`.
fn bytes(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// From the lines of `/proc/meminfo`, which counts in 1024 bytes.
fn of_machine(text: &str) -> Option<Memory> {
    let line = |name: &str| {
        let rest = text.lines().find_map(|l| l.strip_prefix(name))?;
        Some(1024 * rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok()?)
    };
    Some(Memory { total: line("MemTotal:")?, available: line("MemAvailable:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meminfo_counts_in_kibibytes() {
        let text = "MemTotal:       16000000 kB\nMemFree:  1 kB\nMemAvailable:    8000000 kB\n";
        assert_eq!(of_machine(text), Some(Memory { total: 16_384_000_000, available: 8_192_000_000 }));
        assert_eq!(of_machine("MemTotal: 1 kB\n"), None);
        assert_eq!((bytes("max\n"), bytes("1024\n")), (None, Some(1024)));
    }
}
