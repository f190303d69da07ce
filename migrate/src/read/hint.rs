//! What to do about a key or value that may not be here.

use crate::schema::{Candidates, Definition, Scalar, Schema};

/// How many values are listed at most.
const LISTED: usize = 12;

/// A key that is not known here: a near one, or where it is known.
pub(super) fn for_key(
    schema: &'static Schema,
    candidates: &Candidates<'static>,
    key: &str,
) -> Option<String> {
    let names = candidates.iter().flat_map(|(_, mapping)| mapping.properties()).map(|property| property.name);
    if let Some(near) = nearest(key, names) {
        return Some(format!("did you mean {near}?"));
    }
    if key == "<<" {
        return Some(MERGE.to_owned());
    }
    if let Some(hint) = candidates.only().and_then(|(id, _)| either(schema.definition(id).name(), key)) {
        return Some(hint);
    }
    let mut others = Vec::new();
    for (id, _) in schema.having(key) {
        if let Some(place) = place(schema, schema.definition(id).name())
            && !others.contains(&place)
        {
            others.push(place);
        }
    }
    others.truncate(LISTED);
    if others.is_empty() {
        return Some(format!(
            "no key of this name is known anywhere (schema {}); it may be newer than this version of towpath",
            schema.version()
        ));
    }
    Some(format!("the key is known elsewhere: in {}", others.join(", ")))
}

/// GitHub's parser knows anchors and aliases of YAML, and not the merge key.
pub(crate) const MERGE: &str =
    "GitHub knows no merge keys: write the keys out, or let an alias be all of a value, as in env: *name";

/// A key of the other form of a step or job.
fn either(mapping: &str, key: &str) -> Option<String> {
    match (mapping, key) {
        ("run-step", "uses") | ("regular-step" | "uses-step", "run") => {
            Some("a step has run or uses, not both: make two steps of it".to_owned())
        }
        ("workflow-job", "runs-on" | "steps") | ("job-factory", "uses") => Some(
            "a job has runs-on and steps, or calls a workflow with uses, not both: make two jobs of it"
                .to_owned(),
        ),
        _ => None,
    }
}

/// Where a mapping of the schema is written, in the words of GitHub's documentation; `None`: no user writes it.
fn place(schema: &Schema, mapping: &str) -> Option<String> {
    let fixed = match mapping {
        "workflow-root" | "workflow-root-strict" => "the top of the workflow",
        "on-mapping" | "on-mapping-strict" => "on",
        "workflow-call-input-definition" => "on.workflow_call.inputs.<input_id>",
        "workflow-call-secret-mapping-definition" => "on.workflow_call.secrets.<secret_id>",
        "workflow-call-output-definition" => "on.workflow_call.outputs.<output_id>",
        "workflow-dispatch-input" => "on.workflow_dispatch.inputs.<input_id>",
        "cron-mapping" => "an item of on.schedule",
        "permissions-mapping" => "permissions",
        "workflow-defaults" | "job-defaults" => "defaults",
        "workflow-defaults-run" | "job-defaults-run" => "defaults.run",
        "job-factory" => "jobs.<job_id>",
        "workflow-job" => "a job with uses",
        "strategy" => "jobs.<job_id>.strategy",
        "matrix" => "jobs.<job_id>.strategy.matrix",
        "snapshot-mapping" => "jobs.<job_id>.snapshot",
        "runs-on-mapping" => "jobs.<job_id>.runs-on",
        "concurrency-mapping" => "concurrency",
        "job-environment-mapping" => "jobs.<job_id>.environment",
        "run-step" => "a step with run",
        "regular-step" | "uses-step" => "a step with uses",
        "wait-step" => "a step with wait",
        "wait-all-step" => "a step with wait-all",
        "cancel-step" => "a step with cancel",
        "parallel-step" => "a step with parallel",
        "container-mapping" => "jobs.<job_id>.container",
        "service-container-mapping" => "jobs.<job_id>.services.<service_id>",
        "container-registry-credentials" => "credentials of a container",
        "action-root" | "action-root-strict" => "the top of the action",
        "input" | "input-strict" => "inputs.<input_id>",
        "output-definition" => "outputs.<output_id>",
        "container-runs" | "container-runs-strict" => "runs of a Docker action",
        "node-runs" | "node-runs-strict" => "runs of a JavaScript action",
        "composite-runs" | "composite-runs-strict" => "runs of a composite action",
        "branding" => "branding",
        _ => return event(schema, mapping),
    };
    Some(fixed.to_owned())
}

