//! Arguments that several commands read in the same way, and the names that people may have meant.

use std::collections::BTreeMap;

use towpath_core::time::Span;

use crate::failure::Failure;

/// The longest reason, in characters.
const REASON: usize = 1_000;

/// Why somebody does something: not empty, since it is all that others will know.
pub(crate) fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is empty: say why, in a few words".to_owned()),
        reason if reason.chars().count() > REASON => {
            Err(format!("it is longer than {REASON} characters: say why, and where to read more"))
        }
        reason => Ok(reason.to_owned()),
    }
}

/// How long something lasts: longer than nothing.
pub(crate) fn lasting(text: &str) -> Result<Span, String> {
    let span = Span::parse(text).map_err(|e| e.to_string())?;
    match span.as_seconds() {
        0 => Err("it would be over at once: give it some time, such as 2h".to_owned()),
        _ => Ok(span),
    }
}

/// The name of `names` that was meant most likely, as the end of a sentence; empty where none is near.
pub(crate) fn did_you_mean<'n>(named: &str, names: impl Iterator<Item = &'n str>) -> String {
    let named = named.to_lowercase();
    let far = named.chars().count().div_ceil(3).max(1);
    let near = |name: &&str| {
        let name = name.to_lowercase();
        distance(&named, &name) <= far || begins(&name, &named) || letters(&named) == letters(&name)
    };
    let nearest = names.filter(near).min_by_key(|name| distance(&named, name));
    nearest.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

/// Whether a name was cut short, as in `prod` for `production`.
fn begins(name: &str, named: &str) -> bool {
    named.chars().count() >= 2 && name.starts_with(named)
}

/// The characters in order: equal for two words in which some changed places.
fn letters(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

/// How many characters have to be put in, taken out or changed (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((b, change), add) in other.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or(i);
            next.push((change + usize::from(a != *b)).min(add + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// A label, as `KEY=VALUE`: one line, at most 63 and 200 characters.
pub(crate) fn label(text: &str) -> Result<(String, String), String> {
    let plain = |text: &str, longest: usize| {
        (1..=longest).contains(&text.chars().count()) && !text.chars().any(char::is_control)
    };
    match text.split_once('=') {
        Some((key, value)) if plain(key, 63) && plain(value, 200) => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected key=value in one line, at most 63 and 200 characters".to_owned()),
    }
}

/// Labels, each key once.
pub(crate) fn distinct(labels: Vec<(String, String)>) -> Result<BTreeMap<String, String>, Failure> {
    let mut distinct = BTreeMap::new();
    for (key, value) in labels {
        if distinct.insert(key.clone(), value).is_some() {
            return Err(Failure::Usage(format!("the label {key} is there twice; keep one")));
        }
    }
    Ok(distinct)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_and_durations_are_not_nothing() {
        assert_eq!(reason(" incident 4711\n").unwrap(), "incident 4711");
        assert!(reason(" \t").is_err() && reason("").is_err());
        assert!(reason(&"ä".repeat(REASON)).is_ok() && reason(&"a".repeat(REASON + 1)).is_err());
        assert_eq!(lasting("2h").unwrap().as_seconds(), 7200);
        assert!(lasting("0s").is_err() && lasting("0h0m").is_err() && lasting("2").is_err());
    }

    #[test]
    fn distances_count_changes() {
        for (a, b, changes) in
            [("", "", 0), ("", "abc", 3), ("dev", "dev", 0), ("dve", "dev", 2), ("stge", "stage", 1)]
        {
            assert_eq!((distance(a, b), distance(b, a)), (changes, changes), "{a} {b}");
        }
    }

    #[test]
    fn only_near_names_are_suggested() {
        let names = ["dev", "staging", "production"];
        for (named, meant) in [
            ("productoin", "; did you mean production?"),
            ("prod", "; did you mean production?"),
            ("Staging", "; did you mean staging?"),
            ("dvev", "; did you mean dev?"),
            ("edv", "; did you mean dev?"),
            ("nix", ""),
            ("", ""),
        ] {
            assert_eq!(did_you_mean(named, names.into_iter()), meant, "{named}");
        }
    }
}
