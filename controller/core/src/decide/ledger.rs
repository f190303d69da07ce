//! Rules of the ledger itself: who may write, and whether what is there can be built upon.

use super::answer::{Effect, Source, Wait, WaitCode, When};
use crate::event::{Confirmable, EnvironmentConfig, Event};
use crate::id::{Name, OwnerId};
use crate::journal::State;
use crate::museum::{Bug, planted};
use crate::pipeline::{Environment, Pipeline};
use crate::time::{Span, Time};
use crate::world::{LedgerFacts, World};

/// How far this host's clock may be behind the journal's last event.
const CLOCK_TOLERANCE: Span = Span::seconds(60);

/// From when on a clock counts as in order.
pub(super) fn clock_in_order(state: &State) -> Time {
    Time::from_unix(state.at.unix() - i64::from(CLOCK_TOLERANCE.as_seconds()))
}

/// Whether environments may be decided.
pub(super) enum Gate<'a> {
    Open(&'a State),
    Act(Vec<Effect>),
    Closed(Wait),
}

pub(super) fn open<'a>(world: &'a World<'a>, now: Time) -> Gate<'a> {
    let id = &world.pipeline.id;
    let state = match world.ledger {
        LedgerFacts::Present(state) => state,
        LedgerFacts::Absent | LedgerFacts::Gone | LedgerFacts::Behind(_) if lost(world) => {
            return Gate::Closed(journal_lost(world, now));
        }
        LedgerFacts::Absent | LedgerFacts::Gone if world.branch.tip.is_none() => {
            return Gate::Closed(branch_missing(world, now));
        }
        LedgerFacts::Absent | LedgerFacts::Gone => {
            return Gate::Act(vec![Effect::Record(first_claim(world.me, "first sight"))]);
        }
        LedgerFacts::Behind(state) if planted(Bug::RepromotionAfterStateLoss) => state,
        LedgerFacts::Behind(_) => return Gate::Closed(journal_lost(world, now)),
    };
    if &state.owner.id != world.me && !planted(Bug::OwnerIgnored) {
        let text = format!("the ledger of {id} belongs to {}, this is {}", state.owner.id, world.me);
        let remedy = format!("towpath ledger claim {id} --from {}", state.owner.id);
        return Gate::Closed(
            Wait::new(WaitCode::OwnedByOther, text, remedy, person(now)).about(&state.owner.id),
        );
    }
    let in_order = clock_in_order(state);
    if now < in_order && !planted(Bug::ClockBehindIgnored) {
        let text = format!("this clock says {now}, the journal's last event is of {}", state.at);
        let wait = Wait::new(WaitCode::ClockBehind, text, "set this host's clock", When::at(in_order, now));
        return Gate::Closed(wait.about("clock"));
    }
    if lost(world) {
        return Gate::Closed(journal_lost(world, now));
    }
    if world.branch.tip.is_none() {
        return Gate::Closed(branch_missing(world, now));
    }
    match configuration(world.pipeline, state) {
        Some(event) => Gate::Act(configured(state, event).into_iter().map(Effect::Record).collect()),
        None => rewritten(world, state, now),
    }
}

/// The event that begins a journal.
pub fn first_claim(owner: &OwnerId, reason: &str) -> Event {
    Event::Claimed { owner: owner.clone(), epoch: 1, was: None, reason: reason.to_owned() }
}

fn person(now: Time) -> When {
    When::on(Source::Person, now)
}

/// Commits on the branch know more of the journal than the journal does.
fn lost(world: &World<'_>) -> bool {
    if planted(Bug::RepromotionAfterStateLoss) {
        return false;
    }
    let claimed = world.branch.claim.as_ref().map(|(n, _)| *n).filter(|_| !planted(Bug::ClaimsIgnored));
    match world.ledger {
        LedgerFacts::Absent => claimed.is_some(),
        LedgerFacts::Present(state) => {
            let accounted = accounted(state, world.pipeline.repository.branch.as_str());
            claimed.is_some_and(|n| n > accounted)
        }
        LedgerFacts::Gone | LedgerFacts::Behind(_) => true,
    }
}

/// The number up to which the journal accounts for commits of a branch.
pub fn accounted(state: &State, branch: &str) -> u64 {
    // A branch that is new to the journal is accounted for as far as the others are.
    let newest = || state.seen.values().map(|seen| seen.n).max().unwrap_or(0);
    state.seen.get(branch).map_or_else(newest, |seen| seen.n)
}

/// The wait of a ledger that is missing, or older than the branch or this host say; `None` when nothing is lost.
pub fn loss(world: &World<'_>, now: Time) -> Option<Wait> {
    lost(world).then(|| journal_lost(world, now))
}

