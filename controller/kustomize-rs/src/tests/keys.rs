//! Exact texts before and after keys of kustomizations are inserted or removed.

use super::{case, check, fill, kustomization, wanted};
use crate::write;

#[test]
fn inserts_keys_beside_their_siblings() {
    let cases = [
        case(
            "digest below the tag",
            "images:\n- name: $I\n  newTag: v1\n- name: b\n",
            Some("v2"),
            Some("$D"),
            "images:\n- name: $I\n  newTag: v2\n  digest: $D\n- name: b\n",
        ),
        case(
            "digest after the comment and blanks",
            "images:\n- name: $I\n  newTag: v1 # c \n  # d\n",
            Some("v1"),
            Some("$D"),
            "images:\n- name: $I\n  newTag: v1 # c \n  digest: $D\n  # d\n",
        ),
        case(
            "digest below a tag on the dash line",
            "images:\n  - newTag: v1\n    name: $I\n",
            Some("v1"),
            Some("$D"),
            "images:\n  - newTag: v1\n    digest: $D\n    name: $I\n",
        ),
        case(
            "tag below the name",
            "images:\n- name: $I\n  digest: $D\n",
            Some("v1"),
            Some("$D"),
            "images:\n- name: $I\n  newTag: v1\n  digest: $D\n",
        ),
        case(
            "tag below the new name",
            "images:\n- name: $I\n  newName: a\n",
            Some("1.0"),
            None,
            "images:\n- name: $I\n  newName: a\n  newTag: \"1.0\"\n",
        ),
        case(
            "both keys",
            "images:\n- name: $I\nx: y\n",
            Some("v1"),
            Some("$D"),
            "images:\n- name: $I\n  newTag: v1\n  digest: $D\nx: y\n",
        ),
        case(
            "no final newline",
            "images:\n- name: $I\n  newTag: v1",
            Some("v2"),
            Some("$D"),
            "images:\n- name: $I\n  newTag: v2\n  digest: $D",
        ),
        case(
            "no final newline, trailing comment",
            "images:\n- name: $I\n  newTag: v1 # c",
            Some("v2"),
            Some("$D"),
            "images:\n- name: $I\n  newTag: v2 # c\n  digest: $D",
        ),
        case(
            "windows lines",
            "images:\r\n- name: $I\r\n  newTag: v1 # c\r\nx: y\r\n",
            Some("v2"),
            Some("$D"),
            "images:\r\n- name: $I\r\n  newTag: v2 # c\r\n  digest: $D\r\nx: y\r\n",
        ),
        case(
            "windows lines, no final newline",
            "images:\r\n- name: $I",
            Some("v2"),
            Some("$D"),
            "images:\r\n- name: $I\r\n  newTag: v2\r\n  digest: $D",
        ),
        case(
            "mixed line endings follow the sibling",
            "images:\r\n- name: $I\n  newTag: v1\r\nx: y\n",
            Some("v1"),
            Some("$D"),
            "images:\r\n- name: $I\n  newTag: v1\r\n  digest: $D\r\nx: y\n",
        ),
        case(
            "quotes of the sibling",
            "images:\n- 'name': $I\n  \"newTag\": 'v1'\n",
            Some("v1"),
            Some("$D"),
            "images:\n- 'name': $I\n  \"newTag\": 'v1'\n  \"digest\": '$D'\n",
        ),
        case(
            "below the name when the tag is on the next line",
            "images:\n- name: $I\n  newTag:\n    v1\n",
            Some("v1"),
            Some("$D"),
            "images:\n- name: $I\n  digest: $D\n  newTag:\n    v1\n",
        ),
        case(
            "flow",
            "images:\n- {name: $I, newTag: v1 } # c\n",
            Some("v1"),
            Some("$D"),
            "images:\n- {name: $I, newTag: v1, digest: $D } # c\n",
        ),
        case(
            "flow, both keys",
            "images: [ {name: $I}, {name: b} ]\n",
            Some("v1"),
            Some("$D"),
            "images: [ {name: $I, newTag: v1, digest: $D}, {name: b} ]\n",
        ),
        case(
            "flow over several lines",
            "images: [\n  {\n    name: $I,\n    newTag: v1, # c\n  }\n]\n",
            Some("v1"),
            Some("$D"),
            "images: [\n  {\n    name: $I,\n    newTag: v1, digest: $D, # c\n  }\n]\n",
        ),
        case(
            "JSON",
            "{\"images\": [{\"name\": \"$I\", \"newTag\": \"v1\"}]}",
            Some("v1"),
            Some("$D"),
            "{\"images\": [{\"name\": \"$I\", \"newTag\": \"v1\", \"digest\": \"$D\"}]}",
        ),
        case(
            "letters beyond ASCII on the sibling's line",
            "\u{feff}# ü\nimages:\n- name: $I # 🚀\n  x: ü\n",
            None,
            Some("$D"),
            "\u{feff}# ü\nimages:\n- name: $I # 🚀\n  digest: $D\n  x: ü\n",
        ),
    ];
    for case in &cases {
        check(&kustomization(), case);
    }
}

#[test]
fn removes_whole_lines_and_pairs() {
    let cases = [
        case(
            "digest line",
            "images:\n- name: $I\n  newTag: v1\n  digest: $D\n- name: b\n",
            Some("v1"),
            None,
            "images:\n- name: $I\n  newTag: v1\n- name: b\n",
        ),
        case(
            "tag line",
            "images:\n- name: $I\n  newTag: v1\n  digest: $D\n",
            None,
            Some("$D"),
            "images:\n- name: $I\n  digest: $D\n",
        ),
        case(
            "last line without newline",
            "images:\n- name: $I\n  newTag: v1\n  digest: $D",
            Some("v1"),
            None,
            "images:\n- name: $I\n  newTag: v1",
        ),
        case(
            "last line without newline, windows lines",
            "images:\r\n- name: $I\r\n  newTag: v1\r\n  digest: $D",
            Some("v1"),
            None,
            "images:\r\n- name: $I\r\n  newTag: v1",
        ),
        case(
            "flow",
            "images: [{name: $I, newTag: v1, digest: $D}]\n",
            Some("v1"),
            None,
            "images: [{name: $I, newTag: v1}]\n",
        ),
        case(
            "swapped",
            "images:\n- name: $I\n  newTag: v1\n",
            None,
            Some("$D"),
            "images:\n- name: $I\n  digest: $D\n",
        ),
        case(
            "both keys",
            "images:\n- name: $I\n  newTag: v1\n  digest: $D\n",
            None,
            None,
            "images:\n- name: $I\n",
        ),
    ];
    for case in &cases {
        check(&kustomization(), case);
    }
}

#[test]
fn a_removed_line_leaves_the_comments_around_it() {
    let before = fill("images:\n- name: $I\n  newTag: v1 # a\n  # b\n  digest: $D  \n  # c\n");
    let after = write(&before, &kustomization(), &wanted(Some("v1"), None)).unwrap();
    assert_eq!(after, fill("images:\n- name: $I\n  newTag: v1 # a\n  # b\n  # c\n"));
}
