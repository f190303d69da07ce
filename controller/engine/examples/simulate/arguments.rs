//! What the command line asks for.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use towpath_core::museum::{ALL, Bug};
use towpath_engine::sim::{FaultId, Kind, Opening, Orders};

use crate::MUSEUM_SEEDS;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Plays seeds.
    Seeds,
    /// Plays one opening alone, without faults.
    Alone,
    /// Plants each bug in turn.
    Bugs,
    /// Crashes at each effect of each opening.
    Crashes,
    /// Crashes at each pair of effects of each opening.
    CrashPairs,
}

/// What the command line asks for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) mode: Mode,
    pub(crate) seeds: Range<u64>,
    pub(crate) trace: bool,
    pub(crate) bug: Option<Bug>,
    pub(crate) unguarded: bool,
    /// What runs begin with, or whose effects are struck; nothing when that is drawn, or all are.
    pub(crate) opening: Option<Opening>,
    pub(crate) only: Option<BTreeSet<FaultId>>,
    pub(crate) spared: BTreeSet<Kind>,
    pub(crate) summary: Option<PathBuf>,
    /// The list to which what the seeds came to is added.
    pub(crate) long: Option<PathBuf>,
}

/// The usage, for people.
pub(crate) const USAGE: &str = "\
simulate [--seeds N | --seeds A..B | --seed N] [--bug NAME [--unguarded]] [--only FAULT,...] [--spare KIND,...]
         [--trace] [--summary FILE | --long FILE]
simulate --scenario NAME          play one opening alone, without faults, and tell what happens
simulate --scenario NAME --seeds  begin every run with it; --seed, --trace, --bug and --only as above
simulate --bugs [--seeds N]       plant each bug in turn, or --bug NAME alone; fails when one is not found within 2,000 seeds
simulate --crashes                crash at each effect of each opening, or of --scenario NAME, before and after it
simulate --crash-pairs            the same at each pair of effects";

/// What is played when nobody says it.
const SEEDS: Range<u64> = 0..500;

impl Wanted {
    /// Reads the arguments; the error is for people.
    pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut wanted = Self {
            mode: Mode::Seeds,
            seeds: SEEDS,
            trace: false,
            bug: None,
            unguarded: false,
            opening: None,
            only: None,
            spared: BTreeSet::new(),
            summary: None,
            long: None,
        };
        let (mut args, mut chosen) = (args, false);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                "--seed" => {
                    let seed = number(&arg, &value()?)?;
                    (wanted.seeds, chosen) = (seed..seed + 1, true);
                }
                "--seeds" => (wanted.seeds, chosen) = (range(&arg, &value()?)?, true),
                "--scenario" => wanted.opening = Some(opening(&value()?)?),
                "--trace" => wanted.trace = true,
                "--unguarded" => wanted.unguarded = true,
                "--bugs" => wanted.mode = Mode::Bugs,
                "--crashes" => wanted.mode = Mode::Crashes,
                "--crash-pairs" => wanted.mode = Mode::CrashPairs,
                "--bug" => wanted.bug = Some(bug(&value()?)?),
                "--only" => wanted.only = Some(faults(&value()?)?),
                "--spare" => wanted.spared.extend(kinds(&value()?)?),
                "--long" => wanted.long = Some(value()?.into()),
                "--summary" => wanted.summary = Some(value()?.into()),
                other => return Err(format!("unknown argument {other}\n{USAGE}")),
            }
        }
        if wanted.mode == Mode::Bugs && !chosen {
            wanted.seeds = 0..MUSEUM_SEEDS;
        }
        let alone = wanted.opening.is_some() && !chosen && wanted.mode == Mode::Seeds;
        match (alone, wanted.bug.is_some() || wanted.only.is_some() || wanted.summary.is_some()) {
            (true, true) => return Err(format!("--scenario plays alone without --seed or --seeds\n{USAGE}")),
            (true, false) => wanted.mode = Mode::Alone,
            (false, _) => {}
        }
        Ok(wanted)
    }

    /// The first run that is asked for.
    pub(crate) fn orders(&self) -> Orders {
        Orders {
            seed: self.seeds.start,
            bug: self.bug,
            unguarded: self.unguarded,
            opening: self.opening,
            only: self.only.clone(),
            spared: self.spared.clone(),
            until: None,
            trace: self.trace,
        }
    }

    /// The bugs that are asked for: the one that is named, or all.
    pub(crate) fn bugs(&self) -> Vec<Bug> {
        self.bug.map_or_else(|| ALL.to_vec(), |bug| vec![bug])
    }

    /// Whether one seed is asked for.
    pub(crate) fn is_single(&self) -> bool {
        self.seeds.end == self.seeds.start + 1
    }
}

fn opening(name: &str) -> Result<Opening, String> {
    Opening::named(name).ok_or_else(|| format!("--scenario: no {name:?}, but one of {:?}", Opening::ALL))
}

fn bug(name: &str) -> Result<Bug, String> {
    ALL.into_iter().find(|bug| format!("{bug:?}") == name).ok_or_else(|| format!("--bug: one of {ALL:?}"))
}

fn faults(list: &str) -> Result<BTreeSet<FaultId>, String> {
    let ids = list.split(',').filter(|id| !id.is_empty());
    ids.map(|id| FaultId::parse(id).ok_or_else(|| format!("--only: no fault {id:?}"))).collect()
}

fn kinds(list: &str) -> Result<BTreeSet<Kind>, String> {
    let named = |name: &str| Kind::ALL.into_iter().find(|kind| format!("{kind:?}") == name);
    let one = |name| named(name).ok_or_else(|| format!("--spare: one of {:?}", Kind::ALL));
    list.split(',').map(one).collect()
}

fn number(name: &str, text: &str) -> Result<u64, String> {
    text.parse().map_err(|e| format!("{name}: {e}"))
}

fn range(name: &str, text: &str) -> Result<Range<u64>, String> {
    match text.split_once("..") {
        Some((from, to)) => Ok(number(name, from)?..number(name, to)?),
        None => Ok(0..number(name, text)?),
    }
}
