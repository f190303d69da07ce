//! An evaluator in memory: answers by the text of the expression.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::ports::{Evaluator, EvaluatorError, Question};

#[derive(Default)]
struct Contents {
    answers: BTreeMap<String, bool>,
    last: Option<Question>,
}

/// An evaluator in memory; clones are the same one. What it was not told is an error, but `response.status == NUMBER`,
/// which it understands.
#[derive(Clone, Default)]
pub struct MemoryEvaluator(Rc<RefCell<Contents>>);

impl MemoryEvaluator {
    /// An evaluator that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on this expression is true or false.
    pub fn set(&self, source: &str, answer: bool) {
        self.0.borrow_mut().answers.insert(source.to_owned(), answer);
    }

    /// The question that it was asked last.
    pub fn last(&self) -> Option<Question> {
        self.0.borrow().last.clone()
    }

    /// From now on this expression cannot be evaluated.
    pub fn forget(&self, source: &str) {
        self.0.borrow_mut().answers.remove(source);
    }
}

impl Evaluator for MemoryEvaluator {
    fn evaluate(&self, question: &Question) -> Result<bool, EvaluatorError> {
        let mut contents = self.0.borrow_mut();
        contents.last = Some(question.clone());
        let known = contents.answers.get(&question.source).copied().or_else(|| status(question));
        known.ok_or_else(|| EvaluatorError::Wrong("nobody knows".to_owned()))
    }
}

fn status(question: &Question) -> Option<bool> {
    let wanted: u64 = question.source.strip_prefix("response.status == ")?.parse().ok()?;
    Some(question.values.get("response")?.get("status")?.as_u64()? == wanted)
}
