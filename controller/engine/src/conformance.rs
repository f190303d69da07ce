//! Checks that every adapter of the repository port has to pass.
//!
//! A test gives a [`Harness`] for a fresh, empty host and asserts that [`check`] is `Ok`. Clients of a harness
//! share nothing but the host, so that they see each other only through pushes.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use towpath_core::id::{CommitId, RefName, RepoPath};
use towpath_core::time::Time;

use crate::ports::{
    Edit, NewCommit, PushMode, PushOutcome, RefQuery, RefUpdate, Repository, RepositoryError, Signature,
    Since,
};

/// A host under test.
pub trait Harness {
    /// Opens one more client, which shares nothing with others but the host.
    fn client(&mut self) -> Box<dyn Repository>;

    /// Writes a commit on the host, by somebody else: the ref's tree with these entries set, the ref's tip as
    /// the only parent (none for a new ref). Moves the ref there.
    fn foreign_commit(&mut self, name: &RefName, entries: &[Entry<'_>]) -> CommitId;

    /// Sets or deletes a ref on the host, whatever it was.
    fn set_ref(&mut self, name: &RefName, to: Option<&CommitId>);

    /// The ref's value on the host.
    fn get_ref(&mut self, name: &RefName) -> Option<CommitId>;

    /// The kind of the entry at a path of a commit on the host.
    fn kind(&mut self, commit: &CommitId, path: &RepoPath) -> Option<Kind>;
}

/// One entry of a tree on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Where it is.
    pub path: &'a str,
    /// What it is.
    pub kind: Kind,
    /// Its bytes; a link's target; nothing for a submodule.
    pub bytes: &'a str,
}

/// What a tree's entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A plain file.
    File,
    /// A file that may be executed.
    Executable,
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
}

/// What a check ends with.
type Checked = Result<(), Box<dyn Error>>;

