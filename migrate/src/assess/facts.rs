//! What is in a workflow that a platform team asks for: actions, secrets, variables, environments, labels, rights, names of checks.

use std::collections::BTreeSet;

use super::mask::masked;
use super::name_set::NameSet;
use super::sight::WorkflowSight;
use crate::graph::flow::{self, Flow};
use crate::graph::paths::{Path, paths_of};
use crate::graph::{Job, RunJob};
use crate::model::Mapping;
use crate::script::{Need, UseKind};
use crate::values::permission::Level;

/// What is in a workflow, itself and not what it calls; each thing once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts<N = NameSet> {
    /// What starts it.
    pub events: N,
    /// What its steps and jobs use, as it is written.
    pub uses: N,
    /// Names of secrets, without the token that GitHub gives.
    pub secrets: N,
    /// Names of variables.
    pub variables: N,
    /// Environments, as they are written.
    pub environments: N,
    /// Labels of runners; expressions as they are written.
    pub labels: N,
    /// Programs of its scripts.
    pub tools: N,
    /// Whether a script is root by itself.
    pub has_sudo: bool,
    /// Whether it uses the token that GitHub gives.
    pub has_token: bool,
    /// Rights that a token is given: `contents: write`.
    pub rights: N,
    /// Names of its check runs, as far as they are known.
    pub checks: N,
    /// How many jobs there are.
    pub jobs: usize,
    /// How many steps there are.
    pub steps: usize,
}

/// The same, while it is found.
type Gathered = Facts<BTreeSet<String>>;

impl Facts {
    /// What is in the workflow that is looked at.
    #[must_use]
    pub fn of(workflow: &WorkflowSight<'_>) -> Self {
        let mut facts = Gathered::default();
        let Some(root) = workflow.family.root() else { return Self::default() };
        facts.events = workflow.events().iter().map(|event| event.name.value.to_owned()).collect();
        facts.mapping(root.workflow.env.as_ref());
        for job in &root.jobs {
            facts.job(job);
        }
        workflow.flows.first().into_iter().for_each(|flow| facts.flow(flow));
        workflow.jobs.iter().for_each(|run| facts.run(run));
        facts.kept()
    }
}

impl Gathered {
    /// As it is kept, without secrets that somebody wrote as one of these.
    fn kept(&self) -> Facts {
        let names = |names: &BTreeSet<String>| names.iter().map(|name| masked(name)).collect();
        Facts {
            events: names(&self.events),
            uses: names(&self.uses),
            secrets: names(&self.secrets),
            variables: names(&self.variables),
            environments: names(&self.environments),
            labels: names(&self.labels),
            tools: names(&self.tools),
            has_sudo: self.has_sudo,
            has_token: self.has_token,
            rights: names(&self.rights),
            checks: names(&self.checks),
            jobs: self.jobs,
            steps: self.steps,
        }
    }

    fn job(&mut self, job: &Job<'_>) {
        self.jobs += 1;
        let document = job.workflow.document;
        if let Some(call) = job.call() {
            self.uses.insert(call.uses.value.to_owned());
        }
        let Some(steps) = job.steps() else { return };
        self.steps += steps.steps.len();
        for (_, uses) in flow::uses(job) {
            self.uses.insert(uses.uses.value.to_owned());
        }
        if let Some(name) = steps.environment.as_ref().and_then(|environment| environment.name) {
            self.environments.insert(flow::written(document, name.token).to_owned());
        }
        for leg in job.known_legs() {
            match job.runner(leg).and_then(|runner| runner.labels) {
                Some(labels) => self.labels.extend(labels),
                None => self
                    .labels
                    .extend(steps.runs_on.as_ref().map(|on| flow::written(document, on.token).to_owned())),
            }
        }
    }

    fn flow(&mut self, flow: &Flow<'_>) {
        for read in flow.reads.iter().flatten() {
            self.path(&read.path);
        }
        for script in &flow.scripts {
            for used in &script.script.uses {
                if let UseKind::Tool(tool) = &used.kind {
                    self.has_sudo |= tool.elevated || tool.need() == Some(Need::Root);
                    self.tools.insert(tool.name.clone().into_owned());
                }
            }
        }
    }

    fn run(&mut self, run: &RunJob) {
        self.checks.extend(run.checks.iter().map(|check| check.text.clone()));
        for (scope, level) in run.permissions.given.iter().flat_map(|given| given.granted()) {
            if level != Level::None {
                self.rights.insert(format!("{}: {}", scope.name(), level.name()));
            }
        }
    }

    fn mapping(&mut self, mapping: Option<&Mapping<'_>>) {
        let entries = super::entries(mapping);
        for evaluated in entries.iter().filter_map(|entry| entry.value.value.expression()) {
            for path in paths_of(evaluated) {
                self.path(&path);
            }
        }
    }

    fn path(&mut self, path: &Path<'_>) {
        match (path.context().to_ascii_lowercase().as_str(), path.name(1)) {
            ("secrets", Some(name)) if name.eq_ignore_ascii_case("GITHUB_TOKEN") => self.has_token = true,
            ("secrets", Some(name)) => drop(self.secrets.insert(name.to_owned())),
            ("vars", Some(name)) => drop(self.variables.insert(name.to_owned())),
            ("github", Some(name)) if name.eq_ignore_ascii_case("token") => self.has_token = true,
            _ => {}
        }
    }
}
