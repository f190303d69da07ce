//! The way through a workflow or an action, in the order in which things run.

use std::collections::HashMap;

use super::known::{Holder, Known};
use super::{ActionTaint, Around, Effect, Found, Given, Inputs, KnownActions, Taint, User};
use crate::expression::{Evaluated, folded};
use crate::graph::Graph;
use crate::graph::flow::script::StepScript;
use crate::graph::flow::{StepAt, action};
use crate::graph::job::{Job, JobId};
use crate::graph::paths::{ANY, Path};
use crate::model::{Action, Entry, Key, Mapping, Runs, Scalar, Step, StepKind, Strategy, Uses, Value};
use crate::read::{Document, TokenId, TokenKind};
use crate::script::untrusted::given_by;
use crate::span::Span;

/// Nobody knows an action.
pub(in crate::graph) struct NoActions;

impl<'d> KnownActions<'d> for NoActions {
    fn effect(&self, _: User<'_, 'd>, _: &'d Uses<'d>, _: Given<'d>, _: Around<'_>) -> Effect<'d> {
        Effect::default()
    }
}

/// A workflow or an action, and what is known of it so far.
pub(super) struct Body<'g, 'd> {
    pub(super) document: &'d Document,
    /// Its number.
    pub(super) file: usize,
    /// `None` of an action.
    pub(super) graph: Option<&'g Graph<'d>>,
    /// The number of the action.
    action: usize,
    pub(super) around: Around<'g>,
    actions: &'g dyn KnownActions<'d>,
    pub(super) known: Known<'d>,
    /// Jobs and steps by their ids.
    pub(super) jobs: HashMap<String, JobId>,
    pub(super) steps: HashMap<(JobId, String), usize>,
    pub(super) found: Found<'d>,
    /// What does harm in actions that are used here.
    harm: Vec<(usize, Taint<'d>)>,
}

/// Whose expression it is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scope {
    pub(super) job: Option<JobId>,
    pub(super) step: Option<usize>,
}

impl Scope {
    const fn of_job(job: JobId) -> Self {
        Self { job: Some(job), step: None }
    }

    const fn of_step(at: StepAt) -> Self {
        Self { job: Some(at.job), step: Some(at.step) }
    }
}

/// The place of the steps of an action.
const ONLY: JobId = JobId(0);

impl<'g, 'd> Body<'g, 'd> {
    pub(super) fn new(
        document: &'d Document,
        file: usize,
        graph: Option<&'g Graph<'d>>,
        around: Around<'g>,
        actions: &'g dyn KnownActions<'d>,
    ) -> Self {
        let jobs = graph.map(|graph| graph.jobs.as_slice()).unwrap_or_default();
        Self {
            document,
            file,
            graph,
            action: 0,
            around,
            actions,
            known: Known::default(),
            jobs: jobs.iter().map(|job| (folded(job.model.id.value), job.id)).collect(),
            steps: HashMap::new(),
            found: Found::default(),
            harm: Vec::new(),
        }
    }

    pub(super) fn workflow(
        &mut self,
        graph: &Graph<'d>,
        scripts: &[StepScript<'d>],
        inputs: &Inputs<'_, 'd>,
    ) {
        for (name, cause) in inputs.tainted {
            self.known.learn(Holder::Input, name, cause.clone());
        }
        for (job, name, cause) in inputs.returned {
            self.known.learn(Holder::JobOutput(*job), name, cause.clone());
        }
        let workflow = graph.workflow;
        self.mapping(workflow.env.as_ref(), Scope::default(), Holder::WorkflowEnv);
        for job in in_order(&graph.jobs) {
            let from = scripts.partition_point(|script| script.at.job < job.id);
            let to = scripts.partition_point(|script| script.at.job <= job.id);
            self.job(job, scripts.get(from..to).unwrap_or_default());
        }
        let outputs = workflow.on.as_ref().and_then(|on| on.call()).map(|call| call.outputs.as_slice());
        for output in outputs.unwrap_or_default() {
            let Some(value) = output.value else { continue };
            let cause =
                value.value.expression().and_then(|it| self.scalar(it, value.token, Scope::default()));
            self.found.outputs.extend(cause.map(|cause| (output.name.value, cause)));
        }
    }

    pub(super) fn action(
        &mut self,
        action: &'d Action<'d>,
        number: usize,
        scripts: &[StepScript<'d>],
        given: Given<'d>,
    ) -> Effect<'d> {
        self.action = number;
        for (name, cause) in given.inputs {
            self.known.learn(Holder::Input, name, cause);
        }
        for (name, cause) in given.env {
            self.known.learn(Holder::WorkflowEnv, name, cause);
        }
        let is_given = |name: &str| given.names.iter().any(|given| crate::expression::same(given, name));
        for input in action.inputs.iter().filter(|input| !is_given(input.name.value)) {
            let Some(default) = input.default else { continue };
            let value = default.value.expression();
            if let Some(cause) = value.and_then(|it| self.scalar(it, default.token, Scope::default())) {
                self.known.learn(Holder::Input, input.name.value, cause);
            }
        }
        if let Some(Runs::Composite { steps, .. }) = action.runs.as_ref().map(|runs| &runs.value) {
            self.steps(None, steps, ONLY, scripts);
        }
        let mut outputs = Vec::new();
        for output in &action.outputs {
            let Some(value) = output.value else { continue };
            let cause =
                value.value.expression().and_then(|it| self.scalar(it, value.token, Scope::of_job(ONLY)));
            outputs.extend(cause.map(|cause| (output.name.value, cause)));
        }
        let own = std::mem::take(&mut self.found.taints).into_iter().map(|taint| (number, taint));
        let harm = own.chain(std::mem::take(&mut self.harm)).collect();
        Effect { outputs, env: self.known.all(Holder::JobEnv(ONLY)).to_vec(), harm }
    }

    fn job(&mut self, job: &Job<'d>, scripts: &[StepScript<'d>]) {
        let scope = Scope::of_job(job.id);
        if let Some(strategy) = &job.model.strategy {
            self.matrix(strategy.token, &strategy.value, job.id);
        }
        if let Some(call) = job.call() {
            self.call(job.id, &call.with, scope);
        }
        let Some(steps) = job.steps() else { return };
        self.mapping(steps.env.as_ref(), scope, Holder::JobEnv(job.id));
        self.steps(Some(job), &steps.steps, job.id, scripts);
        self.mapping(steps.outputs.as_ref(), scope, Holder::JobOutput(job.id));
    }

