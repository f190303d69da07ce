//! Events as GitHub's parser in TypeScript writes them.

use towpath_migrate::model::{
    At, CallEvent, Event, EventKind, Filters, Input, Name, Names, Scalar, Schedule, Workflow,
};

use super::json::Json;

pub(crate) fn write(workflow: &Workflow<'_>) -> Json {
    let events = workflow.on.iter().flat_map(|on| &on.list);
    Json::Map(events.map(|event| (event.name.value.to_owned(), one(event))).collect())
}

fn one(event: &Event<'_>) -> Json {
    match &event.kind {
        EventKind::Filtered(filters) => filtered(filters),
        EventKind::Schedule(_) if event.token.is_none() => Json::Object(Vec::new()),
        EventKind::Schedule(schedules) => Json::Array(schedules.iter().map(schedule).collect()),
        EventKind::Call(event) => call(event),
        EventKind::Dispatch(list) if list.is_empty() => Json::Object(Vec::new()),
        EventKind::Dispatch(list) => Json::Object(vec![("inputs", inputs(list))]),
    }
}

fn filtered(filters: &Filters<'_>) -> Json {
    let all = [
        ("branches", &filters.branches),
        ("branches-ignore", &filters.branches_ignore),
        ("tags", &filters.tags),
        ("tags-ignore", &filters.tags_ignore),
        ("paths", &filters.paths),
        ("paths-ignore", &filters.paths_ignore),
        ("types", &filters.types),
        ("versions", &filters.versions),
        ("names", &filters.names),
        ("workflows", &filters.workflows),
    ];
    let given = all.into_iter().filter_map(|(name, filter)| Some((name, names(filter.as_ref()?))));
    Json::Object(given.collect())
}

fn names(names: &Names<'_>) -> Json {
    Json::Array(names.value.iter().map(|name| Json::text(name.value)).collect())
}

fn schedule(schedule: &Schedule<'_>) -> Json {
    let mut pairs = vec![("cron", Json::text(schedule.cron.value))];
    pairs.extend(schedule.timezone.map(|zone| ("timezone", Json::text(zone.value))));
    Json::Object(pairs)
}

fn call(event: &CallEvent<'_>) -> Json {
    let mut pairs = Vec::new();
    if event.inputs_token.is_some() {
        pairs.push(("inputs", inputs(&event.inputs)));
    }
    if event.secrets_token.is_some() {
        let secret = |secret: &towpath_migrate::model::CallSecret<'_>| {
            (secret.name.value.to_owned(), Json::Object(described(secret.description, secret.required)))
        };
        pairs.push(("secrets", Json::Map(event.secrets.iter().map(secret).collect())));
    }
    Json::Object(pairs)
}

fn described(description: Option<Name<'_>>, required: Option<At<bool>>) -> Vec<(&'static str, Json)> {
    let description = description.map(|text| ("description", Json::text(text.value)));
    let required = required.map(|required| ("required", Json::Boolean(required.value)));
    description.into_iter().chain(required).collect()
}

fn inputs(inputs: &[Input<'_>]) -> Json {
    Json::Map(inputs.iter().map(|one| (one.name.value.to_owned(), input(one))).collect())
}

fn input(input: &Input<'_>) -> Json {
    let mut pairs = vec![("type", Json::text(input.kind.name()))];
    pairs.extend(described(input.description, input.required));
    pairs.extend(input.options.as_ref().map(|options| ("options", names(options))));
    pairs.extend(input.default.and_then(|default| match default.value {
        Scalar::Text(text) => Some(("default", Json::text(text))),
        Scalar::Boolean(value) => Some(("default", Json::Boolean(value))),
        _ => None,
    }));
    Json::Object(pairs)
}
