//! What else is to be told of a file: values that GitHub takes and that cannot work, and what they probably mean.
//!
//! ```
//! use jiff::civil::date;
//! use towpath_migrate::read::{Limits, read_workflow};
//! use towpath_migrate::remarks::remarks;
//!
//! let source = "on: {push: {branches: ['[z-a]']}}\njobs:\n  a:\n    runs-on: ubuntu-16.04\n    steps: [{run: x}]\n";
//! let document = read_workflow(source, &Limits::default());
//! assert_eq!(document.problems(), [], "GitHub reads the file without a word");
//! let said: Vec<_> = remarks(&document, date(2026, 11, 21)).into_iter().map(|remark| remark.code).collect();
//! assert_eq!(said, ["glob", "label"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The small languages themselves are in [`crate::values`]; here is which scalar speaks which, by the key that it is the
//! value of. What GitHub refuses on reading is a [`crate::read::Problem`] and not told again here.

mod failing;
mod language;
mod structure;
mod walk;

pub use language::Language;

use jiff::civil::Date;

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

/// All that is to be told of a file, in its order. Labels of runners are looked at as of this day.
#[must_use]
pub fn remarks(document: &Document, on: Date) -> Vec<Remark> {
    walk::Walk::new(document, on).all()
}
