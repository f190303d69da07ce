//! A workflow (runner: `ConvertToWorkflow` and `ConvertToReferencedWorkflow`).

use super::concurrency::Concurrency;
use super::convert::Converter;
use super::defaults::Defaults;
use super::event::Events;
use super::job::{Job, jobs};
use super::permissions::GivenPermissions;
use super::value::{Mapping, Name, Text};
use crate::read::{Document, Problem};

/// A workflow.
#[derive(Debug, Clone)]
pub struct Workflow<'d> {
    /// What it was read from.
    pub document: &'d Document,
    /// `name`
    pub name: Option<Name<'d>>,
    /// `description`
    pub description: Option<Name<'d>>,
    /// `run-name`
    pub run_name: Option<Text<'d>>,
    /// `on`
    pub on: Option<Events<'d>>,
    /// `env`
    pub env: Option<Mapping<'d>>,
    /// `defaults`
    pub defaults: Option<Defaults<'d>>,
    /// `permissions`, for each job that has none itself.
    pub permissions: Option<GivenPermissions>,
    /// `concurrency`
    pub concurrency: Option<Concurrency<'d>>,
    /// `jobs`
    pub jobs: Vec<Job<'d>>,
    /// What GitHub refuses beyond what [`Document::problems`] has, in its order.
    pub problems: Vec<Problem>,
}

impl<'d> Workflow<'d> {
    /// The workflow that a document is. What is refused is absent.
    #[must_use]
    pub fn of(document: &'d Document) -> Self {
        let mut converter = Converter::new(document);
        let mut workflow = Self {
            document,
            name: None,
            description: None,
            run_name: None,
            on: None,
            env: None,
            defaults: None,
            permissions: None,
            concurrency: None,
            jobs: Vec::new(),
            problems: Vec::new(),
        };
        if let Some(root) = document.root() {
            workflow.read(&mut converter, root);
        }
        workflow.problems = converter.problems;
        workflow
    }

    fn read(&mut self, converter: &mut Converter<'d>, root: crate::read::TokenId) {
        for (key, token) in converter.properties(root) {
            match key.value {
                "name" => self.name = converter.name(token),
                "description" => self.description = converter.name(token),
                "run-name" => self.run_name = converter.text(token),
                "on" => self.on = Some(Events::read(converter, token)),
                "env" => self.env = converter.mapping(token),
                "defaults" => self.defaults = Some(Defaults::read(converter, token)),
                "permissions" => self.permissions = GivenPermissions::read(converter, token),
                "concurrency" => self.concurrency = Concurrency::read(converter, token),
                "jobs" => self.jobs = jobs(converter, token),
                _ => {}
            }
        }
    }

    /// All problems, those of the reading first.
    pub fn all_problems(&self) -> impl Iterator<Item = &Problem> {
        self.document.problems().iter().chain(&self.problems)
    }

    /// The job of this id, whatever its case.
    #[must_use]
    pub fn job(&self, id: &str) -> Option<&Job<'d>> {
        self.jobs.iter().find(|job| crate::expression::same(job.id.value, id))
    }
}
