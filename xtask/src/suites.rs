//! What `cargo xtask test` runs.

use std::process::Command;

use crate::need::Need;
use crate::session::Session;

/// A part of the tests.
pub(crate) struct Suite {
    name: &'static str,
    needs: &'static [Need],
    program: &'static str,
    arguments: &'static [&'static str],
    /// Runs once for each of these words, which stand for `{}` in the arguments; once as it is when there are none.
    each: &'static [&'static str],
    /// Whether a filter can be handed on; without, the suite is left out when there is a filter.
    filtered: bool,
}

const GIT: Need = Need::Program { name: "git", version: &["--version"], at_least: (2, 30) };
const PYTHON: Need = Need::Program { name: "python3", version: &["--version"], at_least: (3, 9) };
const NODE: Need = Need::Program { name: "node", version: &["--version"], at_least: (20, 0) };
const NPM: Need = Need::Program { name: "npm", version: &["--version"], at_least: (9, 0) };
const CHROMIUM: Need = Need::Program { name: "chromium", version: &["--version"], at_least: (120, 0) };
const KUSTOMIZE: Need = Need::Program { name: "kustomize", version: &["version"], at_least: (5, 0) };
const HELM: Need = Need::Program { name: "helm", version: &["version", "--short"], at_least: (3, 8) };

const ENVIRONMENTS: &[&str] = &["dev", "staging", "production"];

/// All suites. They select the workspace even where they test one package of it: what others of it ask of a shared library counts
/// then as well, and what the first suite built is used again. `needs` are checked first, and what is missing is said at the end of the run.
pub(crate) const SUITES: &[Suite] = &[
    // Unit, integration and documentation tests of every member. Cargo runs the last by itself.
    Suite {
        name: "workspace",
        needs: &[GIT],
        program: "cargo",
        arguments: &["test", "--workspace", "--locked", "--no-fail-fast"],
        each: &[],
        filtered: true,
    },
    // The engine in a simulated world, and every state of a small one, with the planted bugs that each finds. Optimised, since they
    // play millions of steps; together, so that what both stand on is built once.
    Suite {
        name: "simulation and model",
        needs: &[],
        program: "cargo",
        arguments: &[
            "test",
            "--profile",
            "played",
            "--package",
            "towpath-engine",
            "--package",
            "towpath-model",
            "--locked",
            "--no-fail-fast",
            "--features",
            "towpath-engine/simulation,towpath-model/museum",
            "--test",
            "invariants",
            "--test",
            "simulation",
            "--test",
            "sizes",
            "--test",
            "stateright",
            "--",
            // How much was played.
            "--show-output",
        ],
        each: &[],
        filtered: true,
    },
    // Generated expressions of GitHub Actions against npm's package, and the planted bugs that this finds. Not optimised: Node
    // takes the time, and what the workspace's tests built is used again.
    Suite {
        name: "expressions",
        needs: &[NODE, NPM],
        program: "cargo",
        arguments: &[
            "test",
            "--workspace",
            "--locked",
            "--features",
            "towpath-migrate/museum",
            "--test",
            "differential",
            "--",
            "--nocapture",
        ],
        each: &[],
        filtered: true,
    },
    // The HTML report in a browser. Its tests are one for cargo, which is ignored elsewhere.
    Suite {
        name: "browser",
        needs: &[NODE, NPM, CHROMIUM],
        program: "cargo",
        arguments: &[
            "test",
            "--workspace",
            "--locked",
            "--test",
            "browser",
            "--",
            "--ignored",
            "--nocapture",
        ],
        each: &[],
        filtered: true,
    },
    // A second reader of the ledger, written from its specification alone.
    Suite {
        name: "python reader",
        needs: &[Need::Path("tests/python"), PYTHON],
        program: "python3",
        arguments: &["-m", "unittest", "discover", "--start-directory", "tests/python"],
        each: &[],
        filtered: false,
    },
    // The reference environments, read by the programs that Argo CD renders them with.
    Suite {
        name: "kustomize",
        needs: &[KUSTOMIZE],
        program: "kustomize",
        arguments: &["build", "--output", "/dev/null", "environments/repository/apps/web/overlays/{}"],
        each: ENVIRONMENTS,
        filtered: false,
    },
    Suite {
        name: "helm",
        needs: &[HELM],
        program: "helm",
        arguments: &[
            "template",
            "worker",
            "environments/repository/apps/worker/chart",
            "--values",
            "environments/repository/apps/worker/values/{}/values.yaml",
        ],
        each: ENVIRONMENTS,
        filtered: false,
    },
];

