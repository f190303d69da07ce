//! Workflows and metadata of actions as GitHub reads them: a tree of YAML, typed by a schema.
//!
//! ```
//! use towpath_migrate::read::{Limits, TokenKind, read_workflow};
//!
//! let document = read_workflow("on: push\njobs:\n  build:\n    runs-on: ${{ inputs.os }}\n    step: []\n", &Limits::default());
//! let root = document.root().ok_or("nothing was read")?;
//! let build = document.find(root, &["jobs", "build", "runs-on"]).ok_or("no runs-on")?;
//! assert!(matches!(document.token(build).kind, TokenKind::Expression(_)));
//! let [problem] = document.problems() else { return Err("one problem".into()) };
//! assert_eq!(problem.message, "Unexpected value 'step'");
//! assert_eq!(problem.hint.as_deref(), Some("did you mean steps?"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It is the runner's TemplateReader: the same walk, the same checks in the same order, the same words. What GitHub refuses
//! is a [`Problem`] at its place, and the reading goes on, also where GitHub stops: [`Problem::is_beyond`] tells which
//! problems GitHub would not have come to.

mod document;
mod hint;
mod lenient;
mod limits;
mod problem;
mod reader;
mod scalar;
mod seen;
mod shelf;

pub use document::{Document, StringId, TemplateId, Token, TokenId, TokenKind};
pub(crate) use hint::{MERGE, nearest};
pub use limits::Limits;
pub(crate) use limits::TEXT;
pub use problem::{By, Problem, ProblemKind};
pub use shelf::Shelf;

use crate::schema::{DefinitionId, Root, Schema};
use crate::yaml::Tree;

/// Reads a workflow. It is read as strictly as by GitHub's editor; filters of events that GitHub ignores are refused
/// [`By::Editor`].
#[must_use]
pub fn read_workflow(source: impl Into<Box<str>>, limits: &Limits) -> Document {
    let schema = Schema::workflow();
    let mut document = read(source, schema, schema.root(Root::Strict), limits);
    lenient::judge_events(&mut document);
    document
}

/// Reads the metadata of an action: `action.yml`. It is read as strictly as by GitHub's editor; what the runner takes all the
/// same is refused [`By::Editor`].
#[must_use]
pub fn read_action(source: impl Into<Box<str>>, limits: &Limits) -> Document {
    let schema = Schema::action();
    let mut document = read(source, schema, schema.root(Root::Strict), limits);
    lenient::judge(&mut document, schema.root(Root::Lenient), limits);
    document
}

/// Reads a source that is to be what a definition of a schema says.
#[must_use]
pub fn read(
    source: impl Into<Box<str>>,
    schema: &'static Schema,
    root: DefinitionId,
    limits: &Limits,
) -> Document {
    reader::read(Tree::read(source), schema, root, limits)
}
