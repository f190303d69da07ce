//! What there is to classify: one entry for each part of the schemas and each of the facts beside them.

use std::collections::BTreeSet;
use std::fmt;

use super::facts;
use super::paths::Paths;
use super::payload;
use crate::read::Document;
use crate::schema::{DefinitionId, Kind, Root, Schema};

/// What a feature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeatureKind {
    /// A key that the schema knows by name.
    Key,
    /// A key of which the schema only says what it is: a name that somebody chose.
    Entry,
    /// An item of a sequence.
    Item,
    /// A value that the schema knows.
    Value,
    /// An event that starts a workflow.
    Event,
    /// How an expression stands in a scalar.
    Expression,
    /// A function.
    Function,
    /// An operator.
    Operator,
    /// A context or a part of it.
    Context,
    /// A form of `uses`.
    Uses,
    /// A file that a step writes for the runner.
    RunnerFile,
    /// A line that a step prints for the runner.
    Command,
    /// A program that a script calls.
    Tool,
    /// What GitHub does although nobody wrote it.
    Default,
}

impl FeatureKind {
    /// Its name in `features.yaml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Entry => "entry",
            Self::Item => "item",
            Self::Value => "value",
            Self::Event => "event",
            Self::Expression => "expression",
            Self::Function => "function",
            Self::Operator => "operator",
            Self::Context => "context",
            Self::Uses => "uses",
            Self::RunnerFile => "runner file",
            Self::Command => "workflow command",
            Self::Tool => "tool",
            Self::Default => "default",
        }
    }
}

impl FeatureKind {
    const ALL: [Self; 14] = [
        Self::Key,
        Self::Entry,
        Self::Item,
        Self::Value,
        Self::Event,
        Self::Expression,
        Self::Function,
        Self::Operator,
        Self::Context,
        Self::Uses,
        Self::RunnerFile,
        Self::Command,
        Self::Tool,
        Self::Default,
    ];

    /// The kind of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for FeatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A feature as the schemas and facts give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) kind: FeatureKind,
    pub(super) path: String,
}

/// A kind of file that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A workflow.
    Workflow,
    /// The metadata of an action.
    Action,
}

impl FileKind {
    pub(super) const ALL: [Self; 2] = [Self::Workflow, Self::Action];

    /// The kind of a file that was read.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        if std::ptr::eq(document.schema(), Schema::action()) { Self::Action } else { Self::Workflow }
    }

    /// Its schema.
    #[must_use]
    pub fn schema(self) -> &'static Schema {
        match self {
            Self::Workflow => Schema::workflow(),
            Self::Action => Schema::action(),
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::Action => "action",
        }
    }
}

/// Definitions of lenient roots that say the same as the strict one: their keys are the same features.
pub(super) const SAME: &[(FileKind, &str, &str)] = &[
    (FileKind::Workflow, "workflow-root", "workflow-root-strict"),
    (FileKind::Workflow, "workflow-root-new", "workflow-root-strict"),
    (FileKind::Workflow, "on-mapping", "on-mapping-strict"),
    (FileKind::Workflow, "on-mapping-new", "on-mapping-strict"),
    (FileKind::Workflow, "schedule-relaxed", "schedule"),
    (FileKind::Workflow, "schedule-item-relaxed", "cron-mapping"),
    (FileKind::Workflow, "sequence-of-on-string", "on-sequence-strict"),
    (FileKind::Workflow, "workflow-dispatch-mapping-relaxed", "workflow-dispatch-mapping"),
    (FileKind::Workflow, "workflow-dispatch-inputs-mapping-relaxed", "workflow-dispatch-inputs"),
    (FileKind::Workflow, "workflow-dispatch-input-mapping-relaxed", "workflow-dispatch-input"),
    (FileKind::Action, "action-root", "action-root-strict"),
    (FileKind::Action, "inputs", "inputs-strict"),
    (FileKind::Action, "input", "input-strict"),
    (FileKind::Action, "container-runs", "container-runs-strict"),
    (FileKind::Action, "node-runs", "node-runs-strict"),
    (FileKind::Action, "composite-runs", "composite-runs-strict"),
];

/// Values that only the page of an action in the marketplace shows.
const SHOWN_ONLY: &[&str] = &["branding-icon", "branding-color"];

/// Whether the keys of this definition are events. Each is a constant, too.
pub(super) fn is_events(file: FileKind, definition: &str) -> bool {
    file == FileKind::Workflow && definition == "on-mapping-strict"
}

/// The name of the event that a definition's constant is: all of them are called after it.
pub(super) fn event_of<'a>(file: FileKind, definition: &str, constant: &'a str) -> Option<&'a str> {
    let named = definition.strip_suffix("-string").map(|name| name.replace('-', "_"));
    (file == FileKind::Workflow && named.as_deref() == Some(constant)).then_some(constant)
}

