//! Dependency gates: what another pipeline has to have live first. What is not known does not satisfy.

use super::View;
use super::answer::{Wait, WaitCode, When};
use super::entry::by_policy;
use crate::journal::state::Release;
use crate::museum::{Bug, planted};
use crate::pipeline::{Dependency, EntryGate};

impl View<'_> {
    /// The first dependency that is not satisfied.
    pub(super) fn dependency_missing(&self, release: &Release) -> Option<Wait> {
        let missing = |gate: &Dependency| Some((gate.clone(), self.lacks(gate)?));
        let (gate, what) = self.environment.entry.dependencies.iter().find_map(missing)?;
        let place = format!("{} {}", gate.pipeline, gate.environment);
        let by = by_policy(gate.policy.as_ref());
        let text = format!("{} waits for {place}{by}: {what}", release.version());
        let mut remedy = format!("see what it does there: towpath why {place}");
        let past = self.passing_by(EntryGate::Dependency, release);
        if !past.is_empty() {
            remedy = format!("{past}; or {remedy}");
        }
        let when = When::resync(self.now);
        Some(self.wait(WaitCode::DependencyNotLive, text, remedy, when).about(place))
    }

    /// What is missing, for people.
    fn lacks(&self, gate: &Dependency) -> Option<String> {
        let key = (gate.pipeline.clone(), gate.environment.clone());
        let Some(there) = self.world.shared.others.get(&key) else {
            if planted(Bug::UnknownDependencyPasses) {
                return None;
            }
            return Some("it is not known what is live there".to_owned());
        };
        let version = &there.version;
        if there.live_since.is_none_or(|since| since > self.now) && !planted(Bug::DependencyOnWish) {
            return Some(format!("{version} is not proven to be live there"));
        }
        if let Some(wanted) = gate.version.as_ref().filter(|_| !gate.accepts(&there.tags)) {
            return Some(format!("{version} is live there, and {wanted} is wanted"));
        }
        (gate.verified && !there.verified).then(|| format!("{version} is live there, but not Verified"))
    }
}
