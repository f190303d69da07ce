//! Byte-exact edits of image fields in kustomizations and Helm values.
//!
//! An edit changes the bytes of an image's own scalars, and at most inserts or removes one `newTag`
//! or `digest` line or pair; comments, order, quotes, anchors, line endings and all other bytes stay.
//! Positions come from an event parser; the result is parsed again by it and by a second parser, and
//! an edit that means more than intended is refused. What cannot be edited safely is refused with its
//! line and a remedy ([`CannotEdit`]). Nothing is read from or written to disk here.
//!
//! ```
//! use kustomize_rs::{Target, Wanted, write};
//!
//! let before = "images:\n- name: ghcr.io/acme/web # public\n  newTag: v1 # newest\n";
//! let target = Target::Kustomization { image: "ghcr.io/acme/web".to_owned() };
//! let wanted = Wanted { tag: Some("1.10".to_owned()), digest: None };
//! let after = write(before, &target, &wanted)?;
//! assert_eq!(after, "images:\n- name: ghcr.io/acme/web # public\n  newTag: \"1.10\" # newest\n");
//! # Ok::<(), kustomize_rs::CannotEdit>(())
//! ```

mod error;
mod locate;
mod oracle;
mod quote;
mod splice;
mod target;
#[cfg(test)]
mod tests;
mod tree;

pub use error::{CannotEdit, Reason};
pub use locate::Scalar;
pub use target::{Field, InvalidKeyPath, KUSTOMIZATION_FILES, KeyPath, Target};

use splice::Goal;

/// An image's fields as they stand in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFields {
    /// `newName`, or the repository of Helm values.
    pub name: Option<Scalar>,
    /// `newTag`, or the tag of Helm values.
    pub tag: Option<Scalar>,
    /// The digest.
    pub digest: Option<Scalar>,
    /// Line of the entry, or of the mapping with the fields, counted from 1.
    pub line: usize,
}

impl ImageFields {
    /// A field's value.
    pub fn get(&self, field: Field) -> Option<&Scalar> {
        match field {
            Field::Name => self.name.as_ref(),
            Field::Tag => self.tag.as_ref(),
            Field::Digest => self.digest.as_ref(),
        }
    }

    /// The exact bytes of what [`write()`] may change, for [`restore`].
    pub fn raw(&self) -> RawFields {
        let raw = |scalar: &Option<Scalar>| scalar.as_ref().map(|scalar| scalar.raw.clone());
        RawFields { tag: raw(&self.tag), digest: raw(&self.digest) }
    }
}

/// What an image's fields are to hold; with `None` the key is not there afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The tag.
    pub tag: Option<String>,
    /// The digest, such as `sha256:...`.
    pub digest: Option<String>,
}

/// The exact bytes an image's fields once had; with `None` the key is not there afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawFields {
    /// Bytes of the tag, with quotes.
    pub tag: Option<String>,
    /// Bytes of the digest, with quotes.
    pub digest: Option<String>,
}

/// Reads an image's fields.
///
/// # Errors
/// Refuses everything that [`write()`] would refuse before it knows the new values.
pub fn read(text: &str, target: &Target) -> Result<ImageFields, CannotEdit> {
    let located = locate::locate(text, target)?;
    oracle::agree(text, &located)?;
    let scalar = |field| located.scalar(field).cloned();
    Ok(ImageFields {
        name: scalar(Field::Name),
        tag: scalar(Field::Tag),
        digest: scalar(Field::Digest),
        line: located.line,
    })
}

/// Writes an image's fields and returns the new text.
///
/// A field that already holds its value stays as it is, byte by byte; only bare text that some reader
/// would give back differently, such as `1.10` (the number 1.1), gets its quotes.
///
/// # Errors
/// Refuses a file in which the fields cannot be edited safely.
pub fn write(text: &str, target: &Target, wanted: &Wanted) -> Result<String, CannotEdit> {
    let tag = wanted.tag.as_deref().map_or(Goal::Absent, Goal::Value);
    let digest = wanted.digest.as_deref().map_or(Goal::Absent, Goal::Value);
    splice::apply(text, target, &[(Field::Tag, tag), (Field::Digest, digest)])
}

/// Puts back the exact bytes of an image's fields and returns the new text.
///
/// # Errors
/// Refuses as [`write()`] does, and bytes that are not one scalar.
pub fn restore(text: &str, target: &Target, raw: &RawFields) -> Result<String, CannotEdit> {
    let tag = raw.tag.as_deref().map_or(Goal::Absent, Goal::Raw);
    let digest = raw.digest.as_deref().map_or(Goal::Absent, Goal::Raw);
    splice::apply(text, target, &[(Field::Tag, tag), (Field::Digest, digest)])
}
