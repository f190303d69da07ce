//! All features, and which one something is.

use std::sync::LazyLock;

use super::contexts::{Contexts, Segment};
use super::entry::{FeatureKind, FileKind, Part, canonical, event_of, id_of, is_events};
use super::facts::{self, Default, Embedding, UsesForm};
use super::file;
use super::payload;
use crate::expression::Function;
use crate::fidelity::Fidelity;
use crate::schema::{Definition, DefinitionId, Kind, PropertyId};
use crate::script::{CommandKind, RunnerFile};

/// A row of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureId(u16);

impl FeatureId {
    /// Its place in the catalogue, from 0, for tables beside it.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A feature of GitHub Actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Its name: `workflow/job-factory.runs-on`, `function/contains`.
    pub id: String,
    /// What it is.
    pub kind: FeatureKind,
    /// Where in a file it may stand; empty if anywhere.
    pub path: String,
    /// What it does, in short.
    pub meaning: String,
    /// What becomes of it at Argo, where nothing around it says otherwise.
    pub fidelity: Option<Fidelity>,
    /// What does its work there, what differs, or why it stays; in short.
    pub how: &'static str,
}

impl Feature {
    /// One that nobody said anything about.
    pub(super) const NOTHING: Self = Self {
        id: String::new(),
        kind: FeatureKind::Key,
        path: String::new(),
        meaning: String::new(),
        fidelity: None,
        how: "",
    };
}

/// Each feature of GitHub Actions, once.
#[derive(Debug)]
pub struct Catalogue {
    features: Vec<Feature>,
    /// By id, sorted.
    ids: Vec<FeatureId>,
    schemas: [Parts; 2],
    contexts: Contexts,
    functions: Vec<(Function, FeatureId)>,
    operators: Vec<(&'static str, FeatureId)>,
    uses: Vec<(UsesForm, FeatureId)>,
    embeddings: Vec<(Embedding, FeatureId)>,
    defaults: Vec<(Default, FeatureId)>,
    files: Vec<(RunnerFile, FeatureId)>,
    commands: Vec<(CommandKind, FeatureId)>,
    tool: Option<FeatureId>,
}

/// The features of a schema's parts, by the places of definitions and properties.
#[derive(Debug, Default)]
struct Parts {
    keys: Vec<Option<FeatureId>>,
    entries: Vec<Option<FeatureId>>,
    items: Vec<Option<FeatureId>>,
    values: Vec<Vec<(&'static str, FeatureId)>>,
}

impl Catalogue {
    /// The catalogue.
    #[must_use]
    pub fn get() -> &'static Self {
        static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::make);
        &CATALOGUE
    }

    fn make() -> Self {
        // A test sees that these are what the schemas and facts give.
        let features = file::rows(super::FEATURES);
        let mut ids: Vec<_> = (0..).map(FeatureId).zip(&features).map(|(id, _)| id).collect();
        ids.sort_by_key(|id| features.get(id.index()).map(|feature| feature.id.as_str()));
        let mut catalogue = Self {
            features,
            ids,
            schemas: [Parts::default(), Parts::default()],
            contexts: Contexts::default(),
            functions: Vec::new(),
            operators: Vec::new(),
            uses: Vec::new(),
            embeddings: Vec::new(),
            defaults: Vec::new(),
            files: Vec::new(),
            commands: Vec::new(),
            tool: None,
        };
        catalogue.find_facts();
        catalogue.schemas = FileKind::ALL.map(|file| catalogue.parts(file));
        catalogue
    }

    fn find_facts(&mut self) {
        self.functions = self.all("function", facts::FUNCTIONS);
        self.uses = self.all("uses", UsesForm::ALL);
        self.embeddings = self.all("expression", Embedding::ALL);
        self.defaults = self.all("default", Default::ALL);
        self.operators = self.names("operator", facts::OPERATORS);
        let files = self.names("runner-file", facts::RUNNER_FILES).into_iter();
        self.files = files.filter_map(|(name, id)| Some((RunnerFile::of_variable(name)?, id))).collect();
        let commands = self.names("command", facts::COMMANDS).into_iter();
        self.commands = commands.filter_map(|(name, id)| Some((CommandKind::of(name)?, id))).collect();
        self.contexts =
            Contexts::new(self.names("context", facts::CONTEXTS), self.names("context", payload::PATHS));
        self.tool = self.named("script/tool");
    }

