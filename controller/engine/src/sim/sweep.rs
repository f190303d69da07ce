//! The crash sweep: each opening is played once for each of its effects, with a crash right before and right after it.

use super::openings::Opening;
use super::play::Play;
use crate::memory::Fault;

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
    /// The first that broke a rule: where it crashed, and what was broken.
    pub violation: Option<String>,
}

const CRASHES: [Fault; 2] = [Fault::CrashBefore, Fault::CrashAfter];

/// Crashes at each effect of an opening, once before and once after it.
pub fn crash_once(opening: Opening, atomic: bool) -> Swept {
    swept(opening, atomic, |effects| {
        (0..effects).flat_map(|k| CRASHES.map(|fault| vec![(k, fault)])).collect()
    })
}

/// Crashes at each pair of effects of an opening.
pub fn crash_twice(opening: Opening, atomic: bool) -> Swept {
    swept(opening, atomic, |effects| {
        let pairs = (0..effects).flat_map(|a| (a + 1..=effects).map(move |b| (a, b)));
        let both =
            |(a, b): (u64, u64)| CRASHES.into_iter().flat_map(move |x| CRASHES.map(|y| vec![(a, x), (b, y)]));
        pairs.flat_map(both).collect()
    })
}

fn swept(opening: Opening, atomic: bool, plans: impl FnOnce(u64) -> Vec<Vec<(u64, Fault)>>) -> Swept {
    let live =
        |crashes: &[(u64, Fault)]| Play::of(opening, atomic).and_then(|mut play| play.crash_at(crashes));
    let mut swept = Swept { opening, atomic, effects: 0, lives: 0, violation: None };
    match live(&[]) {
        Ok(effects) => swept.effects = effects,
        Err(why) => swept.violation = Some(format!("without a crash: {why}")),
    }
    for crashes in plans(swept.effects) {
        if swept.violation.is_some() {
            break;
        }
        swept.lives += 1;
        swept.violation = live(&crashes).err().map(|why| format!("{crashes:?}: {why}"));
    }
    swept
}
