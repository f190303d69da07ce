//! Which fields of which file are meant.

use std::fmt;
use std::str::FromStr;

/// The names under which kustomize accepts a kustomization, in its order of preference.
pub const KUSTOMIZATION_FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Where in a file an image is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The entry under `images` of a kustomization.
    Kustomization {
        /// The entry's `name`, compared letter by letter.
        image: String,
    },
    /// Keys of a Helm values file; a field without a path is neither read nor written.
    HelmValues {
        /// Path of the repository; it is read, never written.
        repository: Option<KeyPath>,
        /// Path of the tag.
        tag: Option<KeyPath>,
        /// Path of the digest.
        digest: Option<KeyPath>,
    },
}

/// One field of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `newName` of a kustomization, the repository of Helm values.
    Name,
    /// `newTag` of a kustomization, the tag of Helm values.
    Tag,
    /// The digest.
    Digest,
}

impl Field {
    /// The field in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Tag => "tag",
            Self::Digest => "digest",
        }
    }
}

/// A dotted path through mappings, such as `image.tag`, without wildcards or list positions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath {
    parents: Vec<String>,
    key: String,
}

/// A text that is not a [`KeyPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to parse key path {text:?}: expected keys joined by dots, such as `image.tag`")]
pub struct InvalidKeyPath {
    /// The text, cut to 80 characters.
    pub text: String,
}

impl KeyPath {
    /// Parses keys of letters, digits, `_`, `-` and `/` that are joined by dots.
    ///
    /// # Errors
    /// Fails on an empty key and on any other character.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyPath> {
        let good =
            |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-/".contains(c));
        if !text.split('.').all(good) {
            return Err(InvalidKeyPath { text: text.chars().take(80).collect() });
        }
        let (parents, key) = match text.rsplit_once('.') {
            Some((parents, key)) => (parents.split('.').map(str::to_owned).collect(), key),
            None => (Vec::new(), text),
        };
        Ok(Self { parents, key: key.to_owned() })
    }

    /// The keys of the mappings that are passed, outermost first.
    pub(crate) fn parents(&self) -> &[String] {
        &self.parents
    }

    /// The last key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Whether both are one path, or one leads through the other's value.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let keys = |path: &Self| path.parents.iter().chain([&path.key]).cloned().collect::<Vec<_>>();
        let (ours, theirs) = (keys(self), keys(other));
        ours.starts_with(&theirs) || theirs.starts_with(&ours)
    }
}

impl FromStr for KeyPath {
    type Err = InvalidKeyPath;
    fn from_str(text: &str) -> Result<Self, InvalidKeyPath> {
        Self::parse(text)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for parent in &self.parents {
            write!(f, "{parent}.")?;
        }
        f.write_str(&self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_dotted_keys_and_prints_them_back() {
        for text in ["tag", "image.tag", "a.b-c.d_e.imageTag", "app/web.tag"] {
            assert_eq!(KeyPath::parse(text).unwrap().to_string(), text);
        }
        let path: KeyPath = "a.b.c".parse().unwrap();
        assert_eq!((path.parents(), path.key()), (&["a".to_owned(), "b".to_owned()][..], "c"));
    }

    #[test]
    fn refuses_wildcards_lists_and_empty_keys() {
        for text in ["", ".", "a.", ".a", "a..b", "*", "a.*.b", "a[0].b", "a b", "'a'", "a\n", "<<", "{{a}}"]
        {
            assert!(KeyPath::parse(text).is_err(), "{text:?}");
        }
        let message = KeyPath::parse("a.*").unwrap_err().to_string();
        let expected = "failed to parse key path \"a.*\": expected keys joined by dots, such as `image.tag`";
        assert_eq!(message, expected);
    }

    #[test]
    fn knows_paths_that_overlap() {
        let overlap = |a: &str, b: &str| KeyPath::parse(a).unwrap().overlaps(&KeyPath::parse(b).unwrap());
        assert!(overlap("a.b", "a.b") && overlap("a", "a.b") && overlap("a.b", "a"));
        assert!(!overlap("a.b", "a.c") && !overlap("a.b", "a.bc") && !overlap("a.tag", "b.tag"));
    }
}