    /// The keys of a matrix. What an expression gives as a whole may have any.
    fn matrix(&mut self, token: TokenId, strategy: &Value<'d, Strategy<'d>>, job: JobId) {
        let scope = Scope::of_job(job);
        let matrix = match strategy {
            Value::Expression(_) => token,
            Value::Literal(strategy) => match &strategy.matrix {
                Some(matrix) => matrix.token,
                None => return,
            },
        };
        if let Some(whole) = self.document.template(matrix) {
            return self.assign(Holder::Matrix(job), ANY, whole, matrix, scope);
        }
        let pairs: Vec<_> = self.document.pairs(matrix).collect();
        for (key, value) in pairs {
            match self.document.text(key).unwrap_or(ANY) {
                "exclude" => {}
                "include" if self.document.token(value).kind == TokenKind::Sequence => {
                    let items: Vec<_> = self.document.children(value).collect();
                    items.into_iter().for_each(|item| self.included(item, job));
                }
                "include" => self.all_of(ANY, value, job),
                name => self.all_of(name, value, job),
            }
        }
    }

    fn included(&mut self, item: TokenId, job: JobId) {
        if self.document.template(item).is_some() {
            return self.all_of(ANY, item, job);
        }
        let pairs: Vec<_> = self.document.pairs(item).collect();
        for (key, value) in pairs {
            self.all_of(self.document.text(key).unwrap_or(ANY), value, job);
        }
    }

    fn all_of(&mut self, key: &'d str, value: TokenId, job: JobId) {
        if let Some(cause) = self.below(value, Scope::of_job(job)) {
            self.known.learn(Holder::Matrix(job), key, cause);
        }
    }

