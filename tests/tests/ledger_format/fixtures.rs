//! The files under `tests/fixtures/ledger/v1`: writing them anew, and finding them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use towpath_core::journal::JournalMessage;

use crate::git::Git;
use crate::histories::{archiving, small, whole};
use crate::writer::{JOURNAL, Writer};

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The bytes of a fixture.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = repository("tests/fixtures/ledger/v1").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The histories that are kept as repositories.
pub(crate) const HISTORIES: [&str; 3] = ["small", "whole", "archive"];

/// The journal's commits, oldest first.
pub(crate) fn commits(git: &Git) -> Vec<String> {
    git.text(&["rev-list", "--reverse", JOURNAL]).lines().map(str::to_owned).collect()
}

/// The message of a commit, as it is stored.
pub(crate) fn message(git: &Git, commit: &str) -> String {
    let bytes = String::from_utf8(git.bytes(&["cat-file", "commit", commit])).unwrap();
    bytes.split_once("\n\n").unwrap().1.to_owned()
}

/// All fixtures as this version writes them.
pub(crate) fn generated() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let write: [fn(&Git) -> Writer<'_>; 3] = [small, whole, archiving];
    for (name, write) in HISTORIES.into_iter().zip(write) {
        let git = Git::new();
        let stream = write(&git).finish();
        let tip = git.text(&["rev-parse", JOURNAL]);
        files.insert(format!("{name}.fast-import"), stream);
        files.insert(format!("{name}.tip"), format!("{tip}\n").into_bytes());
        match name {
            "small" => texts(&git, &mut files),
            "whole" => {
                files.insert("events.jsonl".into(), one_of_each(&git).into_bytes());
                files.insert(
                    "state.json".into(),
                    git.bytes(&["cat-file", "blob", &format!("{tip}:state.json")]),
                );
            }
            _ => {
                files.insert("messages/rotation.txt".into(), message(&git, &commits(&git)[0]).into_bytes());
            }
        }
    }
    files
}

fn texts(git: &Git, files: &mut BTreeMap<String, Vec<u8>>) {
    for (i, commit) in commits(git).iter().enumerate() {
        let name = format!("messages/small-{:02}.txt", i + 1);
        files.insert(name, message(git, commit).into_bytes());
    }
    let state = git.bytes(&["cat-file", "blob", &format!("{JOURNAL}:state.json")]);
    files.insert("small.state.json".into(), state);
    files.insert("promotion.txt".into(), message(git, "refs/heads/main").into_bytes());
}

/// One line an event: the first of its name that has the most members.
fn one_of_each(git: &Git) -> String {
    let mut best: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for commit in commits(git) {
        for event in JournalMessage::parse(&message(git, &commit)).unwrap().events {
            let line = towpath_core::journal::fold::line(&event);
            let members = serde_json::to_value(&event).unwrap().as_object().unwrap().len();
            let known = best.entry(event.event.name().to_owned()).or_default();
            if members > known.0 {
                *known = (members, line);
            }
        }
    }
    best.into_values().map(|(_, line)| line + "\n").collect()
}

#[test]
#[ignore = "writes the fixtures anew; only for a format that nobody has used yet"]
fn regenerate() {
    let folder = repository("tests/fixtures/ledger/v1");
    for (name, bytes) in generated() {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}
