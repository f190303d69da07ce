//! Some of many words in a text, found in one pass over it.

use aho_corasick::{AhoCorasick, MatchKind};

/// Words that are looked for together.
pub(super) struct Needles {
    words: Vec<&'static str>,
    /// `None` where there are more words than an automaton has room for.
    automaton: Option<AhoCorasick>,
}

impl Needles {
    pub(super) fn of(words: impl IntoIterator<Item = &'static str>) -> Self {
        let words: Vec<_> = words.into_iter().collect();
        // The only kind that may look at many bytes at once (aho-corasick, `packed`).
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&words).ok();
        Self { words, automaton }
    }

    /// Whether a text has any of them.
    pub(super) fn are_in(&self, text: &str) -> bool {
        match &self.automaton {
            Some(automaton) => automaton.is_match(text),
            None => self.words.iter().any(|word| text.contains(word)),
        }
    }

    /// The byte at which the first of them begins.
    pub(super) fn first_in(&self, text: &str) -> Option<usize> {
        match &self.automaton {
            Some(automaton) => automaton.find(text).map(|found| found.start()),
            None => self.words.iter().filter_map(|word| text.find(word)).min(),
        }
    }

    /// Each of them that a text has, in its order: its place among the words, and the byte that it begins at. Of those that overlap,
    /// the one that ends first.
    pub(super) fn places<'t>(&'t self, text: &'t str) -> Box<dyn Iterator<Item = (usize, usize)> + 't> {
        match &self.automaton {
            Some(automaton) => {
                let found = automaton.find_iter(text);
                Box::new(found.map(|found| (found.pattern().as_usize(), found.start())))
            }
            None => Box::new(self.one_by_one(text).into_iter()),
        }
    }

    /// The same without an automaton.
    fn one_by_one(&self, text: &str) -> Vec<(usize, usize)> {
        let words = self.words.iter().enumerate();
        let found = words.flat_map(|(word, needle)| {
            text.match_indices(needle).map(move |(start, _)| (start + needle.len(), start, word))
        });
        let mut found: Vec<_> = found.collect();
        found.sort_unstable();
        let mut before = 0;
        found.retain(|(end, start, _)| {
            let is_free = *start >= before;
            before = if is_free { *end } else { before };
            is_free
        });
        found.into_iter().map(|(_, start, word)| (word, start)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_with_or_without_an_automaton() {
        let with = Needles::of(["ghp_", "AKIA", "é", "p_A"]);
        let without = Needles { words: with.words.clone(), automaton: None };
        assert!(with.automaton.is_some());
        for (text, found) in [
            ("", &[][..]),
            ("gh p_ AKI", &[]),
            ("x ghp_AKIA é", &[(0, 2), (1, 6), (2, 11)]),
            ("p_AKIA ghp_", &[(3, 0), (0, 7)]),
            ("é AKIA ghp_", &[(2, 0), (1, 3), (0, 8)]),
        ] {
            for needles in [&with, &without] {
                assert_eq!(needles.are_in(text), !found.is_empty(), "{text}");
                assert_eq!(needles.first_in(text), found.first().map(|(_, at)| *at), "{text}");
                assert_eq!(needles.places(text).collect::<Vec<_>>(), found, "{text}");
            }
        }
    }
}
