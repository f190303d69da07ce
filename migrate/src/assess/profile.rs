//! What the cluster has that jobs would run on.

use std::collections::BTreeMap;

use crate::values::label::System;

/// What the cluster has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Systems that there are nodes with.
    pub systems: Vec<System>,
    /// Whether pods find a daemon of Docker.
    pub has_docker: bool,
    /// Whether pods may make clusters in themselves.
    pub has_nested_clusters: bool,
    /// Whether pods may be privileged.
    pub is_privileged: bool,
    /// Programs of the image.
    pub tools: Vec<String>,
    /// Labels of runners that somebody has said what they are for, in small letters.
    pub labels: Vec<(String, System)>,
    /// What somebody has said of actions and workflows: by what is written after `uses`, with or without its ref.
    pub uses: BTreeMap<String, Said>,
}

/// What somebody has said of an action or a workflow that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It does the same on the cluster.
    Moves,
    /// It belongs on GitHub.
    Stays,
}

/// Programs of the image that jobs run in where nothing else is said.
const TOOLS: &str = "bash sh git gh curl wget jq tar gzip gunzip zip unzip xz zstd make gcc g++ cc c++ ld ar python3 python pip pip3 pipx \
                     node npm npx sudo apt apt-get dpkg openssl rsync ssh scp ssh-keygen ssh-keyscan file cmake shellcheck gpg perl \
                     sed awk grep find xargs diff patch sha256sum base64 envsubst bc time timeout tree lsb_release";

impl Default for Profile {
    fn default() -> Self {
        Self {
            systems: vec![System::Linux],
            has_docker: false,
            has_nested_clusters: false,
            is_privileged: false,
            tools: TOOLS.split_whitespace().map(str::to_owned).collect(),
            labels: Vec::new(),
            uses: BTreeMap::new(),
        }
    }
}

impl Profile {
    /// What somebody has said of what is used.
    #[must_use]
    pub fn said_of(&self, uses: &str) -> Option<Said> {
        let name = uses.split('@').next().unwrap_or_default();
        self.uses.get(uses).or_else(|| self.uses.get(name)).copied()
    }

    /// The system that somebody has said a label is for.
    #[must_use]
    pub fn system_of(&self, label: &str) -> Option<System> {
        self.labels.iter().find(|(known, _)| known.eq_ignore_ascii_case(label)).map(|(_, system)| *system)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_ref_counts_before_what_is_said_of_all() {
        let uses = [("a/b@v1", Said::Stays), ("a/b", Said::Moves), ("./x", Said::Moves)];
        let uses = uses.map(|(name, said)| (name.to_owned(), said)).into();
        let profile = Profile { uses, ..Profile::default() };
        for (uses, said) in [
            ("a/b@v1", Some(Said::Stays)),
            ("a/b@v2", Some(Said::Moves)),
            ("./x", Some(Said::Moves)),
            ("a/bc@v1", None),
        ] {
            assert_eq!(profile.said_of(uses), said, "{uses}");
        }
    }
}
