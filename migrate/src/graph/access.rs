//! Values of contexts that are not there, as far as a file tells.
//!
//! The rule is that of GitHub's editor (languageservices: languageservice/src/context-providers and
//! expression-validation/error-dictionary.ts): a name that a context cannot have is told, unless not all of its names are
//! known. That of `secrets` is ours: the editor does not know them.

use std::collections::{HashMap, HashSet};

use super::Family;
use super::actions::{Actions, Target};
use super::paths;
use super::placed::{Placed, step_ids};
use super::reads::{self, Read};
use crate::expression::{folded, same};
use crate::features::has_member;
use crate::model::call::{Link, Program};
use crate::model::{Action, EventKind, Job, JobKind, Mapping, Runs, Value, Workflow};
use crate::read::{Document, TokenId, TokenKind};
use crate::span::Span;

/// A value that is read and is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access<'d> {
    /// The scalar that reads it.
    pub token: TokenId,
    /// Where it stands.
    pub span: Span,
    /// The name that is not there.
    pub name: &'d str,
    /// Why.
    pub doubt: Doubt,
}

/// Why a value is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// No step has this id.
    NoSuchStep,
    /// The step runs later.
    LaterStep,
    /// The step runs in the background, and nothing waits for it before.
    NotWaitedFor,
    /// The job is not among `needs`.
    NotNeeded,
    /// No job has this id.
    NoSuchJob,
    /// The job has no output of this name.
    NoSuchOutput,
    /// No leg of the matrix has this key.
    NoSuchKey,
    /// There is no input of this name.
    NoSuchInput,
    /// The workflow can only be called, and names its secrets without this one.
    NoSuchSecret,
    /// The action has no output of this name.
    NotOfAction,
    /// The context has other things.
    NoSuchProperty,
    /// GitHub says all that the context has, and not this.
    NoSuchMember,
}

impl Doubt {
    /// What it says.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NoSuchStep => "no step of the job has this id",
            Self::LaterStep => "the step runs later",
            Self::NotWaitedFor => "the step runs in the background, and nothing waits for it before",
            Self::NotNeeded => "the job is not among needs",
            Self::NoSuchJob => "no job has this id",
            Self::NoSuchOutput => "the job has no output of this name",
            Self::NotOfAction => "the action has no output of this name",
            Self::NoSuchKey => "no leg of the matrix has this key",
            Self::NoSuchInput => "no input has this name",
            Self::NoSuchSecret => "the workflow names the secrets that it is called with, and not this one",
            Self::NoSuchProperty | Self::NoSuchMember => "nothing there is called so",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NoSuchStep => "no step here has this id: the value is empty",
            Self::LaterStep => "this step or a later one has the id, so the value is empty here",
            Self::NotWaitedFor => {
                "put a step with wait before this one: what a step in the background gives is there only then"
            }
            Self::NoSuchMember => "the context has nothing of this name: the value is empty",
            Self::NotNeeded => "add the job to needs: the value is empty without it",
            Self::NoSuchJob => "no job has this id: the value is empty",
            Self::NoSuchOutput => "declare it under outputs of that job: the value is empty without it",
            Self::NotOfAction => "declare it under outputs of the action: the value is empty without it",
            Self::NoSuchKey => "no leg of the matrix has this key: the value is empty",
            Self::NoSuchInput => "declare it under inputs: the value is empty without it",
            Self::NoSuchSecret => {
                "declare it under secrets of workflow_call; else it is empty but for callers with secrets: inherit"
            }
            Self::NoSuchProperty => {
                "what there is: result and outputs of a job, outputs, outcome and conclusion of a step"
            }
        }
    }
}

/// The outputs of called workflows, by the job that calls, in capitals; a job whose outputs are not known is absent.
pub type CallOutputs = HashMap<String, HashSet<String>>;

/// The outputs of the workflows that a file of a program calls.
#[must_use]
pub fn call_outputs(program: &Program<'_>, file: usize) -> CallOutputs {
    let jobs = program.workflows.get(file).map(|workflow| workflow.jobs.as_slice()).unwrap_or_default();
    let outputs = |job: &Job<'_>| {
        let JobKind::Call(call) = &job.kind else { return None };
        let Link::Workflow(called) = program.link(file, call) else { return None };
        let event = program.workflows.get(called)?.on.as_ref()?.call()?;
        let names = event.outputs.iter().map(|output| folded(output.name.value)).collect();
        Some((folded(job.id.value), names))
    };
    jobs.iter().filter_map(outputs).collect()
}

