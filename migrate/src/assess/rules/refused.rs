//! GitHub refuses the file.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{FileAt, Spot, WorkflowSight};
use crate::assess::verdict::Verdict;
use crate::graph::matrix::too_many;
use crate::model::call::NOT_FOUND;
use crate::read::Problem;
use crate::remarks::refusals;

/// The rule.
pub(super) const RULE: &dyn Rule = &Refused;

struct Refused;

const META: Meta = Meta {
    id: "refused",
    outcome: Verdict::Broken,
    title: "GitHub refuses the file",
    why: "It does not run on GitHub either, so nothing tells what it is to do.",
    remedy: "mend it, or delete it: towpath migrate parse FILE tells how",
};

impl Rule for Refused {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn workflow(&self, workflow: &WorkflowSight<'_>, found: &mut Found<'_>) {
        let Some(root) = workflow.family.root().filter(|_| !workflow.is_template()) else { return };
        // What is wrong with a call, or with the workflow that it names, ends the run of the caller as well.
        // That a file is not there has rules of its own: the commit that runs may have it.
        let mut of_calls = workflow.family.program.of_calls();
        of_calls.retain(|problem| !problem.message.ends_with(NOT_FOUND));
        // What GitHub has not come to may follow from what it refused before.
        let is_told = |problem: &&Problem| problem.is_refusal() && !problem.is_beyond;
        for problem in root.workflow.all_problems().chain(&of_calls).filter(is_told) {
            found.reason(Spot { file: FileAt::Workflow(0), span: problem.span }, &problem.message);
        }
        let document = root.workflow.document;
        for (token, finding) in refusals(document).filter(|_| document.tree().error().is_none()) {
            let span = document.tree().place_in(document.token(token).node, finding.span);
            found.reason(Spot { file: FileAt::Workflow(0), span }, &finding.message);
        }
        // GitHub tells that only when the run begins, and then starts nothing.
        for job in &root.jobs {
            let matrix = job.matrix.as_ref().filter(|matrix| matrix.expansion.has_too_many());
            let strategy = matrix.and(job.model.strategy.as_ref());
            strategy.into_iter().for_each(|strategy| found.reason(workflow.spot(strategy.token), too_many()));
        }
    }
}
