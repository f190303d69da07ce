//! Which workflows are alike: the same in all that GitHub reads, or the same but for names, texts and versions.
//!
//! A workflow has two digests. The exact one is of the tokens that GitHub makes of it: comments, white space, quotes and anchors make no
//! difference. The near one is of its shape: the keys that GitHub knows, the inputs of actions, the actions without their refs, what
//! starts it, what its token may do, and the program at the beginning of each line of its scripts. Both are of one pass over
//! the tokens; groups are of one pass over the digests.

use std::collections::HashMap;
use std::hash::Hash;

use sha2::{Digest as _, Sha256};

use crate::read::{Document, TokenId, TokenKind};

/// What two workflows have both, or are not alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 16]);

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// By what a workflow is compared with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Likeness {
    /// Of all that GitHub reads. Where it refuses something, of the text: nobody knows what the rest would mean.
    pub exact: Digest,
    /// Of its shape; `None` where GitHub refuses something.
    pub near: Option<Digest>,
}

impl Likeness {
    /// That of a file.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let root = document.root().filter(|_| document.problems().is_empty());
        let Some(root) = root else {
            let mut stream = Stream::default();
            stream.text("source", document.tree().source());
            return Self { exact: stream.digest(), near: None };
        };
        Self { exact: exact(document, root), near: Some(near(document, root)) }
    }
}

/// Bytes in an unambiguous order: each text has its length before it. They are gathered, since a digest of many small pieces
/// takes twice the time of one of the whole.
#[derive(Default)]
struct Stream(Vec<u8>);

impl Stream {
    fn word(&mut self, word: &[u8]) {
        self.0.extend_from_slice(word);
    }

    fn text(&mut self, kind: &str, text: &str) {
        self.0.extend_from_slice(kind.as_bytes());
        self.0.extend_from_slice(&text.len().to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn digest(self) -> Digest {
        let all = Sha256::digest(&self.0);
        let mut digest = [0; 16];
        digest.iter_mut().zip(all.iter()).for_each(|(to, from)| *to = *from);
        Digest(digest)
    }
}

fn exact(document: &Document, root: TokenId) -> Digest {
    // About as long as the source: lengths take as much as comments and indents.
    let mut stream = Stream(Vec::with_capacity(document.tree().source().len()));
    let mut waiting = vec![root];
    while let Some(id) = waiting.pop() {
        match document.token(id).kind {
            TokenKind::Null => stream.word(b"n"),
            TokenKind::Boolean(value) => stream.word(if value { b"t" } else { b"f" }),
            TokenKind::Number(value) => {
                stream.word(b"d");
                stream.word(&value.to_bits().to_le_bytes());
            }
            TokenKind::Insert => stream.word(b"i"),
            TokenKind::String(_) => stream.text("s", document.text(id).unwrap_or_default()),
            TokenKind::Expression(_) => stream.text("e", written(document, id)),
            TokenKind::Sequence | TokenKind::Mapping => open(document, id, &mut stream, &mut waiting),
        }
    }
    stream.digest()
}

/// How many there are, and then these.
fn open(document: &Document, id: TokenId, stream: &mut Stream, waiting: &mut Vec<TokenId>) {
    let before = waiting.len();
    waiting.extend(document.children(id));
    let kind: &[u8] = if document.token(id).kind == TokenKind::Mapping { b"m" } else { b"q" };
    stream.word(kind);
    let children = waiting.len() - before;
    stream.word(&children.to_le_bytes());
    if let Some(new) = waiting.get_mut(before..) {
        new.reverse();
    }
}

/// How a value counts for the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// Only that it is there.
    AsOne,
    /// As it is written.
    AsWritten,
    /// Without its ref.
    WithoutRef,
    /// By the programs that its lines begin with.
    AsScript,
}

impl Counts {
    /// The value of this key, where the value of the mapping counts like this.
    fn below(self, key: Option<&str>) -> Self {
        match (self, key) {
            (Self::AsWritten, _) => Self::AsWritten,
            (_, Some("on" | "permissions" | "shell")) => Self::AsWritten,
            (_, Some("uses")) => Self::WithoutRef,
            (_, Some("run")) => Self::AsScript,
            _ => Self::AsOne,
        }
    }
}

fn near(document: &Document, root: TokenId) -> Digest {
    let mut stream = Stream::default();
    let mut waiting = vec![(root, Counts::AsOne)];
    while let Some((id, counts)) = waiting.pop() {
        match document.token(id).kind {
            TokenKind::Mapping => mapping(document, id, counts, &mut stream, &mut waiting),
            TokenKind::Sequence => {
                let before = waiting.len();
                waiting.extend(document.children(id).map(|child| (child, counts)));
                stream.word(b"q");
                stream.word(&(waiting.len() - before).to_le_bytes());
                if let Some(new) = waiting.get_mut(before..) {
                    new.reverse();
                }
            }
            _ => scalar(document, id, counts, &mut stream),
        }
    }
    stream.digest()
}

/// A mapping: the keys that GitHub knows, and those of `with`, count; names that somebody chose do not.
fn mapping(
    document: &Document,
    id: TokenId,
    counts: Counts,
    stream: &mut Stream,
    waiting: &mut Vec<(TokenId, Counts)>,
) {
    let is_inputs = document.before(id).and_then(|key| document.text(key)) == Some("with");
    let mut values: Vec<_> = Vec::new();
    stream.word(b"m");
    for (key, value) in document.pairs(id) {
        let text = document.text(key);
        let is_known = document.token(key).property.is_some() || is_inputs || counts == Counts::AsWritten;
        stream.text("k", text.filter(|_| is_known).unwrap_or_default());
        let is_githubs = document.token(key).property.is_some();
        values.push((value, counts.below(text.filter(|_| is_githubs))));
    }
    stream.word(b"e");
    waiting.extend(values.into_iter().rev());
}

fn scalar(document: &Document, id: TokenId, counts: Counts, stream: &mut Stream) {
    let text = written(document, id);
    match counts {
        Counts::AsOne => stream.word(b"*"),
        Counts::AsWritten => stream.text("s", text),
        Counts::WithoutRef => {
            stream.text("u", &text.split('@').next().unwrap_or_default().to_ascii_lowercase())
        }
        Counts::AsScript => {
            stream.word(b"r");
            text.lines().filter_map(program).for_each(|program| stream.text("p", program));
        }
    }
}

/// The word that a line of a script begins with; nothing for an empty one and a comment.
fn program(line: &str) -> Option<&str> {
    let word = line.split_whitespace().next().filter(|word| !word.starts_with('#'))?;
    let is_plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    // A path, a variable, an assignment: that there is a line is all that counts.
    Some(if is_plain { word } else { "" })
}

/// A scalar as it is written, with `${{ }}`.
fn written(document: &Document, id: TokenId) -> &str {
    document.tree().text(document.token(id).node).unwrap_or_default()
}

/// Groups of workflows, by their places in what was given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Groups {
    /// Those that are the same, at least two in each group.
    pub exact: Vec<Vec<usize>>,
    /// Those of one shape that are not all the same, at least two different ones in each group.
    pub near: Vec<Vec<usize>>,
}

