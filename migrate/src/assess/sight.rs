//! What rules see: a workflow with all that it calls, the jobs of a run, their legs, and steps as they really run.

mod walk;

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use super::brought::Brought;
use super::known::Known;
use super::legs::{self, SomeLegs, runs_nowhere};
use super::profile::{Profile, Said};
use super::rule::Meta;
use crate::graph::flow::Flow;
use crate::graph::matrix::Leg;
use crate::graph::{Actions, Family, Job, JobId, Local, RunJob, Runner, Target};
use crate::model::{
    At, Container, Entry, Event, Mapping, Scalar, Step, StepKind, Text, Texts, Uses, Value, placeholders,
    value_of,
};
use crate::read::{Document, TokenId};
use crate::script::Script;
use crate::span::Span;
use crate::values::label::{System, of_system};
use crate::values::permission::{Level, Scope};
use crate::values::uses::StepUses;

/// A file that something stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileAt {
    /// A workflow, by its place in the family; 0 is the one that is assessed.
    Workflow(usize),
    /// The metadata of an action, by its place in the bundle.
    Action(usize),
}

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spot {
    /// The file.
    pub file: FileAt,
    /// Its bytes.
    pub span: Span,
}

/// A workflow with all that is known around it.
pub struct WorkflowSight<'s> {
    /// It and what it calls.
    pub family: &'s Family<'s>,
    /// The actions that are used.
    pub actions: &'s Actions<'s>,
    /// What passes in each file of the family, with what actions do.
    pub flows: Vec<Flow<'s>>,
    /// The jobs of a run.
    pub jobs: Vec<RunJob>,
    /// What the cluster has.
    pub profile: &'s Profile,
    /// Whether it stands where templates do.
    pub(super) stands_among_templates: bool,
    /// What looking at conditions in legs may still take.
    pub(super) conditions_left: Cell<usize>,
    /// The job that was asked last whether it needs an engine of containers, and what it said.
    pub(super) engine: LastJob,
    /// The same of whether no leg of it runs on Linux.
    pub(super) elsewhere: LastJob,
    /// How many composite actions may still be followed, each in each place: they may use each other many times over.
    actions_left: Cell<usize>,
}

/// What each step of a job may ask of the job, found out once: the job that was asked last, and the answer.
#[derive(Default)]
pub(super) struct LastJob(Cell<Option<((usize, JobId), bool)>>);

impl LastJob {
    pub(super) fn answer(&self, job: &JobSight<'_>, find: impl FnOnce() -> bool) -> bool {
        let asked = (job.run.file, job.job.id);
        let known = self.0.get().filter(|(known, _)| *known == asked);
        let answer = known.map_or_else(find, |(_, answer)| answer);
        self.0.set(Some((asked, answer)));
        answer
    }
}

/// How many composite actions are followed in one workflow at most. Of those behind, nobody knows what they do.
const MAX_FOLLOWED: usize = 20_000;

/// A job of the run.
pub struct JobSight<'s> {
    /// The workflow that is assessed.
    pub workflow: &'s WorkflowSight<'s>,
    /// The job as a part of the run.
    pub run: &'s RunJob,
    /// What is written.
    pub job: &'s Job<'s>,
}

/// A leg of a job.
pub struct LegSight<'s> {
    /// Its job.
    pub job: &'s JobSight<'s>,
    /// Its values; `None` where there is no matrix, or nobody knows its legs.
    pub leg: Option<&'s Leg>,
    /// What it runs on; `None` for a call.
    pub runner: Option<Runner>,
}

