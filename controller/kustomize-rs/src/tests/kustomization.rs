//! Exact texts before and after values of kustomizations are replaced.

use super::{case, check, fill, kustomization, wanted};
use crate::write;

#[test]
fn replaces_values_in_place() {
    let cases = [
        case(
            "block",
            "images:\n  - name: $I\n    newTag: v1\n",
            Some("v2"),
            None,
            "images:\n  - name: $I\n    newTag: v2\n",
        ),
        case(
            "indentless",
            "images:\n- name: $I\n  newTag: v1\n",
            Some("v2"),
            None,
            "images:\n- name: $I\n  newTag: v2\n",
        ),
        case(
            "dash on its own line",
            "images:\n-\n  name: $I\n  newTag: v1\n",
            Some("v2"),
            None,
            "images:\n-\n  name: $I\n  newTag: v2\n",
        ),
        case(
            "wide dash",
            "images:\n-   name: $I\n    newTag: v1\n",
            Some("v2"),
            None,
            "images:\n-   name: $I\n    newTag: v2\n",
        ),
        case(
            "tag first",
            "images:\n- newTag: v1\n  name: $I\n",
            Some("v2"),
            None,
            "images:\n- newTag: v2\n  name: $I\n",
        ),
        case(
            "both fields",
            "images:\n- name: $I\n  newTag: v1\n  digest: $O\n",
            Some("v2"),
            Some("$D"),
            "images:\n- name: $I\n  newTag: v2\n  digest: $D\n",
        ),
        case(
            "digest only",
            "images:\n- name: $I\n  digest: $O\n",
            None,
            Some("$D"),
            "images:\n- name: $I\n  digest: $D\n",
        ),
        case(
            "new name stays",
            "images:\n- name: $I\n  newName: 'x.io/y'\n  newTag: v1\n",
            Some("v2"),
            None,
            "images:\n- name: $I\n  newName: 'x.io/y'\n  newTag: v2\n",
        ),
        case(
            "other images stay",
            "images:\n- name: a\n  newTag: v1\n- name: $I\n  newTag: v1\n- name: $I/x\n  newTag: v1\n",
            Some("v2"),
            None,
            "images:\n- name: a\n  newTag: v1\n- name: $I\n  newTag: v2\n- name: $I/x\n  newTag: v1\n",
        ),
        case(
            "rest of the file stays",
            "apiVersion: x\nresources: [ ../base ]\nimages:\n- name: $I\n  newTag: v1\nlabels:\n  newTag: v1\n",
            Some("v2"),
            None,
            "apiVersion: x\nresources: [ ../base ]\nimages:\n- name: $I\n  newTag: v2\nlabels:\n  newTag: v1\n",
        ),
        case(
            "comments",
            "# top\nimages: # list\n# above\n- name: $I # name\n  # between\n  newTag: v1 # tag: v1\n# end\n",
            Some("v2"),
            None,
            "# top\nimages: # list\n# above\n- name: $I # name\n  # between\n  newTag: v2 # tag: v1\n# end\n",
        ),
        case(
            "trailing blanks",
            "images: \n- name: $I  \n  newTag: v1 \t \n",
            Some("v2"),
            None,
            "images: \n- name: $I  \n  newTag: v2 \t \n",
        ),
        case(
            "wide spacing",
            "images:\n- name:   $I\n  newTag  :    v1\n",
            Some("v2"),
            None,
            "images:\n- name:   $I\n  newTag  :    v2\n",
        ),
        case(
            "no final newline",
            "images:\n- name: $I\n  newTag: v1",
            Some("v2"),
            None,
            "images:\n- name: $I\n  newTag: v2",
        ),
        case(
            "windows lines",
            "images:\r\n- name: $I\r\n  newTag: v1\r\n",
            Some("v2"),
            None,
            "images:\r\n- name: $I\r\n  newTag: v2\r\n",
        ),
        case(
            "byte order mark",
            "\u{feff}images:\n- name: $I\n  newTag: v1\n",
            Some("v2"),
            None,
            "\u{feff}images:\n- name: $I\n  newTag: v2\n",
        ),
        case(
            "letters beyond ASCII",
            "# größe 🚀\nx: \"ü\"\nimages:\n- name: $I # 🚀\n  newTag: v1 # ü\n",
            Some("v2"),
            None,
            "# größe 🚀\nx: \"ü\"\nimages:\n- name: $I # 🚀\n  newTag: v2 # ü\n",
        ),
        case(
            "document markers",
            "---\nimages:\n- name: $I\n  newTag: v1\n...\n",
            Some("v2"),
            None,
            "---\nimages:\n- name: $I\n  newTag: v2\n...\n",
        ),
        case(
            "unused anchors stay",
            "images: &l\n- &e\n  name: $I\n  newTag: &t v1\n",
            Some("v2"),
            None,
            "images: &l\n- &e\n  name: $I\n  newTag: &t v2\n",
        ),
        case(
            "string tag stays",
            "images:\n- name: $I\n  newTag: !!str v1\n",
            Some("v2"),
            None,
            "images:\n- name: $I\n  newTag: !!str v2\n",
        ),
        case(
            "name by alias",
            "x: &n $I\nimages:\n- name: *n\n  newTag: v1\n",
            Some("v2"),
            None,
            "x: &n $I\nimages:\n- name: *n\n  newTag: v2\n",
        ),
        case(
            "merge keys of others",
            "x: &d {newTag: v1}\nimages:\n- name: a\n  <<: *d\n- name: $I\n  newTag: v1\n",
            Some("v2"),
            None,
            "x: &d {newTag: v1}\nimages:\n- name: a\n  <<: *d\n- name: $I\n  newTag: v2\n",
        ),
        case(
            "explicit key",
            "images:\n- name: $I\n  ? newTag\n  : v1\n",
            Some("v2"),
            None,
            "images:\n- name: $I\n  ? newTag\n  : v2\n",
        ),
        case(
            "value on the next line",
            "images:\n- name: $I\n  newTag:\n    v1\n",
            Some("v2"),
            None,
            "images:\n- name: $I\n  newTag:\n    v2\n",
        ),
        case(
            "flow mapping in a block list",
            "images:\n- {name: $I, newTag: v1} # c\n",
            Some("v2"),
            None,
            "images:\n- {name: $I, newTag: v2} # c\n",
        ),
        case(
            "all flow",
            "images: [{name: a, newTag: v1}, {name: $I, newTag: v1}]\n",
            Some("v2"),
            None,
            "images: [{name: a, newTag: v1}, {name: $I, newTag: v2}]\n",
        ),
        case(
            "JSON",
            "{\"images\":[{\"name\":\"$I\",\"newTag\":\"v1\"}]}",
            Some("v2"),
            None,
            "{\"images\":[{\"name\":\"$I\",\"newTag\":\"v2\"}]}",
        ),
        case(
            "flow over several lines",
            "images: [\n  {\n    name: $I, # c\n    newTag: v1, # d\n  },\n]\n",
            Some("v2"),
            None,
            "images: [\n  {\n    name: $I, # c\n    newTag: v2, # d\n  },\n]\n",
        ),
        case(
            "quoted keys",
            "\"images\":\n- 'name': $I\n  \"newTag\": v1\n",
            Some("v2"),
            None,
            "\"images\":\n- 'name': $I\n  \"newTag\": v2\n",
        ),
    ];
    for case in &cases {
        check(&kustomization(), case);
    }
}

