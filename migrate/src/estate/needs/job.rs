//! What stands in one job, with the steps of composite actions in their places.

use std::collections::BTreeSet;

use super::Kind;
use super::collect::{Things, is_token};
use crate::assess::{FileAt, JobSight, StepSight, UsedSight, entries};
use crate::graph::flow::written;
use crate::graph::paths::paths_of;
use crate::graph::{Local, Site, Target, reads_of};
use crate::model::call::{Home, Reference};
use crate::model::{Runs, Step, StepKind, Value};
use crate::script::{Need, Tool};
use crate::values::image;
use crate::values::uses::StepUses;

/// Programs that change the node, not the container.
const NODE: [&str; 5] = ["mount", "umount", "modprobe", "sysctl", "iptables"];

/// Rules of actions that use the identity of a job.
const IDENTITY: [&str; 2] = ["cloud-oidc", "keep-identity"];

/// What a job that is written needs, by numbers.
pub(super) fn look_at_job(sight: &JobSight<'_>, things: &mut Things) -> Vec<u32> {
    let mut look = Look { sight, things, found: BTreeSet::new() };
    look.call();
    look.reads();
    look.surroundings();
    look.labels();
    sight.steps(&mut |step| look.step(step));
    look.identity();
    look.found.into_iter().collect()
}

struct Look<'l, 's> {
    sight: &'l JobSight<'s>,
    things: &'l mut Things,
    found: BTreeSet<u32>,
}

impl Look<'_, '_> {
    fn need(&mut self, kind: Kind, name: impl Into<String>) {
        self.found.insert(self.things.number(kind, name, ""));
    }

    /// The workflow that it calls.
    fn call(&mut self) {
        let around = self.sight.workflow.family.program.bundle.files().get(self.sight.run.file);
        let target = self.sight.job.call().and_then(|call| call.target);
        if let (Some(around), Some(target)) = (around, target) {
            let called = around.reference.called(&target);
            self.found.insert(self.things.reference(Kind::LocalWorkflow, Kind::Workflow, &called));
        }
    }

    /// What its expressions read, and those of the workflow's `env`.
    fn reads(&mut self) {
        let (file, job) = (self.sight.run.file, self.sight.run.job);
        let reads = self.sight.workflow.flows.get(file).and_then(|flow| flow.reads.get(job.index()));
        for read in reads.into_iter().flatten() {
            self.found.extend(self.things.setting(&read.path));
            if is_token(&read.path) {
                let reader = self.reader(read.site);
                self.need(Kind::Token, reader);
            }
        }
        let Some(steps) = self.sight.job.steps() else { return };
        let env = entries(self.sight.job.workflow.env.as_ref());
        for evaluated in env.iter().filter_map(|entry| entry.value.value.expression()) {
            for path in paths_of(evaluated) {
                self.found.extend(self.things.setting(&path));
                if is_token(&path) {
                    self.need(Kind::Token, "env of the workflow");
                }
            }
        }
        if let Some(name) = steps.environment.as_ref().and_then(|environment| environment.name) {
            self.need(Kind::Environment, written(self.sight.job.workflow.document, name.token));
        }
    }

    /// Who reads a value.
    fn reader(&self, site: Site<'_>) -> String {
        match site {
            Site::Step(at) => {
                let step = self.sight.job.steps().and_then(|steps| steps.steps.get(at));
                step.map_or_else(|| "a step".to_owned(), step_name)
            }
            Site::Output(_) => "outputs of the job".to_owned(),
            Site::Key(key) => format!("{key} of the job"),
        }
    }

    /// Containers and services.
    fn surroundings(&mut self) {
        let Some(steps) = self.sight.job.steps() else { return };
        if self.sight.job.has_container() {
            self.need(Kind::Docker, "container of a job");
        }
        if steps.services.is_some() {
            self.need(Kind::Docker, "services of a job");
        }
        for container in self.sight.containers() {
            if let Some(text) = container.image.as_ref().and_then(|image| image.value.literal()) {
                self.image(text);
            }
        }
        let sight = self.sight;
        sight.given(&mut |_, given| {
            // A folder is of one machine: only rights with a name are told.
            if let Some(right) = given.right().filter(|right| *right == given.name) {
                self.need(Kind::Privileged, right);
            }
        });
        if self.sight.volumes().any(|(_, volume)| volume.contains("docker.sock")) {
            self.need(Kind::Docker, "docker.sock");
        }
    }

    fn image(&mut self, text: &str) {
        let text = text.strip_prefix("docker://").unwrap_or(text);
        if text.is_empty() {
            return;
        }
        let (name, version) = match image::container(text) {
            Ok(image) => {
                let registry =
                    image.registry.map(|registry| format!("{}/", registry.text)).unwrap_or_default();
                let version = image.digest.or(image.tag).map_or("", |version| version.text);
                (format!("{registry}{}", image.name.text), version)
            }
            Err(_) => (text.to_owned(), ""),
        };
        self.found.insert(self.things.number(Kind::Image, name, version));
    }

    fn labels(&mut self) {
        for leg in self.sight.job.known_legs() {
            match self.sight.job.runner(leg).and_then(|runner| runner.labels) {
                Some(labels) => {
                    labels.into_iter().for_each(|label| self.need(Kind::Label, label.to_ascii_lowercase()));
                }
                None => {
                    let texts = self.sight.job.runs_on_texts(leg);
                    texts.into_iter().for_each(|text| self.need(Kind::Label, on_text(text)));
                }
            }
        }
    }

