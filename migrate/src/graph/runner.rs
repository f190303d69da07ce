//! What jobs run on, and the shell of each script.

use std::sync::Arc;

use super::flow::written;
use super::job::{Job, Origin};
use super::matrix::Leg;
use super::world::Known;
use crate::expression::{self, Function, Literal, Node, NodeKind, Object};
use crate::model::{At, Defaults, Run, RunDefaults, RunsOn, Text, Texts, Value};
use crate::values::label::{self, Label};
use crate::values::shell::{self, System};

/// What a leg runs on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Runner {
    /// Its labels; `None` where they are not known.
    pub labels: Option<Vec<String>>,
    /// Its group, where one is named; `None` in it: the name is not known.
    pub group: Option<Option<String>>,
    /// Its system: as GitHub's labels say, or as the words of others let guess.
    pub system: Option<System>,
    /// Whether the system is a guess.
    pub is_guess: bool,
}

/// The shell of a script, and who names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepShell {
    /// As it is written, or the first command that is tried by default; `None` where it is not known.
    pub name: Option<String>,
    /// Who names it.
    pub origin: Origin,
}

/// What is said of a script, and who says so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Given<'d> {
    /// What is said.
    pub text: Text<'d>,
    /// Who says so.
    pub origin: Origin,
    /// It is an expression for all defaults, which may leave this one out.
    pub is_of_all: bool,
}

impl<'d> Job<'d> {
    /// What says what a leg runs on, as it is written: each label, and without labels the group. What is a value of the matrix and
    /// nothing else is as that is written.
    pub(crate) fn runs_on_texts(&self, leg: Option<&Leg>) -> Vec<&'d str> {
        let Some(runs_on) = self.steps().and_then(|steps| steps.runs_on.as_ref()) else { return Vec::new() };
        let tokens = match (&runs_on.labels, &runs_on.group) {
            (Some(At { value: Value::Literal(labels), .. }), _) if !labels.is_empty() => {
                labels.iter().map(|label| label.token).collect()
            }
            (Some(At { value: Value::Expression(_), token }), _) => vec![*token],
            (_, Some(group)) => vec![group.token],
            (Some(_), None) => Vec::new(),
            (None, None) => vec![runs_on.token],
        };
        let document = self.workflow.document;
        let of_leg = |text: &str| leg?.value(only_matrix(text)?).map(|cell| cell.token);
        let texts = tokens.into_iter().map(|token| {
            let text = written(document, token);
            of_leg(text).map_or(text, |token| written(document, token))
        });
        texts.filter(|text| !text.is_empty()).collect()
    }
}

/// The key of a value of the matrix, of a text that is nothing else: `${{ matrix.os }}`.
fn only_matrix(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim();
    let key = inner.strip_prefix("matrix.")?;
    key.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-')).then_some(key)
}

impl Job<'_> {
    /// What a leg runs on; `None` for a call.
    #[must_use]
    pub fn runner(&self, leg: Option<&Leg>) -> Option<Runner> {
        let steps = self.steps()?;
        Some(
            steps
                .runs_on
                .as_ref()
                .map_or_else(Runner::default, |runs_on| Runner::of(runs_on, self.known(leg))),
        )
    }

    /// What its legs run on, each once, with the shell of a script that names none.
    #[must_use]
    pub fn runners(&self) -> Vec<(Runner, Option<String>)> {
        let mut runners: Vec<(Runner, Option<String>)> = Vec::new();
        for (leg, runner) in self.known_legs().filter_map(|leg| Some((leg, self.runner(leg)?))) {
            if !runners.iter().any(|(known, _)| *known == runner) {
                runners.push((runner, self.default_shell(leg)));
            }
        }
        runners
    }

    /// Whether a container surrounds the steps; an expression may come to none.
    #[must_use]
    pub fn has_container(&self) -> bool {
        self.steps().is_some_and(|steps| match &steps.container {
            Some(container) => match &container.value {
                Value::Literal(container) => {
                    container.image.is_none_or(|image| image.value != Value::Literal(""))
                }
                Value::Expression(_) => true,
            },
            None => false,
        })
    }

    /// The shell of a script of this job, in a leg.
    #[must_use]
    pub fn shell(&self, run: &Run<'_>, leg: Option<&Leg>) -> StepShell {
        match self.given_shell(run) {
            Some(Given { text, origin, is_of_all }) => {
                let name = if is_of_all { None } else { self::text(&text, self.known(leg)) };
                StepShell { name, origin }
            }
            None => StepShell { name: self.default_shell(leg), origin: Origin::Default },
        }
    }

    /// The shell that somebody names for a script; `None`: the system's.
    #[must_use]
    pub fn given_shell<'r>(&'r self, run: &'r Run<'_>) -> Option<Given<'r>> {
        self.given(run.shell, |defaults| defaults.shell)
    }

    /// The folder that somebody names for a script; `None`: the workspace.
    #[must_use]
    pub fn given_directory<'r>(&'r self, run: &'r Run<'_>) -> Option<Given<'r>> {
        self.given(run.working_directory, |defaults| defaults.working_directory)
    }

    /// What the step says, else the defaults of the job, else those of the workflow.
    fn given<'r>(
        &'r self,
        own: Option<Text<'r>>,
        of: fn(&RunDefaults<'r>) -> Option<Text<'r>>,
    ) -> Option<Given<'r>> {
        let own = own.map(|text| Given { text, origin: Origin::Step, is_of_all: false });
        let job = || default_of(self.steps()?.defaults.as_ref(), Origin::Job, of);
        let workflow = || default_of(self.workflow.defaults.as_ref(), Origin::Workflow, of);
        own.or_else(job).or_else(workflow)
    }

    /// The shell of scripts in a leg that name none.
    pub(super) fn default_shell(&self, leg: Option<&Leg>) -> Option<String> {
        let container = self.has_container();
        // Whatever the system is, a container has Linux.
        let system = if container { System::Linux } else { self.runner(leg)?.system? };
        shell::default(system, container).commands.first().map(|name| (*name).to_owned())
    }
}

