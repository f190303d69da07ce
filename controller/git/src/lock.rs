//! A lock between processes that share a mirror.

use std::fs::File;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Who else may work at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Others that only read the mirror.
    Shared,
    /// Nobody.
    Exclusive,
}

/// A held lock; released when dropped, also by a process that dies.
#[derive(Debug)]
pub(crate) struct Held(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Takes the lock on the file, waiting at most so long; fails with a sentence.
pub(crate) fn acquire(path: &Path, mode: Mode, patience: Duration) -> Result<Held, String> {
    let open = || File::options().create(true).truncate(false).write(true).open(path);
    let file = open().map_err(|e| format!("the lock file {} cannot be opened: {e}", path.display()))?;
    let (sender, receiver) = channel();
    // The operating system's lock has no time-out; a thread that is left waiting releases what it gets.
    let wait = move || {
        let locked = match mode {
            Mode::Shared => file.lock_shared(),
            Mode::Exclusive => file.lock(),
        };
        sender.send(locked.map(|()| Held(file))).unwrap_or_default();
    };
    std::thread::Builder::new().name("lock of a mirror".to_owned()).spawn(wait).map_err(|e| e.to_string())?;
    match receiver.recv_timeout(patience) {
        Ok(held) => held.map_err(|e| format!("the lock file {} cannot be locked: {e}", path.display())),
        Err(_) => Err(format!("another process uses the mirror for more than {} s", patience.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(10);

    #[test]
    fn readers_share_and_a_writer_is_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = acquire(&path, Mode::Shared, LONG).unwrap();
        let second = acquire(&path, Mode::Shared, LONG).unwrap();
        let refused = acquire(&path, Mode::Exclusive, SHORT).unwrap_err();
        assert!(refused.contains("another process"), "{refused}");
        drop((first, second));
        let writer = acquire(&path, Mode::Exclusive, LONG).unwrap();
        assert!(acquire(&path, Mode::Shared, SHORT).is_err());
        drop(writer);
        assert!(acquire(&path, Mode::Shared, LONG).is_ok(), "those that gave up hold nothing");
    }
}
