//! What a process is doing, as the system tells; shared by tests of several crates.

use std::time::{Duration, Instant};

/// Whether a process is alive (zombies count as gone).
pub(crate) fn alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

/// Whether a killed process is gone in no time: it closes its pipes a moment before.
pub(crate) fn dies(pid: &str) -> bool {
    let begun = Instant::now();
    while alive(pid) && begun.elapsed() < Duration::from_secs(60) {
        std::thread::yield_now();
    }
    !alive(pid)
}
