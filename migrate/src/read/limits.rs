//! How much GitHub reads (runner: WorkflowParser/ParseOptions.cs and Conversion/YamlObjectReader.cs).

/// How much is read. The default is what GitHub has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long a file may be, in UTF-16 units.
    pub file_size: usize,
    /// How deep sequences and mappings may be in each other.
    pub depth: usize,
    /// How many nodes may be read, those of an alias each time.
    pub nodes: usize,
    /// How many bytes the result may have, as GitHub counts them.
    pub bytes: usize,
    /// Whether anchors may be used. They may since 2025-09.
    pub anchors: bool,
    /// Whether steps may run in the background, wait for others and cancel them. They may since 2026.
    pub background_steps: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_size: 1 << 20,
            depth: 50,
            nodes: 50_000,
            bytes: 10 << 20,
            anchors: true,
            background_steps: true,
        }
    }
}

/// What anything counts in bytes (runner: ObjectTemplating/TemplateMemory.cs).
pub(super) const OBJECT: usize = 24;

/// What a text counts in bytes, beside two for each UTF-16 unit.
pub(crate) const TEXT: usize = 26;
