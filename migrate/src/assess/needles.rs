//! Some of many words in a text, found in one pass over it.

use aho_corasick::AhoCorasick;

/// Words that are looked for together.
pub(super) struct Needles {
    words: Vec<&'static str>,
    /// `None` where there are more words than an automaton has room for.
    automaton: Option<AhoCorasick>,
}

impl Needles {
    pub(super) fn of(words: impl IntoIterator<Item = &'static str>) -> Self {
        let words: Vec<_> = words.into_iter().collect();
        let automaton = AhoCorasick::new(&words).ok();
        Self { words, automaton }
    }

    /// Whether a text has any of them.
    pub(super) fn are_in(&self, text: &str) -> bool {
        match &self.automaton {
            Some(automaton) => automaton.is_match(text),
            None => self.words.iter().any(|word| text.contains(word)),
        }
    }

    /// Each of them that a text has: its place among the words, and the byte that it begins at. Of those that overlap, the first one.
    pub(super) fn places<'t>(&'t self, text: &'t str) -> Box<dyn Iterator<Item = (usize, usize)> + 't> {
        match &self.automaton {
            Some(automaton) => {
                let found = automaton.find_iter(text);
                Box::new(found.map(|found| (found.pattern().as_usize(), found.start())))
            }
            None => Box::new(
                self.words
                    .iter()
                    .enumerate()
                    .flat_map(|(word, needle)| text.match_indices(needle).map(move |(at, _)| (word, at))),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_with_or_without_an_automaton() {
        let with = Needles::of(["ghp_", "AKIA", "é"]);
        let without = Needles { words: with.words.clone(), automaton: None };
        assert!(with.automaton.is_some());
        for (text, found) in [("", &[][..]), ("gh p_ AKI", &[]), ("x ghp_AKIA é", &[(0, 2), (1, 6), (2, 11)])]
        {
            for needles in [&with, &without] {
                assert_eq!(needles.are_in(text), !found.is_empty(), "{text}");
                assert_eq!(needles.places(text).collect::<Vec<_>>(), found, "{text}");
            }
        }
    }
}
