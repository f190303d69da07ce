//! What GitHub's server refuses of keys that are each right, since its parser, which is published, takes them; and what such keys
//! say of each other.

use crate::read::{Document, Problem, TokenId, TokenKind};
use crate::span::Span;
use crate::values::Finding;

/// Filters of which an event has one at most (GitHub Docs, "Workflow syntax": the two cannot be used together).
const EITHER: [(&str, &str); 3] =
    [("branches", "branches-ignore"), ("tags", "tags-ignore"), ("paths", "paths-ignore")];

/// A workflow names the events that start it (GitHub's server; its parser takes an empty mapping or list).
pub(super) fn no_event(document: &Document) -> Option<(TokenId, &'static str, Finding)> {
    let on = document.root().and_then(|root| document.get(root, "on"))?;
    let is_list = matches!(document.token(on).kind, TokenKind::Mapping | TokenKind::Sequence);
    if !is_list || document.children(on).next().is_some() || document.is_cut_off(on) {
        return None;
    }
    told(
        document,
        on,
        "event",
        "No event triggers defined in `on`".to_owned(),
        "name an event, such as on: push",
    )
}

/// What GitHub's server refuses the file for: the token it is told of, and the finding.
pub(crate) fn refusals(document: &Document) -> impl Iterator<Item = (TokenId, Finding)> {
    let mappings = document.tokens().filter(|(_, token)| token.kind == TokenKind::Mapping);
    let refused = mappings.filter_map(|(id, _)| refusal(document, id, name(document, id)));
    no_event(document).into_iter().chain(refused).map(|(token, _, finding)| (token, finding))
}

/// What is wrong with a mapping: the token it is told of, a word that stays the same, and the finding.
pub(super) fn of(document: &Document, mapping: TokenId) -> Option<(TokenId, &'static str, Finding)> {
    match name(document, mapping) {
        "workflow-dispatch-input" => default(document, mapping),
        "workflow-run-mapping" if document.get(mapping, "workflows").is_none() => {
            let hint = "name the workflows: workflows: [build]";
            told(
                document,
                mapping,
                "event",
                "no workflows are named, so none starts this one".to_owned(),
                hint,
            )
        }
        name => refusal(document, mapping, name),
    }
}

/// What its schema calls a mapping.
fn name(document: &Document, mapping: TokenId) -> &'static str {
    document.schema().definition(document.token(mapping).definition).name()
}

/// What GitHub's server refuses of a mapping that has this name.
fn refusal(document: &Document, mapping: TokenId, name: &str) -> Option<(TokenId, &'static str, Finding)> {
    match name {
        "job-factory" => steps(document, mapping),
        "workflow-dispatch-inputs" => inputs(document, mapping),
        "concurrency-mapping" => queue(document, mapping),
        name if name.ends_with("-mapping") => filters(document, mapping),
        _ => None,
    }
}

/// What GitHub says of a call where a job has keys that no call has.
const USES: &str = "Unexpected value 'uses'";

/// A job has steps.
fn steps(document: &Document, job: TokenId) -> Option<(TokenId, &'static str, Finding)> {
    let is_missing = match document.get(job, "steps") {
        None => true,
        Some(steps) => {
            document.token(steps).kind == TokenKind::Sequence && document.children(steps).next().is_none()
        }
    };
    // With an expression as a key, nobody knows what else is there.
    let is_open = document.pairs(job).any(|(key, _)| document.text(key).is_none());
    // A call in the wrong place is refused as that.
    let is_refused = || {
        let within = |problem: &&Problem| document.span(job).contains(problem.span);
        document.problems().iter().filter(within).any(|problem| problem.message == USES)
    };
    let is_known = is_missing && !is_open && !document.is_cut_off(job) && !is_refused();
    let id = document.before(job).and_then(|key| document.text(key)).filter(|_| is_known)?;
    let message =
        format!("No steps defined in `steps` and no workflow called in `uses` for the following jobs: {id}");
    told(document, job, "job", message, "add steps, or call a workflow with uses")
}

/// The default of an input is one of its options, or a number. GitHub takes any (runner:
/// ConvertToOnWorkflowDispatchInputTypes).
fn default(document: &Document, input: TokenId) -> Option<(TokenId, &'static str, Finding)> {
    let text = |key| document.get(input, key).and_then(|value| document.text(value));
    let (token, given) = (document.get(input, "default")?, text("default")?);
    let (message, hint) = match text("type")? {
        "choice" => {
            let mut options = document.children(document.get(input, "options")?);
            if options.any(|option| document.text(option).is_none_or(|option| option == given)) {
                return None;
            }
            (
                format!("the default '{given}' is none of the options"),
                "name one of the options, or add this one",
            )
        }
        "number" if given.trim().parse::<f64>().is_err() && !given.contains("${{") => {
            (format!("the default '{given}' is no number"), "write a number, without quotes")
        }
        _ => return None,
    };
    Some((token, "input", Finding::ours(Span::new(0, given.len()), message, hint).warning()))
}

/// How many inputs somebody may be asked for (GitHub Changelog 2025-12-04, "Actions workflow dispatch workflows now support
/// 25 inputs").
const MAX_INPUTS: usize = 25;

fn inputs(document: &Document, inputs: TokenId) -> Option<(TokenId, &'static str, Finding)> {
    let count = document.pairs(inputs).count();
    let message = format!("you may only define up to {MAX_INPUTS} `inputs` for a `workflow_dispatch` event");
    let hint = "ask for fewer: several values go into one input as JSON, and fromJSON takes them apart";
    (count > MAX_INPUTS).then(|| told(document, inputs, "input", message, hint)).flatten()
}

/// Nothing is cancelled for what may wait (GitHub Docs, "Control the concurrency of workflows and jobs": the combination is a
/// workflow validation error; its words are not published).
fn queue(document: &Document, concurrency: TokenId) -> Option<(TokenId, &'static str, Finding)> {
    let queue = document.get(concurrency, "queue").filter(|queue| document.text(*queue) == Some("max"))?;
    let cancels = document.get(concurrency, "cancel-in-progress")?;
    if document.token(cancels).kind != TokenKind::Boolean(true) {
        return None;
    }
    let message = "GitHub refuses `queue: max` with `cancel-in-progress: true`";
    let hint = "take one of the two away: either all wait for their turn, or the newest takes the place of the others";
    Some((queue, "concurrency", Finding::ours(Span::new(0, "max".len()), message, hint)))
}

/// An event has one of each pair of filters.
fn filters(document: &Document, event: TokenId) -> Option<(TokenId, &'static str, Finding)> {
    let (one, other) = EITHER
        .into_iter()
        .find(|(one, other)| document.get(event, one).is_some() && document.get(event, other).is_some())?;
    let message = format!("you may only define one of `{one}` and `{other}` for a single event");
    told(document, event, "event", message, "write what is left out behind a ! in the other one")
}

/// A finding about the key of a mapping.
fn told(
    document: &Document,
    mapping: TokenId,
    code: &'static str,
    message: String,
    hint: &'static str,
) -> Option<(TokenId, &'static str, Finding)> {
    let key = document.before(mapping)?;
    let length = document.text(key).map_or(0, str::len);
    Some((key, code, Finding::server(length, message, hint)))
}
