//! Values that an attacker decides, on their way into scripts.
//!
//! A `${{ }}` is text that GitHub puts into a script before the shell reads it, so what an attacker words there is run. The
//! same value in a variable of the environment is harmless until a script writes it where GitHub reads it again. What a
//! script does in between is not followed: a value that it may pass on is said to be possible, not certain.

use super::script::StepScript;
use super::{StepAt, action, uses};
use crate::expression::{Evaluated, Function, Node, NodeKind, same};
use crate::graph::Graph;
use crate::graph::job::{Job, JobId};
use crate::graph::paths::{self, Path};
use crate::model::{Entry, Mapping, Scalar, Uses, Value};
use crate::read::TokenId;
use crate::script::untrusted::{Exposure, Untrusted, exposure, is_harmless};
use crate::script::{Access, Name, Quoting, RunnerFile, UseKind};
use crate::span::Span;

/// How often what is known is carried on at most: values pass from job to job.
const ROUNDS: usize = 8;

/// A value that an attacker decides, where it does harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taint<'d> {
    /// Where it comes from, and by which ways.
    pub cause: Cause<'d>,
    /// Where it does harm.
    pub sink: Sink,
}

/// Why a value is tainted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause<'d> {
    /// What is read: `github.event.issue.title`.
    pub path: Path<'d>,
    /// The entry of the table that says so.
    pub untrusted: &'static Untrusted,
    /// The scalars by which it passes, the first one where it is read.
    pub via: Vec<Hop>,
    /// Whether it certainly passes. A script may do anything with it.
    pub is_certain: bool,
}

/// A scalar by which a value passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hop {
    /// The file, by its number in the program; 0 of a workflow alone.
    pub file: usize,
    /// The scalar.
    pub token: TokenId,
}

/// What comes from the callers of a workflow.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'i, 'd> {
    /// The number of the file.
    pub file: usize,
    /// The events that start the workflow, or the one that all began with.
    pub events: &'i [&'i str],
    /// Inputs whose value an attacker decides.
    pub tainted: &'i [(&'d str, Cause<'d>)],
}

/// Tainted values that calls give to called workflows: the calling job, the input, and why.
pub type Passed<'d> = Vec<(JobId, &'d str, Cause<'d>)>;

/// A tainted value that a step gives to an action.
#[derive(Debug, Clone)]
pub struct GivenTaint<'d> {
    /// The step.
    pub at: StepAt,
    /// What it uses.
    pub uses: &'d Uses<'d>,
    /// The input.
    pub input: &'d str,
    /// Why.
    pub cause: Cause<'d>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Found<'d> {
    pub(super) taints: Vec<Taint<'d>>,
    pub(super) passed: Passed<'d>,
    pub(super) given: Vec<GivenTaint<'d>>,
}

/// Where a value does harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    /// In a script.
    Script {
        /// The step.
        at: StepAt,
        /// `run`
        token: TokenId,
        /// The `${{ }}`, in the text of the scalar.
        hole: Span,
        /// What is around it.
        quoting: Quoting,
    },
    /// In the script of `actions/github-script`.
    JavaScript {
        /// The step.
        at: StepAt,
        /// `with.script`
        token: TokenId,
        /// The `${{ }}`, in the text of the scalar.
        hole: Span,
    },
    /// In a file by which a script tells the runner what variables later steps have, or where they find programs.
    File {
        /// The step.
        at: StepAt,
        /// `run`
        token: TokenId,
        /// The file.
        file: RunnerFile,
        /// What writes it, in the text of the scalar.
        span: Span,
    },
}

impl Sink {
    /// The step.
    #[must_use]
    pub const fn at(&self) -> StepAt {
        match self {
            Self::Script { at, .. } | Self::JavaScript { at, .. } | Self::File { at, .. } => *at,
        }
    }

    /// The scalar, and the part of its text.
    #[must_use]
    pub const fn place(&self) -> (TokenId, Span) {
        match self {
            Self::Script { token, hole, .. } | Self::JavaScript { token, hole, .. } => (*token, *hole),
            Self::File { token, span, .. } => (*token, *span),
        }
    }
}