/// A step as it runs: one of a job, or one of a composite action in its place.
pub struct StepSight<'s> {
    /// Its job.
    pub job: &'s JobSight<'s>,
    /// The place of the step of the job, of which this may be a part.
    pub at: usize,
    /// The file that it stands in.
    pub file: FileAt,
    /// What it was read from.
    pub document: &'s Document,
    /// What is written.
    pub step: &'s Step<'s>,
    /// What its script uses.
    pub script: Option<Cow<'s, Script<'s>>>,
    /// What it uses.
    pub used: Option<UsedSight<'s>>,
    /// The legs of its job in which it may run.
    pub legs: SomeLegs,
    /// The programs that its script starts with the words behind each, once somebody has asked.
    pub(super) commands: OnceCell<Vec<(Vec<Cow<'s, str>>, Span)>>,
    /// The programs that it and the steps before it in the same job bring, where rules look: nothing for others.
    pub brought: &'s Brought<'s>,
}

/// What a step uses.
pub struct UsedSight<'s> {
    /// What is written.
    pub uses: &'s Uses<'s>,
    /// The name of an action of another repository, in small letters.
    pub name: Option<String>,
    /// What is known of it by name.
    pub known: Option<&'static Known>,
    /// What a folder of the workspace is.
    pub local: Option<Local<'s>>,
    /// What it came to; `None` for an image, or where only a run knows.
    pub target: Option<Target>,
}

impl<'s> WorkflowSight<'s> {
    /// Looks at a workflow with all that it calls and uses.
    #[must_use]
    pub fn new(family: &'s Family<'s>, actions: &'s Actions<'s>, profile: &'s Profile) -> Self {
        let (flows, jobs) = (actions.flows(family), family.jobs());
        Self {
            family,
            actions,
            flows,
            jobs,
            profile,
            stands_among_templates: false,
            conditions_left: Cell::new(legs::MOST),
            engine: LastJob::default(),
            elsewhere: LastJob::default(),
            actions_left: Cell::new(MAX_FOLLOWED),
        }
    }

    /// The same where it stands where templates do.
    #[must_use]
    pub fn among_templates(mut self, is_so: bool) -> Self {
        self.stands_among_templates = is_so;
        self
    }

    /// How many legs a job has, for all that its callers give; one where nobody knows.
    #[must_use]
    pub fn legs_of(&self, run: &RunJob) -> usize {
        self.family.as_called(run).map(|job| job.legs().len().max(1)).sum::<usize>().max(1)
    }

    /// Whether a call on the way to a job never runs.
    pub(super) fn is_reached_never(&self, run: &RunJob) -> bool {
        run.way.iter().any(|(file, job)| {
            let call = self.family.graphs.get(*file).and_then(|graph| graph.job(*job));
            call.is_some_and(|call| call.when.is_never())
        })
    }

    /// The script of a `run` of a file of the family, as its flow has read it.
    pub(crate) fn script(&self, file: usize, run: TokenId) -> Option<&Script<'s>> {
        let scripts = self.flows.get(file)?.scripts.as_slice();
        // They stand in the order of the source.
        let found = scripts.binary_search_by_key(&run, |script| script.run.script.token).ok()?;
        scripts.get(found).map(|script| &script.script)
    }

    /// Where a token of the assessed file stands.
    #[must_use]
    pub fn spot(&self, token: TokenId) -> Spot {
        self.spot_in(0, token)
    }

    /// Where the assessed file calls what is at the end of this way of calls, the outermost first; `None` of what it does not call.
    pub(super) fn call_spot(&self, way: &[(usize, JobId)]) -> Option<Spot> {
        let (file, job) = way.first().copied().filter(|(file, _)| *file == 0)?;
        let call = self.family.graphs.get(file)?.job(job)?.call()?;
        Some(self.spot_in(file, call.uses.token))
    }

    /// Where a token of a file of the family stands.
    #[must_use]
    pub fn spot_in(&self, file: usize, token: TokenId) -> Spot {
        let document = self.family.graphs.get(file).map(|graph| graph.workflow.document);
        let span = document.map_or(Span::new(0, 0), |document| document.span(token));
        Spot { file: FileAt::Workflow(file), span }
    }
}