    fn all<T: Copy>(&self, prefix: &str, names: &[(&'static str, T)]) -> Vec<(T, FeatureId)> {
        let find = |(name, fact): &(&str, T)| self.named(&format!("{prefix}/{name}")).map(|id| (*fact, id));
        names.iter().filter_map(find).collect()
    }

    fn names(&self, prefix: &str, names: &[&'static str]) -> Vec<(&'static str, FeatureId)> {
        let find = |name: &&'static str| self.named(&format!("{prefix}/{name}")).map(|id| (*name, id));
        names.iter().filter_map(find).collect()
    }

    fn parts(&self, file: FileKind) -> Parts {
        let schema = file.schema();
        let mut parts = Parts { keys: vec![None; schema.property_count()], ..Parts::default() };
        for (id, own) in schema.definitions() {
            let same = schema.definition(canonical(file, id));
            let part = |part| self.named(&id_of(file, same.name(), part));
            let (mut entry, mut item) = (None, None);
            match own.kind() {
                Kind::Mapping(mapping) => {
                    for property in mapping.properties() {
                        let feature = match is_events(file, same.name()) {
                            true => self.named(&format!("event/{}", property.name)),
                            false => part(Part::Key(property.name)),
                        };
                        if let Some(key) = parts.keys.get_mut(property.id.index()) {
                            *key = feature;
                        }
                    }
                    let loose = mapping.loose().map(|loose| schema.definition(loose.key).name());
                    entry = loose.and_then(|key| {
                        let own = || self.named(&id_of(file, own.name(), Part::Entry(key)));
                        part(Part::Entry(key)).or_else(own)
                    });
                }
                Kind::Sequence(_) => item = part(Part::Item),
                Kind::OneOf(names) => {
                    let sequences = names.iter().map(|id| schema.definition(canonical(file, *id)));
                    let mut sequences = sequences.filter(|nested| matches!(nested.kind(), Kind::Sequence(_)));
                    item = sequences.find_map(|nested| self.named(&id_of(file, nested.name(), Part::Item)));
                }
                _ => {}
            }
            parts.entries.push(entry);
            parts.items.push(item);
            let mut values = Vec::new();
            self.values(file, own, &mut values);
            parts.values.push(values);
        }
        parts
    }

    /// The constants of a definition and its alternatives.
    fn values(&self, file: FileKind, definition: &Definition, values: &mut Vec<(&'static str, FeatureId)>) {
        let mut add = |constant: &'static str, id: String| {
            values.extend(self.named(&id).map(|feature| (constant, feature)));
        };
        match definition.kind() {
            Kind::String(text) => {
                let Some(constant) = text.constant else { return };
                let event = event_of(file, definition.name(), constant).map(|event| format!("event/{event}"));
                add(constant, event.unwrap_or_else(|| id_of(file, definition.name(), Part::Value(constant))));
            }
            Kind::AllowedValues(known) => {
                for value in known {
                    add(value, id_of(file, definition.name(), Part::Value(value)));
                }
            }
            // No schema goes in circles here.
            Kind::OneOf(names) => {
                for name in names {
                    self.values(file, file.schema().definition(*name), values);
                }
            }
            _ => {}
        }
    }

    /// All features, in the order of `features.yaml`.
    pub fn features(&self) -> impl Iterator<Item = (FeatureId, &Feature)> {
        (0..).map(FeatureId).zip(&self.features)
    }

    /// A feature.
    #[must_use]
    pub fn feature(&self, id: FeatureId) -> &Feature {
        static NOTHING: Feature = Feature::NOTHING;
        self.features.get(id.index()).unwrap_or(&NOTHING)
    }

    /// The feature of this id.
    #[must_use]
    pub fn named(&self, id: &str) -> Option<FeatureId> {
        let found = self.ids.binary_search_by(|known| self.feature(*known).id.as_str().cmp(id)).ok()?;
        self.ids.get(found).copied()
    }

    const fn of(&self, file: FileKind) -> &Parts {
        let [workflow, action] = &self.schemas;
        match file {
            FileKind::Workflow => workflow,
            FileKind::Action => action,
        }
    }

    /// A key that the schema knows by name. Each has its feature.
    #[must_use]
    pub fn key(&self, file: FileKind, property: PropertyId) -> Option<FeatureId> {
        self.of(file).keys.get(property.index()).copied().flatten()
    }

    /// A key of a mapping that takes others, too.
    #[must_use]
    pub fn entry(&self, file: FileKind, mapping: DefinitionId) -> Option<FeatureId> {
        self.of(file).entries.get(mapping.index()).copied().flatten()
    }

    /// An item of a sequence.
    #[must_use]
    pub fn item(&self, file: FileKind, sequence: DefinitionId) -> Option<FeatureId> {
        self.of(file).items.get(sequence.index()).copied().flatten()
    }

    /// A text that the schema knows where this definition is asked for: an event, a permission, an activity.
    #[must_use]
    pub fn value(&self, file: FileKind, definition: DefinitionId, text: &str) -> Option<FeatureId> {
        self.of(file).values.get(definition.index()).and_then(|values| find(values, text))
    }

    /// An event.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<FeatureId> {
        self.named(&format!("event/{name}"))
    }

    /// A function.
    #[must_use]
    pub fn function(&self, function: Function) -> Option<FeatureId> {
        find(&self.functions, function)
    }

    /// An operator by its symbol; `[]` for a part of a value that is no context.
    #[must_use]
    pub fn operator(&self, symbol: &str) -> Option<FeatureId> {
        find(&self.operators, symbol)
    }

    /// A context or its part. `None`: GitHub has no such part, so that it is null.
    #[must_use]
    pub fn context(&self, path: &[Segment<'_>]) -> Option<FeatureId> {
        self.contexts.find(path)
    }

    /// A form of `uses`.
    #[must_use]
    pub fn uses(&self, form: UsesForm) -> Option<FeatureId> {
        find(&self.uses, form)
    }

    /// How an expression stands in its scalar.
    #[must_use]
    pub fn expression(&self, embedding: Embedding) -> Option<FeatureId> {
        find(&self.embeddings, embedding)
    }

    /// Something that GitHub does although nobody wrote it.
    #[must_use]
    pub fn default(&self, default: Default) -> Option<FeatureId> {
        find(&self.defaults, default)
    }

    /// A file that a step writes for the runner.
    #[must_use]
    pub fn runner_file(&self, file: RunnerFile) -> Option<FeatureId> {
        find(&self.files, file)
    }

    /// A workflow command.
    #[must_use]
    pub fn command(&self, command: CommandKind) -> Option<FeatureId> {
        find(&self.commands, command)
    }

    /// A program that a script calls.
    #[must_use]
    pub const fn tool(&self) -> Option<FeatureId> {
        self.tool
    }
}

fn find<T: PartialEq>(known: &[(T, FeatureId)], wanted: T) -> Option<FeatureId> {
    known.iter().find(|(fact, _)| *fact == wanted).map(|(_, id)| *id)
}
