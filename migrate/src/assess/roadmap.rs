//! In which order an estate moves: phases with what is dealt with in each, what moves then, and why.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::candidate::{Candidate, Prospect, Stay};
use super::complexity::Band;
use super::effort::{moving, price_of};
use super::sheet::Blocker;
use super::unlock::{Unlock, unlock};

/// How many workflows are moved to learn how it is done.
const PILOT: usize = 10;

/// How healthy a workflow has to be to learn on it, in tenths.
const HEALTHY: u8 = 70;

/// In how many stages blockers are dealt with at most, one more for what is left.
const STAGES: usize = 6;

/// What a phase is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PhaseKind {
    /// A few simple ones that nothing stands in the way of.
    Pilot,
    /// All others that nothing stands in the way of.
    Ready,
    /// Whoever only waits for answers.
    FindOut,
    /// Whoever waits for something that has to be decided or changed.
    Unlock,
}

impl PhaseKind {
    /// Its name, which stays the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pilot => "pilot",
            Self::Ready => "ready",
            Self::FindOut => "find-out",
            Self::Unlock => "unlock",
        }
    }

    /// Why it comes when it comes.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Pilot => "nothing stands in their way and they are simple: learn on them",
            Self::Ready => "nothing stands in their way",
            Self::FindOut => "answers cost little, and make everything behind them certain",
            Self::Unlock => "of all blockers these free most of the workflows that still wait",
        }
    }
}

/// A part of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase<'s> {
    /// What it is for.
    pub kind: PhaseKind,
    /// What is dealt with, what frees most first.
    pub blockers: Vec<Unlock<Blocker<'s>>>,
    /// What moves in it.
    pub workflows: Vec<&'s str>,
    /// How many of them could move earlier, but for workflows that they call.
    pub behind_calls: usize,
    /// What it costs.
    pub units: usize,
}

/// The whole way. Nothing in it depends on the order of what was assessed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roadmap<'s> {
    /// The phases, in their order.
    pub phases: Vec<Phase<'s>>,
    /// What does not move, and why.
    pub stays: BTreeMap<Stay, Vec<&'s str>>,
}

impl<'s> Roadmap<'s> {
    /// Plans the way of an estate.
    #[must_use]
    pub fn of(candidates: &[Candidate<'s>]) -> Self {
        let mut movers: Vec<_> = candidates.iter().filter(|candidate| candidate.moves()).collect();
        movers.sort_by_key(|candidate| candidate.path);
        let plan = Plan::of(&movers);
        let own: Vec<_> = movers.iter().map(|mover| plan.level(mover)).collect();
        let levels = behind_calls(&movers, own.clone());
        let mut phases = plan.phases(&movers);
        for ((mover, own), level) in movers.iter().zip(own).zip(levels) {
            let Some(phase) = phases.get_mut(level) else { continue };
            phase.workflows.push(mover.path);
            phase.behind_calls += usize::from(own < level);
            phase.units += moving(mover.band);
        }
        phases.retain(|phase| !phase.workflows.is_empty() || !phase.blockers.is_empty());
        Self { phases, stays: stays(candidates) }
    }
}

fn stays<'s>(candidates: &[Candidate<'s>]) -> BTreeMap<Stay, Vec<&'s str>> {
    let mut stays: BTreeMap<Stay, Vec<&str>> = BTreeMap::new();
    for candidate in candidates {
        if let Prospect::Stays(why) = candidate.prospect {
            stays.entry(why).or_default().push(candidate.path);
        }
    }
    stays.values_mut().for_each(|paths| paths.sort_unstable());
    stays
}

/// The place of a phase: pilot, ready, find out, and the stages behind them.
const PILOTED: usize = 0;
const READY: usize = 1;
const ANSWERED: usize = 2;
const STAGED: usize = 3;

