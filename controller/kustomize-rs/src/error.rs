//! Why an edit is refused.

/// A refusal to read or edit a file; nothing was changed.
///
/// The text says where, what and what to do; the caller puts the file's name in front.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct CannotEdit {
    /// The line in the file, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What stands in the way.
    pub reason: Reason,
}

impl CannotEdit {
    /// Makes a refusal at a place.
    pub(crate) fn new(line: usize, column: usize, reason: Reason) -> Self {
        Self { line, column, reason }
    }

    /// Makes a refusal that concerns the file as a whole.
    pub(crate) fn file(reason: Reason) -> Self {
        Self::new(1, 1, reason)
    }
}

/// What stands in the way of an edit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The file is larger than the editor accepts.
    #[error("the file has {size} bytes, more than the {limit} that are accepted")]
    TooLarge {
        /// Size of the file in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Collections are nested too deeply, aliases counted in.
    #[error("collections are nested deeper than {limit} levels")]
    TooDeep {
        /// The limit in levels.
        limit: usize,
    },
    /// The document has too many nodes once its aliases are followed.
    #[error("the file has more than {limit} values when its aliases are followed")]
    TooManyNodes {
        /// The limit in nodes.
        limit: usize,
    },
    /// The text is not YAML.
    #[error("failed to parse the file: {0}")]
    NotYaml(String),
    /// The file holds template syntax, so what it means is decided elsewhere.
    #[error("found template syntax (`{{{{`); edit the values that the template is filled from")]
    Template,
    /// The file holds a second document.
    #[error("found a second document; keep one document per file")]
    SeveralDocuments,
    /// The document, or a value on the way to a field, is not a mapping.
    #[error("{what} is not a mapping")]
    NotAMapping {
        /// Which value.
        what: String,
    },
    /// A key stands twice in one mapping.
    #[error("key {key} is there twice (first on line {first}); remove one")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Line of the first one, counted from 1.
        first: usize,
    },
    /// A merge key takes part, so the value may come from elsewhere.
    #[error("a merge key (`<<`) takes part; write the image's keys out")]
    MergeKey,
    /// The kustomization has no `images`.
    #[error("there is no images list; add `images:` with `- name: {image}` under it")]
    NoImages {
        /// The image that was looked for.
        image: String,
    },
    /// `images` is something else than a list.
    #[error("images is not a list")]
    ImagesNotAList,
    /// The image is not under `images`.
    #[error("image {image} is not listed; add `- name: {image}` under images")]
    NotListed {
        /// The image that was looked for.
        image: String,
    },
    /// The image is under `images` more than once.
    #[error("image {image} is listed twice (first on line {first}); remove one")]
    ListedTwice {
        /// The image.
        image: String,
        /// Line of the first entry, counted from 1.
        first: usize,
    },
    /// A mapping named by a dotted path is not in the file.
    #[error("{path} is not in the file; add the key {key}, or correct the path")]
    PathMissing {
        /// The whole path.
        path: String,
        /// The key that was not found.
        key: String,
    },
    /// Two fields point at one value, or one into the other.
    #[error("paths {first} and {second} overlap; give each field its own")]
    PathsOverlap {
        /// One path.
        first: String,
        /// The other path.
        second: String,
    },
    /// A value is wanted for a field whose path is not declared.
    #[error("a {field} is to be written, but no path is declared for it")]
    NotDeclared {
        /// `tag` or `digest`.
        field: &'static str,
    },
    /// The value is an alias; editing it would edit what it points to.
    #[error("{key} is an alias; write the value out")]
    Alias {
        /// The key.
        key: String,
    },
    /// The value, or something around it, has an anchor that is used elsewhere.
    #[error("{key} has an anchor that is used on line {used}; write the value out in both places")]
    SharedAnchor {
        /// The key.
        key: String,
        /// Line of the first alias, counted from 1.
        used: usize,
    },
    /// The value is not a string or a number.
    #[error("{key} is not a string or a number; put it in quotes")]
    NotText {
        /// The key.
        key: String,
    },
    /// The value is a block scalar or goes over several lines.
    #[error("{key} goes over several lines; write it on one line")]
    NotOneLine {
        /// The key.
        key: String,
    },
    /// The key is missing and there is no place beside a sibling to insert it.
    #[error("{key} cannot be inserted here safely; add the key by hand")]
    NotInsertable {
        /// The key.
        key: String,
    },
    /// The key is to go, but is not a whole simple line or pair.
    #[error("{key} is not a whole simple line and cannot be removed safely; remove it by hand")]
    NotRemovable {
        /// The key.
        key: String,
    },
    /// The new value holds control characters or is not one scalar.
    #[error("the new value for {key} is not a printable value on one line")]
    BadValue {
        /// The key.
        key: String,
    },
    /// The two YAML readers do not read the field alike.
    #[error("{key} is read differently by two YAML parsers; write it in a simpler form")]
    ReadersDisagree {
        /// The key.
        key: String,
    },
    /// The edited text would not mean what was intended.
    #[error("the edit would change more than the image's fields; edit this file by hand")]
    ResultDiffers,
}
