use proptest::prelude::*;

use super::*;
use crate::sources::{InMemory, Special};

const PATH: &str = ".github/workflows/ci.yml";

fn owners(text: &str) -> CodeOwners {
    CodeOwners::read("CODEOWNERS", text)
}

/// The examples of GitHub's documentation and gitignore's, asked about a workflow.
#[test]
fn patterns() {
    for (pattern, expected) in [
        ("*", true),
        ("**", true),
        ("*.yml", true),
        ("*.yaml", false),
        ("ci.yml", true),
        ("CI.yml", false),
        ("c?.yml", true),
        ("/ci.yml", false),
        (".github", true),
        (".github/", true),
        ("/.github/", true),
        ("/.github", true),
        ("workflows/", true),
        ("workflows/ci.yml", false),
        ("**/workflows/ci.yml", true),
        ("**/workflows", true),
        ("/workflows/", false),
        (".github/*", false),
        (".github/**", true),
        (".github/workflows", true),
        (".github/workflows/", true),
        (".github/workflows/*", true),
        (".github/workflows/*.yml", true),
        (".github/workflows/ci*", true),
        (".github/workflows/ci.yml/", false),
        (".github/*/ci.yml", true),
        (".github/**/ci.yml", true),
        ("/**/ci.yml", true),
        ("*/workflows/ci.yml", true),
        ("*/ci.yml", false),
        ("/*", false),
        ("/", false),
        ("/.g**b/", true),
        ("docs/*", false),
        ("{ci,x}.yml", false),
        (".github\\/workflows", true),
        ("c\\i.yml", true),
    ] {
        let all = owners(&format!("{pattern} @a\n"));
        assert_eq!(all.of(PATH).is_some(), expected, "{pattern}");
        assert_eq!(all.ignored, [], "{pattern}");
    }
}

#[test]
fn the_last_line_counts_also_where_it_says_nobody() {
    let of = |text: &str| owners(text).of(PATH).map(|owned| (owned.owners.to_vec(), owned.line));
    let found = |names: &[&str], line| Some((names.iter().map(|name| (*name).to_owned()).collect(), line));
    for (text, expected) in [
        ("* @a\n.github/ @o/team b@c.org\n", found(&["@o/team", "b@c.org"], 2)),
        (".github/ @o/team\n* @a\n", found(&["@a"], 2)),
        ("* @a\n.github/\n", found(&[], 2)),
        ("\u{feff}* @a # the rest @b\r\n", found(&["@a"], 1)),
        ("# * @a\n\n   \n", None),
        ("docs/ @a\n", None),
        ("* @a\n* b\n", found(&["@a"], 1)),
        ("my\\ file @a\n* @b", found(&["@b"], 2)),
    ] {
        assert_eq!(of(text), expected, "{text}");
    }
}

#[test]
fn lines_that_github_skips_are_told() {
    let all = owners("!*.yml @a\n*.[ch] @b\n\\#x @c\n* d\n* @\n* @o/t/u\n* a@b\n* @ok\n");
    let told: Vec<_> = all.ignored.iter().map(|ignored| (ignored.line, ignored.why.to_string())).collect();
    let word = |word: &str| format!("{word:?} is no @user, @organisation/team or e-mail address");
    assert_eq!(
        told,
        [
            (1, "a pattern cannot begin with !".to_owned()),
            (2, "a pattern cannot have [ ]".to_owned()),
            (3, "a # cannot be escaped".to_owned()),
            (4, word("d")),
            (5, word("@")),
            (6, word("@o/t/u")),
            (7, word("a@b")),
        ]
    );
    assert_eq!(all.of(PATH).map(|owned| owned.line), Some(8));
}

#[test]
fn the_first_place_counts_and_is_bounded() {
    let find = |files: &InMemory| CodeOwners::find(files, Path::new("/r"));
    let place = |files: &InMemory| find(files).unwrap().map(|owners| owners.place);
    let files = InMemory::default().file("/r/docs/CODEOWNERS", "* @d");
    assert_eq!(place(&files), Some("docs/CODEOWNERS"));
    let files = files.file("/r/CODEOWNERS", "* @r");
    assert_eq!(place(&files), Some("CODEOWNERS"));
    let files = files.folder("/r/.github/CODEOWNERS");
    assert_eq!(place(&files), Some("CODEOWNERS"), "a folder is no file");
    let files = files.file("/r/.github/CODEOWNERS", "");
    assert_eq!(place(&files), Some(".github/CODEOWNERS"), "an empty one is one");
    assert_eq!(place(&InMemory::default().file("/r/x", "")), None);
    let large = "#".repeat(usize::try_from(MAX_BYTES).unwrap() + 1);
    let told = |files: InMemory| find(&files).unwrap_err().to_string();
    for (files, expected) in [
        (
            InMemory::default().file("/r/CODEOWNERS", large),
            "CODEOWNERS is larger than 3 MB, so GitHub does not load it",
        ),
        (InMemory::default().file("/r/CODEOWNERS", [0xff]), "CODEOWNERS is not UTF-8"),
        (
            InMemory::default().denied("/r/CODEOWNERS"),
            "failed to read CODEOWNERS: the permissions forbid to read it",
        ),
        (
            InMemory::default().special("/r/CODEOWNERS", Special::Pipe),
            "failed to read CODEOWNERS: it is a named pipe, which is never opened",
        ),
        (
            InMemory::default().file("/r/x", "").file("/y", "* @a").link("/r/CODEOWNERS", "/y"),
            "failed to read CODEOWNERS: the symbolic link leads out of what is read",
        ),
    ] {
        assert_eq!(told(files), expected);
    }
}

#[test]
fn more_rules_than_anybody_writes_are_cut_and_told() {
    let all = owners(&"* @a\n".repeat(MAX_RULES + 3));
    assert_eq!((all.rules.len(), all.ignored.len()), (MAX_RULES, 3));
    assert_eq!(all.ignored.first(), Some(&Ignored { line: MAX_RULES + 1, why: Why::TooMany }));
    let elsewhere = owners(&"/src/a/b @a\n".repeat(MAX_RULES + 3));
    assert_eq!(
        (elsewhere.rules.len(), elsewhere.ignored.len()),
        (0, 0),
        "what is about other folders is not kept"
    );
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "*",
        "**",
        "a",
        "a*",
        "?",
        "ci.yml",
        ".github",
        "workflows",
        "*.yml",
        "x**y",
        "{a}",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn any_text_is_read(text in "[ -~\n\t\\\\*#!@/]{0,200}", path in "[a-z/.]{0,30}") {
        let all = owners(&text);
        let found = all.of(&path).map(|owned| owned.line);
        prop_assert!(found.is_none_or(|line| line >= 1 && line <= text.lines().count()));
    }

    /// The quick no is never wrong.
    #[test]
    fn what_is_left_out_matches_nothing(names in prop::collection::vec(name(), 1..4), anchored: bool, folder: bool) {
        let line = format!("{}{}{}", if anchored { "/" } else { "" }, names.join("/"), if folder { "/" } else { "" });
        let (pattern, _) = Pattern::read(&line).unwrap();
        prop_assert!(pattern.may_be_below_workflows() || !pattern.matches(PATH), "{line}");
    }

    /// A rule for a folder is one for all that is in it; whatever stands before the last matching line does not count.
    #[test]
    fn a_later_rule_for_all_wins(names in prop::collection::vec(name(), 1..4)) {
        let line = names.join("/");
        let all = owners(&format!("{line} @a\n* @b\n"));
        prop_assert_eq!(all.of(PATH).map(|owned| owned.line), Some(2));
    }
}
