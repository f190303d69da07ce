//! Walks over commits as they are stored.
//!
//! Parents are read from the objects themselves: libgit2 hides the parents of commits at a shallow edge, so
//! that a cut history would look like a whole one. A parent that is not in the mirror is an *edge*.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

use git2::{Error, ErrorCode, ObjectType, Odb, Oid};

use crate::mirror::Fault;

/// What a walk needs of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub parents: Vec<Oid>,
    /// The committer's time in seconds since 1970.
    pub time: i64,
}

/// A commit that is larger is not one of ours, nor of anybody's.
const LARGEST: usize = 16 << 20;
/// How many commits a walk looks at beyond those asked for, so that clocks that went wrong do little harm.
const SLACK: usize = 64;

/// Whether a commit is an ancestor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Yes,
    No,
    /// Not within the history that is here; so many commits of it were seen.
    Unknown {
        seen: usize,
    },
}

/// A stretch of history, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub commits: Vec<(Oid, Node)>,
    /// Whether it ended by itself.
    pub complete: bool,
    /// Whether it ended at an edge.
    pub edge: bool,
    /// Whether it ended above `until` itself, which is known by its name only.
    pub until_missing: bool,
}

/// Reads a commit's bytes; `None` when it is not here.
pub(crate) fn bytes(odb: &Odb<'_>, id: Oid) -> Result<Option<Vec<u8>>, Fault> {
    let (size, kind) = match odb.read_header(id) {
        Err(e) if e.code() == ErrorCode::NotFound => return Ok(None),
        header => header?,
    };
    if kind != ObjectType::Commit || size > LARGEST {
        return Err(Fault::NotACommit(id));
    }
    Ok(Some(odb.read(id)?.data().to_vec()))
}

/// Reads a commit; `None` when it is not here.
pub(crate) fn node(odb: &Odb<'_>, id: Oid) -> Result<Option<Node>, Fault> {
    let Some(bytes) = bytes(odb, id)? else { return Ok(None) };
    let invalid = || Error::from_str(&format!("{id} is not a valid commit"));
    Ok(Some(parse(&bytes).ok_or_else(invalid)?))
}

fn parse(bytes: &[u8]) -> Option<Node> {
    let (mut parents, mut time) = (Vec::new(), None);
    for line in bytes.split(|b| *b == b'\n').take_while(|line| !line.is_empty()) {
        if let Some(id) = line.strip_prefix(b"parent ") {
            parents.push(Oid::from_str(std::str::from_utf8(id).ok()?).ok()?);
        } else if let Some(committer) = line.strip_prefix(b"committer ") {
            let mut words = committer.rsplit(|b| *b == b' ');
            let seconds = words.nth(1)?;
            time = std::str::from_utf8(seconds).ok()?.parse().ok();
        }
    }
    Some(Node { parents, time: time? })
}

/// The message of a commit's bytes: what follows the first empty line.
pub(crate) fn message(bytes: &[u8]) -> String {
    let start = bytes.windows(2).position(|pair| pair == b"\n\n").map_or(bytes.len(), |at| at + 2);
    String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned()
}

/// Whether `commit` is `tip` or an ancestor of it; `None` when the tip is not here.
pub(crate) fn reach(odb: &Odb<'_>, tip: Oid, commit: Oid) -> Result<Option<Reach>, Fault> {
    let Some(first) = node(odb, tip)? else { return Ok(None) };
    let mut seen = HashSet::from([tip]);
    let mut queue = BinaryHeap::from([(first.time, tip, first.parents)]);
    let mut edge = false;
    while let Some((_, id, parents)) = queue.pop() {
        if id == commit {
            return Ok(Some(Reach::Yes));
        }
        for parent in parents {
            // The object of an ancestor at the edge need not be here to be known by its name.
            if parent == commit {
                return Ok(Some(Reach::Yes));
            }
            if !seen.insert(parent) {
                continue;
            }
            match node(odb, parent)? {
                Some(node) => queue.push((node.time, parent, node.parents)),
                None => edge = true,
            }
        }
    }
    Ok(Some(if edge { Reach::Unknown { seen: seen.len() } } else { Reach::No }))
}

