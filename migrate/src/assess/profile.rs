//! What the cluster has that jobs would run on.

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
        }
    }
}

impl Profile {
    /// The system that somebody has said a label is for.
    #[must_use]
    pub fn system_of(&self, label: &str) -> Option<System> {
        self.labels.iter().find(|(known, _)| known.eq_ignore_ascii_case(label)).map(|(_, system)| *system)
    }
}
