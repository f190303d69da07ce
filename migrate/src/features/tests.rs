use std::collections::BTreeSet;

use super::*;
use crate::assess::is_githubs;
use crate::fidelity::Fidelity;
use crate::schema::{DefinitionId, Kind};
use crate::script::{CommandKind, RunnerFile};

#[test]
fn the_list_is_what_the_schemas_and_facts_give() {
    let new = generate(FEATURES);
    let stale = new.lines().zip(FEATURES.lines()).find(|(new, old)| new != old);
    assert_eq!(stale, None, "type `cargo xtask generate` and commit the result");
    assert_eq!(new.len(), FEATURES.len(), "type `cargo xtask generate` and commit the result");
}

#[test]
fn what_people_wrote_down_stays() {
    let old = "- id: event/push\n  kind: event\n  meaning: 'a: b''s'\n  argo: dropped\n  how: no effect\n- id: event/gone\n  kind: event\n  meaning: x\n";
    let new = generate(old);
    let row = "- id: event/push\n  kind: event\n  path: on.push\n  meaning: 'a: b''s'\n  argo: dropped\n  how: no effect\n";
    assert!(new.contains(row), "{new}");
    assert!(!new.contains("event/gone"));
    assert_eq!(generate(&new), new);
}

#[test]
fn every_feature_says_what_it_is() {
    let silent = Catalogue::get().features().filter(|(_, feature)| feature.meaning.is_empty());
    let silent: Vec<_> = silent.map(|(_, feature)| feature.id.as_str()).collect();
    assert_eq!(silent, Vec::<&str>::new(), "write a meaning in migrate/features.yaml");
}

#[test]
fn every_feature_says_what_becomes_of_it() {
    let silent = Catalogue::get()
        .features()
        .filter(|(_, feature)| feature.fidelity.is_none() || feature.how.is_empty());
    let silent: Vec<_> = silent.map(|(_, feature)| feature.id.as_str()).collect();
    assert_eq!(silent, Vec::<&str>::new(), "write argo and how in migrate/features.yaml");
}

/// What only GitHub has starts nothing elsewhere; workflow_run is thought about anew.
#[test]
fn events_stay_as_the_assessment_says() {
    let catalogue = Catalogue::get();
    for (_, feature) in catalogue.features().filter(|(_, feature)| feature.kind == FeatureKind::Event) {
        let name = feature.id.strip_prefix("event/").unwrap();
        if is_githubs(name) {
            assert_eq!(feature.fidelity, Some(Fidelity::Keep), "{name}");
        }
    }
}

#[test]
fn ids_are_there_once() {
    let catalogue = Catalogue::get();
    let ids: BTreeSet<_> = catalogue.features().map(|(_, feature)| feature.id.as_str()).collect();
    assert_eq!(ids.len(), catalogue.features().count());
    for (id, feature) in catalogue.features() {
        assert_eq!(catalogue.named(&feature.id), Some(id));
    }
}

/// No part of a schema is without a feature, whatever the root.
#[test]
fn every_part_of_the_schemas_has_its_feature() {
    let catalogue = Catalogue::get();
    for file in FileKind::ALL {
        let schema = file.schema();
        for (id, definition) in schema.definitions() {
            let name = definition.name();
            match definition.kind() {
                Kind::Mapping(mapping) => {
                    for property in mapping.properties() {
                        assert!(catalogue.key(file, property.id).is_some(), "{name}.{}", property.name);
                    }
                    assert_eq!(mapping.loose().is_some(), catalogue.entry(file, id).is_some(), "{name}");
                }
                Kind::Sequence(_) => assert!(catalogue.item(file, id).is_some(), "{name}"),
                _ => {
                    assert_eq!(definition.sequence().is_some(), catalogue.item(file, id).is_some(), "{name}")
                }
            }
            for value in definition.constants().filter(|_| !name.starts_with("branding")) {
                assert!(catalogue.value(file, id, value).is_some(), "{name}={value}");
            }
        }
    }
}

