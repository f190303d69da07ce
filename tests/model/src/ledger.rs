//! Journals: the real `State`, folded from real events, with times as ages and without what nothing depends on.

use std::collections::BTreeMap;

use towpath_core::decide::wants_liveness;
use towpath_core::event::{Cause, Event, Recorded, RequestKind};
use towpath_core::hold::Stop;
use towpath_core::id::{ActId, Actor, ReleaseId};
use towpath_core::journal::state::{Current, EnvironmentState, Phase, Seen};
use towpath_core::journal::{FoldError, State, fold_all};
use towpath_core::time::Time;

use crate::pool::Mark;
use crate::stage::{
    Content, DEV, PLACES, PlaceNo, Stage, TICK, aged, far, name_of, now, older, place_of, some_commit,
};

/// A journal as it stands.
pub struct Ledger {
    /// Its fold.
    pub state: State,
    /// What the rules of the model look at.
    pub facts: Facts,
}

/// What a journal says, in small numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The number of the last event.
    pub n: u64,
    /// How many releases there are.
    pub released: u8,
    /// How often the owner changed.
    pub claims: u32,
    /// The places; those of the other pipeline stay empty.
    pub places: [PlaceFacts; PLACES],
}

/// What a journal says of a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceFacts {
    /// What is there.
    pub at: Option<AtFacts>,
    /// The rank of the high-water mark.
    pub mark: u8,
    /// What is Verified, as bits.
    pub ok: u16,
    /// What is Verified and has soaked for a tick, as bits.
    pub soaked: u16,
    /// What was good, oldest first, and whether its bake passed.
    pub good: Vec<(Content, bool)>,
    /// What contains a rejected digest, as bits.
    pub rejected: u16,
    /// Whether decisions depend on what is live.
    pub wants_live: bool,
    /// Whether a person's change is on record.
    pub pinned: bool,
    /// How often each content was promoted.
    pub tries: BTreeMap<Content, u32>,
    /// Whether a hold stops promotions, and rollbacks.
    pub held: (bool, bool),
    /// What has an approval that counts, as bits.
    pub approved: u16,
    /// What was asked for.
    pub requests: Vec<RequestKind>,
}

/// What is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtFacts {
    /// The release.
    pub content: Content,
    /// How far it is.
    pub phase: Phase,
    /// Why it came.
    pub cause: Cause,
    /// Whether a QA run was journalled that has no verdict, and which try it is.
    pub run: Option<u32>,
    /// Whether its gate came to an end without telling.
    pub exhausted: bool,
    /// What was there before.
    pub from: Option<Content>,
}

impl Ledger {
    /// The first journal of a pipeline.
    pub fn begin(stage: &Stage, pipeline: usize) -> Self {
        Self::of(stage.begun[pipeline].clone(), stage, pipeline)
    }

    fn of(mut state: State, stage: &Stage, pipeline: usize) -> Self {
        forget(&mut state, stage);
        let facts = Facts::of(&state, stage, pipeline);
        Self { state, facts }
    }

    /// The journal after more events, recorded by `by` at `at`.
    pub fn after(
        &self,
        (stage, pipeline): (&Stage, usize),
        by: &Actor,
        at: Time,
        events: &[Event],
    ) -> Result<Self, FoldError> {
        let mut state = self.state.clone();
        let at = at.max(state.at);
        let numbered =
            (state.n + 1..).zip(events).map(|(n, e)| Recorded { n, at, by: by.clone(), event: e.clone() });
        fold_all(&mut state, &numbered.collect::<Vec<_>>())?;
        Ok(Self::of(state, stage, pipeline))
    }

    /// The same journal when a tick has passed.
    pub fn after_tick(&self, stage: &Stage, pipeline: usize) -> Self {
        let mut state = self.state.clone();
        for env in state.envs.values_mut() {
            for current in [&mut env.at, &mut env.committing].into_iter().flatten() {
                current.at = aged(current.at);
                current.live.iter_mut().for_each(|live| live.since = aged(live.since));
            }
        }
        Self::of(state, stage, pipeline)
    }

    /// What tells it from others.
    pub fn mark(&self) -> Mark {
        Mark::of(&self.state)
    }

    /// The release with this content, if it is on record.
    pub fn release(&self, stage: &Stage, pipeline: usize, content: Content) -> Option<ReleaseId> {
        self.state.release(stage.release(pipeline, content)).map(|r| r.r.clone())
    }

    /// A hold that a person put up.
    pub fn hold_of_person(&self) -> Option<ActId> {
        self.state.holds.iter().find(|h| h.by.is_person()).map(|h| h.id.clone())
    }
}

