//! What else is to be told of a file: values that GitHub takes and that cannot work, and what they probably mean.
//!
//! ```
//! use jiff::civil::date;
//! use towpath_migrate::read::{Limits, read_workflow};
//! use towpath_migrate::model::Workflow;
//! use towpath_migrate::remarks::{Of, remarks};
//!
//! let source = "on: {push: {branches: ['[z-a]']}}\njobs:\n  a:\n    runs-on: ubuntu-16.04\n    steps: [{run: x}]\n";
//! let document = read_workflow(source, &Limits::default());
//! assert_eq!(document.problems(), [], "GitHub reads the file without a word");
//! let workflow = Workflow::of(&document);
//! let remarks = remarks(Of::workflow(&workflow), date(2026, 11, 21));
//! let said: Vec<_> = remarks.into_iter().map(|remark| remark.code).collect();
//! assert_eq!(said, ["glob", "label"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The small languages themselves are in [`crate::values`]; here is which scalar speaks which, by the key that it is the
//! value of. What GitHub refuses on reading is a [`crate::read::Problem`] and not told again here.

mod actions;
mod comparison;
mod condition;
mod failing;
mod language;
mod matrix;
mod structure;
mod walk;

pub use actions::of_actions;
pub use language::Language;
pub(crate) use structure::refusals;

use jiff::civil::Date;

use crate::graph::{Access, CallOutputs, accesses, action_accesses};
use crate::model::{Action, Workflow};
use crate::read::{Document, TokenId};
use crate::span::Span;
use crate::values::{Author, Severity};

/// Something to be told of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The language that the value speaks; a word that stays the same.
    pub code: &'static str,
    /// The value.
    pub token: TokenId,
    /// Where, in bytes of the file.
    pub span: Span,
    /// What it means for the file.
    pub severity: Severity,
    /// Whose words the message is in.
    pub author: Author,
    /// What is wrong or odd.
    pub message: String,
    /// What to do about it, or why it is so.
    pub hint: &'static str,
}

/// What a file is.
#[derive(Debug, Clone, Copy)]
pub enum Of<'m, 'd> {
    /// A workflow, and the outputs of the workflows that it calls, as far as they are known.
    Workflow(&'m Workflow<'d>, Option<&'m CallOutputs>),
    /// An action.
    Action(&'m Action<'d>),
}

impl<'m, 'd> Of<'m, 'd> {
    /// A workflow; nothing is known of those that it calls.
    #[must_use]
    pub const fn workflow(workflow: &'m Workflow<'d>) -> Self {
        Self::Workflow(workflow, None)
    }

    const fn document(self) -> &'d Document {
        match self {
            Self::Workflow(workflow, _) => workflow.document,
            Self::Action(action) => action.document,
        }
    }
}

/// How many remarks of a file are made.
const MOST: usize = 1_000;

/// All that is to be told of a file, in its order. Labels of runners are looked at as of this day.
#[must_use]
pub fn remarks(of: Of<'_, '_>, on: Date) -> Vec<Remark> {
    let document = of.document();
    let mut found = walk::Walk::new(document, on, comparison::Facts::of(of)).all();
    found.extend(behaviour(of));
    found.truncate(MOST);
    if document.problems().iter().any(|problem| problem.kind.stops()) {
        // GitHub would not have come to any of it.
        found.iter_mut().for_each(|remark| remark.severity = Severity::Warning);
    }
    found.sort_by_key(|remark| remark.span.start);
    found
}

/// What is to be told of how a file behaves, and not of a value alone: conditions that say the same whatever happens, and
/// values of contexts that are not there. In no order.
fn behaviour(of: Of<'_, '_>) -> Vec<Remark> {
    let (mut found, accesses) = match of {
        Of::Workflow(workflow, calls) => {
            let none = CallOutputs::new();
            let accesses = accesses(workflow, calls.unwrap_or(&none)).into_iter().map(context).collect();
            let found = condition::of_workflow(workflow).into_iter().chain(matrix::of_workflow(workflow));
            (found.collect::<Vec<_>>(), accesses)
        }
        Of::Action(action) => {
            let accesses: Vec<_> = action_accesses(action).into_iter().map(context).collect();
            (condition::of_action(action), accesses)
        }
    };
    found.extend(accesses);
    found.truncate(MOST);
    found
}

/// GitHub's editor warns of it in these words.
fn context(access: Access<'_>) -> Remark {
    Remark {
        code: "context",
        token: access.token,
        span: access.span,
        severity: Severity::Warning,
        author: Author::GitHub,
        message: format!("Context access might be invalid: {}", access.name),
        hint: access.doubt.hint(),
    }
}
