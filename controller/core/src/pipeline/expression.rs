//! Expression gates: a text that a host evaluates outside of the decision (decision 0006).

use super::document::ExpressionDoc;
use super::entry::Author;
use super::validate::{PipelineError, at};
use crate::id::{GateHash, GateName};

/// The longest source, in bytes.
const MAX_BYTES: usize = 4096;

/// Wants an expression to be true of the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// `expression/1`, `expression/2` and so on, in the order of the document.
    pub name: GateName,
    /// Its source, in CEL.
    pub cel: String,
}

impl Expression {
    /// Reads the gate of this number that stands at `place` of its document.
    pub(super) fn new(
        place: &str,
        doc: &ExpressionDoc,
        number: usize,
        author: Author<'_>,
    ) -> Result<Self, PipelineError> {
        let place = format!("{place}.cel");
        let cel = doc.cel.trim();
        if cel.is_empty() || cel.len() > MAX_BYTES {
            return Err(at(place, format!("expected an expression of at most {MAX_BYTES} bytes")));
        }
        let name = author.gate(&place, &format!("expression/{number}"))?;
        Ok(Self { name, cel: cel.to_owned() })
    }

    /// The hash to which its evaluations are bound.
    pub fn hash(&self) -> GateHash {
        GateHash::of(&[self.definition()])
    }

    /// A text that changes when its meaning changes.
    pub fn definition(&self) -> String {
        format!("expression {}", self.cel)
    }
}