    fn call(&mut self, job: JobId, with: &'d [Entry<'d>], scope: Scope) {
        let passed = self.tainted_of(with, scope);
        self.found.passed.extend(passed.into_iter().map(|(name, cause)| (job, name, cause)));
    }

    /// The values of these that are tainted.
    fn tainted_of(&self, entries: &'d [Entry<'d>], scope: Scope) -> super::Named<'d> {
        let tainted = |entry: &'d Entry<'d>| match (entry.key.value, entry.value.value) {
            (Key::Text(name), Scalar::Expression(value)) => {
                Some((name, self.scalar(value, entry.value.token, scope)?))
            }
            _ => None,
        };
        entries.iter().filter_map(tainted).collect()
    }

    /// `env` or `outputs`; an expression for all of it may give any name.
    fn mapping(&mut self, mapping: Option<&'d Mapping<'d>>, scope: Scope, holder: Holder) {
        match mapping.map(|mapping| (&mapping.value, mapping.token)) {
            Some((Value::Literal(entries), _)) => {
                let tainted = self.tainted_of(entries, scope);
                for name in entries.iter().filter_map(|entry| entry.key.value.text()) {
                    self.known.hide(holder, name);
                }
                for (name, cause) in tainted {
                    self.known.learn(holder, name, cause);
                }
            }
            Some((Value::Expression(whole), token)) => self.assign(holder, ANY, whole, token, scope),
            None => {}
        }
    }

    fn assign(&mut self, holder: Holder, name: &'d str, value: &'d Evaluated, token: TokenId, scope: Scope) {
        if let Some(cause) = self.scalar(value, token, scope) {
            self.known.learn(holder, name, cause);
        }
    }

    fn steps(&mut self, of: Option<&Job<'d>>, steps: &'d [Step<'d>], job: JobId, scripts: &[StepScript<'d>]) {
        let mut scripts = scripts.iter().peekable();
        for (at, step) in steps.iter().enumerate() {
            let at = StepAt { job, step: at };
            let inner = if let StepKind::Parallel(inner) = &step.kind { inner.as_slice() } else { &[] };
            for step in std::iter::once(step).chain(inner) {
                if let Some(id) = step.id {
                    self.steps.entry((job, folded(id.value))).or_insert(at.step);
                }
                self.mapping(step.env.as_ref(), Scope::of_step(at), Holder::StepEnv(at));
            }
            while let Some(script) = scripts.next_if(|script| script.at == at) {
                self.script(script, Scope::of_step(at));
            }
            for step in std::iter::once(step).chain(inner) {
                if let StepKind::Uses(uses) = &step.kind {
                    self.uses(of, uses, at);
                }
            }
        }
    }

    fn uses(&mut self, job: Option<&Job<'d>>, uses: &'d Uses<'d>, at: StepAt) {
        let scope = Scope::of_step(at);
        let name = action(uses).map(|(name, _)| name);
        let entries = match uses.with.as_ref().map(|with| &with.value) {
            Some(Value::Literal(entries)) => entries.as_slice(),
            Some(Value::Expression(_)) | None => &[],
        };
        if name.as_deref() == Some("actions/github-script") {
            return self.javascript(entries, at, scope);
        }
        for (output, untrusted) in name.iter().flat_map(|name| given_by(name)) {
            if self.is_carried(untrusted) {
                let path = Path { names: vec![untrusted.path], span: Span::new(0, 0) };
                let cause = super::Cause { path, untrusted, via: super::Way::default(), is_certain: true };
                self.known.learn(Holder::StepOutput(at), output, self.by(cause, uses.uses.token));
            }
        }
        let given = Given {
            names: entries.iter().filter_map(|entry| entry.key.value.text()).collect(),
            inputs: self.tainted_of(entries, scope),
            env: self.env_of(at),
        };
        let user = job.map_or(User::Action(self.action), |job| User::Job(self.file, job, at.step));
        let effect = self.actions.effect(user, uses, given, self.around);
        for (name, cause) in effect.outputs {
            self.known.learn(Holder::StepOutput(at), name, self.by(cause, uses.uses.token));
        }
        for (name, cause) in effect.env {
            self.known.learn(Holder::JobEnv(at.job), name, self.by(cause, uses.uses.token));
        }
        if self.graph.is_none() {
            return self.harm.extend(effect.harm);
        }
        let in_actions = effect.harm.into_iter();
        self.found.in_actions.extend(in_actions.map(|(action, Taint { cause, sink })| ActionTaint {
            cause,
            at,
            action,
            sink,
        }));
    }

    /// The variables that a step has, the innermost first.
    fn env_of(&self, at: StepAt) -> super::Named<'d> {
        let holders = [Holder::StepEnv(at), Holder::JobEnv(at.job), Holder::WorkflowEnv];
        let names = holders.into_iter().flat_map(|holder| self.known.all(holder)).map(|(name, _)| *name);
        let scope = Scope::of_step(at);
        names.filter_map(|name| Some((name, self.env_value(name, scope)?))).collect()
    }
}

/// Jobs behind those that they wait for; those in a circle last.
fn in_order<'j, 'd>(jobs: &'j [Job<'d>]) -> Vec<&'j Job<'d>> {
    let mut left: Vec<usize> = jobs.iter().map(|job| job.needs.len()).collect();
    let mut waiting: Vec<Vec<&Job<'d>>> = vec![Vec::new(); jobs.len()];
    for job in jobs {
        for need in &job.needs {
            waiting.get_mut(need.index()).into_iter().for_each(|waiting| waiting.push(job));
        }
    }
    let mut order: Vec<&Job<'d>> = jobs.iter().filter(|job| job.needs.is_empty()).collect();
    let mut at = 0;
    while let Some(done) = order.get(at) {
        at += 1;
        for job in waiting.get_mut(done.id.index()).map(std::mem::take).unwrap_or_default() {
            if let Some(left) = left.get_mut(job.id.index()) {
                *left -= 1;
                if *left == 0 {
                    order.push(job);
                }
            }
        }
    }
    let in_circle = jobs.iter().filter(|job| left.get(job.id.index()).is_some_and(|left| *left > 0));
    order.extend(in_circle);
    order
}
