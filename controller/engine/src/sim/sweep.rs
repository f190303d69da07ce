//! The crash sweep: each opening is played once for each of its effects, with a crash right before and right after it.
//! It has to end as it does without a crash (L5).
//!
//! There is one alternative. People act by the clock, and a crash costs time: on a host without atomic push nobody else
//! touches a promotion that was journalled until it is sure that it will not be pushed any more, which takes 4 minutes.
//! So a life may also end as one without a crash does in which the host just came that much later, at any time. Where
//! errors come and go by the clock in the middle of it, who is hit by them is another matter each time, and any end will do
//! that breaks no rule.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use towpath_core::id::Name;
use towpath_core::museum::{self, Bug};

use super::openings::Opening;
use super::play::Play;
use super::schedule::Kind;
use crate::memory::Fault;

/// What a life comes to: for each environment, what is there and what was said of it.
pub(crate) type End = BTreeMap<Name, Vec<String>>;

/// Which effects of a life are struck, by their numbers, and how.
pub type Crashes = Vec<(u64, Fault)>;

/// An opening as it goes without crashes.
#[derive(Debug, Clone)]
pub struct Course {
    /// Which.
    pub opening: Opening,
    /// Whether the host moves branch and journal in one push.
    pub atomic: bool,
    /// How many effects it has.
    pub effects: u64,
    end: End,
    /// How many minutes it takes.
    minutes: u32,
    /// How it ends when the host comes late; found out when that is asked for.
    late: OnceLock<BTreeSet<End>>,
}

/// What a sweep of one opening came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// Which.
    pub opening: Opening,
    /// Whether the host moves branch and journal in one push.
    pub atomic: bool,
    /// How many effects it has without crashes.
    pub effects: u64,
    /// How many lives were played with crashes.
    pub lives: u64,
    /// How many of them ended as one in which the host came late.
    pub late: u64,
    /// The first that broke a rule, or came to another end: where it crashed, and what was broken.
    pub violation: Option<String>,
}

/// For how many minutes the host sleeps that comes late.
const LATE: [u32; 3] = [3, 4, 5];
const CRASHES: [Fault; 2] = [Fault::CrashBefore, Fault::CrashAfter];

impl Course {
    /// Plays an opening without crashes. The error is a rule that it breaks.
    pub fn of(opening: Opening, atomic: bool) -> Result<Self, String> {
        let mut play = Play::of(opening, atomic, false)?;
        let (effects, end) = play.crash_at(&[])?;
        Ok(Self { opening, atomic, effects, end, minutes: play.minutes, late: OnceLock::new() })
    }

    /// One crash at each effect, before and after it.
    pub fn once(&self) -> Vec<Crashes> {
        (0..self.effects).flat_map(|k| CRASHES.map(|fault| vec![(k, fault)])).collect()
    }

    /// Two crashes at each pair of effects.
    pub fn twice(&self) -> Vec<Crashes> {
        let pairs = (0..self.effects).flat_map(|a| (a + 1..=self.effects).map(move |b| (a, b)));
        let both =
            |(a, b): (u64, u64)| CRASHES.into_iter().flat_map(move |x| CRASHES.map(|y| vec![(a, x), (b, y)]));
        pairs.flat_map(both).collect()
    }

    /// Plays it with crashes: whether it ended as if the host had come late. The error is a rule that it breaks, or an
    /// end that is another one.
    pub fn crash(&self, crashes: &Crashes) -> Result<bool, String> {
        let (_, end) = Play::of(self.opening, self.atomic, false)
            .and_then(|mut play| play.crash_at(crashes))
            .map_err(|why| format!("{crashes:?}: {why}"))?;
        match self.differs(&end) {
            None => Ok(false),
            Some(_) if !self.atomic && (self.opening.ends_by_the_clock() || self.late().contains(&end)) => {
                Ok(true)
            }
            Some(how) => Err(format!("{crashes:?}: L5: {how}")),
        }
    }

    /// How it ends without a crash when the host sleeps, from any minute on and for as long as a promotion may be on its
    /// way.
    fn late(&self) -> &BTreeSet<End> {
        self.late.get_or_init(|| {
            let sleeps = (0..self.minutes).flat_map(|from| LATE.map(|minutes| from..from + minutes));
            let life = |sleeps| {
                let mut play = Play::of(self.opening, self.atomic, false).ok()?;
                play.sleeps = sleeps;
                play.crash_at(&[]).ok().map(|(_, end)| end)
            };
            sleeps.filter_map(life).collect()
        })
    }

    fn differs(&self, end: &End) -> Option<String> {
        let (name, expected) = self.end.iter().find(|(name, expected)| end.get(*name) != Some(*expected))?;
        let nothing = Vec::new();
        let there = end.get(name).unwrap_or(&nothing);
        let only = |these: &[String], others: &[String]| {
            these.iter().filter(|one| !others.contains(one)).cloned().collect::<Vec<_>>().join(", ")
        };
        let (more, less) = (only(there, expected), only(expected, there));
        Some(format!("{name} ends with ({more}), and without a crash with ({less})"))
    }
}

/// Crashes at each effect of an opening, once before and once after it.
pub fn crash_once(opening: Opening, atomic: bool) -> Swept {
    let mut swept = Swept { opening, atomic, effects: 0, lives: 0, late: 0, violation: None };
    match Course::of(opening, atomic) {
        Ok(course) => {
            swept.effects = course.effects;
            for crashes in course.once() {
                swept.lives += 1;
                match course.crash(&crashes) {
                    Ok(late) => swept.late += u64::from(late),
                    Err(why) => drop(swept.violation.get_or_insert(why)),
                }
            }
        }
        Err(why) => swept.violation = Some(format!("without a crash: {why}")),
    }
    swept
}

/// Planted bugs that no rule but L5 finds: without a crash they do nothing, and after one everything comes all the same,
/// only too late.
pub const SWEPT: [Bug; 1] = [Bug::RunForgotten];

/// Plants a bug and crashes at each effect of each opening in turn, until a life ends otherwise than it should: how many
/// lives were played before, which one it is, with which kind of crash, and what is wrong with it.
pub fn sweep_for(bug: Bug) -> Option<(u64, Opening, Kind, String)> {
    museum::plant(Some(bug));
    museum::lower_guard(true);
    let mut lives = 0;
    let both = Opening::ALL.into_iter().flat_map(|opening| [(opening, true), (opening, false)]);
    let courses = both.map(|(opening, atomic)| (opening, Course::of(opening, atomic)));
    let found = courses.into_iter().find_map(|(opening, course)| match course {
        Ok(course) => course.once().iter().find_map(|crashes| {
            lives += 1;
            let before = crashes.iter().any(|(_, fault)| *fault == Fault::CrashBefore);
            let kind = if before { Kind::CrashBefore } else { Kind::CrashAfter };
            course.crash(crashes).err().map(|why| (lives - 1, opening, kind, why))
        }),
        Err(_) => None,
    });
    museum::plant(None);
    museum::lower_guard(false);
    found
}
