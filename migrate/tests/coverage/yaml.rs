//! Trees against another reader (yaml_serde, which is libyaml's), and laws on whatever text.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that fails ends its test")]

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;
use serde_yaml::Value;
use towpath_migrate::yaml::{Kind, NodeId, ScalarStyle, Tree};

fn assert_same(name: &str, tree: &Tree, node: NodeId, expected: &Value) {
    match (tree.node(node).kind(), expected) {
        (Kind::Alias(target), _) => assert_same(name, tree, target.unwrap(), expected),
        (_, Value::Tagged(tagged)) => {
            let tag = tree.properties(node).and_then(|read| read.tag.as_ref());
            let tag = tag.unwrap_or_else(|| panic!("{name}: no tag at {:?}", tree.node(node).span()));
            assert_eq!(
                tag.0.trim_start_matches('!'),
                tagged.tag.to_string().trim_start_matches('!'),
                "{name}"
            );
            assert_same(name, tree, node, &tagged.value);
        }
        (Kind::Sequence(_), Value::Sequence(items)) => {
            let children: Vec<_> = tree.children(node).collect();
            assert_eq!(children.len(), items.len(), "{name}");
            for (child, item) in children.iter().zip(items) {
                assert_same(name, tree, *child, item);
            }
        }
        (Kind::Mapping(_), Value::Mapping(entries)) => {
            for (key, value) in tree.pairs(node) {
                let Some(text) = tree.text(key) else { continue };
                let expected = entries.iter().find(|(known, _)| is_text(known, text));
                let (_, expected) = expected.unwrap_or_else(|| panic!("{name}: no key {text}"));
                assert_same(name, tree, value, expected);
            }
        }
        (Kind::Scalar(_), Value::String(text)) => assert_eq!(tree.text(node), Some(text.as_str()), "{name}"),
        (Kind::Scalar(style), Value::Null | Value::Bool(_) | Value::Number(_)) => {
            let is_tagged = tree.properties(node).is_some_and(|read| read.tag.is_some());
            assert!(style == ScalarStyle::Plain || is_tagged, "{name}: {:?}", tree.text(node));
        }
        (kind, _) => panic!("{name}: {kind:?} at {:?} is not {expected:?}", tree.node(node).span()),
    }
}

fn is_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(known) => known == text,
        Value::Bool(known) => known.to_string() == text.to_lowercase(),
        Value::Number(known) => {
            known.to_string() == text || text.parse() == Ok(known.as_f64().unwrap_or(f64::NAN))
        }
        Value::Null => matches!(text, "" | "~" | "null"),
        _ => false,
    }
}

/// What both readers make of all files.
pub(crate) struct Counts {
    same: usize,
    both_refuse: usize,
    /// Those that only one of them reads.
    other: Vec<&'static str>,
}

pub(crate) fn counts() -> Option<&'static Counts> {
    static COUNTS: LazyLock<Option<Counts>> = LazyLock::new(|| crate::files("YAML").map(look));
    COUNTS.as_ref()
}

impl Counts {
    pub(crate) fn record(&self) -> serde_json::Value {
        let known = |(file, why): &(&str, &str)| json!({ "file": file, "why": why });
        json!({
            "same": self.same,
            "bothRefuse": self.both_refuse,
            "byOne": KNOWN.iter().map(known).collect::<Vec<_>>(),
            "notCompared": [known(&(ANCHORS_TWICE, "the oracle takes an alias of an anchor that is there twice for one of a third"))],
        })
    }
}

fn look(files: &'static [(String, String)]) -> Counts {
    let (mut same, mut both_refuse, mut other) = (0, 0, Vec::new());
    for (name, source) in files.iter().filter(|(name, _)| name != ANCHORS_TWICE) {
        let tree = Tree::read(source.as_str());
        let mut documents: Vec<Result<Value, _>> = Vec::new();
        for document in serde_yaml::Deserializer::from_str(source) {
            documents.push(serde::Deserialize::deserialize(document));
            // Behind an error the oracle has errors without end.
            if documents.last().is_some_and(Result::is_err) {
                break;
            }
        }
        let is_refused = documents.iter().any(Result::is_err);
        match (tree.error(), is_refused) {
            (None, false) => {
                assert!(documents.len() >= tree.roots().len(), "{name}");
                for (root, document) in tree.roots().iter().zip(&documents) {
                    assert_same(name, &tree, *root, document.as_ref().unwrap());
                }
                same += 1;
            }
            (Some(_), true) => both_refuse += 1,
            _ => other.push(name.as_str()),
        }
    }
    Counts { same, both_refuse, other }
}

