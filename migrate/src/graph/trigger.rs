//! What starts a workflow, as a predicate over what happened.

use super::Graph;
use crate::model::{Event, EventKind, Filters, Names};
use crate::values::glob::{Filter, RefFilter};

/// Something that happened in a repository, as far as somebody tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Occurrence<'o> {
    /// The event: `push`.
    pub event: &'o str,
    /// Its activity: `opened`.
    pub action: Option<&'o str>,
    /// The full ref that was pushed: `refs/heads/main`.
    pub reference: Option<&'o str>,
    /// The branch that something goes to, of a pull request or a merge group; of `workflow_run`, the branch that ran.
    pub branch: Option<&'o str>,
    /// The files that changed.
    pub files: Option<&'o [&'o str]>,
    /// The name of the workflow that ran, of `workflow_run`.
    pub workflow: Option<&'o str>,
    /// The message of the commit that was pushed, or of the head of a pull request.
    pub message: Option<&'o str>,
    /// The expression of the schedule that came.
    pub cron: Option<&'o str>,
}

/// Whether something starts a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It does.
    Yes,
    /// It does not, because of this.
    No(Aspect),
    /// It depends on this, of which nobody told.
    DependsOn(Aspect),
}

/// What an event is looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// Which event it is.
    Event,
    /// Its activity.
    Action,
    /// The branch or tag.
    Reference,
    /// The files that changed.
    Files,
    /// The workflow that ran.
    Workflow,
    /// The message of a commit: `[skip ci]`.
    Message,
    /// The schedule.
    Schedule,
}

/// Activities that count where `types` is not there; for other events all do (GitHub's documentation of events).
const DEFAULT_TYPES: [(&str, &[&str]); 2] = [
    ("pull_request", &["opened", "synchronize", "reopened"]),
    ("pull_request_target", &["opened", "synchronize", "reopened"]),
];

/// Words that keep `push` and `pull_request` from starting anything (GitHub's documentation of skipping runs).
const SKIPS: [&str; 5] = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"];

/// An event that starts a workflow, with its filters read.
#[derive(Debug, Clone)]
pub struct Trigger<'d> {
    /// What is written.
    pub event: &'d Event<'d>,
    types: Option<Vec<&'d str>>,
    references: RefFilter,
    files: Vec<Filter>,
    workflows: Option<Filter>,
}

impl<'d> Graph<'d> {
    /// What starts the workflow.
    #[must_use]
    pub fn triggers(&self) -> Vec<Trigger<'d>> {
        let on = self.workflow.on.as_ref().map(|on| on.list.as_slice()).unwrap_or_default();
        on.iter().map(Trigger::of).collect()
    }

    /// Whether something that happened starts the workflow.
    #[must_use]
    pub fn starts(&self, occurrence: &Occurrence<'_>) -> Answer {
        let mut answer = Answer::No(Aspect::Event);
        for trigger in self.triggers() {
            match (trigger.matches(occurrence), answer) {
                (Answer::Yes, _) => return Answer::Yes,
                (depends @ Answer::DependsOn(_), _) => answer = depends,
                (no @ Answer::No(_), Answer::No(Aspect::Event)) => answer = no,
                (Answer::No(_), _) => {}
            }
        }
        answer
    }
}

impl<'d> Trigger<'d> {
    fn of(event: &'d Event<'d>) -> Self {
        let mut trigger =
            Self { event, types: None, references: RefFilter::default(), files: Vec::new(), workflows: None };
        if let EventKind::Filtered(filters) = &event.kind {
            trigger.read(filters);
        }
        trigger
    }

    /// Filters that cannot be read are absent; GitHub refuses such a workflow.
    fn read(&mut self, filters: &'d Filters<'d>) {
        self.types = filters.types.as_ref().map(|types| types.value.iter().map(|name| name.value).collect());
        let either = |including: &'d Option<Names<'d>>, ignoring: &'d Option<Names<'d>>| {
            filter(including.as_ref(), false).or_else(|| filter(ignoring.as_ref(), true))
        };
        self.references.branches = either(&filters.branches, &filters.branches_ignore);
        self.references.tags = either(&filters.tags, &filters.tags_ignore);
        self.files.extend(filter(filters.paths.as_ref(), false));
        self.files.extend(filter(filters.paths_ignore.as_ref(), true));
        self.workflows = filter(filters.workflows.as_ref(), false);
    }

