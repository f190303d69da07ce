//! Automatic rollbacks of other pipelines: a pass counts those of its own by the journal that it decides on.

use std::collections::BTreeMap;

use towpath_core::decide::STORM_WINDOW;
use towpath_core::id::{CommitId, PipelineId};
use towpath_core::pipeline::Pipeline;
use towpath_core::time::Time;
use towpath_core::world::WentBack;
use towpath_engine::journal::Head;
use towpath_engine::ports::Repository;
use towpath_engine::{recent_rollbacks, rollbacks_by_state};

/// What was counted in this round. Each pass asks for the rollbacks of all pipelines, so that without it a round
/// over twenty of them would walk through four hundred histories.
#[derive(Debug, Default)]
pub(super) struct Counted(BTreeMap<PipelineId, (CommitId, Vec<WentBack>)>);

impl Counted {
    /// Has all be counted again: a mirror may reach further back by now.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// The same as [`recent_rollbacks`], counted once for each tip. While the history cannot be read, such as that of a tip
    /// that a new mirror has not fetched yet, those count that the state tells.
    pub(super) fn recent(
        &mut self,
        pipeline: &Pipeline,
        repository: &dyn Repository,
        head: &Head,
        now: Time,
    ) -> impl Iterator<Item = WentBack> {
        let id = &pipeline.id;
        let known = self.0.get(id).filter(|(tip, _)| tip == &head.tip).map(|(_, backs)| backs.clone());
        let counted = known.unwrap_or_else(|| match recent_rollbacks(pipeline, repository, head, now) {
            Ok(backs) => {
                self.0.insert(id.clone(), (head.tip.clone(), backs.clone()));
                backs
            }
            Err(_) => rollbacks_by_state(pipeline, head, now),
        });
        counted.into_iter().filter(move |back| now.since(back.at) <= STORM_WINDOW)
    }
}
