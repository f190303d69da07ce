//! Which definitions and features of a kind of file mean more than their key says.

use std::sync::LazyLock;

use super::catalogue::{Catalogue, FeatureId};
use super::entry::FileKind;
use crate::schema::DefinitionId;

/// What to look at more closely, in one kind of file.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// `uses` of a step.
    pub(super) step_uses: Option<FeatureId>,
    /// `run` of a step.
    pub(super) run: Option<FeatureId>,
    /// `uses` of a job.
    pub(super) job_uses: Option<FeatureId>,
    /// Definitions whose text is an expression without braces.
    pub(super) conditions: Vec<DefinitionId>,
    /// Jobs with steps, and those that call a workflow.
    pub(super) jobs: Vec<DefinitionId>,
    /// The former alone.
    pub(super) job: Option<DefinitionId>,
    /// Steps with a script.
    pub(super) script: Option<DefinitionId>,
    /// `strategy`
    pub(super) strategy: Option<DefinitionId>,
    /// `pull_request` and `pull_request_target`.
    pub(super) pull_requests: Vec<FeatureId>,
}

impl Rules {
    pub(super) fn of(file: FileKind) -> &'static Self {
        static RULES: LazyLock<[Rules; 2]> = LazyLock::new(|| FileKind::ALL.map(Rules::make));
        let [workflow, action] = &*RULES;
        match file {
            FileKind::Workflow => workflow,
            FileKind::Action => action,
        }
    }

    fn make(file: FileKind) -> Self {
        let (catalogue, schema) = (Catalogue::get(), file.schema());
        let expressions = schema.definitions().filter(|(_, definition)| definition.is_expression());
        let expressions = expressions.map(|(id, _)| id);
        match file {
            FileKind::Workflow => Self {
                step_uses: catalogue.named("workflow/regular-step.uses"),
                run: catalogue.named("workflow/run-step.run"),
                job_uses: catalogue.named("workflow/workflow-job.uses"),
                conditions: expressions.collect(),
                jobs: ["job-factory", "workflow-job"]
                    .into_iter()
                    .filter_map(|name| schema.named(name))
                    .collect(),
                job: schema.named("job-factory"),
                script: schema.named("run-step"),
                strategy: schema.named("strategy"),
                pull_requests: [catalogue.event("pull_request"), catalogue.event("pull_request_target")]
                    .into_iter()
                    .flatten()
                    .collect(),
            },
            // The schema of actions does not say that these are expressions.
            FileKind::Action => Self {
                step_uses: catalogue.named("action/uses-step.uses"),
                run: catalogue.named("action/run-step.run"),
                conditions: ["step-if", "runs-if"]
                    .into_iter()
                    .filter_map(|name| schema.named(name))
                    .collect(),
                ..Self::default()
            },
        }
    }
}
