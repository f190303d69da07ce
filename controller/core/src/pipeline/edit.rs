//! How an image is written in an environment: declared, never guessed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{ImageName, InvalidId, RepoPath};
use crate::release::Image;

/// Where and how one image stands in an environment's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EditRule {
    /// In `images[]` of the folder's kustomization.
    Kustomization {
        /// The image.
        image: ImageName,
        /// Which fields carry it.
        form: Form,
    },
    /// In a Helm values file.
    Helm {
        /// The image.
        image: ImageName,
        /// The file, relative to the folder.
        file: RepoPath,
        /// Where its tag stands.
        #[serde(skip_serializing_if = "Option::is_none")]
        tag: Option<KeyPath>,
        /// Where its digest stands.
        #[serde(skip_serializing_if = "Option::is_none")]
        digest: Option<KeyPath>,
        /// Which fields carry it.
        form: Form,
    },
}

/// Which fields carry tag and digest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// The tag and the digest, each in a field of its own.
    #[default]
    #[serde(rename = "tag+digest")]
    TagAndDigest,
    /// `tag@digest` in the tag's field.
    #[serde(rename = "tag@digest")]
    TagAtDigest,
    /// The tag alone: what runs cannot be proven by its digest.
    #[serde(rename = "tag")]
    Tag,
}

/// Keys of nested mappings, joined by dots, such as `image.tag`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyPath(String);

impl KeyPath {
    /// Parses `a.b.c`.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let ok =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "_-/".contains(c));
        if text.len() <= 256 && text.split('.').all(ok) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidId {
            kind: "key path",
            text: text.chars().take(80).collect(),
            expected: "keys joined by dots, such as image.tag",
        })
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KeyPath {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}

impl From<KeyPath> for String {
    fn from(path: KeyPath) -> String {
        path.0
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The values that the two fields of an image have, or are to have; `None` where the field is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldValues {
    /// The tag's field.
    pub tag: Option<String>,
    /// The digest's field.
    pub digest: Option<String>,
}

impl EditRule {
    /// The image it is about.
    pub fn image(&self) -> &ImageName {
        match self {
            Self::Kustomization { image, .. } | Self::Helm { image, .. } => image,
        }
    }

    /// Which fields carry it.
    pub fn form(&self) -> Form {
        match self {
            Self::Kustomization { form, .. } | Self::Helm { form, .. } => *form,
        }
    }
}

impl Form {
    /// What the fields have to say for this image.
    pub fn values(self, image: &Image) -> FieldValues {
        let tag = image.tag.as_ref().map(ToString::to_string);
        match self {
            Self::TagAndDigest => FieldValues { tag, digest: Some(image.digest.to_string()) },
            Self::TagAtDigest => {
                let tag = tag.unwrap_or_else(|| "latest".to_owned());
                FieldValues { tag: Some(format!("{tag}@{}", image.digest)), digest: None }
            }
            Self::Tag => FieldValues { tag, digest: None },
        }
    }

    /// Which image the fields say, where they say a digest.
    pub fn image(self, name: &ImageName, values: &FieldValues) -> Option<Image> {
        let reference = match (values.tag.as_deref(), values.digest.as_deref()) {
            (Some(tag), Some(digest)) => format!("{name}:{}@{digest}", tag.split('@').next().unwrap_or(tag)),
            (None, Some(digest)) => format!("{name}@{digest}"),
            (Some(tag), None) if tag.contains('@') => format!("{name}:{tag}"),
            _ => return None,
        };
        Image::parse(&reference).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back_what_it_writes() {
        let image = Image::parse(&format!("web:1.2@sha256:{}", "a".repeat(64))).unwrap();
        for form in [Form::TagAndDigest, Form::TagAtDigest] {
            assert_eq!(form.image(&image.name, &form.values(&image)), Some(image.clone()), "{form:?}");
        }
        assert_eq!(Form::Tag.image(&image.name, &Form::Tag.values(&image)), None);
    }

    #[test]
    fn a_mangled_digest_is_no_image() {
        let values = FieldValues { tag: Some("1".into()), digest: Some("sha256:12".into()) };
        assert_eq!(Form::TagAndDigest.image(&ImageName::parse("web").unwrap(), &values), None);
    }

    #[test]
    fn key_paths_are_plain() {
        assert!(KeyPath::parse("image.tag").is_ok());
        for bad in ["", ".", "a..b", "a[0]", "*"] {
            assert!(KeyPath::parse(bad).is_err(), "{bad}");
        }
    }
}
