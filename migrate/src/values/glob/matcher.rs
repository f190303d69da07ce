//! Walks all readings of a pattern at once.

use super::parser::Step;

/// What a pattern became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Program {
    /// This text alone.
    Literal(String),
    /// Steps from the first on; past the last one the name has to end.
    Steps(Vec<Step>),
}

impl Program {
    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Literal(text) => text == name,
            Self::Steps(steps) => Walk::new(steps).matches(name),
        }
    }
}

/// Where the readings are that are still possible.
struct Walk<'a> {
    steps: &'a [Step],
    /// For each step, and for the end: the last character before which it was reached, counted from 1.
    reached: Vec<usize>,
    current: Vec<usize>,
    next: Vec<usize>,
    pending: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn new(steps: &'a [Step]) -> Self {
        let reached = vec![0; steps.len() + 1];
        Self { steps, reached, current: Vec::new(), next: Vec::new(), pending: Vec::new() }
    }

    fn matches(mut self, name: &str) -> bool {
        self.reach(0, 1);
        std::mem::swap(&mut self.current, &mut self.next);
        for (index, char) in name.chars().enumerate() {
            self.take(char, index + 2);
            if self.current.is_empty() {
                return false;
            }
        }
        self.current.contains(&self.steps.len())
    }

    fn take(&mut self, char: char, turn: usize) {
        let current = std::mem::take(&mut self.current);
        for &at in &current {
            let taken = match self.steps.get(at) {
                Some(Step::Char(expected)) => char == *expected,
                Some(Step::Class(ranges)) => {
                    ranges.iter().any(|&(first, last)| (first..=last).contains(&char))
                }
                Some(Step::NotSlash) => char != '/',
                Some(Step::Any) => true,
                Some(Step::Split(..)) | None => false,
            };
            if taken {
                self.reach(at + 1, turn);
            }
        }
        self.current = current;
        self.current.clear();
        std::mem::swap(&mut self.current, &mut self.next);
    }

    /// Puts a step, and where its splits lead, among those of this turn, each once.
    fn reach(&mut self, at: usize, turn: usize) {
        self.pending.push(at);
        while let Some(at) = self.pending.pop() {
            match self.reached.get_mut(at) {
                Some(reached) if *reached != turn => *reached = turn,
                _ => continue,
            }
            match self.steps.get(at) {
                Some(&Step::Split(left, right)) => self.pending.extend([left, right]),
                _ => self.next.push(at),
            }
        }
    }
}
