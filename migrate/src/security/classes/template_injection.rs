//! Text that becomes a part of a script before the shell reads it.

use std::collections::HashSet;

use crate::expression::{Evaluated, Node, Part};
use crate::graph::flow::written;
use crate::model::{At, EventKind, InputType, Mapping, Scalar, StepKind, Value, value_of};
use crate::read::{Document, TokenId};
use crate::script::untrusted::is_untrusted;
use crate::security::class::{Check, Class, Severity};
use crate::security::found::Found;
use crate::security::harmless::is_harmless;
use crate::security::names::{given, names};
use crate::security::sight::{FileSight, JobSight, StepSight};
use crate::security::sites::Place;
use crate::span::Span;

/// The check.
pub(super) const CHECK: &dyn Check = &TemplateInjection;

struct TemplateInjection;

const CLASS: Class = Class {
    id: "template-injection",
    title: "text becomes a part of a script",
    why: "GitHub puts the value of ${{ }} into a script before the shell reads it, quotes and all. Whoever words the value \
          writes the script.",
    remedy: "give it to the script as a variable: env: {TITLE: ${{ ... }}}, and use \"$TITLE\"",
    severity: Severity::High,
};

/// Inputs of actions that are run as a script, of CodeQL's models of actions and zizmor's list.
const SINKS: [(&str, &[&str]); 18] = [
    ("8398a7/action-slack", &["custom_payload"]),
    ("actions/github-script", &["script"]),
    ("addnab/docker-run-action", &["options", "run"]),
    ("amadevus/pwsh-script", &["script"]),
    ("appleboy/ssh-action", &["script"]),
    ("azure/cli", &["inlineScript"]),
    ("azure/powershell", &["inlineScript"]),
    ("cardinalby/js-eval-action", &["expression"]),
    ("devorbitus/yq-action-output", &["cmd"]),
    ("gautamkrishnar/blog-post-workflow", &["item_exec"]),
    ("imjohnbo/issue-bot", &["body", "linked-comments-previous-issue-text", "linked-comments-new-issue-text"]),
    ("jannekem/run-python-script-action", &["script"]),
    ("lucasbento/auto-close-issues", &["issue-close-message"]),
    ("mikefarah/yq", &["cmd"]),
    ("roots/issue-closer-action", &["issue-close-message", "pr-close-message"]),
    ("sergeysova/jq-action", &["cmd"]),
    ("skitionek/notify-microsoft-teams", &["overwrite"]),
    ("tibdex/backport", &["body_template", "head_template", "labels_template", "title_template"]),
];

impl Check for TemplateInjection {
    fn class(&self) -> &'static Class {
        &CLASS
    }

    fn job(&self, file: &FileSight<'_, '_>, job: &JobSight<'_, '_>, found: &mut Found<'_>) {
        let mut matrix = None;
        for step in &job.steps {
            for (token, evaluated) in scripts(step) {
                let evaluated = evaluated.into_iter().flat_map(|evaluated| &evaluated.parts);
                let mut worst = None;
                for part in evaluated {
                    let matrix = matrix.get_or_insert_with(|| Matrix::of(file.document(), job));
                    let around = Around { file, job, step, matrix };
                    worst = worst.max(around.look(token, part, found));
                }
                found.site(Place::Step(job.shape, step.at), worst);
            }
        }
    }
}

/// The scripts of a step, and what is evaluated in them.
fn scripts<'d>(step: &StepSight<'_, 'd>) -> Vec<(TokenId, Option<&'d Evaluated>)> {
    match &step.step.kind {
        StepKind::Run(run) => vec![(run.script.token, run.script.value.expression())],
        StepKind::Uses(uses) => {
            let entries = uses.with.as_ref().and_then(|with| with.value.literal());
            let sinks = SINKS.iter().find(|(action, _)| *action == step.action).map(|(_, inputs)| *inputs);
            let inputs = entries.into_iter().flat_map(|entries| {
                sinks.unwrap_or_default().iter().filter_map(|input| value_of(entries, input))
            });
            inputs.map(|At { token, value }| (token, value.expression())).collect()
        }
        _ => Vec::new(),
    }
}

/// Where a script stands.
struct Around<'a, 'w, 'd> {
    file: &'a FileSight<'w, 'd>,
    job: &'a JobSight<'w, 'd>,
    step: &'a StepSight<'w, 'd>,
    matrix: &'a Matrix,
}

