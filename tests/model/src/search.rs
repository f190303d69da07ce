//! The search: every state that can be reached, level by level, on several threads.
//!
//! States are told apart by 64 bits of hash. Beside each stands the one it was first reached from, so that the way to a
//! state can be walked again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use crate::goals::GOALS;
use crate::model::{Step, Walker};
use crate::node::Node;
use crate::world::World;

/// How many parts the set of known states has, each with a lock of its own.
const SHARDS: usize = 64;
/// How many states a thread takes at a time.
const PORTION: usize = 512;

/// A hash is its own hash.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers");
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Shard = HashMap<u64, u64, BuildHasherDefault<Same>>;

/// The states that were reached, and from where.
struct Known {
    shards: Vec<Mutex<Shard>>,
}

impl Known {
    fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    fn shard(&self, hash: u64) -> &Mutex<Shard> {
        // Bits that the map itself looks at last.
        &self.shards[(hash >> 40) as usize % SHARDS]
    }

    /// Answers whether it is new.
    fn add(&self, hash: u64, from: u64) -> bool {
        let mut shard = self.shard(hash).lock().expect("a lock");
        let mut new = false;
        shard.entry(hash).or_insert_with(|| {
            new = true;
            from
        });
        new
    }

    fn from(&self, hash: u64) -> u64 {
        *self.shard(hash).lock().expect("a lock").get(&hash).expect("a state that was reached")
    }

    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().expect("a lock").len()).sum()
    }
}

/// Rules that are broken in a state, or by a step out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    broken: u32,
    state: u64,
    step: Option<usize>,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct Found {
    /// States, each as often as it was reached.
    pub states: usize,
    /// States that differ.
    pub unique: usize,
    /// The most steps that it takes to get to a state.
    pub depth: usize,
    /// Which goals were reached, as bits.
    pub goals: u32,
    /// Whether all states were looked at.
    pub exhaustive: bool,
    /// Rules that were broken, as bits, and a shortest way there.
    pub broken: Option<(u32, Way)>,
}

/// A way to a state: each step with the state that it is taken in, and the last state.
#[derive(Debug, Clone)]
pub struct Way {
    /// The steps.
    pub steps: Vec<(Node, Step)>,
    /// Where they lead.
    pub last: Node,
}

/// One thread's share of a level.
#[derive(Default)]
struct Share {
    next: Vec<Node>,
    states: usize,
    goals: u32,
    findings: Vec<Finding>,
}

struct Search<'w> {
    known: Known,
    until: Instant,
    cut: AtomicBool,
    walkers: Vec<Walker<'w>>,
}

/// Looks at every state until `until`, or until a level of which a rule is broken.
pub fn search(world: &World, threads: usize, until: Instant) -> Found {
    let walkers = (0..threads.max(1)).map(|_| Walker::new(world)).collect();
    Search { known: Known::new(), until, cut: AtomicBool::new(false), walkers }.run()
}

impl Search<'_> {
    fn run(mut self) -> Found {
        let first = self.walkers[0].first();
        self.known.add(first.hash(), first.hash());
        let mut level = vec![first];
        let (mut states, mut depth, mut goals, mut findings) = (1, 0, 0, Vec::new());
        while !level.is_empty() && findings.is_empty() && !self.cut.load(Ordering::Relaxed) {
            let shares = self.level(&level);
            level.clear();
            for mut share in shares {
                states += share.states;
                goals |= share.goals;
                findings.append(&mut share.findings);
                level.append(&mut share.next);
            }
            depth += usize::from(!level.is_empty());
        }
        let broken = findings.iter().min().map(|finding| (finding.broken, self.way(*finding)));
        let exhaustive = broken.is_none() && !self.cut.load(Ordering::Relaxed);
        Found { states, unique: self.known.len(), depth, goals, exhaustive, broken }
    }

    fn level(&mut self, level: &[Node]) -> Vec<Share> {
        let (known, cut, until) = (&self.known, &self.cut, self.until);
        let taken = AtomicUsize::new(0);
        let taken = &taken;
        let work = move |walker: &mut Walker<'_>| {
            let mut share = Share::default();
            loop {
                let from = taken.fetch_add(PORTION, Ordering::Relaxed);
                if from >= level.len() || cut.load(Ordering::Relaxed) {
                    return share;
                }
                let to = level.len().min(from + PORTION);
                level[from..to].iter().for_each(|node| share.take(walker, known, node));
                if Instant::now() > until {
                    cut.store(true, Ordering::Relaxed);
                }
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                self.walkers.iter_mut().map(|walker| scope.spawn(move || work(walker))).collect();
            threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
        })
    }

    /// Walks again how a state was reached.
    fn way(&mut self, finding: Finding) -> Way {
        let mut hashes = vec![finding.state];
        while let Some(from) =
            hashes.last().map(|last| self.known.from(*last)).filter(|f| Some(f) != hashes.last())
        {
            hashes.push(from);
        }
        hashes.reverse();
        let walker = &mut self.walkers[0];
        let mut last = walker.first();
        let mut steps = Vec::new();
        for hash in &hashes[1..] {
            let all = walker.successors(&last);
            let (step, next) = all.into_iter().find(|(_, next)| next.hash() == *hash).expect("a step there");
            steps.push((std::mem::replace(&mut last, next), step));
        }
        if let Some(number) = finding.step {
            let (step, next) = walker.successors(&last).swap_remove(number);
            steps.push((std::mem::replace(&mut last, next), step));
        }
        Way { steps, last }
    }
}

impl Share {
    fn take(&mut self, walker: &mut Walker<'_>, known: &Known, node: &Node) {
        let hash = node.hash();
        for (i, (_, reached)) in GOALS.iter().enumerate() {
            if self.goals & 1 << i == 0 && reached(walker.world, node) {
                self.goals |= 1 << i;
            }
        }
        let broken = walker.broken_in(node);
        if broken != 0 {
            self.findings.push(Finding { broken, state: hash, step: None });
        }
        let mut number = 0;
        walker.each_successor(node, &mut |_, next| {
            self.states += 1;
            if next.broken != 0 {
                self.findings.push(Finding { broken: next.broken, state: hash, step: Some(number) });
            } else if known.add(next.hash(), hash) {
                self.next.push(next);
            }
            number += 1;
        });
    }
}
