//! By which inputs, and since which version, an action does something.

use super::inputs;
use super::version::Version;
use crate::expression::Truth;
use crate::model::{Entry, Uses, Value, value_of};
use crate::read::Document;

/// What decides whether an action does something.
#[derive(Debug, Clone, Copy)]
pub(super) enum Control {
    /// It always does.
    Always,
    /// An input decides.
    Input(Input),
    /// Versions before this one do.
    Before(u64),
    /// Each of these has to let it.
    All(&'static [Self]),
    /// One of these has to let it.
    Any(&'static [Self]),
}

/// An input that decides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Whether what it takes lets the action do it, or keeps it from it.
    pub lets: bool,
    /// Whether the action does it where the input is absent.
    pub by_default: bool,
    /// The first version that does so; `None` where all do.
    pub since: Option<u64>,
}

/// What an input takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    /// true or false; all else counts as true.
    Flag,
    /// Any text.
    Text,
    /// One of these texts.
    Words(&'static [&'static str]),
}

impl Control {
    /// An input by which something is turned on.
    pub(super) const fn on(name: &'static str, takes: Takes, by_default: bool) -> Self {
        Self::Input(Input { name, takes, lets: true, by_default, since: None })
    }

    /// The same, where it is on without the input since this version.
    pub(super) const fn on_since(name: &'static str, takes: Takes, major: u64) -> Self {
        Self::Input(Input { name, takes, lets: true, by_default: true, since: Some(major) })
    }

    /// An input by which something is turned off, which is on where it is absent.
    pub(super) const fn off(name: &'static str, takes: Takes) -> Self {
        Self::Input(Input { name, takes, lets: false, by_default: true, since: None })
    }

    /// Whether a step does it.
    pub(super) fn of(self, document: &Document, uses: &Uses<'_>) -> Truth {
        let entries = match uses.with.as_ref().map(|with| &with.value) {
            Some(Value::Expression(_)) if !matches!(self, Self::Always) => return Truth::Unknown,
            Some(Value::Literal(entries)) => entries.as_slice(),
            _ => &[],
        };
        self.with(document, uses, entries)
    }

    fn with(self, document: &Document, uses: &Uses<'_>, entries: &[Entry<'_>]) -> Truth {
        match self {
            Self::Always => Truth::True,
            Self::Input(input) => input.with(document, uses, entries),
            Self::Before(major) => {
                Version::of(document, uses).map_or(Truth::Unknown, |version| (version.major < major).into())
            }
            Self::All(all) => most(all.iter().map(|one| one.with(document, uses, entries)), Truth::False),
            Self::Any(any) => most(any.iter().map(|one| one.with(document, uses, entries)), Truth::True),
        }
    }
}

/// What several say, of whom one decides if it says so.
fn most(all: impl Iterator<Item = Truth>, deciding: Truth) -> Truth {
    all.fold(!deciding, |most, one| match (most, one) {
        (known, _) | (_, known) if known == deciding => deciding,
        (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
        _ => most,
    })
}

impl Input {
    fn with(self, document: &Document, uses: &Uses<'_>, entries: &[Entry<'_>]) -> Truth {
        let Some(given) = value_of(entries, self.name) else {
            return (self.by_default && self.has_default(document, uses)).into();
        };
        let text = inputs::text(document, given);
        let is_taken = match self.takes {
            Takes::Text => Truth::from(!text.is_empty()),
            _ if inputs::is_expression(&text) => Truth::Unknown,
            Takes::Flag => Truth::from(text != "false"),
            Takes::Words(words) => Truth::from(words.contains(&text.as_ref())),
        };
        if self.lets { is_taken } else { !is_taken }
    }

    /// Whether the version has the default; a ref that tells none is taken for a new one.
    fn has_default(self, document: &Document, uses: &Uses<'_>) -> bool {
        let is_new = |since| Version::of(document, uses).is_none_or(|version| version.major >= since);
        self.since.is_none_or(is_new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_decides_if_it_says_so() {
        use Truth::{False, True, Unknown};
        for (all, any, of) in [
            (True, False, &[][..]),
            (True, True, &[True, True]),
            (False, True, &[True, False]),
            (Unknown, True, &[True, Unknown]),
            (False, Unknown, &[Unknown, False]),
            (False, True, &[Unknown, False, True]),
            (Unknown, Unknown, &[Unknown, Unknown]),
        ] {
            assert_eq!(most(of.iter().copied(), False), all, "all of {of:?}");
            assert_eq!(most(of.iter().copied(), True), any, "any of {of:?}");
        }
    }
}
