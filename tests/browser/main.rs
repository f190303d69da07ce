//! The HTML report in a browser: Node drives Chromium.
//!
//! `report.test.mjs` has the tests. Here the reports are made that it looks at, with the program as people run it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a fixture that fails ends its test, and a skip is loud"
)]

#[path = "../../xtask/src/migrate/rename.rs"]
mod rename;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rename::Renamer;

/// How many workflows the estate has whose size and speed count.
const WORKFLOWS: usize = 500;

/// One more than fit on a page.
const TOO_MANY: usize = 2_001;

/// Of the renamer.
const SEED: u64 = 1;

#[test]
#[ignore = "needs Node and Chromium; `cargo xtask test` runs it where they are"]
fn the_report_works_in_a_browser() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    install(&folder);
    let made = folder.join("made");
    // What another run left.
    let _ = fs::remove_dir_all(&made);
    let (estate, hostile, many) = (made.join("estate"), made.join("hostile"), made.join("many"));
    make_estate(&estate);
    make_hostile(&hostile);
    make_many(&many);
    for (name, workflows) in [("estate", &estate), ("hostile", &hostile), ("small", &rules())] {
        fs::write(made.join(format!("{name}.html")), assess(workflows, &["-o", "html"])).unwrap();
        fs::write(made.join(format!("{name}.json")), assess(workflows, &["-o", "json"])).unwrap();
    }
    assess(&many, &["-o", "html", "--out", made.join("report").to_str().unwrap()]);
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=spec", "report.test.mjs"])
        .current_dir(&folder)
        .stdin(Stdio::null());
    let status = node.env("TOWPATH_REPORTS", &made).status().unwrap();
    assert!(status.success(), "the tests in the browser failed: {status}");
}

/// What the program prints about workflows.
fn assess(workflows: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut towpath = Command::new(env!("CARGO_BIN_EXE_towpath"));
    let output = towpath.args(["migrate", "assess"]).arg(workflows).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Copies the scripts, and installs their packages unless they are there as the lock file has them.
fn install(folder: &Path) {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    fs::create_dir_all(folder).unwrap();
    for name in ["package.json", "package-lock.json", "browser.mjs", "report.test.mjs"] {
        fs::copy(scripts.join(name), folder.join(name)).unwrap();
    }
    let lock = fs::read(scripts.join("package-lock.json")).unwrap();
    let stamp = folder.join("installed-lock.json");
    if fs::read(&stamp).is_ok_and(|old| old == lock) {
        return;
    }
    let npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    let status = Command::new("npm").args(npm).current_dir(folder).stdin(Stdio::null()).status().unwrap();
    assert!(
        status.success(),
        "failed to install what drives the browser: npm ci in {}: {status}",
        folder.display()
    );
    fs::write(stamp, lock).unwrap();
}

/// Workflows as people have them, from all projects of the corpus and with other words; without the corpus, the files that rules are
/// tested with.
fn make_estate(folder: &Path) {
    let (from, originals) = originals();
    for number in 0..WORKFLOWS {
        let original = &originals[number * originals.len().max(WORKFLOWS) / WORKFLOWS % originals.len()];
        let round = number * originals.len().max(WORKFLOWS) / WORKFLOWS / originals.len();
        let below = original.strip_prefix(&from).unwrap();
        let path = folder
            .join(below.parent().unwrap())
            .join(format!("{round}-{}", below.file_name().unwrap().display()));
        let text = fs::read_to_string(original).unwrap();
        write(&path, &Renamer::new(&text, SEED + number as u64).rename(&text));
    }
}

/// The files that rules are tested with.
fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrate/tests/rules")
}

/// The folder with the originals, and all of them.
fn originals() -> (PathBuf, Vec<PathBuf>) {
    let named = std::env::var_os("TOWPATH_CORPUS").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let corpus = named.unwrap_or(beside).join("workflows");
    let from = if corpus.is_dir() { corpus } else { rules() };
    println!("the estate is made of {}", from.display());
    let mut files = Vec::new();
    collect(&from, &mut files);
    files.sort_unstable();
    (from, files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.ends_with("_actions") => {}
            true => collect(&path, files),
            false if path.extension().is_some_and(|extension| extension == "yml") => files.push(path),
            false => {}
        }
    }
}

/// Workflows with texts that a browser would obey, in folders whose names it would obey, too.
fn make_hostile(folder: &Path) {
    let texts = include_str!("hostile/texts.yml");
    write(&folder.join("a</script><img src=x onerror=alert('path')>/\u{202e}texts.yml"), texts);
    write(&folder.join("javascript:alert('unit')/\"onmouseover=\"alert('file')\".yml"), texts);
}

/// More workflows than fit on a page, of three repositories; two of them have nearly the same name.
fn make_many(folder: &Path) {
    for number in 0..TOO_MANY {
        let repository = ["Shop", "shop", "ware<house>"][number % 3];
        let uses = ["actions/checkout@v4", "elsewhere/unknown@v1"][number % 2];
        let text = format!(
            "on: push\njobs:\n  build:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: {uses}\n      - run: make {number}\n"
        );
        write(&folder.join(repository).join(format!(".github/workflows/{number}.yml")), &text);
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
