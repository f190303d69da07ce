//! Clients of engines of containers: what they are told, and whether that needs their daemon.

use std::borrow::Cow;

use super::words_of;
use crate::assess::known::known;
use crate::assess::sight::JobSight;
use crate::expression::Truth;
use crate::graph::flow::written;
use crate::model::{Step, StepKind};
use crate::script::{Need, Use, UseKind};

/// Whether a part of a script needs the daemon of an engine of containers.
fn needs_engine(used: &Use<'_>, script: &str) -> bool {
    let UseKind::Tool(tool) = &used.kind else { return false };
    tool.need() == Some(Need::ContainerEngine) && !tool.probed && !is_of_client(&words_of(script, used.span))
}

/// Options of clients of engines before a command whose value is the next word.
pub(in crate::assess) const GLOBALS: [&str; 24] = [
    "--address",
    "--cgroup-manager",
    "--config",
    "--connection",
    "--context",
    "--data-root",
    "--host",
    "--identity",
    "--log-level",
    "--namespace",
    "--root",
    "--runroot",
    "--runtime",
    "--snapshotter",
    "--storage-driver",
    "--storage-opt",
    "--tlscacert",
    "--tlscert",
    "--tlskey",
    "--url",
    "-H",
    "-c",
    "-l",
    "-n",
];

/// The same of `docker compose`.
const COMPOSE: [&str; 6] = ["--env-file", "--file", "--profile", "--project-name", "-f", "-p"];

/// The next word that is no option, nor the value of one.
fn operand<'w>(words: &mut impl Iterator<Item = &'w str>) -> &'w str {
    while let Some(word) = words.next() {
        if GLOBALS.contains(&word) || COMPOSE.contains(&word) {
            words.next();
        } else if !word.starts_with('-') || is_question(word) {
            return word;
        }
    }
    ""
}

fn is_question(word: &str) -> bool {
    matches!(word, "help" | "--help" | "--version" | "-v")
}

/// Whether the client of an engine does by itself what it is told: it writes its own files, asks a registry, or tells of itself
/// (docs.docker.com/reference/cli: `login`, `manifest`, `context`, `buildx imagetools`, `compose config`).
pub(super) fn is_of_client(words: &[Cow<'_, str>]) -> bool {
    let mut words = words.iter().map(AsRef::as_ref);
    let program = words.next().unwrap_or_default();
    match operand(&mut words) {
        "login" | "logout" | "manifest" | "context" => true,
        "buildx" => matches!(operand(&mut words), "imagetools" | "version"),
        "compose" => matches!(operand(&mut words), "config" | "version"),
        "config" | "version" => program.ends_with("docker-compose"),
        word => is_question(word),
    }
}

impl JobSight<'_> {
    /// Whether a step of the job itself needs the daemon of an engine of containers, as far as its words tell. Each of its steps may ask.
    pub(in crate::assess) fn has_engine(&self) -> bool {
        self.workflow.engine.answer(self, || self.looks_for_engine())
    }

    fn looks_for_engine(&self) -> bool {
        let document = self.job.workflow.document;
        let steps = self.job.steps().into_iter().flat_map(|steps| &steps.steps);
        let is_idle = |step: &Step<'_>| {
            step.condition.as_ref().is_some_and(|condition| condition.value.truth() == Truth::False)
        };
        steps.into_iter().filter(|step| !is_idle(step)).any(|step| match &step.kind {
            StepKind::Run(run) => {
                let script = self.workflow.script(self.run.file, run.script.token);
                let text = written(document, run.script.token);
                script.is_some_and(|script| script.uses.iter().any(|used| needs_engine(used, text)))
            }
            StepKind::Uses(uses) => {
                let name = uses.uses.value.split('@').next().unwrap_or_default().to_ascii_lowercase();
                known(&name).is_some_and(|known| known.rule.as_deref() == Some("docker-daemon"))
            }
            _ => false,
        })
    }
}
