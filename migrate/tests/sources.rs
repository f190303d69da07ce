//! Files on a real disk: what must not be read, what cannot be, and the corpus.

#![expect(clippy::unwrap_used, reason = "all of this is test code: it may stop at the first surprise")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use towpath_migrate::sources::{
    Cause, Disk, FileError, Files, Found, Item, MAX_BYTES, Problem, Search, Special, Supplied, Text, Wanted,
    What, process,
};

const WORKFLOW: &str = "on: push\njobs: {}\n";

fn put(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}

/// Each file with what it is or what is wrong with it, by name.
fn read(folder: &Path) -> Vec<(String, Result<What, &'static str>)> {
    let mut all = Vec::new();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    for found in Search::new(&Disk, [folder.to_owned()]) {
        match found {
            Found::Item(Item { path, role, .. }) => {
                let text = Text::read(&Disk, &path);
                let what =
                    text.map(|text| What::of(role, text.body())).map_err(|problem| problem.cause.code());
                all.push((name(&path), what));
            }
            Found::Problem(Problem { path, cause }) => all.push((name(&path), Err(cause.code()))),
            Found::Unit(_) | Found::Other(_) | Found::Skipped(..) => {}
        }
    }
    all
}

#[test]
fn one_bad_file_never_stops_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let workflows = folder.path().join(".github/workflows");
    let huge = put(&workflows, "huge.yml", "");
    fs::File::options().write(true).open(huge).unwrap().set_len(100 << 20).unwrap();
    put(&workflows, "a.yml", WORKFLOW);
    put(&workflows, "binary.yml", b"\x7fELF\0");
    put(&workflows, "empty.yml", "\n");
    put(&workflows, "latin.yml", b"name: caf\xe9\n");
    put(&workflows, "mark.yml", format!("\u{feff}{WORKFLOW}"));
    put(&workflows, "utf16.yml", b"\xff\xfeo\0n\0");
    put(&workflows, "z\u{1b}[31m.yml", WORKFLOW);
    let seen = read(folder.path());
    let expected: [(&str, Result<What, &str>); 8] = [
        ("a.yml", Ok(What::Workflow)),
        ("binary.yml", Err("binary")),
        ("empty.yml", Err("empty")),
        ("huge.yml", Err("too-large")),
        ("latin.yml", Err("not-utf8")),
        ("mark.yml", Ok(What::Workflow)),
        ("utf16.yml", Err("other-encoding")),
        ("z\u{1b}[31m.yml", Ok(What::Workflow)),
    ];
    assert_eq!(seen, expected.map(|(name, what)| (name.to_owned(), what)));
}

#[test]
fn what_is_too_large_is_not_held_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(folder.path(), "sparse.yml", "");
    // More than any machine has: to read it would be noticed.
    fs::File::options().write(true).open(&path).unwrap().set_len(1 << 42).unwrap();
    assert_eq!(Disk.read(&path, MAX_BYTES), Err(FileError::TooLarge(Some(1 << 42))));
}

#[cfg(target_os = "linux")]
#[test]
fn files_without_a_length_are_cut_off() {
    assert_eq!(Disk.read(Path::new("/proc/self/maps"), 10), Err(FileError::TooLarge(None)));
}

#[cfg(unix)]
#[test]
fn links_pipes_sockets_and_devices_are_named_and_never_opened() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let workflows = folder.path().join(".github/workflows");
    put(&workflows, "a.yml", WORKFLOW);
    put(folder.path(), "node_modules/x/action.yml", WORKFLOW);
    let outside = tempfile::NamedTempFile::new().unwrap();
    symlink(outside.path(), workflows.join("out.yml")).unwrap();
    symlink("self.yml", workflows.join("self.yml")).unwrap();
    symlink("nowhere", workflows.join("gone.yml")).unwrap();
    symlink("..", folder.path().join("up")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(workflows.join("socket.yml")).unwrap();
    let mut expected = vec![
        ("a.yml", Ok(What::Workflow)),
        ("gone.yml", Err("dangling-link")),
        ("out.yml", Err("link-outside")),
        ("pipe.yml", Err("special-file")),
        ("self.yml", Err("link-loop")),
        ("socket.yml", Err("special-file")),
    ];
    let made = std::process::Command::new("mkfifo").arg(workflows.join("pipe.yml")).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("SKIPPED: no mkfifo, so no named pipe");
        expected.retain(|(name, _)| *name != "pipe.yml");
    }
    let expected: Vec<_> = expected.into_iter().map(|(name, what)| (name.to_owned(), what)).collect();
    assert_eq!(read(folder.path()), expected);
    assert_eq!(Disk.read(Path::new("/dev/zero"), 10), Err(FileError::Special(Special::Device)));
}

