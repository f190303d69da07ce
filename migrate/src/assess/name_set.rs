//! Many short names in one piece of memory: an estate keeps some of each workflow.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// Names in order, each once.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct NameSet(Box<str>);

/// What stands behind each. A name that has it, by an escape in YAML, gets what stands for a character that nothing shows.
const END: char = '\0';
const STAND_IN: &str = "\u{fffd}";

impl NameSet {
    /// Each, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_terminator(END)
    }

    /// Whether a name is among them.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|known| known == name)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }
}

impl<T: AsRef<str>> FromIterator<T> for NameSet {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let names: Vec<T> = names.into_iter().collect();
        let sorted: BTreeSet<Cow<'_, str>> = names.iter().map(|name| fit(name.as_ref())).collect();
        let mut text = String::with_capacity(sorted.iter().map(|name| name.len() + END.len_utf8()).sum());
        for name in sorted {
            text.push_str(&name);
            text.push(END);
        }
        Self(text.into_boxed_str())
    }
}

/// A name without what stands behind each.
fn fit(name: &str) -> Cow<'_, str> {
    if name.contains(END) { Cow::Owned(name.replace(END, STAND_IN)) } else { Cow::Borrowed(name) }
}

impl fmt::Debug for NameSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_are_a_sorted_set(names in prop::collection::vec("[a-c\0]{0,3}", 0..9)) {
            let fit: Vec<_> = names.iter().map(|name| name.replace('\0', "\u{fffd}")).collect();
            let set: BTreeSet<_> = fit.iter().map(String::as_str).collect();
            let kept: NameSet = names.iter().collect();
            prop_assert_eq!(kept.iter().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!((kept.len(), kept.is_empty()), (set.len(), set.is_empty()));
            prop_assert_eq!(["a", "", "abc"].map(|name| kept.contains(name)), ["a", "", "abc"].map(|name| set.contains(name)));
            prop_assert_eq!(format!("{kept:?}"), format!("{set:?}"));
        }
    }
}
