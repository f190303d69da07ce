//! What `cargo xtask lint` runs.

use std::process::Command;

use crate::need::Need;
use crate::session::Session;

/// A part of the lint.
struct Lint {
    name: &'static str,
    needs: &'static [Need],
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

const DENY: Need = Need::Program { name: "cargo-deny", version: &["--version"], at_least: (0, 18) };

/// All lints, as arguments of cargo.
const LINTS: &[Lint] = &[
    Lint { name: "format", needs: &[], arguments: &["fmt", "--all", "--", "--check"], environment: &[] },
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
    },
    Lint {
        name: "documentation",
        needs: &[],
        arguments: &["doc", "--workspace", "--no-deps", "--locked"],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
    },
    Lint {
        name: "dependencies",
        needs: &[DENY],
        arguments: &["deny", "--locked", "check", "bans", "licenses", "sources"],
        environment: &[],
    },
    // By itself, because it alone needs the network and may fail without a change of ours.
    Lint {
        name: "advisories",
        needs: &[DENY],
        arguments: &["deny", "--locked", "check", "advisories"],
        environment: &[],
    },
];

/// Runs every lint that can run here.
pub(crate) fn run(session: &mut Session<'_>) -> anyhow::Result<()> {
    for lint in LINTS {
        match lint.needs.iter().find_map(|need| need.missing(session.root())) {
            Some(why) => session.skip(lint.name, &why)?,
            None => session.program(lint.name, &mut lint.command())?,
        }
    }
    Ok(())
}

impl Lint {
    fn command(&self) -> Command {
        let mut command = Command::new("cargo");
        command.args(self.arguments).envs(self.environment.iter().copied());
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str) -> String {
        let lint = LINTS.iter().find(|lint| lint.name == name).unwrap();
        format!("{:?}", lint.command())
    }

    #[test]
    fn warnings_are_errors() {
        assert!(line("clippy").ends_with(r#""-D" "warnings""#), "{}", line("clippy"));
        assert!(line("documentation").contains("RUSTDOCFLAGS=\"-D warnings\""), "{}", line("documentation"));
    }

    #[test]
    fn nothing_is_changed_by_a_lint() {
        assert!(line("format").contains("--check"));
        for name in ["clippy", "documentation", "dependencies", "advisories"] {
            assert!(line(name).contains("--locked"), "{name}");
        }
    }
}