impl WorkflowSight<'_> {
    /// Whether it is made to begin workflows with, as its place or its text says.
    #[must_use]
    pub fn is_template(&self) -> bool {
        let root = self.family.root();
        self.stands_among_templates
            || root.is_some_and(|root| placeholders(root.workflow.document).next().is_some())
    }

    /// What starts the workflow.
    #[must_use]
    pub fn events(&self) -> &[Event<'_>] {
        let on = self.family.root().and_then(|root| root.workflow.on.as_ref());
        on.map(|on| on.list.as_slice()).unwrap_or_default()
    }
}

impl<'s> JobSight<'s> {
    /// Where a token of the job's file stands.
    #[must_use]
    pub fn spot(&self, token: TokenId) -> Spot {
        self.workflow.spot_in(self.run.file, token)
    }

    /// Where the workflow that is assessed calls what leads to the job; `None` of its own jobs.
    #[must_use]
    pub fn call_spot(&self) -> Option<Spot> {
        self.workflow.call_spot(&self.run.way)
    }

    /// Where the name of the job stands.
    #[must_use]
    pub fn name_spot(&self) -> Spot {
        self.spot(self.job.model.id.token)
    }

    /// What somebody has said of the workflow that it calls.
    #[must_use]
    pub fn said(&self) -> Option<Said> {
        self.workflow.profile.said_of(self.job.call()?.uses.value)
    }

    /// Whether the job may say who it is to others: `id-token: write`.
    #[must_use]
    pub fn has_oidc(&self) -> bool {
        let given = self.run.permissions.given;
        given.is_some_and(|given| given.level(Scope::IdToken) == Level::Write)
    }

    /// The container and the services that are written.
    pub(crate) fn containers(&self) -> impl Iterator<Item = &'s Container<'s>> {
        let steps = self.job.steps();
        let container = steps.and_then(|steps| steps.container.as_ref()?.value.literal());
        let services = steps.and_then(|steps| steps.services.as_ref()?.value.literal());
        container
            .into_iter()
            .chain(services.into_iter().flatten().filter_map(|service| service.container.value.literal()))
    }

    /// The options of containers that are written.
    pub fn options(&self) -> impl Iterator<Item = (TokenId, &'s str)> {
        self.containers().filter_map(|container| literal(container.options.as_ref()?))
    }

    /// The volumes of containers that are written.
    pub fn volumes(&self) -> impl Iterator<Item = (TokenId, &'s str)> {
        self.containers().flat_map(|container| texts(container.volumes.as_ref()))
    }

    /// The ports of services that are written.
    pub fn ports(&self) -> impl Iterator<Item = (TokenId, &'s str)> {
        self.containers().flat_map(|container| texts(container.ports.as_ref()))
    }
}

impl LegSight<'_> {
    /// The system that the leg runs on: as a label says that each runner of the system has, then as the profile, GitHub's labels,
    /// or else the words of the label tell. What only a run knows, the profile may say by its expression.
    #[must_use]
    pub fn system(&self) -> Option<System> {
        let runner = self.runner.as_ref()?;
        let profile = self.job.workflow.profile;
        let labels = self.labels();
        // What is said of `self-hosted` is of none that is called `windows` as well.
        let of_all = labels
            .iter()
            .find_map(|label| of_system(label).map(|system| profile.system_of(label).unwrap_or(system)));
        let group = runner.group.as_ref().and_then(|group| group.as_deref());
        let said = || labels.iter().copied().chain(group).find_map(|text| profile.system_of(text));
        of_all.or_else(said).or(runner.system)
    }

    /// Where `runs-on` stands.
    #[must_use]
    pub fn runs_on_spot(&self) -> Spot {
        let runs_on = self.job.job.steps().and_then(|steps| steps.runs_on.as_ref());
        runs_on.map_or_else(|| self.job.name_spot(), |runs_on| self.job.spot(runs_on.token))
    }

    /// Its labels as a reason names them, or without any its group.
    #[must_use]
    pub fn target(&self) -> String {
        let labels = self.labels();
        let group = self.runner.as_ref().and_then(|runner| runner.group.as_ref()?.as_deref());
        if labels.is_empty() { group.unwrap_or_default().to_owned() } else { labels.join(", ") }
    }

    /// Its labels; where a run tells them, what is written: labels and expressions, or without them the group.
    #[must_use]
    pub fn labels(&self) -> Vec<&str> {
        match self.runner.as_ref().and_then(|runner| runner.labels.as_ref()) {
            Some(labels) => labels.iter().map(String::as_str).collect(),
            None => self.job.job.runs_on_texts(self.leg),
        }
    }
}

