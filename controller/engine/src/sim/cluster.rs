//! The cluster of a run: follows the branch when it likes, and behaves as the images are.

use std::collections::{BTreeMap, BTreeSet};

use towpath_core::id::{CommitId, Digest, ImageName, Name, RepoPath};
use towpath_core::observation::{Application, Health};
use towpath_core::time::{Span, Time};

use super::releases::{Nature, deployed_of};
use crate::memory::{MemoryHost, MemoryLiveness, MemoryMetrics};

/// What really runs in one environment.
#[derive(Debug, Clone)]
pub(crate) struct Deployed {
    pub(crate) revision: CommitId,
    pub(crate) digests: BTreeMap<ImageName, Digest>,
    pub(crate) health: Health,
    pub(crate) health_since: Time,
    /// Until when something else keeps it from being healthy.
    disturbed: Option<Time>,
    /// Whether its images could not be pulled.
    unpulled: bool,
    /// Whether its status says which commit it synced.
    shows_revision: bool,
}

/// The cluster.
pub(crate) struct Cluster {
    pub(crate) live: MemoryLiveness,
    pub(crate) metrics: MemoryMetrics,
    pub(crate) metrics_down: bool,
    natures: BTreeMap<Digest, Nature>,
    /// Until when environments have errors, whatever they run.
    incidents: BTreeMap<Name, Time>,
    running: BTreeMap<Name, Deployed>,
    /// What ran before, with the time at which that ended.
    ran: BTreeMap<Name, Vec<(Time, Deployed)>>,
    /// Images that the registry does not have any more.
    gone: BTreeSet<Digest>,
}

impl Cluster {
    pub(crate) fn new(natures: BTreeMap<Digest, Nature>) -> Self {
        let (live, metrics) = (MemoryLiveness::new(), MemoryMetrics::new());
        Self {
            live,
            metrics,
            metrics_down: false,
            natures,
            incidents: BTreeMap::new(),
            running: BTreeMap::new(),
            ran: BTreeMap::new(),
            gone: BTreeSet::new(),
        }
    }

    fn is(&self, digests: &BTreeMap<ImageName, Digest>, nature: Nature) -> bool {
        digests.values().any(|digest| self.natures.get(digest) == Some(&nature))
    }

    /// What really ran in an environment at some time since then, up to now.
    pub(crate) fn ran_since(&self, environment: &Name, since: Time) -> impl Iterator<Item = &Deployed> {
        let before = self.ran.get(environment).into_iter().flatten().filter(move |(end, _)| *end >= since);
        before.map(|(_, deployed)| deployed).chain(self.running.get(environment))
    }

    /// What really runs in an environment.
    pub(crate) fn runs(&self, environment: &Name) -> Option<&Deployed> {
        self.running.get(environment)
    }

    /// Keeps what runs for those who saw it, before it becomes something else.
    fn becomes(&mut self, environment: &Name, now: Time) {
        if let Some(deployed) = self.running.get(environment).cloned() {
            self.ran.entry(environment.clone()).or_default().push((now, deployed));
        }
    }

    /// Lets the metrics provider answer, or not.
    pub(crate) fn set_metrics_down(&mut self, down: bool) {
        self.metrics_down = down;
        self.metrics.set_down(down);
    }

    /// Syncs one environment to a commit, usually the branch's tip.
    pub(crate) fn sync(
        &mut self,
        host: &MemoryHost,
        (environment, images): (&Name, &[&str]),
        path: &RepoPath,
        tip: &CommitId,
        now: Time,
    ) {
        let file = host.file(tip, path);
        let digests = file.map(|b| deployed_of(&String::from_utf8_lossy(&b), images)).unwrap_or_default();
        if digests.is_empty() {
            return;
        }
        let known = self.running.get(environment).cloned();
        let unpulled = digests.values().any(|digest| self.gone.contains(digest));
        let deployed = match known {
            Some(known) if known.digests == digests => {
                Deployed { revision: tip.clone(), shows_revision: true, ..known }
            }
            _ => {
                self.set_metrics(environment, &digests, now);
                Deployed {
                    revision: tip.clone(),
                    digests,
                    health: Health::Progressing,
                    health_since: now,
                    disturbed: None,
                    unpulled,
                    shows_revision: true,
                }
            }
        };
        self.becomes(environment, now);
        self.running.insert(environment.clone(), deployed);
        self.publish(environment, now);
    }

    /// Takes an image away from the registry: what runs goes on, and it does not start anywhere any more.
    pub(crate) fn delete(&mut self, digest: &Digest) {
        self.gone.insert(digest.clone());
    }

    /// Lets a status come without the commit that was synced.
    pub(crate) fn hide_revision(&mut self, environment: &Name, now: Time) {
        if let Some(deployed) = self.running.get_mut(environment) {
            deployed.shows_revision = false;
        }
        self.publish(environment, now);
    }

    /// Something that is not the release's fault: a node is lost, a database is down.
    pub(crate) fn disturb(&mut self, environment: &Name, now: Time, until: Time) {
        if let Some(deployed) = self.running.get_mut(environment) {
            deployed.disturbed = Some(until);
        }
        self.settle(environment, now);
    }

    /// Errors that are not the release's fault: what it calls is down.
    pub(crate) fn incident(&mut self, environment: &Name, now: Time, until: Time) {
        self.incidents.insert(environment.clone(), until);
        let digests = self.running.get(environment).map(|there| there.digests.clone()).unwrap_or_default();
        self.set_metrics(environment, &digests, now);
    }

    /// Lets rollouts come to their end.
    pub(crate) fn settle(&mut self, environment: &Name, now: Time) {
        let Some(deployed) = self.running.get(environment) else { return };
        let sick = environment.as_str() == "dev" && self.is(&deployed.digests, Nature::Sick);
        let disturbed = deployed.disturbed.is_some_and(|until| now < until);
        let health = if sick || disturbed || deployed.unpulled { Health::Degraded } else { Health::Healthy };
        if deployed.health != health {
            self.becomes(environment, now);
        }
        if let Some(deployed) = self.running.get_mut(environment).filter(|d| d.health != health) {
            (deployed.health, deployed.health_since) = (health, now);
        }
        self.publish(environment, now);
    }

    fn publish(&self, environment: &Name, now: Time) {
        let Some(deployed) = self.running.get(environment) else { return };
        let Ok(name) = Name::parse(&format!("web-{environment}")) else { return };
        self.live.set(Application {
            name,
            revision: Some(deployed.revision.clone()).filter(|_| deployed.shows_revision),
            digests: deployed.digests.clone().into_iter().collect(),
            health: deployed.health,
            health_since: Some(deployed.health_since),
            reconciled_at: Some(now),
        });
    }

    fn set_metrics(&self, environment: &Name, digests: &BTreeMap<ImageName, Digest>, now: Time) {
        let word = format!("\"web-{environment}\"");
        let beyond = environment.as_str() != "dev";
        let value = match beyond {
            true if self.is(digests, Nature::Errors) => 0.4,
            true if self.is(digests, Nature::Silent) => f64::NAN,
            _ => 0.001,
        };
        self.metrics.clear_from(&word, now);
        let incident = self.incidents.get(environment).copied().filter(|until| *until > now);
        if let Some(until) = incident {
            self.metrics.set(&word, now, Some(0.4));
            self.metrics.set(&word, until, Some(value));
        } else {
            self.metrics.set(&word, now, Some(value));
        }
        if beyond && self.is(digests, Nature::Rots) {
            self.metrics.set(&word, now.plus(Span::seconds(420)), Some(0.4));
        }
    }
}
