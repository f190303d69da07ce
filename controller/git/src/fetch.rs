//! Brings the mirror up to what queries need: nothing when it is there, otherwise as little as possible.

use std::collections::{BTreeMap, BTreeSet};

use git2::Oid;
use towpath_core::id::{CommitId, RefName};
use towpath_engine::ports::{Heads, RefQuery, RepositoryError, Since};

use crate::lock::Mode;
use crate::objects::oid;
use crate::options::HistoryDepth;
use crate::repository::GitRepository;
use crate::walk::{self, Reach};

/// How much of a ref is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// What is new since the last time; everything the first time.
    New,
    /// So many commits from the tip, whatever is here.
    Commits(u32),
}

/// git's own number for "all of it".
const WHOLE: u32 = 0x7fff_ffff;
/// Beyond this many commits the rest is fetched at once.
const DEEP: u32 = 20_000;
/// How many fetches a query may need: some for refs that move meanwhile, and deepening from 1 to [`DEEP`].
const ROUNDS: u32 = 16;

/// A ref with the depth it is wanted in.
type Wants<'q> = BTreeMap<&'q RefName, Depth>;

impl GitRepository {
    /// Fetches until every query is answered from the mirror, from these heads on; reads the refs again where
    /// they moved meanwhile.
    pub(crate) fn bring(&self, queries: &[RefQuery], mut heads: Heads) -> Result<Heads, RepositoryError> {
        let names: BTreeSet<&RefName> = queries.iter().map(|query| &query.name).collect();
        let mut last = 0;
        for _ in 0..ROUNDS {
            let wants = self.wants(queries, &heads, last)?;
            if wants.is_empty() {
                self.forget_gone(&names, &heads);
                return Ok(heads);
            }
            last = wants.values().map(|depth| depth.commits()).max().unwrap_or(0).max(last);
            let fetched = self.fetch(&wants);
            if fetched.is_err() || self.moved(&wants, &heads)? {
                let before = std::mem::replace(&mut heads, self.advertised(&names)?);
                if before == heads {
                    fetched?;
                }
            }
        }
        Err(self.git.unreachable("the refs move faster than they can be fetched"))
    }

    /// Brings more history below a tip, until `found` or all of it is here.
    pub(crate) fn contains_deepening(
        &self,
        tip: &CommitId,
        commit: &CommitId,
    ) -> Result<bool, RepositoryError> {
        let mut last = 0;
        for _ in 0..ROUNDS {
            let seen = match self.reach(tip, commit)? {
                Reach::Yes => return Ok(true),
                Reach::No => return Ok(false),
                Reach::Unknown { seen } => seen,
            };
            let names = self.refs_around(tip)?;
            let depth = self.deeper(seen, last)?;
            last = depth.commits();
            self.fetch(&names.iter().map(|name| (name, depth)).collect())?;
        }
        Err(RepositoryError::Mirror { reason: format!("the history of {tip} cannot be completed") })
    }

    /// Whether `commit` is `tip` or an ancestor of it, as far as the mirror knows.
    pub(crate) fn reach(&self, tip: &CommitId, commit: &CommitId) -> Result<Reach, RepositoryError> {
        self.mirror.with(|repository| {
            let (tip, commit) = (oid(tip)?, oid(commit)?);
            walk::reach(&repository.odb()?, tip, commit)?.ok_or(crate::mirror::Fault::Missing(tip))
        })
    }

    /// The refs to deepen for the sake of a commit: those above or below it, otherwise all that were read.
    fn refs_around(&self, tip: &CommitId) -> Result<Vec<RefName>, RepositoryError> {
        let known = self.known();
        let mut related = Vec::new();
        for (name, head) in &known {
            if self.reach(head, tip)? == Reach::Yes || self.reach(tip, head)? == Reach::Yes {
                related.push(name.clone());
            }
        }
        match (related.is_empty(), known.is_empty()) {
            (false, _) => Ok(related),
            (true, false) => Ok(known.into_keys().collect()),
            (true, true) => {
                let reason = format!("the history of {tip} is cut, and no ref was read that leads to it");
                Err(RepositoryError::Mirror { reason })
            }
        }
    }

