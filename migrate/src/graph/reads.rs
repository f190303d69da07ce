//! Which values of contexts a job reads, and where.

use super::paths::{self, Path};
use crate::expression::Condition;
use crate::model::{Action, At, Job, JobKind, Runs, Step};
use crate::read::{Document, TokenId};
use crate::span::Span;

/// A part of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Site<'d> {
    /// A step, by its place; what runs in `parallel` is of the step that holds it.
    Step(usize),
    /// The output of this name.
    Output(&'d str),
    /// The value of this key.
    Key(&'d str),
}

/// A value that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read<'d> {
    /// Which value.
    pub path: Path<'d>,
    /// The part of the job.
    pub site: Site<'d>,
    /// The scalar that reads it.
    pub token: TokenId,
    /// Where in the text of the scalar; `None` in a condition, whose text may be another.
    within: Option<Span>,
}

impl Read<'_> {
    /// Where it stands in the source.
    #[must_use]
    pub fn span(&self, document: &Document) -> Span {
        let node = document.token(self.token).node;
        self.within.map_or_else(|| document.span(self.token), |within| document.tree().place_in(node, within))
    }
}

/// Everything that a job reads, in the order of the source; what an alias repeats is there each time.
#[must_use]
pub(super) fn reads<'d>(document: &'d Document, job: &'d Job<'d>) -> Vec<Read<'d>> {
    let mut reader = Reader { document, found: Vec::new() };
    for (key, value) in document.pairs(job.token) {
        match document.text(key) {
            Some("steps") => {
                if let JobKind::Steps(steps) = &job.kind {
                    reader.steps(&steps.steps);
                }
            }
            Some("outputs") => {
                for (name, value) in document.pairs(value) {
                    reader.walk(value, Site::Output(document.text(name).unwrap_or_default()));
                }
            }
            Some("if") => reader.condition(job.condition.as_ref(), Site::Key("if")),
            key => reader.walk(value, Site::Key(key.unwrap_or_default())),
        }
    }
    reader.found
}

/// Everything that an action reads.
#[must_use]
pub(super) fn action_reads<'d>(action: &'d Action<'d>) -> Vec<Read<'d>> {
    let mut reader = Reader { document: action.document, found: Vec::new() };
    for output in &action.outputs {
        reader.walk(output.token, Site::Output(output.name.value));
    }
    match action.runs.as_ref().map(|runs| &runs.value) {
        Some(Runs::Composite { steps, .. }) => reader.steps(steps),
        Some(_) | None => {
            if let Some(runs) = &action.runs {
                reader.walk(runs.token, Site::Key("runs"));
            }
        }
    }
    reader.found
}

/// Everything that is read at a token and below.
#[must_use]
pub(crate) fn reads_of<'d>(document: &'d Document, token: TokenId, key: &'d str) -> Vec<Read<'d>> {
    let mut reader = Reader { document, found: Vec::new() };
    reader.walk(token, Site::Key(key));
    reader.found
}

struct Reader<'d> {
    document: &'d Document,
    found: Vec<Read<'d>>,
}

impl<'d> Reader<'d> {
    fn steps(&mut self, steps: &'d [Step<'d>]) {
        for (at, step) in steps.iter().enumerate() {
            self.step(step, Site::Step(at));
        }
    }

    fn step(&mut self, step: &'d Step<'d>, site: Site<'d>) {
        for (key, value) in self.document.pairs(step.token) {
            match (self.document.text(key), &step.kind) {
                (Some("if"), _) => self.condition(step.condition.as_ref(), site),
                (Some("parallel"), crate::model::StepKind::Parallel(steps)) => {
                    steps.iter().for_each(|step| self.step(step, site));
                }
                _ => self.walk(value, site),
            }
        }
    }

    fn condition(&mut self, condition: Option<&'d At<Box<Condition>>>, site: Site<'d>) {
        let Some(At { token, value }) = condition else { return };
        let Some(written) = &value.written else { return };
        let reads = paths::paths(written).into_iter();
        self.found.extend(reads.map(|path| Read { path, site, token: *token, within: None }));
    }

    fn walk(&mut self, token: TokenId, site: Site<'d>) {
        let Some(template) = self.document.template(token) else {
            for child in self.document.children(token) {
                self.walk(child, site);
            }
            return;
        };
        for part in &template.parts {
            for path in paths::paths(&part.expression) {
                let start = part.inner.start + path.span.start;
                let within = Some(Span::new(start, part.inner.start + path.span.end));
                self.found.push(Read { path, site, token, within });
            }
        }
    }
}
