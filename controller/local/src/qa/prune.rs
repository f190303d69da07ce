//! Old run folders are removed, so that a cache does not grow for ever.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use towpath_core::time::Span;

/// How long a run's folder is kept after the last change in it and the longest time that a run may take.
const KEPT: Duration = Duration::from_secs(7 * 86_400);
/// How often the folders are looked through; in between a run costs no more than a look at [`STAMP`].
const EVERY: Duration = Duration::from_secs(86_400);
/// The file whose time says when they last were.
const STAMP: &str = ".pruned";

/// Removes the folders of runs that ended long ago, once a day. `running` names those that did not end.
///
/// All of it may be lost, so whatever cannot be read or removed is left for another day.
pub(super) fn prune(runs: &Path, longest: Span, now: SystemTime, running: impl Fn(&str) -> bool) {
    let stamp = runs.join(STAMP);
    let age = |changed: SystemTime| now.duration_since(changed);
    // A time in the future is a clock that was wrong.
    if fs::metadata(&stamp).and_then(|m| m.modified()).is_ok_and(|at| age(at).is_ok_and(|age| age < EVERY)) {
        return;
    }
    File::create(&stamp).and_then(|file| file.set_modified(now)).unwrap_or_default();
    let kept = KEPT + Duration::from_secs(u64::from(longest.as_seconds()));
    let Ok(entries) = fs::read_dir(runs) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        // Names of ours only: somebody may have chosen a folder that has more in it.
        let ours = name.to_str().is_some_and(|name| name.starts_with("qa-p-") && !running(name));
        let old = |at: SystemTime| age(at).is_ok_and(|age| age > kept);
        if ours && last_change(&entry.path()).is_ok_and(old) {
            fs::remove_dir_all(entry.path()).unwrap_or_default();
        }
    }
}

/// When a folder or a file in it was last changed; fails for what is no folder.
fn last_change(folder: &Path) -> io::Result<SystemTime> {
    let own = fs::symlink_metadata(folder)?;
    if !own.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let inside = fs::read_dir(folder)?.flatten().filter_map(|entry| entry.metadata().ok());
    let times = inside.filter_map(|metadata: Metadata| metadata.modified().ok());
    Ok(times.fold(own.modified()?, SystemTime::max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const DAY: Duration = Duration::from_secs(86_400);
    const ENDED: &str = "qa-p-0123456789abcdef0123-qa-smoke-1@here";

    struct Runs(tempfile::TempDir);

    impl Runs {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        /// A folder with one log.
        fn add(&self, name: &str) {
            fs::create_dir(self.0.path().join(name)).unwrap();
            fs::write(self.0.path().join(name).join("output.log"), "x").unwrap();
        }

        /// What is left when `days` have gone by.
        fn after(&self, days: u32, running: &str) -> Vec<String> {
            let now = SystemTime::now() + DAY * days;
            prune(self.0.path(), Span::seconds(3_600), now, |name| name == running);
            let names = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name());
            let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
            names.retain(|name| name != STAMP);
            names.sort();
            names
        }
    }

    #[test]
    fn folders_go_a_week_after_their_last_change() {
        let runs = Runs::new();
        runs.add(ENDED);
        assert_eq!(runs.after(0, ""), [ENDED]);
        assert_eq!(runs.after(7, ""), [ENDED], "a run may have taken an hour");
        assert!(runs.after(8, "").is_empty());
    }

    #[test]
    fn a_file_that_changed_since_keeps_its_folder() {
        let runs = Runs::new();
        runs.add(ENDED);
        let log = File::options().write(true).open(runs.0.path().join(ENDED).join("output.log")).unwrap();
        log.set_modified(SystemTime::now() + DAY * 5).unwrap();
        assert_eq!(runs.after(10, ""), [ENDED]);
        assert!(runs.after(13, "").is_empty());
    }

    #[test]
    fn what_runs_and_what_is_not_ours_stays() {
        let runs = Runs::new();
        let running = "qa-p-0123456789abcdef0123-qa-smoke-2@here";
        let (elsewhere, file) = (Runs::new(), "qa-p-file");
        elsewhere.add("photos");
        for name in [ENDED, running, "photos"] {
            runs.add(name);
        }
        fs::write(runs.0.path().join(file), "").unwrap();
        std::os::unix::fs::symlink(elsewhere.0.path(), runs.0.path().join("qa-p-link")).unwrap();
        assert_eq!(runs.after(100, running), ["photos", running, file, "qa-p-link"]);
        assert!(elsewhere.0.path().join("photos/output.log").exists());
    }

    #[test]
    fn folders_are_looked_through_once_a_day() {
        let runs = Runs::new();
        assert!(runs.after(20, "").is_empty());
        runs.add(ENDED);
        assert_eq!(runs.after(20, ""), [ENDED], "it was looked at a moment ago");
        assert!(runs.after(21, "").is_empty());
    }

    #[test]
    fn a_clock_that_was_ahead_does_not_keep_all_for_ever() {
        let runs = Runs::new();
        runs.after(1_000, "");
        runs.add(ENDED);
        assert!(runs.after(20, "").is_empty());
    }
}