/// The mapping of an event is called like the event, with other dashes.
fn event(schema: &Schema, mapping: &str) -> Option<String> {
    let name = mapping.strip_suffix("-mapping")?.replace('-', "_");
    let is_event = schema.having(&name).any(|(id, _)| schema.definition(id).name() == "on-mapping-strict");
    is_event.then(|| format!("on.{name}"))
}

/// A value that may not be here: a near one, or all.
pub(super) fn for_value(definition: &Definition, value: &str) -> Option<String> {
    let is_current = |constant: &&str| definition.name() != "using" || !OLD.contains(constant);
    let mut constants: Vec<_> = definition.constants().filter(is_current).collect();
    if let Some(near) = nearest(value, constants.iter().copied()) {
        return Some(format!("did you mean {near}?"));
    }
    let left = constants.len().saturating_sub(LISTED);
    constants.truncate(LISTED);
    match (constants.is_empty(), left) {
        (true, _) => of_kind(definition).map(str::to_owned),
        (false, 0) => Some(format!("expected {}", constants.join(", "))),
        (false, left) => Some(format!("expected {} or one of {left} others", constants.join(", "))),
    }
}

/// Versions of Node.js that actions are not to use any more (GitHub Changelog 2025-09-19, "Deprecation of Node 20 on GitHub
/// Actions runners"): no hint leads to them.
const OLD: [&str; 3] = ["node12", "node16", "node20"];

/// What is expected where any value of a kind may be.
fn of_kind(definition: &Definition) -> Option<&'static str> {
    let (boolean, number) = (definition.accepts(Scalar::Boolean), definition.accepts(Scalar::Number));
    let text = definition.accepts(Scalar::String("x"));
    match (text, boolean, number) {
        (true, _, _) => (!definition.accepts(Scalar::String(""))).then_some("it may not be empty"),
        (false, true, false) => Some("write true or false, without quotes"),
        (false, false, true) => Some("write a number, without quotes"),
        (false, false, false) if definition.sequence().is_some() => Some("write a list"),
        (false, false, false) if !definition.mappings().is_empty() => Some("write keys with their values"),
        _ => None,
    }
}

/// The name that is a slip away: a third of its letters at most.
pub(crate) fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = |name: &str| (name.len() / 3).clamp(1, 3);
    names
        .filter(|name| name.len().abs_diff(text.len()) <= allowed(name))
        .map(|name| (distance(text, name), name))
        .filter(|(distance, name)| *distance <= allowed(name))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters have to be added, taken away or changed, whatever their case.
fn distance(left: &str, right: &str) -> usize {
    #[cfg(test)]
    crate::work::step();
    let right: Vec<char> = right.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        for (other, cell) in right.iter().zip(row.iter_mut().skip(1)) {
            let changed = diagonal + usize::from(*other != letter);
            diagonal = *cell;
            *cell = changed.min(before + 1).min(diagonal + 1);
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_have_the_words_of_users() {
        // The lenient roots have other definitions, which no hint is made of.
        let is_lenient =
            |name: &str| name.ends_with("-new") || name.ends_with("-relaxed") || name == "plugin-runs";
        for schema in [Schema::workflow(), Schema::action()] {
            for (id, definition) in schema.definitions() {
                let Some(mapping) = schema.mapping(id) else { continue };
                let name = definition.name();
                if mapping.properties().is_empty() || is_lenient(name) {
                    continue;
                }
                assert!(place(schema, name).is_some(), "{name}");
            }
        }
        assert_eq!(place(Schema::workflow(), "pull-request-mapping").as_deref(), Some("on.pull_request"));
    }

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        let names = ["runs-on", "steps", "if", "name", "needs", "timeout-minutes"];
        for (text, near) in [
            ("runs_on", Some("runs-on")),
            ("Runs-On", Some("runs-on")),
            ("step", Some("steps")),
            ("need", Some("needs")),
            ("timeout-minute", Some("timeout-minutes")),
            ("timeout", None),
            ("of", Some("if")),
            ("xy", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, names.into_iter()), near, "{text}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
