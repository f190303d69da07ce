//! The schemas that GitHub publishes with actions/languageservices: each definition, key, required mark, type, context and
//! constant, in both directions, so that a newer schema fails with the names of what is new.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a fixture that fails ends its test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;
use towpath_migrate::expression::{Object, Value};
use towpath_migrate::schema::{Definition, DefinitionId, Kind, Mapping, Schema, Source, Text};

/// Where ours is not what languageservices publishes: its line there, if any, and why ours is another.
const DIFFERENCES: &[(&str, Option<&str>, &str)] = &[
    ("workflow-name", Some("string"), "the runner takes the text as it stands"),
    ("repository-dispatch-string", Some("string =branch_protection_rule"), "a slip: the runner has its name"),
    (
        "job-if",
        Some("string @ always(0,0) cancelled(0,0) failure(0,MAX) github inputs needs success(0,MAX) vars"),
        IS,
    ),
    (
        "step-if",
        Some(
            "string @ always(0,0) cancelled(0,0) env failure(0,0) github hashFiles(1,255) inputs job matrix needs runner \
             steps strategy success(0,0) vars",
        ),
        IS,
    ),
    ("snapshot-if", Some("string @ github inputs matrix needs strategy vars"), IS),
    ("snapshot", Some("one-of non-empty-string snapshot-mapping"), "the runner allows expressions"),
    (
        "snapshot-mapping",
        Some("mapping image-name!:non-empty-string if:snapshot-if version:non-empty-string"),
        "the runner names the type",
    ),
    ("snapshot-image-name", None, ONLY),
    ("workflow-root-new", None, ONLY),
    ("on-new", None, ONLY),
    ("on-string", None, ONLY),
    ("sequence-of-on-string", None, ONLY),
    ("on-mapping-new", None, ONLY),
    ("schedule-relaxed", None, ONLY),
    ("schedule-item-relaxed", None, ONLY),
    ("workflow-dispatch-relaxed", None, ONLY),
    ("workflow-dispatch-mapping-relaxed", None, ONLY),
    ("workflow-dispatch-inputs-relaxed", None, ONLY),
    ("workflow-dispatch-inputs-mapping-relaxed", None, ONLY),
    ("workflow-dispatch-input-relaxed", None, ONLY),
    ("workflow-dispatch-input-mapping-relaxed", None, ONLY),
    ("on-event-config-relaxed", None, ONLY),
    ("on-event-config-mapping-relaxed", None, ONLY),
    ("event-property-strings-relaxed", None, ONLY),
    ("dynamic-string", None, ONLY),
    ("interactive-component-string", None, ONLY),
    ("member-string", None, ONLY),
];

const IS: &str = "the runner marks it as an expression";
const ONLY: &str = "only the runner has it";

/// A line for each definition.
type Lines = BTreeMap<String, String>;

#[test]
fn ours_are_what_github_publishes_but_for_named_differences() {
    let Some(corpus) = crate::corpus::folder("GitHub's schemas") else { return };
    let folder = corpus.join("languageservices/schema");
    let workflow = differences(Schema::workflow(), &folder.join("workflow-v1.0.json"));
    let action = differences(Schema::action(), &folder.join("action-v1.0.json"));
    let named: BTreeSet<_> = DIFFERENCES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    println!("{} differences from what GitHub publishes, each named", workflow.len() + action.len());
    assert_eq!(workflow, named, "each difference of workflows is named, and no other");
    assert_eq!(action, BTreeSet::new(), "actions have none");
}

pub(crate) fn record() -> serde_json::Value {
    let schema = |schema: &Schema| {
        let source = |source: &Source| format!("{} {} ({})", source.repository, source.path, source.version);
        json!({
            "version": schema.version(),
            "definitions": schema.definitions().count(),
            "keys": schema.property_count(),
            "sources": schema.sources().iter().map(source).collect::<Vec<_>>(),
        })
    };
    let difference = |(name, _, why): &(&str, Option<&str>, &str)| json!({ "definition": name, "why": why });
    let schemas = [Schema::workflow(), Schema::action()].map(schema);
    json!({ "schemas": schemas, "differences": DIFFERENCES.iter().map(difference).collect::<Vec<_>>() })
}

/// The names of what is different, each of which was compared with what the table says.
fn differences(schema: &Schema, path: &Path) -> BTreeSet<String> {
    let (theirs, ours) = (published(path), lines(schema));
    assert!(theirs.len() > 30, "{} is a schema", path.display());
    let names: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
    let different = names.into_iter().filter(|name| theirs.get(*name) != ours.get(*name));
    let inspect = |name: &String| {
        let (theirs, ours) = (theirs.get(name).map(String::as_str), ours.get(name));
        let named = DIFFERENCES.iter().find(|(known, ..)| known == name);
        match named {
            Some((_, expected, _)) => assert_eq!(theirs, *expected, "{name} has changed"),
            None => panic!("{name}\n  GitHub: {}\n  ours:   {ours:?}", theirs.unwrap_or("not there")),
        }
        name.clone()
    };
    different.map(inspect).collect()
}

fn lines(schema: &Schema) -> Lines {
    let own = schema.definitions().filter(|(id, _)| *id > DefinitionId::ANY);
    own.map(|(_, definition)| (definition.name().to_owned(), line(schema, definition))).collect()
}

