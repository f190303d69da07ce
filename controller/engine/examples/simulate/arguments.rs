//! What the command line asks for.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use towpath_core::museum::{ALL, Bug};
use towpath_engine::sim::{FaultId, Kind, Orders};

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Plays seeds.
    Seeds,
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
    pub(crate) only: Option<BTreeSet<FaultId>>,
    pub(crate) spared: BTreeSet<Kind>,
    pub(crate) summary: Option<PathBuf>,
}

/// The usage, for people.
pub(crate) const USAGE: &str = "\
simulate [--seeds N | --seeds A..B | --seed N] [--bug NAME [--unguarded]] [--only FAULT,...] [--spare KIND,...]
         [--trace] [--summary FILE]
simulate --bugs [--seeds N]       plant each bug in turn; fails when one is not found
simulate --crashes                crash at each effect of each opening, before and after it
simulate --crash-pairs            the same at each pair of effects";

impl Wanted {
    /// Reads the arguments; the error is for people.
    pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mode, seeds) = (Mode::Seeds, 0..500);
        let (only, spared) = (None, BTreeSet::new());
        let mut wanted =
            Self { mode, seeds, trace: false, bug: None, unguarded: false, only, spared, summary: None };
        let mut args = args;
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                "--seed" => {
                    let seed = number(&arg, &value()?)?;
                    wanted.seeds = seed..seed + 1;
                }
                "--seeds" => wanted.seeds = range(&arg, &value()?)?,
                "--trace" => wanted.trace = true,
                "--unguarded" => wanted.unguarded = true,
                "--bugs" => wanted.mode = Mode::Bugs,
                "--crashes" => wanted.mode = Mode::Crashes,
                "--crash-pairs" => wanted.mode = Mode::CrashPairs,
                "--bug" => {
                    let text = value()?;
                    let bug = ALL.into_iter().find(|b| format!("{b:?}") == text);
                    wanted.bug = Some(bug.ok_or(format!("--bug: one of {ALL:?}"))?);
                }
                "--only" => {
                    let text = value()?;
                    let ids = text.split(',').filter(|id| !id.is_empty());
                    let ids = ids.map(|id| FaultId::parse(id).ok_or(format!("--only: no fault {id:?}")));
                    wanted.only = Some(ids.collect::<Result<_, _>>()?);
                }
                "--spare" => {
                    for text in value()?.split(',') {
                        let kind = Kind::ALL.into_iter().find(|kind| format!("{kind:?}") == text);
                        wanted.spared.insert(kind.ok_or(format!("--spare: one of {:?}", Kind::ALL))?);
                    }
                }
                "--summary" => wanted.summary = Some(value()?.into()),
                other => return Err(format!("unknown argument {other}\n{USAGE}")),
            }
        }
        Ok(wanted)
    }

    /// The first run that is asked for.
    pub(crate) fn orders(&self) -> Orders {
        Orders {
            seed: self.seeds.start,
            bug: self.bug,
            unguarded: self.unguarded,
            only: self.only.clone(),
            spared: self.spared.clone(),
            until: None,
            trace: self.trace,
        }
    }

    /// Whether one seed is asked for.
    pub(crate) fn is_single(&self) -> bool {
        self.seeds.end == self.seeds.start + 1
    }
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
