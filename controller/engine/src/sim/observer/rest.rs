//! What has to be so when nothing moves any more (L2, and what S12 and S9 come to in the end).

use std::collections::BTreeSet;

use towpath_core::id::Name;
use towpath_core::journal::State;
use towpath_core::journal::state::Release;
use towpath_core::pipeline::EntryGate;
use towpath_core::time::Time;

use super::{Checked, Observer};
use crate::memory::{MemoryHost, MemoryPullRequests};
use crate::sim::releases::{deployed, is_deployed};
use crate::sim::wiring::path_of;

impl Observer {
    /// What the folders say is what the journal says, or it is pinned; what may be merged passes its gates.
    pub(crate) fn at_rest(&self, host: &MemoryHost, requests: &MemoryPullRequests, now: Time) -> Checked {
        let state = self.state(host).ok_or("L2: there is no journal at the end")?;
        let tip = host.tip(&self.pipeline.repository.branch).ok_or("L2: there is no branch at the end")?;
        for environment in &self.pipeline.environments {
            let name = &environment.name;
            let env = state.envs.get(name).ok_or_else(|| format!("L2: {name} is unknown at the end"))?;
            let there = host.file(&tip, &path_of(name.as_str())?);
            let there = there.map(|b| deployed(&String::from_utf8_lossy(&b))).unwrap_or_default();
            let release = env.at.as_ref().and_then(|at| state.release(&at.r));
            if !release.is_some_and(|r| is_deployed(&r.images, &there)) && env.pin.is_none() {
                return Err(format!(
                    "S12: {name} says {there:?}, the journal does not, and it is not pinned"
                ));
            }
            let open = env.proposed.as_ref();
            if open.is_some_and(|open| !requests.heads().contains(&open.head)) {
                return Err(format!("L1: a promotion is proposed for {name}, and there is no pull request"));
            }
            let open =
                open.filter(|open| requests.heads().contains(&open.head) && requests.is_green(&open.head));
            if let Some(release) = open.and_then(|open| state.release(&open.r)) {
                self.gated(&state, name, release, now, &asked_past(&state, name, release))
                    .map_err(|why| format!("{why}: its pull request may be merged"))?;
            }
        }
        Ok(())
    }
}

/// The gates that a person asked to pass by for a release.
pub(super) fn asked_past(state: &State, name: &Name, release: &Release) -> BTreeSet<EntryGate> {
    let asked = state.requests.iter().filter(|q| &q.env == name && q.r.as_ref() == Some(&release.r));
    let named = asked.flat_map(|q| &q.overrides).filter_map(|text| text.split(' ').next());
    named.filter_map(EntryGate::parse).collect()
}
