//! A folder with a pipeline, a bare repository with the reference environments, and the binary.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that fails ends its test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Made input: no program is needed to know that two of these differ.
pub(crate) fn image(tag: &str, content: char) -> String {
    format!("ghcr.io/acme/web:{tag}@sha256:{}", content.to_string().repeat(64))
}

/// A port that was free a moment ago, so that nobody listens there.
pub(crate) fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// One repository and one folder, which go away at the end of the test.
pub(crate) struct Bench {
    root: tempfile::TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn new(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Fails the test unless the command ended so.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Fails the test unless the data has this.
    #[track_caller]
    pub(crate) fn out(self, text: &str) -> Self {
        assert!(self.out.contains(text), "expected {text:?} in {self:#?}");
        self
    }

    /// Fails the test unless the talk has this.
    #[track_caller]
    pub(crate) fn err(self, text: &str) -> Self {
        assert!(self.err.contains(text), "expected {text:?} in {self:#?}");
        self
    }
}

const LOCAL: &str = "\
apiVersion: towpath.dev/v1alpha1
kind: Local
owner: shop-ci
qa: { smoke: { command: [./qa/smoke], junit: report.xml, timeout: 2m } }
live: { default: { tip: true } }
";

const PIPELINE: &str = "\
apiVersion: towpath.dev/v1alpha1
kind: Pipeline
metadata: { name: web, namespace: shop }
spec:
  images: [{ name: ghcr.io/acme/web }]
  repository: { url: ../environments.git, branch: main }
  edit: [{ kustomization: { image: ghcr.io/acme/web } }]
  environments:
    - name: dev
      path: apps/web/overlays/dev
      applications: [{ name: web-dev }]
      stable: 0s
      verify: [{ qa: { template: smoke } }]
    - name: production
      path: apps/web/overlays/production
      applications: [{ name: web-production }]
      stable: 0s
      after: { all: [{ environment: dev }] }
      entry: [{ approval: { count: 1, groups: [release-managers], notAuthor: true } }]
";

/// Writes a report with one passed test and ends well.
pub(crate) const PASSES: &str = "\
echo '<testsuite tests=\"1\"><testcase name=\"index\"/></testsuite>' > \"$TOWPATH_JUNIT\"
";

impl Bench {
    /// The reference environments in a bare repository, and a folder that promotes `web`.
    pub(crate) fn new() -> Self {
        let bench = Self::empty();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("environments/repository");
        let work = bench.path("work");
        copy(&source, &work);
        bench.git(&work, &["init", "--quiet", "--initial-branch=main"]);
        bench.git(&work, &["add", "--all"]);
        bench.git(&work, &["commit", "--quiet", "--message=init"]);
        bench.git(&work, &["push", "--quiet", "../environments.git", "main"]);
        bench
    }

    /// The same with a repository that has no branch yet.
    pub(crate) fn empty() -> Self {
        let bench = Self { root: tempfile::tempdir().unwrap() };
        for folder in ["pipelines/qa", "work", "home"] {
            std::fs::create_dir_all(bench.path(folder)).unwrap();
        }
        bench.git(
            &bench.path("."),
            &["init", "--quiet", "--bare", "--initial-branch=main", "environments.git"],
        );
        bench.write("pipelines/towpath.yaml", LOCAL);
        bench.write("pipelines/web.yaml", PIPELINE);
        bench.smoke(PASSES);
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Changes a file.
    #[track_caller]
    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from:?}");
        self.write(name, &text.replace(from, to));
    }

    /// Sets what the smoke test does.
    pub(crate) fn smoke(&self, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path("pipelines/qa/smoke");
        std::fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The binary as alice, in a process that has no other settings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.args(arguments).current_dir(self.root.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.path("home"));
        command.env("TOWPATH_LOCAL", "pipelines").env("TOWPATH_CACHE", self.path("cache"));
        command.env("TOWPATH_ACTOR", "alice");
        command
    }

    pub(crate) fn towpath(&self, arguments: &[&str]) -> Ran {
        Ran::new(self.command(arguments).output().unwrap())
    }

    /// The next command finds nothing that an earlier one left on this machine.
    pub(crate) fn forget(&self) {
        match std::fs::remove_dir_all(self.path("cache")) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => panic!("{e}"),
            _ => {}
        }
    }

    /// Creates a release; answers its id.
    #[track_caller]
    pub(crate) fn release(&self, tag: &str, content: char) -> String {
        let arguments = ["release", "create", "--image", &image(tag, content), "--author", "bob"];
        self.towpath(&arguments).code(0).out.trim().to_owned()
    }

    /// Runs git, with a name for commits and no settings of the machine.
    #[track_caller]
    pub(crate) fn git(&self, folder: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(folder).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.path("home"));
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "bob").env(format!("GIT_{who}_EMAIL"), "bob@example.com");
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs git in the bare repository.
    #[track_caller]
    pub(crate) fn host(&self, arguments: &[&str]) -> String {
        self.git(&self.path("environments.git"), arguments)
    }

    /// The kustomization of an environment at the tip of the branch.
    pub(crate) fn kustomization(&self, environment: &str) -> String {
        self.host(&["show", &format!("main:apps/web/overlays/{environment}/kustomization.yaml")])
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}
