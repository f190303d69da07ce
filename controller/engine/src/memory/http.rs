//! Systems outside that HTTP gates ask, in memory.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use towpath_core::time::Span;

use super::ManualClock;
use crate::ports::{HttpAnswer, HttpError, HttpGates, HttpQuestion};

#[derive(Default)]
struct Contents {
    answers: BTreeMap<String, HttpAnswer>,
    faults: VecDeque<HttpError>,
    down: bool,
    asked: Vec<String>,
    slow: Option<(ManualClock, Span)>,
}

/// Systems in memory; clones are the same ones. What they were not told they answer with 404.
#[derive(Clone, Default)]
pub struct MemoryHttp(Rc<RefCell<Contents>>);

impl MemoryHttp {
    /// Systems that know nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on this address answers so.
    pub fn set(&self, url: &str, status: u16, body: &str) {
        let answer = HttpAnswer { status, body: body.as_bytes().to_vec() };
        self.0.borrow_mut().answers.insert(url.to_owned(), answer);
    }

    /// Lets nobody answer at all.
    pub fn set_down(&self, down: bool) {
        self.0.borrow_mut().down = down;
    }

    /// Lets these happen to the next questions, one each, in this order.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = HttpError>) {
        self.0.borrow_mut().faults.extend(faults);
    }

    /// Lets each answer from now on take so long on this clock.
    pub fn takes(&self, clock: &ManualClock, span: Span) {
        self.0.borrow_mut().slow = Some((clock.clone(), span));
    }

    /// The addresses that were asked so far.
    pub fn asked(&self) -> Vec<String> {
        self.0.borrow().asked.clone()
    }
}

impl HttpGates for MemoryHttp {
    fn ask(&self, question: &HttpQuestion) -> Result<HttpAnswer, HttpError> {
        let mut contents = self.0.borrow_mut();
        contents.asked.push(question.url.clone());
        if let Some((clock, span)) = &contents.slow {
            clock.advance(*span);
        }
        if let Some(fault) = contents.faults.pop_front() {
            return Err(fault);
        }
        if contents.down {
            return Err(HttpError::Unavailable("nobody answers".to_owned()));
        }
        let unknown = || HttpAnswer { status: 404, body: Vec::new() };
        Ok(contents.answers.get(&question.url).cloned().unwrap_or_else(unknown))
    }
}