impl Around<'_, '_, '_> {
    /// Looks at an expression of a script; how bad the worst of it is.
    fn look(&self, token: TokenId, part: &Part, found: &mut Found<'_>) -> Option<Severity> {
        let mut values = Vec::new();
        part.expression.root().into_iter().for_each(|root| given(root, &mut values));
        let area = self.file.span(self.step.step.token);
        let mut worst = None;
        for value in values {
            let Some(severity) = self.judge(value) else { continue };
            let within = Span::new(part.inner.start + value.span.start, part.inner.start + value.span.end);
            let document = self.file.document();
            let span = document.tree().place_in(document.token(token).node, within);
            if found.finding(severity, span, value.span.of(part.expression.source()), &[area]) {
                worst = worst.max(Some(severity));
            }
        }
        worst
    }

    /// How bad it is that a value becomes a part of a script; `None` where it is not.
    fn judge(&self, value: &Node) -> Option<Severity> {
        let Some(names) = names(value) else { return Some(Severity::Informational) };
        if is_harmless(&names) {
            return None;
        }
        let tail = if let [_, tail] = names.as_slice() { Some(tail.as_str()) } else { None };
        match names.first().map(String::as_str) {
            Some("secrets") => None,
            Some("inputs") => self.input(tail),
            Some("env") => (!self.is_written_env(tail)).then_some(Severity::Low),
            Some("github") => {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                Some(if is_untrusted(&names) { Severity::High } else { Severity::Medium })
            }
            Some("matrix") => self.matrix.severity(&names),
            _ => Some(Severity::Informational),
        }
    }

    /// An input is as bad as its worst type: a caller and a person may give one of the same name.
    fn input(&self, name: Option<&str>) -> Option<Severity> {
        let inputs = self.file.events().iter().flat_map(|event| match &event.kind {
            EventKind::Call(call) => call.inputs.as_slice(),
            EventKind::Dispatch(inputs) => inputs.as_slice(),
            EventKind::Filtered(_) | EventKind::Schedule(_) => &[],
        });
        let same = inputs.filter(|input| name.is_some_and(|name| input.name.value.eq_ignore_ascii_case(name)));
        let mut kinds = same.map(|input| input.kind).peekable();
        if kinds.peek().is_none() {
            return Some(Severity::Low);
        }
        kinds.any(|kind| kind == InputType::String).then_some(Severity::Medium)
    }

    /// Whether a variable is the runner's own, or written in the file without anything to evaluate.
    fn is_written_env(&self, name: Option<&str>) -> bool {
        let Some(name) = name else { return false };
        if is_runners(name) {
            return true;
        }
        let of_job = self.job.with_steps().and_then(|job| job.env.as_ref());
        let all = [self.step.step.env.as_ref(), of_job, self.file.workflow.env.as_ref()];
        all.into_iter().flatten().find_map(|env| written_in(env, name)).unwrap_or(false)
    }
}

/// Whether a variable is written in a mapping without anything to evaluate; `None` where it is not there.
fn written_in(env: &Mapping<'_>, name: &str) -> Option<bool> {
    match &env.value {
        Value::Expression(_) => Some(false),
        Value::Literal(entries) => {
            value_of(entries, name).map(|value| !matches!(value.value, Scalar::Expression(_)))
        }
    }
}

/// Variables that the runner sets itself. `CI` can be set by anybody.
fn is_runners(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let github = name.strip_prefix("GITHUB_").is_some_and(|rest| GITHUB.binary_search(&rest).is_ok());
    github || name.strip_prefix("RUNNER_").is_some_and(|rest| RUNNER.contains(&rest))
}

const RUNNER: [&str; 7] = ["ARCH", "DEBUG", "ENVIRONMENT", "NAME", "OS", "TEMP", "TOOL_CACHE"];

const GITHUB: [&str; 34] = [
    "ACTION",
    "ACTIONS",
    "ACTION_PATH",
    "ACTION_REPOSITORY",
    "ACTOR",
    "ACTOR_ID",
    "API_URL",
    "BASE_REF",
    "ENV",
    "EVENT_NAME",
    "EVENT_PATH",
    "GRAPHQL_URL",
    "HEAD_REF",
    "JOB",
    "OUTPUT",
    "PATH",
    "REF",
    "REF_NAME",
    "REF_PROTECTED",
    "REF_TYPE",
    "REPOSITORY",
    "REPOSITORY_ID",
    "REPOSITORY_OWNER",
    "REPOSITORY_OWNER_ID",
    "RUN_ATTEMPT",
    "RUN_ID",
    "RUN_NUMBER",
    "SERVER_URL",
    "SHA",
    "TRIGGERING_ACTOR",
    "WORKFLOW",
    "WORKFLOW_REF",
    "WORKFLOW_SHA",
    "WORKSPACE",
];

/// Which values of a job's matrix are worked out in the run.
enum Matrix {
    /// There is none, so GitHub has no value for it.
    None,
    /// All of them.
    All,
    /// Those with these names, in small letters with dots between.
    Some(HashSet<String>),
}

impl Matrix {
    fn of(document: &Document, job: &JobSight<'_, '_>) -> Self {
        let Some(strategy) = &job.job.strategy else { return Self::None };
        let Value::Literal(strategy) = &strategy.value else { return Self::All };
        let Some(matrix) = &strategy.matrix else { return Self::None };
        let Value::Literal(matrix) = &matrix.value else { return Self::All };
        let mut found = HashSet::new();
        for axis in &matrix.axes {
            let path = format!("matrix.{}", axis.name.value.text().unwrap_or_default().to_lowercase());
            match &axis.values.value {
                Value::Literal(values) => {
                    values.iter().for_each(|value| evaluated(document, *value, &path, &mut found));
                }
                Value::Expression(_) => drop(found.insert(path)),
            }
        }
        let include = matrix.include.as_ref().and_then(|include| include.value.literal());
        for row in include.into_iter().flatten() {
            evaluated(document, *row, "matrix", &mut found);
        }
        Self::Some(found)
    }

    fn severity(&self, names: &[String]) -> Option<Severity> {
        let is_evaluated = match self {
            Self::None => false,
            Self::All => true,
            Self::Some(paths) => paths.contains(&names.join(".")),
        };
        is_evaluated.then_some(Severity::Medium)
    }
}

/// Adds the ways to all that has to be evaluated below a value. Items of a list have the way of the list.
fn evaluated(document: &Document, token: TokenId, path: &str, found: &mut HashSet<String>) {
    let mut is_mapping = false;
    for (key, value) in document.pairs(token) {
        is_mapping = true;
        let path = format!("{path}.{}", written(document, key).to_lowercase());
        evaluated(document, value, &path, found);
    }
    if is_mapping {
        return;
    }
    document.children(token).for_each(|item| evaluated(document, item, path, found));
    if document.template(token).is_some() {
        found.insert(path.to_owned());
    }
}
