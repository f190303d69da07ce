use super::super::{Lines, Tree};
use crate::span::Span;

fn texts(source: &str) -> Vec<String> {
    let tree = Tree::read(source);
    assert_eq!(tree.error(), None, "{source:?}");
    let text = |id| {
        let text = tree.text(id)?;
        assert_eq!(tree.decoded(id).map(|decoded| decoded.text).as_deref(), Some(text), "{source:?}");
        Some(text.to_owned())
    };
    tree.ids().filter_map(text).collect()
}

#[test]
fn comments_may_touch_what_they_follow() {
    for source in ["a: [x]# é, y]\nb: z", "a: \"x\"#c\nb: z", "a: {b: x}#\nc: z", "- [x]#\r\n- [y]# e\r\n- z"]
    {
        let found = texts(source);
        assert_eq!(found.last().map(String::as_str), Some("z"), "{source:?}");
    }
    let source = "a: [x]# é, y]\nb: z # w";
    let tree = Tree::read(source);
    let comments: Vec<_> = tree.comments().iter().map(|comment| comment.of(source)).collect();
    assert_eq!(comments, ["# é, y]", "# w"]);
    assert_eq!(tree.ids().last().map(|id| tree.node(id).span()), Some(Span::new(18, 19)));
}

#[test]
fn quoted_texts_may_go_on_anywhere() {
    for (source, text) in [
        ("- - \"hello\n  world\"\n- end", "hello world"),
        ("a: 'one\n\n\ntwo \n  three'\nb: end", "one\n\ntwo three"),
        ("a: \"one\r\ntwo\\n\r\nthree\"\r\nb: end", "one two\n three"),
    ] {
        let found = texts(source);
        assert!(found.iter().any(|found| found == text), "{source:?}: {found:?}");
        assert_eq!(found.last().map(String::as_str), Some("end"), "{source:?}");
    }
}

#[test]
fn what_is_no_yaml_stays_so() {
    for source in ["a: [x]# c\nb: [", "a: 'x\ny", "a: \"x\n---\ny\""] {
        assert!(Tree::read(source).error().is_some(), "{source:?}");
    }
}

#[test]
fn three_characters_more_end_a_line() {
    let feeds = "name: a\nrun: |\n  echo b\n  c\n  \n# d\nq: \"e\n\n  f\\\n  g\"\nlist: [h\n, i]\nlast: j\n";
    for other in ["\u{85}", "\u{2028}", "\u{2029}"] {
        let source = feeds.replace('\n', other);
        let (tree, same) = (Tree::read(source.as_str()), Tree::read(feeds));
        assert_eq!(tree.error(), None, "{source:?}");
        assert_eq!((tree.len(), tree.comments().len()), (same.len(), 1));
        let lines = Lines::of(&source);
        for (id, like) in tree.ids().zip(same.ids()) {
            let (place, expected) =
                (lines.place(&source, tree.node(id).span().start), same.place(same.node(like).span().start));
            assert_eq!(place, expected, "{other:?}");
        }
        assert_eq!(tree.comments()[0].of(&source), "# d");
        let kept = if other == "\u{85}" { "\n" } else { other };
        let folded = if kept == "\n" { String::new() } else { kept.to_owned() };
        let found = texts(&source);
        assert!(found.contains(&format!("echo b{kept}c{kept}")), "{other:?} {found:?}");
        assert!(found.contains(&format!("e{folded}{kept}fg")), "{other:?} {found:?}");
    }
}

/// Of the refuted files: behind U+2028 a line begins, and a text that is not indented there is none of the block's.
#[test]
fn a_line_that_begins_behind_such_a_character_is_one() {
    for source in
        ["run: |\n  echo a\u{2028}b\nc: d\n", "name: a\u{2028}b\non: push\n", "name: a\u{85}b\non: push\n"]
    {
        assert!(Tree::read(source).error().is_some(), "{source:?}");
    }
    assert_eq!(texts("a: x\u{2028}  y\nb: x\u{85}  y\n"), ["a", "x\u{2028}y", "b", "x y"]);
    assert_eq!(texts("a: >\n  x\u{2028}  y\n  z\n"), ["a", "x\u{2028}y z\n"]);
}

#[test]
fn control_characters_are_letters() {
    for character in ["\u{7}", "\u{1b}", "\u{7f}", "\u{84}", "\u{9f}", "\u{fffe}", "\u{ffff}"] {
        let source = format!(
            "a: x{character}y\n{character}: '{character}'\nb: |\n  {character}\n# {character}\nc: end"
        );
        let found = texts(&source);
        let expected = [
            "a",
            &format!("x{character}y"),
            character,
            character,
            "b",
            &format!("{character}\n"),
            "c",
            "end",
        ];
        assert_eq!(found, expected);
    }
    assert!(Tree::read("a: \"\\\u{7}\"").error().is_some(), "it is no escape");
}

#[test]
fn tabs_are_white_space_in_flow_collections() {
    for (source, last) in [
        ("on: [\n\tpush ]\nb: c", "c"),
        (
            "on: {\n\t\"push\": {\n\t\t\"branches\": [\n\t\t\t\"main\",\n\t\t\t\"x\"\n\t\t]\n\t}\n}\nb: |\n  \tc",
            "\tc",
        ),
        ("a: 'x\n\ty'\nb: \"x\n\t\ty\"", "x y"),
        ("a: [\n\t# c\n\t1,\n\t2\n]\nb: [\n\t3]\nc: d", "d"),
    ] {
        assert_eq!(texts(source).last().map(String::as_str), Some(last), "{source:?}");
    }
    // Indentation is not made of tabs, and behind a plain text a line may not begin with one.
    for source in ["a:\n\tb: c", "a: [\n\tx\n\t]", "a: [\n\tx]\nb:\n\tc: d", "a:\n\t- x"] {
        let error = Tree::read(source).error().cloned().unwrap();
        assert!(error.hint.contains("spaces"), "{source:?} {error:?}");
    }
}

#[test]
fn a_quote_that_is_not_closed_is_told_where_it_begins() {
    for source in ["on: push\nname: \"abc\n", "on: push\nname: 'abc\njobs:\n  a:\n    b: x\n", "- x: \"\n"] {
        let error = Tree::read(source).error().cloned().unwrap();
        assert_eq!(error.span.start, source.find(['"', '\'']).unwrap(), "{source:?} {error:?}");
        assert_eq!(error.message, "unclosed quote");
    }
    let closed_later = "on: push\nname: \"abc\njobs:\n  a: echo \"x y\"\n";
    let error = Tree::read(closed_later).error().cloned().unwrap();
    assert_eq!((error.span.of(closed_later), error.span.start), ("\"", 15));
    assert!(error.hint.starts_with("close this quote"), "{error:?}");
    let long = format!("a: '{}'\nb: c", "x\n".repeat(300));
    assert_eq!(texts(&long).last().map(String::as_str), Some("c"), "however many lines");
}
