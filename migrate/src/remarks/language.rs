//! Which value speaks which language: by its key, and by the mapping that has the key.

use std::sync::LazyLock;

use crate::schema::{PropertyId, Schema};
use crate::values::glob::Subject;

/// A small language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `uses` of a step.
    StepUses,
    /// `uses` of a job.
    JobUses,
    /// Patterns of branches, tags or paths.
    Globs(Subject),
    /// A schedule.
    Cron,
    /// A time zone.
    Zone,
    /// An image of a container or service.
    Image,
    /// A container, which may be an image alone.
    Container,
    /// The image of an action: a Dockerfile, or `docker://` and an image.
    ActionImage,
    /// Services by name, each a container.
    Services,
    /// A shell.
    Shell,
    /// Labels of runners.
    RunsOn,
    /// A number that makes no sense unless it is above 0.
    Positive,
    /// A condition.
    Condition,
    /// Names of variables with their values.
    Variables,
    /// Names of inputs, and what they are.
    Inputs,
    /// Names of secrets that a caller gives, and what they are.
    CallSecrets,
}

impl Language {
    /// A word for it that stays the same.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::StepUses | Self::JobUses => "uses",
            Self::Globs(_) => "glob",
            Self::Cron => "cron",
            Self::Zone => "timezone",
            Self::Image | Self::Container | Self::Services | Self::ActionImage => "image",
            Self::Shell => "shell",
            Self::RunsOn => "label",
            Self::Positive => "number",
            Self::Condition => "condition",
            Self::Variables => "variable",
            Self::Inputs => "input",
            Self::CallSecrets => "secret",
        }
    }

    /// By the name of the mapping in GitHub's schema, and the key.
    fn of(mapping: &str, key: &str) -> Option<Self> {
        Some(match (mapping, key) {
            ("workflow-job", "uses") => Self::JobUses,
            (_, "uses") => Self::StepUses,
            (_, "branches" | "branches-ignore" | "tags" | "tags-ignore") => Self::Globs(Subject::Reference),
            (_, "paths" | "paths-ignore") => Self::Globs(Subject::Path),
            (_, "cron") => Self::Cron,
            (_, "timezone") => Self::Zone,
            ("container-mapping" | "service-container-mapping", "image") => Self::Image,
            ("container-runs" | "container-runs-strict", "image") => Self::ActionImage,
            ("strategy", "max-parallel") | (_, "timeout-minutes") => Self::Positive,
            ("job-factory", "container") => Self::Container,
            ("job-factory", "services") => Self::Services,
            (_, "shell") => Self::Shell,
            ("job-factory", "runs-on") => Self::RunsOn,
            (_, "if") => Self::Condition,
            (_, "env") => Self::Variables,
            ("workflow-call-mapping" | "workflow-dispatch-mapping", "inputs") => Self::Inputs,
            ("workflow-call-mapping", "secrets") => Self::CallSecrets,
            _ => return None,
        })
    }

    /// The language of a key's value.
    pub(super) fn at(schema: &'static Schema, property: PropertyId) -> Option<Self> {
        static WORKFLOW: LazyLock<Table> = LazyLock::new(|| Table::of(Schema::workflow()));
        static ACTION: LazyLock<Table> = LazyLock::new(|| Table::of(Schema::action()));
        let table = if std::ptr::eq(schema, Schema::workflow()) { &*WORKFLOW } else { &*ACTION };
        table.0.get(property.index()).copied().flatten()
    }
}

/// The language of each property of a schema.
struct Table(Vec<Option<Language>>);

impl Table {
    fn of(schema: &Schema) -> Self {
        let mut table = vec![None; schema.property_count()];
        for (id, definition) in schema.definitions() {
            let properties = schema.mapping(id).into_iter().flat_map(|mapping| mapping.properties());
            for property in properties {
                if let Some(place) = table.get_mut(property.id.index()) {
                    *place = Language::of(definition.name(), property.name);
                }
            }
        }
        Self(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_a_key_in_the_schema() {
        let all = [&Table::of(Schema::workflow()).0[..], &Table::of(Schema::action()).0[..]].concat();
        for language in [
            Language::StepUses,
            Language::JobUses,
            Language::Globs(Subject::Reference),
            Language::Globs(Subject::Path),
            Language::Cron,
            Language::Zone,
            Language::Image,
            Language::Container,
            Language::ActionImage,
            Language::Services,
            Language::Shell,
            Language::RunsOn,
            Language::Positive,
            Language::Condition,
            Language::Variables,
            Language::Inputs,
            Language::CallSecrets,
        ] {
            assert!(all.contains(&Some(language)), "{language:?}");
        }
    }
}