/// What a workflow reads that is not there.
#[must_use]
pub fn accesses<'d>(workflow: &'d Workflow<'d>, calls: &CallOutputs) -> Vec<Access<'d>> {
    let document = workflow.document;
    let mut names = Names::of(workflow, calls);
    let mut found = Vec::new();
    for (key, value) in document.root().into_iter().flat_map(|root| document.pairs(root)) {
        let key = document.text(key).unwrap_or_default();
        if key != "jobs" {
            let reads = reads::reads_of(document, value, key);
            tell(document, &reads, &mut found, |read| names.missing(read, &mut Body::default()));
        }
    }
    for job in &workflow.jobs {
        let mut body = Body { job: Some(job), ..Body::default() };
        tell(document, &reads::reads(document, job), &mut found, |read| names.missing(read, &mut body));
    }
    found
}

/// What an action reads that is not there.
#[must_use]
pub fn action_accesses<'d>(action: &'d Action<'d>) -> Vec<Access<'d>> {
    let calls = CallOutputs::new();
    let inputs = action.inputs.iter().map(|input| folded(input.name.value)).collect();
    let mut names = Names {
        document: action.document,
        jobs: HashMap::new(),
        inputs: Some(inputs),
        secrets: None,
        outputs: HashMap::new(),
        calls: &calls,
    };
    let steps = match action.runs.as_ref().map(|runs| &runs.value) {
        Some(Runs::Composite { steps, .. }) => steps.as_slice(),
        _ => &[],
    };
    let mut body = Body { steps: Some(step_ids(steps)), ..Body::default() };
    let mut found = Vec::new();
    tell(action.document, &reads::action_reads(action), &mut found, |read| names.missing(read, &mut body));
    found
}

/// What the first file of a family reads of steps whose action does not have it. A composite action gives what it declares;
/// others may set what they like.
#[must_use]
pub fn action_outputs<'d>(family: &Family<'d>, actions: &Actions<'_>) -> Vec<Access<'d>> {
    let Some(graph) = family.root() else { return Vec::new() };
    let mut given = HashMap::new();
    for used in actions.used(family).into_iter().filter(|used| used.file == 0) {
        let Target::Action(action) = used.target else { continue };
        let step = graph.job(used.at.job).and_then(|job| job.steps()?.steps.get(used.at.step));
        if let Some(id) = step.and_then(|step| step.id) {
            given.insert((used.at.job, folded(id.value)), action);
        }
    }
    let sets: Vec<_> = actions.models.iter().map(outputs_of).collect();
    let jobs: HashSet<_> = given.keys().map(|(job, _)| *job).collect();
    let document = graph.workflow.document;
    let mut found = Vec::new();
    for job in graph.jobs.iter().filter(|job| jobs.contains(&job.id)) {
        tell(document, &reads::reads(document, job.model), &mut found, |read| {
            let of_output = read.path.starts_with(&["steps"]) && same(read.path.name(2)?, "outputs");
            let output = read.path.name(3).filter(|name| of_output && *name != paths::ANY)?;
            let action = given.get(&(job.id, folded(read.path.name(1)?)))?;
            let known = sets.get(*action)?.as_ref()?;
            (!known.contains(&folded(output))).then_some((output, Doubt::NotOfAction))
        });
    }
    found
}

/// The outputs of a composite action.
fn outputs_of(action: &Action<'_>) -> Option<HashSet<String>> {
    let is_composite = matches!(action.runs.as_ref()?.value, Runs::Composite { .. });
    is_composite.then(|| action.outputs.iter().map(|output| folded(output.name.value)).collect())
}

fn tell<'d>(
    document: &'d Document,
    reads: &[Read<'d>],
    found: &mut Vec<Access<'d>>,
    mut missing: impl FnMut(&Read<'d>) -> Option<(&'d str, Doubt)>,
) {
    for read in reads {
        if let Some((name, doubt)) = missing(read) {
            found.push(Access { token: read.token, span: read.span(document), name, doubt });
        }
    }
}

