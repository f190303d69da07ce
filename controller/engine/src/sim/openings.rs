//! Openings: lives that chance comes to too rarely. Some runs begin with one; the crash sweep plays each alone.

mod acts;

use towpath_core::release::Image;

use super::random::Random;
use super::releases::{Nature, Version};
use super::wiring::{DEV, ONE, OVERRIDES, SHUTTERS, STAGING, Shape, WATCHED, Wiring};

/// A life that is set beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Three good releases, one after the other, to production.
    Onward,
    /// A release that fails in production's bake, and one that was approved before.
    ApprovedTooEarly,
    /// A release that soaks longer in one environment than in the other before production.
    TwoSoaks,
    /// A release that failed, and was promoted again by a person, before another one fails.
    BackPastRejected,
    /// A release that fails, and the one before it, too, when it is back.
    FailsTwice,
    /// Production by pull requests.
    ByPullRequest,
    /// What cannot go back by itself.
    Irreversible,
    /// A person's commit takes a release out; another one resumes.
    TakenOut,
    /// All environments fail at once.
    Storm,
    /// What cannot go back by itself fails in staging's bake, before production takes it; then comes its fix.
    FailsUpstream,
    /// Without atomic push: a replica sleeps between journal and branch until another one gives its promotion up.
    SleepsInPush,
    /// Two images, one of two environments before production, and there a window, a system outside, and what policies want.
    Gated,
}

/// One thing that happens in an opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// CI releases the version with this number.
    Release(usize),
    /// The same, labelled as irreversible.
    Irreversible(usize),
    /// Bob approves it for production.
    Approve(usize),
    /// So many minutes pass, with a pass and a cluster that follows in each.
    Minutes(u32),
    /// An environment has errors for so many minutes, whatever it runs.
    Incident(&'static str, u32),
    /// Dave promotes a version there, past whatever may be passed by.
    ByHand(&'static str, usize),
    /// Somebody commits a version there by hand.
    Commit(&'static str, usize),
    /// Dave resumes an environment.
    Resume(&'static str),
    /// Everything is held, or let go.
    Hold,
    Lift,
    /// Somebody merges what is green.
    Merge,
    /// The first controller sleeps between journal and branch in its next pass, and somebody holds everything meanwhile.
    SleepInPush,
}

/// How many of them, from the first on, a run may begin with. Later ones are played by the sweep, or drawn by themselves: one more
/// here changes what every seed plays.
const DRAWN: usize = 9;

impl Opening {
    /// Whether it depends on minutes what fails in it.
    pub(super) fn ends_by_the_clock(self) -> bool {
        self == Self::Storm
    }

    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Onward,
        Self::ApprovedTooEarly,
        Self::TwoSoaks,
        Self::BackPastRejected,
        Self::FailsTwice,
        Self::ByPullRequest,
        Self::Irreversible,
        Self::TakenOut,
        Self::Storm,
        Self::FailsUpstream,
        Self::SleepsInPush,
        Self::Gated,
    ];

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|opening| format!("{opening:?}") == name)
    }

    /// Draws what a run begins with: mostly nothing.
    pub(crate) fn drawn(random: &mut Random) -> Option<Self> {
        let (of_hundred, one) = (random.below(100), random.below(DRAWN));
        match of_hundred {
            0..16 => Self::ALL.get(one).copied(),
            16..18 => Some(Self::FailsUpstream),
            18..20 => Some(Self::SleepsInPush),
            _ => None,
        }
    }

    /// The wiring that it needs.
    pub(crate) fn wiring(self) -> Result<Wiring, String> {
        let storm = self == Self::Storm;
        let dev =
            Shape { name: "dev", verify: DEV, queue: "hold-until-verdict", bakes: storm, ..Shape::default() };
        let after = |how: &str, upstream: &str| format!("after: {{ {how}: [{upstream}] }}");
        let soak = if matches!(self, Self::TwoSoaks | Self::Storm) { 0 } else { 60 };
        let edge = |name: &str, seconds: u32| format!("{{ environment: {name}, soak: {seconds}s }}");
        let staging = Shape {
            name: "staging",
            verify: STAGING,
            after: after("all", &edge("dev", soak)),
            queue: "newest-wins",
            bakes: storm || self == Self::FailsUpstream,
            ..Shape::default()
        };
        let load = Shape {
            name: "load",
            verify: WATCHED,
            after: after("all", &edge("dev", 0)),
            queue: "newest-wins",
            bakes: storm,
            ..Shape::default()
        };
        let gated = self == Self::Gated;
        let forks = matches!(self, Self::TwoSoaks | Self::Storm | Self::Gated);
        let upstream = match self {
            Self::TwoSoaks | Self::Gated => format!("{}, {}", edge("staging", 0), edge("load", 1200)),
            Self::Storm => format!("{}, {}", edge("staging", 0), edge("load", 0)),
            _ => edge("staging", 120),
        };
        let production = Shape {
            name: "production",
            verify: WATCHED,
            after: after(if gated { "any" } else { "all" }, &upstream),
            window: gated.then_some(SHUTTERS[0]),
            http: gated,
            queue: "hold-until-verdict",
            wait_for_bake: true,
            bakes: true,
            overrides: OVERRIDES,
            pull_request: self == Self::ByPullRequest,
            approval: ONE,
            ..Shape::default()
        };
        let shapes = [dev, staging].into_iter().chain(forks.then_some(load)).chain([production]);
        let shapes: Vec<Shape> =
            shapes.map(|shape| Shape { destination: storm.then_some("everything"), ..shape }).collect();
        let wiring = Wiring::of(&shapes, if gated { 2 } else { 1 }, self != Self::SleepsInPush, false)?;
        if gated { wiring.under(true) } else { Ok(wiring) }
    }

    /// The versions, with the natures that the script needs.
    pub(crate) fn cast(self, versions: Vec<Version>) -> Vec<Version> {
        let natures: &[Nature] = match self {
            Self::ApprovedTooEarly | Self::Irreversible | Self::FailsUpstream => {
                &[Nature::Good, Nature::Good, Nature::Rots]
            }
            _ => &[],
        };
        let tagged = |(i, version): (usize, Version)| {
            let nature = natures.get(i).copied().unwrap_or(Nature::Good);
            let text = format!("{}:1.{i}.0@{}", version.image.name, version.image.digest);
            Version { image: Image::parse(&text).unwrap_or(version.image), nature }
        };
        versions.into_iter().enumerate().map(tagged).collect()
    }
}