    /// What is missing, and in which depth; `last` is the deepest that was asked for in this call.
    fn wants<'q>(
        &self,
        queries: &'q [RefQuery],
        heads: &Heads,
        last: u32,
    ) -> Result<Wants<'q>, RepositoryError> {
        let mut wants = Wants::new();
        for query in queries {
            let Some(tip) = heads.get(&query.name) else { continue };
            if let Some(depth) = self.want(query, tip, last)? {
                let wanted = wants.entry(&query.name).or_insert(depth);
                *wanted = depth.max(*wanted);
            }
        }
        Ok(wants)
    }

    fn want(&self, query: &RefQuery, tip: &CommitId, last: u32) -> Result<Option<Depth>, RepositoryError> {
        let until = match &query.since {
            Since::Tip => {
                let here = self.mirror.with(|r| Ok(walk::node(&r.odb()?, oid(tip)?)?.is_some()))?;
                return if here { Ok(None) } else { self.first_want(query).map(Some) };
            }
            Since::Commit(until) => Some(until),
            Since::Beginning => None,
        };
        let stretch = self.mirror.with(|repository| {
            let until = until.map(oid).transpose()?;
            walk::stretch(&repository.odb()?, oid(tip)?, until, usize::MAX)
        })?;
        match stretch {
            None => self.first_want(query).map(Some),
            Some(stretch) if !stretch.edge && !stretch.until_missing => Ok(None),
            Some(_) if until.is_none() => self.deeper(usize::MAX, last).map(Some),
            Some(stretch) => self.deeper(stretch.commits.len(), last).map(Some),
        }
    }

    /// What to ask for when the tip is not here.
    fn first_want(&self, query: &RefQuery) -> Result<Depth, RepositoryError> {
        let kept = self.mirror.kept(&query.name)?;
        Ok(match (self.first_depth(), &query.since) {
            (Some(_), _) if kept.is_some() => Depth::New,
            (Some(_), Since::Tip) => Depth::Commits(1),
            (Some(first), Since::Commit(_)) => Depth::Commits(first),
            (Some(_), Since::Beginning) => Depth::Commits(WHOLE),
            (None, _) => Depth::New,
        })
    }

    /// Four times of what is here.
    fn deeper(&self, seen: usize, last: u32) -> Result<Depth, RepositoryError> {
        if self.refuses_depth() {
            self.mirror.mark_damaged();
            let reason = "its history is cut and the host cannot complete it: it is made anew".to_owned();
            return Err(RepositoryError::Mirror { reason });
        }
        let seen = u32::try_from(seen).unwrap_or(WHOLE);
        let next = seen.max(last).max(self.first_depth().unwrap_or(WHOLE)).saturating_mul(4);
        Ok(Depth::Commits(if next > DEEP { WHOLE } else { next }))
    }

    /// The depth to begin with, if the mirror is to be shallow and the host can do it.
    fn first_depth(&self) -> Option<u32> {
        match self.depth {
            HistoryDepth::Shallow(first) if !self.refuses_depth() => Some(first.get()),
            HistoryDepth::Shallow(_) | HistoryDepth::Full => None,
        }
    }

    /// Fetches refs, one command for each depth.
    fn fetch(&self, wants: &Wants<'_>) -> Result<(), RepositoryError> {
        let depths: BTreeSet<Depth> = wants.values().copied().collect();
        for depth in depths {
            let names: Vec<&RefName> =
                wants.iter().filter(|(_, wanted)| **wanted == depth).map(|(name, _)| *name).collect();
            self.fetch_at(&names, depth)?;
        }
        Ok(())
    }

    fn fetch_at(&self, names: &[&RefName], depth: Depth) -> Result<(), RepositoryError> {
        let result = self.fetch_once(names, depth);
        if result.is_err() && self.mirror.has_broken_refs() {
            // The caller finds that all is missing and begins with the depth of a first fetch.
            return self.mirror.renew(|| self.mirror.has_broken_refs());
        }
        match (&result, depth) {
            (Err(error), Depth::Commits(_)) if knows_no_depth(error) && !self.mirror.is_shallow() => {
                self.remember_refused_depth();
                self.fetch_once(names, Depth::New)
            }
            _ => result,
        }
    }

    fn fetch_once(&self, names: &[&RefName], depth: Depth) -> Result<(), RepositoryError> {
        let refspec = |name: &&RefName| Ok(format!("+{name}:{}", self.mirror.private_ref(name)?));
        let refspecs = names.iter().map(refspec).collect::<Result<Vec<_>, RepositoryError>>()?;
        let depth = depth.argument();
        let mut args = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-gc",
            "--no-recurse-submodules",
            "--update-shallow",
            "--refmap=",
        ];
        args.extend(depth.as_deref());
        args.extend(["--", self.address.url.as_str()]);
        args.extend(refspecs.iter().map(String::as_str));
        let held = self.mirror.lock(Mode::Exclusive)?;
        self.mirror.remove_stale_locks(&held);
        let finished = self.git.run(self.mirror.path(), &args)?;
        if finished.success() { Ok(()) } else { Err(self.git.failure("fetch", &finished)) }
    }

    /// Whether a fetched ref is not what the host had said before.
    fn moved(&self, wants: &Wants<'_>, heads: &Heads) -> Result<bool, RepositoryError> {
        for name in wants.keys() {
            let told = heads.get(name).and_then(|tip| Oid::from_str(tip.as_str()).ok());
            if self.mirror.kept(name)? != told {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn forget_gone(&self, names: &BTreeSet<&RefName>, heads: &Heads) {
        for name in names.iter().filter(|name| !heads.contains_key(**name)) {
            self.mirror.keep(name, None);
        }
    }
}

/// Whether a fetch failed because the host, such as one that only has files, cannot cut histories. The git
/// program has no other sign of it than its words.
fn knows_no_depth(error: &RepositoryError) -> bool {
    let text = error.to_string();
    ["does not support shallow", "does not support --depth", "does not support --deepen"]
        .iter()
        .any(|part| text.contains(part))
}

impl Depth {
    fn commits(self) -> u32 {
        match self {
            Self::New => 0,
            Self::Commits(n) => n,
        }
    }

    fn argument(self) -> Option<String> {
        match self {
            Self::New => None,
            Self::Commits(n) => Some(format!("--depth={n}")),
        }
    }
}