/// The id of a part of a schema. Data is the same in all of them.
pub(super) fn id_of(file: FileKind, definition: &str, part: Part<'_>) -> String {
    let built_in = file.schema().named(definition).is_some_and(|id| id <= DefinitionId::ANY);
    match part {
        Part::Item if built_in => return "data[]".to_owned(),
        Part::Entry(key) if built_in => return format!("data.<{}>", placeholder(key)),
        _ => {}
    }
    let (file, definition) = (file.name(), definition.strip_suffix(STRICT).unwrap_or(definition));
    match part {
        Part::Key(name) => format!("{file}/{definition}.{name}"),
        Part::Entry(key) => format!("{file}/{definition}.<{}>", placeholder(key)),
        Part::Item => format!("{file}/{definition}[]"),
        Part::Value(value) => format!("{file}/{definition}={value}"),
    }
}

/// What ends the names of definitions that GitHub's editor has instead of others.
const STRICT: &str = "-strict";

/// What stands for a key that somebody chose.
pub(super) fn placeholder(key: &str) -> &str {
    match key {
        "string" | "non-empty-string" => "name",
        "on-string" => "event",
        _ => key
            .strip_prefix("workflow-call-")
            .or_else(|| key.strip_prefix("workflow-dispatch-"))
            .unwrap_or(key),
    }
}

/// A part of a definition.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    Key(&'a str),
    Entry(&'a str),
    Item,
    Value(&'a str),
}

/// All that there is, in the order of the schemas and of the alphabet.
pub(super) fn all() -> Vec<Entry> {
    let mut entries = Vec::new();
    for file in FileKind::ALL {
        of_schema(file, &mut entries);
    }
    let mut events: Vec<_> = entries.extract_if(.., |entry| entry.kind == FeatureKind::Event).collect();
    events.sort_by(|a, b| a.id.cmp(&b.id));
    entries.extend(events);
    let mut seen = BTreeSet::new();
    entries.retain(|entry| seen.insert(entry.id.clone()));
    let mut beside = |kind: FeatureKind, prefix: &str, names: &mut dyn Iterator<Item = &'static str>| {
        entries.extend(names.map(|name| Entry { id: format!("{prefix}/{name}"), kind, path: String::new() }));
    };
    use FeatureKind as Kind;
    beside(Kind::Expression, "expression", &mut facts::Embedding::ALL.iter().map(|(name, _)| *name));
    beside(Kind::Function, "function", &mut facts::FUNCTIONS.iter().map(|(name, _)| *name));
    beside(Kind::Operator, "operator", &mut facts::OPERATORS.iter().copied());
    beside(Kind::Context, "context", &mut facts::CONTEXTS.iter().chain(payload::PATHS).copied());
    beside(Kind::Uses, "uses", &mut facts::UsesForm::ALL.iter().map(|(name, _)| *name));
    beside(Kind::RunnerFile, "runner-file", &mut facts::RUNNER_FILES.iter().copied());
    beside(Kind::Command, "command", &mut facts::COMMANDS.iter().copied());
    beside(Kind::Tool, "script", &mut ["tool"].into_iter());
    beside(Kind::Default, "default", &mut facts::Default::ALL.iter().map(|(name, _)| *name));
    entries
}

fn of_schema(file: FileKind, entries: &mut Vec<Entry>) {
    let schema = file.schema();
    let paths = Paths::of(schema, schema.root(Root::Strict));
    for (id, definition) in schema.definitions() {
        let name = definition.name();
        let same = canonical(file, id);
        let mut add = |kind, part, path| entries.push(Entry { id: id_of(file, name, part), kind, path });
        match definition.kind() {
            Kind::Mapping(mapping) => {
                let named = same == id && !is_events(file, name);
                for property in mapping.properties().iter().filter(|_| named) {
                    let path = paths.below(id, &format!(".{}", property.name));
                    add(FeatureKind::Key, Part::Key(property.name), path);
                }
                // A lenient root may take any key where the strict one takes none.
                let is_own = same == id || schema.mapping(same).is_none_or(|same| same.loose().is_none());
                if let Some(loose) = mapping.loose().filter(|_| is_own) {
                    let key = schema.definition(loose.key).name();
                    add(
                        FeatureKind::Entry,
                        Part::Entry(key),
                        paths.below(id, &format!(".<{}>", placeholder(key))),
                    );
                }
            }
            Kind::Sequence(_) if same == id => add(FeatureKind::Item, Part::Item, paths.below(id, "[]")),
            Kind::AllowedValues(values) if !SHOWN_ONLY.contains(&name) => {
                for value in values {
                    add(FeatureKind::Value, Part::Value(value), paths.below(id, ""));
                }
            }
            Kind::String(text) => {
                let Some(constant) = text.constant else { continue };
                match event_of(file, name, constant) {
                    Some(event) => entries.push(Entry {
                        id: format!("event/{event}"),
                        kind: FeatureKind::Event,
                        path: format!("on.{event}"),
                    }),
                    None => add(FeatureKind::Value, Part::Value(constant), paths.below(id, "")),
                }
            }
            _ => {}
        }
    }
}

/// The definition that says the same as this one.
pub(super) fn canonical(file: FileKind, id: DefinitionId) -> DefinitionId {
    let schema = file.schema();
    let name = schema.definition(id).name();
    let same = SAME.iter().find(|(of, same, _)| *of == file && *same == name);
    same.and_then(|(_, _, other)| schema.named(other)).unwrap_or(id)
}
