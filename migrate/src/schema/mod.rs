//! What keys there are, and what their values may be, as GitHub's own schemas say it.
//!
//! ```
//! use towpath_migrate::schema::{Root, Schema};
//!
//! let schema = Schema::workflow();
//! let mut root = schema.candidates(schema.root(Root::Strict));
//! let jobs = root.take("jobs").ok_or("a workflow has jobs")?;
//! assert!(jobs.required);
//! assert_eq!(root.take("job").map(|property| property.name), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The facts are in `workflow.schema` and `action.schema`, whose heads name their sources and each place where these
//! differ. A test compares them with GitHub's own files, where those are at hand.

mod candidates;
mod contexts;
mod definition;
mod reader;

use std::sync::LazyLock;

use crate::expression::Availability;

pub use candidates::Candidates;
pub use contexts::ContextSet;
pub use definition::{Definition, DefinitionId, Kind, Loose, Mapping, Property, PropertyId, Scalar, Text};

use contexts::Availabilities;
use definition::Shape;

/// What keys there are in one kind of file.
#[derive(Debug, Default)]
pub struct Schema {
    version: &'static str,
    sources: Vec<Source>,
    definitions: Vec<Definition>,
    /// By name, sorted.
    names: Vec<(&'static str, DefinitionId)>,
    /// How many there are.
    properties: u16,
    words: Vec<&'static str>,
    availabilities: Availabilities,
}

/// Where a schema's facts are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `actions/runner`
    pub repository: &'static str,
    /// The path of the file there.
    pub path: &'static str,
    /// The package or commit.
    pub version: String,
}

/// How strictly a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    /// As the runner's source does: anything goes in events but in `workflow_call`.
    Lenient,
    /// As a newer root in the runner's source, not used there yet: known events, and unknown keys in them ignored. Actions
    /// have no such root.
    Relaxed,
    /// As GitHub's editor does: each key of each event is known.
    Strict,
}

impl Root {
    const fn names(self) -> [&'static str; 2] {
        match self {
            Self::Lenient => ["workflow-root", "action-root"],
            Self::Relaxed => ["workflow-root-new", "action-root"],
            Self::Strict => ["workflow-root-strict", "action-root-strict"],
        }
    }
}

/// What an id of another schema may come to: nothing may be there.
static NOTHING: Definition = Definition {
    name: "",
    kind: Kind::OneOf(Vec::new()),
    contexts: ContextSet::NONE,
    raw: false,
    shape: Shape::NOTHING,
};

impl Schema {
    /// The schema of workflows.
    #[must_use]
    pub fn workflow() -> &'static Self {
        // A test reads the file, so there is no default in what is shipped.
        static WORKFLOW: LazyLock<Schema> =
            LazyLock::new(|| reader::read(include_str!("workflow.schema")).unwrap_or_default());
        &WORKFLOW
    }

    /// The schema of the metadata of actions.
    #[must_use]
    pub fn action() -> &'static Self {
        static ACTION: LazyLock<Schema> =
            LazyLock::new(|| reader::read(include_str!("action.schema")).unwrap_or_default());
        &ACTION
    }

    /// GitHub's name of its version.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// Where the facts are from.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// What a whole file is.
    #[must_use]
    pub fn root(&self, root: Root) -> DefinitionId {
        root.names().into_iter().find_map(|name| self.named(name)).unwrap_or(DefinitionId::NULL)
    }

    /// A definition. An id of another schema gives another definition, or one that allows nothing.
    #[must_use]
    pub fn definition(&self, id: DefinitionId) -> &Definition {
        self.definitions.get(id.index()).unwrap_or(&NOTHING)
    }

    /// The definition of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<DefinitionId> {
        let place = self.names.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        self.names.get(place).map(|(_, id)| *id)
    }

    /// All definitions, the built-in ones first.
    pub fn definitions(&self) -> impl Iterator<Item = (DefinitionId, &Definition)> {
        (0..).map(DefinitionId).zip(&self.definitions)
    }

    /// How many properties there are: each [`PropertyId`] is below.
    #[must_use]
    pub fn property_count(&self) -> usize {
        self.properties.into()
    }

    /// The mapping that this definition is.
    #[must_use]
    pub fn mapping(&self, id: DefinitionId) -> Option<&Mapping> {
        match &self.definition(id).kind {
            Kind::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The mappings that one may be which stands here.
    #[must_use]
    pub fn candidates(&self, id: DefinitionId) -> Candidates<'_> {
        Candidates::new(self, self.definition(id).mappings())
    }

    /// What a definition names of contexts and functions. With [`ContextSet::with`], on the way from the root, it gives what
    /// may be used at a place (runner: DefinitionInfo in TemplateReader.cs).
    #[must_use]
    pub fn contexts(&self, id: DefinitionId) -> ContextSet {
        self.definition(id).contexts
    }

    /// What an expression may use where these are there. `None` for a set that no way from a definition of this schema gives.
    #[must_use]
    pub fn availability(&self, contexts: ContextSet) -> Option<&Availability> {
        self.availabilities.get(contexts)
    }

    /// The contexts and functions of a set, as the schema writes them.
    pub fn words(&self, contexts: ContextSet) -> impl Iterator<Item = &'static str> + '_ {
        self.words.iter().enumerate().filter(move |(index, _)| contexts.has(*index)).map(|(_, word)| *word)
    }

    /// The mappings that have this key. None: no version of the schema that is known here has it anywhere. Case counts.
    pub fn having<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (DefinitionId, &'a Property)> {
        self.definitions().filter_map(move |(id, _)| {
            self.mapping(id).and_then(|mapping| mapping.property(key)).map(|key| (id, key))
        })
    }
}

#[cfg(test)]
mod tests;