#[cfg(unix)]
#[test]
fn what_nobody_may_read_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let workflows = folder.path().join(".github/workflows");
    put(&workflows, "a.yml", WORKFLOW);
    let closed = put(&workflows, "closed.yml", WORKFLOW);
    let below = put(folder.path(), "shut/action.yml", "runs: {}");
    let shut = below.parent().unwrap();
    for path in [&closed, shut] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    let privileged = fs::read(&closed).is_ok();
    let seen = read(folder.path());
    fs::set_permissions(shut, fs::Permissions::from_mode(0o700)).unwrap();
    if privileged {
        println!("SKIPPED: this user may read everything");
        return;
    }
    let expected = [("a.yml", Ok(What::Workflow)), ("closed.yml", Err("denied")), ("shut", Err("denied"))];
    assert_eq!(seen, expected.map(|(name, what)| (name.to_owned(), what)));
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_read_like_any_other() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let workflows = folder.path().join(".github/workflows");
    put(&workflows, "a.yml", WORKFLOW);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.yml");
    if let Err(error) = fs::write(workflows.join(name), WORKFLOW) {
        println!("SKIPPED: this file system takes no such name: {error}");
        return;
    }
    assert_eq!(read(folder.path()).iter().filter(|(_, what)| what.is_ok()).count(), 2);
}

#[test]
fn sources_are_read_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "actions/checkout@v4/action.yml", "runs: {}");
    let supplied = Supplied::open(&Disk, folder.path().to_owned()).unwrap();
    let wanted = Wanted { owner: "Actions", name: "checkout", reference: "v4" };
    assert_eq!(supplied.action(wanted, "").unwrap().1.as_str(), "runs: {}");
    let file = put(folder.path(), "file", "");
    assert_eq!(Supplied::open(&Disk, file).unwrap_err().cause, Cause::OtherKind);
    assert_eq!(Supplied::open(&Disk, folder.path().join("absent")).unwrap_err().cause, Cause::Missing);
}

fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let root = env::var_os("TOWPATH_CORPUS").map_or_else(beside, PathBuf::from);
    let folder = root.join("workflows");
    folder.is_dir().then_some(folder)
}

/// 826 workflows, 160 of them with placeholders, and 28 actions: all that is there, without a finding.
#[test]
fn the_corpus_is_found_as_a_whole() {
    let Some(folder) = corpus() else {
        println!("SKIPPED: no corpus; name its folder with TOWPATH_CORPUS to look for its workflows");
        return;
    };
    let read = |found: &Found| match found {
        Found::Item(item) => {
            Text::read(&Disk, &item.path).map(|text| What::of(item.role, text.body()).name())
        }
        Found::Problem(problem) => Err(problem.clone()),
        Found::Unit(unit) => Ok(unit.shape.name()),
        Found::Other(_) => Ok("other"),
        Found::Skipped(..) => Ok("skipped"),
    };
    for workers in 1..=3 {
        let (mut counts, mut paths) = (BTreeMap::new(), Vec::new());
        let workers = NonZeroUsize::new(workers).unwrap();
        process(Search::new(&Disk, [folder.clone()]), workers, read, |found, what| {
            *counts.entry(what.unwrap().unwrap()).or_insert(0) += 1;
            paths.extend(if let Found::Item(item) = found { Some(item.path) } else { None });
            ControlFlow::<()>::Continue(())
        });
        println!("{counts:?}");
        assert!(paths.is_sorted(), "files come in the order of their paths");
        let expected = [("action", 28), ("template", 160), ("workflow", 666), ("workflows", 58)];
        assert_eq!(counts, BTreeMap::from(expected));
    }
}