    /// The activities that count; `None`: all.
    #[must_use]
    pub fn types(&self) -> Option<Vec<&'d str>> {
        let default = || DEFAULT_TYPES.iter().find(|(name, _)| *name == self.event.name.value);
        self.types.clone().or_else(|| default().map(|(_, types)| types.to_vec()))
    }

    /// Whether this starts the workflow.
    #[must_use]
    pub fn matches(&self, occurrence: &Occurrence<'_>) -> Answer {
        if occurrence.event != self.event.name.value {
            return Answer::No(Aspect::Event);
        }
        let answers = [
            self.action(occurrence),
            self.schedule(occurrence),
            self.workflow(occurrence),
            self.reference(occurrence),
            self.changed(occurrence),
            self.message(occurrence),
        ];
        let no = answers.into_iter().find(|answer| matches!(answer, Answer::No(_)));
        let depends = || answers.into_iter().find(|answer| matches!(answer, Answer::DependsOn(_)));
        no.or_else(depends).unwrap_or(Answer::Yes)
    }

    fn action(&self, occurrence: &Occurrence<'_>) -> Answer {
        let types = self.types();
        told(types.as_ref(), occurrence.action, Aspect::Action, |types, action| types.contains(&action))
    }

    fn schedule(&self, occurrence: &Occurrence<'_>) -> Answer {
        let EventKind::Schedule(schedules) = &self.event.kind else { return Answer::Yes };
        told(Some(schedules), occurrence.cron, Aspect::Schedule, |schedules, cron| {
            schedules.iter().any(|schedule| schedule.cron.value == cron)
        })
    }

    fn workflow(&self, occurrence: &Occurrence<'_>) -> Answer {
        told(self.workflows.as_ref(), occurrence.workflow, Aspect::Workflow, Filter::selects)
    }

    fn reference(&self, occurrence: &Occurrence<'_>) -> Answer {
        if self.event.name.value == "push" {
            let has_filter = self.references.branches.is_some() || self.references.tags.is_some();
            let filter = has_filter.then_some(&self.references);
            return told(filter, occurrence.reference, Aspect::Reference, RefFilter::selects);
        }
        told(self.references.branches.as_ref(), occurrence.branch, Aspect::Reference, Filter::selects)
    }

    /// Files do not count where a tag is pushed.
    fn changed(&self, occurrence: &Occurrence<'_>) -> Answer {
        let is_tag = occurrence.reference.is_some_and(|reference| reference.starts_with("refs/tags/"));
        if self.files.is_empty() || self.event.name.value == "push" && is_tag {
            return Answer::Yes;
        }
        told(Some(&self.files), occurrence.files, Aspect::Files, |filters, files| {
            filters.iter().all(|filter| filter.selects_any(files.iter().copied()))
        })
    }

    fn message(&self, occurrence: &Occurrence<'_>) -> Answer {
        let is_skippable = matches!(self.event.name.value, "push" | "pull_request");
        let Some(message) = occurrence.message.filter(|_| is_skippable) else { return Answer::Yes };
        let skips = SKIPS.iter().any(|word| message.contains(word)) || has_skip_trailer(message);
        if skips { Answer::No(Aspect::Message) } else { Answer::Yes }
    }
}

/// A last paragraph `skip-checks: true`.
fn has_skip_trailer(message: &str) -> bool {
    message.trim_end().rsplit("\n\n").next().is_some_and(|last| {
        last.lines().any(|line| matches!(line.trim(), "skip-checks: true" | "skip-checks:true"))
    })
}

fn filter(patterns: Option<&Names<'_>>, ignoring: bool) -> Option<Filter> {
    Filter::parse(patterns?.value.iter().map(|name| name.value), ignoring).ok()
}