/// The commits reachable from `tip` and not from `until`, at most `limit`; `None` when the tip is not here.
pub(crate) fn stretch(
    odb: &Odb<'_>,
    tip: Oid,
    until: Option<Oid>,
    limit: usize,
) -> Result<Option<Stretch>, Fault> {
    let Some(first) = node(odb, tip)? else { return Ok(None) };
    let mut painting = Painting {
        odb,
        until,
        seen: HashMap::new(),
        queue: BinaryHeap::new(),
        open: 0,
        until_missing: false,
    };
    painting.add(tip, first, until == Some(tip));
    if let Some(until) = until.filter(|until| *until != tip)
        && let Some(node) = node(odb, until)?
    {
        painting.add(until, node, true);
    }
    let (whole, edges) = painting.run(limit.saturating_add(SLACK))?;
    let wanted = painting.wanted();
    let edge = edges.iter().any(|child| wanted.contains_key(child)) || painting.any_hidden(&edges);
    let total = wanted.len();
    // Behind a merge, what is wanted could be below the commit that is known by its name only.
    let certain = !painting.until_missing || wanted.values().all(|node| node.parents.len() < 2);
    let commits = in_order(wanted, limit);
    let complete = whole && !edge && certain && commits.len() == total;
    Ok(Some(Stretch { commits, complete, edge, until_missing: painting.until_missing }))
}

struct Seen {
    node: Node,
    hidden: bool,
    walked: bool,
}

/// Two colours spread from two commits, newest first.
struct Painting<'a> {
    odb: &'a Odb<'a>,
    until: Option<Oid>,
    seen: HashMap<Oid, Seen>,
    queue: BinaryHeap<(i64, Oid)>,
    /// Commits in the queue that are not hidden.
    open: usize,
    until_missing: bool,
}