/// A text that is written.
fn literal<'s>(text: &Text<'s>) -> Option<(TokenId, &'s str)> {
    text.value.literal().map(|value| (text.token, *value))
}

/// Texts that are written.
fn texts<'s>(list: Option<&Texts<'s>>) -> Vec<(TokenId, &'s str)> {
    list.and_then(|list| list.value.literal()).into_iter().flatten().filter_map(literal).collect()
}

impl StepSight<'_> {
    /// Whether it runs in no leg of its job.
    #[must_use]
    pub fn never_runs(&self) -> bool {
        runs_nowhere(&self.legs)
    }

    /// Where a token of the step's file stands.
    #[must_use]
    pub fn spot(&self, token: TokenId) -> Spot {
        Spot { file: self.file, span: self.document.span(token) }
    }

    /// Where the step of the job stands that this one is a part of; `None` where it is itself one of the job.
    pub(crate) fn asked_spot(&self) -> Option<Spot> {
        if !matches!(self.file, FileAt::Action(_)) {
            return None;
        }
        let step = self.job.job.steps()?.steps.get(self.at)?;
        let token = if let StepKind::Uses(uses) = &step.kind { uses.uses.token } else { step.token };
        Some(self.job.spot(token))
    }

    /// Where a part of the step's script stands.
    #[must_use]
    pub fn in_script(&self, within: Span) -> Spot {
        let StepKind::Run(run) = &self.step.kind else { return self.spot(self.step.token) };
        let node = self.document.token(run.script.token).node;
        Spot { file: self.file, span: self.document.tree().place_in(node, within) }
    }

    /// What somebody has said of what it uses.
    #[must_use]
    pub fn said(&self) -> Option<Said> {
        self.job.workflow.profile.said_of(self.used.as_ref()?.uses.uses.value)
    }

    /// Where `uses` stands, of a step that uses something.
    #[must_use]
    pub fn uses_spot(&self) -> Spot {
        self.used.as_ref().map_or_else(|| self.spot(self.step.token), |used| self.spot(used.uses.uses.token))
    }

    /// What the step gives to an input of its action, if that is written.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<At<Scalar<'_>>> {
        value_of(entries(self.used.as_ref()?.uses.with.as_ref()), name)
    }
}

impl UsedSight<'_> {
    /// Whether the table leaves what becomes of it to this rule.
    #[must_use]
    pub fn is_for(&self, rule: &Meta) -> bool {
        self.known.is_some_and(|known| known.rule.as_deref() == Some(rule.id))
    }

    /// Whether it is an action of another repository that the table does not know.
    #[must_use]
    pub const fn is_foreign(&self) -> bool {
        self.name.is_some() && self.known.is_none()
    }

    /// Its name; empty where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// Whether it is one of these actions.
    #[must_use]
    pub fn is(&self, names: &[&str]) -> bool {
        self.name.as_deref().is_some_and(|name| names.contains(&name))
    }

    /// The image, where it is one.
    #[must_use]
    pub fn image(&self) -> Option<&str> {
        match self.uses.target {
            Some(StepUses::Docker(image)) => Some(image.text),
            _ => None,
        }
    }
}

/// The entries of a mapping that is written.
#[must_use]
pub fn entries<'m, 'd>(mapping: Option<&'m Mapping<'d>>) -> &'m [Entry<'d>] {
    match mapping.map(|mapping| &mapping.value) {
        Some(Value::Literal(entries)) => entries,
        Some(Value::Expression(_)) | None => &[],
    }
}