/// The names that there are in a file. Sets hold them in capitals.
struct Names<'n, 'd> {
    document: &'d Document,
    jobs: HashMap<String, &'d Job<'d>>,
    /// `None`: not known.
    inputs: Option<HashSet<String>>,
    secrets: Option<HashSet<String>>,
    /// Outputs of jobs, by their ids, as far as they were asked for; `None`: not known.
    outputs: HashMap<String, Option<HashSet<String>>>,
    calls: &'n CallOutputs,
}

/// The names that there are in a job or action, made where they are asked for.
#[derive(Default)]
struct Body<'d> {
    job: Option<&'d Job<'d>>,
    needs: Option<HashSet<String>>,
    steps: Option<HashMap<String, Placed>>,
    /// The keys of the matrix; `None` in it: not known.
    matrix: Option<Option<HashSet<String>>>,
}

type Missing<'d> = Option<(&'d str, Doubt)>;

impl<'n, 'd> Names<'n, 'd> {
    fn of(workflow: &'d Workflow<'d>, calls: &'n CallOutputs) -> Self {
        Self {
            document: workflow.document,
            jobs: workflow.jobs.iter().map(|job| (folded(job.id.value), job)).collect(),
            inputs: inputs(workflow),
            secrets: secrets(workflow),
            outputs: HashMap::new(),
            calls,
        }
    }

    /// The name of a path that is not there.
    fn missing(&mut self, read: &Read<'d>, body: &mut Body<'d>) -> Missing<'d> {
        let name = read.path.name(1).filter(|name| *name != paths::ANY)?;
        let context = read.path.context();
        let is = |known: &str| context.eq_ignore_ascii_case(known);
        let lacks = |set: &HashSet<String>, doubt| (!set.contains(&folded(name))).then_some((name, doubt));
        if is("needs") {
            self.need(read, name, body)
        } else if is("steps") {
            step(read, name, body)
        } else if is("matrix") {
            let job = body.job?;
            lacks(body.matrix.get_or_insert_with(|| matrix(self.document, job)).as_ref()?, Doubt::NoSuchKey)
        } else if is("inputs") {
            lacks(self.inputs.as_ref()?, Doubt::NoSuchInput)
        } else if is("secrets") {
            // An environment has secrets of its own.
            let is_open = body.job.is_some_and(has_environment);
            lacks(self.secrets.as_ref().filter(|_| !is_open)?, Doubt::NoSuchSecret)
        } else if is("jobs") {
            let Some(job) = self.jobs.get(&folded(name)) else { return Some((name, Doubt::NoSuchJob)) };
            self.of_job(read, job)
        } else {
            (has_member(context, name) == Some(false)).then_some((name, Doubt::NoSuchMember))
        }
    }

    fn need(&mut self, read: &Read<'d>, name: &'d str, body: &mut Body<'d>) -> Missing<'d> {
        let job = body.job?;
        let needs =
            body.needs.get_or_insert_with(|| job.needs.iter().map(|need| folded(need.value)).collect());
        let id = folded(name);
        let other = self.jobs.get(&id).copied();
        match (needs.contains(&id), other) {
            (true, Some(other)) => self.of_job(read, other),
            // That there is no such job was told of needs.
            (true, None) => None,
            (false, Some(_)) => Some((name, Doubt::NotNeeded)),
            (false, None) => Some((name, Doubt::NoSuchJob)),
        }
    }

    /// `result` or an output of a job.
    fn of_job(&mut self, read: &Read<'d>, job: &'d Job<'d>) -> Missing<'d> {
        let property = read.path.name(2).filter(|name| *name != paths::ANY)?;
        if property.eq_ignore_ascii_case("result") {
            return None;
        }
        if !property.eq_ignore_ascii_case("outputs") {
            return Some((property, Doubt::NoSuchProperty));
        }
        let output = read.path.name(3).filter(|name| *name != paths::ANY)?;
        let id = folded(job.id.value);
        let calls = self.calls;
        let known = self.outputs.entry(id).or_insert_with_key(|id| match &job.kind {
            JobKind::Steps(steps) => keys(steps.outputs.as_ref()),
            JobKind::Call(_) => calls.get(id).cloned(),
        });
        (!known.as_ref()?.contains(&folded(output))).then_some((output, Doubt::NoSuchOutput))
    }
}

fn step<'d>(read: &Read<'d>, name: &'d str, body: &mut Body<'d>) -> Missing<'d> {
    let job = body.job;
    let steps = body.steps.get_or_insert_with(|| match job.map(|job| &job.kind) {
        Some(JobKind::Steps(steps)) => step_ids(&steps.steps),
        Some(JobKind::Call(_)) | None => HashMap::new(),
    });
    let Some(placed) = steps.get(&folded(name)) else { return Some((name, Doubt::NoSuchStep)) };
    if let Some(doubt) = placed.doubt(read.site) {
        return Some((name, doubt));
    }
    let property = read.path.name(2).filter(|name| *name != paths::ANY)?;
    let is_known = ["outputs", "outcome", "conclusion"].iter().any(|known| same(known, property));
    (!is_known).then_some((property, Doubt::NoSuchProperty))
}

