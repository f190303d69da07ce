//! The builds of the demo's service: what each digest does when it runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use towpath_core::id::{Digest, ImageName, InvalidId, Tag};
use towpath_core::release::Image;

/// The image of the reference environments.
pub(super) const IMAGE: &str = "ghcr.io/acme/web";

/// How the service of a build behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// It answers.
    Good,
    /// It answers until it gets more requests than in anybody's tests.
    FailsUnderLoad,
    /// It answers until it has run for a while.
    FailsWithAge,
}

/// A service with fewer requests a second than this is not under load.
const LOAD: usize = 30;
/// A build that fails with age does not fail before.
const GOOD_AGE: Duration = Duration::from_secs(4);
/// The largest share of requests that a bad build fails.
const WORST: f64 = 0.6;

impl Nature {
    /// The share of requests that fail, 0 to 1: it rises with the time since the service started.
    pub(super) fn failing(self, age: Duration, requests_a_second: usize) -> f64 {
        let rising = |from: Duration| (age.saturating_sub(from).as_secs_f64() * 0.5).min(WORST);
        match self {
            Self::Good => 0.0,
            Self::FailsUnderLoad if requests_a_second < LOAD => 0.0,
            Self::FailsUnderLoad => rising(Duration::from_millis(300)),
            Self::FailsWithAge => rising(GOOD_AGE),
        }
    }
}

/// One build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Build {
    /// The tag it was released under.
    pub(super) version: &'static str,
    /// What it does.
    pub(super) nature: Nature,
}

/// All builds by digest: what a registry would have.
#[derive(Debug, Clone)]
pub(super) struct Catalog(BTreeMap<Digest, Build>);

impl Catalog {
    /// The builds of the demo. The digests are those of `environments/README.md`: of the text `name:tag`.
    pub(super) fn new() -> Result<Self, InvalidId> {
        let builds = [
            ("1.0.0", Nature::Good),
            ("1.1.0", Nature::Good),
            ("1.2.0", Nature::FailsUnderLoad),
            ("1.3.0", Nature::FailsWithAge),
            ("1.4.0", Nature::Good),
        ];
        let build = |(version, nature)| Ok((digest(version)?, Build { version, nature }));
        builds.into_iter().map(build).collect::<Result<_, _>>().map(Self)
    }

    /// The build with this digest.
    pub(super) fn get(&self, digest: &Digest) -> Option<&Build> {
        self.0.get(digest)
    }
}

/// The image of a version.
pub(super) fn image(version: &str) -> Result<Image, InvalidId> {
    Ok(Image { name: ImageName::parse(IMAGE)?, tag: Some(Tag::parse(version)?), digest: digest(version)? })
}

fn digest(version: &str) -> Result<Digest, InvalidId> {
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(format!("{IMAGE}:{version}")) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Digest::parse(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_reference_environments() {
        let overlay =
            include_str!("../../../../environments/repository/apps/web/overlays/dev/kustomization.yaml");
        assert!(overlay.contains(digest("1.0.0").unwrap().as_str()));
    }

    #[test]
    fn builds_fail_when_their_nature_says_so() {
        let seconds = Duration::from_secs_f64;
        let table = [
            (Nature::Good, 60.0, 1000, 0.0),
            (Nature::FailsUnderLoad, 60.0, 29, 0.0),
            (Nature::FailsUnderLoad, 0.2, 50, 0.0),
            (Nature::FailsUnderLoad, 1.3, 50, 0.5),
            (Nature::FailsWithAge, 4.0, 1000, 0.0),
            (Nature::FailsWithAge, 5.0, 10, 0.5),
            (Nature::FailsWithAge, 60.0, 10, WORST),
        ];
        for (nature, age, requests, share) in table {
            let found = nature.failing(seconds(age), requests);
            assert!((found - share).abs() < 1e-9, "{nature:?} at {age}s with {requests}/s: {found}");
        }
    }

    #[test]
    fn behaviour_belongs_to_the_digest() {
        let catalog = Catalog::new().unwrap();
        assert_eq!(catalog.get(&image("1.2.0").unwrap().digest).unwrap().nature, Nature::FailsUnderLoad);
        assert_eq!(catalog.get(&digest("9.9.9").unwrap()), None);
    }
}