/// Runs every suite that can run here. A filter is a part of a test's name, as for `cargo test`.
pub(crate) fn run(session: &mut Session<'_>, filter: Option<&str>) -> anyhow::Result<()> {
    for suite in SUITES {
        run_suite(session, suite, filter)?;
    }
    Ok(())
}

fn run_suite(session: &mut Session<'_>, suite: &Suite, filter: Option<&str>) -> anyhow::Result<()> {
    if filter.is_some() && !suite.filtered {
        return session.skip(suite.name, "it takes no filter; run `cargo xtask test` without one");
    }
    if let Some(why) = suite.needs.iter().find_map(|need| need.missing(session.root())) {
        return session.skip(suite.name, &why);
    }
    for (name, mut command) in suite.commands(filter) {
        session.program(&name, &mut command)?;
    }
    Ok(())
}

/// What the worlds of property tests are drawn by: the same in every run, unless somebody asks for others.
const SEED_OF_LAWS: &str = "PROPTEST_RNG_SEED";

impl Suite {
    /// What to start: one command, or one for `each`.
    fn commands(&self, filter: Option<&str>) -> Vec<(String, Command)> {
        let command = |word: &str| {
            let mut command = Command::new(self.program);
            command.args(self.arguments.iter().map(|argument| argument.replace("{}", word))).args(filter);
            if std::env::var_os(SEED_OF_LAWS).is_none() {
                command.env(SEED_OF_LAWS, "1");
            }
            command
        };
        match self.each {
            [] => vec![(self.name.to_owned(), command("{}"))],
            words => words.iter().map(|word| (format!("{} {word}", self.name), command(word))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::session::Outcome;

    const ABSENT: Need = Need::Program { name: "towpath-no-such-program", version: &[], at_least: (1, 0) };

    fn suite(needs: &'static [Need], filtered: bool) -> Suite {
        Suite { name: "suite", needs, program: "false", arguments: &[], each: &[], filtered }
    }

    fn outcome(suite: &Suite, filter: Option<&str>) -> Outcome {
        let mut out = Vec::new();
        let mut session = Session::new(PathBuf::from("."), &mut out);
        run_suite(&mut session, suite, filter).unwrap();
        session.parts()[0].outcome.clone()
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = SUITES.iter().map(|suite| suite.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SUITES.len());
    }

    #[test]
    fn what_is_missing_is_skipped_with_its_reason() {
        let skipped = outcome(&suite(&[ABSENT], true), None);
        assert!(matches!(&skipped, Outcome::Skipped(why) if why.contains("is not installed")), "{skipped:?}");
    }

    #[test]
    fn a_suite_that_can_run_does_run() {
        assert_eq!(outcome(&suite(&[], true), None), Outcome::Failed("exit status: 1".into()));
    }

    #[test]
    fn a_filter_leaves_out_suites_that_take_none() {
        assert!(matches!(outcome(&suite(&[], false), Some("name")), Outcome::Skipped(_)));
        assert!(matches!(outcome(&suite(&[], true), Some("name")), Outcome::Failed(_)));
    }

    #[test]
    fn each_word_makes_a_command() {
        let suite =
            Suite { arguments: &["build", "overlays/{}"], each: &["dev", "staging"], ..suite(&[], false) };
        let lines: Vec<_> = suite.commands(None).into_iter().map(|(n, c)| format!("{n}: {c:?}")).collect();
        assert_eq!(
            lines,
            [
                r#"suite dev: "false" "build" "overlays/dev""#,
                r#"suite staging: "false" "build" "overlays/staging""#
            ]
        );
    }

    #[test]
    fn a_filter_is_handed_on() {
        let line = format!("{:?}", SUITES[0].commands(Some("soak"))[0].1);
        assert!(line.ends_with(r#""soak""#), "{line}");
    }
}