/// What a filter says of what was told.
fn told<F: ?Sized, V: ?Sized>(
    filter: Option<&F>,
    value: Option<&V>,
    aspect: Aspect,
    selects: impl Fn(&F, &V) -> bool,
) -> Answer {
    match (filter, value) {
        (None, _) => Answer::Yes,
        (Some(_), None) => Answer::DependsOn(aspect),
        (Some(filter), Some(value)) if selects(filter, value) => Answer::Yes,
        (Some(_), Some(_)) => Answer::No(aspect),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Workflow;
    use crate::read::{Limits, read_workflow};

    const fn event(event: &str) -> Occurrence<'_> {
        Occurrence {
            event,
            action: None,
            reference: None,
            branch: None,
            files: None,
            workflow: None,
            message: None,
            cron: None,
        }
    }

    #[test]
    fn events_are_filtered_as_on_github() {
        use Answer::{DependsOn, No, Yes};
        let push = event("push");
        let main = Occurrence { reference: Some("refs/heads/main"), ..push };
        let tag = Occurrence { reference: Some("refs/tags/v1"), ..push };
        let pull = event("pull_request");
        let opened = Occurrence { action: Some("opened"), branch: Some("main"), ..pull };
        for (on, occurrence, answer) in [
            ("push", push, Yes),
            ("push", pull, No(Aspect::Event)),
            ("[push, pull_request]", opened, Yes),
            ("pull_request", Occurrence { action: Some("closed"), ..opened }, No(Aspect::Action)),
            ("pull_request", pull, DependsOn(Aspect::Action)),
            ("{pull_request: {types: [closed]}}", Occurrence { action: Some("closed"), ..opened }, Yes),
            ("{pull_request: {types: [closed]}}", opened, No(Aspect::Action)),
            ("{issues: }", Occurrence { action: Some("transferred"), ..event("issues") }, Yes),
            ("{push: {branches: [main]}}", main, Yes),
            ("{push: {branches: [main]}}", push, DependsOn(Aspect::Reference)),
            ("{push: {branches: [main]}}", tag, No(Aspect::Reference)),
            ("{push: {branches-ignore: [main]}}", main, No(Aspect::Reference)),
            ("{push: {branches-ignore: [main]}}", tag, No(Aspect::Reference)),
            ("{push: {tags: ['v*']}}", main, No(Aspect::Reference)),
            ("{push: {tags: ['v*']}}", tag, Yes),
            ("{push: {tags: ['v*'], branches: ['**']}}", main, Yes),
            ("{push: {paths: ['*.rs']}}", Occurrence { files: Some(&["a.rs", "b.md"]), ..main }, Yes),
            ("{push: {paths: ['*.rs']}}", Occurrence { files: Some(&["b.md"]), ..main }, No(Aspect::Files)),
            ("{push: {paths: ['*.rs']}}", main, DependsOn(Aspect::Files)),
            ("{push: {paths: ['*.rs']}}", tag, Yes),
            (
                "{push: {paths-ignore: ['*.md']}}",
                Occurrence { files: Some(&["b.md"]), ..main },
                No(Aspect::Files),
            ),
            ("{push: {paths-ignore: ['*.md']}}", Occurrence { files: Some(&["b.md", "a"]), ..main }, Yes),
            ("{pull_request: {branches: ['release/**']}}", opened, No(Aspect::Reference)),
            ("{pull_request: {branches: [main], paths: [x]}}", opened, DependsOn(Aspect::Files)),
            ("push", Occurrence { message: Some("fix [skip ci]"), ..main }, No(Aspect::Message)),
            ("push", Occurrence { message: Some("fix\n\nskip-checks: true\n"), ..main }, No(Aspect::Message)),
            (
                "workflow_dispatch",
                Occurrence { message: Some("[skip ci]"), ..event("workflow_dispatch") },
                Yes,
            ),
            (
                "{workflow_run: {workflows: [CI]}}",
                Occurrence { workflow: Some("CI"), ..event("workflow_run") },
                Yes,
            ),
            (
                "{workflow_run: {workflows: [CI]}}",
                Occurrence { workflow: Some("X"), ..event("workflow_run") },
                No(Aspect::Workflow),
            ),
            (
                "{schedule: [{cron: '0 0 * * *'}]}",
                Occurrence { cron: Some("0 0 * * *"), ..event("schedule") },
                Yes,
            ),
            (
                "{schedule: [{cron: '0 0 * * *'}]}",
                Occurrence { cron: Some("1 0 * * *"), ..event("schedule") },
                No(Aspect::Schedule),
            ),
        ] {
            let source = format!("on: {on}\njobs:\n  a: {{runs-on: x, steps: []}}\n");
            let document = read_workflow(source, &Limits::default());
            let workflow = Workflow::of(&document);
            assert_eq!(Graph::of(&workflow).starts(&occurrence), answer, "{on} {occurrence:?}");
        }
    }
}
