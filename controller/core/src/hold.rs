//! Holds: stops that a person, or Towpath after a failure, puts up.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{Digest, Name, ReleaseId};
use crate::release::Image;

/// Which environments a hold is about. Both parts must match; an empty part matches all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Select {
    /// Keys of environments.
    pub environments: BTreeSet<Name>,
    /// Labels that an environment must have.
    pub labels: BTreeMap<String, String>,
}

/// What a hold keeps out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Everything.
    All,
    /// One release.
    Release(ReleaseId),
    /// Every release that contains this image digest.
    Digest(Digest),
}

/// What a hold stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stop {
    /// Promotions by the rules or by people.
    Promotions,
    /// Rollbacks too.
    Rollbacks,
}

impl Select {
    /// Selects one environment.
    pub fn environment(key: &Name) -> Self {
        Self { environments: BTreeSet::from([key.clone()]), labels: BTreeMap::new() }
    }

    /// Whether an environment with this key and these labels is selected.
    pub fn matches(&self, key: &Name, labels: &BTreeMap<String, String>) -> bool {
        (self.environments.is_empty() || self.environments.contains(key))
            && self.labels.iter().all(|(k, v)| labels.get(k) == Some(v))
    }
}

impl Subject {
    /// Whether this release is kept out.
    pub fn matches(&self, release: &ReleaseId, images: &[Image]) -> bool {
        match self {
            Self::All => true,
            Self::Release(id) => id == release,
            Self::Digest(digest) => images.iter().any(|i| &i.digest == digest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_selector_is_everything_and_labels_narrow_it() {
        let prod = Name::parse("production").unwrap();
        let labels = BTreeMap::from([("tier".to_owned(), "prod".to_owned())]);
        assert!(Select::default().matches(&prod, &labels));
        assert!(Select::environment(&prod).matches(&prod, &BTreeMap::new()));
        let tier = Select { labels: labels.clone(), ..Select::default() };
        assert!(tier.matches(&prod, &labels));
        assert!(!tier.matches(&prod, &BTreeMap::new()));
        assert!(!Select::environment(&Name::parse("dev").unwrap()).matches(&prod, &labels));
    }
}