/// A value that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variable<'d> {
    WorkflowEnv(&'d str),
    JobEnv(JobId, &'d str),
    StepEnv(StepAt, &'d str),
    StepOutput(StepAt, &'d str),
    JobOutput(JobId, &'d str),
}

/// All harm that is seen, and what passes on to called workflows.
pub(super) fn taints<'d>(
    graph: &Graph<'d>,
    scripts: &[StepScript<'d>],
    inputs: &Inputs<'_, 'd>,
) -> Found<'d> {
    let mut tracer = Tracer { graph, scripts, inputs, known: Vec::new(), found: Found::default() };
    for _ in 0..ROUNDS {
        let before = tracer.known.len();
        tracer.found = Found::default();
        tracer.workflow();
        if tracer.known.len() == before {
            break;
        }
    }
    tracer.found
}

struct Tracer<'g, 'd> {
    graph: &'g Graph<'d>,
    scripts: &'g [StepScript<'d>],
    inputs: &'g Inputs<'g, 'd>,
    known: Vec<(Variable<'d>, Cause<'d>)>,
    found: Found<'d>,
}

/// Whose expression it is.
#[derive(Clone, Copy)]
struct Scope {
    job: Option<JobId>,
    step: Option<usize>,
}

impl<'d> Tracer<'_, 'd> {
    fn workflow(&mut self) {
        let workflow = self.graph.workflow;
        let nowhere = Scope { job: None, step: None };
        self.env(workflow.env.as_ref(), nowhere, Variable::WorkflowEnv);
        for job in &self.graph.jobs {
            self.job(job);
        }
    }

    fn job(&mut self, job: &Job<'d>) {
        let scope = Scope { job: Some(job.id), step: None };
        if let Some(call) = job.call() {
            self.call(job.id, &call.with, scope);
        }
        let Some(steps) = job.steps() else { return };
        self.env(steps.env.as_ref(), scope, |name| Variable::JobEnv(job.id, name));
        let scripts = self.scripts.iter().filter(|script| script.at.job == job.id);
        let mut scripts = scripts.peekable();
        let actions: Vec<_> = uses(job).collect();
        for (at, step) in steps.steps.iter().enumerate() {
            let at = StepAt { job: job.id, step: at };
            let scope = Scope { step: Some(at.step), ..scope };
            self.env(step.env.as_ref(), scope, |name| Variable::StepEnv(at, name));
            while let Some(script) = scripts.next_if(|script| script.at == at) {
                self.script(script, scope);
            }
            for (_, uses) in actions.iter().filter(|(step, _)| *step == at.step) {
                if action(uses).is_some_and(|(name, _)| name == "actions/github-script") {
                    self.javascript(uses.with.as_ref(), at, scope);
                } else {
                    self.inputs_of(uses, at, scope);
                }
            }
        }
        if let Some(outputs) = &steps.outputs
            && let Value::Literal(entries) = &outputs.value
        {
            for entry in entries {
                let (Some(name), Scalar::Expression(value)) = (entry.key.value.text(), entry.value.value)
                else {
                    continue;
                };
                self.assign(Variable::JobOutput(job.id, name), value, entry.value.token, scope);
            }
        }
    }

    fn call(&mut self, job: JobId, with: &'d [Entry<'d>], scope: Scope) {
        for entry in with {
            let (Some(name), Scalar::Expression(value)) = (entry.key.value.text(), entry.value.value) else {
                continue;
            };
            if let Some(cause) = self.cause_of(value, scope) {
                self.found.passed.push((job, name, self.by(cause, entry.value.token)));
            }
        }
    }

    fn env(&mut self, env: Option<&Mapping<'d>>, scope: Scope, variable: impl Fn(&'d str) -> Variable<'d>) {
        let Some(Value::Literal(entries)) = env.map(|env| &env.value) else { return };
        for entry in entries {
            if let (Some(name), Scalar::Expression(value)) = (entry.key.value.text(), entry.value.value) {
                self.assign(variable(name), value, entry.value.token, scope);
            }
        }
    }

    fn assign(&mut self, variable: Variable<'d>, value: &'d Evaluated, token: TokenId, scope: Scope) {
        if let Some(cause) = self.cause_of(value, scope) {
            self.learn(variable, self.by(cause, token));
        }
    }

    fn cause_of(&self, value: &'d Evaluated, scope: Scope) -> Option<Cause<'d>> {
        value.parts.iter().find_map(|part| self.cause(part.expression.root()?, scope, false))
    }

    /// By one scalar more.
    fn by(&self, mut cause: Cause<'d>, token: TokenId) -> Cause<'d> {
        let hop = Hop { file: self.inputs.file, token };
        if cause.via.last() != Some(&hop) {
            cause.via.push(hop);
        }
        cause
    }

    fn learn(&mut self, variable: Variable<'d>, cause: Cause<'d>) {
        match self.known.iter_mut().find(|(known, _)| *known == variable) {
            // Certainty may come later than doubt, by another way.
            Some((_, known)) if !known.is_certain && cause.is_certain => *known = cause,
            Some(_) => {}
            None => self.known.push((variable, cause)),
        }
    }

    fn script(&mut self, script: &StepScript<'d>, scope: Scope) {
        let token = script.run.script.token;
        let mut inside: Vec<(Span, Cause<'d>)> = Vec::new();
        if let Value::Expression(evaluated) = script.run.script.value {
            for part in &evaluated.parts {
                let cause = part.expression.root().and_then(|root| self.cause(root, scope, false));
                let Some(cause) = cause else { continue };
                let hole = script.script.holes.iter().find(|hole| hole.span == part.outer);
                let quoting = hole.map_or(Quoting::Unknown, |hole| hole.quoting);
                let sink = Sink::Script { at: script.at, token, hole: part.outer, quoting };
                let cause = self.by(cause, token);
                self.found.taints.push(Taint { cause: cause.clone(), sink });
                inside.push((part.outer, cause));
            }
        }
        for used in &script.script.uses {
            if let UseKind::Variable(name, Access::Read) = &used.kind
                && let Some(cause) = self.env_value(name, scope)
            {
                inside.push((used.span, self.by(cause, token)));
            }
        }
        if !inside.is_empty() {
            self.written(script, &inside);
        }
    }

    /// What a script writes to files of the runner that may hold what is inside it.
    fn written(&mut self, script: &StepScript<'d>, inside: &[(Span, Cause<'d>)]) {
        let document = self.graph.workflow.document;
        let (token, text) = (script.run.script.token, super::written(document, script.run.script.token));
        for used in &script.script.uses {
            let (file, name) = match &used.kind {
                UseKind::Sets(file, Name::Known(name)) => (*file, text_of(text, used.span, name)),
                UseKind::Sets(file, Name::Dynamic) => (*file, paths::ANY),
                UseKind::File(RunnerFile::Path, crate::script::FileAccess::Write) => {
                    (RunnerFile::Path, paths::ANY)
                }
                _ => continue,
            };
            let near = inside.iter().find(|(span, _)| line_of(text, *span) == line_of(text, used.span));
            let Some((_, cause)) = near.or_else(|| inside.first()) else { continue };
            let mut cause = cause.clone();
            cause.is_certain &= near.is_some();
            match file {
                RunnerFile::Output => self.learn(Variable::StepOutput(script.at, name), cause),
                RunnerFile::Env | RunnerFile::Path if cause.is_certain => {
                    if file == RunnerFile::Env {
                        self.learn(Variable::JobEnv(script.at.job, name), cause.clone());
                    }
                    let sink = Sink::File { at: script.at, token, file, span: used.span };
                    self.found.taints.push(Taint { cause, sink });
                }
                _ => {}
            }
        }
    }

    /// What a step gives to an action.
    fn inputs_of(&mut self, uses: &'d Uses<'d>, at: StepAt, scope: Scope) {
        let Some(Value::Literal(entries)) = uses.with.as_ref().map(|with| &with.value) else { return };
        for entry in entries {
            let (Some(input), Scalar::Expression(value)) = (entry.key.value.text(), entry.value.value) else {
                continue;
            };
            if let Some(cause) = self.cause_of(value, scope) {
                let cause = self.by(cause, entry.value.token);
                self.found.given.push(GivenTaint { at, uses, input, cause });
            }
        }
    }

    fn javascript(&mut self, with: Option<&Mapping<'d>>, at: StepAt, scope: Scope) {
        let Some(Value::Literal(entries)) = with.map(|with| &with.value) else { return };
        let Some(script) = crate::model::value_of(entries, "script") else { return };
        let Scalar::Expression(evaluated) = script.value else { return };
        for part in &evaluated.parts {
            if let Some(cause) = part.expression.root().and_then(|root| self.cause(root, scope, false)) {
                let sink = Sink::JavaScript { at, token: script.token, hole: part.outer };
                let cause = self.by(cause, script.token);
                self.found.taints.push(Taint { cause, sink });
            }
        }
    }

    /// Why the value of a node is tainted, if it is.
    fn cause(&self, node: &'d Node, scope: Scope, as_json: bool) -> Option<Cause<'d>> {
        tainted(node, as_json, &|path, as_json| self.value(path, scope, as_json))
    }

    fn value(&self, path: Path<'d>, scope: Scope, as_json: bool) -> Option<Cause<'d>> {
        let (name, what) = (path.name(1).unwrap_or(paths::ANY), path.name(2).unwrap_or(paths::ANY));
        let output = path.name(3).unwrap_or(paths::ANY);
        if path.starts_with(&["github"]) {
            return self.event_value(path, as_json);
        }
        if path.starts_with(&["env"]) {
            return self.env_value(name, scope);
        }
        if path.starts_with(&["inputs"]) {
            return self
                .inputs
                .tainted
                .iter()
                .find(|(known, _)| fits(known, name))
                .map(|(_, cause)| cause.clone());
        }
        if !what.eq_ignore_ascii_case("outputs") {
            return None;
        }
        if path.starts_with(&["needs"]) {
            let job = self.graph.job_named(name)?.id;
            return self.output(
                |known| matches!(known, Variable::JobOutput(of, out) if of == job && fits(out, output)),
            );
        }
        if path.starts_with(&["steps"]) {
            let job = self.graph.job(scope.job?)?;
            let step =
                job.steps()?.steps.iter().position(|step| step.id.is_some_and(|id| same(id.value, name)))?;
            let at = StepAt { job: job.id, step };
            return self.output(
                |known| matches!(known, Variable::StepOutput(of, out) if of == at && fits(out, output)),
            );
        }
        None
    }

    fn output(&self, is: impl Fn(Variable<'d>) -> bool) -> Option<Cause<'d>> {
        self.known.iter().find(|(known, _)| is(*known)).map(|(_, cause)| cause.clone())
    }

    fn event_value(&self, path: Path<'d>, as_json: bool) -> Option<Cause<'d>> {
        let untrusted = match exposure(&path.names)? {
            Exposure::Value(untrusted) => untrusted,
            Exposure::Holds(untrusted) if as_json => untrusted,
            Exposure::Holds(_) => return None,
        };
        // Whoever calls a workflow gives it the event; where nobody is known, any may come.
        let carries = |event: &&str| *event == "workflow_call" || untrusted.events().contains(event);
        let is_carried = self.inputs.events.iter().any(carries);
        is_carried.then(|| Cause { path, untrusted, via: Vec::new(), is_certain: true })
    }

    /// A variable of the environment: the innermost of that name counts.
    fn env_value(&self, name: &str, scope: Scope) -> Option<Cause<'d>> {
        let is = |known: Variable<'d>, layer: usize| match (known, layer) {
            (Variable::StepEnv(at, own), 0) => {
                Some(at.job) == scope.job && Some(at.step) == scope.step && own == name
            }
            (Variable::JobEnv(job, own), 1) => Some(job) == scope.job && fits(own, name),
            (Variable::WorkflowEnv(own), 2) => own == name,
            _ => false,
        };
        (0..3).find_map(|layer| {
            let found = self.known.iter().find(|(known, _)| is(*known, layer));
            found.map(|(_, cause)| cause.clone())
        })
    }
}

/// What taints the value of a node, if anything does. Only what can be part of the value counts: not what decides which value
/// it is, nor what is true or false. `value` is asked for each value of a context, and whether it stands in `toJSON`, where a
/// whole object is text.
pub(in crate::graph) fn tainted<'e, T>(
    node: &'e Node,
    as_json: bool,
    value: &dyn Fn(Path<'e>, bool) -> Option<T>,
) -> Option<T> {
    match &node.kind {
        NodeKind::Literal(_) | NodeKind::Wildcard | NodeKind::Not(_) | NodeKind::Compare { .. } => None,
        NodeKind::And(operands) => tainted(operands.last()?, as_json, value),
        NodeKind::Or(operands) => operands.iter().find_map(|operand| tainted(operand, as_json, value)),
        NodeKind::Call { function, name, arguments } => match function {
            _ if function.status().is_some() || *function == Function::HashFiles || is_harmless(name) => None,
            Function::Case => {
                let last = arguments.len().saturating_sub(1);
                let mut values = arguments.iter().enumerate().filter(|(at, _)| at % 2 == 1 || *at == last);
                values.find_map(|(_, argument)| tainted(argument, as_json, value))
            }
            _ => {
                let as_json = as_json || *function == Function::ToJson;
                arguments.iter().find_map(|argument| tainted(argument, as_json, value))
            }
        },
        NodeKind::NamedValue(_) | NodeKind::Index { .. } => {
            let base = bottom(node);
            if !matches!(base.kind, NodeKind::NamedValue(_)) {
                return tainted(base, as_json, value);
            }
            let mut found = Vec::new();
            paths::collect(node, &mut found);
            value(found.into_iter().next()?, as_json)
        }
    }
}

/// What stands below all indices.
fn bottom(mut node: &Node) -> &Node {
    while let NodeKind::Index { base, .. } = &node.kind {
        node = base;
    }
    node
}

/// Whether names may be the same.
fn fits(known: &str, name: &str) -> bool {
    known == paths::ANY || name == paths::ANY || same(known, name)
}

/// A name as it stands in the text, so that it lives as long as that.
fn text_of<'d>(text: &'d str, span: Span, name: &str) -> &'d str {
    let part = span.of(text);
    part.find(name).and_then(|at| part.get(at..at + name.len())).unwrap_or(paths::ANY)
}

/// How many lines end before a part of a text.
fn line_of(text: &str, span: Span) -> usize {
    text.get(..span.start).unwrap_or_default().bytes().filter(|byte| *byte == b'\n').count()
}