impl Painting<'_> {
    fn add(&mut self, id: Oid, node: Node, hidden: bool) {
        self.open += usize::from(!hidden);
        self.queue.push((node.time, id));
        self.seen.insert(id, Seen { node, hidden, walked: false });
    }

    /// Spreads until only hidden commits are left, or so many wanted ones were found: whether it was all, and
    /// the commits with a parent that is not here.
    fn run(&mut self, most: usize) -> Result<(bool, Vec<Oid>), Fault> {
        let (mut edges, mut found, mut slack) = (Vec::new(), 0, SLACK);
        while let Some((_, id)) = self.queue.pop() {
            let Some(seen) = self.seen.get_mut(&id) else { continue };
            seen.walked = true;
            let (hidden, parents) = (seen.hidden, seen.node.parents.clone());
            self.open -= usize::from(!hidden);
            found += usize::from(!hidden);
            let counts = !hidden || self.open > 0;
            for parent in parents {
                if !self.spread(parent, hidden)? && counts {
                    edges.push(id);
                }
            }
            if found >= most && self.open > 0 {
                return Ok((false, edges));
            }
            // A wrong clock can put a hidden commit behind those it hides.
            slack = if self.open > 0 { SLACK } else { slack - 1 };
            if slack == 0 {
                break;
            }
        }
        Ok((true, edges))
    }

    /// Reaches a commit in a colour; whether it is here.
    fn spread(&mut self, id: Oid, hidden: bool) -> Result<bool, Fault> {
        match self.seen.get(&id) {
            Some(seen) if !hidden || seen.hidden => {}
            Some(_) => self.hide(id),
            None => match node(self.odb, id)? {
                Some(node) => self.add(id, node, hidden || self.until == Some(id)),
                None if self.until == Some(id) => self.until_missing = true,
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// Hides a commit that looked wanted, and what was reached from it.
    fn hide(&mut self, id: Oid) {
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            let Some(seen) = self.seen.get_mut(&id).filter(|seen| !seen.hidden) else { continue };
            seen.hidden = true;
            if seen.walked {
                stack.extend(&seen.node.parents);
            } else {
                self.open -= 1;
            }
        }
    }

    /// Whether a hidden commit has a parent that is not here, while wanted ones may be behind it.
    fn any_hidden(&self, edges: &[Oid]) -> bool {
        edges.iter().any(|child| self.seen.get(child).is_some_and(|seen| seen.hidden))
    }

    fn wanted(&self) -> HashMap<Oid, Node> {
        let walked = self.seen.iter().filter(|(_, seen)| seen.walked && !seen.hidden);
        walked.map(|(id, seen)| (*id, seen.node.clone())).collect()
    }
}

/// The newest commits, each before its parents.
fn in_order(mut nodes: HashMap<Oid, Node>, limit: usize) -> Vec<(Oid, Node)> {
    let mut children: HashMap<Oid, usize> = HashMap::new();
    for parent in nodes.values().flat_map(|node| node.parents.iter().collect::<BTreeSet<_>>()) {
        *children.entry(*parent).or_default() += 1;
    }
    let free = nodes.iter().filter(|(id, _)| !children.contains_key(*id));
    let mut queue: BinaryHeap<_> = free.map(|(id, node)| (node.time, Reverse(*id))).collect();
    let mut order = Vec::new();
    while let Some((_, Reverse(id))) = queue.pop() {
        if order.len() == limit {
            break;
        }
        let Some(node) = nodes.remove(&id) else { continue };
        for parent in node.parents.iter().collect::<BTreeSet<_>>() {
            let left = children.entry(*parent).or_insert(1);
            *left -= 1;
            if *left == 0
                && let Some(next) = nodes.get(parent)
            {
                queue.push((next.time, Reverse(*parent)));
            }
        }
        order.push((id, node));
    }
    order
}

#[cfg(test)]
mod tests {
    use git2::Repository;
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    /// Commits by number; parents come before their children.
    struct Graph {
        _folder: TempDir,
        repository: Repository,
        ids: Vec<Oid>,
        parents: Vec<Vec<usize>>,
    }

    impl Graph {
        /// `commits` are parents, time and whether the commit is in the mirror.
        fn new(commits: &[(Vec<usize>, i64, bool)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let repository = Repository::init_bare(folder.path()).unwrap();
            let mut ids: Vec<Oid> = Vec::new();
            for (n, (parents, time, here)) in commits.iter().enumerate() {
                let mut text = format!("tree {}\n", "0".repeat(40));
                for parent in parents {
                    text += &format!("parent {}\n", ids[*parent]);
                }
                text += &format!("author a <b> 1 +0000\ncommitter a <b> {time} +0100\n\n{n}\n\nmore\n");
                let id = Oid::hash_object(ObjectType::Commit, text.as_bytes()).unwrap();
                if *here {
                    repository.odb().unwrap().write(ObjectType::Commit, text.as_bytes()).unwrap();
                }
                ids.push(id);
            }
            let parents = commits.iter().map(|(parents, ..)| parents.clone()).collect();
            Self { _folder: folder, repository, ids, parents }
        }

        fn chain(length: usize) -> Self {
            let parents = |n: usize| n.checked_sub(1).into_iter().collect();
            Self::new(&(0..length).map(|n| (parents(n), n as i64, true)).collect::<Vec<_>>())
        }

        /// What is reachable, by brute force.
        fn below(&self, from: usize) -> BTreeSet<usize> {
            let mut all = BTreeSet::from([from]);
            for n in (0..=from).rev() {
                if all.contains(&n) {
                    all.extend(&self.parents[n]);
                }
            }
            all
        }

        fn stretch(&self, tip: usize, until: Option<usize>, limit: usize) -> (Vec<usize>, Stretch) {
            let odb = self.repository.odb().unwrap();
            let until = until.map(|n| self.ids[n]);
            let stretch = stretch(&odb, self.ids[tip], until, limit).unwrap().unwrap();
            let number = |id| self.ids.iter().position(|known| *known == id).unwrap();
            (stretch.commits.iter().map(|(id, _)| number(*id)).collect(), stretch)
        }

        fn reach(&self, tip: usize, commit: usize) -> Reach {
            reach(&self.repository.odb().unwrap(), self.ids[tip], self.ids[commit]).unwrap().unwrap()
        }
    }

    #[test]
    fn commits_are_parsed_as_stored() {
        let graph = Graph::new(&[(vec![], 5, true), (vec![], 6, false), (vec![0, 1], 7, true)]);
        let odb = graph.repository.odb().unwrap();
        let stored = node(&odb, graph.ids[2]).unwrap().unwrap();
        assert_eq!(stored, Node { parents: vec![graph.ids[0], graph.ids[1]], time: 7 });
        assert_eq!(message(&bytes(&odb, graph.ids[2]).unwrap().unwrap()), "2\n\nmore\n");
        assert_eq!(node(&odb, graph.ids[1]).unwrap(), None);
        let blob = odb.write(ObjectType::Blob, b"x").unwrap();
        assert!(matches!(node(&odb, blob), Err(Fault::NotACommit(id)) if id == blob));
        let broken = odb.write(ObjectType::Commit, b"parent x\n\n").unwrap();
        assert!(matches!(node(&odb, broken), Err(Fault::Local(_))));
        assert_eq!(message(b"tree x"), "");
        assert_eq!(message(b"a b\n\n\xff"), "\u{fffd}");
    }

    #[test]
    fn a_limit_is_not_an_end() {
        let graph = Graph::chain(200);
        let (numbers, stretch) = graph.stretch(199, None, 3);
        assert_eq!((numbers, stretch.complete, stretch.edge), (vec![199, 198, 197], false, false));
        assert!(graph.stretch(199, Some(196), 3).1.complete);
        assert!(!graph.stretch(199, Some(195), 3).1.complete);
        assert_eq!(graph.stretch(199, Some(199), 3).0, Vec::<usize>::new());
    }

    #[test]
    fn a_commit_known_by_its_name_ends_a_chain() {
        let graph = Graph::new(&[(vec![], 0, false), (vec![0], 1, true), (vec![1], 2, true)]);
        let (numbers, stretch) = graph.stretch(2, Some(0), 9);
        assert_eq!((numbers, stretch.complete, stretch.until_missing), (vec![2, 1], true, true));
        assert!(!graph.stretch(2, None, 9).1.complete, "an edge");
        assert_eq!(graph.reach(2, 0), Reach::Yes);
        let other = Oid::hash_object(ObjectType::Commit, b"").unwrap();
        let odb = graph.repository.odb().unwrap();
        assert_eq!(reach(&odb, graph.ids[2], other).unwrap(), Some(Reach::Unknown { seen: 3 }));
        assert_eq!(reach(&odb, graph.ids[0], other).unwrap(), None);
    }

    /// Up to 12 commits with up to two parents each.
    fn commits(skewed: bool, missing: bool) -> impl Strategy<Value = Vec<(Vec<usize>, i64, bool)>> {
        let commit = (0..3_usize, any::<[prop::sample::Index; 2]>(), 0..20_i64, prop::bool::weighted(0.8));
        prop::collection::vec(commit, 2..12).prop_map(move |raw| {
            let one =
                |(n, (count, picks, time, here)): (usize, (usize, [prop::sample::Index; 2], i64, bool))| {
                    let parents: BTreeSet<usize> =
                        picks.iter().take(if n == 0 { 0 } else { count }).map(|pick| pick.index(n)).collect();
                    let time = if skewed { time } else { n as i64 };
                    (parents.into_iter().collect(), time, here || !missing)
                };
            raw.into_iter().enumerate().map(one).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn with_everything_here_a_walk_is_exact(
            commits in commits(true, false),
            tip in any::<prop::sample::Index>(),
            until in any::<Option<prop::sample::Index>>(),
        ) {
            let graph = Graph::new(&commits);
            let tip = tip.index(commits.len());
            let until = until.map(|until| until.index(commits.len()));
            let (numbers, stretch) = graph.stretch(tip, until, usize::MAX);
            let hidden = until.map(|until| graph.below(until)).unwrap_or_default();
            let wanted: BTreeSet<usize> = graph.below(tip).difference(&hidden).copied().collect();
            prop_assert_eq!(numbers.iter().copied().collect::<BTreeSet<_>>(), wanted);
            prop_assert!(stretch.complete);
            for (at, n) in numbers.iter().enumerate() {
                prop_assert!(numbers[..at].iter().all(|earlier| !graph.parents[*n].contains(earlier)));
            }
            for n in 0..commits.len() {
                let expected = if graph.below(tip).contains(&n) { Reach::Yes } else { Reach::No };
                prop_assert_eq!(graph.reach(tip, n), expected);
            }
        }

        #[test]
        fn with_commits_missing_a_walk_never_claims_too_much(
            mut commits in commits(false, true),
            until in any::<Option<prop::sample::Index>>(),
        ) {
            let tip = commits.len() - 1;
            commits[tip].2 = true;
            let graph = Graph::new(&commits);
            let until = until.map(|until| until.index(tip));
            let (numbers, stretch) = graph.stretch(tip, until, usize::MAX);
            let below_tip = graph.below(tip);
            let known = until.is_none_or(|until| commits[until].2 || stretch.until_missing);
            if stretch.complete && known {
                let hidden = until.map(|until| graph.below(until)).unwrap_or_default();
                let wanted: BTreeSet<usize> = below_tip.difference(&hidden).copied().collect();
                prop_assert_eq!(numbers.into_iter().collect::<BTreeSet<_>>(), wanted);
            }
            for n in 0..commits.len() {
                match graph.reach(tip, n) {
                    Reach::Yes => prop_assert!(below_tip.contains(&n)),
                    Reach::No => prop_assert!(!below_tip.contains(&n)),
                    Reach::Unknown { .. } => prop_assert!(below_tip.iter().any(|n| !commits[*n].2)),
                }
            }
        }
    }
}
