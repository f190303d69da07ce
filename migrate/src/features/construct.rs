//! Each occurrence of a feature in a file.

use super::catalogue::FeatureId;
use super::walk::Walk;
use crate::read::{Document, TokenId};
use crate::script::Script;
use crate::span::Span;
use crate::yaml::NodeId;

/// An occurrence of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Construct {
    /// Where it stands; empty for what nobody wrote. Spans of the constructs of a file lie in each other or apart.
    pub span: Span,
    /// What it is. `None`: GitHub refuses it or does not know it, or has it newer than the schemas here.
    pub feature: Option<FeatureId>,
    /// The construct around it, by its place in the list; it stands before this one.
    pub parent: Option<u32>,
    /// How it stands there.
    pub role: Role,
}

/// How a construct stands in the one around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A key with its value. The node is the key.
    Pair(NodeId),
    /// An item of a sequence, counted from 0.
    Item(u32),
    /// A part of a scalar, or all of it.
    Part,
    /// Nobody wrote it.
    Implicit,
}

/// All constructs of a file, in the order of the source, each behind the one around it.
///
/// What an alias repeats is counted where it is written.
#[must_use]
pub fn constructs(document: &Document) -> Vec<Construct> {
    Walk::over(document, None)
}

/// The same, where scripts were read before: each by the token of its `run`.
#[must_use]
pub(crate) fn constructs_with<'d>(
    document: &'d Document,
    scripts: &'d dyn Fn(TokenId) -> Option<&'d Script<'d>>,
) -> Vec<Construct> {
    Walk::over(document, Some(scripts))
}

/// The way to a construct by keys and places: `jobs.build.steps[2].run`.
#[must_use]
pub fn path(document: &Document, constructs: &[Construct], index: usize) -> String {
    let mut steps = Vec::new();
    let mut at = constructs.get(index);
    while let Some(construct) = at {
        match construct.role {
            Role::Pair(key) => steps.push(format!(".{}", document.tree().text(key).unwrap_or_default())),
            Role::Item(place) => steps.push(format!("[{place}]")),
            Role::Part | Role::Implicit => {}
        }
        at = construct.parent.and_then(|parent| constructs.get(parent as usize));
    }
    steps.reverse();
    steps.concat().trim_start_matches('.').to_owned()
}
