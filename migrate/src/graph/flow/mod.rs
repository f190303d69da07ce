//! What passes between steps and jobs: outputs, artifacts, caches, and what attackers decide.

mod artifact;
mod link;
mod script;
mod shape;
mod taint;
#[cfg(test)]
mod tests;
mod wanted;

pub use crate::graph::access::Doubt;
pub use artifact::{Artifact, ArtifactUse, Cache, CacheUse, Match};
pub use link::{Link, Returned, Source};
pub use script::StepScript;
pub use taint::{ActionTaint, Cause, Hop, Inputs, MAX_HOPS, Named, Passed, Sink, Taint, Way};
pub(super) use taint::{Around, Effect, Found, Given, KnownActions, NoActions, User, of_action, taints};

use super::Graph;
use super::job::{Job, JobId};
use super::reads::{Read, reads};
use crate::model::{Mapping, Step, StepKind, Uses, Value, value_of};
use crate::read::{Document, TokenId};
use crate::values::uses::StepUses;

/// Everything that passes in a workflow.
#[derive(Debug, Clone, Default)]
pub struct Flow<'d> {
    /// What each job reads, by its place.
    pub reads: Vec<Vec<Read<'d>>>,
    /// The scripts, in the order of the source.
    pub scripts: Vec<StepScript<'d>>,
    /// Outputs, from where they are set to where they are read.
    pub links: Vec<Link<'d>>,
    /// What the outputs of the workflow are, where it is called.
    pub returned: Vec<Returned<'d>>,
    /// Artifacts that are uploaded or downloaded.
    pub artifacts: Vec<Artifact<'d>>,
    /// Caches that are restored or saved.
    pub caches: Vec<Cache<'d>>,
    /// Values that an attacker decides, where they do harm.
    pub taints: Vec<Taint<'d>>,
    /// Such values in the scripts of composite actions that steps use.
    pub in_actions: Vec<ActionTaint<'d>>,
    /// Such values that calls give to other workflows.
    pub passed: Passed<'d>,
    /// Such values that callers of this workflow get.
    pub outputs: Named<'d>,
}

impl<'d> Graph<'d> {
    /// What passes between steps and jobs. Nothing is known of actions and called workflows.
    #[must_use]
    pub fn flow(&self) -> Flow<'d> {
        let on = self.workflow.on.as_ref().map(|on| on.list.as_slice()).unwrap_or_default();
        let events: Vec<_> = on.iter().map(|event| event.name.value).collect();
        let mut flow = self.passing();
        flow.trace(self, &Inputs { file: 0, events: &events, tainted: &[], returned: &[] }, &NoActions);
        flow
    }

    /// What passes, without what an attacker decides.
    pub(super) fn passing(&self) -> Flow<'d> {
        let document = self.workflow.document;
        let reads: Vec<_> = self.jobs.iter().map(|job| reads(document, job.model)).collect();
        Flow {
            links: link::links(self, &reads),
            returned: link::returned(self),
            scripts: self.jobs.iter().flat_map(script::scripts).collect(),
            artifacts: artifact::artifacts(&self.jobs),
            caches: self.jobs.iter().flat_map(artifact::caches).collect(),
            reads,
            ..Flow::default()
        }
    }
}

impl<'d> Flow<'d> {
    /// Follows what an attacker decides.
    pub(super) fn trace(
        &mut self,
        graph: &Graph<'d>,
        inputs: &Inputs<'_, 'd>,
        actions: &dyn KnownActions<'d>,
    ) {
        let Found { taints, passed, outputs, in_actions } = taints(graph, &self.scripts, inputs, actions);
        (self.taints, self.passed, self.outputs, self.in_actions) = (taints, passed, outputs, in_actions);
    }
}

/// The scripts of a composite action. Their shells stand beside them.
pub(super) fn action_scripts<'d>(document: &'d Document, steps: &'d [Step<'d>]) -> Vec<StepScript<'d>> {
    script::of_action(document, steps)
}

/// The action of another repository that a step uses, as `owner/name` and its path in small letters, and its ref.
pub(crate) fn action<'d>(uses: &Uses<'d>) -> Option<(String, &'d str)> {
    #[cfg(test)]
    crate::work::step();
    let Some(StepUses::Repository(repository)) = uses.target else { return None };
    Some((repository.folded(), repository.reference.text))
}

/// An input of a step: its token and its text as it is written.
pub(super) fn input<'d>(
    document: &'d Document,
    with: Option<&Mapping<'d>>,
    name: &str,
) -> Option<(TokenId, &'d str)> {
    let Value::Literal(entries) = &with?.value else { return None };
    let value = value_of(entries, name)?;
    Some((value.token, written(document, value.token)))
}

/// The text of a scalar as it is written, with `${{ }}`.
pub(crate) fn written(document: &Document, token: TokenId) -> &str {
    document.tree().text(document.token(token).node).unwrap_or_default()
}

/// The steps of a job that use something, with their places; those in `parallel` have that of the step that holds them.
pub(crate) fn uses<'d>(job: &Job<'d>) -> impl Iterator<Item = (usize, &'d Uses<'d>)> {
    let steps = job.steps().map(|steps| steps.steps.as_slice()).unwrap_or_default();
    steps.iter().enumerate().flat_map(|(at, step)| {
        let inner = if let StepKind::Parallel(steps) = &step.kind { steps.as_slice() } else { &[] };
        std::iter::once(step).chain(inner).filter_map(move |step| match &step.kind {
            StepKind::Uses(uses) => Some((at, uses)),
            _ => None,
        })
    })
}

/// A step of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepAt {
    /// The job.
    pub job: JobId,
    /// The place of the step in it.
    pub step: usize,
}
