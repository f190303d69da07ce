//! Ctrl-C, and being told to end: the first signal asks for it, the second does not wait.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// A signal that asks a process to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked(i32);

impl Asked {
    /// The exit code of a process that follows it: 128 and the number of the signal, as shells count.
    pub fn code(self) -> u8 {
        u8::try_from(self.0).map_or(u8::MAX, |number| number.saturating_add(128))
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |kind: SignalKind| kind.as_raw_value() == self.0;
        match () {
            () if known(SignalKind::hangup()) => f.write_str("SIGHUP"),
            () if known(SignalKind::interrupt()) => f.write_str("SIGINT"),
            () if known(SignalKind::terminate()) => f.write_str("SIGTERM"),
            () => write!(f, "signal {}", self.0),
        }
    }
}

/// The signals of this process; clones hear the same.
#[derive(Debug, Clone, Default)]
pub struct Signals(Arc<AtomicI32>);

impl Signals {
    /// The first signal that asked for the end, if one did.
    pub fn asked(&self) -> Option<Asked> {
        Some(self.0.load(Ordering::Relaxed)).filter(|number| *number != 0).map(Asked)
    }

    /// Listens to SIGHUP, SIGINT and SIGTERM from now on, for as long as the process lives.
    ///
    /// `ask` is called for the first of them and has to be quick; at the next, `abandon` is called and the process
    /// exits, whatever is left behind. A signal that the process was started to ignore (`nohup`) stays ignored.
    /// Fails when the operating system has no thread or descriptor for it.
    pub fn listen(
        ask: impl Fn() + Send + Sync + 'static,
        abandon: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let signals = Self::default();
        let act = Arc::new((ask, abandon));
        let ignored = ignored(&std::fs::read_to_string("/proc/self/status").unwrap_or_default());
        for kind in [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::terminate()] {
            let number = kind.as_raw_value();
            if is_in(ignored, number) {
                continue;
            }
            let guard = runtime.enter();
            let mut stream = signal(kind)?;
            drop(guard);
            let (signals, act) = (signals.clone(), Arc::clone(&act));
            runtime.spawn(async move {
                while stream.recv().await.is_some() {
                    signals.heard(number, &act.0, &act.1);
                }
            });
        }
        let listen = move || runtime.block_on(std::future::pending::<()>());
        std::thread::Builder::new().name("signals".to_owned()).spawn(listen)?;
        Ok(signals)
    }

    fn heard(&self, number: i32, ask: &impl Fn(), abandon: &impl Fn()) {
        if self.0.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            ask();
        } else {
            abandon();
            std::process::exit(i32::from(Asked(number).code()));
        }
    }
}

/// The ignored signals as Linux tells them, a bit each; none where nobody tells.
fn ignored(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0)
}

fn is_in(signals: u64, number: i32) -> bool {
    u32::try_from(number - 1).is_ok_and(|bit| signals.checked_shr(bit).unwrap_or(0) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_shells() {
        for (number, code, name) in [(1, 129, "SIGHUP"), (2, 130, "SIGINT"), (15, 143, "SIGTERM")] {
            assert_eq!((Asked(number).code(), Asked(number).to_string().as_str()), (code, name));
        }
    }

    #[test]
    fn ignored_signals_are_read_from_linux() {
        let status = "Name:\ttowpath\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\n";
        let signals = ignored(status);
        let found: Vec<i32> = (1..=64).filter(|number| is_in(signals, *number)).collect();
        assert_eq!(found, [1, 13]);
        for nonsense in ["", "SigIgn:", "SigIgn: no", "SigIgn: 10000000000000000"] {
            assert_eq!(ignored(nonsense), 0, "{nonsense}");
        }
    }

    #[test]
    fn the_first_signal_asks_once() {
        let signals = Signals::default();
        assert_eq!(signals.asked(), None);
        let asked = AtomicI32::new(0);
        signals.clone().heard(15, &|| asked.store(1, Ordering::Relaxed), &|| panic!("not yet"));
        assert_eq!((signals.asked(), asked.into_inner()), (Some(Asked(15)), 1));
    }
}
