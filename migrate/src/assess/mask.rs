//! Secrets that somebody wrote into a file are not written into reports.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::needles::Needles;

/// What stands in place of a secret.
const MASK: &str = "***";

/// Beginnings of secrets that are known by them, and how many characters follow at least.
/// <https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns>
const KNOWN: [(&str, usize); 22] = [
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 22),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("glpat-", 20),
    ("npm_", 30),
    ("pypi-", 50),
    ("dckr_pat_", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("xoxa-", 20),
    ("sk_live_", 20),
    ("rk_live_", 20),
    ("sk-", 32),
    ("hf_", 30),
    ("dop_v1_", 40),
    ("eyJ", 60),
];

/// How long a secret is at least, in bytes.
const LEAST: usize = {
    let (mut least, mut rest) = (usize::MAX, KNOWN.as_slice());
    while let [(begin, more), others @ ..] = rest {
        if begin.len() + *more < least {
            least = begin.len() + *more;
        }
        rest = others;
    }
    least
};

/// A text without what is known to be a secret by its form.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    static BEGIN: LazyLock<Needles> = LazyLock::new(|| Needles::of(KNOWN.map(|(begin, _)| begin)));
    // Most texts are names, and shorter than any secret.
    if text.len() < LEAST || !BEGIN.are_in(text) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::new();
    let mut from = 0;
    for word in words(text) {
        if let Some(at) = secret(word.text) {
            masked.push_str(text.get(from..word.start + at).unwrap_or_default());
            masked.push_str(MASK);
            from = word.start + word.text.len();
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(masked)
}

/// A run of characters that secrets are made of.
struct Word<'t> {
    start: usize,
    text: &'t str,
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let is_other = |char: char| !(char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.'));
    let mut start = 0;
    text.split_inclusive(is_other).map(move |piece| {
        let word = Word { start, text: piece.trim_end_matches(is_other) };
        start += piece.len();
        word
    })
}

/// Where a secret begins in a word: at its beginning, behind a hyphen, or behind a dot, as of a name in the path of an expression.
fn secret(word: &str) -> Option<usize> {
    let behind = word.match_indices(['.', '-']).map(|(at, mark)| at + mark.len());
    std::iter::once(0).chain(behind).find(|at| word.get(*at..).is_some_and(begins_secret))
}

fn begins_secret(word: &str) -> bool {
    KNOWN.iter().any(|(begin, least)| word.strip_prefix(begin).is_some_and(|rest| rest.len() >= *least))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_forms_are_masked_and_others_stay() {
        let github = format!("ghp_{}", "a1B2".repeat(9));
        let amazon = "AKIAIOSFODNN7EXAMPLE";
        for (text, expected) in [
            (format!("x {github} y"), "x *** y"),
            (github.clone(), "***"),
            (format!("token={amazon};{github}"), "token=***;***"),
            ("ghp_short AKIA actions/checkout@v4".to_owned(), "ghp_short AKIA actions/checkout@v4"),
            (format!("my{github}"), ""),
            (format!("needs.{github}"), "needs.***"),
            (format!("a.b.{amazon}.outputs.c, d"), "a.b.***, d"),
            (format!("needs.my{github}"), ""),
            (format!("n-{github}"), "n-***"),
        ] {
            let expected = if expected.is_empty() { text.as_str() } else { expected };
            assert_eq!(masked(&text), expected);
        }
    }

    #[test]
    fn the_shortest_of_each_form_is_masked() {
        for (begin, least) in KNOWN {
            let secret = format!("{begin}{}", "a1".repeat(least))[..begin.len() + least].to_owned();
            assert_eq!(masked(&secret), MASK, "{secret}");
            assert_eq!(masked(&secret[..secret.len() - 1]), &secret[..secret.len() - 1]);
        }
    }

    proptest! {
        #[test]
        fn a_secret_is_masked_wherever_it_stands(before in "[^a-zA-Z0-9_.-]{0,5}", after in "[^a-zA-Z0-9_.-]{0,5}", key in "[a-zA-Z0-9]{36}") {
            let text = format!("{before}ghp_{key}{after}");
            prop_assert_eq!(masked(&text).into_owned(), format!("{before}***{after}"));
        }

        #[test]
        fn other_texts_stay(text in "[a-z @/\\n:é]{0,40}") {
            prop_assert_eq!(masked(&text), text.as_str());
        }
    }
}
