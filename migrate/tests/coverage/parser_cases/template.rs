//! A workflow as GitHub's parsers write it.

use towpath_migrate::expression::Condition;
use towpath_migrate::model::call::{Link, Program};
use towpath_migrate::model::{
    At, Call, Container, EventKind, Job, JobKind, Mapping, Secrets, Step, StepKind, StepsJob, Value,
    Workflow, step_ids,
};
use towpath_migrate::read::{Document, TokenId, TokenKind};
use towpath_migrate::values::permission::{Permissions, Scope};

use super::case::Options;
use super::events;
use super::json::Json;

type Pairs = Vec<(&'static str, Json)>;

pub(crate) fn write(program: &Program<'_>, options: &Options) -> Json {
    let writer = Writer { program, options, file: 0 };
    let root = program.root().expect("a workflow");
    writer.workflow(root)
}

#[derive(Clone, Copy)]
struct Writer<'w, 'd> {
    program: &'w Program<'d>,
    options: &'w Options,
    file: usize,
}

impl<'d> Writer<'_, 'd> {
    fn workflow(&self, workflow: &Workflow<'d>) -> Json {
        let mut pairs = Vec::new();
        if self.options.only_typescript {
            pairs.push(("events", events::write(workflow)));
        } else {
            pairs.extend(input_types(workflow));
        }
        let permissions = workflow.permissions.as_ref().map(|given| given.levels);
        pairs.extend(permissions.map(|levels| ("permissions", scopes(&levels))));
        pairs.extend(self.optional("concurrency", workflow.concurrency.as_ref().map(|part| part.token)));
        pairs.extend(self.optional("env", workflow.env.as_ref().map(|part| part.token)));
        pairs.extend(self.optional("defaults", workflow.defaults.as_ref().map(|part| part.token)));
        pairs.push(("jobs", self.jobs(workflow, permissions)));
        if self.options.include_source {
            let mut names: Vec<_> =
                self.program.bundle.files().iter().map(|file| file.name.clone()).collect();
            if self.options.is_partial_rerun {
                names.sort();
            }
            pairs.push(("file-table", Json::Array(names.into_iter().map(Json::Text).collect())));
        }
        Json::Object(pairs)
    }

    fn jobs(&self, workflow: &Workflow<'d>, inherited: Option<Permissions>) -> Json {
        Json::Array(workflow.jobs.iter().map(|job| self.job(job, inherited)).collect())
    }

    fn job(&self, job: &Job<'d>, inherited: Option<Permissions>) -> Json {
        let (kind, is_call) = match &job.kind {
            JobKind::Steps(_) => ("job", false),
            JobKind::Call(_) => ("reusableWorkflowJob", true),
        };
        let mut pairs = vec![("type", Json::text(kind)), ("id", self.token(job.id.token))];
        let name = job.name.filter(|name| name.value.literal() != Some(&""));
        pairs.push(("name", self.token(name.map_or(job.id.token, |name| name.token))));
        if is_call || !job.needs.is_empty() {
            let needs = job.needs.iter().map(|need| self.token(need.token)).collect();
            pairs.push(("needs", Json::Array(needs)));
        }
        pairs.push(("if", self.condition(job.condition.as_ref())));
        let permissions = job.permissions.as_ref().map(|given| given.levels).or(inherited);
        match &job.kind {
            JobKind::Steps(steps) => self.steps_job(&mut pairs, job, steps, permissions),
            JobKind::Call(call) => self.call(&mut pairs, job, call, permissions),
        }
        Json::Object(pairs)
    }

    fn steps_job(
        &self,
        pairs: &mut Pairs,
        job: &Job<'d>,
        steps: &StepsJob<'d>,
        permissions: Option<Permissions>,
    ) {
        pairs.extend(self.optional("strategy", job.strategy.as_ref().map(|part| part.token)));
        pairs.extend(self.optional("continue-on-error", steps.continue_on_error.map(|part| part.token)));
        pairs.extend(self.optional("timeout-minutes", steps.timeout_minutes.map(|part| part.token)));
        pairs.extend(
            self.optional("cancel-timeout-minutes", steps.cancel_timeout_minutes.map(|part| part.token)),
        );
        pairs.extend(self.optional("concurrency", job.concurrency.as_ref().map(|part| part.token)));
        pairs.extend(permissions.map(|levels| ("permissions", scopes(&levels))));
        pairs.extend(self.optional("env", steps.env.as_ref().map(|part| part.token)));
        pairs.extend(self.optional("environment", steps.environment.as_ref().map(|part| part.token)));
        pairs.extend(self.optional("defaults", steps.defaults.as_ref().map(|part| part.token)));
        pairs.extend(self.optional("runs-on", steps.runs_on.as_ref().map(|part| part.token)));
        pairs.extend(self.optional(
            "container",
            steps.container.as_ref().map(|part: &At<Value<'_, Container<'_>>>| part.token),
        ));
        pairs.extend(self.optional("services", steps.services.as_ref().map(|part| part.token)));
        pairs.extend(self.optional("outputs", steps.outputs.as_ref().map(|part: &Mapping<'_>| part.token)));
        if !steps.steps.is_empty() {
            let ids = step_ids(&steps.steps);
            let steps = steps.steps.iter().zip(ids).map(|(step, id)| self.step(step, &id)).collect();
            pairs.push(("steps", Json::Array(steps)));
        }
        pairs.extend(self.optional("snapshot", steps.snapshot.as_ref().map(|part| part.token)));
    }

    fn call(&self, pairs: &mut Pairs, job: &Job<'d>, call: &Call<'d>, permissions: Option<Permissions>) {
        pairs.push(("ref", self.token(call.uses.token)));
        let link = if let Link::Workflow(called) = self.program.link(self.file, call) {
            Some((Self { file: called, ..*self }, self.program.workflows.get(called).unwrap()))
        } else {
            None
        };
        let event = link.and_then(|(inner, workflow)| Some((inner, workflow.on.as_ref()?.call()?)));
        let defined =
            |key, token: Option<TokenId>| event.and_then(|(inner, _)| Some((key, inner.token(token?))));
        let own = link.and_then(|(_, workflow)| workflow.permissions.as_ref()).map(|given| given.levels);
        let permissions = own.or(permissions);
        pairs.extend(permissions.map(|levels| ("permissions", scopes(&levels))));
        pairs.extend(defined("input-definitions", event.and_then(|(_, event)| event.inputs_token)));
        pairs.extend(self.optional("input-values", call.with_token));
        pairs.extend(defined("secret-definitions", event.and_then(|(_, event)| event.secrets_token)));
        match &call.secrets {
            Secrets::None => {}
            Secrets::Inherit(_) => pairs.push(("inherit-secrets", Json::Boolean(true))),
            Secrets::Given(given) => pairs.push(("secret-values", self.token(given.token))),
        }
        pairs.extend(defined("outputs", event.and_then(|(_, event)| event.outputs_token)));
        pairs.extend(self.optional("concurrency", job.concurrency.as_ref().map(|part| part.token)));
        pairs.extend(self.optional("strategy", job.strategy.as_ref().map(|part| part.token)));
        let jobs = link.map(|(inner, workflow)| inner.jobs(workflow, permissions));
        pairs.push(("jobs", jobs.unwrap_or(Json::Array(Vec::new()))));
    }

    fn step(&self, step: &Step<'d>, id: &str) -> Json {
        let mut pairs = vec![("id", Json::text(id))];
        let synthetic = match step.kind {
            StepKind::Wait(_) => Some("Wait"),
            StepKind::WaitAll(_) => Some("Wait for all"),
            StepKind::Cancel(_) => Some("Cancel"),
            _ => None,
        };
        let name = step.name.map(|name| self.token(name.token));
        pairs.extend(name.or_else(|| synthetic.map(Json::text)).map(|name| ("name", name)));
        if synthetic.is_none() {
            pairs.push(("if", self.condition(step.condition.as_ref())));
        }
        pairs.extend(self.optional("continue-on-error", step.continue_on_error.map(|part| part.token)));
        pairs.extend(self.optional("timeout-minutes", step.timeout_minutes.map(|part| part.token)));
        pairs.extend(self.optional("env", step.env.as_ref().map(|part| part.token)));
        match &step.kind {
            StepKind::Run(run) => {
                pairs
                    .extend(self.optional("working-directory", run.working_directory.map(|part| part.token)));
                pairs.extend(self.optional("shell", run.shell.map(|part| part.token)));
                pairs.push(("run", self.token(run.script.token)));
            }
            StepKind::Uses(uses) => {
                pairs.push(("uses", self.token(uses.uses.token)));
                pairs.extend(self.optional("with", uses.with.as_ref().map(|part| part.token)));
            }
            StepKind::Wait(targets) => {
                let targets = targets.iter().map(|target| self.token(target.token)).collect();
                pairs.push(("wait", Json::Array(targets)));
            }
            StepKind::WaitAll(_) => pairs.push(("wait-all", Json::Boolean(true))),
            StepKind::Cancel(target) => pairs.push(("cancel", self.token(target.token))),
            StepKind::Parallel(_) | StepKind::Unknown => panic!("no published case has it"),
        }
        pairs.extend(step.background.map(|flag| ("background", Json::Boolean(flag.value))));
        Json::Object(pairs)
    }

    fn optional(&self, key: &'static str, token: Option<TokenId>) -> Option<(&'static str, Json)> {
        token.map(|token| (key, self.token(token)))
    }

    fn condition(&self, condition: Option<&At<Box<Condition>>>) -> Json {
        let (token, source) = match condition {
            Some(condition) => (Some(condition.token), condition.value.expression.source()),
            None => (None, "success()"),
        };
        let mut pairs = vec![("type", Json::Number(3.0))];
        pairs.extend(token.into_iter().flat_map(|token| self.place(token)));
        pairs.push(("expr", Json::text(source)));
        Json::Object(pairs)
    }

    fn document(&self) -> &'d Document {
        &self.program.bundle.files().get(self.file).unwrap().document
    }

    fn place(&self, token: TokenId) -> Pairs {
        if !self.options.include_source {
            return Vec::new();
        }
        let document = self.document();
        let tree = document.tree();
        let place = tree.place(tree.full_span(document.token(token).node).start);
        let number = |value: usize| Json::Number(f64::from(u32::try_from(value).unwrap()));
        vec![("file", number(self.file + 1)), ("line", number(place.line)), ("col", number(place.column))]
    }

    fn token(&self, token: TokenId) -> Json {
        let document = self.document();
        let (kind, key, value) = match document.token(token).kind {
            TokenKind::Null => (7.0, "", Json::Null),
            TokenKind::Boolean(value) => (5.0, "bool", Json::Boolean(value)),
            TokenKind::Number(value) => (6.0, "num", Json::Number(value)),
            TokenKind::String(_) => (0.0, "lit", Json::text(document.text(token).unwrap())),
            TokenKind::Expression(_) => {
                let template = document.template(token).unwrap();
                (3.0, "expr", Json::text(template.expression().source()))
            }
            TokenKind::Insert => (4.0, "directive", Json::text("insert")),
            TokenKind::Sequence => {
                let items = document.children(token).map(|item| self.token(item)).collect();
                (1.0, "seq", Json::Array(items))
            }
            TokenKind::Mapping => {
                let pair =
                    |(key, value)| Json::Object(vec![("Key", self.token(key)), ("Value", self.token(value))]);
                (2.0, "map", Json::Array(document.pairs(token).map(pair).collect()))
            }
        };
        let is_literal = matches!(value, Json::Null) || ["bool", "num", "lit"].contains(&key);
        if is_literal && !self.options.include_source {
            return value;
        }
        let mut pairs = vec![("type", Json::Number(kind))];
        pairs.extend(self.place(token));
        if !key.is_empty() {
            pairs.push((key, value));
        }
        Json::Object(pairs)
    }
}

/// The types of the inputs of `workflow_dispatch`.
fn input_types(workflow: &Workflow<'_>) -> Option<(&'static str, Json)> {
    let dispatch = workflow.on.as_ref()?.get("workflow_dispatch")?;
    let EventKind::Dispatch(inputs) = &dispatch.kind else { return None };
    let types = inputs.iter().map(|input| (input.name.value.to_owned(), Json::text(input.kind.name())));
    (!inputs.is_empty()).then(|| ("input-types", Json::Map(types.collect())))
}

/// Permissions in the order in which GitHub writes them: by name.
fn scopes(levels: &Permissions) -> Json {
    let mut scopes: Vec<_> =
        levels.granted().map(|(scope, level): (Scope, _)| (scope.name(), Json::text(level.name()))).collect();
    scopes.sort_by_key(|(name, _)| *name);
    Json::Object(scopes)
}
