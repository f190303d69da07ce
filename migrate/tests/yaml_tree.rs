//! Trees of YAML against real files: what stands in a span is what the node says.

mod corpus;

use towpath_migrate::span::Span;
use towpath_migrate::yaml::{Kind, NodeId, Tree};

/// Decoding a scalar's bytes anew gives its text, and each part of the text leads back to bytes within the scalar.
fn assert_decodes(name: &str, tree: &Tree) -> usize {
    let scalars = tree.ids().filter(|id| matches!(tree.node(*id).kind(), Kind::Scalar(_)));
    scalars
        .inspect(|id| {
            let (text, decoded) = (tree.text(*id).unwrap_or_default(), tree.decoded(*id).unwrap_or_default());
            let place = tree.node(*id).span();
            assert_eq!(decoded.text, text, "{name}: {:?}", place.of(tree.source()));
            for (at, character) in text.char_indices() {
                let part = Span::new(at, at + character.len_utf8());
                let there = tree.node(*id).span().contains(decoded.span(part));
                assert!(there, "{name}: {character:?} of {text:?} at {:?}", decoded.span(part));
                if !character.is_whitespace() && place.of(tree.source()).contains(character) {
                    let source = decoded.span(part).of(tree.source());
                    let escaped = source.starts_with('\\') || source == "''";
                    assert!(escaped || source == &text[at..part.end], "{name}: {character:?} is {source:?}");
                }
            }
        })
        .count()
}

/// Spans lie within those of their parents, in order and without overlaps.
fn assert_nested(name: &str, tree: &Tree, id: NodeId) {
    let outer = tree.node(id).span();
    let mut at = outer.start;
    for child in tree.children(id) {
        let whole = tree.full_span(child);
        assert!(at <= whole.start && whole.end <= outer.end, "{name}: {whole:?} in {outer:?} behind {at}");
        at = whole.end;
        assert_nested(name, tree, child);
    }
}

#[test]
fn scalars_of_the_corpus_decode_to_their_text() {
    let Some(files) = corpus::yaml_files("scalars_of_the_corpus_decode_to_their_text") else { return };
    let (mut scalars, mut refused) = (0, 0);
    for (name, source) in &files {
        let tree = Tree::read(source.as_str());
        refused += usize::from(tree.error().is_some());
        scalars += assert_decodes(name, &tree);
        for root in tree.roots() {
            assert_nested(name, &tree, *root);
        }
    }
    println!("{} files, {scalars} scalars decoded to their text, {refused} files are no YAML", files.len());
    assert!(files.len() > 900 && scalars > 100_000, "the corpus is smaller than it was");
}

#[test]
fn hard_scalars_decode_to_their_text() {
    for source in [
        "a: |\n\n  x\n   y\n\nb: >-  # c\n    f\n    g\nc: &an !!str |2\n   q\n",
        "d: \"a\\n\\x41 \n  b\\\n  c\\ud83d\\ude00\"\ne: 'it''s\n\n  me '\nf:\ng: x",
        "a: plain\n  more\n\n\n  text # c\nb: |+\n  abc",
        "\u{feff}a: b\r\nc: >\r\n  x\r\n  y\r\n\r\n   z\r\n",
        "l:\n-   x\n-\n   y\n- # c\n  z\n-   - a\n    - b\nm:\n  - q: 1\n  - |\n   t\n? |\n  blk\n: - x\n",
        "a: >+\n\n\n  x\n\n\n  \ty\n\n# end\nb: |-\n\n\n",
        "a: \"\\\r\n   x \\\n\n  y\\\tz\"\n",
    ] {
        let tree = Tree::read(source);
        assert_eq!(tree.error(), None, "{source:?}");
        assert!(assert_decodes(source, &tree) > 1);
        assert_nested(source, &tree, tree.root().unwrap());
    }
}

#[test]
fn places_that_the_parser_tells_otherwise_are_githubs() {
    let source = "a: |\n\n  x\nl:\n- 1\nm:\n  - 2\nn: &q\n- 3\nempty:\nlast: [ , 4]\n";
    let tree = Tree::read(source);
    let root = tree.root().unwrap();
    let begins = |key: &str| tree.node(tree.value_of(root, key).unwrap()).span().start;
    assert_eq!(begins("a"), source.find('|').unwrap(), "a block scalar begins at its indicator");
    assert_eq!(begins("l"), source.find("- 1").unwrap(), "a sequence at its first dash");
    assert_eq!(begins("m"), source.find("- 2").unwrap());
    assert_eq!(begins("n"), source.find("- 3").unwrap());
    assert_eq!(begins("empty"), source.find("last").unwrap() - 1, "nothing is behind the colon");
}

#[test]
fn what_stands_before_an_error_is_kept() {
    let tree = Tree::read("on: push\njobs:\n  a: [1\n b: }\n");
    assert!(tree.error().is_some());
    let root = tree.root().unwrap();
    assert_eq!(tree.text(tree.value_of(root, "on").unwrap()), Some("push"));
    assert_eq!(tree.pairs(root).count(), 2);
}

#[test]
fn aliases_point_to_the_anchor_before_them() {
    let tree = Tree::read("a: &x 1\nb: *x\nc: &x 2\nd: *x\ne: *y\nf: &z [*z]\n");
    let root = tree.root().unwrap();
    let target = |key: &str| match tree.node(tree.value_of(root, key).unwrap()).kind() {
        Kind::Alias(target) => target.and_then(|id| tree.text(id)),
        other => panic!("{other:?}"),
    };
    assert_eq!((target("b"), target("d"), target("e")), (Some("1"), Some("2"), None));
}

/// As libyaml reads them. A digit says how far a text is indented, and here is none.
#[test]
fn a_block_of_nothing_but_spaces_has_no_text() {
    for (source, text) in [
        ("|2\n\n  \n", ""),
        ("|1\n \n\n", ""),
        (">2\n\n  \n", ""),
        ("|2\n\n  ", ""),
        ("|2+\n\n  \n", "\n\n"),
        ("|2\n\n   \n", "\n \n"),
        ("|\n  \n", ""),
    ] {
        let tree = Tree::read(source);
        let root = tree.root().unwrap();
        assert_eq!(tree.text(root), Some(text), "{source:?}");
        assert_eq!(tree.decoded(root).map(|decoded| decoded.text).as_deref(), Some(text), "{source:?}");
    }
}

#[test]
fn a_comment_ends_a_text_without_quotes() {
    for source in ["b: a\n\t#\n  aa", ": a\n\t#\n  |\n", "a: b\n  # c\n  d\n"] {
        let error = Tree::read(source).error().map(|error| error.span.of(source).to_owned());
        assert!(error.is_some(), "{source:?}");
    }
    let tree = Tree::read("a: b\n  c#d\n  e\n");
    assert!(tree.error().is_none());
}
