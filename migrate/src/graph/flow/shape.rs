//! What a text comes to in the legs of a job, as far as it is known before a run.

use std::collections::HashSet;

use super::artifact::Match;
use crate::expression::Evaluated;
use crate::graph::job::Job;
use crate::graph::matrix::Leg;
use crate::graph::world::Known;

/// How long a text may be that is put together from several: a file may hold a long one for each of its legs.
const MAX_LENGTH: usize = 256;

/// A text of a leg: all of it, or how it begins and ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    /// What it begins with; all of it where nothing is left open.
    start: String,
    /// What it ends with, behind what is not known.
    end: Option<String>,
    /// Whether there is such a leg in all runs.
    is_certain: bool,
}

impl Shape {
    /// A text that is known.
    pub(super) fn whole(text: &str) -> Self {
        Self { start: text.to_owned(), end: None, is_certain: true }
    }

    /// A text that begins and ends so.
    pub(super) fn between(start: &str, end: &str) -> Self {
        Self { start: start.to_owned(), end: Some(end.to_owned()), is_certain: true }
    }

    /// What a scalar comes to in the legs of a job, each once. `left` is how many texts may still be looked at: without
    /// legs, a text is what is the same in all of them.
    pub(super) fn of_legs(job: &Job<'_>, text: &str, evaluated: &Evaluated, left: &mut usize) -> Vec<Self> {
        let legs = if job.legs().len() <= *left { job.legs() } else { &[] };
        *left -= legs.len();
        let has_more = job.matrix.as_ref().is_some_and(|matrix| matrix.expansion.may_have_more());
        let any = (legs.is_empty() || has_more).then_some(None);
        let mut seen = HashSet::new();
        let shapes = legs.iter().map(Some).chain(any).map(|leg| Self::of_leg(job, leg, text, evaluated));
        shapes.filter(|shape| seen.insert(shape.clone())).collect()
    }

    fn of_leg(job: &Job<'_>, leg: Option<&Leg>, text: &str, evaluated: &Evaluated) -> Self {
        let is_certain = leg.is_none_or(|leg| leg.depends_on.is_empty());
        let mut shape = Self { start: String::new(), end: None, is_certain };
        let known = job.known(leg);
        let mut at = 0;
        for (part, value) in evaluated.parts.iter().map(|part| (part.outer, part_of(part, evaluated, known)))
        {
            shape.add(text.get(at..part.start).unwrap_or_default());
            match value {
                Some(value) => shape.add(&value),
                None => shape.forget(),
            }
            at = part.end;
        }
        shape.add(text.get(at..).unwrap_or_default());
        shape
    }

    fn add(&mut self, text: &str) {
        let last = self.end.as_mut().unwrap_or(&mut self.start);
        if last.len() + text.len() > MAX_LENGTH {
            return self.forget();
        }
        last.push_str(text);
    }

    /// Anything may stand here.
    fn forget(&mut self) {
        self.end = Some(String::new());
    }

    /// The text, if all of it is known.
    pub(super) fn text(&self) -> Option<&str> {
        if self.end.is_none() { Some(&self.start) } else { None }
    }

    /// What it begins and ends with; the same twice where all of it is known.
    pub(super) fn ends(&self) -> (&str, &str) {
        (&self.start, self.end.as_deref().unwrap_or(&self.start))
    }

    /// How long what is known of it is.
    pub(super) fn len(&self) -> usize {
        self.start.len() + self.end.as_deref().map_or(0, str::len)
    }

    /// Whether another is the same text.
    pub(super) fn is(&self, other: &Self) -> Match {
        match (self.text(), other.text()) {
            (Some(one), Some(other)) if one == other => Match::Yes,
            (Some(_), Some(_)) => Match::No,
            _ if self.may_be(other) => Match::Maybe,
            _ => Match::No,
        }
    }

    fn may_be(&self, other: &Self) -> bool {
        let ((start, end), (other_start, other_end)) = (self.ends(), other.ends());
        let holds = |one: &Self, other: &Self| one.text().is_none() || one.len() >= other.len();
        holds(self, other)
            && holds(other, self)
            && (start.starts_with(other_start) || other_start.starts_with(start))
            && (end.ends_with(other_end) || other_end.ends_with(end))
    }

    /// A match with it, which is none for sure where its leg may not be there.
    pub(super) fn bounded(&self, found: Match) -> Match {
        if self.is_certain { found } else { found.max(Match::Maybe) }
    }
}

/// The text of a part. A list or a mapping is text only beside other text.
fn part_of(part: &crate::expression::Part, of: &Evaluated, known: Known<'_>) -> Option<String> {
    let value = known.value(&part.expression).filter(|value| of.has_text || value.is_primitive())?;
    Some(value.to_text().into_owned())
}
