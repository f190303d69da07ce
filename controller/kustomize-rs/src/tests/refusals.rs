//! What is refused, where and in which words.

use super::{fill, kustomization, wanted};
use crate::{Reason, read, write};

/// Texts that cannot even be read, with the refusal.
const UNREADABLE: [(&str, &str); 38] = [
    ("", "line 1: the document is not a mapping"),
    ("# nothing\n", "line 1: the document is not a mapping"),
    ("- a\n", "line 1: the document is not a mapping"),
    ("\n\njust text\n", "line 3: the document is not a mapping"),
    ("a: b\n", "line 1: there is no images list; add `images:` with `- name: $I` under it"),
    ("a: b\nimages:\n", "line 2: image $I is not listed; add `- name: $I` under images"),
    ("images: []\n", "line 1: image $I is not listed; add `- name: $I` under images"),
    (
        "x: y\nimages:\n- name: a\n- $I\n- name: [$I]\n",
        "line 2: image $I is not listed; add `- name: $I` under images",
    ),
    ("images:\n  name: $I\n", "line 2: images is not a list"),
    ("images: none\n", "line 1: images is not a list"),
    (
        "images:\n- name: $I\n  newTag: v1\n- name: a\n- newTag: v1\n  name: '$I'\n",
        "line 5: image $I is listed twice (first on line 2); remove one",
    ),
    (
        "images:\n- name: $I\nimages:\n- name: a\n",
        "line 3: key images is there twice (first on line 1); remove one",
    ),
    (
        "images:\n- name: $I\n  newTag: v1\n  newTag: v2\n",
        "line 4: key newTag is there twice (first on line 3); remove one",
    ),
    (
        "images:\n- name: $I\n  newTag: v1\n  \"newTag\": v2\n",
        "line 4: key newTag is there twice (first on line 3); remove one",
    ),
    ("images:\n- name: $I\n  name: a\n", "line 3: key name is there twice (first on line 2); remove one"),
    ("images:\n- name: $I\n---\na: b\n", "line 3: found a second document; keep one document per file"),
    ("images:\n- name: $I\n---\n", "line 3: found a second document; keep one document per file"),
    ("images: [\n", "line 1: failed to parse the file: "),
    ("images:\n- name: $I\n  newTag: \"v1\n", "line 4: failed to parse the file: "),
    ("images:\n- name: $I\n newTag: v1\n", "line 3: failed to parse the file: "),
    ("images:\n- name: $I\n\tnewTag: v1\n", "line 2: failed to parse the file: "),
    ("images:\n- name: *x\n", "line 2: failed to parse the file: "),
    ("images: &i\n- *i\n", "line 2: failed to parse the file: an alias inside of its own anchor"),
    ("x: &t v1\nimages:\n- name: $I\n  newTag: *t\n", "line 4: newTag is an alias; write the value out"),
    ("x: &l\n- name: $I\nimages: *l\n", "line 3: images is an alias; write the value out"),
    ("x: &e {name: $I}\nimages:\n- *e\n", "line 3: the entry is an alias; write the value out"),
    (
        "images:\n- name: $I\n  newTag: &t v1\nx: *t\n",
        "line 3: newTag has an anchor that is used on line 4; write the value out in both places",
    ),
    (
        "images:\n- &e\n  name: $I\nx: *e\n",
        "line 3: the entry has an anchor that is used on line 4; write the value out in both places",
    ),
    (
        "images: &l\n- name: $I\nx: *l\n",
        "line 2: images has an anchor that is used on line 3; write the value out in both places",
    ),
    (
        "x: &d {newTag: v1}\nimages:\n- name: $I\n  <<: *d\n",
        "line 4: a merge key (`<<`) takes part; write the image's keys out",
    ),
    (
        "x: &d {name: a}\nimages:\n- name: $I\n- <<: *d\n",
        "line 4: a merge key (`<<`) takes part; write the image's keys out",
    ),
    (
        "images:\n- name: $I\n  newTag: |\n    v1\n",
        "line 4: newTag goes over several lines; write it on one line",
    ),
    (
        "images:\n- name: $I\n  newTag: v1\n    v2\n",
        "line 3: newTag goes over several lines; write it on one line",
    ),
    (
        "images:\n- name: $I\n  digest: \"a\n    b\"\n",
        "line 3: digest goes over several lines; write it on one line",
    ),
    (
        "images:\n- name: $I\n  newTag:\n  x: y\n",
        "line 3: newTag is not a string or a number; put it in quotes",
    ),
    ("images:\n- name: $I\n  newTag: yes\n", "line 3: newTag is not a string or a number; put it in quotes"),
    ("images:\n- name: $I\n  newTag: [v1]\n", "line 3: newTag is not a string or a number; put it in quotes"),
    (
        "images:\n- name: $I\n  newTag: !mine v1\n",
        "line 3: newTag is not a string or a number; put it in quotes",
    ),
];

#[test]
fn refuses_files_with_place_and_remedy() {
    for (text, expected) in UNREADABLE {
        let (text, expected) = (fill(text), fill(expected));
        let refusal = write(&text, &kustomization(), &wanted(Some("v9"), Some("$D"))).unwrap_err();
        let message = refusal.to_string();
        if expected.ends_with("file: ") {
            assert!(message.starts_with(&expected), "{text:?}: {message}");
            assert!(message.len() > expected.len(), "{text:?}: no cause");
        } else {
            assert_eq!(message, expected, "{text:?}");
        }
        assert_eq!(read(&text, &kustomization()).unwrap_err(), refusal, "{text:?}");
    }
}

