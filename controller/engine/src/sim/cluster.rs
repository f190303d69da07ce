//! The cluster of a run: follows the branch when it likes, and behaves as the images are.

use std::collections::BTreeMap;

use towpath_core::id::{CommitId, Digest, Name, RepoPath};
use towpath_core::observation::{Application, Health};
use towpath_core::time::{Span, Time};

use super::releases::{Nature, deployed, image_name};
use crate::memory::{MemoryHost, MemoryLiveness, MemoryMetrics};

/// One environment's part of the cluster.
#[derive(Debug, Clone)]
struct Deployed {
    revision: CommitId,
    digest: Digest,
    since: Time,
    health: Health,
    health_since: Time,
}

/// The cluster.
pub(crate) struct Cluster {
    pub(crate) live: MemoryLiveness,
    pub(crate) metrics: MemoryMetrics,
    natures: BTreeMap<Digest, Nature>,
    running: BTreeMap<Name, Deployed>,
}

impl Cluster {
    pub(crate) fn new(natures: BTreeMap<Digest, Nature>) -> Self {
        Self { live: MemoryLiveness::new(), metrics: MemoryMetrics::new(), natures, running: BTreeMap::new() }
    }

    fn nature(&self, digest: &Digest) -> Nature {
        self.natures.get(digest).copied().unwrap_or(Nature::Good)
    }

    /// What really runs in an environment, and since when.
    pub(crate) fn runs(&self, environment: &Name) -> Option<(&Digest, Time)> {
        self.running.get(environment).map(|d| (&d.digest, d.since))
    }

    /// Syncs one environment to a commit, usually the branch's tip.
    pub(crate) fn sync(
        &mut self,
        host: &MemoryHost,
        environment: &Name,
        path: &RepoPath,
        tip: &CommitId,
        now: Time,
    ) {
        let Some(digest) = host.file(tip, path).and_then(|b| deployed(&String::from_utf8_lossy(&b))) else {
            return;
        };
        let same = self.running.get(environment).filter(|d| d.digest == digest).cloned();
        let deployed = match same {
            Some(known) => Deployed { revision: tip.clone(), ..known },
            None => {
                self.set_metrics(environment, &digest, now);
                Deployed {
                    revision: tip.clone(),
                    since: now,
                    health: Health::Progressing,
                    health_since: now,
                    digest,
                }
            }
        };
        self.running.insert(environment.clone(), deployed);
        self.publish(environment, now);
    }

    /// Lets rollouts come to their end.
    pub(crate) fn settle(&mut self, environment: &Name, now: Time) {
        let Some(deployed) = self.running.get(environment) else { return };
        let sick = self.nature(&deployed.digest) == Nature::Sick && environment.as_str() == "dev";
        let health = if sick { Health::Degraded } else { Health::Healthy };
        if let Some(deployed) = self.running.get_mut(environment).filter(|d| d.health != health) {
            (deployed.health, deployed.health_since) = (health, now);
        }
        self.publish(environment, now);
    }

    fn publish(&self, environment: &Name, now: Time) {
        let (Some(deployed), Some(image)) = (self.running.get(environment), image_name()) else { return };
        let Ok(name) = Name::parse(&format!("web-{environment}")) else { return };
        self.live.set(Application {
            name,
            revision: Some(deployed.revision.clone()),
            digests: vec![(image, deployed.digest.clone())],
            health: deployed.health,
            health_since: Some(deployed.health_since),
            reconciled_at: Some(now),
        });
    }

    fn set_metrics(&self, environment: &Name, digest: &Digest, now: Time) {
        let word = format!("\"web-{environment}\"");
        let beyond = environment.as_str() != "dev";
        let value = match self.nature(digest) {
            Nature::Errors if beyond => Some(0.4),
            Nature::Silent if beyond => Some(f64::NAN),
            _ => Some(0.001),
        };
        self.metrics.set(&word, now, value);
        if self.nature(digest) == Nature::Rots && environment.as_str() == "production" {
            self.metrics.set(&word, now.plus(Span::seconds(420)), Some(0.4));
        }
    }
}
