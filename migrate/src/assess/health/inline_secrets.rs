//! Secrets that are written into the file.

use std::sync::LazyLock;

use super::Measure;
use crate::assess::needles::Needles;
use crate::assess::sight::WorkflowSight;
use crate::security::{FileSight, Place, Severity, Sites};

/// The rule.
pub(super) const MEASURE: Measure = Measure {
    id: "inline-secret",
    title: "a secret is written into the file",
    remedy: "take it back where it was issued, keep a new one as a secret, and read it by ${{ secrets.NAME }}",
    look,
};

/// How tokens begin that their issuers mark, and how many letters and digits follow at least.
const MARKED: [(&str, usize); 15] = [
    ("ghp_", 36),
    ("gho_", 36),
    ("ghu_", 36),
    ("ghs_", 36),
    ("ghr_", 36),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("npm_", 36),
    ("pypi-AgEIcHlwaS5vcmc", 50),
    ("dckr_pat_", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("sk_live_", 20),
    ("AKIA", 16),
    ("-----BEGIN", 0),
];

/// What keys begin with, behind what marks them.
const KEYS: [&str; 5] =
    [" PRIVATE KEY", " RSA PRIVATE KEY", " EC PRIVATE KEY", " OPENSSH PRIVATE KEY", " DSA PRIVATE KEY"];

/// The whole file is one place: one secret in it is too many.
fn look(_: &WorkflowSight<'_>, file: &FileSight<'_, '_>, sites: &mut Sites) {
    let source = file.document().tree().source();
    sites.add(MEASURE.id, Place::Workflow(0), has_secret(source).then_some(Severity::High));
}

fn has_secret(source: &str) -> bool {
    static MARKS: LazyLock<Needles> = LazyLock::new(|| Needles::of(MARKED.map(|(mark, _)| mark)));
    MARKS.places(source).any(|(place, at)| {
        let Some((mark, least)) = MARKED.get(place) else { return false };
        let before = source.get(..at).and_then(|before| before.chars().next_back());
        let rest = source.get(at + mark.len()..).unwrap_or_default();
        !before.is_some_and(is_of_token) && is_secret(mark, *least, rest)
    })
}

fn is_secret(mark: &str, least: usize, rest: &str) -> bool {
    if mark.starts_with('-') {
        return KEYS.iter().any(|key| rest.starts_with(key));
    }
    let token: Vec<_> = rest.chars().take_while(|character| is_of_token(*character)).take(200).collect();
    // What stands for a token in an example is one letter again and again.
    let is_varied = token.iter().any(|character| Some(character) != token.first());
    token.len() >= least && is_varied
}

const fn is_of_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::has_secret;

    #[test]
    fn marked_tokens_and_keys_are_secrets() {
        let token = format!("ghp_{}", "aB3dE6gH9".repeat(4));
        for (source, expected) in [
            (format!("env: {{T: {token}}}"), true),
            (format!("env: {{T: x{token}}}"), false),
            (format!("T: ghp_{}", "x".repeat(36)), false),
            ("T: ghp_short".to_owned(), false),
            ("T: ${{ secrets.ghp_token }}".to_owned(), false),
            ("key: AKIAIOSFODNN7EXAMPLE".to_owned(), true),
            ("key: |\n  -----BEGIN RSA PRIVATE KEY-----\n".to_owned(), true),
            ("key: -----BEGIN CERTIFICATE-----".to_owned(), false),
        ] {
            assert_eq!(has_secret(&source), expected, "{source}");
        }
    }
}
