//! Jobs (runner: `ConvertToJobs` and `ConvertToJob`).

use super::concurrency::Concurrency;
use super::container::{Container, Service, services};
use super::convert::Converter;
use super::defaults::Defaults;
use super::environment::Environment;
use super::needs;
use super::permissions::GivenPermissions;
use super::runs_on::RunsOn;
use super::snapshot::Snapshot;
use super::step::{Step, steps};
use super::strategy::Strategy;
use super::value::{At, Entry, Flag, Mapping, Name, Number, Text, Value};
use crate::expression::Condition;
use crate::read::{TokenId, TokenKind};
use crate::values::id;
use crate::values::uses::{self, JobUses};

/// A job.
#[derive(Debug, Clone)]
pub struct Job<'d> {
    /// Its key.
    pub id: Name<'d>,
    /// All of it.
    pub token: TokenId,
    /// `name`; GitHub shows the id where there is none or an empty one.
    pub name: Option<Text<'d>>,
    /// `needs`
    pub needs: Vec<Name<'d>>,
    /// `if`; `success()` where there is none.
    pub condition: Option<At<Box<Condition>>>,
    /// `strategy`
    pub strategy: Option<At<Value<'d, Strategy<'d>>>>,
    /// `permissions`, before those of the workflow.
    pub permissions: Option<GivenPermissions>,
    /// `concurrency`
    pub concurrency: Option<Concurrency<'d>>,
    /// What it does.
    pub kind: JobKind<'d>,
}

/// What a job does.
#[derive(Debug, Clone)]
pub enum JobKind<'d> {
    /// It runs steps.
    Steps(Box<StepsJob<'d>>),
    /// It calls another workflow.
    Call(Box<Call<'d>>),
}

/// What only a job with steps has.
#[derive(Debug, Clone, Default)]
pub struct StepsJob<'d> {
    /// `runs-on`
    pub runs_on: Option<RunsOn<'d>>,
    /// `steps`
    pub steps: Vec<Step<'d>>,
    /// The sequence of the steps.
    pub steps_token: Option<TokenId>,
    /// `timeout-minutes`
    pub timeout_minutes: Option<Number<'d>>,
    /// `cancel-timeout-minutes`
    pub cancel_timeout_minutes: Option<Number<'d>>,
    /// `continue-on-error`
    pub continue_on_error: Option<Flag<'d>>,
    /// `container`
    pub container: Option<At<Value<'d, Container<'d>>>>,
    /// `services`
    pub services: Option<At<Value<'d, Vec<Service<'d>>>>>,
    /// `env`
    pub env: Option<Mapping<'d>>,
    /// `environment`
    pub environment: Option<Environment<'d>>,
    /// `outputs`
    pub outputs: Option<Mapping<'d>>,
    /// `defaults`
    pub defaults: Option<Defaults<'d>>,
    /// `snapshot`
    pub snapshot: Option<Snapshot<'d>>,
}

/// A call of another workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Call<'d> {
    /// `uses`
    pub uses: Name<'d>,
    /// What it names; `None` where it names nothing that GitHub knows.
    pub target: Option<JobUses<'d>>,
    /// `with`
    pub with: Vec<Entry<'d>>,
    /// The mapping of `with`.
    pub with_token: Option<TokenId>,
    /// `secrets`
    pub secrets: Secrets<'d>,
}

/// The secrets that a called workflow gets.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Secrets<'d> {
    /// None.
    #[default]
    None,
    /// `inherit`: all that the caller has.
    Inherit(TokenId),
    /// These.
    Given(At<Vec<Entry<'d>>>),
}

/// All jobs.
pub(super) fn jobs<'d>(converter: &mut Converter<'d>, token: TokenId) -> Vec<Job<'d>> {
    let jobs: Vec<_> =
        converter.properties(token).filter_map(|(id, value)| Job::read(converter, id, value)).collect();
    converter.stop_if_refused();
    needs::check(converter, token, &jobs);
    jobs
}