#[test]
fn keeps_quotes_and_adds_them_where_needed() {
    let table = [
        ("v1", "v2", "v2"),
        ("\"v1\"", "v2", "\"v2\""),
        ("'v1'", "v2", "'v2'"),
        ("\"1.0\"", "1.10", "\"1.10\""),
        ("'1.0'", "1.10", "'1.10'"),
        ("v1", "1.10", "\"1.10\""),
        ("1.0", "1.10", "\"1.10\""),
        ("1.0", "v2", "v2"),
        ("v1", "1234e56", "\"1234e56\""),
        ("v1", "0755", "\"0755\""),
        ("v1", "0x1F", "\"0x1F\""),
        ("v1", "1:20", "\"1:20\""),
        ("v1", "1_000", "\"1_000\""),
        ("v1", "on", "\"on\""),
        ("v1", "n", "\"n\""),
        ("v1", "~", "\"~\""),
        ("v1", "null", "\"null\""),
        ("v1", "2026-08-21", "\"2026-08-21\""),
        ("v1", "", "\"\""),
        ("\"\"", "v2", "\"v2\""),
        ("v1", "-x", "\"-x\""),
        ("v1", "a # b", "\"a # b\""),
        ("'v1'", "it's", "'it''s'"),
        ("v1", "a\"b\\c", "\"a\\\"b\\\\c\""),
        ("v1", "ü 🚀", "\"ü 🚀\""),
        ("v1", "v1@$D", "v1@$D"),
    ];
    for (old, tag, new) in table {
        for (head, tail) in
            [("images:\n- name: $I\n  newTag: ", " # c\n"), ("images: [{name: $I, newTag: ", "}]\n")]
        {
            let text = |raw: &str| fill(&format!("{head}{raw}{tail}"));
            let written = write(&text(old), &kustomization(), &wanted(Some(tag), None)).unwrap();
            assert_eq!(written, text(new), "{old} to {tag}");
        }
    }
}

#[test]
fn leaves_equal_values_alone() {
    let table = [
        ("v1", "v1"),
        ("'v1'", "v1"),
        ("\"v1\"", "v1"),
        ("\"v\\x31\"", "v1"),
        ("123456", "123456"),
        ("!!str v1", "v1"),
        ("&a v1", "v1"),
    ];
    for (raw, tag) in table {
        let text = fill(&format!("images:\n- name: $I\n  newTag:  {raw}   # c\n  digest: '$D'"));
        assert_eq!(write(&text, &kustomization(), &wanted(Some(tag), Some("$D"))).unwrap(), text, "{raw}");
    }
}

#[test]
fn quotes_an_equal_value_that_readers_would_change() {
    for raw in ["1.10", "0755", "1_000", "1e3"] {
        let text = |raw: &str| fill(&format!("images:\n- name: $I\n  newTag: {raw}\n"));
        let written = write(&text(raw), &kustomization(), &wanted(Some(raw), None)).unwrap();
        assert_eq!(written, text(&format!("\"{raw}\"")));
    }
}