impl Runner {
    fn of(runs_on: &RunsOn<'_>, known: Known<'_>) -> Self {
        let mut runner = match mapping(runs_on, known) {
            Some(mapping) => Self::of_mapping(&mapping),
            None => Self {
                labels: runs_on.labels.as_ref().and_then(|labels| texts(labels, known)),
                group: runs_on.group.as_ref().map(|group| text(group, known)),
                ..Self::default()
            },
        };
        let found = match &runner.labels {
            Some(labels) => system_of(labels),
            None => runs_on.labels.as_ref().and_then(either_way).map(|system| (system, true)),
        };
        if let Some((system, is_guess)) = found {
            (runner.system, runner.is_guess) = (Some(system), is_guess);
        }
        runner
    }

    /// What an expression gives is read as if it were written there (runner: `ConvertToRunsOn`).
    fn of_mapping(mapping: &Object) -> Self {
        let group = mapping.get("group").map(word);
        Self { labels: mapping.get("labels").and_then(words), group, ..Self::default() }
    }
}

/// The mapping that an expression gives for all of `runs-on`.
fn mapping(runs_on: &RunsOn<'_>, known: Known<'_>) -> Option<Arc<Object>> {
    let labels = runs_on.labels.as_ref().filter(|labels| labels.token == runs_on.token)?;
    let Value::Expression(evaluated) = &labels.value else { return None };
    match known.value(evaluated.expression())? {
        expression::Value::Object(mapping) => Some(mapping),
        _ => None,
    }
}

/// The system of labels, and whether only their words tell it.
fn system_of(labels: &[String]) -> Option<(System, bool)> {
    labels.iter().find_map(|label| match label::classify(label) {
        Label::Hosted(hosted) => Some((hosted.system, false)),
        _ => label::guess(label).system.map(|system| (system, true)),
    })
}

/// The system that an expression comes to whatever its conditions say: `x && 'macos-15' || fromJSON('["self-hosted", "macos"]')`.
fn either_way(labels: &Texts<'_>) -> Option<System> {
    let Value::Expression(evaluated) = &labels.value else { return None };
    let mut systems = outcomes(evaluated.expression().root()?)?.into_iter().map(|node| {
        let labels = match &node.kind {
            NodeKind::Literal(Literal::String(label)) => vec![label.clone()],
            NodeKind::Call { function: Function::FromJson, arguments, .. } => match arguments.as_slice() {
                [Node { kind: NodeKind::Literal(Literal::String(json)), .. }] => serde_json::from_str(json)
                    .or_else(|_| serde_json::from_str(json).map(|label| vec![label]))
                    .ok()?,
                _ => return None,
            },
            _ => return None,
        };
        system_of(&labels).map(|(system, _)| system)
    });
    let first = systems.next()??;
    systems.all(|system| system == Some(first)).then_some(first)
}

/// What an expression may come to: of `a && b || c`, `b` and `c`. `None` where it may be that no text is left.
fn outcomes(node: &Node) -> Option<Vec<&Node>> {
    match &node.kind {
        NodeKind::Or(operands) => {
            let (last, before) = operands.split_last()?;
            let before = before.iter().map(|operand| match &operand.kind {
                NodeKind::And(parts) => outcomes(parts.last()?),
                _ => outcomes(operand),
            });
            let mut all = before.collect::<Option<Vec<_>>>()?.concat();
            all.extend(outcomes(last)?);
            Some(all)
        }
        // Its first part may be what is left.
        NodeKind::And(_) => None,
        _ => Some(vec![node]),
    }
}

