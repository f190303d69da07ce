//! How long a process takes, and how much memory it has at most.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    /// From the start to the end, on the clock.
    pub(super) took: Duration,
    /// The most that was in memory, in KiB, as Linux tells it; read every two milliseconds, so the last of it may be missing.
    pub(super) peak_kib: Option<u64>,
}

impl Measured {
    /// The faster one, with the higher peak of the two.
    pub(super) fn better(self, other: Self) -> Self {
        Self { took: self.took.min(other.took), peak_kib: self.peak_kib.max(other.peak_kib) }
    }
}

/// Runs a command from a cold process to its end; what it prints is thrown away.
pub(super) fn measure(command: &mut Command) -> anyhow::Result<Measured> {
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("failed to start {command:?}"))?;
    let mut peak_kib = None;
    let status = loop {
        peak_kib = peak_kib.max(peak(child.id()));
        if let Some(status) = child.try_wait().context("failed to wait for it")? {
            break status;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let took = start.elapsed();
    anyhow::ensure!(status.success(), "{command:?}: {status}");
    Ok(Measured { took, peak_kib })
}

/// The most that a process had in memory so far.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