/// A check with its name.
type Case = (&'static str, fn(&mut dyn Harness) -> Checked);

const CASES: [Case; 19] = [
    ("an empty host has no refs", empty_host),
    ("a ref is created only if it does not exist", create),
    ("a ref moves only from its expected value", compare_and_swap),
    ("a lost race changes nothing and can be won again", lost_race),
    ("an atomic push moves all or none", atomic),
    ("a push per ref has one loser", per_ref),
    ("a ref is deleted only at its expected value", delete),
    ("a rewound ref is not resurrected", rewound),
    ("a ref is replaced under the right lease", replaced),
    ("the same push again is accepted", repeated),
    ("a rehearsed push says what a push would, and moves nothing", rehearsed),
    ("a ref that stays where it is is accepted", unmoved),
    ("a commit is not seen before its push", unpushed),
    ("files are read, and only files", reading),
    ("trees have ids", trees),
    ("edits keep other bytes and modes", edits),
    ("edits do not turn folders into files", contradictions),
    ("history is walked", history),
    ("a round hides neither our pushes nor lost races", round),
];

/// Runs all checks, each with a fresh host; fails with one line a failed check.
pub fn check(fresh: &mut dyn FnMut() -> Box<dyn Harness>) -> Result<(), String> {
    let failed = CASES.iter().filter_map(|(name, case)| {
        let outcome = case(fresh().as_mut());
        outcome.err().map(|reason| format!("{name}: {reason}"))
    });
    let failed: Vec<String> = failed.collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// Fails, with the place, unless both are equal.
macro_rules! same {
    ($left:expr, $right:expr) => {{
        let (left, right) = (&$left, &$right);
        if left != right {
            return Err(format!("line {}: {left:?} is not {right:?}", line!()).into());
        }
    }};
}

/// Fails, with the place and the value, unless it has this form.
macro_rules! like {
    ($value:expr, $pattern:pat) => {
        match $value {
            $pattern => {}
            value => {
                let place = line!();
                return Err(format!("line {place}: {value:?} is not like {}", stringify!($pattern)).into());
            }
        }
    };
}

const MAIN: &str = "refs/heads/main";
const JOURNAL: &str = "refs/towpath/ledger/shop/web";
const ACCEPTED: PushOutcome = PushOutcome::Accepted;
const LOST: PushOutcome = PushOutcome::Lost;

fn name(text: &str) -> Result<RefName, Box<dyn Error>> {
    Ok(RefName::parse(text)?)
}

fn path(text: &str) -> Result<RepoPath, Box<dyn Error>> {
    Ok(RepoPath::parse(text)?)
}

fn file<'a>(path: &'a str, bytes: &'a str) -> Entry<'a> {
    Entry { path, kind: Kind::File, bytes }
}

fn new_commit(parent: Option<&CommitId>, edits: &[(&str, &str)]) -> Result<NewCommit, Box<dyn Error>> {
    let edit = |(at, bytes): &(&str, &str)| Ok(Edit { path: path(at)?, bytes: bytes.as_bytes().to_vec() });
    Ok(NewCommit {
        parent: parent.cloned(),
        tree_of: None,
        edits: edits.iter().map(edit).collect::<Result<_, Box<dyn Error>>>()?,
        message: "Change\n\nTowpath-Format: 1\n".to_owned(),
        signature: Signature { name: "Towpath".to_owned(), email: "towpath@example.com".to_owned() },
        time: Time::from_unix(1_795_000_000),
    })
}

/// Writes a commit that sets one file.
fn commit(
    client: &dyn Repository,
    parent: Option<&CommitId>,
    bytes: &str,
) -> Result<CommitId, Box<dyn Error>> {
    Ok(client.commit(&new_commit(parent, &[("file", bytes)])?)?)
}

fn update(at: &str, old: Option<&CommitId>, new: Option<&CommitId>) -> Result<RefUpdate, Box<dyn Error>> {
    Ok(RefUpdate { name: name(at)?, old: old.cloned(), new: new.cloned() })
}

/// Pushes one ref.
fn push_one(
    client: &dyn Repository,
    at: &str,
    old: Option<&CommitId>,
    new: Option<&CommitId>,
) -> Result<PushOutcome, Box<dyn Error>> {
    let outcomes = client.push(&[update(at, old, new)?], PushMode::PerRef)?;
    let [outcome] = outcomes.as_slice() else {
        return Err(format!("{outcomes:?} is not one outcome").into());
    };
    Ok(outcome.clone())
}

fn tip(client: &dyn Repository, at: &str) -> Result<Option<CommitId>, Box<dyn Error>> {
    let at = name(at)?;
    Ok(client.refresh(&[RefQuery { name: at.clone(), since: Since::Tip }])?.remove(&at))
}

/// The tip of a ref that has to exist.
fn some_tip(client: &dyn Repository, at: &str) -> Result<CommitId, Box<dyn Error>> {
    tip(client, at)?.ok_or_else(|| format!("{at} is missing").into())
}

fn empty_host(host: &mut dyn Harness) -> Checked {
    let client = host.client();
    same!(client.refresh(&[])?, BTreeMap::new());
    same!(tip(&*client, MAIN)?, None);
    host.foreign_commit(&name("refs/heads/other/refs/heads/main")?, &[file("file", "1")]);
    same!(tip(&*client, MAIN)?, None);
    Ok(())
}

fn create(host: &mut dyn Harness) -> Checked {
    let (first, second) = (host.client(), host.client());
    let root = commit(&*first, None, "first")?;
    same!(push_one(&*first, MAIN, None, Some(&root))?, ACCEPTED);
    same!(host.get_ref(&name(MAIN)?), Some(root.clone()));
    let other = commit(&*second, None, "second")?;
    same!(push_one(&*second, MAIN, None, Some(&other))?, LOST);
    same!(host.get_ref(&name(MAIN)?), Some(root.clone()));
    same!(tip(&*second, MAIN)?, Some(root));
    Ok(())
}

fn compare_and_swap(host: &mut dyn Harness) -> Checked {
    let root = host.foreign_commit(&name(MAIN)?, &[file("file", "1")]);
    let client = host.client();
    same!(some_tip(&*client, MAIN)?, root);
    let child = commit(&*client, Some(&root), "2")?;
    same!(push_one(&*client, MAIN, Some(&root), Some(&child))?, ACCEPTED);
    same!(host.get_ref(&name(MAIN)?), Some(child.clone()));
    let grandchild = commit(&*client, Some(&child), "3")?;
    same!(push_one(&*client, MAIN, Some(&root), Some(&grandchild))?, LOST);
    same!(push_one(&*client, MAIN, None, Some(&grandchild))?, LOST);
    same!(host.get_ref(&name(MAIN)?), Some(child));
    Ok(())
}

fn lost_race(host: &mut dyn Harness) -> Checked {
    let root = host.foreign_commit(&name(MAIN)?, &[file("file", "1"), file("other", "1")]);
    let client = host.client();
    same!(some_tip(&*client, MAIN)?, root);
    let ours = commit(&*client, Some(&root), "ours")?;
    let theirs = host.foreign_commit(&name(MAIN)?, &[file("other", "theirs")]);
    same!(push_one(&*client, MAIN, Some(&root), Some(&ours))?, LOST);
    same!(host.get_ref(&name(MAIN)?), Some(theirs.clone()));
    same!(some_tip(&*client, MAIN)?, theirs);
    let again = commit(&*client, Some(&theirs), "ours")?;
    same!(push_one(&*client, MAIN, Some(&theirs), Some(&again))?, ACCEPTED);
    same!(client.read(&again, &path("other")?, 100)?, Some(b"theirs".to_vec()));
    Ok(())
}

fn atomic(host: &mut dyn Harness) -> Checked {
    let (main, journal) = (name(MAIN)?, name(JOURNAL)?);
    let root = host.foreign_commit(&main, &[file("file", "1")]);
    let entry = host.foreign_commit(&journal, &[file("state.json", "{}")]);
    let client = host.client();
    some_tip(&*client, MAIN)?;
    some_tip(&*client, JOURNAL)?;
    let (new_root, new_entry) = (commit(&*client, Some(&root), "2")?, commit(&*client, Some(&entry), "2")?);
    let updates =
        [update(MAIN, Some(&root), Some(&new_root))?, update(JOURNAL, Some(&entry), Some(&new_entry))?];
    if !client.supports_atomic() {
        like!(
            client.push(&updates, PushMode::Atomic)?.as_slice(),
            [PushOutcome::Refused { .. }, PushOutcome::Refused { .. }]
        );
        same!(host.get_ref(&main), Some(root));
        return Ok(());
    }
    let moved = host.foreign_commit(&journal, &[file("state.json", "{ }")]);
    same!(client.push(&updates, PushMode::Atomic)?, [LOST, LOST]);
    same!((host.get_ref(&main), host.get_ref(&journal)), (Some(root), Some(moved)));
    host.set_ref(&journal, Some(&entry));
    same!(client.push(&updates, PushMode::Atomic)?, [ACCEPTED, ACCEPTED]);
    same!((host.get_ref(&main), host.get_ref(&journal)), (Some(new_root), Some(new_entry)));
    same!(client.push(&[], PushMode::Atomic)?, []);
    Ok(())
}

fn rehearsed(host: &mut dyn Harness) -> Checked {
    let (main, journal) = (name(MAIN)?, name(JOURNAL)?);
    let root = host.foreign_commit(&main, &[file("file", "1")]);
    let client = host.client();
    some_tip(&*client, MAIN)?;
    let (child, entry) = (commit(&*client, Some(&root), "2")?, commit(&*client, None, "{}")?);
    let updates = [update(MAIN, Some(&root), Some(&child))?, update(JOURNAL, None, Some(&entry))?];
    let (mode, expected) = match client.supports_atomic() {
        true => (PushMode::Atomic, [LOST, LOST]),
        false => (PushMode::PerRef, [LOST, ACCEPTED]),
    };
    same!(client.rehearse(&updates, mode)?, [ACCEPTED, ACCEPTED]);
    same!((host.get_ref(&main), host.get_ref(&journal)), (Some(root), None));
    let moved = host.foreign_commit(&main, &[file("file", "theirs")]);
    same!(client.rehearse(&updates, mode)?, expected);
    same!((host.get_ref(&main), host.get_ref(&journal)), (Some(moved), None));
    same!(client.rehearse(&[], mode)?, []);
    Ok(())
}

fn per_ref(host: &mut dyn Harness) -> Checked {
    let (main, journal) = (name(MAIN)?, name(JOURNAL)?);
    let root = host.foreign_commit(&main, &[file("file", "1")]);
    let client = host.client();
    some_tip(&*client, MAIN)?;
    let (child, entry) = (commit(&*client, Some(&root), "2")?, commit(&*client, None, "{}")?);
    let moved = host.foreign_commit(&main, &[file("file", "other")]);
    let updates = [update(MAIN, Some(&root), Some(&child))?, update(JOURNAL, None, Some(&entry))?];
    same!(client.push(&updates, PushMode::PerRef)?, [LOST, ACCEPTED]);
    same!((host.get_ref(&main), host.get_ref(&journal)), (Some(moved), Some(entry)));
    Ok(())
}

fn delete(host: &mut dyn Harness) -> Checked {
    let topic = "refs/heads/towpath-pr/shop/web/dev";
    let first = host.foreign_commit(&name(topic)?, &[file("file", "1")]);
    let second = host.foreign_commit(&name(topic)?, &[file("file", "2")]);
    let client = host.client();
    same!(push_one(&*client, topic, Some(&first), None)?, LOST);
    same!(host.get_ref(&name(topic)?), Some(second.clone()));
    same!(push_one(&*client, topic, Some(&second), None)?, ACCEPTED);
    same!(host.get_ref(&name(topic)?), None);
    same!(push_one(&*client, topic, Some(&second), None)?, ACCEPTED);
    same!(tip(&*client, topic)?, None);
    Ok(())
}

fn rewound(host: &mut dyn Harness) -> Checked {
    let root = host.foreign_commit(&name(MAIN)?, &[file("file", "1")]);
    let client = host.client();
    some_tip(&*client, MAIN)?;
    let taken_back = commit(&*client, Some(&root), "2")?;
    same!(push_one(&*client, MAIN, Some(&root), Some(&taken_back))?, ACCEPTED);
    host.set_ref(&name(MAIN)?, Some(&root));
    let next = commit(&*client, Some(&taken_back), "3")?;
    same!(push_one(&*client, MAIN, Some(&taken_back), Some(&next))?, LOST);
    same!(host.get_ref(&name(MAIN)?), Some(root.clone()));
    same!(some_tip(&*client, MAIN)?, root);
    same!(client.contains(&root, &taken_back)?, false);
    Ok(())
}

fn replaced(host: &mut dyn Harness) -> Checked {
    let first = host.foreign_commit(&name(JOURNAL)?, &[file("state.json", "{}"), file("archive/1", "a")]);
    let client = host.client();
    same!(some_tip(&*client, JOURNAL)?, first);
    let rotation = NewCommit { tree_of: Some(first.clone()), ..new_commit(None, &[("state.json", "{ }")])? };
    let rotated = client.commit(&rotation)?;
    same!(push_one(&*client, JOURNAL, Some(&first), Some(&rotated))?, ACCEPTED);
    same!(host.get_ref(&name(JOURNAL)?), Some(rotated));
    let reader = host.client();
    let rotated = some_tip(&*reader, JOURNAL)?;
    same!(reader.read(&rotated, &path("archive/1")?, 10)?, Some(b"a".to_vec()));
    let history = reader.history(&rotated, None, 10)?;
    same!((history.commits.len(), history.complete), (1, true));
    same!(reader.contains(&rotated, &first)?, false);
    Ok(())
}

fn repeated(host: &mut dyn Harness) -> Checked {
    let (first, second) = (host.client(), host.client());
    let root = commit(&*first, None, "1")?;
    same!(push_one(&*first, MAIN, None, Some(&root))?, ACCEPTED);
    same!(push_one(&*first, MAIN, None, Some(&root))?, ACCEPTED);
    // The same commit, made twice, is one commit.
    same!(commit(&*second, None, "1")?, root);
    same!(push_one(&*second, MAIN, None, Some(&root))?, ACCEPTED);
    Ok(())
}

fn unmoved(host: &mut dyn Harness) -> Checked {
    let root = host.foreign_commit(&name(MAIN)?, &[file("file", "1")]);
    let client = host.client();
    some_tip(&*client, MAIN)?;
    same!(push_one(&*client, MAIN, Some(&root), Some(&root))?, ACCEPTED);
    host.foreign_commit(&name(MAIN)?, &[file("file", "2")]);
    same!(push_one(&*client, MAIN, Some(&root), Some(&root))?, LOST);
    Ok(())
}

fn unpushed(host: &mut dyn Harness) -> Checked {
    let root = host.foreign_commit(&name(MAIN)?, &[file("file", "1")]);
    let (first, second) = (host.client(), host.client());
    some_tip(&*first, MAIN)?;
    let child = commit(&*first, Some(&root), "2")?;
    same!(some_tip(&*second, MAIN)?, root);
    like!(second.read(&child, &path("file")?, 10), Err(RepositoryError::Mirror { .. }));
    same!(first.read(&child, &path("file")?, 10)?, Some(b"2".to_vec()));
    like!(
        second.push(&[update(MAIN, Some(&root), Some(&child))?], PushMode::PerRef),
        Err(RepositoryError::Mirror { .. })
    );
    same!(host.get_ref(&name(MAIN)?), Some(root));
    Ok(())
}

/// A tree with one entry of each kind.
const ZOO: [Entry<'_>; 6] = [
    Entry { path: "apps/web/kustomization.yaml", kind: Kind::File, bytes: "images: []\n" },
    Entry { path: "apps/run.sh", kind: Kind::Executable, bytes: "#!/bin/sh\n" },
    Entry { path: "link", kind: Kind::Link, bytes: "apps/run.sh" },
    Entry { path: "linked", kind: Kind::Link, bytes: "apps" },
    Entry { path: "module", kind: Kind::Submodule, bytes: "" },
    Entry { path: "empty", kind: Kind::File, bytes: "" },
];

fn reading(host: &mut dyn Harness) -> Checked {
    host.foreign_commit(&name(MAIN)?, &ZOO);
    let client = host.client();
    let tip = some_tip(&*client, MAIN)?;
    let read = |at: &str, limit| path(at).map(|at| client.read(&tip, &at, limit));
    same!(read("apps/web/kustomization.yaml", 11)??, Some(b"images: []\n".to_vec()));
    same!(read("apps/run.sh", 100)??, Some(b"#!/bin/sh\n".to_vec()));
    same!(read("empty", 0)??, Some(Vec::new()));
    for missing in ["nothing", "apps/nothing", "nothing/at/all", "apps/web/kustomization", "Apps/run.sh"] {
        same!(read(missing, 100)??, None);
    }
    for refused in ["apps", "link", "linked", "linked/run.sh", "module", "module/x", "empty/x"] {
        like!(read(refused, 100)?, Err(RepositoryError::NotAFile { .. }));
    }
    like!(read("apps/web/kustomization.yaml", 10)?, Err(RepositoryError::NotAFile { .. }));
    Ok(())
}

fn trees(host: &mut dyn Harness) -> Checked {
    let first = host.foreign_commit(&name(MAIN)?, &ZOO);
    let second = host.foreign_commit(&name(MAIN)?, &[file("apps/web/new", "1")]);
    let client = host.client();
    let query = RefQuery { name: name(MAIN)?, since: Since::Commit(first.clone()) };
    client.refresh(&[query])?;
    let tree = |commit, at: &str| path(at).map(|at| client.tree(commit, &at));
    like!(tree(&second, "apps")??, Some(_));
    same!(tree(&second, "apps")?? == tree(&first, "apps")??, false);
    for none in ["nothing", "empty", "link", "linked", "module", "linked/web", "empty/x"] {
        same!(tree(&second, none)??, None);
    }
    let parent = Some(&second);
    let same_bytes = client.commit(&new_commit(parent, &[("other", "1"), ("apps/web/new", "1")])?)?;
    same!(tree(&same_bytes, "apps/web")??, tree(&second, "apps/web")??);
    Ok(())
}

fn edits(host: &mut dyn Harness) -> Checked {
    let root = host.foreign_commit(&name(MAIN)?, &ZOO);
    let client = host.client();
    some_tip(&*client, MAIN)?;
    let change =
        [("apps/run.sh", "#!/bin/bash\n"), ("apps/web/overlays/dev/a", "a"), ("apps/web/b", "b\0\r\n")];
    let child = client.commit(&new_commit(Some(&root), &change)?)?;
    same!(push_one(&*client, MAIN, Some(&root), Some(&child))?, ACCEPTED);
    for (at, kind) in [
        ("apps/run.sh", Kind::Executable),
        ("apps/web/b", Kind::File),
        ("apps/web/overlays/dev/a", Kind::File),
        ("apps/web/kustomization.yaml", Kind::File),
        ("link", Kind::Link),
        ("module", Kind::Submodule),
    ] {
        same!((at, host.kind(&child, &path(at)?)), (at, Some(kind)));
    }
    let reader = host.client();
    same!(some_tip(&*reader, MAIN)?, child);
    for (at, bytes) in change.into_iter().chain([("apps/web/kustomization.yaml", "images: []\n")]) {
        same!(reader.read(&child, &path(at)?, 100)?, Some(bytes.as_bytes().to_vec()));
    }
    let unchanged = client.commit(&new_commit(Some(&child), &[])?)?;
    same!(client.tree(&unchanged, &path("apps")?)?, client.tree(&child, &path("apps")?)?);
    Ok(())
}

fn contradictions(host: &mut dyn Harness) -> Checked {
    let root = host.foreign_commit(&name(MAIN)?, &ZOO);
    let client = host.client();
    some_tip(&*client, MAIN)?;
    for change in [
        &[("apps", "x")][..],
        &[("link", "x")],
        &[("module", "x")],
        &[("empty/x", "x")],
        &[("linked/run.sh", "x")],
        &[("new", "x"), ("new-er", "x"), ("new/x", "x")],
        &[("new", "x"), ("new", "y")],
    ] {
        like!(client.commit(&new_commit(Some(&root), change)?), Err(RepositoryError::NotAFile { .. }));
    }
    Ok(())
}

fn history(host: &mut dyn Harness) -> Checked {
    let main = name(MAIN)?;
    let numbers = ["1", "2", "3", "4", "5"];
    let ids: Vec<_> = numbers.iter().map(|n| host.foreign_commit(&main, &[file("file", n)])).collect();
    let [first, second, third, fourth, last] = ids.as_slice() else { return Err("five commits".into()) };
    let stranger = host.foreign_commit(&name("refs/heads/stranger")?, &[file("file", "x")]);
    let client = host.client();
    client.refresh(&[RefQuery { name: main.clone(), since: Since::Commit(second.clone()) }])?;
    let walk = |until, limit| -> Result<(Vec<CommitId>, bool), RepositoryError> {
        let history = client.history(last, until, limit)?;
        Ok((history.commits.into_iter().map(|info| info.id).collect(), history.complete))
    };
    same!(walk(Some(second), 10)?, (vec![last.clone(), fourth.clone(), third.clone()], true));
    same!(walk(Some(second), 3)?.1, true);
    same!(walk(Some(second), 2)?, (vec![last.clone(), fourth.clone()], false));
    same!(walk(Some(last), 2)?, (vec![], true));
    for (commit, within) in [(last, true), (third, true), (first, true), (&stranger, false)] {
        same!((commit, client.contains(last, commit)?), (commit, within));
    }
    same!(client.contains(third, last)?, false);
    same!(walk(None, 10)?, (ids.iter().rev().cloned().collect(), true));
    let child = client.commit(&new_commit(Some(last), &[("file", "6")])?)?;
    let info = client.history(&child, Some(last), 1)?.commits.pop().ok_or("no commit")?;
    same!((&info.id, &info.parents), (&child, &vec![last.clone()]));
    same!((info.message.as_str(), info.time.unix()), ("Change\n\nTowpath-Format: 1\n", 1_795_000_000));
    Ok(())
}

fn round(host: &mut dyn Harness) -> Checked {
    let names = BTreeSet::from([name(MAIN)?]);
    let client = host.client();
    let client = &*client;
    let first = host.foreign_commit(&name(MAIN)?, &[file("file", "1")]);
    client.begin_round(&names);
    same!(some_tip(client, MAIN)?, first);
    let ours = commit(client, Some(&first), "2")?;
    same!(push_one(client, MAIN, Some(&first), Some(&ours))?, ACCEPTED);
    same!(some_tip(client, MAIN)?, ours);
    let theirs = host.foreign_commit(&name(MAIN)?, &[file("file", "3")]);
    let late = commit(client, Some(&ours), "late")?;
    same!(push_one(client, MAIN, Some(&ours), Some(&late))?, LOST);
    same!(some_tip(client, MAIN)?, theirs);
    let journal = host.foreign_commit(&name(JOURNAL)?, &[file("file", "1")]);
    same!(some_tip(client, JOURNAL)?, journal);
    let second = host.foreign_commit(&name(MAIN)?, &[file("file", "4")]);
    client.begin_round(&names);
    same!((some_tip(client, MAIN)?, some_tip(client, JOURNAL)?), (second, journal));
    let third = host.foreign_commit(&name(MAIN)?, &[file("file", "5")]);
    client.end_round();
    same!(some_tip(client, MAIN)?, third);
    Ok(())
}