fn journal_lost(world: &World<'_>, now: Time) -> Wait {
    let id = &world.pipeline.id;
    let text = match (&world.ledger, &world.branch.claim) {
        (LedgerFacts::Absent | LedgerFacts::Gone, Some((n, commit))) => {
            format!("the journal is missing, but commit {} names its event {n}", commit.short())
        }
        (LedgerFacts::Present(state), Some((n, commit))) => {
            format!(
                "the journal has {} events, but does not name commit {}, its event {n}",
                state.n,
                commit.short()
            )
        }
        (LedgerFacts::Gone, None) => "the journal that this host saw before is gone".to_owned(),
        _ => "the journal is not a continuation of the one that this host saw before".to_owned(),
    };
    let journal = &world.pipeline.repository.journal;
    let remedy = format!("restore {journal}, or: towpath ledger confirm {id} --what journal-lost");
    Wait::new(WaitCode::JournalLost, text, remedy, person(now)).about(&world.pipeline.repository.journal)
}

fn branch_missing(world: &World<'_>, now: Time) -> Wait {
    let branch = &world.pipeline.repository.branch;
    let text = format!("the branch {branch} does not exist in {}", world.pipeline.repository.url);
    Wait::new(WaitCode::BranchMissing, text, "create it, or correct spec.repository", person(now))
        .about(branch)
}

/// The pipeline's wiring, if the journal knows another one.
pub fn configuration(pipeline: &Pipeline, state: &State) -> Option<Event> {
    let mut renamed = std::collections::BTreeMap::new();
    let mut configs: Vec<EnvironmentConfig> = Vec::new();
    for environment in &pipeline.environments {
        let key = key_of(state, environment, &configs);
        if let Some(known) = state.envs.get(&key).filter(|known| known.config.name != environment.name) {
            renamed.insert(environment.name.clone(), known.config.name.clone());
        }
        configs.push(EnvironmentConfig::of(key, environment, pipeline));
    }
    let known: Vec<&EnvironmentConfig> =
        state.envs.values().filter(|e| !e.removed).map(|e| &e.config).collect();
    let same = known.len() == configs.len()
        && configs.iter().all(|c| known.contains(&c))
        && state.images == pipeline.images;
    (!same).then(|| Event::Configured { envs: configs, images: pipeline.images.clone(), renamed })
}

/// What was asked for in environments that the wiring does not have any more is closed with it.
fn configured(state: &State, event: Event) -> Vec<Event> {
    let keys: Vec<&Name> = match &event {
        Event::Configured { envs, .. } => envs.iter().map(|config| &config.key).collect(),
        _ => Vec::new(),
    };
    let gone = state.requests.iter().filter(|request| !keys.contains(&&request.env));
    let closed = gone
        .map(|request| Event::Closed { q: request.q.clone(), outcome: "its environment is gone".to_owned() });
    let closed: Vec<Event> = closed.collect();
    std::iter::once(event).chain(closed).collect()
}

/// The key that an environment keeps over renames: that of its present or a former name. A new one is called by
/// its name, with a number where an older environment has that as its key.
fn key_of(state: &State, environment: &Environment, taken: &[EnvironmentConfig]) -> Name {
    let free = |key: &Name| !taken.iter().any(|c| &c.key == key);
    let known = |name: &Name| {
        let mut named = state.envs.iter().filter(|(key, e)| &e.config.name == name && free(key));
        named.next().map(|(key, _)| key.clone())
    };
    let names = std::iter::once(&environment.name).chain(&environment.formerly);
    if let Some(key) = names.filter_map(known).next() {
        return key;
    }
    let numbered = (2..).filter_map(|i: u32| Name::parse(&format!("{}-{i}", environment.name)).ok());
    let candidates = std::iter::once(environment.name.clone()).chain(numbered.take(1000));
    let unused = |key: &Name| free(key) && !state.envs.contains_key(key);
    candidates.into_iter().find(unused).unwrap_or_else(|| environment.name.clone())
}

/// The branch lost the newest commit that the journal accounts for.
fn rewritten<'a>(world: &'a World<'a>, state: &'a State, now: Time) -> Gate<'a> {
    let rewound = world.branch.contains_seen == Some(false) && !planted(Bug::RewindOverwritten);
    let Some(tip) = world.branch.tip.as_ref().filter(|_| rewound) else {
        return Gate::Open(state);
    };
    let on_its_way = state.envs.values().any(|e| e.committing.is_some());
    let same = |e: &Environment| {
        let known = state.environment(&e.name).and_then(|(_, env)| env.at.as_ref());
        let facts = world.envs.get(&e.name).and_then(|f| f.path.as_ref().ok());
        known.is_none_or(|at| facts.is_some_and(|f| super::presence::holds(state, e, at, f)))
    };
    if !on_its_way && world.pipeline.environments.iter().all(same) {
        let event = Event::Confirmed { what: Confirmable::HistoryRewritten, tip: tip.clone() };
        return Gate::Act(vec![Effect::Record(event)]);
    }
    let branch = &world.pipeline.repository.branch;
    let text =
        format!("{branch} was rewritten: it no longer contains commits that had landed, and says otherwise");
    let remedy = format!("restore the branch, or accept it: towpath ledger confirm {}", world.pipeline.id);
    Gate::Closed(Wait::new(WaitCode::HistoryRewritten, text, remedy, person(now)).about(branch))
}
