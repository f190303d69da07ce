//! Events that nothing can cause, as they are filtered.

use std::collections::HashSet;

use super::{FileAt, Found, Why};
use crate::graph::Graph;
use crate::model::{Event, EventKind, Filters, Names, Schedule};
use crate::values::cron;
use crate::values::glob::{Pattern, parse};

/// The events of a workflow, if nothing can cause any of them.
pub(super) fn all_dead(graph: &Graph<'_>) -> Option<Vec<Found>> {
    let events = graph.workflow.on.as_ref()?.list.as_slice();
    if events.is_empty() || !events.iter().all(is_dead_event) {
        return None;
    }
    let found = |event: &Event<'_>| Found {
        why: Why::NoEvent,
        target: event.name.value.to_owned(),
        file: FileAt::Workflow(0),
        token: event.name.token,
    };
    Some(events.iter().map(found).collect())
}

/// Whether nothing can cause an event, as it is filtered.
pub(in crate::assess) fn is_dead_event(event: &Event<'_>) -> bool {
    match &event.kind {
        EventKind::Filtered(filters) if event.name.value == "push" => is_push_dead(filters),
        EventKind::Filtered(filters) => {
            branches(filters) == Some(Passes::Nothing) || paths(filters) == Some(Passes::Nothing)
        }
        EventKind::Schedule(schedules) => !schedules.is_empty() && schedules.iter().all(never_comes),
        EventKind::Call(_) | EventKind::Dispatch(_) => false,
    }
}

/// A filter of branches alone lets no tag through, and the other way round. Paths do not count for tags.
fn is_push_dead(filters: &Filters<'_>) -> bool {
    let tags = of_either(filters.tags.as_ref(), filters.tags_ignore.as_ref(), Subject::Reference);
    let branches = branches(filters);
    let no_branch = match (branches, tags) {
        (Some(passes), _) => passes == Passes::Nothing,
        (None, tags) => tags.is_some(),
    };
    let no_tag = match (tags, branches) {
        (Some(passes), _) => passes == Passes::Nothing,
        (None, branches) => branches.is_some(),
    };
    no_tag && (no_branch || paths(filters) == Some(Passes::Nothing))
}

fn never_comes(schedule: &Schedule<'_>) -> bool {
    cron::parse(schedule.cron.value).is_ok_and(|cron| cron.is_never())
}

/// What a filter lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passes {
    /// Certainly nothing.
    Nothing,
    /// Something, as far as it shows.
    Something,
}

/// What names are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Reference,
    Path,
}

fn branches(filters: &Filters<'_>) -> Option<Passes> {
    of_either(filters.branches.as_ref(), filters.branches_ignore.as_ref(), Subject::Reference)
}

fn paths(filters: &Filters<'_>) -> Option<Passes> {
    of_either(filters.paths.as_ref(), filters.paths_ignore.as_ref(), Subject::Path)
}

/// A filter, if there is one that can be read.
fn of_either(
    including: Option<&Names<'_>>,
    ignoring: Option<&Names<'_>>,
    subject: Subject,
) -> Option<Passes> {
    let (names, is_ignoring) =
        including.map(|names| (names, false)).or(ignoring.map(|names| (names, true)))?;
    let patterns: Result<Vec<_>, _> = names.value.iter().map(|name| parse(name.value)).collect();
    let is_empty = patterns.is_ok_and(|patterns| {
        if is_ignoring { ignores_all(&patterns) } else { selects_nothing(&patterns, subject) }
    });
    Some(if is_empty { Passes::Nothing } else { Passes::Something })
}

/// Matches every name.
const ALL: &str = "**";

fn ignores_all(patterns: &[Pattern]) -> bool {
    patterns.iter().any(|pattern| pattern.source() == ALL) && !patterns.iter().any(Pattern::is_negative)
}

/// Whether each pattern that puts something in is taken out again behind it, or matches no name that there can be. An empty list is
/// not judged.
fn selects_nothing(patterns: &[Pattern], subject: Subject) -> bool {
    let mut taken_out = HashSet::new();
    for pattern in patterns.iter().rev() {
        if let Some(body) = pattern.source().strip_prefix('!') {
            taken_out.insert(body);
            continue;
        }
        let is_impossible = subject == Subject::Reference && pattern.names_no_reference();
        if !is_impossible && !taken_out.contains(pattern.source()) && !taken_out.contains(ALL) {
            return false;
        }
    }
    !patterns.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Workflow;
    use crate::read::{Limits, read_workflow};

    #[test]
    fn events_that_nothing_causes() {
        for (on, expected) in [
            ("push", false),
            ("{push: {branches: [main]}}", false),
            ("{push: {branches: ['!main']}}", true),
            ("{push: {branches: [main, '!main']}}", true),
            ("{push: {branches: ['!main', main]}}", false),
            ("{push: {branches: [main, dev, '!**']}}", true),
            ("{push: {branches: ['a*', '!*']}}", false),
            ("{push: {branches: [refs/heads/main]}}", true),
            ("{push: {branches: [refs/heads/main, main]}}", false),
            ("{push: {branches: ['a b']}}", true),
            ("{push: {branches: ['refs/heads/main'], tags: ['v*']}}", false),
            ("{push: {branches: ['refs/heads/main'], tags: ['!v*']}}", true),
            ("{push: {branches-ignore: ['**']}}", true),
            ("{push: {branches-ignore: ['*']}}", false),
            ("{push: {branches-ignore: ['**'], tags-ignore: ['**']}}", true),
            ("{push: {branches-ignore: ['**'], tags-ignore: [x]}}", false),
            ("{push: {tags-ignore: ['**']}}", true),
            ("{push: {paths: ['!x']}}", false),
            ("{push: {branches: [main], paths: ['!x']}}", true),
            ("{push: {branches: [main], paths-ignore: ['**']}}", true),
            ("{pull_request: {branches: ['!main']}}", true),
            ("{pull_request: {paths: ['x', '!x']}}", true),
            ("{pull_request: {paths: ['x', '!y']}}", false),
            ("{pull_request: {types: [closed]}}", false),
            ("{workflow_run: {workflows: [x], branches-ignore: ['**']}}", true),
            ("{schedule: [{cron: '0 0 30 2 *'}]}", true),
            ("{schedule: [{cron: '0 0 30 2 *'}, {cron: '0 0 1 2 *'}]}", false),
            ("{schedule: [{cron: '0 0 30 2 *'}], push: {branches: ['!x']}}", true),
            ("{push: {branches: ['!x']}, workflow_dispatch: }", false),
            ("workflow_call", false),
        ] {
            let source = format!("on: {on}\njobs:\n  a: {{runs-on: x, steps: [{{run: x}}]}}\n");
            let document = read_workflow(source, &Limits::default());
            let workflow = Workflow::of(&document);
            assert_eq!(all_dead(&Graph::of(&workflow)).is_some(), expected, "{on}");
        }
    }
}