/// What `defaults` say.
fn default_of<'d>(
    defaults: Option<&Defaults<'d>>,
    origin: Origin,
    of: fn(&RunDefaults<'d>) -> Option<Text<'d>>,
) -> Option<Given<'d>> {
    let run = defaults?.run.as_ref()?;
    match &run.value {
        Value::Literal(defaults) => of(defaults).map(|text| Given { text, origin, is_of_all: false }),
        Value::Expression(all) => {
            let text = At { token: run.token, value: Value::Expression(all) };
            Some(Given { text, origin, is_of_all: true })
        }
    }
}

/// A text, if it is known in this leg.
pub(super) fn text(text: &Text<'_>, known: Known<'_>) -> Option<String> {
    match text.value {
        Value::Literal(text) => Some(text.to_owned()),
        Value::Expression(evaluated) => known.text(evaluated),
    }
}

fn texts(list: &Texts<'_>, known: Known<'_>) -> Option<Vec<String>> {
    match &list.value {
        Value::Literal(list) => list.iter().map(|item| text(item, known)).collect(),
        Value::Expression(evaluated) => words(&known.value(evaluated.expression())?),
    }
}

/// A text, or several.
fn words(value: &expression::Value) -> Option<Vec<String>> {
    match value {
        expression::Value::Array(array) => array.items().iter().map(word).collect(),
        value => Some(vec![word(value)?]),
    }
}

/// A text. GitHub refuses lists and mappings where it asks for one.
fn word(value: &expression::Value) -> Option<String> {
    value.is_primitive().then(|| value.to_text().into_owned())
}

#[cfg(test)]
mod tests {
    use crate::graph::Graph;
    use crate::model::Workflow;
    use crate::read::{Limits, read_workflow};
    use crate::values::shell::System;

    #[test]
    fn a_choice_between_runners_of_one_system_has_that_system() {
        let repository = "github.repository == 'a/b'";
        for (runs_on, expected) in [
            (format!("{repository} && 'depot-ubuntu-22.04-32' || 'ubuntu-latest'"), Some(System::Linux)),
            (format!("{repository} && 'x-macos-15' || 'macos-15'"), Some(System::MacOs)),
            (
                format!(
                    "{repository} && fromJSON('[\"self-hosted\", \"ondemand\", \"linux\"]') || 'ubuntu-22.04'"
                ),
                Some(System::Linux),
            ),
            (format!("{repository} && 'macos-15' || {repository} && 'windows-2025' || 'macos-15'"), None),
            (format!("{repository} && 'macos-15' || vars.RUNNER"), None),
            (format!("{repository} && 'macos-15'"), None),
            (format!("{repository} && 'gpu' || 'ubuntu-latest'"), None),
            ("vars.RUNNER || 'ubuntu-latest'".to_owned(), None),
        ] {
            let runs_on = runs_on.replace('"', "\\\"");
            let source = format!(
                "on: push\njobs: {{a: {{runs-on: \"${{{{ {runs_on} }}}}\", steps: [{{run: make}}]}}}}\n"
            );
            let document = read_workflow(source.as_str(), &Limits::default());
            let workflow = Workflow::of(&document);
            let graph = Graph::of(&workflow);
            assert_eq!(graph.jobs[0].runner(None).unwrap().system, expected, "{source}");
        }
    }

    #[test]
    fn what_an_expression_gives_is_read_as_if_it_were_written() {
        let of = |matrix: &str, runs_on: &str| {
            let source = format!(
                "on: push\njobs: {{a: {{strategy: {{matrix: {matrix}}}, runs-on: {runs_on}, steps: [{{run: make}}]}}}}\n"
            );
            let document = read_workflow(source.as_str(), &Limits::default());
            let workflow = Workflow::of(&document);
            assert_eq!(workflow.all_problems().next(), None, "{source}");
            Graph::of(&workflow).jobs[0].runners()
        };
        let by_matrix = |value: &str| of(&format!("{{os: [{value}]}}"), "'${{ matrix.os }}'");
        let written = |value: &str| of("{os: [x]}", value);
        for value in [
            "{group: g, labels: [windows-latest]}",
            "{group: g, labels: macos-15}",
            "{group: g}",
            "{labels: [self-hosted, linux]}",
            "[self-hosted, linux]",
            "windows-2025",
        ] {
            assert_eq!(by_matrix(value), written(value), "{value}");
        }
        let json = "\"${{ fromJSON('{\\\"group\\\":\\\"g\\\",\\\"labels\\\":[\\\"windows-latest\\\"]}') }}\"";
        let [(runner, shell)] = written(json).try_into().unwrap();
        assert_eq!((runner.group, runner.system), (Some(Some("g".to_owned())), Some(System::Windows)));
        assert_eq!(
            (runner.labels, shell.as_deref()),
            (Some(vec!["windows-latest".to_owned()]), Some("pwsh"))
        );
        // GitHub refuses these.
        for value in ["[{a: b}]", "{group: g, labels: [[a]]}", "{group: g, labels: {a: b}}"] {
            assert_eq!(by_matrix(value)[0].0.labels, None, "{value}");
        }
    }
}
