//! Workflows that were read a moment ago.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Document, Limits, read_workflow};

/// How many are kept.
const MAX_KEPT: usize = 32;

/// How long the text of one that is kept may be, in bytes: what is kept is bounded, however many files there are.
const MAX_TEXT: usize = 64 << 10;

/// How large what is read of it may be, in bytes as GitHub counts them: an alias repeats what it stands for.
const MAX_BYTES: usize = 1 << 20;

/// Keeps the last few workflows, so that one which many call is read once for those that come close together, as those of a
/// repository do. They are found by their text: what is kept is never older than the file.
#[derive(Debug, Default)]
pub struct Shelf {
    /// The last one used is the last.
    kept: Mutex<VecDeque<Arc<Document>>>,
}

impl Shelf {
    /// The workflow of this text, as [`read_workflow`] reads it. The limits are to be the same each time.
    pub fn workflow(&self, text: impl Into<Box<str>>, limits: &Limits) -> Arc<Document> {
        let text = text.into();
        if let Some(found) = self.found(&text) {
            return found;
        }
        let is_short = text.len() <= MAX_TEXT;
        // Others may look meanwhile.
        let read = Arc::new(read_workflow(text, limits));
        if is_short && read.bytes() <= MAX_BYTES {
            self.keep(Arc::clone(&read));
        }
        read
    }

    fn found(&self, text: &str) -> Option<Arc<Document>> {
        // Nothing that panics is done with it in hand.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().rposition(|document| document.tree().source() == text)?;
        let found = kept.remove(at)?;
        kept.push_back(Arc::clone(&found));
        Some(found)
    }

    fn keep(&self, document: Arc<Document>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.pop_front();
        }
        kept.push_back(document);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_is_read_once_as_long_as_it_is_kept() {
        let (shelf, limits) = (Shelf::default(), Limits::default());
        let read = |number: usize| shelf.workflow(format!("on: workflow_call\nname: w{number}\n"), &limits);
        let first = read(0);
        assert_eq!(first.tree().source(), "on: workflow_call\nname: w0\n");
        let others: Vec<_> = (1..MAX_KEPT).map(read).collect();
        assert!(Arc::ptr_eq(&first, &read(0)));
        read(MAX_KEPT);
        assert!(Arc::ptr_eq(&first, &read(0)), "what was used last stays");
        assert!(!Arc::ptr_eq(&others[0], &read(1)), "what was not used for long goes");
    }

    #[test]
    fn long_ones_are_not_kept() {
        let long = format!("on: workflow_call\njobs: {{}}\n# {}\n", "x".repeat(MAX_TEXT));
        let (shelf, limits) = (Shelf::default(), Limits::default());
        let read = || shelf.workflow(long.as_str(), &limits);
        assert!(!Arc::ptr_eq(&read(), &read()));
    }

    #[test]
    fn those_that_aliases_make_large_are_not_kept() {
        let written = |aliases: usize| {
            let long = format!("A: &a \"${{{{ github.ref }}}}{}\"", "x".repeat(20_000));
            let again: String = (0..aliases).map(|at| format!("  B{at}: *a\n")).collect();
            format!("on: workflow_call\nenv:\n  {long}\n{again}jobs: {{}}\n")
        };
        for (aliases, is_kept) in [(5, true), (50, false)] {
            let (shelf, limits, text) = (Shelf::default(), Limits::default(), written(aliases));
            assert!(text.len() <= MAX_TEXT);
            let read = || shelf.workflow(text.as_str(), &limits);
            assert_eq!(Arc::ptr_eq(&read(), &read()), is_kept, "{aliases}");
        }
    }
}