/// What is dealt with when.
struct Plan<'s> {
    pilot: BTreeSet<&'s str>,
    questions: Vec<Unlock<Blocker<'s>>>,
    stages: Vec<Vec<Unlock<Blocker<'s>>>>,
    /// The stage of each blocker.
    stage_of: HashMap<Blocker<'s>, usize>,
}

impl<'s> Plan<'s> {
    fn of(movers: &[&Candidate<'s>]) -> Self {
        let waiting = movers.iter().map(|mover| mover.work.clone()).filter(|work| !work.is_empty());
        let stages = stages(unlock(waiting));
        let stage_of = stages.iter().enumerate();
        let stage_of = stage_of.flat_map(|(stage, rows)| rows.iter().map(move |row| (row.blocker, stage)));
        Self {
            pilot: pilot(movers),
            questions: unlock(movers.iter().map(|mover| mover.questions.clone())),
            stage_of: stage_of.collect(),
            stages,
        }
    }

    /// When a workflow can move, of what stands in its own way.
    fn level(&self, mover: &Candidate<'s>) -> usize {
        let last = mover.work.iter().filter_map(|blocker| self.stage_of.get(blocker)).max();
        match last {
            Some(stage) => STAGED + stage,
            None if !mover.questions.is_empty() => ANSWERED,
            None if self.pilot.contains(mover.path) => PILOTED,
            None => READY,
        }
    }

    /// The phases with what is dealt with in them, and the price of that.
    fn phases(&self, movers: &[&Candidate<'s>]) -> Vec<Phase<'s>> {
        let mut having: HashMap<Blocker<'_>, usize> = HashMap::new();
        for blocker in movers.iter().flat_map(|mover| mover.blockers()) {
            *having.entry(blocker).or_default() += 1;
        }
        let phase = |kind, blockers: &[Unlock<Blocker<'s>>]| {
            let prices = blockers
                .iter()
                .map(|row| price_of(row.blocker).of(having.get(&row.blocker).copied().unwrap_or_default()));
            let units = prices.sum();
            Phase { kind, blockers: blockers.to_vec(), workflows: Vec::new(), behind_calls: 0, units }
        };
        let first = [
            phase(PhaseKind::Pilot, &[]),
            phase(PhaseKind::Ready, &[]),
            phase(PhaseKind::FindOut, &self.questions),
        ];
        let stages = self.stages.iter().map(|stage| phase(PhaseKind::Unlock, stage));
        first.into_iter().chain(stages).collect()
    }
}

/// Cuts the list of blockers: a stage ends when it has freed its share of those that wait.
fn stages<B>(list: Vec<Unlock<B>>) -> Vec<Vec<Unlock<B>>> {
    let waiting: usize = list.iter().map(|row| row.frees).sum();
    let share = waiting.div_ceil(STAGES).max(1);
    let mut stages = Vec::new();
    let (mut stage, mut freed) = (Vec::new(), 0);
    for row in list {
        freed += row.frees;
        stage.push(row);
        if freed >= share {
            stages.push(std::mem::take(&mut stage));
            freed = 0;
        }
    }
    if !stage.is_empty() {
        stages.push(stage);
    }
    stages
}

/// A few workflows that are simple and healthy, move as a whole, call nothing and have nothing in their way: one of each repository,
/// then a second one, the simplest first.
fn pilot<'s>(movers: &[&Candidate<'s>]) -> BTreeSet<&'s str> {
    let is_simple = |mover: &&&Candidate<'s>| {
        mover.band == Band::Low
            && !mover.is_split
            && mover.health.is_none_or(|health| health >= HEALTHY)
            && mover.calls.is_empty()
            && mover.blockers().next().is_none()
    };
    let mut simple: Vec<_> = movers.iter().filter(is_simple).collect();
    simple.sort_by_key(|mover| (mover.points, mover.path));
    let mut before: HashMap<&str, usize> = HashMap::new();
    let mut ranked: Vec<_> = simple
        .into_iter()
        .map(|mover| {
            let rank = before.entry(mover.unit).or_default();
            *rank += 1;
            (*rank, mover.points, mover.path)
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(PILOT).map(|(.., path)| path).collect()
}

/// Lets no workflow move before those that it calls. What is called and stays holds nobody up. A level only rises, and there are few,
/// so this ends even where calls go round in circles.
fn behind_calls(movers: &[&Candidate<'_>], mut levels: Vec<usize>) -> Vec<usize> {
    let places: HashMap<_, _> = movers.iter().enumerate().map(|(at, mover)| (mover.path, at)).collect();
    let mut callers = vec![Vec::new(); movers.len()];
    for (caller, mover) in movers.iter().enumerate() {
        for called in mover.calls.iter().filter_map(|path| places.get(path.as_str())) {
            callers.get_mut(*called).into_iter().for_each(|callers| callers.push(caller));
        }
    }
    let mut open: Vec<_> = (0..movers.len()).collect();
    while let Some(called) = open.pop() {
        let Some(least) = levels.get(called).copied() else { continue };
        for caller in callers.get(called).into_iter().flatten() {
            if let Some(level) = levels.get_mut(*caller).filter(|level| **level < least) {
                *level = least;
                open.push(*caller);
            }
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::effort::Effort;
    use super::super::effort::tests::{candidate, candidates};
    use super::*;

    fn named<'s>(path: &'s str, questions: &[Blocker<'s>], work: &[Blocker<'s>]) -> Candidate<'s> {
        Candidate { path, ..candidate("unit", questions, work) }
    }

    /// Phases with their workflows.
    fn way(all: &[Candidate<'_>]) -> Vec<String> {
        let roadmap = Roadmap::of(all);
        let phases = roadmap.phases.iter();
        phases.map(|phase| format!("{}: {}", phase.kind.name(), phase.workflows.join(" "))).collect()
    }

    #[test]
    fn phases_stand_in_their_order() {
        let (docker, cargo) = (("docker-daemon", ""), ("tool-missing", "cargo"));
        let question = ("unknown-action", "o/n");
        let hard = Candidate { band: Band::High, points: 80, ..named("hard", &[], &[]) };
        let mut keep = named("keep", &[], &[]);
        keep.prospect = Prospect::Stays(Stay::Keep);
        let all = [
            named("last", &[question], &[docker, cargo]),
            named("image", &[], &[docker]),
            named("image2", &[], &[docker]),
            named("rust", &[], &[cargo]),
            named("asks", &[question], &[]),
            hard,
            keep,
            named("easy", &[], &[]),
        ];
        assert_eq!(
            way(&all),
            ["pilot: easy", "ready: hard", "find-out: asks", "unlock: image image2", "unlock: last rust"]
        );
        let roadmap = Roadmap::of(&all);
        let dealt: Vec<_> =
            roadmap.phases.iter().flat_map(|phase| phase.blockers.iter().map(|row| row.blocker)).collect();
        assert_eq!(dealt, [question, docker, cargo]);
        assert_eq!(roadmap.phases.iter().map(|phase| phase.units).collect::<Vec<_>>(), [1, 4, 2, 26, 3]);
        assert_eq!(roadmap.stays, BTreeMap::from([(Stay::Keep, vec!["keep"])]));
    }

    #[test]
    fn a_workflow_waits_for_those_that_it_calls() {
        let docker = ("docker-daemon", "");
        let (mid, leaf, both) =
            (["mid".to_owned()], ["leaf".to_owned()], ["top".to_owned(), "gone".to_owned()]);
        let mut gone = named("gone", &[], &[docker]);
        gone.prospect = Prospect::Stays(Stay::Keep);
        let all = [
            Candidate { calls: &mid, ..named("top", &[], &[]) },
            Candidate { calls: &leaf, ..named("mid", &[], &[]) },
            named("leaf", &[], &[docker]),
            Candidate { calls: &both[1..], ..named("free", &[], &[]) },
            Candidate { calls: &both, ..named("over", &[], &[]) },
            gone,
        ];
        assert_eq!(way(&all), ["ready: free", "unlock: leaf mid over top"]);
        assert_eq!(Roadmap::of(&all).phases[1].behind_calls, 3);
        let circle = [
            Candidate { calls: &leaf, ..named("top", &[], &[]) },
            Candidate { calls: &both, ..named("leaf", &[("unknown-action", "x")], &[]) },
        ];
        assert_eq!(way(&circle), ["find-out: leaf top"]);
    }

    #[test]
    fn a_pilot_is_small_and_of_many_repositories() {
        let names: Vec<_> = (0..30).map(|at| format!("{at:02}")).collect();
        let mut all: Vec<_> = names.iter().map(|name| named(name, &[], &[])).collect();
        for (at, candidate) in all.iter_mut().enumerate() {
            candidate.unit = if at < 20 { "first" } else { names[at].as_str() };
        }
        let phases = Roadmap::of(&all).phases;
        assert_eq!(phases[0].workflows, ["00", "20", "21", "22", "23", "24", "25", "26", "27", "28"]);
        assert_eq!(phases[1].workflows.len(), 20);
    }

    #[test]
    fn nobody_learns_on_what_is_hard_ill_or_torn() {
        let calls = ["easy".to_owned()];
        let all = [
            named("easy", &[], &[]),
            Candidate { band: Band::Medium, ..named("hard", &[], &[]) },
            Candidate { health: Some(69), ..named("ill", &[], &[]) },
            Candidate { health: Some(70), ..named("well", &[], &[]) },
            Candidate { is_split: true, ..named("torn", &[], &[]) },
            Candidate { calls: &calls, ..named("calls", &[], &[]) },
        ];
        assert_eq!(way(&all), ["pilot: easy well", "ready: calls hard ill torn"]);
    }

    proptest! {
        #[test]
        fn everything_moves_once_and_costs_what_the_estate_costs(mut all in candidates()) {
            let names: Vec<_> = (0..all.len()).map(|at| format!("{at:02}")).collect();
            let calls: Vec<_> = names.iter().map(|name| vec![name.clone()]).collect();
            for (at, candidate) in all.iter_mut().enumerate() {
                candidate.path = &names[at];
                if at % 3 == 0 {
                    candidate.calls = &calls[(at * 7 + 5) % calls.len()];
                }
            }
            let roadmap = Roadmap::of(&all);
            let units: usize = roadmap.phases.iter().map(|phase| phase.units).sum();
            prop_assert_eq!(units, Effort::of(&all).total());
            let moved: Vec<_> = roadmap.phases.iter().flat_map(|phase| phase.workflows.clone()).collect();
            let told: BTreeSet<_> = moved.iter().chain(roadmap.stays.values().flatten()).copied().collect();
            prop_assert_eq!(told, names.iter().map(String::as_str).collect::<BTreeSet<_>>());
            prop_assert_eq!(moved.len(), all.iter().filter(|candidate| candidate.moves()).count());
            prop_assert!(roadmap.phases.is_sorted_by_key(|phase| phase.kind));
            prop_assert!(roadmap.phases.len() <= 3 + STAGES + 1);

            let at = |path: &str| roadmap.phases.iter().position(|phase| phase.workflows.contains(&path));
            let dealt = |blocker| roadmap.phases.iter().position(|phase| phase.blockers.iter().any(|row| row.blocker == blocker));
            for candidate in all.iter().filter(|candidate| candidate.moves()) {
                for blocker in candidate.blockers() {
                    prop_assert!(dealt(blocker) <= at(candidate.path), "{:?}", blocker);
                }
                for called in candidate.calls {
                    prop_assert!(at(called) <= at(candidate.path), "what is called comes first");
                }
            }
            all.reverse();
            prop_assert_eq!(Roadmap::of(&all), roadmap);
        }
    }
}