/// The keys of a mapping; `None` where an expression gives some.
fn keys(mapping: Option<&Mapping<'_>>) -> Option<HashSet<String>> {
    match mapping.map(|mapping| &mapping.value) {
        None => Some(HashSet::new()),
        Some(Value::Expression(_)) => None,
        Some(Value::Literal(entries)) => {
            entries.iter().map(|entry| entry.key.value.text().map(folded)).collect()
        }
    }
}

/// The keys that a leg may have. Where there is no matrix, GitHub's editor says nothing.
fn matrix(document: &Document, job: &Job<'_>) -> Option<HashSet<String>> {
    let strategy = job.strategy.as_ref()?.value.literal()?;
    let matrix = strategy.matrix.as_ref().filter(|matrix| matrix.value.literal().is_some())?;
    let mut keys = HashSet::new();
    for (key, value) in document.pairs(matrix.token) {
        match document.text(key)? {
            "include" if document.token(value).kind == TokenKind::Sequence => {
                for item in document.children(value) {
                    keys.extend(included(document, item)?);
                }
            }
            "include" => return None,
            "exclude" => {}
            name => drop(keys.insert(folded(name))),
        }
    }
    Some(keys)
}

/// The keys of an item of `include`.
fn included(document: &Document, item: TokenId) -> Option<Vec<String>> {
    let is_mapping = document.token(item).kind == TokenKind::Mapping;
    let keys = document.pairs(item).map(|(key, _)| document.text(key).map(folded));
    if is_mapping { keys.collect() } else { None }
}

/// The inputs of all events that have some.
fn inputs(workflow: &Workflow<'_>) -> Option<HashSet<String>> {
    let mut names = HashSet::new();
    for event in &workflow.on.as_ref()?.list {
        let inputs = match &event.kind {
            EventKind::Dispatch(inputs) => inputs.as_slice(),
            EventKind::Call(call) => call.inputs.as_slice(),
            EventKind::Filtered(_) | EventKind::Schedule(_) => &[],
        };
        names.extend(inputs.iter().map(|input| folded(input.name.value)));
    }
    Some(names)
}

/// What every workflow has, or may have, for nothing.
const OWN_SECRETS: [&str; 3] = ["GITHUB_TOKEN", "ACTIONS_STEP_DEBUG", "ACTIONS_RUNNER_DEBUG"];

/// The secrets of a workflow that can only be called, where it names some.
fn secrets(workflow: &Workflow<'_>) -> Option<HashSet<String>> {
    let [event] = workflow.on.as_ref()?.list.as_slice() else { return None };
    let EventKind::Call(call) = &event.kind else { return None };
    let declared = call.secrets.iter().map(|secret| secret.name.value);
    (!call.secrets.is_empty()).then(|| declared.chain(OWN_SECRETS).map(folded).collect())
}

fn has_environment(job: &Job<'_>) -> bool {
    matches!(&job.kind, JobKind::Steps(steps) if steps.environment.is_some())
}
