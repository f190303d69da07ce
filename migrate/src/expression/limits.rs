//! What an expression may cost, counted as actions/runner counts it.

use super::museum::{Bug, planted};
use super::value::{Value, text};

/// How long an expression may be, in UTF-16 units (runner: ExpressionConstants.cs, `MaxLength`).
pub const MAX_LENGTH: usize = 21_000;

/// How many levels a tree may have (runner: ExpressionConstants.cs, `MaxDepth`). Groups are no level.
pub const MAX_DEPTH: usize = 50;

/// How many bytes an evaluation may take (runner: EvaluationContext.cs, `MaxMemory`).
pub const MAX_MEMORY: usize = 1 << 20;

/// What an object, a number or a pointer counts (runner: MemoryCounter.cs, `MinObjectSize`).
pub(crate) const OBJECT: usize = 24;

/// What a place in an array counts: a pointer (runner: Index.cs, `IntPtr.Size`).
pub(crate) const POINTER: usize = 8;

/// What a string counts beside its units (runner: MemoryCounter.cs, `StringBaseOverhead`).
const STRING: usize = 26;

/// There is no room left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exceeded;

/// The bytes that a string counts.
pub(crate) fn string_bytes(text: &str) -> usize {
    if planted(Bug::MemoryOfUtf8) {
        return text.len().saturating_add(STRING);
    }
    text::units(text).saturating_mul(2).saturating_add(STRING)
}

/// The bytes that a value counts by itself.
pub(crate) fn value_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => string_bytes(text),
        _ => OBJECT,
    }
}

/// Counts what one function builds (runner: MemoryCounter.cs).
#[derive(Debug, Default)]
pub(crate) struct Counter {
    bytes: usize,
}

impl Counter {
    /// Adds bytes.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), Exceeded> {
        let sum = self.bytes.saturating_add(bytes);
        if sum > MAX_MEMORY {
            return Err(Exceeded);
        }
        self.bytes = sum;
        Ok(())
    }

    /// Adds a string.
    pub(crate) fn add_string(&mut self, text: &str) -> Result<(), Exceeded> {
        self.add(string_bytes(text))
    }

    /// All bytes so far.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Counts what a whole evaluation holds, by level of the tree (runner: EvaluationMemory.cs).
///
/// Once a node has a simple result, what its arguments held is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    levels: Vec<usize>,
    total: usize,
}

impl Memory {
    /// Adds bytes at a level, after it forgot all deeper levels if `trim`.
    pub(crate) fn add(&mut self, level: usize, bytes: usize, trim: bool) -> Result<(), Exceeded> {
        if trim {
            let deeper = self.levels.drain(self.levels.len().min(level + 1)..);
            self.total -= deeper.sum::<usize>();
        }
        if self.levels.len() <= level {
            self.levels.resize(level + 1, 0);
        }
        if let Some(amount) = self.levels.get_mut(level) {
            *amount = amount.saturating_add(bytes);
        }
        self.total = self.total.saturating_add(bytes);
        if self.total > MAX_MEMORY { Err(Exceeded) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_takes_exactly_the_limit() {
        let mut counter = Counter::default();
        assert_eq!(counter.add(MAX_MEMORY), Ok(()));
        assert_eq!(counter.add(1), Err(Exceeded));
        assert_eq!(counter.bytes(), MAX_MEMORY, "what did not fit is not counted");
    }

    #[test]
    fn deeper_levels_are_forgotten_when_trimmed() {
        let mut memory = Memory::default();
        assert_eq!(memory.add(2, MAX_MEMORY, false), Ok(()));
        assert_eq!(memory.add(1, 24, true), Ok(()));
        assert_eq!(memory.add(1, MAX_MEMORY, false), Err(Exceeded));
    }

    #[test]
    fn deeper_levels_are_kept_otherwise() {
        let mut memory = Memory::default();
        assert_eq!(memory.add(2, MAX_MEMORY, false), Ok(()));
        assert_eq!(memory.add(1, 24, false), Err(Exceeded));
    }

    #[test]
    fn a_string_counts_two_bytes_a_unit() {
        assert_eq!(string_bytes("a\u{1F60A}"), 26 + 6);
        assert_eq!(value_bytes(&Value::Number(1.0)), 24);
    }
}