impl Groups {
    /// Puts together what is alike. The largest group comes first; of equals the one that begins first.
    #[must_use]
    pub fn of(all: &[Likeness]) -> Self {
        let exact = by(all.iter().map(|one| Some(one.exact)));
        let mut near = by(all.iter().map(|one| one.near));
        near.retain(|group| {
            let mut exact = group.iter().filter_map(|at| all.get(*at)).map(|one| one.exact);
            let first = exact.next();
            exact.any(|other| Some(other) != first)
        });
        Self { exact, near }
    }
}

/// The places with equal values, where there are at least two.
fn by<T: Eq + Hash>(all: impl Iterator<Item = Option<T>>) -> Vec<Vec<usize>> {
    let mut places: HashMap<T, Vec<usize>> = HashMap::new();
    for (at, value) in all.enumerate() {
        if let Some(value) = value {
            places.entry(value).or_default().push(at);
        }
    }
    let mut groups: Vec<_> = places.into_values().filter(|group| group.len() > 1).collect();
    groups.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::read::{Limits, read_workflow};

    const BASE: &str = "name: CI\non: push\npermissions:\n  contents: read\njobs:\n  build:\n    runs-on: ubuntu-latest\n    env: {A: b}\n    \
                        steps:\n      - uses: actions/checkout@v4\n        with: {fetch-depth: 0}\n      - run: |\n          make all\n          ./x --y\n";

    fn like(source: &str) -> Likeness {
        let document = read_workflow(source, &Limits::default());
        assert_eq!(document.problems(), [], "{source}");
        Likeness::of(&document)
    }

    /// What a change of the base does: nothing, a near duplicate, or another workflow.
    #[test]
    fn changes() {
        #[derive(Debug, PartialEq, Eq)]
        enum Is {
            Same,
            Near,
            Other,
        }
        let base = like(BASE);
        for (from, to, expected) in [
            ("name: CI\n", "# a comment\nname:   \"CI\" # another\n\n", Is::Same),
            ("{A: b}", "\n      A: 'b'", Is::Same),
            ("runs-on: ubuntu-latest", "runs-on: &r ubuntu-latest", Is::Same),
            ("name: CI", "name: Build", Is::Near),
            ("build:", "test:", Is::Near),
            ("ubuntu-latest", "ubuntu-24.04", Is::Near),
            ("checkout@v4", "checkout@v5", Is::Near),
            ("actions/checkout", "Actions/Checkout", Is::Near),
            ("{A: b}", "{C: d}", Is::Near),
            ("fetch-depth: 0", "fetch-depth: 1", Is::Near),
            ("make all", "make test", Is::Near),
            ("./x --y", "./z", Is::Near),
            ("make all", "# why\n\n          make all", Is::Near),
            ("{A: b}", "{A: b, C: d}", Is::Other),
            ("fetch-depth: 0", "ref: x", Is::Other),
            ("actions/checkout", "actions/cache", Is::Other),
            ("on: push", "on: pull_request", Is::Other),
            ("on: push", "on: [push]", Is::Other),
            ("contents: read", "contents: write", Is::Other),
            ("contents: read", "issues: read", Is::Other),
            ("make all", "cmake all", Is::Other),
            ("./x --y\n", "./x --y\n          make\n", Is::Other),
            ("runs-on: ubuntu-latest", "runs-on: [ubuntu-latest, x]", Is::Other),
            ("runs-on: ubuntu-latest", "runs-on: ubuntu-latest\n    timeout-minutes: 5", Is::Other),
        ] {
            assert!(BASE.contains(from), "{from}");
            let changed = like(&BASE.replacen(from, to, 1));
            let is = match (changed.exact == base.exact, changed.near == base.near) {
                (true, _) => Is::Same,
                (false, true) => Is::Near,
                (false, false) => Is::Other,
            };
            assert_eq!(is, expected, "{from} -> {to}");
        }
    }

    /// What GitHub types otherwise is something else; what an alias repeats is the same as what is written twice.
    #[test]
    fn types_and_aliases() {
        let env = |value: &str| like(&BASE.replace("{A: b}", value)).exact;
        assert_eq!(env("{A: 1}"), env("{A: '1'}"), "a variable is a text");
        assert_ne!(env("{A: ''}"), env("{A: x}"));
        assert_eq!(env("{A: &a b, C: *a}"), env("{A: b, C: b}"));
        assert_ne!(env("{A: '${{ github.sha }}'}"), env("{A: '${{ github.ref }}'}"));
        let matrix = |value: &str| {
            let strategy = format!("runs-on: u\n    strategy: {{matrix: {{a: [{value}]}}}}");
            like(&BASE.replace("runs-on: ubuntu-latest", &strategy)).exact
        };
        assert_ne!(matrix("1"), matrix("'1'"));
        assert_ne!(matrix("true"), matrix("'true'"));
        assert_ne!(matrix("null"), matrix("''"));
        assert_eq!(matrix("1.0"), matrix("1"), "a number is a number");
    }

    #[test]
    fn what_github_refuses_is_compared_by_its_text() {
        let of = |source: &str| Likeness::of(&read_workflow(source, &Limits::default()));
        let (one, other) = (of("on: push\njobs: 1\n"), of("on: push\njobs: 2\n"));
        assert_ne!(one.exact, other.exact);
        assert_eq!((one.near, other.near), (None, None));
        assert_eq!(one, of("on: push\njobs: 1\n"));
    }

    fn digest(number: u8) -> Digest {
        Digest([number; 16])
    }

    #[test]
    fn groups_are_of_two_at_least_and_the_largest_is_first() {
        let all = [(1, 1), (2, 1), (1, 1), (3, 2), (3, 2), (3, 2), (4, 9)];
        let all = all.map(|(exact, near)| Likeness { exact: digest(exact), near: Some(digest(near)) });
        let groups = Groups::of(&all);
        assert_eq!(groups.exact, [vec![3, 4, 5], vec![0, 2]]);
        assert_eq!(groups.near, [vec![0, 1, 2]], "a group whose members are all the same is not near");
        assert_eq!(Groups::of(&[]), Groups::default());
    }

    proptest! {
        #[test]
        fn a_group_has_what_is_equal_and_all_of_it(all in prop::collection::vec((0_u8..5, prop::option::of(0_u8..3)), 0..40)) {
            let all: Vec<_> = all.into_iter().map(|(exact, near)| Likeness { exact: digest(exact), near: near.map(digest) }).collect();
            let groups = Groups::of(&all);
            for group in &groups.exact {
                let value = all[group[0]].exact;
                let expected: Vec<_> = (0..all.len()).filter(|at| all[*at].exact == value).collect();
                prop_assert_eq!(group, &expected);
                prop_assert!(group.len() > 1);
            }
            for group in &groups.near {
                let value = all[group[0]].near;
                let expected: Vec<_> = (0..all.len()).filter(|at| all[*at].near == value).collect();
                prop_assert_eq!(group, &expected);
                prop_assert!(value.is_some() && group.iter().any(|at| all[*at].exact != all[group[0]].exact));
            }
            let grouped: usize = groups.exact.iter().map(Vec::len).sum();
            let alone = all.iter().filter(|one| all.iter().filter(|other| other.exact == one.exact).count() == 1).count();
            prop_assert_eq!(grouped + alone, all.len());
        }

        /// Comments and empty lines anywhere between the lines of a file that has no block text change nothing.
        #[test]
        fn comments_change_nothing(places in prop::collection::vec(0_usize..9, 0..6)) {
            let base = "name: x\non: push\njobs:\n  a:\n    runs-on: u\n    steps:\n      - run: make\n";
            let mut lines: Vec<&str> = base.lines().collect();
            for place in places {
                lines.insert(place.min(lines.len()), "  # comment");
            }
            prop_assert_eq!(like(&format!("{}\n", lines.join("\n"))), like(base));
        }
    }
}
