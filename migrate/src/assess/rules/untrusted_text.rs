//! A stranger's words become a script.

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{FileAt, JobSight, Spot};
use crate::assess::verdict::Verdict;

/// The rule.
pub(super) const RULE: &dyn Rule = &UntrustedText;

struct UntrustedText;

const META: Meta = Meta {
    id: "untrusted-text",
    outcome: Verdict::Edits,
    title: "a stranger's words become a script",
    why: "Whoever writes a title or names a branch writes a part of the script; moved, it would do so inside the cluster.",
    remedy: "give it to the script as a variable: env: {TITLE: ${{ ... }}}, and use \"$TITLE\"",
};

impl Rule for UntrustedText {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn job(&self, job: &JobSight<'_>, found: &mut Found<'_>) {
        let flow = job.workflow.flows.get(job.run.file);
        for taint in
            flow.into_iter().flat_map(|flow| &flow.taints).filter(|taint| taint.sink.at().job == job.job.id)
        {
            let (token, within) = taint.sink.place();
            let document = job.job.workflow.document;
            let span = document.tree().place_in(document.token(token).node, within);
            let file = FileAt::Workflow(job.run.file);
            found.reason(Spot { file, span }, taint.cause.path.to_string());
        }
    }
}
