//! Exact texts before and after edits of Helm values.

use super::{Case, check, fill, helm, wanted};
use crate::{Reason, read, write};

#[test]
fn edits_values_by_their_paths() {
    let cases = [
        Case {
            name: "replace",
            before: "# web\nimage:\n  repository: $I # r\n  tag: \"v1\" # t\n  pullPolicy: Always\nreplicas: 2\n",
            tag: Some("v2"),
            digest: None,
            after: "# web\nimage:\n  repository: $I # r\n  tag: \"v2\" # t\n  pullPolicy: Always\nreplicas: 2\n",
        },
        Case {
            name: "empty string",
            before: "image:\n  tag: \"\" # the chart's version by default\n",
            tag: Some("1.10"),
            digest: None,
            after: "image:\n  tag: \"1.10\" # the chart's version by default\n",
        },
        Case {
            name: "digest below the tag",
            before: "image:\n    repository: $I\n    tag: v1\nx: y\n",
            tag: Some("v2"),
            digest: Some("$D"),
            after: "image:\n    repository: $I\n    tag: v2\n    digest: $D\nx: y\n",
        },
        Case {
            name: "both below the repository",
            before: "image:\n  pullPolicy: Always\n  repository: $I\n",
            tag: Some("v2"),
            digest: Some("$D"),
            after: "image:\n  pullPolicy: Always\n  repository: $I\n  tag: v2\n  digest: $D\n",
        },
        Case {
            name: "below any simple sibling",
            before: "image:\n  env:\n    a: b\n  pullPolicy: Always\n  x: |\n    y\n",
            tag: Some("v2"),
            digest: None,
            after: "image:\n  env:\n    a: b\n  pullPolicy: Always\n  tag: v2\n  x: |\n    y\n",
        },
        Case {
            name: "flow",
            before: "image: {repository: $I, tag: v1}\n",
            tag: Some("v2"),
            digest: Some("$D"),
            after: "image: {repository: $I, tag: v2, digest: $D}\n",
        },
        Case {
            name: "flow without the known siblings",
            before: "image: {a: [b], c: d}\n",
            tag: Some("v2"),
            digest: None,
            after: "image: {a: [b], c: d, tag: v2}\n",
        },
        Case {
            name: "templates elsewhere stay",
            before: "host: \"{{ .Release.Name }}\"\nimage:\n  tag: v1\n",
            tag: Some("v2"),
            digest: None,
            after: "host: \"{{ .Release.Name }}\"\nimage:\n  tag: v2\n",
        },
        Case {
            name: "merge keys elsewhere stay",
            before: "a: &a {b: c}\nd:\n  <<: *a\nimage:\n  tag: v1\n",
            tag: Some("v2"),
            digest: None,
            after: "a: &a {b: c}\nd:\n  <<: *a\nimage:\n  tag: v2\n",
        },
    ];
    for case in &cases {
        check(&helm("image.repository", "image.tag", "image.digest"), case);
    }
}

#[test]
fn edits_paths_of_any_depth() {
    let top = Case {
        name: "top level",
        before: "\u{feff}imageTag: v1\r\nx: y\r\n",
        tag: Some("v2"),
        digest: Some("$D"),
        after: "\u{feff}imageTag: v2\r\nimageDigest: $D\r\nx: y\r\n",
    };
    check(&helm("", "imageTag", "imageDigest"), &top);
    let deep = Case {
        name: "apart",
        before: "a:\n  b:\n    tag: v1\n    tags: {tag: v1}\nc: {digest: '$O', tag: v1}\n",
        tag: Some("v2"),
        digest: Some("$D"),
        after: "a:\n  b:\n    tag: v2\n    tags: {tag: v1}\nc: {digest: '$D', tag: v1}\n",
    };
    check(&helm("", "a.b.tag", "c.digest"), &deep);
    let digest_only = Case {
        name: "digest only",
        before: "image:\n  tag: v1\n  digest: $O\n",
        tag: None,
        digest: Some("$D"),
        after: "image:\n  tag: v1\n  digest: $D\n",
    };
    check(&helm("", "", "image.digest"), &digest_only);
}

#[test]
fn reads_the_repository() {
    let fields =
        read("x: y\nimage:\n  repository: a/b\n", &helm("image.repository", "image.tag", "")).unwrap();
    assert_eq!(fields.name.map(|s| s.value).as_deref(), Some("a/b"));
    assert_eq!((fields.tag, fields.digest, fields.line), (None, None, 3));
}

#[test]
fn refuses_with_place_and_remedy() {
    let image = ("image.repository", "image.tag", "image.digest");
    let table = [
        (
            image,
            "x: y\n",
            "line 1: image.repository is not in the file; add the key image, or correct the path",
        ),
        (image, "image: $I:v1\n", "line 1: image is not a mapping"),
        (image, "x: y\nimage:\n  tag:\n", "line 3: tag is not a string or a number; put it in quotes"),
        (image, "image:\n  tag: {{ x }}\n", "TEMPLATE line 2"),
        (image, "image:\n  tag: v1\n  {{- x }}\n", "TEMPLATE line 3"),
        (image, "image:\n  tag: \"{{ x }}\"\n", "TEMPLATE line 2"),
        (
            image,
            "image: &i\n  tag: v1\nb: *i\n",
            "line 2: image has an anchor that is used on line 3; write the value out in both places",
        ),
        (image, "b: &i\n  tag: v1\nimage: *i\n", "line 3: image is an alias; write the value out"),
        (
            image,
            "b: &i\n  tag: v1\nimage:\n  <<: *i\n",
            "line 4: a merge key (`<<`) takes part; write the image's keys out",
        ),
        (image, "image:\n  a: [b]\n", "line 2: tag cannot be inserted here safely; add the key by hand"),
        (image, "image: {}\n", "line 1: tag cannot be inserted here safely; add the key by hand"),
        (
            ("", "image", "image.digest"),
            "image:\n  digest: a\n",
            "line 1: paths image and image.digest overlap; give each field its own",
        ),
        (("", "tag", ""), "tag: v1\n", "line 1: a digest is to be written, but no path is declared for it"),
        (("", "list.tag", "d"), "list: [tag]\n", "line 1: list is not a mapping"),
    ];
    for ((repository, tag, digest), text, expected) in table {
        let target = helm(repository, tag, digest);
        let refusal = write(&fill(text), &target, &wanted(Some("v2"), Some("$D"))).unwrap_err();
        match expected.strip_prefix("TEMPLATE line ") {
            Some(line) => {
                assert_eq!((refusal.line.to_string().as_str(), refusal.reason), (line, Reason::Template))
            }
            None => assert_eq!(refusal.to_string(), expected, "{text:?}"),
        }
    }
}
