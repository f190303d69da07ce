//! Automatic rollbacks of late: what the storm rule of contract C11 counts.

use std::collections::BTreeMap;

use towpath_core::event::Event;
use towpath_core::id::{CommitId, Pid, PipelineId};
use towpath_core::journal::JournalMessage;
use towpath_core::pipeline::Pipeline;
use towpath_core::time::{Span, Time};
use towpath_core::world::WentBack;
use towpath_engine::journal::Head;
use towpath_engine::ports::Repository;

/// How far back is looked.
pub(super) const WINDOW: Span = Span::seconds(600);
/// The most journal commits that are read; each rollback writes several.
const COMMITS: usize = 200;

/// What was counted in this round. Each pass asks for the rollbacks of all pipelines, so that without it a round
/// over twenty of them would walk through four hundred histories.
#[derive(Debug, Default)]
pub(super) struct Counted(BTreeMap<PipelineId, (CommitId, Vec<WentBack>)>);

impl Counted {
    /// Has all be counted again: a mirror may reach further back by now.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// The same as [`recent`], counted once for each tip.
    pub(super) fn recent(
        &mut self,
        pipeline: &Pipeline,
        repository: &dyn Repository,
        head: &Head,
        since: Time,
    ) -> impl Iterator<Item = WentBack> {
        let id = &pipeline.id;
        if self.0.get(id).is_none_or(|(tip, _)| tip != &head.tip) {
            self.0.insert(id.clone(), (head.tip.clone(), recent(pipeline, repository, head, since)));
        }
        let counted = self.0.get(id).map(|(_, backs)| backs.as_slice()).unwrap_or_default();
        counted.iter().filter(move |back| back.at >= since).cloned()
    }
}

/// The automatic rollbacks that this journal records since `since`, as far back as the local mirror reaches.
fn recent(pipeline: &Pipeline, repository: &dyn Repository, head: &Head, since: Time) -> Vec<WentBack> {
    let state = &head.state;
    let mut found: BTreeMap<Pid, WentBack> = BTreeMap::new();
    for (key, env) in &state.envs {
        let Some(at) = env.at.as_ref().filter(|at| at.cause.is_automatic_rollback(at.q.as_ref())) else {
            continue;
        };
        if let (Some(pid), Some(destination)) = (&at.pid, pipeline.destination(state, key)) {
            found.insert(pid.clone(), WentBack { destination: destination.clone(), at: at.at });
        }
    }
    // What a newer promotion has replaced meanwhile is only in the history. It is a bonus: without it the limit
    // is reached later, and every single rollback is still guarded by its own rules.
    let commits = repository.history(&head.tip, None, COMMITS).map(|h| h.commits).unwrap_or_default();
    for commit in commits.iter().take_while(|commit| commit.time >= since) {
        let Ok(message) = JournalMessage::parse(&commit.message) else { continue };
        for event in message.events {
            if let (Some(back), Event::Promoted { pid, .. }) =
                (WentBack::of(pipeline, state, &event), &event.event)
            {
                found.insert(pid.clone(), back);
            }
        }
    }
    found.into_values().filter(|back| back.at >= since).collect()
}
