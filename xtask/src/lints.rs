//! What `cargo xtask lint` runs.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::need::Need;
use crate::session::Session;

/// A part of the lint.
struct Lint {
    name: &'static str,
    needs: &'static [Need],
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    /// A folder whose files it is given, too.
    files: Option<&'static str>,
}

/// Sources that `cargo fmt` does not find: the build lists them.
const LISTED_BY_BUILD: &str = "migrate/src/assess/rules";

const DENY: Need = Need::Program { name: "cargo-deny", version: &["--version"], at_least: (0, 18) };

/// All lints, as arguments of cargo.
const LINTS: &[Lint] = &[
    Lint {
        name: "format",
        needs: &[],
        arguments: &["fmt", "--all", "--", "--check"],
        environment: &[],
        files: Some(LISTED_BY_BUILD),
    },
    // All features, or what stands behind one would never be looked at.
    Lint {
        name: "clippy",
        needs: &[],
        arguments: &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
        environment: &[],
        files: None,
    },
    Lint {
        name: "documentation",
        needs: &[],
        arguments: &["doc", "--workspace", "--no-deps", "--locked"],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
        files: None,
    },
    Lint {
        name: "dependencies",
        needs: &[DENY],
        arguments: &["deny", "--locked", "check", "bans", "licenses", "sources"],
        environment: &[],
        files: None,
    },
    // By itself, because it alone needs the network and may fail without a change of ours.
    Lint {
        name: "advisories",
        needs: &[DENY],
        arguments: &["deny", "--locked", "check", "advisories"],
        environment: &[],
        files: None,
    },
];

/// Runs every lint that can run here.
pub(crate) fn run(session: &mut Session<'_>) -> anyhow::Result<()> {
    for lint in LINTS {
        match lint.needs.iter().find_map(|need| need.missing(session.root())) {
            Some(why) => session.skip(lint.name, &why)?,
            None => session.program(lint.name, &mut lint.command(session.root())?)?,
        }
    }
    Ok(())
}

impl Lint {
    fn command(&self, root: &Path) -> io::Result<Command> {
        let mut command = Command::new("cargo");
        command.args(self.arguments).envs(self.environment.iter().copied());
        if let Some(folder) = self.files {
            let mut files: Vec<_> =
                fs::read_dir(root.join(folder))?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
            files.sort();
            command.args(files);
        }
        Ok(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    fn line(name: &str) -> String {
        let lint = LINTS.iter().find(|lint| lint.name == name).unwrap();
        format!("{:?}", lint.command(root()).unwrap())
    }

    #[test]
    fn warnings_are_errors() {
        assert!(line("clippy").ends_with(r#""-D" "warnings""#), "{}", line("clippy"));
        assert!(line("documentation").contains("RUSTDOCFLAGS=\"-D warnings\""), "{}", line("documentation"));
    }

    #[test]
    fn nothing_is_changed_by_a_lint() {
        assert!(line("format").contains("--check"));
        assert!(line("format").contains("rules/keep_os.rs"), "{}", line("format"));
        for name in ["clippy", "documentation", "dependencies", "advisories"] {
            assert!(line(name).contains("--locked"), "{name}");
        }
    }
}