#[test]
fn real_files_are_read_as_by_libyaml() {
    let Some(Counts { same, both_refuse, other }) = counts() else { return };
    println!(
        "{same} files are the same, {both_refuse} are refused by both, {} by one: {other:#?}",
        other.len()
    );
    assert!(*same > 1400, "the corpus is smaller than it was");
    assert_eq!(*other, KNOWN.map(|(name, _)| name));
}

/// Here an anchor is defined twice. The oracle takes an alias of it for one of a third anchor (yaml_serde 0.10.7); what it
/// should be, yaml_tree.rs says.
const ANCHORS_TWICE: &str = "actionlint/ok/anchors.yaml";

/// Files that only one of the two reads, and why.
const KNOWN: [(&str, &str); 9] = [
    ("actionlint/examples/dangling_alias.yaml", ALIAS),
    ("actionlint/examples/yaml_anchor_usage.yaml", ALIAS),
    ("argo-workflows/examples/k8s-patch-json-workflow.yaml", TWICE),
    ("languageservices/workflow-parser/reader/coercion-to-string.yml", VALUE),
    ("languageservices/workflow-parser/reader/errors-parse-boolean.yml", VALUE),
    ("languageservices/workflow-parser/reader/errors-parse-float.yml", VALUE),
    ("languageservices/workflow-parser/reader/errors-parse-integer.yml", VALUE),
    ("languageservices/workflow-parser/reader/errors-value-already-defined.yml", TWICE),
    ("languageservices/workflow-parser/reader/yaml-schema-null.yml", VALUE),
];

const TWICE: &str = "a key that is there twice is a matter of reading here";
const ALIAS: &str = "an alias of nothing is a matter of reading here";
const VALUE: &str = "a value that is none of its tag is a matter of reading here";

/// Text that is nearly YAML.
fn nearly_yaml() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b: ",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "\n",
        ": ",
        "|\n",
        ">-\n",
        "|2\n",
        "'",
        "\"",
        "''",
        "\\n",
        "\\\n",
        "#",
        " # c",
        "&x ",
        "*x",
        "!t ",
        "!!str ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "? ",
        "\t",
        "\r\n",
        "\u{feff}",
        "é",
        "😀",
        "~",
        "\u{85}",
        "\u{2028}",
        "\u{2029}  ",
        "\u{7}",
        "\u{9f}",
        "\n\t",
        "---\n",
        "...\n",
        "%",
        "1",
        "${{ x }}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_read_has_places_and_decodes_to_itself(source in nearly_yaml()) {
        let tree = Tree::read(source.as_str());
        for id in tree.ids() {
            let (node, whole) = (tree.node(id), tree.full_span(id));
            prop_assert!(node.span().end <= source.len() && source.is_char_boundary(node.span().start));
            prop_assert!(source.is_char_boundary(node.span().end));
            prop_assert!(whole.contains(node.span()));
            if let (Some(text), Some(decoded)) = (tree.text(id), tree.decoded(id)) {
                prop_assert_eq!(&decoded.text, text, "{:?}", node.span().of(&source));
            }
        }
        for comment in tree.comments() {
            prop_assert!(comment.of(&source).starts_with('#'));
        }
        if let Some(error) = tree.error() {
            prop_assert!(source.get(error.span.start..error.span.end).is_some() && !error.hint.is_empty());
        }
        let mut at = 0;
        for root in tree.roots() {
            prop_assert!(tree.node(*root).span().start >= at);
            at = tree.node(*root).span().end;
        }
    }
}
