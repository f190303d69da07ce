//! What the cluster has, as a file says it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use thiserror::Error;
use towpath_migrate::assess::{Profile, Said};
use towpath_migrate::values::label::System;

use super::named::{self, NamedError};

/// How many bytes of a file are read.
const MAX_BYTES: u64 = 1 << 20;

/// The file. What it does not say is as without it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct File {
    systems: Option<Vec<SystemName>>,
    docker: Option<bool>,
    nested_clusters: Option<bool>,
    privileged: Option<bool>,
    /// Programs of the image, beside those that it has without being told.
    #[serde(default)]
    tools: Vec<String>,
    /// What labels of runners stand for.
    #[serde(default)]
    labels: BTreeMap<String, SystemName>,
    /// What becomes of actions and workflows that are used.
    #[serde(default)]
    uses: BTreeMap<String, SaidName>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SaidName {
    Moves,
    Stays,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SystemName {
    Linux,
    Windows,
    #[serde(rename = "macos")]
    MacOs,
}

impl From<SystemName> for System {
    fn from(name: SystemName) -> Self {
        match name {
            SystemName::Linux => Self::Linux,
            SystemName::Windows => Self::Windows,
            SystemName::MacOs => Self::MacOs,
        }
    }
}

/// Why there is no profile.
#[derive(Debug, Error)]
pub(super) enum ProfileError {
    /// It cannot be read.
    #[error("failed to read the profile: {0}")]
    Read(#[from] NamedError),
    /// It is none.
    #[error("failed to understand the profile: {0}")]
    Form(#[from] serde_saphyr::Error),
}

/// Reads a profile.
pub(super) fn read(path: &Path) -> Result<Profile, ProfileError> {
    Ok(profile(serde_saphyr::from_str(&named::text(path, MAX_BYTES)?)?))
}

fn profile(file: File) -> Profile {
    let mut profile = Profile::default();
    if let Some(systems) = file.systems {
        profile.systems = systems.into_iter().map(System::from).collect();
    }
    profile.has_docker = file.docker.unwrap_or(profile.has_docker);
    profile.has_nested_clusters = file.nested_clusters.unwrap_or(profile.has_nested_clusters);
    profile.is_privileged = file.privileged.unwrap_or(profile.is_privileged);
    profile.tools.extend(file.tools);
    profile.labels = file.labels.into_iter().map(|(label, system)| (label, system.into())).collect();
    let said = |(uses, said)| match said {
        SaidName::Moves => (uses, Said::Moves),
        SaidName::Stays => (uses, Said::Stays),
    };
    profile.uses = file.uses.into_iter().map(said).collect();
    profile
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_profile_does_not_say_is_as_without_it() {
        let read = |text: &str| profile(serde_saphyr::from_str(text).unwrap());
        assert_eq!(read("{}"), Profile::default());
        let all = "systems: [linux, windows]\ndocker: true\nprivileged: true\nnestedClusters: true\n\
                   tools: [psql]\nlabels: {gpu: linux, Mac-Mini: macos}\nuses: {./a: moves, b/c: stays}\n";
        let all = read(all);
        assert_eq!(all.systems, [System::Linux, System::Windows]);
        assert_eq!((all.has_docker, all.is_privileged, all.has_nested_clusters), (true, true, true));
        assert!(all.tools.iter().any(|tool| tool == "psql") && all.tools.iter().any(|tool| tool == "git"));
        assert_eq!(all.system_of("mac-mini"), Some(System::MacOs));
        assert_eq!((all.said_of("./a"), all.said_of("b/c@v1")), (Some(Said::Moves), Some(Said::Stays)));
    }

    #[test]
    fn what_no_profile_may_say_is_refused() {
        for text in ["systems: [beos]", "dockr: true", "tools: psql", "- x"] {
            assert!(serde_saphyr::from_str::<File>(text).is_err(), "{text}");
        }
    }
}