/// Takes out what nothing depends on: times that are only told to people, and ages where nothing soaks.
fn forget(state: &mut State, stage: &Stage) {
    state.at = older();
    state.releases.iter_mut().for_each(|r| r.at = older());
    state.approvals.iter_mut().for_each(|a| a.at = older());
    state.holds.iter_mut().for_each(|h| h.at = older());
    state.requests.iter_mut().for_each(|q| q.at = older());
    state.seen.values_mut().for_each(|seen| *seen = Seen { commit: some_commit(), n: 0 });
    let approvals = &state.approvals;
    for (key, env) in &mut state.envs {
        // It is only compared with approvals, and those to come have higher numbers than all before.
        env.voids = approvals.iter().map(|a| a.n).filter(|n| *n <= env.voids).max().unwrap_or(0);
        env.good.iter_mut().for_each(|g| g.at = older());
        env.rejected.iter_mut().for_each(|r| r.at = older());
        env.pin.iter_mut().for_each(|p| p.at = older());
        env.ok.values_mut().for_each(|ok| ok.soak = ok.soak.min(TICK));
        for current in [&mut env.at, &mut env.committing].into_iter().flatten() {
            forget_current(current, stage.soaks && place_of(key) == DEV);
        }
    }
}

fn forget_current(current: &mut Current, soaks: bool) {
    // Only the later of the two counts.
    current.at = current.floor();
    current.broken = None;
    current.since = older();
    if !soaks {
        current.at = older();
        current.live.iter_mut().for_each(|live| live.since = older());
    }
    for run in current.runs.values_mut() {
        (run.at, run.deadline, run.detail) = (older(), far(), None);
    }
    current.failed.iter_mut().for_each(|f| f.at = older());
}

impl Facts {
    fn of(state: &State, stage: &Stage, pipeline: usize) -> Self {
        let mut places: [PlaceFacts; PLACES] = Default::default();
        for (key, env) in &state.envs {
            let reader = Reader { state, stage, pipeline, env, place: place_of(key) };
            places[place_of(key)] = reader.place();
        }
        let released = u8::try_from(state.seq).expect("few releases");
        Self { n: state.n, released, claims: state.owner.epoch - 1, places }
    }
}

struct Reader<'a> {
    state: &'a State,
    stage: &'a Stage,
    pipeline: usize,
    env: &'a EnvironmentState,
    place: PlaceNo,
}

impl Reader<'_> {
    fn content(&self, r: &ReleaseId) -> Content {
        self.stage.content(self.pipeline, r)
    }

    fn bits<'r>(&self, releases: impl Iterator<Item = &'r ReleaseId>) -> u16 {
        releases.fold(0, |bits, r| bits | 1 << self.content(r))
    }

    fn place(&self) -> PlaceFacts {
        let env = self.env;
        let soaked =
            |r: &&ReleaseId| env.soak_of(r, now()).is_some_and(|soak| soak >= TICK || !self.stage.soaks);
        let digests: Vec<_> = env.rejected.iter().flat_map(|r| r.digests.clone()).collect();
        let approved = self
            .state
            .approvals
            .iter()
            .filter(|a| place_of(&a.env) == self.place && a.n > env.voids && a.until.is_none());
        let open = self.state.requests.iter().filter(|q| place_of(&q.env) == self.place);
        PlaceFacts {
            at: env.at.as_ref().map(|at| self.at(at)),
            mark: u8::try_from(env.hw.seq).expect("few releases"),
            ok: self.bits(env.ok.keys()),
            soaked: self.bits(env.ok.keys().filter(soaked)),
            good: env.good.iter().map(|g| (self.content(&g.r), g.baked)).collect(),
            rejected: self.stage.relatives(self.pipeline, &digests),
            wants_live: wants_liveness(&self.stage.pipelines[self.pipeline], &name_of(self.place), env),
            pinned: env.pin.is_some(),
            tries: env.tries.iter().map(|(r, tries)| (self.content(r), *tries)).collect(),
            held: (self.held(Stop::Promotions), self.held(Stop::Rollbacks)),
            approved: self.bits(approved.map(|a| &a.r)),
            requests: open.map(|q| q.kind).collect(),
        }
    }

    fn held(&self, stop: Stop) -> bool {
        let name = name_of(self.place);
        self.state.holds.iter().any(|h| h.stops.contains(&stop) && h.select.matches(&name, &BTreeMap::new()))
    }

    fn at(&self, at: &Current) -> AtFacts {
        let open = at.runs.values().find(|run| run.verdict.is_none());
        AtFacts {
            content: self.content(&at.r),
            phase: at.phase,
            cause: at.cause,
            run: open.map(|run| run.attempt),
            exhausted: at.runs.values().any(|run| run.errors + run.inconclusive > 0),
            from: at.from.as_ref().map(|r| self.content(r)),
        }
    }
}

impl PlaceFacts {
    /// Whether a promotion is between its commit and its verdict.
    pub fn is_running(&self) -> bool {
        self.at.is_some_and(|at| matches!(at.phase, Phase::Syncing | Phase::Verifying))
    }
}