impl<'d> Job<'d> {
    fn read(converter: &mut Converter<'d>, id: Name<'d>, token: TokenId) -> Option<Self> {
        if converter.kind(token) != TokenKind::Mapping {
            return None;
        }
        if let Err(finding) = id::check(id.value) {
            converter.refuse_text(id.token, finding);
        }
        let call = converter.document.get(token, "uses").and_then(|uses| Call::new(converter, uses));
        let kind = match call {
            Some(call) => JobKind::Call(Box::new(call)),
            None => JobKind::Steps(Box::default()),
        };
        let mut job = Self {
            id,
            token,
            name: None,
            needs: Vec::new(),
            condition: None,
            strategy: None,
            permissions: None,
            concurrency: None,
            kind,
        };
        for (key, value) in converter.properties(token) {
            job.property(converter, key.value, value);
        }
        Some(job)
    }

    fn property(&mut self, converter: &mut Converter<'d>, key: &str, token: TokenId) {
        match key {
            "name" => self.name = converter.text(token),
            "needs" => self.needs = converter.names(token).value,
            "if" => self.condition = converter.condition(token),
            "strategy" => self.strategy = Strategy::read(converter, token),
            "permissions" => self.permissions = GivenPermissions::read(converter, token),
            "concurrency" => self.concurrency = Concurrency::read(converter, token),
            _ => match &mut self.kind {
                JobKind::Steps(steps) => steps.property(converter, key, token),
                JobKind::Call(call) => call.property(converter, key, token),
            },
        }
    }

    /// The name that GitHub shows: `None` where it has to be evaluated.
    #[must_use]
    pub fn shown_name(&self) -> Option<&'d str> {
        match &self.name {
            None => Some(self.id.value),
            Some(At { value: Value::Literal(""), .. }) => Some(self.id.value),
            Some(name) => name.value.literal().copied(),
        }
    }
}

impl<'d> StepsJob<'d> {
    fn property(&mut self, converter: &mut Converter<'d>, key: &str, token: TokenId) {
        match key {
            "runs-on" => self.runs_on = Some(RunsOn::read(converter, token)),
            "steps" => {
                self.steps = steps(converter, token);
                self.steps_token = Some(token);
            }
            "timeout-minutes" => self.timeout_minutes = converter.number(token),
            "cancel-timeout-minutes" => self.cancel_timeout_minutes = converter.number(token),
            "continue-on-error" => self.continue_on_error = converter.flag(token),
            "container" => self.container = Container::of_job(converter, token),
            "services" => self.services = services(converter, token),
            "env" => self.env = converter.mapping(token),
            "environment" => self.environment = Environment::read(converter, token),
            "outputs" => self.outputs = converter.mapping(token),
            "defaults" => self.defaults = Some(Defaults::read(converter, token)),
            "snapshot" => self.snapshot = Snapshot::read(converter, token),
            _ => {}
        }
    }
}

impl<'d> Call<'d> {
    fn new(converter: &mut Converter<'d>, token: TokenId) -> Option<Self> {
        let uses = converter.name(token)?;
        let target = uses::job(uses.value).ok();
        Some(Self { uses, target, with: Vec::new(), with_token: None, secrets: Secrets::None })
    }

    fn property(&mut self, converter: &mut Converter<'d>, key: &str, token: TokenId) {
        match key {
            "uses" => {
                if let Err(finding) = uses::job(self.uses.value) {
                    converter.refuse_text(token, finding);
                }
            }
            "with" => {
                self.with = converter.entries(token);
                self.with_token = Some(token);
            }
            "secrets" => {
                self.secrets = match converter.kind(token) {
                    TokenKind::Mapping => Secrets::Given(At::new(token, converter.entries(token))),
                    TokenKind::String(_) => Secrets::Inherit(token),
                    _ => Secrets::None,
                };
            }
            _ => {}
        }
    }
}