fn line(schema: &Schema, definition: &Definition) -> String {
    let name = |id: &DefinitionId| schema.definition(*id).name();
    let mut line = match definition.kind() {
        Kind::Null => "null".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::String(text) => text_line(*text),
        Kind::AllowedValues(values) => format!("values {}", values.join(" ")),
        Kind::Sequence(item) => format!("sequence {}", name(item)),
        Kind::Mapping(mapping) => mapping_line(schema, mapping),
        Kind::OneOf(names) => format!("one-of {}", names.iter().map(name).collect::<Vec<_>>().join(" ")),
    };
    if definition.is_raw() {
        line.push_str(" +coerce-raw");
    }
    with_contexts(line, schema.words(definition.contexts()).collect())
}

fn text_line(text: Text) -> String {
    let mut line = "string".to_owned();
    if let Some(constant) = text.constant {
        write!(line, " ={constant}").unwrap();
    }
    for (flag, word) in [
        (text.ignore_case, "ignore-case"),
        (text.require_non_empty, "non-empty"),
        (text.is_expression, "expression"),
    ] {
        if flag {
            write!(line, " +{word}").unwrap();
        }
    }
    line
}

fn mapping_line(schema: &Schema, mapping: &Mapping) -> String {
    let mut line = "mapping".to_owned();
    let name = |id| schema.definition(id).name();
    for property in mapping.properties() {
        let mark = if property.required { "!" } else { "" };
        write!(line, " {}{mark}:{}", property.name, name(property.value)).unwrap();
    }
    if let Some(loose) = mapping.loose() {
        write!(line, " *{}:{}", name(loose.key), name(loose.value)).unwrap();
    }
    line
}

/// In the order of the alphabet: GitHub's order means nothing.
fn with_contexts(mut line: String, mut contexts: Vec<&str>) -> String {
    contexts.sort_unstable();
    if !contexts.is_empty() {
        write!(line, " @ {}", contexts.join(" ")).unwrap();
    }
    line
}

fn published(path: &Path) -> Lines {
    let json = fs::read_to_string(path).unwrap();
    let value = Value::from_json(&json).unwrap();
    let definitions = object(object(&value).get("definitions").unwrap());
    definitions
        .iter()
        .map(|(name, definition)| (name.to_owned(), published_line(object(definition))))
        .collect()
}

fn published_line(definition: &Object) -> String {
    let mut line = None;
    let mut contexts = Vec::new();
    for (key, value) in definition.iter() {
        match key {
            "description" => {}
            "context" => contexts = strings(value),
            kind => {
                let first = line.replace(published_kind(kind, value));
                assert_eq!(first, None, "a definition has one kind");
            }
        }
    }
    with_contexts(line.expect("a definition has a kind"), contexts)
}

fn published_kind(kind: &str, value: &Value) -> String {
    match kind {
        "null" | "boolean" | "number" => {
            assert_eq!(object(value).iter().count(), 0, "nothing is known to be asked of {kind}");
            kind.to_owned()
        }
        "string" => published_text(object(value)),
        "allowed-values" => format!("values {}", strings(value).join(" ")),
        "one-of" => format!("one-of {}", strings(value).join(" ")),
        "sequence" => format!("sequence {}", string(object(value).get("item-type").unwrap())),
        "mapping" => published_mapping(object(value)),
        other => panic!("GitHub's schema has a kind of definition that is not known here: {other}"),
    }
}

fn published_text(text: &Object) -> String {
    let mut line = "string".to_owned();
    for (key, value) in text.iter() {
        match key {
            "constant" => write!(line, " ={}", string(value)).unwrap(),
            "ignore-case" | "is-expression" | "require-non-empty" => {
                let word = key.trim_start_matches("is-").trim_start_matches("require-");
                write!(line, " +{word}").unwrap();
            }
            other => panic!("GitHub's schema asks something of text that is not known here: {other}"),
        }
    }
    line
}

fn published_mapping(mapping: &Object) -> String {
    let mut line = "mapping".to_owned();
    for key in mapping.iter().map(|(key, _)| key) {
        assert!(
            ["properties", "loose-key-type", "loose-value-type"].contains(&key),
            "{key} is not known here"
        );
    }
    for (name, property) in
        mapping.get("properties").into_iter().flat_map(|properties| object(properties).iter())
    {
        let (kind, mark) = match property {
            Value::String(kind) => (&**kind, ""),
            other => {
                let required = object(other).get("required") == Some(&Value::Boolean(true));
                (string(object(other).get("type").unwrap()), if required { "!" } else { "" })
            }
        };
        write!(line, " {name}{mark}:{kind}").unwrap();
    }
    if let Some(key) = mapping.get("loose-key-type") {
        write!(line, " *{}:{}", string(key), string(mapping.get("loose-value-type").unwrap())).unwrap();
    }
    line
}

fn object(value: &Value) -> &Object {
    match value {
        Value::Object(object) => object,
        other => panic!("an object was expected: {other:?}"),
    }
}

fn string(value: &Value) -> &str {
    match value {
        Value::String(text) => text,
        other => panic!("text was expected: {other:?}"),
    }
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(array) => array.items().iter().map(string).collect(),
        other => panic!("an array was expected: {other:?}"),
    }
}