/// No feature is there that nothing comes to.
#[test]
fn every_feature_of_the_schemas_is_found_by_its_part() {
    let catalogue = Catalogue::get();
    let mut found = BTreeSet::new();
    for file in FileKind::ALL {
        let schema = file.schema();
        for (id, definition) in schema.definitions() {
            found.extend(catalogue.entry(file, id).into_iter().chain(catalogue.item(file, id)));
            found.extend(definition.constants().filter_map(|value| catalogue.value(file, id, value)));
            let properties = schema.mapping(id).into_iter().flat_map(crate::schema::Mapping::properties);
            found.extend(properties.filter_map(|property| catalogue.key(file, property.id)));
        }
    }
    for (id, feature) in catalogue.features() {
        let of_schema =
            [FeatureKind::Key, FeatureKind::Entry, FeatureKind::Item, FeatureKind::Value, FeatureKind::Event];
        assert!(!of_schema.contains(&feature.kind) || found.contains(&id), "{}", feature.id);
    }
}

#[test]
fn facts_have_their_features() {
    let catalogue = Catalogue::get();
    assert!(facts::FUNCTIONS.iter().all(|(_, function)| catalogue.function(*function).is_some()));
    assert!(facts::OPERATORS.iter().all(|symbol| catalogue.operator(symbol).is_some()));
    assert!(RunnerFile::ALL.into_iter().all(|file| catalogue.runner_file(file).is_some()));
    for name in facts::COMMANDS {
        let command = CommandKind::of(name).unwrap();
        assert_eq!(catalogue.command(command), catalogue.named(&format!("command/{name}")), "{name}");
    }
    assert!(UsesForm::ALL.iter().all(|(_, form)| catalogue.uses(*form).is_some()));
    assert!(Embedding::ALL.iter().all(|(_, embedding)| catalogue.expression(*embedding).is_some()));
    assert!(Default::ALL.iter().all(|(_, default)| catalogue.default(*default).is_some()));
    assert!(catalogue.tool().is_some());
    for (name, _) in facts::FUNCTIONS {
        assert!(crate::expression::Function::named(name).is_some(), "{name}");
    }
}

#[test]
fn paths_of_contexts_find_the_longest_that_is_known() {
    let catalogue = Catalogue::get();
    for (path, expected) in [
        ("github", Some("github")),
        ("GitHub.SHA", Some("github.sha")),
        ("github.sha.x", Some("github.sha")),
        ("github.nothing", None),
        ("github.*", None),
        ("github.event", Some("github.event")),
        ("github.event.commits.*.message", Some("github.event.commits.*.message")),
        ("github.event.commits.0.message", Some("github.event.commits")),
        ("github.event.issue.node_id", Some("github.event.issue")),
        ("github.event.Issue.number", Some("github.event.issue.number")),
        ("github.event.*.body", Some("github.event.*")),
        ("github.event.isue", Some("github.event.<other>")),
        ("github.event.client_payload.a.b", Some("github.event.client_payload")),
        ("secrets.github_token", Some("secrets.GITHUB_TOKEN")),
        ("secrets.OTHER", Some("secrets.<name>")),
        ("needs.*.result", Some("needs.<job-id>.result")),
        ("needs.a.outputs.b.c", Some("needs.<job-id>.outputs.<name>")),
        ("needs.a.nothing", None),
        ("matrix.a.b.c", Some("matrix.<name>")),
        ("steps.a.outputs", Some("steps.<step-id>.outputs")),
        ("job.services.db.ports.5432", Some("job.services.<service-id>.ports.<port>")),
    ] {
        let segments: Vec<_> = path
            .split('.')
            .map(|step| if step == "*" { Segment::All } else { Segment::Name(step) })
            .collect();
        let found = catalogue.context(&segments).map(|id| catalogue.feature(id).id.clone());
        assert_eq!(found, expected.map(|expected| format!("context/{expected}")), "{path}");
    }
}

#[test]
fn lenient_roots_come_to_the_same_features() {
    let catalogue = Catalogue::get();
    let schema = FileKind::Workflow.schema();
    let key = |definition: &str, key: &str| {
        let mapping = schema.named(definition).and_then(|id| schema.mapping(id)).unwrap();
        catalogue.key(FileKind::Workflow, mapping.property(key).unwrap().id)
    };
    assert_eq!(key("workflow-root", "on"), key("workflow-root-strict", "on"));
    assert_eq!(key("on-mapping-new", "schedule"), key("on-mapping-strict", "schedule"));
    assert_eq!(key("on-mapping-strict", "push"), catalogue.event("push"));
    let push = catalogue.value(FileKind::Workflow, schema.named("on-strict").unwrap(), "push");
    assert_eq!(push, catalogue.event("push"));
    assert_eq!(catalogue.entry(FileKind::Action, DefinitionId::MAPPING), catalogue.named("data.<name>"));
}
