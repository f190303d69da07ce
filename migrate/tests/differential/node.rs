//! The npm package, in a process of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::json;

use crate::answer::Answer;
use crate::material::CONTEXTS;

/// What the package says, and what the runner says where that is something else.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reply {
    pub(crate) npm: Answer,
    runner: Option<Answer>,
    /// The differences that make it so.
    #[serde(default)]
    pub(crate) by: Vec<String>,
}

impl Reply {
    pub(crate) const fn runner(&self) -> &Answer {
        match &self.runner {
            Some(runner) => runner,
            None => &self.npm,
        }
    }
}

/// The folder of the checked-in scripts.
fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/npm")
}

/// The folder in which everything is installed, below the build's own.
fn installed() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| install().unwrap());
    &FOLDER
}

/// Copies the scripts, and installs the package unless it is there as the lock file has it.
fn install() -> std::io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential");
    fs::create_dir_all(&folder)?;
    let lock = fs::read(scripts().join("package-lock.json"))?;
    let stamp = folder.join("installed-lock.json");
    for entry in fs::read_dir(scripts())? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    if fs::read(&stamp).is_ok_and(|old| old == lock) {
        return Ok(folder);
    }
    let npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    let status = Command::new("npm").args(npm).current_dir(&folder).stdin(Stdio::null()).status()?;
    assert!(
        status.success(),
        "failed to install what expressions are compared with: npm ci in {}: {status}",
        folder.display()
    );
    fs::write(&stamp, lock)?;
    Ok(folder)
}

/// A question: a set of contexts by its number, and an expression.
pub(crate) type Question<'a> = (usize, &'a str);

/// Asks everything, in as many processes as this machine has cores.
pub(crate) fn ask(questions: &[Question<'_>]) -> Vec<Reply> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = questions.len().div_ceil(cores).max(500);
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            questions.chunks(share).map(|share| scope.spawn(move || ask_one(CONTEXTS, share))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// Asks one process, about contexts of one's own.
pub(crate) fn ask_one(contexts: &[&str], questions: &[Question<'_>]) -> Vec<Reply> {
    let mut command = Command::new("node");
    command.arg("answer.mjs").current_dir(installed()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = command.spawn().unwrap();
    let (stdin, stdout) = (node.stdin.take().unwrap(), node.stdout.take().unwrap());
    let replies = std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut stdin = BufWriter::new(stdin);
            for context in contexts {
                writeln!(stdin, "{}", json!({ "context": context })).unwrap();
            }
            for (set, expression) in questions {
                // A process that ended early says why by itself.
                if writeln!(stdin, "{}", json!({ "in": set, "expression": expression })).is_err() {
                    return;
                }
            }
        });
        let read = |line: std::io::Result<String>| serde_json::from_str(&line.unwrap()).unwrap();
        BufReader::new(stdout).lines().map(read).collect::<Vec<Reply>>()
    });
    assert!(node.wait().unwrap().success(), "node failed; it says above why");
    assert_eq!(replies.len(), questions.len(), "node answered not everything");
    replies
}
