//! A bare repository for one test, worked on by the git program.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A repository that goes away with its value.
pub(crate) struct Git {
    folder: TempDir,
}

/// One file of a commit: its path and bytes.
pub(crate) type File = (String, Vec<u8>);

impl Git {
    /// An empty repository.
    pub(crate) fn new() -> Self {
        let git = Self { folder: tempfile::tempdir().unwrap() };
        git.text(&["init", "--quiet", "--bare", "--initial-branch=main", "."]);
        git
    }

    /// A repository with what a stream of `git fast-import` says.
    pub(crate) fn import(stream: &[u8]) -> Self {
        let git = Self::new();
        git.run(&["fast-import", "--quiet"], stream, None);
        git
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What git answers, without the line end.
    pub(crate) fn text(&self, arguments: &[&str]) -> String {
        let bytes = self.run(arguments, b"", None);
        String::from_utf8(bytes).unwrap().trim_end_matches('\n').to_owned()
    }

    /// What git answers.
    pub(crate) fn bytes(&self, arguments: &[&str]) -> Vec<u8> {
        self.run(arguments, b"", None)
    }

    /// Writes a commit: the parent's files, or those of `tree_of`, and these. `time` is in seconds since 1970.
    pub(crate) fn commit(
        &self,
        parent: Option<&str>,
        tree_of: Option<&str>,
        files: &[File],
        message: &str,
        time: i64,
    ) -> String {
        match parent.or(tree_of) {
            Some(commit) => self.text(&["read-tree", commit]),
            None => self.text(&["read-tree", "--empty"]),
        };
        for (path, bytes) in files {
            let blob = self.run(&["hash-object", "-w", "--stdin"], bytes, None);
            let blob = String::from_utf8(blob).unwrap();
            let entry = format!("100644,{},{path}", blob.trim_end());
            self.text(&["update-index", "--add", "--cacheinfo", &entry]);
        }
        let tree = self.text(&["write-tree"]);
        let mut arguments = vec!["commit-tree", &tree];
        arguments.extend(parent.iter().flat_map(|p| ["-p", p]));
        let id = self.run(&arguments, message.as_bytes(), Some(time));
        String::from_utf8(id).unwrap().trim_end().to_owned()
    }

    fn run(&self, arguments: &[&str], input: &[u8], time: Option<i64>) -> Vec<u8> {
        let date = format!("{} +0000", time.unwrap_or(0));
        let mut child = Command::new("git")
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([("GIT_AUTHOR_NAME", "Towpath"), ("GIT_COMMITTER_NAME", "Towpath")])
            .envs([
                ("GIT_AUTHOR_EMAIL", "towpath@shop.example"),
                ("GIT_COMMITTER_EMAIL", "towpath@shop.example"),
            ])
            .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writing = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().unwrap();
        writing.join().unwrap().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        output.stdout
    }
}
