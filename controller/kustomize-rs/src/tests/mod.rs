//! Behaviour of the whole crate: exact texts before and after, refusals, laws.

mod helm;
mod keys;
mod kustomization;
mod laws;
mod refusals;

use crate::{KeyPath, RawFields, Target, Wanted, read, restore, write};

/// The image of the examples.
pub(super) const IMAGE: &str = "ghcr.io/acme/web";
/// A digest as long as a real one.
pub(super) const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// Another one.
pub(super) const OTHER: &str = "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

/// Texts before and after an edit; `$I`, `$D` and `$O` stand for image, digest and other digest.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) before: &'static str,
    pub(super) tag: Option<&'static str>,
    pub(super) digest: Option<&'static str>,
    pub(super) after: &'static str,
}

/// Shortens the tables.
pub(super) const fn case(
    name: &'static str,
    before: &'static str,
    tag: Option<&'static str>,
    digest: Option<&'static str>,
    after: &'static str,
) -> Case {
    Case { name, before, tag, digest, after }
}

pub(super) fn fill(text: &str) -> String {
    text.replace("$I", IMAGE).replace("$D", DIGEST).replace("$O", OTHER)
}

pub(super) fn kustomization() -> Target {
    Target::Kustomization { image: IMAGE.to_owned() }
}

pub(super) fn helm(repository: &str, tag: &str, digest: &str) -> Target {
    let path = |text: &str| (!text.is_empty()).then(|| KeyPath::parse(text).unwrap());
    Target::HelmValues { repository: path(repository), tag: path(tag), digest: path(digest) }
}

pub(super) fn wanted(tag: Option<&str>, digest: Option<&str>) -> Wanted {
    Wanted { tag: tag.map(fill), digest: digest.map(fill) }
}

/// Checks the text, that it reads back as wanted, that a second write changes nothing, and that the
/// exact bytes can be put back.
pub(super) fn check(target: &Target, case: &Case) {
    let name = case.name;
    let (before, after) = (fill(case.before), fill(case.after));
    let wanted = wanted(case.tag, case.digest);
    let written = write(&before, target, &wanted).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(written, after, "{name}");
    let fields = read(&after, target).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(fields.tag.as_ref().map(|s| s.value.clone()), wanted.tag, "{name}: tag");
    assert_eq!(fields.digest.as_ref().map(|s| s.value.clone()), wanted.digest, "{name}: digest");
    for scalar in [&fields.name, &fields.tag, &fields.digest].into_iter().flatten() {
        assert_eq!(after[scalar.span.clone()], scalar.raw, "{name}: span");
    }
    assert_eq!(write(&after, target, &wanted).unwrap(), after, "{name}: written twice");
    let raw = read(&before, target).unwrap().raw();
    assert_eq!(restore(&after, target, &raw).unwrap(), before, "{name}: restored");
}

#[test]
fn restore_puts_back_bytes_that_write_would_not_choose() {
    let now = fill("images:\n- name: $I\n  newTag: v2 # c\n  digest: $D\n");
    for raw in ["1.10", "'v1'", "\"v\\x31\"", "0755", "\"\"", "2026-08-21"] {
        let fields = RawFields { tag: Some(raw.to_owned()), digest: None };
        let expected = fill(&format!("images:\n- name: $I\n  newTag: {raw} # c\n"));
        assert_eq!(restore(&now, &kustomization(), &fields).unwrap(), expected);
    }
}

#[test]
fn restore_refuses_bytes_that_are_not_one_scalar() {
    let now = fill("images:\n- name: $I\n  newTag: v2\n");
    for raw in
        ["", "v1 # c", "v1\n  newName: evil", "v1 ", "*a", "&a v1", "[v1]", "\"v1", "{a: b}", "true", "|"]
    {
        let fields = RawFields { tag: Some(raw.to_owned()), digest: None };
        assert!(restore(&now, &kustomization(), &fields).is_err(), "{raw:?}");
    }
}

#[test]
fn reads_fields_with_their_places() {
    let text = fill("\u{feff}images:\r\n# ü\r\n- newName: \"a\"\r\n  name: $I\r\n  newTag:   'v1'  # c\r\n");
    let fields = read(&text, &kustomization()).unwrap();
    assert_eq!(fields.line, 3);
    let name = fields.name.unwrap();
    assert_eq!((name.value.as_str(), name.raw.as_str(), name.line, name.column), ("a", "\"a\"", 3, 12));
    let tag = fields.tag.unwrap();
    assert_eq!((tag.value.as_str(), tag.raw.as_str(), tag.line, tag.column), ("v1", "'v1'", 5, 13));
    assert_eq!(text[tag.span], tag.raw);
    assert_eq!(fields.digest, None);
}

#[test]
fn reads_names_that_could_not_be_edited() {
    let table = [
        ("x: &n a\nimages:\n- name: $I\n  newName: *n\n", "a"),
        ("images:\n- name: $I\n  newName: &n a\nx: *n\n", "a"),
        ("images:\n- name: $I\n  newName: >-\n    a\n", "a"),
        ("images:\n- name: $I\n  newName: !!str 1\n", "1"),
    ];
    for (text, expected) in table {
        let text = fill(text);
        assert_eq!(read(&text, &kustomization()).unwrap().name.unwrap().value, expected);
    }
}
