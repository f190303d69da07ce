//! What GitHub's server refuses of keys that are each right: its parser, which is published, takes them.

use crate::read::{Document, TokenId, TokenKind};
use crate::values::Finding;

/// Filters of which an event has one at most (GitHub Docs, "Workflow syntax": the two cannot be used together).
const EITHER: [(&str, &str); 3] =
    [("branches", "branches-ignore"), ("tags", "tags-ignore"), ("paths", "paths-ignore")];

/// What is wrong with a mapping: the token it is told of, a word that stays the same, and the finding.
pub(super) fn of(document: &Document, mapping: TokenId) -> Option<(TokenId, &'static str, Finding)> {
    let name = document.schema().definition(document.token(mapping).definition).name();
    match name {
        "job-factory" => steps(document, mapping),
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
        name if name.ends_with("-mapping") => filters(document, mapping),
        _ => None,
    }
}

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
    let id = document.before(job).and_then(|key| document.text(key)).filter(|_| is_missing && !is_open)?;
    let message =
        format!("No steps defined in `steps` and no workflow called in `uses` for the following jobs: {id}");
    told(document, job, "job", message, "add steps, or call a workflow with uses")
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