    fn step(&mut self, step: &StepSight<'_>) {
        if let Some(used) = &step.used {
            self.uses(step, used);
        }
        for (tool, span) in step.tools().filter(|(tool, _)| !tool.probed) {
            self.tool(tool, &|| step.is_without_daemon(span));
        }
        if matches!(step.file, FileAt::Action(_)) {
            // What the steps of a job read is known already.
            for read in reads_of(step.document, step.step.token, "") {
                if is_token(&read.path) {
                    self.need(Kind::Token, step_name(step.step));
                }
            }
        }
    }

    fn tool(&mut self, tool: &Tool<'_>, is_of_client: &dyn Fn() -> bool) {
        let name = tool.name.rsplit(['/', '\\']).next().unwrap_or_default();
        match tool.need() {
            Some(Need::ContainerEngine) if !is_of_client() => self.need(Kind::Docker, name),
            Some(Need::LocalCluster) => self.need(Kind::Cluster, name),
            Some(Need::Root) if NODE.contains(&name) => self.need(Kind::Privileged, name),
            Some(Need::Root) => self.need(Kind::Root, name),
            _ => {}
        }
        if tool.elevated {
            self.need(Kind::Root, "sudo");
        }
        if name == "cosign" && self.sight.has_oidc() {
            self.need(Kind::Identity, name);
        }
    }

    fn uses(&mut self, step: &StepSight<'_>, used: &UsedSight<'_>) {
        if let Some(image) = used.image() {
            self.need(Kind::Docker, "image of a step");
            self.image(image);
        } else if let Some(number) = self.action(step, used) {
            self.found.insert(number);
        }
        match used.known.and_then(|known| known.rule.as_deref()) {
            Some("docker-daemon") => self.need(Kind::Docker, used.name()),
            Some("nested-cluster") => self.need(Kind::Cluster, used.name()),
            Some(rule) if IDENTITY.contains(&rule) && self.sight.has_oidc() => {
                self.need(Kind::Identity, used.name());
            }
            _ => {}
        }
        if let Some(Target::Action(action)) = used.target {
            self.metadata(step, action);
        }
    }

    /// What the metadata of an action tells.
    fn metadata(&mut self, step: &StepSight<'_>, action: usize) {
        let Some(model) = self.sight.workflow.actions.models.get(action) else { return };
        if let Some(Runs::Docker(_)) = model.runs.as_ref().map(|runs| &runs.value) {
            self.need(Kind::Docker, "action in a container");
        }
        for input in &model.inputs {
            let Some(Value::Expression(default)) = input.default.map(|default| default.value) else {
                continue;
            };
            let is_default = step.input(input.name.value).is_none();
            if is_default && paths_of(default).iter().any(is_token) {
                self.need(Kind::Token, step_name(step.step));
            }
        }
    }

    /// The action that a step uses.
    fn action(&mut self, step: &StepSight<'_>, used: &UsedSight<'_>) -> Option<u32> {
        let reference = match (used.uses.target?, &used.local) {
            (StepUses::Docker(_), _) => return None,
            (StepUses::Repository(repository), _) => Reference {
                repository: Some(Home {
                    owner: repository.owner.text.to_owned(),
                    name: repository.name.text.to_owned(),
                    reference: repository.reference.text.to_owned(),
                }),
                path: repository.folders().collect::<Vec<_>>().join("/"),
            },
            (StepUses::SelfRepository(path), _) => {
                Reference { repository: self.repository(step.file), path: path.text.to_owned() }
            }
            (StepUses::Workspace(_), Some(Local::Other { repository, reference, path })) => {
                let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
                let reference = reference.unwrap_or_default().to_owned();
                let home = Home { owner: owner.to_owned(), name: name.to_owned(), reference };
                Reference { repository: Some(home), path: path.clone() }
            }
            (StepUses::Workspace(_), Some(Local::Own { path, .. })) => Reference::local(path.as_str()),
            (StepUses::Workspace(path), _) => Reference::local(path.text),
        };
        Some(self.things.reference(Kind::LocalAction, Kind::Action, &reference))
    }

    /// The repository of a file; `None` for the one of the workflow that is assessed.
    fn repository(&self, file: FileAt) -> Option<Home> {
        let workflow = self.sight.workflow;
        let reference = match file {
            FileAt::Workflow(at) => {
                workflow.family.program.bundle.files().get(at).map(|file| &file.reference)
            }
            FileAt::Action(at) => workflow.actions.folder(at),
        };
        reference.and_then(|reference| reference.repository.clone())
    }

    /// A job that may ask who it is, and of which nobody knows what for.
    fn identity(&mut self) {
        if !self.sight.has_oidc() || self.sight.job.steps().is_none() {
            return;
        }
        let is_known = self.found.iter().any(|number| self.things.kind(*number) == Some(Kind::Identity));
        if !is_known {
            self.need(Kind::Identity, "nobody that is known");
        }
    }
}

/// Whether it is an expression: it stays as it is written, and a label that is written is one in any case.
fn on_text(text: &str) -> String {
    if text.contains("${{") { text.to_owned() } else { text.to_ascii_lowercase() }
}

/// How a step is called that gets something.
fn step_name(step: &Step<'_>) -> String {
    match &step.kind {
        StepKind::Uses(uses) => {
            let name = uses.uses.value;
            name.split('@').next().unwrap_or(name).to_ascii_lowercase()
        }
        StepKind::Run(_) => "a script".to_owned(),
        _ => "a step".to_owned(),
    }
}
