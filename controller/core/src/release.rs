//! Releases: immutable sets of images, identified by digest.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{Digest, ImageName, InvalidId, LedgerId, ReleaseId, Tag, as_text};

/// One image of a release, written `name:tag@sha256:...`; the tag is a label, the digest the identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Image {
    /// The repository of the image.
    pub name: ImageName,
    /// The tag it was released under, if any.
    pub tag: Option<Tag>,
    /// What it is.
    pub digest: Digest,
}

impl Image {
    /// Parses `name:tag@sha256:...` or `name@sha256:...`; an image without digest is refused.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId {
            kind: "image",
            text: text.chars().take(80).collect(),
            expected: "name:tag@sha256:<64 hexadecimal digits>; the digest is what gets promoted, a tag may move",
        };
        let (reference, digest) = text.split_once('@').ok_or_else(invalid)?;
        let (name, tag) = match reference.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (reference, None),
        };
        Ok(Self {
            name: ImageName::parse(name).map_err(|_| invalid())?,
            tag: tag.map(Tag::parse).transpose().map_err(|_| invalid())?,
            digest: Digest::parse(digest).map_err(|_| invalid())?,
        })
    }

    /// `name@digest`, the part that identifies.
    pub fn identity(&self) -> String {
        format!("{}@{}", self.name, self.digest)
    }

    /// The tag, or the short digest where there is none.
    pub fn version(&self) -> &str {
        self.tag.as_ref().map_or_else(|| self.digest.short(), Tag::as_str)
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tag {
            Some(tag) => write!(f, "{}:{tag}@{}", self.name, self.digest),
            None => write!(f, "{}@{}", self.name, self.digest),
        }
    }
}

as_text!(Image);

/// Sorts the images by name and refuses an empty set and a name that stands twice.
pub fn image_set(mut images: Vec<Image>) -> Result<Vec<Image>, InvalidId> {
    images.sort();
    let invalid = |text: String, expected| InvalidId { kind: "image set", text, expected };
    if images.is_empty() {
        return Err(invalid(String::new(), "at least one image"));
    }
    let twice = images.iter().zip(images.iter().skip(1)).find(|(a, b)| a.name == b.name);
    match twice {
        Some((image, _)) => Err(invalid(image.name.to_string(), "each image name once")),
        None => Ok(images),
    }
}

/// The id of the release that consists of these images; the set must be sorted (see [`image_set`]).
pub fn release_id(ledger: &LedgerId, images: &[Image]) -> ReleaseId {
    let lines: Vec<String> = images.iter().map(Image::identity).collect();
    ReleaseId::of(ledger, &lines)
}

/// For people: the version of the one image, or `name version` of each.
pub fn version_of(images: &[Image]) -> String {
    match images {
        [one] => one.version().to_owned(),
        many => {
            let part =
                |i: &Image| format!("{} {}", i.name.as_str().rsplit('/').next().unwrap_or(""), i.version());
            many.iter().map(part).collect::<Vec<_>>().join(", ")
        }
    }
}

/// The digests by image name.
pub fn digests_of(images: &[Image]) -> BTreeMap<ImageName, Digest> {
    images.iter().map(|i| (i.name.clone(), i.digest.clone())).collect()
}

/// The place of a release in the order of its pipeline: by CI's number if it gives one, then by sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(i64, u64)", into = "(i64, u64)")]
pub struct Rank {
    /// CI's number; 0 in pipelines whose releases carry none.
    pub order: i64,
    /// The journal's number, from 1; 0 is an adopted baseline.
    pub seq: u64,
}

impl From<(i64, u64)> for Rank {
    fn from((order, seq): (i64, u64)) -> Self {
        Self { order, seq }
    }
}

impl From<Rank> for (i64, u64) {
    fn from(rank: Rank) -> Self {
        (rank.order, rank.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(c: char) -> String {
        format!("sha256:{}", c.to_string().repeat(64))
    }

    #[test]
    fn images_read_back() {
        for text in
            [format!("ghcr.io/acme/web:1.4.2@{}", digest('a')), format!("localhost:5000/web@{}", digest('b'))]
        {
            assert_eq!(Image::parse(&text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_image_without_digest_is_no_release() {
        for text in ["ghcr.io/acme/web:1.4.2", "web", "web@sha256:123", "web:@", "@", ""] {
            assert!(Image::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_set_has_each_name_once() {
        let a = Image::parse(&format!("web:1@{}", digest('a'))).unwrap();
        let b = Image::parse(&format!("web:2@{}", digest('b'))).unwrap();
        assert!(image_set(vec![a.clone(), b]).is_err());
        assert!(image_set(vec![]).is_err());
        assert_eq!(image_set(vec![a.clone()]).unwrap(), vec![a]);
    }

    #[test]
    fn tags_do_not_change_the_identity() {
        let ledger = LedgerId::parse("l-00000000000000000000").unwrap();
        let id = |text: String| release_id(&ledger, &[Image::parse(&text).unwrap()]);
        assert_eq!(id(format!("web:1@{}", digest('a'))), id(format!("web:2@{}", digest('a'))));
        assert_ne!(id(format!("web:1@{}", digest('a'))), id(format!("web:1@{}", digest('b'))));
    }
}
