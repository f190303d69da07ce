//! Caches in workflows that publish: what another run put there goes into what is published.

use crate::expression::{Function, Literal, Node, NodeKind, Operator, Truth};
use crate::model::{Event, EventKind, Scalar, value_of};
use crate::security::caches::{caching, publishing};
use crate::security::class::{Check, Class, Severity};
use crate::security::control::{Control, Input, Takes};
use crate::security::found::Found;
use crate::security::names::{is_path, names};
use crate::security::sight::{FileSight, JobSight, StepSight};
use crate::security::sites::Place;
use crate::span::Span;
use crate::yaml::NodeId;

/// The check.
pub(super) const CHECK: &dyn Check = &CachePoisoning;

struct CachePoisoning;

const CLASS: Class = Class {
    id: "cache-poisoning",
    title: "what is published may come from a cache that others wrote",
    why: "A run that restores a cache takes what any run of the branch or of the default branch put there. Where it publishes, \
          a poisoned cache becomes a release.",
    remedy: "restore no caches in jobs that publish: turn them off there, or write cache-mode: none",
    severity: Severity::High,
};

/// A step that restores a cache in a job that publishes: somebody has to poison it first.
const RESTORED: Severity = Severity::Medium;

/// Events of strangers, whose runs GitHub keeps from writing caches unless somebody says otherwise.
const STRANGERS: [&str; 3] = ["pull_request_target", "workflow_run", "issue_comment"];

impl Check for CachePoisoning {
    fn class(&self) -> &'static Class {
        &CLASS
    }

    fn job(&self, file: &FileSight<'_, '_>, job: &JobSight<'_, '_>, found: &mut Found<'_>) {
        let mode = cache_mode(file, job);
        if let Some((span, "write" | "write-only")) = mode
            && let Some(event) = file.events().iter().find(|event| STRANGERS.contains(&event.name.value))
        {
            let areas = [span, file.span(job.job.id.token), file.span(event.name.token)];
            found.violation(Place::Job(job.shape), Severity::High, span, event.name.value, &areas);
        }
        let scenario = Scenario::of(file, job).filter(|_| mode.is_none_or(|(_, mode)| mode != "none"));
        for step in &job.steps {
            look(file, job, step, scenario.as_ref(), found);
        }
    }
}

/// `cache-mode` of a job or of its workflow, and where it stands. GitHub's published schema does not have it yet, so it is no token.
fn cache_mode<'d>(file: &FileSight<'_, 'd>, job: &JobSight<'_, '_>) -> Option<(Span, &'d str)> {
    let document = file.document();
    let tree = document.tree();
    let mode = |mapping: NodeId| {
        let value = tree.value_of(mapping, "cache-mode")?;
        Some((tree.node(value).span(), tree.text(value)?))
    };
    let of_job = mode(document.token(job.job.token).node);
    of_job.or_else(|| mode(document.token(document.root()?).node))
}

/// Why a job is taken for one that publishes.
enum Scenario<'s, 'w, 'd> {
    /// By what starts it; whether that is only tags and releases.
    Event(bool),
    /// By a step.
    Step(&'s StepSight<'w, 'd>),
}

impl<'s, 'w, 'd> Scenario<'s, 'w, 'd> {
    fn of(file: &FileSight<'w, 'd>, job: &'s JobSight<'w, 'd>) -> Option<Self> {
        let events = file.events();
        let is_tag = events.iter().any(pushes_tags);
        let is_branch = events.iter().any(pushes_release_branch);
        if is_tag || is_branch || file.has_event("release") {
            return Some(Self::Event(!is_branch));
        }
        job.steps.iter().find(|step| publishes(file, step)).map(Self::Step)
    }
}

fn pushes_tags(event: &Event<'_>) -> bool {
    matches!(&event.kind, EventKind::Filtered(filters)
        if event.name.value == "push" && (filters.tags.is_some() || filters.tags_ignore.is_some()))
}

