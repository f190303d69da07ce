//! What a record says about where it comes from.
#![expect(clippy::unwrap_used, reason = "a record without a commit is none")]

use std::process::Command;

/// What a program prints.
pub(crate) fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The commit, and whether anything but the records is another than there.
pub(crate) fn commit() -> String {
    let changed = said("git", &["status", "--porcelain", "--", ":/", ":(exclude,top)docs/migration"]);
    let dirty = if changed.is_empty() { "" } else { "-dirty" };
    format!("{}{dirty}", said("git", &["rev-parse", "--short", "HEAD"]))
}