#[test]
fn refuses_templates() {
    let table = [
        ("images:\n- name: $I\n  newTag: {{ tag }}\n", 3),
        ("images:\n- name: $I\n  newTag: \"{{ tag }}\"\n", 3),
        ("images:\n- name: $I\n  newTag: v{{ tag }}\n", 3),
        ("images:\n- name: $I\n  newTag: {{ tag }}-x\n", 3),
        ("images:\n{{- range .x }}\n- name: $I\n{{- end }}\n", 2),
    ];
    for (text, line) in table {
        let refusal = read(&fill(text), &kustomization()).unwrap_err();
        assert_eq!((refusal.line, refusal.reason), (line, Reason::Template), "{text:?}");
    }
}

#[test]
fn refuses_removals_that_would_take_more_along() {
    let table = [
        "images:\n- name: $I\n  digest: $D # pinned\n",
        "images:\n- digest: $D\n  name: $I\n",
        "images:\n- name: $I\n  digest: &d $D\n",
        "images:\n- name: $I\n  digest: !!str $D\n",
        "images:\n- name: $I\n  digest:\n    $D\n",
        "images:\n- name: $I\n  ? digest\n  : $D\n",
        "images: [{digest: $D, name: $I}]\n",
        "images: [{name: $I,\n  digest: $D}]\n",
    ];
    for text in table {
        let refusal = write(&fill(text), &kustomization(), &wanted(None, None)).unwrap_err();
        assert_eq!(refusal.reason, Reason::NotRemovable { key: "digest".to_owned() }, "{text:?}");
    }
}

#[test]
fn refuses_values_that_are_not_printable() {
    let text = fill("images:\n- name: $I\n  newTag: v1\n");
    for tag in ["a\nb", "a\r", "a\tb", "\u{0}", "\u{2028}", "\u{85}", "\u{feff}"] {
        let refusal = write(&text, &kustomization(), &wanted(Some(tag), None)).unwrap_err();
        let expected = "line 3: the new value for newTag is not a printable value on one line";
        assert_eq!(refusal.to_string(), expected, "{tag:?}");
        let refusal = write(&text, &kustomization(), &wanted(Some("v1"), Some(tag))).unwrap_err();
        assert_eq!(refusal.reason, Reason::BadValue { key: "digest".to_owned() }, "{tag:?}");
    }
}

#[test]
fn refuses_a_value_that_is_a_template() {
    let text = fill("images:\n- name: $I\n  newTag: v1\n");
    let refusal = write(&text, &kustomization(), &wanted(Some("{{ x }}"), None)).unwrap_err();
    assert_eq!((refusal.line, refusal.reason), (3, Reason::Template));
}

#[test]
fn refuses_to_insert_without_a_simple_sibling() {
    let table = [
        "images: [name: $I]\n",
        "images:\n- ? name\n  : $I\n",
        "images:\n- &k name: $I\n",
        "images:\n- name:\n    $I\n",
    ];
    for text in table {
        let refusal = write(&fill(text), &kustomization(), &wanted(Some("v1"), None)).unwrap_err();
        assert_eq!(refusal.reason, Reason::NotInsertable { key: "newTag".to_owned() }, "{text:?}");
    }
}

#[test]
fn refuses_what_two_parsers_read_differently() {
    // YAML 1.1 ends a line at U+2028, YAML 1.2 does not.
    let text = fill("images:\n- name: $I # a\u{2028}  newTag: v1\n");
    assert!(read(&text, &kustomization()).is_err());
}

#[test]
fn refuses_large_files() {
    let head = fill("images:\n- name: $I\n  newTag: v1\n#");
    let fits = format!("{head}{}", "x".repeat((1 << 20) - head.len()));
    assert!(read(&fits, &kustomization()).is_ok());
    let refusal = read(&format!("{fits}x"), &kustomization()).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "line 1: the file has 1048577 bytes, more than the 1048576 that are accepted"
    );
}

#[test]
fn refuses_deep_nesting_and_accepts_fifty_levels() {
    let nested = |levels: usize| {
        fill(&format!("images: [{{name: $I}}]\nx: {}{}\n", "[".repeat(levels), "]".repeat(levels)))
    };
    assert!(read(&nested(50), &kustomization()).is_ok());
    for levels in [65, 1000, 200_000] {
        let refusal = read(&nested(levels), &kustomization()).unwrap_err();
        assert_eq!((refusal.line, refusal.reason), (2, Reason::TooDeep { limit: 64 }), "{levels}");
    }
    let block = format!("{}a\n", "- ".repeat(200_000));
    let refusal = read(&block, &kustomization()).unwrap_err();
    assert_eq!((refusal.line, refusal.reason), (1, Reason::TooDeep { limit: 64 }));
}

#[test]
fn refuses_bombs_of_aliases() {
    let mut wide = fill("images: [{name: $I}]\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    let mut deep = fill("images: [{name: $I}]\na0: &a0 [x]\n");
    for level in 1..10_000 {
        let below = level - 1;
        if level < 10 {
            let row = vec![format!("*a{below}"); 9].join(", ");
            wide.push_str(&format!("a{level}: &a{level} [{row}]\n"));
        }
        deep.push_str(&format!("a{level}: &a{level} [*a{below}]\n"));
    }
    let refusal = read(&wide, &kustomization()).unwrap_err();
    assert_eq!(refusal.reason, Reason::TooManyNodes { limit: 1 << 20 });
    let refusal = read(&deep, &kustomization()).unwrap_err();
    assert_eq!(refusal.reason, Reason::TooDeep { limit: 64 });
}