fn pushes_release_branch(event: &Event<'_>) -> bool {
    let EventKind::Filtered(filters) = &event.kind else { return false };
    let branches = filters.branches.iter().flat_map(|branches| &branches.value);
    let is_release = branches.into_iter().any(|branch| branch.value.to_lowercase().contains("release"));
    event.name.value == "push" && is_release
}

fn publishes(file: &FileSight<'_, '_>, step: &StepSight<'_, '_>) -> bool {
    let (Some(control), Some(uses)) = (publishing(&step.action), step.uses()) else { return false };
    control.of(file.document(), uses) != Truth::False
}

fn look(
    file: &FileSight<'_, '_>,
    job: &JobSight<'_, '_>,
    step: &StepSight<'_, '_>,
    scenario: Option<&Scenario<'_, '_, '_>>,
    found: &mut Found<'_>,
) {
    let (Some(control), Some(uses)) = (caching(&step.action), step.uses()) else { return };
    let place = Place::Step(job.shape, step.at);
    let Some(scenario) = scenario.filter(|scenario| restores(file, step, control, scenario)) else {
        return found.site(place, None);
    };
    let because = match scenario {
        Scenario::Event(_) => file.on(),
        Scenario::Step(step) => step.uses().map(|uses| file.with_key(uses.uses.token)),
    };
    let areas: Vec<_> = because.into_iter().chain([file.span(step.step.token)]).collect();
    found.violation(place, RESTORED, file.span(uses.uses.token), uses.uses.value, &areas);
}

/// Whether a step restores a cache when the workflow publishes.
fn restores(
    file: &FileSight<'_, '_>,
    step: &StepSight<'_, '_>,
    control: Control,
    scenario: &Scenario<'_, '_, '_>,
) -> bool {
    let Some(uses) = step.uses() else { return false };
    match (control.of(file.document(), uses), control) {
        (Truth::True, _) => true,
        (Truth::False, _) => false,
        (Truth::Unknown, Control::Input(input)) if matches!(scenario, Scenario::Event(true)) => {
            at_tag(step, input).is_none_or(|given| given == input.lets)
        }
        (Truth::Unknown, _) => true,
    }
}

/// What an expression gives to an input when a tag was pushed, where that can be told.
fn at_tag(step: &StepSight<'_, '_>, input: Input) -> Option<bool> {
    let entries = step.uses()?.with.as_ref()?.value.literal()?;
    let Scalar::Expression(evaluated) = value_of(entries, input.name)?.value else { return None };
    let is_known = matches!(input.takes, Takes::Flag) && !evaluated.has_text;
    is_known.then(|| evaluated.expression().root().and_then(truth_at_tag)).flatten()
}

fn truth_at_tag(node: &Node) -> Option<bool> {
    match &node.kind {
        NodeKind::Literal(Literal::Boolean(truth)) => Some(*truth),
        NodeKind::Not(operand) => truth_at_tag(operand).map(|truth| !truth),
        NodeKind::Call { function: Function::StartsWith, arguments, .. } => {
            let NodeKind::Literal(Literal::String(prefix)) = &arguments.get(1)?.kind else { return None };
            let is_ref = names(arguments.first()?).is_some_and(|names| is_path(&names, "github.ref"));
            (is_ref && prefix.eq_ignore_ascii_case("refs/tags/")).then_some(true)
        }
        NodeKind::And(operands) => {
            let [first, second] = operands.as_slice() else { return None };
            let either = |one: &Node, other: &Node| {
                equals(one, "github.event_name", "push") && equals(other, "github.ref_type", "tag")
            };
            (either(first, second) || either(second, first)).then_some(true)
        }
        _ => None,
    }
}

/// Whether a comparison asks whether a value of a context is this text.
fn equals(node: &Node, path: &str, text: &str) -> bool {
    let NodeKind::Compare { operator: Operator::Equal, left, right } = &node.kind else { return false };
    let is = |value: &Node, literal: &Node| {
        let is_text = matches!(&literal.kind, NodeKind::Literal(Literal::String(given)) if given == text);
        is_text && names(value).is_some_and(|names| is_path(&names, path))
    };
    is(left, right) || is(right, left)
}
